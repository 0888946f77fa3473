//! Refresh tokens, in families: one family is one sign-in of a person or one enrolment of a device.

use super::{Conn, StoreError, Work};
use curbstop_shared::{
    ids::{DeviceId, PersonId},
    time::Micros,
};
use uuid::Uuid;

crate::statements! {
    ADD_FAMILY = "INSERT INTO token_families (id, person_id, device_id, created_at_us, expires_at_us) \
                  VALUES ($1, $2, $3, $4, $5)";
    FAMILY = "SELECT id, person_id, device_id, expires_at_us, revoked_at_us FROM token_families WHERE id = $1";
    REVOKE_FAMILY = "UPDATE token_families SET revoked_at_us = $2, revoked_because = $3 \
                     WHERE id = $1 AND revoked_at_us IS NULL";
    REVOKE_OF_DEVICE = "UPDATE token_families SET revoked_at_us = $2, revoked_because = $3 \
                        WHERE device_id = $1 AND revoked_at_us IS NULL";
    REVOKE_OF_PERSON = "UPDATE token_families SET revoked_at_us = $2, revoked_because = $3 \
                        WHERE person_id = $1 AND revoked_at_us IS NULL";
    ADD = "INSERT INTO refresh_tokens (id, family_id, token_sha256, access_jti, issued_at_us, expires_at_us) \
           VALUES ($1, $2, $3, $4, $5, $6)";
    BY_HASH = "SELECT id, family_id, access_jti, expires_at_us, used_at_us, access_used_at_us, successor_id, \
               replaced_at_us FROM refresh_tokens WHERE token_sha256 = $1";
    BY_ID = "SELECT id, family_id, access_jti, expires_at_us, used_at_us, access_used_at_us, successor_id, \
             replaced_at_us FROM refresh_tokens WHERE id = $1";
    USE = "UPDATE refresh_tokens SET used_at_us = $2, successor_id = $3 WHERE id = $1";
    REPLACE = "UPDATE refresh_tokens SET replaced_at_us = $2 WHERE id = $1";
    BEARER = "SELECT r.family_id, r.access_used_at_us, r.replaced_at_us, f.revoked_at_us AS family_revoked_at_us, \
              f.person_id, p.active AS person_active, p.role AS person_role, p.crew_id AS person_crew_id, \
              f.device_id, d.revoked_at_us AS device_revoked_at_us, d.crew_id AS device_crew_id, \
              c.kind AS crew_kind \
              FROM refresh_tokens r JOIN token_families f ON f.id = r.family_id \
              LEFT JOIN people p ON p.id = f.person_id LEFT JOIN devices d ON d.id = f.device_id \
              LEFT JOIN crews c ON c.id = d.crew_id WHERE r.access_jti = $1";
    ACCESS_USED = "UPDATE refresh_tokens SET access_used_at_us = $2 WHERE access_jti = $1 AND access_used_at_us IS NULL \
                   AND replaced_at_us IS NULL";
}

/// One sign-in or enrolment.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct FamilyRow {
    /// Its id.
    pub id: Uuid,
    /// Whose, or
    pub person_id: Option<Uuid>,
    /// which device's.
    pub device_id: Option<Uuid>,
    /// No token of it lives longer.
    pub expires_at_us: i64,
    /// Dead since then.
    pub revoked_at_us: Option<i64>,
}

/// A refresh token as stored; the token itself only as a hash.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RefreshRow {
    /// Its id.
    pub id: Uuid,
    /// Its family.
    pub family_id: Uuid,
    /// The access token that was issued with it.
    pub access_jti: Uuid,
    /// Good until then.
    pub expires_at_us: i64,
    /// Exchanged for its successor since then.
    pub used_at_us: Option<i64>,
    /// The access token was seen in use.
    pub access_used_at_us: Option<i64>,
    /// What it was exchanged for, last.
    pub successor_id: Option<Uuid>,
    /// It never arrived; another was issued in its place.
    pub replaced_at_us: Option<i64>,
}

