//! Finding an account from whatever a customer says first: the number, a name, a street, a meter.

use super::address;
use crate::{
    service::{ServiceError, voice::Voice},
    state::AppState,
    store::{
        accounts::{self, FoundRow},
        orders,
    },
};
use curbstop_shared::{
    disposition::{Disposition, LineState},
    time::Micros,
};
use serde::Serialize;
use std::collections::HashSet;

/// Shortest text that is searched for.
const SHORTEST: usize = 2;
/// Longest text that is looked at.
const LONGEST: usize = 100;
/// Rows that the first word may bring before the others narrow them down.
const CANDIDATES_MAX: i64 = 2_000;
/// Answers: what fits under a search box.
const ANSWERS_MAX: usize = 12;

/// An account that was found.
#[derive(Debug, Serialize)]
pub struct Found {
    /// The account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Street, number and unit.
    pub address: String,
    /// City.
    pub city: String,
    /// What matched, as `account`, `name`, `address` or `meter`.
    pub matched: Vec<&'static str>,
    /// The meter, where that is what matched.
    pub meter: Option<String>,
    /// Since when something is off.
    #[serde(skip)]
    pub off_since: Option<Micros>,
    /// Something is off.
    pub is_off: bool,
    /// An order to cut is out.
    pub cut_is_out: bool,
}

/// The accounts that fit every word, best first.
///
/// # Errors
/// When the store fails.
pub async fn search(state: &AppState, _: &Voice, text: &str) -> Result<Vec<Found>, ServiceError> {
    let text: String = text.chars().take(LONGEST).collect();
    let words: Vec<String> = text.split([' ', ',']).map(fold).filter(|word| !word.is_empty()).collect();
    // The longest word brings the fewest rows.
    let Some(word) = words.iter().max_by_key(|word| word.len()).filter(|_| text.trim().chars().count() >= SHORTEST)
    else {
        return Ok(Vec::new());
    };
    let mut conn = state.store.reader().await?;
    let rows = accounts::find(&mut conn, &pattern(word), &pattern(&serial(word)), CANDIDATES_MAX).await?;
    let mut fitting: Vec<(usize, FoundRow, Vec<&'static str>)> =
        rows.into_iter().filter_map(|row| fit(&row, &words).map(|(rank, matched)| (rank, row, matched))).collect();
    fitting.sort_by(|a, b| (a.0, &a.1.account).cmp(&(b.0, &b.1.account)));
    // An account at several premises comes once, with the one that fits best.
    let mut seen = HashSet::new();
    fitting.retain(|(_, row, _)| seen.insert(row.account.clone()));
    let mut found = Vec::new();
    for (_, row, matched) in fitting.into_iter().take(ANSWERS_MAX) {
        let mut one = Found {
            address: address(&row.address, &row.unit),
            meter: row.serial.filter(|_| matched.contains(&"meter")),
            account: row.account,
            name: row.name,
            city: row.city,
            matched,
            off_since: None,
            is_off: false,
            cut_is_out: false,
        };
        for order in orders::by_account(&mut conn, &one.account).await? {
            stands(&mut one, &order);
        }
        found.push(one);
    }
    Ok(found)
}

fn stands(found: &mut Found, order: &orders::OrderRow) {
    let is_cut = order.kind.parse().is_ok_and(curbstop_shared::vocabulary::OrderKind::is_cut);
    found.cut_is_out |= is_cut && matches!(order.state.as_str(), "open" | "unable");
    let Ok(folded) = serde_json::from_str::<Disposition>(&order.disposition) else { return };
    for line in folded.lines.values() {
        if let LineState::Off { since, .. } = line {
            found.is_off = true;
            found.off_since = found.off_since.max(*since);
        }
    }
}

/// How well a row fits, lower is better, and what matched; nothing where a word fits nowhere.
fn fit(row: &FoundRow, words: &[String]) -> Option<(usize, Vec<&'static str>)> {
    let account = fold(&row.account);
    let name = fold(&row.name);
    let street = fold(&address(&row.address, &row.unit));
    let meter = row.serial.as_deref().map(serial).unwrap_or_default();
    let mut rank = 0;
    let mut matched = Vec::new();
    for word in words {
        let starts = |text: &str| text.starts_with(word.as_str()) || text.contains(&format!(" {word}"));
        let (score, what) = if account == *word || account.trim_start_matches('0') == word.trim_start_matches('0') {
            (0, "account")
        } else if !meter.is_empty() && meter == serial(word) {
            (0, "meter")
        } else if account.starts_with(word.as_str()) {
            (1, "account")
        } else if starts(&street) {
            (2, "address")
        } else if starts(&name) {
            (2, "name")
        } else if !meter.is_empty() && meter.contains(&serial(word)) {
            (3, "meter")
        } else if account.contains(word.as_str()) {
            (4, "account")
        } else if name.contains(word.as_str()) {
            (5, "name")
        } else if street.contains(word.as_str()) {
            (5, "address")
        } else {
            return None;
        };
        rank += score;
        if !matched.contains(&what) {
            matched.push(what);
        }
    }
    Some((rank, matched))
}

/// Lower case without accents: people type "munoz" for "Muñoz".
fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(plain).collect()
}

/// A serial without what people leave out when they read it aloud.
fn serial(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

const fn plain(letter: char) -> char {
    match letter {
        'á' | 'à' | 'â' | 'ä' | 'ã' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        other => other,
    }
}

/// A `LIKE` pattern that lets through at least what [`fit`] would: letters that may carry an accent stand for any.
fn pattern(word: &str) -> String {
    let mut pattern = String::from("%");
    for letter in word.chars() {
        match letter {
            'a' | 'e' | 'i' | 'o' | 'u' | 'n' | 'c' => pattern.push('_'),
            '%' | '_' | '!' => pattern.extend(['!', letter]),
            letter if letter.is_ascii() => pattern.push(letter),
            _ => pattern.push('_'),
        }
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(account: &str, name: &str, street: &str, serial: Option<&str>) -> FoundRow {
        FoundRow {
            account: account.to_owned(),
            name: name.to_owned(),
            phone: String::new(),
            premise: "P1".to_owned(),
            address: street.to_owned(),
            unit: String::new(),
            city: String::new(),
            serial: serial.map(str::to_owned),
        }
    }

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(fold).collect()
    }

    #[test]
    fn every_word_has_to_fit_somewhere() {
        let alder = row("001042", "Muñoz, Ana", "114 Alder St", Some("0048-2213"));
        assert_eq!(fit(&alder, &words("munoz alder")), Some((4, vec!["name", "address"])));
        assert_eq!(fit(&alder, &words("1042")), Some((0, vec!["account"])), "without its leading zeros");
        assert_eq!(fit(&alder, &words("00482213")), Some((0, vec!["meter"])), "without its dash");
        assert_eq!(fit(&alder, &words("munoz birch")), None);
    }

    #[test]
    fn a_pattern_takes_nothing_that_was_typed_for_a_wildcard() {
        assert_eq!(pattern("100%_x!"), "%100!%!_x!!%");
        assert_eq!(pattern("munoz"), "%m___z%");
    }
}
