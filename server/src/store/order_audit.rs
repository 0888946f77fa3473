//! One order's way, for an auditor: the row of the listing that called for it, its routes, and what followed.

use super::{Conn, StoreError};
use crate::{fetch_all, fetch_optional};
use curbstop_shared::ids::OrderId;
use uuid::Uuid;

crate::statements! {
    LISTED = "SELECT l.number, l.source, l.as_of, l.state, l.file_sha256, l.rows_sha256, l.finalised_at_us, p.name AS finalised_by FROM orders o JOIN listings l ON l.id = o.listing LEFT JOIN people p ON p.id = l.finalised_by WHERE o.id = $1";
    LISTED_ROWS = "SELECT r.line, r.serial, r.product, r.past_due_minor, r.notice_date, r.cautions FROM orders o JOIN listing_rows r ON r.listing = o.listing AND r.account = o.account AND r.premise = o.premise AND r.order_kind = o.kind WHERE o.id = $1 ORDER BY r.line";
    ROUTES = "SELECT r.id, r.date, c.name AS crew, r.generation, r.published_at_us, p.name AS published_by, s.taken_off_at_us FROM route_orders s JOIN routes r ON r.id = s.route JOIN crews c ON c.id = r.crew LEFT JOIN people p ON p.id = r.published_by WHERE s.order_id = $1 ORDER BY r.published_at_us, r.id";
    FOLLOWERS = "SELECT id FROM orders WHERE cause_order = $1 ORDER BY created_at_us, id";
    /// Orders that take a service away and that a crew came to on these days.
    POPULATION = "SELECT o.id, o.number, o.kind, o.reason, o.account, o.state, p.address, p.unit, MIN(r.date) AS date, MIN(c.name) AS crew, COUNT(*) AS visits FROM routes r CROSS JOIN facts f JOIN crews c ON c.id = r.crew JOIN orders o ON o.id = f.order_id LEFT JOIN premises p ON p.id = o.premise WHERE f.home_doc = r.id AND f.kind = 'visit' AND r.date >= $1 AND r.date <= $2 AND o.kind IN ('turn_off', 'meter_lock') GROUP BY o.id, o.number, o.kind, o.reason, o.account, o.state, p.address, p.unit ORDER BY 9, o.number";
}

/// The listing that called for an order.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ListedRow {
    /// Its number; none while it is a draft.
    pub number: Option<i64>,
    /// Who sent it.
    pub source: String,
    /// Its day.
    pub as_of: String,
    /// `draft`, `final`, `withdrawn`.
    pub state: String,
    /// Hash of the file, in hex.
    pub file_sha256: String,
    /// Hash of its rows, in hex, since it is final.
    pub rows_sha256: Option<String>,
    /// When it was made final.
    pub finalised_at_us: Option<i64>,
    /// By whom.
    pub finalised_by: Option<String>,
}

/// The listing of an order; none where none called for it.
///
/// # Errors
/// As the database says.
pub async fn listed(conn: &mut Conn, order: OrderId) -> Result<Option<ListedRow>, StoreError> {
    fetch_optional!(conn, ListedRow, LISTED, order.0)
}

/// A row of that listing that became a line of the order.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ListedLine {
    /// The file's line.
    pub line: i64,
    /// Serial of the meter.
    pub serial: String,
    /// Code of the product.
    pub product: String,
    /// Past due.
    pub past_due_minor: i64,
    /// When notice was given.
    pub notice_date: String,
    /// Codes with `;` between them.
    pub cautions: String,
}

/// The rows of the listing that became the order.
///
/// # Errors
/// As the database says.
pub async fn listed_lines(conn: &mut Conn, order: OrderId) -> Result<Vec<ListedLine>, StoreError> {
    fetch_all!(conn, ListedLine, LISTED_ROWS, order.0)
}

/// A route that the order is, or was, on.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct RouteRow {
    /// The route.
    pub id: Uuid,
    /// Its day.
    pub date: String,
    /// Its crew.
    pub crew: String,
    /// Counts publications of a crew's day.
    pub generation: i64,
    /// When it was published.
    pub published_at_us: i64,
    /// By whom.
    pub published_by: Option<String>,
    /// When the order was taken off it.
    pub taken_off_at_us: Option<i64>,
}

/// The order's routes, in the order of their publishing.
///
/// # Errors
/// As the database says.
pub async fn routes(conn: &mut Conn, order: OrderId) -> Result<Vec<RouteRow>, StoreError> {
    fetch_all!(conn, RouteRow, ROUTES, order.0)
}

/// The orders that this one's disposition called for.
///
/// # Errors
/// As the database says.
pub async fn followers(conn: &mut Conn, order: OrderId) -> Result<Vec<OrderId>, StoreError> {
    let rows: Vec<(Uuid,)> = fetch_all!(conn, (Uuid,), FOLLOWERS, order.0)?;
    Ok(rows.into_iter().map(|(id,)| OrderId(id)).collect())
}

/// An order that may be drawn.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Candidate {
    /// Its id.
    pub id: Uuid,
    /// Its number.
    pub number: String,
    /// Code of its kind.
    pub kind: String,
    /// Code of its reason.
    pub reason: String,
    /// The account.
    pub account: String,
    /// Code of its state.
    pub state: String,
    /// Street address.
    pub address: Option<String>,
    /// Unit.
    pub unit: Option<String>,
    /// Day of the first visit's route.
    pub date: String,
    /// A crew that was there.
    pub crew: String,
    /// Visits on these days.
    pub visits: i64,
}

/// Orders that take a service away and that a crew came to on these days (both included), by day and number.
///
/// # Errors
/// As the database says.
pub async fn population(conn: &mut Conn, from: &str, to: &str) -> Result<Vec<Candidate>, StoreError> {
    fetch_all!(conn, Candidate, POPULATION, from, to)
}
