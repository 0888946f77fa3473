//! What became of each row of a file: the answer to an import, on screen, in JSON and on the command line.

use super::{
    fault::Code,
    mapping::Kind,
    not_data::NotData,
    register::HoldInForce,
    run_at::RunAt,
    summary::Summary,
    text::{Delimiter, Encoding, Quoting},
};
use chrono::NaiveDate;
use curbstop_shared::language::Language;
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use std::collections::BTreeMap;

/// Refused rows that are kept and answered one by one: who has more corrects the export, not the rows. A file of the
/// largest size could have three hundred thousand of them.
pub const REFUSED_MAX: usize = 1_000;

/// What an import made of a file. Every data row is exactly one of accepted, excluded, refused and duplicate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// What the file is about.
    pub kind: Kind,
    /// The source that it came from.
    pub source: String,
    /// The mapping that fitted its headings.
    pub mapping: String,
    /// The day for which the rows were judged.
    pub as_of: NaiveDate,
    /// The encoding that was found or asked for.
    pub encoding: Encoding,
    /// The sheet of the workbook that was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// What stands between the cells; of a workbook a tab.
    pub delimiter: Delimiter,
    /// Whether cells may be quoted.
    pub quoting: Quoting,
    /// SHA-256 of the file, in hex: the same file again is known by it.
    pub sha256: String,
    /// How many rows had which fate.
    pub counts: Counts,
    /// Headings, totals, blank and closing lines.
    pub not_data_records: usize,
    /// The same by what they are.
    pub not_data: BTreeMap<NotData, usize>,
    /// What the report itself prints at its end.
    pub printed: Option<Printed>,
    /// When the billing system ran it, as its heading says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunAt>,
    /// The sums and groups of this kind of file.
    pub summary: Summary,
    /// Things that somebody should look at before the rows are used.
    pub warnings: Vec<Warning>,
    /// Headings that no field is mapped to.
    pub columns_ignored: Vec<String>,
    /// How many rows were refused for what.
    pub refused_by_code: BTreeMap<&'static str, usize>,
    /// The first [`REFUSED_MAX`] refused rows.
    pub refused: Vec<Refused>,
    /// How many more were refused for what, beyond those.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub refused_beyond: BTreeMap<&'static str, usize>,
    /// The repeated rows.
    pub duplicates: Vec<Duplicate>,
    /// The rows that are right, but of which no work comes.
    pub excluded: Vec<Excluded>,
    /// The accepted rows.
    pub accepted: Vec<Accepted>,
}

/// How many data rows there are, and how many had which fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, schemars::JsonSchema)]
#[schemars(rename = "RowCounts")]
pub struct Counts {
    /// All of them.
    pub data_rows: usize,
    /// Right and used.
    pub accepted: usize,
    /// Right, but no work comes of them.
    pub excluded: usize,
    /// Faulty.
    pub refused: usize,
    /// Repeated.
    pub duplicates: usize,
}

/// A row that is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "RowAccepted")]
pub struct Accepted {
    /// The physical line on which it begins.
    pub line: usize,
    /// Its account.
    pub account: String,
    /// What it is known by beside its account: meter, hold number, receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// A faulty row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The physical line on which it begins.
    pub line: usize,
    /// The heading of the faulty column; `*` where it is the row as a whole.
    pub column: String,
    /// The column's number from 1.
    pub column_no: Option<usize>,
    /// It is a row of a workbook's sheet.
    pub of_sheet: bool,
    /// What stands there.
    pub value: String,
    /// What is wrong, as a stable code.
    pub code: Code,
    /// What is wrong and what to do, as a sentence.
    pub text: &'static str,
    /// What else helps with it; apart, since every cell that is read may come to be refused.
    pub aside: Box<Aside>,
}

/// What helps with a faulty row beside place and fault.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aside {
    /// The row's account, where its cell can be read: somebody to look up.
    pub account: Option<String>,
    /// What it probably should be, and what follows from the fault.
    pub hints: Vec<Hint>,
}

/// What helps with a faulty row beside the sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// A spreadsheet took the leading zeros off this account.
    ZerosLost(String),
    /// The codes that are known there.
    KnownCodes(String),
    /// The row runs over these lines.
    Spans(usize, usize),
    /// This account is not protected by the refused hold.
    Unprotected(String),
}

impl Hint {
    /// In words.
    #[must_use]
    pub fn said(&self, language: Language) -> String {
        let es = language == Language::Es;
        match self {
            Self::ZerosLost(account) if es => format!("se perdieron los ceros iniciales, probablemente {account}"),
            Self::ZerosLost(account) => format!("leading zeros lost, probably {account}"),
            Self::KnownCodes(codes) if es => format!("códigos conocidos: {codes}"),
            Self::KnownCodes(codes) => format!("known codes: {codes}"),
            Self::Spans(first, last) if es => format!("la fila va de la línea {first} a la {last}"),
            Self::Spans(first, last) => format!("the row runs from line {first} to {last}"),
            Self::Unprotected(account) if es => {
                format!("mientras no se corrija, ninguna protección así ampara la cuenta {account}")
            }
            Self::Unprotected(account) => format!("until this is corrected, no such hold protects account {account}"),
        }
    }
}

