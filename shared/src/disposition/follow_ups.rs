//! What a disposition calls for: the reconnect of what was cut and released, and the fee.

use super::{
    CutLabel, CutVerdict, FeeStanding, FeeTrigger, FollowUp, LineState, OrderHistory,
    acts::Acts,
    corrections::Corrected,
    stops::{ReleaseView, Stops},
};
use crate::{
    facts::{Fact, FactBody, FeeDecision, FieldValue},
    ids::{FactId, LineId, OrderId},
    ordered::{Map, Set},
    route_document::Knew,
    time::Micros,
    vocabulary::{Action, FeeDoubt, OrderKind, Outcome, Reason, RecallReason, ReleaseReason},
};

/// How urgent a reconnect is: 1 where the cut should not have been, 2 medical, 3 paid.
const WRONGFUL: i64 = 1;
const MEDICAL: i64 = 2;
const ORDINARY: i64 = 3;

/// The reconnect that cuts and releases of this order call for: at most one at a time.
///
/// A reconnect that was done, or taken back for good, is over: what is off after that (another line was paid for
/// later, or it was cut again) calls for the next one. Which one is called for hangs on nothing but the facts, so
/// every server and every merge names the same.
pub(super) fn reconnects(
    history: &OrderHistory,
    corrected: &Corrected,
    stops: &Stops,
    acts: &Acts,
    cuts: &[CutVerdict],
    lines: &Map<LineId, LineState>,
) -> Vec<FollowUp> {
    // What was off already when the crew came is given back to whoever pays, as what it cut is.
    let found_off = ever_found_off(history);
    let cut_lines: Set<&LineId> = acts.cuts().map(|cut| &cut.line).chain(found_off.iter()).collect();
    let granted: Vec<_> = stops.releases.iter().filter(|release| release.granted()).collect();
    let released: Set<LineId> =
        cut_lines.into_iter().filter(|line| granted.iter().any(|release| release.body.covers(line))).cloned().collect();
    if released.is_empty() {
        return Vec::new();
    }
    let wanted: Set<LineId> = released
        .iter()
        .filter(|line| lines.get(line).is_some_and(LineState::is_off_though_released))
        .cloned()
        .collect();
    // What is on again says nothing about why somebody goes there now.
    let concerned = if wanted.is_empty() { &released } else { &wanted };
    let of = |only_standing: bool| -> Set<ReleaseReason> {
        let counts = |release: &&&ReleaseView| !only_standing || release.stands();
        let covering = granted.iter().filter(|release| concerned.iter().any(|line| release.body.covers(line)));
        covering.filter(counts).map(|release| release.body.reason).collect()
    };
    // What was taken back as a slip is not why somebody goes there; where all were, nobody goes.
    let reasons = Some(of(true)).filter(|standing| !standing.is_empty()).unwrap_or_else(|| of(false));
    let wrongful = cuts.iter().any(|cut| concerned.contains(&cut.line) && cut.label.is_wrongful());
    let (reason, priority) = if wrongful {
        (Reason::WrongfulCut, WRONGFUL)
    } else if reasons.contains(&ReleaseReason::Medical) {
        (Reason::Medical, MEDICAL)
    } else if reasons.contains(&ReleaseReason::BillingError) {
        // Whatever else was said: who was billed wrongly pays no fee.
        (Reason::BillingError, ORDINARY)
    } else {
        (reasons.first().map_or(Reason::Ordered, |reason| as_order_reason(*reason)), ORDINARY)
    };
    let kind = if history.order.kind == OrderKind::MeterLock { OrderKind::Unlock } else { OrderKind::Reconnect };
    let called_at = wanted.iter().filter_map(|line| called_at(history, stops, lines, line)).min();
    let over = reconnects_over(history, corrected, acts);
    let id = OrderId::reconnects_of(history.order.id).find(|id| !over.contains(id));
    id.map(|id| FollowUp { id, of: history.order.id, kind, reason, lines: released, wanted, priority, called_at })
        .into_iter()
        .collect()
}

