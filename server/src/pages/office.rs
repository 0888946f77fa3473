//! `/office`: one search box, the account's answer in its first line, and the worklist of exceptions.

use super::{
    frame::{Desk, Frame},
    go_to, html, html_with, in_place,
};
use crate::{
    http::problem::Problem,
    service::{
        ServiceError,
        accounts::{self, Account, Found},
        authorise::Action,
        exceptions::{self, Entry},
        idempotency::Once,
    },
    state::AppState,
};
use askama::Template;
use axum::{
    Form, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use curbstop_shared::time::Micros;
use serde::Deserialize;
use uuid::Uuid;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/office", get(home))
        .route("/office/search", get(results))
        .route("/office/worklist", get(worklist))
        .route("/office/accounts/{account}", get(account))
        .route("/office/accounts/{account}/live", get(account_live))
        .route("/office/exceptions/{id}", post(resolve))
}

#[derive(Template)]
#[template(path = "office.html")]
struct Home {
    f: Frame,
    q: String,
    found: Vec<Found>,
    entries: Vec<EntryRow>,
}

#[derive(Template)]
#[template(path = "results.html")]
struct Results {
    f: Frame,
    q: String,
    found: Vec<Found>,
}

#[derive(Template)]
#[template(path = "worklist_live.html")]
struct Worklist {
    f: Frame,
    entries: Vec<EntryRow>,
}

/// An entry with what its row needs.
pub(super) struct EntryRow {
    pub entry: Entry,
    pub due_at: Micros,
    pub late: bool,
    pub owner: &'static str,
    /// The key under which its form may be sent again.
    pub key: Uuid,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Wanted {
    q: String,
}

async fn home(
    State(state): State<AppState>,
    desk: Desk,
    Query(Wanted { q }): Query<Wanted>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeAccounts) {
        return Ok(*refused);
    }
    let found = accounts::search(&state, &desk.frame.voice, &q).await?;
    // Sent without the script: the one that fits is what was meant.
    if let [only] = found.as_slice() {
        return Ok(go_to(&format!("/office/accounts/{}", super::frame::percent(&only.account)), desk.frame.fragment));
    }
    let entries = entries(&state, &desk.frame, None).await?;
    html(&Home { f: desk.frame, q, found, entries })
}

async fn results(
    State(state): State<AppState>,
    desk: Desk,
    Query(Wanted { q }): Query<Wanted>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeAccounts) {
        return Ok(*refused);
    }
    let found = accounts::search(&state, &desk.frame.voice, &q).await?;
    html(&Results { f: desk.frame, q, found })
}

async fn worklist(State(state): State<AppState>, desk: Desk) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeExceptions) {
        return Ok(*refused);
    }
    let entries = entries(&state, &desk.frame, None).await?;
    html(&Worklist { f: desk.frame, entries })
}

async fn entries(state: &AppState, frame: &Frame, account: Option<&str>) -> Result<Vec<EntryRow>, Problem> {
    let entries = exceptions::list(state, &frame.voice, account, exceptions::LIST_MAX).await?;
    Ok(entries
        .into_iter()
        .map(|entry| EntryRow {
            due_at: Micros(entry.due_at_us),
            late: entry.due_at_us < frame.voice.now.0,
            owner: frame.role_name(entry.owner),
            key: state.new_id(),
            entry,
        })
        .collect())
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    f: Frame,
    q: String,
    found: Vec<Found>,
    a: Account,
    entries: Vec<EntryRow>,
    tenders: Vec<(&'static str, &'static str)>,
    paid_at: String,
    key: Uuid,
}

#[derive(Template)]
#[template(path = "account_live.html")]
struct AccountLive {
    f: Frame,
    a: Account,
    entries: Vec<EntryRow>,
}

#[derive(Template)]
#[template(path = "account_unknown.html")]
struct Unknown {
    f: Frame,
    q: String,
    found: Vec<Found>,
}

async fn account(State(state): State<AppState>, desk: Desk, Path(number): Path<String>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeAccounts) {
        return Ok(*refused);
    }
    let f = desk.frame;
    match accounts::account(&state, &f.voice, &number).await {
        Ok(a) => {
            let entries = entries(&state, &f, Some(&number)).await?;
            let (tenders, paid_at) = (tenders(&f), f.voice.form_value(f.voice.now));
            let page = AccountPage {
                q: String::new(),
                found: Vec::new(),
                a,
                entries,
                tenders,
                paid_at,
                key: state.new_id(),
                f,
            };
            html(&page)
        }
        Err(ServiceError::Refused(refusal)) if refusal.code == "account_unknown" => {
            html_with(StatusCode::NOT_FOUND, &Unknown { f, q: number, found: Vec::new() })
        }
        Err(other) => Err(other.into()),
    }
}

async fn account_live(
    State(state): State<AppState>,
    desk: Desk,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeAccounts) {
        return Ok(*refused);
    }
    let a = accounts::account(&state, &desk.frame.voice, &number).await?;
    let entries = entries(&state, &desk.frame, Some(&number)).await?;
    html(&AccountLive { f: desk.frame, a, entries })
}

fn tenders(f: &Frame) -> Vec<(&'static str, &'static str)> {
    vec![
        ("cash", f.voice.language.pick("Cash", "Efectivo")),
        ("card", f.voice.language.pick("Card", "Tarjeta")),
        ("check", f.voice.language.pick("Check", "Cheque")),
        ("money_order", f.voice.language.pick("Money order", "Giro")),
        ("online", f.voice.language.pick("Online", "En línea")),
    ]
}

#[derive(Deserialize)]
struct Resolution {
    why: String,
    key: String,
}

#[derive(Template)]
#[template(path = "say.html")]
struct Said {
    tone: &'static str,
    text: String,
}

async fn resolve(
    State(state): State<AppState>,
    desk: Desk,
    Path(id): Path<Uuid>,
    Form(Resolution { why, key }): Form<Resolution>,
) -> Result<Response, Problem> {
    let uri = format!("/office/exceptions/{id}");
    let done = match Once::new(&key, "POST", &uri, why.as_bytes()) {
        Ok(once) => exceptions::resolve(&state, &desk.actor, id, &why, &once, &desk.frame.voice).await,
        Err(bad) => Err(bad),
    };
    match done {
        Ok(_) if desk.frame.fragment => {
            let text = desk.frame.t("Closed.", "Cerrada.").to_owned();
            in_place(desk.frame, StatusCode::OK, &Said { tone: "restore", text })
        }
        Ok(_) => Ok(go_to("/office", false)),
        Err(ServiceError::Refused(refusal)) => {
            let said = Said { tone: "stop", text: refusal_said(&desk.frame, refusal.code, &refusal.detail) };
            let status = Problem::from(refusal).status;
            in_place(desk.frame, status, &said)
        }
        Err(other) => Err(other.into()),
    }
}

fn refusal_said(f: &Frame, code: &str, detail: &str) -> String {
    match code {
        "still_off" => f.t(
            "The customer is still off because of it. Restore the service first; then it can be closed.",
            "El cliente sigue sin servicio por esto. Reconecte primero; después se puede cerrar.",
        ),
        "exception_closed" => f.t("This was closed already.", "Ya estaba cerrada."),
        "why_missing" => f.t("Say what was done about it.", "Diga qué se hizo."),
        "role_forbids" => f.t("This is not for your role.", "Esto no es para su función."),
        _ => detail,
    }
    .to_owned()
}
