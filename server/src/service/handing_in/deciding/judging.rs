//! The gate's word on each kept change, on top of those that it let in before.
//!
//! A change names those that it builds on, so one that was set aside or refused would block every honest one after it.
//! These are encoded again as a tablet does after a refusal: by a fresh hand, under the same fact ids, on what they were
//! made on less what is left out. Then the gate judges what came of it; nothing goes in unjudged.

use super::{Deciding, Kept};
use crate::{
    service::{ServiceError, into_route::LetIn},
    store::{Work, crews, documents, facts, quarantine},
};
use automerge::{ActorId, ChangeHash};
use curbstop_shared::{
    ids::{CrewId, DeviceId, PersonId, RouteId},
    ordered::Set,
    route_document::RouteDocument,
    sync::{
        gate::{self, AdmittedChange, GateContext},
        reencode::{UnsentAct, reencode},
        wire::{Bytes, RefusalCode},
    },
    time::Span,
    vocabulary::Role,
};
use std::collections::BTreeMap;

impl Deciding<'_> {
    /// What goes in, and the document with it. Each change that does not is told why.
    pub(super) async fn judge(
        &self,
        work: &mut Work,
        going: &mut [Kept],
        (base, route): (&RouteDocument, RouteId),
        crew: CrewId,
    ) -> Result<(Vec<LetIn>, RouteDocument), ServiceError> {
        let mut document = base.clone();
        let device = DeviceId(self.device.id);
        // Where the tablet was never given the route, nothing it says there is its own.
        let own = documents::actor_of(work, device, route).await?.unwrap_or_default();
        let own = ActorId::from(own.as_slice());
        let mut pen = [0; 16];
        self.state.ids.fill(&mut pen);
        let pen = ActorId::from(pen);
        let people = crews::with_routes(work, crew, "", None).await?.people;
        // Also what was decided on before: what is looked at now may build on it.
        let mut all: Vec<Bytes> = quarantine::of_route(work, device, route).await?.into_iter().map(Bytes).collect();
        all.sort_by_cached_key(gate::place_of);
        let all: Vec<UnsentAct> = all.iter().filter_map(|bytes| gate::act(base, bytes)).collect();
        let mut let_in = Vec::new();
        for one in going {
            if self.counts_already(work, one).await? {
                continue;
            }
            let bytes = Bytes(one.row.bytes.clone());
            let mut said = self.gate(work, &document, &own, &people, &bytes).await?;
            if said.as_ref().err() == Some(&RefusalCode::MissingDependency)
                && let Some(again) = again(&document, &all, &bytes, &pen)?
            {
                said = self.gate(work, &document, &pen, &people, &again).await?;
            }
            match said {
                Ok(admitted) => {
                    let changes: Vec<_> = admitted.iter().map(|one| one.change.clone()).collect();
                    document
                        .apply(changes)
                        .map_err(|bad| ServiceError::Internal(format!("the gate let it through: {bad}")))?;
                    let origin = Some((device, Span(one.row.clock_offset_us)));
                    let_in.extend(admitted.into_iter().map(|change| LetIn { change, origin }));
                }
                Err(code) => one.refused = Some(code),
            }
        }
        Ok((let_in, document))
    }

    async fn gate(
        &self,
        work: &mut Work,
        document: &RouteDocument,
        actor: &ActorId,
        people: &BTreeMap<PersonId, Role>,
        bytes: &Bytes,
    ) -> Result<Result<Vec<AdmittedChange>, RefusalCode>, ServiceError> {
        let batch = [bytes.clone()];
        let known = facts::known(work, &gate::named_facts(&batch)).await?;
        let stored = |hash: &ChangeHash| document.clocks().contains(hash);
        let context = GateContext {
            document,
            actor,
            device: DeviceId(self.device.id),
            authors: &|person| people.get(&person).copied(),
            known_fact: &|fact| known.contains(fact),
            already_stored: &stored,
        };
        Ok(gate::admit(&context, &batch)
            .map(|admitted| admitted.changes)
            .map_err(|refused| refused.refusals.first().map_or(RefusalCode::Undecodable, |refusal| refusal.code)))
    }

    /// Whether all that a change says is on record as it says it: the tablet has sent it by itself, or somebody took it
    /// in.
    pub(super) async fn counts_already(&self, work: &mut Work, one: &Kept) -> Result<bool, ServiceError> {
        let said = gate::named_facts(&[Bytes(one.row.bytes.clone())]);
        if said.is_empty() || facts::known(work, &said).await?.len() < said.len() {
            return Ok(false);
        }
        for (_, fact) in &one.shown {
            let stored = facts::by_id(work, &fact.id).await?;
            if stored.map(|row| row.fact()).transpose()?.is_none_or(|stored| stored.body != fact.body) {
                return Ok(false);
            }
        }
        Ok(one.shown.len() == said.len())
    }
}

/// A change encoded again on what is there of what it was made on; `None` where it does not read.
fn again(
    document: &RouteDocument,
    all: &[UnsentAct],
    bytes: &Bytes,
    pen: &ActorId,
) -> Result<Option<Bytes>, ServiceError> {
    let Some(Some(hash)) = gate::hashes(std::slice::from_ref(bytes)).into_iter().next() else { return Ok(None) };
    let Some(here) = all.iter().position(|act| act.hash == hash) else { return Ok(None) };
    let left_out: Set<ChangeHash> = all.iter().map(|act| act.hash).filter(|other| *other != hash).collect();
    let made = reencode(&mut document.clone(), &all[..=here], &left_out, pen)
        .map_err(|bad| ServiceError::Internal(format!("a kept change can't be encoded again: {bad}")))?;
    Ok(made.into_iter().next().map(|change| Bytes(change.raw_bytes().to_vec())))
}
