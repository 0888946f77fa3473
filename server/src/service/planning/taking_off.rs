//! What a crew has still to do is taken back from its route: the day goes on without that crew, and the next plan takes
//! the stops up. The crew is told on its own route; what it did before it could hear of that is honest work.

use super::{
    super::{
        ServiceError,
        authorise::{Action, Actor},
        carrying,
        idempotency::{Answer, Once},
        recording::Folding,
        releasing,
        spreading::{self, Spread},
        utility,
    },
    LOCK, giving,
    moved::{self, Saying},
};
use crate::shape::Shape;
use crate::{
    planning::standing::is_of_an_area,
    state::AppState,
    store::{Conn, Work, audit, orders, plans, routes},
};
use chrono::NaiveDate;
use curbstop_shared::{
    disposition::{Disposition, OrderState},
    ids::{CrewId, OrderId, RouteId},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The stops that a route has given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StopsBack {
    /// The route.
    #[schemars(with = "Shape<RouteId>")]
    pub route_id: RouteId,
    /// Whose it is.
    #[schemars(with = "Shape<CrewId>")]
    pub crew_id: CrewId,
    /// The crew's name.
    pub crew_name: String,
    /// Where the crew is reached: its tablet may be out of reach.
    pub phone: Option<String>,
    /// The route's day.
    pub date: NaiveDate,
    /// Numbers of the orders that wait for a plan now.
    pub orders: Vec<String>,
}

/// Takes the stops that are still to be done off a route, once: all of them, or of these orders only; also cuts that are
/// suspended in their area. What is done, held or stopped at the door stays where it is.
///
/// # Errors
/// 404 `route_unknown`; 409 `route_closed`, `route_over`, `route_replaced`.
pub async fn take_off(
    state: &AppState,
    actor: &Actor,
    once: &Once,
    route: RouteId,
    only: Option<&BTreeSet<OrderId>>,
) -> Result<Answer, ServiceError> {
    actor.may(Action::Publish)?;
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    work.lock(LOCK).await?;
    work.lock(releasing::LOCK).await?;
    let of_route: BTreeSet<OrderId> =
        to_do(&mut work, route, only).await?.into_iter().map(|(order, _)| order).collect();
    spreading::lock_routes(&mut work, &of_route, Some(route)).await?;
    let now = state.now();
    let folding = utility::folding(state, now);
    let (of_day, crew) = giving::open_route(&mut work, route, folding.today).await?;
    let mut back = StopsBack {
        route_id: route,
        crew_id: crew.crew_id(),
        crew_name: crew.name,
        phone: crew.phone,
        date: giving::day_of(&of_day)?,
        orders: Vec::new(),
    };
    let mut taken = Vec::new();
    // Again, under the lock: a tablet may have sent some of them meanwhile.
    for (order, number) in to_do(&mut work, route, only).await? {
        if of_route.contains(&order) && routes::take_off(&mut work, route, order, now).await? > 0 {
            taken.push(order);
            back.orders.push(number);
        }
    }
    let saying = Saying { by: actor.person(), at: now };
    let recalled =
        moved::recall_dropped(state, &mut work, &taken, (back.crew_id, &of_day.date), &folding, saying).await?;
    let details = serde_json::json!({ "crew": back.crew_name, "date": back.date, "orders": back.orders });
    audit::append(&mut work, now, &actor.name(), "stops_taken_back", &route.to_string(), &details).await?;
    let answer = once.commit(state, work, actor, Answer::created(&back)?).await?;
    recalled.announce(state);
    Ok(answer)
}

/// Takes these orders off every route of today and later on which they are still to be done: they wait for a plan then.
/// The caller has locked the routes and planning.
///
/// # Errors
/// When the store fails.
pub(in crate::service) async fn take_from_all(
    state: &AppState,
    work: &mut Work,
    orders: &BTreeSet<OrderId>,
    folding: &Folding,
    saying: Saying,
) -> Result<Vec<Spread>, ServiceError> {
    let mut of_crew: BTreeMap<(CrewId, String), Vec<OrderId>> = BTreeMap::new();
    for on in plans::on_routes(work, &folding.today.to_string()).await? {
        let order = OrderId(on.order_id);
        if orders.contains(&order) && on.waits() {
            routes::take_off(work, RouteId(on.route), order, saying.at).await?;
            of_crew.entry((CrewId(on.crew), on.date)).or_default().push(order);
        }
    }
    let mut told = Vec::new();
    for ((crew, date), orders) in &of_crew {
        told.push(moved::recall_dropped(state, work, orders, (*crew, date), folding, saying).await?);
    }
    Ok(told)
}

/// Whether what holds an order longest is a suspension of its area. Where something else holds it too, no plan takes it up.
async fn is_suspended(conn: &mut Conn, order: OrderId) -> Result<bool, ServiceError> {
    let Some(row) = orders::by_id(conn, order).await? else { return Ok(false) };
    let folded: Option<Disposition> = serde_json::from_str(&row.disposition).ok();
    Ok(folded.is_some_and(|folded| match folded.state {
        OrderState::Held { reason, .. } => is_of_an_area(reason),
        _ => false,
    }))
}

/// What is still to be done on a route, in its order.
async fn to_do(
    conn: &mut Conn,
    route: RouteId,
    only: Option<&BTreeSet<OrderId>>,
) -> Result<Vec<(OrderId, String)>, ServiceError> {
    let mut to_do = Vec::new();
    for stop in routes::stops(conn, route).await?.into_iter().filter(|stop| stop.taken_off_at_us.is_none()) {
        let order = OrderId(stop.order_id);
        let waits = match stop.state.as_str() {
            "open" | "unable" => true,
            // A cut that waits for a storm to pass is this crew's when it has passed: it goes with the others.
            "held" => is_suspended(conn, order).await?,
            // What a claim from another door stops comes back where that is not accepted: then not to this crew.
            "recalled" | "stopped_at_door" => {
                orders::by_id(conn, order).await?.is_some_and(|row| carrying::is_stopped_by_one(&row))
            }
            _ => false,
        };
        if waits && only.is_none_or(|only| only.contains(&order)) {
            to_do.push((order, stop.number));
        }
    }
    Ok(to_do)
}
