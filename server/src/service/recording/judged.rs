//! What the billing system is told of a visit beside what was done: how its cut is judged, and whether it is charged.
//! Where a fold makes another of it, that moment is kept, and the results bring the visit again.

use crate::{
    service::ServiceError,
    store::{Work, verdict_changes},
    sync::documents::Stamp,
};
use curbstop_shared::{
    disposition::{CutLabel, Disposition, FeeStanding},
    ids::{FactId, LineId},
};
use std::collections::BTreeMap;

/// Labels of the lines that a visit cut, and its fee.
type Judged<'d> = BTreeMap<&'d FactId, (BTreeMap<&'d LineId, CutLabel>, Option<FeeStanding>)>;

fn judged(outcome: &Disposition) -> Judged<'_> {
    let mut judged = Judged::new();
    for cut in &outcome.cuts {
        judged.entry(&cut.visit).or_default().0.insert(&cut.line, cut.label);
    }
    for fee in &outcome.fee_triggers {
        judged.entry(&fee.visit).or_default().1 = Some(fee.standing);
    }
    judged
}

/// Keeps which visits are judged otherwise than by the fold before, given as it is stored. One that this fold is the
/// first to know of is not.
pub(super) async fn keep_changes(
    work: &mut Work,
    before: &str,
    outcome: &Disposition,
    stamp: Stamp,
) -> Result<(), ServiceError> {
    // A cut never goes away again: without one there was none before.
    if outcome.cuts.is_empty() {
        return Ok(());
    }
    // An order that nobody has folded yet has an empty one.
    let Ok(before) = serde_json::from_str::<Disposition>(before) else { return Ok(()) };
    let now = judged(outcome);
    for (visit, was) in judged(&before) {
        if now.get(visit) != Some(&was) {
            verdict_changes::insert(work, visit, stamp.now).await?;
        }
    }
    Ok(())
}
