//! What the dispatcher's board shows: the routes of a day, their stops, and what each tablet is known to have.

use super::{Conn, StoreError};
use crate::{fetch_all, fetch_optional};
use uuid::Uuid;

crate::statements! {
    ROUTES = "SELECT r.id, r.crew, c.name AS crew_name, c.kind AS crew_kind, c.qualifications, c.phone, r.generation, r.plan, r.published_at_us, r.sheet_at_us, r.closed_at_us, x.said_at_us AS out_at_us FROM routes r JOIN crews c ON c.id = r.crew LEFT JOIN crews_out x ON x.crew = r.crew AND x.date = r.date WHERE r.date = $1 ORDER BY c.name, r.generation DESC";
    STOPS = "SELECT s.route, s.rank, s.taken_off_at_us, o.id, o.number, o.kind, o.reason, o.account, o.premise, o.due_at_us, o.state, o.disposition, p.lat_e7, p.lon_e7 FROM route_orders s JOIN routes r ON r.id = s.route JOIN orders o ON o.id = s.order_id LEFT JOIN premises p ON p.id = o.premise WHERE r.date = $1 ORDER BY s.route, s.rank, o.number";
    VISITS = "SELECT f.id, c.name AS crew, f.order_id, f.home_doc AS route FROM facts f JOIN routes r ON r.id = f.home_doc JOIN crews c ON c.id = r.crew WHERE f.kind = 'visit' AND f.order_id IN (SELECT s.order_id FROM route_orders s JOIN routes day ON day.id = s.route WHERE day.date = $1)";
    /// One out of service that has an older route of the crew's day and was not handed in is still the crew's to bring in.
    TABLETS = "SELECT r.id AS route, d.id AS device, d.name, t.confirmed_heads, t.confirmed_at_us, (SELECT MIN(a.issued_at_us) FROM doc_actors a WHERE a.device = d.id AND a.doc = r.id) AS sent_at_us, c.last_contact_at_us, d.revoked_at_us, EXISTS (SELECT 1 FROM quarantine q WHERE q.device = d.id AND q.doc = r.id) AS handed_in, EXISTS (SELECT 1 FROM device_docs n JOIN routes q ON q.id = n.doc WHERE n.device = d.id AND q.crew = r.crew AND q.date = r.date AND q.generation > r.generation) AS has_newer FROM routes r JOIN devices d ON d.crew_id = r.crew LEFT JOIN device_docs t ON t.device = d.id AND t.doc = r.id LEFT JOIN device_contacts c ON c.device = d.id WHERE r.date = $1 AND (d.revoked_at_us IS NULL OR t.confirmed_heads IS NOT NULL OR EXISTS (SELECT 1 FROM doc_actors a JOIN routes q ON q.id = a.doc WHERE a.device = d.id AND q.crew = r.crew AND q.date = r.date AND q.generation <= r.generation AND (q.id = r.id OR NOT EXISTS (SELECT 1 FROM quarantine k WHERE k.device = d.id AND k.doc = q.id)))) ORDER BY r.id, d.name, d.id";
    /// One that was recalled because it left a crew's route waits too: the crew that has it was told not to go.
    UNROUTED = "SELECT o.id, o.number, o.kind, o.reason, o.account, o.premise, o.priority, o.due_at_us, o.created_at_us, p.lat_e7, p.lon_e7, COUNT(*) OVER () AS waiting, (SELECT string_agg(l.product, ' ') FROM order_lines l WHERE l.order_id = o.id) AS products FROM orders o LEFT JOIN premises p ON p.id = o.premise WHERE o.kind IN ('reconnect', 'unlock') AND NOT o.uncalled AND ((o.state IN ('open', 'unable') AND NOT EXISTS (SELECT 1 FROM route_orders s JOIN routes r ON r.id = s.route WHERE s.order_id = o.id AND s.taken_off_at_us IS NULL AND r.closed_at_us IS NULL AND r.date >= $1)) OR (o.state = 'recalled' AND (o.disposition LIKE '%\"state\":\"recalled\"%\"reason\":\"moved\"%' OR o.disposition LIKE '%\"state\":\"recalled\"%\"reason\":\"taken_off\"%'))) ORDER BY o.priority, o.due_at_us, o.created_at_us LIMIT $2";
    RESTORES_OUT = "SELECT s.route, o.id, o.number, o.kind, o.reason, o.account, o.premise, o.priority, o.due_at_us, o.created_at_us, p.lat_e7, p.lon_e7, COUNT(*) OVER () AS waiting, (SELECT string_agg(l.product, ' ') FROM order_lines l WHERE l.order_id = o.id) AS products FROM route_orders s JOIN routes r ON r.id = s.route JOIN orders o ON o.id = s.order_id LEFT JOIN premises p ON p.id = o.premise WHERE r.date = $1 AND r.closed_at_us IS NULL AND s.taken_off_at_us IS NULL AND o.kind IN ('reconnect', 'unlock') AND o.state IN ('open', 'unable') AND NOT o.uncalled ORDER BY o.priority, o.due_at_us, o.created_at_us";
    LATER = "SELECT c.name AS crew_name, c.phone, r.date, s.route, o.id, o.number, o.kind, o.reason, o.account, o.premise, o.priority, o.due_at_us, o.created_at_us, p.lat_e7, p.lon_e7, COUNT(*) OVER () AS waiting, (SELECT string_agg(l.product, ' ') FROM order_lines l WHERE l.order_id = o.id) AS products FROM route_orders s JOIN routes r ON r.id = s.route JOIN crews c ON c.id = r.crew JOIN orders o ON o.id = s.order_id LEFT JOIN premises p ON p.id = o.premise WHERE r.date > $1 AND r.closed_at_us IS NULL AND s.taken_off_at_us IS NULL AND o.kind IN ('reconnect', 'unlock') AND o.state IN ('open', 'unable') AND NOT o.uncalled AND NOT EXISTS (SELECT 1 FROM route_orders n JOIN routes d ON d.id = n.route WHERE n.order_id = o.id AND n.taken_off_at_us IS NULL AND d.closed_at_us IS NULL AND d.date = $1) ORDER BY o.priority, o.due_at_us, o.created_at_us, r.date LIMIT $2";
    /// Whose listing is final, that wait, and that no open route of the day or a later one has.
    ON_NOBODYS_ROUTE = "SELECT COUNT(*) AS orders FROM orders o JOIN listings l ON l.id = o.listing WHERE o.state IN ('open', 'unable') AND l.state = 'final' AND l.as_of = $1 AND NOT EXISTS (SELECT 1 FROM route_orders s JOIN routes r ON r.id = s.route WHERE s.order_id = o.id AND s.taken_off_at_us IS NULL AND r.closed_at_us IS NULL AND r.date >= $2)";
    /// The earlier ones with what they were called; what is older than a month nobody waits for any more.
    WAITING_OF_EARLIER = "SELECT l.id AS listing, l.as_of, COUNT(*) AS orders FROM orders o JOIN listings l ON l.id = o.listing WHERE o.state IN ('open', 'unable') AND l.state = 'final' AND l.as_of < $1 AND l.as_of >= $2 AND NOT EXISTS (SELECT 1 FROM route_orders s JOIN routes r ON r.id = s.route WHERE s.order_id = o.id AND s.taken_off_at_us IS NULL AND r.closed_at_us IS NULL AND r.date >= $3) GROUP BY l.id, l.as_of ORDER BY l.as_of DESC, l.id";
    PLAN = "SELECT body FROM plans WHERE date = $1 ORDER BY created_at_us DESC, id DESC LIMIT 1";
}

