//! A tablet that is taken out of service, or comes back as another one, loses nothing that its crew did.

use super::{
    crew::Crew,
    office::{DEVICE, MARIA, MORNING, Office, ROUTE, header, order, order_id},
};
use crate::core::{
    Call, Ended, EnrolAnswer, TabletError,
    access::{Crew as CrewOf, Person},
    entries::About,
    view::{self, WorkedBefore},
};
use curbstop_shared::{
    ids::{CrewId, DeviceId},
    sync::wire::{Bytes, DocResponse, HandIn, SyncRequest, SyncResponse},
    time::Micros,
    vocabulary::{OrderKind, UnableCode},
};
use uuid::Uuid;

const ANOTHER: DeviceId = DeviceId(Uuid::from_u128(0xd2));

pub(super) fn enrolled_as(device: DeviceId) -> EnrolAnswer {
    EnrolAnswer {
        device_id: device,
        access_token: "access 2".into(),
        refresh_token: "refresh 2".into(),
        expires_in_s: 900,
        crew: CrewOf { id: CrewId(Uuid::from_u128(0xc1)), name: "Truck 12".into() },
        people: vec![Person { id: MARIA, name: "Maria".into(), pin: None }],
        people_as_of: Micros(0),
    }
}

/// Signs and sends what is to be handed in; the office keeps all of it.
pub(super) fn hands_in(crew: &mut Crew) -> HandIn {
    let to_hand_in = crew.tablet.to_hand_in(crew.now).unwrap();
    assert!(to_hand_in.proof_text().starts_with("curbstop-hand-in:"));
    let sent: HandIn = ciborium::from_reader(to_hand_in.signed("proof".into()).as_slice()).unwrap();
    let request: SyncRequest = ciborium::from_reader(sent.request.0.as_slice()).unwrap();
    let kept = |doc: &curbstop_shared::sync::wire::DocRequest| DocResponse {
        id: doc.id.to_string(),
        quarantined: curbstop_shared::sync::gate::hashes(&doc.changes)
            .into_iter()
            .map(|hash| Bytes(hash.unwrap().0.to_vec()))
            .collect(),
        ..DocResponse::default()
    };
    let docs = request.docs.iter().map(kept).collect();
    let answer = SyncResponse { v: 1, now: crew.now, docs, gone: vec![], blobs_wanted: vec![], people: None };
    crew.run(|tablet, now, _| tablet.handed_in(&answer, now));
    sent
}

#[test]
fn the_same_tablet_enrolled_again_sends_what_it_held_as_if_nothing_had_been() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    crew.run(|tablet, _, _| tablet.tie_ended(Ended::NeedsCode));
    crew.turns_off(order_id(2));
    crew.run(|tablet, now, _| tablet.enrolled(enrolled_as(DEVICE), now));
    assert_eq!(crew.tablet.to_hand_in(crew.now), None);
    crew.sync(&mut office);
    assert_eq!((crew.tablet.unsent(), crew.tablet.state().attention.len()), (0, 0));
    assert_eq!(office.doc.facts().len(), 6);
}

#[test]
fn a_revoked_tablet_hands_in_what_it_holds_and_forgets_the_route() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    crew.opens_the_act(order_id(2));
    crew.run(|tablet, _, _| tablet.tie_ended(Ended::Revoked));
    assert_eq!(crew.tablet.next_call(crew.now), Call::Nothing);
    // The stop at hand is finished: that is handed in as well.
    crew.turns_off_and_reads(order_id(2), "036500");
    crew.is_killed();
    assert!(crew.tablet.state().revoked);
    assert_eq!((crew.tablet.unsent(), crew.tablet.to_send()), (2, 0));
    let sent = hands_in(&mut crew);
    assert_eq!(sent.device, DEVICE);
    crew.is_killed();
    assert!(crew.tablet.state().routes.is_empty(), "the office has everything: nothing of customers stays here");
    assert_eq!((crew.tablet.unsent(), crew.tablet.to_hand_in(crew.now)), (0, None));
}

