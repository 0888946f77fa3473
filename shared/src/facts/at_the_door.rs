//! What is said or shown at the door, for the office to decide on.

use super::{Fact, FactBody, Header, Hold, Release};
use crate::{
    ids::{FactId, OrderId},
    vocabulary::{HoldReason, HoldScope, ReleaseReason, Source, UnableCode},
};

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

/// Where an order stands, as far as a claim made at another door is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Door<'a> {
    /// Its account; none where the reader may not see it.
    pub account: Option<&'a str>,
    /// Its premise.
    pub premise: &'a str,
}

impl Door<'_> {
    /// Whether what was shown or said here is about the other as well: who paid, paid for the account; who needs the
    /// service, or has just moved in, does so in the whole house, whichever account is due.
    #[must_use]
    pub fn speaks_for(&self, claim: &FactBody, other: &Door<'_>) -> bool {
        let same_house = self.premise == other.premise;
        let same_account = match (self.account, other.account) {
            (Some(one), Some(other)) => one == other,
            // Whoever may not see accounts stops in doubt.
            _ => same_house,
        };
        let of_the_house = |reason| matches!(reason, HoldReason::Medical | HoldReason::NewOccupant);
        same_account || same_house && matches!(claim, FactBody::Hold(hold) if of_the_house(hold.reason))
    }
}

impl Fact {
    /// Whether it is proof or a claim from a door, not yet decided on by anybody, or what was carried on of one.
    #[must_use]
    pub const fn is_claim(&self) -> bool {
        match &self.body {
            FactBody::Release(release) => !release.verified,
            FactBody::Hold(hold) => !hold.verified,
            _ => false,
        }
    }

    /// Whether it was made at another door and stops this order until the office has decided: nobody said it here.
    #[must_use]
    pub fn is_carried(&self) -> bool {
        self.is_claim() && self.header.as_ref().is_some_and(|header| header.by.is_none() && header.device.is_none())
    }

    /// A claim as it stands at another order that it concerns, without anybody's words; none of what is no claim, or was
    /// carried itself. Whoever works it out, it is one fact under one id.
    #[must_use]
    pub fn carried_to(&self, order: OrderId) -> Option<Self> {
        let header = self.header.as_ref().filter(|_| self.is_claim() && !self.is_carried())?;
        let body = match self.body.clone() {
            FactBody::Release(release) => FactBody::Release(Release {
                lines: "*".to_owned(),
                source: Source::Office,
                confirmation: None,
                ..release
            }),
            body => body,
        };
        let header = Header { order, at: header.at, by: None, device: None };
        Some(Self::new(FactId::claim_at(order, &self.id), header, body))
    }
}
