//! What rules say as a value, and which of them decided. Of several, the one that protects the customer most counts.

use super::{Fee, Kept, OpenDays, Policy, Rule, RuleKind, Subject, TimeOfDay, Window, Zone, by_id, calendar::Unknown};
use crate::{
    money::Money,
    reconnect_clock::{Due, ReconnectClock},
    time::Micros,
};
use chrono::{NaiveDate, NaiveDateTime};

/// A value, and the rules by which it is that, by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided<'a, T> {
    /// The value.
    pub value: T,
    /// The rules that say so.
    pub by: Vec<&'a Rule>,
}

impl Policy {
    /// On data of what age a cut may begin, in minutes: the least.
    #[must_use]
    pub fn permit_minutes(&self, subject: &Subject, day: NaiveDate) -> Option<Decided<'_, u16>> {
        self.least(subject, day, |kind| match kind {
            RuleKind::PermitMinutes(minutes) => Some(*minutes),
            _ => None,
        })
    }

    /// For how many days something is kept: the least.
    #[must_use]
    pub fn retention_days(&self, subject: &Subject, what: Kept, day: NaiveDate) -> Option<Decided<'_, u16>> {
        self.least(subject, day, |kind| match kind {
            RuleKind::Retention { kept, days } if *kept == what => Some(*days),
            _ => None,
        })
    }

    /// What has to be paid to be restored: the least. A rule in another currency says nothing.
    #[must_use]
    pub fn minimum_to_restore(&self, subject: &Subject, past_due: Money, day: NaiveDate) -> Option<Decided<'_, Money>> {
        self.least(subject, day, |kind| match kind {
            RuleKind::MinimumToRestore { fee_minor, at_most_minor, currency } if *currency == past_due.currency() => {
                let whole = past_due.checked_add(Money::from_minor(*fee_minor, *currency)).unwrap_or(past_due);
                Some(at_most_minor.map_or(whole, |most| whole.min(Money::from_minor(most, *currency))))
            }
            _ => None,
        })
    }

    /// By when somebody is back on whose reconnect was called for at a moment: the earliest. A day that no calendar
    /// reaches is a working day, so that nobody waits for it.
    #[must_use]
    pub fn reconnect_due(&self, subject: &Subject, called_at: Micros, zone: &Zone) -> Option<Decided<'_, Micros>> {
        let wall = zone.local(called_at);
        self.least(subject, wall.date(), |kind| match kind {
            RuleKind::Reconnect { clock, open } => Some(match self.due_by(*clock, open, wall) {
                Due::After(span) => called_at + span,
                Due::At(wall) => zone.moment(wall),
            }),
            _ => None,
        })
    }

    fn due_by(&self, clock: ReconnectClock, open: &OpenDays, wall: NaiveDateTime) -> Due {
        clock.due_by(wall, &|day| self.is_open(open, day, Unknown::IsOpen))
    }

    /// Within which hours reconnects are made outside of the working day: the longest that a rule says; none: no rule
    /// says so.
    #[must_use]
    pub fn after_hours(&self, subject: &Subject, day: NaiveDate) -> Option<Decided<'_, Option<Window>>> {
        let minutes = |window: Window| window.until.0.saturating_sub(window.from.0);
        let longest = self.least(subject, day, |kind| match kind {
            RuleKind::AfterHours(window) => {
                // The longest comes first, and of equals the earliest.
                let length = window.map_or(0, minutes);
                Some((u16::MAX - length, window.map(|window| (window.from, window.until))))
            }
            _ => None,
        })?;
        let window = longest.value.1.map(|(from, until)| Window { from, until });
        Some(Decided { value: window, by: longest.by })
    }

    /// What sets off a fee: what every rule agrees on.
    #[must_use]
    pub fn fees(&self, subject: &Subject, day: NaiveDate) -> Option<Decided<'_, Vec<Fee>>> {
        let mut fees: Option<Decided<'_, Vec<Fee>>> = None;
        for rule in self.rules_for(subject, day) {
            let RuleKind::Fees(charged) = &rule.kind else { continue };
            let so_far = fees.get_or_insert_with(|| Decided { value: Fee::ALL.to_vec(), by: Vec::new() });
            so_far.value.retain(|fee| charged.contains(fee));
            so_far.by.push(rule);
        }
        if let Some(fees) = &mut fees {
            by_id(&mut fees.by);
        }
        fees
    }

    /// Whether crews may take money: where one rule says so, for whoever can pay at the door is not cut off.
    #[must_use]
    pub fn money_at_door(&self, subject: &Subject, day: NaiveDate) -> Option<Decided<'_, bool>> {
        let refuses = self.least(subject, day, |kind| match kind {
            RuleKind::MoneyAtDoor(may) => Some(!may),
            _ => None,
        })?;
        Some(Decided { value: !refuses.value, by: refuses.by })
    }

    /// The least value, and every rule that says it.
    fn least<T: Ord>(
        &self,
        subject: &Subject,
        day: NaiveDate,
        value: impl Fn(&RuleKind) -> Option<T>,
    ) -> Option<Decided<'_, T>> {
        let mut least: Option<Decided<'_, T>> = None;
        for rule in self.rules_for(subject, day) {
            let Some(value) = value(&rule.kind) else { continue };
            match &mut least {
                Some(least) if least.value < value => {}
                Some(least) if least.value == value => least.by.push(rule),
                _ => least = Some(Decided { value, by: vec![rule] }),
            }
        }
        if let Some(least) = &mut least {
            by_id(&mut least.by);
        }
        least
    }
}

impl Decided<'_, Option<Window>> {
    /// Reconnects are made at this time.
    #[must_use]
    pub fn holds(&self, at: NaiveDateTime) -> bool {
        self.value.is_some_and(|window| window.holds(TimeOfDay::of(at.time())))
    }
}
