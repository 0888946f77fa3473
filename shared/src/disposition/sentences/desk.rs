//! Verdicts, exceptions and follow-ups in words: what happened, whose fault it is not, and what to do.

use super::{Words, hold_name, say};
use crate::{
    disposition::{CutLabel, CutVerdict, Disposition, Exception, FollowUp, LineState, OrderHistory, PermitBreach},
    facts::FactBody,
    ids::FactId,
    time::Micros,
    vocabulary::{ExceptionKind, RecallReason, ReleaseReason},
};

/// An exception as the office desk shows it: what happened and what to do next.
#[must_use]
pub fn exception(
    exception: &Exception,
    history: &OrderHistory,
    disposition: &Disposition,
    words: &Words<'_>,
) -> String {
    let crew = words.crew(&exception.fact);
    match exception.kind {
        ExceptionKind::CutDespiteRelease | ExceptionKind::CutCrossedRelease => {
            let verdict = disposition.cuts.iter().find(|cut| {
                cut.visit == exception.fact
                    && cut.release.as_ref().map(|release| &release.fact) == exception.cause.as_ref()
            });
            let story = verdict.map_or_else(String::new, |verdict| told(verdict, &exception.lines, history, words));
            format!("{story} {}", what_now(exception, history, disposition, words))
        }
        ExceptionKind::CutUnderHold => under_hold(exception, history, disposition, words),
        ExceptionKind::PermitBreach => permit_breach(exception, disposition, words),
        ExceptionKind::DuplicateVisit => {
            let other = exception.cause.as_ref().map_or_else(String::new, |visit| words.crew(visit));
            say!(
                words,
                "{crew} did the same work that {other} had done. Both visits stay; it is charged once.",
                "{crew} hizo el mismo trabajo que ya había hecho {other}. Ambas visitas quedan; se cobra una vez."
            )
        }
        ExceptionKind::VisitAfterRecall => after_recall(exception, history, words),
        ExceptionKind::RestoreWithoutRelease => {
            let service = words.service(&exception.lines);
            say!(
                words,
                "{crew} turned {service} on although nobody had released it. Leave it on; find out why.",
                "{crew} reconectó {service} sin que nadie lo hubiera liberado. Déjelo activo; averigüe por qué."
            )
        }
        ExceptionKind::ReleaseReversedAfterRestore => {
            let service = words.service(&exception.lines);
            say!(
                words,
                "The payment behind the release came back, and {service} is on again already. Nothing is cut for it: the account is eligible for the next listing.",
                "El pago que liberó la orden fue devuelto, y {service} ya está activo. No se corta por ello: la cuenta puede entrar en la próxima lista."
            )
        }
        ExceptionKind::FieldReleaseUnverified => unverified_release(exception, words),
        ExceptionKind::FieldHoldUnverified => {
            let claim = held_by(&exception.fact, history, words);
            say!(
                words,
                "The crew was told at the door of {claim}. The cut is stopped for today: accept the claim or not.",
                "En la puerta alegaron {claim}. El corte está detenido por hoy: acepte el alegato o no."
            )
        }
        ExceptionKind::ClockSuspect => {
            let minutes =
                history.clock_offset.get(&exception.fact).map_or(0, |offset| offset.abs().whole_seconds() / 60);
            say!(
                words,
                "The tablet of {crew} is {minutes} minutes off. Its times are evidence only; have its clock set.",
                "La tableta de {crew} tiene {minutes} minutos de diferencia. Sus horas son solo indicio; haga ajustar el reloj."
            )
        }
        ExceptionKind::LateFact => late(exception, history, words),
        kind => observed(kind, exception, words),
    }
}

/// What a performed cut amounts to: "Truck 12 turned water off at 10:32, before it knew of the payment of 10:05 ..."
#[must_use]
pub fn cut(verdict: &CutVerdict, history: &OrderHistory, words: &Words<'_>) -> String {
    told(verdict, std::slice::from_ref(&verdict.line), history, words)
}

