//! A new version of the app waits while a crew is at a door: nothing moves under its fingers, it is offered when nothing is
//! open, and what was begun is there after it.

use curbstop_tests::{
    browser::{Browser, Screen, target_folder},
    by_hand::{self, Day},
    database::{Engine, TestDatabase},
    proxy::Proxy,
    skips::skip,
    static_site::{StaticSite, files_below},
    tablet_page::TabletPage,
};
use std::collections::BTreeMap;

type Files = BTreeMap<String, Vec<u8>>;

/// The app as it was built, and the name of that build.
fn built_app() -> Option<(Files, String)> {
    let Ok(files) = files_below(&target_folder().join("client-dist"), "/field/") else {
        skip("the tablet's app is not built: run cargo xtask client");
        return None;
    };
    let page = String::from_utf8(files["/field/"].clone()).unwrap();
    let (_, name) = page.split_once("<meta name=\"build\" content=\"").unwrap();
    let name = name.split('"').next().unwrap().to_owned();
    Some((files, name))
}

/// The same app as another build.
fn built_anew(files: &Files, before: &str, name: &str) -> Files {
    let mut files = files.clone();
    for path in ["/field/", "/field/sw.js"] {
        let text = String::from_utf8(files[path].clone()).unwrap();
        assert!(text.contains(before), "{path} names its build");
        files.insert(path.to_owned(), text.replace(before, name).into_bytes());
    }
    files
}

async fn is_of_build(page: &Browser, name: &str) {
    page.wait_until(&format!("document.querySelector('meta[name=build]').content === '{name}'")).await;
}

/// Somebody takes the tablet up again and again, hours apart, until an update is said: the app may only just have
/// started, and on a bad line the first look finds nothing.
async fn is_taken_up_again(page: &Browser) {
    let hours_later = "window.hours = (window.hours ?? 0) + 2; const now = performance.now; \
        performance.now = () => now.call(performance) + window.hours * 3600 * 1000; \
        document.dispatchEvent(new Event('visibilitychange')); performance.now = now; \
        return new Promise((said) => { const until = now.call(performance) + 6000; const look = () => { \
            const is = Boolean(document.querySelector('[data-test=update-ready]')); \
            if (is || now.call(performance) > until) said(is); else setTimeout(look, 25); }; look(); })";
    for _ in 0..5 {
        if page.run(hours_later).await == true {
            return;
        }
    }
    panic!("nobody is told of the update");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_waits_for_the_door_and_what_was_begun_is_there_after_it() {
    let Some((files, name)) = built_app() else { return };
    let Some(browser) = Browser::start(Screen::Tablet).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let server = by_hand::server(&database);
    let first = StaticSite::before(server.address(), files.clone()).await;
    let second = StaticSite::before(server.address(), built_anew(&files, &name, "222222222222")).await;
    let third = StaticSite::before(server.address(), built_anew(&files, &name, "333333333333")).await;
    let proxy = Proxy::to(first.address()).await;
    let day = Day::with_stops(&database, 3).await;
    let mut tablet = TabletPage(browser);
    tablet.enrols(&proxy.url(), &by_hand::enrolment_code(&day.state, day.crew).await).await;
    is_of_build(&tablet.0, &name).await;

    // In the middle of the work the second build comes: said, and not offered.
    let order = tablet.order_at("100 ALDER ST").await;
    tablet.begins_the_work(&order, "70000001").await;
    tablet.0.click("[data-test=method-curb_stop_locked]").await;
    tablet.types("[data-test=lock-input]", "L-1").await;
    tablet.0.run("window.the_same_page = true").await;
    proxy.serve_from(second.address());
    is_taken_up_again(&tablet.0).await;
    tablet.0.wait_for_text("[data-test=update-ready]", "when the stop at hand is saved").await;
    tablet.0.screenshot("tablet-update-waits").await;
    let untouched = "window.the_same_page && !document.querySelector('[data-test=update-apply]') \
        && document.querySelector('[data-test=lock-input]').value === 'L-1'";
    tablet.0.wait_until(untouched).await;
    is_of_build(&tablet.0, &name).await;
    tablet.0.click("[data-test=act-next]").await;
    tablet.is_on("reading").await;

    // The battery dies: the app that opens is the new one, at the same step.
    assert!(tablet.0.kill() > 0);
    tablet.0.reopen().await;
    tablet.0.goto(&format!("{}/field/", proxy.url())).await;
    is_of_build(&tablet.0, "222222222222").await;
    tablet.is_on("reading").await;

    // Another one: it is offered when the stop is saved, and taken with a tap.
    tablet.0.wait_until("navigator.serviceWorker.controller?.state === 'activated'").await;
    proxy.serve_from(third.address());
    is_taken_up_again(&tablet.0).await;
    tablet.0.wait_for_text("[data-test=update-ready]", "when the stop at hand is saved").await;
    proxy.no_signal().await;
    for digit in "036500".chars() {
        tablet.0.click(&format!("[data-test=digit-{digit}]")).await;
    }
    tablet.0.click("[data-test=reading-confirm]").await;
    tablet.holds("[data-test=hold-save]", "document.querySelector('[data-test=saved]')").await;
    let half = tablet.order_at("200 ALDER ST").await;
    tablet.goes_to(&format!("#/stop/{half}")).await;
    tablet.types("[data-test=stop-note]", "gate was op").await;
    tablet.0.screenshot("tablet-update-offered").await;
    tablet.0.click("[data-test=update-apply]").await;
    is_of_build(&tablet.0, "333333333333").await;
    tablet.0.wait_until("document.querySelector('[data-test=stop-note]')?.value === 'gate was op'").await;
    tablet.shows_unsent(1).await;
    assert_eq!(by_hand::facts_of_kind(&day.state, day.orders[0].id, "visit").await, 0, "nothing was sent yet");
    proxy.signal();
    tablet.asks_the_office_now().await;
    tablet.shows_unsent(0).await;
    for kind in ["visit", "work", "reading"] {
        assert_eq!(by_hand::facts_of_kind(&day.state, day.orders[0].id, kind).await, 1, "{kind}");
    }
}
