//! Facts: immutable things that somebody did or learned, with an id, an author and a device's time.
//!
//! A fact is written once into `/facts/<id>` of a route document as a flat map of scalars ([`RawFact`]) and read as
//! a typed [`Fact`]. It is never changed or deleted; a [`Correction`] is a new fact that names the one it replaces.

mod at_the_door;
mod body;
mod by_crew;
mod discreet;
pub(crate) mod flat;
mod raw;
mod texts;
mod understood;

pub use at_the_door::{Door, claim};
pub use body::*;
pub use by_crew::{BadCorrection, Corrector};
pub use raw::{FieldValue, RawFact};
pub use texts::{is_control, turns_direction};

use crate::{
    ids::{DeviceId, FactId, OrderId, PersonId, RouteId},
    time::Micros,
};
use serde::{Deserialize, Serialize};

/// The version of the facts that this build writes. The gate accepts this one and the one before. Readers of a document
/// keep every fact; what they make of one that they don't wholly know is in [`RawFact::understood`].
pub const FACT_VERSION: i64 = 1;

/// Where a relayed fact was first made: causality is judged there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// The route document.
    pub doc: RouteId,
    /// The change, by its hash in lower-case hex.
    pub change: String,
}

/// Who recorded a fact, about which order, when, on what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The order it is about.
    pub order: OrderId,
    /// The clock of the device (or server) that recorded it.
    pub at: Micros,
    /// The person who is its author; absent where a machine acted on nobody's behalf.
    pub by: Option<PersonId>,
    /// The tablet it was recorded on; absent for the server's own.
    pub device: Option<DeviceId>,
}

/// One immutable fact.
///
/// A fact that belongs to a visit names it in its body and has no header of its own: it inherits the visit's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Its id, made by whoever recorded it.
    pub id: FactId,
    /// Version of its fields.
    pub v: i64,
    /// Present unless inherited from the visit.
    pub header: Option<Header>,
    /// Present where the server relayed it from another document.
    pub home: Option<Home>,
    /// Its author was asked for a PIN on the tablet and went on without giving it. What a visit's own facts inherit.
    pub without_pin: bool,
    /// What it says.
    pub body: FactBody,
}

impl Fact {
    /// A fact with a header of its own, in this build's version.
    #[must_use]
    pub const fn new(id: FactId, header: Header, body: FactBody) -> Self {
        Self { id, v: FACT_VERSION, header: Some(header), home: None, without_pin: false, body }
    }

    /// A fact that belongs to a visit and inherits its header.
    #[must_use]
    pub const fn of_visit(id: FactId, body: FactBody) -> Self {
        Self { id, v: FACT_VERSION, header: None, home: None, without_pin: false, body }
    }

    /// The visit that this fact belongs to.
    #[must_use]
    pub fn visit(&self) -> Option<&FactId> {
        self.body.visit()
    }
}

/// Why a raw fact is not a fact. The text names the field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFact {
    /// Its version is older than this build accepts.
    #[error("it was made by version {0} of the app, which is too old: update the app, then send it again")]
    UpgradeRequired(i64),
    /// A field is missing, unknown or out of range.
    #[error("field `{field}`: {why}")]
    Field {
        /// The field.
        field: String,
        /// What is wrong with it.
        why: String,
    },
}

impl BadFact {
    /// A complaint about one field.
    #[must_use]
    pub fn field(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Field { field: field.into(), why: why.into() }
    }
}
