//! Somebody's word on a fee that is in doubt: it is charged, or it is not; and that it was decided wrongly.

use super::{
    ServiceError,
    authorise::{Action, Actor},
    exceptions::{Closed, reason},
    history::{self, Told},
    idempotency::{Answer, Once},
    recording::{self, Incoming},
    utility,
};
use crate::{
    state::AppState,
    store::{
        Conn, audit,
        exceptions::{self, ExceptionRow},
        feed, orders,
    },
    sync::documents::Stamp,
};
use curbstop_shared::{
    disposition::{FeeStanding, fee_decided},
    facts::{Fact, FactBody, FeeDecision, Header},
    ids::{FactId, OrderId},
    time::{Micros, Span},
    vocabulary::ExceptionKind,
};
use serde::Serialize;
use uuid::Uuid;

/// Decides on the fee behind an entry of the worklist, which closes it. Crews don't hear of it. Where `shown` says which
/// doubts the entry showed, only these are decided on.
///
/// # Errors
/// 403 `role_forbids`, 404 `exception_unknown`, 409 `not_a_fee`, `exception_closed` or `fee_doubts_changed`, 422
/// `why_missing`.
pub async fn decide(
    state: &AppState,
    actor: &Actor,
    (id, charged): (Uuid, bool),
    shown: Option<&str>,
    why: &str,
    once: &Once,
) -> Result<Answer, ServiceError> {
    say(state, actor, (id, charged), why, once, (Word::First, shown)).await
}

/// Says the opposite of what was decided on the fee behind an entry that is closed. The results bring the visit again.
///
/// # Errors
/// 403 `role_forbids`, 404 `exception_unknown`, 409 `not_a_fee`, `fee_not_decided`, `fee_decided_so`,
/// `fee_doubts_changed` or `fee_not_owed`, 422 `why_missing`.
pub async fn change(
    state: &AppState,
    actor: &Actor,
    (id, charged): (Uuid, bool),
    shown: Option<&str>,
    why: &str,
    once: &Once,
) -> Result<Answer, ServiceError> {
    say(state, actor, (id, charged), why, once, (Word::AfterAll, shown)).await
}

/// Whether somebody decides, or says the opposite of what was decided: whoever looks at an old list changes nobody's word
/// by deciding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    First,
    AfterAll,
}

async fn say(
    state: &AppState,
    actor: &Actor,
    (id, charged): (Uuid, bool),
    why: &str,
    once: &Once,
    (word, shown): (Word, Option<&str>),
) -> Result<Answer, ServiceError> {
    actor.may(Action::DecideFees)?;
    let why = reason(why)?;
    let now = state.now();
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    // Its number is taken before anything is looked at: whoever else folds the order waits here.
    let event = feed::append(&mut work, now, "exception", &id.to_string(), &serde_json::json!({})).await?;
    let unknown =
        || ServiceError::not_found("exception_unknown", "There is no such exception; look at the list again.");
    let row = exceptions::by_id(&mut work, id).await?.ok_or_else(unknown)?;
    if row.kind != ExceptionKind::FeeInDoubt.code() {
        let detail = "No fee waits behind this entry. Close it with a few words, or look at the list again.";
        return Err(ServiceError::conflict("not_a_fee", detail));
    }
    let order = OrderId(row.order_id.ok_or_else(unknown)?);
    let stored = orders::by_id(&mut work, order).await?.ok_or_else(unknown)?;
    let number = stored.number.clone();
    let told = history::told(state, &mut work, stored).await?;
    may_be_said(word, &row, &told, charged)?;
    let doubts = doubts(&told);
    if shown.is_some_and(|shown| shown != doubts) {
        let detail = "What is in doubt about this fee has changed since you looked. Nothing was decided: look at the list again.";
        return Err(ServiceError::conflict("fee_doubts_changed", detail));
    }
    let header = Header { order, at: after_the_last_word(&told, now), by: actor.person(), device: None };
    let decision = FeeDecision { charged, doubts: doubts.clone(), why: Some(why.to_owned()) };
    let fact = Fact::new(FactId::from_uuid(state.new_id()), header, FactBody::FeeDecision(decision));
    let incoming = [Incoming { fact: &fact, change: None, clock_offset: None }];
    let stamp = Stamp { now, feed_seq: event.seq };
    let recorded = recording::record(&mut work, None, &incoming, &utility::folding(state, now), stamp).await?;
    let action = match word {
        Word::First => {
            exceptions::decided(&mut work, order, &row.kind, now, actor.person().map(|person| person.0), why).await?;
            "fee_decided"
        }
        Word::AfterAll => {
            let fees = recorded.folded.get(&order).map(|outcome| &outcome.fee_triggers);
            let stands = fees.into_iter().flatten().any(|fee| fee.standing == FeeStanding::Stands);
            if charged && !stands {
                return Err(ServiceError::conflict("fee_not_owed", NOT_OWED));
            }
            exceptions::decided_anew(&mut work, id, now, actor.person().map(|person| person.0), why).await?;
            "fee_decision_changed"
        }
    };
    let details = serde_json::json!({
        "account": row.account, "order": number, "charged": charged, "doubts": doubts, "why": why,
    });
    audit::append(&mut work, now, &actor.name(), action, &id.to_string(), &details).await?;
    let answer = Answer::ok(&Closed { id, state: "resolved", work: None })?;
    let answer = once.commit(state, work, actor, answer).await?;
    state.feed.ring();
    Ok(answer)
}

