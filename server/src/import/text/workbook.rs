//! Reads an Excel workbook's sheets as text with tabs between the cells, one line a row, so that a sheet goes the same
//! way as any other file and a fault names the sheet's row.

use super::{super::refusal::FileRefused, Encoding, MAX_COLUMNS, MAX_RECORDS, Sheet, Text};
use calamine::{DataRef, ExcelDateTime, Reader as _, SheetType, SheetVisible, Xlsx};
use chrono::NaiveDate;
use std::{
    borrow::Cow,
    fmt::Write as _,
    io::{self, Cursor, Read as _},
    panic::{AssertUnwindSafe, catch_unwind},
};
use zip::ZipArchive;

/// How a ZIP archive begins, which a workbook is.
const BEGINNING: &[u8] = b"PK\x03\x04";
/// What a workbook may unpack to, in bytes: more than the sheet of the longest listing, and little enough for the
/// memory. A few kilobytes can unpack to gigabytes.
const MOST_UNPACKED_BYTES: u64 = 96 * 1024 * 1024;
/// What its styles, its list of sheets and the like may unpack to, in bytes: they are held as a whole, many times their
/// size.
const MOST_OTHER_BYTES: u64 = 2 * 1024 * 1024;
/// What its texts may unpack to, in bytes: they are held as a whole too.
const MOST_STRINGS_BYTES: u64 = 48 * 1024 * 1024;
/// Tags that a part which is held as a whole may have: four for each of a million texts.
const MOST_TAGS: u64 = 4_000_000;
/// Rows that tell what a sheet is: headings stand within the first sixty.
const ROWS_OF_A_BEGINNING: usize = 80;
/// Sheets that are looked at.
const MOST_SHEETS: usize = 20;
/// What a sheet may be as text, in bytes.
const MOST_TEXT_BYTES: usize = 40 * 1024 * 1024;
/// Numbers beyond this have lost digits in the spreadsheet: it keeps fifteen.
const EXACT_WITHIN: f64 = 1e15;
/// Decimals that are kept. A spreadsheet's arithmetic leaves its traces behind them: 50.000000000001.
const DECIMALS: usize = 9;

/// Whether the bytes begin as a workbook does.
#[must_use]
pub fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(BEGINNING)
}

/// A workbook whose sheets can be read one after the other.
pub struct Workbook<'b> {
    book: Xlsx<Cursor<&'b [u8]>>,
    /// The names of the sheets that its reader sees.
    names: Vec<String>,
}

impl<'b> Workbook<'b> {
    /// Opens it.
    ///
    /// # Errors
    /// [`FileRefused::NotText`] for an archive that is no workbook or is damaged, [`FileRefused::TooLarge`] for one
    /// that unpacks to more than any listing.
    pub fn open(bytes: &'b [u8]) -> Result<Self, FileRefused> {
        unpacks_within_reason(bytes)?;
        let book = unharmed(|| Xlsx::new(Cursor::new(bytes)).map_err(|_| damaged()))?;
        let seen =
            |sheet: &&calamine::Sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible;
        let names = book.sheets_metadata().iter().filter(seen).map(|sheet| sheet.name.clone()).take(MOST_SHEETS);
        let names = names.collect();
        Ok(Self { book, names })
    }