/// Every line that somebody ever said to have found off, whatever it was corrected to since, and at whatever line they
/// meant: what was called for once stays the same order.
fn ever_found_off(history: &OrderHistory) -> Set<LineId> {
    let said_off = history.facts.values().filter(|fact| match &fact.body {
        FactBody::Work(work) => work.action == Action::AlreadyOff,
        FactBody::Correction(correction) => correction.fields.values().any(says_already_off),
        _ => false,
    });
    let works: Set<&FactId> = said_off.filter_map(|fact| corrected_work(history, fact)).map(|(work, _)| work).collect();
    let said_at = history.facts.values().filter_map(|fact| {
        let (work, first) = corrected_work(history, fact)?;
        let line = match &fact.body {
            FactBody::Correction(correction) => match correction.fields.get("line") {
                Some(FieldValue::Text(line)) => LineId(line.clone()),
                _ => return None,
            },
            _ => first.clone(),
        };
        works.contains(work).then_some(line)
    });
    said_at.collect()
}

fn says_already_off(value: &FieldValue) -> bool {
    matches!(value, FieldValue::Text(text) if text == Action::AlreadyOff.code())
}

/// The work, with its line as it was first said, that a fact is or corrects, be it by way of another correction.
fn corrected_work<'h>(history: &'h OrderHistory, fact: &'h Fact) -> Option<(&'h FactId, &'h LineId)> {
    let mut fact = fact;
    // A chain of corrections is no longer than there are facts.
    for _ in 0..=history.facts.len() {
        match &fact.body {
            FactBody::Work(work) => return Some((&fact.id, &work.line)),
            FactBody::Correction(correction) => fact = history.facts.get(&correction.corrects)?,
            _ => return None,
        }
    }
    None
}

/// When a line was both off and released. A tablet's clock may be wrong here: the result is a deadline, no verdict. It is
/// never later than the visit's coming in: a clock that is ahead gives nobody more time.
fn called_at(history: &OrderHistory, stops: &Stops, lines: &Map<LineId, LineState>, line: &LineId) -> Option<Micros> {
    let (LineState::Off { visit, since, .. } | LineState::FoundOff { visit, at: since, .. }) = lines.get(line)? else {
        return None;
    };
    let came_in = history.received_at.get(visit);
    let since = since.map(|since| came_in.map_or(since, |came_in| since.min(*came_in)));
    let release = stops.release_of(line)?;
    let released = release.body.paid_at.or(release.body.recorded_at).or(release.at);
    released.max(since)
}

/// The orders, other than the cut itself, that nobody will go to any more: done, or taken back for good. The same as
/// their own dispositions say.
fn reconnects_over(history: &OrderHistory, corrected: &Corrected, acts: &Acts) -> Set<OrderId> {
    let ends = |fact: &&Fact| match corrected.body(&fact.id) {
        Some(FactBody::Visit(visit)) => visit.outcome == Outcome::Done || acts.cuts().any(|cut| cut.visit == fact.id),
        Some(FactBody::Recall(recall)) => recall.reason.is_for_good(),
        _ => false,
    };
    let others = history.facts.values().filter(|fact| !history.is_own(fact));
    others.filter(ends).filter_map(|fact| history.order_of(fact)).collect()
}

const fn as_order_reason(reason: ReleaseReason) -> Reason {
    match reason {
        ReleaseReason::PaymentReceived => Reason::PaymentReceived,
        ReleaseReason::Agreement => Reason::Agreement,
        ReleaseReason::Pledge => Reason::Pledge,
        ReleaseReason::Medical => Reason::Medical,
        ReleaseReason::Dispute => Reason::Dispute,
        ReleaseReason::Ordered | ReleaseReason::Other => Reason::Ordered,
        ReleaseReason::BillingError => Reason::BillingError,
    }
}

