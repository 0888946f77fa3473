//! A problem as the search sees it: flat arrays of small numbers, orders first, then the crews' starts and ends.
//!
//! What can't change is taken out beforehand: locked crews with their stops, the frozen head of a route (its crew sets
//! out from the last frozen stop, when that is done), and orders that no crew could do even with nothing else to do.

use crate::{
    chance::Chance,
    model::{Break, MAX_TIME, Order, Problem, Window},
    walk::Walk,
};

/// No way, or no time: later than every shift.
pub const FAR: i32 = MAX_TIME;

/// Nowhere: an order on no route.
pub const NONE: u32 = u32::MAX;

/// Nodes from here on are breaks, those below orders and, behind these, terminals.
pub const BREAK: u32 = 1 << 30;

/// A crew as the search sees it.
#[derive(Debug, Clone)]
pub struct Truck {
    /// Index among the problem's crews.
    pub crew: u32,
    /// Row of the matrix.
    pub start: u32,
    pub end: u32,
    /// Sets out not before, is back not after.
    pub from: i32,
    pub to: i32,
    /// Its breaks in [`Ground::breaks`].
    pub breaks: std::ops::Range<u32>,
    pub max_orders: u32,
    /// Travel and work that it has behind it.
    pub work: i64,
    /// It is out already, so that the way home counts even where nothing is added.
    pub is_out: bool,
    /// Trucks of one kind are as good as each other while they are empty.
    pub kind: u32,
}

/// The flat arrays.
#[derive(Debug, Clone)]
pub struct Ground {
    /// Orders that are searched over; nodes 0..n.
    pub n: usize,
    /// Their indices in the problem.
    pub order: Vec<u32>,
    pub trucks: Vec<Truck>,
    pub kinds: usize,
    /// Rows of the matrices.
    pub size: usize,
    cost: Vec<i32>,
    /// Transposed, empty where it is the same.
    cost_to: Vec<i32>,
    /// Empty where seconds are the cost.
    time: Vec<i32>,
    time_to: Vec<i32>,
    /// Whether any time matters at all.
    pub timed: bool,
    pub service: Vec<i32>,
    open: Vec<i32>,
    close: Vec<i32>,
    /// Start and end in `windows`, for orders with several of them.
    several: Vec<(u32, u32)>,
    windows: Vec<Window>,
    pub breaks: Vec<Break>,
    /// What leaving it out costs.
    pub penalty: Vec<i64>,
    /// `dims` numbers an order, a truck.
    pub dims: usize,
    pub demand: Vec<i32>,
    pub capacity: Vec<i32>,
    can: Vec<bool>,
    pub all_can: bool,
    /// The truck it was on before.
    pub before: Vec<u32>,
    pub stability: i64,
    pub balance: i64,
    /// Nearest orders by distance, `adjacent_len` each, itself first.
    pub adjacent: Vec<u32>,
    pub adjacent_len: usize,
    /// Orders it would be well beside, `near_len` each: near, and in time.
    pub near: Vec<u32>,
    pub near_len: usize,
    /// From the nearest start, and its window.
    pub depot: Vec<i32>,
}

/// Neighbours kept by distance, to find what to take out.
const ADJACENT: usize = 256;

impl Ground {
    /// Takes a checked problem apart. `near` neighbours are kept to look for a place beside.
    pub fn new(problem: &Problem, near: usize) -> Self {
        let mut ground = Self::bare(problem);
        ground.choose_orders(problem);
        ground.matrices(problem);
        ground.orders_numbers(problem);
        ground.who_can(problem);
        ground.kinds_of_trucks();
        ground.neighbours(near);
        ground
    }

    #[inline]
    pub fn cost(&self, from: u32, to: u32) -> i32 {
        self.cost[from as usize * self.size + to as usize]
    }

    #[inline]
    pub fn time(&self, from: u32, to: u32) -> i32 {
        let at = from as usize * self.size + to as usize;
        if self.time.is_empty() { self.cost[at] } else { self.time[at] }
    }

    /// Costs from a row to all others.
    #[inline]
    pub fn costs_from(&self, row: u32) -> &[i32] {
        let at = row as usize * self.size;
        &self.cost[at..at + self.size]
    }

    /// Costs from all others to a row.
    #[inline]
    pub fn costs_to(&self, row: u32) -> &[i32] {
        let at = row as usize * self.size;
        if self.cost_to.is_empty() { &self.cost[at..at + self.size] } else { &self.cost_to[at..at + self.size] }
    }

    #[inline]
    pub fn times_from(&self, row: u32) -> &[i32] {
        let at = row as usize * self.size;
        if self.time.is_empty() { &self.cost[at..at + self.size] } else { &self.time[at..at + self.size] }
    }

