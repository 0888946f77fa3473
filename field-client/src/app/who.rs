//! Who holds the tablet: asked over whatever is shown, without a signal. What lies under it stays as it is, so that
//! after the PIN the same step of the same stop is there.

use super::{
    browser::{self, on},
    enrol::other_language,
    frame,
    icons::icon,
    recalls::call_dispatch,
    session::App,
    sync::uptime,
    walk, words,
};
use crate::core::{Person, Tablet, who::Touched};
use curbstop_shared::{ids::PersonId, pin::DIGITS};
use leptos::{ev, prelude::*};
use std::cell::Cell;

thread_local! {
    static TOUCHED: Cell<Touched> = Cell::new(Touched::default());
}

/// Somebody touches the tablet. The touch that wakes it after a long time is not meant for what is shown.
pub fn touched(app: App) {
    lock_untouched(app);
    let mut touched = TOUCHED.get();
    touched.is(browser::now(), uptime());
    TOUCHED.set(touched);
}

/// Asks who holds the tablet where nobody has touched it for long.
pub fn lock_untouched(app: App) {
    let (device, page) = (browser::now(), uptime());
    let mut touched = TOUCHED.get();
    if !app.tablet(|tablet| tablet.state().open) {
        // It counts from the moment at which somebody has said who they are, however they did that.
        touched.is(device, page);
        TOUCHED.set(touched);
    } else if touched.long_ago(device, page) {
        lock(app);
    }
}

/// Somebody else takes the tablet.
pub fn hand_on(app: App) {
    lock(app);
    if !app.tablet(|tablet| tablet.state().asks_who()) {
        browser::spawn(async move {
            app.run(|tablet, _, _| tablet.sign_in(None)).await;
        });
    }
}

fn lock(app: App) {
    walk::store_typed();
    app.touch(Tablet::lock);
    app.version.update(|version| *version += 1);
}

/// The question.
#[must_use]
pub fn who(app: App) -> impl IntoView {
    let people = move || app.tablet(|tablet| tablet.state().enrolment.clone().map(|it| it.people).unwrap_or_default());
    // Of one there is nothing to choose.
    let only = match &people()[..] {
        [person] if person.pin.is_some() => Some(person.id),
        _ => None,
    };
    let chosen = RwSignal::new(only);
    // What comes with a sync must not wipe out what is typed.
    let asked = Memo::new(move |_| chosen.get().and_then(|id| app.read(|state| state.rider(id).cloned())));
    let phone = move || app.read(|state| state.dispatch_phone().map(str::to_owned));
    view! {
        <section class="cover" data-test="who" data-person=move || chosen.get().map(|person| person.to_string())>
            {frame::banners(app)}
            {move || match asked.get() {
                Some(person) => pin(app, person, chosen, only.is_some()).into_any(),
                None => view! {
                    <div class="page">
                        {names(app, people(), chosen)}
                        <div class="buttons primary-row">{call_dispatch(app, phone())}{other_language(app)}</div>
                    </div>
                }.into_any(),
            }}
        </section>
    }
}

/// Everybody of the crew, large.
fn names(app: App, people: Vec<Person>, chosen: RwSignal<Option<PersonId>>) -> impl IntoView {
    let language = app.lang();
    let (last, begun) = app.read(|state| (state.person, !state.drafts.is_empty()));
    let why = match (people.is_empty(), begun) {
        (true, _) => words::WHO_NOBODY,
        (false, true) => words::WHO_KEPT,
        (false, false) => words::WHO_WHY,
    };
    let name = move |person: Person| {
        let (id, asks) = (person.id, person.pin.is_some());
        let was_last = (last == Some(id)).then(|| words::WHO_LAST.text(language));
        view! {
            <button class="plain" data-test="person" data-person=id.to_string() disabled=move || !app.writer.get()
                on:click=on(move |_| if asks { chosen.set(Some(id)) } else {
                    browser::spawn(async move { app.run(move |tablet, _, _| tablet.sign_in(Some(id))).await; });
                })>
                {icon("person")}{person.name}{was_last.map(|last| view! { <span class="soft">{last}</span> })}
            </button>
        }
    };
    view! {
        <h1>{words::WHO.text(language)}</h1>
        <p>{why.text(language)}</p>
        <div class="names">{people.into_iter().map(name).collect_view()}</div>
    }
}

/// What stands under the digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Nothing,
    Checking,
    Wrong,
    /// Seconds until the next try.
    Wait(i64),
    NotChecked,
}

