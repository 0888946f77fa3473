//! One more order in a day that has begun: where it disturbs least, and why a crew can't take it.
//!
//! Nothing changes crew, nothing is dropped, nothing frozen or locked moves, and one arc of one route is broken. A route
//! that is late already may stay as late as it is.

use crate::{
    answer::{Route, timed, with_breaks},
    check::{BadProblem, check},
    ground::may,
    model::{Order, Problem},
};

/// One place for an order, and whom it moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The crew.
    pub crew: u32,
    /// So many of its stops come before, frozen ones counted.
    pub behind: usize,
    /// When the crew is there.
    pub arrives: i32,
    /// Seconds on the road more.
    pub more_travel: i64,
    /// The stops that are reached at another time, in order.
    pub moved: Vec<Moved>,
}

/// A stop that is reached at another time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The order.
    pub order: u32,
    /// Arrival before.
    pub was: i32,
    /// Arrival with the new order.
    pub is: i32,
}

/// Why one crew can't take one order, the day being as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyNot {
    /// Nobody knows where it is.
    NoPosition,
    /// Nobody knows a way there from any place of its route, or on from there.
    NoWay,
    /// The crew lacks these qualifications, one bit each.
    Skill(u64),
    /// The crew is not among those allowed.
    NotAllowed,
    /// The crew's route is locked.
    Locked,
    /// As many orders as its contract allows.
    MaxOrders,
    /// No room in this dimension for so much.
    Capacity {
        /// Index in [`crate::Crew::capacity`].
        dimension: usize,
        /// What is missing.
        by: i64,
    },
    /// Even with nothing else to do it would come so many seconds after the last window.
    Window {
        /// Seconds.
        late_by: i64,
    },
    /// Even with nothing else to do it would be back so many seconds after its shift.
    ShiftTooShort {
        /// Seconds.
        over_by: i64,
    },
    /// At the best place, with every window kept, it would be back so many seconds after its shift.
    ShiftFull {
        /// Seconds.
        over_by: i64,
        /// So many of its stops come before that place.
        behind: usize,
    },
    /// Wherever it is put, it or a stop behind would come late: so many seconds at the best place.
    WindowsFull {
        /// Seconds, all stops together.
        late_by: i64,
        /// So many of its stops come before that place.
        behind: usize,
    },
    /// It fits; the plan leaves it out because of what it costs.
    Fits,
}

/// The best places for an order in the day as it is (each crew's `frozen` and `initial` stops), the least detour first:
/// the best of each crew, then further ones.
///
/// # Errors
/// [`BadProblem`] as for [`crate::solve`].
pub fn insertions(problem: &Problem, order: u32, most: usize) -> Result<Vec<Choice>, BadProblem> {
    check(problem)?;
    let Some(it) = problem.orders.get(order as usize) else { return Err(BadProblem::UnknownOrder(order)) };
    let (mut best, mut others) = (Vec::new(), Vec::new());
    for crew in 0..problem.crews.len() {
        if never(problem, it, crew).is_some() {
            continue;
        }
        let day = Day::new(problem, crew);
        let mut of_crew: Vec<Choice> = day.places().filter_map(|behind| day.choice(order, behind)).collect();
        of_crew.sort_by_key(|choice| (choice.more_travel, choice.arrives));
        let mut of_crew = of_crew.into_iter();
        best.extend(of_crew.next());
        others.extend(of_crew);
    }
    best.sort_by_key(|choice| (choice.more_travel, choice.arrives, choice.crew));
    others.sort_by_key(|choice| (choice.more_travel, choice.arrives, choice.crew));
    best.extend(others);
    best.truncate(most);
    Ok(best)
}

/// Why each crew can't take an order, the day being as it is (each crew's `frozen` and `initial` stops).
///
/// # Errors
/// [`BadProblem`] as for [`crate::solve`].
pub fn why_not(problem: &Problem, order: u32) -> Result<Vec<WhyNot>, BadProblem> {
    check(problem)?;
    let Some(it) = problem.orders.get(order as usize) else { return Err(BadProblem::UnknownOrder(order)) };
    let reason = |crew: usize| never(problem, it, crew).unwrap_or_else(|| Day::new(problem, crew).why_not(order));
    Ok((0..problem.crews.len()).map(reason).collect())
}

/// Reasons that have nothing to do with time.
fn never(problem: &Problem, order: &Order, crew: usize) -> Option<WhyNot> {
    let it = &problem.crews[crew];
    let stops = || it.frozen.iter().chain(&it.initial);
    if order.place.is_none() {
        return Some(WhyNot::NoPosition);
    }
    if order.skills & !it.skills != 0 {
        return Some(WhyNot::Skill(order.skills & !it.skills));
    }
    if !may(problem, order, crew as u32) {
        return Some(WhyNot::NotAllowed);
    }
    if it.locked {
        return Some(WhyNot::Locked);
    }
    if it.max_orders.is_some_and(|most| stops().count() >= most as usize) {
        return Some(WhyNot::MaxOrders);
    }
    it.capacity.iter().enumerate().find_map(|(dimension, capacity)| {
        let of = |order: &Order| i64::from(order.demand.get(dimension).copied().unwrap_or(0));
        let load: i64 = stops().map(|stop| of(&problem.orders[*stop as usize])).sum();
        let by = load + of(order) - i64::from(*capacity);
        (by > 0 && of(order) > 0).then_some(WhyNot::Capacity { dimension, by })
    })
}

