//! Somebody says what a row is that nobody could read, or that what was said of it was not so.

use super::{is_nameless, not_brought};
use crate::{
    service::{
        ServiceError,
        authorise::{Action, Actor},
        idempotency::{Answer, Once},
    },
    state::AppState,
    store::{audit, feed, unread_payments},
};
use uuid::Uuid;

/// Longest reason, in bytes.
const WHY_MAX: usize = 500;

/// Somebody says what a row is. One with a sure or a probable account is settled alone and with a word; one that names
/// none is marked as seen with the others of its file that name none.
///
/// # Errors
/// 404 `unread_unknown`, 422 `why_missing`.
pub async fn settle(state: &AppState, actor: &Actor, id: Uuid, why: &str, once: &Once) -> Result<Answer, ServiceError> {
    actor.may(Action::ResolveExceptions)?;
    let now = state.now();
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    // Its number is taken before the row is looked at: whoever settles rows waits here for the others.
    feed::append(&mut work, now, "unread_payment", &id.to_string(), &serde_json::json!({})).await?;
    let why = why.trim();
    let Some(row) = unread_payments::by_id(&mut work, id).await? else {
        // The same press twice says nothing new.
        return match unread_payments::settled(&mut work, id).await? {
            Some(row) if row.settled_by == actor.name() && row.settled_why == said(why) => answered(id),
            _ => Err(unknown()),
        };
    };
    let said_enough = !why.is_empty() || is_nameless(&row);
    if !said_enough || why.len() > WHY_MAX || why.chars().any(char::is_control) {
        let detail = format!("why: say in 1 to {WHY_MAX} characters why this row is no payment, or which one it is.");
        return Err(ServiceError::invalid("why_missing", detail));
    }
    let why = said(why);
    let settled = if is_nameless(&row) {
        let of_file = unread_payments::nameless_of_file(&mut work, row.import_id).await?;
        not_brought(&mut work, of_file).await?
    } else {
        Vec::new()
    };
    let others = settled.iter().filter(|other| other.id != id);
    for row in std::iter::once(&row).chain(others) {
        unread_payments::settle(&mut work, row.id, now.0, &actor.name(), why).await?;
        let details = serde_json::json!({
            "import": row.import_id, "source": row.source, "line": row.line, "account": row.account,
            "receipt": row.receipt, "column": row.heading, "value": row.value, "rows": row.meant, "why": why,
        });
        audit::append(&mut work, now, &actor.name(), "unread_payment_settled", &row.id.to_string(), &details).await?;
    }
    let answer = once.commit(state, work, actor, answered(id)?).await?;
    state.feed.ring();
    Ok(answer)
}

/// What is kept of a reason; nothing has to be said of a row that names nobody.
const fn said(why: &str) -> &str {
    if why.is_empty() { "seen" } else { why }
}

/// What was said of a row was not so: it stands before its account's cut again.
///
/// # Errors
/// 404 `unread_unknown`.
pub async fn reopen(state: &AppState, actor: &Actor, id: Uuid, once: &Once) -> Result<Answer, ServiceError> {
    actor.may(Action::ResolveExceptions)?;
    let now = state.now();
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    feed::append(&mut work, now, "unread_payment", &id.to_string(), &serde_json::json!({})).await?;
    let Some(row) = unread_payments::settled(&mut work, id).await? else {
        // The same press twice: it is open.
        return if unread_payments::by_id(&mut work, id).await?.is_some() { answered(id) } else { Err(unknown()) };
    };
    unread_payments::reopen(&mut work, id).await?;
    let details = serde_json::json!({
        "source": row.source, "line": row.line, "account": row.account, "receipt": row.receipt, "value": row.value,
        "was_settled_by": row.settled_by, "was_settled_at_us": row.settled_at_us, "why": row.settled_why,
    });
    audit::append(&mut work, now, &actor.name(), "unread_payment_reopened", &id.to_string(), &details).await?;
    let answer = once.commit(state, work, actor, answered(id)?).await?;
    state.feed.ring();
    Ok(answer)
}

fn answered(id: Uuid) -> Result<Answer, ServiceError> {
    Answer::ok(&serde_json::json!({ "id": id }))
}

fn unknown() -> ServiceError {
    ServiceError::not_found("unread_unknown", "Nobody has to look at this row any more; look at the list again.")
}
