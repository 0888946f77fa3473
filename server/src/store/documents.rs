//! Route documents at rest: a snapshot and the changes since, who may write with which actor, who has what.

use super::{Conn, StoreError, Work};
use crate::{execute, execute_one, fetch_all, fetch_one, fetch_optional};
use curbstop_shared::{
    ids::{CrewId, DeviceId, OrderId, RouteId},
    time::{Micros, Span},
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

crate::statements! {
    INSERT_ROUTE = "INSERT INTO routes (id, crew, date, generation, plan, published_at_us, published_by, permit_minutes, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)";
    INSERT_ROUTE_ORDER = "INSERT INTO route_orders (route, order_id, rank, cut_hours) VALUES ($1, $2, $3, $4) ON CONFLICT (route, order_id) DO NOTHING";
    PUT_ROUTE_ORDER = "INSERT INTO route_orders (route, order_id, rank) VALUES ($1, $2, $3) ON CONFLICT (route, order_id) DO UPDATE SET rank = excluded.rank, taken_off_at_us = NULL";
    ROUTE = "SELECT id, crew, date, generation, plan, published_at_us, closed_at_us, version FROM routes WHERE id = $1";
    ROUTES_OF_ORDER = "SELECT r.id, r.crew, r.date, r.generation, r.plan, r.published_at_us, r.closed_at_us, r.version FROM routes r JOIN route_orders o ON o.route = r.id WHERE o.order_id = $1 AND r.closed_at_us IS NULL ORDER BY r.id";
    ROUTES_OF_CAUSE = "SELECT r.id, r.crew, r.date, r.generation, r.plan, r.published_at_us, r.closed_at_us, r.version FROM routes r JOIN route_orders o ON o.route = r.id JOIN orders f ON f.cause_order = o.order_id WHERE f.id = $1 AND r.closed_at_us IS NULL ORDER BY r.id";
    GENERATIONS_WITH = "SELECT r.id, r.crew, r.date, r.generation, r.plan, r.published_at_us, r.closed_at_us, r.version FROM routes r JOIN route_orders o ON o.route = r.id WHERE o.order_id = $1 AND r.crew = $2 AND r.date = $3 ORDER BY r.generation";
    LAST_GENERATION = "SELECT COALESCE(MAX(generation), 0) FROM routes WHERE crew = $1 AND date = $2";
    VERSION = "SELECT version FROM routes WHERE id = $1";
    SNAPSHOT = "SELECT version, bytes FROM doc_snapshots WHERE doc = $1";
    PUT_SNAPSHOT = "INSERT INTO doc_snapshots (doc, version, bytes, made_at_us) VALUES ($1, $2, $3, $4) ON CONFLICT (doc) DO UPDATE SET version = excluded.version, bytes = excluded.bytes, made_at_us = excluded.made_at_us";
    FOR_DEVICE = "SELECT r.id, r.crew, r.date, r.generation, r.plan, r.published_at_us, r.closed_at_us, r.version, (SELECT a.actor FROM doc_actors a WHERE a.device = $2 AND a.doc = r.id ORDER BY a.issued_at_us DESC, a.actor DESC LIMIT 1) AS actor FROM routes r WHERE r.id = $1";
    LOCK_ROUTES =
        sqlite "SELECT id FROM routes WHERE $1 IS NULL AND $2 IS NULL",
        postgres "WITH n AS (SELECT j.value::uuid AS id FROM jsonb_array_elements_text($1::text::jsonb) AS j(value)), own AS (SELECT COALESCE(k.cause_order, k.id) AS id, k.account FROM n JOIN orders k ON k.id = n.id), roots AS (SELECT id FROM own UNION SELECT k.id FROM own JOIN orders k ON k.account = own.account WHERE k.disposition LIKE '%\"line\":\"found_off\"%'), family AS (SELECT id FROM roots UNION SELECT f.id FROM roots JOIN orders f ON f.cause_order = roots.id UNION SELECT id FROM n) SELECT s.id, pg_advisory_xact_lock(hashtextextended('route:' || s.id::text, 0)) FROM (SELECT r.id FROM family JOIN route_orders o ON o.order_id = family.id JOIN routes r ON r.id = o.route WHERE r.closed_at_us IS NULL UNION SELECT $2::uuid WHERE $2 IS NOT NULL ORDER BY 1) s";
    /// As `LOCK_ROUTES`, and nobody waits.
    FIND_ROUTES =
        sqlite "SELECT id FROM routes WHERE $1 IS NULL AND $2 IS NULL",
        postgres "WITH n AS (SELECT j.value::uuid AS id FROM jsonb_array_elements_text($1::text::jsonb) AS j(value)), own AS (SELECT COALESCE(k.cause_order, k.id) AS id, k.account FROM n JOIN orders k ON k.id = n.id), roots AS (SELECT id FROM own UNION SELECT k.id FROM own JOIN orders k ON k.account = own.account WHERE k.disposition LIKE '%\"line\":\"found_off\"%'), family AS (SELECT id FROM roots UNION SELECT f.id FROM roots JOIN orders f ON f.cause_order = roots.id UNION SELECT id FROM n) SELECT r.id FROM family JOIN route_orders o ON o.order_id = family.id JOIN routes r ON r.id = o.route WHERE r.closed_at_us IS NULL UNION SELECT $2::uuid WHERE $2 IS NOT NULL";
    BEFORE_ROUTES = "SAVEPOINT before_routes";
    WITHOUT_ROUTES = "ROLLBACK TO SAVEPOINT before_routes";
    CHANGES_AFTER = "SELECT bytes FROM doc_changes WHERE doc = $1 AND version > $2 ORDER BY version";
    INSERT_CHANGE = "INSERT INTO doc_changes (doc, hash, actor, seq, bytes, version, feed_seq, received_at_us, device, clock_offset_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    /// The change that makes a version out of the one before it, and nothing where that is not the stored one.
    APPEND_CHANGE =
        sqlite "UPDATE routes SET version = $6 WHERE id = $1 AND version = $6 - 1; INSERT INTO doc_changes (doc, hash, actor, seq, bytes, version, feed_seq, received_at_us, device, clock_offset_us) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 WHERE changes() = 1 RETURNING version",
        postgres "WITH moved AS (UPDATE routes SET version = $6 WHERE id = $1 AND version = $6 - 1 RETURNING id) INSERT INTO doc_changes (doc, hash, actor, seq, bytes, version, feed_seq, received_at_us, device, clock_offset_us) SELECT id, $2, $3, $4, $5, $6, $7, $8, $9, $10 FROM moved RETURNING version";
    HAS_CHANGE = "SELECT version FROM doc_changes WHERE doc = $1 AND hash = $2";
    ACTOR_OF = "SELECT actor FROM doc_actors WHERE device = $1 AND doc = $2 ORDER BY issued_at_us DESC, actor DESC LIMIT 1";
    INSERT_ACTOR = "INSERT INTO doc_actors (doc, actor, device, issued_at_us) VALUES ($1, $2, $3, $4)";
    PUT_CONTACT_WITH_DOC =
        sqlite "INSERT INTO device_contacts (device, last_contact_at_us, clock_offset_us) VALUES ($1, $2, $3) ON CONFLICT (device) DO UPDATE SET last_contact_at_us = excluded.last_contact_at_us, clock_offset_us = excluded.clock_offset_us; INSERT INTO device_docs (device, doc, confirmed_heads, confirmed_at_us) VALUES ($1, $4, $5, $2) ON CONFLICT (device, doc) DO UPDATE SET confirmed_heads = excluded.confirmed_heads, confirmed_at_us = excluded.confirmed_at_us",
        postgres "WITH contact AS (INSERT INTO device_contacts (device, last_contact_at_us, clock_offset_us) VALUES ($1, $2, $3) ON CONFLICT (device) DO UPDATE SET last_contact_at_us = excluded.last_contact_at_us, clock_offset_us = excluded.clock_offset_us) INSERT INTO device_docs (device, doc, confirmed_heads, confirmed_at_us) VALUES ($1, $4, $5, $2) ON CONFLICT (device, doc) DO UPDATE SET confirmed_heads = excluded.confirmed_heads, confirmed_at_us = excluded.confirmed_at_us";
    PUT_CONTACT = "INSERT INTO device_contacts (device, last_contact_at_us, clock_offset_us) VALUES ($1, $2, $3) ON CONFLICT (device) DO UPDATE SET last_contact_at_us = excluded.last_contact_at_us, clock_offset_us = excluded.clock_offset_us";
}

/// Whether a change of a document is stored.
///
/// # Errors
/// When the database fails.
pub async fn has_change(conn: &mut Conn, doc: RouteId, hash: &[u8; 32]) -> Result<bool, StoreError> {
    Ok(fetch_optional!(conn, (i64,), HAS_CHANGE, doc.0, hash.as_slice())?.is_some())
}

/// A published route.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct RouteRow {
    /// The route and its document.
    pub id: Uuid,
    /// Whose it is.
    pub crew: Uuid,
    /// `YYYY-MM-DD`.
    pub date: String,
    /// Counts re-publications of the day.
    pub generation: i64,
    /// The plan it was published from.
    pub plan: Option<Uuid>,
    /// When it was published.
    pub published_at_us: i64,
    /// When it was closed.
    pub closed_at_us: Option<i64>,
    /// How many changes are stored for its document.
    pub version: i64,
}

