//! `/crews`.

use super::{
    auth::allow,
    contract::{Calls, get, post, put},
    extract::{Json, OnceJson, Path},
    problem::Problem,
};
use crate::{
    service::{
        authorise::{Action, Actor},
        crew_out::{self, CrewOut, SaidOut},
        crews::{self, Change, Crew, NewCrew},
        idempotency::Answer,
    },
    state::AppState,
};
use axum::extract::State;
use curbstop_shared::ids::CrewId;
use serde::Serialize;

/// The routes of this resource.
pub fn routes() -> Calls {
    let listed = get(list).says("The crews.");
    let added = post(add).says("Adds a crew.").gives::<Crew>(201).refuses(&[
        (409, "crew_name_taken"),
        (422, "name_invalid"),
        (422, "phone_invalid"),
    ]);
    let changed = put(change)
        .says("Says what is true of a crew from now on.")
        .path("The crew.")
        .gives::<Crew>(200)
        .refuses(&[(404, "crew_unknown"), (409, "crew_name_taken"), (422, "name_invalid"), (422, "phone_invalid")]);
    let out = post(say_out)
        .says("Says that a crew does not go out on a day, or that it does after all.")
        .path("The crew.")
        .gives::<CrewOut>(200)
        .refuses(&[(404, "crew_unknown"), (409, "day_over")]);
    Calls::new()
        .route("/crews", allow(Action::SeeCrews, listed).merge(allow(Action::ManageHouse, added)))
        .route("/crews/{id}", allow(Action::ManageHouse, changed))
        .route("/crews/{id}/out", allow(Action::Publish, out))
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

async fn change(
    State(state): State<AppState>,
    actor: Actor,
    Path(id): Path<CrewId>,
    Json(body): Json<Change>,
) -> Result<Json<Crew>, Problem> {
    Ok(Json(crews::change(&state, &actor, id, body).await?))
}

async fn say_out(
    State(state): State<AppState>,
    actor: Actor,
    Path(id): Path<CrewId>,
    OnceJson { body, once }: OnceJson<SaidOut>,
) -> Result<Answer, Problem> {
    Ok(crew_out::say(&state, &actor, &once, id, body).await?)
}
