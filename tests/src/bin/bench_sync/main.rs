//! `cargo xtask bench sync`: what the exchange between tablet and server costs, in bytes and in processor time.
//!
//! Prints; judges nothing. `bench_sync sqlite` and `bench_sync postgres` measure one engine only. The server is `CURBSTOP_SERVER`, which `cargo xtask bench` builds with the release profile.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark prints, and one that can't go on ends")]

mod whole_day;

use curbstop_server::state::AppState;
use curbstop_shared::{route_document::PublishedOrder, vocabulary::UnableCode};
use curbstop_tests::{
    by_hand::{self, Day},
    database::{Engine, TestDatabase},
    figures::{Figures, cpu_ms, load_average, machine, peak_memory_mb, postgres_cpu_ms},
    long_day::{Dice, turn_offs},
    server_process::{ServerProcess, binary},
    truck::Truck,
};
use flate2::{Compression, write::GzEncoder};
use std::{io::Write as _, time::Instant};

/// Stops of a crew's day; with two lines each a turn-off makes five facts.
const STOPS_A_DAY: u64 = 100;
const LINES: u64 = 2;
/// Trucks whose whole day is measured with the document in the server's memory.
const CACHED_TRUCKS: u64 = 6;
/// Trucks whose evening is measured, and visits of each: the server is restarted before each round.
const EVENING_TRUCKS: u64 = 11;
const EVENING_ROUNDS: u64 = 50;
/// Facts in a document when the evening's rounds begin are five times this, and go past 500 half-way.
const BEFORE_EVENING: u64 = STOPS_A_DAY - EVENING_ROUNDS / 2;
/// Requests that warm a fresh process up before it is measured.
const WARM_UP: usize = 20;

#[tokio::main]
async fn main() {
    println!("\n{}\nserver: {}", machine(), binary().display());
    println!("\n{}", bytes().await);
    let only = std::env::args().nth(1);
    for (name, engine) in [("sqlite", Engine::Sqlite), ("postgres", Engine::Postgres)] {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let Some(database) = TestDatabase::fresh(engine).await else { continue };
        println!("\n{}", processor_time(&database).await);
        let Some(database) = TestDatabase::fresh(engine).await else { continue };
        println!("\n{}", whole_day::measured(&database).await);
    }
}

/// Bytes before HTTP headers, both ways, as they are and gzipped.
async fn bytes() -> Figures {
    let mut figures = Figures::of("Bytes of one session, before HTTP headers");
    let database = TestDatabase::fresh(Engine::Sqlite).await.expect("SQLite is built in");
    let state = by_hand::state_on(&database).await;
    let server = by_hand::server(&database);
    let mut dice = Dice::of(7);

    let one_line = Morning::of(&state, &server, 1, 1).await;
    figures.at_most(
        "first download, 100 orders with a line each",
        14_000.0,
        raw(&one_line.first.1),
        "B",
        &gz(&one_line.first.1),
    );
    let Morning { mut truck, orders, first } = Morning::of(&state, &server, 2, LINES).await;
    figures.also("first download, 100 orders with two lines each", both(&first.1));

    let (up, down) = truck.syncs_on_the_wire().await;
    let heads = 1.0;
    figures.at_most("nothing to do, up, one head", 110.0 + 34.0 * heads, raw(&up), "B", &gz(&up));
    figures.at_most("nothing to do, down, one head", 110.0 + 34.0 * heads, raw(&down), "B", &gz(&down));

    truck.is_stopped_by(&orders[0], UnableCode::Dog);
    let (up, down) = truck.syncs_on_the_wire().await;
    figures.at_most("a bare visit, up", 500.0, raw(&up), "B", &gz(&up));
    figures.also("its answer", both(&down));

    truck.turns_off_every_line(&orders[1], &mut dice);
    let (up, down) = truck.syncs_on_the_wire().await;
    figures.at_most("a full turn-off of five facts, up", 1_400.0, raw(&up), "B", "");
    figures.at_most("the same, gzipped", 850.0, gzipped(&up), "B", "");
    figures.also("its answer", both(&down));

    let mut day = Morning::of(&state, &server, 3, LINES).await;
    for order in &day.orders {
        day.truck.turns_off_every_line(order, &mut dice);
    }
    let before = document_bytes(&day.truck);
    let (up, down) = day.truck.syncs_on_the_wire().await;
    figures.at_most(
        "a day of 100 visits (500 facts) up, gzipped",
        32_000.0,
        gzipped(&up),
        "B",
        &format!("{:.0} B as it is", raw(&up)),
    );
    figures.also("its answer", both(&down));
    figures.also("the document with 500 facts, saved", format!("{before} B"));
    figures.also("round trips", "1 for each of these: `unsent` is 0 and the route complete after one request");
    assert_eq!(day.truck.tablet.unsent(), 0, "a day goes up in one request");
    figures
}

