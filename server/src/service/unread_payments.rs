//! Payments that a file brought and nobody could read: each stands in the way of its account's cut until it is known.
//!
//! A clean file that comes later says nothing about them. One ends by the rule of [`crate::planning::unread`], or when
//! somebody says, with their name and a reason, what it is.

mod told;

pub use told::Truck;

use super::{
    ServiceError,
    authorise::{Action, Actor},
    idempotency::{Answer, Once},
    whereabouts::Whereabouts,
};
use crate::{
    import::{fault::Code, unread::UnreadPayment},
    planning::{
        self,
        counted::{Moved, receipt_key},
        unread::{is_brought, stands},
    },
    state::AppState,
    store::{
        Conn, Work, audit, feed,
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
/// Longest reason, in bytes.
const WHY_MAX: usize = 500;
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

/// Somebody says what a row is. One with a sure or a probable account is settled alone and with a word; one that names
/// none is marked as seen with the others of its file that name none.
///
/// # Errors
/// 404 `unread_unknown`, 422 `why_missing`.
pub async fn settle(state: &AppState, actor: &Actor, id: Uuid, why: &str, once: &Once) -> Result<Answer, ServiceError> {
    actor.may(Action::ResolveExceptions)?;
    let now = state.now();
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    // Its number is taken before the row is looked at: whoever settles rows waits here for the others.
    feed::append(&mut work, now, "unread_payment", &id.to_string(), &serde_json::json!({})).await?;
    let row = unread_payments::by_id(&mut work, id).await?.ok_or_else(|| {
        ServiceError::not_found("unread_unknown", "Nobody has to look at this row any more; look at the list again.")
    })?;
    let why = why.trim();
    let said_enough = !why.is_empty() || is_nameless(&row);
    if !said_enough || why.len() > WHY_MAX || why.chars().any(char::is_control) {
        let detail = format!("why: say in 1 to {WHY_MAX} characters why this row is no payment, or which one it is.");
        return Err(ServiceError::invalid("why_missing", detail));
    }
    let why = if why.is_empty() { "seen" } else { why };
    let settled = if is_nameless(&row) {
        let of_file = unread_payments::nameless_of_file(&mut work, row.import_id).await?;
        not_brought(&mut work, of_file).await?
    } else {
        Vec::new()
    };
    let others = settled.iter().filter(|other| other.id != id);
    for row in std::iter::once(&row).chain(others) {
        unread_payments::settle(&mut work, row.id, now.0, &actor.name(), why).await?;
        let details = serde_json::json!({
            "import": row.import_id, "source": row.source, "line": row.line, "account": row.account,
            "receipt": row.receipt, "column": row.heading, "value": row.value, "rows": row.meant, "why": why,
        });
        audit::append(&mut work, now, &actor.name(), "unread_payment_settled", &row.id.to_string(), &details).await?;
    }
    let answer = once.commit(state, work, actor, Answer::ok(&serde_json::json!({ "id": id }))?).await?;
    state.feed.ring();
    Ok(answer)
}
