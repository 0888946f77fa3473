//! What the route builder is given for a day, and how its answer reads as a plan.

use super::address::number_and_street;
use super::plan::{CrewRefusal, LeftOutWhy, PlanLeftOut, PlanRoute, PlanStop, Shift};
use super::reasons::{self, StopReason};
use crate::moment::Moment;
use chrono::{NaiveDate, NaiveTime, TimeDelta, TimeZone};
use curbstop_shared::{
    ids::{CrewId, OrderId},
    language::Language,
    policy,
    routing::{
        BadDay, CrewDay, Day, DayPlan, InitialRoute, OrderToPlace, Patience, PlannedRoute, Point, StraightLine, Window,
        plan_day_until,
    },
    time::Micros,
    vocabulary::{OrderKind, Product},
};
use std::collections::{BTreeMap, BTreeSet};

/// An order that is to get a place in somebody's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The order.
    pub id: OrderId,
    /// Its number.
    pub number: String,
    /// What is to be done.
    pub kind: OrderKind,
    /// What its lines deliver.
    pub products: BTreeSet<Product>,
    /// 1 is most urgent.
    pub priority: i64,
    /// By when it has to be done.
    pub due_at: Option<Micros>,
    /// When it may begin by the utility's rules, where they say so.
    pub hours: Option<WorkHours>,
    /// The account.
    pub account: String,
    /// Street address.
    pub address: String,
    /// Latitude and longitude in 1e-7 degrees, if anybody knows.
    pub location_e7: Option<(i64, i64)>,
    /// Somebody gave it to this crew by hand: it stays with it.
    pub given_to: Option<CrewId>,
    /// It is on this crew's route of the day, at this place among its stops: the plan is built anew.
    pub on_route_of: Option<(CrewId, usize)>,
}

/// The hours of a day in which work may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkHours {
    /// The first second of the day.
    pub from_s: i64,
    /// The last one.
    pub to_s: i64,
}

impl WorkHours {
    /// Those of a rule: "not after 12:30" is over at 12:30, so the last minute is 12:29.
    #[must_use]
    pub fn of(window: policy::Window) -> Self {
        let second = |time: policy::TimeOfDay| i64::from(time.0) * 60;
        Self { from_s: second(window.from), to_s: second(window.until) - 60 }
    }

    /// What of them lies in a shift; none where nothing does.
    #[must_use]
    pub fn within(self, shift: &Shift) -> Option<Self> {
        let hours = Self { from_s: self.from_s.max(shift.from_s), to_s: self.to_s.min(shift.to_s) };
        (hours.from_s <= hours.to_s).then_some(hours)
    }
}

/// A crew that works on the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrewOnDuty {
    /// The crew.
    pub id: CrewId,
    /// Its name.
    pub name: String,
    /// What it may cut and restore.
    pub qualifications: BTreeSet<Product>,
    /// Not the utility's own: it does locks, unlocks and pick-ups only.
    pub is_contractor: bool,
}

/// The day to be planned.
#[derive(Debug, Clone)]
pub struct Outline {
    /// The day.
    pub date: NaiveDate,
    /// The utility's time zone.
    pub zone: chrono_tz::Tz,
    /// When crews work.
    pub shift: Shift,
    /// Where crews set out and end, if the utility said so.
    pub yard_e7: Option<(i64, i64)>,
}

/// Time at the stop for each kind of work: a first guess until the utility's own visits say better. From the
/// domain: a curb stop is turned in minutes, a restore waits for somebody to check the taps.
#[must_use]
pub const fn service_s(kind: OrderKind) -> i64 {
    match kind {
        OrderKind::DoorNotice | OrderKind::Reread => 180,
        OrderKind::TurnOff | OrderKind::TheftCheck => 360,
        OrderKind::MeterLock | OrderKind::Unlock | OrderKind::EquipmentPickup => 480,
        OrderKind::Reconnect | OrderKind::MoveInOn | OrderKind::MoveOutOff => 600,
        OrderKind::MeterExchange | OrderKind::MeterSet | OrderKind::MeterRemove | OrderKind::TamperInvestigation => {
            1_200
        }
    }
}

