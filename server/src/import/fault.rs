//! What can be wrong with a row, and the sentence that says so and what to do.

use curbstop_shared::language::Language;
use serde::Serialize;

macro_rules! codes {
    ($($variant:ident = $code:literal, $text:literal, $spanish:literal;)+) => {
        /// What is wrong with a refused row. The serialised form is the stable code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $text] $variant,)+ }

        impl Code {
            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// What is wrong and what to do.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The same in the language of whoever reads it.
            #[must_use]
            pub const fn said(self, language: Language) -> &'static str {
                match self { $(Self::$variant => language.pick($text, $spanish),)+ }
            }

            /// The one with this stable code.
            #[must_use]
            pub fn of_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

codes! {
    ColumnCount = "column_count", "The row does not have the columns of the heading: look for a missing quotation mark, a line break or a comma inside a cell.", "La fila no tiene las columnas del encabezado: busque unas comillas que falten, un salto de línea o una coma dentro de una celda.";
    AccountMissing = "account_missing", "There is no account number: add it in the billing system and export again.", "No hay número de cuenta: agréguelo en el sistema de facturación y exporte de nuevo.";
    AccountDamaged = "account_damaged", "A spreadsheet has turned the account number into something else, so its digits are lost: export the file again and don't open it in a spreadsheet first.", "Una hoja de cálculo cambió el número de cuenta y sus dígitos se perdieron: exporte de nuevo y no lo abra antes en una hoja de cálculo.";
    AccountUnknown = "account_unknown", "No premise has this account: import the premises first, or correct the account number.", "Ningún inmueble tiene esta cuenta: importe antes los inmuebles o corrija el número de cuenta.";
    PremiseMissing = "premise_missing", "There is no premise id: add it in the billing system and export again.", "No hay número de inmueble: agréguelo en el sistema de facturación y exporte de nuevo.";
    AddressMissing = "address_missing", "There is no service address: add it in the billing system, since nobody can be sent there.", "No hay dirección: agréguela en el sistema de facturación; sin ella no se puede enviar a nadie.";
    MeterMissing = "meter_missing", "There is no meter number: the crew couldn't tell which meter is meant.", "No hay número de medidor: la cuadrilla no sabría cuál es.";
    MeterDamaged = "meter_damaged", "A spreadsheet has turned the meter number into something else: export the file again and don't open it in a spreadsheet first.", "Una hoja de cálculo cambió el número de medidor: exporte de nuevo y no lo abra antes en una hoja de cálculo.";
    MeterUnknown = "meter_unknown", "No premise has this meter: import the premises again, or correct the meter number.", "Ningún inmueble tiene este medidor: importe los inmuebles de nuevo o corrija el número de medidor.";
    MeterNotOfAccount = "meter_not_of_account", "This meter belongs to another account: find out which of the two is wrong before anybody is cut.", "Este medidor es de otra cuenta: averigüe cuál de las dos está mal antes de cortar a alguien.";
    MeterUnderOtherAccount = "meter_under_other_account", "An earlier row has this meter under another account; that row stands. Correct the billing system and export again.", "Una fila anterior tiene este medidor con otra cuenta; esa fila vale. Corrija el sistema de facturación y exporte de nuevo.";
    EquipmentNotIdentified = "equipment_not_identified", "The row has neither a serial number nor a MAC: the crew couldn't tell which box is meant.", "La fila no tiene número de serie ni MAC: la cuadrilla no sabría qué equipo es.";
    SerialUnderOtherAccount = "serial_under_other_account", "An earlier row has this serial under another account; that row stands. A box is at one house: correct the billing system and export again.", "Una fila anterior tiene este número de serie con otra cuenta; esa fila vale. Un equipo está en una sola casa: corrija el sistema de facturación y exporte de nuevo.";
    PremiseUnclear = "premise_unclear", "The account has several premises and the row doesn't say which: add the premise's id to the export.", "La cuenta tiene varios inmuebles y la fila no dice cuál: agregue el número de inmueble a la exportación.";
    ServiceUnknown = "service_unknown", "The service code isn't known: correct it, or add the code to this source's mapping.", "El código de servicio no se conoce: corríjalo o agréguelo a la asignación de este sistema.";
    CodeUnknown = "code_unknown", "The code isn't known: correct it, or add the code to this source's mapping.", "El código no se conoce: corríjalo o agréguelo a la asignación de este sistema.";
    CodeMissing = "code_missing", "There is no code: it decides what this row means.", "No hay código: de él depende qué significa la fila.";
    AmountMissing = "amount_missing", "There is no amount.", "No hay cantidad.";
    AmountUnreadable = "amount_unreadable", "This is not an amount of money: write it like 1234.56.", "Esto no es una cantidad de dinero: escríbala como 1234.56.";
    AmountPrecision = "amount_precision", "The amount has more decimals than cents: nobody is asked for part of a cent.", "La cantidad tiene más decimales que centavos: a nadie se le pide parte de un centavo.";
    AmountTooLarge = "amount_too_large", "The amount is larger than any bill: check the decimal point.", "La cantidad es mayor que cualquier factura: revise el punto decimal.";
    AmountZero = "amount_zero", "The amount is zero: a payment of nothing changes nothing.", "La cantidad es cero: un pago de nada no cambia nada.";
    AmountSign = "amount_sign", "The sign doesn't fit: a payment is positive, a reversal or returned check negative.", "El signo no corresponde: un pago es positivo, una anulación o un cheque devuelto es negativo.";
    DateMissing = "date_missing", "There is no date.", "No hay fecha.";
    DateUnreadable = "date_unreadable", "There is no such day: write dates like 10/14/2026.", "Ese día no existe: escriba las fechas como 10/14/2026.";
    DatesReversed = "dates_reversed", "It ends before it starts: correct one of the two dates.", "Termina antes de empezar: corrija una de las dos fechas.";
    TimeUnreadable = "time_unreadable", "There is no such time of day: write times like 7:31 AM or 07:31.", "Esa hora no existe: escriba las horas como 7:31 AM o 07:31.";
    CoordinatesUnreadable = "coordinates_unreadable", "This is not a number of degrees: write it like 41.904837.", "Esto no es un número de grados: escríbalo como 41.904837.";
    CoordinatesImplausible = "coordinates_implausible", "There is no such place: latitude lies within 90 and longitude within 180 degrees; perhaps the two were swapped.", "Ese lugar no existe: la latitud llega a 90 grados y la longitud a 180; quizá están cambiadas.";
    ReadLongerThanDials = "read_longer_than_dials", "The last reading has more digits than the meter has dials: correct the dials or the reading.", "La última lectura tiene más dígitos que el medidor: corrija los dígitos del medidor o la lectura.";
    ReadUnreadable = "read_unreadable", "A reading is digits only.", "Una lectura solo tiene dígitos.";
    NumberUnreadable = "number_unreadable", "This is not a whole number.", "Esto no es un número entero.";
    HoldMissing = "hold_missing", "There is no hold number.", "No hay número de protección.";
    ReceiptMissing = "receipt_missing", "There is no receipt number: without it the same payment could be counted twice.", "No hay número de recibo: sin él, el mismo pago podría contarse dos veces.";
    OriginalUnknown = "original_unknown", "It takes back a receipt without naming it: add the receipt's number.", "Anula un recibo sin decir cuál: agregue el número del recibo.";
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
