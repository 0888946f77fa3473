//! A reconnect goes onto a route that is out already: into the crew's document, between two stops, and to the tablet
//! with its next contact. One that another crew has goes over from there, where whoever asks says whose it was; a crew
//! that had it before, or was told that another one has it, gets it back.

use super::{
    super::{
        ServiceError,
        authorise::{Action, Actor},
        idempotency::{Answer, Once},
        releasing, spreading, utility,
        whereabouts::Holders,
    },
    LOCK, closed, crew_on_duty,
    dossier::{self, Dossier},
    moved::{self, Saying},
    over, publishing,
};
use crate::shape::Shape;
use crate::{
    planning::{
        day,
        detour::{self, Detour, OnTheWay},
    },
    state::AppState,
    store::{
        Conn, StoreError, Work, audit,
        crews::{self, CrewRow},
        crews_out, devices, documents, feed,
        orders::{self, LineRow, OrderRow},
        plans::{self, OnRoute},
        routes::{self, RouteOfDay},
    },
    sync::documents::{DocumentsError, Stamp},
};
use chrono::NaiveDate;
use curbstop_shared::{
    ids::{CrewId, OrderId, RouteId},
    routing::Point,
    vocabulary::OrderKind,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A reconnect that a running route has got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "OrderGiven")]
pub struct Given {
    /// The order.
    #[schemars(with = "Shape<OrderId>")]
    pub order_id: OrderId,
    /// Its number.
    pub number: String,
    /// The route.
    #[schemars(with = "Shape<RouteId>")]
    pub route_id: RouteId,
    /// Whose it is.
    #[schemars(with = "Shape<CrewId>")]
    pub crew_id: CrewId,
    /// The crew's name.
    pub crew_name: String,
    /// Its place in the route; lower first.
    pub rank: i64,
    /// Stops that the crew comes to before it.
    pub stops_before: usize,
    /// The crew has a tablet in service, which gets it with its next contact; else somebody has to call.
    #[serde(default)]
    pub has_tablet: bool,
    /// Seconds since the tablet was heard of that has the route and was silent for longest; none where no tablet has it.
    #[serde(default)]
    pub last_contact_s: Option<i64>,
    /// The crew that had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_from: Option<TakenFrom>,
}

/// The crew that had the order before. It was told on its own route; until somebody there has seen it, two crews may go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TakenFrom {
    /// The route.
    #[schemars(with = "Shape<RouteId>")]
    pub route_id: RouteId,
    /// The crew's name.
    pub crew_name: String,
    /// Where it is reached.
    pub phone: Option<String>,
    /// It has a tablet in service, which hears of it; else it knows only what somebody tells it.
    #[serde(default)]
    pub has_tablet: bool,
}

