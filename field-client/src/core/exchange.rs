//! One request, one answer. Sending the same request twice is harmless, and so is an answer that never came: nothing
//! local goes before the receipt for that very hash.

use super::{
    Entry, Route, Store, Tablet, TabletError,
    anew::{self, Refused},
    route::{hash_bytes, hashes, read_changes},
};
use automerge::{Change, ChangeHash};
use curbstop_shared::{
    ids::RouteId,
    ordered::{Map, Set},
    route_document::{DocumentError, RouteDocument},
    sync::wire::{Bytes, DocRequest, DocResponse, ROUTES_A_REQUEST, SYNC_VERSION, SyncRequest, SyncResponse},
    time::Micros,
};
use std::sync::Arc;

/// Most changes of one route in a request; the server takes 512. A request that is cut off on a bad line is repeated
/// whole, so smaller ones get through sooner.
pub const CHANGES_A_REQUEST: usize = 256;
/// Most bytes of changes of one route in a request; the server takes 4 MB for all.
pub const BYTES_A_REQUEST: usize = 1_000_000;

impl Tablet {
    /// Everything that the server may not have, and how far the tablet has come itself. Routes with something to send
    /// are named first, then the newest, up to [`ROUTES_A_REQUEST`].
    #[must_use]
    pub fn request(&self, now: Micros, uptime_ms: u64) -> SyncRequest {
        let staying = self.state.routes.iter().filter(|(_, route)| route.leaving.is_none());
        let in_turn = staying.map(|(id, route)| {
            let day = route.said().map(|said| (said.header.date, said.header.generation)).ok();
            ((route.waiting().next().is_none(), std::cmp::Reverse(day), *id), route)
        });
        let routes: Map<_, &Arc<Route>> = in_turn.collect();
        let docs = routes.iter().take(ROUTES_A_REQUEST).map(|((.., id), route)| doc_request(*id, route)).collect();
        SyncRequest { v: SYNC_VERSION, sent_at: now, uptime_ms, docs, people: self.people_to_say() }
    }

    /// Takes the answer to a request that went out at `sent_at`: receipts, what is new, refusals, what is gone.
    ///
    /// # Errors
    /// [`TabletError::Answer`] where it does not read; nothing has changed then. [`TabletError::Busy`].
    pub fn answer(&mut self, answer: &SyncResponse, sent_at: Micros, now: Micros) -> Result<Store, TabletError> {
        if self.is_busy() {
            return Err(TabletError::Busy);
        }
        let unreadable = |bad: DocumentError| TabletError::Answer(bad.to_string());
        let mut entries = Vec::new();
        let named = |id: &RouteId| answer.docs.iter().any(|doc| doc.id == id.to_string());
        // Of a route that the office does not speak of (restored from a backup, it does not know it) or could not deal
        // with, the data is as old as before: a release may be in it.
        let mut unheard: Vec<RouteId> = self.state.routes.keys().filter(|id| !named(id)).copied().collect();
        for doc in &answer.docs {
            let id: RouteId = doc.id.parse().map_err(|_| TabletError::Answer(format!("route \"{}\"", doc.id)))?;
            if doc.failed.is_some() {
                unheard.push(id);
                continue;
            }
            match self.state.routes.get(&id) {
                Some(route) if route.leaving.is_some() => {
                    if self.still_needs(id, route) {
                        // Its former life is handed in first; then it comes anew.
                        unheard.push(id);
                    } else {
                        entries.extend(self.drops(id));
                        entries.extend(new_route(id, doc));
                    }
                }
                Some(route) => {
                    let known = known_route(id, route, doc, now).map_err(unreadable)?;
                    entries.extend(known.entries);
                    if !known.heard {
                        unheard.push(id);
                    }
                }
                None => entries.extend(new_route(id, doc)),
            }
        }
        for id in &answer.gone {
            // A route goes only when everything in it is received, and the crew is not working on it.
            let Some(route) = self.state.routes.get(id).filter(|_| !named(id)) else { continue };
            if !self.still_needs(*id, route) {
                entries.extend(self.drops(*id));
            } else if let (Some(_), Some(enrolment)) = (route.waiting().next(), &self.state.enrolment) {
                // It went to another crew while this one worked on it without a signal: a person decides.
                entries.push(Entry::Leaving { route: *id, device: enrolment.device });
            }
        }
        // The stop for which a route had stayed was given up.
        let left = self.state.routes.iter().filter(|(_, route)| route.leaving.is_some());
        for (id, _) in left.filter(|(id, route)| !named(id) && !self.still_needs(**id, route)) {
            entries.extend(self.drops(*id));
        }
        if let Some(people) = &answer.people {
            entries.extend(self.takes_people(people));
        }
        let unheard = unheard.into_iter().map(|id| (id, self.state.heard_at(id))).collect();
        entries.push(Entry::Contact { sent_at, server_now: answer.now, unheard });
        self.begin(&entries).map_err(|problem| match problem {
            TabletError::Document(bad) => unreadable(bad),
            other => other,
        })
    }

