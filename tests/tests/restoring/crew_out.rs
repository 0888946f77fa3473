//! A truck breaks down: it is offered nothing and promised to nobody, until dispatch says that it goes out after all.

use super::out_of_reach::TwoTrucks;
use curbstop_server::service::{
    board::{self, Attention},
    voice::Voice,
};
use curbstop_shared::language::Language;
use curbstop_tests::{
    by_hand::{self, now},
    database::TestDatabase,
    desk::{Answer, text},
    on_both_engines,
};
use serde_json::{Value, json};

impl TwoTrucks {
    async fn says(&self, out: bool) -> Answer {
        let said = json!({ "date": self.utility.date, "out": out });
        self.utility.dispatcher.post(&format!("/crews/{}/out", self.utility.crew), said).await
    }

    async fn first_line(&self) -> Value {
        self.utility.office.get(&format!("/accounts/{}", self.account)).await.good()["answer"].clone()
    }

    async fn list(&self, db: &TestDatabase) -> Vec<Attention> {
        let state = by_hand::state_on(db).await;
        let voice = Voice { language: Language::En, zone: curbstop_tests::utility::zone(), now: now() };
        board::board(&state, &voice, self.utility.date.parse().unwrap()).await.unwrap().attention
    }
}

/// The crews to which a line offers its reconnect.
fn offered(line: &Attention) -> Vec<&str> {
    line.waiting.iter().flat_map(|waiting| &waiting.offers).map(|offer| offer.crew.as_str()).collect()
}

on_both_engines! {
    /// Truck 12 has the reconnect of somebody who paid, and its engine is dead. Dispatch says so: the office promises
    /// nobody, dispatch's list names what is nobody's now and offers Truck 14, and Truck 12 gets nothing any more.
    async fn a_truck_that_is_out_is_offered_nothing_and_promised_to_nobody(db: TestDatabase) {
        let day = TwoTrucks::are_out(&db).await;
        let number = text(&day.order().await["number"]);
        let who = text(&day.first_line().await["who"]);
        assert!(who.contains(": Truck 12, ") && !who.contains("out that day"), "{who}");
        let forbidden = json!({ "date": day.utility.date, "out": true });
        let path = format!("/crews/{}/out", day.utility.crew);
        assert_eq!(day.utility.office.post(&path, forbidden).await.code(), "role_forbids");
        let yesterday = json!({ "date": "2020-01-01", "out": true });
        assert_eq!(day.utility.dispatcher.post(&path, yesterday).await.code(), "day_over");

        let out = day.says(true).await.good();
        assert_eq!((&out["crew_name"], &out["out"]), (&json!("Truck 12"), &json!(true)));
        assert!(out["orders"].as_array().unwrap().contains(&json!(number)), "{out}");
        let who = text(&day.first_line().await["who"]);
        assert!(who.contains("Truck 12, out that day: nobody goes there for now"), "{who}");
        let list = day.list(&db).await;
        let line = list.iter().find(|line| line.title == "Truck 12 · stays in today").unwrap();
        assert!(line.said.contains("nobody's") && line.said.contains(&number), "{}", line.said);
        let line = list.iter().find(|line| line.title.starts_with(&format!("{number} "))).unwrap();
        assert!(line.said.contains("Truck 12 has it: it stays in today."), "{}", line.said);
        assert_eq!(offered(line), ["Truck 14"]);

        let _ = day.goes_over("over").await.good();
        let back = json!({ "order_id": day.reconnect, "from_route_id": day.second_route });
        assert_eq!(day.asks(&day.first_route, back.clone(), "back").await.code(), "crew_out");
        let plan = json!({ "date": day.utility.date, "crew_ids": [day.utility.crew], "listing_ids": [] });
        assert_eq!(day.utility.dispatcher.post("/plans", plan).await.code(), "crew_out");

        let after_all = day.says(false).await.good();
        assert_eq!(after_all["out"], false);
        let _ = day.asks(&day.first_route, back, "back-again").await.good();
        let who = text(&day.first_line().await["who"]);
        assert!(who.contains(": Truck 12, ") && !who.contains("out that day"), "{who}");
        assert!(day.list(&db).await.iter().all(|line| !line.title.contains("stays in today")));
    }

    /// No crew has a reconnect, and only a truck that is out would be near: it is not offered.
    async fn a_truck_that_is_out_is_not_offered_for_what_no_crew_has(db: TestDatabase) {
        let day = TwoTrucks::before_anybody_is_sent(&db).await;
        let number = text(&day.order().await["number"]);
        let offers = async || {
            let list = day.list(&db).await;
            let line = list.iter().find(|line| line.title.starts_with(&format!("{number} "))).unwrap();
            let mut crews: Vec<String> = offered(line).into_iter().map(str::to_owned).collect();
            crews.sort();
            crews
        };
        assert_eq!(offers().await, ["Truck 12", "Truck 14"]);
        let _ = day.says(true).await.good();
        assert_eq!(offers().await, ["Truck 14"]);
    }

    /// The plan of the day was built, and then the truck breaks down: the plan does not go out with its stops.
    async fn a_plan_that_was_built_before_a_truck_broke_down_does_not_go_out(db: TestDatabase) {
        let day = TwoTrucks::before_anybody_is_sent(&db).await;
        let plan = json!({ "date": day.utility.date, "crew_ids": [day.utility.crew] });
        let plan = day.utility.dispatcher.post("/plans", plan).await.good();
        let stops = plan["routes"][0]["stops"].as_array().unwrap().len();
        assert!(stops > 0, "{plan}");
        let _ = day.says(true).await.good();
        let publish = format!("/plans/{}/publish", text(&plan["id"]));
        let refused = day.utility.dispatcher.post(&publish, json!({})).await;
        assert_eq!(refused.code(), "crew_out");
        let detail = text(&refused.body["detail"]);
        assert!(detail.contains("Truck 12") && detail.contains("build the day again"), "{detail}");
        let _ = day.says(false).await.good();
        let _ = day.utility.dispatcher.post(&publish, json!({})).await.good();
    }
}
