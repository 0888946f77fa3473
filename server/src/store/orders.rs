//! Orders and their lines, with the cached outcome of the fold over their facts.

use super::{Conn, StoreError, Work};
use crate::import::register::{OpenOrder, Register};
use crate::{execute, execute_one, fetch_all, fetch_one, fetch_optional};
use curbstop_shared::{
    ids::{ListingId, OrderId, RouteId},
    time::Micros,
    vocabulary::{OrderKind, Reason},
};
use uuid::Uuid;

crate::statements! {
    INSERT = "INSERT INTO orders (id, number, kind, reason, account, premise, listing, cause_order, priority, fees_suppressed, past_due_minor, note, due_at_us, state, disposition, created_at_us, changed_seq) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'open', '{}', $14, $15) ON CONFLICT (id) DO NOTHING";
    INSERT_LINE = "INSERT INTO order_lines (order_id, line, product, serial, past_due_minor, equipment) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (order_id, line) DO NOTHING";
    NEXT_NUMBER = "INSERT INTO order_numbers (letter, next) VALUES ($1, 2) ON CONFLICT (letter) DO UPDATE SET next = order_numbers.next + 1 RETURNING next - 1";
    BY_ID = "SELECT id, number, kind, reason, account, premise, listing, cause_order, priority, fees_suppressed, past_due_minor, note, due_at_us, state, disposition, created_at_us, uncalled FROM orders WHERE id = $1";
    BY_NUMBER = "SELECT id, number, kind, reason, account, premise, listing, cause_order, priority, fees_suppressed, past_due_minor, note, due_at_us, state, disposition, created_at_us, uncalled FROM orders WHERE number = $1";
    LIST = "SELECT id, number, kind, reason, account, premise, listing, cause_order, priority, fees_suppressed, past_due_minor, note, due_at_us, state, disposition, created_at_us, uncalled FROM orders WHERE (CAST($1 AS TEXT) IS NULL OR account = $1) AND (CAST($2 AS TEXT) IS NULL OR premise = $2) AND (CAST($3 AS TEXT) IS NULL OR CASE WHEN uncalled AND state IN ('open', 'unable') THEN 'not_called_for' ELSE state END = $3) AND (CAST($4 AS TEXT) IS NULL OR kind = $4) AND ($5 IS NOT TRUE OR id IN (SELECT s.order_id FROM route_orders s WHERE s.route = $6)) AND id > $7 ORDER BY id LIMIT $8";
    BY_ACCOUNT = "SELECT id, number, kind, reason, account, premise, listing, cause_order, priority, fees_suppressed, past_due_minor, note, due_at_us, state, disposition, created_at_us, uncalled FROM orders WHERE account = $1 ORDER BY created_at_us, id";
    FOUND_OFF_BESIDE = "SELECT id FROM orders WHERE account = $1 AND id <> $2 AND disposition LIKE '%\"line\":\"found_off\"%' ORDER BY id";
    OF_LISTING = "SELECT id, number, kind, reason, account, premise, listing, cause_order, priority, fees_suppressed, past_due_minor, note, due_at_us, state, disposition, created_at_us, uncalled FROM orders WHERE listing = $1 ORDER BY created_at_us, number, id";
    OPEN_OF_LISTINGS = "SELECT account, premise, number, kind FROM orders WHERE listing IS NOT NULL AND state IN ('open', 'unable', 'held', 'stopped_at_door') ORDER BY created_at_us, id";
    SET_LISTING = "UPDATE orders SET listing = $2 WHERE id = $1";
    /// Whose account never paid anything has nothing to be weighed.
    BESIDE_LISTING = "SELECT DISTINCT o.id, o.account FROM orders o JOIN listing_rows r ON r.account = o.account AND r.premise = o.premise AND r.order_kind = o.kind WHERE r.listing = $1 AND o.listing IS NOT NULL AND o.listing <> $1 AND EXISTS (SELECT 1 FROM payments p WHERE p.account = o.account) ORDER BY o.account, o.id";
    HAND_OVER = "UPDATE orders SET listing = $2, past_due_minor = $3, note = $4 WHERE id = $1";
    SET_LINE = "UPDATE order_lines SET serial = $3, past_due_minor = $4, equipment = $5 WHERE order_id = $1 AND line = $2";
    BY_PREMISE = "SELECT id, number, kind, reason, account, premise, listing, cause_order, priority, fees_suppressed, past_due_minor, note, due_at_us, state, disposition, created_at_us, uncalled FROM orders WHERE premise = $1 ORDER BY created_at_us, id";
    BY_ROUTE = "SELECT o.id, o.number, o.kind, o.reason, o.account, o.premise, o.listing, o.cause_order, o.priority, o.fees_suppressed, o.past_due_minor, o.note, o.due_at_us, o.state, o.disposition, o.created_at_us, o.uncalled FROM orders o JOIN route_orders r ON r.order_id = o.id WHERE r.route = $1 ORDER BY r.rank, o.id";
    /// `$2` stands between the lines.
    TO_FOLD = "SELECT o.id, o.number, o.kind, o.reason, o.account, o.premise, o.listing, o.cause_order, o.priority, o.fees_suppressed, o.past_due_minor, o.note, o.due_at_us, o.state, o.disposition, o.created_at_us, o.uncalled, (SELECT string_agg(l.line, $2) FROM order_lines l WHERE l.order_id = o.id) AS lines, (SELECT r.id FROM routes r JOIN route_orders s ON s.route = r.id WHERE s.order_id = o.id AND s.taken_off_at_us IS NULL AND r.closed_at_us IS NULL ORDER BY r.published_at_us DESC, r.id DESC LIMIT 1) AS newest_route, (SELECT COUNT(*) FROM routes r JOIN route_orders s ON s.route = r.id WHERE s.order_id = o.id AND r.closed_at_us IS NULL) AS open_routes, (SELECT COUNT(*) FROM exceptions e WHERE e.order_id = o.id AND e.state = 'open') AS open_exceptions FROM orders o WHERE o.id = $1";
    LINES = "SELECT line, product, serial, past_due_minor, equipment FROM order_lines WHERE order_id = $1 ORDER BY LENGTH(line), line";
    SET_DISPOSITION = "UPDATE orders SET state = $2, disposition = $3, changed_seq = $4, is_off = $5 WHERE id = $1";
    SET_UNCALLED = "UPDATE orders SET uncalled = $2 WHERE id = $1 AND uncalled <> $2";
    RENEW = "UPDATE orders SET reason = $2, priority = $3, fees_suppressed = $4, due_at_us = $5 WHERE id = $1";
    RAISE = "UPDATE orders SET priority = $2, fees_suppressed = $3 WHERE id = $1";
}

