//! Saving what was done: a visit with its work, readings, claims and notes becomes one change at the heads of the
//! moment when the act step was opened.

use super::{
    Draft, Entry, Route, Step, Store, Tablet, TabletError,
    entries::{About, Made},
    permit::PermitClock,
    state::{hash_bytes, hashes},
    walk::{LineDraft, Opened},
};
use automerge::ChangeHash;
use curbstop_shared::{
    facts::{Ack, Equipment, Fact, FactBody, Header, Hold, Note, Reading, Release, Visit, Work},
    ids::{FactId, OrderId, PersonId, RouteId},
    route_document::PublishedOrder,
    sync::wire::Bytes,
    time::Micros,
    vocabulary::{Action, HoldReason, HoldScope, Permit, ReleaseReason, Source, UnableCode},
};

/// Ten random bytes for each id.
pub trait Chance {
    /// The next ten.
    fn ten(&mut self) -> [u8; 10];
}

impl<F: FnMut() -> [u8; 10]> Chance for F {
    fn ten(&mut self) -> [u8; 10] {
        self()
    }
}

/// A fresh fact id: UUIDv7 of the device's clock.
fn fresh(now: Micros, chance: &mut impl Chance) -> FactId {
    let millis = u64::try_from(now.0 / 1000).unwrap_or(0);
    FactId::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &chance.ten()).into_uuid())
}

impl Tablet {
    /// The crew is at the door of a stop. A stop that was begun before goes on where it was left.
    ///
    /// # Errors
    /// [`TabletError::UnknownOrder`], [`TabletError::NobodySignedIn`], [`TabletError::Busy`].
    pub fn arrive(&mut self, order: OrderId, now: Micros, chance: &mut impl Chance) -> Result<Store, TabletError> {
        let draft = match self.state.drafts.get(&order) {
            Some(draft) => draft.clone(),
            None => {
                self.author()?;
                let (id, _, published) = self.published(order)?;
                Draft::begin(&published, id, fresh(now, chance), now)
            }
        };
        self.begin(&[Entry::Draft(Box::new(draft))])
    }

    /// Stores a draft as the screen has it, before its step is left.
    ///
    /// # Errors
    /// [`TabletError::NoDraft`] where it was saved or given up meanwhile; [`TabletError::Busy`].
    pub fn keep(&mut self, mut draft: Draft) -> Result<Store, TabletError> {
        // The screen's copy may be older than the last answer; what the crew knew is kept here and nowhere else.
        draft.opened = self.state.drafts.get(&draft.order).ok_or(TabletError::NoDraft)?.opened.clone();
        self.begin(&[Entry::Draft(Box::new(draft))])
    }

    /// The crew gives a stop up without recording anything. Where work was entered, one tap must not throw it away: a
    /// service that was turned off and that nobody knows of is the worst that can happen.
    ///
    /// # Errors
    /// [`TabletError::Incomplete`] where work was entered; [`TabletError::Busy`].
    pub fn leave(&mut self, order: OrderId) -> Result<Store, TabletError> {
        if self.is_busy() {
            return Err(TabletError::Busy);
        }
        let worked = |draft: &Draft| draft.lines.iter().any(|line| line.action.is_some());
        if self.state.drafts.get(&order).is_some_and(worked) {
            return Err(TabletError::Incomplete("work was entered here: save it, or say that it can't be done"));
        }
        self.begin(&[Entry::DraftDropped { order }])
    }

    /// Opens the act step: what the tablet knows now is what the crew knew, and the draft moves on to `step`.
    ///
    /// # Errors
    /// [`TabletError::NoDraft`], [`TabletError::UnknownOrder`], [`TabletError::Busy`].
    pub fn open_act(&mut self, order: OrderId, step: Step, now: Micros) -> Result<Store, TabletError> {
        let mut draft = self.state.drafts.get(&order).cloned().ok_or(TabletError::NoDraft)?;
        draft.opened = Some(self.opening(&draft, now)?);
        draft.step = step;
        self.begin(&[Entry::Draft(Box::new(draft))])
    }

    fn opening(&self, draft: &Draft, now: Micros) -> Result<Opened, TabletError> {
        let (_, route, published) = self.published_on(draft.route, draft.order)?;
        let clock = PermitClock::at(&self.state, route, now);
        let permit = published.kind.is_cut().then(|| clock.permit(draft.go_code.is_some(), draft.overridden.is_some()));
        let heads = route.doc.heads().iter().map(hash_bytes).collect();
        Ok(Opened { heads, at: now, permit, age_s: clock.age_s })
    }

