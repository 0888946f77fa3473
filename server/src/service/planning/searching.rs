//! The search for a day's routes: on a thread of its own, a few at once, until its time is used up, somebody has enough of
//! it, or the server stops. Whatever ends it, the best routes so far are the answer.

use crate::{
    clock::SharedClock,
    feed::{Feed, PlanProgress},
    planning::{
        day,
        plan::{Plan, PlanSearch, SearchState},
    },
    service::{
        RefusalKind, ServiceError,
        authorise::{Action, Actor},
    },
    state::AppState,
};
use curbstop_shared::{
    routing::{Day, DayPlan, Patience, Progress},
    time::{Micros, Span},
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// Seconds that a search takes at most where nobody says otherwise.
pub(super) const SEARCH_S: u16 = 10;
/// Searches at once; each takes a processor.
const AT_ONCE: u32 = 2;
/// Plans that one person, and everybody together, may have built in the background: each waits for its turn and holds a
/// day in memory.
const QUEUED_BY_ONE: usize = 4;
const QUEUED: usize = 16;
/// Seconds after which one of them may well be there.
const QUEUE_RETRY_AFTER_S: u32 = 30;
/// Rounds for each order, after which hardly anything gets better: a small day is planned at once.
const ROUNDS_PER_ORDER: u64 = 400;
/// The same for days that nobody drives: a demo and a test have no time for the last minute of way.
const ROUNDS_FOR_SHOW: u64 = 10;
/// Where chance begins: the same day gives the same plan, unless its time was up.
const SEED: u64 = 1;
/// Desks hear of a search's progress so many times.
const TOLD_PERCENT: u8 = 5;

/// The searches of this process, by the plan's id.
#[derive(Clone)]
pub struct PlanSearches {
    running: Arc<Mutex<BTreeMap<Uuid, Arc<Search>>>>,
    turns: Arc<Semaphore>,
    queued: Arc<Mutex<Vec<String>>>,
    rounds_per_order: Arc<AtomicU64>,
}

impl Default for PlanSearches {
    fn default() -> Self {
        Self {
            running: Arc::default(),
            turns: Arc::new(Semaphore::new(AT_ONCE as usize)),
            queued: Arc::default(),
            rounds_per_order: Arc::new(AtomicU64::new(ROUNDS_PER_ORDER)),
        }
    }
}

/// One search, as others see it.
struct Search {
    /// The plan, without routes.
    plan: Plan,
    lasts: Span,
    enough: AtomicBool,
    percent: AtomicU8,
    rounds: AtomicU64,
}

/// Held as long as a plan is being built; whoever waits for it no more lets go of it, and the search ends.
pub(super) struct Ticket {
    searches: PlanSearches,
    search: Arc<Search>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.search.enough.store(true, Ordering::Relaxed);
        self.searches.running().remove(&self.search.plan.id);
    }
}

/// One plan's place in the background; free again when it is dropped.
pub(super) struct Place {
    queued: Arc<Mutex<Vec<String>>>,
    who: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut queued = self.queued.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = queued.iter().position(|name| *name == self.who) {
            queued.swap_remove(own);
        }
    }
}

impl PlanSearches {
    pub(super) fn begin(&self, plan: Plan, search_s: u16) -> Ticket {
        let search = Arc::new(Search {
            lasts: Span::seconds(i64::from(search_s)),
            enough: AtomicBool::new(false),
            percent: AtomicU8::new(0),
            rounds: AtomicU64::new(0),
            plan,
        });
        self.running().insert(search.plan.id, search.clone());
        Ticket { searches: self.clone(), search }
    }

    /// A place for a plan that is built in the background, for whoever has this name.
    ///
    /// # Errors
    /// 429 `too_many_plans`.
    pub(super) fn place(&self, who: &str) -> Result<Place, ServiceError> {
        let mut queued = self.queued.lock().unwrap_or_else(PoisonError::into_inner);
        let own = queued.iter().filter(|name| *name == who).count();
        if own >= QUEUED_BY_ONE || queued.len() >= QUEUED {
            let detail = format!(
                "{own} plans of yours and {} of all are being built already: at most {QUEUED_BY_ONE} and {QUEUED} at once. Wait for one, or end a search with /plans/{{id}}/stop.",
                queued.len()
            );
            let refused = ServiceError::refused(RefusalKind::TooMany, "too_many_plans", detail);
            return Err(refused.after(QUEUE_RETRY_AFTER_S));
        }
        queued.push(who.to_owned());
        Ok(Place { queued: self.queued.clone(), who: who.to_owned() })
    }

    /// Searches that are over at once, with routes that could be shorter.
    #[must_use]
    pub fn for_show() -> Self {
        let searches = Self::default();
        searches.set_rounds_per_order(ROUNDS_FOR_SHOW);
        searches
    }

