//! Which releases, holds and recalls count: what keeps a cut from beginning, and what calls for a restore.

use super::{CauseOver, Claim, DispositionPolicy, OrderHistory, corrections::Corrected};
use crate::{
    facts::{FactBody, Hold, Release},
    ids::{FactId, LineId},
    route_document::Knew,
    time::Micros,
    vocabulary::{HoldReason, OrderKind, RecallReason, ReleaseReason, ReversalReason, Source},
};
use chrono::NaiveDate;

/// A release that concerns this order, with the office's words on it.
pub(super) struct ReleaseView {
    pub id: FactId,
    pub body: Release,
    pub at: Option<Micros>,
    from_door: bool,
    /// It was shown at another door and stops this order until the office has decided.
    pub carried: bool,
    accepted: bool,
    rejections: Vec<FactId>,
    pub reversals: Vec<FactId>,
    by_mistake: bool,
}

impl ReleaseView {
    /// The office stands, or once stood, behind it.
    pub fn granted(&self) -> bool {
        self.body.verified || self.accepted
    }

    /// It was taken back because it was entered by mistake, not because the money came back: there never was any.
    pub fn never_was(&self) -> bool {
        self.by_mistake
    }

    /// It restores and stops now.
    pub fn stands(&self) -> bool {
        self.granted() && self.reversals.is_empty()
    }

    /// Proof that the office has not decided on.
    pub fn waits(&self) -> bool {
        !self.granted() && self.rejections.is_empty() && self.reversals.is_empty()
    }

    /// Whether a visit that knew the release also knew that it was taken back or not accepted.
    pub fn known_to_be_void(&self, history: &OrderHistory, visit: &FactId) -> bool {
        let knew = |fact: &FactId| history.knew(visit, fact) == Knew::Known;
        self.reversals.iter().any(knew) || !self.granted() && self.rejections.iter().any(knew)
    }
}

/// A hold that concerns this order, with the office's words on it.
pub(super) struct HoldView {
    pub id: FactId,
    pub body: Hold,
    pub at: Option<Micros>,
    from_door: bool,
    /// It was claimed at another door and stops this order until the office has decided.
    pub carried: bool,
    accepted: bool,
    rejections: Vec<FactId>,
    lifts: Vec<FactId>,
}

impl HoldView {
    fn ended(&self) -> bool {
        !self.lifts.is_empty() || !self.accepted && !self.rejections.is_empty()
    }

    /// A claim that the office has not decided on.
    pub fn waits(&self) -> bool {
        !self.body.verified && !self.accepted && !self.ended()
    }

    /// A claim that the office accepted and that has not ended since.
    pub fn is_accepted_claim(&self) -> bool {
        !self.body.verified && self.accepted && !self.ended()
    }

    /// Whether it holds on a day. A claim that waits holds until somebody decides.
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        !self.ended() && self.reaches(day)
    }

    /// Whether a day is not after its last one.
    pub fn reaches(&self, day: NaiveDate) -> bool {
        self.body.expires_on.is_none_or(|last| day <= last)
    }

    /// Whether the office has since taken it away or not accepted it.
    pub fn was_ended(&self) -> bool {
        self.ended()
    }

    /// Whether a visit that knew the hold also knew that it had ended.
    pub fn known_to_be_over(&self, history: &OrderHistory, visit: &FactId) -> bool {
        let knew = |fact: &FactId| history.knew(visit, fact) == Knew::Known;
        self.lifts.iter().any(knew) || !self.accepted && self.rejections.iter().any(knew)
    }

    /// Medical and its like, where a person must look even when hold and cut crossed.
    pub fn is_medical(&self) -> bool {
        self.body.reason == HoldReason::Medical
    }
}

/// A recall that stops this order.
pub(super) struct RecallView {
    pub id: FactId,
    pub reason: RecallReason,
    pub seen: Option<FactId>,
    /// The fact or listing that caused it.
    cause: Option<String>,
    stops: bool,
}

/// Everything that may stop the order.
pub(super) struct Stops {
    pub releases: Vec<ReleaseView>,
    pub holds: Vec<HoldView>,
    pub recalls: Vec<RecallView>,
    today: NaiveDate,
}

