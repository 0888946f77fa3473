//! What the tablet knows: the fold of its entries.

use super::{
    access::{Enrolment, Tokens},
    entries::{About, Entry, Photo, Settings},
    hand_in::HandedIn,
    route::{Route, actor_of, hash_bytes, hashes, kept_of, read_changes, without},
    walk::Draft,
};
use curbstop_shared::{
    facts::{FieldValue, RawFact},
    ids::{FactId, OrderId, PersonId, RouteId},
    ordered::Map,
    route_document::{DocumentError, RouteDocument, RouteHeader},
    sync::wire::{Bytes, RefusalCode},
    time::Micros,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the tablet knows.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Whose it is.
    pub enrolment: Option<Enrolment>,
    /// How it proves that.
    pub tokens: Option<Tokens>,
    /// The server no longer knows it: a new code is needed before anything is sent.
    pub disowned: bool,
    /// It is disowned because the office took it out of service.
    pub revoked: bool,
    /// Who is signed in.
    pub person: Option<PersonId>,
    /// They have a PIN and went on without it.
    pub without_pin: bool,
    /// Somebody has said who they are since the app's start and the last lock; never on the disk.
    pub open: bool,
    /// Wrong PINs in a row.
    pub wrong_pins: Map<PersonId, u32>,
    /// The routes it holds.
    pub routes: Map<RouteId, Arc<Route>>,
    /// Stops that are being worked.
    pub drafts: Map<OrderId, Draft>,
    /// Notes on the page of a stop that are half-typed.
    pub half_notes: Map<OrderId, String>,
    /// Photos whose bytes are on the disk, by their names.
    pub photos: Map<String, Photo>,
    /// Facts that the server refused and a person has to look at.
    pub attention: Vec<Parked>,
    /// What it has handed in for a person's decision, oldest first.
    pub handed_in: Vec<HandedIn>,
    /// The last answer of the server.
    pub contact: Option<Contact>,
    /// Time zone of the route that went last.
    last_time_zone: Option<String>,
    /// Dispatch's number on it.
    last_phone: Option<String>,
    /// Routes of which that answer said nothing, with the moment at which one last had.
    unheard: Vec<(RouteId, Option<Micros>)>,
    /// How the crew likes it.
    pub settings: Settings,
    /// Records that do not read: key and why. They stay on the disk.
    pub damaged: Vec<(String, String)>,
    /// Keys of records that the entries so far made superfluous.
    pub(super) superseded: Vec<String>,
    /// Where the present value of a replaceable entry is stored.
    keys: Map<String, String>,
    /// Which records hold a route.
    route_keys: Map<RouteId, Vec<String>>,
}

/// The last answer of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact {
    /// Device clock when the request went out.
    pub sent_at: Micros,
    /// The server's clock in the answer.
    pub server_now: Micros,
}

/// Facts that the server refused because of what they say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// The route they were made for.
    pub route: RouteId,
    /// The order they are about.
    pub order: OrderId,
    /// What it was.
    pub about: About,
    /// Device clock when the crew saved it.
    pub saved_at: Micros,
    /// The facts themselves, so that nothing is lost.
    pub facts: Vec<ParkedFact>,
    /// The server's code.
    pub code: String,
    /// The server's sentence.
    pub detail: String,
    /// Hashes of what it was made on: sent again, it must not seem to have known what came later.
    #[serde(default)]
    pub deps: Vec<Bytes>,
}

impl Parked {
    /// Whether its author is what the office refused, and somebody else may say that it is their work.
    #[must_use]
    pub fn may_be_signed_by(&self, holder: PersonId) -> bool {
        let about_the_author = matches!(self.code.parse(), Ok(RefusalCode::ForeignAuthor | RefusalCode::RoleForbids));
        let authors = self.facts.iter().filter_map(|fact| fact.raw().read().ok()?.header);
        about_the_author && authors.map(|header| header.by).all(|by| by != Some(holder))
    }
}

/// A refused fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedFact {
    /// Its id.
    pub id: FactId,
    /// Its fields.
    pub fields: Map<String, FieldValue>,
}

impl ParkedFact {
    /// The fact as it stands in a document. What was read from the disk says its bytes as text.
    #[must_use]
    pub fn raw(&self) -> RawFact {
        let mut raw = RawFact { id: self.id.clone(), fields: self.fields.clone() };
        if let Some(hash) = raw.fields.get_mut("sha256")
            && let FieldValue::Text(text) = &*hash
            && let Some(bytes) = Bytes::from_base64url(text)
        {
            *hash = FieldValue::Bytes(bytes);
        }
        raw
    }
}

