//! How each cut stands to releases and holds: causality decides what the crew could know; clocks decide only label
//! and fee, never whether somebody is restored.

use super::{
    Against, CutLabel, CutVerdict, DispositionPolicy, Latencies, OrderHistory, PermitBreach,
    acts::{Act, Acts},
    corrections::Corrected,
    stops::{HoldView, ReleaseView, Stops, age},
};
use crate::{
    facts::{Fact, FactBody, Visit},
    go_code::GoCode,
    ids::FactId,
    route_document::Knew,
    time::{Micros, Span},
    vocabulary::Permit,
};

/// How far a time that somebody wrote on a paper sheet may be off: it is written in the truck or at the next stop, by a
/// watch that nobody has compared.
pub const PAPER_UNCERTAINTY: Span = Span::minutes(15);

/// Judges every performed cut on the order.
pub(super) fn judge(
    history: &OrderHistory,
    policy: &DispositionPolicy,
    corrected: &Corrected,
    stops: &Stops,
    acts: &Acts,
) -> Vec<CutVerdict> {
    acts.cuts().filter(|cut| cut.own).map(|cut| verdict(history, policy, corrected, stops, cut)).collect()
}

fn verdict(
    history: &OrderHistory,
    policy: &DispositionPolicy,
    corrected: &Corrected,
    stops: &Stops,
    cut: &Act,
) -> CutVerdict {
    let uncertainty = clock_uncertainty(history, policy, &cut.visit);
    // The gravest relation counts; among releases of the same gravity the oldest.
    let decisive = stops
        .releases
        .iter()
        .filter(|release| release.body.covers(&cut.line))
        .filter_map(|release| Some((label(history, uncertainty, cut, release)?, release)))
        .min_by_key(|(label, release)| (std::cmp::Reverse(*label), age(release)));
    let holds = stops.holds.iter().filter_map(|hold| {
        Some(Against { fact: hold.id.clone(), knew: under(history, policy, uncertainty, cut, hold)? })
    });
    // Proof shown at the door stops the cut like a hold for as long as nobody has accepted it.
    let proofs = stops
        .releases
        .iter()
        .filter(|release| !release.granted() && release.body.covers(&cut.line))
        .filter(|release| history.knew(&cut.visit, &release.id) == Knew::Known)
        .filter(|release| !release.known_to_be_void(history, &cut.visit))
        .map(|release| Against { fact: release.id.clone(), knew: Knew::Known });
    CutVerdict {
        visit: cut.visit.clone(),
        line: cut.line.clone(),
        at: cut.at,
        label: decisive.as_ref().map_or(CutLabel::NotReleased, |(label, _)| *label),
        release: decisive
            .as_ref()
            .map(|(_, release)| Against { fact: release.id.clone(), knew: knew_release(history, cut, release) }),
        holds: holds.chain(proofs).collect(),
        permit: history
            .order
            .reason
            .is_collections()
            .then(|| permit_breach(history, corrected, policy, uncertainty, &cut.visit))
            .flatten(),
        clock_uncertainty: uncertainty,
        latencies: decisive.map(|(_, release)| latencies(cut, release)).unwrap_or_default(),
    }
}

/// How far apart the tablet's clock and the clock behind `paid_at` may be. An offset that nobody measured may be as
/// large as one that nobody would have noticed; a time written by hand is only about right.
pub(super) fn clock_uncertainty(history: &OrderHistory, policy: &DispositionPolicy, visit: &FactId) -> Span {
    if is_from_paper(history, visit) {
        return policy.clock_uncertainty + PAPER_UNCERTAINTY;
    }
    let offset = history.clock_offset.get(visit).copied().unwrap_or(policy.clock_suspect_beyond);
    policy.clock_uncertainty + offset.abs()
}

/// Whether the office keyed a visit in from a paper route sheet. No crew can say so of its own, nor correct it.
pub(super) fn is_from_paper(history: &OrderHistory, visit: &FactId) -> bool {
    matches!(history.facts.get(visit), Some(Fact { body: FactBody::Visit(Visit { paper: Some(true), .. }), .. }))
}