/// A route with its crew.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct BoardRouteRow {
    /// The route.
    pub id: Uuid,
    /// Whose it is.
    pub crew: Uuid,
    /// What the crew is called.
    pub crew_name: String,
    /// `own` or `contractor`.
    pub crew_kind: String,
    /// Codes of the products that it may cut and restore, with spaces between them.
    pub qualifications: String,
    /// Where the crew is reached.
    pub phone: Option<String>,
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
    /// Since when the crew is said not to go out that day.
    pub out_at_us: Option<i64>,
}

/// An order on a route, or one that was.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct StopRow {
    /// The route.
    pub route: Uuid,
    /// Its place; lower first.
    pub rank: i64,
    /// It went to another route then.
    pub taken_off_at_us: Option<i64>,
    /// The order.
    pub id: Uuid,
    /// "T-2291".
    pub number: String,
    /// Code of its kind.
    pub kind: String,
    /// Code of its reason.
    pub reason: String,
    /// The account.
    pub account: String,
    /// The premise.
    pub premise: String,
    /// Latest moment by which it has to be done.
    pub due_at_us: Option<i64>,
    /// Code of its state.
    pub state: String,
    /// The last fold, as JSON.
    pub disposition: String,
    /// Latitude in 1e-7 degrees.
    pub lat_e7: Option<i64>,
    /// Longitude in 1e-7 degrees.
    pub lon_e7: Option<i64>,
}

