//! At the door: one decision a screen, each stored before it is left, so that a killed app comes back to it.

mod act;
mod asked;
mod equipment;
mod meter;
mod photos;
mod reading;
mod scan;
mod sign;
mod stopping;
mod summary;
mod talk;
mod walking;

pub use walking::{Walk, drop_typed, store_typed, typed_is_stored, types};

use super::{
    browser::{self, on, spawn},
    emergency::emergency,
    icons::icon,
    recalls::turned_up,
    session::{App, Screen},
    speak, words,
};
use crate::core::{
    Draft, Step,
    view::{self as look, StopInFull},
};
use curbstop_shared::{ids::OrderId, route_document::PublishedOrder};
use leptos::prelude::*;

/// The screen.
#[must_use]
pub fn walk(app: App, id: OrderId) -> impl IntoView {
    // A step is built once when it is reached; answers of the office must not take a half-typed serial away.
    let reached = Memo::new(move |_| {
        app.read(|state| {
            let draft = state.drafts.get(&id)?;
            Some((draft.step, draft.stopped_by, draft.opened.as_ref().map(|opened| opened.at)))
        })
    });
    let step = move || {
        let reached = reached.get();
        let full = app.tablet(|tablet| look::stop_in_full(tablet.state(), id, app.now()));
        match (reached, full) {
            (Some((step, _, _)), Some(full)) if full.draft.is_some() => at(app, step, full).into_any(),
            _ => view! {
                // Saved, left or recalled: the stop's own page says which.
                <div data-test="walk-gone">{super::stop::stop(app, id)}</div>
            }
            .into_any(),
        }
    };
    view! { {turned_up(app, id)}{stopping::alert(app, id)}{step} }
}

fn at(app: App, step: Step, full: StopInFull) -> impl IntoView {
    let Some(draft) = full.draft.clone() else { return ().into_any() };
    let order = full.stop.order.clone();
    let walk = Walk::of(app, order.clone(), step);
    let body = match step {
        Step::Place => talk::place(walk).into_any(),
        Step::Meter(n) => meter::meter(walk, n, &draft).into_any(),
        Step::Door => talk::door(walk).into_any(),
        Step::Ask => talk::ask(walk).into_any(),
        Step::Permit => act::permit(walk).into_any(),
        Step::Act(n) => act::act(walk, n, &draft).into_any(),
        Step::Reading(n) => reading::reading(walk, n, &draft).into_any(),
        Step::Equipment(n) => equipment::equipment(walk, n, &draft).into_any(),
        Step::Sign => sign::sign(walk, &draft).into_any(),
        Step::Unable => talk::unable(walk).into_any(),
        Step::AsEntered(n) => stopping::as_entered(walk, n, &draft).into_any(),
        Step::Summary => summary::summary(walk, &draft).into_any(),
    };
    let (symbol, class) = speak::face(order.kind);
    view! {
        <section class=format!("page walk {class}") data-test="walk" data-step=step_code(step) data-order=order.id.to_string() data-number=order.number.clone()>
            <div class="walk-head">
                <span class="task">{icon(symbol)}<span>{speak::task(app, &order)}</span></span>
                <span class="address">{speak::address(&order)}</span>
                <span class="id">{order.number.clone()}</span>
                {emergency(app, order.id)}
            </div>
            {rail(app, &draft, &order)}
            <div class="step">{body}</div>
            {foot(walk, &draft)}
        </section>
    }
    .into_any()
}

/// Back, can't be done, leave: below every step. What was entered is not thrown away by one tap.
fn foot(walk: Walk, draft: &Draft) -> impl IntoView + use<> {
    let app = walk.app;
    let language = app.lang();
    let ends = matches!(draft.step, Step::Unable | Step::AsEntered(_) | Step::Summary);
    let settles = matches!(draft.step, Step::AsEntered(_));
    let sure = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let leave = move || {
        app.once(busy, async move {
            if app.run(move |tablet, _, _| tablet.leave(walk.id)).await {
                app.go(Screen::Day);
            }
        });
    };
    let wants_to_leave = move |_| match walk.draft() {
        Some(draft) if draft.worked().next().is_some() => walk.note_down(|draft| {
            draft.may_leave();
        }),
        Some(draft) if draft.step != Step::Place || draft.is_aside() => sure.set(true),
        _ => leave(),
    };
    let back = move |_| {
        let order = walk.order();
        if walk.draft().is_some_and(|mut draft| draft.step_back(&order)) {
            walk.note_down(move |draft| {
                draft.step_back(&order);
            });
        } else {
            app.go(Screen::Day);
        }
    };
    move || {
        if sure.get() {
            return view! {
                <div class="walk-foot" role="alertdialog" aria-label=words::LEAVE_Q.text(language)>
                    // Where the first tap was is the way to stay: a second tap by mistake throws nothing away.
                    <button class="plain" data-test="leave-yes" on:click=on(move |_| leave())>{words::LEAVE.text(language)}</button>
                    <p class="leave-q">{icon("hazard")}{words::LEAVE_Q.text(language)}</p>
                    <button class="plain stay" data-test="leave-no" on:click=on(move |_| sure.set(false))>{words::LEAVE_NO.text(language)}</button>
                </div>
            }
            .into_any();
        }
        view! {
            <div class="walk-foot">
                <button class="plain" data-test="walk-back" on:click=on(back)>{icon("back")}{words::BACK.text(language)}</button>
                {(!ends).then(|| view! {
                    <button class="plain" data-test="walk-unable" on:click=on(move |_| walk.note_down(|draft| draft.turn_aside(Step::Unable)))>
                        {icon("hazard")}{words::CAN_NOT.text(language)}
                    </button>
                })}
                // How it was left has to be said: nobody leaves without.
                {(!settles).then(|| view! {
                    <button class="plain" data-test="walk-leave" on:click=on(wants_to_leave)>{words::LEAVE.text(language)}</button>
                })}
            </div>
        }
        .into_any()
    }
}

