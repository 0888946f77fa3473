//! What stopped a crew: at the door, on the tablet, by a hold or a listing withdrawn.

use crate::trade::*;
use curbstop_shared::{
    cut_hours::CutHours,
    disposition::*,
    facts::*,
    ids::*,
    route_document::Knew,
    time::{Micros, Span},
    vocabulary::*,
};

#[test]
fn proof_shown_at_the_door_stops_the_cut_and_rejected_proof_goes_to_the_next_listing() {
    let mut story = Story::turn_off();
    let proof = Release { source: Source::Field, verified: false, ..payment("*", Some(at(8, 40))) };
    story.visits(TRUCK_12, at(9, 0), visit(Outcome::Stopped, Some(UnableCode::ProofShown)), &[]);
    let proof = story.fact(at(9, 0), Some(TRUCK_12), FactBody::Release(proof));
    let is = story.is();
    assert_eq!(is.state, OrderState::StoppedAtDoor { by: proof.clone(), claim: Claim::Waiting });
    assert_eq!(story.exceptions(), [ExceptionKind::FieldReleaseUnverified]);
    assert!(!is.may_begin_cut && is.follow_ups.is_empty());

    let decided = |accepted| FactBody::ReleaseDecision(ReleaseDecision { release: proof.clone(), accepted, why: None });
    let mut rejected = story.clone();
    rejected.office(at(9, 30), decided(false));
    rejected.history.today = today().succ_opt().unwrap();
    let is = rejected.is();
    assert_eq!(is.state, OrderState::StoppedAtDoor { by: proof.clone(), claim: Claim::Rejected });
    assert!(!is.may_begin_cut && is.exceptions.is_empty());

    story.office(at(9, 30), decided(true));
    assert_eq!(story.is().state, OrderState::Released { by: proof.clone(), reversed: false });
    assert!(story.exceptions().is_empty());
}

#[test]
fn a_crew_that_cuts_in_spite_of_the_proof_it_was_shown_cuts_under_hold_and_despite_the_release_once_accepted() {
    let mut story = Story::turn_off();
    let proof = Release { source: Source::Field, verified: false, ..payment("*", Some(at(8, 40))) };
    let proof = story.fact(at(9, 0), Some(TRUCK_12), FactBody::Release(proof));
    let cut = story.cuts(TRUCK_12, at(9, 5));
    story.knew(&cut, &proof, Knew::Known);
    assert_eq!(story.exceptions(), [ExceptionKind::CutUnderHold, ExceptionKind::FieldReleaseUnverified]);
    assert!(story.is().exceptions[1].urgent, "somebody is off: decide now");
    assert!(story.is().follow_ups.is_empty(), "the office decides first");

    story.office(at(9, 30), FactBody::ReleaseDecision(ReleaseDecision { release: proof, accepted: true, why: None }));
    assert_eq!(story.exceptions(), [ExceptionKind::CutDespiteRelease]);
    assert_eq!(story.is().follow_ups[0].wanted, [line(1)].into());
}

#[test]
fn a_medical_claim_at_the_door_stops_the_cut_until_the_office_decides() {
    let mut story = Story::turn_off();
    story.visits(TRUCK_12, at(9, 0), visit(Outcome::Stopped, Some(UnableCode::MedicalClaimed)), &[]);
    let claim = Hold { verified: false, ..hold(HoldReason::Medical) };
    let claim = story.fact(at(9, 0), Some(TRUCK_12), FactBody::Hold(claim));
    assert_eq!(story.exceptions(), [ExceptionKind::FieldHoldUnverified]);
    assert!(!story.is().may_begin_cut);
    story.history.today = today().succ_opt().unwrap();
    assert!(!story.is().may_begin_cut, "a claim that nobody decided on holds on");

    story.office(at(9, 30), FactBody::HoldDecision(HoldDecision { hold: claim.clone(), accepted: true, why: None }));
    assert_eq!(story.is().state, OrderState::Held { by: claim.clone(), reason: HoldReason::Medical, until: None });
    assert!(story.exceptions().is_empty());

    story.office(at(15, 0), FactBody::HoldLift(HoldLift { hold: claim, why: None }));
    assert!(story.is().may_begin_cut, "the office lifted its own hold");
}

#[test]
fn a_stop_at_the_door_without_a_claim_holds_for_that_day() {
    let mut story = Story::turn_off();
    let stop = story.visits(TRUCK_12, at(9, 0), visit(Outcome::Stopped, Some(UnableCode::MinorOnly)), &[]);
    assert_eq!(story.is().why_not, Some(WhyNot::StoppedAtDoor { visit: stop, code: Some(UnableCode::MinorOnly) }));
    assert!(!story.is().may_begin_cut);
    story.history.today = today().succ_opt().unwrap();
    assert!(story.is().may_begin_cut);
}

