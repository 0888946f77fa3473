//! Changes that are let in go into their route's document, into rows, and on to the other crews with the same stops: what
//! a tablet's sync does, for changes that come in another way.

use super::{
    ServiceError,
    recording::{self, Folding, Incoming},
    spreading::{self, Spread},
    syncing::onward,
};
use crate::{
    state::AppState,
    store::{Work, feed},
    sync::documents::{Loaded, Stamp},
};
use automerge::Change;
use curbstop_shared::{
    facts::Fact,
    ids::{CrewId, DeviceId},
    route_document::RouteDocument,
    sync::gate::AdmittedChange,
    time::{Micros, Span},
};

/// A change that was let in.
#[derive(Debug)]
pub struct LetIn {
    /// The change with its facts.
    pub change: AdmittedChange,
    /// The tablet that it comes from, with server's clock less its own; none where it was made at the office.
    pub origin: Option<(DeviceId, Span)>,
}

/// Stores changes and does all that follows from them. `document` is `base` with the changes in it; the unit of work
/// holds the locks of [`spreading::lock_routes`] for the route and every order that they are about. Gives the stored
/// document, to be kept after the commit, and what spreading did.
///
/// # Errors
/// When the store fails.
pub async fn store(
    state: &AppState,
    work: &mut Work,
    (base, crew): (&Loaded, CrewId),
    document: RouteDocument,
    let_in: &[LetIn],
    folding: &Folding,
    now: Micros,
) -> Result<(Loaded, Spread), ServiceError> {
    let facts: Vec<&Fact> = let_in.iter().flat_map(|one| &one.change.facts).collect();
    let about = recording::orders_of(work, &facts).await?;
    let event = feed::append(work, now, "route", &base.id.to_string(), &serde_json::json!({ "crew": crew })).await?;
    let stamp = Stamp { now, feed_seq: event.seq };
    let mut stored = base.clone();
    for together in let_in.chunk_by(|one, next| one.origin == next.origin) {
        let changes: Vec<Change> = together.iter().map(|one| one.change.change.clone()).collect();
        let origin = together.first().and_then(|one| one.origin);
        stored = state.documents.append(work, &stored, document.clone(), &changes, origin, stamp).await?;
    }
    let incoming: Vec<Incoming<'_>> = let_in
        .iter()
        .flat_map(|one| one.change.facts.iter().map(move |fact| (one, fact)))
        .map(|(one, fact)| Incoming {
            fact,
            change: Some(one.change.change.hash()),
            clock_offset: one.origin.map(|(_, offset)| offset),
        })
        .collect();
    let recorded = recording::record(work, Some(&stored), &incoming, folding, stamp).await?;
    let words = onward::relays(base.id, let_in.iter().map(|one| &one.change), &about, &recorded);
    let spread = spreading::spread_after(state, work, recorded, &words, folding, now).await?;
    Ok((stored, spread))
}
