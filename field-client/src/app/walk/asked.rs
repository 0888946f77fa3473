//! What the order asks for and is not there yet, on the summary: said once, with a way on without it. A camera that is
//! broken holds no work back.

use super::{Walk, choice, remember_place};
use crate::app::{browser::on, icons::icon, words};
use curbstop_shared::{
    evidence::{reasons, why_not_taken},
    vocabulary::Asked,
};
use leptos::prelude::*;

/// One thing that the order may ask for.
pub fn asked(walk: Walk, what: Asked) -> impl IntoView {
    let app = walk.app;
    let language = app.lang();
    let missing = Memo::new(move |_| {
        app.read(|state| {
            let draft = state.drafts.get(&walk.id)?;
            // Without a reason as yet: no text.
            let why = || draft.why_not(what).map(|why| why_not_taken(why, language).to_owned());
            draft.misses(&walk.order(), what).then(|| why().unwrap_or_default())
        })
    });
    let is_open = RwSignal::new(false);
    let (sign, wanted, without) = match what {
        Asked::Position => ("pin", words::ASKED_POSITION, words::WITHOUT_POSITION),
        _ => ("camera", words::ASKED_PHOTO, words::WITHOUT_PHOTO),
    };
    if what == Asked::Position && missing.get_untracked().is_some_and(|why| why.is_empty()) {
        remember_place(walk);
    }
    let reason = move |why| {
        let text = why_not_taken(why, language);
        let is_said = missing.get_untracked().is_some_and(|said| said == text);
        choice(format!("without-{why}"), is_said, words::capital(text), move || {
            is_open.set(false);
            walk.note_down(move |draft| draft.excuses(what, Some(why)));
        })
    };
    move || {
        let why = missing.get()?;
        let is_due = why.is_empty();
        let said = if is_due { wanted.text(language).to_owned() } else { without.with(language, why) };
        let other = if is_due { words::WITHOUT } else { words::WITHOUT_CHANGE };
        Some(view! {
            <div class="banner asked" class:wait=is_due role="status" data-test="asked" data-what=what.code() data-excused=(!is_due).to_string()>
                {icon(sign)}<span>{said}</span>
                {(what == Asked::Position).then(|| view! {
                    <button class="plain" data-test="find-again" on:click=on(move |_| remember_place(walk))>{words::FIND_AGAIN.text(language)}</button>
                })}
                <button class="plain" data-test="without" aria-expanded=move || is_open.get().to_string() on:click=on(move |_| is_open.update(|open| *open = !*open))>{other.text(language)}</button>
                {move || is_open.get().then(|| view! {
                    <div class="choices one">{reasons(what).iter().map(|why| reason(*why)).collect_view()}</div>
                })}
            </div>
        })
    }
}
