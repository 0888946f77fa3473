//! Which routes that are out could take a reconnect, from nobody or from the crew that has it, when each comes to it, and
//! what that costs it.

use super::{BoardRoute, Stop};
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
    /// The crew has a tablet in service: else somebody has to call it.
    pub has_tablet: bool,
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

/// The routes that are out and may take an order that they never had.
fn running<'r>(routes: &'r [BoardRoute], order: &UnroutedRow) -> impl Iterator<Item = &'r BoardRoute> {
    let kind = order.kind.parse().unwrap_or(OrderKind::Reconnect);
    let products = products(order.products.as_deref().unwrap_or_default());
    let id = order.id;
    routes
        .iter()
        .filter(|route| !route.closed && !route.replaced)
        .filter(move |route| day::may_have(&on_duty(route), kind, &products))
        .filter(move |route| route.stops.iter().all(|stop| stop.id.0 != id))
}

/// The routes that are out today and may take the order, the crew that comes to it first of all first; those that have
/// no tablet to hear of it come last.
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
            let has_tablet = route.in_service().next().is_some();
            (work_s + extra_s, Offer { route: route.id, crew: route.crew.clone(), extra_s, stops_before, has_tablet })
        })
        .collect();
    offers.sort_by(|(a_s, a), (b_s, b)| (!a.has_tablet, a_s, &a.crew).cmp(&(!b.has_tablet, b_s, &b.crew)));
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
