//! Payments and what takes them back, from files and from the counter.

use super::{Conn, StoreError, Work, imports::in_batches};
use crate::{
    execute_one, fetch_all, fetch_optional,
    import::payments::{PaymentKind, PaymentRow as FileRow},
    planning::counted::{Kept, Moved, kept, receipt_key},
};
use curbstop_shared::time::Micros;
use serde::Serialize;
use std::collections::BTreeMap;
use uuid::Uuid;

crate::statements! {
    INSERT = "INSERT INTO payments (id, source, confirmation, account, amount_minor, tender, paid_at_us, recorded_at_us, recorded_by, reference, batch) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '')";
    PUT =
        sqlite "INSERT INTO payments (id, source, confirmation, account, amount_minor, tender, paid_at_us, recorded_at_us, takes_back, taken_back_because, reference, batch, import_id)
                SELECT unhex(j.value ->> 'id'), j.value ->> 'source', j.value ->> 'confirmation', j.value ->> 'account', j.value ->> 'amount_minor', j.value ->> 'tender', j.value ->> 'paid_at_us', j.value ->> 'recorded_at_us', j.value ->> 'takes_back', j.value ->> 'taken_back_because', j.value ->> 'reference', j.value ->> 'batch', $2
                FROM json_each($1) AS j WHERE TRUE
                ON CONFLICT (source, confirmation, account) WHERE import_id IS NOT NULL DO NOTHING",
        postgres "INSERT INTO payments (id, source, confirmation, account, amount_minor, tender, paid_at_us, recorded_at_us, takes_back, taken_back_because, reference, batch, import_id)
                SELECT (j.value ->> 'id')::uuid, j.value ->> 'source', j.value ->> 'confirmation', j.value ->> 'account', (j.value ->> 'amount_minor')::bigint, j.value ->> 'tender', (j.value ->> 'paid_at_us')::bigint, (j.value ->> 'recorded_at_us')::bigint, j.value ->> 'takes_back', j.value ->> 'taken_back_because', j.value ->> 'reference', j.value ->> 'batch', $2::uuid
                FROM jsonb_array_elements($1::text::jsonb) AS j(value)
                ON CONFLICT (source, confirmation, account) WHERE import_id IS NOT NULL DO NOTHING";
    /// With what takes them back: a mistake that was undone is not known.
    KNOWN =
        sqlite "SELECT DISTINCT j.value ->> 'receipt' AS receipt, r.id, r.source, r.account, r.confirmation, r.amount_minor, r.paid_at_us, r.recorded_at_us, r.takes_back, r.taken_back_because, r.reference, r.import_id FROM json_each($1) AS j
                JOIN payments p ON p.account = j.value ->> 'account' AND replace(replace(lower(p.confirmation), ' ', ''), '-', '') = replace(replace(lower(j.value ->> 'receipt'), ' ', ''), '-', '')
                JOIN payments r ON r.account = p.account AND (replace(replace(lower(r.confirmation), ' ', ''), '-', '') = replace(replace(lower(j.value ->> 'receipt'), ' ', ''), '-', '') OR replace(replace(lower(r.takes_back), ' ', ''), '-', '') = replace(replace(lower(j.value ->> 'receipt'), ' ', ''), '-', ''))
                ORDER BY r.recorded_at_us, r.id",
        postgres "SELECT DISTINCT j.value ->> 'receipt' AS receipt, r.id, r.source, r.account, r.confirmation, r.amount_minor, r.paid_at_us, r.recorded_at_us, r.takes_back, r.taken_back_because, r.reference, r.import_id FROM jsonb_array_elements($1::text::jsonb) AS j(value)
                JOIN payments p ON p.account = j.value ->> 'account' AND replace(replace(lower(p.confirmation), ' ', ''), '-', '') = replace(replace(lower(j.value ->> 'receipt'), ' ', ''), '-', '')
                JOIN payments r ON r.account = p.account AND (replace(replace(lower(r.confirmation), ' ', ''), '-', '') = replace(replace(lower(j.value ->> 'receipt'), ' ', ''), '-', '') OR replace(replace(lower(r.takes_back), ' ', ''), '-', '') = replace(replace(lower(j.value ->> 'receipt'), ' ', ''), '-', ''))
                ORDER BY r.recorded_at_us, r.id";
    /// Of receipts: what has one, and what takes it back.
    OF_RECEIPTS =
        sqlite "SELECT DISTINCT r.id, r.source, r.account, r.confirmation, r.amount_minor, r.paid_at_us, r.recorded_at_us, r.takes_back, r.taken_back_because, r.reference, r.import_id FROM json_each($1) AS j
                JOIN payments p ON (p.account = j.value ->> 'account' AND replace(replace(lower(p.confirmation), ' ', ''), '-', '') = replace(replace(lower(j.value ->> 'receipt'), ' ', ''), '-', '')) OR (p.confirmation = j.value ->> 'receipt' AND p.source = j.value ->> 'source')
                JOIN payments r ON r.account = p.account AND (replace(replace(lower(r.confirmation), ' ', ''), '-', '') = replace(replace(lower(j.value ->> 'receipt'), ' ', ''), '-', '') OR replace(replace(lower(r.takes_back), ' ', ''), '-', '') = replace(replace(lower(j.value ->> 'receipt'), ' ', ''), '-', ''))
                ORDER BY r.recorded_at_us, r.id",
        postgres "SELECT DISTINCT r.id, r.source, r.account, r.confirmation, r.amount_minor, r.paid_at_us, r.recorded_at_us, r.takes_back, r.taken_back_because, r.reference, r.import_id FROM jsonb_array_elements($1::text::jsonb) AS j(value)
                JOIN payments p ON (p.account = j.value ->> 'account' AND replace(replace(lower(p.confirmation), ' ', ''), '-', '') = replace(replace(lower(j.value ->> 'receipt'), ' ', ''), '-', '')) OR (p.confirmation = j.value ->> 'receipt' AND p.source = j.value ->> 'source')
                JOIN payments r ON r.account = p.account AND (replace(replace(lower(r.confirmation), ' ', ''), '-', '') = replace(replace(lower(j.value ->> 'receipt'), ' ', ''), '-', '') OR replace(replace(lower(r.takes_back), ' ', ''), '-', '') = replace(replace(lower(j.value ->> 'receipt'), ' ', ''), '-', ''))
                ORDER BY r.recorded_at_us, r.id";
    OF_ACCOUNT = "SELECT id, source, confirmation, account, amount_minor, tender, paid_at_us, recorded_at_us, recorded_by FROM payments WHERE account = $1 ORDER BY paid_at_us, id";
    /// As the index has it.
    ACCOUNTS_OF_RECEIPT = "SELECT DISTINCT account FROM payments WHERE replace(replace(lower(confirmation), ' ', ''), '-', '') = $1 AND amount_minor > 0 ORDER BY account LIMIT 20";
    BY_ID = "SELECT id, source, confirmation, account, amount_minor, tender, paid_at_us, recorded_at_us, recorded_by FROM payments WHERE id = $1";
    TAKE_BACK = "INSERT INTO payments (id, source, confirmation, account, amount_minor, tender, paid_at_us, recorded_at_us, recorded_by, takes_back, taken_back_because, reference, batch) VALUES ($1, 'office', '', $2, $3, $4, $10, $5, $6, $7, $8, $9, '')";
    MOVED = "SELECT id, source, account, confirmation, amount_minor, paid_at_us, recorded_at_us, takes_back, taken_back_because, reference, import_id FROM payments WHERE account = $1 ORDER BY paid_at_us, id";
}

