//! Work of tablets that are out of service: kept as it came, for a person's decision.

use super::{Conn, StoreError, Work};
use crate::{execute, execute_one, fetch_all, fetch_one};
use curbstop_shared::{
    ids::{DeviceId, RouteId},
    time::{Micros, Span},
};
use uuid::Uuid;

crate::statements! {
    INSERT = "INSERT INTO quarantine (device, doc, hash, bytes, facts, clock_offset_us, received_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (device, doc, hash) DO NOTHING";
    // What was taken in is the route's now.
    BYTES = "SELECT CAST(COALESCE(SUM(OCTET_LENGTH(bytes) + OCTET_LENGTH(facts)), 0) AS BIGINT) FROM quarantine WHERE device = $1 AND state <> 'taken_in'";
    OF_ROUTE = "SELECT bytes FROM quarantine WHERE device = $1 AND doc = $2 ORDER BY received_at_us, hash";
    IN_STATE = "SELECT doc, hash, bytes, clock_offset_us FROM quarantine WHERE device = $1 AND state = $2 ORDER BY doc, received_at_us, hash";
    DECIDE = "UPDATE quarantine SET state = $5 WHERE device = $1 AND doc = $2 AND hash = $3 AND state = $4";
}

/// What became of a change that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nobody has decided.
    Waiting,
    /// It went into its route.
    TakenIn,
    /// Somebody decided that it does not count.
    SetAside,
}

impl Fate {
    const fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::TakenIn => "taken_in",
            Self::SetAside => "set_aside",
        }
    }
}

/// A change that is kept.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct KeptRow {
    /// The route that it names.
    pub doc: Uuid,
    /// Its hash.
    pub hash: Vec<u8>,
    /// The chunk as it came.
    pub bytes: Vec<u8>,
    /// Server's clock less the device's.
    pub clock_offset_us: i64,
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

/// The changes of a tablet with which that was done, route by route.
///
/// # Errors
/// When the database fails.
pub async fn in_state(conn: &mut Conn, device: DeviceId, fate: Fate) -> Result<Vec<KeptRow>, StoreError> {
    fetch_all!(conn, KeptRow, IN_STATE, device.0, fate.code())
}

/// Keeps what somebody decided about a change.
///
/// # Errors
/// When the database fails, or somebody else decided.
pub async fn decide(
    work: &mut Work,
    device: DeviceId,
    change: &KeptRow,
    from: Fate,
    to: Fate,
) -> Result<(), StoreError> {
    execute_one!(work, DECIDE, device.0, change.doc, change.hash.as_slice(), from.code(), to.code())
}
