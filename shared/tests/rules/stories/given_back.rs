//! Reconnects: who gets one, how often, and what ends it.

use crate::trade::*;
use curbstop_shared::{disposition::*, facts::*, ids::*, route_document::Knew, time::Span, vocabulary::*};

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
        LineState::Off { visit: cut.clone(), since: Some(at(10, 32)), came_in: None, released: Some(release) }
    );
    assert_eq!(
        is.lines[&line(2)],
        LineState::Off { visit: cut, since: Some(at(10, 32)), came_in: None, released: None }
    );
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
fn service_given_back_without_a_release_is_left_on_and_asked_about() {
    let mut story = Story::turn_off();
    let both = [(1, Action::TurnedOff), (1, Action::Restored)];
    story.visits(TRUCK_12, at(9, 0), visit(Outcome::Done, None), &both);
    assert_eq!(story.exceptions(), [ExceptionKind::FeeInDoubt, ExceptionKind::RestoreWithoutRelease]);
    assert!(matches!(story.is().lines[&line(1)], LineState::Restored { .. }));

    // "Paid at 08:55: turn it back on now": the same visit restored what it had cut.
    story.pays(at(8, 55));
    assert_eq!(story.exceptions(), [ExceptionKind::CutCrossedRelease]);
    assert!(story.is().exceptions[0].settled && story.is().follow_ups[0].wanted.is_empty());
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
    assert_eq!(is.state, OrderState::Done { visit: cut, unfinished: false });
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
fn a_crew_that_turned_its_own_cut_back_on_leaves_no_fee_that_nobody_looked_at() {
    let mut story = Story::turn_off();
    let both = [(1, Action::TurnedOff), (1, Action::Restored)];
    story.visits(TRUCK_12, at(9, 0), visit(Outcome::Unable, Some(UnableCode::Dog)), &both);
    assert_eq!(story.is().fee_triggers[0].standing, FeeStanding::Review);
    assert!(matches!(story.is().lines[&line(1)], LineState::Restored { .. }));
}

/// "Got it", then the green card: turning the service on again is what the recall and the card ask for.
#[test]
fn who_turns_its_own_cut_back_on_after_the_recall_has_not_worked_in_spite_of_it() {
    for on in [Action::Restored, Action::AlreadyOn] {
        let mut story = Story::turn_off();
        let cut = story.cuts(TRUCK_12, at(9, 0));
        let recall = story.office(at(9, 5), FactBody::Recall(Recall { reason: RecallReason::Released, cause: None }));
        let back_on = story.visits(TRUCK_12, at(9, 30), visit(Outcome::Done, None), &[(1, on)]);
        story.knew(&cut, &recall, Knew::Neither);
        story.knew(&back_on, &recall, Knew::Known);
        assert!(!story.exceptions().contains(&ExceptionKind::VisitAfterRecall), "{on:?}: {:?}", story.exceptions());
        // Whoever turns it off with the recall before its eyes has.
        let again = story.cuts(TRUCK_12, at(10, 0));
        story.knew(&again, &recall, Knew::Known);
        assert!(story.exceptions().contains(&ExceptionKind::VisitAfterRecall), "{on:?}: {:?}", story.exceptions());
    }
}
