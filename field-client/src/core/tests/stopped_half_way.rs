//! What was entered is never thrown away unasked: the crew says how it left the service.

use super::{
    at_the_door::{facts_on, visit_on},
    crew::Crew,
    office::{Office, order_id},
};
use crate::core::{
    Step, TabletError,
    view::{self, HowLeft, Standing as StopStands},
    walk::Standing,
};
use curbstop_shared::{
    disposition::{CutLabel, LineState, OrderState},
    facts::{FactBody, Recall},
    ids::OrderId,
    route_document::Knew,
    vocabulary::{Action, ExceptionKind, HoldReason, Method, Outcome, Permit, RecallReason, UnableCode},
};

/// Walked up to the act step and entered that the curb stop was closed.
fn cut_entered(office: &mut Office, order: OrderId) -> Crew {
    let mut crew = Crew::of(office);
    crew.opens_the_act(order);
    crew.notes_down(order, |draft| {
        draft.lines[0].action = Some(Action::TurnedOff);
        draft.lines[0].method = Some(Method::CurbStopOff);
        draft.lines[0].lock = Some("L-7".into());
    });
    crew
}

fn saves(crew: &mut Crew, order: OrderId) {
    crew.run(|tablet, now, dice| tablet.save(order, now, dice));
}

fn actions_on(crew: &Crew) -> Vec<Action> {
    let mut actions: Vec<_> = facts_on(crew)
        .into_iter()
        .filter_map(|fact| match fact.body {
            FactBody::Work(work) => Some(work.action),
            _ => None,
        })
        .collect();
    actions.sort();
    actions
}

fn at_the_office(crew: &mut Crew, office: &mut Office, order: OrderId) -> curbstop_shared::disposition::Disposition {
    crew.sync(office);
    assert_eq!(crew.tablet.unsent(), 0, "{:?}", crew.tablet.state().attention);
    view::stop_in_full(crew.tablet.state(), order, crew.moment()).unwrap().disposition.as_ref().clone()
}

/// The recall comes between two taps: "Turned off", and how.
#[test]
fn a_recall_between_what_and_how_asks_whether_it_is_off() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order);
    crew.notes_down(order, |draft| draft.lines[0].answers(Action::TurnedOff));
    crew.is_killed();
    crew.notes_down(order, |draft| draft.stop(UnableCode::Recalled));
    assert_eq!(crew.draft(order).step, Step::AsEntered(0), "is it off now?");
    crew.notes_down(order, |draft| draft.settle(0, Standing::Stands));
    saves(&mut crew, order);
    let said = at_the_office(&mut crew, &mut office, order);
    assert!(matches!(said.lines.values().next(), Some(LineState::Off { .. })), "{said:?}");
}

#[test]
fn a_dog_that_comes_after_the_cut_does_not_hide_that_the_water_is_off() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = cut_entered(&mut office, order);
    crew.notes_down(order, |draft| draft.stop(UnableCode::Dog));
    assert_eq!(crew.draft(order).step, Step::AsEntered(0), "is it off now?");
    let lacks = crew.try_run(|tablet, now, dice| tablet.save(order, now, dice)).unwrap_err();
    assert_eq!(lacks.to_string(), "say first how you left the service");

    crew.notes_down(order, |draft| draft.settle(0, Standing::Stands));
    assert_eq!(crew.draft(order).step, Step::Summary);
    assert!(crew.draft(order).leaves_off(), "a service that stays off is confirmed by a long press");
    saves(&mut crew, order);
    let visit = visit_on(&crew);
    assert_eq!((visit.outcome, visit.code), (Outcome::Unable, Some(UnableCode::Dog)));
    assert_eq!(visit.permit, Some(Permit::Fresh), "what the cut began on goes with it");
    assert_eq!(actions_on(&crew), [Action::TurnedOff]);

    let read = at_the_office(&mut crew, &mut office, order);
    assert!(matches!(read.state, OrderState::Done { unfinished: true, .. }), "{:?}", read.state);
    assert!(matches!(read.lines.values().next(), Some(LineState::Off { .. })));
    assert!(read.exceptions.is_empty(), "{:?}", read.exceptions);
    assert!(crew.day().behind.iter().any(|stop| stop.order.id == order
        && stop.standing == StopStands::Done
        && stop.left == HowLeft::OffUnfinished));
}

