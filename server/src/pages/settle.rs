//! `/office/exceptions/{id}`: an entry of the worklist is closed, or a fee or the tablet's work behind it is decided on; a decision on a
//! fee is changed.

use super::{Said, frame::Desk, frame::Frame, go_to, in_place, refused};
use crate::{
    http::{extract::Form, problem::Problem},
    service::{
        ServiceError, charging, exceptions,
        handing_in::deciding::{Choice, Decided},
        idempotency::{Answer, Once},
    },
    state::AppState,
};
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
    routing::post,
};
use serde::Deserialize;
use uuid::Uuid;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/office/exceptions/{id}", post(settle))
}

#[derive(Deserialize)]
struct Filled {
    why: String,
    /// What is done with a tablet's work, by the button; none where the entry is only closed.
    act: Option<Act>,
    /// What was in doubt about a fee when the page was drawn.
    doubts: Option<String>,
    key: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Act {
    TakeIn,
    SetAside,
    OpenAgain,
    ChargeFee,
    WaiveFee,
    ChargeFeeAfterAll,
    WaiveFeeAfterAll,
}

/// What a button is about.
enum Means {
    Work(Choice),
    Fee { charged: bool, after_all: bool },
}

impl Act {
    const fn means(self) -> Means {
        match self {
            Self::TakeIn => Means::Work(Choice::TakeIn),
            Self::SetAside => Means::Work(Choice::SetAside),
            Self::OpenAgain => Means::Work(Choice::OpenAgain),
            Self::ChargeFee => Means::Fee { charged: true, after_all: false },
            Self::WaiveFee => Means::Fee { charged: false, after_all: false },
            Self::ChargeFeeAfterAll => Means::Fee { charged: true, after_all: true },
            Self::WaiveFeeAfterAll => Means::Fee { charged: false, after_all: true },
        }
    }
}

async fn settle(
    State(state): State<AppState>,
    desk: Desk,
    Path(id): Path<Uuid>,
    Form(filled): Form<Filled>,
) -> Result<Response, Problem> {
    let done = done(&state, &desk, id, &filled).await;
    let f = desk.frame;
    match done {
        Ok(answer) if f.fragment => {
            let closed: serde_json::Value =
                serde_json::from_slice(&answer.body).map_err(|bad| Problem::internal(&bad))?;
            let work: Option<Decided> = closed.get("work").and_then(|work| Decided::deserialize(work).ok());
            let tone = if work.as_ref().is_some_and(|work| !work.refused.is_empty()) { "wait" } else { "restore" };
            let text = match (filled.act.map(Act::means), work) {
                (Some(Means::Work(choice)), Some(work)) => said(&f, choice, &work),
                (Some(Means::Fee { charged: true, .. }), _) => {
                    f.t("The fee is charged.", "El cargo se cobra.").to_owned()
                }
                (Some(Means::Fee { .. }), _) => f.t("The fee is not charged.", "El cargo no se cobra.").to_owned(),
                _ => f.t("Closed.", "Cerrada.").to_owned(),
            };
            in_place(f, StatusCode::OK, &Said { tone, text })
        }
        Ok(_) => Ok(go_to("/office", false)),
        Err(bad) => refused(f, bad),
    }
}

async fn done(state: &AppState, desk: &Desk, id: Uuid, filled: &Filled) -> Result<Answer, ServiceError> {
    let Filled { why, act, key, doubts } = filled;
    let body = format!("{act:?}:{why}:{doubts:?}");
    let once = Once::new(key, "POST", &format!("/office/exceptions/{id}"), body.as_bytes())?;
    let (actor, voice) = (&desk.actor, &desk.frame.voice);
    match act.map(Act::means) {
        None => exceptions::resolve(state, actor, id, why, &once, voice).await,
        Some(Means::Work(choice)) => exceptions::decide_work(state, actor, (id, choice), why, &once, voice).await,
        Some(Means::Fee { charged, after_all: false }) => {
            charging::decide(state, actor, (id, charged), doubts.as_deref(), why, &once).await
        }
        Some(Means::Fee { charged, after_all: true }) => {
            charging::change(state, actor, (id, charged), doubts.as_deref(), why, &once).await
        }
    }
}

/// "3 saves taken in (T-1, T-2). Restores: R-7. Not taken in: T-3 turned off 09:10: its author ..."
fn said(f: &Frame, choice: Choice, work: &Decided) -> String {
    let orders: Vec<&str> = work.orders.iter().map(|order| order.order.as_str()).collect();
    let what = match choice {
        Choice::TakeIn => f.t("taken in", "aceptado(s)"),
        Choice::SetAside => f.t("set aside; kept at the account", "apartado(s); quedan en la cuenta"),
        Choice::OpenAgain => f.t("open again", "abierto(s) otra vez"),
    };
    let saves = f.counted(work.saves, &["save", "saves"], &["registro", "registros"]);
    let mut text = format!("{saves} {what}");
    if !orders.is_empty() {
        text.push_str(&format!(" ({})", orders.join(", ")));
    }
    text.push('.');
    for reconnect in &work.reconnects {
        text.push_str(&format!(" {} {reconnect}.", f.t("Restores:", "Reconecta:")));
    }
    for refused in &work.refused {
        let not = f.t("Not taken in:", "No aceptado:");
        text.push_str(&format!(" {not} {} {}: {}.", refused.order, refused.said, refused.why));
    }
    text
}
