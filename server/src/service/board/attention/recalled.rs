//! What a crew was told and nobody there has seen: a stop that was taken back, or one that left the route.

use super::{Attention, Known, Pressing, ToTell, called, heard};
use crate::service::{
    board::{BoardRoute, Holding, Stop, Tablet, tablets::at_the_door},
    telling::Tone,
    voice::Voice,
    whereabouts::Recalled,
};
use curbstop_shared::{
    time::Micros,
    vocabulary::{RecallReason, ReleaseReason},
};
use std::collections::BTreeMap;

/// Numbers of stops that a line names; the route's own list has all of them.
const NAMED_MAX: usize = 3;

/// Every stop that was taken back from a truck and that nobody there has seen. Whoever paid or is protected has a line
/// of its own; a listing that was withdrawn or a route that was taken back is one line for the truck, whatever it held.
pub(super) fn recalls(known: &Known<'_>, voice: &Voice) -> Vec<Attention> {
    let mut all = Vec::new();
    for route in known.routes.iter().filter(|route| !route.closed) {
        let unseen = route.stops.iter().filter(|stop| !stop.unseen.is_empty() && stop.state != "done");
        let unseen = unseen.filter(|stop| is_by_this_route(known.routes, route, stop));
        let mut many: BTreeMap<RecallReason, Vec<&Stop>> = BTreeMap::new();
        for stop in unseen.filter(|stop| was_there(known.routes, route, stop)) {
            let Some(why) = main(&stop.unseen) else { continue };
            if stop.kind.is_restore() {
                all.push(restore(known, route, stop, voice));
            } else if matches!(why.reason, RecallReason::Released | RecallReason::Held) {
                all.push(recall(known.routes, route, stop, voice));
            } else {
                many.entry(why.reason).or_default().push(stop);
            }
        }
        for (reason, stops) in many {
            all.push(match &stops[..] {
                [stop] => recall(known.routes, route, stop, voice),
                _ => of_truck(known.routes, route, reason, &stops, voice),
            });
        }
    }
    all
}

/// The recall that says most: whoever paid counts before whoever is protected, and both before all others.
fn main(unseen: &[Recalled]) -> Option<&Recalled> {
    unseen.iter().min_by_key(|recall| match recall.reason {
        RecallReason::Released => (0, recall.at),
        RecallReason::Held => (1, recall.at),
        _ => (2, recall.at),
    })
}

/// "paid 10:05", "protected", "listing withdrawn"; of what kind a protection is, is nobody's business here.
fn why(recall: &Recalled, voice: &Voice) -> String {
    match (recall.reason, recall.release) {
        (RecallReason::Released, Some((ReleaseReason::PaymentReceived, Some(at)))) => {
            format!("{} {}", voice.pick("paid", "pagada"), voice.time(at))
        }
        (RecallReason::Released, Some((ReleaseReason::PaymentReceived, None))) => {
            voice.pick("paid", "pagada").to_owned()
        }
        (RecallReason::Released, _) => voice.pick("released", "liberada").to_owned(),
        (RecallReason::Held, _) => voice.pick("protected", "protegida").to_owned(),
        (reason, _) => why_many(reason, voice).to_owned(),
    }
}

const fn why_many(reason: RecallReason, voice: &Voice) -> &'static str {
    match reason {
        RecallReason::Withdrawn => voice.pick("listing withdrawn", "lista retirada"),
        RecallReason::Moved => voice.pick("went to another crew", "pasó a otra cuadrilla"),
        RecallReason::TakenOff => voice.pick("taken off the route", "fuera de la ruta"),
        RecallReason::Cancelled => voice.pick("cancelled", "cancelada"),
        RecallReason::NotCalledFor => voice.pick("nothing calls for it any more", "ya nada la pide"),
        RecallReason::Released | RecallReason::Held | RecallReason::Other => {
            voice.pick("by the office", "por la oficina")
        }
    }
}

fn taken_back(stop: &Stop, voice: &Voice) -> String {
    let said = voice.pick("Taken back", "Retirada");
    main(&stop.unseen)
        .map_or_else(|| said.to_owned(), |recall| format!("{said} {} ({})", voice.time(recall.at), why(recall, voice)))
}

fn recall(routes: &[BoardRoute], route: &BoardRoute, stop: &Stop, voice: &Voice) -> Attention {
    let stops_away = route.stops_away(stop);
    let tablet = lacking(routes, route, std::slice::from_ref(&stop));
    let last_contact = tablet.and_then(|tablet| tablet.last_contact);
    let seen = seen(route, tablet, stop.unseen.iter(), voice);
    let heard = heard(last_contact, voice);
    Attention {
        key: format!("recall-{}-{}", route.id, stop.number),
        pressing: Pressing::Recall { many: false, stops_away, last_contact },
        tone: Tone::Stop,
        title: format!("{} {}", stop.number, stop.address),
        said: format!("{}: {seen}, {heard}, {}.", taken_back(stop, voice), away(stops_away, voice)),
        phone: route.phone.clone(),
        account: Some(stop.account.clone()),
        due_at: None,
        waiting: None,
        told: Some(ToTell::of(route, &[stop])),
    }
}

