//! On top of the day: what was taken back while the crew was on the road, and who is off and should not be.

use super::{
    browser::on,
    icons::icon,
    session::{App, Screen},
    speak, words,
};
use crate::core::view::{Recall, Restore};
use curbstop_shared::{
    ids::{FactId, OrderId},
    vocabulary::RecallReason,
};
use leptos::prelude::*;

/// A stop that is not to be done any more.
pub fn recall_card(app: App, recall: Recall, phone: Option<String>) -> impl IntoView {
    let language = app.lang();
    let order = recall.stop.order.clone();
    let id = order.id;
    let why = match recall.paid_at {
        Some(at) => words::PAID_AT.with(language, speak::time(app, at)),
        None => words::recall(recall.reason, language).to_owned(),
    };
    if recall.cut_entered {
        return entered_card(app, &recall, &why, phone).into_any();
    }
    let calls = recall.too_late && !recall.on_again;
    let then = match (recall.too_late, order.kind.is_cut()) {
        _ if recall.on_again => words::ON_AGAIN,
        (true, _) => words::DONE_ALREADY,
        (_, true) => words::DO_NOT_TURN_OFF,
        _ => words::DO_NOT,
    };
    view! {
        <div class="card recall" role="alert" data-test="recall-card" data-order=id.to_string() data-number=order.number.clone()>
            {icon("stop")}
            <p class="recall-text">
                <b>{words::RECALLED.text(language)}": "</b>{speak::address(&order)}" · "{why}", "<b>{then.text(language)}</b>
                <span class="soft">" "{order.number.clone()}</span>
            </p>
            {calls.then(|| call_dispatch(app, phone))}
            {got_it(app, id, vec![recall.fact], "primary stop")}
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
    let then = if moved { words::OFF_ASK_DISPATCH } else { words::RESTORE_NOW };
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
pub fn call_dispatch(app: App, phone: Option<String>) -> Option<impl IntoView> {
    let phone = phone?;
    let text = words::CALL_DISPATCH.text(app.lang());
    Some(
        view! { <a class="plain" data-test="call-dispatch" href=format!("tel:{phone}")>{text}" "<b class="id">{phone.clone()}</b></a> },
    )
}

/// The tap that tells dispatch that a recall was seen.
fn got_it(app: App, order: OrderId, recalls: Vec<FactId>, class: &'static str) -> impl IntoView {
    let busy = RwSignal::new(false);
    let tapped = move |_| {
        let recalls = recalls.clone();
        app.once(busy, async move {
            for fact in recalls {
                app.run(move |tablet, now, dice| tablet.acknowledge(order, &fact, now, dice)).await;
            }
            super::sync::wake();
        });
    };
    view! { <button class=class data-test="got-it" disabled=move || !app.writer.get() on:click=on(tapped)>{icon("done")}{words::GOT_IT.text(app.lang())}</button> }
}

/// Somebody is off who should not be: green and an arrow up, as everything that restores; dispatch is called first.
pub fn restore_card(app: App, restore: Restore, phone: Option<String>) -> impl IntoView {
    let language = app.lang();
    let order = restore.stop.order;
    let id = order.id;
    let why = if restore.paid { words::RESTORE_PAID } else { words::RESTORE_WHY };
    let unseen = (!restore.unseen.is_empty()).then(|| got_it(app, id, restore.unseen, "primary restore"));
    view! {
        <div class="card recall restore-now" role="alert" data-test="restore-now" data-order=id.to_string() data-number=order.number.clone()>
            {icon("restore")}
            <p class="recall-text">
                <b>{words::RESTORE.text(language)}": "</b>{speak::address(&order)}<span class="soft">" "{order.number.clone()}</span>
                <br/>{why.text(language)}
            </p>
            {call_dispatch(app, phone)}
            <button class="plain" data-test="restore-details" on:click=on(move |_| app.go(Screen::Stop(id)))>{words::DETAILS.text(language)}</button>
            {unseen}
        </div>
    }
}
