//! Another company's crew finds something else than the order says: a lock that is not ours, a box that is not the order's.

use curbstop_field::core::Step;
use curbstop_server::store::{exceptions, facts};
use curbstop_shared::{
    facts::{FactBody, OTHER_SERIAL},
    ids::OrderId,
    route_document::{Closed, PublishedOrder},
    vocabulary::{Action, Method, OrderKind, Reason, SealFound},
};
use curbstop_tests::{
    by_hand::{self, Day},
    on_both_engines,
    truck::Truck,
};

/// What the office holds about an order, and the kinds of what it is asked.
async fn office_has(day: &Day, order: OrderId) -> (Vec<FactBody>, Vec<String>) {
    let mut conn = day.state.store.reader().await.unwrap();
    let bodies = facts::of_order(&mut conn, order).await.unwrap().iter().map(|row| row.fact().unwrap().body).collect();
    let asked = exceptions::of_order(&mut conn, order).await.unwrap().into_iter().map(|row| row.kind).collect();
    (bodies, asked)
}

/// The conditions of boxes, as a tablet's route has them.
fn boxes_on(truck: &Truck) -> Vec<Option<String>> {
    let route = truck.tablet.state().routes.values().next().unwrap();
    let all = route.doc.facts().into_values().filter_map(|stored| stored.raw.understood());
    all.filter_map(|fact| match fact.body {
        FactBody::Equipment(it) => Some(it.condition),
        _ => None,
    })
    .collect()
}

on_both_engines! {
    /// "It really is another lock": what a contractor says of it is taken, kept, and asked about.
    async fn a_contractor_finds_another_lock_than_ours(db: TestDatabase) {
        let ours = Closed { lock: Some("L-1".into()), method: Some(Method::CurbStopLocked), ..Closed::default() };
        let mut unlock =
            PublishedOrder { kind: OrderKind::Unlock, reason: Reason::PaymentReceived, ..by_hand::turn_off(1) };
        unlock.lines[0].closed = Some(ours);
        let state = by_hand::state_on(&db).await;
        let day = Day::of_crew(&state, "Truck 12", "maria", vec![unlock.clone()]).await;
        let contractor = day.and_a_contractor().await;
        let server = by_hand::server(&db);
        let mut lou = by_hand::truck_of(&day.state, contractor, &server.url()).await;
        lou.opens_the_act(&unlock);
        lou.notes_down(unlock.id, |draft| {
            let line = &mut draft.lines[0];
            (line.action, line.method, line.safe) = (Some(Action::Unlocked), Some(Method::LockRemoved), true);
            (line.lock, line.lock_foreign) = (Some("X-9".into()), true);
            (line.digits, line.confirmed) = (Some("036500".into()), true);
            draft.step = Step::Summary;
        });
        lou.saves(unlock.id);
        lou.sync().await;
        assert_eq!(lou.tablet.unsent(), 0, "the gate takes it");
        let (bodies, asked) = office_has(&day, unlock.id).await;
        let work = bodies.iter().find_map(|body| if let FactBody::Work(work) = body { Some(work) } else { None }).unwrap();
        assert_eq!((work.lock.as_deref(), work.seal_found), (Some("X-9"), Some(SealFound::Foreign)));
        assert!(asked.contains(&"seal_or_lock_broken".to_owned()), "{asked:?}");
    }

    /// A box of another number was taken along by one crew: the other one with the same stop reads that it was another,
    /// whichever of them is the contractor.
    async fn that_a_box_was_another_reaches_the_contractor_and_comes_from_it(db: TestDatabase) {
        let pick_up = |n| PublishedOrder { kind: OrderKind::EquipmentPickup, ..by_hand::turn_off(n) };
        let state = by_hand::state_on(&db).await;
        let day = Day::of_crew(&state, "Truck 12", "maria", vec![pick_up(1), pick_up(2)]).await;
        let contractor = day.and_a_contractor().await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        let mut lou = by_hand::truck_of(&day.state, contractor, &server.url()).await;
        truck.takes_another_box(&day.orders[0], "BX-9");
        truck.sync().await;
        lou.sync().await;
        assert_eq!(boxes_on(&lou), [Some(OTHER_SERIAL.to_owned())]);
        lou.takes_another_box(&day.orders[1], "BX-8");
        lou.sync().await;
        truck.sync().await;
        assert_eq!(boxes_on(&truck), [Some(OTHER_SERIAL.to_owned()), Some(OTHER_SERIAL.to_owned())]);
        for order in &day.orders {
            let (_, asked) = office_has(&day, order.id).await;
            assert_eq!(asked, ["equipment_dispute"]);
        }
    }
}
