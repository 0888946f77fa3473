//! Areas in which cuts are suspended, and which orders were told.

use super::{Conn, StoreError, Work};
use crate::{
    execute, execute_one, fetch_all, fetch_one, fetch_optional,
    planning::area::{Covers, Lies, Suspension},
};
use chrono::NaiveDate;
use curbstop_shared::{ids::OrderId, time::Micros};
use uuid::Uuid;

crate::statements! {
    INSERT = "INSERT INTO suspensions (number, covers, places, reason, why, start_on, good_through, set_by, set_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    COUNT = "SELECT COUNT(*) FROM suspensions";
    BY_NUMBER = "SELECT number, covers, places, reason, why, start_on, good_through, lifted_on, set_by, set_at_us, lifted_by, lifted_at_us, lifted_why FROM suspensions WHERE number = $1";
    LATEST = "SELECT number, covers, places, reason, why, start_on, good_through, lifted_on, set_by, set_at_us, lifted_by, lifted_at_us, lifted_why FROM suspensions ORDER BY set_at_us DESC, number DESC LIMIT $1";
    NOT_LIFTED = "SELECT number, covers, places, reason, why, start_on, good_through, lifted_on, set_by, set_at_us, lifted_by, lifted_at_us, lifted_why FROM suspensions WHERE lifted_on IS NULL ORDER BY set_at_us, number";
    LIFT = "UPDATE suspensions SET lifted_on = $2, lifted_by = $3, lifted_at_us = $4, lifted_why = $5 WHERE number = $1";
    TELL = "INSERT INTO suspended_orders (suspension, order_id) VALUES ($1, $2) ON CONFLICT (suspension, order_id) DO NOTHING";
    TOLD = "SELECT order_id FROM suspended_orders WHERE suspension = $1 ORDER BY order_id";
    /// Those of them that wait on a route that is out and has them.
    STOPPED = "SELECT t.order_id FROM suspended_orders t JOIN orders o ON o.id = t.order_id WHERE t.suspension = $1 AND o.state = 'held' AND EXISTS (SELECT 1 FROM route_orders s JOIN routes r ON r.id = s.route WHERE s.order_id = o.id AND r.closed_at_us IS NULL AND s.taken_off_at_us IS NULL) ORDER BY t.order_id";
    /// Cuts that are not made yet, on a route that is out or on none.
    WAITING = "SELECT o.id, o.kind, o.reason, o.state, COALESCE(p.city, '') AS city, COALESCE(p.zip, '') AS zip, COALESCE(p.cycle, '') AS cycle, COALESCE(p.route, '') AS route, (SELECT COUNT(*) FROM route_orders s JOIN routes r ON r.id = s.route WHERE s.order_id = o.id AND r.closed_at_us IS NULL) AS open_routes, (SELECT COUNT(*) FROM route_orders s JOIN routes r ON r.id = s.route WHERE s.order_id = o.id AND r.closed_at_us IS NULL AND s.taken_off_at_us IS NULL) AS now_on FROM orders o LEFT JOIN premises p ON p.id = o.premise WHERE o.state IN ('open', 'unable', 'held', 'stopped_at_door') OR (o.state = 'recalled' AND EXISTS (SELECT 1 FROM route_orders s JOIN routes r ON r.id = s.route WHERE s.order_id = o.id AND r.closed_at_us IS NULL AND s.taken_off_at_us IS NULL)) ORDER BY o.id";
    CITIES = "SELECT city, COUNT(*) FROM premises WHERE city <> '' GROUP BY city ORDER BY city LIMIT $1";
    ZIPS = "SELECT zip, COUNT(*) FROM premises WHERE zip <> '' GROUP BY zip ORDER BY zip LIMIT $1";
    CYCLES = "SELECT cycle, COUNT(*) FROM premises WHERE cycle <> '' GROUP BY cycle ORDER BY cycle LIMIT $1";
    ROUTES = "SELECT route, COUNT(*) FROM premises WHERE route <> '' GROUP BY route ORDER BY route LIMIT $1";
}

/// A suspension as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SuspensionRow {
    /// "S-3".
    pub number: String,
    /// Code of [`Covers`].
    pub covers: String,
    /// A JSON list of texts.
    pub places: String,
    /// Code of the hold's reason.
    pub reason: String,
    /// Why, in somebody's words.
    pub why: String,
    /// First day.
    pub start_on: String,
    /// Last day, included; none until it is lifted.
    pub good_through: Option<String>,
    /// First day on which it doesn't count.
    pub lifted_on: Option<String>,
    /// Who set it, as the audit trail names them.
    pub set_by: String,
    /// When.
    pub set_at_us: i64,
    /// Who lifted it.
    pub lifted_by: Option<String>,
    /// When.
    pub lifted_at_us: Option<i64>,
    /// Why it was lifted.
    pub lifted_why: Option<String>,
}

