//! What was done counts from when it was done, and not from when its visit was saved.

use crate::trade::*;
use curbstop_shared::{disposition::*, facts::*, time::Micros, vocabulary::*};

/// A crew that opened its act at 12:10 and saved it at 12:20, with the service off since `done_at`.
fn turned_off_at(done_at: Option<Micros>) -> Story {
    let mut story = Story::turn_off();
    let opened = Visit { act_opened_at: Some(at(12, 10)), ..visit(Outcome::Done, None) };
    let visit = story.visits(TRUCK_12, at(12, 20), opened, &[]);
    let off = work(&visit, line(1), Action::TurnedOff);
    match done_at {
        Some(done_at) => story.fact(done_at, Some(TRUCK_12), off),
        None => {
            let id = id(77);
            story.history.add(Fact::of_visit(id.clone(), off));
            id
        }
    };
    story
}

fn off_since(story: &Story) -> Option<Micros> {
    match &story.is().lines[&line(1)] {
        LineState::Off { since, .. } => *since,
        other => panic!("{other:?}"),
    }
}

#[test]
fn off_at_12_12_and_paid_at_12_16_is_an_ordinary_reconnect_whenever_the_crew_saved_it() {
    let mut story = turned_off_at(Some(at(12, 12)));
    story.pays(at(12, 16));
    let cut = &story.is().cuts[0];
    assert_eq!((cut.label, cut.at), (CutLabel::ReleasedAfter, Some(at(12, 12))));
    assert_eq!(off_since(&story), Some(at(12, 12)));
    assert!(!story.exceptions().contains(&ExceptionKind::CutCrossedRelease));
}

#[test]
fn a_tablet_that_says_only_when_it_saved_is_judged_by_that() {
    let mut story = turned_off_at(None);
    story.pays(at(12, 16));
    assert_eq!((story.is().cuts[0].label, off_since(&story)), (CutLabel::Crossed, Some(at(12, 20))));
}

#[test]
fn before_its_act_was_opened_or_after_its_visit_was_saved_nothing_was_done() {
    for nonsense in [at(12, 9), at(12, 21)] {
        assert_eq!(off_since(&turned_off_at(Some(nonsense))), Some(at(12, 20)));
    }
}

#[test]
fn a_box_that_was_handed_over_is_collected_and_one_that_was_not_says_why() {
    let mut story = Story::of(OrderKind::EquipmentPickup, Reason::NonPay, 2);
    let refused = visit(Outcome::Unable, Some(UnableCode::Refused));
    let visit = story.visits(TRUCK_12, at(12, 20), refused, &[]);
    for (n, result) in [(1, EquipmentResult::Collected), (2, EquipmentResult::Refused)] {
        let (visit, line) = (visit.clone(), line(n));
        let it = Equipment { visit, line, serial_seen: None, result, condition: None, accessories: None };
        story.fact(at(12, 20), Some(TRUCK_12), FactBody::Equipment(it));
    }
    let is = story.is();
    assert_eq!(is.lines[&line(1)], LineState::Collected { visit: visit.clone() });
    assert_eq!(is.lines[&line(2)], LineState::NotCollected { visit, result: EquipmentResult::Refused });
    assert!(matches!(is.state, OrderState::Unable { code: Some(UnableCode::Refused), .. }), "{:?}", is.state);
}
