//! An instance put to the solver as a problem, and its answer as lines.

use crate::{
    evaluate::Lines,
    instance::{Content, Instance, Measure, Points, Vehicles},
    utility::Day,
};
use curbstop_solver::{Answer, Crew, MAX_TIME, Order, Problem, Travel, Weights, Window};

/// Whole numbers are searched over. A distance of any decimals is counted in hundred-thousandths, rounded up, as far as
/// the longest day leaves room for it: so what holds in whole numbers holds in the instance.
fn ticks(measure: Measure, longest: f64) -> f64 {
    match measure {
        Measure::Exact => {
            let mut ticks = 100_000.0;
            while longest * ticks > f64::from(MAX_TIME / 2) && ticks > 1.0 {
                ticks /= 10.0;
            }
            ticks
        }
        Measure::Tenths => 10.0,
        _ => 1.0,
    }
}

/// Puts it.
pub fn pose(instance: &Instance) -> Problem {
    match &instance.content {
        Content::Vehicles(vehicles) => of_vehicles(vehicles),
        Content::Tour(points) => of_tour(points),
        Content::Day(day) => of_day(day),
    }
}

fn travel(points: &Points, ticks: f64) -> Travel {
    Travel::from_fn(points.at.len(), |from, to| (points.distance(from, to) * ticks - 1e-6).ceil() as i32)
}

/// Leaving somebody out is never worth it.
const ALL_SERVED: i64 = 1 << 38;

fn of_vehicles(it: &Vehicles) -> Problem {
    let longest = it.times.iter().map(|times| times[1]).fold(1.0, f64::max);
    let ticks = ticks(it.points.measure, longest);
    let in_ticks = |time: f64| (time * ticks).round() as i32;
    let size = it.points.at.len();
    let window = |node: usize| it.times.get(node).map(|times| Window::new(in_ticks(times[0]), in_ticks(times[1])));
    let orders = (1..size)
        .map(|node| Order {
            place: Some(node as u32),
            service: it.times.get(node).map_or(0, |times| in_ticks(times[2])),
            windows: window(node).into_iter().collect(),
            priority: 1,
            demand: vec![it.demand[node]],
            ..Order::default()
        })
        .collect();
    let crew = Crew {
        shift: window(0).unwrap_or(Window::new(0, MAX_TIME)),
        start: Some(0),
        end: Some(0),
        capacity: vec![it.capacity],
        ..Crew::default()
    };
    // Where the fleet is free: a third and ten more than could carry everything.
    let all: i64 = it.demand.iter().map(|demand| i64::from(*demand)).sum();
    let least = (all / i64::from(it.capacity.max(1))) as usize + 1;
    let vehicles = it.vehicles.unwrap_or((least + least / 3 + 10).min(size - 1)).min(size - 1);
    let weights = Weights { unserved: [ALL_SERVED; 3], ..Weights::default() };
    Problem { orders, crews: vec![crew; vehicles], travel: travel(&it.points, ticks), weights }
}

fn of_tour(points: &Points) -> Problem {
    let order = |node: usize| Order { place: Some(node as u32), priority: 1, ..Order::default() };
    let crew = Crew { start: Some(0), end: Some(0), ..Crew::default() };
    let weights = Weights { unserved: [ALL_SERVED; 3], ..Weights::default() };
    Problem {
        orders: (1..points.at.len()).map(order).collect(),
        crews: vec![crew],
        travel: travel(points, ticks(points.measure, 1.0)),
        weights,
    }
}

fn of_day(day: &Day) -> Problem {
    let mut names: Vec<&str> = day.crews.iter().flat_map(|crew| crew.skills.iter().map(String::as_str)).collect();
    names.extend(day.orders.iter().map(|order| order.skill.as_str()));
    names.sort_unstable();
    names.dedup();
    let bit = |skill: &str| names.iter().position(|name| *name == skill).map_or(0, |at| 1u64 << (at % 64));
    let orders = day.orders.iter().map(|order| Order {
        place: Some(order.node as u32),
        service: order.service,
        windows: vec![Window::new(order.tw[0], order.tw[1])],
        priority: order.priority,
        skills: bit(&order.skill),
        ..Order::default()
    });
    let crews = day.crews.iter().map(|crew| Crew {
        shift: Window::new(crew.shift[0], crew.shift[1]),
        start: Some(crew.start as u32),
        end: Some(crew.end as u32),
        skills: crew.skills.iter().map(|skill| bit(skill)).fold(0, |all, one| all | one),
        ..Crew::default()
    });
    Problem {
        orders: orders.collect(),
        crews: crews.collect(),
        travel: Travel::from_fn(day.nodes.len(), |from, to| day.travel_s(from, to)),
        weights: Weights { unserved: [1, 2, 3].map(|priority| day.penalty(priority)), ..Weights::default() },
    }
}

/// An answer as a solution file has it.
pub fn lines(instance: &Instance, answer: &Answer) -> Lines {
    let routes = answer.routes.iter().map(|route| route.visits.iter().map(|visit| visit.order as usize));
    match &instance.content {
        Content::Vehicles(_) => routes.map(|orders| orders.map(|order| order as i64 + 1).collect()).collect(),
        Content::Tour(_) => {
            routes.map(|orders| std::iter::once(1).chain(orders.map(|order| order as i64 + 2)).collect()).collect()
        }
        Content::Day(day) => routes.map(|orders| orders.map(|order| day.orders[order].id).collect()).collect(),
    }
}
