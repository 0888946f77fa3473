//! `/people`.

use super::{
    auth::allow,
    contract::{Calls, get, post},
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
use axum::extract::State;
use serde::Serialize;

/// The routes of this resource.
pub fn routes() -> Calls {
    let listed = get(list).says("The people who sign in.");
    let added = post(add).says("Adds a person.").gives::<Person>(201).refuses(&[
        (404, "crew_not_found"),
        (409, "login_taken"),
        (422, "login_invalid"),
        (422, "name_invalid"),
        (422, "password_too_short"),
        (422, "password_too_long"),
    ]);
    Calls::new().route("/people", allow(Action::SeePeople, listed).merge(allow(Action::ManageHouse, added)))
}

#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "PersonList")]
struct People {
    /// The people.
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
