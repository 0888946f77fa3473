//! Each rule about releases, holds, recalls and cuts as a story of the trade.

use crate::trade::*;
use curbstop_shared::{disposition::*, facts::*, ids::*, route_document::Knew, time::Span, vocabulary::*};

#[test]
fn an_order_that_nobody_stopped_may_be_cut_and_one_that_was_paid_may_not() {
    let mut story = Story::turn_off();
    assert_eq!(story.is().state, OrderState::Open);
    assert!(story.is().may_begin_cut);

    let release = story.pays(at(10, 5));
    let is = story.is();
    assert_eq!(is.state, OrderState::Released { by: release.clone(), reversed: false });
    assert!(!is.may_begin_cut && is.may_cut.is_empty());
    assert_eq!(
        is.why_not,
        Some(WhyNot::Released {
            by: release,
            reason: ReleaseReason::PaymentReceived,
            paid_at: Some(at(10, 5)),
            all_lines: true,
            reversed: false
        })
    );
    assert!(is.follow_ups.is_empty(), "nothing was cut: nothing to restore");
}

#[test]
fn paid_at_ten_and_cut_half_an_hour_later_by_a_truck_without_signal() {
    let mut story = Story::turn_off();
    let cut = story.cuts(TRUCK_12, at(10, 32));
    let release = story.pays(at(10, 5));
    let is = story.is();

    assert_eq!(is.state, OrderState::Done { visit: cut.clone() });
    assert_eq!(
        is.lines[&line(1)],
        LineState::Off { visit: cut.clone(), since: Some(at(10, 32)), released: Some(release.clone()) }
    );
    assert_eq!(is.cuts[0].label, CutLabel::Crossed);
    assert_eq!(is.cuts[0].latencies.paid_to_cut, Some(Span::minutes(27)));
    let [exception] = &is.exceptions[..] else { panic!("{:?}", is.exceptions) };
    assert_eq!(exception.kind, ExceptionKind::CutCrossedRelease);
    assert!(exception.urgent && !exception.known && !exception.settled);
    let [reconnect] = &is.follow_ups[..] else { panic!("one reconnect") };
    assert_eq!(reconnect.id, OrderId::reconnect_of(ORDER));
    assert_eq!((reconnect.reason, reconnect.priority), (Reason::WrongfulCut, 1));
    assert_eq!(is.fee_triggers[0].standing, FeeStanding::Suppressed);

    story.reconnects(TRUCK_7, at(11, 20));
    let is = story.is();
    assert!(matches!(is.lines[&line(1)], LineState::Restored { .. }));
    assert!(is.follow_ups[0].wanted.is_empty() && !is.follow_ups[0].lines.is_empty());
    assert!(is.exceptions[0].settled && !is.exceptions[0].urgent);
    assert_eq!(is.fee_triggers[0].standing, FeeStanding::Suppressed);
}

#[test]
fn the_crew_had_the_release_on_its_tablet_and_cut_all_the_same() {
    let mut story = Story::turn_off();
    let release = story.pays(at(10, 5));
    let cut = story.cuts(TRUCK_12, at(10, 32));
    story.knew(&cut, &release, Knew::Known);
    assert_eq!(story.exceptions(), [ExceptionKind::CutDespiteRelease]);
    assert_eq!(story.is().follow_ups[0].priority, 1);
    assert_eq!(story.is().fee_triggers[0].standing, FeeStanding::Suppressed);
}

#[test]
fn the_office_released_because_of_the_cut_so_it_is_an_ordinary_reconnect_with_its_fee() {
    let mut story = Story::turn_off();
    let cut = story.cuts(TRUCK_12, at(10, 32));
    let release = story.pays(at(13, 0));
    story.knew(&cut, &release, Knew::Caused);
    let is = story.is();
    assert_eq!(is.cuts[0].label, CutLabel::ReleasedAfter);
    assert!(is.exceptions.is_empty());
    assert_eq!((is.follow_ups[0].reason, is.follow_ups[0].priority), (Reason::PaymentReceived, 3));
    assert_eq!(is.follow_ups[0].wanted, [line(1)].into());
    assert_eq!(is.fee_triggers[0].standing, FeeStanding::Stands);
}

