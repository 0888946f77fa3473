//! An order leaves a crew's route because the day is published again: to another crew, or to nobody. The crew that had
//! it is told on its own route, and on no other.

use super::super::{
    ServiceError,
    recording::Folding,
    spreading::{self, Spread, Word},
};
use crate::{
    planning::plan::Plan,
    state::AppState,
    store::{Work, documents, documents::RouteRow, facts, orders, plans, routes},
};
use curbstop_shared::{
    facts::{Fact, FactBody, Header, Recall, RecallLift},
    ids::{CrewId, FactId, OrderId, PersonId, RouteId},
    time::Micros,
    vocabulary::RecallReason,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Who says it, and when: the account's history names them.
#[derive(Debug, Clone, Copy)]
pub(in crate::service) struct Saying {
    pub by: Option<PersonId>,
    pub at: Micros,
}

impl Saying {
    fn header(self, order: OrderId) -> Header {
        Header { order, at: self.at, by: self.by, device: None }
    }
}

/// What each crew has of a day before it is published again.
pub(super) type Before = BTreeMap<OrderId, CrewId>;

/// Which orders stand on the plan's crews' routes of its day. Locks every open route that has one of them, or an order
/// of the plan, before anything about these orders is read: what a tablet or an office says meanwhile is either seen by
/// the publication, or sees it. By id, as all who lock routes do.
pub(super) async fn standing_before(work: &mut Work, plan: &Plan) -> Result<Before, ServiceError> {
    let date = plan.date.to_string();
    let crews: BTreeSet<CrewId> = plan.routes.iter().map(|route| route.crew_id).collect();
    let standing = plans::on_routes(work, &date).await?.into_iter();
    let before: Before = standing
        .filter(|on| !on.is_elsewhere(&crews, &date))
        .map(|on| (OrderId(on.order_id), CrewId(on.crew)))
        .collect();
    let planned = plan.routes.iter().flat_map(|route| &route.stops).map(|stop| stop.order_id);
    let all = before.keys().copied().chain(planned).collect();
    spreading::lock_routes(work, &all, None).await?;
    Ok(before)
}

/// Recalls the orders of freshly published routes from every route of another crew that still has them, and the orders
/// that no published route has any more from the routes that they stood on.
pub(super) async fn recall(
    state: &AppState,
    work: &mut Work,
    before: &Before,
    plan: &Plan,
    folding: &Folding,
    saying: Saying,
) -> Result<Spread, ServiceError> {
    let (date, published) = (plan.date.to_string(), &plan.routes);
    let mut words: Words = BTreeMap::new();
    let mut planned = BTreeSet::new();
    for route in published {
        let Some(new) = route.route_id else { continue };
        for order in route.stops.iter().map(|stop| stop.order_id) {
            planned.insert(order);
            from_others(state, work, order, (new, route.crew_id), saying, &mut words).await?;
        }
    }
    for (order, crew) in before.iter().filter(|(order, _)| !planned.contains(order)) {
        let new = published.iter().find(|route| route.crew_id == *crew).and_then(|route| route.route_id);
        dropped(state, work, *order, (new, *crew, &date), saying, &mut words).await?;
    }
    spreading::say_to(state, work, &words, folding, saying.at).await
}

/// What is said on which route of which crew.
type Words = BTreeMap<(RouteId, Uuid), Vec<Word>>;

/// Says whose one order is now: it is recalled from every route of another crew that still has it, or has the cut that it
/// gives back; and where the `new` route's own crew was told that it went, or was taken off, that ends.
pub(super) async fn say_whose_it_is(
    state: &AppState,
    work: &mut Work,
    order: OrderId,
    new: (RouteId, CrewId),
    folding: &Folding,
    saying: Saying,
) -> Result<Spread, ServiceError> {
    let mut words = BTreeMap::new();
    from_others(state, work, order, new, saying, &mut words).await?;
    let (route, crew) = new;
    for said in recalls(work, order).await?.into_iter().filter(|said| said.took_it_from(route)) {
        let header = saying.header(order);
        let body = FactBody::RecallLift(RecallLift { recall: said.id });
        let lift = Fact::new(FactId::from_uuid(state.new_id()), header, body);
        let word = Word { order, facts: vec![lift], home: None };
        words.entry((route, crew.0)).or_default().push(word);
    }
    spreading::say_to(state, work, &words, folding, saying.at).await
}

async fn from_others(
    state: &AppState,
    work: &mut Work,
    order: OrderId,
    (new, crew): (RouteId, CrewId),
    saying: Saying,
    words: &mut Words,
) -> Result<(), ServiceError> {
    let holding = documents::routes_of_order(work, order).await?;
    let mut of_others: Vec<RouteRow> = holding.into_iter().filter(|old| old.crew != crew.0).collect();
    for old in &of_others {
        // Else it would stand there still, for a board and for the next plan, while that crew is told not to go.
        routes::take_off(work, RouteId(old.id), order, saying.at).await?;
    }
    // The crew that cut reads on its card that it is to turn that on itself: once another crew has the reconnect it has to
    // hear so, though the reconnect was never its own, or two trucks go.
    for old in documents::routes_of_cause(work, order).await?.into_iter().filter(|old| old.crew != crew.0) {
        if of_others.iter().all(|known| known.id != old.id) {
            of_others.push(old);
        }
    }
    if of_others.is_empty() {
        return Ok(());
    }
    let told = recalls(work, order).await?;
    let is_told = |old: &&RouteRow| {
        let mut here = told.iter().filter(|said| said.home == Some(old.id));
        here.any(|said| !matches!(said.reason, RecallReason::Released | RecallReason::Held))
    };
    for old in of_others.iter().filter(|old| !is_told(old)) {
        say(words, old, recalled(state, order, RecallReason::Moved, Some(new), saying));
    }
    Ok(())
}

/// Recalls orders from every route of that day of the crew that they stood on: nobody has them until the next plan.
pub(super) async fn recall_dropped(
    state: &AppState,
    work: &mut Work,
    orders: &[OrderId],
    (crew, date): (CrewId, &str),
    folding: &Folding,
    saying: Saying,
) -> Result<Spread, ServiceError> {
    let mut words = BTreeMap::new();
    for order in orders {
        dropped(state, work, *order, (None, crew, date), saying, &mut words).await?;
    }
    spreading::say_to(state, work, &words, folding, saying.at).await
}

/// The crew's later generation of the day does not have the order, and no other crew does: it waits for another plan. A
/// route of another day that has it keeps it: whoever paid would be on no list.
async fn dropped(
    state: &AppState,
    work: &mut Work,
    order: OrderId,
    (new, crew, date): (Option<RouteId>, CrewId, &str),
    saying: Saying,
    words: &mut Words,
) -> Result<(), ServiceError> {
    let row = orders::by_id(work, order).await?;
    // What was done there stays done, and what the crew stopped itself it knows of.
    if row.is_none_or(|row| matches!(row.state.as_str(), "done" | "stopped_at_door")) {
        return Ok(());
    }
    let holding = documents::routes_of_order(work, order).await?;
    let told = recalls(work, order).await?;
    let is_told = |old: &&RouteRow| told.iter().any(|said| said.reached(old));
    let of_day = holding.iter().filter(|old| old.crew == crew.0 && old.date == date);
    let of_crew = of_day.filter(|old| Some(RouteId(old.id)) != new);
    for old in of_crew.filter(|old| !is_told(old)) {
        say(words, old, recalled(state, order, RecallReason::TakenOff, new, saying));
    }
    Ok(())
}

fn say(words: &mut Words, route: &RouteRow, (order, recall): (OrderId, Fact)) {
    let word = Word { order, facts: vec![recall], home: None };
    words.entry((RouteId(route.id), route.crew)).or_default().push(word);
}

fn recalled(
    state: &AppState,
    order: OrderId,
    reason: RecallReason,
    new: Option<RouteId>,
    saying: Saying,
) -> (OrderId, Fact) {
    let body = FactBody::Recall(Recall { reason, cause: new.map(|new| new.to_string()) });
    (order, Fact::new(FactId::from_uuid(state.new_id()), saying.header(order), body))
}

/// A recall that was said.
struct Said {
    id: FactId,
    reason: RecallReason,
    /// The first route on which it was said.
    home: Option<Uuid>,
    at_us: i64,
}

impl Said {
    /// Whether a route's tablets hear of it: what was paid for or is protected is said on every open route.
    fn reached(&self, route: &RouteRow) -> bool {
        self.home == Some(route.id) || (!self.reason.is_of_one_route() && self.at_us >= route.published_at_us)
    }

    fn took_it_from(&self, route: RouteId) -> bool {
        self.reason.is_of_one_route() && self.home == Some(route.0)
    }
}

/// The recalls of an order that still say something: saying one twice asks the crew to acknowledge twice. What a claim
/// from another door stops is not taken from the crew for good.
async fn recalls(work: &mut Work, order: OrderId) -> Result<Vec<Said>, ServiceError> {
    let (mut said, mut claims, mut lifted) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for row in facts::of_order(work, order).await? {
        let fact = row.fact()?;
        if fact.is_carried() {
            claims.insert(fact.id.to_string());
            continue;
        }
        match fact.body {
            FactBody::Recall(recall) => {
                let here = Said { id: fact.id, reason: recall.reason, home: row.home_doc, at_us: row.received_at_us };
                said.push((recall.cause.filter(|_| recall.reason == RecallReason::Held), here));
            }
            FactBody::RecallLift(lift) => drop(lifted.insert(lift.recall)),
            _ => {}
        }
    }
    said.retain(|(cause, _)| cause.as_ref().is_none_or(|cause| !claims.contains(cause)));
    said.retain(|(_, said)| !(said.reason.is_of_one_route() && lifted.contains(&said.id)));
    Ok(said.into_iter().map(|(_, said)| said).collect())
}
