//! By when somebody who paid has to be back on: the clock that runs from the moment a reconnect is called for.
//!
//! Rules of law and of utilities differ: within 24 hours of the payment (New York, PSL 35 and 21 NYCRR 459.13), the
//! same day where the utility was told by an hour and else by the close of the next working day (Maine ch. 815 s. 12:
//! told by 15:00; Ohio 4901:1-15-28: by 12:30), the next working day (New Mexico). So a utility chooses one of two.

use crate::time::{Micros, Span};
use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Weekday};
use serde::{Deserialize, Serialize};

/// The utility's rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReconnectClock {
    /// So long after the call, whatever day it is.
    Within(Span),
    /// Called on a working day before `told_by`: by `closes` on that day. Else by `closes` on the next working day.
    ///
    /// Working days are Monday to Friday, unless a policy says otherwise ([`ReconnectClock::due_by`]). Without one,
    /// holidays are not known: a day that is one makes the time shorter, never longer.
    WorkingDays {
        /// "Told by 15:00 counts as the same day."
        told_by: NaiveTime,
        /// When the last truck is home.
        closes: NaiveTime,
    },
}

impl Default for ReconnectClock {
    fn default() -> Self {
        Self::Within(Span::minutes(24 * 60))
    }
}

impl ReconnectClock {
    /// The latest moment for a reconnect that was called for at a moment, in the utility's zone.
    #[must_use]
    pub fn due<Z: TimeZone>(&self, zone: &Z, called_at: Micros) -> Micros {
        // A moment that no calendar has is due at once.
        let Some(moment) = chrono::DateTime::from_timestamp_micros(called_at.0) else { return called_at };
        let wall = zone.from_utc_datetime(&moment.naive_utc()).naive_local();
        match self.due_by(wall, &is_working_day) {
            Due::After(span) => called_at + span,
            Due::At(wall) => moment_of(zone, wall).unwrap_or(called_at),
        }
    }

    /// The same by the clock on the wall, where `is_working` says which days are working days.
    #[must_use]
    pub fn due_by(&self, called_at: NaiveDateTime, is_working: &dyn Fn(NaiveDate) -> bool) -> Due {
        match *self {
            Self::Within(span) => Due::After(span),
            Self::WorkingDays { told_by, closes } => {
                let (day, hour) = (called_at.date(), called_at.time());
                let same_day = is_working(day) && hour <= told_by;
                let due_on = if same_day { day } else { next_working_day(day, is_working) };
                Due::At(due_on.and_time(closes))
            }
        }
    }
}

/// When a reconnect is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// So long after it was called for.
    After(Span),
    /// At a time by the clock on the wall.
    At(NaiveDateTime),
}

fn is_working_day(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The longest row of days without a working day: the fortnight over the year's end, with its weekends.
const FREE_DAYS_MAX: u64 = 20;

/// The next day, where all of them are free: a mistake in a calendar must not keep anybody waiting.
fn next_working_day(day: NaiveDate, is_working: &dyn Fn(NaiveDate) -> bool) -> NaiveDate {
    let mut days = (1..=FREE_DAYS_MAX).map(|after| day + Days::new(after));
    days.find(|day| is_working(*day)).unwrap_or(day + Days::new(1))
}

/// An hour that the clocks skip begins when they have.
fn moment_of<Z: TimeZone>(zone: &Z, wall: NaiveDateTime) -> Option<Micros> {
    let local = zone.from_local_datetime(&wall).earliest();
    let local = local.or_else(|| zone.from_local_datetime(&(wall + chrono::TimeDelta::hours(1))).earliest());
    local.map(|at| Micros(at.timestamp_micros()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::FixedOffset;

    const MAINE: ReconnectClock = ReconnectClock::WorkingDays {
        told_by: NaiveTime::from_hms_opt(15, 0, 0).unwrap(),
        closes: NaiveTime::from_hms_opt(17, 0, 0).unwrap(),
    };

    fn at(text: &str) -> Micros {
        Micros(chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros())
    }

    #[test]
    fn without_a_rule_of_its_own_a_utility_has_twenty_four_hours_also_over_a_weekend() {
        let due = ReconnectClock::default().due(&chrono::Utc, at("2026-11-20T16:00:00Z"));
        assert_eq!(due, at("2026-11-21T16:00:00Z"));
    }

    #[test]
    fn paid_before_the_hour_is_today_and_after_it_the_next_working_day() {
        let east = FixedOffset::west_opt(5 * 3600).unwrap();
        let due = |text: &str| MAINE.due(&east, at(text));
        // Thursday, Friday and the weekend behind it, by the clock on the wall.
        for (paid, due_at) in [
            ("2026-11-19T08:40:00-05:00", "2026-11-19T17:00:00-05:00"),
            ("2026-11-19T15:00:00-05:00", "2026-11-19T17:00:00-05:00"),
            ("2026-11-19T15:01:00-05:00", "2026-11-20T17:00:00-05:00"),
            ("2026-11-20T23:30:00-05:00", "2026-11-23T17:00:00-05:00"),
            ("2026-11-21T09:00:00-05:00", "2026-11-23T17:00:00-05:00"),
            ("2026-11-22T09:00:00-05:00", "2026-11-23T17:00:00-05:00"),
        ] {
            assert_eq!(due(paid), at(due_at), "{paid}");
        }
    }
}
