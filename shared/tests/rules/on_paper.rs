//! A crew that worked from paper: what its visits mean hangs on the times alone, not on when somebody keyed them in.

use crate::trade::*;
use curbstop_shared::{disposition::*, facts::*, route_document::Knew, time::Span, vocabulary::*};
use proptest::prelude::*;

/// A turn-off for non-payment that was cut from paper at this minute of the day, and released.
fn story(cut_minute: i64, release: Release, recorded_minute: i64, knew: Knew) -> Story {
    let mut story = Story::turn_off();
    let visit = story.fact(at(0, cut_minute), None, FactBody::Visit(on_paper(Permit::Override)));
    story.fact(at(0, cut_minute), None, work(&visit, line(1), Action::TurnedOff));
    let release = story.office(at(0, recorded_minute), FactBody::Release(release));
    story.knew(&visit, &release, knew);
    story
}

fn on_paper(permit: Permit) -> Visit {
    let called = || (permit == Permit::Override).then(|| "Dana".to_owned());
    Visit {
        paper: Some(true),
        permit: Some(permit),
        permit_age_s: None,
        override_by: called(),
        override_reason: called(),
        ..visit(Outcome::Done, None)
    }
}

#[test]
fn the_time_on_paper_is_good_to_a_quarter_of_an_hour() {
    let label = |minute| story(minute, payment("*", Some(at(10, 0))), 10 * 60, Knew::Neither).is().cuts[0].label;
    let surely = PAPER_UNCERTAINTY + DispositionPolicy::default().clock_uncertainty;
    assert_eq!(surely, Span::minutes(17));
    assert_eq!(label(10 * 60 - 18), CutLabel::ReleasedAfter);
    assert_eq!(label(10 * 60 - 17), CutLabel::Crossed);
    assert_eq!(label(10 * 60 + 60), CutLabel::Crossed);
}

#[test]
fn an_ordinary_one_needs_nobody_and_its_fee_stands() {
    let is = story(9 * 60, payment("*", Some(at(11, 0))), 11 * 60, Knew::Neither).is();
    assert!(is.exceptions.is_empty(), "{:?}", is.exceptions);
    assert_eq!((is.follow_ups[0].reason, is.fee_triggers[0].standing), (Reason::PaymentReceived, FeeStanding::Stands));
}

#[test]
fn without_a_call_the_cut_had_no_permit() {
    let mut story = Story::turn_off();
    let visit = story.fact(at(9, 0), None, FactBody::Visit(on_paper(Permit::None)));
    story.fact(at(9, 0), None, work(&visit, line(1), Action::TurnedOff));
    assert_eq!(story.exceptions(), [ExceptionKind::PermitBreach, ExceptionKind::FeeInDoubt]);
}

/// Done in the morning, moved to another crew at noon, keyed in at night: it was done before, as far as the times are good.
#[test]
fn done_before_the_order_moved_is_told_by_the_times() {
    let exceptions = |minute| {
        let mut story = story(minute, payment("*", Some(at(20, 0))), 20 * 60, Knew::Neither);
        story.office(at(12, 0), FactBody::Recall(Recall { reason: RecallReason::Moved, cause: None }));
        story.exceptions()
    };
    assert_eq!(exceptions(9 * 60), []);
    assert_eq!(exceptions(12 * 60 - 17), [ExceptionKind::VisitAfterRecall]);
    assert_eq!(exceptions(14 * 60), [ExceptionKind::VisitAfterRecall]);
}

proptest! {
    /// Keyed in before the release was recorded or after it: the same.
    #[test]
    fn it_does_not_matter_which_was_typed_first(
        cut in 480_i64..1_080, paid in proptest::option::of(480_i64..1_080), recorded in 480_i64..1_080, agreed: bool,
    ) {
        let mut release = payment("*", paid.map(|minute| at(0, minute)));
        release.recorded_at = Some(at(0, recorded));
        if agreed {
            release.reason = ReleaseReason::Agreement;
        }
        let keyed_after = story(cut, release.clone(), recorded, Knew::Neither).is();
        let keyed_before = story(cut, release, recorded, Knew::Caused).is();
        prop_assert_eq!(&keyed_after, &keyed_before);
        prop_assert_ne!(keyed_after.cuts[0].label, CutLabel::Despite);
        prop_assert_eq!(keyed_after.follow_ups.len(), 1);
    }
}
