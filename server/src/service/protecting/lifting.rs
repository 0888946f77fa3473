//! A hold of the office ends before its day: who may end it, and what it lets come back.

use super::{OFFICE, TEXT_MAX, words};
use crate::{
    import::{holds::HoldRow, register::Term},
    service::{
        ServiceError,
        authorise::{Action, Actor},
        holding::{self, Said},
        idempotency::{Answer, Once},
        part_paid, releasing,
        spreading::{self, Spread, Word},
        utility,
    },
    state::AppState,
    store::{
        Conn, StoreError, Work, audit, facts, feed,
        holds::{self, HoldOnFile},
        orders::OrderRow,
        payments,
    },
};
use chrono::NaiveDate;
use curbstop_shared::{
    disposition::OrderState,
    facts::{Fact, FactBody, Header, HoldLift},
    ids::{FactId, OrderId},
    time::Micros,
    vocabulary::HoldReason,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What lifting a hold came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "HoldLifted")]
pub struct Lifted {
    /// Its number.
    pub hold: String,
    /// Cuts that it kept back and that stay taken back. None of them goes out by itself.
    pub kept_back: Vec<String>,
    /// Cuts that it kept back and that are to do again, as a crew was at the door on an earlier day: the next plan has them.
    #[serde(default)]
    pub to_do: Vec<String>,
}

/// Lifts a hold of the office, once. One for a medical reason takes a supervisor who is not the one who set it.
///
/// # Errors
/// 404 `hold_unknown`, 409 `hold_ended`, 403 `hold_needs_second_person`, 422 `why_missing`.
pub async fn lift(state: &AppState, actor: &Actor, hold: &str, why: &str, once: &Once) -> Result<Answer, ServiceError> {
    actor.may(Action::RecordHolds)?;
    let why = why.trim();
    if why.is_empty() || why.len() > TEXT_MAX || why.chars().any(char::is_control) {
        let detail = format!("why: say in 1 to {TEXT_MAX} characters why it ends.");
        return Err(ServiceError::invalid("why_missing", detail));
    }
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    let (lifted, spread) = end(state, &mut work, actor, hold, why).await?;
    let answer = once.commit(state, work, actor, Answer::ok(&lifted)?).await?;
    spread.announce(state);
    Ok(answer)
}

/// What lifting a hold would come to. Nothing is stored.
///
/// # Errors
/// As [`lift`].
pub async fn preview_lift(state: &AppState, actor: &Actor, hold: &str) -> Result<(HoldOnFile, Lifted), ServiceError> {
    actor.may(Action::RecordHolds)?;
    let mut work = state.store.begin().await?;
    let on_file = in_force(&mut work, actor, hold, utility::folding(state, state.now()).today).await?;
    let (lifted, _) = end(state, &mut work, actor, hold, "").await?;
    Ok((on_file, lifted))
}

async fn end(
    state: &AppState,
    work: &mut Work,
    actor: &Actor,
    hold: &str,
    why: &str,
) -> Result<(Lifted, Spread), ServiceError> {
    let now = state.now();
    let folding = utility::folding(state, now);
    work.lock(releasing::LOCK).await?;
    let on_file = in_force(work, actor, hold, folding.today).await?;
    let bad = |column| StoreError::inconsistent("holds", column, hold, "does not read");
    let row = HoldRow {
        line: 0,
        hold: on_file.hold,
        account: on_file.account,
        kind: on_file.kind.parse().map_err(|_| bad("kind"))?,
        term: Term {
            start: on_file.start_on.parse().map_err(|_| bad("start_on"))?,
            good_through: None,
            lifted: Some(folding.today),
        },
        pledged: None,
        agency: String::new(),
        entered_by: on_file.entered_by,
        comment: on_file.comment,
    };
    let covered = holding::covered(work, row.kind, &row.account).await?;
    let all = covered.iter().map(|order| OrderId(order.id)).collect();
    spreading::lock_routes(work, &all, None).await?;
    holds::lift(work, OFFICE, hold, folding.today, now).await?;
    let said = Said { source: OFFICE, by: actor.person(), why: Some(why) };
    let (mut words, _) = words(work, said, &row, &covered, &folding, now).await?;
    // What was said at a door stays true where another hold of the same reason is on file: it may be the very one that the
    // claim was accepted as.
    let is_another = |other: &HoldOnFile| {
        (other.source.as_str(), other.hold.as_str()) != (OFFICE, hold)
            && other.kind == row.kind.code()
            && is_in_force(other, &folding.today.to_string())
    };
    if !holds::of_account(work, &row.account).await?.iter().any(is_another) {
        for order in &covered {
            words.extend(claims_ended(work, said, &row, OrderId(order.id), now).await?);
        }
    }
    let spread = spreading::spread(state, work, &words, &folding, now).await?;
    // Whoever had paid a part of it before the hold, or under it, is asked about again.
    let last = payments::of_account(work, &row.account).await?.last().map(|payment| payment.id);
    part_paid::look_at(state, work, &row.account, last, &folding, now).await?;
    // For these everybody waits until the commit, so they come last.
    feed::append(work, now, "hold", hold, &serde_json::json!({})).await?;
    let details = serde_json::json!({ "account": row.account, "kind": row.kind, "why": why });
    audit::append(work, now, &actor.name(), "hold_lifted", hold, &details).await?;
    let ends = |order: &&OrderRow| words.iter().any(|word| word.order == OrderId(order.id));
    let is_to_do = |order: &&OrderRow| {
        let folded = spread.recorded.folded.get(&OrderId(order.id));
        folded.is_some_and(|it| matches!(it.state, OrderState::Open | OrderState::Unable { .. }))
    };
    let (to_do, kept_back): (Vec<&OrderRow>, Vec<_>) = covered.iter().filter(ends).partition(is_to_do);
    let numbers = |orders: Vec<&OrderRow>| orders.into_iter().map(|order| order.number.clone()).collect();
    Ok((Lifted { hold: row.hold, kept_back: numbers(kept_back), to_do: numbers(to_do) }, spread))
}

