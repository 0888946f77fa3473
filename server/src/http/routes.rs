//! `/routes`.

use super::{
    auth::{allow, allow_query},
    extract::{Json, OnceJson, Path, Query},
    problem::Problem,
};
use crate::{
    service::{
        authorise::{Action, Actor},
        idempotency::Answer,
        planning,
        routes::{self, Route, RouteWithStops},
    },
    state::AppState,
};
use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use chrono::NaiveDate;
use curbstop_shared::ids::{OrderId, RouteId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The routes of this resource.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/routes", allow_query(Action::SeeRoutes, get(list)))
        .route("/routes/{id}", allow(Action::SeeRoutes, get(show)))
        .route("/routes/{id}/orders", allow(Action::Publish, post(give)))
        .route("/routes/{id}/take-back", allow(Action::Publish, post(take_off)))
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfDay {
    date: NaiveDate,
}

#[derive(Serialize)]
struct Routes {
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
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ToGive {
    order_id: OrderId,
    /// The route that has it now, from which it is taken.
    #[serde(default)]
    from_route_id: Option<RouteId>,
}

/// Which stops a route gives back; without it all that are still to be done.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ToTakeBack {
    #[serde(default)]
    order_ids: Option<BTreeSet<OrderId>>,
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
