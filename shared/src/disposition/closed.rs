//! How what is off was turned off: what a crew has to know that comes to turn it on, and was not there.

use super::LineState;
use crate::{
    facts::{FactBody, Work},
    ids::LineId,
    ordered::Map,
    route_document::Closed,
};

/// Longest note that goes on to the next crew, in characters.
const NOTE_MAX_CHARS: usize = 200;

/// How each line that is off was turned off, from what the facts about its order say. Lines of which they don't say it
/// are left out.
#[must_use]
pub fn closed_lines(lines: &Map<LineId, LineState>, facts: &[&FactBody]) -> Map<LineId, Closed> {
    let told = lines.iter().filter_map(|(id, state)| {
        let LineState::Off { visit, since, .. } = state else { return None };
        let of_visit = || facts.iter().copied().filter(move |body| body.visit() == Some(visit));
        let is_it = |work: &&Work| work.line == *id && work.action.cuts();
        let mut work = of_visit().filter_map(|body| if let FactBody::Work(work) = body { Some(work) } else { None });
        let work = work.rfind(is_it)?;
        let digits = of_visit().find_map(|body| match body {
            FactBody::Reading(reading) if reading.line == *id => reading.digits.clone(),
            _ => None,
        });
        let note = of_visit().find_map(|body| match body {
            FactBody::Note(note) => Some(note.text.chars().take(NOTE_MAX_CHARS).collect()),
            _ => None,
        });
        let (lock, seal) = (said(work.lock.as_ref()), said(work.seal.as_ref()));
        Some((id.clone(), Closed { since: *since, method: work.method, lock, seal, digits, note }))
    });
    told.collect()
}

fn said(number: Option<&String>) -> Option<String> {
    number.filter(|number| !number.trim().is_empty()).cloned()
}