/// Gives a reconnect to a route that is out, once. `from` is the route that has it now, where one has: without the
/// right one nothing is taken from anybody.
///
/// # Errors
/// 404 `order_unknown`, `route_unknown`; 422 `order_not_reconnect`, `crew_not_qualified`; 409 with a code that says
/// what is the matter with the order (`order_over`, `order_on_route`) or with the route (`crew_out`, `route_closed`,
/// `route_over`, `route_replaced`).
pub async fn give(
    state: &AppState,
    actor: &Actor,
    once: &Once,
    order: OrderId,
    route: RouteId,
    from: Option<RouteId>,
) -> Result<Answer, ServiceError> {
    actor.may(Action::Publish)?;
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    work.lock(LOCK).await?;
    work.lock(releasing::LOCK).await?;
    spreading::lock_routes(&mut work, &BTreeSet::from([order]), Some(route)).await?;
    let now = state.now();
    let today = utility::folding(state, now).today;
    let (to, crew) = open_route(&mut work, route, today).await?;
    if crews_out::since(&mut work, crew.crew_id(), &to.date).await?.is_some() {
        let detail =
            format!("{} stays in that day. Give it to another crew, or say that it goes out after all.", crew.name);
        return Err(ServiceError::conflict("crew_out", detail));
    }
    let (row, lines, had_it) = waiting(state, &mut work, order, &to, from, today).await?;
    may_have(&crew, &row, &lines)?;

    let loaded = state.documents.load_in_work(&mut work, route).await?;
    let dossier = Dossier::of_orders(state, &mut work, std::slice::from_ref(&row)).await?;
    let place = place(&mut work, route, &dossier, &row).await?;
    let sight = publishing::sight(&mut work, &crew).await?;
    let card = publishing::card(&state.config, &dossier, (&row, &lines), place.rank, sight)?;
    let card = closed::told(card, closed::of(&mut work, &row, today).await?, sight.customer);
    let mut document = (*loaded.document).clone();
    let change = document
        .put_orders(state.documents.actor(), std::slice::from_ref(&card))
        .map_err(|bad| DocumentsError::Document(route, bad))?;
    let event =
        feed::append(&mut work, now, "route", &route.to_string(), &serde_json::json!({ "crew": crew.id })).await?;
    let stamp = Stamp { now, feed_seq: event.seq };
    let stored = state.documents.append(&mut work, &loaded, document, &[change], None, stamp).await?;
    documents::add_route_order(&mut work, route, order, place.rank).await?;
    routes::take_off_others(&mut work, order, route, now).await?;
    if row.state == "recalled" {
        // Nothing is said that would fold it anew: as on a route just published, nothing is known of it yet.
        orders::set_disposition(&mut work, order, ("open", "{}", false), event.seq).await?;
    }
    let folding = utility::folding(state, now);
    let new = (route, crew.crew_id());
    let said =
        moved::say_whose_it_is(state, &mut work, order, new, &folding, Saying { by: actor.person(), at: now }).await?;

    let taken_from = match had_it {
        Some(on) => Some(TakenFrom {
            has_tablet: !devices::of_crew(&mut work, CrewId(on.crew)).await?.is_empty(),
            route_id: RouteId(on.route),
            crew_name: on.crew_name,
            phone: on.phone,
        }),
        None => None,
    };
    let last_contact = Holders::of(&mut work, route.0).await?.last_contact();
    let given = Given {
        last_contact_s: last_contact.map(|at| (now - at).whole_seconds().max(0)),
        order_id: order,
        number: row.number,
        route_id: route,
        crew_id: crew.crew_id(),
        rank: place.rank,
        stops_before: place.stops_before,
        has_tablet: !devices::of_crew(&mut work, crew.crew_id()).await?.is_empty(),
        crew_name: crew.name,
        taken_from,
    };
    let details = serde_json::json!({
        "route": route, "crew": given.crew_name, "date": to.date, "rank": place.rank, "taken_from": given.taken_from,
    });
    audit::append(&mut work, now, &actor.name(), "order_given", &given.number, &details).await?;
    let answer = once.commit(state, work, actor, Answer::created(&given)?).await?;
    state.documents.keep(stored);
    said.announce(state);
    Ok(answer)
}

/// The route, where a crew works on it or will.
pub(super) async fn open_route(
    work: &mut Work,
    id: RouteId,
    today: NaiveDate,
) -> Result<(RouteOfDay, CrewRow), ServiceError> {
    let unknown = || ServiceError::not_found("route_unknown", format!("There is no route {id}."));
    let route = routes::by_id(work, id).await?.ok_or_else(unknown)?;
    let refused = |code, text: &str| Err(ServiceError::conflict(code, text));
    if route.closed_at_us.is_some() {
        return refused("route_closed", "This route is closed. Choose one that is out.");
    }
    if route.date < today.to_string() {
        return refused("route_over", "The day of this route is over. Choose one of today.");
    }
    let crew = CrewId(route.crew);
    if documents::last_generation(work, crew, &route.date).await? > route.generation {
        return refused("route_replaced", "This route was published again. Choose the crew's newest one.");
    }
    let crew =
        crews::by_id(work, crew).await?.ok_or_else(|| StoreError::inconsistent("routes", "crew", id, "is gone"))?;
    Ok((route, crew))
}

