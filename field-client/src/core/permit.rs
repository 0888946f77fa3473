//! May a cut begin on data of this age? A permit drains with the age of the data and is renewed by every answer.

use super::{Draft, Route, State};
use curbstop_shared::{
    cut_hours::CutHours,
    go_code::{Challenge, GoCode, GoKey, GoStop},
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

/// The hours of a rule in which a cut may not begin now; none where it may, or where no rule says anything. Where the
/// tablet's clock is known to be off, both clocks have to be within them.
#[must_use]
pub fn outside_of(order: &PublishedOrder, now: Micros, office_ahead: Span) -> Option<CutHours> {
    let hours = CutHours::of(order.cut_hours.as_deref())?;
    (!hours.hold(now) || !hours.hold(now + office_ahead)).then_some(hours)
}

/// What a crew reads out to dispatch, and the only answer that lets the cut begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// What the tablet shows.
    pub challenge: Challenge,
    /// What dispatch answers.
    pub code: GoCode,
}

/// What a stop's crew asks dispatch by phone; none where nothing was asked yet, where that was so long ago that a code
/// would be over, or where the route has no codes.
#[must_use]
pub fn asking(route: &Route, draft: &Draft, now: Micros) -> Option<Asking> {
    let header = &route.said().ok()?.header;
    let asked_at = draft.typed.asked_at?;
    let limit_s = Span::minutes(header.permit_minutes).whole_seconds();
    age_s(Some(asked_at), now).filter(|age| *age < limit_s)?;
    let key = GoKey::read(header.go_key.as_deref()?)?;
    let stop = GoStop { key: &key, route: header.id, generation: header.generation, order: draft.order };
    let challenge = stop.challenge(&draft.visit, asked_at);
    Some(Asking { code: stop.code(&challenge), challenge })
}

/// Whether the digits that a crew entered are what dispatch answers.
#[must_use]
pub fn is_let_go(route: &Route, draft: &Draft, now: Micros) -> bool {
    let typed = draft.go_code.as_deref().and_then(GoCode::read);
    typed.is_some() && asking(route, draft, now).map(|asking| asking.code) == typed
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
