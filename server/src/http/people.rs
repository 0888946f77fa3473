//! `/people`.

use super::{
    auth::allow,
    extract::{Json, OnceJson},
    problem::Problem,
};
use crate::{
    service::{
        authorise::{Action, Actor},
        idempotency::Answer,
        people::{self, NewPerson, Person},
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
    Router::new().route("/people", allow(Action::SeePeople, get(list)).merge(allow(Action::ManageHouse, post(add))))
}

#[derive(Serialize)]
struct People {
    people: Vec<Person>,
}

async fn list(State(state): State<AppState>, _: Actor) -> Result<Json<People>, Problem> {
    Ok(Json(People { people: people::list(&state).await? }))
}

async fn add(
    State(state): State<AppState>,
    actor: Actor,
    OnceJson { body, once }: OnceJson<NewPerson>,
) -> Result<Answer, Problem> {
    Ok(people::add(&state, &actor, &once, body).await?)
}
