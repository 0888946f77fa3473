//! What can go wrong on the tablet, in the crew's words and language.

use super::words;
use crate::core::TabletError;
use curbstop_shared::{language::Language, sync::wire::RefusalCode, time::Span};

/// Why a command was not carried out, and what to do; nothing where nobody has to be told.
#[must_use]
pub fn said(problem: &TabletError, language: Language) -> Option<String> {
    let text = match problem {
        TabletError::StepLeft | TabletError::StoppedMeanwhile => return None,
        TabletError::Busy => language.pick(
            "The tablet is still saving. Try again in a moment.",
            "La tableta aún guarda. Intente en un momento.",
        ),
        TabletError::NotEnrolled => language.pick(
            "This tablet belongs to no crew yet. Ask dispatch for a code.",
            "Esta tableta aún no es de ninguna cuadrilla. Pida un código a despacho.",
        ),
        TabletError::PinNeeded | TabletError::PinMustWait => return None,
        TabletError::NobodySignedIn => language.pick("Choose your name first.", "Primero elija su nombre."),
        TabletError::NotOfThisCrew => language.pick(
            "This person is not of this crew. Ask dispatch.",
            "Esta persona no es de esta cuadrilla. Pregunte a despacho.",
        ),
        TabletError::UnknownOrder(_) => language.pick(
            "This stop is no longer on this tablet. Go back to the list.",
            "Esta parada ya no está en esta tableta. Vuelva a la lista.",
        ),
        TabletError::NotWritable => language.pick(
            "This route can't be written yet. Find a signal once; then save again.",
            "Aún no se puede escribir en esta ruta. Busque señal una vez y guarde de nuevo.",
        ),
        TabletError::TooManyPhotos => language.pick(
            "These are photos enough of this stop. Throw one away first.",
            "Ya hay suficientes fotos de esta parada. Descarte una primero.",
        ),
        TabletError::NoDraft => language.pick(
            "Nothing was begun at this stop. Open it again from the list.",
            "No hay nada empezado en esta parada. Ábrala otra vez desde la lista.",
        ),
        TabletError::OutOfService => words::NO_NEW_STOPS.text(language),
        TabletError::Incomplete(what) => words::lacks(*what).text(language),
        TabletError::Document(_) => language.pick(
            "This route can't be read or written here. Nothing was changed: export your work and call dispatch.",
            "Esta ruta no se puede leer ni escribir aquí. No se cambió nada: exporte su trabajo y llame a despacho.",
        ),
        TabletError::Answer(_) => language.pick(
            "The office's answer does not read. Nothing was changed; the tablet will ask again.",
            "No se entiende la respuesta de la oficina. No se cambió nada; la tableta volverá a preguntar.",
        ),
    };
    Some(text.to_owned())
}

/// Why the office did not take something, by its code.
#[must_use]
pub fn parked(code: &str, language: Language) -> &'static str {
    match code.parse() {
        Ok(RefusalCode::ForeignAuthor) => language.pick(
            "It does not say who did it: choose your name and record it again.",
            "No dice quién lo hizo: elija su nombre y regístrelo otra vez.",
        ),
        Ok(RefusalCode::ForeignOrder) => {
            language.pick("The order never was on this route.", "La orden nunca estuvo en esta ruta.")
        }
        Ok(RefusalCode::RoleForbids) => {
            language.pick("Whoever it is signed by may not record this.", "Quien lo firma no puede registrar esto.")
        }
        Ok(RefusalCode::BadFact) => language.pick("Something in it can't be right.", "Algo en ello no puede ser."),
        Ok(RefusalCode::UpgradeRequired) => language.pick(
            "It was made by an old version of the app. Start the new version.",
            "Se hizo con una versión antigua de la aplicación. Inicie la nueva.",
        ),
        _ => language.pick(
            "The office refused it several times. Nothing is wrong with the work itself.",
            "La oficina lo rechazó varias veces. El trabajo en sí está bien.",
        ),
    }
}

/// That the tablet's clock is off, and that nothing has to be redone because of it.
#[must_use]
pub fn clock_off(off: Span, language: Language) -> String {
    let minutes = (off.whole_seconds().abs() + 30) / 60;
    let much = if minutes < 120 { format!("{minutes} min") } else { format!("{} h", (minutes + 30) / 60) };
    let side = if off.whole_seconds() > 0 { ("slow", "atrasado") } else { ("fast", "adelantado") };
    let said = language.pick(
        "This tablet's clock is {} {side}. Set it right. What you recorded is kept with this tablet's times; the \
         office knows by how much they are off.",
        "El reloj de esta tableta va {} {side}. Corríjalo. Lo registrado conserva la hora de la tableta; la oficina \
         sabe cuánto se desvía.",
    );
    said.replace("{}", &much).replace("{side}", language.pick(side.0, side.1))
}

/// That the clock was set back behind the last contact, so that the data's age is unknown.
#[must_use]
pub const fn clock_went_back(language: Language) -> &'static str {
    language.pick("age of data unknown: the clock was set back", "edad de los datos desconocida: el reloj se atrasó")
}

/// The button that sends a parked item again.
#[must_use]
pub const fn send_again(language: Language) -> &'static str {
    language.pick("Send it again", "Enviar otra vez")
}

/// That the office took the tablet out of service.
#[must_use]
pub const fn revoked(language: Language) -> &'static str {
    language.pick(
        "The office took this tablet out of service. Finish the stop at hand and begin no other: what this tablet holds is handed in for a decision. Call dispatch, or ask for a new code.",
        "La oficina puso esta tableta fuera de servicio. Termine la parada en curso y no empiece otra: lo que esta tableta guarda se entrega para que decidan. Llame a despacho o pida un código nuevo.",
    )
}

/// The same, when all that it held is with the office: with the receipt for it.
#[must_use]
pub fn revoked_and_handed_in(receipt: &str, language: Language) -> String {
    let (before, after) = match language {
        Language::En => {
            ("The office took this tablet out of service.", "Hand the tablet to dispatch, or ask for a new code.")
        }
        Language::Es => (
            "La oficina puso esta tableta fuera de servicio.",
            "Entregue la tableta a despacho o pida un código nuevo.",
        ),
    };
    format!("{before} {receipt} {after}")
}
