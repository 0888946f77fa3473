//! The office's word on what a crew was shown or told at the door: proof of payment, or a claim such as an illness.

use super::{
    ServiceError,
    authorise::{Action, Actor},
    idempotency::{Answer, Once},
    protecting::{self, NewHold},
    releasing,
    spreading::{self, Word},
    utility,
};
use crate::{
    state::AppState,
    store::{Work, audit, facts, orders},
};
use chrono::NaiveDate;
use curbstop_shared::{
    facts::{Fact, FactBody, Header, Hold, HoldDecision, ReleaseDecision},
    ids::{FactId, OrderId},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Longest reason, in bytes.
const WHY_MAX: usize = 500;

/// What somebody decides.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ClaimDecision")]
pub struct Decision {
    /// It stands.
    pub accepted: bool,
    /// Why.
    pub why: String,
    /// An accepted claim protects the account until this day, that day included.
    #[serde(default)]
    pub good_through: Option<NaiveDate>,
}

/// What a decision came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "ClaimDecided")]
pub struct Decided {
    /// The order's number.
    pub order: String,
    /// It stands.
    pub accepted: bool,
    /// The hold that an accepted claim was put on file as.
    pub hold: Option<String>,
    /// Orders that give service back because of it.
    pub reconnects: Vec<String>,
}

/// Decides on a claim made at the door, once. What was not accepted sends nobody back today: the account is eligible
/// for the next listing.
///
/// # Errors
/// 404 `claim_unknown`, 409 `claim_decided` or `claim_ended`, 422 `why_missing`; for a hold's last day as
/// [`protecting::set`].
pub async fn decide(
    state: &AppState,
    actor: &Actor,
    claim: &FactId,
    decision: &Decision,
    once: &Once,
) -> Result<Answer, ServiceError> {
    let why = decision.why.trim();
    if why.is_empty() || why.len() > WHY_MAX || why.chars().any(char::is_control) {
        let detail = format!("why: say in 1 to {WHY_MAX} characters what was found out.");
        return Err(ServiceError::invalid("why_missing", detail));
    }
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    work.lock(releasing::LOCK).await?;
    let (order, made) = waiting(&mut work, claim).await?;
    let now = state.now();
    let header = Header { order, at: now, by: actor.person(), device: None };
    let (accepted, said) = (decision.accepted, Some(why.to_owned()));
    let (body, claimed) = match made {
        Claim::Proof => {
            actor.may(Action::DecideReleases)?;
            (FactBody::ReleaseDecision(ReleaseDecision { release: claim.clone(), accepted, why: said }), None)
        }
        Claim::Hold(hold) => {
            actor.may(Action::DecideHolds)?;
            (FactBody::HoldDecision(HoldDecision { hold: claim.clone(), accepted, why: said }), Some(hold))
        }
    };
    let row = orders::by_id(&mut work, order).await?;
    let row = row.ok_or_else(|| ServiceError::Internal(format!("order {order} is not there")))?;
    let (hold, mut spreads) = match claimed.filter(|claimed| accepted && protecting::BY_HAND.contains(&claimed.reason))
    {
        // It locks this order's routes with those of everything else that the hold covers.
        Some(claimed) => on_file(state, &mut work, actor, &row, &claimed, decision).await?,
        None => {
            spreading::lock_routes(&mut work, &BTreeSet::from([order]), None).await?;
            (None, Vec::new())
        }
    };
    let folding = utility::folding(state, now);
    let fact = Fact::new(FactId::from_uuid(state.new_id()), header, body);
    let word = Word { order, facts: vec![fact], home: None };
    let spread = spreading::spread(state, &mut work, &[word], &folding, now).await?;
    let mut reconnects = Vec::new();
    for created in &spread.recorded.created {
        reconnects.extend(orders::by_id(&mut work, *created).await?.map(|order| order.number));
    }
    spreads.push(spread);
    let details = serde_json::json!({ "order": row.number, "accepted": accepted, "why": why, "hold": hold });
    audit::append(&mut work, now, &actor.name(), "claim_decided", claim.as_str(), &details).await?;
    let decided = Decided { order: row.number, accepted, hold, reconnects };
    let answer = once.commit(state, work, actor, Answer::ok(&decided)?).await?;
    for spread in spreads {
        spread.announce(state);
    }
    Ok(answer)
}

enum Claim {
    Proof,
    Hold(Hold),
}

/// The claim with its order, where the office has not decided on it.
async fn waiting(work: &mut Work, claim: &FactId) -> Result<(OrderId, Claim), ServiceError> {
    let unknown = || {
        let detail = "There is no such claim from the door. Look at the list again.";
        ServiceError::not_found("claim_unknown", detail)
    };
    let row = facts::by_id(work, claim).await?.ok_or_else(unknown)?;
    let order = OrderId(row.order_id);
    let made = match row.fact()?.body {
        FactBody::Release(release) if !release.verified => Claim::Proof,
        FactBody::Hold(hold) if !hold.verified => Claim::Hold(hold),
        _ => return Err(unknown()),
    };
    let (mut decided, mut ended) = (false, false);
    for other in facts::of_order(work, order).await? {
        match other.fact()?.body {
            FactBody::ReleaseDecision(decision) => decided |= decision.release == *claim,
            FactBody::HoldDecision(decision) => decided |= decision.hold == *claim,
            FactBody::HoldLift(lift) => ended |= lift.hold == *claim,
            FactBody::ReleaseReversal(reversal) => ended |= reversal.release == *claim,
            _ => {}
        }
    }
    if decided {
        return Err(ServiceError::conflict("claim_decided", "Somebody decided on this already."));
    }
    if ended {
        let detail = "This claim is over: it was lifted or taken back. Nothing is left to decide; look at the account.";
        return Err(ServiceError::conflict("claim_ended", detail));
    }
    Ok((order, made))
}

/// An accepted claim goes on file, so that the next listing knows of it, and protects what else it covers.
async fn on_file(
    state: &AppState,
    work: &mut Work,
    actor: &Actor,
    order: &orders::OrderRow,
    claimed: &Hold,
    decision: &Decision,
) -> Result<(Option<String>, Vec<spreading::Spread>), ServiceError> {
    let new = NewHold {
        account: order.account.clone(),
        kind: claimed.reason,
        good_through: decision.good_through,
        comment: decision.why.clone(),
        restore: false,
    };
    let (held, spreads) = protecting::apply(state, work, actor, &new, Some(OrderId(order.id))).await?;
    Ok((Some(held.hold), spreads))
}