#[test]
fn paid_on_saturday_cut_on_monday_posted_on_tuesday_leaves_the_fee_to_a_person() {
    let mut story = Story::turn_off();
    let cut = story.cuts(TRUCK_12, at(10, 32));
    let release = story.office(at(34, 0), FactBody::Release(payment("*", Some(at(-40, 0)))));
    story.knew(&cut, &release, Knew::Caused);
    assert_eq!(story.is().cuts[0].label, CutLabel::ReleasedAfter);
    assert_eq!(story.is().fee_triggers[0].standing, FeeStanding::Review);
}

#[test]
fn a_payment_for_the_water_restores_the_water_and_leaves_the_electricity() {
    let mut story = Story::of(OrderKind::TurnOff, Reason::NonPay, 2);
    let release = story.office(at(10, 5), FactBody::Release(payment("1", Some(at(10, 5)))));
    let is = story.is();
    assert!(!is.may_begin_cut, "not without looking at which line");
    assert_eq!(is.may_cut, [line(2)].into());
    assert_eq!(is.state, OrderState::Open);
    assert!(matches!(is.why_not, Some(WhyNot::Released { all_lines: false, .. })));

    let both = [(1, Action::TurnedOff), (2, Action::TurnedOff)];
    let cut = story.visits(TRUCK_12, at(10, 32), visit(Outcome::Done, None), &both);
    let is = story.is();
    assert_eq!(is.follow_ups[0].lines, [line(1)].into());
    assert_eq!(
        is.lines[&line(1)],
        LineState::Off { visit: cut.clone(), since: Some(at(10, 32)), released: Some(release) }
    );
    assert_eq!(is.lines[&line(2)], LineState::Off { visit: cut, since: Some(at(10, 32)), released: None });
    assert_eq!(is.exceptions[0].lines, [line(1)].into());
    assert_eq!(is.fee_triggers[0].standing, FeeStanding::Review, "one line was rightly cut, the other not");

    story.office(at(12, 0), FactBody::Release(payment("2", Some(at(12, 0)))));
    let is = story.is();
    assert_eq!(is.follow_ups.len(), 1, "the same reconnect grows");
    assert_eq!(is.follow_ups[0].lines, [line(1), line(2)].into());
}

#[test]
fn a_line_that_is_paid_for_after_the_reconnect_was_done_gets_a_reconnect_of_its_own() {
    let mut story = Story::of(OrderKind::TurnOff, Reason::NonPay, 2);
    let both = [(1, Action::TurnedOff), (2, Action::TurnedOff)];
    story.visits(TRUCK_12, at(9, 0), visit(Outcome::Done, None), &both);
    story.office(at(10, 0), FactBody::Release(payment("1", Some(at(10, 0)))));
    let first = story.is().follow_ups[0].clone();
    assert_eq!((first.id, &first.wanted), (OrderId::reconnect_of(ORDER), &[line(1)].into()));
    assert_eq!(first.called_at, Some(at(10, 0)), "the clock runs from the payment: it was off then");
    story.restores(first.id, 1, TRUCK_7, at(11, 0));
    assert!(story.is().follow_ups[0].wanted.is_empty(), "line 1 is on, line 2 is not paid for");

    story.office(at(12, 0), FactBody::Release(payment("2", Some(at(12, 0)))));
    let second = story.is().follow_ups[0].clone();
    assert_ne!(second.id, first.id, "the first is done: nobody would go there again");
    assert_eq!(second.wanted, [line(2)].into());
    story.restores(second.id, 2, TRUCK_7, at(13, 0));
    assert!(story.is().follow_ups[0].wanted.is_empty());
    assert!(matches!(story.is().lines[&line(2)], LineState::Restored { .. }));
}

