//! What the texts of a fact may be made of. The gate asks; whoever reads a document takes what stands in it, for a fact
//! that was let in once must never be lost to a reader.

use super::{BadFact, FieldValue, RawFact};

/// Fields in which somebody writes freely, over several lines.
const FREE: [&str; 4] = ["text", "why", "override_reason", "accessories"];
/// Longest code, in bytes: the vocabulary's longest has some twenty.
const MAX_CODE: usize = 40;

/// Whether a character only tells a device to do something. PostgreSQL's JSON takes no NUL at all, and the others have no
/// place in a file that a spreadsheet opens.
#[must_use]
pub const fn is_control(character: char) -> bool {
    character < ' '
}

/// Whether a character turns the direction of the words around it: what is read is then not what is stored.
#[must_use]
pub const fn turns_direction(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl RawFact {
    /// That its texts and the names of its fields, known or not, hold nothing but what people write, and its codes are
    /// codes.
    ///
    /// # Errors
    /// [`BadFact`] names the first field that is wrong.
    pub(crate) fn check_texts(&self) -> Result<(), BadFact> {
        for (name, value) in &self.fields {
            if name.chars().any(char::is_control) {
                return Err(BadFact::field(name.escape_debug().to_string(), "no name of a field"));
            }
            if let FieldValue::Text(text) = value {
                check_text(name, text)?;
            }
        }
        Ok(())
    }
}

fn check_text(name: &str, text: &str) -> Result<(), BadFact> {
    let may_break = FREE.contains(&name);
    if text.chars().any(|c| is_control(c) && !(may_break && matches!(c, '\n' | '\t'))) {
        return Err(BadFact::field(name, "holds a control character: type it anew"));
    }
    // A receipt's number is read aloud and compared.
    if name == "confirmation" && text.chars().any(|c| c.is_control() || turns_direction(c)) {
        return Err(BadFact::field(name, "holds a character that does not show: type it anew"));
    }
    let is_code = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name == "code" && (text.is_empty() || text.len() > MAX_CODE || !text.bytes().all(is_code)) {
        return Err(BadFact::field(name, "must be a code: 1 to 40 of a to z, 0 to 9 and _"));
    }
    Ok(())
}
