//! A truck's route made straight in the database: for tests of the exchange that need no listing and no plan.

use crate::{database::TestDatabase, server_process::ServerProcess, truck::Truck, truck::wall_clock, utility::zone};
use automerge::ActorId;
use curbstop_server::{
    clock::SystemClock,
    config::{Config, Layer},
    ids::Ids,
    service::{
        authorise::{Actor, Who},
        crews, enrolment, people,
        spreading::{self, Word},
        utility,
    },
    state::AppState,
    store::{
        documents::{self, NewChange, NewRoute},
        facts, feed, orders,
        orders::{LineRow, NewOrder},
    },
};
use curbstop_shared::{
    facts::{Fact, FactBody, Header, Recall, Release},
    go_code::{GoKey, KEY_BYTES},
    ids::{CrewId, FactId, LineId, OrderId, RouteId},
    route_document::{PublishedLine, PublishedOrder, RouteDocument, RouteHeader},
    time::{Micros, Span},
    vocabulary::{OrderKind, Product, Reason, RecallReason, ReleaseReason, Role, Source},
};
use std::{collections::BTreeMap, sync::Arc};
use uuid::Uuid;

/// A truck's day.
pub struct Day {
    /// The state over the same database, for looking behind the scenes: a second instance beside the server.
    pub state: AppState,
    /// The crew.
    pub crew: CrewId,
    /// The route.
    pub route: RouteId,
    /// Its orders, in rank order.
    pub orders: Vec<PublishedOrder>,
}

/// The settings with which the tests' servers run.
///
/// # Panics
/// Never: they are valid.
#[must_use]
pub fn config(database: &TestDatabase) -> Config {
    let layer = Layer {
        database: Some(database.url.clone()),
        time_zone: Some(zone()),
        clock_uncertainty_s: Some(2),
        ..Layer::default()
    };
    Config::from_layer(layer).expect("valid settings")
}

impl Day {
    /// A crew with one rider and a published route of `stops` turn-offs.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn with_stops(database: &TestDatabase, stops: u128) -> Self {
        Self::of_crew(&state_on(database).await, "Truck 12", "maria", (1..=stops).map(turn_off).collect()).await
    }

    /// A crew of this name with one rider and a route of these orders, published today. Several may be on one
    /// database.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn of_crew(state: &AppState, name: &str, rider: &str, published: Vec<PublishedOrder>) -> Self {
        Self::of_crew_since(state, name, rider, published, Span(0)).await
    }

    /// As [`Day::with_stops`]: the route went out so long ago, and nobody has come back with it.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn out_for(database: &TestDatabase, stops: u128, ago: Span) -> Self {
        let state = state_on(database).await;
        Self::of_crew_since(&state, "Truck 12", "maria", (1..=stops).map(turn_off).collect(), ago).await
    }

    async fn of_crew_since(
        state: &AppState,
        name: &str,
        rider: &str,
        published: Vec<PublishedOrder>,
        ago: Span,
    ) -> Self {
        let state = state.clone();
        let crew = crew_with_rider(&state, name, rider).await;
        let route = publish(&state, crew, name, state.now() - ago, &published).await;
        Self { state, crew, route, orders: published }
    }

    /// Another route of the crew with one more turn-off, from the day before.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn and_yesterdays_route(&self) -> RouteId {
        let yesterday = self.state.now() - Span::minutes(24 * 60);
        publish(&self.state, self.crew, "Truck 12", yesterday, &[turn_off(900)]).await
    }

    /// A contractor who has the same orders on a route of its own.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn and_a_contractor(&self) -> CrewId {
        let crew = new_crew(&self.state, "Lockwright & Co", "lou", crews::CrewKind::Contractor).await;
        publish(&self.state, crew, "Lockwright & Co", self.state.now(), &self.orders).await;
        crew
    }

    /// A tablet of the crew, enrolled and primed, that reaches the server by way of `base`.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn truck(&self, base: &str) -> Truck {
        truck_of(&self.state, self.crew, base).await
    }
}

