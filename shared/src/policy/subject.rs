//! What rules are asked about: an order, what is known of its customer, and the weather.

use super::{NoticeKind, NoticeTo, Weather};
use crate::{
    language::Language,
    vocabulary::{OrderKind, Product, Reason, codes},
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// An order, as far as rules go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// What is to be done.
    pub kind: OrderKind,
    /// Why.
    pub reason: Reason,
    /// What its lines deliver.
    pub products: Vec<Product>,
    /// The customer's class, where it is known.
    pub class: Option<Class>,
    /// The premise's and account's flags, as they were imported: `sensitive`, `landlord_account`, ...
    pub flags: Vec<String>,
    /// The customer's language.
    pub language: Language,
    /// The area for which weather is called (a county); none where nobody knows it: then any area's weather counts.
    pub area: Option<String>,
    /// The notices that are proven.
    pub notices: Vec<Notice>,
    /// The day of a medical certificate for somebody at the premise.
    pub medical: Option<NaiveDate>,
    /// So many persons have approved of this cut.
    pub approvals: u8,
}

impl Subject {
    /// An order for a reason, of which nothing else is known.
    #[must_use]
    pub const fn new(kind: OrderKind, reason: Reason, products: Vec<Product>) -> Self {
        Self {
            kind,
            reason,
            products,
            class: None,
            flags: Vec::new(),
            language: Language::En,
            area: None,
            notices: Vec::new(),
            medical: None,
            approvals: 0,
        }
    }

    /// Only cuts for collections reasons are judged.
    #[must_use]
    pub const fn is_judged(&self) -> bool {
        self.kind.is_cut() && self.reason.is_collections()
    }
}

/// A notice that was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// To whom.
    pub to: NoticeTo,
    /// How.
    pub kind: NoticeKind,
    /// When.
    pub on: NaiveDate,
    /// In which languages.
    pub languages: Vec<Language>,
}

codes! {
    /// What a customer is.
    Class, "class of customers" {
        Residential = "residential",
        MultiFamily = "multi_family",
        Commercial = "commercial",
        Industrial = "industrial",
        Public = "public",
    }
}

impl Class {
    /// What a billing system's word means (`RES`, `Multi-Family`, `COM`); none where nobody can say.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let word: String = text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        Some(match word.as_str() {
            "r" | "res" | "resi" | "residential" => Self::Residential,
            "mf" | "multi" | "multifamily" => Self::MultiFamily,
            "c" | "com" | "comm" | "commercial" => Self::Commercial,
            "i" | "ind" | "industrial" => Self::Industrial,
            "gov" | "govt" | "government" | "public" | "municipal" => Self::Public,
            _ => return None,
        })
    }

    /// Whether a rule for these classes is for this one: people live in a house of flats as in one of their own.
    pub(super) fn is_among(self, classes: &[Self]) -> bool {
        classes.contains(&self) || self == Self::MultiFamily && classes.contains(&Self::Residential)
    }
}

/// What is known of the weather.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    /// What was called.
    pub called: Vec<Called>,
    /// Temperatures, measured or forecast.
    pub forecasts: Vec<Forecast>,
}

/// Weather that was called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {
    /// What.
    pub what: Weather,
    /// Where; none: everywhere.
    pub area: Option<String>,
    /// On which day.
    pub on: NaiveDate,
}

/// A day's temperatures in whole degrees Fahrenheit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// Where; none: everywhere.
    pub area: Option<String>,
    /// On which day.
    pub on: NaiveDate,
    /// The lowest.
    pub low_f: Option<i16>,
    /// The highest.
    pub high_f: Option<i16>,
}

impl Subject {
    /// Whether what is said of an area is said of this premise. Doubt is for the customer.
    pub(super) fn is_in(&self, area: Option<&str>) -> bool {
        self.area.as_deref().zip(area).is_none_or(|(own, area)| own.eq_ignore_ascii_case(area))
    }
}
