//! One crew's stops in a good order: nearest neighbour, then 2-opt and Or-opt until no move shortens the way.

use super::case::{Case, Place, Routes, begin};

/// Longest chain of stops that Or-opt moves as one.
const CHAIN: usize = 3;

/// Appends members to a route, always the one that the crew can begin soonest, as long as it is back in time; those
/// that give service back before all others, the most urgent first. What does not fit, or goes last, is left for
/// placing.
pub(super) fn nearest_neighbour(case: &Case<'_>, crew: usize, stops: &mut Vec<usize>, members: &[usize]) {
    let shift_ends_s = case.day.crews[crew].shift.to_s;
    let mut open: Vec<usize> = members.iter().copied().filter(|order| !case.goes_last(*order)).collect();
    let mut now = case.day.crews[crew].shift.from_s;
    case.walk(crew, stops.iter().copied(), |_, times| now = times.leaves_at_s);
    let mut at = case.place_before(crew, stops, stops.len());
    loop {
        let next = open
            .iter()
            .enumerate()
            .filter_map(|(place, order)| {
                let here = Place::Order(*order);
                let (begins_s, late_s) = begin(&case.day.orders[*order].windows, now + case.seconds(at, here));
                let leaves_s = begins_s + case.day.orders[*order].service_s;
                let fits = late_s == 0 && leaves_s + case.seconds(here, Place::EndOf(crew)) <= shift_ends_s;
                let turn = if case.goes_first(*order) { case.day.orders[*order].priority } else { i64::MAX };
                fits.then_some((turn, begins_s, *order, place, leaves_s))
            })
            .min();
        let Some((_, _, order, place, leaves_s)) = next else { return };
        open.remove(place);
        if !case.goes_first(order) {
            // What didn't fit in the head is left for placing, which keeps the head together.
            open.retain(|other| !case.goes_first(*other));
        }
        stops.push(order);
        (at, now) = (Place::Order(order), leaves_s);
    }
}

/// Improves every route until no move helps or the moves are used up.
pub(super) fn improve_all(case: &Case<'_>, routes: &mut Routes, moves_left: &mut u64) {
    for (crew, stops) in routes.by_crew.iter_mut().enumerate() {
        improve(case, crew, stops, moves_left);
    }
}

/// Improves one route. It never gets longer, and what fitted still fits.
pub(super) fn improve(case: &Case<'_>, crew: usize, stops: &mut Vec<usize>, moves_left: &mut u64) {
    while *moves_left > 0 && (two_opt_move(case, crew, stops) || or_opt_move(case, crew, stops)) {
        *moves_left -= 1;
    }
}

/// Reverses the first part of the route found that is shorter to drive the other way round.
fn two_opt_move(case: &Case<'_>, crew: usize, stops: &mut [usize]) -> bool {
    let movable = case.movable(crew, stops);
    // Legs along the route, there and back, summed: roads need not be as long in both directions.
    let (there, back) = running_sums(case, stops);
    for first in movable.clone() {
        for last in first + 1..movable.end {
            let before = case.place_before(crew, stops, first);
            let after = case.place_at(crew, stops, last + 1);
            let (head, tail) = (Place::Order(stops[first]), Place::Order(stops[last]));
            let was = case.seconds(before, head) + there[last] - there[first] + case.seconds(tail, after);
            let would = case.seconds(before, tail) + back[last] - back[first] + case.seconds(head, after);
            if would < was {
                let reversed = stops[..first].iter().chain(stops[first..=last].iter().rev()).chain(&stops[last + 1..]);
                if case.tally(crew, reversed.copied()).fits() {
                    stops[first..=last].reverse();
                    return true;
                }
            }
        }
    }
    false
}

/// Moves the first chain of stops found that is better placed elsewhere, as it is or turned round.
fn or_opt_move(case: &Case<'_>, crew: usize, stops: &mut Vec<usize>) -> bool {
    let movable = case.movable(crew, stops);
    let mut rest = Vec::with_capacity(stops.len());
    for length in 1..=CHAIN.min(movable.len()) {
        for first in movable.start..=movable.end - length {
            let after_chain = first + length;
            let (head, tail) = (Place::Order(stops[first]), Place::Order(stops[after_chain - 1]));
            let before = case.place_before(crew, stops, first);
            let after = case.place_at(crew, stops, after_chain);
            let saved = case.seconds(before, head) + case.seconds(tail, after) - case.seconds(before, after);
            let (as_it_is, turned) =
                (inner_s(case, &stops[first..after_chain]), turned_s(case, &stops[first..after_chain]));
            rest.clear();
            rest.extend(stops[..first].iter().chain(&stops[after_chain..]).copied());
            for to in (movable.start..=movable.end - length).filter(|to| *to != first) {
                let (left, right) = (case.place_before(crew, &rest, to), case.place_at(crew, &rest, to));
                let gap = case.seconds(left, right);
                let straight = case.seconds(left, head) + case.seconds(tail, right) - gap;
                let around = case.seconds(left, tail) + turned - as_it_is + case.seconds(head, right) - gap;
                for (cost, turn) in [(straight, false), (around, true)] {
                    if cost < saved && (length > 1 || !turn) {
                        let moved = with_chain(&rest, to, &stops[first..after_chain], turn);
                        if case.tally(crew, moved.iter().copied()).fits() {
                            *stops = moved;
                            return true;
                        }
                    }
                }
            }
        }
    }
    false
}

fn with_chain(rest: &[usize], to: usize, chain: &[usize], turn: bool) -> Vec<usize> {
    let mut stops = rest[..to].to_vec();
    if turn {
        stops.extend(chain.iter().rev());
    } else {
        stops.extend(chain);
    }
    stops.extend(&rest[to..]);
    stops
}

fn inner_s(case: &Case<'_>, chain: &[usize]) -> i64 {
    chain.windows(2).map(|pair| case.seconds(Place::Order(pair[0]), Place::Order(pair[1]))).sum()
}

fn turned_s(case: &Case<'_>, chain: &[usize]) -> i64 {
    chain.windows(2).map(|pair| case.seconds(Place::Order(pair[1]), Place::Order(pair[0]))).sum()
}

fn running_sums(case: &Case<'_>, stops: &[usize]) -> (Vec<i64>, Vec<i64>) {
    let (mut there, mut back) = (vec![0; stops.len()], vec![0; stops.len()]);
    for at in 1..stops.len() {
        let (a, b) = (Place::Order(stops[at - 1]), Place::Order(stops[at]));
        there[at] = there[at - 1] + case.seconds(a, b);
        back[at] = back[at - 1] + case.seconds(b, a);
    }
    (there, back)
}
