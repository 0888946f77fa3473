//! What can be wrong with a row, and the sentence that says so and what to do.

use serde::Serialize;

macro_rules! codes {
    ($($variant:ident = $code:literal, $text:literal;)+) => {
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
        }
    };
}

codes! {
    ColumnCount = "column_count", "The row does not have the columns of the heading: look for a missing quotation mark, a line break or a comma inside a cell.";
    AccountMissing = "account_missing", "There is no account number: add it in the billing system and export again.";
    AccountDamaged = "account_damaged", "A spreadsheet has turned the account number into something else, so its digits are lost: export the file again and don't open it in a spreadsheet first.";
    AccountUnknown = "account_unknown", "No premise has this account: import the premises first, or correct the account number.";
    PremiseMissing = "premise_missing", "There is no premise id: add it in the billing system and export again.";
    AddressMissing = "address_missing", "There is no service address: add it in the billing system, since nobody can be sent there.";
    MeterMissing = "meter_missing", "There is no meter number: the crew couldn't tell which meter is meant.";
    MeterDamaged = "meter_damaged", "A spreadsheet has turned the meter number into something else: export the file again and don't open it in a spreadsheet first.";
    MeterUnknown = "meter_unknown", "No premise has this meter: import the premises again, or correct the meter number.";
    MeterNotOfAccount = "meter_not_of_account", "This meter belongs to another account: find out which of the two is wrong before anybody is cut.";
    MeterUnderOtherAccount = "meter_under_other_account", "An earlier row has this meter under another account; that row stands. Correct the billing system and export again.";
    EquipmentNotIdentified = "equipment_not_identified", "The row has neither a serial number nor a MAC: the crew couldn't tell which box is meant.";
    SerialUnderOtherAccount = "serial_under_other_account", "An earlier row has this serial under another account; that row stands. A box is at one house: correct the billing system and export again.";
    PremiseUnclear = "premise_unclear", "The account has several premises and the row doesn't say which: add the premise's id to the export.";
    ServiceUnknown = "service_unknown", "The service code isn't known: correct it, or add the code to this source's mapping.";
    CodeUnknown = "code_unknown", "The code isn't known: correct it, or add the code to this source's mapping.";
    CodeMissing = "code_missing", "There is no code: it decides what this row means.";
    AmountMissing = "amount_missing", "There is no amount.";
    AmountUnreadable = "amount_unreadable", "This is not an amount of money: write it like 1234.56.";
    AmountPrecision = "amount_precision", "The amount has more decimals than cents: nobody is asked for part of a cent.";
    AmountTooLarge = "amount_too_large", "The amount is larger than any bill: check the decimal point.";
    AmountZero = "amount_zero", "The amount is zero: a payment of nothing changes nothing.";
    AmountSign = "amount_sign", "The sign doesn't fit: a payment is positive, a reversal or returned check negative.";
    DateMissing = "date_missing", "There is no date.";
    DateUnreadable = "date_unreadable", "There is no such day: write dates like 10/14/2026.";
    DatesReversed = "dates_reversed", "It ends before it starts: correct one of the two dates.";
    TimeUnreadable = "time_unreadable", "There is no such time of day: write times like 7:31 AM or 07:31.";
    CoordinatesUnreadable = "coordinates_unreadable", "This is not a number of degrees: write it like 41.904837.";
    CoordinatesImplausible = "coordinates_implausible", "There is no such place: latitude lies within 90 and longitude within 180 degrees; perhaps the two were swapped.";
    ReadLongerThanDials = "read_longer_than_dials", "The last reading has more digits than the meter has dials: correct the dials or the reading.";
    ReadUnreadable = "read_unreadable", "A reading is digits only.";
    NumberUnreadable = "number_unreadable", "This is not a whole number.";
    HoldMissing = "hold_missing", "There is no hold number.";
    ReceiptMissing = "receipt_missing", "There is no receipt number: without it the same payment could be counted twice.";
    OriginalUnknown = "original_unknown", "It takes back a receipt without naming it: add the receipt's number.";
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
