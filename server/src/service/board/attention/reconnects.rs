//! Service to give back that may not come in time: no crew has it today, or the one that has it could not do it, can't
//! be heard of, or is late with it.

use super::{Attention, Pressing, Waiting, ago, called, heard, unheard::SILENT_AFTER};
use crate::{
    planning::detour::CANNOT_WAIT,
    service::{
        board::{BoardRoute, offers, tablets::at_the_door},
        telling::Tone,
        voice::Voice,
    },
    store::board::{LaterRow, RestoreOutRow, UnroutedRow},
};
use chrono::NaiveDate;
use curbstop_shared::{
    ids::{OrderId, RouteId},
    time::{Micros, Span},
    vocabulary::{OrderKind, Reason},
};

/// A reconnect that no crew has.
pub(super) fn on_no_route(routes: &[BoardRoute], order: &UnroutedRow, date: NaiveDate, voice: &Voice) -> Attention {
    let what = voice.pick("No crew has it: put it on a route.", "Ninguna cuadrilla la tiene: póngala en una ruta.");
    Attention { key: format!("unrouted-{}", order.number), ..reconnect(routes, order, None, what, date, voice) }
}

/// A reconnect that a crew has on a later day, and none today: whoever paid waits till then, unless somebody sees to it.
pub(super) fn planned_later(routes: &[BoardRoute], later: &LaterRow, date: NaiveDate, voice: &Voice) -> Attention {
    let day = later.date.parse().map_or_else(|_| later.date.clone(), |day| voice.day(day));
    let order = &later.out.order;
    let due = order
        .due_at_us
        .map_or_else(String::new, |at| format!(", {} {}", voice.pick("due", "plazo"), voice.time(Micros(at))));
    let what = format!(
        "{} {day} {} {}{due}. {}",
        voice.pick("Planned for", "Planificada para"),
        voice.pick("with", "con"),
        later.crew_name,
        voice.pick("No crew goes there today.", "Hoy no va ninguna cuadrilla."),
    );
    Attention {
        key: format!("later-{}", order.number),
        phone: later.phone.clone(),
        ..reconnect(routes, order, Some(RouteId(later.out.route)), &what, date, voice)
    }
}

/// A reconnect that a crew has on its route today and that somebody has to see to: the crew could not do it, it is out
/// today, nobody can know whether it will (no tablet that still hears, none that has fetched it, or one that was not heard of for long),
/// or its time is up or nearly.
pub(super) fn needs_somebody(
    routes: &[BoardRoute],
    out: &RestoreOutRow,
    date: NaiveDate,
    voice: &Voice,
) -> Option<Attention> {
    let order = &out.order;
    let route = routes.iter().find(|route| route.id.0 == out.route)?;
    let has_it = |why: &str| format!("{} {}{why}.", route.crew, voice.pick("has it", "la tiene"));
    let could_not = why_unable(route, order, voice);
    let out_of_reach = why_out_of_reach(route, order, voice).map(|why| format!(": {why}"));
    let late = why_late(order, voice);
    let stands = match (could_not, out_of_reach) {
        (Some(said), _) => said,
        (None, Some(why)) => has_it(&why),
        (None, None) => {
            late?;
            has_it("")
        }
    };
    let late = late.map_or_else(String::new, |late| format!("{late} "));
    let what = format!(
        "{late}{stands} {}",
        voice.pick("Call the crew, or give it to another.", "Llame a la cuadrilla o désela a otra."),
    );
    Some(Attention {
        key: format!("out-of-reach-{}", order.number),
        phone: route.phone.clone(),
        ..reconnect(routes, order, Some(route.id), &what, date, voice)
    })
}

/// So long before a reconnect is due, somebody asks whether it will be done.
const NEARLY_DUE: Span = Span::minutes(60);

fn why_late(order: &UnroutedRow, voice: &Voice) -> Option<&'static str> {
    let due = Micros(order.due_at_us?);
    if due < voice.now {
        Some(voice.pick("Past its deadline.", "Vencida."))
    } else if due - voice.now <= NEARLY_DUE {
        Some(voice.pick("Due within the hour.", "Vence en menos de una hora."))
    } else {
        None
    }
}

/// What the crew said that was there and could not do it.
fn why_unable(route: &BoardRoute, order: &UnroutedRow, voice: &Voice) -> Option<String> {
    let stop = route.stops.iter().find(|stop| stop.id.0 == order.id && !stop.taken_off && stop.state == "unable")?;
    Some(format!("{} {}", stop.said, voice.pick("It is still off.", "Sigue sin servicio.")))
}

/// A tablet that has a reconnect may be out of reach for so long before somebody asks: crews work without a signal.
const UNHEARD_WITH_IT_AFTER: Span = Span::minutes(60);

fn why_out_of_reach(route: &BoardRoute, order: &UnroutedRow, voice: &Voice) -> Option<String> {
    let id = OrderId(order.id);
    if !route.is_working() {
        return Some(voice.pick("it stays in today", "hoy no sale").to_owned());
    }
    if route.in_service().next().is_none() {
        return Some(match route.tablets.iter().max_by_key(|tablet| tablet.last_contact) {
            Some(tablet) => called(tablet, voice),
            None => voice.pick("no tablet", "sin tableta").to_owned(),
        });
    }
    let tablet = at_the_door(route.in_service())?;
    if tablet.restores.contains(&id) {
        let silent = tablet.last_contact.is_none_or(|at| voice.now - at >= UNHEARD_WITH_IT_AFTER);
        return silent.then(|| format!("{}, {}", tablet.name, heard(tablet.last_contact, voice)));
    }
    // Whenever it came onto the route: a tablet that is silent by now does not get it.
    let since = tablet.last_contact.unwrap_or_default().max(route.published_at);
    let not_fetched = voice.pick("has not fetched it", "no la ha recibido");
    (voice.now - since >= SILENT_AFTER)
        .then(|| format!("{} {not_fetched}, {}", tablet.name, heard(tablet.last_contact, voice)))
}

/// What is said of a reconnect that somebody has to see to, from the route that has it now, where one does.
fn reconnect(
    routes: &[BoardRoute],
    order: &UnroutedRow,
    from: Option<RouteId>,
    what: &str,
    date: NaiveDate,
    voice: &Voice,
) -> Attention {
    let kind = order.kind.parse().unwrap_or(OrderKind::Reconnect);
    let reason: Option<Reason> = order.reason.parse().ok();
    let since = Micros(order.created_at_us);
    let due_at = order.due_at_us.map(Micros);
    let why = reason.map_or("", |reason| voice.reason(reason));
    let pressing = match due_at {
        _ if order.priority <= CANNOT_WAIT => Pressing::Off { can_wait: false, at: since },
        at => Pressing::Off { can_wait: true, at: at.unwrap_or(since) },
    };
    Attention {
        key: String::new(),
        pressing,
        tone: Tone::Restore,
        title: format!("{} {} · {}", order.number, voice.kind(kind), order.account),
        said: format!("{}: {} {}. {what}", capital(why), voice.pick("called for", "pedida hace"), ago(voice, since),),
        phone: None,
        account: Some(order.account.clone()),
        due_at,
        waiting: Some(Waiting { order: OrderId(order.id), from, offers: offers::of(routes, order, date, voice) }),
        told: None,
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
