//! What became of a piece of equipment, and which one it was.

use super::{Walk, act::check, choice, scan::scan, store_typed};
use crate::{
    app::{browser::on, icons::icon, words},
    core::{
        Draft, Lacking,
        walk::{LineDraft, scanned},
    },
};
use curbstop_shared::vocabulary::{Action, EquipmentResult};
use leptos::prelude::*;

/// The step for the n-th line.
pub fn equipment(walk: Walk, n: usize, draft: &Draft) -> impl IntoView + use<> {
    let language = walk.app.lang();
    let line = draft.lines.get(n).cloned().unwrap_or_default();
    let (what, expected) = walk.order().lines.get(n).cloned().map_or((None, None), |line| (line.size, line.serial));
    let here = expected.clone();
    // Empty until somebody has read it: what the order expects is no sight of the box.
    let serial = RwSignal::new(line.serial_typed.or(line.serial_seen).unwrap_or_default());
    let asks = RwSignal::new(false);
    // The serial on the order, once a box with another one is said to be taken along.
    let another = RwSignal::new(None::<String>);
    let unnumbered = RwSignal::new(line.lock_unnumbered);
    let answer = move |result: EquipmentResult, looked_again: bool| {
        // Of a box that nobody handed over no number was read: the order's stands.
        let is_here = result == EquipmentResult::Collected;
        let seen = Some(serial.get_untracked().trim().to_owned()).filter(|seen| is_here && !seen.is_empty());
        let none_on_it = unnumbered.get_untracked();
        if result == EquipmentResult::Collected && seen.is_none() && !none_on_it {
            asks.set(true);
            return;
        }
        let taken = LineDraft { serial_seen: seen.clone(), equipment: Some(result), ..LineDraft::default() };
        let other = taken.another_box(expected.as_deref());
        let is_foreign = other.is_some();
        if is_foreign && !looked_again {
            another.set(other);
            return;
        }
        walk.forward(move |draft| {
            if let Some(line) = draft.lines.get_mut(n) {
                (line.serial_seen, line.serial_typed) = (seen, None);
                (line.equipment, line.lock_unnumbered) = (Some(result), none_on_it);
                (line.action, line.box_foreign) = (Some(Action::None), is_foreign);
            }
        });
    };
    let taking = answer.clone();
    let results = EquipmentResult::ALL
        .iter()
        .map(|result| {
            let result = *result;
            let text = words::equipment(result, language).to_owned();
            let answer = answer.clone();
            choice(format!("equipment-{}", result.code()), line.equipment == Some(result), text, move || {
                answer(result, false)
            })
        })
        .collect_view();
    let type_in = move |text: String| {
        serial.set(text.clone());
        another.set(None);
        asks.set(false);
        walk.types("equipment", move |draft| {
            if let Some(line) = draft.lines.get_mut(n) {
                line.serial_typed = Some(text)
            }
        });
    };
    let scan_in = Callback::new(move |codes: String| {
        if let Some(serial) = scanned(&codes, here.as_slice()) {
            type_in(serial);
        }
    });
    view! {
        <h1>{words::EQUIPMENT_Q.text(language)}</h1>
        {what.map(|what| view! { <p class="meter" data-test="equipment-what">{what}</p> })}
        <div class="field">
            <label for="equipment">{words::EQUIPMENT_SERIAL.text(language)}</label>
            <div class="scans"><input id="equipment" class="id big" data-test="equipment-serial" autocomplete="off" maxlength="40" prop:value=serial
                on:blur=on(move |_| store_typed()) on:input=on(move |event| type_in(event_target_value(&event))) />
                {scan(walk.app, scan_in)}</div>
        </div>
        {move || asks.get().then(|| view! {
            <p class="verdict wait" role="alert" data-test="equipment-serial-asked">{icon("wait")}{words::lacks(Lacking::BoxNumber).text(language)}</p>
        })}
        {move || asks.get().then(|| check("equipment-unnumbered", unnumbered, words::LOCK_NO_NUMBER.text(language), Box::new(move |said| {
            walk.note_down(move |draft| if let Some(line) = draft.lines.get_mut(n) { line.lock_unnumbered = said });
        })))}
        {move || another.get().map(|expected| {
            let taking = taking.clone();
            view! {
                <div class="banner stop tall" role="alert" data-test="equipment-mismatch">{icon("stop")}
                    <div><b>{words::BOX_WRONG.with(language, expected)}</b><div class="buttons">
                        <button class="plain" data-test="equipment-take" on:click=on(move |_| taking(EquipmentResult::Collected, true))>{words::BOX_TAKE.text(language)}</button>
                    </div></div>
                </div>
            }
        })}
        <div class="choices">{results}</div>
    }
}
