//! Which payments are not in a listing's balances yet: those since the billing system ran it. Where it doesn't say
//! when it was run, or a payment doesn't say at what time it was made, a payment that may be missing stops the cut
//! all the same, and the office is told.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use curbstop_shared::time::Micros;

/// From when on payments count for what a listing asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoneySince {
    /// From this moment on no payment is in the balances.
    pub surely: Micros,
    /// From this moment on a payment may be missing in them.
    pub perhaps: Micros,
    /// Only payments whose time nobody wrote down (they stand at the day's beginning) may be.
    only_without_time: bool,
}

/// What an account paid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Paid {
    /// Surely not in the balance, in minor units.
    pub surely_minor: i64,
    /// The same with what is perhaps in it.
    pub perhaps_minor: i64,
}

impl MoneySince {
    /// Everything from a moment on, and nothing before it.
    #[must_use]
    pub const fn moment(at: Micros) -> Self {
        Self { surely: at, perhaps: at, only_without_time: false }
    }

    /// Since a listing was run. `start_of` is the first moment of a day, `run` what the listing's heading prints of
    /// its run (day and moment), `as_of` the day of the cut.
    ///
    /// A listing that doesn't say is taken to be run at any time since the last working day before its own began:
    /// it is printed on Friday evening for Monday.
    #[must_use]
    pub fn run(
        start_of: impl Fn(NaiveDate) -> Micros,
        run: Option<(NaiveDate, Option<Micros>)>,
        as_of: NaiveDate,
    ) -> Self {
        match run {
            Some((on, Some(at))) => Self { surely: at, perhaps: start_of(on), only_without_time: true },
            Some((on, None)) => {
                Self { surely: start_of(on + Days::new(1)), perhaps: start_of(on), only_without_time: false }
            }
            None => {
                let before = working_day_before(as_of);
                Self { surely: start_of(as_of), perhaps: start_of(before), only_without_time: false }
            }
        }
    }

    /// The listing was there by this moment: it was run before.
    #[must_use]
    pub fn there_by(self, at: Micros) -> Self {
        Self { surely: self.surely.min(at), ..self }
    }

    fn may_be_missing(&self, at: Micros) -> bool {
        at < self.surely && if self.only_without_time { at == self.perhaps } else { at >= self.perhaps }
    }

    /// What was paid and is still paid: what was taken back is taken off.
    #[must_use]
    pub fn sum(&self, payments: impl IntoIterator<Item = (Micros, i64)>) -> Paid {
        let (mut surely_minor, mut doubtful_minor) = (0_i64, 0_i64);
        for (at, amount) in payments {
            if at >= self.surely {
                surely_minor = surely_minor.saturating_add(amount);
            } else if self.may_be_missing(at) {
                doubtful_minor = doubtful_minor.saturating_add(amount);
            }
        }
        // A doubtful charge-back takes nothing away: in doubt it is in the balance.
        Paid { surely_minor, perhaps_minor: surely_minor.saturating_add(doubtful_minor.max(0)) }
    }

    /// The most that was paid at any moment. What reached the past due once and was taken back later causes no cut
    /// today (a reversal never does): the account is eligible for the next listing.
    #[must_use]
    pub fn most(&self, payments: &[(Micros, i64)]) -> Paid {
        let most = |counts: &dyn Fn(Micros) -> bool| {
            let mut counted: Vec<(Micros, i64)> = payments.iter().copied().filter(|(at, _)| counts(*at)).collect();
            // Where both have the same time, a payment comes before what takes it back.
            counted.sort_by_key(|(at, amount)| (*at, std::cmp::Reverse(*amount)));
            let sums = counted.iter().scan(0_i64, |sum, (_, amount)| {
                *sum = sum.saturating_add(*amount);
                Some(*sum)
            });
            sums.max().unwrap_or_default().max(0)
        };
        let surely_minor = most(&|at| at >= self.surely);
        let perhaps_minor = most(&|at| at >= self.surely || self.may_be_missing(at));
        Paid { surely_minor, perhaps_minor: perhaps_minor.max(surely_minor) }
    }
}

/// Nobody reads a bill or answers a telephone then. Holidays are not known here.
pub(super) fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

pub(super) fn working_day_before(day: NaiveDate) -> NaiveDate {
    (1..=3).map(|back| day - Days::new(back)).find(|day| !is_weekend(*day)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn start(day: NaiveDate) -> Micros {
        Micros(day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros())
    }

    fn at(text: &str, hour: i64) -> Micros {
        Micros(start(day(text)).0 + hour * HOUR)
    }

    fn paid(since: MoneySince, payments: &[(Micros, i64)]) -> (i64, i64) {
        let paid = since.most(payments);
        assert_eq!(since.sum(payments.iter().copied()), paid);
        (paid.surely_minor, paid.perhaps_minor)
    }

    #[test]
    fn what_is_paid_on_the_evening_after_the_run_is_not_in_the_balance() {
        let run = (day("2026-10-13"), Some(at("2026-10-13", 16)));
        let since = MoneySince::run(start, Some(run), day("2026-10-14"));
        assert_eq!(paid(since, &[(at("2026-10-13", 20), 8_640)]), (8_640, 8_640));
        assert_eq!(paid(since, &[(at("2026-10-13", 10), 8_640)]), (0, 0), "billing had it when it ran the listing");
        assert_eq!(paid(since, &[(at("2026-10-13", 0), 8_640)]), (0, 8_640), "a journal without times");
        assert_eq!(paid(since, &[(at("2026-10-12", 0), 8_640)]), (0, 0));
    }

    #[test]
    fn a_listing_that_does_not_say_when_it_was_run_is_doubted_back_to_the_last_working_day() {
        // The 16th of November is a Monday.
        let since = MoneySince::run(start, None, day("2026-11-16"));
        assert_eq!(paid(since, &[(at("2026-11-16", 8), 8_640)]), (8_640, 8_640));
        for evening in ["2026-11-13", "2026-11-14", "2026-11-15"] {
            assert_eq!(paid(since, &[(at(evening, 20), 8_640)]), (0, 8_640), "{evening}");
        }
        assert_eq!(paid(since, &[(at("2026-11-12", 20), 8_640)]), (0, 0));
        let by_day = MoneySince::run(start, Some((day("2026-11-13"), None)), day("2026-11-16"));
        assert_eq!(paid(by_day, &[(at("2026-11-13", 20), 8_640)]), (0, 8_640));
        assert_eq!(paid(by_day, &[(at("2026-11-14", 9), 8_640)]), (8_640, 8_640));
    }

    #[test]
    fn what_was_paid_and_taken_back_again_stops_today_s_cut_all_the_same() {
        let most = |payments: &[(Micros, i64)]| MoneySince::moment(Micros(100)).most(payments).surely_minor;
        let at = Micros;
        assert_eq!(most(&[(at(100), 5_000), (at(300), 3_640)]), 8_640);
        assert_eq!(most(&[(at(200), 8_640), (at(300), -8_640)]), 8_640);
        assert_eq!(most(&[(at(200), -8_640), (at(200), 8_640)]), 8_640);
        assert_eq!(most(&[(at(99), 8_640)]), 0);
        assert_eq!(most(&[(at(150), -2_000)]), 0);
    }

    #[test]
    fn a_doubtful_charge_back_makes_nobody_owe_more() {
        let since = MoneySince::run(start, None, day("2026-11-16"));
        let payments = [(at("2026-11-15", 9), -8_640), (at("2026-11-16", 9), 8_640)];
        assert_eq!(since.sum(payments), Paid { surely_minor: 8_640, perhaps_minor: 8_640 });
    }
}
