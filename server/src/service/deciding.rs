//! The office's word on what a crew was shown or told at the door: proof of payment, or a claim such as an illness.

use super::{
    ServiceError,
    authorise::{Action, Actor},
    carrying,
    idempotency::{Answer, Once},
    protecting::{self, NewHold},
    recording::Folding,
    releasing,
    spreading::{self, Word},
    utility,
};
use crate::{
    state::AppState,
    store::{Work, audit, exceptions, facts, orders, orders::OrderRow},
};
use chrono::NaiveDate;
use curbstop_shared::{
    facts::{Fact, FactBody, Header, Hold, HoldDecision, ReleaseDecision},
    ids::{FactId, OrderId},
    vocabulary::{ExceptionKind, HoldReason},
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
    /// Whether an accepted claim gives service back where it is off. Without it a medical need does; for a dispute and a
    /// new occupant it has to be said (422 `restore_missing`). Proof of payment always gives it back.
    #[serde(default)]
    pub restore: Option<bool>,
    /// Why service stays off though somebody needs it for medical reasons (422 `stays_off_why_missing`).
    #[serde(default)]
    pub stays_off_why: Option<String>,
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
    /// Orders of the account whose service is off and stays off.
    #[serde(default)]
    pub stays_off: Vec<String>,
    /// Other cuts that the claim had stopped: they are stopped with it, or free again where it was not accepted.
    #[serde(default)]
    pub also: Vec<String>,
}

/// Decides on a claim made at the door, once, for every order that it stopped. What was not accepted sends nobody back
/// to that door today: the account is eligible for the next listing.
///
/// # Errors
/// 404 `claim_unknown`, 409 `claim_decided` or `claim_ended`, 422 `why_missing`, `restore_missing`,
/// `stays_off_why_missing`; for a hold's last day as [`protecting::set`].
pub async fn decide(
    state: &AppState,
    actor: &Actor,
    claim: &FactId,
    decision: &Decision,
    once: &Once,
) -> Result<Answer, ServiceError> {
    let why = said(&decision.why).ok_or_else(|| {
        let detail = format!("why: say in 1 to {WHY_MAX} characters what was found out.");
        ServiceError::invalid("why_missing", detail)
    })?;
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    work.lock(releasing::LOCK).await?;
    let (row, claim, made) = waiting(&mut work, claim).await?;
    let now = state.now();
    let folding = utility::folding(state, now);
    let header = Header { order: OrderId(row.id), at: now, by: actor.person(), device: None };
    let (accepted, noted) = (decision.accepted, Some(why.to_owned()));
    let (body, claimed) = match made {
        Claim::Proof => {
            actor.may(Action::DecideReleases)?;
            (FactBody::ReleaseDecision(ReleaseDecision { release: claim.clone(), accepted, why: noted }), None)
        }
        Claim::Hold(hold) => {
            actor.may(Action::DecideHolds)?;
            (FactBody::HoldDecision(HoldDecision { hold: claim.clone(), accepted, why: noted }), Some(hold))
        }
    };
    let claimed_kind = claimed.is_some();
    let carried = carrying::carried(&mut work, &row, &claim).await?;
    let own: BTreeSet<OrderId> = carried.iter().map(|(other, _)| OrderId(other.id)).chain([OrderId(row.id)]).collect();
    let on_file = claimed.filter(|claimed| accepted && protecting::BY_HAND.contains(&claimed.reason));
    let (held, mut spreads) = match on_file {
        // It locks these orders' routes with those of everything else that the hold covers.
        Some(claimed) => {
            let restore = restores(&mut work, &row, claimed.reason, decision, &folding).await?;
            if restore {
                actor.may(Action::RecordReleases)?;
            }
            let new = NewHold {
                account: row.account.clone(),
                kind: claimed.reason,
                good_through: decision.good_through,
                comment: decision.why.clone(),
                restore,
            };
            // An accepted claim goes on file, so that the next listing knows of it, and protects what else it covers.
            let (held, spreads) = protecting::apply(state, &mut work, actor, &new, &own).await?;
            (Some(held), spreads)
        }
        None => {
            spreading::lock_routes(&mut work, &own, None).await?;
            (None, Vec::new())
        }
    };
    let mut words = Vec::with_capacity(own.len());
    for (other, there) in &carried {
        words.push(carrying::decided(&mut work, (other, there), &body, actor, &folding, now).await?);
    }
    let fact = Fact::new(FactId::from_uuid(state.new_id()), header, body);
    words.push(Word { order: OrderId(row.id), facts: vec![fact], home: None });
    let spread = spreading::spread(state, &mut work, &words, &folding, now).await?;
    let mut decided = Decided {
        order: row.number,
        accepted,
        hold: held.as_ref().map(|held| held.hold.clone()),
        reconnects: held.iter().flat_map(|held| &held.reconnects).filter_map(|it| it.order.clone()).collect(),
        stays_off: held.map(|held| held.stays_off).unwrap_or_default(),
        also: carried.into_iter().map(|(other, _)| other.number).collect(),
    };
    for created in &spread.recorded.created {
        decided.reconnects.extend(orders::by_id(&mut work, *created).await?.map(|order| order.number));
    }
    spreads.push(spread);
    let kind = match claimed_kind {
        true => ExceptionKind::FieldHoldUnverified,
        false => ExceptionKind::FieldReleaseUnverified,
    };
    for order in &own {
        exceptions::decided(&mut work, *order, kind.code(), now, actor.person().map(|person| person.0), why).await?;
    }
    let details = serde_json::json!({
        "order": decided.order, "accepted": accepted, "why": why, "hold": decided.hold, "also": decided.also,
        "stays_off": decided.stays_off, "stays_off_why": decision.stays_off_why,
    });
    audit::append(&mut work, now, &actor.name(), "claim_decided", claim.as_str(), &details).await?;
    let answer = once.commit(state, work, actor, Answer::ok(&decided)?).await?;
    for spread in spreads {
        spread.announce(state);
    }
    Ok(answer)
}

