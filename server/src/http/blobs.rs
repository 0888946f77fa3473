//! `/blobs/{sha256}`: photos and signatures, sent whole or going on where they broke off.

use super::{auth::allow, problem::Problem, uploads};
use crate::{
    service::{
        authorise::{Action, Actor},
        evidence::{self, Progress},
        handing_in,
    },
    state::AppState,
    vault::Hash,
};
use axum::{
    Router,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, head},
};
use curbstop_shared::{facts::PHOTO_MEDIA_TYPES, ids::DeviceId};
use uuid::Uuid;

/// Bytes that are here already, or from which a request goes on.
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
/// `?1` once all of them are here and have the hash.
const UPLOAD_COMPLETE: HeaderName = HeaderName::from_static("upload-complete");

/// The routes of this resource.
pub fn routes() -> Router<AppState> {
    let tablets = allow(Action::Sync, head(how_far).put(take_in).layer(uploads::patience()));
    // Their tokens are dead: the tablet's signature is checked instead.
    let handed_in = head(how_far_handed_in).put(take_in_handed_in).layer(uploads::patience());
    Router::new()
        .route("/blobs/{sha256}", tablets.merge(allow(Action::SeeEvidence, get(show))))
        .route("/sync/hand-in/{sha256}", handed_in)
}

async fn how_far(State(state): State<AppState>, actor: Actor, Path(hash): Path<String>) -> Result<Response, Problem> {
    tell(&state, tablet(&actor)?, hash_of(&hash)?).await
}

async fn take_in(
    State(state): State<AppState>,
    actor: Actor,
    Path(hash): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    take(&state, tablet(&actor)?, hash_of(&hash)?, &headers, request).await
}

async fn how_far_handed_in(
    State(state): State<AppState>,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let hash = hash_of(&hash)?;
    tell(&state, proven(&state, hash, &headers).await?, hash).await
}

async fn take_in_handed_in(
    State(state): State<AppState>,
    Path(hash): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let hash = hash_of(&hash)?;
    take(&state, proven(&state, hash, &headers).await?, hash, &headers, request).await
}

async fn tell(state: &AppState, device: DeviceId, hash: Hash) -> Result<Response, Problem> {
    Ok(said(StatusCode::OK, evidence::progress(state, device, hash).await?))
}

async fn take(
    state: &AppState,
    device: DeviceId,
    hash: Hash,
    headers: &HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let offset = match headers.get(UPLOAD_OFFSET) {
        None => 0,
        Some(value) => value.to_str().ok().and_then(|text| text.parse().ok()).ok_or_else(|| {
            Problem::new(StatusCode::BAD_REQUEST, "offset_invalid", "Upload-Offset is a number of bytes.")
        })?,
    };
    let body = request.into_body().into_data_stream();
    let progress = evidence::take_in(state, device, hash, offset, body).await?;
    Ok(said(if progress.is_complete { StatusCode::CREATED } else { StatusCode::ACCEPTED }, progress))
}

async fn show(State(state): State<AppState>, actor: Actor, Path(hash): Path<String>) -> Result<Response, Problem> {
    let (media_type, bytes) = evidence::show(&state, &actor, hash_of(&hash)?).await?;
    // Anything else is only handed out as a file.
    let shown = PHOTO_MEDIA_TYPES.into_iter().find(|shown| *shown == media_type);
    let mut answer = bytes.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(shown.unwrap_or("application/octet-stream")));
    if shown.is_none() {
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    }
    // A photo shows somebody's house: it stays with whoever may see it, and never changes.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400, immutable"));
    Ok(answer)
}

fn said(status: StatusCode, progress: Progress) -> Response {
    let complete = HeaderValue::from_static(if progress.is_complete { "?1" } else { "?0" });
    (status, [(UPLOAD_OFFSET, HeaderValue::from(progress.bytes)), (UPLOAD_COMPLETE, complete)]).into_response()
}

fn hash_of(text: &str) -> Result<Hash, Problem> {
    text.parse().map_err(|bad: crate::vault::BadHash| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "hash_invalid",
            format!("The address ends with the photo's SHA-256: {bad}."),
        )
    })
}

/// The tablet whose key has signed for this photo: `Authorization: Tablet <device> <proof>`.
async fn proven(state: &AppState, hash: Hash, headers: &HeaderMap) -> Result<DeviceId, Problem> {
    let said = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut words = said.split(' ');
    let (device, proof) = match (words.next(), words.next().and_then(|id| id.parse().ok()), words.next()) {
        (Some("Tablet"), Some(device), Some(proof)) => (device, proof),
        _ => (DeviceId(Uuid::nil()), ""),
    };
    Ok(handing_in::photo_sender(state, device, hash, proof).await?)
}

fn tablet(actor: &Actor) -> Result<DeviceId, Problem> {
    actor.device().ok_or_else(|| {
        let detail = "Only an enrolled tablet sends photos. Enrol it with a code from dispatch.";
        Problem::new(StatusCode::FORBIDDEN, "tablet_needed", detail)
    })
}
