//! Payments that a file brought and nobody could read: each stands in the way of its account's cut until it is known.
//!
//! A clean file that comes later says nothing about them. One ends by the rule of [`crate::planning::unread`], or when
//! somebody says, with their name and a reason, what it is.

mod settling;
mod told;

pub use settling::{reopen, settle};
pub use told::{Truck, UnreadView};

use super::{ServiceError, whereabouts::Whereabouts};
use crate::{
    import::{fault::Code, unread::UnreadPayment},
    planning::{
        self,
        counted::{Moved, receipt_key},
        unread::{is_brought, stands},
    },
    store::{
        Conn, Work,
        payments::{self, SoughtReceipt},
        unread_payments::{self, NewUnread, UnreadRow},
    },
};
use chrono::NaiveDate;
use curbstop_shared::{ids::OrderId, time::Micros};
use std::collections::HashMap;
use uuid::Uuid;

/// Rows that a page shows: more than anybody works through at once; the next ones come up as these are settled.
const SHOWN_MAX: usize = 100;
/// The same row of the same source is kept once.
const UNREAD: Uuid = Uuid::from_bytes(*b"curbstop-unreadp");

/// The first of the rows, and how many there are besides.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// The first of them.
    pub rows: Vec<Unread>,
    /// How many more stand.
    pub more: usize,
}

/// A row that may be somebody who paid.
#[derive(Debug, Clone)]
pub struct Unread {
    /// Its id.
    pub id: Uuid,
    /// The file.
    pub import: Uuid,
    /// Who sent it.
    pub source: String,
    /// The line in the file.
    pub line: i64,
    /// The account; none where it can't be read.
    pub account: Option<String>,
    /// The premises have this account; else it is only the one that was probably meant.
    pub account_sure: bool,
    /// The account's name.
    pub name: Option<String>,
    /// The receipt's number, or empty.
    pub receipt: String,
    /// The heading of the faulty column; `*` where it is the row as a whole.
    pub heading: String,
    /// What stands there.
    pub value: String,
    /// What is wrong.
    pub code: Code,
    /// Rows of the file that it stands for.
    pub meant: i64,
    /// When the file came in.
    pub kept_at: Micros,
    /// For one that names no account: rows of its file that are marked as seen together.
    pub seen_with: Option<i64>,
    /// The crew that has the account's cut.
    pub truck: Option<Truck>,
}

/// Keeps those of a file. A row that is known by its receipt, or without one by its day, is kept once.
///
/// # Errors
/// When the store fails.
pub(super) async fn keep(
    work: &mut Work,
    import: Uuid,
    source: &str,
    as_of: NaiveDate,
    rows: &[UnreadPayment],
    now: Micros,
) -> Result<(), ServiceError> {
    let as_of = as_of.to_string();
    let new: Vec<NewUnread<'_>> = rows
        .iter()
        .map(|row| {
            // Without its receipt the same text may be another day's payment.
            let day = if row.receipt.is_empty() || row.meant > 1 { as_of.as_str() } else { "" };
            let name = format!("{source}\n{day}\n{}", row.row_sha256);
            NewUnread {
                id: Uuid::new_v5(&UNREAD, name.as_bytes()).simple().to_string(),
                source,
                as_of: &as_of,
                line: row.line,
                account: &row.account,
                account_sure: row.account_sure,
                receipt: &row.receipt,
                heading: &row.heading,
                value: &row.value,
                code: row.code.code(),
                meant: row.meant,
                kept_at_us: now.0,
            }
        })
        .collect();
    Ok(unread_payments::put(work, import, &new).await?)
}

/// What has to be looked at before anybody is cut: rows of accounts whose cut is open or was done, and rows of which
/// nobody knows for sure whose they are. Those that hold up a cut come first, then the newest file.
///
/// # Errors
/// When the store fails.
pub async fn standing(conn: &mut Conn) -> Result<Shown, ServiceError> {
    let mut rows = Vec::new();
    let unsettled = unread_payments::unsettled(conn).await?;
    for (row, money) in with_money(conn, unsettled).await? {
        if stands(&rule(&row, &row.import_id.to_string()), row.cut.is_some(), &money) {
            rows.push(row);
        }
    }
    shown(conn, rows).await
}

