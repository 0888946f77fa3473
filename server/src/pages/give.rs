//! A reconnect that no crew has is given to one that is out, from the list of what needs attention.

use super::{
    Said,
    frame::{Desk, Frame},
    go_to, in_place, refused,
};
use crate::{
    http::problem::Problem,
    service::{
        authorise::Action,
        board::Offer,
        idempotency::Once,
        planning::{self, Given},
    },
    state::AppState,
};
use axum::{Form, Router, extract::State, http::StatusCode, response::Response, routing::post};
use chrono::NaiveDate;
use curbstop_shared::{
    ids::{OrderId, RouteId},
    time::Span,
};
use serde::Deserialize;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/dispatch/give", post(give))
}

#[derive(Deserialize)]
struct Chosen {
    order: OrderId,
    route: RouteId,
    date: NaiveDate,
}

async fn give(
    State(state): State<AppState>,
    desk: Desk,
    Form(Chosen { order, route, date }): Form<Chosen>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::Publish) {
        return Ok(*refused);
    }
    // One route takes one order once, so they are the key themselves: the list is drawn anew with every event, and a
    // key that changed each time would take the button from under the hand.
    let key = format!("give-{order}-{route}");
    let done = match Once::new(&key, "POST", "/dispatch/give", b"") {
        Ok(once) => planning::give(&state, &desk.actor, &once, order, route).await,
        Err(bad) => Err(bad),
    };
    match done {
        Ok(_) if !desk.frame.fragment => Ok(go_to(&format!("/dispatch?date={date}"), false)),
        Ok(answer) => {
            let given: Given = serde_json::from_slice(&answer.body).map_err(|bad| Problem::internal(&bad))?;
            let text = desk.frame.given(&given);
            in_place(desk.frame, StatusCode::OK, &Said { tone: "restore", text })
        }
        Err(bad) => refused(desk.frame, bad),
    }
}

impl Frame {
    fn given(&self, given: &Given) -> String {
        format!(
            "{} {} {}: {}. {}",
            given.number,
            self.t("is on the route of", "está en la ruta de"),
            given.crew_name,
            self.stops_before(given.stops_before),
            self.t(
                "The tablet gets it with its next contact; call if that is too late.",
                "La tableta la recibe con su próximo contacto; llame si es tarde.",
            )
        )
    }

    /// "+4 min, next stop".
    pub(super) fn offer(&self, offer: &Offer) -> String {
        format!("+{}, {}", self.voice.span(Span::seconds(offer.extra_s)), self.stops_before(offer.stops_before))
    }

    fn stops_before(&self, stops: usize) -> String {
        match stops {
            0 => self.t("next stop", "próxima parada").to_owned(),
            1 => self.t("after 1 stop", "tras 1 parada").to_owned(),
            n => format!("{} {n} {}", self.t("after", "tras"), self.t("stops", "paradas")),
        }
    }
}
