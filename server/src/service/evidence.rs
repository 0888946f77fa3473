//! Photos and signatures come in after the facts that name them, piece by piece, and are there once their hash is right.
//!
//! Whether one is there, the folder says. The database remembers it, and is put right where the two differ: after a
//! crash between them, or where one of them came back from a copy.

use super::{
    RefusalKind, ServiceError,
    authorise::{Action, Actor},
    missing_evidence,
};
use crate::{
    state::AppState,
    store::{StoreError, evidence, evidence::Named, feed},
    vault::{Arriving, Hash, Kept, Vault},
};
use curbstop_shared::{
    facts::PHOTO_MAX_BYTES,
    ids::DeviceId,
    time::{Micros, Span},
};
use futures_util::{Stream, StreamExt as _, pin_mut};
use std::{
    io,
    time::{Duration, SystemTime},
};
use uuid::Uuid;

/// Bytes that one tablet may have begun to send and not finished: a tablet finishes one before it begins the next, and
/// a day has some fifty.
const UNFINISHED_MAX_BYTES: u64 = 200 << 20;
/// From the last bytes of an upload until it is thrown away: longer than a tablet is away from any signal.
const UNFINISHED_KEPT: Span = Span::minutes(14 * 24 * 60);
/// Hashes that one sync answer asks for: more than a tablet sends until the next.
const WANTED_MAX: i64 = 64;
/// Seconds after which the other upload of the same photo is over.
const OTHER_UPLOAD_S: u32 = 5;

/// How far an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are here: an upload goes on from there.
    pub bytes: u64,
    /// All of them are, and have the hash: the tablet may drop its copy.
    pub is_complete: bool,
}

/// What a tablet is asked to send: hashes of photos that its facts name and that are not here.
///
/// # Errors
/// When store or disk fail.
pub async fn wanted(state: &AppState, device: DeviceId) -> Result<Vec<Vec<u8>>, ServiceError> {
    let named = evidence::wanted(&mut state.store.reader().await?, device, WANTED_MAX).await?;
    let mut wanted = Vec::with_capacity(named.len());
    for (sha256, size_bytes) in named {
        let Ok(hash) = <[u8; 32]>::try_from(sha256.as_slice()).map(Hash) else { continue };
        if is_whole(state, hash, size_bytes).await? {
            keep_that_it_is_here(state, hash, size_bytes, device).await?;
        } else if !wanted.contains(&sha256) {
            wanted.push(sha256);
        }
    }
    Ok(wanted)
}

/// How far the upload of a photo is.
///
/// # Errors
/// 404 `photo_not_named`, 503 `photo_busy`, or when store or disk fail.
pub async fn progress(state: &AppState, device: DeviceId, hash: Hash) -> Result<Progress, ServiceError> {
    let named = named(state, hash, device).await?;
    if let Some(complete) = complete(state, hash, device, &named).await? {
        return Ok(complete);
    }
    let vault = vault(state);
    let bytes = on_disk(move || vault.sent_so_far(hash, device.0)).await?.ok_or_else(busy)?;
    Ok(Progress { bytes, is_complete: false })
}

