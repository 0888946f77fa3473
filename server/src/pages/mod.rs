//! The desks as pages: signing in, dispatch, office. Server-rendered, worked by keyboard, kept live through the feed.
//!
//! A page is an askama template over what a service gave; `desk.js` asks for the same fragments again when something
//! happened. Pages work without it.

mod admin;
mod assets;
mod claims;
mod crew_out;
mod day_map;
mod dispatch;
mod docs;
mod effects;
mod failures;
mod frame;
mod give;
mod give_back;
mod go_code;
mod hold;
mod import;
mod import_words;
mod lanes;
mod left_out;
mod office;
mod paper;
mod payment;
mod people;
mod plan;
mod refusals;
mod reports;
mod results;
mod settle;
mod sheet;
mod sign_in;
mod steps;
mod suspend;
mod tablets;
mod take_back;
mod try_out;
mod unread;
mod withdraw;

use crate::{
    http::{extract::refuse_nul, problem::Problem},
    service::ServiceError,
    state::AppState,
};
use askama::Template;
use axum::{
    Router,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use tower_http::set_header::SetResponseHeaderLayer;

/// A desk loads its own script, style and icons, and talks to its own server. Nothing inline, nothing from elsewhere.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                                       connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Every page.
pub fn routes(state: &AppState) -> Router<AppState> {
    let pages = Router::new()
        .merge(sign_in::routes())
        .merge(dispatch::routes())
        .merge(give::routes())
        .merge(go_code::routes())
        .merge(office::routes())
        .merge(settle::routes())
        .merge(payment::routes())
        .merge(import::routes())
        .merge(plan::routes())
        .merge(tablets::routes())
        .merge(people::routes())
        .merge(sheet::routes())
        .merge(admin::routes())
        .merge(crew_out::routes())
        .merge(paper::routes())
        .merge(take_back::routes())
        .merge(hold::routes())
        .merge(give_back::routes())
        .merge(claims::routes())
        .merge(unread::routes())
        .merge(suspend::routes())
        .merge(withdraw::routes())
        .merge(reports::routes())
        .merge(results::routes())
        .merge(docs::routes())
        .merge(try_out::routes())
        .fallback(docs::nowhere)
        .layer(from_fn(refuse_nul))
        .layer(from_fn_with_state(state.clone(), failures::are_pages))
        // What a customer owes does not belong into a browser's cache.
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
    pages.merge(assets::routes()).layer(SetResponseHeaderLayer::overriding(
        HeaderName::from_static("content-security-policy"),
        HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    ))
}

/// A rendered template as an answer.
fn html(template: &impl Template) -> Result<Response, Problem> {
    html_with(StatusCode::OK, template)
}

fn html_with(status: StatusCode, template: &impl Template) -> Result<Response, Problem> {
    let body = template.render().map_err(|bad| Problem::internal(&bad))?;
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Ok((status, [kind], body).into_response())
}

/// An answer that stands within a page: `desk.js` puts it there; a browser without it gets a page around it.
fn in_place(f: frame::Frame, status: StatusCode, part: &impl Template) -> Result<Response, Problem> {
    if f.fragment {
        return html_with(status, part);
    }
    let inner = part.render().map_err(|bad| Problem::internal(&bad))?;
    html_with(status, &Around { f, inner })
}

#[derive(Template)]
#[template(path = "around.html")]
struct Around {
    f: frame::Frame,
    /// Rendered, and so escaped, before.
    inner: String,
}

/// A sentence where the answer would stand.
#[derive(Template)]
#[template(path = "say.html")]
struct Said {
    tone: &'static str,
    text: String,
}

/// A refusal where the answer would stand.
fn say(f: frame::Frame, status: StatusCode, text: String) -> Result<Response, Problem> {
    in_place(f, status, &Said { tone: "stop", text })
}

/// What a service refuses, in its own words where the desk has no better ones.
fn refused(f: frame::Frame, error: ServiceError) -> Result<Response, Problem> {
    match error {
        ServiceError::Refused(refusal) => {
            let text = refusals::said(&f, refusal.code, &refusal.detail);
            let status = Problem::from(refusal).status;
            say(f, status, text)
        }
        other => Err(other.into()),
    }
}

/// Sends the browser on with a GET. A fragment's request is told the address: `fetch` would follow it unseen.
fn go_to(address: &str, fragment: bool) -> Response {
    let Ok(value) = HeaderValue::from_str(address) else {
        return Problem::internal(&"an address that is no header").into_response();
    };
    if fragment {
        return ([(HeaderName::from_static("x-curbstop-location"), value)], "").into_response();
    }
    (StatusCode::SEE_OTHER, [(header::LOCATION, value)]).into_response()
}