/// A payment, or what takes one back (a negative amount).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct PaymentRow {
    /// Its id.
    pub id: Uuid,
    /// The account.
    pub account: String,
    /// How much, in cents; negative for what takes a payment back.
    pub amount_minor: i64,
    /// Cash, check, card, ... as its source calls it.
    pub tender: String,
    /// The receipt or confirmation number.
    pub confirmation: String,
    /// When it was paid.
    pub paid_at_us: i64,
    /// When we learned of it.
    pub recorded_at_us: i64,
    /// Who typed it; none for one from a file.
    pub recorded_by: Option<Uuid>,
    /// The system that sent it, or `office`.
    pub source: String,
}

/// Keeps one payment, which is part of no file's batch.
///
/// # Errors
/// As the database says.
pub async fn insert(work: &mut Work, row: &PaymentRow) -> Result<(), StoreError> {
    execute_one!(
        work,
        INSERT,
        row.id,
        &row.source,
        &row.confirmation,
        &row.account,
        row.amount_minor,
        &row.tender,
        row.paid_at_us,
        row.recorded_at_us,
        row.recorded_by
    )
}

/// All payments of an account, oldest first.
///
/// # Errors
/// As the database says.
pub async fn of_account(conn: &mut Conn, account: &str) -> Result<Vec<PaymentRow>, StoreError> {
    fetch_all!(conn, PaymentRow, OF_ACCOUNT, account)
}

