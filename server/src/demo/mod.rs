//! A made-up utility to try Curbstop with: a town, its accounts, crews, and one cut-off day, as the files that a
//! billing system would hand over. They go through the real import.

pub mod town;
