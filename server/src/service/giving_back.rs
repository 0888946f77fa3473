//! Service is left on, or given back, without a payment: an agreement, an agency's pledge, a bill that was wrong, or a
//! person's order. It goes the way of a payment's release.

mod undoing;

pub use undoing::{TakenBack, preview_take_back, take_back};

use super::{
    ServiceError,
    authorise::{Action, Actor},
    idempotency::{Answer, Once},
    recording::Folding,
    releasing::{self, Consequences, Permission, Restarted, Stopped},
    utility,
};
use crate::{
    state::AppState,
    store::{
        Conn, accounts, audit, orders, premises,
        releases::{self, ReleaseRow},
    },
};
use curbstop_shared::{
    disposition::Disposition,
    ids::LineId,
    vocabulary::{HoldReason, ReleaseReason, Role, Source},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Longest `why`, in bytes.
const WHY_MAX: usize = 500;

/// The reasons for which somebody gives service back without a payment.
pub const BY_HAND: [ReleaseReason; 6] = [
    ReleaseReason::Agreement,
    ReleaseReason::Pledge,
    ReleaseReason::BillingError,
    ReleaseReason::Ordered,
    ReleaseReason::Medical,
    ReleaseReason::Dispute,
];

/// A release as somebody wants it recorded.
#[derive(Debug, Clone)]
pub struct NewRelease {
    /// The account, exactly as billing writes it.
    pub account: String,
    /// Code of the reason.
    pub reason: String,
    /// Only these lines of the account's orders; all where absent.
    pub lines: Option<BTreeSet<LineId>>,
    /// Who agreed to what, who ordered it: for whoever reads the account later.
    pub why: String,
    /// Whoever records it was asked about what looks doubtful, and it is meant so.
    pub confirmed: bool,
}

/// What a release came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "ReleaseOutcome")]
pub struct Released {
    /// The release: take it back under this id where it was a mistake.
    pub release: Uuid,
    /// The account.
    pub account: String,
    /// Cuts that it stops.
    pub stopped: Vec<Stopped>,
    /// What it restarts.
    pub reconnects: Vec<Restarted>,
    /// No hold of that reason is on file: the release ends with today's orders, and the next listing may have the
    /// account again.
    pub hold_missing: bool,
}

/// Records a release and does what it calls for, in one unit of work.
///
/// # Errors
/// 422 with a code of its own for each thing that can't be right with it; 409 `nothing_to_release`,
/// `released_already`, and `confirm_needed` where no hold of that reason is on file; 403 `person_needed`.
pub async fn record(state: &AppState, actor: &Actor, new: NewRelease, once: &Once) -> Result<Answer, ServiceError> {
    let reason = check(actor, &new)?;
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    let now = state.now();
    releasing::lock_account(&mut work, new.account.trim()).await?;
    let row = row(state, actor, &new, reason, now.0);
    let found = weigh(state, &mut work, actor, (&row, reason), new.lines.as_ref()).await?;
    if found.hold_missing && !new.confirmed {
        let detail = format!(
            "No hold is on file for this ({reason}): the next listing may have the account again. Set one with POST \
             /holds, which can give service back too, or send this again with \"confirmed\": true."
        );
        return Err(ServiceError::conflict("confirm_needed", detail));
    }
    releases::insert(&mut work, &row).await?;
    let (spread, consequences) =
        releasing::release(state, &mut work, &found.waiting, &found.permission, &found.folding, now).await?;
    let orders: Vec<&str> = found.waiting.iter().map(|(order, _)| order.number.as_str()).collect();
    let details = serde_json::json!({
        "account": row.account, "reason": row.reason, "why": row.why, "orders": orders, "lines": new.lines,
    });
    audit::append(&mut work, now, &actor.name(), "release_recorded", &row.id.to_string(), &details).await?;
    let answer = once.commit(state, work, actor, Answer::created(&found.outcome(&row, consequences))?).await?;
    spread.announce(state);
    Ok(answer)
}

/// What a release would do. Nothing is stored, and nobody who writes waits for it.
///
/// # Errors
/// As [`record`], but for `confirm_needed`.
pub async fn preview(state: &AppState, actor: &Actor, new: &NewRelease) -> Result<Released, ServiceError> {
    let reason = check(actor, new)?;
    let now = state.now();
    let mut conn = state.store.snapshot().await?;
    let row = row(state, actor, new, reason, now.0);
    let found = weigh(state, &mut conn, actor, (&row, reason), new.lines.as_ref()).await?;
    let consequences = releasing::foresee(&mut conn, &found.waiting, &found.permission, &found.folding, now).await?;
    Ok(found.outcome(&row, consequences))
}

fn row(state: &AppState, actor: &Actor, new: &NewRelease, reason: ReleaseReason, now_us: i64) -> ReleaseRow {
    ReleaseRow {
        id: state.new_id(),
        account: new.account.trim().to_owned(),
        reason: reason.code().to_owned(),
        why: new.why.trim().to_owned(),
        recorded_by: actor.person().map(|person| person.0),
        recorded_at_us: now_us,
        taken_back_at_us: None,
        taken_back_why: None,
    }
}

/// Whether this somebody may give service back for this, and says why.
fn check(actor: &Actor, new: &NewRelease) -> Result<ReleaseReason, ServiceError> {
    actor.may(Action::RecordReleases)?;
    let reason = reason(&new.reason)?;
    let ordered = matches!(reason, ReleaseReason::Ordered | ReleaseReason::Medical | ReleaseReason::Dispute);
    if ordered && actor.role == Role::Cis {
        let detail = format!("reason: {reason} is a person's order. Somebody at the office gives it.");
        return Err(ServiceError::forbidden("person_needed", detail));
    }
    said_why(&new.why)?;
    Ok(reason)
}

fn reason(code: &str) -> Result<ReleaseReason, ServiceError> {
    match code.parse() {
        Ok(ReleaseReason::PaymentReceived) => {
            let detail = "reason: money releases as a payment. Record the payment instead: POST /payments.";
            Err(ServiceError::invalid("record_the_payment", detail))
        }
        Ok(reason) if BY_HAND.contains(&reason) => Ok(reason),
        _ => {
            let codes: Vec<&str> = BY_HAND.iter().map(|reason| reason.code()).collect();
            let detail = format!("reason: say one of {}.", codes.join(", "));
            Err(ServiceError::invalid("reason_unknown", detail))
        }
    }
}

fn said_why(why: &str) -> Result<&str, ServiceError> {
    let why = why.trim();
    if why.is_empty() || why.len() > WHY_MAX || why.chars().any(char::is_control) {
        let detail = format!("why: say in 1 to {WHY_MAX} characters who agreed to what, or who ordered it.");
        return Err(ServiceError::invalid("why_missing", detail));
    }
    Ok(why)
}

/// What a release meets.
struct Weighed {
    waiting: Vec<(orders::OrderRow, Disposition)>,
    hold_missing: bool,
    folding: Folding,
    permission: Permission,
}

impl Weighed {
    fn outcome(&self, row: &ReleaseRow, consequences: Consequences) -> Released {
        Released {
            release: row.id,
            account: row.account.clone(),
            stopped: consequences.stopped,
            reconnects: consequences.reconnects,
            hold_missing: self.hold_missing,
        }
    }
}

async fn weigh(
    state: &AppState,
    conn: &mut Conn,
    actor: &Actor,
    (row, reason): (&ReleaseRow, ReleaseReason),
    lines: Option<&BTreeSet<LineId>>,
) -> Result<Weighed, ServiceError> {
    if !premises::account_exists(conn, &row.account).await? {
        let detail = format!("account: there is no account \"{}\". Find it by name or address first.", row.account);
        return Err(ServiceError::invalid("account_unknown", detail));
    }
    let folding = utility::folding(state, state.now());
    let waiting = releasing::waiting_orders(conn, &row.account, &folding).await?;
    if waiting.is_empty() {
        return Err(nothing_waits(conn, &row.account).await?);
    }
    if let Some(lines) = lines
        && (lines.is_empty()
            || !lines.iter().all(|line| waiting.iter().any(|(_, outcome)| outcome.lines.contains_key(line))))
    {
        let detail = "lines: name lines of this account's orders, or leave it out for all of them.";
        return Err(ServiceError::invalid("lines_invalid", detail));
    }
    let permission = Permission {
        cause: row.id,
        reason,
        source: if actor.role == Role::Cis { Source::Cis } else { Source::Office },
        lines: lines.cloned(),
        paid_at: None,
        by: actor.person(),
    };
    let hold_missing = match reason {
        ReleaseReason::Medical => !is_held(conn, &row.account, HoldReason::Medical, &folding).await?,
        ReleaseReason::Dispute => !is_held(conn, &row.account, HoldReason::Dispute, &folding).await?,
        _ => false,
    };
    Ok(Weighed { waiting, hold_missing, folding, permission })
}

async fn is_held(conn: &mut Conn, account: &str, kind: HoldReason, folding: &Folding) -> Result<bool, ServiceError> {
    let today = folding.today.to_string();
    let holds = accounts::holds(conn, account).await?;
    Ok(holds.iter().any(|hold| hold.kind == kind.code() && hold.is_in_force(&today)))
}

/// Nothing of the account is off, and nobody is on the way to cut it.
async fn nothing_waits(conn: &mut Conn, account: &str) -> Result<ServiceError, ServiceError> {
    if let Some(reconnect) = releasing::on_the_way(conn, account).await?.into_iter().find_map(|it| it.order) {
        let detail = format!("It is released already, and reconnect {reconnect} is called for. Nothing was changed.");
        return Ok(ServiceError::conflict("released_already", detail));
    }
    let detail = "Nothing of this account is off, and no cut of it is to be done. To keep it from the next one set a \
                  hold: POST /holds.";
    Ok(ServiceError::conflict("nothing_to_release", detail))
}
