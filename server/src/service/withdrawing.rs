//! A listing was wrong: it is withdrawn, and every order of it that is not done comes back from the trucks.
//!
//! What was done stays done and is named, so that somebody looks at it. An order that another final listing of the day
//! calls for in the same words is that listing's from now on, and nobody is told anything about it. One that it took over
//! from an earlier listing is that one's again: it comes off the trucks and waits.

mod look;

use super::{
    ServiceError,
    authorise::{Action, Actor},
    idempotency::{Answer, Once},
    part_paid, payments,
    planning::{self, Saying},
    releasing,
    spreading::{self, Word},
    trucks::Truck,
    utility,
};
use crate::{
    shape::Shape,
    state::AppState,
    store::{Work, audit, feed, imports, listings, orders},
};
use curbstop_shared::{
    facts::{Fact, FactBody, Header, Recall},
    ids::{FactId, ListingId, OrderId, PersonId},
    time::Micros,
    vocabulary::{RecallReason, ReleaseReason, Source},
};
use look::Look;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most bytes of what somebody says about it.
const WHY_MAX: usize = 500;

/// What withdrawing a listing comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Withdrawal {
    /// The listing.
    #[schemars(with = "Shape<ListingId>")]
    pub listing_id: ListingId,
    /// Its version number; none for a draft that is still one.
    pub number: Option<i64>,
    /// Who sent it.
    pub source: String,
    /// The day of the cut.
    pub as_of: String,
    /// Numbers of the orders that are not done and come back, on a route or not.
    pub recalled: Vec<String>,
    /// How many of them are with a crew, or may be still: one that two crews may have counts once.
    #[serde(default)]
    pub with_crews: usize,
    /// The crews that may have such orders in hand, once each: whoever can't be heard of has to be called.
    pub trucks: Vec<Truck>,
    /// Orders that were done already, or of which a part was: that stays, and somebody has to look at each.
    pub done: Vec<Done>,
    /// How many were over before: paid for, or taken back for good.
    pub over_before: usize,
    /// Orders that another final listing of the day calls for too: they stay, as that one's.
    pub stays: Vec<Stays>,
    /// Orders that an earlier listing made and this one took over: they are that one's again, come off the trucks, and
    /// wait.
    #[serde(default)]
    pub back: Vec<Stays>,
    /// Orders of other listings that were released as what this one asked was paid, and more is owed by theirs. They stay
    /// released: nobody is cut because of it, and somebody has to look at each.
    #[serde(default)]
    pub released_by_it: Vec<String>,
    /// Accounts that another final listing of the day has with another amount, meter or kind of work: their orders come
    /// back, and the next plan makes those of the other listing.
    pub differs: Vec<String>,
    /// Orders whose service is given back because somebody asked for it.
    pub given_back: Vec<String>,
}

/// An order that was done before its listing was withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "DoneBeforeWithdrawal")]
pub struct Done {
    /// The order's number.
    pub order: String,
    /// The order.
    #[schemars(with = "Shape<OrderId>")]
    pub order_id: OrderId,
    /// The account.
    pub account: String,
    /// Service is off because of it, also where somebody has paid to get it back and no crew was there yet.
    pub is_off: bool,
}

/// An order that stays, as another listing's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "StaysWithOtherListing")]
pub struct Stays {
    /// The order's number.
    pub order: String,
    /// The account.
    pub account: String,
    /// The other listing's version number.
    pub listing: i64,
}

/// What somebody says who withdraws a listing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdraw {
    /// Why, for the audit trail.
    pub why: String,
    /// Give service back to whoever is off because of it, as a billing error. Takes somebody who may release.
    #[serde(default)]
    pub give_back: bool,
}

