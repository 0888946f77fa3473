//! What the screens show, worked out from what the tablet knows.

mod replaced;

use super::{
    Draft, OwnChange, Route, State,
    entries::About,
    permit::{self, PermitClock},
    route::hashes,
    said::OrderSaid,
    state::Parked,
};
use chrono::NaiveDate;
use curbstop_shared::{
    disposition::{Disposition, LineState, OrderState, WhyNot},
    facts::FactBody,
    ids::{FactId, OrderId, RouteId},
    ordered::{Map, Set},
    route_document::{PublishedOrder, RouteHeader},
    time::{Micros, Span},
    vocabulary::{RecallReason, ReleaseReason, UnableCode},
};
use std::sync::Arc;

/// The moment at which somebody looks, with the zone in which the crew's day counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Device clock.
    pub at: Micros,
    /// East of UTC.
    pub utc_offset: Span,
}

impl Now {
    /// The crew's day.
    #[must_use]
    pub fn today(self) -> NaiveDate {
        chrono::DateTime::from_timestamp_micros((self.at + self.utc_offset).0)
            .map_or(NaiveDate::MIN, |moment| moment.date_naive())
    }
}

/// The day's list.
#[derive(Debug, Clone, PartialEq)]
pub struct Day {
    /// The route.
    pub route: RouteId,
    /// Its header.
    pub header: RouteHeader,
    /// Who is off and should not be, on top of everything.
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
    /// The stop.
    pub stop: Stop,
}

/// Somebody is off who should not be.
#[derive(Debug, Clone, PartialEq)]
pub struct Restore {
    /// The stop.
    pub stop: Stop,
    /// The release came with a payment.
    pub paid: bool,
    /// Recall facts of this order that nobody has seen; the crew's tap acknowledges them all.
    pub unseen: Vec<FactId>,
}

/// A stop that was begun and not saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The route on which it was begun.
    pub route: RouteId,
    /// The day of that route.
    pub date: NaiveDate,
    /// What was published.
    pub order: Arc<PublishedOrder>,
}

/// One stop.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// What was published.
    pub order: Arc<PublishedOrder>,
    /// Its place in the route, from 1.
    pub place: usize,
    /// Where it stands.
    pub standing: Standing,
    /// The crew has begun it.
    pub begun: bool,
    /// The crew's last visit on this tablet, where there is one.
    pub saved: Option<Saved>,
    /// Something about it was refused by the office.
    pub needs_attention: bool,
    /// Somebody is off who should not be: turn it back on.
    pub restore_now: bool,
}

/// Where a stop stands, as the crew sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// To be done.
    ToDo,
    /// Not to be done, and why.
    Stopped(WhyNot),
    /// Done.
    Done,
    /// The last visit could not do it.
    Unable(Option<UnableCode>),
}

impl Standing {
    /// A turn-off, lock or other work may still be ahead here.
    #[must_use]
    pub const fn is_ahead(&self) -> bool {
        matches!(self, Self::ToDo)
    }
}

/// What became of what the crew saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saved {
    /// Device clock when it was saved on this tablet.
    pub at: Micros,
    /// Device clock when the office's receipt came.
    pub received_at: Option<Micros>,
}

/// Exactly what the office does not have yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unsent {
    /// What was saved and has no receipt, oldest first.
    pub items: Vec<UnsentItem>,
    /// What the office refused and somebody has to look at.
    pub attention: Vec<Parked>,
    /// Stops that were begun and not saved.
    pub begun: Vec<Begun>,
}

/// One thing that was saved and has no receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsentItem {
    /// What it is.
    pub about: About,
    /// The order's number.
    pub number: String,
    /// Its address.
    pub address: String,
    /// Device clock when it was saved.
    pub saved_at: Micros,
}

impl Unsent {
    /// How many of a kind wait.
    #[must_use]
    pub fn count(&self, about: About) -> usize {
        self.items.iter().filter(|item| item.about == about).count()
    }
}

/// How old the data about the route that is worked today is, in seconds.
#[must_use]
pub fn age_s(state: &State, now: Now) -> Option<i64> {
    let last = state.contact.map(|contact| contact.sent_at);
    let heard_at = route_of_the_day(state, now.today()).map_or(last, |(id, _)| state.heard_at(id));
    permit::age_s(heard_at, now.at)
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
        let found = order.disposition(&route.doc, &said.header, now);
        let stop = stop(state, route, order, place + 1, &found);
        announce(route, &stop, &found, &mut restores, &mut recalls);
        stops.push(stop);
    }
    for (replaced, stop, found) in replaced::dropped(state, &said.header, now) {
        announce(replaced, &stop, &found, &mut restores, &mut recalls);
    }
    let total = stops.len();
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
        let already_done = matches!(stop.standing, Standing::Stopped(WhyNot::AlreadyDone { .. }));
        stop.standing.is_ahead() || (stopped_ahead && !already_done && !unseen.contains(&stop.order.id))
    });
    begun.extend(ahead.into_iter().map(|(_, stop)| stop));
    let behind = behind.into_iter().map(|(_, stop)| stop).collect();
    let unsent = unsent(state);
    let all_sent = unsent.items.is_empty() && unsent.attention.is_empty() && unsent.begun.is_empty();
    let begun_elsewhere = unsent.begun.into_iter().filter(|stop| stop.route != id).collect();
    let header = said.header.clone();
    Some(Day { route: id, header, restores, recalls, begun_elsewhere, next, ahead: begun, behind, total, all_sent })
}

