//! What a crew can choose from at the door, the usual one first.

pub use curbstop_shared::at_the_door::{actions, same_serial, unable_codes, ways};

use curbstop_shared::{
    at_the_door,
    vocabulary::{Action, Method, Outcome, UnableCode},
};

/// Whether the crew stopped the work because of what was said or shown, rather than could not do it.
#[must_use]
pub const fn stops(code: UnableCode) -> bool {
    matches!(at_the_door::outcome(code), Outcome::Stopped)
}

/// The locks that hang there, where the one that was taken off is none of them; with no number on either side nobody can
/// say.
#[must_use]
pub fn another_lock<'l>(hung: impl Iterator<Item = &'l str> + Clone, taken_off: &str) -> Option<String> {
    let hung = hung.filter(|lock| !lock.trim().is_empty());
    let other = !taken_off.trim().is_empty() && !hung.clone().any(|lock| same_serial(lock, taken_off));
    let hung: Vec<&str> = hung.collect();
    (other && !hung.is_empty()).then(|| hung.join(", "))
}

/// What of a typed text can stand on a lock or seal.
#[must_use]
pub fn number_text(typed: &str) -> String {
    typed.chars().filter(|c| c.is_ascii_alphanumeric() || "-./# ".contains(*c)).collect()
}

/// Longest serial that can be typed, and so the longest that is taken from a scan.
pub const SERIAL_CHARS: usize = 40;

/// The serial among the codes that the camera saw at once, one a line: labels bear others as well, so the one that
/// belongs here goes first. It is checked as if it had been typed.
#[must_use]
pub fn scanned(codes: &str, expected: &[String]) -> Option<String> {
    let codes =
        codes.lines().map(|code| code.chars().filter(|c| !c.is_control()).take(SERIAL_CHARS).collect::<String>());
    let codes: Vec<String> = codes.map(|code| code.trim().to_owned()).filter(|code| !code.is_empty()).collect();
    let belongs = |code: &&String| expected.iter().any(|expected| same_serial(expected, code));
    codes.iter().find(belongs).or(codes.first()).cloned()
}

/// Whether what was done hangs a lock there.
#[must_use]
pub const fn hangs_a_lock(action: Action, method: Option<Method>) -> bool {
    let by_lock = matches!(method, Some(Method::CurbStopLocked | Method::LockRing));
    matches!(action, Action::Locked) || (action.cuts() && by_lock)
}
