//! What a crew found off may be what we turned off ourselves on another order of the account: that order gives it back
//! then, or has done so, and nobody is sent twice, whichever of the two the office heard of first.

use super::ServiceError;
use crate::store::{
    Conn,
    orders::{self, LineRow, OrderRow},
};
use curbstop_shared::{
    disposition::{Disposition, LineState},
    ids::OrderId,
    time::Micros,
};

/// Takes from what an order's fold calls for whatever its crew found off and another order of the account gives back.
///
/// # Errors
/// When the store fails.
pub(super) async fn leave_to_others(
    conn: &mut Conn,
    row: &OrderRow,
    outcome: &mut Disposition,
) -> Result<(), ServiceError> {
    let Disposition { lines: states, follow_ups, .. } = outcome;
    let found_off = |line: &str| {
        states.iter().find_map(|(id, state)| match state {
            LineState::FoundOff { at, .. } if id.0 == line => Some(*at),
            _ => None,
        })
    };
    if !follow_ups.iter().flat_map(|it| &it.wanted).any(|line| found_off(&line.0).is_some()) {
        return Ok(());
    }
    let mut others = Vec::new();
    for other in orders::by_account(conn, &row.account).await?.into_iter().filter(|other| other.id != row.id) {
        if let Ok(folded) = serde_json::from_str::<Disposition>(&other.disposition) {
            others.push((orders::lines(conn, OrderId(other.id)).await?, folded));
        }
    }
    let lines = orders::lines(conn, OrderId(row.id)).await?;
    let anothers = |line: &LineRow| {
        let others = others.iter().map(|(lines, folded)| (lines.as_slice(), folded));
        found_off(&line.line).is_some_and(|at| is_anothers(line, at, others))
    };
    let anothers: Vec<&LineRow> = lines.iter().filter(|line| anothers(line)).collect();
    for follow_up in follow_ups {
        follow_up.wanted.retain(|wanted| anothers.iter().all(|line| line.line != wanted.0));
    }
    Ok(())
}

/// Whether an order's fold may say of another order's found-off line that it is this one's to give back.
pub(super) fn turned_off(outcome: &Disposition) -> bool {
    outcome.lines.values().any(|state| matches!(state, LineState::Off { .. } | LineState::Restored { .. }))
}

/// An order of the same account: its lines, and what its facts add up to.
pub(super) type Other<'o> = (&'o [LineRow], &'o Disposition);

/// Whether a line that was found off at that moment is another order's to give back.
pub(super) fn is_anothers<'o>(
    found: &LineRow,
    at: Option<Micros>,
    mut others: impl Iterator<Item = Other<'o>>,
) -> bool {
    others.any(|(lines, outcome)| {
        let same = lines.iter().filter(|line| is_same_service(found, line));
        same.filter_map(|line| outcome.lines.iter().find(|(id, _)| id.0 == line.line)).any(|(_, state)| match state {
            LineState::Off { .. } => true,
            LineState::Restored { at: restored, .. } => *restored >= at,
            _ => false,
        })
    })
}

fn is_same_service(one: &LineRow, other: &LineRow) -> bool {
    let unlike = |one: &Option<String>, other: &Option<String>| matches!((one, other), (Some(a), Some(b)) if a != b);
    one.product == other.product && !unlike(&one.serial, &other.serial)
}

#[cfg(test)]
mod tests {
    use super::*;
    use curbstop_shared::{
        disposition::{OrderHistory, OrderInfo, disposition},
        ids::{FactId, LineId, OrderId},
        vocabulary::{OrderKind, Reason},
    };

    fn water(serial: Option<&str>) -> LineRow {
        LineRow {
            line: "1".to_owned(),
            product: "water".to_owned(),
            serial: serial.map(str::to_owned),
            past_due_minor: 0,
            equipment: None,
        }
    }

    fn another(state: LineState) -> Disposition {
        let id = OrderId(uuid::Uuid::from_u128(1));
        let info = OrderInfo { id, kind: OrderKind::TurnOff, reason: Reason::NonPay, lines: Vec::new() };
        let history = OrderHistory::new(info, chrono::NaiveDate::MIN);
        let mut outcome = disposition(&history, &curbstop_shared::disposition::DispositionPolicy::default());
        outcome.lines.insert(LineId("1".to_owned()), state);
        outcome
    }

    #[test]
    fn what_we_turned_off_or_on_again_ourselves_is_the_other_orders() {
        let visit = FactId::from_uuid(uuid::Uuid::from_u128(7));
        let found = Some(Micros(100));
        let off = LineState::Off { visit: visit.clone(), since: None, came_in: None, released: None };
        let on = |at: i64| LineState::Restored { visit: visit.clone(), at: Some(Micros(at)) };
        for (state, serial, anothers) in [
            (off.clone(), Some("W-1"), true),
            (off.clone(), None, true),
            (off, Some("W-2"), false),
            (on(200), Some("W-1"), true),
            (on(50), Some("W-1"), false),
            (LineState::Untouched, Some("W-1"), false),
        ] {
            let (lines, outcome) = ([water(serial)], another(state.clone()));
            let is = is_anothers(&water(Some("W-1")), found, std::iter::once((&lines[..], &outcome)));
            assert_eq!(is, anothers, "{serial:?} {state:?}");
        }
    }
}
