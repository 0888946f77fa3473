//! Less was paid than has to be: nothing is stopped by it, and the office decides what the money is enough for.
//!
//! Payments are no facts of an order, so the fold can't raise this: it is looked at whenever an account's money moves,
//! and ends when the rest is paid, when the money is taken back, when a hold protects the account, or when somebody
//! closes it.

use super::{
    ServiceError,
    recording::Folding,
    releasing::{self, Weight},
    voice::Voice,
};
use crate::{
    state::AppState,
    store::{
        Conn, Work, exceptions,
        exceptions::{ExceptionRow, NewException},
        feed, off_register,
        orders::OrderRow,
    },
};
use curbstop_shared::{
    disposition::{Disposition, LineState, OrderState},
    ids::OrderId,
    money::Money,
    time::{Micros, Span},
    vocabulary::{ExceptionKind, Role},
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use uuid::Uuid;

/// Somebody with the customer's money in hand waits for an answer, and the truck is on its way.
const DECIDE_WITHIN: Span = Span::minutes(60);
/// One payment asks once about one order.
const PART_PAID: Uuid = Uuid::from_bytes(*b"curbstop-partpay");

/// What it says: amounts as "50.00".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Detail {
    part_paid: String,
    past_due: String,
    missing: String,
    currency: String,
}

/// Whether the order still asks what to do with a part of its money: it waits for the rest, and no hold protects it.
pub(super) fn is_asked(row: &OrderRow, outcome: &Disposition) -> bool {
    let off = outcome.lines.values().any(|line| matches!(line, LineState::Off { .. }));
    let held = matches!(outcome.state, OrderState::Held { .. });
    releasing::waits_for_release(row, outcome) && (off || !held)
}

/// Looks at an account whose money has moved: raises what was paid in part, and closes what is not any more. Without a
/// payment, where only what is asked for has changed, nobody is asked anew.
///
/// # Errors
/// When the store fails.
pub(super) async fn look_at(
    state: &AppState,
    work: &mut Work,
    account: &str,
    payment: Option<Uuid>,
    folding: &Folding,
    now: Micros,
) -> Result<(), ServiceError> {
    let waiting = releasing::waiting_orders(work, account, folding).await?;
    let weighed = releasing::weighed(state, work, account, waiting.iter().map(|(row, _)| row), None).await?;
    for (row, outcome) in waiting {
        let Some(weight) = weighed.of(OrderId(row.id)) else { continue };
        let in_part = weight.paid_minor > 0 && weight.left_minor() > 0 && is_asked(&row, &outcome);
        if !in_part && open_of(work, OrderId(row.id)).await?.is_none() {
            continue;
        }
        // Whoever closes an entry takes the feed's number first, so what is read from here on holds.
        feed::append(work, now, "exception", &row.id.to_string(), &serde_json::json!({})).await?;
        let open = open_of(work, OrderId(row.id)).await?;
        if in_part {
            raise(state, work, &row, open.as_ref(), weight, payment, now).await?;
        } else if let Some(open) = open {
            exceptions::close_gone(work, open.id, now).await?;
        }
    }
    Ok(())
}

async fn open_of(work: &mut Work, order: OrderId) -> Result<Option<ExceptionRow>, ServiceError> {
    let all = exceptions::of_order(work, order).await?;
    Ok(all.into_iter().find(|row| row.state == "open" && row.kind == ExceptionKind::PartPaid.code()))
}

/// Money that comes on top joins what is open; what came after a decision asks anew.
async fn raise(
    state: &AppState,
    work: &mut Work,
    row: &OrderRow,
    open: Option<&ExceptionRow>,
    weight: &Weight,
    payment: Option<Uuid>,
    now: Micros,
) -> Result<(), ServiceError> {
    let anew = payment.map(|payment| Uuid::new_v5(&PART_PAID, format!("{}:{payment}", row.id).as_bytes()));
    let Some(id) = open.map(|open| open.id).or(anew) else { return Ok(()) };
    let text = |minor| Money::from_minor(minor, state.config.currency).to_string();
    let detail = Detail {
        part_paid: text(weight.paid_minor),
        past_due: text(weight.past_due_minor),
        missing: text(weight.left_minor()),
        currency: state.config.currency.code().to_owned(),
    };
    let detail = serde_json::to_string(&detail).map_err(|bad| ServiceError::Internal(bad.to_string()))?;
    let raised = NewException {
        id,
        kind: ExceptionKind::PartPaid.code(),
        order: Some(OrderId(row.id)),
        account: &row.account,
        cause: None,
        detail: &detail,
        owner_role: Role::Office.code(),
        due_at: open.map_or(now + DECIDE_WITHIN, |open| Micros(open.due_at_us)),
    };
    Ok(exceptions::raise(work, &raised, now).await?)
}

/// What was paid of the orders that left something off, where it is not enough: in minor units, by order.
///
/// # Errors
/// When the store fails.
pub(super) async fn of_what_is_off(conn: &mut Conn) -> Result<HashMap<Uuid, i64>, ServiceError> {
    let asked = off_register::part_paid(conn).await?;
    // "50.00" has its point where the currency has it.
    let minor = |detail: &str| serde_json::from_str::<Detail>(detail).ok()?.part_paid.replace('.', "").parse().ok();
    Ok(asked.into_iter().filter_map(|(order, detail)| Some((order, minor(&detail)?))).collect())
}

/// What the office reads about it, and what to do; `None` where the detail is of another kind.
#[must_use]
pub fn sentence(detail: &str, voice: &Voice) -> Option<String> {
    let Detail { part_paid, past_due, missing, currency } = serde_json::from_str(detail).ok()?;
    Some(format!(
        "{part_paid} {} {past_due} {currency} {}; {missing} {}. {}",
        voice.pick("of", "de"),
        voice.pick("was paid", "pagados"),
        voice.pick("is missing", "faltan"),
        voice.pick(
            "Nothing is stopped or restored by it. Take the rest, set an arrangement as a hold, or leave it as it is and close this.",
            "Nada se detiene ni se reconecta con ello. Cobre el resto, registre un plan como protección, o déjelo así y ciérrelo."
        )
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use curbstop_shared::language::Language;

    #[test]
    fn the_office_reads_what_is_missing_and_what_to_do() {
        let voice = |language| Voice { language, zone: chrono_tz::UTC, now: Micros(0) };
        let detail = r#"{"part_paid":"50.00","past_due":"86.40","missing":"36.40","currency":"USD"}"#;
        let english = sentence(detail, &voice(Language::En)).unwrap();
        assert!(english.starts_with("50.00 of 86.40 USD was paid; 36.40 is missing. Nothing is stopped"), "{english}");
        let spanish = sentence(detail, &voice(Language::Es)).unwrap();
        assert!(spanish.starts_with("50.00 de 86.40 USD pagados; 36.40 faltan. Nada se detiene"), "{spanish}");
        assert_eq!(sentence("{}", &voice(Language::En)), None);
    }
}
