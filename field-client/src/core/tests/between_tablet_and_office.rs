use super::{
    crew::Crew,
    office::{MARIA, Office, order_id},
};
use crate::core::{Tablet, TabletError, access::Person, view};
use curbstop_shared::{
    facts::{FactBody, Hold, Recall},
    ids::{FactId, PersonId},
    route_document::Knew,
    sync::wire::{Bytes, SyncRequest, SyncResponse},
    vocabulary::{HoldReason, HoldScope, RecallReason},
};

fn visits(office: &Office) -> usize {
    let facts = office.doc.facts();
    facts.values().filter(|stored| matches!(stored.raw.read().unwrap().body, FactBody::Visit(_))).count()
}

fn the_visit(office: &Office, n: u128) -> automerge::ChangeHash {
    let facts = office.doc.facts();
    let of = |stored: &&curbstop_shared::route_document::FactInDocument| {
        let fact = stored.raw.read().unwrap();
        matches!(fact.body, FactBody::Visit(_)) && fact.order() == Some(order_id(n))
    };
    facts.values().find(of).unwrap().change
}

#[test]
fn an_answer_that_is_lost_costs_a_repetition_and_nothing_else() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    let request = crew.request();
    let _lost = office.answer(&request);
    crew.is_killed();
    assert_eq!(crew.tablet.unsent(), 1, "no receipt, so it is kept");
    crew.sync(&mut office);
    assert_eq!((crew.tablet.unsent(), visits(&office)), (0, 1));
    assert_eq!(crew.tablet.state().routes.values().next().unwrap().doc.heads(), office.doc.heads());
}

#[test]
fn an_answer_that_comes_twice_or_late_changes_nothing() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    let request = crew.request();
    let answer = office.answer(&request);
    // Saved between request and answer: it is not in the answer and must stay.
    crew.turns_off(order_id(2));
    crew.takes(&answer);
    crew.takes(&answer);
    assert_eq!(crew.tablet.unsent(), 1);
    crew.sync(&mut office);
    crew.takes(&answer);
    assert_eq!((crew.tablet.unsent(), visits(&office)), (0, 2));
}

#[test]
fn an_answer_that_does_not_read_changes_nothing() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    office.pays(order_id(2));
    let mut answer = office.answer(&crew.request());
    let cut = answer.docs[0].changes[0].0.len() / 2;
    answer.docs[0].changes[0].0.truncate(cut);
    let before = crew.disk.clone();
    let refused = crew.try_run(|tablet, now, _| tablet.answer(&answer, now, now));
    assert!(matches!(refused, Err(TabletError::Answer(_))));
    assert!(!crew.tablet.is_busy());
    assert_eq!(crew.disk, before);
    crew.sync(&mut office);
    assert_eq!(crew.day().recalls.len(), 1);
}

#[test]
fn a_refused_fact_is_parked_for_the_crew_and_the_honest_rest_arrives_on_what_it_was_made_on() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    office.refuses.insert(order_id(1));
    crew.turns_off(order_id(1));
    crew.turns_off(order_id(2));
    // Meanwhile the customer of the second order pays: the crew could not know.
    office.pays(order_id(2));
    crew.later(5);
    crew.sync(&mut office);
    let attention = &crew.tablet.state().attention;
    assert_eq!(attention.len(), 1);
    assert_eq!((attention[0].order, attention[0].code.as_str()), (order_id(1), "foreign_order"));
    assert_eq!(attention[0].facts.len(), 3, "nothing of it is lost");
    let ids: Vec<FactId> = attention[0].facts.iter().map(|fact| fact.id.clone()).collect();
    assert_eq!(crew.tablet.unsent(), 1, "the second is made anew and waits");

    crew.is_killed();
    crew.sync(&mut office);
    assert_eq!((crew.tablet.unsent(), visits(&office)), (0, 1));
    let release =
        office.doc.facts().into_values().find(|stored| matches!(stored.raw.read().unwrap().body, FactBody::Release(_)));
    let knew = office.doc.clocks().knew(&the_visit(&office, 2), &release.unwrap().change);
    assert_eq!(knew, Knew::Neither, "a new encoding must not make the crew know what it did not know");

    crew.run(|tablet, _, _| tablet.settle_parked(ids));
    assert!(crew.tablet.state().attention.is_empty());
    crew.is_killed();
    assert!(crew.tablet.state().attention.is_empty());
}

