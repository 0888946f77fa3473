//! The tablet's screens around [`crate::core`], mounted into the page that `web/index.html` brings.
//!
//! | module | what it is about |
//! | --- | --- |
//! | [`session`] | the one tablet of the page, commands and signals |
//! | [`sync`] | when it talks to the office |
//! | [`browser`] | disk, clock texts, network, position: `web/store.js`, `web/device.js` |
//! | [`finger`] | presses that were meant for the screen before |
//! | [`frame`] | status line, banners |
//! | [`disk`] | what is wrong with the tablet's disk |
//! | [`who`] | who holds the tablet, and its lock |
//! | [`enrol`], [`day`] with its [`recalls`], [`stop`], [`walk`], [`outbox`] | the screens |
//! | [`card`] | what a stop's card says wherever it is shown |
//! | [`complaints`] | what can go wrong, in two languages |
//! | [`words`], [`speak`], [`icons`], [`sketch`] | texts in two languages, the rules' sentences, pictures |
//!
//! # Hooks for browser tests
//! Every element that a test has to find has `data-test`; state is in further `data-*` attributes. Addresses:
//! `#/`, `#/stop/<order id>`, `#/door/<order id>`, `#/unsent`, and `#enrol=<code>` fills the code in.
//!
//! | where | `data-test` (further attributes) |
//! | --- | --- |
//! | status line | `status-bar`, `crew`, `holder` (`data-pin=false` without PIN), `age`, `online` (`data-state`: online, offline, trouble), `unsent` (`data-count`) |
//! | banners | `problem` + `problem-close`, `unreadable` (instead of everything) + `unreadable-retry`, `disk` (`data-state`: full, little, ill), `other-tab` + `work-here`, `disowned` + `enrol-again`, `clock-off`, `update-ready` + `update-apply`, `saved` (`data-received`) + `saved-close` |
//! | enrol | `enrol`, `enrol-code`, `enrol-name`, `enrol-submit`, `enrol-error`, `language` |
//! | who | `who` (`data-person` once somebody is chosen) over whatever is shown, `person` (`data-person`), `language`; `pin` (`data-length`), `pin-0` to `pin-9`, `pin-back`, `pin-check`, `pin-says` (`data-state`: wrong, wait), `pin-other`, `pin-without` |
//! | day | `day`, `no-route`, `other-day`, `recall-card` (`data-order`, `data-number`) + `got-it`, `recall-together` (`data-count`) + `got-it`, `restore-now` (`data-order`, `data-number`) + `got-it`, `call-dispatch`, `restore-details`, `worked-before` (`data-handed-in`), `closed-with`, `next-card` (`data-order`, `data-number`) with `next-address`, `hazard`, `permit-clock` (`data-left-s`), `owed`, `navigate`, `details`, `at-the-door`; `ahead`, `behind-toggle`, `behind`, `stop-row` (`data-order`, `data-number`, `data-standing`: to_do, done, stopped, unable), `receipt` (`data-received`), `begun-elsewhere` (`data-order`), `all-done`, `sketch` |
//! | not sent | `outbox-page` with `handed-in` (`data-count`; also on `no-route`), `outbox-item`, `outbox-begun` (`data-order`), `attention-item` (`data-code`) + `attention-again` (`attention-mine` where another name is what was refused), `attention-settle` |
//! | stop | `stop` (`data-order`), `back`, `standing` (`data-standing`), `receipt` (`data-received`), `at-the-door` (`visit-again` where the stop is done or stopped), `notes`, `stop-note`, `stop-note-save` |
//! | walk | `walk` (`data-step`, `data-order`, `data-number`), `step-rail`, `walk-back`, `walk-unable`, `walk-leave` (then `leave-yes`, `leave-no`; or step `as-entered` where work was entered), `stop-word`, `stopped-meanwhile` + `meanwhile-leave-on` |
//! | `data-step=place` | `place-address`, `place-yes` |
//! | `meter` | `serial-input`, `serial-check`, `serial-mismatch`, `serial-again`, `serial-record-mismatch` |
//! | `door` | `met-nobody`, `met-customer`, `met-adult`, `met-minor` |
//! | `ask` | `ask-script`, `ask-language`, `ask-proof`, `ask-medical`, `ask-dispute`, `ask-new-occupant`, `ask-nothing` |
//! | emergency, on a stop and on every step | `emergency`, `emergency-sheet`, `emergency-911`, `incident-KIND`, `emergency-words`, `emergency-report`, `emergency-saved`, `emergency-back`; on the stop `incidents` |
//! | `permit` | `permit-state` (`data-state`: fresh, stale, stopped), `open-act`, `permit-leave-on`, `permit-cut-anyway`, `go-code-challenge`, `go-code-input`, `go-code-use`, `override-by`, `override-why`, `override-use`, `permit-sync` |
//! | `act` | `action-<code>`, `method-<code>`, `lock-input`, `lock-unnumbered` where a lock hangs there, `safe`, `act-next` |
//! | `reading` | `digit-0` to `digit-9`, `digit-back`, `digits` (`data-value`), `reading-check` (`data-state`: typing, ok, warned, bad; `data-codes`), `reading-next`, `reading-confirm`, `note-input` where it warned, `no-read`, `no-read-<code>` |
//! | `equipment` | `equipment-serial`, `equipment-<code>` |
//! | `sign` | `receipt`, `sign-language`, `ink` (`data-ink`: how much, in pixels), `sign-says`, `sign-clear`, `sign-done`, `sign-not` + `not-signed-<code>`; signed before: `has-signed`, `signature-look`, `sign-again`, `sign-next` |
//! | beside a serial or lock | `scan` where the browser reads codes, then `scanner` + `scan-cancel` |
//! | `unable` | `unable-<code>` |
//! | `as-entered` | `as-entered`, `entered-stands`, `entered-undone`, `entered-mistake` |
//! | `summary` | `summary` (`data-outcome`), `photo` with `photo-look` (then `photo-large` + `photo-close`) and `photo-drop` (then `photo-drop-yes`; tapped again it stays), `note-input`, `proof-input`, `lacks` + `lacks-go`, `asked` (`data-what`, `data-excused`) with `without` + `without-<code>`, `find-again`, `save` (tap), `hold-save` (pointer down or Enter for one second) |
//! | what is not sent | `outbox-page`, `outbox`, `outbox-item`, `outbox-photo` (`data-unnamed`) + `photo-throw-away`, `outbox-empty`, `attention-item` (`data-code`) + `attention-again` (`attention-mine` where another name is what was refused), `attention-settle`, `sync-now`, `export`, `storage-persisted` (`data-state`), `scans` (`data-state`), `damaged`, `theme`, `language`, `hand`, `change-person` |
//!
//! A turn-off from the list: `at-the-door`, `place-yes`, `serial-input` + `serial-check`, `met-nobody`, `open-act`,
//! `method-curb_stop_off`, `act-next`, `digit-*`, `reading-confirm`, hold `hold-save`; then `saved` appears, first with
//! `data-received=false`, after the office's receipt with `true`.

