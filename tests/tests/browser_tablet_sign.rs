//! What an order asks for, in a real browser: the customer's finger on the glass, a serial off a label, and a camera
//! that is broken.

#![expect(clippy::unwrap_used, reason = "a step of the story that fails ends it, where it failed")]

use curbstop_server::store::evidence;
use curbstop_shared::{
    ids::LineId,
    route_document::{PublishedLine, PublishedOrder},
    vocabulary::{OrderKind, Product, Reason},
};
use curbstop_tests::{
    browser::{Browser, Screen},
    by_hand::{self, Day},
    database::{Engine, TestDatabase},
    server_process::ServerProcess,
    tablet_page::TabletPage,
    utility::SETTINGS,
};
use serde_json::json;
use tempfile::TempDir;

/// A scanner as Chrome on Android has it; what it sees is `window.codes`.
const SCANNER: &str = "window.BarcodeDetector = class { \
    static async getSupportedFormats() { return ['code_128', 'qr_code', 'aztec']; } \
    constructor({ formats }) { window.formats = formats.join(); } \
    async detect(video) { return video.videoWidth ? (window.codes ?? []).map((rawValue) => ({ rawValue })) : []; } };";

struct Story {
    tablet: TabletPage,
    day: Day,
    _server: ServerProcess,
    _folder: TempDir,
    _database: TestDatabase,
}

/// A crew with these stops, and a scanner where `scans`.
async fn story(screen: Screen, orders: Vec<PublishedOrder>, scans: bool) -> Option<Story> {
    let browser = Browser::start(screen).await?;
    let database = TestDatabase::fresh(Engine::Sqlite).await?;
    let folder = tempfile::tempdir().unwrap();
    let photos = [("CURBSTOP_BLOBS", folder.path().to_str().unwrap())];
    let server = ServerProcess::start(&database.url, &[SETTINGS.as_slice(), photos.as_slice()].concat());
    let state = by_hand::state_on(&database).await;
    let day = Day::of_crew(&state, "Truck 12", "maria", orders).await;
    if scans {
        browser.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": SCANNER })).await;
    }
    let tablet = TabletPage(browser);
    tablet.enrols(&server.url(), &by_hand::enrolment_code(&day.state, day.crew).await).await;
    Some(Story { tablet, day, _server: server, _folder: folder, _database: database })
}

/// Two boxes to fetch, and the customer signs for them.
fn boxes() -> PublishedOrder {
    let order = by_hand::turn_off(1);
    let line = |n: u8, serial: &str, what: &str| PublishedLine {
        id: LineId(n.to_string()),
        product: Product::Internet,
        serial: Some(serial.into()),
        dials: None,
        size: Some(what.into()),
        place: None,
        ..order.lines[0].clone()
    };
    let lines = vec![
        line(1, "85859426388924", "ONT F660, MAC 05E0DDBF2B7E"),
        line(2, "PAZ2971051X", "Gateway TG-2472, MAC F9:0B:38:52:15:B2"),
    ];
    PublishedOrder { kind: OrderKind::EquipmentPickup, lines, asks_for: Some("signature".into()), ..order }
}

fn asks(order: PublishedOrder, asks_for: &str) -> PublishedOrder {
    PublishedOrder { asks_for: Some(asks_for.into()), ..order }
}

impl Story {
    async fn taps(&self, test: &str) {
        self.tablet.0.click(&format!("[data-test={test}]")).await;
    }

    async fn waits_for(&self, css: &str) {
        self.tablet.0.wait_until(&format!("document.querySelector('{css}')")).await;
    }

    /// One finger over the paper: down, along, up.
    async fn signs(&self) {
        self.waits_for("[data-test=ink]").await;
        let place = "const e = document.querySelector('[data-test=ink]'); e.scrollIntoView({ block: 'center' }); \
             const r = e.getBoundingClientRect(); return [r.x, r.y, r.width, r.height]";
        let place: [f64; 4] = serde_json::from_value(self.tablet.0.run(place).await).unwrap();
        let touch = async |kind: &str, at: Option<(f64, f64)>| {
            let points: Vec<_> = at
                .map(|(x, y)| json!({ "x": place[0] + place[2] * x, "y": place[1] + place[3] * y }))
                .into_iter()
                .collect();
            self.tablet.0.cdp("Input.dispatchTouchEvent", json!({ "type": kind, "touchPoints": points })).await;
        };
        touch("touchStart", Some((0.1, 0.6))).await;
        for n in 1..=28_u8 {
            let x = f64::from(n) / 35.0;
            touch("touchMove", Some((0.1 + x, 0.5 + 0.28 * (x * 23.0).sin() * (1.0 - x)))).await;
        }
        touch("touchEnd", None).await;
        self.tablet.0.wait_until("Number(document.querySelector('[data-test=ink]').dataset.ink) > 60").await;
    }

