//! After a refusal the honest rest is encoded again, and nothing that the crew knew, or did not know, changes.

use crate::day::*;
use automerge::{ActorId, Change, ChangeHash};
use curbstop_shared::{
    facts::{Fact, FactBody, Note, Release},
    ids::OrderId,
    ordered::Set,
    route_document::{Knew, RouteDocument},
    sync::{
        reencode::{UnsentAct, reencode},
        wire::RefusalCode,
    },
    vocabulary::{ReleaseReason, Source},
};
use proptest::prelude::*;
use uuid::Uuid;

fn fresh_actor() -> ActorId {
    ActorId::from([0x79; 16])
}

fn unsent(change: &Change, facts: &[Fact]) -> UnsentAct {
    UnsentAct { hash: change.hash(), facts: facts.to_vec(), deps: change.deps().to_vec() }
}

fn foreign(n: u128) -> Fact {
    let mut fact = note(n, "wrong route");
    fact.header.as_mut().unwrap().order = OrderId(Uuid::from_u128(77));
    fact
}

fn payment(n: u128) -> Fact {
    let body = Release {
        reason: ReleaseReason::PaymentReceived,
        lines: "*".into(),
        source: Source::Office,
        verified: true,
        paid_at: Some(MORNING),
        recorded_at: Some(MORNING),
        confirmation: None,
    };
    let mut header = header(1);
    (header.by, header.device) = (None, None);
    Fact::new(id(n), header, FactBody::Release(body))
}

#[test]
fn a_cut_that_did_not_know_of_the_payment_still_does_not_after_it_is_encoded_again() {
    let mut day = Day::begins();
    let opened = day.tablet.heads();
    let wrong = [foreign(100)];
    let first = day.crew_saves(&wrong);
    let cut = turn_off(200);
    // The payment reaches the tablet while the act step is open.
    let paid = day.server.add_facts_now(&server_actor(), &[payment(900)]).unwrap();
    day.tablet.apply(vec![paid.clone()]).unwrap();
    let second = day.crew_saves_at(&opened, &cut);
    let seen = [note(300, "customer showed the receipt")];
    let third = day.crew_saves(&seen);

    let batch = [first.clone(), second.clone(), third.clone()];
    let refused = day.gate_says(&raw(&batch)).unwrap_err().refusals;
    let parked: Set<ChangeHash> = refused
        .iter()
        .filter(|refusal| refusal.code.is_about_the_fact())
        .map(|refusal| ChangeHash(refusal.hash.0.clone().try_into().unwrap()))
        .collect();
    assert_eq!(parked, Set::from([first.hash()]));

    let mut document = day.server.clone();
    let acts = [unsent(&first, &wrong), unsent(&second, &cut), unsent(&third, &seen)];
    let again = reencode(&mut document, &acts, &parked, &fresh_actor()).unwrap();
    assert_eq!(again.len(), 2, "the refused one is parked, the others are made again");
    assert_eq!(again[0].deps(), opened, "on what the crew knew, without the refused change");

    let admitted = day.gate_says_as(&fresh_actor(), &raw(&again)).unwrap();
    day.server.apply(admitted.changes.into_iter().map(|admitted| admitted.change).collect()).unwrap();
    let clocks = day.server.clocks();
    assert_eq!(clocks.knew(&again[0].hash(), &paid.hash()), Knew::Neither, "the cut crossed the payment");
    assert_eq!(clocks.knew(&again[1].hash(), &paid.hash()), Knew::Known, "the note came after it");
    let facts = day.server.facts();
    assert!(cut.iter().chain(&seen).all(|fact| facts.contains_key(&fact.id)), "under the same ids");
    assert_eq!(document.heads(), day.server.heads());
}

