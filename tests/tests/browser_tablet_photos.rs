//! Photos in a real browser: taken without a signal, there after the battery died, sent when the signal is back, and
//! off the tablet only when the office has them.

use curbstop_server::{service::enrolment, store::evidence};
use curbstop_tests::{
    browser::{Browser, Screen},
    by_hand::{self, Day},
    database::{Engine, TestDatabase},
    desk::Desk,
    proxy::Proxy,
    server_process::ServerProcess,
    tablet_page::TabletPage,
    utility::{PASSWORD, SETTINGS},
    waiting::until,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::{
    fs::{self, DirEntry},
    path::Path,
};

/// How many photos lie on the tablet's disk.
const ON_DISK: &str = "return new Promise((done) => { indexedDB.open('curbstop-field').onsuccess = ({ target: { result: db } }) => { \
    db.transaction('photos').objectStore('photos').count().onsuccess = ({ target }) => { done(target.result); db.close(); }; }; })";

/// At the door of a stop where nothing can be done, up to the summary.
async fn finds_a_dog(tablet: &TabletPage, address: &str) -> String {
    let order = tablet.order_at(address).await;
    tablet.at_the_door(&order).await;
    tablet.0.click("[data-test=walk-unable]").await;
    tablet.0.click("[data-test=unable-dog]").await;
    order
}

/// Waits until some bytes of a photo are at the server.
async fn some_of_it_arrives(blobs: &Path) {
    let is_there = |entry: DirEntry| entry.metadata().is_ok_and(|file| file.len() > 0);
    until("some of a photo is at the server", || {
        fs::read_dir(blobs.join("arriving")).is_ok_and(|files| files.flatten().any(is_there))
    })
    .await;
}

/// From the edge of a cell a photo takes a minute; what was saved meanwhile, and any recall, does not wait for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_photo_crawls_through_a_bad_line_acts_go_first_and_the_photo_goes_on_where_it_was() {
    let Some(browser) = Browser::start(Screen::Tablet).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let folder = tempfile::tempdir().unwrap();
    let photos = [("CURBSTOP_BLOBS", folder.path().to_str().unwrap())];
    let server = ServerProcess::start(&database.url, &[SETTINGS.as_slice(), photos.as_slice()].concat());
    let day = Day::with_stops(&database, 2).await;
    let proxy = Proxy::to(server.address()).await;
    let tablet = TabletPage(browser);
    tablet.enrols(&proxy.url(), &by_hand::enrolment_code(&day.state, day.crew).await).await;

    proxy.slow_down(Some("PUT /api/v1/blobs"));
    finds_a_dog(&tablet, "100 ALDER ST").await;
    tablet.takes_a_photo().await;
    tablet.0.wait_until("document.querySelector('[data-test=photos]').dataset.count === '1'").await;
    tablet.0.click("[data-test=save]").await;
    tablet.0.wait_until("document.querySelector('[data-test=saved]')").await;
    some_of_it_arrives(folder.path()).await;
    assert_eq!(tablet.0.run("return document.querySelector('[data-test=online]').dataset.state").await, "online");
    let calls = proxy.carried("POST /api/v1/sync");
    tablet.is_kept_away_by_a_dog("200 ALDER ST").await;
    tablet.shows_unsent(1).await;
    assert!(proxy.carried("POST /api/v1/sync") > calls);
    let mut conn = day.state.store.reader().await.unwrap();
    assert_eq!(by_hand::facts_of_kind(&day.state, day.orders[1].id, "visit").await, 1);
    let [piece] = &evidence::of_order(&mut conn, day.orders[0].id).await.unwrap()[..] else { panic!("one photo") };
    assert_eq!(piece.arrived_at_us, None, "the photo is still on its way");

    proxy.slow_down(None);
    tablet.asks_the_office_now().await;
    tablet.shows_unsent(0).await;
    let [piece] = &evidence::of_order(&mut conn, day.orders[0].id).await.unwrap()[..] else { panic!("one photo") };
    assert!(piece.arrived_at_us.is_some());
}