/// Takes bytes of a photo in, from where the last upload broke off. What arrives before the line breaks is kept.
///
/// # Errors
/// 404 `photo_not_named`, 409 `offset_differs` (ask how far it is), 413 `photo_too_large`, 422 `photo_differs` where all
/// bytes are here and don't have the hash, 429 `photos_unfinished` where too many were begun, 503 `photo_busy`, 507 where
/// the disk is full.
pub async fn take_in<B, E>(
    state: &AppState,
    device: DeviceId,
    hash: Hash,
    offset: u64,
    body: impl Stream<Item = Result<B, E>>,
) -> Result<Progress, ServiceError>
where
    B: AsRef<[u8]> + Send + 'static,
{
    let named = named(state, hash, device).await?;
    if let Some(complete) = complete(state, hash, device, &named).await? {
        return Ok(complete);
    }
    let size = size_of(&named)?;
    let mut arriving = arriving(state, hash, device, size).await?;
    if arriving.length() != offset {
        let detail =
            format!("{} bytes are here: ask with HEAD how far it is, and go on from there.", arriving.length());
        return Err(ServiceError::conflict("offset_differs", detail));
    }
    pin_mut!(body);
    while let Some(Ok(bytes)) = body.next().await {
        if arriving.length() + bytes.as_ref().len() as u64 > size {
            on_disk(move || arriving.drop_all()).await?;
            return Err(differs(size));
        }
        arriving = on_disk(move || arriving.add(bytes.as_ref()).map(|()| arriving)).await?;
    }
    if arriving.length() == 0 {
        on_disk(move || arriving.drop_all()).await?;
        return Ok(Progress { bytes: 0, is_complete: false });
    }
    if arriving.length() < size {
        return Ok(Progress { bytes: arriving.length(), is_complete: false });
    }
    let vault = vault(state);
    match on_disk(move || vault.keep(hash, arriving)).await? {
        Kept::OtherBytes => Err(differs(size)),
        Kept::Kept => {
            keep_that_it_is_here(state, hash, named.size_bytes, device).await?;
            Ok(Progress { bytes: size, is_complete: true })
        }
    }
}

/// A photo for somebody at a desk: its media type and its bytes.
///
/// # Errors
/// 403 `role_forbids`, 404 `photo_not_named` or `photo_not_here`.
pub async fn show(state: &AppState, actor: &Actor, hash: Hash) -> Result<(String, Vec<u8>), ServiceError> {
    actor.may(Action::SeeEvidence)?;
    let named = evidence::sent_first(&mut state.store.reader().await?, &hash.0).await?.ok_or_else(not_named)?;
    let vault = vault(state);
    match on_disk(move || vault.read(hash)).await? {
        Some(bytes) => Ok((named.media_type, bytes)),
        None if named.arrived_at_us.is_none() => {
            let detail = "The photo is still on the tablet: it comes when the tablet has a signal.";
            Err(ServiceError::not_found("photo_not_here", detail))
        }
        None => {
            keep_that_it_is_missing(state, hash, named.size_bytes).await?;
            let detail = "The photo was here, and its file is missing from the server's folder of photos. Tell the \
                          administrator to put it back from a copy; a tablet that still has it is asked for it.";
            Err(ServiceError::not_found("photo_not_here", detail))
        }
    }
}

/// Throws away what was begun and nobody went on with, as of `now`; how many.
///
/// # Errors
/// When the disk fails.
pub async fn sweep(state: &AppState, now: Micros) -> Result<u64, ServiceError> {
    let before = Duration::from_micros(u64::try_from((now - UNFINISHED_KEPT).0).unwrap_or_default());
    let vault = vault(state);
    on_disk(move || vault.sweep(SystemTime::UNIX_EPOCH + before)).await
}

async fn keep_that_it_is_here(state: &AppState, hash: Hash, size: i64, device: DeviceId) -> Result<(), ServiceError> {
    let now = state.now();
    let mut work = state.store.begin().await?;
    feed::append(&mut work, now, "evidence", &hash.to_string(), &serde_json::json!({})).await?;
    evidence::arrived(&mut work, &hash.0, size, device, now).await?;
    missing_evidence::arrived(&mut work, &hash.0, size, now).await?;
    work.commit().await?;
    state.feed.ring();
    Ok(())
}

async fn keep_that_it_is_missing(state: &AppState, hash: Hash, size: i64) -> Result<(), ServiceError> {
    tracing::warn!(%hash, "a photo that was here is missing from the folder of photos");
    let mut work = state.store.begin().await?;
    feed::append(&mut work, state.now(), "evidence", &hash.to_string(), &serde_json::json!({})).await?;
    evidence::missing(&mut work, &hash.0, size).await?;
    work.commit().await?;
    state.feed.ring();
    Ok(())
}

