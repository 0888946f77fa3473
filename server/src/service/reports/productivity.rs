//! How the crews' days went: stops, the first and the last act, and visits by the hour.

use super::{ServiceError, crew_names, day_of};
use crate::{moment::Moment, service::days::Days, state::AppState, store::reports};
use chrono::{NaiveDate, TimeZone, Timelike};
use curbstop_shared::time::Micros;
use serde::Serialize;
use std::collections::BTreeMap;

/// The report.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "ProductivityReport")]
pub struct Productivity {
    /// The first day.
    pub from: NaiveDate,
    /// The last day, included.
    pub to: NaiveDate,
    /// Each crew's days, by day and name.
    pub days: Vec<CrewDay>,
}

/// A crew's day.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct CrewDay {
    /// The route's day.
    pub date: NaiveDate,
    /// The crew.
    pub crew: String,
    /// Orders on its route; of those taken off again only where the crew had been.
    pub stops: i64,
    /// Those of them that it came to.
    pub attempted: i64,
    /// Its visits.
    pub visits: i64,
    /// The first of them, by the server's clock.
    pub first_at: Option<Moment>,
    /// The last of them.
    pub last_at: Option<Moment>,
    /// Visits an hour between the two, with one decimal; none for fewer than two visits.
    pub visits_an_hour: Option<f64>,
    /// Visits by the hour of the utility's clock in which they were made.
    pub hours: Vec<OfHour>,
}

impl CrewDay {
    /// The columns of the file: visits stand under the hour in which they were made.
    pub const COLUMNS: &'static [&'static str] = &[
        "date",
        "crew",
        "stops",
        "attempted",
        "visits",
        "first_at",
        "last_at",
        "visits_an_hour",
        "h00",
        "h01",
        "h02",
        "h03",
        "h04",
        "h05",
        "h06",
        "h07",
        "h08",
        "h09",
        "h10",
        "h11",
        "h12",
        "h13",
        "h14",
        "h15",
        "h16",
        "h17",
        "h18",
        "h19",
        "h20",
        "h21",
        "h22",
        "h23",
    ];

    fn empty(date: NaiveDate, crew: String) -> Self {
        Self {
            date,
            crew,
            stops: 0,
            attempted: 0,
            visits: 0,
            first_at: None,
            last_at: None,
            visits_an_hour: None,
            hours: Vec::new(),
        }
    }

    /// As a row of the file, with a field for each hour in which there were visits.
    #[must_use]
    pub fn for_file(&self) -> serde_json::Value {
        let mut row = serde_json::to_value(self).unwrap_or_default();
        for of in &self.hours {
            row[format!("h{:02}", of.hour)] = of.visits.into();
        }
        row
    }
}

/// Visits within an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "VisitsOfHour")]
pub struct OfHour {
    /// 0 to 23.
    pub hour: u32,
    /// How many.
    pub visits: i64,
}

/// The report of some days.
///
/// # Errors
/// When the store fails.
pub async fn of(state: &AppState, days: Days) -> Result<Productivity, ServiceError> {
    let (from, to) = days.texts();
    let mut conn = state.store.snapshot().await?;
    let names = crew_names(&mut conn).await?;
    let name = |crew: &uuid::Uuid| names.get(crew).cloned().unwrap_or_default();
    let mut of_days: BTreeMap<(NaiveDate, String), CrewDay> = BTreeMap::new();
    for row in reports::stops(&mut conn, &from, &to).await? {
        let day = entry(&mut of_days, day_of(&row.date)?, name(&row.crew));
        day.stops += row.stops;
        day.attempted += row.attempted;
    }
    for row in reports::quarters(&mut conn, &from, &to).await? {
        let day = entry(&mut of_days, day_of(&row.date)?, name(&row.crew));
        let (first, last) = (Moment(Micros(row.first_at_us)), Moment(Micros(row.last_at_us)));
        day.visits += row.visits;
        day.first_at = Some(day.first_at.map_or(first, |at| at.min(first)));
        day.last_at = Some(day.last_at.map_or(last, |at| at.max(last)));
        let hour = hour_of(state.config.time_zone, first.0);
        match day.hours.iter_mut().find(|of| of.hour == hour) {
            Some(of) => of.visits += row.visits,
            None => day.hours.push(OfHour { hour, visits: row.visits }),
        }
    }
    let days_of_crews = of_days.into_values().map(|day| CrewDay { visits_an_hour: rate(&day), ..day }).collect();
    Ok(Productivity { from: days.from, to: days.to, days: days_of_crews })
}

fn entry(days: &mut BTreeMap<(NaiveDate, String), CrewDay>, date: NaiveDate, crew: String) -> &mut CrewDay {
    days.entry((date, crew.clone())).or_insert_with(|| CrewDay::empty(date, crew))
}

/// Between the first and the last of n visits lie n - 1 stretches.
fn rate(day: &CrewDay) -> Option<f64> {
    let (first, last) = day.first_at.zip(day.last_at)?;
    let tenths_of_hours = (last.0 - first.0).whole_seconds() / 360;
    let stretches = day.visits - 1;
    if stretches < 1 || tenths_of_hours < 1 {
        return None;
    }
    let tenths = stretches * 100 / tenths_of_hours;
    Some(f64::from(i32::try_from(tenths).unwrap_or(i32::MAX)) / 10.0)
}

fn hour_of(zone: chrono_tz::Tz, at: Micros) -> u32 {
    zone.timestamp_micros(at.0).single().map_or(0, |local| local.hour())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_visits_within_an_hour_are_two_an_hour() {
        let at = |minute: i64| Some(Moment(Micros(minute * 60_000_000)));
        let day = CrewDay::empty(NaiveDate::MIN, "Truck 12".to_owned());
        let day = CrewDay { visits: 3, first_at: at(0), last_at: at(60), ..day };
        assert_eq!(rate(&day), Some(2.0));
        assert_eq!(rate(&CrewDay { visits: 1, last_at: at(0), ..day }), None);
    }

    #[test]
    fn each_hour_with_visits_stands_under_its_own_heading() {
        let hours = vec![OfHour { hour: 8, visits: 5 }, OfHour { hour: 13, visits: 2 }];
        let row = CrewDay { hours, ..CrewDay::empty(NaiveDate::MIN, "Truck 12".to_owned()) }.for_file();
        assert_eq!((&row["h08"], &row["h13"], &row["h09"]), (&5.into(), &2.into(), &serde_json::Value::Null));
        assert!(["h08", "h13"].iter().all(|hour| CrewDay::COLUMNS.contains(hour)));
    }
}
