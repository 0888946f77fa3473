//! Days that nobody should hand in: a plan or a clear reason, never a panic.
#![expect(clippy::expect_used, reason = "what it says is the test")]

#[expect(clippy::cast_possible_truncation, reason = "small numbers")]
mod judge;

use curbstop_solver::{BadProblem, Break, Crew, Iterations, Order, Problem, Travel, Window, solve};

const ITERATIONS: Iterations = Iterations(200);

fn order(place: u32) -> Order {
    Order { place: Some(place), service: 600, priority: 1, ..Order::default() }
}

fn day(places: usize, orders: Vec<Order>) -> Problem {
    let crew = Crew { shift: Window::new(28_800, 57_600), start: Some(0), end: Some(0), ..Crew::default() };
    let travel = Travel::from_fn(places, |from, to| i32::try_from(from.abs_diff(to)).map_or(-1, |apart| apart * 300));
    Problem { orders, crews: vec![crew], travel, ..Problem::default() }
}

fn left_out(problem: &Problem) -> Vec<u32> {
    let answer = solve(problem, 1, &mut ITERATIONS.clone()).expect("a plan");
    assert_eq!(judge::judge(problem, &answer), Ok(answer.cost.total()));
    answer.left_out
}

fn refused(problem: &Problem) -> BadProblem {
    let refused = solve(problem, 1, &mut ITERATIONS.clone()).expect_err("a reason");
    assert!(refused.to_string().len() > 20, "says what to do: {refused}");
    refused
}

#[test]
fn an_empty_day_is_an_empty_plan() {
    assert_eq!(left_out(&Problem::default()), []);
    assert_eq!(left_out(&day(1, Vec::new())), []);
}

#[test]
fn without_crews_everything_is_left_out() {
    let mut problem = day(3, vec![order(1), order(2)]);
    problem.crews.clear();
    assert_eq!(left_out(&problem), [0, 1]);
}

#[test]
fn all_stops_at_one_place_are_one_drive() {
    let problem = day(2, vec![order(1); 30]);
    let answer = solve(&problem, 1, &mut ITERATIONS.clone()).expect("a plan");
    assert_eq!((answer.left_out.len(), answer.cost.travel), (0, 600));
}

#[test]
fn an_order_without_a_position_is_left_out() {
    let mut nowhere = order(0);
    nowhere.place = None;
    assert_eq!(left_out(&day(2, vec![order(1), nowhere])), [1]);
}

#[test]
fn an_order_at_the_end_of_the_world_is_left_out() {
    // Coordinates of 0/0, or swapped: days away.
    let mut problem = day(3, vec![order(1), order(2)]);
    for pair in [2, 5, 6, 7] {
        problem.travel.seconds[pair] = 500_000;
    }
    assert_eq!(left_out(&problem), [1]);
}

#[test]
fn an_order_without_a_way_is_left_out() {
    let mut problem = day(3, vec![order(1), order(2)]);
    for pair in [2, 5, 6, 7] {
        problem.travel.seconds[pair] = -1;
    }
    assert_eq!(left_out(&problem), [1]);
}

#[test]
fn a_skill_that_no_crew_has_leaves_the_order_out() {
    let mut gas = order(1);
    gas.skills = 4;
    assert_eq!(left_out(&day(2, vec![gas, order(1)])), [0]);
}

#[test]
fn a_window_before_the_shift_leaves_the_order_out() {
    let mut early = order(1);
    early.windows = vec![Window::new(0, 3_600)];
    assert_eq!(left_out(&day(2, vec![early, order(1)])), [0]);
}

#[test]
fn what_contradicts_itself_is_refused_with_a_reason() {
    type Spoil = fn(&mut Problem);
    let spoils: [(Spoil, BadProblem); 11] = [
        (|it| it.orders[0].place = Some(9), BadProblem::UnknownPlace("order 0".to_owned())),
        (|it| it.crews[0].end = Some(9), BadProblem::UnknownPlace("crew 0".to_owned())),
        (|it| it.orders[0].windows = vec![Window::new(9, 1)], BadProblem::BadTime("order 0".to_owned())),
        (|it| it.orders[0].service = -1, BadProblem::BadTime("order 0".to_owned())),
        (|it| it.crews[0].shift = Window::new(-5, 9), BadProblem::BadTime("crew 0".to_owned())),
        (|it| it.orders[0].priority = 0, BadProblem::BadPriority(0)),
        (|it| it.orders[0].demand = vec![-1], BadProblem::BadAmount("order 0".to_owned())),
        (|it| it.orders[0].allowed = Some(vec![3]), BadProblem::UnknownCrew(3)),
        (|it| it.crews[0].initial = vec![1, 1], BadProblem::OrderTwice(1)),
        (|it| it.crews[0].frozen = vec![7], BadProblem::UnknownOrder(7)),
        (|it| it.travel.seconds.truncate(5), BadProblem::MatrixSize { expected: 9, found: 5 }),
    ];
    for (spoil, expected) in spoils {
        let mut problem = day(3, vec![order(1), order(2)]);
        spoil(&mut problem);
        assert_eq!(refused(&problem), expected);
    }
}

#[test]
fn a_break_beyond_the_shift_is_refused() {
    let mut problem = day(2, vec![order(1)]);
    problem.crews[0].breaks = vec![Break { window: Window::new(0, 7_200), duration: 1_800 }];
    assert_eq!(refused(&problem), BadProblem::BreakOutsideShift(0));
}

#[test]
fn a_frozen_head_beyond_the_shift_stays_and_nothing_is_added() {
    let mut problem = day(2, vec![order(1); 3]);
    problem.orders[0].service = 40_000;
    problem.crews[0].frozen = vec![0];
    assert_eq!(left_out(&problem), [1, 2]);
}
