use super::{case::Case, *};
use crate::ids::{CrewId, OrderId};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const EIGHT: i64 = 8 * 3600;
const FIVE: i64 = 17 * 3600;

fn order(n: u128) -> OrderToPlace {
    OrderToPlace {
        id: OrderId(Uuid::from_u128(n)),
        point: None,
        address: format!("{n:04} Elm St"),
        service_s: 600,
        windows: vec![],
        gives_back: false,
        priority: 3,
        skills: BTreeSet::new(),
        allowed_crews: None,
        locked_to: None,
    }
}

fn order_at(n: u128, lat_e7: i64, lon_e7: i64) -> OrderToPlace {
    OrderToPlace { point: Point::new(lat_e7, lon_e7), ..order(n) }
}

fn crew(n: u128) -> CrewDay {
    CrewDay {
        id: CrewId(Uuid::from_u128(1_000_000 + n)),
        start: Point::new(330_000_000, -970_000_000),
        end: Point::new(330_000_000, -970_000_000),
        shift: Window { from_s: EIGHT, to_s: FIVE },
        skills: BTreeSet::new(),
        frozen: vec![],
    }
}

/// `n` stops north of the depot, `step_e7` apart.
fn northward(n: u128, step_e7: i64) -> Vec<OrderToPlace> {
    (1..=n)
        .scan(330_000_000, |lat_e7, n| {
            *lat_e7 += step_e7;
            Some(order_at(n, *lat_e7, -970_000_000))
        })
        .collect()
}

/// A few rounds: what has to be true is true of any of them.
const ROUNDS: Budget = Budget { iterations: 200, seed: 1 };

fn plan(day: &Day) -> DayPlan {
    plan_day(day, &StraightLine::default(), ROUNDS).expect("a sound day")
}

fn ids(route: &PlannedRoute) -> Vec<u128> {
    route.stops.iter().map(|stop| stop.order.0.as_u128()).collect()
}

#[test]
fn a_day_without_orders_leaves_the_crews_at_home() {
    let planned = plan(&Day { crews: vec![crew(1)], ..Day::default() });
    assert_eq!(planned.left_out, []);
    assert_eq!(planned.travel_s(), 0);
    assert_eq!(planned.routes[0].ends_at_s, EIGHT);
}

#[test]
fn without_a_crew_every_order_is_left_out_and_no_crew_is_blamed() {
    let planned = plan(&Day { orders: vec![order(1), order(2)], ..Day::default() });
    assert_eq!(planned.routes, []);
    assert_eq!(planned.left_out.len(), 2);
    assert!(planned.left_out.iter().all(|left| left.refusals.is_empty()));
}

#[test]
fn stops_without_a_position_come_last_by_address_and_are_marked() {
    let mut orders = northward(4, 100_000);
    orders.insert(0, OrderToPlace { address: "B St".to_owned(), ..order_at(8, 0, 0) });
    orders.insert(3, OrderToPlace { address: "A St".to_owned(), ..order(9) });
    let planned = plan(&Day { orders, crews: vec![crew(1)], ..Day::default() });
    let route = &planned.routes[0];
    assert_eq!(ids(route)[4..], [9, 8]);
    let marked: Vec<bool> = route.stops.iter().map(|stop| stop.no_position).collect();
    assert_eq!(marked, [false, false, false, false, true, true]);
}

#[test]
fn stops_at_one_place_cost_no_travel_between_them() {
    let orders = (1..=5).map(|n| order_at(n, 330_100_000, -970_000_000)).collect();
    let planned = plan(&Day { orders, crews: vec![crew(1)], ..Day::default() });
    let there_s = StraightLine::default()
        .leg(Point::new(330_000_000, -970_000_000).unwrap(), Point::new(330_100_000, -970_000_000).unwrap())
        .seconds;
    assert_eq!(planned.routes[0].travel_s, 2 * i64::from(there_s));
    assert_eq!(planned.routes[0].ends_at_s, EIGHT + 2 * i64::from(there_s) + 5 * 600);
}

