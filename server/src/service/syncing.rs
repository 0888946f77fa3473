//! One sync request of a tablet is a whole session: everything that both sides miss, in one unit of work a document.

pub(super) mod onward;
pub mod room;
mod taking_in;
mod troubled;

use super::{RefusalKind, ServiceError, evidence, recording::Folding, riding};
use crate::{
    service::utility,
    state::AppState,
    store::{Conn, StoreError, Work, crews, crews::CrewWithRoutes, documents, documents::RouteForDevice, facts},
    sync::documents::{Documents, DocumentsError, Loaded},
};
use automerge::{ActorId, ChangeHash};
use chrono::Days;
use curbstop_shared::{
    ids::{CrewId, DeviceId, PersonId, RouteId},
    sync::{
        gate::{self, Refused},
        wire::{Bytes, CrewPeople, DocRequest, DocResponse, ROUTES_A_REQUEST, SYNC_VERSION, SyncRequest, SyncResponse},
    },
    time::{Micros, Span},
    vocabulary::Role,
};
use std::collections::{BTreeMap, BTreeSet};

/// Days for which late facts still go to the document they were made for; an older route may leave the tablet.
pub(super) const DAYS_KEPT: u64 = 14;
/// Days back for which a tablet that does not name a route is sent it.
const DAYS_BACK: u64 = 1;

/// The tablet that calls.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// The device.
    pub device: DeviceId,
    /// Its crew.
    pub crew: CrewId,
}

/// Answers one sync request.
///
/// # Errors
/// [`ServiceError`]: a version or shape that is not spoken here, or a store that can't be used now. What was not
/// acknowledged is still the tablet's to send again.
pub async fn exchange(state: &AppState, caller: Caller, request: SyncRequest) -> Result<SyncResponse, ServiceError> {
    if request.v != SYNC_VERSION {
        return Err(ServiceError::invalid(
            "upgrade_required",
            "this server speaks version 1 of the sync: update the app",
        ));
    }
    if request.docs.len() > ROUTES_A_REQUEST {
        return Err(ServiceError::refused(
            RefusalKind::TooLarge,
            "too_many_routes",
            format!("more than {ROUTES_A_REQUEST} routes in one request: send them in turns"),
        ));
    }
    let now = state.now();
    let offset = now - request.sent_at;
    let named: BTreeSet<RouteId> = request.docs.iter().map(|doc| doc.id).collect();
    if named.len() < request.docs.len() {
        return Err(ServiceError::invalid("route_named_twice", "docs: a route is named twice: name each once"));
    }
    let folding = utility::folding(state, now);
    let mut conn = state.store.reader().await?;
    let from = folding.today - Days::new(DAYS_BACK);
    let crew = crews::with_routes(&mut conn, caller.crew, &from.to_string(), Some(caller.device)).await?;
    // Nobody holds a reader while waiting for his turn to write.
    drop(conn);
    let not_named = not_named(&crew, &named);
    let session = Session { state, caller, now, offset, authors: crew.people, folding };

    let mut answer = session.all_of(&request.docs, &not_named).await?;
    answer.people = session.people(request.people, crew.people_as_of).await;
    Ok(answer)
}

/// Routes that the tablet should have and did not name: of each day the last generation.
fn not_named(crew: &CrewWithRoutes, named: &BTreeSet<RouteId>) -> Vec<RouteId> {
    let newest: BTreeMap<&str, RouteId> = crew.routes.iter().map(|(date, id)| (date.as_str(), *id)).collect();
    newest.into_values().filter(|id| !named.contains(id)).take(ROUTES_A_REQUEST).collect()
}

struct Session<'a> {
    state: &'a AppState,
    caller: Caller,
    now: Micros,
    offset: Span,
    authors: BTreeMap<PersonId, Role>,
    folding: Folding,
}

/// What the server has to say about a document that a tablet named.
enum Named {
    Answered(Box<DocResponse>, Heard),
    /// Something is wrong with it, or with us. The tablet asks again.
    Failed(Box<DocResponse>),
    /// Not this crew's, or over long ago and nothing in it waits: the tablet may drop it.
    Gone,
    /// Nothing is known of it, as after a restore from a backup: the tablet's copy may be the last one, so nothing is
    /// said and it keeps it.
    Unknown,
}

/// What became of one document's batch.
struct Outcome {
    loaded: Loaded,
    accepted: Vec<ChangeHash>,
    refused: Option<Refused>,
    heard: Heard,
}

impl Outcome {
    /// Nothing was stored.
    const fn nothing_new(loaded: Loaded) -> Self {
        Self { loaded, accepted: Vec::new(), refused: None, heard: Heard::NotYet }
    }
}

