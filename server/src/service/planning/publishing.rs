//! Publishing a plan: what stands in its way by now is left out, and each crew gets its route as a document.

use super::{
    super::{
        ServiceError,
        authorise::{Action, Actor},
        idempotency::{Answer, Once},
        part_paid, payments,
        recording::Folding,
        releasing,
        spreading::{self, Spread, Word},
        utility,
    },
    LOCK, building, closed,
    dossier::Dossier,
    giving, handed_over, losing,
    moved::{self, Saying},
    on_routes, over,
    overtaken::Overtaken,
    standing_on, stored, to_json,
};
use crate::{
    config::{Config, PERMIT_MINUTES},
    planning::{
        detour::RANK_STEP,
        documents::{self as cards, Sight, Stop},
        plan::{Plan, PlanLeftOut, PlanRoute, PlanState},
        ruled::Ruled,
        standing::Standing,
    },
    policy::zone::compiled_between,
    state::AppState,
    store::{
        StoreError, Work, audit,
        crews::{self, CrewRow},
        devices,
        documents::{self, NewChange, NewRoute},
        facts, feed,
        orders::{self, OrderRow},
        plans, routes, settings,
    },
};
use automerge::ActorId;
use chrono::{Days, NaiveDate};
use curbstop_shared::{
    cut_hours::CutHours,
    facts::Home,
    go_code::{GoKey, KEY_BYTES},
    ids::{LineId, OrderId, RouteId},
    ordered::Map,
    policy::{Window, Zone},
    route_document::{Closed, PublishedOrder, RouteDocument, RouteHeader},
    time::Micros,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// "yes" where the utility lets its own crews see what is owed.
const CREWS_SEE_AMOUNTS: &str = "crews_see_amounts";

/// Publishes a plan, once. A crew that has a route for the day gets the next generation of it. Publishing what is
/// out already gives what was published. Where `take_off` is said, only those stops of crews that are still to do may
/// become nobody's whose order numbers it names.
///
/// # Errors
/// 404 `plan_unknown`; 409 `plan_building`, `plan_listing_withdrawn`, `crew_out`, `plan_overtaken`, `plan_takes_off`,
/// `crew_changed`, `day_over`.
pub async fn publish(
    state: &AppState,
    actor: &Actor,
    once: &Once,
    id: Uuid,
    take_off: Option<&BTreeSet<String>>,
) -> Result<Answer, ServiceError> {
    actor.may(Action::Publish)?;
    if state.plan_searches.so_far(id).is_some() {
        let detail =
            "This plan is still being built. Publish it when it is there, or end its search with /plans/{id}/stop.";
        return Err(ServiceError::conflict("plan_building", detail));
    }
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    work.lock(LOCK).await?;
    work.lock(releasing::LOCK).await?;
    let mut plan = stored(&mut work, id).await?;
    if plan.state == PlanState::Published {
        return Answer::ok(&plan);
    }
    let now = state.now();
    let folding = utility::folding(state, now);
    building::not_over(plan.date, folding.today)?;
    if let Some(why) = Overtaken::of(&mut work, &plan).await? {
        return Err(why.refusal(&plan));
    }
    let before = moved::standing_before(&mut work, &plan).await?;
    let handed_over = handed_over::to_latest(&mut work, actor, &plan, now).await?;
    let words = payments::weighed_again(state, &mut work, &handed_over, &folding, now).await?;
    let paid = spreading::spread(state, &mut work, &words, &folding, now).await?;
    let accounts = handed_over::accounts(&mut work, &handed_over).await?;
    let fresh = still_to_do(state, &mut work, &mut plan).await?;
    plan.taken_off = losing::check(&mut work, &plan, take_off).await?;
    let mut published = Vec::new();
    for route in std::mem::take(&mut plan.routes) {
        published.push(publish_route(state, &mut work, actor, &plan, &fresh, route, now).await?);
    }
    plan.routes = published;
    let saying = Saying { by: actor.person(), at: now };
    let recalled = moved::recall(state, &mut work, &before, &plan, &folding, saying).await?;
    let carried = carry_over(state, &mut work, &plan.routes, &folding, now).await?;
    for account in accounts {
        part_paid::look_at(state, &mut work, &account, None, &folding, now).await?;
    }
    plan.state = PlanState::Published;
    plans::set_published(&mut work, id, &to_json(&plan)?, now).await?;
    let details = serde_json::json!({
        "date": plan.date,
        "routes": plan.routes.iter().filter_map(|route| route.route_id).collect::<Vec<_>>(),
        "left_out": plan.left_out.len(),
    });
    audit::append(&mut work, now, &actor.name(), "plan_published", &id.to_string(), &details).await?;
    let answer = once.commit(state, work, actor, Answer::created(&plan)?).await?;
    paid.announce(state);
    recalled.announce(state);
    carried.announce(state);
    Ok(answer)
}

/// A crew of a plan that has no tablet in service: its route reaches nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithoutTablet {
    /// What it is called.
    pub crew_name: String,
    /// Stops that it would have.
    pub stops: usize,
}

