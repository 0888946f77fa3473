//! What needs a dispatcher now: recalls that nobody has seen, silent tablets, service to give back that no crew has,
//! exceptions. The most pressing first, each with the sentence and whom to call.

use super::{
    BoardRoute, Holding, Stop, Tablet,
    offers::{self, Offer},
};
use crate::{
    planning::detour::CANNOT_WAIT,
    service::{handing_in, telling::Tone, voice::Voice},
    store::{board::UnroutedRow, exceptions::ExceptionRow},
};
use chrono::NaiveDate;
use curbstop_shared::{
    ids::OrderId,
    time::{Micros, Span},
    vocabulary::{ExceptionKind, OrderKind, Reason},
};
use std::collections::HashMap;

/// A tablet with cuts to make that was not heard of for so long: payments do not reach it, and its permits run out.
const SILENT_AFTER: Span = Span::minutes(30);

/// One thing that needs somebody.
#[derive(Debug)]
pub struct Attention {
    /// What it is, for a list that changes while somebody reads it.
    pub key: String,
    /// How pressing it is; the list is sorted by it.
    pub pressing: Pressing,
    /// Its icon and colour.
    pub tone: Tone,
    /// What it is, in a few words.
    pub title: String,
    /// What happened and what to do.
    pub said: String,
    /// Whom to call.
    pub phone: Option<String>,
    /// The account to look at.
    pub account: Option<String>,
    /// By when somebody has to have acted.
    pub due_at: Option<Micros>,
    /// A reconnect that no crew has.
    pub waiting: Option<Waiting>,
}

/// A reconnect that no crew has, and who could have it.
#[derive(Debug)]
pub struct Waiting {
    /// The order.
    pub order: OrderId,
    /// The routes that are out and could take it, the shortest way round first.
    pub offers: Vec<Offer>,
}

/// How pressing something is, the first most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pressing {
    /// A recall that nobody has seen: so many stops until the crew is there, heard of so long ago.
    Recall {
        /// Stops before it.
        stops_away: usize,
        /// Microseconds since 1970; none sorts first, for nobody has heard of that tablet.
        last_contact: Option<Micros>,
    },
    /// Somebody is off who should not be.
    Wrongful {
        /// Since when it is called for.
        since: Micros,
    },
    /// A deadline.
    Due {
        /// By when.
        at: Micros,
    },
    /// A tablet was not heard of for long.
    Silent {
        /// Since when.
        since: Micros,
    },
}

pub(super) fn of(
    routes: &[BoardRoute],
    unrouted: &[UnroutedRow],
    exceptions: &[ExceptionRow],
    recalled_at: &HashMap<String, i64>,
    date: NaiveDate,
    voice: &Voice,
) -> Vec<Attention> {
    let open = || routes.iter().filter(|route| !route.closed);
    let mut all: Vec<Attention> = open()
        .flat_map(|route| {
            let unseen = route.stops.iter().filter(|stop| !stop.unseen.is_empty() && stop.state != "done");
            unseen.map(move |stop| recall(route, stop, recalled_at, voice))
        })
        .collect();
    // Yesterday's tablets lie on the charger: silence means something only today.
    if date == voice.today() {
        all.extend(
            open()
                .filter(|route| !route.replaced)
                .flat_map(|route| route.in_service().filter_map(move |tablet| silent(route, tablet, voice))),
        );
    }
    if date >= voice.today() {
        all.extend(open().filter(|route| !route.replaced).filter_map(|route| not_fetched(route, voice)));
    }
    all.extend(unrouted.iter().map(|order| reconnect(order, offers::of(routes, order, date, voice), voice)));
    all.extend(exceptions.iter().filter_map(|row| exception(row, voice)));
    all.sort_by(|a, b| (a.pressing, &a.key).cmp(&(b.pressing, &b.key)));
    all
}

/// What a tablet is called, and that it can't hear any more where that is so.
fn called(tablet: &Tablet, voice: &Voice) -> String {
    let out = if tablet.out_of_service { voice.pick(" (out of service)", " (fuera de servicio)") } else { "" };
    format!("{}{out}", tablet.name)
}

