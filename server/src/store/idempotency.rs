//! Answers to requests that may be sent again, kept with what they changed.

use super::{Conn, StoreError, Work};
use curbstop_shared::time::Micros;

crate::statements! {
    GET = "SELECT request_sha256, status, content_type, body FROM idempotency WHERE actor = $1 AND key = $2";
    INSERT = "INSERT INTO idempotency (actor, key, request_sha256, status, content_type, body, created_at_us) \
              VALUES ($1, $2, $3, $4, $5, $6, $7)";
    TRIM = "DELETE FROM idempotency WHERE (actor, key) IN (SELECT actor, key FROM idempotency \
            WHERE created_at_us < $1 ORDER BY created_at_us LIMIT $2)";
}

/// A kept answer.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct KeptRow {
    /// SHA-256 of the request.
    pub request_sha256: Vec<u8>,
    /// HTTP status.
    pub status: i64,
    /// Of the body.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// The answer kept under a key.
///
/// # Errors
/// As the database says.
pub async fn get(conn: &mut Conn, actor: &str, key: &str) -> Result<Option<KeptRow>, StoreError> {
    crate::fetch_optional!(conn, KeptRow, GET, actor, key)
}

/// Keeps an answer.
///
/// # Errors
/// As the database says.
pub async fn insert(work: &mut Work, actor: &str, key: &str, kept: &KeptRow, now: Micros) -> Result<(), StoreError> {
    let KeptRow { request_sha256, status, content_type, body } = kept;
    crate::execute_one!(
        work, INSERT, actor, key, request_sha256.as_slice(), *status, content_type, body.as_slice(), now.0
    )
}

/// Forgets at most `limit` answers older than `before`, the oldest first; returns how many.
///
/// # Errors
/// As the database says.
pub async fn trim(work: &mut Work, before: Micros, limit: i64) -> Result<u64, StoreError> {
    crate::execute!(work, TRIM, before.0, limit)
}