/// The crews of a plan with stops and without a tablet in service.
///
/// # Errors
/// When the store fails.
pub async fn without_tablet(state: &AppState, plan: &Plan) -> Result<Vec<WithoutTablet>, ServiceError> {
    let mut conn = state.store.reader().await?;
    let mut without = Vec::new();
    for route in plan.routes.iter().filter(|route| !route.stops.is_empty()) {
        if devices::of_crew(&mut conn, route.crew_id).await?.is_empty() {
            without.push(WithoutTablet { crew_name: route.crew_name.clone(), stops: route.stops.len() });
        }
    }
    Ok(without)
}

/// Releases and holds that an order has already go into the new document too: the order may stand on it because they
/// cover only some of its lines.
async fn carry_over(
    state: &AppState,
    work: &mut Work,
    published: &[PlanRoute],
    folding: &Folding,
    now: Micros,
) -> Result<Spread, ServiceError> {
    let mut words = Vec::new();
    for stop in published.iter().flat_map(|route| &route.stops) {
        for row in facts::of_order(work, stop.order_id).await? {
            let carried = row.kind.starts_with("release") || row.kind.starts_with("hold");
            if !carried {
                continue;
            }
            let home = row
                .home_doc
                .map(RouteId)
                .zip(row.home_change.as_deref())
                .map(|(doc, change)| Home { doc, change: change.iter().map(|byte| format!("{byte:02x}")).collect() });
            words.push(Word { order: stop.order_id, facts: vec![row.fact()?], home });
        }
    }
    spreading::spread(state, work, &words, folding, now).await
}

/// The orders of a plan as they are now, with what is on file about them.
struct Fresh {
    orders: BTreeMap<OrderId, (OrderRow, Vec<orders::LineRow>)>,
    /// How what the reconnects among them turn on was turned off.
    closed: BTreeMap<OrderId, Map<LineId, Closed>>,
    /// When the cuts among them may begin, where the rules say so.
    hours: BTreeMap<OrderId, CutHours>,
    /// On data of what age they may begin, in minutes, where the rules say so.
    permits: BTreeMap<OrderId, i64>,
    dossier: Dossier,
}

/// Reads every order of the plan again; those that somebody paid for, held, did or sent out meanwhile move from their
/// route to what is left out.
async fn still_to_do(state: &AppState, work: &mut Work, plan: &mut Plan) -> Result<Fresh, ServiceError> {
    let mut rows = Vec::new();
    for stop in plan.routes.iter().flat_map(|route| &route.stops) {
        let row = orders::by_id(work, stop.order_id).await?;
        rows.push(row.ok_or_else(|| {
            StoreError::inconsistent("plans", "body", plan.id, format!("order {} is not there", stop.order_id))
        })?);
    }
    let dossier = Dossier::of_orders(state, work, &rows).await?;
    let crews: BTreeSet<_> = plan.routes.iter().map(|route| route.crew_id).collect();
    let today = utility::folding(state, state.now()).today;
    let elsewhere = on_routes(work, today, plan.date, &crews).await?.elsewhere;
    let approved: BTreeSet<&str> = plan.approved_accounts.iter().map(String::as_str).collect();
    let (before, after) = (plan.date - Days::new(1), plan.date + Days::new(2));
    let zone = compiled_between(state.config.time_zone, before, after);
    let mut fresh = Fresh {
        orders: BTreeMap::new(),
        closed: BTreeMap::new(),
        hours: BTreeMap::new(),
        permits: BTreeMap::new(),
        dossier,
    };
    let mut gone: BTreeMap<OrderId, Standing> = BTreeMap::new();
    for row in rows {
        let id = OrderId(row.id);
        let lines = orders::lines(work, id).await?;
        let mut why = over(state, work, &row, plan.date).await?;
        if let Some(on) = elsewhere.get(&id) {
            why = Some(standing_on(on)?);
        } else if why.is_none() {
            why = fresh.dossier.standing_of(&row, &lines, approved.contains(row.account.as_str()), plan.date)?;
        }
        match why {
            Some(why) => {
                gone.insert(id, why);
            }
            None => {
                fresh.closed.insert(id, closed::of(work, &row, today).await?);
                let is_approved = approved.contains(row.account.as_str());
                let ruled = fresh.dossier.hours_of(&row, &lines, is_approved, plan.date)?;
                fresh.hours.extend(cut_hours(&zone, plan.date, ruled).map(|hours| (id, hours)));
                fresh
                    .permits
                    .extend(fresh.dossier.permit_minutes(&row, &lines, plan.date)?.map(|minutes| (id, minutes)));
            }
        }
        fresh.orders.insert(id, (row, lines));
    }
    for route in &mut plan.routes {
        route.stops.retain(|stop| {
            let Some(why) = gone.remove(&stop.order_id) else { return true };
            let order = Some((stop.order_id, stop.number.clone()));
            plan.left_out.push(PlanLeftOut::standing(order, &stop.account, &stop.address, why));
            plan.fell_away.push(stop.order_id);
            false
        });
    }
    Ok(fresh)
}