#[test]
fn leave_it_on_after_a_cut_that_crossed_a_payment_asks_and_the_reconnect_is_called_for() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = cut_entered(&mut office, order);
    office.pays(order);
    crew.sync(&mut office);
    crew.notes_down(order, |draft| draft.stop(UnableCode::Recalled));
    crew.notes_down(order, |draft| draft.settle(0, Standing::Stands));
    saves(&mut crew, order);
    let read = at_the_office(&mut crew, &mut office, order);
    assert_eq!(read.cuts[0].label, CutLabel::Crossed, "it had begun before the payment was known");
    assert!(!read.follow_ups[0].wanted.is_empty(), "somebody is off though paid");
    assert_eq!(crew.day().restores.len(), 1, "the crew is told to turn it back on");
}

#[test]
fn a_crew_that_turned_it_back_on_records_both() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = cut_entered(&mut office, order);
    office.pays(order);
    crew.sync(&mut office);
    crew.notes_down(order, |draft| draft.stop(UnableCode::Recalled));
    crew.notes_down(order, |draft| draft.settle(0, Standing::Undone));
    assert_eq!(crew.draft(order).step, Step::AsEntered(0), "nothing is turned on before it is said to be safe");
    crew.notes_down(order, |draft| {
        draft.lines[0].safe = true;
        draft.settle(0, Standing::Undone);
    });
    assert_eq!(crew.draft(order).step, Step::Summary);
    assert!(!crew.draft(order).leaves_off(), "nothing stays off: a tap is enough");
    saves(&mut crew, order);
    assert_eq!(actions_on(&crew), [Action::TurnedOff, Action::Restored]);
    let read = at_the_office(&mut crew, &mut office, order);
    assert!(matches!(read.lines.values().next(), Some(LineState::Restored { .. })), "{:?}", read.lines);
    assert!(read.follow_ups[0].wanted.is_empty(), "nothing is left to restore");
    assert!(crew.day().restores.is_empty());
    let told: Vec<_> = crew.day().recalls.iter().map(|recall| recall.on_again).collect();
    assert_eq!(told, [true], "the card does not send the crew to dispatch for what it put right");
}

#[test]
fn a_lock_that_was_taken_off_again_was_unlocked() {
    let (mut office, order) = (Office::new(), order_id(4));
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order);
    crew.notes_down(order, |draft| {
        draft.lines[0].action = Some(Action::Locked);
        draft.stop(UnableCode::MedicalClaimed);
        draft.lines[0].safe = true;
        draft.settle(0, Standing::Undone);
    });
    saves(&mut crew, order);
    assert_eq!(actions_on(&crew), [Action::Locked, Action::Unlocked]);
}

#[test]
fn an_entry_by_mistake_is_taken_out_and_the_stop_reads_as_not_done() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = cut_entered(&mut office, order);
    crew.notes_down(order, |draft| draft.stop(UnableCode::Dog));
    crew.notes_down(order, |draft| draft.settle(0, Standing::Mistake));
    assert_eq!(crew.draft(order).step, Step::Summary);
    saves(&mut crew, order);
    assert_eq!(actions_on(&crew), []);
    assert_eq!(visit_on(&crew).permit, None, "nothing was cut, so nothing was permitted");
    let read = at_the_office(&mut crew, &mut office, order);
    assert!(matches!(read.state, OrderState::Unable { code: Some(UnableCode::Dog), .. }));
}