    /// Whether there is still something in a route that the office does not have, or the crew is at a door of it.
    pub(super) fn still_needs(&self, id: RouteId, route: &Route) -> bool {
        route.waiting().next().is_some() || self.state.drafts.values().any(|draft| draft.route == id)
    }

    /// How many changes of the crew have no receipt yet. While there are any, another request is worth its while.
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.state.routes.values().map(|route| route.waiting().count()).sum()
    }

    /// Those of them that the next request takes: not what is to be handed in.
    #[must_use]
    pub fn to_send(&self) -> usize {
        let staying = self.state.routes.values().filter(|route| route.leaving.is_none());
        staying.map(|route| route.waiting().count()).sum()
    }
}

/// A request as it goes over the wire (`application/cbor`).
#[must_use]
pub fn encode(request: &SyncRequest) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing a struct of numbers, texts and bytes into memory can't fail.
    let _always_written = ciborium::into_writer(request, &mut bytes);
    bytes
}

/// The answer as it came over the wire.
///
/// # Errors
/// [`TabletError::Answer`] where it does not read.
pub fn decode(bytes: &[u8]) -> Result<SyncResponse, TabletError> {
    ciborium::from_reader(bytes).map_err(|bad| TabletError::Answer(bad.to_string()))
}

pub(super) fn doc_request(id: RouteId, route: &Route) -> DocRequest {
    let mut bytes = 0;
    let changes = route
        .waiting()
        .take(CHANGES_A_REQUEST)
        .map(|own| own.made.chunk.clone())
        .take_while(|chunk| {
            bytes += chunk.0.len();
            bytes <= BYTES_A_REQUEST
        })
        .collect();
    DocRequest { id, heads: route.confirmed.iter().map(hash_bytes).collect(), changes }
}

fn new_route(id: RouteId, doc: &DocResponse) -> Vec<Entry> {
    let Some(snapshot) = &doc.snapshot else { return Vec::new() };
    let mut entries = vec![Entry::Arrived { route: id, actor: doc.actor.clone(), snapshot: snapshot.clone() }];
    if !doc.changes.is_empty() {
        entries.push(Entry::Incoming { route: id, changes: doc.changes.clone() });
    }
    entries.push(Entry::Confirmed { route: id, heads: doc.heads.clone(), closed: doc.closed });
    entries
}

/// What the office's answer about a route comes to.
struct Known {
    entries: Vec<Entry>,
    /// What it says is taken in. Where not, the route's data is as old as before: a release may be in it.
    heard: bool,
}

