//! May it begin, what was done and how.

use super::{Walk, choice, scan::scan, store_typed};
use crate::{
    app::{
        browser::{self, on},
        card,
        icons::icon,
        recalls::call_dispatch,
        session::{App, Net},
        speak, sync, words,
    },
    core::{
        Draft, Lacking,
        permit::{ASK_WITHIN_MS, PermitClock, asking, heard_since, outside_of},
        view::{self as look},
        walk::{Override, PermitTyped, actions, another_lock, hangs_a_lock, number_text, scanned, ways},
    },
};
use curbstop_shared::{
    cut_hours::CutHours,
    disposition::WhyNot,
    go_code::GoCode,
    ids::FactId,
    vocabulary::{Product, UnableCode},
};
use leptos::prelude::*;

/// Most characters of a go-code with the gaps between its groups.
const GO_CODE_TYPED_MAX: usize = 8;
/// Longest name or reason.
const SHORT_TEXT: &str = "80";

/// May a cut begin? Answered anew with every answer of the office and every tick of the clock.
pub fn permit(walk: Walk) -> impl IntoView {
    let app = walk.app;
    // A second of signal here may bring the word that stops a cut, or a fresh permit.
    sync::wake();
    let said = Memo::new(move |_| {
        app.read(|state| look::stop_in_full(state, walk.id, app.now()))
            .and_then(|full| Some((full.disposition.why_not.clone()?, full.disposition.needs_ack.clone())))
    });
    let fresh = Memo::new(move |_| {
        app.clock.track();
        permit_clock(app, walk).is_some_and(|clock| clock.left_s().is_some())
    });
    let late = Memo::new(move |_| {
        app.clock.track();
        outside_of(&walk.order(), app.now().at, app.read(look::office_ahead))
    });
    let former = Memo::new(move |_| {
        app.read(|state| state.routes.get(&state.drafts.get(&walk.id)?.route)?.leaving.as_ref().map(|_| ())).is_some()
    });
    let body = move || match said.get() {
        Some((why, recalls)) => stopped(walk, &why, recalls).into_any(),
        None if late.get().is_some() => outside_of_hours(walk, late).into_any(),
        None if fresh.get() => may_begin(walk).into_any(),
        None if former.get() => of_a_former_code(walk).into_any(),
        None => too_old(walk).into_any(),
    };
    view! { <h1>{words::PERMIT_Q.text(app.lang())}</h1> {body} }
}

fn permit_clock(app: App, walk: Walk) -> Option<PermitClock> {
    app.read(|state| {
        let route = state.routes.get(&state.drafts.get(&walk.id)?.route)?;
        Some(PermitClock::at(state, route, app.now().at))
    })
}

/// A signal, as far as anybody knows: after a start nobody has asked yet.
const fn may_answer(net: Net) -> bool {
    matches!(net, Net::Online | Net::Unknown)
}

fn may_begin(walk: Walk) -> impl IntoView {
    let app = walk.app;
    let language = app.lang();
    let age = move || {
        app.clock.track();
        let minutes = permit_clock(app, walk).and_then(|clock| clock.age_s).unwrap_or(0) / 60;
        words::PERMIT_FRESH.with(app.lang(), minutes)
    };
    // Somebody may have paid since the last answer. Where there is a signal the office is asked first, and a recall that
    // it has shows itself instead of this; without one the permit counts.
    let asked = RwSignal::new(None);
    let begin = move || {
        if asked.try_update(Option::take).flatten().is_some() {
            walk.open_act(|_| {});
        }
    };
    let ask = move |_| {
        asked.set(Some(browser::now()));
        if may_answer(app.net.get_untracked()) {
            sync::wake();
            browser::later(ASK_WITHIN_MS, begin);
        }
    };
    Effect::new(move |_| {
        let is_gone = !may_answer(app.net.get());
        let Some(asked_at) = asked.get() else { return };
        let route = app.tablet(|tablet| tablet.state().drafts.get(&walk.id).map(|draft| draft.route));
        if is_gone || route.is_some_and(|route| app.read(|state| heard_since(state, route, asked_at))) {
            begin();
        }
    });
    view! {
        <p class="verdict go" data-test="permit-state" data-state="fresh">{icon("done")}<b>{words::PERMIT_YES.text(language)}</b></p>
        <p>{age}</p>
        <div class="buttons primary-row">
            <button class="primary" data-test="open-act" disabled=move || asked.get().is_some() on:click=on(ask)>
                {icon("go")}{move || if asked.get().is_some() { words::ASKING } else { words::BEGIN }.text(language)}
            </button>
        </div>
    }
}

