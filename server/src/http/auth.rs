//! Who asks, and may they? Nothing under `/api/v1` reaches a handler's [`Actor`] without a rule.
//!
//! ```ignore
//! pub fn routes() -> Calls {
//!     Calls::new()
//!         .route("/crews", allow(Action::SeeCrews, get(list)).merge(allow(Action::ManageHouse, post(add))))
//!         .route("/orders", allow_query(Action::SeeOrders, get(search)))
//! }
//! async fn list(State(state): State<AppState>, actor: Actor) -> Result<Json<Vec<Crew>>, Problem>
//! ```

use super::{contract::Handlers, problem::Problem, sockets::household};
use crate::{
    service::{
        ServiceError,
        authorise::{Action, Actor},
        sessions,
    },
    state::AppState,
};
use axum::{
    extract::{ConnectInfo, FromRequestParts, Request, State},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    middleware::{Next, from_fn},
    response::Response,
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use curbstop_shared::time::Micros;
use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use uuid::Uuid;

/// What [`authenticate`] found; handlers see it as [`Actor`].
#[derive(Clone)]
struct Found(Result<Identity, Problem>);

#[derive(Clone)]
struct Identity {
    actor: Actor,
    presence: Presence,
}

/// By what somebody is signed in.
#[derive(Clone)]
pub enum Presence {
    /// An access token: its id, and until when it is good.
    Token(Uuid, Micros),
    /// A page's cookie.
    Page(String),
}

impl Presence {
    /// Whether it still lets anybody in. A database that does not answer sends nobody away.
    pub async fn lasts(&self, state: &AppState) -> bool {
        match self {
            Self::Token(jti, until) => {
                let is_refused = |found: Result<Actor, ServiceError>| matches!(found, Err(ServiceError::Refused(_)));
                state.now() < *until && !is_refused(sessions::token_actor(state, *jti).await)
            }
            Self::Page(cookie) => !matches!(sessions::page_person(state, cookie).await, Ok(None)),
        }
    }

    /// For how long it may last at most.
    pub fn left(&self, state: &AppState) -> Duration {
        let left_us = match self {
            Self::Token(_, until) => (*until - state.now()).0,
            Self::Page(_) => i64::MAX,
        };
        Duration::from_micros(u64::try_from(left_us).unwrap_or_default())
    }
}

/// A rule of this route let the actor pass.
#[derive(Clone)]
struct Allowed;

/// Finds out who asks, by token or cookie, and keeps it for the route's rule. Refuses nobody itself.
pub async fn authenticate(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let found = identify(&state, request.headers()).await.map_err(Problem::from);
    request.extensions_mut().insert(Found(found));
    next.run(request).await
}

async fn identify(state: &AppState, headers: &HeaderMap) -> Result<Identity, ServiceError> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let token = value.to_str().ok().and_then(|text| text.split_once(' '));
        let Some(("Bearer" | "bearer", token)) = token else { return Err(token_invalid()) };
        let claims = match state.keys.verify(&state.store, state.now(), token.trim()).await? {
            Ok(claims) => claims,
            Err(why) => {
                tracing::warn!(%why, "a token was refused");
                return Err(token_invalid());
            }
        };
        let actor = sessions::token_actor(state, claims.jti).await?;
        let presence = Presence::Token(claims.jti, Micros(claims.exp.saturating_mul(1_000_000)));
        return Ok(Identity { actor, presence });
    }
    let jar = CookieJar::from_headers(headers);
    if let Some(cookie) = jar.get(cookie_name(state))
        && let Some(actor) = sessions::page_actor(state, cookie.value()).await?
    {
        return Ok(Identity { actor, presence: Presence::Page(cookie.value().to_owned()) });
    }
    Err(ServiceError::unauthenticated("sign_in_needed", "Sign in first: POST /api/v1/session, or at /."))
}

/// One text for every reason; the log says which.
fn token_invalid() -> ServiceError {
    let detail = "This access token is not valid, or no longer. Refresh it, or sign in again.";
    ServiceError::unauthenticated("token_invalid", detail)
}

/// Handlers of this route run only for actors whose role allows `action`. Query parameters are refused.
pub fn allow(action: Action, handlers: Handlers) -> Handlers {
    guard(action, false, handlers)
}

