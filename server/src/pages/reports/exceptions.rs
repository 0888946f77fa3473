//! `/reports/exceptions`: what needed a person, and how long it waits.

use super::{Asked, Head, Piece, bar, file, not_made};
use crate::{
    http::problem::Problem,
    pages::{
        frame::{Desk, Frame},
        html,
    },
    service::{
        authorise::Action,
        reports::exceptions::{self, Exceptions, OfKind, Row},
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
use curbstop_shared::{time::Span, vocabulary::Role};

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/reports/exceptions", get(page)).route("/reports/exceptions.csv", get(as_file))
}

#[derive(Template)]
#[template(path = "reports_exceptions.html")]
struct Page {
    f: Frame,
    h: Head,
    e: Exceptions,
}

impl Page {
    fn bar(&self, of: &OfKind) -> Vec<Piece> {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let max = self.e.kinds.iter().map(|of| of.count).max().unwrap_or(1);
        let waits = if of.wrongful { "stop" } else { "wait" };
        bar(&[("done", number(of.count - of.open)), (waits, number(of.open))], number(max))
    }

    fn open(&self) -> usize {
        self.e.kinds.iter().map(|of| of.open).sum()
    }

    fn late(&self) -> usize {
        self.e.kinds.iter().map(|of| of.late).sum()
    }

    fn wrongful(&self) -> usize {
        self.e.kinds.iter().filter(|of| of.wrongful).map(|of| of.count).sum()
    }

    /// How long an entry was, or has been, open.
    fn age(&self, row: &Row) -> String {
        self.f.voice.span(Span::minutes(row.age_min))
    }

    fn owner(&self, row: &Row) -> String {
        row.owner.parse::<Role>().map_or_else(|_| row.owner.clone(), |role| self.f.role_name(role).to_owned())
    }

    /// Entries of reports are many: the page shows the newest, the file has all.
    fn shown(&self) -> Vec<&Row> {
        self.e.entries.iter().rev().take(SHOWN_MAX).collect()
    }
}

/// Entries on the page.
const SHOWN_MAX: usize = 200;

async fn page(State(state): State<AppState>, desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeReports) {
        return Ok(*refused);
    }
    let days = match asked.days(&desk.frame) {
        Ok(days) => days,
        Err(bad) => return not_made(desk, "exceptions", bad),
    };
    let e = exceptions::of(&state, days).await?;
    html(&Page { f: desk.frame, h: Head::of_days("exceptions", days), e })
}

async fn as_file(State(state): State<AppState>, desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeReports) {
        return Ok(*refused);
    }
    match asked.days(&desk.frame) {
        Ok(days) => file(&state, "exceptions", days, Row::COLUMNS, &exceptions::of(&state, days).await?.entries),
        Err(bad) => not_made(desk, "exceptions", bad),
    }
}
