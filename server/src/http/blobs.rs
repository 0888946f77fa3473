//! `/blobs/{sha256}`: photos and signatures, sent whole or going on where they broke off.

use super::{
    auth::allow,
    contract::{Calls, Handlers, get, head, media, put},
    problem::Problem,
    uploads,
};
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
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use curbstop_shared::{facts::PHOTO_MEDIA_TYPES, ids::DeviceId};
use uuid::Uuid;

/// Bytes that are here already, or from which a request goes on.
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
/// `?1` once all of them are here and have the hash.
const UPLOAD_COMPLETE: HeaderName = HeaderName::from_static("upload-complete");

const SHA256: &str = "The SHA-256 of its bytes, in hex.";
const HERE: &str = "So many bytes are here.";
const COMPLETE: &str = "`?1` once all of them are here and have the hash, else `?0`.";

/// The routes of this resource.
pub fn routes() -> Calls {
    let refused = &[(403, "tablet_needed")];
    let progress = tells(head(how_far).says("How far a photo or signature is.")).refuses(refused);
    let says = "Sends a photo or signature, whole or going on where it broke off.";
    let sent = takes(put(take_in).says(says)).refuses(refused);
    let shown = get(show)
        .says("A photo or signature.")
        .path(SHA256)
        .gives_media(200, media::IMAGE, "The photo.")
        .refuses(&[(400, "hash_invalid"), (404, "photo_not_named"), (404, "photo_not_here")]);
    let tablets = allow(Action::Sync, progress.merge(sent).layer(uploads::patience()));
    // Their tokens are dead: the tablet's signature is checked instead.
    let refused = &[(401, "proof_invalid")];
    let says = "How far a photo of a tablet out of service is; with `Authorization: Tablet <device> <proof>`.";
    let progress = tells(head(how_far_handed_in).says(says)).refuses(refused);
    let says = "Sends a photo of a tablet out of service; with `Authorization: Tablet <device> <proof>`.";
    let sent = takes(put(take_in_handed_in).says(says)).refuses(refused);
    Calls::new()
        .route("/blobs/{sha256}", tablets.merge(allow(Action::SeeEvidence, shown)))
        .route("/sync/hand-in/{sha256}", progress.merge(sent).layer(uploads::patience()))
}

/// What is said to whoever asks how far it is.
fn tells(handlers: Handlers) -> Handlers {
    handlers
        .path(SHA256)
        .answers_header(200, "Upload-Offset", HERE)
        .answers_header(200, "Upload-Complete", COMPLETE)
        .refuses(&[(400, "hash_invalid"), (404, "photo_not_named")])
}

/// What is taken from whoever sends it, and said.
fn takes(handlers: Handlers) -> Handlers {
    handlers
        .path(SHA256)
        .header("Upload-Offset", "From which byte this goes on; 0 without it.")
        .sends("application/octet-stream", "The bytes from there on; all of them at most 8 MB.")
        .answers_header(201, "Upload-Offset", HERE)
        .answers_header(201, "Upload-Complete", COMPLETE)
        .answers_header(202, "Upload-Offset", HERE)
        .answers_header(202, "Upload-Complete", COMPLETE)
        .refuses(&[
            (400, "hash_invalid"),
            (400, "offset_invalid"),
            (404, "photo_not_named"),
            (408, "timeout"),
            (409, "offset_differs"),
            (413, "photo_too_large"),
            (422, "photo_differs"),
            (429, "photos_unfinished"),
            (503, "photo_busy"),
        ])
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
