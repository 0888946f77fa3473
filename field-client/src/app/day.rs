//! The day's list: recalls on top, the next stop large, the others in route order, what is done folded away.

use super::{
    browser::{self, on},
    card::{banner, closed_with, due, hazard_words, hazards, meters, navigate, owed, permit_clock, worked_before},
    icons::icon,
    outbox,
    recalls::{call_dispatch, recall_card, restore_card},
    session::{App, Screen},
    sketch::sketch,
    speak, words,
};
use crate::core::view::{self as look, Begun, Day, Left, Stop};
use curbstop_shared::ids::OrderId;
use leptos::prelude::*;

/// Rows of the list that are painted at once: as many as the screen shows below the next stop.
const ROWS_AT_ONCE: usize = 6;
/// Most rows that are painted later at a time: a tap waits no longer than for these.
const MORE_ROWS_MAX: usize = 24;

/// The screen.
#[must_use]
pub fn day(app: App) -> impl IntoView {
    // The list changes with what is known, not with every tick of the clock.
    let list = Memo::new(move |_| app.read(|state| look::day(state, app.now())));
    let behind_open = RwSignal::new(false);
    let painted = RwSignal::new(ROWS_AT_ONCE);
    paint_on(painted, move || list.with_untracked(|day| day.as_ref().map_or(0, |day| day.ahead.len())));
    move || match list.get() {
        None => {
            let (title, why) = if app.read(|state| state.revoked) {
                (words::OUT_OF_SERVICE, words::OUT_OF_SERVICE_WHY)
            } else {
                (words::NO_ROUTE, words::NO_ROUTE_WHY)
            };
            view! {
                <section class="page narrow" data-test="no-route">
                    <h1>{title.text(app.lang())}</h1>
                    <p>{why.text(app.lang())}</p>
                    {outbox::handed_in(app)}
                </section>
            }
            .into_any()
        }
        Some(day) => listed(app, day, behind_open, painted).into_any(),
    }
}

/// Paints the rest of the list, some rows at a time whenever nothing else is to be done: whoever comes from a save reads
/// "saved" and the next stop first, and a tap in between does not wait for a hundred rows.
fn paint_on(painted: RwSignal<usize>, rows: impl Fn() -> usize + 'static) {
    browser::when_idle(move || {
        // Where the list has been left meanwhile there is nothing to paint.
        let Some(before) = painted.try_get_untracked() else { return };
        if before <= rows() {
            painted.set(before + before.min(MORE_ROWS_MAX));
            paint_on(painted, rows);
        } else {
            painted.set(usize::MAX);
        }
    });
}

/// What lies behind so many rows of the list, once those are painted.
fn painted_later(painted: RwSignal<usize>, rows: usize, paint: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    let paint: Box<dyn Fn() -> AnyView + Send> = Box::new(paint);
    let reached = Memo::new(move |_| painted.get() > rows);
    (move || reached.get().then(&paint)).into_any()
}

fn listed(app: App, day: Day, behind_open: RwSignal<bool>, painted: RwSignal<usize>) -> impl IntoView {
    let language = app.lang();
    let other_day = day.header.date != app.now().today();
    let drawn = day.clone();
    let picture = painted_later(painted, day.ahead.len(), move || sketch(app, &drawn).into_any());
    let elsewhere = (!day.begun_elsewhere.is_empty()).then(|| {
        let rows = day.begun_elsewhere.iter().map(|stop| begun_row(app, stop, "begun-elsewhere")).collect_view();
        view! { <ul class="rows">{rows}</ul> }
    });
    let all_behind = (day.next.is_none() && day.begun_elsewhere.is_empty()).then(|| all_behind(app, &day.left()));
    let phone = day.header.dispatch_phone;
    let recalls = look::told_together(day.recalls).into_iter().map(|recalls| recall_card(app, &recalls, phone.clone()));
    let recalls = recalls.collect_view();
    let restores = day.restores.into_iter().map(|restore| restore_card(app, restore, phone.clone())).collect_view();
    let ahead = day.ahead.chunks(ROWS_AT_ONCE).enumerate().map(|(n, stops)| {
        let stops = stops.to_vec();
        let rows = move || stops.iter().map(|stop| row(app, stop)).collect_view().into_any();
        painted_later(painted, n * ROWS_AT_ONCE, rows)
    });
    let ahead = ahead.collect_view();
    let behind = day.behind;
    let count = behind.len();
    let rows = move || behind_open.get().then(|| behind.iter().map(|stop| row(app, stop)).collect_view());
    view! {
        <section class="page day" data-test="day">
            {other_day.then(|| banner("banner wait", "wait", "other-day", words::OTHER_DAY.text(language).to_owned(), None))}
            {restores}
            {recalls}
            {elsewhere}
            {day.next.map(|stop| next_card(app, &stop, day.total, phone))}
            {all_behind}
            <ol class="rows" data-test="ahead" aria-label=words::AHEAD.text(language)>
                {ahead}
            </ol>
            {(count > 0).then(|| view! {
                <button class="fold" data-test="behind-toggle" aria-expanded=move || behind_open.get().to_string()
                    on:click=on(move |_| behind_open.update(|open| *open = !*open))>
                    {icon("done")}{format!("{} ({count})", words::BEHIND.text(language))}
                    <span class="soft">{move || if behind_open.get() { words::HIDE } else { words::SHOW }.text(language)}</span>
                </button>
                <ol class="rows" data-test="behind" aria-label=words::BEHIND.text(language)>{rows}</ol>
            })}
            {picture}
        </section>
    }
}

