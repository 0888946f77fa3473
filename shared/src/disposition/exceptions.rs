//! What needs a person: each exception with the facts behind it, and whose desk it lands on.

use super::{
    Against, CutLabel, CutVerdict, DispositionPolicy, Exception, FeeStanding, FeeTrigger, LineState, OrderHistory,
    acts::Act,
    acts::Acts,
    corrections::Corrected,
    cuts::{clock_uncertainty, is_from_paper},
    stops::{RecallView, Stops},
};
use crate::{
    facts::{FactBody, OTHER_SERIAL},
    ids::{FactId, LineId},
    ordered::{Map, Set},
    readings::ReadingWarning,
    route_document::Knew,
    time::Span,
    vocabulary::{Action, EquipmentResult, ExceptionKind, Outcome, RecallReason, Role, SealFound, UnableCode},
};

/// Everything that is known about an order when its exceptions are raised.
pub(super) struct Case<'a> {
    pub history: &'a OrderHistory,
    pub policy: &'a DispositionPolicy,
    pub corrected: &'a Corrected,
    pub stops: &'a Stops,
    pub acts: &'a Acts,
    pub cuts: &'a [CutVerdict],
    pub lines: &'a Map<LineId, LineState>,
    pub fees: &'a [FeeTrigger],
}

/// Every exception of an order, sorted, each once.
pub(super) fn raise(case: &Case<'_>) -> Vec<Exception> {
    let mut raised: Map<_, Exception> = Map::new();
    let all = wrongful_cuts(case)
        .chain(cuts_under_hold(case))
        .chain(found_off_under_medical(case))
        .chain(off_under_claims(case))
        .chain(permit_breaches(case))
        .chain(fees_in_doubt(case))
        .chain(duplicate_visits(case))
        .chain(visits_after_recall(case))
        .chain(restores_without_release(case))
        .chain(reversed_after_restore(case))
        .chain(unverified(case))
        .chain(clocks(case))
        .chain(late(case))
        .chain(found_at_the_door(case));
    for exception in all {
        let story = (exception.kind, exception.fact.clone(), exception.cause.clone());
        // Lines of one story come together: one row on the desk, not one for each line.
        if let Some(known) = raised.get_mut(&story) {
            known.lines.extend(exception.lines);
            known.urgent |= exception.urgent;
            known.settled &= exception.settled;
            known.known |= exception.known;
        } else {
            raised.insert(story, exception);
        }
    }
    raised.into_values().collect()
}

fn exception(kind: ExceptionKind, fact: &FactId, cause: Option<&FactId>, line: Option<&LineId>) -> Exception {
    Exception {
        kind,
        fact: fact.clone(),
        cause: cause.cloned(),
        lines: line.into_iter().cloned().collect(),
        known: false,
        urgent: false,
        settled: false,
    }
}

impl Case<'_> {
    fn is_off(&self, line: &LineId) -> bool {
        matches!(self.lines.get(line), Some(LineState::Off { .. }))
    }

    fn is_off_though_released(&self, line: &LineId) -> bool {
        matches!(self.lines.get(line), Some(LineState::Off { released: Some(_), .. }))
    }

    fn knew(&self, visit: &FactId, other: &FactId) -> Knew {
        self.history.knew(visit, other)
    }

    /// The order's own visits.
    fn visits(&self) -> impl Iterator<Item = (&FactId, &crate::facts::Visit)> {
        self.history.facts.values().filter(|fact| self.history.is_own(fact)).filter_map(|fact| {
            match self.corrected.body(&fact.id) {
                Some(FactBody::Visit(visit)) => Some((&fact.id, visit)),
                _ => None,
            }
        })
    }
}

/// `cut_despite_release`, `cut_crossed_release`.
fn wrongful_cuts<'a>(case: &'a Case<'_>) -> impl Iterator<Item = Exception> + 'a {
    case.cuts.iter().filter_map(|cut| {
        let kind = match cut.label {
            CutLabel::Despite => ExceptionKind::CutDespiteRelease,
            CutLabel::Crossed => ExceptionKind::CutCrossedRelease,
            CutLabel::NotReleased | CutLabel::ReleasedAfter => return None,
        };
        let release = &cut.release.as_ref()?.fact;
        let off = case.is_off_though_released(&cut.line);
        Some(Exception {
            known: cut.label == CutLabel::Despite,
            urgent: off,
            settled: !off,
            ..exception(kind, &cut.visit, Some(release), Some(&cut.line))
        })
    })
}