/// The day of a route.
pub(super) fn day_of(route: &RouteOfDay) -> Result<NaiveDate, StoreError> {
    route.date.parse().map_err(|e| StoreError::inconsistent("routes", "date", route.id, e))
}

/// The order, where it gives service back, somebody still calls for it, and no crew has it but the one from which it is
/// to be taken.
async fn waiting(
    state: &AppState,
    work: &mut Work,
    id: OrderId,
    to: &RouteOfDay,
    from: Option<RouteId>,
    today: NaiveDate,
) -> Result<(OrderRow, Vec<LineRow>, Option<OnRoute>), ServiceError> {
    let unknown = || ServiceError::not_found("order_unknown", "No order has this id.");
    let row = orders::by_id(work, id).await?.ok_or_else(unknown)?;
    if !kind(&row)?.is_restore() {
        let detail = format!(
            "{} does not give service back. Plan it: only reconnects and unlocks join a route that is out.",
            row.number
        );
        return Err(ServiceError::invalid("order_not_reconnect", detail));
    }
    let on_routes = plans::on_routes(work, &today.to_string()).await?;
    let has_it = on_routes.into_iter().find(|on| on.order_id == id.0);
    let had_it = may_go_over(&row, has_it, to, from)?;
    if let Some(why) = over(state, work, &row, today).await? {
        return Err(ServiceError::conflict("order_over", format!("{}: {}", row.number, why.text())));
    }
    let lines = orders::lines(work, id).await?;
    Ok((row, lines, had_it))
}

/// Whether it may leave whoever has it. A list is old by the time somebody presses a button on it: only who names the
/// route that has it now takes it from there, so that two who look at the same list don't send two trucks.
fn may_go_over(
    row: &OrderRow,
    has_it: Option<OnRoute>,
    to: &RouteOfDay,
    from: Option<RouteId>,
) -> Result<Option<OnRoute>, ServiceError> {
    match has_it {
        Some(on) if from != Some(RouteId(on.route)) || (on.crew == to.crew && on.date == to.date) => {
            let (crew, date) = (on.crew_name, on.date);
            let detail = format!("{} is on the route of {crew} of {date} already. Nothing was changed.", row.number);
            Err(ServiceError::conflict("order_on_route", detail))
        }
        // Where it left that route meanwhile and no other crew has it, what was wanted can be done.
        on => Ok(on),
    }
}

/// Refuses a crew that may not do an order: 422 `crew_not_qualified`.
pub(super) fn may_have(crew: &CrewRow, row: &OrderRow, lines: &[LineRow]) -> Result<(), ServiceError> {
    if day::may_have(&crew_on_duty(crew)?, kind(row)?, &dossier::products(row, lines)?) {
        return Ok(());
    }
    let detail = format!(
        "{} may not do {}: it is not qualified for it, or a contractor. Choose another crew.",
        crew.name, row.number
    );
    Err(ServiceError::invalid("crew_not_qualified", detail))
}

fn kind(row: &OrderRow) -> Result<OrderKind, StoreError> {
    row.kind.parse().map_err(|e| StoreError::inconsistent("orders", "kind", row.id, e))
}

/// Where it disturbs the route least.
async fn place(conn: &mut Conn, route: RouteId, dossier: &Dossier, row: &OrderRow) -> Result<Detour, ServiceError> {
    let stops = routes::stops(conn, route).await?;
    let others = stops.iter().filter(|stop| stop.order_id != row.id);
    let on_the_way: Vec<OnTheWay> = others
        .map(|stop| OnTheWay {
            rank: stop.rank,
            point: stop.lat_e7.zip(stop.lon_e7).and_then(|(lat, lon)| Point::new(lat, lon)),
            is_ahead: stop.taken_off_at_us.is_none() && stop.state == "open",
            cannot_wait: stop.priority <= detour::CANNOT_WAIT,
        })
        .collect();
    let point = dossier.location_e7(&row.premise).and_then(|(lat, lon)| Point::new(lat, lon));
    Ok(detour::shortest(&on_the_way, point, row.priority <= detour::CANNOT_WAIT))
}
