//! No barrier on any page: every desk, every step at a door, in both languages and in the light of day and night.
//!
//! All pages are looked at before the test fails, so that one run names everything that is in somebody's way.

#![expect(clippy::unwrap_used, reason = "a page that can't be reached ends it, where it failed")]

use curbstop_tests::{
    browser::{Browser, Screen},
    demo::{Demo, PASSWORD},
    tablet_page::TabletPage,
};
use serde_json::json;

/// What was found so far, page by page.
#[derive(Default)]
struct Look {
    found: Vec<String>,
}

impl Look {
    async fn at(&mut self, browser: &Browser, what: &str) {
        let barriers = browser.barriers().await;
        self.found.extend(barriers.into_iter().map(|barrier| format!("{what}: {barrier}")));
    }

    fn ends(self) {
        assert!(self.found.is_empty(), "{}", self.found.join("\n"));
    }
}

async fn types(browser: &Browser, css: &str, text: &str) {
    browser.page.find(fantoccini::Locator::Css(css)).await.unwrap().send_keys(text).await.unwrap();
}

async fn signs_in(browser: &Browser, url: &str, login: &str) {
    browser.page.delete_all_cookies().await.unwrap();
    browser.goto(&format!("{url}/?next=/office")).await;
    types(browser, "#login", login).await;
    types(browser, "#password", PASSWORD).await;
    browser.click("form[action='/sign-in'] button").await;
    browser.wait_until("location.pathname === '/office'").await;
}

/// The first address on a page that begins so.
async fn link(browser: &Browser, begins: &str) -> String {
    let found = format!(
        "[...document.querySelectorAll('a')].map((a) => a.getAttribute('href')).find((to) => to?.startsWith({}))",
        json!(begins)
    );
    browser.wait_until(&found).await;
    browser.run(&format!("return {found}")).await.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn no_desk_has_a_barrier_in_english() {
    no_desk_has_a_barrier("en").await;
}

#[tokio::test]
async fn no_desk_has_a_barrier_in_spanish() {
    no_desk_has_a_barrier("es").await;
}

async fn no_desk_has_a_barrier(language: &str) {
    let Some(browser) = Browser::start(Screen::Desk).await else { return };
    let folder = tempfile::tempdir().unwrap();
    let (demo, mut look) = (Demo::start(folder.path()), Look::default());
    let url = demo.url.as_str();
    browser.goto(url).await;
    look.at(&browser, "sign-in").await;
    signs_in(&browser, url, "supervisor").await;
    browser.goto(&format!("{url}/dispatch")).await;
    if browser.run("return document.documentElement.lang").await != json!(language) {
        browser.click("form[action='/language'] button").await;
        browser.wait_until(&format!("document.documentElement.lang === '{language}'")).await;
    }
    let today = browser.run("return document.querySelector('#date').value").await;
    let listing = {
        browser.goto(&format!("{url}/dispatch?step=1")).await;
        link(&browser, "/dispatch/listings/").await
    };
    browser.goto(&format!("{url}/dispatch")).await;
    let sheet = link(&browser, "/dispatch/routes/").await;
    browser.goto(&format!("{url}/office")).await;
    let account = link(&browser, "/office/accounts/").await;
    let pages = [
        "/dispatch",
        "/dispatch?view=map",
        "/dispatch?view=lanes",
        "/dispatch?step=1",
        "/dispatch?step=2",
        "/dispatch?step=3",
        "/dispatch/tablets",
        &format!("/dispatch?date={}", today.as_str().unwrap()),
        &listing,
        &sheet,
        "/office",
        &account,
        "/office/accounts/no-such-account",
        "/api/docs",
        "/api/docs/try",
        "/nowhere",
    ];
    for page in pages {
        browser.goto(&format!("{url}{page}")).await;
        look.at(&browser, &format!("{page} ({language})")).await;
    }
    browser.goto(&format!("{url}/dispatch")).await;
    // One crew's stops stand for all.
    browser.run("document.querySelector('details.route').open = true").await;
    look.at(&browser, &format!("/dispatch, a route open ({language})")).await;
    browser.goto(&format!("{url}/office")).await;
    types(&browser, "#find", "alder").await;
    browser.wait_until("document.querySelector('#found a')").await;
    look.at(&browser, &format!("searching ({language})")).await;
    browser.goto(&format!("{url}{account}")).await;
    browser.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })").await;
    look.at(&browser, &format!("an account, all open ({language})")).await;
    look.ends();
}

