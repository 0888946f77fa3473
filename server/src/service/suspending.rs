//! Cuts are suspended in an area, in one action with its undo: a storm, an outage, water that has to be boiled.
//!
//! Every cut there that is out gets the word as a hold, without a recall: the stop stays on its route and waits, and is
//! open again as soon as the suspension is lifted. Plans leave out what lies in the area as long as it lasts.

use super::{
    ServiceError,
    authorise::{Action, Actor},
    holding,
    idempotency::{Answer, Once},
    planning, recording, releasing,
    spreading::{self, Spread, Word},
    trucks::{Truck, trucks},
    utility,
};
use crate::{
    moment::Moment,
    planning::area::{Covers, Suspension},
    shape::Shape,
    state::AppState,
    store::{
        Conn, Work, audit, feed, orders,
        suspensions::{self, SuspensionRow},
    },
};
use chrono::NaiveDate;
use curbstop_shared::{
    disposition::{OrderState, disposition},
    facts::{Fact, FactBody, Header, Hold, HoldLift, turns_direction},
    ids::{OrderId, PersonId, RouteId},
    time::Micros,
    vocabulary::{HoldReason, HoldScope, OrderKind, Reason},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The source under whose name orders hear of it.
const SOURCE: &str = "suspension";
/// Longest reason, in bytes.
const WHY_MAX: usize = 500;
/// Most places that one suspension names.
const PLACES_MAX: usize = 100;
/// Longest name of a place, in bytes.
const PLACE_MAX: usize = 80;
/// No suspension lasts longer without somebody looking at it again.
const DAYS_MAX: i64 = 400;
/// Most areas of a kind that are looked through.
const KNOWN_MAX: i64 = 100_000;
/// Most that a list of them shows.
const SHOWN_MAX: i64 = 200;
/// Most areas of a kind to choose from: more reading routes than any utility has.
const CHOOSE_FROM_MAX: i64 = 5_000;

/// Why cuts may be suspended in an area.
pub const REASONS: [HoldReason; 2] = [HoldReason::Weather, HoldReason::AreaSuspension];

/// A suspension as somebody wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSuspension {
    /// By what the area is named.
    pub covers: Covers,
    /// Which cities, postal codes, cycles or reading routes; none for everywhere.
    #[serde(default)]
    pub places: Vec<String>,
    /// `weather`, or `area_suspension` for everything else.
    #[schemars(with = "Shape<HoldReason>")]
    pub reason: HoldReason,
    /// What happened, for whoever asks: "ice storm", "boil-water notice".
    pub why: String,
    /// Its last day, that day included; without it until it is lifted.
    #[serde(default)]
    pub good_through: Option<NaiveDate>,
}

/// A suspension, with the crews that have cuts in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Suspended {
    /// Its number, "S-3"; empty where it is only looked at.
    pub suspension: String,
    /// By what the area is named.
    pub covers: Covers,
    /// Which ones.
    pub places: Vec<String>,
    /// `weather` or `area_suspension`.
    #[schemars(with = "Shape<HoldReason>")]
    pub reason: HoldReason,
    /// What happened.
    pub why: String,
    /// First day.
    pub from: NaiveDate,
    /// Last day, included; none: until it is lifted.
    pub good_through: Option<NaiveDate>,
    /// When it was set.
    pub set_at: Moment,
    /// When it was lifted.
    pub lifted_at: Option<Moment>,
    /// Whether it counts today.
    pub in_force: bool,
    /// How many cuts wait because of it on the routes that have them.
    pub stopped: usize,
    /// How many of them are open again when it is lifted; the others something else stops too, as another suspension.
    pub goes_on: usize,
    /// How many cuts on no route plans leave out because of it.
    pub waiting: usize,
    /// The crews that have such cuts, those to call first.
    pub crews: Vec<CrewTold>,
}

/// A crew that has cuts in a suspended area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "CrewToldOfSuspension")]
pub struct CrewTold {
    /// Whom to call, with how many cuts and since when nobody heard of its tablet.
    #[serde(flatten)]
    pub truck: Truck,
    /// Every tablet that works by the route has named heads that hold the word.
    pub tablet_has_it: bool,
}