/// A truck with its first download.
struct Morning {
    truck: Truck,
    orders: Vec<PublishedOrder>,
    first: (Vec<u8>, Vec<u8>),
}

impl Morning {
    async fn of(state: &AppState, server: &ServerProcess, route: u64, lines: u64) -> Self {
        Self::with_stops(state, server, route, STOPS_A_DAY, lines).await
    }

    async fn with_stops(state: &AppState, server: &ServerProcess, route: u64, stops: u64, lines: u64) -> Self {
        let orders = turn_offs(route, stops, lines);
        let day = Day::of_crew(state, &format!("Truck {route}"), &format!("rider{route}"), orders.clone()).await;
        let code = by_hand::enrolment_code(state, day.crew).await;
        let mut truck = Truck::enrol(&server.url(), &code, "tablet").await;
        let first = truck.syncs_on_the_wire().await;
        assert_eq!(truck.orders().len(), orders.len(), "one request brings the whole route");
        Self { truck, orders, first }
    }
}

/// The server's processor time for a visit, on one engine.
async fn processor_time(database: &TestDatabase) -> Figures {
    let engine = match database.engine {
        Engine::Sqlite => "SQLite, synchronous=FULL",
        Engine::Postgres => "PostgreSQL, fsync on",
    };
    let mut figures = Figures::of(&format!("Server's processor time for one visit of five facts: {engine}"));
    figures.also("load average at the start", load_average());
    let state = by_hand::state_on(database).await;
    let mut server = by_hand::server(database);

    let mut trucks = Vec::new();
    for route in 1..=CACHED_TRUCKS {
        trucks.push(Morning::of(&state, &server, route, LINES).await);
    }
    let (first_half, second_half, postgres, wall) = cached(database, &server, &mut trucks).await;
    let visits = (CACHED_TRUCKS * STOPS_A_DAY) as f64;
    let whole = first_half + second_half;
    figures.at_most(
        "document cached, a whole day",
        1.0,
        whole / visits,
        "ms",
        &format!("{visits} visits, one a request"),
    );
    figures.also("the first 50 visits of each day", format!("{:.2} ms", first_half / visits * 2.0));
    figures.also("the last 50 visits of each day", format!("{:.2} ms", second_half / visits * 2.0));
    figures.also("from request to durable answer, wall", format!("{:.1} ms", wall / visits));
    if database.engine == Engine::Postgres {
        figures.also("besides, PostgreSQL's own processes", format!("{:.2} ms", postgres / visits));
    }
    figures.also("nothing to do, cached", format!("{:.2} ms", nothing_to_do(&server, &mut trucks).await));
    drop(trucks);

    let mut trucks = Vec::new();
    for route in 1..=CACHED_TRUCKS {
        trucks.push(Morning::of(&state, &server, 50 + route, LINES).await);
    }
    figures.also(
        &format!("document cached, {CACHED_TRUCKS} trucks at once"),
        format!("{:.2} ms", at_once(&server, &mut trucks).await / visits),
    );
    drop(trucks);

    let mut trucks = Vec::new();
    for route in 1..=EVENING_TRUCKS {
        let stops = BEFORE_EVENING + EVENING_ROUNDS;
        trucks.push(Morning::with_stops(&state, &server, 100 + route, stops, LINES).await);
    }
    let evening = loaded_first(&mut server, &mut trucks).await;
    let visits = ((EVENING_TRUCKS - 1) * EVENING_ROUNDS) as f64;
    let facts = format!("{}..{} facts", BEFORE_EVENING * 5, (BEFORE_EVENING + EVENING_ROUNDS) * 5);
    figures.at_most(
        "the evening's document loaded first",
        8.0,
        evening / visits,
        "ms",
        &format!("{visits} visits, a fresh process for every {}, {facts}", EVENING_TRUCKS - 1),
    );
    figures.also("most memory that the server held", format!("{:.0} MB", peak_memory_mb(server.pid())));
    figures.also("load average at the end", load_average());
    figures
}

