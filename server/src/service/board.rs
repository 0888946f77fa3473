//! The dispatcher's board: each route with its crew and progress, what each tablet has and how old that is, and what
//! needs attention now, most pressing first.

mod attention;
mod offers;
mod stops;
mod tablets;

pub use attention::{Attention, Pressing, SILENT_AFTER, Waiting};
pub use offers::{Offer, Reach, Taker};
pub use stops::Stop;
pub use tablets::{Holding, Tablet};

use super::{
    ServiceError, crews,
    unread_payments::{self, Shown},
    voice::Voice,
};
use crate::{
    planning::plan::Plan,
    state::AppState,
    store::{
        Conn, StoreError,
        board::{self, StopRow},
        exceptions, facts,
    },
};
use chrono::{Days, NaiveDate};
use curbstop_shared::{
    ids::{CrewId, OrderId, RouteId},
    time::Micros,
};
use std::collections::{BTreeMap, HashMap};

/// Exceptions, and reconnects, that the list beside the board shows; how many more wait is said. The office's worklist
/// has all exceptions, and the next plan takes up all reconnects.
const ATTENTION_MAX: i64 = 50;

/// What listings of so many days before left over is offered for a day; what is older nobody waits for any more.
const EARLIER_DAYS: u64 = 30;

/// One day, as the dispatcher watches it.
#[derive(Debug)]
pub struct Board {
    /// The day.
    pub date: NaiveDate,
    /// Every route, by crew; a replaced generation follows the one that replaced it.
    pub routes: Vec<BoardRoute>,
    /// What needs somebody, most pressing first.
    pub attention: Vec<Attention>,
    /// Payments that a file brought and nobody could read, the ones with a truck on its way first.
    pub unread: Shown,
    /// Reconnects on no route that are not among them, for want of room.
    pub more_reconnects: usize,
    /// The other crews that may take a reconnect over, for each that a crew has today.
    pub takers: HashMap<OrderId, Vec<Taker>>,
}

/// One crew's route.
#[derive(Debug)]
pub struct BoardRoute {
    /// The route.
    pub id: RouteId,
    /// Whose it is.
    pub crew_id: CrewId,
    /// Since when somebody has said that the crew does not go out that day: its stops are nobody's.
    pub out_since: Option<Micros>,
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
    /// A tablet has said that it has this one and no newer one of the day.
    pub worked_from: bool,
    /// No tablet was ever given it, and the crew may go by paper.
    pub on_paper: bool,
    /// When it was last printed.
    pub printed_at: Option<Micros>,
    /// It is over.
    pub closed: bool,
    /// Its stops in order.
    pub stops: Vec<Stop>,
    /// What the crew did by older generations of its day; empty on those.
    pub done_before: Vec<Stop>,
    /// The crew's tablets.
    pub tablets: Vec<Tablet>,
}

/// How many stops stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// On the route, without those taken off it, and what was done by older generations of the crew's day.
    pub total: usize,
    /// Done.
    pub done: usize,
    /// Visited without doing the work, or stopped at the door.
    pub tried: usize,
    /// Taken back or released: nothing to do there.
    pub taken_back: usize,
    /// Protected as long as a hold lasts: nothing to do there now.
    pub held: usize,
    /// Still to be done.
    pub left: usize,
}

impl BoardRoute {
    /// The crew's tablets that still hear of what happens.
    pub fn in_service(&self) -> impl Iterator<Item = &Tablet> + Clone {
        self.tablets.iter().filter(|tablet| !tablet.out_of_service)
    }

    /// The crew's day: what it did before the day was published again, and what is on its route now.
    pub fn of_day(&self) -> impl Iterator<Item = &Stop> + Clone {
        self.done_before.iter().chain(self.stops.iter().filter(|stop| !stop.taken_off))
    }

    /// [`Self::of_day`], and what left the route.
    pub fn shown(&self) -> impl Iterator<Item = &Stop> {
        self.done_before.iter().chain(&self.stops)
    }

