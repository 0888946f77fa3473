//! What an import says of a file, in the reader's language. The report itself, as files and the API have it, is in English.

use super::frame::Frame;
use crate::import::report::{Duplicate, Excluded, Exclusion, Warning};
use curbstop_shared::{language::Language, written::as_written};

impl Frame {
    /// A hazard, or the place of a meter, of the utility's files.
    pub(super) fn as_written(&self, written: &str) -> String {
        as_written(written, self.voice.language)
    }

    /// Something about the whole file that should be looked at.
    pub(super) fn warning(&self, warning: &Warning) -> String {
        if self.voice.language == Language::En {
            return warning.text.clone();
        }
        // The figures and names of the sentence, in their order.
        let number = |nth: usize| {
            let numbers = warning.text.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty());
            numbers.take(nth).last().unwrap_or_default()
        };
        let counted = |one: &str, many: &str| format!("{} {}", number(1), if number(1) == "1" { one } else { many });
        let names = || warning.text.split('"').skip(1).step_by(2).collect::<Vec<_>>().join(", ");
        match warning.code {
            "rows_differ_from_printed" => format!(
                "El informe dice que tiene {} filas y se encontraron {}: revise si la exportación está completa.",
                number(1),
                number(2)
            ),
            "encoding_doubtful" => format!(
                "{} caracteres no tienen sentido en Windows-1252: el archivo puede tener otra codificación; mire los nombres.",
                number(1)
            ),
            "many_refused" => {
                format!("Se rechazaron {} de {} filas: revise si las columnas son las debidas.", number(1), number(2))
            }
            "column_missing" => format!("Al archivo le falta la columna {}, que puede impedir un corte.", names()),
            "cut_date_differs" => format!("{} otro día que el de esta lista.", counted("fila pide", "filas piden")),
            "sensitive_premises" => {
                let accounts = counted("cuenta está", "cuentas están");
                format!("{accounts} en predios sensibles: una persona debe aprobar cada una.")
            }
            "medical_hold_at_premise" => format!(
                "{} en predios donde otra cuenta tiene protección médica: los servicios esenciales siguen.",
                counted("cuenta está", "cuentas están")
            ),
            "open_orders" => format!(
                "{} sin hacer en cuentas de esta ({}{}): ninguna cuenta recibe una segunda orden. La que espera un camión sale \
                 con los importes de esta lista.",
                counted("orden de una lista anterior sigue", "órdenes de listas anteriores siguen"),
                names(),
                if warning.text.contains("...") { ", ..." } else { "" },
            ),
            _ => warning.text.clone(),
        }
    }

    /// Why no work comes of a row.
    pub(super) fn excluded(&self, row: &Excluded) -> String {
        if self.voice.language == Language::En {
            return row.text.clone();
        }
        match row.reason {
            Exclusion::AlreadyReturned => "El equipo ya fue devuelto.",
            Exclusion::AlreadyOff => "El servicio ya está cortado.",
            Exclusion::NothingPastDue => "No hay nada vencido.",
            Exclusion::MedicalFlag => "El sistema de facturación dice que de este servicio depende una vida.",
            Exclusion::Hold => "Hay una protección vigente.",
        }
        .to_owned()
    }

    /// Which row counts in the place of one that came twice.
    pub(super) fn repeated(&self, row: &Duplicate) -> String {
        match (self.voice.language, row.of_line) {
            (Language::En, _) => row.text.clone(),
            (Language::Es, Some(line)) => {
                let differ = if row.amounts_differ { ", aunque los importes difieren" } else { "" };
                format!("Es la misma que la línea {line}; cuenta aquella{differ}.")
            }
            (Language::Es, None) => {
                let differ = if row.amounts_differ { ", aunque los importes difieren" } else { "" };
                format!("Un archivo anterior ya la trajo; cuenta aquella{differ}.")
            }
        }
    }
}
