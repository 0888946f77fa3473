//! Finds out in which encoding a file was written, and refuses what is no text at all.

use super::super::refusal::FileRefused;
use chrono::NaiveDate;
use encoding_rs::WINDOWS_1252;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, str::FromStr};

/// The encodings that billing systems export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Encoding {
    /// UTF-8 without a byte order mark; plain ASCII is this too.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-8 that begins with a byte order mark, as spreadsheets write it.
    #[serde(rename = "utf-8-bom")]
    Utf8Bom,
    /// The encoding of older Windows programs in western languages.
    #[serde(rename = "windows-1252")]
    Windows1252,
    /// An Excel workbook, which knows its own.
    #[serde(rename = "xlsx")]
    Workbook,
}

impl FromStr for Encoding {
    type Err = FileRefused;
    fn from_str(text: &str) -> Result<Self, FileRefused> {
        match text.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Ok(Self::Utf8),
            "utf-8-bom" => Ok(Self::Utf8Bom),
            "windows-1252" | "cp1252" | "ansi" => Ok(Self::Windows1252),
            _ => Err(FileRefused::EncodingUnknown(text.chars().take(40).collect())),
        }
    }
}

/// A file's text and what was found out about its encoding.
#[derive(Debug)]
pub struct Text<'a> {
    /// The text, without byte order mark and without the end-of-file mark of old systems.
    pub text: Cow<'a, str>,
    /// How it was read.
    pub encoding: Encoding,
    /// Bytes that Windows-1252 gives no character: the file is probably in another encoding.
    pub undefined_bytes: usize,
    /// The sheet of a workbook that it is.
    pub sheet: Option<Sheet>,
}

/// A sheet of a workbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// The day that the workbook calls 0: a day may stand in a cell as a mere number.
    pub day_zero: NaiveDate,
}

/// The mark of end of file that systems older than Windows wrote.
const CONTROL_Z: char = '\u{1a}';
/// The share of control characters above which a file is no text: one in this many.
const TEXT_PER_CONTROL: usize = 200;

/// Reads bytes as text: in the encoding that is asked for, or in the one that they are found to be in.
///
/// # Errors
/// [`FileRefused`] for an empty file, for something that is no text (a workbook, a PDF, UTF-16, ...), and for bytes that
/// are not in the encoding asked for.
pub fn decode(bytes: &[u8], asked: Option<Encoding>) -> Result<Text<'_>, FileRefused> {
    refuse_what_is_no_text(bytes)?;
    let (body, has_mark) = match bytes.strip_prefix(b"\xEF\xBB\xBF") {
        Some(body) => (body, true),
        None => (bytes, false),
    };
    let found = std::str::from_utf8(body);
    let (text, encoding) = match (asked, found) {
        (Some(Encoding::Windows1252), _) => (windows_1252(body), Encoding::Windows1252),
        (_, Ok(text)) => (Cow::Borrowed(text), if has_mark { Encoding::Utf8Bom } else { Encoding::Utf8 }),
        (None, Err(_)) if !has_mark => (windows_1252(body), Encoding::Windows1252),
        (_, Err(bad)) => {
            let line = body.get(..bad.valid_up_to()).unwrap_or_default().iter().filter(|b| **b == b'\n').count() + 1;
            return Err(FileRefused::NotUtf8 { line });
        }
    };
    let undefined_bytes = match encoding {
        Encoding::Windows1252 => text.chars().filter(|c| ('\u{80}'..='\u{9f}').contains(c)).count(),
        Encoding::Utf8 | Encoding::Utf8Bom | Encoding::Workbook => 0,
    };
    Ok(Text { text: without_end_mark(text), encoding, undefined_bytes, sheet: None })
}

fn windows_1252(bytes: &[u8]) -> Cow<'_, str> {
    WINDOWS_1252.decode_without_bom_handling(bytes).0
}

