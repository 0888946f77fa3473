//! A crew without a tablet goes by its paper: it hears of nothing but by a call, and the desks say so until somebody has
//! called.

use crate::visitor::Visitor;
use curbstop_tests::{
    desk::text,
    on_both_engines,
    truck::wall_clock,
    utility::{PASSWORD, Utility, account, rfc3339},
};
use serde_json::{Value, json};

async fn answer_of(utility: &Utility, letter: char) -> Value {
    utility.office.get(&format!("/accounts/{}", account(letter))).await.good()["answer"].clone()
}

async fn order_of(utility: &Utility, letter: char) -> String {
    let orders = utility.office.get(&format!("/orders?account={}&kind=turn_off", account(letter))).await.good();
    text(&orders["orders"][0]["id"])
}

async fn maria(utility: &Utility) -> String {
    let people = utility.dispatcher.get("/people").await.good();
    text(&people["people"].as_array().unwrap().iter().find(|person| person["login"] == "maria").unwrap()["id"])
}

async fn keys_in(utility: &Utility, letter: char, what: Value) {
    let mut visit = json!({ "by": maria(utility).await, "at": rfc3339(wall_clock()), "called": "Dana" });
    visit.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
    let path = format!("/orders/{}/visits", order_of(utility, letter).await);
    let _ = utility.office.post(&path, visit).await.good();
}

async fn route(utility: &Utility) -> String {
    let day = utility.dispatcher.get(&format!("/routes?date={}", utility.date)).await.good();
    text(&day["routes"][0]["id"])
}

