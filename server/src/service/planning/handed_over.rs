//! An order that waits passes from one listing to another: a later listing that calls for the same work has it from the
//! moment it goes out for that listing, with what that one says is owed. Else somebody who pays what they were last told to
//! pay would not have paid. Withdrawn, the later listing gives it back.
//!
//! A plan that is only built changes no order: what a truck has out stays as it is.

use super::{
    super::{ServiceError, authorise::Actor},
    called_for::{as_listed, called_for, is_same_work},
};
use crate::{
    planning::plan::Plan,
    store::{
        Conn, StoreError, Work, audit, feed, listings,
        orders::{self, NewOrder, OrderRow},
    },
};
use curbstop_shared::{
    ids::{ListingId, OrderId},
    time::Micros,
    vocabulary::OrderKind,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// How lately a listing knows what is owed: its day, then its version number.
pub(super) type Rank = (String, Option<i64>);

/// The rank of a listing; none where there is no such listing.
pub(super) async fn rank_of(conn: &mut Conn, listing: Uuid) -> Result<Option<Rank>, ServiceError> {
    Ok(listings::by_id(conn, ListingId(listing)).await?.map(|it| (it.as_of, it.number)))
}

/// Hands over every stop of a plan that goes out now to the latest of its listings that calls for the same work. Gives which:
/// what was paid is weighed again for these.
pub(super) async fn to_latest(
    work: &mut Work,
    actor: &Actor,
    plan: &Plan,
    now: Micros,
) -> Result<BTreeSet<OrderId>, ServiceError> {
    let mut ranks: HashMap<Uuid, Option<Rank>> = HashMap::new();
    for listing in &plan.listing_ids {
        ranks.insert(*listing, rank_of(work, *listing).await?);
    }
    let latest = ranks.values().flatten().max().cloned();
    let mut older: Vec<OrderRow> = Vec::new();
    for stop in plan.routes.iter().flat_map(|route| &route.stops) {
        let Some(row) = orders::by_id(work, stop.order_id).await? else { continue };
        let Some(listing) = row.listing.filter(|_| matches!(row.state.as_str(), "open" | "unable")) else { continue };
        if let std::collections::hash_map::Entry::Vacant(place) = ranks.entry(listing) {
            place.insert(rank_of(work, listing).await?);
        }
        if ranks[&listing] < latest {
            older.push(row);
        }
    }
    if older.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut called: HashMap<(String, String, OrderKind), (&Option<Rank>, NewOrder)> = HashMap::new();
    for listing in &plan.listing_ids {
        let rank = &ranks[listing];
        for order in called_for(work, ListingId(*listing)).await? {
            let of = (order.account.clone(), order.premise.clone(), order.kind);
            if called.get(&of).is_none_or(|(known, _)| *known < rank) {
                called.insert(of, (rank, order));
            }
        }
    }
    let (mut handed_over, mut numbers) = (BTreeSet::new(), Vec::new());
    for row in older {
        let of = (row.account, row.premise, kind_of(row.id, &row.kind)?);
        let later = called.get(&of).filter(|(rank, _)| row.listing.is_some_and(|listing| ranks[&listing] < **rank));
        let Some((_, order)) = later else { continue };
        if numbers.is_empty() {
            // Whoever writes an order has taken the feed's number first.
            let body = serde_json::json!({ "date": plan.date });
            feed::append(work, now, "orders", "taken_over", &body).await?;
        }
        if hand_over(work, OrderId(row.id), order).await? {
            handed_over.insert(OrderId(row.id));
            numbers.push(row.number);
        }
    }
    if !numbers.is_empty() {
        let details = serde_json::json!({ "date": plan.date, "orders": numbers });
        audit::append(work, now, &actor.name(), "orders_taken_over", &plan.id.to_string(), &details).await?;
    }
    Ok(handed_over)
}

/// The accounts of these orders.
pub(super) async fn accounts(conn: &mut Conn, orders_of: &BTreeSet<OrderId>) -> Result<BTreeSet<String>, ServiceError> {
    let mut accounts = BTreeSet::new();
    for order in orders_of {
        accounts.extend(orders::by_id(conn, *order).await?.map(|row| row.account));
    }
    Ok(accounts)
}

/// The order is the listing's of `called_for` from now on, with its amounts, meters and note; `false`, and nothing is
/// changed, where that is other work. The caller has taken the feed's number.
pub(in crate::service) async fn hand_over(
    work: &mut Work,
    order: OrderId,
    called_for: &NewOrder,
) -> Result<bool, ServiceError> {
    let lines = orders::lines(work, order).await?;
    let Some(lines) = as_listed(&lines, &called_for.lines) else { return Ok(false) };
    orders::hand_over(work, order, called_for, &lines).await?;
    Ok(true)
}

fn kind_of(order: Uuid, kind: &str) -> Result<OrderKind, StoreError> {
    kind.parse().map_err(|e| StoreError::inconsistent("orders", "kind", order, e))
}

/// The orders that a listing has taken over, each as the latest other final listing calls for it that knows the same work,
/// with that listing's version number.
pub(in crate::service) async fn taken_over(
    conn: &mut Conn,
    listing: ListingId,
    rows: &[OrderRow],
) -> Result<BTreeMap<OrderId, (i64, NewOrder)>, ServiceError> {
    let mut called: HashMap<Uuid, Vec<NewOrder>> = HashMap::new();
    let mut taken = BTreeMap::new();
    for row in rows {
        let (id, kind) = (OrderId(row.id), kind_of(row.id, &row.kind)?);
        if OrderId::of_listing(listing, kind, &row.premise, &row.account) == id {
            continue;
        }
        let lines = orders::lines(conn, id).await?;
        let mut others = listings::with_account(conn, &row.account).await?;
        others.retain(|other| other.id != listing.0 && other.state == "final");
        others.sort_by(|one, other| (&other.as_of, other.number).cmp(&(&one.as_of, one.number)));
        for other in others {
            let Some(number) = other.number else { continue };
            if let std::collections::hash_map::Entry::Vacant(place) = called.entry(other.id) {
                place.insert(called_for(conn, ListingId(other.id)).await?);
            }
            let same = called[&other.id].iter().find(|it| {
                (&it.account, &it.premise, it.kind) == (&row.account, &row.premise, kind)
                    && is_same_work(&lines, &it.lines)
            });
            if let Some(order) = same {
                taken.insert(id, (number, order.clone()));
                break;
            }
        }
    }
    Ok(taken)
}