impl Stops {
    pub(super) fn new(history: &OrderHistory, corrected: &Corrected, _policy: &DispositionPolicy) -> Self {
        let mut stops = Self { releases: Vec::new(), holds: Vec::new(), recalls: Vec::new(), today: history.today };
        // A cut that was taken back is begun by nobody again but on a new route.
        let may_come_back = |reason: RecallReason| history.order.kind.is_restore() && reason.is_of_one_route();
        let is_lifted = |recall: &FactId, reason: RecallReason| {
            let lifts = |body: &FactBody| matches!(body, FactBody::RecallLift(lift) if lift.recall == *recall);
            may_come_back(reason) && history.facts.values().any(|fact| lifts(&fact.body))
        };
        for fact in history.facts.values() {
            let at = fact.header.as_ref().map(|header| header.at);
            let from_device = fact.header.as_ref().is_some_and(|header| header.device.is_some());
            match corrected.body(&fact.id) {
                Some(FactBody::Release(body)) if release_concerns(history, body.reason) => {
                    stops.releases.push(ReleaseView {
                        id: fact.id.clone(),
                        body: body.clone(),
                        at,
                        from_door: from_device || body.source == Source::Field,
                        carried: fact.is_carried(),
                        accepted: false,
                        rejections: Vec::new(),
                        reversals: Vec::new(),
                        by_mistake: false,
                    });
                }
                Some(FactBody::Hold(body)) if history.is_own(fact) && hold_concerns(history, body.reason) => {
                    stops.holds.push(HoldView {
                        id: fact.id.clone(),
                        body: body.clone(),
                        at,
                        // A claim on paper has no tablet.
                        from_door: from_device || fact.is_claim() && !fact.is_carried(),
                        carried: fact.is_carried(),
                        accepted: false,
                        rejections: Vec::new(),
                        lifts: Vec::new(),
                    });
                }
                Some(FactBody::Recall(body)) if history.is_own(fact) && !is_lifted(&fact.id, body.reason) => {
                    stops.recalls.push(RecallView {
                        id: fact.id.clone(),
                        reason: body.reason,
                        seen: None,
                        cause: body.cause.clone(),
                        // Whoever paid is not cut on any route; only what takes it from one route concerns that one
                        // alone.
                        stops: body.reason.is_for_good() || history.same_route(&fact.id, None),
                    });
                }
                _ => {}
            }
        }
        stops.hear_the_office(history, corrected);
        stops.let_go_of_what_was_refused();
        stops
    }

    /// A claim that was made at another door stops this order until the office has decided. Not accepted, it never was
    /// about this order: the recall that told the crew of it stops nothing any more.
    fn let_go_of_what_was_refused(&mut self) {
        let releases = self.releases.iter().filter(|release| release.carried && !release.granted() && !release.waits());
        let holds = self.holds.iter().filter(|hold| hold.carried && !hold.accepted && !hold.waits());
        let refused: Vec<&FactId> = releases.map(|release| &release.id).chain(holds.map(|hold| &hold.id)).collect();
        let of_refused = |recall: &RecallView| {
            recall.cause.as_ref().is_some_and(|cause| refused.iter().any(|claim| claim.as_str() == cause))
        };
        for recall in self.recalls.iter_mut().filter(|recall| recall.reason == RecallReason::Held) {
            recall.stops = recall.stops && !of_refused(recall);
        }
    }

    fn hear_the_office(&mut self, history: &OrderHistory, corrected: &Corrected) {
        for id in history.facts.keys() {
            match corrected.body(id) {
                Some(FactBody::ReleaseDecision(decision)) => {
                    for release in self.releases.iter_mut().filter(|release| release.id == decision.release) {
                        if decision.accepted {
                            // Accepted once is accepted: a change of mind is a reversal.
                            release.accepted = true;
                        } else {
                            release.rejections.push(id.clone());
                        }
                    }
                }
                Some(FactBody::ReleaseReversal(reversal)) => {
                    for release in self.releases.iter_mut().filter(|release| release.id == reversal.release) {
                        release.reversals.push(id.clone());
                        release.by_mistake |= reversal.reason == ReversalReason::Error;
                    }
                }
                Some(FactBody::HoldDecision(decision)) => {
                    for hold in self.holds.iter_mut().filter(|hold| hold.id == decision.hold) {
                        if decision.accepted {
                            hold.accepted = true;
                        } else {
                            hold.rejections.push(id.clone());
                        }
                    }
                }
                Some(FactBody::HoldLift(lift)) => {
                    for hold in self.holds.iter_mut().filter(|hold| hold.id == lift.hold) {
                        hold.lifts.push(id.clone());
                    }
                }
                Some(FactBody::Ack(ack)) => {
                    for recall in self.recalls.iter_mut().filter(|recall| recall.id == ack.fact) {
                        recall.seen.get_or_insert_with(|| id.clone());
                    }
                }
                _ => {}
            }
        }
    }

    /// The release that stands for a line, the earliest paid or recorded one.
    pub fn release_of(&self, line: &LineId) -> Option<&ReleaseView> {
        self.releases.iter().filter(|release| release.stands() && release.body.covers(line)).min_by_key(age)
    }

    /// Whether a release is proof that a crew was shown.
    pub fn is_from_the_door(&self, release: &FactId) -> bool {
        self.releases.iter().any(|known| known.id == *release && known.from_door)
    }

    /// The release that keeps a line from being cut. Also one that was taken back: a reversal never causes a cut.
    pub fn spares(&self, line: &LineId) -> bool {
        self.releases.iter().any(|release| release.granted() && release.body.covers(line))
    }

    /// A release that keeps at least one of the lines from being cut; one that stands before one taken back.
    pub fn release_of_any(&self, lines: &[LineId]) -> Option<&ReleaseView> {
        let granted = self.releases.iter().filter(|release| release.granted() && concerns_any(&release.body, lines));
        granted.min_by_key(|release| (!release.stands(), age(release)))
    }

