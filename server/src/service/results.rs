//! Results for the billing system, from the facts.

use super::{
    ServiceError,
    authorship::{Authors, Remark},
    days::Days,
    recording::{self, Folding},
    utility,
};
use crate::{
    export::results::{self, ResultRow, VisitInOrder},
    state::AppState,
    store::{
        Conn, crews, documents,
        facts::{self, FactRow},
        orders, verdict_changes,
    },
};
use curbstop_shared::{
    disposition::{Disposition, OrderHistory, as_corrected, disposition},
    facts::{Fact, FactBody},
    ids::{CrewId, FactId, LineId, OrderId, RouteId},
    ordered::Map,
    time::Micros,
};
use std::collections::{BTreeMap, HashMap, HashSet, btree_map::Entry};

/// Every line of every visit that the server received, whose correction it received, or that was judged otherwise, in a
/// span of time (the end not included), oldest first; those that come again last.
///
/// # Errors
/// When the store fails.
pub async fn between(state: &AppState, from: Micros, to: Micros) -> Result<Vec<ResultRow>, ServiceError> {
    let zone = state.config.time_zone;
    let folding = utility::folding(state, state.now());
    let mut conn = state.store.snapshot().await?;
    let mut visits = facts::visits_between(&mut conn, from, to).await?;
    let mut again = verdict_changes::visits_between(&mut conn, from, to).await?;
    for correction in facts::corrections_between(&mut conn, from, to).await? {
        again.extend(visit_corrected_by(&mut conn, correction).await?);
    }
    let mut known: HashSet<String> = visits.iter().map(|visit| visit.id.clone()).collect();
    visits.extend(again.into_iter().filter(|visit| known.insert(visit.id.clone())));
    let authors = Authors::of(&mut conn).await?;
    let mut crews = BTreeMap::new();
    let mut orders = BTreeMap::new();
    let mut all = Vec::new();
    for visit in visits {
        let told = match orders.entry(visit.order_id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Told::load(&mut conn, OrderId(visit.order_id), &folding).await?),
        };
        let Some(told) = told else { continue };
        let fact = visit.fact()?;
        let Some(FactBody::Visit(body)) = told.counts.get(&fact.id) else { continue };
        let crew = match visit.home_doc {
            Some(doc) => match documents::route(&mut conn, RouteId(doc)).await? {
                Some(route) => crew_name(&mut conn, &mut crews, CrewId(route.crew)).await?,
                None => String::new(),
            },
            None => String::new(),
        };
        let person = visit.by_person.and_then(|id| authors.name(id)).unwrap_or_default().to_owned();
        let signed = authors.remarks(&visit).into_iter().map(Remark::code).collect::<Vec<_>>().join(",");
        let (visited_at, visited_on) = results::moment(Micros(visit.at_us), zone);
        let received_at = results::moment(Micros(visit.received_at_us), zone).0;
        let judged_at = told.judged_at.get(&visit.id).map(|at| results::moment(Micros(*at), zone).0);
        let judged_at = judged_at.unwrap_or_default();
        let common =
            ResultRow { visited_at, visited_on, crew, person, received_at, signed, judged_at, ..told.common() };
        let (parts, corrected) = told.parts_of(&fact.id);
        let visit = VisitInOrder { id: &fact.id, visit: body, parts: &parts, corrected, outcome: &told.outcome };
        all.extend(results::rows(&visit, &common, &|line| told.product_of(line)));
    }
    Ok(all)
}

/// The visit that a correction, or a correction of corrections, is about.
async fn visit_corrected_by(conn: &mut Conn, correction: FactRow) -> Result<Option<FactRow>, ServiceError> {
    let mut at = correction;
    // Each step goes to a fact that was there before; a ring can't come in, but a loop without an end must not hang.
    for _ in 0..CORRECTIONS_DEEP_MAX {
        let next = match at.fact()?.body {
            FactBody::Correction(correction) => correction.corrects,
            FactBody::Visit(_) => return Ok(Some(at)),
            _ => match at.visit.as_deref().and_then(|visit| visit.parse().ok()) {
                Some(visit) => visit,
                None => return Ok(None),
            },
        };
        let Some(found) = facts::by_id(conn, &next).await? else { return Ok(None) };
        at = found;
    }
    Ok(None)
}

/// More corrections of one correction than anybody makes.
const CORRECTIONS_DEEP_MAX: usize = 64;

/// An order as its rows need it: folded once, however many visits it had.
struct Told {
    order: orders::OrderRow,
    lines: Vec<orders::LineRow>,
    history: OrderHistory,
    /// What each fact says after its corrections.
    counts: Map<FactId, FactBody>,
    outcome: Disposition,
    /// When the visits were judged otherwise that were, after they had come in.
    judged_at: HashMap<String, i64>,
}

impl Told {
    async fn load(conn: &mut Conn, id: OrderId, folding: &Folding) -> Result<Option<Self>, ServiceError> {
        let Some(order) = orders::by_id(conn, id).await? else { return Ok(None) };
        let lines = orders::lines(conn, id).await?;
        let history = recording::history(conn, &order, folding.today).await?;
        let outcome = disposition(&history, &folding.policy);
        let counts = as_corrected(&history);
        let judged_at = verdict_changes::of_order(conn, id).await?.into_iter().collect();
        Ok(Some(Self { order, lines, history, counts, outcome, judged_at }))
    }

    fn common(&self) -> ResultRow {
        let order = &self.order;
        ResultRow {
            order: order.number.clone(),
            order_id: order.id.to_string(),
            kind: order.kind.clone(),
            reason: order.reason.clone(),
            account: order.account.clone(),
            premise: order.premise.clone(),
            ..ResultRow::default()
        }
    }

    /// What the facts of a visit say now, and whether that is another thing than was recorded.
    fn parts_of(&self, visit: &FactId) -> (Vec<FactBody>, bool) {
        let of_it = |fact: &&Fact| fact.id == *visit || fact.visit() == Some(visit);
        let says = |fact: &Fact| self.counts.get(&fact.id).filter(|says| **says != fact.body);
        let corrected = self.history.facts.values().filter(of_it).any(|fact| says(fact).is_some());
        let mut facts: Vec<&Fact> = self.history.facts.values().filter(of_it).collect();
        facts.sort_by_key(|fact| fact.header.as_ref().map(|header| header.at));
        (facts.into_iter().filter_map(|fact| self.counts.get(&fact.id)).cloned().collect(), corrected)
    }

    fn product_of(&self, wanted: &LineId) -> Option<(String, Option<String>)> {
        let line = self.lines.iter().find(|line| line.line == wanted.0)?;
        Some((line.product.clone(), line.serial.clone()))
    }
}

async fn crew_name(
    conn: &mut Conn,
    names: &mut BTreeMap<CrewId, String>,
    crew: CrewId,
) -> Result<String, ServiceError> {
    if let Some(name) = names.get(&crew) {
        return Ok(name.clone());
    }
    let name = crews::by_id(conn, crew).await?.map(|crew| crew.name).unwrap_or_default();
    names.insert(crew, name.clone());
    Ok(name)
}

/// As [`between`], for whole days of the utility.
///
/// # Errors
/// When the store fails.
pub async fn of_days(state: &AppState, days: Days) -> Result<Vec<ResultRow>, ServiceError> {
    let (from, to) = days.moments(state.config.time_zone);
    between(state, from, to).await
}
