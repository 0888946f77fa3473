//! `cargo xtask bench client`: what the tablet's app weighs, and how long a crew waits for it.
//!
//! A real browser on the real server, a route of 100 stops. Prints; judges nothing.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark prints, and one that can't go on ends")]

use curbstop_shared::route_document::PublishedOrder;
use curbstop_tests::{
    browser::{Browser, Screen},
    by_hand::{self, Day},
    database::{Engine, TestDatabase},
    figures::{Figures, load_average, machine, median_and_max_ms},
    long_day::turn_offs,
    server_process::binary,
    tablet_page::TabletPage,
};
use serde_json::{Value, json};
use std::time::Duration;

/// Stops of the route.
const STOPS: u64 = 100;
/// Runs of each measurement; the first are not counted, for they fill caches.
const RUNS: usize = 15;
const UNCOUNTED: usize = 2;
/// From this stop on a photo is asked for.
const WITH_PHOTOS: usize = 40;
/// What is loaded before the first screen is there, in bytes over the air. Icons are not: the browser asks for those when
/// it likes.
const LOADED: &str = "return [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')] \
     .map(entry => [new URL(entry.name).pathname, entry.encodedBodySize]).filter(([path]) => !/\\.(png|svg)$/.test(path))";
/// How much slower than this machine a cheap tablet is.
const TABLET: u32 = 4;
/// How long a finger stays on the button that confirms a cut.
const HOLD_MS: f64 = 1_000.0;

/// In each new page: remembers when all stops were on the screen, in milliseconds since the navigation began. Two
/// frames later, for then they are painted.
const WATCH: &str = "(() => { const look = () => { \
     if (document.querySelectorAll('[data-test=stop-row],[data-test=next-card]').length >= STOPS) \
         requestAnimationFrame(() => requestAnimationFrame(() => { window.paintedAt = performance.now(); })); \
     else requestAnimationFrame(look); }; requestAnimationFrame(look); })()";

#[tokio::main]
async fn main() {
    println!("\n{}\nserver: {}", machine(), binary().display());
    let Some(browser) = Browser::start(Screen::Tablet).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let server = by_hand::server(&database);
    let state = by_hand::state_on(&database).await;
    let mut orders = turn_offs(1, STOPS, 1);
    for order in &mut orders[WITH_PHOTOS..] {
        order.asks_for = Some("reading,photo".to_owned());
    }
    let day = Day::of_crew(&state, "Truck 12", "maria", orders.clone()).await;
    let code = by_hand::enrolment_code(&state, day.crew).await;

    let mut figures = Figures::of("The tablet's app, 100 stops, Chromium headless");
    figures.also("load average at the start", load_average());
    let mut tablet = Tablet { page: TabletPage(browser), base: server.url(), orders };
    let loaded = tablet.enrols(&code).await;
    let (bytes, files) = weight(&loaded);
    figures.at_most("brotli to the first screen, without icons", 450.0, bytes / 1_000.0, "KB", &files);

    for (slower, goal) in [(1, 500.0), (TABLET, 1_500.0)] {
        let times = tablet.starts(slower).await;
        put(&mut figures, &format!("warm start to 100 painted stops, {slower}x"), goal, &times);
    }
    put(&mut figures, "opening a stop, 4x", 100.0, &tablet.opens_stops().await);
    put(&mut figures, "saving an act durably, from the end of the hold, 4x", 150.0, &tablet.saves_acts(0).await);
    put(&mut figures, "the same with its photo, 4x", 150.0, &tablet.saves_acts(WITH_PHOTOS).await);
    figures.also("load average at the end", load_average());
    println!("\n{figures}");
}

fn put(figures: &mut Figures, what: &str, goal: f64, times: &[Duration]) {
    let (median, max) = median_and_max_ms(times);
    figures.at_most(what, goal, median.round(), "ms", &format!("median of {}; max {max:.0} ms", times.len()));
}

struct Tablet {
    page: TabletPage,
    base: String,
    orders: Vec<PublishedOrder>,
}

impl Tablet {
    /// Enrols, and answers what the page loaded up to the first screen: paths and bytes over the air.
    async fn enrols(&self, code: &str) -> Vec<(String, f64)> {
        let browser = &self.page.0;
        browser.goto(&format!("{}/field/#enrol={code}", self.base)).await;
        browser.wait_until("document.querySelector('[data-test=enrol-submit]')").await;
        let loaded = browser.run(LOADED).await;
        browser.click("[data-test=enrol-submit]").await;
        browser.click("[data-test=person]").await;
        browser.wait_until("document.querySelector('[data-test=next-card]')").await;
        browser.wait_until("navigator.serviceWorker.controller").await;
        browser.stand_at(41.9, -101.63, 8.0).await;
        let watch = WATCH.replace("STOPS", &STOPS.to_string());
        browser.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": watch })).await;
        serde_json::from_value(loaded).expect("paths and sizes")
    }

