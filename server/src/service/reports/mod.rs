//! What supervisors and auditors read: counts and registers, live, each for a span of the utility's days.
//!
//! Numbers come from SQL over rows that are indexed for it; only orders of which something was corrected, and what is
//! off right now, are looked at one by one.

pub mod checks;
pub mod collection;
pub mod exceptions;
pub mod off;
pub mod order;
pub mod productivity;
pub mod readings;
pub mod replay;
pub mod sample;

use super::ServiceError;
use crate::store::{Conn, crews};
use chrono::NaiveDate;
use std::collections::HashMap;
use uuid::Uuid;

/// Rows of one report: what comes after is left out, and the report says so.
pub const ROWS_MAX: i64 = 20_000;

/// Names of crews.
async fn crew_names(conn: &mut Conn) -> Result<HashMap<Uuid, String>, ServiceError> {
    Ok(crews::all(conn).await?.into_iter().map(|crew| (crew.id, crew.name)).collect())
}

fn day_of(text: &str) -> Result<NaiveDate, ServiceError> {
    text.parse().map_err(|bad| ServiceError::Internal(format!("routes.date \"{text}\": {bad}")))
}

/// Takes off the row more than [`ROWS_MAX`] that was asked for; whether it was there.
fn cut<T>(rows: &mut Vec<T>) -> bool {
    let max = usize::try_from(ROWS_MAX).unwrap_or(usize::MAX);
    let more = rows.len() > max;
    rows.truncate(max);
    more
}
