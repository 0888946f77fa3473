//! What was shown or said at one door stops the other cuts that it is about, until the office has decided: proof of
//! payment those of its account, a medical need and a new occupant those of the house too.
//!
//! Each of those orders gets the claim as a fact of its own, under an id derived from both, and a recall that the crew
//! sees and taps on. Accepted, the decision is theirs too; not accepted, the recall stops nothing any more.

use super::{
    ServiceError,
    authorise::Actor,
    recording::{self, Folding, Recorded},
    releasing,
    spreading::{self, Word},
};
use crate::store::{
    Conn, Work, exceptions, facts,
    orders::{self, NewOrder, OrderRow},
};
use curbstop_shared::{
    disposition::{Claim, Disposition, LineState, OrderState, WhyNot, disposition},
    facts::{Door, Fact, FactBody, Header, HoldDecision, Recall, ReleaseDecision},
    ids::{FactId, OrderId, RouteId},
    time::Micros,
    vocabulary::{ExceptionKind, OrderKind, RecallReason},
};
use std::collections::{BTreeMap, BTreeSet};

/// The orders at whose doors something was shown or said that is not decided on.
pub(super) fn claimed_at<'f>(facts: impl IntoIterator<Item = &'f Fact>) -> BTreeSet<OrderId> {
    facts.into_iter().filter(|fact| fact.is_claim()).filter_map(Fact::order).collect()
}

/// Locks the routes of these orders for facts on their way in; where claims are among them, with those of every order
/// that they may be carried to, and so that no route goes out meanwhile that does not know of them.
///
/// # Errors
/// When the wait fails.
pub(super) async fn lock_for(
    work: &mut Work,
    claimed_at: BTreeSet<OrderId>,
    mut orders: BTreeSet<OrderId>,
    own: RouteId,
) -> Result<(), ServiceError> {
    if !claimed_at.is_empty() {
        work.lock(releasing::LOCK).await?;
    }
    for order in claimed_at {
        if let Some(row) = orders::by_id(work, order).await? {
            orders.extend(neighbours(work, &row).await?.iter().map(|other| OrderId(other.id)));
        }
    }
    spreading::lock_routes(work, &orders, Some(own)).await
}

/// The words for the other orders that the claims just recorded are about. What was carried before is not said again.
///
/// # Errors
/// When the store fails.
pub(super) async fn words(
    work: &mut Work,
    recorded: &Recorded,
    folding: &Folding,
    now: Micros,
) -> Result<Vec<Word>, ServiceError> {
    let mut words = BTreeMap::new();
    for claim in &recorded.claims {
        let Some(order) = claim.order() else { continue };
        let Some(row) = orders::by_id(work, order).await? else { continue };
        for other in neighbours(work, &row).await? {
            let id = OrderId(other.id);
            let carried = claim.carried_to(id).filter(|_| door(&row).speaks_for(&claim.body, &door(&other)));
            let Some(carried) = carried.filter(|it| !words.contains_key(&it.id)) else { continue };
            if facts::exists(work, &carried.id).await? {
                continue;
            }
            let outcome = disposition(&recording::history(work, &other, folding.today).await?, &folding.policy);
            let (to_do, off) = (is_to_do(&outcome), is_off(&outcome));
            if to_do || off {
                let recall = to_do.then(|| told(id, &carried.id, RecallReason::Held, None, now));
                let facts = [Some(carried.clone()), recall].into_iter().flatten().collect();
                words.insert(carried.id, Word { order: id, facts, home: None });
            }
        }
    }
    Ok(words.into_values().collect())
}

/// The claims that nobody has decided on and that orders just made belong to, each as it stands there. Nobody has those
/// orders yet, so there is nobody to tell. The caller holds [`releasing::LOCK`]: else a claim may be decided on meanwhile,
/// and what was carried would wait for ever.
///
/// # Errors
/// When the store fails.
pub(super) async fn waiting_for(conn: &mut Conn, made: &[&NewOrder]) -> Result<Vec<Fact>, ServiceError> {
    let mut waiting = Vec::new();
    for kind in [ExceptionKind::FieldReleaseUnverified, ExceptionKind::FieldHoldUnverified] {
        for asked in exceptions::open_of_kind(conn, kind.code()).await? {
            let Some(claim) = asked.cause.as_deref().and_then(|cause| cause.parse().ok()) else { continue };
            let Some(stored) = facts::by_id(conn, &claim).await? else { continue };
            let Some(row) = orders::by_id(conn, OrderId(stored.order_id)).await? else { continue };
            let claim = stored.fact()?;
            for order in made.iter().filter(|order| order.kind.is_cut() && order.id.0 != row.id) {
                let there = Door { account: Some(&order.account), premise: &order.premise };
                waiting.extend(claim.carried_to(order.id).filter(|_| door(&row).speaks_for(&claim.body, &there)));
            }
        }
    }
    Ok(waiting)
}

