//! The register of who is off right now: since when, why, by which order, and whether somebody gives it back in time.

use super::ServiceError;
use crate::{
    moment::Moment,
    service::{found_off::is_anothers, part_paid},
    shape::Shape,
    state::AppState,
    store::{
        Conn,
        off_register::{self, GivesBack, OffOrder},
        orders::{self, LineRow},
    },
};
use curbstop_shared::{
    disposition::{Disposition, LineState, Since},
    facts::{FactBody, Release},
    ids::{FactId, LineId, OrderId},
    money::Money,
    time::{Micros, Span},
    vocabulary::ReleaseReason,
};
use serde::Serialize;
use std::collections::HashMap;
use uuid::Uuid;

/// The register.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "OffRegister")]
pub struct Register {
    /// When it was drawn up.
    pub as_of: Moment,
    /// Services that are off.
    pub total: usize,
    /// Those of them that are released: somebody is off who should not be.
    pub released: usize,
    /// Those of them whose deadline is over.
    pub late: usize,
    /// What is off: first what is released, then the longest.
    pub off: Vec<Row>,
}

/// One service that is off.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "ServiceOff")]
pub struct Row {
    /// The account.
    pub account: String,
    /// Where.
    pub address: String,
    /// Code of the product.
    pub product: String,
    /// Serial of the meter or box.
    pub meter: Option<String>,
    /// Number of the order that turned it off, or whose crew found it so.
    pub order: String,
    /// Its id.
    #[schemars(with = "Shape<OrderId>")]
    pub order_id: OrderId,
    /// Code of its kind.
    pub kind: String,
    /// Code of the reason.
    pub reason: String,
    /// Past due when the listing was run.
    pub past_due: String,
    /// The same in minor units.
    #[serde(skip)]
    pub past_due_minor: i64,
    /// The crew found it off: nobody of ours turned it off on this order.
    pub found: bool,
    /// Since when, by the tablet's clock; none where that clock is known to be wrong.
    pub off_since_at: Option<Moment>,
    /// Whole days that it is off.
    pub days_off: Option<i64>,
    /// The crew that turned it off.
    pub crew: Option<String>,
    /// Somebody paid, or it is released for another reason.
    pub released: bool,
    /// Code of that reason.
    pub released_because: Option<String>,
    /// When the money was paid, or the release recorded where that is not known.
    pub released_at: Option<Moment>,
    /// Number of the order that gives it back.
    pub reconnect: Option<String>,
    /// The crew that has that order.
    pub reconnect_crew: Option<String>,
    /// By when it has to be back on.
    pub due_at: Option<Moment>,
    /// That is over.
    pub late: bool,
    /// Where its tablet's clock is known to be wrong: when it came in. It is off since before that.
    pub off_before_at: Option<Moment>,
    /// What was paid of it, where that is not enough; empty where nothing was, or all.
    pub part_paid: String,
    /// The same in minor units.
    #[serde(skip)]
    pub part_paid_minor: i64,
}

impl Row {
    /// The columns of the file.
    pub const COLUMNS: &'static [&'static str] = &[
        "account",
        "address",
        "product",
        "meter",
        "off_since_at",
        "days_off",
        "kind",
        "reason",
        "order",
        "crew",
        "found",
        "past_due",
        "released",
        "released_because",
        "released_at",
        "reconnect",
        "reconnect_crew",
        "due_at",
        "late",
        "off_before_at",
        "part_paid",
    ];
}

/// Everything that is off: first what is released, then the longest.
///
/// # Errors
/// When the store fails or a row does not read.
pub async fn register(state: &AppState) -> Result<Register, ServiceError> {
    let mut conn = state.store.snapshot().await?;
    let known = Known::read(state, &mut conn).await?;
    let mut off = Vec::new();
    for order in off_register::orders(&mut conn).await? {
        let folded = folded(&order.number, &order.disposition)?;
        for (line, standing) in &folded.lines {
            let (visit, released, found) = match standing {
                LineState::Off { visit, released, .. } => (visit, released, false),
                LineState::FoundOff { visit, at, released, .. } => {
                    if is_of_another(&mut conn, &known, &order, line, *at).await? {
                        continue;
                    }
                    (visit, released, true)
                }
                _ => continue,
            };
            off.push(known.row(&order, line, (visit, standing.since(), found), released.as_ref()));
        }
    }
    let since = |row: &Row| row.off_since_at.or(row.off_before_at);
    off.sort_by_key(|row| (!row.released, since(row).is_none(), since(row)));
    Ok(Register {
        as_of: Moment(known.now),
        total: off.len(),
        released: off.iter().filter(|row| row.released).count(),
        late: off.iter().filter(|row| row.late).count(),
        off,
    })
}

fn folded(number: &str, disposition: &str) -> Result<Disposition, ServiceError> {
    serde_json::from_str(disposition)
        .map_err(|bad| ServiceError::Internal(format!("orders.disposition {number}: {bad}")))
}

