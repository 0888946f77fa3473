//! Who drives to which stop, and in which order: the input and answer of the route builder.
//!
//! [`plan_day`] hands the day to the route solver (`curbstop-solver`), puts in what still fits beside its routes, urgent
//! orders first, and says why the rest is left out. Service to be given back stands at the head of each route, the most
//! urgent first, then by the shortest way; stops that nobody has a position for stand at the end, by address. Every order
//! ends up on exactly one route, or is left out with a reason for each crew. Windows, skills and shifts are never broken.
//!
//! Times are whole seconds after the local midnight of the day. The same input, seed and rounds give the same answer.

mod answer;
mod case;
mod day;
mod placing;
mod searching;
mod travel;
mod why_here;

#[cfg(test)]
mod tests;

pub use answer::{DayPlan, LeftOut, PlannedRoute, PlannedStop, Refusal, WhyNot};
pub use curbstop_solver::{Budget as Patience, Progress};
pub use day::{BadDay, CrewDay, Day, InitialRoute, MAX_CREWS, MAX_ORDERS, OrderToPlace, Window};
pub use travel::{Basis, Leg, Point, StraightLine, TravelMatrix, TravelTimes};
pub use why_here::WhyHere;

use case::Case;

/// How long the search may go on, counted and not timed, so that the same budget gives the same answer everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Rounds of the search.
    pub iterations: u64,
    /// Where chance begins.
    pub seed: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { iterations: 5_000, seed: 1 }
    }
}

/// Plans one day in so many rounds.
///
/// # Errors
/// [`BadDay`] where the input contradicts itself or is beyond the limits.
pub fn plan_day(day: &Day, travel: &dyn TravelTimes, budget: Budget) -> Result<DayPlan, BadDay> {
    plan_day_until(day, travel, budget.seed, &mut curbstop_solver::Iterations(budget.iterations))
}

/// Plans one day until somebody's patience is used up. Whoever has a clock says so, or whoever wants no better plan than
/// the best so far: that is what is answered.
///
/// # Errors
/// As [`plan_day`].
pub fn plan_day_until(
    day: &Day,
    travel: &dyn TravelTimes,
    seed: u64,
    patience: &mut dyn Patience,
) -> Result<DayPlan, BadDay> {
    day.check()?;
    let case = Case::new(day, travel);
    let mut routes = searching::search(&case, seed, patience)?;
    placing::place_all(&case, &mut routes);
    if (0..day.orders.len()).any(|order| case.stands(order)) {
        // Where a leg is a guess, a route may fit as a whole and not stop by stop, as the search takes it up.
        let mut as_before = case.given_routes();
        placing::place_all(&case, &mut as_before);
        if placing::lost(&case, &as_before) < placing::lost(&case, &routes) {
            routes = as_before;
        }
    }
    Ok(answer::answer(&case, &routes))
}
