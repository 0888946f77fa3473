//! Times of the day, weekdays and days of the year as rules name them.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Weekday};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Minutes since midnight on the wall, 0 (00:00) to 1440 (24:00).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TimeOfDay(pub u16);

impl TimeOfDay {
    /// The end of the day.
    pub const END: Self = Self(24 * 60);

    /// The minute in which a time lies.
    #[must_use]
    pub fn of(time: NaiveTime) -> Self {
        // At most 1439.
        Self(u16::try_from(time.hour() * 60 + time.minute()).unwrap_or(0))
    }

    /// This time on a day; 24:00 is the next day's midnight.
    #[must_use]
    pub fn on(self, day: NaiveDate) -> NaiveDateTime {
        day.and_time(NaiveTime::MIN) + TimeDelta::minutes(i64::from(self.0))
    }
}

impl FromStr for TimeOfDay {
    type Err = ();
    /// Reads `08:00`; `24:00` is the end of the day.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (hour, minute) = text.split_once(':').ok_or(())?;
        let number = |digits: &str| match digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit()) {
            true => digits.parse::<u16>().map_err(|_| ()),
            false => Err(()),
        };
        let (hour, minute) = (number(hour)?, number(minute)?);
        let whole = hour * 60 + minute;
        if minute < 60 && whole <= Self::END.0 { Ok(Self(whole)) } else { Err(()) }
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// From one time of the day until before another one. "Not after 12:30" ends at 12:30: at 12:30 it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The first minute.
    pub from: TimeOfDay,
    /// The minute at which it is over.
    pub until: TimeOfDay,
}

impl Window {
    /// From midnight to midnight.
    pub const DAY: Self = Self { from: TimeOfDay(0), until: TimeOfDay::END };

    /// Whether a minute lies in it.
    #[must_use]
    pub fn holds(self, minute: TimeOfDay) -> bool {
        self.from <= minute && minute < self.until
    }

    /// What two windows have in common; none: nothing.
    #[must_use]
    pub fn and(self, other: Self) -> Option<Self> {
        let both = Self { from: self.from.max(other.from), until: self.until.min(other.until) };
        (both.from < both.until).then_some(both)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from, self.until)
    }
}

/// Days of the week.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weekdays(u8);

impl Weekdays {
    /// Monday to Friday.
    pub const MON_TO_FRI: Self = Self(0b1_1111);
    /// Every day.
    pub const ALL: Self = Self(0b111_1111);

    /// These days.
    #[must_use]
    pub fn of(days: &[Weekday]) -> Self {
        Self(days.iter().fold(0, |set, day| set | 1 << day.num_days_from_monday()))
    }

    /// Whether a date is one of them.
    #[must_use]
    pub fn hold(self, date: NaiveDate) -> bool {
        self.0 & 1 << date.weekday().num_days_from_monday() != 0
    }
}

/// A day of every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MonthDay {
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl MonthDay {
    /// The day of the year of a date.
    #[must_use]
    pub fn of(date: NaiveDate) -> Self {
        let small = |number: u32| u8::try_from(number).unwrap_or(0);
        Self { month: small(date.month()), day: small(date.day()) }
    }

    /// Whether a date lies from one to the other, both included; where the second one comes first in the year, over the
    /// year's end.
    #[must_use]
    pub fn span_holds(from: Self, until: Self, date: NaiveDate) -> bool {
        let day = Self::of(date);
        if from <= until { from <= day && day <= until } else { from <= day || day <= until }
    }
}

impl FromStr for MonthDay {
    type Err = ();
    /// Reads `12-24`; 29 February is a day.
    fn from_str(text: &str) -> Result<Self, ()> {
        let leap = NaiveDate::parse_from_str(&format!("2024-{text}"), "%Y-%m-%d").map_err(|_| ())?;
        if text.len() == 5 { Ok(Self::of(leap)) } else { Err(()) }
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}
