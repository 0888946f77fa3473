//! Each flow of a desk once by keys alone, and once on a machine that is four times slower: what a clerk and a dispatcher do
//! with a file, a hold, a claim, service that is off, and a listing that was wrong. (A payment, building and publishing:
//! `browser_keyboard`.)

#![expect(clippy::unwrap_used, reason = "a failure here is the test's failure")]

use curbstop_shared::vocabulary::UnableCode;
use curbstop_tests::{
    browser::{Browser, ENTER, Screen},
    database::{Engine, TestDatabase},
    desk::text,
    flows::Hand,
    utility::{PASSWORD, Utility, account},
};
use serde_json::{Value, json};
use std::fs;

/// Somebody at a desk.
struct Person {
    browser: Browser,
    hand: Hand,
    base: String,
}

impl Person {
    async fn signs_in(utility: &Utility, login: &str, hand: Hand, slower: u32, page: &str) -> Option<Self> {
        let browser = Browser::start(Screen::Desk).await?;
        let base = utility.server.url();
        browser.goto(&format!("{base}/?next={page}")).await;
        browser.slow_down(slower).await;
        browser.presses(login).await;
        let person = Self { browser, hand, base };
        person.writes("#password", PASSWORD).await;
        person.browser.presses(&ENTER.to_string()).await;
        person.browser.wait_until(&format!("location.pathname === '{page}'")).await;
        Some(person)
    }

    async fn opens(&self, page: &str) {
        self.browser.goto(&format!("{}{page}", self.base)).await;
    }

    async fn comes_to(&self, css: &str) {
        match self.hand {
            Hand::Keys => self.browser.tabs_to(css).await,
            Hand::Finger => self.browser.click(css).await,
        }
    }

    async fn writes(&self, css: &str, words: &str) {
        self.comes_to(css).await;
        self.browser.presses(words).await;
    }

    /// Chooses from a list by the letters with which it begins.
    async fn chooses(&self, css: &str, begins: &str, value: &str) {
        match self.hand {
            Hand::Keys => {
                self.browser.tabs_to(css).await;
                self.browser.presses(begins).await;
            }
            Hand::Finger => {
                let chosen = format!(
                    "const list = document.querySelector({0}); list.value = {1}; \
                     list.dispatchEvent(new Event('input', {{ bubbles: true }})); \
                     list.dispatchEvent(new Event('change', {{ bubbles: true }}))",
                    json!(css),
                    json!(value)
                );
                self.browser.run(&chosen).await;
            }
        }
        self.browser.wait_until(&format!("document.querySelector({}).value === '{value}'", json!(css))).await;
    }

    async fn does(&self, css: &str) {
        self.comes_to(css).await;
        if self.hand == Hand::Keys {
            self.browser.presses(&ENTER.to_string()).await;
        }
    }
}

async fn state_of(utility: &Utility, letter: char) -> String {
    let listed = utility.office.get(&format!("/orders?kind=turn_off&account={}", account(letter))).await.good();
    text(&listed["orders"][0]["state"])
}

/// B claims at the door that the bill is wrong; A is off; C is about to be. The clerk decides, gives back, protects, and
/// takes the protection away again.
async fn a_clerks_afternoon(hand: Hand, slower: u32) {
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let (utility, mut truck) = Utility::with_cuts_at(&database, "A").await;
    let b = truck.order_of(account('B'));
    truck.is_stopped_by(&b, UnableCode::DisputeClaimed);
    truck.sync().await;
    let Some(clerk) = Person::signs_in(&utility, "office", hand, slower, "/office").await else { return };

    clerk.writes("form.claim input[name=why]", "the meter was read twice, it is right").await;
    clerk.does("form.claim button[value=no]").await;
    clerk.browser.wait_until("!document.querySelector('form.claim')").await;
    assert_eq!(state_of(&utility, 'B').await, "stopped_at_door", "nobody goes back because of it");

    clerk.opens(&format!("/office/accounts/{}", account('A'))).await;
    clerk.does("a[data-shortcut=r]").await;
    clerk.browser.wait_until("location.pathname.endsWith('/release')").await;
    clerk.chooses("#release-reason", "A", "agreement").await;
    clerk.writes("#why", "two payments, agreed with the manager").await;
    clerk.does("form[data-preview] button.act").await;
    clerk.browser.wait_for_text("#consequences", "Recorded").await;
    let back = utility.office.get(&format!("/orders?kind=reconnect&account={}", account('A'))).await.good();
    assert_eq!(back["orders"].as_array().unwrap().len(), 1, "{back}");

    clerk.opens(&format!("/office/accounts/{}", account('C'))).await;
    clerk.does("a[data-shortcut=h]").await;
    clerk.browser.wait_until("location.pathname.endsWith('/hold')").await;
    clerk.chooses("#hold-kind", "Disp", "dispute").await;
    clerk.writes("#comment", "reads the wrong meter").await;
    clerk.does("form[data-preview] button.act").await;
    clerk.browser.wait_for_text("#consequences", "Set").await;
    assert_eq!(state_of(&utility, 'C').await, "recalled");

    clerk.opens(&format!("/office/accounts/{}", account('C'))).await;
    clerk.does("a[href^='/office/holds/'][href$='/lift']").await;
    clerk.browser.wait_until("location.pathname.endsWith('/lift')").await;
    clerk.writes("#why", "it is the right meter").await;
    clerk.does("form[action$='/lift'] button.act").await;
    clerk.browser.wait_until(&format!("location.pathname.endsWith('/{}')", account('C'))).await;
    let holds = utility.office.get(&format!("/accounts/{}", account('C'))).await.good()["timeline"].to_string();
    assert!(holds.contains("Hold lifted"), "{holds}");
}

