//! One stop in full: what, where, what is known, what became of it.

use super::{
    browser::on,
    card, day,
    emergency::emergency,
    frame::back,
    icons::icon,
    recalls::{call_dispatch, record_restore},
    session::{App, Screen},
    speak, sync, walk, words,
};
use crate::core::view::{self as look, Standing, StopInFull};
use curbstop_shared::{ids::OrderId, written::as_written};
use leptos::prelude::*;

/// Longest note, in characters; a fact takes 4,096 bytes.
pub const NOTE_CHARS: &str = "1000";

/// The screen.
#[must_use]
pub fn stop(app: App, id: OrderId) -> impl IntoView {
    let full = Memo::new(move |_| app.read(|state| look::stop_in_full(state, id, app.now())));
    // What was half-typed before the app was killed is there again.
    let note = RwSignal::new(app.tablet(|tablet| tablet.state().half_notes.get(&id).cloned()).unwrap_or_default());
    let busy = RwSignal::new(false);
    let typed = move |text: String| {
        note.set(text.clone());
        walk::types(app, "stop-note", Box::new(move |tablet| tablet.half_note(id, text)));
    };
    let body = move || full.get().map(|full| body(app, id, full));
    view! {
        <section class="page" data-test="stop" data-order=id.to_string()>
            <div class="walk-head">{back(app, Screen::Day)}{emergency(app, id)}</div>
            {body}
            <form class="note-form" on:submit=on(move |event: leptos::ev::SubmitEvent| {
                event.prevent_default();
                let text = note.get_untracked();
                app.once(busy, async move {
                    if app.run(move |tablet, now, dice| tablet.note(id, &text, now, dice)).await {
                        walk::drop_typed();
                        note.try_set(String::new());
                        sync::wake();
                    }
                });
            })>
                <label for="note">{move || words::WRITE_NOTE.text(app.lang())}</label>
                <textarea id="note" disabled=move || !app.writer.get() rows="2" maxlength=NOTE_CHARS data-test="stop-note" prop:value=note
                    on:input=on(move |event| typed(event_target_value(&event))) on:blur=on(move |_| walk::store_typed())></textarea>
                <button class="plain" data-test="stop-note-save" disabled=move || !app.writer.get()>{icon("note")}{move || words::SAVE_NOTE.text(app.lang())}</button>
            </form>
        </section>
    }
}

fn body(app: App, id: OrderId, full: StopInFull) -> impl IntoView {
    let language = app.lang();
    let order = full.stop.order.clone();
    let (symbol, class) = speak::face_of(&full.stop);
    let (standing_icon, standing) = speak::standing(app, &full.stop);
    let cut = order.kind.is_cut();
    let receipt = speak::receipt(app, &full.stop);
    let received = full.stop.saved.is_some_and(|saved| saved.received_at.is_some() && !saved.handed_in);
    let restore = full.stop.restore_now;
    let why_restore = speak::restore_why(app, full.why_restore, full.stop.restore_went);
    let why_restore = speak::tried(app, why_restore, full.stop.tried);
    let to_do = matches!(full.stop.standing, Standing::ToDo | Standing::Unable(_)) || full.stop.begun;
    let label = match (&full.stop.standing, full.stop.begun) {
        (_, true) => words::CONTINUE,
        (Standing::ToDo, _) => words::AT_THE_DOOR,
        // It waits for the word of the office: what may be recorded there meanwhile is no visit again.
        _ if full.stop.waits_for_the_office() => words::RECORD_HERE,
        _ => words::VISIT_AGAIN,
    };
    let notes = full.notes.iter().map(|(at, text)| {
        view! { <li class="row"><span class="time">{speak::time(app, *at)}</span><span class="row-main">{text.clone()}</span></li> }
    }).collect_view();
    let incidents: Vec<_> = full.incidents.iter().map(|(at, code)| {
        let what = words::capital(&as_written(code, language));
        view! { <li class="row"><span class="time">{speak::time(app, *at)}</span><span class="row-main">{icon("hazard")}{what}</span></li> }
    }).collect();
    let noted = !full.notes.is_empty();
    let may_be_visited = full.stop.may_be_visited();
    view! {
        <article class=format!("card {class}")>
            <div class="card-head">
                <span class="id">{order.number.clone()}</span>
                <h1 class="task">{icon(symbol)}<span>{speak::task(app, &order)}</span></h1>
            </div>
            <p class="address">{speak::address(&order)}</p>
            {card::meters(app, &order)}
            {card::closed_with(app, &full.closed_with)}
            {card::hazards(app, &order)}
            {restore.then(|| view! {
                <div class="banner good" role="alert">
                    {icon("restore")}<span><b>{(if full.stop.restore_went { words::RESTORE_WENT_TITLE } else { words::RESTORE }).text(language)}</b>" · "{why_restore}</span>
                    {call_dispatch(app, full.header.dispatch_phone.clone())}
                    {(!full.stop.restore_went).then(|| record_restore(app, id))}
                </div>
            })}
            {card::worked_before(app, &full.stop, full.header.dispatch_phone)}
            {(!standing.is_empty()).then(|| view! { <p class="standing" data-test="standing" data-standing=speak::standing_code(&full.stop.standing)>{icon(standing_icon)}{standing}</p> })}
            {receipt.map(|receipt| view! { <p class="receipt" data-test="receipt" data-received=received.to_string()>{icon(if received { "done" } else { "out" })}{receipt}</p> })}
            <dl class="pairs">
                {order.name.clone().map(|name| card::pair(words::CUSTOMER.text(language), "", name))}
                {order.account.clone().map(|account| card::pair(words::ACCOUNT.text(language), "id", account))}
                {order.note.clone().map(|note| card::pair(words::OFFICE_NOTE.text(language), "", note))}
            </dl>
            <p class="facts">{card::due(app, &full.stop)}{cut.then(|| card::owed(app, &order))}{(cut && full.stop.standing.is_ahead()).then(|| card::permit_clock(app, id))}</p>
            <div class="buttons primary-row">
                {card::navigate(app, &order)}
                {may_be_visited.then(|| view! {
                    <button class=if to_do { "primary" } else { "plain" } data-test=if to_do { "at-the-door" } else { "visit-again" } disabled=move || !app.writer.get() on:click=on(move |_| day::arrive(app, id))>
                        {icon("go")}{label.text(language)}
                    </button>
                })}
            </div>
        </article>
        {(!incidents.is_empty()).then(move || view! { <h2>{words::capital(words::INCIDENTS.text(language))}</h2><ul class="rows" data-test="incidents">{incidents}</ul> })}
        {noted.then(|| view! { <h2>{words::NOTES.text(language)}</h2><ul class="rows" data-test="notes">{notes}</ul> })}
    }
}
