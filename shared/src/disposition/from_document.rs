//! Histories as a route document tells them: for the tablet, which knows nothing else, and for tests.
//!
//! What a visit knew is what is among its change's ancestors. A tablet's change always has the tablet's own earlier
//! changes among them: so while an act step is open, everything that the tablet saves (a tap on a recall, a note) has
//! to be made on the heads of that opening. Else an honest crew that tapped "seen" seems to have cut despite the
//! release.

use super::{OrderHistory, OrderInfo};
use crate::{
    facts::{Fact, FactBody},
    ids::{FactId, OrderId},
    ordered::Map,
    route_document::{Knew, PublishedOrder, RouteDocument},
};
use automerge::ChangeHash;
use chrono::NaiveDate;
use std::sync::Arc;

impl OrderInfo {
    /// The order as a route document published it.
    #[must_use]
    pub fn of(order: &PublishedOrder) -> Self {
        Self {
            id: order.id,
            kind: order.kind,
            reason: order.reason,
            lines: order.lines.iter().map(|line| line.id.clone()).collect(),
        }
    }
}

/// Reconnects of one cut that are looked for in a document. An earlier one may be on another crew's, so the search
/// doesn't end at the first that is missing; a day with more of them has something else wrong with it.
const RECONNECTS_OF_A_CUT: usize = 8;

/// A fact with the change that brought it. Shared: many look at it, and it never changes.
pub type Told = Arc<(Fact, ChangeHash)>;

/// The orders whose facts belong to the history of a cut besides its own: its reconnects.
pub fn reconnects_to_look_for(order: OrderId) -> impl Iterator<Item = OrderId> {
    OrderId::reconnects_of(order).take(RECONNECTS_OF_A_CUT)
}

/// The facts of a route document by the order that they are about. Facts that say nothing to this build are left out;
/// a release, hold or recall never is.
#[must_use]
pub fn facts_by_order(document: &RouteDocument) -> Map<OrderId, Vec<Told>> {
    let facts: Map<FactId, Told> = document
        .facts()
        .into_iter()
        .filter_map(|(id, stored)| Some((id, Arc::new((stored.raw.understood()?, stored.change)))))
        .collect();
    let order_of = |fact: &Fact| fact.order().or_else(|| facts.get(fact.visit()?)?.0.order());
    let mut by_order: Map<OrderId, Vec<Told>> = Map::new();
    for told in facts.values() {
        if let Some(order) = order_of(&told.0) {
            by_order.entry(order).or_default().push(told.clone());
        }
    }
    by_order
}

/// The history of every order, as one route document tells it. Facts that don't read are left out.
///
/// What knew what is told for visits that were first made in this document; the server has to add what other
/// documents say.
#[must_use]
pub fn histories(document: &RouteDocument, orders: &[PublishedOrder], today: NaiveDate) -> Map<OrderId, OrderHistory> {
    let by_order = facts_by_order(document);
    let mut histories = Map::new();
    for order in orders {
        let reconnects = reconnects_to_look_for(order.id).filter_map(|id| by_order.get(&id));
        let of_it: Vec<Told> = by_order.get(&order.id).into_iter().chain(reconnects).flatten().cloned().collect();
        histories.insert(order.id, history(document, order, &of_it, today));
    }
    histories
}

/// The history of one order from the facts about it and about its reconnects, all of them of this document.
#[must_use]
pub fn history(document: &RouteDocument, order: &PublishedOrder, facts: &[Told], today: NaiveDate) -> OrderHistory {
    let mut history = OrderHistory::new(OrderInfo::of(order), today);
    for told in facts {
        history.add(told.0.clone());
    }
    history.knew = knew_among(document, facts);
    let mut made_here =
        facts.iter().map(|told| &told.0).filter(|fact| is_visit(fact) && fact.home.is_none()).peekable();
    if made_here.peek().is_some()
        && let Ok(header) = document.header()
    {
        history.route_out_at = made_here.map(|visit| (visit.id.clone(), header.published_at)).collect();
    }
    history
}

const fn is_visit(fact: &Fact) -> bool {
    matches!(fact.body, FactBody::Visit(_))
}

fn knew_among(document: &RouteDocument, facts: &[Told]) -> Map<(FactId, FactId), Knew> {
    let mut knew = Map::new();
    let judged = |fact: &Fact| matches!(fact.body, FactBody::Visit(_) | FactBody::Correction(_)) && fact.home.is_none();
    let facts = || facts.iter().map(|told| (&told.0, told.1));
    for (one, one_change) in facts().filter(|(fact, _)| judged(fact)) {
        for (other, other_change) in facts().filter(|(other, _)| other.id != one.id) {
            let told = match document.clocks().knew(&one_change, &other_change) {
                // Facts of one change are one act; of two visits or corrections saved together neither knew the other.
                Knew::Known if one_change == other_change && judged(other) => Knew::Neither,
                told => told,
            };
            if told != Knew::Neither {
                knew.insert((one.id.clone(), other.id.clone()), told);
            }
        }
    }
    knew
}
