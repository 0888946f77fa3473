//! No barrier at a door: every screen of the tablet and every step of the walk, in sun and at night, in English and in
//! Spanish, by axe-core; and everything that is tapped is large enough for a glove.

#![expect(clippy::expect_used, reason = "a screen that can't be reached ends it, where it failed")]

use curbstop_server::service::{
    enrolment,
    go_codes::{self, GivenGoCode, NewGoCode},
    idempotency::Once,
    planning,
    voice::Voice,
};
use curbstop_shared::{
    language::Language,
    route_document::PublishedOrder,
    time::Span,
    vocabulary::{OrderKind, Product},
};
use curbstop_tests::{
    browser::{Browser, Look, Screen},
    by_hand::{self, Day, now},
    database::{Engine, TestDatabase},
    flows::order,
    proxy::Proxy,
    tablet_page::TabletPage,
    utility::zone,
};
use serde_json::json;

/// What stands in front of the crew: one tablet in one language and one theme.
struct Door {
    tablet: TabletPage,
    look: Look,
    theme: &'static str,
    language: &'static str,
}

impl Door {
    async fn sees(&mut self, screen: &str) {
        let what = format!("{screen} ({}, {})", self.language, self.theme);
        self.look.at(&self.tablet.0, &what).await;
    }

    /// Waits for something, and looks.
    async fn sees_once(&mut self, there: &str, screen: &str) {
        self.tablet.0.wait_until(&format!("document.querySelector('{there}')")).await;
        self.sees(screen).await;
    }

    async fn waits_for(&self, there: &str) {
        self.tablet.0.wait_until(&format!("document.querySelector('{there}')")).await;
    }

    async fn taps(&self, test: &str) {
        self.tablet.0.click(&format!("[data-test={test}]")).await;
    }

    async fn types(&self, test: &str, text: &str) {
        self.tablet.types(&format!("[data-test={test}]"), text).await;
    }

    async fn reads(&self, digits: &str) {
        for digit in digits.chars() {
            self.taps(&format!("digit-{digit}")).await;
        }
    }

    /// Settings are on the page of what is not sent.
    async fn sets_the_tablet(&self) {
        self.tablet.goes_to("#/unsent").await;
        for (button, attribute, value) in [("theme", "data-theme", self.theme), ("language", "lang", self.language)] {
            self.tablet.0.wait_until(&format!("document.querySelector('[data-test={button}]')")).await;
            let is = format!("document.documentElement.getAttribute('{attribute}') === '{value}'");
            if self.tablet.0.run(&format!("return {is}")).await != json!(true) {
                self.taps(button).await;
                self.tablet.0.wait_until(&is).await;
            }
        }
    }

    /// From the stop's page through the first questions of a walk.
    async fn finds_the_meter(&mut self, order: &PublishedOrder) {
        self.tablet.at_the_door(&order.id.to_string()).await;
        self.taps("place-yes").await;
        self.types("serial-input", order.lines[0].serial.as_deref().unwrap_or_default()).await;
        self.taps("serial-check").await;
        self.tablet.is_on("door").await;
    }
}

/// A browser that reads codes, as Chrome on Android is one; it sees none.
const SCANNER: &str = "window.BarcodeDetector = class { static async getSupportedFormats() { return ['code_128']; } \
    async detect() { return []; } };";

/// Screens that a walk through the whole tablet comes by, at the least.
const SCREENS: usize = 49;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_screen_at_a_door_has_a_barrier() {
    let Some(sun) = Browser::start(Screen::Tablet).await else { return };
    let Some(dark) = Browser::start(Screen::Tablet).await else { return };
    // Two crews at once: most of the time is the browser's.
    tokio::join!(all_screens(sun, "sun", "en"), all_screens(dark, "dark", "es"));
}