/// Withdraws a listing, once: no plan takes its rows up any more, and its file may come in again as a new draft.
///
/// # Errors
/// 404 `listing_not_found`; 409 `listing_withdrawn`; 422 `why_missing`; 403 `person_needed` for machines,
/// `role_forbids` for giving back without being allowed to release.
pub async fn withdraw(
    state: &AppState,
    actor: &Actor,
    once: &Once,
    id: ListingId,
    said: &Withdraw,
) -> Result<Answer, ServiceError> {
    actor.may(Action::FinaliseListings)?;
    if said.give_back {
        actor.may(Action::RecordReleases)?;
    }
    if actor.person().is_none() {
        let detail = "A listing is withdrawn by a named person. Sign in as one.";
        return Err(ServiceError::forbidden("person_needed", detail));
    }
    let why = said.why.trim();
    if why.is_empty() || why.len() > WHY_MAX || why.chars().any(char::is_control) {
        let detail = format!("why: say in 1 to {WHY_MAX} characters what is wrong with the listing.");
        return Err(ServiceError::invalid("why_missing", detail));
    }
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    // No plan may make its orders, no route go out with them and nobody pay between the look and the word.
    work.lock(planning::LOCK).await?;
    work.lock(imports::LOCK).await?;
    work.lock(releasing::LOCK).await?;
    let of_listing = orders::of_listing(&mut work, id.0).await?.into_iter().map(|row| OrderId(row.id)).collect();
    spreading::lock_routes(&mut work, &of_listing, None).await?;
    let now = state.now();
    let mut look = Look::at(state, &mut work, id, now).await?;
    look.outcome.number = Some(listings::withdraw(&mut work, id).await?);
    let event = serde_json::json!({
        "number": look.outcome.number, "as_of": look.outcome.as_of, "state": "withdrawn",
    });
    // Whoever writes an order has taken the feed's number first.
    feed::append(&mut work, now, "listing", &id.to_string(), &event).await?;
    for (order, other) in &look.pass_on {
        orders::set_listing(&mut work, *order, other.0).await?;
    }
    for (order, earlier) in &look.give_back {
        planning::hand_over(&mut work, *order, earlier).await?;
    }
    let folding = utility::folding(state, now);
    let back: BTreeSet<OrderId> = look.give_back.iter().map(|(order, _)| *order).collect();
    let paid = payments::weighed_again(state, &mut work, &back, &folding, now).await?;
    let off_trucks =
        planning::take_from_all(state, &mut work, &back, &folding, Saying { by: actor.person(), at: now }).await?;
    let recalls = look.to_recall.iter().map(|order| recall(*order, id, actor.person(), now));
    let words: Vec<Word> = paid.into_iter().chain(recalls).collect();
    let recalled = spreading::spread(state, &mut work, &words, &folding, now).await?;
    let restored = if said.give_back {
        let permission = releasing::Permission {
            cause: id.0,
            reason: ReleaseReason::BillingError,
            source: Source::Office,
            lines: None,
            paid_at: None,
            by: actor.person(),
        };
        look.outcome.given_back = look.off.iter().map(|(row, _)| row.number.clone()).collect();
        Some(releasing::release(state, &mut work, &look.off, &permission, &folding, now).await?.0)
    } else {
        None
    };
    for account in &look.accounts {
        part_paid::look_at(state, &mut work, account, None, &folding, now).await?;
    }
    keep_trail(&mut work, actor, &look.outcome, why, now).await?;
    let answer = once.commit(state, work, actor, Answer::ok(&look.outcome)?).await?;
    recalled.announce(state);
    for told in off_trucks {
        told.announce(state);
    }
    if let Some(restored) = restored {
        restored.announce(state);
    }
    state.feed.ring();
    Ok(answer)
}

/// What withdrawing a listing would come to. Nothing is stored.
///
/// # Errors
/// 404 `listing_not_found`; 409 `listing_withdrawn`.
pub async fn preview(state: &AppState, actor: &Actor, id: ListingId) -> Result<Withdrawal, ServiceError> {
    actor.may(Action::FinaliseListings)?;
    Ok(Look::at(state, &mut state.store.snapshot().await?, id, state.now()).await?.outcome)
}

async fn keep_trail(
    work: &mut Work,
    actor: &Actor,
    outcome: &Withdrawal,
    why: &str,
    now: Micros,
) -> Result<(), ServiceError> {
    let id = outcome.listing_id.to_string();
    let details = serde_json::json!({
        "number": outcome.number, "why": why, "recalled": outcome.recalled, "released_by_it": outcome.released_by_it, "stays": outcome.stays, "back": outcome.back,
        "done": outcome.done.iter().map(|done| &done.order).collect::<Vec<_>>(), "given_back": outcome.given_back,
    });
    Ok(audit::append(work, now, &actor.name(), "listing_withdrawn", &id, &details).await?)
}

/// One recall for each order and listing, whoever withdraws it wherever.
pub(super) fn recall(order: OrderId, listing: ListingId, by: Option<PersonId>, now: Micros) -> Word {
    let cause = listing.to_string();
    let header = Header { order, at: now, by, device: None };
    let id = FactId::recall_of(order, &cause);
    let body = FactBody::Recall(Recall { reason: RecallReason::Withdrawn, cause: Some(cause) });
    Word { order, facts: vec![Fact::new(id, header, body)], home: None }
}
