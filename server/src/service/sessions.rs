//! Signing in, staying signed in, signing out.

mod families;
mod fences;
mod pages;

pub(super) use families::open_family;
pub use families::{Subject, TokenPair, refresh, sign_out, token_actor};
pub(super) use fences::lift as lift_fence;
pub use pages::{close_page_session, page_actor, page_person};

use super::{ServiceError, passwords::Checked};
use crate::{
    shape::Shape,
    state::AppState,
    store::{
        Work, audit,
        people::{self, PersonRow},
        sessions,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use curbstop_shared::{ids::PersonId, time::Span, vocabulary::Role};
use fences::Try;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// A person signs in again after so long: one shift.
const PERSON_ABSOLUTE: Span = Span::minutes(12 * 60);

/// Who signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "SignedInPerson")]
pub struct Person {
    /// The id.
    #[schemars(with = "Shape<PersonId>")]
    pub id: PersonId,
    /// What colleagues call them.
    pub name: String,
    /// What they may do.
    #[schemars(with = "Shape<Role>")]
    pub role: Role,
}

/// The answer to a sign-in or a refresh.
#[derive(Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct SignedIn {
    /// The tokens.
    #[serde(flatten)]
    pub tokens: TokenPair,
    /// Who; none for a device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
}

/// Signs a person in for the API.
///
/// # Errors
/// 401 `sign_in_failed`, 429 `sign_in_fenced`.
pub async fn sign_in(state: &AppState, login: &str, password: &str, address: &str) -> Result<SignedIn, ServiceError> {
    let (person, tried) = check_password(state, login, password, address).await?;
    let signer = state.keys.signer(state).await?;
    let mut work = state.store.begin().await?;
    let tokens = open_family(state, &mut work, &signer, Subject::Person(person.person_id())).await?;
    note_sign_in(state, &mut work, tried, &person, "api").await?;
    work.commit().await?;
    Ok(SignedIn { tokens, person: Some(public(&person)?) })
}

/// Signs a person in for pages; the text is the cookie's value.
///
/// # Errors
/// As [`sign_in`].
pub async fn open_page_session(
    state: &AppState,
    login: &str,
    password: &str,
    address: &str,
) -> Result<(String, Person), ServiceError> {
    let (person, tried) = check_password(state, login, password, address).await?;
    let (now, cookie) = (state.now(), URL_SAFE_NO_PAD.encode(state.ids.secret()));
    let mut work = state.store.begin().await?;
    sessions::insert(&mut work, &sha256(&cookie), person.person_id(), now, now + PERSON_ABSOLUTE).await?;
    note_sign_in(state, &mut work, tried, &person, "page").await?;
    work.commit().await?;
    Ok((cookie, public(&person)?))
}

async fn note_sign_in(
    state: &AppState,
    work: &mut Work,
    tried: Try,
    person: &PersonRow,
    through: &str,
) -> Result<(), ServiceError> {
    tried.succeeded(work).await?;
    let (actor, subject) = (format!("person:{}", person.id), person.id.to_string());
    let details = serde_json::json!({ "through": through });
    audit::append(work, state.now(), &actor, "signed_in", &subject, &details).await?;
    Ok(())
}

/// The person with this login and password, and the try that it was. Takes as long for a login that nobody has.
async fn check_password(
    state: &AppState,
    login: &str,
    password: &str,
    address: &str,
) -> Result<(PersonRow, Try), ServiceError> {
    let login = login.trim().to_lowercase();
    let tried = fences::enter(state, &login, address).await?;
    match checked(state, &login, password).await {
        Ok(Some(person)) => Ok((person, tried)),
        Ok(None) => {
            tried.failed(state).await?;
            Err(ServiceError::unauthenticated("sign_in_failed", "Login or password is wrong."))
        }
        Err(nobody_looked) => {
            tried.undone(state).await?;
            Err(nobody_looked)
        }
    }
}

/// The person, if that is their password.
async fn checked(state: &AppState, login: &str, password: &str) -> Result<Option<PersonRow>, ServiceError> {
    let person = people::by_login(&mut state.store.reader().await?, login).await?.filter(|p| p.active);
    let stored = person.as_ref().and_then(|p| p.password_hash.as_deref());
    match (state.passwords.check(password, stored).await?, person) {
        (Checked::Right, Some(person)) => Ok(Some(person)),
        (Checked::RightButOld, Some(person)) => {
            let hash = state.passwords.hash(password).await?;
            let mut work = state.store.begin().await?;
            people::set_password(&mut work, person.person_id(), &hash).await?;
            work.commit().await?;
            Ok(Some(person))
        }
        _ => Ok(None),
    }
}

fn public(person: &PersonRow) -> Result<Person, ServiceError> {
    Ok(Person { id: person.person_id(), name: person.name.clone(), role: person.role()? })
}

/// SHA-256 of a secret that has enough chance of its own: what is stored of it.
#[must_use]
pub fn sha256(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}
