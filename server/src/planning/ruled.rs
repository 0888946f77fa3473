//! What the utility's rules ([`Policy`]) say about an order of a day: the hours in which a cut may begin, or the rule that
//! keeps it from being planned. What it says of the day goes with the order to the door.

use super::standing::{self, Needs, Standing, Subject};
use chrono::NaiveDate;
use curbstop_shared::{
    language::Language,
    policy::{self, Class, Conditions, Notice, NoticeKind, NoticeTo, Policy, Rule, Window},
};

/// What is on file about an order, for rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnFile<'a> {
    /// What the billing system calls the customer's class.
    pub class: &'a str,
    /// The customer's language.
    pub language: Language,
    /// The premise's flags.
    pub flags: &'a [String],
    /// The day of the latest notice that a listing names.
    pub notice: Option<NaiveDate>,
    /// A supervisor has approved of the work here, and looked whether whoever has to be was told.
    pub approved: bool,
}

/// What rules say of one order on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruled {
    /// A cut may begin at any time; or it is no cut for collections, of which no rule says anything.
    Open,
    /// A cut may begin at any time of this day; of another day rules may say something else.
    ThatDay,
    /// A cut may begin in these hours.
    Hours {
        /// By the clock on the wall.
        window: Window,
        /// Why not at other times of the day.
        else_why: Standing,
    },
    /// Not on this day, not without a notice that grows old enough by itself, or not without more than one person.
    Out(Standing),
    /// Not without a supervisor's word on each of these.
    Waits(Vec<Standing>),
}

/// What rules say of an order on a day.
#[must_use]
pub fn ruled(policy: &Policy, subject: &Subject<'_>, on_file: &OnFile<'_>, day: NaiveDate) -> Ruled {
    let asked = asked(subject, on_file);
    let cutting = policy.cutting_on(&asked, day, &Conditions::default());
    let hours = match cutting.window {
        None => return Ruled::Out(say(&cutting.narrowed_by, Needs::AnotherTime)),
        Some(window) if !cutting.narrowed_by.is_empty() => {
            Ruled::Hours { window, else_why: say(&cutting.narrowed_by, Needs::AnotherTime) }
        }
        Some(_) if asked.is_judged() && policy.knows_days() => Ruled::ThatDay,
        Some(_) => Ruled::Open,
    };
    // One that is too young becomes old enough by itself, whoever approves; what is not on record somebody may know of.
    if let Some(young) = cutting.lacking.iter().find(|lacking| lacking.good_from.is_some()) {
        return Ruled::Out(say(&[young.rule], Needs::AnotherTime));
    }
    if cutting.persons > 1 {
        return Ruled::Out(say(&cutting.approved_by, Needs::SeveralPersons));
    }
    if on_file.approved {
        return hours;
    }
    let notices = cutting.lacking.iter().map(|lacking| say(&[lacking.rule], Needs::Notice));
    // What the premise's flag asks for by itself is asked once.
    let of_its_own = |rule: &&&Rule| !rule.applies.flags.iter().any(|flag| standing::is_asked_by_itself(flag));
    let approvals = cutting.approved_by.iter().filter(of_its_own).map(|rule| say(&[rule], Needs::Approval));
    let notices = notices.zip(&cutting.lacking).filter(|(_, lacking)| of_its_own(&&lacking.rule)).map(|(said, _)| said);
    let waits: Vec<Standing> = notices.chain(approvals).collect();
    if waits.is_empty() { hours } else { Ruled::Waits(waits) }
}

/// The sentences of rules as one.
fn say(rules: &[&Rule], needs: Needs) -> Standing {
    let each = |part: fn(&Rule) -> &str, between: &str| {
        rules.iter().map(|rule| part(rule).trim_end_matches('.')).collect::<Vec<_>>().join(between)
    };
    let whole = |part: fn(&Rule) -> &str| rules.iter().map(|rule| part(rule)).collect::<Vec<_>>().join(" ");
    Standing::Rule {
        rule: each(|rule| &rule.id, ", "),
        citation: each(|rule| &rule.citation.text, "; "),
        en: whole(|rule| &rule.sentence.en),
        es: whole(|rule| &rule.sentence.es),
        needs,
    }
}

