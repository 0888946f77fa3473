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
/// A call that is older than this when somebody looks has hung, for all that is known. On a slow line an answer takes
/// several seconds, and looking again and again must not cost it each time.
const GIVEN_UP_AT_A_GLANCE_AFTER: Span = Span::seconds(20);

/// A call that is older than this is not answered: until then "online" may be true, on a slow line answers take several
/// seconds. After it the crew reads since when nothing was heard, however long the call goes on.
pub const SILENT_AFTER_MS: i32 = 8_000;

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

/// The line to the office: the call that is under way, and whether it is given up for a new one. All moments are on a
/// clock that nobody sets.
#[derive(Debug, Clone, Copy, Default)]
pub struct Line {
    /// When the call under way went out.
    begun: Option<Micros>,
    /// There was no signal: the device said so, or a call was not answered.
    is_dead: bool,
    /// The last call was given up. Until one has ended by itself, or the signal is lost for certain, none is given up
    /// again: on a slow line none would ever get through.
    gave_up: bool,
}

impl Line {
    /// A call goes out.
    pub const fn begins(&mut self, now: Micros) {
        self.begun = Some(now);
    }

    /// It has ended: answered by whomever, or not at all.
    pub const fn ends(&mut self, is_answered: bool) {
        // What was given up says nothing of the line, unless its answer was quicker.
        if self.begun.take().is_some() || is_answered {
            (self.is_dead, self.gave_up) = (!is_answered, false);
        }
    }

    /// The device has lost its signal.
    pub const fn is_lost(&mut self) {
        (self.is_dead, self.gave_up) = (true, false);
    }

    /// The device has a signal again. `true`: the call under way is given up.
    pub fn comes_back(&mut self, now: Micros) -> bool {
        let was_dead = std::mem::take(&mut self.is_dead);
        was_dead && self.gives_up(now, GIVEN_UP_AFTER)
    }

    /// Somebody looks again. `true`: the call under way is given up.
    pub fn is_looked_at(&mut self, now: Micros) -> bool {
        self.gives_up(now, GIVEN_UP_AT_A_GLANCE_AFTER)
    }

    /// Whether a call is under way to which nothing was heard for too long.
    #[must_use]
    pub fn is_silent(&self, now: Micros) -> bool {
        self.begun.is_some_and(|begun| now - begun >= Span(i64::from(SILENT_AFTER_MS) * 1_000))
    }

    fn gives_up(&mut self, now: Micros, after: Span) -> bool {
        let hangs = !self.gave_up && self.begun.is_some_and(|begun| now - begun > after);
        if hangs {
            (self.begun, self.gave_up) = (None, true);
        }
        hangs
    }

    /// Whether the last call was given up: that it was not answered does not mean that there is no signal.
    #[must_use]
    pub const fn gave_up(&self) -> bool {
        self.gave_up
    }
}

impl Tablet {
    /// Whether something of the crew's waits that the next calls would take: acts, what is to be handed in, photos that
    /// were not tried in vain.
    #[must_use]
    pub fn has_to_send(&self) -> bool {
        self.unsent() > 0 || self.has_fresh_photo()
    }
}