#[test]
fn a_reconnect_with_a_deadline_comes_before_nearer_cuts() {
    let mut orders = northward(6, 1_000);
    let deadline = Window { from_s: EIGHT, to_s: EIGHT + 1500 };
    orders.push(OrderToPlace { priority: 1, windows: vec![deadline], ..order_at(7, 330_300_000, -970_000_000) });
    let planned = plan(&Day { orders, crews: vec![crew(1)], ..Day::default() });
    assert_eq!(planned.left_out, []);
    let stop = planned.routes[0].stops.iter().find(|stop| stop.order == order(7).id).unwrap();
    assert!(stop.begins_at_s <= deadline.to_s);
}

#[test]
fn whoever_is_off_comes_first_the_most_urgent_before_all_then_by_the_way() {
    let mut orders = northward(6, 10_000);
    // The crew passes 1 to 6 on its way out; 9 and 8 are off since they paid, 7 is off by the crew's own mistake.
    let back = |n, lat_e7, priority| OrderToPlace { gives_back: true, priority, ..order_at(n, lat_e7, -970_000_000) };
    orders.extend([back(9, 330_100_000, 3), back(8, 330_200_000, 3), back(7, 330_300_000, 1)]);
    orders.push(OrderToPlace { gives_back: true, priority: 2, ..order(10) });
    let planned = plan(&Day { orders, crews: vec![crew(1)], ..Day::default() });
    assert_eq!(planned.left_out, []);
    let stops = ids(&planned.routes[0]);
    assert_eq!(stops[..2], [7, 10], "the wrongful cut, then the medical one that nobody has a position for");
    assert_eq!(BTreeSet::from([8, 9]), stops[2..4].iter().copied().collect());
    assert_eq!(BTreeSet::from_iter(1..=6), stops[4..].iter().copied().collect());
}

#[test]
fn a_deadline_that_can_be_kept_in_no_other_way_goes_before_a_more_urgent_stop() {
    let soon = Window { from_s: EIGHT, to_s: EIGHT + 60 };
    let back = |n, priority, windows| OrderToPlace {
        gives_back: true,
        priority,
        windows,
        ..order_at(n, 330_000_000, -970_000_000)
    };
    let orders = vec![back(1, 1, vec![]), back(2, 3, vec![soon])];
    let planned = plan(&Day { orders, crews: vec![crew(1)], ..Day::default() });
    assert_eq!(ids(&planned.routes[0]), [2, 1], "both are done, and both in time");
}

#[test]
fn what_does_not_fit_the_shift_is_left_out_with_the_minutes_and_urgent_work_stays() {
    let short = CrewDay { shift: Window { from_s: EIGHT, to_s: EIGHT + 2000 }, ..crew(1) };
    let here = |n, priority| OrderToPlace { priority, ..order_at(n, 330_000_000, -970_000_000) };
    let orders = vec![here(1, 3), here(2, 3), here(3, 3), here(4, 2), here(5, 1)];
    let planned = plan(&Day { orders, crews: vec![short], ..Day::default() });
    let kept: BTreeSet<_> = ids(&planned.routes[0]).into_iter().collect();
    assert!(kept.is_superset(&BTreeSet::from([4, 5])), "{kept:?}");
    assert_eq!((kept.len(), planned.left_out.len()), (3, 2));
    for left in &planned.left_out {
        assert_eq!(left.refusals[0].why, WhyNot::ShiftFull { over_by_s: 400 });
        assert_eq!(left.refusals[0].why.to_string(), "the shift is full by 7 min");
        assert_eq!(left.refusals[0].for_more_urgent, 2, "without orders 4 and 5 it would fit");
    }
}

