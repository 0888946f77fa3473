//! Somebody's word on a fee that is in doubt: it is charged, or it is not.

use super::{
    ServiceError,
    authorise::{Action, Actor},
    exceptions::{Closed, reason},
    history,
    idempotency::{Answer, Once},
    recording::{self, Incoming},
    utility,
};
use crate::{
    state::AppState,
    store::{audit, exceptions, feed, orders},
    sync::documents::Stamp,
};
use curbstop_shared::{
    facts::{Fact, FactBody, FeeDecision, Header},
    ids::{FactId, OrderId},
    vocabulary::ExceptionKind,
};
use uuid::Uuid;

/// Decides on the fee behind an entry of the worklist, which closes it. Crews don't hear of it.
///
/// # Errors
/// 403 `role_forbids`, 404 `exception_unknown`, 409 `not_a_fee` or `exception_closed`, 422 `why_missing`.
pub async fn decide(
    state: &AppState,
    actor: &Actor,
    (id, charged): (Uuid, bool),
    why: &str,
    once: &Once,
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
    if row.state != "open" {
        return Err(ServiceError::conflict("exception_closed", "This was closed already; look at the list again."));
    }
    let order = OrderId(row.order_id.ok_or_else(unknown)?);
    let stored = orders::by_id(&mut work, order).await?.ok_or_else(unknown)?;
    let number = stored.number.clone();
    let told = history::told(state, &mut work, stored).await?;
    let doubts = told.outcome.fee_triggers.iter().flat_map(|fee| &fee.doubts).map(|doubt| doubt.code());
    let doubts = doubts.collect::<Vec<_>>().join(",");
    let header = Header { order, at: now, by: actor.person(), device: None };
    let decision = FeeDecision { charged, doubts: doubts.clone(), why: Some(why.to_owned()) };
    let fact = Fact::new(FactId::from_uuid(state.new_id()), header, FactBody::FeeDecision(decision));
    let incoming = [Incoming { fact: &fact, change: None, clock_offset: None }];
    let stamp = Stamp { now, feed_seq: event.seq };
    recording::record(&mut work, None, &incoming, &utility::folding(state, now), stamp).await?;
    exceptions::decided(&mut work, order, &row.kind, now, actor.person().map(|person| person.0), why).await?;
    let details = serde_json::json!({
        "account": row.account, "order": number, "charged": charged, "doubts": doubts, "why": why,
    });
    audit::append(&mut work, now, &actor.name(), "fee_decided", &id.to_string(), &details).await?;
    let answer = Answer::ok(&Closed { id, state: "resolved", work: None })?;
    let answer = once.commit(state, work, actor, answer).await?;
    state.feed.ring();
    Ok(answer)
}
