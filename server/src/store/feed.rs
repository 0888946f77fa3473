//! The feed: what happened, numbered without gaps in the order of the commits, for desks and other instances.
//!
//! The number comes from one row that the write transaction updates. A sequence would not do: a slow transaction's
//! number would appear after a reader had gone past it, and that reader would never see it.

use super::{Conn, StoreError, Work};
use curbstop_shared::time::Micros;

crate::statements! {
    NEXT_SEQ = "UPDATE feed_head SET seq = seq + 1 WHERE id = 1 RETURNING seq";
    HEAD = "SELECT seq FROM feed_head WHERE id = 1";
    APPEND =
        sqlite "UPDATE feed_head SET seq = seq + 1 WHERE id = 1; INSERT INTO feed_events (seq, at_us, topic, subject, body) SELECT seq, $1, $2, $3, $4 FROM feed_head WHERE id = 1 RETURNING seq",
        postgres "WITH next AS (UPDATE feed_head SET seq = seq + 1 WHERE id = 1 RETURNING seq) INSERT INTO feed_events (seq, at_us, topic, subject, body) SELECT seq, $1, $2, $3, $4 FROM next RETURNING seq";
    SINCE = "SELECT seq, at_us, topic, subject, body FROM feed_events WHERE seq > $1 ORDER BY seq LIMIT $2";
    TRIM = "DELETE FROM feed_events WHERE seq IN (SELECT seq FROM feed_events WHERE at_us < $1 ORDER BY at_us LIMIT $2)";
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow, serde::Serialize)]
pub struct FeedEvent {
    /// Its number.
    pub seq: i64,
    /// When, by the server's clock.
    pub at_us: i64,
    /// What kind of thing: `route`, `order`, `exception`, `device`, ...
    pub topic: String,
    /// Which one: an id, as text.
    pub subject: String,
    /// More about it as JSON; no names, no addresses.
    pub body: String,
}

/// Takes the next number of the feed. From here to the commit other writers wait: take it late.
///
/// # Errors
/// As the database says.
pub async fn next_seq(work: &mut Work) -> Result<i64, StoreError> {
    work.takes_feed();
    let (seq,): (i64,) = crate::fetch_one!(work, (i64,), NEXT_SEQ)?;
    Ok(seq)
}

/// Writes one event and returns it with its number. Tell the desks (`AppState::announce`) after the commit.
///
/// # Errors
/// As the database says.
pub async fn append(
    work: &mut Work,
    now: Micros,
    topic: &str,
    subject: &str,
    body: &serde_json::Value,
) -> Result<FeedEvent, StoreError> {
    work.takes_feed();
    let body = body.to_string();
    let (seq,): (i64,) = crate::fetch_one!(work, (i64,), APPEND, now.0, topic, subject, &body)?;
    Ok(FeedEvent { seq, at_us: now.0, topic: topic.to_owned(), subject: subject.to_owned(), body })
}

/// The number of the last committed event.
///
/// # Errors
/// As the database says.
pub async fn head(conn: &mut Conn) -> Result<i64, StoreError> {
    let (seq,): (i64,) = crate::fetch_one!(conn, (i64,), HEAD)?;
    Ok(seq)
}

/// Up to `limit` events after `seq`, oldest first.
///
/// # Errors
/// As the database says.
pub async fn since(conn: &mut Conn, seq: i64, limit: i64) -> Result<Vec<FeedEvent>, StoreError> {
    crate::fetch_all!(conn, FeedEvent, SINCE, seq, limit)
}

/// Forgets at most `limit` events older than `before`, the oldest first; returns how many.
///
/// # Errors
/// As the database says.
pub async fn trim(work: &mut Work, before: Micros, limit: i64) -> Result<u64, StoreError> {
    crate::execute!(work, TRIM, before.0, limit)
}
