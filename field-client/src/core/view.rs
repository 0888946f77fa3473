//! What the screens show, worked out from what the tablet knows.

mod day;
mod in_full;
mod replaced;
mod unsent;

pub use day::{Day, Left, Recall, Restore, TurnBackOn, day, told_together, turned_up_meanwhile};
pub use in_full::{Meanwhile, StopInFull, closed_with, stop_in_full};
pub use unsent::{Begun, Unsent, UnsentItem, UnsentPhoto, export, handed_in, handed_in_all, handed_in_photos, unsent};

use super::{Route, State, entries::About, permit, said::OrderSaid};
use chrono::NaiveDate;
use curbstop_shared::{
    disposition::{CutVerdict, Disposition, LineState, OrderState, WhyNot},
    facts::FactBody,
    ids::{FactId, OrderId, RouteId},
    route_document::{PublishedOrder, RouteHeader},
    time::{Micros, Span},
    vocabulary::{EquipmentResult, HoldScope, ReleaseReason, UnableCode},
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
        self.day_of(self.at)
    }

    /// The day by which holds are judged: the crew's by the tablet's clock or by the office's, whichever comes first. A
    /// clock that is known to be wrong ends no hold.
    pub(super) fn day_of_holds(self, office_ahead: Span) -> NaiveDate {
        self.today().min(self.day_of(self.at + office_ahead))
    }

    /// Whether a moment is on the crew's day.
    #[must_use]
    pub fn is_today(self, at: Micros) -> bool {
        self.day_of(at) == self.today()
    }

    fn day_of(self, at: Micros) -> NaiveDate {
        chrono::DateTime::from_timestamp_micros((at + self.utc_offset).0)
            .map_or(NaiveDate::MIN, |moment| moment.date_naive())
    }
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
    /// It is to be done, and this tablet has worked it before: the office has that and has not taken it in.
    pub worked_before: Option<WorkedBefore>,
    /// Something about it was refused by the office.
    pub needs_attention: bool,
    /// Somebody is off who should not be: turn it back on.
    pub restore_now: bool,
    /// This tablet is out of service: what was not begun here is begun on another.
    pub out_of_service: bool,
    /// How it was left, where it is done.
    pub left: HowLeft,
    /// It is stopped by a suspension of the cuts in its area.
    pub suspended: bool,
    /// It was for this crew to turn back on, and dispatch has given that to another one.
    pub restore_went: bool,
    /// By when it is to be done, where it is to be done still: what is done was done in time or not.
    pub due: Option<Due>,
    /// It is to be turned back on, and somebody was there and could not.
    pub tried: Option<Tried>,
}

/// A deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// When.
    pub at: Micros,
    /// It has passed.
    pub is_over: bool,
}

/// A visit that was to turn something on again and could not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tried {
    /// Device clock then.
    pub at: Micros,
    /// Why not.
    pub code: Option<UnableCode>,
}

/// What was turned off is on again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnAgain {
    /// Device clock when it was turned on; none where somebody only found it on.
    pub since: Option<Micros>,
}

impl OnAgain {
    /// Of lines that were turned off: none where one of them is off still.
    fn of(lines: &mut dyn Iterator<Item = &LineState>) -> Option<Self> {
        let mut on_again = None;
        for line in lines {
            match line {
                LineState::Off { .. } => return None,
                LineState::Restored { at, .. } => on_again = Some(on_again.flatten().max(*at)),
                LineState::FoundOn { .. } => on_again = on_again.or(Some(None)),
                _ => {}
            }
        }
        on_again.map(|since| Self { since })
    }
}

/// How a stop that is done was left, by the visit that did it or by one after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HowLeft {
    /// As it was ordered.
    AsOrdered,
    /// Off, and not finished: something stopped the visit after it was turned off.
    OffUnfinished,
    /// Turned off, and on again since.
    OnAgain(OnAgain),
    /// Without the equipment.
    NotCollected(EquipmentResult),
}

