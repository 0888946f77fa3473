//! A day with its numbers at hand: orders and crews by index, the legs between them, and the walk that times a route.

use super::{
    day::{CrewDay, Day, OrderToPlace, Window},
    travel::{Leg, Point, TravelMatrix, TravelTimes},
};
use crate::ids::OrderId;
use std::collections::{BTreeMap, BTreeSet};

/// A place that a leg begins or ends at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Order(usize),
    StartOf(usize),
    EndOf(usize),
}

/// Each crew's stops as indices of orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Routes {
    pub by_crew: Vec<Vec<usize>>,
}

pub(super) struct Case<'a> {
    pub day: &'a Day,
    /// Each crew's first stops that nothing moves.
    pub frozen: Vec<Vec<usize>>,
    matrix: TravelMatrix,
    unknown: Leg,
    /// Row in the matrix: orders, then starts, then ends.
    rows: Vec<Option<usize>>,
    stands: Vec<bool>,
    skilled: Vec<Vec<bool>>,
}

/// When a crew is at one stop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub arrives_at_s: i64,
    pub begins_at_s: i64,
    pub leaves_at_s: i64,
}

/// What a walk along a route adds up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    pub ends_at_s: i64,
    /// Seconds after closed windows, in sum; frozen stops count none.
    pub late_s: i64,
    /// Seconds after the shift's end.
    pub over_s: i64,
}

impl Tally {
    pub const fn fits(self) -> bool {
        self.late_s == 0 && self.over_s == 0
    }
}

impl<'a> Case<'a> {
    pub fn new(day: &'a Day, travel: &dyn TravelTimes) -> Self {
        let mut points = Vec::new();
        let mut known = BTreeMap::new();
        let mut row = |point: Option<Point>| {
            point.map(|point| {
                *known.entry(point).or_insert_with(|| {
                    points.push(point);
                    points.len() - 1
                })
            })
        };
        let mut rows: Vec<_> = day.orders.iter().map(|order| row(order.point)).collect();
        rows.extend(day.crews.iter().map(|crew| row(crew.start)));
        rows.extend(day.crews.iter().map(|crew| row(crew.end)));
        let skilled = day.crews.iter().map(|crew| day.orders.iter().map(|order| may_do(crew, order)).collect());
        Self {
            day,
            frozen: day.crews.iter().map(|crew| indices(day, &crew.frozen)).collect(),
            matrix: travel.matrix(&points),
            unknown: travel.unknown_leg(),
            rows,
            stands: {
                let before: BTreeSet<OrderId> = day.initial.iter().flat_map(|route| &route.orders).copied().collect();
                day.orders.iter().map(|order| before.contains(&order.id)).collect()
            },
            skilled: skilled.collect(),
        }
    }

    /// Whether the crew is qualified, allowed and not locked out.
    pub fn may_do(&self, crew: usize, order: usize) -> bool {
        self.skilled[crew][order]
    }

    /// Whether it was on a route before.
    pub fn stands(&self, order: usize) -> bool {
        self.stands[order]
    }

    /// Orders that go to the head of a route: somebody is off.
    pub fn goes_first(&self, order: usize) -> bool {
        self.day.orders[order].gives_back
    }

    /// Orders that go to the end of a route: nobody knows where they are, and nothing asks for anything else.
    pub fn goes_last(&self, order: usize) -> bool {
        let it = &self.day.orders[order];
        it.point.is_none() && it.windows.is_empty() && !self.goes_first(order)
    }

    /// The head of a route: behind the frozen stops, those that give service back.
    pub fn head(&self, crew: usize, stops: &[usize]) -> std::ops::Range<usize> {
        let frozen = self.frozen[crew].len();
        let first = stops[frozen..].iter().take_while(|order| self.goes_first(**order)).count();
        frozen..frozen + first
    }

    /// The places of a route between which stops may move: behind its head, before those that go last.
    pub fn movable(&self, crew: usize, stops: &[usize]) -> std::ops::Range<usize> {
        let head = self.head(crew, stops).end;
        let last = stops[head..].iter().rev().take_while(|order| self.goes_last(**order)).count();
        head..stops.len() - last
    }

    pub fn leg(&self, from: Place, to: Place) -> Leg {
        match (self.row(from), self.row(to)) {
            (None, _) if matches!(from, Place::StartOf(_)) => Leg::NONE,
            (_, None) if matches!(to, Place::EndOf(_)) => Leg::NONE,
            (from, to) => self.leg_of_rows(from, to),
        }
    }

    pub fn seconds(&self, from: Place, to: Place) -> i64 {
        i64::from(self.leg(from, to).seconds)
    }

    /// The leg between two rows of the matrix; no row is a place that nobody knows.
    pub fn leg_of_rows(&self, from: Option<usize>, to: Option<usize>) -> Leg {
        from.zip(to).map_or(self.unknown, |(from, to)| self.matrix.leg(from, to))
    }

    /// The place's row in the matrix.
    pub fn row(&self, place: Place) -> Option<usize> {
        let (orders, crews) = (self.day.orders.len(), self.day.crews.len());
        match place {
            Place::Order(order) => self.rows[order],
            Place::StartOf(crew) => self.rows[orders + crew],
            Place::EndOf(crew) => self.rows[orders + crews + crew],
        }
    }

