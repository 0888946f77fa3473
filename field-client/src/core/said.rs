//! What a route document says, read once and not for every look: reading a hundred orders out of an automerge document
//! takes longer than everything that a screen does with them.
//!
//! A route keeps it until its document changes; a change of the tablet's own touches only the orders that it is about.
//! What an order's facts add up to is kept with the order for as long as those facts are the same.

use super::{
    Draft,
    view::{Now, Tried},
};
use chrono::NaiveDate;
use curbstop_shared::{
    disposition::{
        Disposition, DispositionPolicy, Told, closed_lines, disposition, facts_by_order, history,
        reconnects_to_look_for,
    },
    facts::{Door, Fact, FactBody, Work},
    ids::{FactId, LineId, OrderId},
    ordered::Set,
    route_document::{Closed, DocumentError, PublishedOrder, RouteDocument, RouteHeader},
    time::{Micros, Span},
    vocabulary::{OrderKind, Outcome, RecallReason},
};
use std::sync::{Arc, Mutex, PoisonError};

/// What a route document says.
#[derive(Debug, Clone)]
pub struct Said {
    /// Its header.
    pub header: RouteHeader,
    /// Its orders, in route order.
    pub orders: Vec<Arc<OrderSaid>>,
}

/// What it says about one order.
#[derive(Debug)]
pub struct OrderSaid {
    /// What was published.
    pub order: Arc<PublishedOrder>,
    /// The facts about it and about its reconnects.
    facts: Vec<Told>,
    /// Its reconnects, whose facts belong to it too.
    reconnects: Arc<Vec<OrderId>>,
    /// What that adds up to on a day in a time zone, worked out when it is first asked for.
    judged: Mutex<Option<(NaiveDate, Span, Arc<Disposition>)>>,
}

impl Said {
    /// Reads a whole document.
    ///
    /// # Errors
    /// [`DocumentError`] names what does not read.
    pub fn of(document: &RouteDocument) -> Result<Self, DocumentError> {
        let by_order = facts_by_order(document);
        let read = |order: PublishedOrder| {
            let reconnects: Vec<OrderId> = reconnects_to_look_for(order.id).collect();
            let ids = std::iter::once(&order.id).chain(&reconnects);
            let facts = ids.filter_map(|id| by_order.get(id)).flatten().cloned().collect();
            OrderSaid::of(Arc::new(order), facts, Arc::new(reconnects))
        };
        let orders = document.orders()?.into_iter().map(read).map(Arc::new).collect();
        let mut said = Self { header: document.header()?, orders };
        said.carry_claims();
        Ok(said)
    }

    /// The same with these facts, which the document has got since. Only the orders that they are about are new.
    #[must_use]
    pub fn and(&self, document: &RouteDocument, facts: &[FactId]) -> Self {
        let read = |id: &FactId| {
            let stored = document.fact(id)?;
            Some(Arc::new((stored.raw.understood()?, stored.change)))
        };
        let told: Vec<Told> = facts.iter().filter_map(read).collect();
        let order_of = |fact: &Fact| {
            fact.order().or_else(|| {
                let visit = fact.visit()?;
                let with_it = told.iter().find(|told| told.0.id == *visit).map(|told| &told.0);
                with_it.or_else(|| self.fact(visit)).and_then(Fact::order)
            })
        };
        let about: Vec<Option<OrderId>> = told.iter().map(|told| order_of(&told.0)).collect();
        let mut said = self.clone();
        for known in &mut said.orders {
            let is_about = |order: &OrderId| *order == known.order.id || known.reconnects.contains(order);
            let more = told.iter().zip(&about).filter(|(_, order)| order.as_ref().is_some_and(is_about));
            let more: Vec<Told> = more.map(|(told, _)| told.clone()).collect();
            if !more.is_empty() {
                let facts = known.facts.iter().cloned().chain(more).collect();
                *known = Arc::new(OrderSaid::of(known.order.clone(), facts, known.reconnects.clone()));
            }
        }
        if told.iter().any(|told| told.0.is_claim()) {
            said.carry_claims();
        }
        said
    }

