//! Accepted facts as rows: the truth across documents, and what each visit knew of releases, holds and recalls.

use super::{Conn, StoreError, Work};
use crate::{execute, fetch_all, fetch_optional};
use automerge::ChangeHash;
use curbstop_shared::{
    cut_hours::CutHours,
    facts::{Fact, FactBody, FieldValue, Header, RawFact},
    ids::{DeviceId, FactId, OrderId, PersonId, RouteId},
    ordered::Map,
    route_document::Knew,
    time::{Micros, Span},
};
use serde::Serialize;
use std::collections::BTreeSet;
use uuid::Uuid;

crate::statements! {
    INSERT =
        sqlite "INSERT INTO facts (id, order_id, kind, visit, v, at_us, by_person, device, without_pin, body, home_doc, home_change, clock_offset_us, received_at_us, feed_seq) SELECT j.value ->> 'id', unhex(j.value ->> 'order'), j.value ->> 'kind', j.value ->> 'visit', j.value ->> 'v', j.value ->> 'at_us', unhex(j.value ->> 'by'), unhex(j.value ->> 'device'), j.value ->> 'without_pin', j.value ->> 'body', $2, unhex(j.value ->> 'change'), j.value ->> 'clock_offset_us', $3, $4 FROM json_each($1) AS j WHERE TRUE ON CONFLICT (id) DO NOTHING",
        postgres "INSERT INTO facts (id, order_id, kind, visit, v, at_us, by_person, device, without_pin, body, home_doc, home_change, clock_offset_us, received_at_us, feed_seq) SELECT j.id, j.\"order\"::uuid, j.kind, j.visit, j.v, j.at_us, j.by::uuid, j.device::uuid, j.without_pin, j.body, $2, decode(j.change, 'hex'), j.clock_offset_us, $3, $4 FROM json_to_recordset($1::text::json) AS j(id text, \"order\" text, kind text, visit text, v bigint, at_us bigint, by text, device text, without_pin boolean, body text, change text, clock_offset_us bigint) ON CONFLICT (id) DO NOTHING";
    OF_ORDER = "SELECT id, order_id, kind, visit, v, at_us, by_person, device, without_pin, body, home_doc, home_change, clock_offset_us, received_at_us FROM facts WHERE order_id = $1 ORDER BY feed_seq, id";
    OF_ORDER_AND_FOLLOWERS = "SELECT id, order_id, kind, visit, v, at_us, by_person, device, without_pin, body, home_doc, home_change, clock_offset_us, received_at_us FROM facts WHERE order_id IN (SELECT id FROM orders WHERE id = $1 OR cause_order = $1) ORDER BY feed_seq, id";
    BY_ID = "SELECT id, order_id, kind, visit, v, at_us, by_person, device, without_pin, body, home_doc, home_change, clock_offset_us, received_at_us FROM facts WHERE id = $1";
    EXISTS = "SELECT order_id FROM facts WHERE id = $1";
    KNOWN = sqlite "SELECT id FROM facts WHERE id IN (SELECT value FROM json_each($1))",
        postgres "SELECT id FROM facts WHERE id IN (SELECT jsonb_array_elements_text($1::text::jsonb))";
    KNEW = "SELECT k.visit, k.other, k.knew FROM knew k JOIN facts f ON f.id = k.visit WHERE f.order_id IN (SELECT id FROM orders WHERE id = $1 OR cause_order = $1)";
    ROUTES_OF_VISITS = "SELECT f.id, r.published_at_us, r.permit_minutes, s.cut_hours FROM facts f JOIN routes r ON r.id = f.home_doc LEFT JOIN route_orders s ON s.route = r.id AND s.order_id = f.order_id WHERE f.kind = 'visit' AND f.order_id IN (SELECT id FROM orders WHERE id = $1 OR cause_order = $1)";
    INSERT_KNEW =
        sqlite "INSERT INTO knew (visit, other, knew) SELECT j.value ->> 0, j.value ->> 1, j.value ->> 2 FROM json_each($1) AS j WHERE TRUE ON CONFLICT (visit, other) DO NOTHING",
        postgres "INSERT INTO knew (visit, other, knew) SELECT j.value ->> 0, j.value ->> 1, j.value ->> 2 FROM json_array_elements($1::text::json) AS j(value) ON CONFLICT (visit, other) DO NOTHING";
    VISITS_BETWEEN = "SELECT id, order_id, kind, visit, v, at_us, by_person, device, without_pin, body, home_doc, home_change, clock_offset_us, received_at_us FROM facts WHERE kind = 'visit' AND received_at_us >= $1 AND received_at_us < $2 ORDER BY received_at_us, id";
    CORRECTIONS_BETWEEN = "SELECT id, order_id, kind, visit, v, at_us, by_person, device, without_pin, body, home_doc, home_change, clock_offset_us, received_at_us FROM facts WHERE kind = 'correction' AND received_at_us >= $1 AND received_at_us < $2 ORDER BY received_at_us, id";
    STOPPING_OF_DAY = "SELECT id, order_id, kind, visit, v, at_us, by_person, device, without_pin, body, home_doc, home_change, clock_offset_us, received_at_us FROM facts WHERE kind IN ('recall', 'recall_lift', 'ack', 'release', 'release_decision', 'hold_decision') AND order_id IN (SELECT s.order_id FROM route_orders s JOIN routes r ON r.id = s.route WHERE r.date = $1) ORDER BY feed_seq, id";
    SINCE = "SELECT id, order_id, kind, visit, v, at_us, by_person, device, without_pin, body, home_doc, home_change, clock_offset_us, received_at_us FROM facts WHERE feed_seq > $1 ORDER BY feed_seq, id LIMIT $2";
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
    /// Its author had a PIN and went on without it.
    pub without_pin: bool,
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
            without_pin: self.without_pin,
            body: match serde_json::from_str::<FactBody>(&self.body) {
                Ok(body) => body,
                Err(_) => self.understood().ok_or_else(|| bad("body"))?,
            },
        })
    }

    /// A release, hold or recall that a newer server stored, before this one was put back, still stops.
    fn understood(&self) -> Option<FactBody> {
        let mut fields: Map<String, FieldValue> = serde_json::from_str(&self.body).ok()?;
        fields.insert("order".into(), FieldValue::Text(OrderId(self.order_id).to_string()));
        RawFact { id: self.id.parse().ok()?, fields }.understood().map(|fact| fact.body)
    }
}

