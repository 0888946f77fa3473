//! Identifiers, each a type of its own so that a crew can't be passed where a device is meant.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// A text that is not the identifier it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not a {what}")]
pub struct BadId {
    /// What was expected, as a reader of an error would call it.
    pub what: &'static str,
    /// What was found.
    pub text: String,
}

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident, $what:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                Uuid::parse_str(text).map(Self).map_err(|_| BadId { what: $what, text: text.chars().take(80).collect() })
            }
        }
    )+};
}

uuid_ids! {
    /// One piece of field work at one premise.
    OrderId, "order id";
    /// One crew's document for one date and generation; also the id of its automerge document.
    RouteId, "route id";
    /// An enrolled tablet or phone.
    DeviceId, "device id";
    /// A person who signs in.
    PersonId, "person id";
    /// A crew, the utility's own or a contractor's.
    CrewId, "crew id";
    /// One imported credit control listing.
    ListingId, "listing id";
}

/// The id of a fact: a ULID (26 characters) or a UUID (36), as text. Made by whoever recorded the fact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct FactId(String);

impl FactId {
    /// The id as it stands in the route document.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The fact id that says a UUID as text.
    #[must_use]
    pub fn from_uuid(id: Uuid) -> Self {
        Self(id.to_string())
    }
}

impl FromStr for FactId {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        let ulid = text.len() == 26 && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        // Only the lower-case hyphenated form: one fact must not have two spellings of its id.
        let uuid = text.len() == 36 && !text.bytes().any(|b| b.is_ascii_uppercase()) && Uuid::parse_str(text).is_ok();
        if ulid || uuid {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadId { what: "fact id (ULID or UUID text)", text: text.chars().take(80).collect() })
        }
    }
}

impl fmt::Display for FactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for FactId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A line of an order (one service point or one piece of equipment): "1", "2", ... within its order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LineId(pub String);

impl fmt::Display for LineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The names under which derived ids live: the same cause gives the same id on every server and after every merge.
const DERIVED: Uuid = Uuid::from_bytes(*b"curbstop-derived");

impl OrderId {
    /// The order that a finalised listing makes for an account's work of one kind at one premise, however often it
    /// is asked to.
    #[must_use]
    pub fn of_listing(listing: ListingId, kind: crate::vocabulary::OrderKind, premise: &str, account: &str) -> Self {
        // The length keeps two pairs of texts apart that would read the same one after the other.
        let length = premise.len();
        Self(Uuid::new_v5(&DERIVED, format!("listed:{listing}:{kind}:{length}:{premise}:{account}").as_bytes()))
    }

    /// The first reconnect that a cut order calls for. Until it is over it is the only one, however many releases ask
    /// for it and however often servers and merges work it out again.
    #[must_use]
    pub fn reconnect_of(cut: Self) -> Self {
        Self(Uuid::new_v5(&DERIVED, format!("reconnect:{cut}").as_bytes()))
    }

    /// Every reconnect that a cut order may come to call for, one after the other: the next one only once the one
    /// before is over and somebody is off all the same.
    pub fn reconnects_of(cut: Self) -> impl Iterator<Item = Self> {
        let later = move |n| Self(Uuid::new_v5(&DERIVED, format!("reconnect:{cut}:{n}").as_bytes()));
        std::iter::once(Self::reconnect_of(cut)).chain((1_u32..).map(later))
    }
}

impl FactId {
    /// The recall that a release, hold or listing causes for one order.
    #[must_use]
    pub fn recall_of(order: OrderId, cause: &str) -> Self {
        Self::from_uuid(Uuid::new_v5(&DERIVED, format!("recall:{order}:{cause}").as_bytes()))
    }

    /// A claim made at one door as it stands at another order that it concerns.
    #[must_use]
    pub fn claim_at(order: OrderId, claim: &Self) -> Self {
        Self::from_uuid(Uuid::new_v5(&DERIVED, format!("claim:{order}:{claim}").as_bytes()))
    }
}
