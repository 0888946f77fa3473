//! Putting orders in again, one after the other, each at its cheapest place: greedy insertion with blinks
//! (Christiaens and Vanden Berghe 2020, section 5.4). The best place in each route is remembered as long as the route is
//! what it was, so that only routes that changed are looked through.

use crate::{
    chance::Chance,
    ground::{BREAK, FAR, Ground, NONE},
    plan::Plan,
};

/// In which order they are put in; how often each is drawn.
const ORDERS_UNTIMED: [(By, usize); 4] = [(By::Chance, 4), (By::Demand, 4), (By::Far, 2), (By::Close, 1)];
const ORDERS_TIMED: [(By, usize); 7] =
    [(By::Chance, 4), (By::Demand, 4), (By::Far, 2), (By::Close, 1), (By::Narrow, 2), (By::Opens, 2), (By::Closes, 2)];

#[derive(Debug, Clone, Copy)]
enum By {
    Chance,
    /// What takes most room first; where nothing has a size, what takes least time: of them most fit into a shift.
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
    /// What is to be put in, and whether it was on a route a moment ago.
    sorted: Vec<(i64, u32, bool)>,
    /// The trucks to look at: those with work, and an unused one of each kind.
    trucks: Vec<u32>,
    /// The unused ones of them.
    spare: Vec<u32>,
    kind_seen: Vec<bool>,
    /// The trucks to look at for one order, where there are many: those near it, and unused ones.
    around: Vec<u32>,
    /// The last look at which a truck was among them; the last entry stands for no truck.
    looked: Vec<u64>,
    looks: u64,
    must: bool,
    /// The best place of an order in a truck's route, as long as the route is what it was: most of them are.
    known: Vec<Known>,
    /// Whether priorities differ, so that it matters who comes first.
    ranked: bool,
}

/// The best place in a route of this version.
#[derive(Debug, Clone, Copy)]
struct Known {
    version: u64,
    /// [`FAR`]: there is none.
    cost: i32,
    at: u32,
}

/// With so few trucks all are looked at.
const FEW_TRUCKS: usize = 8;

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

impl Recreate {
    pub fn new(ground: &Ground, one_blink_in: usize) -> Self {
        let ranked = ground.penalty.windows(2).any(|pair| pair[0] != pair[1]);
        let unknown = Known { version: u64::MAX, cost: FAR, at: 0 };
        Self {
            blinks: Blinks { left: 0, mean: one_blink_in },
            sorted: Vec::new(),
            trucks: Vec::new(),
            spare: Vec::new(),
            kind_seen: vec![false; ground.kinds],
            around: Vec::new(),
            looked: vec![0; ground.trucks.len() + 1],
            looks: 0,
            must: true,
            known: vec![unknown; ground.n * ground.trucks.len()],
            ranked,
        }
    }

    /// Puts in what fits and is worth it. The first `open` of those wanted were on no route before. False, with the work
    /// left half done, as soon as the plan is sure to cost more than `limit`: as if all that is still out cost nothing.
    pub fn recreate(
        &mut self,
        plan: &mut Plan<'_>,
        wanted: &[u32],
        open: usize,
        limit: i64,
        chance: &mut Chance,
    ) -> bool {
        self.sort(plan.ground, wanted, open, chance);
        self.choose_trucks(plan);
        let mut still_out: i64 = wanted.iter().map(|node| plan.ground.penalty[*node as usize]).sum();
        for at in 0..self.sorted.len() {
            let (_, node, must) = self.sorted[at];
            self.must = must;
            let penalty = plan.ground.penalty[node as usize];
            still_out -= penalty;
            if let Some(place) = self.cheapest(plan, node, chance).filter(|place| place.cost < penalty) {
                let was_spare = plan.counts[place.truck] == 0;
                plan.insert(place.truck, place.at, node);
                if was_spare {
                    self.choose_trucks(plan);
                }
            }
            if plan.cost - still_out > limit {
                return false;
            }
        }
        true
    }

