//! A disposition in words that a clerk or a crew understands, in English and Spanish.
//!
//! The rules know ids and microseconds; [`Words`] says how a visit's crew is called, how a moment is written in the
//! utility's time zone and what flows through a line. Office sentences give reasons; crew sentences say "protected",
//! never why (product rule: a list of people who are to be cut off is private).

mod at_the_door;
mod desk;
mod fees;
mod order;
mod stands;

pub use desk::{cut, exception, follow_up};
pub use order::{line, paid_while_open, state, why_not};
pub use stands::{HadIt, stands, taken_back_unheard};

use crate::{
    disposition::Since,
    ids::{FactId, LineId},
    language::Language,
    time::Micros,
    vocabulary::{HoldReason, Product, RecallReason, ReleaseReason, UnableCode},
};

/// Who reads the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Clerks, dispatchers, supervisors: with reasons.
    Office,
    /// Crews and contractors: what to do, not why the customer is protected.
    Crew,
}

/// What the rules don't know: how crews, moments and lines are called.
pub struct Words<'a> {
    /// The language.
    pub language: Language,
    /// A moment as people write it: "10:32", or "Tue 10:32" where it is not today.
    pub time: &'a dyn Fn(Micros) -> String,
    /// The crew on whose tablet a fact was recorded: "Truck 12". Also asked about facts of the office.
    pub crew: &'a dyn Fn(&FactId) -> String,
    /// What flows through a line, where that is known.
    pub product: &'a dyn Fn(&LineId) -> Option<Product>,
}

/// A text in the language of the words.
macro_rules! say {
    ($words:expr, $english:literal, $spanish:literal) => {
        match $words.language {
            $crate::language::Language::En => format!($english),
            $crate::language::Language::Es => format!($spanish),
        }
    };
}
use say;

impl Words<'_> {
    fn time(&self, at: Micros) -> String {
        (self.time)(at)
    }

    /// "at 10:32", "on Fri 10:32".
    fn when(&self, at: Micros) -> String {
        self.language.when(&self.time(at))
    }

    /// [`Self::when`] after a space, or nothing where no moment is known.
    fn at(&self, at: Option<Micros>) -> String {
        at.map_or_else(String::new, |at| format!(" {}", self.when(at)))
    }

    /// "since 10:32", "since before 18:22, when it came in ...".
    fn since(&self, since: Since) -> String {
        self.language.since_when(since, self.time)
    }

    fn crew(&self, visit: &FactId) -> String {
        (self.crew)(visit)
    }

    /// "water and gas", "el agua y el gas".
    fn service<'l>(&self, lines: impl IntoIterator<Item = &'l LineId>) -> String {
        let mut names: Vec<&str> = Vec::new();
        for line in lines {
            let name = (self.product)(line)
                .map_or_else(|| self.language.pick("the service", "el servicio"), |product| self.product_name(product));
            if !names.contains(&name) {
                names.push(name);
            }
        }
        match names.split_last() {
            None => self.language.pick("the service", "el servicio").to_owned(),
            Some((only, [])) => (*only).to_owned(),
            Some((last, others)) => {
                format!("{} {} {last}", others.join(", "), self.language.pick("and", "y"))
            }
        }
    }

    /// "of water and gas", "del agua y el gas".
    fn of_service<'l>(&self, lines: impl IntoIterator<Item = &'l LineId>) -> String {
        let service = self.service(lines);
        match (self.language, service.strip_prefix("el ")) {
            (Language::En, _) => format!("of {service}"),
            (Language::Es, Some(masculine)) => format!("del {masculine}"),
            (Language::Es, None) => format!("de {service}"),
        }
    }

    const fn product_name(&self, product: Product) -> &'static str {
        let language = self.language;
        match product {
            Product::Water => language.pick("water", "el agua"),
            Product::Irrigation => language.pick("irrigation", "el riego"),
            Product::Electric => language.pick("electricity", "la electricidad"),
            Product::Gas => language.pick("gas", "el gas"),
            Product::Sewer => language.pick("sewer", "el alcantarillado"),
            Product::Internet => language.pick("internet", "internet"),
            Product::Video => language.pick("video", "el video"),
        }
    }

    /// "the payment of 10:05", "el pago de las 10:05".
    fn release(&self, reason: ReleaseReason, paid_at: Option<Micros>) -> String {
        let what = release_name(reason, self.language);
        match paid_at {
            None => what.to_owned(),
            Some(at) => {
                format!("{what} {}", self.language.of(&self.time(at)))
            }
        }
    }
}

const fn release_name(reason: ReleaseReason, language: Language) -> &'static str {
    match reason {
        ReleaseReason::PaymentReceived => language.pick("the payment", "el pago"),
        ReleaseReason::Agreement => language.pick("the agreement", "el acuerdo"),
        ReleaseReason::Pledge => language.pick("the pledge", "el compromiso de ayuda"),
        ReleaseReason::Medical => language.pick("the medical release", "el permiso médico"),
        ReleaseReason::Dispute => language.pick("the release for a dispute", "el permiso por disputa"),
        ReleaseReason::Ordered => language.pick("the order to leave it on", "el mandato de dejarlo activo"),
        ReleaseReason::BillingError => language.pick("the corrected bill", "el recibo corregido"),
        ReleaseReason::Other => language.pick("the release", "la liberación"),
    }
}

