//! Rules, orders, weather and zones as property tests draw them.

use super::{
    Applies, Calendar, Called, Citation, Class, Conditions, Fee, Forecast, Holiday, Kept, MonthDay, Notice, NoticeKind,
    NoticeTo, OpenDays, Policy, Rule, RuleKind, Subject, Temperature, Text, TimeOfDay, Weather, Weekdays, Window, Zone,
};
use crate::{
    language::Language,
    money::Currency,
    reconnect_clock::ReconnectClock,
    time::{Micros, Span},
    vocabulary::{OrderKind, Product, Reason},
};
use chrono::{Days, NaiveDate, NaiveTime, TimeDelta, Weekday};
use proptest::{collection::vec, option, prelude::*, sample::select};

const FIRST: NaiveDate = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();

pub(super) fn date() -> impl Strategy<Value = NaiveDate> {
    (0_u64..730).prop_map(|after| FIRST + Days::new(after))
}

/// Half hours and the minutes beside them, where rules change their minds.
fn time_of_day() -> impl Strategy<Value = TimeOfDay> {
    (0_u16..48, 0_u16..3).prop_map(|(half, beside)| TimeOfDay((half * 30 + beside).saturating_sub(1)))
}

fn window() -> impl Strategy<Value = Window> {
    (time_of_day(), 1_u16..900)
        .prop_map(|(from, minutes)| Window { from, until: TimeOfDay(from.0 + minutes).min(TimeOfDay::END) })
}

