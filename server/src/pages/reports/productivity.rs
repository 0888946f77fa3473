//! `/reports/productivity`: how the crews' days went.

use super::{Asked, Head, file, not_made};
use crate::{
    http::problem::Problem,
    pages::{
        frame::{Desk, Frame},
        html,
    },
    service::{
        authorise::Action,
        reports::productivity::{self, CrewDay, Productivity},
    },
    state::AppState,
};
use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/reports/productivity", get(page)).route("/reports/productivity.csv", get(as_file))
}

#[derive(Template)]
#[template(path = "reports_productivity.html")]
struct Page {
    f: Frame,
    h: Head,
    p: Productivity,
}

/// Width of an hour, and height of the picture, in its units.
const HOUR: i64 = 28;
const HEIGHT: i64 = 34;

/// Visits within an hour, drawn.
struct Column {
    x: i64,
    y: i64,
    height: i64,
    visits: i64,
}

impl Page {
    /// The hours in which anybody was anywhere, first and last.
    fn hours(&self) -> (u32, u32) {
        let hours = || self.p.days.iter().flat_map(|day| &day.hours).map(|of| of.hour);
        (hours().min().unwrap_or(8), hours().max().unwrap_or(16))
    }

    /// Each hour of the picture with where it is.
    fn scale(&self) -> Vec<(i64, String)> {
        let (from, to) = self.hours();
        (from..=to).map(|hour| (i64::from(hour - from) * HOUR + HOUR / 2, format!("{hour:02}"))).collect()
    }

    fn width(&self) -> i64 {
        let (from, to) = self.hours();
        i64::from(to - from + 1) * HOUR
    }

    fn columns(&self, day: &CrewDay) -> Vec<Column> {
        let (from, _) = self.hours();
        let most = self.p.days.iter().flat_map(|day| &day.hours).map(|of| of.visits).max().unwrap_or(1);
        let column = |of: &productivity::OfHour| {
            let height = (of.visits * (HEIGHT - 14) / most).max(2);
            Column { x: i64::from(of.hour - from) * HOUR, y: HEIGHT - height, height, visits: of.visits }
        };
        day.hours.iter().map(column).collect()
    }

    /// "08 h: 3, 09 h: 5": the picture for whoever doesn't see it.
    fn told(&self, day: &CrewDay) -> String {
        if day.hours.is_empty() {
            return self.f.t("no visits", "sin visitas").to_owned();
        }
        day.hours.iter().map(|of| format!("{:02} h: {}", of.hour, of.visits)).collect::<Vec<_>>().join(", ")
    }

    fn sentence(&self) -> String {
        let visits: i64 = self.p.days.iter().map(|day| day.visits).sum();
        let out = self.p.days.iter().filter(|day| day.visits > 0).count();
        let f = &self.f;
        if out == 0 {
            return f.t("No crew was out on these days.", "Ninguna cuadrilla salió en estos días.").to_owned();
        }
        let days =
            f.counted(out, &["day of a crew", "days of crews"], &["jornada de cuadrilla", "jornadas de cuadrilla"]);
        let visits = f.counted(usize::try_from(visits).unwrap_or(0), &["visit", "visits"], &["visita", "visitas"]);
        format!("{visits} {} {days}.", f.t("in", "en"))
    }
}

async fn page(State(state): State<AppState>, desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeReports) {
        return Ok(*refused);
    }
    let days = match asked.days(&desk.frame) {
        Ok(days) => days,
        Err(bad) => return not_made(desk, "productivity", bad),
    };
    let p = productivity::of(&state, days).await?;
    html(&Page { f: desk.frame, h: Head::of_days("productivity", days), p })
}

async fn as_file(State(state): State<AppState>, desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeReports) {
        return Ok(*refused);
    }
    let days = match asked.days(&desk.frame) {
        Ok(days) => days,
        Err(bad) => return not_made(desk, "productivity", bad),
    };
    let rows: Vec<_> = productivity::of(&state, days).await?.days.iter().map(CrewDay::for_file).collect();
    file(&state, "productivity", days, CrewDay::COLUMNS, &rows)
}
