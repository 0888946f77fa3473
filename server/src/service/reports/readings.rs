//! Readings that somebody should look at again: warned about, not taken, or of another meter than the order's.

use super::{ROWS_MAX, ServiceError, cut};
use crate::{
    moment::Moment,
    service::{accounts::address, days::Days, recording, utility},
    state::AppState,
    store::{Conn, orders, reports, reports::CheckedReading},
};
use chrono::NaiveDate;
use curbstop_shared::{
    at_the_door::same_serial,
    disposition::as_corrected,
    facts::{FactBody, Reading},
    ids::{FactId, OrderId},
    readings::ReadingWarning,
    time::Micros,
};
use serde::Serialize;

/// The report.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "ReadingsReport")]
pub struct Readings {
    /// The first day.
    pub from: NaiveDate,
    /// The last day, included.
    pub to: NaiveDate,
    /// What came in on these days, oldest first.
    pub readings: Vec<Row>,
    /// There are more than a report holds: take fewer days.
    pub more: bool,
}

/// One reading.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "ReadingToCheck")]
pub struct Row {
    /// The fact's id.
    pub id: String,
    /// The order's number.
    pub order: String,
    /// The account.
    pub account: String,
    /// Where.
    pub address: String,
    /// Code of the product.
    pub product: Option<String>,
    /// Serial on the order.
    pub meter: Option<String>,
    /// Serial that the crew saw.
    pub serial_seen: String,
    /// Digits as on the dials.
    pub reading: Option<String>,
    /// Why there are none, or that they are estimated.
    pub reading_code: Option<String>,
    /// Codes of the warnings that were shown; `serial_mismatch` also where the tablet could not know.
    pub checks: Vec<String>,
    /// The crew confirmed it in spite of them.
    pub confirmed: bool,
    /// Digits of the last reading on file.
    pub last_read: Option<String>,
    /// Its day.
    pub last_read_on: Option<String>,
    /// The crew.
    pub crew: Option<String>,
    /// When, by the tablet's clock.
    pub read_at: Moment,
    /// When it came in.
    pub received_at: Moment,
    /// `open` or `resolved`, where it stands on the worklist.
    pub looked_at: Option<String>,
}

impl Row {
    /// The columns of the file.
    pub const COLUMNS: &'static [&'static str] = &[
        "id",
        "order",
        "account",
        "address",
        "product",
        "meter",
        "serial_seen",
        "reading",
        "reading_code",
        "checks",
        "confirmed",
        "last_read",
        "last_read_on",
        "crew",
        "read_at",
        "received_at",
        "looked_at",
    ];

    /// The crew saw another serial than the order's.
    #[must_use]
    pub fn is_other_meter(&self) -> bool {
        self.checks.iter().any(|check| check == ReadingWarning::SerialMismatch.code())
    }

    /// Somebody closed what was raised about it.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.looked_at.as_deref() == Some("resolved")
    }
}

/// The report of some days. A reading counts as its corrections leave it.
///
/// # Errors
/// When the store fails or a row does not read.
pub async fn of(state: &AppState, days: Days) -> Result<Readings, ServiceError> {
    let mut conn = state.store.snapshot().await?;
    let mut rows = reports::readings(&mut conn, days.moments(state.config.time_zone), ROWS_MAX + 1).await?;
    let more = cut(&mut rows);
    let mut readings = Vec::new();
    for row in rows {
        let said = match row.corrected {
            true => corrected(state, &mut conn, &row).await?,
            false => serde_json::from_str(&row.body).ok(),
        };
        if let Some(FactBody::Reading(said)) = said {
            readings.extend(to_check(row, said));
        }
    }
    Ok(Readings { from: days.from, to: days.to, readings, more })
}

async fn corrected(state: &AppState, conn: &mut Conn, row: &CheckedReading) -> Result<Option<FactBody>, ServiceError> {
    let Some(order) = orders::by_id(conn, OrderId(row.order_id)).await? else { return Ok(None) };
    let today = utility::folding(state, state.now()).today;
    let counts = as_corrected(&recording::history(conn, &order, today).await?);
    Ok(row.id.parse::<FactId>().ok().and_then(|id| counts.get(&id).cloned()))
}

/// The row, where there is something to check.
fn to_check(row: CheckedReading, said: Reading) -> Option<Row> {
    let shown = said.checks.iter().flat_map(|checks| checks.split(',')).filter(|check| !check.is_empty());
    let mut checks: Vec<String> = shown.map(str::to_owned).collect();
    let seen = &said.serial_seen;
    let is_other = |serial: &str| !seen.is_empty() && !same_serial(serial, seen);
    let mismatch = ReadingWarning::SerialMismatch.code();
    if row.serial.as_deref().is_some_and(is_other) && !checks.iter().any(|check| check == mismatch) {
        checks.push(mismatch.to_owned());
    }
    if checks.is_empty() && said.code.is_none() {
        return None;
    }
    Some(Row {
        address: address(row.address.as_deref().unwrap_or_default(), row.unit.as_deref().unwrap_or_default()),
        id: row.id,
        order: row.number,
        account: row.account,
        product: row.product,
        meter: row.serial,
        serial_seen: said.serial_seen,
        reading: said.digits,
        reading_code: said.code,
        checks,
        confirmed: said.confirmed == Some(true),
        last_read: row.last_read,
        last_read_on: row.last_read_on,
        crew: row.crew,
        read_at: Moment(Micros(row.at_us)),
        received_at: Moment(Micros(row.received_at_us)),
        looked_at: row.looked_at,
    })
}