/// `cut_under_hold`: a hold restores nothing by itself, so that a person has to look; at once where it is medical.
fn cuts_under_hold<'a>(case: &'a Case<'_>) -> impl Iterator<Item = Exception> + 'a {
    case.cuts.iter().flat_map(move |cut| {
        cut.holds.iter().map(move |Against { fact: hold, knew }| {
            let off = case.is_off(&cut.line);
            let medical = case.stops.holds.iter().any(|view| view.id == *hold && view.is_medical());
            Exception {
                known: *knew == Knew::Known,
                urgent: off && medical,
                settled: !off,
                ..exception(ExceptionKind::CutUnderHold, &cut.visit, Some(hold), Some(&cut.line))
            }
        })
    })
}

/// `cut_under_hold` as well: the crew found it off where somebody may depend on it. Nobody here cut it, and no release stands
/// for it: a person has to decide, as of the day of the visit.
fn found_off_under_medical<'a>(case: &'a Case<'_>) -> impl Iterator<Item = Exception> + 'a {
    let medical = case.stops.holds.iter().filter(|hold| hold.is_medical() && !hold.waits() && !hold.was_ended());
    medical.flat_map(move |hold| {
        case.lines.iter().filter_map(move |(line, state)| match state {
            LineState::FoundOff { visit, at, released: None, .. }
                if at.is_none_or(|at| hold.reaches(case.policy.day_of(at))) =>
            {
                let found = exception(ExceptionKind::CutUnderHold, visit, Some(&hold.id), Some(line));
                Some(Exception { urgent: true, ..found })
            }
            _ => None,
        })
    })
}

/// `off_under_claim`: what was claimed at the door after the cut was accepted, and nobody has given the service back. It
/// stays until somebody does, or ends the hold.
fn off_under_claims<'a>(case: &'a Case<'_>) -> impl Iterator<Item = Exception> + 'a {
    case.stops.holds.iter().filter(|hold| hold.is_accepted_claim()).flat_map(move |hold| {
        let off = |line| matches!(case.lines.get(line), Some(LineState::Off { released: None, .. }));
        let came_after = |cut: &&CutVerdict| cut.holds.iter().all(|against| against.fact != hold.id);
        case.cuts.iter().filter(came_after).filter(move |cut| off(&cut.line)).map(move |cut| Exception {
            urgent: hold.is_medical(),
            ..exception(ExceptionKind::OffUnderClaim, &cut.visit, Some(&hold.id), Some(&cut.line))
        })
    })
}

fn permit_breaches<'a>(case: &'a Case<'_>) -> impl Iterator<Item = Exception> + 'a {
    let breaches = case.cuts.iter().filter(|cut| cut.permit.is_some());
    breaches.map(|cut| exception(ExceptionKind::PermitBreach, &cut.visit, None, Some(&cut.line)))
}

/// `fee_in_doubt`: nobody is charged before a person has said so. Somebody's decision ends it.
fn fees_in_doubt<'a>(case: &'a Case<'_>) -> impl Iterator<Item = Exception> + 'a {
    case.fees.iter().filter(|fee| fee.standing == FeeStanding::Review).map(|fee| {
        let lines = case.cuts.iter().filter(|cut| cut.visit == fee.visit).map(|cut| cut.line.clone()).collect();
        Exception { lines, settled: true, ..exception(ExceptionKind::FeeInDoubt, &fee.visit, None, None) }
    })
}

