//! Recognises what a report prints beside its rows: page headings, repeated headings, totals, rulers and closing
//! lines. None of them is ever counted as an account.

use super::{
    mapping::{Kind, Layout, normalised_cells, without_digits},
    text::Record,
};
use serde::Serialize;

/// What a record that is no data row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotData {
    /// Nothing in it.
    Blank,
    /// The columns' headings.
    Heading,
    /// What stands at the top of each page.
    PageHeading,
    /// A sum of a route, a page or the whole report.
    Total,
    /// A ruler, "end of report", "900 record(s) selected".
    Closing,
}

/// What the record is, unless it is a data row.
#[must_use]
pub fn recognise(record: &Record<'_>, layout: &Layout<'_>) -> Option<NotData> {
    if record.is_blank() {
        return Some(NotData::Blank);
    }
    let cells = normalised_cells(record);
    if cells.is_empty() {
        return Some(NotData::Closing);
    }
    if layout.heading.records.contains(&cells) {
        return Some(NotData::Heading);
    }
    if layout.page_heading.contains(&without_digits(record)) {
        return Some(NotData::PageHeading);
    }
    if has_evidence_of_data(record, layout) {
        return None;
    }
    let first = record.cells.iter().map(|cell| cell.trim()).find(|cell| !cell.is_empty())?.to_lowercase();
    let beginning = |beginning: &String| first.starts_with(&beginning.trim().to_lowercase());
    if is_closing(&first) || layout.mapping.not_data.iter().any(beginning) {
        Some(NotData::Closing)
    } else if is_total(&first) {
        Some(NotData::Total)
    } else {
        None
    }
}

/// Text in a column that only data rows fill.
fn has_evidence_of_data(record: &Record<'_>, layout: &Layout<'_>) -> bool {
    let kind: Kind = layout.mapping.kind;
    kind.evidence_of_data()
        .iter()
        .filter_map(|field| layout.heading.column_of.get(field))
        .filter_map(|column| record.cells.get(*column))
        .any(|cell| !cell.trim().is_empty())
}

fn is_total(first: &str) -> bool {
    let mut words = first.split(|c: char| !c.is_alphanumeric());
    words.any(|word| matches!(word, "total" | "totals" | "subtotal" | "subtotals"))
}

fn is_closing(first: &str) -> bool {
    let words: Vec<&str> = first.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        ["end", "of", "report" | "listing" | "file" | "data", ..] => true,
        ["page", number, ..] => number.bytes().all(|b| b.is_ascii_digit()),
        [number, "record" | "records" | "row" | "rows" | "item" | "items", ..] => {
            number.bytes().all(|b| b.is_ascii_digit())
        }
        _ => false,
    }
}

/// How many rows a total or closing line says that the whole report has, or nothing if it speaks of a part of it.
#[must_use]
pub fn printed_rows(record: &Record<'_>) -> Option<u64> {
    let text = record.cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
    let mut whole = false;
    for (place, cell) in text.enumerate() {
        let cell = cell.to_lowercase();
        let words: Vec<&str> = cell.split(|c: char| c.is_whitespace() || "()".contains(c)).collect();
        let counted = match words.as_slice() {
            [
                number,
                "acct" | "accts" | "account" | "accounts" | "item" | "items" | "record" | "records" | "row" | "rows",
                ..,
            ] => number.replace(',', "").parse::<u64>().ok(),
            _ => None,
        };
        if place == 0 {
            // "Route 001 Total" is a part, "GRAND TOTAL" and "900 record(s) selected." are the whole.
            whole = counted.is_some() || !cell.contains(|c: char| c.is_ascii_digit());
        }
        if whole && counted.is_some() {
            return counted;
        }
    }
    None
}