#[test]
fn leaving_after_work_was_entered_asks_the_same_and_leads_on_from_every_answer() {
    let (mut office, order) = (Office::new(), order_id(1));
    let asked = |crew: &mut Crew| {
        crew.notes_down(order, |draft| assert!(!draft.may_leave()));
        assert_eq!(crew.draft(order).step, Step::AsEntered(0));
    };
    let mut crew = cut_entered(&mut office, order);
    assert!(matches!(crew.try_run(|tablet, _, _| tablet.leave(order)), Err(TabletError::Incomplete(_))));

    // Still off: the rest of the stop is asked for, nothing is lost.
    asked(&mut crew);
    crew.notes_down(order, |draft| draft.settle(0, Standing::Stands));
    let published = crew.tablet.published(order).unwrap().2;
    assert_eq!((crew.draft(order).step, crew.draft(order).lacks(&published)), (Step::Summary, Some(Step::Reading(0))));

    // Turned back on: it was for a reason.
    asked(&mut crew);
    crew.notes_down(order, |draft| {
        draft.lines[0].safe = true;
        draft.settle(0, Standing::Undone);
    });
    assert_eq!(crew.draft(order).step, Step::Unable);
    crew.notes_down(order, |draft| draft.stop(UnableCode::Refused));
    assert_eq!(crew.draft(order).step, Step::Summary, "asked once is asked");

    // Never done: then the stop may be left.
    let mut crew = cut_entered(&mut office, order);
    asked(&mut crew);
    crew.notes_down(order, |draft| draft.settle(0, Standing::Mistake));
    crew.run(|tablet, _, _| tablet.leave(order));
    assert!(crew.tablet.state().drafts.is_empty());
}

#[test]
fn back_leads_from_the_question_to_where_the_crew_was_and_nothing_is_changed() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = cut_entered(&mut office, order);
    let published = crew.tablet.published(order).unwrap().2;
    let before = crew.draft(order);
    crew.notes_down(order, |draft| draft.turn_aside(Step::Unable));
    crew.notes_down(order, |draft| draft.stop(UnableCode::Dog));
    crew.is_killed();
    assert_eq!(crew.draft(order).step, Step::AsEntered(0));
    crew.notes_down(order, |draft| assert!(draft.step_back(&published)));
    assert_eq!(crew.draft(order), before);

    // From the summary first to the reason.
    crew.notes_down(order, |draft| draft.stop(UnableCode::Dog));
    crew.notes_down(order, |draft| draft.settle(0, Standing::Stands));
    crew.notes_down(order, |draft| assert!(draft.step_back(&published)));
    assert_eq!((crew.draft(order).step, crew.draft(order).stopped_by), (Step::Unable, None));
    crew.notes_down(order, |draft| draft.stop(UnableCode::Threat));
    assert_eq!(crew.draft(order).step, Step::AsEntered(0), "asked anew");
}

#[test]
fn proof_that_is_shown_after_the_cut_was_not_known_when_it_was_made() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = cut_entered(&mut office, order);
    crew.notes_down(order, |draft| draft.stop(UnableCode::ProofShown));
    crew.notes_down(order, |draft| draft.settle(0, Standing::Stands));
    saves(&mut crew, order);
    let read = at_the_office(&mut crew, &mut office, order);
    let raised: Vec<_> = read.exceptions.iter().map(|found| (found.kind, found.urgent)).collect();
    assert_eq!(raised, [(ExceptionKind::FieldReleaseUnverified, true)], "the office decides at once, nobody is blamed");
    assert!(matches!(read.state, OrderState::Done { .. }));
}

