//! A crew's day with all four kinds of order, and a photo of each act: what the exchange and the photos cost.

use crate::{both, gzipped, raw};
use curbstop_field::core::Exhibit;
use curbstop_shared::{
    route_document::PublishedOrder,
    sync::wire::Bytes,
    vocabulary::{EvidenceKind, OrderKind},
};
use curbstop_tests::{
    by_hand::{self, Day},
    database::{Engine, TestDatabase},
    figures::{Figures, cpu_ms, load_average, postgres_cpu_ms},
    long_day::{Dice, all_kinds},
    server_process::ServerProcess,
    truck::Truck,
    utility::SETTINGS,
};
use sha2::{Digest as _, Sha256};
use std::time::Instant;

const STOPS: u64 = 100;
/// A photo as the tablet keeps it: 1,600 pixels wide, as JPEG.
const PHOTO_BYTES: usize = 250_000;

/// Everything of such a day, on one engine.
pub async fn measured(database: &TestDatabase) -> Figures {
    let engine = if database.engine == Engine::Sqlite { "SQLite" } else { "PostgreSQL" };
    let title = format!("A day of 100 orders of all four kinds, with a photo of each act: {engine}");
    let mut figures = Figures::of(&title);
    figures.also("load average at the start", load_average());
    let folder = tempfile::tempdir().expect("a folder for photos");
    let photos = [("CURBSTOP_BLOBS", folder.path().to_str().expect("a path of letters"))];
    let server = ServerProcess::start(&database.url, &[SETTINGS.as_slice(), photos.as_slice()].concat());
    let state = by_hand::state_on(database).await;
    let mut dice = Dice::of(17);

    let (mut truck, orders) = morning(&state, &server, 1).await;
    for order in &orders {
        works(&mut truck, order, &mut dice);
    }
    let (up, down) = truck.syncs_on_the_wire().await;
    assert_eq!(truck.tablet.unsent(), 0, "a day goes up in one request");
    figures.also(
        "the whole day up in one request, gzipped",
        format!("{:.0} B ({:.0} B as it is)", gzipped(&up), raw(&up)),
    );
    figures.also("its answer", both(&down));

    let (mut truck, orders) = morning(&state, &server, 2).await;
    let (used, others, wall) = visits(database, &server, &mut truck, &orders, &mut dice).await;
    let each = orders.len() as f64;
    figures.also("server's processor time for a visit, one a request", format!("{:.2} ms", used / each));
    figures.also("from request to durable answer, wall", format!("{:.1} ms", wall / each));
    if database.engine == Engine::Postgres {
        figures.also("besides, PostgreSQL's own processes", format!("{:.2} ms", others / each));
    }
    let (used, wall) = send(&server, &mut truck, &orders).await;
    figures.also("server's processor time for a photo of 250 KB", format!("{:.2} ms", used / each));
    figures.also("from its first byte to the server's word that it is kept, wall", format!("{:.1} ms", wall / each));
    figures.also("load average at the end", load_average());
    figures
}

async fn morning(
    state: &curbstop_server::state::AppState,
    server: &ServerProcess,
    route: u64,
) -> (Truck, Vec<PublishedOrder>) {
    let orders = all_kinds(route, STOPS);
    let day = Day::of_crew(state, &format!("Truck {route}"), &format!("rider{route}"), orders.clone()).await;
    let code = by_hand::enrolment_code(state, day.crew).await;
    let mut truck = Truck::enrol(&server.url(), &code, "tablet").await;
    truck.sync().await;
    (truck, orders)
}

/// The order's work, with its photo.
fn works(truck: &mut Truck, order: &PublishedOrder, dice: &mut Dice) {
    truck.opens_the_act(order);
    let bytes = photo(order);
    truck.notes_down(order.id, |draft| {
        draft.exhibits.push(Exhibit {
            what: EvidenceKind::Photo,
            sha256: Bytes(Sha256::digest(&bytes).to_vec()),
            size: i64::try_from(bytes.len()).expect("small"),
            media_type: "image/jpeg".to_owned(),
        });
    });
    match order.kind {
        OrderKind::Reconnect => truck.turns_every_line_on(order, dice),
        OrderKind::EquipmentPickup => truck.collects_every_box(order),
        _ => truck.finishes_every_line(order, dice),
    }
}

/// A picture that is like no other and does not compress, as real ones.
fn photo(order: &PublishedOrder) -> Vec<u8> {
    let mut dice = Dice::of(order.id.0.as_u64_pair().0);
    let noise = std::iter::repeat_with(|| dice.next().to_le_bytes()).flatten();
    [0xff, 0xd8, 0xff, 0xe0].into_iter().chain(noise).take(PHOTO_BYTES).collect()
}

/// Visit by visit, each sent at once: milliseconds of the server, of PostgreSQL, and of the wall.
async fn visits(
    database: &TestDatabase,
    server: &ServerProcess,
    truck: &mut Truck,
    orders: &[PublishedOrder],
    dice: &mut Dice,
) -> (f64, f64, f64) {
    let (before, others) = (cpu_ms(server.pid()), postgres_cpu_ms(&database.url));
    let mut wall = 0.0;
    for order in orders {
        works(truck, order, dice);
        let sent = Instant::now();
        truck.syncs_on_the_wire().await;
        wall += sent.elapsed().as_secs_f64() * 1_000.0;
        assert_eq!(truck.tablet.unsent(), 0);
    }
    (cpu_ms(server.pid()) - before, postgres_cpu_ms(&database.url) - others, wall)
}

/// Each photo in one piece: milliseconds of the server and of the wall.
async fn send(server: &ServerProcess, truck: &mut Truck, orders: &[PublishedOrder]) -> (f64, f64) {
    let client = reqwest::Client::new();
    let (before, mut wall) = (cpu_ms(server.pid()), 0.0);
    for order in orders {
        let bytes = photo(order);
        let name: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let request = client.put(format!("{}/api/v1/blobs/{name}", server.url())).header("upload-offset", 0);
        let request = request.bearer_auth(truck.token().await).body(bytes);
        let sent = Instant::now();
        let answer = request.send().await.expect("the server answers");
        wall += sent.elapsed().as_secs_f64() * 1_000.0;
        assert!(answer.status().is_success(), "{}", answer.status());
    }
    (cpu_ms(server.pid()) - before, wall)
}