#[test]
fn a_visit_that_could_not_do_the_work_leaves_the_service_on_and_waits_for_another() {
    let mut story = Story::turn_off();
    let dog = story.visits(TRUCK_12, at(9, 0), visit(Outcome::Unable, Some(UnableCode::Dog)), &[(1, Action::None)]);
    let is = story.is();
    assert_eq!(is.state, OrderState::Unable { visit: dog, code: Some(UnableCode::Dog) });
    assert_eq!(is.lines[&line(1)], LineState::Untouched);
    assert!(is.may_begin_cut && is.fee_triggers.is_empty());
}

#[test]
fn an_extension_that_ended_yesterday_holds_nothing_and_today_is_its_last_day() {
    let mut story = Story::turn_off();
    let until = |day| FactBody::Hold(Hold { expires_on: Some(day), ..hold(HoldReason::Extension) });
    story.office(at(-30, 0), until(today().pred_opt().unwrap()));
    assert!(story.is().may_begin_cut);
    story.cuts(TRUCK_12, at(10, 0));
    assert!(story.exceptions().is_empty());

    let mut story = Story::turn_off();
    story.office(at(-30, 0), until(today()));
    assert!(!story.is().may_begin_cut);
    story.cuts(TRUCK_12, at(10, 0));
    story.history.today = today() + chrono::Days::new(30);
    assert_eq!(story.exceptions(), [ExceptionKind::CutUnderHold], "what held on the day of the cut counts for ever");
}

#[test]
fn what_is_found_off_where_somebody_may_depend_on_it_is_for_a_supervisor_at_once() {
    let mut story = Story::turn_off();
    let medical = story.office(at(10, 0), FactBody::Hold(hold(HoldReason::Medical)));
    story.visits(TRUCK_12, at(10, 32), visit(Outcome::Done, None), &[(1, Action::AlreadyOff)]);
    let is = story.is();
    assert_eq!(story.exceptions(), [ExceptionKind::CutUnderHold]);
    assert!(is.exceptions[0].urgent && !is.exceptions[0].known && !is.exceptions[0].settled);
    assert!(is.cuts.is_empty() && is.fee_triggers.is_empty() && is.follow_ups.is_empty(), "nobody here cut it");
    story.office(at(11, 0), FactBody::HoldLift(HoldLift { hold: medical, why: None }));
    assert!(story.exceptions().is_empty());
    let mut disputed = Story::turn_off();
    disputed.office(at(10, 0), FactBody::Hold(hold(HoldReason::Dispute)));
    disputed.visits(TRUCK_12, at(10, 32), visit(Outcome::Done, None), &[(1, Action::AlreadyOff)]);
    assert!(disputed.exceptions().is_empty(), "an account in dispute that was off before is no emergency");
}

#[test]
fn a_hold_restores_nothing_by_itself_but_a_person_must_look() {
    let mut story = Story::turn_off();
    let medical = story.office(at(10, 0), FactBody::Hold(hold(HoldReason::Medical)));
    let cut = story.cuts(TRUCK_12, at(10, 32));
    story.knew(&cut, &medical, Knew::Known);
    let is = story.is();
    assert_eq!(story.exceptions(), [ExceptionKind::CutUnderHold]);
    assert!(is.exceptions[0].urgent && is.exceptions[0].known);
    assert!(is.follow_ups.is_empty());
    assert_eq!(is.fee_triggers[0].standing, FeeStanding::Suppressed);
    story.reconnects(TRUCK_7, at(12, 0));
    assert!(story.is().exceptions.iter().any(|found| found.settled));
}

#[test]
fn bankruptcy_stops_the_picking_up_of_equipment_and_other_holds_do_not() {
    let mut story = Story::of(OrderKind::EquipmentPickup, Reason::NonPay, 1);
    story.office(at(8, 0), FactBody::Hold(hold(HoldReason::Medical)));
    assert!(story.is().may_begin && !story.is().may_begin_cut);
    story.office(at(8, 0), FactBody::Hold(hold(HoldReason::Bankruptcy)));
    assert!(!story.is().may_begin);
}

