//! `/reports/orders/{id}`: one order from the listing to the restore, for an auditor.

use super::{Head, not_made};
use crate::{
    http::problem::Problem,
    pages::{
        frame::{Desk, Frame},
        html,
    },
    service::{
        authorise::Action,
        reports::{
            checks::Check,
            order::{self, OrderAudit},
        },
    },
    state::AppState,
};
use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::get,
};

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/reports/orders/{id}", get(page))
}

#[derive(Template)]
#[template(path = "reports_order.html")]
struct Page {
    f: Frame,
    h: Head,
    o: OrderAudit,
}

impl Page {
    /// Icon, tone and word of a check.
    fn held(&self, check: &Check) -> (&'static str, &'static str, &str) {
        match check.held {
            Some(true) => ("done", "restore", self.f.t("held", "se cumplió")),
            Some(false) => ("stop", "stop", self.f.t("did not hold", "no se cumplió")),
            None => ("wait", "wait", self.f.t("not on record", "sin registro")),
        }
    }
}

async fn page(State(state): State<AppState>, desk: Desk, Path(id): Path<String>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeAudit) {
        return Ok(*refused);
    }
    match order::of(&state, &desk.frame.voice, &id).await {
        Ok(o) => html(&Page { f: desk.frame, h: Head { tab: "orders", days: None, has_file: false }, o }),
        Err(bad) => not_made(desk, "audit", bad),
    }
}
