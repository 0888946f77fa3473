//! A fact as one line of a timeline: who did what, and how we know.

use super::voice::Voice;
use curbstop_shared::{
    disposition::sentences::unable_name,
    evidence::why_not_taken,
    facts::{Fact, FactBody, OTHER_SERIAL, Reading, Release, Visit, Work},
    ids::LineId,
    vocabulary::{
        Action, Asked, EquipmentResult, EvidenceKind, HoldReason, Met, Method, NotTakenWhy, Outcome, Permit, Product,
        RecallReason, ReleaseReason, ReversalReason, SealFound, Source,
    },
    written::as_written,
};

/// What kind of line it is: gives the desks their icon and colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Service was taken away.
    Stop,
    /// Service was given back, or may be.
    Restore,
    /// Something waits, or keeps a cut from happening.
    Wait,
    /// Recorded, nothing to do.
    Done,
}

impl Tone {
    /// The name of its icon and colour.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Restore => "restore",
            Self::Wait => "wait",
            Self::Done => "done",
        }
    }
}

/// One fact in words. `product` says what flows through a line of the fact's order.
#[must_use]
pub fn told(fact: &Fact, voice: &Voice, product: &dyn Fn(&LineId) -> Option<Product>) -> (Tone, String) {
    let v = voice;
    match &fact.body {
        FactBody::Visit(visit) => (visit_tone(visit), visited(visit, v)),
        FactBody::Work(work) => (work_tone(work), worked(work, v, product)),
        FactBody::Reading(reading) => (Tone::Done, read(reading, v, product)),
        FactBody::Equipment(equipment) => {
            let result = equipment_result(equipment.result, v);
            let serial = equipment.serial_seen.as_deref().map_or_else(String::new, |serial| format!(" ({serial})"));
            let other = match equipment.condition.as_deref() {
                Some(OTHER_SERIAL) => v.pick(", not the box on the order", ", no es la caja de la orden"),
                _ => "",
            };
            (Tone::Done, format!("{}: {result}{serial}{other}", v.pick("Equipment", "Equipo")))
        }
        FactBody::Evidence(evidence) => (
            Tone::Done,
            match evidence.what {
                EvidenceKind::Photo => v.pick("Photo taken", "Foto tomada").to_owned(),
                EvidenceKind::Signature => v.pick("Signed by the customer", "Firmado por el cliente").to_owned(),
            },
        ),
        FactBody::NotTaken(not) => (Tone::Wait, not_taken(not.what, not.why, v)),
        FactBody::Tamper(tamper) => {
            (Tone::Wait, coded(v.pick("Signs of tampering", "Señales de manipulación"), &tamper.code, &tamper.text, v))
        }
        FactBody::Hazard(danger) => (Tone::Wait, coded(v.pick("Hazard", "Peligro"), &danger.code, &danger.text, v)),
        FactBody::Incident(danger) => {
            (Tone::Stop, coded(v.pick("Incident", "Incidente"), &danger.code, &danger.text, v))
        }
        FactBody::Release(release) => (Tone::Restore, released(release, v)),
        FactBody::ReleaseDecision(decision) => match decision.accepted {
            true => (Tone::Restore, because(v.pick("Proof accepted", "Comprobante aceptado"), decision.why.as_deref())),
            false => {
                let said = because(v.pick("Proof not accepted", "Comprobante no aceptado"), decision.why.as_deref());
                let after =
                    v.pick("If it was right after all: record the payment.", "Si era válido: registre el pago.");
                (Tone::Done, format!("{}. {after}", said.trim_end_matches('.')))
            }
        },
        FactBody::ReleaseReversal(reversal) => {
            let why = match reversal.reason {
                ReversalReason::ReturnedCheck => v.pick("returned check", "cheque devuelto"),
                ReversalReason::ChargeBack => v.pick("charge-back", "contracargo"),
                ReversalReason::Error => v.pick("entered by mistake", "registrado por error"),
            };
            (Tone::Wait, because(v.pick("Release taken back", "Liberación anulada"), Some(why)))
        }
        FactBody::Hold(hold) => {
            let what = hold_said(hold.reason, v);
            let until = hold
                .expires_on
                .map_or_else(String::new, |day| format!(" {} {}", v.pick("until", "hasta"), v.full_day(day)));
            let claim = if hold.verified {
                ""
            } else {
                v.pick(" (claimed at the door, not verified)", " (alegado en la puerta, sin verificar)")
            };
            (Tone::Wait, format!("{}: {what}{until}{claim}", v.pick("Hold", "Protección")))
        }
        FactBody::HoldDecision(decision) => match decision.accepted {
            true => (Tone::Wait, because(v.pick("Claim accepted", "Alegato aceptado"), decision.why.as_deref())),
            false => {
                let said = because(v.pick("Claim not accepted", "Alegato no aceptado"), decision.why.as_deref());
                let after = v.pick("If it was right after all: set a hold.", "Si era cierto: ponga una protección.");
                (Tone::Done, format!("{}. {after}", said.trim_end_matches('.')))
            }
        },
        FactBody::HoldLift(lift) => {
            (Tone::Done, because(v.pick("Hold lifted", "Protección levantada"), lift.why.as_deref()))
        }
        FactBody::FeeDecision(decision) => match decision.charged {
            true => (Tone::Done, because(v.pick("The fee is charged", "El cargo se cobra"), decision.why.as_deref())),
            false => {
                (Tone::Done, because(v.pick("The fee is not charged", "El cargo no se cobra"), decision.why.as_deref()))
            }
        },
        FactBody::Recall(recall) => {
            let why = recall_said(recall.reason, v);
            (Tone::Wait, because(v.pick("Taken back from the crew", "Retirada a la cuadrilla"), Some(why)))
        }
        FactBody::RecallLift(_) => (Tone::Wait, v.pick("Given back to the crew", "Devuelta a la cuadrilla").to_owned()),
        FactBody::Ack(_) if fact.header.as_ref().is_some_and(|header| header.device.is_none()) => {
            (Tone::Done, v.pick("Told to the crew by phone", "Dicho a la cuadrilla por teléfono").to_owned())
        }
        FactBody::Ack(_) => (Tone::Done, v.pick("The crew has seen it", "La cuadrilla lo vio").to_owned()),
        FactBody::Note(note) => (Tone::Done, format!("{}: {}", v.pick("Note", "Nota"), note.text)),
        FactBody::Correction(correction) => {
            (Tone::Done, because(v.pick("Corrected", "Corregido"), Some(correction.why.as_str())))
        }
        FactBody::Reorder(_) => {
            (Tone::Done, v.pick("Moved to another place in the route", "Movida a otro lugar de la ruta").to_owned())
        }
    }
}

