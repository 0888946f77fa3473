//! The field collection report: what was tried, what was done, and why the rest was not, by day, crew and kind of order.

use super::{ServiceError, crew_names, day_of};
use crate::{
    service::{days::Days, recording, utility},
    state::AppState,
    store::{Conn, orders, reports},
};
use chrono::NaiveDate;
use curbstop_shared::{
    disposition::as_corrected,
    facts::FactBody,
    ids::{FactId, OrderId},
};
use serde::Serialize;
use std::collections::{BTreeMap, btree_map::Entry};

/// The report.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "CollectionReport")]
pub struct Collection {
    /// The first day.
    pub from: NaiveDate,
    /// The last day, included.
    pub to: NaiveDate,
    /// All of it.
    pub total: Tally,
    /// By crew, by name.
    pub crews: Vec<OfCrew>,
    /// By the routes' day.
    pub days: Vec<OfDay>,
    /// Why visits did not do the work, the most frequent first.
    pub codes: Vec<OfCode>,
    /// By kind of order.
    pub kinds: Vec<OfKind>,
    /// How long those who paid waited for their service.
    pub restores: Restores,
    /// Somebody was cut, or may have been, who should not be: entries raised on these days, by kind.
    pub wrongful: Vec<Wrongful>,
    /// All visits counted, for whoever wants to add them up in another way.
    pub visits: Vec<Row>,
}

/// Stops and visits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "CollectionTally")]
pub struct Tally {
    /// Orders on routes; of those taken off again only where the crew had been.
    pub stops: i64,
    /// Those of them that a crew came to.
    pub attempted: i64,
    /// Those that no crew came to, and that are taken back, released or held by now.
    pub called_off: i64,
    /// Visits: an order may have several.
    pub visits: i64,
    /// Visits that did the work.
    pub done: i64,
    /// Visits that could not.
    pub unable: i64,
    /// Visits that were stopped at the door by something said or shown.
    pub stopped: i64,
}

impl Tally {
    /// Stops that somebody should have come to, and nobody did.
    #[must_use]
    pub const fn not_reached(&self) -> i64 {
        self.stops - self.attempted - self.called_off
    }

    fn add_visits(&mut self, outcome: &str, visits: i64) {
        self.visits += visits;
        match outcome {
            "done" => self.done += visits,
            "unable" => self.unable += visits,
            _ => self.stopped += visits,
        }
    }

    const fn add_stops(&mut self, row: &reports::StopsRow) {
        self.stops += row.stops;
        self.attempted += row.attempted;
        self.called_off += row.called_off;
    }
}

/// A crew's part.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "CollectionOfCrew")]
pub struct OfCrew {
    /// Its name.
    pub crew: String,
    /// What it did.
    #[serde(flatten)]
    pub tally: Tally,
}

/// A day's part.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "CollectionOfDay")]
pub struct OfDay {
    /// The day.
    pub date: NaiveDate,
    /// What was done on it.
    #[serde(flatten)]
    pub tally: Tally,
}

/// Visits that ended for one reason.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "CollectionOfCode")]
pub struct OfCode {
    /// `unable` or `stopped`.
    pub outcome: String,
    /// The code; empty where the crew gave none.
    pub code: String,
    /// How many.
    pub visits: i64,
}

/// Visits for one kind of order.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "CollectionOfKind")]
pub struct OfKind {
    /// Code of the kind.
    pub kind: String,
    /// How many.
    pub visits: i64,
    /// How many of them did the work.
    pub done: i64,
}

/// Services given back on the routes of these days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "CollectionRestores")]
pub struct Restores {
    /// How many.
    pub count: usize,
    /// Those of them that were later than their deadline.
    pub late: usize,
    /// Minutes from the word that called for it to the visit: half of them took no longer. None where there were none.
    pub median_min: Option<i64>,
}

