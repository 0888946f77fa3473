//! A file that comes with a request: as the body itself, or as the one file of a form.

use super::{extract::key_of, problem::Problem};
use crate::{
    import::MAX_FILE_BYTES,
    service::{idempotency::Once, importing::FileBytes},
    state::AppState,
};
use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request},
    http::{HeaderMap, StatusCode, header},
};
use std::time::Duration;
use tower_http::timeout::RequestBodyTimeoutLayer;

/// What a form adds around a file: boundaries and headings.
const FORM_EXTRA_BYTES: usize = 64 * 1024;

/// The limit of routes that take a file.
pub fn limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(MAX_FILE_BYTES + FORM_EXTRA_BYTES)
}

/// A sender who says nothing for so long gives up its turn: a dead line must not keep the others waiting.
const SILENCE_MAX: Duration = Duration::from_secs(5);

/// Ends a body that does not go on.
pub fn patience() -> RequestBodyTimeoutLayer {
    RequestBodyTimeoutLayer::new(SILENCE_MAX)
}

/// A file, and the key under which it may be sent again.
#[derive(Debug)]
pub struct Upload {
    /// The file's bytes, with its turn among the files that are in memory.
    pub bytes: FileBytes,
    /// The key, bound to this request; none where none was sent.
    once: Option<Once>,
}

impl Upload {
    /// The key, for a request that stores something.
    ///
    /// # Errors
    /// 400 `idempotency_key_missing`.
    pub fn once(&self) -> Result<&Once, Problem> {
        self.once.as_ref().ok_or_else(|| {
            let detail = "Send an Idempotency-Key header (a new UUID for each new file), or dry_run=true.";
            Problem::new(StatusCode::BAD_REQUEST, "idempotency_key_missing", detail)
        })
    }
}

impl FromRequest<AppState> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        let key = request.headers().contains_key("idempotency-key").then(|| key_of(request.headers())).transpose()?;
        let (method, uri) = (request.method().clone(), request.uri().to_string());
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if announced_bytes(request.headers()).is_some_and(|bytes| bytes > MAX_FILE_BYTES + FORM_EXTRA_BYTES) {
            return Err(too_large());
        }
        let is_form = kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("multipart/form-data"));
        let turn = state.uploads.take().await?;
        let body = if is_form {
            let form = Multipart::from_request(request, state).await.map_err(|e| Problem::from_status(e.status()))?;
            file_of(form).await?
        } else {
            Bytes::from_request(request, state).await.map_err(|e| too_large_or(e.status()))?
        };
        // The boundary of a form differs each time it is sent; its file does not.
        let once = key.map(|key| Once::new(&key, method.as_str(), &uri, &body)).transpose()?;
        Ok(Self { bytes: FileBytes::in_turn(body.into(), turn), once })
    }
}

/// The one file of a form.
async fn file_of(mut form: Multipart) -> Result<Bytes, Problem> {
    let wrong = |detail: &str| Problem::new(StatusCode::BAD_REQUEST, "form_invalid", detail);
    let mut found = None;
    while let Some(part) = form.next_field().await.map_err(|e| too_large_or(e.status()))? {
        if part.name() != Some("file") || found.is_some() {
            return Err(wrong("A form holds one part, called \"file\". Put the rest into the query."));
        }
        found = Some(part.bytes().await.map_err(|e| too_large_or(e.status()))?);
    }
    found.ok_or_else(|| wrong("The form holds no part called \"file\"."))
}

/// What the sender says of its length, so that nobody sends it for nothing.
fn announced_bytes(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The refusal of a body that could not be read: too large, or what its status says.
pub fn too_large_or(status: StatusCode) -> Problem {
    if status == StatusCode::PAYLOAD_TOO_LARGE { too_large() } else { Problem::from_status(status) }
}

fn too_large() -> Problem {
    let detail = format!(
        "The file is larger than {} MB. Export fewer cycles or routes at a time, or check that it is the right file.",
        MAX_FILE_BYTES / 1024 / 1024
    );
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "file_too_large", detail)
}
