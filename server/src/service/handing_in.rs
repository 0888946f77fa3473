//! A tablet that is out of service hands in what it still holds: kept whole for a person's decision, never applied,
//! and nothing comes back but the receipts.
//!
//! It proves itself with its own key, for its tokens are dead. Whoever else sends this gets nothing and stores nothing.

use super::{RefusalKind, ServiceError, enrolment, voice::Voice};
use crate::{
    state::AppState,
    store::{
        Conn, Work, audit,
        devices::{self, DeviceRow},
        documents, exceptions,
        exceptions::NewException,
        feed, orders, people,
        quarantine::{self, Kept},
    },
};
use curbstop_shared::{
    facts::RawFact,
    ids::{DeviceId, OrderId},
    sync::{
        gate, proofs,
        wire::{Bytes, DocRequest, DocResponse, HandIn, ROUTES_A_REQUEST, SYNC_VERSION, SyncRequest, SyncResponse},
    },
    time::{Micros, Span},
    vocabulary::{ExceptionKind, Role},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What is kept of one tablet at most: a crew's season. A thief with a tablet can't fill the disk.
const KEPT_BYTES_MAX: i64 = 16 << 20;
/// A dispatcher looks at it within so long: somebody may be off whom the office believes to be on.
const LOOK_WITHIN: Span = Span::minutes(4 * 60);
/// Exceptions of this kind are named by the tablet and the order: handing in again raises nothing twice.
const IN_QUARANTINE: Uuid = Uuid::from_bytes(*b"curbstop-quarant");

/// What an exception says about work in quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Detail {
    tablet: String,
    revoked_at_us: Option<i64>,
    /// Kinds of what was recorded, with the tablet's clock and who says to have done it.
    saves: Vec<Save>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Save {
    kind: String,
    what: Option<String>,
    at_us: i64,
    by: Option<String>,
}

/// Takes in what a tablet hands in, all or nothing.
///
/// # Errors
/// 401 `proof_invalid` where the tablet is unknown or the proof not its own; 413 `quarantine_full`; 422 for a shape
/// that can't be right.
pub async fn hand_in(state: &AppState, handed_in: &HandIn) -> Result<SyncResponse, ServiceError> {
    let now = state.now();
    let mut conn = state.store.reader().await?;
    let device = devices::by_id(&mut conn, handed_in.device).await?;
    let message = proofs::hand_in(&handed_in.request);
    let proven = |device: &DeviceRow| enrolment::signed_by(&device.public_key, message.as_bytes(), &handed_in.proof);
    let Some(device) = device.filter(proven) else { return Err(not_proven()) };
    let request = read(handed_in)?;
    let offset = now - request.sent_at;
    let named = names(&mut conn).await?;
    drop(conn);

    let mut work = state.store.begin().await?;
    work.lock(&format!("quarantine:{}", device.id)).await?;
    let mut answer = SyncResponse {
        v: SYNC_VERSION,
        now,
        docs: Vec::new(),
        gone: Vec::new(),
        blobs_wanted: Vec::new(),
        policy: None,
    };
    let mut saves: BTreeMap<OrderId, Vec<Save>> = BTreeMap::new();
    let mut new = 0;
    for doc in &request.docs {
        let (receipts, facts) = keep(state, &mut work, &device, doc, offset, now).await?;
        new += facts.len();
        facts.iter().for_each(|change| note(change, &named, &mut saves));
        answer.docs.push(receipts);
    }
    let id = DeviceId(device.id);
    if quarantine::bytes_of(&mut work, id).await? > KEPT_BYTES_MAX {
        let detail =
            "The office keeps too much of this tablet already. Export the work and hand the tablet to dispatch.";
        return Err(ServiceError::refused(RefusalKind::TooLarge, "quarantine_full", detail));
    }
    for (order, saves) in saves {
        raise(&mut work, &device, order, saves, now).await?;
    }
    if new > 0 {
        let (by, details) = (format!("device:{id}"), serde_json::json!({ "changes": new }));
        audit::append(&mut work, now, &by, "work_handed_in", &id.to_string(), &details).await?;
        feed::append(&mut work, now, "exception", &id.to_string(), &serde_json::json!({})).await?;
    }
    work.commit().await?;
    state.feed.ring();
    Ok(answer)
}

fn read(handed_in: &HandIn) -> Result<SyncRequest, ServiceError> {
    let invalid = |why: String| ServiceError::invalid("hand_in_invalid", why);
    if handed_in.v != SYNC_VERSION {
        return Err(ServiceError::invalid("upgrade_required", "this server speaks version 1: update the app"));
    }
    let request: SyncRequest = ciborium::from_reader(handed_in.request.0.as_slice())
        .map_err(|bad| invalid(format!("request: not a sync request in CBOR: {bad}")))?;
    let changes_fit = request.docs.iter().all(|doc| doc.changes.len() <= gate::caps::MAX_CHANGES_PER_BATCH);
    if request.docs.len() > ROUTES_A_REQUEST || !changes_fit {
        let most = gate::caps::MAX_CHANGES_PER_BATCH;
        let detail = format!("at most {ROUTES_A_REQUEST} routes and {most} changes of each: hand them in in turns");
        return Err(ServiceError::refused(RefusalKind::TooLarge, "too_large", detail));
    }
    Ok(request)
}

/// One text for every reason: who guesses learns nothing.
fn not_proven() -> ServiceError {
    let detail = "This is not signed with the key of a tablet that is known here. Export the work and call dispatch.";
    ServiceError::unauthenticated("proof_invalid", detail)
}

/// Who is who, for the sentences.
async fn names(conn: &mut Conn) -> Result<BTreeMap<String, String>, ServiceError> {
    Ok(people::all(conn).await?.into_iter().map(|person| (person.id.to_string(), person.name)).collect())
}

/// Keeps the changes of one route; gives the receipts, and what each new change says.
async fn keep(
    state: &AppState,
    work: &mut Work,
    device: &DeviceRow,
    doc: &DocRequest,
    clock_offset: Span,
    now: Micros,
) -> Result<(DocResponse, Vec<Vec<RawFact>>), ServiceError> {
    let mut receipts = DocResponse { id: doc.id.to_string(), ..DocResponse::default() };
    let mut new = Vec::new();
    // A route that is unknown here or can't be read: its changes say nothing that anybody could decide on.
    let document = state.documents.load_in_work(work, doc.id).await.ok();
    for (bytes, hash) in doc.changes.iter().zip(gate::hashes(&doc.changes)) {
        // What is no change at all has no receipt: the tablet keeps it, and it can be exported.
        let Some(hash) = hash.filter(|_| bytes.0.len() <= gate::caps::MAX_CHANGE_BYTES) else { continue };
        if documents::has_change(work, doc.id, &hash.0).await? {
            // Received in good days; only the receipt was lost.
            receipts.accepted.push(Bytes(hash.0.to_vec()));
            continue;
        }
        let facts = document.as_ref().map(|loaded| gate::said(&loaded.document, bytes)).unwrap_or_default();
        // What nobody could be shown has no receipt either: the tablet keeps it, and it can be exported.
        if !is_shown(work, &facts).await? {
            continue;
        }
        let as_json =
            serde_json::to_string(&readable(&facts)).map_err(|bad| ServiceError::Internal(bad.to_string()))?;
        let kept = Kept {
            device: DeviceId(device.id),
            doc: doc.id,
            hash: &hash.0,
            bytes: &bytes.0,
            facts: &as_json,
            clock_offset,
        };
        if quarantine::keep(work, &kept, now).await? {
            new.push(facts);
        }
        receipts.quarantined.push(Bytes(hash.0.to_vec()));
    }
    Ok((receipts, new))
}

/// Whether some fact of a change names an order that is known here, at which the change will be said.
async fn is_shown(work: &mut Work, facts: &[RawFact]) -> Result<bool, ServiceError> {
    for fact in facts.iter().filter_map(|raw| raw.read().ok()) {
        if let Some(header) = &fact.header
            && orders::by_id(work, header.order).await?.is_some()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn readable(facts: &[RawFact]) -> serde_json::Value {
    facts.iter().map(|fact| serde_json::json!({ "id": fact.id, "fields": fact.fields })).collect()
}

/// What one change says, by the order that it is about.
fn note(change: &[RawFact], names: &BTreeMap<String, String>, saves: &mut BTreeMap<OrderId, Vec<Save>>) {
    let read: Vec<_> = change.iter().filter_map(|raw| raw.read().ok()).collect();
    let work = read.iter().find_map(|fact| match &fact.body {
        curbstop_shared::facts::FactBody::Work(work) => Some(work.action.code().to_owned()),
        _ => None,
    });
    for fact in &read {
        let Some(header) = &fact.header else { continue };
        let by = header.by.and_then(|by| names.get(&by.to_string()).cloned());
        let what = work.clone().filter(|_| fact.body.kind() == curbstop_shared::facts::FactKind::Visit);
        let kind = fact.body.kind().code().to_owned();
        saves.entry(header.order).or_default().push(Save { kind, what, at_us: header.at.0, by });
    }
}

/// Says at the order that work on it waits for a decision.
async fn raise(
    work: &mut Work,
    device: &DeviceRow,
    order: OrderId,
    saves: Vec<Save>,
    now: Micros,
) -> Result<(), ServiceError> {
    let Some(row) = orders::by_id(work, order).await? else { return Ok(()) };
    let named = |more: &str| Uuid::new_v5(&IN_QUARANTINE, format!("{}:{order}{more}", device.id).as_bytes());
    let mut id = named("");
    let mut detail = Detail { tablet: device.name.clone(), revoked_at_us: device.revoked_at_us, saves };
    match exceptions::by_id(work, id).await? {
        Some(before) if before.state == "open" => {
            if let Ok(before) = serde_json::from_str::<Detail>(&before.detail) {
                detail.saves.splice(0..0, before.saves);
            }
        }
        // What was decided stays decided; what came after it is a question of its own.
        Some(_) => id = named(&format!(":{}", now.0)),
        None => {}
    }
    let detail = serde_json::to_string(&detail).map_err(|bad| ServiceError::Internal(bad.to_string()))?;
    let raised = NewException {
        id,
        kind: ExceptionKind::QuarantinedFact.code(),
        order,
        account: &row.account,
        cause: None,
        detail: &detail,
        owner_role: Role::Dispatcher.code(),
        due_at: now + LOOK_WITHIN,
    };
    Ok(exceptions::raise(work, &raised, now).await?)
}

/// What a dispatcher reads about work in quarantine, and what to do; `None` where the detail is of another kind.
#[must_use]
pub fn sentence(detail: &str, voice: &Voice) -> Option<String> {
    let detail: Detail = serde_json::from_str(detail).ok()?;
    let out = match detail.revoked_at_us {
        Some(at) => format!(
            "{} {} {}",
            detail.tablet,
            voice.pick("was taken out of service at", "quedó fuera de servicio a las"),
            voice.time(Micros(at))
        ),
        None => format!("{} {}", detail.tablet, voice.pick("left this crew", "dejó esta cuadrilla")),
    };
    let saves: Vec<String> = detail.saves.iter().map(|save| said(save, voice)).collect();
    Some(format!(
        "{out}. {}: {}. {}",
        voice.pick("It handed in for this order", "Entregó para esta orden"),
        saves.join("; "),
        voice.pick(
            "Nothing of it counts yet. Ask the crew: what was really done is keyed in, then close this.",
            "Nada cuenta todavía. Pregunte a la cuadrilla: lo que de verdad se hizo se captura; después ciérrelo."
        )
    ))
}

fn said(save: &Save, voice: &Voice) -> String {
    let what = match (save.kind.as_str(), save.what.as_deref()) {
        (_, Some("turned_off")) => voice.pick("turned off", "cortado"),
        (_, Some("locked")) => voice.pick("locked", "bloqueado"),
        (_, Some("restored")) => voice.pick("restored", "reconectado"),
        (_, Some("unlocked")) => voice.pick("unlocked", "desbloqueado"),
        ("visit", _) => voice.pick("a visit", "una visita"),
        ("note", _) => voice.pick("a note", "una nota"),
        ("ack", _) => voice.pick("recall seen", "retiro visto"),
        _ => voice.pick("a record", "un registro"),
    };
    let by = save.by.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    format!("{what} {}{by}", voice.time(Micros(save.at_us)))
}
