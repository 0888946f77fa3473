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

    /// What the clock on the wall says; one of a moment that no calendar has stands at the calendar's beginning.
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

fn naive(at: Micros) -> NaiveDateTime {
    DateTime::from_timestamp_micros(at.0).map_or(NaiveDateTime::MIN, |at| at.naive_utc())
}

fn micros(at: NaiveDateTime) -> Micros {
    Micros(at.and_utc().timestamp_micros())
}