impl Refused {
    /// Its hints in words; none where it has none.
    #[must_use]
    pub fn hint(&self, language: Language) -> Option<String> {
        let said: Vec<String> = self.aside.hints.iter().map(|hint| hint.said(language)).collect();
        (!said.is_empty()).then(|| said.join("; "))
    }

    /// The cell of a workbook's sheet, as spreadsheets call it: "J30".
    #[must_use]
    pub fn cell(&self) -> Option<String> {
        let column = self.column_no.filter(|_| self.of_sheet)?.checked_sub(1)?;
        Some(format!("{}{}", letters(column), self.line))
    }
}

impl Serialize for Refused {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_map(None)?;
        row.serialize_entry("line", &self.line)?;
        row.serialize_entry("column", &self.column)?;
        row.serialize_entry("column_no", &self.column_no)?;
        if let Some(cell) = self.cell() {
            row.serialize_entry("cell", &cell)?;
        }
        row.serialize_entry("value", &self.value)?;
        row.serialize_entry("code", &self.code)?;
        row.serialize_entry("text", self.text)?;
        if let Some(account) = &self.aside.account {
            row.serialize_entry("account", account)?;
        }
        if let Some(hint) = self.hint(Language::En) {
            row.serialize_entry("hint", &hint)?;
        }
        row.end()
    }
}

/// Written by hand, as it is above.
impl schemars::JsonSchema for Refused {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RowRefused".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object",
            "description": "A row that is faulty.",
            "properties": {
                "line": { "type": "integer", "description": "The physical line on which it begins." },
                "column": { "type": "string", "description": "The faulty column's heading; `*` for the whole row." },
                "column_no": { "type": ["integer", "null"], "description": "The column's number from 1." },
                "cell": { "type": "string", "description": "Of a workbook's sheet, as \"J30\"." },
                "value": { "type": "string", "description": "What stands there." },
                "code": { "type": "string", "description": "What is wrong; stable." },
                "text": { "type": "string", "description": "What is wrong and what to do." },
                "account": { "type": "string", "description": "The row's account, where its cell can be read." },
                "hint": { "type": "string", "description": "What it probably should be." },
            },
            "required": ["line", "column", "column_no", "value", "code", "text"],
        })
    }
}

/// Letters of the alphabet.
const LETTERS: usize = 26;

/// A column as spreadsheets call it, from 0: A, B, ... Z, AA.
fn letters(column: usize) -> String {
    let letter = |place: usize| char::from(b'A' + u8::try_from(place % LETTERS).unwrap_or_default());
    match column.checked_sub(LETTERS) {
        None => letter(column).to_string(),
        Some(beyond) => format!("{}{}", letter(beyond / LETTERS), letter(beyond)),
    }
}

/// A row that repeats an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "RowRepeated")]
pub struct Duplicate {
    /// The physical line on which it begins.
    pub line: usize,
    /// The line that counts; nothing where an earlier file brought it.
    pub of_line: Option<usize>,
    /// Its account.
    pub account: String,
    /// What it is known by: meter, hold number, receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Its amounts are not those of the line that counts.
    pub amounts_differ: bool,
    /// The sentence that says so.
    pub text: String,
}

/// A row of which no work comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "RowExcluded")]
pub struct Excluded {
    /// The physical line on which it begins.
    pub line: usize,
    /// Its account.
    pub account: String,
    /// Its meter.
    pub meter: String,
    /// Why no work comes of it; `code`, as with rows that are refused.
    #[serde(rename = "code")]
    pub reason: Exclusion,
    /// What is past due, in cents.
    pub past_due_minor: i64,
    /// The holds in force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<HoldInForce>,
    /// The sentence that says so.
    pub text: String,
}

/// Why no work comes of a right row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exclusion {
    /// The service is off already.
    AlreadyOff,
    /// The equipment is back already.
    AlreadyReturned,
    /// Nothing is past due.
    NothingPastDue,
    /// The billing system says that a life depends on it.
    MedicalFlag,
    /// A hold is in force.
    Hold,
}

impl Exclusion {
    /// The sentence for people.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::AlreadyReturned => "The equipment came back already.",
            Self::AlreadyOff => "The service is off already.",
            Self::NothingPastDue => "Nothing is past due.",
            Self::MedicalFlag => "The billing system says that somebody's life depends on the service.",
            Self::Hold => "A hold is in force.",
        }
    }
}

/// What a report prints about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "PrintedTotals")]
pub struct Printed {
    /// Rows, the faulty and repeated ones included.
    pub rows: u64,
    /// Their past due, in cents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub past_due_minor: Option<i64>,
    /// Their total due, in cents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_due_minor: Option<i64>,
    /// The sum of a journal, in cents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_minor: Option<i64>,
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "FileWarning")]
pub struct Warning {
    /// What it is, as a stable code.
    pub code: &'static str,
    /// What it is and what to do, as a sentence.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::letters;

    #[test]
    fn a_column_is_called_as_spreadsheets_call_it() {
        assert_eq!([0, 9, 25, 26, 51, 52].map(letters), ["A", "J", "Z", "AA", "AZ", "BA"]);
    }
}
