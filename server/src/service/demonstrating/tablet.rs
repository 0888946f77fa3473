//! A tablet of the demo: a crew's copy of its route, what it saves, and what it sends when there is a signal.

use super::{
    super::{
        ServiceError,
        authorise::Actor,
        enrolment, handing_in,
        syncing::{self, Caller},
    },
    exhibits,
};
use crate::state::AppState;
use automerge::{ActorId, Change};
use curbstop_shared::{
    facts::{Fact, FactBody, Header, Visit},
    ids::{CrewId, DeviceId, FactId, PersonId, RouteId},
    route_document::{PublishedOrder, RouteDocument},
    sync::{
        proofs,
        wire::{Bytes, DocRequest, DocResponse, HandIn, SYNC_VERSION, SyncRequest},
    },
    time::{Micros, Span},
    vocabulary::{Met, OrderKind, Outcome, Permit},
};
use jsonwebtoken::{Algorithm, EncodingKey, crypto, jwk::Jwk};
use std::collections::BTreeMap;

/// What precedes the 32 bytes of an Ed25519 key in PKCS #8.
const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// A crew's tablet.
pub(super) struct Tablet {
    /// As the server knows it.
    pub device: DeviceId,
    /// How far its clock is off.
    pub clock_off: Span,
    /// The photo of what is saved next never comes.
    pub loses_photo: bool,
    crew: CrewId,
    rider: PersonId,
    key: EncodingKey,
    routes: BTreeMap<RouteId, Held>,
}

/// A route on the tablet.
struct Held {
    document: RouteDocument,
    actor: ActorId,
    /// As the server confirmed them.
    heads: Vec<Bytes>,
    unsent: Vec<Bytes>,
}

impl Tablet {
    /// Enrols a tablet for a crew and fetches what the crew has; its first person signs in on it.
    pub async fn enrolled(
        state: &AppState,
        dispatcher: &Actor,
        crew: CrewId,
        name: &str,
    ) -> Result<Self, ServiceError> {
        let mut seed = [0; 32];
        state.ids.fill(&mut seed);
        let key = EncodingKey::from_ed_der(&[PKCS8.as_slice(), &seed].concat());
        let public = Jwk::from_encoding_key(&key, Algorithm::EdDSA).map_err(internal)?;
        let public = serde_json::to_value(public).map_err(internal)?;
        let public = public["x"].as_str().unwrap_or_default();
        let code = enrolment::make_code(state, dispatcher, crew).await?.code;
        let proof = sign(&key, &proofs::enrolment(&code))?;
        let enrolled = enrolment::enrol(state, &code, name, public, Some(&proof)).await?;
        let rider = enrolled.people.first().map(|person| person.id);
        let rider = rider.ok_or_else(|| internal(format!("nobody rides with {}", enrolled.crew.name)))?;
        let mut tablet = Self {
            device: enrolled.device_id,
            clock_off: Span(0),
            loses_photo: false,
            crew,
            rider,
            key,
            routes: BTreeMap::new(),
        };
        tablet.syncs(state).await?;
        Ok(tablet)
    }

    /// The route of the day.
    pub fn route(&self) -> Result<RouteId, ServiceError> {
        self.routes.keys().next_back().copied().ok_or_else(|| internal("the tablet has no route"))
    }

    /// What is to be done on it, in the crew's order.
    pub fn orders(&self) -> Result<Vec<PublishedOrder>, ServiceError> {
        let mut orders = Vec::new();
        for held in self.routes.values() {
            orders.extend(held.document.orders().map_err(internal)?);
        }
        orders.sort_by_key(|order| order.rank);
        Ok(orders)
    }

    /// The reconnect of an account that a route got on its way.
    pub fn reconnect_of(&self, account: Option<&str>) -> Result<PublishedOrder, ServiceError> {
        let mut orders = self.orders()?.into_iter();
        let found = orders.find(|order| order.kind == OrderKind::Reconnect && order.account.as_deref() == account);
        found.ok_or_else(|| internal(format!("the tablet has no reconnect of {account:?}")))
    }

    /// A visit that was just made there: nobody home, work allowed by fresh data.
    pub fn visit(&self, state: &AppState, order: &PublishedOrder) -> Visit {
        let now = self.now(state);
        Visit {
            outcome: Outcome::Done,
            code: None,
            arrived_at: Some(now - Span::minutes(5)),
            act_opened_at: Some(now - Span::minutes(2)),
            left_at: Some(now),
            lat_e7: order.lat_e7,
            lon_e7: order.lon_e7,
            accuracy_m: Some(6),
            fix_age_s: Some(4),
            met: Some(Met::Nobody),
            permit: order.kind.is_cut().then_some(Permit::Fresh),
            permit_age_s: order.kind.is_cut().then_some(600),
            go_code: None,
            override_by: None,
            override_reason: None,
            paper: None,
        }
    }

