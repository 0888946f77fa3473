//! A day as the solver sees it, and the solver's routes as a day has them.
//!
//! The solver knows no heads and tails of routes. It is told by the ways: a place has a row in the matrix for each part of
//! a route in which somebody stops there, and from a later part no way leads back to an earlier one. That a less urgent
//! stop comes before a more urgent one is not forbidden but dear, for sometimes a deadline can be kept in no other way.

use super::{
    case::{Case, Place, Routes},
    day::BadDay,
};
use curbstop_solver::{Budget as Patience, Crew, Order, Problem, Travel, Weights, Window};
use std::collections::{BTreeMap, BTreeSet};

/// The solver's clock starts a week before midnight, for it knows no negative times, and a shift may begin the day before.
const MIDNIGHT_S: i64 = 7 * 86_400;

/// For leaving out an order, the least urgent first. Far apart, so that no number of less urgent orders and no way is worth
/// a more urgent one.
const UNSERVED: [i64; 3] = [1_000_000, 1_000_000_000, 1_000_000_000_000];

/// For leaving out, on top, an order that is on a route already: it doesn't make room for an equal.
const STANDS_ALREADY: i64 = 500_000_000;

/// For an order that goes over to another crew: a crew knows its stops, and a minute of way is no reason.
const CHANGES_CREW: i64 = 60;

/// For giving service back to somebody before somebody more urgent: more than any way, less than leaving one out.
const OUT_OF_TURN: i32 = 50_000;

/// The longest way: longer than any shift.
const LONGEST_S: u32 = 14 * 86_400;

/// Driving counted for a stop before anybody knows the routes.
const ROUGH_LEG_S: i64 = 180;

/// Where in a route a stop belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// Wherever it is: starts, ends, and what was visited.
    Any,
    /// At the head, by urgency.
    Head(i64),
    Middle,
    Tail,
}

impl Part {
    /// Whether a stop of another part may come behind.
    fn may_lead_to(self, next: Self) -> bool {
        match (self, next) {
            (Self::Any, _) | (_, Self::Any) | (Self::Head(_), _) | (Self::Middle, Self::Middle) | (_, Self::Tail) => {
                true
            }
            (Self::Middle | Self::Tail, Self::Head(_) | Self::Middle) => false,
        }
    }

    fn is_out_of_turn(self, next: Self) -> bool {
        matches!((self, next), (Self::Head(urgency), Self::Head(other)) if other < urgency)
    }
}

/// The rows of the solver's matrix: a point of ours, or nowhere, in a part of a route.
#[derive(Debug, Default)]
struct Rows {
    known: BTreeMap<(Option<usize>, Part), u32>,
    all: Vec<(Option<usize>, Part)>,
}

impl Rows {
    fn row(&mut self, point: Option<usize>, part: Part) -> u32 {
        *self.known.entry((point, part)).or_insert_with(|| {
            self.all.push((point, part));
            u32::try_from(self.all.len() - 1).unwrap_or(u32::MAX)
        })
    }
}

/// The best routes that are found until patience is used up.
pub(super) fn search(case: &Case<'_>, seed: u64, patience: &mut dyn Patience) -> Result<Routes, BadDay> {
    let problem = problem(case);
    let answer =
        curbstop_solver::solve(&problem, seed, patience).map_err(|bad| BadDay::NotSolvable(bad.to_string()))?;
    let by_crew = answer.routes.iter().enumerate().map(|(crew, route)| {
        let mut stops: Vec<usize> = route.visits.iter().map(|visit| visit.order as usize).collect();
        // It takes as long in whatever order, and a person finds it by address.
        let tail = case.movable(crew, &stops).end;
        stops[tail..].sort_by_key(|order| (&case.day.orders[*order].address, *order));
        debug_assert!(stops.len() == case.frozen[crew].len() || case.tally(crew, stops.iter().copied()).fits());
        stops
    });
    Ok(Routes { by_crew: by_crew.collect() })
}

