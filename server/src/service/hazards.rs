//! Hazards and flags of a premise, as the file writes them and as crews met them.

use super::voice::Voice;
use curbstop_shared::written::as_written;

/// Codes with `;` between them, each once: a crew may meet what the file knows in other letters.
#[must_use]
pub fn codes(text: &str) -> Vec<String> {
    let mut each: Vec<String> = Vec::new();
    for code in text.split(';').map(str::trim).filter(|code| !code.is_empty()) {
        if !each.iter().any(|known| known.eq_ignore_ascii_case(code)) {
            each.push(code.to_owned());
        }
    }
    each
}

/// The same in words; the utility's own stay as it writes them.
#[must_use]
pub fn in_words(text: &str, voice: &Voice) -> Vec<String> {
    let word = |code: String| match code.as_str() {
        "threat" => voice.pick("crew was threatened", "amenazaron a la cuadrilla").to_owned(),
        "hazard" => voice.pick("hazard met by a crew", "peligro visto por una cuadrilla").to_owned(),
        _ => as_written(&code, voice.language),
    };
    codes(text).into_iter().map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_file_knows_and_a_crew_met_is_said_once() {
        assert_eq!(codes("DOG;locked gate;;dog; threat"), ["DOG", "locked gate", "threat"]);
    }
}
