//! Facts come in: they become rows, what each visit knew is settled, and the orders they are about are folded anew.
//!
//! Everything here happens inside the unit of work that stores the change, so that a receipt means all of it.

use super::ServiceError;
use crate::{
    store::{
        Conn, StoreError, Work, documents, exceptions, exceptions::NewException, facts, facts::Arrival, orders,
        orders::NewOrder,
    },
    sync::documents::{Loaded, Stamp},
};
use automerge::ChangeHash;
use curbstop_shared::{
    disposition::{Disposition, DispositionPolicy, FollowUp, OrderHistory, OrderInfo, OrderState, disposition},
    facts::{Fact, FactKind, Header},
    ids::{FactId, LineId, OrderId, RouteId},
    reconnect_clock::ReconnectClock,
    time::Span,
    vocabulary::{ExceptionKind, Reason, Role},
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A fact on its way in, with the document it was found in and how far its device's clock was off.
#[derive(Debug)]
pub struct Incoming<'a> {
    /// The fact.
    pub fact: &'a Fact,
    /// Hash of the change that brought it; none where it is on no route.
    pub change: Option<ChangeHash>,
    /// Server's clock less the device's.
    pub clock_offset: Option<Span>,
}

/// What recording changed: the orders folded anew, for whoever has to be told.
#[derive(Debug, Default)]
pub struct Recorded {
    /// The orders with what they add up to now.
    pub folded: BTreeMap<OrderId, Disposition>,
    /// Follow-up orders that are new.
    pub created: Vec<OrderId>,
    /// Facts that were there already.
    pub known: Vec<FactId>,
}

/// What folding needs to know of the utility.
#[derive(Debug, Clone)]
pub struct Folding {
    /// The policy.
    pub policy: DispositionPolicy,
    /// The utility's day.
    pub today: chrono::NaiveDate,
    /// By when somebody who paid has to be back on.
    pub reconnect_clock: ReconnectClock,
    /// The utility's time zone.
    pub zone: chrono_tz::Tz,
}

