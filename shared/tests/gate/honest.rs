//! Honest work is never refused.

use crate::day::*;
use curbstop_shared::{
    facts::{Ack, Fact, FactBody},
    route_document::RouteDocument,
};

#[test]
fn a_full_turn_off_goes_in_and_says_what_the_crew_saved() {
    let mut day = Day::begins();
    let saved = turn_off(100);
    let change = day.crew_saves(&saved);
    let admitted = day.sends(std::slice::from_ref(&change)).unwrap();
    assert_eq!(admitted.changes.len(), 1);
    assert_eq!(admitted.changes[0].change.hash(), change.hash());
    let mut facts = admitted.changes[0].facts.clone();
    facts.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(facts, saved);
    assert_eq!(RouteDocument::load(&day.server.save()).unwrap().heads(), day.tablet.heads());
}

#[test]
fn a_morning_without_a_signal_goes_in_as_one_batch() {
    let mut day = Day::begins();
    let opened = day.tablet.heads();
    let mut batch = vec![day.crew_saves(&turn_off(100)), day.crew_saves(&[note(200, "gate code 4411")])];
    // The office's word arrives while the act step is open; the act is saved on what the crew knew.
    let office = day.server.add_facts_now(&server_actor(), &[note(900, "called, pays at noon")]).unwrap();
    day.tablet.apply(vec![office]).unwrap();
    batch.push(day.crew_saves_at(&opened, &turn_off(300)));
    batch.push(day.crew_saves(&[Fact::new(id(400), header(1), FactBody::Ack(Ack { fact: id(900) }))]));
    let admitted = day.sends(&batch).unwrap();
    assert_eq!(admitted.changes.len(), 4);
    assert_eq!(day.server.heads(), day.tablet.heads());
    assert_eq!(day.server.facts(), day.tablet.facts());
}

#[test]
fn what_was_stored_before_has_its_receipt_again() {
    let mut day = Day::begins();
    let first = day.crew_saves(&turn_off(100));
    day.sends(std::slice::from_ref(&first)).unwrap();
    let second = day.crew_saves(&[note(200, "neighbour says vacant")]);
    let admitted = day.sends(&[first.clone(), second.clone()]).unwrap();
    assert_eq!(admitted.already, [first.hash()]);
    assert_eq!(admitted.changes.len(), 1);
    let again = day.sends(&[first.clone(), second.clone()]).unwrap();
    assert_eq!(again.already, [first.hash(), second.hash()]);
    assert!(again.changes.is_empty());
}
