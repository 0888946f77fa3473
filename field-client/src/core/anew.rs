//! After a refusal: what is wrong goes to the crew's attention, the honest rest is encoded again under a fresh actor,
//! with the same fact ids, on what it was first made on.

use super::{
    Entry, Lacking, OwnChange, Parked, Route, Store, Tablet, TabletError,
    entries::Made,
    route::{actor_of, hash_bytes, hashes, kept_of, without},
    state::ParkedFact,
};
use automerge::{Change, ChangeHash};
use curbstop_shared::{
    facts::Fact,
    ids::{FactId, RouteId},
    ordered::{Map, Set},
    route_document::{DocumentError, RouteDocument},
    sync::{
        reencode::{UnsentAct, reencode},
        wire::{Bytes, Refusal, RefusalCode},
    },
};

/// After so many encodings the crew has to see it: a server that refuses the encoding every time is refusing the fact.
pub const MOST_ENCODINGS: u32 = 3;

/// The refusals of an answer, by the change they are about.
#[derive(Debug, Default)]
pub struct Refused<'a>(Map<ChangeHash, &'a Refusal>);

impl<'a> Refused<'a> {
    /// Those refusals that are about changes which still wait.
    #[must_use]
    pub fn of(refusals: &'a [Refusal], waiting: &Set<ChangeHash>) -> Self {
        let by_hash = refusals.iter().filter_map(|refusal| {
            let hash = ChangeHash(refusal.hash.0.as_slice().try_into().ok()?);
            waiting.contains(&hash).then_some((hash, refusal))
        });
        Self(by_hash.collect())
    }

    /// Whether nothing was refused.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The refusal that parks a change, where one does.
    fn parks(&self, own: &OwnChange) -> Option<&'a Refusal> {
        let refusal = self.0.get(&own.hash)?;
        // What only lacks what it was made on is not wrong itself.
        let worn_out = own.made.encodings >= MOST_ENCODINGS && refusal.code != RefusalCode::MissingDependency;
        (refusal.code.is_about_the_fact() || worn_out).then_some(refusal)
    }
}