fn known_route(id: RouteId, route: &Route, doc: &DocResponse, now: Micros) -> Result<Known, DocumentError> {
    let accepted = hashes(&doc.accepted);
    let quarantined = hashes(&doc.quarantined);
    let mut entries = Vec::new();
    for (received, quarantined) in [(&accepted, false), (&quarantined, true)] {
        if route.waiting().any(|own| received.contains(&own.hash)) {
            let hashes = received.iter().map(hash_bytes).collect();
            entries.push(Entry::Received { route: id, hashes, quarantined, at: now });
        }
    }

    let mut incoming = Vec::new();
    let mut lost = Vec::new();
    let mut orphans = route.orphans.clone();
    if let Some(snapshot) = &doc.snapshot {
        // Merged, never put in place of ours: a server restored from a backup may know less than we do.
        let theirs = RouteDocument::load(&snapshot.0)?;
        let has = |own: &ChangeHash| theirs.clocks().contains(own) || accepted.contains(own);
        lost = route.own.iter().filter(|own| own.received_at.is_some() && !has(&own.hash)).map(|o| o.hash).collect();
        orphans = route.deps().into_keys().filter(|change| !theirs.clocks().contains(change)).collect();
        orphans.retain(|change| !route.own.iter().any(|own| own.hash == *change));
        incoming = theirs.changes_since(&[]).unwrap_or_default();
    }
    incoming.extend(read_changes(&doc.changes)?);
    orphans.retain(|orphan| !incoming.iter().any(|change| change.hash() == *orphan));
    if orphans != route.orphans {
        entries.push(Entry::Orphans { route: id, hashes: orphans.iter().map(hash_bytes).collect() });
    }
    incoming.retain(|change| !route.doc.clocks().contains(&change.hash()));
    if !lost.is_empty() {
        entries.push(Entry::Lost { route: id, hashes: lost.iter().map(hash_bytes).collect() });
    }

    let waiting: Set<ChangeHash> = route
        .own
        .iter()
        .filter(|own| own.received_at.is_none() || lost.contains(&own.hash))
        .map(|own| own.hash)
        .filter(|own| !accepted.contains(own) && !quarantined.contains(own))
        .collect();
    let refused = Refused::of(&doc.refused, &waiting);
    let clash = clashes(route, &incoming);
    match &doc.next_actor {
        Some(actor) if clash || !refused.is_empty() => {
            let kept = route.own.iter().filter(|own| waiting.contains(&own.hash)).cloned().collect();
            entries.push(anew::anew(id, route, kept, incoming, (&refused, &orphans), actor)?);
        }
        // Ours and theirs can't stand in one document; the next request is refused with a fresh actor, and then they
        // can. Until then nothing of theirs is confirmed.
        _ if clash => return Ok(Known { entries, heard: false }),
        _ => {
            if !incoming.is_empty() {
                let changes = incoming.iter().map(|change| Bytes(change.raw_bytes().to_vec())).collect();
                entries.push(Entry::Incoming { route: id, changes });
            }
            if let Some(actor) = &doc.actor
                && route.actor.as_ref().is_none_or(|ours| ours.to_bytes() != actor.0)
            {
                entries.push(Entry::Actor { route: id, actor: actor.clone() });
            }
        }
    }
    let heads = hashes(&doc.heads);
    // An old answer that arrives late must not take the confirmed heads back: by unknown heads a restored server is
    // recognised, and old ones it would know.
    let knows = |head: &ChangeHash| route.confirmed.iter().any(|ours| route.doc.clocks().knows(ours, head));
    let older = doc.snapshot.is_none() && heads != route.confirmed && heads.iter().all(knows);
    if !older && (heads != route.confirmed || doc.closed != route.closed) {
        entries.push(Entry::Confirmed { route: id, heads: doc.heads.clone(), closed: doc.closed });
    }
    Ok(Known { entries, heard: true })
}

/// Whether the server holds other changes under this tablet's own sequence numbers: the tablet was restored from a
/// backup and has gone on without knowing its own last acts.
fn clashes(route: &Route, incoming: &[Change]) -> bool {
    incoming.iter().any(|change| {
        route.own.iter().any(|own| own.received_at.is_none())
            && route.doc.clocks().last_seq(change.actor_id()) >= change.seq()
    })
}
