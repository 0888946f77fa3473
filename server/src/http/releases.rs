//! `/releases`: service is given back without a payment, and the office's word on proof that was shown at the door.

use super::{
    auth::allow,
    contract::{Calls, post},
    extract::{OnceJson, Path},
    holds::{decide, decision},
    problem::Problem,
};
use crate::shape::Shape;
use crate::{
    service::{
        authorise::{Action, Actor},
        giving_back::{self, NewRelease, Released, TakenBack},
        idempotency::Answer,
    },
    state::AppState,
};
use axum::extract::State;
use curbstop_shared::ids::{FactId, LineId};
use serde::Deserialize;

/// The routes of this resource.
pub fn routes() -> Calls {
    let decided = post(decide).says("Decides on proof of payment that was shown at the door.");
    let recorded = post(record)
        .says("Releases an account without a payment: its cuts stop, and what is off is put right.")
        .gives::<Released>(201)
        .refuses(&[
            (403, "person_needed"),
            (409, "confirm_needed"),
            (409, "nothing_to_release"),
            (409, "released_already"),
            (422, "account_unknown"),
            (422, "lines_invalid"),
            (422, "reason_unknown"),
            (422, "record_the_payment"),
            (422, "why_missing"),
        ]);
    let taken_back = post(take_back)
        .says("Takes back as a mistake a release without a payment, or proof from the door that was accepted. Nobody is cut because of it.")
        .path("The release, as it was answered when it was recorded; or the claim that was accepted.")
        .gives::<TakenBack>(201)
        .refuses(&[
            (404, "release_unknown"),
            (409, "release_covered"),
            (409, "release_not_accepted"),
            (409, "release_taken_back"),
            (422, "why_missing"),
        ]);
    Calls::new()
        .route("/releases", allow(Action::RecordReleases, recorded))
        .route("/releases/{release}/reversal", allow(Action::DecideReleases, taken_back))
        .route("/releases/{claim}/decision", allow(Action::DecideReleases, decision(decided)))
}

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ReleaseToRecord")]
struct Body {
    /// The account, exactly as billing writes it.
    account: String,
    /// `agreement`, `pledge` (an agency pays), `billing_error` (no fee), `ordered`; `medical` and `dispute` where a
    /// person orders service given back because of them.
    reason: String,
    /// Only these lines of the account's orders; all without it.
    #[serde(default)]
    #[schemars(with = "Option<Vec<Shape<LineId>>>")]
    lines: Option<Vec<LineId>>,
    /// Who agreed to what, or who ordered it.
    why: String,
    /// It is meant so though no hold of that reason is on file (409 `confirm_needed`).
    #[serde(default)]
    confirmed: bool,
}

async fn record(State(state): State<AppState>, actor: Actor, request: OnceJson<Body>) -> Result<Answer, Problem> {
    let OnceJson { body, once } = request;
    let new = NewRelease {
        account: body.account,
        reason: body.reason,
        lines: body.lines.map(|lines| lines.into_iter().collect()),
        why: body.why,
        confirmed: body.confirmed,
    };
    Ok(giving_back::record(&state, &actor, new, &once).await?)
}

/// Why a release is taken back.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ReleaseReversal")]
struct Reversal {
    /// What the mistake was.
    why: String,
}

async fn take_back(
    State(state): State<AppState>,
    actor: Actor,
    Path(release): Path<FactId>,
    OnceJson { body: Reversal { why }, once }: OnceJson<Reversal>,
) -> Result<Answer, Problem> {
    Ok(giving_back::take_back(&state, &actor, &release, &why, &once).await?)
}
