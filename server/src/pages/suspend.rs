//! Cuts are suspended in an area, and go on: which crew has to hear it is on the page before the last key.

use super::{
    frame::{Desk, Frame},
    go_to, html, in_place, refused,
};
use crate::{
    http::{extract::Form, problem::Problem},
    planning::area::Covers,
    service::{
        ServiceError,
        authorise::Action,
        idempotency::Once,
        suspending::{self, CrewTold, NewSuspension, Suspended},
    },
    state::AppState,
};
use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/dispatch/suspend", get(form).post(suspend))
        .route("/dispatch/suspend/preview", post(preview))
        .route("/dispatch/suspend/{suspension}/lift", get(ask_lift).post(lift))
}

/// A kind of area with what may be chosen of it: for the form, and for people.
type Group = (String, Vec<(String, String)>);

#[derive(Template)]
#[template(path = "suspend.html")]
struct Suspend {
    f: Frame,
    latest: Vec<Suspended>,
    areas: Vec<Group>,
    key: Uuid,
}

async fn form(State(state): State<AppState>, desk: Desk) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeRoutes) {
        return Ok(*refused);
    }
    let latest = suspending::latest(&state, &desk.actor).await?;
    let f = desk.frame;
    let mut areas = Vec::new();
    for covers in Covers::ALL {
        let of_kind = suspending::areas(&state, covers).await?;
        let kind = f.kind_of_area(covers);
        let each = of_kind.into_iter().map(|(place, premises)| {
            let count = f.counted(
                usize::try_from(premises).unwrap_or_default(),
                &["premise", "premises"],
                &["local", "locales"],
            );
            (format!("{}:{place}", covers.code()), format!("{kind} {place} ({count})"))
        });
        let each: Vec<_> = each.collect();
        if !each.is_empty() {
            areas.push((f.kind_of_area(covers).to_owned(), each));
        }
    }
    html(&Suspend { latest, areas, key: state.new_id(), f })
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Filled {
    /// `everywhere`, or the kind of area and its name with a colon between them; empty where none was chosen yet.
    #[serde(default)]
    area: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    good_through: String,
    #[serde(default)]
    why: String,
    #[serde(default)]
    key: String,
}

impl Filled {
    /// `why`: what stands for it where nobody has written it yet.
    fn suspension(&self, why: Option<&str>) -> Result<NewSuspension, ServiceError> {
        let missing = || ServiceError::invalid("area_missing", "Choose where cuts are to stop.");
        let (covers, place) = self.area.split_once(':').unwrap_or((&self.area, ""));
        let covers = Covers::of_code(covers).ok_or_else(missing)?;
        let day = self.good_through.trim();
        let good_through = match day {
            "" => None,
            day => Some(day.parse().map_err(|_| {
                ServiceError::invalid("good_through_invalid", "good_through: write the day as 2026-10-14.")
            })?),
        };
        let said = self.why.trim();
        Ok(NewSuspension {
            covers,
            places: if place.is_empty() { Vec::new() } else { vec![place.to_owned()] },
            reason: self.reason.parse().map_err(|_| {
                ServiceError::invalid("suspension_reason_invalid", "reason: say `weather` or `area_suspension`.")
            })?,
            why: if said.is_empty() { why.unwrap_or_default() } else { said }.to_owned(),
            good_through,
        })
    }
}

/// What a suspension would do, or did.
#[derive(Template)]
#[template(path = "suspend_effects.html")]
struct Effects {
    f: Frame,
    one: Suspended,
}

async fn preview(State(state): State<AppState>, desk: Desk, Form(filled): Form<Filled>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SuspendAreas) {
        return Ok(*refused);
    }
    // What it does is looked at before somebody has written why.
    let asked = match filled.suspension(Some("-")) {
        Ok(new) => suspending::preview(&state, &desk.actor, &new).await,
        Err(bad) => Err(bad),
    };
    match asked {
        Ok(one) => in_place(desk.frame.clone(), StatusCode::OK, &Effects { f: desk.frame, one }),
        Err(bad) => refused(desk.frame, bad),
    }
}

async fn suspend(State(state): State<AppState>, desk: Desk, Form(filled): Form<Filled>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SuspendAreas) {
        return Ok(*refused);
    }
    let body = serde_json::to_vec(&filled).unwrap_or_default();
    let done = match (filled.suspension(None), Once::new(&filled.key, "POST", "/dispatch/suspend", &body)) {
        (Ok(new), Ok(once)) => suspending::suspend(&state, &desk.actor, &new, &once).await,
        (Err(bad), _) | (_, Err(bad)) => Err(bad),
    };
    match done {
        Ok(answer) if desk.frame.fragment => {
            let one: Suspended = serde_json::from_slice(&answer.body).map_err(|bad| Problem::internal(&bad))?;
            in_place(desk.frame.clone(), StatusCode::OK, &Effects { f: desk.frame, one })
        }
        Ok(_) => Ok(go_to("/dispatch", false)),
        Err(bad) => refused(desk.frame, bad),
    }
}

#[derive(Template)]
#[template(path = "suspend_lift.html")]
struct AskLift {
    f: Frame,
    one: Suspended,
    key: Uuid,
}

async fn ask_lift(
    State(state): State<AppState>,
    desk: Desk,
    Path(suspension): Path<String>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SuspendAreas) {
        return Ok(*refused);
    }
    match suspending::to_lift(&state, &desk.actor, &suspension).await {
        Ok(one) => html(&AskLift { f: desk.frame, one, key: state.new_id() }),
        Err(bad) => refused(desk.frame, bad),
    }
}

