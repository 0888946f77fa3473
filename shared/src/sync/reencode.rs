//! Encoding honest work again after a refusal, so that refusing loses nothing.
//!
//! A change names the hashes of those it builds on, so one that is refused blocks all after it. The tablet then makes
//! the honest ones anew: under a fresh actor, with new sequence and operation numbers, the **same fact ids**, and **on
//! the original dependencies**. On the newest heads a cut would seem to have known of a release that arrived after it.

use crate::{
    facts::{Fact, FieldValue},
    ordered::Set,
    route_document::{DocumentError, RouteDocument},
};
use automerge::{
    ActorId, Change, ChangeHash, ExpandedChange, ObjId, ObjType, ScalarValue,
    legacy::{Key, ObjectId, Op, OpId, OpType, SortedVec},
};
use std::{collections::HashMap, num::NonZeroU64};

/// One thing that somebody saved and that has no receipt yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsentAct {
    /// The change as it was encoded first.
    pub hash: ChangeHash,
    /// Its facts.
    pub facts: Vec<Fact>,
    /// What it was made on, as it was encoded first.
    pub deps: Vec<ChangeHash>,
}

/// Encodes the unsent acts again, in the order given (the order in which they were saved), into a document that holds
/// none of them, and returns their new changes.
///
/// `unsent` holds the refused acts too, since those after them are put on what these were made on; `refused` says
/// which they are. Facts that are in the document already are left out, and an act of which nothing is left is not
/// made. A dependency that neither the document nor `unsent` knows (a server restored from a backup) is left out too.
///
/// # Errors
/// [`DocumentError`] where the document is not a route document, or automerge refuses a change.
pub fn reencode(
    document: &mut RouteDocument,
    unsent: &[UnsentAct],
    refused: &Set<ChangeHash>,
    fresh_actor: &ActorId,
) -> Result<Vec<Change>, DocumentError> {
    let mut instead: HashMap<ChangeHash, Vec<ChangeHash>> = HashMap::new();
    let mut changes = Vec::new();
    for act in unsent {
        let mut deps = Vec::new();
        for dep in &act.deps {
            match instead.get(dep) {
                Some(others) => deps.extend_from_slice(others),
                None if document.clocks().contains(dep) => deps.push(*dep),
                None => {}
            }
        }
        if document.clocks().contains(&act.hash) {
            instead.insert(act.hash, vec![act.hash]);
            continue;
        }
        let mut coming = Set::new();
        let missing: Vec<&Fact> = act
            .facts
            .iter()
            .filter(|fact| !refused.contains(&act.hash) && !document.has_fact(&fact.id))
            .filter(|fact| coming.insert(&fact.id))
            .collect();
        if missing.is_empty() {
            // What was made on this act is now made on the changes that hold its facts, or on what it was made on.
            let holders = act.facts.iter().filter_map(|fact| document.fact(&fact.id)).map(|stored| stored.change);
            deps.extend(holders);
            instead.insert(act.hash, document.clocks().maximal(deps));
            continue;
        }
        let change = encode(document, fresh_actor, deps, &missing)?;
        instead.insert(act.hash, vec![change.hash()]);
        document.apply(vec![change.clone()])?;
        changes.push(change);
    }
    Ok(changes)
}

/// The change that adds facts on the given dependencies and the actor's own last change, without a fork of the
/// document at those heads: what a change that only adds facts looks like is known exactly.
fn encode(
    document: &RouteDocument,
    actor: &ActorId,
    mut deps: Vec<ChangeHash>,
    facts: &[&Fact],
) -> Result<Change, DocumentError> {
    let container = document.facts_object()?;
    let clocks = document.clocks();
    deps.extend(clocks.last_of(actor));
    if deps.is_empty() {
        // Nothing that it was made on is known any more; the place for facts is.
        deps.extend(document.change_of(&container));
    }
    let deps = clocks.maximal(deps);
    let start_op = 1 + deps.iter().filter_map(|dep| clocks.max_op_of(dep)).max().unwrap_or(0);
    let ObjId::Id(counter, maker, _) = &container else { return Err(DocumentError::Missing("facts")) };

    let mut operations = Vec::new();
    let mut next = start_op;
    let put = |obj: OpId, key: &str, action: OpType| Op {
        action,
        obj: ObjectId::Id(obj),
        key: Key::Map(key.into()),
        pred: SortedVec::new(),
        insert: false,
    };
    for fact in facts {
        let raw = fact.raw();
        let map = OpId::new(next, actor);
        operations.push(put(OpId::new(*counter, maker), raw.id.as_str(), OpType::Make(ObjType::Map)));
        for (name, value) in raw.fields {
            operations.push(put(map.clone(), &name, OpType::Put(scalar(value))));
        }
        next = start_op + operations.len() as u64;
    }
    Ok(Change::from(ExpandedChange {
        operations,
        actor_id: actor.clone(),
        hash: None,
        seq: clocks.last_seq(actor) + 1,
        start_op: NonZeroU64::new(start_op).unwrap_or(NonZeroU64::MIN),
        time: 0,
        message: None,
        deps,
        extra_bytes: Vec::new(),
        author: None,
    }))
}

fn scalar(value: FieldValue) -> ScalarValue {
    match value {
        FieldValue::Bool(value) => ScalarValue::Boolean(value),
        FieldValue::Int(value) => ScalarValue::Int(value),
        FieldValue::Text(value) => ScalarValue::Str(value.into()),
        FieldValue::Bytes(value) => ScalarValue::Bytes(value.0),
    }
}
