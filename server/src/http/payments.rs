//! `/payments`: money came in; who need not be cut off now, and who is to be restored.

use super::{
    auth::{allow, allow_query},
    contract::{Calls, get, post},
    extract::{OnceJson, Path, Query},
    problem::Problem,
};
use crate::shape::Shape;
use crate::{
    moment::Moment,
    service::{
        authorise::{Action, Actor},
        idempotency::Answer,
        payments::{self, NewPayment, PaymentOutcome},
        taking_back,
    },
    state::AppState,
};
use axum::extract::State;
use curbstop_shared::{ids::LineId, vocabulary::ReversalReason};
use serde::Deserialize;
use uuid::Uuid;

/// The routes of this resource.
pub fn routes() -> Calls {
    let recorded = post(record)
        .says("Money came in: its cuts stop, and what is off is put right.")
        .gives::<PaymentOutcome>(201)
        .refuses(&[
            (409, "amount_times_too_much"),
            (409, "paid_at_ahead"),
            (409, "receipt_known"),
            (409, "receipt_of_another_account"),
            (409, "same_amount_recorded"),
        ])
        .refuses(REFUSED);
    let taken_back = post(take_back)
        .says("Money that came back: a payment is none.")
        .path("The payment.")
        .gives::<taking_back::TakenBack>(201)
        .refuses(&[(404, "payment_unknown"), (409, "payment_taken_back"), (422, "payment_is_reversal")]);
    let previewed = get(preview).says("What a payment would stop and restart. Nothing is stored.").refuses(REFUSED);
    Calls::new()
        .route("/payments", allow(Action::RecordReleases, recorded))
        .route("/payments/{id}/reversal", allow(Action::DecideReleases, taken_back))
        .route("/payments/preview", allow_query(Action::RecordReleases, previewed))
}

/// What can't be right with a payment.
const REFUSED: &[(u16, &str)] = &[
    (422, "account_unknown"),
    (422, "amount_invalid"),
    (422, "amount_negative"),
    (422, "amount_zero"),
    (422, "lines_invalid"),
    (422, "paid_at_in_future"),
    (422, "paid_at_too_old"),
    (422, "text_invalid"),
];

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PaymentToRecord")]
struct Body {
    /// The account, exactly as billing writes it.
    account: String,
    /// "86.40".
    amount: String,
    /// Cash, check, card, ... as the office calls it.
    tender: String,
    /// The receipt or confirmation number.
    confirmation: String,
    /// When it was paid, by the bank's or the counter's clock; not when it was typed. One that is ahead of the server's
    /// clock by more than five minutes, and by a week at most, is taken in; `paid_ahead` in the answer says so.
    paid_at: Moment,
    /// Only these lines of the account's orders; all without it.
    #[serde(default)]
    #[schemars(with = "Option<Vec<Shape<LineId>>>")]
    lines: Option<Vec<LineId>>,
    /// Refuse it first where the same amount of the same day is recorded already, or anything else looks doubtful. A machine that reports money must
    /// not have it refused: only who asks for it is asked.
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

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Preview {
    /// The account, exactly as billing writes it.
    account: String,
    /// "86.40".
    amount: String,
    /// When it was paid.
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
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PaymentReversal")]
struct Reversal {
    /// Why.
    #[schemars(with = "Shape<ReversalReason>")]
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