#[test]
fn a_recalled_order_stays_on_top_until_the_crew_has_seen_it_and_is_never_begun() {
    let mut story = Story::turn_off();
    let recall = story.office(at(9, 0), FactBody::Recall(Recall { reason: RecallReason::Withdrawn, cause: None }));
    let is = story.is();
    assert_eq!(
        is.state,
        OrderState::Recalled { by: recall.clone(), reason: RecallReason::Withdrawn, seen: None, over: None }
    );
    assert_eq!(is.needs_ack, std::slice::from_ref(&recall));
    assert!(!is.may_begin && !is.may_begin_cut);
    let ack = story.fact(at(9, 20), Some(TRUCK_12), FactBody::Ack(Ack { fact: recall.clone() }));
    let is = story.is();
    assert_eq!(
        is.state,
        OrderState::Recalled { by: recall, reason: RecallReason::Withdrawn, seen: Some(ack), over: None }
    );
    assert!(is.needs_ack.is_empty() && !is.may_begin_cut);
}

#[test]
fn an_order_whose_listing_was_withdrawn_is_stopped_on_every_route() {
    let (first, second) = (RouteId(uuid::Uuid::from_u128(1)), RouteId(uuid::Uuid::from_u128(2)));
    for (reason, stopped) in
        [(RecallReason::Withdrawn, true), (RecallReason::Cancelled, true), (RecallReason::Moved, false)]
    {
        let mut story = Story::turn_off();
        let recall = story.office(at(9, 0), FactBody::Recall(Recall { reason, cause: None }));
        story.history.made_on.insert(recall, first);
        story.history.route = Some(second);
        assert_eq!(!story.is().may_begin_cut, stopped, "{reason}");
    }
}

#[test]
fn proof_shown_to_the_crew_after_its_cut_is_no_cut_under_a_hold_and_its_fee_waits_for_a_person() {
    let mut story = Story::turn_off();
    let made = visit(Outcome::Stopped, Some(UnableCode::ProofShown));
    let cut = story.visits(TRUCK_12, at(9, 0), made, &[(1, Action::TurnedOff)]);
    let shown = Release { source: Source::Field, verified: false, ..payment("*", None) };
    let proof = story.fact(at(9, 5), Some(TRUCK_12), FactBody::Release(shown));
    story.knew(&cut, &proof, Knew::Caused);
    assert_eq!(story.exceptions(), [ExceptionKind::FieldReleaseUnverified]);
    assert!(story.is().exceptions[0].urgent, "somebody who may have paid is off");
    let accepted = ReleaseDecision { release: proof, accepted: true, why: None };
    story.office(at(9, 20), FactBody::ReleaseDecision(accepted));
    let is = story.is();
    assert!(!is.follow_ups[0].wanted.is_empty());
    assert_eq!(is.fee_triggers[0].standing, FeeStanding::Review);
}

/// The claim as the other order gets it, with the recall that tells its crew.
fn carried_here(story: &mut Story, claim: FactBody) -> FactId {
    let there = OrderId(uuid::Uuid::from_u128(0x7001));
    let made = Fact::new(id(900), Header { order: there, at: at(9, 0), by: None, device: Some(TRUCK_7) }, claim);
    let carried = made.carried_to(ORDER).unwrap();
    assert!(carried.carried_to(there).is_none(), "it is not carried on from here");
    story.history.add(carried.clone());
    let recall = Recall { reason: RecallReason::Held, cause: Some(carried.id.to_string()) };
    story.office(at(9, 1), FactBody::Recall(recall));
    carried.id
}

#[test]
fn a_claim_from_another_door_stops_the_cut_and_lets_it_go_again_where_it_is_not_accepted() {
    let mut story = Story::turn_off();
    let claim = FactBody::Hold(Hold { verified: false, ..hold(HoldReason::Medical) });
    let claim = carried_here(&mut story, claim);
    assert!(!story.is().may_begin_cut && story.exceptions().is_empty(), "it is asked about where it was said");
    assert_eq!(story.is().needs_ack.len(), 1);

    let decided = |accepted| FactBody::HoldDecision(HoldDecision { hold: claim.clone(), accepted, why: None });
    let mut refused = story.clone();
    refused.office(at(9, 30), decided(false));
    assert_eq!((refused.is().state, refused.is().may_begin_cut), (OrderState::Open, true));
    assert!(refused.is().needs_ack.is_empty());

    story.office(at(9, 30), decided(true));
    assert!(!story.is().may_begin_cut);
}

