//! What a monitor asks for: how many of what there are, without anybody's name.

use super::{Conn, StoreError};
use crate::{fetch_all, fetch_one};
use curbstop_shared::time::Micros;

crate::statements! {
    ORDERS = "SELECT state, COUNT(*) FROM orders GROUP BY state ORDER BY state";
    EXCEPTIONS = "SELECT kind, COUNT(*) FROM exceptions WHERE state = 'open' GROUP BY kind ORDER BY kind";
    OVERDUE = "SELECT COUNT(*) FROM exceptions WHERE state = 'open' AND due_at_us < $1";
    TABLETS = "SELECT COUNT(*) FROM devices WHERE revoked_at_us IS NULL";
    HEARD_SINCE = "SELECT COUNT(*) FROM devices d JOIN device_contacts c ON c.device = d.id WHERE d.revoked_at_us IS NULL AND c.last_contact_at_us >= $1";
    QUARANTINED = "SELECT COUNT(*) FROM quarantine WHERE state = 'waiting'";
}

/// Orders by the code of their state.
///
/// # Errors
/// When the database fails.
pub async fn orders(conn: &mut Conn) -> Result<Vec<(String, i64)>, StoreError> {
    fetch_all!(conn, (String, i64), ORDERS)
}

/// Open exceptions by the code of their kind.
///
/// # Errors
/// When the database fails.
pub async fn exceptions(conn: &mut Conn) -> Result<Vec<(String, i64)>, StoreError> {
    fetch_all!(conn, (String, i64), EXCEPTIONS)
}

/// Open exceptions whose deadline has passed.
///
/// # Errors
/// When the database fails.
pub async fn overdue(conn: &mut Conn, now: Micros) -> Result<i64, StoreError> {
    Ok(fetch_one!(conn, (i64,), OVERDUE, now.0)?.0)
}

/// Tablets in service.
///
/// # Errors
/// When the database fails.
pub async fn tablets(conn: &mut Conn) -> Result<i64, StoreError> {
    Ok(fetch_one!(conn, (i64,), TABLETS)?.0)
}

/// Those of them that were heard of since then.
///
/// # Errors
/// When the database fails.
pub async fn heard_since(conn: &mut Conn, since: Micros) -> Result<i64, StoreError> {
    Ok(fetch_one!(conn, (i64,), HEARD_SINCE, since.0)?.0)
}

/// Changes of tablets out of service that were handed in.
///
/// # Errors
/// When the database fails.
pub async fn quarantined(conn: &mut Conn) -> Result<i64, StoreError> {
    Ok(fetch_one!(conn, (i64,), QUARANTINED)?.0)
}