#[test]
fn a_customer_who_is_cut_again_after_the_reconnect_gets_another_one_at_once() {
    let mut story = Story::turn_off();
    let cut = story.cuts(TRUCK_12, at(9, 0));
    let paid = story.pays(at(10, 0));
    story.knew(&cut, &paid, Knew::Caused);
    let first = story.is().follow_ups[0].id;
    story.reconnects(TRUCK_7, at(11, 0));
    let second_cut = story.cuts(TRUCK_12, at(15, 0));
    story.knew(&second_cut, &paid, Knew::Known);
    let again = story.is().follow_ups[0].clone();
    assert_ne!(again.id, first);
    assert_eq!((again.reason, again.priority), (Reason::WrongfulCut, 1));
    assert_eq!(again.called_at, Some(at(15, 0)), "it was paid long before");
    assert_eq!(again.wanted, [line(1)].into());
}

#[test]
fn a_reconnect_that_nobody_could_do_is_still_the_one_and_one_that_was_cancelled_is_not() {
    let mut story = Story::turn_off();
    story.cuts(TRUCK_12, at(9, 0));
    story.pays(at(10, 0));
    let first = story.is().follow_ups[0].id;
    story.visits_order(first, TRUCK_7, at(11, 0), visit(Outcome::Unable, Some(UnableCode::Dog)), &[]);
    assert_eq!(story.is().follow_ups[0].id, first);
    let moved = Recall { reason: RecallReason::Moved, cause: None };
    story.fact_about(first, at(11, 30), None, FactBody::Recall(moved));
    assert_eq!(story.is().follow_ups[0].id, first, "another crew has it now");
    let cancelled = Recall { reason: RecallReason::Cancelled, cause: None };
    story.fact_about(first, at(12, 0), None, FactBody::Recall(cancelled));
    assert_ne!(story.is().follow_ups[0].id, first, "the customer is still off, and nobody would go");
}

#[test]
fn a_payment_stops_only_cuts_for_collections() {
    for reason in [Reason::Tamper, Reason::CustomerRequest, Reason::Vacant] {
        let mut story = Story::of(OrderKind::TurnOff, reason, 1);
        story.pays(at(10, 5));
        assert!(story.is().may_begin_cut, "{reason}");
        story.cuts(TRUCK_12, at(10, 32));
        let is = story.is();
        assert!(is.exceptions.is_empty() && is.follow_ups.is_empty() && is.fee_triggers.is_empty(), "{reason}");
    }
    let mut story = Story::of(OrderKind::TurnOff, Reason::Tamper, 1);
    let ordered = Release { reason: ReleaseReason::Ordered, ..payment("*", None) };
    story.office(at(9, 0), FactBody::Release(ordered));
    assert!(!story.is().may_begin_cut, "a person's order stops any cut");
}

#[test]
fn a_returned_check_never_causes_a_cut() {
    let mut story = Story::turn_off();
    let release = story.pays(at(10, 5));
    let reversal = |release: &FactId| {
        FactBody::ReleaseReversal(ReleaseReversal { release: release.clone(), reason: ReversalReason::ReturnedCheck })
    };
    story.office(at(11, 0), reversal(&release));
    let is = story.is();
    assert!(!is.may_begin_cut && is.may_cut.is_empty());
    assert_eq!(is.state, OrderState::Released { by: release, reversed: true });
}

