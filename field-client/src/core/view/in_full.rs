//! One stop in full: for its own page and the walk.

use super::{Now, OnAgain, RestoreWhy, Stop, office_ahead, restore_why, stop};
use crate::core::{Draft, Route, State, permit::PermitClock, route::hashes};
use curbstop_shared::{
    disposition::{Disposition, WhyNot, reconnects_to_look_for},
    ids::{LineId, OrderId},
    route_document::{Closed, PublishedOrder, RouteHeader},
    time::Micros,
    vocabulary::{Action, RecallReason},
};
use std::sync::Arc;

/// One stop in full, for its own screen and the walk.
#[derive(Debug, Clone, PartialEq)]
pub struct StopInFull {
    /// The stop.
    pub stop: Stop,
    /// The route's header.
    pub header: RouteHeader,
    /// Work in progress.
    pub draft: Option<Draft>,
    /// What its facts add up to.
    pub disposition: Arc<Disposition>,
    /// Why what is off is to be on.
    pub why_restore: RestoreWhy,
    /// How long a cut may still begin.
    pub permit: PermitClock,
    /// A release, hold or recall came after the act step was opened, or finds the service off.
    pub stopped_meanwhile: Option<Meanwhile>,
    /// What this visit is to turn on again somebody else has turned on.
    pub restored_meanwhile: Option<OnAgain>,
    /// Notes that people left, oldest first, with their device times.
    pub notes: Vec<(Micros, String)>,
    /// Incidents that were reported at it, oldest first, with their device times and codes.
    pub incidents: Vec<(Micros, String)>,
    /// Where something is to be turned on again: how it was turned off.
    pub closed_with: Vec<Closed>,
}

impl StopInFull {
    /// The crew is about to turn its own cut on again, and dispatch has given that to another one: two may come.
    #[must_use]
    pub fn restore_given(&self) -> bool {
        let restoring = self.draft.as_ref().is_some_and(|draft| draft.restoring);
        restoring && self.stop.restore_went && self.restored_meanwhile.is_none()
    }
}

/// A release, hold or recall that came after the act step was opened, or that finds the service off: entered on this
/// visit, or recorded on another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meanwhile {
    /// What came.
    pub why: WhyNot,
    /// What was turned off has to be turned on again. A hold or claim restores nothing by itself: dispatch decides.
    pub restore: bool,
    /// The crew has entered that it turned something off.
    pub entered_off: bool,
    /// The crew has entered that it found it off.
    pub found_off: bool,
}

/// A stop in full, on the route that its draft was begun on, else on the newest one that holds it.
#[must_use]
pub fn stop_in_full(state: &State, order: OrderId, now: Now) -> Option<StopInFull> {
    let draft = state.drafts.get(&order).cloned();
    let route = match &draft {
        Some(draft) => state.routes.get(&draft.route)?.as_ref(),
        None => state.route_of(order)?.1,
    };
    let said = route.said().ok()?;
    let (place, published) = said.order(order)?;
    let disposition = published.disposition(&route.doc, &said.header, (now, office_ahead(state)));
    let stop = stop(state, route, published, place + 1, (&disposition, now));
    let stopped_meanwhile = draft
        .as_ref()
        .filter(|draft| published.order.kind.is_cut() && !draft.restoring)
        .and_then(|draft| meanwhile(route, draft, disposition.why_not.as_ref()?, stop.restore_now));
    let restored_meanwhile = draft.as_ref().filter(|draft| draft.restoring).and_then(|draft| {
        let worked = |id: &LineId| draft.lines.iter().any(|line| line.line == *id);
        OnAgain::of(&mut disposition.lines.iter().filter(|(id, _)| worked(id)).map(|(_, line)| line))
    });
    let restores = stop.restore_now || stop.order.kind.is_restore();
    Some(StopInFull {
        closed_with: if restores { closed_with(state, &stop.order, now) } else { Vec::new() },
        stop,
        header: said.header.clone(),
        draft,
        why_restore: restore_why(route, &disposition),
        permit: PermitClock::at(state, route, now.at),
        stopped_meanwhile,
        restored_meanwhile,
        notes: published.notes(),
        incidents: published.incidents(),
        disposition,
    })
}

fn meanwhile(route: &Route, draft: &Draft, why: &WhyNot, is_off: bool) -> Option<Meanwhile> {
    let (fact, restore) = match why {
        WhyNot::Released { by, .. } => (by, true),
        // Only gone from this route: nobody paid, and nothing is to be given back because of it.
        WhyNot::Recalled { by, reason, .. } => (by, !matches!(reason, RecallReason::Moved | RecallReason::TakenOff)),
        WhyNot::Held { by, .. } | WhyNot::FieldClaim { by, .. } => (by, false),
        // Work that somebody did, or a crew that stopped it, takes nothing back.
        WhyNot::AlreadyDone { .. } | WhyNot::StoppedAtDoor { .. } => return None,
    };
    let entered_off = draft.leaves_off();
    let found_off = draft.lines.iter().any(|line| line.action == Some(Action::AlreadyOff));
    let came_since =
        draft.opened.as_ref().zip(route.doc.change_of_fact(fact)).is_some_and(|(opened, came)| {
            !hashes(&opened.heads).iter().any(|head| route.doc.clocks().knows(head, &came))
        });
    // Whenever it came: what is off by now is not helped by "do not turn off".
    (came_since || entered_off || is_off).then(|| Meanwhile { why: why.clone(), restore, entered_off, found_off })
}

/// How the lines of an order were turned off that are off still: of a reconnect by the cut that it follows, of a cut by
/// its own visit. Where this tablet does not know the cut, what the office sent with the order.
#[must_use]
pub fn closed_with(state: &State, order: &PublishedOrder, now: Now) -> Vec<Closed> {
    let is_it = |cut: &PublishedOrder| {
        cut.kind.is_cut() && (cut.id == order.id || reconnects_to_look_for(cut.id).any(|id| id == order.id))
    };
    let mut closed: Vec<Closed> = Vec::new();
    for (route, said) in state.routes.values().filter_map(|route| Some((route, route.said().ok()?))) {
        for cut in said.orders.iter().filter(|said| is_it(&said.order)) {
            // Generations of a route say the same of the same cut.
            let told = cut.closed(&cut.disposition(&route.doc, &said.header, (now, office_ahead(state))));
            let new: Vec<Closed> = told.into_iter().filter(|how| !closed.contains(how)).collect();
            closed.extend(new);
        }
    }
    if closed.is_empty() {
        closed.extend(order.lines.iter().filter_map(|line| line.closed.clone()));
    }
    closed
}
