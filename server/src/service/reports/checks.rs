//! What an auditor looks for at an order that took a service away: each check with what the record says about it.

use crate::service::{history::Told, voice::Voice};
use chrono::NaiveDate;
use curbstop_shared::{
    at_the_door::same_serial,
    disposition::{CutLabel, CutVerdict},
    facts::{FactBody, Reading, Visit},
    ids::FactId,
    vocabulary::Permit,
};
use serde::Serialize;

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "AuditCheck")]
pub struct Check {
    /// `listed`, `notice`, `release`, `hold`, `permit`, `meter`, `photo`.
    pub check: &'static str,
    /// It held; none where the record doesn't say.
    pub held: Option<bool>,
    /// What the record says.
    pub said: String,
}

/// What is known about the order beside its facts.
#[derive(Debug, Default)]
pub(super) struct Around {
    /// The number of the final listing, and who made it final.
    pub listing: Option<(i64, Option<String>)>,
    /// The listing was withdrawn.
    pub withdrawn: bool,
    /// Days on which notice was given.
    pub notices: Vec<NaiveDate>,
    /// Photos that are named and those of them that are here.
    pub photos: (usize, usize),
}

/// The checks of an order that cut; none for one that did not.
pub(super) fn of(order: &Told, around: &Around, voice: &Voice) -> Vec<Check> {
    let cuts = &order.outcome.cuts;
    if cuts.is_empty() {
        return Vec::new();
    }
    let mut checks = vec![listed(around, voice), notice(cuts, around, voice)];
    checks.push(release(cuts, voice));
    checks.push(hold(cuts, voice));
    checks.extend(cuts.iter().filter_map(|cut| permit(order, cut, voice)));
    checks.extend(meters(order, cuts, voice));
    checks.push(photos(around, voice));
    checks.dedup();
    checks
}

fn listed(around: &Around, v: &Voice) -> Check {
    let said = match &around.listing {
        Some((number, by)) => {
            let by = by.as_ref().map(|by| format!(", {} {by}", v.pick("made final by", "finalizada por")));
            let gone = if around.withdrawn { v.pick(", withdrawn since", ", retirada después") } else { "" };
            format!("{} {number}{}{gone}", v.pick("On listing", "En la lista"), by.unwrap_or_default())
        }
        None => v.pick("No final listing called for it", "Ninguna lista final la pidió").to_owned(),
    };
    Check { check: "listed", held: Some(around.listing.is_some() && !around.withdrawn), said }
}

fn notice(cuts: &[CutVerdict], around: &Around, v: &Voice) -> Check {
    let first = cuts.iter().filter_map(|cut| cut.at).min();
    let cut_on = first.map(|at| crate::service::utility::day(v.zone, at));
    match (around.notices.iter().max(), cut_on) {
        (Some(notice), Some(cut_on)) => {
            let days = (cut_on - *notice).num_days();
            let said = format!(
                "{} {}, {days} {}",
                v.pick("Notice of", "Aviso del"),
                v.full_day(*notice),
                v.pick("days before the cut", "días antes del corte")
            );
            Check { check: "notice", held: Some(days > 0), said }
        }
        _ => {
            let said = v.pick("The record has no day of a notice", "El registro no tiene fecha de aviso");
            Check { check: "notice", held: None, said: said.to_owned() }
        }
    }
}

fn release(cuts: &[CutVerdict], v: &Voice) -> Check {
    let worst = cuts.iter().map(|cut| cut.label).max().unwrap_or(CutLabel::NotReleased);
    let said = match worst {
        CutLabel::NotReleased => v.pick("Nothing was released when it was cut", "Nada estaba liberado al cortar"),
        CutLabel::ReleasedAfter => v.pick("Released only after the cut", "Liberada después del corte"),
        CutLabel::Crossed => v.pick("The cut and the release crossed", "El corte y la liberación se cruzaron"),
        CutLabel::Despite => v.pick("Cut although the crew knew of the release", "Cortada aunque la cuadrilla sabía"),
    };
    Check { check: "release", held: Some(worst <= CutLabel::ReleasedAfter), said: said.to_owned() }
}

fn hold(cuts: &[CutVerdict], v: &Voice) -> Check {
    let free = cuts.iter().all(|cut| cut.holds.is_empty());
    let said = match free {
        true => v.pick("No hold was in force", "No había protección vigente"),
        false => v.pick("A hold or a claim was in force", "Había una protección o un alegato"),
    };
    Check { check: "hold", held: Some(free), said: said.to_owned() }
}

fn permit(order: &Told, cut: &CutVerdict, v: &Voice) -> Option<Check> {
    let visit = visit(order, &cut.visit)?;
    let old = |age: i64| format!(", {}{} min{}", v.pick("", "datos de hace "), age / 60, v.pick(" old", ""));
    let age = visit.permit_age_s.map(old).unwrap_or_default();
    let said = match visit.permit {
        Some(Permit::Fresh) => format!("{}{age}", v.pick("Began on fresh data", "Comenzó con datos recientes")),
        Some(Permit::GoCode) => v.pick("Began on a go-code by phone", "Comenzó con código por teléfono").to_owned(),
        Some(Permit::Override) => {
            let by = visit.override_by.as_deref().or(visit.override_reason.as_deref()).unwrap_or_default();
            format!("{} {by}", v.pick("Began on an override:", "Comenzó con autorización:")).trim().to_owned()
        }
        Some(Permit::None) | None => format!("{}{age}", v.pick("Began without a permit", "Comenzó sin permiso")),
    };
    Some(Check { check: "permit", held: Some(cut.permit.is_none()), said })
}

/// The serial that was seen at each meter that was cut.
fn meters(order: &Told, cuts: &[CutVerdict], v: &Voice) -> Vec<Check> {
    let of_cut = |cut: &CutVerdict| {
        let serial = order.lines.iter().find(|line| line.line == cut.line.0)?.serial.clone()?;
        let read = reading(order, &cut.visit, &cut.line.0);
        let seen = read.map(|read| read.serial_seen.as_str()).filter(|seen| !seen.is_empty());
        let held = seen.map(|seen| same_serial(&serial, seen));
        let said = match seen {
            Some(seen) => format!(
                "{} {serial}, {} {seen}",
                v.pick("Meter on the order", "Medidor de la orden"),
                v.pick("seen", "visto")
            ),
            None => {
                format!("{} {serial}, {}", v.pick("Meter", "Medidor"), v.pick("no serial noted", "sin número anotado"))
            }
        };
        Some(Check { check: "meter", held, said })
    };
    cuts.iter().filter_map(of_cut).collect()
}

fn photos(around: &Around, v: &Voice) -> Check {
    let (named, here) = around.photos;
    let said = match named {
        0 => v.pick("No photo was taken", "No se tomó foto").to_owned(),
        _ => format!("{here} {} {named} {}", v.pick("of", "de"), v.pick("photos are here", "fotos están aquí")),
    };
    Check { check: "photo", held: (named > 0).then_some(here == named), said }
}

fn visit<'t>(order: &'t Told, id: &FactId) -> Option<&'t Visit> {
    match &order.history.facts.get(id)?.body {
        FactBody::Visit(visit) => Some(visit),
        _ => None,
    }
}

fn reading<'t>(order: &'t Told, visit: &FactId, line: &str) -> Option<&'t Reading> {
    order.history.facts.values().find_map(|fact| match &fact.body {
        FactBody::Reading(reading) if reading.visit == *visit && reading.line.0 == line => Some(reading),
        _ => None,
    })
}
