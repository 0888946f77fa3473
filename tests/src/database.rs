//! A fresh, migrated database for each test, on either engine.

use crate::postgres;
use curbstop_server::store::Store;
use curbstop_shared::time::Micros;

/// Which engine a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file in a temporary folder.
    Sqlite,
    /// A database in the throw-away cluster.
    Postgres,
}

/// A database that belongs to one test.
#[derive(Debug)]
pub struct TestDatabase {
    /// Its address, as `--database` takes it.
    pub url: String,
    /// Which engine it is.
    pub engine: Engine,
    /// SQLite's file goes with it.
    _folder: Option<tempfile::TempDir>,
}

impl TestDatabase {
    /// A migrated database; `None` where the engine is not installed (said on stderr; an error when `CI=true`).
    pub async fn fresh(engine: Engine) -> Option<Self> {
        match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().expect("temporary folder");
                let url = format!("sqlite:{}", folder.path().join("curbstop.db").display());
                let database = Self { url, engine, _folder: Some(folder) };
                let store = database.open().await;
                store.migrate(Micros(0)).await.expect("migrates");
                store.close().await.expect("closes");
                Some(database)
            }
            Engine::Postgres => {
                let url = postgres::fresh_database().await?;
                Some(Self { url, engine, _folder: None })
            }
        }
    }

    /// A store on it. Open several to be several instances.
    pub async fn open(&self) -> Store {
        Store::open(&self.url).await.expect("the database opens")
    }
}

/// Makes two tests of each function, `NAME::sqlite` and `NAME::postgres`; the argument is a [`TestDatabase`].
///
/// ```ignore
/// on_both_engines! {
///     /// What must hold.
///     async fn a_dropped_work_leaves_nothing(db: TestDatabase) { ... }
/// }
/// ```
#[macro_export]
macro_rules! on_both_engines {
    ($($(#[$doc:meta])* async fn $name:ident($db:ident: TestDatabase) $body:block)+) => {$(
        $(#[$doc])*
        mod $name {
            #[allow(unused_imports, clippy::allow_attributes, reason = "a test may need nothing from outside")]
            use super::*;

            async fn scenario($db: $crate::database::TestDatabase) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                if let Some(db) = $crate::database::TestDatabase::fresh($crate::database::Engine::Sqlite).await {
                    scenario(db).await;
                }
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(db) = $crate::database::TestDatabase::fresh($crate::database::Engine::Postgres).await {
                    scenario(db).await;
                }
            }
        }
    )+};
}
