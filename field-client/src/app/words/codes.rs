//! The vocabulary's codes in the crew's words: kinds of work, deeds, reasons, hazards.

use super::Text;
use crate::core::Lacking;
use curbstop_shared::{
    language::Language,
    vocabulary::{Action, EquipmentResult, Met, Method, OrderKind, Product, Reason, RecallReason, UnableCode},
};

/// What is to be done, in the trade's words: "Turn off water at curb stop".
#[must_use]
pub fn task(kind: OrderKind, product: Option<Product>, language: Language) -> String {
    let service = product.map_or(language.pick("service", "servicio"), |product| product_name(product, language));
    let (english, spanish) = match kind {
        OrderKind::TurnOff => ("Turn off {}", "Cortar {}"),
        OrderKind::MeterLock => ("Lock {} meter", "Bloquear medidor de {}"),
        OrderKind::Reconnect => ("Reconnect {}", "Reconectar {}"),
        OrderKind::Unlock => ("Unlock {} meter", "Desbloquear medidor de {}"),
        OrderKind::EquipmentPickup => ("Pick up equipment", "Recoger equipo"),
        OrderKind::DoorNotice => ("Leave a door notice", "Dejar aviso en la puerta"),
        OrderKind::TheftCheck => ("Check {} for theft", "Revisar hurto de {}"),
        OrderKind::MeterExchange => ("Exchange {} meter", "Cambiar medidor de {}"),
        OrderKind::MeterSet => ("Set {} meter", "Instalar medidor de {}"),
        OrderKind::MeterRemove => ("Remove {} meter", "Retirar medidor de {}"),
        OrderKind::Reread => ("Read {} meter again", "Releer medidor de {}"),
        OrderKind::TamperInvestigation => ("Investigate {} meter", "Investigar medidor de {}"),
        OrderKind::MoveInOn => ("Move in: turn on {}", "Mudanza: conectar {}"),
        OrderKind::MoveOutOff => ("Move out: turn off {}", "Mudanza: cortar {}"),
    };
    language.pick(english, spanish).replace("{}", service)
}

/// "water", "agua".
#[must_use]
pub const fn product_name(product: Product, language: Language) -> &'static str {
    match product {
        Product::Water => language.pick("water", "agua"),
        Product::Irrigation => language.pick("irrigation", "riego"),
        Product::Electric => language.pick("electricity", "electricidad"),
        Product::Gas => language.pick("gas", "gas"),
        Product::Sewer => language.pick("sewer", "alcantarillado"),
        Product::Internet => language.pick("internet", "internet"),
        Product::Video => language.pick("video", "video"),
    }
}

/// What was done to a line.
#[must_use]
pub const fn action(action: Action, language: Language) -> &'static str {
    match action {
        Action::TurnedOff => language.pick("Turned off", "Cortado"),
        Action::Locked => language.pick("Locked", "Bloqueado"),
        Action::Restored => language.pick("Restored", "Reconectado"),
        Action::Unlocked => language.pick("Unlocked", "Desbloqueado"),
        Action::AlreadyOff => language.pick("Was off already", "Ya estaba cortado"),
        Action::AlreadyOn => language.pick("Was on already", "Ya estaba conectado"),
        Action::Collected => language.pick("Collected", "Recogido"),
        Action::None => language.pick("Done as ordered", "Hecho según la orden"),
    }
}

/// What is asked, and can be answered, about something that was entered before the work was stopped.
#[derive(Debug, Clone, Copy)]
pub struct LeftAs {
    /// Is it so now?
    pub question: Text,
    /// Yes.
    pub stands: Text,
    /// No more: the crew undid it. Only a cut can be undone and has to be told of.
    pub undone: Option<Text>,
    /// It never was.
    pub mistake: Text,
}

