//! What needed a person on some days: by kind, how much of it is settled, and what waits for how long.

use super::{ROWS_MAX, ServiceError, cut};
use crate::{moment::Moment, service::days::Days, state::AppState, store::reports};
use chrono::NaiveDate;
use curbstop_shared::{
    time::{Micros, Span},
    vocabulary::ExceptionKind,
};
use serde::Serialize;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The report.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "ExceptionsReport")]
pub struct Exceptions {
    /// The first day.
    pub from: NaiveDate,
    /// The last day, included.
    pub to: NaiveDate,
    /// By kind: those that say that somebody may have been cut wrongly first.
    pub kinds: Vec<OfKind>,
    /// Those raised on these days, and those still open from before; oldest first.
    pub entries: Vec<Row>,
    /// There are more than a report holds: take fewer days.
    pub more: bool,
}

/// Entries of one kind.
#[derive(Debug, Default, Serialize, schemars::JsonSchema)]
#[schemars(rename = "ExceptionsOfKind")]
pub struct OfKind {
    /// Code of the kind.
    pub kind: String,
    /// Somebody was, or may have been, cut who should not be.
    pub wrongful: bool,
    /// All of them.
    pub count: usize,
    /// Those that wait for somebody.
    pub open: usize,
    /// Those of them whose deadline is over.
    pub late: usize,
    /// Since when the oldest of them waits.
    pub oldest_open_at: Option<Moment>,
}

/// One entry.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "ExceptionReported")]
pub struct Row {
    /// Its id.
    pub id: Uuid,
    /// Code of its kind.
    pub kind: String,
    /// Somebody was, or may have been, cut who should not be.
    pub wrongful: bool,
    /// The order's number.
    pub order: Option<String>,
    /// The account.
    pub account: String,
    /// Role that has to act.
    pub owner: String,
    /// When it was raised.
    pub raised_at: Moment,
    /// By when somebody has to have acted.
    pub due_at: Moment,
    /// `open`, `resolved`, or `gone` where later facts took its ground away.
    pub state: String,
    /// When it was closed.
    pub closed_at: Option<Moment>,
    /// Who closed it.
    pub closed_by: Option<String>,
    /// What was done.
    pub resolution: Option<String>,
    /// Minutes that it was, or has been, open.
    pub age_min: i64,
    /// Its deadline is over, or was when it was closed.
    pub late: bool,
}

impl Row {
    /// The columns of the file.
    pub const COLUMNS: &'static [&'static str] = &[
        "id",
        "kind",
        "wrongful",
        "order",
        "account",
        "owner",
        "raised_at",
        "due_at",
        "state",
        "closed_at",
        "closed_by",
        "resolution",
        "age_min",
        "late",
    ];

    /// It waits for somebody.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == "open"
    }
}

/// Kinds that say that somebody was, or may have been, cut who should not be.
#[must_use]
pub const fn is_wrongful(kind: ExceptionKind) -> bool {
    use ExceptionKind as K;
    matches!(kind, K::CutDespiteRelease | K::CutCrossedRelease | K::CutUnderHold | K::OffUnderClaim | K::PermitBreach)
}

/// The report of some days.
///
/// # Errors
/// When the store fails.
pub async fn of(state: &AppState, days: Days) -> Result<Exceptions, ServiceError> {
    let now = state.now();
    let mut conn = state.store.snapshot().await?;
    let mut rows = reports::exceptions(&mut conn, days.moments(state.config.time_zone), ROWS_MAX + 1).await?;
    let more = cut(&mut rows);
    let entries: Vec<Row> = rows.into_iter().map(|row| entry(row, now)).collect();
    Ok(Exceptions { from: days.from, to: days.to, kinds: kinds(&entries), entries, more })
}

fn entry(row: reports::ExceptionRow, now: Micros) -> Row {
    let closed = row.resolved_at_us.map(Micros);
    let (raised, due, until) = (Micros(row.raised_at_us), Micros(row.due_at_us), closed.unwrap_or(now));
    Row {
        id: row.id,
        wrongful: row.kind.parse().is_ok_and(is_wrongful),
        kind: row.kind,
        order: row.number,
        account: row.account,
        owner: row.owner_role,
        raised_at: Moment(raised),
        due_at: Moment(due),
        state: row.state,
        closed_at: closed.map(Moment),
        closed_by: row.resolved_by,
        resolution: row.resolution,
        age_min: (until - raised).0.max(0) / Span::minutes(1).0,
        late: until > due,
    }
}

fn kinds(entries: &[Row]) -> Vec<OfKind> {
    let mut kinds: BTreeMap<&str, OfKind> = BTreeMap::new();
    for entry in entries {
        let of = kinds.entry(&entry.kind).or_default();
        of.count += 1;
        of.wrongful = entry.wrongful;
        if entry.is_open() {
            of.open += 1;
            of.late += usize::from(entry.late);
            // They come oldest first.
            of.oldest_open_at = of.oldest_open_at.or(Some(entry.raised_at));
        }
    }
    let mut kinds: Vec<OfKind> = kinds.into_iter().map(|(kind, of)| OfKind { kind: kind.to_owned(), ..of }).collect();
    kinds.sort_by_key(|of| (!of.wrongful, std::cmp::Reverse(of.open), std::cmp::Reverse(of.count)));
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_of_wrongful_cuts_are_those_that_the_statement_counts() {
        let counted = reports::WRONGFUL.sqlite;
        for kind in ExceptionKind::ALL {
            assert_eq!(counted.contains(&format!("'{kind}'")), is_wrongful(*kind), "{kind}");
        }
    }
}
