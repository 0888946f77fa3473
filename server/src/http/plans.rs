//! `/plans`.

use super::{
    auth::allow,
    contract::{Calls, get, post},
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
use axum::extract::State;
use serde::Deserialize;
use std::collections::BTreeSet;
use uuid::Uuid;

/// The routes of this resource.
pub fn routes() -> Calls {
    let built = post(build)
        .says("Builds a day's plan; nobody has it yet. With `background` it answers at once and searches on.")
        .gives::<Plan>(201)
        .gives::<Plan>(202)
        .refuses(&[
            (409, "crew_out"),
            (409, "day_over"),
            (422, "crew_unknown"),
            (422, "day_not_plannable"),
            (422, "day_too_far"),
            (422, "listing_not_final"),
            (422, "listing_unknown"),
            (422, "search_out_of_range"),
            (429, "too_many_plans"),
        ]);
    let stopped = post(stop)
        .says("Ends the search for a plan's routes: the best ones so far become the plan.")
        .path("The plan.")
        .refuses(&[(404, "plan_unknown")]);
    let published = post(publish)
        .says("Sends a plan's routes out to the crews.")
        .path("The plan.")
        .gives::<Plan>(200)
        .gives::<Plan>(201)
        .refuses(&[
            (404, "plan_unknown"),
            (409, "crew_changed"),
            (409, "crew_out"),
            (409, "day_over"),
            (409, "plan_building"),
            (409, "plan_listing_withdrawn"),
            (409, "plan_overtaken"),
            (409, "plan_takes_off"),
        ]);
    let shown = get(show).says("A plan.").path("The plan.").refuses(&[(404, "plan_unknown")]);
    Calls::new()
        .route("/plans", allow(Action::Plan, built))
        .route("/plans/{id}", allow(Action::SeeRoutes, shown))
        .route("/plans/{id}/stop", allow(Action::Plan, stopped))
        .route("/plans/{id}/publish", allow(Action::Publish, published))
}

/// Stopping takes no more than the plan's id.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// What whoever publishes a plan agrees to.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Publish {
    /// Numbers of the orders that crews have now, and still have to do, and that may become nobody's; without it any may, as
    /// long as the whole day is not left empty.
    #[serde(default)]
    take_off: Option<BTreeSet<String>>,
}

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

async fn stop(
    State(state): State<AppState>,
    actor: Actor,
    Path(id): Path<Uuid>,
    Json(Nothing {}): Json<Nothing>,
) -> Result<Json<Plan>, Problem> {
    Ok(Json(planning::stop(&state, &actor, id).await?))
}

async fn publish(
    State(state): State<AppState>,
    actor: Actor,
    Path(id): Path<Uuid>,
    OnceJson { body: Publish { take_off }, once }: OnceJson<Publish>,
) -> Result<Answer, Problem> {
    Ok(planning::publish(&state, &actor, &once, id, take_off.as_ref()).await?)
}
