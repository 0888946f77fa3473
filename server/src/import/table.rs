//! Walks through a file row by row: leaves out what is no data, checks the columns, and gives each data row its fate.

use super::{
    laid_out::{LaidOut, lay_out},
    mapping::{Kind, Layout, Mapping, built_in, normalised_cells},
    not_data::{NotData, recognise},
    refusal::FileRefused,
    report::{Accepted, Counts, Duplicate, Excluded, Printed, REFUSED_MAX, Refused, Report, Warning},
    row::{Row, SHOWN_CHARS},
    run_at::{self, RunAt},
    summary::Summary,
    text::{Encoding, Record, RecordReader, Text},
    unread::UnreadPayment,
};
use chrono::NaiveDate;
use curbstop_shared::money::Currency;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt::Write};

/// The largest file that is accepted, in bytes: a hundred thousand rows of the widest kind. Larger uploads are cut off
/// before they fill the memory.
pub const MAX_FILE_BYTES: usize = 20 * 1024 * 1024;

/// How to read a file.
#[derive(Debug, Clone)]
pub struct Options {
    /// The source's name, as the utility calls it.
    pub source: String,
    /// The day for which the rows are judged: the day of the cut.
    pub as_of: NaiveDate,
    /// The utility's currency.
    pub currency: Currency,
    /// An encoding instead of the one that is found.
    pub encoding: Option<Encoding>,
    /// The source's own mappings; the built-in ones come after them.
    pub mappings: Vec<Mapping>,
}

/// A file that was read: the report for people and the rows for the store.
#[derive(Debug, Clone)]
pub struct Imported<R> {
    /// What became of each row.
    pub report: Report,
    /// The accepted rows, and what others say on top of what is kept, in the order of the file.
    pub rows: Vec<R>,
    /// Of a journal: the refused rows that may be somebody who paid.
    pub unread: Vec<UnreadPayment>,
}

/// What becomes of a row that is not faulty.
pub enum Fate<R> {
    /// It is used.
    Accepted(R, Accepted),
    /// It is right, but no work comes of it.
    Excluded(Excluded),
    /// It repeats another.
    Duplicate(Duplicate),
    /// It repeats another and says more than that one: what it says on top is used.
    OnTop(R, Duplicate),
}

/// Reads the rows of one kind of file.
pub trait RowReader {
    /// What a row becomes.
    type Row;
    /// The kind of file.
    const KIND: Kind;

    /// Gives a row its fate. Called once for each data row, in the order of the file.
    ///
    /// # Errors
    /// The fault for which the row is refused.
    fn read(&mut self, row: &Row<'_>) -> Result<Fate<Self::Row>, Refused>;

    /// Looks at a row that was refused, by the reader or before it came to it.
    fn refused(&mut self, _row: &Row<'_>, _refused: &Refused) {}

    /// The sums and groups of the accepted rows; may add warnings.
    fn summary(
        &self,
        report: &Counts,
        rows: &[Self::Row],
        excluded: &[Excluded],
        warnings: &mut Vec<Warning>,
    ) -> Summary;
}

/// Reads a whole file.
///
/// # Errors
/// [`FileRefused`] where the file as a whole can't be read; then nothing of it may be used.
pub fn read<K: RowReader>(bytes: &[u8], options: &Options, reader: &mut K) -> Result<Imported<K::Row>, FileRefused> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(FileRefused::TooLarge { most_mb: MAX_FILE_BYTES / 1024 / 1024 });
    }
    let mappings: Vec<Mapping> = options.mappings.iter().cloned().chain(built_in()).collect();
    let LaidOut { text, layout, other_sheets } = lay_out(bytes, options.encoding, K::KIND, &mappings)?;
    let mut fates = Fates::default();
    let mut rows = Vec::new();
    let mut head: Option<Record<'_>> = None;
    for record in RecordReader::new(&text.text, layout.delimiter, layout.quoting) {
        let record = record?;
        if record.line <= layout.heading.last_line {
            fates.not_data(above_data(&record, &layout));
            fates.run = fates.run.or_else(|| run_at::printed(&record, layout.mapping.dates));
            continue;
        }
        let row = Row { record: &record, head: head.as_ref(), layout: &layout, currency: options.currency };
        if let Some(what) = recognise(&record, &layout) {
            fates.not_data(what);
            fates.printed = row.printed().or(fates.printed);
            continue;
        }
        fates.counts.data_rows += 1;
        if row.heads_a_group() {
            head = Some(record.clone());
        }
        let row = Row { record: &record, head: head.as_ref(), layout: &layout, currency: options.currency };
        match row.columns_fit().and_then(|()| reader.read(&row)) {
            Ok(Fate::Accepted(typed, accepted)) => {
                fates.counts.accepted += 1;
                fates.accepted.push(accepted);
                rows.push(typed);
            }
            Ok(Fate::Excluded(excluded)) => {
                fates.counts.excluded += 1;
                fates.excluded.push(excluded);
            }
            Ok(Fate::Duplicate(duplicate)) => {
                fates.counts.duplicates += 1;
                fates.duplicates.push(duplicate);
            }
            Ok(Fate::OnTop(typed, duplicate)) => {
                fates.counts.duplicates += 1;
                fates.duplicates.push(duplicate);
                rows.push(typed);
            }
            Err(refused) => {
                reader.refused(&row, &refused);
                fates.refuse(refused);
            }
        }
    }
    if fates.counts.data_rows == 0 {
        return Err(FileRefused::NoRows);
    }
    let mut warnings = file_warnings(&text, &layout, &fates);
    if !other_sheets.is_empty() {
        let text = format!("The workbook's other sheets were not read: {}.", other_sheets.join(", "));
        warnings.push(Warning { code: "sheets_not_read", text });
    }
    let summary = reader.summary(&fates.counts, &rows, &fates.excluded, &mut warnings);
    let report = fates.into_report(bytes, options, &text, &layout, summary, warnings);
    Ok(Imported { report, rows, unread: Vec::new() })
}

