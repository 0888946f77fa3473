//! What whoever brought a file in is told.

use crate::shape::Shape;
use crate::{
    import::{Report, payments::AgainstListings},
    moment::Moment,
    planning::remarks::{self, RunRemark},
    store::listings::Listing,
};
use chrono::NaiveDate;
use curbstop_shared::{ids::ListingId, time::Micros};
use serde::Serialize;
use uuid::Uuid;

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "ImportOutcome")]
pub struct Outcome {
    /// The import; none where nothing was stored.
    pub import: Option<Uuid>,
    /// Nothing was stored.
    pub dry_run: bool,
    /// This very file came before.
    pub seen_before: Option<SeenBefore>,
    /// The listing that it became or is.
    pub listing: Option<ListingView>,
    /// What the payments of a journal mean for the listings of that day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against_listings: Option<AgainstListings>,
    /// What became of each row.
    #[serde(flatten)]
    pub report: Report,
}

/// When the same bytes came before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct SeenBefore {
    /// That import.
    pub import: Uuid,
    /// When.
    pub imported_at: Moment,
}

/// A listing as desks see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Listing")]
pub struct ListingView {
    /// Its id.
    #[schemars(with = "Shape<ListingId>")]
    pub id: ListingId,
    /// `draft`, `final` or `withdrawn`.
    pub state: String,
    /// Its version number, once it is final.
    pub number: Option<i64>,
    /// Who sent it.
    pub source: String,
    /// The day of the cut.
    pub as_of: String,
    /// When the draft was made.
    pub created_at: Moment,
    /// When it became final.
    pub finalised_at: Option<Moment>,
    /// Who made it final.
    pub finalised_by: Option<Uuid>,
    /// SHA-256 over its rows when it became final.
    pub rows_sha256: Option<String>,
    /// The day on which the billing system ran it, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_on: Option<String>,
    /// The moment, where it says a time too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_at: Option<Moment>,
}

impl ListingView {
    /// What there is to say about its age for the day of its cut.
    #[must_use]
    pub fn remark(&self) -> Option<RunRemark> {
        let day: NaiveDate = self.as_of.parse().ok()?;
        remarks::of_run(self.run_on.as_ref()?.parse().ok(), day)
    }
}

impl From<Listing> for ListingView {
    fn from(row: Listing) -> Self {
        Self {
            id: ListingId(row.id),
            state: row.state,
            number: row.number,
            source: row.source,
            as_of: row.as_of,
            created_at: Moment(Micros(row.created_at_us)),
            finalised_at: row.finalised_at_us.map(|at| Moment(Micros(at))),
            finalised_by: row.finalised_by,
            rows_sha256: row.rows_sha256,
            run_on: row.run_on,
            run_at: row.run_at_us.map(|at| Moment(Micros(at))),
        }
    }
}
