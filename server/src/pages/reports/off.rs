//! `/reports/off`: the register of what is off right now.

use super::{Head, Piece, bar, file};
use crate::{
    http::problem::Problem,
    pages::{
        frame::{Desk, Frame},
        html,
    },
    service::{
        authorise::Action,
        days::Days,
        reports::off::{self, Register, Row},
    },
    state::AppState,
};
use askama::Template;
use axum::{Router, extract::State, response::Response, routing::get};

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/reports/off", get(page)).route("/reports/off.csv", get(as_file))
}

#[derive(Template)]
#[template(path = "reports_off.html")]
struct Page {
    f: Frame,
    h: Head,
    r: Register,
}

/// Services that are off for about as long.
struct Age {
    english: &'static str,
    spanish: &'static str,
    count: i64,
    bar: Vec<Piece>,
}

impl Page {
    /// How long they are off, in groups.
    fn ages(&self) -> Vec<Age> {
        let groups: [(&str, &str, std::ops::RangeInclusive<i64>); 5] = [
            ("less than a day", "menos de un día", 0..=0),
            ("1 to 2 days", "1 a 2 días", 1..=2),
            ("3 to 7 days", "3 a 7 días", 3..=7),
            ("8 to 30 days", "8 a 30 días", 8..=30),
            ("more than 30 days", "más de 30 días", 31..=i64::MAX),
        ];
        let counted = groups.map(|(english, spanish, days)| {
            let within = |row: &&Row| row.days_off.is_some_and(|off| days.contains(&off));
            (english, spanish, i64::try_from(self.r.off.iter().filter(within).count()).unwrap_or(i64::MAX))
        });
        let max = counted.iter().map(|(_, _, count)| *count).max().unwrap_or(1);
        let age = |(english, spanish, count)| Age { english, spanish, count, bar: bar(&[("stop", count)], max) };
        counted.into_iter().map(age).collect()
    }

    /// "6 services are off; 2 of them are released ..."
    fn sentence(&self) -> String {
        let (f, r) = (&self.f, &self.r);
        let off =
            f.counted(r.total, &["service is off", "services are off"], &["servicio cortado", "servicios cortados"]);
        match (r.total, r.released) {
            (0, _) => f.t("Nothing is off.", "No hay nada cortado.").to_owned(),
            (_, 0) => format!("{off}{}", f.t("; nobody of them has paid.", "; nadie de ellos ha pagado.")),
            (_, released) => {
                let back = f.t("of them released: give these back", "de ellos liberados: hay que reconectarlos");
                let late = match r.late {
                    0 => String::new(),
                    late => format!(", {late} {}", f.t("past the deadline", "con el plazo vencido")),
                };
                format!("{off}; {released} {back}{late}.")
            }
        }
    }
}

async fn page(State(state): State<AppState>, desk: Desk) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeReports) {
        return Ok(*refused);
    }
    let r = off::register(&state).await?;
    html(&Page { f: desk.frame, h: Head { tab: "off", days: None, has_file: true }, r })
}

async fn as_file(State(state): State<AppState>, desk: Desk) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeReports) {
        return Ok(*refused);
    }
    let today = desk.frame.voice.today();
    file(&state, "off", Days { from: today, to: today }, Row::COLUMNS, &off::register(&state).await?.off)
}
