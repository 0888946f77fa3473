//! Everything that Curbstop remembers, in SQLite or PostgreSQL; the only place with SQL in it.
//!
//! - A **service** opens a unit of work: `let mut work = store.begin().await?; ... work.commit().await?`. Dropping it
//!   rolls back. `commit` returns once the data is on the disk.
//! - A **read** that belongs to no change takes `store.reader()` (each statement for itself) or `store.snapshot()`
//!   (all statements see one moment).
//! - Store functions that read take `&mut Conn`, those that write take `&mut Work`; a `&mut Work` serves as both.
//!
//! To add an aggregate: a file here with `statements! { ... }` and its functions, and one line in `aggregates!` below.
//! To add tables: `migrations/{sqlite,postgres}/NNNN_name.sql`, the same number and name in both.

mod engine;
mod errors;
mod group;
mod migrations;
mod place;

pub use engine::{Conn, OnEngine, Ran, Sql};
pub use errors::{BUSY_RETRY_AFTER_S, StoreError};
pub use place::{Hold, beside, hold, sqlite_path};

use crate::execute;
use engine::Link;
use group::WriterQueue;
use place::Place;
use sqlx::{
    ConnectOptions, Connection, PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    collections::BTreeSet,
    ops::{Deref, DerefMut},
    path::Path,
    str::FromStr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// Declares the modules of the store and gathers their statements.
macro_rules! aggregates {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        $($(#[$doc])* pub mod $name;)+

        /// Every statement that the store may run.
        #[must_use]
        pub fn statements() -> Vec<(&'static str, Sql)> {
            let house = STATEMENTS.iter().chain(migrations::STATEMENTS);
            let mut all: Vec<(&'static str, Sql)> = house.map(|sql| ("store", *sql)).collect();
            $(all.extend($name::STATEMENTS.iter().map(|sql| (stringify!($name), *sql)));)+
            all
        }
    };
}

#[cfg(test)]
mod folded;

aggregates! {
    accounts,
    audit,
    audit_search,
    backups,
    board,
    crews,
    crews_out,
    day_views,
    devices,
    documents,
    evidence,
    exceptions,
    facts,
    feed,
    hazards,
    fences,
    figures,
    go_codes,
    holds,
    idempotency,
    imports,
    keyed_in,
    keys,
    listings,
    off_register,
    order_audit,
    orders,
    payments,
    people,
    plans,
    premises,
    quarantine,
    releases,
    reports,
    riders,
    routes,
    search,
    sessions,
    settings,
    standings,
    suspensions,
    tokens,
    unread_payments,
    verdict_changes,
    whereabouts,
}

crate::statements! {
    PING = "SELECT 1";
    PROBE = "INSERT INTO settings (key, value, updated_at_us) VALUES ('written', '', 1) \
             ON CONFLICT (key) DO UPDATE SET updated_at_us = settings.updated_at_us + 1";
    LOCK = sqlite "SELECT 1 WHERE $1 IS NOT NULL",
        postgres "SELECT 1 FROM pg_advisory_xact_lock(hashtextextended($1::text, 0))";
}

/// How long a reader waits for a free connection, or SQLite for another process's lock.
const CONNECTION_WAIT_MAX: Duration = Duration::from_secs(2);
/// Readers of an SQLite file: each is a thread; more than the cores that serve them gain nothing.
const SQLITE_READERS_MAX: u32 = 8;
/// Pages that each connection to an SQLite file keeps in memory: -KiB, as `cache_size` has it. Nine of them take at most
/// 72 MB; a visit touches some thirty pages of 4 KB, so a connection has the last few hundred visits' at hand.
const SQLITE_CACHE_KIB: &str = "-8192";
/// Connections to PostgreSQL: a quarter of its default of 100, so that several instances fit.
const POSTGRES_CONNECTIONS_MAX: u32 = 24;
/// A connection to PostgreSQL that rested longer is asked whether it still stands: the database may have restarted.
const POSTGRES_TRUSTED_FOR: Duration = Duration::from_secs(1);

/// Whether something can be written is tried this often at most: anybody may ask.
const PROBED_EVERY: Duration = Duration::from_secs(5);

/// The database.
#[derive(Clone)]
pub struct Store {
    engine: Engine,
    /// When something was last written to see whether it can be.
    probed: Arc<Mutex<Option<Instant>>>,
}

#[derive(Clone)]
enum Engine {
    Sqlite { writer: WriterQueue, readers: SqlitePool, place: Arc<Place> },
    Postgres(PgPool),
}

/// A unit of work: all of it is stored, or nothing. Dropping it rolls back.
///
/// What others may have to wait for is taken in one order by everybody, so that nobody waits for somebody who waits for
/// him: named locks first, routes in the order of their ids as the last of them, then the feed's number, then the audit
/// trail. A debug build stops where a service takes them otherwise.
pub struct Work {
    conn: Conn,
    /// Names of the locks that it holds.
    held: BTreeSet<String>,
    /// It holds the feed's number.
    has_feed: bool,
    /// It holds the end of the audit trail.
    has_trail: bool,
}

impl Store {
    /// Opens `sqlite:PATH` (the file is created) or `postgres://...`. The schema is left as it is, see [`Store::migrate`].
    ///
    /// # Errors
    /// [`StoreError::Open`] with what to do about it.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Self::open_postgres(url).await
        } else if let Some(path) = url.strip_prefix("sqlite:") {
            Self::open_sqlite(path.trim_start_matches("//")).await
        } else {
            Err(StoreError::Open("a database is sqlite:PATH or postgres://USER@HOST/NAME".to_owned()))
        }
    }

    async fn open_sqlite(path: &str) -> Result<Self, StoreError> {
        if path.is_empty() || path.contains(":memory:") {
            return Err(StoreError::Open("SQLite needs a file: sqlite:PATH".to_owned()));
        }
        let cannot = |e: sqlx::Error| StoreError::Open(format!("{path}: {e}"));
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(CONNECTION_WAIT_MAX)
            .statement_cache_capacity(500)
            .pragma("temp_store", "MEMORY")
            .pragma("cache_size", SQLITE_CACHE_KIB)
            .disable_statement_logging();
        let mut conn = options.connect().await.map_err(cannot)?;
        // What an acknowledgement rests on is read back, not believed.
        let (journal,): (String,) = sqlx::query_as("PRAGMA journal_mode").fetch_one(&mut conn).await.map_err(cannot)?;
        let (synchronous,): (i64,) = sqlx::query_as("PRAGMA synchronous").fetch_one(&mut conn).await.map_err(cannot)?;
        if journal != "wal" || synchronous != 2 {
            return Err(StoreError::Open(format!(
                "{path} runs with journal_mode={journal}, synchronous={synchronous} and needs wal and 2 (FULL): \
                 use a local disk, not a network share"
            )));
        }
        let readers = SqlitePoolOptions::new()
            .max_connections(SQLITE_READERS_MAX)
            .acquire_timeout(CONNECTION_WAIT_MAX)
            .test_before_acquire(false)
            .connect_with(options.pragma("query_only", "ON"))
            .await
            .map_err(cannot)?;
        let place = Place::of(Path::new(path)).map_err(|e| StoreError::Open(format!("{path}: {e}")))?;
        let place = Arc::new(place);
        Ok(Self::on(Engine::Sqlite { writer: WriterQueue::new(conn, place.clone()), readers, place }))
    }

    async fn open_postgres(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|e| StoreError::Open(format!("the PostgreSQL address is not understood: {e}")))?
            .application_name("curbstop")
            .statement_cache_capacity(500)
            .disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS_MAX)
            .acquire_timeout(CONNECTION_WAIT_MAX)
            // Asking "are you there?" before every use is a round trip for each; one that rested is asked.
            .test_before_acquire(false)
            .before_acquire(|conn, resting| {
                Box::pin(async move {
                    if resting.idle_for > POSTGRES_TRUSTED_FOR {
                        conn.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_with(options)
            .await
            .map_err(|e| StoreError::Open(format!("PostgreSQL: {e}")))?;
        Ok(Self::on(Engine::Postgres(pool)))
    }

    fn on(engine: Engine) -> Self {
        Self { engine, probed: Arc::default() }
    }

    /// Opens a unit of work. On SQLite it holds the only writer: no network calls, no long sums inside.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when too many wait.
    pub async fn begin(&self) -> Result<Work, StoreError> {
        let link = match &self.engine {
            Engine::Sqlite { writer, .. } => Link::SqliteTurn(writer.take_turn().await?),
            Engine::Postgres(pool) => Link::PostgresTx(pool.begin().await?),
        };
        Ok(Work { conn: Conn::new(link), held: BTreeSet::new(), has_feed: false, has_trail: false })
    }

    /// A connection for reading; each statement sees what is committed when it starts.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when none becomes free in time.
    pub async fn reader(&self) -> Result<Conn, StoreError> {
        Ok(Conn::new(match &self.engine {
            Engine::Sqlite { readers, .. } => Link::SqliteReader(readers.acquire().await?),
            Engine::Postgres(pool) => Link::PostgresReader(pool.acquire().await?),
        }))
    }

    /// A connection for reading whose statements all see one moment.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when none becomes free in time.
    pub async fn snapshot(&self) -> Result<Conn, StoreError> {
        Ok(Conn::new(match &self.engine {
            Engine::Sqlite { readers, .. } => Link::SqliteSnapshot(readers.begin().await?),
            Engine::Postgres(pool) => {
                Link::PostgresTx(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        }))
    }

    /// Brings the schema up to what this binary needs; several instances may do so at once. Returns what was applied.
    ///
    /// # Errors
    /// [`StoreError::Migration`] when the database was changed by hand or by a newer binary.
    pub async fn migrate(&self, now: curbstop_shared::time::Micros) -> Result<Vec<String>, StoreError> {
        let mut work = self.begin().await?;
        let applied = migrations::apply(&mut work, now).await?;
        work.commit().await?;
        Ok(applied)
    }

    /// Answers if the database does and its schema is what this binary needs.
    ///
    /// # Errors
    /// What stands in the way.
    pub async fn ready(&self) -> Result<(), StoreError> {
        if let Engine::Sqlite { place, .. } = &self.engine {
            place.holds()?;
        }
        let mut conn = self.reader().await?;
        let _: (i32,) = crate::fetch_one!(&mut conn, (i32,), PING)?;
        migrations::check(&mut conn).await
    }

    /// Answers if something can be written now: tries it, or did within [`PROBED_EVERY`].
    ///
    /// # Errors
    /// [`StoreError::Full`] and what else stands in the way.
    pub async fn writable(&self) -> Result<(), StoreError> {
        let mut probed = self.probed.lock().await;
        if probed.is_some_and(|at| at.elapsed() < PROBED_EVERY) {
            return Ok(());
        }
        *probed = None;
        let mut work = self.begin().await?;
        crate::execute_one!(&mut work, PROBE)?;
        work.commit().await?;
        *probed = Some(Instant::now());
        Ok(())
    }

    /// Commits what is pending and closes every connection.
    ///
    /// # Errors
    /// When the write-ahead log can't be folded into the file; what was acknowledged is safe all the same.
    pub async fn close(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite { writer, readers, .. } => {
                readers.close().await;
                writer.close().await
            }
            Engine::Postgres(pool) => {
                pool.close().await;
                Ok(())
            }
        }
    }
}

impl Work {
    /// Returns once all of it is on the disk.
    ///
    /// # Errors
    /// Nothing of it is stored then.
    pub async fn commit(self) -> Result<(), StoreError> {
        if self.conn.spoilt {
            return Err(StoreError::Spoilt);
        }
        match self.conn.link {
            Link::SqliteTurn(turn) => turn.commit().await,
            Link::PostgresTx(tx) => Ok(tx.commit().await?),
            // `begin` makes no other.
            Link::SqliteReader(_) | Link::SqliteSnapshot(_) | Link::PostgresReader(_) => Err(StoreError::Spoilt),
        }
    }

    /// Whether no other unit of work can write at the same time, as on SQLite.
    #[must_use]
    pub const fn has_the_only_writer(&self) -> bool {
        matches!(self.conn.link, Link::SqliteTurn(_))
    }

    /// Until the end of this unit of work, no other may hold the lock called `name` (as `route:<id>`), on any
    /// instance. SQLite's one writer needs nothing for that.
    ///
    /// # Errors
    /// When the wait fails.
    pub async fn lock(&mut self, name: &str) -> Result<(), StoreError> {
        if self.has_the_only_writer() || self.held.contains(name) {
            return Ok(());
        }
        debug_assert!(!self.has_feed && !self.has_trail, "{name} is locked after the feed or the audit trail");
        execute!(self, LOCK, name)?;
        self.held.insert(name.to_owned());
        Ok(())
    }

    /// The lock called `name` is held: a statement took it, or nobody else can know of it yet.
    pub(super) fn holds(&mut self, name: String) {
        self.held.insert(name);
    }

    /// It takes the feed's number now.
    pub(super) fn takes_feed(&mut self) {
        debug_assert!(self.has_feed || !self.has_trail, "the feed's number is taken after the audit trail");
        self.has_feed = true;
    }

    /// It appends to the audit trail now.
    pub(super) fn takes_trail(&mut self) {
        self.has_trail = true;
    }
}

impl Deref for Work {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Work {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}
