//! Judges an answer by the instance alone, with an arithmetic of its own: it knows nothing of the solver.

use crate::{
    instance::{Content, Instance, Points, Vehicles},
    utility::Day,
};

/// One line a crew or vehicle, as in a solution file.
pub type Lines = Vec<Vec<i64>>;

/// What an answer is worth.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Verdict {
    /// The first law that it breaks.
    pub broken: Option<String>,
    /// Distance, or seconds on the road.
    pub cost: f64,
    /// By priority; only a utility's day leaves anything out.
    pub unserved: [usize; 3],
    /// Seconds on the road and penalties, of a utility's day.
    pub score: Option<i64>,
}

impl Verdict {
    fn broken(why: String) -> Self {
        Self { broken: Some(why), ..Self::default() }
    }
}

/// Floats add up with an error; the conventions speak of hundredths at the finest.
const TOLERANCE: f64 = 1e-6;

/// Judges.
pub fn evaluate(instance: &Instance, lines: &Lines) -> Verdict {
    match &instance.content {
        Content::Vehicles(vehicles) => of_vehicles(vehicles, lines),
        Content::Tour(points) => of_tour(points, lines),
        Content::Day(day) => of_day(day, lines),
    }
}

fn of_vehicles(it: &Vehicles, lines: &Lines) -> Verdict {
    let size = it.points.at.len();
    let mut visited = vec![false; size];
    let mut cost = 0.0;
    if it.vehicles.is_some_and(|vehicles| lines.iter().filter(|line| !line.is_empty()).count() > vehicles) {
        return Verdict::broken("more vehicles than there are".to_owned());
    }
    for (number, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
        let (mut at, mut load) = (0, 0i64);
        let mut now = it.times.first().map_or(0.0, |depot| depot[0]);
        for customer in line {
            let Some(to) = usize::try_from(*customer).ok().filter(|to| (1..size).contains(to)) else {
                return Verdict::broken(format!("route {number} names customer {customer}, who isn't there"));
            };
            if std::mem::replace(&mut visited[to], true) {
                return Verdict::broken(format!("customer {customer} is visited twice"));
            }
            load += i64::from(it.demand[to]);
            let way = it.points.distance(at, to);
            cost += way;
            if let Some([from, until, service]) = it.times.get(to) {
                let begins = (now + way).max(*from);
                if begins > until + TOLERANCE {
                    return Verdict::broken(format!("customer {customer} begins at {begins}, after {until}"));
                }
                now = begins + service;
            }
            at = to;
        }
        let home = it.points.distance(at, 0);
        cost += home;
        if it.times.first().is_some_and(|depot| now + home > depot[1] + TOLERANCE) {
            return Verdict::broken(format!("route {number} is back after the depot closes"));
        }
        if load > i64::from(it.capacity) {
            return Verdict::broken(format!("route {number} carries {load}"));
        }
    }
    match visited.iter().skip(1).position(|visited| !visited) {
        Some(missing) => Verdict::broken(format!("customer {} is not visited", missing + 1)),
        None => Verdict { cost, ..Verdict::default() },
    }
}

fn of_tour(points: &Points, lines: &Lines) -> Verdict {
    let size = points.at.len();
    let tour: Vec<i64> = lines.iter().flatten().copied().collect();
    let mut sorted = tour.clone();
    sorted.sort_unstable();
    if !sorted.iter().copied().eq(1..=size as i64) {
        return Verdict::broken("the tour has to visit each point once".to_owned());
    }
    let at = |place: usize| tour[place % size] as usize - 1;
    let cost = (0..size).map(|place| points.distance(at(place), at(place + 1))).sum();
    Verdict { cost, ..Verdict::default() }
}

fn of_day(day: &Day, lines: &Lines) -> Verdict {
    let mut served = vec![false; day.orders.len()];
    let mut travel = 0i64;
    if lines.len() > day.crews.len() {
        return Verdict::broken("more lines than crews".to_owned());
    }
    for (number, (crew, line)) in day.crews.iter().zip(lines).enumerate().filter(|(_, (_, line))| !line.is_empty()) {
        let (mut now, mut at) = (i64::from(crew.shift[0]), crew.start);
        for id in line {
            let Some(index) = day.orders.iter().position(|order| order.id == *id) else {
                return Verdict::broken(format!("crew {number} visits order {id}, which isn't there"));
            };
            let order = &day.orders[index];
            if std::mem::replace(&mut served[index], true) {
                return Verdict::broken(format!("order {id} is served twice"));
            }
            if !crew.skills.contains(&order.skill) {
                return Verdict::broken(format!("crew {number} is not qualified for order {id}"));
            }
            let way = i64::from(day.travel_s(at, order.node));
            travel += way;
            let begins = (now + way).max(i64::from(order.tw[0]));
            if begins > i64::from(order.tw[1]) {
                return Verdict::broken(format!("order {id} begins at {begins}, after {}", order.tw[1]));
            }
            now = begins + i64::from(order.service);
            at = order.node;
        }
        let home = i64::from(day.travel_s(at, crew.end));
        travel += home;
        if now + home > i64::from(crew.shift[1]) {
            return Verdict::broken(format!("crew {number} is back at {}, after {}", now + home, crew.shift[1]));
        }
    }
    let mut unserved = [0; 3];
    let mut score = travel;
    for (order, _) in day.orders.iter().zip(&served).filter(|(_, served)| !**served) {
        unserved[usize::from(order.priority.clamp(1, 3)) - 1] += 1;
        score += day.penalty(order.priority);
    }
    Verdict { broken: None, cost: travel as f64, unserved, score: Some(score) }
}
