//! `/dispatch/routes/{id}/paper`: a route sheet came back filled in, and its visits are keyed in stop by stop.

use super::{
    frame::{Desk, Frame},
    go_to, html, in_place, refused,
};
use crate::{
    http::{extract::Form, problem::Problem},
    service::{
        ServiceError,
        authorise::Action as May,
        exceptions::kind_said,
        idempotency::{Answer, Once},
        on_paper::{self, KeyedIn, LineDone, PaperForm, PaperVisit, deeds},
        route_sheet::{self, RouteSheet},
        telling::{action_said, method_said},
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
use curbstop_shared::{
    at_the_door,
    disposition::sentences::unable_name,
    ids::{LineId, OrderId, RouteId},
    route_document::PublishedLine,
};
use std::collections::BTreeMap;
use uuid::Uuid;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/dispatch/routes/{id}/paper", get(sheet))
        .route("/dispatch/routes/{id}/paper/{order}", get(form).post(key_in))
}

#[derive(Template)]
#[template(path = "paper.html")]
struct Sheet {
    f: Frame,
    route: RouteId,
    s: RouteSheet,
}

async fn sheet(State(state): State<AppState>, desk: Desk, Path(route): Path<RouteId>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(May::KeyInVisits) {
        return Ok(*refused);
    }
    match route_sheet::sheet(&state, route).await {
        Ok(s) => html(&Sheet { f: desk.frame, route, s }),
        Err(bad) => refused(desk.frame, bad),
    }
}

#[derive(Template)]
#[template(path = "paper_visit.html")]
struct VisitForm {
    f: Frame,
    p: PaperForm,
    actions: Vec<(&'static str, &'static str)>,
    /// Each with how it can have been done there.
    lines: Vec<(PublishedLine, Vec<(&'static str, &'static str)>)>,
    codes: Vec<(&'static str, &'static str)>,
    key: Uuid,
}

async fn form(
    State(state): State<AppState>,
    desk: Desk,
    Path((route, order)): Path<(RouteId, OrderId)>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(May::KeyInVisits) {
        return Ok(*refused);
    }
    let f = desk.frame;
    let p = match on_paper::form(&state, route, order, &f.voice).await {
        Ok(p) => p,
        Err(bad) => return refused(f, bad),
    };
    let kind = p.order.kind;
    let done = deeds(kind, p.was_cut);
    let ways = |line: &PublishedLine| {
        let mut ways = Vec::new();
        for method in done.iter().flat_map(|deed| at_the_door::ways(line, *deed)) {
            let way = (method.code(), method_said(method, &f.voice));
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
        ways
    };
    let page = VisitForm {
        actions: done.iter().map(|action| (action.code(), action_said(*action, &f.voice))).collect(),
        lines: p.order.lines.iter().map(|line| (line.clone(), ways(line))).collect(),
        codes: at_the_door::unable_codes_on_paper(kind)
            .map(|code| (code.code(), unable_name(code, f.voice.language)))
            .collect(),
        key: state.new_id(),
        f,
        p,
    };
    html(&page)
}

type Fields = BTreeMap<String, String>;

#[derive(Template)]
#[template(path = "paper_asked.html")]
struct Asked {
    f: Frame,
    asked: String,
    action: String,
    /// The form as it was filled in.
    fields: Fields,
}

#[derive(Template)]
#[template(path = "paper_done.html")]
struct Done {
    f: Frame,
    route: RouteId,
    account: String,
    tone: &'static str,
    text: String,
}

async fn key_in(
    State(state): State<AppState>,
    desk: Desk,
    Path((route, order)): Path<(RouteId, OrderId)>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(May::KeyInVisits) {
        return Ok(*refused);
    }
    let action = format!("/dispatch/routes/{route}/paper/{order}");
    let done = done(&state, &desk, (route, order), &action, &fields).await;
    let f = desk.frame;
    match done {
        Ok(answer) if f.fragment => {
            let keyed: KeyedIn = serde_json::from_slice(&answer.body).map_err(|bad| Problem::internal(&bad))?;
            let tone = if keyed.needs_a_person.is_empty() { "restore" } else { "wait" };
            let text = said(&f, &keyed);
            in_place(f.clone(), StatusCode::OK, &Done { f, route, account: keyed.account, tone, text })
        }
        Ok(_) => Ok(go_to(&format!("/dispatch/routes/{route}/paper"), false)),
        Err(ServiceError::Refused(refusal)) if refusal.code == "confirm_needed" => {
            let asked = Asked { f: f.clone(), asked: refusal.detail, action, fields };
            in_place(f, StatusCode::CONFLICT, &asked)
        }
        Err(bad) => refused(f, bad),
    }
}

async fn done(
    state: &AppState,
    desk: &Desk,
    (route, order): (RouteId, OrderId),
    action: &str,
    fields: &Fields,
) -> Result<Answer, ServiceError> {
    let visit = visit(&desk.frame, route, fields)?;
    let body = serde_json::to_vec(&visit).unwrap_or_default();
    let once = Once::new(fields.get("key").map_or("", String::as_str), "POST", action, &body)?;
    on_paper::key_in(state, &desk.actor, &order.to_string(), &visit, &once, &desk.frame.voice).await
}

/// The form as the service takes it.
fn visit(f: &Frame, route: RouteId, fields: &Fields) -> Result<PaperVisit, ServiceError> {
    let text = |name: &str| fields.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let by = text("by").and_then(|by| by.parse().ok()).ok_or_else(|| {
        ServiceError::invalid("not_of_crew", f.t("Say who of the crew did it.", "Diga quién de la cuadrilla lo hizo."))
    })?;
    let mut lines: BTreeMap<&str, LineDone> = BTreeMap::new();
    for (name, value) in fields {
        let Some((what, line)) = name.split_once('-') else { continue };
        let value = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
        let Some(value) = value else { continue };
        let done = lines.entry(line).or_insert_with(|| LineDone::of(LineId(line.to_owned())));
        match what {
            "action" => done.action = value.parse().ok(),
            "method" => done.method = value.parse().ok(),
            "digits" => done.digits = Some(value),
            "lock" => done.lock = Some(value),
            "serial" => done.serial_seen = Some(value),
            _ => {}
        }
    }
    Ok(PaperVisit {
        route: Some(route),
        by,
        at: format!("{}T{}", text("date").unwrap_or_default(), text("time").unwrap_or_default()),
        code: text("code").and_then(|code| code.parse().ok()),
        receipt: text("receipt"),
        lines: lines.into_values().collect(),
        called: text("called"),
        note: text("note"),
        confirmed: text("confirmed").is_some(),
    })
}

/// "T-2291 is recorded. Restores: R-7. Needs a person: Cut crossed a payment."
fn said(f: &Frame, keyed: &KeyedIn) -> String {
    let mut text = format!("{} {}", keyed.order, f.t("is recorded.", "quedó registrada."));
    for reconnect in &keyed.reconnects {
        text.push_str(&format!(" {} {reconnect}.", f.t("Restores:", "Reconecta:")));
    }
    if !keyed.needs_a_person.is_empty() {
        let kinds: Vec<&str> = keyed.needs_a_person.iter().map(|kind| kind_said(*kind, &f.voice)).collect();
        text.push_str(&format!(" {} {}.", f.t("Needs a person:", "Necesita a una persona:"), kinds.join(", ")));
    }
    text
}
