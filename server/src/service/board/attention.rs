//! What needs a dispatcher now: recalls that nobody has seen, silent tablets, service to give back that no crew has
//! today or that is not sure to come in time, exceptions. The most pressing first, each with the sentence and whom to call.

mod crew_out;
mod nobodys;
mod recalled;
mod reconnects;
mod unheard;

pub use unheard::SILENT_AFTER;

use super::{BoardRoute, Tablet, offers::Offer};
use crate::{
    service::{exceptions::Entry, telling::Tone, voice::Voice},
    store::{
        board::{LaterRow, RestoreOutRow, UnroutedRow},
        exceptions::ExceptionRow,
    },
};
use chrono::NaiveDate;
use curbstop_shared::{
    ids::{OrderId, RouteId},
    time::Micros,
    vocabulary::ExceptionKind,
};

/// One thing that needs somebody.
#[derive(Debug)]
pub struct Attention {
    /// What it is, for a list that changes while somebody reads it.
    pub key: String,
    /// How pressing it is; the list is sorted by it.
    pub pressing: Pressing,
    /// Its icon and colour.
    pub tone: Tone,
    /// What it is, in a few words.
    pub title: String,
    /// What happened and what to do.
    pub said: String,
    /// Whom to call.
    pub phone: Option<String>,
    /// The account to look at.
    pub account: Option<String>,
    /// By when somebody has to have acted.
    pub due_at: Option<Micros>,
    /// A reconnect that another crew could do.
    pub waiting: Option<Waiting>,
    /// What somebody may say to have told the crew by phone.
    pub told: Option<ToTell>,
}

/// Orders that a crew has to be told not to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToTell {
    /// Its route.
    pub route: RouteId,
    /// The orders.
    pub orders: Vec<OrderId>,
}

impl ToTell {
    fn of(route: &BoardRoute, stops: &[&super::Stop]) -> Self {
        Self { route: route.id, orders: stops.iter().map(|stop| OrderId(stop.id.0)).collect() }
    }

    /// As a form carries them.
    #[must_use]
    pub fn listed(&self) -> String {
        self.orders.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }
}

impl Attention {
    /// Somebody who surely paid may be cut in minutes, or is off: that comes before payments that nobody could read.
    #[must_use]
    pub const fn comes_first(&self) -> bool {
        matches!(self.pressing, Pressing::Recall { .. } | Pressing::Off { .. })
    }
}

/// A reconnect that no crew has, or one that can't be heard of, and who could have it.
#[derive(Debug)]
pub struct Waiting {
    /// The order.
    pub order: OrderId,
    /// The route that has it now, where one does.
    pub from: Option<RouteId>,
    /// The routes that are out and could take it, the one that comes to it soonest first.
    pub offers: Vec<Offer>,
}

/// How pressing something is, the first most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pressing {
    /// A cut that was taken back and that nobody has seen: so many stops until the crew is there, heard of so long ago.
    Recall {
        /// More than one, of which none was paid for: those that were have lines of their own and come first.
        many: bool,
        /// Stops before it.
        stops_away: usize,
        /// Microseconds since 1970; none sorts first, for nobody has heard of that tablet.
        last_contact: Option<Micros>,
    },
    /// Somebody is off who paid.
    Off {
        /// It can wait till its deadline; else they were cut although they had paid.
        can_wait: bool,
        /// By when service has to be back, or since when it is called for.
        at: Micros,
    },
    /// A tablet was not heard of for long.
    Silent {
        /// Since when.
        since: Micros,
    },
    /// A person has to decide something.
    Exception {
        /// Nobody is off because of it, or no more.
        is_on: bool,
        /// By when.
        at: Micros,
    },
}

/// What is known of the day.
pub(super) struct Known<'k> {
    pub routes: &'k [BoardRoute],
    /// Orders of the day's final listings that wait and that no route has.
    pub on_nobodys_route: usize,
    /// Those of earlier days' listings.
    pub of_earlier_listings: usize,
    pub unrouted: &'k [UnroutedRow],
    pub restores_out: &'k [RestoreOutRow],
    /// What crews have on later days only.
    pub restores_later: &'k [LaterRow],
    /// Those that [`is_for_dispatch`], with their sentences.
    pub exceptions: &'k [Entry],
    /// Visits that lack evidence and that the office has left open for its day: a supervisor's by now.
    pub evidence_late: usize,
}

