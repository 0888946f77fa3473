//! What no truck came to: the next listing takes it up, and nobody has to remember it.

use crate::visitor::Visitor;
use curbstop_tests::{
    desk::text,
    on_both_engines,
    utility::{Utility, account},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn numbers(plan: &Value, letters: &str) -> BTreeSet<String> {
    let stops = plan["routes"].as_array().unwrap().iter().flat_map(|route| route["stops"].as_array().unwrap());
    stops
        .filter(|stop| letters.chars().any(|it| stop["account"] == account(it)))
        .map(|it| text(&it["number"]))
        .collect()
}

on_both_engines! {
    /// The day's plan is built and never goes out. Tomorrow's listing names C and D again: their orders of today are
    /// tomorrow's stops, nobody has two. The others are said to wait, are offered for building, and go out once somebody
    /// chooses their listing.
    async fn what_no_truck_came_to_is_taken_up_by_the_next_listing(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let today = json!({ "date": utility.date, "crew_ids": [utility.crew] });
        let never_out = utility.dispatcher.post("/plans", today).await.good();
        assert_eq!(numbers(&never_out, "ABCDEF").len(), 6, "{never_out}");

        let tomorrow = utility.date.parse::<chrono::NaiveDate>().unwrap() + chrono::Days::new(1);
        let listing = format!(
            "Account,Meter,Past Due,Notice Date,Service\n{},70000003,99.99,{tomorrow},water\n{},70000004,200.00,{tomorrow},water\n",
            account('C'), account('D'),
        );
        let path = format!("/listings?source=city&as_of={tomorrow}");
        let listed = utility.dispatcher.upload(&path, listing.into_bytes()).await.good();
        let of_tomorrow = text(&listed["listing"]["id"]);
        let _ = utility.dispatcher.post(&format!("/listings/{of_tomorrow}/finalise"), json!({})).await.good();
        let plan = json!({ "date": tomorrow, "crew_ids": [utility.crew] });
        let plan = utility.dispatcher.post("/plans", plan).await.good();
        assert_eq!(numbers(&plan, "CD"), numbers(&never_out, "CD"), "the same work, not a second order: {plan}");
        assert_eq!((numbers(&plan, "ABCDEF").len(), plan["orders_made"].as_u64()), (2, Some(0)), "{plan}");
        assert_eq!(plan["left_out"], json!([]), "{plan}");
        let _ = utility.dispatcher.post(&format!("/plans/{}/publish", text(&plan["id"])), json!({})).await.good();

        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let page = dispatch.opens(&format!("/dispatch?date={tomorrow}&step=2")).await;
        page.shows("4 orders of earlier listings are on nobody").shows("city: 4 orders wait");
        let first = text(&utility.finalised["listing"]["id"]);
        let both = json!({ "date": tomorrow, "crew_ids": [utility.crew], "listing_ids": [of_tomorrow, first] });
        let all = utility.sends_out(both).await;
        assert_eq!(numbers(&all, "ABCDEF"), numbers(&never_out, "ABCDEF"), "{all}");
        dispatch.opens(&format!("/dispatch?date={tomorrow}&step=2")).await.does_not_show("arlier listings");
    }
}
