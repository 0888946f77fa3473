//! Looking at each order of a listing that is to be withdrawn: what comes back, what is done, what is another's.

use super::{Done, Stays, Withdrawal};
use crate::{
    service::{ServiceError, importing::ListingView, planning, releasing, trucks::trucks},
    state::AppState,
    store::{
        Conn, StoreError,
        listings::{self, Listing},
        orders::{self, LineRow, NewOrder, OrderRow},
        plans,
    },
};
use curbstop_shared::{
    disposition::{Disposition, LineState, OrderState},
    ids::{ListingId, OrderId},
    time::Micros,
};
use std::collections::BTreeSet;

/// What stands for and against each order of a listing that is to be withdrawn.
pub(super) struct Look {
    pub outcome: Withdrawal,
    pub to_recall: Vec<OrderId>,
    /// Orders with the listing whose they are from now on.
    pub pass_on: Vec<(OrderId, ListingId)>,
    /// Orders that it took over, as the earlier listing called for them.
    pub give_back: Vec<(OrderId, NewOrder)>,
    /// Orders by which service is off.
    pub off: Vec<(OrderRow, Disposition)>,
    /// Accounts with orders of other listings for the same work: less was asked of them by this one, or more.
    pub accounts: BTreeSet<String>,
}

impl Look {
    pub async fn at(state: &AppState, conn: &mut Conn, id: ListingId, now: Micros) -> Result<Self, ServiceError> {
        let listing = to_withdraw(conn, id).await?;
        let others = Others::of(conn, &listing).await?;
        let view = ListingView::from(listing);
        let mut look = Self {
            outcome: Withdrawal {
                listing_id: id,
                number: view.number,
                source: view.source,
                as_of: view.as_of,
                recalled: Vec::new(),
                with_crews: 0,
                trucks: Vec::new(),
                done: Vec::new(),
                over_before: 0,
                stays: Vec::new(),
                back: Vec::new(),
                released_by_it: Vec::new(),
                differs: Vec::new(),
                given_back: Vec::new(),
            },
            to_recall: Vec::new(),
            pass_on: Vec::new(),
            give_back: Vec::new(),
            off: Vec::new(),
            accounts: BTreeSet::new(),
        };
        let rows = orders::of_listing(conn, id.0).await?;
        let mut taken_over = planning::taken_over(conn, id, &rows).await?;
        for row in rows {
            let order = OrderId(row.id);
            let lines = orders::lines(conn, order).await?;
            look.judge(row, &lines, &others, taken_over.remove(&order))?;
        }
        let come_off: Vec<OrderId> =
            look.to_recall.iter().chain(look.give_back.iter().map(|(order, _)| order)).copied().collect();
        for (order, account) in orders::beside_listing(conn, id).await? {
            let Some(row) = orders::by_id(conn, OrderId(order)).await? else { continue };
            let is_released = releasing::is_released_for_money(conn, &row).await?;
            if is_released && !releasing::is_covered(state, conn, &row, Some(id)).await? {
                look.outcome.released_by_it.push(row.number);
            }
            look.accounts.insert(account);
        }
        look.accounts.extend(look.give_back.iter().map(|(_, order)| order.account.clone()));
        (look.outcome.trucks, _) = trucks(conn, &come_off, now).await?;
        (_, look.outcome.with_crews) = trucks(conn, &look.to_recall, now).await?;
        Ok(look)
    }

