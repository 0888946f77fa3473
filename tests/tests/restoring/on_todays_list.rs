//! Whoever paid and is off stands on the dispatcher's list of today until he is on, whatever is planned and published.

use super::out_of_reach::{TwoTrucks, why_not};
use chrono::{Days, NaiveDate};
use curbstop_server::{
    service::{board, idempotency::Once, planning, spreading, spreading::Word, utility, voice::Voice},
    store::documents,
};
use curbstop_shared::{
    facts::{Fact, FactBody, Header, Recall},
    ids::{FactId, OrderId, RouteId},
    language::Language,
    vocabulary::{RecallReason, UnableCode},
};
use curbstop_tests::{
    by_hand::{self, now},
    database::TestDatabase,
    desk::text,
    on_both_engines,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What today's list says of the reconnect.
async fn list_says(db: &TestDatabase, day: &TwoTrucks) -> Vec<String> {
    let state = by_hand::state_on(db).await;
    let number = text(&day.order().await["number"]);
    let voice = Voice { language: Language::En, zone: curbstop_tests::utility::zone(), now: now() };
    let board = board::board(&state, &voice, day.utility.date.parse().unwrap()).await.unwrap();
    let of_it = |title: &str| title.to_lowercase().starts_with(&format!("{} reconnect", number.to_lowercase()));
    board.attention.into_iter().filter(|it| of_it(&it.title)).map(|it| it.said).collect()
}

fn tomorrow(day: &TwoTrucks) -> String {
    let today: NaiveDate = day.utility.date.parse().unwrap();
    (today + Days::new(1)).to_string()
}

/// The crew of a route.
async fn crew_of(day: &TwoTrucks, route: &str) -> String {
    text(&day.utility.dispatcher.get(&format!("/routes/{route}")).await.good()["crew_id"])
}

async fn plans(day: &TwoTrucks, date: &str, crew: &str) -> Value {
    day.utility.sends_out(json!({ "date": date, "crew_ids": [crew], "listing_ids": [] })).await
}

fn has(plan: &Value, reconnect: &str) -> bool {
    plan["routes"]
        .as_array()
        .unwrap()
        .iter()
        .any(|route| route["stops"].as_array().unwrap().iter().any(|stop| stop["order_id"] == reconnect))
}

on_both_engines! {
    /// Tomorrow is planned for Truck 14 while Truck 12 has the reconnect today: it stays there, and nobody tells Truck 12
    /// otherwise.
    async fn a_plan_for_tomorrow_takes_no_reconnect_from_todays_truck(db: TestDatabase) {
        let mut day = TwoTrucks::are_out(&db).await;
        let mine = day.on(&day.first).unwrap();
        let other = crew_of(&day, &day.second_route).await;
        let plan = plans(&day, &tomorrow(&day), &other).await;
        assert!(!has(&plan, &day.reconnect), "{plan}");
        let left = plan["left_out"].as_array().unwrap().iter().find(|one| one["order_id"] == day.reconnect.as_str()).unwrap();
        assert!(text(&left["text"]).contains("Still on the route of Truck 12"), "{left}");
        day.first.sync().await;
        assert_eq!(why_not(&day.first, &mine), None);
    }

    /// The stop is taken back from Truck 12 and planned for tomorrow: today's list says that nobody goes there today, and
    /// the same truck can still get it today.
    async fn a_reconnect_that_is_planned_for_tomorrow_stays_on_todays_list(db: TestDatabase) {
        let day = TwoTrucks::are_out(&db).await;
        let truck_12 = crew_of(&day, &day.first_route).await;
        is_taken_back(&db, &day).await;
        assert!(has(&plans(&day, &tomorrow(&day), &truck_12).await, &day.reconnect));
        let [line] = &list_says(&db, &day).await[..] else { panic!("one line") };
        assert!(line.contains("Planned for") && line.contains("with Truck 12, due") && line.ends_with("No crew goes there today."), "{line}");
    }

    /// Truck 14 has it today and tomorrow, and today is published again without it: tomorrow's route keeps it, and the
    /// list of today says so.
    async fn publishing_today_again_takes_nothing_off_tomorrow(db: TestDatabase) {
        let day = TwoTrucks::are_out(&db).await;
        let truck_14 = crew_of(&day, &day.second_route).await;
        is_taken_back(&db, &day).await;
        assert!(has(&plans(&day, &tomorrow(&day), &truck_14).await, &day.reconnect));
        stands_on_today_too(&db, &day).await;
        // No stop fits into a minute.
        let short = json!({ "date": day.utility.date, "crew_ids": [truck_14], "shift": { "from": "08:00", "to": "08:01" } });
        let short = day.utility.dispatcher.post("/plans", short).await.good();
        let all = json!({ "take_off": ["R-1", "T-1", "T-2", "T-3", "T-4", "T-5", "T-6"] });
        let emptied = day.utility.dispatcher.post(&format!("/plans/{}/publish", text(&short["id"])), all).await.good();
        assert!(!has(&emptied, &day.reconnect));
        assert_eq!(day.order().await["state"], "open");
        let [line] = &list_says(&db, &day).await[..] else { panic!("one line") };
        assert!(line.contains("with Truck 14, due"), "{line}");
    }

    /// The crew that has it was told that it lost it, and no other got it: it is on the list, and another crew gets it.
    async fn a_reconnect_that_was_recalled_and_given_to_nobody_is_on_the_list(db: TestDatabase) {
        let day = TwoTrucks::are_out(&db).await;
        let order: OrderId = day.reconnect.parse().unwrap();
        let state = by_hand::state_on(&db).await;
        let at = now();
        let recall = FactBody::Recall(Recall { reason: RecallReason::TakenOff, cause: None });
        let fact = Fact::new(FactId::from_uuid(state.new_id()), Header { order, at, by: None, device: None }, recall);
        let mut work = state.store.begin().await.unwrap();
        let words = [Word { order, facts: vec![fact], home: None }];
        spreading::spread(&state, &mut work, &words, &utility::folding(&state, at), at).await.unwrap();
        work.commit().await.unwrap();
        assert_eq!(day.order().await["state"], "recalled");
        let [line] = &list_says(&db, &day).await[..] else { panic!("one line") };
        assert!(line.ends_with("No crew has it: put it on a route."), "{line}");
        let given = json!({ "order_id": day.reconnect });
        let given = day.utility.dispatcher.post(&format!("/routes/{}/orders", day.second_route), given).await.good();
        assert_eq!((&given["crew_name"], &given["has_tablet"]), (&json!("Truck 14"), &json!(true)));
        assert_eq!(day.order().await["state"], "open");
    }

    /// A dog was in the way: the list says what the crew said, and another crew gets it.
    async fn a_reconnect_that_the_crew_could_not_do_is_on_the_list(db: TestDatabase) {
        let mut day = TwoTrucks::are_out(&db).await;
        assert_eq!(list_says(&db, &day).await, Vec::<String>::new());
        let mine = day.on(&day.first).unwrap();
        day.first.is_stopped_by(&mine, UnableCode::Dog);
        day.first.sync().await;
        assert_eq!(day.order().await["state"], "unable");
        let [line] = &list_says(&db, &day).await[..] else { panic!("one line") };
        assert!(line.contains("Truck 12 could not do it") && line.contains("It is still off."), "{line}");
        let _ = day.goes_over("over").await.good();
    }
}

/// The dispatcher takes the reconnect off the route of Truck 12.
async fn is_taken_back(db: &TestDatabase, day: &TwoTrucks) {
    let state = by_hand::state_on(db).await;
    let order: OrderId = day.reconnect.parse().unwrap();
    let route: RouteId = day.first_route.parse().unwrap();
    let dispatcher = by_hand::dispatcher(&state).await;
    let once = Once::new("back", "POST", &day.first_route, b"").unwrap();
    let only = BTreeSet::from([order]);
    let _ = planning::take_off(&state, &dispatcher, &once, route, Some(&only)).await.unwrap();
}

/// As servers before left it: today's route of Truck 14 counts the stop as its own as well.
async fn stands_on_today_too(db: &TestDatabase, day: &TwoTrucks) {
    let state = by_hand::state_on(db).await;
    let mut work = state.store.begin().await.unwrap();
    let (route, order) = (day.second_route.parse().unwrap(), day.reconnect.parse().unwrap());
    documents::add_route_order(&mut work, route, order, 100_000).await.unwrap();
    work.commit().await.unwrap();
}