/// Suspends the cuts of an area, once.
///
/// # Errors
/// 422 with a code of its own for each thing that can't be right with it; 409 `suspended_already`; 403 `person_needed`
/// for machines.
pub async fn suspend(
    state: &AppState,
    actor: &Actor,
    new: &NewSuspension,
    once: &Once,
) -> Result<Answer, ServiceError> {
    may(actor)?;
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    let now = state.now();
    let rule = rule_of(new, utility::folding(state, now).today)?;
    // No route goes out between the look and the word.
    work.lock(planning::LOCK).await?;
    work.lock(releasing::LOCK).await?;
    let folding = utility::folding(state, now);
    is_new(&mut work, &rule, folding.today).await?;
    let Covered { out, waiting, .. } = covered(&mut work, &rule).await?;
    spreading::lock_routes(&mut work, &out.iter().copied().collect(), None).await?;
    let row = SuspensionRow {
        number: format!("S-{}", suspensions::count(&mut work).await? + 1),
        covers: rule.covers.code().to_owned(),
        places: serde_json::to_string(&rule.places).map_err(|e| ServiceError::Internal(format!("places: {e}")))?,
        reason: rule.reason.code().to_owned(),
        why: new.why.trim().to_owned(),
        start_on: rule.from.to_string(),
        good_through: rule.good_through.map(|day| day.to_string()),
        lifted_on: None,
        set_by: actor.name(),
        set_at_us: now.0,
        lifted_by: None,
        lifted_at_us: None,
        lifted_why: None,
    };
    suspensions::insert(&mut work, &row).await?;
    let words: Vec<Word> = out.iter().map(|order| word(*order, &row.number, &rule, actor.person(), now)).collect();
    for order in &out {
        suspensions::tell(&mut work, &row.number, *order).await?;
    }
    let spread = spreading::spread(state, &mut work, &words, &folding, now).await?;
    let told = told(&mut work, &row, &rule, folding.today, waiting, now).await?;
    // For these everybody waits until the commit, so they come last.
    feed::append(&mut work, now, "suspension", &row.number, &serde_json::json!({})).await?;
    let details = serde_json::json!({
        "covers": rule.covers, "places": rule.places, "reason": rule.reason, "why": row.why,
        "good_through": rule.good_through, "stopped": out.len(),
    });
    audit::append(&mut work, now, &actor.name(), "cuts_suspended", &row.number, &details).await?;
    let answer = once.commit(state, work, actor, Answer::created(&told)?).await?;
    spread.announce(state);
    Ok(answer)
}

/// What a suspension would stop. Nothing is stored.
///
/// # Errors
/// As [`suspend`].
pub async fn preview(state: &AppState, actor: &Actor, new: &NewSuspension) -> Result<Suspended, ServiceError> {
    may(actor)?;
    let now = state.now();
    let today = utility::folding(state, now).today;
    let rule = rule_of(new, today)?;
    let mut conn = state.store.snapshot().await?;
    is_new(&mut conn, &rule, today).await?;
    let Covered { on_routes, waiting, .. } = covered(&mut conn, &rule).await?;
    let (crews, _) = trucks(&mut conn, &on_routes, now).await?;
    Ok(Suspended {
        suspension: String::new(),
        covers: rule.covers,
        places: rule.places,
        reason: rule.reason,
        why: new.why.trim().to_owned(),
        from: rule.from,
        good_through: rule.good_through,
        set_at: Moment(now),
        lifted_at: None,
        in_force: true,
        stopped: on_routes.len(),
        goes_on: on_routes.len(),
        waiting,
        crews: crews.into_iter().map(|truck| CrewTold { truck, tablet_has_it: false }).collect(),
    })
}

/// A suspension that may be lifted, as it stands.
///
/// # Errors
/// As [`lift`].
pub async fn to_lift(state: &AppState, actor: &Actor, number: &str) -> Result<Suspended, ServiceError> {
    may(actor)?;
    let now = state.now();
    let mut conn = state.store.snapshot().await?;
    let folding = utility::folding(state, now);
    let row = in_force(&mut conn, number, folding.today).await?;
    let mut suspended = looked_at(state, &mut conn, &row, now).await?;
    suspended.goes_on = 0;
    for order in suspensions::stopped(&mut conn, number).await? {
        let Some(found) = orders::by_id(&mut conn, order).await? else { continue };
        let mut history = recording::history(&mut conn, &found, folding.today).await?;
        for fact in end(order, number, "", actor, now).facts {
            history.add(fact);
        }
        let after = disposition(&history, &folding.policy).state;
        suspended.goes_on += usize::from(matches!(after, OrderState::Open | OrderState::Unable { .. }));
    }
    Ok(suspended)
}