/// The account's and the house's other cuts.
async fn neighbours(conn: &mut Conn, row: &OrderRow) -> Result<Vec<OrderRow>, ServiceError> {
    let mut all = orders::by_account(conn, &row.account).await?;
    all.extend(orders::by_premise(conn, &row.premise).await?);
    all.retain(|other| other.id != row.id && other.kind.parse::<OrderKind>().is_ok_and(OrderKind::is_cut));
    all.sort_by_key(|order| order.id);
    all.dedup_by_key(|order| order.id);
    Ok(all)
}

fn door(row: &OrderRow) -> Door<'_> {
    Door { account: Some(&row.account), premise: &row.premise }
}

/// Somebody may still go there and cut.
fn is_to_do(outcome: &Disposition) -> bool {
    match outcome.state {
        OrderState::Open | OrderState::Unable { .. } | OrderState::StoppedAtDoor { .. } | OrderState::Held { .. } => {
            true
        }
        OrderState::Recalled { reason, .. } => !reason.is_for_good(),
        OrderState::Released { .. } | OrderState::Done { .. } => false,
    }
}

/// Whether an order waits for the office's word on what was shown or said at another door, and on nothing else.
pub(super) fn is_stopped_by_one(row: &OrderRow) -> bool {
    let folded: Option<Disposition> = serde_json::from_str(&row.disposition).ok();
    let held = |state: &OrderState| {
        matches!(state, OrderState::Recalled { reason: RecallReason::Held, .. } | OrderState::StoppedAtDoor { .. })
    };
    folded.is_some_and(|folded| {
        let by = match &folded.why_not {
            Some(WhyNot::FieldClaim { by, claim: Claim::Waiting }) => Some(by),
            _ => None,
        };
        let asked_here = |by: &FactId| folded.exceptions.iter().any(|exception| exception.fact == *by);
        held(&folded.state) && by.is_some_and(|by| !asked_here(by))
    })
}

fn is_off(outcome: &Disposition) -> bool {
    outcome.lines.values().any(LineState::waits_for_release)
}

fn told(order: OrderId, cause: &FactId, reason: RecallReason, actor: Option<&Actor>, now: Micros) -> Fact {
    let header = Header { order, at: now, by: actor.and_then(Actor::person), device: None };
    let name = if reason == RecallReason::Held { cause.to_string() } else { format!("{reason}:{cause}") };
    let body = FactBody::Recall(Recall { reason, cause: Some(cause.to_string()) });
    Fact::new(FactId::recall_of(order, &name), header, body)
}

/// The claim that a carried one was made as, with the order at whose door that was.
///
/// # Errors
/// When the store fails.
pub(super) async fn origin(
    conn: &mut Conn,
    row: &OrderRow,
    carried: &FactId,
) -> Result<Option<(OrderRow, Fact)>, ServiceError> {
    for other in neighbours(conn, row).await? {
        for stored in facts::of_order(conn, OrderId(other.id)).await? {
            let fact = stored.fact()?;
            if fact.is_claim() && FactId::claim_at(OrderId(row.id), &fact.id) == *carried {
                return Ok(Some((other, fact)));
            }
        }
    }
    Ok(None)
}

/// Where a claim was carried to: each order with the claim's id there.
///
/// # Errors
/// When the store fails.
pub(super) async fn carried(
    conn: &mut Conn,
    row: &OrderRow,
    claim: &FactId,
) -> Result<Vec<(OrderRow, FactId)>, ServiceError> {
    let mut all = Vec::new();
    for other in neighbours(conn, row).await? {
        let there = FactId::claim_at(OrderId(other.id), claim);
        if facts::exists(conn, &there).await? {
            all.push((other, there));
        }
    }
    Ok(all)
}

/// The office's word on a claim, as it is said of an order to which it was carried. Proof that was accepted takes the
/// cut back from the trucks as a payment does.
///
/// # Errors
/// When the store fails.
pub(super) async fn decided(
    conn: &mut Conn,
    (row, claim): (&OrderRow, &FactId),
    decision: &FactBody,
    actor: &Actor,
    folding: &Folding,
    now: Micros,
) -> Result<Word, ServiceError> {
    let order = OrderId(row.id);
    let header = Header { order, at: now, by: actor.person(), device: None };
    let (body, released) = match decision.clone() {
        FactBody::ReleaseDecision(said) => {
            let released = said.accepted;
            (FactBody::ReleaseDecision(ReleaseDecision { release: claim.clone(), ..said }), released)
        }
        FactBody::HoldDecision(said) => (FactBody::HoldDecision(HoldDecision { hold: claim.clone(), ..said }), false),
        other => (other, false),
    };
    // Once under one id: it is decided on once.
    let mut facts = vec![Fact::new(FactId::claim_at(order, &FactId::claim_at(order, claim)), header, body)];
    let outcome = disposition(&recording::history(conn, row, folding.today).await?, &folding.policy);
    if released && is_to_do(&outcome) {
        facts.push(told(order, claim, RecallReason::Released, Some(actor), now));
    }
    Ok(Word { order, facts, home: None })
}
