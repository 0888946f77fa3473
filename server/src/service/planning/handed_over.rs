//! An order that waits passes from one listing to another: a later listing that calls for the same work has it from then
//! on, with what that listing says is owed. Else somebody who pays what they were last told to pay would not have paid.
//! Withdrawn, the later listing gives it back.

use super::{super::ServiceError, listed::called_for};
use crate::store::{
    Conn, StoreError, Work, listings,
    orders::{self, LineRow, NewOrder, OrderRow},
};
use curbstop_shared::{
    ids::{ListingId, OrderId},
    vocabulary::OrderKind,
};
use std::collections::BTreeMap;

/// The order is the listing's of `called_for` from now on, with its amounts, meters and note.
pub(in crate::service) async fn hand_over(
    work: &mut Work,
    order: OrderId,
    called_for: &NewOrder,
) -> Result<(), ServiceError> {
    let lines = orders::lines(work, order).await?;
    orders::hand_over(work, order, called_for, &as_listed(&lines, &called_for.lines)).await?;
    Ok(())
}

/// An order's lines under their names, as another listing has them: each at its own meter where that has it, else at one
/// of the same product. As they were where that listing calls for other products or for more: what crews have said of a
/// line stays true of it.
fn as_listed(lines: &[LineRow], listed: &[LineRow]) -> Vec<LineRow> {
    let mut left: Vec<&LineRow> = listed.iter().collect();
    let mut of_line: BTreeMap<&str, &LineRow> = BTreeMap::new();
    for same_meter in [true, false] {
        for line in lines {
            let fits = |it: &&LineRow| it.product == line.product && (!same_meter || it.serial == line.serial);
            if !of_line.contains_key(line.line.as_str())
                && let Some(place) = left.iter().position(fits)
            {
                of_line.insert(&line.line, left.remove(place));
            }
        }
    }
    if of_line.len() < lines.len() || !left.is_empty() {
        return lines.to_vec();
    }
    let named = |line: &LineRow| LineRow { line: line.line.clone(), ..of_line[line.line.as_str()].clone() };
    lines.iter().map(named).collect()
}

/// The orders that a listing has taken over, each with the final listing whose it was first and as that calls for it.
pub(in crate::service) async fn taken_over(
    conn: &mut Conn,
    listing: ListingId,
    rows: &[OrderRow],
) -> Result<BTreeMap<OrderId, (i64, NewOrder)>, ServiceError> {
    let mut called: BTreeMap<ListingId, BTreeMap<OrderId, NewOrder>> = BTreeMap::new();
    let mut taken = BTreeMap::new();
    for row in rows {
        let kind: OrderKind = row.kind.parse().map_err(|e| StoreError::inconsistent("orders", "kind", row.id, e))?;
        let made_by = |listing| OrderId::of_listing(listing, kind, &row.premise, &row.account) == OrderId(row.id);
        if made_by(listing) {
            continue;
        }
        let of_account = listings::with_account(conn, &row.account).await?;
        let Some(first) = of_account.into_iter().find(|it| made_by(ListingId(it.id))) else { continue };
        let (id, Some(number)) = (ListingId(first.id), first.number.filter(|_| first.state == "final")) else {
            continue;
        };
        if let std::collections::btree_map::Entry::Vacant(place) = called.entry(id) {
            place.insert(called_for(conn, id).await?.into_iter().map(|order| (order.id, order)).collect());
        }
        if let Some(order) = called[&id].get(&OrderId(row.id)) {
            taken.insert(order.id, (number, order.clone()));
        }
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, product: &str, serial: &str, past_due_minor: i64) -> LineRow {
        let (line, product, serial) = (name.to_owned(), product.to_owned(), Some(serial.to_owned()));
        LineRow { line, product, serial, past_due_minor, equipment: None }
    }

    fn said(lines: &[LineRow]) -> Vec<(&str, &str, i64)> {
        lines.iter().map(|it| (it.line.as_str(), it.serial.as_deref().unwrap_or(""), it.past_due_minor)).collect()
    }

    #[test]
    fn each_line_keeps_its_name_and_finds_its_meter_or_the_one_that_replaced_it() {
        let before = [line("1", "water", "M1", 100), line("2", "water", "M2", 200), line("3", "garden", "G", 5)];
        let listed = [line("1", "garden", "G", 7), line("2", "water", "M2", 20), line("3", "water", "NEW", 10)];
        assert_eq!(said(&as_listed(&before, &listed)), [("1", "NEW", 10), ("2", "M2", 20), ("3", "G", 7)]);
    }

    #[test]
    fn other_products_or_more_meters_leave_the_lines_as_they_were() {
        let before = [line("1", "water", "M1", 100)];
        for listed in
            [vec![line("1", "electric", "M1", 1)], vec![line("1", "water", "M1", 1), line("2", "water", "M2", 1)]]
        {
            assert_eq!(said(&as_listed(&before, &listed)), [("1", "M1", 100)]);
        }
    }
}