/// What it would begin now nobody counts: the crew ends what it is at, and dispatch tells it what comes next.
#[test]
fn a_tablet_out_of_service_begins_no_new_stop_and_says_whom_to_call() {
    let mut header = header();
    header.dispatch_phone = Some("555-0100".into());
    let mut office = Office::publishing(&header, &[order(1, OrderKind::TurnOff), order(2, OrderKind::TurnOff)]);
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order_id(1));
    crew.run(|tablet, _, _| tablet.tie_ended(Ended::Revoked));
    crew.is_killed();
    let refused = crew.try_run(|tablet, now, dice| tablet.arrive(order_id(2), now, dice));
    assert!(matches!(refused, Err(TabletError::OutOfService)), "{refused:?}");
    let day = crew.day();
    assert!(day.next.unwrap().may_be_visited(), "the stop at hand is finished");
    assert!(!day.ahead[0].may_be_visited());
    crew.arrives(order_id(1));
    crew.turns_off_and_reads(order_id(1), "036500");
    hands_in(&mut crew);
    crew.is_killed();
    assert!(crew.tablet.state().routes.is_empty());
    assert_eq!(crew.tablet.state().dispatch_phone(), Some("555-0100"), "also when nothing is left on it");
    // Back in service it goes on with its route.
    crew.run(|tablet, now, _| tablet.enrolled(enrolled_as(DEVICE), now));
    crew.sync(&mut office);
    crew.arrives(order_id(2));
}

#[test]
fn a_route_without_anything_unsent_goes_at_once_when_the_tablet_is_revoked() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.run(|tablet, _, _| tablet.tie_ended(Ended::Revoked));
    assert!(crew.tablet.state().routes.is_empty());
}

#[test]
fn what_the_office_refused_stays_with_the_crew_when_its_route_goes() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    office.refuses.insert(order_id(1));
    crew.turns_off(order_id(1));
    crew.sync(&mut office);
    let parked = crew.tablet.state().attention.clone();
    assert_eq!(parked.len(), 1);
    crew.run(|tablet, _, _| tablet.tie_ended(Ended::Revoked));
    crew.is_killed();
    assert!(crew.tablet.state().routes.is_empty());
    assert_eq!(crew.tablet.state().attention, parked, "it can still be exported");
}

#[test]
fn a_tablet_that_came_back_as_another_hands_in_its_former_work_and_gets_the_route_anew() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    crew.run(|tablet, now, _| tablet.enrolled(enrolled_as(ANOTHER), now));
    assert!(crew.request().docs.is_empty(), "the former device's work is not sent as this one's");
    // The office sends the route, since it was not named; it has to wait for the former work.
    crew.sync(&mut office);
    assert_eq!(crew.tablet.unsent(), 1);
    assert_eq!(hands_in(&mut crew).device, DEVICE);
    crew.sync(&mut office);
    assert_eq!(crew.tablet.state().routes[&ROUTE].leaving, None);
    assert!(crew.tablet.state().routes[&ROUTE].own.is_empty());
    crew.turns_off(order_id(2));
    assert_eq!(crew.tablet.to_send(), 1);
}

#[test]
fn a_stop_that_was_begun_is_finished_and_handed_in_too() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order_id(1));
    crew.run(|tablet, _, _| tablet.tie_ended(Ended::Revoked));
    assert_eq!(crew.tablet.to_hand_in(crew.now), None, "nothing is saved yet");
    crew.turns_off_and_reads(order_id(1), "036500");
    hands_in(&mut crew);
    assert!(crew.tablet.state().routes.is_empty());
}