/// Why something that is off is to be on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RestoreWhy {
    /// Money came for it.
    pub paid: bool,
    /// When that was paid.
    pub paid_at: Option<Micros>,
    /// It should not have been turned off: cut and release crossed, or the release was known.
    pub is_wrongful: bool,
    /// The tablet that turned it off had the release by then.
    pub was_known: bool,
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

impl Stop {
    /// Whether the crew may go through this stop's own walk. Not where a cut is to be undone: its walk would take
    /// service away once more, and what turns it on is the reconnect; nor with a tablet that is out of service. What was
    /// begun is ended.
    #[must_use]
    pub const fn may_be_visited(&self) -> bool {
        self.begun || !(self.restore_now || self.out_of_service)
    }

    /// It may be to do again before the day is over, as soon as the office says so.
    #[must_use]
    pub const fn waits_for_the_office(&self) -> bool {
        self.suspended && matches!(self.standing, Standing::Stopped(_)) && self.saved.is_none()
    }
}

impl Standing {
    /// A turn-off, lock or other work may still be ahead here.
    #[must_use]
    pub const fn is_ahead(&self) -> bool {
        matches!(self, Self::ToDo)
    }
}

/// Work of this tablet at a stop that the office has not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkedBefore {
    /// Device clock when the crew saved it.
    pub at: Micros,
    /// It was handed in, and dispatch decides; else the office refused it, and the crew has it.
    pub handed_in: bool,
}

/// What became of what the crew saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saved {
    /// Device clock when it was saved on this tablet.
    pub at: Micros,
    /// Device clock when the office's receipt came.
    pub received_at: Option<Micros>,
    /// The tablet was out of service by then: it was handed in, and counts for nothing until somebody decides.
    pub handed_in: bool,
}