/// What this tablet itself says of a photo: another's word about it is nothing to it.
async fn named(state: &AppState, hash: Hash, device: DeviceId) -> Result<Named, ServiceError> {
    evidence::named_by(&mut state.store.reader().await?, &hash.0, device).await?.ok_or_else(not_named)
}

fn not_named() -> ServiceError {
    let detail = "No act of this tablet that has arrived names this photo: send the act first, then the photo.";
    ServiceError::not_found("photo_not_named", detail)
}

async fn is_whole(state: &AppState, hash: Hash, size_bytes: i64) -> Result<bool, ServiceError> {
    let vault = vault(state);
    let there = on_disk(move || vault.size_of(hash)).await?;
    Ok(there.is_some_and(|bytes| u64::try_from(size_bytes) == Ok(bytes)))
}

/// All of it, where it is in the folder; what the database says is put right.
async fn complete(
    state: &AppState,
    hash: Hash,
    device: DeviceId,
    named: &Named,
) -> Result<Option<Progress>, ServiceError> {
    match (is_whole(state, hash, named.size_bytes).await?, named.arrived_at_us) {
        (true, Some(_)) => {}
        (true, None) => keep_that_it_is_here(state, hash, named.size_bytes, device).await?,
        (false, Some(_)) => {
            keep_that_it_is_missing(state, hash, named.size_bytes).await?;
            return Ok(None);
        }
        (false, None) => return Ok(None),
    }
    Ok(Some(Progress { bytes: u64::try_from(named.size_bytes).unwrap_or_default(), is_complete: true }))
}

fn size_of(named: &Named) -> Result<u64, ServiceError> {
    match u64::try_from(named.size_bytes) {
        Ok(size) if named.size_bytes <= PHOTO_MAX_BYTES => Ok(size),
        _ => {
            let detail = format!("A photo is at most {} MB: make it smaller on the tablet.", PHOTO_MAX_BYTES >> 20);
            Err(ServiceError::refused(RefusalKind::TooLarge, "photo_too_large", detail))
        }
    }
}

fn differs(size: u64) -> ServiceError {
    let detail = format!(
        "These are not the {size} bytes that the act names; what came was thrown away. Send it from the beginning."
    );
    ServiceError::invalid("photo_differs", detail)
}

async fn arriving(state: &AppState, hash: Hash, device: DeviceId, size: u64) -> Result<Arriving, ServiceError> {
    let vault = vault(state);
    let device: Uuid = device.0;
    let (begun, sent) = on_disk({
        let vault = vault.clone();
        move || Ok((vault.unfinished_of(device)?, vault.sent_so_far(hash, device)?))
    })
    .await?;
    if begun + size.saturating_sub(sent.ok_or_else(busy)?) > UNFINISHED_MAX_BYTES {
        let detail = format!(
            "This tablet has begun to send {} MB of photos and finished none of them: finish those first.",
            UNFINISHED_MAX_BYTES >> 20
        );
        return Err(ServiceError::refused(RefusalKind::TooMany, "photos_unfinished", detail));
    }
    on_disk(move || vault.arriving(hash, device)).await?.ok_or_else(busy)
}

fn busy() -> ServiceError {
    let detail = "Another upload of this photo is under way. Try again in a moment.";
    ServiceError::refused(RefusalKind::Busy, "photo_busy", detail).after(OTHER_UPLOAD_S)
}

fn vault(state: &AppState) -> Vault {
    Vault::in_folder(&state.config.blobs)
}

/// What touches the disk does not hold up other requests.
async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, ServiceError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(why))
            if matches!(
                why.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied
            ) =>
        {
            Err(StoreError::Full(format!("the folder of photos: {why}")).into())
        }
        Ok(Err(why)) => Err(ServiceError::Internal(format!("the folder of photos: {why}"))),
        Err(panic) => Err(ServiceError::Internal(format!("the folder of photos: {panic}"))),
    }
}
