//! What was done is recorded as it was done: when, with which numbers, and what of it was not done.

use super::{
    at_the_door::{facts_on, visit_on},
    crew::Crew,
    office::{Office, header, order, order_id},
};
use crate::core::{
    Draft, Lacking, Step, TabletError,
    permit::heard_since,
    view::{self, HowLeft, OnAgain},
    walk::{Standing, another_lock, number_text},
};
use curbstop_shared::{
    disposition::LineState,
    facts::{Fact, FactBody, OTHER_SERIAL, Reading, Work},
    ids::OrderId,
    time::Micros,
    vocabulary::{Action, EquipmentResult, Met, Method, OrderKind, Outcome, SealFound, UnableCode},
};

fn works_on(crew: &Crew) -> Vec<(Fact, Work)> {
    let work = |fact: Fact| match fact.body.clone() {
        FactBody::Work(work) => Some((fact, work)),
        _ => None,
    };
    facts_on(crew).into_iter().filter_map(work).collect()
}

fn reading_on(crew: &Crew) -> Reading {
    let reading = |fact: Fact| match fact.body {
        FactBody::Reading(reading) => Some(reading),
        _ => None,
    };
    facts_on(crew).into_iter().find_map(reading).expect("a reading")
}

fn visited_at(crew: &Crew) -> Micros {
    facts_on(crew).into_iter().find(|fact| matches!(fact.body, FactBody::Visit(_))).unwrap().header.unwrap().at
}

/// The crew taps on the act step: what it did, and how.
fn taps_off(crew: &mut Crew, order: OrderId) {
    let deed = |draft: &mut Draft| draft.lines[0].answers(Action::TurnedOff);
    crew.run(|tablet, now, _| tablet.note_down(order, Step::Act(0), now, Box::new(deed)));
    let way = |draft: &mut Draft| draft.lines[0].method = Some(Method::CurbStopOff);
    crew.run(|tablet, now, _| tablet.note_down(order, Step::Act(0), now, Box::new(way)));
}

fn saves(crew: &mut Crew, order: OrderId) {
    crew.run(|tablet, now, dice| tablet.save(order, now, dice));
}

#[test]
fn the_time_of_a_turn_off_is_that_of_the_tap_and_not_of_the_save() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order);
    crew.later(2);
    taps_off(&mut crew, order);
    let tapped_at = crew.now;
    crew.later(9);
    crew.is_killed();
    crew.notes_down(order, |draft| draft.lines[0].digits = Some("036500".into()));
    saves(&mut crew, order);

    assert_eq!((visited_at(&crew), visit_on(&crew).left_at), (tapped_at, Some(crew.now)));
    assert_eq!(works_on(&crew)[0].0.header, None, "a turn-off has to fit three seconds of signal");
    let stop = view::stop_in_full(crew.tablet.state(), order, crew.moment()).unwrap();
    let off = stop.disposition.lines.values().next().unwrap();
    assert!(matches!(off, LineState::Off { since, .. } if *since == Some(tapped_at)), "{off:?}");
    assert_eq!(stop.stop.saved.unwrap().at, crew.now, "saved is said of the save");
}

#[test]
fn a_clock_that_was_set_back_puts_nothing_before_the_opening_or_into_the_future() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order);
    let opened_at = crew.now;
    crew.later(-30);
    taps_off(&mut crew, order);
    crew.later(40);
    crew.notes_down(order, |draft| draft.lines[0].digits = Some("036500".into()));
    saves(&mut crew, order);
    assert_eq!(visited_at(&crew), opened_at);

    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order_id(2));
    taps_off(&mut crew, order_id(2));
    crew.later(-30);
    crew.notes_down(order_id(2), |draft| draft.lines[0].digits = Some("036500".into()));
    saves(&mut crew, order_id(2));
    assert_eq!(visited_at(&crew), crew.now);
}

