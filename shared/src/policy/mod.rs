//! Rules of law and of the utility as data: when a cut may begin, after which notice, what restores, by when.
//!
//! A [`Policy`] is read from a pack of files by the server, which has tried its golden cases. The same code judges when a
//! day is built and when it is published; what it says of a cut's day, hours and permit goes with the route to the door
//! ([`crate::cut_hours`]): [`Policy::cutting_on`] for a day, [`Policy::may_begin_cut`] for a moment, and a getter for each value. Rules stand
//! together by one law, so their order says nothing: all of them must allow a cut, and of several values the one that
//! protects the customer most counts. A restore is never judged.

mod calendar;
mod cutting;
mod kinds;
mod says;
mod subject;
mod values;
mod when;
mod zone;

#[cfg(test)]
mod drawn;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod stories;

pub use calendar::{Calendar, Holiday, OpenDays};
pub use cutting::{CuttingDay, Lacking, Verdict};
pub use kinds::{Fee, Kept, NoticeKind, NoticeTo, RuleKind, Temperature, Weather};
pub use subject::{Called, Class, Conditions, Forecast, Notice, Subject};
pub use values::Decided;
pub use when::{MonthDay, TimeOfDay, Weekdays, Window};
pub use zone::Zone;

use crate::{
    language::Language,
    vocabulary::{OrderKind, Product},
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The rules of one utility.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// What the pack is called, as `strict`.
    pub id: String,
    /// Which edition of it.
    pub version: String,
    /// What it is, for people.
    pub title: Text,
    /// The holidays that rules refer to.
    pub calendars: Vec<Calendar>,
    /// The rules; their order says nothing.
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its name in the pack, unique there.
    pub id: String,
    /// Where it comes from.
    pub citation: Citation,
    /// First day on which it is in force; none: since ever.
    pub from: Option<NaiveDate>,
    /// Last day on which it is in force; none: until further notice.
    pub until: Option<NaiveDate>,
    /// What it is about.
    pub applies: Applies,
    /// What it says, for crews and clerks.
    pub sentence: Text,
    /// What it says, for the evaluator.
    pub kind: RuleKind,
}

/// Where a rule comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// The section of a law, the number of a resolution.
    pub text: String,
    /// Whoever wrote the pack has read it at its source; else it is shown as not verified.
    pub seen: bool,
}

/// A text in the languages of crews and clerks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// English.
    pub en: String,
    /// Spanish.
    pub es: String,
}

impl Text {
    /// In one language.
    #[must_use]
    pub fn of(&self, language: Language) -> &str {
        language.pick(&self.en, &self.es)
    }
}

/// What a rule is about. An empty list: whatever it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applies {
    /// It applies where one of the order's products is among these.
    pub products: Vec<Product>,
    /// Classes of customers. One that nobody has said applies as well: doubt is for the customer.
    pub classes: Vec<Class>,
    /// Kinds of orders.
    pub kinds: Vec<OrderKind>,
    /// It applies where the premise or account has one of these flags.
    pub flags: Vec<String>,
}

impl Applies {
    /// Whether the rule has something to say about this.
    #[must_use]
    pub fn to(&self, subject: &Subject) -> bool {
        let among = |list: &[Product]| list.is_empty() || subject.products.iter().any(|it| list.contains(it));
        // An order without lines is about any product: doubt is for the customer.
        (subject.products.is_empty() || among(&self.products))
            && (self.classes.is_empty() || subject.class.is_none_or(|class| class.is_among(&self.classes)))
            && (self.kinds.is_empty() || self.kinds.contains(&subject.kind))
            && (self.flags.is_empty() || self.flags.iter().any(|flag| subject.flags.contains(flag)))
    }
}

impl Rule {
    /// Whether it is in force on a day.
    #[must_use]
    pub fn in_force(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

impl Policy {
    /// Whether what it says of cuts changes from one day of the calendar to another. Weather does not: whoever calls it
    /// suspends the cuts of an area.
    #[must_use]
    pub fn knows_days(&self) -> bool {
        let is_weather = |kind: &RuleKind| matches!(kind, RuleKind::Weather { .. } | RuleKind::Degrees { .. });
        self.rules.iter().any(|rule| rule.kind.is_about_time() && !is_weather(&rule.kind))
    }

    /// The rules that have something to say about a subject on a day.
    fn rules_for<'a, 's>(
        &'a self,
        subject: &'s Subject,
        day: NaiveDate,
    ) -> impl Iterator<Item = &'a Rule> + use<'a, 's> {
        self.rules.iter().filter(move |rule| rule.in_force(day) && rule.applies.to(subject))
    }
}

/// The same rules in the same order, whatever order the pack has them in.
fn by_id(rules: &mut [&Rule]) {
    rules.sort_unstable_by(|a, b| a.id.cmp(&b.id));
}