/// "No photo, though the order asks for one: the camera did not work".
fn not_taken(what: Asked, why: NotTakenWhy, v: &Voice) -> String {
    let missing = match what {
        Asked::Photo => v.pick("No photo, though the order asks for one", "Sin foto, aunque la orden la pide"),
        Asked::Signature => v.pick("Not signed, though the order asks for it", "Sin firma, aunque la orden la pide"),
        Asked::Position => v.pick("No position, though the order asks for it", "Sin posición, aunque la orden la pide"),
        Asked::Reading => v.pick("No reading, though the order asks for one", "Sin lectura, aunque la orden la pide"),
    };
    because(missing, Some(why_not_taken(why, v.language)))
}

fn because(what: &str, why: Option<&str>) -> String {
    why.map_or_else(|| what.to_owned(), |why| format!("{what}: {why}"))
}

fn coded(what: &str, code: &str, text: &Option<String>, v: &Voice) -> String {
    let code = as_written(code, v.language);
    text.as_deref().map_or_else(|| format!("{what}: {code}"), |text| format!("{what}: {code}, {text}"))
}

const fn visit_tone(visit: &Visit) -> Tone {
    match visit.outcome {
        Outcome::Done => Tone::Done,
        Outcome::Unable | Outcome::Stopped => Tone::Wait,
    }
}

const fn work_tone(work: &Work) -> Tone {
    if work.action.cuts() {
        Tone::Stop
    } else if work.action.restores() {
        Tone::Restore
    } else {
        Tone::Done
    }
}

fn visited(visit: &Visit, v: &Voice) -> String {
    // A permit is written down only where something was turned off: then the visit ended with something else.
    let cut_first = visit.permit.is_some();
    let mut said = match visit.outcome {
        Outcome::Unable | Outcome::Stopped if cut_first => because(
            v.pick("At the premise: work done, and then", "En el local: trabajo hecho, y después"),
            visit.code.map(|code| unable_name(code, v.language)),
        ),
        Outcome::Done => v.pick("At the premise: work done", "En el local: trabajo hecho").to_owned(),
        Outcome::Unable => because(
            v.pick("At the premise: could not do it", "En el local: no se pudo"),
            visit.code.map(|code| unable_name(code, v.language)),
        ),
        Outcome::Stopped => because(
            v.pick("At the premise: stopped at the door", "En el local: detenida en la puerta"),
            visit.code.map(|code| unable_name(code, v.language)),
        ),
    };
    let met = match visit.met {
        Some(Met::Nobody) => Some(v.pick("nobody answered", "nadie atendió")),
        Some(Met::Customer) => Some(v.pick("the customer answered", "atendió el cliente")),
        Some(Met::Adult) => Some(v.pick("an adult answered", "atendió un adulto")),
        Some(Met::Minor) => Some(v.pick("a minor answered", "atendió un menor")),
        None => None,
    };
    let permit = match (visit.permit, visit.permit_age_s) {
        (Some(Permit::Fresh), Some(age_s)) => {
            Some(format!("{} {} min", v.pick("data", "datos de"), age_s / 60) + v.pick(" old", ""))
        }
        (Some(Permit::GoCode), _) => Some(v.pick("go-code by phone", "código por teléfono").to_owned()),
        (Some(Permit::Override), _) if visit.paper == Some(true) => Some(because(
            v.pick("dispatch was called before", "se llamó antes a despacho"),
            visit.override_by.as_deref(),
        )),
        (Some(Permit::Override), _) => Some(because(
            v.pick("supervisor's override", "autorización del supervisor"),
            visit.override_reason.as_deref(),
        )),
        (Some(Permit::None), _) => Some(v.pick("no permit", "sin permiso").to_owned()),
        _ => None,
    };
    for part in [met.map(str::to_owned), permit].into_iter().flatten() {
        said.push_str(" · ");
        said.push_str(&part);
    }
    said
}

