//! A glove taps twice, and a slow tablet shows the next step late.

use super::{
    at_the_door::{facts_on, visit_on},
    crew::Crew,
    office::{Office, header, order, order_id},
};
use crate::core::{Lacking, Step, TabletError};
use curbstop_shared::{
    facts::FactBody,
    ids::OrderId,
    vocabulary::{Action, Met, Method, OrderKind, Permit, UnableCode},
};

fn taps(crew: &mut Crew, order: OrderId, on: Step) -> Result<(), TabletError> {
    crew.try_run(|tablet, now, _| tablet.forward(order, on, now, Box::new(|_| {})))
}

/// Walks up to the permit step by its buttons.
fn at_the_permit(office: &mut Office, order: OrderId) -> Crew {
    let mut crew = Crew::of(office);
    crew.arrives(order);
    taps(&mut crew, order, Step::Place).unwrap();
    crew.notes_down(order, |draft| draft.lines[0].serial_seen = Some("0048-2201".into()));
    taps(&mut crew, order, Step::Meter(0)).unwrap();
    let nobody = |draft: &mut crate::core::Draft| draft.met = Some(Met::Nobody);
    crew.run(|tablet, now, _| tablet.forward(order, Step::Door, now, Box::new(nobody)));
    assert_eq!(crew.draft(order).step, Step::Permit);
    crew
}

fn begins(crew: &mut Crew, order: OrderId) {
    let at = crew.moment();
    crew.run(|tablet, _, _| tablet.begin_work(order, Step::Permit, false, at, Box::new(|_| {})));
    assert_eq!(crew.draft(order).step, Step::Act(0));
}

#[test]
fn the_second_of_two_taps_answers_no_question_that_nobody_has_seen() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = Crew::of(&mut office);
    crew.arrives(order);
    taps(&mut crew, order, Step::Place).unwrap();
    let records = crew.disk.clone();
    assert!(matches!(taps(&mut crew, order, Step::Place), Err(TabletError::StepLeft)));
    assert_eq!(crew.draft(order).step, Step::Meter(0), "which meter it is nobody has said");
    assert_eq!(crew.disk, records);

    let mut crew = at_the_permit(&mut office, order);
    begins(&mut crew, order);
    let at = crew.moment();
    let again = crew.try_run(|tablet, _, _| tablet.begin_work(order, Step::Permit, true, at, Box::new(|_| {})));
    assert!(matches!(again, Err(TabletError::StepLeft)));
    let stop = |draft: &mut crate::core::Draft| draft.stop(UnableCode::Dog);
    let late = crew.try_run(|tablet, now, _| tablet.note_down(order, Step::Permit, now, Box::new(stop)));
    assert!(matches!(late, Err(TabletError::StepLeft)));
    assert_eq!(crew.draft(order).stopped_by, None);
}

#[test]
fn the_second_of_two_taps_on_save_finds_the_stop_saved_with_the_last_words() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = at_the_permit(&mut office, order);
    begins(&mut crew, order);
    crew.notes_down(order, |draft| {
        draft.lines[0].action = Some(Action::TurnedOff);
        draft.lines[0].method = Some(Method::CurbStopOff);
        draft.lines[0].digits = Some("036500".into());
        draft.step = Step::Summary;
    });
    let mut saves = || {
        let last_words = |draft: &mut crate::core::Draft| draft.note = Some("gate code 4".into());
        crew.try_run(|tablet, now, dice| tablet.save_with(order, now, dice, Box::new(last_words)))
    };
    saves().unwrap();
    assert!(matches!(saves(), Err(TabletError::NoDraft)));
    let kinds: Vec<_> = facts_on(&crew).iter().map(|fact| fact.body.kind().code()).collect();
    assert_eq!(kinds, ["visit", "work", "reading", "note"]);
    assert_eq!(visit_on(&crew).permit, Some(Permit::Fresh));
}

/// The page was loaded anew, or the device's back button led to the door: that is coming back, too.
#[test]
fn nobody_comes_back_to_the_work_without_being_asked_whether_it_may_begin() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = at_the_permit(&mut office, order);
    begins(&mut crew, order);
    crew.later(90);
    crew.is_killed();
    crew.arrives(order);
    assert_eq!(crew.draft(order).step, Step::Permit);

    // By way of the reasons why it can't be done.
    begins(&mut crew, order);
    crew.notes_down(order, |draft| draft.turn_aside(Step::Unable));
    crew.arrives(order);
    assert_eq!(crew.draft(order).step, Step::Unable);
    let published = crew.tablet.published(order).unwrap().2;
    crew.notes_down(order, |draft| assert!(draft.step_back(&published)));
    assert_eq!(crew.draft(order).step, Step::Permit);

    // Once something was entered, its opening stands and nothing is asked again.
    begins(&mut crew, order);
    crew.notes_down(order, |draft| draft.lines[0].action = Some(Action::TurnedOff));
    crew.arrives(order);
    assert_eq!(crew.draft(order).step, Step::Act(0));
}

#[test]
fn a_restore_that_nobody_said_was_safe_asks_for_that_and_for_nothing_else() {
    let back_on = order(1, OrderKind::Reconnect);
    let mut office = Office::publishing(&header(), std::slice::from_ref(&back_on));
    let mut crew = Crew::of(&mut office);
    crew.arrives(back_on.id);
    crew.notes_down(back_on.id, |draft| {
        draft.lines[0].serial_seen = Some("0048-2201".into());
        draft.met = Some(Met::Customer);
    });
    let lacks = |crew: &mut Crew| match crew.try_run(|tablet, now, dice| tablet.save(back_on.id, now, dice)) {
        Err(TabletError::Incomplete(what)) => Some(what),
        _ => None,
    };
    assert_eq!(lacks(&mut crew), Some(Lacking::Deed));
    crew.notes_down(back_on.id, |draft| {
        draft.lines[0].action = Some(Action::Restored);
        draft.lines[0].method = Some(Method::CurbStopOn);
    });
    assert_eq!(lacks(&mut crew), Some(Lacking::Safety));
    assert_eq!(crew.draft(back_on.id).lacks(&back_on), Some(Step::Act(0)));
    crew.notes_down(back_on.id, |draft| draft.lines[0].safe = true);
    assert_eq!(lacks(&mut crew), Some(Lacking::Reading));
}

