//! `/crews`.

use super::{
    auth::allow,
    extract::{Json, OnceJson},
    problem::Problem,
};
use crate::{
    service::{
        authorise::{Action, Actor},
        crews::{self, Crew, NewCrew},
        idempotency::Answer,
    },
    state::AppState,
};
use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use serde::Serialize;

/// The routes of this resource.
pub fn routes() -> Router<AppState> {
    Router::new().route("/crews", allow(Action::SeeCrews, get(list)).merge(allow(Action::ManageHouse, post(add))))
}

#[derive(Serialize)]
struct Crews {
    crews: Vec<Crew>,
}

async fn list(State(state): State<AppState>, _: Actor) -> Result<Json<Crews>, Problem> {
    Ok(Json(Crews { crews: crews::list(&state).await? }))
}

async fn add(
    State(state): State<AppState>,
    actor: Actor,
    OnceJson { body, once }: OnceJson<NewCrew>,
) -> Result<Answer, Problem> {
    Ok(crews::add(&state, &actor, &once, body).await?)
}
