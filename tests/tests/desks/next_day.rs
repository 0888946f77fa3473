//! What no truck came to: the next listing takes it up, and nobody has to remember it.

use crate::visitor::Visitor;
use curbstop_tests::{
    desk::{Desk, text},
    on_both_engines,
    truck::wall_clock,
    utility::{PASSWORD, Utility, account, rfc3339},
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

        let tomorrow = utility.tomorrow();
        let of_tomorrow = utility.lists("city", &tomorrow, &[('C', "99.99"), ('D', "200.00")]).await;
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
    /// C is told the next evening that 60.00 is enough: tomorrow's listing says so, and takes the order over. Whoever pays
    /// that has paid. Before it is finalised, the dry run says which accounts wait already.
    async fn whoever_pays_what_the_later_listing_asks_for_has_paid(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let never_out = utility.dispatcher.post("/plans", json!({ "date": utility.date, "crew_ids": [utility.crew] })).await.good();
        let tomorrow = utility.tomorrow();
        let owed = [('C', "60.00"), ('D', "200.00"), ('E', "25.00")];
        let dry = format!("/listings?source=city&as_of={tomorrow}&dry_run=true");
        let dry = utility.dispatcher.upload(&dry, utility.file_of(&tomorrow, &owed)).await.good();
        let named: BTreeSet<String> =
            dry["summary"]["open_orders"].as_array().unwrap().iter().map(|open| text(&open["order"])).collect();
        assert_eq!(named, numbers(&never_out, "CDE"), "{dry}");
        let warned = dry["warnings"].as_array().unwrap().iter().find(|it| it["code"] == "open_orders").unwrap();
        assert!(text(&warned["text"]).starts_with("3 orders of earlier listings are not done at accounts of this one"), "{warned}");

        let of_tomorrow = utility.lists("city", &tomorrow, &owed).await;
        let build = json!({ "date": tomorrow, "crew_ids": [utility.crew], "listing_ids": [of_tomorrow] });
        let first = utility.dispatcher.post("/plans", build.clone()).await.good();
        let order = async |letter: char| {
            let listed = utility.office.get(&format!("/orders?kind=turn_off&account={}", account(letter))).await.good();
            let [order] = &listed["orders"].as_array().unwrap()[..] else { panic!("one order of {letter}: {listed}") };
            utility.office.get(&format!("/orders/{}", text(&order["id"]))).await.good()
        };
        assert_eq!(order('C').await["past_due_minor"], 9_999, "a plan that is only built changes no order");
        let pays = async |letter: char, amount: &str| {
            let paid = json!({
                "account": account(letter), "amount": amount, "tender": "cash", "confirmation": format!("R-{letter}"),
                "paid_at": rfc3339(wall_clock()),
            });
            utility.office.post("/payments", paid).await.good()
        };
        assert_eq!(pays('E', "25.00").await["outcome"], "released", "though today's listing asks for more");
        let again = utility.sends_out(build).await;
        assert!(numbers(&again, "E").is_empty(), "paid what it asks for: {again}");
        assert_eq!(numbers(&again, "CD"), numbers(&first, "CD"), "built twice: {again}");
        assert_eq!((&order('C').await["past_due_minor"], &order('D').await["state"]), (&json!(6_000), &json!("open")));
        let _ = pays('C', "60.00").await;
        assert_eq!(order('C').await["state"], "recalled", "and the truck is told");

        // Built again, the day makes no second order: neither of who waits, nor of who has paid.
        let anew = json!({ "date": tomorrow, "crew_ids": [utility.crew], "listing_ids": [of_tomorrow] });
        let anew = utility.dispatcher.post("/plans", anew).await.good();
        assert_eq!((numbers(&anew, "D").len(), numbers(&anew, "C").len(), &anew["orders_made"]), (1, 0, &json!(0)), "{anew}");

        // Tomorrow's listing was wrong: D is today's again, with today's amount, on no truck.
        let path = format!("/dispatch/listings/{of_tomorrow}/withdraw");
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        dispatch.opens(&path).await.shows("1 order was taken over from an earlier listing:").shows("<b>Truck 12</b>: 1 order");
        let why = json!({ "why": "another town's file" });
        let back = utility.dispatcher.post(&format!("/listings/{of_tomorrow}/withdraw"), why).await.good();
        let d = order('D').await;
        assert_eq!((&back["back"][0]["order"], &back["recalled"]), (&d["number"], &json!([])), "{back}");
        assert_eq!((&d["state"], &d["past_due_minor"]), (&json!("open"), &json!(20_000)));
        let plan = utility.dispatcher.post("/plans", json!({ "date": utility.date, "crew_ids": [utility.crew] })).await.good();
        assert_eq!(numbers(&plan, "ABCDEF").len(), 4, "all but C and E, who have paid what they were told: {plan}");
    }

    /// The day is out, and somebody builds it again from another source's small file: what the truck has stays the truck's.
    /// A shift that is too short would take stops off it for nobody: that is asked about first.
    async fn nothing_is_taken_off_a_running_truck_in_silence(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let out = utility.publishes().await;
        let other = utility.lists("gas office", &utility.date, &[('F', "150.00")]).await;
        let again = utility.sends_out(json!({ "date": utility.date, "crew_ids": [utility.crew], "listing_ids": [other] })).await;
        assert_eq!(numbers(&again, "ABCDEF"), numbers(&out, "ABCDEF"), "{again}");

        let short = json!({
            "date": utility.date, "crew_ids": [utility.crew], "shift": { "from": "08:00", "to": "08:30" },
        });
        let short = utility.dispatcher.post("/plans", short).await.good();
        let lost = 6 - numbers(&short, "ABCDEF").len();
        assert!(lost > 0, "{short}");
        let publish = format!("/plans/{}/publish", text(&short["id"]));
        let refused = utility.dispatcher.post(&publish, json!({ "take_off": [] })).await;
        assert_eq!(refused.code(), "plan_takes_off");
        let (has, keeps) = (numbers(&out, "ABCDEF"), numbers(&short, "ABCDEF"));
        let named: BTreeSet<&String> = has.difference(&keeps).collect();
        let said = text(&refused.body["detail"]);
        assert!(said.contains("(Truck 12: ") && named.iter().all(|number| said.contains(number.as_str())), "{said}");

        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let page = dispatch.opens("/dispatch?step=3").await;
        page.shows("still to do: this plan takes them off its route and gives them to nobody.");
        let form = format!("/dispatch/plans/{}/publish", text(&short["id"]));
        assert_eq!(page.hidden(&form, "lost").split(' ').count(), lost);
        let fields = [("key", "p"), ("date", utility.date.as_str()), ("sure", "yes"), ("lost", "T-999")];
        dispatch.posts(&form, &fields).await.shows("Nothing was published. Tick that you have read this");
        let agreed = utility.dispatcher.post(&publish, json!({ "take_off": named })).await.good();
        assert_eq!((numbers(&agreed, "ABCDEF").len(), agreed["taken_off"].as_array().unwrap().len()), (6 - lost, lost), "{agreed}");

        // No listing is ticked, and the shift is over before it begins to drive: a whole day is emptied only by who says so.
        let none = json!({
            "date": utility.date, "crew_ids": [utility.crew], "shift": { "from": "08:00", "to": "08:01" },
        });
        let none = utility.dispatcher.post("/plans", none).await.good();
        assert!(numbers(&none, "ABCDEF").is_empty(), "{none}");
        let empties = utility.dispatcher.post(&format!("/plans/{}/publish", text(&none["id"])), json!({})).await;
        assert_eq!(empties.code(), "plan_takes_off");
    }

    /// Tomorrow's listing is on file while today's truck is out with the same account: until tomorrow goes out, what today's
    /// listing asks for is what has to be paid, and withdrawing tomorrow's takes nothing off today's truck.
    async fn a_later_listing_leaves_alone_what_a_truck_has_out(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let out = utility.publishes().await;
        let tomorrow = utility.tomorrow();
        let later = utility.lists("city", &tomorrow, &[('B', "180.00"), ('C', "99.99")]).await;
        let other = utility.hires("Truck 14", "555-0114", "ines").await;
        let plan = json!({ "date": tomorrow, "crew_ids": [other], "listing_ids": [later] });
        let plan = utility.dispatcher.post("/plans", plan).await.good();
        assert!(numbers(&plan, "BC").is_empty(), "{plan}");
        let paid = utility.pays('B', wall_clock()).await;
        assert_eq!(paid["stopped"].as_array().unwrap().len(), 1, "what today's order asked for is paid: {paid}");
        let why = json!({ "why": "last month's file" });
        let back = utility.dispatcher.post(&format!("/listings/{later}/withdraw"), why).await.good();
        assert_eq!((&back["recalled"], &back["back"]), (&json!([]), &json!([])), "{back}");
        let routes = utility.dispatcher.get(&format!("/routes?date={}", utility.date)).await.good();
        let route = utility.dispatcher.get(&format!("/routes/{}", text(&routes["routes"][0]["id"]))).await.good();
        let still: BTreeSet<String> = route["stops"].as_array().unwrap().iter().filter(|stop| stop["state"] == "open").map(|stop| text(&stop["number"])).collect();
        assert_eq!(still, numbers(&out, "ACDEF"), "{route}");
    }

    /// Two final listings of one day name D. One truck goes there, with what the later one asks for; whoever pays that before
    /// the plan goes out falls away from it. Another service of the same account is other work.
    async fn an_account_on_two_listings_of_a_day_gets_one_order(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let corrected = utility.lists("counter", &utility.date, &[('D', "50.00"), ('E', "75.25")]).await;
        let plan = json!({ "date": utility.date, "crew_ids": [utility.crew] });
        let plan = utility.dispatcher.post("/plans", plan).await.good();
        assert_eq!((numbers(&plan, "D").len(), numbers(&plan, "ABCDEF").len()), (1, 6), "{plan}");
        assert_eq!(plan["left_out"], json!([]), "the same work is no second order: {plan}");
        let listed = utility.office.get(&format!("/orders?account={}", account('D'))).await.good();
        assert_eq!(listed["orders"].as_array().unwrap().len(), 1, "{listed}");
        assert_eq!(listed["orders"][0]["past_due_minor"], 5_000, "{listed}");
        let paid = json!({
            "account": account('D'), "amount": "50.00", "tender": "cash", "confirmation": "R-D",
            "paid_at": rfc3339(wall_clock()),
        });
        let _ = utility.office.post("/payments", paid).await.good();
        let out = utility.dispatcher.post(&format!("/plans/{}/publish", text(&plan["id"])), json!({})).await.good();
        assert!(numbers(&out, "D").is_empty(), "{out}");
        let anew = utility.publishes().await;
        assert!(numbers(&anew, "D").is_empty() && anew["orders_made"] == 0, "who has paid what was asked last is not sent for: {anew}");

        // The corrected listing is withdrawn: the first one's order is made then, and D owes by that one.
        let why = json!({ "why": "typed for another month" });
        let _ = utility.dispatcher.post(&format!("/listings/{corrected}/withdraw"), why).await.good();
        let again = utility.dispatcher.post("/plans", json!({ "date": utility.date, "crew_ids": [utility.crew] })).await.good();
        assert_eq!((again["orders_made"].as_u64(), numbers(&again, "D").len()), (Some(1), 1), "{again}");
    }

    /// A crew loses its qualification, or is sold, between building and publishing: nobody unqualified is sent.
    async fn a_plan_for_a_crew_that_may_not_do_it_any_more_does_not_go_out(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let plan = utility.dispatcher.post("/plans", json!({ "date": utility.date, "crew_ids": [utility.crew] })).await.good();
        let admin = Desk::sign_in(&utility.server.url(), "admin", PASSWORD).await;
        let change = async |qualifications: &[&str], active: bool| {
            let said = json!({ "name": "Truck 12", "phone": "555-0112", "qualifications": qualifications, "active": active });
            admin.put(&format!("/crews/{}", utility.crew), said).await.good()
        };
        let publish = async || utility.dispatcher.post(&format!("/plans/{}/publish", text(&plan["id"])), json!({})).await;
        let _ = change(&["electric"], true).await;
        assert_eq!(publish().await.code(), "crew_changed");
        let _ = change(&["water"], false).await;
        assert_eq!(publish().await.code(), "crew_changed");
        let _ = change(&["water"], true).await;
        assert_eq!(numbers(&publish().await.good(), "ABCDEF").len(), 6);
    }
}
