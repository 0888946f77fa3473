//! `/`: who are you? And out again, and which language.

use super::{frame::Frame, go_to, html_with};
use crate::{
    http::{
        auth::{self, Address},
        language::LANGUAGE_COOKIE,
        problem::Problem,
    },
    service::{ServiceError, sessions},
    state::AppState,
};
use askama::Template;
use axum::{
    Form, Router,
    extract::{Query, State},
    http::StatusCode,
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
                "sign_in_fenced" => frame.t(
                    "Too many failed tries. Wait a minute, or ask the administrator for a new password.",
                    "Demasiados intentos fallidos. Espere un minuto o pida otra contraseña.",
                ),
                _ => &refusal.detail,
            };
            let refused = Some(text.to_owned());
            let status = Problem::from(refusal).status;
            html_with(status, &SignIn { f: frame, login, next, refused })
        }
        Err(other) => Err(other.into()),
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
