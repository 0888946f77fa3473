//! What the dials said when a service was turned off: what the crew that turns it on again compares with. Billing's last
//! reading is older than the cut, so the use between the two is the customer's own.

use super::super::{ServiceError, recording, utility};
use crate::{
    state::AppState,
    store::{
        Conn,
        orders::{self, OrderRow},
    },
};
use curbstop_shared::{
    disposition::{LineState, as_corrected, disposition},
    facts::FactBody,
    ids::OrderId,
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The digits that were read on each line that is off, by the order that turns it on again. Lines at whose cut nobody
/// read the meter are not there.
pub(super) async fn read_at_cuts(
    state: &AppState,
    conn: &mut Conn,
    rows: &[OrderRow],
) -> Result<BTreeMap<Uuid, BTreeMap<String, String>>, ServiceError> {
    let folding = utility::folding(state, state.now());
    let mut all = BTreeMap::new();
    for (reconnect, cut) in rows.iter().filter_map(|row| Some((row.id, row.cause_order?))) {
        let Some(cut) = orders::by_id(conn, OrderId(cut)).await? else { continue };
        let history = recording::history(conn, &cut, folding.today).await?;
        let said = as_corrected(&history);
        let read = disposition(&history, &folding.policy).lines.into_iter().filter_map(|(line, stands)| {
            let LineState::Off { visit, .. } = stands else { return None };
            let digits = said.values().find_map(|body| match body {
                FactBody::Reading(reading) if reading.visit == visit && reading.line == line => reading.digits.clone(),
                _ => None,
            })?;
            Some((line.0, digits))
        });
        all.insert(reconnect, read.collect());
    }
    Ok(all)
}
