//! `/accounts`: finding one, and everything about one.

use super::{
    auth::{allow, allow_query},
    contract::{Calls, get},
    extract::{Json, Path, Query},
    language::voice_of,
    problem::Problem,
};
use crate::{
    service::{
        accounts::{self, Account, Hits},
        authorise::{Action, Actor},
    },
    state::AppState,
};
use axum::{extract::State, http::HeaderMap};
use serde::Deserialize;

/// The routes of this resource.
pub fn routes() -> Calls {
    Calls::new()
        .route("/accounts", allow_query(Action::SeeAccounts, get(search).says("Finds accounts.").speaks()))
        .route(
            "/accounts/{account}",
            allow(
                Action::SeeAccounts,
                get(one)
                    .says("Everything about one account.")
                    .path("The account, exactly as billing writes it.")
                    .speaks()
                    .refuses(&[(404, "account_unknown")]),
            ),
        )
}

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// A number, name, street, meter, telephone, order or hold, or a part of one.
    q: String,
    /// How many at most.
    #[serde(default)]
    limit: Option<usize>,
}

async fn search(
    State(state): State<AppState>,
    _: Actor,
    headers: HeaderMap,
    Query(Wanted { q, limit }): Query<Wanted>,
) -> Result<Json<Hits>, Problem> {
    let most = limit.unwrap_or(accounts::ANSWERS_MAX);
    Ok(Json(accounts::search(&state, &voice_of(&state, &headers), &q, most).await?))
}

async fn one(
    State(state): State<AppState>,
    _: Actor,
    headers: HeaderMap,
    Path(account): Path<String>,
) -> Result<Json<Account>, Problem> {
    Ok(Json(accounts::account(&state, &voice_of(&state, &headers), &account).await?))
}
