//! What the facts of an order add up to: is it still to be done, is somebody off who paid, what has to follow.
//!
//! [`disposition`] is one pure function over a set of facts. It doesn't matter in which order, how often or in what
//! groups the facts arrived: the server, every tablet and every merge come to the same answer, so nothing about an
//! order's state is ever stored as a field that somebody overwrites.
//!
//! | module | what it answers |
//! | --- | --- |
//! | `corrections` | what a fact says after those that corrected it |
//! | `stops` | which releases, holds and recalls count, and for which lines |
//! | `standing` | where the order stands, and whether its work may begin |
//! | `acts` | what was physically done to each line, and whether it is off now |
//! | `cuts` | how each cut stands to the releases and holds: causality first, clocks only for label and fee |
//! | `exceptions` | what needs a person |
//! | `closed` | how a line was turned off, for whoever turns it on |
//! | `follow_ups` | the reconnect that is called for, and the fee |
//! | [`sentences`] | all of it in words a clerk understands, in English and Spanish |
//! | `from_document` | histories as a route document tells them |

mod acts;
mod closed;
mod corrections;
mod cuts;
mod exceptions;
mod follow_ups;
mod from_document;
pub mod sentences;
mod standing;
mod stops;
mod verdicts;

pub use closed::closed_lines;
pub use corrections::as_corrected;
pub use cuts::PAPER_UNCERTAINTY;
pub use exceptions::Desk;
pub use follow_ups::fee_decided;
pub use from_document::{Told, facts_by_order, histories, history, reconnects_to_look_for};
pub use verdicts::*;

use crate::{
    cut_hours::CutHours,
    facts::{Fact, FactBody},
    go_code::GivenCode,
    ids::{FactId, LineId, OrderId, RouteId},
    ordered::Map,
    route_document::Knew,
    time::{Micros, Span},
    vocabulary::{OrderKind, Reason},
};
use chrono::NaiveDate;

/// The order that a history is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderInfo {
    /// The order.
    pub id: OrderId,
    /// What is to be done.
    pub kind: OrderKind,
    /// Why.
    pub reason: Reason,
    /// Its lines.
    pub lines: Vec<LineId>,
}

/// All that is known about one order.
///
/// `facts` holds the facts of the order itself and, for an order that cut, those of its reconnects
/// ([`OrderId::reconnects_of`]): so a restore shows where the cut is shown. A reconnect's own history needs only its
/// own facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderHistory {
    /// The order.
    pub order: OrderInfo,
    /// Every fact by its id. Use [`OrderHistory::add`] where the same fact may come from two documents.
    pub facts: Map<FactId, Fact>,
    /// For a pair (visit, other fact): how the visit's change stood to the other's in the visit's home document.
    /// A missing pair counts as [`Knew::Neither`]. Pairs of two visits or two corrections are used where given.
    pub knew: Map<(FactId, FactId), Knew>,
    /// For a visit: how far the device's clock was off the server's when it was received (server minus device).
    /// Missing where that is not known; the tablet itself knows none.
    pub clock_offset: Map<FactId, Span>,
    /// When the server received a visit. Missing where that is not known; the tablet itself knows none.
    pub received_at: Map<FactId, Micros>,
    /// For a visit: when the route was published in whose document it was first made. It can't be earlier, whatever its
    /// tablet's clock said. Missing where that is not known.
    pub route_out_at: Map<FactId, Micros>,
    /// For a visit: on data of what age a cut could begin by the route in whose document it was made, as its tablet knew
    /// it. Missing where that is not known: then the policy's counts.
    pub permits: Map<FactId, Span>,
    /// For a visit: when the cut could begin by the utility's rules, as its route said. Missing where none said anything.
    pub hours: Map<FactId, CutHours>,
    /// The route document in which a visit or recall was first made. Missing: the route where the order stands.
    pub made_on: Map<FactId, RouteId>,
    /// The go-codes that the office has given for the order. `None` where that is not known: a tablet knows none, and
    /// judges none.
    pub go_codes: Option<Vec<GivenCode>>,
    /// The route on which the order stands now. A recall that took it from another route doesn't stop it here.
    pub route: Option<RouteId>,
    /// The utility's day: holds that ended before it no longer hold.
    pub today: NaiveDate,
}

impl OrderHistory {
    /// A history without facts.
    #[must_use]
    pub const fn new(order: OrderInfo, today: NaiveDate) -> Self {
        Self {
            order,
            facts: Map::new(),
            knew: Map::new(),
            clock_offset: Map::new(),
            received_at: Map::new(),
            route_out_at: Map::new(),
            permits: Map::new(),
            hours: Map::new(),
            made_on: Map::new(),
            go_codes: None,
            route: None,
            today,
        }
    }

    /// Adds a fact. One that is there already (relayed, sent twice) changes nothing.
    pub fn add(&mut self, fact: Fact) {
        self.facts.entry(fact.id.clone()).or_insert(fact);
    }

    /// How one fact stood to another.
    #[must_use]
    pub fn knew(&self, one: &FactId, other: &FactId) -> Knew {
        self.knew.get(&(one.clone(), other.clone())).copied().unwrap_or(Knew::Neither)
    }

    /// The order that a fact is about: its own header's, or its visit's.
    fn order_of(&self, fact: &Fact) -> Option<OrderId> {
        fact.order().or_else(|| self.facts.get(fact.visit()?)?.order())
    }

