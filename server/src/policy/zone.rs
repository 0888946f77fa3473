//! A zone's offsets for some years, for tablets that have no time zone database.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Offset, TimeZone};
use chrono_tz::Tz;
use curbstop_shared::{
    policy::Zone,
    time::{Micros, Span},
};

/// What golden cases are told in.
const FIRST: NaiveDate = NaiveDate::from_ymd_opt(2020, 1, 1).expect("a date");
const LAST: NaiveDate = NaiveDate::from_ymd_opt(2040, 12, 31).expect("a date");

/// The offsets of a zone from 2020 to 2040.
#[must_use]
pub fn compiled(zone: Tz) -> Zone {
    compiled_between(zone, FIRST, LAST)
}

/// The offsets of a zone from one day to another: two changes a year where clocks change.
#[must_use]
pub fn compiled_between(zone: Tz, first: NaiveDate, last: NaiveDate) -> Zone {
    let mut before = start(first);
    let mut spans = vec![(before, offset(zone, before))];
    // Nowhere do clocks change twice within a week.
    for day in first.iter_weeks().skip(1).take_while(|day| *day <= last + Days::new(7)) {
        let now = start(day);
        let (old, new) = (offset(zone, before), offset(zone, now));
        if old != new {
            spans.push((change(zone, before, now), new));
        }
        before = now;
    }
    Zone { spans }
}

/// The second at which the offset changes.
fn change(zone: Tz, mut before: Micros, mut after: Micros) -> Micros {
    let new = offset(zone, after);
    while (after - before).whole_seconds() > 1 {
        let between = before + Span::seconds((after - before).whole_seconds() / 2);
        if offset(zone, between) == new { after = between } else { before = between }
    }
    after
}

fn start(day: NaiveDate) -> Micros {
    Micros(day.and_time(NaiveTime::MIN).and_utc().timestamp_micros())
}

fn offset(zone: Tz, at: Micros) -> Span {
    DateTime::from_timestamp_micros(at.0).map_or(Span(0), |at| {
        Span::seconds(i64::from(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{America, Australia};

    #[test]
    fn the_wall_says_the_same_as_the_time_zone_database_every_quarter_of_an_hour() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for zone in [America::New_York, America::Phoenix, America::Asuncion, Australia::Lord_Howe, chrono_tz::UTC] {
            let compiled = compiled_between(zone, day("2025-12-31"), day("2028-01-01"));
            for quarter in 0..2 * 365 * 24 * 4 {
                let at = start(day("2026-01-01")) + Span::minutes(quarter * 15);
                let local = DateTime::from_timestamp_micros(at.0).unwrap().with_timezone(&zone).naive_local();
                assert_eq!(compiled.local(at), local, "{zone} at {at:?}");
            }
        }
        assert_eq!(compiled(America::New_York).spans.len(), 1 + 2 * 21);
        assert_eq!(compiled(America::Phoenix).spans.len(), 1);
    }
}
