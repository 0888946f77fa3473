//! `/holds`: what keeps a cut from happening, set and lifted by a person.

use super::{
    auth::allow,
    contract::{Calls, Handlers, post},
    extract::{OnceJson, Path},
    problem::Problem,
};
use crate::{
    service::{
        authorise::{Action, Actor},
        deciding::{self, Decided, Decision},
        idempotency::Answer,
        protecting::{self, Held, Lifted, NewHold},
    },
    state::AppState,
};
use axum::extract::State;
use curbstop_shared::ids::FactId;
use serde::Deserialize;

/// The routes of this resource.
pub fn routes() -> Calls {
    let held = post(set).says("Puts an account under a hold: its cuts stop.").gives::<Held>(201).refuses(&[
        (422, "account_unknown"),
        (422, "good_through_missing"),
        (422, "good_through_past"),
        (422, "good_through_too_far"),
        (422, "hold_kind_invalid"),
        (422, "text_invalid"),
    ]);
    let lifted =
        post(lift).says("Ends a hold that the office set.").path("The hold's number.").gives::<Lifted>(200).refuses(&[
            (403, "hold_needs_second_person"),
            (404, "hold_unknown"),
            (409, "hold_ended"),
            (422, "why_missing"),
        ]);
    let decided = post(decide).says("Decides on a medical need or a dispute that was claimed at the door.");
    Calls::new()
        .route("/holds", allow(Action::RecordHolds, held))
        .route("/holds/{hold}/lift", allow(Action::RecordHolds, lifted))
        .route("/holds/{claim}/decision", allow(Action::DecideHolds, decision(decided)))
}

async fn set(
    State(state): State<AppState>,
    actor: Actor,
    OnceJson { body, once }: OnceJson<NewHold>,
) -> Result<Answer, Problem> {
    Ok(protecting::set(&state, &actor, body, &once).await?)
}

/// Why a hold ends.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HoldToLift")]
struct Lift {
    /// Why.
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

/// What every decision on a claim answers.
pub(super) fn decision(handlers: Handlers) -> Handlers {
    handlers.path("The claim: the id of the fact that the crew recorded.").gives::<Decided>(200).refuses(&[
        (404, "claim_unknown"),
        (409, "claim_decided"),
        (409, "claim_ended"),
        (422, "good_through_missing"),
        (422, "good_through_past"),
        (422, "good_through_too_far"),
        (422, "restore_missing"),
        (422, "stays_off_why_missing"),
        (422, "why_missing"),
    ])
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
