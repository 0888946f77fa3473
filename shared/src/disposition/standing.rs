//! Where an order stands, and whether its work may begin.

use super::{
    Claim, DispositionPolicy, OrderHistory, OrderState, WhyNot, acts::Acts, corrections::Corrected, stops::Stops,
};
use crate::{
    facts::FactBody,
    ids::{FactId, LineId},
    ordered::Set,
    vocabulary::{Outcome, UnableCode},
};

/// The order's own visits by how they ended, each list in the order of their making.
pub(super) struct Visits {
    done: Vec<FactId>,
    unable: Vec<(FactId, Option<UnableCode>)>,
    stopped: Vec<(FactId, Option<UnableCode>)>,
}

impl Visits {
    pub(super) fn new(history: &OrderHistory, corrected: &Corrected) -> Self {
        let mut visits: Vec<_> = history
            .facts
            .values()
            .filter(|fact| history.is_own(fact))
            .filter_map(|fact| match corrected.body(&fact.id) {
                Some(FactBody::Visit(visit)) => Some((fact.header.as_ref().map(|header| header.at), &fact.id, visit)),
                _ => None,
            })
            .collect();
        visits.sort_by_key(|(at, id, _)| (*at, *id));
        let mut sorted = Self { done: Vec::new(), unable: Vec::new(), stopped: Vec::new() };
        for (_, id, visit) in visits {
            match visit.outcome {
                Outcome::Done => sorted.done.push(id.clone()),
                // Stopping is for cuts. Whoever is to get the service back is gone to again, whatever was said at the door.
                Outcome::Stopped if history.order.kind.may_end_in_a_cut() => {
                    sorted.stopped.push((id.clone(), visit.code));
                }
                Outcome::Stopped | Outcome::Unable => sorted.unable.push((id.clone(), visit.code)),
            }
        }
        sorted
    }

    /// The last visit that was stopped at the door today. A stop without a claim holds for its day only.
    fn stopped_today(
        &self,
        history: &OrderHistory,
        policy: &DispositionPolicy,
    ) -> Option<&(FactId, Option<UnableCode>)> {
        self.stopped
            .iter()
            .rev()
            .find(|(id, _)| history.visited_at(id).is_none_or(|at| policy.day_of(at) >= history.today))
    }
}

/// Where the order stands.
pub(super) fn state(
    policy: &DispositionPolicy,
    history: &OrderHistory,
    stops: &Stops,
    acts: &Acts,
    visits: &Visits,
) -> OrderState {
    // What was done physically comes first: no later word undoes it.
    if let Some(visit) = acts.first_own_cut().or_else(|| visits.done.first()) {
        return OrderState::Done { visit: visit.clone(), unfinished: visits.done.is_empty() };
    }
    if let Some(recall) = stops.recall() {
        return OrderState::Recalled {
            by: recall.id.clone(),
            reason: recall.reason,
            seen: recall.seen.clone(),
            over: stops.cause_over(history, recall),
        };
    }
    if let Some(release) = stops.release_of_all(&history.order.lines) {
        return OrderState::Released { by: release.id.clone(), reversed: !release.stands() };
    }
    if let Some(hold) = stops.hold() {
        return OrderState::Held { by: hold.id.clone(), reason: hold.body.reason, until: hold.body.expires_on };
    }
    if let Some((by, claim)) = stops.claim() {
        return OrderState::StoppedAtDoor { by: by.clone(), claim };
    }
    if let Some((visit, _)) = visits.stopped_today(history, policy) {
        return OrderState::StoppedAtDoor { by: visit.clone(), claim: Claim::None };
    }
    match visits.unable.last() {
        Some((visit, code)) => OrderState::Unable { visit: visit.clone(), code: *code },
        None => OrderState::Open,
    }
}

/// Why the order's work must not begin: what explains most comes first. Whoever stands at a door where the work was done
/// before, be it on again or not, has to read first that it was paid for or is protected: "already done" alone keeps
/// nobody from doing it once more.
pub(super) fn why_not(
    history: &OrderHistory,
    policy: &DispositionPolicy,
    stops: &Stops,
    acts: &Acts,
    visits: &Visits,
) -> Option<WhyNot> {
    // Also a release of some lines stops: who goes on with the others looks at `may_cut`.
    if let Some(release) = stops.release_of_any(&history.order.lines) {
        return Some(WhyNot::Released {
            by: release.id.clone(),
            reason: release.body.reason,
            paid_at: release.body.paid_at,
            all_lines: stops.release_of_all(&history.order.lines).is_some(),
            reversed: !release.stands(),
        });
    }
    if let Some(hold) = stops.hold() {
        return Some(WhyNot::Held { by: hold.id.clone(), reason: hold.body.reason, until: hold.body.expires_on });
    }
    if let Some((by, claim)) = stops.claim() {
        return Some(WhyNot::FieldClaim { by: by.clone(), claim });
    }
    if let Some(visit) = acts.first_own_cut().or_else(|| visits.done.first()) {
        return Some(WhyNot::AlreadyDone { visit: visit.clone() });
    }
    if let Some(recall) = stops.recall() {
        let over = stops.cause_over(history, recall);
        return Some(WhyNot::Recalled { by: recall.id.clone(), reason: recall.reason, over });
    }
    let (visit, code) = visits.stopped_today(history, policy)?;
    history.order.kind.may_end_in_a_cut().then(|| WhyNot::StoppedAtDoor { visit: visit.clone(), code: *code })
}

/// The lines on which a cut may begin as far as the facts go. A release of one line leaves the others.
pub(super) fn lines_free_to_cut(
    history: &OrderHistory,
    policy: &DispositionPolicy,
    stops: &Stops,
    acts: &Acts,
    visits: &Visits,
) -> Set<LineId> {
    let whole_order_stopped = !history.order.kind.may_end_in_a_cut()
        || acts.first_own_cut().is_some()
        || !visits.done.is_empty()
        || stops.hold().is_some()
        || stops.claim().is_some()
        || stops.recall().is_some()
        || visits.stopped_today(history, policy).is_some();
    if whole_order_stopped {
        return Set::new();
    }
    history.order.lines.iter().filter(|line| !stops.spares(line)).cloned().collect()
}