on_both_engines! {
    /// A is taken back from a crew without a tablet, then A pays: the crew may stand there with its paper, so it is named
    /// with its phone until somebody says to have called it. Then nobody is named any more, and the account tells who did.
    async fn a_crew_on_paper_that_lost_a_stop_is_called_before_anybody_is_sure(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let route = route(&utility).await;
        let order = order_of(&utility, 'A').await;
        let take_back = format!("/routes/{route}/take-back");
        let _ = utility.dispatcher.post(&take_back, json!({ "order_ids": [order] })).await.good();
        let answer = answer_of(&utility, 'A').await;
        assert_eq!((&answer["tone"], &answer["phone"]), (&json!("wait"), &json!("555-0112")), "{answer}");

        let paid = utility.pays('A', wall_clock()).await;
        let [stopped] = &paid["stopped"].as_array().unwrap()[..] else { panic!("{paid}") };
        assert_eq!((&stopped["crew"], &stopped["phone"]), (&json!("Truck 12"), &json!("555-0112")));
        let answer = answer_of(&utility, 'A').await;
        assert_eq!((&answer["tone"], &answer["phone"]), (&json!("wait"), &json!("555-0112")), "{answer}");
        assert!(text(&answer["who"]).contains("no tablet in service: call the crew: has not seen it"), "{answer}");
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        dispatch.opens("/dispatch/board").await.shows("data-key=\"recall").shows("The crew was told by phone");

        let called = [("route", route.as_str()), ("orders", order.as_str()), ("date", utility.date.as_str())];
        dispatch.posts("/dispatch/told", &called).await;
        dispatch.opens("/dispatch/board").await.does_not_show("data-key=\"recall").does_not_show("data-key=\"left");
        let answer = answer_of(&utility, 'A').await;
        assert_eq!((&answer["tone"], &answer["who"]), (&json!("restore"), &json!(null)), "{answer}");
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        office.opens(&format!("/office/accounts/{}", account('A'))).await.shows("Told to the crew by phone");
        let told = format!("/routes/{route}/told");
        let again = utility.office.post(&told, json!({ "order_ids": [order] })).await.good();
        assert_eq!(again["orders"], json!([]), "it knew already");
        let closed = utility.office.post("/routes/01996f00-0000-7000-8000-000000000000/told", json!({ "order_ids": [] })).await;
        assert_eq!(closed.code(), "route_unknown");
    }

    /// A tablet is in service and has not fetched the route: only where the route was printed may the crew be out with it.
    async fn a_printed_route_counts_as_with_the_crew(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let _spare = curbstop_tests::truck::Truck::enrol(&utility.server.url(), &utility.enrolment_code().await, "tablet 12").await;
        let route = route(&utility).await;
        let take_back = format!("/routes/{route}/take-back");
        let of = async |letter: char| json!({ "order_ids": [order_of(&utility, letter).await] });
        let _ = utility.dispatcher.post(&take_back, of('B').await).await.good();
        assert_eq!(answer_of(&utility, 'B').await["who"], "on no route yet", "nobody was ever told to go there");
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let sheet = format!("/dispatch/routes/{route}/sheet");
        utility.server.command(&["user", "add", "audit", "--role", "auditor"], &format!("{PASSWORD}\n"));
        let mut auditor = Visitor::signs_in(&utility.server.url(), "audit").await;
        let looked = auditor.opens(&sheet).await;
        looked.shows("Truck 12").shows("NOT FOR A CREW").does_not_show("<button").does_not_show("sheet.js");
        assert_eq!(auditor.posts(&sheet, &[]).await.status, reqwest::StatusCode::FORBIDDEN);
        auditor.opens(&format!("{sheet}?print=true")).await.shows("NOT FOR A CREW").does_not_show("sheet.js");
        dispatch.opens(&sheet).await.shows("Print it").shows("NOT FOR A CREW");
        let _ = utility.dispatcher.post(&take_back, of('C').await).await.good();
        assert_eq!(answer_of(&utility, 'C').await["who"], "on no route yet", "it was looked at, and not printed");

        let printed = dispatch.posts(&sheet, &[]).await;
        let there = format!("{sheet}?print=true");
        assert_eq!((printed.status, printed.location.as_deref()), (reqwest::StatusCode::SEE_OTHER, Some(there.as_str())));
        let board = dispatch.opens("/dispatch").await;
        board.shows("goes by paper, printed <time").shows("Truck 12 · goes by paper").does_not_show("enrol one before it leaves");
        board.does_not_show("no tablet is enrolled for this crew");
        dispatch.opens(&there).await.shows("sheet.js").shows("On paper since").does_not_show("NOT FOR A CREW");
        let _ = utility.dispatcher.post(&take_back, of('D').await).await.good();
        assert_eq!(answer_of(&utility, 'D').await["phone"], "555-0112");
    }

    /// A tablet is in service and never fetched the route, and a visit of it comes in on paper: the crew goes by paper, and
    /// is named for the others until it is called.
    async fn a_crew_that_brings_paper_is_called_though_its_tablet_is_in_service(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let _spare = curbstop_tests::truck::Truck::enrol(&utility.server.url(), &utility.enrolment_code().await, "tablet 12").await;
        let take_back = format!("/routes/{}/take-back", route(&utility).await);
        let of = async |letter: char| json!({ "order_ids": [order_of(&utility, letter).await] });
        let _ = utility.dispatcher.post(&take_back, of('B').await).await.good();
        let paid = utility.pays('B', wall_clock()).await;
        assert_eq!(paid["stopped"][0]["crew"], json!(null), "{paid}");
        let answer = answer_of(&utility, 'B').await;
        let never_came = "Truck 12 had it; its tablet has not said that it received it";
        assert!(text(&answer["said"]).ends_with(never_came), "nobody has seen anything: {answer}");

        keys_in(&utility, 'C', json!({ "code": "dog" })).await;
        let _ = utility.dispatcher.post(&take_back, of('A').await).await.good();
        let paid = utility.pays('A', wall_clock()).await;
        assert_eq!((&paid["stopped"][0]["crew"], &paid["stopped"][0]["phone"]), (&json!("Truck 12"), &json!("555-0112")), "{paid}");
    }

    /// The crew found the service off: that is no cut of ours and costs no fee. Whoever pays gets it back all the same.
    async fn who_was_off_already_and_pays_is_turned_on_without_a_fee(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        keys_in(&utility, 'A', json!({ "lines": [{ "line": "1", "action": "already_off" }] })).await;
        let answer = answer_of(&utility, 'A').await;
        assert_eq!((&answer["code"], &answer["to_pay_minor"]), (&json!("off"), &json!(8_640)), "{answer}");
        assert!(text(&answer["said"]).starts_with("Water off, found so by the crew, since"), "{answer}");
        let found = utility.office.get(&format!("/accounts?q={}", account('A'))).await.good();
        assert_eq!(found["accounts"][0]["is_off"], true, "{found}");

        let paid = utility.pays('A', wall_clock()).await;
        assert_eq!(paid["outcome"], "released", "{paid}");
        let reconnect = &paid["reconnects"][0];
        assert_eq!(reconnect["priority"], 3, "{paid}");
        let answer = answer_of(&utility, 'A').await;
        assert_eq!(answer["code"], "off_though_released", "{answer}");
        assert!(text(&answer["who"]).ends_with("on no route yet"), "{answer}");
        let exceptions = utility.office.get(&format!("/exceptions?account={}", account('A'))).await.good();
        let kinds: Vec<String> = exceptions["exceptions"].as_array().unwrap().iter().map(|it| text(&it["kind"])).collect();
        assert!(!kinds.iter().any(|kind| kind.starts_with("cut_")), "nobody of ours cut: {kinds:?}");
    }

    /// A crew that could not do it is not promised again: neither for the cut nor for the reconnect.
    async fn a_crew_that_was_there_in_vain_is_not_promised_again(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        keys_in(&utility, 'A', json!({ "code": "dog" })).await;
        let answer = answer_of(&utility, 'A').await;
        assert!(text(&answer["said"]).ends_with("Truck 12 could not do it: a dog. It waits for another visit"), "{answer}");
        assert!(text(&answer["who"]).starts_with("Truck 12, still on its route: it may come again"), "{answer}");
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        office.posts("/language", &[("language", "es"), ("back", "/office")]).await;
        office.opens(&format!("/office/accounts/{}", account('A'))).await.shows("sigue en su ruta: puede volver");
    }

    /// Whoever may not take orders back may not say that a crew was told, either.
    async fn an_auditor_does_not_speak_for_whoever_called(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        utility.server.command(&["user", "add", "audit", "--role", "auditor"], &format!("{PASSWORD}\n"));
        let auditor = curbstop_tests::desk::Desk::sign_in(&utility.server.url(), "audit", PASSWORD).await;
        let path = format!("/routes/{}/told", route(&utility).await);
        let order = order_of(&utility, 'A').await;
        assert_eq!(auditor.post(&path, json!({ "order_ids": [order] })).await.code(), "role_forbids");
    }
}
