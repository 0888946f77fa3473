//! The search: ruin, recreate, and keep what simulated annealing lets pass, colder and colder as the budget runs out.

use crate::{
    budget::{Budget, Progress},
    chance::{Chance, exp, ln},
    ground::Ground,
    model::{MAX_TIME, Problem},
    plan::{Plan, Stop},
    recreate::Recreate,
    ruin::{Strings, ruin},
    tails::exchange_tails,
};

/// What the search is tuned by.
#[derive(Debug, Clone, Copy)]
pub struct Tuning {
    /// How much is taken out each time.
    pub strings: Strings,
    /// One place of so many is overlooked.
    pub one_blink_in: usize,
    /// First and last temperature, in mean ways between two stops.
    pub hot: f64,
    /// The last one.
    pub cold: f64,
    /// Neighbours beside which a place is looked for.
    pub near: usize,
}

impl Default for Tuning {
    fn default() -> Self {
        let strings = Strings { mean_removed: 10.0, longest: 7, split: 0.5, split_more: 0.01, retries: 20 };
        Self { strings, one_blink_in: 40, hot: 1.0, cold: 0.02, near: 40 }
    }
}

impl Tuning {
    /// What was found best for a problem of this kind: where no time matters, longer strings and colder.
    #[must_use]
    pub fn of(problem: &Problem) -> Self {
        let timed = problem.orders.iter().any(|order| !order.windows.is_empty())
            || problem.crews.iter().any(|crew| crew.shift.to < MAX_TIME);
        let mut tuning = Self::default();
        if !timed {
            tuning.hot = 0.5;
            tuning.cold = 0.01;
            tuning.strings.longest = 10;
        }
        tuning
    }
}

/// The best routes that were seen.
#[derive(Debug, Clone)]
struct Best {
    cost: i64,
    routes: Vec<Vec<Stop>>,
    versions: Vec<u64>,
}

/// -ln of an even draw, in as many steps: a table is quicker than the function.
const STEPS: usize = 4_096;

/// How much hotter the search begins and ends where the first plan leaves out what could be served. Whole groups of stops
/// have to change places there before one more fits in, and a few metres of way count for nothing beside it.
const OVERFULL: (f64, f64) = (6.0, 5.0);

/// Tails are exchanged once in so many iterations.
const TAILS_EVERY: u64 = 3;

/// The budget is asked once in so many iterations.
const ASKED_EVERY: u64 = 32;

/// Searches until the budget is spent; the plan is then the best that was seen.
pub fn anneal(plan: &mut Plan<'_>, tuning: Tuning, chance: &mut Chance, budget: &mut dyn Budget, done: &mut u64) {
    let ground = plan.ground;
    let mut recreate = Recreate::new(ground, tuning.one_blink_in);
    let all = plan.absent.clone();
    recreate.recreate(plan, &all, 0, i64::MAX, chance);
    let mut best = Best { cost: i64::MAX, routes: plan.routes.clone(), versions: vec![u64::MAX; plan.routes.len()] };
    best.keep(plan);
    let draws: Vec<f64> = (0..STEPS).map(|step| -ln((step as f64 + 0.5) / STEPS as f64)).collect();
    let mut wanted = Vec::new();
    let (hot, cold) = temperatures(ground, plan, tuning);
    let cooling = ln(cold / hot);
    let with_tails = ground.timed && !is_overfull(plan);
    let mut temperature = hot;
    // Without orders there is nothing to take out; the empty plan is the answer.
    if ground.n == 0 {
        return;
    }
    loop {
        if done.is_multiple_of(ASKED_EVERY) {
            let progress = Progress { iterations: *done, cost: best.cost, left_out: plan.absent.len() };
            let share = budget.spent(&progress);
            if share >= 1.0 {
                break;
            }
            temperature = hot * exp(cooling * share.max(0.0));
        }
        *done += 1;
        // Drawn beforehand, so that what can't pass any more need not be built to the end.
        let limit = plan.cost + allowed(temperature, &draws, chance);
        let open = ruin(plan, tuning.strings, chance, &mut wanted);
        // Where a way round is quicker than the straight one, a route may come late by what was taken out of it.
        if !recreate.recreate(plan, &wanted, open, limit, chance) || !plan.touched_are_in_time() {
            plan.undo();
        } else if plan.cost < best.cost {
            best.keep(plan);
        }
        if !with_tails || !done.is_multiple_of(TAILS_EVERY) {
            continue;
        }
        let more = allowed(temperature, &draws, chance);
        let limit = plan.cost + more;
        if exchange_tails(plan, more, chance) {
            if plan.cost > limit || !plan.touched_are_in_time() {
                plan.undo();
            } else if plan.cost < best.cost {
                best.keep(plan);
            }
        }
    }
    best.put_back(plan);
}

/// How much more a plan may cost this time.
fn allowed(temperature: f64, draws: &[f64], chance: &mut Chance) -> i64 {
    (temperature * draws[chance.below(draws.len())]) as i64
}

/// First and last temperature of the plan at hand.
fn temperatures(ground: &Ground, plan: &Plan<'_>, tuning: Tuning) -> (f64, f64) {
    let served = (ground.n - plan.absent.len()).max(1);
    let ways: i64 = plan.routes.iter().flatten().map(|stop| i64::from(stop.arc)).sum();
    let mean = (ways as f64 / served as f64).max(1e-3);
    let (hotter, warmer) = if is_overfull(plan) { OVERFULL } else { (1.0, 1.0) };
    (tuning.hot * hotter * mean, tuning.cold * warmer * mean)
}

/// Whether something is left out that somebody could serve with nothing else to do.
fn is_overfull(plan: &Plan<'_>) -> bool {
    let trucks = plan.ground.trucks.len();
    plan.absent.iter().any(|node| (0..trucks).any(|truck| plan.ground.can(*node, truck)))
}

impl Best {
    fn keep(&mut self, plan: &Plan<'_>) {
        self.cost = plan.cost;
        for truck in 0..plan.routes.len() {
            if self.versions[truck] != plan.versions[truck] {
                self.versions[truck] = plan.versions[truck];
                self.routes[truck].clear();
                self.routes[truck].extend_from_slice(&plan.routes[truck]);
            }
        }
    }

    fn put_back(&self, plan: &mut Plan<'_>) {
        plan.put(&self.routes);
    }
}