fn told<'l>(
    verdict: &CutVerdict,
    lines: impl IntoIterator<Item = &'l crate::ids::LineId>,
    history: &OrderHistory,
    words: &Words<'_>,
) -> String {
    let crew = words.crew(&verdict.visit);
    let service = words.service(lines);
    let at = words.at(verdict.at);
    let release = verdict.release.as_ref().and_then(|against| reason_of(&against.fact, history));
    let release = words.release(release.unwrap_or(ReleaseReason::Ordered), verdict.latencies.paid_at);
    let recorded = verdict.latencies.recorded_at.map_or_else(String::new, |at| {
        let when = words.when(at);
        say!(words, " that the office recorded {when}", " que la oficina registró {when}")
    });
    let of = of_the(&release);
    match verdict.label {
        CutLabel::NotReleased => say!(words, "{crew} turned {service} off{at}.", "{crew} cortó {service}{at}."),
        CutLabel::ReleasedAfter => say!(
            words,
            "{crew} turned {service} off{at}; {release}{recorded} came after it: an ordinary reconnect.",
            "{crew} cortó {service}{at}; {release}{recorded} llegó después: una reconexión ordinaria."
        ),
        CutLabel::Crossed => say!(
            words,
            "{crew} turned {service} off{at}, before it knew of {release}{recorded}.",
            "{crew} cortó {service}{at}, antes de saber {of}{recorded}."
        ),
        CutLabel::Despite => say!(
            words,
            "{crew} turned {service} off{at} although its tablet already showed {release}{recorded}.",
            "{crew} cortó {service}{at} aunque su tableta ya mostraba {release}{recorded}."
        ),
    }
}

/// "del pago", "de la ...": the article and "de" grow together in Spanish.
fn of_the(noun: &str) -> String {
    noun.strip_prefix("el ").map_or_else(|| format!("de {noun}"), |noun| format!("del {noun}"))
}

fn reason_of(release: &FactId, history: &OrderHistory) -> Option<ReleaseReason> {
    match &history.facts.get(release)?.body {
        FactBody::Release(release) => Some(release.reason),
        _ => None,
    }
}

fn what_now(exception: &Exception, history: &OrderHistory, disposition: &Disposition, words: &Words<'_>) -> String {
    let blame = if exception.known {
        say!(words, "That should not have happened", "Eso no debió pasar")
    } else {
        say!(words, "Nobody's fault", "Nadie tiene la culpa")
    };
    let state = |line| disposition.lines.get(line);
    let off = exception.lines.iter().any(|line| matches!(state(line), Some(LineState::Off { .. })));
    let reason = exception.cause.as_ref().and_then(|release| reason_of(release, history));
    let though = if reason == Some(ReleaseReason::PaymentReceived) {
        say!(words, "though paid", "aunque pagó")
    } else {
        say!(words, "though released", "aunque está liberado")
    };
    if exception.urgent {
        say!(
            words,
            "{blame}, but the customer is off {though}: restore first, no fee.",
            "{blame}, pero el cliente está cortado {though}: reconectar primero, sin cargo."
        )
    } else if off {
        say!(
            words,
            "{blame}. The release has been taken back since: nothing to restore, no fee.",
            "{blame}. La liberación se anuló después: nada que reconectar, sin cargo."
        )
    } else {
        say!(words, "{blame}. It is on again; no fee.", "{blame}. Ya tiene servicio otra vez; sin cargo.")
    }
}

