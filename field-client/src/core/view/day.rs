//! The day's list: what is on top, what is next, what is ahead and what is behind the crew.

use super::{
    Begun, Now, RestoreWhy, Standing, Stop, office_ahead, replaced, restore_why, route_of_the_day, stop, unsent,
};
use crate::core::{Draft, Route, State};
use curbstop_shared::{
    disposition::{Disposition, LineState, WhyNot, reconnects_to_look_for},
    facts::FactBody,
    ids::{FactId, OrderId, RouteId},
    ordered::Set,
    route_document::{PublishedOrder, RouteHeader},
    time::Micros,
    vocabulary::RecallReason,
};
use std::sync::Arc;

/// The day's list.
#[derive(Debug, Clone, PartialEq)]
pub struct Day {
    /// The route.
    pub route: RouteId,
    /// Its header.
    pub header: RouteHeader,
    /// Who is off and should not be, on top of everything: one card a house, with its reconnect where that is this
    /// crew's. What stands there stands nowhere else.
    pub restores: Vec<Restore>,
    /// Recalls that nobody has tapped "Got it" on, next. Those of a stop in `restores` are there and not here. Both
    /// also name stops that the day's route no longer has because it was published again without them.
    pub recalls: Vec<Recall>,
    /// Stops of other routes that were begun and not saved.
    pub begun_elsewhere: Vec<Begun>,
    /// The stop that is being worked, else the first that is to be done.
    pub next: Option<Stop>,
    /// The other stops: first those that were begun, then those that are to be done or are stopped, in route order.
    pub ahead: Vec<Stop>,
    /// Stops that are behind the crew, in route order.
    pub behind: Vec<Stop>,
    /// Stops in all.
    pub total: usize,
    /// The office has everything that was saved on this tablet, and nothing is open on it.
    pub all_sent: bool,
}

/// A recall that has not been seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Recall {
    /// The recall fact, which the crew's tap acknowledges.
    pub fact: FactId,
    /// Why.
    pub reason: RecallReason,
    /// When the money was paid, where that is why.
    pub paid_at: Option<Micros>,
    /// The work was done before the recall was seen: "do not turn off" would come too late.
    pub too_late: bool,
    /// It was done, and is on again: nothing is left to do here.
    pub on_again: bool,
    /// A cut was entered for it and is not saved: how the service was left comes before "Got it".
    pub cut_entered: bool,
    /// The stop.
    pub stop: Stop,
}

/// Somebody is off who should not be.
#[derive(Debug, Clone, PartialEq)]
pub struct Restore {
    /// The stop that was turned off.
    pub stop: Stop,
    /// The order by which this crew turns it on again, where it is on the day's route.
    pub reconnect: Option<Stop>,
    /// Why it is to be on.
    pub why: RestoreWhy,
    /// Recall facts of this order and its reconnects that nobody has seen; the crew's tap acknowledges them all.
    pub unseen: Vec<(OrderId, FactId)>,
}

impl Restore {
    /// Another crew turns it on.
    #[must_use]
    pub const fn is_anothers(&self) -> bool {
        self.stop.restore_went && self.reconnect.is_none()
    }

    /// Where the crew reads more of it, and goes to its door: where it has begun, it goes on.
    #[must_use]
    pub fn leads_to(&self) -> OrderId {
        self.reconnect.as_ref().filter(|_| !self.stop.begun).unwrap_or(&self.stop).order.id
    }

    /// Takes what the day has of the same house: the stop itself where it was begun, its reconnect, and recalls of
    /// reconnects that went.
    fn joins(&mut self, stops: &mut Vec<Stop>, recalls: &mut Vec<Recall>) {
        // What is being done there is gone on with from here.
        stops.retain(|stop| stop.order.id != self.stop.order.id || !stop.begun);
        let reconnects: Vec<OrderId> = reconnects_to_look_for(self.stop.order.id).collect();
        let is_open = |stop: &Stop| !matches!(stop.standing, Standing::Done | Standing::Stopped(_)) || stop.begun;
        let place = stops.iter().position(|stop| reconnects.contains(&stop.order.id) && is_open(stop));
        // One that was tried today is behind the crew as well, with what became of it.
        self.reconnect = place.map(|place| match stops[place].begun || stops[place].standing.is_ahead() {
            true => stops.remove(place),
            false => stops[place].clone(),
        });
        let (of_it, others): (Vec<_>, Vec<_>) =
            std::mem::take(recalls).into_iter().partition(|recall| reconnects.contains(&recall.stop.order.id));
        *recalls = others;
        self.unseen.extend(of_it.into_iter().map(|recall| (recall.stop.order.id, recall.fact)));
    }
}

