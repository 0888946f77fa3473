//! What reports count: visits by day and crew, readings that were warned about, exceptions, and what is off now.
//!
//! A visit's day is its route's: a tablet's clock may be wrong, the route is not.
//!
//! SQLite keeps no figures about its tables here and would begin with every visit ever made: `CROSS JOIN` makes it begin
//! with the days' routes, and `kind || ''` keeps it from the index of all facts of a kind.

use super::{Conn, StoreError};
use crate::fetch_all;
use curbstop_shared::time::Micros;
use uuid::Uuid;

// A NUL in a fact of before the gate knew it would end the whole statement on PostgreSQL, whose JSON can't say it.
crate::statements! {
    // Orders of which a fact was corrected are left out here and told one by one.
    VISITS =
        sqlite "SELECT r.date, r.crew, o.kind, f.body ->> 'outcome' AS outcome, f.body ->> 'code' AS code, COUNT(*) AS visits FROM routes r CROSS JOIN facts f JOIN orders o ON o.id = f.order_id WHERE r.date >= $1 AND r.date <= $2 AND f.home_doc = r.id AND f.kind = 'visit' AND NOT EXISTS (SELECT 1 FROM facts k WHERE k.order_id = f.order_id AND k.kind = 'correction') GROUP BY r.date, r.crew, o.kind, 4, 5",
        postgres "SELECT r.date, r.crew, o.kind, replace(f.body, '\\u0000', '\\ufffd')::jsonb ->> 'outcome' AS outcome, replace(f.body, '\\u0000', '\\ufffd')::jsonb ->> 'code' AS code, COUNT(*) AS visits FROM routes r CROSS JOIN facts f JOIN orders o ON o.id = f.order_id WHERE r.date >= $1 AND r.date <= $2 AND f.home_doc = r.id AND f.kind = 'visit' AND NOT EXISTS (SELECT 1 FROM facts k WHERE k.order_id = f.order_id AND k.kind = 'correction') GROUP BY r.date, r.crew, o.kind, 4, 5";
    CORRECTED_VISITS = "SELECT r.date, r.crew, f.order_id, f.id FROM routes r CROSS JOIN facts f WHERE r.date >= $1 AND r.date <= $2 AND f.home_doc = r.id AND f.kind = 'visit' AND EXISTS (SELECT 1 FROM facts k WHERE k.order_id = f.order_id AND k.kind = 'correction') ORDER BY r.date, f.id";
    // A stop counts once a day and crew, however often the route was published; one that was taken off only if somebody was there.
    STOPS = "SELECT r.date, r.crew, COUNT(DISTINCT s.order_id) AS stops, COUNT(DISTINCT CASE WHEN EXISTS (SELECT 1 FROM facts f JOIN routes v ON v.id = f.home_doc WHERE f.order_id = s.order_id AND f.kind || '' = 'visit' AND v.crew = r.crew AND v.date = r.date) THEN s.order_id END) AS attempted, COUNT(DISTINCT CASE WHEN o.state IN ('recalled', 'released', 'held') AND NOT EXISTS (SELECT 1 FROM facts f JOIN routes v ON v.id = f.home_doc WHERE f.order_id = s.order_id AND f.kind || '' = 'visit' AND v.crew = r.crew AND v.date = r.date) THEN s.order_id END) AS called_off FROM routes r CROSS JOIN route_orders s JOIN orders o ON o.id = s.order_id WHERE s.route = r.id AND r.date >= $1 AND r.date <= $2 AND (s.taken_off_at_us IS NULL OR EXISTS (SELECT 1 FROM facts f WHERE f.order_id = s.order_id AND f.kind || '' = 'visit' AND f.home_doc = r.id)) GROUP BY r.date, r.crew";
    // Every time zone's hours begin at a quarter of UTC's.
    QUARTERS = "SELECT r.date, r.crew, (f.at_us + COALESCE(f.clock_offset_us, 0)) / 900000000 AS quarter, COUNT(*) AS visits, MIN(f.at_us + COALESCE(f.clock_offset_us, 0)) AS first_at_us, MAX(f.at_us + COALESCE(f.clock_offset_us, 0)) AS last_at_us FROM routes r CROSS JOIN facts f WHERE r.date >= $1 AND r.date <= $2 AND f.home_doc = r.id AND f.kind = 'visit' GROUP BY r.date, r.crew, 3 ORDER BY r.date, r.crew, 3";
    READINGS =
        sqlite "SELECT f.id, f.order_id, o.number, o.account, p.address, p.unit, c.name AS crew, f.at_us, f.received_at_us, f.body, l.product, l.serial, s.last_read, s.last_read_on, EXISTS (SELECT 1 FROM facts k WHERE k.order_id = f.order_id AND k.kind = 'correction') AS corrected, (SELECT MIN(e.state) FROM exceptions e WHERE e.order_id = f.order_id AND e.cause = f.id AND e.state <> 'gone') AS looked_at FROM facts f JOIN orders o ON o.id = f.order_id LEFT JOIN premises p ON p.id = o.premise LEFT JOIN routes r ON r.id = f.home_doc LEFT JOIN crews c ON c.id = r.crew LEFT JOIN order_lines l ON l.order_id = f.order_id AND l.line = f.body ->> 'line' LEFT JOIN service_points s ON s.serial = l.serial WHERE f.kind = 'reading' AND f.received_at_us >= $1 AND f.received_at_us < $2 AND (COALESCE(f.body ->> 'checks', '') <> '' OR f.body ->> 'code' IS NOT NULL OR (l.serial IS NOT NULL AND f.body ->> 'serial_seen' NOT IN ('', l.serial)) OR EXISTS (SELECT 1 FROM facts k WHERE k.order_id = f.order_id AND k.kind = 'correction')) ORDER BY f.received_at_us, f.id LIMIT $3",
        postgres "SELECT f.id, f.order_id, o.number, o.account, p.address, p.unit, c.name AS crew, f.at_us, f.received_at_us, f.body, l.product, l.serial, s.last_read, s.last_read_on, EXISTS (SELECT 1 FROM facts k WHERE k.order_id = f.order_id AND k.kind = 'correction') AS corrected, (SELECT MIN(e.state) FROM exceptions e WHERE e.order_id = f.order_id AND e.cause = f.id AND e.state <> 'gone') AS looked_at FROM facts f JOIN orders o ON o.id = f.order_id LEFT JOIN premises p ON p.id = o.premise LEFT JOIN routes r ON r.id = f.home_doc LEFT JOIN crews c ON c.id = r.crew LEFT JOIN order_lines l ON l.order_id = f.order_id AND l.line = replace(f.body, '\\u0000', '\\ufffd')::jsonb ->> 'line' LEFT JOIN service_points s ON s.serial = l.serial WHERE f.kind = 'reading' AND f.received_at_us >= $1 AND f.received_at_us < $2 AND (COALESCE(replace(f.body, '\\u0000', '\\ufffd')::jsonb ->> 'checks', '') <> '' OR replace(f.body, '\\u0000', '\\ufffd')::jsonb ->> 'code' IS NOT NULL OR (l.serial IS NOT NULL AND replace(f.body, '\\u0000', '\\ufffd')::jsonb ->> 'serial_seen' NOT IN ('', l.serial)) OR EXISTS (SELECT 1 FROM facts k WHERE k.order_id = f.order_id AND k.kind = 'correction')) ORDER BY f.received_at_us, f.id LIMIT $3";
    // What was open from before stays in sight until somebody settles it.
    EXCEPTIONS = "SELECT e.id, e.kind, o.number, e.account, e.owner_role, e.raised_at_us, e.due_at_us, e.state, e.resolved_at_us, q.name AS resolved_by, e.resolution FROM exceptions e LEFT JOIN orders o ON o.id = e.order_id LEFT JOIN people q ON q.id = e.resolved_by WHERE (e.raised_at_us >= $1 AND e.raised_at_us < $2) OR (e.state = 'open' AND e.raised_at_us < $1) ORDER BY e.raised_at_us, e.id LIMIT $3";
    // Who paid waits from then on, or from the cut where that came later.
    RESTORES =
        sqlite "SELECT o.created_at_us, o.due_at_us, (SELECT MIN(COALESCE(k.body ->> 'paid_at', k.at_us)) FROM facts k WHERE k.order_id = o.cause_order AND k.kind || '' = 'release' AND (k.body ->> 'verified' = 1 OR EXISTS (SELECT 1 FROM facts d WHERE d.order_id = k.order_id AND d.kind || '' = 'release_decision' AND d.body ->> 'release' = k.id AND d.body ->> 'accepted' = 1)) AND NOT EXISTS (SELECT 1 FROM facts b WHERE b.order_id = k.order_id AND b.kind || '' = 'release_reversal' AND b.body ->> 'release' = k.id)) AS paid_at_us, (SELECT MIN(w.at_us + COALESCE(w.clock_offset_us, 0)) FROM facts w WHERE w.order_id = o.cause_order AND w.kind || '' = 'work') AS cut_at_us, MAX(f.at_us + COALESCE(f.clock_offset_us, 0)) AS done_at_us FROM routes r CROSS JOIN facts f JOIN orders o ON o.id = f.order_id WHERE r.date >= $1 AND r.date <= $2 AND f.home_doc = r.id AND f.kind = 'visit' AND o.kind IN ('reconnect', 'unlock') AND o.state = 'done' GROUP BY o.id, o.cause_order, o.created_at_us, o.due_at_us",
        postgres "SELECT o.created_at_us, o.due_at_us, (SELECT MIN(COALESCE((replace(k.body, '\\u0000', '\\ufffd')::jsonb ->> 'paid_at')::bigint, k.at_us)) FROM facts k WHERE k.order_id = o.cause_order AND k.kind || '' = 'release' AND (replace(k.body, '\\u0000', '\\ufffd')::jsonb ->> 'verified' = 'true' OR EXISTS (SELECT 1 FROM facts d WHERE d.order_id = k.order_id AND d.kind || '' = 'release_decision' AND replace(d.body, '\\u0000', '\\ufffd')::jsonb ->> 'release' = k.id AND replace(d.body, '\\u0000', '\\ufffd')::jsonb ->> 'accepted' = 'true')) AND NOT EXISTS (SELECT 1 FROM facts b WHERE b.order_id = k.order_id AND b.kind || '' = 'release_reversal' AND replace(b.body, '\\u0000', '\\ufffd')::jsonb ->> 'release' = k.id)) AS paid_at_us, (SELECT MIN(w.at_us + COALESCE(w.clock_offset_us, 0)) FROM facts w WHERE w.order_id = o.cause_order AND w.kind || '' = 'work') AS cut_at_us, MAX(f.at_us + COALESCE(f.clock_offset_us, 0)) AS done_at_us FROM routes r CROSS JOIN facts f JOIN orders o ON o.id = f.order_id WHERE r.date >= $1 AND r.date <= $2 AND f.home_doc = r.id AND f.kind = 'visit' AND o.kind IN ('reconnect', 'unlock') AND o.state = 'done' GROUP BY o.id, o.cause_order, o.created_at_us, o.due_at_us";
    WRONGFUL = "SELECT kind, COUNT(*) FROM exceptions WHERE raised_at_us >= $1 AND raised_at_us < $2 AND state <> 'gone' AND kind IN ('cut_despite_release', 'cut_crossed_release', 'cut_under_hold', 'off_under_claim', 'permit_breach') GROUP BY kind ORDER BY kind";
}

