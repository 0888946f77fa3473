//! `/metrics`: figures for a monitor on this machine, or with the monitor's token, in Prometheus' text format.

use super::{auth::Address, problem::Problem};
use crate::{
    service::{
        figures::{self, Figures},
        sessions::sha256,
    },
    state::AppState,
};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use std::{fmt::Write as _, net::IpAddr};

/// Headers of which a proxy sets at least one.
const FORWARDING: [&str; 5] = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

/// The route, outside `/api/v1`.
pub fn routes() -> Router<AppState> {
    Router::new().route("/metrics", get(metrics))
}

async fn metrics(
    State(state): State<AppState>,
    Address(address): Address,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // Nobody else is told how the utility stands. What a proxy hands on is from elsewhere.
    let handed_on = FORWARDING.iter().any(|name| headers.contains_key(*name));
    let is_here = !handed_on && address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if !is_here && !has_token(&headers, state.config.metrics_token.as_deref()) {
        let detail = "Figures are given to a monitor on this machine (ask 127.0.0.1), and to one that sends the token \
                      of --metrics-token.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "loopback_only", detail));
    }
    let text = written(&figures::now(&state).await?);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

/// Whether the monitor's token was sent. Hashes are compared: how far a guess is right does not show in the time.
fn has_token(headers: &HeaderMap, token: Option<&str>) -> bool {
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    sent.zip(token).is_some_and(|(sent, token)| sha256(sent) == sha256(token))
}

fn written(figures: &Figures) -> String {
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, help: &str, values: &[(String, i64)]| {
        let _ = writeln!(text, "# HELP curbstop_{name} {help}\n# TYPE curbstop_{name} {kind}");
        for (labels, value) in values {
            let _ = writeln!(text, "curbstop_{name}{labels} {value}");
        }
    };
    let by = |label: &str, values: &[(String, i64)]| -> Vec<(String, i64)> {
        // Codes of our own lists: nothing in them needs escaping.
        values.iter().map(|(code, count)| (format!("{{{label}=\"{code}\"}}"), *count)).collect()
    };
    let one = |value: i64| [(String::new(), value)];
    family("orders", "gauge", "Orders by their state.", &by("state", &figures.orders));
    family("exceptions_open", "gauge", "What needs a person, by its kind.", &by("kind", &figures.exceptions));
    family("exceptions_overdue", "gauge", "What needs a person and is late.", &one(figures.exceptions_overdue));
    family("tablets", "gauge", "Tablets in service.", &one(figures.tablets));
    family("tablets_in_touch", "gauge", "Tablets heard of within an hour.", &one(figures.tablets_in_touch));
    family(
        "changes_quarantined",
        "gauge",
        "Work of tablets out of service that was handed in.",
        &one(figures.quarantined),
    );
    family("events_total", "counter", "Changes told to desks and other instances.", &one(figures.events));
    text
}
