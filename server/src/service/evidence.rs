//! Photos and signatures come in after the facts that name them, piece by piece, and are there once their hash is right.

use super::{
    RefusalKind, ServiceError,
    authorise::{Action, Actor},
};
use crate::{
    state::AppState,
    store::{StoreError, evidence, evidence::Named, feed},
    vault::{Arriving, Hash, Kept, Vault},
};
use curbstop_shared::ids::DeviceId;
use futures_util::{Stream, StreamExt as _, pin_mut};
use std::io;
use uuid::Uuid;

/// The largest photo that is taken in, in bytes: a tablet makes them smaller before it keeps them.
pub const BLOB_MAX_BYTES: u64 = 8 << 20;
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
/// When the store fails.
pub async fn wanted(state: &AppState, device: DeviceId) -> Result<Vec<Vec<u8>>, ServiceError> {
    Ok(evidence::wanted(&mut state.store.reader().await?, device, WANTED_MAX).await?)
}

/// How far the upload of a photo is.
///
/// # Errors
/// 404 `photo_not_named`, or when store or disk fail.
pub async fn progress(state: &AppState, device: DeviceId, hash: Hash) -> Result<Progress, ServiceError> {
    let named = named(state, hash).await?;
    if let Some(complete) = complete(&named) {
        return Ok(complete);
    }
    let arriving = arriving(state, hash, device).await?;
    Ok(Progress { bytes: arriving.length(), is_complete: false })
}

/// Takes bytes of a photo in, from where the last upload broke off. What arrives before the line breaks is kept.
///
/// # Errors
/// 404 `photo_not_named`, 409 `offset_differs` (ask how far it is), 413 `photo_too_large`, 422 `photo_differs` where all
/// bytes are here and don't have the hash, 503 `photo_busy`, 507 where the disk is full.
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
    let named = named(state, hash).await?;
    if let Some(complete) = complete(&named) {
        return Ok(complete);
    }
    let size = size_of(&named)?;
    let mut arriving = arriving(state, hash, device).await?;
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
    if arriving.length() < size {
        return Ok(Progress { bytes: arriving.length(), is_complete: false });
    }
    let vault = vault(state);
    match on_disk(move || vault.keep(hash, arriving)).await? {
        Kept::OtherBytes => Err(differs(size)),
        Kept::Kept => {
            keep_that_it_is_here(state, hash).await?;
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
    let named = named(state, hash).await?;
    if named.arrived_at_us.is_none() {
        let detail = "The photo is still on the tablet: it comes when the tablet has a signal.";
        return Err(ServiceError::not_found("photo_not_here", detail));
    }
    let vault = vault(state);
    Ok((named.media_type, on_disk(move || vault.read(hash)).await?))
}

async fn keep_that_it_is_here(state: &AppState, hash: Hash) -> Result<(), ServiceError> {
    let now = state.now();
    let mut work = state.store.begin().await?;
    feed::append(&mut work, now, "evidence", &hash.to_string(), &serde_json::json!({})).await?;
    evidence::arrived(&mut work, &hash.0, now).await?;
    work.commit().await?;
    state.feed.ring();
    Ok(())
}

async fn named(state: &AppState, hash: Hash) -> Result<Named, ServiceError> {
    evidence::by_hash(&mut state.store.reader().await?, &hash.0).await?.ok_or_else(|| {
        let detail = "No act that has arrived names this photo: send the act first, then the photo.";
        ServiceError::not_found("photo_not_named", detail)
    })
}

fn complete(named: &Named) -> Option<Progress> {
    named.arrived_at_us?;
    Some(Progress { bytes: u64::try_from(named.size_bytes).unwrap_or_default(), is_complete: true })
}

fn size_of(named: &Named) -> Result<u64, ServiceError> {
    match u64::try_from(named.size_bytes) {
        Ok(size) if size <= BLOB_MAX_BYTES => Ok(size),
        _ => {
            let detail = format!("A photo is at most {} MB: make it smaller on the tablet.", BLOB_MAX_BYTES >> 20);
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

async fn arriving(state: &AppState, hash: Hash, device: DeviceId) -> Result<Arriving, ServiceError> {
    let vault = vault(state);
    let device: Uuid = device.0;
    on_disk(move || vault.arriving(hash, device)).await?.ok_or_else(|| {
        let detail = "Another upload of this photo is under way. Try again in a moment.";
        ServiceError::refused(RefusalKind::Busy, "photo_busy", detail).after(OTHER_UPLOAD_S)
    })
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
