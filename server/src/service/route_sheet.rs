//! A route on paper: what a crew needs at each door where its tablet fails, and nothing about who lives there.
//!
//! What is printed is what was published to that crew, in the order of its route; a stop that nobody has to go to any
//! more is on it too, with the word, so that an older sheet and this one can be laid side by side.

use super::ServiceError;
use crate::{
    state::AppState,
    store::{StoreError, routes},
    sync::documents::DocumentsError,
};
use chrono::NaiveDate;
use curbstop_shared::{
    ids::{OrderId, RouteId},
    route_document::PublishedOrder,
    time::Micros,
    vocabulary::OrderKind,
};
use std::collections::BTreeMap;

/// A route as it is printed.
#[derive(Debug)]
pub struct RouteSheet {
    /// The crew.
    pub crew: String,
    /// Its day.
    pub date: NaiveDate,
    /// Counts re-publications of the day.
    pub generation: i64,
    /// A later generation has taken its place.
    pub replaced: bool,
    /// What is on it is as it was then.
    pub printed_at: Micros,
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
    /// Hazards as the utility writes them.
    pub hazards: Vec<String>,
    /// Nobody goes there any more, and why.
    pub over: Option<Over>,
}

/// What stands on a meter or a box, and where it is.
#[derive(Debug)]
pub struct SheetMeter {
    /// Its serial; none where nobody knows it.
    pub serial: Option<String>,
    /// Where it is.
    pub place: Option<String>,
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

/// The sheet of a route as it stands now.
///
/// # Errors
/// 404 `route_unknown`.
pub async fn sheet(state: &AppState, id: RouteId) -> Result<RouteSheet, ServiceError> {
    let mut conn = state.store.snapshot().await?;
    let row = routes::by_id(&mut conn, id).await?;
    let row = row.ok_or_else(|| ServiceError::not_found("route_unknown", format!("There is no route {id}.")))?;
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
        lines.push(line(place, order, over(&stop.state, stop.taken_off_at_us.is_some())));
    }
    Ok(RouteSheet {
        crew: header.crew_name,
        date: header.date,
        generation: row.generation,
        replaced: of_day.iter().any(|other| other.crew == row.crew && other.generation > row.generation),
        printed_at: state.now(),
        dispatch_phone: header.dispatch_phone,
        stops: lines,
    })
}

fn line(place: usize, order: PublishedOrder, over: Option<Over>) -> SheetStop {
    let meters = order.lines.into_iter().map(|line| SheetMeter { serial: line.serial, place: line.place });
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
