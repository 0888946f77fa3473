//! Room for what tablets send: only so much of it is in memory at once, packed or unpacked, however many send.

use crate::service::{RefusalKind, ServiceError};
use std::{sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What signed-in tablets may fill: 300 of them with a day's work of 100 KB each fit twice.
const TABLETS_KIB: usize = 64 << 10;
/// What anybody at all may fill: tablets out of service hand in one by one.
const ANYBODY_KIB: usize = 8 << 10;
/// Bodies that are unpacked at once: each can come to 4 MB before anybody knows how much it is.
const UNPACKED_AT_ONCE: usize = 4;
/// A body waits so long for room, or for its turn to be unpacked, before its sender is told to come back.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// Seconds after which trying again may help.
const RETRY_AFTER_S: u32 = 5;

/// The room of those who are signed in, and of everybody else: strangers can't take the tablets' away.
#[derive(Debug, Clone)]
pub struct Rooms {
    /// For tablets with a token.
    pub tablets: Room,
    /// For whoever has still to prove who it is.
    pub anybody: Room,
}

impl Default for Rooms {
    fn default() -> Self {
        Self { tablets: Room::of_kib(TABLETS_KIB), anybody: Room::of_kib(ANYBODY_KIB) }
    }
}

/// So many bytes at once, counted in KiB, and so many turns.
#[derive(Debug, Clone)]
pub struct Room {
    kib: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

/// Room that is taken, for as long as the bytes are held.
#[derive(Debug)]
pub struct Taken(OwnedSemaphorePermit);

/// A turn to unpack.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "held, never read")] OwnedSemaphorePermit);

impl Room {
    fn of_kib(kib: usize) -> Self {
        Self { kib: Arc::new(Semaphore::new(kib)), turns: Arc::new(Semaphore::new(UNPACKED_AT_ONCE)) }
    }

    /// Room for so many bytes, if there is some now: a body that is still on its way waits for nobody, for it may itself
    /// be what others wait for.
    ///
    /// # Errors
    /// 503 `sync_busy`.
    pub fn take_now(&self, bytes: usize) -> Result<Taken, ServiceError> {
        self.kib.clone().try_acquire_many_owned(in_kib(bytes)).map(Taken).map_err(|_| busy())
    }

    /// Room for so many bytes that are here.
    ///
    /// # Errors
    /// 503 `sync_busy`.
    pub async fn take(&self, bytes: usize) -> Result<Taken, ServiceError> {
        waited_for(self.kib.clone().acquire_many_owned(in_kib(bytes))).await.map(Taken)
    }

    /// A turn to unpack what is here as a whole.
    ///
    /// # Errors
    /// 503 `sync_busy`.
    pub async fn turn(&self) -> Result<Turn, ServiceError> {
        waited_for(self.turns.clone().acquire_owned()).await.map(Turn)
    }
}

impl Taken {
    /// Also what the other one holds.
    pub fn and(&mut self, other: Self) {
        self.0.merge(other.0);
    }
}

async fn waited_for<T, E>(room: impl Future<Output = Result<T, E>>) -> Result<T, ServiceError> {
    tokio::time::timeout(WAIT_MAX, room).await.map_err(|_| busy())?.map_err(|_| busy())
}

fn in_kib(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
}

fn busy() -> ServiceError {
    let detail = "Too much is being sent at once. Nothing was stored: keep the work and send it again in a moment.";
    ServiceError::refused(RefusalKind::Busy, "sync_busy", detail).after(RETRY_AFTER_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn strangers_fill_their_own_room_only() {
        let rooms = Rooms::default();
        let mut held = rooms.anybody.take_now(ANYBODY_KIB * 512).unwrap();
        held.and(rooms.anybody.take_now(ANYBODY_KIB * 512).unwrap());
        assert!(rooms.anybody.take_now(1).is_err());
        assert!(rooms.tablets.take_now(TABLETS_KIB * 1024).is_ok());
        drop(held);
        assert!(rooms.anybody.take_now(1).is_ok());
    }
}
