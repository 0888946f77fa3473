//! What a disposition says: states, verdicts, exceptions, follow-ups and fees as plain data.

use crate::{
    ids::{FactId, LineId, OrderId},
    ordered::{Map, Set},
    route_document::Knew,
    time::{Micros, Span},
    vocabulary::{
        EquipmentResult, ExceptionKind, FeeDoubt, HoldReason, OrderKind, Reason, RecallReason, ReleaseReason,
        UnableCode,
    },
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What an order's facts add up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disposition {
    /// Where the order stands.
    pub state: OrderState,
    /// Where each of its lines stands.
    pub lines: Map<LineId, LineState>,
    /// Every performed cut, judged; in the order of their making. One for each visit and line.
    pub cuts: Vec<CutVerdict>,
    /// What needs a person, by kind and fact.
    pub exceptions: Vec<Exception>,
    /// Orders that are called for.
    pub follow_ups: Vec<FollowUp>,
    /// What may be charged: at most one for an order.
    pub fee_triggers: Vec<FeeTrigger>,
    /// The order's work may begin, whatever it is. Restores never need more than this.
    pub may_begin: bool,
    /// The order's work may begin and may take service away: nothing stops any line of it. A permit is asked for
    /// beside it.
    pub may_begin_cut: bool,
    /// Why the work may not begin.
    pub why_not: Option<WhyNot>,
    /// The lines on which a cut may begin. Where a release covers some lines only, `may_begin_cut` is false and
    /// this names the others.
    pub may_cut: Set<LineId>,
    /// Recalls that nobody on the tablet has seen yet.
    pub needs_ack: Vec<FactId>,
}

/// Where an order stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum OrderState {
    /// To be done.
    Open,
    /// The server took it back from its route.
    Recalled {
        /// The recall.
        by: FactId,
        /// Why.
        reason: RecallReason,
        /// The crew's tap on it; until then it stands on top of the tablet's list.
        seen: Option<FactId>,
        /// What it was taken back for says nothing any more.
        #[serde(default)]
        over: Option<CauseOver>,
    },
    /// Every line is released and nothing was cut: there is nothing left to do.
    Released {
        /// The release.
        by: FactId,
        /// It was taken back since. That causes no cut: the account is eligible for the next listing.
        reversed: bool,
    },
    /// A hold keeps it from being done.
    Held {
        /// The hold.
        by: FactId,
        /// Why. Not for crews' screens: they say "protected".
        reason: HoldReason,
        /// Last day of the hold.
        until: Option<NaiveDate>,
    },
    /// Something said or shown at the door stopped it.
    StoppedAtDoor {
        /// The unverified release or hold, or the visit where there is neither.
        by: FactId,
        /// What became of the claim.
        claim: Claim,
    },
    /// The work was done.
    Done {
        /// The visit that did it.
        visit: FactId,
        /// That visit stopped after it had turned something off, and none has finished the work since.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unfinished: bool,
    },
    /// The last visit could not do it: it waits for another.
    Unable {
        /// The visit.
        visit: FactId,
        /// Why.
        code: Option<UnableCode>,
    },
}

/// What an order was recalled for says nothing any more. The order stays recalled all the same: nobody is cut because
/// of a reversal, and a hold that ends sends nobody out again. The account may come with the next listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "over", rename_all = "snake_case")]
pub enum CauseOver {
    /// The release was taken back.
    Reversed {
        /// Why it had been released.
        reason: ReleaseReason,
        /// When the money was paid.
        paid_at: Option<Micros>,
        /// When it was taken back.
        at: Option<Micros>,
    },
    /// The hold was lifted or not accepted, or its last day is over.
    Ended {
        /// When somebody ended it; none where its last day did.
        at: Option<Micros>,
    },
}

/// What became of a claim made at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// The office has not decided.
    Waiting,
    /// The office did not accept it: the account is eligible for the next listing, this order is over.
    Rejected,
    /// The crew stopped without a claim to decide.
    None,
}

/// Where one line stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum LineState {
    /// Nobody has touched it.
    Untouched,
    /// It was cut and nobody has restored it.
    Off {
        /// The visit that cut it.
        visit: FactId,
        /// When, by the tablet's clock.
        since: Option<Micros>,
        /// When it came in, where that clock is known to be wrong: it was before that, and `since` is no hour to tell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        came_in: Option<Micros>,
        /// The release that stands for it: then somebody is off who should not be.
        released: Option<FactId>,
    },
    /// The crew found it off. Not a cut: nobody is charged for it, and whoever pays gets it back all the same.
    FoundOff {
        /// The visit.
        visit: FactId,
        /// When, by the tablet's clock.
        at: Option<Micros>,
        /// When it came in, where that clock is known to be wrong: it was before that, and `at` is no hour to tell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        came_in: Option<Micros>,
        /// The release that stands for it: then somebody is off who should not be.
        released: Option<FactId>,
    },
    /// The crew found it on where it was to be restored.
    FoundOn {
        /// The visit.
        visit: FactId,
    },
    /// It was restored.
    Restored {
        /// The visit that restored it.
        visit: FactId,
        /// When, by the tablet's clock.
        at: Option<Micros>,
    },
    /// The equipment was collected.
    Collected {
        /// The visit.
        visit: FactId,
    },
    /// The crew asked for the equipment and did not get it.
    NotCollected {
        /// The visit.
        visit: FactId,
        /// What became of it instead.
        result: EquipmentResult,
    },
}

