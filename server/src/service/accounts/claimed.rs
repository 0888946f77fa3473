//! What was shown or said at a door and nobody has decided on, for the first line of an account.

use crate::service::{history::Told, telling::hold_said, voice::Voice};
use curbstop_shared::{facts::FactBody, vocabulary::ExceptionKind};

/// "; proof was shown at the door, the office decides", of what is off; nothing where nothing waits for a word.
pub(super) fn undecided(told: &[Told], v: &Voice) -> String {
    let waits = |kind| {
        let mut all = told.iter().flat_map(|order| order.outcome.exceptions.iter().map(move |one| (order, one)));
        all.find(|(_, one)| one.kind == kind)
    };
    if waits(ExceptionKind::FieldReleaseUnverified).is_some() {
        let said = "; proof was shown at the door, the office decides";
        return v.pick(said, "; en la puerta mostraron un comprobante, decide la oficina").to_owned();
    }
    let claim = waits(ExceptionKind::FieldHoldUnverified).and_then(|(order, one)| order.history.facts.get(&one.fact));
    match claim.map(|fact| &fact.body) {
        Some(FactBody::Hold(hold)) => format!(
            "; {} ({}), {}",
            v.pick("something was claimed at the door", "en la puerta alegaron algo"),
            hold_said(hold.reason, v),
            v.pick("the office decides", "decide la oficina")
        ),
        _ => String::new(),
    }
}