#[test]
fn every_crew_says_why_it_can_not_take_an_order() {
    let gas = BTreeSet::from(["gas".to_owned()]);
    let brief = Window { from_s: EIGHT, to_s: EIGHT + 60 };
    let far = |n| order_at(n, 331_000_000, -970_000_000);
    let orders = vec![
        OrderToPlace { skills: gas.clone(), locked_to: Some(crew(1).id), ..far(1) },
        OrderToPlace { allowed_crews: Some(BTreeSet::from([crew(3).id])), windows: vec![brief], ..far(2) },
        OrderToPlace { service_s: 10 * 3600, locked_to: Some(crew(3).id), ..far(3) },
    ];
    let qualified = CrewDay { skills: gas, ..crew(2) };
    let planned = plan(&Day { orders, crews: vec![crew(1), qualified, crew(3)], ..Day::default() });
    let why = |at: usize| planned.left_out[at].refusals.iter().map(|it| it.why.to_string()).collect::<Vec<_>>();
    assert_eq!(
        why(0),
        ["the crew is not qualified for gas", "locked to another crew", "the crew is not qualified for gas"]
    );
    assert_eq!(why(1)[0], "this crew is not allowed for it");
    assert!(matches!(planned.left_out[1].refusals[2].why, WhyNot::Window { late_by_s } if late_by_s > 0));
    assert!(matches!(planned.left_out[2].refusals[2].why, WhyNot::ShiftTooShort { over_by_s } if over_by_s > 3600));
}

#[test]
fn frozen_stops_stay_first_and_the_rest_of_the_day_starts_from_the_routes_it_had() {
    let orders = northward(6, 50_000);
    let id = |n: u128| OrderId(Uuid::from_u128(n));
    let working = CrewDay { frozen: vec![id(5), id(2)], ..crew(1) };
    let initial = vec![InitialRoute { crew: crew(2).id, orders: vec![id(1), id(3), id(4)] }];
    let planned = plan(&Day { orders, crews: vec![working, crew(2)], initial, ..Day::default() });
    assert_eq!(ids(&planned.routes[0])[..2], [5, 2]);
    assert!(planned.routes[0].stops[..2].iter().all(|stop| stop.frozen));
    assert!([1, 3, 4].iter().all(|n| ids(&planned.routes[1]).contains(n)), "they stay with their crew");
}

#[test]
fn every_stop_says_why_it_is_with_its_crew() {
    let gas = BTreeSet::from(["gas".to_owned()]);
    let near = |n| order_at(n, 330_010_000, -970_000_000);
    let orders = vec![
        OrderToPlace { skills: gas.clone(), ..near(1) },
        OrderToPlace { locked_to: Some(crew(1).id), ..near(2) },
        OrderToPlace { gives_back: true, ..near(3) },
        near(4),
    ];
    let short = CrewDay { shift: Window { from_s: EIGHT, to_s: EIGHT + 600 }, ..crew(2) };
    let qualified = CrewDay { skills: gas, ..crew(1) };
    let why_of = |day: &Day| {
        let planned = plan(day);
        let stops = planned.routes.into_iter().flat_map(|route| route.stops);
        stops.map(|stop| (stop.order.0.as_u128(), stop.why_here)).collect::<BTreeMap<_, _>>()
    };
    let why = why_of(&Day { orders: orders.clone(), crews: vec![qualified.clone(), short], ..Day::default() });
    let said = [(1, WhyHere::OnlyThisCrew), (2, WhyHere::Locked), (3, WhyHere::GivesBack), (4, WhyHere::OnlyRoom)];
    assert_eq!(why, BTreeMap::from(said));
    let why = why_of(&Day { orders: vec![near(4)], crews: vec![qualified, crew(2)], ..Day::default() });
    assert!(matches!(why[&4], WhyHere::Beside { other_detour_s, .. } if other_detour_s > 0), "{why:?}");
}

#[test]
fn a_day_that_contradicts_itself_is_refused() {
    let refused = |day: &Day| plan_day(day, &StraightLine::default(), ROUNDS).unwrap_err();
    let twice = Day { orders: vec![order(1), order(1)], ..Day::default() };
    assert_eq!(refused(&twice), BadDay::OrderTwice(order(1).id));
    let unknown = CrewDay { frozen: vec![order(7).id], ..crew(1) };
    assert_eq!(refused(&Day { crews: vec![unknown], ..Day::default() }), BadDay::UnknownOrder(order(7).id));
    let backwards = OrderToPlace { windows: vec![Window { from_s: 9, to_s: 8 }], ..order(1) };
    assert!(matches!(refused(&Day { orders: vec![backwards], ..Day::default() }), BadDay::BadTime(_)));
    let many = Day { orders: (0..=MAX_ORDERS as u128).map(order).collect(), ..Day::default() };
    assert_eq!(refused(&many), BadDay::TooManyOrders(MAX_ORDERS + 1));
}

