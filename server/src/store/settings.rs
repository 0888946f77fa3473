//! What the utility decides for itself, as named texts: time zone, currency, policy pack.

use super::{Conn, StoreError, Work};
use curbstop_shared::time::Micros;

crate::statements! {
    GET = "SELECT value FROM settings WHERE key = $1";
    PUT = "INSERT INTO settings (key, value, updated_at_us) VALUES ($1, $2, $3) \
           ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at_us = excluded.updated_at_us";
}

/// The value of a setting, where it was set.
///
/// # Errors
/// As the database says.
pub async fn get(conn: &mut Conn, key: &str) -> Result<Option<String>, StoreError> {
    Ok(crate::fetch_optional!(conn, (String,), GET, key)?.map(|(value,)| value))
}

/// Sets or replaces a setting.
///
/// # Errors
/// As the database says.
pub async fn put(work: &mut Work, key: &str, value: &str, now: Micros) -> Result<(), StoreError> {
    crate::execute_one!(work, PUT, key, value, now.0)
}