/// Codes of all that is in doubt about an order's fee: "paid_before,no_permit".
pub(super) fn doubts(told: &Told) -> String {
    let doubts = told.outcome.fee_triggers.iter().flat_map(|fee| &fee.doubts).map(|doubt| doubt.code());
    doubts.collect::<Vec<_>>().join(",")
}

/// The newest word on a fee counts, whichever server's clock it was given by, and however soon after the last one.
fn after_the_last_word(told: &Told, now: Micros) -> Micros {
    let last = fee_decided(&told.history).and_then(|(id, _)| told.history.facts.get(id)?.header.as_ref());
    last.map_or(now, |last| now.max(last.at + Span(1)))
}

const NOT_OWED: &str =
    "No fee is owed for this cut, whatever is decided: what happened speaks against it. Nothing was changed.";

/// Whether this may be said of the fee now.
fn may_be_said(word: Word, row: &ExceptionRow, told: &Told, charged: bool) -> Result<(), ServiceError> {
    let refused = |code, detail: &str| Err(ServiceError::conflict(code, detail));
    let decided = fee_decided(&told.history).map(|(_, decision)| decision.charged);
    let is_owed = told.outcome.fee_triggers.iter().any(|fee| fee.standing != FeeStanding::Suppressed);
    match (word, row.state.as_str(), decided) {
        (Word::First, "open", _) => Ok(()),
        (Word::First, ..) => refused("exception_closed", "This was closed already; look at the list again."),
        (Word::AfterAll, "open", _) | (Word::AfterAll, _, None) => {
            refused("fee_not_decided", "Nobody has decided on this fee: decide on it first.")
        }
        (Word::AfterAll, _, Some(true)) if charged && !is_owed => refused("fee_not_owed", NOT_OWED),
        (Word::AfterAll, _, Some(already)) if already == charged => {
            refused("fee_decided_so", "It is decided so already; look at the account again. Nothing was changed.")
        }
        (Word::AfterAll, _, Some(_)) => Ok(()),
    }
}

/// What was decided on a fee, where somebody may still say otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "FeeDecided")]
pub struct Decided {
    /// The entry of the worklist behind which it was decided.
    pub entry: Uuid,
    /// The fee is charged.
    pub charged: bool,
    /// What is in doubt about it by now, as codes: sent back with another decision, that decides on nothing else.
    pub doubts: String,
    /// The decision, which its successor is not.
    #[serde(skip)]
    pub decision: FactId,
}

/// What was decided on an order's fee: none where nobody was asked, or it is asked again.
///
/// # Errors
/// When the store fails.
pub(super) async fn decided(conn: &mut Conn, told: &Told) -> Result<Option<Decided>, ServiceError> {
    let Some((id, decision)) = fee_decided(&told.history) else { return Ok(None) };
    let stands = match decision.charged {
        true => FeeStanding::Stands,
        false => FeeStanding::Suppressed,
    };
    if told.outcome.fee_triggers.iter().all(|fee| fee.standing != stands) {
        return Ok(None);
    }
    let of_order = exceptions::of_order(conn, OrderId(told.row.id)).await?;
    let asked = of_order.iter().rev().find(|row| row.kind == ExceptionKind::FeeInDoubt.code());
    let entry = asked.filter(|row| row.state != "open");
    Ok(entry.map(|row| Decided {
        entry: row.id,
        charged: decision.charged,
        doubts: doubts(told),
        decision: id.clone(),
    }))
}
