//! The sums and groups that a person compares with the billing system before anything is used.

use super::{register::OpenOrder, report::Exclusion};
use crate::shape::Shape;
use chrono::NaiveDate;
use curbstop_shared::vocabulary::{HoldReason, OrderKind, Product, Reason};
use serde::Serialize;
use std::collections::BTreeMap;

/// The sums of one kind of file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "FileSummary")]
pub enum Summary {
    /// Of a premises file.
    Premises(PremisesSummary),
    /// Of a holds file.
    Holds(HoldsSummary),
    /// Of a listing.
    Listing(ListingSummary),
    /// Of a payment journal.
    Payments(PaymentsSummary),
}

/// How much of a town a premises file describes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, schemars::JsonSchema)]
pub struct PremisesSummary {
    /// Distinct accounts.
    pub accounts: usize,
    /// Distinct premises.
    pub premises: usize,
    /// Services at addresses.
    pub service_points: usize,
    /// Distinct meters.
    pub meters: usize,
    /// Service points that no map can show.
    pub without_location: usize,
    /// Service points by what they deliver.
    #[schemars(with = "BTreeMap<Shape<Product>, usize>")]
    pub by_service: BTreeMap<Product, usize>,
}

/// The holds of a file, and those that stop a cut on the day of the listing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, schemars::JsonSchema)]
pub struct HoldsSummary {
    /// Accepted holds by kind.
    #[schemars(with = "BTreeMap<Shape<HoldReason>, usize>")]
    pub accepted_by_kind: BTreeMap<HoldReason, usize>,
    /// Holds in force.
    pub in_force_on_as_of: usize,
    /// The same by kind.
    #[schemars(with = "BTreeMap<Shape<HoldReason>, usize>")]
    pub in_force_by_kind: BTreeMap<HoldReason, usize>,
    /// Distinct accounts with a hold in force.
    pub accounts_held: usize,
    /// What agencies pledged with the accepted holds, in cents.
    pub pledged_minor: i64,
    /// Accepted holds that have no last day.
    pub until_lifted: usize,
}

/// What a listing asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, schemars::JsonSchema)]
pub struct ListingSummary {
    /// Kinds of work that it asks for.
    #[schemars(with = "Vec<Shape<OrderKind>>")]
    pub order_kinds: Vec<OrderKind>,
    /// Accounts with at least one accepted row: each becomes one order.
    pub orders: usize,
    /// Accepted rows: each becomes a line of an order.
    pub order_lines: usize,
    /// Accounts with more than one accepted row.
    pub accounts_with_several_lines: usize,
    /// Past due of the accepted rows, in cents.
    pub past_due_minor: i64,
    /// Total due of the accepted rows, in cents.
    pub total_due_minor: i64,
    /// Accepted rows by reason.
    #[schemars(with = "BTreeMap<Shape<Reason>, usize>")]
    pub by_reason: BTreeMap<Reason, usize>,
    /// Accepted rows by the day their notice was mailed.
    pub notices: Vec<NoticeAge>,
    /// Excluded rows by why.
    pub excluded_by_reason: BTreeMap<Exclusion, usize>,
    /// Accounts to be cut at premises that need care.
    pub sensitive_accounts: Vec<String>,
    /// Accounts to be cut at premises where another account has a medical hold: essential services stay on there.
    pub medical_premise_accounts: Vec<String>,
    /// Orders of earlier listings that are not done, at accounts that are to be cut: no account gets a second one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub open_orders: Vec<OpenOrder>,
}

/// How many accepted rows had their notice mailed on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct NoticeAge {
    /// The day.
    pub notice_date: NaiveDate,
    /// How many days before the day of the listing that is.
    pub days: i64,
    /// Accepted rows.
    pub rows: usize,
}

/// What a journal brings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, schemars::JsonSchema)]
pub struct PaymentsSummary {
    /// Payments.
    pub payments: usize,
    /// Their sum, in cents.
    pub payments_minor: i64,
    /// Returned checks and reversals.
    pub reversals: usize,
    /// Their sum, in cents; negative.
    pub reversals_minor: i64,
    /// Both together, in cents.
    pub net_minor: i64,
}
