//! `/dispatch/tablets`: who carries which tablet, what each has, a code for a new one, and taking one out of service.

use super::{
    frame::{Desk, Frame},
    go_to, html, in_place, refused,
};
use crate::{
    http::{extract::Form, problem::Problem},
    service::{
        authorise::Action,
        board::{self, Holding, Tablet},
        crews::{self, Crew},
        enrolment::{self, Device, NewCode},
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
use curbstop_shared::{
    ids::{CrewId, DeviceId},
    time::Micros,
};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/dispatch/tablets", get(all))
        .route("/dispatch/tablets/live", get(live))
        .route("/dispatch/tablets/codes", post(new_code))
        .route("/dispatch/tablets/{id}/revoke", get(ask).post(revoke))
}

#[derive(Template)]
#[template(path = "tablets.html")]
struct Tablets {
    f: Frame,
    crews: Vec<Crew>,
    without: Vec<String>,
    /// Whom the next code is probably for: an own crew without a tablet.
    next: Option<CrewId>,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "tablets_live.html")]
struct TabletsLive {
    f: Frame,
    rows: Vec<Row>,
}

impl Tablets {
    fn is_next(&self, crew: &Crew) -> bool {
        self.next == Some(crew.id)
    }
}

/// A tablet as its row shows it.
struct Row {
    device: Device,
    last_contact: Option<Micros>,
    /// Icon, tone and words of what it has of today's route; nothing where its crew has none.
    held: Option<(&'static str, &'static str, String)>,
    revoked_at: Option<Micros>,
}

async fn all(State(state): State<AppState>, desk: Desk) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeDevices) {
        return Ok(*refused);
    }
    let f = desk.frame;
    let rows = rows(&state, &f).await?;
    let crews: Vec<Crew> = crews::list(&state).await?.into_iter().filter(|crew| crew.active).collect();
    let has = |crew: &&Crew| rows.iter().any(|row| row.device.crew.id == crew.id && row.revoked_at.is_none());
    let next = crews.iter().find(|crew| !has(crew) && !crew.is_contractor()).map(|crew| crew.id);
    let without = crews.iter().filter(|crew| !has(crew)).map(|crew| crew.name.clone()).collect();
    html(&Tablets { f, crews, without, next, rows })
}

async fn live(State(state): State<AppState>, desk: Desk) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeDevices) {
        return Ok(*refused);
    }
    let rows = rows(&state, &desk.frame).await?;
    html(&TabletsLive { f: desk.frame, rows })
}

/// Those in use by crew, then those taken out of service.
async fn rows(state: &AppState, f: &Frame) -> Result<Vec<Row>, Problem> {
    let today = board::board(state, &f.voice, f.voice.today()).await?;
    let on_routes = today.routes.into_iter().filter(|route| !route.replaced);
    let held: BTreeMap<DeviceId, Tablet> =
        on_routes.flat_map(|route| route.tablets).map(|tablet| (tablet.id, tablet)).collect();
    let devices = enrolment::list(state).await?;
    let mut rows: Vec<Row> = devices
        .into_iter()
        .map(|device| Row {
            last_contact: device.last_seen_at.map(|at| at.0),
            held: held.get(&device.id).map(|tablet| held_said(f, tablet)),
            revoked_at: device.revoked_at.map(|at| at.0),
            device,
        })
        .collect();
    rows.sort_by(|a, b| {
        let place = |row: &Row| (row.revoked_at.is_some(), row.device.crew.name.clone(), row.device.name.clone());
        place(a).cmp(&place(b))
    });
    Ok(rows)
}

/// What a tablet has, with how old that is.
fn held_said(f: &Frame, tablet: &Tablet) -> (&'static str, &'static str, String) {
    let (icon, tone, said) = f.holding(tablet);
    let as_of = match tablet.holding {
        Holding::Nothing | Holding::Sent { .. } => return (icon, tone, said),
        Holding::Behind { as_of, .. } | Holding::Everything { as_of } => as_of,
    };
    (icon, tone, format!("{said}, {} {}", f.t("as of", "a las"), f.voice.time(as_of)))
}

#[derive(Deserialize)]
struct ForCrew {
    crew: CrewId,
}

#[derive(Template)]
#[template(path = "code.html")]
struct Code {
    f: Frame,
    crew: String,
    /// Groups of four, a row of the page each few.
    groups: Vec<String>,
    /// The picture without its declaration: it stands within a page.
    qr_svg: String,
    expires_at: Micros,
}

async fn new_code(
    State(state): State<AppState>,
    desk: Desk,
    Form(ForCrew { crew }): Form<ForCrew>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::EnrolDevices) {
        return Ok(*refused);
    }
    match enrolment::make_code(&state, &desk.actor, crew).await {
        Ok(NewCode { code, expires_at, qr_svg }) => {
            let name = crews::list(&state).await?.into_iter().find(|it| it.id == crew).map(|it| it.name);
            let page = Code {
                f: desk.frame.clone(),
                crew: name.unwrap_or_default(),
                groups: code.split('-').map(str::to_owned).collect(),
                qr_svg: qr_svg.find("<svg").map_or_else(String::new, |at| qr_svg[at..].to_owned()),
                expires_at: expires_at.0,
            };
            in_place(desk.frame, StatusCode::OK, &page)
        }
        Err(bad) => refused(desk.frame, bad),
    }
}

#[derive(Template)]
#[template(path = "revoke.html")]
struct AskRevoke {
    f: Frame,
    row: Row,
}

async fn ask(State(state): State<AppState>, desk: Desk, Path(id): Path<DeviceId>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::RevokeDevices) {
        return Ok(*refused);
    }
    let row = rows(&state, &desk.frame).await?.into_iter().find(|row| row.device.id == id);
    match row.filter(|row| row.revoked_at.is_none()) {
        Some(row) => html(&AskRevoke { f: desk.frame, row }),
        None => Ok(go_to("/dispatch/tablets", desk.frame.fragment)),
    }
}

async fn revoke(State(state): State<AppState>, desk: Desk, Path(id): Path<DeviceId>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::RevokeDevices) {
        return Ok(*refused);
    }
    match enrolment::revoke(&state, &desk.actor, id).await {
        Ok(()) => Ok(go_to("/dispatch/tablets", desk.frame.fragment)),
        Err(bad) => refused(desk.frame, bad),
    }
}
