//! The HTTP side: each resource has a file with its routes; a handler extracts, calls one service function, and maps.
//!
//! To add a resource: a file with `pub fn routes() -> Calls` and one line in [`calls`]. Each handler
//! that needs to know who asks is wrapped in [`auth::allow`]; without a rule nobody gets in.

mod accounts;
mod audit;
pub mod auth;
mod blobs;
pub mod contract;
mod crews;
mod devices;
mod events;
mod exceptions;
pub(crate) mod exports;
pub mod extract;
mod field;
mod go_codes;
mod health;
mod holds;
mod imports;
pub mod language;
mod listening;
mod mappings;
mod metrics;
pub mod openapi;
mod orders;
mod packed;
mod payments;
mod people;
mod plans;
pub mod problem;
mod releases;
mod reports;
mod routes;
mod session;
pub mod sockets;
mod suspensions;
mod sync;
mod tokens;
pub mod uploads;

use crate::state::AppState;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use contract::Calls;
use problem::Problem;
use std::{any::Any, time::Duration};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, DefaultPredicate, Predicate as _, predicate::SizeAbove},
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer,
    trace::{DefaultOnFailure, TraceLayer},
};

/// A body is at most this large, where a route doesn't say otherwise with a `DefaultBodyLimit` of its own.
pub const BODY_MAX_BYTES: usize = 1 << 20;
/// What somebody sends who has still to say who he is is small: names, passwords, keys.
pub const STRANGERS_BODY_MAX_BYTES: usize = 16 << 10;
/// Smaller answers go as they are: they fit into one packet anyway, and packing costs more time than it saves bytes.
const COMPRESSED_FROM_BYTES: u64 = 1_024;
/// No answer takes longer to begin.
const ANSWER_MAX: Duration = Duration::from_secs(60);
/// What our pages may load: our own things only. A page that needs more sets its own.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; \
                                       frame-ancestors 'none'; form-action 'self'";
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Every call under `/api/v1`.
fn calls() -> Calls {
    Calls::new()
        .merge(accounts::routes())
        .merge(audit::routes())
        .merge(blobs::routes())
        .merge(crews::routes())
        .merge(devices::routes())
        .merge(events::routes())
        .merge(exceptions::routes())
        .merge(exports::routes())
        .merge(go_codes::routes())
        .merge(orders::routes())
        .merge(holds::routes())
        .merge(payments::routes())
        .merge(releases::routes())
        .merge(reports::routes())
        .merge(imports::routes())
        .merge(mappings::routes())
        .merge(openapi::routes())
        .merge(people::routes())
        .merge(plans::routes())
        .merge(routes::routes())
        .merge(session::routes())
        .merge(suspensions::routes())
        .merge(sync::routes())
        .merge(tokens::routes())
}

/// Everything that this server answers.
pub fn router(state: AppState) -> Router {
    let (api, _) = calls().into_parts();
    let api = api
        .fallback(|| async { Problem::from_status(StatusCode::NOT_FOUND) })
        .layer(from_fn_with_state(state.clone(), auth::authenticate))
        .layer(from_fn(extract::refuse_nul))
        .layer(from_fn(errors_are_problems))
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
    let is_https = state.config.is_https();
    let pages = crate::pages::routes(&state);
    let routes = Router::new()
        .nest("/api/v1", api)
        .merge(health::routes())
        .merge(metrics::routes())
        .merge(field::routes())
        .merge(pages)
        .with_state(state);
    let always = |name: &'static str, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    let layers = ServiceBuilder::new()
        .layer(SetRequestIdLayer::new(X_REQUEST_ID, MakeRequestUuid))
        .layer(TraceLayer::new_for_http().make_span_with(span).on_failure(DefaultOnFailure::new()))
        .layer(PropagateRequestIdLayer::new(X_REQUEST_ID))
        .layer(always("content-security-policy", CONTENT_SECURITY_POLICY))
        .layer(always("x-content-type-options", "nosniff"))
        .layer(always("referrer-policy", "no-referrer"))
        .layer(always("cross-origin-opener-policy", "same-origin"))
        .option_layer(is_https.then(|| always("strict-transport-security", "max-age=31536000; includeSubDomains")))
        .layer(
            CompressionLayer::new().compress_when(DefaultPredicate::new().and(SizeAbove::new(COMPRESSED_FROM_BYTES))),
        )
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(late_is_busy))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_MAX))
        .layer(from_fn(auth::refuse_other_sites))
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES));
    routes.layer(layers)
}

/// Method and path, never the query: it may hold an account.
fn span(request: &Request) -> tracing::Span {
    let id = request.headers().get(X_REQUEST_ID).and_then(|value| value.to_str().ok()).unwrap_or_default();
    tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id)
}

/// Answers of the framework itself (no such method, body too large) have only a status; clients get a problem.
async fn errors_are_problems(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_problem = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == problem::PROBLEM_JSON);
    if !(status.is_client_error() || status.is_server_error()) || is_problem {
        return response;
    }
    let allowed = response.headers().get(header::ALLOW).cloned();
    let mut response = Problem::from_status(status).into_response();
    if let Some(methods) = allowed {
        response.headers_mut().insert(header::ALLOW, methods);
    }
    response
}

/// An answer that did not begin in time has neither a body nor a word on when to come back.
async fn late_is_busy(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let is_bare = response.status() == StatusCode::SERVICE_UNAVAILABLE
        && !response.headers().contains_key(header::CONTENT_TYPE)
        && !response.headers().contains_key(header::RETRY_AFTER);
    if is_bare { Problem::from_status(StatusCode::SERVICE_UNAVAILABLE).into_response() } else { response }
}

fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no text");
    Problem::internal(&format_args!("panic: {text}")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{body::Body, routing::get};
    use tower::ServiceExt as _;

    #[tokio::test]
    async fn an_answer_that_takes_too_long_says_when_to_come_back() {
        let layers = ServiceBuilder::new()
            .layer(from_fn(late_is_busy))
            .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, Duration::from_millis(1)));
        let never = Router::new().route("/never", get(std::future::pending::<StatusCode>)).layer(layers);
        let answer = never.oneshot(Request::get("/never").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], problem::PROBLEM_JSON);
        assert!(answer.headers().contains_key(header::RETRY_AFTER));
    }
}
