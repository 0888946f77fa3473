//! Decoding a change that looked right, and reading its operations: whole new facts and nothing else.

use super::{Fault, caps};
use crate::{
    facts::{FieldValue, RawFact},
    ids::FactId,
    ordered::Map,
    sync::wire::{
        Bytes,
        RefusalCode::{ForbiddenOperation, TooLarge, Undecodable},
    },
};
use automerge::{
    ActorId, Change, ChangeHash, ExpandedChange, ObjId, ObjType, ScalarValue,
    legacy::{Key, ObjectId, Op, OpType},
};
use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Decodes a change and encodes it again: only one that comes out as the very bytes that came in will still load
/// after the document that holds it was saved.
pub(super) fn decode(bytes: &[u8], hash: ChangeHash) -> Result<(Change, ExpandedChange), Fault> {
    let undecodable = || Fault::new(Undecodable, "It can't be decoded: it was damaged, encode it again.");
    // Automerge panics on some malformed changes; the look at the bytes should have turned all of them away.
    let decoded = catch_unwind(AssertUnwindSafe(|| {
        let change = Change::try_from(bytes).ok()?;
        let expanded = change.decode();
        let again = Change::from(expanded.clone());
        Some((change, expanded, again))
    }));
    let Ok(Some((change, expanded, again))) = decoded else { return Err(undecodable()) };
    if change.hash() != hash || again.hash() != hash || again.raw_bytes() != bytes {
        return Err(Fault::new(Undecodable, "It is not spelt as this app spells it: encode it again."));
    }
    Ok((change, expanded))
}

/// The facts that a change adds, or what else it tries to do. `facts` is the object `/facts`.
pub(super) fn facts_made(change: &ExpandedChange, facts: &ObjId) -> Result<Vec<RawFact>, Fault> {
    let ObjId::Id(facts_counter, facts_actor, _) = facts else {
        return Err(forbidden("The route has no place for facts."));
    };
    let mut made = Made { places: HashMap::new(), facts: Vec::new() };
    for (counter, op) in (change.start_op.get()..).zip(&change.operations) {
        let (Key::Map(key), false, true) = (&op.key, op.insert, op.pred.is_empty()) else {
            return Err(forbidden("It changes, deletes or inserts something: a save only adds facts."));
        };
        match (&op.obj, &op.action) {
            (ObjectId::Id(id), OpType::Make(ObjType::Map))
                if id.counter() == *facts_counter && id.actor() == facts_actor =>
            {
                made.begin(counter, key)?;
            }
            (ObjectId::Id(id), OpType::Put(value)) if id.actor() == &change.actor_id => {
                made.put(id.counter(), key, value)?;
            }
            _ => return Err(outside(op, &change.actor_id)),
        }
    }
    Ok(made.facts)
}

struct Made {
    /// Operation that made a fact's map -> its index in `facts`.
    places: HashMap<u64, usize>,
    facts: Vec<RawFact>,
}

impl Made {
    fn begin(&mut self, counter: u64, key: &str) -> Result<(), Fault> {
        let id: FactId = key.parse().map_err(|_| forbidden("It adds an entry that is not named by a fact id."))?;
        if self.facts.iter().any(|fact| fact.id == id) {
            return Err(forbidden("It adds the same fact twice: encode it again with each fact once."));
        }
        if self.facts.len() == caps::MAX_FACTS_PER_CHANGE {
            return Err(Fault::new(TooLarge, "It has more than 64 facts: record it again in smaller saves."));
        }
        self.places.insert(counter, self.facts.len());
        self.facts.push(RawFact { id, fields: Map::new() });
        Ok(())
    }

    fn put(&mut self, map: u64, field: &str, value: &ScalarValue) -> Result<(), Fault> {
        let Some(fact) = self.places.get(&map).and_then(|place| self.facts.get_mut(*place)) else {
            return Err(forbidden("It writes into a fact that was saved before: write a correction instead."));
        };
        let value = match value {
            ScalarValue::Boolean(value) => FieldValue::Bool(*value),
            ScalarValue::Int(value) => FieldValue::Int(*value),
            ScalarValue::Str(value) => FieldValue::Text(value.to_string()),
            ScalarValue::Bytes(value) => FieldValue::Bytes(Bytes(value.clone())),
            _ => return Err(forbidden("A value in it is no whole number, yes or no, text or bytes.")),
        };
        if fact.fields.len() == caps::MAX_FIELDS_PER_FACT {
            return Err(Fault::new(TooLarge, "A fact in it has more than 64 fields: update the app."));
        }
        // Two values of one field would be a conflict that every reader resolves for itself.
        if fact.fields.insert(field.to_owned(), value).is_some() {
            return Err(forbidden("It gives one field of a fact two values: encode it again."));
        }
        Ok(())
    }
}

fn outside(op: &Op, own: &ActorId) -> Fault {
    match (&op.obj, &op.action) {
        (ObjectId::Id(id), OpType::Put(_)) if id.actor() != own => {
            forbidden("It changes what the office or another crew wrote: a save only adds facts.")
        }
        (_, OpType::Make(_)) => forbidden("It makes something outside the facts: a save only adds facts."),
        _ => forbidden("It does something other than add facts: encode it again."),
    }
}

fn forbidden(detail: &'static str) -> Fault {
    Fault::new(ForbiddenOperation, detail)
}
