//! Files that were taken in, the mappings of their sources, and writing many rows at once.

use super::{Conn, Sql, StoreError, Work};
use crate::{execute, execute_one, fetch_all, fetch_one, fetch_optional};
use serde::Serialize;
use uuid::Uuid;

crate::statements! {
    NEXT_SEQ = "SELECT COALESCE(MAX(seq), 0) + 1 FROM imports";
    INSERT = "INSERT INTO imports (id, seq, kind, source, as_of, file_sha256, report, imported_by, imported_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    SET_REPORT = "UPDATE imports SET report = $2 WHERE id = $1";
    LAST_OF_FILE = "SELECT id, seq, kind, source, as_of, file_sha256, report, imported_by, imported_at_us FROM imports WHERE file_sha256 = $1 AND kind = $2 AND source = $3 ORDER BY seq DESC LIMIT 1";
    BY_ID = "SELECT id, seq, kind, source, as_of, file_sha256, report, imported_by, imported_at_us FROM imports WHERE id = $1";
    ONLY_SOURCE = "SELECT MIN(source) FROM imports HAVING COUNT(DISTINCT source) = 1";
    LAST_SOURCE_OF = "SELECT n.source FROM (SELECT source, report, seq FROM imports WHERE kind = $1 ORDER BY seq DESC LIMIT 30) n WHERE n.report LIKE $2 ESCAPE '!' ORDER BY n.seq DESC LIMIT 1";
    ALL_MAPPINGS = "SELECT mappings FROM sources ORDER BY name";
    MAPPINGS = "SELECT mappings FROM sources WHERE name = $1";
    PUT_SOURCE = "INSERT INTO sources (name, mappings, changed_at_us) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET mappings = excluded.mappings, changed_at_us = excluded.changed_at_us";
}

/// A file that was taken in.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ImportRow {
    /// Its id.
    pub id: Uuid,
    /// Its number, in the order in which files came.
    pub seq: i64,
    /// `premises`, `holds`, `listing` or `payments`.
    pub kind: String,
    /// Who sent it.
    pub source: String,
    /// The day for which its rows were judged.
    pub as_of: String,
    /// SHA-256 of its bytes, in hex.
    pub file_sha256: String,
    /// What its sender was told, as JSON.
    pub report: String,
    /// Who brought it in, as the audit trail names them.
    pub imported_by: String,
    /// When.
    pub imported_at_us: i64,
}

/// The number that the next file gets. Files come in one at a time: hold the lock [`LOCK`].
///
/// # Errors
/// As the database says.
pub async fn next_seq(conn: &mut Conn) -> Result<i64, StoreError> {
    let (seq,): (i64,) = fetch_one!(conn, (i64,), NEXT_SEQ)?;
    Ok(seq)
}

/// The name of the lock under which files are taken in and listings finalised.
pub const LOCK: &str = "imports";

/// Keeps that a file was taken in.
///
/// # Errors
/// As the database says.
pub async fn insert(work: &mut Work, row: &ImportRow) -> Result<(), StoreError> {
    execute_one!(
        work,
        INSERT,
        row.id,
        row.seq,
        &row.kind,
        &row.source,
        &row.as_of,
        &row.file_sha256,
        &row.report,
        &row.imported_by,
        row.imported_at_us
    )
}

/// Keeps what the file's sender was told.
///
/// # Errors
/// As the database says.
pub async fn set_report(work: &mut Work, id: Uuid, report: &str) -> Result<(), StoreError> {
    execute_one!(work, SET_REPORT, id, report)
}

/// The last time that this very file came from this source.
///
/// # Errors
/// As the database says.
pub async fn last_of_file(
    conn: &mut Conn,
    sha256: &str,
    kind: &str,
    source: &str,
) -> Result<Option<ImportRow>, StoreError> {
    fetch_optional!(conn, ImportRow, LAST_OF_FILE, sha256, kind, source)
}

/// Who sent all the files so far, where that was one system.
///
/// # Errors
/// As the database says.
pub async fn only_source(conn: &mut Conn) -> Result<Option<String>, StoreError> {
    Ok(fetch_optional!(conn, (String,), ONLY_SOURCE)?.map(|(source,)| source))
}

/// Who sent the last file of a kind that was read by this mapping; only the newest thirty are looked at.
///
/// # Errors
/// As the database says.
pub async fn last_source_of(conn: &mut Conn, kind: &str, mapping: &str) -> Result<Option<String>, StoreError> {
    let name = serde_json::to_string(mapping)
        .map_err(|e| StoreError::inconsistent("imports", "report", mapping, e))?
        .replace('!', "!!")
        .replace('%', "!%")
        .replace('_', "!_");
    let pattern = format!("%\"mapping\":{name}%");
    Ok(fetch_optional!(conn, (String,), LAST_SOURCE_OF, kind, &pattern)?.map(|(source,)| source))
}

/// The own mappings of every source, each as JSON.
///
/// # Errors
/// As the database says.
pub async fn all_mappings(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    Ok(fetch_all!(conn, (String,), ALL_MAPPINGS)?.into_iter().map(|(mappings,)| mappings).collect())
}

/// One import.
///
/// # Errors
/// As the database says.
pub async fn by_id(conn: &mut Conn, id: Uuid) -> Result<Option<ImportRow>, StoreError> {
    fetch_optional!(conn, ImportRow, BY_ID, id)
}

/// A source's own mappings as JSON, where it has any.
///
/// # Errors
/// As the database says.
pub async fn mappings(conn: &mut Conn, source: &str) -> Result<Option<String>, StoreError> {
    Ok(fetch_optional!(conn, (String,), MAPPINGS, source)?.map(|(mappings,)| mappings))
}

/// Sets or replaces a source's own mappings.
///
/// # Errors
/// As the database says.
pub async fn put_source(work: &mut Work, name: &str, mappings: &str, changed_at_us: i64) -> Result<(), StoreError> {
    execute_one!(work, PUT_SOURCE, name, mappings, changed_at_us)
}

/// Rows in one statement: enough to make its cost vanish, few enough to keep its text small.
const ROWS_PER_STATEMENT: usize = 500;

/// Runs a statement that takes its rows as a JSON list in `$1` and the import (or listing) in `$2`.
pub(super) async fn in_batches(work: &mut Work, sql: Sql, rows: &[impl Serialize], of: Uuid) -> Result<(), StoreError> {
    for batch in rows.chunks(ROWS_PER_STATEMENT) {
        let json = serde_json::to_string(batch)
            .map_err(|e| StoreError::inconsistent("imports", "rows", of, e))?;
        let _: u64 = execute!(work, sql, &json, of)?;
    }
    Ok(())
}
