//! The plan as it is handed out: each crew's stops with their times, and what is left out.

use crate::{
    ground::{BREAK, penalty},
    model::{Break, Problem},
    plan::{Plan, balance},
    walk::{Walk, later},
};

/// One day's routes. Every order is on exactly one of them, or left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// One for each crew, in the crews' order.
    pub routes: Vec<Route>,
    /// Orders on no route, ascending.
    pub left_out: Vec<u32>,
    /// What it costs by [`crate::Weights`].
    pub cost: Cost,
    /// Rounds of the search.
    pub iterations: u64,
}

/// One crew's day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Route {
    /// Its stops in order, the frozen ones first.
    pub visits: Vec<Visit>,
    /// Its breaks in order.
    pub rests: Vec<Rest>,
    /// Seconds on the road, from its start to its end; 0 where it has nothing to do.
    pub travel: i64,
    /// Metres on the road.
    pub metres: i64,
    /// Seconds on the road and at stops.
    pub work: i64,
    /// When it is at its end.
    pub ends: i32,
}

/// One stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// The order.
    pub order: u32,
    /// The crew is there.
    pub arrives: i32,
    /// The work begins; later than the arrival where a window is not open yet.
    pub begins: i32,
    /// The crew drives on, or rests.
    pub leaves: i32,
}

/// One break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// So many stops come before it.
    pub behind: usize,
    /// When it begins.
    pub begins: i32,
    /// When it ends.
    pub ends: i32,
}

/// What a plan costs, part by part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Orders left out.
    pub unserved: i64,
    /// Ways.
    pub travel: i64,
    /// Uneven days.
    pub balance: i64,
    /// Orders that changed crews.
    pub stability: i64,
}

impl Cost {
    /// All parts together.
    #[must_use]
    pub const fn total(&self) -> i64 {
        self.unserved + self.travel + self.balance + self.stability
    }
}

/// An entry of a route behind its frozen head.
#[derive(Debug, Clone, Copy)]
pub enum Entry {
    Order(u32),
    Break(Break),
}

/// Writes a plan out.
pub fn answer(problem: &Problem, plan: &Plan<'_>, iterations: u64) -> Answer {
    let ground = plan.ground;
    let mut routes: Vec<Route> = vec![Route::default(); problem.crews.len()];
    for (number, crew) in problem.crews.iter().enumerate().filter(|(_, crew)| crew.locked) {
        routes[number] = timed(problem, number, &with_breaks(problem, number, &crew.initial));
    }
    for (truck, it) in ground.trucks.iter().enumerate() {
        let stops = &plan.routes[truck];
        let entries: Vec<Entry> = stops[1..stops.len() - 1]
            .iter()
            .map(|stop| match stop.node.checked_sub(BREAK) {
                Some(number) => Entry::Break(ground.breaks[number as usize]),
                None => Entry::Order(ground.order[stop.node as usize]),
            })
            .collect();
        routes[it.crew as usize] = timed(problem, it.crew as usize, &entries);
    }
    let mut left_out = vec![true; problem.orders.len()];
    for visit in routes.iter().flat_map(|route| &route.visits) {
        left_out[visit.order as usize] = false;
    }
    let left_out: Vec<u32> = (0..problem.orders.len() as u32).filter(|order| left_out[*order as usize]).collect();
    let cost = cost(problem, &routes, &left_out);
    Answer { routes, left_out, cost, iterations }
}

/// Stops in a given order, and the breaks where they are due: before the first stop that would end after a break's last
/// moment, or behind the last. What lies behind the crew's frozen stops is not taken any more.
pub fn with_breaks(problem: &Problem, crew: usize, stops: &[u32]) -> Vec<Entry> {
    let it = &problem.crews[crew];
    let mut walk = Walk::along(problem, crew, &it.frozen);
    let since = walk.leaves;
    let mut breaks = it.breaks.iter().filter(|rest| since <= rest.window.to).peekable();
    let mut entries = Vec::new();
    let mut now = walk.leaves;
    for stop in stops {
        let order = &problem.orders[*stop as usize];
        let ends = |now: i32, mut walk: Walk| {
            let arrives = later(now, walk.drive(problem, order.place));
            let open = order.windows.iter().find(|window| arrives <= window.to);
            later(open.map_or(arrives, |window| arrives.max(window.from)), order.service)
        };
        while let Some(rest) = breaks.next_if(|rest| ends(now, walk.clone()) > rest.window.to) {
            entries.push(Entry::Break(*rest));
            now = later(now.max(rest.window.from), rest.duration);
        }
        now = ends(now, walk.clone());
        walk.drive(problem, order.place);
        entries.push(Entry::Order(*stop));
    }
    entries.extend(breaks.map(|rest| Entry::Break(*rest)));
    entries
}

/// Times a crew's day: its frozen stops as they are, then these entries.
pub fn timed(problem: &Problem, number: usize, entries: &[Entry]) -> Route {
    let crew = &problem.crews[number];
    let mut walk = Walk::along(problem, number, &crew.frozen);
    let mut route = Route::default();
    for (order, times) in crew.frozen.iter().zip(&walk.times) {
        route.visits.push(Visit { order: *order, arrives: times[0], begins: times[1], leaves: times[2] });
    }
    let has_work = !route.visits.is_empty() || entries.iter().any(|entry| matches!(entry, Entry::Order(_)));
    if !has_work {
        route.ends = crew.shift.from;
        return route;
    }
    let mut now = walk.leaves;
    for entry in entries {
        match entry {
            Entry::Order(order) => {
                let it = &problem.orders[*order as usize];
                let arrives = later(now, walk.drive(problem, it.place));
                let open = it.windows.iter().find(|window| arrives <= window.to);
                let begins = open.map_or(arrives, |window| arrives.max(window.from));
                now = later(begins, it.service);
                walk.work += i64::from(it.service);
                route.visits.push(Visit { order: *order, arrives, begins, leaves: now });
            }
            Entry::Break(rest) => {
                let begins = now.max(rest.window.from);
                now = later(begins, rest.duration);
                route.rests.push(Rest { behind: route.visits.len(), begins, ends: now });
            }
        }
    }
    route.ends = later(now, walk.drive(problem, crew.end));
    (route.travel, route.metres, route.work) = (walk.travel, walk.metres, walk.work);
    route
}

fn cost(problem: &Problem, routes: &[Route], left_out: &[u32]) -> Cost {
    let weights = &problem.weights;
    let unserved = left_out.iter().map(|order| penalty(problem, &problem.orders[*order as usize])).sum();
    let mut cost = Cost { unserved, ..Cost::default() };
    for (crew, route) in problem.crews.iter().zip(routes) {
        cost.travel += route.travel * i64::from(weights.second) + route.metres * i64::from(weights.kilometre) / 1_000;
        cost.balance += balance(weights.balance, route.work);
        let held = crew.frozen.len() + if crew.locked { crew.initial.len() } else { 0 };
        let moved = route.visits.iter().skip(held).filter(|visit| {
            !crew.initial.contains(&visit.order)
                && problem.crews.iter().any(|other| !other.locked && other.initial.contains(&visit.order))
        });
        cost.stability += weights.stability * moved.count() as i64;
    }
    cost
}
