//! The tablet's disk, its tabs and its signal in a real browser: what is said to be saved is on the disk, one tab writes,
//! and the office is asked as soon as there is a signal.

use curbstop_tests::road::Road;
use serde_json::{Value, json};

/// Remembers how each transaction of the disk was asked for, and holds the word of its end back while `holding`.
const DISK: &str = "window.asked = []; window.holding = false; window.held = []; \
    const begin = IDBDatabase.prototype.transaction; \
    IDBDatabase.prototype.transaction = function (stores, mode, options) { \
        const tx = begin.call(this, stores, mode, options); \
        asked.push([mode ?? 'readonly', options?.durability ?? 'none', tx.durability]); return tx; }; \
    Object.defineProperty(IDBTransaction.prototype, 'oncomplete', { set(told) { \
        this.addEventListener('complete', (event) => { \
            const tell = () => told.call(this, event); if (holding && this.mode === 'readwrite') held.push(tell); else tell(); }); } });";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn saved_is_said_when_the_strict_write_is_complete_and_not_before() {
    let Some(road) = Road::begins().await else { return };
    let (tablet, page) = (&road.tablet, &road.tablet.0);
    road.opens_again_after(DISK).await;
    let order = tablet.order_at("100 ALDER ST").await;
    tablet.at_the_door(&order).await;
    page.click("[data-test=walk-unable]").await;
    page.click("[data-test=unable-dog]").await;
    tablet.is_on("summary").await;
    page.run("window.holding = true").await;
    page.click("[data-test=save]").await;
    page.wait_until("window.held.length > 0").await;
    assert_eq!(
        page.run("return [!!document.querySelector('[data-test=saved]'), document.querySelector('[data-test=unsent]').dataset.count]").await,
        json!([false, "0"]),
        "the disk has not said yet that it has it"
    );
    page.run("window.holding = false; window.held.splice(0).forEach((tell) => tell())").await;
    page.wait_until("document.querySelector('[data-test=saved]')").await;

    let asked = page.run("return window.asked.filter(([mode]) => mode === 'readwrite')").await;
    let asked = asked.as_array().unwrap();
    assert!(asked.len() >= 3, "{asked:?}");
    assert!(asked.iter().all(|ask| *ask == json!(["readwrite", "strict", "strict"])), "{asked:?}");
}

