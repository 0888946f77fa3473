//! The orders of final listings: made once, and not for whoever has paid, is protected, or has an open cut already.

use super::{
    super::{
        ServiceError, carrying,
        recording::{self, Folding, Incoming},
        releasing, utility,
    },
    NewPlan,
    called_for::{called_for, is_one_work, is_same_work, shares},
    dossier::Dossier,
    handed_over::rank_of,
    over,
};
use crate::{
    planning::{
        allotted::{self, Sum},
        money_since::MoneySince,
        plan::PlanLeftOut,
        standing::{Standing, Subject},
    },
    state::AppState,
    store::{
        Conn, StoreError, Work, feed, listings,
        orders::{self, NewOrder, OrderRow},
        plans,
    },
    sync::documents::Stamp,
};
use chrono::NaiveDate;
use curbstop_shared::{
    disposition::{Claim, OrderState, disposition},
    ids::{ListingId, OrderId},
    time::Micros,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// States in which an order is not over: another one for the same account would send two trucks.
const OPEN_STATES: [&str; 4] = ["open", "unable", "held", "stopped_at_door"];

/// What came of the listings.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// Orders that are new.
    pub count: usize,
    /// Accounts that got none.
    pub left_out: Vec<PlanLeftOut>,
    /// Orders of earlier listings that wait still, and that a listing of the plan calls for again: what no truck came to
    /// is not forgotten, and nobody gets two.
    pub taken_up: BTreeSet<OrderId>,
}

/// The listings that are planned, with what payments each lacks: those named, or those of the day.
pub(super) async fn chosen(
    state: &AppState,
    conn: &mut Conn,
    new: &NewPlan,
) -> Result<BTreeMap<Uuid, MoneySince>, ServiceError> {
    let ids = match &new.listing_ids {
        Some(ids) => ids.clone(),
        None => plans::listings_of_day(conn, &new.date.to_string()).await?,
    };
    let mut chosen = BTreeMap::new();
    for id in ids {
        let listing = listings::by_id(conn, id).await?.ok_or_else(|| {
            ServiceError::invalid("listing_unknown", format!("listing_ids: there is no listing {id}."))
        })?;
        if listing.state != "final" {
            let detail = format!("listing_ids: listing {id} is {}; only a final listing makes orders.", listing.state);
            return Err(ServiceError::invalid("listing_not_final", detail));
        }
        chosen.insert(id.0, utility::money_since(state, &listing)?);
    }
    Ok(chosen)
}

/// Makes the orders that the listings call for and that are not there yet.
pub(super) async fn make_orders(
    state: &AppState,
    work: &mut Work,
    new: &NewPlan,
    listings: &BTreeMap<Uuid, MoneySince>,
) -> Result<Made, ServiceError> {
    let mut called: Vec<NewOrder> = Vec::new();
    for listing in listings.keys() {
        called.extend(called_for(work, ListingId(*listing)).await?);
    }
    let overtaken = overtaken(work, &called).await?;
    let mut wanted = Vec::new();
    for order in &called {
        if orders::by_id(work, order.id).await?.is_none() && !has_its_order(work, order).await? {
            wanted.push(order);
        }
    }
    let names = wanted.iter().map(|order| (order.account.as_str(), order.premise.as_str()));
    let mut dossier = Dossier::read(state, work, names, listings.clone(), None).await?;
    dossier.spoken_for = spoken_for(state, work, &wanted, &dossier).await?;
    let approved: BTreeSet<&str> = new.approved_accounts.iter().map(String::as_str).collect();
    let mut made = Made::default();
    let (mut fit, mut doubled) = (Vec::new(), Vec::new());
    for order in wanted {
        if let Some(later) = overtaken.get(&order.id).copied() {
            doubled.extend((!is_same_work(&order.lines, &later.lines)).then_some((order, later)));
            continue;
        }
        let is_approved = approved.contains(order.account.as_str());
        let why = match standing_of(&dossier, order, is_approved, new.date)? {
            None => match open_cut(state, work, order, new.date).await? {
                Some(earlier) if waits_for(state, work, &earlier, order, new.date).await? => {
                    made.taken_up.insert(OrderId(earlier.id));
                    continue;
                }
                earlier => earlier.map(|earlier| Standing::OpenOrder { number: earlier.number }),
            },
            why => why,
        };
        match why {
            Some(why) => {
                let address = dossier.address(&order.premise);
                made.left_out.push(PlanLeftOut::standing(None, &order.account, &address, why));
            }
            None => fit.push(order),
        }
    }
    if fit.is_empty() {
        made.left_out.extend(of_two_listings(work, &doubled, &dossier).await?);
        return Ok(made);
    }
    made.count = fit.len();
    let now = state.now();
    // From here on no claim comes in and none is decided on that does not see these orders.
    work.lock(releasing::LOCK).await?;
    let event = feed::append(work, now, "orders", "made", &serde_json::json!({ "count": fit.len() })).await?;
    for order in &fit {
        let _ = orders::insert(work, order, now, event.seq).await?;
    }
    made.left_out.extend(of_two_listings(work, &doubled, &dossier).await?);
    let claims = carrying::waiting_for(work, &fit).await?;
    if claims.is_empty() {
        return Ok(made);
    }
    let incoming: Vec<Incoming<'_>> =
        claims.iter().map(|fact| Incoming { fact, change: None, clock_offset: None }).collect();
    let stamp = Stamp { now, feed_seq: event.seq };
    recording::record(work, None, &incoming, &utility::folding(state, now), stamp).await?;
    Ok(made)
}

