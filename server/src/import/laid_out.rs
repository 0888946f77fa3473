//! Reads a file as text and finds how it is laid out; of a workbook, the sheet that has the headings.

use super::{
    mapping::{Kind, Layout, Mapping, find_layout},
    refusal::FileRefused,
    text::{Encoding, Text, Workbook, decode, is_workbook},
};

/// A file as text, with its layout.
#[derive(Debug)]
pub struct LaidOut<'b, 'm> {
    /// The text.
    pub text: Text<'b>,
    /// How it is to be read.
    pub layout: Layout<'m>,
    /// Sheets of the workbook that hold something else.
    pub other_sheets: Vec<String>,
}

/// Finds the mapping of this kind that fits, and with it the sheet where the file is a workbook: the first that has
/// its headings.
///
/// # Errors
/// [`FileRefused`] where it can't be read, or where no mapping fits; of a workbook what its first sheet lacks.
pub fn lay_out<'b, 'm>(
    bytes: &'b [u8],
    asked: Option<Encoding>,
    kind: Kind,
    mappings: &'m [Mapping],
) -> Result<LaidOut<'b, 'm>, FileRefused> {
    if !is_workbook(bytes) {
        let text = decode(bytes, asked)?;
        let layout = find_layout(&text, kind, mappings)?;
        return Ok(LaidOut { text, layout, other_sheets: Vec::new() });
    }
    let mut book = Workbook::open(bytes)?;
    let mut found: Option<LaidOut<'b, 'm>> = None;
    let (mut other_sheets, mut refused) = (Vec::new(), None);
    for name in book.names() {
        let Some(text) = book.sheet(&name)? else { continue };
        match find_layout(&text, kind, mappings) {
            Ok(layout) if found.is_none() => found = Some(LaidOut { text, layout, other_sheets: Vec::new() }),
            Ok(_) => other_sheets.push(name),
            Err(why) => {
                refused.get_or_insert(why);
                other_sheets.push(name);
            }
        }
    }
    match found {
        Some(found) => Ok(LaidOut { other_sheets, ..found }),
        None => Err(refused.unwrap_or(FileRefused::Empty)),
    }
}
