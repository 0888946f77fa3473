//! Where a change stands among the others: its actor, sequence, dependencies and operation numbers.

use super::Fault;
use crate::{
    route_document::ChangeClocks,
    sync::wire::RefusalCode::{BadChunk, DuplicateSeq, MissingDependency, WrongActor},
};
use automerge::{ActorId, Change, ChangeHash};
use std::collections::HashMap;

/// A change of this batch that was looked at.
#[derive(Debug, Clone, Copy)]
struct Passed {
    /// Its greatest operation number; unknown where it could not be decoded.
    max_op: Option<u64>,
    /// The refused change that keeps it from being stored: itself, or one that it builds on.
    blocked_by: Option<ChangeHash>,
}

/// The changes of a batch in their order, on top of a document.
pub(super) struct Places<'a> {
    clocks: &'a ChangeClocks,
    actor: &'a ActorId,
    passed: HashMap<ChangeHash, Passed>,
    /// Last sequence number of the actor and the change that has it; unknown after one that could not be decoded.
    last: Option<(u64, Option<ChangeHash>)>,
}

/// How a change stands.
#[derive(Debug)]
pub(super) enum Standing {
    /// On what the server has or is about to store.
    Fits,
    /// On a change that was refused in this batch.
    WaitsOn(ChangeHash),
}

impl<'a> Places<'a> {
    pub(super) fn new(clocks: &'a ChangeClocks, actor: &'a ActorId) -> Self {
        let last = Some((clocks.last_seq(actor), clocks.last_of(actor)));
        Self { clocks, actor, passed: HashMap::new(), last }
    }

    /// Whether the batch has had this change before.
    pub(super) fn has_passed(&self, change: &ChangeHash) -> bool {
        self.passed.contains_key(change)
    }

    /// Notes a change that could not be decoded, so that its successors are known to wait on it.
    pub(super) fn pass_undecoded(&mut self, hash: ChangeHash) {
        self.passed.insert(hash, Passed { max_op: None, blocked_by: Some(hash) });
        self.last = None;
    }

    /// Notes a decoded change. Successors are judged as if it were there, so that one pass finds every fault.
    pub(super) fn pass(&mut self, change: &Change, blocked_by: Option<ChangeHash>) {
        self.passed.insert(change.hash(), Passed { max_op: Some(change.max_op()), blocked_by });
        let goes_on = self.last.is_none_or(|(last, _)| change.seq() == last + 1);
        if change.actor_id() == self.actor && goes_on {
            self.last = Some((change.seq(), Some(change.hash())));
        }
    }

    /// Judges a change against the document and what passed before it.
    pub(super) fn stand(&self, change: &Change) -> Result<Standing, Fault> {
        if change.actor_id() != self.actor {
            return Err(Fault::new(
                WrongActor,
                "It was not written by the actor that this tablet was given for this route: encode it again.",
            ));
        }
        let dependencies = self.look_up_dependencies(change);
        let waits = matches!(dependencies, Ok((Some(_), _)));
        self.check_sequence(change, waits)?;
        let (waits_on, max_op) = dependencies?;
        // Behind a change that could not be decoded nobody knows where the numbers go on.
        if let Some(max_op) = max_op
            && change.start_op().get() != max_op + 1
        {
            return Err(Fault::new(
                BadChunk,
                "Its operation numbers do not go on from what it builds on: encode it again.",
            ));
        }
        Ok(waits_on.map_or(Standing::Fits, Standing::WaitsOn))
    }

    fn check_sequence(&self, change: &Change, waits: bool) -> Result<(), Fault> {
        let Some((last, before)) = self.last else { return Ok(()) };
        if change.seq() <= last {
            return Err(Fault::new(
                DuplicateSeq,
                format!(
                    "It is number {} of this tablet, and the server already has another change of that number (this \
                     happens after a backup was restored): encode it again.",
                    change.seq()
                ),
            ));
        }
        if waits {
            // It goes on from a refused change, whatever that one's number was.
            return Ok(());
        }
        if change.seq() > last + 1 {
            return Err(Fault::new(
                MissingDependency,
                format!(
                    "It is number {} of this tablet, and the server has {last}: send those between first.",
                    change.seq()
                ),
            ));
        }
        let builds_on = |before: ChangeHash| change.deps().iter().any(|dep| self.clocks.knows(dep, &before));
        if let Some(before) = before
            && !change.deps().contains(&before)
            && !builds_on(before)
        {
            return Err(Fault::new(
                MissingDependency,
                "It does not build on what this tablet saved before it: encode it again.",
            ));
        }
        Ok(())
    }

    /// What it waits on, and the greatest operation number of its dependencies where that is known.
    fn look_up_dependencies(&self, change: &Change) -> Result<(Option<ChangeHash>, Option<u64>), Fault> {
        if change.deps().is_empty() {
            return Err(Fault::new(MissingDependency, "It builds on nothing, not even the route: encode it again."));
        }
        let (mut waits_on, mut max_op) = (None, Some(0));
        for dep in change.deps() {
            let their_max_op = if let Some(theirs) = self.clocks.max_op_of(dep) {
                Some(theirs)
            } else if let Some(passed) = self.passed.get(dep) {
                waits_on = waits_on.or(passed.blocked_by);
                passed.max_op
            } else {
                return Err(Fault::new(
                    MissingDependency,
                    format!("It builds on change {dep}, which the server does not have: send that one first."),
                ));
            };
            max_op = max_op.zip(their_max_op).map(|(a, b)| a.max(b));
        }
        Ok((waits_on, max_op))
    }
}
