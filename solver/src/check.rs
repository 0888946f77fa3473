//! What a problem may not say, and in which words that is told.

use crate::model::{Crew, MAX_CREWS, MAX_ORDERS, MAX_TIME, Order, Problem, Window};
use std::fmt;

/// Why a day can't be planned at all. Single orders that nobody can do are no such reason: they are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadProblem {
    /// More orders than [`MAX_ORDERS`].
    TooManyOrders(usize),
    /// More crews than [`MAX_CREWS`].
    TooManyCrews(usize),
    /// The matrix hasn't `places * places` entries.
    MatrixSize {
        /// As they should be.
        expected: usize,
        /// As they are.
        found: usize,
    },
    /// A way longer than [`MAX_TIME`].
    MatrixEntry {
        /// Row.
        from: usize,
        /// Column.
        to: usize,
    },
    /// An order, or a crew's start or end, is at a place that the matrix hasn't.
    UnknownPlace(String),
    /// A window or duration that ends before it begins, is negative, or is beyond [`MAX_TIME`].
    BadTime(String),
    /// A priority that is not 1, 2 or 3.
    BadPriority(usize),
    /// A negative demand, capacity or weight, or one with which sums could grow beyond the numbers.
    BadAmount(String),
    /// A route names an order that isn't there.
    UnknownOrder(u32),
    /// An order is named by two routes, or twice by one.
    OrderTwice(u32),
    /// An order allows a crew that isn't there.
    UnknownCrew(u32),
    /// A crew's breaks don't fit into its shift one after the other.
    BreakOutsideShift(usize),
}

impl fmt::Display for BadProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyOrders(count) => write!(f, "{count} orders are more than one plan takes ({MAX_ORDERS})"),
            Self::TooManyCrews(count) => write!(f, "{count} crews are more than one plan takes ({MAX_CREWS})"),
            Self::MatrixSize { expected, found } => {
                write!(f, "the travel times are {found} numbers; for these places they have to be {expected}")
            }
            Self::MatrixEntry { from, to } => {
                write!(f, "the way from place {from} to place {to} is longer than any day")
            }
            Self::UnknownPlace(whose) => write!(f, "{whose} is at a place without travel times"),
            Self::BadTime(whose) => {
                write!(f, "a window or duration of {whose} ends before it begins, or is out of range")
            }
            Self::BadPriority(order) => write!(f, "the priority of order {order} has to be 1, 2 or 3"),
            Self::BadAmount(whose) => write!(f, "an amount of {whose} is negative or out of range"),
            Self::UnknownOrder(order) => write!(f, "a route names order {order}, which is not among the day's orders"),
            Self::OrderTwice(order) => write!(f, "order {order} is on two routes or twice on one"),
            Self::UnknownCrew(crew) => write!(f, "an order allows crew {crew}, which is not among the day's crews"),
            Self::BreakOutsideShift(crew) => write!(f, "the breaks of crew {crew} don't fit into its shift"),
        }
    }
}

impl std::error::Error for BadProblem {}

/// No weight above it: sums over all orders and hours stay far from the end of the numbers.
const MAX_WEIGHT: i64 = 1_000_000_000_000;
const MAX_TRAVEL_WEIGHT: i32 = 10_000;
const MAX_AMOUNT: i32 = 100_000_000;

pub fn check(problem: &Problem) -> Result<(), BadProblem> {
    if problem.orders.len() > MAX_ORDERS {
        return Err(BadProblem::TooManyOrders(problem.orders.len()));
    }
    if problem.crews.len() > MAX_CREWS {
        return Err(BadProblem::TooManyCrews(problem.crews.len()));
    }
    matrix(problem)?;
    weights(problem)?;
    for (number, it) in problem.orders.iter().enumerate() {
        order(problem, number, it)?;
    }
    let mut seen = vec![false; problem.orders.len()];
    for (number, it) in problem.crews.iter().enumerate() {
        crew(problem, number, it)?;
        for stop in it.frozen.iter().chain(&it.initial) {
            let Some(seen) = seen.get_mut(*stop as usize) else { return Err(BadProblem::UnknownOrder(*stop)) };
            if std::mem::replace(seen, true) {
                return Err(BadProblem::OrderTwice(*stop));
            }
        }
    }
    Ok(())
}

