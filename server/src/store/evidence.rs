//! Photos and signatures that facts name, and which of them have arrived.

use super::{Conn, StoreError, Work};
use crate::{execute, fetch_all, fetch_one, fetch_optional};
use curbstop_shared::{
    facts::{Evidence, Header},
    ids::{DeviceId, FactId, OrderId},
    time::Micros,
};
use uuid::Uuid;

crate::statements! {
    // Named once by each fact; bytes that are here already need not come again. Who sent them stays first, by a
    // microsecond: what it calls them is what they are.
    NAME = "INSERT INTO evidence (fact, order_id, visit, device, what, media_type, sha256, size_bytes, taken_at_us, arrived_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, (SELECT MIN(e.arrived_at_us) + 1 FROM evidence e WHERE e.sha256 = $7 AND e.size_bytes = $8)) ON CONFLICT (fact) DO NOTHING";
    SENT_FIRST = "SELECT media_type, size_bytes, arrived_at_us FROM evidence WHERE sha256 = $1 ORDER BY arrived_at_us IS NULL, arrived_at_us, fact LIMIT 1";
    NAMED_BY = "SELECT media_type, size_bytes, arrived_at_us FROM evidence WHERE sha256 = $1 AND device = $2 ORDER BY arrived_at_us IS NULL, fact LIMIT 1";
    WANTED = "SELECT DISTINCT sha256, size_bytes FROM evidence WHERE device = $1 AND arrived_at_us IS NULL ORDER BY sha256, size_bytes LIMIT $2";
    ARRIVED = "UPDATE evidence SET arrived_at_us = CASE WHEN device = $3 THEN $4 ELSE $4 + 1 END WHERE sha256 = $1 AND size_bytes = $2 AND arrived_at_us IS NULL";
    MISSING = "UPDATE evidence SET arrived_at_us = NULL WHERE sha256 = $1 AND size_bytes = $2 AND arrived_at_us IS NOT NULL";
    OF_ORDER = "SELECT fact, device, what, media_type, sha256, taken_at_us, arrived_at_us FROM evidence WHERE order_id = $1 ORDER BY taken_at_us, fact";
    VISITS_NAMING = "SELECT DISTINCT order_id, visit FROM evidence WHERE sha256 = $1 AND size_bytes = $2 ORDER BY order_id, visit";
    ON_ITS_WAY = "SELECT what, COUNT(*), MIN(taken_at_us) FROM evidence WHERE order_id = $1 AND visit = $2 AND arrived_at_us IS NULL GROUP BY what ORDER BY what";
    // What was handed in and nobody has decided on is no fact yet.
    OVERDUE = "SELECT DISTINCT e.order_id, e.visit, o.account, v.at_us AS visited_at_us FROM evidence e JOIN facts f ON f.id = e.fact JOIN facts v ON v.id = e.visit JOIN orders o ON o.id = e.order_id WHERE e.arrived_at_us IS NULL AND f.received_at_us < $1 AND NOT EXISTS (SELECT 1 FROM exceptions x WHERE x.order_id = e.order_id AND x.kind = 'evidence_missing' AND x.cause = e.visit AND x.state <> 'gone') ORDER BY visited_at_us, e.visit LIMIT $2";
    // Named by facts that are not on record: they were handed in, and a person decides.
    BYTES_WAITING = "SELECT CAST(COALESCE(SUM(e.size_bytes), 0) AS BIGINT) FROM evidence e WHERE e.device = $1 AND NOT EXISTS (SELECT 1 FROM facts f WHERE f.id = e.fact)";
}

/// What is known of some bytes before they are here.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Named {
    /// Media type, as the tablet said it.
    pub media_type: String,
    /// How many bytes.
    pub size_bytes: i64,
    /// When they arrived.
    pub arrived_at_us: Option<i64>,
}

/// A piece of evidence of an order.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Piece {
    /// The fact that names it: on record, or handed in for a person's decision.
    pub fact: String,
    /// The tablet that took it.
    pub device: Option<Uuid>,
    /// Code of the kind: photo, signature.
    pub what: String,
    /// Media type.
    pub media_type: String,
    /// SHA-256 of its bytes.
    pub sha256: Vec<u8>,
    /// The tablet's clock when it was taken.
    pub taken_at_us: i64,
    /// When they arrived; none while the tablet still has them.
    pub arrived_at_us: Option<i64>,
}

