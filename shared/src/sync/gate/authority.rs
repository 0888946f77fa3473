//! Whether a fact is complete, about an order of this route, and by somebody who may say it.
//!
//! Honest late work is never refused: an order counts that ever was on the route, and whoever the tablet says did it,
//! also where nobody of that name rides with its crew any more: the office sees that beside it. A clock that is wrong is judged elsewhere (`clock_suspect`), not here.

use super::{Fault, GateContext, caps};
use crate::{
    facts::{BadCorrection, BadFact, Correction, Corrector, Fact, FactBody, FieldValue, Header, RawFact},
    ids::FactId,
    sync::wire::RefusalCode::{
        BadFact as BadFactCode, ForbiddenOperation, ForeignAuthor, ForeignOrder, RoleForbids, UpgradeRequired,
    },
    vocabulary::Role,
};
use std::{borrow::Cow, collections::HashMap};

/// Judges facts against the route and against those that came before them in the same batch.
pub(super) struct Authority<'a> {
    context: &'a GateContext<'a>,
    /// Facts of the changes before. `None`: its change was refused for what it says, the crew has to make it anew.
    /// Kept raw and read again when asked for: few are, and a request of long notes must not be held twice.
    seen: HashMap<FactId, Option<RawFact>>,
}

/// A fact as it stands in a document and as it reads.
#[derive(Debug, Clone)]
struct Recorded {
    raw: RawFact,
    fact: Fact,
}

impl<'a> Authority<'a> {
    pub(super) fn new(context: &'a GateContext<'a>) -> Self {
        Self { context, seen: HashMap::new() }
    }

    /// Judges the facts of one change, and remembers them for the changes after it.
    pub(super) fn judge(&mut self, made: Vec<RawFact>) -> Result<Vec<Fact>, Fault> {
        let ids: Vec<FactId> = made.iter().map(|raw| raw.id.clone()).collect();
        let known = ids.iter().find(|id| self.is_known(id));
        match read_all(made).and_then(|change| self.judge_read(&change).map(|()| change)) {
            Ok(change) => {
                let mut facts = Vec::with_capacity(change.len());
                for Recorded { raw, fact } in change {
                    self.seen.entry(raw.id.clone()).or_insert(Some(raw));
                    facts.push(fact);
                }
                known.map_or(Ok(facts), |known| {
                    Err(Fault::new(
                        ForbiddenOperation,
                        format!("Fact {known} is already stored: leave it out and encode the rest again."),
                    ))
                })
            }
            Err(fault) => {
                for id in ids {
                    self.seen.entry(id).or_insert(None);
                }
                Err(fault)
            }
        }
    }

    fn is_known(&self, id: &FactId) -> bool {
        self.seen.contains_key(id) || self.context.document.has_fact(id) || (self.context.known_fact)(id)
    }

    fn judge_read(&self, change: &[Recorded]) -> Result<(), Fault> {
        let neighbours = Neighbours { authority: self, change };
        for recorded in change {
            let fact = &recorded.fact;
            let header = neighbours.header_of(fact)?;
            self.check_header(fact, &header)?;
            check_role(&fact.body, self.role_of(fact, &header)?)?;
            if let FactBody::Correction(correction) = &fact.body {
                neighbours.check_correction(fact, correction, &header)?;
            }
        }
        Ok(())
    }

    fn check_header(&self, fact: &Fact, header: &Header) -> Result<(), Fault> {
        if header.device != Some(self.context.device) {
            return Err(bad_fact(
                fact,
                "field `device`: must name the tablet that recorded it; record it again on this one",
            ));
        }
        if fact.home.is_some() {
            return Err(bad_fact(fact, "field `home_doc`: only the server relays facts; record it on its own route"));
        }
        if !self.context.document.has_order(header.order) {
            return Err(Fault::new(
                ForeignOrder,
                format!(
                    "{}: order {} never was on this route. Record it on the route that it belongs to, or tell dispatch.",
                    fact.body.kind().code(),
                    header.order
                ),
            ));
        }
        Ok(())
    }

    fn role_of(&self, fact: &Fact, header: &Header) -> Result<Role, Fault> {
        let by = header.by.ok_or_else(|| {
            Fault::new(
                ForeignAuthor,
                format!(
                    "{}: it has no author. Whoever did it chooses their own name and records it again.",
                    fact.body.kind().code()
                ),
            )
        })?;
        Ok((self.context.authors)(by).unwrap_or(Role::Crew))
    }

    /// A fact of the changes before or of the document; `None` where there is none.
    fn find(&self, id: &FactId) -> Result<Option<Recorded>, RefusedBefore> {
        let raw = match self.seen.get(id) {
            Some(Some(raw)) => Some(raw.clone()),
            Some(None) => return Err(RefusedBefore),
            None => self.context.document.fact(id).map(|stored| stored.raw),
        };
        Ok(raw.and_then(|raw| raw.read().ok().map(|fact| Recorded { raw, fact })))
    }
}

/// The fact was in a change of this batch that was refused for what it says.
struct RefusedBefore;

/// The facts of one change, on top of what came before.
struct Neighbours<'a> {
    authority: &'a Authority<'a>,
    change: &'a [Recorded],
}

