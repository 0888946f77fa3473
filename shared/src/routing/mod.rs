//! Who drives to which stop, and in which order: the input and answer of the route builder, and a simple solver.
//!
//! [`plan_day`] gives every crew a compact territory, orders its stops by nearest neighbour, improves them by 2-opt and
//! Or-opt to a local optimum, and puts in what still fits, urgent orders first. Service to be given back stands at the
//! head of each route, the most urgent first, then by the shortest way. Every order ends up on exactly one route, or is
//! left out with a reason for each crew. Windows, skills and shifts are never broken.
//!
//! Times are whole seconds after the local midnight of the day. The same input gives the same answer.

mod answer;
mod case;
mod day;
mod placing;
mod sequence;
mod territories;
mod travel;

#[cfg(test)]
mod tests;

pub use answer::{DayPlan, LeftOut, PlannedRoute, PlannedStop, Refusal, WhyNot};
pub use day::{BadDay, CrewDay, Day, InitialRoute, MAX_CREWS, MAX_ORDERS, OrderToPlace, Window};
pub use travel::{Basis, Leg, Point, StraightLine, TravelMatrix, TravelTimes};

use case::{Case, Routes};

/// How long a solver may work, counted and not timed, so that the same budget gives the same answer everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Improving moves that may be made in all.
    pub iterations: u64,
    /// Where chance begins, for a solver that rolls dice. This one rolls none.
    pub seed: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { iterations: 100_000, seed: 1 }
    }
}

/// Rounds of "improve, then see what fits now"; most days need two.
const ROUNDS: usize = 6;

/// Plans one day.
///
/// # Errors
/// [`BadDay`] where the input contradicts itself or is beyond the limits.
pub fn plan_day(day: &Day, travel: &dyn TravelTimes, budget: Budget) -> Result<DayPlan, BadDay> {
    day.check()?;
    let case = Case::new(day, travel);
    let mut moves_left = budget.iterations;
    let mut routes = first_routes(&case);
    for _ in 0..ROUNDS {
        sequence::improve_all(&case, &mut routes, &mut moves_left);
        if placing::place_open(&case, &mut routes) == 0 {
            break;
        }
    }
    // Reasons have to be true of the routes as they are handed out. Every pass places more, or more urgent, orders.
    while placing::place_open(&case, &mut routes) > 0 {}
    Ok(answer::answer(&case, &routes))
}

/// What was there before, or else territories in nearest-neighbour order; then what fits beside it.
fn first_routes(case: &Case<'_>) -> Routes {
    let mut routes = case.given_routes();
    if case.day.initial.is_empty() {
        for (crew, members) in territories::territories(case, &routes).into_iter().enumerate() {
            sequence::nearest_neighbour(case, crew, &mut routes.by_crew[crew], &members);
        }
    }
    placing::place_open(case, &mut routes);
    routes
}