/// The connection to the disk dies as the write is complete: whoever saves hears of a failure, and it is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_save_whose_end_the_disk_did_not_tell_is_found_there_and_the_day_goes_on() {
    let Some(road) = Road::begins().await else { return };
    let tablet = &road.tablet;
    let lose_one = "window.lose = false; Object.defineProperty(IDBTransaction.prototype, 'oncomplete', { set(told) { \
        this.addEventListener('complete', (event) => { \
            if (window.lose && this.mode === 'readwrite') { window.lose = false; this.onabort(event); } else told.call(this, event); }); } });";
    road.opens_again_after(lose_one).await;
    let order = tablet.order_at("100 ALDER ST").await;
    tablet.at_the_door(&order).await;
    tablet.0.click("[data-test=walk-unable]").await;
    tablet.0.click("[data-test=unable-dog]").await;
    tablet.is_on("summary").await;
    tablet.0.run("window.lose = true").await;
    tablet.0.click("[data-test=save]").await;
    tablet.0.wait_until("document.querySelector('[data-test=saved]') && !window.lose").await;
    assert_eq!(tablet.0.run("return document.querySelector('[data-test=problem]')").await, Value::Null);
    tablet.is_kept_away_by_a_dog("200 ALDER ST").await;
    tablet.shows_unsent(0).await;
    assert_eq!((road.visits(1).await, road.visits(2).await), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_can_not_be_read_says_so_and_invites_nobody_to_begin_anew() {
    let Some(road) = Road::begins().await else { return };
    let (tablet, page) = (&road.tablet, &road.tablet.0);
    let ill = "window.open_disk = IDBFactory.prototype.open; IDBFactory.prototype.open = function () { \
        throw new DOMException('Internal error opening backing store', 'UnknownError'); };";
    road.opens_again_after(ill).await;
    page.wait_until("document.querySelector('[data-test=unreadable]')").await;
    page.wait_for_text("[data-test=unreadable]", "Do not clear this site's data").await;
    assert_eq!(page.run("return document.querySelector('[data-test=enrol]')").await, Value::Null);
    page.screenshot("tablet-disk-unreadable").await;
    page.click("[data-test=unreadable-retry]").await;
    page.wait_until("document.querySelector('[data-test=unreadable]')").await;

    page.run("IDBFactory.prototype.open = window.open_disk").await;
    page.click("[data-test=unreadable-retry]").await;
    page.wait_until("document.querySelector('[data-test=next-card]')").await;
    tablet.is_kept_away_by_a_dog("100 ALDER ST").await;
    tablet.shows_unsent(0).await;
}

/// A later release has added to the disk, in another tab, and is put back: this one goes on, and opens again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_a_later_release_has_added_to_is_read_and_written_by_this_one() {
    let Some(road) = Road::begins().await else { return };
    let (tablet, page) = (&road.tablet, &road.tablet.0);
    let later = "return new Promise((done) => { const open = indexedDB.open('curbstop-field', 7); \
        open.onupgradeneeded = () => open.result.createObjectStore('added-later'); open.onblocked = () => done('blocked'); \
        open.onsuccess = () => { done(open.result.version); open.result.close(); }; })";
    assert_eq!(page.run(later).await, json!(7), "the tab that writes lets go");
    tablet.is_kept_away_by_a_dog("100 ALDER ST").await;
    tablet.shows_unsent(0).await;
    road.opens_again_after("").await;
    page.wait_until("document.querySelector('[data-test=next-card]')").await;
    tablet.is_kept_away_by_a_dog("200 ALDER ST").await;
    tablet.shows_unsent(0).await;
    assert_eq!((road.visits(1).await, road.visits(2).await), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_tabs_one_writes_and_the_other_shows_until_that_one_is_closed() {
    let Some(road) = Road::begins().await else { return };
    let (tablet, page) = (&road.tablet, &road.tablet.0);
    let first = page.page.window().await.unwrap();
    let second = page.page.new_window(true).await.unwrap().handle;
    page.page.switch_to_window(second.clone()).await.unwrap();
    page.goto(&format!("{}/field/", road.proxy.url())).await;
    page.wait_until(
        "document.querySelector('[data-test=other-tab]') && document.querySelector('[data-test=next-card]')",
    )
    .await;
    page.screenshot("tablet-second-tab").await;
    // No button for work looks as if it could be tapped; why is said above. Looking is free.
    page.wait_for_text("[data-test=other-tab]", "its buttons for work are off").await;
    let off = |on: &str| format!("document.querySelector('[data-test={on}]')?.disabled === true");
    page.wait_until(&off("at-the-door")).await;
    page.click("[data-test=next-card] [data-test=details]").await;
    page.wait_until(&format!("{} && {}", off("at-the-door"), off("stop-note-save"))).await;
    page.screenshot("tablet-second-tab-stop").await;
    page.click("[data-test=unsent]").await;
    page.wait_until(&format!("{} && {}", off("language"), off("change-person"))).await;
    page.run("location.hash = '#/'").await;
    assert_eq!(page.run("return document.querySelector('[data-test=walk]')").await, Value::Null);

    // What the first one writes the second one shows.
    page.page.switch_to_window(first).await.unwrap();
    let order = tablet.order_at("200 ALDER ST").await;
    tablet.at_the_door(&order).await;
    page.page.switch_to_window(second.clone()).await.unwrap();
    page.wait_until(&format!("document.querySelector('[data-test=next-card][data-order=\"{order}\"]')")).await;

    // The first one is closed: the second takes over, at the door that was open.
    let first = page.page.windows().await.unwrap().into_iter().find(|window| *window != second).unwrap();
    page.page.switch_to_window(first).await.unwrap();
    page.page.close_window().await.unwrap();
    page.page.switch_to_window(second).await.unwrap();
    tablet.is_on("place").await;
    page.wait_until("!document.querySelector('[data-test=other-tab]')").await;
    page.click("[data-test=place-yes]").await;
    tablet.is_on("meter").await;
}

/// Long timers are kept and not run, so that nothing wakes the app by itself.
const TIMERS: &str = "window.timers = new Map(); const [set, clear] = [window.setTimeout, window.clearTimeout]; \
    window.setTimeout = (f, ms, ...rest) => { const id = ms > 1000 ? set(() => {}, 0) : set(f, ms, ...rest); \
        if (ms > 1000) timers.set(id, { f, ms }); return id; }; \
    window.clearTimeout = (id) => { timers.delete(id); clear(id); }; \
    window.pulse = () => [...timers.values()].find(({ ms }) => ms === 30000);";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_office_is_asked_every_half_minute_and_as_soon_as_there_is_a_signal_again() {
    let Some(road) = Road::begins().await else { return };
    let page = &road.tablet.0;
    road.opens_again_after(TIMERS).await;
    // The call at the start is over: the one long timer is that of the next.
    let at_rest = "document.querySelector('[data-test=online]')?.dataset.state === 'online' && timers.size > 0 && pulse() \
        && [...timers.values()].filter(({ ms }) => ms === 30000).length === 1";
    page.wait_until(at_rest).await;
    let before = road.proxy.carried("POST /api/v1/sync");
    page.run("const { f } = pulse(); timers.clear(); f()").await;
    road.exchanges(before + 1).await;
    page.wait_until(at_rest).await;

    // The device says that it lost its network, and that it has it again.
    // A call that was just under way may still say "online" after it: then the device says it once more.
    let is_offline = "return new Promise((done) => { const until = Date.now() + 4000; const look = () => { \
        const is = document.querySelector('[data-test=online]').dataset.state === 'offline'; \
        if (is || Date.now() > until) done(is); else setTimeout(look, 20); }; look(); })";
    let mut offline = false;
    for _ in 0..5 {
        page.set_online(false).await;
        offline = page.run(is_offline).await == json!(true);
        if offline {
            break;
        }
        page.set_online(true).await;
    }
    assert!(offline, "the status line never said that there is no network");
    let before = road.proxy.carried("POST /api/v1/sync");
    page.set_online(true).await;
    road.exchanges(before + 1).await;
    page.wait_until("document.querySelector('[data-test=online]').dataset.state === 'online'").await;
}
