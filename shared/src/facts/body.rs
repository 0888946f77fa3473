//! What each kind of fact says. The fields and their names are those of the route document, version 1.

use crate::{
    ids::{FactId, LineId},
    time::Micros,
    vocabulary::{
        Action, Asked, EquipmentResult, EvidenceKind, FeeDoubt, HoldReason, HoldScope, Met, Method, NotTakenWhy,
        Outcome, Permit, RecallReason, ReleaseReason, ReversalReason, SealFound, Source, UnableCode,
    },
};
use serde::{Deserialize, Serialize};

/// A crew was at the premise and did or could not do the order's work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// How it ended.
    pub outcome: Outcome,
    /// Why, where it is not `done`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<UnableCode>,
    /// Device clock at arrival.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrived_at: Option<Micros>,
    /// Device clock when the act step was opened: the moment whose knowledge counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act_opened_at: Option<Micros>,
    /// Device clock on leaving.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_at: Option<Micros>,
    /// Latitude in 1e-7 degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat_e7: Option<i64>,
    /// Longitude in 1e-7 degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lon_e7: Option<i64>,
    /// Accuracy of the position in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<i64>,
    /// Age of the position in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix_age_s: Option<i64>,
    /// Who answered the door.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub met: Option<Met>,
    /// What allowed the cut to begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permit: Option<Permit>,
    /// Age of the tablet's data when the act step was opened, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permit_age_s: Option<i64>,
    /// The code that dispatch gave by phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub go_code: Option<String>,
    /// Who overrode the permit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub override_by: Option<String>,
    /// Why the permit was overridden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub override_reason: Option<String>,
    /// Keyed in by the office from a paper route sheet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<bool>,
}

/// What a visit did to one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// The visit it is part of.
    pub visit: FactId,
    /// The line of the order.
    pub line: LineId,
    /// What was done.
    pub action: Action,
    /// How.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// Number of the lock put on or taken off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
    /// Number of the seal put on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
    /// State of the seal that was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seal_found: Option<SealFound>,
}

/// A meter reading as it stood on the dials, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The visit it is part of.
    pub visit: FactId,
    /// The line of the order.
    pub line: LineId,
    /// Serial seen on the meter.
    pub serial_seen: String,
    /// Digits as on the dials, leading zeros kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digits: Option<String>,
    /// Why there are none, or that they are estimated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Codes of the warnings that were shown, comma-separated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checks: Option<String>,
    /// The crew confirmed the reading in spite of warnings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<bool>,
}

/// What became of one piece of equipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Equipment {
    /// The visit it is part of.
    pub visit: FactId,
    /// The line of the order.
    pub line: LineId,
    /// Serial seen on the box.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial_seen: Option<String>,
    /// What became of it.
    pub result: EquipmentResult,
    /// Its condition; [`OTHER_SERIAL`] where it is another box than the order's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// What came with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accessories: Option<String>,
}

/// Condition of a box that was taken along though it bears another serial than the order's.
pub const OTHER_SERIAL: &str = "other_serial";

/// The largest photo or signature, in bytes: a tablet makes them some hundred KB before it keeps them.
pub const PHOTO_MAX_BYTES: i64 = 8 << 20;
/// What photos and signatures are: pictures that a browser shows by itself and that can't carry a script.
pub const PHOTO_MEDIA_TYPES: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];

/// A photo or signature, kept outside the document under its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The visit it is part of.
    pub visit: FactId,
    /// The fact it proves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<FactId>,
    /// Photo or signature.
    pub what: EvidenceKind,
    /// SHA-256 of its bytes.
    pub sha256: crate::sync::wire::Bytes,
    /// Its size in bytes.
    pub size: i64,
    /// Its media type.
    pub media_type: String,
}

/// Something that the order asks for was not taken on a visit, and why: the work counts all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotTaken {
    /// The visit it is missing on.
    pub visit: FactId,
    /// What is missing.
    pub what: Asked,
    /// Why.
    pub why: NotTakenWhy,
}

/// Signs of tampering at one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tamper {
    /// The visit it is part of.
    pub visit: FactId,
    /// The line of the order.
    pub line: LineId,
    /// What was found.
    pub code: String,
    /// In the crew's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A hazard that stays with the premise, or an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Danger {
    /// The visit it was met on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit: Option<FactId>,
    /// What it is; of an incident mostly the code of an [`crate::vocabulary::IncidentKind`].
    pub code: String,
    /// In the crew's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Permission to restore, or reason to stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Why.
    pub reason: ReleaseReason,
    /// `*` for all lines, or line ids with commas.
    pub lines: String,
    /// How it became known.
    pub source: Source,
    /// Proof at the door is not verified until the office decides.
    pub verified: bool,
    /// When the money was paid, by the payer's or bank's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Micros>,
    /// When the office or the feed recorded it, by the server's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Micros>,
    /// Confirmation number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<String>,
}

