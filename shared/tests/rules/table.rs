//! Every way in which a cut can stand to what should have stopped it: each causal relation on both sides of the
//! clocks' uncertainty, for every reason of release, hold and recall.

use crate::trade::*;
use curbstop_shared::{
    disposition::*,
    facts::*,
    route_document::Knew,
    time::{Micros, Span},
    vocabulary::*,
};

const RELATIONS: [Knew; 3] = [Knew::Known, Knew::Caused, Knew::Neither];

/// What the clocks say: `paid_at` seen from the cut, in seconds beyond the uncertainty where that is meant.
fn clocks() -> Vec<(&'static str, Option<Micros>, bool)> {
    let cut = at(10, 0);
    let uncertainty = DispositionPolicy::default().clock_uncertainty;
    vec![
        ("paid long before", Some(cut - Span::minutes(90)), false),
        ("paid just before", Some(cut - Span::seconds(1)), false),
        ("paid just after", Some(cut + Span::seconds(1)), false),
        ("paid at the edge of the uncertainty", Some(cut + uncertainty), false),
        ("paid just beyond the uncertainty", Some(cut + uncertainty + Span(1)), true),
        ("paid long after", Some(cut + Span::minutes(90)), true),
        ("nobody knows when it was paid", None, false),
    ]
}

/// Whoever knew at ten of what was said at noon had a wrong clock.
fn wrong_clock(relation: Knew, said: Micros) -> Option<ExceptionKind> {
    let beyond = said - at(10, 0) > DispositionPolicy::default().clock_suspect_beyond;
    (relation == Knew::Known && beyond).then_some(ExceptionKind::ClockSuspect)
}

#[test]
fn every_release_against_a_cut() {
    let mut rows = 0;
    for reason in ReleaseReason::ALL {
        for relation in RELATIONS {
            for (clock, paid_at, surely_cut_first) in clocks() {
                let mut story = Story::turn_off();
                let cut = story.cuts(TRUCK_12, at(10, 0));
                let release = Release { reason: *reason, ..payment("*", paid_at) };
                let release = story.office(at(10, 30), FactBody::Release(release));
                story.knew(&cut, &release, relation);
                let is = story.is();
                let row = format!("{reason}, {relation:?}, {clock}");
                let label = match relation {
                    Knew::Known => CutLabel::Despite,
                    Knew::Caused => CutLabel::ReleasedAfter,
                    Knew::Neither if surely_cut_first => CutLabel::ReleasedAfter,
                    Knew::Neither => CutLabel::Crossed,
                };
                assert_eq!(is.cuts[0].label, label, "{row}");
                // Clocks and causes decide label and fee; whether somebody is restored they never decide.
                assert_eq!(is.follow_ups[0].wanted, [line(1)].into(), "{row}");
                assert_eq!(is.follow_ups[0].priority == 1, label.is_wrongful(), "{row}");
                let mut raised = match label {
                    // Known before it was recorded: so the clock is wrong.
                    CutLabel::Despite => vec![ExceptionKind::CutDespiteRelease, ExceptionKind::ClockSuspect],
                    CutLabel::Crossed => vec![ExceptionKind::CutCrossedRelease],
                    _ => vec![],
                };
                raised.extend(fee_asked(&is));
                raised.sort_unstable();
                assert_eq!(story.exceptions(), raised, "{row}");
                let suppressed = is.fee_triggers[0].standing == FeeStanding::Suppressed;
                // Who was billed wrongly owes nothing for it, whenever that was found out.
                let bears_no_fee = label.is_wrongful() || *reason == ReleaseReason::BillingError;
                assert_eq!(suppressed, bears_no_fee, "{row}");
                if surely_cut_first {
                    let stands = is.fee_triggers[0].standing == FeeStanding::Stands;
                    assert_eq!(stands, !bears_no_fee, "{row}");
                }
                assert!(!is.may_begin_cut, "{row}");
                assert!(matches!(is.why_not, Some(WhyNot::Released { .. })), "paid is said before done: {row}");
                rows += 1;
            }
        }
    }
    assert_eq!(rows, ReleaseReason::ALL.len() * 3 * 7);
}

