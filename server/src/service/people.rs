//! People: listing, adding, passwords, letting go.

use super::{
    ServiceError,
    authorise::Actor,
    idempotency::{Answer, Once},
    names, sessions as sign_ins,
};
use crate::shape::Shape;
use crate::{
    moment::Moment,
    state::AppState,
    store::{
        Conn, Work, audit, crews,
        people::{self, PersonRow},
        riders, sessions, tokens,
    },
};
use curbstop_shared::{
    ids::{CrewId, PersonId},
    time::Micros,
    vocabulary::Role,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Longest login.
const TEXT_MAX_CHARS: usize = 60;

/// A person as desks see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Person {
    /// The id.
    #[schemars(with = "Shape<PersonId>")]
    pub id: PersonId,
    /// What they sign in with.
    pub login: String,
    /// What colleagues call them.
    pub name: String,
    /// What they may do.
    #[schemars(with = "Shape<Role>")]
    pub role: Role,
    /// The crew they usually ride with.
    #[schemars(with = "Option<Shape<CrewId>>")]
    pub crew_id: Option<CrewId>,
    /// Every crew that they ride with.
    #[schemars(with = "Vec<Shape<CrewId>>")]
    pub crew_ids: Vec<CrewId>,
    /// Their PIN on tablets, where they have one. It is not kept: only who set it, and when.
    pub pin: Option<PinSet>,
    /// May sign in.
    pub active: bool,
}

/// That somebody has a PIN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct PinSet {
    /// When it was set.
    pub set_at: Moment,
    /// By whom; none where the command line or the demo did.
    pub set_by: Option<String>,
}

/// A person to add.
#[derive(Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// What they sign in with: unique; case does not matter.
    pub login: String,
    /// What colleagues call them.
    pub name: String,
    /// What they may do.
    #[schemars(with = "Shape<Role>")]
    pub role: Role,
    /// Without one they can't sign in at a desk.
    #[serde(default)]
    pub password: Option<String>,
    /// The crew they ride with.
    #[serde(default)]
    #[schemars(with = "Option<Shape<CrewId>>")]
    pub crew_id: Option<CrewId>,
}

/// Everybody, by name.
///
/// # Errors
/// As the database says.
pub async fn list(state: &AppState) -> Result<Vec<Person>, ServiceError> {
    told(&mut state.store.snapshot().await?).await
}

/// One person inside a unit of work of the caller's.
///
/// # Errors
/// 404 `person_not_found`, or as the database says.
pub(super) async fn one(conn: &mut Conn, id: PersonId) -> Result<Person, ServiceError> {
    let found = told(conn).await?.into_iter().find(|person| person.id == id);
    found.ok_or_else(|| ServiceError::not_found("person_not_found", "There is no person with this id."))
}

async fn told(conn: &mut Conn) -> Result<Vec<Person>, ServiceError> {
    let rows = people::all(conn).await?;
    let rides = riders::all(conn).await?;
    let pins = riders::pins(conn).await?;
    let name = |id: Uuid| rows.iter().find(|row| row.id == id).map(|row| row.name.clone());
    let person = |row: &PersonRow| {
        let of_them = rides.iter().filter(|ride| ride.person_id == row.id && ride.left_at_us.is_none());
        let pin = pins.iter().find(|pin| pin.person_id == row.id);
        let pin = pin.map(|pin| PinSet { set_at: Moment(Micros(pin.set_at_us)), set_by: pin.set_by.and_then(name) });
        Ok(Person {
            id: PersonId(row.id),
            login: row.login.clone(),
            name: row.name.clone(),
            role: row.role()?,
            crew_id: row.crew_id.map(CrewId),
            crew_ids: of_them.map(|ride| CrewId(ride.crew_id)).collect(),
            pin,
            active: row.active,
        })
    };
    rows.iter().map(person).collect()
}

/// Adds a person, once for each key.
///
/// # Errors
/// 409 `login_taken`, 404 `crew_not_found`, 422 `name_invalid`, `login_invalid`, `password_too_short`.
pub async fn add(state: &AppState, actor: &Actor, once: &Once, new: NewPerson) -> Result<Answer, ServiceError> {
    // Hashing takes a while: before the unit of work, not inside.
    let hash = hash_of(state, &new).await?;
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    let person = insert(state, &mut work, actor, new, hash).await?;
    once.commit(state, work, actor, Answer::created(&person)?).await
}

