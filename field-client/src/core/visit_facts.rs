//! What a visit says once it is saved: the visit itself, its work, readings and equipment, and what was claimed.

use super::{
    Chance, Draft,
    act::fresh,
    walk::{LineDraft, Opened, Standing, same_serial},
};
use curbstop_shared::{
    facts::{Danger, Equipment, Evidence, Fact, FactBody, Header, NotTaken, Note, OTHER_SERIAL, Reading, Visit, Work},
    readings::ReadingWarning,
    route_document::PublishedOrder,
    time::Micros,
    vocabulary::{Action, Asked, Permit, SealFound, UnableCode},
};

/// The facts of one visit, the visit first.
pub(super) fn facts_of(
    draft: &Draft,
    order: &PublishedOrder,
    opened: &Opened,
    header: &Header,
    now: Micros,
    chance: &mut impl Chance,
) -> Vec<Fact> {
    let cuts = draft.cuts();
    let visit = Visit {
        outcome: draft.outcome(),
        code: draft.ended_by(),
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
    // The visit has the time of the last thing done on it; what was done before that says so itself.
    let bounded = |at: Option<Micros>| at.map_or(now, |at| at.max(opened.at).min(now));
    let works: Vec<(Micros, FactBody)> =
        draft.lines.iter().flat_map(|line| works(draft, line)).map(|(at, work)| (bounded(at), work)).collect();
    let at = works.iter().map(|(at, _)| *at).max().unwrap_or(now);
    let mut facts = vec![Fact::new(draft.visit.clone(), Header { at, ..header.clone() }, FactBody::Visit(visit))];
    for (done_at, work) in works {
        let id = fresh(now, chance);
        facts.push(match done_at < at {
            true => Fact::new(id, Header { at: done_at, ..header.clone() }, work),
            false => Fact::of_visit(id, work),
        });
    }
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
    for what in Asked::ALL {
        if let Some(why) = draft.kept_why(order, *what) {
            of_visit(FactBody::NotTaken(NotTaken { visit: draft.visit.clone(), what: *what, why }));
        }
    }
    // What ended the visit says itself of the place what it says.
    for danger in draft.warns.iter().filter(|danger| draft.ended_by() != Some(**danger)) {
        let code = danger.code().to_owned();
        of_visit(FactBody::Hazard(Danger { visit: Some(draft.visit.clone()), code, text: None }));
    }
    if let Some(text) = draft.note.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        of_visit(FactBody::Note(Note { text: text.to_owned(), visit: Some(draft.visit.clone()) }));
    }
    facts
}

/// What was done to a line, and when where the crew said so by a tap. Whatever else stopped the visit, what was done is
/// a physical fact; what was undone is another.
fn works(draft: &Draft, line: &LineDraft) -> Vec<(Option<Micros>, FactBody)> {
    let Some(action) = line.action.filter(|_| line.is_worked()) else { return Vec::new() };
    let work = |action, method, lock, seal_found| {
        let (visit, line) = (draft.visit.clone(), line.line.clone());
        FactBody::Work(Work { visit, line, action, method, lock, seal: None, seal_found })
    };
    let lock = line.lock.clone().filter(|lock| !lock.is_empty());
    let foreign = (line.lock_foreign && action.restores()).then_some(SealFound::Foreign);
    let mut done = vec![(line.done_at, work(action, line.method, lock, foreign))];
    if line.standing == Some(Standing::Undone) {
        let back_on = if action == Action::Locked { Action::Unlocked } else { Action::Restored };
        done.push((line.undone_at, work(back_on, None, None, None)));
    }
    done
}

fn line_facts(draft: &Draft, order: &PublishedOrder, line: &LineDraft, add: &mut impl FnMut(FactBody)) {
    let (visit, id) = (draft.visit.clone(), line.line.clone());
    if let Some(result) = line.equipment {
        add(FactBody::Equipment(Equipment {
            visit,
            line: id,
            serial_seen: line.serial_seen.clone(),
            result,
            condition: line.box_foreign.then(|| OTHER_SERIAL.to_owned()),
            accessories: None,
        }));
        return;
    }
    let unread = || unread(draft, order, line);
    let code = line.no_read.clone().or_else(|| line.digits.is_none().then(unread).flatten().map(str::to_owned));
    if line.digits.is_some() || code.is_some() {
        let mut checks = line.checks.clone();
        // Of a visit that ends because of it the visit says so.
        if code.as_deref() == Some(OTHER_METER) && draft.stopped_by != Some(UnableCode::MeterMismatch) {
            checks.push(ReadingWarning::SerialMismatch.code().to_owned());
        }
        add(FactBody::Reading(Reading {
            visit,
            line: id,
            // Only what somebody saw: the serial on record is no news.
            serial_seen: line.serial_seen.clone().unwrap_or_default(),
            digits: line.digits.clone(),
            code,
            confirmed: (!checks.is_empty()).then_some(line.confirmed),
            checks: (!checks.is_empty()).then(|| checks.join(",")),
        }));
    }
}

/// The meter that was seen is not the one on the order.
const OTHER_METER: &str = "meter_mismatch";
/// Its serial was seen, and the visit ended before it was read.
const NOT_READ: &str = "not_read";

/// Why there is no reading of a meter whose serial was seen: what stands on it travels all the same.
fn unread(draft: &Draft, order: &PublishedOrder, line: &LineDraft) -> Option<&'static str> {
    let seen = line.serial_seen.as_deref()?;
    let expected = order.lines.iter().find(|known| known.id == line.line).and_then(|known| known.serial.as_deref());
    let other = draft.stopped_by == Some(UnableCode::MeterMismatch)
        || expected.is_some_and(|expected| !same_serial(expected, seen));
    Some(if other { OTHER_METER } else { NOT_READ })
}