fn under_hold(exception: &Exception, history: &OrderHistory, disposition: &Disposition, words: &Words<'_>) -> String {
    let crew = words.crew(&exception.fact);
    let service = words.service(&exception.lines);
    let verdict = disposition.cuts.iter().find(|cut| cut.visit == exception.fact);
    let at = words.at(verdict.and_then(|cut| cut.at));
    let hold = exception.cause.as_ref().map_or_else(String::new, |hold| held_by(hold, history, words));
    let story = if exception.known {
        say!(
            words,
            "{crew} turned {service} off{at} although its tablet showed {hold}.",
            "{crew} cortó {service}{at} aunque su tableta mostraba {hold}."
        )
    } else {
        say!(
            words,
            "{crew} turned {service} off{at}, before it knew of {hold}.",
            "{crew} cortó {service}{at}, antes de conocer {hold}."
        )
    };
    let now = if exception.settled {
        say!(words, "It is on again; no fee.", "Ya tiene servicio otra vez; sin cargo.")
    } else if exception.urgent {
        say!(
            words,
            "Somebody may depend on it: decide now whether to restore. No fee.",
            "Alguien puede depender de ello: decida ahora si se reconecta. Sin cargo."
        )
    } else {
        say!(
            words,
            "A hold restores nothing by itself: a supervisor decides. No fee.",
            "La protección por sí sola no reconecta: decide un supervisor. Sin cargo."
        )
    };
    format!("{story} {now}")
}

fn permit_breach(exception: &Exception, disposition: &Disposition, words: &Words<'_>) -> String {
    let crew = words.crew(&exception.fact);
    let service = words.service(&exception.lines);
    let breach = disposition.cuts.iter().find(|cut| cut.visit == exception.fact).and_then(|cut| cut.permit);
    if breach == Some(PermitBreach::UnknownCode) {
        say!(
            words,
            "{crew} turned {service} off on old data with a go-code that the office has no record of. Ask dispatch who gave it; the fee waits for a supervisor.",
            "{crew} cortó {service} con datos viejos y un código que no consta en la oficina. Pregunte a despacho quién lo dio; el cargo espera a un supervisor."
        )
    } else {
        say!(
            words,
            "{crew} turned {service} off without a valid permit. Ask the crew why; the fee waits for a supervisor.",
            "{crew} cortó {service} sin un permiso válido. Pregunte el motivo; el cargo espera a un supervisor."
        )
    }
}

fn held_by(hold: &FactId, history: &OrderHistory, words: &Words<'_>) -> String {
    match history.facts.get(hold).map(|fact| &fact.body) {
        Some(FactBody::Hold(hold)) => hold_name(hold.reason, words.language).to_owned(),
        _ => say!(words, "proof of payment shown at the door", "un comprobante mostrado en la puerta"),
    }
}

fn after_recall(exception: &Exception, history: &OrderHistory, words: &Words<'_>) -> String {
    let crew = words.crew(&exception.fact);
    let recall = exception.cause.as_ref().and_then(|recall| history.facts.get(recall)).map(|fact| &fact.body);
    let moved = matches!(recall, Some(FactBody::Recall(recall)) if recall.reason == RecallReason::Moved);
    match (moved, exception.known) {
        (true, _) => say!(
            words,
            "{crew} did the work after the order had gone to another crew. It counts; the order leaves the other crew's route.",
            "{crew} hizo el trabajo cuando la orden ya era de otra cuadrilla. Cuenta; la orden sale de la otra ruta."
        ),
        (false, false) => say!(
            words,
            "{crew} did the work before it saw that the order had been taken back. It counts; check whether to undo it.",
            "{crew} hizo el trabajo antes de ver que la orden se había retirado. Cuenta; revise si hay que deshacerlo."
        ),
        (false, true) => say!(
            words,
            "{crew} did the work although its tablet showed that the order had been taken back. It counts; check whether to undo it.",
            "{crew} hizo el trabajo aunque su tableta mostraba que la orden se había retirado. Cuenta; revise si hay que deshacerlo."
        ),
    }
}

