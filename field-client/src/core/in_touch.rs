//! How long the tablet waits between two calls to the office, and when it gives a call up.

use super::Tablet;
use curbstop_shared::time::{Micros, Span};

/// Between calls while all is well and somebody looks, in milliseconds.
pub const PULSE_MS: i32 = 30_000;
/// After the first failure; doubled with each that follows.
pub const FIRST_PAUSE_MS: i32 = 2_000;
/// Longest pause while something waits that the office does not have and there is no signal: at the edge of a cell one
/// comes for seconds, and not every device says that it has come. Asking costs next to nothing where nobody is reached.
const LONGEST_WITH_WORK_MS: i32 = 5_000;
/// A call that is older than this when a signal comes back was made on a line that is gone; on a living one most are
/// answered by then, and what was sent twice does no harm.
const GIVEN_UP_AFTER: Span = Span::seconds(3);

/// The pause until the next call. Doubled with each failure, and between half and all of that (`chance`), so that the
/// tablets of a yard whose network was away do not come back in one moment. `hurries`: there was no signal, and
/// something waits to be sent.
#[must_use]
pub fn pause_ms(failures: u32, hurries: bool, chance: u8) -> i32 {
    let Some(doublings) = failures.checked_sub(1) else { return PULSE_MS };
    let longest = if hurries { LONGEST_WITH_WORK_MS } else { PULSE_MS };
    let pause = FIRST_PAUSE_MS.saturating_mul(1 << doublings.min(4)).min(longest);
    pause / 2 + pause / 2 * i32::from(chance) / 255
}

/// Whether a call that went out at `begun` is given up for a new one, now that a signal has come back or somebody looks
/// again. Both on a clock that nobody sets.
#[must_use]
pub fn gives_up(begun: Option<Micros>, now: Micros) -> bool {
    begun.is_some_and(|begun| now - begun > GIVEN_UP_AFTER)
}

impl Tablet {
    /// Whether something of the crew's waits that the next calls would take: acts, what is to be handed in, photos that
    /// were not tried in vain.
    #[must_use]
    pub fn has_to_send(&self) -> bool {
        self.unsent() > 0 || self.has_fresh_photo()
    }
}
