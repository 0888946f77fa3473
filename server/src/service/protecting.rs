//! Holds that the office sets, and what each keeps from being cut; how they are lifted stands in [`lifting`].
//!
//! A hold only keeps a cut from happening. Where service is off already a person may order it restored with the same
//! word: that is a release beside the hold.

mod lifting;

pub use lifting::{Lifted, lift, preview_lift};

use super::{
    ServiceError,
    authorise::{Action, Actor},
    holding::{self, Said},
    idempotency::{Answer, Once},
    recording::Folding,
    releasing::{self, Permission, Restarted, Stopped},
    spreading::{self, Spread, Word},
    utility,
};
use crate::shape::Shape;
use crate::{
    import::{holds::HoldRow, register::Term},
    planning::standing,
    state::AppState,
    store::{
        Conn, Work, audit, documents, feed, holds,
        orders::{self, OrderRow},
        premises,
    },
};
use chrono::NaiveDate;
use curbstop_shared::{
    disposition::{Disposition, LineState},
    ids::OrderId,
    time::Micros,
    vocabulary::{HoldReason, ReleaseReason, Source},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Whose holds these are; those of a billing system are lifted there.
pub const OFFICE: &str = "office";
/// Longest remark and reason, in bytes.
const TEXT_MAX: usize = 500;
/// No hold of a desk lasts longer without somebody looking at it again.
const DAYS_MAX: i64 = 400;

/// A hold as somebody wants it set.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHold {
    /// The account, exactly as billing writes it.
    pub account: String,
    /// Why.
    #[schemars(with = "Shape<HoldReason>")]
    pub kind: HoldReason,
    /// Its last day, that day included; without it until it is lifted.
    #[serde(default)]
    pub good_through: Option<NaiveDate>,
    /// Who pledged, which doctor, what is disputed.
    #[serde(default)]
    pub comment: String,
    /// Also give service back where it is off.
    #[serde(default)]
    pub restore: bool,
}

/// What a hold came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "HoldSet")]
pub struct Held {
    /// Its number.
    pub hold: String,
    /// Cuts that it stops.
    pub stopped: Vec<Stopped>,
    /// What is given back with it.
    pub reconnects: Vec<Restarted>,
    /// Orders whose service is off and stays off.
    pub stays_off: Vec<String>,
}

/// The reasons for which a person sets a hold. Weather and area suspensions are the utility's policy, premises'
/// flags come with the premises.
pub const BY_HAND: [HoldReason; 8] = [
    HoldReason::Medical,
    HoldReason::Dispute,
    HoldReason::Arrangement,
    HoldReason::Pledge,
    HoldReason::Extension,
    HoldReason::Bankruptcy,
    HoldReason::NewOccupant,
    HoldReason::LandlordLeaveOn,
];

/// Whether a promise stands behind it that has a day: without one it would hold for ever.
#[must_use]
pub const fn needs_last_day(kind: HoldReason) -> bool {
    matches!(kind, HoldReason::Arrangement | HoldReason::Pledge | HoldReason::Extension | HoldReason::Deferment)
}

/// Sets a hold, once.
///
/// # Errors
/// 422 with a code of its own for each thing that can't be right with it.
pub async fn set(state: &AppState, actor: &Actor, new: NewHold, once: &Once) -> Result<Answer, ServiceError> {
    may_set(actor, &new)?;
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    let (held, spreads) = apply(state, &mut work, actor, &new, &BTreeSet::new()).await?;
    let answer = once.commit(state, work, actor, Answer::created(&held)?).await?;
    for spread in spreads {
        spread.announce(state);
    }
    Ok(answer)
}

/// What a hold would stop. Nothing is stored.
///
/// # Errors
/// As [`set`].
pub async fn preview(state: &AppState, actor: &Actor, new: &NewHold) -> Result<Held, ServiceError> {
    may_set(actor, new)?;
    let mut work = state.store.begin().await?;
    Ok(apply(state, &mut work, actor, new, &BTreeSet::new()).await?.0)
}

fn may_set(actor: &Actor, new: &NewHold) -> Result<(), ServiceError> {
    actor.may(Action::RecordHolds)?;
    if new.restore {
        actor.may(Action::RecordReleases)?;
    }
    Ok(())
}

fn check(new: &NewHold, today: NaiveDate) -> Result<(), ServiceError> {
    if !BY_HAND.contains(&new.kind) {
        let detail = format!("kind: a hold for {} is not set by hand.", new.kind);
        return Err(ServiceError::invalid("hold_kind_invalid", detail));
    }
    match new.good_through {
        None if needs_last_day(new.kind) => {
            let detail = "good_through: say until which day it holds; a promise without a day never ends.";
            Err(ServiceError::invalid("good_through_missing", detail))
        }
        Some(day) if day < today => {
            Err(ServiceError::invalid("good_through_past", "good_through: that day is over. Choose a later one."))
        }
        Some(day) if (day - today).num_days() > DAYS_MAX => {
            let detail = format!("good_through: more than {DAYS_MAX} days away. Check the year.");
            Err(ServiceError::invalid("good_through_too_far", detail))
        }
        _ if new.comment.len() > TEXT_MAX || new.comment.chars().any(char::is_control) => {
            Err(ServiceError::invalid("text_invalid", format!("comment: at most {TEXT_MAX} printable characters.")))
        }
        _ => Ok(()),
    }
}

