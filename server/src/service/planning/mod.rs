//! Building a plan: orders from the day's final listings, everything that waits, crews' days; and looking at it again.
//!
//! The sum itself is made outside any unit of work: SQLite's one writer must not wait for it.

pub mod blocked;
mod building;
mod by_hand;
mod called_for;
mod closed;
mod dossier;
mod giving;
mod handed_over;
mod left_out_now;
mod listed;
mod losing;
mod moved;
mod overtaken;
mod publishing;
mod read_at_cut;
mod searching;
mod taking_off;

pub use building::{NewPlan, build};
pub(super) use called_for::{called_for, called_for_of, is_same_work};
pub use giving::{Given, TakenFrom, give};
pub(super) use handed_over::{hand_over, taken_over};
pub use left_out_now::{LeftOutNow, left_out_now, left_out_on};
pub use losing::{Losing, losing};
pub(super) use moved::Saying;
pub use overtaken::{Overtaken, overtaken};
pub use publishing::{WithoutTablet, publish, without_tablet};
pub use searching::{PlanSearches, stop};
pub(super) use taking_off::take_from_all;
pub use taking_off::{StopsBack, take_off};

use super::{
    ServiceError, found_off,
    recording::{self, Folding},
    utility,
};
use crate::{
    planning::{
        day::{Candidate, CrewOnDuty, WorkHours},
        money_since::MoneySince,
        plan::{Plan, PlanLeftOut},
        ruled::Ruled,
        standing::Standing,
    },
    state::AppState,
    store::{
        Conn, StoreError,
        crews::{self, CrewRow},
        crews_out,
        orders::{self, OrderRow},
        plans::{self, OnRoute},
        settings,
    },
};
use chrono::NaiveDate;
use curbstop_shared::{
    disposition::{Disposition, OrderState, disposition},
    ids::{CrewId, OrderId, RouteId},
    vocabulary::{OrderKind, Reason, RecallReason},
};
use dossier::Dossier;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Only one plan is built or published at a time: two must not make or give out the same order.
pub(in crate::service) const LOCK: &str = "planning";
/// Where crews set out and end, as "41.9000,-101.6300".
const YARD: &str = "yard";

/// One plan; while it is being built, what is known of it by then.
///
/// # Errors
/// 404 `plan_unknown`.
pub async fn get(state: &AppState, id: Uuid) -> Result<Plan, ServiceError> {
    match state.plan_searches.so_far(id) {
        Some(plan) => Ok(plan),
        // It may have been finished just now: what was kept is found only after it is no longer searched for.
        None => stored(&mut state.store.reader().await?, id).await,
    }
}

async fn stored(conn: &mut Conn, id: Uuid) -> Result<Plan, ServiceError> {
    let row = plans::by_id(conn, id).await?;
    let row = row.ok_or_else(|| ServiceError::not_found("plan_unknown", format!("There is no plan {id}.")))?;
    serde_json::from_str(&row.body).map_err(|e| StoreError::inconsistent("plans", "body", id, e).into())
}

fn to_json(plan: &Plan) -> Result<String, ServiceError> {
    serde_json::to_string(plan).map_err(|e| ServiceError::Internal(format!("plan: {e}")))
}

async fn on_duty(conn: &mut Conn, ids: &[CrewId], date: NaiveDate) -> Result<Vec<CrewOnDuty>, ServiceError> {
    let mut on_duty = Vec::with_capacity(ids.len());
    for id in ids {
        let row = crews::by_id(conn, *id).await?.filter(|crew| crew.active).ok_or_else(|| {
            ServiceError::invalid("crew_unknown", format!("crew_ids: there is no active crew {id}. See GET /crews."))
        })?;
        if crews_out::since(conn, *id, &date.to_string()).await?.is_some() {
            let detail =
                format!("{} stays in that day. Take it out of crew_ids, or say that it goes out after all.", row.name);
            return Err(ServiceError::conflict("crew_out", detail));
        }
        on_duty.push(crew_on_duty(&row)?);
    }
    Ok(on_duty)
}

fn crew_on_duty(row: &CrewRow) -> Result<CrewOnDuty, StoreError> {
    let id = row.crew_id();
    let bad = |e| StoreError::inconsistent("crews", "qualifications", id, e);
    Ok(CrewOnDuty {
        id,
        name: row.name.clone(),
        qualifications: row
            .qualifications
            .split_whitespace()
            .map(|code| code.parse().map_err(bad))
            .collect::<Result<_, _>>()?,
        is_contractor: row.kind != "own",
    })
}