impl State {
    /// Takes one entry in. `key` is the record that holds it.
    pub(super) fn fold(&mut self, entry: &Entry, key: &str) -> Result<(), DocumentError> {
        match entry {
            Entry::Enrolled(enrolment) => {
                self.replaces("enrolled", key);
                // The first PIN of a crew interrupts nobody at a door: it is asked for from the next lock or start on.
                self.open |= self.person.is_some() && !self.asks_who();
                // Whoever rides no longer finishes the stop at hand; and as long as there is nobody to choose, nobody has to.
                let gone = |person| !enrolment.people.iter().any(|known| known.id == person);
                if self.drafts.is_empty() && !enrolment.people.is_empty() && self.person.is_some_and(gone) {
                    self.person = None;
                }
                self.enrolment = Some(enrolment.clone());
                (self.disowned, self.revoked) = (false, false);
            }
            Entry::Tokens(tokens) => {
                self.replaces("tokens", key);
                self.tokens = Some(tokens.clone());
                (self.disowned, self.revoked) = (false, false);
            }
            Entry::Disowned => {
                self.replaces("disowned", key);
                self.disowned = true;
            }
            Entry::Revoked => {
                self.replaces("disowned", key);
                (self.disowned, self.revoked) = (true, true);
            }
            Entry::SignedIn { person, without_pin } => {
                self.replaces("signed in", key);
                (self.person, self.without_pin, self.open) = (*person, *without_pin, true);
            }
            Entry::WrongPins { person, count: 0 } => {
                self.wrong_pins.remove(person);
                self.ends(&format!("wrong pins {person}"), key);
            }
            Entry::WrongPins { person, count } => {
                self.replaces(&format!("wrong pins {person}"), key);
                self.wrong_pins.insert(*person, *count);
            }
            Entry::TimeZone { name, phone } => {
                self.replaces("time zone", key);
                self.last_time_zone = Some(name.clone());
                self.last_phone.clone_from(phone);
            }
            Entry::Contact { sent_at, server_now, unheard } => {
                self.replaces("contact", key);
                self.unheard.clone_from(unheard);
                self.contact = Some(Contact { sent_at: *sent_at, server_now: *server_now });
            }
            Entry::HandedIn { items } => {
                self.replaces("handed in", key);
                self.handed_in.clone_from(items);
            }
            Entry::Settings(settings) => {
                self.replaces("settings", key);
                self.settings = settings.clone();
            }
            Entry::Draft(draft) => {
                self.replaces(&format!("draft {}", draft.order), key);
                self.drafts.insert(draft.order, (**draft).clone());
            }
            Entry::DraftDropped { order } => {
                self.drafts.remove(order);
                self.ends(&format!("draft {order}"), key);
            }
            Entry::PhotoTaken(photo) => {
                self.replaces(&format!("photo {}", photo.name), key);
                self.photos.insert(photo.name.clone(), photo.clone());
            }
            Entry::PhotosGone { names } => {
                for name in names {
                    self.photos.remove(name);
                    self.superseded.extend(self.keys.remove(&format!("photo {name}")));
                }
                self.superseded.push(key.to_owned());
            }
            Entry::HalfNote { order, text } if text.is_empty() => {
                self.half_notes.remove(order);
                self.ends(&format!("half note {order}"), key);
            }
            Entry::HalfNote { order, text } => {
                self.replaces(&format!("half note {order}"), key);
                self.half_notes.insert(*order, text.clone());
            }
            Entry::ParkedSettled { facts } => {
                self.attention.retain(|parked| !parked.facts.iter().all(|fact| facts.contains(&fact.id)));
            }
            Entry::Parked { parked } => {
                self.attention.retain(|known| !parked.contains(known));
                self.attention.extend(parked.iter().cloned());
            }
            Entry::Dropped { route } => {
                self.routes.remove(route);
                self.drop_half_notes();
                self.superseded.extend(self.route_keys.remove(route).unwrap_or_default());
                self.superseded.extend(self.keys.remove(&format!("confirmed {route}")));
                self.superseded.push(key.to_owned());
            }
            Entry::Confirmed { route, heads, closed } => {
                self.replaces(&format!("confirmed {route}"), key);
                let route = self.route_mut(*route)?;
                route.confirmed = hashes(heads);
                route.closed = *closed;
            }
            Entry::Arrived { route, .. }
            | Entry::Incoming { route, .. }
            | Entry::Actor { route, .. }
            | Entry::Saved { route, .. }
            | Entry::Received { route, .. }
            | Entry::Lost { route, .. }
            | Entry::Orphans { route, .. }
            | Entry::Leaving { route, .. }
            | Entry::Anew { route, .. } => {
                self.fold_route(*route, entry)?;
                self.route_keys.entry(*route).or_default().push(key.to_owned());
            }
        }
        Ok(())
    }

