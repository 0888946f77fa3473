//! The office's words go to every document that a tablet may still hold with the order in it, and into rows.
//!
//! A release, hold or recall is one fact under one id, however many documents it is written into: the first document
//! is its home, the others get it relayed with `home_doc` and `home_change`. What goes into a contractor's document
//! goes without anybody's words about a customer. What is said of a reconnect goes to the crew that cut as well: it reads
//! there who turns it on, and that it is on.

mod uncalled;

use super::{
    ServiceError, carrying,
    recording::{self, Folding, Incoming, Recorded},
};
use crate::{
    state::AppState,
    store::{Work, crews, documents, feed},
    sync::documents::{DocumentsError, Loaded, Stamp},
};
use curbstop_shared::{
    facts::{Fact, Home},
    ids::{CrewId, OrderId, RouteId},
    time::Micros,
    vocabulary::Role,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Facts about one order that the server writes on somebody's behalf.
#[derive(Debug, Clone)]
pub struct Word {
    /// The order.
    pub order: OrderId,
    /// What is said about it.
    pub facts: Vec<Fact>,
    /// The document and change where it was said already; the other documents get it relayed.
    pub home: Option<Home>,
}

/// What spreading did, to be kept and announced once the work is committed.
#[derive(Debug)]
pub struct Spread {
    documents: Vec<Loaded>,
    /// The orders folded anew.
    pub recorded: Recorded,
}

impl Spread {
    /// The newest copy of a route that was written into.
    pub fn document(&self, route: RouteId) -> Option<&Loaded> {
        self.documents.iter().rev().find(|loaded| loaded.id == route)
    }

    /// Call after the commit: the cache gets the documents, the desks and tablets hear of it.
    pub fn announce(self, state: &AppState) -> Recorded {
        for document in self.documents {
            state.documents.keep(document);
        }
        state.feed.ring();
        self.recorded
    }
}

/// Writes facts about orders into every open route document with the order, and into rows, in one unit of work.
///
/// Documents are locked in the order of their ids, so that two clerks can't wait for each other.
///
/// # Errors
/// When the store fails.
pub async fn spread(
    state: &AppState,
    work: &mut Work,
    words: &[Word],
    folding: &Folding,
    now: Micros,
) -> Result<Spread, ServiceError> {
    let orders = words.iter().map(|word| word.order).collect();
    lock_routes(work, &orders, None).await?;
    spread_after(state, work, Recorded::default(), words, folding, now).await
}

/// As [`spread`], where this unit of work has recorded something already and holds the locks of [`lock_routes`].
///
/// # Errors
/// As [`spread`].
pub async fn spread_after(
    state: &AppState,
    work: &mut Work,
    recorded: Recorded,
    words: &[Word],
    folding: &Folding,
    now: Micros,
) -> Result<Spread, ServiceError> {
    let mut spread = Spread { documents: Vec::new(), recorded };
    say(state, work, words, folding, now, &mut spread).await?;
    let carried = carrying::words(work, &spread.recorded, folding, now).await?;
    say(state, work, &carried, folding, now, &mut spread).await?;
    let uncalled = uncalled::recalls(work, &spread.recorded, now).await?;
    say(state, work, &uncalled, folding, now, &mut spread).await?;
    Ok(spread)
}

async fn say(
    state: &AppState,
    work: &mut Work,
    words: &[Word],
    folding: &Folding,
    now: Micros,
    spread: &mut Spread,
) -> Result<(), ServiceError> {
    let mut routes: BTreeMap<(RouteId, Uuid), Vec<usize>> = BTreeMap::new();
    let mut on_no_route = Vec::new();
    for (n, word) in words.iter().enumerate() {
        let mut holding = documents::routes_of_order(work, word.order).await?;
        if holding.is_empty() && word.home.is_none() {
            on_no_route.push(n);
        } else {
            holding.extend(documents::routes_of_cause(work, word.order).await?);
            holding.sort_unstable_by_key(|route| route.id);
            holding.dedup_by_key(|route| route.id);
        }
        let said_there = word.home.as_ref().map(|home| home.doc);
        for route in holding.iter().filter(|route| Some(RouteId(route.id)) != said_there) {
            routes.entry((RouteId(route.id), route.crew)).or_default().push(n);
        }
    }
    let mut homes: BTreeMap<usize, Home> =
        words.iter().enumerate().filter_map(|(n, word)| Some((n, word.home.clone()?))).collect();
    for ((route, crew), indices) in routes {
        write_into(state, work, (route, crew), &indices, words, &mut homes, folding, now, spread).await?;
    }
    if !on_no_route.is_empty() {
        let event = feed::append(work, now, "order", "unrouted", &serde_json::json!({})).await?;
        let stamp = Stamp { now, feed_seq: event.seq };
        let incoming: Vec<Incoming<'_>> = on_no_route
            .iter()
            .flat_map(|n| &words[*n].facts)
            .map(|fact| Incoming { fact, change: None, clock_offset: None })
            .collect();
        merge(&mut spread.recorded, recording::record(work, None, &incoming, folding, stamp).await?);
    }
    Ok(())
}

/// Locks every open route with one of these orders or with a reconnect that belongs to one, and one more, in the order
/// of their ids: whoever needs several takes them this way, before the feed's number, so that nobody waits for somebody
/// who waits for him.
///
/// # Errors
/// When the store fails.
pub async fn lock_routes(
    work: &mut Work,
    orders: &BTreeSet<OrderId>,
    own: Option<RouteId>,
) -> Result<(), ServiceError> {
    Ok(documents::lock_routes(work, orders, own).await?)
}

/// Writes facts into these routes' documents only, whatever other routes the orders are on: what is said to one crew
/// and not to another. The caller has locked the routes.
///
/// # Errors
/// When the store fails.
pub async fn say_to(
    state: &AppState,
    work: &mut Work,
    words_by_route: &BTreeMap<(RouteId, Uuid), Vec<Word>>,
    folding: &Folding,
    now: Micros,
) -> Result<Spread, ServiceError> {
    let mut spread = Spread { documents: Vec::new(), recorded: Recorded::default() };
    for (route, words) in words_by_route {
        let indices: Vec<usize> = (0..words.len()).collect();
        write_into(state, work, *route, &indices, words, &mut BTreeMap::new(), folding, now, &mut spread).await?;
    }
    Ok(spread)
}

#[expect(clippy::too_many_arguments, reason = "one step of the loop above, split off for its length")]
async fn write_into(
    state: &AppState,
    work: &mut Work,
    (route, crew): (RouteId, Uuid),
    indices: &[usize],
    words: &[Word],
    homes: &mut BTreeMap<usize, Home>,
    folding: &Folding,
    now: Micros,
    spread: &mut Spread,
) -> Result<(), ServiceError> {
    // Under the lock nobody else moves it on, so the copy can't be stale.
    let loaded = state.documents.load_in_work(work, route).await?;
    let mut document = (*loaded.document).clone();
    // Anything that is not surely our own crew sees the little that a contractor may see.
    let own = crews::by_id(work, CrewId(crew)).await?.is_some_and(|crew| crew.role() == Role::Crew);
    let mut facts = Vec::new();
    let mut in_full = Vec::new();
    for n in indices {
        for fact in &words[*n].facts {
            let seen = if own { Some(fact.clone()) } else { fact.for_contractor() };
            if let Some(seen) = seen.filter(|seen| !document.has_fact(&seen.id)) {
                facts.push(Fact { home: homes.get(n).cloned(), ..seen });
                in_full.push(Fact { home: homes.get(n).cloned(), ..fact.clone() });
            }
        }
    }
    if facts.is_empty() {
        return Ok(());
    }
    let change =
        document.add_facts_now(state.documents.actor(), &facts).map_err(|bad| DocumentsError::Document(route, bad))?;
    for n in indices {
        let hex = change.hash().to_string();
        homes.entry(*n).or_insert(Home { doc: route, change: hex });
    }
    let event = feed::append(work, now, "route", &route.to_string(), &serde_json::json!({ "crew": crew })).await?;
    let stamp = Stamp { now, feed_seq: event.seq };
    let stored = state.documents.append(work, &loaded, document, std::slice::from_ref(&change), None, stamp).await?;
    let hash = change.hash();
    // The rows keep every word: the office reads them, not the crew.
    let incoming: Vec<Incoming<'_>> =
        in_full.iter().map(|fact| Incoming { fact, change: Some(hash), clock_offset: None }).collect();
    merge(&mut spread.recorded, recording::record(work, Some(&stored), &incoming, folding, stamp).await?);
    spread.documents.push(stored);
    Ok(())
}

fn merge(all: &mut Recorded, some: Recorded) {
    all.folded.extend(some.folded);
    all.created.extend(some.created);
    all.elsewhere.extend(some.elsewhere);
    all.claims.extend(some.claims);
}
