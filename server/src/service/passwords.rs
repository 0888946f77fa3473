//! Passwords: argon2, on threads of their own and few at a time, so that fifty people who sign in at eight
//! don't stop the tablets' sync.

use super::{RefusalKind, ServiceError};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Shortest password that is taken.
pub const PASSWORD_MIN_CHARS: usize = 8;
/// Longest, in bytes: hashing must not become the attack.
pub const PASSWORD_MAX_BYTES: usize = 512;
/// So many may wait for a hash; at 20 ms each the last one waits some seconds.
const WAITING_MAX: usize = 200;

/// What a hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cost {
    memory_kib: u32,
    rounds: u32,
    lanes: u32,
}

/// OWASP's password storage cheat sheet, argon2id: 19 MiB, two rounds, one lane.
const FOR_USE: Cost = Cost { memory_kib: 19_456, rounds: 2, lanes: 1 };
/// Of a build for work and tests: a thousand desks sign in there, and what they keep is nobody's password. A hash of this
/// cost that does come to a real server is made anew the first time that its person signs in.
const FOR_TESTS: Cost = Cost { memory_kib: 64, rounds: 1, lanes: 1 };
const COST: Cost = if cfg!(debug_assertions) { FOR_TESTS } else { FOR_USE };

impl Cost {
    /// How a stored hash of this cost begins.
    fn prefix(self) -> String {
        format!("$argon2id$v=19$m={},t={},p={}$", self.memory_kib, self.rounds, self.lanes)
    }

    /// A hash of nothing that anybody knows.
    fn nobodys(self) -> String {
        format!("{}Y3VyYnN0b3Atbm9ib2R5$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", self.prefix())
    }

    fn hasher(self) -> Result<Argon2<'static>, argon2::Error> {
        let params = Params::new(self.memory_kib, self.rounds, self.lanes, None)?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

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
        let hasher = COST.hasher().map_err(|e| ServiceError::Internal(format!("argon2: {e}")))?;
        self.on_a_thread(move || hasher.hash_password(password.as_bytes()).map(|hash| hash.to_string()))
            .await?
            .map_err(|e| ServiceError::Internal(format!("argon2: {e}")))
    }

    /// Checks a password. Without a stored hash (nobody by that login) it takes as long and says wrong.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub async fn check(&self, password: &str, stored: Option<&str>) -> Result<Checked, ServiceError> {
        if password.len() > PASSWORD_MAX_BYTES {
            return Ok(Checked::Wrong);
        }
        let known = stored.is_some();
        let stored = stored.map_or_else(|| COST.nobodys(), str::to_owned);
        let old = !stored.starts_with(&COST.prefix());
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

    /// Carries out what takes a processor for a while, in its turn. Whoever asked may hang up: the work runs to its end, and
    /// keeps its turn until then.
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
        let waiting = self.waiting.clone().try_acquire_owned().map_err(|_| busy())?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| busy())?;
        let in_its_turn = move || {
            let done = task();
            drop((waiting, turn));
            done
        };
        tokio::task::spawn_blocking(in_its_turn).await.map_err(|e| ServiceError::Internal(format!("hashing: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashed(cost: Cost, password: &str) -> String {
        let hasher = cost.hasher().unwrap_or_else(|e| panic!("{e}"));
        hasher.hash_password(password.as_bytes()).unwrap_or_else(|e| panic!("{e}")).to_string()
    }

    #[test]
    fn a_hash_costs_what_the_cheat_sheet_asks_for() {
        let hash = hashed(FOR_USE, "two trucks and a map");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hash.starts_with(&FOR_USE.prefix()), "{hash}");
    }

    #[tokio::test]
    async fn whoever_hangs_up_does_not_let_the_next_one_in_beside_what_still_runs() {
        let passwords = Passwords { turns: Arc::new(Semaphore::new(1)), ..Passwords::default() };
        let (begun, begins) = tokio::sync::oneshot::channel();
        let (end, ends) = std::sync::mpsc::channel::<()>();
        let work = passwords.on_a_thread(move || {
            let _ = begun.send(());
            ends.recv()
        });
        {
            tokio::pin!(work);
            tokio::select! {
                _ = &mut work => panic!("nobody has ended it"),
                begun = begins => begun.unwrap_or_else(|e| panic!("{e}")),
            }
        }
        assert_eq!(passwords.turns.available_permits(), 0, "it runs on");
        drop(end);
        let turn = tokio::time::timeout(std::time::Duration::from_secs(10), passwords.turns.acquire()).await;
        assert!(turn.is_ok(), "then the next one has its turn");
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_made_anew() {
        let passwords = Passwords::default();
        let hash = passwords.hash("two trucks and a map").await.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(passwords.check("two trucks and a map", Some(&hash)).await.ok(), Some(Checked::Right));
        assert_eq!(passwords.check("two trucks and a cap", Some(&hash)).await.ok(), Some(Checked::Wrong));
        assert_eq!(passwords.check("two trucks and a map", None).await.ok(), Some(Checked::Wrong));
        let other = Cost { memory_kib: 128, rounds: 1, lanes: 1 };
        let other = hashed(other, "two trucks and a map");
        assert_eq!(passwords.check("two trucks and a map", Some(&other)).await.ok(), Some(Checked::RightButOld));
    }
}
