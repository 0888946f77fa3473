//! Rows of payment files that could not be read, until somebody knows what they were.

use super::{Conn, StoreError, Work, imports::in_batches};
use crate::{execute, fetch_all, fetch_optional};
use serde::Serialize;
use uuid::Uuid;

crate::statements! {
    PUT =
        sqlite "INSERT INTO unread_payments (id, import_id, source, as_of, line, account, account_sure, receipt, heading, value, code, meant, kept_at_us)
                SELECT unhex(j.value ->> 'id'), $2, j.value ->> 'source', j.value ->> 'as_of', j.value ->> 'line', j.value ->> 'account', j.value ->> 'account_sure', j.value ->> 'receipt', j.value ->> 'heading', j.value ->> 'value', j.value ->> 'code', j.value ->> 'meant', j.value ->> 'kept_at_us'
                FROM json_each($1) AS j WHERE TRUE
                ON CONFLICT (id) DO NOTHING",
        postgres "INSERT INTO unread_payments (id, import_id, source, as_of, line, account, account_sure, receipt, heading, value, code, meant, kept_at_us)
                SELECT (j.value ->> 'id')::uuid, $2::uuid, j.value ->> 'source', j.value ->> 'as_of', (j.value ->> 'line')::bigint, j.value ->> 'account', (j.value ->> 'account_sure')::boolean, j.value ->> 'receipt', j.value ->> 'heading', j.value ->> 'value', j.value ->> 'code', (j.value ->> 'meant')::bigint, (j.value ->> 'kept_at_us')::bigint
                FROM jsonb_array_elements($1::text::jsonb) AS j(value)
                ON CONFLICT (id) DO NOTHING";
    /// An account's cut that is to be done, or that was done and is not released.
    UNSETTLED = "SELECT n.id, n.import_id, n.source, n.line, n.account, n.account_sure, n.receipt, n.heading, n.value, n.code, n.meant, n.kept_at_us, n.cut, EXISTS (SELECT 1 FROM orders c WHERE c.id = n.cut AND c.state = 'open') AS cut_is_open, (SELECT a.name FROM accounts a WHERE a.account = n.account) AS name FROM (SELECT u.*, (SELECT o.id FROM orders o WHERE o.account = u.account AND o.kind IN ('turn_off', 'meter_lock') AND o.reason IN ('non_pay', 'broken_arrangement', 'charge_back', 'returned_check', 'failed_deposit') AND (o.state IN ('open', 'unable', 'stopped_at_door', 'held') OR o.disposition LIKE '%\"line\":\"off\"%\"released\":null%') ORDER BY o.state <> 'open', o.created_at_us DESC, o.number DESC LIMIT 1) AS cut FROM unread_payments u WHERE u.settled_at_us IS NULL) n WHERE NOT n.account_sure OR n.account = '' OR n.cut IS NOT NULL ORDER BY n.cut IS NULL, n.kept_at_us DESC, n.line, n.id";
    OF_DAY = "SELECT u.id, u.import_id, u.source, u.line, u.account, u.account_sure, u.receipt, u.heading, u.value, u.code, u.meant, u.kept_at_us, NULL AS cut, FALSE AS cut_is_open, NULL AS name FROM unread_payments u WHERE u.settled_at_us IS NULL AND u.as_of = $1 ORDER BY u.kept_at_us DESC, u.line, u.id";
    OF_ACCOUNT = "SELECT u.id, u.import_id, u.source, u.line, u.account, u.account_sure, u.receipt, u.heading, u.value, u.code, u.meant, u.kept_at_us, NULL AS cut, FALSE AS cut_is_open, NULL AS name FROM unread_payments u WHERE u.settled_at_us IS NULL AND u.account = $1 ORDER BY u.kept_at_us DESC, u.line, u.id";
    BY_ID = "SELECT u.id, u.import_id, u.source, u.line, u.account, u.account_sure, u.receipt, u.heading, u.value, u.code, u.meant, u.kept_at_us, NULL AS cut, FALSE AS cut_is_open, NULL AS name FROM unread_payments u WHERE u.id = $1 AND u.settled_at_us IS NULL";
    NAMELESS_OF_FILE = "SELECT u.id, u.import_id, u.source, u.line, u.account, u.account_sure, u.receipt, u.heading, u.value, u.code, u.meant, u.kept_at_us, NULL AS cut, FALSE AS cut_is_open, NULL AS name FROM unread_payments u WHERE u.settled_at_us IS NULL AND u.import_id = $1 AND u.account = '' AND NOT u.account_sure ORDER BY u.line, u.id";
    SETTLE = "UPDATE unread_payments SET settled_at_us = $2, settled_by = $3, settled_why = $4 WHERE id = $1 AND settled_at_us IS NULL";
    SETTLED_OF_ACCOUNT = "SELECT id, source, line, account, receipt, value, settled_at_us, settled_by, settled_why FROM unread_payments WHERE account = $1 AND settled_at_us IS NOT NULL ORDER BY settled_at_us DESC, id LIMIT $2";
    SETTLED = "SELECT id, source, line, account, receipt, value, settled_at_us, settled_by, settled_why FROM unread_payments WHERE id = $1 AND settled_at_us IS NOT NULL";
    REOPEN = "UPDATE unread_payments SET settled_at_us = NULL, settled_by = NULL, settled_why = NULL WHERE id = $1 AND settled_at_us IS NOT NULL";
}