    fn sort(&mut self, ground: &Ground, wanted: &[u32], open: usize, chance: &mut Chance) {
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
        for (number, node) in wanted.iter().enumerate() {
            let at = *node as usize;
            let (opens, closes) = ground.span(*node);
            let key = match by {
                By::Chance => 0,
                By::Demand if ground.dims > 0 => -i64::from(ground.demand[at * ground.dims]),
                By::Demand => i64::from(ground.service[at]),
                By::Far => -i64::from(ground.depot[at]),
                By::Close => i64::from(ground.depot[at]),
                By::Narrow => i64::from(closes) - i64::from(opens),
                By::Opens => i64::from(opens),
                By::Closes => -i64::from(closes),
            };
            let rank = if by_rank { -ground.penalty[at].min(1 << 22) } else { 0 };
            // Equals in an order of chance.
            let key = (rank << 40) + (key << 8) + (chance.next() & 255) as i64;
            self.sorted.push((key, *node, number >= open));
        }
        self.sorted.sort_unstable();
    }

    fn choose_trucks(&mut self, plan: &Plan<'_>) {
        self.trucks.clear();
        self.spare.clear();
        self.kind_seen.fill(false);
        for (truck, count) in plan.counts.iter().enumerate() {
            let kind = plan.ground.trucks[truck].kind as usize;
            if *count > 0 {
                self.trucks.push(truck as u32);
            } else if !std::mem::replace(&mut self.kind_seen[kind], true) {
                self.trucks.push(truck as u32);
                self.spare.push(truck as u32);
            }
        }
    }

    /// The cheapest place where an absent order fits.
    fn cheapest(&mut self, plan: &Plan<'_>, node: u32, chance: &mut Chance) -> Option<Place> {
        if self.trucks.len() <= FEW_TRUCKS {
            return self.cheapest_of(plan, node, false, chance);
        }
        self.look_around(plan, node);
        let found = self.cheapest_of(plan, node, true, chance);
        // What was on a route a moment ago has to come back; what was on none may try again another time.
        if found.is_none() && self.must { self.cheapest_of(plan, node, false, chance) } else { found }
    }

    /// Notes the trucks that visit somebody near, and unused ones.
    fn look_around(&mut self, plan: &Plan<'_>, node: u32) {
        let ground = plan.ground;
        self.looks += 1;
        let nowhere = ground.trucks.len();
        self.looked[nowhere] = self.looks;
        self.around.resize(ground.near_len, 0);
        let near = &ground.near[node as usize * ground.near_len..(node as usize + 1) * ground.near_len];
        // Without a branch: whether a neighbour's truck is a new one is as good as chance, and a processor guesses wrong.
        let mut count = 0;
        for other in near.iter().take_while(|other| **other != NONE) {
            let truck = plan.truck_of[*other as usize].min(nowhere as u32);
            self.around[count] = truck;
            count += usize::from(self.looked[truck as usize] != self.looks);
            self.looked[truck as usize] = self.looks;
        }
        self.around.truncate(count);
        self.around.extend(&self.spare);
    }

    fn cheapest_of(&mut self, plan: &Plan<'_>, node: u32, around: bool, chance: &mut Chance) -> Option<Place> {
        let ground = plan.ground;
        let look = Look::new(plan, node);
        let row = node as usize * ground.trucks.len();
        let known = &mut self.known[row..row + ground.trucks.len()];
        let (mut best, mut best_cost) = (None, i64::MAX);
        for truck in if around { &self.around } else { &self.trucks } {
            let truck = *truck as usize;
            let entry = &mut known[truck];
            if entry.version != plan.versions[truck] {
                let (cost, at) = look.along(truck, usize::MAX);
                *entry = Known { version: plan.versions[truck], cost, at: at as u32 };
            }
            if entry.cost >= FAR {
                continue;
            }
            let (mut cost, mut at) = (entry.cost, entry.at as usize);
            if i64::from(cost) + look.extra(truck) >= best_cost {
                continue;
            }
            if self.blinks.blink(chance) {
                // Where there is no other place in the route this one is not overlooked.
                let other = look.along(truck, at);
                if other.0 < FAR {
                    (cost, at) = other;
                }
            }
            let cost = i64::from(cost) + look.extra(truck);
            if cost < best_cost {
                best_cost = cost;
                best = Some(Place { truck, at, cost });
            }
        }
        best
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
    open: i32,
    close: i32,
    one_window: bool,
    /// Ways cost what they take, so that an arc's cost is its time.
    by_time: bool,
}

impl<'p, 'a> Look<'p, 'a> {
    pub fn new(plan: &'p Plan<'a>, node: u32) -> Self {
        let ground = plan.ground;
        let (open, close) = ground.span(node);
        Self {
            plan,
            node,
            costs_from: ground.costs_from(node),
            costs_to: ground.costs_to(node),
            times_from: ground.times_from(node),
            times_to: ground.times_to(node),
            service: ground.service[node as usize],
            open,
            close,
            one_window: ground.has_one_window(node),
            by_time: ground.costs_are_times(),
        }
    }

