//! What the trucks are known to have of what stops a cut: whom somebody has to call.

use crate::shape::Shape;
use crate::{
    service::{
        ServiceError,
        whereabouts::{Holders, Stand, Whereabouts},
    },
    state::AppState,
    store::{Conn, Work, documents, facts, facts::FactRow, orders},
    sync::documents::Loaded,
};
use curbstop_shared::{
    facts::FactKind,
    ids::{FactId, OrderId, RouteId},
    time::Micros,
    vocabulary::OrderKind,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use uuid::Uuid;

/// A cut that a release stops on one crew's route, and whether the truck knows. An order that several trucks may have
/// stands there once for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "CutStopped")]
pub struct Stopped {
    /// The order's number.
    pub order: String,
    /// The order.
    #[schemars(with = "Shape<OrderId>")]
    pub order_id: OrderId,
    /// What it would have done.
    #[schemars(with = "Shape<OrderKind>")]
    pub kind: OrderKind,
    /// The route; none where it is on none yet.
    #[schemars(with = "Option<Shape<RouteId>>")]
    pub route: Option<RouteId>,
    /// The crew.
    pub crew: Option<String>,
    /// The order is not on that route any more; the crew's tablet may not know it.
    #[serde(default)]
    pub left_route: bool,
    /// Every tablet that may have the route has named heads that hold the recall.
    pub tablet_has_seen: bool,
    /// Seconds since the tablet was heard of that has the route and was silent for longest; none where no tablet has it.
    pub last_contact_s: Option<i64>,
    /// Open stops before it on the route.
    pub stops_away: Option<i64>,
    /// Whom to call.
    pub phone: Option<String>,
}

/// Whom what stops an order has to reach, as stored: every crew that may have it in hand and has not tapped on it.
pub(in crate::service) async fn stopped_on_its_routes(
    state: &AppState,
    work: &mut Work,
    row: &orders::OrderRow,
    now: Micros,
) -> Result<Vec<Stopped>, ServiceError> {
    let order = OrderId(row.id);
    let mut known = HashMap::new();
    let said = facts::of_order(work, order).await?;
    for route in documents::routes_of_order(work, order).await? {
        let loaded = state.documents.load_in_work(work, RouteId(route.id)).await?;
        known.insert(route.id, sight_of(work, &loaded, &said).await?);
    }
    let at = Whereabouts::of(work, order).await?;
    let to_hear = at.to_hear(&said)?;
    stopped(row, &at, to_hear, &known, now)
}

/// The same before it is recorded: nobody can have seen anything.
pub(super) async fn would_stop(
    conn: &mut Conn,
    row: &orders::OrderRow,
    now: Micros,
) -> Result<Vec<Stopped>, ServiceError> {
    let order = OrderId(row.id);
    let at = Whereabouts::of(conn, order).await?;
    let to_be_told = at.to_be_told(&facts::of_order(conn, order).await?)?;
    stopped(row, &at, to_be_told, &HashMap::new(), now)
}

/// One for each crew, those that do not know it first; one without a crew where nobody has it.
fn stopped(
    row: &orders::OrderRow,
    at: &Whereabouts,
    crews: Vec<Stand>,
    known: &HashMap<Uuid, bool>,
    now: Micros,
) -> Result<Vec<Stopped>, ServiceError> {
    let order = OrderId(row.id);
    let on_no_route = Stopped {
        order: row.number.clone(),
        order_id: order,
        kind: row.kind.parse().map_err(|_| ServiceError::Internal(format!("order {order} has no kind")))?,
        route: None,
        crew: None,
        left_route: false,
        tablet_has_seen: false,
        last_contact_s: None,
        stops_away: None,
        phone: None,
    };
    let on_its_route = |stand: Stand| Stopped {
        route: Some(RouteId(stand.route)),
        left_route: stand.taken_off,
        tablet_has_seen: at.routes_of(&stand).iter().all(|route| known.get(route).is_some_and(|has| *has)),
        last_contact_s: stand.last_contact.map(|at| (now - at).whole_seconds().max(0)),
        stops_away: Some(stand.stops_away),
        crew: Some(stand.crew),
        phone: stand.phone,
        ..on_no_route.clone()
    };
    let mut all: Vec<Stopped> = crews.into_iter().map(on_its_route).collect();
    all.sort_by_key(|stopped| stopped.tablet_has_seen);
    Ok(if all.is_empty() { vec![on_no_route] } else { all })
}

/// Whether every tablet that works by a route has named heads that hold every recall and release of an order.
async fn sight_of(conn: &mut Conn, loaded: &Loaded, said: &[FactRow]) -> Result<bool, ServiceError> {
    let stops = said.iter().filter(|row| FactKind::of_code(&row.kind).is_some_and(FactKind::stops));
    // An id that is none is in no document.
    let Ok(ids) = stops.map(|row| row.id.parse()).collect::<Result<Vec<FactId>, _>>() else { return Ok(false) };
    tablets_have(conn, loaded, &ids).await
}

/// Whether every tablet that works by a route has named heads that hold these facts.
pub(in crate::service) async fn tablets_have(
    conn: &mut Conn,
    loaded: &Loaded,
    facts: &[FactId],
) -> Result<bool, ServiceError> {
    let holders = Holders::of(conn, loaded.id.0).await?;
    let document = &loaded.document;
    let mut has = !holders.is_empty();
    for fact in facts {
        let Some(change) = document.change_of_fact(fact) else {
            // Nobody can have seen there what is not there.
            has = false;
            continue;
        };
        has &= holders.working().all(|holder| {
            holder.confirmed_heads.iter().flat_map(|heads| heads.chunks_exact(32)).any(|head| {
                <[u8; 32]>::try_from(head)
                    .is_ok_and(|head| document.clocks().knows(&automerge::ChangeHash(head), &change))
            })
        });
    }
    Ok(has)
}