async fn all_screens(browser: Browser, theme: &'static str, language: &'static str) {
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let server = by_hand::server(&database);
    let proxy = Proxy::to(server.address()).await;
    let state = by_hand::state_on(&database).await;
    browser.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": SCANNER })).await;
    let mut orders: Vec<PublishedOrder> = (1..=5).map(by_hand::turn_off).collect();
    orders[0].asks_for = Some("photo,position,reading".into());
    orders.push(order(6, OrderKind::Reconnect, Product::Water));
    orders.push(order(7, OrderKind::MeterLock, Product::Electric));
    orders.push(PublishedOrder {
        asks_for: Some("signature".into()),
        ..order(8, OrderKind::EquipmentPickup, Product::Internet)
    });
    orders.extend((9..=12).map(by_hand::turn_off));
    for order in &mut orders {
        order.lon_e7 = order.lon_e7.map(|west| west + 13_000 * order.rank);
    }
    let day = Day::of_crew(&state, "Truck 12", "maria", orders).await;
    let waiting = by_hand::another_crew(&state).await;
    let mut door = Door { tablet: TabletPage(browser), look: Look::default(), theme, language };

    door.has_no_route(&proxy.url(), &by_hand::enrolment_code(&state, waiting).await).await;
    door.tablet.0.forgets_everything().await;
    door.begins(&proxy.url(), &by_hand::enrolment_code(&state, day.crew).await).await;
    door.cuts(&day.orders[0]).await;
    door.is_turned_away(&day).await;
    door.does_other_work(&day.orders[5..8]).await;
    door.hears_of_the_office(&day).await;
    door.is_without_a_signal(&day, &proxy).await;
    door.is_out_of_service(&day, &proxy).await;
    door.look.found_nothing_on(SCREENS);
}

impl Door {
    async fn has_no_route(&mut self, base: &str, code: &str) {
        self.tablet.0.goto(&format!("{base}/field/#enrol={code}")).await;
        self.taps("enrol-submit").await;
        self.taps("person").await;
        self.tablet.0.wait_until("document.querySelector('[data-test=no-route]')").await;
        self.sees("no route").await;
    }

    async fn begins(&mut self, base: &str, code: &str) {
        self.tablet.0.goto(&format!("{base}/field/")).await;
        self.sees_once("[data-test=enrol-submit]", "before enrolling").await;
        self.types("enrol-code", "0000-0000-0000-0000-0000-0000-0000-0000").await;
        self.taps("enrol-submit").await;
        self.sees_once("[data-test=enrol-error]", "a code that is none").await;
        // The same page with a code behind it would not be loaded anew.
        self.tablet.0.goto("about:blank").await;
        self.tablet.0.goto(&format!("{base}/field/#enrol={code}")).await;
        self.taps("enrol-submit").await;
        self.sees_once("[data-test=person]", "who rides along").await;
        self.taps("person").await;
        self.tablet.0.wait_until("document.querySelector('[data-test=next-card]')").await;
        self.sets_the_tablet().await;
        self.sees("settings").await;
        self.tablet.goes_to("#/").await;
        self.sees_once("[data-test=sketch]", "the day").await;
    }

