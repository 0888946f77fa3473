//! `/dispatch/routes/{id}/sheet`: a route on paper, for the day a tablet fails. Looking at it says nothing about who goes
//! by it; printing it does.

use super::{
    frame::{Desk, Frame},
    go_to, html, refused,
};
use crate::{
    http::problem::Problem,
    service::{
        authorise::Action,
        route_sheet::{self, LeftAs, Over, RouteSheet},
        telling::method_said,
    },
    state::AppState,
};
use askama::Template;
use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::get,
};
use curbstop_shared::ids::RouteId;
use serde::Deserialize;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/dispatch/routes/{id}/sheet", get(sheet).post(print))
}

#[derive(Template)]
#[template(path = "sheet.html")]
struct Sheet {
    f: Frame,
    s: RouteSheet,
    /// The browser asks for its printer.
    prints: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Wanted {
    print: bool,
}

async fn sheet(
    State(state): State<AppState>,
    desk: Desk,
    Path(id): Path<RouteId>,
    Query(Wanted { print }): Query<Wanted>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeRoutes) {
        return Ok(*refused);
    }
    match route_sheet::sheet(&state, id).await {
        Ok(s) => html(&Sheet { prints: print && s.on_paper_at.is_some(), f: desk.frame, s }),
        Err(bad) => refused(desk.frame, bad),
    }
}

async fn print(State(state): State<AppState>, desk: Desk, Path(id): Path<RouteId>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::Publish) {
        return Ok(*refused);
    }
    match route_sheet::print(&state, &desk.actor, id).await {
        Ok(()) => Ok(go_to(&format!("/dispatch/routes/{id}/sheet?print=true"), desk.frame.fragment)),
        Err(bad) => refused(desk.frame, bad),
    }
}

impl Frame {
    /// "Paid or protected after 09:40? Call dispatch 555-0100 before each cut."
    fn call_first(&self, sheet: &RouteSheet) -> String {
        let (time, phone) = (self.voice.time(sheet.as_of), sheet.dispatch_phone.as_deref().unwrap_or_default());
        let phone = if phone.is_empty() { String::new() } else { format!(" {phone}") };
        match self.lang() {
            "en" => format!("Paid or protected after {time}? Call dispatch{phone} before each cut."),
            _ => format!("¿Pagó o se protegió después de las {time}? Llame a despacho{phone} antes de cada corte."),
        }
    }

    /// "curb stop locked, lock L-1, read 036500": how the cut left it.
    fn left_as(&self, left: &LeftAs) -> String {
        let method = left.method.map(|method| method_said(method, &self.voice).to_owned());
        let lock = left.lock.as_ref().map(|lock| format!("{} {lock}", self.t("lock", "candado")));
        let read = left.reading.as_ref().map(|digits| format!("{} {digits}", self.t("read", "lectura")));
        let said: Vec<String> = [method, lock, read].into_iter().flatten().collect();
        said.join(", ")
    }

    /// Why nobody goes there.
    pub(in crate::pages) fn over_said(&self, over: &Over) -> &'static str {
        let language = self.voice.language;
        match over {
            Over::Released => language.pick("RELEASED: do not cut", "LIBERADA: no cortar"),
            Over::Recalled => language.pick("TAKEN BACK: do not go", "RETIRADA: no ir"),
            Over::Protected => language.pick("PROTECTED: do not cut", "PROTEGIDA: no cortar"),
            Over::Stopped => language.pick("STOPPED at the door: do not go", "DETENIDA en la puerta: no ir"),
            Over::TakenOff => language.pick("OFF THIS ROUTE: do not go", "FUERA DE ESTA RUTA: no ir"),
            Over::Done => language.pick("DONE", "HECHA"),
        }
    }
}