/// How old the data about the route that is worked today is, in seconds.
#[must_use]
pub fn age_s(state: &State, now: Now) -> Option<i64> {
    let last = state.contact.map(|contact| contact.sent_at);
    let heard_at = route_of_the_day(state, now.today()).map_or(last, |(id, _)| state.heard_at(id));
    permit::age_s(heard_at, now.at)
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

fn stop(state: &State, route: &Route, said: &OrderSaid, place: usize, (found, now): (&Disposition, Now)) -> Stop {
    let draft = state.drafts.get(&said.order.id);
    let order = draft.map_or_else(|| said.order.clone(), |draft| said.as_worked(draft));
    let saved =
        route.own.iter().rev().find(|own| own.made.order == order.id && own.made.about == About::Act).map(|own| {
            let (at, id) = (own.made.saved_at, order.id);
            let handed_in = state.handed_in.iter().any(|item| item.order == id && item.saved_at == at);
            Saved { at, received_at: own.received_at, handed_in }
        });
    let standing = standing(found);
    let to_do = draft.is_some() || matches!(standing, Standing::ToDo | Standing::Unable(_));
    let due = order.due_at.filter(|_| to_do).map(|at| Due { at, is_over: at <= now.at });
    let restore_now = said.order.kind.is_cut() && found.follow_ups.iter().any(|follow| !follow.wanted.is_empty());
    Stop {
        place,
        worked_before: worked_before(state, route, order.id, saved).filter(|_| standing.is_ahead()),
        standing,
        begun: draft.is_some(),
        saved,
        needs_attention: state.attention.iter().any(|parked| parked.order == order.id),
        out_of_service: state.revoked,
        restore_went: said.reconnect_went(found),
        left: left(said, found),
        suspended: is_suspended(route, found),
        due,
        tried: said.tried_to_restore(found).filter(|_| restore_now),
        restore_now,
        order,
    }
}

/// The last work at a stop that the office has not taken in, where nothing was saved there since.
fn worked_before(state: &State, route: &Route, order: OrderId, saved: Option<Saved>) -> Option<WorkedBefore> {
    // It had arrived before it was handed in, and only the receipt was lost.
    let taken_in = |fact: &FactId| route.doc.has_fact(fact);
    let of_this = |about: About, at: OrderId| about == About::Act && at == order;
    let handed_in = state.handed_in.iter().filter(|item| of_this(item.about, item.order));
    let handed_in = handed_in.filter(|item| !item.facts.iter().any(taken_in));
    let handed_in = handed_in.map(|item| WorkedBefore { at: item.saved_at, handed_in: true });
    let refused = state.attention.iter().filter(|parked| of_this(parked.about, parked.order));
    let refused = refused.map(|parked| WorkedBefore { at: parked.saved_at, handed_in: false });
    let last = handed_in.chain(refused).max_by_key(|work| work.at)?;
    saved.is_none_or(|saved| saved.at < last.at).then_some(last)
}

fn standing(found: &Disposition) -> Standing {
    match (&found.state, &found.why_not) {
        (OrderState::Done { .. }, _) => Standing::Done,
        (OrderState::Unable { code, .. }, None) => Standing::Unable(*code),
        (_, Some(why)) => Standing::Stopped(why.clone()),
        (_, None) => Standing::ToDo,
    }
}

/// Nothing is to be done there as long as cuts are suspended in its area: it is no stop that is behind anybody.
fn is_suspended(route: &Route, found: &Disposition) -> bool {
    let Some(WhyNot::Held { by, .. }) = &found.why_not else { return false };
    let hold = route.doc.fact(by).and_then(|fact| fact.raw.read().ok());
    matches!(hold.map(|fact| fact.body), Some(FactBody::Hold(hold)) if hold.scope == HoldScope::Area)
}

fn left(said: &OrderSaid, found: &Disposition) -> HowLeft {
    let OrderState::Done { unfinished, .. } = &found.state else { return HowLeft::AsOrdered };
    let lines = || found.lines.values();
    let not_collected = lines().find_map(|line| match line {
        LineState::NotCollected { result, .. } => Some(HowLeft::NotCollected(*result)),
        _ => None,
    });
    let off = |line: &LineState| matches!(line, LineState::Off { .. });
    match not_collected {
        Some(left) => left,
        None if *unfinished && lines().any(off) => HowLeft::OffUnfinished,
        None if said.order.kind.is_cut() => OnAgain::of(&mut lines()).map_or(HowLeft::AsOrdered, HowLeft::OnAgain),
        None => HowLeft::AsOrdered,
    }
}

fn understood(route: &Route, fact: &FactId) -> Option<FactBody> {
    Some(route.doc.fact(fact)?.raw.understood()?.body)
}

/// Why the lines that are off are to be on: what the releases say that cover them, and how their cuts stood to these.
fn restore_why(route: &Route, found: &Disposition) -> RestoreWhy {
    let mut why = RestoreWhy::default();
    for (line, state) in &found.lines {
        let LineState::Off { visit, released: Some(release), .. } = state else { continue };
        let cut = found.cuts.iter().find(|cut| cut.visit == *visit && cut.line == *line);
        why.is_wrongful |= cut.is_none_or(|cut| cut.label.is_wrongful());
        why.was_known |= cut.is_some_and(CutVerdict::crew_knew);
        if let Some(FactBody::Release(release)) = understood(route, release)
            && release.reason == ReleaseReason::PaymentReceived
        {
            (why.paid, why.paid_at) = (true, why.paid_at.max(release.paid_at));
        }
    }
    why
}

/// A tablet's clock that is off by more than this is said to the crew: the rules' own measure of how far clocks are
/// believed.
const CLOCK_MAY_BE_OFF: Span = Span::minutes(2);

/// By how much the office's clock is ahead of the tablet's, where that is more than clocks may be off. What was
/// recorded keeps the tablet's own time; the office corrects it by the same difference.
#[must_use]
pub fn clock_off(state: &State) -> Option<Span> {
    Some(office_ahead(state)).filter(|off| off.abs() > CLOCK_MAY_BE_OFF)
}

/// How far the office's clock was ahead of the tablet's when they last spoke; nothing where they never did.
#[must_use]
pub fn office_ahead(state: &State) -> Span {
    state.contact.map_or_else(Span::default, |contact| contact.server_now - contact.sent_at)
}
