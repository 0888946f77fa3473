//! Go-codes that dispatch gave by phone.

use super::{Conn, StoreError, Work};
use crate::{execute_one, fetch_all, fetch_optional};
use curbstop_shared::{
    go_code::{GivenCode, GoCode},
    ids::{OrderId, RouteId},
    time::Micros,
};
use uuid::Uuid;

crate::statements! {
    INSERT = "INSERT INTO go_codes (route, order_id, challenge, code, given_by, given_at_us) VALUES ($1, $2, $3, $4, $5, $6)";
    TO_A_CHALLENGE = "SELECT g.route, g.order_id, o.number, p.address, c.name AS crew, g.challenge, g.code, g.given_by, g.given_at_us FROM go_codes g JOIN orders o ON o.id = g.order_id JOIN routes r ON r.id = g.route JOIN crews c ON c.id = r.crew LEFT JOIN premises p ON p.id = o.premise WHERE g.route = $1 AND g.order_id = $2 AND g.challenge = $3";
    OF_ORDER = "SELECT route, code, given_at_us FROM go_codes WHERE order_id = $1 ORDER BY given_at_us, challenge";
    LATEST = "SELECT g.route, g.order_id, o.number, p.address, c.name AS crew, g.challenge, g.code, g.given_by, g.given_at_us FROM go_codes g JOIN orders o ON o.id = g.order_id JOIN routes r ON r.id = g.route JOIN crews c ON c.id = r.crew LEFT JOIN premises p ON p.id = o.premise ORDER BY g.given_at_us DESC, g.challenge LIMIT $1";
}

/// A code that was given, with what people call its stop.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct GoCodeRow {
    /// The route for which it was given.
    pub route: Uuid,
    /// The order.
    pub order_id: Uuid,
    /// "T-2291".
    pub number: String,
    /// Where it is, as far as that is known.
    pub address: Option<String>,
    /// Whose route it is.
    pub crew: String,
    /// What the tablet showed.
    pub challenge: String,
    /// What was answered.
    pub code: String,
    /// By whom, as the audit trail names them.
    pub given_by: String,
    /// When.
    pub given_at_us: i64,
}

/// Keeps a code that is given now.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    work: &mut Work,
    (route, order): (RouteId, OrderId),
    (challenge, code): (&str, &GoCode),
    by: &str,
    now: Micros,
) -> Result<(), StoreError> {
    execute_one!(work, INSERT, route.0, order.0, challenge, code.digits(), by, now.0)
}

/// The answer that a challenge was given before.
///
/// # Errors
/// When the database fails.
pub async fn to_a_challenge(
    conn: &mut Conn,
    route: RouteId,
    order: OrderId,
    challenge: &str,
) -> Result<Option<GoCodeRow>, StoreError> {
    fetch_optional!(conn, GoCodeRow, TO_A_CHALLENGE, route.0, order.0, challenge)
}

/// The codes that were given for an order, the oldest first.
///
/// # Errors
/// When the database fails, or a code does not read.
pub async fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<GivenCode>, StoreError> {
    let rows: Vec<(Uuid, String, i64)> = fetch_all!(conn, (Uuid, String, i64), OF_ORDER, order.0)?;
    let each = rows.into_iter().map(|(route, code, at)| {
        let bad = || StoreError::inconsistent("go_codes", "code", order.0, "not six digits");
        Ok(GivenCode { code: GoCode::read(&code).ok_or_else(bad)?, at: Micros(at), route: RouteId(route) })
    });
    each.collect()
}

/// The latest, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn latest(conn: &mut Conn, most: i64) -> Result<Vec<GoCodeRow>, StoreError> {
    fetch_all!(conn, GoCodeRow, LATEST, most)
}
