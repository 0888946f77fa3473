//! `/reports/readings`: readings to look at again.

use super::{Asked, Head, Piece, bar, file, not_made};
use crate::{
    http::problem::Problem,
    pages::{
        frame::{Desk, Frame},
        html,
    },
    service::{
        authorise::Action,
        reports::readings::{self, Readings, Row},
    },
    state::AppState,
};
use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use std::collections::BTreeMap;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/reports/readings", get(page)).route("/reports/readings.csv", get(as_file))
}

#[derive(Template)]
#[template(path = "reports_readings.html")]
struct Page {
    f: Frame,
    h: Head,
    r: Readings,
}

impl Page {
    /// Why, in words.
    fn why(&self, row: &Row) -> String {
        let checks = row.checks.iter().map(|check| self.f.voice.reading_check(check));
        let code = row.reading_code.iter().map(|code| code.replace('_', " "));
        checks.chain(code).collect::<Vec<_>>().join(", ")
    }

    /// How many for each reason, the most frequent first.
    fn reasons(&self) -> Vec<(String, i64, Vec<Piece>)> {
        let mut counted: BTreeMap<String, i64> = BTreeMap::new();
        for row in &self.r.readings {
            let none = row.reading.is_none().then(|| self.f.t("no reading", "sin lectura").to_owned());
            for why in row.checks.iter().map(|check| self.f.voice.reading_check(check)).chain(none) {
                *counted.entry(why).or_default() += 1;
            }
        }
        let max = counted.values().max().copied().unwrap_or(1);
        let mut all: Vec<_> =
            counted.into_iter().map(|(why, count)| (why, count, bar(&[("wait", count)], max))).collect();
        all.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
        all
    }

    fn waiting(&self) -> usize {
        self.r.readings.iter().filter(|row| !row.is_settled()).count()
    }

    fn shown(&self) -> Vec<&Row> {
        self.r.readings.iter().rev().take(SHOWN_MAX).collect()
    }
}

/// Readings on the page.
const SHOWN_MAX: usize = 200;

async fn page(State(state): State<AppState>, desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeReports) {
        return Ok(*refused);
    }
    let days = match asked.days(&desk.frame) {
        Ok(days) => days,
        Err(bad) => return not_made(desk, "readings", bad),
    };
    let r = readings::of(&state, days).await?;
    html(&Page { f: desk.frame, h: Head::of_days("readings", days), r })
}

async fn as_file(State(state): State<AppState>, desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeReports) {
        return Ok(*refused);
    }
    match asked.days(&desk.frame) {
        Ok(days) => file(&state, "readings", days, Row::COLUMNS, &readings::of(&state, days).await?.readings),
        Err(bad) => not_made(desk, "readings", bad),
    }
}