#[derive(Deserialize)]
struct Why {
    #[serde(default)]
    why: String,
    #[serde(default)]
    key: String,
}

async fn lift(
    State(state): State<AppState>,
    desk: Desk,
    Path(suspension): Path<String>,
    Form(Why { why, key }): Form<Why>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SuspendAreas) {
        return Ok(*refused);
    }
    let uri = format!("/dispatch/suspend/{suspension}/lift");
    let done = match Once::new(&key, "POST", &uri, why.as_bytes()) {
        Ok(once) => suspending::lift(&state, &desk.actor, &suspension, &why, &once).await,
        Err(bad) => Err(bad),
    };
    match done {
        Ok(_) => Ok(go_to("/dispatch", desk.frame.fragment)),
        Err(bad) => refused(desk.frame, bad),
    }
}

impl Frame {
    fn kind_of_area(&self, covers: Covers) -> &'static str {
        match covers {
            Covers::Everywhere => self.t("everywhere", "en todas partes"),
            Covers::City => self.t("City", "Ciudad"),
            Covers::Zip => self.t("ZIP code", "Código postal"),
            Covers::Cycle => self.t("Billing cycle", "Ciclo de facturación"),
            Covers::Route => self.t("Reading route", "Ruta de lectura"),
        }
    }

    /// "ZIP code 69999", "everywhere".
    pub(super) fn area_said(&self, one: &Suspended) -> String {
        let kind = self.kind_of_area(one.covers);
        if one.places.is_empty() { kind.to_owned() } else { format!("{kind} {}", one.places.join(", ")) }
    }

    /// "14 cuts wait on their routes; 3 more on no route are left out of plans. Until Fri 27 Nov."
    pub(super) fn suspended_said(&self, one: &Suspended) -> String {
        let out = match one.stopped {
            0 => self.t("No cut that is out lies there.", "No hay cortes en ruta ahí.").to_owned(),
            1 => self.t("1 cut waits on its route.", "1 corte espera en su ruta.").to_owned(),
            n => format!("{n} {}", self.t("cuts wait on their routes.", "cortes esperan en sus rutas.")),
        };
        let waiting = match one.waiting {
            0 => String::new(),
            1 => {
                self.t(" 1 more on no route is left out of plans.", " 1 más sin ruta queda fuera de los planes.").into()
            }
            n => format!(
                " {n} {}",
                self.t("more on no route are left out of plans.", "más sin ruta quedan fuera de los planes.")
            ),
        };
        let until = one.good_through.map_or_else(
            || self.t(" Until somebody lifts it.", " Hasta que alguien la levante.").to_owned(),
            |day| format!(" {} {}.", self.t("Until", "Hasta el"), self.voice.full_day(day)),
        );
        format!("{out}{waiting}{until}")
    }

    /// What lifting does.
    fn goes_on_said(&self, one: &Suspended) -> String {
        let goes_on = match one.goes_on {
            0 => self
                .t("Nothing that is out goes on because of it.", "Nada de lo que está en ruta sigue por ello.")
                .to_owned(),
            1 => self
                .t(
                    "1 cut is open again on the route that has it, as soon as the tablet hears of it.",
                    "1 corte vuelve a quedar abierto en su ruta cuando la tableta lo sepa.",
                )
                .to_owned(),
            n => format!(
                "{n} {}",
                self.t(
                    "cuts are open again on the routes that have them, as soon as the tablets hear of it.",
                    "cortes vuelven a quedar abiertos en sus rutas cuando las tabletas lo sepan.",
                )
            ),
        };
        let others = match one.stopped - one.goes_on.min(one.stopped) {
            0 => String::new(),
            n => format!(
                " {n} {}",
                self.t(
                    "stay stopped all the same: another suspension or a hold is against them.",
                    "siguen detenidos: otra suspensión o protección los detiene.",
                )
            ),
        };
        let plans = self.t(
            " What stands on no route the next plan takes up, where nothing else is against it.",
            " Lo que no está en ninguna ruta lo toma el próximo plan, si nada más lo impide.",
        );
        format!("{goes_on}{others}{plans}")
    }

    /// Somebody's words as a sentence.
    pub(super) fn as_sentence(&self, said: &str) -> String {
        let said = said.trim();
        if said.ends_with(['.', '!', '?']) { said.to_owned() } else { format!("{said}.") }
    }

    /// How a crew hears of it, and whether somebody has to call. `ahead`: nobody has said it yet.
    pub(super) fn told_of_suspension(&self, crew: &CrewTold, ahead: bool) -> (bool, String) {
        if !ahead && crew.tablet_has_it && !crew.truck.out_of_service {
            return (false, self.t("the tablet has it.", "la tableta ya lo tiene.").to_owned());
        }
        self.hears(&crew.truck)
    }

    /// " (Fri 20 Nov)", for a route that is not today's.
    pub(super) fn of_another_day(&self, crew: &CrewTold) -> String {
        let day = crew.truck.date.parse().ok().filter(|day| *day != self.voice.today());
        day.map_or_else(String::new, |day| format!(" ({})", self.voice.full_day(day)))
    }

    fn any_over(&self, latest: &[Suspended]) -> bool {
        latest.iter().any(|one| !one.in_force)
    }
}
