//! A listing turns out to be wrong: it is withdrawn, and whoever was to be cut because of it is left alone.

use crate::visitor::Visitor;
use curbstop_field::core::view::{self, Now};
use curbstop_server::store::audit;
use curbstop_shared::{disposition::WhyNot, route_document::PublishedOrder, time::Span};
use curbstop_tests::{
    desk::{Desk, text},
    on_both_engines,
    truck::{Truck, wall_clock},
    utility::{PASSWORD, Utility, account, listing_csv},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// The listing as it should have been: E as before, and F, who owes less.
fn corrected(day: &str) -> Vec<u8> {
    let all = String::from_utf8(listing_csv(day, "")).unwrap();
    let gone = |line: &&str| !['A', 'B', 'C', 'D'].iter().any(|letter| line.starts_with(account(*letter)));
    let kept: Vec<&str> = all.split("\r\n").filter(gone).collect();
    kept.join("\r\n").replace("$150.00", "$140.00").into_bytes()
}

async fn comes_in(utility: &Utility, file: Vec<u8>) -> Value {
    utility.dispatcher.upload(&format!("/listings?source=city&as_of={}", utility.date), file).await.good()["listing"]
        .clone()
}

async fn order_of(utility: &Utility, letter: char) -> Value {
    let orders = utility.office.get(&format!("/orders?kind=turn_off&account={}", account(letter))).await.good();
    let id = text(&orders["orders"][0]["id"]);
    utility.office.get(&format!("/orders/{id}")).await.good()
}

async fn exceptions_of(utility: &Utility, letter: char) -> Vec<String> {
    let open = utility.office.get(&format!("/exceptions?account={}", account(letter))).await.good();
    let mut kinds: Vec<String> = open["exceptions"].as_array().unwrap().iter().map(|it| text(&it["kind"])).collect();
    kinds.sort();
    kinds
}

fn why_not(truck: &Truck, order: &PublishedOrder) -> Option<WhyNot> {
    let now = Now { at: truck.now(), utc_offset: Span::minutes(-7 * 60) };
    view::stop_in_full(truck.tablet.state(), order.id, now).unwrap().disposition.why_not.clone()
}

fn numbers(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|it| text(if it.is_object() { &it["order"] } else { it })).collect()
}

