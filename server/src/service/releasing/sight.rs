//! What the trucks are known to have of what stops a cut: whom somebody has to call.

use crate::shape::Shape;
use crate::{
    service::{ServiceError, whereabouts::Whereabouts},
    state::AppState,
    store::{Conn, Work, crews, documents, documents::RouteRow, orders},
    sync::documents::Loaded,
};
use curbstop_shared::{
    facts::FactKind,
    ids::{CrewId, OrderId, RouteId},
    time::Micros,
    vocabulary::OrderKind,
};
use serde::{Deserialize, Serialize};

/// A cut that a release stops, and whether the truck knows.
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
    /// A tablet of the route has named heads that hold the recall.
    pub tablet_has_seen: bool,
    /// Seconds since a tablet of the route was last heard of; none where no tablet has it.
    pub last_contact_s: Option<i64>,
    /// Open stops before it on the route.
    pub stops_away: Option<i64>,
    /// Whom to call.
    pub phone: Option<String>,
}

/// What stops an order says to whoever has to be called: every open route with the order may be in somebody's hands.
pub(in crate::service) async fn stopped_on_its_routes(
    state: &AppState,
    work: &mut Work,
    row: &orders::OrderRow,
    now: Micros,
) -> Result<Stopped, ServiceError> {
    let order = OrderId(row.id);
    let mut sights = Vec::new();
    for route in documents::routes_of_order(work, order).await? {
        let loaded = state.documents.load_in_work(work, RouteId(route.id)).await?;
        sights.push((route, sight_of(work, &loaded, order).await?));
    }
    stopped(work, row, sights, now).await
}

pub(super) async fn stopped(
    conn: &mut Conn,
    row: &orders::OrderRow,
    sights: Vec<(RouteRow, Sight)>,
    now: Micros,
) -> Result<Stopped, ServiceError> {
    let order = OrderId(row.id);
    let mut stopped = Stopped {
        order: row.number.clone(),
        order_id: order,
        kind: row.kind.parse().map_err(|_| ServiceError::Internal(format!("order {order} has no kind")))?,
        route: None,
        crew: None,
        tablet_has_seen: false,
        last_contact_s: None,
        stops_away: None,
        phone: None,
    };
    // The one that does not know it yet is the one to call; else the one by which somebody would go there.
    let at = Whereabouts::of(conn, order).await?;
    let of_route = |id| sights.iter().find(|(route, _)| route.id == id);
    let unseen = |(_, sight): &(RouteRow, Sight)| !sight.has && sight.last_contact_at.is_some();
    let to_call = at.nearest(|id| of_route(id).is_some_and(unseen)).or_else(|| at.nearest(|id| of_route(id).is_some()));
    let Some((stand, (route, sight))) = to_call.and_then(|stand| Some((stand, of_route(stand.route)?))) else {
        return Ok(stopped);
    };
    let id = RouteId(route.id);
    stopped.route = Some(id);
    if let Some(crew) = crews::by_id(conn, CrewId(route.crew)).await? {
        stopped.crew = Some(crew.name);
        stopped.phone = crew.phone;
    }
    stopped.tablet_has_seen = sight.has;
    stopped.last_contact_s = sight.last_contact_at.map(|at| (now - at).whole_seconds().max(0));
    stopped.stops_away = Some(stand.stops_away);
    Ok(stopped)
}

/// What the tablets of a route are known to have of an order's recalls.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sight {
    /// Every tablet that has the route has named heads that hold every recall and release of the order.
    pub has: bool,
    /// When a tablet with the route was last heard of.
    pub last_contact_at: Option<Micros>,
}

/// Whether a tablet of the route is known to have everything that was said about an order.
///
/// # Errors
/// When the store fails.
pub(super) async fn sight(
    state: &AppState,
    conn: &mut Conn,
    route: RouteId,
    order: OrderId,
) -> Result<Sight, ServiceError> {
    let loaded = state.documents.load(conn, route).await?;
    sight_of(conn, &loaded, order).await
}

async fn sight_of(conn: &mut Conn, loaded: &Loaded, order: OrderId) -> Result<Sight, ServiceError> {
    let holders = documents::holders(conn, loaded.id).await?;
    let last_contact_at = holders.iter().map(|holder| Micros(holder.last_contact_at_us)).max();
    let document = &loaded.document;
    let mut has = !holders.is_empty();
    for row in crate::store::facts::of_order(conn, order).await? {
        if !FactKind::of_code(&row.kind).is_some_and(FactKind::stops) {
            continue;
        }
        let Some(change) = row.id.parse().ok().and_then(|id| document.change_of_fact(&id)) else {
            // Nobody can have seen there what is not there.
            has = false;
            continue;
        };
        has &= holders.iter().all(|holder| {
            holder.confirmed_heads.iter().flat_map(|heads| heads.chunks_exact(32)).any(|head| {
                <[u8; 32]>::try_from(head)
                    .is_ok_and(|head| document.clocks().knows(&automerge::ChangeHash(head), &change))
            })
        });
    }
    Ok(Sight { has, last_contact_at })
}
