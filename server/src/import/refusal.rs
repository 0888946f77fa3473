//! Why a whole file can't be read: nothing of it was imported, and the text says what to do.

/// A reason for which a file as a whole is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileRefused {
    /// No rows at all.
    #[error("the file is empty: export it again from the billing system")]
    Empty,
    /// Larger than what is accepted.
    #[error(
        "the file is larger than {most_mb} MB: export fewer cycles or routes at a time, or check that it is the right file"
    )]
    TooLarge {
        /// The limit in megabytes.
        most_mb: usize,
    },
    /// More records than the limit.
    #[error("the file has more than {most} lines: export fewer cycles or routes at a time")]
    TooManyRecords {
        /// The limit.
        most: usize,
    },
    /// Unicode in two bytes a character.
    #[error("the file is in UTF-16 (\"Unicode text\"): save it again as CSV UTF-8")]
    Utf16,
    /// A workbook, a picture, ...
    #[error(
        "the file is {what}: save it as CSV (comma, semicolon or tab between the columns) or as .xlsx and send that"
    )]
    NotText {
        /// What it seems to be.
        what: String,
    },
    /// A workbook that holds more than any export.
    #[error(
        "the workbook unpacks to more than {most_mb} MB: export fewer cycles or routes at a time, or save its sheet as CSV"
    )]
    Unpacks {
        /// The limit in megabytes.
        most_mb: u64,
    },
    /// Asked for as UTF-8, which it is not.
    #[error(
        "line {line} is not UTF-8: leave the encoding to be detected, or choose windows-1252 if accents come out right then"
    )]
    NotUtf8 {
        /// The first line with such bytes.
        line: usize,
    },
    /// An encoding that can't be read.
    #[error("\"{0}\" is not an encoding that can be read: use utf-8 or windows-1252")]
    EncodingUnknown(String),
    /// A quoted cell that doesn't end.
    #[error(
        "the row that begins on line {line} has a quotation mark that is never closed: correct that line and send the file again"
    )]
    QuoteNotClosed {
        /// Where the row begins.
        line: usize,
    },
    /// No line with headings that a mapping knows.
    #[error("no line of the file has the column headings of {wanted}: {hint}")]
    HeadingsUnknown {
        /// The mappings that were tried.
        wanted: String,
        /// What was found instead, and what to do.
        hint: String,
    },
    /// One heading stands twice and it can't be said which is meant.
    #[error("the heading \"{heading}\" stands over two columns ({first} and {second}): rename or remove one of them")]
    HeadingTwice {
        /// The heading.
        heading: String,
        /// The first column's number.
        first: usize,
        /// The second column's number.
        second: usize,
    },
    /// Headings, but nothing under them.
    #[error(
        "the file has headings but no rows under them: export it again, or check the date and cycles of the report"
    )]
    NoRows,
}

impl FileRefused {
    /// The stable code of this reason, as the API says it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "file_empty",
            Self::TooLarge { .. } => "file_too_large",
            Self::TooManyRecords { .. } => "file_too_long",
            Self::Utf16 => "file_utf16",
            Self::NotText { .. } => "file_not_text",
            Self::Unpacks { .. } => "file_unpacks",
            Self::NotUtf8 { .. } => "file_not_utf8",
            Self::EncodingUnknown(_) => "encoding_unknown",
            Self::QuoteNotClosed { .. } => "quote_not_closed",
            Self::HeadingsUnknown { .. } => "headings_unknown",
            Self::HeadingTwice { .. } => "heading_twice",
            Self::NoRows => "no_rows",
        }
    }
}