/// Lifts a suspension, once: the cuts that it stopped are open again on the routes that have them.
///
/// # Errors
/// 404 `suspension_unknown`, 409 `suspension_ended`, 422 `why_missing`, 403 `person_needed`.
pub async fn lift(
    state: &AppState,
    actor: &Actor,
    number: &str,
    why: &str,
    once: &Once,
) -> Result<Answer, ServiceError> {
    may(actor)?;
    let why = said(why)?;
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    let now = state.now();
    let folding = utility::folding(state, now);
    work.lock(planning::LOCK).await?;
    work.lock(releasing::LOCK).await?;
    let row = in_force(&mut work, number, folding.today).await?;
    let orders = suspensions::told(&mut work, number).await?;
    spreading::lock_routes(&mut work, &orders.iter().copied().collect(), None).await?;
    let stopped = suspensions::stopped(&mut work, number).await?;
    suspensions::lift(&mut work, number, folding.today, &actor.name(), now, &why).await?;
    let words: Vec<Word> = orders.iter().map(|order| end(*order, number, &why, actor, now)).collect();
    let spread = spreading::spread(state, &mut work, &words, &folding, now).await?;
    let lifted = suspensions::by_number(&mut work, number).await?.unwrap_or(row);
    let rule = lifted.rule()?;
    let mut told = told(&mut work, &lifted, &rule, folding.today, 0, now).await?;
    let open = |order: &&OrderId| {
        let folded = spread.recorded.folded.get(order);
        folded.is_some_and(|it| matches!(it.state, OrderState::Open | OrderState::Unable { .. }))
    };
    told.goes_on = stopped.iter().filter(open).count();
    feed::append(&mut work, now, "suspension", number, &serde_json::json!({})).await?;
    let details = serde_json::json!({ "why": why, "orders": orders.len() });
    audit::append(&mut work, now, &actor.name(), "suspension_lifted", number, &details).await?;
    let answer = once.commit(state, work, actor, Answer::ok(&told)?).await?;
    spread.announce(state);
    Ok(answer)
}

/// A file has moved premises: cuts that are out and lie in a suspended area now hear of it as those did that lay there
/// when it began. What left the area stays stopped until the suspension is lifted.
///
/// # Errors
/// When the store fails.
pub(super) async fn reach_those_moved_in(
    state: &AppState,
    work: &mut Work,
    now: Micros,
) -> Result<Option<Spread>, ServiceError> {
    let folding = utility::folding(state, now);
    let mut in_force = suspensions::not_lifted(work).await?;
    if in_force.is_empty() {
        return Ok(None);
    }
    work.lock(planning::LOCK).await?;
    work.lock(releasing::LOCK).await?;
    let mut words = Vec::new();
    for row in in_force.drain(..) {
        let rule = row.rule()?;
        if !counts(&rule, folding.today) {
            continue;
        }
        let told: BTreeSet<OrderId> = suspensions::told(work, &row.number).await?.into_iter().collect();
        let by = row.set_by.strip_prefix("person:").and_then(|id| id.parse().ok());
        for order in covered(work, &rule).await?.out.into_iter().filter(|order| !told.contains(order)) {
            suspensions::tell(work, &row.number, order).await?;
            words.push(word(order, &row.number, &rule, by, now));
        }
    }
    if words.is_empty() {
        return Ok(None);
    }
    Ok(Some(spreading::spread(state, work, &words, &folding, now).await?))
}

/// The latest suspensions, the newest first.
///
/// # Errors
/// When the store fails.
pub async fn latest(state: &AppState, actor: &Actor) -> Result<Vec<Suspended>, ServiceError> {
    actor.may(Action::SeeRoutes)?;
    let mut conn = state.store.snapshot().await?;
    let mut all = Vec::new();
    for row in suspensions::latest(&mut conn, SHOWN_MAX).await? {
        all.push(looked_at(state, &mut conn, &row, state.now()).await?);
    }
    Ok(all)
}

/// The suspensions that count today, the oldest first.
///
/// # Errors
/// When the store fails.
pub async fn in_force_today(state: &AppState) -> Result<Vec<Suspended>, ServiceError> {
    let now = state.now();
    let today = utility::folding(state, now).today;
    let mut conn = state.store.snapshot().await?;
    let mut all = Vec::new();
    for row in suspensions::not_lifted(&mut conn).await? {
        if counts(&row.rule()?, today) {
            all.push(looked_at(state, &mut conn, &row, now).await?);
        }
    }
    Ok(all)
}

