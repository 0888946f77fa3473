//! The tablet's app in a real browser, as a crew uses it: everything by its screens.

use crate::browser::Browser;
use serde_json::json;

/// The tablet as the crew holds it.
pub struct TabletPage(pub Browser);

impl TabletPage {
    /// Enrols with a code; the crew's one person signs in.
    ///
    /// # Panics
    /// When the page does not come so far, as everything here.
    pub async fn enrols(&self, base: &str, code: &str) {
        self.0.goto(&format!("{base}/field/#enrol={code}")).await;
        self.0.click("[data-test=enrol-submit]").await;
        self.0.click("[data-test=person]").await;
        self.0.wait_until("document.querySelector('[data-test=next-card]')").await;
        self.0.wait_until("!document.querySelector('[data-test=who]')").await;
        // From here on the app needs no network: its worker holds every file.
        self.0.wait_until("navigator.serviceWorker.controller").await;
    }

    /// The id of the order at an address, from the day's list.
    pub async fn order_at(&self, address: &str) -> String {
        let finds = format!(
            "[...document.querySelectorAll('[data-order]')].find(e => e.innerText.includes({}))",
            json!(address)
        );
        self.0.run("location.hash = '#/'").await;
        self.0.wait_until(&finds).await;
        self.0.run(&format!("return ({finds}).dataset.order")).await.as_str().expect("it is there").to_owned()
    }

    /// From the page of a stop to its first step.
    pub async fn at_the_door(&self, order: &str) {
        self.0.run(&format!("location.hash = '#/stop/{order}'")).await;
        self.0.wait_until(&format!("document.querySelector('[data-test=stop][data-order=\"{order}\"]')")).await;
        self.0.click("[data-test=stop] [data-test=at-the-door]").await;
        self.0.wait_until("document.querySelector('[data-test=walk][data-step=place]')").await;
    }

    /// Types into a field.
    pub async fn types(&self, css: &str, text: &str) {
        self.0.click(css).await;
        self.0.types(css, text).await;
    }

    /// A finger stays on it until what it waits for has come.
    pub async fn holds(&self, css: &str, until: &str) {
        self.0
            .wait_until(&format!("document.querySelector('{css}') && !document.querySelector('{css}').disabled"))
            .await;
        let place = format!(
            "const e = document.querySelector('{css}'); e.scrollIntoView({{block:'center'}}); \
             const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]"
        );
        let place = self.0.run(&place).await;
        let touch = |kind: &str, points: serde_json::Value| json!({ "type": kind, "touchPoints": points });
        let point = json!([{ "x": place[0], "y": place[1] }]);
        self.0.cdp("Input.dispatchTouchEvent", touch("touchStart", point)).await;
        self.0.wait_until(until).await;
        self.0.cdp("Input.dispatchTouchEvent", touch("touchEnd", json!([]))).await;
        self.0.has_tapped([0, 1].map(|n| place[n].as_f64().unwrap_or_default()));
    }

    /// Place, meter, knock, permit; the act step is open.
    pub async fn begins_the_work(&self, order: &str, serial: &str) {
        self.at_the_door(order).await;
        self.0.click("[data-test=place-yes]").await;
        self.types("[data-test=serial-input]", serial).await;
        self.0.click("[data-test=serial-check]").await;
        self.0.click("[data-test=met-nobody]").await;
        self.0.click("[data-test=open-act]").await;
        self.is_on("act").await;
    }

    /// Waits until the crew is on a step of the walk.
    pub async fn is_on(&self, step: &str) {
        self.0.wait_until(&format!("document.querySelector('[data-test=walk][data-step={step}]')")).await;
    }

    /// Goes to a screen by its address.
    pub async fn goes_to(&self, address: &str) {
        self.0.run(&format!("location.hash = {}", json!(address))).await;
    }

