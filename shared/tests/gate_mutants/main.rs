//! Mutants of honest changes: none makes the gate panic, none that it admits spoils the route document.
//!
//! 100,000 in an ordinary run; `CURBSTOP_MUTANTS=1000000` for a long one. The same seed gives the same mutants.

#![expect(clippy::unwrap_used, reason = "a test stops at what should not be")]

#[path = "../gate/day.rs"]
#[expect(dead_code, reason = "shared with the other tests of the gate, which use more of it")]
mod day;
#[path = "../gate/parts.rs"]
mod parts;

use automerge::{
    Automerge, Change, ChangeHash, ObjType, ROOT, ReadDoc, ScalarValue,
    legacy::{Key, ObjectId, OpId, OpType, SortedVec},
};
use curbstop_shared::sync::{gate::AdmittedChange, wire::Bytes};
use day::*;
use parts::Parts;
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicUsize, Ordering},
};

const MUTANTS: usize = 100_000;

static PANICS: AtomicUsize = AtomicUsize::new(0);

#[test]
fn no_mutant_panics_and_none_that_is_admitted_spoils_the_route() {
    // Those that the gate catches itself count too: the look at the bytes should leave nothing to catch.
    std::panic::set_hook(Box::new(|what| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        eprintln!("{what}");
    }));
    let mutants = std::env::var("CURBSTOP_MUTANTS").ok().and_then(|n| n.parse().ok()).unwrap_or(MUTANTS);
    let mut chance = ChaCha8Rng::seed_from_u64(0x6375_7262);
    let (day, honest) = a_day_with_honest_changes();
    let server = Automerge::load(&day.server.save()).unwrap();
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for number in 0..mutants {
        let mutant = mutant_of(honest.choose(&mut chance).unwrap(), &mut chance);
        let verdict = catch_unwind(AssertUnwindSafe(|| day.gate_says(&[Bytes(mutant.clone())])));
        let Ok(verdict) = verdict else { panic!("mutant {number} made the gate panic: {mutant:02x?}") };
        let outcome = match verdict {
            Ok(admitted) => {
                if admitted.changes.is_empty() {
                    "already"
                } else {
                    store(&server, &admitted.changes, &mutant)
                }
            }
            Err(refused) => refused.refusals[0].code.code(),
        };
        *outcomes.entry(outcome.to_owned()).or_default() += 1;
    }
    println!("{outcomes:#?}");
    assert_eq!(PANICS.load(Ordering::Relaxed), 0, "something panicked on the way");
    assert!(outcomes["admitted"] > 100, "mutants that say another honest thing are admitted: {outcomes:?}");
    for code in ["bad_chunk", "expands", "wrong_actor", "missing_dependency", "forbidden_operation", "bad_fact"] {
        assert!(outcomes.get(code).is_some_and(|count| *count > 20), "too few mutants reach `{code}`: {outcomes:?}");
    }
}

/// An admitted change must apply, and the route must load again after it was saved, with the same heads and one more
/// entry for each fact. Done with automerge alone, since it is done thousands of times.
fn store(server: &Automerge, admitted: &[AdmittedChange], mutant: &[u8]) -> &'static str {
    let mut stored = server.clone();
    stored
        .apply_changes(admitted.iter().map(|admitted| admitted.change.clone()))
        .unwrap_or_else(|bad| panic!("admitted, but does not apply: {bad}: {mutant:02x?}"));
    assert!(stored.get_missing_deps(&[]).is_empty(), "admitted, but waits for something: {mutant:02x?}");
    let loaded = Automerge::load(&stored.save())
        .unwrap_or_else(|bad| panic!("admitted, but the saved route does not load: {bad}: {mutant:02x?}"));
    assert_eq!(loaded.get_heads(), stored.get_heads(), "{mutant:02x?}");
    let facts: usize = admitted.iter().map(|admitted| admitted.facts.len()).sum();
    for doc in [&stored, &loaded] {
        assert_eq!(count_facts(doc), count_facts(server) + facts, "{mutant:02x?}");
    }
    "admitted"
}

fn count_facts(doc: &Automerge) -> usize {
    let (_, facts) = doc.get(ROOT, "facts").unwrap().unwrap();
    doc.length(facts)
}

fn a_day_with_honest_changes() -> (Day, Vec<Vec<u8>>) {
    let mut day = Day::begins();
    let opened = day.tablet.heads();
    let office = day.server.add_facts_now(&server_actor(), &[note(900, "called, pays at noon")]).unwrap();
    day.tablet.apply(vec![office]).unwrap();
    let morning = [day.crew_saves_at(&opened, &turn_off(100))];
    day.sends(&morning).unwrap();
    let mut honest = Vec::new();
    let saves = [
        turn_off(300),
        vec![note(400, "gate code 4411")],
        vec![visit(500)],
        vec![note(600, "dog"), note(601, &"long words ".repeat(30))],
    ];
    for facts in saves {
        for heads in [opened.clone(), day.tablet.heads()] {
            let mut tablet = day.tablet.clone();
            let change = tablet.add_facts(&tablet_actor(), &heads, &facts).unwrap();
            day.gate_says(&raw(std::slice::from_ref(&change))).unwrap();
            honest.push(change.raw_bytes().to_vec());
        }
    }
    (day, honest)
}

fn mutant_of(honest: &[u8], chance: &mut ChaCha8Rng) -> Vec<u8> {
    match chance.random_range(0..10) {
        0 => mutate_bytes(honest.to_vec(), chance),
        1..=3 => parts::sealed(1, &mutate_bytes(parts::body(honest).to_vec(), chance)),
        4..=7 => mutate_parts(Parts::of(honest), chance),
        _ => mutate_operations(honest, chance),
    }
}

