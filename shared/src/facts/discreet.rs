//! What of a fact another company's crew may read: what was done and what stands, nothing that somebody wrote about a
//! customer.

use super::{
    Correction, Danger, Equipment, Fact, FactBody, Hold, HoldDecision, HoldLift, OTHER_SERIAL, Release,
    ReleaseDecision, Tamper,
};
use super::{FieldValue, Visit};
use crate::{ordered::Map, vocabulary::HoldReason};

/// Fields in which people write what they like, or that open something: they stay with the utility's own crews.
const PRIVATE_FIELDS: [&str; 8] =
    ["text", "why", "condition", "accessories", "confirmation", "override_by", "override_reason", "go_code"];

/// What stands for words that a reader may not see, where a field has to be there.
const WITHHELD: &str = "withheld";

impl Fact {
    /// The fact as a contractor's document may hold it; none where nothing of it is for a contractor (a note).
    #[must_use]
    pub fn for_contractor(&self) -> Option<Self> {
        Some(Self { body: self.body.for_contractor()?, ..self.clone() })
    }
}

impl FactBody {
    fn for_contractor(&self) -> Option<Self> {
        Some(match self.clone() {
            // What somebody is charged is between the utility and its customer.
            Self::Note(_) | Self::FeeDecision(_) => return None,
            Self::Visit(visit) => {
                Self::Visit(Visit { go_code: None, override_by: None, override_reason: None, ..visit })
            }
            Self::Equipment(equipment) => {
                // That it is another box is no word about a customer: whoever has the order needs it.
                let condition = equipment.condition.filter(|said| said == OTHER_SERIAL);
                Self::Equipment(Equipment { condition, accessories: None, ..equipment })
            }
            Self::Tamper(tamper) => Self::Tamper(Tamper { text: None, ..tamper }),
            Self::Hazard(danger) => Self::Hazard(Danger { text: None, ..danger }),
            Self::Incident(danger) => Self::Incident(Danger { text: None, ..danger }),
            Self::Release(release) => Self::Release(Release { confirmation: None, ..release }),
            // That it is protected is enough; only bankruptcy says what else is not done.
            Self::Hold(hold) if hold.reason != HoldReason::Bankruptcy => {
                Self::Hold(Hold { reason: HoldReason::Other, ..hold })
            }
            Self::Hold(hold) => Self::Hold(hold),
            Self::ReleaseDecision(decision) => Self::ReleaseDecision(ReleaseDecision { why: None, ..decision }),
            Self::HoldDecision(decision) => Self::HoldDecision(HoldDecision { why: None, ..decision }),
            Self::HoldLift(lift) => Self::HoldLift(HoldLift { why: None, ..lift }),
            Self::Correction(correction) => Self::Correction(corrected(correction)?),
            said @ (Self::Work(_)
            | Self::Reading(_)
            | Self::Evidence(_)
            | Self::NotTaken(_)
            | Self::ReleaseReversal(_)
            | Self::Recall(_)
            | Self::RecallLift(_)
            | Self::Ack(_)
            | Self::Reorder(_)) => said,
        })
    }
}

/// Without its private fields; none where it corrected nothing else.
fn corrected(correction: Correction) -> Option<Correction> {
    let other_box = |value: &FieldValue| matches!(value, FieldValue::Text(said) if said == OTHER_SERIAL);
    let public = |(name, value): &(String, FieldValue)| {
        !PRIVATE_FIELDS.contains(&name.as_str()) || name == "condition" && other_box(value)
    };
    let fields: Map<_, _> = correction.fields.into_iter().filter(public).collect();
    let says_something = fields.keys().any(|name| name != "visit" && name != "line");
    says_something.then(|| Correction { corrects: correction.corrects, why: WITHHELD.to_owned(), fields })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{facts::Note, ids::FactId, vocabulary::ReleaseReason, vocabulary::Source};
    use uuid::Uuid;

    fn id(n: u128) -> FactId {
        FactId::from_uuid(Uuid::from_u128(n))
    }

    #[test]
    fn words_about_a_customer_stay_with_the_own_crews() {
        let note = FactBody::Note(Note { text: "Mrs Lee works nights".into(), visit: None });
        assert_eq!(Fact::of_visit(id(1), note).for_contractor(), None);
        let hazard = Danger { visit: Some(id(1)), code: "dog".into(), text: Some("Lee's dog".into()) };
        let said = Fact::of_visit(id(2), FactBody::Hazard(hazard)).for_contractor().unwrap();
        assert_eq!(said.body, FactBody::Hazard(Danger { visit: Some(id(1)), code: "dog".into(), text: None }));
        let release = Release {
            reason: ReleaseReason::PaymentReceived,
            lines: "*".into(),
            source: Source::Field,
            verified: false,
            paid_at: None,
            recorded_at: None,
            confirmation: Some("Lee 86.40".into()),
        };
        let said = Fact::of_visit(id(3), FactBody::Release(release)).for_contractor().unwrap();
        assert!(matches!(said.body, FactBody::Release(Release { confirmation: None, .. })));
    }

    #[test]
    fn that_it_is_another_box_is_known_to_whoever_has_the_order_and_its_condition_is_not() {
        let seen = |condition: &str| {
            let equipment = Equipment {
                visit: id(1),
                line: crate::ids::LineId("1".into()),
                serial_seen: Some("M-2".into()),
                result: crate::vocabulary::EquipmentResult::Collected,
                condition: Some(condition.into()),
                accessories: Some("Lee's remote".into()),
            };
            let said = Fact::of_visit(id(2), FactBody::Equipment(equipment)).for_contractor().unwrap().body;
            let FactBody::Equipment(said) = said else { unreachable!() };
            (said.condition, said.accessories)
        };
        assert_eq!(seen(OTHER_SERIAL), (Some(OTHER_SERIAL.to_owned()), None));
        assert_eq!(seen("Lee broke it"), (None, None));
    }

    #[test]
    fn a_correction_says_what_is_right_and_not_why() {
        let fields = |all: &[(&str, &str)]| -> Map<String, FieldValue> {
            all.iter().map(|(name, value)| ((*name).to_owned(), FieldValue::Text((*value).to_owned()))).collect()
        };
        let correction = |all| {
            let body = Correction { corrects: id(1), why: "Mrs Lee called".into(), fields: fields(all) };
            Fact::of_visit(id(2), FactBody::Correction(body)).for_contractor()
        };
        let right = correction(&[("digits", "036500"), ("text", "Lee")]).unwrap();
        let FactBody::Correction(right) = right.body else { unreachable!() };
        assert_eq!((right.why.as_str(), right.fields), (WITHHELD, fields(&[("digits", "036500")])));
        assert_eq!(correction(&[("text", "Lee moved out")]), None);
        assert_eq!(correction(&[("condition", "Lee broke it")]), None);
        assert!(correction(&[("condition", OTHER_SERIAL)]).is_some());
    }
}
