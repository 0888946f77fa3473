//! Errors as the outside sees them: RFC 9457 problem details with a stable `code` and a sentence that says what to do.
//!
//! What failed inside goes to the log; the client only learns that it was our fault.

use crate::{
    service::{Refusal, RefusalKind, ServiceError},
    store::{BUSY_RETRY_AFTER_S, StoreError},
};
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// Stable, snake_case.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub detail: String,
    /// Seconds after which trying again may help.
    pub retry_after_s: Option<u32>,
}

/// What any call may answer, whatever it is about.
pub const CODES_OF_ANY_CALL: &[(u16, &str)] = &[
    (422, "text_invalid"),
    (500, "internal"),
    (503, "busy"),
    (503, "database_moved"),
    (503, "not_stored"),
    (507, "storage_full"),
];

/// Why a request was refused (RFC 9457).
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "Problem")]
pub struct ProblemBody<'p> {
    /// Where the code is explained.
    r#type: String,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// Stable, for programs.
    code: &'p str,
    /// What is wrong and what to do, for people.
    detail: &'p str,
    /// Trying again may help after so many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_s: Option<u32>,
}

impl Problem {
    /// A problem.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), retry_after_s: None }
    }

    /// Our fault: logged with what is known, told without it.
    pub fn internal(what: &dyn std::fmt::Display) -> Self {
        tracing::error!(error = %what, "a request failed");
        let detail = "Something went wrong on the server; it was logged. Try again, or tell the administrator.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    /// The problem for an answer that has only a status: from the framework, a timeout, a missing route.
    #[must_use]
    pub fn from_status(status: StatusCode) -> Self {
        let (code, detail) = match status {
            StatusCode::NOT_FOUND => ("not_found", "There is nothing at this address. See /api/docs."),
            StatusCode::METHOD_NOT_ALLOWED => {
                ("method_not_allowed", "This address takes other methods. See /api/docs.")
            }
            StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "The request is too large. Send less at once."),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                ("unsupported_media_type", "This Content-Type is not read here. See /api/docs.")
            }
            StatusCode::REQUEST_TIMEOUT => ("timeout", "The request took too long to arrive. Try again."),
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                ("busy", "The server is busy. Try again in a moment.")
            }
            status if status.is_server_error() => ("internal", "Something went wrong on the server; it was logged."),
            _ => ("bad_request", "The request can't be understood. See /api/docs."),
        };
        let retry_after_s = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(BUSY_RETRY_AFTER_S);
        Self { retry_after_s, ..Self::new(status, code, detail) }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal.kind {
            RefusalKind::BadRequest => StatusCode::BAD_REQUEST,
            RefusalKind::Unauthenticated => StatusCode::UNAUTHORIZED,
            RefusalKind::Forbidden => StatusCode::FORBIDDEN,
            RefusalKind::NotFound => StatusCode::NOT_FOUND,
            RefusalKind::Conflict => StatusCode::CONFLICT,
            RefusalKind::Gone => StatusCode::GONE,
            RefusalKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            RefusalKind::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            RefusalKind::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
            RefusalKind::TooMany => StatusCode::TOO_MANY_REQUESTS,
            RefusalKind::Busy => StatusCode::SERVICE_UNAVAILABLE,
        };
        let retry_after_s = refusal.retry_after_s;
        Self { status, code: refusal.code, detail: refusal.detail, retry_after_s }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy(why) => {
                tracing::warn!(why, "a request was told to come back");
                Self::from_status(StatusCode::SERVICE_UNAVAILABLE)
            }
            StoreError::Full(why) => {
                tracing::error!(why, "the database cannot be written");
                let detail = "The server's disk is full or read-only; nothing was stored. Keep the work and try again.";
                let problem = Self::new(StatusCode::INSUFFICIENT_STORAGE, "storage_full", detail);
                Self { retry_after_s: Some(30), ..problem }
            }
            StoreError::NotCommitted(why) => {
                tracing::error!(why, "a commit failed");
                let detail = "Nothing was stored. Keep the work and try again.";
                let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_stored", detail);
                Self { retry_after_s: Some(BUSY_RETRY_AFTER_S), ..problem }
            }
            StoreError::Moved(why) => {
                tracing::error!(why, "the database was moved");
                let detail = "The server's database is not where it was; nothing was stored. Keep the work, and tell the \
                              administrator to look at the server's log.";
                let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "database_moved", detail);
                Self { retry_after_s: Some(30), ..problem }
            }
            other => Self::internal(&other),
        }
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Refused(refusal) => refusal.into(),
            ServiceError::Store(error) => error.into(),
            ServiceError::Internal(what) => Self::internal(&what),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody {
            r#type: format!("/api/docs/problems#{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            retry_after_s: self.retry_after_s,
        };
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // For a page, which says it in its reader's language.
        response.extensions_mut().insert(self);
        response
    }
}
