//! A server on a real port, with a clock that the test sets, and a client that speaks to it.

use crate::{
    contract::{self, Exchange},
    database::{Engine, TestDatabase},
    utility,
};
use chrono_tz::Tz;
use curbstop_server::{
    cli::serve,
    clock::SettableClock,
    config::{Config, Layer},
    ids::Ids,
    service::planning::PlanSearches,
    service::{
        authorise::Actor,
        people::{self, NewPerson},
    },
    state::AppState,
};
use curbstop_shared::{
    time::{Micros, Span},
    vocabulary::Role,
};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// The password of everybody in tests.
pub const PASSWORD: &str = "a password for tests";
/// When tests begin: a Monday, 08:00 in UTC.
pub const MORNING: Micros = Micros(1_792_396_800_000_000);

/// A server in this process.
pub struct TestServer {
    /// Its parts, for looking behind the API.
    pub state: AppState,
    /// Its clock: stands still until moved.
    pub clock: SettableClock,
    /// Where it listens: `http://127.0.0.1:PORT`.
    pub url: String,
    /// Its database; share it to start another instance.
    pub database: Arc<TestDatabase>,
    /// What is sent through.
    pub http: reqwest::Client,
    next_key: AtomicU64,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<()>>,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body as JSON; null where it is none.
    pub json: Value,
}

impl Reply {
    /// The body, if the status is this one.
    ///
    /// # Panics
    /// When the server answered something else.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.json);
        self.json
    }

    /// Asserts a problem with this status and code, as every error has to be.
    ///
    /// # Panics
    /// When it is none, or another.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Value {
        let kind = self.headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
        assert_eq!((self.status.as_u16(), kind), (status, "application/problem+json"), "{}", self.json);
        assert_eq!(self.json["code"], code, "{}", self.json);
        assert_eq!(self.json["status"], status);
        assert!(self.json["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{}", self.json);
        self.json
    }
}

impl TestServer {
    /// A server on a fresh database; `None` where the engine is not installed.
    pub async fn start(engine: Engine) -> Option<Self> {
        let database = TestDatabase::fresh(engine).await?;
        Some(Self::on(Arc::new(database), SettableClock::at(MORNING)).await)
    }

    /// An instance on a database that exists, as after a restart or beside another.
    ///
    /// # Panics
    /// When it can't start.
    pub async fn on(database: Arc<TestDatabase>, clock: SettableClock) -> Self {
        Self::in_zone(database, clock, None).await
    }

    /// Another instance for the [`Utility`](crate::utility::Utility) on a database, with a clock of its own.
    ///
    /// # Panics
    /// When it can't start.
    pub async fn of_utility(database: Arc<TestDatabase>, clock: SettableClock) -> Self {
        Self::in_zone(database, clock, Some(utility::zone())).await
    }

    async fn in_zone(database: Arc<TestDatabase>, clock: SettableClock, time_zone: Option<Tz>) -> Self {
        let store = database.open().await;
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
        let listen = listener.local_addr().expect("an address");
        let layer = Layer { listen: Some(listen), database: Some(database.url.clone()), time_zone, ..Layer::default() };
        let config = Config::from_layer(layer).expect("settings");
        let state = AppState {
            plan_searches: PlanSearches::for_show(),
            ..AppState::with(store, config, Arc::new(clock.clone()), Ids::system())
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn({
            let state = state.clone();
            async move {
                let until = async {
                    // A dropped sender means stop, too.
                    let _ = stopped.await;
                };
                serve::serve(state, listener, until).await.expect("serves");
            }
        });
        Self {
            state,
            clock,
            url: format!("http://{listen}"),
            database,
            http: reqwest::Client::new(),
            next_key: AtomicU64::new(1),
            stop: Some(stop),
            running: Some(running),
        }
    }

    /// Stops as a service manager would, and waits for it.
    ///
    /// # Panics
    /// When it fails to.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        // Idle connections would keep it waiting.
        self.http = reqwest::Client::new();
        if let Some(running) = self.running.take() {
            running.await.expect("stops");
        }
    }

    /// Time goes by.
    pub fn later(&self, by: Span) {
        self.clock.advance(by);
    }

    /// A request to `/api/v1` + path.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}/api/v1{path}", self.url))
    }

    /// Sends it and reads the answer.
    ///
    /// # Panics
    /// When there is none.
    pub async fn send(&self, request: RequestBuilder) -> Reply {
        let request = request.build().expect("a request");
        let (method, url) = (request.method().clone(), request.url().clone());
        let sent = request.body().and_then(|body| serde_json::from_slice(body.as_bytes()?).ok());
        let response = self.http.execute(request).await.expect("the server answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.expect("the answer has an end");
        let reply = Reply { status, headers, json: serde_json::from_slice(&body).unwrap_or(Value::Null) };
        let kind = reply.headers.get("content-type").and_then(|kind| kind.to_str().ok());
        contract::hold(&Exchange::of(&method, &url, sent, status, kind, &reply.json));
        reply
    }

    /// A GET with a token.
    pub async fn get(&self, token: &str, path: &str) -> Reply {
        self.send(self.request(Method::GET, path).bearer_auth(token)).await
    }

    /// A POST with a token and a new idempotency key.
    pub async fn post(&self, token: &str, path: &str, body: &Value) -> Reply {
        let key = format!("test-{}", self.next_key.fetch_add(1, Ordering::Relaxed));
        self.post_once(token, path, &key, body).await
    }

    /// A POST with a token under a key of the caller's choice.
    pub async fn post_once(&self, token: &str, path: &str, key: &str, body: &Value) -> Reply {
        let request = self.request(Method::POST, path).bearer_auth(token).header("idempotency-key", key);
        self.send(request.json(body)).await
    }

    /// A POST of somebody who is not signed in.
    pub async fn post_as_stranger(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// Adds a person with [`PASSWORD`] behind the API.
    ///
    /// # Panics
    /// When the login is taken.
    pub async fn employ(&self, login: &str, role: Role) {
        let password = Some(PASSWORD.to_owned());
        let new = NewPerson { login: login.to_owned(), name: login.to_owned(), role, password, crew_id: None };
        people::add_now(&self.state, &Actor::SYSTEM, new).await.expect("added");
    }

    /// Signs in and returns the access token.
    pub async fn sign_in(&self, login: &str) -> String {
        let signed_in = self.post_as_stranger("/session", &json!({ "login": login, "password": PASSWORD })).await;
        text(&signed_in.expect(200), "access_token")
    }

    /// Adds somebody of this role, signs them in, and returns the access token.
    pub async fn signed_in_as(&self, role: Role) -> String {
        self.employ(role.code(), role).await;
        self.sign_in(role.code()).await
    }

    /// Adds a crew and returns its id.
    pub async fn add_crew(&self, admin: &str, name: &str, kind: &str) -> String {
        let crew = json!({ "name": name, "kind": kind, "qualifications": ["water", "electric"] });
        text(&self.post(admin, "/crews", &crew).await.expect(201), "id")
    }

    /// Makes a code for a crew and enrols a tablet with it; returns the answer to the tablet.
    pub async fn enrol(&self, dispatcher: &str, crew_id: &str, name: &str, public_key: &str) -> Value {
        let code = self.post(dispatcher, "/devices/codes", &json!({ "crew_id": crew_id })).await.expect(201);
        let body = json!({ "code": code["code"], "name": name, "public_key": public_key });
        self.post_as_stranger("/devices/enrol", &body).await.expect(201)
    }
}

/// A text field of an answer.
///
/// # Panics
/// When it is not there.
#[must_use]
#[track_caller]
pub fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}")).to_owned()
}
