//! A crew was told by phone what it must not do any more: for a crew on paper, or one whose tablet is out of reach, that
//! is the only way to hear of it. The desk's word stands beside the crew's own tap, with the name of whoever called.

use super::{
    ServiceError,
    authorise::{Action, Actor},
    idempotency::{Answer, Once},
    releasing,
    spreading::{self, Word},
    utility,
    whereabouts::Whereabouts,
};
use crate::shape::Shape;
use crate::{
    state::AppState,
    store::{Work, audit, facts, orders, routes},
};
use curbstop_shared::{
    facts::{Ack, Fact, FactBody, Header},
    ids::{FactId, OrderId, RouteId},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a crew was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ToldByPhone {
    /// The route.
    #[schemars(with = "Shape<RouteId>")]
    pub route_id: RouteId,
    /// The crew's name.
    pub crew_name: String,
    /// Numbers of the orders of which the crew had not heard, and now has.
    pub orders: Vec<String>,
}

/// Says that the crew of a route was told by phone not to do these orders, once. Those that were not taken back from it,
/// or of which it has heard already, are left as they are.
///
/// # Errors
/// 404 `route_unknown`; 409 `route_closed`.
pub async fn tell(
    state: &AppState,
    actor: &Actor,
    once: &Once,
    route: RouteId,
    orders: &BTreeSet<OrderId>,
) -> Result<Answer, ServiceError> {
    actor.may(Action::Recall)?;
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    work.lock(releasing::LOCK).await?;
    spreading::lock_routes(&mut work, orders, Some(route)).await?;
    let row = routes::by_id(&mut work, route).await?;
    let row = row.ok_or_else(|| ServiceError::not_found("route_unknown", format!("There is no route {route}.")))?;
    if row.closed_at_us.is_some() {
        let detail = "This route is closed: nobody goes by it any more.";
        return Err(ServiceError::conflict("route_closed", detail));
    }
    let now = state.now();
    let mut told = ToldByPhone { route_id: route, crew_name: row.crew_name.clone(), orders: Vec::new() };
    let mut words = Vec::new();
    for order in orders {
        let heard = unheard(&mut work, route, *order).await?;
        if heard.is_empty() {
            continue;
        }
        let header = Header { order: *order, at: now, by: actor.person(), device: None };
        let ack = |fact| Fact::new(FactId::from_uuid(state.new_id()), header.clone(), FactBody::Ack(Ack { fact }));
        words.push(Word { order: *order, facts: heard.into_iter().map(ack).collect(), home: None });
        told.orders.extend(orders::by_id(&mut work, *order).await?.map(|row| row.number));
    }
    let by_route = BTreeMap::from([((route, row.crew), words)]);
    let spread = spreading::say_to(state, &mut work, &by_route, &utility::folding(state, now), now).await?;
    let details = serde_json::json!({ "crew": told.crew_name, "orders": told.orders });
    audit::append(&mut work, now, &actor.name(), "crew_told_by_phone", &route.to_string(), &details).await?;
    let answer = once.commit(state, work, actor, Answer::created(&told)?).await?;
    spread.announce(state);
    Ok(answer)
}

/// What the crew was told of this order on its route and nobody there has tapped on.
async fn unheard(work: &mut Work, route: RouteId, order: OrderId) -> Result<Vec<FactId>, ServiceError> {
    let said = facts::of_order(work, order).await?;
    Whereabouts::of(work, order).await?.unheard_on(route, &said)
}
