//! Money that has paid for another service of the account already: for an order that it released, or for one that was not
//! made because of it.

use super::asked::{Asked, least_asked};
use crate::{
    planning::{allotted::Sum, counted::counted},
    service::{ServiceError, planning, releasing::standing_releases, utility},
    state::AppState,
    store::{
        Conn,
        facts::{self, FactRow},
        listings::{self, Listing},
        orders::{self, OrderRow},
        payments,
    },
};
use curbstop_shared::{
    facts::{Fact, FactBody},
    ids::{ListingId, OrderId},
    time::Micros,
    vocabulary::{OrderKind, Reason, ReleaseReason},
};
use std::collections::BTreeSet;

/// What somebody can be without: a product at a premise.
pub(in crate::service) type Services = BTreeSet<(String, String)>;

pub(super) async fn services(conn: &mut Conn, row: &OrderRow) -> Result<Services, ServiceError> {
    let lines = orders::lines(conn, OrderId(row.id)).await?;
    Ok(lines.into_iter().map(|line| (row.premise.clone(), line.product)).collect())
}

/// What the account's orders for other services than these were released for: that money is spent.
///
/// # Errors
/// When the store fails.
pub(in crate::service) async fn spent(
    state: &AppState,
    conn: &mut Conn,
    account: &str,
    theirs: &Services,
) -> Result<Vec<Sum>, ServiceError> {
    let money = counted(&payments::moved(conn, account).await?);
    spent_of(state, conn, account, theirs, &money).await
}

pub(super) async fn spent_of(
    state: &AppState,
    conn: &mut Conn,
    account: &str,
    theirs: &Services,
    money: &[(Micros, i64)],
) -> Result<Vec<Sum>, ServiceError> {
    let mut before = Vec::new();
    for row in orders::by_account(conn, account).await? {
        let cuts_for_money = row.kind.parse::<OrderKind>().is_ok_and(OrderKind::is_cut)
            && row.reason.parse::<Reason>().is_ok_and(Reason::is_collections);
        if !cuts_for_money {
            continue;
        }
        let Some(released_at) = released_at(conn, &row).await? else { continue };
        if services(conn, &row).await?.is_disjoint(theirs) {
            before.push(
                least_asked(state, conn, &row, money, Asked { released_at: Some(released_at), without: None })
                    .await?
                    .sum(),
            );
        }
    }
    Ok(before)
}

/// What final listings for the day of these orders, or later ones, ask the account for other services, of which no order was
/// made: whoever paid that had it left out.
pub(super) async fn not_made(
    state: &AppState,
    conn: &mut Conn,
    account: &str,
    rows: &[&OrderRow],
    theirs: &Services,
    money: &[(Micros, i64)],
) -> Result<Vec<Sum>, ServiceError> {
    let mut listed = listings::with_account(conn, account).await?;
    listed.retain(|listing| listing.state == "final");
    let of_rows = |listing: &&Listing| rows.iter().any(|row| row.listing == Some(listing.id));
    let Some(from) = listed.iter().filter(of_rows).map(|listing| listing.as_of.clone()).min() else {
        return Ok(Vec::new());
    };
    listed.retain(|listing| listing.as_of >= from);
    listed.sort_by_key(|listing| (listing.as_of.clone(), listing.number));
    let made = orders::by_account(conn, account).await?;
    let (mut taken, mut sums) = (theirs.clone(), Vec::new());
    for listing in listed.iter().rev() {
        for order in planning::called_for_of(conn, ListingId(listing.id), account).await? {
            let services: Services =
                order.lines.iter().map(|line| (order.premise.clone(), line.product.clone())).collect();
            let is_made = made
                .iter()
                .any(|row| row.id == order.id.0 || row.listing == order.listing && row.kind == order.kind.code());
            let cuts_for_money = order.kind.is_cut() && order.reason.is_collections();
            if is_made || !cuts_for_money || !services.is_disjoint(&taken) {
                continue;
            }
            taken.extend(services);
            let since = utility::money_since(state, listing)?;
            let came_in_minor = since.sum(money.iter().copied()).perhaps_minor;
            sums.push(Sum { minor: order.past_due_minor, from: since.perhaps.min(since.surely), came_in_minor });
        }
    }
    Ok(sums)
}

/// Whether money released an order, and that stands.
///
/// # Errors
/// When the store fails.
pub(in crate::service) async fn is_released_for_money(conn: &mut Conn, row: &OrderRow) -> Result<bool, ServiceError> {
    Ok(released_at(conn, row).await?.is_some())
}

/// When money released an order; none where none did, or it was taken back.
pub(super) async fn released_at(conn: &mut Conn, row: &OrderRow) -> Result<Option<Micros>, ServiceError> {
    let facts: Vec<Fact> =
        facts::of_order(conn, OrderId(row.id)).await?.iter().map(FactRow::fact).collect::<Result<_, _>>()?;
    let releases = standing_releases(&facts.iter().collect::<Vec<_>>()).into_iter();
    let for_money = releases.filter(
        |fact| matches!(&fact.body, FactBody::Release(release) if release.reason == ReleaseReason::PaymentReceived),
    );
    Ok(for_money.filter_map(|release| Some(release.header.as_ref()?.at)).min())
}
