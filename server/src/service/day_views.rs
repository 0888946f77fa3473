//! What the map and the lanes of a day need besides its board: the ground under the stops, when each was planned, and
//! when somebody was there.

use super::ServiceError;
use crate::{
    planning::{
        plan::Plan,
        streets::{self, Ground, House, Street},
    },
    state::AppState,
    store::{StoreError, day_views},
};
use chrono::NaiveDate;
use curbstop_shared::{
    ids::{OrderId, RouteId},
    routing::Point,
    time::Micros,
};
use std::collections::HashMap;

/// Houses that draw the streets at most: those of a town of 150,000 people. Beyond it the map has fewer streets.
const HOUSES_MAX: i64 = 60_000;
/// The map goes on for so much around the day's stops, in 1e-7 degrees: some 2 km.
const AROUND_E7: i64 = 200_000;

/// The flat map that all of the utility's places are drawn on; none where no premise has a position.
///
/// # Errors
/// When the store fails.
pub async fn ground(state: &AppState) -> Result<Option<Ground>, ServiceError> {
    let middle = day_views::middle(&mut state.store.reader().await?).await?;
    Ok(middle.and_then(|(lat, lon)| Point::new(lat, lon)).map(Ground::around))
}

/// The streets around these stops.
///
/// # Errors
/// When the store fails.
pub async fn streets_around(
    state: &AppState,
    stops: impl Iterator<Item = Point> + Clone + Send,
    ground: &Ground,
) -> Result<Vec<Street>, ServiceError> {
    let span = |e7: fn(Point) -> i64| {
        Some((stops.clone().map(e7).min()? - AROUND_E7, stops.clone().map(e7).max()? + AROUND_E7))
    };
    let (Some(lat), Some(lon)) = (span(Point::lat_e7), span(Point::lon_e7)) else { return Ok(Vec::new()) };
    let rows = day_views::houses(&mut state.store.reader().await?, lat, lon, HOUSES_MAX).await?;
    let house = |row: day_views::HouseRow| {
        Some(House { point: Point::new(row.lat_e7, row.lon_e7)?, address: row.address, city: row.city })
    };
    Ok(streets::streets(&rows.into_iter().filter_map(house).collect::<Vec<_>>(), ground))
}

/// When a stop was planned, and when somebody was there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    /// From arriving to leaving, as it was planned; none for one that was added to a route that is out.
    pub planned: Option<(Micros, Micros)>,
    /// The last visit.
    pub visited_at: Option<Micros>,
}

/// The times of a day's stops.
///
/// # Errors
/// When the store fails.
pub async fn times(state: &AppState, date: NaiveDate) -> Result<HashMap<(RouteId, OrderId), Times>, ServiceError> {
    let (mut conn, day) = (state.store.snapshot().await?, date.to_string());
    let mut times: HashMap<(RouteId, OrderId), Times> = HashMap::new();
    for body in day_views::plans_out(&mut conn, &day).await? {
        let plan: Plan =
            serde_json::from_str(&body).map_err(|bad| StoreError::inconsistent("plans", "body", date, bad))?;
        for route in plan.routes {
            let Some(id) = route.route_id else { continue };
            for stop in route.stops {
                let planned = Some((stop.arrives_at.0, stop.leaves_at.0));
                times.entry((id, stop.order_id)).or_default().planned = planned;
            }
        }
    }
    for row in day_views::visited(&mut conn, &day).await? {
        times.entry((RouteId(row.route), OrderId(row.order_id))).or_default().visited_at = Some(Micros(row.at_us));
    }
    Ok(times)
}
