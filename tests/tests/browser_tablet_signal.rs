//! A signal that comes and goes, in a real browser: what was saved goes out with the first second of it.

use curbstop_tests::{
    browser::{Browser, Screen},
    by_hand::{self, Day},
    database::{Engine, TestDatabase},
    proxy::Proxy,
    tablet_page::TabletPage,
    truck::wall_clock,
    utility::Utility,
    waiting::until,
};
use serde_json::json;
use std::time::{Duration, Instant};

/// The line dies without a word while the tablet asks. When the device says that there is a network again, the tablet
/// does not wait for the answer that never comes (it would for half a minute): it asks anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_hangs_is_given_up_when_the_signal_comes_back() {
    let Some(browser) = Browser::start(Screen::Tablet).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let server = by_hand::server(&database);
    let proxy = Proxy::to(server.address()).await;
    let day = Day::with_stops(&database, 2).await;
    let tablet = TabletPage(browser);
    tablet.enrols(&proxy.url(), &by_hand::enrolment_code(&day.state, day.crew).await).await;

    proxy.hang(Some("POST /api/v1/sync"));
    tablet.is_kept_away_by_a_dog("100 ALDER ST").await;
    until("a request hangs", || proxy.hung() > 0).await;
    tablet.0.run("window.hung_at = performance.now()").await;
    // The call gets old enough to be given up: that is what this is about.
    tablet.0.wait_until("performance.now() - window.hung_at > 3500").await;
    tablet.0.run("window.dispatchEvent(new Event('offline'))").await;
    proxy.hang(None);
    let back = Instant::now();
    tablet.0.run("window.dispatchEvent(new Event('online'))").await;
    tablet.shows_unsent(0).await;
    assert!(back.elapsed() < Duration::from_secs(10), "{:?}", back.elapsed());
    assert_eq!(by_hand::facts_of_kind(&day.state, day.orders[0].id, "visit").await, 1);
}

/// A line on which an answer takes six seconds, and a crew that looks at the tablet every four: the answer is waited for,
/// and nobody reads "no signal".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_answer_is_waited_for_however_often_somebody_looks() {
    let Some(browser) = Browser::start(Screen::Tablet).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let server = by_hand::server(&database);
    let day = Day::with_stops(&database, 2).await;
    let tablet = TabletPage(browser);
    let page = format!("http://{}", server.address());
    tablet.enrols(&page, &by_hand::enrolment_code(&day.state, day.crew).await).await;
    let slow = "window.given_up = 0; window.said = new Set(); const fetches = window.fetch; \
        window.fetch = async (path, how) => { \
            if (path === '/api/v1/sync') await new Promise((answered, given_up) => { \
                setTimeout(answered, 6000); \
                how.signal.addEventListener('abort', () => { window.given_up++; given_up(how.signal.reason); }); }); \
            return fetches(path, how); }; \
        setInterval(() => document.dispatchEvent(new Event('visibilitychange')), 4000); \
        setInterval(() => window.said.add(document.querySelector('[data-test=online]').dataset.state), 50)";
    tablet.0.run(slow).await;
    tablet.is_kept_away_by_a_dog("100 ALDER ST").await;
    tablet.shows_unsent(0).await;
    assert_eq!(tablet.0.run("return window.given_up").await, json!(0));
    assert_eq!(tablet.0.run("return [...window.said]").await, json!(["online"]));
    assert_eq!(by_hand::facts_of_kind(&day.state, day.orders[0].id, "visit").await, 1);
}

/// No device says that the signal is back: the tablet has asked every few seconds all along.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_word_of_the_device_what_waits_is_tried_every_few_seconds() {
    let Some(browser) = Browser::start(Screen::Tablet).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let server = by_hand::server(&database);
    let proxy = Proxy::to(server.address()).await;
    let day = Day::with_stops(&database, 2).await;
    let tablet = TabletPage(browser);
    tablet.enrols(&proxy.url(), &by_hand::enrolment_code(&day.state, day.crew).await).await;
    // Every try from here on is counted, and when it was.
    let counts = "window.tries = []; const fetches = window.fetch; \
        window.fetch = (path, ...rest) => { window.tries.push(performance.now()); return fetches(path, ...rest); }";
    tablet.0.run(counts).await;
    proxy.no_signal().await;
    tablet.is_kept_away_by_a_dog("100 ALDER ST").await;
    tablet.0.wait_until("window.tries.length >= 6").await;
    let longest = "return Math.max(...window.tries.slice(1).map((at, n) => at - window.tries[n]))";
    let longest = tablet.0.run(longest).await.as_f64().unwrap_or(f64::MAX);
    assert!(longest < 8_000.0, "{longest} ms between two tries");
    proxy.signal();
    tablet.shows_unsent(0).await;
}

/// The crew drives with a signal and has asked a moment ago. Somebody pays: the office says so, and the stop is stopped long
/// before the tablet would have asked again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_pays_is_on_the_tablet_before_it_asks() {
    let Some(browser) = Browser::start(Screen::Tablet).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let utility = Utility::opens(&database).await;
    utility.publishes().await;
    let tablet = TabletPage(browser);
    tablet.enrols(&utility.server.url(), &utility.enrolment_code().await).await;
    tablet.0.wait_until("document.querySelector('[data-test=next-card]')").await;
    tablet.asks_the_office_now().await;
    tablet.goes_to("#/").await;
    let told = Instant::now();
    utility.pays('B', wall_clock()).await;
    tablet.0.wait_until("document.querySelector('[data-test=recall-card]')").await;
    // By itself it asks every half minute, and it has asked just now.
    assert!(told.elapsed() < Duration::from_secs(12), "{:?}", told.elapsed());
}
