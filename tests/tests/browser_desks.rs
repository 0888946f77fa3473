//! The desks in a real browser: what happens on a truck or at another desk is on the page a moment later, and whoever
//! is reading or typing there is left in peace.

#![expect(clippy::unwrap_used, reason = "a step of the story that fails ends it, where it failed")]

use curbstop_shared::{time::Span, vocabulary::UnableCode};
use curbstop_tests::{
    browser::{Browser, Screen},
    database::{Engine, TestDatabase},
    desk::text,
    on_both_engines,
    proxy::Proxy,
    truck::wall_clock,
    utility::{PASSWORD, Utility, account, rfc3339},
};
use serde_json::{Value, json};
use std::time::Duration;

/// A desk as the person at it sees it.
struct DeskPage(Browser);

impl DeskPage {
    async fn signs_in(&self, base: &str, login: &str, next: &str) {
        self.0.goto(&format!("{base}/?next={next}")).await;
        for (field, text) in [("#login", login), ("#password", PASSWORD)] {
            self.types(field, text).await;
        }
        self.0.click("form[action='/sign-in'] button").await;
        self.0.wait_until(&format!("location.pathname === '{next}'")).await;
        self.0.wait_until("document.querySelector('#live')?.dataset.state === 'live'").await;
        // A page that was loaded anew would not know it any more.
        self.0.run("window.neverLoadedAgain = true").await;
    }

    async fn types(&self, css: &str, text: &str) {
        self.0.click(css).await;
        self.0.types(css, text).await;
    }

    async fn is_still_the_same_page(&self) {
        assert_eq!(self.0.run("return window.neverLoadedAgain").await, Value::Bool(true));
    }
}

/// How soon a page is there that waits for nobody, on a machine that is busy.
const PAGE_MAX: Duration = Duration::from_secs(20);

/// A page that was left gives back its line to the server: a browser has six of them, and keeps pages that were left for a
/// minute or longer.
#[tokio::test]
async fn whoever_goes_through_a_dozen_pages_waits_for_none() {
    let Some(browser) = Browser::start(Screen::Desk).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let desk = DeskPage(browser);
    let utility = Utility::opens(&database).await;
    desk.signs_in(&utility.server.url(), "dispatcher", "/dispatch").await;
    for page in ["/dispatch?view=map", "/dispatch/tablets", "/dispatch"].into_iter().cycle().take(12) {
        let address = format!("{}{page}", utility.server.url());
        assert!(tokio::time::timeout(PAGE_MAX, desk.0.goto(&address)).await.is_ok(), "{page} waits for a line");
        desk.0.wait_until("document.querySelector('#live')?.dataset.state === 'live'").await;
    }
    // And one that somebody comes back to hears again of what happens.
    desk.0.page.back().await.unwrap();
    desk.0.wait_until("location.pathname === '/dispatch/tablets'").await;
    desk.0.wait_until("document.querySelector('#live')?.dataset.state === 'live'").await;
    utility.truck(&utility.server.url()).await;
    desk.0.wait_for_text("[data-live] tbody", "tablet 12").await;
}

