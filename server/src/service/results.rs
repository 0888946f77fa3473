//! Results for the billing system, from the facts.

use super::{ServiceError, recording, utility};
use crate::{
    export::results::{self, ResultRow, VisitInOrder},
    state::AppState,
    store::{crews, documents, facts, orders, people},
};
use curbstop_shared::{
    disposition::disposition,
    facts::FactBody,
    ids::{CrewId, LineId, OrderId, PersonId, RouteId},
    time::Micros,
};
use std::collections::BTreeMap;

/// Every line of every visit that the server received in a span of time (the end not included), oldest first.
///
/// # Errors
/// When the store fails.
pub async fn between(state: &AppState, from: Micros, to: Micros) -> Result<Vec<ResultRow>, ServiceError> {
    let zone = state.config.time_zone;
    let folding = utility::folding(state, state.now());
    let mut conn = state.store.snapshot().await?;
    let mut names: BTreeMap<CrewId, String> = BTreeMap::new();
    let mut all = Vec::new();
    for visit in facts::visits_between(&mut conn, from, to).await? {
        let Some(order) = orders::by_id(&mut conn, OrderId(visit.order_id)).await? else { continue };
        let fact = visit.fact()?;
        let FactBody::Visit(body) = &fact.body else { continue };
        let outcome = disposition(&recording::history(&mut conn, &order, folding.today).await?, &folding.policy);
        let mut parts = Vec::new();
        for row in facts::of_order(&mut conn, OrderId(order.id)).await? {
            if row.visit.as_deref() == Some(visit.id.as_str()) {
                parts.push(row.fact()?.body);
            }
        }
        let lines = orders::lines(&mut conn, OrderId(order.id)).await?;
        let (visited_at, visited_on) = results::moment(Micros(visit.at_us), zone);
        let crew = match visit.home_doc {
            Some(doc) => match documents::route(&mut conn, RouteId(doc)).await? {
                Some(route) => crew_name(&mut conn, &mut names, CrewId(route.crew)).await?,
                None => String::new(),
            },
            None => String::new(),
        };
        let person = match visit.by_person {
            Some(id) => people::by_id(&mut conn, PersonId(id)).await?.map(|person| person.name).unwrap_or_default(),
            None => String::new(),
        };
        let common = ResultRow {
            order: order.number,
            order_id: order.id.to_string(),
            kind: order.kind,
            reason: order.reason,
            account: order.account,
            premise: order.premise,
            visited_at,
            visited_on,
            crew,
            person,
            received_at: results::moment(Micros(visit.received_at_us), zone).0,
            ..ResultRow::default()
        };
        let product_of = |wanted: &LineId| {
            lines.iter().find(|line| line.line == wanted.0).map(|line| (line.product.clone(), line.serial.clone()))
        };
        let visit = VisitInOrder { id: &fact.id, visit: body, parts: &parts, outcome: &outcome };
        all.extend(results::rows(&visit, &common, &product_of));
    }
    Ok(all)
}

async fn crew_name(
    conn: &mut crate::store::Conn,
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

/// As [`between`], for whole days of the utility, both included.
///
/// # Errors
/// 422 `days_reversed`, or when the store fails.
pub async fn of_days(
    state: &AppState,
    from: chrono::NaiveDate,
    to: chrono::NaiveDate,
) -> Result<Vec<ResultRow>, ServiceError> {
    if to < from {
        return Err(ServiceError::invalid("days_reversed", "to: lies before from. Swap the two days."));
    }
    let zone = state.config.time_zone;
    let end = to.succ_opt().unwrap_or(to);
    between(state, utility::start_of(zone, from), utility::start_of(zone, end)).await
}