    /// Saves a stop as one change and drops its draft.
    ///
    /// # Errors
    /// [`TabletError::Incomplete`] says what lacks; [`TabletError::NoDraft`], [`TabletError::NobodySignedIn`],
    /// [`TabletError::NotWritable`], [`TabletError::Busy`].
    pub fn save(&mut self, order: OrderId, now: Micros, chance: &mut impl Chance) -> Result<Store, TabletError> {
        let draft = self.state.drafts.get(&order).cloned().ok_or(TabletError::NoDraft)?;
        let (_, _, published) = self.published_on(draft.route, order)?;
        draft.ready(&published).map_err(TabletError::Incomplete)?;
        // A stop that ends before the act step was opened is known at what is known now.
        let opened = match draft.opened.clone() {
            Some(opened) => opened,
            None => self.opening(&draft, now)?,
        };
        let header = self.header(order, now)?;
        let facts = facts_of(&draft, &published, &opened, header, now, chance);
        let saved = self.write(draft.route, order, About::Act, &hashes(&opened.heads), &facts, now)?;
        self.begin(&[saved, Entry::DraftDropped { order }])
    }

    /// Somebody has seen a recall.
    ///
    /// # Errors
    /// As [`Self::save`], less what belongs to a draft.
    pub fn acknowledge(
        &mut self,
        order: OrderId,
        fact: &FactId,
        now: Micros,
        chance: &mut impl Chance,
    ) -> Result<Store, TabletError> {
        let body = FactBody::Ack(Ack { fact: fact.clone() });
        self.add(order, About::Ack, body, now, chance)
    }

    /// Free words about a stop.
    ///
    /// # Errors
    /// As [`Self::acknowledge`].
    pub fn note(
        &mut self,
        order: OrderId,
        text: &str,
        now: Micros,
        chance: &mut impl Chance,
    ) -> Result<Store, TabletError> {
        if text.trim().is_empty() {
            return Err(TabletError::Incomplete("write the note first"));
        }
        let body = FactBody::Note(Note { text: text.trim().to_owned(), visit: None });
        self.add(order, About::Note, body, now, chance)
    }

    /// The crew has dealt with a parked item.
    ///
    /// # Errors
    /// [`TabletError::Busy`].
    pub fn settle_parked(&mut self, facts: Vec<FactId>) -> Result<Store, TabletError> {
        self.begin(&[Entry::ParkedSettled { facts }])
    }

    fn add(
        &mut self,
        order: OrderId,
        about: About,
        body: FactBody,
        now: Micros,
        chance: &mut impl Chance,
    ) -> Result<Store, TabletError> {
        let (id, route, _) = self.published(order)?;
        let heads = route.doc.heads();
        let fact = Fact::new(fresh(now, chance), self.header(order, now)?, body);
        let saved = self.write(id, order, about, &heads, &[fact], now)?;
        self.begin(&[saved])
    }

    /// Makes the change on a copy: it comes into the tablet's document when it is stored.
    fn write(
        &self,
        id: RouteId,
        order: OrderId,
        about: About,
        at: &[ChangeHash],
        facts: &[Fact],
        now: Micros,
    ) -> Result<Entry, TabletError> {
        let route = self.state.routes.get(&id).ok_or(TabletError::UnknownOrder(order))?;
        let actor = route.actor.as_ref().ok_or(TabletError::NotWritable)?;
        let change = route.doc.clone().add_facts(actor, &route.without_orphans(at), facts)?;
        let made = Made {
            chunk: Bytes(change.raw_bytes().to_vec()),
            facts: facts.iter().map(|fact| fact.id.clone()).collect(),
            order,
            about,
            saved_at: now,
            encodings: 0,
        };
        Ok(Entry::Saved { route: id, made })
    }

    fn author(&self) -> Result<PersonId, TabletError> {
        self.state.person.ok_or(TabletError::NobodySignedIn)
    }

    fn header(&self, order: OrderId, now: Micros) -> Result<Header, TabletError> {
        let device = self.state.enrolment.as_ref().ok_or(TabletError::NotEnrolled)?.device;
        Ok(Header { order, at: now, by: Some(self.author()?), device: Some(device) })
    }

    /// An order on the newest route that holds it.
    ///
    /// # Errors
    /// [`TabletError::UnknownOrder`].
    pub fn published(&self, order: OrderId) -> Result<(RouteId, &Route, PublishedOrder), TabletError> {
        let (id, _) = self.state.route_of(order).ok_or(TabletError::UnknownOrder(order))?;
        self.published_on(id, order)
    }

    fn published_on(&self, id: RouteId, order: OrderId) -> Result<(RouteId, &Route, PublishedOrder), TabletError> {
        let route = self.state.routes.get(&id).ok_or(TabletError::UnknownOrder(order))?;
        let found = route.doc.orders()?.into_iter().find(|published| published.id == order);
        Ok((id, route, found.ok_or(TabletError::UnknownOrder(order))?))
    }
}

