//! Premises, accounts and service points with their meters, as the billing system has them.

use super::{Conn, StoreError, Work, imports::in_batches};
use crate::{
    fetch_all, fetch_optional,
    import::{Register, premises::PremiseRow},
};
use curbstop_shared::vocabulary::Product;
use serde::Serialize;
use std::collections::BTreeMap;
use uuid::Uuid;

crate::statements! {
    PUT_PREMISES =
        sqlite "INSERT INTO premises (id, address, unit, city, state, zip, lat_e7, lon_e7, cycle, route, sequence, hazards, flags, import_id)
                SELECT j.value ->> 'id', j.value ->> 'address', j.value ->> 'unit', j.value ->> 'city', j.value ->> 'state', j.value ->> 'zip', j.value ->> 'lat_e7', j.value ->> 'lon_e7', j.value ->> 'cycle', j.value ->> 'route', j.value ->> 'sequence', j.value ->> 'hazards', j.value ->> 'flags', $2
                FROM json_each($1) AS j WHERE TRUE
                ON CONFLICT (id) DO UPDATE SET address = excluded.address, unit = excluded.unit, city = excluded.city, state = excluded.state, zip = excluded.zip, lat_e7 = excluded.lat_e7, lon_e7 = excluded.lon_e7, cycle = excluded.cycle, route = excluded.route, sequence = excluded.sequence, hazards = excluded.hazards, flags = excluded.flags, import_id = excluded.import_id",
        postgres "INSERT INTO premises (id, address, unit, city, state, zip, lat_e7, lon_e7, cycle, route, sequence, hazards, flags, import_id)
                SELECT j.value ->> 'id', j.value ->> 'address', j.value ->> 'unit', j.value ->> 'city', j.value ->> 'state', j.value ->> 'zip', (j.value ->> 'lat_e7')::bigint, (j.value ->> 'lon_e7')::bigint, j.value ->> 'cycle', j.value ->> 'route', j.value ->> 'sequence', j.value ->> 'hazards', j.value ->> 'flags', $2::uuid
                FROM jsonb_array_elements($1::text::jsonb) AS j(value)
                ON CONFLICT (id) DO UPDATE SET address = excluded.address, unit = excluded.unit, city = excluded.city, state = excluded.state, zip = excluded.zip, lat_e7 = excluded.lat_e7, lon_e7 = excluded.lon_e7, cycle = excluded.cycle, route = excluded.route, sequence = excluded.sequence, hazards = excluded.hazards, flags = excluded.flags, import_id = excluded.import_id";
    PUT_ACCOUNTS =
        sqlite "INSERT INTO accounts (account, system, name, class, language, phone, import_id)
                SELECT j.value ->> 'account', j.value ->> 'system', j.value ->> 'name', j.value ->> 'class', j.value ->> 'language', j.value ->> 'phone', $2
                FROM json_each($1) AS j WHERE TRUE
                ON CONFLICT (account) DO UPDATE SET system = excluded.system, name = excluded.name, class = excluded.class, language = excluded.language, phone = excluded.phone, import_id = excluded.import_id",
        postgres "INSERT INTO accounts (account, system, name, class, language, phone, import_id)
                SELECT j.value ->> 'account', j.value ->> 'system', j.value ->> 'name', j.value ->> 'class', j.value ->> 'language', j.value ->> 'phone', $2::uuid
                FROM jsonb_array_elements($1::text::jsonb) AS j(value)
                ON CONFLICT (account) DO UPDATE SET system = excluded.system, name = excluded.name, class = excluded.class, language = excluded.language, phone = excluded.phone, import_id = excluded.import_id";
    PUT_POINTS =
        sqlite "INSERT INTO service_points (point, premise, account, product, serial, size, dials, multiplier, uom, last_read, last_read_on, low_usage, high_usage, meter_location, import_id)
                SELECT j.value ->> 'point', j.value ->> 'premise', j.value ->> 'account', j.value ->> 'product', j.value ->> 'serial', j.value ->> 'size', j.value ->> 'dials', j.value ->> 'multiplier', j.value ->> 'uom', j.value ->> 'last_read', j.value ->> 'last_read_on', j.value ->> 'low_usage', j.value ->> 'high_usage', j.value ->> 'meter_location', $2
                FROM json_each($1) AS j WHERE TRUE
                ON CONFLICT (point) DO UPDATE SET premise = excluded.premise, account = excluded.account, product = excluded.product, serial = excluded.serial, size = excluded.size, dials = excluded.dials, multiplier = excluded.multiplier, uom = excluded.uom, last_read = excluded.last_read, last_read_on = excluded.last_read_on, low_usage = excluded.low_usage, high_usage = excluded.high_usage, meter_location = excluded.meter_location, import_id = excluded.import_id",
        postgres "INSERT INTO service_points (point, premise, account, product, serial, size, dials, multiplier, uom, last_read, last_read_on, low_usage, high_usage, meter_location, import_id)
                SELECT j.value ->> 'point', j.value ->> 'premise', j.value ->> 'account', j.value ->> 'product', j.value ->> 'serial', j.value ->> 'size', (j.value ->> 'dials')::bigint, (j.value ->> 'multiplier')::bigint, j.value ->> 'uom', j.value ->> 'last_read', j.value ->> 'last_read_on', (j.value ->> 'low_usage')::bigint, (j.value ->> 'high_usage')::bigint, j.value ->> 'meter_location', $2::uuid
                FROM jsonb_array_elements($1::text::jsonb) AS j(value)
                ON CONFLICT (point) DO UPDATE SET premise = excluded.premise, account = excluded.account, product = excluded.product, serial = excluded.serial, size = excluded.size, dials = excluded.dials, multiplier = excluded.multiplier, uom = excluded.uom, last_read = excluded.last_read, last_read_on = excluded.last_read_on, low_usage = excluded.low_usage, high_usage = excluded.high_usage, meter_location = excluded.meter_location, import_id = excluded.import_id";
    ALL_POINTS = "SELECT s.account, s.premise, s.serial, s.product, p.flags FROM service_points s JOIN premises p ON p.id = s.premise";
    ACCOUNT = "SELECT account, system, name, class, language, phone FROM accounts WHERE account = $1";
    PREMISE = "SELECT id, address, unit, city, state, zip, lat_e7, lon_e7, cycle, route, sequence, hazards, flags FROM premises WHERE id = $1";
    POINTS_OF_ACCOUNT = "SELECT point, premise, account, product, serial, size, dials, multiplier, uom, last_read, last_read_on, low_usage, high_usage, meter_location FROM service_points WHERE account = $1 ORDER BY premise, product, point";
}

