//! What every request may use.

use crate::{
    clock::{SharedClock, SystemClock},
    config::Config,
    feed::Feed,
    ids::Ids,
    service::{
        access_tokens::KeyRing, importing::Turns, passwords::Passwords, planning::PlanSearches, syncing::room::Rooms,
    },
    store::Store,
    sync::documents::Documents,
};
use curbstop_shared::time::Micros;
use std::sync::Arc;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Searches that may read at once, of the eight connections that all reads share on SQLite.
const SEARCHES_AT_ONCE: usize = 2;

/// The server's parts, shared by all requests. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: SharedClock,
    /// New ids and secrets.
    pub ids: Ids,
    /// How it is set up.
    pub config: Arc<Config>,
    /// What is told to desks.
    pub feed: Feed,
    /// The keys that sign access tokens.
    pub keys: KeyRing,
    /// Hashing, a few at a time.
    pub passwords: Passwords,
    /// Route documents in memory.
    pub documents: Documents,
    /// Files on their way in, a few at a time.
    pub uploads: Turns,
    /// Room for what tablets send.
    pub rooms: Rooms,
    /// Turns of the searches that run at once: each reads much of the town.
    pub searches: Arc<Semaphore>,
    /// Plans that are being built.
    pub plan_searches: PlanSearches,
}

impl AppState {
    /// The state of a server that runs for real.
    #[must_use]
    pub fn new(store: Store, config: Config) -> Self {
        Self::with(store, config, Arc::new(SystemClock), Ids::system())
    }

    /// The state with a clock and chance of the caller's choice.
    #[must_use]
    pub fn with(store: Store, config: Config, clock: SharedClock, ids: Ids) -> Self {
        let mut actor = [0; 16];
        ids.fill(&mut actor);
        Self {
            store,
            clock,
            ids,
            config: Arc::new(config),
            feed: Feed::default(),
            keys: KeyRing::default(),
            passwords: Passwords::default(),
            documents: Documents::new(actor),
            uploads: Turns::default(),
            rooms: Rooms::default(),
            searches: Arc::new(Semaphore::new(SEARCHES_AT_ONCE)),
            plan_searches: PlanSearches::default(),
        }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Micros {
        self.clock.now()
    }

    /// A new id, sorted by time.
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        self.ids.new_id(self.now())
    }
}
