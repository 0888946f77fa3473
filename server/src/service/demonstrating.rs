//! Sets up a made-up utility on its cut-off day, by the same use cases that a real one goes through.

mod exhibits;
mod tablet;
mod truck;
mod yesterday;

use super::{
    ServiceError,
    authorise::{Actor, Who},
    crews::{self, CrewKind, NewCrew},
    finalising,
    idempotency::{Answer, Once},
    importing::{self, File},
    people::{self, NewPerson},
    planning::{self, NewPlan},
    riding, utility,
};
use crate::{
    clock::SettableClock,
    demo::town::{Town, Turn},
    import::Kind,
    state::AppState,
};
use chrono::{Datelike as _, NaiveDate};
use curbstop_shared::{
    ids::{CrewId, ListingId},
    time::Span,
    vocabulary::{Product, Role},
};
use std::sync::Arc;
use uuid::Uuid;
use yesterday::Day;

/// The password of everybody in the demo.
pub const PASSWORD: &str = "curbstop-demo";
/// Who signs in at a desk.
pub const LOGINS: [(&str, &str, Role); 7] = [
    ("admin", "Alex Admin", Role::Admin),
    ("dispatcher", "Dana Dispatch", Role::Dispatcher),
    ("office", "Olga Office", Role::Office),
    ("supervisor", "Sam Supervisor", Role::Supervisor),
    ("auditor", "Avery Audit", Role::Auditor),
    ("crew12", "Maria Reyes", Role::Crew),
    ("contractor1", "Lou Lockwright", Role::Contractor),
];
/// The town is always the same one.
const SEED: u64 = 12;
/// Where the files are from.
const WATER: &str = "demo";
const CABLE: &str = "demo cable";
const ELECTRIC: &str = "demo electric";
/// What the electric office gives to the contractor.
const CONTRACT: &str = "demo electric, contract";

/// The truck that a tablet of the demo is enrolled for.
///
/// # Errors
/// When the store fails, or the demo was not set up.
pub async fn truck(state: &AppState) -> Result<CrewId, ServiceError> {
    let crews = crews::list(state).await?;
    let truck = crews.iter().find(|crew| crew.name == "Truck 12");
    truck.map(|crew| crew.id).ok_or_else(|| ServiceError::not_found("crew_not_found", "This is not a demo's database."))
}

/// The people of Truck 14 and by which PINs they say on its tablet who they are.
pub const PINS: [(&str, &str); 2] = [("Ines Okafor", "4711"), ("Sam Yazzie", "8053")];

/// Whether these people have a PIN in this database: an older demo has none.
///
/// # Errors
/// When the store fails.
pub async fn has_pins(state: &AppState) -> Result<bool, ServiceError> {
    let people = people::list(state).await?;
    Ok(PINS.iter().all(|(name, _)| people.iter().any(|person| person.name == *name && person.pin.is_some())))
}

/// Who dispatches in the demo.
///
/// # Errors
/// When the store fails, or the demo was not set up.
pub async fn dispatcher(state: &AppState) -> Result<Actor, ServiceError> {
    somebody(state, "dispatcher").await
}

async fn somebody(state: &AppState, login: &str) -> Result<Actor, ServiceError> {
    let people = people::list(state).await?;
    let known = people.iter().find(|person| person.login == login);
    let known = known.ok_or_else(|| ServiceError::not_found("person_not_found", "This is not a demo's database."))?;
    Ok(Actor { who: Who::Person(known.id), role: known.role, crew: known.crew_id })
}

/// The crews of the demo.
struct Crews {
    truck_12: CrewId,
    truck_14: CrewId,
    truck_21: CrewId,
    /// Picks up boxes of the cable office.
    truck_23: CrewId,
    /// Locks electric meters.
    truck_31: CrewId,
    /// Locks and unlocks meters for the electric office.
    contractor: CrewId,
}

impl Crews {
    /// Those of the water and the cable office.
    fn of_city(&self) -> Vec<CrewId> {
        vec![self.truck_12, self.truck_14, self.truck_21, self.truck_23]
    }
}

