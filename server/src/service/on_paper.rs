//! A visit is keyed in from a paper route sheet: the crew had no tablet, and what it did is told at a desk.
//!
//! The facts are those of any visit, with the crew's person as their author. They go into the route's document on top of
//! what the paper carried, the order as it was published: nobody on paper could know of a later payment, so a cut that
//! crossed one is `cut_crossed_release` and never `cut_despite_release`.

mod asked;
mod facts_of;
mod filled;

pub use filled::{LineDone, PaperVisit, deeds};

use super::{
    ServiceError,
    authorise::{Action, Actor},
    carrying,
    idempotency::{Answer, Once},
    into_route::{self, LetIn},
    recording::state_code,
    spreading, utility,
    voice::Voice,
};
use crate::{
    shape::Shape,
    state::AppState,
    store::{
        Conn, Work, audit, crews, documents, documents::RouteRow, facts, keyed_in, orders, orders::OrderRow, people,
        routes,
    },
    sync::documents::{DocumentsError, Loaded},
};
use automerge::ActorId;
use curbstop_shared::{
    disposition::Disposition,
    ids::{CrewId, FactId, OrderId, PersonId, RouteId},
    route_document::{PublishedOrder, RouteHeader},
    sync::gate::AdmittedChange,
    time::Micros,
    vocabulary::{ExceptionKind, OrderKind},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What became of a visit that was keyed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "VisitKeyedIn")]
pub struct KeyedIn {
    /// The visit.
    #[schemars(with = "Shape<FactId>")]
    pub visit: FactId,
    /// The order's number.
    pub order: String,
    /// The account.
    #[serde(default)]
    pub account: String,
    /// Where the order stands now.
    pub state: String,
    /// Orders that give service back because of it.
    pub reconnects: Vec<String>,
    /// What needs a person at this order now.
    #[schemars(with = "Vec<Shape<ExceptionKind>>")]
    pub needs_a_person: Vec<ExceptionKind>,
}

/// What somebody at a desk has before him when he keys a visit in.
#[derive(Debug)]
pub struct PaperForm {
    /// The crew and its day.
    pub route: RouteHeader,
    /// The stop as it is on the sheet.
    pub order: PublishedOrder,
    /// Who rides with the crew, or did.
    pub people: Vec<(PersonId, String)>,
    /// It was turned off: it may have been turned on again.
    pub was_cut: bool,
    /// The visits that are recorded already, in words.
    pub visits: Vec<String>,
}

/// A route's sheet with one of its orders.
struct Sheet {
    loaded: Loaded,
    crew: CrewId,
    header: RouteHeader,
    order: PublishedOrder,
    row: OrderRow,
    /// Since when the order was there to be done.
    since: Micros,
    people: BTreeMap<PersonId, String>,
    /// Somebody recorded that it was turned off.
    was_cut: bool,
}

/// What the form of one stop is made of.
///
/// # Errors
/// 404 `order_unknown`, 409 `never_on_this_route`.
pub async fn form(state: &AppState, route: RouteId, order: OrderId, voice: &Voice) -> Result<PaperForm, ServiceError> {
    let mut conn = state.store.snapshot().await?;
    let row = orders::by_id(&mut conn, order).await?.ok_or_else(|| order_unknown(voice))?;
    let route = route_of(&mut conn, order, (Some(route), None), voice).await?;
    let loaded = state.documents.load(&mut conn, RouteId(route.id)).await?;
    let sheet = Sheet::read(&mut conn, loaded, &route, row, voice).await?;
    let visits = facts::of_order(&mut conn, order).await?;
    let visits = asked::visits_said(&visits, &sheet.people, voice)?;
    let was_cut = sheet.was_cut;
    Ok(PaperForm {
        was_cut,
        route: sheet.header,
        order: sheet.order,
        people: sheet.people.into_iter().collect(),
        visits,
    })
}

