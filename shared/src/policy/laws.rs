//! What holds for whatever rules, orders, weather and zones.

use super::{
    Applies, Calendar, Called, Citation, Class, Conditions, Fee, Forecast, Holiday, Kept, MonthDay, Notice, NoticeKind,
    NoticeTo, OpenDays, Policy, Rule, RuleKind, Subject, Temperature, Text, TimeOfDay, Verdict, Weather, Weekdays,
    Window, Zone,
};
use crate::{
    language::Language,
    money::{Currency, Money},
    reconnect_clock::ReconnectClock,
    time::{Micros, Span},
    vocabulary::{OrderKind, Product, Reason},
};
use chrono::{Days, NaiveDate, NaiveTime, TimeDelta, Weekday};
use proptest::{collection::vec, option, prelude::*, sample::select};

const FIRST: NaiveDate = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();

fn date() -> impl Strategy<Value = NaiveDate> {
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
fn judging() -> impl Strategy<Value = RuleKind> {
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
fn valuing() -> impl Strategy<Value = RuleKind> {
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

fn rule(kind: impl Strategy<Value = RuleKind>) -> impl Strategy<Value = Rule> {
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
fn pack(rules: Vec<Rule>) -> Policy {
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

fn any_rule() -> impl Strategy<Value = Rule> {
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

fn cut() -> impl Strategy<Value = Subject> {
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

fn weather() -> impl Strategy<Value = Conditions> {
    let area = || option::of(select(&["lake", "hill"][..]).prop_map(str::to_owned));
    let called = (select(Weather::ALL), area(), date()).prop_map(|(what, area, on)| Called { what, area, on });
    let forecast = (area(), date(), option::of(0_i16..60), option::of(20_i16..110))
        .prop_map(|(area, on, low_f, high_f)| Forecast { area, on, low_f, high_f });
    (vec(called, 0..30), vec(forecast, 0..30)).prop_map(|(called, forecasts)| Conditions { called, forecasts })
}

/// Zones whose clocks go forward and back, and by odd amounts.
fn zone() -> impl Strategy<Value = Zone> {
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

fn strictness(verdict: &Verdict<'_>) -> u8 {
    match verdict {
        Verdict::Allowed => 0,
        Verdict::NeedsApproval { persons, .. } => *persons,
        Verdict::NeedsNotice { .. } => 10,
        Verdict::Refused { .. } => 11,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Also on days whose clocks change: the moments are real ones, the hours those on the wall.
    #[test]
    fn every_minute_of_a_day_is_as_its_window_says_and_as_each_rule_alone_says(
        rules in vec(any_rule(), 0..5), subject in cut(), known in weather(), day in date(), zone in zone()
    ) {
        let policy = pack(rules);
        let alone: Vec<Policy> = policy.rules.iter().map(|rule| Policy { rules: vec![rule.clone()], ..policy.clone() }).collect();
        let start = zone.moment(day.and_time(NaiveTime::MIN));
        for minute in 0..26 * 60 {
            let at = zone.local(start + Span::minutes(minute));
            let window = policy.cutting_on(&subject, at.date(), &known).window;
            let open = window.is_some_and(|window| window.holds(TimeOfDay::of(at.time())));
            let verdict = policy.may_begin_cut(&subject, at, &known);
            prop_assert_eq!(open, !matches!(verdict, Verdict::Refused { .. }), "at {}: {:?}", at, verdict);
            let refused = alone.iter().filter(|one| matches!(one.may_begin_cut(&subject, at, &known), Verdict::Refused { .. }));
            let refused: Vec<&str> = refused.map(|one| one.rules[0].id.as_str()).collect();
            let by = match &verdict {
                Verdict::Refused { by, .. } => by.iter().map(|rule| rule.id.as_str()).collect(),
                _ => vec![],
            };
            prop_assert_eq!(by, refused, "at {}", at);
        }
    }
}

proptest! {
    #[test]
    fn a_further_rule_never_allows_more(
        rules in vec(any_rule(), 1..7), subject in cut(), known in weather(), day in date(), minute in 0_i64..1440
    ) {
        let at = day.and_time(NaiveTime::MIN) + TimeDelta::minutes(minute);
        let whole = pack(rules);
        let mut fewer = whole.clone();
        fewer.rules.pop();
        let (more, less) = (whole.may_begin_cut(&subject, at, &known), fewer.may_begin_cut(&subject, at, &known));
        prop_assert!(strictness(&more) >= strictness(&less), "{:?} with it, {:?} without", more, less);
    }

    #[test]
    fn a_further_rule_gives_no_value_that_protects_less(
        rules in vec(rule(valuing()), 1..7), subject in cut(), zone in zone(), day in date(), minute in 0_i64..1440
    ) {
        let whole = pack(rules);
        let mut fewer = whole.clone();
        fewer.rules.pop();
        let called_at = zone.moment(day.and_time(NaiveTime::MIN)) + Span::minutes(minute);
        let past_due = Money::from_minor(8640, Currency::USD);
        macro_rules! at_most {
            ($value:expr) => {{
                let value = $value;
                if let Some(less) = value(&fewer) {
                    prop_assert!(value(&whole).is_some_and(|more| more <= less));
                }
            }};
        }
        at_most!(|it: &Policy| it.permit_minutes(&subject, day).map(|it| it.value));
        at_most!(|it: &Policy| it.minimum_to_restore(&subject, past_due, day).map(|it| it.value));
        at_most!(|it: &Policy| it.reconnect_due(&subject, called_at, &zone).map(|it| it.value));
        at_most!(|it: &Policy| it.retention_days(&subject, Kept::Photos, day).map(|it| it.value));
        at_most!(|it: &Policy| it.money_at_door(&subject, day).map(|it| !it.value));
        at_most!(|it: &Policy| it.fees(&subject, day).map(|it| it.value.len()));
        at_most!(|it: &Policy| {
            it.after_hours(&subject, day).map(|it| 1440 - it.value.map_or(0, |window| window.until.0 - window.from.0))
        });
    }

    #[test]
    fn the_order_of_rules_says_nothing(
        rules in vec(any_rule(), 0..7), turn in 0_usize..7, subject in cut(), known in weather(), day in date(),
        minute in 0_i64..1440
    ) {
        let at = day.and_time(NaiveTime::MIN) + TimeDelta::minutes(minute);
        let policy = pack(rules);
        let mut other = policy.clone();
        other.rules.reverse();
        let turned = turn.min(other.rules.len());
        other.rules.rotate_left(turned);
        prop_assert_eq!(policy.may_begin_cut(&subject, at, &known), other.may_begin_cut(&subject, at, &known));
        let day_of = |it: &Policy| {
            let day = it.cutting_on(&subject, day, &known);
            let ids = |rules: Vec<&Rule>| rules.iter().map(|rule| rule.id.clone()).collect::<Vec<_>>();
            (day.window, ids(day.narrowed_by), ids(day.approved_by), day.persons, day.lacking.len())
        };
        prop_assert_eq!(day_of(&policy), day_of(&other));
        let past_due = Money::from_minor(8640, Currency::USD);
        let wall = Zone::fixed(Span(0));
        let called_at = wall.moment(at);
        prop_assert_eq!(policy.permit_minutes(&subject, day), other.permit_minutes(&subject, day));
        prop_assert_eq!(policy.money_at_door(&subject, day), other.money_at_door(&subject, day));
        prop_assert_eq!(policy.fees(&subject, day), other.fees(&subject, day));
        prop_assert_eq!(policy.after_hours(&subject, day), other.after_hours(&subject, day));
        prop_assert_eq!(
            policy.minimum_to_restore(&subject, past_due, day),
            other.minimum_to_restore(&subject, past_due, day)
        );
        prop_assert_eq!(
            policy.reconnect_due(&subject, called_at, &wall),
            other.reconnect_due(&subject, called_at, &wall)
        );
    }

    #[test]
    fn what_is_no_cut_for_money_is_never_refused(
        rules in vec(any_rule(), 0..7), subject in cut(), known in weather(), day in date(), minute in 0_i64..1440,
        kind in select(OrderKind::ALL), reason in select(Reason::ALL)
    ) {
        let at = day.and_time(NaiveTime::MIN) + TimeDelta::minutes(minute);
        let policy = pack(rules);
        let subject = Subject { kind, reason, ..subject };
        if !(kind.is_cut() && reason.is_collections()) {
            prop_assert_eq!(policy.may_begin_cut(&subject, at, &known), Verdict::Allowed);
            prop_assert!(policy.cutting_on(&subject, day, &known).is_open());
        }
    }

    #[test]
    fn outside_of_its_dates_a_rule_is_as_if_it_were_not_there(
        rules in vec(any_rule(), 1..5), subject in cut(), known in weather(), day in date(), minute in 0_i64..1440,
        before in any::<bool>()
    ) {
        let at = day.and_time(NaiveTime::MIN) + TimeDelta::minutes(minute);
        let mut policy = pack(rules);
        let last = policy.rules.len() - 1;
        let rule = &mut policy.rules[last];
        (rule.from, rule.until) = if before { (day.succ_opt(), None) } else { (None, day.pred_opt()) };
        let mut without = policy.clone();
        without.rules.pop();
        let window = |it: &Policy| it.cutting_on(&subject, day, &known).window;
        prop_assert_eq!(window(&policy), window(&without));
        let strict = |it: &Policy| strictness(&it.may_begin_cut(&subject, at, &known));
        prop_assert_eq!(strict(&policy), strict(&without));
        prop_assert_eq!(policy.permit_minutes(&subject, day), without.permit_minutes(&subject, day));
    }

    /// What a refused crew is told: not before, and then it is so.
    #[test]
    fn it_opens_when_it_says_and_not_a_minute_before(
        rules in vec(rule(judging()), 1..5), subject in cut(), known in weather(), day in date(), minute in 0_i64..1440
    ) {
        let at = day.and_time(NaiveTime::MIN) + TimeDelta::minutes(minute);
        let policy = pack(rules);
        let refused = |at| matches!(policy.may_begin_cut(&subject, at, &known), Verdict::Refused { .. });
        if let Verdict::Refused { opens_next: Some(opens), .. } = policy.may_begin_cut(&subject, at, &known) {
            prop_assert!(at < opens && !refused(opens), "{} opens at {}", at, opens);
            prop_assert!(refused(opens - TimeDelta::minutes(1)));
            let between = (1..opens.signed_duration_since(at).num_hours()).map(|hour| at + TimeDelta::hours(hour));
            prop_assert!(between.take(100).all(refused));
        }
    }

    #[test]
    fn a_moment_has_the_wall_time_that_it_was_found_by(zone in zone(), day in date(), minute in 0_i64..1440) {
        let at = zone.moment(day.and_time(NaiveTime::MIN)) + Span::minutes(minute);
        let first = zone.moment(zone.local(at));
        prop_assert!(first <= at, "the first of the moments that the clock shows twice");
        prop_assert_eq!(zone.local(first), zone.local(at));
    }

    /// A pack travels to the tablet as it is.
    #[test]
    fn a_policy_is_the_same_behind_the_wire(rules in vec(any_rule(), 0..7)) {
        let policy = pack(rules);
        let json = serde_json::to_string(&policy).unwrap();
        prop_assert_eq!(serde_json::from_str::<Policy>(&json).unwrap(), policy);
    }
}