/// How a visit stood to a release. Of one from paper only the times tell: that it was keyed in before a payment was
/// recorded says when somebody had a hand free for it, and nothing about why that was paid.
fn knew_release(history: &OrderHistory, cut: &Act, release: &ReleaseView) -> Knew {
    match history.knew(&cut.visit, &release.id) {
        Knew::Caused if is_from_paper(history, &cut.visit) => Knew::Neither,
        knew => knew,
    }
}

/// When a release came to be: paid. What has no such time (an agreement) came with the office's word, which only a
/// visit from paper is compared with.
fn released_at(history: &OrderHistory, cut: &Act, release: &ReleaseView) -> Option<Micros> {
    let word = release.body.recorded_at.or(release.at).filter(|_| is_from_paper(history, &cut.visit));
    release.body.paid_at.or(word)
}

/// How a cut stands to a release that covers it. `None` where the release never came to count, or the crew knew that
/// it was void. That it was taken back later changes nothing about what the crew did, nor about a fee that is not charged;
/// but one that was entered by mistake came after no cut: it never was.
fn label(history: &OrderHistory, uncertainty: Span, cut: &Act, release: &ReleaseView) -> Option<CutLabel> {
    if !release.granted() {
        return None;
    }
    let label = match knew_release(history, cut, release) {
        Knew::Known if release.known_to_be_void(history, &cut.visit) => return None,
        Knew::Known => CutLabel::Despite,
        Knew::Caused => CutLabel::ReleasedAfter,
        Knew::Neither => match released_at(history, cut, release) {
            Some(paid) if surely_before(history, uncertainty, cut, paid) => CutLabel::ReleasedAfter,
            _ => CutLabel::Crossed,
        },
    };
    (label.is_wrongful() || !release.never_was()).then_some(label)
}

/// Whether a cut was made before a moment, whatever is wrong with the clocks. Where its tablet's clock says a time before
/// what the tablet knew, it was made at the time of that at the earliest.
fn surely_before(history: &OrderHistory, uncertainty: Span, cut: &Act, moment: Micros) -> bool {
    let at = cut.at.map(|at| history.not_before(&cut.visit).map_or(at, |known| at.max(known)));
    at.is_some_and(|at| at + uncertainty < moment)
}

/// Whether a cut was made under a hold, and how it stood to it. A hold that crossed the cut counts unless the cut
/// surely came first; a medical one counts in any case: a person must look.
fn under(
    history: &OrderHistory,
    policy: &DispositionPolicy,
    uncertainty: Span,
    cut: &Act,
    hold: &HoldView,
) -> Option<Knew> {
    // By the tablet's clock or by the office's: a clock that is off ends no hold.
    let days = [cut.at, history.visited_at_office(&cut.visit)].into_iter().flatten().map(|at| policy.day_of(at));
    if !hold.reaches(days.min().unwrap_or(history.today)) {
        return None;
    }
    let knew = history.knew(&cut.visit, &hold.id);
    let counts = match knew {
        Knew::Known => !hold.known_to_be_over(history, &cut.visit),
        Knew::Caused => false,
        Knew::Neither => {
            let surely_first = hold.at.is_some_and(|hold| surely_before(history, uncertainty, cut, hold));
            !hold.was_ended() && (hold.is_medical() || !surely_first)
        }
    };
    counts.then_some(knew)
}

