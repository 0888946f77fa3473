//! Holds that the billing system has on file: what keeps an account from being cut, from which day to which.

use super::{Conn, StoreError, Work, imports::in_batches};
use crate::{
    execute_one, fetch_all, fetch_one, fetch_optional,
    import::{
        Register,
        holds::HoldRow,
        register::HoldInForce,
    },
};
use chrono::NaiveDate;
use curbstop_shared::{money::Money, time::Micros};
use serde::Serialize;
use std::collections::HashSet;
use uuid::Uuid;

crate::statements! {
    PUT =
        sqlite "INSERT INTO holds (source, hold, account, kind, start_on, good_through, lifted_on, pledged_minor, agency, entered_by, comment, changed_at_us, import_id)
                SELECT j.value ->> 'source', j.value ->> 'hold', j.value ->> 'account', j.value ->> 'kind', j.value ->> 'start_on', j.value ->> 'good_through', j.value ->> 'lifted_on', j.value ->> 'pledged_minor', j.value ->> 'agency', j.value ->> 'entered_by', j.value ->> 'comment', j.value ->> 'changed_at_us', $2
                FROM json_each($1) AS j WHERE TRUE
                ON CONFLICT (source, hold) DO UPDATE SET account = excluded.account, kind = excluded.kind, start_on = excluded.start_on, good_through = excluded.good_through, lifted_on = excluded.lifted_on, pledged_minor = excluded.pledged_minor, agency = excluded.agency, entered_by = excluded.entered_by, comment = excluded.comment, changed_at_us = excluded.changed_at_us, import_id = excluded.import_id",
        postgres "INSERT INTO holds (source, hold, account, kind, start_on, good_through, lifted_on, pledged_minor, agency, entered_by, comment, changed_at_us, import_id)
                SELECT j.value ->> 'source', j.value ->> 'hold', j.value ->> 'account', j.value ->> 'kind', j.value ->> 'start_on', j.value ->> 'good_through', j.value ->> 'lifted_on', (j.value ->> 'pledged_minor')::bigint, j.value ->> 'agency', j.value ->> 'entered_by', j.value ->> 'comment', (j.value ->> 'changed_at_us')::bigint, $2::uuid
                FROM jsonb_array_elements($1::text::jsonb) AS j(value)
                ON CONFLICT (source, hold) DO UPDATE SET account = excluded.account, kind = excluded.kind, start_on = excluded.start_on, good_through = excluded.good_through, lifted_on = excluded.lifted_on, pledged_minor = excluded.pledged_minor, agency = excluded.agency, entered_by = excluded.entered_by, comment = excluded.comment, changed_at_us = excluded.changed_at_us, import_id = excluded.import_id";
    INSERT = "INSERT INTO holds (source, hold, account, kind, start_on, good_through, agency, entered_by, comment, changed_at_us) VALUES ($1, $2, $3, $4, $5, $6, '', $7, $8, $9)";
    COUNT = "SELECT COUNT(*) FROM holds WHERE source = $1";
    BY_NUMBER = "SELECT source, hold, account, kind, start_on, good_through, lifted_on, pledged_minor, agency, entered_by, comment FROM holds WHERE source = $1 AND hold = $2";
    LIFT = "UPDATE holds SET lifted_on = $3, changed_at_us = $4 WHERE source = $1 AND hold = $2";
    IN_FORCE = "SELECT account, hold, kind FROM holds WHERE start_on <= $1 AND (good_through IS NULL OR good_through >= $1) AND (lifted_on IS NULL OR lifted_on > $1) ORDER BY account, hold";
    ACCOUNTS_IN_FORCE = "SELECT DISTINCT account FROM holds WHERE start_on <= $1 AND (good_through IS NULL OR good_through >= $1) AND (lifted_on IS NULL OR lifted_on > $1)";
    OF_ACCOUNT = "SELECT source, hold, account, kind, start_on, good_through, lifted_on, pledged_minor, agency, entered_by, comment FROM holds WHERE account = $1 ORDER BY start_on, hold";
}

/// A hold on file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct HoldOnFile {
    /// Which system has it.
    pub source: String,
    /// Its number there.
    pub hold: String,
    /// The account that it protects.
    pub account: String,
    /// Code of the reason.
    pub kind: String,
    /// Its first day.
    pub start_on: String,
    /// Its last day, included; none until it is lifted.
    pub good_through: Option<String>,
    /// The first day on which it doesn't count.
    pub lifted_on: Option<String>,
    /// What was pledged, in cents.
    pub pledged_minor: Option<i64>,
    /// Who pledged, or a reference.
    pub agency: String,
    /// Who typed it: as the billing system calls them, or as the audit trail does.
    pub entered_by: String,
    /// A remark.
    pub comment: String,
}

