//! `/reports`: what supervisors and auditors read. Each report is a sentence, a picture, a table and a file.

mod audit;
mod collection;
mod exceptions;
mod off;
mod order;
mod productivity;
mod readings;
mod replay;
mod sample;
mod words;

use super::{
    frame::{Desk, Frame},
    html_with, refusals,
};
use crate::{
    export::table,
    http::{exports, problem::Problem},
    service::{ServiceError, days::Days},
    state::AppState,
};
use askama::Template;
use axum::{Router, response::Response};
use chrono::Days as Ahead;
use serde::{Deserialize, Serialize};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .merge(collection::routes())
        .merge(off::routes())
        .merge(exceptions::routes())
        .merge(readings::routes())
        .merge(productivity::routes())
        .merge(audit::routes())
        .merge(sample::routes())
        .merge(order::routes())
        .merge(replay::routes())
}

/// Days before today that are shown where nobody says which.
const DAYS_BACK: u64 = 6;

/// The days that somebody asks for, as the form sends them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    from: String,
    to: String,
}

impl Asked {
    /// The last week, where nothing is asked for.
    fn days(&self, f: &Frame) -> Result<Days, ServiceError> {
        let today = f.voice.today();
        let bad = |_| ServiceError::invalid("days_unreadable", "from, to: write both days as 2026-11-24.");
        let to = if self.to.is_empty() { today } else { self.to.parse().map_err(bad)? };
        let week = to.checked_sub_days(Ahead::new(DAYS_BACK)).unwrap_or(to);
        let from = if self.from.is_empty() { week } else { self.from.parse().map_err(bad)? };
        Days::new(from, to)
    }
}

/// What stands above each report: which one it is, and its days.
#[derive(Debug, Clone)]
struct Head {
    /// The last part of its address.
    tab: &'static str,
    /// Its days; none for one that is about now.
    days: Option<Days>,
    /// It can be had as a file.
    has_file: bool,
}

impl Head {
    const fn of_days(tab: &'static str, days: Days) -> Self {
        Self { tab, days: Some(days), has_file: true }
    }

    /// The address of the file.
    fn file(&self) -> String {
        let days = self.days.map_or_else(String::new, |days| format!("?from={}&to={}", days.from, days.to));
        format!("/reports/{}.csv{days}", self.tab)
    }
}

/// What is refused, with the form to ask again.
#[derive(Template)]
#[template(path = "reports_refused.html")]
struct Refused {
    f: Frame,
    h: Head,
    refused: String,
}

/// A report that was not made: with the reason where whoever asked can put it right.
fn not_made(desk: Desk, tab: &'static str, bad: ServiceError) -> Result<Response, Problem> {
    let ServiceError::Refused(refusal) = bad else { return Err(bad.into()) };
    let f = desk.frame;
    let days = Asked::default().days(&f).ok();
    let refused = refusals::said(&f, refusal.code, &refusal.detail);
    let status = Problem::from(refusal).status;
    html_with(status, &Refused { f, h: Head { tab, days, has_file: false }, refused })
}

/// A report's rows as a file.
fn file<T: Serialize>(
    state: &AppState,
    what: &str,
    days: Days,
    columns: &[&str],
    rows: &[T],
) -> Result<Response, Problem> {
    exports::as_file(what, days, table::write(columns, rows, Some(state.config.time_zone)))
}

/// A piece of a bar: its class, where it begins and how wide it is, in thousandths of the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    class: &'static str,
    x: i64,
    width: i64,
}

/// A bar of pieces, one after the other; the whole picture is `max` wide.
fn bar(parts: &[(&'static str, i64)], max: i64) -> Vec<Piece> {
    let mut before = 0;
    let mut pieces = Vec::new();
    for (class, count) in parts {
        let x = before * 1_000 / max.max(1);
        before += count;
        let width = before * 1_000 / max.max(1) - x;
        if width > 0 {
            pieces.push(Piece { class, x, width });
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_of_a_bar_stand_side_by_side_and_fill_it() {
        let pieces = bar(&[("done", 1), ("wait", 0), ("left", 2)], 3);
        let told: Vec<_> = pieces.iter().map(|piece| (piece.class, piece.x, piece.width)).collect();
        assert_eq!(told, [("done", 0, 333), ("left", 333, 667)]);
        assert!(bar(&[("done", 0)], 0).is_empty());
    }
}
