//! Accepted facts as rows: the truth across documents, and what each visit knew of releases, holds and recalls.

use super::{Conn, StoreError, Work};
use crate::{execute, fetch_all, fetch_optional};
use curbstop_shared::{
    facts::{Fact, FactBody, Header},
    ids::{DeviceId, FactId, OrderId, PersonId, RouteId},
    route_document::Knew,
    time::{Micros, Span},
};
use uuid::Uuid;

crate::statements! {
    INSERT = "INSERT INTO facts (id, order_id, kind, visit, v, at_us, by_person, device, body, home_doc, home_change, clock_offset_us, received_at_us, feed_seq) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (id) DO NOTHING";
    OF_ORDER = "SELECT id, order_id, kind, visit, v, at_us, by_person, device, body, home_doc, home_change, clock_offset_us, received_at_us FROM facts WHERE order_id = $1 ORDER BY feed_seq, id";
    BY_ID = "SELECT id, order_id, kind, visit, v, at_us, by_person, device, body, home_doc, home_change, clock_offset_us, received_at_us FROM facts WHERE id = $1";
    EXISTS = "SELECT order_id FROM facts WHERE id = $1";
    KNEW_OF_ORDER = "SELECT k.visit, k.other, k.knew FROM knew k JOIN facts f ON f.id = k.visit WHERE f.order_id = $1";
    INSERT_KNEW = "INSERT INTO knew (visit, other, knew) VALUES ($1, $2, $3) ON CONFLICT (visit, other) DO NOTHING";
    VISITS_BETWEEN = "SELECT id, order_id, kind, visit, v, at_us, by_person, device, body, home_doc, home_change, clock_offset_us, received_at_us FROM facts WHERE kind = 'visit' AND received_at_us >= $1 AND received_at_us < $2 ORDER BY received_at_us, id";
    CORRECTIONS_BETWEEN = "SELECT id, order_id, kind, visit, v, at_us, by_person, device, body, home_doc, home_change, clock_offset_us, received_at_us FROM facts WHERE kind = 'correction' AND received_at_us >= $1 AND received_at_us < $2 ORDER BY received_at_us, id";
    SINCE = "SELECT id, order_id, kind, visit, v, at_us, by_person, device, body, home_doc, home_change, clock_offset_us, received_at_us FROM facts WHERE feed_seq > $1 ORDER BY feed_seq, id LIMIT $2";
}

/// A fact as it is stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct FactRow {
    /// Its id.
    pub id: String,
    /// The order it is about.
    pub order_id: Uuid,
    /// Code of its kind.
    pub kind: String,
    /// The visit it belongs to.
    pub visit: Option<String>,
    /// Version of its fields.
    pub v: i64,
    /// The device's clock; a visit's own facts inherit it.
    pub at_us: i64,
    /// Its author.
    pub by_person: Option<Uuid>,
    /// The tablet.
    pub device: Option<Uuid>,
    /// JSON with `kind` and its own fields.
    pub body: String,
    /// The document where it was first made.
    pub home_doc: Option<Uuid>,
    /// The change where it was first made.
    pub home_change: Option<Vec<u8>>,
    /// Server's clock less the device's when it was received.
    pub clock_offset_us: Option<i64>,
    /// When the server stored it.
    pub received_at_us: i64,
}

impl FactRow {
    /// The typed fact. A fact of a visit comes with the visit's header, for it was resolved when it was stored.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] where the row does not read.
    pub fn fact(&self) -> Result<Fact, StoreError> {
        let bad = |column: &'static str| StoreError::inconsistent("facts", column, &self.id, "does not read");
        Ok(Fact {
            id: self.id.parse().map_err(|_| bad("id"))?,
            v: self.v,
            header: Some(Header {
                order: OrderId(self.order_id),
                at: Micros(self.at_us),
                by: self.by_person.map(PersonId),
                device: self.device.map(DeviceId),
            }),
            home: None,
            body: serde_json::from_str::<FactBody>(&self.body).map_err(|_| bad("body"))?,
        })
    }
}

/// Where and how a fact came in.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// The document and change that brought it first; none where it is on no route.
    pub home: Option<(RouteId, &'a [u8])>,
    /// Server's clock less the device's.
    pub clock_offset: Option<Span>,
    /// When.
    pub now: Micros,
    /// Its place in the feed.
    pub feed_seq: i64,
}

