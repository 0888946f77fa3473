//! The gate: nothing from a tablet is believed.
//!
//! A change from a tablet passes six checks before the document is touched, each cheaper or safer than what comes
//! after it:
//!
//! 1. caps ([`caps`]), and plain change chunks only;
//! 2. a look at the raw bytes, without allocation (`chunk`);
//! 3. decoding, and encoding again to the same bytes (`operations`);
//! 4. its place: actor, sequence, dependencies, operation numbers (`place`);
//! 5. its operations: whole new facts and nothing else (`operations`);
//! 6. its facts: complete, in range, about an order of this route, by somebody who may say so (`authority`).
//!
//! A batch goes in whole or not at all, and one pass finds every fault in it: a tablet that has a signal for three
//! seconds must not learn them one by one. Refusing loses nothing: see [`super::reencode`].
//!
//! What automerge 0.12's format and behaviour add to the obvious:
//! - An object may name an actor by an index that the change does not list; decoding then panics. Step 2 checks it.
//! - Header times far apart overflow when the next change is stored. Step 2 keeps them between 1970 and the far future.
//! - A wrong first operation number has no code of its own: it is a bad header (`bad_chunk`).
//! - A text or bytes that are too long are a fault of the fact (`bad_fact`), so that the crew sees which; every other
//!   cap is `too_large`.
//! - Of two faults the one that only the crew can mend is said: encoding again would not help.

mod authority;
pub mod caps;
mod chunk;
mod operations;
mod place;

use super::reencode::UnsentAct;
use crate::{
    facts::{Fact, RawFact},
    ids::{DeviceId, FactId, PersonId},
    route_document::RouteDocument,
    sync::wire::{Bytes, Refusal, RefusalCode},
    vocabulary::Role,
};
use authority::Authority;
use automerge::{ActorId, Change, ChangeHash};
use place::{Places, Standing};
use std::borrow::Cow;

/// What the server knows about the tablet and the route when a batch arrives.
pub struct GateContext<'a> {
    /// The route document, as it is stored.
    pub document: &'a RouteDocument,
    /// The actor issued to this device for this document.
    pub actor: &'a ActorId,
    /// The role of a person who rides with this device's crew, or ever did: who was let go at noon worked all morning.
    /// Which of them held the tablet only the tablet knows. Somebody else's work is work all the same: it is let in, and
    /// the office sees that its author is not of the crew.
    pub authors: &'a dyn Fn(PersonId) -> Option<Role>,
    /// The device.
    pub device: DeviceId,
    /// Whether SQL knows a fact, in whichever document it was made. Ask it beforehand about [`named_facts`].
    pub known_fact: &'a dyn Fn(&FactId) -> bool,
    /// Whether a change of this document is stored: it counts as accepted again and is not checked again.
    pub already_stored: &'a dyn Fn(&ChangeHash) -> bool,
}

/// A batch that may go in as a whole.
#[derive(Debug)]
pub struct Admitted {
    /// The changes that are new, in causal order.
    pub changes: Vec<AdmittedChange>,
    /// The changes that were stored before.
    pub already: Vec<ChangeHash>,
}

/// A change that may go in, with what it says.
#[derive(Debug)]
pub struct AdmittedChange {
    /// The change.
    pub change: Change,
    /// Its facts. Those of a visit may lack a header: they inherit the visit's.
    pub facts: Vec<Fact>,
}

/// A batch of which nothing goes in.
#[derive(Debug)]
pub struct Refused {
    /// Every fault. A change that is sound but builds on a refused one is named with
    /// [`RefusalCode::MissingDependency`] and a detail that says on which; sound ones that build on none are not
    /// named. The tablet encodes both again.
    pub refusals: Vec<Refusal>,
    /// The changes that were stored before: they have their receipt all the same.
    pub already: Vec<ChangeHash>,
}

