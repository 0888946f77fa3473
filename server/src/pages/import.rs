//! Step 1 of a day: a file is checked, stored, and a listing made final.

use super::{
    frame::{Desk, Frame},
    go_to, in_place, refusals, refused, say,
    steps::Keyed,
};
use crate::{
    http::{extract::Form, problem::Problem, uploads},
    import::{FileRefused, Kind, Report},
    planning::remarks,
    service::{
        ServiceError,
        authorise::Action,
        finalising,
        idempotency::Once,
        importing::{self, File, FileBytes, ListingView, RefusedPayments, Turn},
    },
    state::AppState,
};
use askama::Template;
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Multipart, Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::post,
};
use chrono::NaiveDate;
use curbstop_shared::ids::ListingId;
use serde::Deserialize;
use uuid::Uuid;

/// Rows of one fate that a report on the screen lists; the numbers above always count all.
const ROWS_SHOWN: usize = 200;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/dispatch/import", post(bring_in).layer(uploads::limit()))
        .route("/dispatch/import/like", post(like).layer(uploads::limit()))
        .layer(uploads::patience())
        .route("/dispatch/listings/{id}/finalise", post(finalise))
}

/// What became of a file, and what to do next.
#[derive(Template)]
#[template(path = "report.html")]
struct Told {
    f: Frame,
    report: Report,
    stored: bool,
    seen_before: Option<String>,
    listing: Option<ListingView>,
    /// When the billing system ran the listing, and whether that is long ago.
    run: Option<(String, bool)>,
    /// Payments of the day that nobody could read: before the listing is final somebody has to look at them.
    refused_payments: Vec<RefusedPayments>,
    /// The key under which this very file is stored.
    key: Uuid,
    rows_shown: usize,
}

#[derive(Default)]
struct Sent {
    kind: String,
    source: String,
    as_of: String,
    key: Option<String>,
    bytes: Vec<u8>,
}

async fn sent(mut form: Multipart) -> Result<Sent, Problem> {
    let bad = |e: axum::extract::multipart::MultipartError| uploads::too_large_or(e.status());
    let mut sent = Sent::default();
    while let Some(part) = form.next_field().await.map_err(bad)? {
        let name = part.name().unwrap_or_default().to_owned();
        if name == "file" {
            sent.bytes = part.bytes().await.map_err(bad)?.to_vec();
            continue;
        }
        let text = part.text().await.map_err(bad)?;
        match name.as_str() {
            "kind" => sent.kind = text,
            "source" => sent.source = text,
            "as_of" => sent.as_of = text,
            "key" => sent.key = Some(text),
            _ => {}
        }
    }
    Ok(sent)
}

/// What a chosen file seems to be, for the form to fill in: `desk.js` sends its first bytes.
async fn like(State(state): State<AppState>, desk: Desk, head: Bytes) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::ImportFiles) {
        return Ok(*refused);
    }
    let head = FileBytes::in_turn(head.into(), state.uploads.take().await?);
    Ok(Json(importing::like(&state, &desk.actor, &head).await?).into_response())
}

/// The form's file, with what it leaves to be found out.
async fn file_of(state: &AppState, desk: &Desk, sent: Sent, turn: Turn) -> Result<Result<File, String>, Problem> {
    let f = &desk.frame;
    let no = |english, spanish| Ok(Err(f.t(english, spanish).to_owned()));
    if sent.bytes.is_empty() {
        return no("Choose a file first; this one is empty.", "Elija un archivo; este está vacío.");
    }
    let bytes = FileBytes::in_turn(sent.bytes, turn);
    let (mut kind, mut source) = (sent.kind.parse::<Kind>().ok(), sent.source.trim().to_owned());
    if (kind.is_none() || source.is_empty())
        && let Some(like) = importing::like(state, &desk.actor, &bytes).await?
    {
        kind = kind.or(Some(like.kind));
        if source.is_empty() {
            source = like.source.unwrap_or_default();
        }
    }
    let Some(kind) = kind else {
        return Ok(Err(why_of_no_kind(state, f, &bytes).await?));
    };
    if source.is_empty() {
        return no(
            "Say which system the file is from; no file like it came before.",
            "Diga de qué sistema es el archivo; no ha llegado otro igual.",
        );
    }
    let as_of = match sent.as_of.trim() {
        "" => None,
        day => match day.parse() {
            Ok(day) => Some(day),
            // Never another day than the one that was meant: holds and notices are judged by it.
            Err(_) => return no("Write the day as 2026-10-14.", "Escriba el día como 2026-10-14."),
        },
    };
    Ok(Ok(File { kind, source, as_of, encoding: None, bytes }))
}

/// Why nobody can say what a file is: what is wrong with it as a whole and where; only where that is no more than
/// unknown headings is it of use to say what it is.
async fn why_of_no_kind(state: &AppState, f: &Frame, bytes: &FileBytes) -> Result<String, Problem> {
    let why = importing::why_unlike(state, bytes).await?;
    let said = match importing::refusal(&why) {
        ServiceError::Refused(refusal) => refusals::said(f, refusal.code, &refusal.detail),
        other => return Err(other.into()),
    };
    Ok(match why {
        FileRefused::HeadingsUnknown { .. } => format!(
            "{said} {}",
            f.t(
                "If it is one of these all the same, say what the file is.",
                "Si aun así es uno de estos, diga qué es el archivo."
            )
        ),
        _ => said,
    })
}

