//! The rules of the trade's books, one by one: where each begins and ends.

use super::{
    Applies, Calendar, Called, Citation, Class, Conditions, Fee, Forecast, Holiday, Kept, Notice, NoticeKind, NoticeTo,
    OpenDays, Policy, Rule, RuleKind, Subject, Temperature, Text, TimeOfDay, Verdict, Weather, Weekdays, Window, Zone,
};
use crate::{
    language::Language,
    money::{Currency, Money},
    reconnect_clock::ReconnectClock,
    time::{Micros, Span},
    vocabulary::{OrderKind, Product, Reason},
};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

fn text(en: &str) -> Text {
    Text { en: en.to_owned(), es: en.to_owned() }
}

fn rule(id: &str, kind: RuleKind) -> Rule {
    let citation = Citation { text: "test".to_owned(), seen: false };
    Rule { id: id.to_owned(), citation, from: None, until: None, applies: Applies::default(), sentence: text(id), kind }
}

fn policy(rules: Vec<Rule>) -> Policy {
    let day = |date: &str, name: &str| Holiday { date: date.parse().unwrap(), name: text(name) };
    let days = vec![day("2026-01-01", "New Year"), day("2026-11-26", "Thanksgiving"), day("2026-12-25", "Christmas")];
    let calendars = vec![Calendar { id: "town".to_owned(), days }];
    Policy { id: "test".to_owned(), version: "1".to_owned(), title: text("test"), calendars, rules }
}

fn cut() -> Subject {
    Subject::new(OrderKind::TurnOff, Reason::NonPay, vec![Product::Water])
}

