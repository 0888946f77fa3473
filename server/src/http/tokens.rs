//! `/tokens/refresh`: the next pair of tokens.

use super::{extract::Json, problem::Problem};
use crate::{
    service::sessions::{self, SignedIn},
    state::AppState,
};
use axum::{Router, extract::State, routing::post};
use serde::Deserialize;

/// The routes of this resource.
pub fn routes() -> Router<AppState> {
    Router::new().route("/tokens/refresh", post(refresh))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refresh {
    refresh_token: String,
    #[serde(default)]
    proof: Option<String>,
}

async fn refresh(State(state): State<AppState>, Json(body): Json<Refresh>) -> Result<Json<SignedIn>, Problem> {
    Ok(Json(sessions::refresh(&state, &body.refresh_token, body.proof.as_deref()).await?))
}
