//! Stops that the day no longer has because its route was published again without them: the crew may still have them
//! in mind, so what is said about them has to be seen.

use super::{Now, Stop, standings, stop};
use crate::core::{Route, State};
use curbstop_shared::{
    disposition::Disposition,
    ids::RouteId,
    route_document::{PublishedOrder, RouteHeader},
};

/// The stops that only a replaced generation of this day still has, with that route.
pub(super) fn dropped<'s>(state: &'s State, day: &RouteHeader, now: Now) -> Vec<(&'s Route, Stop, Disposition)> {
    let replaced = state.routes.iter().filter_map(|(id, route)| {
        let header = route.doc.header().ok()?;
        (header.date == day.date && header.generation < day.generation).then_some((*id, route.as_ref(), header))
    });
    replaced.flat_map(|(id, route, header)| dropped_from(state, (id, route, &header), now)).collect()
}

fn dropped_from<'s>(
    state: &State,
    (id, route, header): (RouteId, &'s Route, &RouteHeader),
    now: Now,
) -> Vec<(&'s Route, Stop, Disposition)> {
    let Ok(orders) = route.doc.orders() else { return Vec::new() };
    // A tap on a recall is written into the newest route that has the order: only there it is asked for.
    let newest_here = |order: &PublishedOrder| state.route_of(order.id).is_some_and(|(newest, _)| newest == id);
    let places: Vec<_> = (1..).zip(orders).filter(|(_, order)| newest_here(order)).collect();
    let orders: Vec<PublishedOrder> = places.iter().map(|(_, order)| order.clone()).collect();
    let mut standing = standings(route, &orders, header, now);
    let told = places.into_iter().filter_map(|(place, order)| {
        let found = standing.remove(&order.id)?;
        Some((route, stop(state, route, order, place, &found), found))
    });
    told.collect()
}