    /// The names of its sheets, without the hidden ones.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    /// Whether a sheet has any cell with something in it.
    ///
    /// # Errors
    /// [`FileRefused`] where it does not read.
    pub fn has_cells(&mut self, name: &str) -> Result<bool, FileRefused> {
        unharmed(|| {
            let mut cells = self.book.worksheet_cells_reader(name).map_err(|_| damaged())?;
            while let Some(cell) = cells.next_cell().map_err(|_| damaged())? {
                if !matches!(cell.get_value(), DataRef::Empty) {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    /// A sheet as text, or nothing where it is empty.
    ///
    /// # Errors
    /// [`FileRefused`] where it does not read, or has more rows, columns or text than any export.
    pub fn sheet(&mut self, name: &str) -> Result<Option<Text<'static>>, FileRefused> {
        self.rows_of(name, MAX_RECORDS)
    }

    /// As [`Self::sheet`], of its first rows.
    ///
    /// # Errors
    /// As [`Self::sheet`].
    pub fn beginning(&mut self, name: &str) -> Result<Option<Text<'static>>, FileRefused> {
        self.rows_of(name, ROWS_OF_A_BEGINNING)
    }

    fn rows_of(&mut self, name: &str, rows: usize) -> Result<Option<Text<'static>>, FileRefused> {
        let day_zero = if self.book.has_1904_epoch() { (1904, 1, 1) } else { (1899, 12, 30) };
        let text = unharmed(|| text_of(&mut self.book, name, rows))?;
        let Some(day_zero) = NaiveDate::from_ymd_opt(day_zero.0, day_zero.1, day_zero.2) else { return Ok(None) };
        Ok((!text.trim().is_empty()).then(|| Text {
            text: Cow::Owned(text),
            encoding: Encoding::Workbook,
            undefined_bytes: 0,
            sheet: Some(Sheet { name: name.to_owned(), day_zero }),
        }))
    }
}

/// The library may panic on a damaged file, which is then refused like any other.
fn unharmed<T>(read: impl FnOnce() -> Result<T, FileRefused>) -> Result<T, FileRefused> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(damaged()))
}

fn damaged() -> FileRefused {
    FileRefused::NotText { what: "no Excel workbook that can be read, or a damaged one".to_owned() }
}

/// Refuses what is no archive, and what would fill the memory. What an archive says about its parts is not believed:
/// each is unpacked once to see.
fn unpacks_within_reason(bytes: &[u8]) -> Result<(), FileRefused> {
    let too_much = |most: u64| FileRefused::Unpacks { most_mb: most / 1024 / 1024 };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged())?;
    let mut left = MOST_UNPACKED_BYTES;
    for n in 0..archive.len() {
        let entry = archive.by_index(n).map_err(|_| damaged())?;
        let name = entry.name().map_err(|_| damaged())?.to_lowercase();
        // A sheet is read cell by cell; everything else is held as a whole.
        let is_sheet = name.contains("worksheets/");
        let is_strings = name.ends_with("sharedstrings.xml");
        let most = match (is_sheet, is_strings) {
            (true, _) => MOST_UNPACKED_BYTES,
            (_, true) => MOST_STRINGS_BYTES,
            _ => MOST_OTHER_BYTES,
        };
        let mut part = Part { keeps: is_strings, ..Part::default() };
        io::copy(&mut entry.take(left.min(most) + 1), &mut part).map_err(|_| damaged())?;
        if part.bytes > most {
            return Err(too_much(most));
        }
        left = left.checked_sub(part.bytes).ok_or_else(|| too_much(MOST_UNPACKED_BYTES))?;
        if !is_sheet && part.tags > MOST_TAGS {
            return Err(too_much(MOST_UNPACKED_BYTES));
        }
        if is_strings && part.claims_too_many() {
            return Err(damaged());
        }
    }
    Ok(())
}

/// A part of the archive as it goes by.
#[derive(Default)]
struct Part {
    bytes: u64,
    tags: u64,
    /// Whether it is looked at afterwards, and what it is then.
    keeps: bool,
    kept: Vec<u8>,
}

impl Part {
    /// Whether it claims more texts than it has tags: the library makes room for all of them at once, and where there is
    /// no such room the whole process ends. What is not plain digits claims anything.
    fn claims_too_many(&self) -> bool {
        let text = String::from_utf8_lossy(&self.kept);
        let mut claims = text.match_indices("uniqueCount").filter_map(|(at, word)| {
            let rest = text.get(at + word.len()..)?.trim_start().strip_prefix('=')?.trim_start();
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            rest.get(1..)?.split(quote).next()
        });
        claims.any(|claim| claim.parse::<u64>().map_or(true, |claim| claim > self.tags))
    }
}