/// The route builder's input.
#[must_use]
pub fn outline(outline: &Outline, candidates: &[Candidate], crews: &[CrewOnDuty]) -> Day {
    let yard = outline.yard_e7.and_then(|(lat, lon)| Point::new(lat, lon));
    let own: BTreeSet<CrewId> = crews.iter().filter(|crew| !crew.is_contractor).map(|crew| crew.id).collect();
    let shift = Window { from_s: outline.shift.from_s, to_s: outline.shift.to_s };
    Day {
        orders: candidates
            .iter()
            .map(|order| OrderToPlace {
                id: order.id,
                point: order.location_e7.and_then(|(lat, lon)| Point::new(lat, lon)),
                address: by_street(&order.address),
                service_s: service_s(order.kind),
                windows: window(outline, order).into_iter().collect(),
                gives_back: order.kind.is_restore(),
                priority: order.priority,
                skills: skills(order),
                allowed_crews: (!order.kind.is_for_contractors()).then(|| own.clone()),
                locked_to: order.given_to,
            })
            .collect(),
        crews: crews
            .iter()
            .map(|crew| CrewDay {
                id: crew.id,
                start: yard,
                end: yard,
                shift,
                skills: crew.qualifications.iter().map(|product| product.code().to_owned()).collect(),
                frozen: Vec::new(),
            })
            .collect(),
        initial: crews.iter().map(|crew| as_it_is_out(crew.id, candidates)).collect(),
        initial_may_move: true,
    }
}

/// What a crew has on its route of the day already.
fn as_it_is_out(crew: CrewId, candidates: &[Candidate]) -> InitialRoute {
    let place = |order: &Candidate| order.on_route_of.filter(|on| on.0 == crew).map(|on| (on.1, order.id));
    let stops: BTreeMap<usize, OrderId> = candidates.iter().filter_map(place).collect();
    InitialRoute { crew, orders: stops.into_values().collect() }
}

/// The best day for this input until `patience` is used up. What its crew has no room for goes to another one all the
/// same: somebody who waits for service waits for it and not for a crew. All others then stay with the crew they have.
///
/// # Errors
/// As the route builder says.
pub fn solve(mut input: Day, seed: u64, patience: &mut dyn Patience) -> Result<DayPlan, BadDay> {
    let solved = plan_day_until(&input, &StraightLine::default(), seed, patience)?;
    let lost: BTreeSet<OrderId> = solved.left_out.iter().map(|left| left.order).collect();
    let mut is_freed = false;
    for order in input.orders.iter_mut().filter(|order| lost.contains(&order.id)) {
        is_freed |= order.locked_to.take().is_some();
    }
    if !is_freed {
        return Ok(solved);
    }
    input.initial = solved.routes.iter().map(as_it_is).collect();
    input.initial_may_move = false;
    plan_day_until(&input, &StraightLine::default(), seed, patience)
}

fn as_it_is(route: &PlannedRoute) -> InitialRoute {
    InitialRoute { crew: route.crew, orders: route.stops.iter().map(|stop| stop.order).collect() }
}

/// Whether a crew may be given an order at all: it is qualified, and a contractor's work where the crew is one.
#[must_use]
pub fn may_have(crew: &CrewOnDuty, kind: OrderKind, products: &BTreeSet<Product>) -> bool {
    let for_it = !crew.is_contractor || kind.is_for_contractors();
    for_it && (!kind.touches_service() || products.is_subset(&crew.qualifications))
}

/// Whoever takes a service away or gives it back must be qualified for each product of the order.
fn skills(order: &Candidate) -> BTreeSet<String> {
    let products = order.products.iter().filter(|_| order.kind.touches_service());
    products.map(|product| product.code().to_owned()).collect()
}

/// When it may begin and has to have been done, where that is not the whole shift.
fn window(outline: &Outline, order: &Candidate) -> Option<Window> {
    let deadline = deadline(outline, order.due_at);
    let Some(hours) = order.hours else { return deadline };
    let to_s = deadline.map_or(hours.to_s, |deadline| deadline.to_s.min(hours.to_s)).max(hours.from_s);
    Some(Window { from_s: hours.from_s, to_s })
}

/// A deadline within the shift is a window. One that has passed, or lies behind the shift, asks for nothing more than
/// the order's priority.
fn deadline(outline: &Outline, due_at: Option<Micros>) -> Option<Window> {
    let due_s = seconds_of_day(outline, due_at?)?;
    let Shift { from_s, to_s } = outline.shift;
    (from_s..=to_s).contains(&due_s).then_some(Window { from_s, to_s: due_s })
}

/// "12 Elm St" sorts under Elm, number 12.
fn by_street(address: &str) -> String {
    match number_and_street(address) {
        Some((number, street)) => format!("{street} {number:06}"),
        None => address.to_owned(),
    }
}

