//! A batch of a tablet's changes is judged and stored: the gate, the locks, one commit.

use super::{Heard, Outcome, Session, onward};
use crate::{
    service::{ServiceError, carrying, recording, spreading},
    store::{StoreError, Work, facts, feed, feed::FeedEvent},
    sync::documents::{DocumentsError, Loaded, Stamp},
};
use automerge::{ActorId, Change};
use curbstop_shared::{
    facts::Fact,
    ids::{FactId, OrderId, RouteId},
    route_document::RouteDocument,
    sync::{
        gate::{self, Admitted, GateContext, Refused},
        wire::{Bytes, DocRequest, Refusal, RefusalCode},
    },
};
use std::collections::{BTreeMap, BTreeSet};

impl Session<'_> {
    /// Lets a batch through the gate and stores it. Judged first without a lock; where another writer was faster, once
    /// more under the locks, where nobody can be: a crew must not be sent away because the office is busy.
    pub(super) async fn take_in(
        &self,
        loaded: Loaded,
        known: BTreeSet<FactId>,
        request: &DocRequest,
        actor: &ActorId,
    ) -> Result<Outcome, ServiceError> {
        if request.changes.is_empty() {
            return Ok(Outcome::nothing_new(loaded));
        }
        let admitted = match self.judge(loaded, &known, actor, request) {
            Judged::Over(outcome) => return Ok(*outcome),
            Judged::Admitted(loaded, admitted) => match self.store(&loaded, &admitted, request).await {
                Err(StoreOr::Stale) => admitted,
                Err(StoreOr::Failed(ServiceError::Store(why))) if why.is_about_the_data() => {
                    return self.one_by_one(request, actor).await;
                }
                Err(StoreOr::Failed(error)) => return Err(error),
                Ok(outcome) => return Ok(outcome),
            },
        };
        self.take_in_locked(&admitted, request, actor).await
    }

    /// Judges and stores under the locks.
    async fn take_in_locked(
        &self,
        admitted: &Admitted,
        request: &DocRequest,
        actor: &ActorId,
    ) -> Result<Outcome, ServiceError> {
        let (mut work, about) = self.locked(admitted, request.id).await?;
        let loaded = self.documents().load_in_work(&mut work, request.id).await?;
        let known = facts::known(&mut work, &gate::named_facts(&request.changes)).await?;
        match self.judge(loaded, &known, actor, request) {
            Judged::Over(outcome) => Ok(*outcome),
            Judged::Admitted(loaded, admitted) => {
                self.store_in(work, &about, &loaded, &admitted, request).await.map_err(|failed| match failed {
                    StoreOr::Stale => DocumentsError::Stale(request.id).into(),
                    StoreOr::Failed(error) => error,
                })
            }
        }
    }

    /// The database can't keep something of a batch that the gate let through. What comes before the change that it is in
    /// is stored, that change is refused, so that nobody waits for it, and what comes after it is encoded again: the
    /// tablet sends that with its next sync.
    async fn one_by_one(&self, request: &DocRequest, actor: &ActorId) -> Result<Outcome, ServiceError> {
        let mut accepted = Vec::new();
        for (n, bytes) in request.changes.iter().enumerate() {
            let mut conn = self.state.store.reader().await?;
            let loaded = self.documents().load(&mut conn, request.id).await?;
            drop(conn);
            let one = DocRequest { changes: vec![bytes.clone()], ..request.clone() };
            let Judged::Admitted(before, admitted) = self.judge(loaded.clone(), &BTreeSet::new(), actor, &one) else {
                // Stored meanwhile, or not to be judged alone: the rest is judged with the tablet's next sync.
                accepted.extend(
                    gate::hashes(&one.changes)
                        .into_iter()
                        .flatten()
                        .filter(|hash| loaded.document.clocks().contains(hash)),
                );
                continue;
            };
            drop(before);
            match self.take_in_locked(&admitted, &one, actor).await {
                Ok(outcome) => accepted.extend(outcome.accepted),
                Err(ServiceError::Store(why)) if why.is_about_the_data() => {
                    tracing::error!(route = %request.id, error = %why, "the database can't keep a change: it was refused");
                    let refusals = unkept(&admitted, &request.changes[n + 1..]);
                    let already = accepted.clone();
                    return Ok(Outcome {
                        accepted,
                        refused: Some(Refused { refusals, already }),
                        ..Outcome::nothing_new(loaded)
                    });
                }
                Err(other) => return Err(other),
            }
        }
        let mut conn = self.state.store.reader().await?;
        let loaded = self.documents().load(&mut conn, request.id).await?;
        Ok(Outcome { accepted, ..Outcome::nothing_new(loaded) })
    }

    /// What the gate says to a batch, given the document as it is.
    fn judge(&self, loaded: Loaded, known: &BTreeSet<FactId>, actor: &ActorId, request: &DocRequest) -> Judged {
        let over = |outcome| Judged::Over(Box::new(outcome));
        match self.pass_gate(&loaded, known, actor, &request.changes) {
            Err(refused) => {
                let accepted = refused.already.clone();
                over(Outcome { accepted, refused: Some(refused), ..Outcome::nothing_new(loaded) })
            }
            Ok(admitted) if admitted.changes.is_empty() => {
                over(Outcome { accepted: admitted.already, ..Outcome::nothing_new(loaded) })
            }
            Ok(admitted) => Judged::Admitted(loaded, admitted),
        }
    }

    /// `known`: the facts of the batch that are stored. One may be known in another document of the same order, and
    /// only the database knows them all.
    fn pass_gate(
        &self,
        loaded: &Loaded,
        known: &BTreeSet<FactId>,
        actor: &ActorId,
        batch: &[Bytes],
    ) -> Result<Admitted, Refused> {
        let document = &loaded.document;
        let context = GateContext {
            document,
            actor,
            device: self.caller.device,
            authors: &|person| self.authors.get(&person).copied(),
            known_fact: &|fact| known.contains(fact),
            already_stored: &|hash| document.clocks().contains(hash),
        };
        gate::admit(&context, batch)
    }

    /// Stores what the gate let through: changes, facts as rows, dispositions, all or nothing.
    async fn store(&self, loaded: &Loaded, admitted: &Admitted, request: &DocRequest) -> Result<Outcome, StoreOr> {
        let (work, about) = self.locked(admitted, loaded.id).await?;
        self.store_in(work, &about, loaded, admitted, request).await
    }

    /// A unit of work that holds every route to which this may be relayed, and which order each fact is about. They
    /// are locked before the feed's number is taken, in one order for all.
    async fn locked(
        &self,
        admitted: &Admitted,
        route: RouteId,
    ) -> Result<(Work, BTreeMap<FactId, OrderId>), ServiceError> {
        let mut work = self.state.store.begin().await?;
        let facts: Vec<&Fact> = admitted.changes.iter().flat_map(|change| &change.facts).collect();
        let about = recording::orders_of(&mut work, &facts).await?;
        let claimed = carrying::claimed_at(facts);
        carrying::lock_for(&mut work, claimed, about.values().copied().collect(), route).await?;
        Ok((work, about))
    }

    /// As [`Self::store`], in a unit of work that holds the locks.
    async fn store_in(
        &self,
        mut work: Work,
        about: &BTreeMap<FactId, OrderId>,
        loaded: &Loaded,
        admitted: &Admitted,
        request: &DocRequest,
    ) -> Result<Outcome, StoreOr> {
        let changes: Vec<Change> = admitted.changes.iter().map(|admitted| admitted.change.clone()).collect();
        let mut document: RouteDocument = (*loaded.document).clone();
        document
            .apply(changes.clone())
            .map_err(|bad| ServiceError::Internal(format!("the gate let it through: {bad}")))?;

        let event = self.announce_route(&mut work, loaded.id).await?;
        let stamp = Stamp { now: self.now, feed_seq: event.seq };
        let origin = Some((self.caller.device, self.offset));
        let stored = self.documents().append(&mut work, loaded, document, &changes, origin, stamp).await?;
        let incoming = onward::incoming(&admitted.changes, self.offset);
        let recorded = recording::record(&mut work, Some(&stored), &incoming, &self.folding, stamp).await?;
        // An order may stand on another route too (moved, or published again): that crew has to learn of it.
        let words = onward::relays(loaded.id, &admitted.changes, about, &recorded);
        let spread = spreading::spread_after(self.state, &mut work, recorded, &words, &self.folding, self.now).await?;
        self.hear(&mut work, &[request]).await?;
        work.commit().await?;
        // A claim may have stopped another stop of this very route: the tablet hears of it with the answer.
        let newest = spread.document(loaded.id).cloned();
        self.documents().keep(stored.clone());
        spread.announce(self.state);
        let accepted = changes.iter().map(Change::hash).chain(admitted.already.iter().copied()).collect();
        Ok(Outcome { loaded: newest.unwrap_or(stored), accepted, refused: None, heard: Heard::Already })
    }

    async fn announce_route(&self, work: &mut Work, route: RouteId) -> Result<FeedEvent, ServiceError> {
        let body = serde_json::json!({ "crew": self.caller.crew, "device": self.caller.device });
        Ok(feed::append(work, self.now, "route", &route.to_string(), &body).await?)
    }
}

