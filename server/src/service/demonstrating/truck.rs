//! A crew of the demo at work: its tablet, the stops before it, and what it writes down at each.

use super::{super::ServiceError, tablet::Tablet};
use crate::state::AppState;
use curbstop_shared::{
    facts::{Equipment, FactBody, Reading, Visit, Work},
    ids::FactId,
    route_document::{PublishedLine, PublishedOrder},
    vocabulary::{Action, EquipmentResult, Met, Method, OrderKind, Permit, SealFound},
};
use std::collections::VecDeque;

/// A truck, its tablet, and the stops that are still before it.
pub(super) struct Truck {
    pub tablet: Tablet,
    /// Cuts that are still before it.
    pub stops: VecDeque<PublishedOrder>,
    /// Boxes to pick up.
    pub boxes: Vec<PublishedOrder>,
    locks: i64,
}

/// How a turn-off went.
pub(super) struct HowItWent {
    pub checks: Option<&'static str>,
    pub seal: Option<SealFound>,
    pub permit: Permit,
    /// Another way than the usual one.
    pub method: Option<Method>,
}

impl Truck {
    /// A truck that sets out with these stops.
    pub fn new(tablet: Tablet) -> Result<Self, ServiceError> {
        let (stops, boxes): (Vec<_>, Vec<_>) = tablet.orders()?.into_iter().partition(|order| order.kind.is_cut());
        Ok(Self { tablet, stops: stops.into(), boxes, locks: 0 })
    }

    /// The stop that comes next, without going there.
    pub fn next_stop(&self) -> Result<PublishedOrder, ServiceError> {
        self.stops.front().cloned().ok_or_else(no_more_stops)
    }

    pub fn next(&mut self) -> Result<PublishedOrder, ServiceError> {
        self.stops.pop_front().ok_or_else(no_more_stops)
    }

    pub fn visit(&self, past: &AppState, order: &PublishedOrder) -> Visit {
        self.tablet.visit(past, order)
    }

    pub fn turns_off(&mut self, past: &AppState) -> Result<PublishedOrder, ServiceError> {
        self.turns_off_but(past, |_| {})
    }

    /// Turns the next stop off, or locks its meter, and reads it.
    pub fn turns_off_but(
        &mut self,
        past: &AppState,
        differently: impl FnOnce(&mut HowItWent),
    ) -> Result<PublishedOrder, ServiceError> {
        let mut how = HowItWent { checks: None, seal: None, permit: Permit::Fresh, method: None };
        differently(&mut how);
        let order = self.next()?;
        self.locks += 1;
        let lock = format!("L-{}", 20_400 + self.locks);
        let visit = Visit { permit: Some(how.permit), ..self.visit(past, &order) };
        let (action, method) = match order.kind {
            OrderKind::MeterLock => (Action::Locked, Method::LockRing),
            _ => (Action::TurnedOff, Method::CurbStopLocked),
        };
        self.tablet.saves(past, &order, visit, |visit| {
            let worked = |line: &PublishedLine| Work {
                visit: visit.clone(),
                line: line.id.clone(),
                action,
                method: Some(how.method.unwrap_or(method)),
                lock: Some(lock.clone()),
                seal: None,
                seal_found: how.seal,
            };
            let line = |line| [FactBody::Work(worked(line)), FactBody::Reading(read_off(visit, line, how.checks))];
            order.lines.iter().flat_map(line).collect()
        })?;
        Ok(order)
    }

    pub fn turns_on(&mut self, past: &AppState, order: &PublishedOrder) -> Result<(), ServiceError> {
        let visit = Visit { met: Some(Met::Customer), permit: None, permit_age_s: None, ..self.visit(past, order) };
        self.tablet.saves(past, order, visit, |visit| {
            let worked = |line: &PublishedLine| Work {
                visit: visit.clone(),
                line: line.id.clone(),
                action: Action::Restored,
                method: Some(Method::CurbStopOn),
                lock: None,
                seal: None,
                seal_found: None,
            };
            let line = |line| [FactBody::Work(worked(line)), FactBody::Reading(read_off(visit, line, None))];
            order.lines.iter().flat_map(line).collect()
        })
    }
}

/// What the dials say: the last reading and a month's use.
fn read_off(visit: &FactId, line: &PublishedLine, checks: Option<&str>) -> Reading {
    let last: i64 = line.last.as_deref().and_then(|last| last.parse().ok()).unwrap_or_default();
    let used = (line.low.unwrap_or_default() + line.high.unwrap_or_default()) / 2;
    let used = if checks.is_some() { used * 6 } else { used };
    let dials = usize::try_from(line.dials.unwrap_or(6)).unwrap_or(6);
    Reading {
        visit: visit.clone(),
        line: line.id.clone(),
        serial_seen: line.serial.clone().unwrap_or_default(),
        digits: Some(format!("{:0dials$}", last + used)),
        code: None,
        checks: checks.map(str::to_owned),
        confirmed: Some(true),
    }
}

pub(super) fn collected(visit: &FactId, line: &PublishedLine, missing: bool) -> Equipment {
    Equipment {
        visit: visit.clone(),
        line: line.id.clone(),
        serial_seen: line.serial.clone().filter(|_| !missing),
        result: if missing { EquipmentResult::Missing } else { EquipmentResult::Collected },
        condition: None,
        accessories: None,
    }
}

pub(super) fn no_more_stops() -> ServiceError {
    ServiceError::Internal("demo: the truck has no more stops".to_owned())
}
