//! One order from the listing to the restore: what an auditor follows, with what proves each step.

use super::{
    ServiceError,
    checks::{self, Around, Check},
};
use crate::{
    moment::Moment,
    service::{
        accounts::{self, Entry},
        audit_trail::{self, Line, hex},
        exceptions as worklist,
        history::{self, Told},
        voice::Voice,
    },
    shape::Shape,
    state::AppState,
    store::{Conn, accounts as known, evidence, exceptions, order_audit, orders},
};
use curbstop_shared::{
    disposition::sentences::{self, Audience},
    ids::OrderId,
    money::Money,
    time::Micros,
    vocabulary::OrderKind,
};
use serde::Serialize;
use std::collections::HashMap;

/// An order's way.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "OrderAudit")]
pub struct OrderAudit {
    /// Its id.
    #[schemars(with = "Shape<OrderId>")]
    pub id: OrderId,
    /// Its number.
    pub order: String,
    /// Code of its kind.
    #[schemars(with = "Shape<OrderKind>")]
    pub kind: OrderKind,
    /// Code of its reason.
    pub reason: String,
    /// The account.
    pub account: String,
    /// Where it stands, in words.
    pub said: String,
    /// Past due when the listing was run.
    pub past_due: String,
    /// The same in minor units.
    #[serde(skip)]
    pub past_due_minor: i64,
    /// The listing that called for it.
    pub listing: Option<Listed>,
    /// Number of the order that called for it.
    pub cause: Option<String>,
    /// Routes that it is, or was, on, in the order of their publishing.
    pub routes: Vec<OnRoute>,
    /// What an auditor looks for, where something was cut.
    pub checks: Vec<Check>,
    /// Everything that happened to it and to what gives it back, oldest first; with the account's payments.
    pub timeline: Vec<Entry>,
    /// Photos and signatures.
    pub evidence: Vec<Evidence>,
    /// What gives it back.
    pub restores: Vec<Restore>,
    /// What needed a person.
    pub exceptions: Vec<Exception>,
    /// What the audit trail says of it, of its account and of what gives it back, oldest first.
    pub trail: Vec<Line>,
}

/// The listing that called for an order.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "ListedAs")]
pub struct Listed {
    /// Its number.
    pub number: Option<i64>,
    /// Who sent it.
    pub source: String,
    /// Its day.
    pub as_of: String,
    /// `draft`, `final`, `withdrawn`.
    pub state: String,
    /// Hash of the file.
    pub file_sha256: String,
    /// Hash of its rows, since it is final.
    pub rows_sha256: Option<String>,
    /// When it was made final.
    pub finalised_at: Option<Moment>,
    /// By whom.
    pub finalised_by: Option<String>,
    /// Its rows that became the order.
    pub rows: Vec<ListedRow>,
}

/// A row of a listing.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct ListedRow {
    /// The file's line.
    pub line: i64,
    /// Serial of the meter.
    pub meter: String,
    /// Code of the product.
    pub product: String,
    /// Past due.
    pub past_due: String,
    /// When notice was given.
    pub notice_on: String,
    /// What was to be considered, as codes.
    pub cautions: Vec<String>,
}

/// A route that the order is, or was, on.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "AuditedRoute")]
pub struct OnRoute {
    /// Its day.
    pub date: String,
    /// Its crew.
    pub crew: String,
    /// Counts publications of a crew's day.
    pub generation: i64,
    /// When it was published.
    pub published_at: Moment,
    /// By whom.
    pub published_by: Option<String>,
    /// When the order was taken off it.
    pub taken_off_at: Option<Moment>,
}

/// A photo or signature.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "AuditedEvidence")]
pub struct Evidence {
    /// `photo` or `signature`.
    pub what: String,
    /// Hash of its bytes: it lies at `/api/v1/blobs/{sha256}`.
    pub sha256: String,
    /// The tablet's clock when it was taken.
    pub taken_at: Moment,
    /// When its bytes arrived.
    pub arrived_at: Option<Moment>,
}

/// An order that gives another back.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Restore {
    /// Its number.
    pub order: String,
    /// Code of its reason.
    pub reason: String,
    /// Where it stands, in words.
    pub said: String,
    /// When it was called for.
    pub called_at: Moment,
    /// By when it had to be done.
    pub due_at: Option<Moment>,
}

/// Something that needed a person.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "AuditedException")]
pub struct Exception {
    /// Code of its kind.
    pub kind: String,
    /// What it is.
    pub title: String,
    /// `open`, `resolved`, or `gone` where later facts took its ground away.
    pub state: String,
    /// When it was raised.
    pub raised_at: Moment,
    /// When it was closed.
    pub closed_at: Option<Moment>,
    /// What was done.
    pub resolution: Option<String>,
}

/// Nobody has such an order.
pub(super) fn unknown() -> ServiceError {
    ServiceError::not_found("order_unknown", "No order has this id or number.")
}

