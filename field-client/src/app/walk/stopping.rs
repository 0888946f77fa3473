//! Stopping half-way: a word of the office that came meanwhile, and how the crew left what it had entered.

use super::{
    Walk,
    act::{check, safety, safety_first},
    choice_with,
};
use crate::{
    app::{browser::on, card, icons::icon, recalls::call_dispatch, session::App, speak, words},
    core::{
        Draft,
        view::{self as look},
        walk::Standing,
    },
};
use curbstop_shared::{
    ids::OrderId,
    vocabulary::{Action, Product, UnableCode},
};
use leptos::prelude::*;

/// The office's word on the stop at hand, on top of every step.
pub fn alert(app: App, id: OrderId) -> impl IntoView {
    let word = Memo::new(move |_| {
        let full = app.read(|state| look::stop_in_full(state, id, app.now()))?;
        // Its own cut is what it undoes: all that can be said of it is that somebody else did, or was sent to.
        if full.draft.as_ref().is_some_and(|draft| draft.restoring) {
            let (on, given) = (full.restored_meanwhile, full.restore_given());
            return (on.is_some() || given).then_some(Err((on, full.header.dispatch_phone)));
        }
        let stopped = full.draft.is_some_and(|draft| draft.stopped_by.is_some());
        let step = app.read(|state| state.drafts.get(&id).map(|draft| draft.step))?;
        let why = full.disposition.why_not.clone()?;
        let phone = full.header.dispatch_phone;
        Some(Ok((
            full.stop.order,
            why,
            full.stopped_meanwhile,
            stopped,
            step,
            full.disposition.needs_ack.clone(),
            phone,
        )))
    });
    move || {
        let (order, why, meanwhile, stopped, step, recalls, phone) = match word.get()? {
            Ok(word) => word,
            Err((Some(on), _)) => {
                let text = speak::on_again(app, on, words::RESTORED_MEANWHILE);
                return Some(card::banner("banner good", "restore", "restored-meanwhile", text, None));
            }
            Err((None, phone)) => {
                let text = words::RESTORE_GIVEN.text(app.lang()).to_owned();
                return Some(card::banner("banner stop", "stop", "restore-given", text, call_dispatch(app, phone)));
            }
        };
        let (language, text) = (app.lang(), speak::why_not(app, &order, &why));
        let Some(came) = meanwhile else {
            return Some(card::banner("banner stop", "stop", "stop-word", text, None));
        };
        let then = match (came.restore, came.entered_off) {
            // The crew has said that it is on.
            (_, false) if stopped => None,
            (true, true) => Some(words::RESTORE_NOW),
            (true, false) => Some(words::RESTORE_IF_OFF),
            (false, true) => Some(words::ENTERED_ASK_DISPATCH),
            (false, false) => Some(words::OFF_ASK_DISPATCH),
        };
        let safe = order.lines.first().filter(|_| came.restore && then.is_some());
        let safe = safe.map(|line| format!(" {}", safety_first(line.product).text(language)));
        let label = if came.entered_off || came.found_off { words::STOP_HERE } else { words::STOP_RECORD };
        // Who is told to call gets the number.
        let call = (!came.restore).then(|| call_dispatch(app, phone).filter(|_| then.is_some())).flatten();
        let walk = Walk::of(app, order, step);
        Some(
            view! {
                <div class="banner stop stays" role="alert" data-test="stopped-meanwhile">
                    {icon("stop")}<span>{text}" "{then.map(|then| then.text(language))}{safe}</span>
                    {(!stopped).then(|| view! {
                        <button class="plain" data-test="meanwhile-leave-on" on:click=on(move |_| walk.stopped_as_told(UnableCode::Recalled, recalls.clone()))>
                            {label.text(language)}
                        </button>
                    })}
                    {call}
                </div>
            }
            .into_any(),
        )
    }
}

/// What was entered for the n-th line: is it so now?
pub fn as_entered(walk: Walk, n: usize, draft: &Draft) -> impl IntoView + use<> {
    let language = walk.app.lang();
    let order = walk.order();
    let product = order.lines.get(n).map_or(Product::Water, |line| line.product);
    let line = draft.lines.get(n).cloned().unwrap_or_default();
    let action = line.action.unwrap_or(Action::None);
    let asked = words::left_as(action);
    let answer = |test: &str, face: &'static str, text: words::Text, word: Standing| {
        choice_with(
            test.to_owned(),
            face,
            text.text(language).to_owned(),
            Box::new(move || {
                walk.note_down(move |draft| draft.settle(n, word));
            }),
        )
    };
    let details: Vec<String> = [
        Some(words::product_name(product, language).to_owned()),
        Some(words::action(action, language).to_owned()),
        line.method.map(|method| words::method(method, language).to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect();
    // Whoever turned it back on says that it was safe, as on any reconnect.
    let needs_safety = asked.undone.is_some() && action.cuts();
    let safe = RwSignal::new(line.safe);
    let keep_safe = move |said| {
        walk.note_down(move |draft| {
            if let Some(line) = draft.lines.get_mut(n) {
                line.safe = said;
            }
        });
    };
    let tick = needs_safety.then(|| check("safe", safe, safety(product).text(language), Box::new(keep_safe)));
    let lock = line.lock.filter(|lock| !lock.is_empty());
    let stands =
        if matches!(action, Action::Restored | Action::Unlocked | Action::AlreadyOn) { "restore" } else { "stop" };
    view! {
        <h1>{asked.question.text(language)}</h1>
        <p class="office-note" data-test="as-entered">{icon("note")}
            <span>{words::YOU_ENTERED.text(language)}": "<b>{details.join(" · ")}</b>{lock.map(|lock| view! { " · "<b class="id">{lock}</b> })}</span></p>
        <div class="choices one">
            {answer("entered-stands", stands, asked.stands, Standing::Stands)}
            {answer("entered-mistake", "backspace", asked.mistake, Standing::Mistake)}
            {asked.undone.map(|undone| view! {
                <div class="undone" inert=move || needs_safety && !safe.get()>{answer("entered-undone", "restore", undone, Standing::Undone)}</div>
            })}
        </div>
        {tick}
        {move || (needs_safety && !safe.get()).then(|| view! { <p class="soft">{words::UNDONE_FIRST.text(language)}</p> })}
        <p class="soft">{words::AS_ENTERED_WHY.text(language)}</p>
    }
}
