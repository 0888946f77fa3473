//! The keys that sign access tokens.

use super::{Conn, StoreError, Work};
use curbstop_shared::time::Micros;

crate::statements! {
    INSERT = "INSERT INTO signing_keys (kid, private_pkcs8, public_key, created_at_us, signs_until_us, expires_at_us) \
              VALUES ($1, $2, $3, $4, $5, $6)";
    UNEXPIRED = "SELECT kid, private_pkcs8, public_key, created_at_us, signs_until_us, expires_at_us \
                 FROM signing_keys WHERE expires_at_us > $1 ORDER BY created_at_us, kid";
    RETIRE = "UPDATE signing_keys SET signs_until_us = $1 WHERE signs_until_us > $1";
    REMOVE = "DELETE FROM signing_keys WHERE kid = $1";
}

/// A key pair as stored.
#[derive(Clone, sqlx::FromRow)]
pub struct KeyRow {
    /// Its name in a token's header.
    pub kid: String,
    /// The private key, PKCS #8.
    pub private_pkcs8: Vec<u8>,
    /// The public key, 32 bytes.
    pub public_key: Vec<u8>,
    /// Made then.
    pub created_at_us: i64,
    /// Signs until then,
    pub signs_until_us: i64,
    /// verifies until then.
    pub expires_at_us: i64,
}

impl std::fmt::Debug for KeyRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyRow").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// Adds a key.
///
/// # Errors
/// As the database says.
pub async fn insert(work: &mut Work, key: &KeyRow) -> Result<(), StoreError> {
    let KeyRow { kid, private_pkcs8, public_key, created_at_us, signs_until_us, expires_at_us } = key;
    crate::execute_one!(
        work, INSERT, kid, private_pkcs8.as_slice(), public_key.as_slice(), *created_at_us, *signs_until_us,
        *expires_at_us
    )
}

/// The keys that still verify, oldest first.
///
/// # Errors
/// As the database says.
pub async fn unexpired(conn: &mut Conn, now: Micros) -> Result<Vec<KeyRow>, StoreError> {
    crate::fetch_all!(conn, KeyRow, UNEXPIRED, now.0)
}

/// Lets no present key sign any more; they still verify.
///
/// # Errors
/// As the database says.
pub async fn retire_all(work: &mut Work, now: Micros) -> Result<u64, StoreError> {
    crate::execute!(work, RETIRE, now.0)
}

/// Removes a key: all its tokens are dead.
///
/// # Errors
/// As the database says.
pub async fn remove(work: &mut Work, kid: &str) -> Result<u64, StoreError> {
    crate::execute!(work, REMOVE, kid)
}
