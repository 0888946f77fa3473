//! Judges an answer by the problem alone: it knows nothing of how the solver works or counts.

use curbstop_solver::{Answer, Break, Crew, Order, Problem, Route, Window};

/// The first law that an answer breaks, in words; `Ok` is its cost.
pub fn judge(problem: &Problem, answer: &Answer) -> Result<i64, String> {
    if answer.routes.len() != problem.crews.len() {
        return Err("not one route for each crew".to_owned());
    }
    each_order_once(problem, answer)?;
    let mut cost: i64 = answer.left_out.iter().map(|order| worth(problem, &problem.orders[*order as usize])).sum();
    for (number, (crew, route)) in problem.crews.iter().zip(&answer.routes).enumerate() {
        let said = |why: String| format!("crew {number}: {why}");
        held(crew, route).map_err(said)?;
        cost += times(problem, crew, route).map_err(said)?;
        if !crew.locked {
            may(problem, number, crew, route).map_err(said)?;
            rests(crew, route).map_err(said)?;
        }
        let held = if crew.locked { route.visits.len() } else { crew.frozen.len() };
        for visit in &route.visits[held..] {
            let elsewhere = problem
                .crews
                .iter()
                .enumerate()
                .any(|(other, it)| other != number && !it.locked && it.initial.contains(&visit.order));
            cost += if elsewhere { problem.weights.stability } else { 0 };
        }
    }
    if cost == answer.cost.total() { Ok(cost) } else { Err(format!("it costs {cost}, not {:?}", answer.cost)) }
}

fn worth(problem: &Problem, order: &Order) -> i64 {
    let weights = &problem.weights;
    weights.unserved[usize::from(order.priority) - 1] + if order.appointment { weights.appointment } else { 0 }
}

fn each_order_once(problem: &Problem, answer: &Answer) -> Result<(), String> {
    let mut times = vec![0; problem.orders.len()];
    for order in answer
        .routes
        .iter()
        .flat_map(|route| &route.visits)
        .map(|visit| visit.order)
        .chain(answer.left_out.iter().copied())
    {
        times[order as usize] += 1;
    }
    match times.iter().position(|times| *times != 1) {
        Some(order) => Err(format!("order {order} is there {} times", times[order])),
        None => Ok(()),
    }
}

/// Frozen stops come first; a locked crew has nothing else than it had.
fn held(crew: &Crew, route: &Route) -> Result<(), String> {
    let visits: Vec<u32> = route.visits.iter().map(|visit| visit.order).collect();
    let all: Vec<u32> = crew.frozen.iter().chain(&crew.initial).copied().collect();
    if !visits.starts_with(&crew.frozen) {
        return Err(format!("frozen {:?} moved: {visits:?}", crew.frozen));
    }
    if crew.locked && visits != all { Err(format!("locked, but {all:?} became {visits:?}")) } else { Ok(()) }
}

fn may(problem: &Problem, number: usize, crew: &Crew, route: &Route) -> Result<(), String> {
    let added = &route.visits[crew.frozen.len()..];
    for visit in added {
        let order = &problem.orders[visit.order as usize];
        if order.skills & crew.skills != order.skills {
            return Err(format!("order {} needs skills {:b}", visit.order, order.skills));
        }
        if order.allowed.as_ref().is_some_and(|allowed| !allowed.contains(&(number as u32))) {
            return Err(format!("not allowed for order {}", visit.order));
        }
        if !inside(&order.windows, visit.begins) {
            return Err(format!("order {} begins at {} outside {:?}", visit.order, visit.begins, order.windows));
        }
    }
    if added.is_empty() {
        return Ok(());
    }
    if crew.max_orders.is_some_and(|most| route.visits.len() > most as usize) {
        return Err(format!("{} orders are too many", route.visits.len()));
    }
    for (dim, capacity) in crew.capacity.iter().enumerate() {
        let load: i64 = route
            .visits
            .iter()
            .map(|visit| i64::from(problem.orders[visit.order as usize].demand.get(dim).copied().unwrap_or(0)))
            .sum();
        if load > i64::from(*capacity) {
            return Err(format!("{load} of {capacity} in dimension {dim}"));
        }
    }
    if route.ends > crew.shift.to { Err(format!("back at {}, after {}", route.ends, crew.shift.to)) } else { Ok(()) }
}

