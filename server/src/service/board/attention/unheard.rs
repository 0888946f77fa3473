//! Tablets that are not heard of or that hear nothing any more, and routes that no tablet has.

use super::{Attention, Pressing, ago};
use crate::service::{
    board::{BoardRoute, Holding, Tablet},
    telling::Tone,
    voice::Voice,
};
use curbstop_shared::time::Span;

/// A tablet with work to do that was not heard of for so long: payments do not reach it, and its permits run out.
pub const SILENT_AFTER: Span = Span::minutes(30);

/// A tablet that was sent its route says with its next call, seconds later, that it has it.
const SAYS_SO_WITHIN: Span = Span::minutes(5);

/// A route that no tablet has: the crew would drive out without it.
pub(super) fn not_fetched(route: &BoardRoute, voice: &Voice) -> Option<Attention> {
    let has_it = |tablet: &Tablet| match tablet.holding {
        Holding::Nothing => false,
        Holding::Sent { at } => voice.now - at < SAYS_SO_WITHIN,
        Holding::Behind { .. } | Holding::Everything { .. } => true,
    };
    if route.next().is_none() || route.in_service().any(has_it) {
        return None;
    }
    let (title, said) = if let (true, Some(at)) = (route.on_paper, route.printed_at) {
        let said = format!(
            "{} {}. {}",
            voice.pick("It goes by paper, printed", "Va con papel, impreso a las"),
            voice.time(at),
            voice.pick(
                "It hears of nothing but a call: it calls before each cut.",
                "Solo se entera por teléfono: llama antes de cada corte.",
            )
        );
        (voice.pick("goes by paper", "va con papel"), said)
    } else if route.in_service().next().is_none() {
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
        told: None,
    })
}

/// A tablet that was taken out of service and still shows cuts of the day: nothing takes them off it, and whoever pays
/// now is not known there.
pub(super) fn out_of_service(route: &BoardRoute, tablet: &Tablet, voice: &Voice) -> Option<Attention> {
    let since = tablet.revoked_at?;
    // Of an older generation what went over to the newer one is still on this tablet.
    let cuts = route.stops.iter().filter(|stop| stop.is_ahead() && stop.kind.is_cut()).count();
    if cuts == 0 || !tablet.may_work() {
        return None;
    }
    let holds = match cuts {
        1 => voice.pick("1 cut", "1 corte").to_owned(),
        n => format!("{n} {}", voice.pick("cuts", "cortes")),
    };
    let said = format!(
        "{} {}, {} {holds}. {}",
        voice.pick("Out of service", "Fuera de servicio"),
        voice.language.since(&voice.time(since)),
        voice.pick("it still holds", "aún tiene"),
        voice.pick(
            "Payments no longer reach it. Call the crew: make none of them from this tablet, and bring it in.",
            "Los pagos ya no le llegan. Llame a la cuadrilla: que no haga ninguno con esta tableta y la entregue.",
        )
    );
    Some(Attention {
        key: format!("out-{}-{}", route.id, tablet.id),
        pressing: Pressing::Silent { since },
        tone: Tone::Wait,
        title: format!("{} · {} {}", tablet.name, route.crew, voice.pick("out of service", "fuera de servicio")),
        said,
        phone: route.phone.clone(),
        account: None,
        due_at: None,
        waiting: None,
        told: None,
    })
}

/// A tablet that has cuts to make and was not heard of: whoever pays now is not known there.
pub(super) fn silent(route: &BoardRoute, tablet: &Tablet, voice: &Voice) -> Option<Attention> {
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
        told: None,
    })
}
