//! Photos of a stop: the camera within the page, so that nothing kills the app behind it, and what was taken.

use super::{Walk, store_typed};
use crate::{
    app::{
        browser::{self, on, spawn},
        icons::icon,
        words,
    },
    core::{
        Exhibit,
        photos::{Taken, name_of},
    },
};
use curbstop_shared::vocabulary::EvidenceKind;
use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsValue;

/// What the camera is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Camera {
    Closed,
    Opening,
    Open,
    /// The device has none that can be shown: a file is chosen.
    None,
    /// The file that was chosen is no picture: another one is chosen.
    NotRead,
    /// A picture that the crew looks at before it is kept, and whether it was a file.
    Looking(Taken, bool),
}

/// The photos of this stop, with the button that opens the camera.
pub fn photos(walk: Walk) -> impl IntoView {
    let app = walk.app;
    let language = app.lang();
    let camera = RwSignal::new(Camera::Closed);
    let exhibits = Memo::new(move |_| {
        app.read(|state| {
            let all = state.drafts.get(&walk.id).map(|draft| draft.exhibits.clone()).unwrap_or_default();
            all.into_iter().filter(|exhibit| exhibit.what == EvidenceKind::Photo).collect::<Vec<_>>()
        })
    });
    // The overlay stays while the camera does this and that: rebuilt, it would lose the picture.
    let is_open = Memo::new(move |_| camera.with(|camera| *camera != Camera::Closed));
    let open = move |_| {
        // What stands half-typed is on the disk before the camera comes: on some devices it ends the page.
        store_typed();
        camera.set(Camera::Opening);
    };
    view! {
        <div class="photos" data-test="photos" data-count=move || exhibits.get().len().to_string()>
            <ul class="rows">
                {move || exhibits.get().into_iter().enumerate().map(|(n, exhibit)| row(walk, n, exhibit)).collect_view()}
            </ul>
            <button class="plain" data-test="take-photo" on:click=on(open)>{icon("camera")}{words::PHOTO_TAKE.text(language)}</button>
            {move || is_open.get().then(|| overlay(walk, camera))}
        </div>
    }
}

fn row(walk: Walk, n: usize, exhibit: Exhibit) -> impl IntoView {
    let language = walk.app.lang();
    let (size_kb, sha256) = ((exhibit.size + 1023) / 1024, exhibit.sha256);
    let name = name_of(&sha256);
    let is_asked = RwSignal::new(false);
    let look = move |_| {
        let name = name.clone();
        let title = words::PHOTO_N.with(language, n + 1);
        spawn(async move { browser::show_large(&name, &title, words::BACK.text(language)).await });
    };
    // Where the first tap was is then the way to keep it: a second one by mistake throws nothing away.
    let (ask, stays) = (words::PHOTO_DROP.text(language), words::PHOTO_STAYS.text(language));
    view! {
        <li class="row" data-test="photo">
            {icon("done")}
            <span class="row-main"><b>{words::PHOTO_N.with(language, n + 1)}</b>" · "{words::PHOTO_KEPT.with(language, size_kb)}</span>
            <button class="quiet" data-test="photo-look" on:click=on(look)>{words::PHOTO_LOOK.text(language)}</button>
            <button class="plain" data-test="photo-drop-yes" hidden=move || !is_asked.get() on:click=on(move |_| walk.drops_photo(sha256.clone()))>{words::PHOTO_DROP_YES.text(language)}</button>
            <button class="quiet" data-test="photo-drop" on:click=on(move |_| is_asked.update(|asked| *asked = !*asked))>
                {move || if is_asked.get() { stays } else { ask }}
            </button>
        </li>
    }
}

