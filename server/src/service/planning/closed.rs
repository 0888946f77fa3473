//! How the services of reconnects were turned off: it goes with each order to the crew that turns it on, and that may
//! never have been there.

use super::super::{ServiceError, recording};
use crate::store::{
    Conn,
    orders::{self, OrderRow},
};
use chrono::NaiveDate;
use curbstop_shared::{
    disposition::{DispositionPolicy, as_corrected, closed_lines, disposition},
    ids::{LineId, OrderId},
    ordered::Map,
    route_document::{Closed, PublishedOrder},
};

/// How the lines of a reconnect were turned off that are off still; nothing where it follows from no cut.
pub(super) async fn of(
    conn: &mut Conn,
    reconnect: &OrderRow,
    today: NaiveDate,
) -> Result<Map<LineId, Closed>, ServiceError> {
    let Some(cause) = reconnect.cause_order else { return Ok(Map::new()) };
    let Some(cut) = orders::by_id(conn, OrderId(cause)).await? else { return Ok(Map::new()) };
    let history = recording::history(conn, &cut, today).await?;
    let found = disposition(&history, &DispositionPolicy::default());
    let said = as_corrected(&history);
    Ok(closed_lines(&found.lines, &said.values().collect::<Vec<_>>()))
}

/// The order's card with it. `notes`: what its crew wrote may go on to this one.
pub(super) fn told(card: PublishedOrder, mut closed: Map<LineId, Closed>, notes: bool) -> PublishedOrder {
    let mut card = card;
    for line in &mut card.lines {
        line.closed = closed.remove(&line.id).map(|how| Closed { note: how.note.filter(|_| notes), ..how });
    }
    card
}

#[cfg(test)]
mod tests {
    use super::*;
    use curbstop_shared::{
        route_document::PublishedLine,
        vocabulary::{OrderKind, Product, Reason},
    };

    fn reconnect() -> PublishedOrder {
        let line = PublishedLine {
            id: LineId("1".to_owned()),
            product: Product::Water,
            serial: None,
            dials: None,
            multiplier: None,
            unit: None,
            last: None,
            last_on: None,
            low: None,
            high: None,
            place: None,
            size: None,
            methods: None,
            closed: None,
        };
        PublishedOrder {
            id: OrderId::default(),
            number: "R-1".to_owned(),
            kind: OrderKind::Reconnect,
            reason: Reason::PaymentReceived,
            rank: 1,
            priority: 3,
            premise: "P1".to_owned(),
            address: "114 Alder St".to_owned(),
            unit: None,
            lat_e7: None,
            lon_e7: None,
            hazards: None,
            language: None,
            account: None,
            name: None,
            past_due_minor: None,
            note: None,
            due_at: None,
            asks_for: None,
            cut_hours: None,
            lines: vec![line],
        }
    }

    #[test]
    fn a_contractor_reads_which_lock_hangs_there_and_nobodys_words() {
        let how = Closed {
            lock: Some("L-7".to_owned()),
            note: Some("Mrs Lee left a tap open".to_owned()),
            ..Closed::default()
        };
        let how = Map::from_iter([(LineId("1".to_owned()), how)]);
        let read = |notes| told(reconnect(), how.clone(), notes).lines[0].closed.clone().unwrap();
        assert_eq!((read(false).lock.as_deref(), read(false).note), (Some("L-7"), None));
        assert!(read(true).note.is_some());
    }
}
