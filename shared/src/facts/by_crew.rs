//! What a crew may say, plainly or by correcting itself; the rest is the office's word.
//!
//! The gate refuses what goes beyond it, and the fold reads past it where a document holds it all the same.

use super::{BadFact, Fact, FactBody, FieldValue};
use crate::{
    ordered::Map,
    vocabulary::{HoldReason, HoldScope, ReleaseReason, Source},
};

/// Fields that say whose and which fact it is: no correction moves a fact to another order, visit or author.
const IDENTITY: [&str; 10] = ["v", "kind", "order", "at", "by", "device", "pin", "visit", "home_doc", "home_change"];

/// What allowed a cut, and the moment whose knowledge counts: said once, when the act is opened. Whoever could change
/// it later could make a cut without permission look like one with it.
const SEALED_OF_A_VISIT: [&str; 7] =
    ["permit", "permit_age_s", "go_code", "override_by", "override_reason", "paper", "act_opened_at"];

/// Which cuts a proof shown at the door stops, and by when it says that somebody paid. Whoever could change it later
/// could go back on it, and only the office decides on what was shown.
const SEALED_OF_A_PROOF: [&str; 3] = ["lines", "paid_at", "recorded_at"];

/// What a claim made at the door protects and for how long: as with a proof.
const SEALED_OF_A_CLAIM: [&str; 3] = ["reason", "scope", "expires_on"];

/// Whose word a correction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corrector {
    /// Somebody on a tablet.
    Crew,
    /// The office, on the server.
    Office,
}

/// Why a correction counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCorrection {
    /// It makes nonsense of the fact.
    #[error(transparent)]
    Nonsense(#[from] BadFact),
    /// It makes the fact one that no crew may record: the sentence says what to do.
    #[error("{0}")]
    BeyondACrew(&'static str),
}

impl FactBody {
    /// Why nobody on a tablet may say this, as a sentence for them; `None` where they may.
    #[must_use]
    pub fn beyond_a_crew(&self) -> Option<&'static str> {
        match self {
            Self::Visit(visit) if visit.paper == Some(true) => {
                Some("Visits from paper are keyed in by the office. Record it without `paper`.")
            }
            Self::Reorder(reorder) if reorder.locked.is_some() => {
                Some("Only a dispatcher locks a stop in its place. Ask dispatch.")
            }
            Self::Release(release)
                if release.reason != ReleaseReason::PaymentReceived
                    || release.verified
                    || release.source != Source::Field =>
            {
                Some("A crew records only proof of a payment, shown at the door and not yet verified. Ask the office.")
            }
            Self::Hold(hold)
                if hold.verified
                    || hold.scope == HoldScope::Area
                    || !matches!(hold.reason, HoldReason::Medical | HoldReason::Dispute | HoldReason::NewOccupant) =>
            {
                Some(
                    "A crew records only a claim made at the door (medical, dispute, new occupant), not yet verified. \
                     Ask the office.",
                )
            }
            Self::Recall(_) | Self::RecallLift(_) => Some("Only the server recalls an order. Ask dispatch."),
            Self::ReleaseDecision(_) | Self::ReleaseReversal(_) | Self::HoldDecision(_) | Self::HoldLift(_) => {
                Some("Only the office decides on releases and holds. Call the office.")
            }
            Self::FeeDecision(_) => Some("Only the office decides on fees. Call the office."),
            Self::Visit(_)
            | Self::Work(_)
            | Self::Reading(_)
            | Self::Equipment(_)
            | Self::Evidence(_)
            | Self::NotTaken(_)
            | Self::Tamper(_)
            | Self::Hazard(_)
            | Self::Incident(_)
            | Self::Release(_)
            | Self::Hold(_)
            | Self::Ack(_)
            | Self::Note(_)
            | Self::Correction(_)
            | Self::Reorder(_) => None,
        }
    }

    /// The first of these fields that no crew's correction of this fact may touch, and why as a sentence for them.
    #[must_use]
    pub fn sealed_field<'f>(&self, fields: &'f Map<String, FieldValue>) -> Option<(&'f str, &'static str)> {
        let why = match self {
            Self::Visit(_) => "It stays as it was when the act was opened. Write a note, or ask the office.",
            Self::Release(_) | Self::Hold(_) => {
                "What was shown or said at the door stands until the office decides. If it was more or something \
                 else, record that too."
            }
            _ => return None,
        };
        let name = fields.keys().map(String::as_str).find(|name| self.sealed().contains(name))?;
        Some((name, why))
    }

    /// The fields that no crew's correction of this fact may touch.
    const fn sealed(&self) -> &'static [&'static str] {
        match self {
            Self::Visit(_) => &SEALED_OF_A_VISIT,
            Self::Release(_) => &SEALED_OF_A_PROOF,
            Self::Hold(_) => &SEALED_OF_A_CLAIM,
            _ => &[],
        }
    }
}

impl Fact {
    /// The fact with the fields of a correction laid over it. What may not be corrected stays as it is.
    ///
    /// # Errors
    /// When that makes nonsense of it, or a crew's correction says what only the office may.
    pub fn corrected(&self, fields: &Map<String, FieldValue>, by: Corrector) -> Result<Self, BadCorrection> {
        let sealed = if by == Corrector::Crew { self.body.sealed() } else { &[] };
        let stays = |name: &str| IDENTITY.contains(&name) || sealed.contains(&name);
        let mut raw = self.raw();
        for (name, value) in fields.iter().filter(|(name, _)| !stays(name)) {
            raw.fields.insert(name.clone(), value.clone());
        }
        let corrected = raw.read()?;
        match corrected.body.beyond_a_crew() {
            Some(why) if by == Corrector::Crew => Err(BadCorrection::BeyondACrew(why)),
            _ => Ok(corrected),
        }
    }

    /// Whose word it is, as far as a correction goes: what has a header without a tablet was made on the server.
    #[must_use]
    pub fn corrector(&self) -> Corrector {
        if self.header.as_ref().is_some_and(|header| header.device.is_none()) {
            Corrector::Office
        } else {
            Corrector::Crew
        }
    }
}