fn permit_breach(
    history: &OrderHistory,
    corrected: &Corrected,
    policy: &DispositionPolicy,
    uncertainty: Span,
    id: &FactId,
) -> Option<PermitBreach> {
    // While the visit itself has not arrived nothing is known about its permit.
    let FactBody::Visit(visit) = corrected.body(id)? else { return None };
    let Visit { permit, permit_age_s, go_code, override_by, override_reason, .. } = visit;
    if matches!(permit, Some(it) if *it != Permit::None) && is_outside_hours(history, uncertainty, id, visit) {
        return Some(PermitBreach::OutsideHours);
    }
    let said = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
    match permit {
        None | Some(Permit::None) => Some(PermitBreach::Missing),
        Some(Permit::Fresh) => permit_age_s
            .is_some_and(|age| Span::seconds(age) > permit_of(history, policy, id))
            .then_some(PermitBreach::Stale),
        Some(Permit::GoCode) => match go_code.as_ref().filter(|code| !code.trim().is_empty()) {
            Some(code) => code_breach(history, corrected, policy, uncertainty, (id, visit, code)),
            None => Some(PermitBreach::Incomplete),
        },
        Some(Permit::Override) => (!said(override_by) || !said(override_reason)).then_some(PermitBreach::Incomplete),
    }
}

/// Whether a cut surely began outside of the hours of its route, whatever its tablet thought of that. What is known of
/// clocks says when; what is left open is for the crew.
fn is_outside_hours(history: &OrderHistory, uncertainty: Span, id: &FactId, visit: &Visit) -> bool {
    let Some(hours) = history.hours.get(id) else { return false };
    let offset = history.clock_offset.get(id).copied().unwrap_or_default();
    let opened = visit.act_opened_at.map(|at| at + offset);
    let began = opened.into_iter().chain(history.visited_at_office(id)).min();
    began.is_some_and(|began| began + uncertainty < hours.from || began - uncertainty >= hours.until)
}

/// On data of what age the cut of a visit could begin: as its crew's tablet had it, whatever is decided since.
fn permit_of(history: &OrderHistory, policy: &DispositionPolicy, visit: &FactId) -> Span {
    history.permits.get(visit).copied().unwrap_or(policy.permit_age_max)
}

/// What is wrong with the go-code of a cut, where it is known which ones the office has given.
fn code_breach(
    history: &OrderHistory,
    corrected: &Corrected,
    policy: &DispositionPolicy,
    uncertainty: Span,
    (id, visit, code): (&FactId, &Visit, &str),
) -> Option<PermitBreach> {
    let code = GoCode::read(code);
    let mut given = history.go_codes.as_ref()?.iter().filter(|given| Some(&given.code) == code.as_ref());
    let Some(given) = given.next() else { return Some(PermitBreach::UnknownCode) };
    // Of two visits on one code the earlier one was meant; of two at one moment, and of clocks, nobody knows better.
    let began = |visit: &Visit, id: &FactId| (visit.act_opened_at.or_else(|| history.visited_at(id)), id.clone());
    let mine = began(visit, id);
    let used = history.facts.keys().filter(|other| *other != id).any(|other| match corrected.body(other) {
        Some(FactBody::Visit(another)) => {
            another.permit == Some(Permit::GoCode)
                && another.go_code.as_deref().and_then(GoCode::read) == code
                && began(another, other) < mine
        }
        _ => false,
    });
    if used {
        return Some(PermitBreach::UsedCode);
    }
    // Given later than it was used is as good as never, up to what the clocks leave open.
    let began = mine.0? + history.clock_offset.get(id).copied().unwrap_or_default();
    let is_old = began > given.at + permit_of(history, policy, id) + uncertainty;
    let is_early = began + uncertainty < given.at;
    if is_early {
        return Some(PermitBreach::UnknownCode);
    }
    is_old.then_some(PermitBreach::LateCode)
}

fn latencies(cut: &Act, release: &ReleaseView) -> Latencies {
    let paid_at = release.body.paid_at;
    let recorded_at = release.body.recorded_at.or(release.at);
    let between = |from, to| Some(to? - from?);
    Latencies {
        paid_at,
        recorded_at,
        paid_to_recorded: between(paid_at, recorded_at),
        recorded_to_cut: between(recorded_at, cut.moment),
        paid_to_cut: between(paid_at, cut.moment),
    }
}
