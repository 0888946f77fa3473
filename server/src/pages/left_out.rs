//! What a plan leaves out, by why: those that wait for somebody first, those that are right to be left out last.

use super::frame::Frame;
use crate::{
    planning::plan::{LeftOutWhy, PlanLeftOut},
    planning::{
        reasons::with_more_urgent,
        standing::{Needs, Standing, by_rule},
    },
    service::{planning::LeftOutNow, telling::hold_said},
};
use chrono::NaiveDate;
use curbstop_shared::{ids::RouteId, routing::WhyNot, vocabulary::HoldReason};
use std::collections::BTreeMap;

/// Accounts and orders that are left out for the same reason.
pub(super) struct Group {
    /// The reason in a few words.
    pub title: String,
    /// What to do about it; empty where nothing is to be done.
    pub advice: &'static str,
    /// A supervisor may approve these.
    pub for_supervisor: bool,
    /// The route of another crew that has these, from which they may be taken back.
    pub on_route: Option<RouteId>,
    /// Each with its own sentence.
    pub rows: Vec<(PlanLeftOut, String)>,
}

/// What is left out by its reason.
pub(super) fn by_reason(left_out: &[LeftOutNow], day: NaiveDate, f: &Frame) -> Vec<Group> {
    let mut groups: BTreeMap<(u8, String), Group> = BTreeMap::new();
    for one in left_out {
        let (rank, title, advice) = if one.waits_again { waits_again(f) } else { group(&one.left.why, day, f) };
        let group = groups.entry((rank, title.clone())).or_insert_with(|| Group {
            title,
            advice,
            for_supervisor: rank == SUPERVISOR,
            on_route: one.on_route(),
            rows: Vec::new(),
        });
        let said = if one.waits_again {
            f.t("Taken back since: the next plan takes it up.", "Retirada desde entonces: la toma el próximo plan.")
                .to_owned()
        } else {
            said(&one.left, f)
        };
        group.rows.push((one.left.clone(), said));
    }
    groups.into_values().collect()
}

/// Rank of what waits for a supervisor.
const SUPERVISOR: u8 = 0;

/// What was taken back from another crew since the plan was built.
fn waits_again(f: &Frame) -> (u8, String, &'static str) {
    let title = f.t("Taken back from their routes, on nobody's now", "Retiradas de sus rutas, ya de nadie").to_owned();
    (1, title, f.t("Build the day again in step 2.", "Haga el plan de nuevo en el paso 2."))
}