/// Sets the utility up where nobody works yet: people, crews, the town, its last working day as it went, today's listing
/// and published routes. Says whether it did.
///
/// # Errors
/// When one of the steps is refused.
pub async fn set_up(state: &AppState) -> Result<bool, ServiceError> {
    if !people::list(state).await?.is_empty() {
        return Ok(false);
    }
    let state = &AppState { plan_searches: planning::PlanSearches::for_show(), ..state.clone() };
    let today = utility::day(state.config.time_zone, state.now());
    let town = Town::new(SEED);
    let date = last_working_day(today);
    let begins = utility::start_of(state.config.time_zone, date);
    let clock = SettableClock::at(begins + Span::minutes(6 * 60 + 30));
    let past = AppState { clock: Arc::new(clock.clone()), ..state.clone() };
    let crews = hire(&past).await?;
    let day = Day {
        past: &past,
        clock: &clock,
        begins,
        date,
        dispatcher: somebody(state, "dispatcher").await?,
        office: somebody(state, "office").await?,
        supervisor: somebody(state, "supervisor").await?,
    };
    bring_in(&past, Kind::Premises, &town.premises(date), date).await?;
    Box::pin(goes_out(&past, &town, Turn::Yesterday, date, &crews)).await?;
    let tablets = Box::pin(yesterday::happens(&day, &crews)).await?;
    Box::pin(goes_out(state, &town, Turn::Today, today, &crews)).await?;
    for mut tablet in tablets {
        // The second time it says that it has what the first brought.
        tablet.syncs(state).await?;
        tablet.syncs(state).await?;
    }
    Ok(true)
}

/// Nobody is cut off on a weekend.
fn last_working_day(today: NaiveDate) -> NaiveDate {
    let before = today.iter_days().rev().skip(1);
    before.into_iter().find(|day| day.weekday().num_days_from_monday() < 5).unwrap_or(today)
}

/// A day's files come in, and its routes go out.
async fn goes_out(
    state: &AppState,
    town: &Town,
    turn: Turn,
    date: NaiveDate,
    crews: &Crews,
) -> Result<(), ServiceError> {
    bring_in(state, Kind::Holds, &town.holds(turn, date), date).await?;
    let cuts = bring_in(state, Kind::Listing, &town.listing(turn, date), date).await?;
    let pickups = bring_file_in(state, Kind::Listing, CABLE, &town.pickups(turn, date), date).await?;
    let locks = bring_file_in(state, Kind::Listing, ELECTRIC, &town.disconnects(turn, date), date).await?;
    if turn == Turn::Today {
        // First of all: what is to be unlocked goes with it.
        let list = town.disconnects_for_contractor(date);
        let contract = bring_file_in(state, Kind::Listing, CONTRACT, &list, date).await?;
        publish(state, date, vec![contract], vec![crews.contractor]).await?;
    }
    // Each office plans its own crews.
    publish(state, date, vec![locks], vec![crews.truck_31]).await?;
    publish(state, date, vec![cuts, pickups], crews.of_city()).await
}

