//! The tablet's disk is full, or closed under the app, or ill: what was not written is not said to be saved, and what the
//! crew was saving is saved once there is a way.

use curbstop_tests::{browser::Browser, road::Road};
use serde_json::{Value, json};

/// Room for the app and a little work, in bytes.
const SMALL_DISK: u64 = 12_000_000;

async fn has_room_for(page: &Browser, origin: &str, bytes: Option<u64>) {
    let quota =
        bytes.map_or_else(|| json!({ "origin": origin }), |bytes| json!({ "origin": origin, "quotaSize": bytes }));
    page.cdp("Storage.overrideQuotaForOrigin", quota).await;
}

/// Other data takes the room that is left, to the last byte. Answers with the browser's word for that.
const FILLS_UP: &str = "return new Promise((done) => { const open = indexedDB.open('holiday-pictures'); \
    open.onupgradeneeded = () => open.result.createObjectStore('all', { autoIncrement: true }); \
    open.onsuccess = async () => { \
        const put = (bytes) => new Promise((ended) => { \
            const tx = open.result.transaction('all', 'readwrite', { durability: 'strict' }); \
            const picture = new Uint8Array(bytes); \
            for (let at = 0; at < bytes; at += 65536) crypto.getRandomValues(picture.subarray(at, at + 65536)); \
            tx.objectStore('all').add(picture); tx.oncomplete = () => ended(''); tx.onabort = () => ended(tx.error.name); }); \
        let word = ''; \
        for (let bytes = 1 << 20; bytes >= 64;) { word = await put(bytes); if (word) bytes >>= 1; } \
        open.result.close(); done(word); }; })";

/// How many records are on the disk.
const RECORDS: &str = "return new Promise((done) => { indexedDB.open('curbstop-field').onsuccess = ({ target: { result: db } }) => { \
    db.transaction('records').objectStore('records').getAllKeys().onsuccess = ({ target }) => { done(target.result.join()); db.close(); }; }; })";

