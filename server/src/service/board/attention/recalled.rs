//! What a crew was told and nobody there has seen: a stop that was taken back, or one that left the route.

use super::{Attention, Pressing, called, heard};
use crate::service::{
    board::{BoardRoute, Holding, Stop, Tablet},
    telling::Tone,
    voice::Voice,
};
use curbstop_shared::{ids::FactId, time::Micros};
use std::collections::HashMap;

/// Numbers of stops that a line names; the route's own list has all of them.
const NAMED_MAX: usize = 3;

pub(super) fn recall(route: &BoardRoute, stop: &Stop, recalled_at: &HashMap<String, i64>, voice: &Voice) -> Attention {
    let stops_away = route.stops_away(stop);
    let tablet = last_heard_of(route);
    let last_contact = tablet.and_then(|tablet| tablet.last_contact);
    let taken_back = earliest(&stop.unseen, recalled_at).map_or_else(
        || voice.pick("Taken back", "Retirada").to_owned(),
        |at| format!("{} {}", voice.pick("Taken back", "Retirada"), voice.time(at)),
    );
    let seen = seen(route, tablet, stop.unseen.iter(), voice);
    let heard = heard(last_contact, voice);
    let away = match stops_away {
        0 => voice.pick("it is the next stop", "es la próxima parada").to_owned(),
        n => format!(
            "{} {n} {}",
            voice.pick("stop is", if n == 1 { "falta" } else { "faltan" }),
            voice.pick("away", if n == 1 { "parada" } else { "paradas" })
        ),
    };
    Attention {
        key: format!("recall-{}-{}", route.id, stop.number),
        pressing: Pressing::Recall { stops_away, last_contact },
        tone: Tone::Stop,
        title: format!("{} {}", stop.number, stop.address),
        said: format!("{taken_back}: {seen}, {heard}, {away}."),
        phone: route.phone.clone(),
        account: Some(stop.account.clone()),
        due_at: None,
        waiting: None,
    }
}

/// Of several generations of a crew's day with the same recall, the one by which its tablets go there.
pub(super) fn is_by_this_route(routes: &[BoardRoute], route: &BoardRoute, stop: &Stop) -> bool {
    let nearest = |route: &BoardRoute, stop: &Stop| (route.worked_from, !stop.taken_off, route.generation);
    let others = routes.iter().filter(|other| other.crew == route.crew && other.id != route.id && !other.closed);
    let with_it = others.filter_map(|other| Some((other, other.stops.iter().find(|same| same.id == stop.id)?)));
    with_it.into_iter().all(|(other, same)| nearest(other, same) < nearest(route, stop))
}

/// Whichever tablet of the crew was heard of last could have brought the word.
fn last_heard_of(route: &BoardRoute) -> Option<&Tablet> {
    route.tablets.iter().max_by_key(|tablet| tablet.last_contact)
}

fn earliest<'f>(recalls: impl IntoIterator<Item = &'f FactId>, recalled_at: &HashMap<String, i64>) -> Option<Micros> {
    recalls.into_iter().filter_map(|recall| recalled_at.get(recall.as_str())).min().map(|at| Micros(*at))
}

fn seen<'f>(
    route: &BoardRoute,
    tablet: Option<&Tablet>,
    mut recalls: impl Iterator<Item = &'f FactId>,
    voice: &Voice,
) -> String {
    let has_it = tablet.is_some_and(|tablet| recalls.all(|recall| tablet.received.contains(recall)));
    let name = tablet.map_or_else(|| route.crew.clone(), |tablet| called(tablet, voice));
    if has_it {
        format!("{name} {}", voice.pick("has it, nobody has tapped on it", "la tiene, nadie la ha confirmado"))
    } else {
        format!("{name} {}", voice.pick("has not seen it", "no la ha visto"))
    }
}

/// Stops that went to another crew or back to the desk, while this crew may still go there: one line for the route.
pub(super) fn left(route: &BoardRoute, recalled_at: &HashMap<String, i64>, voice: &Voice) -> Option<Attention> {
    let gone: Vec<&Stop> = route
        .stops
        .iter()
        .filter(|stop| !stop.left_unseen.is_empty() && matches!(stop.state.as_str(), "open" | "unable"))
        .collect();
    let first = gone.first()?;
    // Nobody there was ever told to do them.
    if route.tablets.iter().all(|tablet| tablet.holding == Holding::Nothing) {
        return None;
    }
    let recalls = || gone.iter().flat_map(|stop| &stop.left_unseen);
    let since = earliest(recalls(), recalled_at).unwrap_or(route.published_at);
    let tablet = last_heard_of(route);
    let mut named = gone.iter().take(NAMED_MAX).map(|stop| stop.number.as_str()).collect::<Vec<_>>().join(", ");
    if gone.len() > NAMED_MAX {
        named = format!("{named} {} {}", voice.pick("and more:", "y más:"), gone.len());
    }
    let went = match gone.len() {
        1 => format!("{named}: {}", first.said.trim_end_matches('.')),
        _ => format!("{}: {named}", voice.pick("These stops left its route", "Estas paradas salieron de su ruta")),
    };
    let said = format!(
        "{went}. {}, {}. {}",
        seen(route, tablet, recalls(), voice),
        heard(tablet.and_then(|tablet| tablet.last_contact), voice),
        voice.pick("Until then two crews may go there: call.", "Hasta entonces pueden ir dos cuadrillas: llame."),
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
    })
}