/// Puts a stop on top of the day where somebody has to be told of it.
fn announce(route: &Route, stop: &Stop, found: &Disposition, restores: &mut Vec<Restore>, recalls: &mut Vec<Recall>) {
    if stop.restore_now {
        // One card a stop: what is to be done now, not what should not have been done.
        let unseen = found.needs_ack.clone();
        restores.push(Restore { stop: stop.clone(), paid: is_paid(route, found), unseen });
        return;
    }
    let off = |line: &LineState| matches!(line, LineState::Off { .. });
    let on = |line: &LineState| matches!(line, LineState::Restored { .. });
    let on_again = stop.order.kind.is_cut() && found.lines.values().any(on) && !found.lines.values().any(off);
    recalls.extend(found.needs_ack.iter().map(|fact| Recall {
        fact: fact.clone(),
        reason: recall_reason(route, fact),
        paid_at: paid_at(found),
        too_late: stop.standing == Standing::Done,
        on_again,
        stop: stop.clone(),
    }));
}

/// The header of the route that is worked today.
#[must_use]
pub fn header_of_the_day(state: &State, now: Now) -> Option<&RouteHeader> {
    Some(&route_of_the_day(state, now.today())?.1.said().ok()?.header)
}

fn route_of_the_day(state: &State, today: NaiveDate) -> Option<(RouteId, &Route)> {
    let headed = state.routes.iter().filter_map(|(id, route)| Some((*id, route.as_ref(), &route.said().ok()?.header)));
    // Today's before yesterday's, yesterday's before tomorrow's; within a day the newest generation.
    let of_the_day = headed.max_by_key(|(_, _, header)| {
        let ahead = header.date > today;
        let distance = (header.date - today).num_days().abs();
        (header.date == today, !ahead, -distance, header.generation)
    });
    of_the_day.map(|(id, route, _)| (id, route))
}

/// Every stop that was begun and not saved.
fn stops_begun(state: &State) -> Vec<Begun> {
    let begun = state.drafts.values().filter_map(|draft| {
        let said = state.routes.get(&draft.route)?.said().ok()?;
        let order = said.order(draft.order)?.1.order.clone();
        Some(Begun { route: draft.route, date: said.header.date, order })
    });
    begun.collect()
}

fn stop(state: &State, route: &Route, said: &OrderSaid, place: usize, found: &Disposition) -> Stop {
    let order = said.order.clone();
    let saved = route
        .own
        .iter()
        .rev()
        .find(|own| own.made.order == order.id && own.made.about == About::Act)
        .map(|own| Saved { at: own.made.saved_at, received_at: own.received_at });
    Stop {
        place,
        standing: standing(found),
        begun: state.drafts.contains_key(&order.id),
        saved,
        needs_attention: state.attention.iter().any(|parked| parked.order == order.id),
        restore_now: order.kind.is_cut() && found.follow_ups.iter().any(|follow| !follow.wanted.is_empty()),
        order,
    }
}

fn standing(found: &Disposition) -> Standing {
    match (&found.state, &found.why_not) {
        (OrderState::Done { .. }, _) => Standing::Done,
        (OrderState::Unable { code, .. }, None) => Standing::Unable(*code),
        (_, Some(why)) => Standing::Stopped(why.clone()),
        (_, None) => Standing::ToDo,
    }
}

fn paid_at(found: &Disposition) -> Option<Micros> {
    match &found.why_not {
        Some(WhyNot::Released { paid_at, .. }) => *paid_at,
        _ => None,
    }
}

/// Whether money came for a line that is off: the release that covers it says so.
fn is_paid(route: &Route, found: &Disposition) -> bool {
    found.lines.values().any(|line| {
        let LineState::Off { released: Some(release), .. } = line else { return false };
        let body = route.doc.fact(release).and_then(|stored| stored.raw.understood()).map(|fact| fact.body);
        matches!(body, Some(FactBody::Release(release)) if release.reason == ReleaseReason::PaymentReceived)
    })
}

