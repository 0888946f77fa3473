//! Holidays, and which days are working days.

use super::{Policy, Text, Weekdays};
use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// Holidays by their dates. It knows the years from its first to its last date, and no others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// What rules call it.
    pub id: String,
    /// Its days, in order.
    pub days: Vec<Holiday>,
}

/// A holiday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holiday {
    /// When.
    pub date: NaiveDate,
    /// What it is called.
    pub name: Text,
}

/// Days on which an office or a reconnect service works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenDays {
    /// Its days of the week.
    pub weekdays: Weekdays,
    /// The calendar whose holidays are not; none: holidays are days as others.
    pub calendar: Option<String>,
}

/// Whether a day is a holiday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IsHoliday {
    Yes,
    No,
    /// The calendar does not reach so far.
    Unknown,
}

/// What a day counts as that no calendar reaches: whichever protects the customer, and that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    IsOpen,
    IsClosed,
}

/// The furthest that is searched for a working day. A year without one is a mistake in a pack.
pub(super) const DAYS_SEARCHED_MAX: u64 = 400;

impl Policy {
    pub(super) fn holiday(&self, calendar: &str, date: NaiveDate) -> IsHoliday {
        let Some(calendar) = self.calendars.iter().find(|it| it.id == calendar) else { return IsHoliday::Unknown };
        if calendar.days.iter().any(|holiday| holiday.date == date) {
            return IsHoliday::Yes;
        }
        let years = calendar.days.first().zip(calendar.days.last());
        match years.is_some_and(|(first, last)| (first.date.year()..=last.date.year()).contains(&date.year())) {
            true => IsHoliday::No,
            false => IsHoliday::Unknown,
        }
    }

    pub(super) fn is_open(&self, open: &OpenDays, date: NaiveDate, unknown: Unknown) -> bool {
        let holiday = open.calendar.as_deref().map_or(IsHoliday::No, |calendar| self.holiday(calendar, date));
        let works = match holiday {
            IsHoliday::Yes => false,
            IsHoliday::No => true,
            IsHoliday::Unknown => unknown == Unknown::IsOpen,
        };
        works && open.weekdays.hold(date)
    }

    /// The day on which so many working days have gone by since another one; none where they never do.
    pub(super) fn working_days_after(&self, open: &OpenDays, date: NaiveDate, days: u16) -> Option<NaiveDate> {
        let mut left = days;
        (0..DAYS_SEARCHED_MAX).map_while(|after| date.checked_add_days(Days::new(after))).find(|day| {
            left -= u16::from(left > 0 && *day > date && self.is_open(open, *day, Unknown::IsClosed));
            left == 0
        })
    }
}