fn weekdays() -> impl Strategy<Value = Weekdays> {
    const WEEK: [Weekday; 7] =
        [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
    vec(select(&WEEK[..]), 1..6).prop_map(|days| Weekdays::of(&days))
}

fn open_days() -> impl Strategy<Value = OpenDays> {
    (weekdays(), option::of(Just("town".to_owned()))).prop_map(|(weekdays, calendar)| OpenDays { weekdays, calendar })
}

fn month_day() -> impl Strategy<Value = MonthDay> {
    date().prop_map(MonthDay::of)
}

/// A rule that judges cuts.
pub(super) fn judging() -> impl Strategy<Value = RuleKind> {
    prop_oneof![
        weekdays().prop_map(RuleKind::CutDays),
        (window(), weekdays()).prop_map(|(window, weekdays)| RuleKind::CutHours { window, weekdays }),
        (time_of_day(), open_days()).prop_map(|(not_after, service)| RuleKind::LastHour { not_after, service }),
        any::<bool>().prop_map(|day_before| RuleKind::Holidays { calendar: "town".to_owned(), day_before }),
        (month_day(), month_day()).prop_map(|(from, until)| RuleKind::Blackout { from, until }),
        (vec(select(Weather::ALL), 1..3), 0_u8..3)
            .prop_map(|(called, preceding_days)| RuleKind::Weather { called, preceding_days }),
        (select(Temperature::ALL), 25_i16..100, 0_u8..2, 0_u8..2, any::<bool>()).prop_map(
            |(is, degrees_f, preceding_days, following_days, every_day)| RuleKind::Degrees {
                is,
                degrees_f,
                preceding_days,
                following_days,
                every_day
            }
        ),
        (select(NoticeTo::ALL), vec(select(NoticeKind::ALL), 0..3), 0_u16..20, option::of(open_days()), any::<bool>())
            .prop_map(|(to, kinds, least_days, working, customers_language)| RuleKind::Notice {
                to,
                kinds,
                least_days,
                working,
                customers_language
            }),
        (option::of(1_u16..60), 1_u8..3).prop_map(|(days, persons)| RuleKind::Medical { days, persons }),
        (1_u8..3).prop_map(|persons| RuleKind::Approval { persons }),
    ]
}

/// A rule that gives a value.
pub(super) fn valuing() -> impl Strategy<Value = RuleKind> {
    let fee = (0_i64..5000, option::of(1000_i64..20_000));
    prop_oneof![
        (1_u16..300).prop_map(RuleKind::PermitMinutes),
        any::<bool>().prop_map(RuleKind::MoneyAtDoor),
        vec(select(Fee::ALL), 0..4).prop_map(RuleKind::Fees),
        option::of(window()).prop_map(RuleKind::AfterHours),
        (select(Kept::ALL), 1_u16..900).prop_map(|(kept, days)| RuleKind::Retention { kept, days }),
        fee.prop_map(|(fee_minor, at_most_minor)| RuleKind::MinimumToRestore {
            fee_minor,
            at_most_minor,
            currency: Currency::USD
        }),
        (clock(), open_days()).prop_map(|(clock, open)| RuleKind::Reconnect { clock, open }),
    ]
}

fn clock() -> impl Strategy<Value = ReconnectClock> {
    let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    prop_oneof![
        (1_i64..72).prop_map(|hours| ReconnectClock::Within(Span::minutes(hours * 60))),
        (8_u32..16).prop_map(move |told| ReconnectClock::WorkingDays { told_by: hour(told), closes: hour(17) }),
    ]
}

pub(super) fn rule(kind: impl Strategy<Value = RuleKind>) -> impl Strategy<Value = Rule> {
    let applies = (
        prop_oneof![3 => Just(vec![]), 1 => vec(select(Product::ALL), 1..3)],
        prop_oneof![3 => Just(vec![]), 1 => vec(select(Class::ALL), 1..3)],
        prop_oneof![3 => Just(vec![]), 1 => Just(vec!["sensitive".to_owned()])],
    );
    let dates = (option::of(date()), option::of(date()));
    (kind, applies, dates).prop_map(|(kind, (products, classes, flags), (from, until))| {
        let text = || Text { en: String::new(), es: String::new() };
        let applies = Applies { products, classes, kinds: vec![], flags };
        let citation = Citation { text: String::new(), seen: false };
        Rule { id: String::new(), citation, from, until, applies, sentence: text(), kind }
    })
}

/// A pack in which every rule has a name of its own.
pub(super) fn pack(rules: Vec<Rule>) -> Policy {
    let text = || Text { en: String::new(), es: String::new() };
    let day = |date: &str| Holiday { date: date.parse().unwrap(), name: text() };
    let days = ["2026-01-01", "2026-07-03", "2026-11-26", "2026-12-25", "2027-12-24"].map(day).to_vec();
    let named = rules.into_iter().enumerate().map(|(n, rule)| Rule { id: format!("r{n}"), ..rule });
    Policy {
        id: "drawn".to_owned(),
        version: "1".to_owned(),
        title: text(),
        calendars: vec![Calendar { id: "town".to_owned(), days }],
        rules: named.collect(),
    }
}

pub(super) fn any_rule() -> impl Strategy<Value = Rule> {
    prop_oneof![2 => rule(judging()).boxed(), 1 => rule(valuing()).boxed()]
}

fn notice() -> impl Strategy<Value = Notice> {
    let languages = vec(prop_oneof![Just(Language::En), Just(Language::Es)], 0..3);
    (select(NoticeTo::ALL), select(NoticeKind::ALL), date(), languages).prop_map(|(to, kind, on, languages)| Notice {
        to,
        kind,
        on,
        languages,
    })
}

pub(super) fn cut() -> impl Strategy<Value = Subject> {
    let flags = prop_oneof![Just(vec![]), Just(vec!["sensitive".to_owned()])];
    let people = (option::of(select(Class::ALL)), flags, any::<bool>(), option::of(date()), 0_u8..3);
    let area = option::of(select(&["Lake", "Hill"][..]));
    (vec(select(Product::ALL), 0..3), people, area, vec(notice(), 0..4)).prop_map(
        |(products, (class, flags, spanish, medical, approvals), area, notices)| Subject {
            class,
            flags,
            language: if spanish { Language::Es } else { Language::En },
            area: area.map(str::to_owned),
            notices,
            medical,
            approvals,
            ..Subject::new(OrderKind::TurnOff, Reason::NonPay, products)
        },
    )
}

pub(super) fn weather() -> impl Strategy<Value = Conditions> {
    let area = || option::of(select(&["lake", "hill"][..]).prop_map(str::to_owned));
    let called = (select(Weather::ALL), area(), date()).prop_map(|(what, area, on)| Called { what, area, on });
    let forecast = (area(), date(), option::of(0_i16..60), option::of(20_i16..110))
        .prop_map(|(area, on, low_f, high_f)| Forecast { area, on, low_f, high_f });
    (vec(called, 0..30), vec(forecast, 0..30)).prop_map(|(called, forecasts)| Conditions { called, forecasts })
}

/// Zones whose clocks go forward and back, and by odd amounts.
pub(super) fn zone() -> impl Strategy<Value = Zone> {
    let quarter = (-48_i64..56).prop_map(|quarters| Span::minutes(quarters * 15));
    (quarter, vec((date(), 0_i64..24, -4_i64..5), 0..4)).prop_map(|(first, changes)| {
        let mut spans = vec![(Micros(i64::MIN), first)];
        for (day, hour, quarters) in changes {
            let at = day.and_time(NaiveTime::MIN) + TimeDelta::hours(hour);
            spans.push((Micros(at.and_utc().timestamp_micros()), first + Span::minutes(quarters * 15)));
        }
        spans.sort();
        Zone { spans }
    })
}
