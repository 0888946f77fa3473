//! Published routes as the board lists them.

use super::{
    ServiceError,
    board::{self, Holding, Tablet},
};
use crate::shape::Shape;
use crate::{
    moment::Moment,
    state::AppState,
    store::{
        StoreError,
        routes::{self, RouteOfDay, StopRow},
    },
};
use chrono::NaiveDate;
use curbstop_shared::{
    ids::{CrewId, DeviceId, OrderId, RouteId},
    time::Micros,
    vocabulary::{OrderKind, Reason},
};
use serde::Serialize;
use uuid::Uuid;

/// A route with how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Route {
    /// The route and its document.
    #[schemars(with = "Shape<RouteId>")]
    pub id: RouteId,
    /// Whose it is.
    #[schemars(with = "Shape<CrewId>")]
    pub crew_id: CrewId,
    /// The crew's name.
    pub crew_name: String,
    /// The day.
    pub date: String,
    /// Counts re-publications of the day; the greatest one stands.
    pub generation: i64,
    /// The plan it was published from.
    pub plan_id: Option<Uuid>,
    /// When it was published.
    pub published_at: Moment,
    /// When it was closed.
    pub closed_at: Option<Moment>,
    /// Stops that are on it now.
    pub stops_count: i64,
    /// Those of them that are done.
    pub done_count: i64,
}

/// A route with its stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct RouteWithStops {
    /// The route.
    #[serde(flatten)]
    pub route: Route,
    /// Its stops in order, those taken off as well.
    pub stops: Vec<RouteStop>,
    /// The crew's tablets and what each has of it.
    pub tablets: Vec<RouteTablet>,
}

/// A tablet of the crew and what it has of the route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct RouteTablet {
    /// The tablet.
    #[schemars(with = "Shape<DeviceId>")]
    pub device_id: DeviceId,
    /// What it is called at the depot.
    pub name: String,
    /// `everything`, `behind`, `sent` where it has not said yet that the route has arrived, or `nothing`.
    pub has: &'static str,
    /// How many changes it lacks; absent where it has not said what it has.
    pub changes_behind: Option<usize>,
    /// When it said what it has.
    pub as_of: Option<Moment>,
    /// When it was last heard of, on any route.
    pub last_contact_at: Option<Moment>,
}

/// One stop and where its order stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct RouteStop {
    /// The order.
    #[schemars(with = "Shape<OrderId>")]
    pub order_id: OrderId,
    /// "T-2291".
    pub number: String,
    /// What is to be done.
    #[schemars(with = "Shape<OrderKind>")]
    pub kind: OrderKind,
    /// Why.
    #[schemars(with = "Shape<Reason>")]
    pub reason: Reason,
    /// The account.
    pub account: String,
    /// The premise.
    pub premise: String,
    /// Street address; the premise's id where nothing is known about it.
    pub address: String,
    /// Unit.
    pub unit: Option<String>,
    /// Latitude in 1e-7 degrees.
    pub lat_e7: Option<i64>,
    /// Longitude in 1e-7 degrees.
    pub lon_e7: Option<i64>,
    /// Place in the route; lower first.
    pub rank: i64,
    /// 1 is most urgent.
    pub priority: i64,
    /// By when it has to be done.
    pub due_at: Option<Moment>,
    /// `open`, `done`, `unable`, `released`, `held`, `recalled`, `stopped_at_door`.
    pub state: String,
    /// When it was taken off this route.
    pub taken_off_at: Option<Moment>,
}

/// All routes of a day, every generation, by crew.
///
/// # Errors
/// As the database says.
pub async fn of_day(state: &AppState, date: NaiveDate) -> Result<Vec<Route>, ServiceError> {
    let rows = routes::of_day(&mut state.store.reader().await?, &date.to_string()).await?;
    Ok(rows.into_iter().map(Route::from).collect())
}

/// One route with its stops.
///
/// # Errors
/// 404 `route_unknown`.
pub async fn get(state: &AppState, id: RouteId) -> Result<RouteWithStops, ServiceError> {
    let mut conn = state.store.snapshot().await?;
    let row = routes::by_id(&mut conn, id).await?;
    let row = row.ok_or_else(|| ServiceError::not_found("route_unknown", format!("There is no route {id}.")))?;
    let stops = routes::stops(&mut conn, id).await?;
    let tablets = board::tablets_of(state, &mut conn, id, &row.date).await?;
    Ok(RouteWithStops {
        route: row.into(),
        stops: stops.into_iter().map(stop).collect::<Result<_, _>>()?,
        tablets: tablets.into_iter().map(RouteTablet::from).collect(),
    })
}

impl From<Tablet> for RouteTablet {
    fn from(tablet: Tablet) -> Self {
        let (has, changes_behind, as_of) = match tablet.holding {
            Holding::Nothing => ("nothing", None, None),
            Holding::Sent { at } => ("sent", None, Some(at)),
            Holding::Behind { changes, as_of } => ("behind", Some(changes), Some(as_of)),
            Holding::Everything { as_of } => ("everything", Some(0), Some(as_of)),
        };
        Self {
            device_id: tablet.id,
            name: tablet.name,
            has,
            changes_behind,
            as_of: as_of.map(Moment),
            last_contact_at: tablet.last_contact.map(Moment),
        }
    }
}

impl From<RouteOfDay> for Route {
    fn from(row: RouteOfDay) -> Self {
        Self {
            id: RouteId(row.id),
            crew_id: CrewId(row.crew),
            crew_name: row.crew_name,
            date: row.date,
            generation: row.generation,
            plan_id: row.plan,
            published_at: Moment(Micros(row.published_at_us)),
            closed_at: row.closed_at_us.map(|at| Moment(Micros(at))),
            stops_count: row.stops,
            done_count: row.done,
        }
    }
}

fn stop(row: StopRow) -> Result<RouteStop, StoreError> {
    Ok(RouteStop {
        order_id: OrderId(row.order_id),
        kind: row.kind.parse().map_err(|e| StoreError::inconsistent("orders", "kind", row.order_id, e))?,
        reason: row.reason.parse().map_err(|e| StoreError::inconsistent("orders", "reason", row.order_id, e))?,
        number: row.number,
        account: row.account,
        address: row.address.unwrap_or_else(|| row.premise.clone()),
        premise: row.premise,
        unit: row.unit.filter(|unit| !unit.is_empty()),
        lat_e7: row.lat_e7,
        lon_e7: row.lon_e7,
        rank: row.rank,
        priority: row.priority,
        due_at: row.due_at_us.map(|at| Moment(Micros(at))),
        state: row.state,
        taken_off_at: row.taken_off_at_us.map(|at| Moment(Micros(at))),
    })
}