fn stopped(walk: Walk, why: &WhyNot, recalls: Vec<FactId>) -> impl IntoView + use<> {
    let language = walk.app.lang();
    let code = if matches!(why, WhyNot::Recalled { .. } | WhyNot::Released { .. }) {
        UnableCode::Recalled
    } else {
        UnableCode::RuleBlocked
    };
    let text = speak::why_not(walk.app, &walk.order(), why);
    view! {
        <p class="verdict stop" data-test="permit-state" data-state="stopped">{icon("stop")}<b>{words::STOP_WORD.text(language)}</b></p>
        <p>{text}</p>
        <p>{words::STOP_WORD_WHY.text(language)}</p>
        <div class="buttons primary-row">
            <button class="plain" data-test="permit-cut-anyway" on:click=on(move |_| walk.open_act_done_already())>{words::ALREADY_CUT.text(language)}</button>
            <button class="primary" data-test="permit-leave-on" on:click=on(move |_| walk.stopped_as_told(code, recalls.clone()))>{icon("shield")}{words::STOP_RECORD.text(language)}</button>
        </div>
    }
}

/// A rule of the utility's is against the hour.
fn outside_of_hours(walk: Walk, late: Memo<Option<CutHours>>) -> impl IntoView {
    let (app, language) = (walk.app, walk.app.lang());
    let sentence = move || late.get().map(|hours| hours.sentence(language).to_owned());
    let times = move || {
        late.get().map(|hours| {
            let time = |at| speak::time(app, at);
            words::CUT_HOURS.with(language, time(hours.from)).replacen("{}", &time(hours.until), 1)
        })
    };
    view! {
        <p class="verdict stop" data-test="permit-state" data-state="hours">{icon("stop")}<b>{words::STOP_WORD.text(language)}</b></p>
        <p>{sentence}</p>
        <p>{times}</p>
        <div class="buttons primary-row">
            <button class="plain" data-test="permit-cut-anyway" on:click=on(move |_| walk.open_act_done_already())>{words::ALREADY_CUT.text(language)}</button>
            <button class="primary" data-test="permit-leave-on" on:click=on(move |_| walk.stopped_as_told(UnableCode::RuleBlocked, Vec::new()))>{icon("shield")}{words::STOP_RECORD.text(language)}</button>
        </div>
    }
}

/// The tablet has another code by now: what it began under the one before is not asked about any more.
fn of_a_former_code(walk: Walk) -> impl IntoView {
    let language = walk.app.lang();
    view! {
        <p class="verdict wait" data-test="permit-state" data-state="former">{icon("wait")}<b>{words::FORMER_CODE.text(language)}</b></p>
        <p>{words::FORMER_CODE_WHY.text(language)}</p>
        <div class="buttons primary-row">
            <button class="plain" data-test="permit-cut-anyway" on:click=on(move |_| walk.open_act_done_already())>{words::ALREADY_CUT.text(language)}</button>
        </div>
    }
}

