//! On top of the day: what was taken back while the crew was on the road, and who is off and should not be.

use super::{
    browser::{self, on},
    card, day,
    icons::icon,
    session::{App, Screen},
    speak,
    sync::{uptime, wake},
    walk::store_typed,
    words,
};
use crate::core::{
    taps::News,
    view::{self as look, Recall, Restore, Stop},
};
use curbstop_shared::{
    ids::{FactId, OrderId},
    vocabulary::RecallReason,
};
use leptos::prelude::*;
use std::cell::RefCell;

thread_local! {
    static NEWS: RefCell<News> = RefCell::default();
}

/// A stop that is not to be done any more, or several that went together.
pub fn recall_card(app: App, recalls: &[Recall], phone: Option<String>) -> AnyView {
    let Some(recall) = recalls.first() else { return ().into_any() };
    let language = app.lang();
    let order = recall.stop.order.clone();
    let id = order.id;
    let why = match recall.paid_at {
        Some(at) => words::PAID_AT.with(language, speak::time(app, at)),
        None => words::recall(recall.reason, language).to_owned(),
    };
    if recall.cut_entered {
        return entered_card(app, recall, &why, phone).into_any();
    }
    let count = recalls.len();
    let (test, stops, number) = match count {
        1 => ("recall-card", speak::address(&order), order.number.clone()),
        _ => ("recall-together", words::RECALLED_N.with(language, count), String::new()),
    };
    let named =
        recalls.iter().map(|recall| format!("{} {}", speak::address(&recall.stop.order), recall.stop.order.number));
    let named: Vec<String> = if count > 1 { named.collect() } else { Vec::new() };
    let seen = recalls.iter().map(|recall| (recall.stop.order.id, recall.fact.clone())).collect();
    let calls = recall.too_late && !recall.on_again;
    let then = match (recall.too_late, order.kind.is_cut()) {
        _ if recall.on_again => words::ON_AGAIN,
        (true, _) => words::DONE_ALREADY,
        (_, true) => words::DO_NOT_TURN_OFF,
        _ => words::DO_NOT,
    };
    view! {
        <div class="card recall" role="alert" data-test=test data-count=count.to_string() data-order=id.to_string() data-number=order.number.clone()>
            {icon("stop")}
            <p class="recall-text">
                <b>{words::RECALLED.text(language)}": "</b>{stops}" · "{why}", "<b>{then.text(language)}</b>
                <span class="soft">" "{number}</span>
            </p>
            {calls.then(|| call_dispatch(app, phone))}
            <p class="together">{named.join("\n")}</p>
            {got_it(app, seen, "primary stop")}
        </div>
    }
    .into_any()
}

/// It was taken back after a cut was entered and before that was saved: first the crew says how it left the service.
fn entered_card(app: App, recall: &Recall, why: &str, phone: Option<String>) -> impl IntoView + use<> {
    let language = app.lang();
    let order = recall.stop.order.clone();
    let id = order.id;
    // Only gone from this route: whether it is to be on is for dispatch to say.
    let moved = matches!(recall.reason, RecallReason::Moved | RecallReason::TakenOff);
    let then = if moved { words::ENTERED_ASK_DISPATCH } else { words::RESTORE_NOW };
    view! {
        <div class="card recall restore-now" role="alert" data-test="recall-entered" data-order=id.to_string() data-number=order.number.clone()>
            {icon("restore")}
            <p class="recall-text">
                <b>{words::RECALLED.text(language)}": "</b>{speak::address(&order)}" · "{why.to_owned()}<span class="soft">" "{order.number.clone()}</span>
                <br/><b>{then.text(language)}</b>
            </p>
            {moved.then(|| call_dispatch(app, phone))}
            <button class="primary restore" data-test="recall-open" disabled=move || !app.writer.get() on:click=on(move |_| app.go(Screen::Walk(id)))>{icon("go")}{words::CONTINUE.text(language)}</button>
        </div>
    }
}

/// The number of dispatch, where the office gave one: to be read and dialled, and called with a tap where the tablet can.
pub fn call_dispatch(app: App, phone: Option<String>) -> Option<AnyView> {
    let phone = phone?;
    let text = words::CALL_DISPATCH.text(app.lang());
    Some(
        view! { <a class="plain" data-test="call-dispatch" href=format!("tel:{phone}")>{text}" "<b class="id">{phone.clone()}</b></a> }.into_any(),
    )
}

