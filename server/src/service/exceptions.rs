//! What needs a person: the worklist with its sentences, and closing an entry with a reason.

use super::{
    ServiceError, against_order,
    authorise::{Action, Actor},
    before_listing, charging,
    handing_in::{self, deciding::Choice},
    history,
    idempotency::{Answer, Once},
    missing_evidence::{self, Missing},
    part_paid, permit_and_fee, protecting, unlike_receipts, utility,
    voice::Voice,
};
use crate::shape::Shape;
use crate::{
    state::AppState,
    store::{
        Conn, Work, accounts, audit,
        exceptions::{self, ExceptionRow},
        feed, orders,
    },
};
use curbstop_shared::{
    disposition::{Exception, sentences},
    facts::FactBody,
    ids::{FactId, OrderId},
    time::Micros,
    vocabulary::{ExceptionKind, HoldReason, Role},
};
use serde::Serialize;
use std::collections::HashMap;
use uuid::Uuid;

/// Entries that a list gives at most.
pub const LIST_MAX: i64 = 200;
/// Longest reason, in bytes.
const WHY_MAX: usize = 500;

/// One entry of the worklist.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "ExceptionEntry")]
pub struct Entry {
    /// Its id.
    pub id: Uuid,
    /// Its kind.
    #[schemars(with = "Shape<ExceptionKind>")]
    pub kind: ExceptionKind,
    /// The kind in words.
    pub title: String,
    /// The order; none where it is about a tablet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Shape<OrderId>>")]
    pub order_id: Option<OrderId>,
    /// The order's number; empty where it is about a tablet.
    pub order: String,
    /// The account; empty where it is about a tablet.
    pub account: String,
    /// Street, number and unit of the order's premise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The crew that brought it, else the last that had the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crew: Option<String>,
    /// Whose work it was, where a tablet brought it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Where that crew is reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// What happened and what to do.
    pub sentence: String,
    /// Who has to act.
    #[schemars(with = "Shape<Role>")]
    pub owner: Role,
    /// `open`, `resolved`, or `gone` where later facts took its ground away.
    pub state: String,
    /// Somebody is off because of it, or may be, right now.
    pub urgent: bool,
    /// The claim that was made at the door and that somebody has to accept or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Shape<FactId>>")]
    pub claim: Option<FactId>,
    /// What was claimed, where it is no proof of payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Shape<HoldReason>>")]
    pub claimed: Option<HoldReason>,
    /// Service of the account, for a medical need of the house, is off: whoever accepts the claim says whether to give it back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub off: bool,
    /// Work of a tablet out of service: a supervisor takes it in or sets it aside.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub handed_in: bool,
    /// A fee that somebody has to decide on: `charge_fee` or `waive_fee`. Decided, it may be changed: `charge_fee_after_all`
    /// or `waive_fee_after_all`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fee: bool,
    /// What is in doubt about that fee, as codes: sent back with the decision, it decides on nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doubts: Option<String>,
    /// Evidence that its visit lacks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Missing>,
    /// When it was raised, in microseconds since 1970.
    pub raised_at_us: i64,
    /// By when somebody has to have acted.
    pub due_at_us: i64,
    /// How it was closed.
    pub resolution: Option<String>,
}

/// The open entries: those because of which somebody is off right now, or may be, then the others, each with the earliest
/// deadline first; of one account or kind where that is asked for.
///
/// # Errors
/// When the store fails.
pub async fn list(
    state: &AppState,
    voice: &Voice,
    (account, kind): (Option<&str>, Option<ExceptionKind>),
    limit: i64,
) -> Result<Vec<Entry>, ServiceError> {
    let mut conn = state.store.snapshot().await?;
    let limit = limit.clamp(1, LIST_MAX);
    let mut rows = match (account, kind) {
        (Some(account), _) => exceptions::open_of_account(&mut conn, account, limit).await?,
        (None, Some(kind)) => exceptions::first_of_kind(&mut conn, kind.code(), limit).await?,
        (None, None) => exceptions::open(&mut conn, limit).await?,
    };
    rows.retain(|row| kind.is_none_or(|kind| row.kind == kind.code()));
    let mut entries = told(state, &mut conn, rows, voice).await?;
    entries.sort_by_key(|entry| !entry.urgent);
    Ok(entries)
}

/// The given rows, each with its sentence.
///
/// # Errors
/// When the store fails.
pub(super) async fn told(
    state: &AppState,
    conn: &mut Conn,
    rows: Vec<ExceptionRow>,
    voice: &Voice,
) -> Result<Vec<Entry>, ServiceError> {
    let mut told = Vec::with_capacity(rows.len());
    let mut known = HashMap::new();
    for row in rows {
        told.push(tell(state, conn, row, voice, &mut known).await?);
    }
    Ok(told)
}

