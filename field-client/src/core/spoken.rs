//! What the crew says that is no work: a recall seen, a note, a refusal dealt with.

use super::{
    Chance, Draft, Entry, Lacking, Parked, Route, Store, Tablet, TabletError, act::fresh, entries::About, route::hashes,
};
use automerge::ChangeHash;
use curbstop_shared::{
    facts::{Ack, Danger, Fact, FactBody, Note},
    ids::{FactId, OrderId, RouteId},
    ordered::Map,
    route_document::RouteDocument,
    time::Micros,
    vocabulary::IncidentKind,
};

impl Tablet {
    /// Somebody has seen a recall.
    ///
    /// Where a cut was entered for the stop and not saved, that comes first: the office would read "seen, not touched"
    /// while the service is off.
    ///
    /// # Errors
    /// As [`Self::save`], less what belongs to a draft; [`TabletError::Incomplete`] where a cut was entered.
    pub fn acknowledge(
        &mut self,
        order: OrderId,
        fact: &FactId,
        now: Micros,
        chance: &mut impl Chance,
    ) -> Result<Store, TabletError> {
        self.acknowledge_all(&[(order, fact.clone())], now, chance)
    }

    /// Somebody has seen several recalls at once, as of a list that was taken back: each has a fact of its own.
    ///
    /// # Errors
    /// As [`Self::acknowledge`]; then none of them counts as seen.
    pub fn acknowledge_all(
        &mut self,
        recalls: &[(OrderId, FactId)],
        now: Micros,
        chance: &mut impl Chance,
    ) -> Result<Store, TabletError> {
        if recalls.iter().any(|(order, _)| self.state.drafts.get(order).is_some_and(Draft::cuts)) {
            return Err(TabletError::Incomplete(Lacking::AsEntered));
        }
        let mut docs: Map<RouteId, RouteDocument> = Map::new();
        let mut seen = Vec::with_capacity(recalls.len());
        for (order, fact) in recalls {
            let (id, route, _) = self.published(*order)?;
            if !docs.contains_key(&id) {
                docs.insert(id, route.doc.clone());
            }
            let Some(doc) = docs.get_mut(&id) else { continue };
            seen.push(self.added_to(
                doc,
                *order,
                About::Ack,
                FactBody::Ack(Ack { fact: fact.clone() }),
                now,
                chance,
            )?);
        }
        self.begin(&seen)
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
            return Err(TabletError::Incomplete(Lacking::Words));
        }
        let body = FactBody::Note(Note { text: text.trim().to_owned(), visit: None });
        let mut entries = vec![self.added(order, About::Note, body, now, chance)?];
        entries.extend(self.half_note_ends(order));
        self.begin(&entries)
    }

    /// Something happened at a stop, whatever the crew was doing there: its draft stays as it is.
    ///
    /// # Errors
    /// [`TabletError::NobodySignedIn`], [`TabletError::UnknownOrder`], [`TabletError::NotWritable`],
    /// [`TabletError::Busy`].
    pub fn incident(
        &mut self,
        order: OrderId,
        (kind, text): (IncidentKind, &str),
        now: Micros,
        chance: &mut impl Chance,
    ) -> Result<Store, TabletError> {
        let text = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let body = FactBody::Incident(Danger { visit: None, code: kind.code().to_owned(), text });
        let entry = self.added(order, About::Incident, body, now, chance)?;
        self.begin(&[entry])
    }

    /// What stands in the note of a stop's page, before the crew saves it.
    ///
    /// # Errors
    /// [`TabletError::Busy`].
    pub fn half_note(&mut self, order: OrderId, text: String) -> Result<Store, TabletError> {
        if text.trim().is_empty() {
            let ends: Vec<_> = self.half_note_ends(order).into_iter().collect();
            return self.begin(&ends);
        }
        self.begin(&[Entry::HalfNote { order, text }])
    }

    fn half_note_ends(&self, order: OrderId) -> Option<Entry> {
        self.state.half_notes.contains_key(&order).then(|| Entry::HalfNote { order, text: String::new() })
    }

    /// The crew has dealt with a parked item.
    ///
    /// # Errors
    /// [`TabletError::Busy`].
    pub fn settle_parked(&mut self, facts: Vec<FactId>) -> Result<Store, TabletError> {
        let is_settled = |parked: &&Parked| parked.facts.iter().all(|fact| facts.contains(&fact.id));
        let settled = self.state.attention.iter().filter(is_settled);
        let photos = settled.flat_map(|parked| self.state.photos_of(parked.order, parked.photos().iter())).collect();
        self.lets_go(vec![Entry::ParkedSettled { facts }], photos, None)
    }

    fn added(
        &self,
        order: OrderId,
        about: About,
        body: FactBody,
        now: Micros,
        chance: &mut impl Chance,
    ) -> Result<Entry, TabletError> {
        let mut doc = self.published(order)?.1.doc.clone();
        self.added_to(&mut doc, order, about, body, now, chance)
    }

    /// As [`Self::added`], on a copy of the document that other changes of the same store are made on as well.
    fn added_to(
        &self,
        doc: &mut RouteDocument,
        order: OrderId,
        about: About,
        body: FactBody,
        now: Micros,
        chance: &mut impl Chance,
    ) -> Result<Entry, TabletError> {
        let (id, route, _) = self.published(order)?;
        let heads = self.heads_for_words(route, id);
        let mut fact = Fact::new(fresh(now, chance), self.header(order, now)?, body);
        self.signs(&mut fact);
        route.write(doc, id, order, about, &heads, &[fact], now)
    }

    /// What words that are no work are made on. A change of this tablet has the tablet's own earlier ones among its
    /// ancestors: while an act step is open everything else is made on the heads of that opening, or a tap on the
    /// recall would make an honest crew seem to have known of it when it began.
    pub(super) fn heads_for_words(&self, route: &Route, id: RouteId) -> Vec<ChangeHash> {
        let open = self.state.drafts.values().filter(|draft| draft.route == id).filter_map(|d| d.opened.as_ref());
        open.min_by_key(|opened| opened.at).map_or_else(|| route.doc.heads(), |opened| hashes(&opened.heads))
    }
}
