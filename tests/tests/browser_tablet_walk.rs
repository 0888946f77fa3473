//! At the door in a real browser: a glove taps twice, the battery dies in the middle of a word, and what was begun is in
//! reach whatever day it is.

use curbstop_server::service::{idempotency::Once, planning};
use curbstop_tests::{
    browser::{Browser, Screen},
    by_hand::{self, Day},
    database::{Engine, TestDatabase},
    server_process::ServerProcess,
    tablet_page::TabletPage,
};
use serde_json::{Value, json};

struct Door {
    tablet: TabletPage,
    day: Day,
    server: ServerProcess,
    _database: TestDatabase,
}

impl Door {
    /// A route of three turn-offs (`also` may publish more), and a tablet that has it. `None` where something is not
    /// installed.
    async fn of(also: impl AsyncFnOnce(&Day)) -> Option<Self> {
        Self::on_a_route_of(3, Screen::Tablet, also).await
    }

    async fn on_a_route_of(stops: u128, screen: Screen, also: impl AsyncFnOnce(&Day)) -> Option<Self> {
        let browser = Browser::start(screen).await?;
        let database = TestDatabase::fresh(Engine::Sqlite).await?;
        let server = by_hand::server(&database);
        let day = Day::with_stops(&database, stops).await;
        also(&day).await;
        let tablet = TabletPage(browser);
        tablet.enrols(&server.url(), &by_hand::enrolment_code(&day.state, day.crew).await).await;
        Some(Self { tablet, day, server, _database: database })
    }

    /// Two taps of one finger, before anything can come of the first.
    async fn taps_twice(&self, css: &str) {
        let there = format!("document.querySelector('{css}')");
        self.tablet.0.wait_until(&format!("{there} && !{there}.disabled")).await;
        self.tablet.0.run(&format!("const button = {there}; button.click(); button.click()")).await;
    }

    /// Two taps of one finger on one spot, the second when the first has just shown another step.
    async fn taps_slowly_twice(&self, css: &str) {
        self.tablet.0.wait_until(&format!("document.querySelector('{css}')")).await;
        let taps = format!(
            "const step = () => document.querySelector('[data-test=walk]')?.dataset.step; \
             const r = document.querySelector('{css}').getBoundingClientRect(); \
             const at = {{ bubbles: true, cancelable: true, clientX: r.x + r.width / 2, clientY: r.y + r.height / 2 }}; \
             const tap = () => {{ const e = document.elementFromPoint(at.clientX, at.clientY); \
                 for (const kind of ['pointerdown', 'pointerup']) e.dispatchEvent(new PointerEvent(kind, {{ ...at, pointerType: 'touch', isPrimary: true }})); \
                 e.dispatchEvent(new MouseEvent('click', {{ ...at, detail: 1 }})); }}; \
             const first = step(); tap(); \
             return new Promise((done) => {{ const again = () => {{ \
                 if (step() === first) setTimeout(again, 5); else {{ tap(); done(true); }} }}; again(); }})"
        );
        self.tablet.0.run(&taps).await;
    }

    async fn stored(&self, n: usize, kind: &str) -> usize {
        by_hand::facts_of_kind(&self.day.state, self.day.orders[n - 1].id, kind).await
    }

    /// The battery dies, and the app is opened again.
    async fn battery_dies(&mut self) {
        assert!(self.tablet.0.kill() > 0);
        self.tablet.0.reopen().await;
        self.tablet.0.goto(&format!("{}/field/", self.server.url())).await;
    }

    /// Waits until the tablet's disk holds a word.
    async fn disk_holds(&self, word: &str) {
        let look = "window.on_disk = ''; window.look = window.look ?? setInterval(() => { \
            indexedDB.open('curbstop-field').onsuccess = ({ target: { result: db } }) => { \
                db.transaction('records').objectStore('records').getAll().onsuccess = ({ target }) => { \
                    window.on_disk = target.result.map((bytes) => new TextDecoder().decode(bytes)).join(' '); db.close(); }; }; }, 50)";
        self.tablet.0.run(look).await;
        self.tablet.0.wait_until(&format!("window.on_disk.includes({})", json!(word))).await;
    }

