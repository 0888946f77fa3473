//! What the rules say about a stop, in the crew's words and with its icon.

use super::{browser, session::App, words};
use crate::core::view::{Due, HowLeft, OnAgain, RestoreWhy, Standing, Stop, Tried};
use curbstop_shared::{
    disposition::{
        WhyNot,
        sentences::{self, Audience, Words},
    },
    ids::{FactId, LineId},
    route_document::PublishedOrder,
    time::Micros,
    vocabulary::OrderKind,
};

/// Icon and colour of a kind of work: shape and word always go with the colour.
#[must_use]
pub const fn face(kind: OrderKind) -> (&'static str, &'static str) {
    match kind {
        OrderKind::TurnOff | OrderKind::MoveOutOff | OrderKind::MeterRemove => ("stop", "cut"),
        OrderKind::MeterLock => ("lock", "cut"),
        OrderKind::Reconnect | OrderKind::Unlock | OrderKind::MoveInOn | OrderKind::MeterSet => ("restore", "restore"),
        OrderKind::EquipmentPickup => ("box", "other"),
        OrderKind::DoorNotice => ("note", "other"),
        OrderKind::TheftCheck | OrderKind::TamperInvestigation => ("hazard", "other"),
        OrderKind::MeterExchange | OrderKind::Reread => ("read", "other"),
    }
}

/// The same of a stop as it is now: what was turned off and is on again is nothing that takes service away.
#[must_use]
pub fn face_of(stop: &Stop) -> (&'static str, &'static str) {
    match stop.left {
        HowLeft::OnAgain(_) => ("restore", "restore"),
        _ => face(stop.order.kind),
    }
}

/// "Turn off water": what is to be done, with the first line's product.
#[must_use]
pub fn task(app: App, order: &PublishedOrder) -> String {
    words::task(order.kind, order.lines.first().map(|line| line.product), app.lang())
}

/// The street address with the unit.
#[must_use]
pub fn address(order: &PublishedOrder) -> String {
    order.unit.as_ref().map_or_else(|| order.address.clone(), |unit| format!("{}, {unit}", order.address))
}

/// Why a stop must not be done; never why somebody is protected.
#[must_use]
pub fn why_not(app: App, order: &PublishedOrder, why: &WhyNot) -> String {
    with_words(app, order, |words| sentences::why_not(why, Audience::Crew, words))
}

/// A moment as people say it.
#[must_use]
pub fn time(app: App, at: Micros) -> String {
    browser::time_text(at, &app.zone(), app.lang())
}

/// The moment by which something has to be done: "by 10:40", "by Wed 10:40"; once that is over "was due 10:40".
#[must_use]
pub fn due(app: App, due: Due) -> String {
    let text = match (due.is_over, app.now().is_today(due.at)) {
        (false, true) => words::DUE_BY,
        (false, false) => words::DUE_BY_DAY,
        (true, _) => words::WAS_DUE,
    };
    text.with(app.lang(), time(app, due.at))
}

fn with_words(app: App, order: &PublishedOrder, say: impl FnOnce(&Words<'_>) -> String) -> String {
    let crew = app.read(|state| state.enrolment.as_ref().map(|it| it.crew.name.clone())).unwrap_or_default();
    let (language, zone) = (app.lang(), app.zone());
    say(&Words {
        language,
        time: &|at| browser::time_text(at, &zone, language),
        crew: &|_: &FactId| crew.clone(),
        product: &|id: &LineId| order.lines.iter().find(|line| line.id == *id).map(|line| line.product),
    })
}

/// Where a stop stands, with its icon.
#[must_use]
pub fn standing(app: App, stop: &Stop) -> (&'static str, String) {
    match &stop.standing {
        Standing::ToDo => ("wait", String::new()),
        Standing::Done => match stop.left {
            HowLeft::AsOrdered => ("done", words::DONE.text(app.lang()).to_owned()),
            HowLeft::OffUnfinished => ("stop", words::LEFT_OFF.text(app.lang()).to_owned()),
            HowLeft::OnAgain(on) => ("restore", on_again(app, on, words::ON_SINCE)),
            HowLeft::NotCollected(result) => ("box", words::equipment(result, app.lang()).to_owned()),
        },
        Standing::Stopped(why) => ("shield", why_not(app, &stop.order, why)),
        Standing::Unable(code) => {
            let why = code.map(|code| format!(": {}", words::unable(code, app.lang()))).unwrap_or_default();
            ("wait", format!("{}{why}", words::NOT_DONE.text(app.lang())))
        }
    }
}

/// That something is on again, and since when where somebody turned it on.
#[must_use]
pub fn on_again(app: App, on: OnAgain, since: words::Text) -> String {
    on.since.map_or_else(|| words::ON_AGAIN.text(app.lang()).to_owned(), |at| since.with(app.lang(), time(app, at)))
}

/// That somebody was there to turn it on again and could not: when, and why. After the reason why it is to be on.
#[must_use]
pub fn tried(app: App, why: String, tried: Option<Tried>) -> String {
    let Some(tried) = tried else { return why };
    let reason = why;
    let why = tried.code.map(|code| format!(": {}", words::unable(code, app.lang()))).unwrap_or_default();
    let tried = words::TRIED.with(app.lang(), format!("{}{why}", time(app, tried.at)));
    format!("{reason} {tried}.")
}

/// Why a stop is to be turned on again, and by whom.
#[must_use]
pub fn restore_why(app: App, why: RestoreWhy, went: bool) -> String {
    let text = match (went, why.is_wrongful, why.paid) {
        (true, ..) => words::RESTORE_WENT,
        (_, true, _) if why.was_known => words::RESTORE_DESPITE,
        (_, true, true) => words::RESTORE_PAID,
        (_, true, false) => words::RESTORE_WHY,
        (_, false, _) => match why.paid_at {
            Some(at) => return words::RESTORE_PAID_AFTER.with(app.lang(), time(app, at)),
            None => words::RESTORE_AFTER,
        },
    };
    text.text(app.lang()).to_owned()
}

/// A standing's code, for tests and styles.
#[must_use]
pub const fn standing_code(standing: &Standing) -> &'static str {
    match standing {
        Standing::ToDo => "to_do",
        Standing::Done => "done",
        Standing::Stopped(_) => "stopped",
        Standing::Unable(_) => "unable",
    }
}

/// "Saved on this tablet 10:52 · will be sent", then "Received by the office 10:58", or that it was handed in only.
#[must_use]
pub fn receipt(app: App, stop: &Stop) -> Option<String> {
    let saved = stop.saved?;
    Some(match saved.received_at {
        Some(at) if saved.handed_in => words::HANDED_IN_1.with(app.lang(), time(app, at)),
        Some(at) => words::RECEIVED.with(app.lang(), time(app, at)),
        None => words::SAVED_HERE.with(app.lang(), time(app, saved.at)),
    })
}
