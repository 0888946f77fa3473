//! Payments that nobody could read: their list, and somebody says what one is or that what was said was not so.

use super::{
    frame::{Desk, Frame},
    go_to, html, refused,
};
use crate::{
    http::{extract::Form, problem::Problem},
    import::{fault::Code, report::Refused},
    service::{
        ServiceError,
        authorise::Action,
        idempotency::Once,
        unread_payments::{self, Shown, Unread},
    },
    state::AppState,
};
use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::{get, post},
};
use serde::Deserialize;
use uuid::Uuid;

/// Sentences that stand before publishing; what is more is counted, and stands in the list beside the board.
const REMARKS_MAX: usize = 20;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/office/unread-payments", get(list))
        .route("/office/unread-payments/{id}", post(settle))
        .route("/office/unread-payments/{id}/reopen", post(reopen))
}

#[derive(Deserialize)]
struct Filled {
    #[serde(default)]
    why: String,
    /// The page to go back to.
    back: String,
}

async fn settle(
    State(state): State<AppState>,
    desk: Desk,
    Path(id): Path<Uuid>,
    Form(Filled { why, back }): Form<Filled>,
) -> Result<Response, Problem> {
    // It may be opened again and settled with the same words: the service knows the same press twice.
    let done = match Once::new(
        &state.new_id().to_string(),
        "POST",
        &format!("/office/unread-payments/{id}"),
        why.as_bytes(),
    ) {
        Ok(once) => unread_payments::settle(&state, &desk.actor, id, &why, &once).await,
        Err(bad) => Err(bad),
    };
    match done {
        Ok(_) => Ok(go_to(here(&back), desk.frame.fragment)),
        Err(bad) => refused(desk.frame, bad),
    }
}

/// The page to go back to, where it is one of ours: a line break would break the header that leads back.
fn here(back: &str) -> &str {
    let ours = ["/dispatch", "/office/accounts/", "/office/unread-payments"].iter().any(|page| back.starts_with(page));
    if ours && !back.chars().any(char::is_control) { back } else { "/dispatch" }
}

#[derive(Deserialize)]
struct Back {
    back: String,
}

async fn reopen(
    State(state): State<AppState>,
    desk: Desk,
    Path(id): Path<Uuid>,
    Form(Back { back }): Form<Back>,
) -> Result<Response, Problem> {
    let uri = format!("/office/unread-payments/{id}/reopen");
    let done = match Once::new(&state.new_id().to_string(), "POST", &uri, &[]) {
        Ok(once) => unread_payments::reopen(&state, &desk.actor, id, &once).await,
        Err(bad) => Err(bad),
    };
    match done {
        Ok(_) => Ok(go_to(here(&back), desk.frame.fragment)),
        Err(bad) => refused(desk.frame, bad),
    }
}

#[derive(Template)]
#[template(path = "unread_list.html")]
struct List {
    f: Frame,
    unread: Shown,
}

async fn list(State(state): State<AppState>, desk: Desk) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeExceptions) {
        return Ok(*refused);
    }
    let unread = unread_payments::standing(&mut state.store.snapshot().await.map_err(ServiceError::from)?).await?;
    html(&List { f: desk.frame, unread })
}

impl Frame {
    /// What is wrong with a refused row and what to do, in the reader's language.
    pub(super) fn fault(&self, code: &Code) -> &'static str {
        code.said(self.voice.language)
    }

    /// What helps with a refused row beside that.
    pub(super) fn hint(&self, row: &Refused) -> Option<String> {
        row.hint(self.voice.language)
    }

    /// The payments that nobody could read, as sentences for whoever is about to publish.
    pub(super) fn unread_remarks(&self, unread: &Shown) -> Vec<String> {
        let said = |row: &Unread| format!("{}: {}", row.title(&self.voice), row.said(&self.voice));
        let mut remarks: Vec<String> = unread.rows.iter().take(REMARKS_MAX).map(said).collect();
        let more = unread.rows.len().saturating_sub(REMARKS_MAX) + unread.more;
        if more > 0 {
            remarks.push(format!(
                "{} {more} {}",
                self.t("And", "Y"),
                self.t(
                    "more payments that nobody could read: see Needs attention.",
                    "pagos más que nadie pudo leer: vea Requiere atención.",
                )
            ));
        }
        remarks
    }
}
