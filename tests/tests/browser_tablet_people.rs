//! Two people and one tablet in a real browser: PINs without a signal, and the desk says who did it.

use curbstop_server::service::{authorise::Actor, people, riding};
use curbstop_shared::vocabulary::Role;
use curbstop_tests::{
    browser::{Browser, Screen},
    by_hand::{self, Day},
    database::{Engine, TestDatabase},
    proxy::Proxy,
    tablet_page::TabletPage,
};

/// Taps a PIN, and the key that checks it.
async fn gives(tablet: &TabletPage, pin: &str) {
    for digit in pin.chars() {
        tablet.0.click(&format!("[data-test=pin-{digit}]")).await;
    }
    tablet.0.click("[data-test=pin-check]").await;
}

async fn chooses(tablet: &TabletPage, name: &str) {
    let it = format!("[...document.querySelectorAll('[data-test=person]')].find(e => e.innerText.includes('{name}'))");
    tablet.0.wait_until(&it).await;
    tablet.0.run(&format!("({it}).click()")).await;
}

const ASKED: &str = "document.querySelector('[data-test=who]')";
const NOT_ASKED: &str = "!document.querySelector('[data-test=who]')";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_take_turns_on_one_tablet_without_a_signal() {
    let Some(browser) = Browser::start(Screen::Tablet).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let server = by_hand::server(&database);
    let proxy = Proxy::to(server.address()).await;
    let day = Day::with_stops(&database, 3).await;
    let maria = people::list(&day.state).await.unwrap().into_iter().find(|person| person.login == "maria").unwrap().id;
    let dana = people::NewPerson {
        login: "dana".into(),
        name: "Dana Ruiz".into(),
        role: Role::Crew,
        password: None,
        crew_id: Some(day.crew),
    };
    let dana = people::add_now(&day.state, &Actor::SYSTEM, dana).await.unwrap().id;
    for (who, pin) in [(maria, "8053"), (dana, "4711")] {
        riding::set_pin(&day.state, &Actor::SYSTEM, who, pin).await.unwrap();
    }
    let tablet = TabletPage(browser);
    let page = &tablet.0;
    let code = by_hand::enrolment_code(&day.state, day.crew).await;
    page.goto(&format!("{}/field/#enrol={code}", proxy.url())).await;
    page.click("[data-test=enrol-submit]").await;
    page.wait_until(ASKED).await;
    page.screenshot("tablet-who").await;
    page.wait_until("navigator.serviceWorker.controller").await;
    page.wait_until("document.querySelector('.scroll[inert] [data-test=next-card]')").await;
    proxy.no_signal().await;

    // Dana, first with somebody else's PIN.
    chooses(&tablet, "Dana Ruiz").await;
    gives(&tablet, "8053").await;
    page.wait_until("document.querySelector('[data-test=pin-says]')?.dataset.state === 'wrong'").await;
    page.wait_for_text("[data-test=pin-says]", "Dana Ruiz's PIN").await;
    page.screenshot("tablet-pin-wrong").await;
    gives(&tablet, "4711").await;
    page.wait_until(NOT_ASKED).await;
    page.wait_for_text("[data-test=holder]", "Dana Ruiz").await;

    // In the middle of the work the tablet goes into other hands, and back: the same step of the same stop.
    let order = tablet.order_at("100 ALDER ST").await;
    tablet.begins_the_work(&order, "70000001").await;
    page.click("[data-test=method-curb_stop_locked]").await;
    tablet.types("[data-test=lock-input]", "L-1").await;
    page.click("[data-test=holder]").await;
    page.wait_until(ASKED).await;
    page.screenshot("tablet-who-locked").await;
    // Its battery is pulled; after the start it asks again.
    tablet.goes_to("#/").await;
    page.run("location.reload()").await;
    page.wait_until(ASKED).await;
    chooses(&tablet, "Dana Ruiz").await;
    page.screenshot("tablet-pin").await;
    gives(&tablet, "4711").await;
    page.wait_until(NOT_ASKED).await;
    tablet.goes_to(&format!("#/door/{order}")).await;
    tablet.is_on("act").await;
    page.wait_until("document.querySelector('[data-test=lock-input]').value === 'L-1'").await;
    page.click("[data-test=act-next]").await;
    for digit in "036500".chars() {
        page.click(&format!("[data-test=digit-{digit}]")).await;
    }
    page.click("[data-test=reading-confirm]").await;
    tablet.holds("[data-test=hold-save]", "document.querySelector('[data-test=saved]')").await;

    // Maria has forgotten hers. Five wrong ones, and she has to wait; the work does not.
    page.click("[data-test=holder]").await;
    chooses(&tablet, "maria").await;
    for _ in 0..5 {
        gives(&tablet, "4711").await;
        let answered = "['wrong', 'wait'].includes(document.querySelector('[data-test=pin-says]')?.dataset.state)";
        page.wait_until(answered).await;
    }
    page.wait_until("document.querySelector('[data-test=pin-says]').dataset.state === 'wait'").await;
    page.wait_until("document.querySelector('[data-test=pin-check]').disabled").await;
    page.screenshot("tablet-pin-wait").await;
    page.click("[data-test=pin-without]").await;
    page.wait_until("document.querySelector('[data-test=holder]')?.dataset.pin === 'false'").await;
    tablet.is_kept_away_by_a_dog("200 ALDER ST").await;
    page.screenshot("tablet-without-pin").await;
    tablet.shows_unsent(2).await;

    proxy.signal();
    tablet.asks_the_office_now().await;
    tablet.shows_unsent(0).await;
    let mut told = Vec::new();
    for order in &day.orders {
        let mut conn = day.state.store.reader().await.unwrap();
        let rows = curbstop_server::store::facts::of_order(&mut conn, order.id).await.unwrap();
        let authors = curbstop_server::service::authorship::Authors::of(&mut conn).await.unwrap();
        let visits = rows.iter().filter(|row| row.kind == "visit");
        told.extend(visits.map(|row| (authors.who(row).unwrap(), row.without_pin)));
    }
    assert_eq!(told, [("Dana Ruiz, Truck 12".to_owned(), false), ("maria, Truck 12".to_owned(), true)]);
}
