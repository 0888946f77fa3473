//! Every open route that an order is on or was on, and which tablets may hold a route still.
//!
//! A route that was published again stays with the tablets that have not named the newer one: for them its stops are
//! still to be made, whatever the newer one says.

use super::{Conn, StoreError};
use crate::fetch_all;
use uuid::Uuid;

crate::statements! {
    STANDS = "SELECT r.id AS route, r.date, r.crew AS crew_id, c.name AS crew, c.phone, r.published_at_us, r.sheet_at_us, s.taken_off_at_us, EXISTS (SELECT 1 FROM routes q WHERE q.crew = r.crew AND q.date = r.date AND q.generation > r.generation AND q.published_at_us = s.taken_off_at_us) AS replaced, (SELECT COUNT(*) FROM route_orders before JOIN orders o ON o.id = before.order_id WHERE before.route = s.route AND before.rank < s.rank AND o.state = 'open' AND (before.taken_off_at_us IS NULL OR before.taken_off_at_us >= (SELECT MAX(x.confirmed_at_us) FROM device_docs x WHERE x.doc = r.id) OR EXISTS (SELECT 1 FROM routes q WHERE q.crew = r.crew AND q.date = r.date AND q.generation > r.generation AND q.published_at_us = before.taken_off_at_us))) AS stops_away, EXISTS (SELECT 1 FROM devices d WHERE d.crew_id = r.crew AND d.revoked_at_us IS NULL) AS has_tablet, EXISTS (SELECT 1 FROM crews_out k WHERE k.crew = r.crew AND k.date = r.date) AS crew_out FROM route_orders s JOIN routes r ON r.id = s.route JOIN crews c ON c.id = r.crew WHERE s.order_id = $1 AND r.closed_at_us IS NULL ORDER BY r.date DESC, r.published_at_us DESC, r.id DESC";
    /// One that was sent a copy may have it, whether or not it could say so since. One that is out of service may be with
    /// the crew still, until its work was handed in.
    HOLDERS = "SELECT h.device, x.confirmed_heads, x.confirmed_at_us, c.last_contact_at_us, d.revoked_at_us IS NOT NULL AS out_of_service, EXISTS (SELECT 1 FROM device_docs n JOIN routes q ON q.id = n.doc WHERE n.device = h.device AND q.crew = r.crew AND q.date = r.date AND q.generation > r.generation) AS has_newer FROM (SELECT device FROM doc_actors WHERE doc = $1 UNION SELECT device FROM device_docs WHERE doc = $1) h JOIN routes r ON r.id = $1 JOIN devices d ON d.id = h.device LEFT JOIN device_docs x ON x.device = h.device AND x.doc = r.id LEFT JOIN device_contacts c ON c.device = h.device WHERE d.revoked_at_us IS NULL OR NOT EXISTS (SELECT 1 FROM quarantine k WHERE k.device = h.device AND k.doc = r.id) ORDER BY h.device";
    EVER_ON = "SELECT r.id AS route, c.name AS crew, r.closed_at_us IS NOT NULL AS closed, (r.sheet_at_us IS NOT NULL OR NOT EXISTS (SELECT 1 FROM devices d WHERE d.crew_id = r.crew AND d.revoked_at_us IS NULL)) AS on_paper FROM route_orders s JOIN routes r ON r.id = s.route JOIN crews c ON c.id = r.crew WHERE s.order_id = $1 ORDER BY r.date DESC, r.published_at_us DESC, r.id DESC";
}

/// An order on one crew's route, or one that was.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StandRow {
    /// The route.
    pub route: Uuid,
    /// Its day.
    pub date: String,
    /// Whose it is.
    pub crew_id: Uuid,
    /// What the crew is called.
    pub crew: String,
    /// Where the crew is reached.
    pub phone: Option<String>,
    /// When the route was published.
    pub published_at_us: i64,
    /// When the route was last put on paper.
    pub sheet_at_us: Option<i64>,
    /// When the order left this route; none where it is on it.
    pub taken_off_at_us: Option<i64>,
    /// It left because the whole route was published again.
    pub replaced: bool,
    /// Stops still to be done before it, as the tablets with this route have them.
    pub stops_away: i64,
    /// The crew has a tablet in service.
    pub has_tablet: bool,
    /// Somebody has said that the crew does not go out that day.
    pub crew_out: bool,
}

/// A tablet that may hold a route.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct HolderRow {
    /// The tablet.
    pub device: Uuid,
    /// The heads that it named last, 32 bytes each; none where it has named none yet.
    pub confirmed_heads: Option<Vec<u8>>,
    /// When it named them.
    pub confirmed_at_us: Option<i64>,
    /// When it was last heard of.
    pub last_contact_at_us: Option<i64>,
    /// It was taken out of service, and nobody has handed in what it holds: it hears nothing any more.
    pub out_of_service: bool,
    /// It has said that it has a newer generation of the same day.
    pub has_newer: bool,
}

/// A route that an order is on or was on, open or closed.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct EverOnRow {
    /// The route.
    pub route: Uuid,
    /// What its crew is called.
    pub crew: String,
    /// It is closed.
    pub closed: bool,
    /// The crew may go by paper: the route was printed, or the crew has no tablet in service.
    pub on_paper: bool,
}

/// The open routes that an order is on or was on, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn stands(conn: &mut Conn, order: Uuid) -> Result<Vec<StandRow>, StoreError> {
    fetch_all!(conn, StandRow, STANDS, order)
}

/// Every route that an order is on or was on, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn ever_on(conn: &mut Conn, order: Uuid) -> Result<Vec<EverOnRow>, StoreError> {
    fetch_all!(conn, EverOnRow, EVER_ON, order)
}

/// The tablets that may hold a route.
///
/// # Errors
/// When the database fails.
pub async fn holders(conn: &mut Conn, route: Uuid) -> Result<Vec<HolderRow>, StoreError> {
    fetch_all!(conn, HolderRow, HOLDERS, route)
}