/// "stop is 2 away".
fn away(stops: usize, voice: &Voice) -> String {
    match stops {
        0 => voice.pick("it is the next stop", "es la próxima parada").to_owned(),
        n => format!(
            "{} {n} {}",
            voice.pick("stop is", if n == 1 { "falta" } else { "faltan" }),
            voice.pick("away", if n == 1 { "parada" } else { "paradas" })
        ),
    }
}

/// All that one truck was told for the same reason.
fn of_truck(
    routes: &[BoardRoute],
    route: &BoardRoute,
    reason: RecallReason,
    stops: &[&Stop],
    voice: &Voice,
) -> Attention {
    let stops_away = stops.iter().map(|stop| route.stops_away(stop)).min().unwrap_or_default();
    let tablet = lacking(routes, route, stops);
    let last_contact = tablet.and_then(|tablet| tablet.last_contact);
    let since = earliest(stops.iter().flat_map(|stop| &stop.unseen)).map_or_else(String::new, |at| voice.time(at));
    let first = voice.pick("the first of them: ", "la primera: ");
    Attention {
        key: format!("recalls-{}-{}", route.id, reason.code()),
        pressing: Pressing::Recall { many: true, stops_away, last_contact },
        tone: Tone::Stop,
        title: format!(
            "{} · {} {}",
            route.crew,
            stops.len(),
            voice.pick("orders taken back, not seen", "órdenes retiradas, sin ver")
        ),
        said: format!(
            "{} {since} ({}): {}, {}, {first}{}. {}. {}",
            voice.pick("Taken back", "Retiradas"),
            why_many(reason, voice),
            seen(route, tablet, stops.iter().flat_map(|stop| &stop.unseen), voice),
            heard(last_contact, voice),
            away(stops_away, voice),
            named(stops, voice),
            voice.pick("Call the crew: make none of them.", "Llame a la cuadrilla: que no haga ninguna."),
        ),
        phone: route.phone.clone(),
        account: None,
        due_at: None,
        waiting: None,
        told: Some(ToTell::of(route, stops)),
    }
}

/// A reconnect that nothing calls for any more, or that another crew has: nobody is cut where the crew does not hear it.
fn restore(known: &Known<'_>, route: &BoardRoute, stop: &Stop, voice: &Voice) -> Attention {
    let tablet = lacking(known.routes, route, std::slice::from_ref(&stop));
    let last_contact = tablet.and_then(|tablet| tablet.last_contact);
    let called_for = known.unrouted.iter().chain(known.restores_out.iter().map(|out| &out.order));
    let called_for = called_for.chain(known.restores_later.iter().map(|later| &later.out.order));
    let of_account: Vec<_> = called_for.filter(|order| order.account == stop.account).collect();
    let instead = match of_account.first() {
        _ if of_account.iter().any(|order| order.id == stop.id.0) => {
            voice.pick("Another crew is to do it.", "Otra cuadrilla debe hacerla.").to_owned()
        }
        Some(order) => format!("{} {}", order.number, voice.pick("takes its place.", "la reemplaza.")),
        None => voice
            .pick("No other order gives service back there.", "Ninguna otra orden devuelve el servicio ahí.")
            .to_owned(),
    };
    Attention {
        key: format!("recall-{}-{}", route.id, stop.number),
        pressing: Pressing::Silent { since: main(&stop.unseen).map_or(route.published_at, |recall| recall.at) },
        tone: Tone::Wait,
        title: format!(
            "{} {} · {}",
            stop.number,
            stop.address,
            voice.pick("reconnect taken back", "reconexión retirada")
        ),
        said: format!(
            "{}: {}, {}. {instead}",
            taken_back(stop, voice),
            seen(route, tablet, stop.unseen.iter(), voice),
            heard(last_contact, voice),
        ),
        phone: route.phone.clone(),
        account: Some(stop.account.clone()),
        due_at: None,
        waiting: None,
        told: Some(ToTell::of(route, &[stop])),
    }
}

/// Of several generations of a crew's day with the same recall, the one by which its tablets go there.
fn is_by_this_route(routes: &[BoardRoute], route: &BoardRoute, stop: &Stop) -> bool {
    let nearest = |route: &BoardRoute, stop: &Stop| (route.worked_from, !stop.taken_off, route.generation);
    of_crew(routes, route)
        .filter(|other| other.id != route.id)
        .filter_map(|other| Some((other, other.stops.iter().find(|same| same.id == stop.id)?)))
        .all(|(other, same)| nearest(other, same) < nearest(route, stop))
}