#[test]
fn a_check_that_comes_back_before_the_reconnect_calls_it_off_and_after_it_tells_the_office() {
    let mut story = Story::turn_off();
    story.cuts(TRUCK_12, at(10, 32));
    let release = story.pays(at(10, 5));
    let reversal =
        FactBody::ReleaseReversal(ReleaseReversal { release: release.clone(), reason: ReversalReason::ReturnedCheck });
    let mut before = story.clone();
    before.office(at(11, 0), reversal.clone());
    let is = before.is();
    assert!(is.follow_ups[0].wanted.is_empty());
    assert_eq!(is.follow_ups[0].lines, [line(1)].into(), "the order once called for stays the same order");
    assert!(is.exceptions[0].settled);
    assert_eq!(is.fee_triggers[0].standing, FeeStanding::Suppressed, "nothing gets worse for the customer");

    let restore = story.reconnects(TRUCK_7, at(11, 20));
    story.office(at(15, 0), reversal);
    let is = story.is();
    let found = is.exceptions.iter().find(|found| found.kind == ExceptionKind::ReleaseReversedAfterRestore).unwrap();
    assert_eq!((&found.fact, found.cause.as_ref()), (&release, Some(&restore)));
    assert!(matches!(is.lines[&line(1)], LineState::Restored { .. }));
}

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
fn found_off_is_not_a_cut() {
    let mut story = Story::turn_off();
    story.pays(at(8, 0));
    let found = story.visits(TRUCK_12, at(9, 0), visit(Outcome::Done, None), &[(1, Action::AlreadyOff)]);
    let is = story.is();
    assert_eq!(is.lines[&line(1)], LineState::FoundOff { visit: found });
    assert!(is.cuts.is_empty() && is.fee_triggers.is_empty() && is.follow_ups.is_empty());
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
    assert_eq!(is.state, OrderState::Recalled { by: recall.clone(), reason: RecallReason::Withdrawn, seen: None });
    assert_eq!(is.needs_ack, std::slice::from_ref(&recall));
    assert!(!is.may_begin && !is.may_begin_cut);
    let ack = story.fact(at(9, 20), Some(TRUCK_12), FactBody::Ack(Ack { fact: recall.clone() }));
    let is = story.is();
    assert_eq!(is.state, OrderState::Recalled { by: recall, reason: RecallReason::Withdrawn, seen: Some(ack) });
    assert!(is.needs_ack.is_empty() && !is.may_begin_cut);
}

#[test]
fn an_order_moved_to_another_crew_may_be_done_there_and_the_first_crews_honest_work_counts() {
    let (first, second) = (RouteId(uuid::Uuid::from_u128(1)), RouteId(uuid::Uuid::from_u128(2)));
    let mut story = Story::turn_off();
    let recall = story.office(at(9, 0), FactBody::Recall(Recall { reason: RecallReason::Moved, cause: None }));
    story.history.made_on.insert(recall.clone(), first);
    story.history.route = Some(second);
    assert!(story.is().may_begin_cut, "the recall stops it on the first route only");

    let mut there = story.clone();
    let cut = there.cuts(TRUCK_7, at(10, 0));
    there.history.made_on.insert(cut, second);
    assert!(there.exceptions().is_empty());

    let cut = story.cuts(TRUCK_12, at(8, 50));
    story.history.made_on.insert(cut.clone(), first);
    assert_eq!(story.exceptions(), [ExceptionKind::VisitAfterRecall]);
    assert_eq!(story.is().state, OrderState::Done { visit: cut });
    assert!(!story.is().may_begin, "it leaves the other crew's route");
}

#[test]
fn two_crews_that_did_the_same_work_are_charged_for_once() {
    let mut story = Story::turn_off();
    let first = story.cuts(TRUCK_12, at(9, 0));
    let second = story.cuts(TRUCK_7, at(9, 40));
    let is = story.is();
    let [duplicate] = &is.exceptions[..] else { panic!("{:?}", is.exceptions) };
    assert_eq!(duplicate.kind, ExceptionKind::DuplicateVisit);
    assert_eq!((&duplicate.fact, duplicate.cause.as_ref()), (&second, Some(&first)));
    assert_eq!(is.fee_triggers.len(), 1);
    assert_eq!(is.cuts.len(), 2, "both visits stay");
}

