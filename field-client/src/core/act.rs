//! Saving what was done: a visit with its work, readings, claims and notes becomes one change at the heads of the
//! moment when the act step was opened.

use super::{
    Draft, Entry, Lacking, Route, Step, Store, Tablet, TabletError,
    entries::{About, Made},
    permit::{self, PermitClock},
    route::{hash_bytes, hashes},
    said::OrderSaid,
    taps::Change,
    view::{Now, office_ahead},
    visit_facts::facts_of,
    walk::Opened,
};
use automerge::ChangeHash;
use curbstop_shared::{
    facts::{Ack, Fact, FactBody, Header, claim},
    ids::{FactId, LineId, OrderId, PersonId, RouteId},
    route_document::{PublishedOrder, RouteDocument},
    sync::wire::Bytes,
    time::Micros,
    vocabulary::Permit,
};
use std::sync::Arc;

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
pub(super) fn fresh(now: Micros, chance: &mut impl Chance) -> FactId {
    let millis = u64::try_from(now.0 / 1000).unwrap_or(0);
    FactId::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &chance.ten()).into_uuid())
}

impl Tablet {
    /// The crew goes to the door of a stop from its list, on top of which it has read who is to be turned back on. A stop
    /// that was begun before goes on where it was left.
    ///
    /// # Errors
    /// As [`Self::arrive`].
    pub fn arrive_from_list(
        &mut self,
        order: OrderId,
        restores_read: Vec<OrderId>,
        now: Micros,
        chance: &mut impl Chance,
    ) -> Result<Store, TabletError> {
        let draft = self.at_the_door(order, now, chance)?;
        self.begin(&[Entry::Draft(Box::new(Draft { restores_read, ..draft }))])
    }

    /// The crew is at the door of a stop, and has seen no list before. A stop that was begun before goes on where it was
    /// left.
    ///
    /// # Errors
    /// [`TabletError::UnknownOrder`], [`TabletError::NobodySignedIn`], [`TabletError::OutOfService`],
    /// [`TabletError::Busy`].
    pub fn arrive(&mut self, order: OrderId, now: Micros, chance: &mut impl Chance) -> Result<Store, TabletError> {
        let draft = self.at_the_door(order, now, chance)?;
        self.begin(&[Entry::Draft(Box::new(draft))])
    }

    fn at_the_door(&self, order: OrderId, now: Micros, chance: &mut impl Chance) -> Result<Draft, TabletError> {
        Ok(match self.state.drafts.get(&order) {
            Some(draft) => {
                let mut draft = draft.clone();
                draft.asks_again(&self.published_for(&draft)?.2);
                draft
            }
            None if self.state.revoked => return Err(TabletError::OutOfService),
            None => {
                self.author()?;
                let (id, _, published) = self.published(order)?;
                Draft::begin(&published, id, fresh(now, chance), now)
            }
        })
    }

    /// The crew turns on again what a cut of its own route turned off though it is released: a visit to that very order,
    /// which needs neither a reconnect of dispatch's nor a signal. One that was begun before goes on.
    ///
    /// # Errors
    /// As [`Self::arrive`]; [`TabletError::StepLeft`] where nothing is to be turned on there any more.
    pub fn arrive_to_restore(
        &mut self,
        order: OrderId,
        at: Now,
        chance: &mut impl Chance,
    ) -> Result<Store, TabletError> {
        if self.state.drafts.contains_key(&order) {
            return self.arrive(order, at.at, chance);
        }
        self.author()?;
        let (id, _) = self.state.route_of(order).ok_or(TabletError::UnknownOrder(order))?;
        let (route, said) = self.said_on(id, order)?;
        let found = said.disposition(&route.doc, &route.said()?.header, (at, office_ahead(&self.state)));
        let wanted = |line: &LineId| found.follow_ups.iter().any(|follow| follow.wanted.contains(line));
        let to_restore = said.to_restore(wanted);
        if to_restore.lines.is_empty() {
            return Err(TabletError::StepLeft);
        }
        let draft = Draft::begin(&to_restore, id, fresh(at.at, chance), at.at);
        self.begin(&[Entry::Draft(Box::new(Draft { restoring: true, ..draft }))])
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
        if self.state.drafts.get(&order).is_some_and(|draft| draft.worked().next().is_some()) {
            return Err(TabletError::Incomplete(Lacking::WordOnTheWork));
        }
        let draft = self.state.drafts.get(&order);
        let exhibits = draft.into_iter().flat_map(|draft| &draft.exhibits);
        let names = self.state.photos_of(order, exhibits.map(|exhibit| &exhibit.sha256));
        // No act names its photos: nobody would ever ask for them.
        self.lets_go(vec![Entry::DraftDropped { order }], names, Some(order))
    }