/// An address with what crews must know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Premise {
    /// The billing system's id.
    pub id: String,
    /// Street and number.
    pub address: String,
    /// Apartment, lot.
    pub unit: String,
    /// City.
    pub city: String,
    /// State.
    pub state: String,
    /// Postal code.
    pub zip: String,
    /// Latitude in 1e-7 degrees.
    pub lat_e7: Option<i64>,
    /// Longitude in 1e-7 degrees.
    pub lon_e7: Option<i64>,
    /// Billing cycle.
    pub cycle: String,
    /// Meter reading route.
    pub route: String,
    /// Place on that route.
    pub sequence: String,
    /// Dangers, with `;` between them.
    pub hazards: String,
    /// `sensitive`, `landlord_account`, `master_meter`, `keybox`, ..., with `;` between them.
    pub flags: String,
}

/// A billing account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Account {
    /// Its number, leading zeros kept.
    pub account: String,
    /// Which of the utility's systems bills it.
    pub system: String,
    /// Its name.
    pub name: String,
    /// Residential, commercial, ...
    pub class: String,
    /// The customer's language.
    pub language: String,
    /// The customer's telephone.
    pub phone: String,
}

/// One product at a premise, with its meter where it has one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct ServicePoint {
    /// Its key: the meter's serial, or premise, account and product.
    pub point: String,
    /// Where it is.
    pub premise: String,
    /// Who pays.
    pub account: String,
    /// Code of the product.
    pub product: String,
    /// The meter's serial.
    pub serial: Option<String>,
    /// The meter's size.
    pub size: String,
    /// Digits of its register.
    pub dials: Option<i64>,
    /// What a reading is multiplied by.
    pub multiplier: Option<i64>,
    /// The unit of a reading.
    pub uom: String,
    /// The digits of the last reading.
    pub last_read: Option<String>,
    /// Its day.
    pub last_read_on: Option<String>,
    /// Usage below this is unusual.
    pub low_usage: Option<i64>,
    /// Usage above this is unusual.
    pub high_usage: Option<i64>,
    /// Where at the premise the meter is.
    pub meter_location: String,
}

/// What stands between several codes in one column.
pub const SEPARATOR: char = ';';

/// Whether the billing system has this account.
///
/// # Errors
/// As the database says.
pub async fn account_exists(conn: &mut Conn, account: &str) -> Result<bool, StoreError> {
    Ok(self::account(conn, account).await?.is_some())
}

/// One account.
///
/// # Errors
/// As the database says.
pub async fn account(conn: &mut Conn, account: &str) -> Result<Option<Account>, StoreError> {
    fetch_optional!(conn, Account, ACCOUNT, account)
}

/// One premise.
///
/// # Errors
/// As the database says.
pub async fn premise(conn: &mut Conn, id: &str) -> Result<Option<Premise>, StoreError> {
    fetch_optional!(conn, Premise, PREMISE, id)
}

/// Everything that an account pays for.
///
/// # Errors
/// As the database says.
pub async fn points_of_account(conn: &mut Conn, account: &str) -> Result<Vec<ServicePoint>, StoreError> {
    fetch_all!(conn, ServicePoint, POINTS_OF_ACCOUNT, account)
}

