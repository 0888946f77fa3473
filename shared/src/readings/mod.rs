//! Checks on a meter reading at the door: they warn and ask, and never refuse what stands on the dials.
//!
//! Digits stay text, so that leading zeros are kept. Only what can't be a reading at all is refused ([`BadDigits`]).
//! Order of the checks: digits and dials; days; counter going back or over the top; limits; zero use; use on an
//! account that is off.

mod sentences;

use crate::vocabulary::codes;
use chrono::NaiveDate;
use serde::Serialize;

codes! {
    /// Something about a reading that the crew is asked to confirm, with a note.
    ReadingWarning, "reading warning" {
        /// The serial on the meter is not the one on record. Stops the cut, not the record.
        SerialMismatch = "serial_mismatch",
        /// Its day is in the future.
        InTheFuture = "in_the_future",
        /// Its day is before that of the last reading.
        OlderThanLast = "older_than_last",
        /// The counter went over the top.
        Rollover = "rollover",
        /// The counter went back.
        WentBack = "went_back",
        /// Less use than expected.
        Low = "low",
        /// More use than expected.
        High = "high",
        /// No use on an account that is on.
        ZeroUsage = "zero_usage",
        /// Any use on an account that is off: a leak, or somebody turned it on.
        UsageOnOffAccount = "usage_on_off_account",
    }
}

/// Why digits are not a reading. The text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadDigits {
    /// Nothing was typed.
    #[error("type the digits as they stand on the dials, or say why there is no reading")]
    Missing,
    /// Something other than the digits 0 to 9.
    #[error("\"{0}\" is not only digits: type the digits as they stand on the dials")]
    NotDigits(String),
    /// More digits than the meter has dials.
    #[error("{digits} digits, but the meter has {dials} dials: look again")]
    TooMany {
        /// Digits typed.
        digits: usize,
        /// Dials on record.
        dials: usize,
    },
}

/// What is on record about a meter. Limits are in meter units, after the multiplier.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MeterOnRecord {
    /// Digits on its dials; `None` where nobody recorded them.
    pub dials: Option<usize>,
    /// Meter units for one step of the dials; at least 1.
    pub multiplier: i64,
    /// Digits of the last reading.
    pub last: Option<String>,
    /// Its day.
    pub last_on: Option<NaiveDate>,
    /// Least use expected.
    pub low: Option<i64>,
    /// Greatest use expected.
    pub high: Option<i64>,
}

/// Whether the service is meant to be on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// It is: use is expected.
    On,
    /// It is not: none is.
    Off,
}

/// What a reading is checked against beside the meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadingContext {
    /// Whether the service is meant to be on since the last reading.
    pub service: Service,
    /// The day of the reading.
    pub read_on: NaiveDate,
    /// The utility's day.
    pub today: NaiveDate,
}

/// A reading that can be one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Use since the last reading in meter units; `None` where there is no last one or the counter went back.
    pub usage: Option<i64>,
    /// What to confirm, in the order of the checks. Empty: nothing.
    pub warnings: Vec<ReadingWarning>,
}

impl Checked {
    /// The warnings' codes with commas, as the `reading` fact says them; `None` without warnings.
    #[must_use]
    pub fn codes(&self) -> Option<String> {
        let codes: Vec<_> = self.warnings.iter().map(|warning| warning.code()).collect();
        (!codes.is_empty()).then(|| codes.join(","))
    }
}

/// Most digits that a reading may have; no meter made has more.
pub const MAX_DIGITS: usize = 12;

/// A counter goes over the top only from its last tenth. Before that it went back, or was misread.
const TOP_BAND: i128 = 10;

/// Checks a reading.
///
/// # Errors
/// [`BadDigits`] where it can't be a reading of this meter at all. A truthful reading always passes, with warnings.
pub fn check(digits: &str, meter: &MeterOnRecord, context: &ReadingContext) -> Result<Checked, BadDigits> {
    let current = count(digits, meter)?;
    let mut warnings = Vec::new();
    if context.read_on > context.today {
        warnings.push(ReadingWarning::InTheFuture);
    }
    if meter.last_on.is_some_and(|last| context.read_on < last) {
        warnings.push(ReadingWarning::OlderThanLast);
    }
    let Some(usage) = usage(digits, current, meter, &mut warnings) else {
        return Ok(Checked { usage: None, warnings });
    };
    let off = context.service == Service::Off;
    if usage == 0 && !off {
        warnings.push(ReadingWarning::ZeroUsage);
    } else if meter.low.is_some_and(|low| usage < i128::from(low)) && !off {
        warnings.push(ReadingWarning::Low);
    }
    if meter.high.is_some_and(|high| usage > i128::from(high)) {
        warnings.push(ReadingWarning::High);
    }
    if usage > 0 && off {
        warnings.push(ReadingWarning::UsageOnOffAccount);
    }
    // Twelve digits times any multiplier on record may pass 64 bits only where the record is nonsense.
    Ok(Checked { usage: i64::try_from(usage).ok(), warnings })
}

fn count(digits: &str, meter: &MeterOnRecord) -> Result<i128, BadDigits> {
    if digits.is_empty() {
        return Err(BadDigits::Missing);
    }
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(BadDigits::NotDigits(digits.chars().take(20).collect()));
    }
    let dials = meter.dials.unwrap_or(MAX_DIGITS).min(MAX_DIGITS);
    if digits.len() > dials {
        return Err(BadDigits::TooMany { digits: digits.len(), dials });
    }
    digits.parse().map_err(|_| BadDigits::NotDigits(digits.to_owned()))
}

/// Use in meter units since the last reading, over the top of the counter where that is what happened.
fn usage(digits: &str, current: i128, meter: &MeterOnRecord, warnings: &mut Vec<ReadingWarning>) -> Option<i128> {
    // A last reading on record that is none (letters, too long) can't be compared with.
    let last_digits = meter.last.as_deref().filter(|last| last.len() <= MAX_DIGITS)?;
    let last = count(last_digits, &MeterOnRecord::default()).ok()?;
    let multiplier = i128::from(meter.multiplier.max(1));
    if current >= last {
        return Some((current - last) * multiplier);
    }
    let dials = meter.dials.unwrap_or(0).max(last_digits.len()).max(digits.len()).min(MAX_DIGITS);
    let top = (0..dials).fold(1_i128, |top, _| top * 10);
    let over = top - last + current;
    let from_the_top = last >= top - top / TOP_BAND;
    let believable = meter.high.map_or(over <= top / TOP_BAND, |high| over * multiplier <= i128::from(high));
    if from_the_top && believable {
        warnings.push(ReadingWarning::Rollover);
        Some(over * multiplier)
    } else {
        warnings.push(ReadingWarning::WentBack);
        None
    }
}
