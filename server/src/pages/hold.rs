//! Setting and lifting a hold: what it stops, or lets come back, is on the page before the last key.

use super::{
    effects::{Effect, effects},
    frame::{Desk, Frame, percent},
    go_to, html, in_place, refused,
};
use crate::{
    http::{extract::Form, problem::Problem},
    service::{
        ServiceError,
        accounts::{self, Account},
        authorise::Action,
        idempotency::Once,
        protecting::{self, Held, Lifted, NewHold},
        telling::hold_said,
    },
    state::AppState,
    store::holds::HoldOnFile,
};
use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use curbstop_shared::vocabulary::HoldReason;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/office/accounts/{account}/hold", get(form).post(set))
        .route("/office/accounts/{account}/hold/preview", post(preview))
        .route("/office/holds/{hold}/lift", get(ask_lift).post(lift))
}

#[derive(Template)]
#[template(path = "hold.html")]
struct SetHold {
    f: Frame,
    a: Account,
    kinds: Vec<(&'static str, String)>,
    key: Uuid,
}

async fn form(State(state): State<AppState>, desk: Desk, Path(account): Path<String>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::RecordHolds) {
        return Ok(*refused);
    }
    let f = desk.frame;
    match accounts::account(&state, &f.voice, &account).await {
        Ok(a) => {
            let kind = |kind: &HoldReason| (kind.code(), capital(hold_said(*kind, &f.voice)));
            let kinds = protecting::BY_HAND.iter().map(kind).collect();
            html(&SetHold { a, kinds, key: state.new_id(), f })
        }
        Err(bad) => refused(f, bad),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Filled {
    /// Code of the reason; empty where none was chosen yet.
    #[serde(default)]
    kind: String,
    #[serde(default)]
    good_through: String,
    #[serde(default)]
    comment: String,
    /// "yes" where service is to be given back too.
    #[serde(default)]
    restore: String,
    #[serde(default)]
    key: String,
}

impl Filled {
    fn reason(&self) -> Result<HoldReason, ServiceError> {
        let missing = || ServiceError::invalid("hold_reason_missing", "kind: say why the account is to be held.");
        self.kind.parse().map_err(|_| missing())
    }

    fn hold(&self, account: &str) -> Result<NewHold, ServiceError> {
        Ok(NewHold {
            account: account.to_owned(),
            kind: self.reason()?,
            good_through: self.good_through.parse().ok(),
            comment: self.comment.trim().to_owned(),
            restore: self.restore == "yes",
        })
    }
}

#[derive(Template)]
#[template(path = "hold_effects.html")]
struct Effects {
    f: Frame,
    medical: bool,
    /// Until when, and who ends it.
    lasts: String,
    effects: Vec<Effect>,
    stays_off: Vec<String>,
}

async fn preview(
    State(state): State<AppState>,
    desk: Desk,
    Path(account): Path<String>,
    Form(filled): Form<Filled>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::RecordHolds) {
        return Ok(*refused);
    }
    let asked = match filled.hold(&account) {
        Ok(hold) => protecting::preview(&state, &desk.actor, &hold).await,
        Err(bad) => Err(bad),
    };
    match asked {
        Ok(Held { stopped, reconnects, stays_off, .. }) => {
            let f = desk.frame.clone();
            let medical = filled.reason().is_ok_and(|kind| kind == HoldReason::Medical);
            let (effects, lasts) = (effects(&stopped, &reconnects, false, &f), lasts(&filled, &f));
            in_place(desk.frame, StatusCode::OK, &Effects { f, medical, lasts, effects, stays_off })
        }
        Err(bad) => refused(desk.frame, bad),
    }
}

fn lasts(filled: &Filled, f: &Frame) -> String {
    let until = filled.good_through.parse().map_or_else(
        |_| f.t("It holds until somebody lifts it.", "Vale hasta que alguien la levante.").to_owned(),
        |day| {
            let (day, until) = (f.voice.full_day(day), f.t("It holds until", "Vale hasta el"));
            format!("{until} {day}{}", f.t(", that day included.", ", ese día incluido."))
        },
    );
    let who = match filled.reason() {
        Ok(HoldReason::Medical) => f.t(
            "Before that only a supervisor who did not set it may lift it.",
            "Antes solo puede levantarla un supervisor que no la puso.",
        ),
        _ => f.t("The office may lift it before.", "La oficina puede levantarla antes."),
    };
    format!("{until} {who}")
}

async fn set(
    State(state): State<AppState>,
    desk: Desk,
    Path(account): Path<String>,
    Form(filled): Form<Filled>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::RecordHolds) {
        return Ok(*refused);
    }
    let uri = format!("/office/accounts/{account}/hold");
    let body = serde_json::to_vec(&filled).unwrap_or_default();
    let done = match (filled.hold(&account), Once::new(&filled.key, "POST", &uri, &body)) {
        (Ok(hold), Ok(once)) => protecting::set(&state, &desk.actor, hold, &once).await,
        (Err(bad), _) | (_, Err(bad)) => Err(bad),
    };
    match done {
        Ok(answer) if desk.frame.fragment => {
            let held: Held = serde_json::from_slice(&answer.body).map_err(|bad| Problem::internal(&bad))?;
            let f = desk.frame;
            let effects = effects(&held.stopped, &held.reconnects, true, &f);
            in_place(
                f.clone(),
                StatusCode::OK,
                &Set { f, account, hold: held.hold, effects, stays_off: held.stays_off },
            )
        }
        Ok(_) => Ok(go_to(&format!("/office/accounts/{}", percent(&account)), false)),
        Err(bad) => refused(desk.frame, bad),
    }
}

#[derive(Template)]
#[template(path = "hold_set.html")]
struct Set {
    f: Frame,
    account: String,
    hold: String,
    effects: Vec<Effect>,
    stays_off: Vec<String>,
}

#[derive(Template)]
#[template(path = "lift.html")]
struct AskLift {
    f: Frame,
    hold: HoldOnFile,
    why: String,
    kept_back: Vec<String>,
    to_do: Vec<String>,
    key: Uuid,
}

async fn ask_lift(State(state): State<AppState>, desk: Desk, Path(hold): Path<String>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::RecordHolds) {
        return Ok(*refused);
    }
    match protecting::preview_lift(&state, &desk.actor, &hold).await {
        Ok((hold, Lifted { kept_back, to_do, .. })) => {
            let f = desk.frame;
            let why = hold.kind.parse().map_or_else(|_| hold.kind.clone(), |kind| hold_said(kind, &f.voice).to_owned());
            html(&AskLift { hold, why, kept_back, to_do, key: state.new_id(), f })
        }
        Err(bad) => refused(desk.frame, bad),
    }
}

#[derive(Deserialize)]
struct Lifting {
    why: String,
    account: String,
    key: String,
}

async fn lift(
    State(state): State<AppState>,
    desk: Desk,
    Path(hold): Path<String>,
    Form(Lifting { why, account, key }): Form<Lifting>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::RecordHolds) {
        return Ok(*refused);
    }
    let done: Result<_, ServiceError> =
        match Once::new(&key, "POST", &format!("/office/holds/{hold}/lift"), why.as_bytes()) {
            Ok(once) => protecting::lift(&state, &desk.actor, &hold, &why, &once).await,
            Err(bad) => Err(bad),
        };
    match done {
        Ok(_) => Ok(go_to(&format!("/office/accounts/{}", percent(&account)), desk.frame.fragment)),
        Err(bad) => refused(desk.frame, bad),
    }
}
