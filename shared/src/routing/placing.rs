//! Puts orders where they cost least, lets urgent ones take the place of others, and says why the rest is left out.

use super::{
    answer::{Refusal, WhyNot},
    case::{Case, Place, Routes, Tally},
};
use std::collections::{BTreeMap, BTreeSet};

/// Puts in whatever has room, so that reasons are true of the routes as they are handed out. Every pass places more, or
/// more urgent, orders.
pub(super) fn place_all(case: &Case<'_>, routes: &mut Routes) {
    while place_open(case, routes) > 0 {}
}

/// What routes leave out, the most urgent first: for each priority how many that were on a route before, and how many.
pub(super) fn lost(case: &Case<'_>, routes: &Routes) -> Vec<(usize, usize)> {
    let mut lost: BTreeMap<i64, (usize, usize)> =
        case.day.orders.iter().map(|order| (order.priority, (0, 0))).collect();
    for order in case.open_orders(routes) {
        let of = lost.entry(case.day.orders[order].priority).or_default();
        *of = (of.0 + usize::from(case.stands(order)), of.1 + 1);
    }
    lost.into_values().collect()
}

/// Puts every open order where it costs least; returns how many were put somewhere.
///
/// Orders come by urgency: priority, then whose last window closes first. One that fits nowhere displaces less urgent
/// ones, which are tried again when it is their turn. Nothing is displaced by an equal, so this ends.
pub(super) fn place_open(case: &Case<'_>, routes: &mut Routes) -> usize {
    let mut queue: BTreeSet<(Turn, usize)> =
        case.open_orders(routes).into_iter().map(|order| (turn(case, order), order)).collect();
    let mut placed = 0;
    while let Some((_, order)) = queue.pop_first() {
        if let Some(place) = cheapest(case, routes, order) {
            routes.by_crew[place.crew].insert(place.position, order);
            placed += 1;
        } else if let Some(it) = displace(case, routes, order) {
            routes.by_crew[it.crew] = it.stops;
            placed += 1;
            queue.extend(it.displaced.into_iter().map(|victim| (turn(case, victim), victim)));
        }
    }
    placed
}

/// Whose turn it is. Among equals those come first that were on a route before, and orders without a position last, by
/// address: others must not be pushed behind.
type Turn = (i64, bool, bool, i64, String);

fn turn(case: &Case<'_>, order: usize) -> Turn {
    let it = &case.day.orders[order];
    let closes_s = it.windows.last().map_or(i64::MAX, |window| window.to_s);
    let address = if it.point.is_none() { it.address.clone() } else { String::new() };
    (it.priority, !case.stands(order), case.goes_last(order), closes_s, address)
}

struct Cheapest {
    crew: usize,
    position: usize,
}

/// The feasible place with the least detour, over all crews. Orders that go last cost the same everywhere: they go
/// to the crew that is home first.
fn cheapest(case: &Case<'_>, routes: &Routes, order: usize) -> Option<Cheapest> {
    (0..case.day.crews.len())
        .filter(|crew| case.may_do(*crew, order))
        .filter_map(|crew| {
            let stops = &routes.by_crew[crew];
            let (detour_s, position) = cheapest_in(case, crew, stops, order)?;
            let home_s = if case.goes_last(order) { case.tally(crew, stops.iter().copied()).ends_at_s } else { 0 };
            Some((home_s, detour_s, crew, position))
        })
        .min()
        .map(|(_, _, crew, position)| Cheapest { crew, position })
}

/// The feasible place in one route with the least detour: (seconds, position). In the head the more urgent come
/// first, unless a deadline can be kept in no other way.
pub(super) fn cheapest_in(case: &Case<'_>, crew: usize, stops: &[usize], order: usize) -> Option<(i64, usize)> {
    let mut places: Vec<(bool, i64, usize)> = positions(case, crew, stops, order)
        .map(|at| (is_out_of_turn(case, crew, stops, at, order), detour_s(case, crew, stops, at, order), at))
        .collect();
    places.sort_unstable();
    let fits = |at: usize| case.tally(crew, inserted(stops, at, order)).fits();
    places.into_iter().find(|(_, _, at)| fits(*at)).map(|(_, detour_s, at)| (detour_s, at))
}

/// Whether an order put at this position of the head would stand before a more urgent or behind a less urgent one.
fn is_out_of_turn(case: &Case<'_>, crew: usize, stops: &[usize], at: usize, order: usize) -> bool {
    let head = case.head(crew, stops);
    let priority = |order: usize| case.day.orders[order].priority;
    let own = priority(order);
    case.goes_first(order)
        && (stops[head.start..at].iter().any(|before| priority(*before) > own)
            || stops[at..head.end].iter().any(|after| priority(*after) < own))
}

/// Where in a route an order may go at all.
fn positions(case: &Case<'_>, crew: usize, stops: &[usize], order: usize) -> std::ops::RangeInclusive<usize> {
    if case.goes_first(order) {
        let head = case.head(crew, stops);
        return head.start..=head.end;
    }
    let movable = case.movable(crew, stops);
    if !case.goes_last(order) {
        return movable.start..=movable.end;
    }
    let address = |stop: usize| (&case.day.orders[stop].address, stop);
    let at = stops[movable.end..].partition_point(|stop| address(*stop) < address(order)) + movable.end;
    at..=at
}

fn detour_s(case: &Case<'_>, crew: usize, stops: &[usize], at: usize, order: usize) -> i64 {
    let here = Place::Order(order);
    let (before, after) = (case.place_before(crew, stops, at), case.place_at(crew, stops, at));
    let skipped_s = if stops.is_empty() { 0 } else { case.seconds(before, after) };
    case.seconds(before, here) + case.seconds(here, after) - skipped_s
}

