//! A tablet that is out of service hands in what it still holds: kept whole for a person's decision, not applied before
//! it, and nothing comes back but the receipts. What a desk reads about it stands in [`told`], what a supervisor decides
//! in [`deciding`].
//!
//! It proves itself with its own key, for its tokens are dead. Whoever else sends this gets nothing and stores nothing.
//! Whoever has the tablet has its key: what one tablet can make the office keep, or read, has a limit.

pub mod deciding;
mod photos;
mod told;

pub use deciding::{is_set_aside, is_to_decide};
pub use photos::sender as photo_sender;
pub use told::sentence;
pub(super) use told::{leaves_off_who_paid, paid_and_perhaps_off};

use super::{RefusalKind, ServiceError, enrolment};
use crate::{
    state::AppState,
    store::{
        Conn, Work, audit,
        devices::{self, DeviceRow},
        documents, facts, feed, people,
        quarantine::{self, Kept},
    },
    sync::documents::Loaded,
};
use curbstop_shared::{
    facts::{Fact, Header, RawFact},
    ids::{DeviceId, FactId, OrderId, RouteId},
    sync::{
        gate, proofs,
        wire::{Bytes, DocRequest, DocResponse, HandIn, ROUTES_A_REQUEST, SYNC_VERSION, SyncRequest, SyncResponse},
    },
    time::{Micros, Span},
};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use told::{FULL, Save};

/// What is kept of one tablet at most: a crew's season. A thief with a tablet can't fill the disk.
const KEPT_BYTES_MAX: i64 = 16 << 20;
/// What is signed well and still is no request.
const UNREADABLE: &str = "hand_in_invalid";

/// Takes in what a tablet hands in, all or nothing.
///
/// # Errors
/// 401 `proof_invalid` where the tablet is unknown or the proof not its own; 413 `quarantine_full`; 422 for a shape
/// that can't be right. The desks hear of the last two.
pub async fn hand_in(state: &AppState, handed_in: &HandIn) -> Result<SyncResponse, ServiceError> {
    let now = state.now();
    let mut conn = state.store.reader().await?;
    let device = devices::by_id(&mut conn, handed_in.device).await?;
    let message = proofs::hand_in(&handed_in.request);
    let proven = |device: &DeviceRow| enrolment::signed_by(&device.public_key, message.as_bytes(), &handed_in.proof);
    let Some(device) = device.filter(proven) else { return Err(not_proven()) };
    let named = names(&mut conn).await?;
    drop(conn);
    let taken = match read(handed_in) {
        Ok(request) => take_in(state, &device, &request, &named, now).await,
        Err(refused) => Err(refused),
    };
    let held_back = match &taken {
        Ok(_) => None,
        Err(refused) => match refused.code() {
            Some(UNREADABLE) => Some(piece(&Sha256::digest(&handed_in.request.0))),
            Some(FULL) => Some(FULL.to_owned()),
            _ => None,
        },
    };
    if let Some(held_back) = held_back {
        let mut work = state.store.begin().await?;
        work.lock(&quarantine_of(&device)).await?;
        told::holds_back(&mut work, &device, &[held_back], now).await?;
        work.commit().await?;
    }
    state.feed.ring();
    taken
}

fn quarantine_of(device: &DeviceRow) -> String {
    format!("quarantine:{}", device.id)
}

async fn take_in(
    state: &AppState,
    device: &DeviceRow,
    request: &SyncRequest,
    named: &BTreeMap<String, String>,
    now: Micros,
) -> Result<SyncResponse, ServiceError> {
    let id = DeviceId(device.id);
    let offset = now - request.sent_at;
    let mut work = state.store.begin().await?;
    work.lock(&quarantine_of(device)).await?;
    let mut answer = SyncResponse {
        v: SYNC_VERSION,
        now,
        docs: Vec::new(),
        gone: Vec::new(),
        blobs_wanted: Vec::new(),
        people: None,
    };
    let mut saves: BTreeMap<OrderId, Vec<Save>> = BTreeMap::new();
    let (mut new, mut held_back) = (0, Vec::new());
    for doc in &request.docs {
        let taken = keep(state, &mut work, device, doc, offset, now).await?;
        new += taken.new.len();
        for change in &taken.new {
            told::note(change, named, &mut saves);
            photos::name(&mut work, device, change).await?;
        }
        held_back.extend(taken.held_back);
        answer.docs.push(taken.receipts);
    }
    if quarantine::bytes_of(&mut work, id).await? > KEPT_BYTES_MAX {
        let detail =
            "The office keeps too much of this tablet already. Export the work and hand the tablet to dispatch.";
        return Err(ServiceError::refused(RefusalKind::TooLarge, FULL, detail));
    }
    if new > 0 {
        // Whoever closes an entry takes the feed's number first, so what is read from here on holds.
        feed::append(&mut work, now, "exception", &id.to_string(), &serde_json::json!({})).await?;
        for (order, saves) in saves {
            told::raise(&mut work, device, order, saves, now).await?;
        }
    }
    told::holds_back(&mut work, device, &held_back, now).await?;
    if new > 0 {
        let (by, details) = (format!("device:{id}"), serde_json::json!({ "changes": new }));
        audit::append(&mut work, now, &by, "work_handed_in", &id.to_string(), &details).await?;
    }
    work.commit().await?;
    Ok(answer)
}

