//! On top of the day: what was taken back while the crew was on the road, and who is off and should not be.

use super::{
    browser::on,
    icons::icon,
    session::{App, Screen},
    speak, words,
};
use crate::core::view::{Recall, Restore};
use curbstop_shared::ids::{FactId, OrderId};
use leptos::prelude::*;

/// A stop that is not to be done any more.
pub fn recall_card(app: App, recall: Recall) -> impl IntoView {
    let language = app.lang();
    let order = recall.stop.order;
    let id = order.id;
    let why = match recall.paid_at {
        Some(at) => words::PAID_AT.with(language, speak::time(app, at)),
        None => words::recall(recall.reason, language).to_owned(),
    };
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
            {got_it(app, id, vec![recall.fact], "primary stop")}
        </div>
    }
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
    view! { <button class=class data-test="got-it" on:click=on(tapped)>{icon("done")}{words::GOT_IT.text(app.lang())}</button> }
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
            {phone.map(|phone| view! { <a class="plain" data-test="call-dispatch" href=format!("tel:{phone}")>{words::CALL_DISPATCH.text(language)}</a> })}
            <button class="plain" data-test="restore-details" on:click=on(move |_| app.go(Screen::Stop(id)))>{words::DETAILS.text(language)}</button>
            {unseen}
        </div>
    }
}