/// Publishes a route of a crew for the day of a moment.
async fn publish(state: &AppState, crew: CrewId, name: &str, at: Micros, published: &[PublishedOrder]) -> RouteId {
    // The crews have been out for an hour: what they did then they can have done.
    let now = at - Span::minutes(60);
    let route = RouteId(state.new_id());
    let mut work = state.store.begin().await.expect("begins");
    let seq = feed::next_seq(&mut work).await.expect("a number");
    for order in published {
        orders::insert(&mut work, &stored(order), now, seq).await.expect("an order");
    }
    let header = RouteHeader {
        id: route,
        crew,
        crew_name: name.to_owned(),
        date: curbstop_server::service::utility::day(zone(), at),
        generation: 1,
        published_at: now,
        published_by: None,
        permit_minutes: 60,
        time_zone: zone().name().into(),
        dispatch_phone: Some("555-0100".into()),
        go_key: Some(GoKey::new([7; KEY_BYTES]).written()),
    };
    let document = RouteDocument::publish(&ActorId::random(), &header, published).expect("a document");
    let first = document.changes_since(&[]).expect("all changes").remove(0);
    let row = NewRoute {
        id: route,
        crew,
        date: header.date.to_string(),
        generation: 1,
        permit_minutes: 60,
        plan: None,
        published_by: None,
        orders: published.iter().map(|order| (order.id, order.rank)).collect(),
        cut_hours: BTreeMap::new(),
    };
    let change = NewChange {
        hash: &first.hash().0,
        actor: first.actor_id().to_bytes(),
        seq: 1,
        bytes: first.raw_bytes(),
        from: None,
    };
    documents::insert_route(&mut work, &row, &document.save(), &change, now, seq).await.expect("a route");
    work.commit().await.expect("commits");
    route
}

/// The state over a database, beside the server's own.
pub async fn state_on(database: &TestDatabase) -> AppState {
    AppState::with(database.open().await, config(database), Arc::new(SystemClock), Ids::system())
}

/// A tablet of any crew, enrolled and primed.
///
/// # Panics
/// When it is refused.
pub async fn truck_of(state: &AppState, crew: CrewId, base: &str) -> Truck {
    let mut truck = Truck::enrol(base, &enrolment_code(state, crew).await, "tablet").await;
    truck.sync().await;
    truck
}

/// A one-time code for a tablet of any crew.
///
/// # Panics
/// When it is refused.
pub async fn enrolment_code(state: &AppState, crew: CrewId) -> String {
    enrolment::make_code(state, &dispatcher(state).await, crew).await.expect("a code").code
}

/// Another crew with a rider.
///
/// # Panics
/// When it is refused.
pub async fn another_crew(state: &AppState) -> CrewId {
    crew_with_rider(state, "Truck 14", "joe").await
}

async fn crew_with_rider(state: &AppState, name: &str, login: &str) -> CrewId {
    new_crew(state, name, login, crews::CrewKind::Own).await
}

async fn new_crew(state: &AppState, name: &str, login: &str, kind: crews::CrewKind) -> CrewId {
    let mut work = state.store.begin().await.expect("begins");
    let new = crews::NewCrew {
        name: name.into(),
        kind,
        phone: Some("555-0112".into()),
        qualifications: vec![Product::Water],
    };
    let crew = crews::insert(state, &mut work, &Actor::SYSTEM, new).await.expect("a crew").id;
    work.commit().await.expect("commits");
    let role = if kind == crews::CrewKind::Own { Role::Crew } else { Role::Contractor };
    add_person(state, login, role, Some(crew)).await;
    crew
}

async fn add_person(state: &AppState, login: &str, role: Role, crew_id: Option<CrewId>) -> people::Person {
    let new = people::NewPerson { login: login.into(), name: login.into(), role, password: None, crew_id };
    people::add_now(state, &Actor::SYSTEM, new).await.expect("a person")
}

/// Somebody who may hand out codes.
///
/// # Panics
/// When the database refuses.
pub async fn dispatcher(state: &AppState) -> Actor {
    let known = people::list(state).await.expect("people").into_iter().find(|person| person.login == "dispatcher");
    let person = match known {
        Some(person) => person,
        None => add_person(state, "dispatcher", Role::Dispatcher, None).await,
    };
    Actor { who: Who::Person(person.id), role: Role::Dispatcher, crew: None }
}

/// How many facts of a kind the office holds about an order.
///
/// # Panics
/// When the database refuses.
pub async fn facts_of_kind(state: &AppState, order: OrderId, kind: &str) -> usize {
    let mut conn = state.store.reader().await.expect("a reader");
    let of_it = facts::of_order(&mut conn, order).await.expect("its facts");
    of_it.iter().filter(|fact| fact.kind == kind).count()
}

