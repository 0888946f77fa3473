//! Passwords: argon2, on threads of their own and few at a time, so that fifty people who sign in at eight
//! don't stop the tablets' sync.

use super::{RefusalKind, ServiceError};
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Shortest password that is taken.
pub const PASSWORD_MIN_CHARS: usize = 8;
/// Longest, in bytes: hashing must not become the attack.
pub const PASSWORD_MAX_BYTES: usize = 512;
/// So many may wait for a hash; at 20 ms each the last one waits some seconds.
const WAITING_MAX: usize = 200;

/// Hashes and checks.
#[derive(Clone)]
pub struct Passwords {
    /// One for each core but one: each hash takes 19 MiB and all of a core.
    turns: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let turns = Arc::new(Semaphore::new(cores.saturating_sub(1).max(1)));
        Self { turns, waiting: Arc::new(Semaphore::new(WAITING_MAX)) }
    }
}

/// What a check said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// It is the password.
    Right,
    /// It is, and the stored hash is weaker than today's: hash it again.
    RightButOld,
    /// It is not.
    Wrong,
}

impl Passwords {
    /// Hashes a new password.
    ///
    /// # Errors
    /// 422 `password_too_short`, `password_too_long`; 503 when too many wait.
    pub async fn hash(&self, password: &str) -> Result<String, ServiceError> {
        if password.chars().count() < PASSWORD_MIN_CHARS {
            let detail = format!("A password has at least {PASSWORD_MIN_CHARS} characters.");
            return Err(ServiceError::invalid("password_too_short", detail));
        }
        if password.len() > PASSWORD_MAX_BYTES {
            let detail = format!("A password has at most {PASSWORD_MAX_BYTES} bytes.");
            return Err(ServiceError::invalid("password_too_long", detail));
        }
        let password = password.to_owned();
        self.on_a_thread(move || Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()))
            .await?
            .map_err(|e| ServiceError::Internal(format!("argon2: {e}")))
    }

    /// Checks a password. Without a stored hash (nobody by that login) it takes as long and says wrong.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub async fn check(&self, password: &str, stored: Option<&str>) -> Result<Checked, ServiceError> {
        // A hash of nothing that anybody knows, with today's parameters.
        const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$Y3VyYnN0b3Atbm9ib2R5$\
                               AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        if password.len() > PASSWORD_MAX_BYTES {
            return Ok(Checked::Wrong);
        }
        let known = stored.is_some();
        let stored = stored.unwrap_or(NOBODYS).to_owned();
        let old = !stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$");
        let password = password.to_owned();
        let right = self
            .on_a_thread(move || Argon2::default().verify_password(password.as_bytes(), stored.as_str()).is_ok())
            .await?;
        Ok(match (right && known, old) {
            (true, true) => Checked::RightButOld,
            (true, false) => Checked::Right,
            (false, _) => Checked::Wrong,
        })
    }

    /// Carries out what takes a processor for a while, in its turn.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub async fn on_a_thread<T: Send + 'static>(
        &self,
        task: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        let busy = || {
            ServiceError::refused(RefusalKind::Busy, "sign_in_busy", "Too many people sign in at once. Try again.")
                .after(2)
        };
        let _waiting = self.waiting.try_acquire().map_err(|_| busy())?;
        let _turn = self.turns.acquire().await.map_err(|_| busy())?;
        tokio::task::spawn_blocking(task).await.map_err(|e| ServiceError::Internal(format!("hashing: {e}")))
    }
}