async fn tell(
    state: &AppState,
    conn: &mut Conn,
    row: ExceptionRow,
    voice: &Voice,
    known: &mut HashMap<Uuid, history::Told>,
) -> Result<Entry, ServiceError> {
    let bad =
        |column: &'static str| crate::store::StoreError::inconsistent("exceptions", column, row.id, "not in its list");
    let kind: ExceptionKind = row.kind.parse().map_err(|_| bad("kind"))?;
    if let Some(id) = row.order_id
        && !known.contains_key(&id)
        && let Some(order) = orders::by_id(conn, OrderId(id)).await?
    {
        known.insert(id, history::told(state, conn, order).await?);
    }
    let order = match row.order_id {
        Some(id) => Some(known.get(&id).ok_or_else(|| bad("order_id"))?),
        None => None,
    };
    // The fold says it best; what was stored stands in for one whose ground is just going away.
    let folded = order.and_then(|order| {
        let raised = |one: &&Exception| {
            one.kind == kind && row.cause.as_deref() == Some(one.fact.as_str()) && raised_as(one, &row.detail)
        };
        order.outcome.exceptions.iter().find(raised).map(|one| (order, one))
    });
    let missing = missing_evidence::at(conn, &row).await?;
    let sentence = match folded {
        Some((order, one)) => {
            let crews: HashMap<String, String> =
                accounts::crews_of_visits(conn, &row.account).await?.into_iter().collect();
            order.with_words(voice, &crews, |words| sentences::exception(one, &order.history, &order.outcome, words))
        }
        None => handing_in::sentence(&row.detail, voice)
            .or_else(|| part_paid::sentence(&row.detail, voice))
            .or_else(|| before_listing::sentence(&row.detail, voice))
            .or_else(|| unlike_receipts::sentence(&row.detail, voice))
            .or_else(|| missing_evidence::sentence(&row, &missing, voice))
            .or_else(|| against_order::sentence(&row.detail, voice))
            .unwrap_or_else(|| kind_said(kind, voice).to_owned()),
    };
    // Work that waits for a decision is no fact yet: no fold says that whoever paid is off by it.
    let off_by_it = order.is_some_and(|order| handing_in::leaves_off_who_paid(&row, &order.outcome));
    let sentence = match off_by_it {
        true => format!("{} {sentence}", handing_in::paid_and_perhaps_off(voice)),
        false => sentence,
    };
    let told = order.map(|order| (&order.history, &order.outcome));
    let sentence = match permit_and_fee::of_the_other(conn, &row, kind, told, voice).await? {
        Some(other) => format!("{sentence} {other}"),
        None => sentence,
    };
    let at = match row.order_id {
        Some(order) => exceptions::where_and_who(conn, OrderId(order), row.cause.as_deref()).await?.unwrap_or_default(),
        None => exceptions::WhereAndWho::default(),
    };
    let claimed = folded.filter(|_| kind == ExceptionKind::FieldHoldUnverified).and_then(|(order, one)| {
        match &order.history.facts.get(&one.fact)?.body {
            FactBody::Hold(hold) => Some(hold.reason),
            _ => None,
        }
    });
    let off = match claimed {
        Some(kind) => protecting::is_off(conn, kind, &row.account, &utility::folding(state, state.now())).await?,
        None => false,
    };
    Ok(Entry {
        id: row.id,
        claimed,
        off,
        missing,
        handed_in: handing_in::is_to_decide(&row),
        fee: kind == ExceptionKind::FeeInDoubt,
        doubts: order.filter(|_| kind == ExceptionKind::FeeInDoubt).map(charging::doubts),
        kind,
        address: at.address.map(|street| super::accounts::address(&street, &at.unit.unwrap_or_default())),
        crew: at.crew,
        person: at.person,
        phone: at.phone,
        title: kind_said(kind, voice).to_owned(),
        order_id: row.order_id.map(OrderId),
        order: row.order_number.unwrap_or_default(),
        account: row.account,
        sentence: sentence.trim().to_owned(),
        owner: row.owner_role.parse().map_err(|_| {
            crate::store::StoreError::inconsistent("exceptions", "owner_role", row.id, "not in its list")
        })?,
        state: row.state,
        urgent: off_by_it || folded.is_some_and(|(_, one)| one.urgent),
        claim: if is_claim(kind) { row.cause.and_then(|fact| fact.parse().ok()) } else { None },
        raised_at_us: row.raised_at_us,
        due_at_us: row.due_at_us,
        resolution: row.resolution,
    })
}