/// Judges the changes that a tablet sent for one document.
///
/// # Errors
/// [`Refused`] names every fault; nothing may be stored then.
pub fn admit(context: &GateContext<'_>, batch: &[Bytes]) -> Result<Admitted, Refused> {
    let mut judge = Judge::new(context);
    if batch.len() > caps::MAX_CHANGES_PER_BATCH {
        let fault =
            || Fault::new(RefusalCode::TooLarge, "More than 512 changes at once: send the first 512, then the rest.");
        judge.refusals.extend(
            batch.iter().map(|bytes| fault().refusal(chunk::open(&bytes.0).ok().map(|(hash, _)| hash), Vec::new())),
        );
        return Err(judge.refused());
    }
    for bytes in batch {
        judge.judge(&bytes.0);
    }
    if judge.refusals.is_empty() {
        Ok(Admitted { changes: judge.admitted, already: judge.already })
    } else {
        Err(judge.refused())
    }
}

/// The ids of the facts that a batch would add, as far as its bytes can be read: what to look up before [`admit`].
#[must_use]
pub fn named_facts(batch: &[Bytes]) -> Vec<FactId> {
    batch
        .iter()
        .take(caps::MAX_CHANGES_PER_BATCH)
        .filter(|bytes| bytes.0.len() <= caps::MAX_CHANGE_BYTES)
        .filter_map(|bytes| chunk::look_at(chunk::open(&bytes.0).ok()?.1).ok())
        .flat_map(|chunk| chunk.keys().filter_map(|key| key.parse().ok()))
        .collect()
}

/// The hashes of a batch, `None` where a chunk is not a plain change: what to look up before [`admit`].
#[must_use]
pub fn hashes(batch: &[Bytes]) -> Vec<Option<ChangeHash>> {
    batch.iter().map(|bytes| chunk::open(&bytes.0).ok().map(|(hash, _)| hash)).collect()
}

/// What a change says, for a person who has to decide about it. Nothing of it is let in by this: it is looked at and
/// decoded as carefully, but whose it is and whether it fits are not judged. Empty where it does not read.
#[must_use]
pub fn said(document: &RouteDocument, bytes: &Bytes) -> Vec<RawFact> {
    let read = || {
        let (hash, body) = chunk::open(&bytes.0).ok().filter(|_| bytes.0.len() <= caps::MAX_CHANGE_BYTES)?;
        chunk::look_at(body).ok()?;
        let (_, expanded) = operations::decode(&bytes.0, hash).ok()?;
        operations::facts_made(&expanded, &document.facts_object().ok()?).ok()
    };
    read().unwrap_or_default()
}

/// A change as what it adds and builds on, to be encoded again ([`super::reencode`]) where something before it was left
/// out. Judged it is once it is encoded anew. `None` where it does not read.
#[must_use]
pub fn act(document: &RouteDocument, bytes: &Bytes) -> Option<UnsentAct> {
    let (hash, body) = chunk::open(&bytes.0).ok().filter(|_| bytes.0.len() <= caps::MAX_CHANGE_BYTES)?;
    chunk::look_at(body).ok()?;
    let (change, _) = operations::decode(&bytes.0, hash).ok()?;
    let facts = said(document, bytes).iter().filter_map(|raw| raw.read().ok()).collect();
    Some(UnsentAct { hash, facts, deps: change.deps().to_vec() })
}

/// A change's number among those of its actor, where it reads: changes of one tablet go in in this order.
#[must_use]
pub fn place_of(bytes: &Bytes) -> Option<u64> {
    let (_, body) = chunk::open(&bytes.0).ok().filter(|_| bytes.0.len() <= caps::MAX_CHANGE_BYTES)?;
    Some(chunk::look_at(body).ok()?.seq)
}

/// Why a change can't go in: a code, and a sentence for the crew that says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    code: RefusalCode,
    detail: Cow<'static, str>,
}

impl Fault {
    fn new(code: RefusalCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into() }
    }

    fn refusal(self, hash: Option<ChangeHash>, facts: Vec<FactId>) -> Refusal {
        let hash = Bytes(hash.map(|hash| hash.0.to_vec()).unwrap_or_default());
        Refusal { hash, facts, code: self.code, detail: self.detail.into_owned() }
    }
}