impl Release {
    /// Whether the release covers a line.
    #[must_use]
    pub fn covers(&self, line: &LineId) -> bool {
        self.lines == "*" || self.lines.split(',').any(|covered| covered.trim() == line.0)
    }
}

/// The office's word on proof shown at the door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseDecision {
    /// The release decided on.
    pub release: FactId,
    /// Whether it stands.
    pub accepted: bool,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A release taken back. It never causes a cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseReversal {
    /// The release taken back.
    pub release: FactId,
    /// Why.
    pub reason: ReversalReason,
}

/// Keeps a cut from happening until it expires or is lifted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// Why.
    pub reason: HoldReason,
    /// How far it reaches.
    pub scope: HoldScope,
    /// A claim at the door is not verified until the office decides.
    pub verified: bool,
    /// Last day on which it counts, `YYYY-MM-DD` in the utility's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<chrono::NaiveDate>,
}

/// The office's word on a claim made at the door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldDecision {
    /// The hold decided on.
    pub hold: FactId,
    /// Whether it stands.
    pub accepted: bool,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// The end of a hold before its day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldLift {
    /// The hold that ends.
    pub hold: FactId,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Somebody's word on the fee for a cut, where the facts leave it in doubt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeDecision {
    /// It is charged.
    pub charged: bool,
    /// The doubts that were known when it was decided, as codes with commas: of one that comes up later somebody is
    /// asked again.
    pub doubts: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl FeeDecision {
    /// Whether a doubt was known when it was decided.
    #[must_use]
    pub fn covers(&self, doubt: FeeDoubt) -> bool {
        self.doubts.split(',').any(|code| code == doubt.code())
    }
}

/// The server takes the order back from this route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recall {
    /// Why.
    pub reason: RecallReason,
    /// The fact or listing that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// A reconnect is this route's again: a recall that took it from this route alone ends. One that took it back for good,
/// or that keeps somebody from being cut, stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecallLift {
    /// The recall that ends.
    pub recall: FactId,
}

/// A person has seen a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ack {
    /// The fact that was seen.
    pub fact: FactId,
}

/// Free words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// The words.
    pub text: String,
    /// The visit they belong to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit: Option<FactId>,
}

/// A new fact in the place of an older one. The older one stays.
///
/// Its remaining fields are those of the corrected fact; which they may be depends on that fact's kind, so they are
/// kept raw and checked where the corrected fact is at hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The fact that is corrected.
    pub corrects: FactId,
    /// Why.
    pub why: String,
    /// The corrected fields.
    #[serde(flatten)]
    pub fields: crate::ordered::Map<String, super::FieldValue>,
}

/// A new place in the route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reorder {
    /// The new rank.
    pub rank: i64,
    /// A dispatcher's lock on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locked: Option<bool>,
}

macro_rules! fact_bodies {
    ($($variant:ident($body:ty) = $code:literal, $what:literal;)+) => {
        /// What a fact says, by its kind.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum FactBody { $(#[doc = $what] $variant($body),)+ }

        /// The kinds of fact.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FactKind { $(#[doc = $what] $variant,)+ }

        impl FactKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its code in the document.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }
        }

        impl FactBody {
            /// What the fields say, by the code of their kind; `None` where that is not known.
            pub(super) fn of_kind(
                kind: &str,
                fields: crate::ordered::Map<String, super::FieldValue>,
            ) -> Option<Result<Self, (String, serde::de::value::Error)>> {
                Some(match kind {
                    $($code => super::flat::read(fields).map(Self::$variant),)+
                    _ => return None,
                })
            }

            /// The kind of this fact.
            #[must_use]
            pub const fn kind(&self) -> FactKind {
                match self { $(Self::$variant(_) => FactKind::$variant,)+ }
            }
        }
    };
}

