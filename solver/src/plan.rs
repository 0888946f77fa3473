//! The routes while they are searched over, with what makes a trial cheap: each stop's earliest departure and latest
//! arrival, so that whether an order fits at a place is one comparison, and undoing by the touched routes alone.

use crate::ground::{BREAK, FAR, Ground, NONE};

/// One entry of a route: its start, an order, a break, or its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// An order or terminal, or [`BREAK`] and a break's number.
    pub node: u32,
    /// Row of the matrix where the crew is then; a break is taken at the place before it.
    pub row: u32,
    /// Cost of the way from the entry before.
    pub arc: i32,
    /// Earliest departure, coming through the whole route.
    pub leaves: i32,
    /// Latest arrival with which all behind it is still in time.
    pub latest: i32,
}

/// A route as it was before it was touched.
#[derive(Debug, Clone, Default)]
struct Saved {
    truck: usize,
    stops: Vec<Stop>,
    cost: i64,
    version: u64,
}

/// All routes, and the orders on none.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    pub ground: &'a Ground,
    pub routes: Vec<Vec<Stop>>,
    /// What each route costs: ways, balance, stability.
    pub costs: Vec<i64>,
    /// `dims` sums a truck.
    pub loads: Vec<i32>,
    /// Orders on a route, not counting breaks.
    pub counts: Vec<u32>,
    pub truck_of: Vec<u32>,
    pub at: Vec<u32>,
    /// Orders on no route, in no order.
    pub absent: Vec<u32>,
    absent_at: Vec<u32>,
    /// Cost of everything.
    pub cost: i64,
    /// Changes with every change of a route, and back when it is undone.
    pub versions: Vec<u64>,
    clock: u64,
    saved: Vec<Saved>,
    saved_len: usize,
    is_saved: Vec<bool>,
    /// Orders that were put on a route since [`Plan::begin`].
    moved: Vec<u32>,
    /// A tail on its way from one route to another.
    tail: Vec<Stop>,
    cost_before: i64,
}

impl<'a> Plan<'a> {
    /// Nobody has anything to do.
    pub fn empty(ground: &'a Ground) -> Self {
        let (n, trucks) = (ground.n, ground.trucks.len());
        let mut plan = Self {
            ground,
            routes: vec![Vec::new(); trucks],
            costs: vec![0; trucks],
            loads: vec![0; trucks * ground.dims],
            counts: vec![0; trucks],
            truck_of: vec![NONE; n],
            at: vec![0; n],
            absent: (0..n as u32).collect(),
            absent_at: (0..n as u32).collect(),
            cost: ground.penalty.iter().sum(),
            versions: vec![0; trucks],
            clock: 0,
            saved: Vec::new(),
            saved_len: 0,
            is_saved: vec![false; trucks],
            moved: Vec::new(),
            tail: Vec::new(),
            cost_before: 0,
        };
        for truck in 0..trucks {
            let it = &ground.trucks[truck];
            let entry = |node, row| Stop { node, row, arc: 0, leaves: 0, latest: 0 };
            plan.routes[truck].push(entry(it.start, it.start));
            plan.routes[truck].extend(it.breaks.clone().map(|number| entry(BREAK + number, it.start)));
            plan.routes[truck].push(entry(it.end, it.end));
            plan.refresh(truck);
        }
        plan
    }

    /// From here on [`Plan::undo`] leads back here.
    pub fn begin(&mut self) {
        for saved in &self.saved[..self.saved_len] {
            self.is_saved[saved.truck] = false;
        }
        self.saved_len = 0;
        self.moved.clear();
        self.cost_before = self.cost;
    }

    /// Keeps a route as it is, once, before its first change.
    pub fn touch(&mut self, truck: usize) {
        if self.is_saved[truck] {
            return;
        }
        self.is_saved[truck] = true;
        if self.saved_len == self.saved.len() {
            self.saved.push(Saved::default());
        }
        let saved = &mut self.saved[self.saved_len];
        self.saved_len += 1;
        saved.truck = truck;
        saved.stops.clear();
        saved.stops.extend_from_slice(&self.routes[truck]);
        saved.cost = self.costs[truck];
        saved.version = self.versions[truck];
    }