/// A visit to an order of the day.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct VisitRow {
    /// The fact.
    pub id: String,
    /// What the crew is called that was there.
    pub crew: String,
    /// The order.
    pub order_id: Uuid,
    /// The route by which the crew went, of whatever day.
    pub route: Uuid,
}

/// A tablet of a route's crew, and what it is known to have of the route.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct TabletRow {
    /// The route.
    pub route: Uuid,
    /// The tablet.
    pub device: Uuid,
    /// What it is called at the depot.
    pub name: String,
    /// The heads that it named last; none: it has not said that it has the route.
    pub confirmed_heads: Option<Vec<u8>>,
    /// When it named them.
    pub confirmed_at_us: Option<i64>,
    /// When the route was first sent to it.
    pub sent_at_us: Option<i64>,
    /// When it was last heard of, on any route.
    pub last_contact_at_us: Option<i64>,
    /// When it was taken out of service; it may still hold the route then.
    pub revoked_at_us: Option<i64>,
    /// What it still held of the route was handed in since.
    pub handed_in: bool,
    /// It has said that it has a newer generation of the same day.
    pub has_newer: bool,
}

/// Service to be given back that is on no crew's route.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct UnroutedRow {
    /// The order.
    pub id: Uuid,
    /// "R-12".
    pub number: String,
    /// Code of its kind.
    pub kind: String,
    /// Code of its reason.
    pub reason: String,
    /// The account.
    pub account: String,
    /// The premise.
    pub premise: String,
    /// 1 is most urgent.
    pub priority: i64,
    /// Latest moment by which it has to be done.
    pub due_at_us: Option<i64>,
    /// Since when it is called for.
    pub created_at_us: i64,
    /// Latitude in 1e-7 degrees.
    pub lat_e7: Option<i64>,
    /// Longitude in 1e-7 degrees.
    pub lon_e7: Option<i64>,
    /// How many there are in all, listed or not.
    pub waiting: i64,
    /// Codes of what its lines deliver, with spaces between them.
    pub products: Option<String>,
}

/// Service to be given back that stands on a route of the day.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct RestoreOutRow {
    /// The route.
    pub route: Uuid,
    /// The order; `waiting` counts all those on routes.
    #[sqlx(flatten)]
    pub order: UnroutedRow,
}

/// Service to be given back that no crew has on the day, and one has on a later day.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct LaterRow {
    /// The crew's name.
    pub crew_name: String,
    /// Where it is reached.
    pub phone: Option<String>,
    /// The later day, `YYYY-MM-DD`.
    pub date: String,
    /// The route of that day, and the order; `waiting` counts all of them.
    #[sqlx(flatten)]
    pub out: RestoreOutRow,
}

