//! What the dials say: a keypad of our own, and the check's answer at once. Checks warn; they never refuse the truth.

use super::{Walk, choice, summary::note_field};
use crate::{
    app::{browser::on, icons::icon, sync::uptime, words},
    core::{Draft, taps::Doubt},
};
use curbstop_shared::{
    readings::{self, MeterOnRecord, ReadingContext, ReadingWarning, Service},
    route_document::{PublishedLine, PublishedOrder},
};
use leptos::{ev, prelude::*};

/// Dials of a meter of which nobody recorded how many it has.
const MOST_DIALS: usize = 12;

/// The step for the n-th line.
pub fn reading(walk: Walk, n: usize, draft: &Draft) -> impl IntoView + use<> {
    let (app, order) = (walk.app, walk.order());
    let language = app.lang();
    let line = order.lines.get(n).cloned();
    // A meter that is not the one on the order warns with the reading, whatever the dials say.
    let seen = draft.lines.get(n).and_then(|line| line.serial_seen.clone());
    let other_meter =
        line.as_ref().and_then(|line| line.serial.clone()).zip(seen).is_some_and(|(ours, seen)| ours != seen);
    let dials = line.as_ref().and_then(|line| usize::try_from(line.dials?).ok());
    let note = RwSignal::new(draft.note.clone().unwrap_or_default());
    let room = dials.unwrap_or(MOST_DIALS).min(MOST_DIALS);
    let before = draft.lines.get(n).and_then(|line| line.digits_typed.clone().or(line.digits.clone()));
    let digits = RwSignal::new(before.unwrap_or_default());
    let none = RwSignal::new(false);
    let complete = move || dials.map_or(!digits.get().is_empty(), |dials| digits.get().len() == dials);
    let checked = Memo::new(move |_| {
        let record = on_record(line.as_ref()?);
        let context = context(&order, app.now().today());
        complete().then(|| {
            let found = readings::check(&digits.get(), &record, &context);
            found.map(|mut found| {
                if other_meter {
                    found.warnings.insert(0, ReadingWarning::SerialMismatch);
                }
                found
            })
        })
    });
    let doubt = StoredValue::new(Doubt::default());
    let doubted = RwSignal::new(false);
    let press = move |key: char| {
        doubt.update_value(Doubt::is_typed_over);
        doubted.set(false);
        digits.update(|digits| {
            if key == '<' {
                digits.pop();
            } else if digits.len() < room {
                digits.push(key);
            }
        });
        let typed = digits.get_untracked();
        walk.types("digits", move |draft| {
            if let Some(line) = draft.lines.get_mut(n) {
                line.digits_typed = Some(typed);
            }
        });
    };
    let keyboard = move |event: ev::KeyboardEvent| match event.key().as_str() {
        "Backspace" => press('<'),
        key if key.len() == 1 && key.bytes().all(|byte| byte.is_ascii_digit()) => key.chars().for_each(press),
        _ => {}
    };
    let keys = "123456789<0"
        .chars()
        .map(|key| {
            let (test, label) = if key == '<' {
                ("digit-back".to_owned(), words::DELETE.text(language).to_owned())
            } else {
                (format!("digit-{key}"), key.to_string())
            };
            let face = if key == '<' { icon("backspace").into_any() } else { key.to_string().into_any() };
            view! { <button type="button" class="key" aria-label=label data-test=test on:click=on(move |_| press(key))>{face}</button> }
        })
        .collect_view();
    let verdict = move || {
        match checked.get() {
        None => view! { <p class="soft" data-test="reading-check" data-state="typing">{words::READING_HINT.with(language, room)}</p> }.into_any(),
        Some(Err(bad)) => view! { <p class="verdict stop" role="alert" data-test="reading-check" data-state="bad">{icon("stop")}{bad.sentence(language)}</p> }.into_any(),
        Some(Ok(found)) if found.warnings.is_empty() => view! {
            <p class="verdict go" role="status" data-test="reading-check" data-state="ok">{icon("done")}{words::READING_OK.text(language)}</p>
        }.into_any(),
        Some(Ok(found)) => view! {
            <div role="alert" class:doubted=move || doubted.get() data-test="reading-check" data-state="warned" data-codes=found.codes().unwrap_or_default()>
                {found.warnings.iter().map(|warning| view! { <p class="verdict wait">{icon("hazard")}{warning.sentence(language)}</p> }).collect_view()}
                {move || doubted.get().then(|| view! { <p class="doubt" data-test="reading-doubt"><b>{words::READING_DOUBT.text(language)}</b></p> })}
            </div>
        }.into_any(),
    }
    };
    let warned = move || checked.get().is_some_and(|found| found.is_ok_and(|found| !found.warnings.is_empty()));
    let go_on = move || {
        let Some(Ok(found)) = checked.get_untracked() else { return };
        let read = digits.get_untracked();
        walk.forward(move |draft| {
            if let Some(line) = draft.lines.get_mut(n) {
                line.checks = found.warnings.iter().map(|warning| warning.code().to_owned()).collect();
                line.confirmed = !line.checks.is_empty();
                (line.digits, line.digits_typed, line.no_read) = (Some(read), None, None);
            }
        });
    };
    view! {
        <h1>{words::READING_Q.text(language)}</h1>
        <div class="reading" tabindex="-1" autofocus on:keydown=on(keyboard)>
            <div>
                <output class="dials" data-test="digits" data-value=move || digits.get() aria-live="polite">
                    {move || (0..room.min(dials.unwrap_or(digits.get().len().max(1)))).map(|place| {
                        let digit = digits.get().chars().nth(place);
                        view! { <span class="dial" class:empty=digit.is_none()>{digit.map_or("\u{2007}".to_owned(), |digit| digit.to_string())}</span> }
                    }).collect_view()}
                </output>
                {verdict}
                // Digits of a note are not digits of the dials.
                <div on:keydown=on(|event: ev::KeyboardEvent| event.stop_propagation())>
                    {move || warned().then(|| note_field(walk, note, words::READING_NOTE))}
                </div>
            </div>
            <div class="keypad">{keys}
                <button type="button" class="key go" data-test="reading-next" aria-label=words::NEXT_STEP.text(language)
                    disabled=move || checked.get().is_none_or(|found| found.is_err()) on:click=on(move |_| {
                        let sure = !warned() || doubt.try_update_value(|doubt| doubt.confirms(uptime())) == Some(true);
                        if sure { go_on() } else { doubted.set(true) }
                    })>{icon("go")}</button>
            </div>
        </div>
        {move || none.get().then(|| view! {
            <h2>{words::READING_NONE_Q.text(language)}</h2>
            <div class="choices">
                {words::NO_READ.iter().map(|(code, text)| choice(format!("no-read-{code}"), false, text.text(language).to_owned(), move || {
                    walk.forward(move |draft| if let Some(line) = draft.lines.get_mut(n) {
                        (line.no_read, line.digits, line.digits_typed, line.confirmed) = (Some((*code).to_owned()), None, None, false);
                        line.checks.clear();
                    });
                })).collect_view()}
            </div>
        })}
        <div class="buttons primary-row">
            <button class="plain" data-test="no-read" on:click=on(move |_| none.update(|none| *none = !*none))>{words::READING_NONE.text(language)}</button>
            <button class="primary" data-test="reading-confirm" disabled=move || checked.get().is_none_or(|found| found.is_err()) on:click=on(move |_| go_on())>
                {icon("go")}{move || if warned() { words::READING_CONFIRM } else { words::NEXT_STEP }.text(language)}
            </button>
        </div>
    }
}

fn on_record(line: &PublishedLine) -> MeterOnRecord {
    MeterOnRecord {
        dials: line.dials.and_then(|dials| usize::try_from(dials).ok()),
        multiplier: line.multiplier.unwrap_or(1),
        last: line.last.clone(),
        last_on: line.last_on,
        low: line.low,
        high: line.high,
    }
}

/// A service that is to be restored was off until now; any other was on.
const fn context(order: &PublishedOrder, today: chrono::NaiveDate) -> ReadingContext {
    let service = if order.kind.is_restore() { Service::Off } else { Service::On };
    ReadingContext { service, read_on: today, today }
}
