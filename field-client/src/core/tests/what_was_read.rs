//! A recall that the crew answered at the door has been seen: nobody asks for a second tap.

use super::{
    crew::Crew,
    office::{Office, order_id},
};
use crate::core::{Step, entries::About, walk::Standing};
use curbstop_shared::{
    disposition::CutLabel,
    facts::{FactBody, Recall},
    ids::FactId,
    vocabulary::{Action, OrderKind, RecallReason, UnableCode},
};

/// What the crew reads on the screen of a stop: the recalls of it that nobody has seen.
fn reads(crew: &Crew, stop: u128) -> Vec<FactId> {
    let full = crate::core::view::stop_in_full(crew.tablet.state(), order_id(stop), crew.moment()).unwrap();
    full.disposition.needs_ack.clone()
}

fn acked(office: &Office) -> Vec<FactId> {
    let facts = office.doc.facts().into_values();
    facts
        .filter_map(|stored| match stored.raw.read().unwrap().body {
            FactBody::Ack(ack) => Some(ack.fact),
            _ => None,
        })
        .collect()
}

#[test]
fn whoever_leaves_it_on_because_of_a_recall_has_seen_it() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.arrives(order_id(1));
    crew.notes_down(order_id(1), |draft| draft.step = Step::Permit);
    let recall = office.pays(order_id(1));
    crew.sync(&mut office);
    let read = reads(&crew, 1);
    assert_eq!(read, std::slice::from_ref(&recall));
    crew.notes_down(order_id(1), |draft| draft.stop_as_told(UnableCode::Recalled, read));
    // Another word comes before it is saved: that one nobody has read.
    let later = office.says(order_id(1), FactBody::Recall(Recall { reason: RecallReason::Moved, cause: None }));
    crew.sync(&mut office);
    crew.is_killed();
    crew.run(|tablet, now, dice| tablet.save(order_id(1), now, dice));
    let left: Vec<FactId> = crew.day().recalls.into_iter().map(|recall| recall.fact).collect();
    assert_eq!(left, [later]);
    let waits = crate::core::view::unsent(crew.tablet.state());
    assert_eq!((waits.count(About::Act), waits.count(About::Ack)), (1, 1));
    crew.sync(&mut office);
    assert_eq!((crew.tablet.unsent(), acked(&office)), (0, vec![recall]));
}

/// Back from there, and it was the dog: the recall was not what kept the crew away.
#[test]
fn whoever_thinks_better_of_it_is_asked_for_the_tap_as_before() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.arrives(order_id(1));
    office.pays(order_id(1));
    crew.sync(&mut office);
    let read = reads(&crew, 1);
    crew.notes_down(order_id(1), |draft| draft.stop_as_told(UnableCode::Recalled, read));
    let published = super::office::order(1, OrderKind::TurnOff);
    crew.notes_down(order_id(1), |draft| {
        draft.step_back(&published);
        draft.stop(UnableCode::Dog);
    });
    crew.run(|tablet, now, dice| tablet.save(order_id(1), now, dice));
    assert_eq!(crew.day().recalls.len(), 1);
}

/// It had cut before the money was known. That it read the recall then does not make it have known before.
#[test]
fn that_a_recall_was_read_after_the_cut_does_not_make_the_crew_have_cut_in_spite_of_it() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order_id(1));
    crew.notes_down(order_id(1), |draft| draft.lines[0].answers(Action::TurnedOff));
    let recall = office.pays(order_id(1));
    crew.sync(&mut office);
    let read = reads(&crew, 1);
    crew.notes_down(order_id(1), |draft| {
        draft.stop_as_told(UnableCode::Recalled, read);
        draft.settle(0, Standing::Stands);
    });
    crew.run(|tablet, now, dice| tablet.save(order_id(1), now, dice));
    crew.sync(&mut office);
    assert_eq!(acked(&office), [recall]);
    let full = crate::core::view::stop_in_full(crew.tablet.state(), order_id(1), crew.moment()).unwrap();
    assert_eq!(full.disposition.cuts[0].label, CutLabel::Crossed);
    let restores = crew.day().restores;
    assert!(restores.len() == 1 && restores[0].unseen.is_empty());
}
