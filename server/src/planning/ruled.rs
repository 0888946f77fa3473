//! What the utility's rules ([`Policy`]) say about an order of a day: the hours in which a cut may begin, or the rule that
//! keeps it from being planned. The same evaluator as at the door.

use super::standing::{Needs, Standing, Subject};
use chrono::{Days, NaiveDate};
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
    /// A cut may begin in these hours.
    Hours {
        /// By the clock on the wall.
        window: Window,
        /// Why not at other times of the day.
        else_why: Standing,
    },
    /// Not on this day, not without a notice, or not without somebody's word.
    Out(Standing),
}

/// What rules say of an order on a day.
#[must_use]
pub fn ruled(policy: &Policy, subject: &Subject<'_>, on_file: &OnFile<'_>, day: NaiveDate) -> Ruled {
    let asked = asked(subject, on_file, day);
    let cutting = policy.cutting_on(&asked, day, &Conditions::default());
    let hours = match (cutting.window, cutting.narrowed_by.first()) {
        (None, Some(rule)) => return Ruled::Out(says(rule, Needs::AnotherTime)),
        (Some(window), Some(rule)) => Ruled::Hours { window, else_why: says(rule, Needs::AnotherTime) },
        (_, None) => Ruled::Open,
    };
    if let Some(lacking) = cutting.lacking.first() {
        // One that is too young becomes old enough by itself; what is not on record somebody may know of.
        let needs = if lacking.good_from.is_some() { Needs::AnotherTime } else { Needs::Notice };
        return Ruled::Out(says(lacking.rule, needs));
    }
    cutting.approved_by.first().map_or(hours, |rule| Ruled::Out(says(rule, Needs::Approval)))
}

fn says(rule: &Rule, needs: Needs) -> Standing {
    Standing::Rule {
        rule: rule.id.clone(),
        citation: rule.citation.text.clone(),
        en: rule.sentence.en.clone(),
        es: rule.sentence.es.clone(),
        needs,
    }
}

/// Long enough ago for every rule.
const LONG_AGO: Days = Days::new(365);

fn asked(subject: &Subject<'_>, on_file: &OnFile<'_>, day: NaiveDate) -> policy::Subject {
    let mut asked = policy::Subject::new(subject.kind, subject.reason, subject.products.clone());
    asked.class = Class::of(on_file.class);
    asked.language = on_file.language;
    asked.flags = on_file.flags.to_vec();
    // Nobody says in which county a premise lies: then the weather of any counts.
    let both = || vec![Language::En, Language::Es];
    let long_ago = day.checked_sub_days(LONG_AGO).unwrap_or(day);
    if let Some(on) = on_file.notice.or_else(|| on_file.approved.then_some(long_ago)) {
        // A listing says when a notice was mailed and not in which language. Where a rule asks for the customer's own,
        // somebody who knows that it was given in it has to say so.
        let languages = if on_file.approved { both() } else { vec![Language::En] };
        asked.notices.push(Notice { to: NoticeTo::Customer, kind: NoticeKind::Mail, on, languages });
    }
    if on_file.approved {
        asked.approvals = 1;
        // A supervisor approves when the others' notice is proven, see `Standing::TenantsNotice`.
        let on = long_ago;
        for to in [NoticeTo::Tenants, NoticeTo::ThirdParty] {
            asked.notices.push(Notice { to, kind: NoticeKind::Door, on, languages: both() });
        }
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let none = ruled(&ten_days, &cut(), &on_file(None), DAY);
        assert!(matches!(none, Ruled::Out(Standing::Rule { needs: Needs::Notice, .. })));
    }
}
