//! A draft listing becomes an immutable, numbered version, by a named person.

use super::{
    ServiceError,
    authorise::{Action, Actor},
    idempotency::{Answer, Once},
    importing::ListingView,
    part_paid, payments,
    recording::Folding,
    releasing::{self, Permission},
    spreading::{self, Spread, Word},
    utility,
};
use crate::{
    state::AppState,
    store::{
        Conn, Work, audit, feed, holds, imports,
        listings::{self, Listing},
        orders::{self, LineRow},
    },
};
use chrono::NaiveDate;
use curbstop_shared::{
    ids::{ListingId, OrderId},
    time::Micros,
    vocabulary::{ReleaseReason, Source},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A listing that was made final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Finalised {
    /// The listing, with its number.
    pub listing: ListingView,
    /// Accounts that have come under a hold since the listing was imported: no cut is built for them.
    pub held_since: Vec<String>,
    /// Orders of earlier listings that were released now: this one asks less for the same work and that was paid already, or
    /// it says that nothing is past due at their meters.
    pub paid_already: Vec<String>,
}

/// How many listings a desk sees at once.
const NEWEST_MAX: i64 = 100;

/// Makes a draft final.
///
/// # Errors
/// 404 `listing_not_found`; 409 `listing_already_final`, `listing_withdrawn`; 422 `listing_empty`; 403
/// `person_needed` for machines.
pub async fn finalise(state: &AppState, actor: &Actor, once: &Once, id: ListingId) -> Result<Answer, ServiceError> {
    actor.may(Action::FinaliseListings)?;
    let Some(person) = actor.person() else {
        let detail = "A listing is made final by a named person. Sign in as one.";
        return Err(ServiceError::forbidden("person_needed", detail));
    };
    let now = state.now();
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    work.lock(imports::LOCK).await?;
    let listing = listings::by_id(&mut work, id).await?.ok_or_else(not_found)?;
    if let Some(number) = listing.number {
        let (code, detail) = match listing.state.as_str() {
            "final" => ("listing_already_final", format!("This listing is final already, as version {number}.")),
            _ => ("listing_withdrawn", format!("Version {number} was withdrawn. Import the file again.")),
        };
        return Err(ServiceError::conflict(code, detail));
    }
    let rows = listings::rows(&mut work, id).await?;
    if rows.is_empty() {
        let detail = "No row of this listing was accepted, so there is nothing to make final. Look at its report.";
        return Err(ServiceError::invalid("listing_empty", detail));
    }
    let day: NaiveDate = listing.as_of.parse().map_err(|e| ServiceError::Internal(format!("as_of of {id}: {e}")))?;
    let held = holds::accounts_in_force(&mut work, day).await?;
    let held_since: BTreeSet<String> =
        rows.iter().map(|row| &row.account).filter(|account| held.contains(*account)).cloned().collect();
    let nothing_due = nothing_past_due(&mut work, listing.import_id).await?;
    let number = listings::finalise(&mut work, id, person, now).await?;
    let listing = listings::by_id(&mut work, id).await?.map(ListingView::from).ok_or_else(not_found)?;
    // It locks who may be cut, so nothing is said to the desks before it.
    let (paid, paid_already) = weigh_again(state, &mut work, id, &nothing_due, now).await?;
    let details = serde_json::json!({ "number": number, "rows_sha256": listing.rows_sha256, "rows": rows.len(), "paid_already": paid_already });
    let event = serde_json::json!({ "number": number, "as_of": listing.as_of });
    feed::append(&mut work, now, "listing", &id.to_string(), &event).await?;
    audit::append(&mut work, now, &actor.name(), "listing_finalised", &id.to_string(), &details).await?;
    let finalised = Finalised { listing, held_since: held_since.into_iter().collect(), paid_already };
    let answer = once.commit(state, work, actor, Answer::ok(&finalised)?).await?;
    paid.announce(state);
    Ok(answer)
}

/// Whoever has paid what this listing asks, while an order of an earlier one with a higher sum is still out, has paid:
/// their orders are released, by number; of who has paid a part, the rest is worked out anew.
async fn weigh_again(
    state: &AppState,
    work: &mut Work,
    listing: ListingId,
    nothing_due: &BTreeMap<String, BTreeSet<String>>,
    now: Micros,
) -> Result<(Spread, Vec<String>), ServiceError> {
    work.lock(releasing::LOCK).await?;
    let waiting = orders::beside_listing(work, listing).await?;
    let accounts: BTreeSet<&str> = waiting.iter().map(|(_, account)| account.as_str()).collect();
    releasing::lock_accounts(work, accounts.iter().copied().chain(nothing_due.keys().map(String::as_str))).await?;
    let folding = utility::folding(state, now);
    let ids = waiting.iter().map(|(order, _)| OrderId(*order)).collect();
    let mut words = payments::weighed_again(state, work, &ids, &folding, now).await?;
    let this = listings::by_id(work, listing).await?.ok_or_else(not_found)?;
    words.extend(owe_nothing(work, &this, nothing_due, &folding, now).await?);
    let spread = spreading::spread(state, work, &words, &folding, now).await?;
    let mut released = BTreeSet::new();
    for word in &words {
        released.extend(orders::by_id(work, word.order).await?.map(|row| row.number));
    }
    for account in accounts {
        part_paid::look_at(state, work, account, None, &folding, now).await?;
    }
    Ok((spread, released.into_iter().collect()))
}

/// Meters at which a file says that nothing is past due, by account.
async fn nothing_past_due(conn: &mut Conn, import: Uuid) -> Result<BTreeMap<String, BTreeSet<String>>, ServiceError> {
    #[derive(Deserialize)]
    struct Kept {
        #[serde(default)]
        excluded: Vec<Row>,
    }
    #[derive(Deserialize)]
    struct Row {
        account: String,
        meter: String,
        code: String,
    }
    let mut meters: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let Some(import) = imports::by_id(conn, import).await? else { return Ok(meters) };
    let bad = |e: serde_json::Error| ServiceError::Internal(format!("report of import {}: {e}", import.id));
    let kept: Kept = serde_json::from_str(&import.report).map_err(bad)?;
    for row in kept.excluded.into_iter().filter(|row| row.code == "nothing_past_due") {
        meters.entry(row.account).or_default().insert(row.meter);
    }
    Ok(meters)
}

/// The releases of orders at whose meters the listing says that nothing is past due: the billing system has heard of what
/// the truck has not.
async fn owe_nothing(
    work: &mut Work,
    listing: &Listing,
    nothing_due: &BTreeMap<String, BTreeSet<String>>,
    folding: &Folding,
    now: Micros,
) -> Result<Vec<Word>, ServiceError> {
    let permission = Permission {
        cause: listing.id,
        reason: ReleaseReason::PaymentReceived,
        source: Source::Cis,
        lines: None,
        paid_at: None,
        by: None,
    };
    let mut words = Vec::new();
    for (account, meters) in nothing_due {
        for (row, outcome) in releasing::waiting_orders(work, account, folding).await? {
            let lines = orders::lines(work, OrderId(row.id)).await?;
            let is_at = |line: &LineRow| line.serial.as_ref().is_some_and(|serial| meters.contains(serial));
            let own = match row.listing {
                Some(own) => listings::by_id(work, ListingId(own)).await?,
                None => None,
            };
            let is_later = own.is_some_and(|own| releasing::is_later(listing, &own));
            if is_later && !lines.is_empty() && lines.iter().all(is_at) {
                words.push(releasing::word(&row, &outcome, &permission, now));
            }
        }
    }
    Ok(words)
}

/// The newest listings.
///
/// # Errors
/// As the database says.
pub async fn list(state: &AppState) -> Result<Vec<ListingView>, ServiceError> {
    let rows = listings::newest(&mut state.store.reader().await?, NEWEST_MAX).await?;
    Ok(rows.into_iter().map(ListingView::from).collect())
}

/// One listing with the report of the import that it came from, as JSON.
///
/// # Errors
/// 404 `listing_not_found`.
pub async fn report(state: &AppState, id: ListingId) -> Result<serde_json::Value, ServiceError> {
    let mut conn = state.store.snapshot().await?;
    let listing = listings::by_id(&mut conn, id).await?.ok_or_else(not_found)?;
    let import = imports::by_id(&mut conn, listing.import_id).await?.ok_or_else(not_found)?;
    let bad = |e: serde_json::Error| ServiceError::Internal(format!("report of {id}: {e}"));
    let mut report: serde_json::Value = serde_json::from_str(&import.report).map_err(bad)?;
    // The report was written when the listing was a draft.
    report["listing"] = serde_json::to_value(ListingView::from(listing)).map_err(bad)?;
    Ok(report)
}

fn not_found() -> ServiceError {
    ServiceError::not_found("listing_not_found", "There is no such listing.")
}
