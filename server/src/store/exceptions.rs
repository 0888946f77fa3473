//! Dispositions that need a person, as a worklist.

use super::{Conn, StoreError, Work};
use crate::{execute, execute_one, fetch_all, fetch_one, fetch_optional};
use curbstop_shared::{ids::OrderId, time::Micros};
use uuid::Uuid;

crate::statements! {
    INSERT = "INSERT INTO exceptions (id, kind, order_id, account, cause, detail, owner_role, raised_at_us, due_at_us, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open') ON CONFLICT (id) DO UPDATE SET detail = excluded.detail, owner_role = CASE WHEN exceptions.state = 'gone' THEN excluded.owner_role ELSE exceptions.owner_role END, due_at_us = CASE WHEN exceptions.state = 'gone' THEN excluded.due_at_us ELSE exceptions.due_at_us END, state = CASE WHEN exceptions.state = 'gone' THEN 'open' ELSE exceptions.state END, resolved_at_us = CASE WHEN exceptions.state = 'gone' THEN NULL ELSE exceptions.resolved_at_us END";
    OPEN = "SELECT e.id, e.kind, e.order_id, o.number AS order_number, e.account, e.cause, e.detail, e.owner_role, e.raised_at_us, e.due_at_us, e.state, e.resolved_at_us, e.resolution FROM exceptions e LEFT JOIN orders o ON o.id = e.order_id WHERE e.state = 'open' ORDER BY e.kind = 'evidence_missing', e.due_at_us, e.id LIMIT $1";
    OF_ORDER = "SELECT e.id, e.kind, e.order_id, o.number AS order_number, e.account, e.cause, e.detail, e.owner_role, e.raised_at_us, e.due_at_us, e.state, e.resolved_at_us, e.resolution FROM exceptions e LEFT JOIN orders o ON o.id = e.order_id WHERE e.order_id = $1 ORDER BY e.raised_at_us, e.id";
    OPEN_OF_ACCOUNT = "SELECT e.id, e.kind, e.order_id, o.number AS order_number, e.account, e.cause, e.detail, e.owner_role, e.raised_at_us, e.due_at_us, e.state, e.resolved_at_us, e.resolution FROM exceptions e LEFT JOIN orders o ON o.id = e.order_id WHERE e.state = 'open' AND e.account = $1 ORDER BY e.due_at_us, e.id LIMIT $2";
    FIRST_OF_KIND = "SELECT e.id, e.kind, e.order_id, o.number AS order_number, e.account, e.cause, e.detail, e.owner_role, e.raised_at_us, e.due_at_us, e.state, e.resolved_at_us, e.resolution FROM exceptions e LEFT JOIN orders o ON o.id = e.order_id WHERE e.state = 'open' AND e.kind = $1 ORDER BY e.due_at_us, e.id LIMIT $2";
    EVIDENCE_COUNTED = "SELECT COUNT(*), COUNT(CASE WHEN owner_role = 'supervisor' THEN 1 END) FROM exceptions WHERE state = 'open' AND kind = 'evidence_missing'";
    EVIDENCE_LATE = "SELECT id FROM exceptions WHERE state = 'open' AND kind = 'evidence_missing' AND owner_role = 'office' AND due_at_us < $1 LIMIT 1";
    HAND_ON_EVIDENCE = "UPDATE exceptions SET owner_role = 'supervisor' WHERE state = 'open' AND kind = 'evidence_missing' AND owner_role = 'office' AND due_at_us < $1";
    OPEN_OF_KIND = "SELECT e.id, e.kind, e.order_id, o.number AS order_number, e.account, e.cause, e.detail, e.owner_role, e.raised_at_us, e.due_at_us, e.state, e.resolved_at_us, e.resolution FROM exceptions e LEFT JOIN orders o ON o.id = e.order_id WHERE e.state = 'open' AND e.kind = $1 ORDER BY e.id";
    BY_ID = "SELECT e.id, e.kind, e.order_id, o.number AS order_number, e.account, e.cause, e.detail, e.owner_role, e.raised_at_us, e.due_at_us, e.state, e.resolved_at_us, e.resolution FROM exceptions e LEFT JOIN orders o ON o.id = e.order_id WHERE e.id = $1";
    /// The crew that brought what raised it, by tablet or on paper, else the last that had the order.
    WHERE_AND_WHO = "SELECT p.address, p.unit, c.name AS crew, c.phone, (SELECT q.name FROM facts f JOIN people q ON q.id = f.by_person WHERE f.id = $2 AND (f.device IS NOT NULL OR q.role IN ('crew', 'contractor'))) AS person FROM orders o LEFT JOIN premises p ON p.id = o.premise LEFT JOIN crews c ON c.id = COALESCE((SELECT r.crew FROM facts f JOIN routes r ON r.id = f.home_doc WHERE f.id = $2 AND (f.device IS NOT NULL OR EXISTS (SELECT 1 FROM people w WHERE w.id = f.by_person AND w.role IN ('crew', 'contractor')))), (SELECT r.crew FROM route_orders s JOIN routes r ON r.id = s.route WHERE s.order_id = o.id ORDER BY s.taken_off_at_us IS NOT NULL, r.published_at_us DESC, r.id DESC LIMIT 1)) WHERE o.id = $1";
    RESOLVE = "UPDATE exceptions SET state = 'resolved', resolved_at_us = $2, resolved_by = $3, resolution = $4 WHERE id = $1 AND state = 'open'";
    DECIDED = "UPDATE exceptions SET state = 'resolved', resolved_at_us = $3, resolved_by = $4, resolution = $5 WHERE order_id = $1 AND kind = $2 AND state = 'gone' AND resolved_at_us = $3";
    DECIDED_ANEW = "UPDATE exceptions SET state = 'resolved', resolved_at_us = $2, resolved_by = $3, resolution = $4 WHERE id = $1 AND state <> 'open'";
    OPEN_AGAIN = "UPDATE exceptions SET state = 'open', due_at_us = $2, resolved_at_us = NULL, resolved_by = NULL, resolution = NULL WHERE id = $1 AND state <> 'open'";
    RESOLVED_OF_ACCOUNT = "SELECT e.id, e.kind, e.order_id, o.number AS order_number, e.account, e.cause, e.detail, e.owner_role, e.raised_at_us, e.due_at_us, e.state, e.resolved_at_us, e.resolution FROM exceptions e LEFT JOIN orders o ON o.id = e.order_id WHERE e.state = 'resolved' AND e.account = $1 AND e.kind = $2 ORDER BY e.resolved_at_us, e.id LIMIT $3";
    CLOSE_GONE = "UPDATE exceptions SET state = 'gone', resolved_at_us = $2 WHERE id = $1 AND state = 'open'";
}

