//! What was shown or said at a door, for the first line of an account: what nobody has decided on, and what protects
//! somebody who is off all the same.

use crate::service::{history::Told, telling::hold_said, voice::Voice};
use curbstop_shared::{
    disposition::WhyNot,
    facts::FactBody,
    vocabulary::{ExceptionKind, HoldReason},
};

/// "(medical), give service back or lift the hold", of an order whose service is off though a hold protects it: whoever
/// reads it must not believe that nothing but money is missing. None where no hold stands.
pub(super) fn off_under_hold(order: &Told, v: &Voice) -> Option<String> {
    let Some(WhyNot::Held { reason, until, .. }) = &order.outcome.why_not else { return None };
    let until = until.map_or_else(String::new, |day| format!(" {} {}", v.pick("until", "hasta"), v.full_day(day)));
    let what = match reason {
        HoldReason::Medical => v.pick("a medical need", "un motivo médico"),
        other => hold_said(*other, v),
    };
    Some(format!(
        "{} ({what}{until}): {}",
        v.pick(", though protected", ", aunque hay protección"),
        v.pick("give service back, or lift the hold", "reconectar, o levantar la protección")
    ))
}

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
