//! What stands on top of the day: lists that were taken back, and who is off and should not be.

use super::{
    crew::Crew,
    office::{Office, header, order, order_id},
};
use crate::core::view;
use curbstop_shared::{
    disposition::reconnects_to_look_for,
    facts::{FactBody, Recall},
    vocabulary::{OrderKind, RecallReason},
};

fn recalls(office: &mut Office, stop: u128, reason: RecallReason) {
    office.says(order_id(stop), FactBody::Recall(Recall { reason, cause: None }));
}

/// The utility takes a whole list back: one piece of news, one tap, and the office reads of each stop that it was seen.
#[test]
fn a_list_that_was_taken_back_is_one_card_and_one_tap() {
    let orders: Vec<_> = (1..=37).map(|n| order(n, OrderKind::TurnOff)).collect();
    let mut office = Office::publishing(&header(), &orders);
    let mut crew = Crew::of(&mut office);
    (1..=35).for_each(|stop| recalls(&mut office, stop, RecallReason::Withdrawn));
    recalls(&mut office, 36, RecallReason::Moved);
    crew.sync(&mut office);
    let told = view::told_together(crew.day().recalls);
    assert_eq!(told.iter().map(Vec::len).collect::<Vec<_>>(), [35, 1], "what is of another kind stands for itself");
    let seen: Vec<_> = told[0].iter().map(|recall| (recall.stop.order.id, recall.fact.clone())).collect();
    crew.run(|tablet, now, dice| tablet.acknowledge_all(&seen, now, dice));
    crew.is_killed();
    assert_eq!((crew.day().recalls.len(), crew.tablet.unsent()), (1, 35));
    crew.sync(&mut office);
    assert_eq!((crew.tablet.unsent(), crew.tablet.state().attention.len()), (0, 0));
    let acked = office.doc.facts().into_values().filter_map(|stored| match stored.raw.read().unwrap().body {
        FactBody::Ack(ack) => Some(ack.fact),
        _ => None,
    });
    let acks: Vec<_> = acked.collect();
    assert!(acks.len() == 35 && seen.iter().all(|(_, fact)| acks.contains(fact)));
}

/// One that needs a word first never goes with others, and neither does one for another reason.
#[test]
fn recalls_that_need_a_word_stand_for_themselves() {
    let orders: Vec<_> = (1..=5).map(|n| order(n, OrderKind::TurnOff)).collect();
    let mut office = Office::publishing(&header(), &orders);
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    (1..=3).for_each(|stop| recalls(&mut office, stop, RecallReason::Withdrawn));
    recalls(&mut office, 4, RecallReason::Moved);
    crew.sync(&mut office);
    let told = view::told_together(crew.day().recalls);
    let stops = |recalls: &Vec<view::Recall>| recalls.iter().map(|it| it.stop.order.number.clone()).collect::<Vec<_>>();
    let told: Vec<_> = told.iter().map(stops).collect();
    assert!(told.contains(&vec!["T-2".into(), "T-3".into()]) && told.contains(&vec!["T-4".into()]), "{told:?}");
    assert!(!told.iter().any(|stops| stops.len() > 1 && stops.contains(&"T-1".into())), "{told:?}");
}

/// Paid after it was cut: the way through the stop's own walk would turn it off once more.
#[test]
fn a_stop_that_is_off_and_released_is_not_visited_again_for_a_turn_off() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    let may_be_visited = |crew: &Crew| {
        view::stop_in_full(crew.tablet.state(), order_id(1), crew.moment()).unwrap().stop.may_be_visited()
    };
    assert!(may_be_visited(&crew));
    crew.turns_off(order_id(1));
    crew.sync(&mut office);
    assert!(may_be_visited(&crew), "whoever forgot something goes there again");
    office.pays(order_id(1));
    crew.sync(&mut office);
    assert!(crew.day().restores.len() == 1 && !may_be_visited(&crew));
}

/// The reconnect was this crew's, and dispatch gave it to one that is nearer.
#[test]
fn a_restore_that_went_to_another_crew_says_so() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    crew.sync(&mut office);
    office.pays(order_id(1));
    crew.sync(&mut office);
    let went = |crew: &Crew| crew.day().restores[0].stop.restore_went;
    assert!(!went(&crew), "it is this crew's to turn back on");
    let reconnect = reconnects_to_look_for(order_id(1)).next().unwrap();
    office.says(reconnect, FactBody::Recall(Recall { reason: RecallReason::Moved, cause: None }));
    crew.sync(&mut office);
    crew.is_killed();
    assert!(went(&crew));
}