/// Each truck's day, visit by visit, each sent at once. Server's milliseconds for the first and second half of the
/// day, PostgreSQL's, and the wall's.
async fn cached(database: &TestDatabase, server: &ServerProcess, trucks: &mut [Morning]) -> (f64, f64, f64, f64) {
    let mut dice = Dice::of(11);
    for _ in 0..WARM_UP {
        trucks[0].truck.syncs_on_the_wire().await;
    }
    let half = usize::try_from(STOPS_A_DAY / 2).expect("small");
    let postgres_before = postgres_cpu_ms(&database.url);
    let (mut halves, mut wall) = ([0.0, 0.0], 0.0);
    for (n, used) in halves.iter_mut().enumerate() {
        let before = cpu_ms(server.pid());
        for morning in trucks.iter_mut() {
            for order in &morning.orders[n * half..(n + 1) * half] {
                morning.truck.turns_off_every_line(order, &mut dice);
                let sent = Instant::now();
                morning.truck.syncs_on_the_wire().await;
                wall += sent.elapsed().as_secs_f64() * 1_000.0;
                assert_eq!(morning.truck.tablet.unsent(), 0);
            }
        }
        *used = cpu_ms(server.pid()) - before;
    }
    (halves[0], halves[1], postgres_cpu_ms(&database.url) - postgres_before, wall)
}

/// All trucks' days side by side, visit by visit: hand-overs and commits are shared. Server's milliseconds in all.
async fn at_once(server: &ServerProcess, trucks: &mut [Morning]) -> f64 {
    let before = cpu_ms(server.pid());
    let days = trucks.iter_mut().zip(20..).map(async |(morning, seed)| {
        let mut dice = Dice::of(seed);
        for order in &morning.orders {
            morning.truck.turns_off_every_line(order, &mut dice);
            morning.truck.syncs_on_the_wire().await;
        }
        assert_eq!(morning.truck.tablet.unsent(), 0);
    });
    futures_util::future::join_all(days).await;
    cpu_ms(server.pid()) - before
}

async fn nothing_to_do(server: &ServerProcess, trucks: &mut [Morning]) -> f64 {
    let requests = 300;
    let before = cpu_ms(server.pid());
    for n in 0..requests {
        let of = n % trucks.len();
        trucks[of].truck.syncs_on_the_wire().await;
    }
    (cpu_ms(server.pid()) - before) / requests as f64
}

/// Evening: every visit finds a server that does not have its document in memory. Server's milliseconds in all.
async fn loaded_first(server: &mut ServerProcess, trucks: &mut [Morning]) -> f64 {
    let mut dice = Dice::of(13);
    let before_evening = usize::try_from(BEFORE_EVENING).expect("small");
    let (warm, evening) = trucks.split_first_mut().expect("some trucks");
    for morning in std::iter::once(&mut *warm).chain(evening.iter_mut()) {
        for order in &morning.orders[..before_evening] {
            morning.truck.turns_off_every_line(order, &mut dice);
        }
        morning.truck.syncs_on_the_wire().await;
    }
    let mut used = 0.0;
    let rounds = usize::try_from(EVENING_ROUNDS).expect("small");
    for round in 0..rounds {
        server.restart();
        warm.truck.goes_to(&server.url());
        for _ in 0..WARM_UP {
            warm.truck.syncs_on_the_wire().await;
        }
        let before = cpu_ms(server.pid());
        for morning in evening.iter_mut() {
            morning.truck.goes_to(&server.url());
            let order = &morning.orders[before_evening + round];
            morning.truck.turns_off_every_line(order, &mut dice);
            morning.truck.syncs_on_the_wire().await;
            assert_eq!(morning.truck.tablet.unsent(), 0);
        }
        used += cpu_ms(server.pid()) - before;
    }
    used
}

fn document_bytes(truck: &Truck) -> usize {
    truck.tablet.state().routes.values().map(|route| route.doc.save().len()).sum()
}

fn raw(bytes: &[u8]) -> f64 {
    bytes.len() as f64
}

fn gzipped(bytes: &[u8]) -> f64 {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("into memory");
    raw(&encoder.finish().expect("into memory"))
}

fn gz(bytes: &[u8]) -> String {
    format!("{:.0} B gzipped", gzipped(bytes))
}

fn both(bytes: &[u8]) -> String {
    format!("{} B ({})", bytes.len(), gz(bytes))
}
