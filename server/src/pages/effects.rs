//! What a payment, a hold or a release does, line by line: which cut it stops and whom to call, what it restarts.

use super::frame::Frame;
use crate::service::releasing::{Restarted, Stopped};
use curbstop_shared::{language::Language, time::Span};

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
                Some(number) => {
                    format!("{what}: {} {number}{first}. {}", f.t("reconnect", "reconexión"), back_on(order, f))
                }
                None => {
                    format!("{what}: {}{first}. {}", f.t("a new reconnect", "una reconexión nueva"), back_on(order, f))
                }
            },
            phone: None,
        }
    });
    stops.chain(restarts).collect()
}

/// Service that is being given back already: "Reconnect R-12 is under way. It is with Truck 12, 3 stops away."
pub(super) fn on_the_way(reconnects: &[Restarted], f: &Frame) -> Vec<Effect> {
    let effect = |order: &Restarted| Effect {
        icon: "restore",
        tone: "restore",
        said: format!(
            "{} {} {}. {}",
            f.t("Reconnect", "Reconexión"),
            order.order.as_deref().unwrap_or_default(),
            f.t("is called for already", "ya está pedida"),
            back_on(order, f)
        ),
        phone: None,
    };
    reconnects.iter().map(effect).collect()
}

/// When the customer is back on, as far as that is known: "It is with Truck 12, 3 stops away."
fn back_on(order: &Restarted, f: &Frame) -> String {
    let mut said = match &order.with {
        None => f
            .t(
                "No crew has it yet, so nobody can say a time: dispatch gives it to a crew.",
                "Ninguna cuadrilla la tiene todavía, así que no se puede decir la hora: despacho la asigna.",
            )
            .to_owned(),
        Some(with) => {
            let day = with.date.parse().ok().filter(|day| *day != f.voice.today());
            let day = day.map_or_else(String::new, |day| format!(" ({})", f.voice.day(day)));
            let away = match with.stops_away {
                0 => f.t("it is the next stop", "es la próxima parada").to_owned(),
                1 => f.t("1 stop away", "a 1 parada").to_owned(),
                n => format!("{}{n} {}", f.t("", "a "), f.t("stops away", "paradas")),
            };
            format!("{} {}{day}, {away}.", f.t("It is with", "La tiene"), with.crew)
        }
    };
    if let Some(due) = &order.due_at {
        let time = f.voice.time(due.0);
        match f.voice.language {
            Language::En => said.push_str(&format!(" It has to be done by {time}.")),
            Language::Es => said.push_str(&format!(" Debe hacerse {}.", f.voice.language.before(&time))),
        }
    }
    said
}

fn stop(stopped: &Stopped, recorded: bool, f: &Frame) -> Effect {
    let what = if recorded { f.t("Stops", "Detiene") } else { f.t("Will stop", "Detendrá") };
    let work = f.voice.kind(stopped.kind).to_lowercase();
    let mut said = format!("{what}: {work} {}", stopped.order);
    let Some(crew) = &stopped.crew else {
        said.push_str(f.t(", on no route", ", en ninguna ruta"));
        return Effect { icon: "done", tone: "done", said, phone: None };
    };
    said.push_str(&format!(" {} {crew}", f.t("on", "de")));
    if stopped.left_route {
        said.push_str(f.t(", which may not know that it left its route", ", que quizá no sabe que salió de su ruta"));
    }
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