fn inside(windows: &[Window], moment: i32) -> bool {
    windows.is_empty() || windows.iter().any(|window| window.from <= moment && moment <= window.to)
}

/// Walks through visits and breaks with a clock; what the ways and the day's length cost.
fn times(problem: &Problem, crew: &Crew, route: &Route) -> Result<i64, String> {
    if route.visits.is_empty() {
        return if route.travel == 0 && route.rests.is_empty() { Ok(0) } else { Err("busy without work".to_owned()) };
    }
    let (mut now, mut at, mut driven, mut metres, mut served) = (crew.shift.from, crew.start, 0i64, 0i64, 0i64);
    let mut rests = route.rests.iter().peekable();
    for number in 0..=route.visits.len() {
        while let Some(rest) = rests.next_if(|rest| rest.behind <= number) {
            if rest.begins < now || rest.behind != number {
                return Err(format!("rests at {} while still busy until {now}", rest.begins));
            }
            now = rest.ends;
        }
        let visit = route.visits.get(number);
        let place = visit.map_or(crew.end, |visit| problem.orders[visit.order as usize].place);
        if let (Some(from), Some(to)) = (at, place) {
            let pair = from as usize * problem.travel.places + to as usize;
            let way = problem.travel.seconds[pair].max(0);
            driven += i64::from(way);
            metres += i64::from(problem.travel.metres.get(pair).copied().unwrap_or(0));
            now += way;
            let is_known = problem.travel.seconds[pair] >= 0;
            if !is_known && !crew.locked && number >= crew.frozen.len() {
                return Err(format!("drives from {from} to {to}, and nobody knows how"));
            }
        }
        at = place.or(at);
        if let Some(visit) = visit {
            let service = problem.orders[visit.order as usize].service;
            if visit.arrives != now || visit.begins < now || visit.leaves != visit.begins + service {
                return Err(format!("{visit:?} when it could be there at {now}"));
            }
            served += i64::from(service);
            now = visit.leaves;
        }
    }
    if (route.ends, route.travel, route.metres, route.work) != (now, driven, metres, driven + served) {
        return Err(format!("sums are wrong: {now} {driven} {metres} {served} against {route:?}"));
    }
    let weights = &problem.weights;
    let work = i128::from(driven + served);
    let uneven = i128::from(weights.balance) * work * work / (28_800 * 28_800);
    Ok(driven * i64::from(weights.second) + metres * i64::from(weights.kilometre) / 1_000 + uneven as i64)
}

/// Every break that is not behind the crew's frozen stops is taken, in its time and as long as it has to be.
fn rests(crew: &Crew, route: &Route) -> Result<(), String> {
    let added = route.visits.len() > crew.frozen.len();
    let since = match crew.frozen.len().checked_sub(1) {
        Some(last) => route.visits[last].leaves,
        None => crew.shift.from,
    };
    let due: Vec<&Break> = crew.breaks.iter().filter(|rest| since <= rest.window.to).collect();
    if !added {
        return Ok(());
    }
    if due.len() != route.rests.len() {
        return Err(format!("{} breaks are due, {} are taken", due.len(), route.rests.len()));
    }
    for (due, taken) in due.iter().zip(&route.rests) {
        let in_time = due.window.from <= taken.begins && taken.begins <= due.window.to;
        if !in_time || taken.ends - taken.begins != due.duration {
            return Err(format!("{due:?} was taken as {taken:?}"));
        }
    }
    Ok(())
}
