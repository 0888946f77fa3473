//! Stops that the day no longer has because its route was published again without them: the crew may still have them
//! in mind, so what is said about them has to be seen.

use super::{Now, Stop, office_ahead, stop};
use crate::core::{Route, State, said::Said};
use curbstop_shared::{disposition::Disposition, ids::RouteId, route_document::RouteHeader};
use std::sync::Arc;

/// The stops that only a replaced generation of this day still has, with that route.
pub(super) fn dropped<'s>(state: &'s State, day: &RouteHeader, now: Now) -> Vec<(&'s Route, Stop, Arc<Disposition>)> {
    let replaced = state.routes.iter().filter_map(|(id, route)| {
        let said = route.said().ok()?;
        (said.header.date == day.date && said.header.generation < day.generation).then_some((*id, route.as_ref(), said))
    });
    replaced.flat_map(|(id, route, said)| dropped_from(state, (id, route, said), now)).collect()
}

fn dropped_from<'s>(
    state: &State,
    (id, route, said): (RouteId, &'s Route, &Said),
    now: Now,
) -> Vec<(&'s Route, Stop, Arc<Disposition>)> {
    // A tap on a recall is written into the newest route that has the order: only there it is asked for.
    let newest_here = |order| state.route_of(order).is_some_and(|(newest, _)| newest == id);
    let dropped = said.orders.iter().zip(1..).filter(|(said, _)| newest_here(said.order.id));
    let told = dropped.map(|(order, place)| {
        let found = order.disposition(&route.doc, &said.header, (now, office_ahead(state)));
        (route, stop(state, route, order, place, (&found, now)), found)
    });
    told.collect()
}
