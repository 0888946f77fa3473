//! Two people and one tablet: each with a PIN that works without the office.

use super::{
    crew::Crew,
    office::{MARIA, Office, order_id},
};
use crate::core::{Entry, Step, TabletError, access::Person, exchange, who::Touched};
use curbstop_shared::{
    facts::{Fact, FactBody},
    ids::PersonId,
    pin::PinCheck,
    sync::wire::{Bytes, CrewPeople},
    time::{Micros, Span},
};
use uuid::Uuid;

const JOE: PersonId = PersonId(Uuid::from_u128(0xa2));
const PAGE: Micros = Micros(0);

/// What a browser derives of "4711" and of "8053": here only two things that differ.
const MARIAS: [u8; 32] = [47; 32];
const JOES: [u8; 32] = [80; 32];

fn check(hash: [u8; 32]) -> Option<PinCheck> {
    Some(PinCheck { salt: Bytes(vec![1; 16]), rounds: 1, hash: Bytes(hash.to_vec()) })
}

fn people(marias: Option<PinCheck>) -> Vec<Person> {
    vec![
        Person { id: JOE, name: "Joe".into(), pin: check(JOES) },
        Person { id: MARIA, name: "Maria".into(), pin: marias },
    ]
}

/// A crew of two whose PINs have come with a sync.
fn crew_of_two(office: &mut Office) -> Crew {
    let mut crew = Crew::of(office);
    learns(&mut crew, office, 1, people(check(MARIAS)));
    crew
}

fn learns(crew: &mut Crew, office: &mut Office, as_of: i64, people: Vec<Person>) {
    let mut answer = office.answer(&crew.request());
    answer.people = Some(CrewPeople { as_of: Micros(as_of), people });
    crew.takes(&answer);
}

fn gives(crew: &mut Crew, person: PersonId, derived: [u8; 32], page: Micros) -> Result<(), TabletError> {
    crew.try_run(move |tablet, _, _| tablet.gives_pin(person, &derived, page))
}

fn facts(crew: &Crew) -> Vec<Fact> {
    let route = crew.tablet.state().routes.values().next().unwrap();
    route.own.iter().flat_map(|own| &own.made.facts).map(|id| route.doc.fact(id).unwrap().raw.read().unwrap()).collect()
}

#[test]
fn whoever_gave_their_pin_is_on_every_fact_from_then_on() {
    let mut office = Office::new();
    let mut crew = crew_of_two(&mut office);
    crew.is_killed();
    assert!(crew.tablet.state().asks_who(), "at the app's start");
    gives(&mut crew, JOE, JOES, PAGE).unwrap();
    assert!(!crew.tablet.state().asks_who());
    assert_eq!(crew.tablet.state().holder().unwrap().name, "Joe");
    crew.turns_off(order_id(1));
    for fact in facts(&crew) {
        assert!(!fact.without_pin && fact.header.is_none_or(|header| header.by == Some(JOE)));
    }
    crew.tablet.lock();
    gives(&mut crew, MARIA, MARIAS, PAGE).unwrap();
    crew.turns_off(order_id(2));
    let by: Vec<_> = facts(&crew).into_iter().filter_map(|fact| fact.header?.by).collect();
    assert!(by.contains(&JOE) && by.contains(&MARIA), "{by:?}");
}

#[test]
fn a_lock_in_the_middle_of_a_stop_leaves_it_on_the_same_step() {
    let mut office = Office::new();
    let mut crew = crew_of_two(&mut office);
    crew.opens_the_act(order_id(1));
    crew.notes_down(order_id(1), |draft| draft.step = Step::Reading(0));
    let before = crew.draft(order_id(1));
    crew.tablet.lock();
    assert!(crew.tablet.state().asks_who());
    gives(&mut crew, JOE, MARIAS, PAGE).unwrap();
    assert!(crew.tablet.state().asks_who(), "Maria's PIN is not Joe's");
    gives(&mut crew, JOE, JOES, PAGE).unwrap();
    assert_eq!(crew.draft(order_id(1)), before);
    crew.is_killed();
    assert_eq!(crew.draft(order_id(1)), before, "nor does a start of the app");
}

