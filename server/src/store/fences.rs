//! How often signing in failed lately, by account and by address, for all instances together.

use super::{Conn, StoreError, Work};
use curbstop_shared::time::Micros;

crate::statements! {
    GET = "SELECT fails, last_at_us, closed_until_us FROM sign_in_fences WHERE subject = $1";
    PUT = "INSERT INTO sign_in_fences (subject, fails, last_at_us, closed_until_us) VALUES ($1, $2, $3, $4) \
           ON CONFLICT (subject) DO UPDATE SET fails = excluded.fails, last_at_us = excluded.last_at_us, \
           closed_until_us = excluded.closed_until_us";
    OPEN = "DELETE FROM sign_in_fences WHERE subject = $1";
    TRIM = "DELETE FROM sign_in_fences WHERE subject IN (SELECT subject FROM sign_in_fences \
            WHERE last_at_us < $1 ORDER BY last_at_us LIMIT $2)";
}

/// The failures of one account or address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, sqlx::FromRow)]
pub struct FenceRow {
    /// In a row.
    pub fails: i64,
    /// The last one.
    pub last_at_us: i64,
    /// Nobody gets in before.
    pub closed_until_us: i64,
}

/// The fence of a subject, where it has failures.
///
/// # Errors
/// As the database says.
pub async fn get(conn: &mut Conn, subject: &str) -> Result<Option<FenceRow>, StoreError> {
    crate::fetch_optional!(conn, FenceRow, GET, subject)
}

/// Sets it.
///
/// # Errors
/// As the database says.
pub async fn put(work: &mut Work, subject: &str, fence: FenceRow) -> Result<(), StoreError> {
    crate::execute_one!(work, PUT, subject, fence.fails, fence.last_at_us, fence.closed_until_us)
}

/// Forgets it.
///
/// # Errors
/// As the database says.
pub async fn open(work: &mut Work, subject: &str) -> Result<u64, StoreError> {
    crate::execute!(work, OPEN, subject)
}

/// Forgets at most `limit` subjects whose last failure is older than `before`; returns how many.
///
/// # Errors
/// As the database says.
pub async fn trim(work: &mut Work, before: Micros, limit: i64) -> Result<u64, StoreError> {
    crate::execute!(work, TRIM, before.0, limit)
}