    #[inline]
    pub fn times_to(&self, row: u32) -> &[i32] {
        if self.time.is_empty() {
            return self.costs_to(row);
        }
        let at = row as usize * self.size;
        if self.time_to.is_empty() { &self.time[at..at + self.size] } else { &self.time_to[at..at + self.size] }
    }

    /// Whether a way costs the seconds that it takes.
    #[inline]
    pub fn costs_are_times(&self) -> bool {
        self.time.is_empty()
    }

    /// Whether every way is as long there as back.
    pub fn is_symmetric(&self) -> bool {
        self.cost_to.is_empty() && self.time_to.is_empty()
    }

    /// Whether a truck's crew may do an order, and could with nothing else to do.
    #[inline]
    pub fn can(&self, node: u32, truck: usize) -> bool {
        self.all_can || self.can[node as usize * self.trucks.len() + truck]
    }

    /// When the work begins after an arrival; [`FAR`] where it is too late.
    #[inline]
    pub fn begin(&self, node: u32, arrival: i32) -> i32 {
        let at = node as usize;
        if arrival > self.close[at] {
            return FAR;
        }
        let (first, end) = self.several[at];
        if first == end {
            return arrival.max(self.open[at]);
        }
        let windows = &self.windows[first as usize..end as usize];
        windows.iter().find(|window| arrival <= window.to).map_or(FAR, |window| arrival.max(window.from))
    }

    /// The last moment not after `limit` when the work may begin; negative where there is none.
    #[inline]
    pub fn last_begin(&self, node: u32, limit: i32) -> i32 {
        let at = node as usize;
        let (first, end) = self.several[at];
        if first == end {
            return if limit < self.open[at] { -1 } else { limit.min(self.close[at]) };
        }
        let windows = &self.windows[first as usize..end as usize];
        windows.iter().rev().find(|window| window.from <= limit).map_or(-1, |window| limit.min(window.to))
    }

    /// Whether there is but one time when the work may begin.
    #[inline]
    pub fn has_one_window(&self, node: u32) -> bool {
        let (first, end) = self.several[node as usize];
        first == end
    }

    /// When the first window opens, and the last closes.
    pub fn span(&self, node: u32) -> (i32, i32) {
        (self.open[node as usize], self.close[node as usize])
    }

    fn bare(problem: &Problem) -> Self {
        let mut breaks = Vec::new();
        let mut trucks = Vec::new();
        for (number, crew) in problem.crews.iter().enumerate().filter(|(_, crew)| !crew.locked) {
            let head = Walk::along(problem, number, &crew.frozen);
            let first = breaks.len() as u32;
            // What of the day's breaks lies behind the crew was taken, or was missed for good.
            breaks.extend(crew.breaks.iter().filter(|it| head.leaves <= it.window.to).copied());
            trucks.push(Truck {
                crew: number as u32,
                start: 0,
                end: 0,
                from: head.leaves,
                to: if head.leaves > crew.shift.to { -1 } else { crew.shift.to.min(FAR - 1) },
                breaks: first..breaks.len() as u32,
                max_orders: crew.max_orders.unwrap_or(NONE).saturating_sub(crew.frozen.len() as u32),
                work: head.work,
                is_out: !crew.frozen.is_empty(),
                kind: 0,
            });
        }
        let weights = problem.weights;
        Self {
            n: 0,
            order: Vec::new(),
            trucks,
            kinds: 0,
            size: 0,
            cost: Vec::new(),
            cost_to: Vec::new(),
            time: Vec::new(),
            time_to: Vec::new(),
            timed: false,
            service: Vec::new(),
            open: Vec::new(),
            close: Vec::new(),
            several: Vec::new(),
            windows: Vec::new(),
            breaks,
            penalty: Vec::new(),
            dims: 0,
            demand: Vec::new(),
            capacity: Vec::new(),
            can: Vec::new(),
            all_can: false,
            before: Vec::new(),
            stability: weights.stability,
            balance: weights.balance,
            adjacent: Vec::new(),
            adjacent_len: 0,
            near: Vec::new(),
            near_len: 0,
            depot: Vec::new(),
        }
    }

    /// Orders that are somewhere, that nothing holds, and that some crew is qualified for.
    fn choose_orders(&mut self, problem: &Problem) {
        let mut held = vec![false; problem.orders.len()];
        for crew in &problem.crews {
            let of_locked = if crew.locked { crew.initial.as_slice() } else { &[] };
            for order in crew.frozen.iter().chain(of_locked) {
                held[*order as usize] = true;
            }
        }
        self.order = (0..problem.orders.len() as u32)
            .filter(|order| !held[*order as usize])
            .filter(|order| {
                let it = &problem.orders[*order as usize];
                it.place.is_some() && self.trucks.iter().any(|truck| may(problem, it, truck.crew))
            })
            .collect();
        self.n = self.order.len();
    }

