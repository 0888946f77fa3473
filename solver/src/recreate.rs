//! Putting orders in again, one after the other, each at its cheapest place: greedy insertion with blinks
//! (Christiaens and Vanden Berghe 2020, section 5.4), looking only beside near neighbours where there are many.

use crate::{
    chance::Chance,
    ground::{FAR, Ground, NONE},
    plan::{Plan, Stop},
};

/// In which order they are put in; how often each is drawn.
const ORDERS_UNTIMED: [(By, usize); 4] = [(By::Chance, 4), (By::Demand, 4), (By::Far, 2), (By::Close, 1)];
const ORDERS_TIMED: [(By, usize); 7] = [
    (By::Chance, 4),
    (By::Demand, 4),
    (By::Far, 2),
    (By::Close, 1),
    (By::Narrow, 2),
    (By::Opens, 2),
    (By::Closes, 2),
];

#[derive(Debug, Clone, Copy)]
enum By {
    Chance,
    /// What takes most room first; where nothing has a size, what takes longest.
    Demand,
    Far,
    Close,
    /// The shortest time to begin in first.
    Narrow,
    Opens,
    /// The one that may begin late first.
    Closes,
}

/// Puts orders in, and keeps what it needs for it between two times.
#[derive(Debug, Clone)]
pub struct Recreate {
    /// How often a place is overlooked.
    blinks: Blinks,
    sorted: Vec<(i64, u32)>,
    /// An unused truck of each kind.
    spare: Vec<u32>,
    /// Whether priorities differ, so that it matters who comes first.
    ranked: bool,
}

/// Overlooks one place of so many by chance; how many are seen before the next one is drawn in one go.
#[derive(Debug, Clone)]
struct Blinks {
    left: u32,
    mean: usize,
}

impl Blinks {
    #[inline]
    fn blink(&mut self, chance: &mut Chance) -> bool {
        if self.left > 0 {
            self.left -= 1;
            return false;
        }
        self.left = chance.below(2 * self.mean) as u32;
        true
    }
}

/// A place in a route: before its entry `at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub truck: usize,
    pub at: usize,
    /// What it costs more, without balance.
    pub cost: i64,
}

/// From so few orders on every place is looked at.
const ALL_PLACES: usize = 60;

impl Recreate {
    pub fn new(ground: &Ground, one_blink_in: usize) -> Self {
        let ranked = ground.penalty.windows(2).any(|pair| pair[0] != pair[1]);
        Self { blinks: Blinks { left: 0, mean: one_blink_in }, sorted: Vec::new(), spare: Vec::new(), ranked }
    }

    /// Puts in what fits and is worth it.
    pub fn recreate(&mut self, plan: &mut Plan<'_>, wanted: &[u32], chance: &mut Chance) {
        self.sort(plan.ground, wanted, chance);
        self.find_spare(plan);
        for at in 0..self.sorted.len() {
            let node = self.sorted[at].1;
            let Some(place) = self.cheapest(plan, node, chance) else { continue };
            if place.cost >= plan.ground.penalty[node as usize] {
                continue;
            }
            let was_spare = plan.counts[place.truck] == 0;
            plan.insert(place.truck, place.at, node);
            if was_spare {
                self.find_spare(plan);
            }
        }
    }

    fn sort(&mut self, ground: &Ground, wanted: &[u32], chance: &mut Chance) {
        let orders = if ground.timed { ORDERS_TIMED.as_slice() } else { ORDERS_UNTIMED.as_slice() };
        let mut drawn = chance.below(orders.iter().map(|(_, weight)| weight).sum());
        let mut by = By::Chance;
        for (order, weight) in orders {
            if drawn < *weight {
                by = *order;
                break;
            }
            drawn -= weight;
        }
        let by_rank = self.ranked && chance.below(2) == 0;
        self.sorted.clear();
        for node in wanted {
            let at = *node as usize;
            let (opens, closes) = ground.span(*node);
            let key = match by {
                By::Chance => 0,
                By::Demand if ground.dims > 0 => -i64::from(ground.demand[at * ground.dims]),
                By::Demand => -i64::from(ground.service[at]),
                By::Far => -i64::from(ground.depot[at]),
                By::Close => i64::from(ground.depot[at]),
                By::Narrow => i64::from(closes) - i64::from(opens),
                By::Opens => i64::from(opens),
                By::Closes => -i64::from(closes),
            };
            let rank = if by_rank { -ground.penalty[at].min(1 << 22) } else { 0 };
            // Equals in an order of chance.
            let key = (rank << 40) + (key << 8) + (chance.next() & 255) as i64;
            self.sorted.push((key, *node));
        }
        self.sorted.sort_unstable();
    }

    /// Notes one unused truck of each kind.
    fn find_spare(&mut self, plan: &Plan<'_>) {
        self.spare.clear();
        self.spare.resize(plan.ground.kinds, NONE);
        for (truck, it) in plan.ground.trucks.iter().enumerate() {
            if plan.counts[truck] == 0 && self.spare[it.kind as usize] == NONE {
                self.spare[it.kind as usize] = truck as u32;
            }
        }
    }

