//! A file says more for a receipt than is kept of it: somebody may have typed a digit less than was paid.
//!
//! In doubt nobody is cut: what the file says on top is taken as paid, as a payment of its own, and the office reads
//! both sums. Where the slip was right, it takes that payment back.

use super::{ServiceError, recording::Folding, releasing, voice::Voice};
use crate::{
    import::payments::{OnTopOf, PaymentRow},
    state::AppState,
    store::{Work, exceptions, exceptions::NewException, feed},
};
use curbstop_shared::{
    ids::OrderId,
    time::{Micros, Span},
    vocabulary::{ExceptionKind, Role},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Service may be given back on the file's word.
const LOOK_WITHIN: Span = Span::minutes(60);
/// One payment asks once.
const UNLIKE: Uuid = Uuid::from_bytes(*b"curbstop-unlikes");

/// What it says: amounts as "21.80".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Detail {
    payment: Uuid,
    receipt: String,
    kept: String,
    typed: bool,
    file_says: String,
    on_top: String,
    currency: String,
}

/// Asks the office which sum is right, where an order of the account waits for money.
///
/// # Errors
/// When the store fails.
pub(super) async fn ask(
    state: &AppState,
    work: &mut Work,
    payment: Uuid,
    row: &PaymentRow,
    folding: &Folding,
    now: Micros,
) -> Result<(), ServiceError> {
    let Some(OnTopOf { kept, said, is_typed }) = &row.on_top_of else { return Ok(()) };
    let waiting = releasing::waiting_orders(work, &row.account, folding).await?;
    let Some((order, _)) = waiting.first() else { return Ok(()) };
    let detail = Detail {
        payment,
        receipt: row.receipt.clone(),
        kept: kept.to_string(),
        typed: *is_typed,
        file_says: said.to_string(),
        on_top: row.amount.to_string(),
        currency: state.config.currency.code().to_owned(),
    };
    let detail = serde_json::to_string(&detail).map_err(|bad| ServiceError::Internal(bad.to_string()))?;
    feed::append(work, now, "exception", &order.id.to_string(), &serde_json::json!({})).await?;
    let raised = NewException {
        id: Uuid::new_v5(&UNLIKE, payment.as_bytes()),
        kind: ExceptionKind::PaymentUnclear.code(),
        order: Some(OrderId(order.id)),
        account: &row.account,
        cause: None,
        detail: &detail,
        owner_role: Role::Office.code(),
        due_at: now + LOOK_WITHIN,
    };
    Ok(exceptions::raise(work, &raised, now).await?)
}

/// What the office reads about it, and what to do; `None` where the detail is of another kind.
#[must_use]
pub fn sentence(detail: &str, voice: &Voice) -> Option<String> {
    let Detail { receipt, kept, typed, file_says, on_top, currency, .. } = serde_json::from_str(detail).ok()?;
    let whence = match typed {
        true => voice.pick("was typed at the office as", "se escribió en la oficina con"),
        false => voice.pick("came in an earlier file as", "llegó en un archivo anterior con"),
    };
    Some(format!(
        "{} {receipt} {whence} {kept} {currency}; {} {file_says}. {} {on_top} {}",
        voice.pick("Receipt", "El recibo"),
        voice.pick("the billing system's file says", "el archivo de facturación dice"),
        voice.pick("The difference of", "La diferencia de"),
        voice.pick(
            "is taken as paid, so that nobody is cut in doubt. Look at the slip: if the file is right, close this; if not, take that payment back.",
            "se toma como pagada, para no cortar a nadie en la duda. Vea el recibo: si el archivo es correcto, cierre esto; si no, anule ese pago."
        )
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use curbstop_shared::language::Language;

    #[test]
    fn the_office_reads_both_sums_and_what_to_do() {
        let voice = |language| Voice { language, zone: chrono_tz::UTC, now: Micros(0) };
        let detail = r#"{"payment":"00000000-0000-0000-0000-000000000000","receipt":"R-900","kept":"21.80","typed":true,"file_says":"218.00","on_top":"196.20","currency":"USD"}"#;
        let english = sentence(detail, &voice(Language::En)).unwrap();
        let start = "Receipt R-900 was typed at the office as 21.80 USD; the billing system's file says 218.00. The difference of 196.20 is";
        assert!(english.starts_with(start), "{english}");
        let spanish = sentence(detail, &voice(Language::Es)).unwrap();
        assert!(
            spanish.starts_with("El recibo R-900 se escribió en la oficina con 21.80 USD; el archivo de"),
            "{spanish}"
        );
        assert_eq!(sentence("{}", &voice(Language::En)), None);
    }
}
