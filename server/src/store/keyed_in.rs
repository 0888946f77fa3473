//! Who keyed in which visit from a paper route sheet. The visit itself is the crew's.

use super::{Conn, StoreError, Work};
use crate::{execute, fetch_all};
use curbstop_shared::{
    ids::{FactId, OrderId, PersonId},
    time::Micros,
};
use uuid::Uuid;

crate::statements! {
    INSERT = "INSERT INTO keyed_in (visit, person, at_us) VALUES ($1, $2, $3)";
    OF_ORDER = "SELECT k.visit, k.person, k.at_us FROM keyed_in k JOIN facts f ON f.id = k.visit WHERE f.order_id = $1";
}

/// Who keyed a visit in, and when.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct KeyedInRow {
    /// The visit.
    pub visit: String,
    /// Who, at the desk; none for the command line.
    pub person: Option<Uuid>,
    /// When, by the server's clock.
    pub at_us: i64,
}

/// Keeps who keyed a visit in.
///
/// # Errors
/// When the database fails.
pub async fn insert(work: &mut Work, visit: &FactId, person: Option<PersonId>, now: Micros) -> Result<(), StoreError> {
    execute!(work, INSERT, visit.as_str(), person.map(|person| person.0), now.0).map(|_| ())
}

/// The visits of an order that were keyed in.
///
/// # Errors
/// When the database fails.
pub async fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<KeyedInRow>, StoreError> {
    fetch_all!(conn, KeyedInRow, OF_ORDER, order.0)
}
