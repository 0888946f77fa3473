//! A span of the utility's days, as reports and files have it.

use super::{ServiceError, utility};
use chrono::NaiveDate;
use curbstop_shared::time::Micros;

/// Days of one report or file: a year, and its leap day. They are read at one moment and held in memory.
const DAYS_MAX: i64 = 366;

/// Days of the utility, both included, the first not after the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The first.
    pub from: NaiveDate,
    /// The last.
    pub to: NaiveDate,
}

impl Days {
    /// These days.
    ///
    /// # Errors
    /// 422 `days_reversed`, `days_too_many`.
    pub fn new(from: NaiveDate, to: NaiveDate) -> Result<Self, ServiceError> {
        if to < from {
            return Err(ServiceError::invalid("days_reversed", "to: lies before from. Swap the two days."));
        }
        if (to - from).num_days() >= DAYS_MAX {
            let detail = format!("to: more than {DAYS_MAX} days after from. Take a year at a time.");
            return Err(ServiceError::invalid("days_too_many", detail));
        }
        Ok(Self { from, to })
    }

    /// Their first moment, and the first moment after them.
    #[must_use]
    pub fn moments(self, zone: chrono_tz::Tz) -> (Micros, Micros) {
        let end = self.to.succ_opt().unwrap_or(self.to);
        (utility::start_of(zone, self.from), utility::start_of(zone, end))
    }

    /// Both as rows have them.
    #[must_use]
    pub fn texts(self) -> (String, String) {
        (self.from.to_string(), self.to.to_string())
    }
}
