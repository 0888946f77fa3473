//! What a column of a file can mean.

use serde::{Deserialize, Serialize};

/// The meaning of a column, whatever its heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "FileField")]
pub enum Field {
    /// The premise's id in the billing system.
    Premise,
    /// The billing account.
    Account,
    /// Which of the utility's systems bills the account.
    System,
    /// The account's name.
    Name,
    /// Residential, commercial, ...
    Class,
    /// Street and number.
    Address,
    /// Apartment, lot.
    Unit,
    /// City.
    City,
    /// State.
    State,
    /// Postal code.
    Zip,
    /// Degrees north.
    Latitude,
    /// Degrees east.
    Longitude,
    /// Billing cycle.
    Cycle,
    /// Meter reading route.
    Route,
    /// Place on the route.
    Sequence,
    /// Cycle, route and sequence in one cell, with hyphens.
    CycleRouteSequence,
    /// What is delivered.
    Service,
    /// The meter's serial.
    Meter,
    /// The equipment's network address, which names it where it has no serial.
    Mac,
    /// The equipment's model.
    Model,
    /// The meter's size.
    Size,
    /// How many digits the register shows.
    Dials,
    /// What a reading is multiplied by.
    Multiplier,
    /// The unit of a reading.
    Uom,
    /// The last reading.
    LastRead,
    /// Its day.
    LastReadDate,
    /// Usage below this is unusual.
    LowUsage,
    /// Usage above this is unusual.
    HighUsage,
    /// Where the meter is.
    MeterLocation,
    /// Dangers at the premise.
    Hazards,
    /// Sensitive, landlord's account, master meter, ...
    Flags,
    /// The customer's language.
    Language,
    /// The customer's telephone.
    Phone,
    /// What is past due.
    PastDue,
    /// What is owed in all.
    TotalDue,
    /// When the notice was mailed.
    NoticeDate,
    /// The day that the source wants the work done.
    CutDate,
    /// Active, already off, or why it is on the list.
    Status,
    /// Why it is on the list, where that has a column of its own.
    Reason,
    /// Somebody's life depends on the service.
    MedicalFlag,
    /// A remark.
    Comment,
    /// The hold's number.
    Hold,
    /// The hold's kind.
    HoldCode,
    /// The hold's first day.
    Start,
    /// The hold's last day, included.
    GoodThrough,
    /// The first day on which the hold no longer counts.
    Lifted,
    /// What an agency pledged.
    PledgeAmount,
    /// Who pledged, or a reference.
    Agency,
    /// Who typed it.
    EnteredBy,
    /// The cashier's batch.
    Batch,
    /// The receipt's number.
    Receipt,
    /// The payment's day.
    PaymentDate,
    /// The payment's time of day.
    PaymentTime,
    /// The payment's amount.
    Amount,
    /// Cash, check, card.
    Tender,
    /// The check's number.
    Reference,
    /// Payment, returned check, reversal.
    PaymentType,
    /// The receipt that a reversal takes back.
    OriginalReceipt,
}
