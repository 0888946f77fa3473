//! What the office does not have yet, and what a tablet out of service has handed in.

use crate::core::{OwnChange, Parked, Route, State, entries::About, hand_in::HandedIn};
use chrono::NaiveDate;
use curbstop_shared::{ids::RouteId, ordered::Map, route_document::PublishedOrder, time::Micros};
use std::sync::Arc;

/// Exactly what the office does not have yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unsent {
    /// What was saved and has no receipt, oldest first.
    pub items: Vec<UnsentItem>,
    /// What the office refused and somebody has to look at.
    pub attention: Vec<Parked>,
    /// Stops that were begun and not saved.
    pub begun: Vec<Begun>,
    /// Photos of what was saved that the office does not have, oldest first.
    pub photos: Vec<UnsentPhoto>,
}

/// A photo that the office does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsentPhoto {
    /// SHA-256 of its bytes in hex.
    pub name: String,
    /// The order's number.
    pub number: String,
    /// Its address.
    pub address: String,
    /// Kilobytes.
    pub size_kb: i64,
    /// Device clock when it was taken.
    pub taken_at: Micros,
}

/// One thing that was saved and has no receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsentItem {
    /// What it is.
    pub about: About,
    /// The order's number.
    pub number: String,
    /// Its address.
    pub address: String,
    /// Device clock when it was saved.
    pub saved_at: Micros,
}

impl Unsent {
    /// How many of a kind wait.
    #[must_use]
    pub fn count(&self, about: About) -> usize {
        self.items.iter().filter(|item| item.about == about).count()
    }
}

/// A stop that was begun and not saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The route on which it was begun.
    pub route: RouteId,
    /// The day of that route.
    pub date: NaiveDate,
    /// What was published.
    pub order: Arc<PublishedOrder>,
}

/// Exactly what the office does not have yet.
#[must_use]
pub fn unsent(state: &State) -> Unsent {
    let item = |route: &Route, own: &OwnChange| {
        let said = route.said().ok().and_then(|said| said.order(own.made.order));
        let (number, address) =
            said.map(|(_, said)| (said.order.number.clone(), said.order.address.clone())).unwrap_or_default();
        UnsentItem { about: own.made.about, number, address, saved_at: own.made.saved_at }
    };
    let mut items: Map<(Micros, usize), UnsentItem> = Map::new();
    for route in state.routes.values() {
        for own in route.waiting() {
            items.insert((own.made.saved_at, items.len()), item(route, own));
        }
    }
    let items = items.into_values().collect();
    Unsent { items, attention: state.attention.clone(), begun: stops_begun(state), photos: photos(state) }
}

fn photos(state: &State) -> Vec<UnsentPhoto> {
    let told = state.photos_waiting().map(|photo| {
        let said = state.route_of(photo.order).and_then(|(_, route)| route.said().ok()?.order(photo.order));
        let (number, address) =
            said.map(|(_, said)| (said.order.number.clone(), said.order.address.clone())).unwrap_or_else(|| {
                // Its route is gone, and what is known of it is the receipt.
                let receipt = state.handed_in.iter().find(|item| item.order == photo.order);
                (receipt.map(|item| item.number.clone()).unwrap_or_default(), String::new())
            });
        let (name, size_kb) = (photo.name.clone(), (photo.size + 1023) / 1024);
        UnsentPhoto { name, number, address, size_kb, taken_at: photo.taken_at }
    });
    told.collect()
}

/// What was handed in for a person's decision, by the moment of its receipt, the last first.
#[must_use]
pub fn handed_in(state: &State) -> Vec<(Micros, Vec<&HandedIn>)> {
    let mut by_receipt: Map<Micros, Vec<&HandedIn>> = Map::new();
    for item in &state.handed_in {
        by_receipt.entry(item.at).or_default().push(item);
    }
    by_receipt.into_iter().rev().collect()
}

/// Of the photos that some of it names, how many the office has, and how many there are.
#[must_use]
pub fn handed_in_photos(state: &State, items: &[&HandedIn]) -> (usize, usize) {
    let (mut here, mut named) = (0, 0);
    for item in items {
        named += item.photos;
        here += state.photos_to_hand_in(item.order).min(item.photos);
    }
    (named - here, named)
}

/// This tablet is out of service, and has handed in what it held: that is at the office, and not yet what the office
/// counts.
#[must_use]
pub const fn handed_in_all(state: &State) -> bool {
    state.disowned && !state.handed_in.is_empty()
}

/// Everything that the office does not have, as JSON: the change chunks for a machine, the facts for a person, photos by
/// their hashes (their bytes stay on the tablet). Works
/// without a signal, and when the office no longer knows the tablet.
#[must_use]
pub fn export(state: &State) -> String {
    let waiting: Vec<_> = state
        .routes
        .iter()
        .flat_map(|(id, route)| {
            route.waiting().map(move |own| {
                let facts: Vec<_> = own
                    .made
                    .facts
                    .iter()
                    .filter_map(|fact| route.doc.fact(fact))
                    .map(|stored| serde_json::json!({ "id": stored.raw.id, "fields": stored.raw.fields }))
                    .collect();
                serde_json::json!({
                    "route": id, "change": own.hash.to_string(), "chunk": own.made.chunk,
                    "saved_at": own.made.saved_at, "facts": facts,
                })
            })
        })
        .collect();
    let device = state.enrolment.as_ref().map(|enrolment| enrolment.device);
    let export = serde_json::json!({
        "curbstop_outbox": 1, "device": device, "waiting": waiting,
        "needs_attention": state.attention, "photos": state.photos.values().collect::<Vec<_>>(), "drafts": state.drafts.values().collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&export).unwrap_or_default()
}

/// Every stop that was begun and not saved.
fn stops_begun(state: &State) -> Vec<Begun> {
    let begun = state.drafts.values().filter_map(|draft| {
        let said = state.routes.get(&draft.route)?.said().ok()?;
        let order = said.order(draft.order)?.1.order.clone();
        Some(Begun { route: draft.route, date: said.header.date, order })
    });
    begun.collect()
}