/// Visits of one crew on one day that ended alike.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct VisitsRow {
    /// The route's day.
    pub date: String,
    /// The crew.
    pub crew: Uuid,
    /// Code of the orders' kind.
    pub kind: String,
    /// Code of how they ended.
    pub outcome: Option<String>,
    /// Why, where they are not done.
    pub code: Option<String>,
    /// How many.
    pub visits: i64,
}

/// Visits of the routes of these days (`YYYY-MM-DD`, both included), but for orders with corrections.
///
/// # Errors
/// As the database says.
pub async fn visits(conn: &mut Conn, from: &str, to: &str) -> Result<Vec<VisitsRow>, StoreError> {
    fetch_all!(conn, VisitsRow, VISITS, from, to)
}

/// A visit to an order of which something was corrected.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct CorrectedVisit {
    /// The route's day.
    pub date: String,
    /// The crew.
    pub crew: Uuid,
    /// The order.
    pub order_id: Uuid,
    /// The visit.
    pub id: String,
}

/// The visits that [`visits`] leaves out.
///
/// # Errors
/// As the database says.
pub async fn corrected_visits(conn: &mut Conn, from: &str, to: &str) -> Result<Vec<CorrectedVisit>, StoreError> {
    fetch_all!(conn, CorrectedVisit, CORRECTED_VISITS, from, to)
}