/// Puts a hold on file and says it to every truck that it concerns. `but` are orders that have their own word already;
/// their routes are locked with the others.
pub(super) async fn apply(
    state: &AppState,
    work: &mut Work,
    actor: &Actor,
    new: &NewHold,
    but: &BTreeSet<OrderId>,
) -> Result<(Held, Vec<Spread>), ServiceError> {
    let now = state.now();
    let folding = utility::folding(state, now);
    check(new, folding.today)?;
    let account = new.account.trim();
    if !premises::account_exists(work, account).await? {
        let detail = format!("account: there is no account \"{account}\". Find it by name or address first.");
        return Err(ServiceError::invalid("account_unknown", detail));
    }
    work.lock(releasing::LOCK).await?;
    let row = HoldRow {
        line: 0,
        hold: format!("H-{}", holds::count(work, OFFICE).await? + 1),
        account: account.to_owned(),
        kind: new.kind,
        term: Term { start: folding.today, good_through: new.good_through, lifted: None },
        pledged: None,
        agency: String::new(),
        entered_by: actor.name(),
        comment: new.comment.trim().to_owned(),
    };
    let mut covered = holding::covered(work, row.kind, account).await?;
    let all = covered.iter().map(|order| OrderId(order.id)).chain(but.iter().copied()).collect();
    spreading::lock_routes(work, &all, None).await?;
    covered.retain(|order| !but.contains(&OrderId(order.id)));
    holds::insert(work, OFFICE, &row, now).await?;
    let said = Said { source: OFFICE, by: actor.person(), why: None };
    let (words, waiting) = words(work, said, &row, &covered, &folding, now).await?;
    let spread = spreading::spread(state, work, &words, &folding, now).await?;
    let mut held = Held { hold: row.hold.clone(), stopped: Vec::new(), reconnects: Vec::new(), stays_off: Vec::new() };
    for order in waiting {
        held.stopped.extend(releasing::stopped_on_its_routes(state, work, order, now).await?);
    }
    let mut spreads = vec![spread];
    spreads.extend(restore(state, work, actor, new, &folding, now, &mut held).await?);
    // For these everybody waits until the commit, so they come last.
    feed::append(work, now, "hold", &row.hold, &serde_json::json!({})).await?;
    let details = serde_json::json!({
        "account": row.account, "kind": row.kind, "good_through": row.term.good_through, "restore": new.restore,
    });
    audit::append(work, now, &actor.name(), "hold_set", &row.hold, &details).await?;
    Ok((held, spreads))
}

/// The words for the orders that are out, and the cuts that will not be made: those, and those on no route yet.
async fn words<'o>(
    work: &mut Work,
    said: Said<'_>,
    row: &HoldRow,
    covered: &'o [OrderRow],
    folding: &Folding,
    now: Micros,
) -> Result<(Vec<Word>, Vec<&'o OrderRow>), ServiceError> {
    let (mut words, mut waiting) = (Vec::new(), Vec::new());
    for order in covered {
        let waits = matches!(order.state.as_str(), "open" | "unable");
        if documents::routes_of_order(work, OrderId(order.id)).await?.is_empty() {
            waiting.extend(waits.then_some(order));
        } else if let Some(word) = holding::word(work, said, row, order, folding, now).await? {
            waiting.extend(waits.then_some(order));
            words.push(word);
        }
    }
    Ok((words, waiting))
}

/// The orders that a hold covers and whose service is off and not released: for medical those of the whole house.
async fn off(
    conn: &mut Conn,
    kind: HoldReason,
    account: &str,
    folding: &Folding,
) -> Result<Vec<(OrderRow, Disposition)>, ServiceError> {
    let covered = holding::covered(conn, kind, account).await?;
    let mut off = Vec::new();
    for (row, outcome) in releasing::waiting_among(conn, covered, folding).await? {
        let is_off = outcome.lines.values().any(LineState::waits_for_release);
        if is_off && (row.account == account || is_essential(conn, &row).await?) {
            off.push((row, outcome));
        }
    }
    Ok(off)
}

/// Whether somebody who is ill may need what an order turned off, whoever owes for it.
async fn is_essential(conn: &mut Conn, row: &OrderRow) -> Result<bool, ServiceError> {
    let lines = orders::lines(conn, OrderId(row.id)).await?;
    Ok(lines.iter().filter_map(|line| line.product.parse().ok()).any(standing::is_essential))
}

/// Whether something that such a hold covers is off and not released: a hold alone leaves it off.
///
/// # Errors
/// When the store fails.
pub(super) async fn is_off(
    conn: &mut Conn,
    kind: HoldReason,
    account: &str,
    folding: &Folding,
) -> Result<bool, ServiceError> {
    Ok(!off(conn, kind, account, folding).await?.is_empty())
}

/// What the hold covers and is off: given back where that was asked for, named where not.
async fn restore(
    state: &AppState,
    work: &mut Work,
    actor: &Actor,
    new: &NewHold,
    folding: &Folding,
    now: Micros,
    held: &mut Held,
) -> Result<Option<Spread>, ServiceError> {
    let off = off(work, new.kind, new.account.trim(), folding).await?;
    if off.is_empty() || !new.restore {
        held.stays_off = off.into_iter().map(|(row, _)| row.number).collect();
        return Ok(None);
    }
    let permission = Permission {
        cause: state.new_id(),
        reason: match new.kind {
            HoldReason::Medical => ReleaseReason::Medical,
            HoldReason::Dispute => ReleaseReason::Dispute,
            HoldReason::Arrangement | HoldReason::Extension | HoldReason::Deferment => ReleaseReason::Agreement,
            HoldReason::Pledge => ReleaseReason::Pledge,
            _ => ReleaseReason::Ordered,
        },
        source: Source::Office,
        lines: None,
        paid_at: None,
        by: actor.person(),
    };
    let (spread, consequences) = releasing::release(state, work, &off, &permission, folding, now).await?;
    held.reconnects = consequences.reconnects;
    Ok(Some(spread))
}