/// Entries of one kind that say that somebody may have been cut wrongly.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "WrongfulRisk")]
pub struct Wrongful {
    /// Code of the kind.
    pub kind: String,
    /// How many.
    pub count: i64,
}

/// Visits that are alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[schemars(rename = "CollectionVisits")]
pub struct Row {
    /// The routes' day.
    pub date: NaiveDate,
    /// The crew.
    pub crew: String,
    /// Code of the orders' kind.
    pub kind: String,
    /// Code of how they ended: `done`, `unable`, `stopped`.
    pub outcome: String,
    /// Why, where they did not do the work.
    pub code: String,
    /// How many.
    pub visits: i64,
}

impl Row {
    /// The columns of the file.
    pub const COLUMNS: &'static [&'static str] = &["date", "crew", "kind", "outcome", "code", "visits"];
}

/// The report of some days. A visit counts as its corrections leave it.
///
/// # Errors
/// When the store fails.
pub async fn of(state: &AppState, days: Days) -> Result<Collection, ServiceError> {
    let (from, to) = days.texts();
    let mut conn = state.store.snapshot().await?;
    let names = crew_names(&mut conn).await?;
    let name = |crew: &uuid::Uuid| names.get(crew).cloned().unwrap_or_default();
    let mut counted: BTreeMap<Row, i64> = BTreeMap::new();
    let mut count = |row: Row, visits: i64| *counted.entry(row).or_default() += visits;
    let alike = |date: &str, crew: &uuid::Uuid, kind: String, outcome: String, code: String| {
        Ok::<_, ServiceError>(Row { date: day_of(date)?, crew: name(crew), kind, outcome, code, visits: 0 })
    };
    for row in reports::visits(&mut conn, &from, &to).await? {
        let (outcome, code) = (row.outcome.unwrap_or_default(), row.code.unwrap_or_default());
        count(alike(&row.date, &row.crew, row.kind, outcome, code)?, row.visits);
    }
    for visit in corrected(state, &mut conn, &from, &to).await? {
        count(alike(&visit.of.date, &visit.of.crew, visit.kind, visit.outcome, visit.code)?, 1);
    }
    let stops = reports::stops(&mut conn, &from, &to).await?;
    let restores = restores(&reports::restores(&mut conn, &from, &to).await?);
    let wrongful = reports::wrongful(&mut conn, days.moments(state.config.time_zone)).await?;
    let visits: Vec<Row> = counted.into_iter().map(|(row, visits)| Row { visits, ..row }).collect();

    let mut total = Tally::default();
    let mut by_crew: BTreeMap<String, Tally> = BTreeMap::new();
    let mut by_day: BTreeMap<NaiveDate, Tally> = BTreeMap::new();
    for row in &stops {
        total.add_stops(row);
        by_crew.entry(name(&row.crew)).or_default().add_stops(row);
        by_day.entry(day_of(&row.date)?).or_default().add_stops(row);
    }
    for row in &visits {
        total.add_visits(&row.outcome, row.visits);
        by_crew.entry(row.crew.clone()).or_default().add_visits(&row.outcome, row.visits);
        by_day.entry(row.date).or_default().add_visits(&row.outcome, row.visits);
    }
    Ok(Collection {
        from: days.from,
        to: days.to,
        total,
        crews: by_crew.into_iter().map(|(crew, tally)| OfCrew { crew, tally }).collect(),
        days: by_day.into_iter().map(|(date, tally)| OfDay { date, tally }).collect(),
        codes: codes(&visits),
        kinds: kinds(&visits),
        restores,
        wrongful: wrongful.into_iter().map(|(kind, count)| Wrongful { kind, count }).collect(),
        visits,
    })
}

fn restores(rows: &[reports::RestoredRow]) -> Restores {
    let mut minutes: Vec<i64> = rows.iter().map(|row| (row.done_at_us - waits_from(row)).max(0) / 60_000_000).collect();
    minutes.sort_unstable();
    let is_late = |row: &&reports::RestoredRow| row.due_at_us.is_some_and(|due| row.done_at_us > due);
    Restores {
        count: rows.len(),
        late: rows.iter().filter(is_late).count(),
        median_min: minutes.get(minutes.len().saturating_sub(1) / 2).copied(),
    }
}

