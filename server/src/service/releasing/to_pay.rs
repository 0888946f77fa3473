//! What an account has still to pay, from its orders and the money that came in since their listing was run.

use crate::{
    planning::{
        counted::{Moved, counted},
        money_since::{MoneySince, Paid},
    },
    service::{ServiceError, planning, releasing::standing_releases, utility},
    state::AppState,
    store::{
        Conn,
        facts::{self, FactRow},
        listings::{self, Listing},
        orders::{self, OrderRow},
        payments::{self, PaymentRow},
    },
};
use curbstop_shared::{
    disposition::Disposition,
    facts::Fact,
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
        let asks = least_asked(state, conn, row, &money, None).await?;
        let to_pay = ToPay {
            balance_minor: asks.left_minor(),
            in_doubt_minor: asks.paid.perhaps_minor - asks.paid.surely_minor,
            run_at: asks.listing.and_then(|listing| listing.run_at_us).map(Micros),
            order: Some(OrderId(row.id)),
        };
        worst = worst.filter(|worst| worst.balance_minor >= to_pay.balance_minor).or(Some(to_pay));
    }
    Ok(worst.unwrap_or_default())
}

/// What is asked for an order, and what of the account's money counts for that.
#[derive(Debug)]
pub(in crate::service) struct Asks {
    /// Past due, in minor units.
    pub past_due_minor: i64,
    /// What came in since.
    pub paid: Paid,
    listing: Option<Listing>,
}

impl Asks {
    /// What is left to pay, in minor units; negative where more was paid. What is in doubt counts as paid: in doubt a
    /// release stands.
    pub(in crate::service) const fn left_minor(&self) -> i64 {
        self.past_due_minor.saturating_sub(self.paid.perhaps_minor)
    }

    /// Whether the account's money reaches what is asked.
    pub(in crate::service) const fn is_covered(&self) -> bool {
        self.left_minor() <= 0
    }
}

/// What an order asks for now.
///
/// # Errors
/// When the store fails.
pub(in crate::service) async fn asks(state: &AppState, conn: &mut Conn, row: &OrderRow) -> Result<Asks, ServiceError> {
    let money = counted(&payments::moved(conn, &row.account).await?);
    let facts: Vec<Fact> =
        facts::of_order(conn, OrderId(row.id)).await?.iter().map(FactRow::fact).collect::<Result<_, _>>()?;
    let releases = standing_releases(&facts.iter().collect::<Vec<_>>());
    let released_at = releases.iter().filter_map(|release| Some(release.header.as_ref()?.at)).min();
    least_asked(state, conn, row, &money, released_at).await
}

/// Of the order's own listing and every later final one that calls for the same work, published or not, the one by which
/// least is left: whoever was told a sum by the newest listing and pays it has paid, whatever the truck's order says still.
///
/// What became final after the order was released asks for other money than that which released it.
async fn least_asked(
    state: &AppState,
    conn: &mut Conn,
    row: &OrderRow,
    money: &[(Micros, i64)],
    released_at: Option<Micros>,
) -> Result<Asks, ServiceError> {
    let own = match row.listing {
        Some(listing) => listings::by_id(conn, ListingId(listing)).await?,
        None => None,
    };
    let later = match &own {
        Some(own) => later_calls(conn, row, own, released_at).await?,
        None => Vec::new(),
    };
    let asks = |past_due_minor, listing: Option<Listing>| {
        let paid = counts_from(state, row, listing.as_ref())?.sum(money.iter().copied());
        Ok::<_, ServiceError>(Asks { past_due_minor, paid, listing })
    };
    let mut least = asks(row.past_due_minor, own)?;
    for (past_due_minor, listing) in later {
        let later = asks(past_due_minor, Some(listing))?;
        if later.left_minor() < least.left_minor() {
            least = later;
        }
    }
    Ok(least)
}

/// What later final listings that call for the work of this order ask for it, in minor units.
async fn later_calls(
    conn: &mut Conn,
    row: &OrderRow,
    own: &Listing,
    released_at: Option<Micros>,
) -> Result<Vec<(i64, Listing)>, ServiceError> {
    let rank = |listing: &Listing| (listing.as_of.clone(), listing.number);
    let in_time = |listing: &Listing| released_at.is_none_or(|at| listing.finalised_at_us.is_some_and(|it| it <= at.0));
    let mut later = listings::with_account(conn, &row.account).await?;
    later.retain(|it| it.state == "final" && rank(it) > rank(own) && in_time(it));
    if later.is_empty() {
        return Ok(Vec::new());
    }
    let lines = orders::lines(conn, OrderId(row.id)).await?;
    let mut calls = Vec::new();
    for listing in later {
        let called = planning::called_for_of(conn, ListingId(listing.id), &row.account).await?;
        let same = called.into_iter().find(|it| {
            (it.premise.as_str(), it.kind.code()) == (row.premise.as_str(), row.kind.as_str())
                && planning::is_same_work(&lines, &it.lines)
        });
        calls.extend(same.map(|order| (order.past_due_minor, listing)));
    }
    Ok(calls)
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
    let asks = asks(state, conn, row).await?;
    Ok(Owed {
        past_due_minor: asks.past_due_minor,
        paid_minor: asks.paid.perhaps_minor,
        left_minor: asks.left_minor().max(0),
        listed_on: asks.listing.map(|listing| listing.run_on.unwrap_or(listing.as_of)),
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

/// Which payments were not known when the order's past due was printed: those since its listing was run, or since the
/// order's own beginning.
fn counts_from(state: &AppState, row: &OrderRow, listing: Option<&Listing>) -> Result<MoneySince, ServiceError> {
    let since = listing.map(|listing| utility::money_since(state, listing)).transpose()?;
    Ok(since.unwrap_or_else(|| MoneySince::moment(Micros(row.created_at_us))))
}