fn mutate_bytes(mut bytes: Vec<u8>, chance: &mut ChaCha8Rng) -> Vec<u8> {
    for _ in 0..chance.random_range(1..4) {
        let at = chance.random_range(0..bytes.len().max(1)).min(bytes.len().saturating_sub(1));
        match chance.random_range(0..6) {
            _ if bytes.is_empty() => bytes.push(chance.random()),
            0 | 1 => bytes[at] ^= 1 << chance.random_range(0..8),
            2 => bytes.insert(at, chance.random()),
            3 => {
                bytes.remove(at);
            }
            4 if chance.random_ratio(1, 8) => bytes.truncate(at),
            4 => bytes[at] = *[0, 1, 0x7f, 0x80, 0xff].choose(chance).unwrap(),
            _ => {
                let end = (at + chance.random_range(1..20)).min(bytes.len());
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
        }
    }
    bytes
}

fn number(near: u64, chance: &mut ChaCha8Rng) -> u64 {
    match chance.random_range(0..5) {
        0 => near.wrapping_add(1),
        1 => near.wrapping_sub(1),
        2 => chance.random_range(0..300),
        3 => u64::from(u32::MAX) - chance.random_range(0..1000),
        _ => chance.random(),
    }
}

fn mutate_parts(mut parts: Parts, chance: &mut ChaCha8Rng) -> Vec<u8> {
    match chance.random_range(0..14) {
        0 => parts.seq = number(parts.seq, chance),
        1 => parts.start_op = number(parts.start_op, chance),
        2 => parts.time = i64::from_ne_bytes(number(0, chance).to_ne_bytes()),
        3 => parts.message = mutate_bytes(parts.message, chance),
        4 => parts.actor = mutate_bytes(parts.actor, chance),
        5 => match chance.random_range(0..3) {
            0 => parts.others.push(parts.actor.clone()),
            1 => parts.others.clear(),
            _ => parts.others = vec![mutate_bytes(parts.actor.clone(), chance)],
        },
        6 => match chance.random_range(0..4) {
            0 => parts.deps.push(vec![chance.random(); 32]),
            1 => parts.deps.reverse(),
            2 => parts.deps.extend(parts.deps.clone()),
            _ => parts.deps.clear(),
        },
        7 => parts.extra = mutate_bytes(Vec::new(), chance),
        8 => {
            let at = chance.random_range(0..parts.columns.len());
            parts.columns[at].0 = number(parts.columns[at].0, chance) & 0xfff;
        }
        9 => {
            let (a, b) = (chance.random_range(0..parts.columns.len()), chance.random_range(0..parts.columns.len()));
            parts.columns.swap(a, b);
        }
        10 => {
            // A run that stands for more than it has.
            let at = chance.random_range(0..parts.columns.len());
            let times = i64::from(chance.random::<i32>()).abs() + 1;
            let column = parts.columns[at].1.clone();
            parts.columns[at].1 = parts::run(times, &column[column.len().min(1)..]);
        }
        _ => {
            let at = chance.random_range(0..parts.columns.len());
            parts.columns[at].1 = mutate_bytes(parts.columns[at].1.clone(), chance);
        }
    }
    parts.chunk()
}

/// Well encoded, but saying something else.
fn mutate_operations(honest: &[u8], chance: &mut ChaCha8Rng) -> Vec<u8> {
    let mut change = Change::try_from(honest).unwrap().decode();
    let count = change.operations.len();
    let (at, other) = (chance.random_range(0..count), chance.random_range(0..count));
    let op = &mut change.operations[at];
    match chance.random_range(0..10) {
        0 => {
            let names: [&str; 7] = ["v", "at", "kind", "", "visit", "\u{0}", "digits"];
            op.key = Key::Map(names[chance.random_range(0..names.len())].into());
        }
        1 => {
            let values = [
                ScalarValue::Int(chance.random()),
                ScalarValue::Int(1),
                ScalarValue::Str("restored".into()),
                ScalarValue::Str(chance.random_range('\u{1}'..'\u{ffff}').to_string().repeat(40).into()),
                ScalarValue::Boolean(true),
                ScalarValue::Bytes(vec![7; 80]),
                ScalarValue::F64(f64::NAN),
                ScalarValue::Null,
                ScalarValue::counter(3),
                ScalarValue::Uint(u64::MAX),
            ];
            op.action = OpType::Put(values.choose(chance).unwrap().clone());
        }
        2 => {
            let makes = [ObjType::Map, ObjType::List, ObjType::Text];
            op.action = OpType::Make(*makes.choose(chance).unwrap());
        }
        3 => op.action = [OpType::Delete, OpType::Increment(2)].choose(chance).unwrap().clone(),
        4 => op.insert = true,
        5 => op.pred = SortedVec::from(vec![OpId::new(number(3, chance) >> 33, &server_actor())]),
        6 => op.obj = ObjectId::Id(OpId::new(number(3, chance) >> 33, &tablet_actor())),
        7 => op.obj = ObjectId::Root,
        8 => change.operations.swap(at, other),
        _ => {
            let again = change.operations[other].clone();
            change.operations.insert(at, again);
        }
    }
    if chance.random_ratio(1, 10) {
        change.deps.push(ChangeHash([chance.random(); 32]));
    }
    Change::from(change).raw_bytes().to_vec()
}
