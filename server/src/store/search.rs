//! The words by which accounts are found, so that a search in a large town reads some of its rows and not all.

use super::{Conn, StoreError, Work};
use crate::{execute, fetch_all, fetch_optional, store::accounts::FoundRow};
use serde::Serialize;

crate::statements! {
    WITH_WORDS = "SELECT a.account, a.name, a.phone, p.id AS premise, p.address, p.unit, p.city, string_agg(s.serial, ',') AS serials FROM (SELECT DISTINCT w.account FROM search_words w WHERE w.word >= $1 AND w.word < $2 AND EXISTS (SELECT 1 FROM search_words x WHERE x.account = w.account AND x.word >= $3 AND x.word < $4) AND EXISTS (SELECT 1 FROM search_words x WHERE x.account = w.account AND x.word >= $5 AND x.word < $6) AND EXISTS (SELECT 1 FROM search_words x WHERE x.account = w.account AND x.word >= $7 AND x.word < $8) ORDER BY w.account LIMIT $9) f JOIN accounts a ON a.account = f.account JOIN service_points s ON s.account = f.account JOIN premises p ON p.id = s.premise GROUP BY a.account, a.name, a.phone, p.id, p.address, p.unit, p.city ORDER BY a.account, p.id";
    OF_ACCOUNTS =
        sqlite "SELECT a.account, a.name, a.phone, COALESCE(p.id, '') AS premise, COALESCE(p.address, '') AS address, COALESCE(p.unit, '') AS unit, COALESCE(p.city, '') AS city, string_agg(s.serial, ',') AS serials FROM json_each($1) AS j JOIN accounts a ON a.account = j.value LEFT JOIN service_points s ON s.account = a.account LEFT JOIN premises p ON p.id = s.premise GROUP BY a.account, a.name, a.phone, p.id, p.address, p.unit, p.city ORDER BY a.account, p.id",
        postgres "SELECT a.account, a.name, a.phone, COALESCE(p.id, '') AS premise, COALESCE(p.address, '') AS address, COALESCE(p.unit, '') AS unit, COALESCE(p.city, '') AS city, string_agg(s.serial, ',') AS serials FROM jsonb_array_elements_text($1::text::jsonb) AS j(value) JOIN accounts a ON a.account = j.value LEFT JOIN service_points s ON s.account = a.account LEFT JOIN premises p ON p.id = s.premise GROUP BY a.account, a.name, a.phone, p.id, p.address, p.unit, p.city ORDER BY a.account, p.id";
    WORDS_OF =
        sqlite "SELECT account, word FROM search_words WHERE account IN (SELECT value FROM json_each($1)) ORDER BY account, word",
        postgres "SELECT account, word FROM search_words WHERE account IN (SELECT jsonb_array_elements_text($1::text::jsonb)) ORDER BY account, word";
    FORGET =
        sqlite "DELETE FROM search_words WHERE account IN (SELECT value FROM json_each($1))",
        postgres "DELETE FROM search_words WHERE account IN (SELECT jsonb_array_elements_text($1::text::jsonb))";
    LEARN =
        sqlite "INSERT INTO search_words (account, word) SELECT j.value ->> 0, j.value ->> 1 FROM json_each($1) AS j WHERE TRUE ON CONFLICT (account, word) DO NOTHING",
        postgres "INSERT INTO search_words (account, word) SELECT j.value ->> 0, j.value ->> 1 FROM jsonb_array_elements($1::text::jsonb) AS j(value) ON CONFLICT (account, word) DO NOTHING";
    WITHOUT_WORDS = "SELECT a.account FROM accounts a WHERE NOT EXISTS (SELECT 1 FROM search_words w WHERE w.account = a.account) ORDER BY a.account LIMIT $1";
    BEGINS = "SELECT word FROM search_words WHERE word >= $1 AND word < $2 ORDER BY word LIMIT 1";
    LIKE_LENGTH = "SELECT DISTINCT word FROM search_words WHERE word >= $1 AND word < $2 AND LENGTH(word) BETWEEN $3 AND $4 LIMIT $5";
    OF_HOLD = "SELECT DISTINCT account FROM holds WHERE UPPER(hold) = $1 ORDER BY account LIMIT $2";
}