    /// The cheapest place of a route, but for one: its cost without balance and stability, [`FAR`] where there is none.
    pub fn along(&self, truck: usize, but: usize) -> (i32, usize) {
        let ground = self.plan.ground;
        if !ground.can(self.node, truck) || !self.plan.has_room(truck, self.node) {
            return (FAR, 0);
        }
        match (ground.timed, self.one_window && ground.trucks[truck].breaks.is_empty()) {
            (false, _) => self.untimed(truck, but),
            (true, true) => self.timed(truck, but),
            (true, false) => self.with_breaks(truck, but),
        }
    }

    fn untimed(&self, truck: usize, but: usize) -> (i32, usize) {
        let route = &self.plan.routes[truck];
        let mut best = (FAR, 0);
        for (at, pair) in route.windows(2).enumerate() {
            let more = self.costs_to[pair[0].row as usize] + self.costs_from[pair[1].row as usize] - pair[1].arc;
            if more < best.0 && at + 1 != but {
                best = (more, at + 1);
            }
        }
        best
    }

    fn timed(&self, truck: usize, but: usize) -> (i32, usize) {
        let route = &self.plan.routes[truck];
        let mut best = (FAR, 0);
        // Entries that have to be reached before this order could be done come first, and later ones follow.
        let done = self.open + self.service;
        for (at, pair) in route.windows(2).enumerate() {
            let (before, after) = (pair[0], pair[1]);
            if after.latest < done {
                continue;
            }
            if before.leaves > self.close {
                break;
            }
            // No time for the work alone, whatever the way: most places of a full day, known without the matrix.
            if after.latest - before.leaves < self.service + if self.by_time { after.arc } else { 0 } {
                continue;
            }
            let more = self.costs_to[before.row as usize] + self.costs_from[after.row as usize] - after.arc;
            if more >= best.0 || at + 1 == but {
                continue;
            }
            let begin = (before.leaves + self.times_to[before.row as usize]).max(self.open);
            if begin <= self.close && begin + self.service + self.times_from[after.row as usize] <= after.latest {
                best = (more, at + 1);
            }
        }
        best
    }

    /// The same by the long way: several windows, or breaks in the route.
    fn with_breaks(&self, truck: usize, but: usize) -> (i32, usize) {
        let mut best = (FAR, 0);
        for at in 1..self.plan.routes[truck].len() {
            if at != but
                && let Some(more) = self.at(truck, at)
                && more < best.0
            {
                best = (more, at);
            }
        }
        best
    }

    /// What an order costs more before entry `at`, where it fits there. A break moves with the order before it, so its
    /// times have to be walked through.
    pub fn at(&self, truck: usize, at: usize) -> Option<i32> {
        let ground = self.plan.ground;
        let route = &self.plan.routes[truck];
        let before = route[at - 1];
        let begin = ground.begin(self.node, before.leaves.saturating_add(self.times_to[before.row as usize]));
        if ground.timed && begin >= FAR {
            return None;
        }
        let mut leaves = begin.saturating_add(self.service);
        let mut index = at;
        while let Some(number) = route[index].node.checked_sub(BREAK) {
            let rest = ground.breaks[number as usize];
            let begin = leaves.max(rest.window.from);
            if begin > rest.window.to {
                return None;
            }
            leaves = begin + rest.duration;
            index += 1;
        }
        let next = route[index];
        if ground.timed && leaves.saturating_add(self.times_from[next.row as usize]) > next.latest {
            return None;
        }
        Some(self.costs_to[before.row as usize] + self.costs_from[next.row as usize] - next.arc)
    }

    /// What this crew costs apart from the way.
    #[inline]
    pub fn extra(&self, truck: usize) -> i64 {
        let ground = self.plan.ground;
        if ground.stability == 0 || [NONE, truck as u32].contains(&ground.before[self.node as usize]) {
            0
        } else {
            ground.stability
        }
    }
}