/// Code of an order to give back that nobody would go to any more.
pub const NOT_CALLED_FOR: &str = "not_called_for";

/// An order as it is stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct OrderRow {
    /// The order.
    pub id: Uuid,
    /// "T-2291".
    pub number: String,
    /// Code of [`OrderKind`].
    pub kind: String,
    /// Code of [`Reason`].
    pub reason: String,
    /// The account.
    pub account: String,
    /// The premise.
    pub premise: String,
    /// The listing that it came from.
    pub listing: Option<Uuid>,
    /// The order whose disposition called for it.
    pub cause_order: Option<Uuid>,
    /// 1 is most urgent.
    pub priority: i64,
    /// No fee may be charged.
    pub fees_suppressed: bool,
    /// Past due when the listing was run, in minor units, over all lines.
    pub past_due_minor: i64,
    /// A note for the crew.
    pub note: Option<String>,
    /// Latest moment by which it has to be done.
    pub due_at_us: Option<i64>,
    /// The state's code as the last fold gave it.
    pub state: String,
    /// The last fold, as JSON.
    pub disposition: String,
    /// When it was made.
    pub created_at_us: i64,
    /// It is to give back what is not to be given back any more: it is on again, or what called for it was taken back.
    pub uncalled: bool,
}

impl OrderRow {
    /// Where it stands, by its code: the last fold's, or [`NOT_CALLED_FOR`] where nobody would go there.
    #[must_use]
    pub fn stands(&self) -> &str {
        let waits = matches!(self.state.as_str(), "open" | "unable");
        if self.uncalled && waits { NOT_CALLED_FOR } else { &self.state }
    }
}

/// An order with what folding it needs beside its facts.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct OrderToFold {
    /// The order.
    #[sqlx(flatten)]
    pub order: OrderRow,
    lines: Option<String>,
    /// The newest open route that it is on and was not taken off: where it stands.
    pub newest_route: Option<Uuid>,
    open_routes: i64,
    /// How many exceptions about it are open.
    pub open_exceptions: i64,
}

impl OrderToFold {
    /// Whether it is on an open route beside this one.
    #[must_use]
    pub fn is_on_another_route(&self, than: Option<RouteId>) -> bool {
        self.open_routes > i64::from(than.is_some() && self.newest_route == than.map(|route| route.0))
    }

    /// Its lines in order, by their names.
    #[must_use]
    pub fn lines(&self) -> Vec<&str> {
        let mut lines: Vec<&str> = self.lines.iter().flat_map(|lines| lines.split(BETWEEN_LINES)).collect();
        lines.sort_unstable();
        lines
    }
}

/// ASCII's unit separator: no line has it in its name.
const BETWEEN_LINES: &str = "\u{1f}";

