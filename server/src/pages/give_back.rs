//! Service is given back without a payment, and that word taken back: what it does is on the page before the last key.

use super::{
    effects::{Effect, effects},
    frame::{Desk, Frame, percent},
    go_to, html, in_place, refused,
};
use crate::{
    http::{extract::Form, problem::Problem},
    service::{
        ServiceError,
        accounts::{self, Account},
        authorise::Action,
        giving_back::{self, NewRelease, Released, TakenBack},
        idempotency::Once,
    },
    state::AppState,
};
use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use curbstop_shared::{ids::FactId, vocabulary::ReleaseReason};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/office/accounts/{account}/release", get(form).post(record))
        .route("/office/accounts/{account}/release/preview", post(preview))
        .route("/office/releases/{release}/back", get(ask_back).post(take_back))
}

#[derive(Template)]
#[template(path = "give_back.html")]
struct GiveBack {
    f: Frame,
    a: Account,
    /// Code, name, and what it means.
    reasons: Vec<(&'static str, &'static str, &'static str)>,
    key: Uuid,
}

async fn form(State(state): State<AppState>, desk: Desk, Path(account): Path<String>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::RecordReleases) {
        return Ok(*refused);
    }
    let f = desk.frame;
    match accounts::account(&state, &f.voice, &account).await {
        Ok(a) => html(&GiveBack { a, reasons: reasons(&f), key: state.new_id(), f }),
        Err(bad) => refused(f, bad),
    }
}

fn reasons(f: &Frame) -> Vec<(&'static str, &'static str, &'static str)> {
    let said = |reason| match reason {
        ReleaseReason::Agreement => {
            (f.t("Agreement", "Acuerdo de pago"), f.t("the customer pays in parts", "el cliente paga en partes"))
        }
        ReleaseReason::Pledge => (f.t("Pledge", "Ayuda prometida"), f.t("an agency will pay", "una agencia pagará")),
        ReleaseReason::BillingError => {
            (f.t("Billing error", "Error de facturación"), f.t("it was not owed: no fee", "no se debía: sin cargo"))
        }
        ReleaseReason::Medical => (
            f.t("Medical", "Motivo médico"),
            f.t("somebody there needs it; set the hold too", "alguien allí lo necesita; ponga también la protección"),
        ),
        ReleaseReason::Dispute => {
            (f.t("Dispute", "Disputa"), f.t("the bill is being looked into", "el recibo se está revisando"))
        }
        _ => (
            f.t("Ordered", "Por orden"),
            f.t("a supervisor, a court or the council says so", "lo ordena un supervisor, un juez o el consejo"),
        ),
    };
    let reason = |reason: &ReleaseReason| {
        let (name, means) = said(*reason);
        (reason.code(), name, means)
    };
    giving_back::BY_HAND.iter().map(reason).collect()
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Filled {
    reason: String,
    why: String,
    key: String,
    /// "yes": it is meant so without a hold.
    confirmed: String,
}

impl Filled {
    fn release(&self, account: &str) -> NewRelease {
        NewRelease {
            account: account.to_owned(),
            reason: self.reason.clone(),
            lines: None,
            why: self.why.clone(),
            confirmed: self.confirmed == "yes",
        }
    }
}

#[derive(Template)]
#[template(path = "give_back_effects.html")]
struct Effects {
    f: Frame,
    account: String,
    /// It is recorded; else it would be.
    recorded: bool,
    /// It was asked for without a hold: whether that is meant so.
    asks: bool,
    filled: Filled,
    effects: Vec<Effect>,
}

async fn preview(
    State(state): State<AppState>,
    desk: Desk,
    Path(account): Path<String>,
    Form(filled): Form<Filled>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::RecordReleases) {
        return Ok(*refused);
    }
    match giving_back::preview(&state, &desk.actor, &filled.release(&account)).await {
        Ok(released) => shown(desk.frame, account, filled, false, &released),
        Err(bad) => refused(desk.frame, bad),
    }
}

async fn record(
    State(state): State<AppState>,
    desk: Desk,
    Path(account): Path<String>,
    Form(filled): Form<Filled>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::RecordReleases) {
        return Ok(*refused);
    }
    let uri = format!("/office/accounts/{account}/release");
    let body = serde_json::to_vec(&filled).unwrap_or_default();
    let done = match Once::new(&filled.key, "POST", &uri, &body) {
        Ok(once) => giving_back::record(&state, &desk.actor, filled.release(&account), &once).await,
        Err(bad) => Err(bad),
    };
    match done {
        Ok(_) if !desk.frame.fragment => Ok(go_to(&format!("/office/accounts/{}", percent(&account)), false)),
        Ok(answer) => {
            let released: Released = serde_json::from_slice(&answer.body).map_err(|bad| Problem::internal(&bad))?;
            shown(desk.frame, account, filled, true, &released)
        }
        // Asked once more: what it would do is shown again, with the question.
        Err(ServiceError::Refused(refusal)) if refusal.code == "confirm_needed" => {
            let released = giving_back::preview(&state, &desk.actor, &filled.release(&account)).await?;
            shown(desk.frame, account, filled, false, &released)
        }
        Err(bad) => refused(desk.frame, bad),
    }
}

fn shown(f: Frame, account: String, filled: Filled, recorded: bool, released: &Released) -> Result<Response, Problem> {
    let asks = released.hold_missing && !recorded;
    // What is asked has to be answered first.
    let status = if asks && filled.confirmed != "yes" { StatusCode::CONFLICT } else { StatusCode::OK };
    let effects = effects(&released.stopped, &released.reconnects, recorded, &f);
    in_place(f.clone(), status, &Effects { f, account, recorded, asks, filled, effects })
}

#[derive(Template)]
#[template(path = "release_back.html")]
struct AskBack {
    f: Frame,
    id: FactId,
    back: TakenBack,
    key: Uuid,
}

async fn ask_back(State(state): State<AppState>, desk: Desk, Path(id): Path<FactId>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::DecideReleases) {
        return Ok(*refused);
    }
    match giving_back::preview_take_back(&state, &desk.actor, &id).await {
        Ok(back) => html(&AskBack { id, back, key: state.new_id(), f: desk.frame }),
        Err(bad) => refused(desk.frame, bad),
    }
}

#[derive(Deserialize)]
struct Undoing {
    #[serde(default)]
    why: String,
    key: String,
}

async fn take_back(
    State(state): State<AppState>,
    desk: Desk,
    Path(id): Path<FactId>,
    Form(Undoing { why, key }): Form<Undoing>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::DecideReleases) {
        return Ok(*refused);
    }
    let done = match Once::new(&key, "POST", &format!("/office/releases/{id}/back"), why.as_bytes()) {
        Ok(once) => giving_back::take_back(&state, &desk.actor, &id, &why, &once).await,
        Err(bad) => Err(bad),
    };
    match done {
        Ok(answer) => {
            let back: TakenBack = serde_json::from_slice(&answer.body).map_err(|bad| Problem::internal(&bad))?;
            Ok(go_to(&format!("/office/accounts/{}", percent(&back.account)), desk.frame.fragment))
        }
        Err(bad) => refused(desk.frame, bad),
    }
}
