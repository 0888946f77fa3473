//! Decoding: what does not come out again as the very bytes that came in.

use super::*;
use crate::parts::{Parts, run};

#[test]
fn a_change_that_is_spelt_otherwise_than_the_app_spells_it_is_undecodable() {
    // Seen: it applies, and the route that holds it no longer loads after it was saved.
    let mut day = Day::begins();
    let honest = day.crew_saves(&turn_off(100));
    let operations = i64::try_from(honest.len()).unwrap();
    let mut parts = Parts::of(honest.raw_bytes());
    let (_, predecessors) = parts.columns.last_mut().unwrap();
    assert_eq!(*predecessors, run(operations, &[0]), "no operation has one");
    *predecessors = [run(2, &[0]), run(operations - 2, &[0])].concat();
    let (code, detail, _) = only(day.gate_says(&[Bytes(parts.chunk())]));
    assert_eq!(code, RefusalCode::Undecodable);
    assert!(!code.is_about_the_fact(), "the tablet encodes it again by itself");
    assert!(detail.contains("encode it again"), "{detail}");
}
