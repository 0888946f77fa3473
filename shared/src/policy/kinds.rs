//! What rules can say.

use super::{MonthDay, OpenDays, TimeOfDay, Weekdays, Window};
use crate::{money::Currency, reconnect_clock::ReconnectClock, vocabulary::codes};
use serde::{Deserialize, Serialize};

/// What a rule says. The first ones judge cuts, the others give values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RuleKind {
    /// A cut begins on these days of the week only.
    CutDays(Weekdays),
    /// A cut begins within these hours only, on these days of the week.
    CutHours {
        /// The hours.
        window: Window,
        /// The days for which they are said.
        weekdays: Weekdays,
    },
    /// On the day before one without reconnect service, no cut begins at this time or later.
    LastHour {
        /// "Not after 12:30."
        not_after: TimeOfDay,
        /// The days with reconnect service.
        service: OpenDays,
    },
    /// No cut on a holiday. Where the calendar ends nobody knows which days are, so nobody is cut.
    Holidays {
        /// Which calendar.
        calendar: String,
        /// Nor on the day before.
        day_before: bool,
    },
    /// No cut in this part of the year.
    Blackout {
        /// First day.
        from: MonthDay,
        /// Last day; before the first one: in the next year.
        until: MonthDay,
    },
    /// No cut while one of these is called for the premise's area or everywhere.
    Weather {
        /// What was called.
        called: Vec<Weather>,
        /// Or was so many days before.
        preceding_days: u8,
    },
    /// No cut by the temperatures of the premise's area, measured or forecast, in whole degrees Fahrenheit.
    Degrees {
        /// Which temperature, on which side.
        is: Temperature,
        /// Of how many degrees.
        degrees_f: i16,
        /// Looks at so many days before.
        preceding_days: u8,
        /// And at so many days after.
        following_days: u8,
        /// It has to be so on each of these days, not only on one.
        every_day: bool,
    },
    /// No cut before a notice is so old.
    Notice {
        /// To whom.
        to: NoticeTo,
        /// In which ways; empty: in any.
        kinds: Vec<NoticeKind>,
        /// Days from the notice's day to the cut's.
        least_days: u16,
        /// The days are working days, which are these; none: any days.
        working: Option<OpenDays>,
        /// To a customer who speaks Spanish it was given in Spanish.
        customers_language: bool,
    },
    /// Somebody depends on the service: so many persons together override that.
    Medical {
        /// So many days from the certificate's; none: until it is lifted.
        days: Option<u16>,
        /// Persons who override.
        persons: u8,
    },
    /// So many persons have to approve of the cut.
    Approval {
        /// Persons.
        persons: u8,
    },

    /// What has to be paid to be restored: what is past due, and what this adds or caps.
    MinimumToRestore {
        /// Added, in minor units.
        fee_minor: i64,
        /// But not more than this, in minor units.
        at_most_minor: Option<i64>,
        /// The currency of both.
        currency: Currency,
    },
    /// By when somebody who paid is back on.
    Reconnect {
        /// The clock.
        clock: ReconnectClock,
        /// The working days of a clock that counts them.
        open: OpenDays,
    },
    /// Within which hours reconnects are made outside of the working day; none: they are not.
    AfterHours(Option<Window>),
    /// What sets off a fee. Prices are the billing system's.
    Fees(Vec<Fee>),
    /// Crews may take money.
    MoneyAtDoor(bool),
    /// A cut may begin on data that is so many minutes old.
    PermitMinutes(u16),
    /// For so many days something is kept.
    Retention {
        /// What.
        kept: Kept,
        /// Days.
        days: u16,
    },
}

impl RuleKind {
    /// It can refuse a day or hours of it.
    pub(super) const fn is_about_time(&self) -> bool {
        match self {
            Self::CutDays(_)
            | Self::CutHours { .. }
            | Self::LastHour { .. }
            | Self::Holidays { .. }
            | Self::Blackout { .. }
            | Self::Weather { .. }
            | Self::Degrees { .. } => true,
            Self::Notice { .. } | Self::Medical { .. } | Self::Approval { .. } => false,
            Self::MinimumToRestore { .. }
            | Self::Reconnect { .. }
            | Self::AfterHours(_)
            | Self::Fees(_)
            | Self::MoneyAtDoor(_)
            | Self::PermitMinutes(_)
            | Self::Retention { .. } => false,
        }
    }
}

codes! {
    /// What a weather service or the utility calls.
    Weather, "kind of weather" {
        Freeze = "freeze",
        HeatAdvisory = "heat_advisory",
        Storm = "storm",
        Flood = "flood",
        Smoke = "smoke",
    }

    /// A temperature of a day, and the side on which it has to lie.
    Temperature, "kind of temperature" {
        LowAtMost = "low_at_most",
        HighAtMost = "high_at_most",
        HighAtLeast = "high_at_least",
    }

    /// How a notice was given.
    NoticeKind, "kind of notice" {
        Mail = "mail",
        CertifiedMail = "certified_mail",
        Door = "door",
        Personal = "personal",
        Phone = "phone",
        Electronic = "electronic",
    }

    /// To whom a notice was given.
    NoticeTo, "receiver of notices" {
        Customer = "customer",
        ThirdParty = "third_party",
        Tenants = "tenants",
    }

    /// What sets off a fee.
    Fee, "fee" {
        TripMade = "trip_made",
        CutMade = "cut_made",
        Reconnect = "reconnect",
        AfterHours = "after_hours",
        Tamper = "tamper",
        NoticeDelivered = "notice_delivered",
    }

    /// What is kept for a time.
    Kept, "thing that is kept" {
        Photos = "photos",
        Positions = "positions",
        Amounts = "amounts",
    }
}
