//! Somebody brings a receipt from before the listing was run that alone would have been enough: the listing's balance is
//! taken to have that money, and the office looks whether it really has.
//!
//! A journal asks nothing of this kind: it comes from the system whose balance it is.

use super::{ServiceError, recording::Folding, releasing, voice::Voice};
use crate::{
    state::AppState,
    store::{
        Work, exceptions,
        exceptions::{ExceptionRow, NewException},
        feed,
        payments::PaymentRow,
    },
};
use curbstop_shared::{
    ids::OrderId,
    money::Money,
    time::{Micros, Span},
    vocabulary::{ExceptionKind, Role},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Somebody who says that they paid waits for an answer, and the truck is on its way.
const LOOK_WITHIN: Span = Span::minutes(60);
/// One payment asks once about one order.
const BEFORE_LISTING: Uuid = Uuid::from_bytes(*b"curbstop-before!");

/// What it says: amounts as "86.40".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Detail {
    payment: Uuid,
    paid_before_listing: String,
    past_due: String,
    currency: String,
    paid_at_us: i64,
}

/// Whether an open entry is one of these: it stands while the order waits for money.
pub(super) fn is_it(open: &ExceptionRow) -> bool {
    open.kind == ExceptionKind::PaymentUnclear.code() && serde_json::from_str::<Detail>(&open.detail).is_ok()
}

/// Asks the office to look, for each waiting order for which this payment alone would have been enough.
///
/// # Errors
/// When the store fails.
pub(super) async fn ask(
    state: &AppState,
    work: &mut Work,
    payment: &PaymentRow,
    folding: &Folding,
    now: Micros,
) -> Result<(), ServiceError> {
    let text = |minor| Money::from_minor(minor, state.config.currency).to_string();
    for (row, _) in releasing::waiting_orders(work, &payment.account, folding).await? {
        if payment.amount_minor < row.past_due_minor {
            continue;
        }
        let detail = Detail {
            payment: payment.id,
            paid_before_listing: text(payment.amount_minor),
            past_due: text(row.past_due_minor),
            currency: state.config.currency.code().to_owned(),
            paid_at_us: payment.paid_at_us,
        };
        let detail = serde_json::to_string(&detail).map_err(|bad| ServiceError::Internal(bad.to_string()))?;
        feed::append(work, now, "exception", &row.id.to_string(), &serde_json::json!({})).await?;
        let raised = NewException {
            id: Uuid::new_v5(&BEFORE_LISTING, format!("{}:{}", row.id, payment.id).as_bytes()),
            kind: ExceptionKind::PaymentUnclear.code(),
            order: Some(OrderId(row.id)),
            account: &payment.account,
            cause: None,
            detail: &detail,
            owner_role: Role::Office.code(),
            due_at: now + LOOK_WITHIN,
        };
        exceptions::raise(work, &raised, now).await?;
    }
    Ok(())
}

/// What the office reads about it, and what to do; `None` where the detail is of another kind.
#[must_use]
pub fn sentence(detail: &str, voice: &Voice) -> Option<String> {
    let Detail { paid_before_listing, past_due, currency, paid_at_us, .. } = serde_json::from_str(detail).ok()?;
    Some(format!(
        "{paid_before_listing} {currency} {} {}, {} {past_due}. {}",
        voice.pick("was paid", "se pagaron"),
        voice.time(Micros(paid_at_us)),
        voice.pick("before the listing was run, which still asks for", "antes de hacerse la lista, que aún pide"),
        voice.pick(
            "Look in the billing system whether its balance has this payment. If not, set a hold or restore; if it has, close this.",
            "Vea en facturación si su saldo ya incluye este pago. Si no, ponga una protección o reconecte; si ya lo incluye, cierre esto."
        )
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use curbstop_shared::language::Language;

    #[test]
    fn the_office_reads_what_was_paid_before_and_what_to_look_for() {
        let voice = |language| Voice { language, zone: chrono_tz::UTC, now: Micros(0) };
        let detail = r#"{"payment":"00000000-0000-0000-0000-000000000000","paid_before_listing":"95.42","past_due":"86.40","currency":"USD","paid_at_us":0}"#;
        let english = sentence(detail, &voice(Language::En)).unwrap();
        let start = "95.42 USD was paid 00:00, before the listing was run, which still asks for 86.40. Look in";
        assert!(english.starts_with(start), "{english}");
        let spanish = sentence(detail, &voice(Language::Es)).unwrap();
        assert!(spanish.starts_with("95.42 USD se pagaron 00:00, antes de hacerse la lista"), "{spanish}");
        assert_eq!(sentence("{}", &voice(Language::En)), None);
    }
}