/// A tablet whose camera may not be used: a file is chosen, and one that is no picture is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_camera_a_file_is_chosen_and_one_that_is_no_picture_is_told() {
    let Some(browser) = Browser::start(Screen::Tablet).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let server = by_hand::server(&database);
    let day = Day::with_stops(&database, 1).await;
    let tablet = TabletPage(browser);
    tablet.enrols(&server.url(), &by_hand::enrolment_code(&day.state, day.crew).await).await;
    finds_a_dog(&tablet, "100 ALDER ST").await;
    tablet
        .0
        .run("navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'))")
        .await;
    tablet.0.click("[data-test=take-photo]").await;
    let state = |state: &str| {
        format!("document.querySelector('[data-test=camera][data-state={state}] [data-test=photo-file]')")
    };
    tablet.0.wait_until(&state("none")).await;
    let choose = "const chosen = new DataTransfer(); chosen.items.add(new File([bytes], 'chosen.jpg', { type: 'image/jpeg' })); \
        const input = document.querySelector('[data-test=photo-file]'); input.files = chosen.files; \
        input.dispatchEvent(new Event('change', { bubbles: true }));";
    tablet.0.run(&format!("const bytes = 'a text'; {choose}")).await;
    tablet.0.wait_until(&state("not-read")).await;
    tablet.0.wait_for_text("[data-test=camera]", "can't be read as a picture").await;
    tablet.0.screenshot("tablet-photo-not-read").await;

    let picture = "const canvas = document.createElement('canvas'); canvas.getContext('2d').fillRect(10, 10, 50, 50); \
        const bytes = await new Promise((done) => canvas.toBlob(done));";
    let looking = "document.querySelector('[data-test=camera][data-state=looking]')";
    for again in [true, false] {
        tablet.0.run(&format!("return (async () => {{ {picture} {choose} }})()")).await;
        tablet.0.wait_until(looking).await;
        if again {
            tablet.0.click("[data-test=photo-again]").await;
            tablet.0.wait_until(&state("none")).await;
        }
    }
    tablet.0.click("[data-test=photo-use]").await;
    tablet.0.wait_until("document.querySelector('[data-test=photos]').dataset.count === '1'").await;
    tablet.0.click("[data-test=photo-drop]").await;
    tablet.0.click("[data-test=photo-drop-yes]").await;
    tablet.0.wait_until("document.querySelector('[data-test=photos]').dataset.count === '0'").await;
    assert_eq!(tablet.0.run(ON_DISK).await, json!(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_taken_without_a_signal_outlives_the_battery_and_reaches_the_office_whole() {
    let Some(browser) = Browser::start(Screen::Tablet).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let folder = tempfile::tempdir().unwrap();
    let photos = [("CURBSTOP_BLOBS", folder.path().to_str().unwrap())];
    let server = ServerProcess::start(&database.url, &[SETTINGS.as_slice(), photos.as_slice()].concat());
    let day = Day::with_stops(&database, 2).await;
    let proxy = Proxy::to(server.address()).await;
    let mut tablet = TabletPage(browser);
    tablet.enrols(&proxy.url(), &by_hand::enrolment_code(&day.state, day.crew).await).await;

    proxy.no_signal().await;
    let order = finds_a_dog(&tablet, "100 ALDER ST").await;
    tablet.takes_a_photo().await;
    tablet.0.wait_until("document.querySelector('[data-test=photos]').dataset.count === '1'").await;
    tablet.0.screenshot("tablet-summary-photo").await;
    // Is the lock's number to be read on it? And one tap throws nothing away.
    tablet.0.click("[data-test=photo-look]").await;
    tablet.0.wait_until("document.querySelector('[data-test=photo-large] img')?.naturalWidth > 0").await;
    tablet.0.screenshot("tablet-photo-large").await;
    tablet.0.click("[data-test=photo-close]").await;
    tablet.0.wait_until("!document.querySelector('[data-test=photo-large]')").await;
    tablet.0.click("[data-test=photo-drop]").await;
    tablet.0.wait_for_text("[data-test=photo]", "Yes, throw it away").await;
    assert_eq!(tablet.0.run(ON_DISK).await, json!(1));
    tablet.0.click("[data-test=photo-drop]").await;
    tablet.0.wait_until("document.querySelector('[data-test=photo-drop-yes]').hidden").await;
    assert!(tablet.0.kill() > 0);
    tablet.0.reopen().await;
    tablet.0.goto(&format!("{}/field/#/door/{order}", proxy.url())).await;
    tablet.0.wait_until("document.querySelector('[data-test=photos]')?.dataset.count === '1'").await;
    tablet.0.click("[data-test=save]").await;
    tablet.0.wait_until("document.querySelector('[data-test=saved]')").await;
    tablet.shows_unsent(2).await;
    tablet.goes_to("#/unsent").await;
    tablet.0.wait_until("document.querySelector('[data-test=outbox-photo]')").await;
    tablet.0.screenshot("tablet-photo-not-sent").await;
    assert_eq!(tablet.0.run(ON_DISK).await, json!(1));

    proxy.signal();
    tablet.0.click("[data-test=sync-now]").await;
    tablet.shows_unsent(0).await;
    assert_eq!(tablet.0.run(ON_DISK).await, json!(0), "the office has it");

    let mut conn = day.state.store.reader().await.unwrap();
    let [piece] = &evidence::of_order(&mut conn, day.orders[0].id).await.unwrap()[..] else { panic!("one photo") };
    assert!(piece.arrived_at_us.is_some());
    server.command(&["user", "add", "clerk", "--role", "office"], &format!("{PASSWORD}\n"));
    let clerk = Desk::sign_in(&server.url(), "clerk", PASSWORD).await;
    let hash: String = piece.sha256.iter().map(|byte| format!("{byte:02x}")).collect();
    let photo = reqwest::Client::new().get(format!("{}/api/v1/blobs/{hash}", server.url()));
    let photo = photo.bearer_auth(clerk.token()).send().await.unwrap().bytes().await.unwrap();
    assert!(photo.starts_with(b"\xFF\xD8\xFF"), "a JPEG");
    assert_eq!(Sha256::digest(&photo).to_vec(), piece.sha256);
}

/// Taken out of service while its work and a photo of it wait for a signal: both are handed in, and the crew reads so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_tablet_hands_its_photos_in_and_tells_the_crew() {
    let Some(browser) = Browser::start(Screen::Tablet).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let folder = tempfile::tempdir().unwrap();
    let photos = [("CURBSTOP_BLOBS", folder.path().to_str().unwrap())];
    let server = ServerProcess::start(&database.url, &[SETTINGS.as_slice(), photos.as_slice()].concat());
    let day = Day::with_stops(&database, 2).await;
    let proxy = Proxy::to(server.address()).await;
    let tablet = TabletPage(browser);
    tablet.enrols(&proxy.url(), &by_hand::enrolment_code(&day.state, day.crew).await).await;
    proxy.no_signal().await;
    finds_a_dog(&tablet, "100 ALDER ST").await;
    tablet.takes_a_photo().await;
    tablet.0.wait_until("document.querySelector('[data-test=photos]').dataset.count === '1'").await;
    tablet.0.click("[data-test=save]").await;
    tablet.shows_unsent(2).await;
    let dispatcher = by_hand::dispatcher(&day.state).await;
    let known = enrolment::list(&day.state).await.unwrap();
    enrolment::revoke(&day.state, &dispatcher, known[0].id).await.unwrap();

    proxy.signal();
    tablet.asks_the_office_now().await;
    tablet.shows_unsent(0).await;
    assert_eq!(tablet.0.run(ON_DISK).await, json!(0), "the office has it");
    tablet.0.wait_for_text("[data-test=handed-in]", "Photos handed in: 1 of 1.").await;
    tablet.0.screenshot("tablet-photo-handed-in").await;
    let mut conn = day.state.store.reader().await.unwrap();
    let [piece] = &evidence::of_order(&mut conn, day.orders[0].id).await.unwrap()[..] else { panic!("one photo") };
    assert!(piece.arrived_at_us.is_some());
}
