//! Taking a payment at the office: what it would do is shown before the last key, what it did after it.

use super::{
    effects::{Effect, effects, on_the_way},
    frame::{Desk, Frame},
    go_to, in_place, refusals,
};
use crate::{
    http::{extract::Form, problem::Problem},
    service::{
        ServiceError,
        authorise::Action,
        idempotency::Once,
        payments::{self, BeforeListing, Doubts, NewPayment, SameAmount},
        releasing::{Restarted, Stopped},
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
use curbstop_shared::{language::Language, money::Money, time::Span};
use serde::{Deserialize, Serialize};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/office/accounts/{account}/payment", post(record))
        .route("/office/accounts/{account}/payment/preview", post(preview))
}

/// The refusals that ask whether it is meant so.
const ASKED: [&str; 4] =
    ["same_amount_recorded", "receipt_of_another_account", "amount_times_too_much", "paid_at_ahead"];

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Filled {
    amount: String,
    tender: String,
    confirmation: String,
    paid_at: String,
    /// The moment that the form was filled in with.
    paid_at_shown: String,
    key: String,
    /// "yes": somebody was asked about what looks doubtful, and it is meant so.
    another: String,
}

impl Filled {
    /// Amounts as people write them: "$1,204.00". A comma that does not stand before three digits may have been meant
    /// as the decimal point; it stays, and is refused.
    fn plain_amount(&self) -> String {
        let amount = self.amount.trim().trim_start_matches('$').trim();
        let whole = amount.split('.').next().unwrap_or_default();
        let mut groups = whole.split(',');
        let thousands = groups.next().is_some_and(|first| (1..=3).contains(&first.len()))
            && groups.all(|group| group.len() == 3 && group.bytes().all(|digit| digit.is_ascii_digit()));
        if thousands { amount.replace(',', "") } else { amount.to_owned() }
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
            // Who left the moment alone means now, however long the page has been open. And the form knows minutes:
            // "now" must not lie before the order that came in this minute.
            paid_at: match f.voice.now - paid_at < Span::minutes(1) || self.paid_at == self.paid_at_shown {
                true => paid_at.max(f.voice.now),
                false => paid_at,
            },
            lines: None,
            ask_if_same: self.another != "yes",
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
    before_listing: Option<BeforeListing>,
    #[serde(default)]
    same_amount: Option<SameAmount>,
    #[serde(flatten)]
    doubts: Doubts,
    #[serde(default)]
    stopped: Vec<Stopped>,
    #[serde(default)]
    reconnects: Vec<Restarted>,
    #[serde(default)]
    on_the_way: Vec<Restarted>,
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
    /// It is enough for one service, and another one asks for more.
    still_asked: bool,
    in_doubt: Option<String>,
    /// It was paid before the listing was run: what that means.
    before_listing: Option<String>,
    effects: Vec<Effect>,
    refused: Option<String>,
    /// What looks doubtful: what to ask before it is recorded.
    same: Option<String>,
    /// It is the same amount that is doubtful.
    doubts_same: bool,
    /// The form as it was filled in.
    filled: Filled,
}

impl Frame {
    /// What somebody ticks who was asked.
    fn meant_so(&self, same: &bool) -> &'static str {
        if *same {
            self.t("It is another payment: record it too", "Es otro pago: registrarlo también")
        } else {
            self.t("I have looked, it is right: record it", "Lo revisé, es correcto: registrarlo")
        }
    }
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
    let asked = filled.payment(&account, &desk.frame);
    let done = match (filled.payment(&account, &desk.frame), Once::new(&filled.key, "POST", &uri, &body)) {
        (Ok(payment), Ok(once)) => payments::record(&state, &desk.actor, payment, &once).await,
        (Err(bad), _) | (_, Err(bad)) => Err(bad),
    };
    if done.is_ok() && !desk.frame.fragment {
        return Ok(go_to(&format!("/office/accounts/{}", super::frame::percent(&account)), false));
    }
    // Asked once more: what it would do is shown again, with the question.
    if let (Err(ServiceError::Refused(refusal)), Ok(payment)) = (&done, asked)
        && ASKED.contains(&refusal.code)
    {
        let outcome = payments::preview(&state, &desk.actor, payment).await;
        let told = outcome.and_then(|outcome| as_told(&serde_json::to_vec(&outcome).unwrap_or_default()));
        return answer(desk.frame, account, &filled, false, told);
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
            // What is asked has to be answered first.
            if !recorded && outcome.is_doubtful() && filled.another != "yes" {
                StatusCode::CONFLICT
            } else {
                StatusCode::OK
            },
            &Consequences {
                same: (outcome.is_doubtful() && !recorded).then(|| doubts_said(&outcome, &f)),
                doubts_same: outcome.same_amount.is_some(),
                filled: filled.clone(),
                effects: effects(&outcome.stopped, &outcome.reconnects, recorded, &f)
                    .into_iter()
                    .chain(on_the_way(&outcome.on_the_way, &f))
                    .collect(),
                still_asked: outcome.to_restore.bytes().any(|digit| matches!(digit, b'1'..=b'9')),
                to_restore: shown(&outcome.to_restore, &f),
                in_doubt: outcome.perhaps_counted_already.as_deref().map(|amount| shown(amount, &f)),
                before_listing: outcome.before_listing.as_ref().map(|before| before_said(before, recorded, &f)),
                outcome: outcome.outcome,
                refused: None,
                f,
                account,
                amount,
                recorded,
            },
        ),
        Err(ServiceError::Refused(refusal)) => {
            let said = refusals::said(&f, refusal.code, &refusal.detail);
            let status = Problem::from(refusal).status;
            let page = Consequences {
                effects: Vec::new(),
                to_restore: String::new(),
                still_asked: false,
                in_doubt: None,
                before_listing: None,
                outcome: String::new(),
                refused: Some(said),
                same: None,
                doubts_same: false,
                filled: filled.clone(),
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

impl Outcome {
    /// Somebody is asked before it is recorded.
    const fn is_doubtful(&self) -> bool {
        self.same_amount.is_some()
            || self.doubts.receipt_of_account.is_some()
            || self.doubts.times_too_much.is_some()
            || self.doubts.paid_ahead.is_some()
    }
}

/// Everything that is doubtful about a payment, with what to do.
fn doubts_said(outcome: &Outcome, f: &Frame) -> String {
    let mut said = Vec::new();
    if let Some(same) = &outcome.same_amount {
        said.push(same_said(same, f));
        said.push(
            f.t("Is it the same money? Then record nothing.", "¿Es el mismo dinero? Entonces no registre nada.")
                .to_owned(),
        );
    }
    if let Some(account) = &outcome.doubts.receipt_of_account {
        said.push(match f.voice.language {
            Language::En => format!("Receipt is on account {account} already: is this the right account and receipt?"),
            Language::Es => format!("El recibo ya está en la cuenta {account}: ¿son correctos la cuenta y el recibo?"),
        });
    }
    if let Some(asked) = &outcome.doubts.times_too_much {
        let asked = shown(asked, f);
        said.push(match f.voice.language {
            Language::En => {
                format!("{asked} is asked for: is there a digit too many in the amount, or its point missing?")
            }
            Language::Es => format!("Se piden {asked}: ¿sobra un dígito en la cantidad o le falta el punto?"),
        });
    }
    if let Some(ahead) = &outcome.doubts.paid_ahead {
        let here = f.voice.time(ahead.counts_from.0);
        said.push(match f.voice.language {
            Language::En => format!(
                "By the office's server it is only {here}: is the time right? If that clock is wrong, record it: it counts from now, and the time is marked as doubtful."
            ),
            Language::Es => format!(
                "Según el servidor de la oficina apenas son las {here}: ¿es correcta la hora? Si ese reloj está mal, regístrelo: cuenta desde ahora y la hora queda marcada como dudosa."
            ),
        });
    }
    said.join(" ")
}

/// "The same amount was recorded at 10:14 under receipt R-17."
fn same_said(same: &SameAmount, f: &Frame) -> String {
    let when = f.voice.when(same.recorded_at.0);
    let receipt = &same.confirmation;
    match f.voice.language {
        Language::En => format!("The same amount was recorded {when} under receipt {receipt}."),
        Language::Es => format!("La misma cantidad se registró {when} con el recibo {receipt}."),
    }
}

/// "Paid before the listing was run (Sat 16:52): its balance is taken to have this already."
fn before_said(before: &BeforeListing, recorded: bool, f: &Frame) -> String {
    let run = before.run_at.map_or_else(String::new, |at| format!(" ({})", f.voice.time(at.0)));
    let looks = match (before.office_looks, recorded) {
        (false, _) => "",
        (true, false) => f.t(
            " It would have been enough: the worklist will ask the office to look.",
            " Habría sido suficiente: la lista de trabajo pedirá a la oficina que lo revise.",
        ),
        (true, true) => f.t(
            " It would have been enough: the worklist asks the office to look.",
            " Habría sido suficiente: la lista de trabajo pide a la oficina que lo revise.",
        ),
    };
    let said = match f.voice.language {
        Language::En => {
            format!("Paid before the listing was run{run}: its balance is taken to have this already.")
        }
        Language::Es => format!("Pagado antes de hacerse la lista{run}: se toma que su saldo ya lo incluye."),
    };
    said + looks
}

/// "86.40" as the desk writes amounts.
fn shown(plain: &str, f: &Frame) -> String {
    Money::parse(plain, f.currency).map_or_else(|_| plain.to_owned(), |money| f.money(&money.minor()))
}
