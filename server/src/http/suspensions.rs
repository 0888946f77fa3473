//! `/suspensions`: cuts stop in an area, and go on.

use super::{
    auth::allow,
    contract::{Calls, get, post},
    extract::{Json, OnceJson, Path},
    problem::Problem,
};
use crate::{
    service::{
        authorise::{Action, Actor},
        idempotency::Answer,
        suspending::{self, NewSuspension, Suspended},
    },
    state::AppState,
};
use axum::extract::State;
use serde::{Deserialize, Serialize};

/// The routes of this resource.
pub fn routes() -> Calls {
    let listed = get(list).says("Where cuts are suspended or were, the newest first.").gives::<Suspensions>(200);
    let set = post(suspend)
        .says("Suspends the cuts of an area: those that are out wait on their routes, plans leave out the others.")
        .gives::<Suspended>(201)
        .refuses(&[
            (403, "person_needed"),
            (409, "suspended_already"),
            (422, "area_unknown"),
            (422, "good_through_past"),
            (422, "good_through_too_far"),
            (422, "places_invalid"),
            (422, "suspension_reason_invalid"),
            (422, "why_missing"),
        ]);
    let lifted = post(lift)
        .says("Lifts a suspension: the cuts that it stopped are open again on the routes that have them.")
        .path("The suspension's number.")
        .gives::<Suspended>(200)
        .refuses(&[
            (403, "person_needed"),
            (404, "suspension_unknown"),
            (409, "suspension_ended"),
            (422, "why_missing"),
        ]);
    Calls::new()
        .route("/suspensions", allow(Action::SeeRoutes, listed).merge(allow(Action::SuspendAreas, set)))
        .route("/suspensions/{suspension}/lift", allow(Action::SuspendAreas, lifted))
}

/// All that are known.
#[derive(Serialize, schemars::JsonSchema)]
struct Suspensions {
    /// The newest first.
    suspensions: Vec<Suspended>,
}

async fn list(State(state): State<AppState>, actor: Actor) -> Result<Json<Suspensions>, Problem> {
    Ok(Json(Suspensions { suspensions: suspending::latest(&state, &actor).await? }))
}

async fn suspend(
    State(state): State<AppState>,
    actor: Actor,
    OnceJson { body, once }: OnceJson<NewSuspension>,
) -> Result<Answer, Problem> {
    Ok(suspending::suspend(&state, &actor, &body, &once).await?)
}

/// Why a suspension ends.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SuspensionToLift")]
struct Lift {
    /// Why.
    why: String,
}

async fn lift(
    State(state): State<AppState>,
    actor: Actor,
    Path(suspension): Path<String>,
    OnceJson { body: Lift { why }, once }: OnceJson<Lift>,
) -> Result<Answer, Problem> {
    Ok(suspending::lift(&state, &actor, &suspension, &why, &once).await?)
}
