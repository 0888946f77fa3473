//! Which crews do not go out on a day after all.

use super::{Conn, StoreError, Work};
use crate::{execute, fetch_all, fetch_optional};
use curbstop_shared::{
    ids::{CrewId, PersonId},
    time::Micros,
};
use uuid::Uuid;

crate::statements! {
    SAY = "INSERT INTO crews_out (crew, date, said_by, said_at_us) VALUES ($1, $2, $3, $4) ON CONFLICT (crew, date) DO NOTHING";
    TAKE_BACK = "DELETE FROM crews_out WHERE crew = $1 AND date = $2";
    ON = "SELECT crew FROM crews_out WHERE date = $1";
    SINCE = "SELECT said_at_us FROM crews_out WHERE crew = $1 AND date = $2";
}

/// Keeps that a crew does not go out on a day (`YYYY-MM-DD`), and who says so; the first word stays.
///
/// # Errors
/// When the database fails.
pub async fn say(
    work: &mut Work,
    crew: CrewId,
    date: &str,
    by: Option<PersonId>,
    now: Micros,
) -> Result<(), StoreError> {
    execute!(work, SAY, crew.0, date, by.map(|by| by.0), now.0).map(|_| ())
}

/// It goes out after all.
///
/// # Errors
/// When the database fails.
pub async fn take_back(work: &mut Work, crew: CrewId, date: &str) -> Result<(), StoreError> {
    execute!(work, TAKE_BACK, crew.0, date).map(|_| ())
}

/// The crews that are out of a day.
///
/// # Errors
/// When the database fails.
pub async fn on(conn: &mut Conn, date: &str) -> Result<Vec<CrewId>, StoreError> {
    Ok(fetch_all!(conn, (Uuid,), ON, date)?.into_iter().map(|(crew,)| CrewId(crew)).collect())
}

/// Since when a crew is out of a day; none where it works.
///
/// # Errors
/// When the database fails.
pub async fn since(conn: &mut Conn, crew: CrewId, date: &str) -> Result<Option<Micros>, StoreError> {
    Ok(fetch_optional!(conn, (i64,), SINCE, crew.0, date)?.map(|(at,): (i64,)| Micros(at)))
}
