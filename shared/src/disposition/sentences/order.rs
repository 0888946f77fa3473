//! Where an order and its lines stand, in words.

use super::{Audience, Words, hold_name, recall_name, say, unable_name};
use crate::{
    disposition::{CauseOver, Claim, LineState, OrderState, Since, WhyNot},
    facts::Release,
    ids::LineId,
    language::Language,
    vocabulary::EquipmentResult,
};
use chrono::NaiveDate;

/// Where an order stands, whatever its lines and claims say.
#[must_use]
pub fn state(state: &OrderState, audience: Audience, words: &Words<'_>) -> String {
    match state {
        OrderState::Open => say!(words, "To do.", "Por hacer."),
        OrderState::Recalled { over: Some(over), seen, .. } => {
            recalled_for_nothing(over, seen.is_some(), audience, words)
        }
        OrderState::Recalled { reason, seen, .. } => {
            let why = recall_name(*reason, words.language);
            match (seen, audience) {
                (Some(_), _) => {
                    say!(words, "Taken back: {why}. The crew has seen it.", "Retirada: {why}. La cuadrilla lo vio.")
                }
                (None, Audience::Office) => {
                    say!(
                        words,
                        "Taken back: {why}. The crew has not seen it yet.",
                        "Retirada: {why}. La cuadrilla aún no lo ha visto."
                    )
                }
                (None, Audience::Crew) => {
                    say!(
                        words,
                        "STOP. Taken back: {why}. Tap to say that you have seen it.",
                        "ALTO. Retirada: {why}. Toque para decir que lo vio."
                    )
                }
            }
        }
        OrderState::Released { reversed: false, .. } => {
            say!(words, "Released: leave it on.", "Liberada: dejar activo.")
        }
        OrderState::Released { reversed: true, .. } => taken_back(words),
        OrderState::Held { reason, until, .. } => held(*reason, *until, audience, words),
        OrderState::StoppedAtDoor { claim, .. } => stopped(*claim, words),
        OrderState::Done { visit, unfinished: true } => {
            let crew = words.crew(visit);
            say!(
                words,
                "Turned off by {crew}, which then stopped without finishing it.",
                "Cortada por {crew}, que después paró sin terminarla."
            )
        }
        OrderState::Done { visit, unfinished: false } => {
            let crew = words.crew(visit);
            say!(words, "Done by {crew}.", "Hecha por {crew}.")
        }
        OrderState::Unable { visit, code } => {
            let crew = words.crew(visit);
            let why = code
                .map_or(words.language.pick("no reason given", "sin motivo"), |code| unable_name(code, words.language));
            say!(
                words,
                "{crew} could not do it: {why}. It waits for another visit.",
                "{crew} no pudo hacerla: {why}. Espera otra visita."
            )
        }
    }
}

/// An order that is still recalled while what it was recalled for is over: says what is true now.
fn recalled_for_nothing(over: &CauseOver, seen: bool, audience: Audience, words: &Words<'_>) -> String {
    match (audience, seen) {
        (Audience::Crew, true) => leave_it_on(words),
        (Audience::Crew, false) => say!(
            words,
            "STOP. Taken back: leave it on. Tap to say that you have seen it.",
            "ALTO. Retirada: dejar activo. Toque para decir que lo vio."
        ),
        (Audience::Office, true) => {
            let over = cause_over(over, words);
            say!(words, "{over} The crew has seen the recall.", "{over} La cuadrilla vio el retiro.")
        }
        (Audience::Office, false) => {
            let over = cause_over(over, words);
            say!(
                words,
                "{over} The crew has not seen the recall yet.",
                "{over} La cuadrilla aún no ha visto el retiro."
            )
        }
    }
}

fn leave_it_on(words: &Words<'_>) -> String {
    say!(words, "Taken back: leave it on.", "Retirada: dejar activo.")
}

/// "The payment of 10:05 was taken back at 14:02; the cut stays recalled."
fn cause_over(over: &CauseOver, words: &Words<'_>) -> String {
    let ended = match over {
        CauseOver::Reversed { reason, paid_at, at } => {
            let (release, at) = (words.release(*reason, *paid_at), words.at(*at));
            match words.language {
                Language::En => capital(&format!("{release} was taken back{at}")),
                Language::Es => format!("Se anuló {release}{at}"),
            }
        }
        CauseOver::Ended { at } => {
            let at = words.at(*at);
            say!(words, "The protection ended{at}", "La protección terminó{at}")
        }
    };
    say!(
        words,
        "{ended}; the cut stays recalled: it may come with the next listing.",
        "{ended}; el corte sigue retirado: puede volver con la próxima lista."
    )
}

fn taken_back(words: &Words<'_>) -> String {
    say!(
        words,
        "The release was taken back. Leave it on today: it may come with the next listing.",
        "La liberación se anuló. Hoy dejar activo: puede volver con la próxima lista."
    )
}

fn held(
    reason: crate::vocabulary::HoldReason,
    until: Option<NaiveDate>,
    audience: Audience,
    words: &Words<'_>,
) -> String {
    if audience == Audience::Crew {
        return say!(words, "Protected: don't turn it off.", "Protegido: no cortar.");
    }
    let why = hold_name(reason, words.language);
    match until {
        Some(day) => say!(words, "Must not be cut until {day}: {why}.", "No se puede cortar hasta {day}: {why}."),
        None => say!(words, "Must not be cut: {why}.", "No se puede cortar: {why}."),
    }
}