/// Two visits that did the same work on a line with nothing opposite in between; or the same work without lines.
fn duplicate_visits(case: &Case<'_>) -> impl Iterator<Item = Exception> + use<> {
    let mut found = Vec::new();
    let mut last: Map<&LineId, (Deed, &FactId)> = Map::new();
    for act in &case.acts.all {
        let Some(deed) = Deed::of(act) else { continue };
        match last.get(&act.line) {
            Some((before, first)) if *before == deed => {
                if *first != &act.visit && act.own {
                    found.push(exception(ExceptionKind::DuplicateVisit, &act.visit, Some(first), Some(&act.line)));
                }
            }
            _ => {
                last.insert(&act.line, (deed, &act.visit));
            }
        }
    }
    let without_acts = |visit: &FactId| !case.acts.all.iter().any(|act| act.visit == *visit);
    let mut done: Vec<_> = case
        .visits()
        .filter(|(id, visit)| visit.outcome == Outcome::Done && without_acts(id))
        .map(|(id, _)| (case.history.visited_at(id), id))
        .collect();
    done.sort_unstable();
    if let Some(((_, first), later)) = done.split_first() {
        let again = |(_, id): &(_, &FactId)| exception(ExceptionKind::DuplicateVisit, id, Some(first), None);
        found.extend(later.iter().map(again));
    }
    found.into_iter()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Cut,
    Restored,
    Collected,
}

impl Deed {
    fn of(act: &Act) -> Option<Self> {
        match act.action {
            action if action.cuts() => Some(Self::Cut),
            action if action.restores() => Some(Self::Restored),
            crate::vocabulary::Action::Collected => Some(Self::Collected),
            _ => None,
        }
    }
}

/// `visit_after_recall`: honest work on an order that was taken from that crew. Whose clock says what doesn't matter:
/// the order leaves the other crew's route in any case. A crew that couldn't do the work changed nothing.
fn visits_after_recall<'a>(case: &'a Case<'_>) -> impl Iterator<Item = Exception> + 'a {
    let taken = |reason| {
        matches!(
            reason,
            RecallReason::Moved
                | RecallReason::TakenOff
                | RecallReason::Withdrawn
                | RecallReason::Cancelled
                | RecallReason::Other
        )
    };
    case.stops.recalls.iter().flat_map(move |recall| {
        case.visits().filter_map(move |(id, visit)| {
            // A recall because of a release or hold, or of a release taken back, says no more than these do, but for a
            // crew that had it before its eyes while they are not here.
            let judged = case.cuts.iter().any(|cut| cut.visit == *id && (cut.crew_knew() || !cut.holds.is_empty()));
            if !taken(recall.reason) && (judged || case.knew(id, &recall.id) != Knew::Known) {
                return None;
            }
            let acts = || case.acts.all.iter().filter(|act| act.visit == *id);
            // Whoever takes a cut back and gives the service back has done what was asked for.
            let is_on = |act: &Act| act.action.restores() || act.action == Action::AlreadyOn;
            let gives_back = case.history.order.kind.may_end_in_a_cut() && acts().next().is_some() && acts().all(is_on);
            let worked = (visit.outcome == Outcome::Done || acts().next().is_some()) && !gives_back;
            let knew = case.knew(id, &recall.id);
            let after = worked
                && knew != Knew::Caused
                && case.history.same_route(id, Some(&recall.id))
                && !done_before_on_paper(case, id, recall);
            after.then(|| Exception {
                known: knew == Knew::Known,
                ..exception(ExceptionKind::VisitAfterRecall, id, Some(&recall.id), None)
            })
        })
    })
}

/// A visit from paper knows of no recall, whenever it is keyed in: it is told by the times, as far as they are good.
fn done_before_on_paper(case: &Case<'_>, visit: &FactId, recall: &RecallView) -> bool {
    let said = case.history.facts.get(&recall.id).and_then(|fact| Some(fact.header.as_ref()?.at));
    let uncertainty = clock_uncertainty(case.history, case.policy, visit);
    is_from_paper(case.history, visit)
        && matches!((case.history.visited_at(visit), said), (Some(at), Some(said)) if at + uncertainty < said)
}

