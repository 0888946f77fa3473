//! Finding an account from whatever a customer says first: the number, a name, a street, a meter, a telephone.

mod alike;
mod listed;
mod sound;
mod words;

pub use listed::{list, list_the_rest};

use super::address;
use crate::{
    service::{ServiceError, voice::Voice},
    state::AppState,
    store::{
        Conn,
        accounts::FoundRow,
        orders,
        search::{self as store, BEGINNINGS_MAX},
    },
};
use curbstop_shared::{
    disposition::{Disposition, Since},
    time::Micros,
};
use serde::Serialize;
use std::collections::HashSet;
use words::{Word, fold, plain};

/// Shortest text that is searched for.
const SHORTEST: usize = 2;
/// Longest text that is looked at.
const LONGEST: usize = 100;
/// Rows that the database may bring before they are looked at one by one.
const CANDIDATES_MAX: i64 = 2_000;
/// Accounts of one number: those of a hold of several billing systems.
const OF_A_NUMBER_MAX: i64 = 12;
/// Answers: what fits under a search box.
pub const ANSWERS_MAX: usize = 12;
/// Answers where somebody asks for all of them: more nobody reads through.
pub const ALL_ANSWERS_MAX: usize = 200;
/// Fewer digits than this are in too many telephones to say anything.
const PHONE_DIGITS_MIN: usize = 3;
/// So many digits are a whole telephone, without its area.
const PHONE_DIGITS_WHOLE: usize = 7;

/// An account that was found.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "AccountFound")]
pub struct Found {
    /// The account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Street, number and unit.
    pub address: String,
    /// City.
    pub city: String,
    /// What matched, as `account`, `name`, `address`, `meter`, `phone`, `order` or `hold`; `sounds_like` first where a
    /// word is only as it sounds.
    pub matched: Vec<&'static str>,
    /// The meter, where that is what matched.
    pub meter: Option<String>,
    /// Nobody matched what was typed, and this is what may have been meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meant: Option<String>,
    /// Since when something is off.
    #[serde(skip)]
    pub off_since: Option<Micros>,
    /// Something is off.
    pub is_off: bool,
    /// An order to cut is out.
    pub cut_is_out: bool,
}

/// What a search found.
#[derive(Debug, Default, Serialize, schemars::JsonSchema)]
#[schemars(rename = "AccountsFound")]
pub struct Hits {
    /// The best of them.
    pub accounts: Vec<Found>,
    /// How many fit.
    pub total: usize,
}