/// From when somebody waits who paid: from the payment, whenever the office heard of it, or from the cut after it.
fn waits_from(row: &reports::RestoredRow) -> i64 {
    row.paid_at_us.map_or(row.created_at_us, |paid| row.cut_at_us.map_or(paid, |cut| cut.max(paid)))
}

fn codes(visits: &[Row]) -> Vec<OfCode> {
    let mut counted: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for row in visits.iter().filter(|row| row.outcome != "done") {
        *counted.entry((&row.outcome, &row.code)).or_default() += row.visits;
    }
    let of = |((outcome, code), visits): ((&str, &str), i64)| OfCode {
        outcome: outcome.to_owned(),
        code: code.to_owned(),
        visits,
    };
    let mut codes: Vec<OfCode> = counted.into_iter().map(of).collect();
    codes.sort_by_key(|code| std::cmp::Reverse(code.visits));
    codes
}

fn kinds(visits: &[Row]) -> Vec<OfKind> {
    let mut counted: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for row in visits {
        let of_kind = counted.entry(&row.kind).or_default();
        of_kind.0 += row.visits;
        of_kind.1 += if row.outcome == "done" { row.visits } else { 0 };
    }
    let mut kinds: Vec<OfKind> =
        counted.into_iter().map(|(kind, (visits, done))| OfKind { kind: kind.to_owned(), visits, done }).collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.visits));
    kinds
}

struct Corrected {
    of: reports::CorrectedVisit,
    kind: String,
    outcome: String,
    code: String,
}

/// Visits to orders with corrections, as these leave them.
async fn corrected(state: &AppState, conn: &mut Conn, from: &str, to: &str) -> Result<Vec<Corrected>, ServiceError> {
    let today = utility::folding(state, state.now()).today;
    let mut told = BTreeMap::new();
    let mut all = Vec::new();
    for of in reports::corrected_visits(conn, from, to).await? {
        let (kind, counts) = match told.entry(of.order_id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let Some(row) = orders::by_id(conn, OrderId(of.order_id)).await? else { continue };
                let counts = as_corrected(&recording::history(conn, &row, today).await?);
                new.insert((row.kind, counts))
            }
        };
        let id: Option<FactId> = of.id.parse().ok();
        let Some(FactBody::Visit(visit)) = id.and_then(|id| counts.get(&id)) else { continue };
        let (outcome, code) = (visit.outcome.code().to_owned(), visit.code.map(|code| code.code().to_owned()));
        all.push(Corrected { kind: kind.clone(), outcome, code: code.unwrap_or_default(), of });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_people_waited_is_the_middle_one_and_who_was_late_is_counted() {
        let minute = |n: i64| n * 60_000_000;
        let row = |took: i64, due: Option<i64>| reports::RestoredRow {
            created_at_us: minute(100),
            paid_at_us: None,
            cut_at_us: None,
            due_at_us: due.map(|due| minute(100 + due)),
            done_at_us: minute(100 + took),
        };
        let rows = [row(300, Some(240)), row(20, Some(240)), row(90, None)];
        assert_eq!(restores(&rows), Restores { count: 3, late: 1, median_min: Some(90) });
        assert_eq!(restores(&[]), Restores::default());
        // Paid an hour before a file brought it; paid before the cut.
        let heard_late = reports::RestoredRow { paid_at_us: Some(minute(40)), ..row(20, None) };
        let cut_after = reports::RestoredRow { cut_at_us: Some(minute(70)), ..heard_late.clone() };
        assert_eq!(restores(&[heard_late]).median_min, Some(80));
        assert_eq!(restores(&[cut_after]).median_min, Some(50));
    }
}