    /// Opens the act step: what the tablet knows now is what the crew knew, and the draft moves on to `step`.
    ///
    /// Opened again, it counts anew for as long as nothing was entered: who has done nothing yet begins the work now,
    /// on what is known now, and needs a permit for now. Once something was entered the opening stays that it was
    /// entered on: a release that came since was not known when the work was done, and data that was too old then
    /// does not become fresh by looking at the step again.
    ///
    /// # Errors
    /// [`TabletError::NoDraft`], [`TabletError::UnknownOrder`], [`TabletError::Busy`].
    pub fn open_act(&mut self, order: OrderId, step: Step, now: Micros) -> Result<Store, TabletError> {
        let mut draft = self.state.drafts.get(&order).cloned().ok_or(TabletError::NoDraft)?;
        let begun = draft.has_entries();
        self.open(&mut draft, begun, now)?;
        draft.step = step;
        self.begin(&[Entry::Draft(Box::new(draft))])
    }

    /// Opens the work of a draft, where it was not begun on an opening before.
    pub(super) fn open(&self, draft: &mut Draft, begun: bool, now: Micros) -> Result<(), TabletError> {
        if draft.opened.is_none() || !begun {
            draft.opened = Some(self.opening(draft, now)?);
        }
        Ok(())
    }

    fn opening(&self, draft: &Draft, now: Micros) -> Result<Opened, TabletError> {
        let (_, route, published) = self.published_for(draft)?;
        let clock = PermitClock::at(&self.state, route, now);
        // What the office knows just now changes nothing about the hour.
        let at_its_hour = permit::outside_of(&published, now, office_ahead(&self.state)).is_none();
        let permit = published.kind.is_cut().then(|| match at_its_hour {
            true => clock.permit(permit::is_let_go(route, draft, now), draft.overridden.is_some()),
            false => Permit::None,
        });
        let heads = route.doc.heads().iter().map(hash_bytes).collect();
        Ok(Opened { heads, at: now, permit, age_s: clock.age_s })
    }

    /// Saves a stop as one change and drops its draft.
    ///
    /// # Errors
    /// [`TabletError::Incomplete`] says what lacks; [`TabletError::NoDraft`], [`TabletError::NobodySignedIn`],
    /// [`TabletError::NotWritable`], [`TabletError::Busy`].
    pub fn save(&mut self, order: OrderId, now: Micros, chance: &mut impl Chance) -> Result<Store, TabletError> {
        self.save_with(order, now, chance, Box::new(|_| {}))
    }

    /// As [`Self::save`], with the last words of the crew in the same store.
    ///
    /// # Errors
    /// As [`Self::save`].
    pub fn save_with(
        &mut self,
        order: OrderId,
        now: Micros,
        chance: &mut impl Chance,
        last_words: Change,
    ) -> Result<Store, TabletError> {
        let mut draft = self.state.drafts.get(&order).cloned().ok_or(TabletError::NoDraft)?;
        last_words(&mut draft);
        let (_, route, published) = self.published_for(&draft)?;
        draft.ready(&published)?;
        // A stop that ends before the act step was opened is known at what is known now.
        let opened = match draft.opened.clone() {
            Some(opened) => opened,
            None => self.opening(&draft, now)?,
        };
        let header = self.header(order, now)?;
        let mut facts = facts_of(&draft, &published, &opened, &header, now, chance);
        let claim = draft.stopped_by.and_then(|code| claim(code, draft.proof.clone()));
        let mut claim = claim.map(|claim| Fact::new(fresh(now, chance), header, claim));
        facts.iter_mut().chain(&mut claim).for_each(|fact| self.signs(fact));
        let at = if draft.opened.is_some() {
            hashes(&self.older_opening(&draft, &opened).heads)
        } else {
            self.heads_for_words(route, draft.route)
        };
        let mut doc = route.doc.clone();
        let mut entries = self.state.takes_over(&draft);
        match claim {
            // Shown after the work was done: the visit did not know of it, so it is said after the visit.
            Some(claim) if draft.cuts() => {
                entries.push(route.write(&mut doc, draft.route, order, About::Act, &at, &facts, now)?);
                entries.push(route.write(&mut doc, draft.route, order, About::Claim, &at, &[claim], now)?);
            }
            claim => {
                facts.extend(claim);
                entries.push(route.write(&mut doc, draft.route, order, About::Act, &at, &facts, now)?);
            }
        }
        // Whoever left it on because of a recall has seen that one: nobody is asked twice.
        let answered = draft.recalls_answered.iter().filter(|recall| route.doc.has_fact(recall));
        for fact in answered.cloned().collect::<Vec<_>>() {
            let mut seen = Fact::new(fresh(now, chance), self.header(order, now)?, FactBody::Ack(Ack { fact }));
            self.signs(&mut seen);
            entries.push(route.write(&mut doc, draft.route, order, About::Ack, &at, &[seen], now)?);
        }
        entries.push(Entry::DraftDropped { order });
        self.begin(&entries)
    }

