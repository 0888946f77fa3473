//! What needs a dispatcher now: recalls that nobody has seen, silent tablets, service to give back that no crew has,
//! exceptions. The most pressing first, each with the sentence and whom to call.

use super::{BoardRoute, Holding, Stop, Tablet};
use crate::{
    service::{handing_in, telling::Tone, voice::Voice},
    store::{board::UnroutedRow, exceptions::ExceptionRow},
};
use chrono::NaiveDate;
use curbstop_shared::{
    time::{Micros, Span},
    vocabulary::{ExceptionKind, OrderKind, Reason},
};
use std::collections::HashMap;

/// A tablet that was not heard of for so long can't begin a cut any more, and hears of no payment.
const SILENT_AFTER: Span = Span::minutes(60);
/// Priority of an order for somebody who should not be off at all.
const WRONGFUL: i64 = 1;

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
                .filter(|route| !route.replaced && route.next().is_some())
                .flat_map(|route| route.tablets.iter().filter_map(move |tablet| silent(route, tablet, voice))),
        );
    }
    all.extend(unrouted.iter().map(|order| reconnect(order, voice)));
    all.extend(exceptions.iter().filter_map(|row| exception(row, voice)));
    all.sort_by(|a, b| (a.pressing, &a.key).cmp(&(b.pressing, &b.key)));
    all
}

fn recall(route: &BoardRoute, stop: &Stop, recalled_at: &HashMap<String, i64>, voice: &Voice) -> Attention {
    let stops_away = route.stops_away(stop);
    // Whichever tablet of the crew was heard of last could have brought the word.
    let tablet = route.tablets.iter().max_by_key(|tablet| tablet.last_contact);
    let last_contact = tablet.and_then(|tablet| tablet.last_contact);
    let has_it = tablet.is_some_and(|tablet| stop.unseen.iter().all(|recall| tablet.received.contains(recall)));
    let name = tablet.map_or_else(|| route.crew.clone(), |tablet| tablet.name.clone());
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
    }
}

fn ago(voice: &Voice, at: Micros) -> String {
    format!("{}{}", voice.age(at), voice.pick(" ago", ""))
}

fn silent(route: &BoardRoute, tablet: &Tablet, voice: &Voice) -> Option<Attention> {
    let since = tablet.last_contact.unwrap_or(route.published_at).max(route.published_at);
    if voice.now - since < SILENT_AFTER {
        return None;
    }
    let said = match tablet.holding {
        Holding::Nothing => format!(
            "{} {} {}. {}",
            voice.pick("It has not fetched the route that was published", "No ha recibido la ruta publicada hace"),
            voice.age(route.published_at),
            voice.pick("ago", ""),
            voice.pick("Call the crew before it leaves.", "Llame a la cuadrilla antes de que salga.")
        )
        .replace(" .", "."),
        Holding::Behind { .. } | Holding::Everything { .. } => format!(
            "{} {}. {}",
            voice.pick("Last contact", "Último contacto hace"),
            ago(voice, since),
            voice.pick(
                "It may not begin a cut without a go-code; payments do not reach it.",
                "No puede empezar un corte sin código; los pagos no le llegan."
            )
        ),
    };
    Some(Attention {
        key: format!("silent-{}-{}", route.id, tablet.id),
        pressing: Pressing::Silent { since },
        tone: Tone::Wait,
        title: format!("{} · {} {}", tablet.name, route.crew, voice.pick("silent", "sin contacto")),
        said,
        phone: route.phone.clone(),
        account: None,
        due_at: None,
    })
}

fn reconnect(order: &UnroutedRow, voice: &Voice) -> Attention {
    let kind = order.kind.parse().unwrap_or(OrderKind::Reconnect);
    let reason: Option<Reason> = order.reason.parse().ok();
    let since = Micros(order.created_at_us);
    let due_at = order.due_at_us.map(Micros);
    let why = reason.map_or("", |reason| voice.reason(reason));
    let pressing = match due_at {
        _ if order.priority <= WRONGFUL => Pressing::Wrongful { since },
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
    Some(Attention {
        key: format!("exception-{}", row.id),
        pressing: Pressing::Due { at },
        tone: if urgent { Tone::Stop } else { Tone::Wait },
        title: format!("{} · {}", super::super::exceptions::kind_said(kind, voice), row.order_number),
        said,
        phone: None,
        account: Some(row.account.clone()),
        due_at: Some(at),
    })
}
