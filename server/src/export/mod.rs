//! Files for the systems around Curbstop.

pub mod results;
mod safe_cell;

pub use safe_cell::safe_cell;