/// Those of the files for a day, whatever their accounts have to fear.
///
/// # Errors
/// When the store fails.
pub(super) async fn of_day(conn: &mut Conn, day: NaiveDate) -> Result<Vec<UnreadRow>, ServiceError> {
    let rows = unread_payments::of_day(conn, &day.to_string()).await?;
    not_brought(conn, rows).await
}

/// Those of an account.
///
/// # Errors
/// When the store fails.
pub async fn of_account(conn: &mut Conn, account: &str) -> Result<Shown, ServiceError> {
    let rows = unread_payments::of_account(conn, account).await?;
    let rows = not_brought(conn, rows).await?;
    shown(conn, rows).await
}

async fn not_brought(conn: &mut Conn, rows: Vec<UnreadRow>) -> Result<Vec<UnreadRow>, ServiceError> {
    let rows = with_money(conn, rows).await?.into_iter();
    let left = rows.filter(|(row, money)| !is_brought(&rule(row, &row.import_id.to_string()), money));
    Ok(left.map(|(row, _)| row).collect())
}

/// Each with the money of its receipt.
async fn with_money(conn: &mut Conn, rows: Vec<UnreadRow>) -> Result<Vec<(UnreadRow, Vec<Moved>)>, ServiceError> {
    let with_receipt = rows.iter().filter(|row| !row.receipt.trim().is_empty() && row.meant <= 1);
    let sought: Vec<SoughtReceipt<'_>> = with_receipt
        .map(|row| SoughtReceipt { receipt: &row.receipt, account: &row.account, source: &row.source })
        .collect();
    let money = payments::of_receipts(conn, &sought).await?;
    let of = |row: &UnreadRow| money.get(&receipt_key(&row.receipt)).cloned().unwrap_or_default();
    Ok(rows
        .into_iter()
        .map(|row| {
            let money = of(&row);
            (row, money)
        })
        .collect())
}

fn rule<'r>(row: &'r UnreadRow, import: &'r str) -> planning::unread::Unread<'r> {
    planning::unread::Unread {
        source: &row.source,
        import,
        account: &row.account,
        account_sure: row.account_sure,
        receipt: &row.receipt,
        meant: row.meant,
        kept_at: Micros(row.kept_at_us),
    }
}

/// The first of them as a page shows them, and how many more there are.
async fn shown(conn: &mut Conn, rows: Vec<UnreadRow>) -> Result<Shown, ServiceError> {
    let mut nameless: HashMap<Uuid, i64> = HashMap::new();
    for row in rows.iter().filter(|row| is_nameless(row)) {
        *nameless.entry(row.import_id).or_default() += row.meant;
    }
    let more = rows.len().saturating_sub(SHOWN_MAX);
    let mut told = Vec::with_capacity(rows.len().min(SHOWN_MAX));
    for row in rows.into_iter().take(SHOWN_MAX) {
        let seen_with = if is_nameless(&row) { nameless.get(&row.import_id).copied() } else { None };
        told.push(Unread { seen_with, ..tell(conn, row).await? });
    }
    Ok(Shown { rows: told, more })
}

/// Names no account at all: there is nobody to look up.
fn is_nameless(row: &UnreadRow) -> bool {
    row.account.is_empty() && !row.account_sure
}

/// One as a page shows it.
///
/// # Errors
/// When the store fails.
pub(super) async fn tell(conn: &mut Conn, row: UnreadRow) -> Result<Unread, ServiceError> {
    // Whoever is off already, or was not cut at the door, has no truck on its way.
    let stand = match row.cut.filter(|_| row.cut_is_open) {
        Some(cut) => Whereabouts::of(conn, OrderId(cut)).await?.may_go(),
        None => None,
    };
    let code = Code::of_code(&row.code);
    Ok(Unread {
        code: code.ok_or_else(|| ServiceError::Internal(format!("unread payment {}: code {}", row.id, row.code)))?,
        id: row.id,
        import: row.import_id,
        source: row.source,
        line: row.line,
        account: (!row.account.is_empty()).then_some(row.account),
        account_sure: row.account_sure,
        name: row.name,
        receipt: row.receipt,
        heading: row.heading,
        value: row.value,
        meant: row.meant,
        kept_at: Micros(row.kept_at_us),
        seen_with: None,
        truck: stand.map(|at| Truck { crew: at.crew, phone: at.phone, stops_away: at.stops_away }),
    })
}
