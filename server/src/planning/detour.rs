//! Where one more stop goes on a route that is under way: there where the way round is shortest, and no stop that is
//! on it already changes its place.

use curbstop_shared::routing::{Point, StraightLine, TravelTimes as _};

/// Distance between the ranks of neighbours when a route is published: there is room between two of them.
pub const RANK_STEP: i64 = 1_000;

/// Priority of a reconnect for somebody who should not be off at all: it does not wait for a way that suits.
pub const CANNOT_WAIT: i64 = 1;

/// A stop of the route, as far as it matters for the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnTheWay {
    /// Its rank.
    pub rank: i64,
    /// Where it is, if anybody knows.
    pub point: Option<Point>,
    /// The crew has still to go there.
    pub is_ahead: bool,
    /// Somebody is off there who should not be at all.
    pub cannot_wait: bool,
}

/// Where the further stop goes, and what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detour {
    /// Its rank.
    pub rank: i64,
    /// Stops that the crew comes to before it.
    pub stops_before: usize,
    /// Seconds more on the road.
    pub extra_s: i64,
}

/// The shortest way round by `point`, for a route whose stops come by rank. What can't wait is the next stop, whatever
/// the way, behind those that can't wait either and came before it; nothing else comes before them.
#[must_use]
pub fn shortest(stops: &[OnTheWay], point: Option<Point>, cannot_wait: bool) -> Detour {
    let ahead: Vec<usize> = (0..stops.len()).filter(|at| stops[*at].is_ahead).collect();
    let at_end = Detour {
        rank: stops.last().map_or(0, |stop| stop.rank) + RANK_STEP,
        stops_before: ahead.len(),
        extra_s: stops.last().map_or(0, |last| way_s(last.point, point)),
    };
    let before_stop = |n: usize| {
        let next = ahead[n];
        let before = next.checked_sub(1);
        // Where the crew comes from: the stop that it goes to before, or the one where it was last.
        let from = n.checked_sub(1).map(|n| ahead[n]).or(before).map(|from| stops[from].point);
        let (there, on) = (from.map(|from| way_s(from, point)), way_s(point, stops[next].point));
        let spared = from.map_or(0, |from| way_s(from, stops[next].point));
        let below = before.map_or(stops[next].rank - 2 * RANK_STEP, |before| stops[before].rank);
        Detour {
            rank: below + (stops[next].rank - below) / 2,
            stops_before: n,
            extra_s: (there.unwrap_or(0) + on - spared).max(0),
        }
    };
    let first = ahead.iter().take_while(|at| stops[**at].cannot_wait).count();
    let mut places = (first..ahead.len()).map(before_stop).chain([at_end]);
    if cannot_wait {
        return places.next().unwrap_or(at_end);
    }
    places.min_by_key(|place| (place.extra_s, place.stops_before)).unwrap_or(at_end)
}

fn way_s(from: Option<Point>, to: Option<Point>) -> i64 {
    let travel = StraightLine::default();
    let leg = from.zip(to).map_or_else(|| travel.unknown_leg(), |(from, to)| travel.leg(from, to));
    i64::from(leg.seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stop so many hundred metres along one street.
    fn along(hundreds: i64) -> Option<Point> {
        Point::new(419_000_000, -1_016_300_000 + hundreds * 12_000)
    }

    fn street(ahead_from: usize) -> Vec<OnTheWay> {
        let stop = |n: i64| OnTheWay { rank: n * RANK_STEP, point: along(n * 10), is_ahead: true, cannot_wait: false };
        let stops = (1..=4).map(stop).enumerate();
        stops.map(|(n, stop)| OnTheWay { is_ahead: n >= ahead_from, ..stop }).collect()
    }

    #[test]
    fn a_further_stop_goes_between_the_two_that_it_lies_between() {
        let found = shortest(&street(1), along(25), false);
        assert_eq!((found.rank, found.stops_before), (2_500, 1));
        assert!(found.extra_s < 120, "{found:?}");
    }

    #[test]
    fn behind_the_last_stop_it_comes_last_and_behind_the_crew_it_comes_next() {
        let last = shortest(&street(0), along(60), false);
        assert_eq!((last.rank, last.stops_before), (5_000, 4));
        let next = shortest(&street(2), along(19), false);
        assert_eq!((next.rank, next.stops_before), (2_500, 0));
    }

    #[test]
    fn whoever_should_not_be_off_comes_next_wherever_that_is() {
        let found = shortest(&street(1), along(60), true);
        assert_eq!((found.rank, found.stops_before), (1_500, 0));
    }

    #[test]
    fn who_was_released_first_comes_first_and_nobody_comes_in_between() {
        let mut route = street(1);
        for n in 1..=3 {
            let found = shortest(&route, along(60 - n), true);
            assert_eq!(found.stops_before, usize::try_from(n - 1).unwrap(), "behind those that came before: {route:?}");
            route.push(OnTheWay { rank: found.rank, point: along(60 - n), is_ahead: true, cannot_wait: true });
            route.sort_by_key(|stop| stop.rank);
        }
        let ordinary = shortest(&route, along(11), false);
        assert!(ordinary.stops_before >= 3, "what can wait does: {ordinary:?}");
    }

    #[test]
    fn a_route_without_stops_and_a_place_that_nobody_knows_have_an_answer_too() {
        assert_eq!(shortest(&[], along(1), true), Detour { rank: RANK_STEP, stops_before: 0, extra_s: 0 });
        let nowhere = shortest(&street(1), None, false);
        assert_eq!(nowhere.stops_before, 3, "at the end, where it costs one unknown way: {nowhere:?}");
    }
}