/// A suspension as it stands, with what the tablets have of it.
async fn looked_at(
    state: &AppState,
    conn: &mut Conn,
    row: &SuspensionRow,
    now: Micros,
) -> Result<Suspended, ServiceError> {
    let today = utility::folding(state, now).today;
    let rule = row.rule()?;
    let waiting = if counts(&rule, today) { covered(conn, &rule).await?.waiting } else { 0 };
    let mut suspended = told(conn, row, &rule, today, waiting, now).await?;
    if !suspended.crews.is_empty() {
        let orders = suspensions::told(conn, &row.number).await?;
        for crew in &mut suspended.crews {
            crew.tablet_has_it = has_it(state, conn, crew.truck.route_id, &row.number, &orders).await?;
        }
        // Whoever may not have it is called first.
        suspended.crews.sort_by_key(|crew| crew.tablet_has_it);
    }
    Ok(suspended)
}

/// The areas of one kind that the premises name, with how many premises lie in each.
///
/// # Errors
/// When the store fails.
pub async fn areas(state: &AppState, covers: Covers) -> Result<Vec<(String, i64)>, ServiceError> {
    Ok(suspensions::areas(&mut state.store.snapshot().await?, covers, CHOOSE_FROM_MAX).await?)
}

fn may(actor: &Actor) -> Result<(), ServiceError> {
    actor.may(Action::SuspendAreas)?;
    if actor.person().is_none() {
        let detail = "Cuts are suspended, and a suspension is lifted, by a named person. Sign in as one.";
        return Err(ServiceError::forbidden("person_needed", detail));
    }
    Ok(())
}

fn said(why: &str) -> Result<String, ServiceError> {
    let why = why.trim();
    if why.is_empty() || why.len() > WHY_MAX || why.chars().any(|c| c.is_control() || turns_direction(c)) {
        let detail = format!("why: say in 1 to {WHY_MAX} characters what happened.");
        return Err(ServiceError::invalid("why_missing", detail));
    }
    Ok(why.to_owned())
}

fn rule_of(new: &NewSuspension, today: NaiveDate) -> Result<Suspension, ServiceError> {
    said(&new.why)?;
    if !REASONS.contains(&new.reason) {
        let detail = "reason: weather, or area_suspension for everything else that suspends cuts in an area.";
        return Err(ServiceError::invalid("suspension_reason_invalid", detail));
    }
    let places: BTreeSet<String> = new.places.iter().map(|place| place.trim().to_owned()).collect();
    let bad = |place: &String| place.is_empty() || place.len() > PLACE_MAX || place.chars().any(char::is_control);
    let everywhere = new.covers == Covers::Everywhere;
    if everywhere != places.is_empty() || places.len() > PLACES_MAX || places.iter().any(bad) {
        let detail = format!(
            "places: name 1 to {PLACES_MAX} of them, as the premises file writes them; none where covers is everywhere."
        );
        return Err(ServiceError::invalid("places_invalid", detail));
    }
    match new.good_through {
        Some(day) if day < today => {
            let detail = "good_through: that day is over. Choose a later one.";
            return Err(ServiceError::invalid("good_through_past", detail));
        }
        Some(day) if (day - today).num_days() > DAYS_MAX => {
            let detail = format!("good_through: more than {DAYS_MAX} days away. Check the year.");
            return Err(ServiceError::invalid("good_through_too_far", detail));
        }
        _ => {}
    }
    Ok(Suspension {
        covers: new.covers,
        places: places.into_iter().collect(),
        reason: new.reason,
        from: today,
        good_through: new.good_through,
        lifted: None,
    })
}

fn counts(rule: &Suspension, today: NaiveDate) -> bool {
    rule.hold("").is_in_force(today)
}

/// The suspension, where it can be lifted today.
async fn in_force(conn: &mut Conn, number: &str, today: NaiveDate) -> Result<SuspensionRow, ServiceError> {
    let unknown = || ServiceError::not_found("suspension_unknown", "There is no suspension with this number.");
    let row = suspensions::by_number(conn, number).await?.ok_or_else(unknown)?;
    if !counts(&row.rule()?, today) {
        let detail = "This suspension has ended already. Nothing was changed.";
        return Err(ServiceError::conflict("suspension_ended", detail));
    }
    Ok(row)
}