impl SuspensionRow {
    /// The rule in it.
    ///
    /// # Errors
    /// Where the row does not read.
    pub fn rule(&self) -> Result<Suspension, StoreError> {
        let bad = |column| StoreError::inconsistent("suspensions", column, &self.number, "does not read");
        let day = |text: &Option<String>, column| match text {
            Some(text) => text.parse::<NaiveDate>().map(Some).map_err(|_| bad(column)),
            None => Ok(None),
        };
        Ok(Suspension {
            covers: Covers::of_code(&self.covers).ok_or_else(|| bad("covers"))?,
            places: serde_json::from_str(&self.places).map_err(|_| bad("places"))?,
            reason: self.reason.parse().map_err(|_| bad("reason"))?,
            from: self.start_on.parse().map_err(|_| bad("start_on"))?,
            good_through: day(&self.good_through, "good_through")?,
            lifted: day(&self.lifted_on, "lifted_on")?,
        })
    }
}

/// A cut that is not made yet, with where it lies.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct WaitingCut {
    /// The order.
    pub id: Uuid,
    /// Code of its kind.
    pub kind: String,
    /// Code of its reason.
    pub reason: String,
    /// Code of its state: recalled and on its route still it may be given back to the crew any time.
    pub state: String,
    city: String,
    zip: String,
    cycle: String,
    route: String,
    /// Routes that are out and have it, or had it: a tablet may hold it still.
    pub open_routes: i64,
    /// Routes that are out and have it.
    pub now_on: i64,
}

impl WaitingCut {
    /// Where it lies.
    #[must_use]
    pub fn lies(&self) -> Lies {
        let Self { city, zip, cycle, route, .. } = self;
        Lies { city: city.clone(), zip: zip.clone(), cycle: cycle.clone(), route: route.clone() }
    }
}

/// Keeps a suspension.
///
/// # Errors
/// As the database says.
pub async fn insert(work: &mut Work, row: &SuspensionRow) -> Result<(), StoreError> {
    execute_one!(
        work,
        INSERT,
        &row.number,
        &row.covers,
        &row.places,
        &row.reason,
        &row.why,
        &row.start_on,
        row.good_through.as_deref(),
        &row.set_by,
        row.set_at_us
    )
}

/// How many there ever were.
///
/// # Errors
/// As the database says.
pub async fn count(conn: &mut Conn) -> Result<i64, StoreError> {
    let (count,): (i64,) = fetch_one!(conn, (i64,), COUNT)?;
    Ok(count)
}

/// One suspension.
///
/// # Errors
/// As the database says.
pub async fn by_number(conn: &mut Conn, number: &str) -> Result<Option<SuspensionRow>, StoreError> {
    fetch_optional!(conn, SuspensionRow, BY_NUMBER, number)
}

/// The latest ones, the newest first.
///
/// # Errors
/// As the database says.
pub async fn latest(conn: &mut Conn, most: i64) -> Result<Vec<SuspensionRow>, StoreError> {
    fetch_all!(conn, SuspensionRow, LATEST, most)
}

/// Those that nobody has lifted, the oldest first; their last day may be over.
///
/// # Errors
/// As the database says.
pub async fn not_lifted(conn: &mut Conn) -> Result<Vec<SuspensionRow>, StoreError> {
    fetch_all!(conn, SuspensionRow, NOT_LIFTED)
}

/// Ends one: `on` is the first day on which it doesn't count.
///
/// # Errors
/// As the database says, or when there is no such suspension.
pub async fn lift(
    work: &mut Work,
    number: &str,
    on: NaiveDate,
    by: &str,
    at: Micros,
    why: &str,
) -> Result<(), StoreError> {
    execute_one!(work, LIFT, number, on.to_string(), by, at.0, why)
}

/// Keeps that an order was told of it.
///
/// # Errors
/// As the database says.
pub async fn tell(work: &mut Work, number: &str, order: OrderId) -> Result<(), StoreError> {
    execute!(work, TELL, number, order.0).map(|_| ())
}

/// The orders that were told of it.
///
/// # Errors
/// As the database says.
pub async fn told(conn: &mut Conn, number: &str) -> Result<Vec<OrderId>, StoreError> {
    let rows = fetch_all!(conn, (Uuid,), TOLD, number)?;
    Ok(rows.into_iter().map(|(id,)| OrderId(id)).collect())
}

/// The orders that wait because of it, each on a route that is out and has it.
///
/// # Errors
/// As the database says.
pub async fn stopped(conn: &mut Conn, number: &str) -> Result<Vec<OrderId>, StoreError> {
    let rows = fetch_all!(conn, (Uuid,), STOPPED, number)?;
    Ok(rows.into_iter().map(|(id,)| OrderId(id)).collect())
}

/// Every order that is not over, with where it lies.
///
/// # Errors
/// As the database says.
pub async fn waiting(conn: &mut Conn) -> Result<Vec<WaitingCut>, StoreError> {
    fetch_all!(conn, WaitingCut, WAITING)
}

/// The areas of one kind that premises name, with how many premises lie in each.
///
/// # Errors
/// As the database says.
pub async fn areas(conn: &mut Conn, covers: Covers, most: i64) -> Result<Vec<(String, i64)>, StoreError> {
    match covers {
        Covers::Everywhere => Ok(Vec::new()),
        Covers::City => fetch_all!(conn, (String, i64), CITIES, most),
        Covers::Zip => fetch_all!(conn, (String, i64), ZIPS, most),
        Covers::Cycle => fetch_all!(conn, (String, i64), CYCLES, most),
        Covers::Route => fetch_all!(conn, (String, i64), ROUTES, most),
    }
}