/// Where the crew is, and what is still to come.
fn rail(app: App, draft: &Draft, order: &PublishedOrder) -> impl IntoView + use<> {
    let language = app.lang();
    let steps = draft.steps(order);
    let here = steps.iter().position(|step| *step == draft.step).unwrap_or(0);
    let named = steps.clone();
    // Two boxes are two steps of one name.
    let name = move |n: usize| {
        let name = step_name(named[n]).text(language);
        let same = |others: &[Step]| others.iter().filter(|step| step_name(**step).text(language) == name).count();
        if same(&named) > 1 { format!("{name} {}", same(&named[..=n])) } else { name.to_owned() }
    };
    let marks = steps
        .into_iter()
        .enumerate()
        .map(|(n, step)| {
            let class = match n.cmp(&here) {
                std::cmp::Ordering::Less => "past",
                std::cmp::Ordering::Equal => "now",
                std::cmp::Ordering::Greater => "",
            };
            let current = (n == here).then_some("step");
            let answered = n < here && draft.is_answered(step);
            view! { <li class=class aria-current=current>{answered.then(|| icon("done"))}{name(n)}</li> }
        })
        .collect_view();
    view! { <ol class="rail" data-test="step-rail">{marks}</ol> }
}

const fn step_name(step: Step) -> words::Text {
    match step {
        Step::Place => words::STEP_PLACE,
        Step::Meter(_) => words::STEP_METER,
        Step::Door => words::STEP_DOOR,
        Step::Ask => words::STEP_ASK,
        Step::Permit => words::STEP_PERMIT,
        Step::Act(_) => words::STEP_ACT,
        Step::Reading(_) => words::STEP_READING,
        Step::Equipment(_) => words::STEP_EQUIPMENT,
        Step::Sign => words::STEP_SIGN,
        Step::Unable => words::STEP_UNABLE,
        Step::AsEntered(_) => words::STEP_AS_ENTERED,
        Step::Summary => words::STEP_SUMMARY,
    }
}

const fn step_code(step: Step) -> &'static str {
    match step {
        Step::Place => "place",
        Step::Meter(_) => "meter",
        Step::Door => "door",
        Step::Ask => "ask",
        Step::Permit => "permit",
        Step::Act(_) => "act",
        Step::Reading(_) => "reading",
        Step::Equipment(_) => "equipment",
        Step::Sign => "sign",
        Step::Unable => "unable",
        Step::AsEntered(_) => "as-entered",
        Step::Summary => "summary",
    }
}

/// Asks the device where it is, and keeps that with the draft when it knows.
fn remember_place(walk: Walk) {
    spawn(async move {
        if let Some(position) = browser::position().await
            && walk.draft().is_some()
        {
            walk.store(Box::new(move |draft: &mut Draft| draft.position = Some(position))).await;
        }
    });
}

/// A large button for one of several answers.
pub fn choice(test: String, chosen: bool, text: String, choose: impl Fn() + 'static) -> AnyView {
    choice_boxed(test, chosen, text, Box::new(choose))
}

fn choice_boxed(test: String, chosen: bool, text: String, choose: Box<dyn Fn()>) -> AnyView {
    view! {
        <button class="choice" class:chosen=chosen aria-pressed=chosen.to_string() data-test=test on:click=on(move |_| choose())>
            {chosen.then(|| icon("done"))}{text}
        </button>
    }
    .into_any()
}

/// A large button for an answer that leads on at once, with its sign.
fn choice_with(test: String, face: &'static str, text: String, choose: Box<dyn Fn()>) -> AnyView {
    let class = format!("choice {face}");
    view! { <button class=class data-test=test on:click=on(move |_| choose())>{icon(face)}{text}</button> }.into_any()
}
