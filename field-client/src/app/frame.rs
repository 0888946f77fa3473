//! What is always there: whose tablet, how old the data is, whether there is a signal, how much is not sent.

use super::{
    browser::{self, on},
    complaints, disk,
    icons::icon,
    outbox,
    recalls::call_dispatch,
    session::{App, Net, Screen},
    speak, who, words,
};
use crate::core::{entries::About, view as look};
use leptos::prelude::*;

/// The status line on top.
#[must_use]
pub fn bar(app: App, asks: Memo<bool>) -> impl IntoView {
    let crew = move || {
        let title = app.read(|state| {
            let header = look::header_of_the_day(state, app.now());
            let crew = state.enrolment.as_ref().map(|enrolment| enrolment.crew.name.clone());
            (header.map(|header| header.crew_name.clone()).or(crew), header.map(|header| header.date))
        });
        let (crew, date) = title;
        let date = date.map(|date| format!(" · {}", browser::day_text(date, app.lang()))).unwrap_or_default();
        format!("{}{date}", crew.unwrap_or_else(|| "Curbstop".to_owned()))
    };
    let net = move || {
        let (icon_name, text, class) = match app.net.get() {
            // Nobody is called any more: whether the office could be reached is not known.
            Net::Online if app.read(|state| state.revoked) => ("nosignal", words::NOT_IN_SERVICE, "net trouble"),
            Net::Online => ("signal", words::ONLINE, "net online"),
            Net::Silent => ("nosignal", words::OFFLINE, "net silent"),
            Net::Offline => ("nosignal", words::OFFLINE, "net offline"),
            Net::Trouble => ("nosignal", words::TROUBLE, "net trouble"),
            Net::Unknown => ("wait", words::CONNECTING, "net"),
        };
        let state = class.rsplit(' ').next().unwrap_or_default();
        // Since when nothing was heard tells a crew more than that nothing is heard.
        let heard_at = app.read(|state| state.contact).filter(|_| matches!(app.net.get(), Net::Silent | Net::Offline));
        let text = match heard_at {
            Some(contact) => words::NO_ANSWER.with(app.lang(), speak::time(app, contact.sent_at)),
            None => text.text(app.lang()).to_owned(),
        };
        view! { <span class=class data-test="online" data-state=state>{icon(icon_name)}{text}</span> }
    };
    let count = move || {
        let unsent = app.read(look::unsent);
        unsent.items.len() + unsent.attention.len() + unsent.photos.len()
    };
    view! {
        <header class="bar" data-test="status-bar">
            <span class="bar-crew" data-test="crew">{crew}</span>
            {move || (!asks.get()).then(|| holder(app))}
            <span class="bar-state">
                <span class="age" data-test="age">{move || age_text(app)}</span>
                {net}
            </span>
            <button class="bar-unsent" data-test="unsent" data-count=move || count().to_string()
                class:waiting=move || count() != 0 disabled=asks
                on:click=on(move |_| app.go(Screen::Outbox))>
                {icon("out")}<span>{move || unsent_text(app)}</span>
            </button>
        </header>
    }
}

/// Who holds the tablet; a tap hands it on.
fn holder(app: App) -> impl IntoView {
    let language = app.lang();
    let (name, without_pin) = app.read(|state| (state.holder().map(|person| person.name.clone()), state.without_pin));
    name.map(|name| {
        view! {
            <button class="bar-holder" data-test="holder" data-pin=(!without_pin).to_string()
                title=words::CHANGE_PERSON.text(language) disabled=move || !app.writer.get() on:click=on(move |_| who::hand_on(app))>
                {icon("person")}<span>{name}</span>
                {without_pin.then(|| view! { <span class="tag wait">{words::NO_PIN.text(language)}</span> })}
            </button>
        }
    })
}

fn age_text(app: App) -> String {
    if app.unreadable.with(Option::is_some) {
        return String::new();
    }
    let language = app.lang();
    app.clock.track();
    match app.read(|state| look::age_s(state, app.now())).map(|age| age / 60) {
        None if app.read(|state| state.contact.is_some()) => complaints::clock_went_back(language).to_owned(),
        None => words::DATA_UNKNOWN.text(language).to_owned(),
        Some(0) => words::DATA_NEW.text(language).to_owned(),
        Some(minutes) if minutes < 120 => words::DATA_MIN.with(language, minutes),
        Some(minutes) => words::DATA_HOURS.with(language, minutes / 60),
    }
}