    /// A release, where releases keep every line from being cut.
    pub fn release_of_all(&self, lines: &[LineId]) -> Option<&ReleaseView> {
        let all = lines.iter().all(|line| self.spares(line));
        all.then(|| self.release_of_any(lines)).flatten()
    }

    /// The hold that holds today: the one that lasts longest.
    pub fn hold(&self) -> Option<&HoldView> {
        self.holds.iter().filter(|hold| !hold.waits() && hold.holds_on(self.today)).max_by_key(|hold| {
            (hold.body.expires_on.is_none(), hold.body.expires_on, std::cmp::Reverse(hold.id.clone()))
        })
    }

    /// Proof or a claim that the office has not decided on, else one from the door that it did not accept: that
    /// order is over, the account is eligible for the next listing.
    pub fn claim(&self) -> Option<(&FactId, Claim)> {
        let waiting = || {
            let releases = self.releases.iter().filter(|release| release.waits()).map(|release| &release.id);
            releases.chain(self.holds.iter().filter(|hold| hold.waits()).map(|hold| &hold.id)).min()
        };
        let rejected = || {
            let releases = self
                .releases
                .iter()
                .filter(|release| release.from_door || !release.reversals.is_empty())
                .filter(|release| !release.granted() && !release.waits())
                .map(|release| &release.id);
            let holds = self
                .holds
                .iter()
                .filter(|hold| hold.from_door && !hold.body.verified && !hold.accepted && !hold.waits())
                .map(|hold| &hold.id);
            releases.chain(holds).min()
        };
        waiting().map(|id| (id, Claim::Waiting)).or_else(|| rejected().map(|id| (id, Claim::Rejected)))
    }

    /// The recall that stops the order on its present route; one that nobody has seen before one that was seen, one
    /// whose cause stands before one whose cause is over.
    pub fn recall(&self) -> Option<&RecallView> {
        let stopping = self.recalls.iter().filter(|recall| recall.stops);
        stopping.min_by_key(|recall| (recall.seen.is_some(), self.is_over(recall), &recall.id))
    }

    /// Whether what a recall was made for is known and does not stand any more.
    fn is_over(&self, recall: &RecallView) -> bool {
        match recall.reason {
            RecallReason::Released => {
                let mut granted = self.releases.iter().filter(|release| release.granted()).peekable();
                granted.peek().is_some() && granted.all(|release| !release.stands())
            }
            RecallReason::Held => !self.holds.is_empty() && !self.holds.iter().any(|hold| hold.holds_on(self.today)),
            _ => false,
        }
    }

    /// How the cause of a recall ended, where it did.
    pub fn cause_over(&self, history: &OrderHistory, recall: &RecallView) -> Option<CauseOver> {
        if !self.is_over(recall) {
            return None;
        }
        let last = |facts: &mut dyn Iterator<Item = &FactId>| {
            facts.filter_map(|fact| history.facts.get(fact)?.header.as_ref()).map(|header| header.at).max()
        };
        if recall.reason == RecallReason::Held {
            let words = &mut self.holds.iter().flat_map(|hold| hold.lifts.iter().chain(&hold.rejections));
            return Some(CauseOver::Ended { at: last(words) });
        }
        let release = self.releases.iter().filter(|release| release.granted()).min_by_key(age)?;
        Some(CauseOver::Reversed {
            reason: release.body.reason,
            paid_at: release.body.paid_at,
            at: last(&mut self.releases.iter().flat_map(|release| &release.reversals)),
        })
    }

    /// Recalls that stop the order and that nobody has acknowledged.
    pub fn unseen_recalls(&self) -> Vec<FactId> {
        let unseen = self.recalls.iter().filter(|recall| recall.stops && recall.seen.is_none());
        unseen.map(|recall| recall.id.clone()).collect()
    }
}

/// Earliest first; ids make it the same everywhere.
pub(super) fn age<'a>(release: &&'a ReleaseView) -> (Micros, &'a FactId) {
    let known = release.body.paid_at.or(release.body.recorded_at).or(release.at);
    (known.unwrap_or(Micros(i64::MAX)), &release.id)
}

fn concerns_any(release: &Release, lines: &[LineId]) -> bool {
    lines.is_empty() || lines.iter().any(|line| release.covers(line))
}

/// A payment and its like stop and restore what was cut for collections. Tamper, safety and the customer's own wish
/// are stopped only by a person's order.
fn release_concerns(history: &OrderHistory, reason: ReleaseReason) -> bool {
    let order = &history.order;
    // A reason that this build doesn't know may be a person's order.
    let ordered = matches!(
        reason,
        ReleaseReason::Ordered | ReleaseReason::Medical | ReleaseReason::Dispute | ReleaseReason::Other
    );
    let keeps_service = order.kind.may_end_in_a_cut();
    keeps_service && (order.reason.is_collections() || ordered)
}

/// Holds take cuts out; bankruptcy also the picking up of equipment.
fn hold_concerns(history: &OrderHistory, reason: HoldReason) -> bool {
    let order = &history.order;
    order.kind.may_end_in_a_cut() || order.kind == OrderKind::EquipmentPickup && reason == HoldReason::Bankruptcy
}
