//! One crew, nothing but ways: a travelling salesman's tour, by iterated local search.
//!
//! The local search is Lin and Kernighan's (Operations Research 21(2), 1973) with flips of a few steps and a breadth that
//! narrows, and Or's moves of short chains; kicks are double bridges of short segments (Applegate, Cook, Rohe, INFORMS
//! Journal on Computing 15(1), 2003), and only what a kick touched is searched again. What didn't help is undone.

use crate::{
    budget::{Budget, Progress},
    chance::Chance,
    ground::Ground,
};

/// Neighbours that are tried.
const NEAR: usize = 10;
/// How many ways on are tried at each step of a chain of flips.
const BREADTH: [usize; 7] = [5, 4, 3, 2, 1, 1, 1];
/// Longest chain that Or's move takes along.
const CHAIN: usize = 3;
/// Longest segment of a kick.
const SEGMENT: usize = 50;
/// The budget is asked once in so many kicks.
const ASKED_EVERY: u64 = 64;

/// A tour through all orders and the one place where it begins and ends, which is the last node.
#[derive(Debug)]
struct Tour<'a> {
    ground: &'a Ground,
    depot: u32,
    size: usize,
    at: Vec<u32>,
    place: Vec<u32>,
    near: Vec<(u32, i32)>,
    kept: usize,
    /// Reversals since the last kept state, to be undone backwards: first place and length.
    journal: Vec<(u32, u32)>,
    /// Nodes to look at again.
    queue: Vec<u32>,
    queued: Vec<bool>,
}

/// Whether a problem is nothing but one tour.
pub fn is_tour(ground: &Ground) -> bool {
    let [truck] = ground.trucks.as_slice() else { return false };
    ground.n >= 5
        && !ground.timed
        && ground.all_can
        && truck.start == truck.end
        && truck.max_orders as usize >= ground.n
        && ground.balance == 0
        && ground.is_symmetric()
        && (0..ground.dims).all(|dim| {
            let load = |node: usize| i64::from(ground.demand[node * ground.dims + dim]);
            (0..ground.n).map(load).sum::<i64>() <= i64::from(ground.capacity[dim])
        })
}

/// Searches until the budget is spent; gives the orders in the tour's order.
pub fn search(
    ground: &Ground,
    first: &[u32],
    chance: &mut Chance,
    budget: &mut dyn Budget,
    done: &mut u64,
) -> Vec<u32> {
    let mut tour = Tour::new(ground, first);
    let mut length = tour.length();
    (0..tour.size as u32).for_each(|node| tour.push(node));
    length -= tour.improve();
    tour.journal.clear();
    loop {
        if done.is_multiple_of(ASKED_EVERY) {
            let progress = Progress { iterations: *done, cost: length, left_out: 0 };
            if budget.spent(&progress) >= 1.0 {
                break;
            }
        }
        *done += 1;
        let gained = tour.kick(chance) + tour.improve();
        if gained >= 0 {
            length -= gained;
            tour.journal.clear();
        } else {
            tour.undo();
        }
    }
    tour.orders()
}

impl<'a> Tour<'a> {
    fn new(ground: &'a Ground, first: &[u32]) -> Self {
        let size = ground.n + 1;
        let depot = ground.n as u32;
        let mut at: Vec<u32> = vec![depot];
        at.extend(first);
        let mut tour = Self {
            ground,
            depot,
            size,
            at,
            place: vec![0; size],
            near: Vec::new(),
            kept: NEAR.min(size - 1),
            journal: Vec::new(),
            queue: Vec::new(),
            queued: vec![false; size],
        };
        if first.len() + 1 != size {
            tour.nearest_neighbour();
        }
        for (place, node) in tour.at.iter().enumerate() {
            tour.place[*node as usize] = place as u32;
        }
        let mut by: Vec<(i32, u32)> = Vec::with_capacity(size);
        for node in 0..size as u32 {
            by.clear();
            by.extend((0..size as u32).filter(|other| *other != node).map(|other| (tour.way(node, other), other)));
            if tour.kept < by.len() {
                by.select_nth_unstable(tour.kept - 1);
            }
            by[..tour.kept].sort_unstable();
            tour.near.extend(by[..tour.kept].iter().map(|(way, other)| (*other, *way)));
        }
        tour
    }