#[test]
fn a_box_that_was_collected_before_the_dog_came_stays_collected() {
    use curbstop_shared::vocabulary::{EquipmentResult, OrderKind};
    let order = order_id(1);
    let mut office =
        Office::publishing(&super::office::header(), &[super::office::order(1, OrderKind::EquipmentPickup)]);
    let mut crew = Crew::of(&mut office);
    crew.arrives(order);
    crew.notes_down(order, |draft| {
        draft.lines[0].equipment = Some(EquipmentResult::Collected);
        draft.lines[0].action = Some(Action::None);
        draft.stop(UnableCode::Dog);
    });
    saves(&mut crew, order);
    let collected = |body: &FactBody| matches!(body, FactBody::Equipment(e) if e.result == EquipmentResult::Collected);
    assert!(facts_on(&crew).iter().any(|fact| collected(&fact.body)));
}

/// How a visit stood to what the office said.
fn knew(office: &Office, said: &str) -> Knew {
    let facts = office.doc.facts();
    let change_of = |kind: &str| {
        let fact = facts.values().find(|stored| stored.raw.read().unwrap().body.kind().code() == kind).unwrap();
        fact.change
    };
    office.doc.clocks().knew(&change_of("visit"), &change_of(said))
}

#[test]
fn looking_at_the_act_step_again_does_not_make_the_crew_have_known_of_a_payment_that_came_after_its_work() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = cut_entered(&mut office, order);
    let opened = crew.draft(order).opened.unwrap().at;
    office.pays(order);
    crew.later(5);
    crew.sync(&mut office);
    // Back to the permit step and forward again, by either button.
    crew.run(|tablet, now, _| tablet.open_act(order, Step::Act(0), now));
    crew.says_it_is_off_already(order);
    crew.turns_off_and_reads(order, "036500");
    assert_eq!(visit_on(&crew).act_opened_at, Some(opened));
    crew.sync(&mut office);
    assert_eq!(knew(&office, "release"), Knew::Neither);
}

#[test]
fn who_has_done_nothing_yet_begins_on_what_is_known_now() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order);
    // To lunch, and back from the list: may it begin is asked again.
    crew.later(90);
    office.later(90);
    crew.arrives(order);
    assert_eq!(crew.draft(order).step, Step::Permit);
    office.pays(order);
    crew.sync(&mut office);
    crew.run(|tablet, now, _| tablet.open_act(order, Step::Act(0), now));
    crew.turns_off_and_reads(order, "036500");
    assert_eq!(visit_on(&crew).act_opened_at, Some(crew.now));
    crew.sync(&mut office);
    assert_eq!(knew(&office, "release"), Knew::Known, "it was on the screen before anything was done");
}

#[test]
fn old_data_does_not_become_fresh_by_opening_the_step_again_after_the_work() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = Crew::of(&mut office);
    crew.later(61);
    office.later(61);
    crew.opens_the_act(order);
    crew.notes_down(order, |draft| draft.lines[0].action = Some(Action::TurnedOff));
    crew.sync(&mut office);
    crew.run(|tablet, now, _| tablet.open_act(order, Step::Act(0), now));
    crew.turns_off_and_reads(order, "036500");
    assert_eq!(visit_on(&crew).permit, Some(Permit::None));
}

#[test]
fn work_that_was_done_before_the_crew_came_back_to_the_step_was_begun_at_the_first_opening() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order);
    office.pays(order);
    crew.later(5);
    crew.sync(&mut office);
    // "It is off already: record it."
    crew.says_it_is_off_already(order);
    crew.turns_off_and_reads(order, "036500");
    crew.sync(&mut office);
    assert_eq!(knew(&office, "release"), Knew::Neither);
}

#[test]
fn what_is_written_while_the_act_is_open_does_not_make_the_crew_have_known_of_the_payment() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = cut_entered(&mut office, order);
    let recall = office.pays(order);
    crew.later(3);
    crew.sync(&mut office);
    // The cut is entered: how the service was left is said before "got it".
    assert!(crew.try_run(|tablet, now, dice| tablet.acknowledge(order, &recall, now, dice)).is_err());
    crew.run(|tablet, now, dice| tablet.note(order_id(2), "gate code 12", now, dice));
    crew.is_stopped_by(order_id(2), UnableCode::Dog);
    crew.turns_off_and_reads(order, "036500");
    crew.run(|tablet, now, dice| tablet.acknowledge(order, &recall, now, dice));
    let read = at_the_office(&mut crew, &mut office, order);
    assert_eq!(read.cuts[0].label, CutLabel::Crossed, "nobody's fault");
    assert!(read.needs_ack.is_empty(), "and it was seen");
}

