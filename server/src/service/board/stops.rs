//! The stops of a route as the board shows them: where each stands, and where one went that is not on it any more.

use super::BoardRoute;
use crate::{
    service::{
        ServiceError,
        voice::Voice,
        whereabouts::{Heard, OnRoute, Recalled},
    },
    store::{
        StoreError,
        board::{BoardRouteRow, StopRow, VisitRow},
        facts::FactRow,
    },
};
use curbstop_shared::{
    disposition::{
        Disposition, LineState, OrderState,
        sentences::{self, Audience, Words},
    },
    ids::{LineId, OrderId, RouteId},
    routing::Point,
    time::Micros,
    vocabulary::{OrderKind, Product, Reason},
};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// One stop.
#[derive(Debug, Clone)]
pub struct Stop {
    /// The route of the day that it is on, or was, which may be an older generation of the one it is shown with.
    pub route: RouteId,
    /// That route's generation.
    pub generation: i64,
    /// The order.
    pub id: OrderId,
    /// "T-2291".
    pub number: String,
    /// What is to be done.
    pub kind: OrderKind,
    /// Why.
    pub reason: Reason,
    /// The account.
    pub account: String,
    /// Street address, or the premise where none is known.
    pub address: String,
    /// Its place on the route, from 1.
    pub place: usize,
    /// Its rank on the route; lower first.
    pub rank: i64,
    /// Where it is, if anybody knows.
    pub point: Option<Point>,
    /// It is not on this route any more.
    pub taken_off: bool,
    /// Another crew has it on its route of the day.
    pub is_others: bool,
    /// No tablet with this route can know that it left.
    pub still_there: bool,
    /// Latest moment by which it has to be done.
    pub due_at: Option<Micros>,
    /// Code of its state.
    pub state: String,
    /// Its state in words; of one that was taken off, where it went.
    pub said: String,
    /// Recalls that nobody of this crew has seen.
    pub unseen: Vec<Recalled>,
    /// Service is off here, and was released: somebody who paid waits for it.
    pub is_owed: bool,
    /// Recalls by which it left this route, which nobody of this crew has seen.
    pub left_unseen: Vec<Recalled>,
}

impl Stop {
    /// Service that should be back by now, and is not.
    #[must_use]
    pub fn is_late(&self, now: Micros) -> bool {
        let to_do = !self.taken_off && matches!(self.state.as_str(), "open" | "unable");
        self.kind.is_restore() && to_do && self.due_at.is_some_and(|due| due < now)
    }

    /// Somebody still has to do it.
    #[must_use]
    pub fn waits(&self) -> bool {
        matches!(self.state.as_str(), "open" | "unable")
    }

    /// Nothing has come of it yet and it is still this crew's.
    #[must_use]
    pub fn is_left(&self) -> bool {
        !self.taken_off && self.state == "open"
    }

    /// Nothing has come of it yet and the tablets with this route have it.
    #[must_use]
    pub fn is_ahead(&self) -> bool {
        self.is_left() || (self.still_there && self.state == "open")
    }
}

/// The route of the day on which each order stands now.
pub(super) fn went_to(rows: &[BoardRouteRow], stops: &HashMap<Uuid, Vec<StopRow>>) -> HashMap<Uuid, Uuid> {
    let on = |row: &BoardRouteRow| {
        let stops = stops.get(&row.id).map_or(&[][..], Vec::as_slice);
        let route = row.id;
        stops.iter().filter(|stop| stop.taken_off_at_us.is_none()).map(move |stop| (stop.id, route)).collect::<Vec<_>>()
    };
    rows.iter().flat_map(on).collect()
}

/// Who was where on the day.
pub(super) struct Visits {
    /// The crew of each visit, by the fact's id.
    crews: HashMap<String, String>,
    /// Routes with the orders at which their crews were.
    by_route: HashSet<(Uuid, Uuid)>,
}

