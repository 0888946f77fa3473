//! Readings at the door: warned about, confirmed with a note, never refused where they are true.

use crate::trade::today;
use curbstop_shared::{
    language::Language,
    readings::{BadDigits, MeterOnRecord, ReadingContext, ReadingWarning::*, Service, check},
};
use proptest::prelude::*;

fn meter() -> MeterOnRecord {
    MeterOnRecord {
        dials: Some(6),
        multiplier: 10,
        last: Some("036450".into()),
        last_on: today().pred_opt(),
        low: Some(75),
        high: Some(900),
    }
}

fn on() -> ReadingContext {
    ReadingContext { service: Service::On, read_on: today(), today: today() }
}

fn off() -> ReadingContext {
    ReadingContext { service: Service::Off, ..on() }
}

#[test]
fn an_ordinary_reading_passes_without_a_word() {
    let checked = check("036480", &meter(), &on()).unwrap();
    assert_eq!((checked.usage, checked.codes()), (Some(300), None));
}

#[test]
fn what_can_not_be_a_reading_is_refused_and_says_what_to_do() {
    assert_eq!(check("", &meter(), &on()), Err(BadDigits::Missing));
    for letters in ["O36450", "36 450", "-36450", "36.45", "٣٦٤٥٠", "36450\n"] {
        assert!(matches!(check(letters, &meter(), &on()), Err(BadDigits::NotDigits(_))), "{letters}");
    }
    assert_eq!(check("0036450", &meter(), &on()), Err(BadDigits::TooMany { digits: 7, dials: 6 }));
    assert!(BadDigits::TooMany { digits: 7, dials: 6 }.sentence(Language::Es).contains("7 dígitos"));
}

#[test]
fn limits_are_in_meter_units_after_the_multiplier() {
    let warnings = |digits| check(digits, &meter(), &on()).unwrap().warnings;
    assert_eq!(warnings("036457"), [Low], "70 is under 75");
    assert_eq!(warnings("036458"), []);
    assert_eq!(warnings("036540"), [], "900 is the limit itself");
    assert_eq!(warnings("036541"), [High]);
    assert_eq!(warnings("036450"), [ZeroUsage]);
}

#[test]
fn a_counter_goes_over_the_top_only_from_its_last_tenth_and_by_a_believable_use() {
    let from =
        |last: &str, now: &str| check(now, &MeterOnRecord { last: Some(last.into()), ..meter() }, &on()).unwrap();
    let over = from("999990", "000020");
    assert_eq!((over.usage, &over.warnings[..]), (Some(300), &[Rollover][..]));
    let too_much = from("999990", "000200");
    assert_eq!((too_much.usage, &too_much.warnings[..]), (None, &[WentBack][..]));
    let from_the_middle = from("500000", "499990");
    assert_eq!((from_the_middle.usage, &from_the_middle.warnings[..]), (None, &[WentBack][..]));
}

#[test]
fn use_on_an_account_that_is_off_is_asked_about_and_none_is_as_it_should_be() {
    assert_eq!(check("036450", &meter(), &off()).unwrap().warnings, []);
    assert_eq!(check("036451", &meter(), &off()).unwrap().warnings, [UsageOnOffAccount]);
    assert_eq!(check("036600", &meter(), &off()).unwrap().warnings, [High, UsageOnOffAccount]);
}

#[test]
fn days_that_can_not_be_are_asked_about() {
    let tomorrow = ReadingContext { read_on: today().succ_opt().unwrap(), ..on() };
    assert_eq!(check("036480", &meter(), &tomorrow).unwrap().warnings, [InTheFuture]);
    let long_ago = ReadingContext { read_on: today() - chrono::Days::new(40), ..on() };
    assert_eq!(check("036480", &meter(), &long_ago).unwrap().warnings, [OlderThanLast]);
}

#[test]
fn a_meter_without_a_record_is_read_all_the_same() {
    let unknown = MeterOnRecord { multiplier: 1, ..MeterOnRecord::default() };
    let checked = check("0042", &unknown, &on()).unwrap();
    assert_eq!((checked.usage, checked.codes()), (None, None));
    let nonsense = MeterOnRecord { last: Some("unknown".into()), ..meter() };
    assert_eq!(check("036480", &nonsense, &on()).unwrap().usage, None);
}

#[test]
fn codes_of_warnings_go_into_the_fact_and_read_back() {
    let checked = check("036600", &meter(), &off()).unwrap();
    assert_eq!(checked.codes().as_deref(), Some("high,usage_on_off_account"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn a_true_reading_always_passes_with_or_without_warnings(
        dials in 1_usize..=12, now in any::<u64>(), last in proptest::option::of(any::<u64>()), multiplier in -1_i64..=1_000_000,
        low in proptest::option::of(any::<i64>()), high in proptest::option::of(any::<i64>()), is_off in any::<bool>(),
    ) {
        let top = 10_u64.pow(u32::try_from(dials).unwrap());
        let digits = |count: u64| format!("{:0dials$}", count % top);
        let meter = MeterOnRecord { dials: Some(dials), multiplier, last: last.map(digits), last_on: None, low, high };
        let context = if is_off { off() } else { on() };
        let checked = check(&digits(now), &meter, &context).unwrap();
        if let Some(usage) = checked.usage {
            prop_assert!(usage >= 0);
        }
        prop_assert_eq!(last.is_none() && checked.usage.is_some(), false);
    }

    #[test]
    fn use_over_the_top_is_what_the_counter_counted(
        dials in 2_usize..=9, steps in 0_u64..1_000_000_000, start in 0_u64..1_000_000_000, multiplier in 1_i64..=100,
    ) {
        let top = 10_u64.pow(u32::try_from(dials).unwrap());
        // Starts in the last tenth and counts at most a tenth of the dials.
        let last = top - 1 - start % (top / 10);
        let steps = steps % (top / 10);
        let now = (last + steps) % top;
        let meter = MeterOnRecord {
            dials: Some(dials), multiplier, last: Some(format!("{last:0dials$}")), last_on: None, low: None, high: None,
        };
        let checked = check(&format!("{now:0dials$}"), &meter, &on()).unwrap();
        prop_assert_eq!(checked.usage, Some(i64::try_from(steps).unwrap() * multiplier));
        prop_assert_eq!(checked.warnings.contains(&Rollover), last + steps >= top);
        prop_assert_eq!(checked.warnings.contains(&ZeroUsage), steps == 0);
    }
}
