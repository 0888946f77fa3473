//! A route on paper: what a crew needs at each door where its tablet fails, and nothing about who lives there.
//!
//! What is printed is what was published to that crew, in the order of its route; a stop that nobody has to go to any
//! more is on it too, with the word, so that an older sheet and this one can be laid side by side.

use super::{
    ServiceError,
    authorise::{Action, Actor},
};
use crate::{
    state::AppState,
    store::{Conn, StoreError, audit, facts, orders, routes},
    sync::documents::DocumentsError,
};
use chrono::NaiveDate;
use curbstop_shared::{
    facts::FactBody,
    ids::{FactId, LineId, OrderId, RouteId},
    route_document::PublishedOrder,
    time::Micros,
    vocabulary::{Method, OrderKind, Product},
};
use std::collections::{BTreeMap, HashMap};

/// A route as it is printed.
#[derive(Debug)]
pub struct RouteSheet {
    /// The route.
    pub route: RouteId,
    /// The crew.
    pub crew: String,
    /// Its day.
    pub date: NaiveDate,
    /// Counts re-publications of the day.
    pub generation: i64,
    /// A later generation has taken its place.
    pub replaced: bool,
    /// What is on it is as it was then.
    pub as_of: Micros,
    /// When the route was last put on paper; none where nobody has said that a crew may go by its sheet.
    pub on_paper_at: Option<Micros>,
    /// Whom to call before each cut.
    pub dispatch_phone: Option<String>,
    /// Its stops in order.
    pub stops: Vec<SheetStop>,
}

/// A line of the sheet.
#[derive(Debug)]
pub struct SheetStop {
    /// Its place on the route, from 1.
    pub place: usize,
    /// The order.
    pub order: OrderId,
    /// "T-2291".
    pub number: String,
    /// What is to be done.
    pub kind: OrderKind,
    /// Street address.
    pub address: String,
    /// Unit or apartment.
    pub unit: Option<String>,
    /// The meters or boxes, each with its place.
    pub meters: Vec<SheetMeter>,
    /// Latest moment by which it has to be done.
    pub due_at: Option<Micros>,
    /// Hazards as the utility writes them.
    pub hazards: Vec<String>,
    /// Nobody goes there any more, and why.
    pub over: Option<Over>,
}

/// What stands on a meter or a box, and where it is.
#[derive(Debug)]
pub struct SheetMeter {
    /// What flows there.
    pub product: Product,
    /// Its serial; none where nobody knows it.
    pub serial: Option<String>,
    /// Where it is.
    pub place: Option<String>,
    /// How the cut left it that a reconnect is to undo.
    pub left: Option<LeftAs>,
}

/// How a cut left a line: what a crew has to find, take off and read again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftAs {
    /// How it was taken away.
    pub method: Option<Method>,
    /// Number of the lock.
    pub lock: Option<String>,
    /// What was read then.
    pub reading: Option<String>,
}

/// Why a stop is struck out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Paid for, or otherwise released.
    Released,
    /// Taken back from this crew.
    Recalled,
    /// Under protection: of what kind is nobody's business at the door.
    Protected,
    /// A claim at the door stopped it.
    Stopped,
    /// It is on another route, or on none.
    TakenOff,
    /// It was done.
    Done,
}

/// Somebody prints a route's sheet: from then on a crew may go by it, whatever its tablets know.
///
/// # Errors
/// 403 `role_forbids`, 404 `route_unknown`.
pub async fn print(state: &AppState, actor: &Actor, id: RouteId) -> Result<(), ServiceError> {
    actor.may(Action::Publish)?;
    let mut work = state.store.begin().await?;
    let row = routes::by_id(&mut work, id).await?.ok_or_else(|| unknown(id))?;
    let now = state.now();
    routes::put_on_paper(&mut work, id, now).await?;
    let details = serde_json::json!({ "crew": row.crew_name, "date": row.date, "generation": row.generation });
    audit::append(&mut work, now, &actor.name(), "route_printed", &id.to_string(), &details).await?;
    work.commit().await?;
    Ok(())
}

fn unknown(id: RouteId) -> ServiceError {
    ServiceError::not_found("route_unknown", format!("There is no route {id}."))
}

