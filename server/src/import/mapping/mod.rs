//! Says, as data, which heading of a source's file means what, so that a new billing system is a new mapping and no
//! new code.

mod built_in;
mod field;
mod heading;

pub use built_in::built_in;
pub use field::Field;
pub use heading::{Heading, Layout, find_layout, normalised_cells, without_digits};

use super::text::{Delimiter, Quoting};
use crate::shape::Shape;
use curbstop_shared::vocabulary::OrderKind;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// What a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "FileKind")]
pub enum Kind {
    /// Every service at every address, with its meter.
    Premises,
    /// What keeps a cut from happening.
    Holds,
    /// Who is to be cut.
    Listing,
    /// What the cashier took.
    Payments,
}

impl Kind {
    /// The kind's name, as files and the API say it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Premises => "premises",
            Self::Holds => "holds",
            Self::Listing => "listing",
            Self::Payments => "payments",
        }
    }

    /// The columns without which a file of this kind can't be understood.
    #[must_use]
    pub const fn required(self) -> &'static [Field] {
        match self {
            Self::Premises => &[Field::Premise, Field::Account, Field::Address, Field::Service],
            Self::Holds => &[Field::Hold, Field::Account, Field::HoldCode, Field::Start],
            Self::Listing => &[Field::Account, Field::Meter, Field::PastDue, Field::NoticeDate],
            Self::Payments => &[Field::Receipt, Field::Account, Field::PaymentDate, Field::Amount],
        }
    }

    /// Columns that a row must reach where the file has them: cut short before one of these, a row may have lost
    /// what would stop a cut. Other cells at a row's end may be missing, since spreadsheets drop empty ones.
    #[must_use]
    pub const fn decisive(self) -> &'static [Field] {
        match self {
            Self::Premises => &[Field::Meter],
            Self::Holds => &[],
            Self::Listing => &[Field::Service, Field::Status, Field::MedicalFlag, Field::TotalDue],
            Self::Payments => &[Field::PaymentType],
        }
    }

    /// Columns that a total, a page heading or a closing line leaves empty: text in one of them makes a row a data
    /// row, whatever its first cell says.
    #[must_use]
    pub const fn evidence_of_data(self) -> &'static [Field] {
        match self {
            Self::Premises => &[Field::Address, Field::Service],
            Self::Holds => &[Field::HoldCode, Field::Start],
            Self::Listing => &[Field::Meter, Field::NoticeDate],
            Self::Payments => &[Field::PaymentDate],
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that is no kind of file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a kind of file: use premises, holds, listing or payments")]
pub struct BadKind(String);

impl FromStr for Kind {
    type Err = BadKind;
    fn from_str(text: &str) -> Result<Self, BadKind> {
        [Self::Premises, Self::Holds, Self::Listing, Self::Payments]
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| BadKind(text.chars().take(40).collect()))
    }
}

/// Which of day and month stands first in dates with slashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// 10/14/2026
    #[default]
    MonthFirst,
    /// 14/10/2026
    DayFirst,
}

/// How one source's file of one kind is laid out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// What reports call it.
    pub name: String,
    /// What the files are about.
    pub kind: Kind,
    /// The work that a listing asks for; without it the product decides (water: turn off; electric: lock the meter).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Shape<OrderKind>>")]
    pub order_kind: Option<OrderKind>,
    /// The delimiter, where it must not be found out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<Delimiter>,
    /// Whether cells may be quoted, where it must not be found out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoting: Option<Quoting>,
    /// Day or month first.
    #[serde(default)]
    pub dates: DateOrder,
    /// Headings that mean a field, the best first. Case, spaces and punctuation do not matter.
    pub columns: BTreeMap<Field, Vec<String>>,
    /// A source's code -> ours, for each field that holds codes. Case does not matter.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub codes: BTreeMap<Field, BTreeMap<String, String>>,
    /// What holds for every row of the file, where no column says it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub constants: BTreeMap<Field, String>,
    /// Fields that a row leaves out where they are as in the row above, the deciding one first: of a list of boxes by
    /// account, the account and what is said about it stand on its first line only. A row without the deciding field
    /// takes all of them from the last row that had it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carried: Vec<Field>,
    /// Further beginnings of lines that are no data rows, beside those that are recognised anyway.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_data: Vec<String>,
}

impl Mapping {
    /// Our code for a source's code, or nothing where the mapping does not know it.
    #[must_use]
    pub fn code(&self, field: Field, theirs: &str) -> Option<&str> {
        self.codes
            .get(&field)?
            .iter()
            .find(|(code, _)| code.eq_ignore_ascii_case(theirs))
            .map(|(_, ours)| ours.as_str())
    }

    /// The fields without which a file of this kind can't be understood, and for which it names no heading and no
    /// constant.
    pub fn lacking(&self) -> impl Iterator<Item = Field> + '_ {
        let said = |field: &Field| {
            self.columns.get(field).is_some_and(|headings| !headings.is_empty()) || self.constants.contains_key(field)
        };
        self.kind.required().iter().copied().filter(move |field| !said(field))
    }

    /// The codes that a field may hold, for the sentence that says that another one isn't known.
    #[must_use]
    pub fn known_codes(&self, field: Field) -> String {
        self.codes.get(&field).map_or_else(String::new, |codes| codes.keys().cloned().collect::<Vec<_>>().join(", "))
    }
}