/// A route as one device finds it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct RouteForDevice {
    /// The route.
    #[sqlx(flatten)]
    pub route: RouteRow,
    /// The actor that the device writes with; none where it was never given the document.
    pub actor: Option<Vec<u8>>,
}

/// A route to be published.
#[derive(Debug, Clone)]
pub struct NewRoute {
    /// The route and its document.
    pub id: RouteId,
    /// Whose it is.
    pub crew: CrewId,
    /// `YYYY-MM-DD`.
    pub date: String,
    /// Counts re-publications of the day.
    pub generation: i64,
    /// For how many minutes a cut may begin on data of that age.
    pub permit_minutes: i64,
    /// The plan it is published from.
    pub plan: Option<Uuid>,
    /// By whom.
    pub published_by: Option<Uuid>,
    /// Its orders with their ranks.
    pub orders: Vec<(OrderId, i64)>,
    /// When cuts among them may begin by the utility's rules, as the document says it.
    pub cut_hours: BTreeMap<OrderId, String>,
}

/// A change to be stored.
#[derive(Debug)]
pub struct NewChange<'a> {
    /// SHA-256.
    pub hash: &'a [u8],
    /// Who wrote it.
    pub actor: &'a [u8],
    /// The actor's count.
    pub seq: i64,
    /// The plain chunk.
    pub bytes: &'a [u8],
    /// Which device it came from, and how far its clock was off (server less device).
    pub from: Option<(DeviceId, Span)>,
}

