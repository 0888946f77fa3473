//! The results of some days as a file for the billing system; where that is refused, the form again with the reason.

use super::{
    frame::{Desk, Frame},
    html_with, refusals,
};
use crate::{
    export,
    http::{exports, problem::Problem},
    service::{ServiceError, authorise::Action, days, results},
    state::AppState,
};
use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use serde::Deserialize;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/results", get(file))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Days {
    from: String,
    to: String,
}

impl Days {
    fn read(&self) -> Result<days::Days, ServiceError> {
        let bad = |_| ServiceError::invalid("days_unreadable", "from, to: write both days as 2026-11-24.");
        days::Days::new(self.from.parse().map_err(bad)?, self.to.parse().map_err(bad)?)
    }
}

#[derive(Template)]
#[template(path = "results_again.html")]
struct Again {
    f: Frame,
    refused: String,
}

async fn file(State(state): State<AppState>, desk: Desk, Query(days): Query<Days>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::Export) {
        return Ok(*refused);
    }
    let asked = match days.read() {
        Ok(days) => results::of_days(&state, days).await.map(|rows| (rows, days)),
        Err(bad) => Err(bad),
    };
    match asked {
        Ok((rows, days)) => exports::as_file("results", days, export::results::write(&rows)),
        Err(ServiceError::Refused(refusal)) => {
            let f = desk.frame;
            let refused = refusals::said(&f, refusal.code, &refusal.detail);
            html_with(Problem::from(refusal).status, &Again { f, refused })
        }
        Err(other) => Err(other.into()),
    }
}
