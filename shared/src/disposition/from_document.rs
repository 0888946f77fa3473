//! Histories as a route document tells them: for the tablet, which knows nothing else, and for tests.
//!
//! What a visit knew is what is among its change's ancestors. A tablet's change always has the tablet's own earlier
//! changes among them: so while an act step is open, everything that the tablet saves (a tap on a recall, a note) has
//! to be made on the heads of that opening. Else an honest crew that tapped "seen" seems to have cut despite the
//! release.

use super::{OrderHistory, OrderInfo};
use crate::{
    facts::{Fact, FactBody},
    gather::Gather as _,
    ids::{FactId, OrderId},
    route_document::{Knew, PublishedOrder, RouteDocument},
};
use automerge::ChangeHash;
use chrono::NaiveDate;
use std::collections::BTreeMap;

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

/// The history of every order, as one route document tells it. Facts that don't read are left out.
///
/// What knew what is told for visits that were first made in this document; the server has to add what other
/// documents say.
#[must_use]
pub fn histories(
    document: &RouteDocument,
    orders: &[PublishedOrder],
    today: NaiveDate,
) -> BTreeMap<OrderId, OrderHistory> {
    let facts: BTreeMap<FactId, (Fact, ChangeHash)> = document
        .facts()
        .into_iter()
        .filter_map(|(id, stored)| Some((id, (stored.raw.read().ok()?, stored.change))))
        .into_map();
    let order_of = |fact: &Fact| fact.order().or_else(|| facts.get(fact.visit()?)?.0.order());
    let mut by_order: BTreeMap<OrderId, Vec<&(Fact, ChangeHash)>> = BTreeMap::new();
    for entry in facts.values() {
        if let Some(order) = order_of(&entry.0) {
            by_order.entry(order).or_default().push(entry);
        }
    }
    let mut histories = BTreeMap::new();
    for order in orders {
        let mut history = OrderHistory::new(OrderInfo::of(order), today);
        let reconnects = OrderId::reconnects_of(order.id).take(RECONNECTS_OF_A_CUT).filter_map(|id| by_order.get(&id));
        let of_it: Vec<_> = by_order.get(&order.id).into_iter().chain(reconnects).flatten().copied().collect();
        for (fact, _) in &of_it {
            history.add(fact.clone());
        }
        history.knew = knew_among(document, &of_it);
        histories.insert(order.id, history);
    }
    histories
}

fn knew_among(document: &RouteDocument, facts: &[&(Fact, ChangeHash)]) -> BTreeMap<(FactId, FactId), Knew> {
    let mut knew = BTreeMap::new();
    let judged = |fact: &Fact| matches!(fact.body, FactBody::Visit(_) | FactBody::Correction(_)) && fact.home.is_none();
    for (one, one_change) in facts.iter().filter(|(fact, _)| judged(fact)) {
        for (other, other_change) in facts.iter().filter(|(other, _)| other.id != one.id) {
            let told = match document.clocks().knew(one_change, other_change) {
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