    /// What was shown or said at one door stops the other cuts that it is about at once, also where no server can say so
    /// yet. What the server says of it later is the same fact.
    fn carry_claims(&mut self) {
        let claims: Vec<(Told, Arc<PublishedOrder>)> = self
            .orders
            .iter()
            .flat_map(|said| said.waiting_claims().map(|claim| (claim.clone(), said.order.clone())))
            .collect();
        for known in self.orders.iter_mut().filter(|known| known.order.kind.is_cut()) {
            let here = known.facts.iter().map(|told| &told.0.id).collect::<Vec<_>>();
            let of_others = claims.iter().filter(|(_, order)| order.id != known.order.id);
            let concerning =
                of_others.filter(|(claim, order)| door(order).speaks_for(&claim.0.body, &door(&known.order)));
            let more: Vec<Told> = concerning
                .filter_map(|(claim, _)| Some(Arc::new((claim.0.carried_to(known.order.id)?, claim.1))))
                .filter(|told: &Told| !here.contains(&&told.0.id))
                .collect();
            if !more.is_empty() {
                let facts = known.facts.iter().cloned().chain(more).collect();
                *known = Arc::new(OrderSaid::of(known.order.clone(), facts, known.reconnects.clone()));
            }
        }
    }

    /// One order, and its place in the route from 0.
    #[must_use]
    pub fn order(&self, order: OrderId) -> Option<(usize, &Arc<OrderSaid>)> {
        self.orders.iter().enumerate().find(|(_, said)| said.order.id == order)
    }

    fn fact(&self, id: &FactId) -> Option<&Fact> {
        self.orders.iter().flat_map(|order| &order.facts).map(|told| &told.0).find(|fact| fact.id == *id)
    }
}

impl OrderSaid {
    const fn of(order: Arc<PublishedOrder>, facts: Vec<Told>, reconnects: Arc<Vec<OrderId>>) -> Self {
        Self { order, facts, reconnects, judged: Mutex::new(None) }
    }

    /// What was shown or said at this very door and nobody has decided on.
    fn waiting_claims(&self) -> impl Iterator<Item = &Told> {
        let decided = |claim: &FactId| {
            self.facts.iter().any(|told| match &told.0.body {
                FactBody::ReleaseDecision(said) => said.release == *claim,
                FactBody::ReleaseReversal(said) => said.release == *claim,
                FactBody::HoldDecision(said) => said.hold == *claim,
                FactBody::HoldLift(said) => said.hold == *claim,
                _ => false,
            })
        };
        self.facts.iter().filter(move |told| told.0.is_claim() && !told.0.is_carried() && !decided(&told.0.id))
    }

    /// What the facts add up to at a moment. `document` and `header` are those of the route that says it; `office_ahead` is
    /// how far the office's clock is ahead of the tablet's.
    #[must_use]
    pub fn disposition(
        &self,
        document: &RouteDocument,
        header: &RouteHeader,
        (now, office_ahead): (Now, Span),
    ) -> Arc<Disposition> {
        let today = now.day_of_holds(office_ahead);
        let mut judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((day, offset, known)) = &*judged
            && (*day, *offset) == (today, now.utc_offset)
        {
            return known.clone();
        }
        let policy = DispositionPolicy {
            permit_age_max: Span::minutes(header.permit_minutes),
            utc_offset: now.utc_offset,
            ..DispositionPolicy::default()
        };
        let found = Arc::new(disposition(&history(document, &self.order, &self.facts, today), &policy));
        *judged = Some((today, now.utc_offset, found.clone()));
        found
    }

    /// How the lines were turned off that are off still, as what the facts add up to says.
    #[must_use]
    pub fn closed(&self, found: &Disposition) -> Vec<Closed> {
        let facts: Vec<&FactBody> = self.facts.iter().map(|told| &told.0.body).collect();
        closed_lines(&found.lines, &facts).into_values().collect()
    }

    /// The order as a draft works it: a cut whose lines are turned on again is a reconnect of these.
    #[must_use]
    pub fn as_worked(&self, draft: &Draft) -> Arc<PublishedOrder> {
        if draft.restoring {
            Arc::new(self.to_restore(|line| draft.lines.iter().any(|known| known.line == *line)))
        } else {
            self.order.clone()
        }
    }