fn asked(subject: &Subject<'_>, on_file: &OnFile<'_>) -> policy::Subject {
    let mut asked = policy::Subject::new(subject.kind, subject.reason, subject.products.clone());
    asked.class = Class::of(on_file.class);
    asked.language = on_file.language;
    asked.flags = on_file.flags.to_vec();
    // Nobody says in which county a premise lies: then the weather of any counts.
    if let Some(on) = on_file.notice {
        // A listing says when a notice was mailed and not in which language. Where a rule asks for the customer's own,
        // somebody who knows that it was given in it has to say so.
        let languages = vec![Language::En];
        asked.notices.push(Notice { to: NoticeTo::Customer, kind: NoticeKind::Mail, on, languages });
    }
    asked
}

/// On data of what age a cut may begin, in minutes, by the rules for it on a day; none: no rule says so.
#[must_use]
pub fn permit_minutes(policy: &Policy, subject: &Subject<'_>, on_file: &OnFile<'_>, day: NaiveDate) -> Option<u16> {
    policy.permit_minutes(&asked(subject, on_file), day).map(|minutes| minutes.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Days;
    use curbstop_shared::{
        policy::{Applies, Citation, NoticeKind, RuleKind, Text, TimeOfDay, Weekdays},
        vocabulary::{OrderKind, Product, Reason},
    };

    const DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();

    fn pack(kinds: Vec<RuleKind>) -> Policy {
        let rule = |(n, kind): (usize, RuleKind)| Rule {
            id: format!("rule-{n}"),
            citation: Citation { text: "Ordinance 7".into(), seen: true },
            from: None,
            until: None,
            applies: Applies::default(),
            sentence: Text { en: format!("Sentence {n}."), es: format!("Frase {n}.") },
            kind,
        };
        Policy {
            id: "town".into(),
            version: "1".into(),
            title: Text { en: "Town".into(), es: "Pueblo".into() },
            calendars: Vec::new(),
            rules: kinds.into_iter().enumerate().map(rule).collect(),
        }
    }

    fn hours(from: u16, until: u16) -> RuleKind {
        let window = Window { from: TimeOfDay(from * 60), until: TimeOfDay(until * 60) };
        RuleKind::CutHours { window, weekdays: Weekdays::ALL }
    }

    fn mailed(least_days: u16) -> RuleKind {
        let (to, kinds) = (NoticeTo::Customer, Vec::<NoticeKind>::new());
        RuleKind::Notice { to, kinds, least_days, working: None, customers_language: false }
    }

    fn cut() -> Subject<'static> {
        Subject {
            account: "0042",
            premise: "P1",
            kind: OrderKind::TurnOff,
            reason: Reason::NonPay,
            products: vec![Product::Water],
            past_due_minor: 8640,
        }
    }

    fn on_file(notice: Option<NaiveDate>) -> OnFile<'static> {
        OnFile { class: "RES", language: Language::En, flags: &[], notice, approved: false }
    }

    #[test]
    fn the_hours_of_a_rule_are_those_of_the_plan_and_a_restore_knows_none() {
        let town = pack(vec![hours(8, 12)]);
        let Ruled::Hours { window, else_why } = ruled(&town, &cut(), &on_file(None), DAY) else { panic!("hours") };
        assert_eq!((window.from, window.until), (TimeOfDay(480), TimeOfDay(720)));
        assert_eq!(else_why.text(), "Sentence 0. (Rule rule-0: Ordinance 7.)");
        let reconnect = Subject { kind: OrderKind::Reconnect, reason: Reason::PaymentReceived, ..cut() };
        assert_eq!(ruled(&town, &reconnect, &on_file(None), DAY), Ruled::Open);
        let tamper = Subject { reason: Reason::Tamper, ..cut() };
        assert_eq!(ruled(&town, &tamper, &on_file(None), DAY), Ruled::Open);
    }

    #[test]
    fn two_rules_that_leave_no_hour_leave_it_out() {
        let out = ruled(&pack(vec![hours(8, 12), hours(13, 16)]), &cut(), &on_file(None), DAY);
        assert!(matches!(out, Ruled::Out(Standing::Rule { needs: Needs::AnotherTime, .. })), "{out:?}");
    }

    #[test]
    fn a_notice_counts_from_the_day_on_which_it_is_old_enough() {
        let ten_days = pack(vec![mailed(10)]);
        let with = |days| ruled(&ten_days, &cut(), &on_file(DAY.checked_sub_days(Days::new(days))), DAY);
        assert_eq!(with(10), Ruled::Open);
        assert!(matches!(with(9), Ruled::Out(Standing::Rule { needs: Needs::AnotherTime, .. })));
        let Ruled::Waits(none) = ruled(&ten_days, &cut(), &on_file(None), DAY) else { panic!("none is on record") };
        assert!(matches!(none.as_slice(), [Standing::Rule { needs: Needs::Notice, .. }]));
    }

    fn flagged(kind: RuleKind, flag: &str) -> Policy {
        let mut town = pack(vec![kind]);
        town.rules[0].applies.flags = vec![flag.to_owned()];
        town
    }

    #[test]
    fn a_supervisors_word_stands_for_every_way_a_notice_may_have_been_given_and_ages_none() {
        let kinds = vec![NoticeKind::CertifiedMail];
        let certified = RuleKind::Notice {
            to: NoticeTo::Customer,
            kinds,
            least_days: 10,
            working: None,
            customers_language: false,
        };
        let long_ago = DAY.checked_sub_days(Days::new(30));
        let with = |notice, approved| {
            ruled(&pack(vec![certified.clone()]), &cut(), &OnFile { approved, ..on_file(notice) }, DAY)
        };
        assert!(matches!(with(long_ago, false), Ruled::Waits(_)), "it was mailed, and not certified");
        assert_eq!(with(long_ago, true), Ruled::Open, "the supervisor has seen the slip");
        let ten_days = pack(vec![mailed(10)]);
        let young = OnFile { approved: true, ..on_file(DAY.pred_opt()) };
        assert!(matches!(ruled(&ten_days, &cut(), &young, DAY), Ruled::Out(_)), "nobody's word makes it older");
    }

    #[test]
    fn what_takes_two_persons_is_not_approved_by_one() {
        let two = pack(vec![RuleKind::Approval { persons: 2 }]);
        for approved in [false, true] {
            let out = ruled(&two, &cut(), &OnFile { approved, ..on_file(None) }, DAY);
            assert!(matches!(out, Ruled::Out(Standing::Rule { needs: Needs::SeveralPersons, .. })), "{out:?}");
        }
    }

    #[test]
    fn every_rule_that_waits_for_a_word_is_named() {
        let mut town = pack(vec![mailed(10), RuleKind::Approval { persons: 1 }, RuleKind::Approval { persons: 1 }]);
        town.rules[2].applies.flags = vec!["school".into()];
        let flags = ["school".to_owned()];
        let Ruled::Waits(all) = ruled(&town, &cut(), &OnFile { flags: &flags, ..on_file(None) }, DAY) else { panic!() };
        assert_eq!(all.len(), 3);
        // The premise's own flag asks for that already.
        let flags = ["sensitive".to_owned()];
        let sensitive = flagged(RuleKind::Approval { persons: 1 }, "sensitive");
        assert_eq!(ruled(&sensitive, &cut(), &OnFile { flags: &flags, ..on_file(None) }, DAY), Ruled::Open);
    }

    /// What may begin on Thursday may not begin on Friday, although the stop is still on the route.
    #[test]
    fn where_days_are_ruled_a_cut_is_of_its_day() {
        let weekdays = pack(vec![RuleKind::CutDays(Weekdays::ALL)]);
        assert_eq!(ruled(&weekdays, &cut(), &on_file(None), DAY), Ruled::ThatDay);
        let reconnect = Subject { kind: OrderKind::Reconnect, reason: Reason::PaymentReceived, ..cut() };
        assert_eq!(ruled(&weekdays, &reconnect, &on_file(None), DAY), Ruled::Open);
    }

    /// At seven the last hour is not why: both are said.
    #[test]
    fn whoever_is_outside_of_two_windows_reads_both_rules() {
        let Ruled::Hours { else_why, .. } = ruled(&pack(vec![hours(6, 14), hours(8, 18)]), &cut(), &on_file(None), DAY)
        else {
            panic!("hours")
        };
        assert_eq!(else_why.text(), "Sentence 0. Sentence 1. (Rule rule-0, rule-1: Ordinance 7; Ordinance 7.)");
    }

    #[test]
    fn a_permits_minutes_are_those_of_the_rules_in_force_that_day() {
        let mut town = pack(vec![RuleKind::PermitMinutes(15), RuleKind::PermitMinutes(45)]);
        town.rules[0].until = DAY.pred_opt();
        assert_eq!(permit_minutes(&town, &cut(), &on_file(None), DAY), Some(45));
        assert_eq!(permit_minutes(&town, &cut(), &on_file(None), DAY.pred_opt().unwrap()), Some(15));
        assert_eq!(permit_minutes(&pack(vec![]), &cut(), &on_file(None), DAY), None);
    }
}