impl<'a> Neighbours<'a> {
    fn find(&self, asking: &Fact, field: &str, id: &FactId) -> Result<Cow<'a, Recorded>, Fault> {
        if let Some(here) = self.change.iter().find(|recorded| recorded.raw.id == *id) {
            return Ok(Cow::Borrowed(here));
        }
        match self.authority.find(id) {
            Ok(Some(found)) => Ok(Cow::Owned(found)),
            Ok(None) => {
                Err(bad_fact(asking, format!("field `{field}`: fact {id} is not on this route; record both again")))
            }
            Err(RefusedBefore) => {
                Err(bad_fact(asking, format!("field `{field}`: fact {id} was refused; record that one again first")))
            }
        }
    }

    /// The fact's own header, or its visit's.
    fn header_of(&self, fact: &Fact) -> Result<Header, Fault> {
        let Some(visit_id) = fact.visit() else {
            return fact.header.clone().ok_or_else(|| bad_fact(fact, "field `order`: missing"));
        };
        let visit = self.find(fact, "visit", visit_id)?;
        let (FactBody::Visit(_), Some(of_visit)) = (&visit.fact.body, &visit.fact.header) else {
            return Err(bad_fact(fact, format!("field `visit`: fact {visit_id} is no visit; name the visit")));
        };
        if of_visit.device != Some(self.authority.context.device) {
            return Err(bad_fact(fact, "field `visit`: that visit was another tablet's; make a visit of your own"));
        }
        match &fact.header {
            Some(own) if own.order != of_visit.order => {
                Err(bad_fact(fact, "field `order`: its visit was to another order; name that order"))
            }
            Some(own) => Ok(own.clone()),
            None => Ok(of_visit.clone()),
        }
    }

    /// A correction is by whoever recorded the fact, or on the tablet that did; with it the fact says what it could have
    /// said plainly.
    fn check_correction(&self, asking: &Fact, correction: &Correction, header: &Header) -> Result<(), Fault> {
        let mut corrected = self.find(asking, "corrects", &correction.corrects)?;
        let mut between = Vec::new();
        while let FactBody::Correction(before) = &corrected.fact.body {
            if between.len() == caps::MAX_CORRECTIONS_IN_A_ROW {
                let why = "field `corrects`: corrected too often; correct the first fact instead";
                return Err(bad_fact(asking, why));
            }
            between.push((before.fields.clone(), corrected.fact.corrector()));
            corrected = self.find(asking, "corrects", &before.corrects.clone())?;
        }
        let theirs = self.header_of_any(&corrected.fact)?;
        if theirs.order != header.order {
            return Err(bad_fact(asking, "field `order`: the corrected fact is about another order; name that order"));
        }
        let same_author = theirs.by == header.by && header.by.and_then(self.authority.context.authors).is_some();
        if theirs.device != header.device && !same_author {
            return Err(Fault::new(
                RoleForbids,
                "A crew corrects what it recorded itself. Write a note, or ask the office to correct the rest.",
            ));
        }
        // As the fold reads them: each laid over what those before it left.
        let said = between.iter().rev().fold(corrected.into_owned().fact, |said, (fields, by)| {
            let next = said.corrected(fields, *by);
            next.unwrap_or(said)
        });
        if let Some((field, why)) = said.body.sealed_field(&correction.fields) {
            return Err(Fault::new(RoleForbids, format!("`{field}` can't be corrected. {why}")));
        }
        match said.corrected(&correction.fields, Corrector::Crew) {
            Ok(_) => Ok(()),
            Err(BadCorrection::Nonsense(bad)) => Err(unreadable("correction", &bad)),
            Err(BadCorrection::BeyondACrew(detail)) => Err(Fault::new(RoleForbids, detail)),
        }
    }

    /// The header of a fact that may be another tablet's or the office's.
    fn header_of_any(&self, fact: &Fact) -> Result<Header, Fault> {
        if let Some(header) = &fact.header {
            return Ok(header.clone());
        }
        let visit = fact.visit().map(|visit| self.find(fact, "visit", visit)).transpose()?;
        let header = visit.and_then(|visit| visit.fact.header.clone());
        header.ok_or_else(|| bad_fact(fact, "field `visit`: that visit does not say whose it was"))
    }
}

/// What a person on a tablet may record. Whoever works with the crew that day may record what was done: an act that
/// happened can always be recorded. An auditor only reads, and the billing system has no hands.
fn check_role(body: &FactBody, role: Role) -> Result<(), Fault> {
    if matches!(role, Role::Auditor | Role::Cis) {
        let detail = "An auditor only reads. Somebody of the crew signs in and records it again.";
        return Err(Fault::new(RoleForbids, detail));
    }
    body.beyond_a_crew().map_or(Ok(()), |detail| Err(Fault::new(RoleForbids, detail)))
}

fn read_all(made: Vec<RawFact>) -> Result<Vec<Recorded>, Fault> {
    let read = |raw: RawFact| match raw.check_texts().and_then(|()| raw.read()) {
        Ok(fact) => Ok(Recorded { raw, fact }),
        Err(bad) => Err(unreadable(kind_of(&raw), &bad)),
    };
    made.into_iter().map(read).collect()
}

fn kind_of(raw: &RawFact) -> &str {
    match raw.fields.get("kind") {
        Some(FieldValue::Text(kind)) if kind.len() <= 20 && !kind.chars().any(char::is_control) => kind,
        _ => "fact",
    }
}

fn unreadable(kind: &str, bad: &BadFact) -> Fault {
    let code = if matches!(bad, BadFact::UpgradeRequired(_)) { UpgradeRequired } else { BadFactCode };
    Fault::new(code, format!("{kind}: {bad}. Record it again."))
}

fn bad_fact(fact: &Fact, why: impl std::fmt::Display) -> Fault {
    Fault::new(BadFactCode, format!("{}: {why}.", fact.body.kind().code()))
}
