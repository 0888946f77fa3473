//! What the store promises, the same on SQLite and PostgreSQL.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is the test's failure")]

use curbstop_server::{
    execute, execute_one, fetch_all, fetch_one, statements,
    store::{self, Conn, OnEngine, StoreError, Work, feed},
};
use curbstop_shared::time::Micros;
use curbstop_tests::on_both_engines;
use std::collections::{BTreeMap, BTreeSet};

statements! {
    ADD_SETTING = "INSERT INTO settings (key, value, updated_at_us) VALUES ($1, $2, $3)";
    SETTINGS = "SELECT key, value FROM settings ORDER BY key";
    COUNT_SETTINGS = "SELECT COUNT(*) FROM settings";
    NOT_SQL = "SELEKT";
    END_OWN_CONNECTION = "SELECT pg_terminate_backend(pg_backend_pid())";
    COLUMNS =
        sqlite "SELECT m.name, c.name, c.type, c.\"notnull\" = 1 OR c.pk > 0, c.pk > 0
                FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'",
        postgres "SELECT c.table_name::text, c.column_name::text, c.data_type::text, c.is_nullable = 'NO',
                         EXISTS (SELECT 1 FROM information_schema.table_constraints t
                                 JOIN information_schema.key_column_usage k USING (constraint_schema, constraint_name)
                                 WHERE t.constraint_type = 'PRIMARY KEY' AND t.table_name = c.table_name
                                   AND k.column_name = c.column_name)
                  FROM information_schema.columns c WHERE c.table_schema = 'public'";
    INDEXES =
        sqlite "SELECT tbl_name, name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        postgres "SELECT tablename::text, indexname::text FROM pg_indexes WHERE schemaname = 'public'
                  AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = indexname)";
}

async fn add_setting(work: &mut Work, key: &str) -> Result<(), StoreError> {
    execute_one!(work, ADD_SETTING, key, "on", 1_i64)
}

async fn count_settings(conn: &mut Conn) -> i64 {
    let (count,): (i64,) = fetch_one!(conn, (i64,), COUNT_SETTINGS).expect("counts");
    count
}