    /// From now on a search ends after so many rounds for each order, if its time is not over before.
    pub fn set_rounds_per_order(&self, rounds: u64) {
        self.rounds_per_order.store(rounds, Ordering::Relaxed);
    }

    /// A plan that is being built; `None` where none is, or not here.
    #[must_use]
    pub fn so_far(&self, id: Uuid) -> Option<Plan> {
        let search = self.running().get(&id).cloned()?;
        let mut plan = search.plan.clone();
        plan.search = Some(search.report(SearchState::Searching));
        Some(plan)
    }

    /// Done when no plan is being built any more, or after a while.
    pub async fn finished(&self, within: Duration) {
        // Turns are given in the order in which they were asked for: we get all of them when all others are done.
        let _ = tokio::time::timeout(within, self.turns.acquire_many(AT_ONCE)).await;
    }

    fn running(&self) -> std::sync::MutexGuard<'_, BTreeMap<Uuid, Arc<Search>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Search {
    fn report(&self, state: SearchState) -> PlanSearch {
        let percent = self.percent.load(Ordering::Relaxed);
        PlanSearch { state, percent, rounds: self.rounds.load(Ordering::Relaxed) }
    }
}

/// Ends a plan's search: what was found by then becomes the plan. Where it is finished already nothing changes.
///
/// # Errors
/// 404 `plan_unknown`.
pub async fn stop(state: &AppState, actor: &Actor, id: Uuid) -> Result<Plan, ServiceError> {
    actor.may(Action::Plan)?;
    if let Some(search) = state.plan_searches.running().get(&id) {
        search.enough.store(true, Ordering::Relaxed);
    }
    super::get(state, id).await
}

/// What a search found.
pub(super) struct Found {
    pub solved: DayPlan,
    pub search: PlanSearch,
    /// The next search begins, and a server that stops goes on, when the plan is kept.
    pub _turn: OwnedSemaphorePermit,
}

/// The best routes for a day until the search ends. Waits for its turn.
pub(super) async fn search(state: &AppState, input: Day, ticket: &Ticket) -> Result<Found, ServiceError> {
    let bad = |e: &dyn std::fmt::Display| ServiceError::Internal(format!("planning: {e}"));
    let turn = state.plan_searches.turns.clone().acquire_owned().await.map_err(|e| bad(&e))?;
    let search = ticket.search.clone();
    let (clock, feed) = (state.clock.clone(), state.feed.clone());
    let rounds_per_order = state.plan_searches.rounds_per_order.load(Ordering::Relaxed);
    let mut searching = tokio::task::spawn_blocking(move || {
        let orders = u64::try_from(input.orders.len()).unwrap_or(u64::MAX);
        let rounds_max = rounds_per_order.saturating_mul(orders.max(1));
        let mut limit = Limit { began: clock.now(), clock, search: &search, feed: &feed, rounds_max };
        day::solve(input, SEED, &mut limit)
    });
    let solved = tokio::select! {
        solved = &mut searching => solved,
        () = state.feed.stopped() => {
            ticket.search.enough.store(true, Ordering::Relaxed);
            searching.await
        }
    };
    let solved = solved.map_err(|e| bad(&e))?;
    let solved = solved.map_err(|bad| ServiceError::invalid("day_not_plannable", format!("{bad}.")))?;
    let search = if ticket.search.enough.load(Ordering::Relaxed) {
        ticket.search.report(SearchState::Stopped)
    } else {
        PlanSearch { percent: 100, ..ticket.search.report(SearchState::Finished) }
    };
    Ok(Found { solved, search, _turn: turn })
}

/// When a search has lasted long enough.
struct Limit<'s> {
    clock: SharedClock,
    began: Micros,
    rounds_max: u64,
    search: &'s Search,
    feed: &'s Feed,
}

impl Patience for Limit<'_> {
    fn spent(&mut self, progress: &Progress) -> f64 {
        if self.search.enough.load(Ordering::Relaxed) {
            return 1.0;
        }
        let by_time = (self.clock.now() - self.began).0 as f64 / self.search.lasts.0.max(1) as f64;
        let by_rounds = progress.iterations as f64 / self.rounds_max as f64;
        let share = by_time.max(by_rounds).clamp(0.0, 1.0);
        self.tell(share, progress);
        share
    }
}

impl Limit<'_> {
    fn tell(&self, share: f64, progress: &Progress) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share is from 0 to 1")]
        let percent = (share * 100.0) as u8;
        self.search.rounds.store(progress.iterations, Ordering::Relaxed);
        let before = self.search.percent.fetch_max(percent, Ordering::Relaxed);
        if before / TOLD_PERCENT < percent / TOLD_PERCENT {
            let left_out = progress.left_out;
            self.feed.tell_progress(PlanProgress {
                plan: self.search.plan.id,
                percent,
                rounds: progress.iterations,
                left_out,
            });
        }
    }
}
