//! What the office does not have yet, one by one, and how this tablet is set.

use super::{
    browser::{self, on},
    complaints, day,
    frame::back,
    icons::icon,
    session::{App, Screen},
    sync, who, words,
};
use crate::core::{
    Tablet,
    entries::{About, Settings},
    view::{self as look, UnsentPhoto},
};
use curbstop_shared::{language::Language, time::Micros};
use leptos::prelude::*;

/// The screen.
#[must_use]
pub fn outbox(app: App) -> impl IntoView {
    let body = move || {
        let language = app.lang();
        let zone = app.zone();
        let unsent = app.read(look::unsent);
        let contact = app.read(|state| state.contact);
        let none = unsent.items.is_empty() && unsent.photos.is_empty();
        let all_well = none && unsent.attention.is_empty() && unsent.begun.is_empty();
        let handed_in_all = app.read(look::handed_in_all);
        let empty = if handed_in_all { words::HANDED_IN_LEFT } else { words::UNSENT_NONE };
        let items = unsent
            .items
            .into_iter()
            .map(|item| {
                let about = match item.about {
                    About::Act => words::ACT,
                    About::Claim => words::CLAIM,
                    About::Ack => words::ACK,
                    About::Note => words::NOTE_1,
                    About::Incident => words::INCIDENT,
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
        let photos = unsent.photos.into_iter().map(|photo| photo_row(app, photo, &zone, language)).collect_view();
        let begun = (!unsent.begun.is_empty()).then(|| {
            let rows = unsent.begun.iter().map(|stop| day::begun_row(app, stop, "outbox-begun")).collect_view();
            view! { <h2>{words::UNSENT_DRAFTS.text(language)}</h2><ul class="rows">{rows}</ul> }
        });
        let attention = unsent.attention.into_iter().map(|parked| attention_row(app, &parked, language)).collect_view();
        view! {
            <h1>{words::UNSENT_TITLE.text(language)}</h1>
            {all_well.then(|| view! { <p class="good" data-test="outbox-empty">{icon("done")}{empty.text(language)}</p> })}
            {(!none).then(|| view! { <p>{words::UNSENT_WHY.text(language)}</p> })}
            <ul class="rows" data-test="outbox">{items}{photos}{attention}</ul>
            {begun}
            {handed_in(app)}
            {contact.map(|contact| view! {
                <p class="soft">{words::LAST_CONTACT.with(language, browser::time_text(contact.sent_at, &zone, language))}</p>
            })}
            <div class="buttons">
                <button class="plain" data-test="sync-now" disabled=move || !app.writer.get() on:click=on(move |_| sync::wake())>{icon("signal")}{words::SYNC_NOW.text(language)}</button>
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

fn photo_row(app: App, photo: UnsentPhoto, zone: &str, language: Language) -> impl IntoView + use<> {
    let UnsentPhoto { name, number, address, size_kb, taken_at } = photo;
    let is_unnamed = app.tablet(|tablet| tablet.office_has_no_act(&name));
    let busy = RwSignal::new(false);
    let throw_away = move |_| {
        let name = name.clone();
        app.once(busy, async move {
            app.run(move |tablet, _, _| tablet.throws_photo_away(&name)).await;
        });
    };
    view! {
        <li class="row" data-test="outbox-photo" data-unnamed=is_unnamed.to_string()>
            {icon("out")}
            <span class="row-main">
                <b class="id">{number}</b>" "{address}
                {is_unnamed.then(|| view! { <br/><span class="soft">{words::PHOTO_NO_ACT.text(language)}</span> })}
            </span>
            <span>{words::PHOTO.text(language)}" · "{size_kb}" KB"</span>
            <span class="time">{browser::time_text(taken_at, zone, language)}</span>
            {is_unnamed.then(|| view! {
                <button class="plain" data-test="photo-throw-away" disabled=move || !app.writer.get() on:click=on(throw_away)>
                    {words::PHOTO_DROP.text(language)}
                </button>
            })}
        </li>
    }
}

/// The receipts for what was handed in: when, how much, and of which stops.
#[must_use]
pub fn handed_in(app: App) -> impl IntoView {
    let receipts = app.read(|state| {
        let told = look::handed_in(state).into_iter().map(|(at, items)| {
            let mut numbers: Vec<String> = items.iter().map(|item| item.number.clone()).collect();
            numbers.dedup();
            (at, items.len(), numbers.join(" · "), look::handed_in_photos(state, &items))
        });
        told.collect::<Vec<_>>()
    });
    let receipts = receipts.into_iter().map(|(at, count, numbers, (arrived, photos))| {
        let photos = match photos {
            0 => String::new(),
            all => words::HANDED_IN_PHOTOS.with(app.lang(), arrived).replacen("{}", &all.to_string(), 1),
        };
        view! {
            <li class="row" data-test="handed-in" data-count=count.to_string()>
                {icon("done")}<span class="row-main"><b>{handed_in_text(app, at, count) + &photos}</b><span class="id">{numbers}</span></span>
            </li>
        }
    });
    let receipts = receipts.collect_view();
    view! { <ul class="rows">{receipts}</ul> }
}

/// "Handed in 03:38: 2 entries, dispatch decides."
#[must_use]
pub fn handed_in_text(app: App, at: Micros, count: usize) -> String {
    let language = app.lang();
    let text = if count == 1 { words::HANDED_IN_1 } else { words::HANDED_IN_N };
    text.with(language, browser::time_text(at, &app.zone(), language)).replacen("{}", &count.to_string(), 1)
}

fn attention_row(app: App, parked: &crate::core::Parked, language: Language) -> impl IntoView + use<> {
    let busy = RwSignal::new(false);
    let facts: Vec<_> = parked.facts.iter().map(|fact| fact.id.clone()).collect();
    let again = facts.clone();
    let mine = app.read(|state| {
        state.holder().filter(|holder| parked.may_be_signed_by(holder.id)).map(|holder| holder.name.clone())
    });
    let (test, as_what) = match &mine {
        Some(name) => ("attention-mine", words::ATTENTION_MINE.with(language, name)),
        None => ("attention-again", complaints::send_again(language).to_owned()),
    };
    let is_mine = mine.is_some();
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
                <br/>{complaints::parked(&parked.code, language)}
                <br/><span class="soft">{parked.detail.clone()}</span>
                <br/>{words::ATTENTION_WHY.text(language)}
            </span>
            <button class="plain" data-test=test disabled=move || !app.writer.get() on:click=on(move |_| {
                let facts = again.clone();
                app.once(busy, async move {
                    let made = move |tablet: &mut Tablet| {
                        if is_mine { tablet.record_parked_as_mine(&facts) } else { tablet.send_parked_again(&facts) }
                    };
                    if app.run(move |tablet, _, _| made(tablet)).await {
                        sync::wake();
                    }
                });
            })>{as_what}</button>
            <button class="plain" data-test="attention-settle" disabled=move || !app.writer.get() on:click=on(move |_| {
                let facts = facts.clone();
                app.once(busy, async move { app.run(move |tablet, _, _| tablet.settle_parked(facts)).await; });
            })>{words::ATTENTION_SETTLE.text(language)}</button>
        </li>
    }
}

fn settings(app: App) -> impl IntoView {
    let change = move |change: fn(&mut Settings, Language)| {
        browser::spawn(async move {
            let mut settings = app.tablet(|tablet| tablet.state().settings.clone());
            let now = app.language.get_untracked();
            change(&mut settings, now);
            let language = settings.language(now);
            if app.run(move |tablet, _, _| tablet.settle(settings)).await {
                app.language.set(language);
            }
        });
    };
    let scans = RwSignal::new(false);
    browser::spawn(async move {
        scans.try_set(browser::can_scan().await);
    });
    move || {
        let language = app.lang();
        let settings = app.read(|state| state.settings.clone());
        let (damaged, person) = app.read(|state| (state.damaged.len(), state.holder().cloned()));
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
            <p data-test="scans" data-state=scans.get().to_string()>
                <b>{words::SCANS.text(language)}": "</b>{if scans.get() { words::SCANS_YES } else { words::SCANS_NO }.text(language)}
            </p>
            {(damaged > 0).then(|| view! { <p class="bad" data-test="damaged">{words::DAMAGED.with(language, damaged)}</p> })}
            <div class="buttons">
                <button class="plain" data-test="theme" disabled=move || !app.writer.get() on:click=on(move |_| change(|settings, _| settings.dark = !settings.dark))>
                    {if settings.dark { words::SUN } else { words::DARK }.text(language)}
                </button>
                <button class="plain" data-test="language" disabled=move || !app.writer.get() on:click=on(move |_| change(|settings, now| settings.spanish = Some(now == Language::En)))>
                    {words::OTHER_LANGUAGE.text(language)}
                </button>
                <button class="plain" data-test="hand" disabled=move || !app.writer.get() on:click=on(move |_| change(|settings, _| settings.left_hand = !settings.left_hand))>
                    {if settings.left_hand { words::RIGHT_HAND } else { words::LEFT_HAND }.text(language)}
                </button>
                <button class="plain" data-test="change-person" disabled=move || !app.writer.get() on:click=on(move |_| who::hand_on(app))>
                    {icon("person")}{words::CHANGE_PERSON.text(language)}
                    {person.map(|person| format!(" ({})", person.name))}
                </button>
            </div>
        }
    }
}
