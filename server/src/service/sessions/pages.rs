//! Page sessions: a cookie, kept alive by use.

use super::sha256;
use crate::{
    service::{
        ServiceError,
        authorise::{Actor, Who},
    },
    state::AppState,
    store::{
        people::{self, PersonRow},
        sessions,
    },
};
use curbstop_shared::{
    ids::{CrewId, PersonId},
    time::{Micros, Span},
};

/// A page left alone for so long asks for the password again.
const PAGE_IDLE: Span = Span::minutes(30);
/// A page's last use is written this often at most: a read must not become a write.
const PAGE_SEEN_EVERY: Span = Span::minutes(1);

/// Ends a page's session; an unknown cookie is no error.
///
/// # Errors
/// As the database says.
pub async fn close_page_session(state: &AppState, cookie: &str) -> Result<(), ServiceError> {
    let mut work = state.store.begin().await?;
    sessions::delete(&mut work, &sha256(cookie)).await?;
    work.commit().await?;
    state.feed.somebody_left();
    Ok(())
}

/// Who is behind a page's cookie; `None` where it has ended. Being asked keeps it alive.
///
/// # Errors
/// As the database says.
pub async fn page_actor(state: &AppState, cookie: &str) -> Result<Option<Actor>, ServiceError> {
    let now = state.now();
    let Some((person, seen_at)) = found(state, cookie).await? else { return Ok(None) };
    if now - seen_at >= PAGE_SEEN_EVERY {
        let mut work = state.store.begin().await?;
        sessions::seen(&mut work, &sha256(cookie), now).await?;
        work.commit().await?;
    }
    Ok(Some(Actor { who: Who::Person(person.person_id()), role: person.role()?, crew: person.crew_id.map(CrewId) }))
}

/// Whose a page's cookie is, without keeping it alive; `None` where it has ended.
///
/// # Errors
/// As the database says.
pub async fn page_person(state: &AppState, cookie: &str) -> Result<Option<PersonId>, ServiceError> {
    Ok(found(state, cookie).await?.map(|(person, _)| person.person_id()))
}

async fn found(state: &AppState, cookie: &str) -> Result<Option<(PersonRow, Micros)>, ServiceError> {
    let (now, hash) = (state.now(), sha256(cookie));
    let mut reader = state.store.reader().await?;
    let Some(session) = sessions::get(&mut reader, &hash).await? else { return Ok(None) };
    let idle_until = Micros(session.last_seen_at_us) + PAGE_IDLE;
    if now >= Micros(session.expires_at_us) || now >= idle_until {
        return Ok(None);
    }
    let person = people::by_id(&mut reader, PersonId(session.person_id)).await?;
    Ok(person.filter(|person| person.active).map(|person| (person, Micros(session.last_seen_at_us))))
}