/// As [`allow`], for handlers that take a [`Query`](super::extract::Query).
pub fn allow_query(action: Action, handlers: Handlers) -> Handlers {
    guard(action, true, handlers)
}

fn guard(action: Action, takes_query: bool, handlers: Handlers) -> Handlers {
    let rule = from_fn(move |request: Request, next: Next| guarded(action, takes_query, request, next));
    handlers.guarded(action, takes_query, rule)
}

async fn guarded(action: Action, takes_query: bool, mut request: Request, next: Next) -> Result<Response, Problem> {
    let Some(Found(found)) = request.extensions().get::<Found>() else {
        return Err(Problem::internal(&"a guarded route outside the API"));
    };
    found.clone()?.actor.may(action)?;
    if !takes_query {
        refuse_query(&request)?;
    }
    request.extensions_mut().insert(Allowed);
    Ok(next.run(request).await)
}

/// For public routes: query parameters are errors there, too.
///
/// # Errors
/// 400 `query_invalid`.
pub fn refuse_query(request: &Request) -> Result<(), Problem> {
    if request.uri().query().is_some_and(|query| !query.is_empty()) {
        let detail = "This call takes no query parameters.";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "query_invalid", detail));
    }
    Ok(())
}

impl<S: Send + Sync> FromRequestParts<S> for Actor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(Found(found)) = parts.extensions.get::<Found>() else {
            return Err(Problem::internal(&"an actor outside the API"));
        };
        if parts.extensions.get::<Allowed>().is_none() {
            return Err(Problem::internal(&"a route without a rule; wrap its handlers in allow(...)"));
        }
        found.clone().map(|identity| identity.actor)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Presence {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(Found(found)) = parts.extensions.get::<Found>() else {
            return Err(Problem::internal(&"a presence outside the API"));
        };
        found.clone().map(|identity| identity.presence)
    }
}

/// For pages: who is signed in, or nobody. Works outside `/api/v1`.
///
/// # Errors
/// When the session can't be read.
pub async fn page_visitor(state: &AppState, headers: &HeaderMap) -> Result<Option<Actor>, Problem> {
    let jar = CookieJar::from_headers(headers);
    let Some(cookie) = jar.get(cookie_name(state)) else { return Ok(None) };
    Ok(sessions::page_actor(state, cookie.value()).await?)
}

/// The name of the session's cookie. `__Host-` needs TLS, which a server on loopback does without.
#[must_use]
pub fn cookie_name(state: &AppState) -> &'static str {
    if state.config.is_https() { "__Host-curbstop" } else { "curbstop" }
}

/// The session's cookie with this value.
#[must_use]
pub fn session_cookie(state: &AppState, value: String) -> Cookie<'static> {
    Cookie::build((cookie_name(state), value))
        .path("/")
        .http_only(true)
        .secure(state.config.is_https())
        .same_site(SameSite::Lax)
        .build()
}

/// Where the request came from, for the sign-in fence. Believes `X-Forwarded-For` only from a proxy on this machine.
#[derive(Debug, Clone)]
pub struct Address(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() else {
            return Ok(Self("unknown".to_owned()));
        };
        // Every proxy adds at the end, some of them a line of their own: what stands before was written by anybody.
        let forwarded =
            parts.headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
        let nearest = forwarded.and_then(|list| list.rsplit(',').next()).map(str::trim);
        Ok(Self(match nearest {
            Some(client) if peer.ip().is_loopback() => match client.parse::<IpAddr>() {
                Ok(client) => household(client).to_string(),
                Err(_) => client.chars().take(45).collect(),
            },
            _ => household(peer.ip()).to_string(),
        }))
    }
}

/// Refuses changes that another site's page asks a signed-in browser for.
///
/// Browsers say where a request comes from; other clients say nothing and carry no cookie unasked.
pub async fn refuse_other_sites(request: Request, next: Next) -> Result<Response, Problem> {
    if !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) && !same_origin(request.headers()) {
        let detail = "This came from another site. Use Curbstop's own pages.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "other_site", detail));
    }
    Ok(next.run(request).await)
}

fn same_origin(headers: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = headers.get("sec-fetch-site") {
        return matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    match (text(header::ORIGIN), text(header::HOST)) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, from)| from == host),
        (Some(_), None) => false,
        (None, _) => true,
    }
}
