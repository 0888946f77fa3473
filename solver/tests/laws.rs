//! What holds of every answer, over random days with every feature at once.

#[expect(clippy::cast_possible_truncation, reason = "small numbers")]
mod judge;
#[expect(clippy::cast_possible_truncation, reason = "small numbers")]
mod random_day;

use curbstop_solver::{Iterations, Problem, Window, solve};
use judge::judge;
use proptest::prelude::*;
use random_day::{problem, with_head};

/// A day on which little is left out, with crews from one yard: they may exchange whatever has room with the other one.
fn from_one_yard() -> impl Strategy<Value = Problem> {
    problem().prop_map(|mut problem| {
        let all: i32 = problem.orders.iter().filter_map(|order| order.demand.first()).sum();
        let most = all / i32::try_from(problem.crews.len()).unwrap_or(1) + 4;
        for order in &mut problem.orders {
            order.demand.truncate(1);
            order.place = order.place.or(Some(0));
        }
        for crew in &mut problem.crews {
            crew.shift = Window::new(6 * 3_600, 22 * 3_600);
            crew.end = Some(0);
            crew.breaks.clear();
            crew.capacity = vec![most];
        }
        problem
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_breaks_no_law(problem in problem(), seed: u64) {
        let answer = solve(&problem, seed, &mut Iterations(300));
        let answer = answer.map_err(|error| TestCaseError::fail(format!("{error}")))?;
        prop_assert_eq!(judge(&problem, &answer), Ok(answer.cost.total()));
    }

    #[test]
    fn crews_that_exchange_tails_break_no_law(problem in from_one_yard(), seed: u64) {
        let answer = solve(&problem, seed, &mut Iterations(300));
        let answer = answer.map_err(|error| TestCaseError::fail(format!("{error}")))?;
        prop_assert_eq!(judge(&problem, &answer), Ok(answer.cost.total()));
    }

    #[test]
    fn the_same_seed_gives_the_same_answer(problem in problem(), seed: u64) {
        prop_assert_eq!(solve(&problem, seed, &mut Iterations(200)), solve(&problem, seed, &mut Iterations(200)));
    }

    #[test]
    fn more_iterations_never_begin_worse(problem in problem(), seed: u64) {
        let cost = |iterations| solve(&problem, seed, &mut Iterations(iterations)).map(|answer| answer.cost.total());
        let (first, later) = (cost(0), cost(300));
        prop_assert!(later.clone().ok() <= first.clone().ok(), "{later:?} {first:?}");
    }

    /// A day that has begun: what is visited or locked stays as it is, and the rest may move.
    #[test]
    fn frozen_and_locked_never_move((problem, frozen) in with_head(), seed: u64) {
        let answer = solve(&problem, seed, &mut Iterations(300));
        let answer = answer.map_err(|error| TestCaseError::fail(format!("{error}")))?;
        prop_assert_eq!(judge(&problem, &answer), Ok(answer.cost.total()));
        for (crew, head) in frozen.iter().enumerate() {
            let visits: Vec<u32> = answer.routes[crew].visits.iter().map(|visit| visit.order).collect();
            prop_assert!(visits.starts_with(head), "crew {}: {:?} {:?}", crew, head, visits);
        }
    }
}
