//! The audit trail for whoever reads it: pages of lines with people's names, and whether the chain holds.

use super::{ServiceError, authorise::Actor, days::Days};
use crate::{
    moment::Moment,
    state::AppState,
    store::{
        Conn,
        audit::{self, AuditRow, KeptHead, Verdict},
        audit_search::{self, Sought},
        orders, people,
    },
};
use chrono::NaiveDate;
use curbstop_shared::time::Micros;
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, fmt::Write as _};

/// Lines of one page.
pub const PAGE_MAX: i64 = 500;
/// Lines of one file: what a busy utility writes in a fortnight.
pub const FILE_MAX: usize = 50_000;
/// Lines of a page where nobody says how many.
const PAGE: i64 = 100;

/// Which lines: about any of `subject`, `account` and `order`, narrowed down by person and days.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AuditWanted")]
pub struct Wanted {
    /// About this: an id, an account or a number, as the line's `subject` has it.
    pub subject: Option<String>,
    /// About this account.
    pub account: Option<String>,
    /// About this order, by id or number.
    pub order: Option<String>,
    /// Of this person, by login or id.
    pub person: Option<String>,
    /// From this day of the utility on.
    pub from: Option<NaiveDate>,
    /// Up to this day, included.
    pub to: Option<NaiveDate>,
    /// Before this line, which the page before gave as `next`.
    pub before: Option<i64>,
    /// So many at most.
    pub limit: Option<i64>,
}

/// A page of the trail.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "AuditPage")]
pub struct Page {
    /// The lines, newest first.
    pub lines: Vec<Line>,
    /// Where the next page begins; none where this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// One line of the trail.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "AuditLine")]
pub struct Line {
    /// Its number, without gaps.
    pub seq: i64,
    /// When, by the server's clock.
    pub at: Moment,
    /// Who: `person:<id>`, `device:<id>` or `system`.
    pub actor: String,
    /// What they are called, where it is a person.
    pub name: Option<String>,
    /// What they did.
    pub action: String,
    /// To what.
    pub subject: String,
    /// More about it.
    pub details: serde_json::Value,
    /// Hash of the line before, in hex.
    pub previous_sha256: String,
    /// Hash over all of it, in hex.
    pub sha256: String,
}

impl Line {
    /// The columns of the file.
    pub const COLUMNS: &'static [&'static str] =
        &["seq", "at", "actor", "name", "action", "subject", "details", "previous_sha256", "sha256"];
}

/// Whether the chain holds.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "AuditChain")]
pub struct Chain {
    /// Every line follows from the one before it.
    pub whole: bool,
    /// How many lines it has, up to the first that is wrong.
    pub lines: i64,
    /// The first line that is wrong.
    pub broken_at: Option<i64>,
    /// How.
    pub how: Option<&'static str>,
    /// Hash of the last line, in hex: keep it elsewhere, for nothing else shows that the tail was cut off.
    pub head_sha256: String,
}

/// A page of the trail, newest first.
///
/// # Errors
/// 422 `days_reversed`; 404 `order_unknown`, `person_unknown`; or when the store fails.
pub async fn page(state: &AppState, wanted: &Wanted) -> Result<Page, ServiceError> {
    let limit = wanted.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let mut conn = state.store.snapshot().await?;
    let names: HashMap<String, String> = names(&mut conn).await?;
    let sought = sought(state, &mut conn, wanted).await?;
    // One more than asked for tells whether there are more.
    let mut rows = audit_search::find(&mut conn, &sought, limit + 1).await?;
    let more = i64::try_from(rows.len()).is_ok_and(|count| count > limit);
    if more {
        rows.pop();
    }
    let next = rows.last().map(|row| row.seq).filter(|_| more);
    Ok(Page { lines: rows.into_iter().map(|row| line(row, &names)).collect(), next })
}

/// Every line of some days, oldest first; none where there are more than this.
///
/// # Errors
/// When the store fails.
pub async fn of_days(state: &AppState, days: Days, at_most: usize) -> Result<Option<Vec<Line>>, ServiceError> {
    let (from, to) = days.moments(state.config.time_zone);
    let mut conn = state.store.snapshot().await?;
    let names = names(&mut conn).await?;
    let mut lines = Vec::new();
    let mut before = None;
    loop {
        let sought = Sought { before, from: Some(from), to: Some(to), ..Sought::default() };
        let rows = audit_search::find(&mut conn, &sought, PAGE_MAX).await?;
        let Some(last) = rows.last() else { break };
        before = Some(last.seq);
        lines.extend(rows.into_iter().map(|row| line(row, &names)));
        if lines.len() > at_most {
            return Ok(None);
        }
    }
    lines.reverse();
    Ok(Some(lines))
}