/// The way of an order, by its id or its number.
///
/// # Errors
/// 404 `order_unknown`; or when the store fails.
pub async fn of(state: &AppState, voice: &Voice, asked: &str) -> Result<OrderAudit, ServiceError> {
    let mut conn = state.store.snapshot().await?;
    let row = orders::by_id_or_number(&mut conn, asked).await?;
    let order = history::told(state, &mut conn, row.ok_or_else(unknown)?).await?;
    let id = OrderId(order.row.id);
    let cause = match order.row.cause_order {
        Some(cause) => orders::by_id(&mut conn, OrderId(cause)).await?.map(|row| row.number),
        None => None,
    };
    let mut told = vec![order];
    for follower in order_audit::followers(&mut conn, id).await? {
        if let Some(row) = orders::by_id(&mut conn, follower).await? {
            told.push(history::told(state, &mut conn, row).await?);
        }
    }
    let money = |minor| Money::from_minor(minor, state.config.currency).to_string();
    let listing = listed(&mut conn, id, &money).await?;
    let evidence = evidence_of(&mut conn, &told).await?;
    let mut timeline = accounts::timeline_of(&mut conn, &told, voice).await?;
    timeline.reverse();
    let mut exceptions = Vec::new();
    for order in &told {
        exceptions.extend(exceptions_of(&mut conn, OrderId(order.row.id), voice).await?);
    }
    let trail = audit_trail::about(&mut conn, names_of(&told)).await?;
    let crews: HashMap<String, String> =
        known::crews_of_visits(&mut conn, &told[0].row.account).await?.into_iter().collect();
    let said = |order: &Told| {
        order.with_words(voice, &crews, |words| sentences::state(&order.outcome.state, Audience::Office, words))
    };
    let around = around(listing.as_ref(), &evidence);
    let routes = order_audit::routes(&mut conn, id).await?;
    let (order, restores) = (&told[0], &told[1..]);
    Ok(OrderAudit {
        id,
        order: order.row.number.clone(),
        kind: order.history.order.kind,
        reason: order.row.reason.clone(),
        account: order.row.account.clone(),
        said: said(order),
        past_due: money(order.row.past_due_minor),
        past_due_minor: order.row.past_due_minor,
        cause,
        routes: routes.into_iter().map(on_route).collect(),
        checks: checks::of(order, &around, voice),
        timeline,
        evidence,
        restores: restores.iter().map(|restore| restored(restore, said(restore))).collect(),
        exceptions,
        trail,
        listing,
    })
}

fn around(listing: Option<&Listed>, evidence: &[Evidence]) -> Around {
    Around {
        listing: listing.and_then(|listing| Some((listing.number?, listing.finalised_by.clone()))),
        withdrawn: listing.is_some_and(|listing| listing.state == "withdrawn"),
        notices: listing.iter().flat_map(|one| &one.rows).filter_map(|row| row.notice_on.parse().ok()).collect(),
        photos: (evidence.len(), evidence.iter().filter(|piece| piece.arrived_at.is_some()).count()),
    }
}

async fn listed(
    conn: &mut Conn,
    order: OrderId,
    money: &(dyn Fn(i64) -> String + Sync),
) -> Result<Option<Listed>, ServiceError> {
    let Some(row) = order_audit::listed(conn, order).await? else { return Ok(None) };
    let rows = order_audit::listed_lines(conn, order).await?;
    let of_row = |row: order_audit::ListedLine| ListedRow {
        line: row.line,
        meter: row.serial,
        product: row.product,
        past_due: money(row.past_due_minor),
        notice_on: row.notice_date,
        cautions: row.cautions.split(';').filter(|code| !code.is_empty()).map(str::to_owned).collect(),
    };
    Ok(Some(Listed {
        number: row.number,
        source: row.source,
        as_of: row.as_of,
        state: row.state,
        file_sha256: row.file_sha256,
        rows_sha256: row.rows_sha256,
        finalised_at: row.finalised_at_us.map(|at| Moment(Micros(at))),
        finalised_by: row.finalised_by,
        rows: rows.into_iter().map(of_row).collect(),
    }))
}

fn on_route(row: order_audit::RouteRow) -> OnRoute {
    OnRoute {
        date: row.date,
        crew: row.crew,
        generation: row.generation,
        published_at: Moment(Micros(row.published_at_us)),
        published_by: row.published_by,
        taken_off_at: row.taken_off_at_us.map(|at| Moment(Micros(at))),
    }
}

async fn evidence_of(conn: &mut Conn, told: &[Told]) -> Result<Vec<Evidence>, ServiceError> {
    let mut all = Vec::new();
    for order in told {
        for piece in evidence::of_order(conn, OrderId(order.row.id)).await? {
            all.push(Evidence {
                what: piece.what,
                sha256: hex(&piece.sha256),
                taken_at: Moment(Micros(piece.taken_at_us)),
                arrived_at: piece.arrived_at_us.map(|at| Moment(Micros(at))),
            });
        }
    }
    Ok(all)
}

fn restored(order: &Told, said: String) -> Restore {
    Restore {
        order: order.row.number.clone(),
        reason: order.row.reason.clone(),
        said,
        called_at: Moment(Micros(order.row.created_at_us)),
        due_at: order.row.due_at_us.map(|at| Moment(Micros(at))),
    }
}

async fn exceptions_of(conn: &mut Conn, order: OrderId, voice: &Voice) -> Result<Vec<Exception>, ServiceError> {
    let rows = exceptions::of_order(conn, order).await?;
    let of_row = |row: exceptions::ExceptionRow| Exception {
        title: row.kind.parse().map_or_else(|_| row.kind.clone(), |kind| worklist::kind_said(kind, voice).to_owned()),
        kind: row.kind,
        state: row.state,
        raised_at: Moment(Micros(row.raised_at_us)),
        closed_at: row.resolved_at_us.map(|at| Moment(Micros(at))),
        resolution: row.resolution,
    };
    Ok(rows.into_iter().map(of_row).collect())
}

/// What the trail calls these orders, their account, and their facts on which somebody decided.
fn names_of(told: &[Told]) -> Vec<String> {
    let of_order = |order: &Told| {
        let facts = order.facts.iter().map(|fact| fact.id.clone());
        let own = [order.row.id.to_string(), order.row.number.clone(), order.row.account.clone()];
        own.into_iter().chain(order.row.listing.map(|listing| listing.to_string())).chain(facts).collect::<Vec<_>>()
    };
    told.iter().flat_map(of_order).collect()
}
