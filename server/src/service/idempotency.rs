//! The same request, sent again because the answer was lost, changes nothing and gets the same answer.
//!
//! ```ignore
//! let mut work = state.store.begin().await?;
//! if let Some(answer) = once.answered(&mut work, actor).await? { return Ok(answer); }
//! ... write ...
//! once.commit(state, work, actor, Answer::created(&payment)?).await
//! ```

use super::{RefusalKind, ServiceError, authorise::Actor};
use crate::{
    state::AppState,
    store::{Work, idempotency},
};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Longest key that is taken.
pub const KEY_MAX_BYTES: usize = 128;

/// A request that may be sent again under its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    key: String,
    request_sha256: Vec<u8>,
}

/// What is answered now and to every repetition: a status and a JSON body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// JSON.
    pub body: Vec<u8>,
    /// It was answered before.
    pub repeated: bool,
}

impl Answer {
    /// 201 with what was made.
    ///
    /// # Errors
    /// Only for a value that is no JSON.
    pub fn created(value: &impl Serialize) -> Result<Self, ServiceError> {
        Self::with(201, value)
    }

    /// 200 with what came of it.
    ///
    /// # Errors
    /// Only for a value that is no JSON.
    pub fn ok(value: &impl Serialize) -> Result<Self, ServiceError> {
        Self::with(200, value)
    }

    /// 202 with what is under way.
    ///
    /// # Errors
    /// Only for a value that is no JSON.
    pub fn accepted(value: &impl Serialize) -> Result<Self, ServiceError> {
        Self::with(202, value)
    }

    fn with(status: u16, value: &impl Serialize) -> Result<Self, ServiceError> {
        let body = serde_json::to_vec(value).map_err(|e| ServiceError::Internal(format!("answer: {e}")))?;
        Ok(Self { status, body, repeated: false })
    }
}

impl Once {
    /// A key with the request that came under it: method, path and query, body.
    ///
    /// # Errors
    /// 400 `idempotency_key_invalid`.
    pub fn new(key: &str, method: &str, uri: &str, body: &[u8]) -> Result<Self, ServiceError> {
        if key.is_empty() || key.len() > KEY_MAX_BYTES || !key.bytes().all(|b| b.is_ascii_graphic()) {
            let detail = format!("Idempotency-Key must be 1 to {KEY_MAX_BYTES} visible ASCII characters, as a UUID.");
            return Err(ServiceError::refused(RefusalKind::BadRequest, "idempotency_key_invalid", detail));
        }
        let mut hash = Sha256::new();
        for part in [method.as_bytes(), uri.as_bytes(), body] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Ok(Self { key: key.to_owned(), request_sha256: hash.finalize().to_vec() })
    }

    /// The answer that was given to this request before. First thing in the unit of work.
    ///
    /// # Errors
    /// 409 `idempotency_key_reused` when the key came with another request.
    pub async fn answered(&self, work: &mut Work, actor: &Actor) -> Result<Option<Answer>, ServiceError> {
        let name = actor.name();
        // Two of the same at once: the second waits and then finds the first's answer.
        work.lock(&format!("idempotency:{name}:{}", self.key)).await?;
        let Some(kept) = idempotency::get(work, &name, &self.key).await? else { return Ok(None) };
        if kept.request_sha256 != self.request_sha256 {
            let detail = "This Idempotency-Key came before with another request. Use a new key for a new request.";
            return Err(ServiceError::conflict("idempotency_key_reused", detail));
        }
        let status = u16::try_from(kept.status).unwrap_or(200);
        Ok(Some(Answer { status, body: kept.body, repeated: true }))
    }

    /// Keeps the answer with what was written, and commits both. Last thing in the unit of work.
    ///
    /// # Errors
    /// As the database says; nothing is stored then.
    pub async fn commit(
        &self,
        state: &AppState,
        mut work: Work,
        actor: &Actor,
        answer: Answer,
    ) -> Result<Answer, ServiceError> {
        let kept = idempotency::KeptRow {
            request_sha256: self.request_sha256.clone(),
            status: i64::from(answer.status),
            content_type: "application/json".to_owned(),
            body: answer.body.clone(),
        };
        idempotency::insert(&mut work, &actor.name(), &self.key, &kept, state.now()).await?;
        work.commit().await?;
        Ok(answer)
    }
}