/// The fee for the cut: one for an order, however many visits did the work. Only collections cuts have one.
pub(super) fn fees(history: &OrderHistory, stops: &Stops, acts: &Acts, cuts: &[CutVerdict]) -> Vec<FeeTrigger> {
    let Some(visit) = acts.first_own_cut().filter(|_| history.order.reason.is_collections()) else {
        return Vec::new();
    };
    // The bill was wrong: nobody pays for being cut because of it, and a reversal of that word never makes a fee.
    let not_owed = |cut: &CutVerdict| {
        let by_mistake =
            stops.releases.iter().filter(|it| it.granted() && it.body.reason == ReleaseReason::BillingError);
        by_mistake.into_iter().any(|release| release.body.covers(&cut.line))
    };
    let spoilt = |cut: &CutVerdict| cut.label.is_wrongful() || !cut.holds.is_empty() || not_owed(cut);
    let all_spoilt = cuts.iter().all(spoilt);
    let doubtful = cuts.iter().filter(|_| !all_spoilt).flat_map(|cut| match spoilt(cut) {
        true => vec![FeeDoubt::PartlyWrongful],
        false => doubts_about(history, stops, acts, cut),
    });
    let doubts: Set<FeeDoubt> = doubtful.collect();
    let standing = match newest_decision(history) {
        _ if all_spoilt => FeeStanding::Suppressed,
        // Whoever was told that it is not charged is not charged for another doubt: only a newer word says otherwise.
        Some(decision) if !decision.charged => FeeStanding::Suppressed,
        Some(decision) if doubts.iter().all(|doubt| decision.covers(*doubt)) => FeeStanding::Stands,
        _ if doubts.is_empty() => FeeStanding::Stands,
        _ => FeeStanding::Review,
    };
    vec![FeeTrigger { order: history.order.id, visit: visit.clone(), standing, doubts }]
}

/// What a person has to decide about before a cut is charged for that was no wrong to the customer.
fn doubts_about(history: &OrderHistory, stops: &Stops, acts: &Acts, cut: &CutVerdict) -> Vec<FeeDoubt> {
    // Its listing was withdrawn, or it was cancelled, and the crew could not know or did not mind.
    let taken_back = stops.recalls.iter().any(|recall| {
        matches!(recall.reason, RecallReason::Withdrawn | RecallReason::Cancelled | RecallReason::Other)
            && history.knew(&cut.visit, &recall.id) != Knew::Caused
    });
    // Whoever turned it off turned it on again before leaving.
    let undone = acts.restores().any(|restore| restore.visit == cut.visit && restore.line == cut.line);
    // Proof that was shown to the crew after its cut: when that money was paid, nobody has said.
    let proof_at_the_door = cut.label == CutLabel::ReleasedAfter
        && cut.latencies.paid_at.is_none()
        && cut.release.as_ref().is_some_and(|release| stops.is_from_the_door(&release.fact));
    let all = [
        (cut.permit.is_some(), FeeDoubt::Permit),
        (cut.was_paid_before(), FeeDoubt::PaidBefore),
        (cut.is_order_unknown(), FeeDoubt::PaidAboutThen),
        (taken_back, FeeDoubt::TakenBack),
        (undone, FeeDoubt::Undone),
        (proof_at_the_door, FeeDoubt::ProofAtTheDoor),
    ];
    all.into_iter().filter_map(|(is_so, doubt)| is_so.then_some(doubt)).collect()
}

/// Somebody's last word on the fee.
fn newest_decision(history: &OrderHistory) -> Option<&FeeDecision> {
    fee_decided(history).map(|(_, decision)| decision)
}

/// Somebody's last word on the fee of an order, with the fact that says it.
#[must_use]
pub fn fee_decided(history: &OrderHistory) -> Option<(&FactId, &FeeDecision)> {
    let decided = history.facts.values().filter_map(|fact| match &fact.body {
        FactBody::FeeDecision(decision) => Some((fact.header.as_ref().map(|header| header.at), &fact.id, decision)),
        _ => None,
    });
    decided.max_by_key(|(at, id, _)| (*at, *id)).map(|(_, id, decision)| (id, decision))
}