#[test]
fn a_door_notice_hung_twice_is_a_duplicate_too() {
    let mut story = Story::of(OrderKind::DoorNotice, Reason::NonPay, 0);
    story.visits(TRUCK_12, at(9, 0), visit(Outcome::Done, None), &[]);
    assert!(story.exceptions().is_empty());
    story.visits(TRUCK_7, at(9, 40), visit(Outcome::Done, None), &[]);
    assert_eq!(story.exceptions(), [ExceptionKind::DuplicateVisit]);
    assert!(story.is().fee_triggers.is_empty());
}

#[test]
fn a_crew_can_not_undo_its_own_cut_by_a_correction_but_the_office_can_confirm_it() {
    let mut story = Story::turn_off();
    let cut = story.cuts(TRUCK_12, at(10, 32));
    let work = story.works_of(&cut).remove(0);
    let slip = story.corrects(at(10, 40), Some(TRUCK_12), &work, &[("action", "none")]);
    assert!(matches!(story.is().lines[&line(1)], LineState::Off { .. }));
    assert_eq!(story.is().fee_triggers.len(), 1);

    let mut confirmed = story.clone();
    confirmed.corrects(at(11, 0), None, &slip, &[("action", "none")]);
    assert_eq!(confirmed.is().lines[&line(1)], LineState::Untouched);
    assert!(confirmed.is().cuts.is_empty() && confirmed.is().fee_triggers.is_empty());

    // The crew says again that it was cut: off again, until the office says otherwise.
    confirmed.corrects(at(12, 0), Some(TRUCK_12), &work, &[("action", "turned_off")]);
    assert!(matches!(confirmed.is().lines[&line(1)], LineState::Off { .. }));

    // And a "restored" in the place of the cut is not a restore that somebody made.
    story.corrects(at(11, 0), Some(TRUCK_12), &work, &[("action", "restored")]);
    assert!(matches!(story.is().lines[&line(1)], LineState::Off { .. }));
}

#[test]
fn the_wrong_line_corrected_by_the_crew_leaves_both_off_until_the_office_confirms() {
    let mut story = Story::of(OrderKind::TurnOff, Reason::NonPay, 2);
    let cut = story.cuts(TRUCK_12, at(10, 32));
    let work = story.works_of(&cut).remove(0);
    story.corrects(at(10, 40), Some(TRUCK_12), &work, &[("line", "2")]);
    let off = |story: &Story| story.is().cuts.iter().map(|cut| cut.line.clone()).collect::<Vec<_>>();
    assert_eq!(off(&story), [line(1), line(2)]);
    story.corrects(at(11, 0), None, &work, &[("line", "2")]);
    assert_eq!(off(&story), [line(2)]);
}

#[test]
fn the_last_correction_counts_chains_hold_and_rings_harm_nobody() {
    let mut story = Story::turn_off();
    let unable = story.visits(TRUCK_12, at(9, 0), visit(Outcome::Unable, Some(UnableCode::Dog)), &[]);
    let first = story.corrects(at(9, 5), Some(TRUCK_12), &unable, &[("code", "refused")]);
    story.corrects(at(9, 6), Some(TRUCK_12), &first, &[("code", "threat")]);
    let code = |story: &Story| match story.is().state {
        OrderState::Unable { code, .. } => code,
        other => panic!("{other:?}"),
    };
    assert_eq!(code(&story), Some(UnableCode::Threat));
    // Nonsense and attempts to move the fact elsewhere change nothing.
    story.corrects(at(9, 7), Some(TRUCK_12), &unable, &[("code", "no such code")]);
    assert_eq!(code(&story), Some(UnableCode::Threat));
    story.corrects(at(9, 8), Some(TRUCK_12), &unable, &[("code", "refused")]);
    assert_eq!(code(&story), Some(UnableCode::Refused));

    let ring = |corrects: u128| {
        FactBody::Correction(Correction { corrects: id(corrects), why: "ring".into(), fields: Default::default() })
    };
    let header = Header { order: ORDER, at: at(9, 9), by: None, device: None };
    for (one, other) in [(901, 902), (902, 901), (903, 903)] {
        story.history.add(Fact::new(id(one), header.clone(), ring(other)));
    }
    assert_eq!(code(&story), Some(UnableCode::Refused));
}