/// The names under which the ends of claims live: each ends once.
const ENDS: Uuid = Uuid::from_bytes(*b"curbstop-holdend");

/// A claim from the door that the office accepted lasts as long as the hold that it was put on file as. One that nobody
/// has decided on stays: whoever lifts a hold has said nothing about what somebody else was told at a door.
async fn claims_ended(
    work: &mut Work,
    said: Said<'_>,
    row: &HoldRow,
    order: OrderId,
    now: Micros,
) -> Result<Option<Word>, ServiceError> {
    let (mut claimed, mut accepted, mut over) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for stored in facts::of_order(work, order).await? {
        let fact = stored.fact()?;
        match fact.body {
            FactBody::Hold(hold) if !hold.verified && hold.reason == row.kind => drop(claimed.insert(fact.id)),
            FactBody::HoldDecision(decision) if decision.accepted => drop(accepted.insert(decision.hold)),
            FactBody::HoldLift(lift) => drop(over.insert(lift.hold)),
            _ => {}
        }
    }
    let header = Header { order, at: now, by: said.by, device: None };
    let lift = |hold: &FactId| {
        let id = FactId::from_uuid(Uuid::new_v5(&ENDS, hold.as_str().as_bytes()));
        let body = HoldLift { hold: hold.clone(), why: said.why.map(str::to_owned) };
        Fact::new(id, header.clone(), FactBody::HoldLift(body))
    };
    let ended = claimed.iter().filter(|hold| accepted.contains(*hold) && !over.contains(*hold));
    let facts: Vec<Fact> = ended.map(lift).collect();
    Ok((!facts.is_empty()).then_some(Word { order, facts, home: None }))
}

/// Nobody has lifted it, and its last day is not over.
fn is_in_force(hold: &HoldOnFile, today: &str) -> bool {
    hold.lifted_on.is_none() && hold.good_through.as_ref().is_none_or(|last| last.as_str() >= today)
}

/// The hold, where this person may lift it today.
async fn in_force(conn: &mut Conn, actor: &Actor, hold: &str, today: NaiveDate) -> Result<HoldOnFile, ServiceError> {
    let unknown = || {
        let detail = "The office has no such hold. One of the billing system is lifted there and comes with its file.";
        ServiceError::not_found("hold_unknown", detail)
    };
    let on_file = holds::by_number(conn, OFFICE, hold).await?.ok_or_else(unknown)?;
    let day = today.to_string();
    if !is_in_force(&on_file, &day) {
        return Err(ServiceError::conflict("hold_ended", "This hold has ended already. Nothing was changed."));
    }
    let medical = on_file.kind == HoldReason::Medical.code();
    if medical && (actor.may(Action::Override).is_err() || on_file.entered_by == actor.name()) {
        let detail = "Lifting a medical hold takes a second person: a supervisor who did not set it.";
        return Err(ServiceError::forbidden("hold_needs_second_person", detail));
    }
    Ok(on_file)
}
