//! What somebody gave to a crew by hand: building the day again leaves it there, for whoever gave it knew why.

use super::super::ServiceError;
use crate::{
    planning::plan::Plan,
    store::{Conn, StoreError, day_views, plans},
};
use chrono::NaiveDate;
use curbstop_shared::ids::{CrewId, OrderId, RouteId};
use std::collections::{BTreeMap, BTreeSet};

/// The orders that stand on a route of the day to which no plan brought them, or which a plan left with the crew that had
/// got them by hand, with that crew.
pub(super) async fn given(conn: &mut Conn, date: NaiveDate) -> Result<BTreeMap<OrderId, CrewId>, ServiceError> {
    let day = date.to_string();
    let (mut planned, mut of_a_plan) = (BTreeSet::new(), BTreeSet::new());
    for body in day_views::plans_out(conn, &day).await? {
        let plan: Plan =
            serde_json::from_str(&body).map_err(|bad| StoreError::inconsistent("plans", "body", date, bad))?;
        for route in &plan.routes {
            let Some(id) = route.route_id else { continue };
            of_a_plan.insert(id);
            planned.extend(route.stops.iter().filter(|stop| !stop.given).map(|stop| (id, stop.order_id)));
        }
    }
    let on_routes = plans::on_routes(conn, &day).await?.into_iter().filter(|on| on.date == day);
    Ok(on_routes
        .map(|on| ((RouteId(on.route), OrderId(on.order_id)), CrewId(on.crew)))
        .filter(|(on, _)| of_a_plan.contains(&on.0) && !planned.contains(on))
        .map(|((_, order), crew)| (order, crew))
        .collect())
}