/// The sheet of a route as it stands now.
///
/// # Errors
/// 404 `route_unknown`.
pub async fn sheet(state: &AppState, id: RouteId) -> Result<RouteSheet, ServiceError> {
    let mut conn = state.store.snapshot().await?;
    let row = routes::by_id(&mut conn, id).await?;
    let row = row.ok_or_else(|| unknown(id))?;
    let of_day = routes::of_day(&mut conn, &row.date).await?;
    let stops = routes::stops(&mut conn, id).await?;
    let loaded = state.documents.load(&mut conn, id).await?;
    let unreadable = |bad| DocumentsError::Document(id, bad);
    let header = loaded.document.header().map_err(unreadable)?;
    let published = loaded.document.orders().map_err(unreadable)?.into_iter();
    let mut published: BTreeMap<OrderId, PublishedOrder> = published.map(|order| (order.id, order)).collect();
    let mut lines = Vec::with_capacity(stops.len());
    for (place, stop) in (1..).zip(&stops) {
        let Some(order) = published.remove(&OrderId(stop.order_id)) else {
            return Err(StoreError::inconsistent("route_orders", "order_id", id, &stop.number).into());
        };
        let left = if order.kind.is_restore() { left_as(&mut conn, order.id).await? } else { HashMap::new() };
        lines.push(line(place, order, &left, over(&stop.state, stop.taken_off_at_us.is_some())));
    }
    Ok(RouteSheet {
        route: id,
        crew: header.crew_name,
        date: header.date,
        generation: row.generation,
        replaced: of_day.iter().any(|other| other.crew == row.crew && other.generation > row.generation),
        as_of: state.now(),
        on_paper_at: row.sheet_at_us.map(Micros),
        dispatch_phone: header.dispatch_phone,
        stops: lines,
    })
}

/// How the order that a reconnect follows left each of its lines: the last cut counts.
async fn left_as(conn: &mut Conn, reconnect: OrderId) -> Result<HashMap<LineId, LeftAs>, ServiceError> {
    let cause = orders::by_id(conn, reconnect).await?.and_then(|row| row.cause_order);
    let Some(cause) = cause else { return Ok(HashMap::new()) };
    let mut left: HashMap<LineId, (FactId, LeftAs)> = HashMap::new();
    let mut readings = HashMap::new();
    for row in facts::of_order(conn, OrderId(cause)).await? {
        match row.fact()?.body {
            FactBody::Work(work) if work.action.cuts() => {
                let as_left = LeftAs { method: work.method, lock: work.lock, reading: None };
                left.insert(work.line, (work.visit, as_left));
            }
            FactBody::Reading(reading) => {
                readings.insert((reading.visit, reading.line), reading.digits);
            }
            _ => {}
        }
    }
    let with_reading = |(line, (visit, as_left)): (LineId, (FactId, LeftAs))| {
        let reading = readings.remove(&(visit, line.clone())).flatten();
        (line, LeftAs { reading, ..as_left })
    };
    Ok(left.into_iter().map(with_reading).collect())
}

fn line(place: usize, order: PublishedOrder, left: &HashMap<LineId, LeftAs>, over: Option<Over>) -> SheetStop {
    let meters = order.lines.into_iter().map(|line| SheetMeter {
        left: left.get(&line.id).cloned(),
        product: line.product,
        serial: line.serial,
        place: line.place,
    });
    let hazards = order.hazards.unwrap_or_default();
    let hazards = hazards.split(';').filter(|hazard| !hazard.is_empty());
    SheetStop {
        place,
        order: order.id,
        number: order.number,
        kind: order.kind,
        address: order.address,
        unit: order.unit,
        meters: meters.collect(),
        due_at: order.due_at,
        hazards: hazards.map(|hazard| hazard.replace('_', " ")).collect(),
        over,
    }
}

fn over(state: &str, taken_off: bool) -> Option<Over> {
    match state {
        "done" => Some(Over::Done),
        "released" => Some(Over::Released),
        "held" => Some(Over::Protected),
        _ if taken_off => Some(Over::TakenOff),
        "recalled" => Some(Over::Recalled),
        "stopped_at_door" => Some(Over::Stopped),
        _ => None,
    }
}
