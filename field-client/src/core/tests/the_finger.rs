//! The finger on the screen: what it pressed on one screen is not meant for the next, nor for news that has just come.

use super::office::order_id;
use crate::core::taps::{Doubt, Finger, News, Spot};
use curbstop_shared::{ids::FactId, time::Micros};
use uuid::Uuid;

/// A tap of one finger on one spot; each so many milliseconds after the page was opened.
fn comes_down(finger: &mut Finger, ms: i64, spot: Spot) {
    finger.comes_down(Micros(ms * 1_000), spot, true);
}

fn lifts(finger: &mut Finger, ms: i64) {
    finger.lifts(Micros(ms * 1_000));
}

const HERE: Spot = (1_000, 700);

/// Whoever holds "confirm" until it is saved lets go over the list: no house is opened by that.
#[test]
fn a_press_that_began_on_the_screen_before_counts_for_nothing_and_the_next_one_counts() {
    let mut finger = Finger::default();
    comes_down(&mut finger, 0, HERE);
    finger.sees_another_screen();
    lifts(&mut finger, 900);
    assert!(!finger.taps(), "it was meant for the button that is gone");

    comes_down(&mut finger, 1_500, HERE);
    lifts(&mut finger, 1_550);
    assert!(finger.taps());
    // That tap shows another screen, as taps do, when the finger is up: nothing is taken from the next.
    finger.sees_another_screen();
    comes_down(&mut finger, 2_500, HERE);
    lifts(&mut finger, 2_550);
    assert!(finger.taps());
}

#[test]
fn a_press_that_becomes_a_scroll_takes_nothing_from_the_tap_after_it() {
    let mut finger = Finger::default();
    comes_down(&mut finger, 0, HERE);
    finger.sees_another_screen();
    // Moved, it is the page's, and no click comes of it.
    lifts(&mut finger, 250);
    comes_down(&mut finger, 800, HERE);
    lifts(&mut finger, 850);
    assert!(finger.taps());
}

/// "Nothing shown", twice: the permit's "begin" stands where that stood.
#[test]
fn the_second_of_two_slow_taps_does_not_answer_the_screen_that_the_first_one_showed() {
    let taps = |second_after_ms: i64, spot: Spot| {
        let mut finger = Finger::default();
        comes_down(&mut finger, 0, HERE);
        lifts(&mut finger, 60);
        assert!(finger.taps());
        finger.sees_another_screen();
        comes_down(&mut finger, second_after_ms, spot);
        lifts(&mut finger, second_after_ms + 60);
        finger.taps()
    };
    assert!(!taps(350, HERE));
    assert!(!taps(559, HERE), "from the end of the first");
    assert!(!taps(499, (HERE.0 + 40, HERE.1 - 40)), "a glove does not hit the same pixel twice");
    assert!(taps(560, HERE), "whoever has read it is slower");
    assert!(taps(350, (HERE.0 - 41, HERE.1)), "another button is meant");
}

/// A slow thumb in a glove: it presses for a second, and bounces when it lets go.
#[test]
fn a_long_press_has_a_second_tap_as_a_short_one_does() {
    let mut finger = Finger::default();
    comes_down(&mut finger, 0, HERE);
    lifts(&mut finger, 1_000);
    assert!(finger.taps());
    finger.sees_another_screen();
    comes_down(&mut finger, 1_300, HERE);
    lifts(&mut finger, 1_400);
    assert!(!finger.taps(), "it is 300 ms after the first, however long that took");
    comes_down(&mut finger, 2_000, HERE);
    lifts(&mut finger, 2_100);
    assert!(finger.taps());
}

#[test]
fn a_keypad_takes_every_tap_and_a_third_tap_bounces_off_the_second() {
    let mut finger = Finger::default();
    for digit in 0..6 {
        comes_down(&mut finger, digit * 150, HERE);
        lifts(&mut finger, digit * 150 + 60);
        assert!(finger.taps(), "the screen is the same");
    }
    finger.sees_another_screen();
    for (after, counts) in [(1_050, false), (1_350, false), (1_950, true)] {
        comes_down(&mut finger, after, HERE);
        lifts(&mut finger, after + 60);
        assert_eq!(finger.taps(), counts, "{after}");
    }
}

#[test]
fn a_mouse_is_no_finger_even_after_one() {
    let mut finger = Finger::default();
    for at in [0, 100] {
        finger.comes_down(Micros(at * 1_000), HERE, false);
        finger.sees_another_screen();
        assert!(finger.taps());
    }
    comes_down(&mut finger, 200, HERE);
    finger.sees_another_screen();
    lifts(&mut finger, 250);
    finger.comes_down(Micros(300_000), HERE, false);
    assert!(finger.taps(), "the press of the finger before is over");
}

/// Twenty-four recalls are read, and a twenty-fifth joins them under the finger: it was not seen.
#[test]
fn a_recall_that_joins_the_card_under_the_finger_is_not_meant_by_the_tap() {
    let recalls: Vec<_> = (1..=25).map(|n| (order_id(n), FactId::from_uuid(Uuid::from_u128(n)))).collect();
    let mut news = News::default();
    news.shows(&recalls[..24], Micros(5_000_000));
    let meant = |news: &News, at| {
        let mut of_the_card = recalls.clone();
        news.meant(&mut of_the_card, at);
        of_the_card.len()
    };
    assert_eq!(meant(&news, Micros(5_999_999)), 0, "nobody has read them yet");
    news.shows(&recalls, Micros(9_000_000));
    assert_eq!(meant(&news, Micros(9_300_000)), 24);
    assert_eq!(meant(&news, Micros(10_000_000)), 25, "drawn anew, it was there before");
}

/// The arrow lies among the digits, and the thumb is quick: that the check doubts them has to be read first.
#[test]
fn the_keypads_arrow_confirms_doubted_digits_only_after_the_doubt_was_shown() {
    let mut doubt = Doubt::default();
    let presses = |doubt: &mut Doubt, ms: i64| doubt.confirms(Micros(ms * 1_000));
    assert!(!presses(&mut doubt, 0), "it shows the doubt");
    assert!(!presses(&mut doubt, 300), "the same hand tapping twice");
    assert!(presses(&mut doubt, 1_500));
    // Other digits are doubted anew.
    doubt.is_typed_over();
    assert!(!presses(&mut doubt, 9_000));
    assert!(presses(&mut doubt, 10_200));
}