/// Keeps a hold that somebody at the office set.
///
/// # Errors
/// As the database says.
pub async fn insert(work: &mut Work, source: &str, row: &HoldRow, now: Micros) -> Result<(), StoreError> {
    execute_one!(
        work,
        INSERT,
        source,
        &row.hold,
        &row.account,
        row.kind.code(),
        row.term.start.to_string(),
        row.term.good_through.map(|day| day.to_string()),
        &row.entered_by,
        &row.comment,
        now.0
    )
}

/// How many holds a source has on file.
///
/// # Errors
/// As the database says.
pub async fn count(conn: &mut Conn, source: &str) -> Result<i64, StoreError> {
    let (count,): (i64,) = fetch_one!(conn, (i64,), COUNT, source)?;
    Ok(count)
}

/// One hold on file.
///
/// # Errors
/// As the database says.
pub async fn by_number(conn: &mut Conn, source: &str, hold: &str) -> Result<Option<HoldOnFile>, StoreError> {
    fetch_optional!(conn, HoldOnFile, BY_NUMBER, source, hold)
}

/// Ends a hold: `lifted_on` is the first day on which it doesn't count.
///
/// # Errors
/// As the database says, or when there is no such hold.
pub async fn lift(
    work: &mut Work,
    source: &str,
    hold: &str,
    lifted_on: NaiveDate,
    now: Micros,
) -> Result<(), StoreError> {
    execute_one!(work, LIFT, source, hold, lifted_on.to_string(), now.0)
}

/// Adds or changes the holds that a source's file names. Holds that it doesn't name stay as they are.
///
/// # Errors
/// As the database says.
pub async fn put(
    work: &mut Work,
    import: Uuid,
    source: &str,
    rows: &[HoldRow],
    now: Micros,
) -> Result<(), StoreError> {
    let rows: Vec<PutHold<'_>> = rows
        .iter()
        .map(|row| PutHold {
            source,
            hold: &row.hold,
            account: &row.account,
            kind: row.kind.code(),
            start_on: row.term.start,
            good_through: row.term.good_through,
            lifted_on: row.term.lifted,
            pledged_minor: row.pledged.map(Money::minor),
            agency: &row.agency,
            entered_by: &row.entered_by,
            comment: &row.comment,
            changed_at_us: now.0,
        })
        .collect();
    in_batches(work, PUT, &rows, import).await
}

#[derive(Serialize)]
struct PutHold<'r> {
    source: &'r str,
    hold: &'r str,
    account: &'r str,
    kind: &'static str,
    start_on: NaiveDate,
    good_through: Option<NaiveDate>,
    lifted_on: Option<NaiveDate>,
    pledged_minor: Option<i64>,
    agency: &'r str,
    entered_by: &'r str,
    comment: &'r str,
    changed_at_us: i64,
}

type InForce = (String, String, String);

/// Adds every hold in force on a day to what files are read against. Accounts must have been added before.
///
/// # Errors
/// As the database says, and for a kind that is none.
pub async fn fill(conn: &mut Conn, register: &mut Register, as_of: NaiveDate) -> Result<(), StoreError> {
    for row in fetch_all!(conn, InForce, IN_FORCE, as_of.to_string())? {
        let account = row.0.clone();
        register.add_hold(&account, in_force(row)?);
    }
    Ok(())
}

/// Every account with a hold in force on a day.
///
/// # Errors
/// As the database says.
pub async fn accounts_in_force(conn: &mut Conn, day: NaiveDate) -> Result<HashSet<String>, StoreError> {
    let rows = fetch_all!(conn, (String,), ACCOUNTS_IN_FORCE, day.to_string())?;
    Ok(rows.into_iter().map(|(account,)| account).collect())
}

/// All holds on file of an account, past and to come.
///
/// # Errors
/// As the database says.
pub async fn of_account(conn: &mut Conn, account: &str) -> Result<Vec<HoldOnFile>, StoreError> {
    fetch_all!(conn, HoldOnFile, OF_ACCOUNT, account)
}

fn in_force((_, hold, kind): InForce) -> Result<HoldInForce, StoreError> {
    let kind = kind.parse().map_err(|e| StoreError::inconsistent("holds", "kind", &hold, e))?;
    Ok(HoldInForce { hold, kind })
}
