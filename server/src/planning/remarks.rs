//! What whoever publishes a day should have read before the last key: the day is over, nobody works then, or the listing
//! is older than it should be.

use super::money_since::{is_weekend, working_day_before};
use chrono::{Datelike, NaiveDate, Weekday};

/// Something about the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayRemark {
    /// It is over.
    Past,
    /// A Saturday or Sunday.
    Weekend(Weekday),
    /// A holiday of the whole country.
    Holiday(Holiday),
}

/// Something about when the billing system ran a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunRemark {
    /// Before the last working day before the cut: who paid since is known only from payments that came in here.
    Old {
        /// The day.
        on: NaiveDate,
        /// Days before the day of the cut.
        days: i64,
    },
}

/// A federal holiday of the United States (5 U.S.C. 6103 (a)), by its English and Spanish name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holiday(pub &'static str, pub &'static str);

/// What there is to say about publishing a day.
#[must_use]
pub fn of_day(day: NaiveDate, today: NaiveDate) -> Vec<DayRemark> {
    let past = (day < today).then_some(DayRemark::Past);
    let weekend = is_weekend(day).then(|| DayRemark::Weekend(day.weekday()));
    past.into_iter().chain(weekend).chain(holiday(day).map(DayRemark::Holiday)).collect()
}

/// What there is to say about a listing's age. One that is printed on Friday for Monday is as new as it can be; one
/// that does not say when it was run is judged payment by payment when the day is planned.
#[must_use]
pub fn of_run(run_on: Option<NaiveDate>, day: NaiveDate) -> Option<RunRemark> {
    let on = run_on.filter(|on| *on < working_day_before(day))?;
    Some(RunRemark::Old { on, days: (day - on).num_days() })
}

/// The holiday of a day, where the law names one. The day on which one that falls on a weekend is kept instead is none.
fn holiday(day: NaiveDate) -> Option<Holiday> {
    let (month, date, weekday) = (day.month(), day.day(), day.weekday());
    let nth = date.div_ceil(7);
    let last_of_month = date + 7 > u32::from(day.num_days_in_month());
    Some(match (month, date, weekday) {
        (1, 1, _) => Holiday("New Year's Day", "Año Nuevo"),
        (1, _, Weekday::Mon) if nth == 3 => Holiday("Martin Luther King Jr. Day", "Día de Martin Luther King"),
        (2, _, Weekday::Mon) if nth == 3 => Holiday("Washington's Birthday", "Natalicio de Washington"),
        (5, _, Weekday::Mon) if last_of_month => Holiday("Memorial Day", "Día de los Caídos"),
        (6, 19, _) => Holiday("Juneteenth", "Juneteenth"),
        (7, 4, _) => Holiday("Independence Day", "Día de la Independencia"),
        (9, _, Weekday::Mon) if nth == 1 => Holiday("Labor Day", "Día del Trabajo"),
        (10, _, Weekday::Mon) if nth == 2 => Holiday("Columbus Day", "Día de la Raza"),
        (11, 11, _) => Holiday("Veterans Day", "Día de los Veteranos"),
        (11, _, Weekday::Thu) if nth == 4 => Holiday("Thanksgiving", "Día de Acción de Gracias"),
        (12, 25, _) => Holiday("Christmas", "Navidad"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_that_is_over_a_sunday_and_a_holiday_are_remarked_and_a_tuesday_is_not() {
        let today = day("2026-11-24");
        assert_eq!(of_day(today, today), []);
        assert_eq!(of_day(day("2026-11-23"), today), [DayRemark::Past]);
        assert_eq!(of_day(day("2026-11-29"), today), [DayRemark::Weekend(Weekday::Sun)]);
        assert_eq!(of_day(day("2026-11-22"), today), [DayRemark::Past, DayRemark::Weekend(Weekday::Sun)]);
        let name = |text| holiday(day(text)).map(|holiday| holiday.0);
        assert_eq!(name("2026-11-26"), Some("Thanksgiving"));
        assert_eq!(name("2026-11-19"), None);
        assert_eq!(name("2026-05-25"), Some("Memorial Day"));
        assert_eq!(name("2026-05-18"), None);
        assert_eq!(name("2027-01-18"), Some("Martin Luther King Jr. Day"));
        assert_eq!(name("2026-12-25"), Some("Christmas"));
    }

    #[test]
    fn a_listing_of_the_last_working_day_is_new_and_one_of_before_is_old() {
        // 2026-11-23 is a Monday.
        assert_eq!(of_run(Some(day("2026-11-20")), day("2026-11-23")), None);
        assert_eq!(of_run(Some(day("2026-11-22")), day("2026-11-23")), None);
        let old = RunRemark::Old { on: day("2026-11-19"), days: 4 };
        assert_eq!(of_run(Some(day("2026-11-19")), day("2026-11-23")), Some(old));
        assert_eq!(of_run(None, day("2026-11-23")), None);
    }
}