#[test]
fn turn_it_back_on_is_said_only_where_a_release_or_recall_came_after_the_opening() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = Crew::of(&mut office);
    let meanwhile =
        |crew: &Crew| view::stop_in_full(crew.tablet.state(), order, crew.moment()).unwrap().stopped_meanwhile;
    // Visited again after it was done: nothing came.
    crew.turns_off(order);
    crew.opens_the_act(order);
    assert_eq!(meanwhile(&crew), None);
    // Paid before the step was opened, the crew knew: what is off there is to be on all the same.
    office.pays(order);
    crew.sync(&mut office);
    crew.run(|tablet, now, _| tablet.open_act(order, Step::Act(0), now));
    assert_eq!(meanwhile(&crew).map(|came| (came.restore, came.entered_off)), Some((true, false)));

    let (mut office, order) = (Office::new(), order_id(2));
    let mut crew = cut_entered(&mut office, order);
    let meanwhile =
        |crew: &Crew| view::stop_in_full(crew.tablet.state(), order, crew.moment()).unwrap().stopped_meanwhile;
    assert_eq!(meanwhile(&crew), None);
    // A hold restores nothing by itself.
    let mut held = (office.clone(), Crew::of(&mut office.clone()));
    held.1 = cut_entered(&mut held.0, order);
    held.0.says(
        order,
        FactBody::Hold(curbstop_shared::facts::Hold {
            reason: HoldReason::Medical,
            scope: curbstop_shared::vocabulary::HoldScope::Premise,
            verified: true,
            expires_on: None,
        }),
    );
    held.1.sync(&mut held.0);
    assert_eq!(meanwhile(&held.1).map(|came| (came.restore, came.entered_off)), Some((false, true)));
    office.says(order, FactBody::Recall(Recall { reason: RecallReason::Withdrawn, cause: None }));
    crew.sync(&mut office);
    assert_eq!(meanwhile(&crew).map(|came| (came.restore, came.entered_off)), Some((true, true)));
}

#[test]
fn half_typed_words_come_back_after_a_kill_and_count_for_nothing_by_themselves() {
    let (mut office, order) = (Office::new(), order_id(1));
    let mut crew = cut_entered(&mut office, order);
    crew.notes_down(order, |draft| {
        draft.step = Step::Reading(0);
        draft.lines[0].digits_typed = Some("0365".into());
        draft.lines[0].serial_typed = Some("0048".into());
        draft.typed.go_code = "47".into();
        draft.note = Some("gate was op".into());
    });
    let before = crew.draft(order);
    crew.is_killed();
    assert_eq!(crew.draft(order), before);
    let published = crew.tablet.published(order).unwrap().2;
    assert_eq!(crew.draft(order).lacks(&published), Some(Step::Reading(0)), "four digits are not a reading");
    assert_eq!(crew.draft(order).opened.unwrap().permit, Some(Permit::Fresh));
}

#[test]
fn a_draft_that_an_older_build_left_on_the_disk_still_reads() {
    let (mut office, order) = (Office::new(), order_id(1));
    let crew = cut_entered(&mut office, order);
    let mut old = serde_json::to_value(crew.draft(order)).unwrap();
    for newer in ["aside_from", "typed"] {
        old.as_object_mut().unwrap().remove(newer);
    }
    for newer in ["standing", "serial_typed", "digits_typed"] {
        old["lines"][0].as_object_mut().unwrap().remove(newer);
    }
    assert_eq!(serde_json::from_value::<crate::core::Draft>(old).unwrap(), crew.draft(order));
}