#[test]
fn an_answer_that_is_being_written_does_not_open_a_tablet_that_was_locked_meanwhile() {
    let mut office = Office::new();
    let mut crew = crew_of_two(&mut office);
    gives(&mut crew, JOE, JOES, PAGE).unwrap();
    let (answer, now) = (office.answer(&crew.request()), crew.now);
    let store = crew.tablet.answer(&answer, now, now).unwrap();
    crew.tablet.lock();
    crew.write(&store);
    crew.tablet.stored(store.id);
    assert!(crew.tablet.state().asks_who());
}

#[test]
fn from_the_fifth_wrong_pin_on_the_waits_grow_and_no_restart_and_no_clock_shortens_or_lengthens_them() {
    let mut office = Office::new();
    let mut crew = crew_of_two(&mut office);
    let left = |crew: &Crew, page: Micros| crew.tablet.pin_wait(MARIA, page).whole_seconds();
    for _ in 0..4 {
        gives(&mut crew, MARIA, JOES, PAGE).unwrap();
        assert_eq!(left(&crew, PAGE), 0);
    }
    let at = PAGE + Span::minutes(3);
    gives(&mut crew, MARIA, JOES, at).unwrap();
    assert_eq!((left(&crew, at), left(&crew, at + Span::seconds(29))), (30, 1));
    // The right one does not count either, and somebody else does not wait.
    assert!(matches!(gives(&mut crew, MARIA, MARIAS, at), Err(TabletError::PinMustWait)));
    assert_eq!(crew.tablet.pin_wait(JOE, at), Span::default());

    // Started anew with its clock put back by a year, and ahead by one: the page's clock begins at nought.
    for years in [-1, 1] {
        crew.later(years * 365 * 24 * 60);
        crew.is_killed();
        assert_eq!((left(&crew, PAGE), left(&crew, PAGE + Span::seconds(30))), (30, 0));
    }
    gives(&mut crew, MARIA, JOES, PAGE + Span::seconds(30)).unwrap();
    assert_eq!(left(&crew, PAGE + Span::seconds(30)), 60, "each further one waits twice as long");
    let later = PAGE + Span::seconds(90);
    gives(&mut crew, MARIA, MARIAS, later).unwrap();
    assert!(!crew.tablet.state().asks_who());
    crew.is_killed();
    gives(&mut crew, MARIA, JOES, PAGE).unwrap();
    assert_eq!(left(&crew, PAGE), 0, "the right one has ended the count");
}

#[test]
fn a_forgotten_pin_stops_no_work_and_the_facts_say_so() {
    let mut office = Office::new();
    let mut crew = crew_of_two(&mut office);
    for _ in 0..6 {
        gives(&mut crew, MARIA, JOES, PAGE + Span::minutes(60)).ok();
    }
    crew.tablet.lock();
    crew.run(|tablet, _, _| tablet.goes_on_without_pin(MARIA));
    assert!(!crew.tablet.state().asks_who());
    crew.turns_off(order_id(1));
    crew.run(|tablet, now, dice| tablet.note(order_id(2), "gate open", now, dice));
    let made = facts(&crew);
    assert!(made.len() > 3);
    for fact in &made {
        // What belongs to the visit inherits it, as it inherits the author.
        assert_eq!(fact.without_pin, fact.header.is_some(), "{fact:?}");
        assert!(fact.raw().read().as_ref() == Ok(fact));
    }
    crew.sync(&mut office);
    assert_eq!(crew.tablet.unsent(), 0, "the gate lets it in");
    crew.is_killed();
    gives(&mut crew, MARIA, JOES, PAGE + Span::minutes(60)).unwrap();
    assert!(crew.tablet.state().asks_who());
}

#[test]
fn a_crew_without_pins_is_asked_once_and_a_name_with_a_pin_is_no_name_to_tap() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.tablet.lock();
    assert!(!crew.tablet.state().asks_who());
    crew.is_killed();
    assert!(!crew.tablet.state().asks_who());
    learns(&mut crew, &mut office, 1, people(None));
    assert!(!crew.tablet.state().asks_who(), "the crew's first PIN interrupts nobody");
    crew.is_killed();
    assert!(crew.tablet.state().asks_who(), "Joe has one now");
    assert!(matches!(crew.try_run(|tablet, _, _| tablet.sign_in(Some(JOE))), Err(TabletError::PinNeeded)));
    crew.run(|tablet, _, _| tablet.sign_in(Some(MARIA)));
    crew.turns_off(order_id(1));
    assert!(facts(&crew).iter().all(|fact| !fact.without_pin), "who has no PIN went without none");
}