impl io::Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len() as u64;
        self.tags += bytes.iter().filter(|byte| **byte == b'<').count() as u64;
        if self.keeps {
            self.kept.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The sheet's cells, a line for each row from the first on.
fn text_of(book: &mut Xlsx<Cursor<&[u8]>>, name: &str, rows: usize) -> Result<String, FileRefused> {
    let mut cells = book.worksheet_cells_reader(name).map_err(|_| damaged())?;
    let mut text = String::new();
    let (mut row, mut column) = (0, 0);
    while let Some(cell) = cells.next_cell().map_err(|_| damaged())? {
        let (at_row, at_column) = cell.get_position();
        let (at_row, at_column) = (index(at_row)?, index(at_column)?);
        if matches!(cell.get_value(), DataRef::Empty) || at_column >= MAX_COLUMNS {
            continue;
        }
        if at_row >= rows && rows < MAX_RECORDS {
            break;
        }
        if at_row >= MAX_RECORDS {
            return Err(FileRefused::TooManyRecords { most: MAX_RECORDS });
        }
        // A sheet whose cells do not stand in order is no spreadsheet's.
        if (at_row, at_column) < (row, column) {
            return Err(damaged());
        }
        for _ in row..at_row {
            text.push('\n');
            column = 0;
        }
        row = at_row;
        for _ in column..at_column {
            text.push('\t');
        }
        column = at_column;
        put(&mut text, cell.get_value());
        if text.len() > MOST_TEXT_BYTES {
            return Err(FileRefused::Unpacks { most_mb: (MOST_TEXT_BYTES / 1024 / 1024) as u64 });
        }
    }
    Ok(text)
}

fn index(place: u32) -> Result<usize, FileRefused> {
    usize::try_from(place).map_err(|_| damaged())
}

/// A cell as a person reads it. What would begin another cell or line is a blank.
fn put(text: &mut String, cell: &DataRef<'_>) {
    let mut words =
        |words: &str| text.extend(words.chars().map(|c| if matches!(c, '\t' | '\r' | '\n') { ' ' } else { c }));
    match cell {
        DataRef::String(said) | DataRef::DateTimeIso(said) | DataRef::DurationIso(said) => words(said),
        DataRef::SharedString(said) => words(said),
        DataRef::Int(number) => words(&number.to_string()),
        DataRef::Float(number) => words(&plain_number(*number)),
        DataRef::DateTime(moment) => words(&day_and_time(moment)),
        DataRef::Bool(yes) => words(if *yes { "TRUE" } else { "FALSE" }),
        DataRef::Error(error) => words(&error.to_string()),
        DataRef::Empty => {}
    }
}

/// A number without an exponent, unless its digits are lost.
fn plain_number(number: f64) -> String {
    if number.abs() >= EXACT_WITHIN {
        return format!("{number:E}").replace('E', "E+");
    }
    let decimals = format!("{number:.DECIMALS$}");
    let trimmed = decimals.trim_end_matches('0').trim_end_matches('.');
    if trimmed == "-0" { "0".to_owned() } else { trimmed.to_owned() }
}

/// `2026-10-14`, `2026-10-14 07:31:00` or `07:31:00`.
fn day_and_time(moment: &ExcelDateTime) -> String {
    if moment.is_duration() {
        return plain_number(moment.as_f64());
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let mut text = String::new();
    if moment.as_f64() >= 1.0 {
        let _ = write!(text, "{year:04}-{month:02}-{day:02}");
    }
    if (hour, minute, second) != (0, 0, 0) || text.is_empty() {
        let gap = if text.is_empty() { "" } else { " " };
        let _ = write!(text, "{gap}{hour:02}:{minute:02}:{second:02}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lose_the_traces_of_arithmetic_and_nothing_else() {
        for (number, text) in [
            (50.000_000_000_001, "50"),
            (9.990_000_000_001, "9.99"),
            (84.105, "84.105"),
            (801_286_167_236.0, "801286167236"),
            (85_859_426_388_924.0, "85859426388924"),
            (-17.25, "-17.25"),
            (-0.0, "0"),
            (0.0, "0"),
        ] {
            assert_eq!(plain_number(number), text);
        }
        // Sixteen digits and more: the spreadsheet has lost some, and the cell is refused as damaged.
        assert_eq!(plain_number(1.234_567_890_123_456_7e18), "1.2345678901234568E+18");
    }

    #[test]
    fn an_archive_that_is_no_workbook_is_refused() {
        assert!(matches!(Workbook::open(b"PK\x03\x04rest"), Err(FileRefused::NotText { .. })));
    }
}