fact_bodies! {
    Visit(Visit) = "visit", "A crew was there.";
    Work(Work) = "work", "What the visit did to one line.";
    Reading(Reading) = "reading", "A meter reading.";
    Equipment(Equipment) = "equipment", "A piece of equipment.";
    Evidence(Evidence) = "evidence", "A photo or signature.";
    NotTaken(NotTaken) = "not_taken", "What the order asks for and was not taken.";
    Tamper(Tamper) = "tamper", "Signs of tampering.";
    Hazard(Danger) = "hazard", "A hazard that stays with the premise.";
    Incident(Danger) = "incident", "An incident.";
    Release(Release) = "release", "Permission to restore.";
    ReleaseDecision(ReleaseDecision) = "release_decision", "The office's word on proof shown at the door.";
    ReleaseReversal(ReleaseReversal) = "release_reversal", "A release taken back.";
    Hold(Hold) = "hold", "Keeps a cut from happening.";
    HoldDecision(HoldDecision) = "hold_decision", "The office's word on a claim at the door.";
    HoldLift(HoldLift) = "hold_lift", "The end of a hold.";
    FeeDecision(FeeDecision) = "fee_decision", "The office's word on a fee that is in doubt.";
    Recall(Recall) = "recall", "The order is taken back.";
    RecallLift(RecallLift) = "recall_lift", "The order is given back to the route it was taken from.";
    Ack(Ack) = "ack", "Somebody has seen a fact.";
    Note(Note) = "note", "Free words.";
    Correction(Correction) = "correction", "In the place of an older fact.";
    Reorder(Reorder) = "reorder", "A new place in the route.";
}

impl FactKind {
    /// Whether a fact of this kind may keep somebody from being cut off. Whatever may do so has to be of one of these
    /// kinds: readers that don't know all of it stop for it all the same, see [`super::RawFact::understood`].
    #[must_use]
    pub const fn stops(self) -> bool {
        match self {
            Self::Release | Self::Hold | Self::Recall => true,
            Self::Visit
            | Self::Work
            | Self::Reading
            | Self::Equipment
            | Self::Evidence
            | Self::NotTaken
            | Self::Tamper
            | Self::Hazard
            | Self::Incident
            | Self::ReleaseDecision
            | Self::ReleaseReversal
            | Self::HoldDecision
            | Self::HoldLift
            | Self::FeeDecision
            | Self::RecallLift
            | Self::Ack
            | Self::Note
            | Self::Correction
            | Self::Reorder => false,
        }
    }

    /// The kind with this code, where this build knows it.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }
}

impl FactBody {
    /// The hazard that a crew met at the premise, as a code; it stays with the premise.
    #[must_use]
    pub fn hazard(&self) -> Option<&str> {
        match self {
            Self::Visit(visit) => visit.code.filter(|code| crate::at_the_door::is_hazard(*code)).map(UnableCode::code),
            Self::Hazard(danger) => Some(danger.code.trim()).filter(|code| !code.is_empty()),
            Self::Work(_)
            | Self::Reading(_)
            | Self::Equipment(_)
            | Self::Evidence(_)
            | Self::NotTaken(_)
            | Self::Tamper(_)
            | Self::Incident(_)
            | Self::Note(_)
            | Self::Release(_)
            | Self::ReleaseDecision(_)
            | Self::ReleaseReversal(_)
            | Self::Hold(_)
            | Self::HoldDecision(_)
            | Self::HoldLift(_)
            | Self::Recall(_)
            | Self::RecallLift(_)
            | Self::Ack(_)
            | Self::Correction(_)
            | Self::Reorder(_)
            | Self::FeeDecision(_) => None,
        }
    }

    /// The visit that a fact of this kind names, where it does.
    #[must_use]
    pub const fn visit(&self) -> Option<&FactId> {
        match self {
            Self::Work(Work { visit, .. })
            | Self::Reading(Reading { visit, .. })
            | Self::Equipment(Equipment { visit, .. })
            | Self::Evidence(Evidence { visit, .. })
            | Self::NotTaken(NotTaken { visit, .. })
            | Self::Tamper(Tamper { visit, .. }) => Some(visit),
            Self::Hazard(Danger { visit, .. })
            | Self::Incident(Danger { visit, .. })
            | Self::Note(Note { visit, .. }) => visit.as_ref(),
            Self::Visit(_)
            | Self::Release(_)
            | Self::ReleaseDecision(_)
            | Self::ReleaseReversal(_)
            | Self::Hold(_)
            | Self::HoldDecision(_)
            | Self::HoldLift(_)
            | Self::Recall(_)
            | Self::RecallLift(_)
            | Self::Ack(_)
            | Self::Correction(_)
            | Self::Reorder(_)
            | Self::FeeDecision(_) => None,
        }
    }
}