    /// A turn-off with everything that may be asked on the way.
    async fn cuts(&mut self, order: &PublishedOrder) {
        self.tablet.goes_to(&format!("#/stop/{}", order.id)).await;
        self.sees_once("[data-test=stop] [data-test=at-the-door]", "a stop").await;
        self.taps("at-the-door").await;
        self.sees_once("[data-test=place-yes]", "the place").await;
        self.taps("place-yes").await;
        self.tablet.is_on("meter").await;
        self.waits_for("[data-test=scan]").await;
        self.sees("the meter").await;
        self.taps("scan").await;
        self.sees_once("[data-test=scanner]", "scanning").await;
        self.taps("scan-cancel").await;
        self.taps("walk-leave").await;
        self.sees_once("[data-test=leave-no]", "leaving?").await;
        self.taps("leave-no").await;
        self.types("serial-input", "1").await;
        self.taps("serial-check").await;
        self.sees_once("[data-test=serial-mismatch]", "another meter").await;
        self.taps("serial-again").await;
        self.tablet.0.wait_until("!document.querySelector('[data-test=serial-mismatch]')").await;
        self.tablet.0.run("document.querySelector('[data-test=serial-input]').select()").await;
        self.types("serial-input", order.lines[0].serial.as_deref().unwrap_or_default()).await;
        self.taps("serial-check").await;
        self.sees_once("[data-test=met-customer]", "the knock").await;
        self.taps("met-customer").await;
        self.sees_once("[data-test=ask-script]", "asking").await;
        self.taps("ask-nothing").await;
        self.sees_once("[data-test=open-act]", "before the work").await;
        self.taps("open-act").await;
        self.tablet.is_on("act").await;
        self.sees("the work").await;
        self.taps("method-curb_stop_locked").await;
        self.sees_once("[data-test=lock-unnumbered]", "the lock").await;
        self.is_bitten().await;
        self.types("lock-input", "L-20871").await;
        self.taps("act-next").await;
        self.sees_once("[data-test=digit-0]", "the reading").await;
        self.taps("no-read").await;
        self.sees_once("[data-test^=no-read-]", "no reading").await;
        self.reads("999999").await;
        self.sees_once("[data-test=reading-check][data-state=warned]", "a reading that nobody expects").await;
        self.taps("reading-confirm").await;
        self.sees_once("[data-test=asked][data-what=photo]", "a summary that lacks a photo").await;
        self.tablet.0.click("[data-test=asked][data-what=position] [data-test=without]").await;
        self.sees_once("[data-test=without-no_fix]", "why no position").await;
        self.taps("without-no_fix").await;
        self.sees_once("[data-what=position][data-excused=true]", "without a position").await;
        self.photographs().await;
        self.tablet.holds("[data-test=hold-save]", "document.querySelector('[data-test=saved]')").await;
        self.sees("saved").await;
    }

    async fn photographs(&mut self) {
        self.taps("take-photo").await;
        self.tablet
            .0
            .wait_until("document.querySelector('[data-test=camera][data-state=open] video')?.videoWidth > 0")
            .await;
        self.sees("the camera").await;
        self.taps("photo-shoot").await;
        self.sees_once("[data-test=camera][data-state=looking]", "a photo, looked at").await;
        self.taps("photo-use").await;
        self.sees_once("[data-test=photo]", "a summary with a photo").await;
        self.taps("photo-drop").await;
        self.sees_once("[data-test=photo-drop-yes]", "without the photo?").await;
        self.taps("photo-drop").await;
        self.taps("photo-look").await;
        self.sees_once("[data-test=photo-large]", "a photo, large").await;
        self.taps("photo-close").await;
    }

    /// A dog, a proof of payment, and work that was begun and left.
    async fn is_turned_away(&mut self, day: &Day) {
        self.tablet.at_the_door(&day.orders[1].id.to_string()).await;
        self.taps("walk-unable").await;
        self.sees_once("[data-test=unable-dog]", "why not").await;
        self.taps("unable-dog").await;
        self.sees_once("[data-test=save]", "a summary of nothing").await;
        self.taps("save").await;
        self.tablet.0.wait_until("document.querySelector('[data-test=saved]')").await;

        self.finds_the_meter(&day.orders[2]).await;
        self.taps("met-customer").await;
        self.taps("ask-proof").await;
        self.sees_once("[data-test=proof-input]", "a proof of payment").await;
        self.taps("save").await;
        self.tablet.0.wait_until("document.querySelector('[data-test=saved]')").await;

        self.tablet.begins_the_work(&day.orders[3].id.to_string(), "70000004").await;
        self.taps("method-curb_stop_off").await;
        self.taps("walk-leave").await;
        self.sees_once("[data-test=as-entered]", "as it was entered").await;
        self.taps("entered-mistake").await;
        self.tablet.is_on("act").await;
    }