/// The keypad for one person's PIN.
fn pin(app: App, person: Person, chosen: RwSignal<Option<PersonId>>, only: bool) -> impl IntoView {
    let language = app.lang();
    let id = person.id;
    let typed = RwSignal::new(String::new());
    let says = RwSignal::new(Says::Nothing);
    wait(app, id, says);
    let free = move || !matches!(says.get(), Says::Checking | Says::Wait(_)) && app.writer.get();
    let press = move |key: char| {
        if says.get_untracked() == Says::Wrong {
            says.set(Says::Nothing);
        }
        typed.update(|typed| match key {
            '<' => drop(typed.pop()),
            key if typed.len() < *DIGITS.end() => typed.push(key),
            _ => {}
        });
    };
    let ready = move || free() && typed.with(|typed| DIGITS.contains(&typed.len()));
    let check = move || {
        if ready() {
            says.set(Says::Checking);
            browser::spawn(gives(app, id, typed, says));
        }
    };
    let keyboard = move |event: ev::KeyboardEvent| match event.key().as_str() {
        "Backspace" => press('<'),
        "Enter" => check(),
        key if key.len() == 1 && key.bytes().all(|byte| byte.is_ascii_digit()) => key.chars().for_each(press),
        _ => {}
    };
    let keys = "123456789<0".chars().map(|key| {
        let (test, label, face) = match key {
            '<' => ("pin-back".to_owned(), words::DELETE.text(language).to_owned(), icon("backspace").into_any()),
            key => (format!("pin-{key}"), key.to_string(), key.to_string().into_any()),
        };
        view! { <button type="button" class="key" aria-label=label data-test=test on:click=on(move |_| press(key))>{face}</button> }
    });
    let name = person.name.clone();
    let line = move || {
        let (state, said) = match says.get() {
            Says::Nothing => return None,
            Says::Checking => ("checking", words::PIN_CHECKING.text(language).to_owned()),
            Says::Wrong => ("wrong", words::PIN_WRONG.with(language, &name)),
            Says::Wait(s) => ("wait", words::PIN_WAIT.with(language, format!("{}:{:02}", s / 60, s % 60))),
            Says::NotChecked => ("not-checked", words::PIN_NOT_CHECKED.text(language).to_owned()),
        };
        let class = if state == "checking" { "soft" } else { "verdict wait" };
        Some(view! { <p class=class role="status" data-test="pin-says" data-state=state>{said}</p> })
    };
    let without = words::PIN_WITHOUT.with(language, &person.name);
    view! {
        <div class="page" on:keydown=on(keyboard)>
            <h1>{icon("person")}" "{person.name}</h1>
            <div class="reading">
                <div>
                    <p>{words::PIN.text(language)}</p>
                    <output class="dials" data-test="pin" data-length=move || typed.with(String::len).to_string()>
                        {move || (0..typed.with(String::len).max(*DIGITS.start())).map(|place| {
                            let there = place < typed.with(String::len);
                            view! { <span class="dial" class:empty=!there>{if there { "•" } else { "" }}</span> }
                        }).collect_view()}
                    </output>
                    <div class="pin-says">{line}</div>
                    <p class="soft">{words::PIN_WITHOUT_WHY.text(language)}</p>
                </div>
                <div class="keypad">{keys.collect_view()}
                    <button type="button" class="key go" data-test="pin-check" aria-label=words::PIN_CHECK.text(language)
                        disabled=move || !ready() on:click=on(move |_| check())>{icon("go")}</button>
                </div>
            </div>
            <div class="buttons primary-row">
                {(!only).then(|| view! { <button class="plain" data-test="pin-other" on:click=on(move |_| chosen.set(None))>
                    {icon("back")}{words::PIN_OTHER.text(language)}
                </button> })}
                <button class="plain" data-test="pin-without" disabled=move || !app.writer.get() on:click=on(move |_| browser::spawn(async move {
                    app.run(move |tablet, _, _| tablet.goes_on_without_pin(id)).await;
                }))>{without}</button>
            </div>
        </div>
    }
}

/// A PIN is given. Where it was the right one the question is gone, and its signals with it.
async fn gives(app: App, id: PersonId, typed: RwSignal<String>, says: RwSignal<Says>) {
    let Some(check) = app.tablet(|tablet| tablet.state().rider(id).and_then(|person| person.pin.clone())) else {
        return;
    };
    let Some(derived) = browser::derive(typed.get_untracked(), &check).await else {
        says.try_set(Says::NotChecked);
        return;
    };
    let kept = app.run(move |tablet, _, _| tablet.gives_pin(id, &derived, uptime())).await;
    if app.tablet(|tablet| tablet.state().asks_who()) {
        says.try_set(if kept { Says::Wrong } else { Says::Nothing });
        typed.try_set(String::new());
        wait(app, id, says);
    }
}

/// Counts down until the next PIN may be tried.
fn wait(app: App, id: PersonId, says: RwSignal<Says>) {
    let left = app.tablet(|tablet| tablet.pin_wait(id, uptime())).whole_seconds();
    if left > 0 {
        // Where somebody else was chosen meanwhile nothing has to be counted.
        if says.try_set(Says::Wait(left)).is_none() {
            browser::later(1_000, move || wait(app, id, says));
        }
    } else if let Some(Says::Wait(_)) = says.try_get_untracked() {
        says.set(Says::Nothing);
    }
}
