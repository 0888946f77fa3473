//! Photos and signatures that facts name, and which of them have arrived.

use super::{Conn, StoreError, Work};
use crate::{execute, fetch_all, fetch_optional};
use curbstop_shared::{
    facts::{Evidence, Header},
    ids::{DeviceId, FactId, OrderId},
    time::Micros,
};

crate::statements! {
    // Named once by each fact; bytes that are here already need not come again.
    NAME = "INSERT INTO evidence (fact, order_id, visit, device, what, media_type, sha256, size_bytes, taken_at_us, arrived_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, (SELECT MIN(e.arrived_at_us) FROM evidence e WHERE e.sha256 = $7)) ON CONFLICT (fact) DO NOTHING";
    BY_HASH = "SELECT media_type, size_bytes, arrived_at_us FROM evidence WHERE sha256 = $1 ORDER BY arrived_at_us IS NULL, fact LIMIT 1";
    WANTED = "SELECT DISTINCT sha256 FROM evidence WHERE device = $1 AND arrived_at_us IS NULL ORDER BY sha256 LIMIT $2";
    ARRIVED = "UPDATE evidence SET arrived_at_us = $2 WHERE sha256 = $1 AND arrived_at_us IS NULL";
    OF_ORDER = "SELECT fact, what, media_type, sha256, arrived_at_us FROM evidence WHERE order_id = $1 ORDER BY taken_at_us, fact";
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
    /// The fact that names it.
    pub fact: String,
    /// Code of the kind: photo, signature.
    pub what: String,
    /// Media type.
    pub media_type: String,
    /// SHA-256 of its bytes.
    pub sha256: Vec<u8>,
    /// When they arrived; none while the tablet still has them.
    pub arrived_at_us: Option<i64>,
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

/// What is known of the bytes with this hash; none where no fact names them.
///
/// # Errors
/// When the database fails.
pub async fn by_hash(conn: &mut Conn, sha256: &[u8; 32]) -> Result<Option<Named>, StoreError> {
    fetch_optional!(conn, Named, BY_HASH, sha256.as_slice())
}

/// Hashes of what a tablet still has to send, at most so many.
///
/// # Errors
/// When the database fails.
pub async fn wanted(conn: &mut Conn, device: DeviceId, most: i64) -> Result<Vec<Vec<u8>>, StoreError> {
    let rows: Vec<(Vec<u8>,)> = fetch_all!(conn, (Vec<u8>,), WANTED, device.0, most)?;
    Ok(rows.into_iter().map(|(hash,)| hash).collect())
}

/// Keeps that the bytes are here.
///
/// # Errors
/// When the database fails.
pub async fn arrived(work: &mut Work, sha256: &[u8; 32], now: Micros) -> Result<(), StoreError> {
    execute!(work, ARRIVED, sha256.as_slice(), now.0)?;
    Ok(())
}

/// The evidence of an order.
///
/// # Errors
/// When the database fails.
pub async fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<Piece>, StoreError> {
    fetch_all!(conn, Piece, OF_ORDER, order.0)
}