impl LineState {
    /// Off, whoever turned it off, with what stands for giving it back.
    #[must_use]
    pub const fn off(&self) -> Option<Option<&FactId>> {
        match self {
            Self::Off { released, .. } | Self::FoundOff { released, .. } => Some(released.as_ref()),
            Self::Untouched
            | Self::FoundOn { .. }
            | Self::Restored { .. }
            | Self::Collected { .. }
            | Self::NotCollected { .. } => None,
        }
    }

    /// Off, and since when.
    #[must_use]
    pub const fn since(&self) -> Option<Since> {
        match self {
            Self::Off { since: at, came_in, .. } | Self::FoundOff { at, came_in, .. } => match (came_in, at) {
                (Some(came_in), _) => Some(Since::Before(*came_in)),
                (None, Some(at)) => Some(Since::At(*at)),
                (None, None) => None,
            },
            _ => None,
        }
    }

    /// Off, and nothing stands for giving it back.
    #[must_use]
    pub const fn waits_for_release(&self) -> bool {
        matches!(self.off(), Some(None))
    }

    /// Off, and it should not be.
    #[must_use]
    pub const fn is_off_though_released(&self) -> bool {
        matches!(self.off(), Some(Some(_)))
    }
}

/// Since when something is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// Then, by its tablet's clock.
    At(Micros),
    /// Some time before that, when it came in: its tablet's clock is known to be wrong.
    Before(Micros),
}

/// How a performed cut stands to the releases of its line, from harmless to grave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CutLabel {
    /// No release covers the line.
    NotReleased,
    /// The release came after the cut: an ordinary reconnect.
    ReleasedAfter,
    /// Cut and release crossed: nobody's fault, but the customer is off though released.
    Crossed,
    /// The crew knew of the release.
    Despite,
}

impl CutLabel {
    /// The cut should not have been: restore first, no fee.
    #[must_use]
    pub const fn is_wrongful(self) -> bool {
        matches!(self, Self::Crossed | Self::Despite)
    }
}

/// One performed cut of one line, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutVerdict {
    /// The visit.
    pub visit: FactId,
    /// The line.
    pub line: LineId,
    /// When, by the tablet's clock; `None` while the visit itself has not arrived.
    pub at: Option<Micros>,
    /// How it stands to the releases.
    pub label: CutLabel,
    /// The release that decided the label, with how the visit stood to it.
    pub release: Option<Against>,
    /// Holds (and proof not yet decided on) that it was made under, with how the visit stood to each.
    pub holds: Vec<Against>,
    /// What is wrong with the permit that it began on.
    pub permit: Option<PermitBreach>,
    /// By how much the clocks compared may be apart.
    pub clock_uncertainty: Span,
    /// How long the word took: paid, recorded, cut.
    pub latencies: Latencies,
}

impl CutVerdict {
    /// The crew knew of the release that decided.
    #[must_use]
    pub fn crew_knew(&self) -> bool {
        self.label == CutLabel::Despite
    }

    /// The customer had surely paid before the cut, and the office recorded it knowing of the cut: "paid on Saturday, cut
    /// on Monday, posted on Tuesday".
    #[must_use]
    pub fn was_paid_before(&self) -> bool {
        self.label == CutLabel::ReleasedAfter
            && self.release.as_ref().is_some_and(|release| release.knew == Knew::Caused)
            && self.latencies.paid_to_cut.is_some_and(|span| span > self.clock_uncertainty)
    }

    /// The office recorded the payment knowing of the cut, and it was made so near the cut's time that no clock tells which
    /// of the two was first.
    #[must_use]
    pub fn is_order_unknown(&self) -> bool {
        self.label == CutLabel::ReleasedAfter
            && self.release.as_ref().is_some_and(|release| release.knew == Knew::Caused)
            && self.latencies.paid_to_cut.is_some_and(|span| span.abs() <= self.clock_uncertainty)
    }
}

/// A fact that a cut is held against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Against {
    /// The release, hold or proof.
    pub fact: FactId,
    /// How the visit stood to it.
    pub knew: Knew,
}

/// What is wrong with the permit of a cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PermitBreach {
    /// There was none.
    Missing,
    /// The data was older than the policy allows.
    Stale,
    /// A go-code or override without the code, the person or the reason.
    Incomplete,
    /// A go-code that the office has no record of giving for this stop: whatever somebody types on a tablet permits
    /// nothing by itself.
    UnknownCode,
    /// It began outside of the hours, or on another day, than the utility's rules allow.
    OutsideHours,
    /// A go-code that was older, when the cut began on it, than data may be.
    LateCode,
    /// A go-code on which another visit was made already.
    UsedCode,
}