/// What a crew had to do on a day, and at how many of these stops it was.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct StopsRow {
    /// The route's day.
    pub date: String,
    /// The crew.
    pub crew: Uuid,
    /// Orders on its route.
    pub stops: i64,
    /// Those of them that it came to.
    pub attempted: i64,
    /// Those that it did not come to, and that are taken back, released or held by now.
    pub called_off: i64,
}

/// Stops of the routes of these days, both included.
///
/// # Errors
/// As the database says.
pub async fn stops(conn: &mut Conn, from: &str, to: &str) -> Result<Vec<StopsRow>, StoreError> {
    fetch_all!(conn, StopsRow, STOPS, from, to)
}

/// Visits of a crew within a quarter of an hour, by the server's clock.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct QuarterRow {
    /// The route's day.
    pub date: String,
    /// The crew.
    pub crew: Uuid,
    /// Quarters of an hour since 1970.
    pub quarter: i64,
    /// How many.
    pub visits: i64,
    /// The first of them.
    pub first_at_us: i64,
    /// The last of them.
    pub last_at_us: i64,
}

/// When the visits of these days' routes were made, both days included.
///
/// # Errors
/// As the database says.
pub async fn quarters(conn: &mut Conn, from: &str, to: &str) -> Result<Vec<QuarterRow>, StoreError> {
    fetch_all!(conn, QuarterRow, QUARTERS, from, to)
}

