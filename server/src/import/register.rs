//! What Curbstop already knows when a file comes in: accounts, meters and holds, looked up while rows are read.

use crate::planning::counted::Kept;
use crate::shape::Shape;
use chrono::NaiveDate;
use curbstop_shared::vocabulary::{HoldReason, OrderKind, Product};
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// The known accounts, meters, holds in force, orders that are not done and receipts. Filled by the store, or from rows just read.
#[derive(Debug, Clone, Default)]
pub struct Register {
    accounts: HashMap<String, HashSet<String>>,
    without_zeros: HashMap<String, String>,
    meters: HashMap<String, KnownMeter>,
    sensitive: HashSet<String>,
    holds: HashMap<String, Vec<HoldInForce>>,
    medical_premises: HashSet<String>,
    /// By account and premise.
    open_orders: HashMap<(String, String), Vec<OpenOrder>>,
    /// By account and receipt: two customers may have paid at once, on one slip.
    receipts: HashMap<(String, String), Kept>,
}

/// A meter that some premise has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownMeter {
    /// The account that pays for it.
    pub account: String,
    /// Where it is.
    pub premise: String,
    /// What it measures.
    pub product: Product,
}

/// A hold that stops a cut on the day of the listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct HoldInForce {
    /// The hold's number.
    pub hold: String,
    /// Why.
    #[schemars(with = "Shape<HoldReason>")]
    pub kind: HoldReason,
}

/// An order of an earlier listing that is not done: its account gets no second one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
pub struct OpenOrder {
    /// The account.
    pub account: String,
    /// The order's number.
    pub order: String,
    /// Its work.
    #[schemars(with = "Shape<OrderKind>")]
    pub kind: OrderKind,
}

impl Register {
    /// A register that knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an account at a premise; a landlord's has several.
    pub fn add_account(&mut self, account: &str, premise: &str, sensitive: bool) {
        self.accounts.entry(account.to_owned()).or_default().insert(premise.to_owned());
        let bare = account.trim_start_matches('0');
        if bare != account {
            self.without_zeros.insert(bare.to_owned(), account.to_owned());
        }
        if sensitive {
            self.sensitive.insert(premise.to_owned());
        }
    }

    /// Adds an account's meter.
    pub fn add_meter(&mut self, serial: &str, account: &str, premise: &str, product: Product) {
        let meter = KnownMeter { account: account.to_owned(), premise: premise.to_owned(), product };
        self.meters.insert(serial.to_owned(), meter);
    }

    /// Adds a hold that is in force. The account must have been added before, so that its premises are known.
    pub fn add_hold(&mut self, account: &str, hold: HoldInForce) {
        if hold.kind == HoldReason::Medical
            && let Some(premises) = self.accounts.get(account)
        {
            self.medical_premises.extend(premises.iter().cloned());
        }
        self.holds.entry(account.to_owned()).or_default().push(hold);
    }

    /// Adds an order that is not done.
    pub fn add_open_order(&mut self, premise: &str, order: OpenOrder) {
        self.open_orders.entry((order.account.clone(), premise.to_owned())).or_default().push(order);
    }

    /// The order that is not done and does this work, or cuts too, where this would cut.
    #[must_use]
    pub fn open_order(&self, account: &str, premise: &str, kind: OrderKind) -> Option<&OpenOrder> {
        let open = self.open_orders.get(&(account.to_owned(), premise.to_owned()))?;
        open.iter().find(|it| it.kind == kind || (it.kind.is_cut() && kind.is_cut()))
    }

    /// Adds what is kept of a receipt, from an earlier file or from the office.
    pub fn add_receipt(&mut self, receipt: &str, kept: Kept) {
        self.receipts.insert((kept.account.clone(), receipt.to_owned()), kept);
    }

    /// Whether any premise has this account.
    #[must_use]
    pub fn knows_account(&self, account: &str) -> bool {
        self.accounts.contains_key(account)
    }

    /// The premises of an account: a landlord's has several.
    pub fn premises_of(&self, account: &str) -> impl Iterator<Item = &str> {
        self.accounts.get(account).into_iter().flatten().map(String::as_str)
    }

    /// The account that this text probably was before its leading zeros were lost.
    #[must_use]
    pub fn with_zeros(&self, text: &str) -> Option<&str> {
        self.without_zeros.get(text).map(String::as_str)
    }

    /// A meter by its serial.
    #[must_use]
    pub fn meter(&self, serial: &str) -> Option<&KnownMeter> {
        self.meters.get(serial)
    }

    /// The holds that stop a cut of this account.
    #[must_use]
    pub fn holds_of(&self, account: &str) -> &[HoldInForce] {
        self.holds.get(account).map_or(&[], Vec::as_slice)
    }

    /// A premise that must be handled with care: a hospital, a day care.
    #[must_use]
    pub fn is_sensitive(&self, premise: &str) -> bool {
        self.sensitive.contains(premise)
    }

    /// Whether any account at the premise has a medical hold in force.
    #[must_use]
    pub fn has_medical_hold(&self, premise: &str) -> bool {
        self.medical_premises.contains(premise)
    }

    /// What is kept of this receipt.
    #[must_use]
    pub fn kept_of(&self, account: &str, receipt: &str) -> Option<&Kept> {
        self.receipts.get(&(account.to_owned(), receipt.to_owned()))
    }
}

/// From which day to which day something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The first day.
    pub start: NaiveDate,
    /// The last day, that day included; without it until it is lifted.
    pub good_through: Option<NaiveDate>,
    /// The first day on which it doesn't count any more.
    pub lifted: Option<NaiveDate>,
}

impl Term {
    /// Whether it holds on this day.
    #[must_use]
    pub fn in_force_on(&self, day: NaiveDate) -> bool {
        self.start <= day
            && self.good_through.is_none_or(|last| day <= last)
            && self.lifted.is_none_or(|lifted| day < lifted)
    }
}
