//! Turns the bytes of an exported file into records of cells, and knows on which line each record begins.

mod encoding;
mod records;
mod workbook;

pub use encoding::{Encoding, Sheet, Text, decode};
pub use records::{Delimiter, MAX_COLUMNS, MAX_RECORDS, Quoting, Record, RecordReader};
pub use workbook::{Workbook, is_workbook};