/// Stores a route with its first snapshot and first change. Its version is 1.
///
/// # Errors
/// When the database fails, or the crew has this generation already.
pub async fn insert_route(
    work: &mut Work,
    route: &NewRoute,
    snapshot: &[u8],
    first: &NewChange<'_>,
    now: Micros,
    feed_seq: i64,
) -> Result<(), StoreError> {
    execute_one!(
        work, INSERT_ROUTE, route.id.0, route.crew.0, &route.date, route.generation, route.plan, now.0,
        route.published_by, route.permit_minutes
    )?;
    for (order, rank) in &route.orders {
        execute!(work, INSERT_ROUTE_ORDER, route.id.0, order.0, *rank, route.cut_hours.get(order))?;
    }
    // Until the commit nobody else knows of it.
    work.holds(route_lock(route.id));
    insert_change(work, route.id, first, 1, now, feed_seq).await?;
    put_snapshot(work, route.id, 1, snapshot, now).await
}

/// One route.
///
/// # Errors
/// When the database fails.
pub async fn route(conn: &mut Conn, id: RouteId) -> Result<Option<RouteRow>, StoreError> {
    fetch_optional!(conn, RouteRow, ROUTE, id.0)
}

/// One route with the actor that a device writes with in its document.
///
/// # Errors
/// When the database fails.
pub async fn for_device(
    conn: &mut Conn,
    id: RouteId,
    device: DeviceId,
) -> Result<Option<RouteForDevice>, StoreError> {
    fetch_optional!(conn, RouteForDevice, FOR_DEVICE, id.0, device.0)
}

