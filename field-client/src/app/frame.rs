//! What is always there: whose tablet, how old the data is, whether there is a signal, what is not sent.

use super::{
    browser::{self, on},
    icons::icon,
    session::{App, Net, Screen},
    sync, words,
};
use crate::core::{entries::About, view as look};
use curbstop_shared::language::Language;
use leptos::prelude::*;

/// The status line on top.
#[must_use]
pub fn bar(app: App) -> impl IntoView {
    let crew = move || {
        let title = app.read(|state| {
            let day = look::day(state, app.now());
            let crew = state.enrolment.as_ref().map(|enrolment| enrolment.crew.name.clone());
            (day.as_ref().map(|day| day.header.crew_name.clone()).or(crew), day.map(|day| day.header.date))
        });
        let (crew, date) = title;
        let date = date.map(|date| format!(" · {}", browser::day_text(date, app.lang()))).unwrap_or_default();
        format!("{}{date}", crew.unwrap_or_else(|| "Curbstop".to_owned()))
    };
    let net = move || {
        let (icon_name, text, class) = match app.net.get() {
            Net::Online => ("signal", words::ONLINE, "net online"),
            Net::Offline => ("nosignal", words::OFFLINE, "net offline"),
            Net::Trouble => ("nosignal", words::TROUBLE, "net trouble"),
            Net::Unknown => ("wait", words::CONNECTING, "net"),
        };
        let state = class.rsplit(' ').next().unwrap_or_default();
        view! { <span class=class data-test="online" data-state=state>{icon(icon_name)}{text.text(app.lang())}</span> }
    };
    view! {
        <header class="bar" data-test="status-bar">
            <span class="bar-crew" data-test="crew">{crew}</span>
            <span class="bar-state">
                <span class="age" data-test="age">{move || age_text(app)}</span>
                {net}
            </span>
            <button class="bar-unsent" data-test="unsent" data-count=move || unsent_count(app).to_string()
                class:waiting=move || unsent_count(app) != 0
                on:click=on(move |_| app.go(Screen::Outbox))>
                {icon("out")}<span>{move || unsent_text(app)}</span>
            </button>
        </header>
    }
}

fn unsent_count(app: App) -> usize {
    app.read(|state| {
        let unsent = look::unsent(state);
        unsent.items.len() + unsent.attention.len()
    })
}

fn age_text(app: App) -> String {
    let language = app.lang();
    app.clock.track();
    match app.read(|state| look::age_s(state, app.now())).map(|age| age / 60) {
        None => words::DATA_UNKNOWN.text(language).to_owned(),
        Some(0) => words::DATA_NEW.text(language).to_owned(),
        Some(minutes) if minutes < 120 => words::DATA_MIN.with(language, minutes),
        Some(minutes) => words::DATA_HOURS.with(language, minutes / 60),
    }
}

