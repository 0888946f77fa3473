//! What a crew saw at a door and somebody has to look into, in words.

use super::{Words, say};
use crate::{
    disposition::{Exception, OrderHistory},
    facts::{Equipment, Fact, FactBody, Work},
    vocabulary::{EquipmentResult, ExceptionKind, SealFound},
    written::as_written,
};

/// What the crew saw there.
pub(super) fn observed(
    kind: ExceptionKind,
    exception: &Exception,
    history: &OrderHistory,
    words: &Words<'_>,
) -> String {
    let seen = history.facts.get(&exception.fact).map(|fact| &fact.body);
    let of_service = words.of_service(&exception.lines);
    match kind {
        ExceptionKind::ReadingSuspect => {
            let visit = seen.and_then(FactBody::visit);
            let of_the_visit =
                |fact: &&Fact| matches!(&fact.body, FactBody::Note(note) if note.visit.as_ref() == visit);
            let noted = visit.is_some() && history.facts.values().any(|fact| of_the_visit(&fact));
            let note = if noted { words.language.pick(": see its note", ": vea su nota") } else { "" };
            say!(
                words,
                "A reading {of_service} is outside what was expected. The crew looked again and says that it is so{note}.",
                "Una lectura {of_service} está fuera de lo esperado. La cuadrilla miró de nuevo y dice que así es{note}."
            )
        }
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
        ExceptionKind::SealOrLockBroken => match seen {
            Some(FactBody::Work(work)) => seal_or_lock(Some(work), words),
            _ => seal_or_lock(None, words),
        },
        ExceptionKind::EquipmentDispute => match seen {
            Some(FactBody::Equipment(seen)) => equipment(Some(seen), words),
            _ => equipment(None, words),
        },
        ExceptionKind::Incident => {
            let what = match seen {
                Some(FactBody::Incident(incident)) => as_written(&incident.code, words.language),
                _ => words.language.pick("not said which", "no dijo cuál").to_owned(),
            };
            say!(
                words,
                "The crew reported an incident ({what}): call them.",
                "La cuadrilla reportó un incidente ({what}): llámela."
            )
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

/// How the lock or seal was found, by its number where one was read.
fn seal_or_lock(work: Option<&Work>, words: &Words<'_>) -> String {
    let number = work.and_then(|work| work.lock.as_deref().or(work.seal.as_deref()));
    match (work.and_then(|work| work.seal_found), number) {
        (Some(SealFound::Foreign), Some(number)) => say!(
            words,
            "{number} was on the meter, and we did not hang it there: review for tampering.",
            "En el medidor estaba {number}, y no lo pusimos nosotros: revise posible manipulación."
        ),
        (Some(SealFound::Foreign), None) => say!(
            words,
            "A lock or seal on the meter was not ours: review for tampering.",
            "Un candado o sello del medidor no era nuestro: revise posible manipulación."
        ),
        (Some(SealFound::Missing), _) => say!(
            words,
            "The lock or seal was missing: review for tampering.",
            "Faltaba el candado o sello: revise posible manipulación."
        ),
        (_, Some(number)) => say!(
            words,
            "Lock or seal {number} was broken: review for tampering.",
            "El candado o sello {number} estaba roto: revise posible manipulación."
        ),
        (_, None) => say!(
            words,
            "A lock or seal was broken: review for tampering.",
            "Un candado o sello estaba roto: revise posible manipulación."
        ),
    }
}

/// What is to be settled about a box, by its number where one was read.
fn equipment(box_seen: Option<&Equipment>, words: &Words<'_>) -> String {
    let serial = box_seen.and_then(|seen| seen.serial_seen.as_deref());
    let serial = serial.map_or_else(String::new, |serial| format!(" ({serial})"));
    match box_seen.map(|seen| seen.result) {
        Some(EquipmentResult::Collected) => say!(
            words,
            "Another box than the order's was taken along{serial}: find out whose it is.",
            "Se llevaron otra caja que la de la orden{serial}: averigüe de quién es."
        ),
        Some(EquipmentResult::Missing) => say!(
            words,
            "Equipment was not there{serial}: settle it with the customer.",
            "El equipo no estaba{serial}: aclárelo con el cliente."
        ),
        Some(EquipmentResult::SaidReturned) => say!(
            words,
            "The customer says that the equipment was returned already{serial}: look in the depot.",
            "El cliente dice que el equipo ya se devolvió{serial}: búsquelo en el almacén."
        ),
        Some(EquipmentResult::Refused) | None => say!(
            words,
            "Equipment was not handed over{serial}: settle it with the customer.",
            "No entregaron el equipo{serial}: aclárelo con el cliente."
        ),
    }
}
