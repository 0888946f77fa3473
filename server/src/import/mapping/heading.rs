//! Finds the line (or the two lines) with a file's headings, and with it the mapping and the delimiter that fit.

use super::{Field, Kind, Mapping};
use crate::import::{
    refusal::FileRefused,
    text::{Delimiter, MAX_COLUMNS, Quoting, Record, RecordReader, Text},
};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// The headings of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// The line on which the headings end; data begin after it.
    pub last_line: usize,
    /// The headings, both lines of each joined.
    pub names: Vec<String>,
    /// Where each field stands, from 0.
    pub column_of: BTreeMap<Field, usize>,
    /// The records that the headings are made of, normalised, to know them again on the next page.
    pub records: Vec<Vec<String>>,
}

impl Heading {
    /// How many columns have a heading; what stands beyond belongs to no column.
    #[must_use]
    pub fn width(&self) -> usize {
        self.names.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1)
    }
}

/// How a file is to be read.
#[derive(Debug)]
pub struct Layout<'m> {
    /// The mapping that fits.
    pub mapping: &'m Mapping,
    /// What stands between cells.
    pub delimiter: Delimiter,
    /// Whether cells may be quoted.
    pub quoting: Quoting,
    /// The headings.
    pub heading: Heading,
    /// What stands above the headings, normalised: the page heading of a report, which comes again on each page.
    pub page_heading: Vec<String>,
    /// The day that a workbook calls 0, where the file is one.
    pub day_zero: Option<NaiveDate>,
}

/// Headings stand within the first so many records, or it is another file.
const HEADING_WITHIN_RECORDS: usize = 60;

/// Finds the mapping of this kind that explains the most columns, with the delimiter and the headings that go with it.
///
/// # Errors
/// [`FileRefused::HeadingsUnknown`] with what was found instead, [`FileRefused::HeadingTwice`].
pub fn find_layout<'m>(text: &Text<'_>, kind: Kind, mappings: &'m [Mapping]) -> Result<Layout<'m>, FileRefused> {
    // A workbook's cells are told apart already, whatever a mapping says about files of text.
    let delimiters: &[Delimiter] = if text.sheet.is_some() { &[Delimiter::Tab] } else { &Delimiter::ALL };
    let fitting = |wanted: &dyn Fn(&Mapping) -> bool| {
        let mut best: Option<Layout<'m>> = None;
        for delimiter in delimiters {
            for layout in layouts(text, *delimiter, mappings.iter().filter(|m| wanted(m))) {
                let better = |than: &Layout<'_>| layout.heading.column_of.len() > than.heading.column_of.len();
                if best.as_ref().is_none_or(better) {
                    best = Some(layout);
                }
            }
        }
        best
    };
    match fitting(&|mapping: &Mapping| mapping.kind == kind) {
        Some(layout) => heading_once(layout),
        None => {
            let other = fitting(&|mapping: &Mapping| mapping.kind != kind).map(|layout| layout.mapping);
            Err(unknown(&text.text, kind, mappings, other))
        }
    }
}

/// Every mapping that fits somewhere within the first records, read with one delimiter.
fn layouts<'m>(
    text: &Text<'_>,
    delimiter: Delimiter,
    mappings: impl Iterator<Item = &'m Mapping> + Clone,
) -> Vec<Layout<'m>> {
    let day_zero = text.sheet.as_ref().map(|sheet| sheet.day_zero);
    let of_workbook = text.sheet.is_some();
    let text = &*text.text;
    let found_quoting = if of_workbook { Quoting::None } else { quoting(text, delimiter) };
    let mut found = Vec::new();
    for quoting in [Quoting::Double, Quoting::None] {
        let mut of_quoting = mappings
            .clone()
            .filter(|m| {
                let said = if of_workbook { (None, None) } else { (m.quoting, m.delimiter) };
                said.0.unwrap_or(found_quoting) == quoting && said.1.is_none_or(|d| d == delimiter)
            })
            .peekable();
        if of_quoting.peek().is_none() {
            continue;
        }
        let records: Vec<Line<'_>> = RecordReader::new(text, delimiter, quoting)
            .take(HEADING_WITHIN_RECORDS)
            .map_while(Result::ok)
            .map(|record| Line { normal: normalised_cells(&record), record })
            .collect();
        let fitting = of_quoting.filter_map(|mapping| fit(&records, mapping, delimiter, quoting));
        found.extend(fitting.map(|layout| Layout { day_zero, ..layout }));
    }
    found
}

/// One of the first records, which may be (a part of) the headings.
struct Line<'a> {
    record: Record<'a>,
    normal: Vec<String>,
}

