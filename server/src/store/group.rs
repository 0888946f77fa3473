//! SQLite's one writer. Requests take turns on it, and those that come close together share one commit.
//!
//! A turn is a savepoint inside a `BEGIN IMMEDIATE` group; the group's first turn needs none, for nobody's work stands
//! before it. When a request is done and others wait, it hands the
//! connection on and waits for the group's `COMMIT`; the last one, or the one that fills the group, commits for all.
//! Nobody is told "done" before the real `COMMIT` has come back: one disk flush serves many, and none is lost.
//!
//! Any future here may be dropped at any await. Flags are therefore set *before* the statement that they speak of,
//! and whoever comes next puts right what was left behind ([`Writer::settle`]). A timer of its own flushes a group
//! whose successors vanished.

use super::{StoreError, place::Place};
use sqlx::SqliteConnection;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Mutex, OwnedMutexGuard, watch};

/// So many requests share one commit at most: a failed commit fails them all, and the first waits for the last.
const GROUP_MAX: usize = 64;
/// So many requests may wait for their turn; more are told to come back. 300 tablets at once fit four times.
const WAITING_MAX: usize = 1_200;
/// A request that waited this long for its turn is told to come back: its client would soon give up anyway.
const TURN_WAIT_MAX: Duration = Duration::from_secs(2);
/// A group is committed at the latest this long after its first request was done (plus one queue).
const FLUSH_AFTER: Duration = Duration::from_millis(5);

/// The queue for the one writer.
#[derive(Clone)]
pub(super) struct WriterQueue {
    writer: Arc<Mutex<Writer>>,
    waiting: Arc<AtomicUsize>,
}

type Done = watch::Sender<Option<Result<(), Failed>>>;

/// Why nothing of a group was stored, for each of its members.
#[derive(Debug, Clone)]
enum Failed {
    Full(String),
    Moved(String),
    Otherwise(String),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full(why) => Self::Full(why),
            StoreError::Moved(why) => Self::Moved(why),
            other => Self::Otherwise(other.to_string()),
        }
    }
}

impl From<Failed> for StoreError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Full(why) => Self::Full(why),
            Failed::Moved(why) => Self::Moved(why),
            Failed::Otherwise(why) => Self::NotCommitted(why),
        }
    }
}

pub(super) struct Writer {
    conn: SqliteConnection,
    place: Arc<Place>,
    group: Option<Group>,
    /// A savepoint may be open that nobody will release. A group's first turn has none: undoing it is undoing all.
    savepoint: bool,
}

struct Group {
    /// Requests whose savepoint was released and who wait for the commit.
    members: usize,
    /// How the group ended.
    done: Done,
}

/// One request's turn on the writer. Dropping it rolls back what it did.
pub(super) struct Turn {
    queue: WriterQueue,
    guard: Option<OwnedMutexGuard<Writer>>,
}

impl WriterQueue {
    pub(super) fn new(conn: SqliteConnection, place: Arc<Place>) -> Self {
        let writer = Writer { conn, place, group: None, savepoint: false };
        Self { writer: Arc::new(Mutex::new(writer)), waiting: Arc::default() }
    }

    /// Waits for the writer and opens a savepoint on it.
    pub(super) async fn take_turn(&self) -> Result<Turn, StoreError> {
        let waiting = Waiting::enter(&self.waiting)?;
        let guard = tokio::time::timeout(TURN_WAIT_MAX, self.writer.clone().lock_owned())
            .await
            .map_err(|_| StoreError::Busy("waited too long for the writer"))?;
        drop(waiting);
        // From here on the turn's own drop cleans up.
        let mut turn = Turn { queue: self.clone(), guard: Some(guard) };
        turn.writer()?.open().await?;
        Ok(turn)
    }

    /// Commits what is pending and folds the write-ahead log into the file.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        let mut writer = self.writer.lock().await;
        writer.settle().await;
        writer.flush().await;
        // Leaves a small file behind for whoever copies it next.
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut writer.conn).await?;
        Ok(())
    }

    fn somebody_waits(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }
}

