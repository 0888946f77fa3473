//! Codes of reports in words.

use crate::{
    pages::frame::Frame,
    service::{audit_trail::Chain, exceptions::kind_said},
};
use curbstop_shared::{
    disposition::sentences::unable_name,
    vocabulary::{OrderKind, Product, Reason, ReleaseReason, UnableCode},
};

/// A report that can be gone to: its address, its name in addresses, what it is called, whether it has days.
type Tab = (&'static str, &'static str, &'static str, bool);

impl Frame {
    /// The reports that the reader may see.
    pub(super) fn report_tabs(&self) -> Vec<Tab> {
        let language = self.voice.language;
        let mut tabs = vec![
            ("/reports", "collection", language.pick("Field collection", "Cobro en campo"), true),
            ("/reports/off", "off", language.pick("Off now", "Cortados ahora"), false),
            ("/reports/exceptions", "exceptions", language.pick("Exceptions", "Excepciones"), true),
            ("/reports/readings", "readings", language.pick("Readings", "Lecturas"), true),
            ("/reports/productivity", "productivity", language.pick("Crews' days", "Jornadas"), true),
        ];
        if self.may_audit() {
            tabs.push(("/reports/audit", "audit", language.pick("Audit trail", "Registro de auditoría"), false));
            tabs.push(("/reports/sample", "sample", language.pick("Sample", "Muestra"), false));
        }
        tabs
    }

    /// What a report is called above it.
    pub(super) fn report_title(&self, tab: &str) -> &'static str {
        let language = self.voice.language;
        match tab {
            "off" => language.pick("What is off now", "Lo que está cortado ahora"),
            "exceptions" => language.pick("What needed a person", "Lo que necesitó a una persona"),
            "readings" => language.pick("Readings to look at again", "Lecturas por revisar"),
            "productivity" => language.pick("How the crews' days went", "Cómo fueron las jornadas"),
            "audit" => language.pick("Audit trail", "Registro de auditoría"),
            "sample" => language.pick("Sample for the audit", "Muestra para la auditoría"),
            _ => language.pick("Field collection", "Cobro en campo"),
        }
    }

    /// How the chain is broken.
    pub(super) fn broken(&self, chain: &Chain) -> String {
        let how = chain.how.unwrap_or_default();
        let spanish = match how {
            "is missing" => "falta",
            "is missing at the end" => "falta al final",
            "was changed" => "se cambió",
            "changed places with the one after it" => "cambió de lugar con la siguiente",
            "does not follow the line before it" => "no sigue de la anterior",
            other => other,
        };
        self.t(&format!("it {how}"), spanish).to_owned()
    }

    /// The beginning of a hash, enough to compare by eye.
    pub(super) fn short<'h>(&self, hash: &'h str) -> &'h str {
        hash.get(..12).unwrap_or(hash)
    }

    /// A kind of order: "Turn off".
    pub(super) fn kind_of(&self, code: &str) -> String {
        code.parse::<OrderKind>().map_or_else(|_| plain(code), |kind| self.voice.kind(kind).to_owned())
    }

    /// Why an order exists: "not paid".
    pub(super) fn reason_of(&self, code: &str) -> String {
        code.parse::<Reason>().map_or_else(|_| plain(code), |reason| self.voice.reason(reason).to_owned())
    }

    /// What is delivered: "Water".
    pub(super) fn product_of(&self, code: &str) -> String {
        code.parse::<Product>().map_or_else(|_| plain(code), |product| self.voice.product(product).to_owned())
    }

    /// Why a visit did not do the work.
    pub(super) fn unable_of(&self, code: &str) -> String {
        match code.parse::<UnableCode>() {
            Ok(code) => unable_name(code, self.voice.language).to_owned(),
            Err(_) if code.is_empty() => self.t("no reason given", "sin motivo").to_owned(),
            Err(_) => plain(code),
        }
    }

    /// A kind of exception: "Cut crossed a payment".
    pub(super) fn exception_of(&self, code: &str) -> String {
        code.parse().map_or_else(|_| plain(code), |kind| kind_said(kind, &self.voice).to_owned())
    }

    /// Why something is released.
    pub(super) fn release_of(&self, code: &str) -> String {
        let language = self.voice.language;
        match code.parse::<ReleaseReason>() {
            Ok(ReleaseReason::PaymentReceived) => language.pick("paid", "pagado"),
            Ok(ReleaseReason::Agreement) => language.pick("agreement", "acuerdo"),
            Ok(ReleaseReason::Pledge) => language.pick("pledge", "compromiso de ayuda"),
            Ok(ReleaseReason::Medical) => language.pick("medical", "motivo médico"),
            Ok(ReleaseReason::Dispute) => language.pick("dispute", "disputa"),
            Ok(ReleaseReason::Ordered) => language.pick("ordered", "por orden"),
            Ok(ReleaseReason::BillingError) => language.pick("billing error", "error de facturación"),
            Ok(ReleaseReason::Other) | Err(_) => language.pick("another reason", "otro motivo"),
        }
        .to_owned()
    }

    /// What an auditor checks.
    pub(super) fn audited(&self, check: &str) -> &'static str {
        let language = self.voice.language;
        match check {
            "listed" => language.pick("Listing", "Lista"),
            "notice" => language.pick("Notice", "Aviso"),
            "release" => language.pick("Release", "Liberación"),
            "hold" => language.pick("Hold", "Protección"),
            "permit" => language.pick("Permit", "Permiso"),
            "meter" => language.pick("Meter", "Medidor"),
            _ => language.pick("Photos", "Fotos"),
        }
    }

    /// What somebody did, as the trail has it.
    pub(super) fn deed(&self, action: &str) -> String {
        let said = match action {
            "signed_in" => ("signed in", "inició sesión"),
            "sign_in_fenced" => ("sign-ins held back after wrong passwords", "inicio frenado por contraseñas erróneas"),
            "refresh_token_reused" => ("used token came back: signed out", "ficha usada volvió: sesión cerrada"),
            "person_added" => ("person added", "persona agregada"),
            "person_let_go" => ("person may sign in no longer", "persona ya sin acceso"),
            "password_set" => ("password set", "contraseña puesta"),
            "pin_set" => ("PIN set", "PIN puesto"),
            "pin_cleared" => ("PIN taken away", "PIN quitado"),
            "crews_of_person_set" => ("crews of a person set", "cuadrillas de una persona"),
            "crew_added" => ("crew added", "cuadrilla agregada"),
            "enrolment_code_made" => ("code for a tablet made", "código de tableta hecho"),
            "enrolment_refused" => ("enrolment refused", "alta de tableta rechazada"),
            "device_enrolled" => ("tablet enrolled", "tableta dada de alta"),
            "device_revoked" => ("tablet taken out of service", "tableta fuera de servicio"),
            "file_imported" => ("file taken in", "archivo recibido"),
            "source_mapped" => ("headings of a source set", "encabezados de un origen"),
            "listing_finalised" => ("listing made final", "lista finalizada"),
            "listing_withdrawn" => ("listing withdrawn", "lista retirada"),
            "plan_built" => ("plan built", "plan hecho"),
            "plan_published" => ("routes published", "rutas publicadas"),
            "order_given" => ("order given to a crew", "orden dada a una cuadrilla"),
            "cuts_suspended" => ("cuts suspended in an area", "cortes suspendidos en una zona"),
            "suspension_lifted" => ("suspension of cuts lifted", "suspensión de cortes levantada"),
            "go_code_given" => ("go-code given by phone", "código dado por teléfono"),
            "stops_taken_back" => ("stops taken back", "paradas retiradas"),
            "crew_told_by_phone" => ("crew told by phone", "cuadrilla avisada por teléfono"),
            "visit_keyed_in" => ("visit keyed in from paper", "visita capturada de papel"),
            "payment_recorded" => ("payment recorded", "pago registrado"),
            "payment_taken_back" => ("payment taken back", "pago anulado"),
            "unread_payment_settled" => ("unread payment settled", "pago sin leer aclarado"),
            "unread_payment_reopened" => ("unread payment opened again", "pago sin leer reabierto"),
            "release_recorded" => ("release recorded", "liberación registrada"),
            "release_taken_back" => ("release taken back", "liberación anulada"),
            "hold_set" => ("hold set", "protección puesta"),
            "hold_lifted" => ("hold lifted", "protección levantada"),
            "claim_decided" => ("claim at the door decided", "alegato en la puerta decidido"),
            "exception_resolved" => ("exception closed", "excepción cerrada"),
            "work_handed_in" => {
                ("work of a tablet out of service handed in", "trabajo entregado por tableta fuera de servicio")
            }
            "work_taken_in" => ("that work taken in", "ese trabajo aceptado"),
            "work_set_aside" => ("that work set aside", "ese trabajo apartado"),
            "work_opened_again" => ("that work opened again", "ese trabajo reabierto"),
            other => return plain(other),
        };
        self.t(said.0, said.1).to_owned()
    }

    /// Who did it: a name, else what the trail calls them.
    pub(super) fn doer(&self, name: &Option<String>, actor: &str) -> String {
        match (name, actor) {
            (Some(name), _) => name.clone(),
            (None, "system") => self.t("the system", "el sistema").to_owned(),
            (None, actor) if actor.starts_with("device:") => self.t("a tablet", "una tableta").to_owned(),
            (None, actor) => actor.to_owned(),
        }
    }

    /// The details of a line: "account 01-0010-01 · why paid".
    pub(super) fn details(&self, details: &serde_json::Value) -> String {
        let said = |value: &serde_json::Value| match value {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Array(items) if items.is_empty() => None,
            serde_json::Value::Array(items) => Some(
                items
                    .iter()
                    .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
            other => Some(other.to_string()),
        };
        let fields = details.as_object().into_iter().flatten();
        let parts = fields.filter_map(|(name, value)| Some(format!("{} {}", plain(name), said(value)?)));
        parts.collect::<Vec<_>>().join(" · ")
    }
}

fn plain(code: &str) -> String {
    code.replace('_', " ")
}
