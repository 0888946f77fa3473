//! What a tablet that is out of service still holds: handed in under its own key for a person's decision, not lost.
//!
//! A route *leaves* when this tablet may no longer write to it: the tablet was revoked, was enrolled anew as another
//! device or for another crew, or the route went to another crew. What has no receipt then is handed in as it stands,
//! and the route goes from the tablet when the office has it all.

use super::{
    Entry, OwnChange, Route, Store, Tablet, TabletError,
    entries::About,
    exchange::doc_request,
    route::{hash_bytes, hashes},
};
use curbstop_shared::{
    ids::{DeviceId, FactId, OrderId, RouteId},
    ordered::Set,
    sync::{
        proofs,
        wire::{Bytes, HandIn, ROUTES_A_REQUEST, SYNC_VERSION, SyncRequest, SyncResponse},
    },
    time::{Micros, Span},
};
use serde::{Deserialize, Serialize};

/// How long the tablet remembers what it handed in: dispatch has decided by then.
const REMEMBERED: Span = Span::minutes(7 * 24 * 60);
/// Most of it that is remembered: more than a crew does in a week.
const REMEMBERED_MAX: usize = 500;

/// What the office has in hand of this tablet's work, for a person's decision. Nothing of the customer's is in it: the
/// tablet may be out of service for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedIn {
    /// The order.
    pub order: OrderId,
    /// Its number.
    pub number: String,
    /// What it says.
    pub about: About,
    /// The facts in it: where a route has one of them, it had arrived before and only the receipt was lost.
    pub facts: Vec<FactId>,
    /// How many photos it names.
    #[serde(default)]
    pub photos: usize,
    /// Device clock when the crew saved it.
    pub saved_at: Micros,
    /// Device clock when the office's receipt came.
    pub at: Micros,
}

/// What is to be handed in, before the device key has signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToHandIn {
    device: DeviceId,
    request: Bytes,
}

impl ToHandIn {
    /// What the device key has to sign.
    #[must_use]
    pub fn proof_text(&self) -> String {
        proofs::hand_in(&self.request)
    }

    /// The body of `POST /api/v1/sync/hand-in` (`application/cbor`).
    #[must_use]
    pub fn signed(self, proof: String) -> Vec<u8> {
        let mut bytes = Vec::new();
        let hand_in = HandIn { v: SYNC_VERSION, device: self.device, request: self.request, proof };
        // Writing a struct of numbers, texts and bytes into memory can't fail.
        let _always_written = ciborium::into_writer(&hand_in, &mut bytes);
        bytes
    }
}

impl Tablet {
    /// What has to be handed in now; none where nothing does.
    #[must_use]
    pub fn to_hand_in(&self, now: Micros) -> Option<ToHandIn> {
        let leaving = |device| {
            let of_device = self.state.routes.iter().filter(move |(_, route)| route.leaving == Some(device));
            of_device.filter(|(_, route)| route.waiting().next().is_some()).take(ROUTES_A_REQUEST)
        };
        let devices: Set<DeviceId> = self.state.routes.values().filter_map(|route| route.leaving).collect();
        let device = devices.into_iter().find(|device| leaving(*device).next().is_some())?;
        // How far the tablet has come does not matter: nothing comes back.
        let docs = leaving(device).map(|(id, route)| doc_request(*id, route)).map(|mut doc| {
            doc.heads.clear();
            doc
        });
        let request = SyncRequest { v: SYNC_VERSION, sent_at: now, uptime_ms: 0, docs: docs.collect(), people: None };
        Some(ToHandIn { device, request: Bytes(super::exchange::encode(&request)) })
    }

    /// Takes the receipts. A route of which the office has everything goes.
    ///
    /// # Errors
    /// [`TabletError::Answer`] where it does not read; nothing has changed then. [`TabletError::Busy`].
    pub fn handed_in(&mut self, answer: &SyncResponse, now: Micros) -> Result<Store, TabletError> {
        let mut entries = Vec::new();
        let mut handed_in = self.state.handed_in.clone();
        for doc in &answer.docs {
            let id: RouteId = doc.id.parse().map_err(|_| TabletError::Answer(format!("route \"{}\"", doc.id)))?;
            let Some(route) = self.state.routes.get(&id).filter(|route| route.leaving.is_some()) else { continue };
            let (accepted, quarantined) = (hashes(&doc.accepted), hashes(&doc.quarantined));
            let received = |own: &&OwnChange| accepted.contains(&own.hash) || quarantined.contains(&own.hash);
            handed_in.extend(route.waiting().filter(received).map(|own| handed_in_of(route, own, now)));
            let waits = route.waiting().any(|own| !accepted.contains(&own.hash) && !quarantined.contains(&own.hash));
            let at_a_door = self.state.drafts.values().any(|draft| draft.route == id);
            if !waits && !at_a_door {
                entries.extend(self.drops(id));
                continue;
            }
            for (received, quarantined) in [(accepted, false), (quarantined, true)] {
                if route.waiting().any(|own| received.contains(&own.hash)) {
                    let hashes = received.iter().map(hash_bytes).collect();
                    entries.push(Entry::Received { route: id, hashes, quarantined, at: now });
                }
            }
        }
        if handed_in.len() > self.state.handed_in.len() {
            handed_in.retain(|item| now - item.at < REMEMBERED);
            handed_in.drain(..handed_in.len().saturating_sub(REMEMBERED_MAX));
            entries.push(Entry::HandedIn { items: handed_in });
        }
        self.begin(&entries)
    }

    /// Every route leaves this tablet, which was known as `device`; those that hold nothing go at once.
    pub(super) fn leaves_all_routes(&self, device: DeviceId) -> Vec<Entry> {
        let leaves = |(id, route): (&RouteId, &std::sync::Arc<Route>)| {
            if self.still_needs(*id, route) { vec![Entry::Leaving { route: *id, device }] } else { self.drops(*id) }
        };
        let mut entries: Vec<Entry> = self.state.routes.iter().flat_map(leaves).collect();
        self.state.photos_leave(device, &mut entries);
        entries
    }

    /// A route goes, and what the office refused of it stays until the crew has dealt with it. The crew's times stay
    /// in its zone.
    pub(super) fn drops(&self, route: RouteId) -> Vec<Entry> {
        let parked: Vec<_> = self.state.attention.iter().filter(|item| item.route == route).cloned().collect();
        let kept = (!parked.is_empty()).then_some(Entry::Parked { parked });
        let phone = self.state.dispatch_phone().map(str::to_owned);
        let zone = self.state.time_zone().map(|zone| Entry::TimeZone { name: zone.to_owned(), phone });
        kept.into_iter().chain(zone).chain([Entry::Dropped { route }]).collect()
    }
}

fn handed_in_of(route: &Route, own: &OwnChange, now: Micros) -> HandedIn {
    let said = route.said().ok().and_then(|said| said.order(own.made.order));
    // Only what was photographed or signed has a hash.
    let facts = own.made.facts.iter().filter_map(|fact| route.doc.fact(fact));
    let photos = facts.filter(|stored| stored.raw.fields.contains_key("sha256")).count();
    HandedIn {
        order: own.made.order,
        number: said.map(|(_, said)| said.order.number.clone()).unwrap_or_default(),
        about: own.made.about,
        photos,
        facts: own.made.facts.clone(),
        saved_at: own.made.saved_at,
        at: now,
    }
}
