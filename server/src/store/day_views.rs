//! What a day's map and lanes are drawn from: the houses of the town, the plans that are out, who was where when.

use super::{Conn, StoreError};
use crate::{fetch_all, fetch_optional};
use uuid::Uuid;

crate::statements! {
    MIDDLE = "SELECT CAST(AVG(lat_e7) AS BIGINT) AS lat_e7, CAST(AVG(lon_e7) AS BIGINT) AS lon_e7 FROM premises WHERE lat_e7 <> 0 AND lon_e7 <> 0";
    HOUSES = "SELECT address, city, lat_e7, lon_e7 FROM premises WHERE lat_e7 BETWEEN $1 AND $2 AND lon_e7 BETWEEN $3 AND $4 ORDER BY id LIMIT $5";
    PLANS_OUT = "SELECT p.body FROM plans p WHERE p.id IN (SELECT r.plan FROM routes r WHERE r.date = $1) ORDER BY p.created_at_us, p.id";
    /// A tablet's clock is put right by what it was off when its change came in.
    VISITED = "SELECT s.route, f.order_id, MAX(f.at_us + COALESCE(f.clock_offset_us, 0)) AS at_us FROM facts f JOIN route_orders s ON s.order_id = f.order_id AND s.route = f.home_doc JOIN routes r ON r.id = s.route WHERE f.kind = 'visit' AND r.date = $1 GROUP BY s.route, f.order_id";
}

/// A premise on the map.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct HouseRow {
    /// Street and number.
    pub address: String,
    /// City.
    pub city: String,
    /// Latitude in 1e-7 degrees.
    pub lat_e7: i64,
    /// Longitude in 1e-7 degrees.
    pub lon_e7: i64,
}

/// When somebody was last at a stop.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct VisitedRow {
    /// The crew's route.
    pub route: Uuid,
    /// The order.
    pub order_id: Uuid,
    /// By the server's clock.
    pub at_us: i64,
}

/// The middle of all premises, in 1e-7 degrees; none where no premise has a position.
///
/// # Errors
/// As the database says.
pub async fn middle(conn: &mut Conn) -> Result<Option<(i64, i64)>, StoreError> {
    let row = fetch_optional!(conn, (Option<i64>, Option<i64>), MIDDLE)?;
    Ok(row.and_then(|(lat, lon)| lat.zip(lon)))
}

/// At most `limit` premises between these latitudes and longitudes, in 1e-7 degrees.
///
/// # Errors
/// As the database says.
pub async fn houses(conn: &mut Conn, lat: (i64, i64), lon: (i64, i64), limit: i64) -> Result<Vec<HouseRow>, StoreError> {
    fetch_all!(conn, HouseRow, HOUSES, lat.0, lat.1, lon.0, lon.1, limit)
}

/// The plans whose routes of this day are out, as JSON, the oldest first.
///
/// # Errors
/// As the database says.
pub async fn plans_out(conn: &mut Conn, date: &str) -> Result<Vec<String>, StoreError> {
    Ok(fetch_all!(conn, (String,), PLANS_OUT, date)?.into_iter().map(|(body,): (String,)| body).collect())
}

/// The last visit to each stop of a day's routes by the route's own crew.
///
/// # Errors
/// As the database says.
pub async fn visited(conn: &mut Conn, date: &str) -> Result<Vec<VisitedRow>, StoreError> {
    fetch_all!(conn, VisitedRow, VISITED, date)
}
