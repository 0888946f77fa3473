//! `/reports/audit`: who did what, and whether the chain of the trail holds.

use super::{Asked, Head, file, not_made};
use crate::{
    http::problem::Problem,
    pages::{
        frame::{Desk, Frame, percent},
        html,
    },
    service::{
        ServiceError,
        audit_trail::{self, Chain, Line, Page as Lines, Wanted},
        authorise::Action,
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
use serde::Deserialize;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/reports/audit", get(page)).route("/reports/audit.csv", get(as_file))
}

/// What is looked for, as the form sends it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Sought {
    account: String,
    order: String,
    person: String,
    from: String,
    to: String,
    before: String,
}

impl Sought {
    fn wanted(&self) -> Result<Wanted, ServiceError> {
        let said = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let bad = || ServiceError::invalid("days_unreadable", "from, to: write both days as 2026-11-24.");
        let day = |text: &String| said(text).map(|text| text.parse().map_err(|_| bad())).transpose();
        Ok(Wanted {
            account: said(&self.account),
            order: said(&self.order),
            person: said(&self.person),
            from: day(&self.from)?,
            to: day(&self.to)?,
            before: self.before.parse().ok(),
            ..Wanted::default()
        })
    }

    /// The address of the page before the given line.
    fn older(&self, before: i64) -> String {
        let fields = [
            ("account", &self.account),
            ("order", &self.order),
            ("person", &self.person),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let given = fields.iter().filter(|(_, value)| !value.is_empty());
        let mut address = format!("/reports/audit?before={before}");
        for (name, value) in given {
            address.push_str(&format!("&{name}={}", percent(value).replace('/', "%2F")));
        }
        address
    }
}

#[derive(Template)]
#[template(path = "reports_audit.html")]
struct Page {
    f: Frame,
    h: Head,
    sought: Sought,
    page: Lines,
    chain: Chain,
}

impl Page {
    fn older(&self, before: &i64) -> String {
        self.sought.older(*before)
    }
}

async fn page(State(state): State<AppState>, desk: Desk, Query(sought): Query<Sought>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeAudit) {
        return Ok(*refused);
    }
    let found = match sought.wanted() {
        Ok(wanted) => audit_trail::page(&state, &wanted).await,
        Err(bad) => Err(bad),
    };
    let page = match found {
        Ok(page) => page,
        Err(bad) => return not_made(desk, "audit", bad),
    };
    let chain = audit_trail::chain(&state, &[]).await?;
    html(&Page { f: desk.frame, h: Head { tab: "audit", days: None, has_file: false }, sought, page, chain })
}

async fn as_file(State(state): State<AppState>, desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeAudit) {
        return Ok(*refused);
    }
    let days = match asked.days(&desk.frame) {
        Ok(days) => days,
        Err(bad) => return not_made(desk, "audit", bad),
    };
    match audit_trail::of_days(&state, days, audit_trail::FILE_MAX).await? {
        Some(lines) => file(&state, "audit", days, Line::COLUMNS, &lines),
        None => not_made(
            desk,
            "audit",
            ServiceError::invalid("rows_too_many", "There are more rows than one file holds: take fewer days."),
        ),
    }
}
