//! `/admin`: who may sign in, the crews, and what this server is.

use super::{
    frame::{Desk, Frame},
    go_to, html, refused,
};
use crate::{
    http::problem::Problem,
    service::{
        ServiceError,
        authorise::Action,
        crews::{self, Crew, CrewKind, NewCrew},
        idempotency::Once,
        people::{self, NewPerson, Person},
    },
    state::AppState,
};
use askama::Template;
use axum::{
    Form, Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use curbstop_shared::{
    ids::CrewId,
    vocabulary::{Product, Role},
};
use serde::Deserialize;

const PAGE: &str = "/admin";

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(PAGE, get(all))
        .route("/admin/people", post(add_person))
        .route("/admin/people/password", post(set_password))
        .route("/admin/people/leave", post(let_go))
        .route("/admin/crews", post(add_crew))
}

#[derive(Template)]
#[template(path = "admin.html")]
struct Page {
    f: Frame,
    people: Vec<Person>,
    gone: usize,
    crews: Vec<Crew>,
    /// What this server is, in words.
    server: Vec<(&'static str, String)>,
    /// Against the same form sent twice.
    key: String,
}

impl Page {
    fn rides_with(&self, person: &Person) -> String {
        let rides = self.crews.iter().filter(|crew| person.crew_ids.contains(&crew.id));
        rides.map(|crew| crew.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn qualified(&self, crew: &Crew) -> String {
        crew.qualifications.iter().map(|product| self.f.voice.product(*product)).collect::<Vec<_>>().join(", ")
    }

    const fn roles(&self) -> &'static [Role] {
        Role::ALL
    }
}

async fn all(State(state): State<AppState>, desk: Desk) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::ManageHouse) {
        return Ok(*refused);
    }
    let (people, gone): (Vec<_>, Vec<_>) = people::list(&state).await?.into_iter().partition(|person| person.active);
    let f = desk.frame;
    let config = &state.config;
    let engine = if config.database.starts_with("postgres") { "PostgreSQL" } else { "SQLite" };
    let server = vec![
        (f.t("Version", "Versión"), env!("CARGO_PKG_VERSION").to_owned()),
        (f.t("Database", "Base de datos"), engine.to_owned()),
        (f.t("Time zone", "Zona horaria"), f.voice.zone.name().to_owned()),
        (f.t("Now", "Ahora"), f.voice.exact(state.now())),
    ];
    let crews = crews::list(&state).await?.into_iter().filter(|crew| crew.active).collect();
    html(&Page { f, people, gone: gone.len(), crews, server, key: state.new_id().to_string() })
}

#[derive(Deserialize)]
struct PersonForm {
    key: String,
    login: String,
    name: String,
    role: Role,
    password: String,
    crew: String,
}

async fn add_person(
    State(state): State<AppState>,
    desk: Desk,
    Form(form): Form<PersonForm>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::ManageHouse) {
        return Ok(*refused);
    }
    let new = NewPerson {
        login: form.login,
        name: form.name,
        role: form.role,
        password: Some(form.password).filter(|password| !password.is_empty()),
        crew_id: form.crew.parse::<CrewId>().ok(),
    };
    let done = match Once::new(&form.key, "POST", "/admin/people", new.login.as_bytes()) {
        Ok(once) => people::add(&state, &desk.actor, &once, new).await.map(|_| ()),
        Err(bad) => Err(bad),
    };
    back(desk, done)
}

#[derive(Deserialize)]
struct NewPassword {
    login: String,
    password: String,
}

async fn set_password(
    State(state): State<AppState>,
    desk: Desk,
    Form(form): Form<NewPassword>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::ManageHouse) {
        return Ok(*refused);
    }
    let done = people::set_password(&state, &desk.actor, &form.login, &form.password).await;
    back(desk, done)
}

#[derive(Deserialize)]
struct Leaves {
    login: String,
}

async fn let_go(State(state): State<AppState>, desk: Desk, Form(form): Form<Leaves>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::ManageHouse) {
        return Ok(*refused);
    }
    let own =
        people::list(&state).await?.into_iter().any(|it| Some(it.id) == desk.actor.person() && it.login == form.login);
    let done = if own {
        Err(ServiceError::conflict("own_login", "Nobody lets themselves go: ask another administrator."))
    } else {
        people::let_go(&state, &desk.actor, &form.login).await
    };
    back(desk, done)
}

#[derive(Deserialize)]
struct CrewForm {
    key: String,
    name: String,
    kind: CrewKind,
    phone: String,
    water: Option<String>,
    irrigation: Option<String>,
    electric: Option<String>,
    gas: Option<String>,
}

async fn add_crew(State(state): State<AppState>, desk: Desk, Form(form): Form<CrewForm>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::ManageHouse) {
        return Ok(*refused);
    }
    let ticked = [
        (Product::Water, form.water),
        (Product::Irrigation, form.irrigation),
        (Product::Electric, form.electric),
        (Product::Gas, form.gas),
    ];
    let new = NewCrew {
        name: form.name,
        kind: form.kind,
        phone: Some(form.phone.trim().to_owned()).filter(|phone| !phone.is_empty()),
        qualifications: ticked.into_iter().filter_map(|(product, is)| is.map(|_| product)).collect(),
    };
    let done = match Once::new(&form.key, "POST", "/admin/crews", new.name.as_bytes()) {
        Ok(once) => crews::add(&state, &desk.actor, &once, new).await.map(|_| ()),
        Err(bad) => Err(bad),
    };
    back(desk, done)
}

fn back(desk: Desk, done: Result<(), ServiceError>) -> Result<Response, Problem> {
    match done {
        Ok(()) => Ok(go_to(PAGE, desk.frame.fragment)),
        Err(bad) => refused(desk.frame, bad),
    }
}