    /// Whether a fact is about this very order and not about its reconnect.
    fn is_own(&self, fact: &Fact) -> bool {
        self.order_of(fact).is_none_or(|order| order == self.order.id)
    }

    /// When a visit was made, by its device's clock.
    fn visited_at(&self, visit: &FactId) -> Option<Micros> {
        Some(self.facts.get(visit)?.header.as_ref()?.at)
    }

    /// The newest moment of the office's clock among what a visit builds on: its route, and each word of the office that
    /// it knew. A visit can't be earlier than what it knew.
    fn not_before(&self, visit: &FactId) -> Option<Micros> {
        let of_the_office = self.facts.values().filter_map(|fact| {
            let header = fact.header.as_ref().filter(|header| header.device.is_none())?;
            let is_word = fact.visit().is_none() && !matches!(fact.body, FactBody::Visit(_));
            is_word.then_some((&fact.id, header.at))
        });
        let known = of_the_office.filter(|(word, _)| self.knew(visit, word) == Knew::Known).map(|(_, at)| at);
        known.chain(self.route_out_at.get(visit).copied()).max()
    }

    /// When a visit was made by the office's clock, as far as its tablet's error is known: not before what it knew, and
    /// not after it came in.
    fn visited_at_office(&self, visit: &FactId) -> Option<Micros> {
        let at = self.visited_at(visit)? + *self.clock_offset.get(visit)?;
        let at = self.not_before(visit).map_or(at, |known| at.max(known));
        Some(self.received_at.get(visit).map_or(at, |received| at.min(*received)))
    }

    /// How far a tablet's clock was off at a visit: by its own word when it came in, by what the visit can't have been
    /// earlier than, or by its coming in before it was made.
    fn clock_off(&self, visit: &FactId) -> Option<Span> {
        let offset = *self.clock_offset.get(visit)?;
        let at = self.visited_at(visit).map(|at| at + offset);
        let too_early = at.zip(self.not_before(visit)).map(|(at, known)| known - at);
        let too_late = at.zip(self.received_at.get(visit)).map(|(at, received)| at - *received);
        [too_early, too_late].into_iter().flatten().chain([offset.abs()]).max()
    }

    /// Whether a fact made on one route concerns another fact's route (or the order's present one).
    fn same_route(&self, one: &FactId, other: Option<&FactId>) -> bool {
        let route_of = |fact: &FactId| self.made_on.get(fact).copied().or(self.route);
        match (route_of(one), other.map_or(self.route, route_of)) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        }
    }
}

/// What the utility has decided about clocks and permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DispositionPolicy {
    /// How far apart an honest tablet's clock and the clock behind `paid_at` may be.
    pub clock_uncertainty: Span,
    /// A tablet's clock that is off by more is shown to a person.
    pub clock_suspect_beyond: Span,
    /// Oldest data on which a cut may begin, where the visit's route says nothing.
    pub permit_age_max: Span,
    /// The utility's time zone east of UTC on the day in question: tells which day a cut was made on.
    pub utc_offset: Span,
}

impl Default for DispositionPolicy {
    fn default() -> Self {
        Self {
            clock_uncertainty: Span::minutes(2),
            clock_suspect_beyond: Span::minutes(5),
            permit_age_max: Span::minutes(60),
            utc_offset: Span(0),
        }
    }
}

impl DispositionPolicy {
    /// The utility's day of a moment.
    #[must_use]
    pub fn day_of(&self, at: Micros) -> NaiveDate {
        chrono::DateTime::from_timestamp_micros((at + self.utc_offset).0)
            .map_or(NaiveDate::MIN, |moment| moment.date_naive())
    }
}

/// What an order's facts add up to.
#[must_use]
pub fn disposition(history: &OrderHistory, policy: &DispositionPolicy) -> Disposition {
    let corrected = corrections::Corrected::new(history);
    let stops = stops::Stops::new(history, &corrected, policy);
    let acts = acts::Acts::new(history, &corrected);
    let cuts = cuts::judge(history, policy, &corrected, &stops, &acts);
    let lines = acts.line_states(history, policy, &corrected, &stops);
    let follow_ups = follow_ups::reconnects(history, &corrected, &stops, &acts, &cuts, &lines);
    let fee_triggers = follow_ups::fees(history, &stops, &acts, &cuts);
    let visits = standing::Visits::new(history, &corrected);
    let exceptions = exceptions::raise(&exceptions::Case {
        history,
        policy,
        corrected: &corrected,
        stops: &stops,
        acts: &acts,
        cuts: &cuts,
        lines: &lines,
        fees: &fee_triggers,
    });
    let why_not = standing::why_not(history, policy, &stops, &acts, &visits);
    let may_cut = standing::lines_free_to_cut(history, policy, &stops, &acts, &visits);
    let can_cut = history.order.kind.may_end_in_a_cut();
    Disposition {
        state: standing::state(policy, history, &stops, &acts, &visits),
        lines,
        cuts,
        exceptions,
        follow_ups,
        fee_triggers,
        may_begin: why_not.is_none(),
        may_begin_cut: can_cut && why_not.is_none(),
        why_not,
        may_cut,
        needs_ack: stops.unseen_recalls(),
    }
}
