//! When the tablet calls: a second of signal must not pass unused while the crew's work waits.

use super::{
    crew::Crew,
    office::{Office, order_id},
};
use crate::core::in_touch::{gives_up, pause_ms};
use curbstop_shared::time::Micros;

#[test]
fn a_call_that_hung_when_the_signal_came_back_is_given_up_and_a_young_one_is_not() {
    let went_out = Micros(60_000_000);
    assert!(gives_up(Some(went_out), Micros(63_000_001)));
    assert!(!gives_up(Some(went_out), Micros(63_000_000)), "its answer may be on the way");
    assert!(!gives_up(None, Micros(90_000_000)), "nothing is under way");
}

#[test]
fn without_a_signal_work_that_waits_is_tried_every_few_seconds_for_however_long() {
    for failures in 3..40 {
        assert_eq!((pause_ms(failures, true, 0), pause_ms(failures, true, 255)), (2_500, 5_000), "{failures}");
    }
    assert_eq!((pause_ms(1, true, 0), pause_ms(1, true, 255)), (1_000, 2_000), "the first tries come sooner");
}

/// An office that was reached and could not answer, or nothing to send: there is no hurry, and nobody comes back at once.
#[test]
fn with_nothing_to_send_the_pauses_grow_to_half_a_minute() {
    let longest = |failures| pause_ms(failures, false, 255);
    assert_eq!([1, 2, 3, 4, 5, 6, 40].map(longest), [2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    assert_eq!(pause_ms(0, false, 7), 30_000, "all is well");
}

#[test]
fn what_waits_is_what_the_crew_saved_until_the_office_has_it() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    assert!(!crew.tablet.has_to_send());
    crew.turns_off(order_id(1));
    assert!(crew.tablet.has_to_send());
    crew.sync(&mut office);
    assert!(!crew.tablet.has_to_send());
}
