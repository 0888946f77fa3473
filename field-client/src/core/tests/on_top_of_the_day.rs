//! What stands on top of the day: lists that were taken back, and who is off and should not be.

use super::{
    crew::Crew,
    office::{Office, header, order, order_id},
};
use crate::core::view::{self, Left};
use curbstop_shared::{
    disposition::reconnects_to_look_for,
    facts::{FactBody, Recall},
    ids::OrderId,
    route_document::PublishedOrder,
    vocabulary::{Action, Method, OrderKind, RecallReason},
};

fn reconnect_of(stop: u128) -> OrderId {
    reconnects_to_look_for(order_id(stop)).next().unwrap()
}

/// A day of two turn-offs, with the reconnect of the first at its end.
fn with_the_reconnect() -> Vec<PublishedOrder> {
    let back_on = PublishedOrder { id: reconnect_of(1), ..order(9, OrderKind::Reconnect) };
    vec![order(1, OrderKind::TurnOff), order(2, OrderKind::TurnOff), back_on]
}

fn goes_from_the_list_to(crew: &mut Crew, stop: u128) {
    let read = crew.day().to_turn_back_on().iter().map(|one| one.stop.order.id).collect();
    crew.run(|tablet, now, dice| tablet.arrive_from_list(order_id(stop), read, now, dice));
}

/// The house is off, was paid for, and its reconnect came onto this very route.
#[test]
fn one_house_is_one_card_with_the_door_of_its_reconnect() {
    let mut office = Office::publishing(&header(), &with_the_reconnect());
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    office.pays(order_id(1));
    crew.sync(&mut office);
    let day = crew.day();
    let [card] = &day.restores[..] else { panic!("{:?}", day.restores) };
    assert_eq!((card.stop.order.id, card.leads_to()), (order_id(1), reconnect_of(1)));
    let listed: Vec<_> = day.next.iter().chain(&day.ahead).chain(&day.behind).map(|stop| stop.order.id).collect();
    assert!(!listed.contains(&reconnect_of(1)), "{listed:?}");
    assert_eq!(day.total, 3);

    // Begun it still stands there; done, the card is gone and the stop is behind the crew.
    crew.arrives(reconnect_of(1));
    let day = crew.day();
    assert!(day.restores[0].reconnect.as_ref().unwrap().begun);
    assert_eq!(day.next.unwrap().order.id, order_id(2));

    // Dispatch gives it to another truck: still one card, and one tap for all that nobody has seen.
    crew.run(|tablet, _, _| tablet.leave(reconnect_of(1)));
    office.says(reconnect_of(1), FactBody::Recall(Recall { reason: RecallReason::Moved, cause: None }));
    crew.sync(&mut office);
    let day = crew.day();
    assert!(day.recalls.is_empty() && day.restores.len() == 1 && day.restores[0].is_anothers());
    let unseen = day.restores[0].unseen.clone();
    assert_eq!(unseen.iter().map(|(order, _)| *order).collect::<Vec<_>>(), [order_id(1), reconnect_of(1)]);
    crew.run(|tablet, now, dice| tablet.acknowledge_all(&unseen, now, dice));
    assert!(crew.day().restores[0].unseen.is_empty());
}

/// The crew is at the next house when the money for the last one comes.
#[test]
fn at_another_door_the_crew_hears_once_whom_to_turn_back_on() {
    let mut office = Office::publishing(&header(), &with_the_reconnect());
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    goes_from_the_list_to(&mut crew, 2);
    let told = |crew: &Crew| -> Vec<_> {
        let news = view::turned_up_meanwhile(crew.tablet.state(), order_id(2), crew.moment());
        news.iter().map(|one| (one.paid, one.leads_to)).collect()
    };
    assert_eq!(told(&crew), []);
    office.pays(order_id(1));
    crew.sync(&mut office);
    assert_eq!(told(&crew), [(true, reconnect_of(1))]);
    // The battery dies, and the app comes back to the same door: nobody has seen the list.
    crew.is_killed();
    crew.arrives(order_id(2));
    assert_eq!(told(&crew), [(true, reconnect_of(1))]);
    // At the very house it is not said.
    let here = view::turned_up_meanwhile(crew.tablet.state(), order_id(1), crew.moment());
    assert_eq!(here, []);
    // Once the crew had the list before it, with that on top, its walk is quiet again.
    goes_from_the_list_to(&mut crew, 2);
    crew.is_killed();
    assert_eq!(told(&crew), []);
}

/// The cut at the last house is entered and not saved when its money comes.
#[test]
fn at_another_door_the_crew_hears_also_of_a_cut_that_it_has_not_saved() {
    let mut office = Office::publishing(&header(), &[order(1, OrderKind::TurnOff), order(2, OrderKind::TurnOff)]);
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order_id(1));
    crew.notes_down(order_id(1), |draft| {
        draft.lines[0].action = Some(Action::TurnedOff);
        draft.lines[0].method = Some(Method::CurbStopOff);
    });
    goes_from_the_list_to(&mut crew, 2);
    let told = |crew: &Crew| -> Vec<_> {
        let news = view::turned_up_meanwhile(crew.tablet.state(), order_id(2), crew.moment());
        news.iter().map(|one| (one.paid, one.leads_to)).collect()
    };
    assert_eq!(told(&crew), []);
    office.pays(order_id(1));
    crew.sync(&mut office);
    assert_eq!(told(&crew), [(true, order_id(1))], "where it is said how that service was left");
    goes_from_the_list_to(&mut crew, 2);
    assert_eq!(told(&crew), [], "the list before it said so");
}

/// Whoever is off and paid, and whatever dispatch waits for, comes before the way home.
#[test]
fn nobody_is_sent_home_who_has_something_left_to_do() {
    let mut office = Office::publishing(&header(), &[order(1, OrderKind::TurnOff), order(2, OrderKind::TurnOff)]);
    let mut crew = Crew::of(&mut office);
    crew.turns_off(order_id(1));
    recalls(&mut office, 2, RecallReason::Withdrawn);
    crew.sync(&mut office);
    let day = crew.day();
    assert!(day.next.is_none());
    assert_eq!(day.left(), [Left::Recalls], "the rest of the list was taken back, and nobody has seen it");
    let (stop, fact) = (order_id(2), day.recalls[0].fact.clone());
    crew.run(|tablet, now, dice| tablet.acknowledge(stop, &fact, now, dice));
    assert_eq!(crew.day().left(), [Left::Unsent]);
    crew.sync(&mut office);
    assert_eq!(crew.day().left(), []);

    office.pays(order_id(1));
    crew.sync(&mut office);
    let off = crew.day().restores[0].stop.order.clone();
    assert_eq!(crew.day().left(), [Left::TurnBackOn(off), Left::Recalls]);
    // Another truck turns it on: this crew only has to have read that.
    office.says(reconnect_of(1), FactBody::Recall(Recall { reason: RecallReason::Moved, cause: None }));
    crew.sync(&mut office);
    assert_eq!(crew.day().left(), [Left::Recalls]);
}

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