fn without_end_mark(text: Cow<'_, str>) -> Cow<'_, str> {
    let end = text.trim_end_matches([CONTROL_Z, '\0']).len();
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(..end).unwrap_or(text)),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    }
}

/// How the kinds of file begin that people attach by mistake, and what they are called.
const BEGINNINGS: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\xD0\xCF\x11\xE0", "an old Excel or Word file, or one with a password"),
    (b"%PDF", "a PDF"),
    (b"\x1F\x8B", "a compressed file"),
    (b"{\\rtf", "a word processor's file"),
    (b"\x89PNG", "a picture"),
    (b"\xFF\xD8\xFF", "a picture"),
    (b"SQLite format 3\0", "a database"),
];

fn refuse_what_is_no_text(bytes: &[u8]) -> Result<(), FileRefused> {
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err(FileRefused::Utf16);
    }
    if let Some((_, what)) = BEGINNINGS.iter().find(|(beginning, _)| bytes.starts_with(beginning)) {
        return Err(FileRefused::NotText { what: (*what).to_owned() });
    }
    let body = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if body.iter().all(|b| b.is_ascii_whitespace() || matches!(b, 0 | 0x1a)) {
        return Err(FileRefused::Empty);
    }
    let end = body.iter().rposition(|b| !matches!(b, 0 | 0x1a)).map_or(0, |last| last + 1);
    let kept = body.get(..end).unwrap_or_default();
    let zeros = kept.iter().filter(|b| **b == 0).count();
    // Every other byte zero is UTF-16 without its mark; a few zeros are a damaged or a binary file.
    if zeros * 3 > kept.len() {
        return Err(FileRefused::Utf16);
    }
    let controls = kept.iter().filter(|b| **b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)).count();
    if zeros > 0 || controls * TEXT_PER_CONTROL > kept.len() {
        return Err(FileRefused::NotText { what: "not a text file (it holds binary data)".to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_found_and_can_be_overridden() {
        let found = |bytes: &[u8]| decode(bytes, None).map(|t| (t.text.into_owned(), t.encoding));
        assert_eq!(found("Peña\n".as_bytes()), Ok(("Peña\n".to_owned(), Encoding::Utf8)));
        assert_eq!(found(b"\xEF\xBB\xBFa,b"), Ok(("a,b".to_owned(), Encoding::Utf8Bom)));
        assert_eq!(found(b"Pe\xF1a \x93smart\x94"), Ok(("Peña “smart”".to_owned(), Encoding::Windows1252)));
        let as_1252 = decode("é".as_bytes(), Some(Encoding::Windows1252)).map(|t| t.text.into_owned());
        assert_eq!(as_1252, Ok("Ã©".to_owned()));
        assert_eq!(
            decode(b"a\nPe\xF1a", Some(Encoding::Utf8)).map(|t| t.encoding),
            Err(FileRefused::NotUtf8 { line: 2 })
        );
    }

    #[test]
    fn the_end_mark_of_old_systems_is_no_data() {
        assert_eq!(decode(b"a\r\n\x1a\x1a", None).map(|t| t.text.into_owned()), Ok("a\r\n".to_owned()));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let why = |bytes: &[u8]| decode(bytes, None).map(|_| ()).unwrap_err();
        assert_eq!(why(b""), FileRefused::Empty);
        assert_eq!(why(b"\xEF\xBB\xBF \r\n\x1a"), FileRefused::Empty);
        assert_eq!(why(b"\xFF\xFEa\0c\0"), FileRefused::Utf16);
        assert_eq!(why(b"A\0c\0c\0t\0"), FileRefused::Utf16);
        assert!(matches!(why(b"PK\x03\x04rest"), FileRefused::NotText { .. }));
        assert!(matches!(why(b"Acct No,Name\n1,\0\n and then some more text"), FileRefused::NotText { .. }));
        assert!(matches!(why(b"\x01\x02\x03\x04 text"), FileRefused::NotText { .. }));
    }
}
