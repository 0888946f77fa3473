//! Facts come in: they become rows, what each visit knew is settled, and the orders they are about are folded anew.
//!
//! Everything here happens inside the unit of work that stores the change, so that a receipt means all of it.

mod following;
mod judged;
mod raising;

use super::{ServiceError, against_order, found_off, utility::Deadlines};
use crate::{
    store::{
        Conn, StoreError, Work, evidence, facts,
        facts::{FactRow, NewFact},
        go_codes, hazards, orders,
        orders::{OrderRow, OrderToFold},
    },
    sync::documents::{Loaded, Stamp},
};
use automerge::ChangeHash;
use chrono::NaiveDate;
use curbstop_shared::{
    disposition::{Disposition, DispositionPolicy, OrderHistory, OrderInfo, OrderState, disposition},
    facts::{Fact, FactBody, FactKind, Header},
    ids::{FactId, LineId, OrderId, RouteId},
    time::{Micros, Span},
    vocabulary::{OrderKind, Permit},
};
use std::collections::{BTreeMap, BTreeSet};

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
    /// The orders that are on an open route beside the one whose facts these are, they themselves or the cut that they
    /// give back: it has to learn of it.
    pub elsewhere: BTreeSet<OrderId>,
    /// Proof and claims from a door, whether or not they were known: they may be about other orders too.
    pub claims: Vec<Fact>,
}

/// What folding needs to know of the utility.
#[derive(Debug, Clone)]
pub struct Folding {
    /// The policy.
    pub policy: DispositionPolicy,
    /// The utility's day.
    pub today: NaiveDate,
    /// By when somebody who paid has to be back on.
    pub deadlines: Deadlines,
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
    let mut new = Vec::with_capacity(incoming.len());
    let without_pin: BTreeSet<&FactId> =
        incoming.iter().filter(|one| one.fact.without_pin).map(|one| &one.fact.id).collect();
    for one in incoming {
        let header = header_of(work, one.fact, &headers).await?;
        touched.entry(header.order).or_default().insert(one.fact.id.clone());
        let change = one.change.filter(|_| loaded.is_some());
        let inherits = one.fact.header.is_none() && one.fact.visit().is_some_and(|visit| without_pin.contains(visit));
        let without_pin = one.fact.without_pin || inherits;
        new.push(NewFact { fact: one.fact, header, without_pin, change, clock_offset: one.clock_offset });
    }
    facts::insert(work, &new, loaded.map(|loaded| loaded.id), stamp.now, stamp.feed_seq).await?;
    for one in &new {
        if let FactBody::Evidence(named) = &one.fact.body {
            evidence::name(work, &one.fact.id, &one.header, named).await?;
        }
        if let Some(code) = one.fact.body.hazard() {
            hazards::met(work, one.header.order, code, &one.fact.id, stamp.now).await?;
        }
        if one.fact.is_claim() && !one.fact.is_carried() {
            recorded.claims.push(one.fact.clone());
        }
    }
    for (order, new) in touched {
        let read = OrderRead::of(work, order).await?;
        if let Some(loaded) = loaded {
            settle_what_visits_knew(work, loaded, &read, &new).await?;
            against_order::look(work, loaded, &read.row.order, &read.facts, &new, stamp).await?;
        }
        let cause = read.row.order.cause_order;
        if read.row.is_on_another_route(loaded.map(|loaded| loaded.id)) {
            recorded.elsewhere.insert(order);
        }
        fold_with_found_off(work, read, folding, stamp, &mut recorded).await?;
        // A restore on the reconnect ends what the cut began, and the crew that cut has to learn of it too.
        if let Some(cut) = cause {
            let read = OrderRead::of(work, OrderId(cut)).await?;
            if read.row.is_on_another_route(loaded.map(|loaded| loaded.id)) {
                recorded.elsewhere.insert(order);
            }
            fold_with_found_off(work, read, folding, stamp, &mut recorded).await?;
        }
    }
    Ok(recorded)
}

/// The orders of facts that only name their visit: the visit's, from the same batch or from an earlier one.
///
/// # Errors
/// When the store fails, or a fact names a visit that is not there.
pub async fn orders_of(work: &mut Work, facts: &[&Fact]) -> Result<BTreeMap<FactId, OrderId>, ServiceError> {
    let headers: BTreeMap<FactId, Header> =
        facts.iter().filter_map(|fact| Some((fact.id.clone(), fact.header.clone()?))).collect();
    let mut orders = BTreeMap::new();
    for fact in facts {
        orders.insert(fact.id.clone(), header_of(work, fact, &headers).await?.order);
    }
    Ok(orders)
}

/// An order with its facts as they are stored, for settling and folding alike; for one that cuts, with the facts of
/// its reconnects, so that a restore shows where the cut is shown.
struct OrderRead {
    row: OrderToFold,
    facts: Vec<FactRow>,
}

impl OrderRead {
    async fn of(conn: &mut Conn, order: OrderId) -> Result<Self, ServiceError> {
        let row = orders::to_fold(conn, order)
            .await?
            .ok_or_else(|| ServiceError::Internal(format!("order {order} is not there")))?;
        let facts = facts::of_order_and_followers(conn, order).await?;
        Ok(Self { row, facts })
    }
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
    loaded: &Loaded,
    read: &OrderRead,
    new: &BTreeSet<FactId>,
) -> Result<(), ServiceError> {
    let document = &loaded.document;
    let rows: Vec<&FactRow> = read.facts.iter().filter(|row| row.order_id == read.row.order.id).collect();
    let relevant: Vec<_> = rows
        .iter()
        .map(|row| row.fact())
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
    let mut settled = Vec::new();
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
                settled.push((&visit.id, &other.id, document.clocks().knew(&change, &other_change)));
            }
        }
    }
    Ok(facts::insert_knew(work, &settled).await?)
}

