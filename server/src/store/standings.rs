//! What is known about many premises and accounts at once: a plan asks for hundreds.

use super::{Conn, StoreError, payments::MovedRow};
use crate::{fetch_all, planning::counted::Moved};
use curbstop_shared::time::Micros;
use std::collections::BTreeSet;
use uuid::Uuid;

crate::statements! {
    PREMISES =
        sqlite "SELECT p.id, p.address, p.unit, p.city, p.zip, p.cycle, p.route, p.lat_e7, p.lon_e7, p.hazards || COALESCE((SELECT group_concat(';' || h.code, '') FROM premise_hazards h WHERE h.premise = p.id), '') AS hazards, p.flags FROM premises p JOIN json_each($1) AS j ON p.id = j.value",
        postgres "SELECT p.id, p.address, p.unit, p.city, p.zip, p.cycle, p.route, p.lat_e7, p.lon_e7, p.hazards || COALESCE((SELECT string_agg(';' || h.code, '' ORDER BY h.code) FROM premise_hazards h WHERE h.premise = p.id), '') AS hazards, p.flags FROM premises p JOIN jsonb_array_elements_text($1::text::jsonb) AS j(value) ON p.id = j.value";
    METERS =
        sqlite "SELECT s.serial, s.size, s.dials, s.multiplier, s.uom, s.last_read, s.last_read_on, s.low_usage, s.high_usage, s.meter_location FROM service_points s JOIN json_each($1) AS j ON s.premise = j.value WHERE s.serial IS NOT NULL",
        postgres "SELECT s.serial, s.size, s.dials, s.multiplier, s.uom, s.last_read, s.last_read_on, s.low_usage, s.high_usage, s.meter_location FROM service_points s JOIN jsonb_array_elements_text($1::text::jsonb) AS j(value) ON s.premise = j.value WHERE s.serial IS NOT NULL";
    CUSTOMERS =
        sqlite "SELECT a.account, a.name, a.language, a.class FROM accounts a JOIN json_each($1) AS j ON a.account = j.value",
        postgres "SELECT a.account, a.name, a.language, a.class FROM accounts a JOIN jsonb_array_elements_text($1::text::jsonb) AS j(value) ON a.account = j.value";
    HOLDS =
        sqlite "SELECT DISTINCT s.premise, h.account, h.kind, h.start_on, h.good_through, h.lifted_on FROM holds h JOIN service_points s ON s.account = h.account JOIN json_each($1) AS j ON s.premise = j.value ORDER BY h.account, h.kind, h.start_on",
        postgres "SELECT DISTINCT s.premise, h.account, h.kind, h.start_on, h.good_through, h.lifted_on FROM holds h JOIN service_points s ON s.account = h.account JOIN jsonb_array_elements_text($1::text::jsonb) AS j(value) ON s.premise = j.value ORDER BY h.account, h.kind, h.start_on";
    NOTICES =
        sqlite "SELECT r.listing, r.account, MAX(r.notice_date) FROM listing_rows r JOIN json_each($1) AS j ON r.account = j.value GROUP BY r.listing, r.account",
        postgres "SELECT r.listing, r.account, MAX(r.notice_date) FROM listing_rows r JOIN jsonb_array_elements_text($1::text::jsonb) AS j(value) ON r.account = j.value GROUP BY r.listing, r.account";
    PAYMENTS =
        sqlite "SELECT p.id, p.source, p.account, p.confirmation, p.amount_minor, p.paid_at_us, p.recorded_at_us, p.takes_back, p.taken_back_because, p.reference, p.import_id FROM payments p JOIN json_each($1) AS j ON p.account = j.value WHERE p.paid_at_us >= $2 OR p.takes_back IS NOT NULL",
        postgres "SELECT p.id, p.source, p.account, p.confirmation, p.amount_minor, p.paid_at_us, p.recorded_at_us, p.takes_back, p.taken_back_because, p.reference, p.import_id FROM payments p JOIN jsonb_array_elements_text($1::text::jsonb) AS j(value) ON p.account = j.value WHERE p.paid_at_us >= $2 OR p.takes_back IS NOT NULL";
}