/// Records a visit from paper. `order` is an id or a number.
///
/// # Errors
/// 403 `role_forbids`, 404 `order_unknown`, 409 `never_on_this_route`, and as [`filled::check`]; 409 `confirm_needed`
/// where something is asked first: a visit is recorded already, or a reading looks wrong.
pub async fn key_in(
    state: &AppState,
    actor: &Actor,
    order: &str,
    visit: &PaperVisit,
    once: &Once,
    voice: &Voice,
) -> Result<Answer, ServiceError> {
    actor.may(Action::KeyInVisits)?;
    let now = state.now();
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    let row = orders::by_id_or_number(&mut work, order).await?;
    let row = row.ok_or_else(|| order_unknown(voice))?;
    let order = OrderId(row.id);
    let folding = utility::folding(state, now);
    let at = filled::moment(&visit.at, &folding, now, voice)?;
    let restores = row.kind.parse::<OrderKind>().is_ok_and(OrderKind::is_restore);
    let route = match route_of(&mut work, order, (visit.route, Some(visit.by)), voice).await {
        Err(ServiceError::Refused(refusal)) if restores && visit.route.is_none() => {
            let detail = voice.pick(
                "No crew ever had this order. Service that was given back before it went out is keyed in on the order by which it was turned off.",
                "Ninguna cuadrilla tuvo esta orden. Lo que se reconectó antes de que saliera se captura en la orden con la que se cortó.",
            );
            return Err(ServiceError::conflict(refusal.code, detail));
        }
        found => found?,
    };
    let route = carried_by(&mut work, order, route, at).await?;
    let claims = visit.code.is_some_and(|code| curbstop_shared::facts::claim(code, None).is_some());
    let claimed = if claims { BTreeSet::from([order]) } else { BTreeSet::new() };
    carrying::lock_for(&mut work, claimed, BTreeSet::from([order]), RouteId(route.id)).await?;
    let loaded = state.documents.load_in_work(&mut work, RouteId(route.id)).await?;
    let sheet = Sheet::read(&mut work, loaded, &route, row, voice).await?;
    let filled = filled::check(visit, at, &sheet, &folding, voice)?;
    if !visit.confirmed {
        let recorded = facts::of_order(&mut work, order).await?;
        let questions = asked::questions(&filled, &recorded, &sheet.people, voice)?;
        if !questions.is_empty() {
            return Err(ServiceError::conflict("confirm_needed", questions.join(" ")));
        }
    }
    // Whoever brings a visit on paper goes by paper, and hears of nothing but a call.
    routes::put_on_paper(&mut work, RouteId(route.id), now).await?;
    let keyed = store(state, &mut work, &sheet, &filled, actor, now).await?;
    let answer = once.commit(state, work, actor, Answer::created(&keyed.answer)?).await?;
    state.documents.keep(keyed.stored);
    keyed.spread.announce(state);
    Ok(answer)
}

struct Keyed {
    answer: KeyedIn,
    stored: Loaded,
    spread: spreading::Spread,
}

/// Everything that a tablet's sync would do with it, and who keyed it in.
async fn store(
    state: &AppState,
    work: &mut Work,
    sheet: &Sheet,
    filled: &filled::Filled,
    actor: &Actor,
    now: Micros,
) -> Result<Keyed, ServiceError> {
    let order = sheet.order.id;
    let said = facts_of::facts_of(filled, &sheet.order, || FactId::from_uuid(state.new_id()));
    let visit = said.iter().flatten().next().map(|fact| fact.id.clone());
    let visit = visit.ok_or_else(|| ServiceError::Internal("a visit without facts".to_owned()))?;
    // The paper knew the order as it was put onto the route. Whoever writes has to be somebody new: this server's own
    // last word in the document may be the very release that the paper lacks.
    let route = sheet.loaded.id;
    let carried = sheet.loaded.document.change_of_order(order);
    let carried = carried.ok_or_else(|| ServiceError::Internal(format!("order {order} is not on route {route}")))?;
    let mut pen = [0; 16];
    state.ids.fill(&mut pen);
    let mut document = (*sheet.loaded.document).clone();
    let pen = ActorId::from(pen);
    let mut let_in = Vec::with_capacity(said.len());
    // What this pen wrote before is always known to what it writes next.
    for facts in said {
        let change =
            document.add_facts(&pen, &[carried], &facts).map_err(|bad| DocumentsError::Document(route, bad))?;
        let_in.push(LetIn { change: AdmittedChange { change, facts }, origin: None });
    }
    let folding = utility::folding(state, now);
    let base = (&sheet.loaded, sheet.crew);
    let (stored, spread) = into_route::store(state, work, base, document, &let_in, &folding, now).await?;
    keyed_in::insert(work, &visit, actor.person(), now).await?;

    let mut reconnects = Vec::new();
    for created in &spread.recorded.created {
        reconnects.extend(orders::by_id(work, *created).await?.map(|order| order.number));
    }
    let outcome = spread.recorded.folded.get(&order);
    let needs: BTreeSet<ExceptionKind> =
        outcome.iter().flat_map(|outcome| &outcome.exceptions).map(|exception| exception.kind).collect();
    let answer = KeyedIn {
        visit: visit.clone(),
        order: sheet.row.number.clone(),
        account: sheet.row.account.clone(),
        state: outcome.map_or_else(|| sheet.row.state.clone(), |outcome| state_code(outcome).to_owned()),
        reconnects,
        needs_a_person: needs.into_iter().collect(),
    };
    let details = serde_json::json!({
        "order": sheet.row.number, "route": route, "by": filled.by, "at_us": filled.at.0, "paper": true,
    });
    audit::append(work, now, &actor.name(), "visit_keyed_in", visit.as_str(), &details).await?;
    Ok(Keyed { answer, stored, spread })
}