/// Stores a fact under the header that holds for it, and says whether it is new.
///
/// # Errors
/// When the database fails.
pub async fn insert(work: &mut Work, fact: &Fact, header: &Header, arrival: Arrival<'_>) -> Result<bool, StoreError> {
    let body = serde_json::to_string(&fact.body).map_err(|_| StoreError::inconsistent("facts", "body", &fact.id, "can't be said as JSON"))?;
    let rows = execute!(
        work, INSERT, fact.id.as_str(), header.order.0, fact.body.kind().code(), fact.visit().map(FactId::as_str),
        fact.v, header.at.0, header.by.map(|by| by.0), header.device.map(|device| device.0), &body,
        arrival.home.map(|(doc, _)| doc.0), arrival.home.map(|(_, change)| change),
        arrival.clock_offset.map(|offset| offset.0), arrival.now.0, arrival.feed_seq
    )?;
    Ok(rows == 1)
}

/// All facts about an order, in the order in which they were stored.
///
/// # Errors
/// When the database fails.
pub async fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<FactRow>, StoreError> {
    fetch_all!(conn, FactRow, OF_ORDER, order.0)
}

/// One fact.
///
/// # Errors
/// When the database fails.
pub async fn by_id(conn: &mut Conn, id: &FactId) -> Result<Option<FactRow>, StoreError> {
    fetch_optional!(conn, FactRow, BY_ID, id.as_str())
}

/// Whether a fact is stored.
///
/// # Errors
/// When the database fails.
pub async fn exists(conn: &mut Conn, id: &FactId) -> Result<bool, StoreError> {
    Ok(fetch_optional!(conn, (Uuid,), EXISTS, id.as_str())?.is_some())
}

/// Facts stored after a place in the feed.
///
/// # Errors
/// When the database fails.
pub async fn since(conn: &mut Conn, feed_seq: i64, limit: i64) -> Result<Vec<FactRow>, StoreError> {
    fetch_all!(conn, FactRow, SINCE, feed_seq, limit)
}

/// What the visits of an order knew: (visit, other fact) to relation.
///
/// # Errors
/// When the database fails or a row does not read.
pub async fn knew(conn: &mut Conn, order: OrderId) -> Result<Vec<((FactId, FactId), Knew)>, StoreError> {
    let rows: Vec<(String, String, String)> = fetch_all!(conn, (String, String, String), KNEW_OF_ORDER, order.0)?;
    rows.into_iter()
        .map(|(visit, other, knew)| {
            let bad = |column: &'static str| StoreError::inconsistent("knew", column, &visit, "does not read");
            let relation = match knew.as_str() {
                "known" => Knew::Known,
                "caused" => Knew::Caused,
                "neither" => Knew::Neither,
                _ => return Err(bad("knew")),
            };
            Ok(((visit.parse().map_err(|_| bad("visit"))?, other.parse().map_err(|_| bad("other"))?), relation))
        })
        .collect()
}

/// Keeps what a visit knew. The first word stands: it is a property of the two changes.
///
/// # Errors
/// When the database fails.
pub async fn insert_knew(work: &mut Work, visit: &FactId, other: &FactId, knew: Knew) -> Result<(), StoreError> {
    let code = match knew {
        Knew::Known => "known",
        Knew::Caused => "caused",
        Knew::Neither => "neither",
    };
    execute!(work, INSERT_KNEW, visit.as_str(), other.as_str(), code).map(|_| ())
}

/// The visits that the server received in a span of time (the end not included), oldest first.
///
/// # Errors
/// When the database fails.
pub async fn visits_between(conn: &mut Conn, from: Micros, to: Micros) -> Result<Vec<FactRow>, StoreError> {
    fetch_all!(conn, FactRow, VISITS_BETWEEN, from.0, to.0)
}

/// The corrections that the server received in a span of time (the end not included), oldest first.
///
/// # Errors
/// When the database fails.
pub async fn corrections_between(conn: &mut Conn, from: Micros, to: Micros) -> Result<Vec<FactRow>, StoreError> {
    fetch_all!(conn, FactRow, CORRECTIONS_BETWEEN, from.0, to.0)
}