fn unsent_text(app: App) -> String {
    let language = app.lang();
    let unsent = app.read(look::unsent);
    let counted = |about, one: words::Text, more: words::Text| match unsent.count(about) {
        0 => None,
        1 => Some(format!("1 {}", one.text(language))),
        n => Some(format!("{n} {}", more.text(language))),
    };
    let parts: Vec<String> = [
        counted(About::Act, words::ACT, words::ACTS),
        counted(About::Claim, words::CLAIM, words::CLAIMS),
        counted(About::Ack, words::ACK, words::ACKS),
        counted(About::Note, words::NOTE_1, words::NOTES_N),
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
    let open = match unsent.drafts {
        0 => None,
        1 => Some(words::OPEN_1.text(language).to_owned()),
        n => Some(words::OPEN_N.with(language, n)),
    };
    let said: Vec<String> = waiting.into_iter().chain(attention).chain(open).collect();
    if said.is_empty() { words::ALL_SENT.text(language).to_owned() } else { said.join(" · ") }
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
                <div class="banner wait" role="status" data-test="other-tab">
                    {icon("wait")}<span>{words::OTHER_TAB.text(app.lang())}</span>
                </div>
            }
        })
    };
    let disowned = move || {
        app.read(|state| state.disowned).then(|| {
            view! {
                <div class="banner stop" role="alert" data-test="disowned">
                    {icon("stop")}<span>{words::DISOWNED.text(app.lang())}</span>
                    <button class="quiet" data-test="enrol-again" on:click=on(move |_| app.go(Screen::Enrol))>
                        {words::ENTER_CODE.text(app.lang())}
                    </button>
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
    view! { {problem} {other_tab} {disowned} {update} }
}

/// What the office does not have yet, and how this tablet is set.
#[must_use]
pub fn outbox(app: App) -> impl IntoView {
    let body = move || {
        let language = app.lang();
        let zone = app.zone();
        let unsent = app.read(look::unsent);
        let contact = app.read(|state| state.contact);
        let (none, all_well) =
            (unsent.items.is_empty(), unsent.items.is_empty() && unsent.attention.is_empty() && unsent.drafts == 0);
        let items = unsent
            .items
            .into_iter()
            .map(|item| {
                let about = match item.about {
                    About::Act => words::ACT,
                    About::Claim => words::CLAIM,
                    About::Ack => words::ACK,
                    About::Note => words::NOTE_1,
                };
                view! {
                    <li class="row" data-test="outbox-item">
                        {icon("out")}
                        <span class="row-main"><b class="id">{item.number}</b>" "{item.address}</span>
                        <span>{about.text(language)}</span>
                        <span class="time">{browser::time_text(item.saved_at, &zone, language)}</span>
                    </li>
                }
            })
            .collect_view();
        let attention = unsent.attention.into_iter().map(|parked| attention_row(app, &parked, language)).collect_view();
        view! {
            <h1>{words::UNSENT_TITLE.text(language)}</h1>
            {all_well.then(|| view! { <p class="good" data-test="outbox-empty">{icon("done")}{words::UNSENT_NONE.text(language)}</p> })}
            {(!none).then(|| view! { <p>{words::UNSENT_WHY.text(language)}</p> })}
            <ul class="rows" data-test="outbox">{items}{attention}</ul>
            {(unsent.drafts > 0).then(|| view! { <p>{words::UNSENT_DRAFTS.with(language, unsent.drafts)}</p> })}
            {contact.map(|contact| view! {
                <p class="soft">{words::LAST_CONTACT.with(language, browser::time_text(contact.sent_at, &zone, language))}</p>
            })}
            <div class="buttons">
                <button class="plain" data-test="sync-now" on:click=on(move |_| sync::wake())>{icon("signal")}{words::SYNC_NOW.text(language)}</button>
                <button class="plain" data-test="export" on:click=on(move |_| {
                    browser::download("curbstop-outbox.json", &app.tablet(|tablet| look::export(tablet.state())));
                })>{icon("out")}{words::EXPORT.text(language)}</button>
            </div>
        }
    };
    view! {
        <section class="page" data-test="outbox-page">
            {back(app, Screen::Day)}
            {body}
            {settings(app)}
        </section>
    }
}

fn attention_row(app: App, parked: &crate::core::Parked, language: Language) -> impl IntoView + use<> {
    let facts: Vec<_> = parked.facts.iter().map(|fact| fact.id.clone()).collect();
    let number = app.tablet(|tablet| {
        tablet
            .published(parked.order)
            .map_or_else(|_| parked.order.to_string(), |(_, _, order)| format!("{} {}", order.number, order.address))
    });
    view! {
        <li class="row attention" data-test="attention-item" data-code=parked.code.clone()>
            {icon("hazard")}
            <span class="row-main">
                <b>{words::ATTENTION_TITLE.text(language)}": "</b>{number}
                <br/>{parked.detail.clone()}
                <br/>{words::ATTENTION_WHY.text(language)}
            </span>
            <button class="plain" data-test="attention-settle" on:click=on(move |_| {
                let facts = facts.clone();
                browser::spawn(async move { app.run(move |tablet, _, _| tablet.settle_parked(facts)).await; });
            })>{words::ATTENTION_SETTLE.text(language)}</button>
        </li>
    }
}

fn settings(app: App) -> impl IntoView {
    let change = move |change: fn(&mut crate::core::entries::Settings)| {
        browser::spawn(async move {
            let mut settings = app.tablet(|tablet| tablet.state().settings.clone());
            change(&mut settings);
            let spanish = settings.spanish;
            if app.run(move |tablet, _, _| tablet.settle(settings)).await {
                app.language.set(if spanish { Language::Es } else { Language::En });
            }
        });
    };
    move || {
        let language = app.lang();
        let settings = app.read(|state| state.settings.clone());
        let (damaged, person) = app.read(|state| {
            let named = |person| state.enrolment.as_ref()?.people.iter().find(|known| known.id == person).cloned();
            (state.damaged.len(), state.person.and_then(named))
        });
        let disk = match app.durable.get().as_str() {
            "kept" => words::DISK_KEPT,
            "may be cleared" => words::DISK_MAY_GO,
            _ => words::DISK_UNKNOWN,
        };
        view! {
            <h2>{words::SETTINGS.text(language)}</h2>
            <p data-test="storage-persisted" data-state=app.durable.get()>
                <b>{words::DISK.text(language)}": "</b>{disk.text(language)}
            </p>
            {(damaged > 0).then(|| view! { <p class="bad" data-test="damaged">{words::DAMAGED.with(language, damaged)}</p> })}
            <div class="buttons">
                <button class="plain" data-test="theme" on:click=on(move |_| change(|settings| settings.dark = !settings.dark))>
                    {if settings.dark { words::SUN } else { words::DARK }.text(language)}
                </button>
                <button class="plain" data-test="language" on:click=on(move |_| change(|settings| settings.spanish = !settings.spanish))>
                    {words::OTHER_LANGUAGE.text(language)}
                </button>
                <button class="plain" data-test="hand" on:click=on(move |_| change(|settings| settings.left_hand = !settings.left_hand))>
                    {if settings.left_hand { words::RIGHT_HAND } else { words::LEFT_HAND }.text(language)}
                </button>
                <button class="plain" data-test="change-person" on:click=on(move |_| browser::spawn(async move {
                    app.run(move |tablet, _, _| tablet.sign_in(None)).await;
                }))>
                    {icon("person")}{words::CHANGE_PERSON.text(language)}
                    {person.map(|person| format!(" ({})", person.name))}
                </button>
            </div>
        }
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
