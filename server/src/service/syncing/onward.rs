//! Where what a tablet brought goes from its document: into rows, and to the other crews with the same stop.

use crate::service::{
    recording::{Incoming, Recorded},
    spreading::Word,
};
use curbstop_shared::{
    facts::{Fact, Home},
    ids::{FactId, OrderId, RouteId},
    sync::gate::AdmittedChange,
    time::Span,
};
use std::collections::BTreeMap;

/// What was just said about each order, as words for the other routes that the order stands on. `about` says of every
/// fact which order it is about, also where its visit came with an earlier request.
pub(in crate::service) fn relays<'c>(
    home: RouteId,
    changes: impl IntoIterator<Item = &'c AdmittedChange>,
    about: &BTreeMap<FactId, OrderId>,
    recorded: &Recorded,
) -> Vec<Word> {
    let mut words = Vec::new();
    for admitted in changes {
        let change = admitted.change.hash().to_string();
        for order in &recorded.elsewhere {
            let of_it = admitted.facts.iter().filter(|fact| about.get(&fact.id) == Some(order));
            let facts: Vec<Fact> = of_it.cloned().collect();
            if !facts.is_empty() {
                words.push(Word { order: *order, facts, home: Some(Home { doc: home, change: change.clone() }) });
            }
        }
    }
    words
}

/// What a batch brings, to be recorded.
pub(super) fn incoming(changes: &[AdmittedChange], offset: Span) -> Vec<Incoming<'_>> {
    changes
        .iter()
        .flat_map(|admitted| admitted.facts.iter().map(move |fact| (admitted, fact)))
        .map(|(admitted, fact)| Incoming { fact, change: Some(admitted.change.hash()), clock_offset: Some(offset) })
        .collect()
}
