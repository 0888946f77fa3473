//! `/plans`.

use super::{
    auth::allow,
    extract::{Json, OnceJson, Path},
    problem::Problem,
};
use crate::{
    planning::plan::Plan,
    service::{
        authorise::{Action, Actor},
        idempotency::Answer,
        planning::{self, NewPlan},
    },
    state::AppState,
};
use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use serde::Deserialize;
use uuid::Uuid;

/// The routes of this resource.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/plans", allow(Action::Plan, post(build)))
        .route("/plans/{id}", allow(Action::SeeRoutes, get(show)))
        .route("/plans/{id}/publish", allow(Action::Publish, post(publish)))
}

/// Publishing takes no more than the plan's id.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

async fn build(
    State(state): State<AppState>,
    actor: Actor,
    OnceJson { body, once }: OnceJson<NewPlan>,
) -> Result<Answer, Problem> {
    Ok(planning::build(&state, &actor, &once, body).await?)
}

async fn show(State(state): State<AppState>, _: Actor, Path(id): Path<Uuid>) -> Result<Json<Plan>, Problem> {
    Ok(Json(planning::get(&state, id).await?))
}

async fn publish(
    State(state): State<AppState>,
    actor: Actor,
    Path(id): Path<Uuid>,
    OnceJson { body: Nothing {}, once }: OnceJson<Nothing>,
) -> Result<Answer, Problem> {
    Ok(planning::publish(&state, &actor, &once, id).await?)
}