on_both_engines! {
    /// A committed work is there for every reader and every other instance.
    async fn what_is_committed_is_there(db: TestDatabase) {
        let store = db.open().await;
        let mut work = store.begin().await.unwrap();
        add_setting(&mut work, "a").await.unwrap();
        work.commit().await.unwrap();
        assert_eq!(count_settings(&mut store.reader().await.unwrap()).await, 1);
        assert_eq!(count_settings(&mut db.open().await.reader().await.unwrap()).await, 1);
    }

    async fn what_is_dropped_is_gone(db: TestDatabase) {
        let store = db.open().await;
        let mut work = store.begin().await.unwrap();
        add_setting(&mut work, "a").await.unwrap();
        assert_eq!(count_settings(&mut work).await, 1, "a work sees its own writes");
        assert_eq!(count_settings(&mut store.reader().await.unwrap()).await, 0, "nobody else does");
        drop(work);
        let mut work = store.begin().await.unwrap();
        assert_eq!(count_settings(&mut work).await, 0);
        add_setting(&mut work, "b").await.unwrap();
        work.commit().await.unwrap();
        assert_eq!(count_settings(&mut store.reader().await.unwrap()).await, 1);
    }

    /// Many at once share commits; each that was told "done" is there, each that was not is not.
    async fn many_at_once_all_or_nothing_each(db: TestDatabase) {
        let store = db.open().await;
        let tasks: Vec<_> = (0..300)
            .map(|i| {
                let store = store.clone();
                tokio::spawn(async move {
                    let mut work = store.begin().await.unwrap();
                    add_setting(&mut work, &format!("first-{i:03}")).await.unwrap();
                    if i % 7 == 0 {
                        // The same key again: an error that costs this work, and only this one.
                        let again = add_setting(&mut work, &format!("first-{i:03}")).await.unwrap_err();
                        assert!(matches!(again, StoreError::Driver(_)), "{again}");
                        assert!(matches!(work.commit().await, Err(StoreError::Spoilt)));
                    } else if i % 11 == 0 {
                        drop(work);
                    } else {
                        add_setting(&mut work, &format!("second-{i:03}")).await.unwrap();
                        work.commit().await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let kept = (0..300).filter(|i| i % 7 != 0 && i % 11 != 0);
        let mut expected: Vec<String> = kept.flat_map(|i| [format!("first-{i:03}"), format!("second-{i:03}")]).collect();
        expected.sort();
        // A new instance reads what is on the disk, not what a connection believes.
        let rows = fetch_all!(&mut db.open().await.reader().await.unwrap(), (String, String), SETTINGS).unwrap();
        assert_eq!(rows.into_iter().map(|(key, _)| key).collect::<Vec<_>>(), expected);
    }

    /// Clients that hang up at any point leave nothing half done and stop nobody.
    async fn hanging_up_at_any_point_harms_nobody(db: TestDatabase) {
        let store = db.open().await;
        let tasks: Vec<_> = (0..200)
            .map(|i| {
                let store = store.clone();
                tokio::spawn(async move {
                    let whole = async {
                        let mut work = store.begin().await?;
                        add_setting(&mut work, &format!("{i:03}-1")).await?;
                        add_setting(&mut work, &format!("{i:03}-2")).await?;
                        work.commit().await
                    };
                    if i % 2 == 0 {
                        whole.await.map(|()| true)
                    } else {
                        let patience = std::time::Duration::from_micros(i * 40);
                        tokio::time::timeout(patience, whole).await.unwrap_or(Ok(())).map(|()| false)
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let mut work = store.begin().await.unwrap();
        add_setting(&mut work, "after").await.unwrap();
        work.commit().await.unwrap();
        let rows = fetch_all!(&mut store.reader().await.unwrap(), (String, String), SETTINGS).unwrap();
        let keys: BTreeSet<String> = rows.into_iter().map(|(key, _)| key).collect();
        for i in 0..200 {
            let both = [format!("{i:03}-1"), format!("{i:03}-2")].map(|key| keys.contains(&key));
            assert_eq!(both[0], both[1], "request {i} is half stored");
            assert!(i % 2 == 1 || both[0], "request {i} was told done and is not there");
        }
    }

    /// A spoilt work says so; it doesn't quietly store half.
    async fn after_a_failure_only_dropping_is_left(db: TestDatabase) {
        let store = db.open().await;
        let mut work = store.begin().await.unwrap();
        add_setting(&mut work, "a").await.unwrap();
        assert!(matches!(execute!(&mut work, NOT_SQL), Err(StoreError::Driver(_))));
        assert!(matches!(add_setting(&mut work, "b").await, Err(StoreError::Spoilt)));
        drop(work);
        assert_eq!(count_settings(&mut store.reader().await.unwrap()).await, 0);
    }

    async fn a_snapshot_sees_one_moment(db: TestDatabase) {
        let store = db.open().await;
        let mut snapshot = store.snapshot().await.unwrap();
        assert_eq!(count_settings(&mut snapshot).await, 0);
        let mut work = store.begin().await.unwrap();
        add_setting(&mut work, "a").await.unwrap();
        work.commit().await.unwrap();
        assert_eq!(count_settings(&mut snapshot).await, 0);
        assert_eq!(count_settings(&mut store.reader().await.unwrap()).await, 1);
    }

    /// Readers can't write.
    async fn a_snapshot_is_read_only(db: TestDatabase) {
        let store = db.open().await;
        let mut snapshot = store.snapshot().await.unwrap();
        assert!(execute!(&mut snapshot, ADD_SETTING, "a", "b", 1_i64).is_err());
    }

    /// The feed has no gaps and no number twice, whoever writes it, and what is rolled back takes no number.
    async fn the_feed_is_numbered_in_commit_order(db: TestDatabase) {
        let (one, other) = (db.open().await, db.open().await);
        let tasks: Vec<_> = (0..60)
            .map(|i| {
                let store = if i % 2 == 0 || one_process_only(&db) { one.clone() } else { other.clone() };
                tokio::spawn(async move {
                    let mut work = store.begin().await.unwrap();
                    let body = serde_json::json!({ "i": i });
                    feed::append(&mut work, Micros(i), "order", &i.to_string(), &body).await.unwrap();
                    if i % 5 != 0 {
                        work.commit().await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let mut reader = one.reader().await.unwrap();
        let events = feed::since(&mut reader, 0, 1_000).await.unwrap();
        assert_eq!(events.iter().map(|e| e.seq).collect::<Vec<_>>(), (1..=48).collect::<Vec<_>>());
        assert_eq!(feed::head(&mut reader).await.unwrap(), 48);
    }

    /// Every statement of the store is understood by this engine.
    async fn every_statement_can_be_prepared(db: TestDatabase) {
        let store = db.open().await;
        let mut refused = Vec::new();
        for (module, sql) in store::statements() {
            let mut reader = store.reader().await.unwrap();
            let result = match reader.on_engine().unwrap() {
                OnEngine::Sqlite(c) => sqlx::Executor::prepare(c, sqlx::SqlSafeStr::into_sql_str(sql.sqlite)).await.map(|_| ()),
                OnEngine::Postgres(c) => sqlx::Executor::prepare(c, sqlx::SqlSafeStr::into_sql_str(sql.postgres)).await.map(|_| ()),
            };
            if let Err(e) = result {
                refused.push(format!("{module}::{}: {e}", sql.name));
            }
        }
        assert!(refused.is_empty(), "{:?} refuses:\n{}", db.engine, refused.join("\n"));
    }

    /// Migrating again changes nothing; the schema is then ready.
    async fn migrating_twice_is_migrating_once(db: TestDatabase) {
        let store = db.open().await;
        store.ready().await.unwrap();
        assert_eq!(store.migrate(Micros(1)).await.unwrap(), Vec::<String>::new());
        store.ready().await.unwrap();
    }
}

/// Two writers' processes on one SQLite file only make each other wait; that is not what is asked here.
fn one_process_only(db: &curbstop_tests::database::TestDatabase) -> bool {
    db.engine == curbstop_tests::database::Engine::Sqlite
}

type Column = (String, String, String, bool, bool);

/// The two sets of migrations make the same tables: names, kinds of values, what may be missing, keys, indexes.
#[tokio::test]
async fn both_engines_have_the_same_schema() {
    use curbstop_tests::database::{Engine, TestDatabase};
    let mut shapes = Vec::new();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(db) = TestDatabase::fresh(engine).await else { return };
        let mut reader = db.open().await.reader().await.unwrap();
        let columns = fetch_all!(&mut reader, Column, COLUMNS).unwrap();
        let mut shape: BTreeMap<String, String> = columns
            .into_iter()
            .map(|(table, column, kind, not_null, key)| {
                let required = if not_null { "required" } else { "optional" };
                (
                    format!("{table}.{column}"),
                    format!("{} {required}{}", kind_of_value(&kind), if key { " key" } else { "" }),
                )
            })
            .collect();
        let indexes = fetch_all!(&mut reader, (String, String), INDEXES).unwrap();
        shape.extend(indexes.into_iter().map(|(table, index)| (format!("{table} index {index}"), String::new())));
        shapes.push(shape);
    }
    let [sqlite, postgres] = shapes.as_slice() else { unreachable!("two engines") };
    assert!(sqlite.len() > 60, "the schema was read: {sqlite:?}");
    let names: BTreeSet<&String> = sqlite.keys().chain(postgres.keys()).collect();
    let differences: Vec<String> = names
        .into_iter()
        .filter(|name| sqlite.get(*name) != postgres.get(*name))
        .map(|name| format!("{name}: SQLite {:?}, PostgreSQL {:?}", sqlite.get(name), postgres.get(name)))
        .collect();
    assert!(differences.is_empty(), "the schemas differ:\n{}", differences.join("\n"));
}

/// What a column holds, in words that fit both engines. SQLite has one kind for UUIDs and bytes, and one for
/// booleans and whole numbers.
fn kind_of_value(declared: &str) -> &'static str {
    match declared.to_lowercase().as_str() {
        "blob" | "uuid" | "bytea" => "bytes",
        "integer" | "bigint" | "boolean" => "whole number",
        "text" => "text",
        "real" | "double precision" => "number",
        other => panic!("{other}: use BLOB/UUID/BYTEA, INTEGER/BIGINT/BOOLEAN, TEXT or REAL/DOUBLE PRECISION"),
    }
}

/// An acknowledgement on SQLite rests on these two; a store that can't have them doesn't open.
#[tokio::test]
async fn sqlite_flushes_to_the_disk_before_it_says_done() {
    use curbstop_tests::database::{Engine, TestDatabase};
    let db = TestDatabase::fresh(Engine::Sqlite).await.unwrap();
    let mut work = db.open().await.begin().await.unwrap();
    let OnEngine::Sqlite(conn) = work.on_engine().unwrap() else { unreachable!("SQLite") };
    let (synchronous,): (i64,) = sqlx::query_as("PRAGMA synchronous").fetch_one(&mut *conn).await.unwrap();
    let (journal,): (String,) = sqlx::query_as("PRAGMA journal_mode").fetch_one(&mut *conn).await.unwrap();
    let (foreign_keys,): (i64,) = sqlx::query_as("PRAGMA foreign_keys").fetch_one(&mut *conn).await.unwrap();
    assert_eq!((synchronous, journal.as_str(), foreign_keys), (2, "wal", 1));
    let (version,): (String,) = sqlx::query_as("SELECT sqlite_version()").fetch_one(conn).await.unwrap();
    let parts: Vec<u32> = version.split('.').map(|part| part.parse().unwrap()).collect();
    assert!(parts >= vec![3, 51, 3], "SQLite {version} has known corruption bugs; 3.51.3 is needed");
}

/// An administrator ends PostgreSQL's connections, as a restart does: whoever asks just then comes again, it is nobody's
/// fault.
#[tokio::test]
async fn a_connection_that_broke_is_a_database_that_is_busy() {
    use curbstop_tests::database::{Engine, TestDatabase};
    let db = TestDatabase::fresh(Engine::Postgres).await.unwrap();
    let mut conn = db.open().await.reader().await.unwrap();
    let ended: Result<(bool,), StoreError> = fetch_one!(&mut conn, (bool,), END_OWN_CONNECTION);
    assert!(matches!(ended, Err(StoreError::Busy(_))), "{ended:?}");
    let after: Result<(i64,), StoreError> = fetch_one!(&mut conn, (i64,), COUNT_SETTINGS);
    assert!(matches!(after, Err(StoreError::Busy(_))), "{after:?}");
}

/// What can't be opened says what to do.
#[tokio::test]
async fn an_address_that_is_none_says_what_one_is() {
    for address in ["mysql://x", "curbstop.db", "sqlite:", "sqlite::memory:"] {
        let error = store::Store::open(address).await.err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.contains("sqlite:PATH"), "{address}: {error}");
    }
}