    /// To the signature for two boxes, of which the second is not there.
    async fn comes_to_the_paper(&self) {
        self.tablet.at_the_door(&self.day.orders[0].id.to_string()).await;
        self.taps("place-yes").await;
        self.taps("met-customer").await;
        self.tablet.is_on("equipment").await;
        self.tablet.types("[data-test=equipment-serial]", "85859426388924").await;
        self.taps("equipment-collected").await;
        self.tablet.0.wait_for_text("[data-test=equipment-what]", "Gateway").await;
        self.taps("equipment-missing").await;
        self.tablet.is_on("sign").await;
    }

    async fn saves(&self) {
        self.taps("save").await;
        self.waits_for("[data-test=saved]").await;
    }

    async fn facts(&self, n: usize, kind: &str) -> usize {
        by_hand::facts_of_kind(&self.day.state, self.day.orders[n].id, kind).await
    }
}

async fn the_customer_signs(screen: Screen, name: &str) {
    let Some(story) = story(screen, vec![boxes()], false).await else { return };
    story.comes_to_the_paper().await;
    let receipt = "[data-test=receipt]";
    for line in ["Receipt for the equipment", "Collected: ONT F660", "85859426388924", "Not there: Gateway"] {
        story.tablet.0.wait_for_text(receipt, line).await;
    }
    story.tablet.0.screenshot(&format!("tablet-sign-empty-{name}")).await;
    story.taps("sign-done").await;
    story.tablet.0.wait_for_text("[data-test=sign-says]", "Nothing is signed yet").await;
    story.signs().await;
    story.taps("sign-clear").await;
    story.tablet.0.wait_until("document.querySelector('[data-test=ink]').dataset.ink === '0'").await;
    story.taps("sign-language").await;
    story.tablet.0.wait_for_text(receipt, "Recibo del equipo").await;
    story.signs().await;
    story.tablet.0.screenshot(&format!("tablet-sign-{name}")).await;
    story.taps("sign-done").await;
    story.tablet.is_on("summary").await;
    story.tablet.0.wait_for_text("[data-test=summary]", "Signed by the customer").await;
    story.tablet.0.screenshot(&format!("tablet-sign-summary-{name}")).await;

    // Back to it: what was signed stands, and can be looked at.
    story.taps("walk-back").await;
    story.waits_for("[data-test=has-signed]").await;
    story.taps("signature-look").await;
    story.waits_for("[data-test=photo-large] img").await;
    story.tablet.0.screenshot(&format!("tablet-sign-looked-at-{name}")).await;
    story.taps("photo-close").await;
    story.taps("sign-next").await;
    story.saves().await;
    story.tablet.shows_unsent(0).await;
    let mut conn = story.day.state.store.reader().await.unwrap();
    let [piece] = &evidence::of_order(&mut conn, story.day.orders[0].id).await.unwrap()[..] else { panic!("one") };
    assert_eq!((piece.what.as_str(), piece.media_type.as_str()), ("signature", "image/png"));
    assert!(piece.arrived_at_us.is_some(), "the office has the ink");
    assert_eq!(story.facts(0, "not_taken").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_customer_signs_for_the_boxes_on_a_tablet() {
    the_customer_signs(Screen::Tablet, "1280").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_customer_signs_for_the_boxes_on_a_tablet_held_upright() {
    the_customer_signs(Screen::TabletUpright, "800").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_customer_signs_for_the_boxes_on_a_phone() {
    the_customer_signs(Screen::Phone, "360").await;
}

/// The customer hands the box over and takes no pen; a neighbour's child opens at the next door.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_has_to_sign_and_a_child_is_not_asked() {
    let other = PublishedOrder { lines: boxes().lines[..1].to_vec(), ..asks(by_hand::turn_off(2), "signature") };
    let other = PublishedOrder { kind: OrderKind::EquipmentPickup, ..other };
    let Some(story) = story(Screen::Tablet, vec![boxes(), other], false).await else { return };
    story.comes_to_the_paper().await;
    story.taps("sign-not").await;
    story.waits_for("[data-test=not-signed-refused]").await;
    story.tablet.0.screenshot("tablet-sign-not").await;
    story.taps("not-signed-refused").await;
    story.tablet.is_on("summary").await;
    story.tablet.0.wait_for_text("[data-test=summary]", "Would not sign").await;
    story.saves().await;

    story.tablet.at_the_door(&story.day.orders[1].id.to_string()).await;
    story.taps("place-yes").await;
    story.taps("met-minor").await;
    story.tablet.types("[data-test=equipment-serial]", "85859426388924").await;
    story.taps("equipment-collected").await;
    story.tablet.is_on("summary").await;
    story.tablet.0.wait_for_text("[data-test=summary]", "Only minors at home").await;
    story.saves().await;
    story.tablet.shows_unsent(0).await;
    assert_eq!((story.facts(0, "not_taken").await, story.facts(1, "not_taken").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_at_home_signs_that_the_taps_are_closed_before_the_water_comes() {
    let back_on = by_hand::turn_off(1);
    let back_on = PublishedOrder { kind: OrderKind::Reconnect, reason: Reason::PaymentReceived, ..back_on };
    let back_on = PublishedOrder { language: Some("ES".into()), ..asks(back_on, "signature,reading") };
    let Some(story) = story(Screen::Tablet, vec![back_on], false).await else { return };
    story.tablet.at_the_door(&story.day.orders[0].id.to_string()).await;
    story.taps("place-yes").await;
    story.tablet.types("[data-test=serial-input]", "70000001").await;
    story.taps("serial-check").await;
    story.taps("met-adult").await;
    story.tablet.is_on("sign").await;
    story.tablet.0.wait_for_text("[data-test=receipt]", "Estoy en casa y las llaves de agua están cerradas").await;
    story.signs().await;
    story.tablet.0.screenshot("tablet-sign-taps").await;
    story.taps("sign-done").await;
    story.tablet.is_on("act").await;
}

/// A label has the maker's code above the serial; the right one is taken, and goes through the same check as a typed one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_serial_is_scanned_off_the_meter_the_lock_and_the_box_and_checked_as_if_it_were_typed() {
    let back_on = PublishedOrder { kind: OrderKind::EquipmentPickup, ..by_hand::turn_off(2) };
    let box_2 = PublishedOrder { lines: boxes().lines[..1].to_vec(), ..back_on };
    let Some(story) = story(Screen::Phone, vec![by_hand::turn_off(1), box_2], true).await else { return };
    story.tablet.at_the_door(&story.day.orders[0].id.to_string()).await;
    story.taps("place-yes").await;
    story.waits_for("[data-test=scan]").await;
    story.tablet.0.screenshot("tablet-scan-button-360").await;
    story.taps("scan").await;
    story.tablet.0.wait_until("document.querySelector('[data-test=scanner] video')?.videoWidth > 0").await;
    story.tablet.0.screenshot("tablet-scan-360").await;
    story.tablet.0.wait_until("window.formats === 'code_128,qr_code'").await;
    // Another meter's label: the same question as when it is typed.
    story.tablet.0.run("window.codes = ['ERT 991', '60000009']").await;
    story.waits_for("[data-test=serial-mismatch]").await;
    story.waits_for("[data-test=scan]").await;
    assert_eq!(story.tablet.0.run("return document.querySelector('[data-test=scanner]')").await, json!(null));
    assert_eq!(story.tablet.0.run("return document.querySelector('[data-test=serial-input]').value").await, "ERT 991");
    story.taps("serial-again").await;
    story.tablet.0.run("window.codes = ['ERT 991', '7000-0001']").await;
    story.taps("scan").await;
    story.tablet.is_on("door").await;

    story.taps("met-nobody").await;
    story.taps("open-act").await;
    story.tablet.is_on("act").await;
    story.taps("method-curb_stop_locked").await;
    story.tablet.0.run("window.codes = ['L-20871']").await;
    story.taps("scan").await;
    story.tablet.0.wait_until("document.querySelector('[data-test=lock-input]').value === 'L-20871'").await;
    story.taps("act-next").await;
    story.tablet.is_on("reading").await;

    // Nothing is read, and the crew types: the camera goes.
    story.tablet.0.run("window.codes = []").await;
    story.tablet.at_the_door(&story.day.orders[1].id.to_string()).await;
    story.taps("place-yes").await;
    story.taps("met-adult").await;
    story.taps("scan").await;
    story.tablet.0.wait_until("document.querySelector('[data-test=scanner] video')?.videoWidth > 0").await;
    story.tablet.0.run("window.stream = document.querySelector('[data-test=scanner] video').srcObject").await;
    story.taps("scan-cancel").await;
    story.tablet.0.wait_until("window.stream.getTracks().every((track) => track.readyState === 'ended')").await;
    story.tablet.0.run("window.codes = ['85859426388924']").await;
    story.taps("scan").await;
    story
        .tablet
        .0
        .wait_until("document.querySelector('[data-test=equipment-serial]').value === '85859426388924'")
        .await;
    story.taps("equipment-collected").await;
    story.tablet.is_on("summary").await;
    story.tablet.goes_to("#/unsent").await;
    story.waits_for("[data-test=scans][data-state=true]").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tablet_that_cannot_scan_says_so_and_shows_no_button_that_does_nothing() {
    let Some(story) = story(Screen::Tablet, vec![by_hand::turn_off(1)], false).await else { return };
    story.tablet.goes_to("#/unsent").await;
    story
        .tablet
        .0
        .wait_for_text("[data-test=scans][data-state=false]", "This tablet cannot scan: type the numbers")
        .await;
    story.tablet.at_the_door(&story.day.orders[0].id.to_string()).await;
    story.taps("place-yes").await;
    story.tablet.is_on("meter").await;
    assert_eq!(story.tablet.0.run("return document.querySelector('[data-test=scan]')").await, json!(null));
}

/// The order asks for a photo and its place. The camera is broken and there is no fix: two reasons, and the cut is saved.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_whose_photo_can_not_be_taken_is_saved_with_the_reason() {
    let cut = asks(by_hand::turn_off(1), "photo,position,reading");
    let Some(story) = story(Screen::Tablet, vec![cut, asks(by_hand::turn_off(2), "photo,reading")], false).await else {
        return;
    };
    let to_the_summary = async |n: usize, serial: &str| {
        story.tablet.begins_the_work(&story.day.orders[n].id.to_string(), serial).await;
        story.taps("method-curb_stop_off").await;
        story.taps("act-next").await;
        for digit in "036500".chars() {
            story.taps(&format!("digit-{digit}")).await;
        }
        story.taps("reading-confirm").await;
        story.tablet.is_on("summary").await;
    };
    to_the_summary(0, "70000001").await;
    story.waits_for("[data-test=asked][data-what=photo][data-excused=false]").await;
    story.waits_for("[data-test=asked][data-what=position][data-excused=false]").await;
    let held = "return document.querySelector('[data-test=hold-save]').disabled";
    assert_eq!(story.tablet.0.run(held).await, json!(true), "first the photo, or why there is none");
    story.tablet.0.screenshot("tablet-asked").await;
    story.tablet.0.click("[data-test=asked][data-what=photo] [data-test=without]").await;
    story.waits_for("[data-test=without-camera_broken]").await;
    story.tablet.0.screenshot("tablet-asked-why").await;
    story.taps("without-camera_broken").await;
    story.waits_for("[data-test=asked][data-what=photo][data-excused=true]").await;
    // The tablet finds its place after all.
    story.tablet.0.stand_at(41.9, -101.63, 6.0).await;
    story.taps("find-again").await;
    story.tablet.0.wait_until("!document.querySelector('[data-test=asked][data-what=position]')").await;
    story.tablet.0.screenshot("tablet-asked-answered").await;
    story.tablet.holds("[data-test=hold-save]", "document.querySelector('[data-test=saved]')").await;
    story.tablet.shows_unsent(0).await;
    let visit = by_hand::facts_told(&story.day.state, story.day.orders[0].id, "visit").await.remove(0);
    let where_it_was = ["lat_e7", "lon_e7", "accuracy_m"].map(|field| visit[field].as_i64());
    assert_eq!(where_it_was, [Some(419_000_000), Some(-1_016_300_000), Some(6)], "{visit}");
    assert!(visit["fix_age_s"].as_i64().is_some_and(|age| (0..60).contains(&age)), "{visit}");

    to_the_summary(1, "70000002").await;
    story.taps("take-photo").await;
    story
        .tablet
        .0
        .wait_until("document.querySelector('[data-test=camera][data-state=open] video')?.videoWidth > 0")
        .await;
    story.taps("photo-shoot").await;
    story.taps("photo-use").await;
    story.tablet.0.wait_until("!document.querySelector('[data-test=asked]')").await;
    story.tablet.holds("[data-test=hold-save]", "document.querySelector('[data-test=saved]')").await;
    story.tablet.shows_unsent(0).await;
    assert_eq!((story.facts(0, "not_taken").await, story.facts(1, "not_taken").await), (1, 0));
}