fn recall(route: &BoardRoute, stop: &Stop, recalled_at: &HashMap<String, i64>, voice: &Voice) -> Attention {
    let stops_away = route.stops_away(stop);
    // Whichever tablet of the crew was heard of last could have brought the word.
    let tablet = route.tablets.iter().max_by_key(|tablet| tablet.last_contact);
    let last_contact = tablet.and_then(|tablet| tablet.last_contact);
    let has_it = tablet.is_some_and(|tablet| stop.unseen.iter().all(|recall| tablet.received.contains(recall)));
    let name = tablet.map_or_else(|| route.crew.clone(), |tablet| called(tablet, voice));
    let since = stop.unseen.iter().filter_map(|recall| recalled_at.get(recall.as_str())).min().map(|at| Micros(*at));
    let taken_back = since.map_or_else(
        || voice.pick("Taken back", "Retirada").to_owned(),
        |at| format!("{} {}", voice.pick("Taken back", "Retirada"), voice.time(at)),
    );
    let seen = if has_it {
        format!("{name} {}", voice.pick("has it, nobody has tapped on it", "la tiene, nadie la ha confirmado"))
    } else {
        format!("{name} {}", voice.pick("has not seen it", "no la ha visto"))
    };
    let heard = last_contact.map_or_else(
        || voice.pick("never heard of today", "sin contacto hoy").to_owned(),
        |at| format!("{} {}", voice.pick("last contact", "último contacto hace"), ago(voice, at)),
    );
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

fn ago(voice: &Voice, at: Micros) -> String {
    format!("{}{}", voice.age(at), voice.pick(" ago", ""))
}

/// A route that no tablet has: the crew would drive out without it.
fn not_fetched(route: &BoardRoute, voice: &Voice) -> Option<Attention> {
    if route.next().is_none() || route.in_service().any(|tablet| tablet.holding != Holding::Nothing) {
        return None;
    }
    let (title, said) = if route.in_service().next().is_none() {
        let said = voice.pick(
            "Its route is out, and the crew has no tablet. Make a code and enrol one before it leaves.",
            "Su ruta está publicada y la cuadrilla no tiene tableta. Haga un código e inscriba una antes de que salga.",
        );
        (voice.pick("no tablet", "sin tableta"), said.to_owned())
    } else {
        let said = format!(
            "{} {}. {}",
            voice.pick(
                "No tablet has fetched the route published",
                "Ninguna tableta ha recibido la ruta publicada hace"
            ),
            ago(voice, route.published_at),
            voice.pick(
                "Have the crew open the app where there is a signal before it leaves.",
                "Que la cuadrilla abra la app donde haya señal antes de salir.",
            )
        );
        (voice.pick("route not fetched", "ruta sin recibir"), said)
    };
    Some(Attention {
        key: format!("tablet-{}", route.id),
        pressing: Pressing::Silent { since: route.published_at },
        tone: Tone::Wait,
        title: format!("{} · {title}", route.crew),
        said,
        phone: route.phone.clone(),
        account: None,
        due_at: None,
        waiting: None,
    })
}

/// A tablet that has cuts to make and was not heard of: whoever pays now is not known there.
fn silent(route: &BoardRoute, tablet: &Tablet, voice: &Voice) -> Option<Attention> {
    let since = tablet.last_contact?.max(route.published_at);
    let cuts = route.stops.iter().filter(|stop| stop.is_left() && stop.kind.is_cut()).count();
    if cuts == 0 || tablet.holding == Holding::Nothing || voice.now - since < SILENT_AFTER {
        return None;
    }
    let open = match cuts {
        1 => voice.pick("1 cut still to make", "1 corte pendiente").to_owned(),
        n => format!("{n} {}", voice.pick("cuts still to make", "cortes pendientes")),
    };
    let said = format!(
        "{} {}, {open}. {}",
        voice.pick("Last contact", "Último contacto hace"),
        ago(voice, since),
        voice.pick(
            "Payments since then have not reached it. Call the crew: find a signal, or ask before each cut.",
            "Los pagos desde entonces no le llegaron. Llame a la cuadrilla: que busque señal o pregunte antes de cada corte.",
        )
    );
    Some(Attention {
        key: format!("silent-{}-{}", route.id, tablet.id),
        pressing: Pressing::Silent { since },
        tone: Tone::Wait,
        title: format!("{} · {} {}", tablet.name, route.crew, voice.pick("silent", "sin contacto")),
        said,
        phone: route.phone.clone(),
        account: None,
        due_at: None,
        waiting: None,
    })
}

fn reconnect(order: &UnroutedRow, offers: Vec<Offer>, voice: &Voice) -> Attention {
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
        key: format!("unrouted-{}", order.number),
        pressing,
        tone: Tone::Restore,
        title: format!("{} {} · {}", order.number, voice.kind(kind), order.account),
        said: format!(
            "{}: {} {}. {}",
            capital(why),
            voice.pick("called for", "pedida hace"),
            ago(voice, since),
            voice.pick("No crew has it: put it on a route.", "Ninguna cuadrilla la tiene: póngala en una ruta.")
        ),
        phone: None,
        account: Some(order.account.clone()),
        due_at,
        waiting: Some(Waiting { order: OrderId(order.id), offers }),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Only those that mean that somebody may be off who should not be, or that a dispatcher owns.
fn exception(row: &ExceptionRow, voice: &Voice) -> Option<Attention> {
    let kind: ExceptionKind = row.kind.parse().ok()?;
    let urgent = matches!(
        kind,
        ExceptionKind::CutDespiteRelease
            | ExceptionKind::CutCrossedRelease
            | ExceptionKind::CutUnderHold
            | ExceptionKind::Incident
    );
    if !urgent && row.owner_role != "dispatcher" {
        return None;
    }
    let at = Micros(row.due_at_us);
    let since = || format!("{} {}.", voice.pick("Open since", "Abierta desde"), voice.time(Micros(row.raised_at_us)));
    let said = handing_in::sentence(&row.detail, voice).unwrap_or_else(since);
    let number = row.order_number.as_ref().map(|number| format!(" · {number}")).unwrap_or_default();
    Some(Attention {
        key: format!("exception-{}", row.id),
        pressing: Pressing::Due { at },
        tone: if urgent { Tone::Stop } else { Tone::Wait },
        title: format!("{}{number}", super::super::exceptions::kind_said(kind, voice)),
        said,
        phone: None,
        account: row.order_number.as_ref().map(|_| row.account.clone()),
        due_at: Some(at),
        waiting: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone as _;
    use curbstop_shared::{
        ids::{DeviceId, RouteId},
        language::Language,
    };
    use std::collections::BTreeSet;
    use uuid::Uuid;

    /// A truck out since 8:00, last heard of at 9:00, with one order of this kind to do.
    fn truck(kind: OrderKind, holding: fn(Micros) -> Holding) -> BoardRoute {
        let stop = Stop {
            id: OrderId(Uuid::nil()),
            number: "T-1".into(),
            kind,
            reason: Reason::NonPay,
            account: "1".into(),
            address: "114 Alder St".into(),
            place: 1,
            rank: 1_000,
            point: None,
            taken_off: false,
            due_at: None,
            state: "open".into(),
            said: String::new(),
            unseen: Vec::new(),
        };
        let tablet = Tablet {
            id: DeviceId(Uuid::nil()),
            name: "tablet 12".into(),
            holding: holding(at(9, 0)),
            last_contact: Some(at(9, 0)),
            received: BTreeSet::new(),
            out_of_service: false,
        };
        BoardRoute {
            id: RouteId(Uuid::nil()),
            crew: "Truck 12".into(),
            crew_kind: "own".into(),
            qualifications: "water".into(),
            phone: Some("555-0112".into()),
            generation: 1,
            replaced: false,
            published_at: at(8, 0),
            closed: false,
            stops: vec![stop],
            tablets: vec![tablet],
        }
    }

    fn at(hour: u32, minute: u32) -> Micros {
        let moment = chrono_tz::America::Denver.with_ymd_and_hms(2026, 11, 24, hour, minute, 0).unwrap();
        Micros(moment.timestamp_micros())
    }

    fn attention(route: &BoardRoute, now: Micros) -> Vec<(String, String)> {
        let voice = Voice { language: Language::En, zone: chrono_tz::America::Denver, now };
        let all = of(std::slice::from_ref(route), &[], &[], &HashMap::new(), voice.today(), &voice);
        all.into_iter().map(|one| (one.title, one.said)).collect()
    }

    #[test]
    fn a_tablet_with_cuts_to_make_is_missed_after_half_an_hour_and_one_with_reconnects_is_not() {
        let has_all = |as_of| Holding::Everything { as_of };
        let cuts = truck(OrderKind::TurnOff, has_all);
        assert_eq!(attention(&cuts, at(9, 29)), []);
        let [(title, said)] = &attention(&cuts, at(9, 41))[..] else { panic!("one line") };
        assert_eq!(title, "tablet 12 · Truck 12 silent");
        assert!(said.starts_with("Last contact 41 min ago, 1 cut still to make. Payments since then"), "{said}");
        assert_eq!(attention(&truck(OrderKind::Reconnect, has_all), at(11, 0)), []);
    }

    #[test]
    fn a_route_that_no_tablet_has_says_whether_there_is_a_tablet() {
        let mut route = truck(OrderKind::TurnOff, |_| Holding::Nothing);
        let [(title, _)] = &attention(&route, at(8, 10))[..] else { panic!("one line") };
        assert_eq!(title, "Truck 12 · route not fetched");
        route.tablets.clear();
        let [(title, said)] = &attention(&route, at(8, 10))[..] else { panic!("one line") };
        assert_eq!(title, "Truck 12 · no tablet");
        assert!(said.contains("Make a code"), "{said}");
        route.stops.clear();
        assert_eq!(attention(&route, at(8, 10)), [], "nothing to do there");
    }
}
