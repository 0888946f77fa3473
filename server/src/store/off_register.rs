//! What is off now: the orders that left a line off, with what gives it back. `CROSS JOIN` makes SQLite begin with them.

use super::{Conn, StoreError};
use crate::fetch_all;
use uuid::Uuid;

crate::statements! {
    ORDERS = "SELECT o.id, o.number, o.kind, o.reason, o.account, o.past_due_minor, o.disposition, p.address, p.unit FROM orders o LEFT JOIN premises p ON p.id = o.premise WHERE o.is_off ORDER BY o.account, o.number";
    LINES = "SELECT l.order_id, l.line, l.product, l.serial, l.past_due_minor, l.equipment FROM orders o CROSS JOIN order_lines l WHERE l.order_id = o.id AND o.is_off";
    CREWS = "SELECT f.id, c.name FROM orders o CROSS JOIN facts f JOIN routes r ON r.id = f.home_doc JOIN crews c ON c.id = r.crew WHERE f.order_id = o.id AND o.is_off AND f.kind || '' = 'visit'";
    RELEASES = "SELECT f.id, f.at_us, f.body FROM orders o CROSS JOIN facts f WHERE f.order_id = o.id AND o.is_off AND f.kind || '' = 'release'";
    PART_PAID = "SELECT e.order_id, e.detail FROM orders o CROSS JOIN exceptions e WHERE e.order_id = o.id AND o.is_off AND e.kind = 'part_paid' AND e.state <> 'gone' ORDER BY e.raised_at_us, e.id";
    RECONNECTS = "SELECT o.cause_order, o.number, o.due_at_us, o.state, (SELECT c.name FROM route_orders s JOIN routes r ON r.id = s.route JOIN crews c ON c.id = r.crew WHERE s.order_id = o.id AND s.taken_off_at_us IS NULL AND r.closed_at_us IS NULL ORDER BY r.published_at_us DESC, r.id DESC LIMIT 1) AS crew FROM orders x CROSS JOIN orders o WHERE o.cause_order = x.id AND x.is_off AND o.kind IN ('reconnect', 'unlock') AND NOT o.uncalled AND o.state IN ('open', 'unable') ORDER BY o.due_at_us, o.number";
}

/// An order with something off.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct OffOrder {
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
    /// Past due when the listing was run.
    pub past_due_minor: i64,
    /// JSON of what its facts add up to.
    pub disposition: String,
    /// Street address.
    pub address: Option<String>,
    /// Unit.
    pub unit: Option<String>,
}

/// Every order with something off, by account.
///
/// # Errors
/// As the database says.
pub async fn orders(conn: &mut Conn) -> Result<Vec<OffOrder>, StoreError> {
    fetch_all!(conn, OffOrder, ORDERS)
}

/// A line of one of them.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct OffLine {
    /// The order.
    pub order_id: Uuid,
    /// The line.
    #[sqlx(flatten)]
    pub line: super::orders::LineRow,
}

/// Their lines.
///
/// # Errors
/// As the database says.
pub async fn lines(conn: &mut Conn) -> Result<Vec<OffLine>, StoreError> {
    fetch_all!(conn, OffLine, LINES)
}

/// Each visit to them with the name of its crew.
///
/// # Errors
/// As the database says.
pub async fn crews(conn: &mut Conn) -> Result<Vec<(String, String)>, StoreError> {
    fetch_all!(conn, (String, String), CREWS)
}

/// A release of one of them: the fact, its moment, and its JSON.
///
/// # Errors
/// As the database says.
pub async fn releases(conn: &mut Conn) -> Result<Vec<(String, i64, String)>, StoreError> {
    fetch_all!(conn, (String, i64, String), RELEASES)
}

/// What gives one of them back.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct GivesBack {
    /// The order that is off.
    pub cause_order: Uuid,
    /// Its own number.
    pub number: String,
    /// By when it has to be done.
    pub due_at_us: Option<i64>,
    /// Code of its state.
    pub state: String,
    /// The crew that has it.
    pub crew: Option<String>,
}

/// The reconnects that wait for one of them, the most urgent first.
///
/// # Errors
/// As the database says.
pub async fn reconnects(conn: &mut Conn) -> Result<Vec<GivesBack>, StoreError> {
    fetch_all!(conn, GivesBack, RECONNECTS)
}

/// What was asked about orders with something off because less was paid than has to be: order and detail, oldest first.
///
/// # Errors
/// As the database says.
pub async fn part_paid(conn: &mut Conn) -> Result<Vec<(Uuid, String)>, StoreError> {
    fetch_all!(conn, (Uuid, String), PART_PAID)
}