/// A crew's day, and what it would be with one more order.
struct Day<'a> {
    problem: &'a Problem,
    crew: usize,
    route: Route,
    ills: Ills,
}

/// Seconds that a route is late at its stops or breaks, and after its shift.
#[derive(Debug, Clone, Copy)]
struct Ills {
    late: i64,
    over: i64,
}

impl<'a> Day<'a> {
    fn new(problem: &'a Problem, crew: usize) -> Self {
        let route = Self::timed(problem, crew, &problem.crews[crew].initial);
        let ills = ills(problem, crew, &route);
        Self { problem, crew, route, ills }
    }

    fn timed(problem: &Problem, crew: usize, stops: &[u32]) -> Route {
        timed(problem, crew, &with_breaks(problem, crew, stops))
    }

    /// How many stops may come before the new one.
    fn places(&self) -> std::ops::RangeInclusive<usize> {
        let it = &self.problem.crews[self.crew];
        it.frozen.len()..=it.frozen.len() + it.initial.len()
    }

    fn with(&self, order: u32, behind: usize) -> Route {
        let it = &self.problem.crews[self.crew];
        let mut stops = it.initial.clone();
        stops.insert(behind - it.frozen.len(), order);
        Self::timed(self.problem, self.crew, &stops)
    }

    /// How much worse than now a place makes it: late, over. `None` where nobody knows the way.
    fn worse(&self, order: u32, behind: usize) -> Option<(i64, i64)> {
        let route = self.with(order, behind);
        let ills = ills(self.problem, self.crew, &route);
        let own_late = late(self.problem, route.visits.get(behind)?);
        let worse = ((ills.late - self.ills.late).max(own_late), (ills.over - self.ills.over).max(0));
        knows_the_way(self.problem, self.crew, &route, behind).then_some(worse)
    }

    fn choice(&self, order: u32, behind: usize) -> Option<Choice> {
        let route = self.with(order, behind);
        let new = route.visits.get(behind)?;
        if self.worse(order, behind)? != (0, 0) {
            return None;
        }
        let after = route.visits.iter().filter(|visit| visit.order != order);
        let moved = self.route.visits.iter().zip(after).filter(|(was, is)| was.arrives != is.arrives);
        Some(Choice {
            crew: self.crew as u32,
            behind,
            arrives: new.arrives,
            more_travel: route.travel - self.route.travel,
            moved: moved.map(|(was, is)| Moved { order: was.order, was: was.arrives, is: is.arrives }).collect(),
        })
    }

    fn why_not(&self, order: u32) -> WhyNot {
        if self.places().any(|behind| self.choice(order, behind).is_some()) {
            return WhyNot::Fits;
        }
        let best = self.places().filter_map(|behind| Some((self.worse(order, behind)?, behind))).min();
        let Some(((late_by, over_by), behind)) = best else { return WhyNot::NoWay };
        let alone = Self::timed(self.problem, self.crew, &[order]);
        let frozen = Self::timed(self.problem, self.crew, &[]);
        let (alone, frozen) = (ills(self.problem, self.crew, &alone), ills(self.problem, self.crew, &frozen));
        if alone.late > frozen.late {
            return WhyNot::Window { late_by: alone.late - frozen.late };
        }
        if alone.over > frozen.over {
            return WhyNot::ShiftTooShort { over_by: alone.over - frozen.over };
        }
        if late_by == 0 { WhyNot::ShiftFull { over_by, behind } } else { WhyNot::WindowsFull { late_by, behind } }
    }
}

/// Seconds that a stop begins after its last window.
fn late(problem: &Problem, visit: &crate::Visit) -> i64 {
    let last = problem.orders[visit.order as usize].windows.last();
    last.map_or(0, |window| (i64::from(visit.begins) - i64::from(window.to)).max(0))
}

fn ills(problem: &Problem, crew: usize, route: &Route) -> Ills {
    let it = &problem.crews[crew];
    let stops: i64 = route.visits[it.frozen.len().min(route.visits.len())..].iter().map(|it| late(problem, it)).sum();
    let rests: i64 = route
        .rests
        .iter()
        .zip(it.breaks.iter().skip(it.breaks.len() - route.rests.len().min(it.breaks.len())))
        .map(|(taken, due)| (i64::from(taken.begins) - i64::from(due.window.to)).max(0))
        .sum();
    Ills { late: stops + rests, over: (i64::from(route.ends) - i64::from(it.shift.to)).max(0) }
}

/// Whether the ways to and from a stop are known.
fn knows_the_way(problem: &Problem, crew: usize, route: &Route, at: usize) -> bool {
    let it = &problem.crews[crew];
    let place = |visit: &crate::Visit| problem.orders[visit.order as usize].place;
    let before = at.checked_sub(1).map_or(it.start, |before| place(&route.visits[before]));
    let after = route.visits.get(at + 1).map_or(it.end, place);
    let here = place(&route.visits[at]);
    [(before, here), (here, after)].iter().all(|pair| match pair {
        (Some(from), Some(to)) => problem.travel.seconds(*from, *to).is_some(),
        _ => true,
    })
}
