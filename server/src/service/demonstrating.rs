//! Sets up a made-up utility on its cut-off day, by the same use cases that a real one goes through.

use super::{
    ServiceError,
    authorise::{Actor, Who},
    crews::{self, CrewKind, NewCrew},
    finalising,
    idempotency::{Answer, Once},
    importing::{self, File},
    people::{self, NewPerson},
    planning::{self, NewPlan},
    utility,
};
use crate::{demo::town, import::Kind, state::AppState};
use chrono::NaiveDate;
use curbstop_shared::{
    ids::{CrewId, ListingId},
    vocabulary::{Product, Role},
};
use uuid::Uuid;

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

/// The truck that a tablet of the demo is enrolled for.
///
/// # Errors
/// When the store fails, or the demo was not set up.
pub async fn truck(state: &AppState) -> Result<CrewId, ServiceError> {
    let crews = crews::list(state).await?;
    let truck = crews.iter().find(|crew| crew.name == "Truck 12");
    truck.map(|crew| crew.id).ok_or_else(|| ServiceError::not_found("crew_not_found", "This is not a demo's database."))
}

/// Who dispatches in the demo.
///
/// # Errors
/// When the store fails, or the demo was not set up.
pub async fn dispatcher(state: &AppState) -> Result<Actor, ServiceError> {
    let people = people::list(state).await?;
    let known = people.iter().find(|person| person.login == "dispatcher");
    let known = known.ok_or_else(|| ServiceError::not_found("person_not_found", "This is not a demo's database."))?;
    Ok(Actor { who: Who::Person(known.id), role: Role::Dispatcher, crew: None })
}

/// Sets the utility up where nobody works yet: people, crews, the town, today's listing, a published plan. Says
/// whether it did.
///
/// # Errors
/// When one of the steps is refused.
pub async fn set_up(state: &AppState) -> Result<bool, ServiceError> {
    if !people::list(state).await?.is_empty() {
        return Ok(false);
    }
    let trucks = hire(state).await?;
    let today = utility::day(state.config.time_zone, state.now());
    let day = town::day(SEED, today);
    bring_in(state, Kind::Premises, &day.premises, today).await?;
    bring_in(state, Kind::Holds, &day.holds, today).await?;
    let listing = bring_in(state, Kind::Listing, &day.listing, today).await?;
    publish(state, today, listing, trucks).await?;
    Ok(true)
}

async fn hire(state: &AppState) -> Result<Vec<CrewId>, ServiceError> {
    let mut ids = Vec::new();
    for (name, kind, phone) in [
        ("Truck 12", CrewKind::Own, "555-0112"),
        ("Truck 14", CrewKind::Own, "555-0114"),
        ("Lockwright & Co", CrewKind::Contractor, "555-0190"),
    ] {
        let new = NewCrew {
            name: name.to_owned(),
            kind,
            phone: Some(phone.to_owned()),
            qualifications: vec![Product::Water, Product::Irrigation],
        };
        let mut work = state.store.begin().await?;
        ids.push(crews::insert(state, &mut work, &Actor::SYSTEM, new).await?.id);
        work.commit().await?;
    }
    let crew_of = |login: &str| match login {
        "crew12" => ids.first().copied(),
        "contractor1" => ids.get(2).copied(),
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
    // A second pair of hands on each truck; they sign in on tablets only.
    for (login, name, crew) in [("joe", "Joe Benally", 0), ("ines", "Ines Okafor", 1)] {
        let crew_id = ids.get(crew).copied();
        let new =
            NewPerson { login: login.to_owned(), name: name.to_owned(), role: Role::Crew, password: None, crew_id };
        people::add_now(state, &Actor::SYSTEM, new).await?;
    }
    ids.truncate(2);
    Ok(ids)
}

/// Brings a file in; answers the listing where it is one.
async fn bring_in(
    state: &AppState,
    kind: Kind,
    text: &str,
    today: NaiveDate,
) -> Result<Option<ListingId>, ServiceError> {
    let bytes = text.as_bytes().to_vec().into();
    let file = File { kind, source: "demo".to_owned(), as_of: Some(today), encoding: None, bytes };
    let answer = importing::import(state, &Actor::SYSTEM, None, &file).await?;
    let id = read(&answer)?.pointer("/listing/id").and_then(|id| id.as_str()?.parse().ok());
    Ok(id)
}

async fn publish(
    state: &AppState,
    today: NaiveDate,
    listing: Option<ListingId>,
    crew_ids: Vec<CrewId>,
) -> Result<(), ServiceError> {
    let dispatcher = dispatcher(state).await?;
    let listing = listing.ok_or_else(|| ServiceError::Internal("the demo's listing was not taken in".to_owned()))?;
    finalising::finalise(state, &dispatcher, &once("finalise")?, listing).await?;
    let new =
        NewPlan { date: today, crew_ids, listing_ids: None, shift: Default::default(), approved_accounts: Vec::new() };
    let plan = planning::build(state, &dispatcher, &once("plan")?, new).await?;
    let plan: Option<Uuid> = read(&plan)?["id"].as_str().and_then(|id| id.parse().ok());
    let plan = plan.ok_or_else(|| ServiceError::Internal("the demo's plan has no id".to_owned()))?;
    planning::publish(state, &dispatcher, &once("publish")?, plan).await?;
    Ok(())
}

fn once(step: &str) -> Result<Once, ServiceError> {
    Once::new(&format!("demo-{step}"), "DEMO", step, b"")
}

fn read(answer: &Answer) -> Result<serde_json::Value, ServiceError> {
    serde_json::from_slice(&answer.body).map_err(|bad| ServiceError::Internal(bad.to_string()))
}
