//! The power goes out under the server again and again while two tablets work.

use curbstop_server::store::facts;
use curbstop_tests::{
    by_hand::{self, Day},
    database::Engine,
    on_both_engines,
    truck::Truck,
};
use sqlx::Connection;
use std::{collections::BTreeSet, time::Duration};
use tokio::sync::Notify;

const CYCLES: u32 = 25;

/// Every fact for which the tablet has a receipt is stored. Asked before the tablet speaks again: it would send anew
/// what a server has lost, and hide it.
async fn all_acknowledged_is_there(day: &Day, truck: &Truck) -> usize {
    let route = &truck.tablet.state().routes[&day.route];
    let received: BTreeSet<_> = route.own.iter().filter(|own| own.received_at.is_some()).map(|own| own.hash).collect();
    let mut conn = day.state.store.reader().await.unwrap();
    let mut there = 0;
    for id in route.doc.facts().keys() {
        if route.doc.change_of_fact(id).is_some_and(|change| received.contains(&change)) {
            assert!(facts::by_id(&mut conn, id).await.unwrap().is_some(), "acknowledged and lost: {id}");
            there += 1;
        }
    }
    there
}

on_both_engines! {
    async fn nothing_acknowledged_is_lost_and_nothing_doubled(db: TestDatabase) {
        let stops = u128::from(CYCLES) * 2;
        let day = Day::with_stops(&db, stops).await;
        let mut server = by_hand::server(&db);
        let mut one = day.truck(&server.url()).await;
        let mut two = day.truck(&server.url()).await;
        let mut receipts_under_way = 0;
        for (cycle, doors) in (0_u64..).zip(day.orders.chunks(2)) {
            one.turns_off(&doors[0], "036500", "L-1");
            two.turns_off(&doors[1], "036500", "L-2");
            // Right after one tablet's answer while the other's may be under way, or at any moment from before the
            // requests arrive.
            let moment = Duration::from_millis(cycle * 37 % 151);
            let answered = Notify::new();
            let one_syncs = async {
                let _ = one.try_sync().await;
                answered.notify_one();
            };
            let dies = async {
                if cycle % 3 == 0 {
                    answered.notified().await;
                } else {
                    tokio::time::sleep(moment).await;
                }
                server.kill();
            };
            let _ = tokio::join!(one_syncs, two.try_sync(), dies);
            receipts_under_way += all_acknowledged_is_there(&day, &one).await;
            receipts_under_way += all_acknowledged_is_there(&day, &two).await;
            server.restart();
            one.goes_to(&server.url());
            two.goes_to(&server.url());
        }
        assert!(receipts_under_way > 0, "some answers came through");
        for truck in [&mut one, &mut two] {
            truck.sync().await;
            assert_eq!(truck.tablet.unsent(), 0);
            assert_eq!(all_acknowledged_is_there(&day, truck).await, truck.tablet.state().routes[&day.route].own.len() * 3);
        }
        let mut conn = day.state.store.reader().await.unwrap();
        for order in &day.orders {
            let mut kinds: Vec<_> = facts::of_order(&mut conn, order.id).await.unwrap().into_iter().map(|fact| fact.kind).collect();
            kinds.sort();
            assert_eq!(kinds, ["reading", "visit", "work"], "{}", order.number);
        }
        if db.engine == Engine::Sqlite {
            let mut file = sqlx::SqliteConnection::connect(&db.url).await.unwrap();
            let verdict: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut file).await.unwrap();
            assert_eq!(verdict, "ok");
        }
    }
}
