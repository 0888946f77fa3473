//! What was turned off and is paid for: nobody turns it off once more, whoever is at the door hears of it, and what was
//! done about it since, or could not be done, can be read.

use super::{
    crew::Crew,
    office::{Office, order_id},
};
use crate::core::{
    Step, TabletError,
    view::{self, HowLeft, OnAgain, Standing, StopInFull},
};
use curbstop_shared::{
    disposition::{WhyNot, reconnects_to_look_for},
    facts::{FactBody, Hold, Recall, Visit, Work},
    ids::{FactId, LineId, OrderId},
    vocabulary::{
        Action, ExceptionKind, HoldReason, HoldScope, Met, Method, OrderKind, Outcome, Permit, RecallReason, UnableCode,
    },
};

fn shown(crew: &Crew, order: OrderId) -> StopInFull {
    view::stop_in_full(crew.tablet.state(), order, crew.moment()).unwrap()
}

/// A visit that is not this tablet's: of another tablet of the crew, or keyed in from paper.
fn somebody_else(office: &mut Office, order: OrderId, did: Action) {
    let paper = did.cuts().then_some(true);
    let visit = Visit { outcome: Outcome::Done, paper, ..visited() };
    let visit = office.says(order, FactBody::Visit(visit));
    office.says(order, FactBody::Work(work(visit, did)));
}

fn visited() -> Visit {
    serde_json::from_value(serde_json::json!({ "outcome": "done" })).unwrap()
}

fn work(visit: FactId, action: Action) -> Work {
    let line = LineId("1".into());
    Work { visit, line, action, method: None, lock: None, seal: None, seal_found: None }
}

/// It is paid for after the crew turned it off, and the crew has heard of it.
fn off_and_paid(office: &mut Office, order: OrderId) -> Crew {
    let mut crew = Crew::of(office);
    crew.turns_off(order);
    crew.sync(office);
    crew.later(5);
    office.later(5);
    office.pays(order);
    crew.sync(office);
    crew
}

fn goes_to_restore(crew: &mut Crew, order: OrderId) {
    let at = crew.moment();
    crew.run(|tablet, _, dice| tablet.arrive_to_restore(order, at, dice));
}

fn turns_back_on(crew: &mut Crew, order: OrderId, digits: &str) {
    goes_to_restore(crew, order);
    crew.notes_down(order, |draft| {
        draft.lines[0].serial_seen = Some("0048-2201".into());
        (draft.met, draft.step) = (Some(Met::Customer), Step::Door);
    });
    crew.run(|tablet, now, _| tablet.forward(order, Step::Door, now, Box::new(|_| {})));
    crew.notes_down(order, |draft| {
        let line = &mut draft.lines[0];
        (line.action, line.method, line.safe) = (Some(Action::Restored), Some(Method::CurbStopOn), true);
        line.digits = Some(digits.into());
    });
    crew.run(|tablet, now, dice| tablet.save(order, now, dice));
}

/// The crew goes there again and up to the step where it asks whether it may begin.
fn asks_to_begin(crew: &mut Crew, order: OrderId) -> Result<(), TabletError> {
    crew.arrives(order);
    crew.notes_down(order, |draft| {
        draft.lines[0].serial_seen = Some("0048-2201".into());
        (draft.met, draft.step) = (Some(Met::Nobody), Step::Permit);
    });
    let at = crew.moment();
    crew.try_run(|tablet, _, _| tablet.begin_work(order, Step::Permit, false, at, Box::new(|_| {})))
}

#[test]
fn a_paid_stop_that_is_on_again_says_so_and_no_cut_begins_there() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = off_and_paid(&mut office, order);
    crew.later(3);
    turns_back_on(&mut crew, order, "036501");
    let stop = shown(&crew, order).stop;
    assert_eq!(stop.standing, Standing::Done);
    assert_eq!(stop.left, HowLeft::OnAgain(OnAgain { since: Some(crew.now) }), "not a finished turn-off");
    crew.sync(&mut office);

    crew.later(4);
    let begun = asks_to_begin(&mut crew, order);
    assert!(matches!(begun, Err(TabletError::StoppedMeanwhile)), "{begun:?}");
    let why = shown(&crew, order).disposition.why_not.clone();
    assert!(matches!(why, Some(WhyNot::Released { .. })), "paid is said first, not that it was done: {why:?}");

    // What was done all the same is a physical fact: recorded, and told as what it is.
    crew.says_it_is_off_already(order);
    assert_eq!(crew.draft(order).opened.unwrap().permit, Some(Permit::None), "fresh data permits nothing here");
    crew.notes_down(order, |draft| draft.lines[0].answers(Action::TurnedOff));
    let word = shown(&crew, order).stopped_meanwhile.expect("a word on what was entered");
    assert_eq!((word.restore, word.entered_off), (true, true), "turn it back on now");
    crew.turns_off_and_reads(order, "036502");
    let restores = crew.day().restores;
    assert!(restores[0].why.is_wrongful && restores[0].why.was_known, "this tablet knew of the payment: {restores:?}");
    crew.sync(&mut office);
    assert_eq!(crew.tablet.unsent(), 0, "the gate takes it");
    let raised: Vec<_> = shown(&crew, order).disposition.exceptions.iter().map(|it| it.kind).collect();
    assert!(raised.contains(&ExceptionKind::CutDespiteRelease), "{raised:?}");
    assert!(raised.contains(&ExceptionKind::PermitBreach), "{raised:?}");
}