/// The routes of a day by crew, newest generation first.
///
/// # Errors
/// When the database fails.
pub async fn routes(conn: &mut Conn, date: &str) -> Result<Vec<BoardRouteRow>, StoreError> {
    fetch_all!(conn, BoardRouteRow, ROUTES, date)
}

/// The stops of a day's routes, by route and rank.
///
/// # Errors
/// When the database fails.
pub async fn stops(conn: &mut Conn, date: &str) -> Result<Vec<StopRow>, StoreError> {
    fetch_all!(conn, StopRow, STOPS, date)
}

/// Which crew made which visit of the day's orders, by which route.
///
/// # Errors
/// When the database fails.
pub async fn visits(conn: &mut Conn, date: &str) -> Result<Vec<VisitRow>, StoreError> {
    fetch_all!(conn, VisitRow, VISITS, date)
}

/// The tablets of a day's crews, once for each route.
///
/// # Errors
/// When the database fails.
pub async fn tablets(conn: &mut Conn, date: &str) -> Result<Vec<TabletRow>, StoreError> {
    fetch_all!(conn, TabletRow, TABLETS, date)
}

/// Open reconnects and unlocks that somebody calls for and no open route has from this day on, or only one whose crew
/// was told that it lost them; most urgent first.
///
/// # Errors
/// When the database fails.
pub async fn unrouted(conn: &mut Conn, from: &str, limit: i64) -> Result<Vec<UnroutedRow>, StoreError> {
    fetch_all!(conn, UnroutedRow, UNROUTED, from, limit)
}

/// Open reconnects and unlocks that somebody calls for and that stand on an open route of the day, most urgent first.
///
/// # Errors
/// When the database fails.
pub async fn restores_out(conn: &mut Conn, date: &str) -> Result<Vec<RestoreOutRow>, StoreError> {
    fetch_all!(conn, RestoreOutRow, RESTORES_OUT, date)
}

/// Open reconnects and unlocks that somebody calls for and that stand on routes of later days only, most urgent first.
///
/// # Errors
/// When the database fails.
pub async fn restores_later(conn: &mut Conn, day: &str, limit: i64) -> Result<Vec<LaterRow>, StoreError> {
    fetch_all!(conn, LaterRow, LATER, day, limit)
}

/// How many orders of a day's final listings wait and stand on no route of `from` or a later day.
///
/// # Errors
/// When the database fails.
pub async fn on_nobodys_route(conn: &mut Conn, date: &str, from: &str) -> Result<usize, StoreError> {
    let row = fetch_optional!(conn, (i64,), ON_NOBODYS_ROUTE, date, from)?;
    Ok(row.map_or(0, |(orders,): (i64,)| usize::try_from(orders).unwrap_or(0)))
}

/// A listing of an earlier day with orders that wait.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct EarlierRow {
    /// The listing.
    pub listing: Uuid,
    /// Its day.
    pub as_of: String,
    /// How many of its orders wait and stand on no route.
    pub orders: i64,
}

/// The final listings from `earliest` on and before `date` whose orders wait and stand on no route of `from` or a later day;
/// the newest first.
///
/// # Errors
/// When the database fails.
pub async fn waiting_of_earlier(
    conn: &mut Conn,
    date: &str,
    earliest: &str,
    from: &str,
) -> Result<Vec<EarlierRow>, StoreError> {
    fetch_all!(conn, EarlierRow, WAITING_OF_EARLIER, date, earliest, from)
}

/// The body of the newest plan of a day, where there is one.
///
/// # Errors
/// When the database fails.
pub async fn plan(conn: &mut Conn, date: &str) -> Result<Option<String>, StoreError> {
    Ok(fetch_optional!(conn, (String,), PLAN, date)?.map(|(body,): (String,)| body))
}
