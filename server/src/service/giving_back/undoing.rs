//! A release without a payment was a mistake: it is taken back, and nobody is cut because of that.

use super::said_why;
use crate::{
    service::{
        ServiceError,
        authorise::{Action, Actor},
        idempotency::{Answer, Once},
        releasing,
        spreading::{self, Spread, Word},
        taking_back::{self, Underway},
        utility,
    },
    state::AppState,
    store::{Work, audit, facts, orders, releases},
};
use curbstop_shared::{facts::Header, ids::OrderId, vocabulary::ReversalReason};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What taking a release back comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "ReleaseTakenBack")]
pub struct TakenBack {
    /// The account.
    pub account: String,
    /// Orders whose release is taken back.
    pub releases: Vec<String>,
    /// Orders that money covers by now: their release stands.
    pub covered: Vec<String>,
    /// Orders whose service is off: it stays off.
    pub stays_off: Vec<String>,
    /// Orders whose service was given back already: it stays on.
    pub stays_on: Vec<String>,
    /// Reconnects that were called for and are not done. One that a crew has is taken back from its truck: whoever
    /// wants to be sure calls the crew.
    pub reconnects: Vec<Underway>,
}

/// Takes a release back as a mistake, once.
///
/// # Errors
/// 404 `release_unknown`, 409 `release_taken_back`, 409 `release_covered`, 422 `why_missing`.
pub async fn take_back(
    state: &AppState,
    actor: &Actor,
    release: Uuid,
    why: &str,
    once: &Once,
) -> Result<Answer, ServiceError> {
    actor.may(Action::DecideReleases)?;
    let why = said_why(why)?;
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    let (outcome, spread) = apply(state, &mut work, actor, release, why).await?;
    let details = serde_json::json!({ "account": outcome.account, "why": why, "releases": outcome.releases });
    audit::append(&mut work, state.now(), &actor.name(), "release_taken_back", &release.to_string(), &details).await?;
    let answer = once.commit(state, work, actor, Answer::created(&outcome)?).await?;
    spread.announce(state);
    Ok(answer)
}

/// What taking a release back would come to. Nothing is stored.
///
/// # Errors
/// As [`take_back`].
pub async fn preview_take_back(state: &AppState, actor: &Actor, release: Uuid) -> Result<TakenBack, ServiceError> {
    actor.may(Action::DecideReleases)?;
    // The same steps as for real, in a unit of work that is dropped.
    let mut work = state.store.begin().await?;
    Ok(apply(state, &mut work, actor, release, "").await?.0)
}

async fn apply(
    state: &AppState,
    work: &mut Work,
    actor: &Actor,
    id: Uuid,
    why: &str,
) -> Result<(TakenBack, Spread), ServiceError> {
    let unknown = || ServiceError::not_found("release_unknown", "There is no such release. Look at the account again.");
    let row = releases::by_id(work, id).await?.ok_or_else(unknown)?;
    releasing::lock_account(work, &row.account).await?;
    // Looked at again, now that nobody else can change it.
    let row = releases::by_id(work, id).await?.ok_or_else(unknown)?;
    if row.taken_back_at_us.is_some() {
        let detail = "This release was taken back already. Nothing was changed.";
        return Err(ServiceError::conflict("release_taken_back", detail));
    }
    let now = state.now();
    let (mut words, mut covered) = (Vec::new(), Vec::new());
    for order in orders::by_account(work, &row.account).await? {
        let release = releasing::release_of(OrderId(order.id), id);
        if !facts::exists(work, &release).await? {
            continue;
        }
        if releasing::is_covered(state, work, &order).await? {
            covered.push(order.number);
            continue;
        }
        let header = Header { order: OrderId(order.id), at: now, by: actor.person(), device: None };
        let taken_back = taking_back::reversal(release, header, ReversalReason::Error);
        words.push(Word { order: OrderId(order.id), facts: vec![taken_back], home: None });
    }
    if words.is_empty() {
        let detail = "The account has paid since, and its release stands on that money. Nothing was changed.";
        return Err(ServiceError::conflict("release_covered", detail));
    }
    releases::take_back(work, id, why, now).await?;
    let folding = utility::folding(state, now);
    let spread = spreading::spread(state, work, &words, &folding, now).await?;
    let mut told = taking_back::TakenBack::of(row.account);
    for word in &words {
        taking_back::tell(work, word.order, &spread, &mut told).await?;
    }
    let taking_back::TakenBack { account, releases, stays_off, stays_on, reconnects, .. } = told;
    Ok((TakenBack { account, releases, covered, stays_off, stays_on, reconnects }, spread))
}
