//! `/exports`: files for the systems around Curbstop.

use super::{
    auth::allow_query,
    contract::{Calls, Handlers, get, media},
    extract::Query,
    problem::Problem,
};
use crate::{
    export::{self, table},
    service::{
        audit_trail::{self, Line},
        authorise::{Action, Actor},
        days::Days,
        reports::{exceptions, readings},
        results,
    },
    state::AppState,
};
use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The routes of this resource.
pub fn routes() -> Calls {
    let results = get(results_csv)
        .says("What the crews did, as CSV; a year at a time.")
        .gives_media(200, media::CSV, "The file.")
        .refuses(&[(422, "days_reversed"), (422, "days_too_many")]);
    let of_days = &[(422, "days_reversed"), (422, "days_too_many"), (422, "rows_too_many")];
    let file =
        |handlers: Handlers, says| handlers.says(says).gives_media(200, media::CSV, "The file.").refuses(of_days);
    let readings = file(get(readings_csv), "Readings that came in and should be looked at again, as CSV.");
    let exceptions = file(get(exceptions_csv), "What needed a person, and what is open from before, as CSV.");
    let audit = file(get(audit_csv), "The audit trail, each line with its hash, as CSV.");
    Calls::new()
        .route("/exports/results", allow_query(Action::Export, results))
        .route("/exports/readings", allow_query(Action::Export, readings))
        .route("/exports/exceptions", allow_query(Action::SeeReports, exceptions))
        .route("/exports/audit", allow_query(Action::SeeAudit, audit))
}

/// The utility's days, both included: for visits and readings those on which the server received them.
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

async fn readings_csv(
    State(state): State<AppState>,
    _: Actor,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let days = Days::new(asked.from, asked.to)?;
    let all = readings::of(&state, days).await?;
    whole(&state, "readings", days, readings::Row::COLUMNS, &all.readings, all.more)
}

async fn exceptions_csv(
    State(state): State<AppState>,
    _: Actor,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let days = Days::new(asked.from, asked.to)?;
    let all = exceptions::of(&state, days).await?;
    whole(&state, "exceptions", days, exceptions::Row::COLUMNS, &all.entries, all.more)
}

async fn audit_csv(State(state): State<AppState>, _: Actor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let days = Days::new(asked.from, asked.to)?;
    let lines = audit_trail::of_days(&state, days, audit_trail::FILE_MAX).await?;
    whole(&state, "audit", days, Line::COLUMNS, lines.as_deref().unwrap_or_default(), lines.is_none())
}

/// A file that holds all of its days' rows, or none: who reads it by machine does not see that some are missing.
fn whole<T: Serialize>(
    state: &AppState,
    what: &str,
    days: Days,
    columns: &[&str],
    rows: &[T],
    more: bool,
) -> Result<Response, Problem> {
    if more {
        let detail = "There are more rows than one file holds: take fewer days.";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "rows_too_many", detail));
    }
    as_file(what, days, table::write(columns, rows, Some(state.config.time_zone)))
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
