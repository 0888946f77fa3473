//! Somebody says what a payment is that nobody could read: from the list of what needs attention, or from its account.

use super::{
    frame::{Desk, Frame},
    go_to, refused,
};
use crate::{
    http::problem::Problem,
    import::fault::Code,
    service::{
        idempotency::Once,
        unread_payments::{self, Shown, Unread},
    },
    state::AppState,
};
use axum::{
    Form, Router,
    extract::{Path, State},
    response::Response,
    routing::post,
};
use serde::Deserialize;
use uuid::Uuid;

/// Sentences that stand before publishing; what is more is counted, and stands in the list beside the board.
const REMARKS_MAX: usize = 20;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/office/unread-payments/{id}", post(settle))
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
    // It is settled once, so its own id is the key: another reason is another request.
    let key = format!("{id}:{}", crate::import::table::sha256_hex(why.as_bytes()));
    let done = match Once::new(&key, "POST", &format!("/office/unread-payments/{id}"), why.as_bytes()) {
        Ok(once) => unread_payments::settle(&state, &desk.actor, id, &why, &once).await,
        Err(bad) => Err(bad),
    };
    match done {
        Ok(_) => {
            // A path of ours: a line break would break the header that leads back.
            let here = ["/dispatch", "/office/accounts/"].iter().any(|page| back.starts_with(page))
                && !back.chars().any(char::is_control);
            Ok(go_to(if here { &back } else { "/dispatch" }, desk.frame.fragment))
        }
        Err(bad) => refused(desk.frame, bad),
    }
}

impl Frame {
    /// What is wrong with a refused row and what to do, in the reader's language.
    pub(super) fn fault(&self, code: &Code) -> &'static str {
        code.said(self.voice.language)
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