    fn matrices(&mut self, problem: &Problem) {
        // `None` is nowhere: no way at all from there and to there.
        let mut places: Vec<Option<u32>> =
            self.order.iter().map(|order| problem.orders[*order as usize].place).collect();
        let n = self.n;
        let mut row = |place: Option<u32>| {
            let known = places[n..].iter().position(|other| *other == place);
            (n + known.unwrap_or_else(|| {
                places.push(place);
                places.len() - n - 1
            })) as u32
        };
        for truck in &mut self.trucks {
            let crew = &problem.crews[truck.crew as usize];
            let last = crew.frozen.iter().rev().find_map(|order| problem.orders[*order as usize].place);
            truck.start = row(last.or(crew.start));
            truck.end = row(crew.end);
        }
        self.size = places.len();
        let weights = problem.weights;
        let by_second = weights.second == 1 && weights.kilometre == 0;
        let mut missing = false;
        for from in &places {
            for to in &places {
                let (Some(from), Some(to)) = (*from, *to) else {
                    self.cost.push(0);
                    if !by_second {
                        self.time.push(0);
                    }
                    continue;
                };
                let seconds = problem.travel.seconds(from, to);
                missing |= seconds.is_none();
                let time = seconds.unwrap_or(FAR);
                if !by_second {
                    self.time.push(time);
                }
                let of_metres = i64::from(problem.travel.metres(from, to)) * i64::from(weights.kilometre) / 1_000;
                let cost = i64::from(time) * i64::from(weights.second) + of_metres;
                self.cost.push(if seconds.is_none() { FAR } else { cost.min(i64::from(FAR)) as i32 });
            }
        }
        self.cost_to = transposed(&self.cost, self.size);
        self.time_to = transposed(&self.time, self.size);
        self.timed = missing
            || self.trucks.iter().any(|truck| truck.to < FAR - 1 || !truck.breaks.is_empty())
            || problem.orders.iter().any(|order| !order.windows.is_empty());
    }

    fn orders_numbers(&mut self, problem: &Problem) {
        let trucks = self.trucks.len();
        self.dims = self.trucks.iter().map(|it| problem.crews[it.crew as usize].capacity.len()).max().unwrap_or(0);
        self.capacity = vec![i32::MAX; trucks * self.dims];
        for (truck, it) in self.trucks.iter().enumerate() {
            let crew = &problem.crews[it.crew as usize];
            for (dim, capacity) in crew.capacity.iter().enumerate() {
                let taken = |order: &u32| problem.orders[*order as usize].demand.get(dim).copied().unwrap_or(0);
                let taken: i64 = crew.frozen.iter().map(taken).map(i64::from).sum();
                let left = (i64::from(*capacity) - taken).max(0);
                self.capacity[truck * self.dims + dim] = left as i32;
            }
        }
        let mut before = vec![NONE; problem.orders.len()];
        for (truck, it) in self.trucks.iter().enumerate() {
            for order in &problem.crews[it.crew as usize].initial {
                before[*order as usize] = truck as u32;
            }
        }
        for order in &self.order {
            let it = &problem.orders[*order as usize];
            self.service.push(it.service);
            self.open.push(it.windows.first().map_or(0, |window| window.from));
            self.close.push(it.windows.last().map_or(FAR - 1, |window| window.to.min(FAR - 1)));
            let first = self.windows.len() as u32;
            if it.windows.len() > 1 {
                self.windows.extend(&it.windows);
            }
            self.several.push((first, self.windows.len() as u32));
            self.penalty.push(penalty(problem, it));
            self.before.push(before[*order as usize]);
            self.demand.extend((0..self.dims).map(|dim| it.demand.get(dim).copied().unwrap_or(0)));
        }
    }

    fn who_can(&mut self, problem: &Problem) {
        let trucks = self.trucks.len();
        self.can = vec![false; self.n * trucks];
        for node in 0..self.n {
            let order = &problem.orders[self.order[node] as usize];
            for truck in 0..trucks {
                let it = &self.trucks[truck];
                let leaves = it.from.saturating_add(self.time(it.start, node as u32));
                let begin = self.begin(node as u32, leaves.min(FAR));
                let home = i64::from(begin) + i64::from(self.service[node]);
                let in_time = !self.timed || home + i64::from(self.time(node as u32, it.end)) <= i64::from(it.to);
                let room = (0..self.dims)
                    .all(|dim| self.demand[node * self.dims + dim] <= self.capacity[truck * self.dims + dim]);
                self.can[node * trucks + truck] = may(problem, order, it.crew) && in_time && room && it.max_orders > 0;
            }
        }
        self.all_can = self.can.iter().all(|can| *can);
    }

