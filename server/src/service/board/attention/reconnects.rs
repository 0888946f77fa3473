//! Service to give back that nobody may be going to: no crew has it, or the crew that has it can't be heard of.

use super::{Attention, Pressing, Waiting, ago, called, heard, unheard::SILENT_AFTER};
use crate::{
    planning::detour::CANNOT_WAIT,
    service::{
        board::{BoardRoute, offers},
        telling::Tone,
        voice::Voice,
    },
    store::board::{RestoreOutRow, UnroutedRow},
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

/// A reconnect that a crew has on its route, where nobody can know whether it will be done: the crew has no tablet that
/// still hears, none has fetched it, or the one that has it was not heard of for long.
pub(super) fn out_of_reach(
    routes: &[BoardRoute],
    out: &RestoreOutRow,
    date: NaiveDate,
    voice: &Voice,
) -> Option<Attention> {
    let order = &out.order;
    let route = routes.iter().find(|route| route.id.0 == out.route)?;
    let why = why_out_of_reach(route, order, voice)?;
    let what = format!(
        "{} {}: {why}. {}",
        route.crew,
        voice.pick("has it", "la tiene"),
        voice.pick("Call the crew, or give it to another.", "Llame a la cuadrilla o désela a otra."),
    );
    Some(Attention {
        key: format!("out-of-reach-{}", order.number),
        phone: route.phone.clone(),
        ..reconnect(routes, order, Some(route.id), &what, date, voice)
    })
}

/// A tablet that has a reconnect may be out of reach for so long before somebody asks: crews work without a signal.
const UNHEARD_WITH_IT_AFTER: Span = Span::minutes(60);

fn why_out_of_reach(route: &BoardRoute, order: &UnroutedRow, voice: &Voice) -> Option<String> {
    let id = OrderId(order.id);
    let newest = |has: bool| {
        route.in_service().filter(move |tablet| tablet.restores.contains(&id) == has).max_by_key(|it| it.last_contact)
    };
    if route.in_service().next().is_none() {
        return Some(match route.tablets.iter().max_by_key(|tablet| tablet.last_contact) {
            Some(tablet) => called(tablet, voice),
            None => voice.pick("no tablet", "sin tableta").to_owned(),
        });
    }
    if let Some(tablet) = newest(true) {
        let silent = tablet.last_contact.is_none_or(|at| voice.now - at >= UNHEARD_WITH_IT_AFTER);
        return silent.then(|| format!("{}, {}", tablet.name, heard(tablet.last_contact, voice)));
    }
    let tablet = newest(false)?;
    let since = tablet.last_contact.unwrap_or_default().max(route.published_at).max(Micros(order.created_at_us));
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
        _ if order.priority <= CANNOT_WAIT => Pressing::Wrongful { since },
        Some(at) => Pressing::Due { at },
        None => Pressing::Due { at: since },
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
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
