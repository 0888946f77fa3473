//! Which routes that are out could take a reconnect, from nobody or from the crew that has it, when each comes to it, and
//! what that costs it.

use super::{BoardRoute, Stop, attention::SILENT_AFTER, tablets::at_the_door};
use crate::{
    planning::{
        day::{self, CrewOnDuty},
        detour::{self, CANNOT_WAIT, OnTheWay},
    },
    service::voice::Voice,
    store::board::{RestoreOutRow, UnroutedRow},
};
use chrono::NaiveDate;
use curbstop_shared::{
    ids::{CrewId, OrderId, RouteId},
    routing::Point,
    time::Micros,
    vocabulary::{OrderKind, Product, Reason},
};
use std::collections::{BTreeSet, HashMap};

/// So many crews are offered: who is farther away is chosen by planning the day anew.
const OFFERS_MAX: usize = 6;

/// A route that could take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The route.
    pub route: RouteId,
    /// What the crew is called.
    pub crew: String,
    /// Seconds more on the road.
    pub extra_s: i64,
    /// Stops that the crew comes to before it.
    pub stops_before: usize,
    /// Whether the crew hears of it.
    pub reach: Reach,
}

/// Whether a crew's tablet hears of what is put on its route, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It has the route and was heard of.
    Heard,
    /// It has the route and was not heard of for long.
    Silent {
        /// Since when; none where it never was.
        since: Option<Micros>,
    },
    /// No tablet has fetched the route.
    NotFetched,
    /// The crew has no tablet in service: somebody has to call it.
    NoTablet,
}

impl Reach {
    fn of(route: &BoardRoute, now: Micros) -> Self {
        let Some(tablet) = at_the_door(route.in_service()) else { return Self::NoTablet };
        if !tablet.may_work() {
            return Self::NotFetched;
        }
        match tablet.last_contact {
            Some(at) if now - at < SILENT_AFTER => Self::Heard,
            since => Self::Silent { since },
        }
    }

    /// A crew that surely hears of it is offered before one that somebody has to call.
    const fn rank(self) -> u8 {
        match self {
            Self::Heard => 0,
            Self::Silent { .. } | Self::NotFetched => 1,
            Self::NoTablet => 2,
        }
    }
}

/// A route that may take an order over from the crew that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taker {
    /// The route.
    pub route: RouteId,
    /// What the crew is called.
    pub crew: String,
}

/// The other routes that are out today and may take each of these orders over, by crew.
pub(super) fn takers(
    routes: &[BoardRoute],
    out: &[RestoreOutRow],
    date: NaiveDate,
    voice: &Voice,
) -> HashMap<OrderId, Vec<Taker>> {
    if date != voice.today() {
        return HashMap::new();
    }
    let of_order = |row: &RestoreOutRow| {
        let others = running(routes, &row.order);
        others.map(|route| Taker { route: route.id, crew: route.crew.clone() }).collect::<Vec<_>>()
    };
    out.iter().map(|row| (OrderId(row.order.id), of_order(row))).collect()
}

/// The routes that are out, of crews that work today, and may take an order that they don't have, be it that they had it
/// before.
fn running<'r>(routes: &'r [BoardRoute], order: &UnroutedRow) -> impl Iterator<Item = &'r BoardRoute> {
    let kind = order.kind.parse().unwrap_or(OrderKind::Reconnect);
    let products = products(order.products.as_deref().unwrap_or_default());
    let id = order.id;
    routes
        .iter()
        .filter(|route| !route.closed && !route.replaced && route.is_working())
        .filter(move |route| day::may_have(&on_duty(route), kind, &products))
        .filter(move |route| route.stops.iter().all(|stop| stop.id.0 != id || stop.taken_off))
}

/// The routes that are out today and may take the order: of the crews that surely hear of it the one that comes to it
/// first, then those that have to be called, those without a tablet last.
pub(super) fn of(routes: &[BoardRoute], order: &UnroutedRow, date: NaiveDate, voice: &Voice) -> Vec<Offer> {
    if date != voice.today() {
        return Vec::new();
    }
    let point = order.lat_e7.zip(order.lon_e7).and_then(|(lat, lon)| Point::new(lat, lon));
    let mut offers: Vec<(i64, Offer)> = running(routes, order)
        .map(|route| {
            let place = detour::shortest(&stops(route), point, order.priority <= CANNOT_WAIT);
            let (extra_s, stops_before) = (place.extra_s, place.stops_before);
            let work_s: i64 = route
                .stops
                .iter()
                .filter(|stop| stop.is_left())
                .take(stops_before)
                .map(|it| day::service_s(it.kind))
                .sum();
            let reach = Reach::of(route, voice.now);
            (work_s + extra_s, Offer { route: route.id, crew: route.crew.clone(), extra_s, stops_before, reach })
        })
        .collect();
    offers.sort_by(|(a_s, a), (b_s, b)| (a.reach.rank(), a_s, &a.crew).cmp(&(b.reach.rank(), b_s, &b.crew)));
    offers.truncate(OFFERS_MAX);
    offers.into_iter().map(|(_, offer)| offer).collect()
}

fn stops(route: &BoardRoute) -> Vec<OnTheWay> {
    let stops = route.stops.iter();
    let on_the_way = |stop: &Stop| OnTheWay {
        rank: stop.rank,
        point: stop.point,
        is_ahead: stop.is_left(),
        cannot_wait: stop.kind.is_restore() && stop.reason == Reason::WrongfulCut,
    };
    stops.map(on_the_way).collect()
}

fn on_duty(route: &BoardRoute) -> CrewOnDuty {
    CrewOnDuty {
        id: CrewId(uuid::Uuid::nil()),
        name: route.crew.clone(),
        qualifications: products(&route.qualifications),
        is_contractor: route.crew_kind != "own",
    }
}

fn products(codes: &str) -> BTreeSet<Product> {
    codes.split_whitespace().filter_map(|code| code.parse().ok()).collect()
}
