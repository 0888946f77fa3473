//! The facts of a visit from paper: those that the tablet would have recorded.

use super::filled::Filled;
use curbstop_shared::{
    at_the_door,
    facts::{self, Equipment, Fact, FactBody, Header, Note, Reading, Visit, Work},
    ids::FactId,
    route_document::PublishedOrder,
    vocabulary::{Action, EquipmentResult, Outcome, Permit, UnableCode},
};

/// Why somebody at dispatch could say to go without a tablet's fresh data.
const CALLED_FROM_PAPER: &str = "called from a paper route sheet";

/// The facts of each change, one after the other; the visit is the first fact of all. `fresh` makes ids.
///
/// What was claimed at the door goes with the visit that it ended. Claimed although it was turned off, it is said after
/// the visit: the crew did not know of it when it cut.
pub(super) fn facts_of(filled: &Filled, order: &PublishedOrder, mut fresh: impl FnMut() -> FactId) -> Vec<Vec<Fact>> {
    let mut visit = visit_facts(filled, order, &mut fresh);
    let code = filled.code.filter(|_| order.kind.is_cut());
    let claim = code.and_then(|code| facts::claim(code, filled.receipt.clone()));
    let claim = claim.map(|claim| Fact::new(fresh(), header(filled, order), claim));
    if !filled.cuts() {
        visit.extend(claim);
        return vec![visit];
    }
    [Some(visit), claim.map(|claim| vec![claim])].into_iter().flatten().collect()
}

fn header(filled: &Filled, order: &PublishedOrder) -> Header {
    Header { order: order.id, at: filled.at, by: Some(filled.by), device: None }
}

fn visit_facts(filled: &Filled, order: &PublishedOrder, fresh: &mut impl FnMut() -> FactId) -> Vec<Fact> {
    let cuts = filled.cuts();
    let called = filled.called.clone().filter(|_| cuts);
    let visit = Visit {
        outcome: filled.code.map_or(Outcome::Done, at_the_door::outcome),
        code: filled.code,
        arrived_at: None,
        act_opened_at: None,
        left_at: None,
        lat_e7: None,
        lon_e7: None,
        accuracy_m: None,
        fix_age_s: None,
        met: None,
        permit: cuts.then_some(if called.is_some() { Permit::Override } else { Permit::None }),
        permit_age_s: None,
        go_code: None,
        override_reason: called.as_ref().map(|_| CALLED_FROM_PAPER.to_owned()),
        override_by: called,
        paper: Some(true),
    };
    let id = fresh();
    let mut facts = vec![Fact::new(id.clone(), header(filled, order), FactBody::Visit(visit))];
    let mut of_visit = |body| facts.push(Fact::of_visit(fresh(), body));
    for line in &filled.lines {
        let (visit, of) = (id.clone(), line.done.line.clone());
        if let Some(action) = line.done.action {
            let (method, lock) = (line.done.method, line.done.lock.clone());
            let (visit, line) = (visit.clone(), of.clone());
            of_visit(FactBody::Work(Work { visit, line, action, method, lock, seal: None, seal_found: None }));
        }
        if line.done.action == Some(Action::Collected) {
            of_visit(FactBody::Equipment(Equipment {
                visit: visit.clone(),
                line: of.clone(),
                serial_seen: Some(line.serial_seen.clone()).filter(|serial| !serial.is_empty()),
                result: EquipmentResult::Collected,
                condition: None,
                accessories: None,
            }));
        }
        // A meter that is not the one on record is worth a fact also where nobody read it.
        let mismatch = line.done.digits.is_none() && !line.warnings.is_empty();
        if line.done.digits.is_some() || mismatch {
            let codes: Vec<&str> = line.warnings.iter().map(|warning| warning.code()).collect();
            of_visit(FactBody::Reading(Reading {
                visit,
                line: of,
                serial_seen: line.serial_seen.clone(),
                digits: line.done.digits.clone(),
                code: mismatch.then(|| UnableCode::MeterMismatch.code().to_owned()),
                checks: (!codes.is_empty()).then(|| codes.join(",")),
                confirmed: (!codes.is_empty()).then_some(true),
            }));
        }
    }
    if let Some(text) = filled.note.clone() {
        of_visit(FactBody::Note(Note { text, visit: Some(id) }));
    }
    facts
}