#[test]
fn a_correction_that_knew_another_comes_after_it_whatever_their_ids() {
    let mut story = Story::turn_off();
    let unable = story.visits(TRUCK_12, at(9, 0), visit(Outcome::Unable, Some(UnableCode::Dog)), &[]);
    let first = story.corrects(at(9, 5), Some(TRUCK_12), &unable, &[("code", "refused")]);
    let second = story.corrects(at(9, 6), Some(TRUCK_12), &unable, &[("code", "threat")]);
    story.knew(&first, &second, Knew::Known);
    assert!(matches!(story.is().state, OrderState::Unable { code: Some(UnableCode::Refused), .. }));
}

#[test]
fn a_cut_without_a_valid_permit_is_recorded_and_shown() {
    let breach = |change: fn(&mut Visit)| {
        let mut story = Story::turn_off();
        let mut made = visit(Outcome::Done, None);
        change(&mut made);
        story.visits(TRUCK_12, at(9, 0), made, &[(1, Action::TurnedOff)]);
        let is = story.is();
        assert_eq!(is.cuts.len(), 1, "it can always be recorded");
        assert_eq!(story.exceptions().contains(&ExceptionKind::PermitBreach), is.cuts[0].permit.is_some());
        is.cuts[0].permit
    };
    assert_eq!(breach(|_| {}), None);
    assert_eq!(breach(|made| made.permit = None), Some(PermitBreach::Missing));
    assert_eq!(breach(|made| made.permit = Some(Permit::None)), Some(PermitBreach::Missing));
    assert_eq!(breach(|made| made.permit_age_s = Some(3600)), None);
    assert_eq!(breach(|made| made.permit_age_s = Some(3601)), Some(PermitBreach::Stale));
    assert_eq!(breach(|made| made.permit = Some(Permit::GoCode)), Some(PermitBreach::Incomplete));
    let with_code = |made: &mut Visit| (made.permit, made.go_code) = (Some(Permit::GoCode), Some("4711".into()));
    assert_eq!(breach(with_code), Some(PermitBreach::UnknownCode), "nobody at the office gave that code");
    let by_nobody = |made: &mut Visit| (made.permit, made.override_reason) = (Some(Permit::Override), Some("x".into()));
    assert_eq!(breach(by_nobody), Some(PermitBreach::Incomplete));
}

#[test]
fn service_given_back_without_a_release_is_left_on_and_asked_about() {
    let mut story = Story::turn_off();
    let both = [(1, Action::TurnedOff), (1, Action::Restored)];
    story.visits(TRUCK_12, at(9, 0), visit(Outcome::Done, None), &both);
    assert_eq!(story.exceptions(), [ExceptionKind::RestoreWithoutRelease]);
    assert!(matches!(story.is().lines[&line(1)], LineState::Restored { .. }));

    // "Paid at 08:55: turn it back on now": the same visit restored what it had cut.
    story.pays(at(8, 55));
    assert_eq!(story.exceptions(), [ExceptionKind::CutCrossedRelease]);
    assert!(story.is().exceptions[0].settled && story.is().follow_ups[0].wanted.is_empty());
}

