//! Verdicts, exceptions and follow-ups in words: what happened, whose fault it is not, and what to do.

use super::{Words, at_the_door::observed, fees, hold_name, say};
use crate::{
    disposition::{
        CutLabel, CutVerdict, Disposition, DispositionPolicy, Exception, FeeStanding, FollowUp, LineState,
        OrderHistory, PermitBreach,
    },
    facts::{Fact, FactBody, Release, Visit},
    ids::FactId,
    time::{Micros, Span},
    vocabulary::{ExceptionKind, RecallReason, ReleaseReason, ReversalReason, Source},
};

/// Beyond a day nobody counts in minutes.
const MINUTES_A_DAY: i64 = 24 * 60;

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
            let lines = &exception.lines;
            let story = verdict.map_or_else(String::new, |verdict| told(verdict, lines, history, disposition, words));
            format!("{story} {}", what_now(exception, history, disposition, words))
        }
        ExceptionKind::CutUnderHold => under_hold(exception, history, disposition, words),
        ExceptionKind::FeeInDoubt => {
            let verdict = disposition.cuts.iter().find(|cut| cut.visit == exception.fact);
            let at = verdict.map_or_else(String::new, |cut| cut_at(cut, history, words));
            fees::in_doubt(exception, &at, disposition, words)
        }
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
        ExceptionKind::ReleaseReversedAfterRestore => reversed_after_restore(exception, history, words),
        ExceptionKind::FieldReleaseUnverified => unverified_release(exception, words),
        ExceptionKind::FieldHoldUnverified => unverified_hold(exception, history, words),
        ExceptionKind::OffUnderClaim => off_under_claim(exception, history, disposition, words),
        ExceptionKind::ClockSuspect => {
            let minutes = history.clock_off(&exception.fact).map_or(0, |off| off.whole_seconds() / 60);
            let off = if minutes > MINUTES_A_DAY {
                say!(words, "more than a day", "más de un día")
            } else {
                say!(words, "{minutes} minutes", "{minutes} minutos")
            };
            say!(
                words,
                "The tablet of {crew} is {off} off. Its times are evidence only; have its clock set.",
                "La tableta de {crew} tiene {off} de diferencia. Sus horas son solo indicio; haga ajustar el reloj."
            )
        }
        ExceptionKind::LateFact => late(exception, history, words),
        kind => observed(kind, exception, history, words),
    }
}

/// What a performed cut amounts to: "Truck 12 turned water off at 10:32, before it knew of the payment of 10:05 ..."
#[must_use]
pub fn cut(verdict: &CutVerdict, history: &OrderHistory, disposition: &Disposition, words: &Words<'_>) -> String {
    told(verdict, std::slice::from_ref(&verdict.line), history, disposition, words)
}