async fn yard(conn: &mut Conn) -> Result<Option<(i64, i64)>, ServiceError> {
    let Some(text) = settings::get(conn, YARD).await? else { return Ok(None) };
    let read = |text: &str| crate::planning::day::degrees_e7(text.trim());
    let point = text.split_once(',').and_then(|(lat, lon)| Some((read(lat)?, read(lon)?)));
    point
        .map(Some)
        .ok_or_else(|| StoreError::inconsistent("settings", "value", YARD, "not \"latitude,longitude\"").into())
}

/// Everything that waits for a crew on that day: the listings' cuts, those of earlier ones that they call for again, what
/// these crews have already on that day's routes, and whatever came from no listing (reconnects first of all). What is on
/// somebody else's route, or on a later one, does not wait: it is left out with whose it is.
async fn candidates(
    state: &AppState,
    conn: &mut Conn,
    new: &NewPlan,
    listings: &BTreeMap<Uuid, MoneySince>,
    (taken_up, given): (&BTreeSet<OrderId>, &BTreeMap<OrderId, CrewId>),
) -> Result<(Vec<Candidate>, Vec<PlanLeftOut>), ServiceError> {
    // Their own day may be planned anew: it is published as the next generation.
    let today = utility::folding(state, state.now()).today;
    let OnRoutes { own, elsewhere } = on_routes(conn, today, new.date, &new.crew_ids.iter().copied().collect()).await?;
    let waiting: Vec<OrderRow> = plans::orders_to_do(conn)
        .await?
        .into_iter()
        .filter(|row| {
            let of_the_day = row.listing.is_none_or(|listing| listings.contains_key(&listing));
            of_the_day || taken_up.contains(&OrderId(row.id)) || own.contains_key(&row.id)
        })
        // What is over or stopped there is nobody's work, here or there.
        .filter(|row| {
            !elsewhere.contains_key(&OrderId(row.id)) || matches!(row.state.as_str(), "open" | "unable" | "held")
        })
        .collect();
    let dossier = Dossier::of_orders(state, conn, &waiting).await?;
    let approved: BTreeSet<&str> = new.approved_accounts.iter().map(String::as_str).collect();
    let (mut candidates, mut left_out) = (Vec::new(), Vec::new());
    for row in &waiting {
        let lines = orders::lines(conn, OrderId(row.id)).await?;
        let address = dossier.address(&row.premise);
        let why = match (elsewhere.get(&OrderId(row.id)), over(state, conn, row, new.date).await?) {
            (Some(on), None) => Some(standing_on(on)?),
            (Some(on), Some(why)) if why.is_held() => Some(standing_on(on)?),
            (Some(_), Some(_)) => continue,
            // What is on file says more of it than that it is held.
            (None, Some(held)) if held.is_held() => {
                let on_file = dossier.standing_of(row, &lines, approved.contains(row.account.as_str()), new.date)?;
                Some(on_file.unwrap_or(held))
            }
            (None, None) => dossier.standing_of(row, &lines, approved.contains(row.account.as_str()), new.date)?,
            (None, why) => why,
        };
        if let Some(why) = why {
            let order = Some((OrderId(row.id), row.number.clone()));
            left_out.push(PlanLeftOut::standing(order, &row.account, &address, why));
            continue;
        }
        let hours = match dossier.hours_of(row, &lines, approved.contains(row.account.as_str()), new.date)? {
            Ruled::Hours { window, else_why } => match WorkHours::of(window).within(&new.shift) {
                Some(hours) => Some(hours),
                None => {
                    let order = Some((OrderId(row.id), row.number.clone()));
                    left_out.push(PlanLeftOut::standing(order, &row.account, &address, else_why));
                    continue;
                }
            },
            Ruled::Open | Ruled::ThatDay | Ruled::Out(_) | Ruled::Waits(_) => None,
        };
        let kind: OrderKind = row.kind.parse().map_err(|e| StoreError::inconsistent("orders", "kind", row.id, e))?;
        candidates.push(Candidate {
            id: OrderId(row.id),
            number: row.number.clone(),
            kind,
            products: dossier::products(row, &lines)?,
            priority: row.priority,
            due_at: row.due_at_us.map(curbstop_shared::time::Micros),
            hours,
            account: row.account.clone(),
            address,
            location_e7: dossier.location_e7(&row.premise),
            on_route_of: own.get(&row.id).copied(),
            given_to: given.get(&OrderId(row.id)).copied().filter(|crew| new.crew_ids.contains(crew)),
        });
    }
    Ok((candidates, left_out))
}