fn recall_reason(route: &Route, fact: &FactId) -> RecallReason {
    match route.doc.fact(fact).and_then(|stored| stored.raw.understood()).map(|fact| fact.body) {
        Some(FactBody::Recall(recall)) => recall.reason,
        _ => RecallReason::Cancelled,
    }
}

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
    /// Money came for a line that is off.
    pub paid: bool,
    /// How long a cut may still begin.
    pub permit: PermitClock,
    /// A release, hold or recall came after the act step was opened.
    pub stopped_meanwhile: Option<Meanwhile>,
    /// Notes that people left, oldest first, with their device times.
    pub notes: Vec<(Micros, String)>,
}

/// A release, hold or recall that came after the act step was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meanwhile {
    /// What came.
    pub why: WhyNot,
    /// What was turned off has to be turned on again. A hold or claim restores nothing by itself: dispatch decides.
    pub restore: bool,
    /// The crew has entered that it turned something off.
    pub entered_off: bool,
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
    let disposition = published.disposition(&route.doc, &said.header, now);
    let stopped_meanwhile = draft
        .as_ref()
        .filter(|_| published.order.kind.is_cut())
        .and_then(|draft| meanwhile(route, draft, disposition.why_not.as_ref()?));
    Some(StopInFull {
        stop: stop(state, route, published, place + 1, &disposition),
        header: said.header.clone(),
        draft,
        paid: is_paid(route, &disposition),
        permit: PermitClock::at(state, route, now.at),
        stopped_meanwhile,
        notes: published.notes(),
        disposition,
    })
}

fn meanwhile(route: &Route, draft: &Draft, why: &WhyNot) -> Option<Meanwhile> {
    let (fact, restore) = match why {
        WhyNot::Released { by, .. } => (by, true),
        // Only gone from this route: nobody paid, and nothing is to be given back because of it.
        WhyNot::Recalled { by, reason, .. } => (by, !matches!(reason, RecallReason::Moved | RecallReason::TakenOff)),
        WhyNot::Held { by, .. } | WhyNot::FieldClaim { by, .. } => (by, false),
        // Work that somebody did, or a crew that stopped it, takes nothing back.
        WhyNot::AlreadyDone { .. } | WhyNot::StoppedAtDoor { .. } => return None,
    };
    let (came, opened) = (route.doc.change_of_fact(fact)?, hashes(&draft.opened.as_ref()?.heads));
    let known_before = opened.iter().any(|head| route.doc.clocks().knows(head, &came));
    (!known_before).then(|| Meanwhile { why: why.clone(), restore, entered_off: draft.leaves_off() })
}

/// A tablet's clock that is off by more than this is said to the crew: the rules' own measure of how far clocks are
/// believed.
const CLOCK_MAY_BE_OFF: Span = Span::minutes(2);

/// By how much the office's clock is ahead of the tablet's, where that is more than clocks may be off. What was
/// recorded keeps the tablet's own time; the office corrects it by the same difference.
#[must_use]
pub fn clock_off(state: &State) -> Option<Span> {
    let contact = state.contact?;
    let off = contact.server_now - contact.sent_at;
    (off.abs() > CLOCK_MAY_BE_OFF).then_some(off)
}

/// Exactly what the office does not have yet.
#[must_use]
pub fn unsent(state: &State) -> Unsent {
    let item = |route: &Route, own: &OwnChange| {
        let said = route.said().ok().and_then(|said| said.order(own.made.order));
        let (number, address) =
            said.map(|(_, said)| (said.order.number.clone(), said.order.address.clone())).unwrap_or_default();
        UnsentItem { about: own.made.about, number, address, saved_at: own.made.saved_at }
    };
    let mut items: Map<(Micros, usize), UnsentItem> = Map::new();
    for route in state.routes.values() {
        for own in route.waiting() {
            items.insert((own.made.saved_at, items.len()), item(route, own));
        }
    }
    let items = items.into_values().collect();
    Unsent { items, attention: state.attention.clone(), begun: stops_begun(state) }
}

/// Everything that the office does not have, as JSON: the change chunks for a machine, the facts for a person. Works
/// without a signal, and when the office no longer knows the tablet.
#[must_use]
pub fn export(state: &State) -> String {
    let waiting: Vec<_> = state
        .routes
        .iter()
        .flat_map(|(id, route)| {
            route.waiting().map(move |own| {
                let facts: Vec<_> = own
                    .made
                    .facts
                    .iter()
                    .filter_map(|fact| route.doc.fact(fact))
                    .map(|stored| serde_json::json!({ "id": stored.raw.id, "fields": stored.raw.fields }))
                    .collect();
                serde_json::json!({
                    "route": id, "change": own.hash.to_string(), "chunk": own.made.chunk,
                    "saved_at": own.made.saved_at, "facts": facts,
                })
            })
        })
        .collect();
    let device = state.enrolment.as_ref().map(|enrolment| enrolment.device);
    let export = serde_json::json!({
        "curbstop_outbox": 1, "device": device, "waiting": waiting,
        "needs_attention": state.attention, "drafts": state.drafts.values().collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&export).unwrap_or_default()
}