/// How the crew says that it left what it had entered.
#[must_use]
pub const fn left_as(action: Action) -> LeftAs {
    match action {
        Action::TurnedOff => LeftAs {
            question: Text(
                "You entered that it was turned off here. Is it off now?",
                "Usted anotó que aquí se cortó. ¿Está cortado ahora?",
            ),
            stands: Text("Yes, it is off", "Sí, está cortado"),
            undone: Some(Text("No, I turned it back on", "No, lo reconecté")),
            mistake: Text("I never turned it off: entered by mistake", "Nunca lo corté: lo anoté por error"),
        },
        Action::Locked => LeftAs {
            question: Text(
                "You entered that it was locked here. Is it locked now?",
                "Usted anotó que aquí se bloqueó. ¿Está bloqueado ahora?",
            ),
            stands: Text("Yes, it is locked", "Sí, está bloqueado"),
            undone: Some(Text("No, I unlocked it again", "No, lo desbloqueé")),
            mistake: Text("I never locked it: entered by mistake", "Nunca lo bloqueé: lo anoté por error"),
        },
        Action::Restored | Action::Unlocked => LeftAs {
            question: Text(
                "You entered that it was turned back on here. Is it on now?",
                "Usted anotó que aquí se reconectó. ¿Está conectado ahora?",
            ),
            stands: Text("Yes, it is on", "Sí, está conectado"),
            undone: None,
            mistake: Text("No, it is off", "No, está cortado"),
        },
        _ => LeftAs {
            question: Text("You entered how you found it. Is it so?", "Usted anotó cómo lo encontró. ¿Es así?"),
            stands: Text("Yes, it is so", "Sí, es así"),
            undone: None,
            mistake: Text("No: entered by mistake", "No: lo anoté por error"),
        },
    }
}

/// What still lacks before something can be saved.
#[must_use]
pub const fn lacks(what: Lacking) -> Text {
    match what {
        Lacking::AsEntered => Text("Say first how you left the service.", "Diga primero cómo dejó el servicio."),
        Lacking::Deed => Text("Say first what was done.", "Diga primero qué se hizo."),
        Lacking::Lock => Text(
            "Type the number on the lock first, or say that it has none.",
            "Escriba primero el número del candado, o diga que no tiene.",
        ),
        Lacking::Safety => {
            Text("Confirm first that it is safe to restore here.", "Confirme primero que aquí es seguro reconectar.")
        }
        Lacking::Reading => Text(
            "Read the meter first, or say why it can't be read.",
            "Lea primero el medidor, o diga por qué no se puede leer.",
        ),
        Lacking::BoxNumber => Text(
            "Type the number on the box first, or say that it has none.",
            "Escriba primero el número de la caja, o diga que no tiene.",
        ),
        Lacking::OtherBox => Text(
            "The box bears another number than the order: look again, or say that you take this one.",
            "La caja tiene otro número que la orden: mire otra vez, o diga que se lleva esta.",
        ),
        Lacking::Equipment => Text("Say first what became of the equipment.", "Diga primero qué pasó con el equipo."),
        Lacking::Serial => Text("Check the meter's serial first.", "Compruebe primero el número del medidor."),
        Lacking::Answer => Text("Say first who answered.", "Diga primero quién abrió."),
        Lacking::Permit => Text("Check first whether you may begin.", "Revise primero si puede empezar."),
        Lacking::Signature => Text(
            "Let the customer sign first, or say why nobody does.",
            "Deje firmar primero al cliente, o diga por qué nadie firma.",
        ),
        Lacking::Photo => {
            Text("Take a photo first, or say why you can't.", "Tome primero una foto, o diga por qué no se puede.")
        }
        Lacking::Position => Text(
            "Let the tablet find its place first, or say why it can't.",
            "Deje que la tableta busque primero su posición, o diga por qué no puede.",
        ),
        Lacking::Words => Text("Write the note first.", "Escriba primero la nota."),
        Lacking::WordOnTheWork => Text(
            "Work was entered here: save it, or say that it can't be done.",
            "Aquí se anotó trabajo: guárdelo, o indique que no se puede hacer.",
        ),
        Lacking::AsItWas => Text(
            "This can't be sent again as it was: record it anew, or export it and call dispatch.",
            "Esto ya no se puede enviar tal como era: regístrelo de nuevo, o expórtelo y llame a despacho.",
        ),
    }
}

/// How it was done.
#[must_use]
pub const fn method(method: Method, language: Language) -> &'static str {
    match method {
        Method::CurbStopOff => language.pick("Curb stop closed", "Llave de banqueta cerrada"),
        Method::CurbStopLocked => language.pick("Curb stop locked", "Llave de banqueta bloqueada"),
        Method::AngleStop => language.pick("Angle stop", "Llave angular"),
        Method::MeterPulled => language.pick("Meter pulled", "Medidor retirado"),
        Method::Plug => language.pick("Plug", "Tapón"),
        Method::MeterBoots => language.pick("Meter boots", "Fundas en el medidor"),
        Method::MeterRemoved => language.pick("Meter removed", "Medidor desmontado"),
        Method::LockRing => language.pick("Lock ring", "Aro con candado"),
        Method::DisconnectCollar => language.pick("Disconnect collar", "Collar de corte"),
        Method::Remote => language.pick("Remotely", "A distancia"),
        Method::PoleCut => language.pick("Cut at the pole", "Corte en el poste"),
        Method::CurbStopOn => language.pick("Curb stop opened", "Llave de banqueta abierta"),
        Method::LockRemoved => language.pick("Lock removed", "Candado retirado"),
        Method::MeterSet => language.pick("Meter set", "Medidor colocado"),
    }
}

