//! Published routes as desks see them: whose, how many stops, which stop stands how.

use super::{Conn, StoreError, Work};
use crate::{execute, fetch_all, fetch_optional};
use curbstop_shared::{
    ids::{CrewId, OrderId, RouteId},
    time::Micros,
};
use uuid::Uuid;

crate::statements! {
    OF_DAY = "SELECT r.id, r.crew, c.name AS crew_name, r.date, r.generation, r.plan, r.published_at_us, r.sheet_at_us, r.closed_at_us, (SELECT COUNT(*) FROM route_orders o WHERE o.route = r.id AND o.taken_off_at_us IS NULL) AS stops, (SELECT COUNT(*) FROM route_orders o JOIN orders d ON d.id = o.order_id WHERE o.route = r.id AND o.taken_off_at_us IS NULL AND d.state = 'done') AS done FROM routes r JOIN crews c ON c.id = r.crew WHERE r.date = $1 ORDER BY c.name, r.generation";
    BY_ID = "SELECT r.id, r.crew, c.name AS crew_name, r.date, r.generation, r.plan, r.published_at_us, r.sheet_at_us, r.closed_at_us, (SELECT COUNT(*) FROM route_orders o WHERE o.route = r.id AND o.taken_off_at_us IS NULL) AS stops, (SELECT COUNT(*) FROM route_orders o JOIN orders d ON d.id = o.order_id WHERE o.route = r.id AND o.taken_off_at_us IS NULL AND d.state = 'done') AS done FROM routes r JOIN crews c ON c.id = r.crew WHERE r.id = $1";
    STOPS = "SELECT s.rank, s.taken_off_at_us, o.id AS order_id, o.number, o.kind, o.reason, o.account, o.premise, o.priority, o.due_at_us, o.state, p.address, p.unit, p.lat_e7, p.lon_e7 FROM route_orders s JOIN orders o ON o.id = s.order_id LEFT JOIN premises p ON p.id = o.premise WHERE s.route = $1 ORDER BY s.rank, o.id";
    PUT_ON_PAPER = "UPDATE routes SET sheet_at_us = $2 WHERE id = $1";
    CLOSE_BEFORE = "UPDATE routes SET closed_at_us = $2 WHERE id IN (SELECT id FROM routes WHERE closed_at_us IS NULL AND date < $1 ORDER BY date LIMIT $3)";
    TAKE_OFF = "UPDATE route_orders SET taken_off_at_us = $3 WHERE taken_off_at_us IS NULL AND route = $1 AND order_id = $2";
    TAKE_OFF_OTHERS = "UPDATE route_orders SET taken_off_at_us = $3 WHERE taken_off_at_us IS NULL AND order_id = $1 AND route <> $2";
    TAKE_OFF_OLDER = "UPDATE route_orders SET taken_off_at_us = $4 WHERE taken_off_at_us IS NULL AND route IN (SELECT id FROM routes WHERE crew = $1 AND date = $2 AND generation < $3)";
}

/// A published route with how far it is.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RouteOfDay {
    /// The route and its document.
    pub id: Uuid,
    /// Whose it is.
    pub crew: Uuid,
    /// The crew's name.
    pub crew_name: String,
    /// `YYYY-MM-DD`.
    pub date: String,
    /// Counts re-publications of the day.
    pub generation: i64,
    /// The plan it was published from.
    pub plan: Option<Uuid>,
    /// When it was published.
    pub published_at_us: i64,
    /// When it was last put on paper.
    pub sheet_at_us: Option<i64>,
    /// When it was closed.
    pub closed_at_us: Option<i64>,
    /// Orders on it now.
    pub stops: i64,
    /// Those of them that are done.
    pub done: i64,
}

/// A stop of a route with where its order stands.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StopRow {
    /// Place in the route; lower first.
    pub rank: i64,
    /// When it was taken off this route.
    pub taken_off_at_us: Option<i64>,
    /// The order.
    pub order_id: Uuid,
    /// "T-2291".
    pub number: String,
    /// Code of the kind.
    pub kind: String,
    /// Code of the reason.
    pub reason: String,
    /// The account.
    pub account: String,
    /// The premise.
    pub premise: String,
    /// 1 is most urgent.
    pub priority: i64,
    /// By when it has to be done.
    pub due_at_us: Option<i64>,
    /// Code of the order's state.
    pub state: String,
    /// Street address, where the premise is known.
    pub address: Option<String>,
    /// Unit, where there is one.
    pub unit: Option<String>,
    /// Latitude in 1e-7 degrees.
    pub lat_e7: Option<i64>,
    /// Longitude in 1e-7 degrees.
    pub lon_e7: Option<i64>,
}

/// All routes of a day, every generation, by crew.
///
/// # Errors
/// As the database says.
pub async fn of_day(conn: &mut Conn, date: &str) -> Result<Vec<RouteOfDay>, StoreError> {
    fetch_all!(conn, RouteOfDay, OF_DAY, date)
}

/// One route.
///
/// # Errors
/// As the database says.
pub async fn by_id(conn: &mut Conn, id: RouteId) -> Result<Option<RouteOfDay>, StoreError> {
    fetch_optional!(conn, RouteOfDay, BY_ID, id.0)
}

/// The stops of a route in order, those taken off as well.
///
/// # Errors
/// As the database says.
pub async fn stops(conn: &mut Conn, id: RouteId) -> Result<Vec<StopRow>, StoreError> {
    fetch_all!(conn, StopRow, STOPS, id.0)
}

/// Notes that a crew's older generations of a day no longer stand. Their documents stay open: a tablet may still hold
/// one, and has to hear of every release.
///
/// # Errors
/// As the database says.
pub async fn take_off_older(
    work: &mut Work,
    crew: CrewId,
    date: &str,
    generation: i64,
    now: Micros,
) -> Result<u64, StoreError> {
    execute!(work, TAKE_OFF_OLDER, crew.0, date, generation, now.0)
}

/// Notes that an order stands on this route no longer.
///
/// # Errors
/// As the database says.
pub async fn take_off(work: &mut Work, route: RouteId, order: OrderId, now: Micros) -> Result<u64, StoreError> {
    execute!(work, TAKE_OFF, route.0, order.0, now.0)
}

/// Notes that an order stands on this route now and on no other.
///
/// # Errors
/// As the database says.
pub async fn take_off_others(work: &mut Work, order: OrderId, now_on: RouteId, now: Micros) -> Result<u64, StoreError> {
    execute!(work, TAKE_OFF_OTHERS, order.0, now_on.0, now.0)
}

/// Closes at most `limit` routes whose day lies before `day` (`YYYY-MM-DD`); returns how many.
///
/// # Errors
/// As the database says.
pub async fn close_before(work: &mut Work, day: &str, now: Micros, limit: i64) -> Result<u64, StoreError> {
    execute!(work, CLOSE_BEFORE, day, now.0, limit)
}

/// Keeps that a route was put on paper.
///
/// # Errors
/// When the database fails.
pub async fn put_on_paper(work: &mut Work, route: RouteId, at: Micros) -> Result<(), StoreError> {
    execute!(work, PUT_ON_PAPER, route.0, at.0).map(|_| ())
}