    async fn said(&self, problem: &str) -> Value {
        self.tablet.0.run(&format!("return document.querySelector('[data-test={problem}]')?.innerText ?? null")).await
    }
}

async fn nothing_more(_: &Day) {}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_taps_of_one_finger_are_one_step_one_visit_and_one_note() {
    let Some(door) = Door::of(nothing_more).await else { return };
    let page = &door.tablet.0;
    let order = door.tablet.order_at("100 ALDER ST").await;
    door.tablet.at_the_door(&order).await;
    door.taps_twice("[data-test=place-yes]").await;
    door.tablet.is_on("meter").await;
    page.click("[data-test=walk-unable]").await;
    page.click("[data-test=unable-dog]").await;
    door.taps_twice("[data-test=save]").await;
    page.wait_until("document.querySelector('[data-test=saved][data-received=true]')").await;
    assert_eq!((door.stored(1, "visit").await, door.said("problem").await), (1, Value::Null));

    door.tablet.goes_to(&format!("#/stop/{order}")).await;
    door.tablet.types("[data-test=stop-note]", "gate code 4").await;
    door.taps_twice("[data-test=stop-note-save]").await;
    page.wait_for_text("[data-test=notes]", "gate code 4").await;
    door.tablet.shows_unsent(0).await;
    assert_eq!((door.stored(1, "note").await, door.said("problem").await), (1, Value::Null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_word_is_there_again_after_the_battery_died() {
    let Some(mut door) = Door::of(nothing_more).await else { return };
    let order = door.tablet.order_at("100 ALDER ST").await;
    door.tablet.goes_to(&format!("#/stop/{order}")).await;
    door.tablet.types("[data-test=stop-note]", "gate was op").await;
    door.disk_holds("gate was op").await;
    door.tablet.at_the_door(&order).await;
    door.tablet.0.click("[data-test=place-yes]").await;
    door.tablet.types("[data-test=serial-input]", "70000").await;
    door.disk_holds("\"serial_typed\":\"70000\"").await;

    door.battery_dies().await;
    door.tablet.is_on("meter").await;
    door.tablet.0.wait_until("document.querySelector('[data-test=serial-input]').value === '70000'").await;
    door.tablet.goes_to(&format!("#/stop/{order}")).await;
    door.tablet.0.wait_until("document.querySelector('[data-test=stop-note]')?.value === 'gate was op'").await;
    door.tablet.0.click("[data-test=stop-note-save]").await;
    door.tablet.0.wait_for_text("[data-test=notes]", "gate was op").await;
    door.tablet.0.wait_until("document.querySelector('[data-test=stop-note]').value === ''").await;
}

/// In the middle of the work somebody is in danger: one tap, and back at the very step with what was entered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emergency_is_one_tap_away_and_takes_nothing_of_the_work_away() {
    let Some(door) = Door::of(nothing_more).await else { return };
    let order = door.tablet.order_at("100 ALDER ST").await;
    door.tablet.begins_the_work(&order, "70000001").await;
    door.tablet.0.click("[data-test=method-curb_stop_off]").await;
    door.disk_holds("\"method\":\"curb_stop_off\"").await;
    door.tablet.0.click("[data-test=emergency]").await;
    door.tablet.0.wait_until("document.querySelector('[data-test=emergency-911]')?.href === 'tel:911'").await;
    door.tablet.0.click("[data-test=incident-gas_smell]").await;
    door.tablet.0.screenshot("tablet-emergency").await;
    door.tablet.0.click("[data-test=emergency-report]").await;
    door.tablet.0.wait_for_text("[data-test=emergency-saved]", "Reported at").await;
    door.tablet.0.click("[data-test=emergency-back]").await;
    door.tablet.is_on("act").await;
    door.tablet.0.wait_until("document.querySelector('[data-test=method-curb_stop_off]').ariaPressed === 'true'").await;
    door.tablet.shows_unsent(0).await;
    assert_eq!((door.stored(1, "incident").await, door.stored(1, "visit").await), (1, 0));
    door.tablet.goes_to(&format!("#/stop/{order}")).await;
    door.tablet.0.wait_for_text("[data-test=incidents]", "Gas smell").await;
}

/// The crew cut, was told to stop, and turned it back on. Whatever it taps after that, the office hears of both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_it_was_turned_back_on_is_kept_through_a_kill_and_through_every_way_back() {
    let Some(mut door) = Door::of(nothing_more).await else { return };
    let order = door.tablet.order_at("100 ALDER ST").await;
    door.tablet.begins_the_work(&order, "70000001").await;
    door.tablet.0.click("[data-test=method-curb_stop_off]").await;
    door.disk_holds("\"method\":\"curb_stop_off\"").await;
    door.tablet.0.click("[data-test=walk-leave]").await;
    door.tablet.is_on("as-entered").await;
    door.battery_dies().await;
    door.tablet.is_on("as-entered").await;
    door.tablet.0.wait_until("document.querySelector('.undone').inert").await;
    door.tablet.0.click("[data-test=safe]").await;
    door.tablet.0.click("[data-test=entered-undone]").await;
    door.tablet.is_on("unable").await;
    door.tablet.0.click("[data-test=unable-dog]").await;
    door.tablet.is_on("summary").await;
    door.tablet.0.wait_for_text("[data-test=summary]", "Turned back on").await;
    door.tablet.0.click("[data-test=walk-back]").await;
    door.tablet.is_on("unable").await;
    door.tablet.0.click("[data-test=unable-weather]").await;
    door.tablet.is_on("summary").await;
    door.tablet.0.wait_for_text("[data-test=summary]", "Turned back on").await;
    door.tablet.0.screenshot("tablet-turned-back-on").await;
    door.tablet.0.click("[data-test=save]").await;
    door.tablet.0.wait_until("document.querySelector('[data-test=saved][data-received=true]')").await;
    assert_eq!((door.stored(1, "visit").await, door.stored(1, "work").await), (1, 2), "off, and on again");
}

/// The list stands under the finger that held "confirm" until it was saved.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letting_go_of_a_held_button_opens_no_other_house() {
    let Some(door) = Door::on_a_route_of(9, Screen::Tablet, nothing_more).await else { return };
    let page = &door.tablet.0;
    door.tablet.turns_off("100 ALDER ST", "70000001", "036500", "L-1").await;
    page.screenshot("tablet-let-go").await;
    page.wait_until("document.querySelector('[data-test=saved][data-received=true]')").await;
    assert_eq!(page.run("return location.hash").await, json!("#/"));
    assert_eq!(page.run("return document.querySelectorAll('[data-test=walk]').length").await, json!(0));
}