/// Whether the office has to accept something that was shown or told at the door.
const fn is_claim(kind: ExceptionKind) -> bool {
    matches!(kind, ExceptionKind::FieldReleaseUnverified | ExceptionKind::FieldHoldUnverified)
}

/// Whether a stored detail is this exception: kind and fact are compared by the caller, the cause is left.
fn raised_as(one: &Exception, detail: &str) -> bool {
    let stored: serde_json::Value = serde_json::from_str(detail).unwrap_or_default();
    let cause = stored.get("cause").and_then(serde_json::Value::as_str);
    cause == one.cause.as_ref().map(curbstop_shared::ids::FactId::as_str)
}

/// An entry that was closed.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "ExceptionClosed")]
pub struct Closed {
    /// Its id.
    pub id: Uuid,
    /// `resolved`; `open` where something of it still waits, or waits again.
    pub state: &'static str,
    /// What became of a tablet's work, where that was decided on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work: Option<handing_in::deciding::Decided>,
}

/// Closes an entry with the reason that somebody gives. One of a customer who is off right now stays open until
/// service is back.
///
/// # Errors
/// 404 `exception_unknown`, 409 `exception_closed`, `decision_needed` or `still_off`, 422 `why_missing`.
pub async fn resolve(
    state: &AppState,
    actor: &Actor,
    id: Uuid,
    why: &str,
    once: &Once,
    voice: &Voice,
) -> Result<Answer, ServiceError> {
    actor.may(Action::ResolveExceptions)?;
    let why = reason(why)?;
    let now = state.now();
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    // Its number is taken before the entry is looked at: whoever raises or closes entries waits here for the others.
    feed::append(&mut work, now, "exception", &id.to_string(), &serde_json::json!({})).await?;
    let unknown =
        || ServiceError::not_found("exception_unknown", "There is no such exception; look at the list again.");
    let row = exceptions::by_id(&mut work, id).await?.ok_or_else(unknown)?;
    let entry = tell(state, &mut work, row, voice, &mut HashMap::new()).await?;
    if entry.state != "open" {
        return Err(ServiceError::conflict("exception_closed", "This was closed already; look at the list again."));
    }
    if entry.claim.is_some() {
        let detail = "Somebody claimed this at the door: accept the claim or not, so that the order knows.";
        return Err(ServiceError::conflict("decision_needed", detail));
    }
    if entry.handed_in {
        let detail = "A tablet's work waits here: a supervisor takes it in (`take_in`) or sets it aside (`set_aside`).";
        return Err(ServiceError::conflict("decision_needed", detail));
    }
    if entry.fee {
        let detail = "Say whether the fee is charged (`charge_fee`) or not (`waive_fee`), so that billing hears of it.";
        return Err(ServiceError::conflict("decision_needed", detail));
    }
    if entry.urgent || entry.kind == ExceptionKind::OffUnderClaim {
        let detail = "The customer is still off because of it. Restore the service first; then it can be closed.";
        return Err(ServiceError::conflict("still_off", detail));
    }
    exceptions::resolve(&mut work, id, now, actor.person().map(|person| person.0), why).await?;
    let details = serde_json::json!({ "kind": entry.kind, "order": entry.order, "why": why });
    audit::append(&mut work, now, &actor.name(), "exception_resolved", &id.to_string(), &details).await?;
    let answer = Answer::ok(&Closed { id, state: "resolved", work: None })?;
    let answer = once.commit(state, work, actor, answer).await?;
    state.feed.ring();
    Ok(answer)
}

/// A supervisor's word on the work that waits behind an entry.
///
/// # Errors
/// 403 `role_forbids`, 404 `exception_unknown`, 409 `not_handed_in`, `exception_closed` or `nothing_waits`, 422
/// `why_missing`.
pub async fn decide_work(
    state: &AppState,
    actor: &Actor,
    (id, choice): (Uuid, Choice),
    why: &str,
    once: &Once,
    voice: &Voice,
) -> Result<Answer, ServiceError> {
    actor.may(Action::DecideQuarantine)?;
    let why = reason(why)?;
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    let outcome = handing_in::deciding::decide(state, &mut work, actor, (id, choice), why, voice).await?;
    let closed = Closed { id: outcome.entry, state: outcome.state, work: Some(outcome.decided) };
    let answer = once.commit(state, work, actor, Answer::ok(&closed)?).await?;
    if let Some((stored, spread)) = outcome.after {
        state.documents.keep(stored);
        spread.announce(state);
    }
    state.feed.ring();
    Ok(answer)
}