async fn stands_before_saving(road: &Road, address: &str) {
    let order = road.tablet.order_at(address).await;
    road.tablet.at_the_door(&order).await;
    road.tablet.0.click("[data-test=walk-unable]").await;
    road.tablet.0.click("[data-test=unable-dog]").await;
    road.tablet.is_on("summary").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_saves_nothing_and_says_so_and_the_same_act_is_saved_when_there_is_room() {
    let Some(road) = Road::begins().await else { return };
    let (tablet, page) = (&road.tablet, &road.tablet.0);
    has_room_for(page, &road.proxy.url(), Some(SMALL_DISK)).await;
    let order = tablet.order_at("200 ALDER ST").await;
    tablet.goes_to(&format!("#/stop/{order}")).await;
    tablet.types("[data-test=stop-note]", "gate code 4").await;
    stands_before_saving(&road, "100 ALDER ST").await;
    tablet.shows_unsent(0).await;
    road.proxy.no_signal().await;

    assert_eq!(page.run(FILLS_UP).await, "QuotaExceededError");
    let before = page.run(RECORDS).await;
    page.click("[data-test=save]").await;
    page.wait_for_text("[data-test=problem]", "Nothing is lost on this screen").await;
    page.wait_for_text("[data-test=disk][data-state=full]", "nothing more can be saved on it").await;
    tablet.is_on("summary").await;
    page.screenshot("tablet-disk-full").await;
    tablet.goes_to(&format!("#/stop/{order}")).await;
    page.wait_until("document.querySelector('[data-test=stop-note]')?.value === 'gate code 4'").await;
    page.click("[data-test=stop-note-save]").await;
    page.wait_for_text("[data-test=problem]", "Nothing is lost on this screen").await;
    assert_eq!(
        page.run("return [!!document.querySelector('[data-test=saved]'), document.querySelector('[data-test=unsent]').dataset.count, \
            document.querySelector('[data-test=stop-note]').value, !!document.querySelector('[data-test=notes]')]").await,
        json!([false, "0", "gate code 4", false]),
        "nothing is said to be saved"
    );
    assert_eq!(page.run(RECORDS).await, before, "and nothing of it is on the disk");
    // The office's words can't be kept either: that is said, whatever the signal.
    road.proxy.signal();
    road.opens().await;
    page.wait_until("document.querySelector('[data-test=disk][data-state=full]')").await;

    // Somebody deletes their pictures.
    has_room_for(page, &road.proxy.url(), None).await;
    tablet.goes_to(&format!("#/stop/{order}")).await;
    page.wait_until("document.querySelector('[data-test=stop-note]')?.value === 'gate code 4'").await;
    page.click("[data-test=stop-note-save]").await;
    page.wait_for_text("[data-test=notes]", "gate code 4").await;
    page.wait_until("!document.querySelector('[data-test=disk]')").await;
    let order = tablet.order_at("100 ALDER ST").await;
    tablet.goes_to(&format!("#/stop/{order}")).await;
    page.click("[data-test=stop] [data-test=at-the-door]").await;
    tablet.is_on("summary").await;
    page.click("[data-test=save]").await;
    page.wait_until("document.querySelector('[data-test=saved]')").await;
    tablet.shows_unsent(0).await;
    assert_eq!((road.visits(1).await, road.notes(2).await), (1, vec!["gate code 4".to_owned()]));
}

/// Browsers close the disk of a page that was in the background: with the next write it is opened again, and nobody is
/// told of it.
const CLOSES: &str = "window.dies = ''; const open = IDBFactory.prototype.open; \
    IDBFactory.prototype.open = function (name, ...rest) { \
        if (dies === 'for long') throw new DOMException('Internal error opening backing store', 'UnknownError'); \
        const opening = open.call(this, name, ...rest); \
        opening.addEventListener('success', () => { window.disk = opening.result; }); return opening; }; \
    const begin = IDBDatabase.prototype.transaction; \
    IDBDatabase.prototype.transaction = function (stores, mode, ...rest) { \
        const tx = begin.call(this, stores, mode, ...rest); \
        if (dies === 'in mid-write' && mode === 'readwrite') queueMicrotask(() => { \
            window.dies = ''; tx.abort(); this.close(); this.dispatchEvent(new Event('close')); }); \
        return tx; };";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_the_browser_closes_under_the_app_is_opened_again_and_the_act_is_saved() {
    let Some(road) = Road::begins().await else { return };
    let (tablet, page) = (&road.tablet, &road.tablet.0);
    road.opens_again_after(CLOSES).await;
    let deaths = [("100 ALDER ST", "window.disk.close()"), ("200 ALDER ST", "window.dies = 'in mid-write'")];
    for (address, death) in deaths {
        stands_before_saving(&road, address).await;
        page.run(death).await;
        page.click("[data-test=save]").await;
        page.wait_until("document.querySelector('[data-test=saved]') && !window.dies").await;
        assert_eq!(page.run("return document.querySelector('[data-test=problem]')").await, Value::Null, "{address}");
        page.click("[data-test=saved-close]").await;
    }

    // One that can't be opened again for a while is said; the act is not saved, and not lost.
    stands_before_saving(&road, "300 ALDER ST").await;
    page.run("window.dies = 'for long'; window.disk.close()").await;
    page.click("[data-test=save]").await;
    page.wait_for_text("[data-test=problem]", "Nothing is lost on this screen").await;
    page.wait_until("document.querySelector('[data-test=disk][data-state=ill]')").await;
    tablet.is_on("summary").await;
    assert_eq!(page.run("return document.querySelector('[data-test=saved]')").await, Value::Null);
    page.run("window.dies = ''").await;
    page.click("[data-test=save]").await;
    page.wait_until("document.querySelector('[data-test=saved]')").await;
    page.wait_until("!document.querySelector('[data-test=disk]')").await;
    tablet.shows_unsent(0).await;
    assert_eq!((road.visits(1).await, road.visits(2).await, road.visits(3).await), (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tablet_looks_at_its_disk_when_it_starts_and_says_what_is_wrong() {
    let Some(road) = Road::begins().await else { return };
    let (tablet, page) = (&road.tablet, &road.tablet.0);
    // All is well; whether the browser keeps it for good is on the page of what is not sent.
    tablet.goes_to("#/unsent").await;
    page.wait_until(
        "['kept', 'may be cleared'].includes(document.querySelector('[data-test=storage-persisted]')?.dataset.state)",
    )
    .await;
    page.wait_until("document.querySelector('[data-test=storage-persisted]').innerText.length > 30").await;
    assert_eq!(page.run("return document.querySelector('[data-test=disk]')").await, Value::Null);

    let little = "navigator.storage.estimate = () => Promise.resolve({ quota: 1e9, usage: 959e6 })";
    road.opens_again_after(little).await;
    page.wait_for_text("[data-test=disk][data-state=little]", "Only 41 MB are left").await;
    page.screenshot("tablet-disk-little").await;

    // What comes back is not what was written.
    let forgets = "const get = IDBObjectStore.prototype.get; \
        IDBObjectStore.prototype.get = function (key) { return get.call(this, key === 'check' ? 'nothing' : key); }";
    road.opens_again_after(forgets).await;
    page.wait_for_text("[data-test=disk][data-state=ill]", "write on paper and call dispatch").await;
}
