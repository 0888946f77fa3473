//! `/accounts`: finding one, and everything about one.

use super::{
    auth::{allow, allow_query},
    extract::{Json, Path, Query},
    language::voice_of,
    problem::Problem,
};
use crate::{
    service::{
        accounts::{self, Account, Found},
        authorise::{Action, Actor},
    },
    state::AppState,
};
use axum::{Router, extract::State, http::HeaderMap, routing::get};
use serde::{Deserialize, Serialize};

/// The routes of this resource.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/accounts", allow_query(Action::SeeAccounts, get(search)))
        .route("/accounts/{account}", allow(Action::SeeAccounts, get(one)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    q: String,
}

#[derive(Serialize)]
struct Accounts {
    accounts: Vec<Found>,
}

async fn search(
    State(state): State<AppState>,
    _: Actor,
    headers: HeaderMap,
    Query(Wanted { q }): Query<Wanted>,
) -> Result<Json<Accounts>, Problem> {
    let accounts = accounts::search(&state, &voice_of(&state, &headers), &q).await?;
    Ok(Json(Accounts { accounts }))
}

async fn one(
    State(state): State<AppState>,
    _: Actor,
    headers: HeaderMap,
    Path(account): Path<String>,
) -> Result<Json<Account>, Problem> {
    Ok(Json(accounts::account(&state, &voice_of(&state, &headers), &account).await?))
}
