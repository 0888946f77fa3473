//! Tells desks (and everything else that listens in this process) what was committed, in order.
//!
//! The database holds the feed; this follows it. A service rings after its commit, and events of other instances
//! are found within [`POLL_EVERY`]. A listener that falls behind by more than the buffer is told so and reloads.

pub use crate::store::feed::FeedEvent;
use crate::store::{Store, StoreError, feed};
use std::{sync::Arc, time::Duration};
use tokio::sync::{Notify, broadcast, watch};
use uuid::Uuid;

/// How soon an event of another instance is heard here.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// Events that a slow desk may lag behind before it has to reload.
const BUFFER: usize = 1_024;
/// Words of progress that a slow desk may lag behind before it misses some.
const PROGRESS_BUFFER: usize = 64;
/// Events read at once.
const PAGE: i64 = 500;

/// How far the search for a plan's routes has come: told to whoever listens right now, kept nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct PlanProgress {
    /// The plan.
    pub plan: Uuid,
    /// So much of its time is used up.
    pub percent: u8,
    /// Rounds so far.
    pub rounds: u64,
    /// Orders without a place in what is tried at the moment.
    pub left_out: usize,
}

/// The bell and the speaking tube.
#[derive(Clone)]
pub struct Feed {
    bell: Arc<Notify>,
    tube: broadcast::Sender<Arc<FeedEvent>>,
    progress: broadcast::Sender<PlanProgress>,
    stopped: watch::Sender<bool>,
    left: watch::Sender<()>,
}

impl Default for Feed {
    fn default() -> Self {
        Self {
            bell: Arc::default(),
            tube: broadcast::Sender::new(BUFFER),
            progress: broadcast::Sender::new(PROGRESS_BUFFER),
            stopped: watch::Sender::new(false),
            left: watch::Sender::new(()),
        }
    }
}

impl Feed {
    /// Something was committed: look now.
    pub fn ring(&self) {
        self.bell.notify_one();
    }

    /// Hears every event from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<FeedEvent>> {
        self.tube.subscribe()
    }

    /// Says how far a search has come.
    pub fn tell_progress(&self, progress: PlanProgress) {
        // Nobody listens: that is no failure.
        let _ = self.progress.send(progress);
    }

    /// Hears how far the searches of this process have come, from now on.
    #[must_use]
    pub fn hear_progress(&self) -> broadcast::Receiver<PlanProgress> {
        self.progress.subscribe()
    }

    /// Somebody may hear nothing more: signed out, let go, a tablet out of service. Whoever listens is looked at again.
    pub fn somebody_left(&self) {
        self.left.send_replace(());
    }

    /// Changes whenever somebody left.
    #[must_use]
    pub fn departures(&self) -> watch::Receiver<()> {
        self.left.subscribe()
    }

    /// The server stops: streams end now.
    pub fn stop(&self) {
        self.stopped.send_replace(true);
    }

    /// Done when the server stops: a stream selects on it, so that it doesn't hold the server up.
    pub async fn stopped(&self) {
        // We hold the sender: this can't fail.
        let _ = self.stopped.subscribe().wait_for(|stopped| *stopped).await;
    }

    /// Follows the feed from after `last` until the future is dropped. Runs once for each process; a failure is
    /// logged and tried again.
    pub async fn follow(&self, store: &Store, mut last: i64) {
        loop {
            // A ring or the poll, whichever comes first.
            let _ = tokio::time::timeout(POLL_EVERY, self.bell.notified()).await;
            match self.pass_on(store, last).await {
                Ok(seq) => last = seq,
                Err(e) => tracing::warn!(error = %e, "the feed could not be read; trying again"),
            }
        }
    }

    async fn pass_on(&self, store: &Store, mut last: i64) -> Result<i64, StoreError> {
        let mut reader = store.reader().await?;
        loop {
            let events = feed::since(&mut reader, last, PAGE).await?;
            let full = i64::try_from(events.len()).unwrap_or(PAGE) == PAGE;
            for event in events {
                last = event.seq;
                if event.topic == "device" {
                    // Perhaps another instance took it out of service.
                    self.somebody_left();
                }
                // Nobody listens: that is no failure.
                let _ = self.tube.send(Arc::new(event));
            }
            if !full {
                return Ok(last);
            }
        }
    }
}
