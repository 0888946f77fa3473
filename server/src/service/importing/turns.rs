//! Files are read into memory as a whole, so only a few may be on their way in at once.

use crate::service::{RefusalKind, ServiceError};
use std::{sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// So many at once: each of at most 20 MB is held twice for a moment, and what is read out of it beside that.
pub const AT_ONCE: usize = 3;
/// A file waits for its turn so long before its sender is told to come back. Nothing of it is read meanwhile.
const WAIT_MAX: Duration = Duration::from_secs(2);
/// Seconds after which trying again may help: a large file over a slow line takes as long.
const RETRY_AFTER_S: u32 = 10;

/// The turns of the files that come in.
#[derive(Debug, Clone)]
pub struct Turns(Arc<Semaphore>);

/// A file's turn, for as long as any of its bytes are held.
#[derive(Debug)]
pub struct Turn {
    _held: OwnedSemaphorePermit,
}

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Turns {
    /// Waits for a turn.
    ///
    /// # Errors
    /// 503 `uploads_busy`.
    pub async fn take(&self) -> Result<Turn, ServiceError> {
        let busy = || {
            let detail =
                "Other files are just being read. Nothing of this one was stored; send it again in a few seconds.";
            ServiceError::refused(RefusalKind::Busy, "uploads_busy", detail).after(RETRY_AFTER_S)
        };
        let turn = tokio::time::timeout(WAIT_MAX, self.0.clone().acquire_owned()).await;
        turn.map_err(|_| busy())?.map(|held| Turn { _held: held }).map_err(|_| busy())
    }
}