/// Every open route that an order is, or was, on: each is one that a tablet may still hold.
///
/// # Errors
/// When the database fails.
pub async fn routes_of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<RouteRow>, StoreError> {
    fetch_all!(conn, RouteRow, ROUTES_OF_ORDER, order.0)
}

/// Every open route that the order is, or was, on which a reconnect follows; none for an order that follows none.
///
/// # Errors
/// When the database fails.
pub async fn routes_of_cause(conn: &mut Conn, reconnect: OrderId) -> Result<Vec<RouteRow>, StoreError> {
    fetch_all!(conn, RouteRow, ROUTES_OF_CAUSE, reconnect.0)
}

/// A crew's routes of one day that an order is, or was, on, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn generations_with(
    conn: &mut Conn,
    order: OrderId,
    crew: CrewId,
    date: &str,
) -> Result<Vec<RouteRow>, StoreError> {
    fetch_all!(conn, RouteRow, GENERATIONS_WITH, order.0, crew.0, date)
}

/// Until the end of the unit of work no other may hold the lock `route:<id>` of any open route with one of these
/// orders, with a cut and its reconnects taken together, and with what crews found off at the same account, nor of one
/// more; they are taken in the order of the routes' ids. SQLite's one writer needs nothing.
///
/// Whoever waits here for a publication sees its routes only with the next look: it looks until it holds all of them.
/// Where one more went out meanwhile, all are let go and taken again in order, so that no two wait for each other.
///
/// # Errors
/// When the wait fails.
pub async fn lock_routes(
    work: &mut Work,
    orders: &BTreeSet<OrderId>,
    own: Option<RouteId>,
) -> Result<(), StoreError> {
    if work.has_the_only_writer() {
        return Ok(());
    }
    let orders = serde_json::json!(orders).to_string();
    let own = own.map(|route| route.0);
    execute!(work, BEFORE_ROUTES)?;
    loop {
        let locked: Vec<(Uuid,)> = fetch_all!(work, (Uuid,), LOCK_ROUTES, &orders, own)?;
        let there: Vec<(Uuid,)> = fetch_all!(work, (Uuid,), FIND_ROUTES, &orders, own)?;
        if there.iter().all(|route| locked.contains(route)) {
            for (route,) in locked {
                work.holds(route_lock(RouteId(route)));
            }
            return Ok(());
        }
        // A route went out while we waited for the others. Who takes it on top of them may wait for somebody who waits
        // for him: all of them are let go, and taken again from the first.
        execute!(work, WITHOUT_ROUTES)?;
    }
}

/// The name of a route's lock.
#[must_use]
pub fn route_lock(route: RouteId) -> String {
    format!("route:{route}")
}

/// The last generation that a crew's day has; 0 where it has none.
///
/// # Errors
/// When the database fails.
pub async fn last_generation(conn: &mut Conn, crew: CrewId, date: &str) -> Result<i64, StoreError> {
    fetch_one!(conn, (i64,), LAST_GENERATION, crew.0, date).map(|(generation,): (i64,)| generation)
}

/// Puts a further order on a route, or one that left it on it again, at a new rank.
///
/// # Errors
/// When the database fails.
pub async fn add_route_order(work: &mut Work, route: RouteId, order: OrderId, rank: i64) -> Result<(), StoreError> {
    execute_one!(work, PUT_ROUTE_ORDER, route.0, order.0, rank)
}

/// How many changes are stored for a document; `None` where there is no such route.
///
/// # Errors
/// When the database fails.
pub async fn version(conn: &mut Conn, id: RouteId) -> Result<Option<i64>, StoreError> {
    Ok(fetch_optional!(conn, (i64,), VERSION, id.0)?.map(|(version,): (i64,)| version))
}

