//! The day is out and goes otherwise: a crew can't be heard of, a crew stays at home, its work goes to others.

use crate::visitor::Visitor;
use curbstop_shared::time::Span;
use curbstop_tests::{
    desk::text,
    on_both_engines,
    truck::wall_clock,
    utility::{Utility, account},
};
use reqwest::StatusCode;
use serde_json::json;

on_both_engines! {
    /// Truck 12 has a reconnect, and its tablet dies: the list says so with age and deadline, and Truck 14 gets it from
    /// there. Until somebody of Truck 12 has seen that, the list says that two may go.
    async fn a_reconnect_whose_truck_is_out_of_reach_is_given_over_from_the_list(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let short = json!({ "date": utility.date, "crew_ids": [utility.crew], "shift": { "from": "08:00", "to": "08:20" } });
        let first_plan = utility.sends_out(short).await;
        let other = utility.hires("Truck 14", "555-0114", "joe").await;
        let _ = utility.sends_out(json!({ "date": utility.date, "crew_ids": [other] })).await;
        let mut first = utility.truck_of(&utility.crew, "tablet 12").await;
        let mut second = utility.truck_of(&other, "tablet 14").await;
        let cut = first.orders().remove(0);
        first.turns_off(&cut, "036500", "L-1");
        first.sync().await;
        let letter = "ABCDEF".chars().find(|letter| Some(account(*letter)) == cut.account.as_deref()).unwrap();
        let paid = utility.pays(letter, wall_clock() + Span::seconds(3)).await;
        let reconnect = text(&paid["reconnects"][0]["order_id"]);
        let number = text(&paid["reconnects"][0]["order"]);
        let given = format!("/routes/{}/orders", text(&first_plan["routes"][0]["route_id"]));
        let _ = utility.dispatcher.post(&given, json!({ "order_id": reconnect })).await.good();
        first.sync().await;
        first.sync().await;

        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let board = dispatch.opens("/dispatch/board").await;
        board.does_not_show("Call the crew, or give it to another.").shows("Give it to another crew");
        let _ = utility.dispatcher.post(&format!("/devices/{}/revoke", first.device()), json!({})).await;
        let board = dispatch.opens("/dispatch/board").await;
        board.shows(&format!("data-key=\"out-of-reach-{number}\"")).shows("Paid: called for");
        board.shows("Truck 12 has it: tablet 12 (out of service). Call the crew, or give it to another.");
        let item = board.html.split("data-key=\"out-of-reach-").nth(1).unwrap().split("</li>").next().unwrap();
        assert!(item.contains("by <time") && item.contains("tel:555-0112") && item.contains("Give it over to"), "{item}");
        let from = board.hidden("data-key=\"out-of-reach-", "from");
        let route = item.split("name=\"route\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let fields = [("order", reconnect.as_str()), ("route", route), ("from", &from), ("date", &utility.date)];
        let without = [fields[0], fields[1], fields[3]];
        let refused = dispatch.posts("/dispatch/give", &without).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        refused.shows(&format!("{number}: Truck 12 has it already. Nothing was changed."));
        assert_eq!(dispatch.posts("/dispatch/give", &fields).await.status, StatusCode::SEE_OTHER);
        let board = dispatch.opens("/dispatch/board").await;
        board.does_not_show("data-key=\"out-of-reach-");
        board.shows("Truck 12 · does not know yet what left its route").shows(&format!("{number}: Went to Truck 14. tablet 12 (out of service) has not seen it"));

        second.sync().await;
        let mine = second.orders().into_iter().find(|order| order.id.to_string() == reconnect).unwrap();
        second.turns_on(&mine);
        second.sync().await;
        dispatch.opens("/dispatch/board").await.does_not_show("does not know yet");
    }

    /// Truck 12 stays at home and the day is planned anew for Truck 14 alone: the plan says whose the stops are, the
    /// dispatcher takes them back, Truck 12 is told, and Truck 14 gets what was not done.
    async fn a_crew_left_out_of_a_new_plan_gives_its_stops_back(db: TestDatabase) {
        let (utility, mut first) = Utility::with_cuts_at(&db, "B").await;
        let other = utility.hires("Truck 14", "555-0114", "joe").await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let fields = [("key", "plan-1"), ("date", utility.date.as_str()), ("crew", other.as_str()), ("from", "08:00"), ("to", "23:00")];
        dispatch.posts("/dispatch/plan", &fields).await;
        let page = dispatch.opens("/dispatch?step=3").await;
        page.shows("0 stops for 1").shows("· 0 left out").shows("<h3>Still on the route of Truck 12, of this day</h3>").shows("Take its stops back (5)</button>");
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let account_page = office.opens(&format!("/office/accounts/{}", account('A'))).await;
        account_page.shows("Truck 12").does_not_show("route because:");
        let path = page.html.split("action=\"").map(|rest| rest.split('"').next().unwrap()).find(|path| path.ends_with("/take-back")).unwrap().to_owned();
        let key = page.hidden(&path, "key");
        let plan = page.hidden(&path, "plan");
        let back = [("key", key.as_str()), ("date", utility.date.as_str()), ("plan", plan.as_str())];
        assert_eq!(office.posts(&path, &back).await.status, StatusCode::FORBIDDEN);
        let route = path.split('/').nth(3).unwrap().to_owned();
        // One of them alone, over the API: the others stay.
        let one = json!({ "order_ids": [first.order_of(account('F')).id] });
        let taken = utility.dispatcher.post(&format!("/routes/{route}/take-back"), one).await.good();
        assert_eq!(taken["orders"], json!([first.order_of(account('F')).number]));
        let answer = dispatch.posts(&path, &back).await;
        assert_eq!(answer.location, Some(format!("/dispatch?date={}&step=2", utility.date)), "{}", answer.html);
        assert_eq!(dispatch.posts(&path, &back).await.status, StatusCode::SEE_OTHER, "the same press again changes nothing");
        let twice = [("key", "another"), back[1], back[2]];
        dispatch.posts_in_place(&path, &twice).await.shows("Truck 12: none of these stops is on its route any more.");
        let nothing_left = utility.dispatcher.post(&format!("/routes/{route}/take-back"), json!({})).await.good();
        assert_eq!((&nothing_left["orders"], &nothing_left["crew_name"]), (&json!([]), &json!("Truck 12")));
        let board = dispatch.opens("/dispatch/board").await;
        board.shows("These stops left its route").shows("and more: 5").shows("Until then it may still go there: call.").shows("<b>1</b> of 1 done");
        board.shows("5 orders of this day are on nobody&#39;s route");
        // The plan was built before: what it left out stands as it is now.
        let page = dispatch.opens("/dispatch?step=3").await;
        page.shows("<h3>Taken back from their routes, on nobody&#39;s now</h3>").shows("5 left out");
        page.does_not_show("Still on the route of").does_not_show("/take-back");

        let again = [("key", "plan-2"), fields[1], fields[2], fields[3], fields[4]];
        dispatch.posts("/dispatch/plan", &again).await;
        dispatch.opens("/dispatch?step=3").await.shows("5 stops for 1").does_not_show("Still on the route of");
        // Out of reach, Truck 12 did one of them: it counts. Then it hears.
        let done = first.order_of(account('C'));
        first.turns_off(&done, "036500", "L-9");
        first.sync().await;
        assert_eq!(first.taps_on_recalls(), 5);
        first.sync().await;
        let order = utility.office.get(&format!("/orders/{}", done.id)).await.good();
        assert_eq!(order["state"], "done", "{order}");
        dispatch.opens("/dispatch/board").await.does_not_show("does not know yet");
        let page = dispatch.opens("/dispatch?step=3").await;
        let plan = page.html.split("/dispatch/plans/").nth(1).unwrap().split('/').next().unwrap().to_owned();
        let out = utility.dispatcher.post(&format!("/plans/{plan}/publish"), json!({})).await.good();
        let stops = out["routes"][0]["stops"].as_array().unwrap();
        assert_eq!(stops.len(), 4, "all but what was done: {out}");
        let second = utility.truck_of(&other, "tablet 14").await;
        assert_eq!(second.orders().len(), 4);
    }

    /// The day is published again while the tablet still holds the first route: whoever paid is so many stops away as the
    /// crew drives, and is told crew, telephone and last contact, whether the newer route has the stop or not.
    async fn what_the_tablet_holds_says_how_far_it_is(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "").await;
        truck.sync().await;
        let before = utility.pays('C', wall_clock()).await;
        assert_eq!((&before["stopped"][0]["stops_away"], &before["stopped"][0]["tablet_has_seen"]), (&json!(2), &json!(false)));
        let short = json!({ "date": utility.date, "crew_ids": [utility.crew], "shift": { "from": "08:00", "to": "08:20" } });
        let newer = utility.sends_out(short).await;
        let kept: Vec<&str> = newer["routes"][0]["stops"].as_array().unwrap().iter().map(|stop| stop["account"].as_str().unwrap()).collect();
        assert!((1..3).contains(&kept.len()) && !kept.contains(&account('F')), "{newer}");
        // One that the newer route has, and one that it left out: A, B, D and E come before F as the crew drives.
        let letter = if kept.contains(&account('E')) { 'D' } else { 'E' };
        let (early, late) = (utility.pays(letter, wall_clock()).await, utility.pays('F', wall_clock()).await);
        let said = |paid: &serde_json::Value| {
            let stopped = &paid["stopped"][0];
            assert!(stopped["last_contact_s"].is_i64() && stopped["tablet_has_seen"] == false, "{paid}");
            json!([stopped["crew"], stopped["phone"], stopped["stops_away"]])
        };
        let away = if letter == 'D' { 2 } else { 3 };
        assert_eq!((said(&early), said(&late)), (json!(["Truck 12", "555-0112", away]), json!(["Truck 12", "555-0112", 3])));

        let who = async |letter: char| utility.office.get(&format!("/accounts/{}", account(letter))).await.good()["answer"].clone();
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let board = dispatch.opens("/dispatch/board").await;
        for (letter, away) in [('C', 2), (letter, away), ('F', 3)] {
            let answer = who(letter).await;
            let said = answer["who"].as_str().unwrap_or_else(|| panic!("{letter}: {answer}"));
            assert!(said.starts_with(&format!("Truck 12, {away} stops away, last contact ")), "{letter}: {said}");
            assert_eq!(answer["phone"], "555-0112");
            let recalls = board.html.split("data-key=\"recall-").skip(1).map(|entry| entry.split("</li>").next().unwrap());
            let entries: Vec<&str> = recalls.filter(|entry| entry.contains(&format!("/office/accounts/{}", account(letter)))).collect();
            let [entry] = &entries[..] else { panic!("{letter}: one entry, not {}", entries.len()) };
            assert!(entry.contains(&format!("stop is {away} away.")) && entry.contains("tel:555-0112"), "{letter}: {entry}");
        }
        // It hears of all that, and says that it has the newer route: nobody has tapped yet.
        truck.sync().await;
        truck.sync().await;
        let answer = who('F').await;
        assert!(answer["who"].as_str().is_some_and(|who| who.starts_with("Truck 12")), "{answer}");
        dispatch.opens("/dispatch/board").await.shows("has it, nobody has tapped on it");
        truck.taps_on_recalls();
        truck.sync().await;
        assert_eq!(who('F').await["who"], json!(null));
    }

    /// Taken back from a truck that is out of reach, and nobody has it yet: the account says that this truck may still come.
    async fn a_truck_that_cannot_know_of_a_stop_s_leaving_may_still_come(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "").await;
        truck.sync().await;
        let day = utility.dispatcher.get(&format!("/routes?date={}", utility.date)).await.good();
        let route = text(&day["routes"][0]["id"]);
        let only = json!({ "order_ids": [truck.order_of(account('C')).id] });
        let _ = utility.dispatcher.post(&format!("/routes/{route}/take-back"), only).await.good();
        let who = async || utility.office.get(&format!("/accounts/{}", account('C'))).await.good()["answer"].clone();
        let answer = who().await;
        let said = answer["who"].as_str().unwrap();
        assert!(said.starts_with("not on its route any more, but this crew's tablet does not know it: Truck 12, 2 stops away, last contact"), "{said}");
        assert_eq!(answer["phone"], "555-0112");
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        office.opens(&format!("/office/accounts/{}", account('C'))).await.shows("(left its route)");
        truck.sync().await;
        truck.sync().await;
        assert_eq!((&who().await["who"], &who().await["phone"]), (&json!("on no route yet"), &json!(null)));
    }
}
