//! What holds for the whole utility: its day, its policy.

use super::recording::Folding;
use crate::{
    config::{Config, PERMIT_MINUTES},
    planning::money_since::MoneySince,
    state::AppState,
    store::{StoreError, listings::Listing},
};
use chrono::{NaiveDate, Offset, TimeZone};
use curbstop_shared::{
    disposition::DispositionPolicy,
    policy::Subject,
    reconnect_clock::ReconnectClock,
    time::{Micros, Span},
};
use std::sync::Arc;

/// The utility's day at a moment.
#[must_use]
pub fn day(zone: chrono_tz::Tz, at: Micros) -> NaiveDate {
    chrono::DateTime::from_timestamp_micros(at.0)
        .map_or(NaiveDate::MIN, |moment| zone.from_utc_datetime(&moment.naive_utc()).date_naive())
}

/// How far east of UTC the utility is at a moment.
#[must_use]
pub fn utc_offset(zone: chrono_tz::Tz, at: Micros) -> Span {
    chrono::DateTime::from_timestamp_micros(at.0).map_or(Span(0), |moment| {
        Span::seconds(i64::from(zone.offset_from_utc_datetime(&moment.naive_utc()).fix().local_minus_utc()))
    })
}

/// What folding an order needs to know, at a moment.
#[must_use]
pub fn folding(state: &AppState, now: Micros) -> Folding {
    let zone = state.config.time_zone;
    Folding {
        policy: DispositionPolicy {
            clock_uncertainty: Span::seconds(state.config.clock_uncertainty_s),
            permit_age_max: Span::minutes(state.config.permit_minutes.unwrap_or(PERMIT_MINUTES)),
            utc_offset: utc_offset(zone, now),
            ..DispositionPolicy::default()
        },
        today: day(zone, now),
        deadlines: Deadlines(state.config.clone()),
        zone,
    }
}

/// By when somebody who is released has to be back on: as somebody has set it, else by the utility's rules.
#[derive(Debug, Clone)]
pub struct Deadlines(Arc<Config>);

impl Deadlines {
    /// The latest moment for what was called for at a moment. Where nobody and no rule says anything it is a day later.
    #[must_use]
    pub fn back_on(&self, asked: &Subject, called_at: Micros) -> Micros {
        let Self(config) = self;
        let zone = config.time_zone;
        match config.reconnect_clock {
            Some(clock) => clock.due(&zone, called_at),
            // Reading a pack takes a while: most of what is folded calls for nothing.
            None => {
                let ruled = config.policy().reconnect_due(asked, called_at, &config.wall()).map(|due| due.value);
                ruled.unwrap_or_else(|| ReconnectClock::default().due(&zone, called_at))
            }
        }
    }
}

/// Which payments are not in a listing's balances yet.
///
/// # Errors
/// When a day of the listing does not read.
pub fn money_since(state: &AppState, listing: &Listing) -> Result<MoneySince, StoreError> {
    let day = |column, text: &str| {
        text.parse::<NaiveDate>().map_err(|e| StoreError::inconsistent("listings", column, listing.id, e))
    };
    let as_of = day("as_of", &listing.as_of)?;
    let run_on = listing.run_on.as_deref().map(|text| day("run_on", text)).transpose()?;
    let run = run_on.map(|on| (on, listing.run_at_us.map(Micros)));
    let since = MoneySince::run(|day| start_of(state.config.time_zone, day), run, as_of);
    Ok(since.there_by(Micros(listing.created_at_us)))
}

/// The first moment of one of the utility's days. Where the clocks skip midnight, the first one that exists.
#[must_use]
pub fn start_of(zone: chrono_tz::Tz, day: NaiveDate) -> Micros {
    (0..4)
        .filter_map(|hour| day.and_hms_opt(hour, 0, 0))
        .find_map(|at| zone.from_local_datetime(&at).earliest())
        .map_or(Micros(0), |at| Micros(at.timestamp_micros()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_the_utilitys_midnight_also_when_clocks_change() {
        let zone = chrono_tz::America::Denver;
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (date, utc) in [("2026-11-01", "2026-11-01T06:00:00Z"), ("2026-11-02", "2026-11-02T07:00:00Z")] {
            let at = chrono::DateTime::parse_from_rfc3339(utc).unwrap().timestamp_micros();
            assert_eq!(start_of(zone, day(date)), Micros(at));
            assert_eq!(super::day(zone, Micros(at)), day(date));
            assert_eq!(super::day(zone, Micros(at - 1)), day(date).pred_opt().unwrap());
        }
        // Midnight itself did not exist in Asuncion on that day.
        let skipped = start_of(chrono_tz::America::Asuncion, day("2023-10-01"));
        assert_eq!(super::day(chrono_tz::America::Asuncion, skipped), day("2023-10-01"));
    }
}
