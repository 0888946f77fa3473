//! `/routes`.

use super::{
    auth::{allow, allow_query},
    contract::{Calls, get, post},
    extract::{Json, OnceJson, Path, Query},
    problem::Problem,
};
use crate::shape::Shape;
use crate::{
    service::{
        authorise::{Action, Actor},
        idempotency::Answer,
        planning,
        routes::{self, Route, RouteWithStops},
        told_by_phone::{self, ToldByPhone},
    },
    state::AppState,
};
use axum::extract::State;
use chrono::NaiveDate;
use curbstop_shared::ids::{OrderId, RouteId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The routes of this resource.
pub fn routes() -> Calls {
    let shown = get(show)
        .says("A route with its stops, and what each tablet has of it.")
        .path("The route.")
        .refuses(&[(404, "route_unknown")]);
    let given = post(give)
        .says("Gives a reconnect to a crew whose route is out.")
        .path("The route.")
        .gives::<planning::Given>(201)
        .refuses(OUT)
        .refuses(&[
            (404, "order_unknown"),
            (409, "crew_out"),
            (409, "order_on_route"),
            (409, "order_over"),
            (422, "crew_not_qualified"),
            (422, "order_not_reconnect"),
        ]);
    let taken = post(take_off)
        .says("Takes what a crew has still to do off its route, for the next plan.")
        .path("The route.")
        .gives::<planning::StopsBack>(201)
        .refuses(OUT);
    let told = post(tell)
        .says("Says that the crew was told by phone not to do orders that were taken back from it.")
        .path("The route.")
        .gives::<ToldByPhone>(201)
        .refuses(&[(404, "route_unknown"), (409, "route_closed")]);
    Calls::new()
        .route("/routes", allow_query(Action::SeeRoutes, get(list).says("The routes of a day.")))
        .route("/routes/{id}", allow(Action::SeeRoutes, shown))
        .route("/routes/{id}/orders", allow(Action::Publish, given))
        .route("/routes/{id}/take-back", allow(Action::Publish, taken))
        .route("/routes/{id}/told", allow(Action::Recall, told))
}

/// Why a route is not one that is out.
const OUT: &[(u16, &str)] =
    &[(404, "route_unknown"), (409, "route_closed"), (409, "route_over"), (409, "route_replaced")];

#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct OfDay {
    /// The day.
    date: NaiveDate,
}

#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "RouteList")]
struct Routes {
    /// The routes.
    routes: Vec<Route>,
}

async fn list(
    State(state): State<AppState>,
    _: Actor,
    Query(OfDay { date }): Query<OfDay>,
) -> Result<Json<Routes>, Problem> {
    Ok(Json(Routes { routes: routes::of_day(&state, date).await? }))
}

async fn show(
    State(state): State<AppState>,
    _: Actor,
    Path(id): Path<RouteId>,
) -> Result<Json<RouteWithStops>, Problem> {
    Ok(Json(routes::get(&state, id).await?))
}

/// A reconnect for a route that is out.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OrderToGive")]
struct ToGive {
    /// The reconnect or unlock.
    #[schemars(with = "Shape<OrderId>")]
    order_id: OrderId,
    /// The route that has it now, from which it is taken.
    #[serde(default)]
    #[schemars(with = "Option<Shape<RouteId>>")]
    from_route_id: Option<RouteId>,
}

/// Which stops a route gives back; without it all that are still to be done.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StopsToTakeBack")]
struct ToTakeBack {
    /// These only.
    #[serde(default)]
    #[schemars(with = "Option<BTreeSet<Shape<OrderId>>>")]
    order_ids: Option<BTreeSet<OrderId>>,
}

/// What a crew was told.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OrdersTold")]
struct OrdersTold {
    /// The orders that it must not do.
    #[schemars(with = "BTreeSet<Shape<OrderId>>")]
    order_ids: BTreeSet<OrderId>,
}

async fn tell(
    State(state): State<AppState>,
    actor: Actor,
    Path(id): Path<RouteId>,
    OnceJson { body: OrdersTold { order_ids }, once }: OnceJson<OrdersTold>,
) -> Result<Answer, Problem> {
    Ok(told_by_phone::tell(&state, &actor, &once, id, &order_ids).await?)
}

async fn give(
    State(state): State<AppState>,
    actor: Actor,
    Path(id): Path<RouteId>,
    OnceJson { body: ToGive { order_id, from_route_id }, once }: OnceJson<ToGive>,
) -> Result<Answer, Problem> {
    Ok(planning::give(&state, &actor, &once, order_id, id, from_route_id).await?)
}

async fn take_off(
    State(state): State<AppState>,
    actor: Actor,
    Path(id): Path<RouteId>,
    OnceJson { body: ToTakeBack { order_ids }, once }: OnceJson<ToTakeBack>,
) -> Result<Answer, Problem> {
    Ok(planning::take_off(&state, &actor, &once, id, order_ids.as_ref()).await?)
}
