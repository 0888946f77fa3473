//! A cut without a permit lands on two desks: a supervisor asks the crew about the permit, the office decides on the fee.
//! Each entry says what became of the other, so that neither decides as if it were alone.

use super::{ServiceError, voice::Voice};
use crate::store::{
    Conn,
    exceptions::{self, ExceptionRow},
};
use curbstop_shared::{
    disposition::{Disposition, FeeStanding, OrderHistory, fee_decided},
    ids::OrderId,
    vocabulary::ExceptionKind,
};

/// What an entry about the one says of the entry about the other: that it waits, or with which words it was closed.
/// Nothing where there is no such other.
///
/// # Errors
/// When the store fails.
pub(super) async fn of_the_other(
    conn: &mut Conn,
    row: &ExceptionRow,
    kind: ExceptionKind,
    told: Option<(&OrderHistory, &Disposition)>,
    voice: &Voice,
) -> Result<Option<String>, ServiceError> {
    let other = match kind {
        ExceptionKind::PermitBreach => ExceptionKind::FeeInDoubt,
        ExceptionKind::FeeInDoubt => ExceptionKind::PermitBreach,
        _ => return Ok(None),
    };
    let Some(order) = row.order_id else { return Ok(None) };
    let of_order = exceptions::of_order(conn, OrderId(order)).await?;
    let others = of_order.iter().filter(|it| it.kind == other.code());
    // One that waits says more than one that somebody closed; of these the last word counts.
    let last = others.max_by_key(|it| (it.state == "open", it.resolved_at_us));
    let is_overtaken = told.is_some_and(|(history, outcome)| is_overtaken(history, outcome));
    Ok(last.and_then(|it| said(it, other, is_overtaken, voice)))
}

/// Whether it was decided that the fee is charged, and what came out since speaks against it.
fn is_overtaken(history: &OrderHistory, outcome: &Disposition) -> bool {
    fee_decided(history).is_some_and(|(_, decision)| decision.charged)
        && outcome.fee_triggers.iter().all(|fee| fee.standing == FeeStanding::Suppressed)
}

fn said(other: &ExceptionRow, kind: ExceptionKind, is_overtaken: bool, v: &Voice) -> Option<String> {
    let is_fee = kind == ExceptionKind::FeeInDoubt;
    let text = match (other.state.as_str(), &other.resolution) {
        ("open", _) if is_fee => v.pick(
            "Beside this, the office decides on the fee (Fee in doubt).",
            "Aparte, la oficina decide sobre el cargo (Cargo en duda).",
        ),
        ("open", _) => v.pick(
            "Beside this, a supervisor asks the crew about the permit (Cut without a permit).",
            "Aparte, un supervisor pregunta a la cuadrilla por el permiso (Corte sin permiso).",
        ),
        ("resolved", _) if is_fee && is_overtaken => v.pick(
            "No fee is charged, though the office had decided so: what came out since speaks against it.",
            "No se cobra cargo, aunque la oficina lo había decidido: lo que se supo después habla en contra.",
        ),
        ("resolved", Some(why)) => {
            let who = match is_fee {
                true => v.pick("The office on the fee", "La oficina sobre el cargo"),
                false => v.pick("Closed about the permit", "Cerrado sobre el permiso"),
            };
            return Some(format!("{who}: {why}"));
        }
        _ => return None,
    };
    Some(text.to_owned())
}
