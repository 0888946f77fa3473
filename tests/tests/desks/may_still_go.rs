//! Who may still come to cut: every truck whose tablet may have the order in hand, by the tablet that says least.

use crate::visitor::{Visitor, now_at_the_utility};
use curbstop_server::store::documents;
use curbstop_shared::time::Span;
use curbstop_tests::{
    database::TestDatabase,
    desk::text,
    on_both_engines,
    truck::{Truck, wall_clock},
    utility::{PASSWORD, Utility, account},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// A tablet was not heard of for so many minutes.
async fn is_silent_for(db: &TestDatabase, truck: &Truck, minutes: i64) {
    let store = db.open().await;
    let mut work = store.begin().await.unwrap();
    let then = wall_clock() - Span::minutes(minutes);
    documents::put_contact(&mut work, truck.device(), then, Span::minutes(0)).await.unwrap();
    work.commit().await.unwrap();
}

async fn answer_of(utility: &Utility, letter: char) -> Value {
    utility.office.get(&format!("/accounts/{}", account(letter))).await.good()["answer"].clone()
}

/// The crews of a list of cuts stopped, each with what whoever calls needs.
fn crews(stopped: &Value) -> Vec<String> {
    let named = |one: &Value| {
        assert!(one["phone"].is_string() && one["stops_away"].is_i64() && one["last_contact_s"].is_i64(), "{one}");
        text(&one["crew"])
    };
    stopped.as_array().unwrap().iter().map(named).collect()
}

/// The entries of the list beside the board that are about an account.
fn entries<'h>(html: &'h str, begins: &str, letter: char) -> Vec<&'h str> {
    let all = html.split("<li class=\"").skip(1).map(|entry| entry.split("</li>").next().unwrap());
    let of_kind = all.filter(|entry| entry.contains(&format!("data-key=\"{begins}")));
    of_kind.filter(|entry| entry.contains(&format!("/office/accounts/{}", account(letter)))).collect()
}

