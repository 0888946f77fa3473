//! Money taken at the counter, and what an account has paid since its listing was run.

use super::{Conn, StoreError, Work};
use crate::{execute_one, fetch_one, fetch_optional};
use curbstop_shared::time::Micros;
use uuid::Uuid;

crate::statements! {
    INSERT = "INSERT INTO payments (id, source, confirmation, account, amount_minor, tender, paid_at_us, recorded_at_us, recorded_by, reference, batch) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '')";
    NET_SINCE = "SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) FROM payments WHERE account = $1 AND paid_at_us >= $2";
    ACCOUNT = "SELECT account FROM accounts WHERE account = $1";
    LISTING_DAY = "SELECT as_of FROM listings WHERE id = $1";
}

/// A payment that somebody took.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// The payment.
    pub id: Uuid,
    /// Who says so: `office`.
    pub source: String,
    /// Receipt or confirmation number.
    pub confirmation: String,
    /// The account.
    pub account: String,
    /// In minor units, more than zero.
    pub amount_minor: i64,
    /// Cash, check, card, ...
    pub tender: String,
    /// When it was paid, by the payer's or bank's clock.
    pub paid_at_us: i64,
    /// When it was recorded here.
    pub recorded_at_us: i64,
    /// By whom.
    pub recorded_by: Option<Uuid>,
}

/// Keeps a payment.
///
/// # Errors
/// When the database fails.
pub async fn insert(work: &mut Work, receipt: &Receipt) -> Result<(), StoreError> {
    execute_one!(
        work, INSERT, receipt.id, &receipt.source, &receipt.confirmation, &receipt.account, receipt.amount_minor,
        &receipt.tender, receipt.paid_at_us, receipt.recorded_at_us, receipt.recorded_by
    )
}

/// What an account has paid from a moment on, less what was taken back, in minor units.
///
/// # Errors
/// When the database fails.
pub async fn net_since(conn: &mut Conn, account: &str, since: Micros) -> Result<i64, StoreError> {
    fetch_one!(conn, (i64,), NET_SINCE, account, since.0).map(|(minor,): (i64,)| minor)
}

/// Whether billing knows an account by this very text.
///
/// # Errors
/// When the database fails.
pub async fn account_exists(conn: &mut Conn, account: &str) -> Result<bool, StoreError> {
    Ok(fetch_optional!(conn, (String,), ACCOUNT, account)?.is_some())
}

/// The day as of which a listing was run, `YYYY-MM-DD`.
///
/// # Errors
/// When the database fails.
pub async fn listing_day(conn: &mut Conn, listing: Uuid) -> Result<Option<String>, StoreError> {
    Ok(fetch_optional!(conn, (String,), LISTING_DAY, listing)?.map(|(day,): (String,)| day))
}
