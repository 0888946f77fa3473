//! Access tokens: short-lived JWTs, signed with Ed25519 by a key that every instance finds in the database.

use super::ServiceError;
use crate::{
    state::AppState,
    store::{Store, StoreError, keys},
};
use curbstop_shared::time::{Micros, Span};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, jwk::Jwk};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, PoisonError, RwLock};
use uuid::Uuid;

/// How long an access token lives: a revoked one is refused at once anyway, this bounds a leaked database backup.
pub const ACCESS_LIFE_S: i64 = 600;
/// Two machines' clocks may differ by so much.
pub const LEEWAY_S: i64 = 30;
/// Who issues our tokens.
pub const ISSUER: &str = "curbstop";
/// Whom they are for.
pub const AUDIENCE: &str = "curbstop-api";
/// A key signs for so long; a new one is made then.
const SIGNS_FOR: Span = Span::minutes(90 * 24 * 60);
/// A key verifies for so long after it stopped signing: longer than any token it signed lives.
const VERIFIES_AFTER: Span = Span::minutes(60);
/// Keys are read again after so long, so that a removed key dies on every instance.
const READ_AGAIN_AFTER: Span = Span::seconds(30);
/// An unknown key id makes us read again, but not more often than this.
const READ_AGAIN_AT_MOST: Span = Span::seconds(1);

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// [`ISSUER`].
    pub iss: String,
    /// [`AUDIENCE`].
    pub aud: String,
    /// The person or device.
    pub sub: Uuid,
    /// `person` or `device`.
    pub kind: String,
    /// Seconds since 1970: good until then.
    pub exp: i64,
    /// Not before.
    pub nbf: i64,
    /// Issued.
    pub iat: i64,
    /// The token's own id.
    pub jti: Uuid,
    /// Version of these claims.
    pub ver: u8,
}

/// Why a token is not accepted. One answer for all outside; the log says which.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    /// No JWT, another algorithm, a bad signature, a wrong or missing claim.
    #[error("not a valid token: {0}")]
    Invalid(String),
    /// Signed by a key that is not, or no longer, ours.
    #[error("unknown key id")]
    UnknownKey,
    /// Past its life.
    #[error("expired")]
    Expired,
    /// Not yet good.
    #[error("not valid yet")]
    Early,
}

/// The keys as this process knows them.
#[derive(Clone, Default)]
pub struct KeyRing(Arc<RwLock<Ring>>);

#[derive(Default)]
struct Ring {
    keys: Vec<Arc<Key>>,
    read_at: Option<Micros>,
}

/// A key that may sign.
pub struct Key {
    kid: String,
    signs: EncodingKey,
    verifies: DecodingKey,
    signs_until: Micros,
    expires_at: Micros,
}

impl KeyRing {
    /// The key that signs now; made and stored where there is none. Call it before opening a unit of work.
    ///
    /// # Errors
    /// As the database says.
    pub async fn signer(&self, state: &AppState) -> Result<Arc<Key>, ServiceError> {
        let now = state.now();
        self.read_if_older(&state.store, now, READ_AGAIN_AFTER).await?;
        if let Some(key) = self.signing(now) {
            return Ok(key);
        }
        let mut work = state.store.begin().await?;
        work.lock("signing_keys").await?;
        // Another instance may have made one while we waited.
        let present = keys::unexpired(&mut work, now).await?;
        if !present.iter().any(|key| key.signs_until_us > now.0) {
            let key = new_key(state, now)?;
            tracing::info!(kid = key.kid, "a new key signs access tokens");
            keys::insert(&mut work, &key).await?;
        }
        work.commit().await?;
        self.read(&state.store, now).await?;
        self.signing(now).ok_or_else(|| ServiceError::Internal("no key signs".to_owned()))
    }

    /// Checks a token: signature by one of our keys, issuer, audience, all claims, times.
    ///
    /// # Errors
    /// `Err(Ok(reason))` for a bad token, `Err(Err(..))` when the keys can't be read.
    pub async fn verify(
        &self,
        store: &Store,
        now: Micros,
        token: &str,
    ) -> Result<Result<Claims, BadToken>, StoreError> {
        let header = match jsonwebtoken::decode_header(token) {
            Ok(header) => header,
            Err(e) => return Ok(Err(BadToken::Invalid(e.to_string()))),
        };
        let Some(kid) = header.kid else { return Ok(Err(BadToken::Invalid("no key id".to_owned()))) };
        self.read_if_older(store, now, READ_AGAIN_AFTER).await?;
        if self.verifying(&kid, now).is_none() {
            self.read_if_older(store, now, READ_AGAIN_AT_MOST).await?;
        }
        let Some(key) = self.verifying(&kid, now) else { return Ok(Err(BadToken::UnknownKey)) };
        Ok(check(token, &key, now))
    }

