//! The order that a disposition calls for: made once, raised in urgency, never made less urgent.

use crate::{
    service::{ServiceError, found_off::is_anothers, recording::Folding},
    store::{
        Work,
        orders::{self, LineRow, NewOrder, OrderRow},
    },
    sync::documents::Stamp,
};
use curbstop_shared::{
    disposition::{Disposition, FollowUp, LineState},
    ids::OrderId,
};

/// Makes the order that a disposition calls for, and says whether it is new. One that is there gains lines and
/// urgency, never loses them. Where nothing is left to restore none is made.
pub(super) async fn follow(
    work: &mut Work,
    cut: &OrderRow,
    follow_up: &FollowUp,
    outcome: &Disposition,
    folding: &Folding,
    stamp: Stamp,
) -> Result<bool, ServiceError> {
    if follow_up.wanted.is_empty() {
        return Ok(false);
    }
    let lines = orders::lines(work, OrderId(cut.id)).await?;
    let mut wanted: Vec<LineRow> =
        lines.into_iter().filter(|line| follow_up.wanted.iter().any(|wanted| wanted.0 == line.line)).collect();
    leave_to_others(work, cut, outcome, &mut wanted).await?;
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
        due_at: Some(folding.reconnect_clock.due(&folding.zone, follow_up.called_at.unwrap_or(stamp.now))),
        lines: wanted,
    };
    let new = orders::insert(work, &order, stamp.now, stamp.feed_seq).await?;
    if !new && let Some(there) = orders::by_id(work, follow_up.id).await? {
        let priority = there.priority.min(follow_up.priority);
        let fees_suppressed = there.fees_suppressed || fees_suppressed;
        if (priority, fees_suppressed) != (there.priority, there.fees_suppressed) {
            orders::raise(work, follow_up.id, priority, fees_suppressed).await?;
        }
    }
    Ok(new)
}

/// Leaves out what a crew found off and another order of the account gives back.
async fn leave_to_others(
    work: &mut Work,
    cut: &OrderRow,
    outcome: &Disposition,
    wanted: &mut Vec<LineRow>,
) -> Result<(), ServiceError> {
    let found_off = |line: &LineRow| {
        outcome.lines.iter().find_map(|(id, state)| match state {
            LineState::FoundOff { at, .. } if id.0 == line.line => Some(*at),
            _ => None,
        })
    };
    if !wanted.iter().any(|line| found_off(line).is_some()) {
        return Ok(());
    }
    let mut others = Vec::new();
    for row in orders::by_account(work, &cut.account).await?.into_iter().filter(|row| row.id != cut.id) {
        if let Ok(folded) = serde_json::from_str::<Disposition>(&row.disposition) {
            others.push((orders::lines(work, OrderId(row.id)).await?, folded));
        }
    }
    wanted.retain(|line| {
        let others = others.iter().map(|(lines, folded)| (lines.as_slice(), folded));
        found_off(line).is_none_or(|at| !is_anothers(line, at, others))
    });
    Ok(())
}