/// Rank, title, and what to do.
fn group(why: &LeftOutWhy, day: NaiveDate, f: &Frame) -> (u8, String, &'static str) {
    let (rank, title, advice) = match why {
        LeftOutWhy::Standing(Standing::SensitivePremise) => {
            (SUPERVISOR, f.t("Sensitive premise", "Local sensible"), "")
        }
        LeftOutWhy::Standing(Standing::MasterMeter) => (SUPERVISOR, f.t("Master meter", "Medidor general"), ""),
        LeftOutWhy::Standing(Standing::TenantsNotice) => {
            (SUPERVISOR, f.t("The landlord pays", "Paga el propietario"), "")
        }
        LeftOutWhy::Standing(Standing::Rule { rule, needs, .. }) => {
            let (rank, title) = match needs {
                Needs::AnotherTime => (2, f.t("Not at this time by rule", "No en este momento por la regla")),
                Needs::Notice => (SUPERVISOR, f.t("No notice by rule", "Sin aviso según la regla")),
                Needs::SeveralPersons => {
                    (2, f.t("Takes several persons by rule", "Requiere varias personas según la regla"))
                }
                Needs::Approval => (SUPERVISOR, f.t("To be approved by rule", "Por aprobar según la regla")),
            };
            return (rank, format!("{title} {rule}"), "");
        }
        LeftOutWhy::Standing(Standing::Several { .. }) => {
            (SUPERVISOR, f.t("More than one thing to approve", "Más de una cosa por aprobar"), "")
        }
        LeftOutWhy::NoPlace { .. } => (
            1,
            f.t("No crew has room or may do it", "Ninguna cuadrilla tiene lugar o puede hacerla"),
            f.t(
                "Add a crew or lengthen the shift in step 2, or leave them for another day.",
                "Agregue una cuadrilla o alargue el turno en el paso 2, o déjelas para otro día.",
            ),
        ),
        LeftOutWhy::Standing(Standing::OnRoute { crew_name, date, .. }) => {
            let is_of_day = *date == day;
            let of_day = if is_of_day {
                f.t("of this day", "de este día").to_owned()
            } else {
                format!("{} {}", f.t("of", "del"), f.voice.full_day(*date))
            };
            let title = format!("{} {crew_name}, {of_day}", f.t("Still on the route of", "Siguen en la ruta de"));
            let advice = if is_of_day {
                f.t(
                    "This plan has no route for that crew. Take its stops back, and the next plan takes them up.",
                    "Este plan no tiene ruta para esa cuadrilla. Retire sus paradas y el próximo plan las toma.",
                )
            } else {
                f.t(
                    "They go out on another day. Take them back only to plan them for this one.",
                    "Salen otro día. Retírelas solo para planearlas para este.",
                )
            };
            return (1, title, advice);
        }
        LeftOutWhy::Standing(Standing::OpenOrder { .. }) => {
            (2, f.t("An earlier order is still open", "Una orden anterior sigue abierta"), "")
        }
        LeftOutWhy::Standing(Standing::Stopped { .. }) => {
            (3, f.t("Done or stopped by now", "Hechas o detenidas ya"), "")
        }
        LeftOutWhy::Standing(Standing::MedicalAtPremise) => {
            (4, f.t("Medical protection at the premise", "Protección médica en el local"), "")
        }
        LeftOutWhy::Standing(Standing::Held { reason, .. }) => {
            let title = format!("{}: {}", f.t("On hold", "Con protección"), hold_said(*reason, &f.voice));
            return (5, title, "");
        }
        LeftOutWhy::Standing(Standing::PerhapsPaid { .. }) => (
            1,
            f.t("Perhaps paid already", "Quizá ya pagadas"),
            f.t(
                "Look in the billing system whether the listing's balance has the payment.",
                "Vea en el sistema de cobro si el saldo de la lista ya incluye el pago.",
            ),
        ),
        LeftOutWhy::Standing(Standing::NothingToRestore) => {
            (3, f.t("Nothing left to restore", "Nada por reconectar"), "")
        }
        LeftOutWhy::Standing(Standing::PaidAndTakenBack { .. }) => (
            5,
            f.t("Paid since the listing, and taken back", "Pagadas desde la lista y anuladas después"),
            f.t(
                "Nobody is cut because of that today. They may come with the next listing.",
                "Por eso no se corta hoy. Pueden volver con la próxima lista.",
            ),
        ),
        LeftOutWhy::Standing(Standing::Paid { .. }) => (6, f.t("Paid since the listing", "Pagadas desde la lista"), ""),
    };
    (rank, title.to_owned(), advice)
}

fn held(reason: HoldReason, until: Option<NaiveDate>, f: &Frame) -> String {
    let why = hold_said(reason, &f.voice);
    let until = until.map_or_else(
        || f.t("until it is lifted", "hasta que se levante").to_owned(),
        |day| format!("{} {}", f.t("through", "hasta"), f.voice.full_day(day)),
    );
    format!("{} ({why}) {until}.", f.t("On hold", "Con protección"))
}

/// Why it is on no route, as a sentence.
pub(super) fn said(one: &PlanLeftOut, f: &Frame) -> String {
    let why = match &one.why {
        LeftOutWhy::Standing(Standing::Held { reason, until }) => return held(*reason, *until, f),
        LeftOutWhy::Standing(Standing::OnRoute { crew_name, date, .. }) => {
            let day = f.voice.full_day(*date);
            return format!("{} {crew_name}, {day}.", f.t("Still on the route of", "Sigue en la ruta de"));
        }
        LeftOutWhy::Standing(_) if f.lang() == "en" => return one.text.clone(),
        LeftOutWhy::Standing(why) => return standing_in_spanish(why, f),
        LeftOutWhy::NoPlace { crews, .. } => crews,
    };
    if why.is_empty() {
        return one.text.clone();
    }
    why.iter()
        .map(|crew| {
            let reason = if f.lang() == "en" { crew.why.to_string() } else { refusal_in_spanish(&crew.why) };
            let reason = with_more_urgent(reason, crew.more_urgent, f.voice.language);
            format!("{}: {reason}", crew.crew_name)
        })
        .collect::<Vec<_>>()
        .join("; ")
}