/// What is known about an order or an account in the trail, oldest first: at most one page.
///
/// # Errors
/// When the store fails.
pub(super) async fn about(conn: &mut Conn, about: Vec<String>) -> Result<Vec<Line>, ServiceError> {
    let names = names(conn).await?;
    let sought = Sought { about: Some(about), ..Sought::default() };
    let rows = audit_search::find(conn, &sought, PAGE_MAX).await?;
    Ok(rows.into_iter().rev().map(|row| line(row, &names)).collect())
}

/// Follows the whole chain, and looks for the lines that were kept elsewhere.
///
/// # Errors
/// When the store fails.
pub async fn chain(state: &AppState, kept: &[KeptHead]) -> Result<Chain, ServiceError> {
    let mut conn = state.store.snapshot().await?;
    let (_, head) = audit::head(&mut conn).await?;
    let head_sha256 = hex(&head);
    Ok(match audit::verify_against(&mut conn, kept).await? {
        Verdict::Whole(lines) => Chain { whole: true, lines, broken_at: None, how: None, head_sha256 },
        Verdict::Broken(at, how) => {
            Chain { whole: false, lines: at - 1, broken_at: Some(at), how: Some(how), head_sha256 }
        }
    })
}

async fn names(conn: &mut Conn) -> Result<HashMap<String, String>, ServiceError> {
    let name = |row: people::PersonRow| (Actor::person_name(curbstop_shared::ids::PersonId(row.id)), row.name);
    Ok(people::all(conn).await?.into_iter().map(name).collect())
}

async fn sought(state: &AppState, conn: &mut Conn, wanted: &Wanted) -> Result<Sought, ServiceError> {
    let zone = state.config.time_zone;
    if wanted.from.zip(wanted.to).is_some_and(|(from, to)| to < from) {
        return Err(ServiceError::invalid("days_reversed", "to: lies before from. Swap the two days."));
    }
    let moments = |day| Days { from: day, to: day }.moments(zone);
    let span = (wanted.from.map(|day| moments(day).0), wanted.to.map(|day| moments(day).1));
    let mut about: Vec<String> = wanted.subject.iter().chain(&wanted.account).cloned().collect();
    if let Some(asked) = &wanted.order {
        let row = orders::by_id_or_number(conn, asked).await?;
        let unknown = || ServiceError::not_found("order_unknown", "No order has this id or number.");
        let row = row.ok_or_else(unknown)?;
        about.extend([row.id.to_string(), row.number]);
    }
    let actor = match &wanted.person {
        Some(asked) => Some(actor_of(conn, asked).await?),
        None => None,
    };
    let about = (!about.is_empty()).then_some(about);
    Ok(Sought { before: wanted.before, from: span.0, to: span.1, actor, about })
}

async fn actor_of(conn: &mut Conn, asked: &str) -> Result<String, ServiceError> {
    let asked = asked.trim();
    if asked == "system" || asked.starts_with("device:") {
        return Ok(asked.to_owned());
    }
    let is_it = |row: &people::PersonRow| row.login.eq_ignore_ascii_case(asked) || row.id.to_string() == asked;
    let found = people::all(conn).await?.into_iter().find(is_it);
    let unknown = || ServiceError::not_found("person_unknown", "person: nobody has this login or id.");
    found.map(|row| Actor::person_name(curbstop_shared::ids::PersonId(row.id))).ok_or_else(unknown)
}

fn line(row: AuditRow, names: &HashMap<String, String>) -> Line {
    Line {
        seq: row.seq,
        at: Moment(Micros(row.at_us)),
        name: names.get(&row.actor).cloned(),
        actor: row.actor,
        action: row.action,
        subject: row.subject,
        details: serde_json::from_str(&row.details).unwrap_or_default(),
        previous_sha256: hex(&row.previous_sha256),
        sha256: hex(&row.sha256),
    }
}

/// Bytes as digits and letters.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