/// An exception.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ExceptionRow {
    /// Derived from kind, order and cause.
    pub id: Uuid,
    /// Code of the kind.
    pub kind: String,
    /// The order; none where it is about a tablet.
    pub order_id: Option<Uuid>,
    /// Its number.
    pub order_number: Option<String>,
    /// The account; empty where it is about a tablet.
    pub account: String,
    /// The fact that raised it.
    pub cause: Option<String>,
    /// What it says, as JSON for the sentence.
    pub detail: String,
    /// Who has to act.
    pub owner_role: String,
    /// When it was raised.
    pub raised_at_us: i64,
    /// By when somebody has to have acted.
    pub due_at_us: i64,
    /// `open`, `resolved`, or `gone` where later facts took its ground away.
    pub state: String,
    /// When it was closed.
    pub resolved_at_us: Option<i64>,
    /// How.
    pub resolution: Option<String>,
}

/// Where the work of an exception is, and which crew knows of it.
#[derive(Debug, Clone, Default, sqlx::FromRow)]
pub struct WhereAndWho {
    /// Street and number, where the premise is known.
    pub address: Option<String>,
    /// Apartment, lot.
    pub unit: Option<String>,
    /// The crew; none where none ever had the order.
    pub crew: Option<String>,
    /// Where the crew is reached.
    pub phone: Option<String>,
    /// Whose work it was, where a tablet brought it.
    pub person: Option<String>,
}

/// An exception to be raised.
#[derive(Debug, Clone)]
pub struct NewException<'a> {
    /// Derived from kind, order and cause.
    pub id: Uuid,
    /// Code of the kind.
    pub kind: &'a str,
    /// The order; none where it is about a tablet.
    pub order: Option<OrderId>,
    /// The account; empty where it is about a tablet.
    pub account: &'a str,
    /// The fact that raises it.
    pub cause: Option<&'a str>,
    /// What it says, as JSON.
    pub detail: &'a str,
    /// Who has to act.
    pub owner_role: &'a str,
    /// By when.
    pub due_at: Micros,
}

/// Raises an exception, or refreshes what it says where it is raised already.
///
/// # Errors
/// When the database fails.
pub async fn raise(work: &mut Work, exception: &NewException<'_>, now: Micros) -> Result<(), StoreError> {
    execute!(
        work,
        INSERT,
        exception.id,
        exception.kind,
        exception.order.map(|order| order.0),
        exception.account,
        exception.cause,
        exception.detail,
        exception.owner_role,
        now.0,
        exception.due_at.0
    )
    .map(|_| ())
}

/// Closes one whose ground is gone (a claim was decided, a correction came).
///
/// # Errors
/// When the database fails.
pub async fn close_gone(work: &mut Work, id: Uuid, now: Micros) -> Result<(), StoreError> {
    execute!(work, CLOSE_GONE, id, now.0).map(|_| ())
}

