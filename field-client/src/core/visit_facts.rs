//! What a visit says once it is saved: the visit itself, its work, readings and equipment, and what was claimed.

use super::{
    Chance, Draft,
    act::fresh,
    walk::{LineDraft, Opened, Standing},
};
use curbstop_shared::{
    facts::{Equipment, Evidence, Fact, FactBody, Header, Hold, Note, Reading, Release, Visit, Work},
    route_document::PublishedOrder,
    time::Micros,
    vocabulary::{Action, HoldReason, HoldScope, Permit, ReleaseReason, Source, UnableCode},
};

/// The facts of one visit, the visit first.
pub(super) fn facts_of(
    draft: &Draft,
    order: &PublishedOrder,
    opened: &Opened,
    header: Header,
    now: Micros,
    chance: &mut impl Chance,
) -> Vec<Fact> {
    let cuts = draft.cuts();
    let visit = Visit {
        outcome: draft.outcome(),
        code: draft.stopped_by,
        arrived_at: Some(draft.arrived_at),
        act_opened_at: draft.opened.as_ref().map(|opened| opened.at),
        left_at: Some(now),
        lat_e7: draft.position.map(|position| position.lat_e7),
        lon_e7: draft.position.map(|position| position.lon_e7),
        accuracy_m: draft.position.map(|position| position.accuracy_m),
        fix_age_s: draft.position.map(|position| position.fix_age_s),
        met: draft.met,
        permit: opened.permit.filter(|_| cuts),
        permit_age_s: opened.age_s.filter(|_| cuts),
        go_code: draft.go_code.clone().filter(|_| cuts && opened.permit == Some(Permit::GoCode)),
        override_by: draft.overridden.as_ref().filter(|_| cuts).map(|word| word.by.clone()),
        override_reason: draft.overridden.as_ref().filter(|_| cuts).map(|word| word.reason.clone()),
        paper: None,
    };
    let mut facts = vec![Fact::new(draft.visit.clone(), header, FactBody::Visit(visit))];
    let mut of_visit = |body| facts.push(Fact::of_visit(fresh(now, chance), body));
    for line in &draft.lines {
        line_facts(draft, order, line, &mut of_visit);
    }
    for exhibit in &draft.exhibits {
        of_visit(FactBody::Evidence(Evidence {
            visit: draft.visit.clone(),
            of: None,
            what: exhibit.what,
            sha256: exhibit.sha256.clone(),
            size: exhibit.size,
            media_type: exhibit.media_type.clone(),
        }));
    }
    if let Some(text) = draft.note.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        of_visit(FactBody::Note(Note { text: text.to_owned(), visit: Some(draft.visit.clone()) }));
    }
    facts
}

fn line_facts(draft: &Draft, order: &PublishedOrder, line: &LineDraft, add: &mut impl FnMut(FactBody)) {
    let (visit, id) = (draft.visit.clone(), line.line.clone());
    // Whatever else stopped the visit, what was done is a physical fact; what was undone is another.
    let work = |action, method, lock| {
        let (visit, line) = (visit.clone(), id.clone());
        FactBody::Work(Work { visit, line, action, method, lock, seal: None, seal_found: None })
    };
    if let Some(action) = line.action.filter(|_| line.is_worked()) {
        add(work(action, line.method, line.lock.clone().filter(|lock| !lock.is_empty())));
        if line.standing == Some(Standing::Undone) {
            let back_on = if action == Action::Locked { Action::Unlocked } else { Action::Restored };
            add(work(back_on, None, None));
        }
    }
    if let Some(result) = line.equipment {
        add(FactBody::Equipment(Equipment {
            visit: visit.clone(),
            line: id.clone(),
            serial_seen: line.serial_seen.clone(),
            result,
            condition: None,
            accessories: None,
        }));
    }
    let mismatch = draft.stopped_by == Some(UnableCode::MeterMismatch) && line.serial_seen.is_some();
    if line.digits.is_some() || line.no_read.is_some() || mismatch {
        let expected = order.lines.iter().find(|l| l.id == line.line).and_then(|l| l.serial.clone());
        add(FactBody::Reading(Reading {
            visit,
            line: id,
            serial_seen: line.serial_seen.clone().or(expected).unwrap_or_default(),
            digits: line.digits.clone(),
            code: line.no_read.clone().or_else(|| (mismatch && line.digits.is_none()).then(|| "meter_mismatch".into())),
            checks: (!line.checks.is_empty()).then(|| line.checks.join(",")),
            confirmed: (!line.checks.is_empty()).then_some(line.confirmed),
        }));
    }
}

/// What is said or shown at the door, for the office to decide on.
pub(super) fn claim(code: UnableCode, proof: Option<String>) -> Option<FactBody> {
    let hold = |reason, scope| Some(FactBody::Hold(Hold { reason, scope, verified: false, expires_on: None }));
    match code {
        UnableCode::ProofShown => Some(FactBody::Release(Release {
            reason: ReleaseReason::PaymentReceived,
            lines: "*".to_owned(),
            source: Source::Field,
            verified: false,
            paid_at: None,
            recorded_at: None,
            confirmation: proof,
        })),
        UnableCode::MedicalClaimed => hold(HoldReason::Medical, HoldScope::Premise),
        UnableCode::DisputeClaimed => hold(HoldReason::Dispute, HoldScope::Order),
        UnableCode::NewOccupant => hold(HoldReason::NewOccupant, HoldScope::Order),
        _ => None,
    }
}