/// A fact to be stored, under the header that holds for it.
#[derive(Debug)]
pub struct NewFact<'a> {
    /// The fact.
    pub fact: &'a Fact,
    /// Its own header, or its visit's.
    pub header: Header,
    /// Its author, or its visit's, had a PIN and went on without it.
    pub without_pin: bool,
    /// The change that brought it first; none where it is on no route.
    pub change: Option<ChangeHash>,
    /// Server's clock less the device's.
    pub clock_offset: Option<Span>,
}

/// What an `INSERT` reads of a fact; bytes in hexadecimal.
#[derive(Serialize)]
struct FactAsJson<'a> {
    id: &'a str,
    order: String,
    kind: &'static str,
    visit: Option<&'a str>,
    v: i64,
    at_us: i64,
    by: Option<String>,
    device: Option<String>,
    without_pin: bool,
    body: String,
    change: Option<String>,
    clock_offset_us: Option<i64>,
}

impl<'a> FactAsJson<'a> {
    fn of(new: &NewFact<'a>) -> Result<Self, serde_json::Error> {
        let NewFact { fact, header, without_pin, change, clock_offset } = new;
        let hex = |id: Uuid| id.simple().to_string();
        Ok(Self {
            id: fact.id.as_str(),
            order: hex(header.order.0),
            kind: fact.body.kind().code(),
            visit: fact.visit().map(FactId::as_str),
            v: fact.v,
            at_us: header.at.0,
            by: header.by.map(|by| hex(by.0)),
            device: header.device.map(|device| hex(device.0)),
            without_pin: *without_pin,
            body: serde_json::to_string(&fact.body)?,
            change: change.map(|change| change.to_string()),
            clock_offset_us: clock_offset.map(|offset| offset.0),
        })
    }
}

/// Stores facts that came in together; those that are there already stay as they are. `home` is the document that
/// brought them; none where they are on no route.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    work: &mut Work,
    facts: &[NewFact<'_>],
    home: Option<RouteId>,
    now: Micros,
    feed_seq: i64,
) -> Result<(), StoreError> {
    if facts.is_empty() {
        return Ok(());
    }
    let rows = facts.iter().map(FactAsJson::of).collect::<Result<Vec<_>, _>>();
    let rows = rows.and_then(|rows| serde_json::to_string(&rows));
    let rows = rows.map_err(|bad| StoreError::inconsistent("facts", "body", &facts[0].fact.id, bad))?;
    execute!(work, INSERT, &rows, home.map(|home| home.0), now.0, feed_seq).map(|_| ())
}

/// All facts about an order, in the order in which they were stored.
///
/// # Errors
/// When the database fails.
pub async fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<FactRow>, StoreError> {
    fetch_all!(conn, FactRow, OF_ORDER, order.0)
}

/// What took back the orders of a day's routes: recalls with the releases behind them, and the taps on them.
///
/// # Errors
/// When the database fails.
pub async fn stopping_of_day(conn: &mut Conn, date: &str) -> Result<Vec<FactRow>, StoreError> {
    fetch_all!(conn, FactRow, STOPPING_OF_DAY, date)
}

/// One fact.
///
/// # Errors
/// When the database fails.
pub async fn by_id(conn: &mut Conn, id: &FactId) -> Result<Option<FactRow>, StoreError> {
    fetch_optional!(conn, FactRow, BY_ID, id.as_str())
}

/// All facts about an order and about those that follow from it (a cut's reconnects), in the order in which they were
/// stored.
///
/// # Errors
/// When the database fails.
pub async fn of_order_and_followers(conn: &mut Conn, order: OrderId) -> Result<Vec<FactRow>, StoreError> {
    fetch_all!(conn, FactRow, OF_ORDER_AND_FOLLOWERS, order.0)
}