fn standing_in_spanish(why: &Standing, f: &Frame) -> String {
    match why {
        Standing::Paid { .. } => "Pagado desde la lista.".to_owned(),
        Standing::PaidAndTakenBack { .. } => {
            "Pagado desde la lista y anulado después. Por eso no se corta hoy: puede volver con la próxima lista."
                .to_owned()
        }
        Standing::PerhapsPaid { .. } => {
            "Pagado justo antes del día de la lista. La lista no dice cuándo se hizo: vea si ya lo incluye.".to_owned()
        }
        Standing::NothingToRestore => {
            "No queda nada por reconectar: ya está conectado o se anuló la liberación.".to_owned()
        }
        Standing::Held { reason, until } => held(*reason, *until, f),
        Standing::MedicalAtPremise => "Protección médica en el local: los servicios esenciales siguen.".to_owned(),
        Standing::SensitivePremise => "Local sensible: debe aprobarlo un supervisor.".to_owned(),
        Standing::MasterMeter => "Medidor general: debe aprobarlo un supervisor.".to_owned(),
        Standing::TenantsNotice => {
            "Paga el propietario: lo aprueba un supervisor con el aviso a inquilinos probado.".to_owned()
        }
        Standing::OpenOrder { number } => format!("La orden {number} sigue abierta para esta cuenta."),
        Standing::OnRoute { crew_name, date, .. } => {
            format!("Sigue en la ruta de {crew_name}, {}.", f.voice.full_day(*date))
        }
        Standing::Stopped { state } => format!("La orden ya {}.", stopped_in_spanish(state)),
        Standing::Rule { rule, citation, es, .. } => by_rule(es, "Regla", rule, citation),
        Standing::Several { reasons } => {
            reasons.iter().map(|why| standing_in_spanish(why, f)).collect::<Vec<_>>().join(" ")
        }
    }
}

/// Where an order stands, after "La orden ya".
fn stopped_in_spanish(state: &str) -> &'static str {
    match state {
        "done" => "está hecha",
        "released" => "está liberada",
        "held" => "está protegida",
        "recalled" => "está retirada",
        "stopped_at_door" => "se detuvo en la puerta",
        "unable" => "se intentó y no se pudo hacer",
        "open" => "está por hacer",
        _ => "no está por hacer",
    }
}

fn refusal_in_spanish(why: &WhyNot) -> String {
    let min = |seconds: &i64| (seconds + 59) / 60;
    match why {
        WhyNot::LockedElsewhere => "asignada a otra cuadrilla".to_owned(),
        WhyNot::NotAllowed => "esta cuadrilla no puede hacerla".to_owned(),
        WhyNot::Skill { needs } => format!("la cuadrilla no está calificada ({needs})"),
        WhyNot::Window { late_by_s } => format!("llegaría {} min tarde", min(late_by_s)),
        WhyNot::ShiftTooShort { over_by_s } => format!("no cabe en el turno por {} min", min(over_by_s)),
        WhyNot::ShiftFull { over_by_s } => format!("el turno está lleno por {} min", min(over_by_s)),
        WhyNot::WindowsFull { late_by_s } => format!("se perdería un horario por {} min", min(late_by_s)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_of_an_order_has_its_own_word_in_spanish() {
        let states = ["open", "recalled", "released", "held", "stopped_at_door", "done", "unable"];
        let said: std::collections::BTreeSet<_> = states.into_iter().map(stopped_in_spanish).collect();
        assert_eq!(said.len(), states.len(), "{said:?}");
        assert!(!said.contains(stopped_in_spanish("of a newer server")), "{said:?}");
    }
}