fn at(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn utc(text: &str) -> Micros {
    Micros(chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros())
}

/// "allowed", or why not, for a cut of water.
fn says(policy: &Policy, subject: &Subject, when: &str, known: &Conditions) -> String {
    let ids = |by: &[&Rule]| by.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>().join(", ");
    match policy.may_begin_cut(subject, at(when), known) {
        Verdict::Allowed => "allowed".to_owned(),
        Verdict::Refused { by, opens_next } => {
            let opens = opens_next.map_or("never".to_owned(), |opens| opens.format("%a %m-%d %H:%M").to_string());
            format!("refused by {}, opens {opens}", ids(&by))
        }
        Verdict::NeedsNotice { lacking } => {
            let lacking = lacking.iter().map(|it| match it.good_from {
                Some(from) => format!("{} notice good from {from}", it.to),
                None => format!("no {} notice", it.to),
            });
            lacking.collect::<Vec<_>>().join(", ")
        }
        Verdict::NeedsApproval { by, persons } => format!("{persons} persons by {}", ids(&by)),
    }
}

fn cuts(policy: &Policy, when: &str) -> String {
    says(policy, &cut(), when, &Conditions::default())
}

fn hours(from: u16, until: u16) -> Window {
    Window { from: TimeOfDay(from * 60), until: TimeOfDay(until * 60) }
}

fn working() -> OpenDays {
    OpenDays { weekdays: Weekdays::MON_TO_FRI, calendar: Some("town".to_owned()) }
}

#[test]
fn a_cut_begins_within_the_hours_of_its_weekdays() {
    let mon_to_thu =
        Weekdays::of(&[chrono::Weekday::Mon, chrono::Weekday::Tue, chrono::Weekday::Wed, chrono::Weekday::Thu]);
    let policy = policy(vec![
        rule("days", RuleKind::CutDays(mon_to_thu)),
        rule("hours", RuleKind::CutHours { window: hours(8, 16), weekdays: Weekdays::ALL }),
    ]);
    assert_eq!(cuts(&policy, "2026-11-23 07:59"), "refused by hours, opens Mon 11-23 08:00");
    assert_eq!(cuts(&policy, "2026-11-23 08:00"), "allowed");
    assert_eq!(cuts(&policy, "2026-11-23 15:59"), "allowed");
    assert_eq!(cuts(&policy, "2026-11-23 16:00"), "refused by hours, opens Tue 11-24 08:00");
    assert_eq!(cuts(&policy, "2026-11-26 16:00"), "refused by hours, opens Mon 11-30 08:00");
    assert_eq!(cuts(&policy, "2026-11-27 17:00"), "refused by days, hours, opens Mon 11-30 08:00");
    let friday = policy.cutting_on(&cut(), day("2026-11-27"), &Conditions::default());
    let by: Vec<&str> = friday.narrowed_by.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!((friday.window, by), (None, vec!["days"]), "the hours are not why");
}

#[test]
fn the_last_hour_comes_before_any_day_without_reconnects() {
    let last = rule("last", RuleKind::LastHour { not_after: TimeOfDay(12 * 60 + 30), service: working() });
    let policy = policy(vec![last]);
    assert_eq!(cuts(&policy, "2026-11-24 16:00"), "allowed", "Wednesday is a working day");
    assert_eq!(cuts(&policy, "2026-11-25 12:29"), "allowed", "before Thanksgiving");
    assert_eq!(cuts(&policy, "2026-11-25 12:30"), "refused by last, opens Thu 11-26 00:00");
    assert_eq!(cuts(&policy, "2026-11-27 12:30"), "refused by last, opens Sat 11-28 00:00", "a Friday");
    assert!(cuts(&policy, "2026-12-31 12:30").starts_with("refused"), "nobody knows the holidays of 2027");
}

#[test]
fn holidays_and_the_days_before_them_are_refused_and_where_the_calendar_ends_every_day() {
    let off = |day_before| policy(vec![rule("off", RuleKind::Holidays { calendar: "town".to_owned(), day_before })]);
    assert!(cuts(&off(false), "2026-11-26 10:00").starts_with("refused"));
    assert_eq!(cuts(&off(false), "2026-11-25 10:00"), "allowed");
    assert_eq!(cuts(&off(true), "2026-11-25 10:00"), "refused by off, opens Fri 11-27 00:00");
    assert_eq!(cuts(&off(false), "2027-03-02 10:00"), "refused by off, opens never");
    let lost = policy(vec![rule("off", RuleKind::Holidays { calendar: "gone".to_owned(), day_before: false })]);
    assert!(cuts(&lost, "2026-03-03 10:00").starts_with("refused"));
}

#[test]
fn a_blackout_goes_over_the_years_end() {
    let span = |from: &str, until: &str| {
        policy(vec![rule("off", RuleKind::Blackout { from: from.parse().unwrap(), until: until.parse().unwrap() })])
    };
    let fortnight = span("12-24", "01-02");
    assert_eq!(cuts(&fortnight, "2026-12-23 23:59"), "allowed");
    assert_eq!(cuts(&fortnight, "2026-12-24 00:00"), "refused by off, opens Sun 01-03 00:00");
    assert!(cuts(&fortnight, "2027-01-02 23:59").starts_with("refused"));
    assert_eq!(cuts(&fortnight, "2027-01-03 00:00"), "allowed");
    let winter = span("11-01", "04-15");
    assert_eq!(cuts(&winter, "2026-10-31 10:00"), "allowed");
    assert!(cuts(&winter, "2028-02-29 10:00").starts_with("refused"));
    assert_eq!(cuts(&winter, "2026-04-16 10:00"), "allowed");
}

#[test]
fn a_heat_advisory_counts_for_its_area_and_for_two_days_behind_it() {
    let heat = RuleKind::Weather { called: vec![Weather::HeatAdvisory], preceding_days: 2 };
    let policy = policy(vec![rule("heat", heat)]);
    let called = |area: Option<&str>| Conditions {
        called: vec![Called { what: Weather::HeatAdvisory, area: area.map(str::to_owned), on: day("2026-07-13") }],
        ..Conditions::default()
    };
    let in_lake = Subject { area: Some("Lake".to_owned()), ..cut() };
    let judged = |subject: &Subject, when: &str, area| says(&policy, subject, when, &called(area));
    assert_eq!(judged(&in_lake, "2026-07-12 10:00", None), "allowed");
    for refused in ["2026-07-13 00:00", "2026-07-15 23:59"] {
        assert_eq!(judged(&in_lake, refused, Some("LAKE")), "refused by heat, opens Thu 07-16 00:00");
    }
    assert_eq!(judged(&in_lake, "2026-07-16 00:00", Some("Lake")), "allowed");
    assert_eq!(judged(&in_lake, "2026-07-13 10:00", Some("Hill")), "allowed");
    assert!(judged(&cut(), "2026-07-13 10:00", Some("Hill")).starts_with("refused"), "nobody knows where it is");
}

#[test]
fn thirty_two_degrees_are_a_freeze_and_thirty_three_are_not() {
    let is = |is, preceding_days, every_day| {
        policy(vec![rule(
            "cold",
            RuleKind::Degrees { is, degrees_f: 32, preceding_days, following_days: 0, every_day },
        )])
    };
    let high = |of: &[(&str, i16)]| Conditions {
        forecasts: of
            .iter()
            .map(|(on, high)| Forecast { area: None, on: day(on), low_f: None, high_f: Some(*high) })
            .collect(),
        ..Conditions::default()
    };
    // Texas: yesterday's highest was at most 32, and it stays so.
    let texas = is(Temperature::HighAtMost, 1, true);
    let judged = |known: &Conditions| says(&texas, &cut(), "2026-01-20 10:00", known);
    assert!(judged(&high(&[("2026-01-19", 32), ("2026-01-20", 32)])).starts_with("refused"));
    assert_eq!(judged(&high(&[("2026-01-19", 33), ("2026-01-20", 32)])), "allowed");
    assert_eq!(judged(&high(&[("2026-01-19", 32), ("2026-01-20", 33)])), "allowed");
    let either = is(Temperature::HighAtMost, 1, false);
    assert!(says(&either, &cut(), "2026-01-20 10:00", &high(&[("2026-01-19", 32)])).starts_with("refused"));
}

fn notice(on: &str, languages: &[Language]) -> Notice {
    Notice { to: NoticeTo::Customer, kind: NoticeKind::Mail, on: day(on), languages: languages.to_vec() }
}

fn notice_rule(least_days: u16, working: Option<OpenDays>) -> RuleKind {
    let kinds = vec![NoticeKind::Mail];
    RuleKind::Notice { to: NoticeTo::Customer, kinds, least_days, working, customers_language: true }
}

#[test]
fn a_notice_of_ten_days_is_good_on_the_eleventh_and_in_the_customers_language() {
    let policy = policy(vec![rule("notice", notice_rule(10, None))]);
    let none = Conditions::default();
    let with = |notices: Vec<Notice>, language| Subject { notices, language, ..cut() };
    let english = with(vec![notice("2026-11-10", &[Language::En])], Language::En);
    assert_eq!(says(&policy, &cut(), "2026-11-20 09:00", &none), "no customer notice");
    assert_eq!(says(&policy, &english, "2026-11-19 09:00", &none), "customer notice good from 2026-11-20");
    assert_eq!(says(&policy, &english, "2026-11-20 00:00", &none), "allowed");
    let spanish = Subject { language: Language::Es, ..english };
    assert_eq!(says(&policy, &spanish, "2026-11-20 00:00", &none), "no customer notice");
    let both = with(vec![notice("2026-11-10", &[Language::En, Language::Es])], Language::Es);
    assert_eq!(says(&policy, &both, "2026-11-20 00:00", &none), "allowed");
    let phoned = with(vec![Notice { kind: NoticeKind::Phone, ..notice("2026-11-01", &[]) }], Language::En);
    assert_eq!(says(&policy, &phoned, "2026-11-20 00:00", &none), "no customer notice");
}

#[test]
fn working_days_of_a_notice_leave_out_weekends_and_holidays() {
    let policy = policy(vec![rule("notice", notice_rule(5, Some(working())))]);
    // Friday the 20th; Monday to Wednesday are three, Thanksgiving none, Friday the fourth, Monday the fifth.
    let subject = Subject { notices: vec![notice("2026-11-20", &[Language::En])], ..cut() };
    let judged = |when: &str| says(&policy, &subject, when, &Conditions::default());
    assert_eq!(judged("2026-11-29 23:59"), "customer notice good from 2026-11-30");
    assert_eq!(judged("2026-11-30 00:00"), "allowed");
}

#[test]
fn medical_protects_its_days_unless_two_persons_say_otherwise() {
    let policy = policy(vec![rule("medical", RuleKind::Medical { days: Some(30), persons: 2 })]);
    let with = |approvals| Subject { medical: Some(day("2026-11-01")), approvals, ..cut() };
    let judged = |when: &str, approvals| says(&policy, &with(approvals), when, &Conditions::default());
    assert_eq!(judged("2026-10-31 10:00", 0), "allowed");
    assert_eq!(judged("2026-11-01 00:00", 1), "2 persons by medical");
    assert_eq!(judged("2026-11-30 23:59", 0), "2 persons by medical");
    assert_eq!(judged("2026-11-30 23:59", 2), "allowed");
    assert_eq!(judged("2026-12-01 00:00", 0), "allowed");
}

#[test]
fn a_rule_for_some_products_classes_and_flags_leaves_the_others_alone() {
    let mut only = rule("only", RuleKind::Approval { persons: 1 });
    only.applies = Applies {
        products: vec![Product::Electric],
        classes: vec![Class::Residential],
        kinds: vec![OrderKind::TurnOff],
        flags: vec!["sensitive".to_owned()],
    };
    let policy = policy(vec![only]);
    let flagged =
        Subject { flags: vec!["sensitive".to_owned()], products: vec![Product::Water, Product::Electric], ..cut() };
    let judged = |subject: &Subject| says(&policy, subject, "2026-11-23 10:00", &Conditions::default());
    let class = |class| judged(&Subject { class, ..flagged.clone() });
    assert_eq!(class(Class::of("RES")), "1 persons by only");
    assert_eq!(class(Class::of("MF")), "1 persons by only", "people live there");
    assert_eq!(class(Class::of("who knows")), "1 persons by only", "doubt is for the customer");
    assert_eq!(class(Class::of("COM")), "allowed");
    assert_eq!(judged(&Subject { products: vec![Product::Water], ..flagged.clone() }), "allowed");
    assert_eq!(judged(&Subject { kind: OrderKind::MeterLock, ..flagged.clone() }), "allowed");
    assert_eq!(judged(&Subject { flags: vec![], ..flagged }), "allowed");
}

#[test]
fn on_the_day_on_which_the_clocks_change_the_wall_counts() {
    // New York: back by an hour on 1 November 2026 at 06:00 UTC.
    let (summer, winter) = (Span::minutes(-240), Span::minutes(-300));
    let zone = Zone { spans: vec![(utc("2026-03-08T07:00:00Z"), summer), (utc("2026-11-01T06:00:00Z"), winter)] };
    assert_eq!(zone.local(utc("2026-11-01T05:30:00Z")), at("2026-11-01 01:30"));
    assert_eq!(zone.local(utc("2026-11-01T06:00:00Z")), at("2026-11-01 01:00"), "the moment at which they go back");
    assert_eq!(zone.local(utc("2026-11-01T06:30:00Z")), at("2026-11-01 01:30"), "a second time");
    assert_eq!(zone.moment(at("2026-11-01 01:30")), utc("2026-11-01T05:30:00Z"), "the first of them");
    assert_eq!(zone.moment(at("2026-11-01 08:00")), utc("2026-11-01T13:00:00Z"));
    let policy = policy(vec![rule("hours", RuleKind::CutHours { window: hours(8, 16), weekdays: Weekdays::ALL })]);
    let judged = |moment: &str| policy.may_begin_cut(&cut(), zone.local(utc(moment)), &Conditions::default());
    assert_eq!(judged("2026-10-31T12:00:00Z"), Verdict::Allowed, "08:00 in summer");
    assert!(matches!(judged("2026-11-01T12:00:00Z"), Verdict::Refused { .. }), "07:00 in winter");
}

#[test]
fn a_reconnect_is_due_by_the_strictest_clock_which_knows_holidays() {
    let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    let maine = ReconnectClock::WorkingDays { told_by: time(15), closes: time(17) };
    let due = |rules: Vec<Rule>, told: &str| {
        let policy = policy(rules);
        let zone = Zone::fixed(Span::minutes(-300));
        let reconnect = Subject { kind: OrderKind::Reconnect, reason: Reason::PaymentReceived, ..cut() };
        let due = policy.reconnect_due(&reconnect, zone.moment(at(told)), &zone).unwrap();
        let by: Vec<&str> = due.by.iter().map(|rule| rule.id.as_str()).collect();
        format!("{} by {}", zone.local(due.value).format("%a %m-%d %H:%M"), by.join(", "))
    };
    let working_days = || rule("maine", RuleKind::Reconnect { clock: maine, open: working() });
    let within = || {
        let clock = ReconnectClock::Within(Span::minutes(24 * 60));
        rule("day", RuleKind::Reconnect { clock, open: working() })
    };
    assert_eq!(due(vec![working_days()], "2026-11-25 15:00"), "Wed 11-25 17:00 by maine");
    assert_eq!(due(vec![working_days()], "2026-11-25 15:01"), "Fri 11-27 17:00 by maine", "Thanksgiving is none");
    assert_eq!(due(vec![working_days()], "2026-11-26 10:00"), "Fri 11-27 17:00 by maine", "told on Thanksgiving");
    assert_eq!(due(vec![working_days(), within()], "2026-11-25 15:01"), "Thu 11-26 15:01 by day");
    assert_eq!(due(vec![within(), working_days()], "2026-11-25 10:00"), "Wed 11-25 17:00 by maine");
}

#[test]
fn what_restores_is_what_is_past_due_with_a_fee_and_never_more_than_the_cap() {
    let least = |id: &str, fee_minor, at_most_minor| {
        rule(id, RuleKind::MinimumToRestore { fee_minor, at_most_minor, currency: Currency::USD })
    };
    let asks = |rules: Vec<Rule>, past_due: &str, currency: Currency| {
        let past_due = Money::parse(past_due, currency).unwrap();
        let policy = policy(rules);
        let least = policy.minimum_to_restore(&cut(), past_due, day("2026-11-23"));
        least.map(|it| format!("{} by {}", it.value, it.by[0].id))
    };
    let usd = Currency::USD;
    let winter = || vec![least("fee", 2500, None), least("winter", 0, Some(17_500))];
    assert_eq!(asks(vec![least("fee", 2500, None)], "86.40", usd).as_deref(), Some("111.40 by fee"));
    assert_eq!(asks(winter(), "86.40", usd).as_deref(), Some("86.40 by winter"));
    assert_eq!(asks(winter(), "175.01", usd).as_deref(), Some("175.00 by winter"));
    assert_eq!(asks(winter(), "86.40", "CAD".parse().unwrap()), None, "dollars of another country");
}

#[test]
fn a_fee_needs_every_rule_and_money_at_the_door_only_one() {
    let day = day("2026-11-23");
    let policy = policy(vec![
        rule("law", RuleKind::Fees(vec![Fee::CutMade, Fee::Tamper])),
        rule("board", RuleKind::Fees(vec![Fee::TripMade, Fee::CutMade])),
        rule("crews-take-none", RuleKind::MoneyAtDoor(false)),
        rule("crews-must", RuleKind::MoneyAtDoor(true)),
        rule("evenings", RuleKind::AfterHours(Some(hours(17, 21)))),
        rule("none", RuleKind::AfterHours(None)),
        rule("two-years", RuleKind::Retention { kept: Kept::Photos, days: 730 }),
        rule("one-year", RuleKind::Retention { kept: Kept::Photos, days: 365 }),
        rule("amounts", RuleKind::Retention { kept: Kept::Amounts, days: 30 }),
    ]);
    let ids = |by: Vec<&Rule>| by.iter().map(|rule| rule.id.clone()).collect::<Vec<_>>().join(", ");
    let fees = policy.fees(&cut(), day).unwrap();
    assert_eq!((fees.value, ids(fees.by)), (vec![Fee::CutMade], "board, law".to_owned()));
    let money = policy.money_at_door(&cut(), day).unwrap();
    assert_eq!((money.value, ids(money.by)), (true, "crews-must".to_owned()));
    let evenings = policy.after_hours(&cut(), day).unwrap();
    assert!(evenings.holds(at("2026-11-23 20:59")) && !evenings.holds(at("2026-11-23 21:00")));
    assert_eq!(ids(evenings.by), "evenings");
    let photos = policy.retention_days(&cut(), Kept::Photos, day).unwrap();
    assert_eq!((photos.value, ids(photos.by)), (365, "one-year".to_owned()));
    assert_eq!(policy.retention_days(&cut(), Kept::Positions, day), None, "no rule says so");
}

/// A tablet whose battery was out for a winter: nothing panics, whatever its clock says.
#[test]
fn a_clock_that_is_out_of_its_mind_is_judged_all_the_same() {
    let zone = Zone::fixed(Span::minutes(-300));
    let cold = RuleKind::Degrees {
        is: Temperature::LowAtMost,
        degrees_f: 32,
        preceding_days: 3,
        following_days: 3,
        every_day: false,
    };
    let off = RuleKind::Holidays { calendar: "town".to_owned(), day_before: true };
    let policy = policy(vec![rule("cold", cold), rule("notice", notice_rule(5, Some(working()))), rule("off", off)]);
    // The edges are the first and the last second of the library's calendar.
    let edges = [-8_334_601_228_800_000_000, 8_210_266_876_799_000_000];
    for at in [i64::MIN, -1, 0, i64::MAX / 2, i64::MAX, edges[0], edges[1]] {
        let verdict = policy.may_begin_cut(&cut(), zone.local(Micros(at)), &Conditions::default());
        assert!(matches!(verdict, Verdict::Refused { .. }), "{verdict:?}");
    }
}
