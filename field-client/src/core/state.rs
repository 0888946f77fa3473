//! What the tablet knows: the fold of its entries.

use super::{
    access::{Enrolment, Tokens},
    entries::{About, Entry, Made, Settings},
    walk::Draft,
};
use automerge::{ActorId, Change, ChangeHash};
use curbstop_shared::{
    facts::FieldValue,
    ids::{DeviceId, FactId, OrderId, PersonId, RouteId},
    ordered::{Map, Set},
    route_document::{DocumentError, RouteDocument},
    sync::wire::Bytes,
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
    /// The routes it holds.
    pub routes: Map<RouteId, Arc<Route>>,
    /// Stops that are being worked.
    pub drafts: Map<OrderId, Draft>,
    /// Facts that the server refused and a person has to look at.
    pub attention: Vec<Parked>,
    /// The last answer of the server.
    pub contact: Option<Contact>,
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

/// A route on the tablet.
#[derive(Debug, Clone)]
pub struct Route {
    /// The document, with this tablet's own changes in it.
    pub doc: RouteDocument,
    /// The actor of this tablet's next change.
    pub actor: Option<ActorId>,
    /// The heads that the server confirmed last.
    pub confirmed: Vec<ChangeHash>,
    /// This tablet's own changes, in the order of saving.
    pub own: Vec<OwnChange>,
    /// Words of the office that a restored server no longer has. The crew still sees them (a release among them
    /// still stops a cut), but nothing is built on them any more: the server could not take it.
    pub orphans: Set<ChangeHash>,
    /// Nothing new will come.
    pub closed: bool,
    /// It is no longer this tablet's; what has no receipt is handed in as this device's.
    pub leaving: Option<DeviceId>,
}

/// A change of this tablet's own, until its route is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnChange {
    /// Its hash.
    pub hash: ChangeHash,
    /// As it was made.
    pub made: Made,
    /// Device clock when the server's receipt for this very hash came.
    pub received_at: Option<Micros>,
    /// The office keeps it for a person's decision.
    pub quarantined: bool,
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

/// A refused fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedFact {
    /// Its id.
    pub id: FactId,
    /// Its fields.
    pub fields: Map<String, FieldValue>,
}

impl State {
    /// Takes one entry in. `key` is the record that holds it.
    pub(super) fn fold(&mut self, entry: &Entry, key: &str) -> Result<(), DocumentError> {
        match entry {
            Entry::Enrolled(enrolment) => {
                self.replaces("enrolled", key);
                if self.person.is_some_and(|person| !enrolment.people.iter().any(|known| known.id == person)) {
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
            Entry::SignedIn { person } => {
                self.replaces("signed in", key);
                self.person = *person;
            }
            Entry::Contact { sent_at, server_now } => {
                self.replaces("contact", key);
                self.contact = Some(Contact { sent_at: *sent_at, server_now: *server_now });
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
                // Both the draft and this word of its end may go.
                self.replaces(&format!("draft {order}"), key);
                self.superseded.extend(self.keys.remove(&format!("draft {order}")));
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
            let arrived = Route {
                doc: RouteDocument::load(&snapshot.0)?,
                actor: actor.as_ref().map(actor_of),
                confirmed: Vec::new(),
                own: Vec::new(),
                orphans: Set::new(),
                closed: false,
                leaving: None,
            };
            self.routes.insert(id, Arc::new(arrived));
            return Ok(());
        }
        let route = self.route_mut(id)?;
        match entry {
            Entry::Incoming { changes, .. } => route.doc.apply(read_changes(changes)?)?,
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
                route.doc.apply(read_changes(incoming)?)?;
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

    /// The route that an order is worked on: of those that hold it, the newest.
    #[must_use]
    pub fn route_of(&self, order: OrderId) -> Option<(RouteId, &Route)> {
        self.routes
            .iter()
            .filter(|(_, route)| route.doc.has_order(order))
            .max_by_key(|(_, route)| route.doc.header().ok().map(|header| (header.date, header.generation)))
            .map(|(id, route)| (*id, route.as_ref()))
    }
}

impl Route {
    fn add_own(&mut self, made: &Made) -> Result<(), DocumentError> {
        let change = read_change(&made.chunk)?;
        let hash = change.hash();
        self.doc.apply(vec![change])?;
        self.own.push(OwnChange { hash, made: made.clone(), received_at: None, quarantined: false });
        Ok(())
    }

    /// What each change was made on.
    pub(super) fn deps(&self) -> Map<ChangeHash, Vec<ChangeHash>> {
        let changes = self.doc.changes_since(&[]).unwrap_or_default();
        changes.into_iter().map(|change| (change.hash(), change.deps().to_vec())).collect()
    }

    /// Heads as the office can know them: without what a restored server has lost.
    pub(super) fn without_orphans(&self, heads: &[ChangeHash]) -> Vec<ChangeHash> {
        if self.orphans.is_empty() { heads.to_vec() } else { kept_of(heads, &self.orphans, &self.deps()) }
    }

    /// Own changes that have no receipt yet, in the order of saving.
    pub fn waiting(&self) -> impl Iterator<Item = &OwnChange> {
        self.own.iter().filter(|own| own.received_at.is_none())
    }
}

/// The document less some changes and less whatever was built on them.
pub(super) fn without(doc: &RouteDocument, removed: &Set<ChangeHash>) -> Result<RouteDocument, DocumentError> {
    let mut gone = removed.clone();
    let mut bytes = Vec::new();
    for change in doc.changes_since(&[]).unwrap_or_default() {
        if gone.contains(&change.hash()) || change.deps().iter().any(|dep| gone.contains(dep)) {
            gone.insert(change.hash());
        } else {
            bytes.extend_from_slice(change.raw_bytes());
        }
    }
    RouteDocument::load(&bytes)
}

/// Heads without the changes that were taken out: what those were made on stands for them. The tablet's own last
/// change is added to every change it makes, so nothing of its own is forgotten by this.
pub(super) fn kept_of(
    heads: &[ChangeHash],
    removed: &Set<ChangeHash>,
    deps: &Map<ChangeHash, Vec<ChangeHash>>,
) -> Vec<ChangeHash> {
    let mut kept = Set::new();
    let mut open = heads.to_vec();
    let mut seen = Set::new();
    while let Some(head) = open.pop() {
        if !seen.insert(head) {
            continue;
        }
        if removed.contains(&head) {
            open.extend(deps.get(&head).into_iter().flatten());
        } else {
            kept.insert(head);
        }
    }
    kept.into_iter().collect()
}

pub(super) fn hash_bytes(hash: &ChangeHash) -> Bytes {
    Bytes(hash.0.to_vec())
}

/// Those of the texts of bytes that are hashes.
pub(super) fn hashes(bytes: &[Bytes]) -> Vec<ChangeHash> {
    bytes.iter().filter_map(|bytes| bytes.0.as_slice().try_into().ok().map(ChangeHash)).collect()
}

pub(super) fn actor_of(bytes: &Bytes) -> ActorId {
    ActorId::from(bytes.0.as_slice())
}

pub(super) fn read_change(bytes: &Bytes) -> Result<Change, DocumentError> {
    Change::from_bytes(bytes.0.clone()).map_err(|bad| DocumentError::Unreadable("change".to_owned(), bad.to_string()))
}

pub(super) fn read_changes(bytes: &[Bytes]) -> Result<Vec<Change>, DocumentError> {
    bytes.iter().map(read_change).collect()
}