    /// The cheapest place where an absent order fits.
    fn cheapest(&mut self, plan: &Plan<'_>, node: u32, chance: &mut Chance) -> Option<Place> {
        let ground = plan.ground;
        let mut look = Look::new(plan, node);
        if ground.n <= ALL_PLACES {
            for truck in 0..plan.routes.len() {
                if plan.counts[truck] > 0 {
                    look.along(truck, || self.blinks.blink(chance));
                }
            }
        } else {
            let near = &ground.near[node as usize * ground.near_len..(node as usize + 1) * ground.near_len];
            for other in near {
                if *other == NONE {
                    break;
                }
                let truck = plan.truck_of[*other as usize];
                if truck == NONE || !ground.can(node, truck as usize) || !plan.has_room(truck as usize, node) {
                    continue;
                }
                let at = plan.at[*other as usize] as usize;
                for at in [at, at + 1] {
                    if !self.blinks.blink(chance) {
                        look.at(truck as usize, at);
                    }
                }
            }
        }
        for truck in &self.spare {
            if *truck != NONE {
                look.along(*truck as usize, || false);
            }
        }
        if look.best.is_none() && ground.n > ALL_PLACES {
            for truck in 0..plan.routes.len() {
                look.along(truck, || false);
            }
        }
        look.best
    }
}

/// One order that looks for its place.
pub struct Look<'p, 'a> {
    plan: &'p Plan<'a>,
    node: u32,
    costs_from: &'p [i32],
    costs_to: &'p [i32],
    times_from: &'p [i32],
    times_to: &'p [i32],
    service: i32,
    pub best: Option<Place>,
    best_cost: i64,
}

impl<'p, 'a> Look<'p, 'a> {
    pub fn new(plan: &'p Plan<'a>, node: u32) -> Self {
        let ground = plan.ground;
        Self {
            plan,
            node,
            costs_from: ground.costs_from(node),
            costs_to: ground.costs_to(node),
            times_from: ground.times_from(node),
            times_to: ground.times_to(node),
            service: ground.service[node as usize],
            best: None,
            best_cost: i64::MAX,
        }
    }

    /// Looks at all places of a route.
    pub fn along(&mut self, truck: usize, mut blink: impl FnMut() -> bool) {
        if !self.plan.ground.can(self.node, truck) || !self.plan.has_room(truck, self.node) {
            return;
        }
        for at in 1..self.plan.routes[truck].len() {
            if !blink() {
                self.at(truck, at);
            }
        }
    }

    /// Looks at one place of a route that has room.
    #[inline]
    pub fn at(&mut self, truck: usize, at: usize) {
        let route = &self.plan.routes[truck];
        let (before, after) = (route[at - 1], route[at]);
        if after.node >= crate::ground::BREAK {
            self.before_break(truck, at);
            return;
        }
        let more = self.costs_to[before.row as usize] + self.costs_from[after.row as usize] - after.arc;
        let cost = i64::from(more) + self.extra(truck);
        if cost >= self.best_cost {
            return;
        }
        if self.plan.ground.timed {
            let begin = self.plan.ground.begin(self.node, before.leaves + self.times_to[before.row as usize]);
            if begin >= FAR || begin + self.service + self.times_from[after.row as usize] > after.latest {
                return;
            }
        }
        self.best_cost = cost;
        self.best = Some(Place { truck, at, cost });
    }

    /// What this crew costs apart from the way.
    #[inline]
    fn extra(&self, truck: usize) -> i64 {
        let ground = self.plan.ground;
        if ground.stability == 0 || [NONE, truck as u32].contains(&ground.before[self.node as usize]) {
            0
        } else {
            ground.stability
        }
    }

    /// A break moves with the order before it: its times have to be walked through.
    fn before_break(&mut self, truck: usize, at: usize) {
        let ground = self.plan.ground;
        let route = &self.plan.routes[truck];
        let before = route[at - 1];
        let begin = ground.begin(self.node, before.leaves + self.times_to[before.row as usize]);
        if begin >= FAR {
            return;
        }
        let mut leaves = begin + self.service;
        let mut next: Stop = route[at];
        let mut index = at;
        while next.node >= crate::ground::BREAK {
            let rest = ground.breaks[(next.node - crate::ground::BREAK) as usize];
            let begin = leaves.max(rest.window.from);
            if begin > rest.window.to {
                return;
            }
            leaves = begin + rest.duration;
            index += 1;
            next = route[index];
        }
        if leaves + self.times_from[next.row as usize] > next.latest {
            return;
        }
        let more = self.costs_to[before.row as usize] + self.costs_from[next.row as usize] - next.arc;
        let cost = i64::from(more) + self.extra(truck);
        if cost < self.best_cost {
            self.best_cost = cost;
            self.best = Some(Place { truck, at, cost });
        }
    }
}