fn told<'l>(
    verdict: &CutVerdict,
    lines: impl IntoIterator<Item = &'l crate::ids::LineId>,
    history: &OrderHistory,
    disposition: &Disposition,
    words: &Words<'_>,
) -> String {
    let crew = words.crew(&verdict.visit);
    let service = words.service(lines);
    let at = cut_at(verdict, history, words);
    let release = verdict.release.as_ref().and_then(|against| reason_of(&against.fact, history));
    let release = words.release(release.unwrap_or(ReleaseReason::Ordered), verdict.latencies.paid_at);
    if verdict.was_paid_before() {
        let fee = fees::becomes(disposition, words);
        let when = words.at(verdict.latencies.recorded_at);
        return say!(
            words,
            "{crew} turned {service} off{at}; {release} was made before that, and came in{when}, when the office knew of the cut already: an ordinary reconnect. {fee}",
            "{crew} cortó {service}{at}; {release} se hizo antes, y llegó{when}, cuando la oficina ya sabía del corte: una reconexión ordinaria. {fee}"
        );
    }
    let by_file = verdict.release.as_ref().is_some_and(|against| is_from_a_file(&against.fact, history));
    let recorded = verdict.latencies.recorded_at.map_or_else(String::new, |at| {
        let when = words.when(at);
        match by_file {
            true => say!(words, " that the payments file brought {when}", " que trajo el archivo de pagos {when}"),
            false => say!(words, " that the office recorded {when}", " que la oficina registró {when}"),
        }
    });
    if verdict.is_order_unknown() {
        let (fee, apart) = (fees::becomes(disposition, words), apart(verdict, words));
        return say!(
            words,
            "{crew} turned {service} off{at}; {release}{recorded} was made at about that time, and the clocks may be up to {apart} apart: nobody can tell which came first. An ordinary reconnect. {fee}",
            "{crew} cortó {service}{at}; {release}{recorded} se hizo más o menos a esa hora, y los relojes pueden diferir hasta {apart}: nadie puede saber qué fue primero. Una reconexión ordinaria. {fee}"
        );
    }
    let of = of_the(&release);
    match verdict.label {
        CutLabel::NotReleased => say!(words, "{crew} turned {service} off{at}.", "{crew} cortó {service}{at}."),
        CutLabel::ReleasedAfter => say!(
            words,
            "{crew} turned {service} off{at}; {release}{recorded} came after it: an ordinary reconnect.",
            "{crew} cortó {service}{at}; {release}{recorded} llegó después: una reconexión ordinaria."
        ),
        CutLabel::Crossed if accepted_there(&verdict.visit, history) => say!(
            words,
            "{crew} turned {service} off{at}, and on the same visit something was shown or said at that door that was accepted since: ask the crew which came first.",
            "{crew} cortó {service}{at}, y en la misma visita mostraron o dijeron en esa puerta algo que después se aceptó: pregunte a la cuadrilla qué fue primero."
        ),
        CutLabel::Crossed => {
            let by_hand = may_be_off(verdict, history, words);
            say!(
                words,
                "{crew} turned {service} off{at}, before it knew of {release}{recorded}.{by_hand}",
                "{crew} cortó {service}{at}, antes de saber {of}{recorded}.{by_hand}"
            )
        }
        CutLabel::Despite => say!(
            words,
            "{crew} turned {service} off{at} although its tablet already showed {release}{recorded}.",
            "{crew} cortó {service}{at} aunque su tableta ya mostraba {release}{recorded}."
        ),
    }
}

/// When a cut was made, after a space; nothing where its tablet's clock is known to be wrong: beside the word that it is,
/// an hour of that clock would be believed all the same.
fn cut_at(verdict: &CutVerdict, history: &OrderHistory, words: &Words<'_>) -> String {
    let off = history.clock_off(&verdict.visit).unwrap_or(Span(0));
    let is_wrong = off > DispositionPolicy::default().clock_suspect_beyond;
    words.at(verdict.at.filter(|_| !is_wrong))
}

/// Whether a visit itself brought a claim that the office has accepted: nobody can say that its crew did not know.
fn accepted_there(visit: &FactId, history: &OrderHistory) -> bool {
    let Some(there) = history.facts.get(visit).and_then(|fact| fact.header.as_ref()) else { return false };
    let by_visit = |fact: &&Fact| {
        let same =
            fact.header.as_ref().is_some_and(|it| (it.by, it.device, it.at) == (there.by, there.device, there.at));
        same && fact.is_claim() && !fact.is_carried()
    };
    let accepted = |claim: &Fact| {
        history.facts.values().any(|fact| match &fact.body {
            FactBody::ReleaseDecision(said) => said.accepted && said.release == claim.id,
            FactBody::HoldDecision(said) => said.accepted && said.hold == claim.id,
            _ => false,
        })
    };
    history.facts.values().filter(by_visit).any(accepted)
}