    /// Opens the app as a crew does in the morning: everything is on the tablet, nothing on the screen.
    async fn starts(&self, slower: u32) -> Vec<Duration> {
        let mut times = Vec::new();
        for run in 0..RUNS + UNCOUNTED {
            self.page.0.goto("about:blank").await;
            self.page.0.slow_down(slower).await;
            self.page.0.goto(&format!("{}/field/", self.base)).await;
            self.page.0.wait_until("window.paintedAt").await;
            let painted = self.page.0.run("return window.paintedAt").await;
            if run >= UNCOUNTED {
                times.push(ms(&painted));
            }
        }
        self.page.0.slow_down(1).await;
        times
    }

    /// From the tap on a row of the list to the painted stop.
    async fn opens_stops(&self) -> Vec<Duration> {
        let mut times = Vec::new();
        for run in 0..RUNS + UNCOUNTED {
            let order = self.orders[10 + run].id;
            self.whole_day().await;
            self.page.0.slow_down(TABLET).await;
            let script = format!(
                "return new Promise(done => {{ const began = performance.now(); \
                 document.querySelector('[data-test=stop-row][data-order=\"{order}\"]').click(); \
                 const look = () => document.querySelector('[data-test=stop][data-order=\"{order}\"]') \
                     ? requestAnimationFrame(() => setTimeout(() => done(performance.now() - began))) \
                     : requestAnimationFrame(look); look(); }})"
            );
            let took = self.page.0.run(&script).await;
            self.page.0.slow_down(1).await;
            if run >= UNCOUNTED {
                times.push(ms(&took));
            }
        }
        times
    }

    /// From the end of the hold to the words "saved" on the painted screen, which come after the disk has answered.
    async fn saves_acts(&mut self, first: usize) -> Vec<Duration> {
        let mut times = Vec::new();
        for run in 0..RUNS + UNCOUNTED {
            let order = self.orders[first + run].clone();
            self.walks_to_the_end(&order).await;
            if order.asks_for.is_some() {
                self.page.takes_a_photo().await;
            }
            self.page.0.wait_until("document.querySelector('[data-test=hold-save]')?.disabled === false").await;
            self.page.0.slow_down(TABLET).await;
            let saved = format!("[data-test=saved][data-order=\"{}\"]", order.id);
            let script = format!(
                "return new Promise(done => {{ const began = performance.now(); \
                 document.querySelector('[data-test=hold-save]').dispatchEvent(new PointerEvent('pointerdown', {{ bubbles: true }})); \
                 const look = () => document.querySelector('{saved}') \
                     ? requestAnimationFrame(() => setTimeout(() => done(performance.now() - began - {HOLD_MS}))) \
                     : requestAnimationFrame(look); look(); }})"
            );
            let took = self.page.0.run(&script).await;
            self.page.0.slow_down(1).await;
            if run >= UNCOUNTED {
                times.push(ms(&took));
            }
        }
        times
    }

    /// The day's list, painted to its last row.
    async fn whole_day(&self) {
        self.page.0.run("location.hash = '#/'").await;
        let rows = "document.querySelectorAll('[data-test=stop-row],[data-test=next-card]').length";
        self.page.0.wait_until(&format!("{rows} >= {STOPS} && document.querySelector('[data-test=sketch]')")).await;
    }

    /// Place, meter, knock, act, reading; the finger is over the button.
    async fn walks_to_the_end(&self, order: &PublishedOrder) {
        let browser = &self.page.0;
        let line = &order.lines[0];
        browser.run(&format!("location.hash = '#/stop/{}'", order.id)).await;
        browser.wait_until(&format!("document.querySelector('[data-test=stop][data-order=\"{}\"]')", order.id)).await;
        browser.click("[data-test=stop] [data-test=at-the-door]").await;
        browser.click("[data-test=place-yes]").await;
        self.page.types("[data-test=serial-input]", line.serial.as_deref().unwrap_or_default()).await;
        browser.click("[data-test=serial-check]").await;
        browser.click("[data-test=met-nobody]").await;
        browser.click("[data-test=open-act]").await;
        browser.click("[data-test=method-curb_stop_locked]").await;
        self.page.types("[data-test=lock-input]", "L-100").await;
        browser.click("[data-test=act-next]").await;
        let last: u64 = line.last.as_deref().and_then(|last| last.parse().ok()).unwrap_or(0);
        for digit in format!("{:06}", last + 100).chars() {
            browser.click(&format!("[data-test=digit-{digit}]")).await;
        }
        browser.wait_until("document.querySelector('[data-test=reading-confirm]:not([disabled])')").await;
        browser.click("[data-test=reading-confirm]:not([disabled])").await;
    }
}

fn ms(value: &Value) -> Duration {
    Duration::from_secs_f64(value.as_f64().expect("a number").max(0.0) / 1_000.0)
}

/// What these files take together, and how many they are.
fn weight(loaded: &[(String, f64)]) -> (f64, String) {
    let largest = loaded.iter().max_by(|(_, a), (_, b)| a.total_cmp(b));
    let largest = largest.map(|(path, bytes)| format!("the largest {path}: {bytes} B")).unwrap_or_default();
    (loaded.iter().map(|(_, bytes)| bytes).sum(), format!("{} files, {largest}", loaded.len()))
}
