//! A copy of the whole database while it is in use, and whether a copy is what it should be.

use super::{Conn, Store, StoreError};
use crate::{fetch_all, fetch_one};
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};
use std::{collections::BTreeMap, path::Path, time::Duration};

crate::statements! {
    COUNTS = "SELECT 'accounts' AS name, COUNT(*) AS held FROM accounts UNION ALL SELECT 'audit', COUNT(*) FROM audit UNION ALL SELECT 'crews', COUNT(*) FROM crews UNION ALL SELECT 'devices', COUNT(*) FROM devices UNION ALL SELECT 'doc_changes', COUNT(*) FROM doc_changes UNION ALL SELECT 'evidence', COUNT(*) FROM evidence UNION ALL SELECT 'exceptions', COUNT(*) FROM exceptions UNION ALL SELECT 'facts', COUNT(*) FROM facts UNION ALL SELECT 'holds', COUNT(*) FROM holds UNION ALL SELECT 'imports', COUNT(*) FROM imports UNION ALL SELECT 'listing_rows', COUNT(*) FROM listing_rows UNION ALL SELECT 'listings', COUNT(*) FROM listings UNION ALL SELECT 'orders', COUNT(*) FROM orders UNION ALL SELECT 'payments', COUNT(*) FROM payments UNION ALL SELECT 'people', COUNT(*) FROM people UNION ALL SELECT 'plans', COUNT(*) FROM plans UNION ALL SELECT 'premises', COUNT(*) FROM premises UNION ALL SELECT 'quarantine', COUNT(*) FROM quarantine UNION ALL SELECT 'routes', COUNT(*) FROM routes";
    SOUND = sqlite "SELECT integrity_check FROM pragma_integrity_check", postgres "SELECT 'ok'::text";
    TABLES = sqlite "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'",
        postgres "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema()";
    EXPORT = sqlite "SELECT ''", postgres "SELECT pg_export_snapshot()::text";
}

/// Another process may hold the file for a moment.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// Copies an SQLite database that may be in use into a new file: all of it as it is at one moment.
///
/// # Errors
/// As the database or the disk says; nothing of the copy is good then.
pub async fn copy_sqlite(from: &Path, to: &Path) -> Result<(), StoreError> {
    let cannot = |e: sqlx::Error| StoreError::Open(format!("copying {}: {e}", from.display()));
    let options = SqliteConnectOptions::new()
        .filename(from)
        .create_if_missing(false)
        .busy_timeout(WAIT_MAX)
        .disable_statement_logging();
    let mut conn = options.connect().await.map_err(cannot)?;
    let to = to.to_string_lossy().into_owned();
    sqlx::query("VACUUM INTO $1").bind(to).execute(&mut conn).await.map_err(cannot)?;
    conn.close().await.map_err(cannot)
}

/// How many rows the tables hold that people would miss.
///
/// # Errors
/// As the database says.
pub async fn counts(conn: &mut Conn) -> Result<BTreeMap<String, i64>, StoreError> {
    let rows: Vec<(String, i64)> = fetch_all!(conn, (String, i64), COUNTS)?;
    Ok(rows.into_iter().collect())
}

/// What the engine finds wrong with its file; nothing where it is sound.
///
/// # Errors
/// As the database says.
pub async fn faults(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = fetch_all!(conn, (String,), SOUND)?;
    Ok(rows.into_iter().map(|(said,)| said).filter(|said| said != "ok").collect())
}

/// Whether there is any table.
///
/// # Errors
/// As the database says.
pub async fn has_tables(store: &Store) -> Result<bool, StoreError> {
    let (count,): (i64,) = fetch_one!(&mut store.reader().await?, (i64,), TABLES)?;
    Ok(count > 0)
}

/// The name under which another process sees the moment of this snapshot, while it lasts. PostgreSQL only.
///
/// # Errors
/// As the database says.
pub async fn exported(conn: &mut Conn) -> Result<String, StoreError> {
    let (name,): (String,) = fetch_one!(conn, (String,), EXPORT)?;
    Ok(name)
}
