//! Steps of looking and talking: the place, who answered, what is asked, and why it can't be done.

use super::{super::card, Walk, choice, remember_place};
use crate::{
    app::{browser::on, icons::icon, speak, words},
    core::walk::{stops, unable_codes},
};
use curbstop_shared::{
    language::Language,
    vocabulary::{Met, UnableCode},
};
use leptos::prelude::*;

/// Is this the place?
pub fn place(walk: Walk) -> impl IntoView {
    let (app, order) = (walk.app, walk.order());
    let language = app.lang();
    view! {
        <h1>{words::PLACE_Q.text(language)}</h1>
        <p class="address huge" data-test="place-address">{speak::address(&order)}</p>
        {card::meters(app, &order)}
        {card::hazards(app, &order)}
        {order.note.clone().map(|note| view! { <p class="office-note">{icon("note")}{note}</p> })}
        <div class="buttons primary-row">
            {card::navigate(app, &order)}
            <button class="primary" data-test="place-yes" on:click=on(move |_| {
                remember_place(walk);
                walk.forward(|_| {});
            })>{icon("done")}{words::PLACE_YES.text(language)}</button>
        </div>
    }
}

/// Who answered?
pub fn door(walk: Walk) -> impl IntoView {
    let language = walk.app.lang();
    let cut = walk.order().kind.is_cut();
    let met = walk.draft().and_then(|draft| draft.met);
    let answers = Met::ALL
        .iter()
        .map(|who| {
            let who = *who;
            choice(format!("met-{}", who.code()), met == Some(who), words::met(who, language).to_owned(), move || {
                if cut && who == Met::Minor {
                    walk.note_down(move |draft| {
                        draft.met = Some(who);
                        draft.stop(UnableCode::MinorOnly);
                    });
                } else {
                    walk.forward(move |draft| draft.met = Some(who));
                }
            })
        })
        .collect_view();
    view! {
        <h1>{words::DOOR_Q.text(language)}</h1>
        <div class="choices">{answers}</div>
        {cut.then(|| view! { <p class="soft">{words::MINOR_WHY.text(language)}</p> })}
    }
}

/// The script to show, in the customer's language, and the two big ways out.
pub fn ask(walk: Walk) -> impl IntoView {
    let language = walk.app.lang();
    let shown = RwSignal::new(customers_language(walk));
    view! {
        <h1>{words::ASK_Q.text(language)}</h1>
        <blockquote class="script" data-test="ask-script" lang=move || shown.get().pick("en", "es")>
            {move || words::ASK_SCRIPT.text(shown.get())}
        </blockquote>
        <button class="plain" data-test="ask-language" on:click=on(move |_| {
            shown.update(|shown| *shown = if *shown == Language::En { Language::Es } else { Language::En });
        })>{move || words::OTHER_LANGUAGE.text(shown.get())}</button>
        <div class="choices">
            {choice("ask-proof".into(), false, words::ASK_PROOF.text(language).into(), move || walk.stopped_by(UnableCode::ProofShown))}
            {choice("ask-medical".into(), false, words::ASK_MEDICAL.text(language).into(), move || walk.stopped_by(UnableCode::MedicalClaimed))}
            {choice("ask-dispute".into(), false, words::unable(UnableCode::DisputeClaimed, language), move || walk.stopped_by(UnableCode::DisputeClaimed))}
            {choice("ask-new-occupant".into(), false, words::unable(UnableCode::NewOccupant, language), move || walk.stopped_by(UnableCode::NewOccupant))}
        </div>
        <div class="buttons primary-row">
            <button class="primary" data-test="ask-nothing" on:click=on(move |_| walk.forward(|_| {}))>
                {icon("go")}{words::ASK_NOTHING.text(language)}
            </button>
        </div>
    }
}

/// What the customer reads, where the utility knows it; else the crew's own language.
pub fn customers_language(walk: Walk) -> Language {
    match walk.order().language.as_deref().map(str::to_ascii_uppercase).as_deref() {
        Some("ES") => Language::Es,
        Some("EN") => Language::En,
        _ => walk.app.lang(),
    }
}

/// Why it can't be done, as big buttons.
pub fn unable(walk: Walk) -> impl IntoView {
    let language = walk.app.lang();
    let (said, found): (Vec<_>, Vec<_>) = unable_codes(walk.order().kind).partition(|code| stops(*code));
    let buttons = move |codes: Vec<UnableCode>| {
        codes
            .into_iter()
            .map(|code| {
                let text = words::unable(code, language);
                choice(format!("unable-{}", code.code()), false, text, move || walk.stopped_by(code))
            })
            .collect_view()
    };
    let talked = !said.is_empty();
    view! {
        <h1>{words::UNABLE_Q.text(language)}</h1>
        {talked.then(|| view! { <h2>{words::UNABLE_SAID.text(language)}</h2> })}
        <div class="choices three many said">{buttons(said)}</div>
        <h2>{words::UNABLE_FOUND.text(language)}</h2>
        <div class="choices three many">{buttons(found)}</div>
    }
}