    /// The place before or at a position of a route, its start and end included: 0 is the start.
    pub fn place_before(&self, crew: usize, stops: &[usize], position: usize) -> Place {
        if position == 0 { Place::StartOf(crew) } else { Place::Order(stops[position - 1]) }
    }

    pub fn place_at(&self, crew: usize, stops: &[usize], position: usize) -> Place {
        stops.get(position).map_or(Place::EndOf(crew), |order| Place::Order(*order))
    }

    /// All legs of a route. A crew without stops stays where it is.
    pub fn legs(&self, crew: usize, stops: &[usize]) -> impl Iterator<Item = Leg> {
        let count = if stops.is_empty() { 0 } else { stops.len() + 1 };
        (0..count).map(move |at| self.leg(self.place_before(crew, stops, at), self.place_at(crew, stops, at)))
    }

    pub fn travel_s(&self, crew: usize, stops: &[usize]) -> i64 {
        self.legs(crew, stops).map(|leg| i64::from(leg.seconds)).sum()
    }

    /// Follows a route through its day and tells every stop's times.
    pub fn walk(
        &self,
        crew: usize,
        stops: impl IntoIterator<Item = usize>,
        mut tell: impl FnMut(usize, Times),
    ) -> Tally {
        let shift = self.day.crews[crew].shift;
        let (mut at, mut now, mut late_s) = (Place::StartOf(crew), shift.from_s, 0);
        for (place, stop) in stops.into_iter().enumerate() {
            let order = &self.day.orders[stop];
            let arrives_at_s = now + self.seconds(at, Place::Order(stop));
            let (begins_at_s, late) = begin(&order.windows, arrives_at_s);
            // What was visited was visited: its window says nothing any more, and nobody waits for it.
            let is_frozen = place < self.frozen[crew].len();
            let begins_at_s = if is_frozen { arrives_at_s } else { begins_at_s };
            late_s += if is_frozen { 0 } else { late };
            now = begins_at_s + order.service_s;
            at = Place::Order(stop);
            tell(place, Times { arrives_at_s, begins_at_s, leaves_at_s: now });
        }
        if let Place::Order(_) = at {
            now += self.seconds(at, Place::EndOf(crew));
        }
        Tally { ends_at_s: now, late_s, over_s: (now - shift.to_s).max(0) }
    }

    pub fn tally(&self, crew: usize, stops: impl IntoIterator<Item = usize>) -> Tally {
        self.walk(crew, stops, |_, _| {})
    }

    /// Routes as the input has them: the frozen stops, then those of the initial routes that a crew may do and that
    /// fit behind what it has.
    pub fn given_routes(&self) -> Routes {
        let by_crew = self.day.crews.iter().enumerate().map(|(crew, it)| {
            let mut stops = self.frozen[crew].clone();
            let before = self.day.initial.iter().filter(|route| route.crew == it.id);
            let before = before.flat_map(|route| indices(self.day, &route.orders));
            let (mut last, rest): (Vec<_>, Vec<_>) = before.partition(|order| self.goes_last(*order));
            let (first, rest): (Vec<_>, Vec<_>) = rest.into_iter().partition(|order| self.goes_first(*order));
            last.sort_by_key(|order| (&self.day.orders[*order].address, *order));
            let wanted = first.into_iter().chain(rest).chain(last).filter(|order| self.may_do(crew, *order));
            let wanted: Vec<usize> = wanted.collect();
            // As a whole first: where a leg is a guess, half a route may take longer than the whole.
            if self.tally(crew, stops.iter().chain(&wanted).copied()).fits() {
                stops.extend(wanted);
                return stops;
            }
            for order in wanted {
                stops.push(order);
                if !self.tally(crew, stops.iter().copied()).fits() {
                    stops.pop();
                }
            }
            stops
        });
        Routes { by_crew: by_crew.collect() }
    }

    /// Orders on no route, ascending.
    pub fn open_orders(&self, routes: &Routes) -> Vec<usize> {
        let mut open = vec![true; self.day.orders.len()];
        for order in routes.by_crew.iter().flatten() {
            open[*order] = false;
        }
        (0..open.len()).filter(|order| open[*order]).collect()
    }
}

/// When the work can begin after an arrival, and by how much that is too late.
fn begin(windows: &[Window], arrives_at_s: i64) -> (i64, i64) {
    let open = windows.iter().find(|window| arrives_at_s <= window.to_s);
    match (open, windows.last()) {
        (Some(window), _) => (arrives_at_s.max(window.from_s), 0),
        (None, Some(last)) => (arrives_at_s, arrives_at_s - last.to_s),
        (None, None) => (arrives_at_s, 0),
    }
}

fn indices(day: &Day, ids: &[OrderId]) -> Vec<usize> {
    ids.iter().filter_map(|id| day.orders.iter().position(|order| order.id == *id)).collect()
}

fn may_do(crew: &CrewDay, order: &OrderToPlace) -> bool {
    order.skills.is_subset(&crew.skills)
        && order.locked_to.is_none_or(|only| only == crew.id)
        && order.allowed_crews.as_ref().is_none_or(|allowed| allowed.contains(&crew.id))
}