/// Takes the changes that wait out of the route, merges what came, and encodes the honest ones again.
///
/// # Errors
/// [`DocumentError`] where what came does not fit: nothing is changed then.
pub(super) fn anew(
    id: RouteId,
    route: &Route,
    waiting: Vec<OwnChange>,
    incoming: Vec<Change>,
    (refused, orphans): (&Refused<'_>, &Set<ChangeHash>),
    actor: &Bytes,
) -> Result<Entry, DocumentError> {
    let removed: Set<ChangeHash> = waiting.iter().map(|own| own.hash).collect();
    let facts = facts_by_change(route);
    let deps = route.deps();
    let unsent: Vec<UnsentAct> = waiting
        .iter()
        .map(|own| UnsentAct {
            hash: own.hash,
            facts: facts.get(&own.hash).cloned().unwrap_or_default(),
            deps: deps.get(&own.hash).cloned().unwrap_or_default(),
        })
        .collect();
    let parked: Vec<Parked> = waiting
        .iter()
        .zip(&unsent)
        .filter_map(|(own, act)| {
            let made_on = kept_of(&act.deps, &removed, &deps).iter().map(hash_bytes).collect();
            refused.parks(own).map(|refusal| park(id, own, act, refusal, made_on))
        })
        .collect();
    let out: Set<ChangeHash> = waiting.iter().filter(|own| refused.parks(own).is_some()).map(|own| own.hash).collect();

    // Encoded on what the office has; what it has lost stays on the tablet, but nothing is built on it.
    let mut doc = without(&route.doc, &removed.iter().chain(orphans).copied().collect())?;
    let raw = incoming.iter().map(|change| Bytes(change.raw_bytes().to_vec())).collect();
    doc.apply(incoming)?;
    let changes = reencode(&mut doc, &unsent, &out, &actor_of(actor))?;
    let made = changes.iter().filter_map(|change| made_of(change, &doc, &waiting)).collect();
    Ok(Entry::Anew {
        route: id,
        actor: actor.clone(),
        removed: removed.iter().map(hash_bytes).collect(),
        incoming: raw,
        made,
        parked,
    })
}

impl Tablet {
    /// The crew sends a parked item again as it is: the office may have put right what stood in its way. It stands on
    /// what it was first made on, under the same fact ids.
    ///
    /// # Errors
    /// [`TabletError::Incomplete`] where it is not as it was any more; [`TabletError::NotWritable`],
    /// [`TabletError::Busy`].
    pub fn send_parked_again(&mut self, facts: &[FactId]) -> Result<Store, TabletError> {
        self.made_anew(facts, |_| {})
    }

    /// Whoever holds the tablet says that a parked item is their own work: it was recorded under a name whose word the
    /// office does not take. Everything else stays as it was made.
    ///
    /// # Errors
    /// [`TabletError::NobodySignedIn`], else as [`Tablet::send_parked_again`].
    pub fn record_parked_as_mine(&mut self, facts: &[FactId]) -> Result<Store, TabletError> {
        let by = self.state.holder().ok_or(TabletError::NobodySignedIn)?.id;
        let without_pin = self.state.without_pin;
        self.made_anew(facts, |fact| {
            if let Some(header) = &mut fact.header {
                header.by = Some(by);
                fact.without_pin = without_pin;
            }
        })
    }

    fn made_anew(&mut self, facts: &[FactId], sign: impl Fn(&mut Fact)) -> Result<Store, TabletError> {
        let anew = || TabletError::Incomplete(Lacking::AsItWas);
        let is_it = |parked: &&Parked| parked.facts.iter().map(|fact| &fact.id).eq(facts);
        let parked = self.state.attention.iter().find(is_it).ok_or_else(anew)?;
        let route = self.state.routes.get(&parked.route).ok_or_else(anew)?;
        let actor = route.actor.as_ref().ok_or(TabletError::NotWritable)?;
        let mut made_on = hashes(&parked.deps);
        made_on.retain(|dep| route.doc.clocks().contains(dep));
        if made_on.is_empty() {
            return Err(anew());
        }
        let mut read: Vec<Fact> =
            parked.facts.iter().map(|fact| fact.raw().read()).collect::<Result<_, _>>().map_err(|_| anew())?;
        read.iter_mut().for_each(sign);
        let change = route.doc.clone().add_facts(actor, &route.without_orphans(&made_on), &read)?;
        let made = Made {
            chunk: Bytes(change.raw_bytes().to_vec()),
            facts: facts.to_vec(),
            order: parked.order,
            about: parked.about,
            saved_at: parked.saved_at,
            encodings: 0,
        };
        let saved = Entry::Saved { route: parked.route, made };
        self.begin(&[Entry::ParkedSettled { facts: facts.to_vec() }, saved])
    }
}

fn facts_by_change(route: &Route) -> Map<ChangeHash, Vec<Fact>> {
    let mut facts: Map<ChangeHash, Vec<Fact>> = Map::new();
    for stored in route.doc.facts().into_values() {
        if let Ok(fact) = stored.raw.read() {
            facts.entry(stored.change).or_default().push(fact);
        }
    }
    facts
}

/// What the crew saved, in its new encoding.
fn made_of(change: &Change, doc: &RouteDocument, waiting: &[OwnChange]) -> Option<Made> {
    let facts: Vec<_> =
        doc.facts().into_iter().filter(|(_, stored)| stored.change == change.hash()).map(|(id, _)| id).collect();
    let before = waiting.iter().find(|own| own.made.facts.iter().any(|fact| facts.contains(fact)))?;
    Some(Made {
        chunk: Bytes(change.raw_bytes().to_vec()),
        facts,
        order: before.made.order,
        about: before.made.about,
        saved_at: before.made.saved_at,
        encodings: before.made.encodings + 1,
    })
}

fn park(route: RouteId, own: &OwnChange, act: &UnsentAct, refusal: &Refusal, deps: Vec<Bytes>) -> Parked {
    let facts = act.facts.iter().map(Fact::raw).map(|raw| ParkedFact { id: raw.id, fields: raw.fields }).collect();
    Parked {
        route,
        order: own.made.order,
        about: own.made.about,
        saved_at: own.made.saved_at,
        facts,
        code: refusal.code.code().to_owned(),
        detail: refusal.detail.clone(),
        deps,
    }
}
