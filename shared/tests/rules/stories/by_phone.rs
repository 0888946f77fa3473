//! A cut that began on a go-code: on one that dispatch gave for it, soon enough, and once.

use crate::trade::*;
use curbstop_shared::{
    disposition::*,
    facts::*,
    go_code::{GivenCode, GoCode},
    ids::*,
    time::{Micros, Span},
    vocabulary::*,
};
use uuid::Uuid;

const CODE: &str = "402118";

fn on_a_code(code: &str, opened: Micros) -> Visit {
    Visit {
        permit: Some(Permit::GoCode),
        go_code: Some(code.into()),
        act_opened_at: Some(opened),
        ..visit(Outcome::Done, None)
    }
}

/// A turn-off for which dispatch gave a code at nine.
fn given_at_nine() -> Story {
    let mut story = Story::turn_off();
    let code = GoCode::read(CODE).unwrap();
    story.history.go_codes = Some(vec![GivenCode { code, at: at(9, 0), route: RouteId(Uuid::nil()) }]);
    story
}

/// What is wrong with the permit of a cut that began at a moment and was saved five minutes later.
fn began(opened: Micros, code: &str) -> Option<PermitBreach> {
    let mut story = given_at_nine();
    story.visits(TRUCK_12, opened + Span::minutes(5), on_a_code(code, opened), &[(1, Action::TurnedOff)]);
    let is = story.is();
    assert_eq!(story.exceptions().contains(&ExceptionKind::PermitBreach), is.cuts[0].permit.is_some());
    is.cuts[0].permit
}

#[test]
fn a_code_of_dispatch_permits_the_cut_and_no_other_run_of_digits_does() {
    assert_eq!(began(at(9, 2), CODE), None);
    assert_eq!(began(at(9, 2), "402 118"), None, "with the gap in it");
    assert_eq!(began(at(9, 2), "402119"), Some(PermitBreach::UnknownCode));
    assert_eq!(began(at(9, 2), "bob said ok"), Some(PermitBreach::UnknownCode));
}

/// As old as data may be, and what the clocks leave open on top.
#[test]
fn a_code_is_good_for_as_long_as_data_would_be() {
    let policy = DispositionPolicy::default();
    let last = at(9, 0) + policy.permit_age_max + policy.clock_uncertainty;
    assert_eq!(began(last, CODE), None);
    assert_eq!(began(last + Span::seconds(1), CODE), Some(PermitBreach::LateCode));
}

#[test]
fn a_code_that_was_given_after_the_cut_began_is_none() {
    let first = at(9, 0) - DispositionPolicy::default().clock_uncertainty;
    assert_eq!(began(first, CODE), None);
    assert_eq!(began(first - Span::seconds(1), CODE), Some(PermitBreach::UnknownCode));
}

/// The one that began first had the code; which fact came in first says nothing.
#[test]
fn a_code_serves_one_visit() {
    for swap in [false, true] {
        let mut story = given_at_nine();
        let (early, late) = (on_a_code(CODE, at(9, 2)), on_a_code(CODE, at(9, 30)));
        let visits = [(TRUCK_12, at(9, 5), early), (TRUCK_7, at(9, 35), late)];
        let order = if swap { [1, 0] } else { [0, 1] };
        for n in order {
            let (truck, saved, made) = visits[n].clone();
            story.visits(truck, saved, made, &[(1, Action::TurnedOff)]);
        }
        let mut breaches: Vec<_> = story.is().cuts.into_iter().map(|cut| (cut.at, cut.permit)).collect();
        breaches.sort_by_key(|(at, _)| *at);
        let permits: Vec<_> = breaches.into_iter().map(|(_, permit)| permit).collect();
        assert_eq!(permits, [None, Some(PermitBreach::UsedCode)], "{swap}");
    }
}

/// The tablet's clock is two hours behind, and the office knows it.
#[test]
fn a_clock_that_is_off_makes_no_code_late() {
    let mut story = given_at_nine();
    let visit = on_a_code(CODE, at(7, 10));
    let visit = story.visits(TRUCK_12, at(7, 15), visit, &[(1, Action::TurnedOff)]);
    story.history.clock_offset.insert(visit, Span::minutes(120));
    assert_eq!(story.is().cuts[0].permit, None);
}