/// The facts of one visit, the visit first.
fn facts_of(
    draft: &Draft,
    order: &PublishedOrder,
    opened: &Opened,
    header: Header,
    now: Micros,
    chance: &mut impl Chance,
) -> Vec<Fact> {
    let cuts = draft.cuts();
    let visit = Visit {
        outcome: draft.outcome(),
        code: draft.stopped_by,
        arrived_at: Some(draft.arrived_at),
        act_opened_at: draft.opened.as_ref().map(|opened| opened.at),
        left_at: Some(now),
        lat_e7: draft.position.map(|position| position.lat_e7),
        lon_e7: draft.position.map(|position| position.lon_e7),
        accuracy_m: draft.position.map(|position| position.accuracy_m),
        fix_age_s: draft.position.map(|position| position.fix_age_s),
        met: draft.met,
        permit: opened.permit.filter(|_| cuts),
        permit_age_s: opened.age_s.filter(|_| cuts),
        go_code: draft.go_code.clone().filter(|_| cuts && opened.permit == Some(Permit::GoCode)),
        override_by: draft.overridden.as_ref().filter(|_| cuts).map(|word| word.by.clone()),
        override_reason: draft.overridden.as_ref().filter(|_| cuts).map(|word| word.reason.clone()),
        paper: None,
    };
    let mut facts = vec![Fact::new(draft.visit.clone(), header.clone(), FactBody::Visit(visit))];
    let mut of_visit = |body| facts.push(Fact::of_visit(fresh(now, chance), body));
    for line in &draft.lines {
        line_facts(draft, order, line, &mut of_visit);
    }
    if let Some(text) = draft.note.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        of_visit(FactBody::Note(Note { text: text.to_owned(), visit: Some(draft.visit.clone()) }));
    }
    if let Some(claim) = draft.stopped_by.and_then(|code| claim(code, draft.proof.clone())) {
        facts.push(Fact::new(fresh(now, chance), header, claim));
    }
    facts
}

fn line_facts(draft: &Draft, order: &PublishedOrder, line: &LineDraft, add: &mut impl FnMut(FactBody)) {
    let (visit, id) = (draft.visit.clone(), line.line.clone());
    // Work that was stopped before it was done leaves no work; a reading that was taken is kept all the same.
    let action = line.action.filter(|action| draft.stopped_by.is_none() && *action != Action::None);
    if let Some(action) = action {
        add(FactBody::Work(Work {
            visit: visit.clone(),
            line: id.clone(),
            action,
            method: line.method,
            lock: line.lock.clone(),
            seal: None,
            seal_found: None,
        }));
    }
    if let Some(result) = line.equipment.filter(|_| draft.stopped_by.is_none()) {
        add(FactBody::Equipment(Equipment {
            visit: visit.clone(),
            line: id.clone(),
            serial_seen: line.serial_seen.clone(),
            result,
            condition: None,
            accessories: None,
        }));
    }
    let mismatch = draft.stopped_by == Some(UnableCode::MeterMismatch) && line.serial_seen.is_some();
    if line.digits.is_some() || line.no_read.is_some() || mismatch {
        let expected = order.lines.iter().find(|l| l.id == line.line).and_then(|l| l.serial.clone());
        add(FactBody::Reading(Reading {
            visit,
            line: id,
            serial_seen: line.serial_seen.clone().or(expected).unwrap_or_default(),
            digits: line.digits.clone(),
            code: line.no_read.clone().or_else(|| (mismatch && line.digits.is_none()).then(|| "meter_mismatch".into())),
            checks: (!line.checks.is_empty()).then(|| line.checks.join(",")),
            confirmed: (!line.checks.is_empty()).then_some(line.confirmed),
        }));
    }
}

/// What is said or shown at the door, for the office to decide on.
fn claim(code: UnableCode, proof: Option<String>) -> Option<FactBody> {
    let hold = |reason, scope| Some(FactBody::Hold(Hold { reason, scope, verified: false, expires_on: None }));
    match code {
        UnableCode::ProofShown => Some(FactBody::Release(Release {
            reason: ReleaseReason::PaymentReceived,
            lines: "*".to_owned(),
            source: Source::Field,
            verified: false,
            paid_at: None,
            recorded_at: None,
            confirmation: proof,
        })),
        UnableCode::MedicalClaimed => hold(HoldReason::Medical, HoldScope::Premise),
        UnableCode::DisputeClaimed => hold(HoldReason::Dispute, HoldScope::Order),
        UnableCode::NewOccupant => hold(HoldReason::NewOccupant, HoldScope::Order),
        _ => None,
    }
}