    /// The opening at which a visit is made. A change of this tablet has the tablet's own earlier ones among its
    /// ancestors: of two stops that are open at a time, the one saved first must not seem to have told the other what
    /// came after that one's work was begun. So it is made on the older of the two openings.
    fn older_opening<'a>(&'a self, draft: &Draft, opened: &'a Opened) -> &'a Opened {
        let others =
            self.state.drafts.values().filter(|other| other.route == draft.route && other.order != draft.order);
        let begun = others.filter(|other| other.has_entries()).filter_map(|other| other.opened.as_ref());
        begun.chain([opened]).min_by_key(|opened| opened.at).unwrap_or(opened)
    }

    fn author(&self) -> Result<PersonId, TabletError> {
        self.state.person.ok_or(TabletError::NobodySignedIn)
    }

    pub(super) fn header(&self, order: OrderId, now: Micros) -> Result<Header, TabletError> {
        let device = self.state.enrolment.as_ref().ok_or(TabletError::NotEnrolled)?.device;
        Ok(Header { order, at: now, by: Some(self.author()?), device: Some(device) })
    }

    /// An order on the newest route that holds it.
    ///
    /// # Errors
    /// [`TabletError::UnknownOrder`].
    pub fn published(&self, order: OrderId) -> Result<(RouteId, &Route, Arc<PublishedOrder>), TabletError> {
        let (id, _) = self.state.route_of(order).ok_or(TabletError::UnknownOrder(order))?;
        self.published_on(id, order)
    }

    pub(super) fn published_on(
        &self,
        id: RouteId,
        order: OrderId,
    ) -> Result<(RouteId, &Route, Arc<PublishedOrder>), TabletError> {
        let (route, said) = self.said_on(id, order)?;
        Ok((id, route, said.order.clone()))
    }

    /// The order of a draft as it is worked on this visit.
    pub(super) fn published_for(&self, draft: &Draft) -> Result<(RouteId, &Route, Arc<PublishedOrder>), TabletError> {
        let (route, said) = self.said_on(draft.route, draft.order)?;
        Ok((draft.route, route, said.as_worked(draft)))
    }

    /// Whether the office's word stops the work of a draft, or it was done.
    pub(super) fn is_stopped(&self, draft: &Draft, now: Now) -> Result<bool, TabletError> {
        let (route, said) = self.said_on(draft.route, draft.order)?;
        let found = said.disposition(&route.doc, &route.said()?.header, (now, office_ahead(&self.state)));
        Ok(said.as_worked(draft).kind.is_cut() && found.why_not.is_some())
    }

    fn said_on(&self, id: RouteId, order: OrderId) -> Result<(&Route, &Arc<OrderSaid>), TabletError> {
        let route = self.state.routes.get(&id).ok_or(TabletError::UnknownOrder(order))?;
        let (_, said) = route.said()?.order(order).ok_or(TabletError::UnknownOrder(order))?;
        Ok((route, said))
    }
}

impl Route {
    /// Makes a change on a copy of the document: it comes into the tablet's own when it is stored.
    #[expect(clippy::too_many_arguments, reason = "each of them is in the change")]
    pub(super) fn write(
        &self,
        doc: &mut RouteDocument,
        id: RouteId,
        order: OrderId,
        about: About,
        at: &[ChangeHash],
        facts: &[Fact],
        now: Micros,
    ) -> Result<Entry, TabletError> {
        let at = self.without_orphans(at);
        let actor = self.actor.as_ref().ok_or(TabletError::NotWritable)?;
        let change = doc.add_facts(actor, &at, facts)?;
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
}
