//! `/holds`: what keeps a cut from happening, set and lifted by a person.

use super::{
    auth::allow,
    extract::{OnceJson, Path},
    problem::Problem,
};
use crate::{
    service::{
        authorise::{Action, Actor},
        deciding::{self, Decision},
        idempotency::Answer,
        protecting::{self, NewHold},
    },
    state::AppState,
};
use axum::{Router, extract::State, routing::post};
use curbstop_shared::ids::FactId;
use serde::Deserialize;

/// The routes of this resource.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/holds", allow(Action::RecordHolds, post(set)))
        .route("/holds/{hold}/lift", allow(Action::RecordHolds, post(lift)))
        .route("/holds/{claim}/decision", allow(Action::DecideHolds, post(decide)))
}

async fn set(
    State(state): State<AppState>,
    actor: Actor,
    OnceJson { body, once }: OnceJson<NewHold>,
) -> Result<Answer, Problem> {
    Ok(protecting::set(&state, &actor, body, &once).await?)
}

/// Why a hold ends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lift {
    why: String,
}

async fn lift(
    State(state): State<AppState>,
    actor: Actor,
    Path(hold): Path<String>,
    OnceJson { body: Lift { why }, once }: OnceJson<Lift>,
) -> Result<Answer, Problem> {
    Ok(protecting::lift(&state, &actor, &hold, &why, &once).await?)
}

/// Decides on a claim that was made at the door.
pub(super) async fn decide(
    State(state): State<AppState>,
    actor: Actor,
    Path(claim): Path<FactId>,
    OnceJson { body, once }: OnceJson<Decision>,
) -> Result<Answer, Problem> {
    Ok(deciding::decide(&state, &actor, &claim, &body, &once).await?)
}
