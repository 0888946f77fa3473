//! What an account has still to pay, from its orders and the money that came in since their listing was run.

use super::{
    asked::{Asked, Asks, least_asked},
    spent::{Services, not_made, released_at, services, spent_of},
};
use crate::{
    planning::{
        allotted::{self, Sum, missing},
        counted::{Moved, counted},
    },
    service::ServiceError,
    state::AppState,
    store::{
        Conn,
        listings::Listing,
        orders::OrderRow,
        payments::{self, PaymentRow},
    },
};
use curbstop_shared::{
    ids::{ListingId, OrderId},
    time::Micros,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What the account has still to pay to be restored: the past due of its waiting orders, less what came in since their
/// listings were run, each amount counted once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ToPay {
    /// In minor units; negative where more was paid than had to be. What may be missing in the listing's balance is
    /// taken as missing: in doubt nobody is cut.
    pub balance_minor: i64,
    /// How much of what was taken as paid is in doubt: perhaps the listing's balance has it already.
    pub in_doubt_minor: i64,
    /// When its listing was run, where that is known.
    pub run_at: Option<Micros>,
    /// The order that asks for it, or for the most of it.
    pub order: Option<OrderId>,
}

/// What an account's money comes to for its orders.
#[derive(Debug, Default)]
pub struct Weighed {
    /// What is still to pay for all of them.
    pub to_pay: ToPay,
    /// Those that it pays.
    pub paid: BTreeSet<OrderId>,
    /// What came in on top of what these ask for, in minor units.
    pub surplus_minor: i64,
    orders: BTreeMap<OrderId, Weight>,
}

/// What an order asks for, and how much of it is paid.
#[derive(Debug, Clone)]
pub struct Weight {
    /// Past due, in minor units.
    pub past_due_minor: i64,
    /// What of the account's money counts for it.
    pub paid_minor: i64,
    /// All that came in since reaches it, if nothing else is asked for.
    alone_is_paid: bool,
    /// The listing that says so.
    listing: Option<Listing>,
}

impl Weight {
    /// What is left to pay, in minor units.
    #[must_use]
    pub const fn left_minor(&self) -> i64 {
        let left = self.past_due_minor.saturating_sub(self.paid_minor);
        if left > 0 { left } else { 0 }
    }
}

impl Weighed {
    /// Whether the account's money would reach an order if it did not pay others.
    #[must_use]
    pub fn is_spoken_for(&self, order: OrderId) -> bool {
        !self.paid.contains(&order) && self.orders.get(&order).is_some_and(|weight| weight.alone_is_paid)
    }

    /// What an order asks for and how much of it is paid; none for one that was not weighed.
    #[must_use]
    pub fn of(&self, order: OrderId) -> Option<&Weight> {
        self.orders.get(&order)
    }
}

/// Weighs what the account has paid against these of its orders, once `more` is paid too. Orders for the same service of a
/// premise ask for the same debt: the one that is left with the most speaks for them. What released another order is not
/// there for these.
///
/// # Errors
/// When the store fails.
pub async fn weighed(
    state: &AppState,
    conn: &mut Conn,
    account: &str,
    orders: impl IntoIterator<Item = &OrderRow>,
    more: Option<&PaymentRow>,
) -> Result<Weighed, ServiceError> {
    let rows: Vec<&OrderRow> = orders.into_iter().collect();
    if rows.is_empty() {
        return Ok(Weighed::default());
    }
    let mut moved = payments::moved(conn, account).await?;
    moved.extend(more.map(not_kept_yet));
    let money = counted(&moved);
    let mut debts: Vec<(Services, Vec<(OrderId, Asks)>)> = Vec::new();
    for row in &rows {
        let services = services(conn, row).await?;
        let asks = least_asked(state, conn, row, &money, Asked::default()).await?;
        match debts.iter_mut().find(|(others, _)| !others.is_disjoint(&services)) {
            Some((others, orders)) => {
                others.extend(services);
                orders.push((OrderId(row.id), asks));
            }
            None => debts.push((services, vec![(OrderId(row.id), asks)])),
        }
    }
    let all: Services = debts.iter().flat_map(|(services, _)| services.iter().cloned()).collect();
    let mut before = spent_of(state, conn, account, &all, &money).await?;
    let debts: Vec<_> = debts.into_iter().map(|(_, orders)| orders).collect();
    let others = not_made(state, conn, account, &rows, &all, &money).await?;
    let both: Vec<Sum> = debts.iter().map(|orders| spoken_for(orders)).chain(others.iter().copied()).collect();
    let paid = allotted::paid(&before, &both);
    before.extend(others.into_iter().zip(&paid[debts.len()..]).filter(|(_, is)| **is).map(|(sum, _)| sum));
    Ok(of_debts(debts, &before))
}

/// Orders that were released at one moment for the same services.
type Released = (Option<Micros>, Services, Vec<(OrderId, Asks)>);