#[test]
fn an_act_that_was_open_during_a_refusal_keeps_what_the_crew_knew() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    office.refuses.insert(order_id(1));
    crew.turns_off(order_id(1));
    crew.opens_the_act(order_id(2));
    office.pays(order_id(2));
    crew.sync(&mut office);
    crew.turns_off_and_reads(order_id(2), "036500");
    crew.sync(&mut office);
    assert_eq!((crew.tablet.unsent(), visits(&office)), (0, 1));
    let release = office.doc.facts().into_values().find(|s| matches!(s.raw.read().unwrap().body, FactBody::Release(_)));
    assert_eq!(office.doc.clocks().knew(&the_visit(&office, 2), &release.unwrap().change), Knew::Neither);
}

#[test]
fn the_work_of_somebody_whom_the_office_does_not_know_is_taken_all_the_same() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    let stranger = PersonId(uuid::Uuid::from_u128(0xbad));
    let mut enrolment = crew.tablet.state().enrolment.clone().unwrap();
    enrolment.people.push(Person { id: stranger, name: "Sam".into(), pin: None });
    crew.run(|tablet, _, _| tablet.begin(&[crate::core::Entry::Enrolled(enrolment)]));
    crew.run(|tablet, _, _| tablet.sign_in(Some(stranger)));
    crew.turns_off(order_id(1));
    crew.sync(&mut office);
    assert!(crew.tablet.state().attention.is_empty());
    crew.run(|tablet, _, _| tablet.sign_in(Some(MARIA)));
    crew.turns_off(order_id(2));
    crew.sync(&mut office);
    assert_eq!((crew.tablet.unsent(), visits(&office)), (0, 2));
}

#[test]
fn a_restored_office_gets_again_what_it_lost() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    let backup = office.clone();
    crew.turns_off(order_id(1));
    crew.sync(&mut office);
    assert_eq!((crew.tablet.unsent(), visits(&office)), (0, 1));

    office.restored_from(&backup);
    office.pays(order_id(4));
    crew.sync(&mut office);
    assert_eq!(crew.tablet.unsent(), 1, "the receipt was the lost disk's");
    assert_eq!(crew.day().recalls.len(), 1, "and what the restored office says is there");
    crew.sync(&mut office);
    assert_eq!((crew.tablet.unsent(), visits(&office)), (0, 1));
}

#[test]
fn acts_made_on_words_that_a_restored_office_has_lost_still_arrive() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    let backup = office.clone();
    office.pays(order_id(4));
    crew.sync(&mut office);
    crew.turns_off(order_id(1));
    office.restored_from(&backup);
    for _ in 0..4 {
        crew.sync(&mut office);
    }
    assert_eq!((crew.tablet.unsent(), visits(&office)), (0, 1));
    assert!(crew.tablet.state().attention.is_empty());
}

#[test]
fn a_tablet_restored_from_a_backup_takes_its_own_lost_acts_back_and_keeps_the_new_ones() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    let disk = crew.disk.clone();
    crew.turns_off(order_id(1));
    crew.sync(&mut office);

    crew.disk = disk;
    crew.is_killed();
    crew.turns_off(order_id(2));
    for _ in 0..3 {
        crew.sync(&mut office);
    }
    assert_eq!((crew.tablet.unsent(), visits(&office)), (0, 2));
    assert_eq!(crew.day().behind.len(), 2);
    crew.is_killed();
    assert_eq!(crew.day().behind.len(), 2);
}