    /// The reconnect of some of a cut's lines, with what was read when they were turned off.
    #[must_use]
    pub fn to_restore(&self, lines: impl Fn(&LineId) -> bool) -> PublishedOrder {
        let mut order = (*self.order).clone();
        order.kind = if order.kind == OrderKind::MeterLock { OrderKind::Unlock } else { OrderKind::Reconnect };
        order.lines.retain(|line| lines(&line.id));
        // Asked for was what proves the cut. Who is to be turned back on waits for no paper.
        order.asks_for = None;
        for line in &mut order.lines {
            line.was_read_when_turned_off(self.read_when_turned_off(&line.id));
        }
        order
    }

    /// What the visit read that turned a line off last. Whoever turned it on in between read as well, and what was used
    /// since is nobody's leak.
    fn read_when_turned_off(&self, line: &LineId) -> Option<String> {
        let cuts = self.facts.iter().filter_map(|told| match &told.0.body {
            FactBody::Work(work) if work.line == *line && work.action.cuts() => Some(&work.visit),
            _ => None,
        });
        let cut = cuts.max_by_key(|visit| self.visited_at(visit))?;
        self.facts.iter().find_map(|told| match &told.0.body {
            FactBody::Reading(reading) if reading.visit == *cut && reading.line == *line => reading.digits.clone(),
            _ => None,
        })
    }

    fn visited_at(&self, visit: &FactId) -> Option<Micros> {
        Some(self.facts.iter().find(|told| told.0.id == *visit)?.0.header.as_ref()?.at)
    }

    /// The last visit, to the stop or to a reconnect of it, that could not turn on again what is off.
    #[must_use]
    pub fn tried_to_restore(&self, found: &Disposition) -> Option<Tried> {
        let called_at = found.follow_ups.iter().find_map(|follow| follow.called_at)?;
        let failed = self.facts.iter().filter_map(|told| match (&told.0.body, &told.0.header) {
            (FactBody::Visit(visit), Some(header)) if visit.outcome == Outcome::Unable => {
                let cut = found.cuts.iter().any(|cut| cut.visit == told.0.id);
                (!cut && header.at >= called_at).then_some(Tried { at: header.at, code: visit.code })
            }
            _ => None,
        });
        failed.max_by_key(|tried| tried.at)
    }

    /// What a visit did to the lines.
    pub fn works_of(&self, visit: &FactId) -> impl Iterator<Item = &Work> {
        self.facts.iter().filter_map(move |told| match &told.0.body {
            FactBody::Work(work) if work.visit == *visit => Some(work),
            _ => None,
        })
    }

    /// Dispatch has given the reconnect that is called for to another crew, be it that this route had it or not, and has
    /// not given it back since.
    #[must_use]
    pub fn reconnect_went(&self, found: &Disposition) -> bool {
        let is_back = |recall: &FactId| {
            self.facts.iter().any(|told| matches!(&told.0.body, FactBody::RecallLift(lift) if lift.recall == *recall))
        };
        self.facts.iter().any(|told| {
            let called_for = |order: OrderId| found.follow_ups.iter().any(|follow| follow.id == order);
            told.0.order().is_some_and(called_for)
                && matches!(&told.0.body, FactBody::Recall(recall) if recall.reason == RecallReason::Moved)
                && !is_back(&told.0.id)
        })
    }

    /// The notes that people left at this order, oldest first, with their device times.
    #[must_use]
    pub fn notes(&self) -> Vec<(Micros, String)> {
        let header_of =
            |id: &FactId| self.facts.iter().find(|told| told.0.id == *id).and_then(|told| told.0.header.clone());
        let notes: Set<_> = self
            .facts
            .iter()
            .filter_map(|told| {
                let FactBody::Note(note) = &told.0.body else { return None };
                let header = told.0.header.clone().or_else(|| header_of(note.visit.as_ref()?))?;
                (header.order == self.order.id).then(|| (header.at, note.text.clone()))
            })
            .collect();
        notes.into_iter().collect()
    }

    /// What was reported to have happened at this order, oldest first, with its device time and code.
    #[must_use]
    pub fn incidents(&self) -> Vec<(Micros, String)> {
        let mut incidents: Vec<_> = self
            .facts
            .iter()
            .filter_map(|told| {
                let FactBody::Incident(incident) = &told.0.body else { return None };
                let header = told.0.header.as_ref().filter(|header| header.order == self.order.id)?;
                Some((header.at, incident.code.clone()))
            })
            .collect();
        incidents.sort();
        incidents
    }
}

fn door(order: &PublishedOrder) -> Door<'_> {
    Door { account: order.account.as_deref(), premise: &order.premise }
}
