//! The finger on the page: a press that was meant for the screen before counts for nothing on the one that is shown.

use super::{
    browser,
    session::{App, Screen},
};
use crate::core::taps::Finger;
use curbstop_shared::time::Micros;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use wasm_bindgen::prelude::*;
use web_sys::{HtmlElement, PointerEvent};

thread_local! {
    static FINGER: RefCell<Finger> = RefCell::new(Finger::default());
    /// The last press was one of a key.
    static BY_KEYBOARD: Cell<bool> = const { Cell::new(false) };
}

/// Says to the finger whenever another screen or step is shown; `stage` is what stands before every screen.
pub fn tell_of_each_screen(app: App, stage: Memo<(bool, bool, bool)>) {
    watch();
    let shown = Memo::new(move |_| {
        let screen = app.screen.get();
        let step = match screen {
            Screen::Walk(order) => app.read(|state| state.drafts.get(&order).map(|draft| draft.step)),
            _ => None,
        };
        (stage.get(), screen, step)
    });
    Effect::new(move |before: Option<()>| {
        // Read and not only tracked: a memo that nobody has read hears of nothing.
        let _ = shown.get();
        if before.is_some() {
            shows_another_screen();
        }
    });
}

/// From here on no press counts that was meant for the screen before: heard before every button.
fn watch() {
    let Some(window) = web_sys::window() else { return };
    let hears = |name: &str, hear: fn(&PointerEvent)| {
        let hear = Closure::<dyn FnMut(PointerEvent)>::new(move |event| hear(&event)).into_js_value();
        let _ = window.add_event_listener_with_callback_and_bool(name, hear.unchecked_ref(), true);
    };
    hears("pointerdown", |event| {
        BY_KEYBOARD.set(false);
        // Another finger, or the ball of the hand, taps nothing.
        if !event.is_primary() {
            return;
        }
        let at = moment_of(event);
        let spot = (event.client_x(), event.client_y());
        FINGER.with_borrow_mut(|finger| finger.comes_down(at, spot, event.pointer_type() != "mouse"));
    });
    for name in ["pointerup", "pointercancel"] {
        hears(name, |event| {
            if event.is_primary() {
                FINGER.with_borrow_mut(|finger| finger.lifts(moment_of(event)));
            }
        });
    }
    hears("click", |event| {
        // A keyboard's click, which is of no press, has no count.
        BY_KEYBOARD.set(event.detail() == 0);
        if event.detail() > 0 && !FINGER.with_borrow_mut(Finger::taps) {
            event.stop_immediate_propagation();
            event.prevent_default();
        }
    });
}

/// The page's own clock: nobody sets it, and a busy page does not make it late.
fn moment_of(event: &PointerEvent) -> Micros {
    Micros(browser::whole(event.time_stamp() * 1_000.0).unwrap_or(0))
}

/// Another screen or step is shown: from its top, and what was pressed before is not meant for it.
fn shows_another_screen() {
    FINGER.with_borrow_mut(Finger::sees_another_screen);
    if let Some(scrolled) = found(".scroll") {
        scrolled.set_scroll_top(0);
    }
    // Once it stands there.
    request_animation_frame(begins_at_its_top);
}

/// Whoever goes by keyboard, or has the page read out, goes on where the screen begins, or in the field that waits for
/// keys. To a finger no keyboard is shown unasked.
fn begins_at_its_top() {
    // A button that went away with its screen leaves the focus to nobody.
    if found(":focus:not(body)").is_some() {
        return;
    }
    let field = BY_KEYBOARD.get().then(|| found(".scroll [autofocus]")).flatten();
    if let Some(place) = field.or_else(|| found(".scroll")) {
        let _ = place.focus();
    }
}

fn found(css: &str) -> Option<HtmlElement> {
    let document = web_sys::window().and_then(|window| window.document())?;
    document.query_selector(css).ok().flatten()?.dyn_into().ok()
}
