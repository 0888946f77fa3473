//! A payment came back or was a mistake: what that changes is on the page before the last key.

use super::{
    frame::{Desk, Frame, percent},
    go_to, html, refused,
};
use crate::{
    http::{extract::Form, problem::Problem},
    service::{
        ServiceError,
        authorise::Action,
        idempotency::Once,
        taking_back::{self, TakenBack},
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
use curbstop_shared::{money::Money, vocabulary::ReversalReason};
use serde::Deserialize;
use uuid::Uuid;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/office/payments/{id}/back", get(ask).post(take_back))
}

#[derive(Template)]
#[template(path = "take_back.html")]
struct Ask {
    f: Frame,
    id: Uuid,
    amount: String,
    back: TakenBack,
    reasons: Vec<(&'static str, &'static str, &'static str)>,
    key: Uuid,
}

async fn ask(State(state): State<AppState>, desk: Desk, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::DecideReleases) {
        return Ok(*refused);
    }
    match taking_back::preview(&state, &desk.actor, id).await {
        Ok(back) => {
            let f = desk.frame;
            let minor = Money::parse(&back.amount, f.currency).map_or(0, |money| money.minor());
            let amount = f.money(&minor);
            html(&Ask { id, amount, back, reasons: reasons(&f), key: state.new_id(), f })
        }
        Err(bad) => refused(desk.frame, bad),
    }
}

/// Code, name, and what it means.
fn reasons(f: &Frame) -> Vec<(&'static str, &'static str, &'static str)> {
    let pick = |english, spanish| f.voice.language.pick(english, spanish);
    vec![
        (
            ReversalReason::ReturnedCheck.code(),
            pick("Returned check", "Cheque devuelto"),
            pick("the bank did not pay it", "el banco no lo pagó"),
        ),
        (
            ReversalReason::ChargeBack.code(),
            pick("Charge-back", "Contracargo"),
            pick("the card's bank took it back", "el banco de la tarjeta lo retiró"),
        ),
        (
            ReversalReason::Error.code(),
            pick("Entered by mistake", "Registrado por error"),
            pick("wrong account or amount; no money came in", "otra cuenta o cantidad; no entró dinero"),
        ),
    ]
}

#[derive(Deserialize)]
struct Filled {
    #[serde(default)]
    reason: String,
    key: String,
}

async fn take_back(
    State(state): State<AppState>,
    desk: Desk,
    Path(id): Path<Uuid>,
    Form(Filled { reason, key }): Form<Filled>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::DecideReleases) {
        return Ok(*refused);
    }
    let uri = format!("/office/payments/{id}/back");
    let once = Once::new(&key, "POST", &uri, reason.as_bytes());
    let reason: Result<ReversalReason, _> = reason.parse().map_err(|_| {
        ServiceError::invalid("reason_missing", "reason: say what happened: returned_check, charge_back or error.")
    });
    let done = match (reason, once) {
        (Ok(reason), Ok(once)) => taking_back::take_back(&state, &desk.actor, id, reason, &once).await,
        (Err(bad), _) | (_, Err(bad)) => Err(bad),
    };
    match done {
        Ok(answer) => {
            let back: TakenBack = serde_json::from_slice(&answer.body).map_err(|bad| Problem::internal(&bad))?;
            Ok(go_to(&format!("/office/accounts/{}", percent(&back.account)), desk.frame.fragment))
        }
        Err(bad) => refused(desk.frame, bad),
    }
}
