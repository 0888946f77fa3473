//! One pass names every fault.

use super::*;

#[test]
fn one_pass_finds_every_fault_and_says_what_only_waits() {
    let mut day = Day::begins();
    let mut bad = visit(200);
    bad.header.as_mut().unwrap().order = OrderId(Uuid::from_u128(77));
    let batch = [
        day.crew_saves(&turn_off(100)),
        day.crew_saves(&[bad]),
        day.crew_saves(&turn_off(300)),
        day.crew_saves(&[note(400, " ")]),
        day.crew_saves(&[note(500, "gate code 4411")]),
    ];
    let refused = day.gate_says(&raw(&batch)).unwrap_err();
    let said: Vec<_> = refused.refusals.iter().map(|refusal| (refusal.hash.0.clone(), refusal.code)).collect();
    let hash = |n: usize| batch[n].hash().0.to_vec();
    assert_eq!(
        said,
        [
            (hash(1), RefusalCode::ForeignOrder),
            (hash(2), RefusalCode::MissingDependency),
            (hash(3), RefusalCode::BadFact),
            (hash(4), RefusalCode::MissingDependency),
        ],
        "the first change is honest and waits for nobody: it is not named, and not stored either"
    );
    let waits = &refused.refusals[1];
    assert!(waits.detail.contains(&batch[1].hash().to_string()), "{}", waits.detail);
    assert_eq!(waits.facts.len(), 5);
}

#[test]
fn facts_of_a_visit_that_was_refused_are_refused_with_it_in_the_same_pass() {
    let mut day = Day::begins();
    let mut bad = visit(100);
    bad.header.as_mut().unwrap().by = None;
    let batch = [day.crew_saves(&[bad]), day.crew_saves(&turn_off(100)[3..])];
    let refused = day.gate_says(&raw(&batch)).unwrap_err();
    assert_eq!(refused.refusals[0].code, RefusalCode::ForeignAuthor);
    assert_eq!(refused.refusals[1].code, RefusalCode::BadFact);
    assert!(refused.refusals[1].detail.contains("was refused"), "{}", refused.refusals[1].detail);
}

#[test]
fn a_damaged_change_blocks_those_after_it_without_blaming_them() {
    let mut day = Day::begins();
    let first = day.crew_saves(&turn_off(100));
    let second = day.crew_saves(&turn_off(200));
    let mut batch = raw(&[first, second]);
    batch[0].0[300] ^= 0x40;
    let codes = codes(day.gate_says(&batch));
    assert_eq!(codes, [RefusalCode::BadChunk, RefusalCode::MissingDependency]);
}

#[test]
fn a_fact_that_is_wrong_is_said_before_an_encoding_that_is() {
    let mut day = Day::begins();
    let change = day.crew_saves(&[note(400, " ")]);
    let says = day.gate_says_as(&ActorId::from([1; 16]), &raw(&[change]));
    assert_eq!(codes(says), [RefusalCode::BadFact]);
}

#[test]
fn what_was_stored_has_its_receipt_even_when_the_rest_is_refused() {
    let mut day = Day::begins();
    let first = day.crew_saves(&turn_off(100));
    day.sends(std::slice::from_ref(&first)).unwrap();
    let bad = day.crew_saves(&[note(400, " ")]);
    let refused = day.gate_says(&raw(&[first.clone(), bad])).unwrap_err();
    assert_eq!(refused.already, [first.hash()]);
    assert_eq!(RouteDocument::load(&day.server.save()).unwrap().heads(), day.server.heads());
}
