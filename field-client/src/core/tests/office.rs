//! An office made of one route document and the real gate: what a tablet talks to in these tests.

use automerge::{ActorId, Automerge, ChangeHash, ObjType, ROOT, ReadDoc, ScalarValue, transaction::Transactable};
use curbstop_shared::{
    facts::{Fact, FactBody, FieldValue, Header, Recall, Release},
    go_code::{GoKey, KEY_BYTES},
    ids::{CrewId, DeviceId, FactId, LineId, OrderId, PersonId, RouteId},
    route_document::{PublishedLine, PublishedOrder, RouteDocument, RouteHeader},
    sync::{
        gate::{self, GateContext},
        wire::{Bytes, DocResponse, SYNC_VERSION, SyncRequest, SyncResponse},
    },
    time::{Micros, Span},
    vocabulary::{OrderKind, Product, Reason, RecallReason, ReleaseReason, Role, Source},
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Tuesday, 24 November 2026, 08:00 UTC.
pub const MORNING: Micros = Micros(1_795_507_200_000_000);
pub const DEVICE: DeviceId = DeviceId(Uuid::from_u128(0xd1));
pub const MARIA: PersonId = PersonId(Uuid::from_u128(0xa1));
pub const ROUTE: RouteId = RouteId(Uuid::from_u128(0x70));

pub fn order_id(n: u128) -> OrderId {
    OrderId(Uuid::from_u128(1000 + n))
}

pub fn order(n: u128, kind: OrderKind) -> PublishedOrder {
    PublishedOrder {
        id: order_id(n),
        number: format!("{}-{n}", kind.letter()),
        kind,
        reason: Reason::NonPay,
        rank: i64::try_from(n).unwrap(),
        priority: 3,
        premise: format!("P0{n}"),
        address: format!("{} Alder St", 100 + n),
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
        lines: vec![PublishedLine {
            id: LineId("1".into()),
            product: Product::Water,
            serial: Some(format!("0048-22{n:02}")),
            dials: Some(6),
            multiplier: Some(1),
            unit: Some("gal".into()),
            last: Some("036450".into()),
            last_on: chrono::NaiveDate::from_ymd_opt(2026, 10, 24),
            low: Some(10),
            high: Some(900),
            place: Some("curb".into()),
            size: None,
            methods: None,
            closed: None,
        }],
    }
}

pub fn header() -> RouteHeader {
    RouteHeader {
        id: ROUTE,
        crew: CrewId(Uuid::from_u128(0xc1)),
        crew_name: "Truck 12".into(),
        date: chrono::NaiveDate::from_ymd_opt(2026, 11, 24).unwrap(),
        generation: 1,
        published_at: MORNING,
        published_by: None,
        permit_minutes: 60,
        time_zone: "UTC".into(),
        dispatch_phone: None,
        go_key: Some(GoKey::new([7; KEY_BYTES]).written()),
    }
}

#[derive(Clone)]
pub struct Office {
    pub doc: RouteDocument,
    pub actor: ActorId,
    server: ActorId,
    actors: u8,
    restarts: u8,
    made: u128,
    pub now: Micros,
    /// Orders whose facts the office refuses although the gate would not.
    pub refuses: BTreeSet<OrderId>,
    pub closed: bool,
    pub gone: bool,
    /// What comes is kept for a person's decision.
    pub quarantines: bool,
}

impl Office {
    pub fn new() -> Self {
        let orders = [
            order(1, OrderKind::TurnOff),
            order(2, OrderKind::TurnOff),
            order(3, OrderKind::Reconnect),
            order(4, OrderKind::MeterLock),
        ];
        Self::publishing(&header(), &orders)
    }

    pub fn publishing(header: &RouteHeader, orders: &[PublishedOrder]) -> Self {
        let server = ActorId::from([1; 16]);
        let doc = RouteDocument::publish(&server, header, orders).unwrap();
        Self {
            doc,
            actor: ActorId::from([100; 16]),
            server,
            actors: 100,
            restarts: 0,
            made: 0,
            now: MORNING,
            refuses: BTreeSet::new(),
            closed: false,
            gone: false,
            quarantines: false,
        }
    }

    pub fn route(&self) -> RouteId {
        self.doc.header().unwrap().id
    }

    pub fn says(&mut self, order: OrderId, body: FactBody) -> FactId {
        let id = self.next_id();
        let header = Header { order, at: self.now, by: None, device: None };
        let fact = Fact::new(id.clone(), header, body);
        self.doc.add_facts_now(&self.server, &[fact]).unwrap();
        id
    }

    /// As an office whose server is newer than the tablets: the fact's reason is one for which they have no word.
    pub fn says_for_another_reason(&mut self, order: OrderId, body: FactBody, reason: &str) {
        let fact = Fact::new(self.next_id(), Header { order, at: self.now, by: None, device: None }, body);
        let mut doc = Automerge::load(&self.doc.save()).unwrap();
        doc.set_actor(ActorId::from([9; 16]));
        let mut tx = doc.transaction();
        let (_, facts) = tx.get(ROOT, "facts").unwrap().unwrap();
        let map = tx.put_object(&facts, fact.id.as_str(), ObjType::Map).unwrap();
        for (name, value) in fact.raw().fields {
            let value = match value {
                FieldValue::Text(_) if name == "reason" => ScalarValue::Str(reason.into()),
                FieldValue::Text(text) => ScalarValue::Str(text.into()),
                FieldValue::Int(number) => ScalarValue::Int(number),
                FieldValue::Bool(yes) => ScalarValue::Boolean(yes),
                FieldValue::Bytes(bytes) => ScalarValue::Bytes(bytes.0),
            };
            tx.put(&map, name, value).unwrap();
        }
        tx.commit();
        let change = doc.get_last_local_change().unwrap().clone();
        self.doc.apply(vec![change]).unwrap();
    }

    fn next_id(&mut self) -> FactId {
        self.made += 1;
        FactId::from_uuid(Uuid::from_u128(0xfac7_0000 + self.made))
    }

    /// The customer pays: a release, and the recall that it causes.
    pub fn pays(&mut self, order: OrderId) -> FactId {
        let release = self.says(
            order,
            FactBody::Release(Release {
                reason: ReleaseReason::PaymentReceived,
                lines: "*".into(),
                source: Source::Office,
                verified: true,
                paid_at: Some(self.now),
                recorded_at: Some(self.now),
                confirmation: None,
            }),
        );
        self.says(order, FactBody::Recall(Recall { reason: RecallReason::Released, cause: Some(release.to_string()) }))
    }

    /// The same office after its disk was lost: as it was at `backup`, under another server actor.
    pub fn restored_from(&mut self, backup: &Self) {
        let (actors, restarts, made) = (self.actors, self.restarts + 1, self.made);
        *self = backup.clone();
        // A server's actor is another after each start, and so are the ids it makes.
        (self.actors, self.restarts, self.made) = (actors, restarts, made);
        self.server = ActorId::from([200 + restarts; 16]);
    }

    pub fn answer(&mut self, request: &SyncRequest) -> SyncResponse {
        let mut docs = Vec::new();
        match request.docs.iter().find(|doc| doc.id == self.route()) {
            None if self.gone => {}
            None => docs.push(self.whole()),
            Some(asked) => {
                let heads: Vec<ChangeHash> =
                    asked.heads.iter().map(|head| ChangeHash(head.0.as_slice().try_into().unwrap())).collect();
                let mut answer = self.take(&asked.changes);
                let accepted: BTreeSet<Bytes> = answer.accepted.iter().cloned().collect();
                match self.doc.changes_since(&heads) {
                    Some(changes) => {
                        answer.changes = changes
                            .iter()
                            .filter(|change| !accepted.contains(&Bytes(change.hash().0.to_vec())))
                            .map(|change| Bytes(change.raw_bytes().to_vec()))
                            .collect();
                    }
                    None => {
                        answer.snapshot = Some(Bytes(self.doc.save()));
                        answer.unknown = asked.heads.clone();
                    }
                }
                answer.heads = self.doc.heads().iter().map(|head| Bytes(head.0.to_vec())).collect();
                if !self.gone {
                    docs.push(answer);
                }
            }
        }
        let gone = if self.gone { vec![self.route()] } else { Vec::new() };
        SyncResponse { v: SYNC_VERSION, now: self.now, docs, gone, blobs_wanted: Vec::new(), people: None }
    }

    fn whole(&self) -> DocResponse {
        DocResponse {
            id: self.route().to_string(),
            actor: Some(Bytes(self.actor.to_bytes().to_vec())),
            snapshot: Some(Bytes(self.doc.save())),
            heads: self.doc.heads().iter().map(|head| Bytes(head.0.to_vec())).collect(),
            ..DocResponse::default()
        }
    }

    fn take(&mut self, changes: &[Bytes]) -> DocResponse {
        let mut answer = DocResponse { id: self.route().to_string(), closed: self.closed, ..DocResponse::default() };
        let refuses = self.refuses.clone();
        let context = GateContext {
            document: &self.doc,
            actor: &self.actor,
            authors: &|person| (person == MARIA).then_some(Role::Crew),
            device: DEVICE,
            known_fact: &|fact| self.doc.has_fact(fact),
            already_stored: &|change| self.doc.clocks().contains(change),
        };
        let hash = |change: &ChangeHash| Bytes(change.0.to_vec());
        match gate::admit(&context, changes) {
            Ok(admitted) => {
                let foreign = admitted
                    .changes
                    .iter()
                    .filter(|c| c.facts.iter().any(|f| f.order().is_some_and(|order| refuses.contains(&order))));
                answer.refused = foreign
                    .map(|change| curbstop_shared::sync::wire::Refusal {
                        hash: hash(&change.change.hash()),
                        facts: Vec::new(),
                        code: curbstop_shared::sync::wire::RefusalCode::ForeignOrder,
                        detail: "This order was never on this route.".into(),
                    })
                    .collect();
                answer.accepted = admitted.already.iter().map(hash).collect();
                if answer.refused.is_empty() && self.quarantines {
                    answer.quarantined = admitted.changes.iter().map(|change| hash(&change.change.hash())).collect();
                } else if answer.refused.is_empty() {
                    answer.accepted.extend(admitted.changes.iter().map(|change| hash(&change.change.hash())));
                    self.doc.apply(admitted.changes.into_iter().map(|change| change.change).collect()).unwrap();
                }
            }
            Err(refused) => {
                answer.accepted = refused.already.iter().map(hash).collect();
                answer.refused = refused.refusals;
            }
        }
        if !answer.refused.is_empty() {
            self.actors += 1;
            self.actor = ActorId::from([self.actors; 16]);
            answer.next_actor = Some(Bytes(self.actor.to_bytes().to_vec()));
        }
        answer
    }

    pub fn later(&mut self, minutes: i64) {
        self.now = self.now + Span::minutes(minutes);
    }
}