/// The accounts that have a payment with this receipt.
///
/// # Errors
/// As the database says.
pub async fn accounts_of_receipt(conn: &mut Conn, receipt: &str) -> Result<Vec<String>, StoreError> {
    let key = receipt_key(receipt);
    if key.is_empty() {
        return Ok(Vec::new());
    }
    let rows = fetch_all!(conn, (String,), ACCOUNTS_OF_RECEIPT, key)?;
    Ok(rows.into_iter().map(|(account,)| account).collect())
}

/// One payment.
///
/// # Errors
/// As the database says.
pub async fn by_id(conn: &mut Conn, id: Uuid) -> Result<Option<PaymentRow>, StoreError> {
    fetch_optional!(conn, PaymentRow, BY_ID, id)
}

/// A payment that somebody at the office takes back.
#[derive(Debug)]
pub struct TakingBack<'p> {
    /// Id of the row that takes it back.
    pub id: Uuid,
    /// The payment.
    pub of: &'p PaymentRow,
    /// Code of the reason.
    pub reason: &'static str,
    /// Who.
    pub by: Option<Uuid>,
    /// When.
    pub now: Micros,
}

/// Keeps that a payment was taken back: a row with its amount below zero. It is dated as the payment was, so that both
/// count for the same orders or neither: an old check that bounces must not undo what was paid since.
///
/// # Errors
/// As the database says.
pub async fn take_back(work: &mut Work, back: &TakingBack<'_>) -> Result<(), StoreError> {
    execute_one!(
        work,
        TAKE_BACK,
        back.id,
        &back.of.account,
        -back.of.amount_minor,
        &back.of.tender,
        back.now.0,
        back.by,
        &back.of.confirmation,
        back.reason,
        back.of.id.to_string(),
        back.of.paid_at_us
    )
}

/// A payment or what takes one back, as far as money goes.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct MovedRow {
    id: Uuid,
    source: String,
    account: String,
    confirmation: String,
    amount_minor: i64,
    paid_at_us: i64,
    recorded_at_us: i64,
    takes_back: Option<String>,
    taken_back_because: Option<String>,
    reference: String,
    import_id: Option<Uuid>,
}

impl From<MovedRow> for Moved {
    fn from(row: MovedRow) -> Self {
        Self {
            id: row.id.to_string(),
            source: row.source,
            account: row.account,
            confirmation: row.confirmation,
            amount_minor: row.amount_minor,
            paid_at: Micros(row.paid_at_us),
            recorded_at: Micros(row.recorded_at_us),
            takes_back: row.takes_back,
            taken_back_because: row.taken_back_because,
            reference: row.reference,
            import: row.import_id.map(|import| import.to_string()),
        }
    }
}

/// The money of an account: its payments and what takes them back, oldest first.
///
/// # Errors
/// As the database says.
pub async fn moved(conn: &mut Conn, account: &str) -> Result<Vec<Moved>, StoreError> {
    let rows: Vec<MovedRow> = fetch_all!(conn, MovedRow, MOVED, account)?;
    Ok(rows.into_iter().map(Moved::from).collect())
}

/// A receipt that somebody looks for: of an account, or of the system that gave it.
#[derive(Debug, Serialize)]
pub struct SoughtReceipt<'r> {
    /// The receipt.
    pub receipt: &'r str,
    /// The account, or empty.
    pub account: &'r str,
    /// The system.
    pub source: &'r str,
}

