//! Two routes exchange their tails (2-opt*: Potvin and Rousseau, Journal of the Operational Research Society 46(12), 1995).
//! Strings that are taken out are too short for it, and with windows half a route often has to move as a whole.

use crate::{
    chance::Chance,
    ground::{Ground, NONE},
    plan::Plan,
};

/// Where two routes are cut: the first goes on behind its entry `one.1 - 1` with the other's entry `two.1`, and the other
/// way round.
#[derive(Debug, Clone, Copy)]
struct Cut {
    one: (usize, usize),
    two: (usize, usize),
}

/// A tail goes to an unused truck instead once in so many times.
const SPLIT_ONE_IN: usize = 4;

/// Makes an order, drawn by chance, the neighbour of the one of its near ones on other routes where that is cheapest, if it
/// costs at most `allowed` more. True if the plan has changed; [`Plan::undo`] leads back.
pub fn exchange_tails(plan: &mut Plan<'_>, allowed: i64, chance: &mut Chance) -> bool {
    let ground = plan.ground;
    let (node, is_head) = (chance.below(ground.n), chance.below(2) == 0);
    if plan.is_absent(node as u32) {
        return false;
    }
    let (truck, at) = (plan.truck_of[node] as usize, plan.at[node] as usize);
    let near = &ground.near[node * ground.near_len..(node + 1) * ground.near_len];
    let (mut best, mut found) = (allowed.saturating_add(1), None);
    for other in near.iter().take_while(|other| **other != NONE) {
        let beside = plan.truck_of[*other as usize];
        if beside == NONE || beside as usize == truck {
            continue;
        }
        let there = (beside as usize, plan.at[*other as usize] as usize);
        // Behind the one and before the other, or the other way round.
        let cut = if is_head {
            Cut { one: (there.0, there.1 + 1), two: (truck, at) }
        } else {
            Cut { one: (truck, at + 1), two: there }
        };
        let more = cut.more(plan);
        if more < best && cut.is_in_time(plan) && cut.is_allowed(plan) {
            (best, found) = (more, Some(cut));
        }
    }
    if !is_head
        && at + 2 < plan.routes[truck].len()
        && chance.below(SPLIT_ONE_IN) == 0
        && let Some(spare) = spare(plan, truck)
    {
        let cut = Cut { one: (truck, at + 1), two: (spare, 1) };
        let more = cut.more(plan);
        if more < best && cut.is_in_time(plan) && cut.is_allowed(plan) {
            found = Some(cut);
        }
    }
    let Some(cut) = found else { return false };
    plan.begin();
    plan.exchange_tails(cut.one, cut.two);
    true
}

/// An unused truck as good as this one.
fn spare(plan: &Plan<'_>, truck: usize) -> Option<usize> {
    let kind = plan.ground.trucks[truck].kind;
    (0..plan.counts.len()).find(|other| plan.counts[*other] == 0 && plan.ground.trucks[*other].kind == kind)
}

impl Cut {
    /// What the ways cost more.
    fn more(self, plan: &Plan<'_>) -> i64 {
        let (one, two) = (&plan.routes[self.one.0], &plan.routes[self.two.0]);
        let (a, after_a) = (one[self.one.1 - 1], one[self.one.1]);
        let (b, after_b) = (two[self.two.1 - 1], two[self.two.1]);
        let is = i64::from(plan.ground.cost(a.row, after_b.row)) + i64::from(plan.ground.cost(b.row, after_a.row));
        is - i64::from(after_a.arc) - i64::from(after_b.arc)
    }

    fn is_in_time(self, plan: &Plan<'_>) -> bool {
        let ground = plan.ground;
        if !ground.timed {
            return true;
        }
        let (one, two) = (&plan.routes[self.one.0], &plan.routes[self.two.0]);
        let (a, after_a) = (one[self.one.1 - 1], one[self.one.1]);
        let (b, after_b) = (two[self.two.1 - 1], two[self.two.1]);
        a.leaves + ground.time(a.row, after_b.row) <= after_b.latest
            && b.leaves + ground.time(b.row, after_a.row) <= after_a.latest
    }

    /// Whether both crews end alike, and each may do what the other one did and has room for it.
    fn is_allowed(self, plan: &Plan<'_>) -> bool {
        let ground = plan.ground;
        let ends = |truck: usize| (ground.trucks[truck].end, ground.trucks[truck].to);
        // Breaks stay where they are in a route, between whatever stops.
        let has_breaks = |truck: usize| !ground.trucks[truck].breaks.is_empty();
        ends(self.one.0) == ends(self.two.0)
            && !has_breaks(self.one.0)
            && !has_breaks(self.two.0)
            && fits(ground, plan, self.one, self.two)
            && fits(ground, plan, self.two, self.one)
    }
}

/// Whether a truck may have the tail of another instead of its own.
fn fits(ground: &Ground, plan: &Plan<'_>, (truck, at): (usize, usize), (other, from): (usize, usize)) -> bool {
    let own = &plan.routes[truck][..at];
    let tail = &plan.routes[other][from..plan.routes[other].len() - 1];
    if own.len() - 1 + tail.len() > ground.trucks[truck].max_orders as usize {
        return false;
    }
    if !ground.all_can
        && ground.trucks[truck].kind != ground.trucks[other].kind
        && !tail.iter().all(|stop| ground.can(stop.node, truck))
    {
        return false;
    }
    (0..ground.dims).all(|dim| {
        let demand = |stop: &crate::plan::Stop| i64::from(ground.demand[stop.node as usize * ground.dims + dim]);
        let load: i64 = own[1..].iter().chain(tail).map(demand).sum();
        load <= i64::from(ground.capacity[truck * ground.dims + dim])
    })
}