    /// A reconnect, a meter to lock, and a box to pick up.
    async fn does_other_work(&mut self, orders: &[PublishedOrder]) {
        for order in orders {
            let kind = order.kind.code();
            self.tablet.goes_to(&format!("#/stop/{}", order.id)).await;
            self.sees_once("[data-test=stop] [data-test=at-the-door]", kind).await;
            if order.kind == OrderKind::EquipmentPickup {
                self.taps("at-the-door").await;
                self.taps("place-yes").await;
                self.sees_once("[data-test=met-adult]", "the knock for a box").await;
                self.taps("met-adult").await;
                self.tablet.is_on("equipment").await;
                self.taps("equipment-collected").await;
                self.sees_once("[data-test=equipment-serial-asked]", "the box").await;
                self.types("equipment-serial", "TG-1").await;
                self.taps("equipment-collected").await;
                self.sees_once("[data-test=equipment-mismatch]", "another box").await;
                self.taps("equipment-take").await;
                self.sees_once("[data-test=ink]", "the paper to sign").await;
                self.taps("sign-done").await;
                self.taps("sign-not").await;
                self.sees_once("[data-test=not-signed-refused]", "why nobody signs").await;
                self.taps("not-signed-refused").await;
            } else {
                self.finds_the_meter(order).await;
                self.sees(&format!("{kind}: the knock")).await;
                self.taps("met-nobody").await;
                if order.kind.is_cut() {
                    self.taps("open-act").await;
                }
                self.tablet.is_on("act").await;
                let method = if order.kind.is_cut() { "method-lock_ring" } else { "method-curb_stop_on" };
                self.taps(method).await;
                self.sees(&format!("{kind}: the work")).await;
                if order.kind.is_cut() {
                    self.types("lock-input", "L-9").await;
                } else {
                    self.taps("safe").await;
                }
                self.taps("act-next").await;
                self.tablet.is_on("reading").await;
                self.reads("036402").await;
                self.sees_once("[data-test=reading-check]:not([data-state=typing])", &format!("{kind}: the reading"))
                    .await;
                self.taps("reading-confirm").await;
            }
            self.tablet.is_on("summary").await;
            self.sees(&format!("{kind}: the summary")).await;
            if order.kind.is_cut() {
                self.tablet.holds("[data-test=hold-save]", "document.querySelector('[data-test=saved]')").await;
            } else {
                self.taps("save").await;
            }
            self.tablet.0.wait_until("document.querySelector('[data-test=day]')").await;
        }
        self.taps("behind-toggle").await;
        self.sees_once("[data-test=behind] li", "what is behind").await;
    }

    /// Somebody pays who was cut, somebody who is being cut, and somebody who is not yet; then the list is taken back.
    async fn hears_of_the_office(&mut self, day: &Day) {
        self.tablet.shows_unsent(0).await;
        by_hand::pays(&day.state, day.orders[0].id, now()).await;
        by_hand::pays(&day.state, day.orders[4].id, now() + Span::minutes(-1)).await;
        self.tablet.asks_the_office_now().await;
        self.tablet.goes_to("#/").await;
        self.tablet.0.wait_until("document.querySelector('[data-test=recall-card]')").await;
        self.sees_once("[data-test=restore-now]", "recalled, and to be restored").await;
        self.tablet.goes_to(&format!("#/stop/{}", day.orders[4].id)).await;
        self.sees_once("[data-test=standing][data-standing=stopped]", "a stop that was stopped").await;
        self.tablet.goes_to("#/").await;
        self.taps("restore-record").await;
        self.sees_once("[data-test=place-yes]", "restoring").await;
        self.taps("place-yes").await;
        self.types("serial-input", "70000001").await;
        self.taps("serial-check").await;
        self.taps("met-customer").await;
        self.taps("method-lock_removed").await;
        self.taps("safe").await;
        self.types("lock-input", "L-7").await;
        self.taps("act-next").await;
        self.sees_once("[data-test=lock-mismatch]", "another lock").await;

        self.tablet.begins_the_work(&day.orders[8].id.to_string(), "70000009").await;
        self.taps("method-curb_stop_off").await;
        by_hand::pays(&day.state, day.orders[8].id, now() + Span::minutes(-1)).await;
        self.tablet.0.run("document.dispatchEvent(new Event('visibilitychange'))").await;
        self.sees_once("[data-test=stopped-meanwhile]", "stopped while at work").await;

        let dispatcher = by_hand::dispatcher(&day.state).await;
        let once = Once::new("the-crew-stays-at-home", "POST", "/take-back", b"").expect("a key");
        let back = [day.orders[9].id, day.orders[10].id].into_iter().collect();
        planning::take_off(&day.state, &dispatcher, &once, day.route, Some(&back)).await.expect("it is taken back");
        self.tablet.asks_the_office_now().await;
        self.tablet.goes_to("#/").await;
        self.sees_once("[data-test=recall-together]", "taken back together").await;
        self.tablet.goes_to("#/unsent").await;
        self.sees_once("[data-test=outbox-begun]", "what was begun").await;
    }

