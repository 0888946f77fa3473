//! The office takes back, holds, lifts and decides; each page says what it does before the last key.

use crate::visitor::{Page, Visitor};
use curbstop_shared::{time::Span, vocabulary::UnableCode};
use curbstop_tests::{
    on_both_engines,
    truck::wall_clock,
    utility::{PASSWORD, Utility, account},
};
use reqwest::StatusCode;
use serde_json::json;

/// The first address on a page that begins and ends so.
fn link(page: &Page, begin: &str, end: &str) -> String {
    let mut addresses = page.html.split("=\"").map(|rest| rest.split('"').next().unwrap_or_default());
    let found = addresses.find(|address| address.starts_with(begin) && address.ends_with(end));
    found.unwrap_or_else(|| panic!("no {begin}..{end} in:\n{}", page.html)).to_owned()
}

on_both_engines! {
    /// The check came back: the release goes, the crew's recall stays, nobody is cut.
    async fn a_returned_check_takes_its_release_back_and_cuts_nobody(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        utility.pays('A', wall_clock()).await;
        let path = format!("/office/accounts/{}", account('A'));
        let mut dispatcher = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        dispatcher.opens(&path).await.does_not_show("Returned, or a mistake?");
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let back = link(&office.opens(&path).await, "/office/payments/", "/back");
        assert_eq!(dispatcher.opens(&back).await.status, StatusCode::FORBIDDEN);
        let page = office.opens(&back).await;
        page.shows("Take back the payment of $86.40").shows("The release of").shows("Nobody is cut because of it");
        office.opens(&path).await.does_not_show("Release taken back");
        let key = page.hidden("answered", "key");
        let unsaid = office.posts(&back, &[("key", key.as_str())]).await;
        assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
        unsaid.shows("Say what happened.").shows("← Back");
        let fields = [("reason", "returned_check"), ("key", key.as_str())];
        assert_eq!(office.posts(&back, &fields).await.location.as_deref(), Some(path.as_str()));
        assert_eq!(office.posts(&back, &fields).await.location.as_deref(), Some(path.as_str()), "the same key changes nothing");
        let page = office.opens(&path).await;
        page.shows("Release taken back: returned check").shows("<strong>-$86.40</strong>").shows("taken back since");
        page.shows("was taken back at").shows("the cut stays recalled").does_not_show("it is released");
        page.does_not_show("Returned, or a mistake?");
        let twice = office.posts(&back, &[("reason", "error"), ("key", "another")]).await;
        assert_eq!(twice.status, StatusCode::CONFLICT);
        twice.shows("taken back already");
        truck.sync().await;
        truck.sync().await;
        let order = truck.order_of(account('A')).id;
        let told = utility.office.get(&format!("/orders/{order}")).await.good();
        assert_eq!(told["state"], "recalled", "{told}");
    }

    /// What other money covers stays released; what was off stays off, and the same reconnect serves the next payment.
    async fn taking_money_back_says_what_stays_off_and_what_stays_released(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "B").await;
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let pay = |amount: &str, receipt: &str| json!({
            "account": account('B'), "amount": amount, "tender": "check", "confirmation": receipt,
            "paid_at": curbstop_tests::utility::rfc3339(wall_clock() + Span::seconds(3)),
        });
        let first = utility.office.post("/payments", pay("120.50", "R-1")).await.good();
        assert_eq!(first["outcome"], "released");
        let extra = utility.office.post("/payments", pay("5.00", "R-2")).await.good();
        let extra = format!("/office/payments/{}/back", extra["payment"].as_str().unwrap());
        office.opens(&extra).await.shows("Other payments still cover").does_not_show("Service stays off");
        let back = format!("/office/payments/{}/back", first["payment"].as_str().unwrap());
        let page = office.opens(&back).await;
        page.shows("Service stays off").shows("Reconnect").shows("is on no route yet and is not planned any more");
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        dispatch.opens("/dispatch").await.shows("No crew has it: put it on a route").shows("Give it to");
        let key = page.hidden("answered", "key");
        office.posts(&back, &[("reason", "charge_back"), ("key", &key)]).await;
        dispatch.opens("/dispatch").await.does_not_show("No crew has it");
        let path = format!("/office/accounts/{}", account('B'));
        office.opens(&path).await.shows("Water off since").shows("pay $115.50 to restore");
        let again = utility.office.post("/payments", pay("115.50", "R-3")).await.good();
        assert_eq!((&again["outcome"], &again["reconnects"][0]["order"]), (&json!("released"), &first["reconnects"][0]["order"]));
        office.opens(&path).await.shows("though released: restore it");
        let api = utility.dispatcher.post("/payments/0199a000-0000-7000-8000-000000000000/reversal", json!({ "reason": "error" })).await;
        assert_eq!(api.code(), "role_forbids");
    }

    /// A reconnect that no crew has is given to the truck that is out, from the list; taking its payment back says
    /// whom to call.
    async fn a_reconnect_is_given_to_a_truck_that_is_out_from_the_page(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "B").await;
        let paid = utility.pays('B', wall_clock() + Span::seconds(3)).await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let page = dispatch.opens("/dispatch/board").await;
        page.shows("No crew has it: put it on a route").shows("Give it to").shows("Truck 12 <span class=\"soft\">+");
        let mark = "action=\"/dispatch/give\"";
        let reconnect = page.hidden(mark, "order");
        let route = page.html.split("name=\"route\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let fields = [("order", reconnect.as_str()), ("route", route.as_str()), ("date", utility.date.as_str())];
        let mut auditor = Visitor::at(&utility.server.url());
        utility.server.command(&["user", "add", "auditor", "--role", "auditor"], &format!("{PASSWORD}\n"));
        auditor.posts("/sign-in", &[("login", "auditor"), ("password", PASSWORD)]).await;
        auditor.opens("/dispatch/board").await.shows("No crew has it").does_not_show("Give it to");
        assert_eq!(auditor.posts("/dispatch/give", &fields).await.status, StatusCode::FORBIDDEN);
        assert_eq!(dispatch.posts("/dispatch/give", &fields).await.status, StatusCode::SEE_OTHER);
        dispatch.opens("/dispatch/board").await.does_not_show("No crew has it").shows("of 7 done");
        truck.sync().await;
        assert!(truck.orders().iter().any(|order| order.id.to_string() == reconnect));

        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let given = office.opens(&format!("/office/accounts/{}", account('B'))).await;
        given.shows("Given to Truck 12").shows("dispatcher · at the office");
        let back = format!("/office/payments/{}/back", paid["payment"].as_str().unwrap());
        let page = office.opens(&back).await;
        page.shows("is taken back from Truck 12").shows("tel:555-0112");
        let key = page.hidden("answered", "key");
        office.posts(&back, &[("reason", "returned_check"), ("key", &key)]).await;
        dispatch.opens("/dispatch/board").await.shows("nothing calls for it any more").shows("has not seen it");
    }

    /// A day that is published again: the first route says what stands on the second, and what nobody has.
    async fn a_route_that_was_published_again_says_where_its_stops_went(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let short = json!({ "date": utility.date, "crew_ids": [utility.crew], "shift": { "from": "08:00", "to": "08:20" } });
        let plan = utility.dispatcher.post("/plans", short).await.good();
        let _ = utility.dispatcher.post(&format!("/plans/{}/publish", plan["id"].as_str().unwrap()), json!({})).await.good();
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let page = dispatch.opens("/dispatch/board").await;
        page.shows("On the crew&#39;s newer route, generation 2.").shows("Taken off this route.");
        page.does_not_show("another crew").shows("1 route was published again").shows("<h2 id=\"board\">Crews</h2><span class=\"count\">1</span>");
        let folded = page.html.split("<details class=\"replaced\"").nth(1).unwrap();
        assert!(folded.contains("replaced, generation 1") && !folded.contains("</b><span class=\"small soft\">generation 2"), "{folded}");
    }

    /// A hold stops the truck; a promise needs its day; lifting a medical one takes a second person.
    async fn a_hold_is_set_and_lifted_with_what_it_stops(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.server.command(&["user", "add", "supervisor", "--role", "supervisor"], &format!("{PASSWORD}\n"));
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let path = format!("/office/accounts/{}", account('A'));
        let form = link(&office.opens(&path).await, &path, "/hold");
        let page = office.opens(&form).await;
        page.shows("Set a hold").shows("Medical").does_not_show("Give service back too");
        let preview = format!("{form}/preview");
        let promise = office.posts(&preview, &[("kind", "pledge"), ("good_through", "")]).await;
        assert_eq!(promise.status, StatusCode::UNPROCESSABLE_ENTITY);
        promise.shows("until which day it holds");
        office.posts(&preview, &[("kind", "dispute"), ("good_through", &utility.date)]).await
            .shows("It holds until").shows("that day included").shows("The office may lift it before");
        office.posts(&preview, &[("kind", "medical")]).await
            .shows("It holds until somebody lifts it").shows("only a supervisor who did not set it may lift it")
            .shows("Will stop: turn off T-").shows("555-0112").shows("whichever account owes");
        let key = page.hidden("data-preview", "key");
        let fields = [("kind", "medical"), ("comment", "letter of Dr. Lindgarde"), ("key", key.as_str())];
        assert_eq!(office.posts(&form, &fields).await.location.as_deref(), Some(path.as_str()));
        let page = office.opens(&path).await;
        page.shows("Hold H-1:").shows("letter of Dr. Lindgarde").shows("not seen it yet");
        truck.sync().await;
        truck.sync().await;
        let order = truck.order_of(account('A')).id;
        assert_eq!(utility.office.get(&format!("/orders/{order}")).await.good()["state"], "recalled");

        page.shows("Only a supervisor who did not set it may lift it: ").does_not_show("/office/holds/H-1/lift");
        let alone = office.opens("/office/holds/H-1/lift").await;
        assert_eq!(alone.status, StatusCode::FORBIDDEN);
        alone.shows("takes a second person").shows("<a class=\"button\" href=\"/office\">");
        let mut supervisor = Visitor::signs_in(&utility.server.url(), "supervisor").await;
        let lift = link(&supervisor.opens(&path).await, "/office/holds/H-1", "/lift");
        let page = supervisor.opens(&lift).await;
        page.shows("is not sent out again because of it");
        let key = page.hidden("answered", "key");
        let missing = supervisor.posts(&lift, &[("why", " "), ("account", account('A')), ("key", &key)]).await;
        assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY);
        let fields = [("why", "certificate ended"), ("account", account('A')), ("key", key.as_str())];
        assert_eq!(supervisor.posts(&lift, &fields).await.location.as_deref(), Some(path.as_str()));
        let page = office.opens(&path).await;
        page.shows("Hold lifted: certificate ended").does_not_show("Hold H-1:");
        page.shows("the protection ended at").shows("the cut stays recalled").does_not_show("it is protected");
        assert_eq!(utility.office.post("/holds/H-1/lift", json!({ "why": "again" })).await.code(), "hold_ended");
    }

    /// Off, and an agency pledges: the hold alone leaves it off; with one tick it is restored.
    async fn a_pledge_for_somebody_who_is_off_restores_where_that_is_asked_for(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "B").await;
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let form = format!("/office/accounts/{}/hold", account('B'));
        office.opens(&form).await.shows("Give service back too");
        let preview = format!("{form}/preview");
        let until = utility.date.as_str();
        office.posts(&preview, &[("kind", "pledge"), ("good_through", until)]).await.shows("Service stays off:");
        let asked = [("kind", "pledge"), ("good_through", until), ("restore", "yes"), ("key", "pledge-1")];
        office.posts(&preview, &asked).await.shows("Will restore: reconnect R-");
        office.posts(&form, &asked).await;
        office.opens(&format!("/office/accounts/{}", account('B'))).await.shows("though released: restore it").shows("Hold H-1:");
    }

    /// What a crew was told or shown at the door is accepted or not, with why; closing it without is refused.
    async fn claims_made_at_the_door_are_decided_in_the_row(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.server.command(&["user", "add", "auditor", "--role", "auditor"], &format!("{PASSWORD}\n"));
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        for (letter, claim) in [('C', UnableCode::ProofShown), ('D', UnableCode::MedicalClaimed)] {
            let order = truck.order_of(account(letter));
            truck.is_stopped_by(&order, claim);
        }
        truck.sync().await;
        let open = utility.office.get(&format!("/exceptions?account={}", account('D'))).await.good();
        let closing = format!("/exceptions/{}/actions", open["exceptions"][0]["id"].as_str().unwrap());
        let closed = utility.office.post(&closing, json!({ "action": "resolve", "why": "letter on file" })).await;
        assert_eq!(closed.code(), "decision_needed");
        let mut auditor = Visitor::signs_in(&utility.server.url(), "auditor").await;
        auditor.opens("/office").await.shows("Claim at the door").does_not_show("/office/claims/");
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        office.opens("/office").await.shows("Proof shown at the door").shows("Claim at the door").shows("if accepted, until");

        let medical = office.opens(&format!("/office/accounts/{}", account('D'))).await;
        let claim = link(&medical, "/office/claims/", "");
        let empty = office.posts(&claim, &[("accepted", "yes"), ("why", ""), ("key", "d-0")]).await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        let fields = [("accepted", "yes"), ("why", "letter on file"), ("good_through", utility.date.as_str()), ("key", "d-1")];
        assert_eq!(office.posts(&claim, &fields).await.status, StatusCode::SEE_OTHER);
        office.opens(&format!("/office/accounts/{}", account('D'))).await
            .shows("Claim accepted: letter on file").shows("Hold H-1:").does_not_show("/office/claims/");
        let twice = office.posts(&claim, &[("accepted", "no"), ("why", "changed"), ("key", "d-2")]).await;
        assert_eq!(twice.status, StatusCode::CONFLICT);

        let proof = office.opens(&format!("/office/accounts/{}", account('C'))).await;
        let claim = link(&proof, "/office/claims/", "");
        office.posts(&claim, &[("accepted", "no"), ("why", "receipt of another account"), ("key", "c-1")]).await;
        office.opens(&format!("/office/accounts/{}", account('C'))).await.shows("Proof not accepted: receipt of another account");
        assert_eq!(utility.office.get("/exceptions").await.good()["exceptions"], json!([]));
        truck.sync().await;
        let order = truck.order_of(account('C')).id;
        let told = utility.office.get(&format!("/orders/{order}")).await.good();
        assert_eq!(told["state"], "stopped_at_door", "nobody goes back today: {told}");
    }

    /// A payment is undone: the account says what was past due on which listing, what was paid since and what is left.
    async fn an_undone_payment_leaves_a_page_that_says_what_is_owed_now(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let path = format!("/office/accounts/{}", account('A'));
        office.opens(&path).await.shows("Past due $86.40 on the listing of").shows(", nothing paid since, $86.40 left.");
        let pay = |amount: &str, receipt: &str| json!({
            "account": account('A'), "amount": amount, "tender": "cash", "confirmation": receipt,
            "paid_at": curbstop_tests::utility::rfc3339(wall_clock()),
        });
        let _ = utility.office.post("/payments", pay("40.00", "R-1")).await.good();
        let rest = utility.office.post("/payments", pay("46.40", "R-2")).await.good();
        office.opens(&path).await.shows(", $86.40 paid since, nothing left.");
        let back = format!("/payments/{}/reversal", rest["payment"].as_str().unwrap());
        let _ = utility.office.post(&back, json!({ "reason": "error" })).await.good();
        office.opens(&path).await.shows(", $40.00 paid since, $46.40 left.");
        office.posts("/language", &[("language", "es"), ("back", "/office")]).await;
        office.opens(&path).await.shows("Vencido $86.40 en la lista del").shows(", $40.00 pagados desde entonces, quedan $46.40.");
    }

    /// Paid, a reconnect is made; then the payment turns out to be a mistake. Whoever asks "when am I back on" is told of
    /// no reconnect and no time: nobody is coming.
    async fn after_an_undo_nobody_is_promised_a_reconnect(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "A").await;
        let path = format!("/accounts/{}", account('A'));
        let paid = utility.pays('A', wall_clock()).await;
        let told = utility.office.get(&path).await.good();
        assert!(told["answer"]["who"].as_str().unwrap().contains("Reconnect"), "{told:#}");
        let back = format!("/payments/{}/reversal", paid["payment"].as_str().unwrap());
        let _ = utility.office.post(&back, json!({ "reason": "error" })).await.good();
        let told = utility.office.get(&path).await.good();
        let states: Vec<_> = told["orders"].as_array().unwrap().iter().map(|order| &order["state"]).collect();
        assert_eq!(states, ["not_called_for", "done"], "newest first");
        let answer = &told["answer"];
        assert_eq!((&answer["code"], &answer["who"], &answer["due_at"]), (&json!("off"), &json!(null), &json!(null)));
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        office.opens(&format!("/office/accounts/{}", account('A'))).await.shows("Taken back: nothing calls for it any more.");
        let _ = utility.office.post("/payments", json!({
            "account": account('A'), "amount": "86.40", "tender": "cash", "confirmation": "R-again", "paid_at": curbstop_tests::utility::rfc3339(wall_clock()),
        })).await.good();
        office.opens(&format!("/office/accounts/{}", account('A'))).await.does_not_show("nothing calls for it any more");
    }

    /// The crew's one tablet is out of service: "last contact a minute ago" would promise that it hears of a payment.
    async fn a_truck_whose_tablet_is_out_of_service_has_to_be_called(db: TestDatabase) {
        let (utility, truck) = Utility::with_cuts_at(&db, "").await;
        let _ = utility.dispatcher.post(&format!("/devices/{}/revoke", truck.device()), json!({})).await.good();
        let answer = &utility.office.get(&format!("/accounts/{}", account('A'))).await.good()["answer"];
        let who = answer["who"].as_str().unwrap();
        assert!(who.ends_with("no tablet in service: call the crew"), "{who}");
    }
}
