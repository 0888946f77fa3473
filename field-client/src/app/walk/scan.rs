//! Scanning a serial instead of typing it, where the browser reads codes by itself: no scanner of our own, for it would
//! weigh as much as the rest of the app.

use super::store_typed;
use crate::app::{
    browser::{self, on, spawn},
    icons::icon,
    session::App,
    words,
};
use leptos::{html, prelude::*};
use wasm_bindgen::JsValue;

/// The button beside a field for a serial; nothing where this tablet can't scan. `takes` has the codes that the camera
/// saw, one a line.
pub fn scan(app: App, takes: Callback<String>) -> impl IntoView {
    let (is_able, is_open) = (RwSignal::new(false), RwSignal::new(false));
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
            {move || is_open.get().then(|| overlay(app, is_open, takes))}
        })
    }
}

fn overlay(app: App, is_open: RwSignal<bool>, takes: Callback<String>) -> impl IntoView {
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
                    if let Some(codes) = browser::scan(&lens).await {
                        browser::vibrate(30);
                        is_open.try_set(false);
                        takes.try_run(codes);
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
