//! Who rides with which crew, by what their PINs are known on its tablets, and of when each tablet's list of them is.

use super::{Conn, StoreError, Work};
use curbstop_shared::{
    ids::{CrewId, DeviceId, PersonId},
    pin::PinCheck,
    sync::wire::{Bytes, Rider},
    time::Micros,
};
use uuid::Uuid;

crate::statements! {
    JOIN = "INSERT INTO riders (person_id, crew_id) VALUES ($1, $2) \
            ON CONFLICT (person_id, crew_id) DO UPDATE SET left_at_us = NULL";
    LEAVE = "UPDATE riders SET left_at_us = $3 WHERE person_id = $1 AND crew_id = $2 AND left_at_us IS NULL";
    USUALLY = "UPDATE people SET crew_id = $2 WHERE id = $1";
    ALL = "SELECT person_id, crew_id, left_at_us FROM riders ORDER BY person_id, crew_id";
    SET_PIN = "INSERT INTO pins (person_id, salt, rounds, hash, set_at_us, set_by) VALUES ($1, $2, $3, $4, $5, $6) \
               ON CONFLICT (person_id) DO UPDATE SET salt = excluded.salt, rounds = excluded.rounds, \
               hash = excluded.hash, set_at_us = excluded.set_at_us, set_by = excluded.set_by";
    CLEAR_PIN = "DELETE FROM pins WHERE person_id = $1";
    PINS = "SELECT person_id, set_at_us, set_by FROM pins";
    ON_TABLETS = "SELECT p.id, p.name, n.salt, n.rounds, n.hash FROM riders r JOIN people p ON p.id = r.person_id \
                  LEFT JOIN pins n ON n.person_id = p.id \
                  WHERE r.crew_id = $1 AND r.left_at_us IS NULL AND p.active ORDER BY p.name, p.id";
    CHANGED = "UPDATE crews SET people_as_of_us = CASE WHEN people_as_of_us >= $2 THEN people_as_of_us + 1 ELSE $2 END \
               WHERE id IN (SELECT crew_id FROM riders WHERE person_id = $1)";
    AS_OF = "SELECT people_as_of_us FROM crews WHERE id = $1";
    TABLET_HAS = "UPDATE devices SET people_as_of_us = $2 WHERE id = $1 AND people_as_of_us <> $2";
}

/// That somebody rides, or rode, with a crew.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RiderRow {
    /// Who.
    pub person_id: Uuid,
    /// With which crew.
    pub crew_id: Uuid,
    /// No longer since then.
    pub left_at_us: Option<i64>,
}

/// That somebody has a PIN.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PinRow {
    /// Who.
    pub person_id: Uuid,
    /// When it was set.
    pub set_at_us: i64,
    /// By whom; none where the command line or the demo did.
    pub set_by: Option<Uuid>,
}

#[derive(sqlx::FromRow)]
struct OnTabletRow {
    id: Uuid,
    name: String,
    salt: Option<Vec<u8>>,
    rounds: Option<i64>,
    hash: Option<Vec<u8>>,
}

/// Somebody rides with a crew from now on.
///
/// # Errors
/// As the database says.
pub async fn join(work: &mut Work, person: PersonId, crew: CrewId) -> Result<(), StoreError> {
    crate::execute_one!(work, JOIN, person.0, crew.0)
}

/// Somebody rides with a crew no longer.
///
/// # Errors
/// As the database says.
pub async fn leave(work: &mut Work, person: PersonId, crew: CrewId, now: Micros) -> Result<(), StoreError> {
    crate::execute!(work, LEAVE, person.0, crew.0, now.0).map(|_| ())
}

/// Says with which crew somebody rides usually.
///
/// # Errors
/// As the database says.
pub async fn usually(work: &mut Work, person: PersonId, crew: Option<CrewId>) -> Result<(), StoreError> {
    crate::execute_one!(work, USUALLY, person.0, crew.map(|crew| crew.0))
}

/// Who rides, or rode, with which crew.
///
/// # Errors
/// As the database says.
pub async fn all(conn: &mut Conn) -> Result<Vec<RiderRow>, StoreError> {
    crate::fetch_all!(conn, RiderRow, ALL)
}

/// Keeps by what somebody's PIN is known.
///
/// # Errors
/// As the database says.
pub async fn set_pin(
    work: &mut Work,
    person: PersonId,
    pin: &PinCheck,
    now: Micros,
    by: Option<PersonId>,
) -> Result<(), StoreError> {
    let (salt, hash, rounds) = (pin.salt.0.as_slice(), pin.hash.0.as_slice(), i64::from(pin.rounds));
    crate::execute_one!(work, SET_PIN, person.0, salt, rounds, hash, now.0, by.map(|by| by.0))
}

/// Forgets somebody's PIN; `false` where there was none.
///
/// # Errors
/// As the database says.
pub async fn clear_pin(work: &mut Work, person: PersonId) -> Result<bool, StoreError> {
    Ok(crate::execute!(work, CLEAR_PIN, person.0)? == 1)
}

/// Who has a PIN.
///
/// # Errors
/// As the database says.
pub async fn pins(conn: &mut Conn) -> Result<Vec<PinRow>, StoreError> {
    crate::fetch_all!(conn, PinRow, PINS)
}

/// The people of a crew as its tablets have them, by name.
///
/// # Errors
/// As the database says, or where a row does not read.
pub async fn on_tablets(conn: &mut Conn, crew: CrewId) -> Result<Vec<Rider>, StoreError> {
    let rows = crate::fetch_all!(conn, OnTabletRow, ON_TABLETS, crew.0)?;
    rows.into_iter()
        .map(|OnTabletRow { id, name, salt, rounds, hash }| {
            let pin = match (salt, rounds, hash) {
                (Some(salt), Some(rounds), Some(hash)) => {
                    let bad = |e| StoreError::inconsistent("pins", "rounds", id, e);
                    let rounds = u32::try_from(rounds).map_err(bad)?;
                    Some(PinCheck { salt: Bytes(salt), rounds, hash: Bytes(hash) })
                }
                _ => None,
            };
            Ok(Rider { id: PersonId(id), name, pin })
        })
        .collect()
}

/// Something that tablets know of a person is another: their crews', and their former crews', have to learn of it.
///
/// # Errors
/// As the database says.
pub async fn changed(work: &mut Work, person: PersonId, now: Micros) -> Result<(), StoreError> {
    crate::execute!(work, CHANGED, person.0, now.0).map(|_| ())
}

/// When what tablets know of a crew's people was changed last.
///
/// # Errors
/// As the database says.
pub async fn as_of(conn: &mut Conn, crew: CrewId) -> Result<Micros, StoreError> {
    let (as_of,): (i64,) = crate::fetch_one!(conn, (i64,), AS_OF, crew.0)?;
    Ok(Micros(as_of))
}

/// A tablet has the list of its crew's people as of then.
///
/// # Errors
/// As the database says.
pub async fn tablet_has(work: &mut Work, device: DeviceId, as_of: Micros) -> Result<(), StoreError> {
    crate::execute!(work, TABLET_HAS, device.0, as_of.0).map(|_| ())
}
