//! What is to be planned: the orders of a day and the crews that are there to do them.

use super::travel::Point;
use crate::ids::{CrewId, OrderId};
use std::collections::BTreeSet;

/// Orders in one day's plan. The matrix of travel times grows with the square: at this size planning takes about 350 MB.
pub const MAX_ORDERS: usize = 3_000;

/// Crews in one day's plan; beyond it somebody has mixed up two lists.
pub const MAX_CREWS: usize = 100;

/// From the first second to the last, both included, after local midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Window {
    /// Not before.
    pub from_s: i64,
    /// Not after.
    pub to_s: i64,
}

/// An order as the planner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderToPlace {
    /// The order.
    pub id: OrderId,
    /// Where it is, if anybody knows. Orders without a position (and without a window) go to the end of a route, in
    /// the order of their addresses.
    pub point: Option<Point>,
    /// Address as it sorts: street, then house number.
    pub address: String,
    /// Time at the stop.
    pub service_s: i64,
    /// When the work may begin; any of them, in ascending order. None: at any time of the shift.
    pub windows: Vec<Window>,
    /// Service to be given back: the head of the route, before everything else, the most urgent first.
    pub gives_back: bool,
    /// 1 is most urgent. A more urgent order takes the place of less urgent ones where the day is too short for all.
    pub priority: i64,
    /// What the crew must be qualified for.
    pub skills: BTreeSet<String>,
    /// Only these crews, if anybody said so.
    pub allowed_crews: Option<BTreeSet<CrewId>>,
    /// The dispatcher's lock: this crew or none.
    pub locked_to: Option<CrewId>,
}

/// A crew's day as the planner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrewDay {
    /// The crew.
    pub id: CrewId,
    /// Where it sets out; unknown costs nothing.
    pub start: Option<Point>,
    /// Where it ends; unknown costs nothing.
    pub end: Option<Point>,
    /// Sets out not before, is back at its end not after.
    pub shift: Window,
    /// What it is qualified for.
    pub skills: BTreeSet<String>,
    /// Stops that were visited or are on the way: they stay first, in this order, whatever they cost.
    pub frozen: Vec<OrderId>,
}

/// A crew's stops as they were before. None of them makes room for an order that is only as urgent as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitialRoute {
    /// The crew.
    pub crew: CrewId,
    /// Its stops after the frozen ones, in order.
    pub orders: Vec<OrderId>,
}

/// One day's work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Day {
    /// What is to be done.
    pub orders: Vec<OrderToPlace>,
    /// Who is there to do it.
    pub crews: Vec<CrewDay>,
    /// Routes to start from; none: from nothing.
    pub initial: Vec<InitialRoute>,
    /// Their stops may go over to other crews; else what fits stays with its crew.
    pub initial_may_move: bool,
}

/// Why a day can't be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadDay {
    /// Too much at once.
    #[error("{0} orders are more than one plan takes ({MAX_ORDERS}); plan fewer listings or areas at a time")]
    TooManyOrders(usize),
    /// Too many crews.
    #[error("{0} crews are more than one plan takes ({MAX_CREWS})")]
    TooManyCrews(usize),
    /// An order named twice, as work or as a stop.
    #[error("order {0} is named twice; name it once")]
    OrderTwice(OrderId),
    /// A crew named twice.
    #[error("crew {0} is named twice; name it once")]
    CrewTwice(CrewId),
    /// A frozen or initial stop that is not among the orders.
    #[error("order {0} is on a route but not among the day's orders")]
    UnknownOrder(OrderId),
    /// An initial route of a crew that is not there.
    #[error("crew {0} has a route but is not among the day's crews")]
    UnknownCrew(CrewId),
    /// A window or shift that ends before it begins, or a negative or absurd duration.
    #[error("a window, shift or duration of {0} ends before it begins or is longer than a week")]
    BadTime(String),
    /// What the solver says against it.
    #[error("{0}")]
    NotSolvable(String),
}

/// No time or duration beyond a week: a day's plan has none, and sums stay far from the end of the numbers.
const WEEK_S: i64 = 7 * 86_400;

impl Day {
    /// Whether the day can be planned at all.
    ///
    /// # Errors
    /// What contradicts itself or is beyond the limits.
    pub fn check(&self) -> Result<(), BadDay> {
        if self.orders.len() > MAX_ORDERS {
            return Err(BadDay::TooManyOrders(self.orders.len()));
        }
        if self.crews.len() > MAX_CREWS {
            return Err(BadDay::TooManyCrews(self.crews.len()));
        }
        let mut orders = BTreeSet::new();
        for order in &self.orders {
            if !orders.insert(order.id) {
                return Err(BadDay::OrderTwice(order.id));
            }
            let ascending = order.windows.windows(2).all(|pair| pair[0].to_s < pair[1].from_s);
            if !(0..=WEEK_S).contains(&order.service_s) || !ascending || !order.windows.iter().all(Window::is_sound) {
                return Err(BadDay::BadTime(format!("order {}", order.id)));
            }
        }
        let mut crews = BTreeSet::new();
        for crew in &self.crews {
            if !crews.insert(crew.id) {
                return Err(BadDay::CrewTwice(crew.id));
            }
            if !crew.shift.is_sound() {
                return Err(BadDay::BadTime(format!("crew {}", crew.id)));
            }
        }
        if let Some(route) = self.initial.iter().find(|route| !crews.contains(&route.crew)) {
            return Err(BadDay::UnknownCrew(route.crew));
        }
        let mut seen = BTreeSet::new();
        let stops = self.crews.iter().flat_map(|crew| &crew.frozen);
        for stop in stops.chain(self.initial.iter().flat_map(|route| &route.orders)) {
            if !orders.contains(stop) {
                return Err(BadDay::UnknownOrder(*stop));
            }
            if !seen.insert(*stop) {
                return Err(BadDay::OrderTwice(*stop));
            }
        }
        Ok(())
    }
}

impl Window {
    fn is_sound(&self) -> bool {
        self.from_s <= self.to_s && (-WEEK_S..=WEEK_S).contains(&self.from_s) && self.to_s <= WEEK_S
    }
}
