//! What was released by hand, without a payment: by whom and why. The releases themselves are facts.

use super::{Conn, StoreError, Work};
use crate::{execute_one, fetch_all, fetch_optional};
use curbstop_shared::time::Micros;
use uuid::Uuid;

crate::statements! {
    INSERT = "INSERT INTO releases_by_hand (id, account, reason, why, recorded_by, recorded_at_us) VALUES ($1, $2, $3, $4, $5, $6)";
    BY_ID = "SELECT id, account, reason, why, recorded_by, recorded_at_us, taken_back_at_us, taken_back_why FROM releases_by_hand WHERE id = $1";
    OF_ACCOUNT = "SELECT id, account, reason, why, recorded_by, recorded_at_us, taken_back_at_us, taken_back_why FROM releases_by_hand WHERE account = $1 ORDER BY recorded_at_us, id";
    TAKE_BACK = "UPDATE releases_by_hand SET taken_back_at_us = $2, taken_back_why = $3 WHERE id = $1 AND taken_back_at_us IS NULL";
}

/// A release that somebody gave.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ReleaseRow {
    /// Its id: with an order it gives that order's release.
    pub id: Uuid,
    /// The account.
    pub account: String,
    /// Code of the reason.
    pub reason: String,
    /// In somebody's words.
    pub why: String,
    /// Who gave it; none for the command line.
    pub recorded_by: Option<Uuid>,
    /// When, by the server's clock.
    pub recorded_at_us: i64,
    /// When it was taken back as a mistake.
    pub taken_back_at_us: Option<i64>,
    /// Why it was.
    pub taken_back_why: Option<String>,
}

/// Keeps one.
///
/// # Errors
/// When the database fails.
pub async fn insert(work: &mut Work, row: &ReleaseRow) -> Result<(), StoreError> {
    execute_one!(
        work,
        INSERT,
        row.id,
        &row.account,
        &row.reason,
        &row.why,
        row.recorded_by,
        row.recorded_at_us
    )
}

/// One of them.
///
/// # Errors
/// When the database fails.
pub async fn by_id(conn: &mut Conn, id: Uuid) -> Result<Option<ReleaseRow>, StoreError> {
    fetch_optional!(conn, ReleaseRow, BY_ID, id)
}

/// Those of an account, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn of_account(conn: &mut Conn, account: &str) -> Result<Vec<ReleaseRow>, StoreError> {
    fetch_all!(conn, ReleaseRow, OF_ACCOUNT, account)
}

/// Keeps that one was taken back.
///
/// # Errors
/// Where it is gone or was taken back before; when the database fails.
pub async fn take_back(work: &mut Work, id: Uuid, why: &str, now: Micros) -> Result<(), StoreError> {
    execute_one!(work, TAKE_BACK, id, now.0, why)
}
