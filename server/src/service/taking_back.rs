//! A payment turns out to be none: the check came back, the bank charged back, somebody typed it by mistake.
//!
//! The release that rested on it is taken back, and nothing else: nobody is cut because of it, service that is on
//! stays on, and the account is eligible for the next listing.

use super::{
    ServiceError,
    authorise::{Action, Actor},
    exceptions,
    idempotency::{Answer, Once},
    part_paid, releasing,
    spreading::{self, Spread, Word},
    utility,
    whereabouts::Whereabouts,
    withdrawing,
};
use crate::{
    planning::counted::is_taken_back,
    state::AppState,
    store::{
        Work, audit, facts, listings,
        orders::{self, OrderRow},
        payments::{self, PaymentRow, TakingBack},
    },
};
use curbstop_shared::{
    disposition::LineState,
    facts::{Fact, FactBody, Header, ReleaseReversal},
    ids::{FactId, ListingId, OrderId, PersonId},
    money::Money,
    time::Micros,
    vocabulary::{ReleaseReason, ReversalReason},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What taking a payment back comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "PaymentTakenBack")]
pub struct TakenBack {
    /// The account.
    pub account: String,
    /// How much is taken back, as "86.40".
    pub amount: String,
    /// Orders whose release is taken back.
    pub releases: Vec<String>,
    /// Other money still covers what had to be paid, so the release stands.
    pub still_covered: bool,
    /// Orders whose service is off: it stays off.
    pub stays_off: Vec<String>,
    /// Orders whose service was given back already: it stays on.
    pub stays_on: Vec<String>,
    /// Reconnects that were called for and are not done. One that a crew has is taken back from its truck: whoever
    /// wants to be sure calls the crew, for its tablet may be out of reach.
    pub reconnects: Vec<Underway>,
}

impl TakenBack {
    /// Nothing is taken back yet.
    pub(super) const fn of(account: String) -> Self {
        Self {
            account,
            amount: String::new(),
            releases: Vec::new(),
            still_covered: false,
            stays_off: Vec::new(),
            stays_on: Vec::new(),
            reconnects: Vec::new(),
        }
    }
}

/// A reconnect whose payment is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "ReconnectUnderway")]
pub struct Underway {
    /// The order's number.
    pub order: String,
    /// The crew; none where it is on no route.
    pub crew: Option<String>,
    /// Whom to call.
    pub phone: Option<String>,
}

/// Takes a payment back, once.
///
/// # Errors
/// 404 `payment_unknown`, 409 `payment_taken_back`, 422 `payment_is_reversal`.
pub async fn take_back(
    state: &AppState,
    actor: &Actor,
    payment: Uuid,
    reason: ReversalReason,
    once: &Once,
) -> Result<Answer, ServiceError> {
    actor.may(Action::DecideReleases)?;
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    let (outcome, spread) = apply(state, &mut work, actor, payment, reason).await?;
    let details = serde_json::json!({
        "account": outcome.account, "amount": outcome.amount, "reason": reason.code(), "releases": outcome.releases,
    });
    audit::append(&mut work, state.now(), &actor.name(), "payment_taken_back", &payment.to_string(), &details).await?;
    let answer = once.commit(state, work, actor, Answer::created(&outcome)?).await?;
    spread.announce(state);
    Ok(answer)
}

/// What taking a payment back would come to. Nothing is stored.
///
/// # Errors
/// As [`take_back`].
pub async fn preview(state: &AppState, actor: &Actor, payment: Uuid) -> Result<TakenBack, ServiceError> {
    actor.may(Action::DecideReleases)?;
    // The same steps as for real, in a unit of work that is dropped.
    let mut work = state.store.begin().await?;
    let (outcome, _) = apply(state, &mut work, actor, payment, ReversalReason::Error).await?;
    Ok(outcome)
}

async fn apply(
    state: &AppState,
    work: &mut Work,
    actor: &Actor,
    id: Uuid,
    reason: ReversalReason,
) -> Result<(TakenBack, Spread), ServiceError> {
    let now = state.now();
    let row = payment(work, id).await?;
    releasing::lock_account(work, &row.account).await?;
    not_taken_back_yet(work, &row).await?;
    let back = TakingBack {
        id: state.new_id(),
        of: &row,
        reason: reason.code(),
        by: actor.person().map(|person| person.0),
        now,
    };
    payments::take_back(work, &back).await?;
    let folding = utility::folding(state, now);
    let (words, still_covered) = reversals(state, work, actor.person(), &row.account, reason, now).await?;
    let spread = spreading::spread(state, work, &words, &folding, now).await?;
    part_paid::look_at(state, work, &row.account, Some(row.id), &folding, now).await?;
    exceptions::payment_gone(work, &row.account, row.id, now).await?;
    let mut outcome = TakenBack {
        amount: Money::from_minor(row.amount_minor, state.config.currency).to_string(),
        still_covered,
        ..TakenBack::of(row.account)
    };
    for word in &words {
        tell(work, word.order, &spread, &mut outcome).await?;
    }
    Ok((outcome, spread))
}

