//! Each flow once by keyboard alone: a payment at the office, a day at dispatch, a cut on a tablet with keys.

use curbstop_tests::{
    browser::{Browser, ENTER, Screen},
    by_hand::{self, Day},
    database::{Engine, TestDatabase},
    tablet_page::TabletPage,
    utility::{PASSWORD, Utility, account},
};
use serde_json::json;

/// The caret is in the first field on arrival.
async fn signs_in(browser: &Browser, base: &str, login: &str, next: &str) {
    browser.goto(&format!("{base}/?next={next}")).await;
    browser.presses(login).await;
    browser.tabs_to("#password").await;
    browser.presses(&format!("{PASSWORD}{ENTER}")).await;
    browser.wait_until(&format!("location.pathname === '{next}'")).await;
}

/// A customer stands at the counter: found, paid, and what it changes is read before the last key.
#[tokio::test]
async fn a_clerk_records_a_payment_by_keyboard() {
    let Some(browser) = Browser::start(Screen::Desk).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let utility = Utility::opens(&database).await;
    utility.publishes().await;
    signs_in(&browser, &utility.server.url(), "office", "/office").await;
    browser.presses("alder 100").await;
    browser.wait_until("document.querySelector('#found a')").await;
    browser.presses(&ENTER.to_string()).await;
    browser.wait_until(&format!("location.pathname.endsWith('/{}')", account('A'))).await;
    browser.wait_until("document.querySelector('#live')?.dataset.state === 'live'").await;
    browser.presses("p").await;
    browser.wait_until("document.activeElement.id === 'amount' && document.activeElement.value === '86.40'").await;
    browser.tabs_to("#confirmation").await;
    browser.presses("R-100").await;
    browser.wait_for_text("#consequences", "Truck 12").await;
    browser.wait_for_text("#consequences", "Enter records it").await;
    browser.presses(&ENTER.to_string()).await;
    browser.wait_for_text("#consequences", "Recorded").await;
    let account = utility.office.get(&format!("/accounts/{}", account('A'))).await.good();
    assert!(account.to_string().contains("R-100"), "{account}");
    // The next one waits: Enter leads back to the search.
    browser.presses(&ENTER.to_string()).await;
    browser.wait_until("location.pathname === '/office' && document.activeElement.id === 'find'").await;
}

/// The listing is final: two keys and twice Enter, and the routes are out.
#[tokio::test]
async fn a_dispatcher_builds_and_publishes_a_day_by_keyboard() {
    let Some(browser) = Browser::start(Screen::Desk).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let utility = Utility::opens(&database).await;
    signs_in(&browser, &utility.server.url(), "dispatcher", "/dispatch").await;
    browser.wait_until("document.querySelector('#live')?.dataset.state === 'live'").await;
    browser.presses("2").await;
    // The obvious next thing is under the hand.
    browser.wait_until("document.activeElement.matches(\"form[action='/dispatch/plan'] button.act\")").await;
    browser.presses(&ENTER.to_string()).await;
    browser
        .wait_until("location.search.includes('step=3') && document.querySelector(\"form[action$='/publish']\")")
        .await;
    if browser.run("return Boolean(document.querySelector('#sure'))").await == json!(true) {
        browser.tabs_to("#sure").await;
        browser.presses(" ").await;
    }
    browser.tabs_to("form[action$='/publish'] button.act").await;
    browser.presses(&ENTER.to_string()).await;
    browser.wait_for_text(".board", "0 of 6 done").await;
    let routes = utility.dispatcher.get(&format!("/routes?date={}", utility.date)).await.good();
    assert_eq!(routes["routes"].as_array().unwrap().len(), 1, "{routes}");
    // Into the crew's stops, with the arrows as the list of keys says.
    browser.presses("\u{e015}").await;
    browser.wait_until("document.activeElement.matches('.route > summary')").await;
    browser.presses(&ENTER.to_string()).await;
    browser.wait_until("document.querySelector('.route').open").await;
}

/// A tablet in a truck with a keyboard: from the list to saved, and the confirmation is held with a key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crew_cuts_by_keyboard() {
    let Some(browser) = Browser::start(Screen::Tablet).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let server = by_hand::server(&database);
    let day = Day::with_stops(&database, 3).await;
    let tablet = TabletPage(browser);
    tablet.enrols(&server.url(), &by_hand::enrolment_code(&day.state, day.crew).await).await;
    let page = &tablet.0;
    let enters = async |test: &str| {
        page.tabs_to(&format!("[data-test={test}]")).await;
        page.presses(&ENTER.to_string()).await;
    };
    enters("at-the-door").await;
    enters("place-yes").await;
    // The field waits for the number.
    page.wait_until("document.activeElement.matches('[data-test=serial-input]')").await;
    page.presses(&format!("70000001{ENTER}")).await;
    enters("met-customer").await;
    tablet.is_on("ask").await;
    enters("ask-nothing").await;
    enters("open-act").await;
    tablet.is_on("act").await;
    page.tabs_to("[data-test=method-curb_stop_locked]").await;
    page.presses(" ").await;
    page.tabs_to("[data-test=lock-input]").await;
    page.presses("L-7").await;
    enters("act-next").await;
    tablet.is_on("reading").await;
    page.wait_until("document.activeElement.matches('.reading')").await;
    page.presses("0364999\u{e003}").await;
    page.wait_until("document.querySelector('[data-test=digits]').dataset.value === '03649'").await;
    page.presses("5").await;
    enters("reading-confirm").await;
    tablet.is_on("summary").await;
    page.tabs_to("[data-test=hold-save]").await;
    page.keeps_down(ENTER, "document.querySelector('[data-test=saved][data-received=true]')").await;
    assert_eq!(by_hand::facts_of_kind(&day.state, day.orders[0].id, "work").await, 1);
}