    /// Reads the keys again now: after one was removed.
    ///
    /// # Errors
    /// As the database says.
    pub async fn read(&self, store: &Store, now: Micros) -> Result<(), StoreError> {
        let rows = keys::unexpired(&mut store.reader().await?, now).await?;
        let keys = rows.into_iter().map(|row| Arc::new(Key::from_row(&row))).collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Ring { keys, read_at: Some(now) };
        Ok(())
    }

    async fn read_if_older(&self, store: &Store, now: Micros, age: Span) -> Result<(), StoreError> {
        let read_at = self.0.read().unwrap_or_else(PoisonError::into_inner).read_at;
        // A clock that went back counts as old, too.
        if read_at.is_none_or(|at| (now - at).abs() >= age) { self.read(store, now).await } else { Ok(()) }
    }

    fn signing(&self, now: Micros) -> Option<Arc<Key>> {
        let ring = self.0.read().unwrap_or_else(PoisonError::into_inner);
        ring.keys.iter().rev().find(|key| key.signs_until > now).cloned()
    }

    fn verifying(&self, kid: &str, now: Micros) -> Option<Arc<Key>> {
        let ring = self.0.read().unwrap_or_else(PoisonError::into_inner);
        ring.keys.iter().find(|key| key.kid == kid && key.expires_at > now).cloned()
    }
}

impl Key {
    fn from_row(row: &keys::KeyRow) -> Self {
        Self {
            kid: row.kid.clone(),
            signs: EncodingKey::from_ed_der(&row.private_pkcs8),
            verifies: DecodingKey::from_ed_der(&row.public_key),
            signs_until: Micros(row.signs_until_us),
            expires_at: Micros(row.expires_at_us),
        }
    }

    /// Signs a token for a person or device, with `jti` as its id.
    ///
    /// # Errors
    /// When the stored key is no key.
    pub fn issue(&self, kind: &str, sub: Uuid, jti: Uuid, now: Micros) -> Result<String, ServiceError> {
        let iat = now.0 / 1_000_000;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub,
            kind: kind.to_owned(),
            exp: iat + ACCESS_LIFE_S,
            nbf: iat,
            iat,
            jti,
            ver: 1,
        };
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, &claims, &self.signs)
            .map_err(|e| ServiceError::Internal(format!("signing a token: {e}")))
    }
}

fn check(token: &str, key: &Key, now: Micros) -> Result<Claims, BadToken> {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
    // Times are checked below, against the clock that we were given.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let claims = jsonwebtoken::decode::<Claims>(token, &key.verifies, &validation)
        .map_err(|e| BadToken::Invalid(e.to_string()))?
        .claims;
    let now_s = now.0 / 1_000_000;
    if claims.exp.saturating_add(LEEWAY_S) <= now_s {
        return Err(BadToken::Expired);
    }
    if claims.nbf.saturating_sub(LEEWAY_S) > now_s {
        return Err(BadToken::Early);
    }
    Ok(claims)
}

/// PKCS #8 of an Ed25519 key is this and the 32 bytes of its seed (RFC 8410).
const ED25519_PKCS8: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

fn new_key(state: &AppState, now: Micros) -> Result<keys::KeyRow, ServiceError> {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use jsonwebtoken::jwk::AlgorithmParameters;

    let private_pkcs8 = [ED25519_PKCS8.as_slice(), &state.ids.secret()].concat();
    let internal = |what: &str| ServiceError::Internal(format!("making a signing key: {what}"));
    let jwk = Jwk::from_encoding_key(&EncodingKey::from_ed_der(&private_pkcs8), Algorithm::EdDSA)
        .map_err(|e| internal(&e.to_string()))?;
    let AlgorithmParameters::OctetKeyPair(public) = jwk.algorithm else { return Err(internal("another kind")) };
    let public_key = URL_SAFE_NO_PAD.decode(public.x).map_err(|e| internal(&e.to_string()))?;
    let signs_until = now + SIGNS_FOR;
    Ok(keys::KeyRow {
        kid: state.new_id().simple().to_string(),
        private_pkcs8,
        public_key,
        created_at_us: now.0,
        signs_until_us: signs_until.0,
        expires_at_us: (signs_until + VERIFIES_AFTER).0,
    })
}