/// The money of some receipts with what takes it back, by the receipt as it is compared.
///
/// # Errors
/// As the database says.
pub async fn of_receipts(
    conn: &mut Conn,
    sought: &[SoughtReceipt<'_>],
) -> Result<BTreeMap<String, Vec<Moved>>, StoreError> {
    let mut by_receipt: BTreeMap<String, Vec<Moved>> = BTreeMap::new();
    if sought.is_empty() {
        return Ok(by_receipt);
    }
    let json = serde_json::to_string(sought).map_err(|e| StoreError::inconsistent("payments", "receipts", "", e))?;
    for row in fetch_all!(conn, MovedRow, OF_RECEIPTS, &json)? {
        let moved = Moved::from(row);
        let key = receipt_key(moved.takes_back.as_ref().unwrap_or(&moved.confirmation));
        by_receipt.entry(key).or_default().push(moved);
    }
    Ok(by_receipt)
}

/// What is kept of the receipts of a file for the accounts that it names them for, from whatever source.
///
/// # Errors
/// As the database says.
pub async fn known_receipts(
    conn: &mut Conn,
    rows: &[FileRow],
) -> Result<Vec<(String, Kept)>, StoreError> {
    #[derive(Serialize)]
    struct Asked<'r> {
        receipt: &'r str,
        account: &'r str,
    }
    #[derive(sqlx::FromRow)]
    struct OfReceipt {
        receipt: String,
        #[sqlx(flatten)]
        moved: MovedRow,
    }
    let asked: Vec<Asked<'_>> =
        rows.iter().map(|row| Asked { receipt: &row.receipt, account: &row.account }).collect();
    let json = serde_json::to_string(&asked).map_err(|e| StoreError::inconsistent("payments", "rows", "a file", e))?;
    let mut by_receipt: BTreeMap<(String, String), Vec<Moved>> = BTreeMap::new();
    for row in fetch_all!(conn, OfReceipt, KNOWN, &json)? {
        let moved = Moved::from(row.moved);
        by_receipt.entry((row.receipt, moved.account.clone())).or_default().push(moved);
    }
    let known = |((receipt, _), moved): ((String, String), Vec<Moved>)| kept(&moved, &receipt).map(|kept| (receipt, kept));
    Ok(by_receipt.into_iter().filter_map(known).collect())
}

/// A payment from a file, with the id that it gets and the moment at which it was paid.
#[derive(Debug)]
pub struct FromFile<'r> {
    /// Its id.
    pub id: Uuid,
    /// When it was paid, by the utility's time zone.
    pub paid_at: Micros,
    /// The row.
    pub row: &'r FileRow,
}

/// Keeps what a file brought.
///
/// # Errors
/// As the database says.
pub async fn put(
    work: &mut Work,
    import: Uuid,
    source: &str,
    payments: &[&FromFile<'_>],
    now: Micros,
) -> Result<(), StoreError> {
    let rows: Vec<PutPayment<'_>> = payments.iter().map(|payment| PutPayment::new(source, payment, now)).collect();
    in_batches(work, PUT, &rows, import).await
}

/// Keeps what a file says on top of what is kept of a receipt: a payment of its own with the same receipt.
///
/// # Errors
/// As the database says.
pub async fn put_on_top(
    work: &mut Work,
    source: &str,
    payment: &FromFile<'_>,
    now: Micros,
) -> Result<(), StoreError> {
    let row = PaymentRow {
        id: payment.id,
        account: payment.row.account.clone(),
        amount_minor: payment.row.amount.minor(),
        tender: payment.row.tender.clone(),
        confirmation: payment.row.receipt.clone(),
        paid_at_us: payment.paid_at.0,
        recorded_at_us: now.0,
        recorded_by: None,
        source: source.to_owned(),
    };
    insert(work, &row).await
}

#[derive(Serialize)]
struct PutPayment<'r> {
    id: String,
    source: &'r str,
    confirmation: &'r str,
    account: &'r str,
    amount_minor: i64,
    tender: &'r str,
    paid_at_us: i64,
    recorded_at_us: i64,
    takes_back: Option<&'r str>,
    taken_back_because: Option<&'static str>,
    reference: &'r str,
    batch: &'r str,
}

impl<'r> PutPayment<'r> {
    fn new(source: &'r str, payment: &FromFile<'r>, now: Micros) -> Self {
        let row = payment.row;
        let (takes_back, taken_back_because) = match &row.what {
            PaymentKind::Payment => (None, None),
            PaymentKind::Reversal { of_receipt, reason } => (Some(of_receipt.as_str()), Some(reason.code())),
        };
        Self {
            // Without hyphens: SQLite's unhex() and PostgreSQL's uuid both read it.
            id: payment.id.simple().to_string(),
            source,
            confirmation: &row.receipt,
            account: &row.account,
            amount_minor: row.amount.minor(),
            tender: &row.tender,
            paid_at_us: payment.paid_at.0,
            recorded_at_us: now.0,
            takes_back,
            taken_back_because,
            reference: &row.reference,
            batch: &row.batch,
        }
    }
}