/// The payment, where it is one.
async fn payment(work: &mut Work, id: Uuid) -> Result<PaymentRow, ServiceError> {
    let unknown = || ServiceError::not_found("payment_unknown", "There is no such payment. Look at the account again.");
    let row = payments::by_id(work, id).await?.ok_or_else(unknown)?;
    if row.amount_minor <= 0 {
        let detail = "This takes a payment back already; record a new payment where money came in.";
        return Err(ServiceError::invalid("payment_is_reversal", detail));
    }
    Ok(row)
}

/// Whoever took it back, desk or billing system: once is enough.
async fn not_taken_back_yet(work: &mut Work, row: &PaymentRow) -> Result<(), ServiceError> {
    let moved = payments::moved(work, &row.account).await?;
    if is_taken_back(&moved, &row.id.to_string()) {
        let detail = "This payment was taken back already. Nothing was changed.";
        return Err(ServiceError::conflict("payment_taken_back", detail));
    }
    Ok(())
}

/// The names under which reversals live: a release is taken back once.
const REVERSALS: Uuid = Uuid::from_bytes(*b"curbstop-reverse");

/// A reversal for each release that rested on the account's money and does not any more; and whether some release
/// still rests on other money. `by` is who says so; nobody for a journal of the billing system.
pub(super) async fn reversals(
    state: &AppState,
    work: &mut Work,
    by: Option<PersonId>,
    account: &str,
    reason: ReversalReason,
    now: Micros,
) -> Result<(Vec<Word>, bool), ServiceError> {
    let mut released: Vec<(OrderRow, BTreeSet<FactId>)> = Vec::new();
    for row in orders::by_account(work, account).await? {
        let standing = standing_releases(work, OrderId(row.id)).await?;
        if !standing.is_empty() {
            released.push((row, standing));
        }
    }
    let rows: Vec<OrderRow> = released.iter().map(|(row, _)| row.clone()).collect();
    let weighed = releasing::weighed_released(state, work, account, &rows, None).await?;
    let mut words = Vec::new();
    for (row, standing) in released {
        let order = OrderId(row.id);
        if weighed.paid.contains(&order) {
            continue;
        }
        let header = Header { order, at: now, by, device: None };
        let facts = standing.into_iter().map(|release| reversal(release, header.clone(), reason)).collect();
        words.push(Word { order, facts, home: None });
        // Its listing was wrong, and only the money kept it from being said: nobody goes there because of it.
        if let Some(listing) = row.listing.map(ListingId)
            && listings::by_id(work, listing).await?.is_some_and(|it| it.state == "withdrawn")
        {
            words.push(withdrawing::recall(order, listing, by, now));
        }
    }
    Ok((words, !weighed.paid.is_empty()))
}

pub(super) fn reversal(release: FactId, header: Header, reason: ReversalReason) -> Fact {
    let id = FactId::from_uuid(Uuid::new_v5(&REVERSALS, release.as_str().as_bytes()));
    Fact::new(id, header, FactBody::ReleaseReversal(ReleaseReversal { release, reason }))
}

/// The releases that the office or the billing system gave for money and that nobody has taken back.
async fn standing_releases(work: &mut Work, order: OrderId) -> Result<BTreeSet<FactId>, ServiceError> {
    let (mut given, mut taken) = (BTreeSet::new(), BTreeSet::new());
    for row in facts::of_order(work, order).await? {
        let fact = row.fact()?;
        match fact.body {
            FactBody::Release(release) if release.verified && release.reason == ReleaseReason::PaymentReceived => {
                given.insert(fact.id);
            }
            FactBody::ReleaseReversal(reversal) => {
                taken.insert(reversal.release);
            }
            _ => {}
        }
    }
    Ok(given.difference(&taken).cloned().collect())
}

/// Adds what became of an order whose release is gone.
///
/// # Errors
/// When the store fails.
pub(super) async fn tell(
    work: &mut Work,
    order: OrderId,
    spread: &Spread,
    outcome: &mut TakenBack,
) -> Result<(), ServiceError> {
    let Some(row) = orders::by_id(work, order).await? else { return Ok(()) };
    if let Some(folded) = spread.recorded.folded.get(&order) {
        if folded.lines.values().any(|line| line.off().is_some()) {
            outcome.stays_off.push(row.number.clone());
        } else if folded.lines.values().any(|line| matches!(line, LineState::Restored { .. })) {
            outcome.stays_on.push(row.number.clone());
        }
    }
    outcome.releases.push(row.number);
    for id in OrderId::reconnects_of(order) {
        let Some(reconnect) = orders::by_id(work, id).await? else { break };
        // One that a crew has is taken back with the release.
        let recalled_now = reconnect.state == "recalled" && spread.recorded.folded.contains_key(&id);
        if !recalled_now && !matches!(reconnect.state.as_str(), "open" | "unable") {
            continue;
        }
        let standing = Whereabouts::of(work, id).await?.has_it();
        outcome.reconnects.push(Underway {
            order: reconnect.number,
            crew: standing.as_ref().map(|standing| standing.crew.clone()),
            phone: standing.and_then(|standing| standing.phone),
        });
    }
    Ok(())
}