/// Whether a fact is stored.
///
/// # Errors
/// When the database fails.
pub async fn exists(conn: &mut Conn, id: &FactId) -> Result<bool, StoreError> {
    Ok(fetch_optional!(conn, (Uuid,), EXISTS, id.as_str())?.is_some())
}

/// Which of these facts are stored.
///
/// # Errors
/// When the database fails or a row does not read.
pub async fn known(conn: &mut Conn, ids: &[FactId]) -> Result<BTreeSet<FactId>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let ids = serde_json::json!(ids).to_string();
    let rows: Vec<(String,)> = fetch_all!(conn, (String,), KNOWN, &ids)?;
    rows.into_iter()
        .map(|(id,)| id.parse().map_err(|_| StoreError::inconsistent("facts", "id", &id, "does not read")))
        .collect()
}

/// Facts stored after a place in the feed.
///
/// # Errors
/// When the database fails.
pub async fn since(conn: &mut Conn, feed_seq: i64, limit: i64) -> Result<Vec<FactRow>, StoreError> {
    fetch_all!(conn, FactRow, SINCE, feed_seq, limit)
}

/// What the visits of an order and of those that follow from it knew: (visit, other fact) to relation.
///
/// # Errors
/// When the database fails or a row does not read.
pub async fn knew(conn: &mut Conn, order: OrderId) -> Result<Vec<((FactId, FactId), Knew)>, StoreError> {
    let rows: Vec<(String, String, String)> = fetch_all!(conn, (String, String, String), KNEW, order.0)?;
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

/// The route in whose document a visit was first made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteOfVisit {
    /// When it was published.
    pub out_at: Micros,
    /// On data of what age its cuts may begin; none where that was not kept.
    pub permit: Option<Span>,
    /// When its cut may begin by the utility's rules; none where they say nothing.
    pub cut_hours: Option<CutHours>,
}

/// The routes of the visits of an order and of its reconnects.
///
/// # Errors
/// When the database fails or a row does not read.
pub async fn routes_of_visits(conn: &mut Conn, order: OrderId) -> Result<Vec<(FactId, RouteOfVisit)>, StoreError> {
    type Row = (String, i64, Option<i64>, Option<String>);
    let rows: Vec<Row> = fetch_all!(conn, Row, ROUTES_OF_VISITS, order.0)?;
    rows.into_iter()
        .map(|(visit, at_us, minutes, hours)| {
            let bad = || StoreError::inconsistent("facts", "id", &visit, "does not read");
            let of = RouteOfVisit { out_at: Micros(at_us), permit: minutes.map(Span::minutes), cut_hours: CutHours::of(hours.as_deref()) };
            Ok((visit.parse().map_err(|_| bad())?, of))
        })
        .collect()
}

/// Keeps what visits knew: (visit, other fact, relation). The first word stands: it is a property of the two changes.
///
/// # Errors
/// When the database fails.
pub async fn insert_knew(work: &mut Work, knew: &[(&FactId, &FactId, Knew)]) -> Result<(), StoreError> {
    if knew.is_empty() {
        return Ok(());
    }
    let rows: Vec<[&str; 3]> =
        knew.iter().map(|(visit, other, knew)| [visit.as_str(), other.as_str(), knew_code(*knew)]).collect();
    let rows = serde_json::json!(rows).to_string();
    execute!(work, INSERT_KNEW, &rows).map(|_| ())
}

const fn knew_code(knew: Knew) -> &'static str {
    match knew {
        Knew::Known => "known",
        Knew::Caused => "caused",
        Knew::Neither => "neither",
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use curbstop_shared::vocabulary::HoldReason;

    fn row(kind: &str, body: &str) -> FactRow {
        FactRow {
            id: FactId::from_uuid(Uuid::from_u128(1)).to_string(),
            order_id: Uuid::from_u128(7),
            kind: kind.to_owned(),
            visit: None,
            v: 1,
            at_us: 1_784_539_800_000_000,
            by_person: None,
            device: None,
            without_pin: false,
            body: body.to_owned(),
            home_doc: None,
            home_change: None,
            clock_offset_us: None,
            received_at_us: 1_784_539_800_000_000,
        }
    }

    #[test]
    fn a_hold_that_a_newer_server_stored_still_holds_after_this_one_was_put_back() {
        let stored = r#"{"kind":"hold","reason":"heat_wave","scope":"district","verified":true,"area":"north"}"#;
        let FactBody::Hold(hold) = row("hold", stored).fact().unwrap().body else { unreachable!("a hold") };
        assert_eq!((hold.reason, hold.verified, hold.expires_on), (HoldReason::Other, true, None));
        let lift = r#"{"kind":"hold_lift","hold":"00000000-0000-0000-0000-000000000001","when":"cool"}"#;
        assert!(row("hold_lift", lift).fact().is_err(), "what ends it has to be understood whole");
    }
}