const fn hold_name(reason: HoldReason, language: Language) -> &'static str {
    match reason {
        HoldReason::Medical => language.pick("a medical hold", "una protección médica"),
        HoldReason::Pledge => language.pick("a pledge", "un compromiso de ayuda"),
        HoldReason::Arrangement => language.pick("a payment arrangement", "un plan de pagos"),
        HoldReason::Extension => language.pick("an extension", "una prórroga"),
        HoldReason::Deferment => language.pick("a deferment", "un aplazamiento"),
        HoldReason::Dispute => language.pick("a dispute", "una disputa"),
        HoldReason::Bankruptcy => language.pick("a bankruptcy", "una quiebra"),
        HoldReason::Weather => {
            language.pick("cuts are suspended because of the weather", "cortes suspendidos por el clima")
        }
        HoldReason::AreaSuspension => language.pick("a suspension of cuts in the area", "una suspensión en la zona"),
        HoldReason::LandlordLeaveOn => {
            language.pick("the landlord's leave-on agreement", "el acuerdo con el propietario")
        }
        HoldReason::SensitivePremise => language.pick("a sensitive premise", "un local sensible"),
        HoldReason::SharedService => language.pick("a shared service line", "una línea compartida"),
        HoldReason::NewOccupant => language.pick("a new occupant", "un nuevo ocupante"),
        HoldReason::Other => language.pick("a hold of another kind", "una protección de otro tipo"),
    }
}

const fn recall_name(reason: RecallReason, language: Language) -> &'static str {
    match reason {
        RecallReason::Released => language.pick("it is released", "está liberada"),
        RecallReason::Held => language.pick("it is protected", "está protegida"),
        RecallReason::Moved => language.pick("it went to another crew", "pasó a otra cuadrilla"),
        RecallReason::TakenOff => language.pick("it was taken off the route", "se quitó de la ruta"),
        RecallReason::Withdrawn => language.pick("its listing was withdrawn", "se retiró la lista"),
        RecallReason::Cancelled => language.pick("it was cancelled", "se canceló"),
        RecallReason::NotCalledFor => language.pick("nothing calls for it any more", "ya no hay motivo para hacerla"),
        RecallReason::Other => language.pick("the office said so", "lo dijo la oficina"),
    }
}

/// Why a visit could not do the work, as people say it.
#[must_use]
pub const fn unable_name(code: UnableCode, language: Language) -> &'static str {
    match code {
        UnableCode::NoAccessGate => language.pick("the gate was locked", "el portón estaba cerrado"),
        UnableCode::NoAccessInside => {
            language.pick("the meter is inside, nobody home", "medidor adentro, nadie en casa")
        }
        UnableCode::Dog => language.pick("a dog", "un perro"),
        UnableCode::Threat => language.pick("the crew was threatened", "amenazaron a la cuadrilla"),
        UnableCode::Refused => language.pick("the customer refused", "el cliente se negó"),
        UnableCode::NotFound => language.pick("the meter was not found", "no se encontró el medidor"),
        UnableCode::MeterMismatch => language.pick("another meter than on record", "otro medidor que el registrado"),
        UnableCode::BoxBuried => language.pick("the box is buried", "la caja está enterrada"),
        UnableCode::BoxFlooded => language.pick("the box is flooded", "la caja está inundada"),
        UnableCode::ValveBroken => language.pick("the valve is broken", "la válvula está rota"),
        UnableCode::SharedService => language.pick("it would cut others too", "cortaría también a otros"),
        UnableCode::FireLine => language.pick("it is a fire line", "es una línea contra incendios"),
        UnableCode::ProofShown => language.pick("proof of payment was shown", "mostraron comprobante de pago"),
        UnableCode::MedicalClaimed => language.pick("a medical condition was claimed", "alegaron un motivo médico"),
        UnableCode::DisputeClaimed => language.pick("the bill is disputed", "disputan el recibo"),
        UnableCode::NewOccupant => language.pick("a new occupant lives there", "vive un nuevo ocupante"),
        UnableCode::MinorOnly => language.pick("only minors at home", "solo menores en casa"),
        UnableCode::Vacant => language.pick("nobody lives there", "no vive nadie"),
        UnableCode::Weather => language.pick("the weather", "el clima"),
        UnableCode::Hazard => language.pick("a hazard", "un peligro"),
        UnableCode::NotSafe => {
            language.pick("nobody home, not safe to restore", "no hay nadie, no es seguro reconectar")
        }
        UnableCode::ToolMissing => language.pick("a tool was missing", "faltaba una herramienta"),
        UnableCode::RuleBlocked => language.pick("a rule forbids it now", "una regla lo impide ahora"),
        UnableCode::Recalled => language.pick("it was recalled", "se retiró la orden"),
        UnableCode::OutOfTime => language.pick("the day ended", "terminó el día"),
    }
}
