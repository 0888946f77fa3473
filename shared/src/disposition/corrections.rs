//! What a fact says after the corrections that name it.
//!
//! A correction lays its fields over the fact it names; a correction of a correction lays its own over that. The
//! last one counts: one that nobody corrected and no other knew, and of several such the greatest id. Corrections
//! that would make nonsense of the fact count for nothing, nor does a tablet's that would make it the office's word (see
//! [`Fact::corrected`]), and a ring of corrections never reaches a fact at all.

use super::OrderHistory;
use crate::{
    facts::{Correction, Corrector, Fact, FactBody, Work},
    ids::{FactId, LineId},
    ordered::{Map, Set},
    route_document::Knew,
};

/// A fact as it was recorded, or as one correction leaves it.
#[derive(Debug)]
struct Version {
    /// The fact, or the correction.
    id: FactId,
    /// The corrections between the fact and this one, without this one.
    above: Vec<FactId>,
    /// Made on the server by the office, not on a tablet.
    by_office: bool,
    body: FactBody,
}

/// Every fact of a history as its corrections leave it.
pub(super) struct Corrected {
    versions: Map<FactId, Vec<Version>>,
    last: Map<FactId, usize>,
}

impl Corrected {
    pub(super) fn new(history: &OrderHistory) -> Self {
        let mut corrections: Map<&FactId, Vec<(&Fact, &Correction)>> = Map::new();
        for fact in history.facts.values() {
            if let FactBody::Correction(correction) = &fact.body {
                corrections.entry(&correction.corrects).or_default().push((fact, correction));
            }
        }
        let mut all = Self { versions: Map::new(), last: Map::new() };
        for fact in history.facts.values().filter(|fact| !matches!(fact.body, FactBody::Correction(_))) {
            let versions = versions_of(fact, &corrections);
            all.last.insert(fact.id.clone(), last_of(&versions, history));
            all.versions.insert(fact.id.clone(), versions);
        }
        all
    }

    /// What a fact says now; `None` where it is not here or is itself a correction.
    pub(super) fn body(&self, fact: &FactId) -> Option<&FactBody> {
        self.versions.get(fact)?.get(*self.last.get(fact)?).map(|version| &version.body)
    }

    /// The lines that a `work` fact took away. What a crew once said it cut stays cut until the office says it was
    /// not: a correction made on a tablet can't undo it.
    pub(super) fn lines_cut_by(&self, work: &FactId) -> Set<LineId> {
        let Some(versions) = self.versions.get(work) else { return Set::new() };
        let undone = |claim: &Version, line: &LineId| {
            versions.iter().any(|office| {
                let after = office.above.contains(&claim.id)
                    || claim.above.is_empty() && claim.id == *work
                    || office.id > claim.id && !claim.above.contains(&office.id);
                office.by_office && office.id != *work && office.id != claim.id && after && cut_of(office) != Some(line)
            })
        };
        versions.iter().filter_map(|claim| cut_of(claim).filter(|line| !undone(claim, line))).cloned().collect()
    }
}

/// What every fact of a history says after its corrections, for files and lists. A cut that a crew's own correction
/// took back still reads as the cut that counts.
#[must_use]
pub fn as_corrected(history: &OrderHistory) -> Map<FactId, FactBody> {
    let corrected = Corrected::new(history);
    let said = |fact: &Fact| {
        let body = corrected.body(&fact.id)?;
        let stands = match (&fact.body, body) {
            (FactBody::Work(was), FactBody::Work(is)) => {
                was.action.cuts() && !is.action.cuts() && corrected.lines_cut_by(&fact.id).contains(&was.line)
            }
            _ => false,
        };
        Some((fact.id.clone(), if stands { fact.body.clone() } else { body.clone() }))
    };
    history.facts.values().filter_map(said).collect()
}

fn cut_of(version: &Version) -> Option<&LineId> {
    match &version.body {
        FactBody::Work(Work { line, action, .. }) if action.cuts() => Some(line),
        _ => None,
    }
}

/// The fact itself first, then each correction below what it corrects. Ends because a correction names one fact:
/// what is below the fact is a tree.
fn versions_of(fact: &Fact, corrections: &Map<&FactId, Vec<(&Fact, &Correction)>>) -> Vec<Version> {
    let mut versions =
        vec![Version { id: fact.id.clone(), above: Vec::new(), by_office: false, body: fact.body.clone() }];
    let mut below: Vec<(&FactId, Vec<FactId>, Fact)> = vec![(&fact.id, Vec::new(), fact.clone())];
    while let Some((parent, above, said)) = below.pop() {
        for (fact, correction) in corrections.get(parent).into_iter().flatten() {
            let by = fact.corrector();
            let corrected = said.corrected(&correction.fields, by).ok();
            if let Some(corrected) = &corrected {
                versions.push(Version {
                    id: fact.id.clone(),
                    above: above.clone(),
                    by_office: by == Corrector::Office,
                    body: corrected.body.clone(),
                });
            }
            let mut above = above.clone();
            above.push(fact.id.clone());
            below.push((&fact.id, above, corrected.unwrap_or_else(|| said.clone())));
        }
    }
    versions
}

/// Index of the version that counts.
fn last_of(versions: &[Version], history: &OrderHistory) -> usize {
    let superseded = |version: &Version| {
        versions.iter().any(|other| {
            other.above.contains(&version.id)
                || other.id != version.id
                    && (history.knew(&other.id, &version.id) == Knew::Known
                        || history.knew(&version.id, &other.id) == Knew::Caused)
        })
    };
    let corrections = || versions.iter().enumerate().skip(1);
    corrections()
        .filter(|(_, version)| !superseded(version))
        // Two that each claim to know the other can't be: then every correction counts again.
        .max_by_key(|(_, version)| &version.id)
        .or_else(|| corrections().max_by_key(|(_, version)| &version.id))
        .map_or(0, |(index, _)| index)
}
