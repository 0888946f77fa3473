//! Each rule about releases, holds, recalls and cuts as a story of the trade.

mod trade;

use curbstop_shared::{disposition::*, ids::*, route_document::Knew, time::Span, vocabulary::*};
use trade::*;

#[test]
fn an_order_that_nobody_stopped_may_be_cut_and_one_that_was_paid_may_not() {
    let mut story = Story::turn_off();
    assert_eq!(story.is().state, OrderState::Open);
    assert!(story.is().may_begin_cut);

    let release = story.pays(at(10, 5));
    let is = story.is();
    assert_eq!(is.state, OrderState::Released { by: release.clone() });
    assert!(!is.may_begin_cut && is.may_cut.is_empty());
    assert_eq!(
        is.why_not,
        Some(WhyNot::Released {
            by: release,
            reason: ReleaseReason::PaymentReceived,
            paid_at: Some(at(10, 5)),
            all_lines: true
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