fn overlay(walk: Walk, camera: RwSignal<Camera>) -> impl IntoView {
    let language = walk.app.lang();
    let video: NodeRef<html::Video> = NodeRef::new();
    let image: NodeRef<html::Img> = NodeRef::new();
    let lens = move || video.get_untracked().map(JsValue::from);
    Effect::new(move |opened: Option<bool>| {
        let Some(lens) = video.get().map(JsValue::from) else { return false };
        if opened != Some(true) {
            spawn(async move {
                let is_open = browser::open_camera(&lens).await;
                // The crew may have changed its mind meanwhile.
                match camera.try_get_untracked() {
                    Some(Camera::Opening) => camera.set(if is_open { Camera::Open } else { Camera::None }),
                    _ => browser::close_camera(&lens),
                }
            });
        }
        true
    });
    Effect::new(move |_| {
        if let (Camera::Looking(taken, _), Some(image)) = (camera.get(), image.get()) {
            browser::show_picture(&JsValue::from(image), &taken);
        }
    });
    on_cleanup(move || {
        if let Some(lens) = video.try_get_untracked().flatten() {
            browser::close_camera(&JsValue::from(lens));
        }
    });
    let shoot = move |_| {
        let Some(lens) = lens() else { return };
        spawn(async move {
            let taken = browser::picture(&lens).await;
            browser::vibrate(15);
            // Without a picture there is still the device's own camera.
            camera.set(taken.map_or(Camera::None, |taken| Camera::Looking(taken, false)));
        });
    };
    let chosen = move |event: ev::Event| {
        let Some(input) = event.target().map(JsValue::from) else { return };
        spawn(async move {
            let taken = browser::chosen_picture(&input).await;
            // The crew may have gone on meanwhile.
            if matches!(camera.try_get_untracked(), Some(Camera::None | Camera::NotRead)) {
                camera.set(taken.map_or(Camera::NotRead, |taken| Camera::Looking(taken, true)));
            }
        });
    };
    let busy = RwSignal::new(false);
    let uses = move |_| {
        let Camera::Looking(taken, _) = camera.get_untracked() else { return };
        walk.app.once(busy, async move {
            if walk.takes_photo(taken).await {
                camera.set(Camera::Closed);
            }
        });
    };
    let is = move |wanted: fn(&Camera) -> bool| camera.with(wanted);
    let looking = move || is(|camera| matches!(camera, Camera::Looking(..)));
    let without = move || is(|camera| matches!(camera, Camera::None | Camera::NotRead));
    // Who chose a file chooses another one: there may be no camera to go back to.
    let again = move |_| {
        let was_file = is(|camera| matches!(camera, Camera::Looking(_, true)));
        camera.set(if was_file { Camera::None } else { Camera::Open });
    };
    view! {
        <div class="camera" role="dialog" aria-modal="true" aria-label=words::PHOTO_TAKE.text(language) data-test="camera"
            data-state=move || camera.with(state_of)>
            <video node_ref=video playsinline=true muted=true class:gone=move || looking() || without()></video>
            <img node_ref=image alt=words::PHOTO_TAKE.text(language) class:gone=move || !looking() />
            <p class="camera-says" role="status">
                {move || is(|camera| *camera == Camera::Opening).then(|| words::PHOTO_OPENING.text(language))}
                {move || is(|camera| *camera == Camera::None).then(|| words::PHOTO_NO_CAMERA.text(language))}
                {move || is(|camera| *camera == Camera::NotRead).then(|| words::PHOTO_NOT_READ.text(language))}
            </p>
            <div class="buttons primary-row">
                <button class="plain" data-test="photo-cancel" on:click=on(move |_| camera.set(Camera::Closed))>{words::PHOTO_CANCEL.text(language)}</button>
                {move || without().then(|| view! {
                    <label class="primary file">{words::PHOTO_CHOOSE.text(language)}
                        <input type="file" accept="image/*" capture="environment" data-test="photo-file" on:change=on(chosen) />
                    </label>
                })}
                {move || looking().then(|| view! {
                    <button class="plain" data-test="photo-again" on:click=on(again)>{words::PHOTO_AGAIN.text(language)}</button>
                    <button class="primary" data-test="photo-use" on:click=on(uses)>{icon("done")}{words::PHOTO_USE.text(language)}</button>
                })}
                {move || is(|camera| *camera == Camera::Open).then(|| view! {
                    <button class="primary" data-test="photo-shoot" on:click=on(shoot)>{icon("camera")}{words::PHOTO_SHOOT.text(language)}</button>
                })}
            </div>
        </div>
    }
}

const fn state_of(camera: &Camera) -> &'static str {
    match camera {
        Camera::Closed => "closed",
        Camera::Opening => "opening",
        Camera::Open => "open",
        Camera::None => "none",
        Camera::NotRead => "not-read",
        Camera::Looking(..) => "looking",
    }
}
