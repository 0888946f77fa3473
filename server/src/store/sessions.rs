//! Sign-ins of pages, found by the hash of their cookie.

use super::{Conn, StoreError, Work};
use curbstop_shared::{ids::PersonId, time::Micros};
use uuid::Uuid;

crate::statements! {
    INSERT = "INSERT INTO web_sessions (cookie_sha256, person_id, created_at_us, last_seen_at_us, expires_at_us) \
              VALUES ($1, $2, $3, $3, $4)";
    GET = "SELECT person_id, last_seen_at_us, expires_at_us FROM web_sessions WHERE cookie_sha256 = $1";
    SEEN = "UPDATE web_sessions SET last_seen_at_us = $2 WHERE cookie_sha256 = $1";
    DELETE = "DELETE FROM web_sessions WHERE cookie_sha256 = $1";
    DELETE_OF_PERSON = "DELETE FROM web_sessions WHERE person_id = $1";
    TRIM = "DELETE FROM web_sessions WHERE cookie_sha256 IN (SELECT cookie_sha256 FROM web_sessions \
            WHERE expires_at_us < $1 ORDER BY expires_at_us LIMIT $2)";
}

/// A page's sign-in.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SessionRow {
    /// Whose.
    pub person_id: Uuid,
    /// Last request, to the minute.
    pub last_seen_at_us: i64,
    /// Ends then at the latest.
    pub expires_at_us: i64,
}

/// Opens one.
///
/// # Errors
/// As the database says.
pub async fn insert(
    work: &mut Work,
    cookie_sha256: &[u8],
    person: PersonId,
    now: Micros,
    expires_at: Micros,
) -> Result<(), StoreError> {
    crate::execute_one!(work, INSERT, cookie_sha256, person.0, now.0, expires_at.0)
}

/// Finds one.
///
/// # Errors
/// As the database says.
pub async fn get(conn: &mut Conn, cookie_sha256: &[u8]) -> Result<Option<SessionRow>, StoreError> {
    crate::fetch_optional!(conn, SessionRow, GET, cookie_sha256)
}

/// Notes that it is in use.
///
/// # Errors
/// As the database says.
pub async fn seen(work: &mut Work, cookie_sha256: &[u8], now: Micros) -> Result<u64, StoreError> {
    crate::execute!(work, SEEN, cookie_sha256, now.0)
}

/// Ends one.
///
/// # Errors
/// As the database says.
pub async fn delete(work: &mut Work, cookie_sha256: &[u8]) -> Result<u64, StoreError> {
    crate::execute!(work, DELETE, cookie_sha256)
}

/// Ends all of a person.
///
/// # Errors
/// As the database says.
pub async fn delete_of_person(work: &mut Work, person: PersonId) -> Result<u64, StoreError> {
    crate::execute!(work, DELETE_OF_PERSON, person.0)
}

/// Forgets at most `limit` of those that have ended; returns how many.
///
/// # Errors
/// As the database says.
pub async fn trim(work: &mut Work, now: Micros, limit: i64) -> Result<u64, StoreError> {
    crate::execute!(work, TRIM, now.0, limit)
}