impl Visits {
    pub fn of(rows: Vec<VisitRow>) -> Self {
        let by_route = rows.iter().map(|row| (row.route, row.order_id)).collect();
        Self { crews: rows.into_iter().map(|row| (row.id, row.crew)).collect(), by_route }
    }

    /// What the crew did by this route stays its work of the day, though the day was published again or the stop taken
    /// back before the office heard of it. Where another crew has the order now, that one's route says how it stands.
    fn made(&self, row: &StopRow, route: &BoardRouteRow, stands_on: Option<&BoardRouteRow>) -> bool {
        let is_over = matches!(row.state.as_str(), "done" | "stopped_at_door");
        is_over && stands_on.is_none() && self.by_route.contains(&(route.id, row.id))
    }
}

/// What a crew did by older generations of its day: on the newest one it would be missing from the crew's count.
pub(super) fn done_before(newest: &BoardRouteRow, routes: &[BoardRoute]) -> Vec<Stop> {
    let is_older = |route: &&BoardRoute| route.crew_id.0 == newest.crew && route.generation < newest.generation;
    let mut older: Vec<&BoardRoute> = routes.iter().filter(is_older).collect();
    older.sort_by_key(|route| route.generation);
    let mut seen = HashSet::new();
    let stops = older.into_iter().flat_map(|route| &route.stops);
    let done = stops.filter(|stop| !stop.taken_off && matches!(stop.state.as_str(), "done" | "stopped_at_door"));
    done.filter(|stop| seen.insert(stop.id)).cloned().collect()
}

fn nobody_goes(crew: &str, voice: &Voice) -> String {
    format!("{crew} {}", voice.pick("stays in today: nobody goes there.", "no sale hoy: no va nadie."))
}

/// One stop, as it is stored, in words.
pub(super) fn stop_of(
    row: &StopRow,
    place: usize,
    (route, stands_on): (&BoardRouteRow, Option<&BoardRouteRow>),
    told: &Told,
    visits: &Visits,
    places: &HashMap<String, String>,
    voice: &Voice,
) -> Result<Stop, StoreError> {
    let bad = |column: &'static str| StoreError::inconsistent("orders", column, row.id, "does not read");
    // An order that nobody has folded yet has an empty one.
    let mut folded: Option<Disposition> = serde_json::from_str(&row.disposition).ok();
    let words = Words {
        language: voice.language,
        time: &|at| voice.paid(at),
        crew: &|visit| visits.crews.get(visit.as_str()).unwrap_or(&route.crew_name).clone(),
        product: &|_: &LineId| None::<Product>,
    };
    let (unseen, left_unseen) = told.unseen(row, route, folded.as_ref());
    let owed = |line: &LineState| line.is_off_though_released();
    let is_owed = folded.as_ref().is_some_and(|folded| folded.lines.values().any(owed));
    let state = folded.as_mut().map(|folded| &mut folded.state);
    if let (Some(OrderState::Recalled { seen, .. }), false) = (state, unseen.is_empty()) {
        // Another crew's tap says nothing about this one's tablet.
        *seen = None;
    }
    let taken_off = row.taken_off_at_us.is_some() && !visits.made(row, route, stands_on);
    let said = if taken_off {
        taken_off_said(route, stands_on, voice)
    } else {
        folded.map_or_else(
            || sentences::state(&OrderState::Open, Audience::Office, &words),
            |folded| sentences::stands(&folded, Audience::Office, &words),
        )
    };
    let is_nobodys = !taken_off && route.out_at_us.is_some() && matches!(row.state.as_str(), "open" | "unable");
    let said = if is_nobodys { format!("{said} {}", nobody_goes(&route.crew_name, voice)) } else { said };
    Ok(Stop {
        route: RouteId(route.id),
        generation: route.generation,
        id: OrderId(row.id),
        number: row.number.clone(),
        kind: row.kind.parse().map_err(|_| bad("kind"))?,
        reason: row.reason.parse().map_err(|_| bad("reason"))?,
        account: row.account.clone(),
        address: places.get(&row.premise).unwrap_or(&row.premise).clone(),
        place,
        rank: row.rank,
        point: row.lat_e7.zip(row.lon_e7).and_then(|(lat, lon)| Point::new(lat, lon)),
        taken_off,
        is_others: stands_on.is_some_and(|other| other.crew != route.crew),
        still_there: false,
        due_at: row.due_at_us.map(Micros),
        state: row.state.clone(),
        said,
        is_owed,
        unseen,
        left_unseen,
    })
}