/// Seconds after the day's midnight, by the clock on the wall; `None` on another day.
fn seconds_of_day(outline: &Outline, at: Micros) -> Option<i64> {
    let local = outline.zone.from_utc_datetime(&chrono::DateTime::from_timestamp_micros(at.0)?.naive_utc());
    (local.date_naive() == outline.date)
        .then(|| local.naive_local().signed_duration_since(outline.date.and_time(NaiveTime::MIN)).num_seconds())
}

/// The moment of a second of the day, by the clock on the wall. In the hour that a clock change leaves out it is the
/// moment after it; in the hour that comes twice, the first.
#[must_use]
pub fn moment(outline: &Outline, second: i64) -> Micros {
    let wall = outline.date.and_time(NaiveTime::MIN) + TimeDelta::seconds(second);
    let local = outline.zone.from_local_datetime(&wall);
    let local = local.earliest().or_else(|| outline.zone.from_local_datetime(&(wall + TimeDelta::hours(1))).earliest());
    Micros(local.map_or_else(|| wall.and_utc().timestamp_micros(), |local| local.timestamp_micros()))
}

/// "41.9000" in 1e-7 degrees.
#[must_use]
pub fn degrees_e7(text: &str) -> Option<i64> {
    let degrees = text.parse::<rust_decimal::Decimal>().ok()?;
    let e7 = degrees.checked_mul(rust_decimal::Decimal::from(10_000_000))?.round();
    i64::try_from(e7.mantissa()).ok().filter(|e7| e7.abs() <= 1_800_000_000)
}

fn at(outline: &Outline, second: i64) -> Moment {
    Moment(moment(outline, second))
}

