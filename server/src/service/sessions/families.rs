//! Families of tokens: one for each sign-in or enrolment, a pair at a time.
//!
//! A refresh token is exchanged at each use. When the answer was lost on the way, the old one is taken once more, as
//! long as nobody used what was issued instead; after that, its coming back means that two hold it, and the whole
//! family dies.

use super::{PERSON_ABSOLUTE, Person, SignedIn, public, sha256};
use crate::{
    service::{
        ServiceError,
        access_tokens::{ACCESS_LIFE_S, Key},
        authorise::{Actor, Who},
        enrolment,
    },
    state::AppState,
    store::{
        Work, audit, devices, people,
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
use uuid::Uuid;

/// A device that was silent for so long enrols again.
const DEVICE_SLIDING: Span = Span::minutes(30 * 24 * 60);
/// Every device enrols again after so long.
const DEVICE_ABSOLUTE: Span = Span::minutes(90 * 24 * 60);

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
    state.feed.somebody_left();
    Ok(())
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
        state.feed.somebody_left();
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
///
/// # Errors
/// As the database says.
pub async fn open_family(
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

fn device_revoked() -> ServiceError {
    let detail = "This device was revoked. Hand it to dispatch; its unsent work can still be uploaded for a decision.";
    ServiceError::unauthenticated("device_revoked", detail)
}