#[test]
fn off_and_on_again_on_one_visit_are_two_deeds_with_two_times_and_the_list_says_both() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order);
    taps_off(&mut crew, order);
    let off_at = crew.now;
    crew.later(4);
    let recalled = |draft: &mut Draft| draft.stop(UnableCode::Recalled);
    crew.run(|tablet, now, _| tablet.note_down(order, Step::Act(0), now, Box::new(recalled)));
    let undone = |draft: &mut Draft| {
        draft.lines[0].safe = true;
        draft.settle(0, Standing::Undone);
    };
    crew.run(|tablet, now, _| tablet.note_down(order, Step::AsEntered(0), now, Box::new(undone)));
    let on_at = crew.now;
    crew.later(1);
    saves(&mut crew, order);
    let told: Vec<_> =
        works_on(&crew).into_iter().map(|(fact, work)| (work.action, fact.header.map(|it| it.at))).collect();
    assert_eq!(told, [(Action::TurnedOff, Some(off_at)), (Action::Restored, None)]);
    assert_eq!(visited_at(&crew), on_at);
    crew.sync(&mut office);
    assert_eq!(crew.tablet.unsent(), 0, "the gate takes it");
    let left = view::stop_in_full(crew.tablet.state(), order, crew.moment()).unwrap().stop.left;
    assert_eq!(left, HowLeft::OnAgain(OnAgain { since: Some(on_at) }));
}

#[test]
fn a_cut_that_was_stopped_after_the_deed_is_not_called_done() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order);
    taps_off(&mut crew, order);
    crew.notes_down(order, |draft| {
        draft.stop(UnableCode::Recalled);
        draft.settle(0, Standing::Stands);
    });
    saves(&mut crew, order);
    let stop = view::stop_in_full(crew.tablet.state(), order, crew.moment()).unwrap().stop;
    assert_eq!(stop.left, HowLeft::OffUnfinished);
    crew.turns_off(order_id(2));
    assert_eq!(
        view::stop_in_full(crew.tablet.state(), order_id(2), crew.moment()).unwrap().stop.left,
        HowLeft::AsOrdered
    );
}

#[test]
fn the_office_is_asked_before_a_cut_begins_and_its_recall_stops_it() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = Crew::of(&mut office);
    crew.arrives(order);
    crew.notes_down(order, |draft| {
        draft.lines[0].serial_seen = Some("0048-2201".into());
        (draft.met, draft.step) = (Some(Met::Nobody), Step::Permit);
    });
    crew.later(1);
    office.pays(order);
    let (asked_at, route) = (crew.now, office.route());
    assert!(!heard_since(crew.tablet.state(), route, asked_at), "what it holds is a minute old");
    crew.sync(&mut office);
    assert!(heard_since(crew.tablet.state(), route, asked_at));
    let at = crew.moment();
    let begun = crew.try_run(|tablet, _, _| tablet.begin_work(order, Step::Permit, false, at, Box::new(|_| {})));
    assert!(matches!(begun, Err(TabletError::StoppedMeanwhile)), "{begun:?}");
    assert_eq!((crew.draft(order).step, crew.draft(order).opened), (Step::Permit, None));
    // It is off already: what was done can always be recorded.
    crew.says_it_is_off_already(order);
    assert_eq!(crew.draft(order).step, Step::Act(0));
}

#[test]
fn an_ordinary_reconnect_is_not_told_as_a_payment_that_nobody_knew_of() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    crew.opens_the_act(order_id(2));
    crew.sync(&mut office);
    crew.later(3);
    office.now = crew.now;
    office.pays(order_id(1));
    office.pays(order_id(2));
    crew.turns_off_and_reads(order_id(2), "036500");
    crew.sync(&mut office);
    let why =
        |crew: &Crew, n| crew.day().restores.iter().find(|restore| restore.stop.order.id == order_id(n)).unwrap().why;
    let (after, crossed) = (why(&crew, 1), why(&crew, 2));
    assert_eq!((after.is_wrongful, after.paid_at), (false, Some(office.now)), "cut, then paid");
    assert!(crossed.is_wrongful && crossed.paid, "{crossed:?}");
}