struct Judge<'a> {
    context: &'a GateContext<'a>,
    places: Places<'a>,
    authority: Authority<'a>,
    operations: usize,
    admitted: Vec<AdmittedChange>,
    already: Vec<ChangeHash>,
    refusals: Vec<Refusal>,
}

impl<'a> Judge<'a> {
    fn new(context: &'a GateContext<'a>) -> Self {
        Self {
            context,
            places: Places::new(context.document.clocks(), context.actor),
            authority: Authority::new(context),
            operations: 0,
            admitted: Vec::new(),
            already: Vec::new(),
            refusals: Vec::new(),
        }
    }

    fn refused(self) -> Refused {
        Refused { refusals: self.refusals, already: self.already }
    }

    fn judge(&mut self, bytes: &[u8]) {
        let (hash, body) = match chunk::open(bytes) {
            Ok(opened) => opened,
            Err(fault) => return self.refusals.push(fault.refusal(None, Vec::new())),
        };
        if self.context.document.clocks().contains(&hash) || (self.context.already_stored)(&hash) {
            self.already.push(hash);
        } else if !self.places.has_passed(&hash)
            && let Err((fault, facts)) = self.judge_new(bytes, body, hash)
        {
            self.refusals.push(fault.refusal(Some(hash), facts));
        }
    }

    /// Judges a change that is not stored. The error names its facts as far as they could be read.
    fn judge_new(&mut self, bytes: &[u8], body: &[u8], hash: ChangeHash) -> Result<(), (Fault, Vec<FactId>)> {
        let decoded = self.look_and_count(bytes, body).and_then(|()| operations::decode(bytes, hash));
        let (change, expanded) = decoded.map_err(|fault| {
            self.places.pass_undecoded(hash);
            (fault, Vec::new())
        })?;
        let standing = self.places.stand(&change);
        let made = self.context.document.facts_object().map_err(|lacks| {
            Fault::new(RefusalCode::ForbiddenOperation, format!("The route can't take facts: {lacks}."))
        });
        let made = made.and_then(|facts| operations::facts_made(&expanded, &facts));
        let ids: Vec<FactId> = made.iter().flatten().map(|raw| raw.id.clone()).collect();
        // The facts are judged in any case: a change that has to be encoded again must not come back only to be told
        // what could have been said now.
        let facts = made.and_then(|made| self.authority.judge(made));

        let verdict = match (standing, facts) {
            (_, Err(fault)) if fault.code.is_about_the_fact() => Err(fault),
            (Err(fault), _) | (_, Err(fault)) => Err(fault),
            (Ok(Standing::WaitsOn(refused)), Ok(_)) => {
                self.places.pass(&change, Some(refused));
                let fault = Fault::new(
                    RefusalCode::MissingDependency,
                    format!(
                        "Nothing is wrong with it, but it builds on change {refused}, which was refused: encode it again."
                    ),
                );
                return Err((fault, ids));
            }
            (Ok(Standing::Fits), Ok(facts)) => Ok(facts),
        };
        self.places.pass(&change, verdict.is_err().then_some(hash));
        let facts = verdict.map_err(|fault| (fault, ids))?;
        self.admitted.push(AdmittedChange { change, facts });
        Ok(())
    }

    fn look_and_count(&mut self, bytes: &[u8], body: &[u8]) -> Result<(), Fault> {
        if bytes.len() > caps::MAX_CHANGE_BYTES {
            return Err(Fault::new(
                RefusalCode::TooLarge,
                "It is larger than 64 KB: record it again in smaller saves.",
            ));
        }
        let chunk = chunk::look_at(body)?;
        self.operations += chunk.rows;
        if self.operations > caps::MAX_OPERATIONS_PER_BATCH {
            return Err(Fault::new(RefusalCode::TooLarge, "Too much at once: send the changes before this one first."));
        }
        Ok(())
    }
}
