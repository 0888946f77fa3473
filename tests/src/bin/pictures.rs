//! `cargo xtask pictures`: the pictures of the documents, taken of a demo utility in a real browser.
//!
//! They go to `docs/screens/`. Look at each before it is committed: what is wrong on one of them is wrong in the product.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a job prints, and one that can't go on ends")]

use curbstop_server::demo::town::{Town, Turn};
use curbstop_tests::{
    browser::{Browser, Screen, target_folder},
    demo::{Demo, PASSWORD},
    tablet_page::TabletPage,
};
use serde_json::json;
use std::{fs, path::PathBuf};

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let demo = Demo::start(folder.path());
    let Some(desk) = Browser::start(Screen::Desk).await else { return };
    let Some(tablet) = Browser::start(Screen::Tablet).await else { return };
    let pictures = Pictures { into: target_folder().join("../docs/screens"), demo, folder: folder.path().to_owned() };
    let tablet = TabletPage(tablet);
    pictures.of_the_day(&tablet).await;
    pictures.of_dispatch(&desk).await;
    pictures.of_the_door(&tablet).await;
    pictures.of_the_office(&desk, &tablet).await;
    println!("taken into {}", pictures.into.display());
}

struct Pictures {
    into: PathBuf,
    demo: Demo,
    folder: PathBuf,
}

impl Pictures {
    async fn take(&self, browser: &Browser, name: &str) {
        let taken = browser.screenshot(&format!("pictures/{name}")).await;
        fs::copy(taken, self.into.join(format!("{name}.png"))).expect("docs/screens can be written");
    }

    async fn of_the_day(&self, tablet: &TabletPage) {
        tablet.enrols(&self.demo.url, &self.demo.code).await;
        tablet.0.wait_until("document.querySelectorAll('[data-test=stop-row]').length > 5").await;
        self.take(&tablet.0, "tablet-day").await;
    }

    /// A whole turn-off at the first stop of the day that is one: what comes before it may give service back.
    async fn of_the_door(&self, tablet: &TabletPage) {
        let page = &tablet.0;
        let first = "document.querySelector('[data-test=next-card].cut, [data-test=stop-row].to_do.cut')";
        page.wait_until(first).await;
        let order = page.run(&format!("return {first}.dataset.order")).await;
        let order = order.as_str().expect("a turn-off").to_owned();
        page.run(&format!("location.hash = '#/stop/{order}'")).await;
        page.wait_until("document.querySelector('[data-test=stop]')").await;
        let meter =
            page.run("return document.querySelector('[data-test=stop]').innerText.match(/\\b\\d{4}-?\\d{4}\\b/)[0]");
        let meter = meter.await.as_str().expect("the meter's number").replace('-', "");
        tablet.at_the_door(&order).await;
        page.click("[data-test=place-yes]").await;
        tablet.types("[data-test=serial-input]", &meter).await;
        page.click("[data-test=serial-check]").await;
        page.click("[data-test=met-customer]").await;
        page.wait_until("document.querySelector('[data-test=ask-script]')").await;
        self.take(page, "tablet-ask").await;
        page.click("[data-test=ask-nothing]").await;
        page.click("[data-test=open-act]").await;
        tablet.is_on("act").await;
        page.click("[data-test=method-curb_stop_locked]").await;
        tablet.types("[data-test=lock-input]", "L-20871").await;
        page.click("[data-test=act-next]").await;
        for digit in "004".chars() {
            page.click(&format!("[data-test=digit-{digit}]")).await;
        }
        self.take(page, "tablet-reading").await;
    }

    async fn of_dispatch(&self, desk: &Browser) {
        self.signs_in(desk, "dispatcher", "/dispatch").await;
        self.take(desk, "dispatch").await;
        desk.click(".route summary").await;
        desk.wait_until("document.querySelector('.route').open").await;
        self.take(desk, "dispatch-route").await;
        for (view, name) in [("map", "dispatch-map"), ("lanes", "dispatch-lanes")] {
            desk.goto(&format!("{}/dispatch?view={view}", self.demo.url)).await;
            desk.wait_until("document.querySelectorAll('.pin').length > 50").await;
            self.take(desk, name).await;
        }
        let file = self.folder.join("cutoff.csv");
        let tomorrow = chrono::NaiveDate::from_ymd_opt(2026, 10, 14).expect("a day");
        let listing = Town::new(12).listing(Turn::Today, tomorrow);
        // Two rows as they come out of a spreadsheet now and then.
        let damaged = listing.replacen("$1", "about $1", 1).replacen("01-", "1-", 1);
        fs::write(&file, damaged).expect("a file");
        desk.goto(&format!("{}/dispatch?step=1", self.demo.url)).await;
        desk.types("#file", &file.display().to_string()).await;
        desk.wait_until("document.querySelector('#source').value === 'demo'").await;
        desk.click("#import button.act").await;
        desk.wait_until("document.querySelector('#report').children.length > 0").await;
        desk.run("document.querySelector('#import').scrollIntoView()").await;
        self.take(desk, "dispatch-import").await;
    }

    /// Somebody pays whose truck is out of reach.
    async fn of_the_office(&self, desk: &Browser, tablet: &TabletPage) {
        tablet.goes_to("#/").await;
        tablet.0.wait_until("document.querySelectorAll('[data-test=stop-row]').length > 5").await;
        let order = tablet.0.run("return document.querySelectorAll('[data-test=stop-row]')[3].dataset.order").await;
        tablet.0.run(&format!("location.hash = '#/stop/{}'", order.as_str().expect("a stop"))).await;
        tablet.0.wait_until("document.querySelector('[data-test=stop] [data-test=at-the-door]')").await;
        let address = "return document.querySelector('[data-test=stop]').innerText.match(/\\d+ [A-Z]+ ST/)[0]";
        let address = tablet.0.run(address).await;
        tablet.0.set_online(false).await;
        self.signs_in(desk, "office", "/office").await;
        desk.wait_until("document.querySelectorAll('tr').length > 4").await;
        self.take(desk, "office-worklist").await;
        desk.types("#find", address.as_str().expect("an address")).await;
        desk.wait_until("document.querySelector('#found [role=option], #found a')").await;
        self.take(desk, "office-search").await;
        desk.run("(document.querySelector('#found a') ?? document.querySelector('#found [role=option]')).click()")
            .await;
        desk.wait_until("document.querySelector('#amount')?.value").await;
        desk.types("#confirmation", "R-20871").await;
        desk.wait_until("document.querySelector('#consequences .effects')").await;
        self.take(desk, "office-account").await;
    }

    async fn signs_in(&self, desk: &Browser, login: &str, next: &str) {
        desk.page.delete_all_cookies().await.expect("nobody is signed in");
        desk.goto(&format!("{}/?next={next}", self.demo.url)).await;
        for (field, text) in [("#login", login), ("#password", PASSWORD)] {
            desk.types(field, text).await;
        }
        desk.click("form[action='/sign-in'] button").await;
        desk.wait_until(&format!("location.pathname === {}", json!(next))).await;
        desk.wait_until("document.querySelector('#live')?.dataset.state === 'live'").await;
    }
}
