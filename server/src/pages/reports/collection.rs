//! `/reports`: the field collection report.

use super::{Asked, Head, Piece, bar, file, not_made};
use crate::{
    http::problem::Problem,
    pages::{
        frame::{Desk, Frame},
        html,
    },
    service::{
        authorise::Action,
        reports::collection::{self, Collection, Row, Tally},
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
use curbstop_shared::time::Span;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/reports", get(page)).route("/reports/collection.csv", get(as_file))
}

#[derive(Template)]
#[template(path = "reports_collection.html")]
struct Page {
    f: Frame,
    h: Head,
    c: Collection,
}

/// "1 stop", "2 stops".
fn many(count: i64, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

impl Page {
    /// A tally beside the largest of its kind.
    fn bar(&self, tally: &Tally, all: &[Tally]) -> Vec<Piece> {
        let wide = |tally: &Tally| tally.stops.max(tally.visits + tally.called_off + tally.not_reached());
        let max = all.iter().map(wide).max().unwrap_or(1);
        let parts = [
            ("done", tally.done),
            ("wait", tally.unable),
            ("stop", tally.stopped),
            ("gone", tally.called_off),
            ("left", tally.not_reached()),
        ];
        bar(&parts, max)
    }

    fn crew_tallies(&self) -> Vec<Tally> {
        self.c.crews.iter().map(|crew| crew.tally).collect()
    }

    fn day_tallies(&self) -> Vec<Tally> {
        self.c.days.iter().map(|day| day.tally).collect()
    }

    fn code_bar(&self, visits: &i64) -> Vec<Piece> {
        let max = self.c.codes.iter().map(|code| code.visits).max().unwrap_or(1);
        bar(&[("wait", *visits)], max)
    }

    fn kind_bar(&self, done: &i64, visits: &i64) -> Vec<Piece> {
        let max = self.c.kinds.iter().map(|kind| kind.visits).max().unwrap_or(1);
        bar(&[("done", *done), ("wait", visits - done)], max)
    }

    /// "Crews came to 34 of 46 stops. 25 visits did the work, ..."
    fn sentence(&self) -> String {
        let (f, t) = (&self.f, &self.c.total);
        if t.stops == 0 {
            return f.t("No route was out on these days.", "No hubo rutas en estos días.").to_owned();
        }
        let english = format!(
            "Crews came to {} of {}. {} did the work, {} could not, {} stopped at the door. {} called off before a crew \
             came, {} nobody reached.",
            t.attempted,
            many(t.stops, "stop", "stops"),
            many(t.done, "visit", "visits"),
            t.unable,
            many(t.stopped, "was", "were"),
            many(t.called_off, "stop was", "stops were"),
            t.not_reached()
        );
        let spanish = format!(
            "Las cuadrillas llegaron a {} de {}. {} el trabajo, {}, {} en la puerta. {} antes de llegar, a {} no llegó \
             nadie.",
            t.attempted,
            many(t.stops, "parada", "paradas"),
            many(t.done, "visita hizo", "visitas hicieron"),
            many(t.unable, "no pudo", "no pudieron"),
            many(t.stopped, "se detuvo", "se detuvieron"),
            many(t.called_off, "parada se retiró", "paradas se retiraron"),
            t.not_reached()
        );
        f.t(&english, &spanish).to_owned()
    }

    /// "4 services were given back; half of them within 2 h, 1 late."
    fn restores(&self) -> Option<String> {
        let (f, r) = (&self.f, &self.c.restores);
        // "within under a minute" is nothing that somebody says.
        let median = f.voice.span(Span::minutes(r.median_min?.max(1)));
        let given = f.counted(
            r.count,
            &["service was given back", "services were given back"],
            &["servicio reconectado", "servicios reconectados"],
        );
        let late = match r.late {
            0 => f.t("none past its deadline", "ninguno fuera de plazo").to_owned(),
            late => format!("{late} {}", f.t("past the deadline", "fuera de plazo")),
        };
        Some(format!("{given}; {} {median}, {late}.", f.t("half of them within", "la mitad en")))
    }

    fn wrongful(&self) -> i64 {
        self.c.wrongful.iter().map(|one| one.count).sum()
    }
}

async fn page(State(state): State<AppState>, desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeReports) {
        return Ok(*refused);
    }
    let days = match asked.days(&desk.frame) {
        Ok(days) => days,
        Err(bad) => return not_made(desk, "collection", bad),
    };
    let c = collection::of(&state, days).await?;
    html(&Page { f: desk.frame, h: Head::of_days("collection", days), c })
}

async fn as_file(State(state): State<AppState>, desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeReports) {
        return Ok(*refused);
    }
    match asked.days(&desk.frame) {
        Ok(days) => file(&state, "collection", days, Row::COLUMNS, &collection::of(&state, days).await?.visits),
        Err(bad) => not_made(desk, "collection", bad),
    }
}