#[test]
fn a_crew_that_turns_it_back_on_records_that_on_the_same_order_without_a_signal() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = Crew::of(&mut office);
    let at = crew.moment();
    assert!(crew.try_run(|tablet, _, dice| tablet.arrive_to_restore(order, at, dice)).is_err(), "nothing is off there");
    crew.turns_off(order);
    office.pays(order);
    crew.sync(&mut office);
    assert_eq!(crew.day().restores.len(), 1);

    // From here on there is no signal.
    let at = crew.moment();
    crew.run(|tablet, _, dice| tablet.arrive_to_restore(order, at, dice));
    crew.is_killed();
    let full = view::stop_in_full(crew.tablet.state(), order, crew.moment()).unwrap();
    assert_eq!((full.stop.order.kind, full.stopped_meanwhile), (OrderKind::Reconnect, None));
    assert_eq!(full.stop.order.lines[0].last.as_deref(), Some("036500"), "compared with what was read at the cut");
    let steps = crew.draft(order).steps(&full.stop.order);
    assert!(!steps.contains(&Step::Permit) && !steps.contains(&Step::Ask), "restoring needs no permit: {steps:?}");
    crew.notes_down(order, |draft| {
        draft.lines[0].serial_seen = Some("0048-2201".into());
        (draft.met, draft.step) = (Some(Met::Customer), Step::Door);
    });
    crew.run(|tablet, now, _| tablet.forward(order, Step::Door, now, Box::new(|_| {})));
    crew.notes_down(order, |draft| {
        (draft.lines[0].action, draft.lines[0].method) = (Some(Action::Restored), Some(Method::CurbStopOn));
        draft.lines[0].digits = Some("036500".into());
    });
    let unsafe_yet = crew.try_run(|tablet, now, dice| tablet.save(order, now, dice));
    assert!(matches!(unsafe_yet, Err(TabletError::Incomplete(Lacking::Safety))), "{unsafe_yet:?}");
    crew.notes_down(order, |draft| draft.lines[0].safe = true);
    saves(&mut crew, order);
    assert!(crew.day().restores.is_empty(), "nobody is off any more");
    crew.sync(&mut office);
    assert_eq!(crew.tablet.unsent(), 0, "the gate takes it");
    let found = view::stop_in_full(crew.tablet.state(), order, crew.moment()).unwrap();
    assert!(found.disposition.lines.values().all(|line| matches!(line, LineState::Restored { .. })));
    assert!(found.disposition.follow_ups.iter().all(|follow| follow.wanted.is_empty()));
    assert_eq!(found.stop.order.kind, OrderKind::TurnOff, "and the order is what it was");
}

#[test]
fn the_serial_that_was_seen_travels_also_where_nothing_was_read_and_nothing_else_does() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.arrives(order_id(1));
    crew.notes_down(order_id(1), |draft| {
        draft.lines[0].serial_seen = Some("0048-2201".into());
        draft.stop(UnableCode::Dog);
    });
    saves(&mut crew, order_id(1));
    let read = reading_on(&crew);
    assert_eq!((read.serial_seen.as_str(), read.digits, read.code.as_deref()), ("0048-2201", None, Some("not_read")));
    assert_eq!(read.checks, None);

    // Another meter, recorded, and then a dog.
    let mut crew = Crew::of(&mut office);
    crew.arrives(order_id(2));
    crew.notes_down(order_id(2), |draft| {
        draft.lines[0].serial_seen = Some("9999".into());
        draft.stop(UnableCode::Dog);
    });
    saves(&mut crew, order_id(2));
    let read = reading_on(&crew);
    assert_eq!((read.serial_seen.as_str(), read.code.as_deref()), ("9999", Some("meter_mismatch")));
    assert_eq!(read.checks.as_deref(), Some("serial_mismatch"));

    // Nobody looked at the meter: what is on record was not seen.
    let mut crew = Crew::of(&mut office);
    crew.is_stopped_by(order_id(4), UnableCode::Dog);
    assert!(!facts_on(&crew).iter().any(|fact| matches!(fact.body, FactBody::Reading(_))));
    crew.sync(&mut office);
    assert_eq!(crew.tablet.unsent(), 0);
}

