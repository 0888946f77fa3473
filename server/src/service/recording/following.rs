//! The order that a disposition calls for: made once, raised in urgency, never made less urgent. One that nobody called for
//! any more and that is called for again is what calls for it now.

use crate::{
    service::{ServiceError, recording::Folding},
    store::{
        Work,
        orders::{self, LineRow, NewOrder, OrderRow},
    },
    sync::documents::Stamp,
};
use curbstop_shared::{disposition::FollowUp, ids::OrderId, policy::Subject, time::Micros};

/// By when it has to be done.
fn due(folding: &Folding, follow_up: &FollowUp, lines: &[LineRow], now: Micros) -> Micros {
    let products = lines.iter().filter_map(|line| line.product.parse().ok()).collect();
    let asked = Subject::new(follow_up.kind, follow_up.reason, products);
    folding.deadlines.back_on(&asked, follow_up.called_at.unwrap_or(now))
}

/// Makes the order that a disposition calls for, and says whether it is new. One that is there gains lines and
/// urgency, never loses them. Where nothing is left to restore none is made.
pub(super) async fn follow(
    work: &mut Work,
    cut: &OrderRow,
    follow_up: &FollowUp,
    folding: &Folding,
    stamp: Stamp,
) -> Result<bool, ServiceError> {
    if follow_up.wanted.is_empty() {
        return Ok(false);
    }
    let lines = orders::lines(work, OrderId(cut.id)).await?;
    let wanted: Vec<LineRow> =
        lines.into_iter().filter(|line| follow_up.wanted.iter().any(|wanted| wanted.0 == line.line)).collect();
    if wanted.is_empty() {
        return Ok(false);
    }
    let fees_suppressed = follow_up.reason.is_free_of_fees();
    let order = NewOrder {
        id: follow_up.id,
        kind: follow_up.kind,
        reason: follow_up.reason,
        account: cut.account.clone(),
        premise: cut.premise.clone(),
        listing: None,
        cause_order: Some(OrderId(cut.id)),
        priority: follow_up.priority,
        fees_suppressed,
        past_due_minor: 0,
        note: None,
        due_at: Some(due(folding, follow_up, &wanted, stamp.now)),
        lines: wanted,
    };
    let new = orders::insert(work, &order, stamp.now, stamp.feed_seq).await?;
    if !new && let Some(there) = orders::by_id(work, follow_up.id).await? {
        if there.uncalled {
            // What was taken back decides neither what is charged nor by when it has to be done.
            orders::renew(work, &order).await?;
            return Ok(new);
        }
        let priority = there.priority.min(follow_up.priority);
        let fees_suppressed = there.fees_suppressed || fees_suppressed;
        if (priority, fees_suppressed) != (there.priority, there.fees_suppressed) {
            orders::raise(work, follow_up.id, priority, fees_suppressed).await?;
        }
    }
    Ok(new)
}