/// Stores facts and folds the orders they are about.
///
/// # Errors
/// When the store fails, or a fact names a visit or order that is not there.
pub async fn record(
    work: &mut Work,
    loaded: Option<&Loaded>,
    incoming: &[Incoming<'_>],
    folding: &Folding,
    stamp: Stamp,
) -> Result<Recorded, ServiceError> {
    let mut recorded = Recorded::default();
    let mut headers: BTreeMap<FactId, Header> = BTreeMap::new();
    let mut touched: BTreeMap<OrderId, BTreeSet<FactId>> = BTreeMap::new();
    // A change holds its facts in no particular order: what belongs to a visit may come before it.
    for one in incoming {
        if let Some(header) = &one.fact.header {
            headers.insert(one.fact.id.clone(), header.clone());
        }
    }
    for one in incoming {
        let header = header_of(work, one.fact, &headers).await?;
        let arrival = Arrival {
            home: loaded.zip(one.change.as_ref()).map(|(loaded, change)| (loaded.id, change.0.as_slice())),
            clock_offset: one.clock_offset,
            now: stamp.now,
            feed_seq: stamp.feed_seq,
        };
        if !facts::insert(work, one.fact, &header, arrival).await? {
            recorded.known.push(one.fact.id.clone());
        }
        touched.entry(header.order).or_default().insert(one.fact.id.clone());
    }
    for (order, new) in touched {
        settle_what_visits_knew(work, loaded, order, &new).await?;
        fold(work, order, folding, stamp, &mut recorded).await?;
        // A restore on the reconnect ends what the cut began.
        if let Some(cut) = orders::by_id(work, order).await?.and_then(|row| row.cause_order) {
            fold(work, OrderId(cut), folding, stamp, &mut recorded).await?;
        }
    }
    Ok(recorded)
}

/// A fact's own header, or that of the visit it belongs to.
async fn header_of(work: &mut Work, fact: &Fact, in_batch: &BTreeMap<FactId, Header>) -> Result<Header, ServiceError> {
    if let Some(header) = &fact.header {
        return Ok(header.clone());
    }
    let missing = || ServiceError::Internal(format!("fact {} names a visit that is not there", fact.id));
    let visit = fact.visit().ok_or_else(missing)?;
    if let Some(header) = in_batch.get(visit) {
        return Ok(header.clone());
    }
    let row = facts::by_id(work, visit).await?.ok_or_else(missing)?;
    row.fact()?.header.ok_or_else(missing)
}

/// Whether the relation of a visit to a fact of this kind decides anything.
const fn matters_to_visits(kind: FactKind) -> bool {
    matches!(
        kind,
        FactKind::Release
            | FactKind::ReleaseDecision
            | FactKind::ReleaseReversal
            | FactKind::Hold
            | FactKind::HoldDecision
            | FactKind::HoldLift
            | FactKind::Recall
            | FactKind::Visit
    )
}

/// Visits of one order up to which each is set against each.
const VISITS_PAIRED_MAX: usize = 24;

/// Settles, once, how each visit of the order stood to each release, hold and recall, in the visit's home document.
async fn settle_what_visits_knew(
    work: &mut Work,
    loaded: Option<&Loaded>,
    order: OrderId,
    new: &BTreeSet<FactId>,
) -> Result<(), ServiceError> {
    let Some(loaded) = loaded else { return Ok(()) };
    let document = &loaded.document;
    let rows = facts::of_order(work, order).await?;
    let relevant: Vec<_> = rows
        .iter()
        .map(facts::FactRow::fact)
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .filter(|fact| matters_to_visits(fact.body.kind()))
        .collect();
    let at_home: BTreeSet<&str> =
        rows.iter().filter(|row| row.home_doc == Some(loaded.id.0)).map(|row| row.id.as_str()).collect();
    // Pairs of visits only say which came first; with more visits than any honest order has they are left out, for
    // their number grows with the square.
    let visits = relevant.iter().filter(|fact| fact.body.kind() == FactKind::Visit).count();
    let pair_visits = visits <= VISITS_PAIRED_MAX;
    for visit in relevant.iter().filter(|fact| fact.body.kind() == FactKind::Visit) {
        let Some(change) = document.change_of_fact(&visit.id).filter(|_| at_home.contains(visit.id.as_str())) else {
            continue;
        };
        for other in relevant.iter().filter(|other| other.id != visit.id) {
            let old = !new.contains(&visit.id) && !new.contains(&other.id);
            if old || (other.body.kind() == FactKind::Visit && !pair_visits) {
                continue;
            }
            if let Some(other_change) = document.change_of_fact(&other.id) {
                let knew = document.clocks().knew(&change, &other_change);
                facts::insert_knew(work, &visit.id, &other.id, knew).await?;
            }
        }
    }
    Ok(())
}

/// Everything that is known about an order; for one that cuts, with the facts of its reconnect, so that a restore
/// shows where the cut is shown.
///
/// # Errors
/// When the store fails or a row does not read.
pub async fn history(
    conn: &mut Conn,
    row: &orders::OrderRow,
    today: chrono::NaiveDate,
) -> Result<OrderHistory, ServiceError> {
    let order = OrderId(row.id);
    let lines = orders::lines(conn, order).await?;
    let mut history = OrderHistory::new(info(row, &lines)?, today);
    let cuts = history.order.kind.is_cut();
    let reconnects = cuts.then(|| OrderId::reconnects_of(order)).into_iter().flatten();
    for about in std::iter::once(order).chain(reconnects) {
        let rows = facts::of_order(conn, about).await?;
        // A reconnect about which nothing was said is the last one: the next is made only when it is over.
        if rows.is_empty() && about != order {
            break;
        }
        for row in rows {
            let fact = row.fact()?;
            if matches!(fact.body.kind(), FactKind::Visit | FactKind::Recall) {
                if let Some(doc) = row.home_doc {
                    history.made_on.insert(fact.id.clone(), RouteId(doc));
                }
                if let Some(offset) = row.clock_offset_us {
                    history.clock_offset.insert(fact.id.clone(), Span(offset));
                }
            }
            history.add(fact);
        }
        history.knew.extend(facts::knew(conn, about).await?);
    }
    // The newest route is where the order stands; older ones are those it was moved from.
    history.route = documents::routes_of_order(conn, order)
        .await?
        .iter()
        .max_by_key(|route| (route.published_at_us, route.id))
        .map(|route| RouteId(route.id));
    Ok(history)
}

/// What the fold needs to know of the order itself.
fn info(row: &orders::OrderRow, lines: &[orders::LineRow]) -> Result<OrderInfo, StoreError> {
    let bad = |column: &'static str| StoreError::inconsistent("orders", column, row.id, "not in its list");
    Ok(OrderInfo {
        id: OrderId(row.id),
        kind: row.kind.parse().map_err(|_| bad("kind"))?,
        reason: row.reason.parse().map_err(|_| bad("reason"))?,
        lines: lines.iter().map(|line| LineId(line.line.clone())).collect(),
    })
}

/// Folds an order and keeps the outcome: state, exceptions, follow-ups.
///
/// # Errors
/// When the store fails.
pub async fn fold(
    work: &mut Work,
    order: OrderId,
    folding: &Folding,
    stamp: Stamp,
    recorded: &mut Recorded,
) -> Result<(), ServiceError> {
    let row = orders::by_id(work, order)
        .await?
        .ok_or_else(|| ServiceError::Internal(format!("order {order} is not there")))?;
    let outcome = disposition(&history(work, &row, folding.today).await?, &folding.policy);
    let as_json = serde_json::to_string(&outcome).map_err(|bad| ServiceError::Internal(bad.to_string()))?;
    orders::set_disposition(work, order, state_code(&outcome), &as_json, stamp.feed_seq).await?;
    raise_exceptions(work, &row, &outcome, stamp).await?;
    for follow_up in &outcome.follow_ups {
        if follow(work, &row, follow_up, folding, stamp).await? {
            recorded.created.push(follow_up.id);
        }
    }
    recorded.folded.insert(order, outcome);
    Ok(())
}

/// The state's code, for lists and filters.
#[must_use]
pub const fn state_code(outcome: &Disposition) -> &'static str {
    match outcome.state {
        OrderState::Open => "open",
        OrderState::Recalled { .. } => "recalled",
        OrderState::Released { .. } => "released",
        OrderState::Held { .. } => "held",
        OrderState::StoppedAtDoor { .. } => "stopped_at_door",
        OrderState::Done { .. } => "done",
        OrderState::Unable { .. } => "unable",
    }
}