#[test]
fn a_cut_that_crossed_the_payment_is_not_told_as_one_that_knew_of_it() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order);
    office.pays(order);
    crew.turns_off_and_reads(order, "036500");
    crew.sync(&mut office);
    let why = crew.day().restores[0].why;
    assert_eq!((why.is_wrongful, why.was_known), (true, false));
}

/// The tablet was out of reach, and the sheet of paper came to the office before it did.
#[test]
fn a_cut_keyed_in_from_paper_does_not_hide_the_payment_from_the_crew_at_that_door() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order);
    crew.notes_down(order, |draft| draft.lines[0].answers(Action::TurnedOff));
    let mut at_the_door_only = Crew::of(&mut office);
    at_the_door_only.arrives(order);
    somebody_else(&mut office, order, Action::TurnedOff);
    office.pays(order);

    for (crew, entered) in [(&mut crew, true), (&mut at_the_door_only, false)] {
        crew.sync(&mut office);
        let word = shown(crew, order).stopped_meanwhile.expect("it is off, and it was paid for");
        assert!(matches!(word.why, WhyNot::Released { .. }), "{word:?}");
        assert_eq!((word.restore, word.entered_off), (true, entered));
        let day = crew.day();
        assert!(day.restores.len() == 1 && day.restores[0].stop.begun, "one card for the house, which goes on there");
        assert_ne!(day.next.unwrap().order.id, order);
        assert!(day.ahead.iter().all(|stop| stop.order.id != order));
    }
}

#[test]
fn a_hold_finds_out_whether_the_crew_has_entered_that_it_is_off() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = Crew::of(&mut office);
    let medical = Hold { reason: HoldReason::Medical, scope: HoldScope::Premise, verified: true, expires_on: None };
    office.says(order, FactBody::Hold(medical));
    crew.sync(&mut office);
    crew.arrives(order);
    assert_eq!(shown(&crew, order).stopped_meanwhile, None, "known before it came: do not turn off says it all");
    crew.says_it_is_off_already(order);
    crew.notes_down(order, |draft| draft.lines[0].answers(Action::TurnedOff));
    let word = shown(&crew, order).stopped_meanwhile.expect("dispatch is to be called");
    assert_eq!((word.restore, word.entered_off), (false, true));
}

#[test]
fn an_open_restore_hears_that_another_tablet_turned_it_on() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = off_and_paid(&mut office, order);
    goes_to_restore(&mut crew, order);
    assert_eq!(shown(&crew, order).restored_meanwhile, None);
    office.later(10);
    somebody_else(&mut office, order, Action::Restored);
    crew.sync(&mut office);
    crew.is_killed();
    let full = shown(&crew, order);
    assert_eq!(full.restored_meanwhile, Some(OnAgain { since: Some(office.now) }));
    assert_eq!(full.stop.order.kind, OrderKind::Reconnect, "the walk is there still, for whoever did something");
    assert!(crew.day().restores.is_empty());
}

#[test]
fn at_the_door_of_a_restore_the_crew_reads_that_another_one_was_sent_and_then_that_it_is_on() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = off_and_paid(&mut office, order);
    crew.later(3);
    goes_to_restore(&mut crew, order);
    crew.sync(&mut office);
    assert!(!shown(&crew, order).restore_given());
    let reconnect = reconnects_to_look_for(order).next().unwrap();
    office.says(reconnect, FactBody::Recall(Recall { reason: RecallReason::Moved, cause: None }));
    crew.sync(&mut office);
    crew.is_killed();
    assert!(shown(&crew, order).restore_given(), "two may come");
    office.later(10);
    somebody_else(&mut office, reconnect, Action::Restored);
    crew.sync(&mut office);
    let full = shown(&crew, order);
    assert_eq!((full.restore_given(), full.restored_meanwhile), (false, Some(OnAgain { since: Some(office.now) })));
}

