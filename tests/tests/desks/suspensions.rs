//! A storm, an outage, water that has to be boiled: cuts stop in an area in one action, and go on in one.

use crate::visitor::Visitor;
use curbstop_field::core::view::{self, Now};
use curbstop_server::clock::SettableClock;
use curbstop_shared::time::Span;
use curbstop_tests::{
    desk::{Desk, text},
    on_both_engines,
    server::TestServer,
    truck::{Truck, wall_clock},
    utility::{PASSWORD, Utility, account, premises_csv},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

/// The utility with F in another ZIP code than all others, and the truck on its way.
async fn town(db: &curbstop_tests::database::TestDatabase) -> (Utility, Truck) {
    let utility = Utility::opens(db).await;
    let file = String::from_utf8(premises_csv()).unwrap();
    let moved: Vec<String> = file
        .lines()
        .map(|line| if line.contains(account('F')) { line.replace("69999", "70001") } else { line.to_owned() })
        .collect();
    let path = format!("/premises/import?source=city&as_of={}", utility.date);
    let _ = utility.dispatcher.upload(&path, moved.join("\n").into_bytes()).await.good();
    utility.publishes().await;
    let truck = utility.truck(&utility.server.url()).await;
    (utility, truck)
}

fn storm() -> Value {
    json!({ "covers": "zip", "places": ["69999"], "reason": "weather", "why": "ice storm" })
}

/// The state of an account's cut, as the office has it.
async fn state_of(utility: &Utility, letter: char) -> String {
    let path = format!("/orders?account={}&kind=turn_off", account(letter));
    text(&utility.office.get(&path).await.good()["orders"][0]["state"])
}

async fn exceptions(utility: &Utility, letter: char) -> Vec<String> {
    let open = utility.office.get(&format!("/exceptions?account={}", account(letter))).await.good();
    open["exceptions"].as_array().unwrap().iter().map(|entry| text(&entry["kind"])).collect()
}

on_both_engines! {
    /// Every cut in the area stops on every truck, the others go on; lifted, the same stops are open again on the same
    /// route. Whoever paid meanwhile is not among them.
    async fn a_storm_stops_the_cuts_of_an_area_and_they_go_on_when_it_is_over(db: TestDatabase) {
        let (utility, mut truck) = town(&db).await;
        let set = utility.dispatcher.post("/suspensions", storm()).await.good();
        let number = text(&set["suspension"]);
        assert_eq!((&set["stopped"], &set["crews"][0]["orders"]), (&json!(5), &json!(5)), "{set}");
        assert_eq!(set["crews"][0]["tablet_has_it"], false, "nobody can have heard of it yet");
        assert_eq!(set["crews"][0]["phone"], "555-0112");

        let (e, f) = (truck.order_of(account('E')), truck.order_of(account('F')));
        assert!(truck.may_begin_cut(e.id), "the truck has not heard of it");
        truck.sync().await;
        assert!(!truck.may_begin_cut(e.id) && truck.may_begin_cut(f.id), "E lies in it, F does not");
        // With its next contact it says what it has.
        truck.sync().await;
        let listed = utility.office.get("/suspensions").await.good();
        assert_eq!(listed["suspensions"][0]["crews"][0]["tablet_has_it"], true, "{listed}");
        assert_eq!((state_of(&utility, 'E').await, state_of(&utility, 'F').await), ("held".into(), "open".into()));
        utility.pays('D', wall_clock()).await;

        let lift = format!("/suspensions/{number}/lift");
        let lifted = utility.dispatcher.post(&lift, json!({ "why": "the ice is gone" })).await.good();
        assert_eq!((&lifted["in_force"], &lifted["stopped"]), (&json!(false), &json!(0)));
        truck.sync().await;
        let d = truck.order_of(account('D'));
        assert!(truck.may_begin_cut(e.id), "on the same route, without anybody planning it again");
        assert!(!truck.may_begin_cut(d.id), "D paid");
        truck.turns_off(&e, "036500", "L-1");
        truck.sync().await;
        assert_eq!(state_of(&utility, 'E').await, "done");
        assert_eq!(exceptions(&utility, 'E').await, Vec::<String>::new());
        let again = utility.dispatcher.post(&lift, json!({ "why": "twice" })).await;
        assert_eq!(again.code(), "suspension_ended");
    }

    /// A premises file comes in the middle of it, and a house lies in another ZIP code now: its cut waits with the others.
    async fn a_house_that_moves_into_the_area_is_not_cut_either(db: TestDatabase) {
        let (utility, mut truck) = town(&db).await;
        let set = utility.dispatcher.post("/suspensions", storm()).await.good();
        truck.sync().await;
        let f = truck.order_of(account('F'));
        assert!(truck.may_begin_cut(f.id), "F lies elsewhere");
        let path = format!("/premises/import?source=city&as_of={}", utility.date);
        let _ = utility.dispatcher.upload(&path, premises_csv()).await.good();
        assert_eq!(state_of(&utility, 'F').await, "held");
        truck.sync().await;
        assert!(!truck.may_begin_cut(f.id));
        let lift = format!("/suspensions/{}/lift", text(&set["suspension"]));
        let lifted = utility.dispatcher.post(&lift, json!({ "why": "over" })).await.good();
        assert_eq!(lifted["goes_on"], 6, "{lifted}");
    }

    /// As long as it lasts no plan takes up what lies in the area, and each one says why.
    async fn a_plan_leaves_the_area_out_and_says_why(db: TestDatabase) {
        let (utility, _) = town(&db).await;
        let set = utility.dispatcher.post("/suspensions", storm()).await.good();
        let tomorrow = utility.tomorrow();
        let listing = utility.lists("county", &tomorrow, &[('C', "99.99"), ('F', "150.00")]).await;
        let plan = json!({ "date": tomorrow, "crew_ids": [utility.crew], "listing_ids": [listing] });
        let built = utility.dispatcher.post("/plans", plan.clone()).await.good();
        let why = |built: &Value, letter| {
            let left = built["left_out"].as_array().unwrap().iter().find(|one| one["account"] == account(letter));
            left.map(|one| text(&one["text"]))
        };
        let said = why(&built, 'C').expect("C is left out");
        assert!(said.contains("weather") && said.contains("until it is lifted"), "{said}");
        assert!(!why(&built, 'F').is_some_and(|said| said.contains("weather")), "{built}");

        // Built before the storm, published in it.
        let lift = format!("/suspensions/{}/lift", text(&set["suspension"]));
        let _ = utility.dispatcher.post(&lift, json!({ "why": "over" })).await.good();
        let draft = utility.dispatcher.post("/plans", json!({ "date": utility.date, "crew_ids": [utility.crew] })).await.good();
        let _ = utility.dispatcher.post("/suspensions", storm()).await.good();
        let path = format!("/plans/{}/publish", text(&draft["id"]));
        let out = utility.dispatcher.post(&path, json!({})).await.good();
        let stops: Vec<String> = out["routes"].as_array().unwrap().iter()
            .flat_map(|route| route["stops"].as_array().unwrap()).map(|stop| text(&stop["account"])).collect();
        assert_eq!(stops, [account('F')], "{out}");
    }

    /// A crew that has heard of it can't begin. Where the word came while the act was open, somebody is off in the storm:
    /// the office has to look. Whoever pays is given back all the same, in the middle of it.
    async fn a_cut_that_was_begun_before_the_word_came_is_looked_at_and_given_back_in_the_storm(db: TestDatabase) {
        let (utility, mut truck) = town(&db).await;
        let (a, b) = (truck.order_of(account('A')), truck.order_of(account('B')));
        // At B's door the act was open before the word came.
        truck.opens_the_act(&b);
        let _ = utility.dispatcher.post("/suspensions", storm()).await.good();
        truck.closes_the_act(&b, "036500", "L-2");
        truck.sync().await;
        let looked_at = vec!["cut_under_hold".to_owned()];
        assert_eq!((state_of(&utility, 'B').await, exceptions(&utility, 'B').await), ("done".into(), looked_at));
        assert!(!truck.may_begin_cut(a.id));
        utility.pays('B', wall_clock()).await;
        let plan = json!({ "date": utility.date, "crew_ids": [utility.crew] });
        let built = utility.dispatcher.post("/plans", plan).await.good();
        let stops = built["routes"][0]["stops"].as_array().unwrap();
        assert!(stops.iter().any(|stop| stop["account"] == account('B') && stop["kind"] == "reconnect"), "{built}");
    }

    /// Two suspensions lie over each other: lifting one says how many stay stopped, and lets none of them go on.
    async fn a_cut_under_two_suspensions_goes_on_when_both_are_lifted(db: TestDatabase) {
        let (utility, mut truck) = town(&db).await;
        let first = utility.dispatcher.post("/suspensions", storm()).await.good();
        let city = json!({ "covers": "city", "places": ["alder fork"], "reason": "area_suspension", "why": "water to be boiled." });
        let second = utility.dispatcher.post("/suspensions", city).await.good();
        assert_eq!(second["stopped"], 6, "F lies in the city too: {second}");
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let ask = dispatch.opens(&format!("/dispatch/suspend/{}/lift", text(&first["suspension"]))).await;
        ask.shows("Nothing that is out goes on because of it.").shows("5 stay stopped all the same");
        dispatch.opens("/dispatch").await.shows("water to be boiled. ").shows("6 protected");
        let lift = |one: &Value| format!("/suspensions/{}/lift", text(&one["suspension"]));
        let lifted = utility.dispatcher.post(&lift(&first), json!({ "why": "over" })).await.good();
        assert_eq!(lifted["goes_on"], 0, "{lifted}");
        truck.sync().await;
        let e = truck.order_of(account('E')).id;
        assert!(!truck.may_begin_cut(e));
        let lifted = utility.dispatcher.post(&lift(&second), json!({ "why": "clean again" })).await.good();
        assert_eq!(lifted["goes_on"], 6, "{lifted}");
        truck.sync().await;
        assert!(truck.may_begin_cut(e));
    }

    /// A truck that goes home in the storm gives back its suspended stops with the others; on nobody's route they wait for a
    /// plan, and nobody is told that lifting opens them there.
    async fn what_is_taken_back_in_the_storm_waits_for_a_plan(db: TestDatabase) {
        let (utility, mut truck) = town(&db).await;
        let set = utility.dispatcher.post("/suspensions", storm()).await.good();
        let routes = utility.dispatcher.get(&format!("/routes?date={}", utility.date)).await.good();
        let route = text(&routes["routes"][0]["id"]);
        let back = utility.dispatcher.post(&format!("/routes/{route}/take-back"), json!({})).await.good();
        assert_eq!(back["orders"].as_array().unwrap().len(), 6, "{back}");
        let listed = utility.dispatcher.get("/suspensions").await.good();
        let one = &listed["suspensions"][0];
        assert_eq!((&one["stopped"], &one["waiting"]), (&json!(0), &json!(5)), "{one}");
        let plan = json!({ "date": utility.date, "crew_ids": [utility.crew] });
        let built = utility.dispatcher.post("/plans", plan.clone()).await.good();
        let e = built["left_out"].as_array().unwrap().iter().find(|one| one["account"] == account('E')).unwrap();
        assert!(text(&e["text"]).contains("weather"), "{e}");
        let lift = format!("/suspensions/{}/lift", text(&set["suspension"]));
        let lifted = utility.dispatcher.post(&lift, json!({ "why": "over" })).await.good();
        assert_eq!(lifted["goes_on"], 0, "{lifted}");
        let built = utility.dispatcher.post("/plans", plan).await.good();
        assert_eq!(built["routes"][0]["stops"].as_array().unwrap().len(), 6, "{built}");
        truck.sync().await;
    }

    /// With nothing but suspended cuts left a crew is told to ask, and not to go home.
    async fn a_crew_whose_stops_wait_for_the_storm_is_not_sent_home(db: TestDatabase) {
        let (utility, mut truck) = town(&db).await;
        let everywhere = json!({ "covers": "everywhere", "reason": "weather", "why": "ice storm" });
        let set = utility.dispatcher.post("/suspensions", everywhere).await.good();
        truck.sync().await;
        let day = |truck: &Truck| {
            let now = Now { at: truck.now(), utc_offset: Span(0) };
            view::day(truck.tablet.state(), now).unwrap()
        };
        let waits = day(&truck);
        assert!(waits.next.is_none() && waits.behind.is_empty(), "nobody was there");
        assert!(waits.left().contains(&view::Left::Suspended(6)), "{:?}", waits.left());
        let lift = format!("/suspensions/{}/lift", text(&set["suspension"]));
        let _ = utility.dispatcher.post(&lift, json!({ "why": "over" })).await.good();
        truck.sync().await;
        assert!(day(&truck).next.is_some() && day(&truck).left().is_empty());
    }

    /// One with a last day ends by itself: from the next morning on the order is to do, and a plan takes it up.
    async fn a_suspension_with_a_last_day_ends_by_itself(db: TestDatabase) {
        let (utility, _) = town(&db).await;
        let mut today = storm();
        today["good_through"] = json!(utility.date);
        let _ = utility.dispatcher.post("/suspensions", today).await.good();
        let tomorrow = utility.tomorrow();
        let clock = SettableClock::at(wall_clock() + Span::minutes(24 * 60));
        let next_day = TestServer::of_utility(Arc::new(db), clock).await;
        let dispatcher = Desk::sign_in(&next_day.url, "dispatcher", PASSWORD).await;
        let listed = dispatcher.get("/suspensions").await.good();
        assert_eq!(listed["suspensions"][0]["in_force"], false, "{listed}");
        let listing = utility.lists("city", &tomorrow, &[('C', "99.99")]).await;
        let plan = json!({ "date": tomorrow, "crew_ids": [utility.crew], "listing_ids": [listing] });
        let built = dispatcher.post("/plans", plan).await.good();
        let stops = built["routes"][0]["stops"].as_array().unwrap();
        assert!(stops.iter().any(|stop| stop["account"] == account('C')), "a plan takes it up: {built}");
        let left: Vec<String> =
            built["left_out"].as_array().unwrap().iter().map(|one| text(&one["text"])).collect();
        assert!(left.iter().all(|said| !said.contains("weather")), "{left:?}");
    }

    /// What can't be right is said, and changes nothing; who may is in the table.
    async fn what_can_not_be_right_suspends_nothing(db: TestDatabase) {
        let (utility, truck) = town(&db).await;
        let with = |change: &[(&str, Value)]| {
            let mut asked = storm();
            for (field, value) in change {
                asked[*field] = value.clone();
            }
            asked
        };
        for (asked, code) in [
            (with(&[("places", json!([]))]), "places_invalid"),
            (with(&[("places", json!([" "]))]), "places_invalid"),
            (with(&[("covers", json!("everywhere"))]), "places_invalid"),
            (with(&[("places", json!(["69998"]))]), "area_unknown"),
            (with(&[("reason", json!("medical"))]), "suspension_reason_invalid"),
            (with(&[("why", json!(" "))]), "why_missing"),
            (with(&[("good_through", json!("2020-01-01"))]), "good_through_past"),
            (with(&[("good_through", json!("2099-01-01"))]), "good_through_too_far"),
        ] {
            let answer = utility.dispatcher.post("/suspensions", asked.clone()).await;
            assert_eq!(answer.code(), code, "{asked}");
        }
        assert_eq!(utility.office.post("/suspensions", storm()).await.code(), "role_forbids");
        let other = with(&[("places", json!(["70001"]))]);
        let _ = utility.dispatcher.post("/suspensions", other.clone()).await.good();
        assert_eq!(utility.dispatcher.post("/suspensions", other).await.code(), "suspended_already");
        let _ = utility.dispatcher.post("/suspensions/S-1/lift", json!({ "why": "a slip" })).await.good();
        let unknown = utility.dispatcher.post("/suspensions/S-9/lift", json!({ "why": "?" })).await;
        assert_eq!(unknown.code(), "suspension_unknown");
        let listed = utility.office.get("/suspensions").await.good()["suspensions"].clone();
        assert!(listed.as_array().unwrap().iter().all(|one| one["in_force"] == false), "{listed}");
        assert!(truck.may_begin_cut(truck.order_of(account('E')).id));
    }

    /// On the page: what it would stop and whom to call, before the last key; the board says it until it is over.
    async fn a_dispatcher_suspends_and_lifts_on_the_page(db: TestDatabase) {
        let (utility, mut truck) = town(&db).await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        dispatch.opens("/dispatch").await.shows("href=\"/dispatch/suspend\"").does_not_show("Cuts are suspended");
        let page = dispatch.opens("/dispatch/suspend").await;
        page.shows("Suspend cuts in an area").shows("value=\"zip:69999\"").shows("70001 (1 premise)");
        let key = page.hidden("action=\"/dispatch/suspend\"", "key");
        let fields = |why: &'static str| {
            [("key", key.clone()), ("area", "zip:69999".into()), ("reason", "weather".into()),
             ("good_through", String::new()), ("why", why.to_owned())]
        };
        let foreseen = fields("");
        let foreseen: Vec<(&str, &str)> = foreseen.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let shown = dispatch.posts_in_place("/dispatch/suspend/preview", &foreseen).await;
        shown.shows("5 cuts wait on their routes.").shows("Truck 12").shows("Until somebody lifts it.");
        let refused = dispatch.posts_in_place("/dispatch/suspend", &foreseen).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.html);
        let filled = fields("ice storm");
        let filled: Vec<(&str, &str)> = filled.iter().map(|(name, value)| (*name, value.as_str())).collect();
        dispatch.posts_in_place("/dispatch/suspend", &filled).await.shows("Cuts are suspended: ZIP code 69999");
        let board = dispatch.opens("/dispatch").await;
        board.shows("Cuts are suspended: ZIP code 69999").shows("ice storm").shows("5 cuts");
        truck.sync().await;
        truck.sync().await;
        dispatch.opens("/dispatch").await.shows("the tablet has it.");
        let account = format!("/office/accounts/{}", account('E'));
        Visitor::signs_in(&utility.server.url(), "office").await.opens(&account).await.shows("weather");

        let ask = dispatch.opens("/dispatch/suspend/S-1/lift").await;
        ask.shows("5 cuts are open again on the routes that have them").does_not_show("stay stopped");
        let key = ask.hidden("action=\"/dispatch/suspend/S-1/lift\"", "key");
        let _ = dispatch.posts("/dispatch/suspend/S-1/lift", &[("key", &key), ("why", "the ice is gone")]).await;
        dispatch.opens("/dispatch").await.does_not_show("Cuts are suspended");
        dispatch.opens("/dispatch/suspend").await.shows("Earlier").shows("ice storm");
        // In Spanish as well.
        let _ = dispatch.posts("/language", &[("language", "es"), ("back", "/dispatch/suspend")]).await;
        dispatch.opens("/dispatch/suspend").await.shows("Suspender cortes en una zona").shows("Código postal");
    }
}