/// Beginnings of words that are looked for at once.
pub const BEGINNINGS_MAX: usize = 4;

/// Behind every word.
const LAST: &str = "\u{10FFFF}";

/// Accounts with a word for each of these beginnings, by account, with their premises; an empty beginning is in every
/// word. The first one should be the one that the fewest words have.
///
/// # Errors
/// When the database fails.
pub async fn with_words(
    conn: &mut Conn,
    [a, b, c, d]: [&str; BEGINNINGS_MAX],
    limit: i64,
) -> Result<Vec<FoundRow>, StoreError> {
    let [a_end, b_end, c_end, d_end] = [a, b, c, d].map(behind);
    fetch_all!(conn, FoundRow, WITH_WORDS, a, a_end, b, b_end, c, c_end, d, d_end, limit)
}

/// The premises of these accounts; an account without any has one row.
///
/// # Errors
/// When the database fails.
pub async fn of_accounts(conn: &mut Conn, accounts: &[&str]) -> Result<Vec<FoundRow>, StoreError> {
    fetch_all!(conn, FoundRow, OF_ACCOUNTS, as_json(accounts)?)
}

/// The words that these accounts have: (account, word).
///
/// # Errors
/// When the database fails.
pub async fn words_of(conn: &mut Conn, accounts: &[&str]) -> Result<Vec<(String, String)>, StoreError> {
    fetch_all!(conn, (String, String), WORDS_OF, as_json(accounts)?)
}

/// Gives accounts these words in the place of those that they had.
///
/// # Errors
/// When the database fails.
pub async fn put_words(work: &mut Work, accounts: &[&str], words: &[(&str, &str)]) -> Result<(), StoreError> {
    execute!(work, FORGET, as_json(accounts)?)?;
    execute!(work, LEARN, as_json(words)?).map(|_| ())
}

/// Accounts that have no words yet.
///
/// # Errors
/// When the database fails.
pub async fn without_words(conn: &mut Conn, limit: i64) -> Result<Vec<String>, StoreError> {
    Ok(fetch_all!(conn, (String,), WITHOUT_WORDS, limit)?.into_iter().map(|(account,)| account).collect())
}

/// Whether some word begins so.
///
/// # Errors
/// When the database fails.
pub async fn begins(conn: &mut Conn, beginning: &str) -> Result<bool, StoreError> {
    Ok(fetch_optional!(conn, (String,), BEGINS, beginning, behind(beginning))?.is_some())
}

/// Words with this beginning and about this length.
///
/// # Errors
/// When the database fails.
pub async fn like_length(
    conn: &mut Conn,
    beginning: &str,
    (shortest, longest): (i64, i64),
    limit: i64,
) -> Result<Vec<String>, StoreError> {
    let rows = fetch_all!(conn, (String,), LIKE_LENGTH, beginning, behind(beginning), shortest, longest, limit)?;
    Ok(rows.into_iter().map(|(word,)| word).collect())
}

/// The accounts of a hold's number, whoever gave it; in capitals.
///
/// # Errors
/// When the database fails.
pub async fn of_hold(conn: &mut Conn, hold: &str, limit: i64) -> Result<Vec<String>, StoreError> {
    Ok(fetch_all!(conn, (String,), OF_HOLD, hold, limit)?.into_iter().map(|(account,)| account).collect())
}

fn behind(beginning: &str) -> String {
    format!("{beginning}{LAST}")
}

fn as_json(what: &(impl Serialize + ?Sized)) -> Result<String, StoreError> {
    serde_json::to_string(what).map_err(|bad| StoreError::inconsistent("search_words", "word", "a batch", bad))
}
