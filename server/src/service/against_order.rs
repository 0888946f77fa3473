//! What came in of a visit is held against its order as it was published: what it asked for and is not there, and ways of
//! working that it did not offer. The work counts whatever comes of it; a person looks.

use super::{
    ServiceError,
    missing_evidence::{self, AtVisit},
    telling::method_said,
    voice::Voice,
};
use crate::{
    store::{Work, exceptions, exceptions::NewException, facts::FactRow, orders::OrderRow},
    sync::documents::{DocumentsError, Loaded, Stamp},
};
use curbstop_shared::{
    at_the_door::ways,
    evidence::lacking,
    facts::{Fact, FactBody},
    ids::{FactId, OrderId},
    route_document::PublishedOrder,
    time::{Micros, Span},
    vocabulary::{ExceptionKind, Method, Role},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use uuid::Uuid;

/// One visit asks once about one way.
const NOT_OFFERED: Uuid = Uuid::from_bytes(*b"curbstop-notways");
/// Nobody is waiting for it.
const LOOK_WITHIN: Span = Span::minutes(24 * 60);

/// What an entry about a way keeps.
#[derive(Debug, Serialize, Deserialize)]
struct Detail {
    not_offered: Method,
}

/// Looks at the visits of an order that tablets made in this document and of which something is new.
///
/// # Errors
/// When the store fails, or the document does not read.
pub(super) async fn look(
    work: &mut Work,
    loaded: &Loaded,
    row: &OrderRow,
    facts: &[FactRow],
    new: &BTreeSet<FactId>,
    stamp: Stamp,
) -> Result<(), ServiceError> {
    let is_new = |id: &str| new.iter().any(|fact| fact.as_str() == id);
    let touched = |visit: &FactRow| {
        let of_it = |fact: &&FactRow| fact.visit.as_deref() == Some(visit.id.as_str()) || fact.id == visit.id;
        facts.iter().filter(of_it).any(|fact| is_new(&fact.id))
    };
    let made_here = |fact: &&FactRow| {
        fact.kind == "visit"
            && fact.order_id == row.id
            && fact.device.is_some()
            && fact.home_doc == Some(loaded.id.0)
            && touched(fact)
    };
    let visits: Vec<&FactRow> = facts.iter().filter(made_here).collect();
    if visits.is_empty() {
        return Ok(());
    }
    let unreadable = |bad| ServiceError::from(DocumentsError::Document(loaded.id, bad));
    let Some(order) = loaded.document.order(OrderId(row.id)).map_err(unreadable)? else { return Ok(()) };
    for visit in visits {
        let at = AtVisit { order: order.id, account: &row.account, visit: &visit.id, at: Micros(visit.at_us) };
        let FactBody::Visit(made) = visit.fact()?.body else { continue };
        let of_it = facts.iter().filter(|fact| fact.visit.as_deref() == Some(visit.id.as_str()));
        let found: Vec<Fact> = of_it.map(FactRow::fact).collect::<Result<_, _>>()?;
        let found: Vec<&FactBody> = found.iter().map(|fact| &fact.body).collect();
        missing_evidence::keep(work, at, lacking(&order, &made, &found), stamp.now).await?;
        for way in not_offered(&order, &found) {
            ask(work, at, way, stamp.now).await?;
        }
    }
    Ok(())
}

/// Ways in which a crew worked that its order did not offer.
fn not_offered(order: &PublishedOrder, found: &[&FactBody]) -> Vec<Method> {
    let mut others = Vec::new();
    for body in found {
        let FactBody::Work(worked) = body else { continue };
        let Some(line) = order.lines.iter().find(|line| line.id == worked.line) else { continue };
        let other = worked.method.filter(|way| line.methods.is_some() && !ways(line, worked.action).contains(way));
        others.extend(other.filter(|way| !others.contains(way)));
    }
    others
}

async fn ask(work: &mut Work, at: AtVisit<'_>, way: Method, now: Micros) -> Result<(), ServiceError> {
    let detail = serde_json::to_string(&Detail { not_offered: way });
    let detail = detail.map_err(|bad| ServiceError::Internal(bad.to_string()))?;
    let raised = NewException {
        id: Uuid::new_v5(&NOT_OFFERED, format!("{}:{way}", at.visit).as_bytes()),
        kind: ExceptionKind::MethodNotOffered.code(),
        order: Some(at.order),
        account: at.account,
        cause: Some(at.visit),
        detail: &detail,
        owner_role: Role::Supervisor.code(),
        due_at: now + LOOK_WITHIN,
    };
    Ok(exceptions::raise(work, &raised, now).await?)
}

/// What a supervisor reads about it, and what to do; `None` where the detail is of another kind.
#[must_use]
pub(super) fn sentence(detail: &str, voice: &Voice) -> Option<String> {
    let Detail { not_offered } = serde_json::from_str(detail).ok()?;
    let way = method_said(not_offered, voice);
    Some(format!(
        "{} “{way}”. {}",
        voice.pick(
            "The crew says that it worked in a way that this order does not offer:",
            "La cuadrilla dice que trabajó de una manera que esta orden no ofrece:"
        ),
        voice.pick(
            "The work counts. Ask the crew what it did there, then close this.",
            "El trabajo cuenta. Pregunte a la cuadrilla qué hizo allí y ciérrelo."
        )
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use curbstop_shared::language::Language;

    #[test]
    fn a_supervisor_reads_which_way_it_was() {
        let voice = |language| Voice { language, zone: chrono_tz::UTC, now: Micros(0) };
        let detail = serde_json::to_string(&Detail { not_offered: Method::PoleCut }).unwrap();
        let english = sentence(&detail, &voice(Language::En)).unwrap();
        assert!(english.contains("does not offer: “") && english.contains("The work counts."), "{english}");
        assert!(sentence(&detail, &voice(Language::Es)).unwrap().contains("no ofrece: “"));
        assert_eq!(sentence("{}", &voice(Language::En)), None);
    }
}