/// Who answered.
#[must_use]
pub const fn met(met: Met, language: Language) -> &'static str {
    match met {
        Met::Nobody => language.pick("Nobody", "Nadie"),
        Met::Customer => language.pick("The customer", "El cliente"),
        Met::Adult => language.pick("Another adult", "Otro adulto"),
        Met::Minor => language.pick("Only minors", "Solo menores"),
    }
}

/// What became of a piece of equipment.
#[must_use]
pub const fn equipment(result: EquipmentResult, language: Language) -> &'static str {
    match result {
        EquipmentResult::Collected => language.pick("Collected", "Recogido"),
        EquipmentResult::Missing => language.pick("Not there", "No está"),
        EquipmentResult::SaidReturned => {
            language.pick("Customer says it was returned", "El cliente dice que lo devolvió")
        }
        EquipmentResult::Refused => language.pick("Customer refuses", "El cliente se niega"),
    }
}

/// What became of a piece of equipment, as its receipt says it to the customer.
#[must_use]
pub const fn receipt(result: EquipmentResult, language: Language) -> &'static str {
    match result {
        EquipmentResult::Collected => language.pick("Collected", "Recogido"),
        EquipmentResult::Missing => language.pick("Not there", "No está"),
        EquipmentResult::SaidReturned => {
            language.pick("Returned before, as the customer says", "Ya devuelto, según el cliente")
        }
        EquipmentResult::Refused => language.pick("Not handed over", "No entregado"),
    }
}

/// Why an order was taken back.
#[must_use]
pub const fn recall(reason: RecallReason, language: Language) -> &'static str {
    match reason {
        RecallReason::Released => language.pick("released", "liberada"),
        RecallReason::Held => language.pick("protected", "protegida"),
        RecallReason::Moved => language.pick("moved to another route", "pasada a otra ruta"),
        RecallReason::TakenOff => language.pick("taken off this route", "se quitó de esta ruta"),
        RecallReason::Withdrawn => language.pick("listing withdrawn", "lista retirada"),
        RecallReason::Cancelled => language.pick("cancelled", "cancelada"),
        RecallReason::NotCalledFor => language.pick("nothing calls for it any more", "ya no hay motivo para hacerla"),
        RecallReason::Other => language.pick("the office said so", "lo dijo la oficina"),
    }
}

/// Why a meter can't be read; the code goes into the reading.
pub const NO_READ: [(&str, Text); 4] = [
    ("dial_unreadable", Text("Dials unreadable", "Carátula ilegible")),
    ("no_access", Text("No access", "Sin acceso")),
    ("meter_damaged", Text("Meter damaged", "Medidor dañado")),
    ("meter_missing", Text("Meter missing", "Falta el medidor")),
];

/// Why the work can't be done, with a capital letter.
#[must_use]
pub fn unable(code: UnableCode, language: Language) -> String {
    capital(curbstop_shared::disposition::sentences::unable_name(code, language))
}

/// With a capital letter.
#[must_use]
pub fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Why the order exists, where that helps the crew; never why somebody is protected.
#[must_use]
pub const fn reason(reason: Reason, language: Language) -> Option<&'static str> {
    Some(match reason {
        Reason::WrongfulCut => language.pick("paid, and off: restore first", "pagó y está cortado: reconectar primero"),
        Reason::PaymentReceived => language.pick("paid", "pagó"),
        Reason::Tamper => language.pick("tampering", "manipulación"),
        Reason::Vacant => language.pick("vacant", "desocupada"),
        Reason::CustomerRequest => language.pick("customer's wish", "a petición del cliente"),
        _ => return None,
    })
}

/// What a serial stands on: a meter, or the box of a service that has none.
#[must_use]
pub const fn device(kind: OrderKind, product: Product, language: Language) -> &'static str {
    match (kind, product) {
        (OrderKind::EquipmentPickup, _) | (_, Product::Internet | Product::Video) => language.pick("Box", "Caja"),
        _ => language.pick("Meter", "Medidor"),
    }
}
