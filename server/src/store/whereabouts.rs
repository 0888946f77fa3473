//! Every open route that an order is on or was on, and whether a tablet may still go there by that route.
//!
//! A route that was published again stays with the tablets that have not named the newer one: for them its stops are
//! still to be made, whatever the newer one says.

use super::{Conn, StoreError};
use crate::fetch_all;
use uuid::Uuid;

crate::statements! {
    /// A tablet can't know of a stop's leaving where the whole route was replaced and it has not named the newer one, or
    /// where it was not heard of since.
    STANDS = "SELECT r.id AS route, r.date, r.crew AS crew_id, c.name AS crew, c.phone, r.published_at_us, s.taken_off_at_us IS NOT NULL AS taken_off, EXISTS (SELECT 1 FROM device_docs x WHERE x.doc = r.id AND NOT EXISTS (SELECT 1 FROM device_docs n JOIN routes q ON q.id = n.doc WHERE n.device = x.device AND q.crew = r.crew AND q.date = r.date AND q.generation > r.generation) AND (s.taken_off_at_us IS NULL OR s.taken_off_at_us >= x.confirmed_at_us OR EXISTS (SELECT 1 FROM routes q WHERE q.crew = r.crew AND q.date = r.date AND q.generation > r.generation AND q.published_at_us = s.taken_off_at_us))) AS worked_from, EXISTS (SELECT 1 FROM doc_actors a WHERE a.doc = r.id AND NOT EXISTS (SELECT 1 FROM device_docs n WHERE n.device = a.device AND n.doc = r.id) AND NOT EXISTS (SELECT 1 FROM device_docs n JOIN routes q ON q.id = n.doc WHERE n.device = a.device AND q.crew = r.crew AND q.date = r.date AND q.generation > r.generation)) AS was_sent, (SELECT COUNT(*) FROM route_orders before JOIN orders o ON o.id = before.order_id WHERE before.route = s.route AND before.rank < s.rank AND o.state = 'open' AND (before.taken_off_at_us IS NULL OR before.taken_off_at_us >= (SELECT MAX(x.confirmed_at_us) FROM device_docs x WHERE x.doc = r.id) OR EXISTS (SELECT 1 FROM routes q WHERE q.crew = r.crew AND q.date = r.date AND q.generation > r.generation AND q.published_at_us = before.taken_off_at_us))) AS stops_away, (SELECT MAX(t.last_contact_at_us) FROM device_contacts t JOIN devices d ON d.id = t.device WHERE d.crew_id = r.crew AND (d.revoked_at_us IS NULL OR EXISTS (SELECT 1 FROM device_docs x WHERE x.device = d.id AND x.doc = r.id))) AS last_contact_at_us, EXISTS (SELECT 1 FROM devices d WHERE d.crew_id = r.crew AND d.revoked_at_us IS NULL) AS has_tablet FROM route_orders s JOIN routes r ON r.id = s.route JOIN crews c ON c.id = r.crew WHERE s.order_id = $1 AND r.closed_at_us IS NULL ORDER BY r.date DESC, r.published_at_us DESC, r.id DESC";
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
    /// It is not on this route any more.
    pub taken_off: bool,
    /// A tablet has said that it has this route and no newer one of the day, and can't know that the order left it.
    pub worked_from: bool,
    /// A tablet was sent this route and has not said since what it has of the day.
    pub was_sent: bool,
    /// Stops still to be done before it, as the tablets with this route have them.
    pub stops_away: i64,
    /// When a tablet of the crew was last heard of.
    pub last_contact_at_us: Option<i64>,
    /// The crew has a tablet in service.
    pub has_tablet: bool,
}

/// The open routes that an order is on or was on, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn stands(conn: &mut Conn, order: Uuid) -> Result<Vec<StandRow>, StoreError> {
    fetch_all!(conn, StandRow, STANDS, order)
}
