//! `/orders`: lists by account, state, kind or route, one order with its facts and what they add up to, and a visit to
//! it that is keyed in from paper.

use super::{
    auth::{allow, allow_query},
    contract::{Calls, get, post},
    extract::{Json, OnceJson, Path, Query},
    language::voice_of,
    problem::Problem,
};
use crate::{
    service::{
        authorise::{Action, Actor},
        idempotency::Answer,
        on_paper::{self, KeyedIn, PaperVisit},
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
    let keyed_in = post(key_in)
        .says("A visit that a crew made with its route on paper.")
        .path("The order's id or its number.")
        .speaks()
        .gives::<KeyedIn>(201)
        .refuses(&[
            (404, "order_unknown"),
            (409, "confirm_needed"),
            (409, "never_on_this_route"),
            (422, "action_unfit"),
            (422, "code_unfit"),
            (422, "done_and_not_done"),
            (422, "at_before_route"),
            (422, "at_in_future"),
            (422, "at_invalid"),
            (422, "line_unknown"),
            (422, "not_of_crew"),
            (422, "nothing_done"),
            (422, "reading_invalid"),
            (422, "receipt_unfit"),
            (422, "text_invalid"),
        ]);
    Calls::new()
        .route("/orders/{id}/visits", allow(Action::KeyInVisits, keyed_in))
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

async fn key_in(
    State(state): State<AppState>,
    actor: Actor,
    headers: HeaderMap,
    Path(id): Path<String>,
    OnceJson { body, once }: OnceJson<PaperVisit>,
) -> Result<Answer, Problem> {
    Ok(on_paper::key_in(&state, &actor, &id, &body, &once, &voice_of(&state, &headers)).await?)
}