pub(super) fn reason(why: &str) -> Result<&str, ServiceError> {
    let why = why.trim();
    if why.is_empty() || why.len() > WHY_MAX || why.chars().any(char::is_control) {
        let detail = format!("why: say in 1 to {WHY_MAX} characters what was done about it.");
        return Err(ServiceError::invalid("why_missing", detail));
    }
    Ok(why)
}

/// Work of tablets at an account that somebody set aside, with its sentences: it can be looked at again.
///
/// # Errors
/// When the store fails.
pub async fn set_aside(state: &AppState, voice: &Voice, account: &str) -> Result<Vec<Entry>, ServiceError> {
    let mut conn = state.store.snapshot().await?;
    let kind = ExceptionKind::QuarantinedFact.code();
    let mut rows = exceptions::resolved_of_account(&mut conn, account, kind, LIST_MAX).await?;
    rows.retain(handing_in::is_set_aside);
    told(state, &mut conn, rows, voice).await
}

/// Closes what was asked about a payment that is taken back.
///
/// # Errors
/// When the store fails.
pub(super) async fn payment_gone(
    work: &mut Work,
    account: &str,
    payment: Uuid,
    now: Micros,
) -> Result<(), ServiceError> {
    #[derive(serde::Deserialize)]
    struct About {
        payment: Uuid,
    }
    for open in exceptions::open_of_account(work, account, LIST_MAX).await? {
        let about = serde_json::from_str::<About>(&open.detail).is_ok_and(|about| about.payment == payment);
        if about && open.kind == ExceptionKind::PaymentUnclear.code() {
            feed::append(work, now, "exception", &open.id.to_string(), &serde_json::json!({})).await?;
            exceptions::close_gone(work, open.id, now).await?;
        }
    }
    Ok(())
}

/// A kind of exception in a few words.
#[must_use]
pub const fn kind_said(kind: ExceptionKind, voice: &Voice) -> &'static str {
    let language = voice.language;
    match kind {
        ExceptionKind::CutDespiteRelease => language.pick("Cut although released", "Corte pese a la liberación"),
        ExceptionKind::CutCrossedRelease => language.pick("Cut crossed a payment", "Corte y pago se cruzaron"),
        ExceptionKind::CutUnderHold => language.pick("Off under a hold", "Sin servicio con protección"),
        ExceptionKind::OffUnderClaim => language.pick("Off under an accepted claim", "Cortado con alegato aceptado"),
        ExceptionKind::PermitBreach => language.pick("Cut without a permit", "Corte sin permiso"),
        ExceptionKind::FeeInDoubt => language.pick("Fee in doubt", "Cargo en duda"),
        ExceptionKind::PartPaid => language.pick("Part paid", "Pago parcial"),
        ExceptionKind::PaymentUnclear => language.pick("Payment to check", "Pago por revisar"),
        ExceptionKind::DuplicateVisit => language.pick("Done twice", "Hecha dos veces"),
        ExceptionKind::VisitAfterRecall => language.pick("Done after it was taken back", "Hecha tras retirarse"),
        ExceptionKind::RestoreWithoutRelease => language.pick("Restored, not released", "Reconectado sin liberar"),
        ExceptionKind::ReleaseReversedAfterRestore => language.pick("Payment came back", "Pago devuelto"),
        ExceptionKind::FieldReleaseUnverified => language.pick("Proof shown at the door", "Comprobante en la puerta"),
        ExceptionKind::FieldHoldUnverified => language.pick("Claim at the door", "Alegato en la puerta"),
        ExceptionKind::ReadingSuspect => language.pick("Reading to check", "Lectura por revisar"),
        ExceptionKind::MeterMismatch => language.pick("Another meter", "Otro medidor"),
        ExceptionKind::UsageOnOffAccount => language.pick("Use while off", "Consumo estando cortado"),
        ExceptionKind::SealOrLockBroken => language.pick("Seal or lock broken", "Sello o candado roto"),
        ExceptionKind::EquipmentDispute => language.pick("Equipment not returned", "Equipo no devuelto"),
        ExceptionKind::EvidenceMissing => language.pick("Evidence missing", "Falta evidencia"),
        ExceptionKind::MethodNotOffered => language.pick("Done in another way", "Hecho de otra manera"),
        ExceptionKind::Incident => language.pick("Incident", "Incidente"),
        ExceptionKind::ClockSuspect => language.pick("Tablet's clock is off", "Reloj de tableta desviado"),
        ExceptionKind::LateFact => language.pick("Work came in late", "Trabajo llegó tarde"),
        ExceptionKind::QuarantinedFact => language.pick("Work in quarantine", "Trabajo en cuarentena"),
    }
}
