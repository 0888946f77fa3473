//! Taking a payment at the office: what it would do is shown before the last key, what it did after it.

use super::{
    frame::{Desk, Frame},
    go_to, in_place,
};
use crate::{
    http::problem::Problem,
    service::{
        ServiceError,
        authorise::Action,
        idempotency::Once,
        payments::{self, NewPayment},
    },
    state::AppState,
};
use askama::Template;
use axum::{
    Form, Router,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
    routing::post,
};
use curbstop_shared::{money::Money, time::Span, vocabulary::OrderKind};
use serde::{Deserialize, Serialize};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/office/accounts/{account}/payment", post(record))
        .route("/office/accounts/{account}/payment/preview", post(preview))
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Filled {
    amount: String,
    tender: String,
    confirmation: String,
    paid_at: String,
    key: String,
}

impl Filled {
    /// Amounts as people write them: "$1,204.00".
    fn plain_amount(&self) -> String {
        self.amount.chars().filter(|c| !matches!(c, '$' | ',' | ' ')).collect()
    }

    fn payment(&self, account: &str, f: &Frame) -> Result<NewPayment, ServiceError> {
        let paid_at = f.voice.from_form_value(&self.paid_at).ok_or_else(|| {
            ServiceError::invalid("paid_at_unreadable", "paid_at: say when it was paid, as 2026-11-24T10:05.")
        })?;
        Ok(NewPayment {
            account: account.to_owned(),
            amount: self.plain_amount(),
            tender: self.tender.clone(),
            confirmation: self.confirmation.trim().to_owned(),
            // The form knows minutes: "now" must not lie before the order that came in this minute.
            paid_at: if f.voice.now - paid_at < Span::minutes(1) { paid_at.max(f.voice.now) } else { paid_at },
            lines: None,
        })
    }
}

/// What a payment does or did, as `service::payments` says it.
#[derive(Debug, Deserialize)]
struct Outcome {
    outcome: String,
    to_restore: String,
    #[serde(default)]
    perhaps_counted_already: Option<String>,
    #[serde(default)]
    stopped: Vec<Stopped>,
    #[serde(default)]
    reconnects: Vec<Restarted>,
}

#[derive(Debug, Deserialize)]
struct Stopped {
    order: String,
    kind: OrderKind,
    crew: Option<String>,
    tablet_has_seen: bool,
    last_contact_s: Option<i64>,
    stops_away: Option<i64>,
    phone: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Restarted {
    order: Option<String>,
    priority: i64,
}

#[derive(Template)]
#[template(path = "payment.html")]
struct Consequences {
    f: Frame,
    account: String,
    amount: String,
    /// It is recorded; else it would be.
    recorded: bool,
    outcome: String,
    to_restore: String,
    in_doubt: Option<String>,
    effects: Vec<Effect>,
    refused: Option<String>,
}

/// One line of what it does.
struct Effect {
    icon: &'static str,
    tone: &'static str,
    said: String,
    phone: Option<String>,
}

async fn preview(
    State(state): State<AppState>,
    desk: Desk,
    Path(account): Path<String>,
    Form(filled): Form<Filled>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::RecordReleases) {
        return Ok(*refused);
    }
    let asked = match filled.payment(&account, &desk.frame) {
        Ok(payment) => payments::preview(&state, &desk.actor, payment).await,
        Err(bad) => Err(bad),
    };
    let told = asked.and_then(|outcome| as_told(&serde_json::to_vec(&outcome).unwrap_or_default()));
    answer(desk.frame, account, &filled, false, told)
}

async fn record(
    State(state): State<AppState>,
    desk: Desk,
    Path(account): Path<String>,
    Form(filled): Form<Filled>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::RecordReleases) {
        return Ok(*refused);
    }
    let uri = format!("/office/accounts/{account}/payment");
    let body = serde_json::to_vec(&filled).unwrap_or_default();
    let done = match (filled.payment(&account, &desk.frame), Once::new(&filled.key, "POST", &uri, &body)) {
        (Ok(payment), Ok(once)) => payments::record(&state, &desk.actor, payment, &once).await,
        (Err(bad), _) | (_, Err(bad)) => Err(bad),
    };
    if done.is_ok() && !desk.frame.fragment {
        return Ok(go_to(&format!("/office/accounts/{}", super::frame::percent(&account)), false));
    }
    answer(desk.frame, account, &filled, true, done.and_then(|answer| as_told(&answer.body)))
}

fn as_told(body: &[u8]) -> Result<Outcome, ServiceError> {
    serde_json::from_slice(body).map_err(|bad| ServiceError::Internal(format!("a payment's outcome: {bad}")))
}

