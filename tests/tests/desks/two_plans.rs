//! A day that is planned more than once: by two dispatchers, after a listing was withdrawn, or again at noon.

use crate::visitor::Visitor;
use curbstop_shared::time::Span;
use curbstop_tests::{
    desk::text,
    on_both_engines,
    truck::wall_clock,
    utility::{Utility, account},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

async fn built(utility: &Utility) -> String {
    let plan = json!({ "date": utility.date, "crew_ids": [utility.crew] });
    text(&utility.dispatcher.post("/plans", plan).await.good()["id"])
}

/// The crew's row on the board, from its name to the end of its stops.
fn row_of(html: &str, crew: &str) -> String {
    let rows = html.split("<details class=\"route\"").skip(1);
    let mut of_crew = rows.filter(|row| row.contains(&format!("<b>{crew}</b>")));
    of_crew.next().unwrap_or_else(|| panic!("{crew} is not on the board: {html}")).to_owned()
}

/// Where a block of the lanes begins, and where now is.
fn drawn_at(html: &str, number: &str) -> (i64, i64) {
    let block = html.split("<a class=\"pin ").find(|pin| pin.contains(&format!("#order-{number}\"")));
    let block = block.unwrap_or_else(|| panic!("{number} is not drawn: {html}"));
    let read = |text: &str, before: &str| -> i64 {
        text.split(before).nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
    };
    (read(block, "class=\"shape\" x=\""), read(html, "<line class=\"now\" x1=\""))
}

on_both_engines! {
    /// A and B were done in the morning, C is done by the morning's route after the day was published again: all of it is
    /// the truck's day, in its count, in its list, on the map and by time.
    async fn what_was_done_before_the_day_was_published_again_still_counts(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "AB").await;
        let c = truck.order_of(account('C'));
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        assert!(row_of(&dispatch.opens("/dispatch").await.html, "Truck 12").contains("<b>2</b> of 6 done"));
        truck.turns_off(&c, "036500", "L-3");
        let again = utility.publishes().await;
        assert_eq!(again["routes"][0]["stops"].as_array().unwrap().len(), 4, "{again}");
        let row = row_of(&dispatch.opens("/dispatch").await.html, "Truck 12");
        assert!(row.contains("<b>2</b> of 6 done") && row.contains("generation 2"), "{row}");
        let stops = row.split("<tbody>").nth(1).unwrap();
        assert_eq!((stops.matches("generation 1").count(), stops.matches("data-state=\"done\"").count()), (2, 2), "{row}");

        // The tablet sends what it did by the morning's route, and fetches the new one.
        truck.sync().await;
        let row = row_of(&dispatch.opens("/dispatch").await.html, "Truck 12");
        assert!(row.contains("<b>3</b> of 6 done"), "{row}");
        let map = dispatch.opens("/dispatch?view=map").await;
        assert_eq!(map.html.matches("<a class=\"pin done").count(), 3, "{}", map.html);
        let lanes = dispatch.opens("/dispatch?view=lanes").await;
        lanes.shows("3 of 6 done");
        assert_eq!(lanes.html.matches("class=\"visited\"").count(), 3, "{}", lanes.html);
    }

    /// Two dispatchers build the same day. The page of the one says that the other has built it anew; what was built before
    /// the other's was published does not go out over it; the same plan once more changes nothing.
    async fn a_plan_from_before_somebody_else_published_does_not_go_out(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let first = built(&utility).await;
        let mut one = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let page = one.opens("/dispatch?step=3").await;
        let live = page.html.split("data-live=\"/dispatch/steps").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
        let live = format!("/dispatch/steps{live}");
        one.opens(&live).await.does_not_show("Somebody built a newer plan");
        let second = built(&utility).await;
        one.opens(&live).await.shows("Somebody built a newer plan: show it");
        let fields = [("key", "p"), ("date", utility.date.as_str()), ("sure", "yes")];
        let stale = one.posts_in_place(&format!("/dispatch/plans/{first}/publish"), &fields).await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
        stale.shows("A newer plan of this day was built since. Nothing was published");

        let publish = async |plan: &str| utility.dispatcher.post(&format!("/plans/{plan}/publish"), json!({})).await;
        let out = publish(&second).await.good();
        let late = publish(&first).await;
        assert_eq!((late.status, late.code()), (StatusCode::CONFLICT, "plan_overtaken"));
        assert_eq!(publish(&second).await.good(), out, "the same plan once more changes nothing");
        let third = built(&utility).await;
        let _ = publish(&third).await.good();
        let routes = utility.dispatcher.get(&format!("/routes?date={}", utility.date)).await.good();
        assert_eq!(routes["routes"].as_array().unwrap().len(), 2, "{routes}");
    }

    /// The listing is withdrawn, or the truck breaks down, after the plan was built: the page offers to build again and
    /// nothing to publish.
    async fn a_plan_that_can_not_go_out_any_more_is_not_offered(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let _ = built(&utility).await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let again = "Build the day again</a>";
        dispatch.opens("/dispatch?step=3").await.shows("Publish to the tablets").does_not_show(again);
        let out = format!("/crews/{}/out", utility.crew);
        let said = |out: bool| json!({ "date": utility.date, "out": out });
        let _ = utility.dispatcher.post(&out, said(true)).await.good();
        let page = dispatch.opens("/dispatch?step=3").await;
        page.shows("It gives 6 stops to Truck 12, which stays in").shows(again).does_not_show("Publish to the tablets");
        let step = dispatch.opens("/dispatch?step=2").await;
        let box_of_crew = step.html.split(&format!("name=\"crew\" value=\"{}\"", utility.crew)).nth(1).unwrap();
        let box_of_crew = box_of_crew.split("</label>").next().unwrap();
        assert!(!box_of_crew.contains("checked") && box_of_crew.contains("stays in today"), "{box_of_crew}");
        let fields = [("key", "b"), ("date", utility.date.as_str()), ("crew", utility.crew.as_str())];
        dispatch.posts("/dispatch/plan", &fields).await.shows("Truck 12 stays in that day.");
        let _ = utility.dispatcher.post(&out, said(false)).await.good();
        dispatch.opens("/dispatch?step=3").await.shows("Publish to the tablets");

        let wrong = text(&utility.finalised["listing"]["id"]);
        let _ = utility.dispatcher.post(&format!("/listings/{wrong}/withdraw"), json!({ "why": "wrong day" })).await.good();
        let page = dispatch.opens("/dispatch?step=3").await;
        page.shows("Its listing, version 1 from city, was withdrawn: build the day again.").shows(again);
        page.does_not_show("Publish to the tablets").does_not_show("Built, nobody has it yet");
        dispatch.posts("/language", &[("language", "es"), ("back", "/dispatch")]).await;
        dispatch.opens("/dispatch?step=3").await.shows("se retiró: haga el plan de nuevo.");
    }

    /// A pays between building and publishing: the page that published says what fell away and why.
    async fn what_fell_away_before_publishing_is_said(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let plan = built(&utility).await;
        let _ = utility.pays('A', wall_clock()).await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let fields = [("key", "p"), ("date", utility.date.as_str()), ("sure", "yes")];
        let out = dispatch.posts(&format!("/dispatch/plans/{plan}/publish"), &fields).await;
        assert_eq!(out.location, Some(format!("/dispatch?date={}&step=3", utility.date)), "{}", out.html);
        let page = dispatch.opens("/dispatch?step=3").await;
        page.shows("1 stop fell away between building and publishing:").shows("100 ALDER ST: The order is taken back by now.");
        let told = utility.dispatcher.get(&format!("/plans/{plan}")).await.good();
        let of_a = told["left_out"].as_array().unwrap().iter().find(|one| one["account"] == account('A')).unwrap();
        assert_eq!(told["fell_away"], json!([of_a["order_id"]]), "{told}");
    }

    /// B paid and its reconnect is given to Truck 14 by hand. Building again leaves it there, and where somebody gave it
    /// back to Truck 12, with Truck 12.
    async fn what_was_given_by_hand_stays_with_its_crew_when_the_day_is_built_again(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let hours = json!({ "from": "08:00", "to": "08:40" });
        let _ = utility.sends_out(json!({ "date": utility.date, "crew_ids": [utility.crew], "shift": hours })).await;
        let other = utility.hires("Truck 14", "555-0114", "joe").await;
        let _ = utility.sends_out(json!({ "date": utility.date, "crew_ids": [other] })).await;
        let mut truck = utility.truck(&utility.server.url()).await;
        let cut = truck.orders().remove(0);
        truck.turns_off(&cut, "036500", "L-1");
        truck.sync().await;
        let letter = "ABCDEF".chars().find(|letter| Some(account(*letter)) == cut.account.as_deref()).unwrap();
        let paid = utility.pays(letter, wall_clock() + Span::seconds(3)).await;
        let reconnect = text(&paid["reconnects"][0]["order_id"]);
        let mut from: Option<String> = None;
        for crew in [&other, &utility.crew, &other] {
            let day = utility.dispatcher.get(&format!("/routes?date={}", utility.date)).await.good();
            let newest = |crew: &str| -> String {
                let of_crew = day["routes"].as_array().unwrap().iter().filter(|route| route["crew_id"] == crew);
                text(&of_crew.max_by_key(|route| route["generation"].as_i64()).unwrap()["id"])
            };
            let mut given = json!({ "order_id": reconnect });
            if let Some(from) = &from {
                given["from_route_id"] = json!(newest(from));
            }
            let _ = utility.dispatcher.post(&format!("/routes/{}/orders", newest(crew)), given).await.good();
            // Twice: the second plan finds it on a route that the first one made.
            for _ in 0..2 {
                let plan = utility.sends_out(json!({ "date": utility.date, "crew_ids": [utility.crew, other] })).await;
                let has_it = |route: &&Value| route["stops"].as_array().unwrap().iter().any(|stop| stop["order_id"] == reconnect.as_str());
                let route = plan["routes"].as_array().unwrap().iter().find(has_it).unwrap_or_else(|| panic!("on no route: {plan}"));
                assert_eq!(&text(&route["crew_id"]), crew, "{plan}");
            }
            from = Some(crew.clone());
        }
    }

    /// A reconnect that was given by hand has no planned time: by time it stands where the crew may come to it, not at the
    /// start of the day.
    async fn by_time_a_given_reconnect_stands_when_the_crew_may_come_to_it(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "A").await;
        let paid = utility.pays('A', wall_clock() + Span::seconds(3)).await;
        let (order, number) = (text(&paid["reconnects"][0]["order_id"]), text(&paid["reconnects"][0]["order"]));
        let day = utility.dispatcher.get(&format!("/routes?date={}", utility.date)).await.good();
        let path = format!("/routes/{}/orders", text(&day["routes"][0]["id"]));
        let _ = utility.dispatcher.post(&path, json!({ "order_id": order })).await.good();
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let lanes = dispatch.opens("/dispatch?view=lanes").await;
        let (block, now) = drawn_at(&lanes.html, &number);
        assert!(block >= now - 1, "{number} is drawn at {block}, now is at {now}");
        let said = lanes.html.split(&format!("#order-{number}\"")).nth(1).unwrap().split("</title>").next().unwrap();
        assert!(said.contains("not before "), "{said}");
    }
}