/// No stop is ahead any more: the crew may go home, or what is left before that.
fn all_behind(app: App, left: &[Left]) -> AnyView {
    let language = app.lang();
    let (symbol, class, title) = match left {
        [] | [Left::Unsent] => ("done", "card finished", words::ALL_DONE),
        _ => ("wait", "card finished left", words::LEFT_TITLE),
    };
    let mut said: Vec<String> = left
        .iter()
        .map(|left| match left {
            Left::TurnBackOn(order) => words::LEFT_TURN_ON.with(language, speak::address(order)),
            Left::Suspended(stops) => words::LEFT_SUSPENDED.with(language, stops),
            Left::Recalls => words::LEFT_RECALLS.text(language).to_owned(),
            Left::Unsent => words::ALL_DONE_WHY.text(language).to_owned(),
        })
        .collect();
    if said.is_empty() {
        said.push(words::ALL_DONE_SENT.text(language).to_owned());
    }
    let said = said.into_iter().map(|said| view! { <p>{said}</p> }).collect_view();
    view! { <div class=class data-test="all-done" data-left=left.len().to_string()>{icon(symbol)}<h1>{title.text(language)}</h1>{said}</div> }
        .into_any()
}

/// A stop that was begun and not saved, wherever it stands: a tap leads back to its door.
#[must_use]
pub fn begun_row(app: App, stop: &Begun, test: &'static str) -> impl IntoView + use<> {
    let language = app.lang();
    let (id, order) = (stop.order.id, &stop.order);
    let (symbol, class) = speak::face(order.kind);
    let day = words::BEGUN_ON.with(language, browser::day_text(stop.date, language));
    view! {
        <li>
            <button class=format!("row stop-row {class} to_do") data-test=test data-order=id.to_string() data-number=order.number.clone()
                disabled=move || !app.writer.get()
                on:click=on(move |_| arrive(app, id))>
                {icon(symbol)}
                <span class="row-main"><b>{speak::task(app, order)}</b><span class="row-address">{speak::address(order)}</span></span>
                <span class="row-tags"><span class="tag wait">{day}</span><b>{words::CONTINUE.text(language)}</b></span>
                {icon("go")}
            </button>
        </li>
    }
}

/// Begins a stop, or goes on where it was left.
pub fn arrive(app: App, order: OrderId) {
    let on_top = app.tablet(|tablet| look::day(tablet.state(), app.now()));
    let read = on_top.iter().flat_map(Day::to_turn_back_on).map(|one| one.stop.order.id).collect();
    browser::spawn(async move {
        if app.run(move |tablet, now, dice| tablet.arrive_from_list(order, read, now, dice)).await {
            app.just_saved.set(None);
            app.go(Screen::Walk(order));
        }
    });
}

