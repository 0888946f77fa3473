//! All of it once more; a cut is confirmed by a press of one second, everything else by a tap.

use super::{Walk, asked::asked, drop_typed, photos::photos, store_typed};
use crate::{
    app::{
        browser::{self, on},
        card::pair,
        icons::icon,
        session::Screen,
        speak,
        stop::NOTE_CHARS,
        sync, words,
    },
    core::{
        Draft,
        taps::Change,
        walk::{LineDraft, Standing, Step},
    },
};
use curbstop_shared::{
    evidence::why_not_taken,
    vocabulary::{Asked, EquipmentResult, EvidenceKind, Outcome, Permit, UnableCode},
};
use leptos::{ev, prelude::*};

/// How long a cut is confirmed: long enough to mean it, short enough with a glove on.
const HOLD_MS: i32 = 1000;

/// The step.
pub fn summary(walk: Walk, draft: &Draft) -> impl IntoView + use<> {
    let app = walk.app;
    let language = app.lang();
    let note = RwSignal::new(draft.note.clone().unwrap_or_default());
    let proof = RwSignal::new(draft.proof.clone().unwrap_or_default());
    let shows_proof = draft.stopped_by == Some(UnableCode::ProofShown);
    let lacks = draft.lacking(&walk.order()).filter(|(step, _)| *step != Step::Summary);
    // A photo, or the word where this was, may come while the crew looks at it.
    let is_due = Memo::new(move |_| {
        app.read(|state| state.drafts.get(&walk.id).is_some_and(|draft| draft.ready(&walk.order()).is_ok()))
    });
    let unusual = draft.lines.iter().any(|line| !line.checks.is_empty());
    let busy = RwSignal::new(false);
    let save = move || {
        app.once(busy, async move {
            let text = |signal: RwSignal<String>| {
                Some(signal.get_untracked().trim().to_owned()).filter(|text| !text.is_empty())
            };
            let (note, proof) = (text(note), text(proof));
            let last_words: Change = Box::new(move |draft| (draft.note, draft.proof) = (note, proof));
            if app.run(move |tablet, now, dice| tablet.save_with(walk.id, now, dice, last_words)).await {
                // What waits for a pause in typing was in the last words.
                drop_typed();
                browser::vibrate(40);
                app.just_saved.set(Some(walk.id));
                app.go(Screen::Day);
                // Once it can be read that it is saved.
                browser::when_idle(sync::wake);
            }
        });
    };
    let left_off = draft.leaves_off();
    // Where something stopped the work there is no cut to confirm: what is saved is that it is still off.
    let button = if left_off && draft.stopped_by.is_none() {
        hold(walk, is_due, save).into_any()
    } else {
        let text = if left_off { words::SAVE_OFF } else { words::SAVE };
        view! { <button class="primary" data-test="save" disabled=move || !is_due.get() on:click=on(move |_| save())>{icon("done")}{text.text(language)}</button> }.into_any()
    };
    view! {
        <h1>{words::SUMMARY_Q.text(language)}</h1>
        <div class="summary-grid"><div>{rows(walk, draft)}{warns(walk, draft)}</div><div>
        {lacks.map(|(step, what)| view! {
            <div class="banner wait" role="status" data-test="lacks">{icon("wait")}<span>{words::lacks(what).text(language)}</span>
                <button class="plain" data-test="lacks-go" on:click=on(move |_| walk.note_down(move |draft| draft.step = step))>{words::LACKS_GO.text(language)}</button>
            </div>
        })}
        {shows_proof.then(|| view! {
            <div class="field"><label for="proof">{words::PROOF_NUMBER.text(language)}</label>
            <input id="proof" class="id big" data-test="proof-input" autocomplete="off" maxlength="80" prop:value=proof
                on:blur=on(move |_| store_typed()) on:input=on(move |event| {
                    let text = event_target_value(&event);
                    proof.set(text.clone());
                    walk.types("proof", move |draft| draft.proof = Some(text));
                }) /></div>
        })}
        {unusual.then(|| view! { <p class="soft" data-test="photo-helps">{icon("camera")}{words::PHOTO_HELPS.text(language)}</p> })}
        {asked(walk, Asked::Photo)}
        {photos(walk)}
        {asked(walk, Asked::Position)}
        {said_before(walk, draft)}
        {note_field(walk, note, words::NOTE_OPTIONAL)}
        </div></div>
        <div class="buttons primary-row">{button}</div>
    }
}