fn standing_of(
    dossier: &Dossier,
    order: &NewOrder,
    approved: bool,
    date: NaiveDate,
) -> Result<Option<Standing>, ServiceError> {
    let product = |line: &orders::LineRow| {
        line.product.parse().map_err(|e| StoreError::inconsistent("listing_rows", "product", order.id, e))
    };
    let subject = Subject {
        account: &order.account,
        premise: &order.premise,
        kind: order.kind,
        reason: order.reason,
        products: order.lines.iter().map(product).collect::<Result<_, _>>()?,
        past_due_minor: order.past_due_minor,
    };
    let since = order.listing.map_or(MoneySince::moment(Micros(0)), |listing| dossier.since(listing));
    Ok(dossier.standing((order.id, order.listing), &subject, since, approved, date))
}

/// Of new orders those that the account's money does not pay, as it pays others of that account: each amount counts once.
async fn spoken_for(
    state: &AppState,
    conn: &mut Conn,
    wanted: &[&NewOrder],
    dossier: &Dossier,
) -> Result<BTreeSet<OrderId>, ServiceError> {
    let mut of_account: BTreeMap<&str, Vec<&NewOrder>> = BTreeMap::new();
    let for_money =
        |order: &&&NewOrder| order.kind.is_cut() && order.reason.is_collections() && order.past_due_minor > 0;
    for order in wanted.iter().filter(for_money).filter(|order| dossier.has_paid(&order.account)) {
        of_account.entry(&order.account).or_default().push(order);
    }
    let mut spoken_for = BTreeSet::new();
    for (account, orders) in of_account {
        let services = orders
            .iter()
            .flat_map(|order| order.lines.iter().map(|line| (order.premise.clone(), line.product.clone())));
        let before = releasing::spent(state, conn, account, &services.collect()).await?;
        let sums: Vec<Sum> = orders.iter().map(|order| dossier.sum(order)).collect();
        let unpaid = orders.iter().zip(allotted::paid(&before, &sums)).filter(|(_, is_paid)| !is_paid);
        spoken_for.extend(unpaid.map(|(order, _)| order.id));
    }
    Ok(spoken_for)
}

/// Whether the listing has this work as an order that it took over: made once, it is never made again, also where it was
/// done, paid for or taken back meanwhile.
async fn has_its_order(conn: &mut Conn, order: &NewOrder) -> Result<bool, ServiceError> {
    let of_account = orders::by_account(conn, &order.account).await?;
    Ok(of_account.iter().any(|row| {
        (row.listing, row.premise.as_str(), row.kind.as_str()) == (order.listing, &order.premise, order.kind.code())
    }))
}

/// Orders that are not made because a later listing's order does a part of their work, each with that one.
async fn of_two_listings(
    conn: &mut Conn,
    doubled: &[(&NewOrder, &NewOrder)],
    dossier: &Dossier,
) -> Result<Vec<PlanLeftOut>, ServiceError> {
    let mut left_out = Vec::new();
    for (order, later) in doubled {
        if let Some(row) = orders::by_id(conn, later.id).await? {
            let (why, address) = (Standing::OpenOrder { number: row.number }, dossier.address(&order.premise));
            left_out.push(PlanLeftOut::standing(None, &order.account, &address, why));
        }
    }
    Ok(left_out)
}

