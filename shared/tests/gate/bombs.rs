//! Changes of a handful of bytes that claim to be enormous.

use super::parts::{Parts, put, put_signed, run};
use automerge::Change;

/// An honest change whose last operation claims 2^24 predecessors, in a handful of bytes.
pub fn many_predecessors(honest: &[u8]) -> Vec<u8> {
    const CLAIMED: i64 = 1 << 24;
    let mut parts = Parts::of(honest);
    let rows = Change::try_from(honest).unwrap().len();
    let pred = parts.columns.last_mut().unwrap();
    pred.1 = run(i64::try_from(rows).unwrap() - 1, &[0]);
    put_signed(&mut pred.1, -1);
    put(&mut pred.1, CLAIMED.unsigned_abs());
    parts.columns.push((0x71, run(CLAIMED, &[0])));
    parts.columns.push((0x73, run(CLAIMED, &[1])));
    parts.chunk()
}

/// A change of 2^22 operations that are all the same, in a handful of bytes.
pub fn many_operations(honest: &[u8]) -> Vec<u8> {
    const CLAIMED: i64 = 1 << 22;
    let mut parts = Parts::of(honest);
    let values: [&[u8]; 8] = [&[1], &[3], b"\x02at", &[], &[1], &[1], &[], &[0]];
    for ((_, column), value) in parts.columns.iter_mut().zip(values) {
        *column = run(CLAIMED, value);
    }
    let mut insert = Vec::new();
    put(&mut insert, CLAIMED.unsigned_abs());
    parts.columns[3].1 = insert;
    parts.columns.remove(6);
    parts.chunk()
}
