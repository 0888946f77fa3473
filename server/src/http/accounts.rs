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
        accounts::{self, Account, Found},
        authorise::{Action, Actor},
    },
    state::AppState,
};
use axum::{extract::State, http::HeaderMap};
use serde::{Deserialize, Serialize};

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
}

#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "AccountList")]
struct Accounts {
    /// The accounts that match, the best first.
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
