//! Money and other reasons to restore: what they release, what that stops on the trucks, what it restarts.

mod asked;
mod on_a_word;
mod sight;
mod spent;
mod taken_back_cuts;
mod to_pay;

pub(super) use asked::is_later;
pub(super) use on_a_word::given_back_on_a_word;
pub use sight::Stopped;
pub(super) use sight::{stopped_on_its_routes, tablets_have};
pub(super) use spent::{is_released_for_money, spent};
pub(super) use taken_back_cuts::taken_back_and_unpaid;
pub use to_pay::{Owed, ToPay, Weighed, weighed};
pub(super) use to_pay::{Weight, is_covered, owed, weighed_released};

use super::{
    ServiceError, found_off,
    recording::{self, Folding},
    spreading::{self, Word},
    whereabouts::Whereabouts,
};
use crate::shape::Shape;
use crate::{
    moment::Moment,
    state::AppState,
    store::{Conn, Work, documents, orders},
};
use curbstop_shared::{
    disposition::{Claim, Disposition, LineState, OrderState, WhyNot},
    facts::{Fact, FactBody, Header, Recall, Release},
    ids::{FactId, LineId, OrderId, PersonId},
    route_document::Knew,
    time::Micros,
    vocabulary::{OrderKind, Reason, RecallReason, ReleaseReason, Source},
};
use serde::{Deserialize, Serialize};
use sight::would_stop;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Somebody's word that service may be restored.
#[derive(Debug, Clone)]
pub struct Permission {
    /// What it derives from (a payment, a receipt of the feed): with the order it gives the release's id, so that
    /// the same payment releases once.
    pub cause: Uuid,
    /// Why.
    pub reason: ReleaseReason,
    /// How it became known.
    pub source: Source,
    /// Which lines; all where absent.
    pub lines: Option<BTreeSet<LineId>>,
    /// When the money was paid.
    pub paid_at: Option<Micros>,
    /// Who recorded it.
    pub by: Option<PersonId>,
}

/// An order that gives service back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "ReconnectCalledFor")]
pub struct Restarted {
    /// The order's number; none where it is not made yet.
    pub order: Option<String>,
    /// The order.
    #[schemars(with = "Shape<OrderId>")]
    pub order_id: OrderId,
    /// Which lines.
    #[schemars(with = "Vec<Shape<LineId>>")]
    pub lines: Vec<LineId>,
    /// 1 is most urgent.
    pub priority: i64,
    /// No fee.
    pub fees_suppressed: bool,
    /// The crew that has it; none where no crew has it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<With>,
    /// Latest moment by which service has to be back; none before it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
}

/// The crew that gives service back, as a customer may be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "ReconnectWith")]
pub struct With {
    /// What it is called.
    pub crew: String,
    /// Its day, as `2026-11-24`.
    pub date: String,
    /// Stops that it has before this one.
    pub stops_away: i64,
}

/// An order that is called for, with the crew that has it.
async fn restarted(conn: &mut Conn, row: &orders::OrderRow, lines: Vec<LineId>) -> Result<Restarted, ServiceError> {
    // A crew that was told not to go does not have it, and one that does not go out is promised to nobody.
    let stand = match matches!(row.state.as_str(), "open" | "unable") {
        true => Whereabouts::of(conn, OrderId(row.id)).await?.has_it().filter(|stand| !stand.crew_out),
        false => None,
    };
    Ok(Restarted {
        order: Some(row.number.clone()),
        order_id: OrderId(row.id),
        lines,
        priority: row.priority,
        fees_suppressed: row.fees_suppressed,
        with: stand.map(|at| With { crew: at.crew, date: at.date, stops_away: at.stops_away }),
        due_at: row.due_at_us.map(|at| Moment(Micros(at))),
    })
}

/// What a release came to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Consequences {
    /// Cuts that it stops.
    pub stopped: Vec<Stopped>,
    /// What it restarts.
    pub reconnects: Vec<Restarted>,
}

/// Whether a payment can still do something for an order: it is a collections cut, and not every line of it is
/// released or back on.
pub(super) fn waits_for_release(row: &orders::OrderRow, outcome: &Disposition) -> bool {
    let cut = row.kind.parse::<OrderKind>().is_ok_and(OrderKind::is_cut);
    let collections = row.reason.parse::<Reason>().is_ok_and(Reason::is_collections);
    let off_unreleased = outcome.lines.values().any(LineState::waits_for_release);
    let to_do = matches!(
        outcome.state,
        OrderState::Open | OrderState::Unable { .. } | OrderState::StoppedAtDoor { .. } | OrderState::Held { .. }
    );
    // A claim from another door took it back for now: not accepted, the crew may go there again.
    let for_now = matches!(outcome.why_not, Some(WhyNot::FieldClaim { claim: Claim::Waiting, .. }));
    cut && collections && (off_unreleased || to_do || for_now)
}