/// The times behind a verdict. Spans are negative where the second came first by the clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Latencies {
    /// When the money was paid.
    pub paid_at: Option<Micros>,
    /// When the office or the feed recorded it.
    pub recorded_at: Option<Micros>,
    /// From paid to recorded.
    pub paid_to_recorded: Option<Span>,
    /// From recorded to cut.
    pub recorded_to_cut: Option<Span>,
    /// From paid to cut.
    pub paid_to_cut: Option<Span>,
}

/// Something that needs a person. `kind`, `fact` and `cause` together name it: the same on every server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Exception {
    /// What it is.
    pub kind: ExceptionKind,
    /// The fact that raised it: a visit, release, hold, ...
    pub fact: FactId,
    /// The other fact of the story: the release that was crossed, the hold, the recall, the earlier visit.
    pub cause: Option<FactId>,
    /// The lines it is about.
    pub lines: Set<LineId>,
    /// The crew knew of the cause.
    pub known: bool,
    /// Somebody is off because of it, or may be, right now.
    pub urgent: bool,
    /// Nothing is left to do in the field: it stays for the record.
    pub settled: bool,
}

impl Exception {
    /// A text that names this exception of this order, for ids and for "have we seen it?".
    #[must_use]
    pub fn key(&self) -> String {
        match &self.cause {
            Some(cause) => format!("{}:{}:{cause}", self.kind, self.fact),
            None => format!("{}:{}", self.kind, self.fact),
        }
    }
}

/// An order that a disposition calls for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    /// Its id, derived from the cut order's: however often it is worked out, it is one order. The first of the order's
    /// reconnects that is not over.
    pub id: OrderId,
    /// The order that cut.
    pub of: OrderId,
    /// Reconnect, or unlock where the order was a lock.
    pub kind: OrderKind,
    /// Why: [`Reason::WrongfulCut`] where the cut crossed a release or was made despite one.
    pub reason: Reason,
    /// Every line that was cut and ever released. Grows, never shrinks.
    pub lines: Set<LineId>,
    /// Those that are off now and whose release stands: what the order is for. Empty: nothing (more) to restore, or
    /// the release was taken back: then no order is made, and one not yet done is not worked.
    pub wanted: Set<LineId>,
    /// 1 is most urgent: a wrongful cut; 2 medical; 3 paid.
    pub priority: i64,
    /// Since when somebody is off who should not be: the first moment at which a wanted line was both cut and released
    /// (paid, else recorded). None where nothing is wanted or nobody told a time.
    #[serde(default)]
    pub called_at: Option<Micros>,
}

/// What may be charged for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeTrigger {
    /// The order; there is one trigger for an order.
    pub order: OrderId,
    /// The first visit that cut.
    pub visit: FactId,
    /// Whether it stands.
    pub standing: FeeStanding,
    /// What a person has, or had, to decide about.
    #[serde(default)]
    pub doubts: Set<FeeDoubt>,
}

/// Whether a fee stands. Where a person has decided, that word counts, but for what is suppressed by the facts alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeeStanding {
    /// It may be charged.
    Stands,
    /// A person decides first, see [`FeeDoubt`]: some lines were cut wrongfully, the permit was not in order, the crew
    /// turned it on again before leaving, or the customer had (or, by proof shown to the crew or by clocks that may be
    /// apart, may have) paid before the cut and the payment was recorded only afterwards.
    Review,
    /// It must not be charged; taken back where it was.
    Suppressed,
}

/// Why an order's work must not begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum WhyNot {
    /// The work was done.
    AlreadyDone {
        /// The visit that did it.
        visit: FactId,
    },
    /// Released.
    Released {
        /// The release.
        by: FactId,
        /// Why.
        reason: ReleaseReason,
        /// When the money was paid.
        paid_at: Option<Micros>,
        /// All lines are released; else see [`Disposition::may_cut`].
        all_lines: bool,
        /// It was taken back since, which brings nothing back to today's route.
        reversed: bool,
    },
    /// Held.
    Held {
        /// The hold.
        by: FactId,
        /// Why. Not for crews' screens.
        reason: HoldReason,
        /// Last day of the hold.
        until: Option<NaiveDate>,
    },
    /// Proof or a claim was shown at the door.
    FieldClaim {
        /// The unverified release or hold.
        by: FactId,
        /// What became of it.
        claim: Claim,
    },
    /// Recalled.
    Recalled {
        /// The recall.
        by: FactId,
        /// Why.
        reason: RecallReason,
        /// What it was taken back for says nothing any more.
        #[serde(default)]
        over: Option<CauseOver>,
    },
    /// A crew stopped it at the door today.
    StoppedAtDoor {
        /// The visit.
        visit: FactId,
        /// Why.
        code: Option<UnableCode>,
    },
}
