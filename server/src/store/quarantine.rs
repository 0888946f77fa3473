//! Work of tablets that are out of service: kept as it came, for a person's decision.

use super::{Conn, StoreError, Work};
use crate::{execute, fetch_all, fetch_one};
use curbstop_shared::{
    ids::{DeviceId, RouteId},
    time::{Micros, Span},
};

crate::statements! {
    INSERT = "INSERT INTO quarantine (device, doc, hash, bytes, facts, clock_offset_us, received_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (device, doc, hash) DO NOTHING";
    BYTES = "SELECT CAST(COALESCE(SUM(OCTET_LENGTH(bytes) + OCTET_LENGTH(facts)), 0) AS BIGINT) FROM quarantine WHERE device = $1";
    OF_ROUTE = "SELECT bytes FROM quarantine WHERE device = $1 AND doc = $2 ORDER BY received_at_us, hash";
}

/// A change to be kept.
#[derive(Debug)]
pub struct Kept<'a> {
    /// The tablet that handed it in.
    pub device: DeviceId,
    /// The route that it names.
    pub doc: RouteId,
    /// Its hash.
    pub hash: &'a [u8; 32],
    /// The chunk.
    pub bytes: &'a [u8],
    /// What could be read in it, as JSON.
    pub facts: &'a str,
    /// Server's clock less the device's.
    pub clock_offset: Span,
}

/// Keeps a change; `false` where it is kept already.
///
/// # Errors
/// When the database fails.
pub async fn keep(work: &mut Work, kept: &Kept<'_>, now: Micros) -> Result<bool, StoreError> {
    let Kept { device, doc, hash, bytes, facts, clock_offset } = kept;
    Ok(execute!(work, INSERT, device.0, doc.0, hash.as_slice(), *bytes, *facts, clock_offset.0, now.0)? == 1)
}

/// Bytes that are kept of a tablet: changes as they came, and what could be read in them.
///
/// # Errors
/// When the database fails.
pub async fn bytes_of(conn: &mut Conn, device: DeviceId) -> Result<i64, StoreError> {
    Ok(fetch_one!(conn, (i64,), BYTES, device.0)?.0)
}

/// The changes that are kept of a tablet for one route, as they came.
///
/// # Errors
/// When the database fails.
pub async fn of_route(conn: &mut Conn, device: DeviceId, doc: RouteId) -> Result<Vec<Vec<u8>>, StoreError> {
    let rows: Vec<(Vec<u8>,)> = fetch_all!(conn, (Vec<u8>,), OF_ROUTE, device.0, doc.0)?;
    Ok(rows.into_iter().map(|(bytes,)| bytes).collect())
}
