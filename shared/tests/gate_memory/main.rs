//! A request can't make the gate take much memory or time, whatever its bytes claim. In a test binary of its own,
//! since it counts what the whole process allocates.

#![expect(clippy::unwrap_used, reason = "a test stops at what should not be")]

#[path = "../gate/bombs.rs"]
mod bombs;
#[path = "../gate/day.rs"]
#[expect(dead_code, reason = "shared with the other tests of the gate, which use more of it")]
mod day;
#[path = "../gate/parts.rs"]
#[expect(dead_code, reason = "shared with the mutants, which use more of it")]
mod parts;

use automerge::Change;
use bombs::{many_operations, many_predecessors};
use curbstop_shared::sync::{
    gate::{self, caps},
    wire::{Bytes, RefusalCode},
};
use day::*;
use parts::Parts;
use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

/// What one request may allocate on top of its own bytes.
const MAX_PEAK_BYTES: usize = 16 * 1024 * 1024;

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[expect(unsafe_code, reason = "an allocator can only be counted by being one; it hands everything to the system's")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// What `work` gives, and the greatest number of bytes that it held at once.
fn peak_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = NOW.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let outcome = work();
    (outcome, PEAK.load(Ordering::Relaxed) - before)
}

/// The most operations that fit under the caps: turn-offs, a dozen in each change.
fn as_many_facts_as_the_caps_allow() -> Vec<Bytes> {
    let mut day = Day::begins();
    let mut batch = Vec::new();
    let mut operations = 0;
    for n in 1.. {
        let facts: Vec<_> = (0..12).flat_map(|m| turn_off(1_000_000 * n + 1000 * m)).collect();
        let change = day.crew_saves(&facts);
        operations += change.len();
        if operations > caps::MAX_OPERATIONS_PER_BATCH {
            break;
        }
        batch.push(Bytes(change.raw_bytes().to_vec()));
    }
    batch
}

/// The most bytes that fit into a request: notes as long as they may be.
fn as_many_bytes_as_the_caps_allow() -> Vec<Bytes> {
    let mut day = Day::begins();
    let words = "x".repeat(4096);
    (1..=caps::MAX_REQUEST_BYTES / caps::MAX_CHANGE_BYTES)
        .map(|n| {
            let facts: Vec<_> = (0..15).map(|m| note(1000 * n as u128 + m, &words)).collect();
            Bytes(day.crew_saves(&facts).raw_bytes().to_vec())
        })
        .collect()
}

// One test: another one at the same time would be counted too.
#[test]
fn no_request_takes_more_than_16_megabytes() {
    let mut day = Day::begins();
    let honest = day.crew_saves(&turn_off(100)).raw_bytes().to_vec();

    let bomb = many_predecessors(&honest);
    let (_, decoded) = peak_of(|| Change::try_from(&bomb[..]).is_ok());
    assert!(decoded > 100_000_000, "the decoder alone takes {decoded} bytes for {}: a bomb is a bomb", bomb.len());
    for bomb in [bomb, many_operations(&honest)] {
        let batch = [Bytes(bomb)];
        let (verdict, peak) = peak_of(|| day.gate_says(&batch));
        assert_eq!(codes(verdict), [RefusalCode::Expands]);
        assert!(peak < 64 * 1024, "{peak} bytes for a bomb of {}", batch[0].0.len());
        let (named, peak) = peak_of(|| gate::named_facts(&batch));
        assert!(named.is_empty() && peak < 64 * 1024, "{peak} bytes");
    }

    let mut bombs = vec![Bytes(many_operations(&honest)); caps::MAX_CHANGES_PER_BATCH];
    for (n, bomb) in bombs.iter_mut().enumerate() {
        let mut parts = Parts::of(&bomb.0);
        parts.seq = n as u64 + 1;
        bomb.0 = parts.chunk();
    }
    let (verdict, peak) = peak_of(|| day.gate_says(&bombs));
    assert_eq!(codes(verdict).len(), caps::MAX_CHANGES_PER_BATCH);
    assert!(peak < MAX_PEAK_BYTES, "{peak} bytes for 512 bombs");

    for full in [as_many_facts_as_the_caps_allow(), as_many_bytes_as_the_caps_allow()] {
        let day = Day::begins();
        let bytes: usize = full.iter().map(|change| change.0.len()).sum();
        let begun = Instant::now();
        let (verdict, peak) = peak_of(|| day.gate_says(&full));
        println!("{} changes, {bytes} bytes: {peak} bytes at most, {:?}", full.len(), begun.elapsed());
        assert_eq!(verdict.unwrap().changes.len(), full.len());
        assert!(peak < MAX_PEAK_BYTES, "{peak} bytes for a full request of {bytes}");
    }
}
