//! A cut without a permit lands on two desks: a supervisor asks the crew about the permit, the office decides on the fee.
//! Each entry says what became of the other, so that neither decides as if it were alone.

use super::{ServiceError, voice::Voice};
use crate::store::{
    Conn,
    exceptions::{self, ExceptionRow},
};
use curbstop_shared::{ids::OrderId, vocabulary::ExceptionKind};

/// What an entry about the one says of the entry about the other: that it waits, or with which words it was closed.
/// Nothing where there is no such other.
///
/// # Errors
/// When the store fails.
pub(super) async fn of_the_other(
    conn: &mut Conn,
    row: &ExceptionRow,
    kind: ExceptionKind,
    voice: &Voice,
) -> Result<Option<String>, ServiceError> {
    let other = match kind {
        ExceptionKind::PermitBreach => ExceptionKind::FeeInDoubt,
        ExceptionKind::FeeInDoubt => ExceptionKind::PermitBreach,
        _ => return Ok(None),
    };
    let Some(order) = row.order_id else { return Ok(None) };
    let of_order = exceptions::of_order(conn, OrderId(order)).await?;
    Ok(of_order.iter().find(|it| it.kind == other.code()).and_then(|it| said(it, other, voice)))
}

fn said(other: &ExceptionRow, kind: ExceptionKind, v: &Voice) -> Option<String> {
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