fn said(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty() && text.len() <= WHY_MAX && !text.chars().any(char::is_control)).then_some(text)
}

/// Whether accepting a claim gives service back: asked only where something is off. A hold restores nothing by itself,
/// so somebody has to say.
async fn restores(
    work: &mut Work,
    row: &OrderRow,
    kind: HoldReason,
    decision: &Decision,
    folding: &Folding,
) -> Result<bool, ServiceError> {
    if !protecting::is_off(work, kind, &row.account, folding).await? {
        return Ok(false);
    }
    match (decision.restore, kind) {
        (Some(true), _) | (None, HoldReason::Medical) => Ok(true),
        (Some(false), HoldReason::Medical) if decision.stays_off_why.as_deref().and_then(said).is_none() => {
            let detail = format!(
                "stays_off_why: service is off and somebody may depend on it. Say in 1 to {WHY_MAX} characters why it \
                 is not given back."
            );
            Err(ServiceError::invalid("stays_off_why_missing", detail))
        }
        (Some(false), _) => Ok(false),
        (None, _) => {
            let detail = "restore: service is off. Say true to give it back, false to leave it off.";
            Err(ServiceError::invalid("restore_missing", detail))
        }
    }
}

enum Claim {
    Proof,
    Hold(Hold),
}

/// The claim with the order at whose door it was made, where the office has not decided on it. One that was carried on
/// from there is that claim.
async fn waiting(work: &mut Work, claim: &FactId) -> Result<(OrderRow, FactId, Claim), ServiceError> {
    let unknown = || {
        let detail = "There is no such claim from the door. Look at the list again.";
        ServiceError::not_found("claim_unknown", detail)
    };
    let stored = facts::by_id(work, claim).await?.ok_or_else(unknown)?;
    let mut row = orders::by_id(work, OrderId(stored.order_id)).await?.ok_or_else(unknown)?;
    let mut fact = stored.fact()?;
    if fact.is_carried() {
        (row, fact) = carrying::origin(work, &row, claim).await?.ok_or_else(unknown)?;
    }
    let claim = fact.id;
    let made = match fact.body {
        FactBody::Release(release) if !release.verified => Claim::Proof,
        FactBody::Hold(hold) if !hold.verified => Claim::Hold(hold),
        _ => return Err(unknown()),
    };
    let (mut decided, mut ended) = (None, false);
    for other in facts::of_order(work, OrderId(row.id)).await? {
        match other.fact()?.body {
            FactBody::ReleaseDecision(decision) if decision.release == claim => decided = Some(decision.accepted),
            FactBody::HoldDecision(decision) if decision.hold == claim => decided = Some(decision.accepted),
            FactBody::HoldLift(lift) => ended |= lift.hold == claim,
            FactBody::ReleaseReversal(reversal) => ended |= reversal.release == claim,
            _ => {}
        }
    }
    let after = match (decided, &made) {
        (None, _) => None,
        (Some(true), Claim::Proof) => Some("Accepted by mistake: take it back from the account's history."),
        (Some(true), Claim::Hold(_)) => Some("Accepted by mistake: lift its hold on the account."),
        (Some(false), Claim::Proof) => Some("If it was right after all: record the payment, or give service back."),
        (Some(false), Claim::Hold(_)) => Some("If it was right after all: set a hold on the account."),
    };
    if let Some(after) = after {
        let detail = format!("Somebody decided on this already. {after}");
        return Err(ServiceError::conflict("claim_decided", detail));
    }
    if ended {
        let detail = "This claim is over: it was lifted or taken back. Nothing is left to decide; look at the account.";
        return Err(ServiceError::conflict("claim_ended", detail));
    }
    Ok((row, claim, made))
}
