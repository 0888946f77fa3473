//! `/exports`: files for the systems around Curbstop.

use super::{
    auth::allow_query,
    contract::{Calls, get, media},
    extract::Query,
    problem::Problem,
};
use crate::{
    export,
    service::{
        authorise::{Action, Actor},
        results,
    },
    state::AppState,
};
use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use chrono::NaiveDate;
use serde::Deserialize;

/// The routes of this resource.
pub fn routes() -> Calls {
    let results = get(results_csv)
        .says("What the crews did, as CSV; a year at a time.")
        .gives_media(200, media::CSV, "The file.")
        .refuses(&[(422, "days_reversed"), (422, "days_too_many")]);
    Calls::new().route("/exports/results", allow_query(Action::Export, results))
}

/// The utility's days, both included, on which the server received the visits.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Days {
    /// The first day.
    from: NaiveDate,
    /// The last day, included.
    to: NaiveDate,
}

async fn results_csv(State(state): State<AppState>, _: Actor, Query(days): Query<Days>) -> Result<Response, Problem> {
    let rows = results::of_days(&state, days.from, days.to).await?;
    as_file(&rows, days.from, days.to)
}

/// The rows as a file to be saved.
///
/// # Errors
/// When they can't be written.
pub fn as_file(rows: &[export::results::ResultRow], from: NaiveDate, to: NaiveDate) -> Result<Response, Problem> {
    let file = export::results::write(rows).map_err(|bad| Problem::internal(&bad))?;
    let name = format!("attachment; filename=\"results-{from}-{to}.csv\"");
    let disposition = HeaderValue::from_str(&name).map_err(|bad| Problem::internal(&bad))?;
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], file).into_response())
}
