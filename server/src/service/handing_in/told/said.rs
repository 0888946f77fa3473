//! The sentences about a tablet's work: what it handed in at an order, what stays on it, and why the gate refused some.

use super::{CLAIM, Detail, FULL, HeldBack, PROOF, Save};
use crate::service::{telling::action_said, voice::Voice};
use curbstop_shared::{sync::wire::RefusalCode, time::Micros};

/// What a desk reads about it, and what to do; `None` where the detail is of another kind.
#[must_use]
pub fn sentence(detail: &str, voice: &Voice) -> Option<String> {
    if let Ok(held_back) = serde_json::from_str::<HeldBack>(detail) {
        return Some(stays_there(&held_back, voice));
    }
    let detail: Detail = serde_json::from_str(detail).ok()?;
    let mut saves: Vec<String> = detail.saves.iter().map(|save| said(save, voice)).collect();
    if detail.more > 0 {
        saves.push(format!("{} {} {}", voice.pick("and", "y"), detail.more, voice.pick("more", "más")));
    }
    Some(format!(
        "{}. {}: {}. {}",
        out_of_service(&detail.tablet, detail.revoked_at_us, voice),
        voice.pick("It handed in for this order", "Entregó para esta orden"),
        saves.join("; "),
        voice.pick(
            "Nothing of it counts yet. Ask the crew what was really done: then a supervisor takes it in, or sets it aside where it was not done or is recorded already.",
            "Nada cuenta todavía. Pregunte a la cuadrilla qué se hizo de verdad: después un supervisor lo acepta, o lo aparta si no se hizo o ya está registrado."
        )
    ))
}

/// What stands before that where the customer has paid and the work is a cut.
#[must_use]
pub(in crate::service) const fn paid_and_perhaps_off(voice: &Voice) -> &'static str {
    voice.pick(
        "The customer has paid, and by this work is off: decide on it now, so that a reconnect can go out.",
        "El cliente ya pagó y, según este trabajo, está cortado: decida ahora para que salga la reconexión.",
    )
}

fn stays_there(detail: &HeldBack, voice: &Voice) -> String {
    let out = out_of_service(&detail.tablet, detail.revoked_at_us, voice);
    let pieces = detail.held_back.iter().filter(|piece| *piece != FULL).count() + detail.more;
    let mut said = format!("{out}.");
    if pieces > 0 {
        said.push_str(&format!(
            " {} {pieces} {}",
            voice.pick("It still holds", "Aún guarda"),
            voice.pick(
                "piece(s) of work that cannot be read or placed here; they stay on it. Have them exported there and ask the crew what was done: it records that again on a tablet with a new code; then close this.",
                "parte(s) de trabajo que aquí no se pueden leer ni ubicar; siguen en ella. Haga que las exporten allí y pregunte a la cuadrilla qué se hizo: que lo registre otra vez en una tableta con código nuevo; después ciérrelo."
            )
        ));
    }
    if detail.held_back.iter().any(|piece| piece == FULL) {
        said.push(' ');
        said.push_str(voice.pick(
            "It hands in more than the office keeps of one tablet; the rest stays on it. Get the tablet back, see what it holds, then close this.",
            "Entrega más de lo que la oficina guarda de una tableta; el resto sigue en ella. Recupere la tableta, vea qué contiene y ciérrelo."
        ));
    }
    said
}

fn out_of_service(tablet: &str, revoked_at_us: Option<i64>, voice: &Voice) -> String {
    match revoked_at_us {
        Some(at) => format!(
            "{tablet} {} {}",
            voice.pick("was taken out of service", "quedó fuera de servicio"),
            voice.when(Micros(at))
        ),
        None => format!("{tablet} {}", voice.pick("left this crew", "dejó esta cuadrilla")),
    }
}

