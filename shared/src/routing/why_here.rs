//! Why a stop stands where it does.

use super::{
    case::{Case, Place, Routes},
    placing,
};
use crate::ids::CrewId;
use serde::{Deserialize, Serialize};

/// Why a stop is on its crew's route, and at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum WhyHere {
    /// It was visited, or the crew is on its way there.
    Frozen,
    /// Service is given back before all other work, the most urgent first.
    GivesBack,
    /// Nobody knows where it is: the end of a route, by address.
    NoPosition,
    /// Somebody gave it to this crew.
    Locked,
    /// No other crew of the day may do it.
    OnlyThisCrew,
    /// Other crews may do it, and none has room for it in time.
    OnlyRoom,
    /// Another crew has room for it; the plan as a whole is better so.
    Beside {
        /// The one for which it would be the shortest way round.
        other: CrewId,
        /// Seconds of that way round.
        other_detour_s: i64,
    },
}

/// Seconds of way that a stop costs where it stands.
pub(super) fn detour_s(case: &Case<'_>, crew: usize, stops: &[usize], at: usize) -> i64 {
    let here = Place::Order(stops[at]);
    let (before, after) = (case.place_before(crew, stops, at), case.place_at(crew, stops, at + 1));
    let without_s = if stops.len() == 1 { 0 } else { case.seconds(before, after) };
    case.seconds(before, here) + case.seconds(here, after) - without_s
}

/// Why the stop at this place of a crew's route is there.
pub(super) fn why_here(case: &Case<'_>, routes: &Routes, crew: usize, at: usize) -> WhyHere {
    let order = routes.by_crew[crew][at];
    let it = &case.day.orders[order];
    if at < case.frozen[crew].len() {
        return WhyHere::Frozen;
    }
    if it.locked_to.is_some() {
        return WhyHere::Locked;
    }
    let others = (0..case.day.crews.len()).filter(|other| *other != crew && case.may_do(*other, order));
    let others: Vec<usize> = others.collect();
    if others.is_empty() && case.day.crews.len() > 1 {
        return WhyHere::OnlyThisCrew;
    }
    if case.goes_first(order) {
        return WhyHere::GivesBack;
    }
    if case.goes_last(order) {
        return WhyHere::NoPosition;
    }
    // The day has no other crew.
    if others.is_empty() {
        return WhyHere::OnlyThisCrew;
    }
    let of_other = |other: usize| {
        let (detour_s, _) = placing::cheapest_in(case, other, &routes.by_crew[other], order)?;
        Some((detour_s, other))
    };
    others.into_iter().filter_map(of_other).min().map_or(WhyHere::OnlyRoom, |(other_detour_s, other)| WhyHere::Beside {
        other: case.day.crews[other].id,
        other_detour_s,
    })
}