/// A day's hours as moments, with what the rule says.
fn cut_hours(zone: &Zone, day: NaiveDate, ruled: Ruled) -> Option<CutHours> {
    let (window, en, es) = match ruled {
        Ruled::Hours { window, else_why: Standing::Rule { en, es, .. } } => (window, en, es),
        // The stop may stand on its route for days: what was asked was this one.
        Ruled::ThatDay => (
            Window::DAY,
            "It was planned for its day only: for another one the utility's rules are asked again.".to_owned(),
            "Se planeó solo para su día: para otro se vuelve a ver qué dicen las reglas.".to_owned(),
        ),
        Ruled::Hours { .. } | Ruled::Open | Ruled::Out(_) | Ruled::Waits(_) => return None,
    };
    Some(CutHours { from: zone.moment(window.from.on(day)), until: zone.moment(window.until.on(day)), en, es })
}

async fn publish_route(
    state: &AppState,
    work: &mut Work,
    actor: &Actor,
    plan: &Plan,
    fresh: &Fresh,
    route: PlanRoute,
    now: Micros,
) -> Result<PlanRoute, ServiceError> {
    let date = plan.date.to_string();
    let before = documents::last_generation(work, route.crew_id, &date).await?;
    // Nothing to do and nothing to replace. An empty next generation does say something: the day was taken back.
    if route.stops.is_empty() && before == 0 {
        return Ok(route);
    }
    let crew = crews::by_id(work, route.crew_id).await?;
    let crew = crew.ok_or_else(|| StoreError::inconsistent("plans", "body", plan.id, "a crew is gone"))?;
    for (row, lines) in route.stops.iter().filter_map(|stop| fresh.orders.get(&stop.order_id)) {
        if !crew.active || giving::may_have(&crew, row, lines).is_err() {
            return Err(crew_changed(&crew, row));
        }
    }
    let sight = sight(work, &crew).await?;
    let id = RouteId(state.new_id());
    let header = RouteHeader {
        id,
        crew: route.crew_id,
        crew_name: crew.name,
        date: plan.date,
        generation: before + 1,
        published_at: now,
        published_by: actor.person(),
        permit_minutes: permit_minutes(state, fresh, &route),
        time_zone: state.config.time_zone.name().to_owned(),
        dispatch_phone: state.config.dispatch_phone.clone(),
        go_key: Some(go_key(state).written()),
    };
    let stops = published_orders(&state.config, fresh, &route, sight)?;
    let new = NewRoute {
        id,
        crew: route.crew_id,
        date: date.clone(),
        generation: header.generation,
        permit_minutes: header.permit_minutes,
        plan: Some(plan.id),
        published_by: actor.person().map(|person| person.0),
        orders: stops.iter().map(|order| (order.id, order.rank)).collect(),
        cut_hours: stops.iter().filter_map(|order| Some((order.id, order.cut_hours.clone()?))).collect(),
    };
    store_document(state, work, &new, &header, &stops, now).await?;
    routes::take_off_older(work, route.crew_id, &date, header.generation, now).await?;
    Ok(PlanRoute { route_id: Some(id), generation: Some(header.generation), ..route })
}

