//! A crew that does not go out today after all: its stops are nobody's until somebody plans them anew.

use super::{Attention, Pressing};
use crate::service::{
    board::{BoardRoute, Stop},
    telling::Tone,
    voice::Voice,
};

/// Stops that are named in the line.
const NAMED_MAX: usize = 3;

/// What nobody does any more, where anything is left.
pub(super) fn stops_left(route: &BoardRoute, voice: &Voice) -> Option<Attention> {
    let since = route.out_since?;
    let left: Vec<&Stop> = route.stops.iter().filter(|stop| !stop.taken_off && stop.waits()).collect();
    let first = left.iter().take(NAMED_MAX).map(|stop| stop.number.as_str()).collect::<Vec<_>>().join(", ");
    let more = if left.len() > NAMED_MAX { ", ..." } else { "" };
    let count = match left.len() {
        0 => return None,
        1 => voice.pick("1 stop is nobody's", "1 parada no es de nadie").to_owned(),
        n => format!("{n} {}", voice.pick("stops are nobody's", "paradas no son de nadie")),
    };
    Some(Attention {
        key: format!("crew-out-{}", route.id),
        pressing: Pressing::Silent { since },
        tone: Tone::Wait,
        title: format!("{} · {}", route.crew, voice.pick("stays in today", "hoy no sale")),
        said: format!(
            "{} {}: {first}{more}. {count}. {}",
            voice.pick("Said at", "Se dijo a las"),
            voice.time(since),
            voice.pick(
                "Give its reconnects to another crew; plan the day without it, and take the rest back there.",
                "Pase sus reconexiones a otra cuadrilla; haga el plan sin ella y retire allí lo demás.",
            ),
        ),
        phone: route.phone.clone(),
        account: None,
        due_at: None,
        waiting: None,
        told: None,
    })
}
