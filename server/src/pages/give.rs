//! A reconnect that no crew has, or whose crew can't be heard of, is given to one that is out; and the stops of a crew
//! that a plan leaves out are taken back for it.

use super::{
    Said,
    frame::{Desk, Frame},
    go_to, in_place, refused,
};
use crate::{
    http::{extract::Form, problem::Problem},
    service::{
        authorise::Action,
        board::{Offer, Reach, SILENT_AFTER},
        idempotency::Once,
        planning::{self, Given, StopsBack},
        told_by_phone::{self, ToldByPhone},
    },
    state::AppState,
};
use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
    routing::post,
};
use chrono::NaiveDate;
use curbstop_shared::{
    ids::{OrderId, RouteId},
    time::Span,
};
use serde::Deserialize;
use uuid::Uuid;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/dispatch/give", post(give))
        .route("/dispatch/told", post(tell))
        .route("/dispatch/routes/{id}/take-back", post(take_off))
}

#[derive(Deserialize)]
struct Chosen {
    order: OrderId,
    route: RouteId,
    /// The route that has it, as the list showed it.
    from: Option<RouteId>,
    date: NaiveDate,
}

async fn give(
    State(state): State<AppState>,
    desk: Desk,
    Form(Chosen { order, route, from, date }): Form<Chosen>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::Publish) {
        return Ok(*refused);
    }
    // One route takes one order once, so they are the key themselves: the list is drawn anew with every event, and a
    // key that changed each time would take the button from under the hand.
    let key = format!("give-{order}-{route}{}", from.map(|from| format!("-{from}")).unwrap_or_default());
    let done = match Once::new(&key, "POST", "/dispatch/give", b"") {
        Ok(once) => planning::give(&state, &desk.actor, &once, order, route, from).await,
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

/// A crew that somebody has called.
#[derive(Deserialize)]
struct Called {
    route: RouteId,
    /// Ids of the orders, with commas between them.
    orders: String,
    date: NaiveDate,
}

async fn tell(
    State(state): State<AppState>,
    desk: Desk,
    Form(Called { route, orders, date }): Form<Called>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::Recall) {
        return Ok(*refused);
    }
    let orders = orders.split(',').filter_map(|order| order.parse().ok()).collect();
    // Saying it twice says nothing new, and what is taken back later has to be told again.
    let done = match Once::new(&state.new_id().to_string(), "POST", "/dispatch/told", b"") {
        Ok(once) => told_by_phone::tell(&state, &desk.actor, &once, route, &orders).await,
        Err(bad) => Err(bad),
    };
    match done {
        Ok(_) if !desk.frame.fragment => Ok(go_to(&format!("/dispatch?date={date}"), false)),
        Ok(answer) => {
            let told: ToldByPhone = serde_json::from_slice(&answer.body).map_err(|bad| Problem::internal(&bad))?;
            let (crew, numbers) = (&told.crew_name, told.orders.join(", "));
            let text = match desk.frame.lang() {
                _ if numbers.is_empty() => {
                    desk.frame.t("This crew knew already.", "Esta cuadrilla ya lo sabía.").into()
                }
                "en" => format!("{crew} was told by phone: {numbers}. It stands on each account with your name."),
                _ => format!("Se avisó por teléfono a {crew}: {numbers}. Queda en cada cuenta con su nombre."),
            };
            in_place(desk.frame, StatusCode::OK, &Said { tone: "restore", text })
        }
        Err(bad) => refused(desk.frame, bad),
    }
}

/// What was taken back, with the way to the step that plans it anew.
#[derive(Template)]
#[template(path = "stops_back.html")]
struct TakenOff {
    f: Frame,
    back: StopsBack,
    /// The day that is being planned.
    date: NaiveDate,
}

/// The stops of another crew that a plan has left out.
#[derive(Deserialize)]
struct ToTakeOff {
    key: String,
    date: NaiveDate,
    plan: Uuid,
}

