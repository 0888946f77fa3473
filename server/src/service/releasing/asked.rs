//! What an order asks for: by its own listing, or by a later one that calls for the same work and asks less.

use crate::{
    planning::{allotted::Sum, money_since::MoneySince},
    service::{ServiceError, planning, utility},
    state::AppState,
    store::{
        Conn,
        listings::{self, Listing},
        orders::{self, OrderRow},
    },
};
use curbstop_shared::{
    ids::{ListingId, OrderId},
    time::Micros,
};

/// What is asked for an order, and what of the account's money counts for that.
#[derive(Debug)]
pub(super) struct Asks {
    pub past_due_minor: i64,
    /// What came in since, in minor units.
    pub came_in_minor: i64,
    /// The part of it that is surely not in the listing's balance.
    pub surely_minor: i64,
    /// From when on money counts.
    pub from: Micros,
    pub listing: Option<Listing>,
}

impl Asks {
    pub const fn left_minor(&self) -> i64 {
        self.past_due_minor.saturating_sub(self.came_in_minor)
    }

    pub const fn sum(&self) -> Sum {
        Sum { minor: self.past_due_minor, from: self.from, came_in_minor: self.came_in_minor }
    }
}

/// Which listings count for what an order asks for, beside its own: not those that became final after it was released, nor
/// this one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Asked {
    pub released_at: Option<Micros>,
    pub without: Option<ListingId>,
}

/// Of the order's own listing and every later final one that calls for the same work, published or not, the one by which
/// least is left: whoever was told a sum by the newest listing and pays it has paid, whatever the truck's order says still.
/// For a later one only money counts that its balance surely does not have: else a listing that says nothing of its run
/// would make paid what an earlier one, which does, still asks for.
///
/// What became final after the order was released asks for other money than that which released it.
pub(super) async fn least_asked(
    state: &AppState,
    conn: &mut Conn,
    row: &OrderRow,
    money: &[(Micros, i64)],
    asked: Asked,
) -> Result<Asks, ServiceError> {
    let own = match row.listing {
        Some(listing) => listings::by_id(conn, ListingId(listing)).await?,
        None => None,
    };
    let later = match &own {
        Some(own) => later_calls(conn, row, own, asked).await?,
        None => Vec::new(),
    };
    let since = counts_from(state, row, own.as_ref())?;
    let paid = since.sum(money.iter().copied());
    let mut least = Asks {
        past_due_minor: row.past_due_minor,
        came_in_minor: paid.perhaps_minor,
        surely_minor: paid.surely_minor,
        from: since.perhaps.min(since.surely),
        listing: own,
    };
    for (past_due_minor, listing) in later {
        let since = counts_from(state, row, Some(&listing))?;
        let surely_minor = since.sum(money.iter().copied()).surely_minor;
        let (came_in_minor, from, listing) = (surely_minor, since.surely, Some(listing));
        let later = Asks { past_due_minor, came_in_minor, surely_minor, from, listing };
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
    asked: Asked,
) -> Result<Vec<(i64, Listing)>, ServiceError> {
    let in_time = |listing: &Listing| {
        let is_before = |at: Micros| listing.finalised_at_us.is_some_and(|it| it <= at.0);
        asked.released_at.is_none_or(is_before) && asked.without != Some(ListingId(listing.id))
    };
    let mut later = listings::with_account(conn, &row.account).await?;
    later.retain(|it| it.state == "final" && is_later(it, own) && in_time(it));
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

/// Whether a listing knows more of what is owed than another: it is for the same day or a later one, got its number later,
/// and was not run before it.
pub(in crate::service) fn is_later(one: &Listing, other: &Listing) -> bool {
    let rank = |listing: &Listing| (listing.as_of.clone(), listing.number);
    let was_run_before = match (one.run_at_us.zip(other.run_at_us), one.run_on.as_ref().zip(other.run_on.as_ref())) {
        (Some((one, other)), _) => one < other,
        (None, Some((one, other))) => one < other,
        (None, None) => false,
    };
    rank(one) > rank(other) && !was_run_before
}

/// Which payments were not known when the order's past due was printed: those since its listing was run, or since the
/// order's own beginning.
fn counts_from(state: &AppState, row: &OrderRow, listing: Option<&Listing>) -> Result<MoneySince, ServiceError> {
    let since = listing.map(|listing| utility::money_since(state, listing)).transpose()?;
    Ok(since.unwrap_or_else(|| MoneySince::moment(Micros(row.created_at_us))))
}