prop_compose! {
    fn any_order(n: u128)(
        (lat, lon, located) in (0_i64..60, 0_i64..60, 0..10),
        (service_s, priority) in (0_i64..1800, 1_i64..=3),
        (opens, lasts, windowed) in (EIGHT..FIVE, 0_i64..7200, 0..3),
        (skilled, locked, allowed, back) in (0..5, 0_u128..12, 0_u128..12, 0..5),
    ) -> OrderToPlace {
        OrderToPlace {
            gives_back: back == 0,
            // A coarse grid, so that several stops share a place and distances tie.
            point: (located > 0).then(|| Point::new(330_000_000 + lat * 40_000, -970_000_000 + lon * 40_000)).flatten(),
            service_s,
            priority,
            windows: if windowed == 0 { vec![Window { from_s: opens, to_s: opens + lasts }] } else { vec![] },
            skills: if skilled == 0 { BTreeSet::from(["gas".to_owned()]) } else { BTreeSet::new() },
            locked_to: (locked < 3).then(|| crew(locked).id),
            allowed_crews: (allowed < 3).then(|| BTreeSet::from([crew(allowed).id, crew(0).id])),
            ..order(n)
        }
    }
}

prop_compose! {
    fn any_day()(count in 0_usize..40, crews in 0_usize..4, hours in 1_i64..7)(
        orders in (0..count as u128).map(any_order).collect::<Vec<_>>(),
        crews in Just((0..crews as u128).map(|n| CrewDay {
            shift: Window { from_s: EIGHT, to_s: EIGHT + hours * 3600 },
            skills: if n == 1 { BTreeSet::from(["gas".to_owned()]) } else { BTreeSet::new() },
            start: if n == 2 { None } else { crew(n).start },
            ..crew(n)
        }).collect::<Vec<_>>()),
    ) -> Day {
        Day { orders, crews, ..Day::default() }
    }
}

fn straight(from: Point, to: Point) -> u32 {
    StraightLine::default().leg(from, to).seconds
}

