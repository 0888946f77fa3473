//! Claims made at the door outlive what others decide about other things, and end when somebody has said no.

use crate::visitor::Visitor;
use curbstop_server::{clock::SettableClock, store};
use curbstop_shared::{facts::FactBody, time::Span, vocabulary::UnableCode};
use curbstop_tests::{
    by_hand,
    desk::{Desk, text},
    on_both_engines,
    server::TestServer,
    truck::wall_clock,
    utility::{PASSWORD, Utility, account},
};
use serde_json::{Value, json};
use std::sync::Arc;

async fn claims(utility: &Utility, letter: char) -> Vec<String> {
    let listed = utility.office.get(&format!("/exceptions?account={}", account(letter))).await.good();
    let entries = listed["exceptions"].as_array().unwrap().iter();
    entries.filter_map(|entry| entry["claim"].as_str().map(str::to_owned)).collect()
}

async fn supervisor(utility: &Utility) -> Desk {
    utility.server.command(&["user", "add", "supervisor", "--role", "supervisor"], &format!("{PASSWORD}\n"));
    Desk::sign_in(&utility.server.url(), "supervisor", PASSWORD).await
}

fn stop(plan: &Value, letter: char) -> Option<&Value> {
    let mut stops = plan["routes"].as_array().unwrap().iter().flat_map(|route| route["stops"].as_array().unwrap());
    stops.find(|stop| stop["account"] == account(letter))
}

