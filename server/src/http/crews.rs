//! `/crews`.

use super::{
    auth::allow,
    contract::{Calls, get, post},
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
use axum::extract::State;
use serde::Serialize;

/// The routes of this resource.
pub fn routes() -> Calls {
    let listed = get(list).says("The crews.");
    let added =
        post(add).says("Adds a crew.").gives::<Crew>(201).refuses(&[(409, "crew_name_taken"), (422, "name_invalid")]);
    Calls::new().route("/crews", allow(Action::SeeCrews, listed).merge(allow(Action::ManageHouse, added)))
}

#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "CrewList")]
struct Crews {
    /// The crews.
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