/// What the crews of a day were told of stops that were taken back, and what each has seen.
pub(super) struct Told {
    heard: HashMap<Uuid, Heard>,
    /// By crew and order.
    on: HashMap<(Uuid, Uuid), Vec<OnRoute>>,
}

impl Told {
    pub fn of(
        facts: Vec<FactRow>,
        rows: &[BoardRouteRow],
        stops: &HashMap<Uuid, Vec<StopRow>>,
    ) -> Result<Self, ServiceError> {
        let mut of_order: HashMap<Uuid, Vec<FactRow>> = HashMap::new();
        for fact in facts {
            of_order.entry(fact.order_id).or_default().push(fact);
        }
        let heard = of_order.into_iter().map(|(order, facts)| Ok((order, Heard::of(&facts)?)));
        let mut on: HashMap<_, Vec<OnRoute>> = HashMap::new();
        for row in rows.iter().filter(|row| row.closed_at_us.is_none()) {
            for stop in stops.get(&row.id).map_or(&[][..], Vec::as_slice) {
                on.entry((row.crew, stop.id)).or_default().push(OnRoute {
                    route: row.id,
                    published_at: Micros(row.published_at_us),
                    taken_off: stop.taken_off_at_us.is_some(),
                });
            }
        }
        Ok(Self { heard: heard.collect::<Result<_, ServiceError>>()?, on })
    }

    /// What a stop's crew was told of it and has not seen: that it was taken back, and that it left this route.
    fn unseen(
        &self,
        row: &StopRow,
        route: &BoardRouteRow,
        folded: Option<&Disposition>,
    ) -> (Vec<Recalled>, Vec<Recalled>) {
        let (Some(heard), Some(on)) = (self.heard.get(&row.id), self.on.get(&(route.crew, row.id))) else {
            return (Vec::new(), Vec::new());
        };
        // What one crew has seen another's tablet may not know.
        let is_stopped = matches!(row.state.as_str(), "recalled" | "released" | "held");
        let stands =
            |recall: &&Recalled| is_stopped || folded.is_some_and(|folded| folded.needs_ack.contains(&recall.id));
        let unseen = heard.unseen(on).into_iter().filter(stands).cloned().collect();
        let left = if row.taken_off_at_us.is_some() { heard.left_unseen(route.id, on) } else { Vec::new() };
        (unseen, left.into_iter().cloned().collect())
    }
}

/// Whether the tablets with a route still have a stop that left it: the whole route was replaced then, or none of them
/// was heard of since.
pub(super) fn is_still_there(
    row: &StopRow,
    route: &BoardRouteRow,
    all: &[BoardRouteRow],
    known_at: Option<i64>,
) -> bool {
    row.taken_off_at_us.is_some_and(|off| {
        let replaces = |other: &BoardRouteRow| {
            other.crew == route.crew && other.generation > route.generation && other.published_at_us == off
        };
        known_at.is_some_and(|known| off >= known) || all.iter().any(replaces)
    })
}

/// Where a stop went that is not on this route any more.
fn taken_off_said(route: &BoardRouteRow, stands_on: Option<&BoardRouteRow>, voice: &Voice) -> String {
    match stands_on {
        Some(other) if other.crew == route.crew => format!(
            "{} {}.",
            voice.pick("On the crew's newer route, generation", "En la ruta nueva de la cuadrilla, generación"),
            other.generation
        ),
        Some(other) => format!("{} {}.", voice.pick("Went to", "Pasó a"), other.crew_name),
        None => voice.pick("Taken off this route.", "Se quitó de esta ruta.").to_owned(),
    }
}