/// A reading that somebody should look at.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct CheckedReading {
    /// The fact.
    pub id: String,
    /// The order.
    pub order_id: Uuid,
    /// The order's number.
    pub number: String,
    /// The account.
    pub account: String,
    /// Street address.
    pub address: Option<String>,
    /// Unit.
    pub unit: Option<String>,
    /// The crew that read it.
    pub crew: Option<String>,
    /// The device's clock.
    pub at_us: i64,
    /// When it came in.
    pub received_at_us: i64,
    /// JSON of what was read.
    pub body: String,
    /// Code of the product.
    pub product: Option<String>,
    /// Serial on the order.
    pub serial: Option<String>,
    /// Digits of the last reading on file.
    pub last_read: Option<String>,
    /// Its day.
    pub last_read_on: Option<String>,
    /// Something of the order was corrected: what counts is in its fold.
    pub corrected: bool,
    /// `open` or `resolved`, where an exception was raised about it.
    pub looked_at: Option<String>,
}

/// Readings received in a span of time (its end not included) that were warned about, could not be taken, or are of
/// another meter; and all of orders with corrections.
///
/// # Errors
/// As the database says.
pub async fn readings(
    conn: &mut Conn,
    (from, to): (Micros, Micros),
    limit: i64,
) -> Result<Vec<CheckedReading>, StoreError> {
    fetch_all!(conn, CheckedReading, READINGS, from.0, to.0, limit)
}

/// An exception with whoever settled it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ExceptionRow {
    /// Its id.
    pub id: Uuid,
    /// Code of its kind.
    pub kind: String,
    /// The order's number.
    pub number: Option<String>,
    /// The account.
    pub account: String,
    /// Who has to act.
    pub owner_role: String,
    /// When it was raised.
    pub raised_at_us: i64,
    /// By when somebody has to have acted.
    pub due_at_us: i64,
    /// `open`, `resolved`, `gone`.
    pub state: String,
    /// When it was closed.
    pub resolved_at_us: Option<i64>,
    /// By whom.
    pub resolved_by: Option<String>,
    /// What was done.
    pub resolution: Option<String>,
}

/// Those raised in a span of time (its end not included), and those still open from before it; oldest first.
///
/// # Errors
/// As the database says.
pub async fn exceptions(
    conn: &mut Conn,
    (from, to): (Micros, Micros),
    limit: i64,
) -> Result<Vec<ExceptionRow>, StoreError> {
    fetch_all!(conn, ExceptionRow, EXCEPTIONS, from.0, to.0, limit)
}

/// A service that was given back.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct RestoredRow {
    /// When it was called for.
    pub created_at_us: i64,
    /// When it was paid for, else when the release was recorded; none where no release of its cut stands.
    pub paid_at_us: Option<i64>,
    /// When the cut was made, by the server's clock.
    pub cut_at_us: Option<i64>,
    /// By when it had to be done.
    pub due_at_us: Option<i64>,
    /// The last visit to it, by the server's clock.
    pub done_at_us: i64,
}

/// Reconnects done on the routes of these days, both included.
///
/// # Errors
/// As the database says.
pub async fn restores(conn: &mut Conn, from: &str, to: &str) -> Result<Vec<RestoredRow>, StoreError> {
    fetch_all!(conn, RestoredRow, RESTORES, from, to)
}

/// How many people were, or may have been, cut who should not have been: kind and count.
///
/// # Errors
/// As the database says.
pub async fn wrongful(conn: &mut Conn, (from, to): (Micros, Micros)) -> Result<Vec<(String, i64)>, StoreError> {
    fetch_all!(conn, (String, i64), WRONGFUL, from.0, to.0)
}
