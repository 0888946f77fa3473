//! The server's clock is behind, and money is told that was paid "later" than it is there: it is taken in all the same.

use crate::visitor::Visitor;
use curbstop_server::clock::SettableClock;
use curbstop_shared::time::{Micros, Span};
use curbstop_tests::{
    desk::{Desk, text},
    on_both_engines,
    server::TestServer,
    truck::wall_clock,
    utility::{PASSWORD, Utility, account, rfc3339, zone},
};
use serde_json::{Value, json};
use std::sync::Arc;

fn payment(letter: char, amount: &str, paid_at: Micros) -> Value {
    json!({
        "account": account(letter), "amount": amount, "tender": "card", "confirmation": format!("R-{letter}"),
        "paid_at": rfc3339(paid_at),
    })
}

on_both_engines! {
    /// The bank tells what A paid just now, and our clock is ten minutes behind. The cut stops; the answer and the account's
    /// history say that the time is doubtful, and it counts from when we heard of it.
    async fn money_that_is_told_to_a_server_whose_clock_is_behind_stops_the_cut(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let told = wall_clock();
        let behind = Micros((told - Span::minutes(10)).0 / 1_000 * 1_000);
        let server = TestServer::of_utility(Arc::new(db), SettableClock::at(behind)).await;
        let office = Desk::sign_in(&server.url, "office", PASSWORD).await;
        let preview = format!("/payments/preview?account={}&amount=86.40&paid_at={}", account('A'), rfc3339(told));
        assert_eq!(office.get(&preview).await.good()["outcome"], "released");
        let paid = office.post("/payments", payment('A', "86.40", told)).await.good();
        assert_eq!((&paid["outcome"], paid["stopped"].as_array().unwrap().len()), (&json!("released"), 1), "{paid}");
        let here = Micros(behind.0);
        let ahead = &paid["paid_ahead"];
        assert_eq!(&text(&ahead["told"])[..19], &rfc3339(told)[..19], "{paid}");
        assert_eq!(&text(&ahead["counts_from"])[..19], &rfc3339(here)[..19], "{paid}");

        let orders = office.get(&format!("/orders?account={}", account('A'))).await.good();
        let order = office.get(&format!("/orders/{}", text(&orders["orders"][0]["id"]))).await.good();
        assert_eq!(order["state"], "recalled", "{order}");
        let release = order["facts"].as_array().unwrap().iter().find(|fact| fact["body"].to_string().contains("payment_received"));
        let release = release.unwrap_or_else(|| panic!("no release: {order}")).to_string();
        assert!(release.contains(&here.0.to_string()) && !release.contains(&told.0.to_string()), "{release}");
        let told_of = office.get(&format!("/accounts/{}", account('A'))).await.good();
        let timeline = told_of["timeline"].as_array().unwrap();
        let entry = timeline.iter().find(|entry| entry["amount_minor"] == 8_640).unwrap();
        assert!(text(&entry["how"]).contains("time in doubt, told as "), "{entry}");
        assert_eq!(entry["at_us"], here.0, "{entry}");

        // Five minutes are nothing to wonder about; a year is a slip of the hand.
        let near = office.post("/payments", payment('B', "120.50", behind + Span::minutes(4))).await.good();
        assert_eq!(near["paid_ahead"], json!(null), "{near}");
        let absurd = office.post("/payments", payment('C', "99.99", told + Span::minutes(365 * 24 * 60))).await;
        assert_eq!(absurd.code(), "paid_at_in_future");
        assert!(text(&absurd.body["detail"]).contains("Check the date"), "{}", absurd.body);
    }

    /// A person can look at the time again, and is asked; who asks to be asked over the API, too.
    async fn a_clerk_is_asked_about_a_time_that_is_ahead_and_may_record_it(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let told = wall_clock();
        let server = TestServer::of_utility(Arc::new(db), SettableClock::at(told - Span::minutes(10))).await;
        let office = Desk::sign_in(&server.url, "office", PASSWORD).await;
        let mut ask = payment('A', "86.40", told);
        ask["ask_if_same"] = json!(true);
        assert_eq!(office.post("/payments", ask).await.code(), "paid_at_ahead");

        let mut clerk = Visitor::signs_in(&server.url, "office").await;
        let path = format!("/office/accounts/{}/payment", account('A'));
        let paid_at = chrono::DateTime::from_timestamp_micros(told.0).unwrap().with_timezone(&zone()).format("%Y-%m-%dT%H:%M").to_string();
        let fields = |another: &'static str| {
            [("amount", "86.40"), ("tender", "card"), ("confirmation", "R-A"), ("key", "ahead"), ("another", another)]
        };
        let mut asked: Vec<(&str, &str)> = fields("").to_vec();
        asked.push(("paid_at", paid_at.as_str()));
        let page = clerk.posts(&path, &asked).await;
        assert_eq!(page.status, reqwest::StatusCode::CONFLICT, "{}", page.html);
        page.shows("is the time right?").shows("I have looked, it is right: record it");
        let mut sure: Vec<(&str, &str)> = fields("yes").to_vec();
        sure.push(("paid_at", paid_at.as_str()));
        let page = clerk.posts(&path, &sure).await;
        assert_eq!(page.status, reqwest::StatusCode::SEE_OTHER, "{}", page.html);
        clerk.opens(&format!("/office/accounts/{}", account('A'))).await.shows("time in doubt, told as ");
    }
}