on_both_engines! {
    /// Whatever needs a person says where it is and which crew to call, at the office and on the board.
    async fn what_needs_a_person_says_where_and_whom_to_call(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "").await;
        let (cut, claimed) = (truck.order_of(account('A')), truck.order_of(account('C')));
        truck.turns_off(&cut, "036500", "L-1");
        truck.is_stopped_by(&claimed, UnableCode::ProofShown);
        utility.pays('A', wall_clock()).await;
        truck.sync().await;
        let open = utility.office.get("/exceptions").await.good();
        let of = |letter: char| open["exceptions"].as_array().unwrap().iter().find(|entry| entry["account"] == account(letter)).unwrap().clone();
        for (letter, street) in [('A', "100 ALDER ST"), ('C', "300 ALDER ST")] {
            let entry = of(letter);
            assert_eq!((&entry["address"], &entry["crew"], &entry["phone"]), (&json!(street), &json!("Truck 12"), &json!("555-0112")), "{entry}");
        }
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        office.opens("/office").await.shows("300 ALDER ST · Maria Reyes, Truck 12 <a class=\"call\" href=\"tel:555-0112\">");
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let board = dispatch.opens("/dispatch/board").await;
        let entry = board.html.split("data-key=\"exception-").nth(1).unwrap().split("</li>").next().unwrap();
        assert!(entry.contains("100 ALDER ST") && entry.contains("Truck 12.") && entry.contains("tel:555-0112"), "{entry}");
    }

    /// The office's own medical hold was somebody else's certificate. When it is lifted, what the crew was told at the
    /// door still waits for an answer; what was accepted ends with the hold that it was put on file as.
    async fn lifting_a_hold_ends_accepted_claims_and_leaves_the_undecided(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let supervisor = supervisor(&utility).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        for letter in ['C', 'D'] {
            let order = truck.order_of(account(letter));
            truck.is_stopped_by(&order, UnableCode::MedicalClaimed);
        }
        truck.sync().await;
        let medical = json!({ "account": account('D'), "kind": "medical" });
        let hold = text(&utility.office.post("/holds", medical).await.good()["hold"]);
        let _ = supervisor.post(&format!("/holds/{hold}/lift"), json!({ "why": "moved out" })).await.good();
        let [claim] = &claims(&utility, 'D').await[..] else { panic!("the claim still waits") };
        let refuse = json!({ "accepted": false, "why": "no certificate" });
        let _ = utility.office.post(&format!("/holds/{claim}/decision"), refuse.clone()).await.good();
        let report = utility.office.get(&format!("/reports/exceptions?from={0}&to={0}", utility.date)).await.good();
        let of_d = |row: &&Value| row["kind"] == "field_hold_unverified" && row["account"] == account('D');
        let row = report["entries"].as_array().unwrap().iter().find(of_d).unwrap();
        let closed = (&row["state"], &row["closed_by"], &row["resolution"]);
        assert_eq!(closed, (&json!("resolved"), &json!("office"), &json!("no certificate")), "{row}");

        let [claim] = &claims(&utility, 'C').await[..] else { panic!("a claim") };
        let decision = format!("/holds/{claim}/decision");
        let accept = json!({ "accepted": true, "why": "letter on file", "good_through": utility.date });
        let hold = text(&utility.office.post(&decision, accept).await.good()["hold"]);
        let order = truck.order_of(account('C')).id;
        let state = async || text(&utility.office.get(&format!("/orders/{order}")).await.good()["state"]);
        let _ = supervisor.post(&format!("/holds/{hold}/lift"), json!({ "why": "withdrawn" })).await.good();
        let account = utility.office.get(&format!("/accounts/{}", account('C'))).await.good();
        assert!(account["timeline"].to_string().contains("Hold lifted: withdrawn"), "{account}");
        assert_ne!(state().await, "held");
        assert_eq!(utility.office.post(&decision, refuse).await.code(), "claim_decided");
    }

    /// The dispute is settled on the next day: the cut is to do again, and whoever lifts the hold reads that before. One that
    /// was taken off its truck for the hold stays taken back.
    async fn lifting_a_hold_says_which_cuts_are_to_do_again(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "").await;
        let order = truck.order_of(account('C'));
        truck.is_stopped_by(&order, UnableCode::DisputeClaimed);
        truck.sync().await;
        let [claim] = &claims(&utility, 'C').await[..] else { panic!("a claim") };
        let accept = json!({ "accepted": true, "why": "meter is being tested", "good_through": utility.tomorrow() });
        let of_claim = text(&utility.office.post(&format!("/holds/{claim}/decision"), accept).await.good()["hold"]);
        let dispute = json!({ "account": account('D'), "kind": "dispute" });
        let of_d = text(&utility.office.post("/holds", dispute).await.good()["hold"]);

        let tomorrow = SettableClock::at(wall_clock() + Span::minutes(24 * 60));
        let server = TestServer::of_utility(Arc::new(db), tomorrow).await;
        let office = Desk::sign_in(&server.url, "office", PASSWORD).await;
        let mut clerk = Visitor::signs_in(&server.url, "office").await;
        let said = "is to do again: the next plan has it.";
        clerk.opens(&format!("/office/holds/{of_claim}/lift")).await.shows(said).does_not_show("the next listing");
        clerk.opens(&format!("/office/holds/{of_d}/lift")).await.does_not_show(said).shows("the next listing");
        let lifted = office.post(&format!("/holds/{of_claim}/lift"), json!({ "why": "it is right" })).await.good();
        assert_eq!((&lifted["to_do"], &lifted["kept_back"]), (&json!([order.number]), &json!([])), "{lifted}");
        let state = office.get(&format!("/orders/{}", order.id)).await.good()["state"].clone();
        assert!(state == "open" || state == "unable", "{state}");
    }

    /// A claim is accepted while the office has a hold of the same reason on file already. One of the two is lifted as
    /// entered twice: the other stands, and with it what was said at the door.
    async fn a_hold_entered_twice_is_lifted_once_and_the_claim_stays(db: TestDatabase) {
        let state = by_hand::state_on(&db).await;
        let (utility, mut truck) = Utility::with_cuts_at(&db, "").await;
        let order = truck.order_of(account('C'));
        truck.is_stopped_by(&order, UnableCode::DisputeClaimed);
        let dispute = json!({ "account": account('C'), "kind": "dispute" });
        let twice = text(&utility.office.post("/holds", dispute).await.good()["hold"]);
        truck.sync().await;
        let [claim] = &claims(&utility, 'C').await[..] else { panic!("a claim") };
        let accept = json!({ "accepted": true, "why": "meter is being tested", "good_through": utility.date });
        let of_claim = text(&utility.office.post(&format!("/holds/{claim}/decision"), accept).await.good()["hold"]);
        let ended = async |claim: &str| {
            let mut conn = state.store.reader().await.unwrap();
            let facts = store::facts::of_order(&mut conn, order.id).await.unwrap();
            let bodies = facts.into_iter().map(|stored| stored.fact().unwrap().body);
            bodies.filter(|body| matches!(body, FactBody::HoldLift(lift) if lift.hold.as_str() == claim)).count()
        };
        let _ = utility.office.post(&format!("/holds/{twice}/lift"), json!({ "why": "entered twice" })).await.good();
        assert_eq!(ended(claim).await, 0, "what was said at the door has not ended");
        let _ = utility.office.post(&format!("/holds/{of_claim}/lift"), json!({ "why": "tested, it is right" })).await.good();
        assert_eq!(ended(claim).await, 1, "with the last of them it has");
    }

    /// The receipt that was shown at the door was of another account. Nobody goes back today; the next listing may name
    /// the account again, and then somebody does.
    async fn an_account_whose_proof_was_not_accepted_is_on_the_next_listing(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        for letter in ['C', 'D'] {
            let order = truck.order_of(account(letter));
            truck.is_stopped_by(&order, UnableCode::ProofShown);
        }
        truck.sync().await;
        let [claim] = &claims(&utility, 'C').await[..] else { panic!("a claim") };
        let refuse = json!({ "accepted": false, "why": "receipt of another account" });
        let _ = utility.office.post(&format!("/releases/{claim}/decision"), refuse).await.good();
        let before = truck.order_of(account('C'));
        let told = utility.office.get(&format!("/orders/{}", before.id)).await.good();
        assert_eq!(told["state"], "stopped_at_door", "nobody goes back today");

        let tomorrow = utility.tomorrow();
        let _ = utility.lists("city", &tomorrow, &[('C', "99.99"), ('D', "200.00")]).await;
        let plan = utility.dispatcher.post("/plans", json!({ "date": tomorrow, "crew_ids": [utility.crew] })).await.good();
        let again = stop(&plan, 'C').unwrap_or_else(|| panic!("C is listed again: {plan}"));
        assert_ne!(text(&again["number"]), before.number, "another listing, another order");
        assert!(stop(&plan, 'D').is_none(), "nobody has decided about D yet: {plan}");
        let left = plan["left_out"].as_array().unwrap().iter().find(|one| one["account"] == account('D')).unwrap();
        assert_eq!(left["why"]["code"], "open_order", "{plan}");
    }
}