/// Everything that decides on a request with an access token, in one read.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct BearerRow {
    /// The family.
    pub family_id: Uuid,
    /// First use.
    pub access_used_at_us: Option<i64>,
    /// The pair never arrived and was replaced.
    pub replaced_at_us: Option<i64>,
    /// The family is dead since then.
    pub family_revoked_at_us: Option<i64>,
    /// Whose,
    pub person_id: Option<Uuid>,
    /// who may sign in,
    pub person_active: Option<bool>,
    /// has this role
    pub person_role: Option<String>,
    /// and rides with this crew.
    pub person_crew_id: Option<Uuid>,
    /// Or which device's,
    pub device_id: Option<Uuid>,
    /// dead since then,
    pub device_revoked_at_us: Option<i64>,
    /// carried by this crew
    pub device_crew_id: Option<Uuid>,
    /// of this kind.
    pub crew_kind: Option<String>,
}

/// Opens a family for a person or a device.
///
/// # Errors
/// As the database says.
pub async fn add_family(work: &mut Work, family: &FamilyRow, now: Micros) -> Result<(), StoreError> {
    let FamilyRow { id, person_id, device_id, expires_at_us, .. } = family;
    crate::execute_one!(work, ADD_FAMILY, *id, *person_id, *device_id, now.0, *expires_at_us)
}

/// One family.
///
/// # Errors
/// As the database says.
pub async fn family(conn: &mut Conn, id: Uuid) -> Result<FamilyRow, StoreError> {
    crate::fetch_one!(conn, FamilyRow, FAMILY, id)
}

/// Kills every token of a family.
///
/// # Errors
/// As the database says.
pub async fn revoke_family(work: &mut Work, id: Uuid, now: Micros, because: &str) -> Result<u64, StoreError> {
    crate::execute!(work, REVOKE_FAMILY, id, now.0, because)
}

/// Kills every token of a device.
///
/// # Errors
/// As the database says.
pub async fn revoke_of_device(work: &mut Work, id: DeviceId, now: Micros, because: &str) -> Result<u64, StoreError> {
    crate::execute!(work, REVOKE_OF_DEVICE, id.0, now.0, because)
}

/// Kills every token of a person.
///
/// # Errors
/// As the database says.
pub async fn revoke_of_person(work: &mut Work, id: PersonId, now: Micros, because: &str) -> Result<u64, StoreError> {
    crate::execute!(work, REVOKE_OF_PERSON, id.0, now.0, because)
}

/// Adds a refresh token, by its SHA-256.
///
/// # Errors
/// As the database says.
pub async fn add(work: &mut Work, token: &RefreshRow, sha256: &[u8], now: Micros) -> Result<(), StoreError> {
    let RefreshRow { id, family_id, access_jti, expires_at_us, .. } = token;
    crate::execute_one!(work, ADD, *id, *family_id, sha256, *access_jti, now.0, *expires_at_us)
}

/// The token with this SHA-256.
///
/// # Errors
/// As the database says.
pub async fn by_hash(conn: &mut Conn, sha256: &[u8]) -> Result<Option<RefreshRow>, StoreError> {
    crate::fetch_optional!(conn, RefreshRow, BY_HASH, sha256)
}

/// One token.
///
/// # Errors
/// As the database says.
pub async fn by_id(conn: &mut Conn, id: Uuid) -> Result<RefreshRow, StoreError> {
    crate::fetch_one!(conn, RefreshRow, BY_ID, id)
}

/// Notes that a token was exchanged for `successor`.
///
/// # Errors
/// As the database says.
pub async fn exchange(work: &mut Work, id: Uuid, successor: Uuid, now: Micros) -> Result<(), StoreError> {
    crate::execute_one!(work, USE, id, now.0, successor)
}

/// Notes that a token never arrived and another took its place.
///
/// # Errors
/// As the database says.
pub async fn replace(work: &mut Work, id: Uuid, now: Micros) -> Result<(), StoreError> {
    crate::execute_one!(work, REPLACE, id, now.0)
}

/// Whoever holds an access token.
///
/// # Errors
/// As the database says.
pub async fn bearer(conn: &mut Conn, jti: Uuid) -> Result<Option<BearerRow>, StoreError> {
    crate::fetch_optional!(conn, BearerRow, BEARER, jti)
}

/// Notes the first use of an access token: its pair has arrived. `false` when it was noted or replaced meanwhile.
///
/// # Errors
/// As the database says.
pub async fn access_used(work: &mut Work, jti: Uuid, now: Micros) -> Result<bool, StoreError> {
    Ok(crate::execute!(work, ACCESS_USED, jti, now.0)? == 1)
}
