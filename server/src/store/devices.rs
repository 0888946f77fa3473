//! Enrolled tablets and phones, and the one-time codes by which they enrol.

use super::{Conn, StoreError, Work};
use curbstop_shared::{
    ids::{CrewId, DeviceId, PersonId},
    time::Micros,
};
use uuid::Uuid;

crate::statements! {
    INSERT = "INSERT INTO devices (id, crew_id, name, public_key, enrolled_at_us, key_proven_at_us) \
              VALUES ($1, $2, $3, $4, $5, $6)";
    AGAIN = "UPDATE devices SET name = $2, enrolled_at_us = $3, key_proven_at_us = $3 WHERE id = $1";
    PROVEN = "UPDATE devices SET key_proven_at_us = $2 WHERE id = $1 AND key_proven_at_us IS NULL";
    WITH_KEY = "SELECT id, crew_id, name, public_key, enrolled_at_us, last_seen_at_us, revoked_at_us, \
                key_proven_at_us FROM devices WHERE public_key = $1 AND revoked_at_us IS NULL \
                ORDER BY enrolled_at_us DESC, id";
    ALL = "SELECT d.id, d.crew_id, d.name, d.public_key, d.enrolled_at_us, \
           COALESCE(c.last_contact_at_us, d.last_seen_at_us) AS last_seen_at_us, d.revoked_at_us, d.key_proven_at_us \
           FROM devices d LEFT JOIN device_contacts c ON c.device = d.id ORDER BY d.name, d.id";
    BY_ID = "SELECT id, crew_id, name, public_key, enrolled_at_us, last_seen_at_us, revoked_at_us, key_proven_at_us \
             FROM devices WHERE id = $1";
    OF_CREW = "SELECT id, crew_id, name, public_key, enrolled_at_us, last_seen_at_us, revoked_at_us, key_proven_at_us \
               FROM devices WHERE crew_id = $1 AND revoked_at_us IS NULL ORDER BY name, id";
    SEEN = "UPDATE devices SET last_seen_at_us = $2 WHERE id = $1";
    REVOKE = "UPDATE devices SET revoked_at_us = $2, revoked_by = $3 WHERE id = $1 AND revoked_at_us IS NULL";
    ADD_CODE = "INSERT INTO device_codes (selector, secret_sha256, crew_id, created_by, created_at_us, expires_at_us, \
                tries) VALUES ($1, $2, $3, $4, $5, $6, 0)";
    CODE = "SELECT selector, secret_sha256, crew_id, created_by, expires_at_us, tries, used_at_us FROM device_codes \
            WHERE selector = $1";
    TRY_CODE = "UPDATE device_codes SET tries = tries + 1 WHERE selector = $1";
    USE_CODE = "UPDATE device_codes SET used_at_us = $2, device_id = $3 WHERE selector = $1 AND used_at_us IS NULL";
}

/// A device as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DeviceRow {
    /// Its id.
    pub id: Uuid,
    /// The crew that carries it.
    pub crew_id: Uuid,
    /// What it is called at the depot.
    pub name: String,
    /// Its own key: 32 bytes Ed25519 or 65 bytes P-256.
    pub public_key: Vec<u8>,
    /// When it enrolled.
    pub enrolled_at_us: i64,
    /// Its last sync.
    pub last_seen_at_us: Option<i64>,
    /// Lost, stolen or retired since then.
    pub revoked_at_us: Option<i64>,
    /// It has proven its key since then, and has to at each refresh.
    pub key_proven_at_us: Option<i64>,
}

/// A one-time code as stored; its secret part only as a hash.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CodeRow {
    /// The part by which it is found.
    pub selector: String,
    /// SHA-256 of the rest.
    pub secret_sha256: Vec<u8>,
    /// The crew that a device enrols for.
    pub crew_id: Uuid,
    /// Who made it.
    pub created_by: Uuid,
    /// Good until then.
    pub expires_at_us: i64,
    /// How often somebody tried it.
    pub tries: i64,
    /// Used since then.
    pub used_at_us: Option<i64>,
}

