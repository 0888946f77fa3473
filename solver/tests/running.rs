//! One more order in a day that has begun: choices that hold, and reasons that are true.

#[expect(clippy::cast_possible_truncation, reason = "small numbers")]
mod random_day;

use curbstop_solver::{Iterations, Problem, WhyNot, insertions, solve, why_not};
use proptest::prelude::*;
use random_day::with_head;

/// A day as it was planned, with an order that is on no route; `None` where all are on one.
fn with_one_left_out(mut problem: Problem, held: &[Vec<u32>]) -> Option<(Problem, u32)> {
    let answer = solve(&problem, 3, &mut Iterations(30)).ok()?;
    for (number, crew) in problem.crews.iter_mut().enumerate().filter(|(_, crew)| !crew.locked) {
        let visits = answer.routes[number].visits.iter().map(|visit| visit.order);
        crew.initial = visits.skip(held[number].len()).collect();
    }
    let order = *answer.left_out.first()?;
    Some((problem, order))
}

/// The day with only the named reason taken away.
fn relaxed(problem: &Problem, order: u32, crew: usize, why: WhyNot) -> Option<Problem> {
    let mut relaxed = problem.clone();
    let (it, them) = (&mut relaxed.orders[order as usize], &mut relaxed.crews[crew]);
    match why {
        WhyNot::Skill(missing) => them.skills |= missing,
        WhyNot::NotAllowed => it.allowed = None,
        WhyNot::Locked => them.locked = false,
        WhyNot::MaxOrders => them.max_orders = None,
        WhyNot::Capacity { dimension, by } => them.capacity[dimension] += i32::try_from(by).ok()?,
        WhyNot::Window { late_by } => it.windows.last_mut()?.to += i32::try_from(late_by).ok()?,
        WhyNot::ShiftTooShort { over_by } | WhyNot::ShiftFull { over_by, .. } => {
            them.shift.to += i32::try_from(over_by).ok()?;
        }
        WhyNot::NoPosition | WhyNot::NoWay | WhyNot::WindowsFull { .. } | WhyNot::Fits => return None,
    }
    Some(relaxed)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_choice_holds_and_says_whom_it_moves((problem, held) in with_head()) {
        let Some((problem, order)) = with_one_left_out(problem, &held) else { return Ok(()) };
        let before = solve(&problem, 1, &mut Iterations(0)).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let choices = insertions(&problem, order, 3).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert!(choices.len() <= 3);
        for choice in choices {
            let crew = choice.crew as usize;
            prop_assert!(!problem.crews[crew].locked && choice.behind >= problem.crews[crew].frozen.len());
            let mut after = problem.clone();
            after.crews[crew].initial.insert(choice.behind - problem.crews[crew].frozen.len(), order);
            // Locked, so that it is taken as it is and only timed.
            after.crews.iter_mut().for_each(|crew| crew.locked = true);
            let after = solve(&after, 1, &mut Iterations(0)).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(after.routes[crew].visits[choice.behind].arrives, choice.arrives);
            let new = &after.routes[crew];
            prop_assert!(i64::from(new.ends) <= i64::from(problem.crews[crew].shift.to.max(before.routes[crew].ends)));
            for moved in choice.moved {
                let is = new.visits.iter().find(|visit| visit.order == moved.order).map(|visit| visit.arrives);
                prop_assert_eq!(is, Some(moved.is));
            }
        }
    }

    /// Whoever takes the named reason away finds that the order fits, or meets the next reason, never the same.
    #[test]
    fn a_reason_is_the_reason((problem, held) in with_head()) {
        let Some((problem, order)) = with_one_left_out(problem, &held) else { return Ok(()) };
        let reasons = why_not(&problem, order).map_err(|error| TestCaseError::fail(error.to_string()))?;
        for (crew, why) in reasons.into_iter().enumerate() {
            let Some(relaxed) = relaxed(&problem, order, crew, why) else { continue };
            let next = why_not(&relaxed, order).map_err(|error| TestCaseError::fail(error.to_string()))?[crew];
            // A truck may be full in two dimensions; every other reason is gone for good.
            let is_capacity = matches!(why, WhyNot::Capacity { .. });
            let is_same_kind = std::mem::discriminant(&next) == std::mem::discriminant(&why);
            prop_assert!(next != why && (is_capacity || !is_same_kind), "{:?} {:?}", why, next);
            if let WhyNot::ShiftFull { .. } = why {
                prop_assert_eq!(next, WhyNot::Fits);
            }
        }
    }
}