async fn hire(state: &AppState) -> Result<Crews, ServiceError> {
    let mut ids = Vec::new();
    let water: &[Product] = &[Product::Water, Product::Irrigation];
    let electric: &[Product] = &[Product::Electric];
    for (name, kind, phone, does) in [
        ("Truck 12", CrewKind::Own, "555-0112", water),
        ("Truck 14", CrewKind::Own, "555-0114", water),
        ("Truck 21", CrewKind::Own, "555-0121", water),
        ("Truck 23", CrewKind::Own, "555-0123", &[Product::Internet, Product::Video]),
        ("Lockwright & Co", CrewKind::Contractor, "555-0190", electric),
        ("Truck 31", CrewKind::Own, "555-0131", electric),
    ] {
        let new = NewCrew { name: name.to_owned(), kind, phone: Some(phone.to_owned()), qualifications: does.to_vec() };
        let mut work = state.store.begin().await?;
        ids.push(crews::insert(state, &mut work, &Actor::SYSTEM, new).await?.id);
        work.commit().await?;
    }
    let crew_of = |login: &str| match login {
        "crew12" => ids.first().copied(),
        "contractor1" => ids.get(4).copied(),
        _ => None,
    };
    for (login, name, role) in LOGINS {
        let person = NewPerson {
            login: login.to_owned(),
            name: name.to_owned(),
            role,
            password: Some(PASSWORD.to_owned()),
            crew_id: crew_of(login),
        };
        people::add_now(state, &Actor::SYSTEM, person).await?;
    }
    // They sign in on tablets only.
    for (login, name, crew) in [
        ("joe", "Joe Benally", 0),
        ("ines", "Ines Okafor", 1),
        ("sam", "Sam Yazzie", 1),
        ("raul", "Raul Whitehorse", 2),
        ("dee", "Dee Castellan", 3),
        ("walt", "Walt Ferris", 5),
    ] {
        let crew_id = ids.get(crew).copied();
        let new =
            NewPerson { login: login.to_owned(), name: name.to_owned(), role: Role::Crew, password: None, crew_id };
        let person = people::add_now(state, &Actor::SYSTEM, new).await?;
        if let Some((_, pin)) = PINS.iter().find(|(of, _)| *of == name) {
            riding::set_pin(state, &Actor::SYSTEM, person.id, pin).await?;
        }
    }
    let [truck_12, truck_14, truck_21, truck_23, contractor, truck_31] = ids[..] else {
        return Err(ServiceError::Internal("the demo's crews were not all hired".to_owned()));
    };
    Ok(Crews { truck_12, truck_14, truck_21, truck_23, truck_31, contractor })
}

async fn bring_in(
    state: &AppState,
    kind: Kind,
    text: &str,
    as_of: NaiveDate,
) -> Result<Option<ListingId>, ServiceError> {
    bring_file_in(state, kind, WATER, text, as_of).await
}

/// Brings a file in; answers the listing where it is one.
async fn bring_file_in(
    state: &AppState,
    kind: Kind,
    source: &str,
    text: &str,
    as_of: NaiveDate,
) -> Result<Option<ListingId>, ServiceError> {
    let bytes = text.as_bytes().to_vec().into();
    let file = File { kind, source: source.to_owned(), as_of: Some(as_of), encoding: None, bytes };
    let answer = importing::import(state, &Actor::SYSTEM, None, &file).await?;
    let id = read(&answer)?.pointer("/listing/id").and_then(|id| id.as_str()?.parse().ok());
    Ok(id)
}

async fn publish(
    state: &AppState,
    date: NaiveDate,
    listings: Vec<Option<ListingId>>,
    crew_ids: Vec<CrewId>,
) -> Result<(), ServiceError> {
    let dispatcher = dispatcher(state).await?;
    let mut listing_ids = Vec::new();
    for listing in listings {
        let listing = listing.ok_or_else(|| ServiceError::Internal("a listing of the demo was not taken in".into()))?;
        finalising::finalise(state, &dispatcher, &once(&format!("finalise-{listing}"))?, listing).await?;
        listing_ids.push(listing);
    }
    let whose: Vec<String> = listing_ids.iter().map(ToString::to_string).collect();
    let listing_ids = Some(listing_ids);
    let new = NewPlan {
        date,
        crew_ids,
        listing_ids,
        shift: Default::default(),
        approved_accounts: Vec::new(),
        search_s: None,
        background: false,
    };
    let plan =
        planning::build(state, &dispatcher, &once(&format!("plan-{}", whose.first().map_or("", String::as_str)))?, new)
            .await?;
    let plan: Option<Uuid> = read(&plan)?["id"].as_str().and_then(|id| id.parse().ok());
    let plan = plan.ok_or_else(|| ServiceError::Internal("the demo's plan has no id".to_owned()))?;
    planning::publish(state, &dispatcher, &once(&format!("publish-{plan}"))?, plan, None).await?;
    Ok(())
}

fn once(step: &str) -> Result<Once, ServiceError> {
    Once::new(&format!("demo-{step}"), "DEMO", step, b"")
}

fn read(answer: &Answer) -> Result<serde_json::Value, ServiceError> {
    serde_json::from_slice(&answer.body).map_err(|bad| ServiceError::Internal(bad.to_string()))
}