#[test]
fn a_house_whose_restore_is_begun_stands_on_the_list_once() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = off_and_paid(&mut office, order);
    goes_to_restore(&mut crew, order);
    let day = crew.day();
    let [card] = &day.restores[..] else { panic!("{:?}", day.restores) };
    assert!(card.stop.begun && card.leads_to() == order);
    let listed: Vec<_> = day.next.iter().chain(&day.ahead).chain(&day.behind).map(|stop| stop.order.id).collect();
    assert!(!listed.contains(&order), "{listed:?}");
    // The card goes on where it was left.
    crew.arrives(order);
    assert!(crew.draft(order).restoring);
}

#[test]
fn a_restore_that_failed_says_when_and_why_until_somebody_turns_it_on() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = off_and_paid(&mut office, order);
    let tried = |crew: &Crew| crew.day().restores[0].stop.tried.map(|tried| (tried.at, tried.code));
    assert_eq!(tried(&crew), None);
    crew.later(6);
    goes_to_restore(&mut crew, order);
    crew.notes_down(order, |draft| draft.stop(UnableCode::NoAccessGate));
    crew.run(|tablet, now, dice| tablet.save(order, now, dice));
    let at = crew.now;
    assert_eq!(tried(&crew), Some((at, Some(UnableCode::NoAccessGate))));
    crew.sync(&mut office);
    crew.is_killed();
    assert_eq!(tried(&crew), Some((at, Some(UnableCode::NoAccessGate))));
    assert_eq!(shown(&crew, order).stop.tried.map(|tried| tried.at), Some(at));
    crew.later(20);
    turns_back_on(&mut crew, order, "036500");
    assert_eq!(shown(&crew, order).stop.tried, None);
}

#[test]
fn a_deadline_that_has_passed_reads_as_passed_and_what_is_done_has_none() {
    let mut unlock = super::office::order(1, OrderKind::Unlock);
    unlock.due_at = Some(super::office::MORNING + curbstop_shared::time::Span::minutes(30));
    let mut office = Office::publishing(&super::office::header(), std::slice::from_ref(&unlock));
    let mut crew = Crew::of(&mut office);
    let due = |crew: &Crew| crew.day().next.unwrap().due.map(|due| (due.at, due.is_over));
    assert_eq!(due(&crew), unlock.due_at.map(|at| (at, false)));
    crew.later(30);
    assert_eq!(due(&crew), unlock.due_at.map(|at| (at, true)));
    assert!(shown(&crew, unlock.id).stop.due.is_some_and(|due| due.is_over));
    somebody_else(&mut office, unlock.id, Action::Unlocked);
    crew.sync(&mut office);
    assert_eq!(shown(&crew, unlock.id).stop.due, None);
}

/// Cut, turned on, and cut again: what was used in between is nobody's leak.
#[test]
fn what_is_read_at_a_restore_is_compared_with_the_reading_of_the_last_cut() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = off_and_paid(&mut office, order);
    let compared_with = |crew: &Crew| shown(crew, order).stop.order.lines[0].last.clone();
    crew.later(3);
    turns_back_on(&mut crew, order, "036507");
    crew.later(3);
    crew.says_it_was_turned_off(order, "036519");
    goes_to_restore(&mut crew, order);
    assert_eq!(compared_with(&crew).as_deref(), Some("036519"));
    crew.run(|tablet, _, _| tablet.leave(order));

    // Nothing was read at the cut: the reading of the restore before is no reading of it.
    let (mut office, order) = (Office::new(), order_id(2));
    let mut crew = off_and_paid(&mut office, order);
    crew.later(3);
    turns_back_on(&mut crew, order, "036507");
    office.later(30);
    crew.later(30);
    crew.sync(&mut office);
    somebody_else(&mut office, order, Action::TurnedOff);
    crew.sync(&mut office);
    goes_to_restore(&mut crew, order);
    assert_eq!(shown(&crew, order).stop.order.lines[0].last, None);
}

/// One reconnect went to another crew and was done; what is off since is this crew's again.
#[test]
fn a_restore_went_only_where_the_reconnect_that_is_called_for_now_went() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = off_and_paid(&mut office, order);
    let first = reconnects_to_look_for(order).next().unwrap();
    office.says(first, FactBody::Recall(Recall { reason: RecallReason::Moved, cause: None }));
    crew.sync(&mut office);
    assert!(crew.day().restores[0].is_anothers() && crew.day().recalls.is_empty());
    office.later(10);
    somebody_else(&mut office, first, Action::Restored);
    crew.sync(&mut office);
    assert!(crew.day().restores.is_empty());
    crew.later(20);
    crew.says_it_was_turned_off(order, "036520");
    assert!(!crew.day().restores[0].is_anothers());
}