fn read(handed_in: &HandIn) -> Result<SyncRequest, ServiceError> {
    let invalid = |why: String| ServiceError::invalid(UNREADABLE, why);
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

/// What became of the changes of one route.
struct Taken {
    receipts: DocResponse,
    /// What each change says that is new.
    new: Vec<Vec<(Header, Fact)>>,
    /// What has no receipt, and so stays on the tablet.
    held_back: Vec<String>,
}

/// A change or request that stays on the tablet, told from others by the beginning of its hash.
fn piece(hash: &[u8]) -> String {
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Keeps the changes of one route.
async fn keep(
    state: &AppState,
    work: &mut Work,
    device: &DeviceRow,
    doc: &DocRequest,
    clock_offset: Span,
    now: Micros,
) -> Result<Taken, ServiceError> {
    let receipts = DocResponse { id: doc.id.to_string(), ..DocResponse::default() };
    let mut taken = Taken { receipts, new: Vec::new(), held_back: Vec::new() };
    let mut route = OwnRoute::load(state, work, device, doc.id).await?;
    for (bytes, hash) in doc.changes.iter().zip(gate::hashes(&doc.changes)) {
        // What is no change at all has no receipt: the tablet keeps it, and it can be exported.
        let Some(hash) = hash.filter(|_| bytes.0.len() <= gate::caps::MAX_CHANGE_BYTES) else {
            taken.held_back.push(piece(&Sha256::digest(&bytes.0)));
            continue;
        };
        if documents::has_change(work, doc.id, &hash.0).await? {
            // Received in good days; only the receipt was lost.
            taken.receipts.accepted.push(Bytes(hash.0.to_vec()));
            continue;
        }
        let facts = route.as_ref().map(|route| gate::said(&route.loaded.document, bytes)).unwrap_or_default();
        let shown = match &mut route {
            Some(route) => route.shown(work, &facts).await?,
            None => Vec::new(),
        };
        // What nobody could be shown has no receipt either: the tablet keeps it, and it can be exported.
        if shown.is_empty() {
            taken.held_back.push(piece(&hash.0));
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
            taken.new.push(shown);
        }
        taken.receipts.quarantined.push(Bytes(hash.0.to_vec()));
    }
    Ok(taken)
}

fn readable(facts: &[RawFact]) -> serde_json::Value {
    facts.iter().map(|fact| serde_json::json!({ "id": fact.id, "fields": fact.fields })).collect()
}

/// A route that the tablet has, or once had.
struct OwnRoute {
    loaded: Loaded,
    device: DeviceId,
    /// Headers of the visits that were handed in for it.
    visits: BTreeMap<FactId, Header>,
    /// Those of earlier requests are among them.
    has_earlier: bool,
}

impl OwnRoute {
    /// None where the route is unknown here, can't be read, or never was this tablet's: what its changes say nobody
    /// could decide on, and nobody writes to orders that he was never given.
    async fn load(
        state: &AppState,
        work: &mut Work,
        device: &DeviceRow,
        route: RouteId,
    ) -> Result<Option<Self>, ServiceError> {
        let id = DeviceId(device.id);
        let Some(found) = documents::for_device(work, route, id).await? else { return Ok(None) };
        if found.actor.is_none() && found.route.crew != device.crew_id {
            return Ok(None);
        }
        let loaded = state.documents.load_in_work(work, route).await.ok();
        Ok(loaded.map(|loaded| Self { loaded, device: id, visits: BTreeMap::new(), has_earlier: false }))
    }

    /// What of a change can be said at orders of the route, each fact under its own header or its visit's.
    async fn shown(&mut self, work: &mut Work, facts: &[RawFact]) -> Result<Vec<(Header, Fact)>, ServiceError> {
        let read: Vec<Fact> = facts.iter().filter_map(|raw| raw.read().ok()).collect();
        self.learn(&read);
        let mut shown = Vec::new();
        for fact in read {
            let header = match (&fact.header, fact.visit()) {
                (Some(header), _) => Some(header.clone()),
                (None, Some(visit)) => self.visit(work, visit).await?,
                (None, None) => None,
            };
            if let Some(header) = header.filter(|header| self.loaded.document.has_order(header.order)) {
                shown.push((header, fact));
            }
        }
        Ok(shown)
    }

    fn learn(&mut self, facts: &[Fact]) {
        let own = facts.iter().filter_map(|fact| Some((fact.id.clone(), fact.header.clone()?)));
        self.visits.extend(own);
    }

    /// The header of a visit that came with another change: on record, or kept from an earlier request.
    async fn visit(&mut self, work: &mut Work, visit: &FactId) -> Result<Option<Header>, ServiceError> {
        if let Some(header) = self.visits.get(visit) {
            return Ok(Some(header.clone()));
        }
        if let Some(row) = facts::by_id(work, visit).await? {
            return Ok(row.fact()?.header);
        }
        if !std::mem::replace(&mut self.has_earlier, true) {
            for bytes in quarantine::of_route(work, self.device, self.loaded.id).await? {
                let facts = gate::said(&self.loaded.document, &Bytes(bytes));
                self.learn(&facts.iter().filter_map(|raw| raw.read().ok()).collect::<Vec<_>>());
            }
        }
        Ok(self.visits.get(visit).cloned())
    }
}