/// The refusals of a change that the database can't keep and of those after it.
fn unkept(admitted: &Admitted, after: &[Bytes]) -> Vec<Refusal> {
    let own = admitted.changes.iter().map(|admitted| Refusal {
        hash: Bytes(admitted.change.hash().0.to_vec()),
        facts: admitted.facts.iter().map(|fact| fact.id.clone()).collect(),
        code: RefusalCode::BadFact,
        detail: "The office's database can't keep what is written in it. Record it again in other words.".to_owned(),
    });
    let rest = gate::hashes(after).into_iter().flatten().map(|hash| Refusal {
        hash: Bytes(hash.0.to_vec()),
        facts: Vec::new(),
        code: RefusalCode::MissingDependency,
        detail: "Nothing is wrong with it, but a change before it was refused: encode it again.".to_owned(),
    });
    own.chain(rest).collect()
}

/// What the gate said.
enum Judged {
    /// Nothing is to be stored.
    Over(Box<Outcome>),
    /// This is, on this document.
    Admitted(Loaded, Admitted),
}

/// A write that failed, or that has to be tried again on the newer document.
enum StoreOr {
    Stale,
    Failed(ServiceError),
}

impl From<ServiceError> for StoreOr {
    fn from(error: ServiceError) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for StoreOr {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<DocumentsError> for StoreOr {
    fn from(error: DocumentsError) -> Self {
        match error {
            DocumentsError::Stale(_) => Self::Stale,
            other => Self::Failed(other.into()),
        }
    }
}
