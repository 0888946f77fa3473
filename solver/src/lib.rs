//! Who drives to which stop, and in which order: the route solver.
//!
//! [`solve`] takes a [`Problem`] (orders, crews, ways, weights), a seed and a [`Budget`], and gives an [`Answer`]: every
//! order on exactly one route, with its times, or left out. Windows, skills, shifts, breaks and capacities are never
//! broken; beyond that it seeks the least cost by [`Weights`].
//!
//! There is no I/O here, no clock and no chance but the seed's: the same problem, seed and iterations give the same
//! answer everywhere. The caller may run several seeds at once, each on a core of its own, and take the cheapest answer.
//!
//! How it searches, and why so, is told in `docs/decisions/solver.md`.
#![forbid(unsafe_code)]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "indices are u32 and times i32 for speed; `check` refuses whatever would not fit"
)]

mod anneal;
mod answer;
mod budget;
mod chance;
mod check;
mod ground;
mod initial;
mod model;
mod plan;
mod recreate;
mod ruin;
mod running;
mod tails;
mod tour;
mod walk;

pub use anneal::Tuning;
pub use answer::{Answer, Cost, Rest, Route, Visit};
pub use budget::{Budget, Iterations, Progress};
pub use check::BadProblem;
pub use model::{Break, Crew, MAX_CREWS, MAX_ORDERS, MAX_TIME, Order, Problem, Travel, Weights, Window};
pub use ruin::Strings;
pub use running::{Choice, Moved, WhyNot, insertions, why_not};

use chance::Chance;
use ground::Ground;
use plan::Plan;

/// Plans a day.
///
/// # Errors
/// [`BadProblem`] where the problem contradicts itself or is beyond the limits.
pub fn solve(problem: &Problem, seed: u64, budget: &mut dyn Budget) -> Result<Answer, BadProblem> {
    solve_with(problem, Tuning::of(problem), seed, budget)
}

/// Plans a day with other numbers in the search than those that were found best.
///
/// # Errors
/// As [`solve`].
pub fn solve_with(problem: &Problem, tuning: Tuning, seed: u64, budget: &mut dyn Budget) -> Result<Answer, BadProblem> {
    check::check(problem)?;
    let ground = Ground::new(problem, tuning.near);
    let mut plan = Plan::empty(&ground);
    let mut iterations = 0;
    initial::put_initial(problem, &mut plan);
    let mut chance = Chance::new(seed);
    if tour::is_tour(&ground) {
        let first: Vec<u32> = plan.orders(0).collect();
        let orders = tour::search(&ground, &first, &mut chance, budget, &mut iterations);
        plan.set_orders(0, &orders);
    } else {
        anneal::anneal(&mut plan, tuning, &mut chance, budget, &mut iterations);
    }
    Ok(answer::answer(problem, &plan, iterations))
}