#[test]
fn a_half_typed_note_on_the_page_of_a_stop_comes_back_after_a_kill_and_goes_when_it_is_saved() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = Crew::of(&mut office);
    let records = crew.disk.len();
    let typed = |crew: &Crew| crew.tablet.state().half_notes.get(&order).cloned();
    for text in ["gate", "gate was open"] {
        crew.run(|tablet, _, _| tablet.half_note(order, text.into()));
    }
    crew.is_killed();
    assert_eq!((typed(&crew).as_deref(), crew.tablet.unsent()), (Some("gate was open"), 0));
    crew.run(|tablet, now, dice| tablet.note(order, "gate was open", now, dice));
    assert_eq!((typed(&crew), crew.tablet.unsent()), (None, 1));
    crew.is_killed();
    assert_eq!(typed(&crew), None);
    assert!(
        facts_on(&crew).iter().any(|fact| matches!(&fact.body, FactBody::Note(note) if note.text == "gate was open"))
    );
    // Wiped out by hand.
    crew.run(|tablet, _, _| tablet.half_note(order, "do".into()));
    crew.run(|tablet, _, _| tablet.half_note(order, " ".into()));
    assert_eq!((typed(&crew), crew.disk.len()), (None, records + 1), "only the saved note is left on the disk");
    // It goes with its route.
    crew.sync(&mut office);
    crew.run(|tablet, _, _| tablet.half_note(order, "later".into()));
    office.gone = true;
    crew.sync(&mut office);
    assert!(crew.tablet.state().routes.is_empty());
    assert_eq!(typed(&crew), None);
    crew.is_killed();
    assert_eq!(typed(&crew), None);
}

fn answers(crew: &mut Crew, order: OrderId, deed: Action) {
    let change = move |draft: &mut crate::core::Draft| draft.lines[0].answers(deed);
    crew.run(|tablet, now, _| tablet.note_down(order, Step::Act(0), now, Box::new(change)));
}

#[test]
fn a_crew_that_changes_its_answer_finds_the_last_one_after_a_kill_and_is_asked_how() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order);
    let published = crew.tablet.published(order).unwrap().2;
    // The valve may be closed by then: what is ticked on the screen is kept, and how it was done is asked.
    answers(&mut crew, order, Action::TurnedOff);
    crew.is_killed();
    assert_eq!(crew.draft(order).lacking(&published), Some((Step::Act(0), Lacking::Deed)));

    answers(&mut crew, order, Action::AlreadyOff);
    crew.is_killed();
    assert_eq!(crew.draft(order).lines[0].action, Some(Action::AlreadyOff));
    assert_eq!(crew.draft(order).lacks(&published), Some(Step::Reading(0)));
    answers(&mut crew, order, Action::TurnedOff);
    crew.is_killed();
    assert_eq!(crew.draft(order).lines[0].action, Some(Action::TurnedOff));
    assert_eq!(crew.draft(order).lacking(&published), Some((Step::Act(0), Lacking::Deed)), "how?");
    crew.notes_down(order, |draft| draft.lines[0].method = Some(Method::CurbStopOff));
    assert_eq!(crew.draft(order).lacks(&published), Some(Step::Reading(0)));
    // The way of one deed is not that of another.
    answers(&mut crew, order, Action::AlreadyOff);
    crew.is_killed();
    assert_eq!(
        (crew.draft(order).lines[0].action, crew.draft(order).lines[0].method),
        (Some(Action::AlreadyOff), None)
    );
}

#[test]
fn on_a_reconnect_the_changed_answer_and_that_it_is_safe_come_back_after_a_kill() {
    let back_on = order(1, OrderKind::Reconnect);
    let mut office = Office::publishing(&header(), std::slice::from_ref(&back_on));
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(back_on.id);
    answers(&mut crew, back_on.id, Action::AlreadyOn);
    answers(&mut crew, back_on.id, Action::Restored);
    let safe = |draft: &mut crate::core::Draft| draft.lines[0].safe = true;
    crew.run(|tablet, now, _| tablet.note_down(back_on.id, Step::Act(0), now, Box::new(safe)));
    crew.is_killed();
    let draft = crew.draft(back_on.id);
    assert_eq!((draft.lines[0].action, draft.lines[0].safe), (Some(Action::Restored), true));
    assert_eq!(draft.lines[0].method, None);
}

#[test]
fn who_turns_aside_at_the_place_has_not_said_that_it_is_the_right_one() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = Crew::of(&mut office);
    crew.arrives(order);
    crew.notes_down(order, |draft| draft.turn_aside(Step::Unable));
    assert!(!crew.draft(order).is_answered(Step::Place));
    crew.notes_down(order, |draft| draft.stop(UnableCode::NotFound));
    assert!(!crew.draft(order).is_answered(Step::Place), "also on the summary");

    crew.opens_the_act(order_id(2));
    crew.notes_down(order_id(2), |draft| draft.turn_aside(Step::Unable));
    assert!(crew.draft(order_id(2)).is_answered(Step::Place));
}
