//! What handlers take from a request; what can't be taken becomes a [`Problem`] that names the field.
//!
//! - [`Json<T>`]: a body. Give `T` `#[serde(deny_unknown_fields)]`.
//! - [`Query<T>`]: parameters; the same. The route has to say `allow_query`, see [`super::auth`].
//! - [`Path<T>`]: parts of the path.
//! - [`OnceJson<T>`]: a body under an `Idempotency-Key`, for each POST that creates.
//! - [`Form<T>`]: what a page's form sends.
//!
//! No text that is taken so holds a NUL, and [`refuse_nul`] looks at the address: PostgreSQL keeps none, SQLite would.

use super::problem::Problem;
use crate::service::idempotency::{Answer, Once};
use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, FromRequestParts, Request, rejection::JsonRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};

/// A JSON body, in or out.
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = read_all(Request::from_parts(parts.clone(), body), state).await?;
        if json_has_nul(&bytes) {
            return Err(text_invalid());
        }
        let request = Request::from_parts(parts, Body::from(bytes));
        let axum::Json(value) = axum::Json::<T>::from_request(request, state).await.map_err(bad_body)?;
        Ok(Self(value))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// What the form of a page sends.
#[derive(Debug, Clone)]
pub struct Form<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts.clone(), body);
        let bytes = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        if bytes.contains(&0) || says_nul(&bytes) {
            return Err(text_invalid().into_response());
        }
        let request = Request::from_parts(parts, Body::from(bytes));
        let axum::Form(value) =
            axum::Form::<T>::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        Ok(Self(value))
    }
}

/// Refuses an address with a NUL in its path or its query.
///
/// # Errors
/// 422 `text_invalid`.
pub async fn refuse_nul(request: Request, next: Next) -> Result<Response, Problem> {
    let uri = request.uri();
    if says_nul(uri.path().as_bytes()) || uri.query().is_some_and(|query| says_nul(query.as_bytes())) {
        return Err(text_invalid());
    }
    Ok(next.run(request).await)
}

fn text_invalid() -> Problem {
    let detail = "A text in this request holds a NUL character, which nobody types. Leave it out.";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "text_invalid", detail)
}

/// Whether an address or a form spells one.
fn says_nul(encoded: &[u8]) -> bool {
    encoded.windows(3).any(|three| three == b"%00")
}

/// Whether a text of a JSON document spells one: `\u0000`, where the backslash is not itself spelt so. As it is, it is
/// no JSON.
fn json_has_nul(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let escape = &rest[at + 1..];
        if escape.starts_with(b"u0000") {
            return true;
        }
        rest = escape.get(1..).unwrap_or_default();
    }
    false
}

/// Query parameters.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(e) => Err(Problem::new(StatusCode::BAD_REQUEST, "query_invalid", e.body_text())),
        }
    }
}

/// Parts of the path.
#[derive(Debug, Clone)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            // An id that is none names nothing.
            Err(e) => Err(Problem::new(StatusCode::NOT_FOUND, "not_found", e.body_text())),
        }
    }
}

/// A JSON body and the key under which it may be sent again.
#[derive(Debug, Clone)]
pub struct OnceJson<T> {
    /// The body.
    pub body: T,
    /// The key, bound to this request.
    pub once: Once,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for OnceJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let is_json = parts
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json"));
        if !is_json {
            return Err(Problem::from_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let key = key_of(&parts.headers)?;
        let (method, uri) = (parts.method.clone(), parts.uri.clone());
        let bytes = read_all(Request::from_parts(parts, body), state).await?;
        if json_has_nul(&bytes) {
            return Err(text_invalid());
        }
        let axum::Json(body) = axum::Json::<T>::from_bytes(&bytes).map_err(bad_body)?;
        let once = Once::new(&key, method.as_str(), &uri.to_string(), &bytes)?;
        Ok(Self { body, once })
    }
}

/// A body of any kind (a file) and the key under which it may be sent again.
#[derive(Debug, Clone)]
pub struct OnceBytes {
    /// The body.
    pub body: Bytes,
    /// The key, bound to this request.
    pub once: Once,
}

impl<S: Send + Sync> FromRequest<S> for OnceBytes {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let key = key_of(request.headers())?;
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let body = read_all(request, state).await?;
        let once = Once::new(&key, method.as_str(), &uri.to_string(), &body)?;
        Ok(Self { body, once })
    }
}

async fn read_all<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|e| Problem::from_status(e.status()))
}

pub(super) fn key_of(headers: &HeaderMap) -> Result<String, Problem> {
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok());
    key.map(str::to_owned).ok_or_else(|| {
        let detail = "Send an Idempotency-Key header (a new UUID for each new thing), so that this can be sent again \
                      when the answer is lost.";
        Problem::new(StatusCode::BAD_REQUEST, "idempotency_key_missing", detail)
    })
}

fn bad_body(rejection: JsonRejection) -> Problem {
    match rejection {
        // The text names the field and what was expected; it quotes the request, nothing of ours.
        JsonRejection::JsonDataError(e) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "body_invalid", e.body_text())
        }
        JsonRejection::JsonSyntaxError(e) => Problem::new(StatusCode::BAD_REQUEST, "body_not_json", e.body_text()),
        other => Problem::from_status(other.status()),
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.repeated {
            headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_found_however_it_is_spelt_and_nothing_else_is() {
        for json in [r#"{"a":"b\u0000"}"#, r#"{"\u0000":1}"#, r#"["\\\u0000"]"#] {
            assert!(json_has_nul(json.as_bytes()), "{json}");
        }
        for json in [r#"{"a":"b\\u0000"}"#, r#"{"a":"u0000"}"#, r#"{"a":"\u0001"}"#, r#""\"#, "", r#"["\u000"#] {
            assert!(!json_has_nul(json.as_bytes()), "{json}");
        }
        assert!(says_nul(b"name=a%00b") && !says_nul(b"name=a%2500"));
    }
}