fn too_old(walk: Walk) -> impl IntoView {
    let (app, language) = (walk.app, walk.app.lang());
    let number = format!("{} · ", walk.order().number);
    let typed = walk.draft().map(|draft| draft.typed).unwrap_or_default();
    let phone = app.tablet(|tablet| {
        tablet
            .state()
            .route_of(walk.id)
            .and_then(|(_, route)| route.said().ok().and_then(|said| said.header.dispatch_phone.clone()))
    });
    let (code, by, reason) = (RwSignal::new(typed.go_code), RwSignal::new(typed.by), RwSignal::new(typed.reason));
    let keep = move || {
        let (go_code, by, reason) = (code.get_untracked(), by.get_untracked(), reason.get_untracked());
        walk.types("permit", move |draft| {
            draft.typed = PermitTyped { go_code, by, reason, asked_at: draft.typed.asked_at };
        });
    };
    // The digits to read out are made once, and made anew where a code to them would be over.
    let asked = Memo::new(move |_| {
        app.clock.track();
        app.read(|state| {
            let draft = state.drafts.get(&walk.id)?;
            asking(state.routes.get(&draft.route)?, draft, app.now().at)
        })
    });
    Effect::new(move |_| {
        if asked.get().is_none() {
            let now = app.now().at;
            walk.note_down(move |draft| draft.typed.asked_at = Some(now));
        }
    });
    let entered = move || GoCode::read(&code.get());
    let answered = move || entered().is_some() && entered() == asked.get().map(|asking| asking.code);
    let wrong = move || {
        let asking = asked.get()?;
        entered().filter(|code| *code != asking.code)?;
        Some(words::GO_CODE_WRONG.with(language, asking.challenge.spoken()))
    };
    let input = move |id: &'static str, class: &'static str, test: &'static str, text: RwSignal<String>| {
        view! {
            <input id=id class=class data-test=test autocomplete="off" maxlength=SHORT_TEXT prop:value=text
                on:input=on(move |event| { text.set(event_target_value(&event)); keep(); }) on:blur=on(move |_| store_typed()) />
        }
    };
    let filled = |text: RwSignal<String>| !text.get().trim().is_empty();
    view! {
        <p class="verdict wait" data-test="permit-state" data-state="stale">{icon("wait")}<b>{words::PERMIT_NO.text(language)}</b></p>
        <div class="beside"><p>{words::PERMIT_NO_WHY.text(language)}</p>{call_dispatch(app, phone)}</div>
        <div class="two">
            <div class="field">
                {move || asked.get().map_or_else(
                    || view! { <p class="soft">{words::GO_CODE_NONE.text(language)}</p> }.into_any(),
                    |asking| view! {
                        <p>{words::GO_CODE_READ.text(language)}</p>
                        <p class="id read-out" data-test="go-code-challenge">{number.clone()}<b>{asking.challenge.spoken()}</b></p>
                    }.into_any(),
                )}
                <label for="go-code">{words::GO_CODE.text(language)}</label>
                <input id="go-code" class="id big" data-test="go-code-input" autocomplete="off" inputmode="numeric" spellcheck="false"
                    aria-describedby="go-code-is" prop:value=code on:blur=on(move |_| store_typed()) on:input=on(move |event: leptos::ev::Event| {
                        let typed = event_target_value(&event);
                        // What a code does not have is taken out of the field as well.
                        code.set(typed.chars().filter(|c| c.is_ascii_digit() || *c == ' ').take(GO_CODE_TYPED_MAX).collect());
                        keep();
                    }) />
                <p id="go-code-is" class="bad" role="status">{wrong}</p>
                <button class="plain" data-test="go-code-use" disabled=move || !answered() on:click=on(move |_| {
                    let code = GoCode::read(&code.get_untracked()).map(|code| code.digits().to_owned());
                    walk.open_act(move |draft| draft.go_code = code);
                })>{words::GO_CODE_USE.text(language)}</button>
            </div>
            <div class="field">
                <label for="override-by">{words::OVERRIDE_BY.text(language)}</label>
                {input("override-by", "", "override-by", by)}
                <label for="override-why">{words::OVERRIDE_WHY.text(language)}</label>
                {input("override-why", "", "override-why", reason)}
                <button class="plain" data-test="override-use" disabled=move || !filled(by) || !filled(reason) on:click=on(move |_| {
                    let word = Override { by: by.get_untracked().trim().to_owned(), reason: reason.get_untracked().trim().to_owned() };
                    walk.open_act(move |draft| draft.overridden = Some(word));
                })>{words::OVERRIDE_USE.text(language)}</button>
            </div>
        </div>
        <div class="buttons primary-row">
            <button class="plain" data-test="permit-cut-anyway" on:click=on(move |_| walk.open_act_done_already())>{words::ALREADY_CUT.text(language)}</button>
            <button class="primary" data-test="permit-sync" on:click=on(move |_| sync::wake())>{icon("signal")}{words::SYNC_NOW.text(language)}</button>
        </div>
    }
}