/// A cut that reads as the earlier one by a time that was written by hand: why it does not count as that.
fn may_be_off(verdict: &CutVerdict, history: &OrderHistory, words: &Words<'_>) -> String {
    let on_paper = matches!(
        history.facts.get(&verdict.visit).map(|fact| &fact.body),
        Some(FactBody::Visit(Visit { paper: Some(true), .. }))
    );
    let is_first = matches!((verdict.at, verdict.latencies.paid_at), (Some(cut), Some(paid)) if cut < paid);
    if !on_paper || !is_first {
        return String::new();
    }
    let minutes = verdict.clock_uncertainty.whole_seconds() / 60;
    say!(
        words,
        " That time was written on paper and may be off by up to {minutes} minutes: it may have been after.",
        " Esa hora se escribió en papel y puede variar hasta {minutes} minutos: pudo ser después."
    )
}

/// By how much the clocks compared may be apart, in whole minutes: "a minute", "3 minutes".
fn apart(verdict: &CutVerdict, words: &Words<'_>) -> String {
    let minutes = (verdict.clock_uncertainty.whole_seconds() + 59) / 60;
    if minutes <= 1 {
        return say!(words, "a minute", "un minuto");
    }
    say!(words, "{minutes} minutes", "{minutes} minutos")
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

/// A payment that came with a file of the billing system's.
fn is_from_a_file(release: &FactId, history: &OrderHistory) -> bool {
    matches!(
        history.facts.get(release).map(|fact| &fact.body),
        Some(FactBody::Release(Release { reason: ReleaseReason::PaymentReceived, source: Source::Cis, .. }))
    )
}

fn what_now(exception: &Exception, history: &OrderHistory, disposition: &Disposition, words: &Words<'_>) -> String {
    let blame = if exception.known {
        say!(words, "That should not have happened", "Eso no debió pasar")
    } else if accepted_there(&exception.fact, history) {
        say!(words, "What it knew is not recorded", "Lo que sabía no está anotado")
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
    let at = verdict.map_or_else(String::new, |cut| cut_at(cut, history, words));
    let hold = exception.cause.as_ref().map_or_else(String::new, |hold| held_by(hold, history, words));
    let story = if verdict.is_none() {
        say!(
            words,
            "{crew} found {service} off, and {hold} protects it.",
            "{crew} encontró {service} ya sin servicio, y lo protege {hold}."
        )
    } else if exception.known {
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
    // The same as the results say to the billing system.
    let none = disposition.fee_triggers.iter().any(|fee| fee.standing == FeeStanding::Suppressed);
    let waits = disposition.fee_triggers.iter().any(|fee| fee.standing == FeeStanding::Review);
    let fee = if none {
        say!(words, "no fee", "sin cargo")
    } else if waits {
        say!(words, "the fee waits for a decision", "el cargo espera una decisión")
    } else {
        say!(words, "the fee is charged", "el cargo se cobra")
    };
    let breach = disposition.cuts.iter().find(|cut| cut.visit == exception.fact).and_then(|cut| cut.permit);
    match breach {
        Some(PermitBreach::UnknownCode) => say!(
            words,
            "{crew} turned {service} off on old data with a go-code that dispatch did not give for this stop. Ask the crew where it came from; {fee}.",
            "{crew} cortó {service} con datos viejos y un código que despacho no dio para esta parada. Pregunte de dónde salió; {fee}."
        ),
        Some(PermitBreach::OutsideHours) => say!(
            words,
            "{crew} turned {service} off outside of the hours that the utility's rules allow. Ask the crew why; {fee}.",
            "{crew} cortó {service} fuera del horario que permiten las reglas. Pregunte el motivo; {fee}."
        ),
        Some(PermitBreach::LateCode) => say!(
            words,
            "{crew} turned {service} off on a go-code that dispatch had given too long before: somebody may have paid since. Ask the crew why; {fee}.",
            "{crew} cortó {service} con un código que despacho había dado demasiado antes: alguien pudo pagar después. Pregunte el motivo; {fee}."
        ),
        Some(PermitBreach::UsedCode) => say!(
            words,
            "{crew} turned {service} off on a go-code that another visit had used already. Ask the crew why; {fee}.",
            "{crew} cortó {service} con un código que otra visita ya había usado. Pregunte el motivo; {fee}."
        ),
        _ => say!(
            words,
            "{crew} turned {service} off without a valid permit. Ask the crew why; {fee}.",
            "{crew} cortó {service} sin un permiso válido. Pregunte el motivo; {fee}."
        ),
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

/// Money that came back is one thing, a word of the office's that was taken back another.
fn reversed_after_restore(exception: &Exception, history: &OrderHistory, words: &Words<'_>) -> String {
    let service = words.service(&exception.lines);
    let by_mistake = history.facts.values().any(|fact| {
        matches!(&fact.body, FactBody::ReleaseReversal(back) if back.release == exception.fact && back.reason == ReversalReason::Error)
    });
    if !by_mistake && reason_of(&exception.fact, history) == Some(ReleaseReason::PaymentReceived) {
        say!(
            words,
            "The payment behind the release came back, and {service} is on again already. Nothing is cut for it: the account is eligible for the next listing.",
            "El pago que liberó la orden fue devuelto, y ya se reconectó {service}. No se corta por ello: la cuenta puede entrar en la próxima lista."
        )
    } else {
        say!(
            words,
            "The release was taken back, and {service} is on again already. Nothing is cut for it: the account is eligible for the next listing.",
            "La liberación se anuló, y ya se reconectó {service}. No se corta por ello: la cuenta puede entrar en la próxima lista."
        )
    }
}

fn unverified_hold(exception: &Exception, history: &OrderHistory, words: &Words<'_>) -> String {
    let claim = held_by(&exception.fact, history, words);
    let service = words.service(&exception.lines);
    if exception.urgent {
        say!(
            words,
            "The crew was told at the door of {claim}, and {service} is off: decide now, and say whether to give it back.",
            "En la puerta alegaron {claim}, y está cortado {service}: decida ahora, y diga si se reconecta."
        )
    } else {
        say!(
            words,
            "The crew was told at the door of {claim}. The cut is stopped for today: accept the claim or not.",
            "En la puerta alegaron {claim}. El corte está detenido por hoy: acepte el alegato o no."
        )
    }
}

fn off_under_claim(
    exception: &Exception,
    history: &OrderHistory,
    disposition: &Disposition,
    words: &Words<'_>,
) -> String {
    let crew = words.crew(&exception.fact);
    let service = words.service(&exception.lines);
    let verdict = disposition.cuts.iter().find(|cut| cut.visit == exception.fact);
    let at = verdict.map_or_else(String::new, |cut| cut_at(cut, history, words));
    let hold = exception.cause.as_ref().map_or_else(String::new, |hold| held_by(hold, history, words));
    say!(
        words,
        "{crew} turned {service} off{at}. What was claimed at the door then ({hold}) was accepted, and it is still off: give service back, or lift the hold.",
        "{crew} cortó {service}{at}. Lo que entonces alegaron en la puerta ({hold}) se aceptó, y sigue cortado: reconecte, o levante la protección."
    )
}

fn late(exception: &Exception, history: &OrderHistory, words: &Words<'_>) -> String {
    let crew = words.crew(&exception.fact);
    let time = |at: Option<Micros>| at.map_or_else(String::new, |at| format!(" ({})", words.time(at)));
    let done = time(history.visited_at_office(&exception.fact));
    let came = time(history.received_at.get(&exception.fact).copied());
    say!(
        words,
        "{crew} was there on an earlier day{done}, and its work has only now come in{came}. It counts, with the results of the day on which it came in: check whether anything was decided without it (a fee, another visit), then close this.",
        "{crew} estuvo allí un día anterior{done} y su trabajo llegó apenas ahora{came}. Cuenta, con los resultados del día en que llegó: revise si algo se decidió sin ello (un cargo, otra visita) y ciérrelo."
    )
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