/// What facts of one kind about an order say, each as it is stored.
///
/// # Panics
/// When the store fails.
pub async fn facts_told(state: &AppState, order: OrderId, kind: &str) -> Vec<serde_json::Value> {
    let mut conn = state.store.reader().await.expect("a reader");
    let of_it = facts::of_order(&mut conn, order).await.expect("its facts");
    let of_kind = of_it.iter().filter(|fact| fact.kind == kind);
    of_kind.map(|fact| serde_json::from_str(&fact.body).expect("JSON")).collect()
}

/// Starts a server on the same database.
#[must_use]
pub fn server(database: &TestDatabase) -> ServerProcess {
    ServerProcess::start(&database.url, &*crate::utility::SETTINGS)
}

/// A turn-off of one water line.
///
/// # Panics
/// Never: there are few.
#[must_use]
pub fn turn_off(n: u128) -> PublishedOrder {
    PublishedOrder {
        id: OrderId(Uuid::from_u128(0x1000 + n)),
        number: format!("T-{n}"),
        kind: OrderKind::TurnOff,
        reason: Reason::NonPay,
        rank: i64::try_from(n).expect("few"),
        priority: 3,
        premise: format!("P9{n:05}"),
        address: format!("{n}00 ALDER ST"),
        unit: None,
        lat_e7: Some(419_000_000),
        lon_e7: Some(-1_016_300_000),
        hazards: (n == 2).then(|| "DOG;key_at_neighbor".into()),
        language: Some("EN".into()),
        account: Some(format!("01-{n:04}-01")),
        name: None,
        past_due_minor: None,
        note: None,
        due_at: None,
        asks_for: None,
        cut_hours: None,
        lines: vec![PublishedLine {
            id: LineId("1".into()),
            product: Product::Water,
            serial: Some(format!("7000{n:04}")),
            dials: Some(6),
            multiplier: Some(1),
            unit: Some("CGAL".into()),
            last: Some("036400".into()),
            last_on: None,
            low: Some(3),
            high: Some(400),
            place: Some("CURB".into()),
            size: None,
            // The third offers little.
            methods: (n == 3).then(|| "curb_stop_locked,curb_stop_off,curb_stop_on".into()),
            closed: None,
        }],
    }
}

fn stored(order: &PublishedOrder) -> NewOrder {
    NewOrder {
        id: order.id,
        kind: order.kind,
        reason: order.reason,
        account: order.account.clone().unwrap_or_default(),
        premise: order.premise.clone(),
        listing: None,
        cause_order: None,
        priority: order.priority,
        fees_suppressed: false,
        past_due_minor: 8_640,
        note: None,
        due_at: None,
        lines: order
            .lines
            .iter()
            .map(|line| LineRow {
                line: line.id.0.clone(),
                product: line.product.code().to_owned(),
                serial: line.serial.clone(),
                past_due_minor: 8_640,
                equipment: None,
            })
            .collect(),
    }
}

/// The office's word: paid in full at that moment.
///
/// # Panics
/// When the store fails.
pub async fn pays(state: &AppState, order: OrderId, paid_at: Micros) {
    let at = now();
    let release = Release {
        reason: ReleaseReason::PaymentReceived,
        lines: "*".into(),
        source: Source::Office,
        verified: true,
        paid_at: Some(paid_at),
        recorded_at: Some(at),
        confirmation: None,
    };
    let id = FactId::from_uuid(state.new_id());
    let recall = Recall { reason: RecallReason::Released, cause: Some(id.to_string()) };
    let header = Header { order, at, by: None, device: None };
    let facts = vec![
        Fact::new(id.clone(), header.clone(), FactBody::Release(release)),
        Fact::new(FactId::recall_of(order, id.as_str()), header, FactBody::Recall(recall)),
    ];
    let mut work = state.store.begin().await.expect("a unit of work");
    let words = [Word { order, facts, home: None }];
    let spread = spreading::spread(state, &mut work, &words, &utility::folding(state, at), at).await.expect("spread");
    work.commit().await.expect("committed");
    spread.announce(state);
}

/// Now, by the machine's clock.
#[must_use]
pub fn now() -> Micros {
    wall_clock()
}