/// Hours within which the owner of an exception has to act.
const fn hours_to_act(kind: ExceptionKind) -> i64 {
    match kind {
        // Somebody who paid is off: minutes count, the legal clocks run in hours.
        ExceptionKind::CutDespiteRelease | ExceptionKind::CutCrossedRelease | ExceptionKind::CutUnderHold => 1,
        ExceptionKind::Incident | ExceptionKind::FieldHoldUnverified | ExceptionKind::FieldReleaseUnverified => 4,
        _ => 24,
    }
}

const fn owner(kind: ExceptionKind) -> Role {
    match kind {
        ExceptionKind::CutDespiteRelease
        | ExceptionKind::CutCrossedRelease
        | ExceptionKind::PartPaid
        | ExceptionKind::FieldReleaseUnverified
        | ExceptionKind::FieldHoldUnverified
        | ExceptionKind::ReleaseReversedAfterRestore
        | ExceptionKind::ReadingSuspect
        | ExceptionKind::EquipmentDispute => Role::Office,
        ExceptionKind::DuplicateVisit | ExceptionKind::VisitAfterRecall | ExceptionKind::LateFact => Role::Dispatcher,
        _ => Role::Supervisor,
    }
}

/// The id of an exception: the same kind, order and cause raise it once.
const EXCEPTIONS: Uuid = Uuid::from_bytes(*b"curbstop-excepts");

async fn raise_exceptions(
    work: &mut Work,
    row: &orders::OrderRow,
    outcome: &Disposition,
    stamp: Stamp,
) -> Result<(), ServiceError> {
    let mut standing = BTreeSet::new();
    for exception in &outcome.exceptions {
        let id = Uuid::new_v5(&EXCEPTIONS, format!("{}:{}", row.id, exception.key()).as_bytes());
        standing.insert(id);
        let detail = serde_json::to_string(exception).map_err(|bad| ServiceError::Internal(bad.to_string()))?;
        let raised = NewException {
            id,
            kind: exception.kind.code(),
            order: OrderId(row.id),
            account: &row.account,
            cause: Some(exception.fact.as_str()),
            detail: &detail,
            owner_role: owner(exception.kind).code(),
            due_at: stamp.now + Span::minutes(hours_to_act(exception.kind) * 60),
        };
        exceptions::raise(work, &raised, stamp.now).await?;
    }
    for open in exceptions::of_order(work, OrderId(row.id)).await? {
        // Work in quarantine is no part of the order's facts: only a person closes that.
        let of_the_fold = open.kind != ExceptionKind::QuarantinedFact.code();
        if open.state == "open" && of_the_fold && !standing.contains(&open.id) {
            exceptions::close_gone(work, open.id, stamp.now).await?;
        }
    }
    Ok(())
}

/// Makes the order that a disposition calls for, and says whether it is new. One that is there gains lines and
/// urgency, never loses them. Where nothing is left to restore none is made.
async fn follow(
    work: &mut Work,
    cut: &orders::OrderRow,
    follow_up: &FollowUp,
    folding: &Folding,
    stamp: Stamp,
) -> Result<bool, ServiceError> {
    if follow_up.wanted.is_empty() {
        return Ok(false);
    }
    let lines = orders::lines(work, OrderId(cut.id))
        .await?
        .into_iter()
        .filter(|line| follow_up.wanted.iter().any(|wanted| wanted.0 == line.line))
        .collect();
    let fees_suppressed = follow_up.reason == Reason::WrongfulCut;
    let order = NewOrder {
        id: follow_up.id,
        kind: follow_up.kind,
        reason: follow_up.reason,
        account: cut.account.clone(),
        premise: cut.premise.clone(),
        listing: None,
        cause_order: Some(OrderId(cut.id)),
        priority: follow_up.priority,
        fees_suppressed,
        past_due_minor: 0,
        note: None,
        due_at: Some(folding.reconnect_clock.due(&folding.zone, follow_up.called_at.unwrap_or(stamp.now))),
        lines,
    };
    let new = orders::insert(work, &order, stamp.now, stamp.feed_seq).await?;
    if !new && let Some(there) = orders::by_id(work, follow_up.id).await? {
        let priority = there.priority.min(follow_up.priority);
        let fees_suppressed = there.fees_suppressed || fees_suppressed;
        if (priority, fees_suppressed) != (there.priority, there.fees_suppressed) {
            orders::raise(work, follow_up.id, priority, fees_suppressed).await?;
        }
    }
    Ok(new)
}
