//! What a listing calls for, and whether that is the work of an order that is there.

use super::super::ServiceError;
use crate::{
    planning::orders::{ListedLine, of_listing},
    store::{
        Conn, StoreError,
        listings::{self, StoredRow},
        orders::{LineRow, NewOrder},
    },
};
use curbstop_shared::{ids::ListingId, vocabulary::OrderKind};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The orders that a listing's rows call for, made or not.
pub(in crate::service) async fn called_for(conn: &mut Conn, listing: ListingId) -> Result<Vec<NewOrder>, ServiceError> {
    of_rows(listing, listings::rows(conn, listing).await?)
}

/// As [`called_for`], of one account only.
pub(in crate::service) async fn called_for_of(
    conn: &mut Conn,
    listing: ListingId,
    account: &str,
) -> Result<Vec<NewOrder>, ServiceError> {
    of_rows(listing, listings::rows_of_account(conn, listing, account).await?)
}

fn of_rows(listing: ListingId, rows: Vec<StoredRow>) -> Result<Vec<NewOrder>, ServiceError> {
    let lines: Vec<ListedLine> = rows.into_iter().map(|row| line(listing.0, row)).collect::<Result<_, _>>()?;
    Ok(of_listing(listing, &lines))
}

fn line(listing: Uuid, row: StoredRow) -> Result<ListedLine, ServiceError> {
    let bad = |column| move |e| StoreError::inconsistent("listing_rows", column, listing, e);
    Ok(ListedLine {
        product: row.product.parse().map_err(bad("product"))?,
        kind: row.order_kind.parse().map_err(bad("order_kind"))?,
        reason: row.reason.parse().map_err(bad("reason"))?,
        serial: (!row.serial.is_empty()).then_some(row.serial),
        note: (!row.comment.is_empty()).then_some(row.comment),
        account: row.account,
        premise: row.premise,
        past_due_minor: row.past_due_minor,
        equipment: row.equipment,
    })
}

/// Whether two kinds of order end the same service.
pub(super) fn is_one_work(one: OrderKind, other: OrderKind) -> bool {
    one == other || (one.is_cut() && other.is_cut())
}

pub(super) fn shares(one: &[LineRow], other: &[LineRow]) -> bool {
    one.iter().any(|line| other.iter().any(|it| it.product == line.product))
}

/// Whether a listing calls for the very work of these lines: the same products, as often.
pub(in crate::service) fn is_same_work(lines: &[LineRow], listed: &[LineRow]) -> bool {
    as_listed(lines, listed).is_some()
}

/// An order's lines under their names, as another listing has them: each at its own meter where that has it, else at one
/// of the same product. None where that listing calls for other products, for more or for fewer: what is paid for of the
/// one would count for the other.
pub(super) fn as_listed(lines: &[LineRow], listed: &[LineRow]) -> Option<Vec<LineRow>> {
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
    let named =
        |line: &LineRow| Some(LineRow { line: line.line.clone(), ..(*of_line.get(line.line.as_str())?).clone() });
    lines.iter().map(named).collect::<Option<Vec<_>>>().filter(|_| left.is_empty())
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
        assert_eq!(said(&as_listed(&before, &listed).unwrap()), [("1", "NEW", 10), ("2", "M2", 20), ("3", "G", 7)]);
    }

    #[test]
    fn other_products_more_meters_or_fewer_are_other_work() {
        let before = [line("1", "water", "M1", 100), line("2", "electric", "E1", 70)];
        let water = || line("1", "water", "M1", 80);
        for listed in [
            vec![water()],
            vec![water(), line("2", "gas", "E1", 1)],
            vec![water(), line("2", "electric", "E1", 1), line("3", "electric", "E2", 1)],
        ] {
            assert!(!is_same_work(&before, &listed), "{listed:?}");
        }
        assert!(is_same_work(&before, &[line("1", "electric", "E1", 1), water()]));
    }
}
