//! Accounts as the office looks them up: found by number, name, address or meter, with what the billing system said
//! of them.

use super::{Conn, StoreError};
use crate::{fetch_all, fetch_optional};
use uuid::Uuid;

crate::statements! {
    /// A pair of patterns for each word, the second for serials and telephones without their punctuation.
    BY_ACCOUNT = "SELECT account, name, phone, class, language FROM accounts WHERE account = $1";
    PREMISES =
        sqlite "SELECT DISTINCT p.id, p.address, p.unit, p.city, p.state, p.zip, p.hazards || COALESCE((SELECT group_concat(';' || h.code, '') FROM premise_hazards h WHERE h.premise = p.id), '') AS hazards, p.flags FROM premises p JOIN service_points s ON s.premise = p.id WHERE s.account = $1 ORDER BY p.id",
        postgres "SELECT DISTINCT p.id, p.address, p.unit, p.city, p.state, p.zip, p.hazards || COALESCE((SELECT string_agg(';' || h.code, '' ORDER BY h.code) FROM premise_hazards h WHERE h.premise = p.id), '') AS hazards, p.flags FROM premises p JOIN service_points s ON s.premise = p.id WHERE s.account = $1 ORDER BY p.id";
    POINTS = "SELECT product, premise, serial, size, meter_location, last_read, last_read_on FROM service_points WHERE account = $1 ORDER BY premise, product, serial";
    HOLDS = "SELECT account, source, hold, kind, start_on, good_through, lifted_on, agency, entered_by, comment FROM holds WHERE account = $1 ORDER BY start_on DESC, hold";
    PAYMENTS = "SELECT id, source, confirmation, amount_minor, tender, paid_at_us, recorded_at_us, recorded_by, takes_back, taken_back_because FROM payments WHERE account = $1 ORDER BY recorded_at_us DESC, id LIMIT $2";
    ADDRESSES_OF_DAY = "SELECT DISTINCT p.id, p.address, p.unit FROM premises p JOIN orders o ON o.premise = p.id JOIN route_orders s ON s.order_id = o.id JOIN routes r ON r.id = s.route WHERE r.date = $1";
    CREWS_OF_VISITS = "SELECT f.id, c.name FROM facts f JOIN routes r ON r.id = f.home_doc JOIN crews c ON c.id = r.crew JOIN orders o ON o.id = f.order_id WHERE f.kind = 'visit' AND o.account = $1";
}

/// An account that was found.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct FoundRow {
    /// The account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// The customer's telephone.
    pub phone: String,
    /// The premise.
    pub premise: String,
    /// Street and number.
    pub address: String,
    /// Apartment, lot.
    pub unit: String,
    /// City.
    pub city: String,
    /// Its meters there, with commas between them.
    pub serials: Option<String>,
}

/// An account.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct AccountRow {
    /// The account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// The customer's telephone.
    pub phone: String,
    /// Residential, commercial, ...
    pub class: String,
    /// The customer's language.
    pub language: String,
}

/// A premise where an account has a service.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct PlaceRow {
    /// The premise.
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
    /// Codes with `;` between them.
    pub hazards: String,
    /// Codes with `;` between them.
    pub flags: String,
}

/// One service of an account.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct PointRow {
    /// Code of the product.
    pub product: String,
    /// Where it is delivered.
    pub premise: String,
    /// The meter.
    pub serial: Option<String>,
    /// Its size.
    pub size: String,
    /// Where it is.
    pub meter_location: String,
    /// Digits of the last reading that the billing system had.
    pub last_read: Option<String>,
    /// Its day.
    pub last_read_on: Option<String>,
}

/// A hold that the billing system or the office has for an account.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct HoldRow {
    /// The account.
    pub account: String,
    /// The billing system, or `office`.
    pub source: String,
    /// Its number.
    pub hold: String,
    /// Code of its reason.
    pub kind: String,
    /// First day.
    pub start_on: String,
    /// Last day, that day included.
    pub good_through: Option<String>,
    /// First day on which it doesn't count.
    pub lifted_on: Option<String>,
    /// Who pledged.
    pub agency: String,
    /// Who set it, as the audit trail names people.
    pub entered_by: String,
    /// In somebody's words.
    pub comment: String,
}

impl HoldRow {
    /// Whether it holds on a day, as `2026-11-24`.
    #[must_use]
    pub fn is_in_force(&self, day: &str) -> bool {
        // Days as texts of one shape compare as days.
        self.start_on.as_str() <= day
            && self.good_through.as_deref().is_none_or(|last| last >= day)
            && self.lifted_on.as_deref().is_none_or(|lifted| lifted > day)
    }
}

/// Money of an account.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct PaidRow {
    /// Its id.
    pub id: Uuid,
    /// The billing system, or `office`.
    pub source: String,
    /// The receipt's number.
    pub confirmation: String,
    /// Negative for what was taken back.
    pub amount_minor: i64,
    /// Cash, check, card.
    pub tender: String,
    /// When it was paid.
    pub paid_at_us: i64,
    /// When it was recorded here.
    pub recorded_at_us: i64,
    /// By whom.
    pub recorded_by: Option<Uuid>,
    /// The receipt of the payment that it takes back; empty where that has none.
    pub takes_back: Option<String>,
    /// Code of the reason for it.
    pub taken_back_because: Option<String>,
}

/// One account.
///
/// # Errors
/// When the database fails.
pub async fn by_account(conn: &mut Conn, account: &str) -> Result<Option<AccountRow>, StoreError> {
    fetch_optional!(conn, AccountRow, BY_ACCOUNT, account)
}

/// The premises where an account has a service.
///
/// # Errors
/// When the database fails.
pub async fn premises(conn: &mut Conn, account: &str) -> Result<Vec<PlaceRow>, StoreError> {
    fetch_all!(conn, PlaceRow, PREMISES, account)
}

/// The services of an account.
///
/// # Errors
/// When the database fails.
pub async fn points(conn: &mut Conn, account: &str) -> Result<Vec<PointRow>, StoreError> {
    fetch_all!(conn, PointRow, POINTS, account)
}

/// The holds of an account, newest first, ended ones too.
///
/// # Errors
/// When the database fails.
pub async fn holds(conn: &mut Conn, account: &str) -> Result<Vec<HoldRow>, StoreError> {
    fetch_all!(conn, HoldRow, HOLDS, account)
}

/// The payments of an account, newest first.
///
/// # Errors
/// When the database fails.
pub async fn payments(conn: &mut Conn, account: &str, limit: i64) -> Result<Vec<PaidRow>, StoreError> {
    fetch_all!(conn, PaidRow, PAYMENTS, account, limit)
}

/// Premise, address and unit of every order on a day's routes.
///
/// # Errors
/// When the database fails.
pub async fn addresses_of_day(conn: &mut Conn, date: &str) -> Result<Vec<(String, String, String)>, StoreError> {
    fetch_all!(conn, (String, String, String), ADDRESSES_OF_DAY, date)
}

/// Which crew made which visit to an account's orders: fact id and crew's name.
///
/// # Errors
/// When the database fails.
pub async fn crews_of_visits(conn: &mut Conn, account: &str) -> Result<Vec<(String, String)>, StoreError> {
    fetch_all!(conn, (String, String), CREWS_OF_VISITS, account)
}