#[test]
fn every_hold_against_a_cut() {
    let uncertainty = DispositionPolicy::default().clock_uncertainty;
    for reason in HoldReason::ALL {
        for relation in RELATIONS {
            for (placed, surely_cut_first) in [
                (at(9, 0), false),
                (at(10, 0) + uncertainty, false),
                (at(10, 0) + uncertainty + Span(1), true),
                (at(12, 0), true),
            ] {
                let mut story = Story::turn_off();
                let cut = story.cuts(TRUCK_12, at(10, 0));
                let held = story.office(placed, FactBody::Hold(hold(*reason)));
                story.knew(&cut, &held, relation);
                let medical = *reason == HoldReason::Medical;
                let under = match relation {
                    Knew::Known => true,
                    Knew::Caused => false,
                    Knew::Neither => medical || !surely_cut_first,
                };
                let row = format!("{reason}, {relation:?}, placed {placed:?}");
                let mut raised = if under { vec![ExceptionKind::CutUnderHold] } else { vec![] };
                raised.extend(wrong_clock(relation, placed));
                assert_eq!(story.exceptions(), raised, "{row}");
                let is = story.is();
                assert!(is.follow_ups.is_empty(), "a hold restores nothing: {row}");
                assert_eq!(is.exceptions.iter().any(|found| found.urgent), under && medical, "{row}");
                assert!(matches!(is.lines[&line(1)], LineState::Off { .. }), "{row}");
                assert!(matches!(is.why_not, Some(WhyNot::Held { .. })), "protected is said before done: {row}");
            }
        }
    }
}

#[test]
fn every_recall_against_a_visit() {
    let uncertainty = DispositionPolicy::default().clock_uncertainty;
    let visited = at(10, 0);
    // Whose clock says what decides nothing here.
    let clocks = [at(9, 0), visited, visited + uncertainty, visited + uncertainty + Span(1), at(12, 0)];
    let mut rows = 0;
    for reason in RecallReason::ALL {
        for relation in RELATIONS {
            for outcome in [Outcome::Done, Outcome::Unable, Outcome::Stopped] {
                for recalled in clocks {
                    let mut story = Story::turn_off();
                    let did: &[(u8, Action)] = if outcome == Outcome::Done { &[(1, Action::TurnedOff)] } else { &[] };
                    let code = (outcome != Outcome::Done).then_some(UnableCode::Dog);
                    let made = story.visits(TRUCK_12, visited, visit(outcome, code), did);
                    let body = FactBody::Recall(Recall { reason: *reason, cause: None });
                    let recall = story.office(recalled, body);
                    story.knew(&made, &recall, relation);
                    // What was paid, protected or taken back says so itself: only a crew that saw the recall is asked.
                    let for_its_own_sake =
                        !matches!(reason, RecallReason::Released | RecallReason::Held | RecallReason::NotCalledFor);
                    let after = outcome == Outcome::Done
                        && (relation == Knew::Known || relation == Knew::Neither && for_its_own_sake);
                    let row = format!("{reason}, {relation:?}, {outcome}, recalled {recalled:?}");
                    let mut raised = if after { vec![ExceptionKind::VisitAfterRecall] } else { vec![] };
                    raised.extend(wrong_clock(relation, recalled));
                    raised.extend(fee_asked(&story.is()));
                    raised.sort_unstable();
                    assert_eq!(story.exceptions(), raised, "{row}");
                    assert!(!story.is().may_begin, "{row}");
                    rows += 1;
                }
            }
        }
    }
    assert_eq!(rows, RecallReason::ALL.len() * 3 * 3 * 5);
}

/// A fee that waits for a person is asked about.
fn fee_asked(is: &Disposition) -> Option<ExceptionKind> {
    let waits = is.fee_triggers.iter().any(|fee| fee.standing == FeeStanding::Review);
    waits.then_some(ExceptionKind::FeeInDoubt)
}
