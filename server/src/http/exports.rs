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
        days::Days,
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
struct Asked {
    /// The first day.
    from: NaiveDate,
    /// The last day, included.
    to: NaiveDate,
}

async fn results_csv(State(state): State<AppState>, _: Actor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let days = Days::new(asked.from, asked.to)?;
    let rows = results::of_days(&state, days).await?;
    as_file("results", days, export::results::write(&rows))
}

/// A CSV as a file to be saved, called by what it is and its days.
///
/// # Errors
/// When it could not be written.
pub fn as_file(what: &str, days: Days, file: Result<Vec<u8>, csv::Error>) -> Result<Response, Problem> {
    let file = file.map_err(|bad| Problem::internal(&bad))?;
    let name = format!("attachment; filename=\"{what}-{}-{}.csv\"", days.from, days.to);
    let disposition = HeaderValue::from_str(&name).map_err(|bad| Problem::internal(&bad))?;
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], file).into_response())
}