    /// Whether every route that was touched since [`Plan::begin`] is in time.
    pub fn touched_are_in_time(&self) -> bool {
        let touched = self.saved[..self.saved_len].iter().map(|saved| saved.truck);
        !self.ground.timed
            || touched.into_iter().all(|truck| {
                let start = self.routes[truck][0];
                self.counts[truck] == 0 || start.leaves <= start.latest
            })
    }

    /// The orders of a route.
    pub fn orders(&self, truck: usize) -> impl Iterator<Item = u32> {
        self.routes[truck].iter().map(|stop| stop.node).filter(|node| (*node as usize) < self.ground.n)
    }

    /// Back to what was there at [`Plan::begin`].
    pub fn undo(&mut self) {
        // Whatever moved is on no route first: some of it was on none before.
        for index in 0..self.moved.len() {
            self.set_absent(self.moved[index]);
        }
        for index in 0..self.saved_len {
            let truck = self.saved[index].truck;
            std::mem::swap(&mut self.routes[truck], &mut self.saved[index].stops);
            self.costs[truck] = self.saved[index].cost;
            self.versions[truck] = self.saved[index].version;
            self.recount(truck);
        }
        self.cost = self.cost_before;
        self.begin();
    }

    /// Whether the order is on no route.
    #[inline]
    pub fn is_absent(&self, node: u32) -> bool {
        self.truck_of[node as usize] == NONE
    }

    /// Whether the order was on no route already when there were only `count` of them.
    #[inline]
    pub fn is_absent_since_before(&self, node: u32, count: usize) -> bool {
        (self.absent_at[node as usize] as usize) < count
    }

    /// Whether the route was touched since [`Plan::begin`].
    #[inline]
    pub fn is_touched(&self, truck: usize) -> bool {
        self.is_saved[truck]
    }

    fn set_absent(&mut self, node: u32) {
        if self.truck_of[node as usize] != NONE {
            self.truck_of[node as usize] = NONE;
            self.absent_at[node as usize] = self.absent.len() as u32;
            self.absent.push(node);
        }
    }

    fn set_present(&mut self, node: u32, truck: usize) {
        if self.truck_of[node as usize] == NONE {
            let at = self.absent_at[node as usize] as usize;
            self.absent.swap_remove(at);
            if let Some(moved) = self.absent.get(at) {
                self.absent_at[*moved as usize] = at as u32;
            }
        }
        self.truck_of[node as usize] = truck as u32;
    }

    /// Whether a truck has room for an order.
    #[inline]
    pub fn has_room(&self, truck: usize, node: u32) -> bool {
        let dims = self.ground.dims;
        let (load, order) = (truck * dims, node as usize * dims);
        self.counts[truck] < self.ground.trucks[truck].max_orders
            && (0..dims)
                .all(|dim| self.loads[load + dim] + self.ground.demand[order + dim] <= self.ground.capacity[load + dim])
    }

    /// Puts an absent order before the entry `at` of a route, where it was found to fit.
    pub fn insert(&mut self, truck: usize, at: usize, node: u32) {
        self.touch(truck);
        self.clock += 1;
        self.versions[truck] = self.clock;
        let ground = self.ground;
        let stop = Stop { node, row: node, arc: 0, leaves: 0, latest: 0 };
        self.routes[truck].insert(at, stop);
        self.set_present(node, truck);
        self.moved.push(node);
        self.cost -= ground.penalty[node as usize];
        for dim in 0..ground.dims {
            self.loads[truck * ground.dims + dim] += ground.demand[node as usize * ground.dims + dim];
        }
        self.counts[truck] += 1;
        if ground.balance != 0 || ground.stability != 0 || !ground.trucks[truck].breaks.is_empty() {
            self.refresh(truck);
            return;
        }
        let route = &mut self.routes[truck];
        let (before, after) = (route[at - 1].row, route[at + 1].row);
        let was = route[at + 1].arc;
        route[at].arc = ground.cost(before, node);
        route[at + 1].arc = ground.cost(node, after);
        let grown = i64::from(route[at].arc) + i64::from(route[at + 1].arc) - i64::from(was);
        self.costs[truck] += grown;
        self.cost += grown;
        for (place, stop) in route.iter().enumerate().take(route.len() - 1).skip(at) {
            self.at[stop.node as usize] = place as u32;
        }
        if ground.timed {
            forward(ground, route, at);
            backward(ground, route, at);
        }
    }