/// One line of an order.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct LineRow {
    /// "1", "2", ...
    pub line: String,
    /// Code of the product.
    pub product: String,
    /// Serial of the meter or the equipment.
    pub serial: Option<String>,
    /// Past due of this line, in minor units.
    pub past_due_minor: i64,
    /// What the box is, where the line is one.
    pub equipment: Option<String>,
}

/// An order to be made.
#[derive(Debug, Clone)]
pub struct NewOrder {
    /// Its id; derived from its cause, so that the same cause makes it once.
    pub id: OrderId,
    /// What is to be done.
    pub kind: OrderKind,
    /// Why.
    pub reason: Reason,
    /// The account.
    pub account: String,
    /// The premise.
    pub premise: String,
    /// The listing that it comes from.
    pub listing: Option<Uuid>,
    /// The order whose disposition calls for it.
    pub cause_order: Option<OrderId>,
    /// 1 is most urgent.
    pub priority: i64,
    /// No fee may be charged.
    pub fees_suppressed: bool,
    /// Past due over all lines, in minor units.
    pub past_due_minor: i64,
    /// A note for the crew.
    pub note: Option<String>,
    /// Latest moment by which it has to be done.
    pub due_at: Option<Micros>,
    /// Its lines.
    pub lines: Vec<LineRow>,
}

/// Makes an order with its lines, and says whether it is new: one whose id is there already is left alone, but gains
/// lines that it lacks.
///
/// # Errors
/// When the database fails.
pub async fn insert(work: &mut Work, order: &NewOrder, now: Micros, feed_seq: i64) -> Result<bool, StoreError> {
    let exists = by_id(work, order.id).await?.is_some();
    if !exists {
        let letter = order.kind.letter().to_string();
        let (number,): (i64,) = fetch_one!(work, (i64,), NEXT_NUMBER, &letter)?;
        execute_one!(
            work, INSERT, order.id.0, format!("{letter}-{number}"), order.kind.code(), order.reason.code(),
            &order.account, &order.premise, order.listing, order.cause_order.map(|id| id.0), order.priority,
            order.fees_suppressed, order.past_due_minor, &order.note, order.due_at.map(|at| at.0), now.0, feed_seq
        )?;
    }
    for line in &order.lines {
        execute!(work, INSERT_LINE, order.id.0, &line.line, &line.product, &line.serial, line.past_due_minor, &line.equipment)?;
    }
    Ok(!exists)
}

/// One order.
///
/// # Errors
/// When the database fails.
pub async fn by_id(conn: &mut Conn, id: OrderId) -> Result<Option<OrderRow>, StoreError> {
    fetch_optional!(conn, OrderRow, BY_ID, id.0)
}

/// One order with what folding it needs beside its facts.
///
/// # Errors
/// When the database fails.
pub async fn to_fold(conn: &mut Conn, id: OrderId) -> Result<Option<OrderToFold>, StoreError> {
    fetch_optional!(conn, OrderToFold, TO_FOLD, id.0, BETWEEN_LINES)
}

/// One order by its number.
///
/// # Errors
/// When the database fails.
pub async fn by_number(conn: &mut Conn, number: &str) -> Result<Option<OrderRow>, StoreError> {
    fetch_optional!(conn, OrderRow, BY_NUMBER, number)
}

/// One order by its id, or by its number as people write it: "T-2291", "t2291", "T 2291".
///
/// # Errors
/// When the database fails.
pub async fn by_id_or_number(conn: &mut Conn, asked: &str) -> Result<Option<OrderRow>, StoreError> {
    if let Ok(id) = asked.parse::<OrderId>() {
        return by_id(conn, id).await;
    }
    let plain: String = asked.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let letters = plain.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = plain.get(letters.len()..).unwrap_or_default();
    by_number(conn, &format!("{}-{number}", letters.to_uppercase())).await
}

/// Which orders a list takes; absent parts take all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'f> {
    /// Of this account.
    pub account: Option<&'f str>,
    /// At this premise.
    pub premise: Option<&'f str>,
    /// In this state.
    pub state: Option<&'f str>,
    /// Of this kind.
    pub kind: Option<&'f str>,
    /// On this route, now or before.
    pub route: Option<Uuid>,
    /// With a greater id.
    pub after: Option<Uuid>,
}

/// Orders by id.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, filter: &Filter<'_>, limit: i64) -> Result<Vec<OrderRow>, StoreError> {
    fetch_all!(
        conn, OrderRow, LIST, filter.account, filter.premise, filter.state, filter.kind, filter.route.is_some(),
        filter.route.unwrap_or_default(), filter.after.unwrap_or_default(), limit
    )
}

/// All orders of an account, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn by_account(conn: &mut Conn, account: &str) -> Result<Vec<OrderRow>, StoreError> {
    fetch_all!(conn, OrderRow, BY_ACCOUNT, account)
}