/// Passes where every place is one that a premise lies in, and cuts are not suspended there already: a slip of the pen
/// would protect nobody, and what is suspended twice has to be lifted twice.
async fn is_new(conn: &mut Conn, rule: &Suspension, today: NaiveDate) -> Result<(), ServiceError> {
    let known = suspensions::areas(conn, rule.covers, KNOWN_MAX).await?;
    let same = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
    if let Some(place) = rule.places.iter().find(|place| !known.iter().any(|(name, _)| same(name, place))) {
        let detail = format!("places: no premise lies in \"{place}\". Write it as the premises file does.");
        return Err(ServiceError::invalid("area_unknown", detail));
    }
    for row in suspensions::not_lifted(conn).await? {
        let other = row.rule()?;
        let same_places = other.places.len() == rule.places.len()
            && other.places.iter().all(|place| rule.places.iter().any(|ours| same(ours, place)));
        if counts(&other, today) && other.covers == rule.covers && same_places {
            let detail = format!("Cuts are suspended there already: {}, {}. Lift that first.", row.number, row.why);
            return Err(ServiceError::conflict("suspended_already", detail));
        }
    }
    Ok(())
}

/// The cuts for collections in an area that are not made yet.
#[derive(Default)]
struct Covered {
    /// Those that crews have, or whose tablets may hold them still: each hears of it.
    out: Vec<OrderId>,
    /// Those that stand on a route now.
    on_routes: Vec<OrderId>,
    /// How many stand on none.
    waiting: usize,
}

async fn covered(conn: &mut Conn, rule: &Suspension) -> Result<Covered, ServiceError> {
    let mut covered = Covered::default();
    for cut in suspensions::waiting(conn).await? {
        let is_cut = cut.kind.parse().is_ok_and(OrderKind::is_cut);
        let for_money = cut.reason.parse().is_ok_and(Reason::is_collections);
        if !is_cut || !for_money || !rule.reaches(&cut.lies()) {
            continue;
        }
        if cut.open_routes > 0 {
            covered.out.push(OrderId(cut.id));
        }
        if cut.state == "recalled" {
            // Something else stops it now; where that ends, this has been said.
            continue;
        }
        if cut.now_on > 0 {
            covered.on_routes.push(OrderId(cut.id));
        } else {
            covered.waiting += 1;
        }
    }
    Ok(covered)
}

fn word(order: OrderId, number: &str, rule: &Suspension, by: Option<PersonId>, now: Micros) -> Word {
    let body = Hold { reason: rule.reason, scope: HoldScope::Area, verified: true, expires_on: rule.good_through };
    let header = Header { order, at: now, by, device: None };
    let fact = Fact::new(holding::said_to(order, SOURCE, number), header, FactBody::Hold(body));
    Word { order, facts: vec![fact], home: None }
}

fn end(order: OrderId, number: &str, why: &str, actor: &Actor, now: Micros) -> Word {
    let hold = holding::said_to(order, SOURCE, number);
    let body = HoldLift { hold, why: Some(why.to_owned()) };
    let header = Header { order, at: now, by: actor.person(), device: None };
    let fact = Fact::new(holding::lift_said_to(order, SOURCE, number), header, FactBody::HoldLift(body));
    Word { order, facts: vec![fact], home: None }
}

/// A suspension as it stands, with the crews whose routes have a cut of it; what their tablets have is not looked at.
async fn told(
    conn: &mut Conn,
    row: &SuspensionRow,
    rule: &Suspension,
    today: NaiveDate,
    waiting: usize,
    now: Micros,
) -> Result<Suspended, ServiceError> {
    let in_force = counts(rule, today);
    let stopped = if in_force { suspensions::stopped(conn, &row.number).await? } else { Vec::new() };
    let (crews, _) = trucks(conn, &stopped, now).await?;
    let crews = crews.into_iter().map(|truck| CrewTold { truck, tablet_has_it: false }).collect();
    Ok(Suspended {
        suspension: row.number.clone(),
        covers: rule.covers,
        places: rule.places.clone(),
        reason: rule.reason,
        why: row.why.clone(),
        from: rule.from,
        good_through: rule.good_through,
        set_at: Moment(Micros(row.set_at_us)),
        lifted_at: row.lifted_at_us.map(|at| Moment(Micros(at))),
        in_force,
        stopped: stopped.len(),
        goes_on: stopped.len(),
        waiting,
        crews,
    })
}

/// Whether every tablet that works by a route has said that it has the word on each of its orders.
async fn has_it(
    state: &AppState,
    conn: &mut Conn,
    route: RouteId,
    number: &str,
    orders: &[OrderId],
) -> Result<bool, ServiceError> {
    let loaded = state.documents.load(conn, route).await?;
    let mut said = Vec::new();
    for order in orders {
        let word = holding::said_to(*order, SOURCE, number);
        if loaded.document.change_of_fact(&word).is_some() {
            said.push(word);
        }
    }
    releasing::tablets_have(conn, &loaded, &said).await
}