/// Adds a device.
///
/// # Errors
/// As the database says.
pub async fn insert(work: &mut Work, device: &DeviceRow) -> Result<(), StoreError> {
    let DeviceRow { id, crew_id, name, public_key, enrolled_at_us, key_proven_at_us, .. } = device;
    crate::execute_one!(
        work, INSERT, *id, *crew_id, name, public_key.as_slice(), *enrolled_at_us, *key_proven_at_us
    )
}

/// The devices in service with this key, the last enrolled first.
///
/// # Errors
/// As the database says.
pub async fn with_key(conn: &mut Conn, public_key: &[u8]) -> Result<Vec<DeviceRow>, StoreError> {
    crate::fetch_all!(conn, DeviceRow, WITH_KEY, public_key)
}

/// A device that is known has enrolled once more and proven its key.
///
/// # Errors
/// As the database says.
pub async fn enrolled_again(work: &mut Work, id: DeviceId, name: &str, now: Micros) -> Result<(), StoreError> {
    crate::execute_one!(work, AGAIN, id.0, name, now.0)
}

/// The device has proven its key for the first time.
///
/// # Errors
/// As the database says.
pub async fn proven(work: &mut Work, id: DeviceId, now: Micros) -> Result<(), StoreError> {
    crate::execute!(work, PROVEN, id.0, now.0).map(|_| ())
}

/// Every device, revoked ones too.
///
/// # Errors
/// As the database says.
pub async fn all(conn: &mut Conn) -> Result<Vec<DeviceRow>, StoreError> {
    crate::fetch_all!(conn, DeviceRow, ALL)
}

/// One device.
///
/// # Errors
/// As the database says.
pub async fn by_id(conn: &mut Conn, id: DeviceId) -> Result<Option<DeviceRow>, StoreError> {
    crate::fetch_optional!(conn, DeviceRow, BY_ID, id.0)
}

/// The devices that a crew carries, without revoked ones.
///
/// # Errors
/// As the database says.
pub async fn of_crew(conn: &mut Conn, crew: CrewId) -> Result<Vec<DeviceRow>, StoreError> {
    crate::fetch_all!(conn, DeviceRow, OF_CREW, crew.0)
}

/// Notes that the device was here.
///
/// # Errors
/// As the database says.
pub async fn seen(work: &mut Work, id: DeviceId, now: Micros) -> Result<(), StoreError> {
    crate::execute_one!(work, SEEN, id.0, now.0)
}

/// Revokes a device; `false` when it was revoked before. `by` is none for the command line.
///
/// # Errors
/// As the database says.
pub async fn revoke(
    work: &mut Work,
    id: DeviceId,
    by: Option<PersonId>,
    now: Micros,
) -> Result<bool, StoreError> {
    Ok(crate::execute!(work, REVOKE, id.0, now.0, by.map(|p| p.0))? == 1)
}

/// Adds a code.
///
/// # Errors
/// As the database says.
pub async fn add_code(work: &mut Work, code: &CodeRow, now: Micros) -> Result<(), StoreError> {
    let CodeRow { selector, secret_sha256, crew_id, created_by, expires_at_us, .. } = code;
    crate::execute_one!(
        work, ADD_CODE, selector, secret_sha256.as_slice(), *crew_id, *created_by, now.0, *expires_at_us
    )
}

/// Counts a try and returns the code as it was before it.
///
/// # Errors
/// As the database says.
pub async fn try_code(work: &mut Work, selector: &str) -> Result<Option<CodeRow>, StoreError> {
    work.lock(&format!("device_code:{selector}")).await?;
    let code = crate::fetch_optional!(work, CodeRow, CODE, selector)?;
    if code.is_some() {
        crate::execute_one!(work, TRY_CODE, selector)?;
    }
    Ok(code)
}

/// The code with this selector, without trying it.
///
/// # Errors
/// As the database says.
pub async fn code(conn: &mut Conn, selector: &str) -> Result<Option<CodeRow>, StoreError> {
    crate::fetch_optional!(conn, CodeRow, CODE, selector)
}

/// Uses a code up.
///
/// # Errors
/// [`StoreError::RowsAffected`] when somebody else did so meanwhile.
pub async fn use_code(work: &mut Work, selector: &str, device: DeviceId, now: Micros) -> Result<(), StoreError> {
    crate::execute_one!(work, USE_CODE, selector, now.0, device.0)
}
