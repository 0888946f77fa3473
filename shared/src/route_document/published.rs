//! What the server publishes: the route's header, its orders and their lines. A reader's copy holds only what that
//! reader may see.

use super::{DocumentError, child, scalars};
use crate::{
    ids::{CrewId, LineId, OrderId, PersonId, RouteId},
    time::Micros,
    vocabulary::{Method, OrderKind, Product, Reason},
};
use automerge::{Automerge, ObjId, ObjType, ReadDoc, transaction::Transactable};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Whose route it is, for which day, and what holds for all its stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteHeader {
    /// The route; also the document's id.
    pub id: RouteId,
    /// The crew.
    pub crew: CrewId,
    /// The crew's name.
    pub crew_name: String,
    /// The day.
    pub date: NaiveDate,
    /// Counts re-publications under a new document, from 1.
    pub generation: i64,
    /// When it was published, by the server's clock.
    pub published_at: Micros,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_by: Option<PersonId>,
    /// Minutes for which a cut may begin on data of that age.
    pub permit_minutes: i64,
    /// The utility's IANA time zone, in which times are shown.
    pub time_zone: String,
    /// Whom to call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatch_phone: Option<String>,
    /// By what the office's go-codes are made, as [`crate::go_code::GoKey::written`] says it; absent in routes published
    /// before there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub go_key: Option<String>,
}

/// One order as it was published. Amounts are there only where the reader may see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedOrder {
    /// The order.
    #[serde(skip)]
    pub id: OrderId,
    /// Its number as people say it: "T-2291".
    pub number: String,
    /// What is to be done.
    pub kind: OrderKind,
    /// Why.
    pub reason: Reason,
    /// Place in the route; lower first.
    pub rank: i64,
    /// 1 is most urgent.
    pub priority: i64,
    /// The premise.
    pub premise: String,
    /// Street address.
    pub address: String,
    /// Unit or apartment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Latitude in 1e-7 degrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lat_e7: Option<i64>,
    /// Longitude in 1e-7 degrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lon_e7: Option<i64>,
    /// Hazards at the premise, with `;` between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hazards: Option<String>,
    /// The customer's language ("EN", "ES").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Account number, where the reader may see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Account's name, where the reader may see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Past due in minor units, where the policy shows amounts to this reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past_due_minor: Option<i64>,
    /// A note of the office's for the crew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Latest moment by which it has to be done, where the law or a promise says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Micros>,
    /// What its crew is to bring back, as [`crate::evidence::written`] says it; absent in orders published before it was
    /// said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks_for: Option<String>,
    /// When a cut may begin by the utility's rules, as [`crate::cut_hours::CutHours::written`] says it; absent where no rule
    /// says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_hours: Option<String>,
    /// Service points or pieces of equipment.
    #[serde(skip)]
    pub lines: Vec<PublishedLine>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedLine {
    /// The line within its order.
    #[serde(skip)]
    pub id: LineId,
    /// What flows there.
    pub product: Product,
    /// Serial of the meter that belongs there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Digits on its dials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dials: Option<i64>,
    /// Meter units for one step of the dials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiplier: Option<i64>,
    /// Unit of measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Last reading as digits, leading zeros kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// Day of the last reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_on: Option<NaiveDate>,
    /// Least usage expected, in meter units after the multiplier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<i64>,
    /// Greatest usage expected, in meter units after the multiplier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<i64>,
    /// Where the meter is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Size or form of the meter; of a box what it is: "Gateway TG-2472, MAC F9:0B:38:52:15:B2".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// How it may be worked, as [`crate::at_the_door::offered`] says it; absent in orders published before it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub methods: Option<String>,
    /// Where this order turns it on: how it was turned off, for a crew that was not there.
    #[serde(skip)]
    pub closed: Option<Closed>,
}

/// How a line was turned off that is off still: what hangs there, and what the dials said. Nothing of the customer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// Device clock of the visit that turned it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Micros>,
    /// How.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// Number of the lock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
    /// Number of the seal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
    /// Digits as on the dials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digits: Option<String>,
    /// What the crew wrote down for whoever comes next, as which taps stood open; of the utility's own crews only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl PublishedLine {
    /// Whether there is a meter to check and read.
    #[must_use]
    pub const fn has_meter(&self) -> bool {
        self.dials.is_some()
            && matches!(self.product, Product::Water | Product::Irrigation | Product::Electric | Product::Gas)
    }

    /// The line is to be turned on again: what counts is what was read when it was turned off, and any rise since then is
    /// use. Where nobody read it then, there is nothing to compare with: what billing read before that says nothing of
    /// the time without service.
    pub fn was_read_when_turned_off(&mut self, digits: Option<String>) {
        (self.last, self.last_on, self.low, self.high) = (digits, None, None, None);
    }
}

impl Default for LineId {
    fn default() -> Self {
        Self("1".to_owned())
    }
}

impl Default for OrderId {
    fn default() -> Self {
        Self(uuid::Uuid::nil())
    }
}

/// Where a line says how it was turned off.
const CLOSED: &str = "closed";

pub(super) fn put_order(
    tx: &mut automerge::transaction::Transaction<'_>,
    orders: &ObjId,
    order: &PublishedOrder,
) -> Result<(), DocumentError> {
    let map = tx.put_object(orders, order.id.to_string(), ObjType::Map)?;
    scalars::put_struct(tx, &map, order, "order")?;
    let lines = tx.put_object(&map, "lines", ObjType::Map)?;
    for line in &order.lines {
        let map = tx.put_object(&lines, line.id.0.as_str(), ObjType::Map)?;
        scalars::put_struct(tx, &map, line, "line")?;
        if let Some(closed) = &line.closed {
            let map = tx.put_object(&map, CLOSED, ObjType::Map)?;
            scalars::put_struct(tx, &map, closed, CLOSED)?;
        }
    }
    Ok(())
}

pub(super) fn read_order(doc: &Automerge, map: &ObjId, id: &str) -> Result<PublishedOrder, DocumentError> {
    let mut order: PublishedOrder = scalars::read_struct(doc, map, id)?;
    order.id =
        id.parse().map_err(|bad: crate::ids::BadId| DocumentError::Unreadable(id.to_owned(), bad.to_string()))?;
    if let Some(lines) = child(doc, map, "lines") {
        for line_id in doc.keys(&lines) {
            let Some(line_map) = child(doc, &lines, &line_id) else { continue };
            let mut line: PublishedLine = scalars::read_struct(doc, &line_map, &line_id)?;
            let closed = child(doc, &line_map, CLOSED);
            line.closed = closed.map(|map| scalars::read_struct(doc, &map, CLOSED)).transpose()?;
            line.id = LineId(line_id);
            order.lines.push(line);
        }
    }
    Ok(order)
}