    fn nearest_neighbour(&mut self) {
        let mut open: Vec<u32> = (0..self.depot).collect();
        self.at = vec![self.depot];
        let mut here = self.depot;
        while let Some(next) = (0..open.len()).min_by_key(|index| self.way(here, open[*index])) {
            here = open.swap_remove(next);
            self.at.push(here);
        }
    }

    /// Cost between two nodes; the depot's row stands behind the orders'.
    #[inline]
    fn way(&self, a: u32, b: u32) -> i32 {
        self.ground.cost(a, b)
    }

    fn length(&self) -> i64 {
        (0..self.size).map(|place| i64::from(self.way(self.at[place], self.at[(place + 1) % self.size]))).sum()
    }

    fn orders(&self) -> Vec<u32> {
        let depot = self.place[self.depot as usize] as usize;
        (1..self.size).map(|step| self.at[(depot + step) % self.size]).collect()
    }

    fn push(&mut self, node: u32) {
        if !std::mem::replace(&mut self.queued[node as usize], true) {
            self.queue.push(node);
        }
    }

    /// The node behind, or before where `back` is said.
    #[inline]
    fn next(&self, node: u32, back: bool) -> u32 {
        let place = self.place[node as usize] as usize;
        if back {
            self.at[if place == 0 { self.size - 1 } else { place - 1 }]
        } else {
            self.at[if place + 1 == self.size { 0 } else { place + 1 }]
        }
    }

    /// Turns so many places from `first` on round.
    fn reverse(&mut self, first: usize, length: usize) {
        let (mut low, mut high) = (first, first + length - 1);
        if high >= self.size {
            high -= self.size;
        }
        for _ in 0..length / 2 {
            let (a, b) = (self.at[low], self.at[high]);
            self.at[low] = b;
            self.place[b as usize] = low as u32;
            self.at[high] = a;
            self.place[a as usize] = high as u32;
            low = if low + 1 == self.size { 0 } else { low + 1 };
            high = if high == 0 { self.size - 1 } else { high - 1 };
        }
    }

    fn reverse_noted(&mut self, first: usize, length: usize) {
        self.reverse(first, length);
        self.journal.push((first as u32, length as u32));
    }

    fn undo_last(&mut self) {
        if let Some((first, length)) = self.journal.pop() {
            self.reverse(first as usize, length as usize);
        }
    }

    fn undo(&mut self) {
        while !self.journal.is_empty() {
            self.undo_last();
        }
    }

    /// Places from one node on to another, both counted.
    fn span(&self, from: u32, to: u32) -> usize {
        let (from, to) = (self.place[from as usize] as usize, self.place[to as usize] as usize);
        if to >= from { to - from + 1 } else { to + self.size - from + 1 }
    }

    /// Turns the path between two nodes round, or all the rest, whichever is shorter; true if it was the rest, so that
    /// before and behind have changed places.
    fn flip(&mut self, from: u32, to: u32) -> bool {
        let length = self.span(from, to);
        if length * 2 <= self.size {
            self.reverse_noted(self.place[from as usize] as usize, length);
            return false;
        }
        let first = (self.place[to as usize] as usize + 1) % self.size;
        self.reverse_noted(first, self.size - length);
        true
    }

    /// Two neighbouring blocks change places.
    fn swap_blocks(&mut self, first: usize, one: usize, two: usize) {
        self.reverse_noted(first, one);
        self.reverse_noted((first + one) % self.size, two);
        self.reverse_noted(first, one + two);
    }

    /// A double bridge of two short segments; what it gains, mostly less than nothing.
    fn kick(&mut self, chance: &mut Chance) -> i64 {
        let most = SEGMENT.min((self.size - 2) / 2).max(1);
        let (one, two) = (1 + chance.below(most), 1 + chance.below(most));
        let first = chance.below(self.size);
        let at = |tour: &Self, place: usize| tour.at[place % tour.size];
        let before = at(self, first + self.size - 1);
        let (a, b) = (at(self, first), at(self, first + one - 1));
        let (c, d) = (at(self, first + one), at(self, first + one + two - 1));
        let after = at(self, first + one + two);
        let was = i64::from(self.way(before, a)) + i64::from(self.way(b, c)) + i64::from(self.way(d, after));
        let is = i64::from(self.way(before, c)) + i64::from(self.way(d, a)) + i64::from(self.way(b, after));
        self.swap_blocks(first, one, two);
        for node in [before, a, b, c, d, after] {
            self.push(node);
        }
        was - is
    }