on_both_engines! {
    /// A is cut, B has paid, Truck 12 is just cutting C where there is no signal, D to F are still to come; E is rightly
    /// on the corrected listing too, F with another amount.
    async fn a_wrong_listing_comes_back_from_the_trucks_and_what_was_done_is_named(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "A").await;
        let _ = utility.pays('B', wall_clock()).await;
        truck.sync().await;
        let (c, d) = (truck.order_of(account('C')), truck.order_of(account('D')));
        let second = comes_in(&utility, corrected(&utility.date)).await;
        let _ = utility.dispatcher.post(&format!("/listings/{}/finalise", text(&second["id"])), json!({})).await.good();
        let wrong = text(&utility.finalised["listing"]["id"]);
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        dispatch.opens("/dispatch?step=1").await.shows(&format!("/dispatch/listings/{wrong}/withdraw"));
        let ask = dispatch.opens(&format!("/dispatch/listings/{wrong}/withdraw")).await;
        ask.shows("3 orders end; all are with 1 crew.").shows("<b>Truck 12</b>: 3 orders; heard of");
        ask.shows("1 was paid for or taken back before").shows("1 was done already:").shows("is also on version 2");
        assert_eq!(order_of(&utility, 'D').await["state"], "open", "asked, and nothing more");

        truck.turns_off(&c, "036500", "L-9");
        let path = format!("/listings/{wrong}/withdraw");
        assert_eq!(utility.dispatcher.post(&path, json!({ "why": " " })).await.code(), "why_missing");
        assert_eq!(utility.office.post(&path, json!({ "why": "not mine to say" })).await.code(), "role_forbids");
        let why = json!({ "why": "last month's file" });
        let done = utility.dispatcher.post_once(&path, why.clone(), "once").await.good();
        assert_eq!(utility.dispatcher.post_once(&path, why.clone(), "once").await.good(), done);
        assert_eq!(utility.dispatcher.post(&path, why).await.code(), "listing_withdrawn");
        let mut of = Vec::new();
        for letter in "ABCDEF".chars() {
            of.push(order_of(&utility, letter).await);
        }
        let number = |n: usize| text(&of[n]["number"]);
        let mut recalled = numbers(&done["recalled"]);
        recalled.sort();
        let mut meant = vec![number(2), number(3), number(5)];
        meant.sort();
        assert_eq!(recalled, meant, "{done}");
        assert_eq!((numbers(&done["done"]), numbers(&done["stays"])), (vec![number(0)], vec![number(4)]));
        assert_eq!((&done["over_before"], &done["differs"]), (&json!(1), &json!([account('F')])));
        let states: Vec<&str> = of.iter().map(|order| order["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["done", "recalled", "recalled", "recalled", "open", "recalled"]);

        truck.sync().await;
        assert_eq!(truck.tablet.unsent(), 0);
        assert_eq!(order_of(&utility, 'C').await["state"], "done", "it was honest work");
        // Whether what was not meant to be cut is charged, a person says.
        assert_eq!(exceptions_of(&utility, 'C').await, ["fee_in_doubt", "visit_after_recall"]);
        assert_eq!(exceptions_of(&utility, 'A').await, Vec::<String>::new());
        assert!(matches!(why_not(&truck, &d), Some(WhyNot::Recalled { .. })), "{:?}", why_not(&truck, &d));
        assert_eq!(why_not(&truck, &truck.order_of(account('E'))), None);
        let trail = audit::page(&mut db.open().await.reader().await.unwrap(), 0, 200).await.unwrap();
        let said = trail.iter().find(|line| line.action == "listing_withdrawn").unwrap();
        assert!(said.details.contains("last month's file"), "{}", said.details);

        let plan = utility.publishes().await;
        let mut planned: Vec<String> =
            plan["routes"][0]["stops"].as_array().unwrap().iter().map(|stop| text(&stop["account"])).collect();
        planned.sort();
        assert_eq!(planned, [account('E'), account('F')], "only what the corrected listing has");
        let again = comes_in(&utility, listing_csv(&utility.date, "")).await;
        assert_eq!((&again["state"], &again["number"]), (&json!("draft"), &Value::Null), "{again}");
        assert_ne!(text(&again["id"]), wrong);
    }

    /// Nobody has fetched the route: the page says whom to call. A supervisor gives service back in the same step.
    async fn a_supervisor_withdraws_it_from_the_page_and_gives_service_back(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.server.command(&["user", "add", "supervisor", "--role", "supervisor"], &format!("{PASSWORD}\n"));
        utility.publishes().await;
        let wrong = text(&utility.finalised["listing"]["id"]);
        let path = format!("/dispatch/listings/{wrong}/withdraw");
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        dispatch.opens(&path).await.shows("<b>Truck 12</b>: 6 orders; no tablet has said").shows("tel:555-0112");
        let mut truck = utility.truck(&utility.server.url()).await;
        truck.turns_off(&truck.order_of(account('A')), "036500", "L-1");
        truck.sync().await;
        dispatch.opens(&path).await.does_not_show("name=\"give_back\"");
        let forbidden = json!({ "why": "wrong", "give_back": true });
        assert_eq!(utility.dispatcher.post(&format!("/listings/{wrong}/withdraw"), forbidden).await.code(), "role_forbids");

        let mut supervisor = Visitor::signs_in(&utility.server.url(), "supervisor").await;
        let ask = supervisor.opens(&path).await;
        ask.shows("name=\"give_back\"").shows("data-into=\"answered\" data-once");
        let key = ask.hidden("data-into=\"answered\"", "key");
        let refused = supervisor.posts(&path, &[("key", &key), ("why", "")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let fields = [("key", key.as_str()), ("why", "notices were never mailed"), ("give_back", "yes")];
        supervisor.posts(&path, &fields).await.shows("withdrawn.").shows("5 orders end; all are with 1 crew.").shows("Service is given back at 1");
        supervisor.opens("/dispatch?step=1").await.shows("withdrawn").does_not_show(&path);
        let account_a = supervisor.opens(&format!("/office/accounts/{}", account('A'))).await;
        account_a.shows("Reconnect R-").shows("billing error");
        supervisor.posts("/language", &[("language", "es"), ("back", "/dispatch")]).await;
        supervisor.opens("/dispatch?step=1").await.shows("retirada");
    }

    /// A draft is withdrawn too: it gets its number, and can't become final any more.
    async fn a_draft_is_withdrawn_before_anybody_plans_it(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let draft = text(&comes_in(&utility, corrected(&utility.date)).await["id"]);
        let why = json!({ "why": "the wrong day" });
        let done = utility.dispatcher.post(&format!("/listings/{draft}/withdraw"), why.clone()).await.good();
        assert_eq!((&done["number"], &done["recalled"]), (&json!(2), &json!([])));
        let finalise = format!("/listings/{draft}/finalise");
        assert_eq!(utility.dispatcher.post(&finalise, json!({})).await.code(), "listing_withdrawn");
        let again = comes_in(&utility, corrected(&utility.date)).await;
        assert_eq!(again["state"], "draft");
        let next = utility.dispatcher.post(&format!("/listings/{}/finalise", text(&again["id"])), json!({})).await.good();
        assert_eq!(next["listing"]["number"], json!(3));
        let nobody = Desk::sign_in(&utility.server.url(), "office", PASSWORD).await;
        assert_eq!(nobody.post(&format!("/listings/{draft}/withdraw"), why).await.code(), "role_forbids");
    }

    /// Two orders are with Truck 12, which is out of reach, and one of them went over to Truck 14, which may have it too:
    /// it is one order.
    async fn an_order_that_two_trucks_may_have_counts_once(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let short = json!({ "date": utility.date, "crew_ids": [utility.crew], "shift": { "from": "08:00", "to": "08:20" } });
        let first = utility.sends_out(short).await;
        let stops = first["routes"][0]["stops"].as_array().unwrap().clone();
        let mut truck = utility.truck(&utility.server.url()).await;
        truck.sync().await;
        let path = format!("/dispatch/listings/{}/withdraw", text(&utility.finalised["listing"]["id"]));
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let of_them = format!("6 orders end; {} of them are with 1 crew.", stops.len());
        assert!((2..6).contains(&stops.len()), "{first}");
        dispatch.opens(&path).await.shows(&of_them);
        let route = text(&first["routes"][0]["route_id"]);
        let one = json!({ "order_ids": [stops[0]["order_id"]] });
        let _ = utility.dispatcher.post(&format!("/routes/{route}/take-back"), one).await.good();
        let other = utility.hires("Truck 14", "555-0114", "joe").await;
        let _ = utility.sends_out(json!({ "date": utility.date, "crew_ids": [other] })).await;
        let ask = dispatch.opens(&path).await;
        ask.shows("6 orders end; all are with 2 crews.").shows(&format!("<b>Truck 12</b>: {} orders", stops.len()));
        ask.shows(&format!("<b>Truck 14</b>: {} orders", 7 - stops.len()));
    }
}