/// One of them.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct UnreadRow {
    /// Its id.
    pub id: Uuid,
    /// The file.
    pub import_id: Uuid,
    /// Who sent it.
    pub source: String,
    /// The line in the file.
    pub line: i64,
    /// The account; empty where none can be read.
    pub account: String,
    /// The premises have this account; else it is the one that was probably meant. With an empty account: it stands for
    /// rows of several accounts.
    pub account_sure: bool,
    /// The receipt's number; empty where it can't be read.
    pub receipt: String,
    /// The heading of the faulty column; `*` where it is the row as a whole.
    pub heading: String,
    /// What stands there.
    pub value: String,
    /// The stable code of what is wrong.
    pub code: String,
    /// Rows of the file that it stands for.
    pub meant: i64,
    /// When the file came in.
    pub kept_at_us: i64,
    /// A cut of the account that a payment would stop or put right.
    pub cut: Option<Uuid>,
    /// That cut is still to be made, and nobody was at the door for it.
    pub cut_is_open: bool,
    /// The account's name.
    pub name: Option<String>,
}

/// One of which somebody said what it is.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct SettledRow {
    /// Its id.
    pub id: Uuid,
    /// Who sent it.
    pub source: String,
    /// The line in the file.
    pub line: i64,
    /// The account; empty where none can be read.
    pub account: String,
    /// The receipt's number; empty where it can't be read.
    pub receipt: String,
    /// What stands in the faulty column.
    pub value: String,
    /// When somebody said what it is.
    pub settled_at_us: i64,
    /// Who, as the audit trail names people.
    pub settled_by: String,
    /// What they said.
    pub settled_why: String,
}

/// One as it is kept.
#[derive(Debug, Serialize)]
pub struct NewUnread<'r> {
    /// Derived from source and row, so that the same row of a later file is the same; without hyphens.
    pub id: String,
    /// Who sent it.
    pub source: &'r str,
    /// The day of the file.
    pub as_of: &'r str,
    /// The line in the file.
    pub line: usize,
    /// The account, or empty.
    pub account: &'r str,
    /// It is one that the premises have.
    pub account_sure: bool,
    /// The receipt's number, or empty.
    pub receipt: &'r str,
    /// The heading of the faulty column.
    pub heading: &'r str,
    /// What stands there.
    pub value: &'r str,
    /// The stable code of what is wrong.
    pub code: &'static str,
    /// Rows that it stands for.
    pub meant: usize,
    /// When the file came in.
    pub kept_at_us: i64,
}

/// Keeps those of a file; what was kept before stays as it is, settled or not.
///
/// # Errors
/// As the database says.
pub async fn put(work: &mut Work, import: Uuid, rows: &[NewUnread<'_>]) -> Result<(), StoreError> {
    in_batches(work, PUT, rows, import).await
}

/// Those that nobody has settled and that may be in the way of a cut: all of them, those of accounts with a cut first,
/// then the newest file first. Whether one stands is the rule's to say.
///
/// # Errors
/// As the database says.
pub async fn unsettled(conn: &mut Conn) -> Result<Vec<UnreadRow>, StoreError> {
    fetch_all!(conn, UnreadRow, UNSETTLED)
}

/// Those of the files for a day that nobody has settled, newest file first.
///
/// # Errors
/// As the database says.
pub async fn of_day(conn: &mut Conn, day: &str) -> Result<Vec<UnreadRow>, StoreError> {
    fetch_all!(conn, UnreadRow, OF_DAY, day)
}

/// Those of an account that nobody has settled.
///
/// # Errors
/// As the database says.
pub async fn of_account(conn: &mut Conn, account: &str) -> Result<Vec<UnreadRow>, StoreError> {
    fetch_all!(conn, UnreadRow, OF_ACCOUNT, account)
}

/// Those of a file that name no account and that nobody has settled.
///
/// # Errors
/// As the database says.
pub async fn nameless_of_file(conn: &mut Conn, import: Uuid) -> Result<Vec<UnreadRow>, StoreError> {
    fetch_all!(conn, UnreadRow, NAMELESS_OF_FILE, import)
}

/// One that nobody has settled.
///
/// # Errors
/// As the database says.
pub async fn by_id(conn: &mut Conn, id: Uuid) -> Result<Option<UnreadRow>, StoreError> {
    fetch_optional!(conn, UnreadRow, BY_ID, id)
}

/// Settles one with somebody's reason.
///
/// # Errors
/// As the database says.
pub async fn settle(work: &mut Work, id: Uuid, at_us: i64, by: &str, why: &str) -> Result<(), StoreError> {
    execute!(work, SETTLE, id, at_us, by, why).map(|_| ())
}

/// Those of an account of which somebody said what they are, the last one first.
///
/// # Errors
/// As the database says.
pub async fn settled_of_account(conn: &mut Conn, account: &str, limit: i64) -> Result<Vec<SettledRow>, StoreError> {
    fetch_all!(conn, SettledRow, SETTLED_OF_ACCOUNT, account, limit)
}

/// One of which somebody said what it is.
///
/// # Errors
/// As the database says.
pub async fn settled(conn: &mut Conn, id: Uuid) -> Result<Option<SettledRow>, StoreError> {
    fetch_optional!(conn, SettledRow, SETTLED, id)
}

/// What was said of one counts no more.
///
/// # Errors
/// As the database says.
pub async fn reopen(work: &mut Work, id: Uuid) -> Result<(), StoreError> {
    execute!(work, REOPEN, id).map(|_| ())
}
