//! Loads route documents, keeps the busy ones in memory, and appends changes to them.
//!
//! A cached copy is never believed: it counts only while the stored version is the one it was made from. Instances
//! don't own documents; several may write to one, and the CRDT merges. Writers work on a copy and the copy goes into
//! the cache after the commit, so that a rolled-back change is never built upon.

use crate::store::{Conn, StoreError, Work, documents, documents::NewChange};
use automerge::{ActorId, Change};
use curbstop_shared::{
    ids::{DeviceId, RouteId},
    route_document::{DocumentError, RouteDocument},
    time::{Micros, Span},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Why a document can't be had or added to.
#[derive(Debug, thiserror::Error)]
pub enum DocumentsError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is stored is not a route document.
    #[error("route {0}: {1}")]
    Document(RouteId, #[source] DocumentError),
    /// There is no such route.
    #[error("there is no route {0}")]
    Unknown(RouteId),
    /// Somebody else stored a change since the document was loaded: load it again.
    #[error("route {0} has moved on")]
    Stale(RouteId),
}

/// A document and the version that it is.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The route.
    pub id: RouteId,
    /// How many changes are stored for it.
    pub version: i64,
    /// The document.
    pub document: Arc<RouteDocument>,
    /// How many changes had to be put onto the stored snapshot when it was read; none where it was not read here.
    replayed: i64,
}

/// Where a change comes from: the server itself, or a device whose clock was off by so much (server less device).
pub type Origin = Option<(DeviceId, Span)>;

/// Memory that cached documents may take, in bytes. A route at the end of its day takes about 350 KB (measured) and is
/// counted as some 600 KB, so this is 400 busy routes at least.
const CACHE_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Bytes in memory for one operation: 40 on a day of 100 orders and 500 facts (measured), rounded up.
const MEMORY_PER_OPERATION: u64 = 64;
/// Changes after which a new snapshot is made, so that loading stays short.
const SNAPSHOT_EVERY: i64 = 100;
/// A document that was read with more changes than this to put onto its snapshot gets a new one with the next write:
/// whoever reads it next is spared them. A document that stays in memory is not read, and needs none.
const REPLAYED_MAX: i64 = 16;

struct Cached {
    loaded: Loaded,
    bytes: usize,
    used: u64,
}

#[derive(Default)]
struct Cache {
    entries: HashMap<RouteId, Cached>,
    bytes: usize,
    clock: u64,
}

/// The documents of this process and the actor that it writes with.
#[derive(Clone)]
pub struct Documents {
    cache: Arc<Mutex<Cache>>,
    actor: ActorId,
}

impl Documents {
    /// `actor_bytes` must be new for every start of a process: two processes with one actor would use one sequence
    /// number twice.
    #[must_use]
    pub fn new(actor_bytes: [u8; 16]) -> Self {
        Self { cache: Arc::default(), actor: ActorId::from(actor_bytes) }
    }

    /// The actor that this process writes with.
    #[must_use]
    pub const fn actor(&self) -> &ActorId {
        &self.actor
    }

    /// The document as it is stored now.
    ///
    /// # Errors
    /// [`DocumentsError::Unknown`], or what the store or the document says.
    pub async fn load(&self, conn: &mut Conn, id: RouteId) -> Result<Loaded, DocumentsError> {
        let version = documents::version(conn, id).await?.ok_or(DocumentsError::Unknown(id))?;
        self.load_at(conn, id, version).await
    }