/// The last snapshot and its version.
///
/// # Errors
/// When the database fails.
pub async fn snapshot(conn: &mut Conn, id: RouteId) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
    fetch_optional!(conn, (i64, Vec<u8>), SNAPSHOT, id.0)
}

/// Replaces the snapshot.
///
/// # Errors
/// When the database fails.
pub async fn put_snapshot(
    work: &mut Work,
    id: RouteId,
    version: i64,
    bytes: &[u8],
    now: Micros,
) -> Result<(), StoreError> {
    execute_one!(work, PUT_SNAPSHOT, id.0, version, bytes, now.0)
}

/// The chunks stored after a version, in the order in which they were stored.
///
/// # Errors
/// When the database fails.
pub async fn changes_after(conn: &mut Conn, id: RouteId, version: i64) -> Result<Vec<Vec<u8>>, StoreError> {
    let rows: Vec<(Vec<u8>,)> = fetch_all!(conn, (Vec<u8>,), CHANGES_AFTER, id.0, version)?;
    Ok(rows.into_iter().map(|(bytes,)| bytes).collect())
}

/// Stores one change.
///
/// # Errors
/// When the database fails, or the change or its actor's sequence number is there already.
pub async fn insert_change(
    work: &mut Work,
    doc: RouteId,
    change: &NewChange<'_>,
    version: i64,
    now: Micros,
    feed_seq: i64,
) -> Result<(), StoreError> {
    execute_one!(
        work, INSERT_CHANGE, doc.0, change.hash, change.actor, change.seq, change.bytes, version, feed_seq, now.0,
        change.from.map(|(device, _)| device.0), change.from.map(|(_, offset)| offset.0)
    )
}

/// Stores the change that makes `version` of a document, and says whether the version before it still was the stored
/// one: if not, nothing is written, and the caller built on what has moved on.
///
/// # Errors
/// When the database fails, or the change or its actor's sequence number is there already.
pub async fn append_change(
    work: &mut Work,
    doc: RouteId,
    change: &NewChange<'_>,
    version: i64,
    now: Micros,
    feed_seq: i64,
) -> Result<bool, StoreError> {
    let moved: Option<(i64,)> = fetch_optional!(
        work, (i64,), APPEND_CHANGE, doc.0, change.hash, change.actor, change.seq, change.bytes, version, feed_seq,
        now.0, change.from.map(|(device, _)| device.0), change.from.map(|(_, offset)| offset.0)
    )?;
    Ok(moved.is_some())
}

/// The actor that a device writes with in a document.
///
/// # Errors
/// When the database fails.
pub async fn actor_of(conn: &mut Conn, device: DeviceId, doc: RouteId) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(fetch_optional!(conn, (Vec<u8>,), ACTOR_OF, device.0, doc.0)?.map(|(actor,): (Vec<u8>,)| actor))
}

/// Issues an actor to a device for a document; it writes with this one from now on.
///
/// # Errors
/// When the database fails.
pub async fn issue_actor(
    work: &mut Work,
    device: DeviceId,
    doc: RouteId,
    actor: &[u8],
    now: Micros,
) -> Result<(), StoreError> {
    execute_one!(work, INSERT_ACTOR, doc.0, actor, device.0, now.0)
}

/// Keeps when a device was heard of, how far its clock was off, and which heads of a document it named.
///
/// # Errors
/// When the database fails.
pub async fn put_contact_with_doc(
    work: &mut Work,
    device: DeviceId,
    now: Micros,
    offset: Span,
    doc: RouteId,
    heads: &[u8],
) -> Result<(), StoreError> {
    execute!(work, PUT_CONTACT_WITH_DOC, device.0, now.0, offset.0, doc.0, heads).map(|_| ())
}

/// Keeps when a device was heard of and how far its clock was off.
///
/// # Errors
/// When the database fails.
pub async fn put_contact(work: &mut Work, device: DeviceId, now: Micros, offset: Span) -> Result<(), StoreError> {
    execute_one!(work, PUT_CONTACT, device.0, now.0, offset.0)
}
