//! Whether a crew ever had an order that was taken back, and whether its tablet can know of it.

use crate::{
    service::{ServiceError, whereabouts::Holders},
    state::AppState,
    store::{Conn, whereabouts},
};
use curbstop_shared::{
    disposition::sentences::HadIt,
    ids::{OrderId, RouteId},
};

/// Whether a crew ever had an order. Of a tablet counts what it has said that it has: what was sent to it may not have
/// arrived.
///
/// # Errors
/// When the store fails.
pub(super) async fn of(state: &AppState, conn: &mut Conn, order: OrderId) -> Result<HadIt, ServiceError> {
    let routes = whereabouts::ever_on(conn, order.0).await?;
    for on in &routes {
        let holders = Holders::of(conn, on.route).await?;
        // What is in the document of a route that is closed was read long ago, or never will be.
        let received = match holders.is_empty() {
            true => on.on_paper,
            false => on.closed || was_received(state, conn, RouteId(on.route), order, &holders).await?,
        };
        if received {
            return Ok(HadIt::NoMore);
        }
    }
    Ok(routes.into_iter().next().map_or(HadIt::Nobody, |on| HadIt::NotReceived { crew: on.crew }))
}

/// Whether a tablet with this route has named heads that hold the order.
async fn was_received(
    state: &AppState,
    conn: &mut Conn,
    route: RouteId,
    order: OrderId,
    holders: &Holders,
) -> Result<bool, ServiceError> {
    let document = state.documents.load(conn, route).await?.document;
    Ok(document.change_of_order(order).is_some_and(|change| holders.any_has(&document, &change)))
}