/// A second listing comes in as a file and was the wrong one: read, stored, final, planned, out, and withdrawn.
async fn a_dispatchers_day(hand: Hand, slower: u32) {
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let utility = Utility::opens(&database).await;
    let tomorrow = utility.tomorrow();
    let Some(dispatcher) = Person::signs_in(&utility, "dispatcher", hand, slower, "/dispatch").await else { return };
    let browser = &dispatcher.browser;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("listing.csv");
    fs::write(&file, utility.file_of(&tomorrow, &[('C', "60.00"), ('D', "200.00")])).unwrap();
    dispatcher.opens(&format!("/dispatch?date={tomorrow}&step=1")).await;
    // The window in which a file is chosen is the system's.
    browser.types("#file", file.to_str().unwrap()).await;
    browser.wait_until("document.querySelector('#kind').value === 'listing'").await;
    if browser.run("return document.querySelector('#source').value").await == json!("") {
        dispatcher.writes("#source", "city").await;
    }
    dispatcher.does("form#import button.act").await;
    browser.wait_until("document.querySelector('#report button[data-next]')").await;
    dispatcher.does("#report button[data-next]").await;
    let make_final = "#report form[action$='/finalise'] button";
    browser.wait_until(&format!("document.querySelector({})", json!(make_final))).await;
    dispatcher.does(make_final).await;
    browser.wait_until("location.search.includes('step=2')").await;
    dispatcher.does("form[action='/dispatch/plan'] button.act").await;
    browser
        .wait_until("location.search.includes('step=3') && document.querySelector(\"form[action$='/publish']\")")
        .await;
    if browser.run("return Boolean(document.querySelector('#sure'))").await == json!(true) {
        dispatcher.comes_to("#sure").await;
        if hand == Hand::Keys {
            browser.presses(" ").await;
        }
    }
    dispatcher.does("form[action$='/publish'] button.act").await;
    browser.wait_for_text(".board", "of 2 done").await;

    dispatcher.opens(&format!("/dispatch?date={tomorrow}&step=1")).await;
    dispatcher.does("a[href^='/dispatch/listings/'][href$='/withdraw']").await;
    browser.wait_until("location.pathname.endsWith('/withdraw')").await;
    dispatcher.writes("#why", "last month's file").await;
    dispatcher.does("form[action$='/withdraw'] button.act").await;
    browser.wait_for_text("#answered", "withdrawn").await;
    let listings = utility.dispatcher.get("/listings").await.good();
    let states: Vec<&Value> = listings["listings"].as_array().unwrap().iter().map(|it| &it["state"]).collect();
    assert!(states.contains(&&json!("withdrawn")), "{listings}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clerks_afternoon_by_keys_alone() {
    a_clerks_afternoon(Hand::Keys, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clerks_afternoon_on_a_machine_that_is_four_times_slower() {
    a_clerks_afternoon(Hand::Finger, 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dispatchers_day_by_keys_alone() {
    a_dispatchers_day(Hand::Keys, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dispatchers_day_on_a_machine_that_is_four_times_slower() {
    a_dispatchers_day(Hand::Finger, 4).await;
}