/// The place where the mapping explains the most columns, provided that it finds all that its kind needs.
fn fit<'m>(lines: &[Line<'_>], mapping: &'m Mapping, delimiter: Delimiter, quoting: Quoting) -> Option<Layout<'m>> {
    let wanted: Vec<(Field, Vec<String>)> = mapping
        .columns
        .iter()
        .map(|(field, headings)| (*field, headings.iter().map(|heading| normalised(heading)).collect()))
        .collect();
    let mut best: Option<(usize, usize, BTreeMap<Field, usize>)> = None;
    for first in 0..lines.len() {
        // One line of headings, or two that are joined column by column.
        for count in [1, 2] {
            let Some(candidates) = lines.get(first..first + count) else { continue };
            let found = columns(&joined(candidates), &wanted);
            let constant = |field: &Field| mapping.constants.contains_key(field);
            let complete = mapping.kind.required().iter().all(|field| found.contains_key(field) || constant(field));
            if complete && best.as_ref().is_none_or(|(_, _, than)| found.len() > than.len()) {
                best = Some((first, count, found));
            }
        }
    }
    let (first, count, column_of) = best?;
    let (above, from) = lines.split_at_checked(first)?;
    let of_heading = from.get(..count)?;
    let heading = Heading {
        last_line: of_heading.last()?.record.last_line,
        names: names(of_heading),
        column_of,
        records: of_heading.iter().map(|line| line.normal.clone()).collect(),
    };
    let page_heading = above.iter().filter(|l| !l.record.is_blank()).map(|l| without_digits(&l.record)).collect();
    Some(Layout { mapping, delimiter, quoting, heading, page_heading, day_zero: None })
}

/// Which of the wanted fields stand in which column.
fn columns(headings: &[String], wanted: &[(Field, Vec<String>)]) -> BTreeMap<Field, usize> {
    let column =
        |names: &Vec<String>| names.iter().find_map(|name| headings.iter().position(|heading| heading == name));
    wanted.iter().filter_map(|(field, names)| column(names).map(|column| (*field, column))).collect()
}