pub mod browser;
pub mod card;
pub mod complaints;
pub mod day;
pub mod disk;
pub mod emergency;
pub mod enrol;
pub mod finger;
pub mod frame;
pub mod icons;
pub mod outbox;
pub mod recalls;
pub mod session;
pub mod sketch;
pub mod speak;
pub mod stop;
pub mod sync;
pub mod walk;
pub mod who;
pub mod words;

use crate::core::{in_touch::Line, view as look};
use browser::on;
use curbstop_shared::ids::OrderId;
use leptos::prelude::*;
use session::{App, Screen};
use wasm_bindgen::prelude::*;

/// How often ages and permit clocks are shown anew.
const TICK_MS: i32 = 5_000;

/// Starts the app; `web/boot.js` calls it through the module's start section.
///
/// # Errors
/// When the page has no element `#app` to mount into: the shell and the app are of different builds.
#[wasm_bindgen(start)]
pub fn start() -> Result<(), JsValue> {
    // The small build stops without words; only the quick one has some to print.
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    let place = document().get_element_by_id("app").and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    let place = place.ok_or_else(|| JsValue::from_str("the page has no element #app: reload the page"))?;
    browser::spawn(open(place));
    Ok(())
}

/// Reads the disk, then shows the screen on which the crew was.
async fn open(place: web_sys::HtmlElement) {
    // The signals live as long as the page.
    let owner = Owner::new();
    let app = owner.with(App::fresh);
    std::mem::forget(owner.clone());
    owner.set();
    app.writer.set(browser::become_writer().await);
    app.load().await;
    return_to_the_step(app).await;
    place.set_inner_html("");
    leptos::mount::mount_to(place, move || root(app)).forget();
    listen(app);
    tick(app);
    sync::start(app);
    disk::check(app).await;
    app.durable.set(browser::persisted().await);
    browser::on_update(move || app.update.set(true)).await;
}

