//! Money that is said to have been paid later than it is here: one of two clocks is wrong, and whoever told of it can't
//! put ours right. It is taken in, counted from the moment at which we heard of it, and its time is called doubtful.

use crate::{moment::Moment, service::ServiceError, store::payments::PaymentRow};
use curbstop_shared::time::{Micros, Span};
use serde::{Deserialize, Serialize};

/// Clocks of banks and counters may be ahead of ours by this much, and nobody wonders.
const AHEAD_MAX: Span = Span::minutes(5);
/// A clock that is further off than this is noticed; such a time is a slip of the hand.
const TAKEN_AHEAD_MAX: Span = Span::minutes(7 * 24 * 60);

/// A payment whose time lies in the future by the server's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PaidAhead {
    /// When it was paid, as it was told.
    pub told: Moment,
    /// From when on it counts: the server's moment of hearing of it.
    pub counts_from: Moment,
}

impl PaidAhead {
    /// Where a payment is said to have been made later than it was recorded.
    #[must_use]
    pub fn of(paid_at: Micros, recorded_at: Micros) -> Option<Self> {
        let is_ahead = paid_at > recorded_at + AHEAD_MAX;
        is_ahead.then_some(Self { told: Moment(paid_at), counts_from: Moment(recorded_at) })
    }
}

/// From when on a payment counts against a cut.
pub(super) fn counts_from(row: &PaymentRow) -> Micros {
    let told = Micros(row.paid_at_us);
    PaidAhead::of(told, Micros(row.recorded_at_us)).map_or(told, |ahead| ahead.counts_from.0)
}

/// Refuses a time that no wrong clock explains.
pub(super) fn refuse_absurd(paid_at: Micros, now: Micros) -> Result<(), ServiceError> {
    if paid_at <= now + TAKEN_AHEAD_MAX {
        return Ok(());
    }
    let detail = "paid_at: lies more than a week in the future. Check the date, and say when it was paid.";
    Err(ServiceError::invalid("paid_at_in_future", detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_ahead_by_a_little_makes_no_time_doubtful() {
        let now = Micros(1_000_000_000_000);
        for (ahead_min, doubtful, taken) in [
            (-60, false, true),
            (5, false, true),
            (6, true, true),
            (7 * 1_440, true, true),
            (7 * 1_440 + 1, true, false),
        ] {
            let told = now + Span::minutes(ahead_min);
            assert_eq!(PaidAhead::of(told, now).is_some(), doubtful, "{ahead_min}");
            assert_eq!(refuse_absurd(told, now).is_ok(), taken, "{ahead_min}");
        }
    }
}