impl Sheet {
    async fn read(
        conn: &mut Conn,
        loaded: Loaded,
        route: &RouteRow,
        row: OrderRow,
        voice: &Voice,
    ) -> Result<Self, ServiceError> {
        let unreadable = |bad| DocumentsError::Document(loaded.id, bad);
        let header = loaded.document.header().map_err(unreadable)?;
        let mut published = loaded.document.orders().map_err(unreadable)?.into_iter();
        let order = published.find(|order| order.id.0 == row.id).ok_or_else(|| never_on_this_route(voice))?;
        let crew = CrewId(route.crew);
        let riders = crews::with_routes(conn, crew, &route.date, None).await?.people;
        let all = people::all(conn).await?.into_iter();
        let people = all.map(|person| (PersonId(person.id), person.name)).filter(|(id, _)| riders.contains_key(id));
        // Written to the minute, it may stand in the minute in which it came out.
        let since = header.published_at.max(Micros(row.created_at_us));
        let folded: Option<Disposition> = serde_json::from_str(&row.disposition).ok();
        let was_cut = folded.is_some_and(|folded| !folded.cuts.is_empty());
        Ok(Self { was_cut, crew, since, people: people.collect(), header, order, row, loaded })
    }
}

/// The route that is named; else the newest that is open with the order, of the crew with which that person rides where
/// one is.
async fn route_of(
    conn: &mut Conn,
    order: OrderId,
    (named, by): (Option<RouteId>, Option<PersonId>),
    voice: &Voice,
) -> Result<RouteRow, ServiceError> {
    let found = match named {
        Some(route) => documents::route(conn, route).await?,
        None => {
            let mut newest = None;
            for route in documents::routes_of_order(conn, order).await? {
                let riders = crews::with_routes(conn, CrewId(route.crew), &route.date, None).await?.people;
                let rides = by.is_some_and(|by| riders.contains_key(&by));
                let rank = (rides, route.date.clone(), route.published_at_us);
                if newest.as_ref().is_none_or(|(before, _)| *before < rank) {
                    newest = Some((rank, route));
                }
            }
            newest.map(|(_, route)| route)
        }
    };
    found.ok_or_else(|| never_on_this_route(voice))
}

/// The generation of the crew's day whose sheet the crew had with it at a moment. A day that was published again is
/// worked from the older sheet until the newer one is out; before the first there was none to work from.
async fn carried_by(conn: &mut Conn, order: OrderId, route: RouteRow, at: Micros) -> Result<RouteRow, ServiceError> {
    let was_out = |route: &RouteRow| at + filled::MINUTE > Micros(route.published_at_us);
    if was_out(&route) {
        return Ok(route);
    }
    let generations = documents::generations_with(conn, order, CrewId(route.crew), &route.date).await?;
    let carried = generations.iter().rev().find(|older| was_out(older)).or(generations.first()).cloned();
    Ok(carried.unwrap_or(route))
}

fn order_unknown(voice: &Voice) -> ServiceError {
    let detail = voice.pick("No order has this id or number.", "Ninguna orden tiene este id o número.");
    ServiceError::not_found("order_unknown", detail)
}

fn never_on_this_route(voice: &Voice) -> ServiceError {
    let detail = voice.pick(
        "This order never was on that route, so no crew had it on paper. Look at the sheet's date and crew again.",
        "Esta orden nunca estuvo en esa ruta, así que ninguna cuadrilla la tuvo en papel. Revise la fecha y la cuadrilla de la hoja.",
    );
    ServiceError::conflict("never_on_this_route", detail)
}