/// What is left to do when no stop is ahead any more: before that nobody goes home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// A service that this crew turned off, and is to turn on again.
    TurnBackOn(Arc<PublishedOrder>),
    /// The office waits for the word that recalls were seen.
    Recalls,
    /// Cuts that are suspended in their area: dispatch says whether the crew waits for them.
    Suspended(usize),
    /// Something was saved, or begun, that the office does not have.
    Unsent,
}

impl Day {
    /// What is left to do when no stop is ahead any more; nothing: the crew may go home.
    #[must_use]
    pub fn left(&self) -> Vec<Left> {
        let own = self.restores.iter().filter(|restore| !restore.is_anothers());
        let mut left: Vec<Left> = own.map(|restore| Left::TurnBackOn(restore.stop.order.clone())).collect();
        let unseen = !self.recalls.is_empty() || self.restores.iter().any(|restore| !restore.unseen.is_empty());
        left.extend(unseen.then_some(Left::Recalls));
        let suspended = self.ahead.iter().filter(|stop| stop.waits_for_the_office()).count();
        left.extend((suspended > 0).then_some(Left::Suspended(suspended)));
        left.extend((!self.all_sent).then_some(Left::Unsent));
        left
    }
}

/// A service that this crew turned off and is to turn on again: where that is said, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnBackOn {
    /// The stop that was turned off.
    pub stop: Stop,
    /// Where the crew goes for it.
    pub leads_to: OrderId,
    /// Money came for it.
    pub paid: bool,
}

impl Day {
    /// What this crew is to turn on again, also a cut that it has entered and not saved.
    #[must_use]
    pub fn to_turn_back_on(&self) -> Vec<TurnBackOn> {
        let saved = self.restores.iter().filter(|restore| !restore.is_anothers()).map(|restore| TurnBackOn {
            stop: restore.stop.clone(),
            leads_to: restore.leads_to(),
            paid: restore.why.paid,
        });
        let entered =
            self.recalls.iter().filter(|recall| recall.cut_entered && recall.reason == RecallReason::Released);
        let entered = entered.map(|recall| TurnBackOn {
            stop: recall.stop.clone(),
            leads_to: recall.stop.order.id,
            paid: recall.paid_at.is_some(),
        });
        saved.chain(entered).collect()
    }
}

/// Who is to be turned back on by this crew while it is at another door, and came to be so since the crew last had the
/// list before it: what the top of the list says nobody reads there.
#[must_use]
pub fn turned_up_meanwhile(state: &State, at: OrderId, now: Now) -> Vec<TurnBackOn> {
    let read = state.drafts.get(&at).map(|draft| draft.restores_read.as_slice()).unwrap_or_default();
    let is_news = |one: &TurnBackOn| {
        let here = one.stop.order.id == at || one.leads_to == at;
        !here && !read.contains(&one.stop.order.id)
    };
    day(state, now).map(|day| day.to_turn_back_on().into_iter().filter(is_news).collect()).unwrap_or_default()
}