    /// How many stops stand where.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let mut progress = Progress::default();
        for stop in self.of_day() {
            progress.total += 1;
            match stop.state.as_str() {
                "done" => progress.done += 1,
                "unable" | "stopped_at_door" => progress.tried += 1,
                "recalled" | "released" => progress.taken_back += 1,
                "held" => progress.held += 1,
                _ => progress.left += 1,
            }
        }
        progress
    }

    /// The crew works that day, as far as anybody has said.
    #[must_use]
    pub const fn is_working(&self) -> bool {
        self.out_since.is_none()
    }

    /// The first stop that is still to be done.
    #[must_use]
    pub fn next(&self) -> Option<&Stop> {
        self.stops.iter().find(|stop| stop.is_left())
    }

    /// How many stops the crew has before it comes to this one, as its tablets with this route have them.
    #[must_use]
    pub fn stops_away(&self, stop: &Stop) -> usize {
        self.stops.iter().filter(|other| other.place < stop.place && other.is_ahead()).count()
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
    let visits = stops::Visits::of(board::visits(&mut conn, &day).await?);
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
    let went = stops::went_to(&rows, &stops);
    let told = stops::Told::of(facts::stopping_of_day(&mut conn, &day).await?, &rows, &stops)?;
    let mut routes = Vec::with_capacity(rows.len());
    for row in &rows {
        let replaced = newest.get(&row.crew).is_some_and(|last| *last > row.generation);
        let own = stops.remove(&row.id).unwrap_or_default();
        let of_route: Vec<_> = tablet_rows.iter().filter(|tablet| tablet.route == row.id).collect();
        let known_at = of_route.iter().filter_map(|tablet| tablet.confirmed_at_us).max();
        let stops = own
            .iter()
            .zip(1..)
            .map(|(stop, place)| {
                let stands_on = went.get(&stop.id).and_then(|other| rows.iter().find(|row| row.id == *other));
                let stop_shown = stops::stop_of(stop, place, (row, stands_on), &told, &visits, &places, voice)?;
                let still_there = stops::is_still_there(stop, row, &rows, known_at);
                Ok(Stop { still_there, ..stop_shown })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let tablets = tablets::of_route(state, &mut conn, RouteId(row.id), &of_route, &stops).await?;
        let on_paper = tablets::on_paper(&tablets, row.sheet_at_us.is_some());
        routes.push(BoardRoute {
            on_paper,
            printed_at: row.sheet_at_us.map(Micros),
            id: RouteId(row.id),
            crew_id: CrewId(row.crew),
            out_since: row.out_at_us.map(Micros),
            crew: row.crew_name.clone(),
            crew_kind: row.crew_kind.clone(),
            qualifications: row.qualifications.clone(),
            phone: row.phone.clone(),
            generation: row.generation,
            replaced,
            worked_from: of_route.iter().any(|tablet| tablet.confirmed_heads.is_some() && !tablet.has_newer),
            published_at: Micros(row.published_at_us),
            closed: row.closed_at_us.is_some(),
            done_before: Vec::new(),
            stops,
            tablets,
        });
    }
    for row in &rows {
        let before = stops::done_before(row, &routes);
        if let Some(route) = routes.iter_mut().find(|route| route.id.0 == row.id && !route.replaced) {
            route.done_before = before;
        }
    }
    // "Truck 7" comes before "Truck 12".
    routes.sort_by_cached_key(|route| (crews::numbers_last(&route.crew), std::cmp::Reverse(route.generation)));
    // Whatever day is looked at: a crew that had it yesterday does not go there any more.
    let today = voice.today().to_string();
    let unrouted = board::unrouted(&mut conn, &today, ATTENTION_MAX).await?;
    let waiting = unrouted.first().map_or(0, |first| usize::try_from(first.waiting).unwrap_or(usize::MAX));
    let more_reconnects = waiting.saturating_sub(unrouted.len());
    let open = exceptions::open(&mut conn, ATTENTION_MAX).await?;
    let for_dispatch = open.into_iter().filter(attention::is_for_dispatch).collect();
    let exceptions = super::exceptions::told(state, &mut conn, for_dispatch, voice).await?;
    let restores_out = board::restores_out(&mut conn, &day).await?;
    let restores_later = board::restores_later(&mut conn, &today, ATTENTION_MAX).await?;
    // Before anything is out all of them are on nobody's route, and that is no news.
    let on_nobodys_route = if routes.is_empty() {
        0
    } else {
        board::on_nobodys_route(&mut conn, &day, &today.clone().min(day.clone())).await?
    };
    let earlier = waiting_of_earlier(&mut conn, date, voice.today()).await?;
    let of_earlier_listings = earlier.iter().map(|row| usize::try_from(row.orders).unwrap_or_default()).sum();
    let known = attention::Known {
        routes: &routes,
        on_nobodys_route,
        of_earlier_listings,
        unrouted: &unrouted,
        restores_out: &restores_out,
        restores_later: &restores_later,
        exceptions: &exceptions,
        evidence_late: super::missing_evidence::counted(&mut conn).await?.1,
    };
    let attention = attention::of(&known, date, voice);
    let mut unread = unread_payments::standing(&mut conn).await?;
    unread.rows.sort_by_key(|row| row.truck.as_ref().map_or(i64::MAX, |truck| truck.stops_away));
    let takers = offers::takers(&routes, &restores_out, date, voice);
    Ok(Board { date, routes, attention, unread, more_reconnects, takers })
}

/// The final listings of the month before a day whose orders wait and that no truck has, today or later; the newest first.
///
/// # Errors
/// When the store fails.
pub async fn waiting_of_earlier(
    conn: &mut Conn,
    date: NaiveDate,
    today: NaiveDate,
) -> Result<Vec<board::EarlierRow>, ServiceError> {
    let earliest = date.checked_sub_days(Days::new(EARLIER_DAYS)).unwrap_or(date);
    let from = today.min(date).to_string();
    Ok(board::waiting_of_earlier(conn, &date.to_string(), &earliest.to_string(), &from).await?)
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

/// Whether any route of a day is out.
///
/// # Errors
/// When the store fails.
pub async fn is_out(state: &AppState, date: NaiveDate) -> Result<bool, ServiceError> {
    Ok(!board::routes(&mut state.store.reader().await?, &date.to_string()).await?.is_empty())
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
