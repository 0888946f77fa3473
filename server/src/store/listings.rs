//! Cut-off listings: drafts that become immutable, numbered versions, and their accepted rows.

use super::{Conn, StoreError, Work, imports::in_batches};
use crate::{
    execute, execute_one, fetch_all, fetch_one, fetch_optional,
    import::listing::ListingRow,
};
use chrono::NaiveDate;
use curbstop_shared::{
    ids::{ListingId, PersonId},
    money::Money,
    time::Micros,
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt::Write as _};
use uuid::Uuid;

crate::statements! {
    INSERT = "INSERT INTO listings (id, import_id, source, as_of, file_sha256, state, created_at_us, run_on, run_at_us) VALUES ($1, $2, $3, $4, $5, 'draft', $6, $7, $8)";
    REDRAFT = "UPDATE listings SET import_id = $2, created_at_us = $3 WHERE id = $1 AND state = 'draft'";
    DROP_ROWS = "DELETE FROM listing_rows WHERE listing = $1";
    PUT_ROWS =
        sqlite "INSERT INTO listing_rows (listing, line, account, premise, name, serial, product, order_kind, reason, past_due_minor, total_due_minor, notice_date, cut_date, phone, comment, cautions, equipment)
                SELECT $2, j.value ->> 'line', j.value ->> 'account', j.value ->> 'premise', j.value ->> 'name', j.value ->> 'serial', j.value ->> 'product', j.value ->> 'order_kind', j.value ->> 'reason', j.value ->> 'past_due_minor', j.value ->> 'total_due_minor', j.value ->> 'notice_date', j.value ->> 'cut_date', j.value ->> 'phone', j.value ->> 'comment', j.value ->> 'cautions', j.value ->> 'equipment'
                FROM json_each($1) AS j",
        postgres "INSERT INTO listing_rows (listing, line, account, premise, name, serial, product, order_kind, reason, past_due_minor, total_due_minor, notice_date, cut_date, phone, comment, cautions, equipment)
                SELECT $2::uuid, (j.value ->> 'line')::bigint, j.value ->> 'account', j.value ->> 'premise', j.value ->> 'name', j.value ->> 'serial', j.value ->> 'product', j.value ->> 'order_kind', j.value ->> 'reason', (j.value ->> 'past_due_minor')::bigint, (j.value ->> 'total_due_minor')::bigint, j.value ->> 'notice_date', j.value ->> 'cut_date', j.value ->> 'phone', j.value ->> 'comment', j.value ->> 'cautions', j.value ->> 'equipment'
                FROM jsonb_array_elements($1::text::jsonb) AS j(value)";
    BY_ID = "SELECT id, import_id, source, as_of, file_sha256, state, number, rows_sha256, created_at_us, finalised_at_us, finalised_by, run_on, run_at_us FROM listings WHERE id = $1";
    LAST_OF_FILE = "SELECT id, import_id, source, as_of, file_sha256, state, number, rows_sha256, created_at_us, finalised_at_us, finalised_by, run_on, run_at_us FROM listings WHERE file_sha256 = $1 AND source = $2 AND as_of = $3 AND state <> 'withdrawn' ORDER BY created_at_us DESC, id DESC LIMIT 1";
    NEWEST = "SELECT id, import_id, source, as_of, file_sha256, state, number, rows_sha256, created_at_us, finalised_at_us, finalised_by, run_on, run_at_us FROM listings ORDER BY created_at_us DESC, id DESC LIMIT $1";
    WITH_ACCOUNT = "SELECT id, import_id, source, as_of, file_sha256, state, number, rows_sha256, created_at_us, finalised_at_us, finalised_by, run_on, run_at_us FROM listings WHERE id IN (SELECT r.listing FROM listing_rows r WHERE r.account = $1) ORDER BY created_at_us, id";
    ROWS = "SELECT line, account, premise, name, serial, product, order_kind, reason, past_due_minor, total_due_minor, notice_date, cut_date, phone, comment, cautions, equipment FROM listing_rows WHERE listing = $1 ORDER BY account, premise, line";
    ROWS_OF_ACCOUNT = "SELECT line, account, premise, name, serial, product, order_kind, reason, past_due_minor, total_due_minor, notice_date, cut_date, phone, comment, cautions, equipment FROM listing_rows WHERE listing = $1 AND account = $2 ORDER BY premise, line";
    PAST_DUE_OF_DAY = "SELECT d.account, CAST(MAX(d.due_minor) AS BIGINT) FROM (SELECT r.account, r.listing, SUM(r.past_due_minor) AS due_minor FROM listing_rows r JOIN listings l ON l.id = r.listing WHERE l.as_of = $1 AND l.state <> 'withdrawn' AND r.order_kind <> 'equipment_pickup' GROUP BY r.account, r.listing) d GROUP BY d.account";
    PAST_DUE = "SELECT CAST(COALESCE(SUM(past_due_minor), 0) AS BIGINT) FROM listing_rows WHERE listing = $1 AND account = $2 AND order_kind <> 'equipment_pickup'";
    NEXT_NUMBER = "SELECT COALESCE(MAX(number), 0) + 1 FROM listings";
    FINALISE = "UPDATE listings SET state = 'final', number = $2, rows_sha256 = $3, finalised_at_us = $4, finalised_by = $5 WHERE id = $1 AND state = 'draft'";
    /// A draft gets its number with it: every number is a listing that was there.
    WITHDRAW = "UPDATE listings SET state = 'withdrawn', number = COALESCE(number, $2), rows_sha256 = COALESCE(rows_sha256, $3) WHERE id = $1 AND state <> 'withdrawn' RETURNING number";
}

