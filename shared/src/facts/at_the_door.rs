//! What is said or shown at the door, for the office to decide on.

use super::{FactBody, Hold, Release};
use crate::vocabulary::{HoldReason, HoldScope, ReleaseReason, Source, UnableCode};

/// The unverified release or hold that a visit leaves which ended with this code, on a tablet as on paper; `None` where
/// the code claims nothing. `proof` is what stands on the receipt that was shown.
#[must_use]
pub fn claim(code: UnableCode, proof: Option<String>) -> Option<FactBody> {
    let hold = |reason, scope| Some(FactBody::Hold(Hold { reason, scope, verified: false, expires_on: None }));
    match code {
        UnableCode::ProofShown => Some(FactBody::Release(Release {
            reason: ReleaseReason::PaymentReceived,
            lines: "*".to_owned(),
            source: Source::Field,
            verified: false,
            paid_at: None,
            recorded_at: None,
            confirmation: proof,
        })),
        UnableCode::MedicalClaimed => hold(HoldReason::Medical, HoldScope::Premise),
        UnableCode::DisputeClaimed => hold(HoldReason::Dispute, HoldScope::Order),
        UnableCode::NewOccupant => hold(HoldReason::NewOccupant, HoldScope::Order),
        _ => None,
    }
}
