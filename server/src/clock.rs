//! The one lawful clock. Everything that needs the time is given it, so tests and simulations can set it.

use curbstop_shared::time::{Micros, Span};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Where the time comes from.
pub trait Clock: Send + Sync + 'static {
    /// Now, in microseconds UTC.
    fn now(&self) -> Micros;
}

/// A clock that many parts of the server hold.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
    fn now(&self) -> Micros {
        let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Micros(i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands still until somebody moves it: for tests and simulations.
#[derive(Debug, Clone)]
pub struct SettableClock(Arc<AtomicI64>);

impl SettableClock {
    /// A clock that stands at `at`.
    #[must_use]
    pub fn at(at: Micros) -> Self {
        Self(Arc::new(AtomicI64::new(at.0)))
    }

    /// Sets it, forwards or backwards.
    pub fn set(&self, at: Micros) {
        self.0.store(at.0, Ordering::SeqCst);
    }

    /// Moves it; a negative span moves it back.
    pub fn advance(&self, by: Span) {
        self.0.fetch_add(by.0, Ordering::SeqCst);
    }
}

impl Clock for SettableClock {
    fn now(&self) -> Micros {
        Micros(self.0.load(Ordering::SeqCst))
    }
}