fn unsent_text(app: App) -> String {
    // Of a disk that can't be read nobody knows what is on it.
    if app.unreadable.with(Option::is_some) {
        return String::new();
    }
    let language = app.lang();
    let unsent = app.read(look::unsent);
    let counted = |about, one: words::Text, more: words::Text| match unsent.count(about) {
        0 => None,
        1 => Some(format!("1 {}", one.text(language))),
        n => Some(format!("{n} {}", more.text(language))),
    };
    let photos = match unsent.photos.len() {
        0 => None,
        1 => Some(format!("1 {}", words::PHOTO.text(language))),
        n => Some(format!("{n} {}", words::PHOTOS.text(language))),
    };
    let parts: Vec<String> = [
        counted(About::Act, words::ACT, words::ACTS),
        counted(About::Claim, words::CLAIM, words::CLAIMS),
        counted(About::Ack, words::ACK, words::ACKS),
        counted(About::Note, words::NOTE_1, words::NOTES_N),
        counted(About::Incident, words::INCIDENT, words::INCIDENTS),
        photos,
    ]
    .into_iter()
    .flatten()
    .collect();
    let attention = match unsent.attention.len() {
        0 => None,
        1 => Some(words::ATTENTION_1.text(language).to_owned()),
        n => Some(words::ATTENTION_N.with(language, n)),
    };
    let waiting = (!parts.is_empty()).then(|| words::NOT_SENT.with(language, parts.join(" · ")));
    // Nothing is sent of a stop that is open: "everything sent" would let somebody go home with it.
    let open = match unsent.begun.len() {
        0 => None,
        1 => Some(words::OPEN_1.text(language).to_owned()),
        n => Some(words::OPEN_N.with(language, n)),
    };
    let said: Vec<String> = waiting.into_iter().chain(attention).chain(open).collect();
    let all = if app.read(look::handed_in_all) { words::HANDED_IN_ALL } else { words::ALL_SENT };
    if said.is_empty() { all.text(language).to_owned() } else { said.join(" · ") }
}

/// What the crew has to know before anything else: another tab, an update, a refusal, a tablet that is no longer known.
#[must_use]
pub fn banners(app: App) -> impl IntoView {
    let problem = move || {
        app.problem.get().map(|problem| {
            view! {
                <div class="banner stop" role="alert" data-test="problem">
                    {icon("stop")}<span>{problem}</span>
                    <button class="quiet" data-test="problem-close" on:click=on(move |_| app.problem.set(None))>"OK"</button>
                </div>
            }
        })
    };
    let other_tab = move || {
        (!app.writer.get()).then(|| {
            view! {
                <div class="banner wait stays" role="status" data-test="other-tab">
                    {icon("wait")}<span>{words::OTHER_TAB.text(app.lang())}</span>
                    <button class="quiet" data-test="work-here" on:click=on(move |_| browser::ask_to_write())>
                        {words::WORK_HERE.text(app.lang())}
                    </button>
                </div>
            }
        })
    };
    let disowned = move || {
        app.read(|state| state.disowned).then(|| {
            view! {
                <div class="banner stop" role="alert" data-test="disowned">
                    {icon("stop")}<span>{disowned_text(app)}</span>
                    {call_dispatch(app, app.read(|state| state.dispatch_phone().map(str::to_owned)))}
                    <button class="quiet" data-test="enrol-again" on:click=on(move |_| app.go(Screen::Enrol))>
                        {words::ENTER_CODE.text(app.lang())}
                    </button>
                </div>
            }
        })
    };
    let clock = move || {
        app.read(look::clock_off).map(|off| {
            view! {
                <div class="banner wait" role="status" data-test="clock-off">
                    {icon("wait")}<span>{complaints::clock_off(off, app.lang())}</span>
                </div>
            }
        })
    };
    let update = move || {
        let working = app.read(|state| !state.drafts.is_empty());
        app.update.get().then(|| {
            view! {
                <div class="banner note" role="status" data-test="update-ready">
                    {icon("restore")}<span>{words::UPDATE_READY.text(app.lang())}</span>
                    {if working {
                        words::UPDATE_AFTER.text(app.lang()).into_any()
                    } else {
                        view! {
                            <button class="quiet" data-test="update-apply"
                                on:click=on(move |_| browser::spawn(browser::take_update()))>
                                {words::UPDATE_NOW.text(app.lang())}
                            </button>
                        }.into_any()
                    }}
                </div>
            }
        })
    };
    view! { {problem} {disk::banner(app)} {other_tab} {disowned} {clock} {update} }
}

/// That the office does not take this tablet's work as its own any more, and where that work is.
fn disowned_text(app: App) -> String {
    let language = app.lang();
    if !app.read(|state| state.revoked) {
        return words::DISOWNED.text(language).to_owned();
    }
    let receipt = app.read(|state| {
        let all = look::unsent(state).items.is_empty();
        let last = look::handed_in(state).first().map(|(at, items)| (*at, items.len()));
        last.filter(|_| all)
    });
    match receipt {
        Some((at, count)) => complaints::revoked_and_handed_in(&outbox::handed_in_text(app, at, count), language),
        None => complaints::revoked(language).to_owned(),
    }
}

/// Instead of everything else where the disk can't be read: what happened and what to do. A tablet that seemed to be new
/// would be enrolled anew by its crew.
#[must_use]
pub fn unreadable(app: App) -> impl IntoView {
    let language = app.lang();
    let busy = RwSignal::new(false);
    view! {
        <section class="page narrow" role="alert" data-test="unreadable">
            <h1>{words::UNREADABLE_TITLE.text(language)}</h1>
            <p>{words::UNREADABLE.text(language)}</p>
            <p>{words::UNREADABLE_DO.text(language)}</p>
            <p class="soft">{app.unreadable.get()}</p>
            <button class="primary" data-test="unreadable-retry" on:click=on(move |_| app.once(busy, app.load()))>
                {words::TRY_AGAIN.text(language)}
            </button>
        </section>
    }
}

/// The way back.
#[must_use]
pub fn back(app: App, to: Screen) -> impl IntoView {
    view! {
        <button class="back" data-test="back" on:click=on(move |_| app.go(to))>
            {icon("back")}{move || words::BACK_TO_LIST.text(app.lang())}
        </button>
    }
}
