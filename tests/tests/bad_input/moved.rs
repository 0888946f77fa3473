//! An order goes to another crew, or to none, while the first is out of reach.

use curbstop_field::core::view::{self, Now};
use curbstop_server::store::{documents, exceptions, facts};
use curbstop_shared::{disposition::WhyNot, facts::FactBody, ids::OrderId, time::Span, vocabulary::RecallReason};
use curbstop_tests::{desk::text, on_both_engines, truck::Truck, utility::Utility};
use serde_json::{Value, json};

async fn builds(utility: &Utility, crews: &[&str]) -> Value {
    utility.dispatcher.post("/plans", json!({ "date": utility.date, "crew_ids": crews })).await.good()
}

async fn publishes(utility: &Utility, plan: &Value) -> Value {
    utility.dispatcher.post(&format!("/plans/{}/publish", text(&plan["id"])), json!({})).await.good()
}

fn busiest(plan: &Value) -> &Value {
    let stops = |route: &&Value| route["stops"].as_array().map_or(0, Vec::len);
    plan["routes"].as_array().unwrap().iter().max_by_key(stops).unwrap()
}

on_both_engines! {
    async fn its_crew_hears_of_it_and_what_it_did_offline_counts(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let other = utility.hires("Truck 14", "555-0114", "joe").await;

        // Whoever gets most of the stops when both work: the other one has them all first.
        let both = [utility.crew.as_str(), other.as_str()];
        let to = text(&busiest(&builds(&utility, &both).await)["crew_id"]);
        let from = if to == other { utility.crew.clone() } else { other.clone() };
        publishes(&utility, &builds(&utility, &[&from]).await).await;
        let mut before = utility.truck_of(&from, "tablet").await;
        assert_eq!(before.orders().len(), 6);

        let published = publishes(&utility, &builds(&utility, &both).await).await;
        let new = busiest(&published);
        let moved: Vec<String> = new["stops"].as_array().unwrap().iter().map(|stop| text(&stop["account"])).collect();
        assert!(moved.len() >= 2 && text(&new["crew_id"]) == to, "{published}");
        let mut after = utility.truck_of(&to, "tablet").await;
        let (done, left) = (after.order_of(&moved[0]), after.order_of(&moved[1]));

        // Out of reach, the first crew does one; the second crew does the other, which nobody took from it.
        before.turns_off(&done, "036500", "L-1");
        after.turns_off(&left, "036500", "L-2");
        after.sync().await;
        before.sync().await;
        assert_eq!((before.tablet.unsent(), after.tablet.unsent()), (0, 0), "honest work is never refused");
        after.sync().await;
        before.sync().await;

        let store = db.open().await;
        let mut conn = store.reader().await.unwrap();
        let raised = async |order: OrderId| {
            let mut conn = store.reader().await.unwrap();
            exceptions::of_order(&mut conn, order).await.unwrap().into_iter().map(|row| row.kind).collect::<Vec<_>>()
        };
        assert_eq!(raised(done.id).await, ["visit_after_recall"]);
        assert_eq!(raised(left.id).await, Vec::<String>::new());

        let new_route = text(&new["route_id"]);
        for order in [done.id, left.id] {
            let rows = facts::of_order(&mut conn, order).await.unwrap();
            let recalls: Vec<_> = rows.iter().filter(|row| row.kind == "recall").collect();
            assert_eq!(recalls.len(), 1, "said once, on one route");
            let FactBody::Recall(recall) = recalls[0].fact().unwrap().body else { unreachable!() };
            assert_eq!((recall.reason, recall.cause.as_deref()), (RecallReason::Moved, Some(new_route.as_str())));
            let old = documents::route(&mut conn, curbstop_shared::ids::RouteId(recalls[0].home_doc.unwrap())).await.unwrap().unwrap();
            assert_eq!((old.crew.to_string(), old.generation), (from.clone(), 1));
            let has = |truck: &Truck| {
                truck.tablet.state().routes.values().filter(|route| route.doc.has_fact(&recalls[0].fact().unwrap().id)).count()
            };
            assert_eq!((has(&before), has(&after)), (1, 0), "the crew that lost it hears of it, the one that got it does not");
        }
        // The second crew sees that the work was done.
        let visits = facts::of_order(&mut conn, done.id).await.unwrap();
        let visit = visits.iter().find(|row| row.kind == "visit").unwrap().fact().unwrap().id;
        assert!(after.tablet.state().routes.values().any(|route| route.doc.has_fact(&visit)));
    }

    /// The day is published again with less time: what no longer fits leaves the crew's route, and the crew is told; it
    /// waits for the next plan and comes back with it.
    async fn a_stop_that_no_longer_fits_is_taken_off_the_route_that_is_out(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        let short = json!({ "date": utility.date, "crew_ids": [utility.crew], "shift": { "from": "08:00", "to": "08:20" } });
        let shorter = publishes(&utility, &utility.dispatcher.post("/plans", short).await.good()).await;
        let kept: Vec<String> =
            busiest(&shorter)["stops"].as_array().unwrap().iter().map(|stop| text(&stop["account"])).collect();
        let dropped: Vec<_> = truck
            .orders()
            .into_iter()
            .filter(|order| !kept.iter().any(|account| order.account.as_ref() == Some(account)))
            .collect();
        assert!(!kept.is_empty() && dropped.len() >= 2, "{kept:?}");
        // Out of reach, the crew has one of them open.
        truck.opens_the_act(&dropped[0]);
        truck.sync().await;
        let now = Now { at: truck.now(), utc_offset: Span::minutes(-7 * 60) };
        let day = view::day(truck.tablet.state(), now).unwrap();
        assert_eq!((day.header.generation, day.total), (2, kept.len()));
        let told: Vec<_> = day.recalls.iter().map(|recall| (recall.stop.order.id, recall.reason)).collect();
        for order in &dropped {
            assert!(told.contains(&(order.id, RecallReason::TakenOff)), "{told:?}");
            let stop = view::stop_in_full(truck.tablet.state(), order.id, now).unwrap();
            assert!(matches!(stop.disposition.why_not, Some(WhyNot::Recalled { reason: RecallReason::TakenOff, .. })));
            let row = utility.office.get(&format!("/orders/{}", order.id)).await.good();
            assert_eq!(row["state"], "open", "it waits for the next plan: {row}");
        }
        let open = view::stop_in_full(truck.tablet.state(), dropped[0].id, now).unwrap();
        assert!(open.stopped_meanwhile.is_some_and(|came| !came.restore), "stopped where it was begun, nothing to restore");
        let paid = utility.pays('A', curbstop_tests::truck::wall_clock()).await;
        assert_eq!(paid["outcome"], "released", "money still counts for what waits: {paid}");

        let third = publishes(&utility, &builds(&utility, &[utility.crew.as_str()]).await).await;
        assert_eq!(busiest(&third)["stops"].as_array().unwrap().len(), 5, "all but A come back");
        truck.sync().await;
        let day = view::day(truck.tablet.state(), now).unwrap();
        assert_eq!(day.header.generation, 3);
        let back: Vec<OrderId> = dropped.iter().map(|order| order.id).filter(|id| day.ahead.iter().chain(&day.next).any(|stop| stop.order.id == *id)).collect();
        assert!(!back.is_empty());
        for id in back {
            assert!(day.recalls.iter().all(|recall| recall.stop.order.id != id), "nothing is said against what is on the route");
        }
    }
}
