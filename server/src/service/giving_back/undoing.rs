//! A release without a payment was a mistake, or proof from the door was accepted by mistake: it is taken back, and nobody
//! is cut because of that.

use super::said_why;
use crate::{
    service::{
        ServiceError,
        authorise::{Action, Actor},
        carrying,
        idempotency::{Answer, Once},
        releasing,
        spreading::{self, Spread, Word},
        taking_back::{self, Underway},
        utility,
    },
    state::AppState,
    store::{Work, audit, facts, orders, orders::OrderRow, releases},
};
use curbstop_shared::{
    facts::{Fact, FactBody, Header, Note},
    ids::{FactId, OrderId},
    vocabulary::ReversalReason,
};
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
/// 404 `release_unknown`, 409 `release_taken_back`, `release_not_accepted`, `release_covered`, 422 `why_missing`.
pub async fn take_back(
    state: &AppState,
    actor: &Actor,
    release: &FactId,
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
pub async fn preview_take_back(state: &AppState, actor: &Actor, release: &FactId) -> Result<TakenBack, ServiceError> {
    actor.may(Action::DecideReleases)?;
    // The same steps as for real, in a unit of work that is dropped.
    let mut work = state.store.begin().await?;
    Ok(apply(state, &mut work, actor, release, "").await?.0)
}

/// Facts of one order, where a release that may be taken back was said to it.
struct Said {
    order: OrderRow,
    release: FactId,
}

async fn apply(
    state: &AppState,
    work: &mut Work,
    actor: &Actor,
    id: &FactId,
    why: &str,
) -> Result<(TakenBack, Spread), ServiceError> {
    let by_hand = match id.as_str().parse::<Uuid>() {
        Ok(id) => releases::by_id(work, id).await?,
        Err(_) => None,
    };
    let (account, said, row) = match by_hand {
        Some(row) => {
            releasing::lock_account(work, &row.account).await?;
            let said = given_by_hand(work, row.id).await?;
            (row.account, said, Some(row.id))
        }
        None => {
            let (account, said) = accepted_proof(work, id).await?;
            (account, said, None)
        }
    };
    let now = state.now();
    let (mut words, mut covered) = (Vec::new(), Vec::new());
    for Said { order, release } in said {
        if releasing::is_covered(state, work, &order, None).await? {
            covered.push(order.number);
            continue;
        }
        let order = OrderId(order.id);
        let header = Header { order, at: now, by: actor.person(), device: None };
        let mut facts = vec![taking_back::reversal(release.clone(), header.clone(), ReversalReason::Error)];
        // What somebody gave by hand keeps its reason beside it; with a claim there is nowhere else for it.
        if row.is_none() && release == *id && !why.is_empty() {
            let note = Note { text: why.to_owned(), visit: None };
            facts.push(Fact::new(FactId::from_uuid(state.new_id()), header, FactBody::Note(note)));
        }
        words.push(Word { order, facts, home: None });
    }
    if words.is_empty() {
        let detail = "The account has paid since, and its release stands on that money. Nothing was changed.";
        return Err(ServiceError::conflict("release_covered", detail));
    }
    if let Some(row) = row {
        releases::take_back(work, row, why, now).await?;
    }
    let folding = utility::folding(state, now);
    let spread = spreading::spread(state, work, &words, &folding, now).await?;
    let mut told = taking_back::TakenBack::of(account);
    for word in &words {
        taking_back::tell(work, word.order, &spread, &mut told).await?;
    }
    let taking_back::TakenBack { account, releases, stays_off, stays_on, reconnects, .. } = told;
    Ok((TakenBack { account, releases, covered, stays_off, stays_on, reconnects }, spread))
}

/// What somebody gave by hand, at each order of the account. The account is locked.
async fn given_by_hand(work: &mut Work, id: Uuid) -> Result<Vec<Said>, ServiceError> {
    // Looked at again, now that nobody else can change it.
    let row = releases::by_id(work, id).await?.ok_or_else(unknown)?;
    if row.taken_back_at_us.is_some() {
        return Err(taken_back());
    }
    let mut said = Vec::new();
    for order in orders::by_account(work, &row.account).await? {
        let release = releasing::release_of(OrderId(order.id), id);
        if facts::exists(work, &release).await? {
            said.push(Said { order, release });
        }
    }
    Ok(said)
}

/// Proof from the door that the office accepted, at each order of the account that it was about. Locks the account.
async fn accepted_proof(work: &mut Work, claim: &FactId) -> Result<(String, Vec<Said>), ServiceError> {
    let stored = facts::by_id(work, claim).await?.ok_or_else(unknown)?;
    let row = orders::by_id(work, OrderId(stored.order_id)).await?.ok_or_else(unknown)?;
    let fact = stored.fact()?;
    if !fact.is_claim() || fact.is_carried() || !matches!(fact.body, FactBody::Release(_)) {
        return Err(unknown());
    }
    releasing::lock_account(work, &row.account).await?;
    let (mut accepted, mut back) = (false, false);
    for other in facts::of_order(work, OrderId(row.id)).await? {
        match other.fact()?.body {
            FactBody::ReleaseDecision(said) => accepted |= said.release == *claim && said.accepted,
            FactBody::ReleaseReversal(said) => back |= said.release == *claim,
            _ => {}
        }
    }
    if back {
        return Err(taken_back());
    }
    if !accepted {
        let detail = "Nobody has accepted this proof: there is nothing to take back. Decide on it first.";
        return Err(ServiceError::conflict("release_not_accepted", detail));
    }
    let account = row.account.clone();
    let carried = carrying::carried(work, &row, claim).await?;
    let mut said = vec![Said { order: row, release: claim.clone() }];
    said.extend(carried.into_iter().map(|(order, release)| Said { order, release }));
    Ok((account, said))
}

fn unknown() -> ServiceError {
    ServiceError::not_found("release_unknown", "There is no such release. Look at the account again.")
}

fn taken_back() -> ServiceError {
    ServiceError::conflict("release_taken_back", "This release was taken back already. Nothing was changed.")
}
