//! Plans at rest, and the orders that wait for one.

use super::{Conn, StoreError, Work, orders::OrderRow};
use crate::{execute_one, fetch_all, fetch_optional};
use curbstop_shared::{
    ids::{CrewId, ListingId, PersonId},
    time::Micros,
};
use std::collections::BTreeSet;
use uuid::Uuid;

crate::statements! {
    INSERT = "INSERT INTO plans (id, date, state, body, created_at_us, created_by) VALUES ($1, $2, 'draft', $3, $4, $5)";
    BY_ID = "SELECT id, date, state, body FROM plans WHERE id = $1";
    SET_PUBLISHED = "UPDATE plans SET state = 'published', body = $2, published_at_us = $3 WHERE id = $1 AND state = 'draft'";
    PUBLISHED_SINCE = "SELECT MAX(o.published_at_us) AS at_us FROM plans p JOIN plans o ON o.date = p.date AND o.id <> p.id AND o.published_at_us > p.created_at_us WHERE p.id = $1";
    LISTINGS_OF_DAY = "SELECT id FROM listings WHERE state = 'final' AND as_of = $1 ORDER BY number";
    TO_DO = "SELECT id, number, kind, reason, account, premise, listing, cause_order, priority, fees_suppressed, past_due_minor, note, due_at_us, state, disposition, created_at_us, uncalled FROM orders WHERE state IN ('open', 'unable', 'held', 'recalled', 'stopped_at_door') ORDER BY created_at_us, number, id";
    /// An order that was recalled because it left a crew's route stands there no longer, whatever the route's rows say.
    ON_ROUTES = "SELECT o.order_id, o.route, r.crew, c.name AS crew_name, c.phone, r.date, w.state FROM route_orders o JOIN routes r ON r.id = o.route JOIN crews c ON c.id = r.crew JOIN orders w ON w.id = o.order_id WHERE r.date >= $1 AND r.closed_at_us IS NULL AND o.taken_off_at_us IS NULL AND NOT (w.kind IN ('reconnect', 'unlock') AND w.state = 'recalled' AND (w.disposition LIKE '%\"state\":\"recalled\"%\"reason\":\"moved\"%' OR w.disposition LIKE '%\"state\":\"recalled\"%\"reason\":\"taken_off\"%')) ORDER BY r.date, r.id, o.rank, o.order_id";
}

/// A plan as it is stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct PlanRow {
    /// Its id.
    pub id: Uuid,
    /// `YYYY-MM-DD`.
    pub date: String,
    /// `draft` or `published`.
    pub state: String,
    /// The plan as JSON.
    pub body: String,
}

/// An order that stands on a crew's open route.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OnRoute {
    /// The order.
    pub order_id: Uuid,
    /// The route.
    pub route: Uuid,
    /// Whose it is.
    pub crew: Uuid,
    /// What the crew is called.
    pub crew_name: String,
    /// Where it is reached.
    pub phone: Option<String>,
    /// Its day, `YYYY-MM-DD`.
    pub date: String,
    /// Code of the order's state.
    pub state: String,
}

impl OnRoute {
    /// Somebody still has to do it.
    #[must_use]
    pub fn waits(&self) -> bool {
        matches!(self.state.as_str(), "open" | "unable")
    }

    /// Whether the route is another than those that these crews have on that day.
    #[must_use]
    pub fn is_elsewhere(&self, crews: &BTreeSet<CrewId>, date: &str) -> bool {
        self.date != date || !crews.contains(&CrewId(self.crew))
    }
}

/// Keeps a new plan, built of what was there at `looked_at`.
///
/// # Errors
/// As the database says.
pub async fn insert(
    work: &mut Work,
    id: Uuid,
    date: &str,
    body: &str,
    by: Option<PersonId>,
    looked_at: Micros,
) -> Result<(), StoreError> {
    execute_one!(work, INSERT, id, date, body, looked_at.0, by.map(|person| person.0))
}

/// One plan.
///
/// # Errors
/// As the database says.
pub async fn by_id(conn: &mut Conn, id: Uuid) -> Result<Option<PlanRow>, StoreError> {
    fetch_optional!(conn, PlanRow, BY_ID, id)
}

/// Keeps what was published of a draft.
///
/// # Errors
/// As the database says; also where it is no draft.
pub async fn set_published(work: &mut Work, id: Uuid, body: &str, now: Micros) -> Result<(), StoreError> {
    execute_one!(work, SET_PUBLISHED, id, body, now.0)
}

/// When another plan of the same day was published since this one was built.
///
/// # Errors
/// As the database says.
pub async fn published_since(conn: &mut Conn, id: Uuid) -> Result<Option<Micros>, StoreError> {
    let row = fetch_optional!(conn, (Option<i64>,), PUBLISHED_SINCE, id)?;
    Ok(row.and_then(|(at,): (Option<i64>,)| at).map(Micros))
}

/// The final listings of a day, by number.
///
/// # Errors
/// As the database says.
pub async fn listings_of_day(conn: &mut Conn, date: &str) -> Result<Vec<ListingId>, StoreError> {
    Ok(fetch_all!(conn, (Uuid,), LISTINGS_OF_DAY, date)?.into_iter().map(|(id,)| ListingId(id)).collect())
}

/// Orders that were still to be done, or held, when they were folded last; oldest first.
///
/// # Errors
/// As the database says.
pub async fn orders_to_do(conn: &mut Conn) -> Result<Vec<OrderRow>, StoreError> {
    fetch_all!(conn, OrderRow, TO_DO)
}

/// Which orders stand on whose open route, from a day on, earliest first, each route in its order.
///
/// # Errors
/// As the database says.
pub async fn on_routes(conn: &mut Conn, from: &str) -> Result<Vec<OnRoute>, StoreError> {
    fetch_all!(conn, OnRoute, ON_ROUTES, from)
}
