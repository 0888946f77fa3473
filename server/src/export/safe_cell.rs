//! Cells that a spreadsheet opens as what they say.

use std::borrow::Cow;

/// A text cell that no spreadsheet takes for a formula: one that begins with `=`, `+`, `-`, `@`, a tab or a carriage
/// return gets an apostrophe in front, which spreadsheets hide (OWASP, "CSV injection"). A NUL, at which many a program
/// stops reading, becomes the sign for what can't be read.
#[must_use]
pub fn safe_cell(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        return Cow::Owned(safe_cell(&text.replace('\0', "\u{fffd}")).into_owned());
    }
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => Cow::Owned(format!("'{text}")),
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::safe_cell;

    #[test]
    fn a_formula_in_a_note_stays_a_text() {
        assert_eq!(safe_cell("=HYPERLINK(\"http://x\")"), "'=HYPERLINK(\"http://x\")");
        assert_eq!(safe_cell("-1+1"), "'-1+1");
        assert_eq!(safe_cell("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(safe_cell("0048-2213"), "0048-2213");
        assert_eq!(safe_cell("=82\0"), "'=82\u{fffd}");
        assert_eq!(safe_cell(""), "");
    }
}