/// The tap that tells dispatch that recalls were seen: those that were on the card long enough to be read.
fn got_it(app: App, recalls: Vec<(OrderId, FactId)>, class: &'static str) -> impl IntoView {
    let busy = RwSignal::new(false);
    NEWS.with_borrow_mut(|news| news.shows(&recalls, uptime()));
    let tapped = move |_| {
        let mut recalls = recalls.clone();
        NEWS.with_borrow(|news| news.meant(&mut recalls, uptime()));
        if recalls.is_empty() {
            return;
        }
        app.once(busy, async move {
            app.run(move |tablet, now, dice| tablet.acknowledge_all(&recalls, now, dice)).await;
            wake();
        });
    };
    view! { <button class=class data-test="got-it" disabled=move || !app.writer.get() on:click=on(tapped)>{icon("done")}{words::GOT_IT.text(app.lang())}</button> }
}

/// The crew has turned it on, or is about to: recorded as a visit of its own, with or without a signal.
pub fn record_restore(app: App, order: OrderId) -> AnyView {
    let record = move |_| {
        browser::spawn(async move {
            let at = app.now();
            if app.run(move |tablet, _, dice| tablet.arrive_to_restore(order, at, dice)).await {
                app.just_saved.set(None);
                app.go(Screen::Walk(order));
            }
        });
    };
    view! { <button class="plain" data-test="restore-record" disabled=move || !app.writer.get() on:click=on(record)>{icon("restore")}{words::RESTORE_RECORD.text(app.lang())}</button> }.into_any()
}

/// Somebody is off who should not be: green and an arrow up, as everything that restores. One card a house: where the
/// crew has the reconnect it leads to that door, else dispatch is called first.
pub fn restore_card(app: App, restore: Restore, phone: Option<String>) -> AnyView {
    let language = app.lang();
    let order = restore.stop.order.clone();
    let id = order.id;
    let went = restore.is_anothers();
    let why = match restore.reconnect.is_some() {
        true if restore.why.paid => words::RESTORE_YOURS_PAID.text(language).to_owned(),
        true => words::RESTORE_YOURS.text(language).to_owned(),
        false => speak::restore_why(app, restore.why, went),
    };
    let why = speak::tried(app, why, restore.stop.tried);
    let to = restore.leads_to();
    let reconnect = restore.reconnect.filter(Stop::may_be_visited);
    let number = reconnect.as_ref().unwrap_or(&restore.stop).order.number.clone();
    let known = reconnect.as_ref().map(|stop| {
        let closed = app.read(|state| look::closed_with(state, &stop.order, app.now()));
        view! { {card::closed_with(app, &closed)}{card::hazards(app, &stop.order)}{card::due(app, stop)} }
    });
    let calls = reconnect.is_none().then(|| call_dispatch(app, phone));
    let begun = restore.stop.begun || reconnect.as_ref().is_some_and(|stop| stop.begun);
    let button = (begun || reconnect.is_some()).then(|| {
        let label = if begun { words::CONTINUE } else { words::AT_THE_DOOR }.text(language);
        view! {
            <button class="primary restore" data-test="at-the-door" disabled=move || !app.writer.get() on:click=on(move |_| day::arrive(app, to))>{icon("go")}{label}</button>
        }
    });
    let records = (button.is_none() && !went).then(|| record_restore(app, id));
    let unseen = (!restore.unseen.is_empty())
        .then(|| got_it(app, restore.unseen, if button.is_some() { "plain" } else { "primary restore" }));
    view! {
        <div class="card recall restore-now" role="alert" data-test="restore-now" data-order=id.to_string() data-number=order.number.clone()>
            {icon("restore")}
            <div class="recall-text">
                <b>{(if went { words::RESTORE_WENT_TITLE } else { words::RESTORE }).text(language)}": "</b>{speak::address(&order)}<span class="soft">" "{number}</span>
                <br/>{why}
                {known}
            </div>
            <div class="recall-buttons">
                {calls}
                {records}
                <button class="plain" data-test="restore-details" on:click=on(move |_| app.go(Screen::Stop(to)))>{words::DETAILS.text(language)}</button>
                {unseen}
                {button}
            </div>
        </div>
    }
    .into_any()
}

/// At another door: who is to be turned back on since the crew last saw its list. A tap leads there; the stop at hand
/// is kept.
pub fn turned_up(app: App, at: OrderId) -> impl IntoView {
    let news = Memo::new(move |_| app.read(|state| look::turned_up_meanwhile(state, at, app.now())));
    move || {
        let lines = news.get().into_iter().map(|one| {
            let text = if one.paid { words::MEANWHILE_PAID } else { words::MEANWHILE_ON };
            let (to, id) = (one.leads_to, one.stop.order.id);
            let go = move |_| {
                store_typed();
                app.go(Screen::Stop(to));
            };
            view! {
                <button class="banner good strip" role="alert" data-test="turn-back-on" data-order=id.to_string() on:click=on(go)>
                    {icon("restore")}<span>{text.with(app.lang(), speak::address(&one.stop.order))}</span>{icon("go")}
                </button>
            }
        });
        lines.collect_view()
    }
}