/// The account's orders that wait for a release, with what they add up to.
///
/// # Errors
/// When the store fails.
pub async fn waiting_orders(
    conn: &mut Conn,
    account: &str,
    folding: &Folding,
) -> Result<Vec<(orders::OrderRow, Disposition)>, ServiceError> {
    let rows = orders::by_account(conn, account).await?;
    waiting_among(conn, rows, folding).await
}

/// As [`waiting_orders`], of these orders.
///
/// # Errors
/// When the store fails.
pub(super) async fn waiting_among(
    conn: &mut Conn,
    rows: Vec<orders::OrderRow>,
    folding: &Folding,
) -> Result<Vec<(orders::OrderRow, Disposition)>, ServiceError> {
    let mut waiting = Vec::new();
    for row in rows {
        let history = recording::history(conn, &row, folding.today).await?;
        let outcome = curbstop_shared::disposition::disposition(&history, &folding.policy);
        if waits_for_release(&row, &outcome) {
            waiting.push((row, outcome));
        }
    }
    Ok(waiting)
}

/// The verified words that somebody may have service and that nobody took back, among all facts about an order.
fn standing_releases<'a>(facts: &[&'a Fact]) -> Vec<&'a Fact> {
    let is_reversed =
        |id: &FactId| facts.iter().any(|fact| matches!(&fact.body, FactBody::ReleaseReversal(it) if it.release == *id));
    let stands = |fact: &&&Fact| matches!(&fact.body, FactBody::Release(it) if it.verified) && !is_reversed(&fact.id);
    facts.iter().filter(stands).copied().collect()
}

/// What changes who may be cut (payments, holds, publishing) is done one at a time, from the first look to the commit:
/// a route must not go out between a look at its orders and a payment for one of them.
pub const LOCK: &str = "who-may-be-cut";

/// Takes that lock, and those of every open route with an order of the account: before anything about them is read, and
/// before the feed's number, so that nobody waits for somebody who waits for him.
///
/// # Errors
/// When the wait fails.
pub(super) async fn lock_account(work: &mut Work, account: &str) -> Result<(), ServiceError> {
    lock_accounts(work, [account]).await
}

/// As [`lock_account`], for several accounts at once.
///
/// # Errors
/// When the wait fails.
pub(super) async fn lock_accounts(
    work: &mut Work,
    accounts: impl IntoIterator<Item = &str>,
) -> Result<(), ServiceError> {
    work.lock(LOCK).await?;
    let mut all = BTreeSet::new();
    for account in accounts.into_iter().collect::<BTreeSet<_>>() {
        all.extend(orders::by_account(work, account).await?.into_iter().map(|row| OrderId(row.id)));
    }
    spreading::lock_routes(work, &all, None).await
}

/// Releases the given orders: a release each, and a recall where the cut is not made yet, to every truck that may
/// hold it.
///
/// # Errors
/// When the store fails.
pub async fn release(
    state: &AppState,
    work: &mut Work,
    waiting: &[(orders::OrderRow, Disposition)],
    permission: &Permission,
    folding: &Folding,
    now: Micros,
) -> Result<(spreading::Spread, Consequences), ServiceError> {
    let words: Vec<Word> = waiting.iter().map(|(row, outcome)| word(row, outcome, permission, now)).collect();
    let spread = spreading::spread(state, work, &words, folding, now).await?;
    let mut consequences = Consequences::default();
    for (row, _) in waiting {
        // What is said to be stopped is what the facts now add up to, not what was meant.
        let after = spread.recorded.folded.get(&OrderId(row.id)).map(|outcome| &outcome.state);
        if matches!(after, Some(OrderState::Recalled { .. } | OrderState::Released { .. })) {
            consequences.stopped.extend(stopped_on_its_routes(state, work, row, now).await?);
        }
    }
    for order in restarted_orders(waiting, &spread.recorded) {
        if let Some(row) = orders::by_id(work, order).await? {
            let lines = orders::lines(work, order).await?.into_iter().map(|line| LineId(line.line)).collect();
            consequences.reconnects.push(restarted(work, &row, lines).await?);
        }
    }
    Ok((spread, consequences))
}

