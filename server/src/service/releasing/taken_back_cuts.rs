//! Cuts that were taken back for another reason than money, or for money that came back since, while a crew may still make
//! them: what is paid now has to be on record when such a cut comes in, or whoever paid is off and nobody knows.

use crate::{
    service::{
        ServiceError,
        recording::{self, Folding},
        releasing::standing_releases,
        whereabouts::Whereabouts,
    },
    store::{Conn, orders, orders::OrderRow},
};
use curbstop_shared::{
    disposition::{Disposition, OrderState},
    ids::OrderId,
    vocabulary::{OrderKind, Reason},
};

/// The account's cuts that are recalled, that no release covers and that some crew may still make, with what they add up
/// to.
///
/// # Errors
/// When the store fails.
pub(in crate::service) async fn taken_back_and_unpaid(
    conn: &mut Conn,
    account: &str,
    folding: &Folding,
) -> Result<Vec<(OrderRow, Disposition)>, ServiceError> {
    let mut unpaid = Vec::new();
    for row in orders::by_account(conn, account).await? {
        let is_collections = row.kind.parse::<OrderKind>().is_ok_and(OrderKind::is_cut)
            && row.reason.parse::<Reason>().is_ok_and(Reason::is_collections);
        if !is_collections {
            continue;
        }
        let history = recording::history(conn, &row, folding.today).await?;
        let outcome = curbstop_shared::disposition::disposition(&history, &folding.policy);
        let is_taken_back =
            matches!(outcome.state, OrderState::Recalled { .. } | OrderState::Released { reversed: true, .. });
        if is_taken_back
            && standing_releases(&history.facts.values().collect::<Vec<_>>()).is_empty()
            && !Whereabouts::of(conn, OrderId(row.id)).await?.may_all_go().is_empty()
        {
            unpaid.push((row, outcome));
        }
    }
    Ok(unpaid)
}
