//! Tablets: enrolment with one-time codes, revocation.

mod codes;

pub use codes::{NewCode, make_code, make_code_once};

use super::{
    RefusalKind, ServiceError,
    authorise::Actor,
    sessions::{self, Subject, TokenPair},
};
use crate::shape::{Shape, wire};
use crate::{
    moment::Moment,
    state::AppState,
    store::{
        Work, audit, crews,
        devices::{self, DeviceRow},
        feed, riders, tokens,
    },
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use codes::CODE_TRIES;
use curbstop_shared::{
    facts::turns_direction,
    ids::{CrewId, DeviceId},
    sync::{proofs, wire::Rider},
    time::Micros,
};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde::Serialize;

/// The first characters find the code, the others are its secret.
const SELECTOR_CHARS: usize = 6;
/// Longest name of a device.
const NAME_MAX_CHARS: usize = 60;

/// The crew of an enrolled device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct NamedCrew {
    /// Its id.
    #[schemars(with = "Shape<CrewId>")]
    pub id: CrewId,
    /// Its name.
    pub name: String,
}

/// The answer to a device that enrolled.
#[derive(Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Enrolled")]
pub struct Enrolled {
    /// Its id from now on.
    #[schemars(with = "Shape<DeviceId>")]
    pub device_id: DeviceId,
    /// Its tokens.
    #[serde(flatten)]
    pub tokens: TokenPair,
    /// Its crew.
    pub crew: NamedCrew,
    /// Who may say on it that it is they who hold it, by name.
    #[schemars(with = "Vec<wire::Rider>")]
    pub people: Vec<Rider>,
    /// Of when that list is: a sync brings it again only when it is another.
    #[schemars(with = "Shape<Micros>")]
    pub people_as_of: Micros,
}

/// A device as desks see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Device {
    /// Its id.
    #[schemars(with = "Shape<DeviceId>")]
    pub id: DeviceId,
    /// Its name.
    pub name: String,
    /// Who carries it.
    pub crew: NamedCrew,
    /// When it enrolled.
    pub enrolled_at: Moment,
    /// Its last sync.
    pub last_seen_at: Option<Moment>,
    /// Revoked since then.
    pub revoked_at: Option<Moment>,
}

