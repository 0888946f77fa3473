//! `/payments`: money came in; who need not be cut off now, and who is to be restored.

use super::{
    auth::{allow, allow_query},
    extract::{OnceJson, Path, Query},
    problem::Problem,
};
use crate::{
    moment::Moment,
    service::{
        authorise::{Action, Actor},
        idempotency::Answer,
        payments::{self, NewPayment},
        taking_back,
    },
    state::AppState,
};
use axum::{Router, extract::State, routing::post};
use curbstop_shared::{ids::LineId, vocabulary::ReversalReason};
use serde::Deserialize;
use uuid::Uuid;

/// The routes of this resource.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/payments", allow(Action::RecordReleases, post(record)))
        .route("/payments/{id}/reversal", allow(Action::DecideReleases, post(take_back)))
        .route("/payments/preview", allow_query(Action::RecordReleases, axum::routing::get(preview)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    account: String,
    amount: String,
    tender: String,
    confirmation: String,
    paid_at: Moment,
    #[serde(default)]
    lines: Option<Vec<LineId>>,
    /// A machine that reports money must not have it refused: only who asks for it is asked.
    #[serde(default)]
    ask_if_same: bool,
}

async fn record(State(state): State<AppState>, actor: Actor, request: OnceJson<Body>) -> Result<Answer, Problem> {
    let OnceJson { body, once } = request;
    let payment = NewPayment {
        account: body.account,
        amount: body.amount,
        tender: body.tender,
        confirmation: body.confirmation,
        paid_at: body.paid_at.0,
        lines: body.lines.map(|lines| lines.into_iter().collect()),
        ask_if_same: body.ask_if_same,
    };
    Ok(payments::record(&state, &actor, payment, &once).await?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Preview {
    account: String,
    amount: String,
    paid_at: Moment,
}

/// What a payment would stop and restart, before it is recorded. Nothing is stored.
async fn preview(
    State(state): State<AppState>,
    actor: Actor,
    Query(wanted): Query<Preview>,
) -> Result<super::extract::Json<payments::PaymentOutcome>, Problem> {
    let payment = NewPayment {
        account: wanted.account,
        amount: wanted.amount,
        tender: "preview".to_owned(),
        confirmation: String::new(),
        paid_at: wanted.paid_at.0,
        lines: None,
        ask_if_same: false,
    };
    Ok(super::extract::Json(payments::preview(&state, &actor, payment).await?))
}

/// Why a payment is none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reversal {
    reason: ReversalReason,
}

async fn take_back(
    State(state): State<AppState>,
    actor: Actor,
    Path(id): Path<Uuid>,
    OnceJson { body: Reversal { reason }, once }: OnceJson<Reversal>,
) -> Result<Answer, Problem> {
    Ok(taking_back::take_back(&state, &actor, id, reason, &once).await?)
}
