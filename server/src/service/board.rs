//! The dispatcher's board: each route with its crew and progress, what each tablet has and how old that is, and what
//! needs attention now, most pressing first.

mod attention;
mod offers;
mod tablets;

pub use attention::{Attention, Pressing, Waiting};
pub use offers::Offer;
pub use tablets::{Holding, Tablet};

use super::{ServiceError, voice::Voice};
use crate::{
    planning::plan::Plan,
    state::AppState,
    store::{
        Conn, StoreError,
        board::{self, BoardRouteRow, StopRow, UnroutedRow},
        exceptions,
    },
};
use chrono::NaiveDate;
use curbstop_shared::{
    disposition::{
        Disposition, OrderState,
        sentences::{self, Audience, Words},
    },
    ids::{FactId, LineId, OrderId, RouteId},
    routing::Point,
    time::Micros,
    vocabulary::{OrderKind, Product, Reason},
};
use std::collections::{BTreeMap, HashMap};

/// Reconnects that are looked at before those that nothing calls for any more are left out.
const UNROUTED_READ_MAX: i64 = 1_000;
/// Exceptions and reconnects that the list beside the board shows; the office's worklist has them all.
const ATTENTION_MAX: i64 = 50;

/// One day, as the dispatcher watches it.
#[derive(Debug)]
pub struct Board {
    /// The day.
    pub date: NaiveDate,
    /// Every route, by crew; a replaced generation follows the one that replaced it.
    pub routes: Vec<BoardRoute>,
    /// What needs somebody, most pressing first.
    pub attention: Vec<Attention>,
}

/// One crew's route.
#[derive(Debug)]
pub struct BoardRoute {
    /// The route.
    pub id: RouteId,
    /// What the crew is called.
    pub crew: String,
    /// `own` or `contractor`.
    pub crew_kind: String,
    /// Codes of the products that it may cut and restore, with spaces between them.
    pub qualifications: String,
    /// Where it is reached.
    pub phone: Option<String>,
    /// Counts re-publications of the day.
    pub generation: i64,
    /// A later generation is out: only tablets that have not fetched it still work on this one.
    pub replaced: bool,
    /// When it was published.
    pub published_at: Micros,
    /// It is over.
    pub closed: bool,
    /// Its stops in order.
    pub stops: Vec<Stop>,
    /// The crew's tablets.
    pub tablets: Vec<Tablet>,
}

/// How many stops stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// On the route, without those taken off it.
    pub total: usize,
    /// Done.
    pub done: usize,
    /// Visited without doing the work, or stopped at the door.
    pub tried: usize,
    /// Taken back, released or held: nothing to do there.
    pub taken_back: usize,
    /// Still to be done.
    pub left: usize,
}

/// One stop.
#[derive(Debug)]
pub struct Stop {
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
    /// Latest moment by which it has to be done.
    pub due_at: Option<Micros>,
    /// Code of its state.
    pub state: String,
    /// Its state in words; of one that was taken off, where it went.
    pub said: String,
    /// Recalls that nobody on a tablet has seen.
    pub unseen: Vec<FactId>,
}

impl Stop {
    /// Nothing has come of it yet and it is still this crew's.
    #[must_use]
    pub fn is_left(&self) -> bool {
        !self.taken_off && self.state == "open"
    }
}

impl BoardRoute {
    /// How many stops stand where.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let mut progress = Progress::default();
        for stop in self.stops.iter().filter(|stop| !stop.taken_off) {
            progress.total += 1;
            match stop.state.as_str() {
                "done" => progress.done += 1,
                "unable" | "stopped_at_door" => progress.tried += 1,
                "recalled" | "released" | "held" => progress.taken_back += 1,
                _ => progress.left += 1,
            }
        }
        progress
    }

    /// The first stop that is still to be done.
    #[must_use]
    pub fn next(&self) -> Option<&Stop> {
        self.stops.iter().find(|stop| stop.is_left())
    }

    /// How many stops the crew has before it comes to this one.
    #[must_use]
    pub fn stops_away(&self, stop: &Stop) -> usize {
        self.stops.iter().filter(|other| other.place < stop.place && other.is_left()).count()
    }
}