/// Enrols a device with a code. `public_key` is base64 of its key: raw or SubjectPublicKeyInfo, Ed25519 or P-256.
/// `proof` is its signature over [`proofs::enrolment`]. A device that proves the key under which the crew knows it is
/// the same device again, and what it has not sent yet is still its own work.
///
/// # Errors
/// 401 `enrolment_code_refused` for a wrong, late or spent code, `proof_invalid`; 422 for a bad name or key.
pub async fn enrol(
    state: &AppState,
    code: &str,
    name: &str,
    public_key: &str,
    proof: Option<&str>,
) -> Result<Enrolled, ServiceError> {
    let name = device_name(name)?;
    let public_key = parse_key(public_key)?;
    let proof_text = proofs::enrolment(code);
    let code = proofs::code_as_meant(code);
    let (selector, secret) = code.split_at_checked(SELECTOR_CHARS).unwrap_or((&code, ""));
    let (now, signer) = (state.now(), state.keys.signer(state).await?);
    let mut work = state.store.begin().await?;
    let Some(row) = devices::try_code(&mut work, selector).await? else { return Err(code_refused()) };
    let why_not = if row.used_at_us.is_some() {
        Some("used before")
    } else if now.0 >= row.expires_at_us {
        Some("late")
    } else if row.tries >= CODE_TRIES {
        Some("tried too often")
    } else if sessions::sha256(secret) != row.secret_sha256 {
        Some("wrong")
    } else {
        None
    };
    if let Some(why) = why_not {
        let details = serde_json::json!({ "code": row.selector, "because": why });
        audit::append(&mut work, now, "system", "enrolment_refused", &row.crew_id.to_string(), &details).await?;
        work.commit().await?;
        tracing::warn!(because = why, "an enrolment code was refused");
        return Err(code_refused());
    }
    if proof.is_some_and(|proof| !signed_by(&public_key, proof_text.as_bytes(), proof)) {
        let detail = "The proof is not this device's signature over the code.";
        return Err(ServiceError::unauthenticated("proof_invalid", detail));
    }
    let crew = crews::by_id(&mut work, CrewId(row.crew_id)).await?.filter(|c| c.active).ok_or_else(crew_not_found)?;
    let by = format!("person:{}", row.created_by);
    let (same, left) = match proof {
        Some(_) => known_under(&mut work, &public_key, crew.crew_id(), now).await?,
        None => (None, Vec::new()),
    };
    let device_id = match same {
        Some(id) => {
            devices::enrolled_again(&mut work, id, &name, now).await?;
            tokens::revoke_of_device(&mut work, id, now, "enrolled again").await?;
            id
        }
        None => {
            let device = DeviceRow {
                id: state.new_id(),
                crew_id: crew.id,
                name,
                public_key,
                enrolled_at_us: now.0,
                last_seen_at_us: None,
                revoked_at_us: None,
                key_proven_at_us: proof.map(|_| now.0),
            };
            devices::insert(&mut work, &device).await?;
            DeviceId(device.id)
        }
    };
    devices::use_code(&mut work, &row.selector, device_id, now).await?;
    let tokens = sessions::open_family(state, &mut work, &signer, Subject::Device(device_id)).await?;
    let people_as_of = riders::as_of(&mut work, crew.crew_id()).await?;
    let people = riders::on_tablets(&mut work, crew.crew_id()).await?;
    riders::tablet_has(&mut work, device_id, people_as_of).await?;
    let subject = device_id.to_string();
    let details = serde_json::json!({ "crew": crew.id, "again": same.is_some() });
    feed::append(&mut work, now, "device", &subject, &serde_json::json!({ "change": "enrolled" })).await?;
    for left in left {
        let details = serde_json::json!({ "because": "enrolled elsewhere" });
        audit::append(&mut work, now, &by, "device_revoked", &left.to_string(), &details).await?;
    }
    audit::append(&mut work, now, &by, "device_enrolled", &subject, &details).await?;
    work.commit().await?;
    state.feed.ring();
    state.feed.somebody_left();
    let crew = NamedCrew { id: crew.crew_id(), name: crew.name };
    Ok(Enrolled { device_id, tokens, crew, people, people_as_of })
}

/// The device that proved this key, where it is still this crew's, and those that were revoked with it: one that
/// another crew carried leaves that crew, so that it is one device and not two, and what it still holds of that crew's
/// is handed in.
async fn known_under(
    work: &mut Work,
    public_key: &[u8],
    crew: CrewId,
    now: Micros,
) -> Result<(Option<DeviceId>, Vec<DeviceId>), ServiceError> {
    let (ours, others): (Vec<_>, Vec<_>) =
        devices::with_key(work, public_key).await?.into_iter().partition(|known| known.crew_id == crew.0);
    let mut ours = ours.into_iter().map(|known| DeviceId(known.id));
    let same = ours.next();
    let left: Vec<DeviceId> = ours.chain(others.into_iter().map(|known| DeviceId(known.id))).collect();
    for left in &left {
        devices::revoke(work, *left, None, now).await?;
        tokens::revoke_of_device(work, *left, now, "enrolled elsewhere").await?;
    }
    Ok((same, left))
}

/// Every device.
///
/// # Errors
/// As the database says.
pub async fn list(state: &AppState) -> Result<Vec<Device>, ServiceError> {
    let mut reader = state.store.snapshot().await?;
    let crews = crews::all(&mut reader).await?;
    let rows = devices::all(&mut reader).await?;
    let device = |row: DeviceRow| {
        let crew = crews.iter().find(|crew| crew.id == row.crew_id);
        Device {
            id: DeviceId(row.id),
            name: row.name,
            crew: NamedCrew { id: CrewId(row.crew_id), name: crew.map(|c| c.name.clone()).unwrap_or_default() },
            enrolled_at: Moment(Micros(row.enrolled_at_us)),
            last_seen_at: row.last_seen_at_us.map(|at| Moment(Micros(at))),
            revoked_at: row.revoked_at_us.map(|at| Moment(Micros(at))),
        }
    };
    Ok(rows.into_iter().map(device).collect())
}