    /// Looks at every queued node until none helps; what was gained.
    fn improve(&mut self) -> i64 {
        let mut gained = 0;
        while let Some(node) = self.queue.pop() {
            self.queued[node as usize] = false;
            loop {
                let gain = self.chain_of_flips(node) + self.move_chain(node);
                if gain == 0 {
                    break;
                }
                gained += gain;
            }
        }
        gained
    }

    fn chain_of_flips(&mut self, base: u32) -> i64 {
        for back in [false, true] {
            let next = self.next(base, back);
            let gain = self.step(base, back, i64::from(self.way(base, next)), 0);
            if gain > 0 {
                self.push(next);
                return gain;
            }
        }
        0
    }

    /// One step: from the node behind `base` to a near one, whose edge towards it is broken, and back to `base`.
    fn step(&mut self, base: u32, back: bool, open: i64, level: usize) -> i64 {
        let end = self.next(base, back);
        let mut tries = [(i64::MIN, 0, 0); BREADTH[0]];
        let breadth = BREADTH[level];
        for index in 0..self.kept {
            let (near, way) = self.near[end as usize * self.kept + index];
            let left = open - i64::from(way);
            if left <= 0 {
                break;
            }
            let broken = self.next(near, !back);
            if near == base || broken == end {
                continue;
            }
            let value = left + i64::from(self.way(broken, near));
            let worst = &mut tries[breadth - 1];
            if value > worst.0 {
                *worst = (value, near, broken);
                let mut at = breadth - 1;
                while at > 0 && tries[at].0 > tries[at - 1].0 {
                    tries.swap(at, at - 1);
                    at -= 1;
                }
            }
        }
        for (value, near, broken) in tries.into_iter().take(breadth) {
            if value == i64::MIN {
                break;
            }
            // base | end .. broken | near becomes base | broken .. end | near.
            let turned = if back { self.flip(broken, end) } else { self.flip(end, broken) };
            let mut gain = value - i64::from(self.way(broken, base));
            if gain <= 0 && level + 1 < BREADTH.len() {
                gain = self.step(base, back != turned, value, level + 1);
            }
            if gain > 0 {
                for node in [base, end, near, broken] {
                    self.push(node);
                }
                return gain;
            }
            self.undo_last();
        }
        0
    }

    /// Or's move: a short chain that begins at a node goes to beside a near one, as it is or turned round.
    fn move_chain(&mut self, head: u32) -> i64 {
        for back in [false, true] {
            let mut tail = head;
            for length in 1..=CHAIN.min(self.size - 3) {
                if length > 1 {
                    tail = self.next(tail, back);
                }
                let (before, after) = (self.next(head, !back), self.next(tail, back));
                let freed = i64::from(self.way(before, head)) + i64::from(self.way(tail, after))
                    - i64::from(self.way(before, after));
                for index in 0..self.kept {
                    let (near, way) = self.near[head as usize * self.kept + index];
                    let left = freed - i64::from(way);
                    if left <= 0 {
                        break;
                    }
                    let (first, last) = if back { (tail, near) } else { (head, near) };
                    if self.span(first, last) <= length {
                        continue;
                    }
                    for side in [false, true] {
                        let other = self.next(near, side);
                        // Into the gap that it leaves: nothing would change.
                        if (near == before && other == head) || (near == after && other == tail) {
                            continue;
                        }
                        let gain = left - i64::from(self.way(tail, other)) + i64::from(self.way(near, other));
                        if gain > 0 {
                            self.carry(head, tail, length, near, other, back);
                            for node in [head, tail, before, after, near, other] {
                                self.push(node);
                            }
                            return gain;
                        }
                    }
                }
            }
        }
        0
    }

    /// Puts the chain between `near` and `other`, its head beside `near`.
    fn carry(&mut self, head: u32, tail: u32, length: usize, near: u32, other: u32, back: bool) {
        let (first, last) = if back { (tail, head) } else { (head, tail) };
        // The gap's entry that comes first in the order of places.
        let gap = if self.next(near, false) == other { near } else { other };
        let start = self.place[first as usize] as usize;
        let behind = self.span(last, gap) - 1;
        if behind * 2 <= self.size {
            self.swap_blocks(start, length, behind);
        } else {
            let rest = self.size - length - behind;
            self.swap_blocks((start + self.size - rest) % self.size, rest, length);
        }
        let is_so = (self.next(near, false) == head) || (self.next(near, true) == head);
        if !is_so {
            let start = self.place[first as usize] as usize;
            self.reverse_noted(start, length);
        }
    }
}
