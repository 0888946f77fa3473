//! What a desk shows where no page has words for a failure: people read a sentence in their language, never what programs
//! are told.

use super::{Said, docs, frame::Frame, html_with, refusals};
use crate::{http::problem::Problem, state::AppState};
use askama::Template;
use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::Response,
};

#[derive(Template)]
#[template(path = "failure.html")]
struct Failure {
    f: Frame,
    text: String,
}

/// Puts a page, or a sentence where a part of a page was asked for, in the place of an answer for programs.
pub(super) async fn are_pages(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    let answer = next.run(request).await;
    let status = answer.status();
    let kind = answer.headers().get(header::CONTENT_TYPE);
    let is_page = kind.and_then(|kind| kind.to_str().ok()).is_some_and(|kind| kind.starts_with("text/html"));
    let is_failure = status.is_client_error() || status.is_server_error();
    // Who is not signed in any more is sent to the sign-in by `desk.js`.
    if !is_failure || is_page || status == StatusCode::UNAUTHORIZED || docs::is_for_programs(&uri) {
        return answer;
    }
    let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let f = Frame::of(&state, &headers, path.clone()).await;
    let f = f.unwrap_or_else(|_| Frame::of_nobody(&state, &headers, path));
    let page = match answer.extensions().get::<Problem>() {
        // An id that is none, a method that the address does not take: nobody is led there by us.
        None if matches!(status, StatusCode::BAD_REQUEST | StatusCode::METHOD_NOT_ALLOWED) => docs::nowhere_page(f),
        problem => {
            let problem = problem.cloned().unwrap_or_else(|| Problem::from_status(status));
            let text = refusals::said(&f, problem.code, &problem.detail);
            if f.fragment {
                html_with(status, &Said { tone: "stop", text })
            } else {
                html_with(status, &Failure { f, text })
            }
        }
    };
    page.unwrap_or(answer)
}
