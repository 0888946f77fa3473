//! Splits a text into records of cells, tells on which physical line each begins, and never holds more than one record.

use super::super::refusal::FileRefused;
use serde::{Deserialize, Serialize};
use std::{iter::Peekable, str::CharIndices};

/// What stands between two cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delimiter {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// A tab.
    Tab,
}

impl Delimiter {
    /// Every delimiter, the likeliest first.
    pub const ALL: [Self; 3] = [Self::Comma, Self::Tab, Self::Semicolon];

    /// The character itself.
    #[must_use]
    pub const fn character(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Semicolon => ';',
            Self::Tab => '\t',
        }
    }
}

/// Whether a quotation mark at the beginning of a cell says that the cell ends at the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Quoting {
    /// `"a, ""b"""` is one cell, also over several lines.
    Double,
    /// A quotation mark is a character like others.
    None,
}

/// One record: a line of the file, or several where a quoted cell runs over line ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<'a> {
    /// The physical line on which it begins, from 1.
    pub line: usize,
    /// The physical line on which it ends.
    pub last_line: usize,
    /// The cells as they stand in the file, quotes undone; at most [`MAX_COLUMNS`].
    pub cells: Vec<String>,
    /// How many cells the record really has.
    pub cells_total: usize,
    /// The record as it stands in the file, without its line end.
    pub raw: &'a str,
}

impl Record<'_> {
    /// Nothing in any cell.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.cells_total <= MAX_COLUMNS && self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// More columns than any export has; cells beyond are counted, not kept.
pub const MAX_COLUMNS: usize = 250;
/// A quoted remark of more lines than this is a quotation mark that was never closed.
const MAX_LINES_OF_RECORD: usize = 50;
/// More records than a file of the largest accepted size can sensibly have; keeps a file of line ends from filling
/// the memory.
pub const MAX_RECORDS: usize = 300_000;

/// Reads one record after the other.
pub struct RecordReader<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    records: usize,
    delimiter: char,
    quoting: Quoting,
}

impl<'a> RecordReader<'a> {
    /// A reader from the first line of a text.
    #[must_use]
    pub const fn new(text: &'a str, delimiter: Delimiter, quoting: Quoting) -> Self {
        Self { text, at: 0, line: 1, records: 0, delimiter: delimiter.character(), quoting }
    }
}

impl<'a> Iterator for RecordReader<'a> {
    type Item = Result<Record<'a>, FileRefused>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        self.records += 1;
        if self.records > MAX_RECORDS {
            self.at = self.text.len();
            return Some(Err(FileRefused::TooManyRecords { most: MAX_RECORDS }));
        }
        let mut scan = Scan::new(rest, self.delimiter, self.quoting);
        match scan.record() {
            Ok((length, raw_length)) => {
                let record = Record {
                    line: self.line,
                    last_line: self.line + scan.lines,
                    cells: scan.cells,
                    cells_total: scan.cells_total,
                    raw: rest.get(..raw_length).unwrap_or_default(),
                };
                self.at += length;
                self.line = record.last_line + 1;
                Some(Ok(record))
            }
            Err(Unclosed) => {
                self.at = self.text.len();
                Some(Err(FileRefused::QuoteNotClosed { line: self.line }))
            }
        }
    }
}

/// A quotation mark without its end.
struct Unclosed;

/// The state while one record is read.
struct Scan<'a> {
    characters: Peekable<CharIndices<'a>>,
    length: usize,
    delimiter: char,
    quoting: Quoting,
    lines: usize,
    cells: Vec<String>,
    cells_total: usize,
}

/// What ended a cell.
enum End {
    Delimiter,
    /// The line end and the byte where it begins.
    Line(usize),
    Text,
}

impl<'a> Scan<'a> {
    fn new(rest: &'a str, delimiter: char, quoting: Quoting) -> Self {
        let characters = rest.char_indices().peekable();
        Self { characters, length: rest.len(), delimiter, quoting, lines: 0, cells: Vec::new(), cells_total: 0 }
    }

