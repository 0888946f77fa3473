//! When the tablet calls: a second of signal must not pass unused while the crew's work waits.

use super::{
    crew::Crew,
    office::{Office, order_id},
};
use crate::core::in_touch::{Line, pause_ms};
use curbstop_shared::time::Micros;

const fn s(seconds: i64) -> Micros {
    Micros(seconds * 1_000_000)
}

#[test]
fn a_call_that_hung_when_the_signal_was_lost_is_given_up_when_it_comes_back_and_a_young_one_is_not() {
    let mut line = Line::default();
    line.begins(s(60));
    line.is_lost();
    let mut young = line;
    assert!(!young.comes_back(s(63)), "its answer may be on the way");
    assert!(line.comes_back(s(64)));
    line.ends(false);
    assert!(line.gave_up(), "that is not \"no signal\"");

    // What went out on a line that was known to be dead hangs as well; what is not under way can't be given up.
    let mut line = Line::default();
    line.is_lost();
    line.begins(s(60));
    assert!(line.comes_back(s(64)));
    line.ends(false);
    line.is_lost();
    assert!(!line.gave_up(), "now there is none");
    assert!(!line.comes_back(s(90)));
}

/// A line that answers after six seconds, and a crew that looks at the tablet every four.
#[test]
fn looking_again_and_again_does_not_cost_a_slow_line_its_answer() {
    let mut line = Line::default();
    line.begins(s(0));
    for at in [4, 8, 12, 16, 20] {
        assert!(!line.is_looked_at(s(at)), "{at}");
        assert!(!line.comes_back(s(at)), "{at}: the device never said that it had lost the signal");
    }
    let mut answered = line;
    answered.ends(true);
    assert!(!answered.is_looked_at(s(90)), "nothing is under way");

    assert!(line.is_looked_at(s(21)), "by now it has hung");
    line.ends(false);
    line.begins(s(21));
    assert!(!line.is_looked_at(s(50)) && !line.comes_back(s(50)), "never two in a row");
    line.ends(false);
    assert!(!line.gave_up(), "it ended by itself");
    line.begins(s(52));
    assert!(line.comes_back(s(56)), "it was not answered: the line was dead when the next went out");
}

/// The line is dead and nobody has said so: the call would hang for half a minute.
#[test]
fn a_call_that_nobody_answers_is_not_online_for_as_long_as_it_hangs() {
    let mut line = Line::default();
    assert!(!line.is_silent(s(50)), "nothing is under way");
    line.begins(s(60));
    assert!(!line.is_silent(s(67)), "a slow line answers after six seconds");
    assert!(line.is_silent(s(68)));
    line.ends(true);
    assert!(!line.is_silent(s(90)));
}

#[test]
fn after_a_signal_that_was_lost_once_more_the_next_call_may_be_given_up_too() {
    let mut line = Line::default();
    for at in [0, 100] {
        line.begins(s(at));
        line.is_lost();
        assert!(line.comes_back(s(at + 5)), "{at}");
        line.ends(false);
    }
    // The answer was quicker than the giving up: the line lives.
    line.begins(s(200));
    assert!(!line.is_looked_at(s(210)));
    line.ends(true);
    assert!(!line.gave_up());
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