fn unverified_release(exception: &Exception, words: &Words<'_>) -> String {
    if exception.urgent {
        say!(
            words,
            "Proof of payment was shown at the door, and the customer is off: decide on the proof now.",
            "En la puerta mostraron comprobante de pago, y el cliente está cortado: decida ahora."
        )
    } else {
        say!(
            words,
            "Proof of payment was shown at the door. The cut is stopped for today: accept the proof or not.",
            "En la puerta mostraron comprobante de pago. El corte está detenido por hoy: acéptelo o no."
        )
    }
}

fn late(exception: &Exception, history: &OrderHistory, words: &Words<'_>) -> String {
    let crew = words.crew(&exception.fact);
    let time = |at: Option<Micros>| at.map_or_else(String::new, |at| format!(" ({})", words.time(at)));
    let header = history.facts.get(&exception.fact).and_then(|fact| fact.header.as_ref());
    let done = time(header.map(|header| header.at));
    let came = time(history.received_at.get(&exception.fact).copied());
    say!(
        words,
        "{crew} was there on an earlier day{done}, and its work has only now come in{came}. It counts, with the results of the day on which it came in: check whether anything was decided without it (a fee, another visit), then close this.",
        "{crew} estuvo allí un día anterior{done} y su trabajo llegó apenas ahora{came}. Cuenta, con los resultados del día en que llegó: revise si algo se decidió sin ello (un cargo, otra visita) y ciérrelo."
    )
}

/// What the crew saw there.
fn observed(kind: ExceptionKind, exception: &Exception, words: &Words<'_>) -> String {
    let of_service = words.of_service(&exception.lines);
    match kind {
        ExceptionKind::ReadingSuspect => say!(
            words,
            "A reading {of_service} is outside what was expected. The crew read it again: see its note.",
            "Una lectura {of_service} está fuera de lo esperado. La cuadrilla la leyó de nuevo: vea su nota."
        ),
        ExceptionKind::MeterMismatch => say!(
            words,
            "The meter there is not the one on record: correct the record or send somebody.",
            "El medidor no es el registrado: corrija el registro o envíe a alguien."
        ),
        ExceptionKind::UsageOnOffAccount => say!(
            words,
            "There is use {of_service} though the account is off: a leak or tampering.",
            "Hay consumo {of_service} aunque la cuenta está cortada: fuga o manipulación."
        ),
        ExceptionKind::SealOrLockBroken => say!(
            words,
            "A seal or lock was broken, missing or not ours: review for tampering.",
            "Un sello o candado estaba roto, faltaba o era ajeno: revise posible manipulación."
        ),
        ExceptionKind::EquipmentDispute => say!(
            words,
            "Equipment was not handed over: settle it with the customer.",
            "No entregaron el equipo: aclárelo con el cliente."
        ),
        ExceptionKind::Incident => {
            say!(words, "The crew reported an incident: call them.", "La cuadrilla reportó un incidente: llámela.")
        }
        ExceptionKind::PartPaid => say!(
            words,
            "Paid, but less than the minimum to restore: the office decides.",
            "Pagado, pero menos del mínimo para reconectar: decide la oficina."
        ),
        ExceptionKind::QuarantinedFact => say!(
            words,
            "Work from a revoked tablet waits for a decision.",
            "Trabajo de una tableta revocada espera una decisión."
        ),
        _ => say!(words, "Needs a person.", "Necesita a una persona."),
    }
}

/// What is to follow: "Restore water and gas first: it should not have been cut."
#[must_use]
pub fn follow_up(follow_up: &FollowUp, words: &Words<'_>) -> String {
    if follow_up.wanted.is_empty() {
        return say!(words, "Nothing is left to restore.", "No queda nada por reconectar.");
    }
    let service = words.service(&follow_up.wanted);
    if follow_up.priority == 1 {
        say!(
            words,
            "Restore {service} first: it should not be off.",
            "Reconecte {service} primero: no debería estar sin servicio."
        )
    } else {
        say!(words, "Restore {service}.", "Reconecte {service}.")
    }
}
