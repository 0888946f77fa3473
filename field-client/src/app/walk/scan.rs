//! Scanning a serial instead of typing it, where the browser reads codes by itself: no scanner of our own, for it would
//! weigh as much as the rest of the app.

use super::store_typed;
use crate::{
    app::{
        browser::{self, on, spawn},
        icons::icon,
        session::App,
        words,
    },
    core::walk::scanned,
};
use leptos::{html, prelude::*};
use wasm_bindgen::JsValue;

/// What becomes of a serial that was scanned: the same as of one that was typed.
pub type Takes = Callback<String>;

/// The button beside a field for a serial; nothing where this tablet can't scan. Of several codes on a label one that is
/// expected here is taken first.
pub fn scan(app: App, expected: Vec<String>, takes: Takes) -> impl IntoView {
    let (is_able, is_open, expected) = (RwSignal::new(false), RwSignal::new(false), StoredValue::new(expected));
    spawn(async move {
        // The step may be left meanwhile.
        is_able.try_set(browser::can_scan().await);
    });
    let open = move |_| {
        // On some devices the camera ends the page.
        store_typed();
        is_open.set(true);
    };
    move || {
        is_able.get().then(|| view! {
            <button type="button" class="plain" data-test="scan" on:click=on(open)>{icon("camera")}{words::SCAN.text(app.lang())}</button>
            {move || is_open.get().then(|| overlay(app, is_open, expected, takes))}
        })
    }
}

fn overlay(app: App, is_open: RwSignal<bool>, expected: StoredValue<Vec<String>>, takes: Takes) -> impl IntoView {
    let language = app.lang();
    let video: NodeRef<html::Video> = NodeRef::new();
    let is_blind = RwSignal::new(false);
    Effect::new(move |begun: Option<bool>| {
        let Some(lens) = video.get().map(JsValue::from) else { return false };
        if begun != Some(true) {
            spawn(async move {
                let is_shown = browser::open_camera(&lens).await;
                // The crew may have changed its mind meanwhile.
                if is_open.try_get_untracked() != Some(true) {
                    browser::close_camera(&lens);
                } else if is_shown {
                    let codes = browser::scan(&lens).await;
                    let expected = expected.try_get_value().unwrap_or_default();
                    if let Some(serial) = codes.and_then(|codes| scanned(&codes, &expected)) {
                        browser::vibrate(30);
                        is_open.try_set(false);
                        takes.try_run(serial);
                    }
                } else {
                    is_blind.try_set(true);
                }
            });
        }
        true
    });
    on_cleanup(move || {
        if let Some(lens) = video.try_get_untracked().flatten() {
            browser::close_camera(&JsValue::from(lens));
        }
    });
    view! {
        <div class="camera" role="dialog" aria-modal="true" aria-label=words::SCAN.text(language) data-test="scanner">
            <video node_ref=video playsinline=true muted=true class:gone=is_blind></video>
            <p class="camera-says" role="status">{move || if is_blind.get() { words::SCAN_NO_CAMERA } else { words::SCAN_HINT }.text(language)}</p>
            <div class="buttons primary-row">
                <button type="button" class="plain" data-test="scan-cancel" on:click=on(move |_| is_open.set(false))>{words::SCAN_CANCEL.text(language)}</button>
            </div>
        </div>
    }
}