#[test]
fn a_lock_that_is_not_the_one_we_hung_is_asked_about_and_told() {
    let ours = || ["LK-4471"].into_iter();
    assert_eq!(another_lock(ours(), "lk 4471"), None);
    assert_eq!(another_lock(ours(), ""), None, "nobody has said a number");
    assert_eq!(another_lock(std::iter::once(""), "LK-1"), None, "ours had none");
    assert_eq!(another_lock(ours(), "LK-4417"), Some("LK-4471".into()));
    assert_eq!(number_text("LK-44\u{7}71<b>ñ"), "LK-4471b");

    let back_on = order(1, OrderKind::Reconnect);
    let mut office = Office::publishing(&header(), std::slice::from_ref(&back_on));
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(back_on.id);
    crew.notes_down(back_on.id, |draft| {
        let line = &mut draft.lines[0];
        (line.action, line.method, line.safe) = (Some(Action::Restored), Some(Method::LockRemoved), true);
        (line.lock, line.lock_foreign) = (Some("LK-4417".into()), true);
        line.digits = Some("036500".into());
    });
    saves(&mut crew, back_on.id);
    let (_, work) = works_on(&crew).remove(0);
    assert_eq!((work.lock.as_deref(), work.seal_found), (Some("LK-4417"), Some(SealFound::Foreign)));
}

#[test]
fn a_box_that_was_refused_is_not_done_and_one_that_was_collected_has_a_number_or_none() {
    let pick_up = order(1, OrderKind::EquipmentPickup);
    let mut office = Office::publishing(&header(), std::slice::from_ref(&pick_up));
    let mut crew = Crew::of(&mut office);
    crew.arrives(pick_up.id);
    crew.notes_down(pick_up.id, |draft| {
        draft.met = Some(Met::Customer);
        draft.lines[0].equipment = Some(EquipmentResult::Collected);
    });
    let lacks = |crew: &Crew| crew.draft(pick_up.id).lacking(&pick_up);
    assert_eq!(lacks(&crew), Some((Step::Equipment(0), Lacking::BoxNumber)));
    crew.notes_down(pick_up.id, |draft| draft.lines[0].lock_unnumbered = true);
    assert_eq!(lacks(&crew), None);
    crew.notes_down(pick_up.id, |draft| draft.lines[0].equipment = Some(EquipmentResult::Refused));
    saves(&mut crew, pick_up.id);
    let visit = visit_on(&crew);
    assert_eq!((visit.outcome, visit.code), (Outcome::Unable, Some(UnableCode::Refused)));
}

#[test]
fn a_box_that_is_not_the_orders_is_looked_at_again_before_it_is_taken() {
    let pick_up = order(1, OrderKind::EquipmentPickup);
    let expected = pick_up.lines[0].serial.clone().expect("the order names its box");
    let mut office = Office::publishing(&header(), std::slice::from_ref(&pick_up));
    let mut crew = Crew::of(&mut office);
    crew.arrives(pick_up.id);
    crew.notes_down(pick_up.id, |draft| {
        draft.met = Some(Met::Customer);
        let line = &mut draft.lines[0];
        (line.equipment, line.serial_seen) = (Some(EquipmentResult::Collected), Some("BX-9".into()));
    });
    let lacks = |crew: &Crew| crew.draft(pick_up.id).lacking(&pick_up);
    assert_eq!(lacks(&crew), Some((Step::Equipment(0), Lacking::OtherBox)));
    crew.notes_down(pick_up.id, |draft| draft.lines[0].serial_seen = Some(expected.to_lowercase()));
    assert_eq!(lacks(&crew), None, "the same number, written otherwise");
    crew.notes_down(pick_up.id, |draft| {
        (draft.lines[0].serial_seen, draft.lines[0].box_foreign) = (Some("BX-9".into()), true);
    });
    saves(&mut crew, pick_up.id);
    let equipment = facts_on(&crew).into_iter().find_map(|fact| match fact.body {
        FactBody::Equipment(equipment) => Some(equipment),
        _ => None,
    });
    assert_eq!(equipment.unwrap().condition.as_deref(), Some(OTHER_SERIAL));
}