#[test]
fn work_on_a_route_that_went_to_another_crew_is_handed_in() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.is_stopped_by(order_id(1), UnableCode::Dog);
    let answer =
        SyncResponse { v: 1, now: crew.now, docs: vec![], gone: vec![ROUTE], blobs_wanted: vec![], people: None };
    crew.takes(&answer);
    assert_eq!((crew.tablet.unsent(), crew.tablet.to_send()), (1, 0));
    hands_in(&mut crew);
    assert!(crew.tablet.state().routes.is_empty());
}

/// The receipts, as the crew reads them: when, and how much of what.
fn receipts(crew: &Crew) -> Vec<(i64, Vec<(&str, About)>)> {
    let told = view::handed_in(crew.tablet.state());
    let minutes = |at: Micros| (at - MORNING).whole_seconds() / 60;
    told.into_iter()
        .map(|(at, items)| (minutes(at), items.iter().map(|it| (it.number.as_str(), it.about)).collect()))
        .collect()
}

#[test]
fn a_revoked_tablet_shows_a_receipt_for_all_that_it_handed_in() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    crew.run(|tablet, now, dice| tablet.note(order_id(2), "dog bites", now, dice));
    crew.later(3);
    crew.run(|tablet, _, _| tablet.tie_ended(Ended::Revoked));
    assert_eq!((receipts(&crew), view::unsent(crew.tablet.state()).items.len()), (vec![], 2), "not yet handed in");
    hands_in(&mut crew);
    crew.is_killed();
    assert_eq!(receipts(&crew), [(3, vec![("T-1", About::Act), ("T-2", About::Note)])]);
    assert_eq!(view::unsent(crew.tablet.state()).items, []);
    assert!(!crew.disk.values().any(|bytes| String::from_utf8_lossy(bytes).contains("Alder")), "nothing of customers");
    assert_eq!(crew.tablet.state().time_zone(), Some("UTC"), "the crew's times stay those of its town");
}

#[test]
fn a_receipt_goes_after_a_week() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    for (stop, minutes) in [(1, 8 * 24 * 60), (2, 0)] {
        crew.turns_off(order_id(stop));
        crew.run(|tablet, _, _| tablet.tie_ended(Ended::Revoked));
        hands_in(&mut crew);
        assert_eq!(receipts(&crew).len(), 1, "stop {stop}");
        crew.later(minutes);
        crew.run(|tablet, now, _| tablet.enrolled(enrolled_as(ANOTHER), now));
        crew.sync(&mut office);
    }
}

/// Back in service with the same route: the stop is next again, for the office counts nothing of what was handed in.
#[test]
fn a_stop_that_was_worked_and_handed_in_says_so_when_it_is_next_again() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    let worked_at = crew.now;
    crew.run(|tablet, _, _| tablet.tie_ended(Ended::Revoked));
    hands_in(&mut crew);
    crew.later(10);
    crew.run(|tablet, now, _| tablet.enrolled(enrolled_as(ANOTHER), now));
    crew.sync(&mut office);
    crew.is_killed();
    let day = crew.day();
    let next = day.next.unwrap();
    assert_eq!(
        (next.order.id, next.worked_before),
        (order_id(1), Some(WorkedBefore { at: worked_at, handed_in: true }))
    );
    assert!(day.ahead.iter().all(|stop| stop.worked_before.is_none()), "only that one");
    // The crew goes there once more and records it: now the office has it, and nothing is to be said.
    crew.is_stopped_by(order_id(1), UnableCode::Dog);
    assert_eq!(view::stop_in_full(crew.tablet.state(), order_id(1), crew.moment()).unwrap().stop.worked_before, None);
}

#[test]
fn a_stop_whose_work_the_office_refused_says_so_when_it_is_next_again() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    office.refuses.insert(order_id(1));
    crew.turns_off(order_id(1));
    let worked_at = crew.now;
    crew.sync(&mut office);
    let next = crew.day().next.unwrap();
    let refused = Some(WorkedBefore { at: worked_at, handed_in: false });
    assert_eq!((next.order.id, next.worked_before), (order_id(1), refused));
}
