//! `/routes`.

use super::{
    auth::{allow, allow_query},
    extract::{Json, Path, Query},
    problem::Problem,
};
use crate::{
    service::{
        authorise::{Action, Actor},
        routes::{self, Route, RouteWithStops},
    },
    state::AppState,
};
use axum::{Router, extract::State, routing::get};
use chrono::NaiveDate;
use curbstop_shared::ids::RouteId;
use serde::{Deserialize, Serialize};

/// The routes of this resource.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/routes", allow_query(Action::SeeRoutes, get(list)))
        .route("/routes/{id}", allow(Action::SeeRoutes, get(show)))
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