/// Somebody of the crew may go there: the stop is on its route still, or a tablet was given one with it. A reconnect
/// that no tablet has nobody makes.
fn was_there(routes: &[BoardRoute], route: &BoardRoute, stop: &Stop) -> bool {
    of_crew(routes, route).filter_map(|other| Some((other, other.stops.iter().find(|same| same.id == stop.id)?))).any(
        |(other, same)| {
            let fetched = other.tablets.iter().any(|it| it.holding != Holding::Nothing && !it.handed_in);
            // A crew that goes by paper may go there until somebody has called it.
            fetched || other.on_paper || (!same.taken_off && !stop.kind.is_restore())
        },
    )
}

fn of_crew<'r>(routes: &'r [BoardRoute], route: &'r BoardRoute) -> impl Iterator<Item = &'r BoardRoute> + Clone {
    routes.iter().filter(|other| other.crew == route.crew && !other.closed)
}

/// The tablet that speaks for the truck, whichever generation of its day it has: one that lacks the word before those
/// that have it, and of these the one that was not heard of for longest.
fn lacking<'r>(routes: &'r [BoardRoute], route: &'r BoardRoute, stops: &[&Stop]) -> Option<&'r Tablet> {
    let tablets = of_crew(routes, route).flat_map(|other| &other.tablets);
    let lacks = |tablet: &&Tablet| {
        tablet.may_work() && stops.iter().flat_map(|stop| &stop.unseen).any(|it| !tablet.received.contains(&it.id))
    };
    let without: Vec<&Tablet> = tablets.clone().filter(lacks).collect();
    at_the_door(without.into_iter()).or_else(|| at_the_door(tablets))
}

fn earliest<'f>(recalls: impl IntoIterator<Item = &'f Recalled>) -> Option<Micros> {
    recalls.into_iter().map(|recall| recall.at).min()
}

fn seen<'f>(
    route: &BoardRoute,
    tablet: Option<&Tablet>,
    mut recalls: impl Iterator<Item = &'f Recalled>,
    voice: &Voice,
) -> String {
    let has_it = tablet.is_some_and(|tablet| recalls.all(|recall| tablet.received.contains(&recall.id)));
    let name = tablet.map_or_else(|| route.crew.clone(), |tablet| called(tablet, voice));
    if has_it {
        format!("{name} {}", voice.pick("has it, nobody has tapped on it", "la tiene, nadie la ha confirmado"))
    } else {
        format!("{name} {}", voice.pick("has not seen it", "no la ha visto"))
    }
}

/// "T-1, T-2, T-3 and more: 5".
fn named(stops: &[&Stop], voice: &Voice) -> String {
    let named = stops.iter().take(NAMED_MAX).map(|stop| stop.number.as_str()).collect::<Vec<_>>().join(", ");
    if stops.len() > NAMED_MAX {
        format!("{named} {} {}", voice.pick("and more:", "y más:"), stops.len())
    } else {
        named
    }
}

/// Stops that went to another crew or back to the desk, while this crew may still go there: one line for the route.
pub(super) fn left(route: &BoardRoute, voice: &Voice) -> Option<Attention> {
    let gone: Vec<&Stop> = route
        .stops
        .iter()
        .filter(|stop| !stop.left_unseen.is_empty() && matches!(stop.state.as_str(), "open" | "unable"))
        .collect();
    let first = gone.first()?;
    // Nobody there was ever told to do them.
    if !route.on_paper && route.tablets.iter().all(|tablet| tablet.holding == Holding::Nothing) {
        return None;
    }
    let recalls = || gone.iter().flat_map(|stop| &stop.left_unseen);
    let since = earliest(recalls()).unwrap_or(route.published_at);
    let tablet = at_the_door(route.tablets.iter());
    let named = named(&gone, voice);
    let went = match gone.len() {
        1 => format!("{named}: {}", first.said.trim_end_matches('.')),
        _ => format!("{}: {named}", voice.pick("These stops left its route", "Estas paradas salieron de su ruta")),
    };
    let said = format!(
        "{went}. {}, {}. {}",
        seen(route, tablet, recalls(), voice),
        heard(tablet.and_then(|tablet| tablet.last_contact), voice),
        if gone.iter().any(|stop| stop.is_others) {
            voice.pick("Until then two crews may go there: call.", "Hasta entonces pueden ir dos cuadrillas: llame.")
        } else {
            voice.pick("Until then it may still go there: call.", "Hasta entonces todavía puede ir: llame.")
        },
    );
    Some(Attention {
        key: format!("left-{}", route.id),
        pressing: Pressing::Silent { since },
        tone: Tone::Wait,
        title: format!(
            "{} · {}",
            route.crew,
            voice.pick("does not know yet what left its route", "aún no sabe qué salió de su ruta")
        ),
        said,
        phone: route.phone.clone(),
        account: (gone.len() == 1).then(|| first.account.clone()),
        due_at: None,
        waiting: None,
        told: Some(ToTell::of(route, &gone)),
    })
}
