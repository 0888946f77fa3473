//! When what a visit is charged for, or how its cut is judged, became another than it was.

use super::{Conn, StoreError, Work, facts::FactRow};
use crate::{execute, fetch_all};
use curbstop_shared::{
    ids::{FactId, OrderId},
    time::Micros,
};

crate::statements! {
    INSERT = "INSERT INTO verdict_changes (visit, changed_at_us) VALUES ($1, $2) ON CONFLICT (visit, changed_at_us) DO NOTHING";
    // What changed in the work that brought the visit was never told otherwise.
    VISITS_BETWEEN = "SELECT f.id, f.order_id, f.kind, f.visit, f.v, f.at_us, f.by_person, f.device, f.without_pin, f.body, f.home_doc, f.home_change, f.clock_offset_us, f.received_at_us FROM facts f WHERE f.id IN (SELECT c.visit FROM verdict_changes c WHERE c.changed_at_us >= $1 AND c.changed_at_us < $2) AND f.received_at_us < $2 AND f.kind || '' = 'visit' ORDER BY f.received_at_us, f.id";
    OF_ORDER = "SELECT f.id, MAX(c.changed_at_us) FROM facts f JOIN verdict_changes c ON c.visit = f.id WHERE f.order_id = $1 AND c.changed_at_us > f.received_at_us GROUP BY f.id";
}

/// Keeps that a visit is judged otherwise from now on.
///
/// # Errors
/// As the database says.
pub async fn insert(work: &mut Work, visit: &FactId, now: Micros) -> Result<(), StoreError> {
    execute!(work, INSERT, visit.as_str(), now.0).map(|_| ())
}

/// The visits that were judged otherwise in a span of time (the end not included), by when they came in.
///
/// # Errors
/// As the database says.
pub async fn visits_between(conn: &mut Conn, from: Micros, to: Micros) -> Result<Vec<FactRow>, StoreError> {
    fetch_all!(conn, FactRow, VISITS_BETWEEN, from.0, to.0)
}

/// The visits of an order that were judged otherwise after they had come in, each with when that was last.
///
/// # Errors
/// As the database says.
pub async fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<(String, i64)>, StoreError> {
    fetch_all!(conn, (String, i64), OF_ORDER, order.0)
}
