//! What a plan left out, as it stands by now: a stop that another crew had may have been taken back from it since, or a
//! reconnect that nobody had room for been given to a crew by hand.

use super::{super::ServiceError, standing_on, waits_again};
use crate::{
    planning::{
        plan::{LeftOutWhy, Plan, PlanLeftOut, PlanState},
        standing::Standing,
    },
    service::utility,
    state::AppState,
    store::{
        orders,
        plans::{self, OnRoute},
    },
};
use curbstop_shared::ids::{CrewId, OrderId, RouteId};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// An account or order that a plan left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOutNow {
    /// With the reason that counts now.
    pub left: PlanLeftOut,
    /// It stood on another crew's route when the plan was built, and stands on none now: the next plan takes it up.
    pub waits_again: bool,
}

impl LeftOutNow {
    /// The route of another crew that has it.
    #[must_use]
    pub const fn on_route(&self) -> Option<RouteId> {
        match self.left.why {
            _ if self.waits_again => None,
            LeftOutWhy::Standing(Standing::OnRoute { route_id, .. }) => Some(route_id),
            _ => None,
        }
    }
}

/// What a plan left out and still is left out, or is on another crew's route.
///
/// # Errors
/// When the store fails.
pub async fn left_out_now(state: &AppState, plan: &Plan) -> Result<Vec<LeftOutNow>, ServiceError> {
    let mut conn = state.store.snapshot().await?;
    let today = utility::folding(state, state.now()).today;
    let date = plan.date.to_string();
    let mut on: HashMap<Uuid, OnRoute> = HashMap::new();
    for row in plans::on_routes(&mut conn, &today.min(plan.date).to_string()).await? {
        // The first of several days has it.
        on.entry(row.order_id).or_insert(row);
    }
    let crews: BTreeSet<CrewId> = plan.routes.iter().map(|route| route.crew_id).collect();
    let mut all = Vec::with_capacity(plan.left_out.len());
    for left in &plan.left_out {
        let stood_on_one = matches!(left.why, LeftOutWhy::Standing(Standing::OnRoute { .. }));
        let has_it = left.order_id.and_then(|order| on.get(&order.0));
        match has_it {
            Some(row) if row.is_elsewhere(&crews, &date) && row.waits() => all.push(of(left, standing_on(row)?)),
            Some(row) if stood_on_one => all.push(of(left, stopped(&row.state))),
            // One of its own crews has got it since.
            Some(_) if plan.state == PlanState::Published => {}
            None if stood_on_one => {
                let Some(order) = left.order_id else { continue };
                let Some(row) = orders::by_id(&mut conn, order).await? else { continue };
                let waits = matches!(row.state.as_str(), "open" | "unable") || waits_again(&row)?;
                if waits {
                    all.push(LeftOutNow { left: left.clone(), waits_again: true });
                } else {
                    all.push(of(left, stopped(&row.state)));
                }
            }
            _ => all.push(LeftOutNow { left: left.clone(), waits_again: false }),
        }
    }
    Ok(all)
}

/// The orders that a plan left out and that stand on this route of another crew now.
///
/// # Errors
/// When the store fails.
pub async fn left_out_on(state: &AppState, plan: &Plan, route: RouteId) -> Result<BTreeSet<OrderId>, ServiceError> {
    let all = left_out_now(state, plan).await?.into_iter();
    Ok(all.filter(|one| one.on_route() == Some(route)).filter_map(|one| one.left.order_id).collect())
}

fn of(left: &PlanLeftOut, why: Standing) -> LeftOutNow {
    let left = PlanLeftOut { text: why.text(), why: LeftOutWhy::Standing(why), ..left.clone() };
    LeftOutNow { left, waits_again: false }
}

fn stopped(state: &str) -> Standing {
    Standing::Stopped { state: state.to_owned() }
}
