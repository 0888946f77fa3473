//! `/dispatch/people`: who rides with which crew, and the PINs by which they say on its tablets who they are.

use super::{
    frame::{Desk, Frame},
    go_to, html, refused, say,
};
use crate::{
    http::{extract::Form, problem::Problem},
    service::{
        ServiceError,
        authorise::Action,
        crews::{self, Crew},
        people::{self, Person},
        riding,
    },
    state::AppState,
};
use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use curbstop_shared::{
    ids::{CrewId, PersonId},
    pin::Pin,
    vocabulary::Role,
};
use serde::Deserialize;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/dispatch/people", get(all))
        .route("/dispatch/people/{id}/pin", post(set_pin))
        .route("/dispatch/people/{id}/pin/clear", post(clear_pin))
        .route("/dispatch/people/join", post(join))
        .route("/dispatch/people/{id}/leave", post(leave))
}

#[derive(Template)]
#[template(path = "people.html")]
struct Page {
    f: Frame,
    crews: Vec<OfCrew>,
    /// Those who may ride with a crew and don't.
    without: Vec<Person>,
}

/// A crew with the people who ride with it.
struct OfCrew {
    crew: Crew,
    riders: Vec<Person>,
    /// Who else may be asked to ride with it.
    others: Vec<Person>,
    /// How many of them have a PIN.
    pins: usize,
}

impl Page {
    /// The other crews that somebody rides with, by name.
    fn also(&self, person: &Person, here: &Crew) -> String {
        let others = self.crews.iter().filter(|of| of.crew.id != here.id && person.crew_ids.contains(&of.crew.id));
        others.map(|of| of.crew.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// Whoever works at a desk has no tablet to say who they are on.
const fn may_ride(person: &Person) -> bool {
    matches!(person.role, Role::Crew | Role::Contractor)
}

async fn all(State(state): State<AppState>, desk: Desk) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeePeople) {
        return Ok(*refused);
    }
    let people: Vec<Person> = people::list(&state).await?.into_iter().filter(|person| person.active).collect();
    let of_crew = |crew: Crew| {
        let (riders, others): (Vec<_>, Vec<_>) =
            people.iter().cloned().partition(|person| person.crew_ids.contains(&crew.id));
        let pins = riders.iter().filter(|person| person.pin.is_some()).count();
        OfCrew { crew, riders, others: others.into_iter().filter(may_ride).collect(), pins }
    };
    let crews = crews::list(&state).await?.into_iter().filter(|crew| crew.active).map(of_crew).collect();
    let without = people.iter().filter(|person| person.crew_ids.is_empty() && may_ride(person)).cloned().collect();
    html(&Page { f: desk.frame, crews, without })
}

#[derive(Deserialize)]
struct NewPin {
    pin: String,
}

async fn set_pin(
    State(state): State<AppState>,
    desk: Desk,
    Path(id): Path<PersonId>,
    Form(NewPin { pin }): Form<NewPin>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SetRiders) {
        return Ok(*refused);
    }
    if let Err(bad) = Pin::parse(&pin) {
        let sentence = bad.sentence(desk.frame.voice.language).to_owned();
        return say(desk.frame, StatusCode::UNPROCESSABLE_ENTITY, sentence);
    }
    let done = riding::set_pin(&state, &desk.actor, id, &pin).await;
    back(desk, done)
}

async fn clear_pin(State(state): State<AppState>, desk: Desk, Path(id): Path<PersonId>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SetRiders) {
        return Ok(*refused);
    }
    let done = riding::clear_pin(&state, &desk.actor, id).await;
    back(desk, done)
}

#[derive(Deserialize)]
struct Joins {
    person: PersonId,
    crew: CrewId,
}

async fn join(
    State(state): State<AppState>,
    desk: Desk,
    Form(Joins { person, crew }): Form<Joins>,
) -> Result<Response, Problem> {
    rides(&state, desk, person, |crews| crews.push(crew)).await
}

#[derive(Deserialize)]
struct WithCrew {
    crew: CrewId,
}

async fn leave(
    State(state): State<AppState>,
    desk: Desk,
    Path(id): Path<PersonId>,
    Form(WithCrew { crew }): Form<WithCrew>,
) -> Result<Response, Problem> {
    rides(&state, desk, id, |crews| crews.retain(|other| *other != crew)).await
}

/// Changes with whom somebody rides; the usual crew stays the first.
async fn rides(
    state: &AppState,
    desk: Desk,
    id: PersonId,
    change: impl FnOnce(&mut Vec<CrewId>),
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SetRiders) {
        return Ok(*refused);
    }
    let before = people::list(state).await?.into_iter().find(|person| person.id == id);
    let (usual, rides) = before.map(|person| (person.crew_id, person.crew_ids)).unwrap_or_default();
    let others = rides.iter().copied().filter(|crew| Some(*crew) != usual);
    let mut crews: Vec<CrewId> = usual.filter(|usual| rides.contains(usual)).into_iter().chain(others).collect();
    change(&mut crews);
    crews.dedup();
    let done = riding::set_crews(state, &desk.actor, id, &crews).await;
    back(desk, done)
}

fn back(desk: Desk, done: Result<Person, ServiceError>) -> Result<Response, Problem> {
    match done {
        Ok(_) => Ok(go_to("/dispatch/people", desk.frame.fragment)),
        Err(bad) => refused(desk.frame, bad),
    }
}
