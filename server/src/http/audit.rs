//! `/audit`: the trail of who did what, and whether its chain holds.

use super::{
    auth::{allow, allow_query},
    contract::{Calls, get},
    extract::{Json, Query},
    problem::Problem,
};
use crate::{
    service::{
        audit_trail::{self, Chain, Page, Wanted},
        authorise::{Action, Actor},
    },
    state::AppState,
};
use axum::extract::State;

/// The routes of this resource.
pub fn routes() -> Calls {
    let page = get(page).says("A page of the audit trail, newest first.").refuses(&[
        (404, "order_unknown"),
        (404, "person_unknown"),
        (422, "days_reversed"),
    ]);
    let chain = get(chain).says("Whether every line of the audit trail follows from the one before it.");
    Calls::new()
        .route("/audit", allow_query(Action::SeeAudit, page))
        .route("/audit/chain", allow(Action::SeeAudit, chain))
}

async fn page(State(state): State<AppState>, _: Actor, Query(wanted): Query<Wanted>) -> Result<Json<Page>, Problem> {
    Ok(Json(audit_trail::page(&state, &wanted).await?))
}

async fn chain(State(state): State<AppState>, _: Actor) -> Result<Json<Chain>, Problem> {
    Ok(Json(audit_trail::chain(&state, &[]).await?))
}