fn matrix(problem: &Problem) -> Result<(), BadProblem> {
    let travel = &problem.travel;
    let expected = travel.places.saturating_mul(travel.places);
    let (seconds, metres) = (travel.seconds.len(), travel.metres.len());
    if seconds != expected || (metres != expected && metres != 0) {
        return Err(BadProblem::MatrixSize { expected, found: if seconds == expected { metres } else { seconds } });
    }
    match travel.seconds.iter().chain(&travel.metres).position(|entry| *entry >= MAX_TIME / 2) {
        Some(at) => {
            let at = at % expected;
            Err(BadProblem::MatrixEntry { from: at / travel.places, to: at % travel.places })
        }
        None => Ok(()),
    }
}

fn weights(problem: &Problem) -> Result<(), BadProblem> {
    let it = &problem.weights;
    let large = [it.unserved[0], it.unserved[1], it.unserved[2], it.appointment, it.balance, it.stability];
    let sound = large.iter().all(|weight| (0..=MAX_WEIGHT).contains(weight))
        && [it.second, it.kilometre].iter().all(|weight| (0..=MAX_TRAVEL_WEIGHT).contains(weight));
    if sound { Ok(()) } else { Err(BadProblem::BadAmount("the weights".to_owned())) }
}

fn order(problem: &Problem, number: usize, it: &Order) -> Result<(), BadProblem> {
    let name = || format!("order {number}");
    if it.place.is_some_and(|place| place as usize >= problem.travel.places) {
        return Err(BadProblem::UnknownPlace(name()));
    }
    let ascending = it.windows.windows(2).all(|pair| pair[0].to < pair[1].from);
    if !ascending || !it.windows.iter().all(sound) || !(0..=MAX_TIME).contains(&it.service) {
        return Err(BadProblem::BadTime(name()));
    }
    if !(1..=3).contains(&it.priority) {
        return Err(BadProblem::BadPriority(number));
    }
    if it.demand.iter().any(|amount| !(0..=MAX_AMOUNT).contains(amount)) {
        return Err(BadProblem::BadAmount(name()));
    }
    match it.allowed.iter().flatten().find(|crew| **crew as usize >= problem.crews.len()) {
        Some(crew) => Err(BadProblem::UnknownCrew(*crew)),
        None => Ok(()),
    }
}

fn crew(problem: &Problem, number: usize, it: &Crew) -> Result<(), BadProblem> {
    let name = || format!("crew {number}");
    if [it.start, it.end].iter().flatten().any(|place| *place as usize >= problem.travel.places) {
        return Err(BadProblem::UnknownPlace(name()));
    }
    if !sound(&it.shift) || it.breaks.iter().any(|it| !sound(&it.window) || !(0..=MAX_TIME).contains(&it.duration)) {
        return Err(BadProblem::BadTime(name()));
    }
    if it.capacity.iter().any(|amount| *amount < 0) {
        return Err(BadProblem::BadAmount(name()));
    }
    let mut now = i64::from(it.shift.from);
    for rest in &it.breaks {
        now = now.max(i64::from(rest.window.from));
        if now > i64::from(rest.window.to) {
            return Err(BadProblem::BreakOutsideShift(number));
        }
        now += i64::from(rest.duration);
    }
    if now > i64::from(it.shift.to) { Err(BadProblem::BreakOutsideShift(number)) } else { Ok(()) }
}

fn sound(window: &Window) -> bool {
    0 <= window.from && window.from <= window.to && window.to <= MAX_TIME
}
