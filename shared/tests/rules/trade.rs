//! Stories about one order, told fact by fact: who did what, when, and what the crew knew of.
use curbstop_shared::{
    disposition::*,
    facts::*,
    ids::*,
    route_document::Knew,
    time::{Micros, Span},
    vocabulary::*,
};
use std::collections::BTreeMap;
use uuid::Uuid;

pub const ORDER: OrderId = OrderId(Uuid::from_u128(0x7000));
pub const TRUCK_12: DeviceId = DeviceId(Uuid::from_u128(12));
pub const TRUCK_7: DeviceId = DeviceId(Uuid::from_u128(7));

/// A moment of the day of the story, by a right clock.
pub fn at(hour: i64, minute: i64) -> Micros {
    Micros(1_791_936_000_000_000) + Span::minutes(hour * 60 + minute)
}

/// The day of the story.
pub fn today() -> chrono::NaiveDate {
    DispositionPolicy::default().day_of(at(0, 0))
}

pub fn line(n: u8) -> LineId {
    LineId(n.to_string())
}

/// A fact id; greater numbers are later.
pub fn id(n: u128) -> FactId {
    FactId::from_uuid(Uuid::from_u128(n))
}

pub fn order(kind: OrderKind, reason: Reason, lines: u8) -> OrderInfo {
    OrderInfo { id: ORDER, kind, reason, lines: (1..=lines).map(line).collect() }
}

pub fn visit(outcome: Outcome, code: Option<UnableCode>) -> Visit {
    Visit {
        outcome,
        code,
        arrived_at: None,
        act_opened_at: None,
        left_at: None,
        lat_e7: None,
        lon_e7: None,
        accuracy_m: None,
        fix_age_s: None,
        met: None,
        permit: Some(Permit::Fresh),
        permit_age_s: Some(300),
        go_code: None,
        override_by: None,
        override_reason: None,
        paper: None,
    }
}

pub fn work(visit: &FactId, line: LineId, action: Action) -> FactBody {
    FactBody::Work(Work { visit: visit.clone(), line, action, method: None, lock: None, seal: None, seal_found: None })
}

pub fn payment(lines: &str, paid_at: Option<Micros>) -> Release {
    Release {
        reason: ReleaseReason::PaymentReceived,
        lines: lines.into(),
        source: Source::Office,
        verified: true,
        paid_at,
        recorded_at: None,
        confirmation: None,
    }
}

pub fn hold(reason: HoldReason) -> Hold {
    Hold { reason, scope: HoldScope::Order, verified: true, expires_on: None }
}

/// One order's story.
#[derive(Debug, Clone)]
pub struct Story {
    pub history: OrderHistory,
    pub policy: DispositionPolicy,
    next: u128,
}

impl Story {
    pub fn of(kind: OrderKind, reason: Reason, lines: u8) -> Self {
        Self {
            history: OrderHistory::new(order(kind, reason, lines), today()),
            policy: DispositionPolicy::default(),
            next: 1,
        }
    }

    /// A turn-off for non-payment with one water line.
    pub fn turn_off() -> Self {
        Self::of(OrderKind::TurnOff, Reason::NonPay, 1)
    }

    pub fn is(&self) -> Disposition {
        disposition(&self.history, &self.policy)
    }

    fn fresh_id(&mut self) -> FactId {
        self.next += 1;
        id(self.next)
    }

    pub fn fact(&mut self, at: Micros, device: Option<DeviceId>, body: FactBody) -> FactId {
        self.fact_about(ORDER, at, device, body)
    }

    pub fn fact_about(&mut self, order: OrderId, at: Micros, device: Option<DeviceId>, body: FactBody) -> FactId {
        let id = self.fresh_id();
        self.history.add(Fact::new(id.clone(), Header { order, at, by: None, device }, body));
        id
    }

    pub fn office(&mut self, at: Micros, body: FactBody) -> FactId {
        self.fact(at, None, body)
    }

    pub fn visits(&mut self, device: DeviceId, at: Micros, visit: Visit, did: &[(u8, Action)]) -> FactId {
        self.visits_order(ORDER, device, at, visit, did)
    }

    pub fn visits_order(
        &mut self,
        order: OrderId,
        device: DeviceId,
        at: Micros,
        visit: Visit,
        did: &[(u8, Action)],
    ) -> FactId {
        let visit = self.fact_about(order, at, Some(device), FactBody::Visit(visit));
        self.history.clock_offset.insert(visit.clone(), Span(0));
        for (number, action) in did {
            let id = self.fresh_id();
            self.history.add(Fact::of_visit(id, work(&visit, line(*number), *action)));
        }
        visit
    }

    /// A crew turns line 1 off.
    pub fn cuts(&mut self, device: DeviceId, at: Micros) -> FactId {
        self.visits(device, at, visit(Outcome::Done, None), &[(1, Action::TurnedOff)])
    }

    /// A crew restores line 1 on the reconnect order.
    pub fn reconnects(&mut self, device: DeviceId, at: Micros) -> FactId {
        self.restores(OrderId::reconnect_of(ORDER), 1, device, at)
    }

    /// A crew restores a line on one of the reconnect orders.
    pub fn restores(&mut self, order: OrderId, line: u8, device: DeviceId, at: Micros) -> FactId {
        self.visits_order(order, device, at, visit(Outcome::Done, None), &[(line, Action::Restored)])
    }

    /// The customer pays; the office records it at that very time.
    pub fn pays(&mut self, paid_at: Micros) -> FactId {
        self.office(paid_at, FactBody::Release(payment("*", Some(paid_at))))
    }

    /// What the visit's tablet had received of another fact when its act step was opened.
    pub fn knew(&mut self, visit: &FactId, other: &FactId, knew: Knew) {
        self.history.knew.insert((visit.clone(), other.clone()), knew);
    }

    pub fn exceptions(&self) -> Vec<ExceptionKind> {
        self.is().exceptions.iter().map(|exception| exception.kind).collect()
    }

    /// The works of a visit.
    pub fn works_of(&self, visit: &FactId) -> Vec<FactId> {
        let of_visit = |fact: &&Fact| matches!(fact.body, FactBody::Work(_)) && fact.visit() == Some(visit);
        self.history.facts.values().filter(of_visit).map(|fact| fact.id.clone()).collect()
    }

    pub fn corrects(&mut self, at: Micros, device: Option<DeviceId>, fact: &FactId, fields: &[(&str, &str)]) -> FactId {
        let fields: BTreeMap<_, _> =
            fields.iter().map(|(name, text)| ((*name).to_owned(), FieldValue::Text((*text).to_owned()))).collect();
        let body = FactBody::Correction(Correction { corrects: fact.clone(), why: "typed wrong".into(), fields });
        self.fact(at, device, body)
    }
}