/// The second tap answers no question that nobody has read, also when the next screen is there already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_second_tap_answers_nothing_on_the_next_step() {
    let Some(door) = Door::of(nothing_more).await else { return };
    let order = door.tablet.order_at("200 ALDER ST").await;
    door.tablet.at_the_door(&order).await;
    door.tablet.0.click("[data-test=place-yes]").await;
    door.tablet.types("[data-test=serial-input]", "70000002").await;
    door.tablet.0.click("[data-test=serial-check]").await;
    door.tablet.0.click("[data-test=met-customer]").await;
    door.tablet.is_on("ask").await;
    // Where that step's way back was, the one before has its own.
    door.taps_slowly_twice("[data-test=walk-back]").await;
    door.tablet.0.click("[data-test=met-customer]").await;
    door.taps_slowly_twice("[data-test=ask-nothing]").await;
    door.tablet.0.click("[data-test=open-act]").await;
    door.tablet.is_on("act").await;
}

/// The list is long, and a stop of its end is opened: its page begins with what is to be done where.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_screen_is_shown_from_its_top() {
    let Some(door) = Door::on_a_route_of(20, Screen::Tablet, nothing_more).await else { return };
    let page = &door.tablet.0;
    let scrolled = "document.querySelector('.scroll').scrollTop";
    let order = door.tablet.order_at("2000 ALDER ST").await;
    page.click(&format!("[data-test=stop-row][data-order=\"{order}\"]")).await;
    page.wait_until("document.querySelector('[data-test=stop]')").await;
    assert_eq!(page.run(&format!("return {scrolled}")).await, json!(0));
    page.screenshot("tablet-stop-from-its-top").await;
}

