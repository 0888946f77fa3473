//! The customer signs with a finger, or the crew says why nobody does. What is signed is read in the customer's language.

use super::{Walk, choice, talk::customers_language};
use crate::{
    app::{
        browser::{self, on, spawn},
        icons::icon,
        speak, words,
    },
    core::{Draft, photos::name_of},
};
use curbstop_shared::{
    evidence::{reasons, why_not_taken},
    language::Language,
    vocabulary::{Asked, EvidenceKind, OrderKind, Product},
};
use leptos::{html, prelude::*};
use wasm_bindgen::JsValue;

/// The paper's own measure in pixels: twice as wide as high on every screen.
const PAPER: (u32, u32) = (1000, 500);

/// The step.
pub fn sign(walk: Walk, draft: &Draft) -> impl IntoView + use<> {
    let language = walk.app.lang();
    let shown = RwSignal::new(customers_language(walk));
    let signed = draft.exhibits.iter().find(|exhibit| exhibit.what == EvidenceKind::Signature);
    let signed = signed.map(|exhibit| name_of(&exhibit.sha256));
    let anew = RwSignal::new(signed.is_none());
    let before = draft.clone();
    let paper = move || receipt(walk, &before, shown.get());
    let below = move || match signed.clone().filter(|_| !anew.get()) {
        Some(name) => has_signed(walk, name, anew).into_any(),
        None => signs(walk).into_any(),
    };
    view! {
        <h1>{words::SIGN_Q.text(language)}</h1>
        <div class="sign">
            <div>
                <div class="script" data-test="receipt" lang=move || shown.get().pick("en", "es")>{paper}</div>
                <button class="plain" data-test="sign-language" on:click=on(move |_| {
                    shown.update(|shown| *shown = if *shown == Language::En { Language::Es } else { Language::En });
                })>{move || words::OTHER_LANGUAGE.text(shown.get())}</button>
            </div>
            {below}
        </div>
    }
}

/// What the customer signs.
fn receipt(walk: Walk, draft: &Draft, language: Language) -> impl IntoView + use<> {
    let order = walk.order();
    let product = order.lines.first().map_or(Product::Water, |line| line.product);
    let text = match order.kind {
        OrderKind::EquipmentPickup => words::RECEIPT,
        kind if kind.is_restore() && matches!(product, Product::Water | Product::Irrigation) => words::SIGN_TAPS,
        kind if kind.is_restore() => words::SIGN_HOME,
        _ => words::SIGN_WORK,
    };
    let boxes = order.lines.iter().zip(&draft.lines).filter_map(|(line, said)| {
        let result = words::receipt(said.equipment?, language);
        let what = line.size.clone().unwrap_or_else(|| words::product_name(line.product, language).to_owned());
        let serial = said.serial_seen.clone().or(line.serial.clone());
        Some(view! { <li><b>{result}</b>": "{what}{serial.map(|serial| view! { " · "<span class="id">{serial}</span> })}</li> })
    });
    let boxes = boxes.collect_view();
    view! { <p><b>{text.text(language)}</b><br/>{speak::address(&order)}</p><ul>{boxes}</ul> }
}

fn signs(walk: Walk) -> impl IntoView {
    let app = walk.app;
    let language = app.lang();
    let canvas: NodeRef<html::Canvas> = NodeRef::new();
    let (is_empty, why, busy) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(false));
    let paper = move || canvas.get_untracked().map(JsValue::from);
    Effect::new(move |_| {
        if let Some(canvas) = canvas.get() {
            browser::ink(&JsValue::from(canvas));
        }
    });
    let done = move |_| {
        let Some(paper) = paper() else { return };
        app.once(busy, async move {
            match browser::signature(&paper).await {
                Some(ink) => {
                    walk.takes_signature(ink).await;
                }
                None => {
                    is_empty.try_set(true);
                }
            }
        });
    };
    let reason = move |why| {
        let text = words::capital(why_not_taken(why, language));
        choice(format!("not-signed-{why}"), false, text, move || {
            walk.forward(move |draft| {
                draft.forgets_signature();
                draft.excuses(Asked::Signature, Some(why));
            });
        })
    };
    view! {
        <div>
            <canvas node_ref=canvas class="ink" on:pointerdown=on(move |_| is_empty.set(false)) hidden=why width=PAPER.0 height=PAPER.1 data-test="ink" role="img" aria-label=words::SIGN_HERE.text(language)></canvas>
            <p class="soft" role="status" class:bad=is_empty hidden=why data-test="sign-says">{move || if is_empty.get() { words::SIGN_EMPTY } else { words::SIGN_HERE }.text(language)}</p>
            {move || why.get().then(|| view! {
                <h2>{words::SIGN_WHY_NOT.text(language)}</h2>
                <div class="choices">{reasons(Asked::Signature).iter().map(|why| reason(*why)).collect_view()}</div>
            })}
        </div>
        <div class="buttons primary-row">
            <button class="plain" data-test="sign-not" aria-expanded=move || why.get().to_string() on:click=on(move |_| why.update(|why| *why = !*why))>{icon("hazard")}{words::SIGN_NOT.text(language)}</button>
            <button class="plain" data-test="sign-clear" on:click=on(move |_| {
                is_empty.set(false);
                if let Some(paper) = paper() { browser::ink(&paper) }
            })>{icon("backspace")}{words::SIGN_CLEAR.text(language)}</button>
            <button class="primary" data-test="sign-done" disabled=busy on:click=on(done)>{icon("done")}{words::SIGN_DONE.text(language)}</button>
        </div>
    }
}

/// Back on the step: what was signed stands until it is signed anew.
fn has_signed(walk: Walk, name: String, anew: RwSignal<bool>) -> impl IntoView {
    let language = walk.app.lang();
    let look = move |_| {
        let name = name.clone();
        spawn(
            async move { browser::show_large(&name, words::SIGNED.text(language), words::BACK.text(language)).await },
        );
    };
    view! {
        <div>
            <p class="verdict go" data-test="has-signed">{icon("done")}{words::SIGNED.text(language)}</p>
            <button class="quiet" data-test="signature-look" on:click=on(look)>{words::PHOTO_LOOK.text(language)}</button>
        </div>
        <div class="buttons primary-row">
            <button class="plain" data-test="sign-again" on:click=on(move |_| anew.set(true))>{words::SIGN_AGAIN.text(language)}</button>
            <button class="primary" data-test="sign-next" on:click=on(move |_| walk.forward(|_| {}))>{icon("go")}{words::NEXT_STEP.text(language)}</button>
        </div>
    }
}