/// Adds every account and meter to what files are read against.
///
/// # Errors
/// As the database says, and for a product that is none.
pub async fn fill(conn: &mut Conn, register: &mut Register) -> Result<(), StoreError> {
    type Point = (String, String, Option<String>, String, String);
    for (account, premise, serial, product, flags) in fetch_all!(conn, Point, ALL_POINTS)? {
        let sensitive = flags.split(SEPARATOR).any(|flag| flag == crate::import::premises::SENSITIVE);
        register.add_account(&account, &premise, sensitive);
        if let Some(serial) = serial {
            let product: Product =
                product.parse().map_err(|e| StoreError::inconsistent("service_points", "product", &serial, e))?;
            register.add_meter(&serial, &account, &premise, product);
        }
    }
    Ok(())
}

/// Adds or changes what a premises file says. What it doesn't name stays as it is.
///
/// # Errors
/// As the database says.
pub async fn put(work: &mut Work, import: Uuid, rows: &[PremiseRow]) -> Result<(), StoreError> {
    let mut premises: BTreeMap<&str, PutPremise<'_>> = BTreeMap::new();
    let mut accounts: BTreeMap<&str, PutAccount<'_>> = BTreeMap::new();
    for row in rows {
        premises.entry(&row.premise).or_insert_with(|| PutPremise::new(row)).and_also(row);
        accounts.entry(&row.account).or_insert(PutAccount {
            account: &row.account,
            system: &row.system,
            name: &row.name,
            class: &row.class,
            language: &row.language,
            phone: &row.phone,
        });
    }
    let premises: Vec<PutPremise<'_>> = premises.into_values().collect();
    in_batches(work, PUT_PREMISES, &premises, import).await?;
    let accounts: Vec<PutAccount<'_>> = accounts.into_values().collect();
    in_batches(work, PUT_ACCOUNTS, &accounts, import).await?;
    let points: Vec<PutPoint<'_>> = rows.iter().map(PutPoint::new).collect();
    in_batches(work, PUT_POINTS, &points, import).await
}

#[derive(Serialize)]
struct PutPremise<'r> {
    id: &'r str,
    address: &'r str,
    unit: &'r str,
    city: &'r str,
    state: &'r str,
    zip: &'r str,
    lat_e7: Option<i64>,
    lon_e7: Option<i64>,
    cycle: &'r str,
    route: &'r str,
    sequence: &'r str,
    hazards: String,
    flags: String,
}

impl<'r> PutPremise<'r> {
    fn new(row: &'r PremiseRow) -> Self {
        Self {
            id: &row.premise,
            address: &row.place.address,
            unit: &row.place.unit,
            city: &row.place.city,
            state: &row.place.state,
            zip: &row.place.zip,
            lat_e7: None,
            lon_e7: None,
            cycle: &row.place.cycle,
            route: &row.place.route,
            sequence: &row.place.sequence,
            hazards: String::new(),
            flags: String::new(),
        }
    }

    /// A premise has the place, the hazards and the flags that any of its rows gives.
    fn and_also(&mut self, row: &PremiseRow) {
        if self.lat_e7.is_none()
            && let Some((lat, lon)) = row.place.location_e7
        {
            (self.lat_e7, self.lon_e7) = (Some(lat), Some(lon));
        }
        for (has, gains) in [(&mut self.hazards, &row.hazards), (&mut self.flags, &row.flags)] {
            for code in gains {
                if !has.split(SEPARATOR).any(|one| one == code) {
                    if !has.is_empty() {
                        has.push(SEPARATOR);
                    }
                    has.push_str(code);
                }
            }
        }
    }
}

#[derive(Serialize)]
struct PutAccount<'r> {
    account: &'r str,
    system: &'r str,
    name: &'r str,
    class: &'r str,
    language: &'r str,
    phone: &'r str,
}

#[derive(Serialize)]
struct PutPoint<'r> {
    point: String,
    premise: &'r str,
    account: &'r str,
    product: &'static str,
    serial: Option<&'r str>,
    size: &'r str,
    dials: Option<i64>,
    multiplier: Option<i64>,
    uom: &'r str,
    last_read: Option<&'r str>,
    last_read_on: Option<String>,
    low_usage: Option<i64>,
    high_usage: Option<i64>,
    meter_location: &'r str,
}

impl<'r> PutPoint<'r> {
    fn new(row: &'r PremiseRow) -> Self {
        let meter = row.meter.as_ref();
        Self {
            point: meter.map_or_else(
                || format!("{} {} {}", row.premise, row.account, row.product),
                |meter| meter.serial.clone(),
            ),
            premise: &row.premise,
            account: &row.account,
            product: row.product.code(),
            serial: meter.map(|meter| meter.serial.as_str()),
            size: meter.map_or("", |meter| &meter.size),
            dials: meter.and_then(|meter| meter.dials),
            multiplier: meter.and_then(|meter| meter.multiplier),
            uom: meter.map_or("", |meter| &meter.uom),
            last_read: meter.and_then(|meter| meter.last_read.as_deref()),
            last_read_on: meter.and_then(|meter| meter.last_read_on).map(|day| day.to_string()),
            low_usage: meter.and_then(|meter| meter.low_usage),
            high_usage: meter.and_then(|meter| meter.high_usage),
            meter_location: meter.map_or("", |meter| &meter.location),
        }
    }
}
