//! Areas in which cuts are suspended: by what an area is named, and whether a premise lies in it.

use super::standing::Hold;
use chrono::NaiveDate;
use curbstop_shared::vocabulary::{HoldReason, HoldScope};
use serde::{Deserialize, Serialize};

/// By what an area is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Covers {
    /// The whole utility.
    Everywhere,
    /// Cities, as the premises file has them.
    City,
    /// Postal codes.
    Zip,
    /// Billing cycles.
    Cycle,
    /// Reading routes of the billing system.
    Route,
}

impl Covers {
    /// All of them, the widest first.
    pub const ALL: [Self; 5] = [Self::Everywhere, Self::City, Self::Zip, Self::Cycle, Self::Route];

    /// As it is stored and called.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::City => "city",
            Self::Zip => "zip",
            Self::Cycle => "cycle",
            Self::Route => "route",
        }
    }

    /// The one of a code.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|covers| covers.code() == code)
    }
}

/// Where a premise lies, in the billing system's words; empty where it does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lies {
    /// The city.
    pub city: String,
    /// The postal code.
    pub zip: String,
    /// The billing cycle.
    pub cycle: String,
    /// The reading route.
    pub route: String,
}

/// A suspension of cuts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    /// By what its area is named.
    pub covers: Covers,
    /// Which ones; none where it is everywhere.
    pub places: Vec<String>,
    /// `weather` or `area_suspension`.
    pub reason: HoldReason,
    /// First day.
    pub from: NaiveDate,
    /// Last day, included; none: until it is lifted.
    pub good_through: Option<NaiveDate>,
    /// First day on which it no longer counts.
    pub lifted: Option<NaiveDate>,
}

impl Suspension {
    /// Whether a premise lies in the area. Capitals and spaces at the ends say nothing; a premise of which the file does
    /// not say where it lies is covered only by [`Covers::Everywhere`].
    #[must_use]
    pub fn reaches(&self, lies: &Lies) -> bool {
        let of_premise = match self.covers {
            Covers::Everywhere => return true,
            Covers::City => &lies.city,
            Covers::Zip => &lies.zip,
            Covers::Cycle => &lies.cycle,
            Covers::Route => &lies.route,
        };
        let of_premise = of_premise.trim();
        !of_premise.is_empty()
            && self.places.iter().any(|place| place.trim().to_lowercase() == of_premise.to_lowercase())
    }

    /// What it is for a premise that lies in it.
    #[must_use]
    pub fn hold(&self, premise: &str) -> Hold {
        Hold {
            reason: self.reason,
            scope: HoldScope::Area,
            account: String::new(),
            premise: premise.to_owned(),
            from: self.from,
            good_through: self.good_through,
            lifted: self.lifted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storm(covers: Covers, places: &[&str]) -> Suspension {
        Suspension {
            covers,
            places: places.iter().map(|place| (*place).to_owned()).collect(),
            reason: HoldReason::Weather,
            from: NaiveDate::from_ymd_opt(2026, 11, 23).unwrap(),
            good_through: None,
            lifted: None,
        }
    }

    #[test]
    fn a_premise_lies_in_an_area_by_the_billing_systems_own_words() {
        let house = Lies { city: "ALDER FORK ".into(), zip: "69999".into(), cycle: "01".into(), route: "001".into() };
        assert!(storm(Covers::City, &["Alder Fork"]).reaches(&house));
        assert!(storm(Covers::Zip, &["70000", "69999"]).reaches(&house));
        assert!(!storm(Covers::Zip, &["6999"]).reaches(&house));
        assert!(!storm(Covers::Cycle, &["1"]).reaches(&house), "01 and 1 are two cycles");
        assert!(storm(Covers::Everywhere, &[]).reaches(&Lies::default()));
        assert!(!storm(Covers::Route, &[""]).reaches(&Lies::default()), "nobody knows where it lies");
    }

    #[test]
    fn every_code_is_read_back() {
        for covers in Covers::ALL {
            assert_eq!(Covers::of_code(covers.code()), Some(covers));
            assert_eq!(serde_json::to_value(covers).unwrap(), covers.code());
        }
    }
}