/// A visit with a photo or signature that its tablet has not sent.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Overdue {
    /// The order.
    pub order_id: Uuid,
    /// The visit.
    pub visit: String,
    /// The order's account.
    pub account: String,
    /// When it was made, by its tablet's clock.
    pub visited_at_us: i64,
}

/// Visits that came in before `before`, some of whose evidence is not here, and that nobody was told of: at most so
/// many, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn overdue(conn: &mut Conn, before: Micros, most: i64) -> Result<Vec<Overdue>, StoreError> {
    fetch_all!(conn, Overdue, OVERDUE, before.0, most)
}

/// What of a visit is not here: code of the kind, how many pieces, and when the first was taken.
///
/// # Errors
/// When the database fails.
pub async fn on_its_way(conn: &mut Conn, order: OrderId, visit: &str) -> Result<Vec<(String, i64, i64)>, StoreError> {
    fetch_all!(conn, (String, i64, i64), ON_ITS_WAY, order.0, visit)
}

/// The orders and visits that name these bytes.
///
/// # Errors
/// When the database fails.
pub async fn visits_naming(
    conn: &mut Conn,
    sha256: &[u8; 32],
    size: i64,
) -> Result<Vec<(Uuid, String)>, StoreError> {
    fetch_all!(conn, (Uuid, String), VISITS_NAMING, sha256.as_slice(), size)
}

/// Keeps what a fact names.
///
/// # Errors
/// When the database fails.
pub async fn name(work: &mut Work, fact: &FactId, header: &Header, named: &Evidence) -> Result<(), StoreError> {
    execute!(
        work, NAME, fact.as_str(), header.order.0, named.visit.as_str(), header.device.map(|device| device.0),
        named.what.code(), &named.media_type, named.sha256.0.as_slice(), named.size, header.at.0
    )?;
    Ok(())
}

/// What is known of the bytes with this hash, in the words of the tablet that sent them; none where no fact names them.
///
/// # Errors
/// When the database fails.
pub async fn sent_first(conn: &mut Conn, sha256: &[u8; 32]) -> Result<Option<Named>, StoreError> {
    fetch_optional!(conn, Named, SENT_FIRST, sha256.as_slice())
}

/// What this tablet says of the bytes with this hash; none where no fact of its own names them.
///
/// # Errors
/// When the database fails.
pub async fn named_by(conn: &mut Conn, sha256: &[u8; 32], device: DeviceId) -> Result<Option<Named>, StoreError> {
    fetch_optional!(conn, Named, NAMED_BY, sha256.as_slice(), device.0)
}

/// Bytes that facts of this tablet name which are not on record: they wait for a person's decision.
///
/// # Errors
/// When the database fails.
pub async fn bytes_waiting(conn: &mut Conn, device: DeviceId) -> Result<i64, StoreError> {
    Ok(fetch_one!(conn, (i64,), BYTES_WAITING, device.0)?.0)
}

/// Hashes and sizes of what a tablet still has to send, at most so many.
///
/// # Errors
/// When the database fails.
pub async fn wanted(conn: &mut Conn, device: DeviceId, most: i64) -> Result<Vec<(Vec<u8>, i64)>, StoreError> {
    fetch_all!(conn, (Vec<u8>, i64), WANTED, device.0, most)
}

/// Keeps that these bytes are here, sent by this tablet. Whoever else named as many under this hash need not send them.
///
/// # Errors
/// When the database fails.
pub async fn arrived(
    work: &mut Work,
    sha256: &[u8; 32],
    size: i64,
    device: DeviceId,
    now: Micros,
) -> Result<(), StoreError> {
    execute!(work, ARRIVED, sha256.as_slice(), size, device.0, now.0)?;
    Ok(())
}

/// Keeps that the bytes are not here, or not any more: tablets that still have them are asked for them.
///
/// # Errors
/// When the database fails.
pub async fn missing(work: &mut Work, sha256: &[u8; 32], size: i64) -> Result<(), StoreError> {
    execute!(work, MISSING, sha256.as_slice(), size)?;
    Ok(())
}

/// The evidence of an order.
///
/// # Errors
/// When the database fails.
pub async fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<Piece>, StoreError> {
    fetch_all!(conn, Piece, OF_ORDER, order.0)
}
