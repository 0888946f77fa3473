//! What holds for whatever rules, orders, weather and zones.

use super::{
    Kept, Policy, Rule, Subject, TimeOfDay, Verdict, Zone,
    drawn::{any_rule, cut, date, judging, pack, rule, valuing, weather, zone},
};
use crate::{
    money::{Currency, Money},
    time::Span,
    vocabulary::{OrderKind, Reason},
};
use chrono::{NaiveTime, TimeDelta};
use proptest::{collection::vec, prelude::*, sample::select};

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