/// Revokes a device: its tokens are dead at once. Revoking again changes nothing.
///
/// # Errors
/// 404 `device_not_found`.
pub async fn revoke(state: &AppState, actor: &Actor, id: DeviceId) -> Result<(), ServiceError> {
    let now = state.now();
    let mut work = state.store.begin().await?;
    let missing = || ServiceError::not_found("device_not_found", "There is no device with this id.");
    devices::by_id(&mut work, id).await?.ok_or_else(missing)?;
    if devices::revoke(&mut work, id, actor.person(), now).await? {
        tokens::revoke_of_device(&mut work, id, now, "device revoked").await?;
        let subject = id.to_string();
        feed::append(&mut work, now, "device", &subject, &serde_json::json!({ "change": "revoked" })).await?;
        audit::append(&mut work, now, &actor.name(), "device_revoked", &subject, &serde_json::json!({})).await?;
    }
    work.commit().await?;
    state.feed.ring();
    state.feed.somebody_left();
    Ok(())
}

/// Is `signature` (base64url) the one of the device with this key over `message`? Ed25519, or P-256 with SHA-256 as
/// WebCrypto makes it (r and s, 64 bytes).
#[must_use]
pub fn signed_by(public_key: &[u8], message: &[u8], signature: &str) -> bool {
    let signature = signature.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let (key, algorithm) = match public_key {
        [4, point @ ..] if point.len() == 64 => {
            let (x, y) = point.split_at(32);
            match DecodingKey::from_ec_components(&URL_SAFE_NO_PAD.encode(x), &URL_SAFE_NO_PAD.encode(y)) {
                Ok(key) => (key, Algorithm::ES256),
                Err(_) => return false,
            }
        }
        raw => (DecodingKey::from_ed_der(raw), Algorithm::EdDSA),
    };
    crypto::verify(&signature, message, &key, algorithm).unwrap_or(false)
}

/// The raw key: 32 bytes Ed25519, or 65 bytes P-256 that begin with 4.
fn parse_key(text: &str) -> Result<Vec<u8>, ServiceError> {
    let text = text.trim_end_matches('=');
    let bytes = URL_SAFE_NO_PAD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).unwrap_or_default();
    // SubjectPublicKeyInfo ends with the raw key: 44 - 32 and 91 - 65 bytes are its fixed beginning.
    let raw = match bytes.len() {
        44 => bytes.get(12..),
        91 => bytes.get(26..),
        32 | 65 => Some(bytes.as_slice()),
        _ => None,
    };
    raw.filter(|raw| raw.len() == 32 || raw.first() == Some(&4)).map(<[u8]>::to_vec).ok_or_else(|| {
        let detail = "public_key must be base64 of an Ed25519 or P-256 public key, raw or SubjectPublicKeyInfo.";
        ServiceError::invalid("public_key_invalid", detail)
    })
}

fn device_name(name: &str) -> Result<String, ServiceError> {
    let name = name.trim();
    if name.is_empty()
        || name.chars().count() > NAME_MAX_CHARS
        || name.chars().any(|c| c.is_control() || turns_direction(c))
    {
        let detail = format!("name must be 1 to {NAME_MAX_CHARS} characters, as it is written on the device.");
        return Err(ServiceError::invalid("name_invalid", detail));
    }
    Ok(name.to_owned())
}

fn crew_not_found() -> ServiceError {
    ServiceError::not_found("crew_not_found", "There is no active crew with this id.")
}

/// One text for every reason: who guesses learns nothing.
fn code_refused() -> ServiceError {
    let detail = "This enrolment code is wrong, too old or used up. Ask dispatch for a new one.";
    ServiceError::refused(RefusalKind::Unauthenticated, "enrolment_code_refused", detail)
}