/// What a record is that stands above the first data row.
fn above_data(record: &Record<'_>, layout: &Layout<'_>) -> NotData {
    if record.is_blank() {
        NotData::Blank
    } else if layout.heading.records.contains(&normalised_cells(record)) {
        NotData::Heading
    } else {
        NotData::PageHeading
    }
}

/// The fates of the rows so far.
#[derive(Default)]
struct Fates {
    counts: Counts,
    not_data: BTreeMap<NotData, usize>,
    printed: Option<Printed>,
    run: Option<RunAt>,
    refused: Vec<Refused>,
    refused_by_code: BTreeMap<&'static str, usize>,
    refused_beyond: BTreeMap<&'static str, usize>,
    duplicates: Vec<Duplicate>,
    excluded: Vec<Excluded>,
    accepted: Vec<Accepted>,
}

impl Fates {
    fn not_data(&mut self, what: NotData) {
        *self.not_data.entry(what).or_default() += 1;
    }

    fn refuse(&mut self, refused: Refused) {
        let code = refused.code.code();
        self.counts.refused += 1;
        *self.refused_by_code.entry(code).or_default() += 1;
        if self.refused.len() < REFUSED_MAX {
            self.refused.push(refused);
        } else {
            *self.refused_beyond.entry(code).or_default() += 1;
        }
    }

    fn into_report(
        self,
        bytes: &[u8],
        options: &Options,
        text: &Text<'_>,
        layout: &Layout<'_>,
        summary: Summary,
        warnings: Vec<Warning>,
    ) -> Report {
        let used: Vec<usize> = layout.heading.column_of.values().copied().collect();
        let ignored = |(column, name): (usize, &String)| {
            (!name.is_empty() && !used.contains(&column)).then(|| name.chars().take(SHOWN_CHARS).collect())
        };
        Report {
            kind: layout.mapping.kind,
            source: options.source.clone(),
            mapping: layout.mapping.name.clone(),
            as_of: options.as_of,
            encoding: text.encoding,
            sheet: text.sheet.as_ref().map(|sheet| sheet.name.clone()),
            delimiter: layout.delimiter,
            quoting: layout.quoting,
            sha256: sha256_hex(bytes),
            counts: self.counts,
            not_data_records: self.not_data.values().sum(),
            not_data: self.not_data,
            printed: self.printed,
            run: self.run,
            summary,
            warnings,
            columns_ignored: layout.heading.names.iter().enumerate().filter_map(ignored).collect(),
            refused_by_code: self.refused_by_code,
            refused: self.refused,
            refused_beyond: self.refused_beyond,
            duplicates: self.duplicates,
            excluded: self.excluded,
            accepted: self.accepted,
        }
    }
}

/// SHA-256 in hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// One refused row in this many is usual; more, and the mapping or the export is suspect.
const USUAL_ROWS_PER_REFUSED: usize = 5;

fn file_warnings(text: &Text<'_>, layout: &Layout<'_>, fates: &Fates) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |code, text| warnings.push(Warning { code, text });
    let rows = fates.counts.data_rows;
    if let Some(printed) = fates.printed
        && usize::try_from(printed.rows).ok() != Some(rows)
    {
        let text = format!(
            "The report says that it has {} rows, but {rows} were found: look whether the export is complete.",
            printed.rows
        );
        warn("rows_differ_from_printed", text);
    }
    if text.undefined_bytes > 0 {
        let text = format!(
            "{} characters have no meaning in Windows-1252: the file may be in another encoding; look at the names.",
            text.undefined_bytes
        );
        warn("encoding_doubtful", text);
    }
    if fates.counts.refused * USUAL_ROWS_PER_REFUSED > rows {
        let text = format!("{} of {rows} rows were refused: look whether the mapping fits.", fates.counts.refused);
        warn("many_refused", text);
    }
    let missing: Vec<String> = layout
        .mapping
        .columns
        .iter()
        .filter(|(field, _)| !layout.heading.column_of.contains_key(field))
        .filter(|(field, _)| layout.mapping.kind.decisive().contains(field))
        .filter_map(|(_, headings)| headings.first().map(|heading| format!("\"{heading}\"")))
        .collect();
    if !missing.is_empty() {
        let text = format!("The file has no column {}, which can stop a cut.", missing.join(", "));
        warn("column_missing", text);
    }
    warnings
}
