//! Stops that crews have and still have to do, and that publishing a plan would take from them for nobody: somebody has
//! to know, or a day's work is gone in silence.

use super::super::ServiceError;
use crate::{
    planning::{
        plan::{LeftOutWhy, Plan},
        standing::Standing,
    },
    state::AppState,
    store::{Conn, plans},
};
use curbstop_shared::ids::{CrewId, OrderId};
use std::collections::{BTreeMap, BTreeSet};

/// A crew that would lose stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Losing {
    /// What it is called.
    pub crew_name: String,
    /// Stops that it has, that are to do and that nobody would have.
    pub stops: usize,
}

/// The crews that would lose stops by a plan that is not out yet, by name. What was paid for, is protected, is done or
/// gets another crew is not lost.
///
/// # Errors
/// When the store fails.
pub async fn losing(state: &AppState, plan: &Plan) -> Result<Vec<Losing>, ServiceError> {
    of(&mut state.store.snapshot().await?, plan).await
}

pub(super) async fn of(conn: &mut Conn, plan: &Plan) -> Result<Vec<Losing>, ServiceError> {
    let date = plan.date.to_string();
    let crews: BTreeSet<CrewId> = plan.routes.iter().map(|route| route.crew_id).collect();
    let mut kept: BTreeSet<OrderId> =
        plan.routes.iter().flat_map(|route| &route.stops).map(|stop| stop.order_id).collect();
    let for_its_reason = plan.left_out.iter().filter(|left| !is_to_do(&left.why));
    kept.extend(for_its_reason.filter_map(|left| left.order_id));
    let mut lost: BTreeMap<String, BTreeSet<OrderId>> = BTreeMap::new();
    for on in plans::on_routes(conn, &date).await? {
        let order = OrderId(on.order_id);
        if on.is_elsewhere(&crews, &date) {
            continue;
        }
        if on.waits() && !kept.contains(&order) {
            lost.entry(on.crew_name).or_default().insert(order);
        }
    }
    Ok(lost.into_iter().map(|(crew_name, orders)| Losing { crew_name, stops: orders.len() }).collect())
}

/// Whether what was left out is somebody's work all the same: a truck was lacking, or another one was thought to have it.
const fn is_to_do(why: &LeftOutWhy) -> bool {
    matches!(why, LeftOutWhy::NoPlace { .. } | LeftOutWhy::Standing(Standing::OnRoute { .. }))
}

/// Refuses a plan by which crews would lose more stops than whoever publishes it agreed to.
pub(super) async fn check(conn: &mut Conn, plan: &Plan, agreed: usize) -> Result<(), ServiceError> {
    let losing = of(conn, plan).await?;
    let stops: usize = losing.iter().map(|crew| crew.stops).sum();
    if stops <= agreed {
        return Ok(());
    }
    let whose: Vec<String> = losing.iter().map(|crew| format!("{} {}", crew.crew_name, crew.stops)).collect();
    let detail = format!(
        "This plan takes {stops} stops that are still to do from crews that have them now, and gives them to nobody ({}). \
         Nothing was published. Build the day again so that they have a place, or publish with {{\"take_off\": {stops}}}.",
        whose.join(", ")
    );
    Err(ServiceError::conflict("plan_takes_off", detail))
}