/// A premise.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct PremiseRow {
    /// Its id.
    pub id: String,
    /// Street address.
    pub address: String,
    /// Unit; empty where there is none.
    pub unit: String,
    /// City; empty where unknown.
    pub city: String,
    /// Postal code; empty where unknown.
    pub zip: String,
    /// Billing cycle; empty where unknown.
    pub cycle: String,
    /// Reading route; empty where unknown.
    pub route: String,
    /// Latitude in 1e-7 degrees.
    pub lat_e7: Option<i64>,
    /// Longitude in 1e-7 degrees.
    pub lon_e7: Option<i64>,
    /// Codes with `;` between them: the file's, then those that crews met.
    pub hazards: String,
    /// Codes with `;` between them.
    pub flags: String,
}

/// A meter.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct MeterRow {
    /// Its serial.
    pub serial: String,
    /// Its size; empty where unknown.
    pub size: String,
    /// Digits.
    pub dials: Option<i64>,
    /// What a reading is multiplied by.
    pub multiplier: Option<i64>,
    /// Unit; empty where unknown.
    pub uom: String,
    /// Digits of the last reading.
    pub last_read: Option<String>,
    /// Its day.
    pub last_read_on: Option<String>,
    /// Least usage expected.
    pub low_usage: Option<i64>,
    /// Greatest usage expected.
    pub high_usage: Option<i64>,
    /// Where it is; empty where unknown.
    pub meter_location: String,
}

/// A customer.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct CustomerRow {
    /// The account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// The language; empty where unknown.
    pub language: String,
    /// The class, as the billing system calls it; empty where unknown.
    pub class: String,
}

/// A hold of an account that has a service at the premise.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct HoldRow {
    /// The premise.
    pub premise: String,
    /// Whose hold it is.
    pub account: String,
    /// Code of the reason.
    pub kind: String,
    /// First day.
    pub start_on: String,
    /// Last day.
    pub good_through: Option<String>,
    /// First day on which it no longer counts.
    pub lifted_on: Option<String>,
}

fn list(names: &BTreeSet<&str>) -> String {
    serde_json::Value::from_iter(names.iter().copied()).to_string()
}

/// The premises with these ids, as far as they are known.
///
/// # Errors
/// As the database says.
pub async fn premises(conn: &mut Conn, ids: &BTreeSet<&str>) -> Result<Vec<PremiseRow>, StoreError> {
    fetch_all!(conn, PremiseRow, PREMISES, list(ids))
}

/// All meters at these premises.
///
/// # Errors
/// As the database says.
pub async fn meters(conn: &mut Conn, premises: &BTreeSet<&str>) -> Result<Vec<MeterRow>, StoreError> {
    fetch_all!(conn, MeterRow, METERS, list(premises))
}

/// The customers of these accounts.
///
/// # Errors
/// As the database says.
pub async fn customers(conn: &mut Conn, accounts: &BTreeSet<&str>) -> Result<Vec<CustomerRow>, StoreError> {
    fetch_all!(conn, CustomerRow, CUSTOMERS, list(accounts))
}

/// All holds on file of whoever has a service at these premises, past and to come.
///
/// # Errors
/// As the database says.
pub async fn holds(conn: &mut Conn, premises: &BTreeSet<&str>) -> Result<Vec<HoldRow>, StoreError> {
    fetch_all!(conn, HoldRow, HOLDS, list(premises))
}

/// The youngest notice that each listing names for each of these accounts.
///
/// # Errors
/// As the database says.
pub async fn notices(conn: &mut Conn, accounts: &BTreeSet<&str>) -> Result<Vec<(Uuid, String, String)>, StoreError> {
    fetch_all!(conn, (Uuid, String, String), NOTICES, list(accounts))
}

/// The money of these accounts since a moment, and all that takes money back: when that was does not matter.
///
/// # Errors
/// As the database says.
pub async fn payments(
    conn: &mut Conn,
    accounts: &BTreeSet<&str>,
    since: Micros,
) -> Result<Vec<Moved>, StoreError> {
    let rows: Vec<MovedRow> = fetch_all!(conn, MovedRow, PAYMENTS, list(accounts), since.0)?;
    Ok(rows.into_iter().map(Moved::from).collect())
}