#[tokio::test]
async fn no_step_at_a_door_has_a_barrier() {
    let Some(browser) = Browser::start(Screen::Tablet).await else { return };
    let folder = tempfile::tempdir().unwrap();
    let (demo, mut look) = (Demo::start(folder.path()), Look::default());
    browser.goto(&format!("{}/field/", demo.url)).await;
    browser.wait_until("document.querySelector('[data-test=enrol-submit]')").await;
    look.at(&browser, "before enrolling").await;
    // The same page with a code behind it would not be loaded anew.
    browser.goto("about:blank").await;
    let tablet = TabletPage(browser);
    tablet.enrols(&demo.url, &demo.code).await;
    let page = &tablet.0;
    for theme in ["sun", "dark"] {
        tablet.goes_to("#/unsent").await;
        page.wait_until("document.querySelector('[data-test=theme]')").await;
        let is = format!("document.documentElement.dataset.theme === '{theme}'");
        if page.run(&format!("return {is}")).await != json!(true) {
            page.click("[data-test=theme]").await;
            page.wait_until(&is).await;
        }
        look.at(page, &format!("what is not sent ({theme})")).await;
        tablet.goes_to("#/").await;
        page.wait_until("document.querySelector('[data-test=next-card]')").await;
        look.at(page, &format!("the day ({theme})")).await;
        tablet.goes_to("#/").await;
        page.wait_until("document.querySelector('[data-test=next-card]')").await;
        let order = page.run("return document.querySelector('[data-test=next-card]').dataset.order").await;
        let order = order.as_str().unwrap().to_owned();
        tablet.goes_to(&format!("#/stop/{order}")).await;
        page.wait_until(&format!("document.querySelector('[data-test=stop][data-order=\"{order}\"]')")).await;
        look.at(page, &format!("a stop ({theme})")).await;
        let meter = page
            .run("return document.querySelector('[data-test=stop]').innerText.match(/\\b\\d{4}-?\\d{4}\\b/)[0]")
            .await;
        let meter = meter.as_str().unwrap().replace('-', "");
        tablet.at_the_door(&order).await;
        look.at(page, &format!("the place ({theme})")).await;
        page.click("[data-test=walk-unable]").await;
        page.wait_until("document.querySelector('[data-test=unable-dog]')").await;
        look.at(page, &format!("why not ({theme})")).await;
        page.run("history.back()").await;
        tablet.at_the_door(&order).await;
        page.click("[data-test=place-yes]").await;
        tablet.types("[data-test=serial-input]", &meter).await;
        look.at(page, &format!("the meter ({theme})")).await;
        page.click("[data-test=serial-check]").await;
        page.wait_until("document.querySelector('[data-test=met-customer]')").await;
        look.at(page, &format!("the knock ({theme})")).await;
        page.click("[data-test=met-customer]").await;
        page.wait_until("document.querySelector('[data-test=ask-script]')").await;
        look.at(page, &format!("asking ({theme})")).await;
        page.click("[data-test=ask-nothing]").await;
        page.wait_until("document.querySelector('[data-test=open-act]')").await;
        look.at(page, &format!("before the work ({theme})")).await;
        page.click("[data-test=open-act]").await;
        tablet.is_on("act").await;
        look.at(page, &format!("the work ({theme})")).await;
        page.click("[data-test=method-curb_stop_locked]").await;
        tablet.types("[data-test=lock-input]", "L-20871").await;
        page.click("[data-test=act-next]").await;
        page.wait_until("document.querySelector('[data-test=digit-0]')").await;
        page.click("[data-test=digit-0]").await;
        look.at(page, &format!("the reading ({theme})")).await;
        for digit in "99999".chars() {
            page.click(&format!("[data-test=digit-{digit}]")).await;
        }
        look.at(page, &format!("a reading that nobody expects ({theme})")).await;
        page.click("[data-test=reading-confirm]").await;
        page.wait_until("document.querySelector('[data-test=hold-save]')").await;
        look.at(page, &format!("the summary ({theme})")).await;
        tablet.holds("[data-test=hold-save]", "document.querySelector('[data-test=saved]')").await;
        look.at(page, &format!("saved ({theme})")).await;
    }
    look.ends();
}
