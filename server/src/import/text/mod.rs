//! Turns the bytes of an exported file into records of cells, and knows on which line each record begins.

mod encoding;
mod records;

pub use encoding::{Encoding, Text, decode};
pub use records::{Delimiter, MAX_COLUMNS, Quoting, Record, RecordReader};