    /// Takes out every order of `route[from..to]` that is not in `route[keep_from..keep_to]`. Breaks stay.
    pub fn remove(&mut self, truck: usize, from: usize, to: usize, keep_from: usize, keep_to: usize) {
        self.touch(truck);
        let mut kept = from;
        for at in from..self.routes[truck].len() {
            let stop = self.routes[truck][at];
            if at >= to || (keep_from..keep_to).contains(&at) || stop.node >= BREAK {
                self.routes[truck][kept] = stop;
                kept += 1;
            } else {
                self.set_absent(stop.node);
                self.cost += self.ground.penalty[stop.node as usize];
            }
        }
        self.routes[truck].truncate(kept);
        self.refresh(truck);
    }

    /// Two routes exchange their tails, from these entries on; both keep their ends.
    pub fn exchange_tails(&mut self, (one, from): (usize, usize), (two, from_two): (usize, usize)) {
        self.touch(one);
        self.touch(two);
        let (mut a, mut b) = (std::mem::take(&mut self.routes[one]), std::mem::take(&mut self.routes[two]));
        let (end, end_two) = (a.len() - 1, b.len() - 1);
        self.tail.clear();
        self.tail.extend(a.drain(from..end));
        a.splice(from..from, b.drain(from_two..end_two));
        b.splice(from_two..from_two, self.tail.drain(..));
        (self.routes[one], self.routes[two]) = (a, b);
        self.refresh(one);
        self.refresh(two);
    }

    /// Makes a route of these orders.
    pub fn set_orders(&mut self, truck: usize, orders: &[u32]) {
        self.touch(truck);
        let last = self.routes[truck].len();
        self.remove(truck, 1, last - 1, 0, 0);
        let Some(end) = self.routes[truck].pop() else { return };
        for node in orders {
            self.cost -= self.ground.penalty[*node as usize];
            self.moved.push(*node);
            self.routes[truck].push(Stop { node: *node, row: *node, arc: 0, leaves: 0, latest: 0 });
        }
        self.routes[truck].push(end);
        self.refresh(truck);
    }

    /// Makes the routes these.
    pub fn put(&mut self, routes: &[Vec<Stop>]) {
        self.begin();
        for truck in 0..routes.len() {
            let end = self.routes[truck].len() - 1;
            self.remove(truck, 1, end, 0, 0);
        }
        for (truck, route) in routes.iter().enumerate() {
            self.routes[truck].clone_from(route);
            for stop in route[1..route.len() - 1].iter().filter(|stop| stop.node < BREAK) {
                self.cost -= self.ground.penalty[stop.node as usize];
            }
            self.refresh(truck);
        }
        self.begin();
    }

    /// Works a route's numbers out from its order of entries.
    pub fn refresh(&mut self, truck: usize) {
        self.clock += 1;
        self.versions[truck] = self.clock;
        self.recount(truck);
        let ground = self.ground;
        let it = &ground.trucks[truck];
        let route = &mut self.routes[truck];
        let mut ways = 0;
        let counts_home = self.counts[truck] > 0 || it.is_out;
        for at in 1..route.len() {
            let before = route[at - 1].row;
            if route[at].node >= BREAK {
                route[at].row = before;
                route[at].arc = 0;
            } else {
                route[at].arc = if counts_home { ground.cost(before, route[at].row) } else { 0 };
                ways += i64::from(route[at].arc);
            }
        }
        if ground.timed {
            route[0].leaves = it.from;
            let last = route.len() - 1;
            route[last].latest = it.to;
            forward_all(ground, route);
            backward_all(ground, route);
        }
        let mut cost = ways;
        if ground.balance != 0 {
            let served = route[1..route.len() - 1].iter().filter(|stop| stop.node < BREAK);
            let service: i64 = served.map(|stop| i64::from(ground.service[stop.node as usize])).sum();
            let ways: i64 = route.windows(2).map(|pair| i64::from(ground.time(pair[0].row, pair[1].row))).sum();
            let work = if counts_home { it.work + service + ways } else { 0 };
            cost += balance(ground.balance, work);
        }
        if ground.stability != 0 {
            let moved = route[1..route.len() - 1]
                .iter()
                .filter(|stop| stop.node < BREAK && ![NONE, truck as u32].contains(&ground.before[stop.node as usize]));
            cost += ground.stability * moved.count() as i64;
        }
        self.cost += cost - self.costs[truck];
        self.costs[truck] = cost;
    }

