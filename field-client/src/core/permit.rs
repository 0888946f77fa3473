//! May a cut begin on data of this age? A permit drains with the age of the data and is renewed by every answer.

use super::{Route, State};
use curbstop_shared::{
    cut_hours::CutHours,
    ids::RouteId,
    route_document::PublishedOrder,
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
    /// The clock of a route at a moment. Of a route that is closed, or no longer this tablet's, the office says nothing
    /// more: what is known of it does not become young by its other answers.
    #[must_use]
    pub fn at(state: &State, route: &Route, now: Micros) -> Self {
        let header = route.said().ok().map(|said| &said.header);
        let heard_at = header.filter(|_| route.leaving.is_none() && !route.closed);
        let heard_at = heard_at.and_then(|header| state.heard_at(header.id));
        let limit = Span::minutes(header.map_or(0, |header| header.permit_minutes));
        Self { age_s: age_s(heard_at, now), limit_s: limit.whole_seconds() }
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

/// The hours of a rule in which a cut may not begin now; none where it may, or where no rule says anything.
#[must_use]
pub fn outside_of(order: &PublishedOrder, now: Micros) -> Option<CutHours> {
    let hours = order.cut_hours.as_deref().and_then(CutHours::read)?;
    (!hours.hold(now)).then_some(hours)
}

/// Most characters of a go-code with the gaps between its groups.
pub const GO_CODE_TYPED_MAX: usize = 16;

/// A go-code as dispatch means it, of what was typed: 4 to 12 letters and digits, one digit at least, in groups or not.
/// A name or a reason is none.
#[must_use]
pub fn go_code(typed: &str) -> Option<String> {
    let plain: String = typed.trim().chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let is_code = (4..=12).contains(&plain.len())
        && plain.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && plain.bytes().any(|byte| byte.is_ascii_digit());
    is_code.then(|| plain.to_ascii_uppercase())
}

/// Longest that the beginning of a cut waits for the office to answer: somebody may have paid since the last answer. On a
/// living line one takes a fraction of that; on a dead one the permit counts.
pub const ASK_WITHIN_MS: i32 = 3_000;

/// Whether the office has answered about a route since it was asked: what it knew by then is on this tablet.
#[must_use]
pub fn heard_since(state: &State, route: RouteId, asked_at: Micros) -> bool {
    state.heard_at(route).is_some_and(|heard_at| heard_at >= asked_at)
}

/// Age of what is known since a moment, in seconds. A clock that was set back says nothing about age, so the age is then
/// unknown rather than young.
#[must_use]
pub fn age_s(heard_at: Option<Micros>, now: Micros) -> Option<i64> {
    let age = now - heard_at?;
    (age >= Span::default()).then(|| age.whole_seconds())
}