    /// Saves a visit and what was done and found on it. What it knew is what the tablet has now.
    pub fn saves(
        &mut self,
        state: &AppState,
        order: &PublishedOrder,
        visit: Visit,
        found: impl FnOnce(&FactId) -> Vec<FactBody>,
    ) -> Result<(), ServiceError> {
        let id = FactId::from_uuid(state.new_id());
        let header = Header { order: order.id, at: self.now(state), by: Some(self.rider), device: Some(self.device) };
        let brought = exhibits::of(order, &visit, &id, std::mem::take(&mut self.loses_photo));
        let mut facts = vec![Fact::new(id.clone(), header.clone(), FactBody::Visit(visit))];
        for body in found(&id).into_iter().chain(brought) {
            let its_own = FactId::from_uuid(state.new_id());
            facts.push(match body.visit() {
                Some(_) => Fact::of_visit(its_own, body),
                None => Fact::new(its_own, header.clone(), body),
            });
        }
        let held = self.routes.values_mut().find(|held| held.document.has_order(order.id));
        let held = held.ok_or_else(|| internal(format!("the tablet has no order {}", order.number)))?;
        let change = held.document.add_facts_now(&held.actor, &facts).map_err(internal)?;
        held.unsent.push(Bytes(change.raw_bytes().to_vec()));
        Ok(())
    }

    /// There is a signal: what it saved goes out, and what others did comes in.
    pub async fn syncs(&mut self, state: &AppState) -> Result<(), ServiceError> {
        let request = self.request(state);
        let answer =
            Box::pin(syncing::exchange(state, Caller { device: self.device, crew: self.crew }, request)).await?;
        answer.docs.into_iter().try_for_each(|doc| self.takes(doc))?;
        exhibits::send(state, self.device, &answer.blobs_wanted).await
    }

    /// It was taken out of service with work on it, and hands that in.
    pub async fn hands_in(&mut self, state: &AppState) -> Result<(), ServiceError> {
        let mut request = Vec::new();
        ciborium::into_writer(&self.request(state), &mut request).map_err(internal)?;
        let request = Bytes(request);
        let proof = sign(&self.key, &proofs::hand_in(&request))?;
        handing_in::hand_in(state, &HandIn { v: SYNC_VERSION, device: self.device, request, proof }).await?;
        Ok(())
    }

    fn now(&self, state: &AppState) -> Micros {
        state.now() + self.clock_off
    }

    fn request(&self, state: &AppState) -> SyncRequest {
        let doc = |(id, held): (&RouteId, &Held)| DocRequest {
            id: *id,
            heads: held.heads.clone(),
            changes: held.unsent.clone(),
        };
        SyncRequest {
            v: SYNC_VERSION,
            sent_at: self.now(state),
            uptime_ms: 0,
            docs: self.routes.iter().map(doc).collect(),
            people: None,
        }
    }

    fn takes(&mut self, answer: DocResponse) -> Result<(), ServiceError> {
        if let Some(refused) = answer.refused.first() {
            return Err(internal(format!("the gate refused the demo's work: {}", refused.detail)));
        }
        if let Some(failed) = answer.failed {
            return Err(internal(failed.detail));
        }
        let id: RouteId = answer.id.parse().map_err(internal)?;
        if let (Some(snapshot), Some(actor)) = (&answer.snapshot, &answer.actor) {
            let document = RouteDocument::load(&snapshot.0).map_err(internal)?;
            let actor = ActorId::from(actor.0.as_slice());
            self.routes.insert(id, Held { document, actor, heads: Vec::new(), unsent: Vec::new() });
        }
        let Some(held) = self.routes.get_mut(&id) else { return Ok(()) };
        let changes: Result<Vec<Change>, _> =
            answer.changes.into_iter().map(|bytes| Change::from_bytes(bytes.0)).collect();
        held.document.apply(changes.map_err(internal)?).map_err(internal)?;
        held.heads = answer.heads;
        held.unsent.clear();
        Ok(())
    }
}

fn sign(key: &EncodingKey, text: &str) -> Result<String, ServiceError> {
    crypto::sign(text.as_bytes(), key, Algorithm::EdDSA).map_err(internal)
}

fn internal(what: impl ToString) -> ServiceError {
    ServiceError::Internal(format!("demo: {}", what.to_string()))
}
