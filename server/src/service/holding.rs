//! Holds, from a file or from a desk, reach the trucks that are out already: a hold and a recall for every cut that it covers and
//! that is not made yet. Orders on no route need none: planning looks at the holds on file.

use super::{
    ServiceError,
    recording::{self, Folding},
    spreading::{self, Spread, Word},
};
use crate::{
    import::holds::HoldRow,
    state::AppState,
    store::{Conn, Work, documents, facts, orders, premises},
};
use curbstop_shared::{
    disposition::{OrderState, disposition},
    facts::{Fact, FactBody, Header, Hold, HoldLift, Recall},
    ids::{FactId, OrderId, PersonId},
    time::Micros,
    vocabulary::{HoldReason, HoldScope, OrderKind, RecallReason},
};
use uuid::Uuid;

/// The names under which holds of files live: one hold gives one order one fact, however often the file comes.
const HOLDS: Uuid = Uuid::from_bytes(*b"curbstop-holding");

/// Writes what a file of holds means for the orders that are out. Announce what it gives after the commit.
///
/// # Errors
/// When the store fails.
pub async fn hold_from_file(
    state: &AppState,
    work: &mut Work,
    source: &str,
    rows: &[HoldRow],
    folding: &Folding,
    now: Micros,
) -> Result<Spread, ServiceError> {
    let mut words = Vec::new();
    for row in rows {
        for order in covered(work, row.kind, &row.account).await? {
            if documents::routes_of_order(work, OrderId(order.id)).await?.is_empty() {
                continue;
            }
            if let Some(word) = word(work, Said { source, by: None, why: None }, row, &order, folding, now).await? {
                words.push(word);
            }
        }
    }
    spreading::spread(state, work, &words, folding, now).await
}

/// The cuts that a hold covers: the account's, and for a medical one every one at the premise, whichever account is due.
pub(super) async fn covered(
    conn: &mut Conn,
    kind: HoldReason,
    account: &str,
) -> Result<Vec<orders::OrderRow>, ServiceError> {
    let mut covered = orders::by_account(conn, account).await?;
    if kind == HoldReason::Medical {
        for point in premises::points_of_account(conn, account).await? {
            covered.extend(orders::by_premise(conn, &point.premise).await?);
        }
        covered.sort_by_key(|order| order.id);
        covered.dedup_by_key(|order| order.id);
    }
    covered.retain(|order| order.kind.parse::<OrderKind>().is_ok_and(OrderKind::is_cut));
    Ok(covered)
}

/// Who said that an account is held, or is not any more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'s> {
    /// The system that keeps the hold; `office` for a desk.
    pub source: &'s str,
    /// The person at the desk.
    pub by: Option<PersonId>,
    /// Why it ends.
    pub why: Option<&'s str>,
}

/// The fact by which an order hears of a hold of a source.
pub(super) fn said_to(order: OrderId, source: &str, hold: &str) -> FactId {
    FactId::from_uuid(Uuid::new_v5(&HOLDS, format!("hold:{order}:{source}:{hold}").as_bytes()))
}

/// The fact by which an order hears that it ended early.
pub(super) fn lift_said_to(order: OrderId, source: &str, hold: &str) -> FactId {
    FactId::from_uuid(Uuid::new_v5(&HOLDS, format!("lift:{order}:{source}:{hold}").as_bytes()))
}

/// What a hold, or its end, means for one order that is out; nothing where it was said before.
pub(super) async fn word(
    conn: &mut Conn,
    Said { source, by, why }: Said<'_>,
    row: &HoldRow,
    order: &orders::OrderRow,
    folding: &Folding,
    now: Micros,
) -> Result<Option<Word>, ServiceError> {
    let id = OrderId(order.id);
    let header = Header { order: id, at: now, by, device: None };
    let hold = said_to(id, source, &row.hold);
    let known = facts::exists(conn, &hold).await?;
    if !row.term.in_force_on(folding.today) {
        // It ended early; a hold that never reached the street needs no end there.
        let lift = lift_said_to(id, source, &row.hold);
        if !known || row.term.lifted.is_none() || facts::exists(conn, &lift).await? {
            return Ok(None);
        }
        let body = FactBody::HoldLift(HoldLift { hold, why: why.map(str::to_owned) });
        return Ok(Some(Word { order: id, facts: vec![Fact::new(lift, header, body)], home: None }));
    }
    let outcome = disposition(&recording::history(conn, order, folding.today).await?, &folding.policy);
    if known || matches!(outcome.state, OrderState::Done { .. }) {
        return Ok(None);
    }
    let body = Hold {
        reason: row.kind,
        scope: if row.kind == HoldReason::Medical { HoldScope::Premise } else { HoldScope::Account },
        verified: true,
        expires_on: row.term.good_through,
    };
    let recall = Recall { reason: RecallReason::Held, cause: Some(hold.to_string()) };
    let recall = Fact::new(FactId::recall_of(id, hold.as_str()), header.clone(), FactBody::Recall(recall));
    Ok(Some(Word { order: id, facts: vec![Fact::new(hold, header, FactBody::Hold(body)), recall], home: None }))
}
