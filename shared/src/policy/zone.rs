//! The clock on the wall, also offline: a zone's offsets for the coming years.

use crate::time::{Micros, Span};
use chrono::{DateTime, NaiveDateTime, TimeDelta};
use serde::{Deserialize, Serialize};

/// From when on a zone is how far east of UTC, in order. The server makes it of its time zone database, which a tablet
/// doesn't have; before the first and after the last span it is as in those.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// The moments at which the offset changes, and what it is then.
    pub spans: Vec<(Micros, Span)>,
}

impl Zone {
    /// One offset for ever.
    #[must_use]
    pub fn fixed(offset: Span) -> Self {
        Self { spans: vec![(Micros(i64::MIN), offset)] }
    }

    /// What the clock on the wall says. A clock that is out of its mind is taken for one at the nearest end of what
    /// calendars are printed for.
    #[must_use]
    pub fn local(&self, at: Micros) -> NaiveDateTime {
        let now = self.spans.partition_point(|(from, _)| *from <= at).saturating_sub(1);
        let offset = self.spans.get(now).map_or(Span(0), |(_, offset)| *offset);
        naive(at + offset)
    }

    /// The first moment at which the clock on the wall says so. A time that it skips is the one an hour later.
    #[must_use]
    pub fn moment(&self, local: NaiveDateTime) -> Micros {
        self.exactly(local).or_else(|| self.exactly(local + TimeDelta::hours(1))).unwrap_or(micros(local))
    }

    fn exactly(&self, local: NaiveDateTime) -> Option<Micros> {
        let moments = self.spans.iter().map(|(_, offset)| micros(local) - *offset);
        moments.filter(|at| self.local(*at) == local).min()
    }
}

/// From 1970 to the year 9999: whatever is added to a day of these is a day as well.
const CALENDAR: (i64, i64) = (0, 253_402_300_799_999_999);

fn naive(at: Micros) -> NaiveDateTime {
    let at = at.0.clamp(CALENDAR.0, CALENDAR.1);
    DateTime::from_timestamp_micros(at).unwrap_or_default().naive_utc()
}

fn micros(at: NaiveDateTime) -> Micros {
    Micros(at.and_utc().timestamp_micros())
}