    fn fold_route(&mut self, id: RouteId, entry: &Entry) -> Result<(), DocumentError> {
        if let Entry::Arrived { actor, snapshot, .. } = entry {
            let arrived = Route::arrived(RouteDocument::load(&snapshot.0)?, actor.as_ref().map(actor_of));
            self.routes.insert(id, Arc::new(arrived));
            return Ok(());
        }
        let route = self.route_mut(id)?;
        match entry {
            Entry::Incoming { changes, .. } => route.take_in(read_changes(changes)?)?,
            Entry::Actor { actor, .. } => route.actor = Some(actor_of(actor)),
            Entry::Saved { made, .. } => route.add_own(made)?,
            Entry::Received { hashes: received, quarantined, at, .. } => {
                let received = hashes(received);
                for own in route.own.iter_mut().filter(|own| received.contains(&own.hash)) {
                    own.received_at.get_or_insert(*at);
                    own.quarantined = *quarantined;
                }
            }
            Entry::Lost { hashes: lost, .. } => {
                let lost = hashes(lost);
                for own in route.own.iter_mut().filter(|own| lost.contains(&own.hash)) {
                    own.received_at = None;
                }
            }
            Entry::Leaving { device, .. } => {
                route.leaving.get_or_insert(*device);
            }
            Entry::Orphans { hashes: orphans, .. } => route.orphans = hashes(orphans).into_iter().collect(),
            Entry::Anew { actor, removed, incoming, made, parked, .. } => {
                let removed = hashes(removed).into_iter().collect();
                let before = std::mem::take(&mut route.own);
                let deps = route.deps();
                route.doc = without(&route.doc, &removed)?;
                route.own = before.into_iter().filter(|own| !removed.contains(&own.hash)).collect();
                route.take_in(read_changes(incoming)?)?;
                route.actor = Some(actor_of(actor));
                for made in made {
                    route.add_own(made)?;
                }
                self.attention.extend(parked.iter().cloned());
                for draft in self.drafts.values_mut().filter(|draft| draft.route == id) {
                    if let Some(opened) = &mut draft.opened {
                        let kept = kept_of(&hashes(&opened.heads), &removed, &deps);
                        opened.heads = kept.iter().map(hash_bytes).collect();
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn route_mut(&mut self, id: RouteId) -> Result<&mut Route, DocumentError> {
        self.routes.get_mut(&id).map(Arc::make_mut).ok_or(DocumentError::Missing("route"))
    }

    /// An entry that says the same thing anew: its older record may go.
    fn replaces(&mut self, what: &str, key: &str) {
        self.superseded.extend(self.keys.insert(what.to_owned(), key.to_owned()));
    }

    /// Device clock when the request went out whose answer last said how it stands with a route.
    #[must_use]
    pub fn heard_at(&self, route: RouteId) -> Option<Micros> {
        let last = self.contact.map(|contact| contact.sent_at);
        self.unheard.iter().find(|(unheard, _)| *unheard == route).map_or(last, |(_, before)| *before)
    }

    /// The time zone in which the crew's times are said: the newest route's, also when that has left the tablet.
    #[must_use]
    pub fn time_zone(&self) -> Option<&str> {
        self.newest_header().map(|header| header.time_zone.as_str()).or(self.last_time_zone.as_deref())
    }

    /// Whom to call: dispatch's number on the newest route, also when that has left the tablet.
    #[must_use]
    pub fn dispatch_phone(&self) -> Option<&str> {
        self.newest_header().map_or(self.last_phone.as_deref(), |header| header.dispatch_phone.as_deref())
    }

    fn newest_header(&self) -> Option<&RouteHeader> {
        let headers = self.routes.values().filter_map(|route| Some(&route.said().ok()?.header));
        headers.max_by_key(|header| (header.date, header.generation))
    }

    /// The end of something that was said anew each time: both what was said last and this word of its end may go.
    fn ends(&mut self, what: &str, key: &str) {
        self.replaces(what, key);
        self.superseded.extend(self.keys.remove(what));
    }

    /// Half-typed notes about orders that are no longer here go with their route.
    fn drop_half_notes(&mut self) {
        let here = |order: &OrderId| self.routes.values().any(|route| route.doc.has_order(*order));
        let gone: Vec<OrderId> = self.half_notes.keys().filter(|order| !here(order)).copied().collect();
        for order in gone {
            self.half_notes.remove(&order);
            self.superseded.extend(self.keys.remove(&format!("half note {order}")));
        }
    }

    /// The route that an order is worked on: of those that hold it, the newest.
    #[must_use]
    pub fn route_of(&self, order: OrderId) -> Option<(RouteId, &Route)> {
        self.routes
            .iter()
            .filter(|(_, route)| route.doc.has_order(order))
            .max_by_key(|(_, route)| route.said().ok().map(|said| (said.header.date, said.header.generation)))
            .map(|(id, route)| (*id, route.as_ref()))
    }
}