/// `restore_without_release`: nobody had released the line, or the crew knew that the release had been taken back. A
/// reconnect order is itself the permission.
fn restores_without_release<'a>(case: &'a Case<'_>) -> impl Iterator<Item = Exception> + 'a {
    case.acts.restores().filter_map(|restore| {
        if !case.history.order.kind.may_end_in_a_cut() {
            return None;
        }
        let covering =
            || case.stops.releases.iter().filter(|release| release.granted() && release.body.covers(&restore.line));
        let valid = covering().any(|release| !release.known_to_be_void(case.history, &restore.visit));
        let allowed = valid || !restore.own && covering().next().is_none();
        (!allowed).then(|| exception(ExceptionKind::RestoreWithoutRelease, &restore.visit, None, Some(&restore.line)))
    })
}

/// `release_reversed_after_restore`: the check came back, the service is on. It is for the next listing, never a cut.
fn reversed_after_restore<'a>(case: &'a Case<'_>) -> impl Iterator<Item = Exception> + 'a {
    let reversed = case.stops.releases.iter().filter(|release| release.granted() && !release.stands());
    reversed.flat_map(move |release| {
        case.acts
            .restores()
            .filter(|restore| release.body.covers(&restore.line))
            .filter(|restore| case.stops.release_of(&restore.line).is_none())
            .filter(|restore| !release.known_to_be_void(case.history, &restore.visit))
            .map(|restore| {
                let kind = ExceptionKind::ReleaseReversedAfterRestore;
                exception(kind, &release.id, Some(&restore.visit), Some(&restore.line))
            })
    })
}

/// `field_release_unverified`, `field_hold_unverified`: the office decides, first where somebody is off. A claim from
/// another door is asked about there, and here too where it is off.
fn unverified(case: &Case<'_>) -> impl Iterator<Item = Exception> + use<> {
    // Whoever turned it off: a customer without service waits for the office's word.
    let is_off = |line: &LineId| case.lines.get(line).is_some_and(|line| line.off().is_some());
    let off = |lines: Set<LineId>| lines.into_iter().filter(is_off).collect::<Set<_>>();
    let mut found = Vec::new();
    for release in case.stops.releases.iter().filter(|release| release.waits()) {
        let lines: Set<LineId> =
            case.history.order.lines.iter().filter(|line| release.body.covers(line)).cloned().collect();
        let urgent = !off(lines.clone()).is_empty();
        if urgent || !release.carried {
            let kind = ExceptionKind::FieldReleaseUnverified;
            found.push(Exception { urgent, lines, ..exception(kind, &release.id, None, None) });
        }
    }
    for hold in case.stops.holds.iter().filter(|hold| hold.waits()) {
        let lines = off(case.history.order.lines.iter().cloned().collect());
        let urgent = !lines.is_empty();
        if urgent || !hold.carried {
            let kind = ExceptionKind::FieldHoldUnverified;
            found.push(Exception { urgent, lines, ..exception(kind, &hold.id, None, None) });
        }
    }
    found.into_iter()
}

fn clocks<'a>(case: &'a Case<'_>) -> impl Iterator<Item = Exception> + 'a {
    case.visits().filter_map(|(id, _)| {
        let suspect = case.history.clock_off(id)? > case.policy.clock_suspect_beyond;
        suspect.then(|| exception(ExceptionKind::ClockSuspect, id, None, None))
    })
}

/// Work that comes in on a later day is late only after so long: a crew that works past midnight is not.
const LATE_AFTER: Span = Span::minutes(4 * 60);

/// `late_fact`: a tablet brings work of an earlier day. It counts; what was told about that day went out without it.
fn late<'a>(case: &'a Case<'_>) -> impl Iterator<Item = Exception> + 'a {
    case.visits().filter_map(|(id, _)| {
        let received_at = *case.history.received_at.get(id)?;
        // Only what came from a tablet has an offset; what the office keys in, it knows of.
        let at = case.history.visited_at_office(id)?;
        let earlier_day = case.policy.day_of(at) < case.policy.day_of(received_at);
        let is_late = earlier_day && received_at - at > LATE_AFTER;
        is_late.then(|| exception(ExceptionKind::LateFact, id, None, None))
    })
}

