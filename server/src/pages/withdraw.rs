//! A wrong listing is withdrawn: what that does to which truck is on the page before the last key.

use super::{
    frame::{Desk, Frame},
    html, in_place, refused,
};
use crate::{
    http::{extract::Form, problem::Problem},
    service::{
        authorise::Action,
        idempotency::Once,
        trucks::Truck,
        withdrawing::{self, Withdraw, Withdrawal},
    },
    state::AppState,
};
use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use curbstop_shared::{ids::ListingId, time::Span};
use serde::Deserialize;
use uuid::Uuid;

/// A tablet that was not heard of for so long is called, as on the board.
const SILENT_AFTER_S: i64 = 30 * 60;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/dispatch/listings/{id}/withdraw", get(ask).post(withdraw))
}

#[derive(Template)]
#[template(path = "withdraw.html")]
struct Ask {
    f: Frame,
    w: Withdrawal,
    key: Uuid,
}

#[derive(Template)]
#[template(path = "withdrawn.html")]
struct Withdrawn {
    f: Frame,
    w: Withdrawal,
}

async fn ask(State(state): State<AppState>, desk: Desk, Path(id): Path<ListingId>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::FinaliseListings) {
        return Ok(*refused);
    }
    match withdrawing::preview(&state, &desk.actor, id).await {
        Ok(w) => html(&Ask { f: desk.frame, w, key: state.new_id() }),
        Err(bad) => refused(desk.frame, bad),
    }
}

#[derive(Deserialize)]
struct Filled {
    key: String,
    #[serde(default)]
    why: String,
    #[serde(default)]
    give_back: Option<String>,
}

async fn withdraw(
    State(state): State<AppState>,
    desk: Desk,
    Path(id): Path<ListingId>,
    Form(Filled { key, why, give_back }): Form<Filled>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::FinaliseListings) {
        return Ok(*refused);
    }
    let said = Withdraw { why, give_back: give_back.is_some() };
    let uri = format!("/dispatch/listings/{id}/withdraw");
    let done = match Once::new(&key, "POST", &uri, format!("{}\n{}", said.give_back, said.why).as_bytes()) {
        Ok(once) => withdrawing::withdraw(&state, &desk.actor, &once, id, &said).await,
        Err(bad) => Err(bad),
    };
    match done {
        Ok(answer) => {
            let w: Withdrawal = serde_json::from_slice(&answer.body).map_err(|bad| Problem::internal(&bad))?;
            in_place(desk.frame.clone(), StatusCode::OK, &Withdrawn { f: desk.frame, w })
        }
        Err(bad) => refused(desk.frame, bad),
    }
}

impl Withdrawal {
    /// A crew that may have orders of several days counts once.
    fn crews_count(&self) -> usize {
        self.trucks.iter().map(|truck| &truck.crew).collect::<std::collections::BTreeSet<_>>().len()
    }

    fn off_count(&self) -> usize {
        self.done.iter().filter(|done| done.is_off).count()
    }
}

impl Frame {
    /// "Version 3 from city billing", "The draft from city billing".
    fn listing_said(&self, w: &Withdrawal) -> String {
        let from = self.t("from", "de");
        match w.number {
            Some(number) => format!("{} {number} {from} {}", self.t("Version", "Versión"), w.source),
            None => format!("{} {from} {}", self.t("The draft", "El borrador"), w.source),
        }
    }

    /// How a truck hears of it, and whether somebody has to call.
    pub(super) fn hears(&self, truck: &Truck) -> (bool, String) {
        match truck.last_contact_s {
            _ if truck.out_of_service => (
                true,
                self.t(
                    "a tablet with the route is out of service and was not handed in: call, it hears nothing.",
                    "una tableta con la ruta está fuera de servicio y no se ha entregado: llame, no se entera de nada.",
                )
                .to_owned(),
            ),
            None => (
                true,
                self.t(
                    "no tablet has said that it has the route: call, the crew may work from paper.",
                    "ninguna tableta ha dicho que tiene la ruta: llame, la cuadrilla puede trabajar con papel.",
                )
                .to_owned(),
            ),
            Some(s) if s >= SILENT_AFTER_S => {
                let (before, after) = (
                    self.t("out of reach for", "sin contacto desde hace"),
                    self.t("call now, it may cut before it hears.", "llame ya, puede cortar antes de saberlo."),
                );
                (true, format!("{before} {}: {after}", self.voice.span(Span::seconds(s))))
            }
            Some(s) => {
                let (before, age, after) = (
                    self.t("heard of", "último contacto hace"),
                    self.voice.span(Span::seconds(s)),
                    self.t("ago: it hears with its next contact.", ": lo sabe con su próximo contacto."),
                );
                (false, format!("{before} {age}{}{after}", self.t(" ", "")))
            }
        }
    }
}
