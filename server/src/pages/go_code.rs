//! A crew without a signal asks by phone whether a cut may begin: dispatch reads a code out, or why not.

use super::{
    frame::{Desk, Frame},
    html, in_place, refused,
};
use crate::{
    http::{
        extract::{Form, Query},
        problem::Problem,
    },
    service::{
        authorise::Action,
        go_codes::{self, GivenGoCode, NewGoCode},
        idempotency::Once,
    },
    state::AppState,
};
use askama::Template;
use axum::{Router, extract::State, http::StatusCode, response::Response, routing::get};
use serde::Deserialize;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/dispatch/go-code", get(form).post(give))
}

#[derive(Template)]
#[template(path = "go_code.html")]
struct GoCodes {
    f: Frame,
    latest: Vec<GivenGoCode>,
    order: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// The stop's number, where somebody came from it.
    #[serde(default)]
    order: String,
}

async fn form(
    State(state): State<AppState>,
    desk: Desk,
    Query(Asked { order }): Query<Asked>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeRoutes) {
        return Ok(*refused);
    }
    let latest = go_codes::latest(&state, &desk.actor).await?;
    html(&GoCodes { f: desk.frame, latest, order })
}

#[derive(Debug, Clone, Deserialize)]
struct Filled {
    #[serde(default)]
    order: String,
    #[serde(default)]
    challenge: String,
}

#[derive(Template)]
#[template(path = "go_code_given.html")]
struct Given {
    f: Frame,
    given: GivenGoCode,
}

async fn give(State(state): State<AppState>, desk: Desk, Form(filled): Form<Filled>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::GiveGoCodes) {
        return Ok(*refused);
    }
    // Asked again it is the same code, and what stands against the cut is looked at anew each time: nobody is read an
    // answer of before the payment.
    let done = match Once::new(&state.new_id().to_string(), "POST", "/dispatch/go-code", b"") {
        Ok(once) => {
            let new = NewGoCode { order: filled.order.trim().to_owned(), challenge: filled.challenge.clone() };
            go_codes::give(&state, &desk.actor, &desk.frame.voice, &new, &once).await
        }
        Err(bad) => Err(bad),
    };
    match done {
        Ok(answer) => {
            let given: GivenGoCode = serde_json::from_slice(&answer.body).map_err(|bad| Problem::internal(&bad))?;
            in_place(desk.frame.clone(), StatusCode::OK, &Given { f: desk.frame, given })
        }
        Err(bad) => refused(desk.frame, bad),
    }
}
