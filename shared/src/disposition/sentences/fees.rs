//! Fees that are in doubt: what the doubt is, and what becomes of the fee.

use super::{Words, say};
use crate::{
    disposition::{Disposition, Exception, FeeStanding},
    vocabulary::FeeDoubt,
};

/// "The fee for turning water off at 10:32 (Truck 12) waits: ... Charge it, or not."
pub(super) fn in_doubt(exception: &Exception, at: &str, disposition: &Disposition, words: &Words<'_>) -> String {
    let crew = words.crew(&exception.fact);
    let service = words.service(&exception.lines);
    let doubts = disposition.fee_triggers.iter().flat_map(|fee| &fee.doubts);
    let why = doubts.map(|doubt| because(*doubt, words)).collect::<Vec<_>>().join("; ");
    say!(
        words,
        "{crew} turned {service} off{at}, and the fee for it is in doubt: {why}. Say whether it is charged.",
        "{crew} cortó {service}{at}, y el cargo está en duda: {why}. Diga si se cobra."
    )
}

fn because(doubt: FeeDoubt, words: &Words<'_>) -> String {
    match doubt {
        FeeDoubt::PartlyWrongful => {
            say!(words, "not all of what was turned off should have been", "no todo lo que se cortó debía cortarse")
        }
        FeeDoubt::Permit => say!(words, "it was done without a valid permit", "se hizo sin un permiso válido"),
        FeeDoubt::PaidBefore => say!(
            words,
            "the customer had paid before it, and the payment was recorded only afterwards",
            "el cliente había pagado antes, y el pago se registró solo después"
        ),
        FeeDoubt::PaidAboutThen => say!(
            words,
            "the customer paid at about that time, and no clock tells which came first",
            "el cliente pagó más o menos a esa hora, y ningún reloj dice qué fue primero"
        ),
        FeeDoubt::TakenBack => say!(
            words,
            "the order had been taken back, and the crew could not know or did not mind",
            "la orden se había retirado, y la cuadrilla no podía saberlo o no hizo caso"
        ),
        FeeDoubt::Undone => {
            say!(words, "the crew turned it on again before it left", "la cuadrilla lo reconectó antes de irse")
        }
        FeeDoubt::ProofAtTheDoor => say!(
            words,
            "proof was shown to the crew after it, and nobody has said when that was paid",
            "después mostraron un comprobante a la cuadrilla, y nadie ha dicho cuándo se pagó"
        ),
    }
}

/// What becomes of an order's fee, as a sentence.
pub(super) fn becomes(disposition: &Disposition, words: &Words<'_>) -> String {
    match disposition.fee_triggers.first().map(|fee| fee.standing) {
        Some(FeeStanding::Review) => say!(words, "The fee waits for a decision.", "El cargo espera una decisión."),
        Some(FeeStanding::Stands) => say!(words, "The fee is charged.", "El cargo se cobra."),
        Some(FeeStanding::Suppressed) | None => say!(words, "No fee.", "Sin cargo."),
    }
}
