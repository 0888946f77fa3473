//! Files are read into memory as a whole, so only a few may be on their way in at once.

use crate::service::{RefusalKind, ServiceError};
use std::{ops::Deref, sync::Arc, time::Duration};
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

/// A file's bytes, and with them its turn: a thread that still reads them after its request was given up holds it too.
#[derive(Debug, Clone)]
pub struct FileBytes(Arc<Held>);

#[derive(Debug)]
struct Held {
    bytes: Vec<u8>,
    _turn: Option<Turn>,
}

impl FileBytes {
    /// The bytes of a file that came in over the network.
    #[must_use]
    pub fn in_turn(bytes: Vec<u8>, turn: Turn) -> Self {
        Self(Arc::new(Held { bytes, _turn: Some(turn) }))
    }
}

/// Of a file on this machine, which takes nobody's turn.
impl From<Vec<u8>> for FileBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Held { bytes, _turn: None }))
    }
}

impl Deref for FileBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0.bytes
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// A page gives up after a minute; the thread that reads its workbook does not hear of it.
    #[tokio::test]
    async fn a_file_holds_its_turn_until_the_last_that_reads_it_is_done() {
        let turns = Turns::default();
        let mut on_their_way = Vec::new();
        for _ in 0..AT_ONCE {
            on_their_way.push(FileBytes::in_turn(b"Account".to_vec(), turns.take().await.unwrap()));
        }
        let (ends, until) = mpsc::channel();
        let file = on_their_way.pop().unwrap();
        let reading = std::thread::spawn({
            let file = file.clone();
            move || until.recv().map(|()| file.len())
        });
        drop(file);
        assert_eq!(turns.0.available_permits(), 0, "a thread still reads it");
        ends.send(()).unwrap();
        assert_eq!(reading.join().unwrap().unwrap(), 7);
        assert_eq!(turns.0.available_permits(), 1);
    }
}