fn problem(case: &Case<'_>) -> Problem {
    let frozen: BTreeSet<usize> = case.frozen.iter().flatten().copied().collect();
    let given = case.given_routes();
    let mut rows = Rows::default();
    let urgencies: BTreeSet<i64> = case.day.orders.iter().map(|order| order.priority).collect();
    let orders = (0..case.day.orders.len()).map(|at| order(case, at, frozen.contains(&at), &urgencies, &mut rows));
    let mut orders: Vec<Order> = orders.collect();
    orders.iter_mut().enumerate().for_each(|(at, order)| order.appointment = case.stands(at));
    for (crew, stops) in (0_u32..).zip(&given.by_crew) {
        for stop in stops.iter().filter(|_| !case.day.initial_may_move) {
            orders[*stop].allowed = Some(vec![crew]);
        }
    }
    let crews = (0..case.day.crews.len()).map(|at| crew(case, at, &given, &mut rows)).collect();
    let heads: BTreeSet<Part> =
        rows.all.iter().map(|(_, part)| *part).filter(|it| matches!(it, Part::Head(_))).collect();
    let travel = travel(case, &rows, heads.len() > 1);
    let weights = Weights {
        unserved: UNSERVED,
        second: 1,
        kilometre: if travel.metres.is_empty() { 0 } else { 1_000 },
        balance: balance(case),
        appointment: STANDS_ALREADY,
        stability: CHANGES_CREW,
    };
    Problem { orders, crews, travel, weights }
}

fn order(case: &Case<'_>, at: usize, is_frozen: bool, urgencies: &BTreeSet<i64>, rows: &mut Rows) -> Order {
    let it = &case.day.orders[at];
    let part = if is_frozen {
        Part::Any
    } else if case.goes_first(at) {
        Part::Head(it.priority)
    } else if case.goes_last(at) {
        Part::Tail
    } else {
        Part::Middle
    };
    let may: Vec<u32> =
        (0_u32..).zip(0..case.day.crews.len()).filter(|(_, crew)| case.may_do(*crew, at)).map(|it| it.0).collect();
    let more_urgent = urgencies.range(..it.priority).count();
    Order {
        place: Some(rows.row(case.row(Place::Order(at)), part)),
        service: seconds(it.service_s),
        // What was visited was visited: nobody waited for its window.
        windows: if is_frozen { Vec::new() } else { it.windows.iter().map(window).collect() },
        priority: [3, 2].get(more_urgent).copied().unwrap_or(1),
        allowed: (may.len() < case.day.crews.len()).then_some(may),
        ..Order::default()
    }
}

fn crew(case: &Case<'_>, at: usize, given: &Routes, rows: &mut Rows) -> Crew {
    let mut place = |place: Place| case.row(place).map(|point| rows.row(Some(point), Part::Any));
    let stops = |stops: &[usize]| stops.iter().filter_map(|order| u32::try_from(*order).ok()).collect();
    Crew {
        shift: window(&case.day.crews[at].shift),
        start: place(Place::StartOf(at)),
        end: place(Place::EndOf(at)),
        frozen: stops(&case.frozen[at]),
        initial: stops(&given.by_crew[at][case.frozen[at].len()..]),
        ..Crew::default()
    }
}

fn travel(case: &Case<'_>, rows: &Rows, with_turns: bool) -> Travel {
    let places = rows.all.len();
    let mut travel = Travel { places, seconds: Vec::with_capacity(places * places), metres: Vec::new() };
    for (from, part) in &rows.all {
        travel.seconds.extend(rows.all.iter().map(|(to, next)| {
            let leg = case.leg_of_rows(*from, *to);
            if part.may_lead_to(*next) { seconds(i64::from(leg.seconds.min(LONGEST_S))) } else { -1 }
        }));
        if with_turns {
            let turns = rows.all.iter().map(|(_, next)| if part.is_out_of_turn(*next) { OUT_OF_TURN } else { 0 });
            travel.metres.extend(turns);
        }
    }
    travel
}

/// Crews have about as much to do as each other, be it a full day or an hour: doing the work of two costs half the work of
/// one on top. On an even day that is little beside a way.
fn balance(case: &Case<'_>) -> i64 {
    const EIGHT_HOURS_S: i64 = 28_800;
    let crews = i64::try_from(case.day.crews.len()).unwrap_or(i64::MAX);
    if crews < 2 {
        return 0;
    }
    let work_s: i64 = case.day.orders.iter().map(|order| order.service_s + ROUGH_LEG_S).sum();
    let shift_s = case.day.crews.iter().map(|crew| crew.shift.to_s - crew.shift.from_s).max().unwrap_or(EIGHT_HOURS_S);
    let share_s = (work_s / crews).clamp(60, shift_s.max(60));
    // The solver takes the weight for eight hours and squares: half a share for a share.
    EIGHT_HOURS_S * EIGHT_HOURS_S / share_s / 2
}

fn window(window: &super::Window) -> Window {
    Window::new(seconds(window.from_s + MIDNIGHT_S), seconds(window.to_s + MIDNIGHT_S))
}

/// The day was checked: no time or duration is beyond a week.
fn seconds(seconds: i64) -> i32 {
    i32::try_from(seconds).unwrap_or(i32::MAX)
}
