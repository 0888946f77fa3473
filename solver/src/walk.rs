//! The head of a route that nothing moves, walked through as it is: too late is too late.

use crate::{
    ground::FAR,
    model::{Order, Problem},
};

/// Where the clock stands behind a list of stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// When the crew drives on from the last stop.
    pub leaves: i32,
    /// Where from; `None` is nowhere.
    pub at: Option<u32>,
    /// Travel and service.
    pub work: i64,
    /// Of them, seconds on the road.
    pub travel: i64,
    /// Metres on the road.
    pub metres: i64,
    /// Each stop's arrival, begin and departure.
    pub times: Vec<[i32; 3]>,
}

impl Walk {
    /// Walks a crew along its frozen stops.
    pub fn along(problem: &Problem, crew: usize, stops: &[u32]) -> Self {
        let it = &problem.crews[crew];
        let times = Vec::with_capacity(stops.len());
        let mut walk = Self { leaves: it.shift.from, at: it.start, work: 0, travel: 0, metres: 0, times };
        for stop in stops {
            let order = &problem.orders[*stop as usize];
            let arrives = later(walk.leaves, walk.drive(problem, order.place));
            let begins = begin_or_late(order, arrives);
            walk.leaves = later(begins, order.service);
            walk.work += i64::from(order.service);
            walk.times.push([arrives, begins, walk.leaves]);
        }
        walk
    }

    /// Drives to a place; seconds that it takes, 0 where nobody knows.
    pub fn drive(&mut self, problem: &Problem, to: Option<u32>) -> i32 {
        let (Some(from), Some(to)) = (self.at, to) else {
            self.at = to.or(self.at);
            return 0;
        };
        let seconds = problem.travel.seconds(from, to).unwrap_or(0);
        self.at = Some(to);
        self.work += i64::from(seconds);
        self.travel += i64::from(seconds);
        self.metres += i64::from(problem.travel.metres(from, to));
        seconds
    }
}

/// Never beyond the end of time.
pub fn later(moment: i32, by: i32) -> i32 {
    moment.saturating_add(by).min(FAR)
}

/// When the work begins: in the first window that is still open, or at once where all are closed.
fn begin_or_late(order: &Order, arrives: i32) -> i32 {
    order.windows.iter().find(|window| arrives <= window.to).map_or(arrives, |window| arrives.max(window.from))
}