fn inserted(stops: &[usize], at: usize, order: usize) -> impl Iterator<Item = usize> {
    stops[..at].iter().copied().chain(std::iter::once(order)).chain(stops[at..].iter().copied())
}

/// A crew's route with an urgent order in it, and what had to give way.
struct Displacing {
    /// How many gave way, and the seconds of detour.
    cost: (usize, i64),
    crew: usize,
    stops: Vec<usize>,
    displaced: Vec<usize>,
}

/// The crew's route with the order in it and less urgent stops taken off, where that is possible; the crew that
/// loses fewest, then the one with the least detour.
fn displace(case: &Case<'_>, routes: &Routes, order: usize) -> Option<Displacing> {
    let mut best: Option<Displacing> = None;
    for crew in (0..case.day.crews.len()).filter(|crew| case.may_do(*crew, order)) {
        if !fits_alone(case, crew, order).fits() {
            continue;
        }
        let (mut stops, mut displaced) = (routes.by_crew[crew].clone(), Vec::new());
        let place = loop {
            if let Some(place) = cheapest_in(case, crew, &stops, order) {
                break Some(place);
            }
            let Some(victim) = victim(case, crew, &stops, order) else { break None };
            displaced.push(stops.remove(victim));
        };
        if let Some((detour_s, at)) = place {
            stops.insert(at, order);
            let cost = (displaced.len(), detour_s);
            if best.as_ref().is_none_or(|best| cost < best.cost) {
                best = Some(Displacing { cost, crew, stops, displaced });
            }
        }
    }
    best
}

/// The least urgent stop that may give way; among equals one that was on no route before, then the one that frees most
/// time.
fn victim(case: &Case<'_>, crew: usize, stops: &[usize], order: usize) -> Option<usize> {
    let urgency = case.day.orders[order].priority;
    (case.frozen[crew].len()..stops.len()).filter(|at| case.day.orders[stops[*at]].priority > urgency).max_by_key(
        |at| {
            let it = &case.day.orders[stops[*at]];
            let here = Place::Order(stops[*at]);
            let (before, after) = (case.place_before(crew, stops, *at), case.place_at(crew, stops, at + 1));
            let freed_s = case.seconds(before, here) + case.seconds(here, after) - case.seconds(before, after);
            (it.priority, !case.stands(stops[*at]), freed_s + it.service_s)
        },
    )
}

/// Why each crew can't take an order that is on no route.
pub(super) fn refusals(case: &Case<'_>, routes: &Routes, order: usize) -> Vec<Refusal> {
    let refusal = |crew: usize| {
        let stops = &routes.by_crew[crew];
        let why = why_not(case, crew, stops, order);
        let for_more_urgent = match why {
            WhyNot::ShiftFull { .. } | WhyNot::WindowsFull { .. } => for_more_urgent(case, crew, stops, order),
            _ => 0,
        };
        Refusal { crew: case.day.crews[crew].id, why, for_more_urgent }
    };
    (0..case.day.crews.len()).map(refusal).collect()
}

/// How many more urgent stops a crew has that take the order's room: without them it would fit. None where it would not.
fn for_more_urgent(case: &Case<'_>, crew: usize, stops: &[usize], order: usize) -> usize {
    let own = case.day.orders[order].priority;
    let frozen = case.frozen[crew].len();
    let is_more_urgent = |at: usize| at >= frozen && case.day.orders[stops[at]].priority < own;
    let rest: Vec<usize> = (0..stops.len()).filter(|at| !is_more_urgent(*at)).map(|at| stops[at]).collect();
    if rest.len() < stops.len() && cheapest_in(case, crew, &rest, order).is_some() {
        stops.len() - rest.len()
    } else {
        0
    }
}

fn why_not(case: &Case<'_>, crew: usize, stops: &[usize], order: usize) -> WhyNot {
    let (it, them) = (&case.day.orders[order], &case.day.crews[crew]);
    if let Some(needs) = it.skills.difference(&them.skills).next() {
        return WhyNot::Skill { needs: needs.clone() };
    }
    if it.locked_to.is_some_and(|only| only != them.id) {
        return WhyNot::LockedElsewhere;
    }
    if it.allowed_crews.as_ref().is_some_and(|allowed| !allowed.contains(&them.id)) {
        return WhyNot::NotAllowed;
    }
    let alone = fits_alone(case, crew, order);
    if alone.late_s > 0 {
        return WhyNot::Window { late_by_s: alone.late_s };
    }
    if alone.over_s > 0 {
        return WhyNot::ShiftTooShort { over_by_s: alone.over_s };
    }
    // The best place: in time for all windows if there is one, and then with the least overtime.
    let best = positions(case, crew, stops, order)
        .map(|at| case.tally(crew, inserted(stops, at, order)))
        .min_by_key(|tally| (tally.late_s, tally.over_s));
    match best {
        Some(tally) if tally.late_s > 0 => WhyNot::WindowsFull { late_by_s: tally.late_s },
        Some(tally) => WhyNot::ShiftFull { over_by_s: tally.over_s },
        None => WhyNot::ShiftFull { over_by_s: alone.over_s },
    }
}

/// The crew's day with nothing but its frozen stops and this order.
fn fits_alone(case: &Case<'_>, crew: usize, order: usize) -> Tally {
    case.tally(crew, case.frozen[crew].iter().copied().chain(std::iter::once(order)))
}
