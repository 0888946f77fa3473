//! A tablet that the office took out of service, in a real browser: it says where its work is, and what it had worked when
//! it is in service again.

use curbstop_server::service::enrolment;
use curbstop_tests::{
    browser::{Browser, Screen},
    by_hand::{self, Day},
    database::{Engine, TestDatabase},
    proxy::Proxy,
    tablet_page::TabletPage,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_tablet_says_what_it_handed_in_and_what_it_had_worked_when_it_is_back() {
    let Some(browser) = Browser::start(Screen::Tablet).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let server = by_hand::server(&database);
    let proxy = Proxy::to(server.address()).await;
    let day = Day::with_stops(&database, 3).await;
    let tablet = TabletPage(browser);
    tablet.enrols(&proxy.url(), &by_hand::enrolment_code(&day.state, day.crew).await).await;
    proxy.no_signal().await;
    tablet.turns_off("100 ALDER ST", "70000001", "036500", "L-1").await;
    tablet.shows_unsent(1).await;
    let dispatcher = by_hand::dispatcher(&day.state).await;
    let known = enrolment::list(&day.state).await.expect("the office knows its tablets");
    enrolment::revoke(&day.state, &dispatcher, known[0].id).await.expect("dispatch takes it out of service");

    proxy.signal();
    tablet.asks_the_office_now().await;
    let page = &tablet.0;
    page.wait_for_text("[data-test=disowned]", "1 entry, dispatch decides").await;
    tablet.shows_unsent(0).await;
    page.wait_for_text("[data-test=unsent]", "Everything handed in").await;
    // It calls nobody any more, and does not say that it is in touch.
    page.wait_for_text("[data-test=online]", "Out of service").await;
    page.wait_for_text("[data-test=handed-in]", "T-1").await;
    page.wait_for_text("[data-test=outbox-empty]", "handed in").await;
    page.screenshot("tablet-revoked-outbox").await;
    page.run("location.hash = '#/'").await;
    page.wait_for_text("[data-test=no-route]", "out of service").await;
    page.screenshot("tablet-revoked").await;

    // Dispatch gives it back: the stop is next again, and says what the crew knows of it.
    page.click("[data-test=enrol-again]").await;
    tablet.types("[data-test=enrol-code]", &by_hand::enrolment_code(&day.state, day.crew).await).await;
    // The name that stands there is typed over.
    tablet.types("[data-test=enrol-name]", "T-12").await;
    page.wait_until("document.querySelector('[data-test=enrol-name]').value === 'T-12'").await;
    page.click("[data-test=enrol-submit]").await;
    page.wait_for_text("[data-test=next-card] [data-test=worked-before]", "dispatch has not taken it in").await;
    page.wait_for_text("[data-test=next-card] [data-test=call-dispatch]", "555-0100").await;
    page.screenshot("tablet-worked-before").await;

    // In the crew's language, as far as the utility's own words are known.
    page.click("[data-test=unsent]").await;
    page.click("[data-test=language]").await;
    page.run("location.hash = '#/'").await;
    page.wait_for_text("[data-test=stop-row] .hazard", "perro · key at neighbor").await;
    page.screenshot("tablet-hazard-es").await;
}
