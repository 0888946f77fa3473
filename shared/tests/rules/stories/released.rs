//! Who paid, and what stops or gives back for it.

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

    assert_eq!(is.state, OrderState::Done { visit: cut.clone(), unfinished: false });
    assert_eq!(
        is.lines[&line(1)],
        LineState::Off { visit: cut.clone(), since: Some(at(10, 32)), came_in: None, released: Some(release.clone()) }
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
    let [asked] = story.is().exceptions.try_into().unwrap();
    assert_eq!((asked.kind, &asked.fact, asked.urgent), (ExceptionKind::FeeInDoubt, &cut, false));
    assert_eq!(asked.desk().owner, Role::Office);
}

/// Clocks may be seven minutes apart here: two that nobody trusts further, and five that nobody would have noticed.
#[test]
fn paid_so_near_the_cut_that_no_clock_tells_which_was_first_leaves_the_fee_to_a_person() {
    let doubts = |minutes: i64, knew| {
        let mut story = Story::turn_off();
        let cut = story.cuts(TRUCK_12, at(10, 32));
        story.history.clock_offset.remove(&cut);
        let paid = at(10, 32) + Span::minutes(minutes);
        let release = story.office(at(34, 0), FactBody::Release(payment("*", Some(paid))));
        story.knew(&cut, &release, knew);
        let is = story.is();
        (is.cuts[0].label, is.fee_triggers[0].standing, is.fee_triggers[0].doubts.clone())
    };
    use {CutLabel::*, FeeStanding::*};
    for (minutes, doubt) in [
        (-8, Some(FeeDoubt::PaidBefore)),
        (-7, Some(FeeDoubt::PaidAboutThen)),
        (0, Some(FeeDoubt::PaidAboutThen)),
        (7, Some(FeeDoubt::PaidAboutThen)),
        (8, None),
    ] {
        let standing = if doubt.is_some() { Review } else { Stands };
        let expected = (ReleasedAfter, standing, doubt.into_iter().collect());
        assert_eq!(doubts(minutes, Knew::Caused), expected, "{minutes}");
    }
    // Nobody knew of the other: what is not surely the earlier cut is no fee at all.
    assert_eq!(doubts(7, Knew::Neither), (Crossed, Suppressed, [].into()));
    assert_eq!(doubts(8, Knew::Neither), (ReleasedAfter, Stands, [].into()));
}

fn decided(charged: bool, doubts: &str) -> FactBody {
    FactBody::FeeDecision(FeeDecision { charged, doubts: doubts.into(), why: Some("asked the customer".into()) })
}

#[test]
fn somebodys_word_on_a_fee_counts_until_another_doubt_comes_up_and_none_makes_a_wrongful_cut_cost() {
    let fee = |story: &Story| {
        let is = story.is();
        let asked = is.exceptions.iter().any(|one| one.kind == ExceptionKind::FeeInDoubt);
        (is.fee_triggers[0].standing, asked)
    };
    // Cut without a permit: a fee that somebody has to decide on.
    let breach = || {
        let mut story = Story::turn_off();
        let without = Visit { permit: Some(Permit::None), ..visit(Outcome::Done, None) };
        let cut = story.visits(TRUCK_12, at(10, 32), without, &[(1, Action::TurnedOff)]);
        (story, cut)
    };
    let (story, _) = breach();
    assert_eq!(fee(&story), (FeeStanding::Review, true));
    for (charged, standing) in [(true, FeeStanding::Stands), (false, FeeStanding::Suppressed)] {
        let (mut story, cut) = breach();
        story.office(at(12, 0), decided(charged, "permit"));
        assert_eq!(fee(&story), (standing, false));
        // A payment of Saturday is posted: nobody has decided on that. Who was told "no fee" was told so for good.
        let release = story.office(at(34, 0), FactBody::Release(payment("*", Some(at(-40, 0)))));
        story.knew(&cut, &release, Knew::Caused);
        let expected = if charged { (FeeStanding::Review, true) } else { (FeeStanding::Suppressed, false) };
        assert_eq!(fee(&story), expected);
        story.office(at(35, 0), decided(!charged, "permit,paid_before"));
        let last = if charged { FeeStanding::Suppressed } else { FeeStanding::Stands };
        assert_eq!(fee(&story), (last, false), "the last word counts");
    }
    let (mut story, _) = breach();
    story.office(at(12, 0), decided(true, "permit"));
    story.pays(at(10, 5));
    assert_eq!(fee(&story), (FeeStanding::Suppressed, false), "cut though paid");
}

#[test]
fn a_payment_that_was_a_slip_came_after_no_cut_and_a_check_that_bounced_did() {
    let slip = |reason, knew, paid| {
        let mut story = Story::turn_off();
        let cut = story.cuts(TRUCK_12, at(10, 32));
        let release = story.pays(paid);
        story.knew(&cut, &release, knew);
        story.office(at(15, 0), FactBody::ReleaseReversal(ReleaseReversal { release, reason }));
        let is = story.is();
        (is.cuts[0].label, is.fee_triggers[0].standing)
    };
    use {CutLabel::*, FeeStanding::*, Knew::*, ReversalReason::*};
    assert_eq!(slip(Error, Caused, at(13, 0)), (NotReleased, Stands));
    assert_eq!(slip(ReturnedCheck, Caused, at(13, 0)), (ReleasedAfter, Stands));
    assert_eq!(slip(Error, Caused, at(-40, 0)), (NotReleased, Stands), "nor was it paid before");
    assert_eq!(slip(ReturnedCheck, Caused, at(-40, 0)), (ReleasedAfter, Review));
    // What the crew did in spite of it, or crossed it, stays as it was: nothing later makes it worse for the customer.
    assert_eq!(slip(Error, Known, at(10, 5)), (Despite, Suppressed));
    assert_eq!(slip(Error, Neither, at(10, 5)), (Crossed, Suppressed));
}

#[test]
fn off_by_a_tablet_whose_clock_is_known_to_be_wrong_is_off_since_before_it_came_in() {
    let believed = (4, at(10, 40), Since::At(at(10, 32)));
    let ahead_by_its_own_word = (-95, at(9, 0), Since::Before(at(9, 0)));
    // Its clock was put right before it spoke: what came in can't have been made later.
    let from_the_future = (0, at(9, 0), Since::Before(at(9, 0)));
    for (off_by, came_in, since) in [believed, ahead_by_its_own_word, from_the_future] {
        let mut story = Story::turn_off();
        let cut = story.cuts(TRUCK_12, at(10, 32));
        story.history.clock_offset.insert(cut.clone(), Span::minutes(off_by));
        story.history.received_at.insert(cut, came_in);
        assert_eq!(story.is().lines[&line(1)].since(), Some(since));
    }
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
fn the_gravest_of_several_releases_decides() {
    let mut story = Story::turn_off();
    let cut = story.cuts(TRUCK_12, at(10, 0));
    let after = story.pays(at(13, 0));
    story.knew(&cut, &after, Knew::Caused);
    let crossed = story.pays(at(9, 50));
    assert_eq!(story.is().cuts[0].label, CutLabel::Crossed);
    assert_eq!(story.is().cuts[0].release.as_ref().map(|against| &against.fact), Some(&crossed));
}
