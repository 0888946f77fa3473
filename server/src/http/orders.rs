//! `/orders`: lists by account, state, kind or route, and one order with its facts and what they add up to.

use super::{
    auth::{allow, allow_query},
    extract::{Json, Path, Query},
    language::voice_of,
    problem::Problem,
};
use crate::{
    service::{
        authorise::{Action, Actor},
        orders::{self, Listed, OneOrder, Wanted},
    },
    state::AppState,
};
use axum::{Router, extract::State, http::HeaderMap, routing::get};

/// The routes of this resource.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/orders", allow_query(Action::SeeOrders, get(list)))
        .route("/orders/{id}", allow(Action::SeeOrders, get(one)))
}

async fn list(State(state): State<AppState>, _: Actor, Query(wanted): Query<Wanted>) -> Result<Json<Listed>, Problem> {
    Ok(Json(orders::list(&state, &wanted).await?))
}

async fn one(
    State(state): State<AppState>,
    _: Actor,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<OneOrder>, Problem> {
    Ok(Json(orders::one(&state, &voice_of(&state, &headers), &id).await?))
}