impl Turn {
    /// The writer's connection.
    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        self.writer().map(|writer| &mut writer.conn)
    }

    fn writer(&mut self) -> Result<&mut Writer, StoreError> {
        self.guard.as_deref_mut().ok_or(StoreError::Spoilt)
    }

    /// Returns once everything that this turn wrote is on the disk.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        let Some(mut writer) = self.guard.take() else { return Err(StoreError::Spoilt) };
        let Some(group) = writer.group.as_mut() else {
            return Err(StoreError::NotCommitted("the group vanished".to_owned()));
        };
        let mut done = group.done.subscribe();
        if self.queue.somebody_waits() && group.members + 1 < GROUP_MAX {
            if writer.savepoint {
                if let Err(e) = writer.run("RELEASE turn").await {
                    self.guard = Some(writer);
                    return Err(e.into());
                }
                writer.savepoint = false;
            }
            if let Some(group) = writer.group.as_mut() {
                group.members += 1;
                if group.members == 1 {
                    flush_later(self.queue.clone(), group.done.clone());
                }
            }
            drop(writer);
        } else {
            group.members += 1;
            // In a task of its own: a client that hangs up must not leave a commit half said. One hand-over to the
            // writer's thread does both.
            let sql = if writer.savepoint { "RELEASE turn; COMMIT" } else { "COMMIT" };
            tokio::spawn(async move { writer.flush_by(sql).await });
        }
        let outcome = done.wait_for(Option::is_some).await.map(|outcome| outcome.clone());
        match outcome {
            Ok(Some(Ok(()))) => Ok(()),
            Ok(Some(Err(why))) => Err(why.into()),
            Ok(None) | Err(_) => Err(StoreError::NotCommitted("the group was given up".to_owned())),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(mut writer) = self.guard.take() else { return };
        // Without a runtime the next holder of the writer settles it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let queue = self.queue.clone();
            runtime.spawn(async move {
                writer.settle().await;
                if !queue.somebody_waits() {
                    writer.flush().await;
                }
            });
        }
    }
}

/// Commits the group if its members still wait after [`FLUSH_AFTER`]: their successors may have been dropped.
fn flush_later(queue: WriterQueue, done: Done) {
    tokio::spawn(async move {
        tokio::time::sleep(FLUSH_AFTER).await;
        if done.borrow().is_some() {
            return;
        }
        let mut writer = queue.writer.lock().await;
        if writer.group.as_ref().is_some_and(|group| group.done.same_channel(&done)) {
            writer.settle().await;
            writer.flush().await;
        }
    });
}

impl Writer {
    async fn run(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        sqlx::query(sql).execute(&mut self.conn).await.map(|_| ())
    }

    async fn open(&mut self) -> Result<(), StoreError> {
        self.settle().await;
        if self.group.is_none() {
            self.group = Some(Group { members: 0, done: watch::Sender::new(None) });
            self.run("BEGIN IMMEDIATE").await?;
        } else {
            self.savepoint = true;
            self.run("SAVEPOINT turn").await?;
        }
        Ok(())
    }

    /// Undoes what a dropped turn left open, and nothing else.
    async fn settle(&mut self) {
        if self.savepoint {
            let rolled_back = self.run("ROLLBACK TO turn").await.is_ok() && self.run("RELEASE turn").await.is_ok();
            // Either the savepoint never came to be, or a full disk ended the whole transaction: only the second
            // lets a new one begin.
            if !rolled_back && self.run("BEGIN").await.is_ok() {
                self.give_up(Failed::Full("the database ended the transaction".to_owned())).await;
            }
            self.savepoint = false;
        }
        if self.group.as_ref().is_some_and(|group| group.members == 0) {
            self.give_up(nobody()).await;
        }
    }

    /// The real commit, for every member.
    async fn flush(&mut self) {
        if self.group.as_ref().is_none_or(|group| group.members == 0) {
            return self.give_up(nobody()).await;
        }
        self.flush_by("COMMIT").await;
    }

    /// As [`Self::flush`], by a text that ends in `COMMIT`; whatever fails in it fails the whole group.
    async fn flush_by(&mut self, sql: &'static str) {
        self.savepoint = false;
        let done = match self.place.holds() {
            Ok(()) => self.run(sql).await.map_err(StoreError::from),
            Err(moved) => Err(moved),
        };
        match done {
            Ok(()) => {
                if let Some(group) = self.group.take() {
                    group.done.send_replace(Some(Ok(())));
                }
            }
            Err(why) => self.give_up(why.into()).await,
        }
    }

    /// Rolls the group back and tells its members.
    async fn give_up(&mut self, why: Failed) {
        let Some(group) = self.group.take() else { return };
        // Fails when the transaction is already gone, which is what is wanted.
        let _ = self.run("ROLLBACK").await;
        if group.members > 0 {
            tracing::error!(members = group.members, ?why, "a group commit failed; its members were told");
        }
        group.done.send_replace(Some(Err(why)));
    }
}

fn nobody() -> Failed {
    Failed::Otherwise("nobody is in it".to_owned())
}

/// Counts a request among those that wait, for as long as it waits.
struct Waiting<'q>(&'q AtomicUsize);

impl<'q> Waiting<'q> {
    fn enter(count: &'q AtomicUsize) -> Result<Self, StoreError> {
        let waiting = Self(count);
        if count.fetch_add(1, Ordering::SeqCst) >= WAITING_MAX {
            return Err(StoreError::Busy("too many requests wait for the writer"));
        }
        Ok(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
