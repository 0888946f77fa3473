//! What an order's facts add up to is raised for a person, and closed where later facts take its ground away.

use crate::{
    service::{ServiceError, before_listing, part_paid},
    store::{
        Work, exceptions,
        exceptions::{ExceptionRow, NewException},
        orders::{OrderRow, OrderToFold},
    },
    sync::documents::Stamp,
};
use curbstop_shared::{disposition::Disposition, ids::OrderId, vocabulary::ExceptionKind};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The id of an exception: the same kind, order and cause raise it once.
const EXCEPTIONS: Uuid = Uuid::from_bytes(*b"curbstop-excepts");

/// Raises what the fold found and closes what it finds no more.
pub(super) async fn raise_exceptions(
    work: &mut Work,
    read: &OrderToFold,
    outcome: &Disposition,
    stamp: Stamp,
) -> Result<(), ServiceError> {
    let row = &read.order;
    let mut standing = BTreeSet::new();
    for exception in &outcome.exceptions {
        let id = Uuid::new_v5(&EXCEPTIONS, format!("{}:{}", row.id, exception.key()).as_bytes());
        standing.insert(id);
        let detail = serde_json::to_string(exception).map_err(|bad| ServiceError::Internal(bad.to_string()))?;
        let desk = exception.desk();
        let raised = NewException {
            id,
            kind: exception.kind.code(),
            order: Some(OrderId(row.id)),
            account: &row.account,
            cause: Some(exception.fact.as_str()),
            detail: &detail,
            owner_role: desk.owner.code(),
            due_at: stamp.now + desk.within,
        };
        exceptions::raise(work, &raised, stamp.now).await?;
        // Somebody has decided, and now there is another doubt than the one that was decided on.
        if exception.kind == ExceptionKind::FeeInDoubt {
            exceptions::open_again(work, id, raised.due_at).await?;
        }
    }
    if read.open_exceptions == 0 {
        return Ok(());
    }
    for open in exceptions::of_order(work, OrderId(row.id)).await? {
        if open.state == "open" && !standing.contains(&open.id) && !stands_by_itself(&open, row, outcome) {
            exceptions::close_gone(work, open.id, stamp.now).await?;
        }
    }
    Ok(())
}

/// What the order's facts alone don't say: work in quarantine, receipts with two sums and ways that the order did not
/// offer, which only a person closes, money that is not enough, and evidence that is not here.
fn stands_by_itself(open: &ExceptionRow, row: &OrderRow, outcome: &Disposition) -> bool {
    if open.kind == ExceptionKind::PartPaid.code() || before_listing::is_it(open) {
        return part_paid::is_asked(row, outcome);
    }
    [
        ExceptionKind::QuarantinedFact,
        ExceptionKind::PaymentUnclear,
        ExceptionKind::EvidenceMissing,
        ExceptionKind::MethodNotOffered,
    ]
    .iter()
    .any(|kind| kind.code() == open.kind)
}