/// What the crew has said is not there, where the work was stopped after that: nothing is asked any more, and it is sent.
fn said_before(walk: Walk, draft: &Draft) -> impl IntoView + use<> {
    let (order, language) = (walk.order(), walk.app.lang());
    let asked = [(Asked::Photo, "camera", words::WITHOUT_PHOTO), (Asked::Position, "pin", words::WITHOUT_POSITION)];
    let said = asked.into_iter().filter(|_| draft.stopped_by.is_some()).filter_map(|(what, sign, without)| {
        let why = why_not_taken(draft.kept_why(&order, what)?, language);
        Some(view! { <p class="soft" data-test="said-before">{icon(sign)}{without.with(language, why.to_owned())}</p> })
    });
    said.collect_view()
}

/// What the next crew has to know of the place: it stays with the premise.
fn warns(walk: Walk, draft: &Draft) -> impl IntoView + use<> {
    let language = walk.app.lang();
    let hazards = [
        (UnableCode::Dog, words::HAZARD_DOG),
        (UnableCode::Threat, words::HAZARD_THREAT),
        (UnableCode::Hazard, words::HAZARD),
    ];
    let hazards = hazards.map(|(hazard, name)| {
        let warned = RwSignal::new(draft.warns.contains(&hazard));
        let toggle = move |_| {
            warned.update(|is| *is = !*is);
            let is_warned = warned.get_untracked();
            walk.note_down(move |draft| {
                draft.warns.retain(|known| *known != hazard);
                draft.warns.extend(is_warned.then_some(hazard));
            });
        };
        let pressed = move || warned.get().to_string();
        view! {
            <button class="choice" class:chosen=warned data-test=format!("warn-{}", hazard.code()) aria-pressed=pressed on:click=on(toggle)>
                {move || warned.get().then(|| icon("done"))}{name.text(language)}
            </button>
        }
    });
    view! {
        <fieldset class="warns"><legend>{words::WARN_NEXT.text(language)}</legend><div class="choices three">{hazards.into_iter().collect_view()}</div></fieldset>
    }
}

/// The note of a stop, stored as it is typed.
pub fn note_field(walk: Walk, note: RwSignal<String>, label: words::Text) -> impl IntoView {
    let typed = move |event: ev::Event| {
        let text = event_target_value(&event);
        note.set(text.clone());
        walk.types("note", move |draft| draft.note = Some(text));
    };
    view! {
        <div class="field">
            <label for="note">{label.text(walk.app.lang())}</label>
            <textarea id="note" rows="2" maxlength=NOTE_CHARS data-test="note-input" prop:value=note
                on:input=on(typed) on:blur=on(move |_| store_typed())></textarea>
        </div>
    }
}