async fn bring_in(State(state): State<AppState>, desk: Desk, form: Multipart) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::ImportFiles) {
        return Ok(*refused);
    }
    let turn = match state.uploads.take().await {
        Ok(turn) => turn,
        Err(bad) => return refused(desk.frame, bad),
    };
    let sent = match sent(form).await {
        Ok(sent) => sent,
        Err(bad) => return say(desk.frame, bad.status, bad.detail),
    };
    let key = sent.key.clone();
    let file = match file_of(&state, &desk, sent, turn).await? {
        Ok(file) => file,
        Err(text) => return say(desk.frame, StatusCode::UNPROCESSABLE_ENTITY, text),
    };
    let stored = key.is_some();
    let outcome = match key {
        None => importing::preview(&state, &desk.actor, &file).await.map(Some),
        Some(key) => store(&state, &desk, &file, &key).await,
    };
    match outcome {
        Ok(None) => {
            let text = desk.frame.t(
                "This file is stored already; nothing was stored twice.",
                "Este archivo ya está guardado; nada se guardó dos veces.",
            );
            say(desk.frame, StatusCode::OK, text.to_owned())
        }
        Ok(Some(outcome)) => {
            let refused_payments = match file.kind {
                Kind::Listing => importing::refused_payments(&state, outcome.report.as_of).await?,
                Kind::Premises | Kind::Holds | Kind::Payments => Vec::new(),
            };
            let told = Told {
                stored,
                seen_before: outcome.seen_before.map(|seen| desk.frame.voice.time(seen.imported_at.0)),
                listing: outcome.listing,
                run: run_said(&desk.frame, &outcome.report),
                refused_payments,
                key: state.new_id(),
                rows_shown: ROWS_SHOWN,
                report: outcome.report,
                f: desk.frame.clone(),
            };
            in_place(desk.frame, StatusCode::OK, &told)
        }
        Err(bad) => refused(desk.frame, bad),
    }
}

/// "Run 2026-11-19, 4 days before the day of the cut", for a listing that says so.
fn run_said(f: &Frame, report: &Report) -> Option<(String, bool)> {
    let run = report.run.filter(|_| report.kind == Kind::Listing)?;
    let remark = remarks::of_run(Some(run.on), report.as_of);
    Some((f.run_said(run.on, run.at.map(|at| at.format("%H:%M").to_string()), remark), remark.is_some()))
}

/// Stores the file; what was stored is what is shown. A second press of the same button stores nothing: of a listing the
/// same is shown again, since the button that makes it final stands there; of other files, none.
async fn store(
    state: &AppState,
    desk: &Desk,
    file: &File,
    key: &str,
) -> Result<Option<importing::Outcome>, ServiceError> {
    let once = Once::new(key, "POST", "/dispatch/import", &file.bytes)?;
    match importing::bring_in(state, &desk.actor, Some(&once), file).await?.1 {
        None if file.kind == Kind::Listing => importing::preview(state, &desk.actor, file).await.map(Some),
        outcome => Ok(outcome),
    }
}

impl Frame {
    /// Whether a file that was stored is a listing that nobody has made final.
    fn is_draft(&self, listing: &Option<ListingView>) -> bool {
        listing.as_ref().is_some_and(|listing| listing.state == "draft")
    }
}

async fn finalise(
    State(state): State<AppState>,
    desk: Desk,
    Path(id): Path<ListingId>,
    Form(Keyed { key, date }): Form<Keyed>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::FinaliseListings) {
        return Ok(*refused);
    }
    let uri = format!("/dispatch/listings/{id}/finalise");
    let done = match Once::new(&key, "POST", &uri, b"") {
        Ok(once) => finalising::finalise(&state, &desk.actor, &once, id).await,
        Err(bad) => Err(bad),
    };
    let told = done.and_then(|answer| {
        let bad = |e: serde_json::Error| ServiceError::Internal(format!("a listing that was made final: {e}"));
        serde_json::from_slice::<Finalised>(&answer.body).map_err(bad)
    });
    match told {
        Ok(told) if told.paid_already.is_empty() && told.held_since.is_empty() => {
            Ok(go_to(&format!("/dispatch?date={date}&step=2"), desk.frame.fragment))
        }
        Ok(told) => {
            let Finalised { paid_already, held_since } = told;
            in_place(desk.frame.clone(), StatusCode::OK, &MadeFinal { f: desk.frame, date, paid_already, held_since })
        }
        Err(bad) => refused(desk.frame, bad),
    }
}

/// What `service::finalising` says of a listing that was made final.
#[derive(Deserialize)]
struct Finalised {
    paid_already: Vec<String>,
    held_since: Vec<String>,
}

/// What making a listing final did besides, before the day is built.
#[derive(Template)]
#[template(path = "made_final.html")]
struct MadeFinal {
    f: Frame,
    date: NaiveDate,
    paid_already: Vec<String>,
    held_since: Vec<String>,
}
