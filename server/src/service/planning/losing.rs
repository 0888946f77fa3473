//! Stops that crews have and still have to do, and that publishing a plan would take from them for nobody: somebody has
//! to know, or a day's work is gone in silence.

use super::super::ServiceError;
use crate::{
    planning::{
        plan::{LeftOutWhy, Plan},
        standing::{Needs, Standing, is_of_an_area},
    },
    state::AppState,
    store::{Conn, orders, plans},
};
use curbstop_shared::ids::{CrewId, OrderId};
use std::collections::{BTreeMap, BTreeSet};

/// A crew that would lose stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Losing {
    /// What it is called.
    pub crew_name: String,
    /// Numbers of the orders that it has, that are to do and that nobody would have.
    pub orders: BTreeSet<String>,
}

/// The crews that would lose stops by a plan that is not out yet, by name. What was paid for, is protected, is done or
/// gets another crew is not lost.
///
/// # Errors
/// When the store fails.
pub async fn losing(state: &AppState, plan: &Plan) -> Result<Vec<Losing>, ServiceError> {
    of(&mut state.store.snapshot().await?, plan).await
}

async fn of(conn: &mut Conn, plan: &Plan) -> Result<Vec<Losing>, ServiceError> {
    let date = plan.date.to_string();
    let crews: BTreeSet<CrewId> = plan.routes.iter().map(|route| route.crew_id).collect();
    let mut kept: BTreeSet<OrderId> =
        plan.routes.iter().flat_map(|route| &route.stops).map(|stop| stop.order_id).collect();
    let for_its_reason = plan.left_out.iter().filter(|left| !is_to_do(&left.why));
    kept.extend(for_its_reason.filter_map(|left| left.order_id));
    let mut lost: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let on_routes = plans::on_routes(conn, &date).await?.into_iter().filter(|on| !on.is_elsewhere(&crews, &date));
    for on in on_routes.filter(|on| (on.waits() || on.state == "held") && !kept.contains(&OrderId(on.order_id))) {
        let Some(order) = orders::by_id(conn, OrderId(on.order_id)).await? else { continue };
        lost.entry(on.crew_name).or_default().insert(order.number);
    }
    Ok(lost.into_iter().map(|(crew_name, orders)| Losing { crew_name, orders }).collect())
}

/// Whether what was left out is somebody's work all the same: a truck was lacking, another one was thought to have it, or
/// the supervisor's word on it was not carried on.
const fn is_to_do(why: &LeftOutWhy) -> bool {
    use Standing::{Held, MasterMeter, OnRoute, Rule, SensitivePremise, Several, TenantsNotice};
    matches!(
        why,
        LeftOutWhy::NoPlace { .. }
            | LeftOutWhy::Standing(
                OnRoute { .. }
                    | SensitivePremise
                    | MasterMeter
                    | TenantsNotice
                    | Several { .. }
                    | Rule { needs: Needs::Notice | Needs::Approval, .. }
            )
    ) || matches!(why, LeftOutWhy::Standing(Held { reason, .. }) if is_of_an_area(*reason))
}

/// Names the orders that crews lose by a plan that goes out now. Refuses it where whoever publishes it named those that
/// may be lost, and others are; and where nobody was asked and the whole day would be empty.
pub(super) async fn check(
    conn: &mut Conn,
    plan: &Plan,
    agreed: Option<&BTreeSet<String>>,
) -> Result<Vec<String>, ServiceError> {
    let losing = of(conn, plan).await?;
    let is_empty = plan.routes.iter().all(|route| route.stops.is_empty());
    let may_go = match agreed {
        Some(agreed) => losing.iter().all(|crew| crew.orders.is_subset(agreed)),
        None => losing.is_empty() || !is_empty,
    };
    if may_go {
        return Ok(losing.into_iter().flat_map(|crew| crew.orders).collect());
    }
    let listed = |orders: &BTreeSet<String>| orders.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let whose: Vec<String> =
        losing.iter().map(|crew| format!("{}: {}", crew.crew_name, listed(&crew.orders))).collect();
    let detail = format!(
        "This plan takes stops that are still to do from crews that have them now, and gives them to nobody ({}). Nothing was \
         published. Build the day again so that they have a place, or name these orders in \"take_off\".",
        whose.join("; ")
    );
    Err(ServiceError::conflict("plan_takes_off", detail))
}