/// The other orders of an account whose crews found something off.
///
/// # Errors
/// When the database fails.
pub async fn found_off_beside(conn: &mut Conn, account: &str, order: OrderId) -> Result<Vec<OrderId>, StoreError> {
    let rows: Vec<(Uuid,)> = fetch_all!(conn, (Uuid,), FOUND_OFF_BESIDE, account, order.0)?;
    Ok(rows.into_iter().map(|(id,)| OrderId(id)).collect())
}

/// Adds every order of a listing that is not over to what an import knows.
///
/// # Errors
/// As the database says, and for a kind that is none.
pub async fn fill_open(conn: &mut Conn, register: &mut Register) -> Result<(), StoreError> {
    let open: Vec<(String, String, String, String)> = fetch_all!(conn, (String, String, String, String), OPEN_OF_LISTINGS)?;
    for (account, premise, order, kind) in open {
        let kind = kind.parse().map_err(|e| StoreError::inconsistent("orders", "kind", &order, e))?;
        register.add_open_order(&premise, OpenOrder { account, order, kind });
    }
    Ok(())
}

/// The orders that a listing made and that are still its own.
///
/// # Errors
/// When the database fails.
pub async fn of_listing(conn: &mut Conn, listing: Uuid) -> Result<Vec<OrderRow>, StoreError> {
    fetch_all!(conn, OrderRow, OF_LISTING, listing)
}

/// Orders of other listings, with their accounts, whose work this listing calls for too, where the account ever paid
/// anything.
///
/// # Errors
/// When the database fails.
pub async fn beside_listing(conn: &mut Conn, listing: ListingId) -> Result<Vec<(Uuid, String)>, StoreError> {
    fetch_all!(conn, (Uuid, String), BESIDE_LISTING, listing.0)
}

/// The order is another listing's from now on.
///
/// # Errors
/// When the database fails.
pub async fn set_listing(work: &mut Work, id: OrderId, listing: Uuid) -> Result<(), StoreError> {
    execute_one!(work, SET_LISTING, id.0, listing)
}

/// The order is another listing's from now on, with what that one says is owed, at these lines.
///
/// # Errors
/// When the database fails.
pub async fn hand_over(work: &mut Work, id: OrderId, to: &NewOrder, lines: &[LineRow]) -> Result<(), StoreError> {
    execute_one!(work, HAND_OVER, id.0, to.listing, to.past_due_minor, &to.note)?;
    for line in lines {
        execute_one!(work, SET_LINE, id.0, &line.line, &line.serial, line.past_due_minor, &line.equipment)?;
    }
    Ok(())
}

/// All orders at a premise, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn by_premise(conn: &mut Conn, premise: &str) -> Result<Vec<OrderRow>, StoreError> {
    fetch_all!(conn, OrderRow, BY_PREMISE, premise)
}

/// The orders that are, or were, on a route, by rank.
///
/// # Errors
/// When the database fails.
pub async fn by_route(conn: &mut Conn, route: Uuid) -> Result<Vec<OrderRow>, StoreError> {
    fetch_all!(conn, OrderRow, BY_ROUTE, route)
}

/// The lines of an order.
///
/// # Errors
/// When the database fails.
pub async fn lines(conn: &mut Conn, id: OrderId) -> Result<Vec<LineRow>, StoreError> {
    fetch_all!(conn, LineRow, LINES, id.0)
}

/// Keeps what the fold gave: the state, all of it as JSON, and whether a line of it is off.
///
/// # Errors
/// When the database fails.
pub async fn set_disposition(
    work: &mut Work,
    id: OrderId,
    (state, disposition, is_off): (&str, &str, bool),
    feed_seq: i64,
) -> Result<(), StoreError> {
    execute_one!(work, SET_DISPOSITION, id.0, state, disposition, feed_seq, is_off)
}

/// Keeps whether a reconnect is one that nothing calls for any more.
///
/// # Errors
/// When the database fails.
pub async fn set_uncalled(work: &mut Work, id: OrderId, uncalled: bool) -> Result<(), StoreError> {
    execute!(work, SET_UNCALLED, id.0, uncalled).map(|_| ())
}

/// Takes up an order again that nobody called for any more: as this one calls for it.
///
/// # Errors
/// When the database fails.
pub async fn renew(work: &mut Work, order: &NewOrder) -> Result<(), StoreError> {
    let due_at = order.due_at.map(|at| at.0);
    execute_one!(work, RENEW, order.id.0, order.reason.code(), order.priority, order.fees_suppressed, due_at)
}

/// Makes an order more urgent, or takes its fee away; never the other way round.
///
/// # Errors
/// When the database fails.
pub async fn raise(work: &mut Work, id: OrderId, priority: i64, fees_suppressed: bool) -> Result<(), StoreError> {
    execute_one!(work, RAISE, id.0, priority, fees_suppressed)
}
