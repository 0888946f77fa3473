//! Service is left on, or given back, without a payment: the same way as for money, and by those who may.

use crate::visitor::Visitor;
use curbstop_field::core::view::{self, Now};
use curbstop_shared::{ids::OrderId, time::Span};
use curbstop_tests::{
    desk::{Answer, Desk, text},
    on_both_engines,
    truck::{Truck, wall_clock},
    utility::{PASSWORD, Utility, account, rfc3339},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

fn release(letter: char, reason: &str) -> Value {
    json!({ "account": account(letter), "reason": reason, "why": "Ms. Ortiz agreed to four payments" })
}

async fn gives_back(desk: &Desk, letter: char, reason: &str) -> Answer {
    desk.post("/releases", release(letter, reason)).await
}

/// What the tablet itself says of a cut.
fn may_begin(truck: &Truck, order: OrderId) -> bool {
    let now = Now { at: truck.now(), utc_offset: Span::minutes(-7 * 60) };
    let stop = view::stop_in_full(truck.tablet.state(), order, now).unwrap();
    stop.disposition.may_begin_cut
}

async fn reconnects_of(utility: &Utility, letter: char) -> Vec<Value> {
    let orders = utility.office.get(&format!("/orders?account={}", account(letter))).await.good();
    let orders = orders["orders"].as_array().unwrap().clone();
    orders.into_iter().filter(|order| order["kind"] == "reconnect").collect()
}

on_both_engines! {
    /// The truck is out. An agreement stops its cut as a payment does, names whom to call, and the truck sees it.
    async fn an_agreement_stops_a_cut_on_its_way_and_the_truck_is_named(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        let done = gives_back(&utility.office, 'A', "agreement").await;
        assert_eq!(done.status, StatusCode::CREATED);
        let done = done.good();
        let stopped = &done["stopped"][0];
        assert_eq!((&stopped["crew"], &stopped["phone"]), (&json!("Truck 12"), &json!("555-0112")), "{done}");
        assert_eq!((&stopped["tablet_has_seen"], &done["reconnects"]), (&json!(false), &json!([])), "{done}");
        assert!(stopped["stops_away"].is_i64() && stopped["last_contact_s"].is_i64(), "{done}");
        let order = truck.order_of(account('A')).id;
        assert!(may_begin(&truck, order), "the tablet has not heard of it");
        truck.sync().await;
        assert!(!may_begin(&truck, order));
        assert_eq!(gives_back(&utility.office, 'A', "agreement").await.code(), "nothing_to_release");
        let told = utility.office.get(&format!("/accounts/{}", account('A'))).await.good();
        let said = told["timeline"].to_string();
        assert!(said.contains("Released: agreement: Ms. Ortiz agreed to four payments"), "{said}");
    }

    /// Somebody is off, and a person orders service back: one reconnect, pressed once or twice, and no money is said
    /// to have come in.
    async fn what_is_off_is_given_back_once_though_pressed_twice(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "BCD").await;
        let first = utility.office.post_once("/releases", release('B', "ordered"), "press").await.good();
        assert_eq!((&first["stopped"], &first["reconnects"][0]["fees_suppressed"]), (&json!([]), &json!(false)), "{first}");
        let again = utility.office.post_once("/releases", release('B', "ordered"), "press").await.good();
        assert_eq!(first, again);
        assert_eq!(gives_back(&utility.office, 'B', "ordered").await.code(), "released_already");
        let reconnects = reconnects_of(&utility, 'B').await;
        assert_eq!(reconnects.len(), 1, "{reconnects:?}");
        assert_eq!((&reconnects[0]["number"], &reconnects[0]["reason"]), (&first["reconnects"][0]["order"], &json!("ordered")));
        let said = utility.office.get(&format!("/accounts/{}", account('B'))).await.good().to_string();
        assert!(said.contains("Released: ordered") && !said.contains("Payment received"), "{said}");

        let hold = json!({ "account": account('D'), "kind": "medical", "comment": "Dr. letter" });
        let _ = utility.office.post("/holds", hold).await.good();
        let medical = gives_back(&utility.office, 'D', "medical").await.good();
        assert_eq!((&medical["hold_missing"], &medical["reconnects"][0]["priority"]), (&json!(false), &json!(2)), "{medical}");

        let wrong = gives_back(&utility.office, 'C', "billing_error").await.good();
        assert_eq!(wrong["reconnects"][0]["fees_suppressed"], true, "nobody pays for a bill that was wrong: {wrong}");
        let told = utility.office.get(&format!("/orders?account={}", account('C'))).await.good();
        let cut = told["orders"].as_array().unwrap().iter().find(|order| order["kind"] == "turn_off").unwrap().clone();
        let cut = utility.office.get(&format!("/orders/{}", text(&cut["id"]))).await.good();
        assert_eq!(cut["disposition"]["fee_triggers"][0]["standing"], "suppressed", "{cut}");
    }

    /// What can't be right, each with its sentence; and who may not.
    async fn a_release_that_cannot_be_is_refused_in_words(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        for role in ["supervisor", "auditor", "cis"] {
            utility.server.command(&["user", "add", role, "--role", role], &format!("{PASSWORD}\n"));
        }
        utility.publishes().await;
        let with = |field: &str, value: Value| {
            let mut body = release('A', "agreement");
            body[field] = value;
            body
        };
        let office = &utility.office;
        for (body, code, said) in [
            (with("account", json!("no such")), "account_unknown", "Find it by name or address"),
            (with("reason", json!("kindness")), "reason_unknown", "say one of agreement, pledge"),
            (with("reason", json!("payment_received")), "record_the_payment", "Record the payment instead"),
            (with("why", json!(" ")), "why_missing", "who agreed to what"),
            (with("lines", json!([])), "lines_invalid", "name lines"),
            (with("lines", json!(["77"])), "lines_invalid", "name lines"),
            (with("reason", json!("medical")), "confirm_needed", "No hold is on file"),
        ] {
            let refused = office.post("/releases", body).await;
            assert_eq!(refused.code(), code);
            assert!(text(&refused.body["detail"]).contains(said), "{}", refused.body);
        }
        // Somebody who is on and is not due.
        utility.pays('F', wall_clock()).await;
        let refused = gives_back(office, 'F', "pledge").await;
        assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "nothing_to_release"));
        assert!(text(&refused.body["detail"]).contains("set a hold"), "{}", refused.body);

        let cis = Desk::sign_in(&utility.server.url(), "cis", PASSWORD).await;
        assert_eq!(gives_back(&cis, 'A', "medical").await.code(), "person_needed");
        let auditor = Desk::sign_in(&utility.server.url(), "auditor", PASSWORD).await;
        for desk in [&auditor, &utility.dispatcher] {
            assert_eq!(gives_back(desk, 'A', "agreement").await.code(), "role_forbids");
        }
        let mut truck = utility.truck(&utility.server.url()).await;
        let posted = reqwest::Client::new().post(format!("{}/api/v1/releases", utility.server.url()));
        let posted = posted.bearer_auth(truck.token().await).header("idempotency-key", "crew").json(&release('A', "agreement"));
        assert_eq!(posted.send().await.unwrap().status(), StatusCode::FORBIDDEN, "a crew may not");

        // A clerk may give service back for a medical reason without a hold, when asked and sure.
        let mut sure = with("reason", json!("medical"));
        sure["confirmed"] = json!(true);
        assert_eq!(office.post("/releases", sure).await.good()["hold_missing"], true);
    }

    /// A payment and an agreement for the same customer in the same second: one reconnect, and both are on record.
    async fn a_payment_and_a_release_at_once_give_one_reconnect(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "B").await;
        let payment = json!({
            "account": account('B'), "amount": "120.50", "tender": "cash", "confirmation": "R-1",
            "paid_at": rfc3339(wall_clock() + Span::seconds(3)),
        });
        let (paid, agreed) = tokio::join!(
            utility.office.post("/payments", payment),
            gives_back(&utility.office, 'B', "agreement"),
        );
        let paid = paid.good();
        let first = if paid["outcome"] == "released" {
            assert_eq!(agreed.code(), "released_already");
            paid
        } else {
            assert_eq!((&paid["outcome"], &paid["on_the_way"][0]["lines"]), (&json!("nothing_due"), &json!(["1"])));
            agreed.good()
        };
        let reconnects = reconnects_of(&utility, 'B').await;
        assert_eq!(reconnects.len(), 1, "{reconnects:?}");
        assert_eq!(reconnects[0]["number"], first["reconnects"][0]["order"]);
    }

    /// A release by mistake called for a reconnect without a fee. It was taken back, and then the customer paid: it is
    /// called for by the money, with the money's deadline, and what is charged is as for anybody who pays.
    async fn a_reconnect_that_is_called_for_again_is_by_what_calls_for_it_now(db: TestDatabase) {
        let (utility, _) = Utility::with_cuts_at(&db, "B").await;
        let slip = gives_back(&utility.office, 'B', "billing_error").await.good();
        let by_slip = reconnects_of(&utility, 'B').await.remove(0);
        assert_eq!((&by_slip["reason"], &by_slip["fees_suppressed"]), (&json!("billing_error"), &json!(true)), "{by_slip}");
        let back = format!("/releases/{}/reversal", text(&slip["release"]));
        let _ = utility.office.post(&back, json!({ "why": "wrong account" })).await.good();
        let paid = utility.pays('B', wall_clock()).await;
        assert_eq!(paid["reconnects"][0]["fees_suppressed"], false, "{paid}");
        // No crew has it, and the one that cut is out: the customer is told who comes.
        let told = utility.office.get(&format!("/accounts/{}", account('B'))).await.good()["answer"].clone();
        let who = text(&told["who"]);
        assert!(who.contains("Truck 12 turned it off, and its tablet tells it to turn it on again"), "{told}");
        assert_eq!(told["phone"], "555-0112");
        let [now] = &reconnects_of(&utility, 'B').await[..] else { panic!("it is the same one") };
        assert_eq!((&now["number"], &now["reason"]), (&by_slip["number"], &json!("payment_received")), "{now}");
        assert_eq!(now["fees_suppressed"], false, "{now}");
        assert!(text(&now["due_at"]) > text(&by_slip["due_at"]), "{now}");
    }

    /// It was the wrong account: the release goes, the cut stays recalled, who is on stays on; and one that money covers
    /// by now stands.
    async fn a_release_by_mistake_is_taken_back_and_cuts_nobody(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "B").await;
        let a = gives_back(&utility.office, 'A', "agreement").await.good();
        let b = gives_back(&utility.office, 'B', "agreement").await.good();
        let c = gives_back(&utility.office, 'C', "pledge").await.good();
        let back = |done: &Value| format!("/releases/{}/reversal", text(&done["release"]));
        let why = json!({ "why": "wrong account" });
        assert_eq!(utility.dispatcher.post(&back(&a), why.clone()).await.code(), "role_forbids");
        assert_eq!(utility.office.post(&back(&a), json!({ "why": "" })).await.code(), "why_missing");
        let taken = utility.office.post(&back(&a), why.clone()).await.good();
        assert_eq!((taken["releases"].as_array().unwrap().len(), &taken["stays_off"]), (1, &json!([])), "{taken}");
        assert_eq!(utility.office.post(&back(&a), why.clone()).await.code(), "release_taken_back");
        truck.sync().await;
        let order = truck.order_of(account('A')).id;
        assert!(!may_begin(&truck, order), "taking a release back cuts nobody");
        assert_eq!(utility.office.get(&format!("/orders/{order}")).await.good()["state"], "recalled");

        let taken = utility.office.post(&back(&b), why.clone()).await.good();
        assert_eq!(taken["reconnects"][0]["order"], b["reconnects"][0]["order"], "{taken}");
        assert_eq!(taken["stays_off"].as_array().unwrap().len(), 1, "{taken}");
        let again = gives_back(&utility.office, 'B', "agreement").await.good();
        assert_eq!(again["reconnects"].as_array().unwrap().len(), 1, "{again}");
        utility.pays('C', wall_clock()).await;
        assert_eq!(utility.office.post(&back(&c), why).await.code(), "release_covered");
        assert_eq!(utility.office.post("/releases/0199a000-0000-7000-8000-000000000000/reversal", json!({ "why": "x" })).await.code(), "release_unknown");
    }

    /// The clerk reads on the page what it stops and restores before the last key; who may not sees no way to it.
    async fn the_page_says_what_a_release_does_before_the_last_key(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "B").await;
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let page = format!("/office/accounts/{}", account('A'));
        let path = format!("{page}/release");
        office.opens(&page).await.shows(&format!("href=\"{path}\" data-shortcut=\"r\"")).shows("<dt><kbd>r</kbd></dt>");
        let mut dispatcher = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        dispatcher.opens(&page).await.does_not_show("without a payment</a>").does_not_show(&path);
        assert_eq!(dispatcher.opens(&path).await.status, StatusCode::FORBIDDEN);
        let form = office.opens(&path).await;
        form.shows("Choose why").shows("data-preview").does_not_show("payment_received");
        let key = form.hidden("data-preview", "key");
        let filled = |reason: &'static str| vec![("reason", reason), ("why", "the council"), ("key", key.as_str())];
        let preview = format!("{path}/preview");
        office.posts_in_place(&preview, &filled("ordered")).await.shows("Will stop: turn off T-").shows("555-0112");
        let off = format!("/office/accounts/{}/release/preview", account('B'));
        office.posts_in_place(&off, &filled("billing_error")).await.shows("Will restore: a new reconnect").shows("No fee");
        let asked = office.posts_in_place(&path, &filled("medical")).await;
        assert_eq!(asked.status, StatusCode::CONFLICT, "{}", asked.html);
        asked.shows("No hold is on file for this").shows("Will stop: turn off T-").shows("name=\"confirmed\"");
        office.opens(&page).await.shows("to stop it");
        let unsaid = office.posts(&path, &filled("")).await;
        assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
        unsaid.shows("Choose why first.");
        office.posts_in_place(&path, &filled("ordered")).await.shows("Recorded.").shows("Stops: turn off T-").shows("not seen yet, call");
        let account = office.opens(&page).await;
        account.shows("Released: ordered: the council").shows("A mistake?").does_not_show("to stop it");
        let back = format!("/office/releases/{}/back", account.html.split("/office/releases/").nth(1).unwrap().split('/').next().unwrap());
        office.opens(&back).await.shows("Nobody is cut because of it").shows("What the mistake was");
        let done = office.posts(&back, &[("why", "wrong account"), ("key", "undo")]).await;
        assert_eq!(done.location.as_deref(), Some(page.as_str()), "{}", done.html);
        office.opens(&page).await.shows("Release taken back: entered by mistake").shows("wrong account").does_not_show("A mistake?");
        office.posts("/language", &[("language", "es"), ("back", "/office")]).await;
        office.opens(&path).await.shows("Reconectar sin un pago");
        office.posts_in_place(&preview, &filled("ordered")).await.shows("no hay un corte por hacer");
    }
}