#[test]
fn facts_that_arrived_all_the_same_are_not_made_twice() {
    let mut day = Day::begins();
    let backup = day.tablet.clone();
    let cut = turn_off(100);
    let lost = day.crew_saves(&cut);
    day.sends(std::slice::from_ref(&lost)).unwrap();
    // The tablet was restored from a backup: it lost its change, but still has the draft, and saves it with a note.
    day.tablet = backup;
    let facts: Vec<Fact> = cut.iter().cloned().chain([note(200, "drawn again")]).collect();
    let change = day.crew_saves(&facts);
    assert_eq!(codes(day.gate_says(&raw(std::slice::from_ref(&change)))), [RefusalCode::DuplicateSeq]);

    let mut document = day.server.clone();
    let none = Set::new();
    let again = reencode(&mut document, &[unsent(&change, &facts)], &none, &fresh_actor()).unwrap();
    let admitted = day.gate_says_as(&fresh_actor(), &raw(&again)).unwrap();
    assert_eq!(admitted.changes[0].facts, facts[5..], "only what the server lacks");
    assert!(reencode(&mut document, &[unsent(&change, &facts)], &none, &fresh_actor()).unwrap().is_empty());
}

#[test]
fn what_the_server_forgot_is_no_longer_built_on() {
    let mut day = Day::begins();
    // The server is restored from a backup that lacks this.
    let forgotten = day.tablet.add_facts_now(&ActorId::from([0xbb; 16]), &[note(900, "forgotten")]).unwrap();
    let facts = turn_off(100);
    let change = day.crew_saves(&facts);
    assert_eq!(change.deps(), [forgotten.hash()]);
    let mut document = day.server.clone();
    let again = reencode(&mut document, &[unsent(&change, &facts)], &Set::new(), &fresh_actor()).unwrap();
    day.gate_says_as(&fresh_actor(), &raw(&again)).unwrap();
}

#[test]
fn a_change_encoded_again_is_what_the_tablet_would_have_saved() {
    let mut day = Day::begins();
    let opened = day.tablet.heads();
    let office = day.server.add_facts_now(&server_actor(), &[note(900, "called")]).unwrap();
    day.tablet.apply(vec![office]).unwrap();
    let saves = [turn_off(100), vec![note(200, "dog")], turn_off(300)];
    let mut document = day.tablet.clone();
    let mut acts = Vec::new();
    let mut changes = Vec::new();
    for (n, facts) in saves.iter().enumerate() {
        let at = if n == 1 { day.tablet.heads() } else { opened.clone() };
        let change = day.crew_saves_at(&at, facts);
        acts.push(unsent(&change, facts));
        changes.push(change);
    }
    let again = reencode(&mut document, &acts, &Set::new(), &tablet_actor()).unwrap();
    assert_eq!(raw(&again), raw(&changes), "byte for byte, so that either may be sent");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever was refused in a day, the rest is admitted at the second attempt.
    #[test]
    fn the_honest_rest_goes_in_at_the_second_attempt(plan in prop::collection::vec(0_u8..6, 1..14)) {
        let mut day = Day::begins();
        let mut history = vec![day.tablet.heads()];
        let (mut acts, mut batch) = (Vec::new(), Vec::new());
        for (n, step) in plan.iter().enumerate() {
            let n = 1000 * (n as u128 + 1);
            let facts = match step {
                0 => vec![foreign(n)],
                1 => turn_off(n),
                2 => vec![note(n, " ")],
                3 => {
                    let office = day.server.add_facts_now(&server_actor(), &[payment(n)]).unwrap();
                    day.tablet.apply(vec![office]).unwrap();
                    continue;
                }
                _ => vec![Fact::new(id(n), header(2), FactBody::Note(Note { text: "ok".into(), visit: None }))],
            };
            let opened = history[n as usize / 1000 % history.len()].clone();
            let change = day.crew_saves_at(&opened, &facts);
            history.push(day.tablet.heads());
            acts.push(unsent(&change, &facts));
            batch.push(change);
        }
        if let Err(refused) = day.gate_says(&raw(&batch)) {
            let parked: Set<ChangeHash> = refused.refusals.iter()
                .filter(|refusal| refusal.code.is_about_the_fact())
                .map(|refusal| ChangeHash(refusal.hash.0.clone().try_into().unwrap()))
                .collect();
            let mut document = day.server.clone();
            let again = reencode(&mut document, &acts, &parked, &fresh_actor()).unwrap();
            prop_assert_eq!(again.len(), acts.len() - parked.len());
            let admitted = day.gate_says_as(&fresh_actor(), &raw(&again));
            prop_assert!(admitted.is_ok(), "{:?}", admitted.err());
            prop_assert!(RouteDocument::load(&document.save()).is_ok());
        }
    }
}
