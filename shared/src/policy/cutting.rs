//! When a cut may begin: on a day, and at a moment.

use super::{
    Conditions, NoticeTo, Policy, Rule, Subject, TimeOfDay, Window, by_id, calendar::DAYS_SEARCHED_MAX, says::Says,
};
use chrono::{Days, NaiveDate, NaiveDateTime};

/// A day, as far as cuts go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CuttingDay<'a> {
    /// The hours in which a cut may begin, by the clock on the wall; none: not on this day.
    pub window: Option<Window>,
    /// The rules that narrow it, by their ids; where there is no window, those that refuse.
    pub narrowed_by: Vec<&'a Rule>,
    /// Notices that are missing, by the ids of the rules that ask for them. They are asked for the whole day.
    pub lacking: Vec<Lacking<'a>>,
    /// The rules by which somebody has to approve of it, by their ids. They say so for the whole day.
    pub approved_by: Vec<&'a Rule>,
    /// So many persons have to; 0: nobody.
    pub persons: u8,
    /// What each rule narrows it to; none: it refuses the day.
    narrows: Vec<(&'a Rule, Option<Window>)>,
}

/// A notice that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lacking<'a> {
    /// The rule that asks for it.
    pub rule: &'a Rule,
    /// To whom it has to be given.
    pub to: NoticeTo,
    /// One was given, and it is old enough from this day on; none: none was.
    pub good_from: Option<NaiveDate>,
}

/// Whether a cut may begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// Nothing is against it.
    Allowed,
    /// Not now.
    Refused {
        /// The rules that refuse it, by their ids.
        by: Vec<&'a Rule>,
        /// When no rule does any more, as far as is known today; none within a year.
        opens_next: Option<NaiveDateTime>,
    },
    /// A notice is missing.
    NeedsNotice {
        /// Which, by the ids of the rules that ask for them.
        lacking: Vec<Lacking<'a>>,
    },
    /// Somebody has to approve of it.
    NeedsApproval {
        /// The rules that ask for it, by their ids.
        by: Vec<&'a Rule>,
        /// So many persons.
        persons: u8,
    },
}

impl Policy {
    /// When on a day a cut may begin. Whatever is no cut for a collections reason may begin at any time.
    #[must_use]
    pub fn cutting_on(&self, subject: &Subject, day: NaiveDate, known: &Conditions) -> CuttingDay<'_> {
        let mut cutting = CuttingDay {
            window: Some(Window::DAY),
            narrowed_by: Vec::new(),
            lacking: Vec::new(),
            approved_by: Vec::new(),
            persons: 0,
            narrows: Vec::new(),
        };
        if !subject.is_judged() {
            return cutting;
        }
        for rule in self.rules_for(subject, day) {
            match self.says(&rule.kind, subject, day, known) {
                Says::Nothing => {}
                Says::Never => cutting.narrow(rule, None),
                Says::Only(window) => cutting.narrow(rule, Some(window)),
                Says::Persons(persons) => {
                    cutting.persons = cutting.persons.max(persons);
                    cutting.approved_by.push(rule);
                }
                Says::NoNotice(to, good_from) => cutting.lacking.push(Lacking { rule, to, good_from }),
            }
        }
        if cutting.window.is_none() && cutting.narrows.iter().any(|(_, window)| window.is_none()) {
            // Where one refuses the whole day, the hours of others are not why.
            cutting.narrowed_by = cutting.refusing(|window| window.is_none());
        } else {
            cutting.narrowed_by = cutting.refusing(|_| true);
        }
        by_id(&mut cutting.approved_by);
        cutting.lacking.sort_unstable_by(|a, b| a.rule.id.cmp(&b.rule.id));
        cutting
    }

    /// Whether a cut may begin at a moment by the clock on the wall ([`super::Zone::local`]).
    ///
    /// What time alone does not cure is said only where time would allow it: refused, then notice, then approval.
    #[must_use]
    pub fn may_begin_cut(&self, subject: &Subject, at: NaiveDateTime, known: &Conditions) -> Verdict<'_> {
        let day = self.cutting_on(subject, at.date(), known);
        let minute = TimeOfDay::of(at.time());
        let outside = |window: Option<Window>| !window.is_some_and(|window| window.holds(minute));
        if outside(day.window) {
            let opens_next = self.opens_after(subject, at, known);
            Verdict::Refused { by: day.refusing(outside), opens_next }
        } else if !day.lacking.is_empty() {
            Verdict::NeedsNotice { lacking: day.lacking }
        } else if day.persons > 0 {
            Verdict::NeedsApproval { by: day.approved_by, persons: day.persons }
        } else {
            Verdict::Allowed
        }
    }

    fn opens_after(&self, subject: &Subject, at: NaiveDateTime, known: &Conditions) -> Option<NaiveDateTime> {
        let days = (0..DAYS_SEARCHED_MAX).map_while(|after| at.date().checked_add_days(Days::new(after)));
        let mut opens = days.filter_map(|day| {
            let from = self.window_on(subject, day, known)?.from.on(day);
            (from > at).then_some(from)
        });
        opens.next()
    }

    /// [`CuttingDay::window`] alone, for a search through a year on a tablet.
    fn window_on(&self, subject: &Subject, day: NaiveDate, known: &Conditions) -> Option<Window> {
        let mut window = Window::DAY;
        for rule in self.rules_for(subject, day).filter(|rule| rule.kind.is_about_time()) {
            match self.says(&rule.kind, subject, day, known) {
                Says::Never => return None,
                Says::Only(hours) => window = window.and(hours)?,
                Says::Nothing | Says::Persons(_) | Says::NoNotice(..) => {}
            }
        }
        Some(window)
    }
}

impl<'a> CuttingDay<'a> {
    fn narrow(&mut self, rule: &'a Rule, to: Option<Window>) {
        self.window = self.window.zip(to).and_then(|(window, to)| window.and(to));
        self.narrows.push((rule, to));
    }

    /// The rules whose own window is such a one.
    fn refusing(&self, is: impl Fn(Option<Window>) -> bool) -> Vec<&'a Rule> {
        let mut rules: Vec<_> = self.narrows.iter().filter(|(_, window)| is(*window)).map(|(rule, _)| *rule).collect();
        by_id(&mut rules);
        rules
    }

    /// Nothing keeps a cut from beginning at some time of this day.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.window.is_some() && self.lacking.is_empty() && self.persons == 0
    }
}
