//! Is this the meter? The serial is typed as seen; one that does not match stops a cut, not the record.

use super::{Walk, scan::scan, store_typed};
use crate::{
    app::{browser::on, icons::icon, words},
    core::{
        Draft,
        walk::{same_serial, scanned},
    },
};
use curbstop_shared::vocabulary::UnableCode;
use leptos::{html, prelude::*};

/// The step for the n-th line.
pub fn meter(walk: Walk, n: usize, draft: &Draft) -> impl IntoView + use<> {
    let order = walk.order();
    let language = walk.app.lang();
    let line = order.lines.get(n).cloned();
    let expected = line.as_ref().and_then(|line| line.serial.clone());
    let product = line.as_ref().map(|line| words::product_name(line.product, language));
    let place = line.as_ref().and_then(|line| line.place.clone());
    let before = draft.lines.get(n).and_then(|line| line.serial_typed.clone().or(line.serial_seen.clone()));
    let typed = RwSignal::new(before.unwrap_or_default());
    let wrong = RwSignal::new(false);
    let field: NodeRef<html::Input> = NodeRef::new();
    let cut = order.kind.is_cut();
    let see = move |seen: String| {
        walk.forward(move |draft| {
            if let Some(line) = draft.lines.get_mut(n) {
                (line.serial_seen, line.serial_typed) = (Some(seen), None);
            }
        })
    };
    let known = expected.clone();
    let check = move || {
        let seen = typed.get_untracked().trim().to_owned();
        match &known {
            _ if seen.is_empty() => {}
            // Kept as the order spells it: dashes and case are not another meter.
            Some(serial) if same_serial(serial, &seen) => see(serial.clone()),
            Some(_) => wrong.set(true),
            None => see(seen),
        }
    };
    let type_in = move |text: String| {
        wrong.set(false);
        typed.set(text.clone());
        walk.types("serial", move |draft| {
            if let Some(line) = draft.lines.get_mut(n) {
                line.serial_typed = Some(text)
            }
        });
    };
    let (check_scanned, here) = (check.clone(), expected.clone());
    let scan_in = Callback::new(move |codes: String| {
        if let Some(serial) = scanned(&codes, here.as_slice()) {
            type_in(serial);
            check_scanned();
        }
    });
    let missing = expected.is_none();
    let mismatch = move || {
        let serial = expected.clone().unwrap_or_default();
        wrong.get().then(|| {
            let why = if cut { words::METER_WRONG_WHY } else { words::METER_WRONG_GO_ON };
            view! {
                <div class="banner stop tall" role="alert" data-test="serial-mismatch">
                    {icon("stop")}
                    <div><b>{words::METER_WRONG.text(language)}</b><p>{why.with(language, serial)}</p>
                        <div class="buttons">
                            <button class="plain" type="button" data-test="serial-again" on:click=on(move |_| {
                                wrong.set(false);
                                typed.set(String::new());
                                if let Some(field) = field.get() { let _ = field.focus(); }
                            })>{words::METER_AGAIN.text(language)}</button>
                            <button class="plain" type="button" data-test="serial-record-mismatch" on:click=on(move |_| {
                                let seen = typed.get_untracked().trim().to_owned();
                                if cut {
                                    walk.note_down(move |draft| {
                                        if let Some(line) = draft.lines.get_mut(n) {
                                            (line.serial_seen, line.serial_typed) = (Some(seen), None);
                                        }
                                        draft.stop(UnableCode::MeterMismatch);
                                    });
                                } else {
                                    see(seen);
                                }
                            })>{if cut { words::METER_RECORD } else { words::METER_GO_ON }.text(language)}</button>
                        </div>
                    </div>
                </div>
            }
        })
    };
    view! {
        <form class="step-form" on:submit=on(move |event: leptos::ev::SubmitEvent| { event.prevent_default(); check(); })>
            <h1><label for="serial">{words::METER_Q.text(language)}</label></h1>
            <p class="soft">{product}{place.map(|place| format!(" · {place}"))}" · "{if missing { words::METER_NONE } else { words::METER_HINT }.text(language)}</p>
            <div class="scans"><input id="serial" node_ref=field class="id huge" data-test="serial-input" autocomplete="off" autocapitalize="characters"
                spellcheck="false" maxlength="40" autofocus prop:value=typed
                on:blur=on(move |_| store_typed()) on:input=on(move |event| type_in(event_target_value(&event))) />
                {scan(walk.app, scan_in)}</div>
            {mismatch}
            <div class="buttons primary-row">
                <button class="primary" data-test="serial-check" disabled=move || typed.get().trim().is_empty() || wrong.get()>
                    {icon("done")}{words::METER_CHECK.text(language)}
                </button>
            </div>
        </form>
    }
}