/// What the crew saw there: meters that don't match, suspect readings, broken seals, equipment not handed over,
/// incidents.
fn found_at_the_door<'a>(case: &'a Case<'_>) -> impl Iterator<Item = Exception> + 'a {
    case.history.facts.values().filter(|fact| case.history.is_own(fact)).flat_map(|fact| {
        let id = &fact.id;
        match case.corrected.body(id) {
            Some(FactBody::Visit(visit)) if visit.code == Some(UnableCode::MeterMismatch) => {
                vec![exception(ExceptionKind::MeterMismatch, id, None, None)]
            }
            Some(FactBody::Reading(reading)) => suspicions(reading.checks.as_deref())
                .into_iter()
                .map(|kind| exception(kind, id, Some(&reading.visit), Some(&reading.line)))
                .collect(),
            Some(FactBody::Work(work))
                if matches!(work.seal_found, Some(SealFound::Broken | SealFound::Missing | SealFound::Foreign)) =>
            {
                vec![exception(ExceptionKind::SealOrLockBroken, id, Some(&work.visit), Some(&work.line))]
            }
            Some(FactBody::Equipment(equipment))
                if equipment.result != EquipmentResult::Collected
                    || equipment.condition.as_deref() == Some(OTHER_SERIAL) =>
            {
                vec![exception(ExceptionKind::EquipmentDispute, id, Some(&equipment.visit), Some(&equipment.line))]
            }
            Some(FactBody::Incident(incident)) => {
                vec![exception(ExceptionKind::Incident, id, incident.visit.as_ref(), None)]
            }
            _ => Vec::new(),
        }
    })
}

/// The exceptions that a reading's warnings amount to.
fn suspicions(checks: Option<&str>) -> Set<ExceptionKind> {
    let codes = checks.unwrap_or_default().split(',').map(str::trim).filter(|code| !code.is_empty());
    codes
        .map(|code| match code.parse() {
            Ok(ReadingWarning::SerialMismatch) => ExceptionKind::MeterMismatch,
            Ok(ReadingWarning::UsageOnOffAccount) => ExceptionKind::UsageOnOffAccount,
            // Codes of newer tablets too: somebody was warned about something.
            _ => ExceptionKind::ReadingSuspect,
        })
        .collect()
}

/// Whose desk an exception lands on, and how long it may lie there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Desk {
    /// Who resolves it.
    pub owner: Role,
    /// How long it may wait.
    pub within: Span,
}

/// A working hour, a working day: what the deadlines are made of.
const HOUR: Span = Span::minutes(60);
const DAY: Span = Span::minutes(24 * 60);

impl Exception {
    /// Whose desk it lands on. Whoever is off though released comes first, whoever's fault it was.
    #[must_use]
    pub const fn desk(&self) -> Desk {
        use ExceptionKind as K;
        let (owner, within) = match self.kind {
            K::CutDespiteRelease | K::CutCrossedRelease => (Role::Dispatcher, Span::minutes(10)),
            K::CutUnderHold | K::OffUnderClaim => (Role::Supervisor, HOUR),
            K::FieldReleaseUnverified | K::FieldHoldUnverified | K::PartPaid | K::PaymentUnclear => {
                (Role::Office, HOUR)
            }
            K::PermitBreach | K::RestoreWithoutRelease | K::Incident | K::MethodNotOffered => (Role::Supervisor, DAY),
            K::SealOrLockBroken | K::UsageOnOffAccount => (Role::Supervisor, Span::minutes(3 * 24 * 60)),
            K::VisitAfterRecall | K::DuplicateVisit => (Role::Dispatcher, DAY),
            K::ClockSuspect | K::LateFact | K::QuarantinedFact => (Role::Dispatcher, DAY),
            K::FeeInDoubt
            | K::ReleaseReversedAfterRestore
            | K::ReadingSuspect
            | K::MeterMismatch
            | K::EquipmentDispute
            | K::EvidenceMissing => (Role::Office, DAY),
        };
        if self.urgent && within.0 > HOUR.0 / 4 {
            Desk { owner, within: Span::minutes(15) }
        } else {
            Desk { owner, within }
        }
    }
}
