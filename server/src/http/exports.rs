//! `/exports`: files for the systems around Curbstop.

use super::{auth::allow_query, extract::Query, problem::Problem};
use crate::{
    export,
    service::{
        authorise::{Action, Actor},
        results,
    },
    state::AppState,
};
use axum::{
    Router,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use chrono::NaiveDate;
use serde::Deserialize;

/// The routes of this resource.
pub fn routes() -> Router<AppState> {
    Router::new().route("/exports/results", allow_query(Action::Export, get(results_csv)))
}

/// The utility's days, both included, on which the server received the visits.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Days {
    from: NaiveDate,
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
