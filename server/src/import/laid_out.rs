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
        if found.is_some() {
            // What it holds is not looked at: reading it takes as long as reading the one that counts.
            other_sheets.extend(book.has_cells(&name)?.then_some(name));
            continue;
        }
        let Some(text) = book.sheet(&name)? else { continue };
        match find_layout(&text, kind, mappings) {
            Ok(layout) => found = Some(LaidOut { text, layout, other_sheets: Vec::new() }),
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

/// The beginning of a file as text, which tells what it is; of a workbook that of each sheet. `head` bytes are enough of
/// a text.
///
/// # Errors
/// [`FileRefused`] where it can't be read.
pub fn beginnings(bytes: &[u8], head: usize) -> Result<Vec<Text<'_>>, FileRefused> {
    if !is_workbook(bytes) {
        return Ok(vec![decode(bytes.get(..head).unwrap_or(bytes), None)?]);
    }
    let mut book = Workbook::open(bytes)?;
    let sheets: Result<Vec<_>, _> = book.names().iter().map(|name| book.beginning(name)).collect();
    let sheets: Vec<Text<'_>> = sheets?.into_iter().flatten().collect();
    if sheets.is_empty() { Err(FileRefused::Empty) } else { Ok(sheets) }
}