/// Where an exception's order is and which crew brought its cause, or had the order last.
///
/// # Errors
/// When the database fails.
pub async fn where_and_who(
    conn: &mut Conn,
    order: OrderId,
    cause: Option<&str>,
) -> Result<Option<WhereAndWho>, StoreError> {
    fetch_optional!(conn, WhereAndWho, WHERE_AND_WHO, order.0, cause)
}

/// The open ones of a kind, earliest deadline first.
///
/// # Errors
/// When the database fails.
pub async fn first_of_kind(conn: &mut Conn, kind: &str, limit: i64) -> Result<Vec<ExceptionRow>, StoreError> {
    fetch_all!(conn, ExceptionRow, FIRST_OF_KIND, kind, limit)
}

/// Open ones about missing evidence: how many, and how many of these are the supervisor's by now.
///
/// # Errors
/// When the database fails.
pub async fn evidence_counted(conn: &mut Conn) -> Result<(i64, i64), StoreError> {
    fetch_one!(conn, (i64, i64), EVIDENCE_COUNTED)
}

/// One about missing evidence that the office has left open beyond its deadline.
///
/// # Errors
/// When the database fails.
pub async fn evidence_late(conn: &mut Conn, now: Micros) -> Result<Option<Uuid>, StoreError> {
    Ok(fetch_optional!(conn, (Uuid,), EVIDENCE_LATE, now.0)?.map(|(id,)| id))
}

/// Those are the supervisor's from now on.
///
/// # Errors
/// When the database fails.
pub async fn hand_on_evidence(work: &mut Work, now: Micros) -> Result<(), StoreError> {
    execute!(work, HAND_ON_EVIDENCE, now.0).map(|_| ())
}

/// The open ones, earliest deadline first; what misses only a photo comes after everything else.
///
/// # Errors
/// When the database fails.
pub async fn open(conn: &mut Conn, limit: i64) -> Result<Vec<ExceptionRow>, StoreError> {
    fetch_all!(conn, ExceptionRow, OPEN, limit)
}

/// The open ones of an account, earliest deadline first.
///
/// # Errors
/// When the database fails.
pub async fn open_of_account(conn: &mut Conn, account: &str, limit: i64) -> Result<Vec<ExceptionRow>, StoreError> {
    fetch_all!(conn, ExceptionRow, OPEN_OF_ACCOUNT, account, limit)
}

/// Every open one of a kind that people close within hours.
///
/// # Errors
/// When the database fails.
pub async fn open_of_kind(conn: &mut Conn, kind: &str) -> Result<Vec<ExceptionRow>, StoreError> {
    fetch_all!(conn, ExceptionRow, OPEN_OF_KIND, kind)
}

/// One of them.
///
/// # Errors
/// When the database fails.
pub async fn by_id(conn: &mut Conn, id: Uuid) -> Result<Option<ExceptionRow>, StoreError> {
    fetch_optional!(conn, ExceptionRow, BY_ID, id)
}

/// Closes an open one with somebody's reason.
///
/// # Errors
/// When the database fails, or it is not open.
pub async fn resolve(
    work: &mut Work,
    id: Uuid,
    now: Micros,
    by: Option<Uuid>,
    resolution: &str,
) -> Result<(), StoreError> {
    execute_one!(work, RESOLVE, id, now.0, by, resolution)
}

/// Says of those of an order and kind whose ground somebody's decision has just taken away who that was, and how.
///
/// # Errors
/// When the database fails.
pub async fn decided(
    work: &mut Work,
    order: OrderId,
    kind: &str,
    now: Micros,
    by: Option<Uuid>,
    resolution: &str,
) -> Result<(), StoreError> {
    execute!(work, DECIDED, order.0, kind, now.0, by, resolution).map(|_| ())
}

/// Puts another decision in the place of the one by which an entry was closed.
///
/// # Errors
/// When the database fails.
pub async fn decided_anew(
    work: &mut Work,
    id: Uuid,
    now: Micros,
    by: Option<Uuid>,
    resolution: &str,
) -> Result<(), StoreError> {
    execute_one!(work, DECIDED_ANEW, id, now.0, by, resolution)
}

/// All of one order.
///
/// # Errors
/// When the database fails.
pub async fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<ExceptionRow>, StoreError> {
    fetch_all!(conn, ExceptionRow, OF_ORDER, order.0)
}

/// Opens one again that somebody closed; nothing where it is open.
///
/// # Errors
/// When the database fails.
pub async fn open_again(work: &mut Work, id: Uuid, due_at: Micros) -> Result<(), StoreError> {
    execute!(work, OPEN_AGAIN, id, due_at.0).map(|_| ())
}

/// Those of an account and kind that somebody closed, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn resolved_of_account(
    conn: &mut Conn,
    account: &str,
    kind: &str,
    limit: i64,
) -> Result<Vec<ExceptionRow>, StoreError> {
    fetch_all!(conn, ExceptionRow, RESOLVED_OF_ACCOUNT, account, kind, limit)
}