/// Everything that is known about an order; for one that cuts, with the facts of its reconnects.
///
/// # Errors
/// When the store fails or a row does not read.
pub async fn history(conn: &mut Conn, row: &OrderRow, today: NaiveDate) -> Result<OrderHistory, ServiceError> {
    let read = OrderRead::of(conn, OrderId(row.id)).await?;
    history_of(conn, &read, today).await
}

/// A visit that came in within so long of its making was made after whatever it knew.
const AT_ONCE: Span = Span::minutes(1);

async fn history_of(conn: &mut Conn, read: &OrderRead, today: NaiveDate) -> Result<OrderHistory, ServiceError> {
    let mut history = OrderHistory::new(info(&read.row)?, today);
    let (mut visits_and_words, mut came_later, mut on_a_code, mut on_a_permit) = (0, false, false, false);
    for row in &read.facts {
        let fact = row.fact()?;
        if matches!(fact.body.kind(), FactKind::Visit | FactKind::Recall) {
            if let Some(doc) = row.home_doc {
                history.made_on.insert(fact.id.clone(), RouteId(doc));
            }
            if let Some(offset) = row.clock_offset_us {
                history.clock_offset.insert(fact.id.clone(), Span(offset));
                let at = Micros(row.at_us.saturating_add(offset));
                came_later |= Micros(row.received_at_us) > at + AT_ONCE;
            }
            history.received_at.insert(fact.id.clone(), Micros(row.received_at_us));
        }
        visits_and_words += usize::from(matters_to_visits(fact.body.kind()));
        if let FactBody::Visit(visit) = &fact.body {
            on_a_code |= visit.permit == Some(Permit::GoCode);
            on_a_permit |= visit.permit.is_some();
        }
        history.add(fact);
    }
    // A single one has no other that it could have known.
    if visits_and_words > 1 {
        history.knew.extend(facts::knew(conn, OrderId(read.row.order.id)).await?);
    }
    let codes = if on_a_code { go_codes::of_order(conn, OrderId(read.row.order.id)).await? } else { Vec::new() };
    history.go_codes = Some(codes);
    // What came in as it was made is after its route without a look.
    if came_later || on_a_permit {
        for (visit, route) in facts::routes_of_visits(conn, OrderId(read.row.order.id)).await? {
            history.permits.extend(route.permit.map(|permit| (visit.clone(), permit)));
            history.hours.extend(route.cut_hours.map(|hours| (visit.clone(), hours)));
            if came_later {
                history.route_out_at.insert(visit, route.out_at);
            }
        }
    }
    // On no route it is on none of those from which it was taken: what was said there stops nothing any more.
    history.route = Some(RouteId(read.row.newest_route.unwrap_or_default()));
    Ok(history)
}

/// What the fold needs to know of the order itself.
fn info(read: &OrderToFold) -> Result<OrderInfo, StoreError> {
    let row = &read.order;
    let bad = |column: &'static str| StoreError::inconsistent("orders", column, row.id, "not in its list");
    Ok(OrderInfo {
        id: OrderId(row.id),
        kind: row.kind.parse().map_err(|_| bad("kind"))?,
        reason: row.reason.parse().map_err(|_| bad("reason"))?,
        lines: read.lines().into_iter().map(|line| LineId(line.to_owned())).collect(),
    })
}

/// Folds an order; where it turned something off, with the orders of the account whose crews found a service off: it may
/// be the same, and then it is this order's to give back.
async fn fold_with_found_off(
    work: &mut Work,
    read: OrderRead,
    folding: &Folding,
    stamp: Stamp,
    recorded: &mut Recorded,
) -> Result<(), ServiceError> {
    let (order, account) = (OrderId(read.row.order.id), read.row.order.account.clone());
    fold(work, read, folding, stamp, recorded).await?;
    if recorded.folded.get(&order).is_some_and(found_off::turned_off) {
        for other in orders::found_off_beside(work, &account, order).await? {
            let read = OrderRead::of(work, other).await?;
            fold(work, read, folding, stamp, recorded).await?;
        }
    }
    Ok(())
}

/// Folds an order and keeps the outcome: state, exceptions, follow-ups.
async fn fold(
    work: &mut Work,
    read: OrderRead,
    folding: &Folding,
    stamp: Stamp,
    recorded: &mut Recorded,
) -> Result<(), ServiceError> {
    let mut outcome = disposition(&history_of(work, &read, folding.today).await?, &folding.policy);
    let OrderRead { row, .. } = read;
    found_off::leave_to_others(work, &row.order, &mut outcome).await?;
    let order = OrderId(row.order.id);
    let as_json = serde_json::to_string(&outcome).map_err(|bad| ServiceError::Internal(bad.to_string()))?;
    // What a reconnect was to give back is off on the order that cut.
    let is_off = !is_restore(&row.order) && outcome.lines.values().any(|line| line.off().is_some());
    let folded = (state_code(&outcome), as_json.as_str(), is_off);
    judged::keep_changes(work, &row.order.disposition, &outcome, stamp).await?;
    orders::set_disposition(work, order, folded, stamp.feed_seq).await?;
    raising::raise_exceptions(work, &row, &outcome, stamp).await?;
    for follow_up in &outcome.follow_ups {
        // First: it has to see whether nobody called for the order so far.
        if following::follow(work, &row.order, follow_up, folding, stamp).await? {
            recorded.created.push(follow_up.id);
        }
        orders::set_uncalled(work, follow_up.id, follow_up.wanted.is_empty()).await?;
    }
    recorded.folded.insert(order, outcome);
    Ok(())
}

fn is_restore(order: &OrderRow) -> bool {
    order.kind.parse::<OrderKind>().is_ok_and(OrderKind::is_restore)
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