    /// As [`Self::load`], where the version was read just now.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub async fn load_at(&self, conn: &mut Conn, id: RouteId, version: i64) -> Result<Loaded, DocumentsError> {
        if let Some(loaded) = self.cached(id).filter(|loaded| loaded.version == version) {
            return Ok(loaded);
        }
        let loaded = read(conn, id).await?;
        self.keep(loaded.clone());
        Ok(loaded)
    }

    /// As [`Self::load`], inside a unit of work. What the work wrote itself is in it, so it must not go into the
    /// cache: if the work is dropped, another writer's document would have the same version.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub async fn load_in_work(&self, work: &mut Work, id: RouteId) -> Result<Loaded, DocumentsError> {
        let version = documents::version(work, id).await?.ok_or(DocumentsError::Unknown(id))?;
        match self.cached(id).filter(|loaded| loaded.version == version) {
            Some(loaded) => Ok(loaded),
            None => read(work, id).await,
        }
    }

    /// Stores changes that were made on `base` in the unit of work, and gives the version that holds after it. The
    /// document with them goes into the cache by [`Self::keep`] once the work is committed.
    ///
    /// # Errors
    /// [`DocumentsError::Stale`] where somebody was faster: drop the work, load again, try again.
    pub async fn append(
        &self,
        work: &mut Work,
        base: &Loaded,
        document: RouteDocument,
        changes: &[Change],
        origin: Origin,
        stamp: Stamp,
    ) -> Result<Loaded, DocumentsError> {
        let added = i64::try_from(changes.len()).unwrap_or(i64::MAX);
        let version = base.version.saturating_add(added);
        for (n, change) in (1_i64..).zip(changes) {
            let row = NewChange {
                hash: &change.hash().0,
                actor: change.actor_id().to_bytes(),
                seq: i64::try_from(change.seq()).unwrap_or(i64::MAX),
                bytes: change.raw_bytes(),
                from: origin,
            };
            if !documents::append_change(work, base.id, &row, base.version + n, stamp.now, stamp.feed_seq).await? {
                return Err(DocumentsError::Stale(base.id));
            }
        }
        if version / SNAPSHOT_EVERY > base.version / SNAPSHOT_EVERY || base.replayed > REPLAYED_MAX {
            documents::put_snapshot(work, base.id, version, &document.save(), stamp.now).await?;
        }
        Ok(Loaded { id: base.id, version, document: Arc::new(document), replayed: 0 })
    }

    /// Puts a committed document into the cache.
    pub fn keep(&self, loaded: Loaded) {
        let bytes = loaded.document.operations().saturating_mul(MEMORY_PER_OPERATION);
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.clock += 1;
        let used = cache.clock;
        let newer = cache.entries.get(&loaded.id).is_some_and(|kept| kept.loaded.version > loaded.version);
        if newer {
            return;
        }
        if let Some(old) = cache.entries.insert(loaded.id, Cached { loaded, bytes, used }) {
            cache.bytes -= old.bytes;
        }
        cache.bytes += bytes;
        while cache.bytes > CACHE_BYTES_MAX && cache.entries.len() > 1 {
            let Some(oldest) = cache.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(id, _)| *id) else {
                break;
            };
            if let Some(gone) = cache.entries.remove(&oldest) {
                cache.bytes -= gone.bytes;
            }
        }
    }

    fn cached(&self, id: RouteId) -> Option<Loaded> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.clock += 1;
        let used = cache.clock;
        cache.entries.get_mut(&id).map(|entry| {
            entry.used = used;
            entry.loaded.clone()
        })
    }
}

/// When a unit of work writes, and its place in the feed.
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    /// The server's clock.
    pub now: Micros,
    /// The feed's number.
    pub feed_seq: i64,
}

async fn read(conn: &mut Conn, id: RouteId) -> Result<Loaded, DocumentsError> {
    let broken = |bad| DocumentsError::Document(id, bad);
    let (snapshot_version, bytes) = documents::snapshot(conn, id).await?.ok_or(DocumentsError::Unknown(id))?;
    let mut document = RouteDocument::load(&bytes).map_err(broken)?;
    let chunks = documents::changes_after(conn, id, snapshot_version).await?;
    let replayed = i64::try_from(chunks.len()).unwrap_or(i64::MAX);
    let changes = chunks
        .into_iter()
        .map(Change::from_bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|bad| StoreError::inconsistent("doc_changes", "bytes", id, bad))?;
    document.apply(changes).map_err(broken)?;
    Ok(Loaded { id, version: snapshot_version + replayed, document: Arc::new(document), replayed })
}