/// The day's list of the route that is worked today: of several, the newest generation; none where the tablet holds
/// no route.
#[must_use]
pub fn day(state: &State, now: Now) -> Option<Day> {
    let (id, route) = route_of_the_day(state, now.today())?;
    let said = route.said().ok()?;
    let (mut restores, mut recalls) = (Vec::new(), Vec::new());
    let mut stops = Vec::new();
    for (place, order) in said.orders.iter().enumerate() {
        let found = order.disposition(&route.doc, &said.header, (now, office_ahead(state)));
        let stop = stop(state, route, order, place + 1, (&found, now));
        announce(state, route, &stop, &found, (&mut restores, &mut recalls));
        stops.push(stop);
    }
    for (replaced, stop, found) in replaced::dropped(state, &said.header, now) {
        announce(state, replaced, &stop, &found, (&mut restores, &mut recalls));
    }
    let total = stops.len();
    restores.iter_mut().for_each(|restore: &mut Restore| restore.joins(&mut stops, &mut recalls));
    // Whatever became of it since, a stop that was begun has to be ended: it can't lie folded away.
    let (mut begun, mut stops): (Vec<_>, Vec<_>) = stops.into_iter().partition(|stop| stop.begun);
    let next = match begun.is_empty() {
        true => stops.iter().position(|stop| stop.standing.is_ahead()).map(|place| stops.remove(place)),
        false => Some(begun.remove(0)),
    };
    let last_ahead = stops.iter().rposition(|stop| stop.standing.is_ahead()).map_or(0, |place| place + 1);
    let unseen: Set<OrderId> = recalls.iter().map(|recall| recall.stop.order.id).collect();
    let (ahead, behind) = stops.into_iter().enumerate().partition::<Vec<_>, _>(|(place, stop)| {
        let stopped_ahead =
            *place < last_ahead && matches!(stop.standing, Standing::Stopped(_)) && stop.saved.is_none();
        stop.standing.is_ahead() || stop.waits_for_the_office() || (stopped_ahead && !unseen.contains(&stop.order.id))
    });
    begun.extend(ahead.into_iter().map(|(_, stop)| stop));
    let behind = behind.into_iter().map(|(_, stop)| stop).collect();
    let unsent = unsent(state);
    let all_sent =
        unsent.items.is_empty() && unsent.attention.is_empty() && unsent.begun.is_empty() && unsent.photos.is_empty();
    let begun_elsewhere = unsent.begun.into_iter().filter(|stop| stop.route != id).collect();
    let header = said.header.clone();
    Some(Day { route: id, header, restores, recalls, begun_elsewhere, next, ahead: begun, behind, total, all_sent })
}

/// Recalls as the crew is told of them: those that say the same of several stops, with nothing to be done at any of
/// them, together. A list that was taken back is one piece of news.
#[must_use]
pub fn told_together(recalls: Vec<Recall>) -> Vec<Vec<Recall>> {
    let is_plain =
        |recall: &Recall| !(recall.too_late || recall.on_again || recall.cut_entered || recall.paid_at.is_some());
    let is_alike = |a: &Recall, b: &Recall| {
        is_plain(a) && is_plain(b) && a.reason == b.reason && a.stop.order.kind.is_cut() == b.stop.order.kind.is_cut()
    };
    let mut told: Vec<Vec<Recall>> = Vec::new();
    for recall in recalls {
        match told.iter_mut().find(|group| is_alike(&group[0], &recall)) {
            Some(group) => group.push(recall),
            None => told.push(vec![recall]),
        }
    }
    told
}

/// Puts a stop on top of the day where somebody has to be told of it.
fn announce(
    state: &State,
    route: &Route,
    stop: &Stop,
    found: &Disposition,
    (restores, recalls): (&mut Vec<Restore>, &mut Vec<Recall>),
) {
    if stop.restore_now {
        // One card a stop: what is to be done now, not what should not have been done.
        let unseen = found.needs_ack.iter().map(|fact| (stop.order.id, fact.clone())).collect();
        restores.push(Restore { stop: stop.clone(), reconnect: None, why: restore_why(route, found), unseen });
        return;
    }
    let off = |line: &LineState| matches!(line, LineState::Off { .. });
    let on = |line: &LineState| matches!(line, LineState::Restored { .. });
    // What was only handed in may not be taken in: nobody is told that it is settled.
    let counts = !stop.saved.is_some_and(|saved| saved.handed_in);
    let on_again = counts && stop.order.kind.is_cut() && found.lines.values().any(on) && !found.lines.values().any(off);
    let cut_entered = state.drafts.get(&stop.order.id).is_some_and(Draft::cuts);
    recalls.extend(found.needs_ack.iter().map(|fact| Recall {
        fact: fact.clone(),
        reason: recall_reason(route, fact),
        paid_at: paid_at(found),
        too_late: stop.standing == Standing::Done,
        on_again,
        cut_entered,
        stop: stop.clone(),
    }));
}

fn paid_at(found: &Disposition) -> Option<Micros> {
    match &found.why_not {
        Some(WhyNot::Released { paid_at, .. }) => *paid_at,
        _ => None,
    }
}

fn recall_reason(route: &Route, fact: &FactId) -> RecallReason {
    match route.doc.fact(fact).and_then(|stored| stored.raw.understood()).map(|fact| fact.body) {
        Some(FactBody::Recall(recall)) => recall.reason,
        _ => RecallReason::Cancelled,
    }
}