/// A listing.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Listing {
    /// Its id.
    pub id: Uuid,
    /// The import that brought it, with the report.
    pub import_id: Uuid,
    /// Who sent it.
    pub source: String,
    /// The day of the cut.
    pub as_of: String,
    /// SHA-256 of the file, in hex.
    pub file_sha256: String,
    /// `draft`, `final` or `withdrawn`.
    pub state: String,
    /// Its version number, once it is final.
    pub number: Option<i64>,
    /// SHA-256 over its accepted rows when it became final, in hex.
    pub rows_sha256: Option<String>,
    /// When the draft was made.
    pub created_at_us: i64,
    /// When it became final.
    pub finalised_at_us: Option<i64>,
    /// Who made it final.
    pub finalised_by: Option<Uuid>,
    /// The day on which the billing system ran it, where it says so.
    pub run_on: Option<String>,
    /// The moment, where it says a time too.
    pub run_at_us: Option<i64>,
}

/// An accepted row as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct StoredRow {
    /// The line of the file.
    pub line: i64,
    /// The account that owes.
    pub account: String,
    /// The premise.
    pub premise: String,
    /// The account's name, as the listing prints it.
    pub name: String,
    /// The meter.
    pub serial: String,
    /// Code of the `Product`.
    pub product: String,
    /// Code of the `OrderKind`.
    pub order_kind: String,
    /// Code of the `Reason`.
    pub reason: String,
    /// What is past due, in cents.
    pub past_due_minor: i64,
    /// What is owed in all, in cents.
    pub total_due_minor: Option<i64>,
    /// When the notice was mailed.
    pub notice_date: String,
    /// The day that the source wants the work done.
    pub cut_date: Option<String>,
    /// The customer's telephone.
    pub phone: String,
    /// A remark.
    pub comment: String,
    /// Codes of `Caution`s, with `;` between them.
    pub cautions: String,
    /// What the box is. Left out where there is none: the hash of a listing from before it was known stays the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub equipment: Option<String>,
}

/// One listing.
///
/// # Errors
/// As the database says.
pub async fn by_id(conn: &mut Conn, id: ListingId) -> Result<Option<Listing>, StoreError> {
    fetch_optional!(conn, Listing, BY_ID, id.0)
}

/// What a listing asks an account for, apart from boxes, in minor units.
///
/// # Errors
/// As the database says.
pub async fn past_due(conn: &mut Conn, listing: ListingId, account: &str) -> Result<i64, StoreError> {
    let (due,): (i64,) = fetch_one!(conn, (i64,), PAST_DUE, listing.0, account)?;
    Ok(due)
}

/// Every listing that names an account, oldest first.
///
/// # Errors
/// As the database says.
pub async fn with_account(conn: &mut Conn, account: &str) -> Result<Vec<Listing>, StoreError> {
    fetch_all!(conn, Listing, WITH_ACCOUNT, account)
}

/// The listing that this very file became, unless it was withdrawn.
///
/// # Errors
/// As the database says.
pub async fn of_file(
    conn: &mut Conn,
    sha256: &str,
    source: &str,
    as_of: &str,
) -> Result<Option<Listing>, StoreError> {
    fetch_optional!(conn, Listing, LAST_OF_FILE, sha256, source, as_of)
}

/// The newest listings.
///
/// # Errors
/// As the database says.
pub async fn newest(conn: &mut Conn, limit: i64) -> Result<Vec<Listing>, StoreError> {
    fetch_all!(conn, Listing, NEWEST, limit)
}

/// The accepted rows, by account and line.
///
/// # Errors
/// As the database says.
pub async fn rows(conn: &mut Conn, id: ListingId) -> Result<Vec<StoredRow>, StoreError> {
    fetch_all!(conn, StoredRow, ROWS, id.0)
}