/// Where orders stand that are on a route.
struct OnRoutes {
    /// On one that a plan replaces: of its crews, for its day. Whose, and after how many others.
    own: BTreeMap<Uuid, (CrewId, usize)>,
    /// On another one. What is out today is: a plan for tomorrow would take it from the crew that may be on its way there.
    elsewhere: BTreeMap<OrderId, OnRoute>,
}

async fn on_routes(
    conn: &mut Conn,
    today: NaiveDate,
    date: NaiveDate,
    crews: &BTreeSet<CrewId>,
) -> Result<OnRoutes, ServiceError> {
    let on_routes = plans::on_routes(conn, &today.min(date).to_string()).await?;
    let date = date.to_string();
    let own = on_routes.iter().enumerate().filter(|(_, on)| !on.is_elsewhere(crews, &date));
    let own: BTreeMap<Uuid, (CrewId, usize)> = own.map(|(at, on)| (on.order_id, (CrewId(on.crew), at))).collect();
    let mut elsewhere = BTreeMap::new();
    // The first of several days has it. A later one than the plan's takes nothing off the plan's own.
    for on in on_routes.into_iter().filter(|on| on.is_elsewhere(crews, &date)) {
        if on.date <= date || !own.contains_key(&on.order_id) {
            elsewhere.entry(OrderId(on.order_id)).or_insert(on);
        }
    }
    Ok(OnRoutes { own, elsewhere })
}

fn standing_on(on: &OnRoute) -> Result<Standing, StoreError> {
    let date = on.date.parse().map_err(|e| StoreError::inconsistent("routes", "date", on.route, e))?;
    Ok(Standing::OnRoute { route_id: RouteId(on.route), crew_name: on.crew_name.clone(), date })
}

/// What the facts about an order say against working it on a day. A hold that has ended by then, or a stop at the
/// door of another day, says nothing any more; the stored state may not know that yet.
async fn over(
    state: &AppState,
    conn: &mut Conn,
    row: &OrderRow,
    date: NaiveDate,
) -> Result<Option<Standing>, ServiceError> {
    let code = match row.state.as_str() {
        to_do if matches!(to_do, "open" | "unable") || waits_again(row)? => {
            let nothing_to_restore = !is_called_for(state, conn, row, date).await?;
            return Ok(nothing_to_restore.then_some(Standing::NothingToRestore));
        }
        "held" | "stopped_at_door" => {
            let folding = Folding { today: date, ..utility::folding(state, state.now()) };
            let history = recording::history(conn, row, folding.today).await?;
            recording::state_code(&disposition(&history, &folding.policy))
        }
        other => other,
    };
    Ok((!matches!(code, "open" | "unable")).then(|| Standing::Stopped { state: code.to_owned() }))
}

/// Whether it gives service back and was recalled only because it left the crew that had it: nobody will do it there,
/// and it still has to be done.
fn waits_again(row: &OrderRow) -> Result<bool, ServiceError> {
    let kind: OrderKind = row.kind.parse().map_err(|e| StoreError::inconsistent("orders", "kind", row.id, e))?;
    let folded: Option<Disposition> = serde_json::from_str(&row.disposition).ok();
    let left = folded.is_some_and(|folded| {
        let reason = match folded.state {
            OrderState::Recalled { reason, .. } => Some(reason),
            _ => None,
        };
        reason.is_some_and(RecallReason::is_of_one_route)
    });
    Ok(kind.is_restore() && left)
}

/// Whether the order that a reconnect puts right still wants it: the crew may have restored it itself, or the release
/// was taken back. Orders that put nothing right are always called for.
async fn is_called_for(
    state: &AppState,
    conn: &mut Conn,
    row: &OrderRow,
    date: NaiveDate,
) -> Result<bool, ServiceError> {
    let Some(cause) = row.cause_order else { return Ok(true) };
    let Some(cut) = orders::by_id(conn, OrderId(cause)).await? else { return Ok(true) };
    let folding = Folding { today: date, ..utility::folding(state, state.now()) };
    let mut outcome = disposition(&recording::history(conn, &cut, folding.today).await?, &folding.policy);
    found_off::leave_to_others(conn, &cut, &mut outcome).await?;
    Ok(outcome.follow_ups.iter().any(|it| it.id == OrderId(row.id) && !it.wanted.is_empty()))
}

fn reason(row: &OrderRow) -> Result<Reason, ServiceError> {
    Ok(row.reason.parse().map_err(|e| StoreError::inconsistent("orders", "reason", row.id, e))?)
}
