//! A crew's day for the tests of the gate: a published route, a tablet, and what the server knows of both.

use automerge::{ActorId, Change, ChangeHash};
use curbstop_shared::{
    facts::*,
    ids::*,
    route_document::{PublishedLine, PublishedOrder, RouteDocument, RouteHeader},
    sync::{
        gate::{self, Admitted, GateContext, Refused},
        wire::{Bytes, RefusalCode},
    },
    time::Micros,
    vocabulary::*,
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// 2026-10-14 09:05 by the tablet's clock.
pub const MORNING: Micros = Micros(1_791_968_700_000_000);

pub fn crew_member() -> PersonId {
    PersonId(Uuid::from_u128(0x12))
}

pub fn contractor() -> PersonId {
    PersonId(Uuid::from_u128(0x13))
}

pub fn auditor() -> PersonId {
    PersonId(Uuid::from_u128(0x14))
}

pub fn tablet_7() -> DeviceId {
    DeviceId(Uuid::from_u128(0x7))
}

pub fn tablet_8() -> DeviceId {
    DeviceId(Uuid::from_u128(0x8))
}

pub fn server_actor() -> ActorId {
    ActorId::from([0xaa; 16])
}

pub fn tablet_actor() -> ActorId {
    ActorId::from([0x77; 16])
}

pub fn order(n: u128) -> OrderId {
    OrderId(Uuid::from_u128(1000 + n))
}

pub fn id(n: u128) -> FactId {
    FactId::from_uuid(Uuid::from_u128(n))
}

pub fn header(n: u128) -> Header {
    Header { order: order(n), at: MORNING, by: Some(crew_member()), device: Some(tablet_7()) }
}

pub fn note(n: u128, text: &str) -> Fact {
    Fact::new(id(n), header(1), FactBody::Note(Note { text: text.into(), visit: None }))
}

pub fn visit(n: u128) -> Fact {
    let visit = Visit {
        outcome: Outcome::Done,
        code: None,
        arrived_at: Some(MORNING),
        act_opened_at: Some(MORNING),
        left_at: None,
        lat_e7: Some(419_048_370),
        lon_e7: Some(-1_016_306_950),
        accuracy_m: Some(4),
        fix_age_s: Some(2),
        met: Some(Met::Nobody),
        permit: Some(Permit::Fresh),
        permit_age_s: Some(300),
        go_code: None,
        override_by: None,
        override_reason: None,
        paper: None,
    };
    Fact::new(id(n), header(1), FactBody::Visit(visit))
}

/// A full turn-off: the visit, what was done, the reading and two photos.
pub fn turn_off(n: u128) -> Vec<Fact> {
    let line = LineId("1".into());
    let photo = |m: u128| {
        let sha256 =
            Bytes((0..32).map(|i: u8| i.wrapping_mul(7).wrapping_add(u8::try_from(m % 251).unwrap())).collect());
        let what = EvidenceKind::Photo;
        let body = Evidence { visit: id(n), of: None, what, sha256, size: 84_213, media_type: "image/jpeg".into() };
        Fact::of_visit(id(m), FactBody::Evidence(body))
    };
    vec![
        visit(n),
        Fact::of_visit(
            id(n + 1),
            FactBody::Work(Work {
                visit: id(n),
                line: line.clone(),
                action: Action::TurnedOff,
                method: Some(Method::CurbStopLocked),
                lock: Some("R 20441".into()),
                seal: None,
                seal_found: None,
            }),
        ),
        Fact::of_visit(
            id(n + 2),
            FactBody::Reading(Reading {
                visit: id(n),
                line,
                serial_seen: "70680001".into(),
                digits: Some("036512".into()),
                code: None,
                checks: None,
                confirmed: Some(true),
            }),
        ),
        photo(n + 3),
        photo(n + 4),
    ]
}

pub fn route() -> RouteDocument {
    let header = RouteHeader {
        id: RouteId(Uuid::from_u128(1)),
        crew: CrewId(Uuid::from_u128(2)),
        crew_name: "Truck 12".into(),
        date: chrono::NaiveDate::from_ymd_opt(2026, 10, 14).unwrap(),
        generation: 1,
        published_at: Micros(1_791_936_000_000_000),
        published_by: None,
        permit_minutes: 60,
        time_zone: "America/Denver".into(),
        dispatch_phone: None,
        go_key: None,
    };
    let orders: Vec<_> = (1..=3).map(published).collect();
    RouteDocument::publish(&server_actor(), &header, &orders).unwrap()
}

fn published(n: u128) -> PublishedOrder {
    PublishedOrder {
        id: order(n),
        number: format!("T-{n}"),
        kind: OrderKind::TurnOff,
        reason: Reason::NonPay,
        rank: i64::try_from(n).unwrap(),
        priority: 3,
        premise: format!("P0100{n:02}"),
        address: format!("{} S 6TH AVE", 100 + n),
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
            serial: Some(format!("7068{n:04}")),
            dials: Some(6),
            multiplier: Some(10),
            unit: None,
            last: None,
            last_on: None,
            low: None,
            high: None,
            place: None,
            size: None,
            methods: None,
            closed: None,
        }],
    }
}

/// What the server has, and the tablet's own copy.
pub struct Day {
    pub server: RouteDocument,
    pub tablet: RouteDocument,
    /// Facts that SQL knows from other documents.
    pub known: BTreeSet<FactId>,
}

impl Day {
    /// The tablet left the yard with its route.
    pub fn begins() -> Self {
        let server = route();
        let tablet = RouteDocument::load(&server.save()).unwrap();
        Self { server, tablet, known: BTreeSet::new() }
    }

    /// The crew saves something on everything that the tablet knows.
    pub fn crew_saves(&mut self, facts: &[Fact]) -> Change {
        self.tablet.add_facts_now(&tablet_actor(), facts).unwrap()
    }

    /// The crew saves something on what the tablet knew when the act was opened.
    pub fn crew_saves_at(&mut self, opened: &[ChangeHash], facts: &[Fact]) -> Change {
        self.tablet.add_facts(&tablet_actor(), opened, facts).unwrap()
    }

    /// The gate's word on what the tablet sends.
    pub fn gate_says(&self, batch: &[Bytes]) -> Result<Admitted, Refused> {
        self.gate_says_as(&tablet_actor(), batch)
    }

    pub fn gate_says_as(&self, actor: &ActorId, batch: &[Bytes]) -> Result<Admitted, Refused> {
        gate::admit(
            &GateContext {
                document: &self.server,
                actor,
                authors: &|person| match person {
                    person if person == crew_member() => Some(Role::Crew),
                    person if person == contractor() => Some(Role::Contractor),
                    person if person == auditor() => Some(Role::Auditor),
                    _ => None,
                },
                device: tablet_7(),
                known_fact: &|fact| self.known.contains(fact),
                already_stored: &|_| false,
            },
            batch,
        )
    }

    /// Sends changes; the server stores what the gate admits.
    pub fn sends(&mut self, changes: &[Change]) -> Result<Admitted, Refused> {
        let admitted = self.gate_says(&raw(changes))?;
        self.server.apply(admitted.changes.iter().map(|admitted| admitted.change.clone()).collect()).unwrap();
        Ok(admitted)
    }
}

pub fn raw(changes: &[Change]) -> Vec<Bytes> {
    changes.iter().map(|change| Bytes(change.raw_bytes().to_vec())).collect()
}

/// The codes of a refusal, with the change each is about.
pub fn codes(outcome: Result<Admitted, Refused>) -> Vec<RefusalCode> {
    outcome.unwrap_err().refusals.iter().map(|refusal| refusal.code).collect()
}
