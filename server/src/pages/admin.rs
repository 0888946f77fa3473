//! `/admin`: who may sign in, the crews, and what this server is.

use super::{
    frame::{Desk, Frame},
    go_to, html, refused, say,
};
use crate::{
    http::{extract::Form, problem::Problem},
    service::{
        ServiceError,
        authorise::Action,
        crews::{self, Change, Crew, CrewKind, NewCrew},
        idempotency::Once,
        people::{self, NewPerson, Person},
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
        .route("/admin/crews/{id}", post(change_crew))
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

    /// What a crew may be qualified for, and whether this one is: a new crew is for nothing yet.
    fn products(&self, crew: Option<&Crew>) -> Vec<(Product, bool)> {
        let may = |product: &Product| crew.is_some_and(|crew| crew.qualifications.contains(product));
        Product::ALL.iter().map(|product| (*product, may(product))).collect()
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
    let policy = config.policy();
    let engine = if config.database.starts_with("postgres") { "PostgreSQL" } else { "SQLite" };
    let server = vec![
        (f.t("Version", "Versión"), env!("CARGO_PKG_VERSION").to_owned()),
        (f.t("Database", "Base de datos"), engine.to_owned()),
        (f.t("Time zone", "Zona horaria"), f.voice.zone.name().to_owned()),
        (f.t("Rules", "Normas"), format!("{} ({}, {})", policy.title.of(f.voice.language), policy.id, policy.version)),
        (f.t("Now", "Ahora"), f.voice.exact(state.now())),
    ];
    let crews = crews::list(&state).await?;
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

/// What a form says of a crew: its fields by name, with the code of each product that is ticked.
struct CrewForm(Vec<(String, String)>);

impl CrewForm {
    fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.trim())
    }

    fn phone(&self) -> Option<String> {
        Some(self.text("phone").to_owned()).filter(|phone| !phone.is_empty())
    }

    /// None where nothing is ticked: no plan could give such a crew a stop, and nobody would know why.
    fn qualifications(&self) -> Option<Vec<Product>> {
        let is_ticked = |product: &Product| !self.text(product.code()).is_empty();
        let ticked: Vec<Product> = Product::ALL.iter().copied().filter(is_ticked).collect();
        Some(ticked).filter(|ticked| !ticked.is_empty())
    }
}

fn nothing_ticked(f: Frame) -> Result<Response, Problem> {
    let text = f.t(
        "Tick at least one service that this crew works on: without one no plan can give it a stop.",
        "Marque al menos un servicio en el que trabaja esta cuadrilla: sin ninguno, ningún plan puede darle una parada.",
    );
    let text = text.to_owned();
    say(f, StatusCode::UNPROCESSABLE_ENTITY, text)
}

async fn add_crew(
    State(state): State<AppState>,
    desk: Desk,
    // Any of the products may be ticked, which a struct can't say without naming each.
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::ManageHouse) {
        return Ok(*refused);
    }
    let form = CrewForm(fields);
    let Some(qualifications) = form.qualifications() else { return nothing_ticked(desk.frame) };
    let kind = if form.text("kind") == "own" { CrewKind::Own } else { CrewKind::Contractor };
    let new = NewCrew { name: form.text("name").to_owned(), kind, phone: form.phone(), qualifications };
    let done = match Once::new(form.text("key"), "POST", "/admin/crews", new.name.as_bytes()) {
        Ok(once) => crews::add(&state, &desk.actor, &once, new).await.map(|_| ()),
        Err(bad) => Err(bad),
    };
    back(desk, done)
}

async fn change_crew(
    State(state): State<AppState>,
    desk: Desk,
    Path(id): Path<CrewId>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::ManageHouse) {
        return Ok(*refused);
    }
    let form = CrewForm(fields);
    let Some(qualifications) = form.qualifications() else { return nothing_ticked(desk.frame) };
    let active = !form.text("active").is_empty();
    let change = Change { name: form.text("name").to_owned(), phone: form.phone(), qualifications, active };
    let done = crews::change(&state, &desk.actor, id, change).await.map(|_| ());
    back(desk, done)
}

fn back(desk: Desk, done: Result<(), ServiceError>) -> Result<Response, Problem> {
    match done {
        Ok(()) => Ok(go_to(PAGE, desk.frame.fragment)),
        Err(bad) => refused(desk.frame, bad),
    }
}
