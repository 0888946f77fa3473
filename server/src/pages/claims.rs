//! What a crew was shown or told at the door is accepted or not, from the worklist and from the account.

use super::{Said, frame::Desk, go_to, in_place, refused};
use crate::{
    http::{extract::Form, problem::Problem},
    service::{
        deciding::{self, Decided, Decision},
        idempotency::Once,
    },
    state::AppState,
};
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
    routing::post,
};
use curbstop_shared::ids::FactId;
use serde::Deserialize;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/office/claims/{claim}", post(decide))
}

#[derive(Deserialize)]
struct Filled {
    /// "yes" or "no", by the button.
    accepted: String,
    why: String,
    #[serde(default)]
    good_through: String,
    /// "yes" or "no", where service is off.
    #[serde(default)]
    restore: String,
    #[serde(default)]
    stays_off_why: String,
    key: String,
}

async fn decide(
    State(state): State<AppState>,
    desk: Desk,
    Path(claim): Path<FactId>,
    Form(filled): Form<Filled>,
) -> Result<Response, Problem> {
    let decision = Decision {
        accepted: filled.accepted == "yes",
        why: filled.why.clone(),
        good_through: filled.good_through.parse().ok(),
        restore: match filled.restore.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        },
        stays_off_why: Some(filled.stays_off_why.clone()).filter(|why| !why.trim().is_empty()),
    };
    let body = format!("{decision:?}");
    let done = match Once::new(&filled.key, "POST", &format!("/office/claims/{claim}"), body.as_bytes()) {
        Ok(once) => deciding::decide(&state, &desk.actor, &claim, &decision, &once).await,
        Err(bad) => Err(bad),
    };
    let answer = match done {
        Ok(answer) => answer,
        Err(bad) => return refused(desk.frame, bad),
    };
    if !desk.frame.fragment {
        return Ok(go_to("/office", false));
    }
    let decided: Decided = serde_json::from_slice(&answer.body).map_err(|bad| Problem::internal(&bad))?;
    let f = desk.frame;
    let mut text = format!("{}: ", decided.order);
    text.push_str(match (decided.accepted, &decided.hold) {
        (false, _) => f.t(
            "not accepted. Nobody goes back today; the account can be on the next listing.",
            "no aceptado. Nadie vuelve hoy; la cuenta puede entrar en la próxima lista.",
        ),
        (true, Some(_)) => f.t("accepted; the account is protected by hold", "aceptado; protege la cuenta"),
        (true, None) => f.t("accepted. The cut stays stopped.", "aceptado. El corte queda detenido."),
    });
    if let Some(hold) = &decided.hold {
        text.push_str(&format!(" {hold}."));
    }
    for reconnect in &decided.reconnects {
        text.push_str(&format!(" {} {reconnect}.", f.t("Restores:", "Reconecta:")));
    }
    if !decided.stays_off.is_empty() {
        let stays = f.t("Stays off, and stays on this list:", "Sigue sin servicio, y sigue en esta lista:");
        text.push_str(&format!(" {stays} {}.", decided.stays_off.join(", ")));
    }
    if !decided.also.is_empty() {
        let also = match decided.accepted {
            true => f.t("Stopped with it:", "También se detiene:"),
            false => f.t("May be worked again:", "Se puede trabajar otra vez:"),
        };
        text.push_str(&format!(" {also} {}.", decided.also.join(", ")));
    }
    let tone = if decided.accepted { "restore" } else { "wait" };
    in_place(f, StatusCode::OK, &Said { tone, text })
}
