//! PINs: by what the people of one crew say who of them holds the tablet, without a signal.
//!
//! A PIN protects against mix-ups and curious hands. Whoever holds the tablet's disk has the verifier, and all PINs are
//! few enough to try: it says whose work it was, it locks nothing away.

use crate::{language::Language, sync::wire::Bytes, time::Span};
use serde::{Deserialize, Serialize};

/// Fewest and most digits: four are typed with gloves, more than eight are written on the tablet's back.
pub const DIGITS: std::ops::RangeInclusive<usize> = 4..=8;

/// Rounds of PBKDF2-HMAC-SHA256 for one guess. 600,000 is what OWASP asks for this function, and they take a second or
/// so of a slow tablet: as long as a hand in a glove takes to look up. They travel with the verifier, so that more can
/// be asked for later without anybody setting a PIN anew.
pub const ROUNDS: u32 = 600_000;
/// Bytes of salt: no two people, and no two utilities, share a table of guesses.
pub const SALT_BYTES: usize = 16;
/// Bytes that PBKDF2 derives.
pub const HASH_BYTES: usize = 32;

/// Wrong PINs that cost nothing: cold fingers mistype.
const FREE_TRIES: u32 = 4;
/// What the first wait takes; each further wrong PIN doubles it,
const FIRST_WAIT_S: i64 = 30;
/// up to this: a crew that stands at a door is never sent away for long.
const LONGEST_WAIT_S: i64 = 300;

/// By what a PIN is known: slow to compute, salted, and not the PIN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinCheck {
    /// [`SALT_BYTES`] random bytes.
    pub salt: Bytes,
    /// Rounds of PBKDF2-HMAC-SHA256.
    pub rounds: u32,
    /// The [`HASH_BYTES`] that it derives from the PIN's digits as text.
    pub hash: Bytes,
}

impl PinCheck {
    /// Whether these bytes were derived from the right PIN. All of them are looked at, whichever differs.
    #[must_use]
    pub fn is_of(&self, derived: &[u8]) -> bool {
        let differs = self.hash.0.iter().zip(derived).fold(0, |differs, (ours, theirs)| differs | (ours ^ theirs));
        self.hash.0.len() == derived.len() && differs == 0
    }
}

/// A PIN that somebody may have: digits, and not the ones that everybody tries first.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(String);

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pin(..)")
    }
}

/// Why nobody may have this PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPin {
    /// Not 4 to 8 digits.
    #[error("A PIN has 4 to 8 digits and nothing else: choose one.")]
    NotDigits,
    /// One digit again and again, or one short group of digits.
    #[error(
        "A PIN that repeats itself (0000, 1212) is the first that anybody tries: choose digits that do not repeat."
    )]
    Repeats,
    /// Digits that count up or down.
    #[error("A PIN that counts up or down (1234, 8765) is the first that anybody tries: choose digits out of order.")]
    Runs,
}

impl BadPin {
    /// The sentence, which says what to do.
    #[must_use]
    pub const fn sentence(self, language: Language) -> &'static str {
        match self {
            Self::NotDigits => language.pick(
                "A PIN has 4 to 8 digits and nothing else: choose one.",
                "Un PIN tiene de 4 a 8 dígitos y nada más: elija uno.",
            ),
            Self::Repeats => language.pick(
                "A PIN that repeats itself (0000, 1212) is the first that anybody tries: choose digits that do not repeat.",
                "Un PIN que se repite (0000, 1212) es lo primero que cualquiera prueba: elija dígitos que no se repitan.",
            ),
            Self::Runs => language.pick(
                "A PIN that counts up or down (1234, 8765) is the first that anybody tries: choose digits out of order.",
                "Un PIN que cuenta hacia arriba o abajo (1234, 8765) es lo primero que cualquiera prueba: elija dígitos en desorden.",
            ),
        }
    }
}

impl Pin {
    /// A PIN as somebody typed it.
    ///
    /// # Errors
    /// [`BadPin`] says why not, and what to do.
    pub fn parse(typed: &str) -> Result<Self, BadPin> {
        let typed = typed.trim();
        if !DIGITS.contains(&typed.len()) || !typed.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(BadPin::NotDigits);
        }
        let digits = typed.as_bytes();
        let repeats = (1..=digits.len() / 2)
            .filter(|group| digits.len().is_multiple_of(*group))
            .any(|group| digits.chunks(group).all(|chunk| chunk == &digits[..group]));
        if repeats {
            return Err(BadPin::Repeats);
        }
        // 7890 and 0987 count too: on the keypad the nought follows the nine.
        let steps = |step: u8| digits.windows(2).all(|two| (two[0] - b'0' + step) % 10 == two[1] - b'0');
        if steps(1) || steps(9) {
            return Err(BadPin::Runs);
        }
        Ok(Self(typed.to_owned()))
    }

    /// Its digits, to be hashed and nothing else.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }
}

/// How long nobody may try again after so many wrong PINs in a row.
#[must_use]
pub fn wait_after(wrong: u32) -> Span {
    match wrong.checked_sub(FREE_TRIES + 1) {
        None => Span::default(),
        Some(doublings) => Span::seconds((FIRST_WAIT_S << doublings.min(8)).min(LONGEST_WAIT_S)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_four_to_eight_digits_that_nobody_tries_first() {
        for good in ["1379", "0042", "12345670", "2580", "123321", " 4711 ", "1122"] {
            assert!(Pin::parse(good).is_ok(), "{good}");
        }
        let refused = |why: BadPin, pins: &[&str]| {
            for pin in pins {
                assert_eq!(Pin::parse(pin).unwrap_err(), why, "{pin}");
            }
        };
        refused(BadPin::NotDigits, &["", "123", "123456789", "12a4", "12 4", "١٢٣٤", "-123"]);
        refused(BadPin::Repeats, &["0000", "1111", "99999", "1212", "454545", "12341234", "123123"]);
        refused(BadPin::Runs, &["1234", "4321", "2345", "98765", "12345678", "7890", "0987", "9012"]);
    }

    #[test]
    fn every_refusal_says_what_to_do_in_both_languages() {
        for bad in [BadPin::NotDigits, BadPin::Repeats, BadPin::Runs] {
            assert_eq!(bad.to_string(), bad.sentence(Language::En));
            assert!(bad.sentence(Language::En).contains("choose") && bad.sentence(Language::Es).contains("elija"));
        }
    }

    #[test]
    fn the_first_four_wrong_pins_cost_nothing_and_then_the_waits_grow_to_five_minutes() {
        let waits: Vec<i64> = (0..=10).map(|wrong| wait_after(wrong).whole_seconds()).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 30, 60, 120, 240, 300, 300]);
        assert_eq!(wait_after(u32::MAX), Span::seconds(LONGEST_WAIT_S));
    }

    #[test]
    fn only_the_very_bytes_are_the_right_pin() {
        let check = PinCheck { salt: Bytes(vec![1; 16]), rounds: 1, hash: Bytes(vec![7; 32]) };
        assert!(check.is_of(&[7; 32]));
        let mut other = [7; 32];
        other[31] = 8;
        assert!(!check.is_of(&other) && !check.is_of(&[7; 31]) && !check.is_of(&[]));
    }

    #[test]
    fn nobody_reads_a_pin_in_a_log() {
        assert_eq!(format!("{:?}", Pin::parse("1379").unwrap()), "Pin(..)");
    }
}