#[test]
fn a_revoked_tablet_has_receipts_that_say_a_person_decides() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    office.quarantines = true;
    crew.turns_off(order_id(1));
    crew.sync(&mut office);
    assert_eq!((crew.tablet.unsent(), visits(&office)), (0, 0));
    assert!(crew.tablet.state().routes.values().next().unwrap().own[0].quarantined);
}

#[test]
fn a_route_goes_only_when_everything_in_it_is_received() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    office.gone = true;
    crew.sync(&mut office);
    assert_eq!(crew.tablet.state().routes.len(), 1, "one act has no receipt");
    crew.sync(&mut office);
    assert_eq!((crew.tablet.state().routes.len(), crew.tablet.unsent()), (1, 1));
    super::out_of_service::hands_in(&mut crew);
    assert!(crew.tablet.state().routes.is_empty());
    let records = crew.disk.len();
    crew.is_killed();
    assert!(crew.tablet.state().routes.is_empty());
    assert!(records < 8, "its records are gone too: {records} left");
}

#[test]
fn a_day_of_a_hundred_drafts_does_not_fill_the_disk() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.arrives(order_id(1));
    let before = crew.disk.len();
    for _ in 0..100 {
        crew.notes_down(order_id(1), |draft| draft.note = Some("gate code 4".into()));
    }
    assert_eq!(crew.disk.len(), before, "one record a draft");
}

#[test]
fn the_exchange_reads_back_from_cbor_as_it_was() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    let request = crew.request();
    let sent = crate::core::exchange::encode(&request);
    assert_eq!(ciborium::from_reader::<SyncRequest, _>(sent.as_slice()).unwrap(), request);
    let answer: SyncResponse = office.answer(&request);
    let mut bytes = Vec::new();
    ciborium::into_writer(&answer, &mut bytes).unwrap();
    assert_eq!(crate::core::exchange::decode(&bytes).unwrap(), answer);
    assert!(crate::core::exchange::decode(&bytes[..bytes.len() - 3]).is_err());
}

#[test]
fn a_damaged_record_takes_nothing_else_with_it() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    let records: Vec<_> = crew
        .disk
        .iter()
        .map(|(key, bytes)| crate::core::Record { key: key.clone(), bytes: bytes.clone() })
        .chain([crate::core::Record { key: crate::core::Record::key_of(9_999), bytes: b"not an entry".to_vec() }])
        .collect();
    let tablet = Tablet::load(records);
    assert_eq!((tablet.state().damaged.len(), tablet.unsent()), (1, 1));
}

#[test]
fn nothing_of_another_size_than_a_hash_is_taken_for_a_receipt() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    let mut answer = office.answer(&crew.request());
    answer.docs[0].accepted = vec![Bytes(vec![1, 2, 3]), Bytes(vec![9; 32])];
    answer.docs[0].changes.clear();
    answer.docs[0].heads.clear();
    crew.takes(&answer);
    assert_eq!(crew.tablet.unsent(), 1);
}

#[test]
fn an_older_tablet_stops_for_a_hold_or_a_recall_of_a_reason_that_it_has_no_word_for() {
    let hold = Hold { reason: HoldReason::Weather, scope: HoldScope::Account, verified: true, expires_on: None };
    let recall = Recall { reason: RecallReason::Cancelled, cause: None };
    for said in [FactBody::Hold(hold), FactBody::Recall(recall)] {
        let mut office = Office::new();
        let mut crew = Crew::of(&mut office);
        let may_cut = |crew: &Crew| {
            view::stop_in_full(crew.tablet.state(), order_id(1), crew.moment()).unwrap().disposition.may_begin_cut
        };
        assert!(may_cut(&crew));
        let is_recall = matches!(said, FactBody::Recall(_));
        office.says_for_another_reason(order_id(1), said, "heat_wave");
        crew.sync(&mut office);
        assert!(!may_cut(&crew));
        assert_eq!(crew.day().recalls.len(), usize::from(is_recall), "and the crew is told on top of its list");
    }
}