/// The accepted rows of one account, by line.
///
/// # Errors
/// As the database says.
pub async fn rows_of_account(conn: &mut Conn, id: ListingId, account: &str) -> Result<Vec<StoredRow>, StoreError> {
    fetch_all!(conn, StoredRow, ROWS_OF_ACCOUNT, id.0, account)
}

/// What each account that is to be cut by a listing of this day has past due, in cents. Drafts count too; of an account on several
/// listings (a corrected file) the largest counts, so that nobody is released for too little.
///
/// # Errors
/// As the database says.
pub async fn past_due_of_day(conn: &mut Conn, as_of: &str) -> Result<BTreeMap<String, i64>, StoreError> {
    Ok(fetch_all!(conn, (String, i64), PAST_DUE_OF_DAY, as_of)?.into_iter().collect())
}

/// A listing to be drafted.
#[derive(Debug)]
pub struct NewDraft<'r> {
    /// Its id; that of an older draft of the same file makes that one anew.
    pub id: ListingId,
    /// The import that brought it.
    pub import: Uuid,
    /// Who sent it.
    pub source: &'r str,
    /// The day of the cut.
    pub as_of: String,
    /// SHA-256 of the file, in hex.
    pub file_sha256: &'r str,
    /// The day on which the billing system ran it, and the moment, where it says so.
    pub run: Option<(NaiveDate, Option<Micros>)>,
    /// Its accepted rows.
    pub rows: &'r [ListingRow],
}

/// Makes a draft, or makes an older draft anew.
///
/// # Errors
/// As the database says; also where the listing is no draft any more.
pub async fn draft(work: &mut Work, draft: &NewDraft<'_>, exists: bool, now: Micros) -> Result<(), StoreError> {
    if exists {
        execute_one!(work, REDRAFT, draft.id.0, draft.import, now.0)?;
        let _: u64 = execute!(work, DROP_ROWS, draft.id.0)?;
    } else {
        execute_one!(
            work,
            INSERT,
            draft.id.0,
            draft.import,
            draft.source,
            &draft.as_of,
            draft.file_sha256,
            now.0,
            draft.run.map(|(on, _)| on.to_string()),
            draft.run.and_then(|(_, at)| at).map(|at| at.0)
        )?;
    }
    let rows: Vec<StoredRow> = draft.rows.iter().map(stored).collect();
    in_batches(work, PUT_ROWS, &rows, draft.id.0).await
}

fn stored(row: &ListingRow) -> StoredRow {
    StoredRow {
        line: i64::try_from(row.line).unwrap_or(i64::MAX),
        account: row.account.clone(),
        premise: row.premise.clone(),
        name: row.name.clone(),
        serial: row.meter.clone(),
        product: row.product.code().to_owned(),
        order_kind: row.order_kind.code().to_owned(),
        reason: row.reason.code().to_owned(),
        past_due_minor: row.past_due.minor(),
        total_due_minor: row.total_due.map(Money::minor),
        notice_date: row.notice_date.to_string(),
        cut_date: row.cut_date.map(|day| day.to_string()),
        phone: row.phone.clone(),
        comment: row.comment.clone(),
        cautions: row.cautions.iter().map(|caution| caution.code()).collect::<Vec<_>>().join(";"),
        equipment: row.equipment.clone(),
    }
}

/// Makes a draft final: it gets the next number and a hash over its rows, and its rows never change again. Returns
/// the number. Hold the lock of the imports.
///
/// # Errors
/// As the database says; also where it is no draft.
pub async fn finalise(work: &mut Work, id: ListingId, by: PersonId, now: Micros) -> Result<i64, StoreError> {
    let hash = hash_of(&rows(work, id).await?);
    let (number,): (i64,) = fetch_one!(work, (i64,), NEXT_NUMBER)?;
    execute_one!(work, FINALISE, id.0, number, &hash, now.0, by.0)?;
    Ok(number)
}

/// Withdraws a draft or a final listing; returns its number. Hold the lock of the imports.
///
/// # Errors
/// As the database says; also where it was withdrawn already.
pub async fn withdraw(work: &mut Work, id: ListingId) -> Result<i64, StoreError> {
    let hash = hash_of(&rows(work, id).await?);
    let (next,): (i64,) = fetch_one!(work, (i64,), NEXT_NUMBER)?;
    let (number,): (i64,) = fetch_one!(work, (i64,), WITHDRAW, id.0, next, &hash)?;
    Ok(number)
}

/// SHA-256 over rows, in hex: what shows later that nobody changed them.
#[must_use]
pub fn hash_of(rows: &[StoredRow]) -> String {
    let mut hash = Sha256::new();
    for row in rows {
        // A row is always JSON of the same shape; one a line.
        hash.update(serde_json::to_vec(row).unwrap_or_default());
        hash.update(b"\n");
    }
    hash.finalize().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
