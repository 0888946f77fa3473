//! Use cases: each opens a unit of work, asks the rules in `curbstop_shared`, writes, and commits.
//!
//! A service function takes `&AppState`, the [`Actor`](authorise::Actor) and parsed values, and returns a value or a
//! [`ServiceError`]. What a person can put right is a [`Refusal`], whose `code` is part of the API and never changes.

pub mod access_tokens;
pub mod accounts;
mod against_order;
pub mod audit_trail;
pub mod authorise;
pub mod authorship;
pub mod backing_up;
mod before_listing;
pub mod board;
mod carrying;
pub mod charging;
pub mod crew_out;
pub mod crews;
pub mod day_views;
pub mod days;
pub mod deciding;
pub mod demonstrating;
pub mod enrolment;
pub mod evidence;
pub mod exceptions;
pub mod figures;
pub mod finalising;
mod found_off;
pub mod giving_back;
pub mod go_codes;
pub mod handing_in;
pub mod hazards;
pub mod history;
pub mod holding;
pub mod housekeeping;
pub mod idempotency;
pub mod importing;
mod into_route;
pub mod left_out;
pub mod mappings;
pub mod missing_evidence;
mod names;
pub mod on_paper;
pub mod orders;
pub mod part_paid;
pub mod passwords;
pub mod payments;
pub mod people;
mod permit_and_fee;
pub mod planning;
pub mod protecting;
pub mod recording;
pub mod releasing;
pub mod reports;
pub mod results;
pub mod riding;
pub mod route_sheet;
pub mod routes;
pub mod sessions;
pub mod spreading;
pub mod suspending;
pub mod syncing;
pub mod taking_back;
pub mod telling;
pub mod told_by_phone;
pub mod trucks;
pub mod unlike_receipts;
pub mod unread_payments;
pub mod utility;
pub mod voice;
mod whereabouts;
pub mod withdrawing;

use crate::store::StoreError;

/// Why a use case did not happen.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The caller can do something about it.
    #[error("{0}")]
    Refused(Refusal),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something that must not happen did. The text is for the log.
    #[error("internal: {0}")]
    Internal(String),
}

/// A refusal that tells the caller what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Refusal {
    /// What kind, which decides the HTTP status.
    pub kind: RefusalKind,
    /// Stable, snake_case: part of the API.
    pub code: &'static str,
    /// A sentence that says what is wrong and what to do.
    pub detail: String,
    /// When trying again may help.
    pub retry_after_s: Option<u32>,
}

/// Kinds of refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// 400: the request can't be understood.
    BadRequest,
    /// 401: nobody we know.
    Unauthenticated,
    /// 403: known, but not allowed.
    Forbidden,
    /// 404: not there, or not for the caller.
    NotFound,
    /// 409: it contradicts what is there.
    Conflict,
    /// 410: it was there.
    Gone,
    /// 413: too much.
    TooLarge,
    /// 415: not a format that is read here.
    UnsupportedMedia,
    /// 422: understood, but a value can't be used.
    Unprocessable,
    /// 429: too often.
    TooMany,
    /// 503: not now.
    Busy,
}

impl ServiceError {
    /// A refusal.
    pub fn refused(kind: RefusalKind, code: &'static str, detail: impl Into<String>) -> Self {
        Self::Refused(Refusal { kind, code, detail: detail.into(), retry_after_s: None })
    }

    /// 404, `<what>_not_found`-like: `code` is given in full so that it can be searched for.
    pub fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self::refused(RefusalKind::NotFound, code, detail)
    }

    /// 409.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::refused(RefusalKind::Conflict, code, detail)
    }

    /// 422: a value can't be used. Name the field.
    pub fn invalid(code: &'static str, detail: impl Into<String>) -> Self {
        Self::refused(RefusalKind::Unprocessable, code, detail)
    }

    /// 403.
    pub fn forbidden(code: &'static str, detail: impl Into<String>) -> Self {
        Self::refused(RefusalKind::Forbidden, code, detail)
    }

    /// 401.
    pub fn unauthenticated(code: &'static str, detail: impl Into<String>) -> Self {
        Self::refused(RefusalKind::Unauthenticated, code, detail)
    }

    /// 429 or 503 with a time to wait.
    #[must_use]
    pub fn after(self, retry_after_s: u32) -> Self {
        match self {
            Self::Refused(refusal) => Self::Refused(Refusal { retry_after_s: Some(retry_after_s), ..refusal }),
            other => other,
        }
    }

    /// The code of a refusal.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => Some(refusal.code),
            Self::Store(_) | Self::Internal(_) => None,
        }
    }
}