fn rows(walk: Walk, draft: &Draft) -> impl IntoView + use<> {
    let (app, order) = (walk.app, walk.order());
    let language = app.lang();
    let missed = |line: &LineDraft| line.equipment.is_some_and(|result| result != EquipmentResult::Collected);
    let collected = |line: &LineDraft| line.equipment == Some(EquipmentResult::Collected);
    let outcome = match (draft.outcome(), draft.ended_by()) {
        (Outcome::Done, _) if draft.lines.iter().any(missed) => {
            let some = draft.lines.iter().any(collected);
            if some { words::PARTLY_COLLECTED } else { words::NOT_COLLECTED }.text(language).to_owned()
        }
        (Outcome::Done, _) => words::DONE.text(language).to_owned(),
        (_, Some(code)) if draft.leaves_off() => {
            format!("{}: {}", words::LEFT_OFF.text(language), words::unable(code, language))
        }
        (Outcome::Stopped, Some(code)) => {
            format!("{}: {}", words::STOPPED.text(language), words::unable(code, language))
        }
        (_, code) => {
            let why = code.map(|code| words::unable(code, language)).unwrap_or_default();
            format!("{}: {why}", words::NOT_DONE.text(language))
        }
    };
    let stopped = draft.stopped_by.is_some();
    let lines = draft.lines.iter().filter_map(|line| {
        let published = order.lines.iter().find(|published| published.id == line.line)?;
        let mut parts = Vec::new();
        if let Some(deed) = line.action.filter(|_| line.is_worked() || !stopped && line.equipment.is_none()) {
            parts.push(words::action(deed, language).to_owned());
        }
        parts.extend(line.method.map(|way| words::method(way, language).to_owned()));
        if line.standing == Some(Standing::Undone) {
            parts.push(words::TURNED_BACK_ON.text(language).to_owned());
        }
        parts.extend(line.equipment.map(|result| words::equipment(result, language).to_owned()));
        let lock = line.lock.clone().filter(|lock| line.is_worked() && !lock.is_empty());
        let confirmed = line.confirmed.then(|| format!(" ({})", words::CONFIRMED.text(language)));
        let no_read = line.no_read.clone().and_then(|code| words::NO_READ.iter().find(|(known, _)| *known == code));
        // Of a line to which nothing was done there is nothing to say.
        let done = (!parts.is_empty()).then(|| view! {
            <dt>{words::product_name(published.product, language)}</dt>
            <dd>{parts.join(" · ")}{lock.map(|lock| view! { " · "<b class="id">{lock}</b> })}</dd>
        });
        Some(view! {
            {done}
            {line.serial_seen.clone().map(|serial| pair(words::device(order.kind, published.product, language), "id", serial))}
            {line.digits.clone().map(|digits| view! { <dt>{words::STEP_READING.text(language)}</dt><dd><b class="id">{digits}</b>{confirmed}</dd> })}
            {no_read.map(|(_, text)| pair(words::STEP_READING.text(language), "", text.text(language).to_owned()))}
        })
    }).collect_view();
    let permit =
        draft.opened.as_ref().filter(|_| draft.cuts()).and_then(|opened| opened.permit).map(|permit| match permit {
            Permit::Fresh => words::PERMIT_FRESH_ROW,
            Permit::GoCode => words::PERMIT_CODE_ROW,
            Permit::Override => words::PERMIT_OVERRIDE_ROW,
            Permit::None => words::PERMIT_NONE_ROW,
        });
    let begun = draft.opened.as_ref().map(|opened| opened.at);
    let unsigned = draft.kept_why(&order, Asked::Signature);
    let signed = match draft.has(EvidenceKind::Signature) {
        true => Some(words::SIGNED.text(language).to_owned()),
        false => unsigned.map(|why| words::capital(why_not_taken(why, language))),
    };
    view! {
        <dl class="pairs summary" data-test="summary" data-outcome=draft.outcome().code()>
            <dt>{words::OUTCOME.text(language)}</dt><dd><b>{outcome}</b></dd>
            {lines}
            {draft.met.map(|met| pair(words::MET_ROW.text(language), "", words::met(met, language).to_owned()))}
            {signed.map(|signed| pair(words::STEP_SIGN.text(language), "", signed))}
            {pair(words::ARRIVED.text(language), "", speak::time(app, draft.arrived_at))}
            {begun.map(|at| pair(words::BEGUN_AT.text(language), "", speak::time(app, at)))}
            {permit.map(|permit| pair(words::PERMIT_ROW.text(language), "", permit.text(language).to_owned()))}
        </dl>
    }
}

/// The long press, with finger, glove, mouse or keyboard.
fn hold(walk: Walk, is_due: Memo<bool>, save: impl Fn() + Copy + 'static) -> impl IntoView {
    let language = walk.app.lang();
    let timer: RwSignal<Option<i32>> = RwSignal::new(None);
    let press = move || {
        let due = walk.draft().is_some_and(|draft| draft.step == Step::Summary && draft.ready(&walk.order()).is_ok());
        if due && timer.try_get_untracked() == Some(None) {
            browser::vibrate(15);
            timer.set(Some(browser::later(HOLD_MS, move || {
                timer.try_set(None);
                save();
            })));
        }
    };
    let release = move || {
        // The finger may come off after the screen has gone.
        if let Some(Some(running)) = timer.try_get_untracked() {
            browser::cancel(running);
            timer.try_set(None);
        }
    };
    on_cleanup(release);
    let is_press = |event: &ev::KeyboardEvent| matches!(event.key().as_str(), "Enter" | " ");
    view! {
        <button class="primary stop hold" data-test="hold-save" disabled=move || !is_due.get() class:holding=move || timer.get().is_some()
            on:pointerdown=on(move |_| press()) on:pointerup=on(move |_| release()) on:pointerleave=on(move |_| release())
            on:pointercancel=on(move |_| release()) on:contextmenu=on(move |event: leptos::ev::MouseEvent| event.prevent_default()) on:blur=on(move |_| release())
            on:keydown=on(move |event| if is_press(&event) { event.prevent_default(); if !event.repeat() { press(); } })
            on:keyup=on(move |event| if is_press(&event) { release(); })>
            <span class="hold-fill" aria-hidden="true"></span>
            {icon("stop")}<span>{move || if timer.get().is_some() { words::HOLDING } else { words::HOLD_SAVE }.text(language)}</span>
        </button>
    }
}
