//! Moments and days. A moment is whole microseconds since 1970 in UTC; who took it (device, server, bank) is
//! said by the name of the field that holds it.

use serde::{Deserialize, Serialize};
use std::ops::{Add, Sub};

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Micros(pub i64);

/// A span in microseconds; negative when it points back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Span(pub i64);

impl Span {
    /// Whole seconds as a span.
    #[must_use]
    pub const fn seconds(s: i64) -> Self {
        Self(s.saturating_mul(1_000_000))
    }

    /// Whole minutes as a span.
    #[must_use]
    pub const fn minutes(m: i64) -> Self {
        Self::seconds(m.saturating_mul(60))
    }

    /// The span without its sign.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }

    /// Whole seconds, rounded towards zero.
    #[must_use]
    pub const fn whole_seconds(self) -> i64 {
        self.0 / 1_000_000
    }
}

impl Add<Span> for Micros {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Micros {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Sub for Micros {
    type Output = Span;
    fn sub(self, other: Self) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}