#[test]
fn proof_from_another_door_is_asked_about_here_where_it_is_off_and_restores_once_accepted() {
    let mut story = Story::turn_off();
    story.cuts(TRUCK_12, at(8, 30));
    let proof = Release { source: Source::Field, verified: false, ..payment("*", None) };
    let proof = carried_here(&mut story, FactBody::Release(proof));
    assert_eq!(story.exceptions(), [ExceptionKind::FieldReleaseUnverified]);
    assert!(story.is().exceptions[0].urgent);
    let decision = ReleaseDecision { release: proof, accepted: true, why: None };
    story.office(at(9, 30), FactBody::ReleaseDecision(decision));
    assert_eq!(story.is().follow_ups[0].wanted, [line(1)].into());
}

#[test]
fn what_was_claimed_after_the_cut_and_accepted_stays_in_sight_until_it_is_given_back_or_ends() {
    let mut story = Story::turn_off();
    let cut = story.cuts(TRUCK_12, at(9, 0));
    let claim = Hold { verified: false, ..hold(HoldReason::Dispute) };
    let claim = story.fact(at(9, 5), Some(TRUCK_12), FactBody::Hold(claim));
    story.knew(&cut, &claim, Knew::Caused);
    assert!(story.is().exceptions[0].urgent, "somebody is off: decide now");
    story.office(at(9, 30), FactBody::HoldDecision(HoldDecision { hold: claim.clone(), accepted: true, why: None }));
    assert_eq!(story.exceptions(), [ExceptionKind::OffUnderClaim]);

    let mut lifted = story.clone();
    lifted.office(at(11, 0), FactBody::HoldLift(HoldLift { hold: claim, why: None }));
    assert!(lifted.exceptions().is_empty());
    story.office(at(11, 0), FactBody::Release(Release { reason: ReleaseReason::Dispute, ..payment("*", None) }));
    assert!(!story.exceptions().contains(&ExceptionKind::OffUnderClaim));
}

/// A cut under a hold through today, which the crew knew of, by a tablet that thinks it is the day after tomorrow.
fn under_a_hold_by_a_clock_that_is_days_ahead(offset_known: bool) -> Story {
    let mut story = Story::turn_off();
    let through_today = Hold { expires_on: Some(today()), ..hold(HoldReason::Weather) };
    let storm = story.office(at(8, 0), FactBody::Hold(through_today));
    let two_days = Span::minutes(2 * 24 * 60);
    let made = visit(Outcome::Done, None);
    let cut = story.visits(TRUCK_12, at(9, 0) + two_days, made, &[(1, Action::TurnedOff)]);
    story.history.knew.insert((cut.clone(), storm), Knew::Known);
    if offset_known {
        story.history.clock_offset.insert(cut.clone(), Span(-two_days.0));
    }
    story.history.received_at.insert(cut, at(9, 5));
    story
}

/// Whether the tablet's clock was off all along, or put right before it said so: the hold is not over by its word, and
/// nobody is charged for that unasked.
#[test]
fn a_clock_that_is_days_ahead_ends_no_hold() {
    for offset_known in [true, false] {
        let story = under_a_hold_by_a_clock_that_is_days_ahead(offset_known);
        let raised = story.exceptions();
        assert!(raised.contains(&ExceptionKind::CutUnderHold), "{raised:?}");
        assert!(raised.contains(&ExceptionKind::ClockSuspect), "{raised:?}");
        assert_ne!(story.is().fee_triggers[0].standing, FeeStanding::Stands);
    }
}

/// The tablet's own word for "it was time" is compared with the hours of its route.
#[test]
fn a_cut_outside_of_the_rules_hours_is_asked_about_whatever_its_tablet_says() {
    let breach = |opened: Micros| {
        let mut story = Story::turn_off();
        let made = Visit { act_opened_at: Some(opened), ..visit(Outcome::Done, None) };
        let cut = story.visits(TRUCK_12, opened + Span::minutes(5), made, &[(1, Action::TurnedOff)]);
        let hours = CutHours { from: at(8, 0), until: at(15, 0), en: "By day.".into(), es: "De día.".into() };
        story.history.hours.insert(cut, hours);
        assert_eq!(story.exceptions().contains(&ExceptionKind::PermitBreach), story.is().cuts[0].permit.is_some());
        story.is().cuts[0].permit
    };
    // What the clocks leave open is for the crew.
    let open = DispositionPolicy::default().clock_uncertainty;
    assert_eq!(breach(at(8, 0) - open), None);
    assert_eq!(breach(at(8, 0) - open - Span::seconds(1)), Some(PermitBreach::OutsideHours));
    assert_eq!(breach(at(15, 0) + open - Span::seconds(1)), None);
    assert_eq!(breach(at(15, 0) + open), Some(PermitBreach::OutsideHours));
}