/// As [`weighed`], of orders that were released for money: each has used its own. `without` leaves a listing out of account.
///
/// # Errors
/// When the store fails.
pub(in crate::service) async fn weighed_released(
    state: &AppState,
    conn: &mut Conn,
    account: &str,
    orders: &[OrderRow],
    without: Option<ListingId>,
) -> Result<Weighed, ServiceError> {
    let money = counted(&payments::moved(conn, account).await?);
    let mut debts: Vec<Released> = Vec::new();
    for row in orders {
        let (released_at, services) = (released_at(conn, row).await?, services(conn, row).await?);
        let asks = least_asked(state, conn, row, &money, Asked { released_at, without }).await?;
        // What one payment released at one service was one debt, however many orders asked for it.
        let same = |(at, others, _): &&mut Released| *at == released_at && !others.is_disjoint(&services);
        match debts.iter_mut().find(same) {
            Some((_, others, orders)) => {
                others.extend(services);
                orders.push((OrderId(row.id), asks));
            }
            None => debts.push((released_at, services, vec![(OrderId(row.id), asks)])),
        }
    }
    Ok(of_debts(debts.into_iter().map(|(_, _, orders)| orders).collect(), &[]))
}

/// The sum of orders that ask for one debt.
fn spoken_for(orders: &[(OrderId, Asks)]) -> Sum {
    let most = orders.iter().max_by_key(|(_, asks)| asks.left_minor()).map(|(_, asks)| asks.sum());
    most.unwrap_or(Sum { minor: 0, from: Micros(0), came_in_minor: 0 })
}

fn of_debts(debts: Vec<Vec<(OrderId, Asks)>>, before: &[Sum]) -> Weighed {
    let sums: Vec<Sum> = debts.iter().map(|orders| spoken_for(orders)).collect();
    let paid = allotted::paid(before, &sums);
    let before = allotted::beside(before);
    let chosen: Vec<&Sum> = sums.iter().zip(&paid).filter(|(_, is)| **is).map(|(sum, _)| sum).collect();
    let is_alone = sums.len() == 1 && before.is_empty();
    let mut weighed = Weighed {
        surplus_minor: missing(before.iter().chain(chosen.iter().copied())).saturating_neg().max(0),
        ..Weighed::default()
    };
    let mut worst: Option<(i64, ToPay)> = None;
    for ((orders, is_paid), sum) in debts.into_iter().zip(&paid).zip(&sums) {
        let lacks = if *is_paid { 0 } else { missing(before.iter().chain(chosen.iter().copied()).chain([sum])) };
        for (id, asks) in orders {
            let to_pay = ToPay {
                balance_minor: 0,
                in_doubt_minor: asks.came_in_minor - asks.surely_minor,
                run_at: asks.listing.as_ref().and_then(|listing| listing.run_at_us).map(Micros),
                order: Some(id),
            };
            let left = lacks.max(asks.left_minor());
            worst = worst.filter(|(most, _)| *most >= left).or(Some((left, to_pay)));
            let paid_minor = if is_alone { asks.came_in_minor } else { (asks.past_due_minor - lacks).max(0) };
            let alone_is_paid = asks.left_minor() <= 0;
            let (past_due_minor, listing) = (asks.past_due_minor, asks.listing);
            weighed.orders.insert(id, Weight { past_due_minor, paid_minor, alone_is_paid, listing });
            if *is_paid {
                weighed.paid.insert(id);
            }
        }
    }
    let balance_minor = missing(before.iter().chain(&sums));
    weighed.to_pay = worst.map(|(_, to_pay)| ToPay { balance_minor, ..to_pay }).unwrap_or_default();
    weighed
}

/// Whether the account's money reaches what an order asked for when it was released. What is in doubt counts: in doubt a
/// release stands. `without` leaves a listing out of account.
///
/// # Errors
/// When the store fails.
pub(in crate::service) async fn is_covered(
    state: &AppState,
    conn: &mut Conn,
    row: &OrderRow,
    without: Option<ListingId>,
) -> Result<bool, ServiceError> {
    let weighed = weighed_released(state, conn, &row.account, std::slice::from_ref(row), without).await?;
    Ok(!weighed.paid.is_empty())
}

/// What an order asked for, what came in since, and what is left of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Owed {
    /// Past due on the listing, in minor units.
    pub past_due_minor: i64,
    /// What came in since the listing was run and was not taken back.
    pub paid_minor: i64,
    /// What is left to pay.
    pub left_minor: i64,
    /// The day on which the listing was run, or the day that it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listed_on: Option<String>,
}

/// What an order asked for is owed now, whatever became of the order: also where its payment was taken back.
///
/// # Errors
/// When the store fails.
pub(in crate::service) async fn owed(
    state: &AppState,
    conn: &mut Conn,
    row: &OrderRow,
    waiting: &Weighed,
) -> Result<Owed, ServiceError> {
    let weight = match waiting.of(OrderId(row.id)) {
        Some(weight) => weight.clone(),
        None => {
            let alone = weighed_released(state, conn, &row.account, std::slice::from_ref(row), None).await?;
            alone.orders.into_values().next().unwrap_or(Weight {
                past_due_minor: 0,
                paid_minor: 0,
                alone_is_paid: true,
                listing: None,
            })
        }
    };
    Ok(Owed {
        past_due_minor: weight.past_due_minor,
        paid_minor: weight.paid_minor,
        left_minor: weight.left_minor(),
        listed_on: weight.listing.map(|listing| listing.run_on.unwrap_or(listing.as_of)),
    })
}

fn not_kept_yet(payment: &PaymentRow) -> Moved {
    Moved {
        id: payment.id.to_string(),
        source: payment.source.clone(),
        account: payment.account.clone(),
        confirmation: payment.confirmation.clone(),
        amount_minor: payment.amount_minor,
        paid_at: Micros(payment.paid_at_us),
        recorded_at: Micros(payment.recorded_at_us),
        takes_back: None,
        taken_back_because: None,
        reference: String::new(),
        import: None,
    }
}