#[test]
fn who_rides_no_longer_finishes_the_stop_at_hand_and_is_not_asked_for_again() {
    let mut office = Office::new();
    let mut crew = crew_of_two(&mut office);
    gives(&mut crew, MARIA, MARIAS, PAGE).unwrap();
    crew.opens_the_act(order_id(1));
    learns(&mut crew, &mut office, 2, vec![people(None).remove(0)]);
    assert!(!crew.tablet.state().asks_who(), "not at the door");
    crew.turns_off_and_reads(order_id(1), "036500");
    let by: Vec<_> = facts(&crew).into_iter().filter_map(|fact| fact.header?.by).collect();
    assert_eq!(by, [MARIA]);
    crew.is_killed();
    assert!(crew.tablet.state().asks_who());
    assert!(matches!(gives(&mut crew, MARIA, MARIAS, PAGE), Err(TabletError::NotOfThisCrew)));
    // Nobody at all to choose: whoever was there goes on.
    gives(&mut crew, JOE, JOES, PAGE).unwrap();
    learns(&mut crew, &mut office, 3, Vec::new());
    assert!(!crew.tablet.state().asks_who());
}

#[test]
fn another_pin_has_had_no_wrong_try() {
    let mut office = Office::new();
    let mut crew = crew_of_two(&mut office);
    for _ in 0..5 {
        gives(&mut crew, MARIA, JOES, PAGE).unwrap();
    }
    learns(&mut crew, &mut office, 2, people(check([1; 32])));
    assert_eq!(crew.tablet.pin_wait(MARIA, PAGE), Span::default());
    gives(&mut crew, MARIA, [1; 32], PAGE).unwrap();
    assert!(!crew.tablet.state().asks_who());
}

#[test]
fn the_office_is_told_once_which_list_of_people_the_tablet_has() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    let nothing_to_do = exchange::encode(&crew.request()).len();
    assert!(crew.request().people.is_none());
    learns(&mut crew, &mut office, 7, people(None));
    assert_eq!(crew.request().people, Some(Micros(7)));
    assert_eq!(crew.request().people, None);
    assert_eq!(exchange::encode(&crew.request()).len(), nothing_to_do);
    crew.is_killed();
    assert_eq!(crew.request().people, Some(Micros(7)), "and once after the app's start");
}

#[test]
fn a_tablet_locks_after_ten_minutes_by_either_clock() {
    let mut touched = Touched::default();
    let (device, page) = (Micros(1_000_000_000_000_000), Micros(5_000_000));
    touched.is(device, page);
    let (nine, ten) = (Span(9 * 60_000_000 + 59_000_000), Span::minutes(10));
    assert!(!touched.long_ago(device + nine, page + nine));
    assert!(touched.long_ago(device + ten, page), "it slept on the seat");
    assert!(touched.long_ago(device - Span::minutes(600), page + ten), "its clock was put back");
}

#[test]
fn what_a_tablet_wrote_before_there_were_pins_still_reads() {
    let before = format!(r#"{{"signed_in":{{"person":"{MARIA}"}}}}"#);
    let signed_in = Entry::SignedIn { person: Some(MARIA), without_pin: false };
    assert_eq!(Entry::decode(before.as_bytes()).unwrap(), signed_in);
    let enrolled = format!(
        r#"{{"enrolled":{{"device":"{MARIA}","crew":{{"id":"{MARIA}","name":"Truck 12"}},"people":[{{"id":"{MARIA}","name":"Maria"}}]}}}}"#
    );
    let Ok(Entry::Enrolled(enrolled)) = Entry::decode(enrolled.as_bytes()) else { panic!("it reads") };
    assert_eq!((enrolled.people_as_of, enrolled.people[0].pin.as_ref()), (Micros(0), None));
}

#[test]
fn a_fact_that_says_nothing_of_a_pin_reads_as_it_always_did() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    for fact in facts(&crew) {
        assert!(!fact.raw().fields.contains_key("pin"));
        if let FactBody::Visit(_) = fact.body {
            let mut raw = fact.raw();
            raw.fields.insert("pin".into(), curbstop_shared::facts::FieldValue::Bool(true));
            assert!(raw.read().is_err(), "that a PIN was given nothing could prove, so nobody says it");
        }
    }
}
