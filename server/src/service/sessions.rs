//! Signing in, staying signed in, signing out.
//!
//! A refresh token is exchanged at each use. When the answer was lost on the way, the old one is taken once more, as
//! long as nobody used what was issued instead; after that, its coming back means that two hold it, and the whole
//! family dies.

use super::{
    RefusalKind, ServiceError,
    access_tokens::{ACCESS_LIFE_S, Key},
    authorise::{Actor, Who},
    enrolment,
    passwords::Checked,
};
use crate::shape::Shape;
use crate::{
    state::AppState,
    store::{
        Work, audit, devices,
        fences::{self, FenceRow},
        people::{self, PersonRow},
        sessions,
        tokens::{self, FamilyRow, RefreshRow},
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use curbstop_shared::{
    ids::{CrewId, DeviceId, PersonId},
    sync::proofs,
    time::{Micros, Span},
    vocabulary::Role,
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A device that was silent for so long enrols again.
const DEVICE_SLIDING: Span = Span::minutes(30 * 24 * 60);
/// Every device enrols again after so long.
const DEVICE_ABSOLUTE: Span = Span::minutes(90 * 24 * 60);
/// A person signs in again after so long: one shift.
const PERSON_ABSOLUTE: Span = Span::minutes(12 * 60);
/// A page left alone for so long asks for the password again.
const PAGE_IDLE: Span = Span::minutes(30);
/// A page's last use is written this often at most: a read must not become a write.
const PAGE_SEEN_EVERY: Span = Span::minutes(1);
/// Failures of one account before it is closed for a while.
const ACCOUNT_FAILS: i64 = 5;
/// Failures of one address before it is closed: sixty people may sit behind one.
const ADDRESS_FAILS: i64 = 50;
/// The first wait, which doubles with each further failure
const WAIT_FIRST_S: i64 = 60;
/// up to this.
const WAIT_MAX_S: i64 = 900;
/// Failures are forgotten after so long without one.
const FAILS_FORGOTTEN: Span = Span::minutes(60);

/// What a client carries from now on.
#[derive(Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct TokenPair {
    /// Goes with each request.
    pub access_token: String,
    /// Buys the next pair, once.
    pub refresh_token: String,
    /// Seconds until the access token is refused.
    pub expires_in_s: i64,
}

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

/// Whose token a pair is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A person's sign-in.
    Person(PersonId),
    /// A device's enrolment.
    Device(DeviceId),
}

impl Subject {
    const fn kind_and_id(self) -> (&'static str, Uuid) {
        match self {
            Self::Person(id) => ("person", id.0),
            Self::Device(id) => ("device", id.0),
        }
    }

    const fn lives(self) -> (Span, Span) {
        match self {
            Self::Person(_) => (PERSON_ABSOLUTE, PERSON_ABSOLUTE),
            Self::Device(_) => (DEVICE_SLIDING, DEVICE_ABSOLUTE),
        }
    }
}

/// Signs a person in for the API.
///
/// # Errors
/// 401 `sign_in_failed`, 429 `sign_in_fenced`.
pub async fn sign_in(state: &AppState, login: &str, password: &str, address: &str) -> Result<SignedIn, ServiceError> {
    let person = check_password(state, login, password, address).await?;
    let signer = state.keys.signer(state).await?;
    let mut work = state.store.begin().await?;
    let tokens = open_family(state, &mut work, &signer, Subject::Person(person.person_id())).await?;
    note_sign_in(state, &mut work, &person, "api").await?;
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
    let person = check_password(state, login, password, address).await?;
    let (now, cookie) = (state.now(), URL_SAFE_NO_PAD.encode(state.ids.secret()));
    let mut work = state.store.begin().await?;
    sessions::insert(&mut work, &sha256(&cookie), person.person_id(), now, now + PERSON_ABSOLUTE).await?;
    note_sign_in(state, &mut work, &person, "page").await?;
    work.commit().await?;
    Ok((cookie, public(&person)?))
}

/// Ends a page's session; an unknown cookie is no error.
///
/// # Errors
/// As the database says.
pub async fn close_page_session(state: &AppState, cookie: &str) -> Result<(), ServiceError> {
    let mut work = state.store.begin().await?;
    sessions::delete(&mut work, &sha256(cookie)).await?;
    work.commit().await?;
    Ok(())
}

/// Ends the family that an access token belongs to.
///
/// # Errors
/// As the database says.
pub async fn sign_out(state: &AppState, jti: Uuid) -> Result<(), ServiceError> {
    let mut work = state.store.begin().await?;
    if let Some(bearer) = tokens::bearer(&mut work, jti).await? {
        tokens::revoke_family(&mut work, bearer.family_id, state.now(), "signed out").await?;
    }
    work.commit().await?;
    Ok(())
}

/// Who is behind a page's cookie; `None` where it has ended.
///
/// # Errors
/// As the database says.
pub async fn page_actor(state: &AppState, cookie: &str) -> Result<Option<Actor>, ServiceError> {
    let (now, hash) = (state.now(), sha256(cookie));
    let mut reader = state.store.reader().await?;
    let Some(session) = sessions::get(&mut reader, &hash).await? else { return Ok(None) };
    let idle_until = Micros(session.last_seen_at_us) + PAGE_IDLE;
    if now >= Micros(session.expires_at_us) || now >= idle_until {
        return Ok(None);
    }
    let Some(person) = people::by_id(&mut reader, PersonId(session.person_id)).await? else { return Ok(None) };
    drop(reader);
    if !person.active {
        return Ok(None);
    }
    if now - Micros(session.last_seen_at_us) >= PAGE_SEEN_EVERY {
        let mut work = state.store.begin().await?;
        sessions::seen(&mut work, &hash, now).await?;
        work.commit().await?;
    }
    Ok(Some(Actor { who: Who::Person(person.person_id()), role: person.role()?, crew: person.crew_id.map(CrewId) }))
}

/// Who is behind an access token whose signature and times were found good.
///
/// # Errors
/// 401 `token_revoked`, `device_revoked`.
pub async fn token_actor(state: &AppState, jti: Uuid) -> Result<Actor, ServiceError> {
    let mut reader = state.store.reader().await?;
    let revoked = || ServiceError::unauthenticated("token_revoked", "This session has ended. Sign in again.");
    let bearer = tokens::bearer(&mut reader, jti).await?.ok_or_else(revoked)?;
    drop(reader);
    if bearer.device_revoked_at_us.is_some() {
        return Err(device_revoked());
    }
    if bearer.family_revoked_at_us.is_some() || bearer.replaced_at_us.is_some() {
        return Err(revoked());
    }
    let actor = match (bearer.person_id, bearer.device_id) {
        (Some(id), _) if bearer.person_active == Some(true) => {
            let role = bearer.person_role.as_deref().unwrap_or_default();
            let role = role.parse().map_err(|e| ServiceError::Internal(format!("role of {id}: {e}")))?;
            Actor { who: Who::Person(PersonId(id)), role, crew: bearer.person_crew_id.map(CrewId) }
        }
        (None, Some(id)) => {
            let own = bearer.crew_kind.as_deref() == Some("own");
            let role = if own { Role::Crew } else { Role::Contractor };
            Actor { who: Who::Device(DeviceId(id)), role, crew: bearer.device_crew_id.map(CrewId) }
        }
        _ => return Err(revoked()),
    };
    if bearer.access_used_at_us.is_none() {
        // The pair has arrived: from now on the token it was bought with is spent for good.
        let mut work = state.store.begin().await?;
        tokens::access_used(&mut work, jti, state.now()).await?;
        work.commit().await?;
    }
    Ok(actor)
}

/// Exchanges a refresh token. `proof` is the device's signature over [`proofs::refresh`]. A device that has proven its
/// key once, on enrolling or here, has to prove it each time: its token alone is worth nothing to a thief.
///
/// # Errors
/// 401 `refresh_token_unknown`, `refresh_token_expired`, `refresh_token_reused`, `token_revoked`,
/// `device_revoked`, `proof_invalid`, `proof_needed`.
pub async fn refresh(state: &AppState, token: &str, proof: Option<&str>) -> Result<SignedIn, ServiceError> {
    let (now, hash) = (state.now(), sha256(token));
    let signer = state.keys.signer(state).await?;
    let mut work = state.store.begin().await?;
    let refused = |code, why: &str| ServiceError::unauthenticated(code, why);
    let unknown = || refused("refresh_token_unknown", "This refresh token is not known here. Sign in or enrol again.");
    let family_id = tokens::by_hash(&mut work, &hash).await?.ok_or_else(unknown)?.family_id;
    work.lock(&format!("token_family:{family_id}")).await?;
    let row = tokens::by_hash(&mut work, &hash).await?.ok_or_else(unknown)?;
    let family = tokens::family(&mut work, family_id).await?;
    let (subject, person) = live_subject(&mut work, &family, token, proof, now).await?;
    if family.revoked_at_us.is_some() {
        return Err(refused("token_revoked", "This session has ended. Sign in or enrol again."));
    }
    if now.0 >= row.expires_at_us.min(family.expires_at_us) {
        return Err(refused("refresh_token_expired", "This refresh token is too old. Sign in or enrol again."));
    }
    if let Some(successor) = never_arrived(&mut work, &row).await? {
        tokens::replace(&mut work, successor, now).await?;
    } else if row.used_at_us.is_some() || row.replaced_at_us.is_some() {
        tokens::revoke_family(&mut work, family.id, now, "refresh token reused").await?;
        let (kind, id) = subject.kind_and_id();
        let details = serde_json::json!({ "family": family.id });
        audit::append(&mut work, now, &format!("{kind}:{id}"), "refresh_token_reused", &id.to_string(), &details)
            .await?;
        work.commit().await?;
        tracing::warn!(%id, "a spent refresh token came back; its family was revoked");
        let detail = "This refresh token was used before, so somebody else may hold it. Sign in or enrol again.";
        return Err(refused("refresh_token_reused", detail));
    }
    let (tokens, successor) = add_pair(state, &mut work, &signer, &family, subject).await?;
    tokens::exchange(&mut work, row.id, successor, now).await?;
    work.commit().await?;
    Ok(SignedIn { tokens, person })
}

/// The successor of a spent token, where nobody has used it: its answer was lost on the way.
async fn never_arrived(work: &mut Work, row: &RefreshRow) -> Result<Option<Uuid>, ServiceError> {
    let (None, Some(_), Some(successor)) = (row.replaced_at_us, row.used_at_us, row.successor_id) else {
        return Ok(None);
    };
    let next = tokens::by_id(work, successor).await?;
    Ok((next.used_at_us.is_none() && next.access_used_at_us.is_none()).then_some(successor))
}

/// Whose the family is, if they may still come in.
async fn live_subject(
    work: &mut Work,
    family: &FamilyRow,
    token: &str,
    proof: Option<&str>,
    now: Micros,
) -> Result<(Subject, Option<Person>), ServiceError> {
    let ended = || ServiceError::unauthenticated("token_revoked", "This session has ended. Sign in or enrol again.");
    match (family.person_id, family.device_id) {
        (Some(id), _) => {
            let person = people::by_id(work, PersonId(id)).await?.filter(|p| p.active).ok_or_else(ended)?;
            Ok((Subject::Person(person.person_id()), Some(public(&person)?)))
        }
        (None, Some(id)) => {
            let device = devices::by_id(work, DeviceId(id)).await?.ok_or_else(ended)?;
            if device.revoked_at_us.is_some() {
                return Err(device_revoked());
            }
            let is_proven = device.key_proven_at_us.is_some();
            let signed = |proof| enrolment::signed_by(&device.public_key, proofs::refresh(token).as_bytes(), proof);
            match proof {
                Some(proof) if !signed(proof) => {
                    let detail = "The proof is not this device's signature over the refresh token.";
                    return Err(ServiceError::unauthenticated("proof_invalid", detail));
                }
                Some(_) if is_proven => {}
                Some(_) => devices::proven(work, DeviceId(id), now).await?,
                None if is_proven => {
                    let detail = "This device signs with its key: send its signature over the refresh token as proof.";
                    return Err(ServiceError::unauthenticated("proof_needed", detail));
                }
                None => {}
            }
            Ok((Subject::Device(DeviceId(id)), None))
        }
        (None, None) => Err(ended()),
    }
}

/// Opens a family with its first pair.
pub(super) async fn open_family(
    state: &AppState,
    work: &mut Work,
    signer: &Key,
    subject: Subject,
) -> Result<TokenPair, ServiceError> {
    let now = state.now();
    let (person_id, device_id) = match subject {
        Subject::Person(id) => (Some(id.0), None),
        Subject::Device(id) => (None, Some(id.0)),
    };
    let expires_at_us = (now + subject.lives().1).0;
    let family = FamilyRow { id: state.new_id(), person_id, device_id, expires_at_us, revoked_at_us: None };
    tokens::add_family(work, &family, now).await?;
    Ok(add_pair(state, work, signer, &family, subject).await?.0)
}

async fn add_pair(
    state: &AppState,
    work: &mut Work,
    signer: &Key,
    family: &FamilyRow,
    subject: Subject,
) -> Result<(TokenPair, Uuid), ServiceError> {
    let (now, refresh_token) = (state.now(), URL_SAFE_NO_PAD.encode(state.ids.secret()));
    let row = RefreshRow {
        id: state.new_id(),
        family_id: family.id,
        access_jti: state.new_id(),
        expires_at_us: (now + subject.lives().0).0.min(family.expires_at_us),
        used_at_us: None,
        access_used_at_us: None,
        successor_id: None,
        replaced_at_us: None,
    };
    tokens::add(work, &row, &sha256(&refresh_token), now).await?;
    let (kind, id) = subject.kind_and_id();
    let access_token = signer.issue(kind, id, row.access_jti, now)?;
    Ok((TokenPair { access_token, refresh_token, expires_in_s: ACCESS_LIFE_S }, row.id))
}

async fn note_sign_in(
    state: &AppState,
    work: &mut Work,
    person: &PersonRow,
    through: &str,
) -> Result<(), ServiceError> {
    fences::open(work, &account_fence(&person.login)).await?;
    let (actor, subject) = (format!("person:{}", person.id), person.id.to_string());
    let details = serde_json::json!({ "through": through });
    audit::append(work, state.now(), &actor, "signed_in", &subject, &details).await?;
    Ok(())
}

/// The person with this login and password. Takes as long for a login that nobody has.
async fn check_password(
    state: &AppState,
    login: &str,
    password: &str,
    address: &str,
) -> Result<PersonRow, ServiceError> {
    let login = login.trim().to_lowercase();
    let fences = [(account_fence(&login), ACCOUNT_FAILS), (format!("address:{address}"), ADDRESS_FAILS)];
    let mut reader = state.store.reader().await?;
    for (subject, _) in &fences {
        let fence = fences::get(&mut reader, subject).await?.unwrap_or_default();
        let wait_s = (Micros(fence.closed_until_us) - state.now()).whole_seconds();
        if wait_s > 0 {
            let detail = format!("Too many failed sign-ins. Try again in {wait_s} seconds.");
            return Err(ServiceError::refused(RefusalKind::TooMany, "sign_in_fenced", detail)
                .after(u32::try_from(wait_s).unwrap_or(u32::MAX)));
        }
    }
    let person = people::by_login(&mut reader, &login).await?.filter(|p| p.active);
    drop(reader);
    let stored = person.as_ref().and_then(|p| p.password_hash.as_deref());
    match (state.passwords.check(password, stored).await?, person) {
        (Checked::Right, Some(person)) => Ok(person),
        (Checked::RightButOld, Some(person)) => {
            let hash = state.passwords.hash(password).await?;
            let mut work = state.store.begin().await?;
            people::set_password(&mut work, person.person_id(), &hash).await?;
            work.commit().await?;
            Ok(person)
        }
        _ => {
            note_failure(state, &fences).await?;
            let detail = "Login or password is wrong.";
            Err(ServiceError::unauthenticated("sign_in_failed", detail))
        }
    }
}

async fn note_failure(state: &AppState, fences: &[(String, i64)]) -> Result<(), ServiceError> {
    let now = state.now();
    let mut work = state.store.begin().await?;
    for (subject, _) in fences {
        work.lock(subject).await?;
    }
    for (subject, allowed) in fences {
        let before = fences::get(&mut work, subject).await?.unwrap_or_default();
        let recent = now - Micros(before.last_at_us) < FAILS_FORGOTTEN;
        let fails = if recent { before.fails + 1 } else { 1 };
        let doublings = u32::try_from(fails - allowed).ok();
        let wait_s = doublings.map_or(0, |n| WAIT_FIRST_S.saturating_mul(1 << n.min(10)).min(WAIT_MAX_S));
        let closed_until_us = if wait_s > 0 { (now + Span::seconds(wait_s)).0 } else { 0 };
        fences::put(&mut work, subject, FenceRow { fails, last_at_us: now.0, closed_until_us }).await?;
        if wait_s > 0 {
            let details = serde_json::json!({ "fails": fails, "wait_s": wait_s });
            audit::append(&mut work, now, "system", "sign_in_fenced", subject, &details).await?;
        }
    }
    work.commit().await?;
    Ok(())
}

fn account_fence(login: &str) -> String {
    // Only so much of what strangers type is kept.
    format!("account:{}", login.chars().take(60).collect::<String>())
}

fn public(person: &PersonRow) -> Result<Person, ServiceError> {
    Ok(Person { id: person.person_id(), name: person.name.clone(), role: person.role()? })
}

fn device_revoked() -> ServiceError {
    let detail = "This device was revoked. Hand it to dispatch; its unsent work can still be uploaded for a decision.";
    ServiceError::unauthenticated("device_revoked", detail)
}

/// SHA-256 of a secret that has enough chance of its own: what is stored of it.
#[must_use]
pub fn sha256(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}