/// Of the orders that a plan's listings call for, made or not, those with a later listing's that does a part of their work or
/// all of it: an account that two listings name gets one truck, and whoever has paid what the later one asks for gets none.
async fn overtaken<'a>(
    conn: &mut Conn,
    wanted: &'a [NewOrder],
) -> Result<BTreeMap<OrderId, &'a NewOrder>, ServiceError> {
    let mut at: BTreeMap<(&str, &str), Vec<&NewOrder>> = BTreeMap::new();
    for order in wanted {
        at.entry((&order.account, &order.premise)).or_default().push(order);
    }
    let mut overtaken = BTreeMap::new();
    for orders in at.into_values().filter(|orders| orders.len() > 1) {
        let mut ranked = Vec::new();
        for order in orders {
            let rank = match order.listing {
                Some(listing) => rank_of(conn, listing).await?,
                None => None,
            };
            ranked.push((rank, order));
        }
        // The latest first; a listing's own orders are several on purpose.
        ranked.sort_by(|(one, _), (other, _)| other.cmp(one));
        for (n, (_, order)) in ranked.iter().enumerate() {
            let later = ranked[..n].iter().map(|(_, later)| *later);
            let mut later = later.filter(|later| !overtaken.contains_key(&later.id) && later.listing != order.listing);
            if let Some(later) =
                later.find(|later| is_one_work(later.kind, order.kind) && shares(&later.lines, &order.lines))
            {
                overtaken.insert(order.id, later);
            }
        }
    }
    Ok(overtaken)
}

/// Whether an order that is there already does the very work of this one, and nothing but a truck lacks.
async fn waits_for(
    state: &AppState,
    conn: &mut Conn,
    earlier: &OrderRow,
    order: &NewOrder,
    date: NaiveDate,
) -> Result<bool, ServiceError> {
    let is_to_do = match earlier.state.as_str() {
        "open" | "unable" => true,
        // A hold with a last day ends by itself, and nobody folds the order for that.
        "held" => over(state, conn, earlier, date).await?.is_none(),
        _ => false,
    };
    Ok(is_to_do
        && earlier.kind == order.kind.code()
        && earlier.listing.is_some()
        && is_same_work(&orders::lines(conn, OrderId(earlier.id)).await?, &order.lines))
}

/// The order that is not over and ends a service that this one would end: an account that has one gets no second.
async fn open_cut(
    state: &AppState,
    conn: &mut Conn,
    order: &NewOrder,
    date: NaiveDate,
) -> Result<Option<OrderRow>, ServiceError> {
    let others = orders::by_account(conn, &order.account).await?;
    let doubles = others.into_iter().filter(|other| {
        let is_one = other.kind.parse().is_ok_and(|kind| is_one_work(kind, order.kind));
        OrderId(other.id) != order.id
            && OPEN_STATES.contains(&other.state.as_str())
            && other.premise == order.premise
            && is_one
            // Two kinds of work from one listing are two orders on purpose.
            && (other.listing != order.listing || other.kind == order.kind.code())
    });
    for other in doubles {
        let lines = orders::lines(conn, OrderId(other.id)).await?;
        if shares(&lines, &order.lines) && !was_rejected(state, conn, &other, date).await? {
            return Ok(Some(other));
        }
    }
    Ok(None)
}

/// Whether the order was stopped at the door by a claim that the office did not accept: nobody goes back because of that
/// order, and the account is for the next listing.
async fn was_rejected(
    state: &AppState,
    conn: &mut Conn,
    row: &OrderRow,
    date: NaiveDate,
) -> Result<bool, ServiceError> {
    if row.state != "stopped_at_door" {
        return Ok(false);
    }
    let folding = Folding { today: date, ..utility::folding(state, state.now()) };
    let history = recording::history(conn, row, folding.today).await?;
    let outcome = disposition(&history, &folding.policy);
    Ok(matches!(outcome.state, OrderState::StoppedAtDoor { claim: Claim::Rejected, .. }))
}
