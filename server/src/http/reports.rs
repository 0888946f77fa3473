//! `/reports`: what supervisors and auditors read, each for a span of days.

use super::{
    auth::{allow, allow_query},
    contract::{Calls, get},
    extract::{Json, Path, Query},
    language::voice_of,
    problem::Problem,
};
use crate::{
    service::{
        authorise::{Action, Actor},
        days::Days,
        reports::{
            collection::{self, Collection},
            exceptions::{self, Exceptions},
            off::{self, Register},
            order::{self, OrderAudit},
            productivity::{self, Productivity},
            readings::{self, Readings},
            replay::{self, Replay},
            sample::{self, How, Sample},
        },
    },
    state::AppState,
};
use axum::{extract::State, http::HeaderMap};
use chrono::NaiveDate;
use serde::Deserialize;

/// What is wrong with a span of days.
const OF_DAYS: &[(u16, &str)] = &[(422, "days_reversed"), (422, "days_too_many")];

/// The routes of this resource.
pub fn routes() -> Calls {
    let report = |handlers| allow_query(Action::SeeReports, handlers);
    let collection = get(collection).says("What crews tried and did, by day, crew, kind and code; a year at a time.");
    let productivity =
        get(productivity).says("How the crews' days went: stops, first and last act, visits by the hour.");
    let readings = get(readings).says("Readings that came in on these days and should be looked at again.");
    let exceptions = get(exceptions).says("What needed a person on these days, and what is open from before.");
    let off = get(off).says("What is off right now: since when, why, by which order, and who gives it back.");
    let sample = get(sample)
        .says("Orders drawn for an audit: every n-th, or so many by a word; the same word draws the same.")
        .refuses(&[(422, "sample_invalid")]);
    let order = get(of_order)
        .says("One order from the listing to the restore, with checks, evidence and the audit trail.")
        .path("The order's id or its number.")
        .speaks()
        .refuses(&[(404, "order_unknown")]);
    let replayed = get(replay_of)
        .says("What the tablet knew at each visit of an order when its work began, beside what the office knew then.")
        .path("The order's id or its number.")
        .speaks()
        .refuses(&[(404, "order_unknown")]);
    Calls::new()
        .route("/reports/collection", report(collection.refuses(OF_DAYS)))
        .route("/reports/productivity", report(productivity.refuses(OF_DAYS)))
        .route("/reports/readings", report(readings.refuses(OF_DAYS)))
        .route("/reports/exceptions", report(exceptions.refuses(OF_DAYS)))
        .route("/reports/off", allow(Action::SeeReports, off))
        .route("/reports/sample", allow_query(Action::SeeAudit, sample.refuses(OF_DAYS)))
        .route("/reports/orders/{id}", allow(Action::SeeAudit, order))
        .route("/reports/orders/{id}/replay", allow(Action::SeeExceptions, replayed))
}

/// Days of the utility, both included.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// The first day.
    from: NaiveDate,
    /// The last day, included.
    to: NaiveDate,
}

impl Asked {
    fn days(&self) -> Result<Days, Problem> {
        Ok(Days::new(self.from, self.to)?)
    }
}

async fn collection(
    State(state): State<AppState>,
    _: Actor,
    Query(asked): Query<Asked>,
) -> Result<Json<Collection>, Problem> {
    Ok(Json(collection::of(&state, asked.days()?).await?))
}

async fn productivity(
    State(state): State<AppState>,
    _: Actor,
    Query(asked): Query<Asked>,
) -> Result<Json<Productivity>, Problem> {
    Ok(Json(productivity::of(&state, asked.days()?).await?))
}

async fn readings(
    State(state): State<AppState>,
    _: Actor,
    Query(asked): Query<Asked>,
) -> Result<Json<Readings>, Problem> {
    Ok(Json(readings::of(&state, asked.days()?).await?))
}

async fn exceptions(
    State(state): State<AppState>,
    _: Actor,
    Query(asked): Query<Asked>,
) -> Result<Json<Exceptions>, Problem> {
    Ok(Json(exceptions::of(&state, asked.days()?).await?))
}

async fn off(State(state): State<AppState>, _: Actor) -> Result<Json<Register>, Problem> {
    Ok(Json(off::register(&state).await?))
}

/// From which days, and how.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Draw {
    /// The first day.
    from: NaiveDate,
    /// The last day, included.
    to: NaiveDate,
    /// Every n-th order by day and number.
    every: Option<usize>,
    /// So many orders, by `seed`.
    count: Option<usize>,
    /// A word of the auditor's, from which the choice follows.
    seed: Option<String>,
}

async fn sample(State(state): State<AppState>, _: Actor, Query(asked): Query<Draw>) -> Result<Json<Sample>, Problem> {
    let how = How::asked(asked.every, asked.count, asked.seed.as_deref())?;
    Ok(Json(sample::draw(&state, Days::new(asked.from, asked.to)?, &how).await?))
}

async fn of_order(
    State(state): State<AppState>,
    _: Actor,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<OrderAudit>, Problem> {
    Ok(Json(order::of(&state, &voice_of(&state, &headers), &id).await?))
}

async fn replay_of(
    State(state): State<AppState>,
    _: Actor,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Replay>, Problem> {
    Ok(Json(replay::of(&state, &voice_of(&state, &headers), &id).await?))
}
