//! What one rule says about one cut on one day.

use super::{
    Conditions, MonthDay, NoticeKind, NoticeTo, OpenDays, Policy, RuleKind, Subject, Temperature, TimeOfDay, Window,
    calendar::{IsHoliday, Unknown},
};
use crate::language::Language;
use chrono::{Days, NaiveDate};

/// What a rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// Nothing against it.
    Nothing,
    /// Not on this day.
    Never,
    /// Only within these hours.
    Only(Window),
    /// So many persons have to approve of it.
    Persons(u8),
    /// A notice is missing, or too young until a day.
    NoNotice(NoticeTo, Option<NaiveDate>),
}

impl Policy {
    pub(super) fn says(&self, kind: &RuleKind, subject: &Subject, day: NaiveDate, known: &Conditions) -> Says {
        let never = |is: bool| if is { Says::Never } else { Says::Nothing };
        match kind {
            RuleKind::CutDays(weekdays) => never(!weekdays.hold(day)),
            RuleKind::CutHours { window, weekdays } if weekdays.hold(day) => Says::Only(*window),
            RuleKind::CutHours { .. } => Says::Nothing,
            RuleKind::LastHour { not_after, service } => {
                let serviced = next(day).is_some_and(|next| self.is_open(service, next, Unknown::IsClosed));
                let window = Window { from: TimeOfDay(0), until: *not_after };
                if serviced { Says::Nothing } else { Says::Only(window) }
            }
            RuleKind::Holidays { calendar, day_before } => {
                let free = |day: NaiveDate| self.holiday(calendar, day) != IsHoliday::No;
                never(free(day) || *day_before && next(day).is_none_or(free))
            }
            RuleKind::Blackout { from, until } => never(MonthDay::span_holds(*from, *until, day)),
            RuleKind::Weather { called, preceding_days } => never(known.called.iter().any(|call| {
                let age = (day - call.on).num_days();
                called.contains(&call.what)
                    && (0..=i64::from(*preceding_days)).contains(&age)
                    && subject.is_in(call.area.as_deref())
            })),
            RuleKind::Degrees { is, degrees_f, preceding_days, following_days, every_day } => {
                let is_so = |on: i64| has_degrees(*is, *degrees_f, subject, day + chrono::TimeDelta::days(on), known);
                let mut days = -i64::from(*preceding_days)..=i64::from(*following_days);
                never(if *every_day { days.all(is_so) } else { days.any(is_so) })
            }
            RuleKind::Notice { to, kinds, least_days, working, customers_language } => {
                let asked = Asked { to: *to, kinds, least_days: *least_days, working: working.as_ref() };
                self.notice(&asked, *customers_language && subject.language == Language::Es, subject, day)
            }
            RuleKind::Medical { days, persons } => {
                let protects = |since: NaiveDate| {
                    since <= day && days.is_none_or(|days| (day - since).num_days() < i64::from(days))
                };
                if subject.medical.is_some_and(protects) { needs(*persons, subject) } else { Says::Nothing }
            }
            RuleKind::Approval { persons } => needs(*persons, subject),
            RuleKind::MinimumToRestore { .. }
            | RuleKind::Reconnect { .. }
            | RuleKind::AfterHours(_)
            | RuleKind::Fees(_)
            | RuleKind::MoneyAtDoor(_)
            | RuleKind::PermitMinutes(_)
            | RuleKind::Retention { .. } => Says::Nothing,
        }
    }

    fn notice(&self, asked: &Asked<'_>, in_spanish: bool, subject: &Subject, day: NaiveDate) -> Says {
        let given = subject.notices.iter().filter(|notice| {
            notice.to == asked.to
                && (asked.kinds.is_empty() || asked.kinds.contains(&notice.kind))
                && (!in_spanish || notice.languages.contains(&Language::Es))
        });
        let good_from = given.filter_map(|notice| match asked.working {
            Some(open) => self.working_days_after(open, notice.on, asked.least_days),
            None => notice.on.checked_add_days(Days::new(u64::from(asked.least_days))),
        });
        match good_from.min() {
            Some(from) if from <= day => Says::Nothing,
            from => Says::NoNotice(asked.to, from),
        }
    }
}

/// The notice that a rule asks for.
struct Asked<'a> {
    to: NoticeTo,
    kinds: &'a [NoticeKind],
    least_days: u16,
    working: Option<&'a OpenDays>,
}

const fn needs(persons: u8, subject: &Subject) -> Says {
    if subject.approvals < persons { Says::Persons(persons) } else { Says::Nothing }
}

fn next(day: NaiveDate) -> Option<NaiveDate> {
    day.succ_opt()
}

/// What nobody measured or forecast is not so: a cut is then a matter of what was called.
fn has_degrees(is: Temperature, degrees_f: i16, subject: &Subject, on: NaiveDate, known: &Conditions) -> bool {
    known.forecasts.iter().filter(|it| it.on == on && subject.is_in(it.area.as_deref())).any(|it| match is {
        Temperature::LowAtMost => it.low_f.is_some_and(|low| low <= degrees_f),
        Temperature::HighAtMost => it.high_f.is_some_and(|high| high <= degrees_f),
        Temperature::HighAtLeast => it.high_f.is_some_and(|high| high >= degrees_f),
    })
}