pub(in crate::service::handing_in) fn said(save: &Save, voice: &Voice) -> String {
    let mut parts: Vec<String> = save
        .done
        .iter()
        .map(|code| code.parse().map_or_else(|_| code.clone(), |action| action_said(action, voice).to_owned()))
        .collect();
    parts.extend(save.read.iter().map(|digits| format!("{} {digits}", voice.pick("read", "lectura"))));
    let what = match save.kind.as_str() {
        _ if !parts.is_empty() => parts.join(", "),
        "visit" => voice.pick("a visit", "una visita").to_owned(),
        "note" => voice.pick("a note", "una nota").to_owned(),
        "ack" => voice.pick("recall seen", "retiro visto").to_owned(),
        PROOF => voice.pick("proof of payment shown", "comprobante de pago mostrado").to_owned(),
        CLAIM => voice.pick("a claim at the door", "un alegato en la puerta").to_owned(),
        "release" | "release_decision" => voice
            .pick(
                "it tries to release the account, as only the office may",
                "intenta liberar la cuenta, como solo puede la oficina",
            )
            .to_owned(),
        "release_reversal" => voice
            .pick(
                "it tries to take a release back, as only the office may",
                "intenta anular una liberación, como solo puede la oficina",
            )
            .to_owned(),
        "hold" | "hold_decision" | "hold_lift" => voice
            .pick(
                "it tries to decide on a protection, as only the office may",
                "intenta decidir una protección, como solo puede la oficina",
            )
            .to_owned(),
        "recall" => voice
            .pick(
                "it tries to take the order back, as only the office may",
                "intenta retirar la orden, como solo puede la oficina",
            )
            .to_owned(),
        _ => voice.pick("a record", "un registro").to_owned(),
    };
    let photos = match save.photos {
        0 => String::new(),
        1 => voice.pick(", 1 photo (see the account)", ", 1 foto (vea la cuenta)").to_owned(),
        n => format!(", {n} {}", voice.pick("photos (see the account)", "fotos (vea la cuenta)")),
    };
    let by = save.by.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let refused = match save.refused {
        Some(code) => format!(" [{} {}]", voice.pick("not taken in:", "no aceptado:"), why_refused(code, voice)),
        None => String::new(),
    };
    format!("{what} {}{by}{photos}{refused}", voice.time(Micros(save.at_us)))
}

/// Why the gate lets a kept change not in, for whoever decides about it.
pub(in crate::service::handing_in) const fn why_refused(code: RefusalCode, voice: &Voice) -> &'static str {
    match code {
        RefusalCode::ForeignAuthor => voice.pick("it does not say who did it", "no dice quién lo hizo"),
        RefusalCode::ForeignOrder => {
            voice.pick("its order never was on that route", "su orden nunca estuvo en esa ruta")
        }
        RefusalCode::RoleForbids => {
            voice.pick("it says what only the office may say", "dice lo que solo la oficina puede decir")
        }
        RefusalCode::MissingDependency => voice.pick(
            "it builds on work that is not in: take that in first, or ask the crew to record it again",
            "se apoya en trabajo que no está: acepte primero ese, o pida a la cuadrilla registrarlo otra vez",
        ),
        RefusalCode::WrongActor | RefusalCode::DuplicateSeq => voice.pick(
            "it is not in the row of what that tablet saved, so it may not be its own",
            "no está en la serie de lo que guardó esa tableta; puede no ser suyo",
        ),
        RefusalCode::ForbiddenOperation => voice.pick(
            "it would change what is recorded already, or record it once more",
            "cambiaría lo que ya está registrado, o lo registraría otra vez",
        ),
        RefusalCode::BadFact | RefusalCode::UpgradeRequired => voice.pick(
            "something in it is missing or impossible: ask the crew to record it again",
            "algo falta o es imposible: pida a la cuadrilla registrarlo otra vez",
        ),
        RefusalCode::TooLarge | RefusalCode::BadChunk | RefusalCode::Expands | RefusalCode::Undecodable => voice.pick(
            "it is damaged: ask the crew to record it again",
            "está dañado: pida a la cuadrilla registrarlo otra vez",
        ),
    }
}
