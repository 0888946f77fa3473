//! Golden cases: a situation in a sentence, and what has to come out of it.

use chrono::NaiveDateTime;
use curbstop_shared::{
    money::Money,
    policy::{Conditions, Fee, RuleKind, Subject, Zone},
};
use std::{fmt, str::FromStr};

/// A golden case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The situation in a sentence.
    pub says: String,
    /// Its line in the pack.
    pub line: usize,
    /// When, by the clock on the wall.
    pub at: NaiveDateTime,
    /// The zone of that clock.
    pub zone: Zone,
    /// The order and its customer.
    pub subject: Subject,
    /// The weather.
    pub known: Conditions,
    /// What is past due, where a rule asks.
    pub past_due: Option<Money>,
    /// What has to come out.
    pub expect: Came,
    /// When it opens next, where the case says so.
    pub opens_next: Option<NaiveDateTime>,
}

/// What comes out of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// A cut may begin.
    Allowed,
    /// It may not.
    Refused,
    /// A notice is missing.
    Notice,
    /// Somebody has to approve of it.
    Approval,
    /// Minutes or days.
    Number(u16),
    /// Money.
    Amount(Money),
    /// A time on the wall.
    Wall(NaiveDateTime),
    /// Yes or no.
    Is(bool),
    /// What sets off a fee.
    Fees(Vec<Fee>),
    /// No rule says anything.
    Nothing,
}

impl fmt::Display for Came {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed => f.write_str("allowed"),
            Self::Refused => f.write_str("refused"),
            Self::Notice => f.write_str("notice"),
            Self::Approval => f.write_str("approval"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Amount(money) => write!(f, "{money}"),
            Self::Wall(at) => write!(f, "{}", at.format("%Y-%m-%dT%H:%M")),
            Self::Is(true) => f.write_str("yes"),
            Self::Is(false) => f.write_str("no"),
            Self::Fees(fees) if fees.is_empty() => f.write_str("none"),
            Self::Fees(fees) => f.write_str(&fees.iter().map(|fee| fee.code()).collect::<Vec<_>>().join(", ")),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}

impl FromStr for Came {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "allowed" => Self::Allowed,
            "refused" => Self::Refused,
            "notice" => Self::Notice,
            "approval" => Self::Approval,
            "yes" => Self::Is(true),
            "no" => Self::Is(false),
            _ => return Err(()),
        })
    }
}

/// The kind of a rule judges cuts; else it gives a value.
pub(super) const fn judges(kind: &RuleKind) -> bool {
    !matches!(
        kind,
        RuleKind::MinimumToRestore { .. }
            | RuleKind::Reconnect { .. }
            | RuleKind::AfterHours(_)
            | RuleKind::Fees(_)
            | RuleKind::MoneyAtDoor(_)
            | RuleKind::PermitMinutes(_)
            | RuleKind::Retention { .. }
    )
}
