//! What an account has still to pay, from its orders and the money that came in since their listing was run.

use crate::{
    planning::{
        counted::{Moved, counted},
        money_since::{MoneySince, Paid},
    },
    service::{ServiceError, utility},
    state::AppState,
    store::{
        Conn,
        listings::{self, Listing},
        orders::OrderRow,
        payments::{self, PaymentRow},
    },
};
use curbstop_shared::{
    disposition::Disposition,
    ids::{ListingId, OrderId},
    time::Micros,
};
use serde::Serialize;

/// What the account has still to pay to be restored: the past due of its waiting orders, less what came in since their
/// listing was run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ToPay {
    /// In minor units; negative where more was paid than had to be. What may be missing in the listing's balance is
    /// taken as missing: in doubt nobody is cut.
    pub balance_minor: i64,
    /// How much of what was taken as paid is in doubt: perhaps the listing's balance has it already.
    pub in_doubt_minor: i64,
    /// When its listing was run, where that is known.
    pub run_at: Option<Micros>,
    /// The order that asks for it.
    pub order: Option<OrderId>,
}

/// What the account has still to pay, once `more` is paid too.
///
/// # Errors
/// When the store fails.
pub async fn to_pay(
    state: &AppState,
    conn: &mut Conn,
    account: &str,
    waiting: &[(OrderRow, Disposition)],
    more: Option<&PaymentRow>,
) -> Result<ToPay, ServiceError> {
    let mut moved = payments::moved(conn, account).await?;
    moved.extend(more.map(not_kept_yet));
    let money = counted(&moved);
    let mut worst: Option<ToPay> = None;
    for (row, _) in waiting {
        let listing = listing_of(conn, row).await?;
        let paid = counts_from(state, row, listing.as_ref())?.sum(money.iter().copied());
        let to_pay = ToPay {
            balance_minor: row.past_due_minor - paid.perhaps_minor,
            in_doubt_minor: paid.perhaps_minor - paid.surely_minor,
            run_at: listing.and_then(|listing| listing.run_at_us).map(Micros),
            order: Some(OrderId(row.id)),
        };
        worst = worst.filter(|worst| worst.balance_minor >= to_pay.balance_minor).or(Some(to_pay));
    }
    Ok(worst.unwrap_or_default())
}

/// What of the account's money counts for what the order asked for.
///
/// # Errors
/// When the store fails.
pub(in crate::service) async fn paid_for(
    state: &AppState,
    conn: &mut Conn,
    row: &OrderRow,
) -> Result<Paid, ServiceError> {
    let money = counted(&payments::moved(conn, &row.account).await?);
    let listing = listing_of(conn, row).await?;
    Ok(counts_from(state, row, listing.as_ref())?.sum(money))
}

/// Whether the account's money reaches what the order asked for. What is in doubt counts: in doubt a release stands.
///
/// # Errors
/// When the store fails.
pub(in crate::service) async fn is_covered(
    state: &AppState,
    conn: &mut Conn,
    row: &OrderRow,
) -> Result<bool, ServiceError> {
    Ok(paid_for(state, conn, row).await?.perhaps_minor >= row.past_due_minor)
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
pub(in crate::service) async fn owed(state: &AppState, conn: &mut Conn, row: &OrderRow) -> Result<Owed, ServiceError> {
    let paid_minor = paid_for(state, conn, row).await?.perhaps_minor;
    let listing = listing_of(conn, row).await?;
    Ok(Owed {
        past_due_minor: row.past_due_minor,
        paid_minor,
        left_minor: (row.past_due_minor - paid_minor).max(0),
        listed_on: listing.map(|listing| listing.run_on.unwrap_or(listing.as_of)),
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

async fn listing_of(conn: &mut Conn, row: &OrderRow) -> Result<Option<Listing>, ServiceError> {
    Ok(match row.listing {
        Some(listing) => listings::by_id(conn, ListingId(listing)).await?,
        None => None,
    })
}

/// Which payments were not known when the order's past due was printed: those since its listing was run, or since the
/// order's own beginning.
fn counts_from(state: &AppState, row: &OrderRow, listing: Option<&Listing>) -> Result<MoneySince, ServiceError> {
    let since = listing.map(|listing| utility::money_since(state, listing)).transpose()?;
    Ok(since.unwrap_or_else(|| MoneySince::moment(Micros(row.created_at_us))))
}
