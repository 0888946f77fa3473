//! Files for the systems around Curbstop.

pub mod results;
mod safe_cell;
pub mod table;

pub use safe_cell::safe_cell;