/// A killed app comes back to the stop that was being worked; a reloaded one to its address.
async fn return_to_the_step(app: App) {
    let hash = browser::address();
    let begun = app
        .tablet(|tablet| tablet.state().drafts.values().max_by_key(|draft| draft.arrived_at).map(|draft| draft.order));
    match (hash.as_str(), begun) {
        ("" | "#" | "#/", Some(order)) => comes_back(app, Screen::Walk(order), true).await,
        _ => comes_back(app, session::screen_of(&hash), false).await,
    }
}

/// A screen is reached by its address and not by a button: also at a door that was left it is asked anew whether the
/// work may begin.
async fn comes_back(app: App, screen: Screen, by_itself: bool) {
    let begun = |order: OrderId| app.tablet(|tablet| tablet.state().drafts.contains_key(&order));
    let shown = match screen {
        Screen::Walk(order) if begun(order) && app.writer.get_untracked() => {
            // Where the disk refuses that, the list says so.
            if app.run(move |tablet, now, dice| tablet.arrive(order, now, dice)).await { screen } else { Screen::Day }
        }
        screen => screen,
    };
    if by_itself || shown != screen {
        app.show(shown);
    } else {
        app.screen.set(shown);
    }
}

/// What happens around the page.
fn listen(app: App) {
    let Some(window) = web_sys::window() else { return };
    let on = |target: &web_sys::EventTarget, name: &str, callback: js_sys::Function| {
        let _ = target.add_event_listener_with_callback(name, &callback);
    };
    on(
        &window,
        "hashchange",
        browser::forever(move || {
            let screen = session::screen_of(&browser::address());
            if app.screen.get_untracked() != screen {
                browser::spawn(comes_back(app, screen, false));
            }
        }),
    );
    on(&window, "pagehide", browser::forever(walk::store_typed));
    for touch in ["pointerdown", "keydown", "click"] {
        on(&window, touch, browser::forever(move || who::touched(app)));
    }
    on(&window, "online", browser::forever(|| sync::wake_anew(Line::comes_back)));
    on(&window, "offline", browser::forever(move || sync::lost(app)));
    on(
        &document(),
        "visibilitychange",
        browser::forever(move || {
            walk::store_typed();
            who::lock_untouched(app);
            app.clock.set(browser::now());
            // Out of sight nothing new would be asked.
            if document().visibility_state() == web_sys::VisibilityState::Visible {
                sync::wake_anew(Line::is_looked_at);
            }
        }),
    );
    browser::on_word(move |wants_to_write| match (app.writer.get_untracked(), wants_to_write) {
        (true, true) => browser::spawn(lets_go(app)),
        (false, false) => browser::spawn(app.load()),
        _ => {}
    });
    if !app.writer.get_untracked() {
        stands_by(app);
    }
}