fn name(line: &LineId, v: &Voice, product: &dyn Fn(&LineId) -> Option<Product>) -> String {
    product(line).map_or_else(|| format!("{} {line}", v.pick("Line", "Línea")), |product| v.product(product).to_owned())
}

/// What was done to a line in a word or two.
#[must_use]
pub const fn action_said(action: Action, v: &Voice) -> &'static str {
    let language = v.language;
    match action {
        Action::TurnedOff => language.pick("turned off", "corte hecho"),
        Action::Locked => language.pick("locked", "con candado"),
        Action::Restored => language.pick("turned on", "reconexión hecha"),
        Action::Unlocked => language.pick("unlocked", "sin candado"),
        Action::AlreadyOff => language.pick("found off", "ya no tenía servicio"),
        Action::AlreadyOn => language.pick("found on", "ya tenía servicio"),
        Action::Collected => language.pick("collected", "equipo recogido"),
        Action::None => language.pick("left as it was", "sin cambios"),
    }
}

fn worked(work: &Work, v: &Voice, product: &dyn Fn(&LineId) -> Option<Product>) -> String {
    let mut said = format!("{}{} {}", name(&work.line, v, product), v.pick("", ":"), action_said(work.action, v));
    if let Some(method) = work.method {
        said.push_str(", ");
        said.push_str(method_said(method, v));
    }
    for (label, number) in [(v.pick("lock", "candado"), &work.lock), (v.pick("seal", "sello"), &work.seal)] {
        if let Some(number) = number {
            said.push_str(&format!(", {label} {number}"));
        }
    }
    match work.seal_found {
        Some(SealFound::Broken) => said.push_str(v.pick(", seal found broken", ", sello roto")),
        Some(SealFound::Missing) => said.push_str(v.pick(", seal missing", ", sin sello")),
        Some(SealFound::Foreign) => said.push_str(v.pick(", seal not ours", ", sello ajeno")),
        Some(SealFound::Intact) | None => {}
    }
    said
}

/// How a service was taken away or given back.
#[must_use]
pub const fn method_said(method: Method, v: &Voice) -> &'static str {
    let language = v.language;
    match method {
        Method::CurbStopOff => language.pick("curb stop closed", "llave de banqueta cerrada"),
        Method::CurbStopLocked => language.pick("curb stop locked", "llave de banqueta con candado"),
        Method::AngleStop => language.pick("angle stop", "llave angular"),
        Method::MeterPulled => language.pick("meter pulled", "medidor retirado"),
        Method::Plug => language.pick("plug", "tapón"),
        Method::MeterBoots => language.pick("meter boots", "fundas en el medidor"),
        Method::MeterRemoved => language.pick("meter removed", "medidor quitado"),
        Method::LockRing => language.pick("lock ring", "aro con candado"),
        Method::DisconnectCollar => language.pick("disconnect collar", "collar de desconexión"),
        Method::Remote => language.pick("by remote", "a distancia"),
        Method::PoleCut => language.pick("at the pole", "en el poste"),
        Method::CurbStopOn => language.pick("curb stop opened", "llave de banqueta abierta"),
        Method::LockRemoved => language.pick("lock removed", "candado quitado"),
        Method::MeterSet => language.pick("meter set", "medidor puesto"),
    }
}

fn read(reading: &Reading, v: &Voice, product: &dyn Fn(&LineId) -> Option<Product>) -> String {
    let name = name(&reading.line, v, product);
    let digits = match (&reading.digits, &reading.code) {
        (Some(digits), _) => digits.clone(),
        (None, Some(code)) => format!("{} ({})", v.pick("none", "ninguna"), code.replace('_', " ")),
        (None, None) => v.pick("none", "ninguna").to_owned(),
    };
    let checks = reading.checks.as_deref().filter(|checks| !checks.is_empty()).map_or_else(String::new, |checks| {
        let checks: Vec<String> = checks.split(',').map(|check| v.reading_check(check.trim())).collect();
        format!(" · {} {}", v.pick("check:", "revisar:"), checks.join(", "))
    });
    let seen = match reading.serial_seen.as_str() {
        "" => String::new(),
        serial => format!(", {} {serial}", v.pick("meter", "medidor")),
    };
    format!("{name}: {} {digits}{seen}{checks}", v.pick("reading", "lectura"))
}

