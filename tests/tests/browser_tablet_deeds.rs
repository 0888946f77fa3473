//! What a crew did is recorded as it was done, in a real browser: the office is asked before a cut begins, what was turned
//! off is turned on again on the spot, and a lock that is not ours is asked about.

use curbstop_shared::time::Span;
use curbstop_tests::{
    browser::{Browser, Screen},
    by_hand::{self, Day, now},
    database::{Engine, TestDatabase},
    tablet_page::TabletPage,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_paid_just_now_is_not_cut_and_who_was_cut_is_turned_on_again_by_the_same_crew() {
    let Some(browser) = Browser::start(Screen::Tablet).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let server = by_hand::server(&database);
    let day = Day::with_stops(&database, 3).await;
    let tablet = TabletPage(browser);
    tablet.enrols(&server.url(), &by_hand::enrolment_code(&day.state, day.crew).await).await;
    let page = &tablet.0;

    tablet.turns_off("100 ALDER ST", "70000001", "036500", "L-1").await;
    page.wait_until("document.querySelector('[data-test=saved][data-received=true]')").await;

    // At the door of the second, with a good signal: "you may begin", and then the customer pays.
    let order = tablet.order_at("200 ALDER ST").await;
    tablet.at_the_door(&order).await;
    page.click("[data-test=place-yes]").await;
    tablet.types("[data-test=serial-input]", "70000002").await;
    page.click("[data-test=serial-check]").await;
    page.click("[data-test=met-nobody]").await;
    page.wait_until("document.querySelector('[data-test=open-act]')").await;
    by_hand::pays(&day.state, day.orders[1].id, now() + Span::minutes(-1)).await;
    page.click("[data-test=open-act]").await;
    page.wait_until("document.querySelector('[data-test=permit-state][data-state=stopped]')").await;
    tablet.is_on("permit").await;
    page.click("[data-test=permit-leave-on]").await;
    page.click("[data-test=save]").await;
    // Its recall is read and tapped on; nothing was turned off there.
    page.wait_until("document.querySelector('[data-test=saved][data-received=true]')").await;

    // The first pays after it was turned off: an ordinary reconnect.
    by_hand::pays(&day.state, day.orders[0].id, now()).await;
    tablet.asks_the_office_now().await;
    tablet.goes_to("#/").await;
    page.wait_for_text("[data-test=restore-now]", "after it was turned off: turn it back on").await;
    page.screenshot("deeds-restore-card").await;
    page.click("[data-test=restore-record]").await;
    page.click("[data-test=place-yes]").await;
    tablet.types("[data-test=serial-input]", "70000001").await;
    page.click("[data-test=serial-check]").await;
    page.click("[data-test=met-customer]").await;
    tablet.is_on("act").await;
    page.click("[data-test=method-lock_removed]").await;
    page.click("[data-test=safe]").await;
    tablet.types("[data-test=lock-input]", "L-7").await;
    page.click("[data-test=act-next]").await;
    page.wait_for_text("[data-test=lock-mismatch]", "L-1").await;
    page.screenshot("deeds-another-lock").await;
    page.click("[data-test=lock-foreign]").await;
    for digit in "036500".chars() {
        page.click(&format!("[data-test=digit-{digit}]")).await;
    }
    // As it was left at the cut: nobody has used anything.
    page.wait_until("document.querySelector('[data-test=reading-check]').dataset.state === 'ok'").await;
    page.click("[data-test=reading-confirm]").await;
    page.screenshot("deeds-restore-summary").await;
    page.click("[data-test=save]").await;
    page.wait_until("!document.querySelector('[data-test=restore-now]')").await;
    tablet.shows_unsent(0).await;
    page.screenshot("deeds-day").await;
    assert_eq!(by_hand::facts_of_kind(&day.state, day.orders[0].id, "work").await, 2, "off, and on again");
    assert_eq!(by_hand::facts_of_kind(&day.state, day.orders[1].id, "work").await, 0, "nobody was cut");
}
