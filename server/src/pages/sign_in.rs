//! `/`: who are you? And out again, and which language.

use super::{frame::Frame, go_to, html_with};
use crate::{
    http::{
        STRANGERS_BODY_MAX_BYTES,
        auth::{self, Address},
        extract::Form,
        language::LANGUAGE_COOKIE,
        problem::Problem,
    },
    service::{ServiceError, sessions},
    state::AppState,
};
use askama::Template;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use curbstop_shared::vocabulary::Role;
use serde::Deserialize;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/", get(show))
        .route("/sign-in", post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/language", post(set_language))
        .layer(DefaultBodyLimit::max(STRANGERS_BODY_MAX_BYTES))
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    f: Frame,
    login: String,
    next: String,
    /// Why it did not work.
    refused: Option<String>,
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

async fn show(frame: Frame, Query(Next { next }): Query<Next>) -> Result<Response, Problem> {
    match frame.role() {
        Some(role) => Ok(go_to(&after_sign_in(role, &next), false)),
        None => html_with(StatusCode::OK, &SignIn { f: frame, login: String::new(), next, refused: None }),
    }
}

#[derive(Deserialize)]
struct Credentials {
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

async fn sign_in(
    State(state): State<AppState>,
    frame: Frame,
    Address(address): Address,
    jar: CookieJar,
    Form(Credentials { login, password, next }): Form<Credentials>,
) -> Result<Response, Problem> {
    match sessions::open_page_session(&state, &login, &password, &address).await {
        Ok((cookie, person)) => {
            let jar = jar.add(auth::session_cookie(&state, cookie));
            Ok((jar, go_to(&after_sign_in(person.role, &next), false)).into_response())
        }
        Err(ServiceError::Refused(refusal)) => {
            let text = match refusal.code {
                "sign_in_failed" => frame.t(
                    "Login or password is wrong. Check that Caps Lock is off and try again.",
                    "El usuario o la contraseña no es correcta. Revise las mayúsculas e intente de nuevo.",
                ),
                "sign_in_fenced" => &fenced(&frame, refusal.retry_after_s.unwrap_or_default()),
                _ => &refusal.detail,
            };
            let refused = Some(text.to_owned());
            let problem = Problem::from(refusal);
            let mut answer = html_with(problem.status, &SignIn { f: frame, login, next, refused })?;
            if let Some(seconds) = problem.retry_after_s {
                answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            Ok(answer)
        }
        Err(other) => Err(other.into()),
    }
}

/// How long to wait, rounded up: who comes back after that gets in.
fn fenced(f: &Frame, wait_s: u32) -> String {
    match wait_s.div_ceil(60) {
        0 | 1 => f
            .t(
                "Too many failed tries. Try again in a minute.",
                "Demasiados intentos fallidos. Intente de nuevo en un minuto.",
            )
            .to_owned(),
        minutes => f
            .t(
                &format!("Too many failed tries. Try again in {minutes} minutes."),
                &format!("Demasiados intentos fallidos. Intente de nuevo en {minutes} minutos."),
            )
            .to_owned(),
    }
}

async fn sign_out(State(state): State<AppState>, jar: CookieJar) -> Result<Response, Problem> {
    if let Some(cookie) = jar.get(auth::cookie_name(&state)) {
        sessions::close_page_session(&state, cookie.value()).await?;
    }
    let gone = auth::session_cookie(&state, String::new());
    Ok((jar.remove(gone), go_to("/", false)).into_response())
}

#[derive(Deserialize)]
struct Chosen {
    language: String,
    #[serde(default)]
    back: String,
}

async fn set_language(jar: CookieJar, Form(Chosen { language, back }): Form<Chosen>) -> Response {
    let language = if language == "es" { "es" } else { "en" };
    let cookie = Cookie::build((LANGUAGE_COOKIE, language))
        .path("/")
        .same_site(SameSite::Lax)
        .http_only(true)
        .permanent()
        .build();
    (jar.add(cookie), go_to(own(&back).unwrap_or("/"), false)).into_response()
}

/// The desk of a role, or the page that somebody wanted before.
fn after_sign_in(role: Role, next: &str) -> String {
    own(next).filter(|next| *next != "/").map_or_else(|| desk_of(role).to_owned(), str::to_owned)
}

const fn desk_of(role: Role) -> &'static str {
    match role {
        Role::Dispatcher | Role::Admin => "/dispatch",
        Role::Crew | Role::Contractor => "/field/",
        Role::Office | Role::Supervisor | Role::Auditor | Role::Cis => "/office",
    }
}

/// An address on this server: never one that leads elsewhere (`//`, `/\`).
fn own(address: &str) -> Option<&str> {
    let rest = address.strip_prefix('/')?;
    let elsewhere = rest.starts_with(['/', '\\']) || address.bytes().any(|byte| byte < 0x20 || byte == 0x7f);
    (!elsewhere).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        for bad in ["//evil.example", "/\\evil.example", "https://evil.example", "", "dispatch", "/a\r\nset-cookie:x"] {
            assert_eq!(own(bad), None, "{bad:?}");
        }
        assert_eq!(after_sign_in(Role::Office, "/office/accounts/1042?q=x"), "/office/accounts/1042?q=x");
        assert_eq!(after_sign_in(Role::Dispatcher, "//evil.example"), "/dispatch");
    }
}