pub(super) fn of(known: &Known<'_>, date: NaiveDate, voice: &Voice) -> Vec<Attention> {
    let open = || known.routes.iter().filter(|route| !route.closed);
    let mut all = recalled::recalls(known, voice);
    all.extend(open().filter_map(|route| recalled::left(route, voice)));
    // Yesterday's tablets lie on the charger: silence means something only today.
    if date == voice.today() {
        all.extend(
            open()
                .filter(|route| !route.replaced && route.is_working())
                .flat_map(|route| route.in_service().filter_map(move |tablet| unheard::silent(route, tablet, voice))),
        );
        // One that was lost before the day was published again still shows what it had.
        all.extend(open().flat_map(|route| {
            route.tablets.iter().filter_map(move |tablet| unheard::out_of_service(route, tablet, voice))
        }));
        all.extend(
            known.restores_out.iter().filter_map(|out| reconnects::needs_somebody(known.routes, out, date, voice)),
        );
        all.extend(
            known.restores_later.iter().map(|later| reconnects::planned_later(known.routes, later, date, voice)),
        );
    }
    if date >= voice.today() {
        all.extend(nobodys::on_no_route(known, voice));
        all.extend(nobodys::of_earlier(known, voice));
        all.extend(open().filter(|route| !route.replaced).filter_map(|route| crew_out::stops_left(route, voice)));
        let not_fetched = open().filter(|route| !route.replaced && route.is_working());
        all.extend(not_fetched.filter_map(|route| unheard::not_fetched(route, voice)));
    }
    all.extend(known.unrouted.iter().map(|order| reconnects::on_no_route(known.routes, order, date, voice)));
    all.extend(known.exceptions.iter().map(exception));
    all.extend(evidence_late(known.evidence_late, voice));
    all.sort_by(|a, b| (a.pressing, &a.key).cmp(&(b.pressing, &b.key)));
    all
}

/// What a tablet is called, and that it can't hear any more where that is so.
fn called(tablet: &Tablet, voice: &Voice) -> String {
    let out = if tablet.out_of_service { voice.pick(" (out of service)", " (fuera de servicio)") } else { "" };
    format!("{}{out}", tablet.name)
}

fn ago(voice: &Voice, at: Micros) -> String {
    format!("{}{}", voice.age(at), voice.pick(" ago", ""))
}

/// "41 min ago", or that nobody was heard of.
fn heard(last_contact: Option<Micros>, voice: &Voice) -> String {
    last_contact.map_or_else(
        || voice.pick("no tablet with its route was heard of", "ninguna tableta con su ruta dio señal").to_owned(),
        |at| format!("{} {}", voice.pick("last contact", "último contacto hace"), ago(voice, at)),
    )
}

/// Whether somebody may be off who should not be, or was in danger.
const fn is_grave(kind: ExceptionKind) -> bool {
    matches!(
        kind,
        ExceptionKind::CutDespiteRelease
            | ExceptionKind::CutCrossedRelease
            | ExceptionKind::CutUnderHold
            | ExceptionKind::OffUnderClaim
            | ExceptionKind::Incident
    )
}

/// Only those that mean that somebody may be off who should not be, or that a dispatcher owns. Whom a tablet's work in
/// quarantine has cut off nobody knows yet, and only dispatch can ask that crew.
pub(super) fn is_for_dispatch(row: &ExceptionRow) -> bool {
    row.kind == ExceptionKind::QuarantinedFact.code()
        || row.kind.parse().is_ok_and(is_grave)
        || row.owner_role == "dispatcher"
}

/// One line for all of them: a lost tablet lacks forty photos, and nobody is off because of any.
fn evidence_late(visits: usize, voice: &Voice) -> Option<Attention> {
    let said = match visits {
        0 => return None,
        1 => voice
            .pick(
                "The evidence of one visit was not in after a day, and nobody has said what became of it.",
                "La evidencia de una visita no llegó en un día, y nadie ha dicho qué fue de ella.",
            )
            .to_owned(),
        visits => format!(
            "{} {visits} {}",
            voice.pick("The evidence of", "La evidencia de"),
            voice.pick(
                "visits was not in after a day, and nobody has said what became of it.",
                "visitas no llegó en un día, y nadie ha dicho qué fue de ella."
            )
        ),
    };
    Some(Attention {
        key: "evidence-late".to_owned(),
        pressing: Pressing::Exception { is_on: true, at: Micros(i64::MAX) },
        tone: Tone::Wait,
        title: voice.pick("For a supervisor: evidence missing", "Para supervisión: falta evidencia").to_owned(),
        said,
        phone: None,
        account: None,
        due_at: None,
        waiting: None,
        told: None,
    })
}

fn exception(entry: &Entry) -> Attention {
    let at = Micros(entry.due_at_us);
    // What is on again was wrong all the same, and no longer waits for a truck.
    let stop = entry.urgent || entry.kind == ExceptionKind::Incident;
    let number = if entry.order.is_empty() { String::new() } else { format!(" · {}", entry.order) };
    let address = entry.address.as_ref().map_or_else(String::new, |address| format!(" {address}"));
    let crew = entry.crew.as_ref().map_or_else(String::new, |crew| format!(" {crew}."));
    Attention {
        key: format!("exception-{}", entry.id),
        pressing: Pressing::Exception { is_on: !stop, at },
        tone: if stop { Tone::Stop } else { Tone::Wait },
        title: format!("{}{number}{address}", entry.title),
        said: format!("{}{crew}", entry.sentence),
        phone: entry.phone.clone(),
        account: (!entry.order.is_empty()).then(|| entry.account.clone()),
        due_at: Some(at),
        waiting: None,
        told: None,
    }
}

#[cfg(test)]
mod tests;