/// What was done to the n-th line, and how.
pub fn act(walk: Walk, n: usize, draft: &Draft) -> impl IntoView + use<> {
    let (app, order) = (walk.app, walk.order());
    let language = app.lang();
    let product = order.lines.get(n).map_or(Product::Water, |line| line.product);
    let line = draft.lines.get(n).cloned().unwrap_or_default();
    let usual = actions(order.kind)[0];
    let done = RwSignal::new(line.action.unwrap_or(usual));
    // The usual answer lies ready with its ways, and is ticked only once it is kept: what is ticked was said.
    let said = RwSignal::new(line.action.is_some());
    let how = RwSignal::new(line.method);
    let lock = RwSignal::new(line.lock.unwrap_or_default());
    let unnumbered = RwSignal::new(line.lock_unnumbered);
    let safe = RwSignal::new(line.safe);
    let kinds = actions(order.kind);
    // Stored with every tap and not only on leaving the step: the water may be off by then.
    let enter = move || {
        let (deed, way) = (done.get_untracked(), how.get_untracked());
        said.set(true);
        walk.note_down(move |draft| {
            if let Some(line) = draft.lines.get_mut(n) {
                (line.action, line.method, line.standing) = (Some(deed), way, None);
            }
        });
    };
    // Another answer takes the one before back at once: after a kill the crew's last word is on the screen.
    let answer = move |deed| {
        done.set(deed);
        how.set(None);
        said.set(true);
        walk.note_down(move |draft| {
            if let Some(line) = draft.lines.get_mut(n) {
                line.answers(deed);
            }
        });
    };
    let deeds = move || {
        kinds
            .iter()
            .map(|deed| {
                let deed = *deed;
                choice(
                    format!("action-{}", deed.code()),
                    said.get() && done.get() == deed,
                    words::action(deed, language).into(),
                    move || answer(deed),
                )
            })
            .collect_view()
    };
    let published = StoredValue::new(order.lines.get(n).cloned());
    let offered =
        move || published.with_value(|line| line.as_ref().map_or_else(Vec::new, |line| ways(line, done.get())));
    let choices = move || {
        let ways = offered();
        (!ways.is_empty()).then(|| view! {
            <h2>{words::METHOD_Q.text(language)}</h2>
            <div class="choices three">
                {ways.iter().map(|way| {
                    let way = *way;
                    choice(format!("method-{}", way.code()), how.get() == Some(way), words::method(way, language).into(), move || {
                        how.set(Some(way));
                        enter();
                    })
                }).collect_view()}
            </div>
        })
    };
    let safety = safety(product);
    let needs_method = move || !offered().is_empty();
    // What hangs there is asked once it is known how it was done.
    let said_how = Memo::new(move |_| !needs_method() || how.get().is_some());
    let hangs_lock = move || hangs_a_lock(done.get(), how.get());
    let has_lock = move || !hangs_lock() || unnumbered.get() || !lock.get().trim().is_empty();
    let needs_safety = move || done.get().restores();
    let complete =
        move || said.get() && (!needs_method() || how.get().is_some()) && has_lock() && (!needs_safety() || safe.get());
    // A grey button says why it is grey. That a way has to be chosen is seen.
    let lacks = move || match () {
        () if needs_method() && how.get().is_none() => None,
        () if !has_lock() => Some(Lacking::Lock),
        () if needs_safety() && !safe.get() => Some(Lacking::Safety),
        () => None,
    };
    let closed = app.tablet(|tablet| look::stop_in_full(tablet.state(), walk.id, app.now()));
    let closed = closed.map(|full| full.closed_with).unwrap_or_default();
    let hung: Vec<String> = closed.iter().filter_map(|how| how.lock.clone()).collect();
    let labels = hung.clone();
    // Another lock than ours is asked about once: whose is it, and who has been at the meter?
    let another = move || {
        let taken_off = lock.get();
        another_lock(hung.iter().map(String::as_str), &taken_off).filter(|_| done.get().restores())
    };
    let foreign = RwSignal::new(line.lock_foreign);
    let other = Memo::new(move |_| another());
    let asks = RwSignal::new(false);
    let go_on = move || {
        if other.get_untracked().is_some() && !foreign.get_untracked() {
            asks.set(true);
            return;
        }
        let is_foreign = other.get_untracked().is_some();
        let (deed, way, safely) = (done.get_untracked(), how.get_untracked(), safe.get_untracked());
        let none_on_it = unnumbered.get_untracked();
        let number = Some(lock.get_untracked().trim().to_owned()).filter(|number| !number.is_empty());
        walk.forward(move |draft| {
            if let Some(line) = draft.lines.get_mut(n) {
                (line.action, line.method, line.lock, line.safe) = (Some(deed), way, number, safely);
                (line.lock_unnumbered, line.lock_foreign) = (none_on_it, is_foreign);
                line.standing = None;
            }
        });
    };
    let type_lock = move |text: String| {
        let text = number_text(&text);
        asks.set(false);
        foreign.set(false);
        // Also where nothing of the new letter is left: the field shows what is kept.
        lock.set(text.clone());
        walk.types("lock", move |draft| {
            if let Some(line) = draft.lines.get_mut(n) {
                line.lock = Some(text)
            }
        });
    };
    let scan_in = Callback::new(move |codes: String| {
        if let Some(number) = scanned(&codes, &labels) {
            type_lock(number);
        }
    });
    let many = order.lines.len() > 1;
    view! {
        <h1>{words::ACT_Q.text(language)}{many.then(|| format!(" · {}", words::product_name(product, language)))}</h1>
        {card::closed_with(app, &closed)}
        <div class="choices">{deeds}</div>
        {choices}
        <div class="lock-row">
        {move || said_how.get().then(|| view! {
        <div class="field">
            <label for="lock">{words::LOCK_NUMBER.text(language)}</label>
            <div class="scans"><input id="lock" class="id big" data-test="lock-input" autocomplete="off" autocapitalize="characters" spellcheck="false"
                maxlength="40" prop:value=lock on:blur=on(move |_| store_typed()) on:input=on(move |event| type_lock(event_target_value(&event))) />
                {scan(app, scan_in)}</div>
        </div>
        })}
        {move || (hangs_lock() && lock.get().trim().is_empty()).then(|| check("lock-unnumbered", unnumbered, words::LOCK_NO_NUMBER.text(language), Box::new(move |said| {
            walk.note_down(move |draft| if let Some(line) = draft.lines.get_mut(n) { line.lock_unnumbered = said });
        })))}
        </div>
        {move || other.get().filter(|_| asks.get()).map(|ours| view! {
            <div class="banner stop tall" role="alert" data-test="lock-mismatch">{icon("stop")}
                <div><b>{words::LOCK_WRONG.with(language, ours)}</b><div class="buttons">
                    <button class="plain" data-test="lock-foreign" on:click=on(move |_| { foreign.set(true); go_on(); })>{words::LOCK_GO_ON.text(language)}</button>
                </div></div>
            </div>
        })}
        {move || needs_safety().then(|| check("safe", safe, safety.text(language), Box::new(move |said| {
            walk.note_down(move |draft| if let Some(line) = draft.lines.get_mut(n) { line.safe = said });
        })))}
        <div class="buttons primary-row">
            {move || said.get().then(lacks).flatten().map(|what| view! { <span class="soft" role="status" data-test="act-lacks">{words::lacks(what).text(language)}</span> })}
            <button class="primary" data-test="act-next" disabled=move || !complete() on:click=on(move |_| go_on())>{icon("go")}{words::NEXT_STEP.text(language)}</button>
        </div>
    }
}

/// When a service may be given back.
pub const fn safety(product: Product) -> words::Text {
    match product {
        Product::Water | Product::Irrigation => words::SAFE_WATER,
        Product::Electric => words::SAFE_ELECTRIC,
        Product::Gas => words::SAFE_GAS,
        _ => words::SAFE_OTHER,
    }
}

/// What has to be so before a service is given back.
pub const fn safety_first(product: Product) -> words::Text {
    match product {
        Product::Water | Product::Irrigation => words::FIRST_WATER,
        Product::Electric => words::FIRST_ELECTRIC,
        Product::Gas => words::FIRST_GAS,
        _ => words::FIRST_OTHER,
    }
}

/// Something that the crew says by a tick, kept at once.
pub fn check(test: &'static str, said: RwSignal<bool>, text: &'static str, keep: Box<dyn Fn(bool)>) -> AnyView {
    let changed = move |event| {
        said.set(event_target_checked(&event));
        keep(said.get_untracked());
    };
    view! {
        <label class="check"><input type="checkbox" data-test=test prop:checked=said on:change=on(changed) />{text}</label>
    }
    .into_any()
}