/// Adds a person for the command line and the demo.
///
/// # Errors
/// As [`add`].
pub async fn add_now(state: &AppState, actor: &Actor, new: NewPerson) -> Result<Person, ServiceError> {
    let hash = hash_of(state, &new).await?;
    let mut work = state.store.begin().await?;
    let person = insert(state, &mut work, actor, new, hash).await?;
    work.commit().await?;
    Ok(person)
}

/// Sets a new password, ends every session of the person, and forgets who guessed at the old one.
///
/// # Errors
/// 404 `person_not_found`, 422 `password_too_short`.
pub async fn set_password(state: &AppState, actor: &Actor, login: &str, password: &str) -> Result<(), ServiceError> {
    let hash = state.passwords.hash(password).await?;
    let mut work = state.store.begin().await?;
    let person = by_login(&mut work, login).await?;
    sign_ins::lock(&mut work, person).await?;
    people::set_password(&mut work, person, &hash).await?;
    sign_ins::lift_fence(&mut work, login).await?;
    end_sessions(state, &mut work, actor, person, "password_set").await?;
    work.commit().await?;
    state.feed.somebody_left();
    Ok(())
}

/// Lets a person sign in no longer, and ends their sessions.
///
/// # Errors
/// 404 `person_not_found`.
pub async fn let_go(state: &AppState, actor: &Actor, login: &str) -> Result<(), ServiceError> {
    let mut work = state.store.begin().await?;
    let person = by_login(&mut work, login).await?;
    sign_ins::lock(&mut work, person).await?;
    people::set_active(&mut work, person, false).await?;
    riders::changed(&mut work, person, state.now()).await?;
    end_sessions(state, &mut work, actor, person, "person_let_go").await?;
    work.commit().await?;
    state.feed.somebody_left();
    Ok(())
}

async fn by_login(work: &mut Work, login: &str) -> Result<PersonId, ServiceError> {
    let person = people::by_login(work, &login.trim().to_lowercase()).await?;
    let missing = || ServiceError::not_found("person_not_found", format!("Nobody signs in as {login}."));
    Ok(person.ok_or_else(missing)?.person_id())
}

async fn end_sessions(
    state: &AppState,
    work: &mut Work,
    actor: &Actor,
    person: PersonId,
    action: &str,
) -> Result<(), ServiceError> {
    tokens::revoke_of_person(work, person, state.now(), action).await?;
    sessions::delete_of_person(work, person).await?;
    let subject = person.to_string();
    audit::append(work, state.now(), &actor.name(), action, &subject, &serde_json::json!({})).await?;
    Ok(())
}

async fn hash_of(state: &AppState, new: &NewPerson) -> Result<Option<String>, ServiceError> {
    match &new.password {
        Some(password) => state.passwords.hash(password).await.map(Some),
        None => Ok(None),
    }
}

async fn insert(
    state: &AppState,
    work: &mut Work,
    actor: &Actor,
    new: NewPerson,
    password_hash: Option<String>,
) -> Result<Person, ServiceError> {
    let login = new.login.trim().to_lowercase();
    let usable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    if login.is_empty() || login.len() > TEXT_MAX_CHARS || !login.chars().all(usable) {
        let detail = format!("login must be 1 to {TEXT_MAX_CHARS} letters, digits or . - _ @");
        return Err(ServiceError::invalid("login_invalid", detail));
    }
    let name = names::name(&new.name)?;
    if let Some(crew) = new.crew_id
        && crews::by_id(work, crew).await?.is_none()
    {
        return Err(ServiceError::not_found("crew_not_found", "There is no crew with this crew_id."));
    }
    let row = PersonRow {
        id: state.new_id(),
        login,
        name,
        role: new.role.code().to_owned(),
        password_hash,
        crew_id: new.crew_id.map(|crew| crew.0),
        active: true,
    };
    if !people::insert(work, &row, state.now()).await? {
        let detail = format!("Somebody signs in as {} already. Choose another login.", row.login);
        return Err(ServiceError::conflict("login_taken", detail));
    }
    let id = row.person_id();
    if let Some(crew) = new.crew_id {
        riders::join(work, id, crew).await?;
        riders::changed(work, id, state.now()).await?;
    }
    let details = serde_json::json!({ "role": row.role });
    audit::append(work, state.now(), &actor.name(), "person_added", &row.id.to_string(), &details).await?;
    one(work, id).await
}
