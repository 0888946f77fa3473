//! At the door: one decision a screen, each stored before it is left, so that a killed app comes back to it.

mod act;
mod meter;
mod reading;
mod summary;
mod talk;

use super::{
    browser::{self, on, spawn},
    icons::icon,
    session::{App, Screen},
    speak, words,
};
use crate::core::{
    Draft, Step,
    view::{self as look, StopInFull},
};
use curbstop_shared::{ids::OrderId, route_document::PublishedOrder, vocabulary::UnableCode};
use leptos::prelude::*;

/// A walk in progress; copied into every button of its steps.
#[derive(Debug, Clone, Copy)]
pub struct Walk {
    /// The page.
    pub app: App,
    /// The order.
    pub id: OrderId,
    /// What was published.
    order: StoredValue<PublishedOrder>,
}

impl Walk {
    /// What was published about the order.
    #[must_use]
    pub fn order(self) -> PublishedOrder {
        self.order.get_value()
    }

    /// The draft as it is stored.
    #[must_use]
    pub fn draft(self) -> Option<Draft> {
        self.app.tablet(|tablet| tablet.state().drafts.get(&self.id).cloned())
    }

    /// Stores a change of the draft and stays on the step.
    pub fn note_down(self, change: impl FnOnce(&mut Draft) + 'static) {
        self.note_down_boxed(Box::new(change));
    }

    fn note_down_boxed(self, change: Change) {
        spawn(async move {
            self.store(change).await;
        });
    }

    /// Stores a change of the draft and goes on to the step that follows from it.
    pub fn forward(self, change: impl FnOnce(&mut Draft) + 'static) {
        self.forward_boxed(Box::new(change));
    }

    fn forward_boxed(self, change: Change) {
        // Taken now: the step may be gone by the time that its change is stored.
        let (order, published) = (self.order(), self.order());
        spawn(async move {
            let Some(before) = self.draft().map(|draft| draft.step) else { return };
            let stored = self
                .store(Box::new(move |draft| {
                    change(draft);
                    let next = draft.forward(&order);
                    // The act step of work that needs no permit opens by itself, right after this.
                    if draft.opened.is_some() || !opens(next) {
                        draft.step = next;
                    }
                }))
                .await;
            let (Some(draft), true) = (self.draft(), stored) else { return };
            let next = draft.forward(&published);
            if draft.opened.is_none() && opens(next) && draft.step == before {
                self.app.run(move |tablet, now, _| tablet.open_act(self.id, next, now)).await;
            }
        });
    }

    /// Stores a change of the draft and goes to a step.
    pub fn to(self, step: Step, change: impl FnOnce(&mut Draft) + 'static) {
        self.note_down(move |draft| {
            change(draft);
            draft.step = step;
        });
    }

    /// The work stops here, for this reason.
    pub fn stopped_by(self, code: UnableCode) {
        self.to(Step::Summary, move |draft| draft.stopped_by = Some(code));
    }

    /// Opens the act step: from here on it counts what the crew knew now.
    pub fn open_act(self) {
        self.open_act_with(|_| {});
    }

    /// Stores what allows the work to begin, then opens the act step.
    pub fn open_act_with(self, change: impl FnOnce(&mut Draft) + 'static) {
        self.open_act_boxed(Box::new(change));
    }

    fn open_act_boxed(self, change: Change) {
        let order = self.order();
        spawn(async move {
            if self.store(change).await
                && let Some(draft) = self.draft()
            {
                let next = draft.forward(&order);
                self.app.run(move |tablet, now, _| tablet.open_act(self.id, next, now)).await;
            }
        });
    }

    async fn store(self, change: Change) -> bool {
        self.app
            .run(move |tablet, _, _| {
                let mut draft =
                    tablet.state().drafts.get(&self.id).cloned().ok_or(crate::core::TabletError::NoDraft)?;
                change(&mut draft);
                tablet.keep(draft)
            })
            .await
    }
}

/// A change of the draft. Boxed, so that what stores it is compiled once and not for every answer on every step.
type Change = Box<dyn FnOnce(&mut Draft)>;

