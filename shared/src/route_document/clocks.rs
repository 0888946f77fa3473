//! What each change knew: an actor-to-sequence clock a change, so that "was this among that one's ancestors?" is two
//! look-ups and not a walk of the graph.

use automerge::{ActorId, Automerge, Change, ChangeHash};
use std::collections::HashMap;

/// How two changes stand to each other, seen from the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Knew {
    /// The first had the other among its ancestors: it knew it.
    Known,
    /// The other had the first among its ancestors: it was made because of it, or at least after it.
    Caused,
    /// Neither knew the other.
    Neither,
}

#[derive(Debug, Clone)]
struct Node {
    actor: usize,
    seq: u64,
    /// Greatest sequence number of each actor among the ancestors and the change itself; missing entries are zero.
    clock: Vec<u64>,
}

/// Where a change stands.
struct Place<'a> {
    hash: ChangeHash,
    actor: &'a ActorId,
    seq: u64,
    start_op: u64,
    max_op: u64,
    deps: &'a [ChangeHash],
}

/// The clocks of all changes of one document.
#[derive(Debug, Clone, Default)]
pub struct ChangeClocks {
    actors: Vec<ActorId>,
    nodes: HashMap<ChangeHash, Node>,
    last: HashMap<ActorId, (u64, ChangeHash)>,
    max_ops: HashMap<ChangeHash, u64>,
    max_op: u64,
    operations: u64,
}

impl ChangeClocks {
    /// The clocks of a document's changes, without encoding any of them.
    #[must_use]
    pub fn of(document: &Automerge) -> Self {
        let mut clocks = Self::default();
        // Metadata come in causal order, as changes do.
        for meta in document.get_changes_meta(&[]) {
            clocks.add(&Place {
                hash: meta.hash,
                actor: &meta.actor,
                seq: meta.seq,
                start_op: meta.start_op,
                max_op: meta.max_op,
                deps: &meta.deps,
            });
        }
        clocks
    }

    /// Adds changes in causal order. Changes whose dependencies are not here yet must not be passed.
    pub fn extend(&mut self, changes: &[Change]) {
        for change in changes {
            self.add(&Place {
                hash: change.hash(),
                actor: change.actor_id(),
                seq: change.seq(),
                start_op: change.start_op().get(),
                max_op: change.max_op(),
                deps: change.deps(),
            });
        }
    }

    fn add(&mut self, change: &Place<'_>) {
        if self.nodes.contains_key(&change.hash) {
            return;
        }
        let actor = self.actors.iter().position(|known| known == change.actor).unwrap_or_else(|| {
            self.actors.push(change.actor.clone());
            self.actors.len() - 1
        });
        let mut clock = vec![0; self.actors.len()];
        for dep in change.deps {
            if let Some(node) = self.nodes.get(dep) {
                for (mine, theirs) in clock.iter_mut().zip(&node.clock) {
                    *mine = (*mine).max(*theirs);
                }
            }
        }
        clock[actor] = change.seq;
        self.nodes.insert(change.hash, Node { actor, seq: change.seq, clock });
        self.max_ops.insert(change.hash, change.max_op);
        self.max_op = self.max_op.max(change.max_op);
        self.operations += (change.max_op + 1).saturating_sub(change.start_op);
        let last = self.last.entry(change.actor.clone()).or_insert((0, change.hash));
        if change.seq > last.0 {
            *last = (change.seq, change.hash);
        }
    }

    /// Whether a change is here.
    #[must_use]
    pub fn contains(&self, change: &ChangeHash) -> bool {
        self.nodes.contains_key(change)
    }

    /// How many changes are here.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// How many operations they have together.
    #[must_use]
    pub const fn operations(&self) -> u64 {
        self.operations
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Whether `ancestor` is among the ancestors of `change`, or the change itself.
    #[must_use]
    pub fn knows(&self, change: &ChangeHash, ancestor: &ChangeHash) -> bool {
        match (self.nodes.get(change), self.nodes.get(ancestor)) {
            (Some(change), Some(ancestor)) => change.clock.get(ancestor.actor).copied().unwrap_or(0) >= ancestor.seq,
            _ => false,
        }
    }

    /// How `change` stands to `other`.
    #[must_use]
    pub fn knew(&self, change: &ChangeHash, other: &ChangeHash) -> Knew {
        if self.knows(change, other) {
            Knew::Known
        } else if self.knows(other, change) {
            Knew::Caused
        } else {
            Knew::Neither
        }
    }

    /// The last change of an actor, where it has one.
    #[must_use]
    pub fn last_of(&self, actor: &ActorId) -> Option<ChangeHash> {
        self.last.get(actor).map(|(_, hash)| *hash)
    }

    /// The last sequence number of an actor; 0 where it has written nothing.
    #[must_use]
    pub fn last_seq(&self, actor: &ActorId) -> u64 {
        self.last.get(actor).map_or(0, |(seq, _)| *seq)
    }

    /// The greatest operation number of a change, where it is here.
    #[must_use]
    pub fn max_op_of(&self, change: &ChangeHash) -> Option<u64> {
        self.max_ops.get(change).copied()
    }

    /// The greatest operation number of all.
    #[must_use]
    pub const fn max_op(&self) -> u64 {
        self.max_op
    }

    /// Those of the given changes that none of the others knows, sorted, each once: the heads that say the same.
    #[must_use]
    pub fn maximal(&self, mut changes: Vec<ChangeHash>) -> Vec<ChangeHash> {
        changes.sort_unstable();
        changes.dedup();
        let all = changes.clone();
        changes.retain(|change| !all.iter().any(|other| other != change && self.knows(other, change)));
        changes
    }
}