/// Minutes for which a cut may begin on data of that age: as somebody has set it, else the least that the rules say of
/// any of the route's stops on its day.
fn permit_minutes(state: &AppState, fresh: &Fresh, route: &PlanRoute) -> i64 {
    let ruled = || route.stops.iter().filter_map(|stop| fresh.permits.get(&stop.order_id)).min().copied();
    state.config.permit_minutes.or_else(ruled).unwrap_or(PERMIT_MINUTES)
}

/// By what the go-codes of a new route are made.
fn go_key(state: &AppState) -> GoKey {
    let mut bytes = [0; KEY_BYTES];
    state.ids.fill(&mut bytes);
    GoKey::new(bytes)
}

/// Somebody said after the plan was built that the crew rides no longer, or works on something else.
fn crew_changed(crew: &CrewRow, row: &OrderRow) -> ServiceError {
    let detail = format!(
        "{} may not do {} any more: somebody changed what is said of that crew after this plan was built. Nothing was \
         published: build the day again.",
        crew.name, row.number
    );
    ServiceError::conflict("crew_changed", detail)
}

/// What a crew's route may show it.
pub(super) async fn sight(work: &mut Work, crew: &CrewRow) -> Result<Sight, ServiceError> {
    if crew.kind != "own" {
        return Ok(Sight::CONTRACTOR);
    }
    let amounts = settings::get(work, CREWS_SEE_AMOUNTS).await?.as_deref() == Some("yes");
    Ok(Sight { amounts, ..Sight::OWN_CREW })
}

/// An order as it goes into a crew's route.
pub(super) fn card(
    config: &Config,
    dossier: &Dossier,
    (order, lines): (&OrderRow, &[orders::LineRow]),
    rank: i64,
    sight: Sight,
) -> Result<PublishedOrder, ServiceError> {
    let unknown = |e| StoreError::inconsistent("orders", "kind", order.id, e);
    let asked = config.asked_for(order.kind.parse().map_err(unknown)?);
    let premise = dossier.premise(&order.premise);
    let customer = dossier.customer(&order.account);
    let (meters, read_at_cut) = (dossier.meters(), dossier.read_at_cut(order.id));
    let stop = Stop { order, lines, premise: &premise, meters, customer: &customer, asked, read_at_cut };
    Ok(cards::published(stop, rank, sight).map_err(unknown)?)
}

fn published_orders(
    config: &Config,
    fresh: &Fresh,
    route: &PlanRoute,
    sight: Sight,
) -> Result<Vec<PublishedOrder>, ServiceError> {
    let stops = route.stops.iter().filter_map(|stop| fresh.orders.get(&stop.order_id));
    let ranked = (1_i64..).map(|n| n * RANK_STEP).zip(stops);
    let told = ranked.map(|(rank, (order, lines))| {
        let card = card(config, &fresh.dossier, (order, lines.as_slice()), rank, sight)?;
        let how = fresh.closed.get(&card.id).cloned().unwrap_or_default();
        let cut_hours = fresh.hours.get(&card.id).map(CutHours::written);
        Ok(PublishedOrder { cut_hours, ..closed::told(card, how, sight.customer) })
    });
    told.collect()
}

async fn store_document(
    state: &AppState,
    work: &mut Work,
    new: &NewRoute,
    header: &RouteHeader,
    stops: &[PublishedOrder],
    now: Micros,
) -> Result<(), ServiceError> {
    // An actor of its own for each publication: nobody else ever writes with it, on any instance.
    let actor = ActorId::from(*state.new_id().as_bytes());
    let broken = |what: String| ServiceError::Internal(format!("route {}: {what}", new.id));
    let document = RouteDocument::publish(&actor, header, stops).map_err(|e| broken(e.to_string()))?;
    let changes = document.changes_since(&[]).unwrap_or_default();
    let [first] = changes.as_slice() else {
        return Err(broken(format!("published in {} changes instead of one", changes.len())));
    };
    let body = serde_json::json!({ "crew": new.crew });
    let event = feed::append(work, now, "route", &new.id.to_string(), &body).await?;
    let hash = first.hash();
    let change = NewChange {
        hash: &hash.0,
        actor: actor.to_bytes(),
        seq: i64::try_from(first.seq()).unwrap_or(i64::MAX),
        bytes: first.raw_bytes(),
        from: None,
    };
    Ok(documents::insert_route(work, new, &document.save(), &change, now, event.seq).await?)
}