#[test]
fn a_tablet_whose_clock_is_off_is_shown_and_its_times_decide_less() {
    let mut story = Story::turn_off();
    let cut = story.cuts(TRUCK_12, at(9, 0));
    let release = story.pays(at(9, 8));
    assert_eq!(story.is().cuts[0].label, CutLabel::ReleasedAfter, "surely cut first");
    story.history.clock_offset.insert(cut.clone(), Span::minutes(-7));
    assert_eq!(story.is().cuts[0].label, CutLabel::Crossed, "not so sure");
    assert_eq!(story.exceptions(), [ExceptionKind::CutCrossedRelease, ExceptionKind::ClockSuspect]);
    story.history.clock_offset.remove(&cut);
    assert_eq!(story.is().cuts[0].clock_uncertainty, Span::minutes(7), "an offset nobody measured counts as large");
    assert_eq!(story.is().cuts[0].release.as_ref().map(|against| &against.fact), Some(&release));
}

#[test]
fn the_gravest_of_several_releases_decides() {
    let mut story = Story::turn_off();
    let cut = story.cuts(TRUCK_12, at(10, 0));
    let after = story.pays(at(13, 0));
    story.knew(&cut, &after, Knew::Caused);
    let crossed = story.pays(at(9, 50));
    assert_eq!(story.is().cuts[0].label, CutLabel::Crossed);
    assert_eq!(story.is().cuts[0].release.as_ref().map(|against| &against.fact), Some(&crossed));
}

#[test]
fn what_the_crew_found_there_reaches_the_office() {
    let mut story = Story::turn_off();
    let there = story.visits(TRUCK_12, at(9, 0), visit(Outcome::Unable, Some(UnableCode::MeterMismatch)), &[]);
    let reading = |checks: &str| {
        FactBody::Reading(Reading {
            visit: there.clone(),
            line: line(1),
            serial_seen: "70680001".into(),
            digits: Some("036450".into()),
            code: None,
            checks: Some(checks.into()),
            confirmed: Some(true),
        })
    };
    let equipment = FactBody::Equipment(Equipment {
        visit: there.clone(),
        line: line(1),
        serial_seen: None,
        result: EquipmentResult::SaidReturned,
        condition: None,
        accessories: None,
    });
    let seal = FactBody::Work(Work {
        visit: there.clone(),
        line: line(1),
        action: Action::None,
        method: None,
        lock: None,
        seal: None,
        seal_found: Some(SealFound::Broken),
    });
    let incident = FactBody::Incident(Danger { visit: Some(there.clone()), code: "threat".into(), text: None });
    let facts = [reading("high, usage_on_off_account"), reading("serial_mismatch"), equipment, seal, incident];
    for (n, body) in (500..).zip(facts) {
        story.history.add(Fact::of_visit(id(n), body));
    }
    assert_eq!(
        story.exceptions(),
        [
            ExceptionKind::ReadingSuspect,
            ExceptionKind::MeterMismatch,
            ExceptionKind::MeterMismatch,
            ExceptionKind::UsageOnOffAccount,
            ExceptionKind::SealOrLockBroken,
            ExceptionKind::EquipmentDispute,
            ExceptionKind::Incident,
        ]
    );
}

#[test]
fn a_reconnect_is_done_by_its_own_visit_and_needs_no_release_of_its_own() {
    let mut story = Story::of(OrderKind::Reconnect, Reason::PaymentReceived, 1);
    assert!(story.is().may_begin && !story.is().may_begin_cut);
    story.visits(TRUCK_7, at(11, 20), visit(Outcome::Done, None), &[(1, Action::Restored)]);
    let is = story.is();
    assert!(is.exceptions.is_empty() && is.follow_ups.is_empty());
    assert!(matches!(is.lines[&line(1)], LineState::Restored { .. }));
    assert_eq!(is.why_not.is_some(), !is.may_begin);
}