on_both_engines! {
    /// A visit merges and a payment is taken while the dispatcher looks: both are on the board, the opened route stays
    /// open, and a server that went away is said and comes back by itself.
    async fn the_board_is_live_and_says_when_it_is_not(db: TestDatabase) {
        let Some(browser) = Browser::start(Screen::Desk).await else { return };
        let desk = DeskPage(browser);
        let mut utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        truck.sync().await;
        let proxy = Proxy::to(utility.server.address()).await;
        desk.signs_in(&proxy.url(), "dispatcher", "/dispatch").await;
        desk.0.wait_for_text(".board", "0 of 6 done").await;
        desk.0.click(".route summary").await;

        let order = truck.orders().into_iter().find(|order| order.address.starts_with("300")).unwrap();
        truck.is_stopped_by(&order, UnableCode::Dog);
        truck.sync().await;
        desk.0.wait_for_text(".board", "1 could not").await;
        utility.pays('A', wall_clock()).await;
        desk.0.wait_for_text("aside .attention", "100 ALDER ST").await;
        desk.is_still_the_same_page().await;
        assert_eq!(desk.0.run("return document.querySelector('.route').open").await, Value::Bool(true));
        desk.0.screenshot(&format!("desk-live-{:?}", db.engine).to_lowercase()).await;

        utility.server.kill();
        proxy.no_signal().await;
        desk.0.wait_for_text("#live", "Not connected. Shown:").await;
        utility.server.restart();
        utility.follows_server();
        truck.goes_to(&utility.server.url());
        proxy.serve_from(utility.server.address());
        utility.pays('B', wall_clock()).await;
        proxy.signal();
        desk.0.wait_for_text("#live", "Live").await;
        desk.0.wait_until("document.querySelectorAll('aside .attention li').length >= 2").await;
        desk.is_still_the_same_page().await;
    }

    /// A reconnect goes to another crew from its lane: what came of it stands in that row and has the focus, while the
    /// board is drawn anew around it.
    async fn what_giving_a_stop_over_came_to_is_said_in_its_row(db: TestDatabase) {
        let Some(browser) = Browser::start(Screen::Desk).await else { return };
        let desk = DeskPage(browser);
        let (utility, mut first) = Utility::with_cuts_at(&db, "A").await;
        let other = utility.hires("Truck 14", "555-0114", "joe").await;
        let day = utility.dispatcher.get(&format!("/routes?date={}", utility.date)).await.good();
        let route = text(&day["routes"][0]["id"]);
        let only = json!({ "order_ids": [first.order_of(account('F')).id] });
        let _ = utility.dispatcher.post(&format!("/routes/{route}/take-back"), only).await.good();
        let _ = utility.sends_out(json!({ "date": utility.date, "crew_ids": [other] })).await;
        let paid = utility.pays('A', wall_clock() + Span::seconds(3)).await;
        let reconnect = text(&paid["reconnects"][0]["order_id"]);
        let number = text(&paid["reconnects"][0]["order"]);
        let _ = utility.dispatcher.post(&format!("/routes/{route}/orders"), json!({ "order_id": reconnect })).await.good();
        first.sync().await;
        first.sync().await;
        desk.signs_in(&utility.server.url(), "dispatcher", "/dispatch").await;
        desk.0.click(&format!("details.route[data-key='{route}'] > summary")).await;
        let row = format!("tr[data-key='{route}-{number}']");
        desk.0.click(&format!("{row} details.over summary")).await;
        desk.0.click(&format!("{row} details.over button")).await;
        desk.0.wait_for_text(&format!("{row} [data-said]"), "is on the route of Truck 14").await;
        let focus = format!("document.activeElement.closest('[data-said]')?.closest(\"{row}\") != null");
        desk.0.wait_until(&focus).await;
        utility.pays('B', wall_clock()).await;
        desk.0.wait_for_text("aside .attention", "200 ALDER ST").await;
        desk.0.wait_for_text(&row, "Went to Truck 14").await;
        desk.0.wait_for_text(&format!("{row} [data-said]"), "is on the route of Truck 14").await;
        desk.is_still_the_same_page().await;
        desk.0.screenshot(&format!("desk-given-{:?}", db.engine).to_lowercase()).await;
    }

    /// A clerk types while payments come in: the words stay, the list follows them, Enter opens the account.
    async fn a_clerk_finds_an_account_by_keyboard_while_the_page_lives(db: TestDatabase) {
        let Some(browser) = Browser::start(Screen::Desk).await else { return };
        let desk = DeskPage(browser);
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        desk.signs_in(&utility.server.url(), "office", "/office").await;
        desk.types("#find", "alder 30").await;
        desk.0.wait_until(&format!("document.querySelector('#found a[href*=\"{}\"]')", account('C'))).await;
        utility.pays('A', wall_clock()).await;
        desk.0.wait_for_text("body", "Live").await;
        assert_eq!(desk.0.run("return document.querySelector('#find').value").await, Value::from("alder 30"));
        desk.is_still_the_same_page().await;
        desk.types("#find", "0\u{e007}").await;
        desk.0.wait_until(&format!("location.pathname.endsWith('/{}')", account('C'))).await;
    }

    /// A clerk writes down what a doctor's office said while payments come in. Nothing of it is lost to a redrawing, and
    /// Enter in the line is no decision.
    async fn what_a_clerk_types_about_a_claim_stays_and_enter_decides_nothing(db: TestDatabase) {
        let Some(browser) = Browser::start(Screen::Desk).await else { return };
        let desk = DeskPage(browser);
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        let order = truck.order_of(account('C'));
        truck.is_stopped_by(&order, UnableCode::MedicalClaimed);
        truck.sync().await;
        desk.signs_in(&utility.server.url(), "office", "/office").await;
        let line = "form.claim input[name=why]";
        desk.types(line, "patient moved away").await;
        // The focus is elsewhere: only what stands in the line says that somebody is at work on it.
        desk.0.run("document.activeElement.blur()").await;
        let order = truck.order_of(account('D'));
        truck.is_stopped_by(&order, UnableCode::MedicalClaimed);
        truck.sync().await;
        desk.0.wait_until("document.querySelectorAll('form.claim').length === 2").await;
        let typed = format!("return [...document.querySelectorAll('{line}')].map(e => e.value).sort()");
        assert_eq!(desk.0.run(&typed).await, serde_json::json!(["", "patient moved away"]));
        let typed_into = desk.0.run(&format!("const e = [...document.querySelectorAll('{line}')].find(e => e.value); e.id = 'typed-into'; return e.value")).await;
        assert_eq!(typed_into, "patient moved away");
        desk.types("#typed-into", ", says the nurse\u{e007}").await;
        let waiting = utility.office.get(&format!("/exceptions?account={}", account('C'))).await.good();
        assert!(waiting["exceptions"].to_string().contains("claim"), "nobody decided: {waiting}");
        desk.is_still_the_same_page().await;
    }
    /// The clerk types into the entry of a part payment, and the rest is recorded: the entry goes, whatever stands in it, and
    /// the account's first line says what is true.
    async fn what_a_clerk_typed_holds_nothing_up_that_the_server_says(db: TestDatabase) {
        let Some(browser) = Browser::start(Screen::Desk).await else { return };
        let desk = DeskPage(browser);
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let pays = async |amount: &str, receipt: &str| {
            let paid = serde_json::json!({
                "account": account('B'), "amount": amount, "tender": "cash", "confirmation": receipt,
                "paid_at": rfc3339(wall_clock()),
            });
            utility.office.post("/payments", paid).await.good()
        };
        let _ = pays("20.50", "R-1").await;
        desk.signs_in(&utility.server.url(), "office", &format!("/office/accounts/{}", account('B'))).await;
        desk.0.wait_until("document.body.innerText.includes('pay $100.00 to stop it')").await;
        desk.types("[data-live] input[name=why]", "takes the rest now").await;
        desk.0.run("document.activeElement.blur()").await;
        let _ = pays("100.00", "R-2").await;
        desk.0.wait_until("!document.body.innerText.includes('to stop it') && !document.querySelector('[data-live] input[name=why]')").await;
        desk.is_still_the_same_page().await;
    }
}
