//! `/orders`: lists by account, state, kind or route, and one order with its facts and what they add up to.

use super::{
    auth::{allow, allow_query},
    contract::{Calls, get},
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
use axum::{extract::State, http::HeaderMap};

/// The routes of this resource.
pub fn routes() -> Calls {
    let found = get(one)
        .says("One order with its facts and what they add up to.")
        .path("The order's id or its number.")
        .speaks()
        .refuses(&[(404, "order_unknown")]);
    Calls::new()
        .route("/orders", allow_query(Action::SeeOrders, get(list).says("A page of orders.")))
        .route("/orders/{id}", allow(Action::SeeOrders, found))
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