/// What releasing the given orders would come to. Nothing is written, so nobody waits for it: what the facts would add
/// up to is worked out on a copy of them.
///
/// # Errors
/// When the store fails.
pub async fn foresee(
    conn: &mut Conn,
    waiting: &[(orders::OrderRow, Disposition)],
    permission: &Permission,
    folding: &Folding,
    now: Micros,
) -> Result<Consequences, ServiceError> {
    let mut consequences = Consequences::default();
    for (row, outcome) in waiting {
        let order = OrderId(row.id);
        let mut history = recording::history(conn, row, folding.today).await?;
        let routes = documents::routes_of_order(conn, order).await?;
        for fact in word(row, outcome, permission, now).facts {
            // It will be written into these routes after every visit that is in them.
            let here = |visit: &FactId| {
                history.made_on.get(visit).is_some_and(|home| routes.iter().any(|route| route.id == home.0))
            };
            let caused: Vec<_> = history.made_on.keys().filter(|visit| here(visit)).cloned().collect();
            history.knew.extend(caused.into_iter().map(|visit| ((visit, fact.id.clone()), Knew::Caused)));
            history.add(fact);
        }
        let mut after = curbstop_shared::disposition::disposition(&history, &folding.policy);
        found_off::leave_to_others(conn, row, &mut after).await?;
        if matches!(after.state, OrderState::Recalled { .. } | OrderState::Released { .. }) {
            consequences.stopped.extend(would_stop(conn, row, now).await?);
        }
        for called in after.follow_ups.iter().filter(|follow_up| !follow_up.wanted.is_empty()) {
            let lines: Vec<LineId> = called.wanted.iter().cloned().collect();
            let (priority, fees_suppressed) = (called.priority, called.reason.is_free_of_fees());
            consequences.reconnects.push(match orders::by_id(conn, called.id).await? {
                Some(row) => Restarted { priority, fees_suppressed, ..restarted(conn, &row, lines).await? },
                None => Restarted {
                    order: None,
                    order_id: called.id,
                    lines,
                    priority,
                    fees_suppressed,
                    with: None,
                    due_at: None,
                },
            });
        }
    }
    Ok(consequences)
}

/// The account's service that is being given back already: called for before, with the crew that has it.
///
/// # Errors
/// When the store fails.
pub(super) async fn on_the_way(conn: &mut Conn, account: &str) -> Result<Vec<Restarted>, ServiceError> {
    let mut all = Vec::new();
    for row in orders::by_account(conn, account).await? {
        let restores = row.kind.parse::<OrderKind>().is_ok_and(OrderKind::is_restore);
        if restores && matches!(row.stands(), "open" | "unable") {
            let lines = orders::lines(conn, OrderId(row.id)).await?.into_iter().map(|line| LineId(line.line)).collect();
            all.push(restarted(conn, &row, lines).await?);
        }
    }
    Ok(all)
}

fn restarted_orders(waiting: &[(orders::OrderRow, Disposition)], recorded: &recording::Recorded) -> BTreeSet<OrderId> {
    waiting
        .iter()
        .filter_map(|(row, _)| recorded.folded.get(&OrderId(row.id)))
        .flat_map(|outcome| outcome.follow_ups.iter().filter(|follow_up| !follow_up.wanted.is_empty()))
        .map(|follow_up| follow_up.id)
        .collect()
}

/// The names under which releases live: one payment gives one order one release, on every server.
const RELEASES: Uuid = Uuid::from_bytes(*b"curbstop-release");

/// The release that a cause gives an order.
pub(super) fn release_of(order: OrderId, cause: Uuid) -> FactId {
    FactId::from_uuid(Uuid::new_v5(&RELEASES, format!("{order}:{cause}").as_bytes()))
}

pub(super) fn word(row: &orders::OrderRow, outcome: &Disposition, permission: &Permission, now: Micros) -> Word {
    let order = OrderId(row.id);
    let header = Header { order, at: now, by: permission.by, device: None };
    let id = release_of(order, permission.cause);
    let lines = permission
        .lines
        .as_ref()
        .map_or_else(|| "*".to_owned(), |lines| lines.iter().map(|line| line.0.as_str()).collect::<Vec<_>>().join(","));
    let covers_all =
        permission.lines.as_ref().is_none_or(|lines| outcome.lines.keys().all(|line| lines.contains(line)));
    let release = Release {
        reason: permission.reason,
        lines,
        source: permission.source,
        verified: true,
        paid_at: permission.paid_at,
        recorded_at: Some(now),
        // The receipt's number stays at the office: documents go to crews and contractors.
        confirmation: None,
    };
    let mut facts = vec![Fact::new(id.clone(), header.clone(), FactBody::Release(release))];
    // What is cut already can't be taken back from the truck; what is released in part is still the truck's.
    if covers_all && !matches!(outcome.state, OrderState::Done { .. }) {
        let recall = Recall { reason: RecallReason::Released, cause: Some(id.to_string()) };
        facts.push(Fact::new(FactId::recall_of(order, id.as_str()), header, FactBody::Recall(recall)));
    }
    Word { order, facts, home: None }
}