/// The builder's answer as the plan shows it.
#[must_use]
pub fn read_answer(
    outline: &Outline,
    answer: &DayPlan,
    candidates: &[Candidate],
    crews: &[CrewOnDuty],
) -> (Vec<PlanRoute>, Vec<PlanLeftOut>) {
    let orders: BTreeMap<OrderId, &Candidate> = candidates.iter().map(|order| (order.id, order)).collect();
    let names: BTreeMap<CrewId, &str> = crews.iter().map(|crew| (crew.id, crew.name.as_str())).collect();
    let name = |crew: CrewId| names.get(&crew).copied().unwrap_or_default().to_owned();
    let routes = answer.routes.iter().map(|route| PlanRoute {
        crew_id: route.crew,
        crew_name: name(route.crew),
        stops: route
            .stops
            .iter()
            .filter_map(|stop| {
                let order = orders.get(&stop.order)?;
                Some(PlanStop {
                    order_id: order.id,
                    number: order.number.clone(),
                    kind: order.kind,
                    account: order.account.clone(),
                    address: order.address.clone(),
                    lat_e7: order.location_e7.map(|(lat, _)| lat),
                    lon_e7: order.location_e7.map(|(_, lon)| lon),
                    priority: order.priority,
                    arrives_at: at(outline, stop.arrives_at_s),
                    leaves_at: at(outline, stop.leaves_at_s),
                    no_position: stop.no_position,
                    given: order.given_to == Some(route.crew),
                    detour_s: stop.detour_s,
                    why_here: Some(StopReason::of(stop, name)),
                })
            })
            .collect(),
        travel_s: route.travel_s,
        metres: route.metres,
        ends_at: at(outline, route.ends_at_s),
        route_id: None,
        generation: None,
    });
    let left_out = answer.left_out.iter().filter_map(|left| {
        let order = orders.get(&left.order)?;
        let refusals: Vec<CrewRefusal> = left
            .refusals
            .iter()
            .map(|refusal| CrewRefusal {
                crew_id: refusal.crew,
                crew_name: name(refusal.crew),
                why: refusal.why.clone(),
                more_urgent: refusal.for_more_urgent,
                text: reasons::with_more_urgent(refusal.why.to_string(), refusal.for_more_urgent, Language::En),
            })
            .collect();
        let text = if refusals.is_empty() {
            "No crew works that day.".to_owned()
        } else {
            refusals.iter().map(|it| format!("{}: {}", it.crew_name, it.text)).collect::<Vec<_>>().join("; ")
        };
        let code = if refusals.is_empty() { "no_crew" } else { "no_place" };
        Some(PlanLeftOut {
            order_id: Some(order.id),
            number: Some(order.number.clone()),
            account: order.account.clone(),
            address: order.address.clone(),
            why: LeftOutWhy::NoPlace { code: code.to_owned(), crews: refusals },
            text,
        })
    });
    (routes.collect(), left_out.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use curbstop_shared::routing::{Budget, plan_day};
    use uuid::Uuid;

    fn monday() -> Outline {
        Outline {
            date: NaiveDate::from_ymd_opt(2026, 11, 23).unwrap(),
            zone: chrono_tz::America::Chicago,
            shift: Shift::default(),
            yard_e7: Some((330_000_000, -970_000_000)),
        }
    }

    fn candidate(n: u128, kind: OrderKind, product: Product) -> Candidate {
        Candidate {
            id: OrderId(Uuid::from_u128(n)),
            number: format!("{}-{n}", kind.letter()),
            kind,
            products: BTreeSet::from([product]),
            priority: 3,
            due_at: None,
            hours: None,
            account: format!("{n:06}"),
            address: format!("{n} Elm St"),
            given_to: None,
            on_route_of: None,
            location_e7: Some((330_000_000 + 10_000 * i64::try_from(n).unwrap(), -970_000_000)),
        }
    }

    fn crew(n: u128, qualifications: &[Product], is_contractor: bool) -> CrewOnDuty {
        let qualifications = qualifications.iter().copied().collect();
        CrewOnDuty { id: CrewId(Uuid::from_u128(1000 + n)), name: format!("Crew {n}"), qualifications, is_contractor }
    }

    #[test]
    fn only_qualified_crews_cut_and_contractors_only_lock_and_collect() {
        let candidates = [
            candidate(1, OrderKind::TurnOff, Product::Water),
            candidate(2, OrderKind::MeterLock, Product::Electric),
            candidate(3, OrderKind::EquipmentPickup, Product::Internet),
        ];
        let crews = [crew(1, &[Product::Water], false), crew(2, &[Product::Electric, Product::Water], true)];
        let day = outline(&monday(), &candidates, &crews);
        let answer = plan_day(&day, &StraightLine::default(), Budget::default()).unwrap();
        let (routes, left_out) = read_answer(&monday(), &answer, &candidates, &crews);
        assert_eq!(left_out, []);
        let place = |number: &str| routes.iter().position(|it| it.stops.iter().any(|stop| stop.number == number));
        assert_eq!((place("T-1"), place("L-2")), (Some(0), Some(1)));
        assert!(place("E-3").is_some());
        let alone = outline(&monday(), &candidates, &crews[1..]);
        let answer = plan_day(&alone, &StraightLine::default(), Budget::default()).unwrap();
        let (_, left_out) = read_answer(&monday(), &answer, &candidates, &crews[1..]);
        assert_eq!(
            left_out.iter().map(|it| it.text.as_str()).collect::<Vec<_>>(),
            ["Crew 2: this crew is not allowed for it"]
        );
    }

    #[test]
    fn planned_times_are_the_towns_own() {
        let candidates = [candidate(1, OrderKind::TurnOff, Product::Water)];
        let crews = [crew(1, &[Product::Water], false)];
        let day = outline(&monday(), &candidates, &crews);
        let answer = plan_day(&day, &StraightLine::default(), Budget::default()).unwrap();
        let (routes, _) = read_answer(&monday(), &answer, &candidates, &crews);
        // 08:00 in Chicago in November is 14:00 UTC.
        let eight = chrono::DateTime::parse_from_rfc3339("2026-11-23T14:00:00Z").unwrap().timestamp_micros();
        let stop = &routes[0].stops[0];
        assert!((eight..eight + 600_000_000).contains(&stop.arrives_at.0.0));
        assert_eq!((stop.leaves_at.0 - stop.arrives_at.0).whole_seconds(), service_s(OrderKind::TurnOff));
    }

    #[test]
    fn a_deadline_within_the_shift_is_kept_and_one_that_has_passed_asks_for_no_window() {
        let due = |second| deadline(&monday(), Some(moment(&monday(), second)));
        assert_eq!(due(11 * 3600), Some(Window { from_s: 8 * 3600, to_s: 11 * 3600 }));
        assert_eq!(due(7 * 3600), None);
        assert_eq!(due(30 * 3600), None);
    }

    #[test]
    fn a_street_is_walked_by_number() {
        let mut streets = ["9 Elm St", "100 Elm St", "3 Oak Ave", "Mill Lane"];
        streets.sort_by_key(|address| by_street(address));
        assert_eq!(streets, ["9 Elm St", "100 Elm St", "Mill Lane", "3 Oak Ave"]);
    }
}