fn equipment_result(result: EquipmentResult, v: &Voice) -> &'static str {
    match result {
        EquipmentResult::Collected => v.language.pick("collected", "recogido"),
        EquipmentResult::Missing => v.language.pick("missing", "no está"),
        EquipmentResult::SaidReturned => v.language.pick("said to be returned already", "dicen que ya se devolvió"),
        EquipmentResult::Refused => v.language.pick("not handed over", "no lo entregaron"),
    }
}

fn released(release: &Release, v: &Voice) -> String {
    let mut said = match (release.reason, release.verified) {
        (ReleaseReason::PaymentReceived, true) => v.pick("Payment received", "Pago recibido"),
        (ReleaseReason::PaymentReceived, false) => {
            v.pick("Proof of payment shown at the door", "Comprobante de pago mostrado en la puerta")
        }
        (ReleaseReason::Agreement, _) => v.pick("Released: agreement", "Liberada: acuerdo"),
        (ReleaseReason::Pledge, _) => v.pick("Released: pledge", "Liberada: compromiso de ayuda"),
        (ReleaseReason::Medical, _) => v.pick("Released: medical", "Liberada: motivo médico"),
        (ReleaseReason::Dispute, _) => v.pick("Released: dispute", "Liberada: disputa"),
        (ReleaseReason::Ordered, _) => v.pick("Released: ordered", "Liberada: por orden"),
        (ReleaseReason::BillingError, _) => v.pick("Released: billing error", "Liberada: error de facturación"),
        (ReleaseReason::Other, _) => v.pick("Released", "Liberada"),
    }
    .to_owned();
    if let Some(paid_at) = release.paid_at {
        said.push_str(&format!(", {} {}", v.pick("paid", "pagado"), v.paid(paid_at)));
    }
    if let Some(confirmation) = &release.confirmation {
        said.push_str(&format!(", {} {confirmation}", v.pick("confirmation", "confirmación")));
    }
    if release.lines != "*" {
        said.push_str(&format!(", {} {}", v.pick("line", "línea"), release.lines));
    }
    if release.source == Source::Cis {
        said.push_str(v.pick(" (from the billing system)", " (del sistema de facturación)"));
    }
    said
}

/// A hold's reason in a few words.
#[must_use]
pub const fn hold_said(reason: HoldReason, v: &Voice) -> &'static str {
    let language = v.language;
    match reason {
        HoldReason::Medical => language.pick("medical", "motivo médico"),
        HoldReason::Pledge => language.pick("pledge", "compromiso de ayuda"),
        HoldReason::Arrangement => language.pick("payment arrangement", "plan de pagos"),
        HoldReason::Extension => language.pick("extension", "prórroga"),
        HoldReason::Deferment => language.pick("deferment", "aplazamiento"),
        HoldReason::Dispute => language.pick("dispute", "disputa"),
        HoldReason::Bankruptcy => language.pick("bankruptcy", "quiebra"),
        HoldReason::Weather => language.pick("weather", "clima"),
        HoldReason::AreaSuspension => language.pick("cuts suspended in the area", "cortes suspendidos en la zona"),
        HoldReason::LandlordLeaveOn => language.pick("landlord leaves it on", "el propietario lo deja activo"),
        HoldReason::SensitivePremise => language.pick("sensitive premise", "local sensible"),
        HoldReason::SharedService => language.pick("shared service line", "línea compartida"),
        HoldReason::NewOccupant => language.pick("new occupant", "nuevo ocupante"),
        HoldReason::Other => language.pick("another reason", "otro motivo"),
    }
}

const fn recall_said(reason: RecallReason, v: &Voice) -> &'static str {
    let language = v.language;
    match reason {
        RecallReason::Released => language.pick("released", "liberada"),
        RecallReason::Held => language.pick("protected", "protegida"),
        RecallReason::Moved => language.pick("moved to another crew", "pasó a otra cuadrilla"),
        RecallReason::TakenOff => language.pick("taken off the route", "se quitó de la ruta"),
        RecallReason::Withdrawn => language.pick("listing withdrawn", "lista retirada"),
        RecallReason::Cancelled => language.pick("cancelled", "cancelada"),
        RecallReason::NotCalledFor => language.pick("nothing calls for it any more", "ya no hay motivo para hacerla"),
        RecallReason::Other => language.pick("another reason", "otro motivo"),
    }
}
