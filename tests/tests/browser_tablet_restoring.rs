//! Service is to be given back while the crew is at another door, in a real browser: it reads so there, and one tap leads
//! to the one card that the house has.

#![expect(clippy::expect_used, reason = "a step of the story that fails ends it, where it failed")]

use curbstop_server::service::{idempotency::Once, planning, spreading, utility};
use curbstop_shared::{
    facts::{Fact, FactBody, Header, Release},
    ids::{FactId, OrderId, RouteId},
    vocabulary::{ReleaseReason, Source},
};
use curbstop_tests::{
    browser::{Browser, Screen},
    by_hand::{self, Day},
    database::{Engine, TestDatabase},
    tablet_page::TabletPage,
};
use serde_json::json;

/// The money comes, and dispatch gives the reconnect to the truck that made the cut.
async fn is_paid_and_given_back(day: &Day, order: OrderId) -> OrderId {
    let reconnect = is_paid(day, order).await;
    is_given_to(day, reconnect, day.route).await;
    reconnect
}

/// Dispatch gives a reconnect to a route that is out.
async fn is_given_to(day: &Day, reconnect: OrderId, route: RouteId) {
    let dispatcher = by_hand::dispatcher(&day.state).await;
    let once = Once::new("to-a-truck", "POST", "/give", b"").expect("a key");
    planning::give(&day.state, &dispatcher, &once, reconnect, route, None).await.expect("it is given");
}

/// The money comes; nobody has the reconnect yet.
async fn is_paid(day: &Day, order: OrderId) -> OrderId {
    let at = by_hand::now();
    let release = Release {
        reason: ReleaseReason::PaymentReceived,
        lines: "*".into(),
        source: Source::Office,
        verified: true,
        paid_at: Some(at),
        recorded_at: Some(at),
        confirmation: None,
    };
    let id = FactId::from_uuid(day.state.new_id());
    let fact = Fact::new(id, Header { order, at, by: None, device: None }, FactBody::Release(release));
    let mut work = day.state.store.begin().await.expect("a unit of work");
    let words = [spreading::Word { order, facts: vec![fact], home: None }];
    let folding = utility::folding(&day.state, at);
    let spread = spreading::spread(&day.state, &mut work, &words, &folding, at).await.expect("it is released");
    work.commit().await.expect("the release is kept");
    spread.announce(&day.state);
    OrderId::reconnects_of(order).next().expect("a reconnect")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_another_door_one_tap_leads_to_the_house_that_was_paid_for_and_back() {
    let Some(browser) = Browser::start(Screen::Tablet).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let server = by_hand::server(&database);
    let day = Day::with_stops(&database, 3).await;
    let tablet = TabletPage(browser);
    tablet.enrols(&server.url(), &by_hand::enrolment_code(&day.state, day.crew).await).await;
    let page = &tablet.0;
    tablet.turns_off("100 ALDER ST", "70000001", "036500", "L-1").await;
    tablet.shows_unsent(0).await;
    let second = tablet.order_at("200 ALDER ST").await;
    tablet.at_the_door(&second).await;
    page.click("[data-test=place-yes]").await;
    tablet.types("[data-test=serial-input]", "7000").await;

    let reconnect = is_paid_and_given_back(&day, day.orders[0].id).await;
    page.run("document.dispatchEvent(new Event('visibilitychange'))").await;
    page.wait_for_text("[data-test=turn-back-on]", "Paid: turn 100 ALDER ST back on").await;
    assert_eq!(page.run("return document.querySelector('[data-test=serial-input]').value").await, json!("7000"));
    page.screenshot("tablet-paid-meanwhile").await;
    page.click("[data-test=turn-back-on]").await;
    page.wait_until(&format!("document.querySelector('[data-test=stop][data-order=\"{reconnect}\"]')")).await;
    page.wait_for_text("[data-test=stop] [data-test=closed-with]", "lock L-1").await;
    page.wait_for_text("[data-test=stop] [data-test=closed-with]", "read 036500").await;
    page.screenshot("tablet-paid-meanwhile-stop").await;

    // One card for the house, with its door; the stop at hand is kept, half a serial and all.
    tablet.goes_to("#/").await;
    page.wait_until("document.querySelector('[data-test=restore-now] [data-test=at-the-door]')").await;
    let named =
        "[...document.querySelectorAll('.card, .row')].filter(e => e.innerText.includes('100 ALDER ST')).length";
    assert_eq!(page.run(&format!("return {named}")).await, json!(1));
    page.screenshot("tablet-one-card-a-house").await;
    page.click("[data-test=next-card] [data-test=at-the-door]").await;
    tablet.is_on("meter").await;
    assert_eq!(page.run("return document.querySelector('[data-test=serial-input]').value").await, json!("7000"));
    assert_eq!(page.run("return document.querySelectorAll('[data-test=turn-back-on]').length").await, json!(0));
    page.run("location.hash = '#/'").await;
    page.click("[data-test=restore-now] [data-test=at-the-door]").await;
    tablet.is_on("place").await;
}

/// The crew that cut is at the door again to turn it on itself when dispatch sends another truck: it reads that two may
/// come before it goes on, and whom to call.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_door_of_its_own_restore_a_crew_reads_that_another_truck_was_sent() {
    let Some(browser) = Browser::start(Screen::Tablet).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let server = by_hand::server(&database);
    let day = Day::with_stops(&database, 2).await;
    let other = vec![by_hand::turn_off(7)];
    let other = Day::of_crew(&day.state, "Truck 14", "joe", other).await;
    let tablet = TabletPage(browser);
    tablet.enrols(&server.url(), &by_hand::enrolment_code(&day.state, day.crew).await).await;
    let page = &tablet.0;
    tablet.turns_off("100 ALDER ST", "70000001", "036500", "L-1").await;
    tablet.shows_unsent(0).await;
    let reconnect = is_paid(&day, day.orders[0].id).await;
    let hears = "document.dispatchEvent(new Event('visibilitychange'))";
    page.run(hears).await;
    page.click("[data-test=restore-now] [data-test=restore-record]").await;
    tablet.is_on("place").await;
    is_given_to(&day, reconnect, other.route).await;
    page.run(hears).await;
    page.wait_for_text("[data-test=restore-given]", "Dispatch gave this to another crew meanwhile").await;
    page.screenshot("tablet-restore-given").await;
}

/// A tablet set to Spanish begins in Spanish, and the whole of the code that it asks for is in sight on a phone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_set_to_spanish_the_code_is_in_sight_whole() {
    let Some(browser) = Browser::start(Screen::Phone).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let server = by_hand::server(&database);
    let day = Day::with_stops(&database, 1).await;
    let spanish = json!({ "source": "Object.defineProperty(navigator, 'languages', { get: () => ['es-MX', 'en'] })" });
    browser.cdp("Page.addScriptToEvaluateOnNewDocument", spanish).await;
    let code = by_hand::enrolment_code(&day.state, day.crew).await;
    browser.goto(&format!("{}/field/#enrol={code}", server.url())).await;
    browser.wait_for_text("[data-test=enrol]", "Conectar esta tableta").await;
    let field = "document.querySelector('[data-test=enrol-code]')";
    let whole = format!(
        "{field}.value.length === {} && {field}.scrollHeight <= {field}.clientHeight && {field}.scrollWidth <= {field}.clientWidth",
        code.len()
    );
    browser.wait_until(&whole).await;
    browser.screenshot("tablet-enrol-phone-es").await;
    browser.click("[data-test=enrol-submit]").await;
    browser.click("[data-test=person]").await;
    browser.wait_for_text("[data-test=at-the-door]", "En la puerta").await;
}