    /// Who is where, and how much is on the truck.
    fn recount(&mut self, truck: usize) {
        let dims = self.ground.dims;
        self.loads[truck * dims..(truck + 1) * dims].fill(0);
        let mut count = 0;
        for at in 1..self.routes[truck].len() - 1 {
            let node = self.routes[truck][at].node;
            if node < BREAK {
                self.set_present(node, truck);
                self.at[node as usize] = at as u32;
                count += 1;
                for dim in 0..dims {
                    self.loads[truck * dims + dim] += self.ground.demand[node as usize * dims + dim];
                }
            }
        }
        self.counts[truck] = count;
    }
}

/// What an amount of work costs a crew: an eight-hour day costs `weight`, half of it a quarter.
pub fn balance(weight: i64, work: i64) -> i64 {
    const DAY: i128 = 28_800;
    (i128::from(weight) * i128::from(work) * i128::from(work) / (DAY * DAY)) as i64
}

/// When an entry is left, coming from the one before.
#[inline]
fn leaves(ground: &Ground, before: Stop, stop: Stop) -> i32 {
    if stop.node >= BREAK {
        let it = ground.breaks[(stop.node - BREAK) as usize];
        let begin = before.leaves.max(it.window.from);
        return if begin > it.window.to { FAR } else { (begin + it.duration).min(FAR) };
    }
    let arrives = before.leaves + ground.time(before.row, stop.row);
    if stop.node as usize >= ground.n {
        return arrives.min(FAR);
    }
    let begin = ground.begin(stop.node, arrives);
    (begin + ground.service[stop.node as usize]).min(FAR)
}

/// When an entry has to be reached at the latest, knowing the one behind.
#[inline]
fn latest(ground: &Ground, stop: Stop, after: Stop) -> i32 {
    let way = if after.node >= BREAK { 0 } else { ground.time(stop.row, after.row) };
    let leave = after.latest - way;
    if stop.node >= BREAK {
        let it = ground.breaks[(stop.node - BREAK) as usize];
        let begin = (leave - it.duration).min(it.window.to);
        return if begin < it.window.from { -1 } else { begin };
    }
    if stop.node as usize >= ground.n {
        return leave;
    }
    ground.last_begin(stop.node, leave - ground.service[stop.node as usize])
}

fn forward_all(ground: &Ground, route: &mut [Stop]) {
    for at in 1..route.len() {
        route[at].leaves = leaves(ground, route[at - 1], route[at]);
    }
}

fn backward_all(ground: &Ground, route: &mut [Stop]) {
    for at in (0..route.len() - 1).rev() {
        route[at].latest = latest(ground, route[at], route[at + 1]);
    }
}

/// Works departures out from `at` on, as long as they change.
fn forward(ground: &Ground, route: &mut [Stop], first: usize) {
    for at in first..route.len() {
        let new = leaves(ground, route[at - 1], route[at]);
        if at > first && new == route[at].leaves {
            return;
        }
        route[at].leaves = new;
    }
}

fn backward(ground: &Ground, route: &mut [Stop], last: usize) {
    for at in (0..=last).rev() {
        let new = latest(ground, route[at], route[at + 1]);
        if at < last && new == route[at].latest {
            return;
        }
        route[at].latest = new;
    }
}