fn stopped(claim: Claim, words: &Words<'_>) -> String {
    match claim {
        Claim::Waiting => say!(
            words,
            "Stopped: something was shown or said at the door. The office decides.",
            "Detenida: en la puerta se mostró o se dijo algo. Decide la oficina."
        ),
        Claim::Rejected => say!(
            words,
            "Stopped at the door; the office did not accept it. Not today: it may come with the next listing.",
            "Detenida en la puerta; la oficina no lo aceptó. Hoy no: puede volver con la próxima lista."
        ),
        Claim::None => say!(
            words,
            "Stopped at the door by the crew. Not today.",
            "Detenida en la puerta por la cuadrilla. Hoy no."
        ),
    }
}

/// Why the order's work must not begin.
#[must_use]
pub fn why_not(why: &WhyNot, audience: Audience, words: &Words<'_>) -> String {
    match why {
        WhyNot::AlreadyDone { visit } => {
            let crew = words.crew(visit);
            say!(words, "Already done by {crew}.", "Ya la hizo {crew}.")
        }
        WhyNot::Released { reversed: true, all_lines: true, .. } => taken_back(words),
        WhyNot::Released { paid_at: Some(at), all_lines: true, .. } if audience == Audience::Crew => {
            let when = words.when(*at);
            say!(words, "Paid {when}: do not turn off.", "Pagado {when}: no corte.")
        }
        WhyNot::Released { reason, paid_at, all_lines, .. } => {
            let release = words.release(*reason, *paid_at);
            let release = if audience == Audience::Office { release } else { crew_release(*paid_at, words) };
            if *all_lines {
                say!(words, "Don't turn it off: released by {release}.", "No cortar: liberada por {release}.")
            } else {
                say!(
                    words,
                    "Don't turn everything off: {release} covers a part of it.",
                    "No cortar todo: {release} cubre una parte."
                )
            }
        }
        WhyNot::Held { reason, until, .. } => held(*reason, *until, audience, words),
        WhyNot::FieldClaim { claim, .. } => stopped(*claim, words),
        WhyNot::Recalled { over: Some(over), .. } => match audience {
            Audience::Office => cause_over(over, words),
            Audience::Crew => leave_it_on(words),
        },
        WhyNot::Recalled { reason, .. } => {
            let why = recall_name(*reason, words.language);
            say!(words, "Taken back: {why}.", "Retirada: {why}.")
        }
        WhyNot::StoppedAtDoor { code, .. } => {
            let why = code.map_or("", |code| unable_name(code, words.language));
            let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
            say!(words, "Stopped at the door today{why}.", "Detenida hoy en la puerta{why}.")
        }
    }
}

/// Crews hear that and when it was paid or released, not by which kind of agreement.
fn crew_release(paid_at: Option<crate::time::Micros>, words: &Words<'_>) -> String {
    paid_at.map_or_else(
        || say!(words, "the office", "la oficina"),
        |at| {
            let when = words.when(at);
            say!(words, "payment {when}", "pago {when}")
        },
    )
}

/// What a crew hears when a release arrives while its act step is open and the service is off already.
#[must_use]
pub fn paid_while_open(release: &Release, words: &Words<'_>) -> String {
    match release.paid_at {
        Some(at) => {
            let when = words.when(at);
            say!(words, "Paid {when}: turn it back on now.", "Pagado {when}: reconecte ahora.")
        }
        None => say!(words, "Released: turn it back on now.", "Liberada: reconecte ahora."),
    }
}

/// Where one line stands: "Water: off since 10:32, released: restore it."
#[must_use]
pub fn line(id: &LineId, state: &LineState, words: &Words<'_>) -> String {
    let name = capital(&words.service([id]));
    match state {
        LineState::Untouched => say!(words, "{name}: not touched.", "{name}: sin tocar."),
        LineState::Off { released, .. } => {
            let since = state.since().map_or_else(String::new, |since| format!(" {}", words.since(since)));
            if released.is_some() {
                say!(
                    words,
                    "{name}: off{since} though released. Restore it.",
                    "{name}: sin servicio{since} aunque hay liberación. Reconectar."
                )
            } else {
                say!(words, "{name}: off{since}.", "{name}: sin servicio{since}.")
            }
        }
        LineState::FoundOff { released, .. } => {
            let at = match state.since() {
                Some(Since::At(at)) => words.at(Some(at)),
                Some(since) => format!(" ({})", words.since(since)),
                None => String::new(),
            };
            if released.is_some() {
                say!(
                    words,
                    "{name}: the crew found it off{at}, and it is released. Restore it.",
                    "{name}: la cuadrilla encontró el servicio cortado{at}, y hay liberación. Reconectar."
                )
            } else {
                say!(
                    words,
                    "{name}: the crew found it off{at}.",
                    "{name}: la cuadrilla encontró el servicio cortado{at}."
                )
            }
        }
        LineState::FoundOn { .. } => {
            say!(words, "{name}: the crew found it on.", "{name}: la cuadrilla encontró el servicio activo.")
        }
        LineState::Restored { at, .. } => {
            let at = words.at(*at);
            say!(words, "{name}: restored{at}.", "{name}: reconexión hecha{at}.")
        }
        LineState::Collected { .. } => match words.language {
            Language::En => "Equipment collected.".to_owned(),
            Language::Es => "Equipo recogido.".to_owned(),
        },
        LineState::NotCollected { result, .. } => not_collected(*result, words.language).to_owned(),
    }
}

const fn not_collected(result: EquipmentResult, language: Language) -> &'static str {
    match result {
        EquipmentResult::Refused => {
            language.pick("Equipment not collected: it was not handed over.", "Equipo no recogido: no lo entregaron.")
        }
        EquipmentResult::SaidReturned => language.pick(
            "Equipment not collected: the customer says it was returned.",
            "Equipo no recogido: el cliente dice que lo devolvió.",
        ),
        // What is written as collected is another state.
        EquipmentResult::Missing | EquipmentResult::Collected => {
            language.pick("Equipment not collected: it is not there.", "Equipo no recogido: no está.")
        }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
