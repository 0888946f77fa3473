//! A plan is built: what is to be done is read, the routes are searched for, and the plan is kept.

use super::{LOCK, by_hand, candidates, listed, on_duty, searching, to_json, yard};
use crate::{
    planning::{
        day::{self, Candidate, CrewOnDuty, Outline},
        plan::{Plan, PlanSearch, PlanState, SearchState, Shift},
    },
    service::{
        ServiceError,
        authorise::{Action, Actor},
        idempotency::{Answer, Once},
        utility,
    },
    shape::Shape,
    state::AppState,
    store::{audit, feed, plans},
};
use chrono::{NaiveDate, TimeDelta};
use curbstop_shared::{
    ids::{CrewId, ListingId},
    routing::Day,
    time::Micros,
};
use searching::{Place, Ticket};
use serde::Deserialize;
use std::ops::RangeInclusive;

/// What is to be planned.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPlan {
    /// The day.
    pub date: NaiveDate,
    /// Who works that day.
    #[schemars(with = "Vec<Shape<CrewId>>")]
    pub crew_ids: Vec<CrewId>,
    /// Final listings whose cuts are planned; without it those of the day.
    #[serde(default)]
    #[schemars(with = "Option<Vec<Shape<ListingId>>>")]
    pub listing_ids: Option<Vec<ListingId>>,
    /// When crews work; 08:00 to 16:30 without it.
    #[serde(default)]
    pub shift: Shift,
    /// Accounts at sensitive premises, master meters or landlords' whose cut a supervisor approves.
    #[serde(default)]
    pub approved_accounts: Vec<String>,
    /// Seconds that the search for the best routes may take at most: 1 to 30, with `background` to 120; 10 without it.
    /// A small day takes less.
    #[serde(default)]
    pub search_s: Option<u16>,
    /// Answer at once with 202 and the plan's id, and search on: `GET /plans/{id}` says how far it is. Without it the
    /// answer is the plan.
    #[serde(default)]
    pub background: bool,
}

/// No utility plans its crews' days further ahead.
const AHEAD_MAX_DAYS: i64 = 400;
/// Seconds that may be asked for a search.
const SEARCH_S: RangeInclusive<u16> = 1..=120;
/// The same where somebody waits for the answer: a request is given up after a minute.
const SEARCH_AT_ONCE_S: RangeInclusive<u16> = 1..=30;

/// A plan before anybody has searched for its routes.
struct Prepared {
    /// Without routes.
    plan: Plan,
    outline: Outline,
    candidates: Vec<Candidate>,
    crews: Vec<CrewOnDuty>,
    input: Day,
    /// What is published from then on the plan does not know.
    looked_at: Micros,
}

/// Builds a plan, once for each key. Orders of the listings are made with it; building again makes none anew.
///
/// # Errors
/// 422 with a code that names the crew, listing or limit; 409 `day_over`; 403 `role_forbids` for approving without being
/// a supervisor; 429 `too_many_plans` in the background.
pub async fn build(state: &AppState, actor: &Actor, once: &Once, new: NewPlan) -> Result<Answer, ServiceError> {
    actor.may(Action::Plan)?;
    if !new.approved_accounts.is_empty() {
        actor.may(Action::Override)?;
    }
    let search_s = new.search_s.unwrap_or(searching::SEARCH_S);
    let background = new.background;
    let may = if background { SEARCH_S } else { SEARCH_AT_ONCE_S };
    if !may.contains(&search_s) {
        let (from, to, longest) = (may.start(), may.end(), SEARCH_S.end());
        let detail =
            format!("search_s is {search_s}; it may be {from} to {to}, and up to {longest} with background: true.");
        return Err(ServiceError::invalid("search_out_of_range", detail));
    }
    let place = if background { Some(queued(state, actor, once).await?) } else { None };
    let place = match place.transpose() {
        Ok(place) => place,
        Err(answer) => return Ok(answer),
    };
    let prepared = match prepare(state, actor, once, new).await? {
        Ok(prepared) => prepared,
        Err(answer) => return Ok(answer),
    };
    let ticket = state.plan_searches.begin(prepared.plan.clone(), search_s);
    if !background {
        return search_and_keep(state, actor, Some(once), prepared, ticket).await;
    }
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    let answer = once.commit(state, work, actor, Answer::accepted(&prepared.plan)?).await?;
    let (state, actor) = (state.clone(), actor.clone());
    tokio::spawn(async move {
        let _place = place;
        let id = prepared.plan.id;
        if let Err(bad) = search_and_keep(&state, &actor, None, prepared, ticket).await {
            tracing::error!(plan = %id, error = %bad, "a plan could not be built");
        }
    });
    Ok(answer)
}

/// A place among the plans that are built in the background; or the answer that was given before, for which none is
/// needed.
async fn queued(state: &AppState, actor: &Actor, once: &Once) -> Result<Result<Place, Answer>, ServiceError> {
    match state.plan_searches.place(&actor.name()) {
        Ok(place) => Ok(Ok(place)),
        Err(full) => once.answered(&mut state.store.begin().await?, actor).await?.map(Err).ok_or(full),
    }
}