/// What stands around the orders that are off, read once for all of them.
struct Known<'s> {
    state: &'s AppState,
    now: Micros,
    lines: HashMap<Uuid, Vec<LineRow>>,
    crews: HashMap<String, String>,
    releases: HashMap<String, (i64, String)>,
    reconnects: HashMap<Uuid, GivesBack>,
    /// By order, in minor units: what was paid where it is not enough.
    parts: HashMap<Uuid, i64>,
}

impl<'s> Known<'s> {
    async fn read(state: &'s AppState, conn: &mut Conn) -> Result<Self, ServiceError> {
        let mut lines: HashMap<Uuid, Vec<LineRow>> = HashMap::new();
        for row in off_register::lines(conn).await? {
            lines.entry(row.order_id).or_default().push(row.line);
        }
        let crews = off_register::crews(conn).await?.into_iter().collect();
        let releases = off_register::releases(conn).await?.into_iter().map(|(id, at, body)| (id, (at, body))).collect();
        let mut reconnects = HashMap::new();
        for row in off_register::reconnects(conn).await? {
            // The most urgent comes first.
            reconnects.entry(row.cause_order).or_insert(row);
        }
        let parts = part_paid::of_what_is_off(conn).await?;
        Ok(Self { state, now: state.now(), lines, crews, releases, reconnects, parts })
    }

    fn line(&self, order: Uuid, line: &LineId) -> Option<&LineRow> {
        self.lines.get(&order)?.iter().find(|row| row.line == line.0)
    }

    fn row(
        &self,
        order: &OffOrder,
        line: &LineId,
        (visit, since, found): (&FactId, Option<Since>, bool),
        released: Option<&FactId>,
    ) -> Row {
        let (at, before) = match since {
            Some(Since::At(at)) => (Some(at), None),
            Some(Since::Before(came_in)) => (None, Some(came_in)),
            None => (None, None),
        };
        let of_line = self.line(order.id, line);
        let release = released.and_then(|release| self.release(release));
        let back = released.and_then(|_| self.reconnects.get(&order.id));
        let due_at = back.and_then(|back| back.due_at_us).map(Micros);
        let part = self.parts.get(&order.id).copied().filter(|_| released.is_none()).unwrap_or_default();
        let address = order.address.as_deref().unwrap_or_default();
        Row {
            account: order.account.clone(),
            address: crate::service::accounts::address(address, order.unit.as_deref().unwrap_or_default()),
            product: of_line.map(|row| row.product.clone()).unwrap_or_default(),
            meter: of_line.and_then(|row| row.serial.clone()),
            order: order.number.clone(),
            order_id: OrderId(order.id),
            kind: order.kind.clone(),
            reason: order.reason.clone(),
            past_due_minor: order.past_due_minor,
            past_due: Money::from_minor(order.past_due_minor, self.state.config.currency).to_string(),
            found,
            off_since_at: at.map(Moment),
            off_before_at: before.map(Moment),
            part_paid_minor: part,
            part_paid: match part {
                0 => String::new(),
                part => Money::from_minor(part, self.state.config.currency).to_string(),
            },
            days_off: at.or(before).map(|since| (self.now - since).0.max(0) / Span::minutes(24 * 60).0),
            crew: self.crews.get(visit.as_str()).cloned(),
            released: released.is_some(),
            released_because: release.map(|(reason, _)| reason.code().to_owned()),
            released_at: release.map(|(_, at)| Moment(at)),
            reconnect: back.map(|back| back.number.clone()),
            reconnect_crew: back.and_then(|back| back.crew.clone()),
            due_at: due_at.map(Moment),
            late: due_at.is_some_and(|due| due < self.now),
        }
    }

    /// Why, and when it was paid or else recorded. A release of a kind that this build does not know says only when.
    fn release(&self, id: &FactId) -> Option<(ReleaseReason, Micros)> {
        let (at, body) = self.releases.get(id.as_str())?;
        match serde_json::from_str(body) {
            Ok(FactBody::Release(Release { reason, paid_at, .. })) => Some((reason, paid_at.unwrap_or(Micros(*at)))),
            _ => Some((ReleaseReason::Other, Micros(*at))),
        }
    }
}

/// What was found off may be what another order of the account turned off.
async fn is_of_another(
    conn: &mut Conn,
    known: &Known<'_>,
    order: &OffOrder,
    line: &LineId,
    at: Option<Micros>,
) -> Result<bool, ServiceError> {
    let Some(found) = known.line(order.id, line) else { return Ok(false) };
    let mut others = Vec::new();
    for other in orders::by_account(conn, &order.account).await? {
        if other.id != order.id
            && let Ok(folded) = serde_json::from_str::<Disposition>(&other.disposition)
        {
            others.push((orders::lines(conn, OrderId(other.id)).await?, folded));
        }
    }
    Ok(is_anothers(found, at, others.iter().map(|(lines, folded)| (lines.as_slice(), folded))))
}
