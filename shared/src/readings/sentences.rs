//! What the checks on a reading say to the crew, in English and Spanish.

use super::{BadDigits, ReadingWarning};
use crate::language::Language;

impl ReadingWarning {
    /// What to tell the crew. Says neither the last reading nor the limits: the second look must be a fresh one.
    #[must_use]
    pub const fn sentence(self, language: Language) -> &'static str {
        match self {
            Self::SerialMismatch => language.pick(
                "The serial is not the one on record. Don't cut here; write down what you see on the meter.",
                "El número de serie no es el registrado. No corte aquí; anote lo que ve en el medidor.",
            ),
            Self::InTheFuture => language.pick(
                "The day of this reading is in the future. Check the tablet's clock.",
                "La fecha de esta lectura está en el futuro. Revise el reloj de la tableta.",
            ),
            Self::OlderThanLast => language.pick(
                "This reading is older than the last one on record. Check the tablet's clock.",
                "Esta lectura es anterior a la última registrada. Revise el reloj de la tableta.",
            ),
            Self::Rollover => language.pick(
                "The counter seems to have gone over the top. Read it again; if it is so, write a note.",
                "Parece que el contador dio la vuelta. Léalo de nuevo; si es así, escriba una nota.",
            ),
            Self::WentBack => language.pick(
                "The counter seems to have gone back. Read it again; if it is so, write a note.",
                "Parece que el contador retrocedió. Léalo de nuevo; si es así, escriba una nota.",
            ),
            Self::Low => language.pick(
                "Less use than expected. Read it again; if it is so, write a note.",
                "Menos consumo de lo esperado. Léalo de nuevo; si es así, escriba una nota.",
            ),
            Self::High => language.pick(
                "More use than expected. Read it again; if it is so, write a note.",
                "Más consumo de lo esperado. Léalo de nuevo; si es así, escriba una nota.",
            ),
            Self::ZeroUsage => language.pick(
                "No use although the service is on. Read it again and look for a stopped or bypassed meter.",
                "Sin consumo aunque el servicio está activo. Léalo de nuevo y busque un medidor parado o puenteado.",
            ),
            Self::UsageOnOffAccount => language.pick(
                "Use although the service is off. Look for a leak or tampering and note what you find.",
                "Hay consumo aunque el servicio está cortado. Busque una fuga o manipulación y anote lo que encuentre.",
            ),
        }
    }
}

impl BadDigits {
    /// What to tell the crew.
    #[must_use]
    pub fn sentence(&self, language: Language) -> String {
        match (self, language) {
            (Self::Missing, Language::En) => {
                "Type the digits as they stand on the dials, or say why there is no reading.".to_owned()
            }
            (Self::Missing, Language::Es) => {
                "Escriba los dígitos tal como están en el medidor, o diga por qué no hay lectura.".to_owned()
            }
            (Self::NotDigits(text), Language::En) => {
                format!("\"{text}\" is not only digits. Type the digits as they stand on the dials.")
            }
            (Self::NotDigits(text), Language::Es) => {
                format!("«{text}» no son solo dígitos. Escriba los dígitos tal como están en el medidor.")
            }
            (Self::TooMany { digits, dials }, Language::En) => {
                format!("{digits} digits, but the meter has {dials} dials. Look again.")
            }
            (Self::TooMany { digits, dials }, Language::Es) => {
                format!("{digits} dígitos, pero el medidor tiene {dials}. Mírelo de nuevo.")
            }
        }
    }
}
