//! An order goes from one crew to another: the crew that had it is told on its own route, and on no other.

use super::super::{
    ServiceError,
    recording::Folding,
    spreading::{self, Spread, Word},
};
use crate::{
    planning::plan::{Plan, PlanRoute},
    state::AppState,
    store::{Work, documents, facts},
};
use curbstop_shared::{
    facts::{Fact, FactBody, Header, Recall},
    ids::{FactId, OrderId, RouteId},
    time::Micros,
    vocabulary::RecallReason,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Locks every open route that has an order of the plan, before anything about these orders is read: what a tablet or
/// an office says meanwhile is either seen by the publication, or sees it. By id, as all who lock routes do.
pub(super) async fn lock_routes_before(work: &mut Work, plan: &Plan) -> Result<(), ServiceError> {
    let mut standing = BTreeSet::new();
    for stop in plan.routes.iter().flat_map(|route| &route.stops) {
        standing.extend(documents::routes_of_order(work, stop.order_id).await?.iter().map(|route| RouteId(route.id)));
    }
    for route in standing {
        work.lock(&format!("route:{route}")).await?;
    }
    Ok(())
}

/// Recalls the orders of freshly published routes from every route of another crew that still has them.
pub(super) async fn recall(
    state: &AppState,
    work: &mut Work,
    published: &[PlanRoute],
    folding: &Folding,
    now: Micros,
) -> Result<Spread, ServiceError> {
    let mut words: BTreeMap<(RouteId, Uuid), Vec<Word>> = BTreeMap::new();
    for route in published {
        let Some(new) = route.route_id else { continue };
        for order in route.stops.iter().map(|stop| stop.order_id) {
            let holding = documents::routes_of_order(work, order).await?;
            let of_others: Vec<_> = holding.iter().filter(|old| old.crew != route.crew_id.0).collect();
            if of_others.is_empty() {
                continue;
            }
            let told = taken_back_on(work, order).await?;
            for old in of_others.into_iter().filter(|old| !told.contains(&old.id)) {
                let word = Word { order, facts: vec![recall_to(state, order, new, now)], home: None };
                words.entry((RouteId(old.id), old.crew)).or_default().push(word);
            }
        }
    }
    spreading::say_to(state, work, &words, folding, now).await
}

fn recall_to(state: &AppState, order: OrderId, new: RouteId, now: Micros) -> Fact {
    let body = FactBody::Recall(Recall { reason: RecallReason::Moved, cause: Some(new.to_string()) });
    Fact::new(FactId::from_uuid(state.new_id()), Header { order, at: now, by: None, device: None }, body)
}

/// The routes on which an order was taken back for good already: saying it twice asks the crew to acknowledge twice.
async fn taken_back_on(work: &mut Work, order: OrderId) -> Result<BTreeSet<Uuid>, ServiceError> {
    let mut routes = BTreeSet::new();
    for row in facts::of_order(work, order).await? {
        if let FactBody::Recall(recall) = row.fact()?.body
            && !matches!(recall.reason, RecallReason::Released | RecallReason::Held)
        {
            routes.extend(row.home_doc);
        }
    }
    Ok(routes)
}
