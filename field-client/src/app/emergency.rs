//! Something happened to the crew, or is dangerous to anybody: one tap away from everything at a stop. Calling comes
//! first; what is reported goes to dispatch as soon as there is a signal.

use super::{
    browser::on,
    icons::icon,
    recalls::call_dispatch,
    session::App,
    speak, sync,
    walk::{choice, drop_typed},
    words,
};
use crate::core::view as look;
use curbstop_shared::{ids::OrderId, vocabulary::IncidentKind, written::as_written};
use leptos::prelude::*;

/// Longest words of the crew, in characters; a fact takes 4,096 bytes.
const WORDS_CHARS: &str = "1000";

/// The button, and over everything what it opens.
pub fn emergency(app: App, id: OrderId) -> impl IntoView {
    let open = RwSignal::new(false);
    let language = app.lang();
    move || {
        if open.get() {
            sheet(app, id, open).into_any()
        } else {
            view! {
                <button class="quiet emergency" data-test="emergency" on:click=on(move |_| open.set(true))>
                    {icon("hazard")}{words::EMERGENCY.text(language)}
                </button>
            }
            .into_any()
        }
    }
}

fn sheet(app: App, id: OrderId, open: RwSignal<bool>) -> impl IntoView {
    let language = app.lang();
    // Not followed: what the office says meanwhile must not take away what somebody has chosen.
    let phone = app.tablet(|tablet| {
        let (_, route) = tablet.state().route_of(id)?;
        route.said().ok()?.header.dispatch_phone.clone()
    });
    let (kind, text, busy) = (RwSignal::new(None), RwSignal::new(String::new()), RwSignal::new(false));
    let reported = Memo::new(move |_| {
        app.read(|state| look::stop_in_full(state, id, app.now())).map(|full| full.incidents).unwrap_or_default()
    });
    let before = reported.get_untracked().len();
    let report = move |_| {
        let Some(kind) = kind.get_untracked() else { return };
        let text = text.get_untracked();
        app.once(busy, async move {
            if app.run(move |tablet, now, dice| tablet.incident(id, (kind, &text), now, dice)).await {
                drop_typed();
                sync::wake();
            }
        });
    };
    let kinds = move || {
        let each = IncidentKind::ALL.iter().map(|one| {
            let name = words::capital(&as_written(one.code(), language));
            choice(format!("incident-{}", one.code()), kind.get() == Some(*one), name, move || kind.set(Some(*one)))
        });
        each.collect_view()
    };
    let body = move || {
        let all = reported.get();
        match all.get(before..).and_then(<[_]>::last) {
            Some((at, _)) => view! {
                <p class="verdict go" role="status" data-test="emergency-saved">{icon("done")}<b>{words::EMERGENCY_SAVED.with(language, speak::time(app, *at))}</b></p>
            }
            .into_any(),
            None => view! {
                <h2>{words::EMERGENCY_WHAT.text(language)}</h2>
                <div class="choices three">{kinds}</div>
                <label for="emergency-words">{words::EMERGENCY_WORDS.text(language)}</label>
                <textarea id="emergency-words" rows="2" maxlength=WORDS_CHARS data-test="emergency-words" prop:value=text
                    on:input=on(move |event| text.set(event_target_value(&event)))></textarea>
            }
            .into_any(),
        }
    };
    let is_new = move || reported.get().len() == before;
    view! {
        <section class="page over" role="dialog" aria-modal="true" aria-labelledby="emergency-first" data-test="emergency-sheet">
            <h1 id="emergency-first">{words::EMERGENCY_FIRST.text(language)}</h1>
            <div class="buttons">
                <a class="plain call-911" data-test="emergency-911" href="tel:911">{icon("hazard")}{words::EMERGENCY_CALL.text(language)}</a>
                {call_dispatch(app, phone)}
            </div>
            {body}
            <div class="buttons primary-row">
                <button class="plain" data-test="emergency-back" on:click=on(move |_| open.set(false))>{icon("back")}{words::EMERGENCY_BACK.text(language)}</button>
                {move || is_new().then(|| view! {
                    <button class="primary" data-test="emergency-report" disabled=move || kind.get().is_none() || busy.get() || !app.writer.get() on:click=on(report)>
                        {icon("out")}{words::EMERGENCY_REPORT.text(language)}
                    </button>
                })}
            </div>
        </section>
    }
}