/// Steps at which it counts what the crew knew.
const fn opens(step: Step) -> bool {
    matches!(step, Step::Act(_) | Step::Reading(_) | Step::Equipment(_))
}

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
    let word = Memo::new(move |_| {
        app.read(|state| look::stop_in_full(state, id, app.now()))
            .map(|full| (full.disposition.why_not, full.stopped_meanwhile))
    });
    let step = move || {
        let reached = reached.get();
        let full = app.tablet(|tablet| look::stop_in_full(tablet.state(), id, app.now()));
        match (reached, full) {
            (Some((step, _, _)), Some(full)) if full.draft.is_some() => at(app, id, step, full).into_any(),
            _ => view! {
                <section class="page narrow" data-test="walk-gone">
                    {super::frame::back(app, Screen::Day)}
                    <h1>{words::DONE.text(app.lang())}</h1>
                </section>
            }
            .into_any(),
        }
    };
    let alert = move || {
        let (why, meanwhile) = word.get()?;
        let order = app.tablet(|tablet| tablet.published(id).map(|(_, _, order)| order).ok())?;
        let language = app.lang();
        let restored = order.kind.is_restore();
        let why = meanwhile.clone().or(why)?;
        let text = speak::why_not(app, &order, &why);
        if meanwhile.is_none() {
            let alert = view! { <p class="banner stop" role="alert" data-test="stop-word">{icon("stop")}<span>{text}</span></p> };
            return Some(alert.into_any());
        }
        let leave = move |_| {
            let ends = |draft: &mut Draft| {
                draft.stopped_by = Some(UnableCode::Recalled);
                draft.step = Step::Summary;
            };
            spawn(async move {
                let keep = move |tablet: &mut crate::core::Tablet| {
                    let mut draft = tablet.state().drafts.get(&id).cloned().ok_or(crate::core::TabletError::NoDraft)?;
                    ends(&mut draft);
                    tablet.keep(draft)
                };
                app.run(move |tablet, _, _| keep(tablet)).await;
            });
        };
        let alert = view! {
            <div class="banner stop" role="alert" data-test="stopped-meanwhile">
                {icon("stop")}<span>{text}" "{(!restored).then(|| words::RESTORE_IF_OFF.text(language))}</span>
                <button class="plain" data-test="meanwhile-leave-on" on:click=on(leave)>{words::STOP_RECORD.text(language)}</button>
            </div>
        };
        Some(alert.into_any())
    };
    view! { {alert}{step} }
}

fn at(app: App, id: OrderId, step: Step, full: StopInFull) -> impl IntoView {
    let Some(draft) = full.draft.clone() else { return ().into_any() };
    let order = full.stop.order.clone();
    let walk = Walk { app, id, order: StoredValue::new(order.clone()) };
    let language = app.lang();
    let body = match step {
        Step::Place => talk::place(walk).into_any(),
        Step::Meter(n) => meter::meter(walk, n, &draft).into_any(),
        Step::Door => talk::door(walk).into_any(),
        Step::Ask => talk::ask(walk).into_any(),
        Step::Permit => act::permit(walk).into_any(),
        Step::Act(n) => act::act(walk, n, &draft).into_any(),
        Step::Reading(n) => reading::reading(walk, n, &draft).into_any(),
        Step::Equipment(n) => act::equipment(walk, n, &draft).into_any(),
        Step::Unable => talk::unable(walk).into_any(),
        Step::Summary => summary::summary(walk, &draft).into_any(),
    };
    let (symbol, class) = speak::face(order.kind);
    let before = draft.back(&order);
    let ends = matches!(step, Step::Unable | Step::Summary);
    view! {
        <section class=format!("page walk {class}") data-test="walk" data-step=step_code(step) data-order=id.to_string() data-number=order.number.clone()>
            <div class="walk-head">
                <span class="task">{icon(symbol)}<span>{speak::task(app, &order)}</span></span>
                <span class="address">{speak::address(&order)}</span>
                <span class="id">{order.number.clone()}</span>
            </div>
            {rail(app, &draft, &order)}
            <div class="step">{body}</div>
            <div class="walk-foot">
                <button class="plain" data-test="walk-back" on:click=on(move |_| match before {
                    _ if ends && walk.draft().is_some_and(|draft| draft.stopped_by.is_some()) => {
                        walk.to(Step::Place, |draft| draft.stopped_by = None);
                    }
                    Some(before) => walk.to(before, |_| {}),
                    None if step == Step::Unable => walk.to(Step::Place, |_| {}),
                    None => app.go(Screen::Day),
                })>{icon("back")}{words::BACK.text(language)}</button>
                {(!ends).then(|| view! {
                    <button class="plain" data-test="walk-unable" on:click=on(move |_| walk.to(Step::Unable, |_| {}))>
                        {icon("hazard")}{words::CAN_NOT.text(language)}
                    </button>
                })}
                <button class="plain" data-test="walk-leave" on:click=on(move |_| spawn(async move {
                    if app.run(move |tablet, _, _| tablet.leave(id)).await {
                        app.go(Screen::Day);
                    }
                }))>{words::LEAVE.text(language)}</button>
            </div>
        </section>
    }
    .into_any()
}

/// Where the crew is, and what is still to come.
fn rail(app: App, draft: &Draft, order: &PublishedOrder) -> impl IntoView + use<> {
    let language = app.lang();
    let mut steps = draft.steps(order);
    if draft.step == Step::Unable && !steps.contains(&Step::Unable) {
        steps = vec![Step::Place, Step::Unable, Step::Summary];
    }
    let here = steps.iter().position(|step| *step == draft.step).unwrap_or(0);
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
            view! { <li class=class aria-current=current>{(n < here).then(|| icon("done"))}{step_name(step).text(language)}</li> }
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
        Step::Unable => words::STEP_UNABLE,
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
        Step::Unable => "unable",
        Step::Summary => "summary",
    }
}

/// Asks the device where it is, and keeps that with the draft when it knows.
fn remember_place(walk: Walk) {
    spawn(async move {
        if let Some(position) = browser::position().await
            && walk.draft().is_some()
        {
            walk.store(Box::new(move |draft| draft.position = Some(position))).await;
        }
    });
}

/// A large button for one of several answers.
fn choice(test: String, chosen: bool, text: String, choose: impl Fn() + 'static) -> AnyView {
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
