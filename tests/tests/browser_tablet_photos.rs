//! Photos in a real browser: taken without a signal, there after the battery died, sent when the signal is back, and
//! off the tablet only when the office has them.

#![expect(clippy::unwrap_used, reason = "a step of the story that fails ends it, where it failed")]

use curbstop_server::store::evidence;
use curbstop_tests::{
    browser::{Browser, Screen},
    by_hand::{self, Day},
    database::{Engine, TestDatabase},
    desk::Desk,
    proxy::Proxy,
    server_process::ServerProcess,
    tablet_page::TabletPage,
    utility::{PASSWORD, SETTINGS},
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// How many photos lie on the tablet's disk.
const ON_DISK: &str = "return new Promise((done) => { indexedDB.open('curbstop-field').onsuccess = ({ target: { result: db } }) => { \
    db.transaction('photos').objectStore('photos').count().onsuccess = ({ target }) => { done(target.result); db.close(); }; }; })";

async fn takes_a_photo(page: &Browser) {
    page.click("[data-test=take-photo]").await;
    page.wait_until("document.querySelector('[data-test=camera][data-state=open]')").await;
    page.click("[data-test=photo-shoot]").await;
    page.wait_until("document.querySelector('[data-test=camera][data-state=looking]')").await;
    page.screenshot("tablet-photo-looked-at").await;
    page.click("[data-test=photo-use]").await;
    page.wait_until("!document.querySelector('[data-test=camera]')").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_taken_without_a_signal_outlives_the_battery_and_reaches_the_office_whole() {
    let Some(browser) = Browser::start(Screen::Tablet).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let folder = tempfile::tempdir().unwrap();
    let photos = [("CURBSTOP_BLOBS", folder.path().to_str().unwrap())];
    let server = ServerProcess::start(&database.url, &[SETTINGS, photos.as_slice()].concat());
    let day = Day::with_stops(&database, 2).await;
    let proxy = Proxy::to(server.address()).await;
    let mut tablet = TabletPage(browser);
    tablet.enrols(&proxy.url(), &by_hand::enrolment_code(&day.state, day.crew).await).await;

    proxy.no_signal().await;
    let order = tablet.order_at("100 ALDER ST").await;
    tablet.at_the_door(&order).await;
    tablet.0.click("[data-test=walk-unable]").await;
    tablet.0.click("[data-test=unable-dog]").await;
    takes_a_photo(&tablet.0).await;
    tablet.0.wait_until("document.querySelector('[data-test=photos]').dataset.count === '1'").await;
    tablet.0.screenshot("tablet-summary-photo").await;
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
