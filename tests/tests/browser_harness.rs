//! The browser that tests drive does what they believe it does: it survives being killed, and it can be put at a
//! place, slowed down and taken off line.

use curbstop_tests::{
    browser::{Browser, Screen},
    proxy::Proxy,
    static_site::StaticSite,
};
use std::collections::BTreeMap;

/// Counts up in the browser's database, each count durable before it is shown.
const COUNTER: &str = r#"<!doctype html><meta name="viewport" content="width=device-width"><title>Counter</title>
<button onclick="count()">Count</button><output></output>
<script>
const open = new Promise((resolve) => {
  const request = indexedDB.open("counter", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("counts");
  request.onsuccess = () => resolve(request.result);
});
async function count(by = 1) {
  const transaction = (await open).transaction("counts", "readwrite", { durability: "strict" });
  const counts = transaction.objectStore("counts");
  let next;
  counts.get("n").onsuccess = ({ target }) => counts.put((next = (target.result ?? 0) + by), "n");
  transaction.oncomplete = () => { document.querySelector("output").textContent = `counted ${next}`; };
}
count(0);
</script>"#;

async fn counter() -> StaticSite {
    StaticSite::serve(BTreeMap::from([("/".to_owned(), COUNTER.into())])).await
}

#[tokio::test]
async fn what_was_saved_is_there_after_the_browser_was_killed() {
    let Some(mut browser) = Browser::start(Screen::Tablet).await else { return };
    let site = counter().await;
    let page = format!("http://{}/", site.address());
    browser.goto(&page).await;
    browser.wait_for_text("output", "counted 0").await;
    browser.click("button").await;
    browser.wait_for_text("output", "counted 1").await;
    assert!(browser.kill() > 1, "a browser is several processes");
    browser.reopen().await;
    browser.goto(&page).await;
    browser.wait_for_text("output", "counted 1").await;
}

#[tokio::test]
async fn a_page_sees_the_tablets_screen_touch_and_place() {
    let Some(browser) = Browser::start(Screen::Tablet).await else { return };
    let site = counter().await;
    // The first page of a browser may be there before the browser knows of its fingers: the next one knows.
    for _ in 0..10 {
        browser.goto(&format!("http://{}/", site.address())).await;
        if browser.run("return navigator.maxTouchPoints > 0").await == serde_json::json!(true) {
            break;
        }
    }
    assert_eq!(browser.run("return [innerWidth, innerHeight]").await, serde_json::json!([1280, 800]));
    browser.wait_until("navigator.maxTouchPoints > 0").await;
    browser.stand_at(39.0997, -94.5786, 7.5).await;
    let place = "return new Promise((done, failed) => navigator.geolocation.getCurrentPosition((p) => done([p.coords.latitude, p.coords.accuracy]), (e) => done(e.message)))";
    assert_eq!(browser.run(place).await, serde_json::json!([39.0997, 7.5]));
    let picture = browser.screenshot("harness-counter").await;
    let png = std::fs::read(picture).unwrap();
    assert_eq!(&png[1..4], b"PNG");
}

#[tokio::test]
async fn a_slowed_down_page_takes_longer() {
    let Some(browser) = Browser::start(Screen::Desk).await else { return };
    let site = counter().await;
    browser.goto(&format!("http://{}/", site.address())).await;
    let work = "const start = performance.now(); for (let i = 0, x = 0; i < 3e7; i++) x += i % 7; return performance.now() - start";
    browser.run(work).await;
    let at_full_speed = browser.run(work).await.as_f64().unwrap();
    browser.slow_down(10).await;
    let slowed_down = browser.run(work).await.as_f64().unwrap();
    assert!(slowed_down > at_full_speed * 2.0, "{at_full_speed} ms, slowed down {slowed_down} ms");
}

#[tokio::test]
async fn without_a_signal_requests_fail_and_off_line_the_page_knows_it() {
    let Some(browser) = Browser::start(Screen::Phone).await else { return };
    let site = counter().await;
    let proxy = Proxy::to(site.address()).await;
    browser.goto(&format!("{}/", proxy.url())).await;
    let ask = "return fetch('/').then((answer) => answer.status, () => 'no answer')";
    assert_eq!(browser.run(ask).await, 200);
    proxy.no_signal().await;
    assert_eq!(browser.run(ask).await, "no answer");
    proxy.signal();
    assert_eq!(browser.run(ask).await, 200);
    browser.set_online(false).await;
    assert_eq!(browser.run("return navigator.onLine").await, false);
    assert_eq!(browser.run(ask).await, "no answer");
    browser.set_online(true).await;
    assert_eq!(browser.run(ask).await, 200);
}