on_both_engines! {
    /// C leaves Truck 12 where it is out of reach, goes to Truck 14, and pays: both trucks are named with their phones
    /// until each has seen it, whichever taps first. E was taken back and is on no route: Truck 12 may come all the same.
    async fn every_truck_that_may_have_it_is_named_until_each_has_seen_it(db: TestDatabase) {
        let (utility, mut first) = Utility::with_cuts_at(&db, "").await;
        first.sync().await;
        let day = utility.dispatcher.get(&format!("/routes?date={}", utility.date)).await.good();
        let take_back = format!("/routes/{}/take-back", text(&day["routes"][0]["id"]));
        let of = |truck: &Truck, letter: char| json!({ "order_ids": [truck.order_of(account(letter)).id] });
        let _ = utility.dispatcher.post(&take_back, of(&first, 'C')).await.good();
        let other = utility.hires("Truck 14", "555-0114", "joe").await;
        let _ = utility.sends_out(json!({ "date": utility.date, "crew_ids": [other] })).await;
        let mut second = utility.truck_of(&other, "tablet 14").await;
        second.sync().await;
        let answer = answer_of(&utility, 'C').await;
        assert!(text(&answer["who"]).starts_with("Truck 14, it is the next stop"), "{answer}");
        assert!(text(&answer["also"][0]["who"]).contains("does not know it: Truck 12, 2 stops away"), "{answer}");
        assert_eq!(answer["also"][0]["phone"], "555-0112");

        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let page = format!("/office/accounts/{}", account('C'));
        let now = now_at_the_utility();
        let money = [("amount", "99.99"), ("tender", "cash"), ("confirmation", "R-C"), ("paid_at", now.as_str()), ("key", "c")];
        let preview = office.posts(&format!("{page}/payment/preview"), &money).await;
        preview.shows("on Truck 14, it is the next stop").shows("555-0114");
        preview.shows("on Truck 12, which may not know that it left its route, 2 stops away").shows("555-0112");
        let paid = utility.pays('C', wall_clock()).await;
        assert_eq!(crews(&paid["stopped"]), ["Truck 14", "Truck 12"], "{paid}");
        office.opens(&page).await.shows("answer wait").shows("tel:555-0114").shows("tel:555-0112");
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let board = dispatch.opens("/dispatch/board").await;
        let rows = entries(&board.html, "recall-", 'C');
        assert!(rows.len() == 2 && rows.iter().all(|row| row.contains("(paid ")), "{rows:?}");

        second.sync().await;
        second.taps_on_recalls();
        second.sync().await;
        let answer = answer_of(&utility, 'C').await;
        assert!(text(&answer["who"]).starts_with("Truck 12, 2 stops away, last contact"), "{answer}");
        assert_eq!((&answer["tone"], &answer["phone"], &answer["also"]), (&json!("wait"), &json!("555-0112"), &json!([])));
        office.opens(&page).await.shows("has not seen it").does_not_show("tel:555-0114");
        let board = dispatch.opens("/dispatch/board").await;
        let [row] = entries(&board.html, "recall-", 'C')[..] else { panic!("Truck 12 alone") };
        assert!(row.contains("tel:555-0112"), "{row}");

        let _ = utility.dispatcher.post(&take_back, of(&first, 'E')).await.good();
        let paid = utility.pays('E', wall_clock()).await;
        assert_eq!(crews(&paid["stopped"]), ["Truck 12"], "{paid}");
        let answer = answer_of(&utility, 'E').await;
        assert_eq!((&answer["code"], &answer["tone"], &answer["phone"]), (&json!("taken_back"), &json!("wait"), &json!("555-0112")));
        assert!(text(&answer["who"]).starts_with("Truck 12, "), "{answer}");

        first.sync().await;
        first.taps_on_recalls();
        first.sync().await;
        for letter in ['C', 'E'] {
            let answer = answer_of(&utility, letter).await;
            assert_eq!((&answer["who"], &answer["tone"]), (&json!(null), &json!("restore")), "{letter}: {answer}");
        }

        // The other way round: Truck 12 taps first, and Truck 14 has D on its route.
        let _ = utility.dispatcher.post(&take_back, of(&first, 'D')).await.good();
        let _ = utility.sends_out(json!({ "date": utility.date, "crew_ids": [other] })).await;
        let _ = utility.pays('D', wall_clock()).await;
        first.sync().await;
        first.taps_on_recalls();
        first.sync().await;
        let answer = answer_of(&utility, 'D').await;
        assert!(text(&answer["who"]).starts_with("Truck 14, it is the next stop"), "{answer}");
        assert_eq!((&answer["tone"], &answer["also"]), (&json!("wait"), &json!([])));
        dispatch.opens("/dispatch/board").await.shows("The crew has not seen it yet.");
    }

    /// The truck's tablet is silent for 50 minutes; a spare at the depot has the route too and calls every minute.
    async fn a_spare_at_the_depot_does_not_make_a_silent_truck_look_reachable(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "").await;
        truck.sync().await;
        let mut spare = utility.truck_of(&utility.crew, "spare").await;
        spare.sync().await;
        is_silent_for(&db, &truck, 50).await;
        assert!(text(&answer_of(&utility, 'A').await["who"]).contains("last contact 50 min ago"));
        let paid = utility.pays('A', wall_clock()).await;
        assert!(paid["stopped"][0]["last_contact_s"].as_i64().unwrap() >= 3_000, "{paid}");
        spare.sync().await;
        spare.sync().await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let board = dispatch.opens("/dispatch/board").await;
        let [row] = entries(&board.html, "recall-", 'A')[..] else { panic!("one row") };
        assert!(row.contains("tablet 12 has not seen it, last contact 50 min ago"), "{row}");
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        office.posts(&format!("/office/accounts/{}/hold/preview", account('B')), &[("kind", "medical")]).await
            .shows("last contact 50 min ago");
        let wrong = text(&utility.finalised["listing"]["id"]);
        dispatch.opens(&format!("/dispatch/listings/{wrong}/withdraw")).await.shows("out of reach for 50 min");
    }

    /// A tablet is lost with the route on it and taken out of service: it counts as with the crew until it is handed in.
    async fn a_lost_tablet_counts_as_with_the_crew_until_it_is_handed_in(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "").await;
        truck.sync().await;
        truck.turns_off(&truck.order_of(account('F')), "036500", "L-6");
        let _ = utility.dispatcher.post(&format!("/devices/{}/revoke", truck.device()), json!({})).await.good();
        let paid = utility.pays('A', wall_clock()).await;
        assert_eq!(crews(&paid["stopped"]), ["Truck 12"], "{paid}");
        assert_eq!(paid["stopped"][0]["tablet_has_seen"], false);
        let wrong = text(&utility.finalised["listing"]["id"]);
        let ask = format!("/dispatch/listings/{wrong}/withdraw");
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        dispatch.opens(&ask).await.shows("is out of service and was not handed in: call").shows("tel:555-0112");
        assert!(truck.reaches_out().await.is_err(), "it hears that it is out of service");
        assert!(truck.hands_in().await.is_some());
        dispatch.opens(&ask).await.does_not_show("is out of service").shows("no tablet has said that it has the route");
    }

    /// The day was published again and Truck 12 still works by the first route: the withdrawal names it once. Afterwards
    /// the list has who paid and who is protected one by one, with the reason, and all others as one line for the truck.
    async fn a_withdrawal_names_a_truck_once_and_hides_nobody_who_paid(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "").await;
        truck.sync().await;
        let _ = utility.publishes().await;
        let _ = utility.pays('B', wall_clock()).await;
        let hold = json!({ "account": account('E'), "kind": "medical", "comment": "letter" });
        let _ = utility.office.post("/holds", hold).await.good();
        let wrong = text(&utility.finalised["listing"]["id"]);
        let path = format!("/dispatch/listings/{wrong}/withdraw");
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let ask = dispatch.opens(&path).await;
        assert_eq!(ask.html.matches("data-truck=\"Truck 12\"").count(), 1, "{}", ask.html);
        ask.shows(" with 1 crew.").shows("<b>Truck 12</b>: ");
        let _ = utility.dispatcher.post(&format!("/listings/{wrong}/withdraw"), json!({ "why": "last month's" })).await.good();
        let board = dispatch.opens("/dispatch/board").await;
        let rows: Vec<&str> = board.html.split("data-key=\"recall").skip(1).map(|row| row.split("</li>").next().unwrap()).collect();
        let [first, second, many] = &rows[..] else { panic!("three lines: {rows:#?}") };
        assert!(first.contains("(paid ") || second.contains("(paid "), "{rows:#?}");
        assert!(first.contains("(protected)") || second.contains("(protected)"), "{rows:#?}");
        assert!(many.contains("Truck 12 · 4 orders taken back, not seen") && many.contains("(listing withdrawn)"), "{many}");
        assert!(many.contains("and more: 4. Call the crew: make none of them.") && many.contains("tel:555-0112"), "{many}");
        dispatch.posts("/language", &[("language", "es"), ("back", "/dispatch")]).await;
        dispatch.opens("/dispatch/board").await.shows("4 órdenes retiradas, sin ver").shows("(lista retirada)").shows("(pagada ");
    }

    /// A plan is built, then its listing is withdrawn: nothing goes out, and the page says what to do.
    async fn a_plan_of_a_listing_that_was_withdrawn_does_not_go_out(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let built = json!({ "date": utility.date, "crew_ids": [utility.crew] });
        let plan = text(&utility.dispatcher.post("/plans", built).await.good()["id"]);
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        dispatch.opens("/dispatch?step=3").await.shows("Truck 12 has 6 stops and no tablet in service: its route reaches nobody.");
        let wrong = text(&utility.finalised["listing"]["id"]);
        let _ = utility.dispatcher.post(&format!("/listings/{wrong}/withdraw"), json!({ "why": "wrong day" })).await.good();
        let refused = utility.dispatcher.post(&format!("/plans/{plan}/publish"), json!({})).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "plan_listing_withdrawn"));
        let fields = [("key", "p"), ("date", utility.date.as_str()), ("sure", "yes")];
        dispatch.posts(&format!("/dispatch/plans/{plan}/publish"), &fields).await.shows("Nothing was published: build the day again.");
        let out = utility.dispatcher.get(&format!("/routes?date={}", utility.date)).await.good();
        assert_eq!(out["routes"], json!([]));
        let _ = utility.truck(&utility.server.url()).await;
        dispatch.opens("/dispatch?step=3").await.does_not_show("no tablet in service");
    }

    /// A reconnect that nothing calls for any more is no cut: it stands below, as what it is, with the order that takes
    /// its place; a crew that never fetched it is not asked about it.
    async fn a_reconnect_that_was_taken_back_is_said_to_be_one(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "A").await;
        utility.server.command(&["user", "add", "supervisor", "--role", "supervisor"], &format!("{PASSWORD}\n"));
        let paid = utility.pays('A', wall_clock() + Span::seconds(3)).await;
        let (order, number) = (text(&paid["reconnects"][0]["order_id"]), text(&paid["reconnects"][0]["order"]));
        let day = utility.dispatcher.get(&format!("/routes?date={}", utility.date)).await.good();
        let route = text(&day["routes"][0]["id"]);
        let _ = utility.dispatcher.post(&format!("/routes/{route}/orders"), json!({ "order_id": order })).await.good();
        truck.sync().await;
        truck.sync().await;
        let mut supervisor = Visitor::signs_in(&utility.server.url(), "supervisor").await;
        let back = format!("/office/payments/{}/back", text(&paid["payment"]));
        supervisor.posts(&back, &[("reason", "returned_check"), ("key", "b")]).await;
        let board = supervisor.opens("/dispatch/board").await;
        let [row] = entries(&board.html, &format!("recall-{route}-{number}"), 'A')[..] else { panic!("one row") };
        assert!(row.starts_with("wait\"") && row.contains("· reconnect taken back"), "{row}");
        assert!(row.contains("(nothing calls for it any more)") && row.contains("No other order gives service back there."), "{row}");
        let again = json!({
            "account": account('A'), "amount": "86.40", "tender": "cash", "confirmation": "R-A2",
            "paid_at": curbstop_tests::utility::rfc3339(wall_clock() + Span::seconds(3)),
        });
        let paid = utility.office.post("/payments", again).await.good();
        let next = text(&paid["reconnects"][0]["order"]);
        assert_ne!(next, number);
        supervisor.opens("/dispatch/board").await.shows(&format!("{next} takes its place."));
    }

    /// Truck 12 comes to it first, and its tablet is silent: Truck 14 is offered before it, and whoever gives it to Truck
    /// 12 all the same reads that somebody has to call, in the list too until a tablet has it.
    async fn a_crew_that_does_not_hear_is_offered_last_and_called(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let short = json!({ "date": utility.date, "crew_ids": [utility.crew], "shift": { "from": "08:00", "to": "08:20" } });
        let plan = utility.sends_out(short).await;
        let other = utility.hires("Truck 14", "555-0114", "joe").await;
        let _ = utility.sends_out(json!({ "date": utility.date, "crew_ids": [other] })).await;
        let mut first = utility.truck_of(&utility.crew, "tablet 12").await;
        let mut second = utility.truck_of(&other, "tablet 14").await;
        let cut = first.orders().remove(0);
        first.turns_off(&cut, "036500", "L-1");
        first.sync().await;
        second.sync().await;
        let letter = "ABCDEF".chars().find(|letter| Some(account(*letter)) == cut.account.as_deref()).unwrap();
        let paid = utility.pays(letter, wall_clock() + Span::seconds(3)).await;
        let (order, number) = (text(&paid["reconnects"][0]["order_id"]), text(&paid["reconnects"][0]["order"]));
        is_silent_for(&db, &first, 26 * 60).await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let board = dispatch.opens("/dispatch/board").await;
        let item = board.html.split(&format!("data-key=\"unrouted-{number}\"")).nth(1).unwrap().split("</li>").next().unwrap();
        let at = |crew: &str| item.find(&format!(">{crew} ")).unwrap_or_else(|| panic!("{crew}: {item}"));
        assert!(at("Truck 14") < at("Truck 12"), "{item}");
        assert!(item.contains("; tablet silent since ") && item.matches("; tablet silent").count() == 1, "{item}");
        let route = text(&plan["routes"][0]["route_id"]);
        let fields = [("order", order.as_str()), ("route", route.as_str()), ("date", utility.date.as_str())];
        let said = dispatch.posts_in_place("/dispatch/give", &fields).await;
        said.shows("Its tablet is silent for 1 day: call the crew.").does_not_show("gets it with its next contact");
        // The route was published moments ago: until half an hour is over a crew may still be fetching it.
        let board = dispatch.opens("/dispatch/board").await;
        board.shows("Give it to another crew");
        first.sync().await;
        first.sync().await;
        dispatch.opens("/dispatch/board").await.does_not_show(&format!("data-key=\"out-of-reach-{number}\""));
    }
}