/// Follows the published times with a watch of its own: legs, windows, shift, skills, locks.
fn check_route(day: &Day, route: &PlannedRoute, seconds: impl Fn(Point, Point) -> u32) {
    let orders: BTreeMap<_, _> = day.orders.iter().map(|order| (order.id, order)).collect();
    let them = day.crews.iter().find(|crew| crew.id == route.crew).unwrap();
    let leg = |from: Option<Point>, to: Option<Point>| match (from, to) {
        (Some(from), Some(to)) => i64::from(seconds(from, to)),
        _ => 600,
    };
    let (mut now, mut at, mut last_seen, mut back_seen) = (them.shift.from_s, None, false, 0);
    for (place, stop) in route.stops.iter().enumerate() {
        let it = orders[&stop.order];
        let from_unknown_start = place == 0 && them.start.is_none();
        let from = if place == 0 { them.start } else { at };
        now += if from_unknown_start { 0 } else { leg(from, it.point) };
        assert_eq!(stop.arrives_at_s, now);
        assert!(stop.begins_at_s >= now);
        assert_eq!(stop.leaves_at_s, stop.begins_at_s + it.service_s);
        (now, at) = (stop.leaves_at_s, it.point);
        if stop.frozen {
            back_seen += 1;
            continue;
        }
        let in_window = |window: &Window| (window.from_s..=window.to_s).contains(&stop.begins_at_s);
        assert!(it.windows.is_empty() || it.windows.iter().any(in_window));
        assert!(it.skills.is_subset(&them.skills));
        assert!(it.locked_to.is_none_or(|only| only == them.id));
        assert!(it.allowed_crews.as_ref().is_none_or(|allowed| allowed.contains(&them.id)));
        let goes_last = it.point.is_none() && it.windows.is_empty() && !it.gives_back;
        assert!(goes_last || !last_seen, "a located stop behind one that goes last");
        assert!(!it.gives_back || place == back_seen, "service to be given back behind other work");
        back_seen += usize::from(it.gives_back);
        last_seen |= goes_last;
    }
    let home_s = if route.stops.is_empty() { 0 } else { leg(at, them.end) };
    assert_eq!(route.ends_at_s, now + home_s);
    assert!(route.ends_at_s <= them.shift.to_s || route.stops.iter().all(|stop| stop.frozen));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn every_order_has_one_place_or_a_reason_for_each_crew(day in any_day()) {
        let planned = plan(&day);
        let placed = planned.routes.iter().flat_map(|route| &route.stops).map(|stop| stop.order);
        let mut seen: Vec<_> = placed.chain(planned.left_out.iter().map(|left| left.order)).collect();
        seen.sort_unstable();
        let mut all: Vec<_> = day.orders.iter().map(|order| order.id).collect();
        all.sort_unstable();
        prop_assert_eq!(seen, all);
        for route in &planned.routes {
            check_route(&day, route, straight);
        }
        for left in &planned.left_out {
            prop_assert_eq!(left.refusals.len(), day.crews.len());
            for refusal in &left.refusals {
                match refusal.why {
                    WhyNot::ShiftFull { over_by_s } | WhyNot::ShiftTooShort { over_by_s } => prop_assert!(over_by_s > 0),
                    WhyNot::Window { late_by_s } | WhyNot::WindowsFull { late_by_s } => prop_assert!(late_by_s > 0),
                    _ => {}
                }
            }
        }
    }

    /// Lengthening the shift by what the reason says, and nothing else, makes the order servable; a second less does
    /// not.
    #[test]
    fn a_full_shift_is_full_by_just_what_it_says(day in any_day(), pick in any::<prop::sample::Index>()) {
        let planned = plan(&day);
        let refusals = planned.left_out.iter().flat_map(|left| left.refusals.iter().map(|it| (left.order, it)));
        let full: Vec<_> = refusals
            .filter_map(|(order, it)| match it.why {
                WhyNot::ShiftFull { over_by_s } => Some((order, it.crew, over_by_s)),
                _ => None,
            })
            .collect();
        if full.is_empty() {
            return Ok(());
        }
        let (order, crew, over_by_s) = full[pick.index(full.len())];
        let stops = &planned.routes.iter().find(|route| route.crew == crew).unwrap().stops;
        let on_route: Vec<_> = stops.iter().map(|stop| stop.order).collect();
        let mut longer = day.clone();
        longer.crews.retain(|it| it.id == crew);
        longer.orders.retain(|it| it.id == order || on_route.contains(&it.id));
        // Nobody gives way, so that only time can help.
        longer.orders.iter_mut().for_each(|it| it.priority = 1);
        longer.initial = vec![InitialRoute { crew, orders: on_route }];
        for (more_s, placed) in [(over_by_s - 1, 0), (over_by_s, 1)] {
            let mut day = longer.clone();
            day.crews[0].shift.to_s += more_s;
            let case = Case::new(&day, &StraightLine::default());
            prop_assert_eq!(placing::place_open(&case, &mut case.given_routes()), placed);
        }
    }

    /// A day that is out is built anew, with more work than before: its stops may change crews, and no crew loses one to
    /// an order that is only as urgent.
    #[test]
    fn what_is_on_a_route_makes_no_room_for_an_equal(day in any_day(), more in 0_u128..30) {
        let planned = plan(&with_more(&day, 0));
        let anew = Day { initial: as_they_are(&planned), initial_may_move: true, ..with_more(&day, more) };
        let lost: BTreeSet<_> = plan(&anew).left_out.iter().map(|left| left.order).collect();
        let before = planned.routes.iter().flat_map(|route| &route.stops);
        prop_assert!(before.map(|stop| stop.order).all(|order| !lost.contains(&order)));
    }

    #[test]
    fn the_same_day_gives_the_same_plan(day in any_day()) {
        prop_assert_eq!(plan(&day), plan(&day));
    }

    /// Where a way is longer than back, times are those of the streets as they are driven.
    #[test]
    fn one_way_streets_are_counted_as_they_are_driven(day in any_day()) {
        let planned = plan_day(&day, &OneWay, ROUNDS).unwrap();
        for route in &planned.routes {
            check_route(&day, route, OneWay::seconds);
        }
    }

    /// What was visited or is on the way stays where it is, whatever it breaks; what somebody gave to a crew by hand is
    /// with that crew or nobody; and no stop that a crew has goes over to another.
    #[test]
    fn a_running_day_keeps_what_is_visited_and_what_is_locked(day in any_running_day()) {
        let planned = plan(&day);
        for (crew, route) in day.crews.iter().zip(&planned.routes) {
            let head: Vec<_> = route.stops.iter().take(crew.frozen.len()).map(|stop| stop.order).collect();
            prop_assert_eq!(&head, &crew.frozen);
            prop_assert!(route.stops.iter().enumerate().all(|(at, stop)| stop.frozen == (at < crew.frozen.len())));
            check_route(&day, route, straight);
        }
        let replanned = plan(&Day { initial: as_they_are(&planned), ..day.clone() });
        // Only where somebody more urgent has taken its room a stop may find a place with another crew.
        let is_displaced = left_out_by_urgency(&day, &replanned) < left_out_by_urgency(&day, &planned);
        for (was, is) in planned.routes.iter().zip(&replanned.routes).filter(|_| !is_displaced) {
            let elsewhere = replanned.routes.iter().filter(|other| other.crew != is.crew);
            let elsewhere: BTreeSet<_> = elsewhere.flat_map(|route| &route.stops).map(|stop| stop.order).collect();
            prop_assert!(was.stops.iter().all(|stop| !elsewhere.contains(&stop.order)), "a stop changed crew");
        }
        // Somebody more urgent may take the room of several who are less so, and never the other way round.
        prop_assert!(left_out_by_urgency(&day, &replanned) <= left_out_by_urgency(&day, &planned));
    }
}

