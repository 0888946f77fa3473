//! The words of every account, as a search looks for them: made when premises come in.

use super::words::{fold, is_short_word, plain};
use crate::{
    service::ServiceError,
    state::AppState,
    store::{Work, accounts::FoundRow, search},
};
use std::collections::{BTreeMap, BTreeSet};

/// Accounts whose words are made at once.
const ACCOUNTS_AT_ONCE: usize = 500;
/// A serial is said in full, without its letters, or by its end.
const ENDS_OF_A_SERIAL: [usize; 3] = [4, 5, 6];
/// A telephone is said in full, without its area, or by its end.
const ENDS_OF_A_PHONE: [usize; 2] = [7, 4];

/// Gives these accounts the words of what is stored about them now. Accounts whose words are the same are left alone.
///
/// # Errors
/// When the store fails.
pub async fn list(work: &mut Work, accounts: &[&str]) -> Result<(), ServiceError> {
    for batch in accounts.chunks(ACCOUNTS_AT_ONCE) {
        let mut should: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in search::of_accounts(work, batch).await? {
            words_of(&row, should.entry(row.account.clone()).or_default());
        }
        let mut is: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (account, word) in search::words_of(work, batch).await? {
            is.entry(account).or_default().insert(word);
        }
        let changed: Vec<(&str, &BTreeSet<String>)> = should
            .iter()
            .filter(|(account, words)| is.get(*account) != Some(*words))
            .map(|(account, words)| (account.as_str(), words))
            .collect();
        if !changed.is_empty() {
            let accounts: Vec<&str> = changed.iter().map(|(account, _)| *account).collect();
            let words: Vec<(&str, &str)> = changed
                .iter()
                .flat_map(|(account, words)| words.iter().map(move |word| (*account, word.as_str())))
                .collect();
            search::put_words(work, &accounts, &words).await?;
        }
    }
    Ok(())
}

/// Gives words to the accounts that have none: those of a database that was made before there were any.
///
/// # Errors
/// When the store fails.
pub async fn list_the_rest(state: &AppState) -> Result<(), ServiceError> {
    loop {
        let mut work = state.store.begin().await?;
        let some = search::without_words(&mut work, ACCOUNTS_AT_ONCE as i64).await?;
        if some.is_empty() {
            return Ok(());
        }
        list(&mut work, &some.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        work.commit().await?;
    }
}

/// Adds the words by which somebody looks for this account at this premise.
fn words_of(row: &FoundRow, words: &mut BTreeSet<String>) {
    // Every account has one word at least, whatever its number is made of.
    words.insert(account_word(&row.account));
    numbers(&row.account, words);
    for said in row.name.split([' ', ',']) {
        said_word(said, words);
    }
    for said in [&row.address, &row.unit, &row.city].iter().flat_map(|text| text.split([' ', ','])) {
        if !is_short_word(&fold(said)) {
            said_word(said, words);
        }
    }
    for serial in row.serials.as_deref().unwrap_or_default().split(',') {
        numbers(serial, words);
        // Read from the dial, its letters and its first digits are left out.
        let whole = plain(serial);
        let digits = whole.trim_start_matches(|c: char| !c.is_ascii_digit());
        words.extend(Some(digits.to_owned()).filter(|digits| !digits.is_empty()));
        words.extend(
            ENDS_OF_A_SERIAL
                .into_iter()
                .filter_map(|end| Some(digits.get(digits.len().checked_sub(end)?..)?.to_owned())),
        );
    }
    let phone: String = row.phone.chars().filter(char::is_ascii_digit).collect();
    for digits in ENDS_OF_A_PHONE.into_iter().chain([phone.len()]) {
        if let Some(at) = phone.len().checked_sub(digits) {
            words.extend(Some(phone[at..].to_owned()).filter(|end| !end.is_empty()));
        }
    }
}

fn account_word(account: &str) -> String {
    Some(plain(account)).filter(|word| !word.is_empty()).unwrap_or_else(|| account.to_owned())
}

/// As it is written less its punctuation, and without the zeros before it.
fn numbers(number: &str, words: &mut BTreeSet<String>) {
    let whole = plain(number);
    let short = whole.trim_start_matches('0').to_owned();
    words.extend([whole, short].into_iter().filter(|word| !word.is_empty()));
}

/// "O'Brien" is "obrien" and "brien"; "Smith-Jones" is "smithjones", "smith" and "jones".
fn said_word(said: &str, words: &mut BTreeSet<String>) {
    let folded = fold(said);
    let parts = folded.split(|c: char| !c.is_alphanumeric()).map(str::to_owned);
    words.extend(parts.chain([plain(said)]).filter(|word| !word.is_empty()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_listed_under_what_people_say() {
        let row = FoundRow {
            account: "04-1177-02".to_owned(),
            name: "Muñoz-Ortega, José".to_owned(),
            phone: "(308) 555-0142".to_owned(),
            premise: "P1".to_owned(),
            address: "418 N Ione Ave".to_owned(),
            unit: "#4".to_owned(),
            city: "Alder Fork".to_owned(),
            serials: Some("0048-2213".to_owned()),
        };
        let mut words = BTreeSet::new();
        words_of(&row, &mut words);
        let expected = [
            "0142",
            "04117702",
            "00482213",
            "2213",
            "3085550142",
            "4",
            "4117702",
            "418",
            "482213",
            "82213",
            "5550142",
            "alder",
            "fork",
            "ione",
            "jose",
            "munoz",
            "munozortega",
            "ortega",
        ];
        assert_eq!(words, expected.map(str::to_owned).into());
    }

    #[test]
    fn an_account_without_letters_or_digits_has_a_word_too() {
        let mut words = BTreeSet::new();
        let row = FoundRow {
            account: "--".to_owned(),
            name: String::new(),
            phone: String::new(),
            premise: String::new(),
            address: String::new(),
            unit: String::new(),
            city: String::new(),
            serials: None,
        };
        words_of(&row, &mut words);
        assert_eq!(words, ["--".to_owned()].into());
    }
}
