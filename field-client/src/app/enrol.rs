//! How a tablet comes to its crew.

use super::{
    browser::{self, on},
    icons::icon,
    session::{App, Screen},
    sync, words,
};
use crate::core::{EnrolAnswer, Heard};
use curbstop_shared::sync::proofs;
use leptos::prelude::*;
use serde::Serialize;

/// Groups of a code are for reading aloud; people type them with or without.
const CODE_IN_HASH: &str = "#enrol=";

#[derive(Serialize)]
struct Enrol {
    code: String,
    name: String,
    public_key: String,
    proof: String,
}

/// The screen of a tablet that belongs to nobody yet.
#[must_use]
pub fn enrol(app: App) -> impl IntoView {
    // The code in the address is that of the picture which dispatch shows.
    let hash = browser::address();
    let code = RwSignal::new(hash.strip_prefix(CODE_IN_HASH).unwrap_or_default().to_owned());
    // A name that works, so that a code by link needs one tap; the crew writes the one on the back of the device over it.
    let name = RwSignal::new(app.language.get_untracked().pick("Tablet", "Tableta").to_owned());
    let busy = RwSignal::new(false);
    let problem: RwSignal<Option<words::Text>> = RwSignal::new(None);
    let connect = move || {
        if busy.get_untracked() || code.get_untracked().trim().is_empty() || name.get_untracked().trim().is_empty() {
            return;
        }
        busy.set(true);
        problem.set(None);
        browser::spawn(async move {
            match ask(app, code.get_untracked(), name.get_untracked()).await {
                Ok(()) => {
                    app.go(Screen::Day);
                    sync::wake();
                }
                Err(why) => {
                    problem.try_set(Some(why));
                }
            }
            // The form is gone where it went well.
            busy.try_set(false);
        });
    };
    let t = move |text: words::Text| move || text.text(app.lang());
    view! {
        <form class="page narrow" data-test="enrol" on:submit=on(move |event: leptos::ev::SubmitEvent| { event.prevent_default(); connect(); })>
            <h1>{t(words::ENROL_TITLE)}</h1>
            <p>{t(words::ENROL_WHY)}</p>
            <label for="enrol-code">{t(words::ENROL_CODE)}</label>
            // Two lines: a code is longer than a small screen is wide, and every character of it has to be in sight.
            <textarea id="enrol-code" class="id big" rows="2" data-test="enrol-code" autocomplete="off" autocapitalize="characters"
                spellcheck="false" required prop:value=code on:input=on(move |event| code.set(event_target_value(&event)))
                on:keydown=on(move |event: leptos::ev::KeyboardEvent| if event.key() == "Enter" { event.prevent_default(); connect(); })></textarea>
            <label for="enrol-name">{t(words::ENROL_NAME)}</label>
            <input id="enrol-name" class="big" data-test="enrol-name" autocomplete="off" required maxlength="40"
                aria-describedby="enrol-name-hint" on:focus=on(|event: leptos::ev::FocusEvent| browser::select_all(&event))
                prop:value=name on:input=on(move |event| name.set(event_target_value(&event))) />
            <p class="soft" id="enrol-name-hint">{t(words::ENROL_NAME_HINT)}</p>
            {move || problem.get().map(|why| view! {
                <p class="banner stop" role="alert" data-test="enrol-error">{icon("stop")}{why.text(app.lang())}</p>
            })}
            <button class="primary" type="submit" data-test="enrol-submit" disabled=move || busy.get() || !app.writer.get()>
                {move || if busy.get() { words::ENROL_BUSY } else { words::ENROL_DO }.text(app.lang())}
            </button>
            {other_language(app)}
        </form>
    }
}

async fn ask(app: App, code: String, name: String) -> Result<(), words::Text> {
    let public_key = browser::public_key().await.map_err(|_| words::ENROL_FAILED)?;
    // With its proof a tablet that the crew had before is the same again, with all it has not sent yet.
    let proof = browser::sign(proofs::enrolment(&code)).await.ok_or(words::ENROL_FAILED)?;
    let body = Enrol { code: code.trim().to_owned(), name: name.trim().to_owned(), public_key, proof };
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let (status, answer) = browser::post("/api/v1/devices/enrol", "application/json", &body).await;
    match Heard::from(status, &answer) {
        Heard::Answer => {
            // Whoever answers 200 with something else is not our office.
            let answer: EnrolAnswer = serde_json::from_slice(&answer).map_err(|_| words::ENROL_OFFLINE)?;
            if app.run(move |tablet, now, _| tablet.enrolled(answer, now)).await {
                Ok(())
            } else {
                Err(words::NOT_SAVED)
            }
        }
        Heard::NoSignal => Err(words::ENROL_OFFLINE),
        Heard::NotTaken if [401, 403, 404, 410].contains(&status) => Err(words::ENROL_REFUSED),
        Heard::Over(_) | Heard::NotTaken | Heard::Trouble => Err(words::ENROL_FAILED),
    }
}

/// The other language, for whoever has not said who they are.
pub fn other_language(app: App) -> impl IntoView {
    use curbstop_shared::language::Language;
    view! {
        <button class="quiet" type="button" data-test="language" on:click=on(move |_| {
            app.language.update(|language| *language = if *language == Language::En { Language::Es } else { Language::En });
            browser::spawn(async move {
                let mut settings = app.tablet(|tablet| tablet.state().settings.clone());
                settings.spanish = Some(app.language.get_untracked() == Language::Es);
                app.run(move |tablet, _, _| tablet.settle(settings)).await;
            });
        })>{move || words::OTHER_LANGUAGE.text(app.lang())}</button>
    }
}
