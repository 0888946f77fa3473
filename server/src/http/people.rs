//! `/people`.

use super::{
    auth::allow,
    contract::{Calls, delete, get, post, put},
    extract::{Json, OnceJson, Path},
    problem::Problem,
};
use crate::shape::Shape;
use crate::{
    service::{
        authorise::{Action, Actor},
        idempotency::Answer,
        people::{self, NewPerson, Person},
        riding,
    },
    state::AppState,
};
use axum::extract::State;
use curbstop_shared::ids::{CrewId, PersonId};
use serde::{Deserialize, Serialize};

/// The routes of this resource.
pub fn routes() -> Calls {
    let listed = get(list).says("The people who sign in.");
    let added = post(add).says("Adds a person.").gives::<Person>(201).refuses(&[
        (404, "crew_not_found"),
        (409, "login_taken"),
        (422, "login_invalid"),
        (422, "name_invalid"),
        (422, "password_too_short"),
        (422, "password_too_long"),
    ]);
    let pin = put(set_pin).says("Gives a person a PIN for the tablets of their crews, or another one.").refuses(&[
        (404, "person_not_found"),
        (422, "pin_invalid"),
        (503, "sign_in_busy"),
    ]);
    let no_pin = delete(clear_pin).says("Takes a person's PIN away.").refuses(&[(404, "person_not_found")]);
    let crews = put(set_crews).says("Says with which crews a person rides, the usual one first.").refuses(&[
        (404, "crew_not_found"),
        (404, "person_not_found"),
        (422, "too_many_crews"),
    ]);
    Calls::new()
        .route("/people", allow(Action::SeePeople, listed).merge(allow(Action::ManageHouse, added)))
        .route("/people/{id}/pin", allow(Action::SetRiders, pin).merge(allow(Action::SetRiders, no_pin)))
        .route("/people/{id}/crews", allow(Action::SetRiders, crews))
}

#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "PersonList")]
struct People {
    /// The people.
    people: Vec<Person>,
}

async fn list(State(state): State<AppState>, _: Actor) -> Result<Json<People>, Problem> {
    Ok(Json(People { people: people::list(&state).await? }))
}

async fn add(
    State(state): State<AppState>,
    actor: Actor,
    OnceJson { body, once }: OnceJson<NewPerson>,
) -> Result<Answer, Problem> {
    Ok(people::add(&state, &actor, &once, body).await?)
}

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewPin {
    /// 4 to 8 digits that neither repeat themselves nor count up or down.
    pin: String,
}

async fn set_pin(
    State(state): State<AppState>,
    actor: Actor,
    Path(id): Path<PersonId>,
    Json(body): Json<NewPin>,
) -> Result<Json<Person>, Problem> {
    Ok(Json(riding::set_pin(&state, &actor, id, &body.pin).await?))
}

async fn clear_pin(
    State(state): State<AppState>,
    actor: Actor,
    Path(id): Path<PersonId>,
) -> Result<Json<Person>, Problem> {
    Ok(Json(riding::clear_pin(&state, &actor, id).await?))
}

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CrewsOfPerson")]
struct TheirCrews {
    /// Every crew that they ride with from now on, the usual one first; none: they ride with nobody.
    #[schemars(with = "Vec<Shape<CrewId>>")]
    crew_ids: Vec<CrewId>,
}

async fn set_crews(
    State(state): State<AppState>,
    actor: Actor,
    Path(id): Path<PersonId>,
    Json(body): Json<TheirCrews>,
) -> Result<Json<Person>, Problem> {
    Ok(Json(riding::set_crews(&state, &actor, id, &body.crew_ids).await?))
}