    /// Reads to the end of the record: how many bytes it takes with and without its line end.
    fn record(&mut self) -> Result<(usize, usize), Unclosed> {
        loop {
            let (cell, end) = self.cell()?;
            self.cells_total += 1;
            if self.cells.len() < MAX_COLUMNS {
                self.cells.push(cell);
            }
            match end {
                End::Delimiter => {}
                End::Line(before) => return Ok((self.position(), before)),
                End::Text => return Ok((self.length, self.length)),
            }
        }
    }

    fn position(&mut self) -> usize {
        self.characters.peek().map_or(self.length, |(at, _)| *at)
    }

    fn cell(&mut self) -> Result<(String, End), Unclosed> {
        let mut cell = String::new();
        if self.quoting == Quoting::Double && self.characters.next_if(|(_, c)| *c == '"').is_some() {
            self.quoted(&mut cell)?;
        }
        while let Some((at, character)) = self.characters.next() {
            match character {
                '\n' => return Ok((cell, End::Line(at))),
                '\r' => {
                    self.characters.next_if(|(_, c)| *c == '\n');
                    return Ok((cell, End::Line(at)));
                }
                c if c == self.delimiter => return Ok((cell, End::Delimiter)),
                c => cell.push(c),
            }
        }
        Ok((cell, End::Text))
    }

    /// The part between two quotation marks; line ends in it become `\n`.
    fn quoted(&mut self, cell: &mut String) -> Result<(), Unclosed> {
        while let Some((_, character)) = self.characters.next() {
            match character {
                '"' => {
                    if self.characters.next_if(|(_, c)| *c == '"').is_none() {
                        return Ok(());
                    }
                    cell.push('"');
                }
                '\r' | '\n' => {
                    if character == '\r' {
                        self.characters.next_if(|(_, c)| *c == '\n');
                    }
                    self.lines += 1;
                    if self.lines > MAX_LINES_OF_RECORD {
                        return Err(Unclosed);
                    }
                    cell.push('\n');
                }
                c => cell.push(c),
            }
        }
        Err(Unclosed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, delimiter: Delimiter, quoting: Quoting) -> Vec<(usize, Vec<String>)> {
        RecordReader::new(text, delimiter, quoting).map(|r| r.map(|r| (r.line, r.cells)).unwrap()).collect()
    }

    fn cells(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|c| (*c).to_owned()).collect()
    }

    #[test]
    fn a_record_knows_the_physical_line_on_which_it_begins() {
        let text = "a,\"x\r\ny\nz\",c\r\nb,\"says \"\"no\"\"\",\n\nlast";
        assert_eq!(
            read(text, Delimiter::Comma, Quoting::Double),
            [
                (1, cells(&["a", "x\ny\nz", "c"])),
                (4, cells(&["b", "says \"no\"", ""])),
                (5, cells(&[""])),
                (6, cells(&["last"]))
            ]
        );
    }

    #[test]
    fn a_tab_file_without_a_text_qualifier_keeps_its_quotation_marks() {
        assert_eq!(
            read("1\t\"do not knock\r\n2\t5' fence, 16\" gate\r\n", Delimiter::Tab, Quoting::None),
            [(1, cells(&["1", "\"do not knock"])), (2, cells(&["2", "5' fence, 16\" gate"]))]
        );
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_is_said_with_its_line() {
        let mut records = RecordReader::new("a,b\n\"c,d\ne,f\n", Delimiter::Comma, Quoting::Double);
        assert!(records.next().unwrap().is_ok());
        assert_eq!(records.next().unwrap(), Err(FileRefused::QuoteNotClosed { line: 2 }));
        assert!(records.next().is_none());
    }

    #[test]
    fn columns_and_records_have_a_limit() {
        let wide = ",".repeat(MAX_COLUMNS * 10);
        let record = RecordReader::new(&wide, Delimiter::Comma, Quoting::Double).next().unwrap().unwrap();
        assert_eq!((record.cells.len(), record.cells_total), (MAX_COLUMNS, MAX_COLUMNS * 10 + 1));
        let long = "\n".repeat(MAX_RECORDS + 10);
        let last = RecordReader::new(&long, Delimiter::Comma, Quoting::Double).last().unwrap();
        assert_eq!(last, Err(FileRefused::TooManyRecords { most: MAX_RECORDS }));
    }
}
