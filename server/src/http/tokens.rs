//! `/tokens/refresh`: the next pair of tokens.

use super::{
    STRANGERS_BODY_MAX_BYTES,
    contract::{Calls, post},
    extract::Json,
    problem::Problem,
};
use crate::{
    service::sessions::{self, SignedIn},
    state::AppState,
};
use axum::extract::{DefaultBodyLimit, State};
use serde::Deserialize;

/// The routes of this resource.
pub fn routes() -> Calls {
    let refreshed = post(refresh).says("The next pair of tokens, once.").refuses(&[
        (401, "device_revoked"),
        (401, "proof_invalid"),
        (401, "proof_needed"),
        (401, "refresh_token_expired"),
        (401, "refresh_token_reused"),
        (401, "refresh_token_unknown"),
        (401, "token_revoked"),
    ]);
    Calls::new().route("/tokens/refresh", refreshed.layer(DefaultBodyLimit::max(STRANGERS_BODY_MAX_BYTES)))
}

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TokensToRefresh")]
struct Refresh {
    /// The one that came last.
    refresh_token: String,
    /// A tablet signs: only the key it enrolled with goes on with its tokens.
    #[serde(default)]
    proof: Option<String>,
}

async fn refresh(State(state): State<AppState>, Json(body): Json<Refresh>) -> Result<Json<SignedIn>, Problem> {
    Ok(Json(sessions::refresh(&state, &body.refresh_token, body.proof.as_deref()).await?))
}