/// A contractor's phone is small: the status line takes two lines of it, and says all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_the_status_line_leaves_the_screen_to_the_work() {
    let Some(door) = Door::on_a_route_of(3, Screen::Phone, nothing_more).await else { return };
    let page = &door.tablet.0;
    page.wait_until("document.querySelector('[data-test=status-bar]').offsetHeight <= 100").await;
    page.screenshot("tablet-phone-day").await;
    // Nobody has said that it is the right place: the rail does not either.
    let order = door.tablet.order_at("300 ALDER ST").await;
    door.tablet.at_the_door(&order).await;
    page.click("[data-test=walk-unable]").await;
    page.click("[data-test=unable-not_found]").await;
    door.tablet.is_on("summary").await;
    let ticked =
        "[...document.querySelectorAll('[data-test=step-rail] li')].map(step => step.querySelector('svg') !== null)";
    assert_eq!(page.run(&format!("return {ticked}")).await, json!([false, true, false]));
    // Nothing was done to the water, and no row says "water" with nothing behind it.
    let empty =
        "[...document.querySelectorAll('[data-test=summary] dd')].filter(e => e.innerText.trim() === '').length";
    assert_eq!(page.run(&format!("return {empty}")).await, json!(0));
    page.screenshot("tablet-phone-summary").await;
    page.click("[data-test=save]").await;
    page.wait_until("document.querySelector('[data-test=saved][data-received=true]')").await;
}

/// Nobody scrolls with a glove between two digits: the dials and every key are on the screen of a small phone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_every_key_is_in_sight_and_a_locked_curb_stop_asks_for_the_lock() {
    let Some(door) = Door::on_a_route_of(3, Screen::Phone, nothing_more).await else { return };
    let page = &door.tablet.0;
    let order = door.tablet.order_at("300 ALDER ST").await;
    door.tablet.begins_the_work(&order, "70000003").await;
    page.wait_until("document.querySelector('[data-test=method-curb_stop_locked]')").await;
    let ways = page.run("return [...document.querySelectorAll('[data-test^=method-]')].map(e => e.dataset.test)").await;
    assert_eq!(ways, json!(["method-curb_stop_locked", "method-curb_stop_off"]), "as the order offers them");
    page.click("[data-test=method-curb_stop_locked]").await;
    page.wait_until("document.querySelector('[data-test=lock-unnumbered]')").await;
    assert_eq!(page.run("return document.querySelector('[data-test=act-next]').disabled").await, json!(true));
    page.screenshot("tablet-phone-lock").await;
    page.click("[data-test=lock-unnumbered]").await;
    page.click("[data-test=act-next]").await;
    door.tablet.is_on("reading").await;
    let in_sight = "(() => { const all = [...document.querySelectorAll('.key, [data-test=digits]')].map(e => e.getBoundingClientRect()); \
        return all.length > 11 && all.every(r => r.top >= 0 && r.bottom <= innerHeight); })()";
    page.screenshot("tablet-phone-keypad").await;
    assert_eq!(page.run(&format!("return {in_sight}")).await, json!(true));
}

/// The office takes the list back while the crew is out: one card says so, and one tap answers for what was read on it. The
/// last stop joins the others under the finger, and keeps the card for itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_was_taken_back_is_one_card_with_its_stops_and_one_tap() {
    let Some(door) = Door::on_a_route_of(6, Screen::Tablet, nothing_more).await else { return };
    let page = &door.tablet.0;
    let dispatcher = by_hand::dispatcher(&door.day.state).await;
    for (n, only) in [0..5, 5..6].into_iter().enumerate() {
        let only = door.day.orders[only].iter().map(|order| order.id).collect();
        let once = Once::new(&format!("the-crew-stays-at-home-{n}"), "POST", "/take-back", b"").expect("a key");
        planning::take_off(&door.day.state, &dispatcher, &once, door.day.route, Some(&only))
            .await
            .expect("it is taken back");
        if n == 0 {
            door.tablet.asks_the_office_now().await;
            door.tablet.goes_to("#/").await;
            page.wait_until("document.querySelector('[data-test=recall-together]')?.dataset.count === '5'").await;
            page.wait_for_text("[data-test=recall-together]", "500 ALDER ST").await;
            page.screenshot("tablet-recalls-together").await;
            page.run("window.looks_since = performance.now()").await;
            page.wait_until("performance.now() - window.looks_since > 1000").await;
        }
    }
    page.run("document.dispatchEvent(new Event('visibilitychange'))").await;
    let taps = "(() => { const card = document.querySelector('[data-test=recall-together]'); \
        return card?.dataset.count === '6' && (card.querySelector('[data-test=got-it]').click(), true); })()";
    page.wait_until(taps).await;
    page.wait_until("!document.querySelector('[data-test=recall-together]')").await;
    door.tablet.shows_unsent(0).await;
    for n in 1..=5 {
        assert_eq!(door.stored(n, "ack").await, 1, "stop {n}");
    }
    assert_eq!(door.stored(6, "ack").await, 0, "nobody has read it");
    page.wait_for_text("[data-test=recall-card]", "600 ALDER ST").await;
    door.tablet.reads_and_gets("[data-test=recall-card]").await;
    page.wait_until("!document.querySelector('[data-test=recall-card]')").await;
    door.tablet.shows_unsent(0).await;
    assert_eq!(door.stored(6, "ack").await, 1);
}

