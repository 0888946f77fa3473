//! One-time codes that enrol a tablet.
//!
//! What is kept of a code is the hash of its secret. Of one that may be asked for again under the same key the secret is
//! made from the server's own signing key and the code's number: so it can be said again without being kept.

use super::{SELECTOR_CHARS, crew_not_found};
use crate::{
    moment::Moment,
    service::{
        RefusalKind, ServiceError,
        authorise::Actor,
        idempotency::{Answer, Once},
        sessions,
    },
    state::AppState,
    store::{
        Work, audit, crews,
        devices::{self, CodeRow},
        keys,
    },
};
use aws_lc_rs::hmac;
use curbstop_shared::{
    ids::{CrewId, PersonId},
    time::{Micros, Span},
};
use serde::{Deserialize, Serialize};

/// A code is good for so long.
const CODE_LIFE: Span = Span::minutes(10);
/// It may be tried so often.
pub(super) const CODE_TRIES: i64 = 5;
/// Letters and digits that nobody mixes up (Crockford), 5 bits each.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The characters after the selector are the secret: 130 bits.
const SECRET_CHARS: usize = 26;

/// A new code, shown once.
#[derive(Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct NewCode {
    /// As it is typed: groups of four.
    pub code: String,
    /// Good until then.
    pub expires_at: Moment,
    /// The address of the tablet's app with the code in it, as a QR picture.
    pub qr_svg: String,
}

/// Makes a one-time code for a crew.
///
/// # Errors
/// 403 `person_needed`; 404 `crew_not_found`.
pub async fn make_code(state: &AppState, actor: &Actor, crew: CrewId) -> Result<NewCode, ServiceError> {
    let by = maker(actor)?;
    let expires_at = state.now() + CODE_LIFE;
    let (selector, secret) = (random_text(state, SELECTOR_CHARS), random_text(state, SECRET_CHARS));
    let mut work = state.store.begin().await?;
    keep(state, &mut work, actor, by, crew, &selector, &secret, expires_at).await?;
    work.commit().await?;
    said(state, &selector, &secret, expires_at)
}

/// As [`make_code`]; the same key again gives the same code, as long as it can still be used.
///
/// # Errors
/// As [`make_code`]; 409 `code_gone` once the code was used, tried too often or is too old; `idempotency_key_reused`.
pub async fn make_code_once(
    state: &AppState,
    actor: &Actor,
    crew: CrewId,
    once: &Once,
) -> Result<NewCode, ServiceError> {
    let by = maker(actor)?;
    // There is a key to make it from.
    state.keys.signer(state).await?;
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return again(state, &mut work, &answer).await;
    }
    let (now, selector) = (state.now(), random_text(state, SELECTOR_CHARS));
    let newest = keys::unexpired(&mut work, now).await?.pop();
    let key = newest.ok_or_else(|| ServiceError::Internal("no key signs".to_owned()))?;
    let made = Made { selector, kid: key.kid.clone(), expires_at_us: (now + CODE_LIFE).0 };
    let (secret, expires_at) = (made.secret(&key), Micros(made.expires_at_us));
    keep(state, &mut work, actor, by, crew, &made.selector, &secret, expires_at).await?;
    once.commit(state, work, actor, Answer::created(&made)?).await?;
    said(state, &made.selector, &secret, expires_at)
}

/// What is kept of a code that may be asked for again: enough for us to make it, and for nobody else.
#[derive(Serialize, Deserialize)]
struct Made {
    selector: String,
    kid: String,
    expires_at_us: i64,
}

impl Made {
    fn secret(&self, key: &keys::KeyRow) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key.private_pkcs8);
        let what = format!("curbstop-enrolment-code:{}:{}", self.selector, self.expires_at_us);
        as_text(&hmac::sign(&key, what.as_bytes()).as_ref()[..SECRET_CHARS])
    }
}

async fn again(state: &AppState, work: &mut Work, answer: &Answer) -> Result<NewCode, ServiceError> {
    let made: Made = serde_json::from_slice(&answer.body).map_err(|e| ServiceError::Internal(format!("code: {e}")))?;
    let gone = || {
        let detail = "The code of this Idempotency-Key was used or is too old. Ask for another one with a new key.";
        ServiceError::refused(RefusalKind::Conflict, "code_gone", detail)
    };
    let row = devices::code(work, &made.selector).await?.ok_or_else(gone)?;
    let key = keys::unexpired(work, state.now()).await?.into_iter().find(|key| key.kid == made.kid).ok_or_else(gone)?;
    let secret = made.secret(&key);
    let is_good = row.used_at_us.is_none() && row.tries < CODE_TRIES && state.now().0 < row.expires_at_us;
    if !is_good || sessions::sha256(&secret) != row.secret_sha256 {
        return Err(gone());
    }
    said(state, &made.selector, &secret, Micros(row.expires_at_us))
}

fn maker(actor: &Actor) -> Result<PersonId, ServiceError> {
    actor.person().ok_or_else(|| ServiceError::forbidden("person_needed", "A person makes codes."))
}

#[expect(clippy::too_many_arguments, reason = "the parts of one row")]
async fn keep(
    state: &AppState,
    work: &mut Work,
    actor: &Actor,
    by: PersonId,
    crew: CrewId,
    selector: &str,
    secret: &str,
    expires_at: Micros,
) -> Result<(), ServiceError> {
    crews::by_id(work, crew).await?.filter(|c| c.active).ok_or_else(crew_not_found)?;
    let row = CodeRow {
        selector: selector.to_owned(),
        secret_sha256: sessions::sha256(secret),
        crew_id: crew.0,
        created_by: by.0,
        expires_at_us: expires_at.0,
        tries: 0,
        used_at_us: None,
    };
    devices::add_code(work, &row, state.now()).await?;
    let details = serde_json::json!({ "code": selector });
    audit::append(work, state.now(), &actor.name(), "enrolment_code_made", &crew.to_string(), &details).await?;
    Ok(())
}

fn said(state: &AppState, selector: &str, secret: &str, expires_at: Micros) -> Result<NewCode, ServiceError> {
    let code = in_groups(&format!("{selector}{secret}"));
    let qr_svg = qr_svg(&format!("{}/field/#enrol={code}", state.config.base_url()))?;
    Ok(NewCode { code, expires_at: Moment(expires_at), qr_svg })
}

fn random_text(state: &AppState, chars: usize) -> String {
    let mut bytes = vec![0; chars];
    state.ids.fill(&mut bytes);
    as_text(&bytes)
}

fn as_text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()
}

fn in_groups(code: &str) -> String {
    let chars: Vec<char> = code.chars().collect();
    chars.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

fn qr_svg(text: &str) -> Result<String, ServiceError> {
    let code = qrcode::QrCode::new(text).map_err(|e| ServiceError::Internal(format!("QR code: {e}")))?;
    Ok(code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(240, 240).build())
}
