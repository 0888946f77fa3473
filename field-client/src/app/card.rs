//! What a stop's card says wherever it is shown: meters, hazards, how it was turned off, the permit, the way there.

use super::{icons::icon, recalls::call_dispatch, session::App, speak, words};
use crate::core::{permit::PermitClock, view::Stop};
use curbstop_shared::{
    ids::OrderId,
    route_document::{Closed, PublishedOrder},
};
use leptos::prelude::*;

/// Below this many minutes the permit clock warns.
const PERMIT_SHORT_MIN: i64 = 10;

/// That this tablet has worked the stop before, and that the office has not taken that in.
#[must_use]
pub fn worked_before(app: App, stop: &Stop, phone: Option<String>) -> Option<AnyView> {
    let work = stop.worked_before?;
    let said = if work.handed_in { words::WORKED_HANDED_IN } else { words::WORKED_REFUSED };
    let said = said.with(app.lang(), speak::time(app, work.at));
    let phone = phone.filter(|_| work.handed_in);
    Some(banner("banner wait", "wait", "worked-before", said, call_dispatch(app, phone)))
}

/// How it was turned off: "Turned off by us 09:12 · Curb stop closed and locked · lock L-1042 · read 036500".
#[must_use]
pub fn closed_with(app: App, closed: &[Closed]) -> AnyView {
    let language = app.lang();
    let said = closed.iter().map(|how| {
        let since = how.since.map(|at| format!(" {}", speak::time(app, at))).unwrap_or_default();
        let method = how.method.map(|method| format!(" · {}", words::method(method, language))).unwrap_or_default();
        let numbers = [(&how.lock, words::LOCK), (&how.seal, words::SEAL), (&how.digits, words::READ)];
        let numbers = numbers.into_iter().filter_map(|(number, text)| {
            let text = text.with(language, number.as_ref().filter(|number| !number.is_empty())?);
            Some(view! { " · "<b class="id">{text}</b> })
        });
        let numbers = numbers.collect_view();
        let note = how.note.clone().map(|note| view! { <p class="office-note" data-test="closed-note">{icon("note")}{note}</p> });
        view! { <p class="meter" data-test="closed-with">{icon("lock")}" "{words::TURNED_OFF_WITH.text(language)}{since}{method}{numbers}</p>{note} }
    });
    said.collect_view().into_any()
}

/// What is said in one line, in its colour and with its sign, and what may be done about it.
#[must_use]
pub fn banner(
    class: &'static str,
    face: &'static str,
    test: &'static str,
    text: String,
    then: Option<AnyView>,
) -> AnyView {
    view! { <div class=class role="alert" data-test=test>{icon(face)}<span>{text}</span>{then}</div> }.into_any()
}

/// A line of a list of what is known.
#[must_use]
pub fn pair(label: &'static str, class: &'static str, value: String) -> AnyView {
    view! { <dt>{label}</dt><dd class=class>{value}</dd> }.into_any()
}

/// The deadline of a stop that is to be done still: amber while it is to come, red once it has passed.
#[must_use]
pub fn due(app: App, stop: &Stop) -> Option<AnyView> {
    let due = stop.due?;
    let class = if due.is_over { "tag stop" } else { "tag wait" };
    Some(view! { <span class=class data-test="due">{icon("clock")}{speak::due(app, due)}</span> }.into_any())
}

/// "Meter 0048-2213 · curb, left of drive".
#[must_use]
pub fn meters(app: App, order: &PublishedOrder) -> impl IntoView + use<> {
    let language = app.lang();
    order
        .lines
        .iter()
        .map(|line| {
            let serial = line.serial.clone();
            let rest: Vec<String> = [
                (order.lines.len() > 1).then(|| words::product_name(line.product, language).to_owned()),
                line.place.as_deref().map(|place| words::as_written(place, language)),
                line.size.clone(),
            ]
            .into_iter()
            .flatten()
            .collect();
            view! {
                <p class="meter">
                    {serial.map(|serial| view! { {words::device(order.kind, line.product, language)}" " <b class="id">{serial}</b> })}
                    {(!rest.is_empty()).then(|| format!(" · {}", rest.join(" · ")))}
                </p>
            }
        })
        .collect_view()
}

/// Hazards of the premise, always on the card.
#[must_use]
pub fn hazards(app: App, order: &PublishedOrder) -> Option<impl IntoView + use<>> {
    let label = words::HAZARD.text(app.lang());
    let hazards = order.hazards.clone().filter(|hazards| !hazards.trim().is_empty())?;
    let hazards = hazard_words(&hazards, app);
    Some(view! { <p class="hazard" data-test="hazard">{icon("hazard")}<b>{label}": "</b>{hazards}</p> })
}

/// A premise's hazards in the crew's words.
#[must_use]
pub fn hazard_words(hazards: &str, app: App) -> String {
    let hazards: Vec<String> = hazards.split(';').map(|hazard| words::as_written(hazard, app.lang())).collect();
    hazards.join(" · ")
}

/// What is owed, where the policy shows it.
#[must_use]
pub fn owed(app: App, order: &PublishedOrder) -> impl IntoView + use<> {
    let text = order.past_due_minor.map_or_else(
        || words::OWED_HIDDEN.text(app.lang()).to_owned(),
        |minor| format!("{}: {}.{:02}", words::OWED.text(app.lang()), minor / 100, minor % 100),
    );
    view! { <span class="soft" data-test="owed">{text}</span> }
}

/// The permit clock drains with the age of the data; amber below ten minutes, red when it is over.
#[must_use]
pub fn permit_clock(app: App, order: OrderId) -> impl IntoView {
    move || {
        app.clock.track();
        let language = app.lang();
        let clock =
            app.read(|state| state.route_of(order).map(|(_, route)| PermitClock::at(state, route, app.now().at)));
        clock.map(|clock| {
            let (class, text) = match clock.left_s() {
                Some(left) if left >= PERMIT_SHORT_MIN * 60 => ("tag permit", words::PERMIT_LEFT.with(language, left / 60)),
                Some(left) => ("tag permit wait", words::PERMIT_LEFT.with(language, left / 60)),
                None => ("tag permit stop", words::PERMIT_OVER.text(language).to_owned()),
            };
            let left = clock.left_s().unwrap_or(0);
            view! { <span class=class data-test="permit-clock" data-left-s=left.to_string()>{icon("clock")}{text}</span> }
        })
    }
}

/// Hands over to the device's own navigation.
#[must_use]
pub fn navigate(app: App, order: &PublishedOrder) -> Option<impl IntoView + use<>> {
    let place = order.lat_e7.zip(order.lon_e7).map(|(lat, lon)| format!("{},{}", degrees(lat), degrees(lon)))?;
    let text = words::NAVIGATE.text(app.lang());
    Some(view! { <a class="plain" data-test="navigate" href=format!("geo:{place}?q={place}")>{icon("pin")}{text}</a> })
}

fn degrees(e7: i64) -> String {
    let sign = if e7 < 0 { "-" } else { "" };
    format!("{sign}{}.{:07}", e7.abs() / 10_000_000, e7.abs() % 10_000_000)
}