fn answer(
    f: Frame,
    account: String,
    filled: &Filled,
    recorded: bool,
    told: Result<Outcome, ServiceError>,
) -> Result<Response, Problem> {
    let amount = shown(&filled.plain_amount(), &f);
    match told {
        Ok(outcome) => in_place(
            f.clone(),
            StatusCode::OK,
            &Consequences {
                effects: effects(&outcome, recorded, &f),
                to_restore: shown(&outcome.to_restore, &f),
                in_doubt: outcome.perhaps_counted_already.as_deref().map(|amount| shown(amount, &f)),
                outcome: outcome.outcome,
                refused: None,
                f,
                account,
                amount,
                recorded,
            },
        ),
        Err(ServiceError::Refused(refusal)) => {
            let said = refusal_said(&f, refusal.code, &refusal.detail);
            let status = Problem::from(refusal).status;
            let page = Consequences {
                effects: Vec::new(),
                to_restore: String::new(),
                in_doubt: None,
                outcome: String::new(),
                refused: Some(said),
                f,
                account,
                amount,
                recorded,
            };
            in_place(page.f.clone(), status, &page)
        }
        Err(other) => Err(other.into()),
    }
}

/// "86.40" as the desk writes amounts.
fn shown(plain: &str, f: &Frame) -> String {
    Money::parse(plain, f.currency).map_or_else(|_| plain.to_owned(), |money| f.money(&money.minor()))
}

fn refusal_said(f: &Frame, code: &str, detail: &str) -> String {
    match code {
        "amount_invalid" => f.t("Write the amount as 86.40.", "Escriba la cantidad como 86.40."),
        "amount_zero" | "amount_negative" => f.t(
            "The amount has to be more than zero. A returned check is a reversal of its payment.",
            "La cantidad debe ser mayor que cero. Un cheque devuelto anula su pago.",
        ),
        "paid_at_in_future" => f.t(
            "It cannot have been paid in the future. Check the time.",
            "No pudo pagarse en el futuro. Revise la hora.",
        ),
        "paid_at_too_old" => f.t(
            "That day is more than 400 days back. Check the date.",
            "Ese día es de hace más de 400 días. Revise la fecha.",
        ),
        "paid_at_unreadable" => f.t("Say when it was paid.", "Diga cuándo se pagó."),
        _ => detail,
    }
    .to_owned()
}

fn effects(outcome: &Outcome, recorded: bool, f: &Frame) -> Vec<Effect> {
    let stops = outcome.stopped.iter().map(|stopped| stop(stopped, recorded, f));
    let restarts = outcome.reconnects.iter().map(|order| {
        let first = if order.priority == 1 { f.t(", before everything else", ", antes que todo") } else { "" };
        let what = if recorded { f.t("Restores", "Reconecta") } else { f.t("Will restore", "Reconectará") };
        Effect {
            icon: "restore",
            tone: "restore",
            said: match &order.order {
                Some(number) => format!("{what}: {} {number}{first}", f.t("reconnect", "reconexión")),
                None => format!("{what}: {}{first}", f.t("a new reconnect", "una reconexión nueva")),
            },
            phone: None,
        }
    });
    stops.chain(restarts).collect()
}

fn stop(stopped: &Stopped, recorded: bool, f: &Frame) -> Effect {
    let what = if recorded { f.t("Stops", "Detiene") } else { f.t("Will stop", "Detendrá") };
    let work = f.voice.kind(stopped.kind).to_lowercase();
    let mut said = format!("{what}: {work} {}", stopped.order);
    let Some(crew) = &stopped.crew else {
        said.push_str(f.t(", on no route yet", ", todavía en ninguna ruta"));
        return Effect { icon: "done", tone: "done", said, phone: None };
    };
    said.push_str(&format!(" {} {crew}", f.t("on", "de")));
    // Before it is recorded there is nothing that anybody could have seen.
    let seen = recorded && stopped.tablet_has_seen;
    said.push_str(match (recorded, seen) {
        (true, true) => f.t(": the tablet has it", ": la tableta ya lo tiene"),
        (true, false) => f.t(": not seen yet, call", ": aún no visto, llame"),
        (false, _) => f.t("", ""),
    });
    if let Some(away) = stopped.stops_away {
        said.push_str(&match away {
            0 => f.t(", it is the next stop", ", es la próxima parada").to_owned(),
            1 => f.t(", 1 stop away", ", a 1 parada").to_owned(),
            n => format!(", {}{n} {}", f.t("", "a "), f.t("stops away", "paradas")),
        });
    }
    said.push_str(&stopped.last_contact_s.map_or_else(
        || f.t(", no tablet has fetched it", ", ninguna tableta la ha recibido").to_owned(),
        |s| {
            format!(
                ", {} {}{}",
                f.t("last contact", "último contacto hace"),
                f.voice.span(Span::seconds(s)),
                f.t(" ago", "")
            )
        },
    ));
    Effect {
        icon: if seen { "done" } else { "stop" },
        tone: if seen { "done" } else { "stop" },
        said,
        phone: stopped.phone.clone(),
    }
}