/// Another tab writes from here on: what was typed here is on the disk before it does.
async fn lets_go(app: App) {
    walk::typed_is_stored().await;
    app.stops_writing().await;
    stands_by(app);
    browser::let_go();
}

/// This tab only shows, and goes on with the work when the one that writes is closed or has let go.
fn stands_by(app: App) {
    browser::on_writer_gone(move || {
        browser::spawn(async move {
            app.load().await;
            app.writer.set(true);
            return_to_the_step(app).await;
            sync::wake();
        });
    });
}

fn tick(app: App) {
    app.clock.set(browser::now());
    who::lock_untouched(app);
    browser::later(TICK_MS, move || tick(app));
}

fn root(app: App) -> impl IntoView {
    let stage = Memo::new(move |_| app.read(|state| (state.enrolment.is_some(), !state.asks_who(), state.disowned)));
    // To enter a new code nobody has to say who they are.
    let asks = Memo::new(move |_| {
        let (enrolled, known, disowned) = stage.get();
        let enters_code = disowned && app.screen.get() == Screen::Enrol;
        enrolled && !known && !enters_code && app.unreadable.with(Option::is_none)
    });
    finger::tell_of_each_screen(app, stage);
    // Theme, language and hand are attributes of the page, so that the style sheet sees them.
    Effect::new(move |_| {
        let settings = app.read(|state| state.settings.clone());
        if let Some(page) = document().document_element() {
            let _ = page.set_attribute("data-theme", if settings.dark { "dark" } else { "sun" });
            let _ = page.set_attribute("data-hand", if settings.left_hand { "left" } else { "right" });
            let _ = page.set_attribute("lang", app.lang().pick("en", "es"));
        }
    });
    view! {
        {frame::bar(app, asks)}
        <div class="stage">
        // What is shown stays as it is under the question who holds the tablet.
        <div class="scroll" tabindex="-1" prop:inert=asks>
        {move || (!asks.get()).then(|| frame::banners(app))}
        {move || match (stage.get(), app.screen.get()) {
            _ if app.unreadable.with(Option::is_some) => frame::unreadable(app).into_any(),
            ((false, ..), _) | ((true, _, true), Screen::Enrol) => enrol::enrol(app).into_any(),
            (_, Screen::Stop(order)) => view! { {saved(app)}{stop::stop(app, order)} }.into_any(),
            // A tab that only shows has no door to stand at.
            (_, Screen::Walk(order)) if !app.writer.get() => stop::stop(app, order).into_any(),
            (_, Screen::Walk(order)) => walk::walk(app, order).into_any(),
            (_, Screen::Outbox) => outbox::outbox(app).into_any(),
            (_, Screen::Day | Screen::Enrol) => view! { {saved(app)}{day::day(app)} }.into_any(),
        }}
        </div>
        {move || asks.get().then(|| who::who(app))}
        </div>
    }
}

/// What became of what was saved last: on this tablet, then at the office.
fn saved(app: App) -> impl IntoView {
    move || {
        let order = app.just_saved.get()?;
        let full = app.read(|state| look::stop_in_full(state, order, app.now()))?;
        let text = speak::receipt(app, &full.stop)?;
        let received = full.stop.saved.is_some_and(|saved| saved.received_at.is_some() && !saved.handed_in);
        Some(view! {
            <div class="banner good" role="status" data-test="saved" data-received=received.to_string() data-order=order.to_string()>
                {icons::icon(if received { "done" } else { "out" })}
                <span><b>{full.stop.order.number.clone()}</b>" "{speak::address(&full.stop.order)}": "{text}</span>
                <button class="quiet" data-test="saved-close" on:click=on(move |_| app.just_saved.set(None))>"OK"</button>
            </div>
        })
    }
}