/// Whether it is kept that the tablet was in touch and which heads of a document it named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    /// With what it sent.
    Already,
    /// It sent nothing that was stored.
    NotYet,
}

impl Session<'_> {
    fn documents(&self) -> &Documents {
        &self.state.documents
    }

    /// Every document by itself: what is wrong with one stops no other. The tablet comes back with all of it only where
    /// the database was too busy for each.
    async fn all_of(&self, named: &[DocRequest], not_named: &[RouteId]) -> Result<SyncResponse, ServiceError> {
        let mut alone = troubled::Alone::new(self.state);
        let mut answer = SyncResponse {
            v: SYNC_VERSION,
            now: self.now,
            docs: Vec::new(),
            gone: Vec::new(),
            blobs_wanted: Vec::new(),
            people: None,
        };
        let mut to_hear = Vec::new();
        let mut stored_something = false;
        for doc in named {
            match alone.deal(doc.id, self.document(doc)).await? {
                Named::Answered(one, heard) => {
                    answer.docs.push(*one);
                    match heard {
                        Heard::Already => stored_something = true,
                        Heard::NotYet => to_hear.push(doc),
                    }
                }
                Named::Failed(one) => answer.docs.push(*one),
                Named::Gone => answer.gone.push(doc.id),
                Named::Unknown => {}
            }
        }
        for missing in not_named {
            let copy = async { Ok(Named::Answered(Box::new(self.first_copy(*missing).await?), Heard::NotYet)) };
            if let Named::Answered(copy, _) | Named::Failed(copy) = alone.deal(*missing, copy).await? {
                answer.docs.push(*copy);
            }
        }
        answer.blobs_wanted = self.photos_wanted().await;
        alone.anything_but_busy(&answer)?;
        // What was stored took the contact with it; a session that stored nothing is a contact all the same.
        if !to_hear.is_empty() || !stored_something {
            alone.not_so_important(self.heard_of(&to_hear).await)?;
        }
        Ok(answer)
    }

    /// Photos that the tablet still has to send. Where nobody can say, none this time: receipts and recalls never wait
    /// for the folder of photos.
    async fn photos_wanted(&self) -> Vec<Bytes> {
        match evidence::wanted(self.state, self.caller.device).await {
            Ok(wanted) => wanted.into_iter().map(Bytes).collect(),
            Err(why) => {
                tracing::error!(%why, "nobody can say which photos are here");
                Vec::new()
            }
        }
    }

    /// The crew's people where the tablet has others. Where nobody can say, none this time: receipts and recalls never
    /// wait for names.
    async fn people(&self, said: Option<Micros>, behind: Option<Micros>) -> Option<CrewPeople> {
        riding::for_tablet(self.state, self.caller, said, behind).await.unwrap_or_else(|why| {
            tracing::error!(%why, "nobody can say who rides with a crew");
            None
        })
    }

    /// One document of the request.
    async fn document(&self, request: &DocRequest) -> Result<Named, ServiceError> {
        let mut conn = self.state.store.reader().await?;
        let Some(found) = documents::for_device(&mut conn, request.id, self.caller.device).await? else {
            return Ok(Named::Unknown);
        };
        let RouteForDevice { route, actor } = found;
        let kept_from = self.folding.today - Days::new(DAYS_KEPT);
        let over = route.date < kept_from.to_string() && request.changes.is_empty();
        if route.crew != self.caller.crew.0 || over {
            return Ok(Named::Gone);
        }
        let heads = hashes(&request.heads)?;
        let loaded = self.documents().load_at(&mut conn, request.id, route.version).await?;
        let known = facts::known(&mut conn, &gate::named_facts(&request.changes)).await?;
        drop(conn);
        let outcome = match &actor {
            Some(actor) => self.take_in(loaded, known, request, &ActorId::from(actor.as_slice())).await?,
            // It names a route of its crew that it was never given (another tablet's backup, say): it gets a copy
            // and an actor of its own, and sends its facts again under that.
            None => Outcome::nothing_new(loaded),
        };
        let mut answer = self.answer(&outcome, &heads, &request.changes);
        answer.closed = route.closed_at_us.is_some();
        if actor.is_none() {
            answer.actor = Some(Bytes(self.issue_actor(request.id).await?));
            answer.snapshot = Some(Bytes(outcome.loaded.document.save()));
            answer.changes.clear();
        }
        if let Some(refused) = outcome.refused {
            answer.refused = refused.refusals;
            answer.next_actor = Some(Bytes(self.issue_actor(request.id).await?));
        }
        Ok(Named::Answered(Box::new(answer), outcome.heard))
    }

    fn answer(&self, outcome: &Outcome, heads: &[ChangeHash], sent: &[Bytes]) -> DocResponse {
        let document = &outcome.loaded.document;
        let mut answer = DocResponse {
            id: outcome.loaded.id.to_string(),
            heads: document.heads().iter().map(|head| Bytes(head.0.to_vec())).collect(),
            accepted: outcome.accepted.iter().map(|hash| Bytes(hash.0.to_vec())).collect(),
            ..DocResponse::default()
        };
        match document.changes_since_without(heads, &outcome.accepted.iter().copied().collect()) {
            // A tablet that names no heads has nothing yet.
            Some(changes) if !heads.is_empty() => {
                answer.changes = changes
                    .iter()
                    .map(|change| Bytes(change.raw_bytes().to_vec()))
                    .filter(|bytes| !sent.contains(bytes))
                    .collect();
            }
            _ => {
                answer.snapshot = Some(Bytes(document.save()));
                answer.unknown = heads
                    .iter()
                    .filter(|head| !document.clocks().contains(head))
                    .map(|head| Bytes(head.0.to_vec()))
                    .collect();
            }
        }
        answer
    }

    async fn load(&self, id: RouteId) -> Result<Loaded, ServiceError> {
        let mut conn: Conn = self.state.store.reader().await?;
        Ok(self.documents().load(&mut conn, id).await?)
    }

    async fn issue_actor(&self, doc: RouteId) -> Result<Vec<u8>, ServiceError> {
        let mut actor = [0; 16];
        self.state.ids.fill(&mut actor);
        let mut work = self.state.store.begin().await?;
        documents::issue_actor(&mut work, self.caller.device, doc, &actor, self.now).await?;
        work.commit().await?;
        Ok(actor.to_vec())
    }

    async fn first_copy(&self, id: RouteId) -> Result<DocResponse, ServiceError> {
        let loaded = self.load(id).await?;
        let mut conn = self.state.store.reader().await?;
        let issued = documents::actor_of(&mut conn, self.caller.device, id).await?;
        drop(conn);
        // A device that lost its copy gets a new actor too: the old one's sequence went with the copy.
        let fresh =
            issued.as_ref().is_none_or(|actor| loaded.document.clocks().last_seq(&ActorId::from(actor.as_slice())) > 0);
        let actor = match issued {
            Some(actor) if !fresh => actor,
            _ => self.issue_actor(id).await?,
        };
        Ok(DocResponse {
            id: id.to_string(),
            actor: Some(Bytes(actor)),
            snapshot: Some(Bytes(loaded.document.save())),
            heads: loaded.document.heads().iter().map(|head| Bytes(head.0.to_vec())).collect(),
            ..DocResponse::default()
        })
    }

    /// Keeps that the tablet was in touch, where nothing that it sent did so.
    async fn heard_of(&self, docs: &[&DocRequest]) -> Result<(), ServiceError> {
        let mut work = self.state.store.begin().await?;
        self.hear(&mut work, docs).await?;
        work.commit().await?;
        Ok(())
    }

    /// Keeps what the tablet said it has: the heads that it named itself, not those it was just sent.
    async fn hear(&self, work: &mut Work, docs: &[&DocRequest]) -> Result<(), StoreError> {
        let (device, now, offset) = (self.caller.device, self.now, self.offset);
        if docs.is_empty() {
            return documents::put_contact(work, device, now, offset).await;
        }
        for doc in docs {
            let heads: Vec<u8> = doc.heads.iter().flat_map(|head| head.0.iter().copied()).collect();
            documents::put_contact_with_doc(work, device, now, offset, doc.id, &heads).await?;
        }
        Ok(())
    }
}

fn hashes(bytes: &[Bytes]) -> Result<Vec<ChangeHash>, ServiceError> {
    if bytes.len() > gate::caps::MAX_HEADS_PER_DOCUMENT {
        let detail = format!("docs.heads: more than {} for one route", gate::caps::MAX_HEADS_PER_DOCUMENT);
        return Err(ServiceError::refused(RefusalKind::TooLarge, "too_many_heads", detail));
    }
    bytes
        .iter()
        .map(|head| {
            <[u8; 32]>::try_from(head.0.as_slice())
                .map(ChangeHash)
                .map_err(|_| ServiceError::invalid("bad_head", "docs.heads: a head is 32 bytes"))
        })
        .collect()
}

impl From<DocumentsError> for ServiceError {
    fn from(error: DocumentsError) -> Self {
        match error {
            DocumentsError::Store(error) => Self::Store(error),
            DocumentsError::Unknown(route) => Self::not_found("route_not_found", format!("there is no route {route}")),
            DocumentsError::Stale(_) => {
                Self::refused(RefusalKind::Busy, "route_busy", "this route was just written to: send it again").after(1)
            }
            broken @ DocumentsError::Document(..) => Self::Internal(broken.to_string()),
        }
    }
}
