//! Who rides with which crew, and the PINs by which they say on its tablets who they are.
//!
//! A PIN is never kept: only what PBKDF2 derives from it, which goes to the tablets of the person's crews with their
//! next sync. It protects against mix-ups and curious hands; whoever holds a tablet's disk tries all PINs in a while.

use super::{
    ServiceError,
    authorise::Actor,
    people::{self, Person},
    syncing::Caller,
};
use crate::{
    state::AppState,
    store::{Conn, StoreError, Work, audit, crews, people as stored, people::PersonRow, riders},
};
use aws_lc_rs::pbkdf2;
use curbstop_shared::{
    ids::{CrewId, PersonId},
    pin::{HASH_BYTES, Pin, PinCheck, ROUNDS, SALT_BYTES},
    sync::wire::{Bytes, CrewPeople},
    time::Micros,
};
use std::{collections::BTreeSet, num::NonZeroU32};

/// Most crews that one person rides with: more is a list that nobody read.
const CREWS_MAX: usize = 20;

/// Gives a person a PIN, or another one.
///
/// # Errors
/// 404 `person_not_found`, 422 `pin_invalid`, 503 `sign_in_busy`.
pub async fn set_pin(state: &AppState, actor: &Actor, id: PersonId, typed: &str) -> Result<Person, ServiceError> {
    let pin = Pin::parse(typed).map_err(|bad| ServiceError::invalid("pin_invalid", bad.to_string()))?;
    // Deriving takes a while: before the unit of work, not inside.
    let check = check_of(state, pin).await?;
    let mut work = state.store.begin().await?;
    somebody(&mut work, id).await?;
    let now = state.now();
    riders::set_pin(&mut work, id, &check, now, actor.person()).await?;
    finish(state, work, actor, id, "pin_set", &serde_json::json!({})).await
}

/// Takes a person's PIN away; without one nothing changes.
///
/// # Errors
/// 404 `person_not_found`.
pub async fn clear_pin(state: &AppState, actor: &Actor, id: PersonId) -> Result<Person, ServiceError> {
    let mut work = state.store.begin().await?;
    somebody(&mut work, id).await?;
    if riders::clear_pin(&mut work, id).await? {
        return finish(state, work, actor, id, "pin_cleared", &serde_json::json!({})).await;
    }
    people::one(&mut work, id).await
}

/// Says with which crews a person rides from now on, the usual one first. What they did with others stays theirs.
///
/// # Errors
/// 404 `person_not_found`, `crew_not_found`, 422 `too_many_crews`.
pub async fn set_crews(
    state: &AppState,
    actor: &Actor,
    id: PersonId,
    wanted: &[CrewId],
) -> Result<Person, ServiceError> {
    if wanted.len() > CREWS_MAX {
        let detail = format!("crew_ids: nobody rides with more than {CREWS_MAX} crews. Name those of this week.");
        return Err(ServiceError::invalid("too_many_crews", detail));
    }
    let mut work = state.store.begin().await?;
    let person = somebody(&mut work, id).await?;
    let known: BTreeSet<CrewId> = crews::all(&mut work).await?.iter().map(|crew| crew.crew_id()).collect();
    if let Some(unknown) = wanted.iter().find(|crew| !known.contains(crew)) {
        let detail = format!("crew_ids: there is no crew {unknown}. See GET /crews.");
        return Err(ServiceError::not_found("crew_not_found", detail));
    }
    let rides: BTreeSet<CrewId> = rides_with(&mut work, id).await?;
    let usual = wanted.first().copied();
    if rides == wanted.iter().copied().collect() && usual.map(|crew| crew.0) == person.crew_id {
        return people::one(&mut work, id).await;
    }
    let now = state.now();
    for crew in &rides {
        if !wanted.contains(crew) {
            riders::leave(&mut work, id, *crew, now).await?;
        }
    }
    for crew in wanted {
        riders::join(&mut work, id, *crew).await?;
    }
    riders::usually(&mut work, id, usual).await?;
    finish(state, work, actor, id, "crews_of_person_set", &serde_json::json!({ "crews": wanted })).await
}

/// The crew's people for a tablet that has another list of them, or none where it has this one. `said` is of when the
/// tablet says that its list is, `behind` of when the crew's is where the tablet is not known to have it.
///
/// # Errors
/// When the store fails.
pub(super) async fn for_tablet(
    state: &AppState,
    caller: Caller,
    said: Option<Micros>,
    behind: Option<Micros>,
) -> Result<Option<CrewPeople>, ServiceError> {
    if said.is_none() && behind.is_none() {
        return Ok(None);
    }
    let mut conn = state.store.reader().await?;
    // Before the list: what changes in between is sent again.
    let as_of = riders::as_of(&mut conn, caller.crew).await?;
    if said != Some(as_of) {
        let people = riders::on_tablets(&mut conn, caller.crew).await?;
        return Ok(Some(CrewPeople { as_of, people }));
    }
    if behind.is_some() {
        drop(conn);
        let mut work = state.store.begin().await?;
        riders::tablet_has(&mut work, caller.device, as_of).await?;
        work.commit().await?;
    }
    Ok(None)
}

/// With which crews a person rides.
async fn rides_with(conn: &mut Conn, person: PersonId) -> Result<BTreeSet<CrewId>, StoreError> {
    let all = riders::all(conn).await?.into_iter();
    Ok(all.filter(|row| row.person_id == person.0 && row.left_at_us.is_none()).map(|row| CrewId(row.crew_id)).collect())
}

async fn somebody(work: &mut Work, id: PersonId) -> Result<PersonRow, ServiceError> {
    let missing = || ServiceError::not_found("person_not_found", "There is no person with this id. See GET /people.");
    stored::by_id(work, id).await?.ok_or_else(missing)
}

async fn finish(
    state: &AppState,
    mut work: Work,
    actor: &Actor,
    id: PersonId,
    action: &str,
    details: &serde_json::Value,
) -> Result<Person, ServiceError> {
    riders::changed(&mut work, id, state.now()).await?;
    let person = people::one(&mut work, id).await?;
    audit::append(&mut work, state.now(), &actor.name(), action, &id.to_string(), details).await?;
    work.commit().await?;
    Ok(person)
}

async fn check_of(state: &AppState, pin: Pin) -> Result<PinCheck, ServiceError> {
    let mut salt = [0; SALT_BYTES];
    state.ids.fill(&mut salt);
    let hash = state.passwords.on_a_thread(move || derived(&pin, &salt)).await?;
    let hash = hash.ok_or_else(|| ServiceError::Internal("PBKDF2 without rounds".to_owned()))?;
    Ok(PinCheck { salt: Bytes(salt.to_vec()), rounds: ROUNDS, hash: Bytes(hash) })
}

fn derived(pin: &Pin, salt: &[u8]) -> Option<Vec<u8>> {
    let mut hash = vec![0; HASH_BYTES];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, NonZeroU32::new(ROUNDS)?, salt, pin.digits().as_bytes(), &mut hash);
    Some(hash)
}