async fn take_off(
    State(state): State<AppState>,
    desk: Desk,
    Path(route): Path<RouteId>,
    Form(ToTakeOff { key, date, plan }): Form<ToTakeOff>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::Publish) {
        return Ok(*refused);
    }
    // Those that the page listed, and not whatever else the route has.
    let listed = match planning::get(&state, plan).await {
        Ok(plan) => planning::left_out_on(&state, &plan, route).await?,
        Err(bad) => return refused(desk.frame, bad),
    };
    let uri = format!("/dispatch/routes/{route}/take-back");
    // The page has one key for all of its groups.
    let done = match Once::new(&format!("{key}-{route}"), "POST", &uri, b"") {
        Ok(once) => planning::take_off(&state, &desk.actor, &once, route, Some(&listed)).await,
        Err(bad) => Err(bad),
    };
    match done {
        Ok(_) if !desk.frame.fragment => Ok(go_to(&format!("/dispatch?date={date}&step=2"), false)),
        Ok(answer) => {
            let back = serde_json::from_slice(&answer.body).map_err(|bad| Problem::internal(&bad))?;
            in_place(desk.frame.clone(), StatusCode::OK, &TakenOff { f: desk.frame, back, date })
        }
        Err(bad) => refused(desk.frame, bad),
    }
}

impl Frame {
    fn given(&self, given: &Given) -> String {
        let told = given.taken_from.as_ref().map_or_else(String::new, |from| {
            let call = from.phone.as_ref().map_or_else(String::new, |phone| format!(" ({phone})"));
            format!(
                " {}{call}: {}",
                from.crew_name,
                if from.has_tablet {
                    self.t(
                        "call, its tablet may not have seen that it lost it.",
                        "llame, su tableta quizá no ha visto que ya no la tiene.",
                    )
                } else {
                    self.t(
                        "call, it has no tablet and does not know that it lost it.",
                        "llame, no tiene tableta y no sabe que ya no la tiene.",
                    )
                }
            )
        });
        format!(
            "{} {} {}: {}. {}{told}",
            given.number,
            self.t("is on the route of", "está en la ruta de"),
            given.crew_name,
            self.stops_before(given.stops_before),
            self.hears_of_it(given),
        )
    }

    /// How the crew that got it hears of it.
    fn hears_of_it(&self, given: &Given) -> String {
        let silent = given.last_contact_s.map(Span::seconds);
        match silent {
            _ if !given.has_tablet => self
                .t("It has no tablet in service: call the crew.", "No tiene tableta en servicio: llame a la cuadrilla.")
                .to_owned(),
            None => self
                .t(
                    "No tablet has fetched this route: call the crew.",
                    "Ninguna tableta ha recibido esta ruta: llame a la cuadrilla.",
                )
                .to_owned(),
            Some(silent) if silent >= SILENT_AFTER => format!(
                "{} {}: {}",
                self.t("Its tablet is silent for", "Su tableta está sin contacto desde hace"),
                self.voice.span(silent),
                self.t("call the crew.", "llame a la cuadrilla.")
            ),
            Some(_) => self
                .t(
                    "The tablet gets it with its next contact; call if that is too late.",
                    "La tableta la recibe con su próximo contacto; llame si es tarde.",
                )
                .to_owned(),
        }
    }

    /// "+4 min, next stop".
    pub(super) fn offer(&self, offer: &Offer) -> String {
        let call = match offer.reach {
            Reach::Heard => String::new(),
            Reach::Silent { since: Some(at) } => format!(
                "; {} {}: {}",
                self.t("tablet silent since", "tableta sin contacto desde"),
                self.voice.time(at),
                self.t("call", "llame")
            ),
            Reach::Silent { since: None } | Reach::NotFetched => self
                .t("; its tablet has not fetched the route: call", "; su tableta no ha recibido la ruta: llame")
                .to_owned(),
            Reach::NoTablet => self.t("; no tablet: call", "; sin tableta: llame").to_owned(),
        };
        format!("+{}, {}{call}", self.voice.span(Span::seconds(offer.extra_s)), self.stops_before(offer.stops_before))
    }

    fn stops_before(&self, stops: usize) -> String {
        match stops {
            0 => self.t("next stop", "próxima parada").to_owned(),
            1 => self.t("after 1 stop", "tras 1 parada").to_owned(),
            n => format!("{} {n} {}", self.t("after", "tras"), self.t("stops", "paradas")),
        }
    }
}
