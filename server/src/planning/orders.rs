//! The orders that a finalised listing makes: one for each account, premise and kind of work, with a line for each meter.

use crate::store::orders::{LineRow, NewOrder};
use curbstop_shared::{
    ids::{ListingId, OrderId},
    vocabulary::{OrderKind, Product, Reason},
};
use std::collections::BTreeMap;

/// Priority of a cut: everything that gives service back goes before it.
pub const CUT_PRIORITY: i64 = 3;

/// An accepted row of a finalised listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedLine {
    /// The account.
    pub account: String,
    /// Its premise.
    pub premise: String,
    /// The meter or piece of equipment, where the row names one.
    pub serial: Option<String>,
    /// What it delivers.
    pub product: Product,
    /// The work.
    pub kind: OrderKind,
    /// Why.
    pub reason: Reason,
    /// Past due of this row, in minor units.
    pub past_due_minor: i64,
    /// What the box is, where the row is one.
    pub equipment: Option<String>,
    /// A remark for the crew.
    pub note: Option<String>,
}

/// The orders of a listing, in the order in which its rows name them first. The ids are derived from the listing, so
/// that making them again makes nothing new.
#[must_use]
pub fn of_listing(listing: ListingId, rows: &[ListedLine]) -> Vec<NewOrder> {
    let mut places: BTreeMap<(&str, &str, OrderKind), usize> = BTreeMap::new();
    let mut orders: Vec<NewOrder> = Vec::new();
    for row in rows {
        let place = *places.entry((&row.account, &row.premise, row.kind)).or_insert_with(|| {
            orders.push(first_of(listing, row));
            orders.len() - 1
        });
        let order = &mut orders[place];
        order.past_due_minor = order.past_due_minor.saturating_add(row.past_due_minor);
        order.note = order.note.take().or_else(|| row.note.clone());
        let line = order.lines.len() + 1;
        order.lines.push(LineRow {
            line: line.to_string(),
            product: row.product.code().to_owned(),
            serial: row.serial.clone(),
            past_due_minor: row.past_due_minor,
            equipment: row.equipment.clone(),
        });
    }
    orders
}

fn first_of(listing: ListingId, row: &ListedLine) -> NewOrder {
    NewOrder {
        id: OrderId::of_listing(listing, row.kind, &row.premise, &row.account),
        kind: row.kind,
        reason: row.reason,
        account: row.account.clone(),
        premise: row.premise.clone(),
        listing: Some(listing.0),
        cause_order: None,
        priority: CUT_PRIORITY,
        fees_suppressed: false,
        past_due_minor: 0,
        note: None,
        due_at: None,
        lines: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn row(account: &str, serial: &str, kind: OrderKind) -> ListedLine {
        ListedLine {
            account: account.to_owned(),
            premise: format!("P{account}"),
            serial: Some(serial.to_owned()),
            product: Product::Water,
            kind,
            reason: Reason::NonPay,
            past_due_minor: 1250,
            equipment: None,
            note: None,
        }
    }

    #[test]
    fn an_account_with_two_meters_gets_one_order_with_two_lines() {
        let rows = [
            row("0042", "M1", OrderKind::TurnOff),
            row("0007", "M9", OrderKind::TurnOff),
            row("0042", "M2", OrderKind::TurnOff),
        ];
        let orders = of_listing(ListingId(Uuid::nil()), &rows);
        assert_eq!(orders.iter().map(|order| order.account.as_str()).collect::<Vec<_>>(), ["0042", "0007"]);
        assert_eq!(orders[0].past_due_minor, 2500);
        let lines: Vec<_> = orders[0].lines.iter().map(|it| (it.line.as_str(), it.serial.as_deref())).collect();
        assert_eq!(lines, [("1", Some("M1")), ("2", Some("M2"))]);
    }

    #[test]
    fn the_same_listing_makes_the_same_ids_and_another_makes_others() {
        let rows = [row("0042", "M1", OrderKind::TurnOff), row("0042", "E1", OrderKind::MeterLock)];
        let ids = |listing| of_listing(ListingId(listing), &rows).into_iter().map(|it| it.id).collect::<Vec<_>>();
        assert_eq!(ids(Uuid::nil()), ids(Uuid::nil()));
        assert_ne!(ids(Uuid::nil())[0], ids(Uuid::nil())[1]);
        assert_ne!(ids(Uuid::nil())[0], ids(Uuid::max())[0]);
    }
}