/// Nobody drives on a day that is over, nor on one that is a slip of the pen.
fn plannable(state: &AppState, date: NaiveDate) -> Result<(), ServiceError> {
    let today = utility::folding(state, state.now()).today;
    not_over(date, today)?;
    if date - today > TimeDelta::days(AHEAD_MAX_DAYS) {
        let detail = format!("date: {date} is more than {AHEAD_MAX_DAYS} days away. Check the year.");
        return Err(ServiceError::invalid("day_too_far", detail));
    }
    Ok(())
}

/// Passes where a day is not over, by the server's clock and the utility's time zone.
pub(super) fn not_over(date: NaiveDate, today: NaiveDate) -> Result<(), ServiceError> {
    if date < today {
        let detail = format!("date: {date} is over, today is {today}. No crew works on it any more.");
        return Err(ServiceError::conflict("day_over", detail));
    }
    Ok(())
}

/// Makes the listings' orders and reads all that is to be planned; or the answer that was given before.
async fn prepare(
    state: &AppState,
    actor: &Actor,
    once: &Once,
    new: NewPlan,
) -> Result<Result<Prepared, Answer>, ServiceError> {
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(Err(answer));
    }
    work.lock(LOCK).await?;
    let looked_at = state.now();
    plannable(state, new.date)?;
    let crews = on_duty(&mut work, &new.crew_ids, new.date).await?;
    let listings = listed::chosen(state, &mut work, &new).await?;
    let made = listed::make_orders(state, &mut work, &new, &listings).await?;
    work.commit().await?;

    let mut conn = state.store.snapshot().await?;
    let outline =
        Outline { date: new.date, zone: state.config.time_zone, shift: new.shift, yard_e7: yard(&mut conn).await? };
    let given = by_hand::given(&mut conn, new.date).await?;
    let (candidates, mut left_out) = candidates(state, &mut conn, &new, &listings, (&made.taken_up, &given)).await?;
    drop(conn);
    let input = day::outline(&outline, &candidates, &crews);
    input.check().map_err(|bad| ServiceError::invalid("day_not_plannable", format!("{bad}.")))?;
    left_out.extend(made.left_out);
    let plan = Plan {
        id: state.new_id(),
        date: new.date,
        state: PlanState::Building,
        search: Some(PlanSearch { state: SearchState::Searching, percent: 0, rounds: 0 }),
        listing_ids: listings.keys().copied().collect(),
        shift: new.shift,
        approved_accounts: new.approved_accounts,
        given,
        taken_off: Vec::new(),
        orders_made: made.count,
        routes: Vec::new(),
        left_out,
        fell_away: Vec::new(),
    };
    Ok(Ok(Prepared { plan, outline, candidates, crews, input, looked_at }))
}

/// The sum itself is made outside any unit of work: SQLite's one writer must not wait for it.
async fn search_and_keep(
    state: &AppState,
    actor: &Actor,
    once: Option<&Once>,
    prepared: Prepared,
    ticket: Ticket,
) -> Result<Answer, ServiceError> {
    let Prepared { mut plan, outline, candidates, crews, input, looked_at } = prepared;
    let found = searching::search(state, input, &ticket).await?;
    let (routes, no_place) = day::read_answer(&outline, &found.solved, &candidates, &crews);
    plan.routes = routes;
    plan.left_out.extend(no_place);
    plan.state = PlanState::Draft;
    plan.search = Some(found.search);
    keep(state, actor, once, plan, looked_at).await
}

async fn keep(
    state: &AppState,
    actor: &Actor,
    once: Option<&Once>,
    plan: Plan,
    looked_at: Micros,
) -> Result<Answer, ServiceError> {
    let mut work = state.store.begin().await?;
    // The same request may have come twice while the first was being worked out.
    if let Some(once) = once
        && let Some(answer) = once.answered(&mut work, actor).await?
    {
        return Ok(answer);
    }
    let now = state.now();
    plans::insert(&mut work, plan.id, &plan.date.to_string(), &to_json(&plan)?, actor.person(), looked_at).await?;
    let stops: usize = plan.routes.iter().map(|route| route.stops.len()).sum();
    let details = serde_json::json!({
        "date": plan.date, "crews": plan.routes.len(), "stops": stops, "left_out": plan.left_out.len(),
        "approved_accounts": plan.approved_accounts.len(),
    });
    let about = serde_json::json!({ "date": plan.date });
    feed::append(&mut work, now, "plan", &plan.id.to_string(), &about).await?;
    audit::append(&mut work, now, &actor.name(), "plan_built", &plan.id.to_string(), &details).await?;
    let answer = Answer::created(&plan)?;
    let answer = match once {
        Some(once) => once.commit(state, work, actor, answer).await?,
        None => {
            work.commit().await?;
            answer
        }
    };
    state.feed.ring();
    Ok(answer)
}