/// The board of a day.
///
/// # Errors
/// When the store fails.
pub async fn board(state: &AppState, voice: &Voice, date: NaiveDate) -> Result<Board, ServiceError> {
    let day = date.to_string();
    // One moment for all of it, so that no tablet seems to have what the route doesn't.
    let mut conn = state.store.snapshot().await?;
    let rows = board::routes(&mut conn, &day).await?;
    let visits: HashMap<String, String> = board::crews_of_visits(&mut conn, &day).await?.into_iter().collect();
    let mut stops: HashMap<uuid::Uuid, Vec<StopRow>> = HashMap::new();
    for stop in board::stops(&mut conn, &day).await? {
        stops.entry(stop.route).or_default().push(stop);
    }
    let tablet_rows = board::tablets(&mut conn, &day).await?;
    let places = super::accounts::addresses_of_day(&mut conn, &day).await?;
    let mut newest: BTreeMap<uuid::Uuid, i64> = BTreeMap::new();
    for row in &rows {
        let generation = newest.entry(row.crew).or_insert(row.generation);
        *generation = row.generation.max(*generation);
    }
    let went = went_to(&rows, &stops);
    let mut routes = Vec::with_capacity(rows.len());
    for row in &rows {
        let replaced = newest.get(&row.crew).is_some_and(|last| *last > row.generation);
        let own = stops.remove(&row.id).unwrap_or_default();
        let stops = own
            .iter()
            .zip(1..)
            .map(|(stop, place)| {
                let stands_on = went.get(&stop.id).and_then(|other| rows.iter().find(|row| row.id == *other));
                stop_of(stop, place, (row, stands_on), &visits, &places, voice)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let of_route: Vec<_> = tablet_rows.iter().filter(|tablet| tablet.route == row.id).collect();
        let tablets = tablets::of_route(state, &mut conn, RouteId(row.id), &of_route, &stops).await?;
        routes.push(BoardRoute {
            id: RouteId(row.id),
            crew: row.crew_name.clone(),
            crew_kind: row.crew_kind.clone(),
            qualifications: row.qualifications.clone(),
            phone: row.phone.clone(),
            generation: row.generation,
            replaced,
            published_at: Micros(row.published_at_us),
            closed: row.closed_at_us.is_some(),
            stops,
            tablets,
        });
    }
    // "Truck 7" comes before "Truck 12".
    routes.sort_by_cached_key(|route| (numbers_last(&route.crew), std::cmp::Reverse(route.generation)));
    let mut unrouted = board::unrouted(&mut conn, &day, UNROUTED_READ_MAX).await?;
    unrouted.retain(is_called_for);
    unrouted.truncate(usize::try_from(ATTENTION_MAX).unwrap_or(usize::MAX));
    let open = exceptions::open(&mut conn, ATTENTION_MAX).await?;
    let recalled: HashMap<String, i64> = board::recalled_at(&mut conn, &day).await?.into_iter().collect();
    let attention = attention::of(&routes, &unrouted, &open, &recalled, date, voice);
    Ok(Board { date, routes, attention })
}

/// The route of the day on which each order stands now.
fn went_to(rows: &[BoardRouteRow], stops: &HashMap<uuid::Uuid, Vec<StopRow>>) -> HashMap<uuid::Uuid, uuid::Uuid> {
    let on = |row: &BoardRouteRow| {
        let stops = stops.get(&row.id).map_or(&[][..], Vec::as_slice);
        let route = row.id;
        stops.iter().filter(|stop| stop.taken_off_at_us.is_none()).map(move |stop| (stop.id, route)).collect::<Vec<_>>()
    };
    rows.iter().flat_map(on).collect()
}

/// Whether the cut that a reconnect puts right still wants it, as it was folded last.
fn is_called_for(row: &UnroutedRow) -> bool {
    let folded = row.cause_disposition.as_deref().and_then(|folded| serde_json::from_str::<Disposition>(folded).ok());
    folded.is_none_or(|cut| cut.follow_ups.iter().any(|it| it.id == OrderId(row.id) && !it.wanted.is_empty()))
}

/// A name as people sort it: its words, and its number as a number.
fn numbers_last(name: &str) -> (String, u64, String) {
    let digits = name.find(|c: char| c.is_ascii_digit()).unwrap_or(name.len());
    let (words, rest) = name.split_at(digits);
    let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (words.to_lowercase(), number.parse().unwrap_or(0), rest.to_owned())
}

/// The tablets of one route of a day.
///
/// # Errors
/// When the store fails.
pub(super) async fn tablets_of(
    state: &AppState,
    conn: &mut Conn,
    route: RouteId,
    date: &str,
) -> Result<Vec<Tablet>, ServiceError> {
    let rows = board::tablets(conn, date).await?;
    let of_route: Vec<_> = rows.iter().filter(|row| row.route == route.0).collect();
    tablets::of_route(state, conn, route, &of_route, &[]).await
}

/// The newest plan of a day, where one was built.
///
/// # Errors
/// When the store fails.
pub async fn plan_of_day(state: &AppState, date: NaiveDate) -> Result<Option<Plan>, ServiceError> {
    let body = board::plan(&mut state.store.reader().await?, &date.to_string()).await?;
    let plan = body.map(|body| serde_json::from_str(&body)).transpose();
    plan.map_err(|bad| StoreError::inconsistent("plans", "body", date, bad).into())
}

fn stop_of(
    row: &StopRow,
    place: usize,
    (route, stands_on): (&BoardRouteRow, Option<&BoardRouteRow>),
    visits: &HashMap<String, String>,
    places: &HashMap<String, String>,
    voice: &Voice,
) -> Result<Stop, StoreError> {
    let bad = |column: &'static str| StoreError::inconsistent("orders", column, row.id, "does not read");
    // An order that nobody has folded yet has an empty one.
    let folded: Option<Disposition> = serde_json::from_str(&row.disposition).ok();
    let words = Words {
        language: voice.language,
        time: &|at| voice.time(at),
        crew: &|visit| visits.get(visit.as_str()).unwrap_or(&route.crew_name).clone(),
        product: &|_: &LineId| None::<Product>,
    };
    let state = folded.as_ref().map_or(&OrderState::Open, |folded| &folded.state);
    let taken_off = row.taken_off_at_us.is_some();
    let said = if taken_off {
        taken_off_said(route, stands_on, voice)
    } else {
        sentences::state(state, Audience::Office, &words)
    };
    Ok(Stop {
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
        due_at: row.due_at_us.map(Micros),
        state: row.state.clone(),
        said,
        unseen: folded.map(|folded| folded.needs_ack).unwrap_or_default(),
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