    /// The permit grows old, and what was done waits.
    async fn is_without_a_signal(&mut self, day: &Day, proxy: &Proxy) {
        proxy.no_signal().await;
        self.finds_the_meter(&day.orders[11]).await;
        self.tablet.0.run("const now = Date.now; Date.now = () => now() + 2 * 3600 * 1000").await;
        self.taps("met-nobody").await;
        self.sees_once("[data-test=permit-state][data-state=stale]", "a permit that is too old").await;
        self.waits_for("[data-test=go-code-challenge]").await;
        self.types("go-code-input", "000 000").await;
        self.sees_once("#go-code-is:not(:empty)", "not the code").await;
        let code = self.hears_a_code(day, &day.orders[11]).await;
        self.tablet.0.run("document.querySelector('[data-test=go-code-input]').select()").await;
        self.types("go-code-input", &code).await;
        self.tablet.0.wait_until("!document.querySelector('[data-test=go-code-use]').disabled").await;
        self.taps("go-code-use").await;
        self.tablet.is_on("act").await;
        self.taps("walk-unable").await;
        self.taps("unable-dog").await;
        self.taps("save").await;
        self.sees_once("[data-test=saved][data-received=false]", "saved without a signal").await;
        self.tablet.goes_to("#/unsent").await;
        self.sees_once("[data-test=outbox-item]", "what is not sent").await;
    }

    /// The crew reads out what is on the screen, and dispatch answers.
    async fn hears_a_code(&self, day: &Day, order: &PublishedOrder) -> String {
        let read_out = "return document.querySelector('[data-test=go-code-challenge] b').textContent";
        let challenge = self.tablet.0.run(read_out).await.as_str().expect("digits").to_owned();
        let dispatcher = by_hand::dispatcher(&day.state).await;
        let voice = Voice { language: Language::En, zone: zone(), now: now() };
        let asked = NewGoCode { order: order.id.to_string(), challenge };
        let once = Once::new(&format!("by-phone-{}", self.language), "POST", "/go-codes", b"").expect("a key");
        let answer = go_codes::give(&day.state, &dispatcher, &voice, &asked, &once).await.expect("dispatch gives it");
        let given: GivenGoCode = serde_json::from_slice(&answer.body).expect("a code");
        given.code
    }

    /// One tap from every screen of a stop.
    async fn is_bitten(&mut self) {
        self.taps("emergency").await;
        self.sees_once("[data-test=incident-dog_bite]", "an emergency").await;
        self.taps("incident-dog_bite").await;
        self.types("emergency-words", "left hand").await;
        self.taps("emergency-report").await;
        self.sees_once("[data-test=emergency-saved]", "an emergency that was reported").await;
        self.taps("emergency-back").await;
        self.tablet.0.wait_until("!document.querySelector('[data-test=emergency-sheet]')").await;
    }

    async fn is_out_of_service(&mut self, day: &Day, proxy: &Proxy) {
        let dispatcher = by_hand::dispatcher(&day.state).await;
        let known = enrolment::list(&day.state).await.expect("the office knows its tablets");
        for tablet in known {
            enrolment::revoke(&day.state, &dispatcher, tablet.id).await.expect("dispatch takes it out of service");
        }
        proxy.signal();
        self.tablet.asks_the_office_now().await;
        self.sees_once("[data-test=disowned]", "out of service").await;
        self.tablet.goes_to("#/").await;
        self.sees_once("[data-test=day]", "the day of a tablet out of service").await;
        self.taps("enrol-again").await;
        self.sees_once("[data-test=enrol-code]", "enrolling again").await;
    }
}