fn next_card(app: App, stop: &Stop, total: usize, phone: Option<String>) -> impl IntoView + use<> {
    let language = app.lang();
    let order = stop.order.clone();
    let id = order.id;
    let (symbol, class) = speak::face(order.kind);
    // What became of a stop that was begun is said on its card too: no row of the list says it.
    let (standing_icon, standing) = speak::standing(app, stop);
    let title = if stop.begun { words::GO_ON } else { words::NEXT }.text(language);
    let cut = order.kind.is_cut();
    let may_be_visited = stop.may_be_visited();
    let label = if stop.begun { words::CONTINUE } else { words::AT_THE_DOOR };
    let closed = match order.kind.is_restore() {
        true => app.read(|state| look::closed_with(state, &order, app.now())),
        false => Vec::new(),
    };
    view! {
        <article class=format!("card next {class}") data-test="next-card" data-order=id.to_string() data-number=order.number.clone()>
            <div class="card-head">
                <span class="place"><b>{title}</b>" "{stop.place}" "{words::OF.text(language)}" "{total}</span>
                <h1 class="task">{icon(symbol)}<span>{speak::task(app, &order)}</span></h1>
            </div>
            <div class="card-body">
                <div class="where">
                    <p class="address" data-test="next-address">{speak::address(&order)}</p>
                    {meters(app, &order)}
                    {closed_with(app, &closed)}
                    {hazards(app, &order)}
                </div>
                <div class="facts">
                    <span class="id">{order.number.clone()}</span>
                    {due(app, stop)}
                    {cut.then(|| owed(app, &order))}
                    {(cut && stop.standing.is_ahead()).then(|| permit_clock(app, id))}
                    {order.note.clone().map(|note| view! { <p class="office-note">{icon("note")}{note}</p> })}
                </div>
            </div>
            {(!may_be_visited).then(|| {
                let text = words::NO_NEW_STOPS.text(language).to_owned();
                banner("banner stop", "stop", "no-new-stops", text, call_dispatch(app, phone.clone()))
            })}
            {worked_before(app, stop, phone)}
            {(!standing.is_empty()).then(|| banner("banner stop", standing_icon, "next-standing", standing, None))}
            <div class="buttons primary-row">
                {navigate(app, &order)}
                <button class="plain" data-test="details" on:click=on(move |_| app.go(Screen::Stop(id)))>{icon("note")}{words::DETAILS.text(language)}</button>
                {may_be_visited.then(|| view! { <button class="primary" data-test="at-the-door" disabled=move || !app.writer.get() on:click=on(move |_| arrive(app, id))>
                    {icon("go")}{label.text(language)}
                </button> })}
            </div>
        </article>
    }
}

fn row(app: App, stop: &Stop) -> impl IntoView + use<> {
    let language = app.lang();
    let id = stop.order.id;
    let (symbol, class) = speak::face(stop.order.kind);
    let (standing_icon, standing) = speak::standing(app, stop);
    let code = speak::standing_code(&stop.standing);
    let receipt = speak::receipt(app, stop);
    let received = stop.saved.is_some_and(|saved| saved.received_at.is_some() && !saved.handed_in);
    let lead = if code == "to_do" { symbol } else { standing_icon };
    let due = due(app, stop);
    let hazard = stop.order.hazards.clone().filter(|hazards| !hazards.trim().is_empty());
    let why = words::reason(stop.order.reason, language).filter(|_| stop.order.kind.is_restore());
    view! {
        <li>
            <button class=format!("row stop-row {class} {code}") data-test="stop-row" data-order=id.to_string()
                data-number=stop.order.number.clone() data-standing=code on:click=on(move |_| app.go(Screen::Stop(id)))>
                <span class="row-place">{stop.place}</span>
                {icon(lead)}
                <span class="row-main">
                    <b>{speak::task(app, &stop.order)}</b>
                    <span class="row-address">{speak::address(&stop.order)}</span>
                </span>
                <span class="row-tags">
                    {stop.needs_attention.then(|| view! { <span class="tag stop">{icon("hazard")}{words::ATTENTION.text(language)}</span> })}
                    {stop.begun.then(|| view! { <span class="tag wait">{words::WORKING.text(language)}</span> })}
                    {hazard.map(|hazard| view! { <span class="tag hazard">{icon("hazard")}{hazard_words(&hazard, app)}</span> })}
                    {due}
                    {why.map(|why| view! { <span class="tag">{why}</span> })}
                    {(!standing.is_empty()).then(|| view! { <span class="standing">{standing}</span> })}
                    {receipt.map(|receipt| view! { <span class="receipt" data-test="receipt" data-received=received.to_string()>{receipt}</span> })}
                </span>
            </button>
        </li>
    }
}