/// The normalised headings of one line, or of two lines put together.
fn joined(lines: &[Line<'_>]) -> Vec<String> {
    let width = lines.iter().map(|line| line.normal.len()).max().unwrap_or(0);
    (0..width).map(|column| lines.iter().filter_map(|l| l.normal.get(column)).map(String::as_str).collect()).collect()
}

/// The headings as a person reads them.
fn names(lines: &[Line<'_>]) -> Vec<String> {
    let width = lines.iter().map(|line| line.record.cells.len()).max().unwrap_or(0);
    let name = |column: usize| {
        let parts = lines.iter().filter_map(|line| line.record.cells.get(column)).map(|cell| cell.trim());
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    };
    (0..width).map(name).collect()
}

/// A heading that stands twice can't be told apart from its double.
fn heading_once(layout: Layout<'_>) -> Result<Layout<'_>, FileRefused> {
    let normal: Vec<String> = layout.heading.names.iter().map(|name| normalised(name)).collect();
    for column in layout.heading.column_of.values() {
        let Some(name) = normal.get(*column) else { continue };
        let again = normal.iter().enumerate().find(|(other, heading)| other != column && *heading == name);
        if let Some((second, _)) = again {
            let heading = layout.heading.names.get(*column).cloned().unwrap_or_default();
            return Err(FileRefused::HeadingTwice { heading, first: column + 1, second: second + 1 });
        }
    }
    Ok(layout)
}

/// Whether the cells of such a file are quoted. Tab files mostly are not, so there every quotation mark at the
/// beginning of a cell must have its end before it counts.
fn quoting(text: &str, delimiter: Delimiter) -> Quoting {
    if delimiter != Delimiter::Tab {
        return Quoting::Double;
    }
    let mut quoted = text.lines().flat_map(|line| line.split('\t')).filter(|cell| cell.starts_with('"')).peekable();
    let closed = |cell: &str| cell.len() >= 2 && cell.ends_with('"');
    if quoted.peek().is_some() && quoted.all(closed) { Quoting::Double } else { Quoting::None }
}

/// A heading without case, spaces and punctuation; `#` counts as "no".
#[must_use]
pub fn normalised(heading: &str) -> String {
    heading.chars().fold(String::new(), |mut normal, c| {
        match c {
            '#' => normal.push_str("no"),
            c if c.is_alphanumeric() => normal.extend(c.to_lowercase()),
            _ => {}
        }
        normal
    })
}

/// The cells of a record, normalised, without the empty ones at its end.
#[must_use]
pub fn normalised_cells(record: &Record<'_>) -> Vec<String> {
    let mut cells: Vec<String> = record.cells.iter().map(|cell| normalised(cell)).collect();
    while cells.last().is_some_and(String::is_empty) {
        cells.pop();
    }
    cells
}

/// A line of a page heading without what changes from page to page.
#[must_use]
pub fn without_digits(record: &Record<'_>) -> String {
    normalised_cells(record).concat().chars().filter(|c| !c.is_numeric()).collect()
}

fn unknown(text: &str, kind: Kind, mappings: &[Mapping], other: Option<&Mapping>) -> FileRefused {
    let of_kind: Vec<&str> = mappings.iter().filter(|m| m.kind == kind).map(|m| m.name.as_str()).collect();
    let wanted = format!("a {kind} file ({})", of_kind.join(", "));
    let hint = match other {
        Some(mapping) => format!("it looks like a {} file, so import it as {}", mapping.kind, mapping.kind),
        None => format!(
            "it seems to have the headings {}; add a mapping for this source, or export the columns that are missing",
            seeming_headings(text)
        ),
    };
    FileRefused::HeadingsUnknown { wanted, hint }
}

/// How much of unknown headings is shown.
const SHOWN_CHARS: usize = 200;

/// The first record with the most cells, as a person would see it.
fn seeming_headings(text: &str) -> String {
    let first_lines = |delimiter| {
        RecordReader::new(text, delimiter, Quoting::None).take(HEADING_WITHIN_RECORDS).map_while(Result::ok)
    };
    let filled = |record: &Record<'_>| record.cells.iter().filter(|cell| !cell.trim().is_empty()).count();
    let mut widest: Option<Record<'_>> = None;
    for record in Delimiter::ALL.into_iter().flat_map(first_lines) {
        if record.cells_total <= MAX_COLUMNS && widest.as_ref().is_none_or(|w| filled(&record) > filled(w)) {
            widest = Some(record);
        }
    }
    let shown: String = widest.map(|r| r.cells.join(" | ")).unwrap_or_default().chars().take(SHOWN_CHARS).collect();
    format!("\"{}\"", shown.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{mapping::built_in, text::decode};

    fn find_layout<'m>(text: &str, kind: Kind, mappings: &'m [Mapping]) -> Result<Layout<'m>, FileRefused> {
        super::find_layout(&decode(text.as_bytes(), None)?, kind, mappings)
    }

    #[test]
    fn a_heading_of_two_lines_is_joined_column_by_column() {
        let text = "TOWN,,,\nAcct,,Past,Notice,Meter\nNo,Svc,Due,Mailed,No\n";
        let mappings = built_in();
        let layout = find_layout(text, Kind::Listing, &mappings).unwrap();
        assert_eq!(layout.mapping.name, "water cut-off report");
        assert_eq!(layout.heading.names, ["Acct No", "Svc", "Past Due", "Notice Mailed", "Meter No"]);
        assert_eq!(layout.heading.last_line, 3);
        assert_eq!(layout.page_heading, ["town"]);
    }

    #[test]
    fn the_delimiter_is_the_one_that_makes_headings_known() {
        for (delimiter, text) in [(Delimiter::Semicolon, ";"), (Delimiter::Tab, "\t"), (Delimiter::Comma, ",")] {
            let text = ["Account", "Receipt", "Date", "Amount"].join(text);
            let mappings = built_in();
            assert_eq!(find_layout(&text, Kind::Payments, &mappings).unwrap().delimiter, delimiter);
        }
    }

    #[test]
    fn unknown_headings_say_what_was_found_and_what_to_do() {
        let why = |text: &str, kind| find_layout(text, kind, &built_in()).map(|_| ()).unwrap_err().to_string();
        let other = why("Hold No,Account,Code,Start,Good Thru\nH-1,1,MED,1/1/26,\n", Kind::Payments);
        assert!(other.ends_with("it looks like a holds file, so import it as holds"), "{other}");
        let none = why("Fruit,Price\npear,1\n", Kind::Listing);
        assert!(none.contains("\"Fruit | Price\""), "{none}");
    }

    #[test]
    fn one_heading_over_two_columns_is_refused() {
        let text = "Account,Receipt,Date,Amount,Amount\n1,2,1/1/26,5.00,6.00\n";
        let twice = FileRefused::HeadingTwice { heading: "Amount".to_owned(), first: 4, second: 5 };
        assert_eq!(find_layout(text, Kind::Payments, &built_in()).map(|_| ()), Err(twice));
    }
}
