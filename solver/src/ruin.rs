//! Taking strings of neighbouring stops out of neighbouring routes: slack induction by string removals
//! (Christiaens and Vanden Berghe, Transportation Science 54(2), 2020), sections 5.2 and 5.3.

use crate::{chance::Chance, plan::Plan};

/// How much is taken out.
#[derive(Debug, Clone, Copy)]
pub struct Strings {
    /// Stops taken out on average.
    pub mean_removed: f64,
    /// Longest string.
    pub longest: usize,
    /// How often a string is split in two around stops that stay.
    pub split: f64,
    /// How often the stops that stay are one more.
    pub split_more: f64,
    /// Orders on no route that are tried again each time, at most.
    pub retries: usize,
}

/// Strings of twice the length are drawn once in so many times.
const LONG_ONE_IN: usize = 4;

/// With so few routes one string of each would be too little.
const FEW_ROUTES: usize = 3;

/// Takes strings out around an order drawn by chance. `wanted` becomes what is to be put in again: what was taken out, and
/// the nearest of those that were on no route, which come first; returns how many they are.
pub fn ruin(plan: &mut Plan<'_>, strings: Strings, chance: &mut Chance, wanted: &mut Vec<u32>) -> usize {
    let ground = plan.ground;
    wanted.clear();
    if ground.n == 0 {
        return 0;
    }
    let used = plan.counts.iter().filter(|count| **count > 0).count().max(1);
    let mean_length = (ground.n - plan.absent.len()) as f64 / used as f64;
    // Now and then longer ones: a cluster of customers moves as a whole or not at all.
    let twice = if chance.below(LONG_ONE_IN) == 0 { 2 } else { 1 };
    let longest = ((strings.longest * twice) as f64).min(mean_length.max(1.0));
    let most_routes = 4.0 * strings.mean_removed / (1.0 + longest) - 1.0;
    let mut routes_left = (1.0 + chance.unit() * most_routes.max(1.0)) as usize;
    let seed = chance.below(ground.n);
    let mut absent = 0;
    let adjacent = &ground.adjacent[seed * ground.adjacent_len..(seed + 1) * ground.adjacent_len];
    plan.begin();
    let absent_before = plan.absent.len();
    for node in adjacent {
        if routes_left == 0 {
            break;
        }
        if plan.is_absent(*node) {
            // Not one of those that were taken out just now.
            if plan.is_absent_since_before(*node, absent_before) && absent < strings.retries {
                wanted.push(*node);
                absent += 1;
            }
            continue;
        }
        let truck = plan.truck_of[*node as usize] as usize;
        // One string a route, as in the paper; but where there are hardly any routes, several.
        if used > FEW_ROUTES && plan.is_touched(truck) {
            continue;
        }
        take_string(plan, truck, *node, longest, strings, chance);
        routes_left -= 1;
    }
    if absent < strings.retries && absent_before > 0 {
        // Some from anywhere: far away there may be room.
        for _ in 0..(strings.retries - absent).min(2) {
            let node = plan.absent[chance.below(absent_before)];
            if !wanted.contains(&node) {
                wanted.push(node);
            }
        }
    }
    let open = wanted.len();
    wanted.extend_from_slice(&plan.absent[absent_before..]);
    open
}

fn take_string(plan: &mut Plan<'_>, truck: usize, node: u32, longest: f64, strings: Strings, chance: &mut Chance) {
    let entries = plan.routes[truck].len() - 2;
    let at = plan.at[node as usize] as usize;
    let most = longest.min(entries as f64);
    let length = (1.0 + chance.unit() * most) as usize;
    let length = length.clamp(1, entries);
    let mut stay = 0;
    if length > 1 && length < entries && chance.unit() < strings.split {
        stay = 1;
        while length + stay < entries && chance.unit() < strings.split_more {
            stay += 1;
        }
    }
    let whole = length + stay;
    // The string holds the order: it begins at most whole - 1 before it, and lies within 1..=entries.
    let first = at.saturating_sub(whole - 1).max(1);
    let last = at.min(entries + 1 - whole);
    let from = first + chance.below(last - first + 1);
    let keep = if stay == 0 { from } else { from + chance.below(length + 1) };
    plan.remove(truck, from, from + whole, keep, keep + stay);
}
