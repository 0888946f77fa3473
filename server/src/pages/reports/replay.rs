//! `/reports/orders/{id}/replay`: what the tablet knew when its crew began, beside what the office knew then.

use super::{Head, not_made};
use crate::{
    http::problem::Problem,
    pages::{
        frame::{Desk, Frame},
        html,
    },
    service::{
        authorise::Action,
        reports::replay::{self, Replay, Replayed},
    },
    state::AppState,
};
use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::get,
};

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/reports/orders/{id}/replay", get(page))
}

#[derive(Template)]
#[template(path = "reports_replay.html")]
struct Page {
    f: Frame,
    h: Head,
    r: Replay,
}

impl Page {
    /// Who knew what, in a sentence.
    fn verdict(&self, visit: &Replayed) -> String {
        let t = |english, spanish| self.f.t(english, spanish).to_owned();
        if visit.from_paper {
            return t(
                "Keyed in from a paper sheet: no tablet knew anything. What the office knew stands here.",
                "Capturada de papel: ninguna tableta sabía nada. Aquí está lo que sabía la oficina.",
            );
        }
        match (visit.unheard().count(), visit.tablet_said == visit.office_said) {
            (0, true) => t("The tablet knew what the office knew.", "La tableta sabía lo mismo que la oficina."),
            (_, true) => t(
                "The tablet had not heard all that the office knew; it came to the same.",
                "La tableta no sabía todo lo que la oficina sabía; venía a ser lo mismo.",
            ),
            (0, false) => {
                t("The tablet had all that the office knew.", "La tableta tenía todo lo que sabía la oficina.")
            }
            (_, false) => t(
                "The office knew better, and the tablet had not heard of it.",
                "La oficina sabía más, y la tableta no lo había recibido.",
            ),
        }
    }

    /// How old the tablet's data was, and how wrong its clock.
    fn clock_said(&self, visit: &Replayed) -> String {
        let age = visit.data_age_s.map(|age| match self.f.lang() {
            "en" => format!("Its data was {} min old.", age / 60),
            _ => format!("Sus datos eran de hace {} min.", age / 60),
        });
        let off = visit.office_ahead_s.filter(|off| off.abs() >= 60).map(|off| {
            let behind = self.f.t("behind", "de atraso");
            let ahead = self.f.t("ahead", "de adelanto");
            let word = if off > 0 { behind } else { ahead };
            format!("{} {} min {word}.", self.f.t("Its clock was", "Su reloj tenía"), off.abs() / 60)
        });
        [age, off].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

async fn page(State(state): State<AppState>, desk: Desk, Path(id): Path<String>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeExceptions) {
        return Ok(*refused);
    }
    match replay::of(&state, &desk.frame.voice, &id).await {
        Ok(r) => html(&Page { f: desk.frame, h: Head { tab: "orders", days: None, has_file: false }, r }),
        Err(bad) => not_made(desk, "exceptions", bad),
    }
}