#[test]
fn a_visit_to_the_reconnect_that_failed_leaves_the_cut_order_done_and_the_line_off() {
    let mut story = Story::turn_off();
    let cut = story.cuts(TRUCK_12, at(10, 32));
    story.pays(at(10, 5));
    let reconnect = OrderId::reconnect_of(ORDER);
    story.visits_order(reconnect, TRUCK_7, at(11, 0), visit(Outcome::Unable, Some(UnableCode::Dog)), &[]);
    let is = story.is();
    assert_eq!(is.state, OrderState::Done { visit: cut });
    assert_eq!(is.follow_ups[0].wanted, [line(1)].into());
    // Somebody else had turned it on: the crew found it on, and nobody is off any more.
    let on = [(1, Action::AlreadyOn)];
    story.visits_order(reconnect, TRUCK_7, at(12, 0), visit(Outcome::Done, None), &on);
    assert!(story.is().follow_ups[0].wanted.is_empty());
}

#[test]
fn a_restore_ends_the_cut_that_its_crew_knew_of_even_where_a_clock_says_otherwise() {
    let mut story = Story::turn_off();
    let cut = story.cuts(TRUCK_12, at(10, 32));
    story.pays(at(10, 5));
    let restore = story.reconnects(TRUCK_7, at(9, 0));
    let off = |story: &Story| matches!(story.is().lines[&line(1)], LineState::Off { .. });
    assert!(off(&story), "by its clock it came before the cut, and nothing else is known: somebody goes and looks");

    let mut measured = story.clone();
    measured.history.clock_offset.insert(restore.clone(), Span::minutes(120));
    assert!(!off(&measured), "its clock was two hours behind");

    story.knew(&restore, &cut, Knew::Known);
    assert!(!off(&story), "it knew of the cut");

    let mut earlier = Story::turn_off();
    let restore = earlier.reconnects(TRUCK_7, at(12, 0));
    let cut = earlier.cuts(TRUCK_12, at(10, 32));
    earlier.knew(&cut, &restore, Knew::Known);
    assert!(off(&earlier), "the cut came after a restore that its crew knew of");
}

#[test]
fn a_correction_of_a_correction_counts_whatever_their_ids() {
    let mut story = Story::turn_off();
    let unable = story.visits(TRUCK_12, at(9, 0), visit(Outcome::Unable, Some(UnableCode::Dog)), &[]);
    let header = Header { order: ORDER, at: at(9, 5), by: None, device: Some(TRUCK_12) };
    for (one, corrects, code) in [(id(900), unable, "refused"), (id(800), id(900), "threat")] {
        let fields = [("code".to_owned(), FieldValue::Text(code.into()))].into();
        let body = FactBody::Correction(Correction { corrects, why: "typed wrong".into(), fields });
        story.history.add(Fact::new(one, header.clone(), body));
    }
    assert!(matches!(story.is().state, OrderState::Unable { code: Some(UnableCode::Threat), .. }));
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
fn work_that_was_stopped_after_the_cut_still_reads_as_a_cut() {
    let mut story = Story::turn_off();
    let made = visit(Outcome::Unable, Some(UnableCode::Dog));
    story.visits(TRUCK_12, at(9, 0), made, &[(1, Action::TurnedOff)]);
    let is = story.is();
    assert!(matches!(is.state, OrderState::Done { .. }), "it is off, whatever else went wrong: {:?}", is.state);
    assert!(matches!(is.lines[&line(1)], LineState::Off { .. }));
    assert!(!is.may_begin_cut);
    story.pays(at(10, 0));
    assert!(!story.is().follow_ups[0].wanted.is_empty(), "and it comes back on when it is paid");
}

#[test]
fn a_crew_that_turned_its_own_cut_back_on_leaves_no_fee_that_nobody_looked_at() {
    let mut story = Story::turn_off();
    let both = [(1, Action::TurnedOff), (1, Action::Restored)];
    story.visits(TRUCK_12, at(9, 0), visit(Outcome::Unable, Some(UnableCode::Dog)), &both);
    assert_eq!(story.is().fee_triggers[0].standing, FeeStanding::Review);
    assert!(matches!(story.is().lines[&line(1)], LineState::Restored { .. }));
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