    fn judge(
        &mut self,
        row: OrderRow,
        lines: &[LineRow],
        others: &Others,
        earlier: Option<(i64, NewOrder)>,
    ) -> Result<(), ServiceError> {
        let (id, outcome) = (OrderId(row.id), &mut self.outcome);
        let folded = folded(&row)?;
        if is_over(&row, folded.as_ref()) {
            outcome.over_before += 1;
            return Ok(());
        }
        if let Some((other, number)) = others.with_the_same(&row, lines) {
            outcome.stays.push(Stays { order: row.number, account: row.account, listing: number });
            self.pass_on.push((id, other));
            return Ok(());
        }
        if let Some((listing, order)) = earlier.filter(|_| matches!(row.state.as_str(), "open" | "unable")) {
            outcome.back.push(Stays { order: row.number, account: row.account, listing });
            self.give_back.push((id, order));
            return Ok(());
        }
        if others.accounts.contains(&row.account) && !outcome.differs.contains(&row.account) {
            outcome.differs.push(row.account.clone());
        }
        let is_done = row.state == "done";
        if !is_done {
            outcome.recalled.push(row.number.clone());
            self.to_recall.push(id);
        }
        let any = |is: fn(&LineState) -> bool| folded.as_ref().is_some_and(|folded| folded.lines.values().any(is));
        let off = any(|line| matches!(line, LineState::Off { .. }));
        if is_done || off {
            let (order, account) = (row.number.clone(), row.account.clone());
            outcome.done.push(Done { order, order_id: id, account, is_off: off });
            if let Some(folded) = folded.filter(|_| off) {
                self.off.push((row, folded));
            }
        }
        Ok(())
    }
}

async fn to_withdraw(conn: &mut Conn, id: ListingId) -> Result<Listing, ServiceError> {
    let unknown = || ServiceError::not_found("listing_not_found", "There is no such listing.");
    let listing = listings::by_id(conn, id).await?.ok_or_else(unknown)?;
    if listing.state == "withdrawn" {
        let detail = "This listing was withdrawn already. Import the file again where it is to count after all.";
        return Err(ServiceError::conflict("listing_withdrawn", detail));
    }
    Ok(listing)
}

/// The last fold; none where nobody has said anything about the order yet.
fn folded(row: &OrderRow) -> Result<Option<Disposition>, StoreError> {
    match row.disposition.as_str() {
        "{}" => Ok(None),
        json => serde_json::from_str(json)
            .map(Some)
            .map_err(|bad| StoreError::inconsistent("orders", "disposition", row.id, bad)),
    }
}

/// Paid for, or taken back for good: nobody goes there any more, whatever becomes of the listing.
fn is_over(row: &OrderRow, folded: Option<&Disposition>) -> bool {
    let for_good = folded.is_some_and(|folded| match folded.state {
        OrderState::Recalled { reason, .. } => reason.is_for_good(),
        _ => false,
    });
    row.state == "released" || for_good
}

/// What the other final listings of the day call for.
struct Others {
    orders: Vec<(ListingId, i64, NewOrder)>,
    accounts: BTreeSet<String>,
}

impl Others {
    async fn of(conn: &mut Conn, listing: &Listing) -> Result<Self, ServiceError> {
        let mut others = Self { orders: Vec::new(), accounts: BTreeSet::new() };
        for id in plans::listings_of_day(conn, &listing.as_of).await? {
            let Some(number) = listings::by_id(conn, id).await?.and_then(|other| other.number) else { continue };
            if id.0 == listing.id {
                continue;
            }
            for order in planning::called_for(conn, id).await? {
                others.accounts.insert(order.account.clone());
                others.orders.push((id, number, order));
            }
        }
        Ok(others)
    }

    /// The listing that calls for this very work at the same meters for the same amounts: only then nobody at a door
    /// could tell them apart.
    fn with_the_same(&self, row: &OrderRow, lines: &[LineRow]) -> Option<(ListingId, i64)> {
        let same = |order: &NewOrder| {
            (&order.account, &order.premise) == (&row.account, &row.premise)
                && (order.kind.code(), order.reason.code()) == (row.kind.as_str(), row.reason.as_str())
                && work_of(&order.lines) == work_of(lines)
        };
        self.orders.iter().find(|(.., order)| same(order)).map(|(id, number, _)| (*id, *number))
    }
}

/// Lines without their names: two files may have them in another order.
fn work_of(lines: &[LineRow]) -> BTreeSet<(&str, Option<&str>, i64, Option<&str>)> {
    lines
        .iter()
        .map(|line| (line.product.as_str(), line.serial.as_deref(), line.past_due_minor, line.equipment.as_deref()))
        .collect()
}
