//! May a cut begin on data of this age? A permit drains with the age of the data and is renewed by every answer.

use super::{Route, State};
use curbstop_shared::{
    time::{Micros, Span},
    vocabulary::Permit,
};

/// How long the permit of a route still lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PermitClock {
    /// Age of the data in seconds; unknown before the first answer, or when the device's clock ran backwards.
    pub age_s: Option<i64>,
    /// The route's limit in seconds.
    pub limit_s: i64,
}

impl PermitClock {
    /// The clock of a route at a moment.
    #[must_use]
    pub fn at(state: &State, route: &Route, now: Micros) -> Self {
        let minutes = route.doc.header().map_or(0, |header| header.permit_minutes);
        Self { age_s: data_age_s(state, now), limit_s: Span::minutes(minutes).whole_seconds() }
    }

    /// Seconds left; none when it is over.
    #[must_use]
    pub fn left_s(self) -> Option<i64> {
        self.age_s.map(|age| self.limit_s - age).filter(|left| *left > 0)
    }

    /// What allows a cut to begin now.
    #[must_use]
    pub fn permit(self, go_code: bool, overridden: bool) -> Permit {
        match self.left_s() {
            Some(_) => Permit::Fresh,
            None if go_code => Permit::GoCode,
            None if overridden => Permit::Override,
            None => Permit::None,
        }
    }
}

/// Age of what the tablet knows, in seconds: since its last answered request went out. A clock that was set back
/// says nothing about age, so the age is then unknown rather than young.
#[must_use]
pub fn data_age_s(state: &State, now: Micros) -> Option<i64> {
    let age = now - state.contact?.sent_at;
    (age >= Span::default()).then(|| age.whole_seconds())
}