    /// Place, meter, knock, act, reading, hold to confirm.
    pub async fn turns_off(&self, address: &str, serial: &str, digits: &str, lock: &str) {
        let order = self.order_at(address).await;
        self.begins_the_work(&order, serial).await;
        self.0.click("[data-test=method-curb_stop_locked]").await;
        self.types("[data-test=lock-input]", lock).await;
        self.0.click("[data-test=act-next]").await;
        for digit in digits.chars() {
            self.0.click(&format!("[data-test=digit-{digit}]")).await;
        }
        self.0.wait_until(&format!("document.querySelector('[data-test=digits]').dataset.value === '{digits}'")).await;
        self.0.click("[data-test=reading-confirm]").await;
        self.brings_nothing().await;
        self.holds("[data-test=hold-save]", "document.querySelector('[data-test=saved]')").await;
    }

    /// A photo, from the summary: the camera has gone on for some pictures, and is still there.
    pub async fn takes_a_photo(&self) {
        let page = &self.0;
        page.click("[data-test=take-photo]").await;
        let has_a_picture = "document.querySelector('[data-test=camera][data-state=open] video')?.videoWidth > 0";
        page.wait_until(has_a_picture).await;
        let goes_on = "return new Promise((done) => { const video = document.querySelector('[data-test=camera] video'); let n = 0; \
            const next = () => { if (++n < 10) video.requestVideoFrameCallback(next); else done(n); }; next(); })";
        assert_eq!(page.run(goes_on).await, json!(10));
        assert_eq!(page.run(&format!("return {has_a_picture}")).await, json!(true), "it stays open, with a picture");
        page.click("[data-test=photo-shoot]").await;
        page.wait_until("document.querySelector('[data-test=camera][data-state=looking]')").await;
        page.screenshot("tablet-photo-looked-at").await;
        page.click("[data-test=photo-use]").await;
        page.wait_until("!document.querySelector('[data-test=camera]')").await;
    }

    /// On the summary: for everything that the order asks for and is not there, the first reason is tapped.
    pub async fn brings_nothing(&self) {
        self.is_on("summary").await;
        for what in ["photo", "position"] {
            let asked = format!("[data-test=asked][data-what={what}]");
            let is_asked = format!("return Boolean(document.querySelector('{asked}[data-excused=false]'))");
            if self.0.run(&is_asked).await == json!(true) {
                self.0.click(&format!("{asked} [data-test=without]")).await;
                self.0.click(&format!("{asked} [data-test^=without-]")).await;
                self.0.wait_until(&format!("!document.querySelector('{asked}[data-excused=false]')")).await;
            }
        }
    }

    /// Nothing done, and saved.
    pub async fn is_kept_away_by_a_dog(&self, address: &str) {
        let order = self.order_at(address).await;
        self.at_the_door(&order).await;
        self.0.click("[data-test=walk-unable]").await;
        self.0.click("[data-test=unable-dog]").await;
        self.0.click("[data-test=save]").await;
        self.0.wait_until("document.querySelector('[data-test=saved]')").await;
    }

    /// Waits until the status line counts so many that are not sent.
    pub async fn shows_unsent(&self, count: usize) {
        self.0.wait_until(&format!("document.querySelector('[data-test=unsent]')?.dataset.count === '{count}'")).await;
    }

    /// Reads a card with recalls, then taps "Got it" on it: what nobody can have read is not acknowledged.
    pub async fn reads_and_gets(&self, card: &str) {
        self.0.wait_until(&format!("document.querySelector('{card} [data-test=got-it]')")).await;
        self.0.run("window.looks_since = performance.now()").await;
        self.0.wait_until("performance.now() - window.looks_since > 1000").await;
        self.0.click(&format!("{card} [data-test=got-it]")).await;
    }

    /// The button for the impatient.
    pub async fn asks_the_office_now(&self) {
        self.0.run("location.hash = '#/unsent'").await;
        self.0.click("[data-test=sync-now]").await;
    }
}
