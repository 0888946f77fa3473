//! What the gate refuses, under which code, and what it tells the crew.

mod corrections;
mod one_pass;
mod step_1_and_2;
mod step_3;
mod step_4;
mod step_5;
mod step_6;

use crate::day::*;
use automerge::{
    ActorId, AutoCommit, Change, ExpandedChange, ObjType, ROOT, ReadDoc, ScalarValue,
    legacy::{Key, ObjectId, Op, OpId, OpType, SortedVec},
    transaction::Transactable,
};
use curbstop_shared::{
    facts::*,
    ids::{FactId, OrderId, PersonId},
    route_document::RouteDocument,
    sync::{
        gate::{Refused, caps},
        wire::{Bytes, RefusalCode},
    },
    vocabulary::*,
};
use std::num::NonZeroU64;
use uuid::Uuid;

/// The only refusal of a batch.
fn only(outcome: Result<curbstop_shared::sync::gate::Admitted, Refused>) -> (RefusalCode, String, Vec<FactId>) {
    let mut refusals = outcome.unwrap_err().refusals;
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    let refusal = refusals.remove(0);
    (refusal.code, refusal.detail, refusal.facts)
}

/// What the gate says to one change with these facts.
fn facts_refused(facts: &[Fact]) -> (RefusalCode, String) {
    let mut day = Day::begins();
    let change = day.crew_saves(facts);
    let (code, detail, ids) = only(day.gate_says(&raw(&[change])));
    let mut expected: Vec<_> = facts.iter().map(|fact| fact.id.clone()).collect();
    expected.sort();
    let mut named = ids;
    named.sort();
    assert_eq!(named, expected, "the refusal names the facts");
    (code, detail)
}

/// An honest change with something done to it before it was encoded.
fn forged(forge: impl FnOnce(&mut ExpandedChange)) -> (Day, Bytes) {
    let mut day = Day::begins();
    let mut expanded = day.crew_saves(&turn_off(100)).decode();
    forge(&mut expanded);
    let change = Change::from(expanded);
    (day, Bytes(change.raw_bytes().to_vec()))
}

fn forged_refused(forge: impl FnOnce(&mut ExpandedChange)) -> (RefusalCode, String) {
    let (day, change) = forged(forge);
    let (code, detail, _) = only(day.gate_says(&[change]));
    (code, detail)
}
