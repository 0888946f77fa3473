//! `/go-codes`: the leave by phone to begin a cut on old data.

use super::{
    auth::allow,
    contract::{Calls, get, post},
    extract::{Json, OnceJson},
    language::voice_of,
    problem::Problem,
};
use crate::{
    service::{
        authorise::{Action, Actor},
        go_codes::{self, GivenGoCode, NewGoCode},
        idempotency::Answer,
    },
    state::AppState,
};
use axum::{extract::State, http::HeaderMap};
use serde::Serialize;

/// The routes of this resource.
pub fn routes() -> Calls {
    let listed = get(list).says("The go-codes that dispatch gave, the newest first.").gives::<GoCodes>(200);
    let given = post(give)
        .says("Answers the digits on a tablet with a go-code, where the cut may begin as things stand.")
        .gives::<GivenGoCode>(201)
        .refuses(&[
            (404, "order_unknown"),
            (409, "challenge_of_another_stop"),
            (409, "challenge_old"),
            (409, "code_used"),
            (409, "cut_outside_hours"),
            (409, "cut_stopped"),
            (409, "cut_stopped_in_part"),
            (409, "no_permit_needed"),
            (409, "order_left_route"),
            (409, "order_not_out"),
            (422, "challenge_invalid"),
        ]);
    Calls::new().route("/go-codes", allow(Action::SeeRoutes, listed).merge(allow(Action::GiveGoCodes, given)))
}

/// The latest.
#[derive(Serialize, schemars::JsonSchema)]
struct GoCodes {
    /// The newest first.
    go_codes: Vec<GivenGoCode>,
}

async fn list(State(state): State<AppState>, actor: Actor) -> Result<Json<GoCodes>, Problem> {
    Ok(Json(GoCodes { go_codes: go_codes::latest(&state, &actor).await? }))
}

async fn give(
    State(state): State<AppState>,
    actor: Actor,
    headers: HeaderMap,
    OnceJson { body, once }: OnceJson<NewGoCode>,
) -> Result<Answer, Problem> {
    Ok(go_codes::give(&state, &actor, &voice_of(&state, &headers), &body, &once).await?)
}
