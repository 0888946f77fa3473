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
        StoreError, Work, audit,
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
    let signer = state.keys.signer(state).await?;
    let (mut work, person, tried) = let_in(state, login, password, address).await?;
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
    let (mut work, person, tried) = let_in(state, login, password, address).await?;
    let (now, cookie) = (state.now(), URL_SAFE_NO_PAD.encode(state.ids.secret()));
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

/// The unit of work that lets a person in, the person as they are in it, and the try that it was. Takes as long for a
/// login that nobody has.
async fn let_in(
    state: &AppState,
    login: &str,
    password: &str,
    address: &str,
) -> Result<(Work, PersonRow, Try), ServiceError> {
    let login = login.trim().to_lowercase();
    let tried = fences::enter(state, &login, address).await?;
    match checked(state, &login, password).await {
        Ok(Some((work, person))) => Ok((work, person, tried)),
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

/// The person, if that is their password, and still is in the unit of work that comes with it: a check takes a while, and
/// whoever was let go or has got another password meanwhile stays outside.
async fn checked(state: &AppState, login: &str, password: &str) -> Result<Option<(Work, PersonRow)>, ServiceError> {
    loop {
        let person = people::by_login(&mut state.store.reader().await?, login).await?.filter(|p| p.active);
        let stored = person.as_ref().and_then(|p| p.password_hash.as_deref());
        let right = state.passwords.check(password, stored).await?;
        let anew = match right {
            Checked::RightButOld => Some(state.passwords.hash(password).await?),
            Checked::Right | Checked::Wrong => None,
        };
        let (Some(person), Checked::Right | Checked::RightButOld) = (person, right) else { return Ok(None) };
        let id = person.person_id();
        let mut work = state.store.begin().await?;
        lock(&mut work, id).await?;
        let Some(now) = people::by_id(&mut work, id).await?.filter(|now| now.active) else { return Ok(None) };
        if now.password_hash != person.password_hash {
            // A new password, or the same one hashed anew for somebody who signed in beside: that is looked at.
            continue;
        }
        if let Some(hash) = anew {
            people::set_password(&mut work, id, &hash).await?;
        }
        return Ok(Some((work, person)));
    }
}

/// Until the unit of work ends, this person is neither let in nor shut out by another.
///
/// # Errors
/// As the database says.
pub(super) async fn lock(work: &mut Work, person: PersonId) -> Result<(), StoreError> {
    work.lock(&format!("person:{person}")).await
}

fn public(person: &PersonRow) -> Result<Person, ServiceError> {
    Ok(Person { id: person.person_id(), name: person.name.clone(), role: person.role()? })
}

/// SHA-256 of a secret that has enough chance of its own: what is stored of it.
#[must_use]
pub fn sha256(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}
