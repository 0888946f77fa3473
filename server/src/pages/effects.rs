//! What a payment, a hold or a release does, line by line: which cut it stops and whom to call, what it restarts.

use super::frame::Frame;
use crate::service::releasing::{Restarted, Stopped};
use curbstop_shared::time::Span;

/// One line of what something does.
pub(super) struct Effect {
    pub icon: &'static str,
    pub tone: &'static str,
    pub said: String,
    pub phone: Option<String>,
}

/// What is stopped and restarted, or would be where it is not `recorded` yet.
pub(super) fn effects(stopped: &[Stopped], reconnects: &[Restarted], recorded: bool, f: &Frame) -> Vec<Effect> {
    let stops = stopped.iter().map(|stopped| stop(stopped, recorded, f));
    let restarts = reconnects.iter().map(|order| {
        let first = if order.priority == 1 { f.t(", before everything else", ", antes que todo") } else { "" };
        let what = if recorded { f.t("Restores", "Reconecta") } else { f.t("Will restore", "Reconectará") };
        Effect {
            icon: "restore",
            tone: "restore",
            said: match &order.order {
                Some(number) => format!("{what}: {} {number}{first}", f.t("reconnect", "reconexión")),
                None => format!("{what}: {}{first}", f.t("a new reconnect", "una reconexión nueva")),
            },
            phone: None,
        }
    });
    stops.chain(restarts).collect()
}

fn stop(stopped: &Stopped, recorded: bool, f: &Frame) -> Effect {
    let what = if recorded { f.t("Stops", "Detiene") } else { f.t("Will stop", "Detendrá") };
    let work = f.voice.kind(stopped.kind).to_lowercase();
    let mut said = format!("{what}: {work} {}", stopped.order);
    let Some(crew) = &stopped.crew else {
        said.push_str(f.t(", on no route yet", ", todavía en ninguna ruta"));
        return Effect { icon: "done", tone: "done", said, phone: None };
    };
    said.push_str(&format!(" {} {crew}", f.t("on", "de")));
    // Before it is recorded there is nothing that anybody could have seen.
    let seen = recorded && stopped.tablet_has_seen;
    said.push_str(match (recorded, seen) {
        (true, true) => f.t(": the tablet has it", ": la tableta ya lo tiene"),
        (true, false) => f.t(": not seen yet, call", ": aún no visto, llame"),
        (false, _) => f.t("", ""),
    });
    if let Some(away) = stopped.stops_away {
        said.push_str(&match away {
            0 => f.t(", it is the next stop", ", es la próxima parada").to_owned(),
            1 => f.t(", 1 stop away", ", a 1 parada").to_owned(),
            n => format!(", {}{n} {}", f.t("", "a "), f.t("stops away", "paradas")),
        });
    }
    said.push_str(&stopped.last_contact_s.map_or_else(
        || f.t(", no tablet has fetched it", ", ninguna tableta la ha recibido").to_owned(),
        |s| {
            format!(
                ", {} {}{}",
                f.t("last contact", "último contacto hace"),
                f.voice.span(Span::seconds(s)),
                f.t(" ago", "")
            )
        },
    ));
    Effect {
        icon: if seen { "done" } else { "stop" },
        tone: if seen { "done" } else { "stop" },
        said,
        phone: stopped.phone.clone(),
    }
}