    fn kinds_of_trucks(&mut self) {
        let mut firsts: Vec<usize> = Vec::new();
        for truck in 0..self.trucks.len() {
            let alike = |other: &usize| {
                let (a, b) = (&self.trucks[truck], &self.trucks[*other]);
                self.stability == 0
                    && (a.start, a.end, a.from, a.to, a.max_orders, a.work, a.is_out)
                        == (b.start, b.end, b.from, b.to, b.max_orders, b.work, b.is_out)
                    && a.breaks.is_empty()
                    && b.breaks.is_empty()
                    && self.capacity[truck * self.dims..(truck + 1) * self.dims]
                        == self.capacity[other * self.dims..(other + 1) * self.dims]
                    && (0..self.n as u32).all(|node| self.can(node, truck) == self.can(node, *other))
            };
            let kind = firsts.iter().position(alike).unwrap_or_else(|| {
                firsts.push(truck);
                firsts.len() - 1
            });
            self.trucks[truck].kind = kind as u32;
        }
        self.kinds = firsts.len();
    }

    fn neighbours(&mut self, near: usize) {
        let n = self.n;
        self.adjacent_len = ADJACENT.min(n);
        self.near_len = near.min(n.saturating_sub(1));
        self.depot = (0..n as u32)
            .map(|node| self.trucks.iter().map(|truck| self.cost(truck.start, node)).min().unwrap_or(0))
            .collect();
        let mut by: Vec<(i64, u32)> = Vec::with_capacity(n);
        // Ties (a block of flats) are broken by chance, else the lowest numbers would always be drawn.
        let mut chance = Chance::new(n as u64);
        for node in 0..n as u32 {
            by.clear();
            by.extend((0..n as u32).map(|other| {
                let cost = self.cost(node, other).min(self.cost(other, node));
                let own = if other == node { -1 } else { i64::from(cost) << 8 | (chance.next() & 255) as i64 };
                (own, other)
            }));
            nearest(&mut by, self.adjacent_len);
            self.adjacent.extend(by[..self.adjacent_len].iter().map(|(_, other)| *other));
            by.clear();
            by.extend((0..n as u32).filter(|other| *other != node && self.share_a_truck(node, *other)).map(|other| {
                let apart = self.apart(node, other).min(self.apart(other, node));
                (apart << 8 | (chance.next() & 255) as i64, other)
            }));
            let kept = self.near_len.min(by.len());
            nearest(&mut by, kept);
            self.near.extend(by[..kept].iter().map(|(_, other)| *other));
            self.near.extend((kept..self.near_len).map(|_| NONE));
        }
    }

    fn share_a_truck(&self, a: u32, b: u32) -> bool {
        self.all_can || (0..self.trucks.len()).any(|truck| self.can(a, truck) && self.can(b, truck))
    }

    /// How ill b stands behind a: the way, a fifth of a wait that can't be helped, and what it would come too late.
    /// (Vidal, Crainic, Gendreau, Prins 2013, as weighted in PyVRP.)
    fn apart(&self, a: u32, b: u32) -> i64 {
        let way = i64::from(self.cost(a, b));
        if !self.timed {
            return way;
        }
        let there = i64::from(self.service[a as usize]) + i64::from(self.time(a, b));
        let wait = i64::from(self.open[b as usize]) - there - i64::from(self.close[a as usize]);
        let late = i64::from(self.open[a as usize]) + there - i64::from(self.close[b as usize]);
        way + wait.max(0) / 5 + late.max(0)
    }
}

/// What leaving an order out costs.
pub fn penalty(problem: &Problem, order: &Order) -> i64 {
    let of_priority = problem.weights.unserved[usize::from(order.priority.clamp(1, 3)) - 1];
    of_priority + if order.appointment { problem.weights.appointment } else { 0 }
}

/// Whether a crew is qualified and allowed.
pub fn may(problem: &Problem, order: &Order, crew: u32) -> bool {
    order.skills & !problem.crews[crew as usize].skills == 0
        && order.allowed.as_ref().is_none_or(|allowed| allowed.contains(&crew))
}

fn nearest(by: &mut [(i64, u32)], kept: usize) {
    if kept > 0 && kept < by.len() {
        by.select_nth_unstable(kept - 1);
    }
    by[..kept].sort_unstable();
}

fn transposed(matrix: &[i32], size: usize) -> Vec<i32> {
    let mut turned = Vec::with_capacity(matrix.len());
    for row in 0..size {
        if matrix.is_empty() {
            break;
        }
        turned.extend((0..size).map(|column| matrix[column * size + row]));
    }
    if turned == matrix { Vec::new() } else { turned }
}