/// The accounts that fit every word, best first, so many of them at most.
///
/// # Errors
/// When the store fails.
pub async fn search(state: &AppState, _: &Voice, text: &str, most: usize) -> Result<Hits, ServiceError> {
    let text: String = text.chars().take(LONGEST).collect();
    let words = words::of(&text);
    if words.is_empty() || text.trim().chars().count() < SHORTEST {
        return Ok(Hits::default());
    }
    // Everybody's reads share a few connections: people who type must not take them all.
    let _turn = state.searches.acquire().await.map_err(|closed| ServiceError::Internal(closed.to_string()))?;
    let mut conn = state.store.reader().await?;
    let mut fits = of_a_number(&mut conn, &words).await?;
    let mut of_words = fitting(&mut conn, &words).await?;
    if let Some(number) = words::read_aloud(&words) {
        let whole = fitting(&mut conn, &[number]).await?;
        if !whole.is_empty() {
            // Whose meter has the pieces of it somewhere is not who was meant.
            of_words.iter_mut().for_each(|(rank, ..)| *rank += ONLY_SOUNDS);
        }
        fits.extend(whole);
    }
    fits.extend(of_words);
    let mut meant = None;
    if fits.is_empty() {
        for put_right in alike::meant(&mut conn, &words).await? {
            fits = fitting(&mut conn, &put_right).await?;
            if !fits.is_empty() {
                meant = Some(put_right.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "));
                break;
            }
        }
    }
    if meant.is_none() {
        for sounding in sound::alike(&mut conn, &words).await? {
            let alike = fitting(&mut conn, &sounding).await?.into_iter();
            fits.extend(alike.map(|(rank, row, matched)| (rank + ONLY_SOUNDS, row, matched.only_as_heard())));
        }
    }
    fits.sort_by(|a, b| (a.0, &a.1.account).cmp(&(b.0, &b.1.account)));
    // An account at several premises comes once, with the one that fits best.
    let mut seen = HashSet::new();
    fits.retain(|(_, row, _)| seen.insert(row.account.clone()));
    let total = fits.len();
    let mut found = Vec::new();
    for (_, row, matched) in fits.into_iter().take(most.min(ALL_ANSWERS_MAX)) {
        let mut one = Found {
            address: address(&row.address, &row.unit),
            meter: matched.meter,
            account: row.account,
            name: row.name,
            city: row.city,
            matched: matched.what,
            meant: meant.clone(),
            off_since: None,
            is_off: false,
            cut_is_out: false,
        };
        for order in orders::by_account(&mut conn, &one.account).await? {
            stands(&mut one, &order);
        }
        found.push(one);
    }
    Ok(Hits { accounts: found, total })
}

/// What only sounds like what was typed comes after all that begins so.
const ONLY_SOUNDS: usize = 1_000;

/// A row that fits: how well, lower is better, and by what.
type Fit = (usize, FoundRow, Matched);

/// The accounts where every word fits something.
async fn fitting(conn: &mut Conn, words: &[Word]) -> Result<Vec<Fit>, ServiceError> {
    let telling = words.iter().filter(|word| word.short.is_none());
    let mut beginnings: Vec<&str> = telling.map(|word| word.plain.as_str()).collect();
    if beginnings.is_empty() {
        beginnings = words.iter().map(|word| word.plain.as_str()).collect();
    }
    // What narrows most comes first.
    beginnings.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut known = Vec::new();
    for beginning in beginnings.into_iter().take(BEGINNINGS_MAX) {
        if !store::begins(conn, beginning).await? {
            return Ok(Vec::new());
        }
        known.push(beginning);
    }
    let of_all = std::array::from_fn(|n| known.get(n).copied().unwrap_or_default());
    let rows = store::with_words(conn, of_all, CANDIDATES_MAX).await?;
    Ok(rows.into_iter().filter_map(|row| fit(&row, words).map(|(rank, matched)| (rank, row, matched))).collect())
}

/// The accounts of an order or of a hold, where its number is what was typed: "T-2291", "h1".
async fn of_a_number(conn: &mut Conn, words: &[Word]) -> Result<Vec<Fit>, ServiceError> {
    let [word] = words else { return Ok(Vec::new()) };
    let typed = word.text.to_uppercase();
    let letters = word.plain.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = word.plain.get(letters.len()..).unwrap_or_default();
    if letters.chars().count() != 1 || number.is_empty() {
        return Ok(Vec::new());
    }
    let with_dash = format!("{}-{number}", letters.to_uppercase());
    let mut accounts: Vec<(&'static str, String)> = Vec::new();
    if let Some(order) = orders::by_number(conn, &with_dash).await? {
        accounts.push(("order", order.account));
    }
    for hold in HashSet::from([typed, with_dash, word.plain.to_uppercase()]) {
        accounts
            .extend(store::of_hold(conn, &hold, OF_A_NUMBER_MAX).await?.into_iter().map(|account| ("hold", account)));
    }
    let mut fits = Vec::new();
    for (what, account) in accounts {
        let rows = store::of_accounts(conn, &[&account]).await?;
        fits.extend(rows.into_iter().map(|row| (0, row, Matched { what: vec![what], meter: None })));
    }
    Ok(fits)
}

fn stands(found: &mut Found, order: &orders::OrderRow) {
    let is_cut = order.kind.parse().is_ok_and(curbstop_shared::vocabulary::OrderKind::is_cut);
    found.cut_is_out |= is_cut && matches!(order.state.as_str(), "open" | "unable");
    let Ok(folded) = serde_json::from_str::<Disposition>(&order.disposition) else { return };
    for line in folded.lines.values() {
        found.is_off |= line.off().is_some();
        if let Some(Since::At(since)) = line.since() {
            found.off_since = found.off_since.max(Some(since));
        }
    }
}

/// What of a row matched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Matched {
    what: Vec<&'static str>,
    meter: Option<String>,
}

impl Matched {
    fn only_as_heard(mut self) -> Self {
        self.what.insert(0, "sounds_like");
        self
    }
}

/// How well a row fits, lower is better, and what matched; nothing where a word fits nowhere.
fn fit(row: &FoundRow, words: &[Word]) -> Option<(usize, Matched)> {
    let account = plain(&row.account);
    let name = fold(&row.name);
    let names = words::plain_words(&row.name);
    let street = fold(&address(&row.address, &row.unit));
    let streets = words::street_words(&street);
    let city = fold(&row.city);
    let phone = plain(&row.phone);
    let digits: String = words.iter().map(|word| word.plain.as_str()).collect();
    let mut matched = Matched::default();
    if digits.len() >= PHONE_DIGITS_WHOLE && words::is_digits(&digits) && phone.ends_with(&digits) {
        matched.what.push("phone");
        return Some((0, matched));
    }
    let meter_of = |word: &Word| {
        let serials = row.serials.as_deref().unwrap_or_default().split(',');
        serials.map(str::trim).find(|serial| !serial.is_empty() && plain(serial).contains(&word.plain))
    };
    let mut rank = 0;
    for word in words {
        let text = word.text.as_str();
        let starts = |in_text: &str| in_text.starts_with(text) || in_text.contains(&format!(" {text}"));
        let meter = meter_of(word);
        let is_of_phone = word.plain.len() >= PHONE_DIGITS_MIN && words::is_digits(&word.plain);
        let number = word.plain.as_str();
        let (score, what) = if account == number || account.trim_start_matches('0') == number.trim_start_matches('0') {
            (0, "account")
        } else if meter.is_some_and(|serial| plain(serial) == word.plain) {
            (0, "meter")
        } else if account.starts_with(number) {
            (1, "account")
        } else if starts(&street) || word.short.is_some_and(|short| streets.contains(&short)) {
            (2, "address")
        } else if starts(&name) || names.iter().any(|name| name.starts_with(number)) {
            (2, "name")
        } else if meter.is_some() {
            (3, "meter")
        } else if account.contains(number) {
            (4, "account")
        } else if name.contains(text) {
            (5, "name")
        } else if street.contains(text) || starts(&city) {
            (5, "address")
        } else if is_of_phone && phone.contains(&word.plain) {
            (5, "phone")
        } else {
            return None;
        };
        rank += score;
        if what == "meter" {
            matched.meter = meter.map(str::to_owned);
        }
        if !matched.what.contains(&what) {
            matched.what.push(what);
        }
    }
    Some((rank, matched))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(account: &str, name: &str, street: &str, serials: Option<&str>) -> FoundRow {
        FoundRow {
            account: account.to_owned(),
            name: name.to_owned(),
            phone: "(308) 555-0142".to_owned(),
            premise: "P1".to_owned(),
            address: street.to_owned(),
            unit: String::new(),
            city: "Alder Fork".to_owned(),
            serials: serials.map(str::to_owned),
        }
    }

    fn found(row: &FoundRow, text: &str) -> Option<(usize, Vec<&'static str>)> {
        fit(row, &words::of(text)).map(|(rank, matched)| (rank, matched.what))
    }

    #[test]
    fn every_word_has_to_fit_somewhere() {
        let alder = row("001042", "Muñoz, Ana", "114 Alder St", Some("7000001,0048-2213"));
        assert_eq!(found(&alder, "munoz alder"), Some((4, vec!["name", "address"])));
        assert_eq!(found(&alder, "1042"), Some((0, vec!["account"])), "without its leading zeros");
        assert_eq!(found(&alder, "00482213"), Some((0, vec!["meter"])), "without its dash");
        let meter = fit(&alder, &words::of("48-2213")).and_then(|(_, matched)| matched.meter);
        assert_eq!(meter.as_deref(), Some("0048-2213"), "the one of its meters");
        assert_eq!(found(&alder, "munoz birch"), None);
    }

    #[test]
    fn words_of_a_street_fit_in_any_order_long_or_short() {
        let ione = row("1", "Lee", "418 N Ione Creek Ave 8th Fl", None);
        for said in ["ione 8th", "8th ione", "north ione avenue", "N. Ione ave", "creek 418", "avenue fork"] {
            assert_eq!(found(&ione, said).map(|(_, what)| what), Some(vec!["address"]), "{said}");
        }
        let street = row("2", "Lee", "9 South Elm Street", None);
        assert!(found(&street, "9 s elm st").is_some());
        for said in ["ione 9th", "south ione", "ione street"] {
            assert_eq!(found(&ione, said), None, "{said}");
        }
    }

    #[test]
    fn a_telephone_is_found_however_it_is_written() {
        let lee = row("77", "Lee", "9 Elm St", None);
        for said in ["(308) 555-0142", "308.555.0142", "3085550142", "555-0142", "555 0142"] {
            assert_eq!(found(&lee, said), Some((0, vec!["phone"])), "{said}");
        }
        assert_eq!(found(&lee, "0142 elm"), Some((7, vec!["phone", "address"])));
        assert_eq!(found(&lee, "555-0143"), None);
    }
}