/// The device's back button, or the page loaded anew, leads to the door as a tap on the list does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_back_to_the_work_with_nothing_done_is_asked_again_whether_it_may_begin() {
    let Some(mut door) = Door::of(nothing_more).await else { return };
    let order = door.tablet.order_at("100 ALDER ST").await;
    door.tablet.begins_the_work(&order, "70000001").await;
    door.tablet.goes_to("#/").await;
    door.tablet.0.wait_until("document.querySelector('[data-test=day]')").await;
    door.tablet.0.run("history.back()").await;
    door.tablet.is_on("permit").await;
    door.tablet.0.click("[data-test=open-act]").await;
    door.tablet.is_on("act").await;
    door.battery_dies().await;
    door.tablet.is_on("permit").await;
    door.tablet.0.click("[data-test=open-act]").await;
    door.tablet.is_on("act").await;
    door.tablet.0.goto(&format!("{}/field/?#/door/{order}", door.server.url())).await;
    door.tablet.is_on("permit").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_begun_on_yesterdays_route_is_on_top_of_the_day_and_on_the_list_of_what_is_not_sent() {
    let yesterdays = async |day: &Day| {
        let _ = day.and_yesterdays_route().await;
    };
    let Some(door) = Door::of(yesterdays).await else { return };
    let page = &door.tablet.0;
    let order = by_hand::turn_off(900).id;
    door.tablet.at_the_door(&order.to_string()).await;
    door.tablet.goes_to("#/").await;
    let row = format!("[data-test=begun-elsewhere][data-order=\"{order}\"]");
    page.wait_until(&format!("document.querySelector('{row}')")).await;
    page.wait_until("document.querySelector('[data-test=next-card]').dataset.number === 'T-1'").await;
    page.screenshot("tablet-begun-elsewhere").await;
    door.tablet.goes_to("#/unsent").await;
    page.wait_until(&format!("document.querySelector('[data-test=outbox-begun][data-order=\"{order}\"]')")).await;
    page.screenshot("tablet-unsent-begun").await;
    page.click("[data-test=outbox-begun]").await;
    door.tablet.is_on("place").await;
    door.tablet.goes_to("#/").await;
    page.click(&row).await;
    page.wait_until(&format!("document.querySelector('[data-test=walk][data-order=\"{order}\"]')")).await;

    // Every stop of today behind, and that one still open: nobody is sent home.
    for n in 1..=3 {
        door.tablet.is_kept_away_by_a_dog(&format!("{n}00 ALDER ST")).await;
    }
    page.wait_until("!document.querySelector('[data-test=next-card]')").await;
    assert_eq!(door.said("all-done").await, Value::Null);
    page.click(&row).await;
    page.click("[data-test=walk-unable]").await;
    page.click("[data-test=unable-dog]").await;
    page.click("[data-test=save]").await;
    page.wait_for_text("[data-test=all-done]", "You may go home").await;
    door.tablet.shows_unsent(0).await;
    page.wait_for_text("[data-test=all-done]", "The office has everything").await;
    page.screenshot("tablet-all-done").await;
}