/// So many more orders, all as urgent as those of the day.
fn with_more(day: &Day, more: u128) -> Day {
    let mut day = day.clone();
    day.orders.extend((0..more).map(|n| order_at(500 + n, 330_010_000, -970_000_000)));
    day.orders.iter_mut().for_each(|it| it.priority = 3);
    day
}

/// How many orders are left out of each priority, the most urgent first.
fn left_out_by_urgency(day: &Day, planned: &DayPlan) -> [usize; 3] {
    let lost: BTreeSet<_> = planned.left_out.iter().map(|left| left.order).collect();
    let of = |priority| day.orders.iter().filter(|it| it.priority == priority && lost.contains(&it.id)).count();
    [of(1), of(2), of(3)]
}

/// A road that is twice as long one way as back.
struct OneWay;

impl OneWay {
    fn seconds(from: Point, to: Point) -> u32 {
        let leg = StraightLine::default().leg(from, to);
        if from < to { leg.seconds * 2 } else { leg.seconds }
    }
}

impl TravelTimes for OneWay {
    fn matrix(&self, points: &[Point]) -> TravelMatrix {
        TravelMatrix::build(points.len(), |from, to| {
            let (from, to) = (points[from], points[to]);
            Leg { seconds: Self::seconds(from, to), ..StraightLine::default().leg(from, to) }
        })
    }
    fn unknown_leg(&self) -> Leg {
        StraightLine::default().unknown_leg()
    }
}

fn as_they_are(planned: &DayPlan) -> Vec<InitialRoute> {
    let of = |route: &PlannedRoute| InitialRoute {
        crew: route.crew,
        orders: route.stops.iter().filter(|stop| !stop.frozen).map(|stop| stop.order).collect(),
    };
    planned.routes.iter().map(of).collect()
}

prop_compose! {
    /// Crews that have visited some of their stops.
    fn any_running_day()(day in any_day(), visited in prop::collection::vec(0_usize..4, 0..12)) -> Day {
        let mut day = day;
        for (at, crew) in visited.into_iter().enumerate() {
            if let (Some(crew), Some(order)) = (day.crews.get_mut(crew), day.orders.get(at)) {
                crew.frozen.push(order.id);
            }
        }
        day
    }
}
